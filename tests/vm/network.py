# SPDX-License-Identifier: LGPL-2.1-or-later
"""The network between guests: segments (a LAN, the Internet) joined to network cards by one small Ethernet switch.

The switch is a thread of this process. Each card is a stream socket to its QEMU, so a frame is never lost on the way unless a
guest does not read for a megabyte; such frames are counted in Segment.dropped. A socket pair leaves nothing behind on any disk,
and pulling a cable from one segment to another is one assignment: that is roaming.
"""

import collections
import ipaddress
import itertools
import selectors
import socket
import struct
import threading

BUFFER_LIMIT = 1 << 20
READ_SIZE = 1 << 18


Addresses = collections.namedtuple("Addresses", "v4 v6")


class Segment:
    """One broadcast domain. The first address of each prefix is the router's, the others are dealt out in order."""

    def __init__(self, name, prefix4, prefix6):
        self.name = name
        self.prefix4 = ipaddress.ip_network(prefix4)
        self.prefix6 = ipaddress.ip_network(prefix6)
        self.gateway = None  # IPv4 address of the router, once one is plugged in
        self.dropped = 0
        self.frames = 0
        self._numbers = itertools.count(2)

    def router_addresses(self):
        return Addresses(self.prefix4[1], self.prefix6[1])

    def next_addresses(self):
        number = next(self._numbers)
        return Addresses(self.prefix4[number], self.prefix6[number])


PREFIXES4 = {"internet": "203.0.113.0/24", "lan": "192.168.1.0/24", "office": "192.168.2.0/24", "cafe": "172.20.3.0/24"}


class Segments:
    """Those of one scenario, by name."""

    def __init__(self):
        self._segments = {}

    def segment(self, name):
        """The segment of that name, one of PREFIXES4; made when first asked for."""
        if name not in self._segments:
            number = list(PREFIXES4).index(name)
            self._segments[name] = Segment(name, PREFIXES4[name], f"fd00:{number}::/64")
        return self._segments[name]

    @property
    def lan(self):
        return self.segment("lan")

    @property
    def internet(self):
        return self.segment("internet")


class Port:
    """A socket of the switch, with the card at its other end."""

    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.segment = None
        self.incoming = b""
        self.outgoing = bytearray()

    def netdev(self):
        """The value of QEMU's -netdev; pass theirs on to the process."""
        return f"stream,server=off,addr.type=fd,addr.str={self.theirs.fileno()}"

    def frames(self):
        """The whole frames that have come in: each has its length before it."""
        at = 0
        while len(self.incoming) >= at + 4:
            (length,) = struct.unpack_from(">I", self.incoming, at)
            if len(self.incoming) < at + 4 + length:
                break
            yield self.incoming[at + 4:at + 4 + length]
            at += 4 + length
        self.incoming = self.incoming[at:]


class Switch:
    def __init__(self):
        self._ports = []
        self._learnt = {}  # (segment, MAC address) -> port
        self._selector = selectors.DefaultSelector()
        self._wake, wake = socket.socketpair()
        self._selector.register(wake, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def port(self):
        port = Port()
        self._ports.append(port)
        self._selector.register(port.ours, selectors.EVENT_READ, port)
        return port

    def close(self):
        self._wake.close()
        self._thread.join()
        for port in self._ports:
            port.ours.close()
            port.theirs.close()
        self._selector.close()

    def _run(self):
        while True:
            for event, mask in self._selector.select():
                if event.data is None:
                    return
                if mask & selectors.EVENT_WRITE:
                    self._flush(event.data)
                if mask & selectors.EVENT_READ:
                    self._read(event.data)

    def _read(self, port):
        try:
            data = port.ours.recv(READ_SIZE)
        except OSError:
            data = b""
        if not data:  # its QEMU has ended
            port.segment = None
            self._selector.unregister(port.ours)
            return
        port.incoming += data
        for frame in port.frames():
            if port.segment:
                self._forward(port, port.segment, frame)

    def _forward(self, source, segment, frame):
        segment.frames += 1
        self._learnt[segment, frame[6:12]] = source
        known = self._learnt.get((segment, frame[:6]))
        if known and known.segment is segment and known is not source:
            return self._send(known, segment, frame)
        for port in list(self._ports):
            if port.segment is segment and port is not source:
                self._send(port, segment, frame)

    def _send(self, port, segment, frame):
        if len(port.outgoing) > BUFFER_LIMIT:
            segment.dropped += 1
            return
        port.outgoing += struct.pack(">I", len(frame)) + frame
        self._flush(port)

    def _flush(self, port):
        try:
            del port.outgoing[:port.ours.send(port.outgoing)]
        except BlockingIOError:
            pass
        except OSError:
            port.outgoing.clear()  # the reading side sees the end
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if port.outgoing else 0)
        if self._selector.get_key(port.ours).events != events:
            self._selector.modify(port.ours, events, port)
