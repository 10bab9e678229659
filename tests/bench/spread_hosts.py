# SPDX-License-Identifier: LGPL-2.1-or-later
"""One change of a signed mesh on real hosts, for tests/bench/spread: guests of the lab on one LAN, with all units and sandboxes.

    measure(release, n, simulate)     prints what it found; simulate(n, fetch_s, apply_s) gives seconds

All times are of this machine's clock. A guest says on a wire of its own what its kernel tells of routes, which costs it one process
that sleeps; all else is read in its journal when it is over, less what its clock is ahead. "told": wattled has wattle-update know.
"has it": both files are there, verified and judged. "runs it": a route of the new profile is in the kernel. "kept": a witness answered.
"""

import concurrent.futures
import os
import pathlib
import re
import selectors
import statistics
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "vm"))

import lab as labs  # noqa: E402  the modules of the lab
import mesh as meshes  # noqa: E402
import native as natives  # noqa: E402

BAR_S, BAR_LATE_S = 3, 5
LIMIT_S = 900  # of what emulation makes slow
QUIET_S = 10  # what the guests take by themselves is measured so long
FLOWS = 3
FILES = ("mesh", "mesh.minisig", "pub")
SETTINGS = "ActivationPolicy=up\nAcceptRoutes=yes"
MONITOR = "date +%s.%N; exec ip -o monitor route address"
WIRE = "/dev/virtio-ports/wattle-wire"
KEY = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
PORT = meshes.LISTEN_PORT

# What the journal says of a change, in the order in which it happens.
STEPS = {"told": r"wattled\[.*: home: \S+ has serial {}$", "has it": r"home: serial {} from \S+ is tried$",
         "kept": r"home: serial {} is in force$"}
# Of what goes wrong where all is slow.
TROUBLE = {"taken back": "the profile before comes back", "fetches that failed": r"wattle-update\[.*: \S+: http://",
           "profiles given": "Started wattle-serve@"}


def p95(values):
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def spread(values):
    return f"median {statistics.median(values):7.2f}  p95 {p95(values):7.2f}  last {max(values):7.2f}"


class Wires:
    """What the guests say on their wires, and when it came."""

    def __init__(self):
        self._selector = selectors.DefaultSelector()
        self._said = {}  # name -> [(time, line)]
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def listen(self, guest, script):
        """The script's output, line by line; it goes on by itself."""
        connection = guest.wire()
        self._said[guest.name] = []
        self._selector.register(connection, selectors.EVENT_READ, [guest.name, b""])
        guest.put("/run/wire", f"{{ {script}; }} >{WIRE} 2>/dev/null")
        guest.run("setsid bash /run/wire </dev/null >/dev/null 2>&1 &")

    def _read(self):
        while True:
            for key, _ in self._selector.select(0.5):
                data, came = key.fileobj.recv(65536), time.time()
                if not data:
                    self._selector.unregister(key.fileobj)
                    continue
                name, rest = key.data
                *lines, key.data[1] = (rest + data).split(b"\n")
                with self._changed:
                    self._said[name] += [(came, line.decode(errors="replace")) for line in lines]
                    self._changed.notify_all()

    def _first(self, name, pattern):
        return next(((came, line) for came, line in self._said[name] if re.search(pattern, line)), None)

    def wait(self, name, pattern, limit_s=LIMIT_S):
        """When the first such line came, and the line; None if none did."""
        with self._changed:
            self._changed.wait_for(lambda: self._first(name, pattern), limit_s)
            return self._first(name, pattern)


class Flow:
    """50 packets a second from one guest to another."""

    def __init__(self, mesh, source, target):
        self._source = source
        source.run(f"setsid ping -n -i 0.02 {mesh[target.name].v4} >/run/flow 2>&1 </dev/null & echo $! >/run/flow.pid")

    def lost(self):
        """Sent, and not answered. The last ones may be on their way yet."""
        self._source.run("kill -INT $(cat /run/flow.pid)")
        self._source.wait("grep -q 'packets transmitted' /run/flow")
        answered = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", self._source.get("/run/flow").decode())}
        return max(answered), max(answered) - len(answered)


