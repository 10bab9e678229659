# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers and namespaces of one test."""
import http.server
import os
import subprocess
import threading

import pytest


def pytest_configure(config):
    config.addinivalue_line('markers', 'root: needs root, for namespaces')


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker('root') and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason='needs root: namespaces'))


class Server(http.server.ThreadingHTTPServer):
    """A server on loopback: pages has a function of the handler for each path."""

    def __init__(self, pages):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                try:
                    pages[self.path](self)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.close_connection = True

            def log_message(self, *args):
                pass

        super().__init__(('127.0.0.1', 0), Handler)
        self.pages = pages
        self.url = f'http://127.0.0.1:{self.server_port}'


@pytest.fixture
def server():
    """Its pages are to be filled in."""
    with Server({}) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={'poll_interval': 0.05})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def run(command, **kwargs):
    return subprocess.run([str(word) for word in command], capture_output=True, timeout=60, **kwargs)
