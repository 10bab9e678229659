# SPDX-License-Identifier: LGPL-2.1-or-later
"""50 datagrams a second from one host to UDP ports of another, which sends them back: how many are lost meanwhile.

    flow = Datagrams(a, b, 51820, 51899)        from b to a; returns when both have an answer
    a.run("firewall-cmd --reload")
    lost = flow.lost()                          of each port
"""

import signal

PER_SECOND = 50
LIMIT_S = 600

ECHO = """import selectors, socket, sys
ports = selectors.DefaultSelector()
for port in map(int, sys.argv[1:]):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", port))
    ports.register(s, selectors.EVENT_READ)
while True:
    for key, _ in ports.select():
        data, source = key.fileobj.recvfrom(64)
        key.fileobj.sendto(data, source)
"""

# Until a file is there. Who is late sends later, and fewer; each answer has a second.
FLOW = """import os, selectors, socket, sys, time
folder, address, *numbers = sys.argv[1:]
ports, seen, n = selectors.DefaultSelector(), {}, 0
for number in numbers:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((address, int(number)))
    seen[s] = set()
    ports.register(s, selectors.EVENT_READ)
def hear(until):
    while (left := until - time.monotonic()) > 0:
        for key, _ in ports.select(left):
            try:
                seen[key.fileobj].add(int(key.fileobj.recv(64)))
            except ConnectionRefusedError:
                pass
    if all(seen.values()) and not os.path.exists(f"{folder}/begun"):
        open(f"{folder}/begun", "w").close()
while not os.path.exists(f"{folder}/enough"):
    begin = time.monotonic()
    for s in seen:
        try:
            s.send(str(n).encode())
        except ConnectionRefusedError:
            pass
    n += 1
    hear(begin + 0.02)
hear(time.monotonic() + 1)
print(*(n - min(heard) - len(heard) for heard in seen.values()))
"""


class Datagrams:
    def __init__(self, to, sender, *ports):
        self._to, self._sender = to, sender
        numbers = " ".join(map(str, ports))
        to.put("/run/echo.py", ECHO)
        sender.put("/run/flow.py", FLOW)
        sender.run("rm -rf /run/flow; mkdir /run/flow")
        self._echo = to.start(f"exec python3 /run/echo.py {numbers}", LIMIT_S)
        self._flow = sender.start(f"exec python3 /run/flow.py /run/flow {to.lan.v4} {numbers}", LIMIT_S)
        sender.wait("test -e /run/flow/begun")

    def lost(self):
        """Of each port, since its first answer; and nobody listens there any more."""
        self._sender.run(": >/run/flow/enough")
        lost = list(map(int, self._flow.finish().out.split()))
        self._echo.signal(signal.SIGTERM)  # SIGINT is not for who was started in the background
        self._echo.finish(check=False)
        return lost