class Hosts:
    """A signed mesh of many, of whom some are up and talk to one another: h01, which edits, and the others."""

    def __init__(self, release, n_devices, n_up):
        self.lab = labs.Lab(release)
        self.wires = Wires()
        self._pool = concurrent.futures.ThreadPoolExecutor(n_up)
        self.names = [f"h{number:02}" for number in range(1, n_devices + 1)]
        self.up = [self.lab.guest(name) for name in self.names[:n_up]]
        self.editor = self.up[0]
        self.serial = 1
        self.mesh = meshes.Mesh("home")
        self.mesh.head += ["Name=home", "Serial=1"]

    def close(self):
        self.lab.close()
        self._pool.shutdown(wait=False)

    def each(self, do, guests=None):
        """All at the same time."""
        return list(self._pool.map(do, guests or self.up))

    def set_up(self):
        pairs = self.editor.out(f"for i in $(seq {len(self.names)}); do key=$(wg genkey); echo $key $(echo $key | wg pubkey); done").split()
        for number, name in enumerate(self.names):
            self.mesh.add(name, pairs[2 * number: 2 * number + 2])
            self.mesh[name].lines.append(f"PublicEndpoint={self.lab.lan.prefix4[number + 2]}:{PORT}")
        for guest in self.up:
            guest.connect(0, self.lab.lan)
        addresses = {guest: self.lab.lan.next_addresses() for guest in self.up}
        self.each(lambda guest: guest.address(0, self.lab.lan, addresses[guest]))
        self.each(lambda guest: self.mesh.put(guest, guest.name, SETTINGS))
        self.editor.run("wattle genkey --signing --no-password >/etc/wattle/home.pub && wattle sign home")
        self.files = {f"/etc/wattle/home.{file}": self.editor.get(f"/etc/wattle/home.{file}") for file in FILES}
        self.each(lambda guest: [guest.put(*file) for file in self.files.items()])
        self.each(lambda guest: guest.run("wattle apply home", LIMIT_S))
        self.each(lambda guest: guest.wait(f"ip addr show dev home | grep {self.mesh[guest.name].v4}/", LIMIT_S))
        self.each(lambda guest: self.wires.listen(guest, MONITOR))

    def ahead_s(self, guest):
        """What the guest's clock is ahead of this one."""
        came, line = self.wires.wait(guest.name, r"^\d+\.\d+$")
        return float(line) - came

    def talk(self):
        """Each has a session with each."""
        def ask(guest):
            others = " ".join(self.mesh[other.name].v4 for other in self.up if other.name > guest.name)
            return guest.wait(f"for other in {others}; do ping -c1 -W5 $other >/dev/null & jobs+=($!); done; "
                              "for job in ${jobs[@]}; do wait $job; done", LIMIT_S)
        self.each(ask)

    def keep_talking(self):
        """Sessions end after three minutes of nothing, which emulation may take: each goes on to speak with some others."""
        steps = (1, len(self.up) // 3)
        for number, guest in enumerate(self.up):
            for step in steps:
                other = self.mesh[self.up[(number + step) % len(self.up)].name].v4
                guest.run(f"setsid ping -q -i 2 {other} </dev/null >/dev/null 2>&1 &")

    def edit(self, third):
        """A network behind the editor, which shows in the others' routes, and the first time a phone more. Returns what says so."""
        self.editor.run(f"wattle set home h01 Routes=192.168.{third}.0/24")
        self.serial += 1
        if self.serial == 2:
            self.editor.run(f"wattle add home phone --key={KEY}")
            self.serial += 1
        return rf"^192\.168\.{third}\.0/24 dev home "

    def apply(self):
        """When it began, and what it took."""
        begin = time.time()
        self.editor.run("wattle apply home", LIMIT_S)
        return begin, time.time() - begin

    def journal(self, guest, since):
        """After how many seconds each step was done first, and how often there was what trouble."""
        ahead = self.ahead_s(guest)
        text = guest.out(f"journalctl -b -o short-unix --no-pager --since=@{int(since + ahead)} -u wattled -u 'wattle-*'", LIMIT_S)
        steps = {}
        for name, pattern in STEPS.items():
            match = re.search(rf"^(\d+\.\d+) .*{pattern.format(self.serial)}", text, re.MULTILINE)
            steps[name] = float(match[1]) - ahead - since if match else None
        return steps, {name: len(re.findall(pattern, text)) for name, pattern in TROUBLE.items()}


def change(hosts, third):
    """One edit, and what came of it: seconds since 'wattle apply' began at the editor."""
    hosts.talk()
    others = hosts.up[1:]
    flows = [Flow(hosts.mesh, *pair) for pair in list(zip(others, others[1:]))[:2 * FLOWS:2]]
    quiet = {guest: guest.cpu_s() for guest in hosts.up}
    time.sleep(QUIET_S)
    quiet = {guest: (guest.cpu_s() - before) / QUIET_S for guest, before in quiet.items()}
    shown = hosts.edit(third)
    before = {guest: guest.cpu_s() for guest in hosts.up}
    began, applied_s = hosts.apply()
    came = {guest: hosts.wires.wait(guest.name, shown, began + LIMIT_S - time.time()) for guest in others}
    runs = {guest: at[0] - began for guest, at in came.items() if at}
    for guest in runs:
        guest.wait("grep Phase=done /var/lib/wattle-update/home.state", LIMIT_S)
    took = time.time() - began
    cpu = {guest: guest.cpu_s() - before[guest] - took * quiet[guest] for guest in hosts.up}
    journals = dict(zip(hosts.up, hosts.each(lambda guest: hosts.journal(guest, began))))
    steps = {name: {guest: journals[guest][0][name] for guest in runs} for name in STEPS}
    last = max(runs, key=runs.get, default=None)
    return {"shown": shown, "applied_s": applied_s, "missing": len(others) - len(runs), "last": last,
            "steps": {"told": steps["told"], "has it": steps["has it"], "runs it": runs, "kept": steps["kept"]},
            "trouble": {name: sum(counts[name] for _, counts in journals.values()) for name in TROUBLE},
            "cpu": {"editor": cpu[hosts.editor], "others": [cpu[guest] for guest in others]},
            "flows": [flow.lost() for flow in flows]}


def by_hand(hosts, third):
    """The new files copied to the one other host, and applied there by a person who is quick."""
    guest = hosts.up[1]
    shown = hosts.edit(third)
    began, before = time.time(), guest.cpu_s()
    for file in ("mesh.minisig", "mesh"):
        guest.put(f"/etc/wattle/home.{file}", hosts.editor.get(f"/etc/wattle/home.{file}"))
    guest.run("wattle apply home", LIMIT_S)
    came, _ = hosts.wires.wait(guest.name, shown)
    return came - began, guest.cpu_s() - before


def late(hosts, shown):
    """A host that was off boots with the profile of before; then it has a network. Nobody has anything to say to it."""
    name = hosts.names[len(hosts.up)]
    files = {path: (data, 0o644) for path, data in hosts.files.items()} | hosts.mesh.files(name, SETTINGS)
    files[hosts.mesh.path] = hosts.files[hosts.mesh.path]
    guest = hosts.lab.boot(name, files=files)
    guest.wait_booted(LIMIT_S)
    guest.wait("ip link show dev eth0 && ip link show dev home", LIMIT_S)
    hosts.wires.listen(guest, MONITOR)
    hosts.ahead_s(guest)
    guest.plug(0, hosts.lab.lan)
    up, _ = hosts.wires.wait(name, r" eth0 +inet ")
    came = hosts.wires.wait(name, shown, LIMIT_S)
    guest.wait("grep Phase=done /var/lib/wattle-update/home.state", LIMIT_S)
    return {"told": hosts.journal(guest, up)[0]["told"], "runs it": came and came[0] - up}


def one_device(host, cpu, rounds):
    """What one device takes for a newer profile by itself, from its own web server and so without a tunnel: the same units, and
    wattle-update's sandbox. Seconds: until it has it, until it is in force, and of the processor."""
    mesh = meshes.Mesh("home", "a", "b")
    mesh.head += ["Name=home", "Serial=1"]
    mesh.put(host, "a", SETTINGS + "\nUpdateFrom=http://127.0.0.1:8000/home.mesh")
    host.run("wattle genkey --signing --no-password >/etc/wattle/home.pub && wattle sign home && wattle apply home", LIMIT_S)
    host.run("mkdir /srv/new; cp /etc/wattle/home.{mesh,mesh.minisig,pub} /srv/new; "
             "setsid python3 -m http.server 8000 --bind 127.0.0.1 --directory /srv/new >/dev/null 2>&1 &")
    host.wait("ss -tln | grep :8000")
    found = []
    for number in range(rounds):
        host.run(f"wattle set /srv/new/home.mesh b Routes=192.168.{number + 30}.0/24")
        before, since = cpu(host), float(host.out("date +%s.%N"))
        host.run("systemctl start wattle-update-sources@home.service", LIMIT_S)
        used = cpu(host) - before
        text = host.out(f"journalctl -b -o short-unix --no-pager --since=@{int(since)} -u wattle-update-sources@home.service")
        at = [float(re.findall(rf"^(\d+\.\d+) .*{words}", text, re.MULTILINE)[-1])
              for words in ("Starting ", f"serial {number + 2} from", f"serial {number + 2} is in force")]
        found.append((at[1] - at[0], at[2] - at[0], used))
    return [statistics.median(column) for column in zip(*found)]


def native_cpu_s(host):
    """All of the host, its systemd too, and no other host."""
    return int(re.search(r"usage_usec (\d+)", host.out("cat /sys/fs/cgroup/cpu.stat"))[1]) / 1e6


def emulation(release, rounds=5):
    """The same step on this machine and in a guest; and what one is of the other."""
    lab = natives.Native(release)
    try:
        native = one_device(lab.guest("a"), native_cpu_s, rounds)
    finally:
        lab.close()
    lab = labs.Lab(release)
    try:
        emulated = one_device(lab.guest("a"), lambda guest: guest.cpu_s(), rounds)
    finally:
        lab.close()
    return native, emulated


def show(name, found, n_devices):
    print(f"{name}: {len(found['steps']['runs it'])} others of a mesh of {n_devices}; the editor's own 'wattle apply' {found['applied_s']:.1f} s; "
          f"{found['missing']} do not run it after {LIMIT_S} s")
    for step, values in found["steps"].items():
        known = [value for value in values.values() if value is not None]
        if known:
            print(f"  {step:8} {spread(known)} s")
    last = found["last"]
    told = found["steps"]["told"].get(last)
    if told is not None:
        print(f"  the last one was told after {told:.1f} s, and then worked or waited for {found['steps']['runs it'][last] - told:.1f} s")
    print(f"  processor: editor {found['cpu']['editor']:.1f} s, each other {spread(found['cpu']['others'])} s")
    print("  " + ", ".join(f"{count} {what}" for what, count in found["trouble"].items()))
    print("  lost of 50 packets a second: " + ", ".join(f"{lost} of {sent}" for sent, lost in found["flows"]), flush=True)


def measure(release, n, simulate):
    print(f"{release}, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors", flush=True)
    native, emulated = emulation(release)
    factor = emulated[2] / native[2]
    for name, (has, force, cpu) in (("native", native), ("emulated", emulated)):
        print(f"one device by itself, {name:8}  has it {has:5.2f} s, in force {force:5.2f} s, processor {cpu:5.2f} s")
    print(f"emulation takes {factor:.0f} times the processor", flush=True)

    hosts = Hosts(release, n + 1, 2)
    try:
        hosts.set_up()
        floor = change(hosts, 71)
        show("two up", floor, n + 1)
        (alone,) = floor["steps"]["runs it"].values()
        copied, used = by_hand(hosts, 72)
        print(f"by hand: copied, applied and running after {copied:.1f} s, processor {used:.1f} s", flush=True)
    finally:
        hosts.close()

    hosts = Hosts(release, n + 1, n)
    try:
        hosts.set_up()
        hosts.keep_talking()
        print(f"load {os.getloadavg()[0]:.1f}", flush=True)
        found = change(hosts, 77)
        show(f"{n} up", found, n + 1)
        off = late(hosts, found["shown"])
    finally:
        hosts.close()
    runs = found["steps"]["runs it"].values()
    used = found["cpu"]["editor"] + sum(found["cpu"]["others"])
    print(f"p95 {p95(runs):.1f} s, bar {BAR_S}; {p95(runs) / alone:.1f} of two guests alone, {p95(runs) / copied:.1f} of by hand")
    print(f"processor of all for the change {used:.0f} s: {used / os.cpu_count():.0f} s of this machine at least, and {used / (n * factor):.2f} s "
          f"of a device that is not emulated")
    print(f"21st, off meanwhile: told after {off['told'] or -1:.1f} s, runs it after {off['runs it'] or -1:.1f} s; bar {BAR_LATE_S}")
    carried = simulate(n, native[0], native[1] - native[0])
    print(f"carried over: {n} devices that take {native[0]:.2f} and {native[1] - native[0]:.2f} s each, by the simulation: p95 {carried:.2f} s "
          f"after the editor has applied it", flush=True)
