# SPDX-License-Identifier: LGPL-2.1-or-later
"""The wattle program as a user runs it. WATTLE in the environment is the binary that was built."""
import os
import pathlib
import shutil
import subprocess

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason='needs root: keys are looked at')

MESHES = pathlib.Path(__file__).parent.parent / 'meshes'


class Wattle:
    """Runs wattle in a folder of its own, with a root of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.state = folder.parent / f'{folder.name}-state'
        self.root = folder / 'root'
        self.config = self.root / 'etc/wattle'
        self.config.mkdir(parents=True)

    def __call__(self, *args, input=None, env=None, **kwargs):
        environment = {**os.environ, 'NO_COLOR': '', 'XDG_STATE_HOME': str(self.state), **(env or {})}
        return subprocess.run([os.environ['WATTLE'], *map(str, args)], cwd=self.folder,
                              input=input, text=True, capture_output='stdout' not in kwargs,
                              env=environment, timeout=60, **kwargs)

    def ok(self, *args, **kwargs):
        """Standard output of a run that must succeed."""
        result = self(*args, **kwargs)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def bad(self, *args, status=1, **kwargs):
        """Standard error of a run that must fail, and must leave every file as it was."""
        before = self.tree()
        result = self(*args, **kwargs)
        assert result.returncode == status, result.stdout + result.stderr
        assert self.tree() == before
        assert 'ERROR: AddressSanitizer' not in result.stderr
        return result.stderr

    def tree(self):
        """Every path below the folder with what it is and holds."""
        return {path: (path.lstat().st_mode, path.lstat().st_mtime_ns,
                       path.read_bytes() if path.is_file() else None)
                for path in self.folder.rglob('*')}

    def mesh(self, name, text=None):
        """A sample mesh, or one of this text, in the folder."""
        path = self.folder / name
        if text is None:
            shutil.copyfile(MESHES / name, path)
        else:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def key(self, sample, path, mode=0o600):
        """The private key of a sample's device, "wgnet-nas"."""
        path.write_bytes((MESHES / 'keys' / f'{sample}.key').read_bytes())
        path.chmod(mode)
        return path


@pytest.fixture
def wattle(tmp_path):
    return Wattle(tmp_path)


def public_key(sample):
    return (MESHES / 'keys' / f'{sample}.pub').read_text().strip()
