# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab: the guests, segments and routers of one scenario, and their end."""

import guest
import network
import quick

class Lab(network.Segments):
    """Everything made here goes away with close(), whatever happened in between."""

    def __init__(self, release):
        super().__init__()
        self.release = release
        self.guests = []
        self._switch = network.Switch()

    def guest(self, name, kind="host"):
        """A guest resumed from a snapshot: networkd and NetworkManager are installed and not started."""
        return self._add(guest.Guest.resumed(name, self.release, self._switch, kind))

    def boot(self, name, **options):
        """A guest that really boots, with the files it shall find: see Guest.booted()."""
        return self._add(guest.Guest.booted(name, self.release, self._switch, **options))

    def _add(self, new):
        self.guests.append(new)
        return new

    def router(self, inside, outside):
        """A NAT router between two segments: a guest with eth0 inside and eth1 outside. Plug in the others afterwards."""
        router = self.guest(f"router-{inside.name}", "quick")
        router.plug(1, outside)
        router.plug(0, inside, configure=False)
        router.address(0, inside, inside.router_addresses())
        router.run(quick.masquerade("eth1"))
        inside.gateway = inside.router_addresses().v4
        return router

    def report(self):
        return [(f"guest {guest.name}", guest.report()) for guest in self.guests]

    def close(self):
        for each in self.guests:
            each.close()
        self._switch.close()
