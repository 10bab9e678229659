/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/profile.h"

#include <string.h>

#include "tests/unit/fixture.h"

/* Lines 1 and 2, 3 to 5, 6 to 8. */
#define MESH "[Mesh]\nSubnet=10.42.0.0/16\n"
#define NAS  "[Device nas]\nPublicKey=" KEY_A "\nAddress=10.42.0.1\n"
#define VPS  "[Device vps]\nPublicKey=" KEY_B "\nAddress=10.42.0.2\n"

/* Behind them a device without wattle, line 3, and one that can be called, line 8. */
#define PHONE(lines) "[Device phone]\nPublicKey=" KEY_A "\nAddress=10.42.0.1\nManaged=no\n" lines
#define GATE(lines)                                                                                \
        "[Device gw]\nPublicKey=" KEY_D "\nAddress=10.42.0.9\nPublicEndpoint=1.2.3.4:5\n" lines

/* A device with one more line, so that the next one begins four lines on. */
#define DEVICE(name, key, address, line)                                                           \
        "[Device " name "]\nPublicKey=" key "\nAddress=" address "\n" line "\n"

typedef struct {
        const char *name, *text, *faults;
} Row;

#define TAKE "take one of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or fd00::/8"

static const Row texts[] = {
        { "good", MESH NAS VPS, "" },
        { "same-device-name", MESH NAS "[Device nas]\nPublicKey=" KEY_B "\nAddress=10.42.0.2\n",
          "home.mesh:6:1: the name nas is taken already, in line 3 (device nas)" },
        { "alias-is-a-device", MESH NAS VPS "Alias=nas\n",
          "home.mesh:9:7: the name nas is taken already, in line 3 (device nas)" },
        { "device-is-an-alias", MESH DEVICE("a", KEY_A, "10.42.0.1", "Alias=x vps") VPS,
          "home.mesh:7:1: the name vps is taken already, in line 6 (device a)" },
        { "same-alias", MESH DEVICE("a", KEY_A, "10.42.0.1", "Alias=x") VPS "Alias=x\n",
          "home.mesh:10:7: the name x is taken already, in line 6 (device a)" },
        { "alias-of-its-own-name", MESH NAS "Alias=nas\n",
          "home.mesh:6:7: the name nas is taken already, in line 3 (device nas)" },
        { "alias-twice-in-a-device", MESH NAS "Alias=x\nAlias=x\n",
          "home.mesh:7:7: the name x is taken already, in line 6 (device nas)" },
        { "same-key", MESH NAS "[Device vps]\nPublicKey=" KEY_A "\nAddress=10.42.0.2\n",
          "home.mesh:7:11: PublicKey: device nas has the same key in line 4; every device needs "
          "its own" },
        { "same-key-as-a-revoked-one",
          MESH DEVICE("old", KEY_A, "10.42.0.9", "State=revoked") "[Device vps]\nPublicKey=" KEY_A
                                                                  "\nAddress=10.42.0.2\n",
          "home.mesh:8:11: PublicKey: device old has the same key in line 4; every device needs "
          "its own" },
        { "same-address", MESH NAS "[Device vps]\nPublicKey=" KEY_B "\nAddress=10.42.0.1\n",
          "home.mesh:8:9: Address: device nas has 10.42.0.1 already, in line 5" },
        { "same-address-in-one-device",
          MESH "[Device nas]\nPublicKey=" KEY_A "\nAddress=10.42.0.1 10.42.0.1\n",
          "home.mesh:5:19: Address: device nas has 10.42.0.1 already, in line 5" },
        { "outside", MESH "[Device nas]\nPublicKey=" KEY_A "\nAddress=10.43.0.1\n",
          "home.mesh:5:9: Address: 10.43.0.1 is outside 10.42.0.0/16" },
        { "outside-of-two",
          "[Mesh]\nSubnet=10.42.0.0/16 fd42::/64\n[Device nas]\nPublicKey=" KEY_A
          "\nAddress=fd43::1\n",
          "home.mesh:5:9: Address: fd43::1 is outside 10.42.0.0/16, fd42::/64" },
        { "network-address", MESH "[Device nas]\nPublicKey=" KEY_A "\nAddress=10.42.0.0\n",
          "home.mesh:5:9: Address: 10.42.0.0 is the network address of 10.42.0.0/16, which no "
          "device can have" },
        { "broadcast-address", MESH "[Device nas]\nPublicKey=" KEY_A "\nAddress=10.42.255.255\n",
          "home.mesh:5:9: Address: 10.42.255.255 is the broadcast address of 10.42.0.0/16, which "
          "no device can have" },
        { "first-address-of-ipv6",
          "[Mesh]\nSubnet=fd42::/64\n[Device nas]\nPublicKey=" KEY_A "\nAddress=fd42::\n",
          "home.mesh:5:9: Address: fd42:: is the network address of fd42::/64, which no device can "
          "have" },
        { "subnet-of-two-ipv6-addresses",
          "[Mesh]\nSubnet=fd42::/127\n[Device nas]\nPublicKey=" KEY_A "\nAddress=fd42::\n", "" },
        { "subnet-of-no-host", "[Mesh]\nSubnet=0.0.0.0/31\n",
          "home.mesh:2:8: Subnet: 0.0.0.0/31 has addresses of no host: " TAKE },
        { "subnet-of-reserved-ipv6", "[Mesh]\nSubnet=::/64\n",
          "home.mesh:2:8: Subnet: ::/64 has reserved addresses: " TAKE },
        { "subnet-of-loopback", "[Mesh]\nSubnet=127.9.0.0/16\n",
          "home.mesh:2:8: Subnet: 127.9.0.0/16 has each host's own addresses: " TAKE },
        { "subnet-around-loopback", "[Mesh]\nSubnet=64.0.0.0/2\n",
          "home.mesh:2:8: Subnet: 64.0.0.0/2 has each host's own addresses: " TAKE },
        { "subnet-link-local", "[Mesh]\nSubnet=10.42.0.0/16 169.254.7.0/24 fe80::/64\n",
          "home.mesh:2:21: Subnet: 169.254.7.0/24 has link-local addresses: " TAKE "\n"
          "home.mesh:2:36: Subnet: fe80::/64 has link-local addresses: " TAKE },
        { "subnet-multicast", "[Mesh]\nSubnet=224.1.0.0/16 ff05::/64\n",
          "home.mesh:2:8: Subnet: 224.1.0.0/16 has multicast addresses: " TAKE "\n"
          "home.mesh:2:21: Subnet: ff05::/64 has multicast addresses: " TAKE },
        { "subnet-of-two-addresses",
          "[Mesh]\nSubnet=10.42.0.0/31\n[Device nas]\nPublicKey=" KEY_A "\nAddress=10.42.0.0\n",
          "" },
        { "subnets-overlap", "[Mesh]\nSubnet=10.0.0.0/8\nSubnet=10.42.0.0/16\n",
          "home.mesh:3:8: Subnet: 10.42.0.0/16 and 10.0.0.0/8 (line 2) overlap" },
        { "subnets-overlap-the-wider-one-later", "[Mesh]\nSubnet=10.42.0.0/16\nSubnet=10.0.0.0/8\n",
          "home.mesh:3:8: Subnet: 10.42.0.0/16 and 10.0.0.0/8 (line 2) overlap" },
        { "subnet-twice", "[Mesh]\nSubnet=10.42.0.0/16 10.42.0.0/16\n",
          "home.mesh:2:21: Subnet: 10.42.0.0/16 and 10.42.0.0/16 (line 2) overlap" },
        { "endpoint-inside-the-mesh", MESH NAS "PublicEndpoint=10.42.9.9:51820\n",
          "home.mesh:6:16: PublicEndpoint: 10.42.9.9:51820 is inside the mesh itself, and cannot "
          "carry it" },
        { "site-inside-the-mesh",
          MESH NAS "PublicEndpoint=@home:1\n[Site home]\nPublicAddress=10.42.9.9\n",
          "home.mesh:8:15: PublicAddress: 10.42.9.9 is inside the mesh itself, and cannot carry it" },
        { "site-that-nobody-can-call", MESH "[Site home]\nPublicAddress=127.0.0.1\n" NAS,
          "home.mesh:4:15: PublicAddress: 127.0.0.1 is each host itself: who calls it gets no "
          "further than to itself" },
        { "private-site",
          MESH "[Site home]\nPublicAddress=192.168.1.2\n" NAS "PublicEndpoint=@home:1 @home:2\n",
          "home.mesh:4:15: warning: PublicAddress: 192.168.1.2 is private: only hosts in that network "
          "can call it; on a LAN it is a PrivateEndpoint=" },
        { "one-port-of-a-site-for-two",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "PublicEndpoint=@home:5") DEVICE(
                  "b", KEY_B, "10.42.0.2",
                  "PublicEndpoint=198.51.100.7:5") "[Site home]\nPublicAddress=198.51.100.7\n",
          "home.mesh:10:16: warning: PublicEndpoint: 198.51.100.7:5 is given twice, and one port leads "
          "to one device" },
        { "private-endpoint-inside-the-mesh", MESH NAS "PrivateEndpoint=10.42.0.1:51820\n",
          "home.mesh:6:17: PrivateEndpoint: 10.42.0.1:51820 is inside the mesh itself, and cannot "
          "carry it" },
        { "public-endpoint-of-two",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "PublicEndpoint=1.2.3.4:5")
                  DEVICE("b", KEY_B, "10.42.0.2", "PublicEndpoint=1.2.3.4:5"),
          "home.mesh:10:16: warning: PublicEndpoint: 1.2.3.4:5 is given twice, and one port leads "
          "to one device" },
        { "public-name-of-two",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "PublicEndpoint=gw.example:5")
                  DEVICE("b", KEY_B, "10.42.0.2", "PublicEndpoint=gw.example:5"),
          "home.mesh:10:16: warning: PublicEndpoint: gw.example:5 is given twice, and one port "
          "leads to one device" },
        { "public-endpoint-of-a-revoked-one",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "PublicEndpoint=1.2.3.4:5\nState=revoked")
                  DEVICE("b", KEY_B, "10.42.0.2", "PublicEndpoint=1.2.3.4:5"),
          "" },
        { "public-endpoint-in-its-own-route",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "Routes=198.51.0.0/16 198.51.100.0/24") DEVICE(
                  "b", KEY_B, "10.42.0.2", "Routes=192.0.2.0/24\nPublicEndpoint=192.0.2.9:5"),
          "home.mesh:11:16: warning: PublicEndpoint: 192.0.2.9:5 lies inside 192.0.2.0/24, a route "
          "of device b (line 10): hosts with AcceptRoutes=yes lose the way to it; leave it out of "
          "the route" },
        { "public-endpoint-in-anothers-route",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "Routes=198.51.0.0/16 198.51.100.0/24 8.0.0.0/8")
                  DEVICE("b", KEY_B, "10.42.0.2",
                         "PublicEndpoint=198.51.100.9:5 [2001:db8::1]:5 1.1.1.1:5 9.9.9.9:5"),
          "home.mesh:10:16: warning: PublicEndpoint: 198.51.100.9:5 lies inside 198.51.0.0/16, a "
          "route of device a (line 6): hosts with AcceptRoutes=yes lose the way to it; leave it out of "
          "the route" },
        { "public-endpoint-at-the-ends-of-a-route",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "Routes=8.8.8.0/24 9.9.9.0/24 12.0.0.0/8")
                  DEVICE("b", KEY_B, "10.42.0.2",
                         "PublicEndpoint=9.9.9.0:5 9.9.9.255:5 9.9.8.255:5 9.9.10.0:5 8.8.7.9:5"),
          "home.mesh:10:16: warning: PublicEndpoint: 9.9.9.0:5 lies inside 9.9.9.0/24, a route of "
          "device a (line 6): hosts with AcceptRoutes=yes lose the way to it; leave it out of the "
          "route\n"
          "home.mesh:10:26: warning: PublicEndpoint: 9.9.9.255:5 lies inside 9.9.9.0/24, a route of "
          "device a (line 6): hosts with AcceptRoutes=yes lose the way to it; leave it out of the "
          "route" },
        { "private-endpoint-in-a-route",
          MESH DEVICE(
                  "a", KEY_A, "10.42.0.1",
                  "Routes=192.168.0.0/24\nPrivateEndpoint=192.168.0.9:5\nPublicEndpoint=gw.x:5"),
          "" },
        { "private-endpoint-of-two",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "PrivateEndpoint=192.168.0.9:5")
                  DEVICE("b", KEY_B, "10.42.0.2", "PrivateEndpoint=192.168.0.9:5"),
          "" },
        { "same-route",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "Routes=192.0.2.0/24")
                  DEVICE("b", KEY_B, "10.42.0.2", "Routes=198.51.100.0/24 192.0.2.0/24"),
          "home.mesh:10:24: Routes: 192.0.2.0/24 is a route of device a already, in line 6" },
        { "same-route-of-a-revoked-one",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "Routes=192.0.2.0/24\nState=revoked")
                  DEVICE("b", KEY_B, "10.42.0.2", "Routes=192.0.2.0/24"),
          "" },
        { "route-twice-in-a-line", MESH NAS "Routes=192.0.2.0/24 192.0.2.0/24\n",
          "home.mesh:6:21: Routes: 192.0.2.0/24 is a route of device nas already, in line 6" },
        { "route-inside-anothers",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "Routes=192.168.0.0/16")
                  DEVICE("b", KEY_B, "10.42.0.2", "Routes=192.168.7.0/24"),
          "home.mesh:10:8: warning: Routes: 192.168.7.0/24 of device b lies inside 192.168.0.0/16 "
          "of device a (line 6); the longer prefix wins" },
        { "route-around-anothers",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "Routes=192.168.7.0/24")
                  DEVICE("b", KEY_B, "10.42.0.2", "Routes=192.168.0.0/16"),
          "home.mesh:6:8: warning: Routes: 192.168.7.0/24 of device a lies inside 192.168.0.0/16 "
          "of device b (line 10); the longer prefix wins" },
        { "route-inside-its-own", MESH NAS "Routes=192.168.0.0/16 192.168.7.0/24\n", "" },
        /* The one in the middle ends before the last begins. */
        { "routes-side-by-side",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "Routes=192.168.0.0/16")
                  DEVICE("b", KEY_B, "10.42.0.2", "Routes=192.168.7.0/24")
                          DEVICE("c", KEY_C, "10.42.0.3", "Routes=192.168.8.0/24"),
          "home.mesh:10:8: warning: Routes: 192.168.7.0/24 of device b lies inside 192.168.0.0/16 "
          "of device a (line 6); the longer prefix wins\n"
          "home.mesh:14:8: warning: Routes: 192.168.8.0/24 of device c lies inside 192.168.0.0/16 "
          "of device a (line 6); the longer prefix wins" },
        { "route-inside-the-mesh", MESH NAS "Routes=10.42.7.0/24\n",
          "home.mesh:6:8: Routes: 10.42.7.0/24 lies inside the mesh's own subnet 10.42.0.0/16 (line "
          "2)" },
        { "route-around-the-mesh", MESH NAS "Routes=10.0.0.0/8\n",
          "home.mesh:6:8: warning: Routes: 10.0.0.0/8 of device nas contains the mesh's own subnet "
          "10.42.0.0/16 (line 2); the longer prefix wins" },
        { "route-around-two-subnets",
          "[Mesh]\nSubnet=10.42.0.0/16 10.43.0.0/16\n" NAS "Routes=10.0.0.0/8\n",
          "home.mesh:6:8: warning: Routes: 10.0.0.0/8 of device nas contains the mesh's own subnet "
          "10.42.0.0/16 (line 2); the longer prefix wins\n"
          "home.mesh:6:8: warning: Routes: 10.0.0.0/8 of device nas contains the mesh's own subnet "
          "10.43.0.0/16 (line 2); the longer prefix wins" },
        { "route-around-and-one-inside-the-mesh", MESH NAS "Routes=10.0.0.0/8 10.42.7.0/24\n",
          "home.mesh:6:8: warning: Routes: 10.0.0.0/8 of device nas contains the mesh's own subnet "
          "10.42.0.0/16 (line 2); the longer prefix wins\n"
          "home.mesh:6:19: Routes: 10.42.7.0/24 lies inside the mesh's own subnet 10.42.0.0/16 "
          "(line 2)" },
        { "endpoint-in-a-route-around-the-mesh",
          MESH DEVICE("a", KEY_A, "10.42.0.1", "Routes=10.0.0.0/8")
                  DEVICE("b", KEY_B, "10.42.0.2", "PublicEndpoint=10.9.9.9:5"),
          "home.mesh:6:8: warning: Routes: 10.0.0.0/8 of device a contains the mesh's own subnet "
          "10.42.0.0/16 (line 2); the longer prefix wins\n"
          "home.mesh:10:16: warning: PublicEndpoint: 10.9.9.9:5 is private: only hosts in that network "
          "can call it; on a LAN it is a PrivateEndpoint=\n"
          "home.mesh:10:16: warning: PublicEndpoint: 10.9.9.9:5 lies inside 10.0.0.0/8, a route of "
          "device a (line 6): hosts with AcceptRoutes=yes lose the way to it; leave it out of the "
          "route" },
        { "route-is-the-mesh", MESH NAS "Routes=10.42.0.0/16\n",
          "home.mesh:6:8: Routes: 10.42.0.0/16 lies inside the mesh's own subnet 10.42.0.0/16 (line "
          "2)" },
        { "subnet-of-providers-nat", "[Mesh]\nSubnet=100.64.0.0/10\n",
          "home.mesh:2:8: warning: Subnet: 100.64.0.0/10 is of providers' NAT, and of Tailscale: a "
          "host that has either gets two networks of the same addresses" },
        { "subnet-of-class-e", "[Mesh]\nSubnet=240.1.0.0/16\n",
          "home.mesh:2:8: warning: Subnet: 240.1.0.0/16 is reserved, and not all systems take it" },
        { "subnet-of-protocols", "[Mesh]\nSubnet=192.0.0.0/24\n",
          "home.mesh:2:8: Subnet: 192.0.0.0/24 is of protocols, as DS-Lite: " TAKE },
        { "subnet-that-is-global", "[Mesh]\nSubnet=2a00:1:2:3::/64 9.9.9.0/24\n", "" },
        { "address-link-local", MESH "[Device nas]\nPublicKey=" KEY_A "\nAddress=fe80::1\n",
          "home.mesh:5:9: Address: fe80::1 is link-local, and no address of a mesh" },
        { "address-loopback", MESH "[Device nas]\nPublicKey=" KEY_A "\nAddress=127.0.0.1\n",
          "home.mesh:5:9: Address: 127.0.0.1 is each host's own, and no address of a mesh" },
        { "routes-unfit",
          MESH NAS "Routes=127.0.0.0/8 fe80::/64 169.254.0.0/16 224.0.0.0/4 ff00::/8\n",
          "home.mesh:6:8: Routes: 127.0.0.0/8 is of each host itself: the kernel sends it nowhere\n"
          "home.mesh:6:20: Routes: fe80::/64 is link-local: no router passes it on\n"
          "home.mesh:6:30: Routes: 169.254.0.0/16 is link-local: no router passes it on\n"
          "home.mesh:6:45: Routes: 224.0.0.0/4 is multicast, which WireGuard does not carry to "
          "several\n"
          "home.mesh:6:57: Routes: ff00::/8 is multicast, which WireGuard does not carry to "
          "several" },
        { "routes-that-fit",
          MESH NAS "Routes=192.168.0.0/16 172.16.0.0/12 100.64.0.0/10 0.0.0.0/1 128.0.0.0/1 "
                   "64:ff9b::/96 2000::/3 fd00::/8\n",
          "home.mesh:6:51: warning: Routes: 0.0.0.0/1 of device nas contains the mesh's own subnet "
          "10.42.0.0/16 (line 2); the longer prefix wins" },
        { "public-endpoints-unfit",
          MESH NAS "PublicEndpoint=[fe80::1]:51820 127.0.0.1:5 [::1]:5 169.254.7.7:5 192.0.0.2:5\n"
                   "PublicEndpoint=[::ffff:1.2.3.4]:5 240.0.0.1:5 0.1.2.3:5\n",
          "home.mesh:6:16: PublicEndpoint: [fe80::1]:51820 is link-local: no host of another network "
          "can call it\n"
          "home.mesh:6:32: PublicEndpoint: 127.0.0.1:5 is each host itself: who calls it gets no "
          "further than to itself\n"
          "home.mesh:6:44: PublicEndpoint: [::1]:5 is each host itself: who calls it gets no further "
          "than to itself\n"
          "home.mesh:6:52: PublicEndpoint: 169.254.7.7:5 is link-local: no host of another network "
          "can call it\n"
          "home.mesh:6:66: PublicEndpoint: 192.0.0.2:5 is of a protocol, as DS-Lite: each home has "
          "the same one, and none can be called\n"
          "home.mesh:7:16: PublicEndpoint: [::ffff:1.2.3.4]:5 is an IPv4 address as sockets show it: "
          "write that one\n"
          "home.mesh:7:35: PublicEndpoint: 240.0.0.1:5 is reserved: the Internet does not route it\n"
          "home.mesh:7:47: PublicEndpoint: 0.1.2.3:5 is the address of no host" },
        { "public-endpoints-doubtful",
          MESH NAS "PublicEndpoint=192.168.1.2:5 [fd00::1]:5 100.64.1.2:5 198.18.0.1:5 "
                   "[64:ff9b::1.2.3.4]:5\n",
          "home.mesh:6:16: warning: PublicEndpoint: 192.168.1.2:5 is private: only hosts in that "
          "network can call it; on a LAN it is a PrivateEndpoint=\n"
          "home.mesh:6:30: warning: PublicEndpoint: [fd00::1]:5 is private: only hosts in that "
          "network can call it; on a LAN it is a PrivateEndpoint=\n"
          "home.mesh:6:42: warning: PublicEndpoint: 100.64.1.2:5 is behind a provider's NAT: nobody "
          "outside of it can call it\n"
          "home.mesh:6:55: warning: PublicEndpoint: 198.18.0.1:5 is for laboratories: the Internet "
          "does not route it\n"
          "home.mesh:6:68: warning: PublicEndpoint: [64:ff9b::102:304]:5 is an IPv4 address behind a "
          "NAT64, which few networks have: write the IPv4 address too" },
        { "private-endpoints-unfit",
          MESH NAS "PrivateEndpoint=[fe80::1]:5 127.0.0.1:5 192.0.0.2:5 169.254.7.7:5\n",
          "home.mesh:6:29: PrivateEndpoint: 127.0.0.1:5 is each host itself: who calls it gets no "
          "further than to itself\n"
          "home.mesh:6:41: PrivateEndpoint: 192.0.0.2:5 is of a protocol, as DS-Lite: each home has "
          "the same one\n"
          "home.mesh:6:53: warning: PrivateEndpoint: 169.254.7.7:5 is link-local: a host gives it to "
          "itself, and may have another one tomorrow" },
        { "private-endpoints-that-fit",
          MESH NAS "PrivateEndpoint=192.168.1.2:5 [fd00::1]:5 100.64.1.2:5 9.9.9.9:5 [2a00::1]:5\n",
          "" },
        { "via", MESH PHONE("Via=gw\n") GATE(""), "" },
        { "via-of-a-revoked-one", MESH PHONE("Via=nobody\nState=revoked\n") GATE(""), "" },
        { "via-nobody", MESH PHONE("Via=nobody\n") GATE(""),
          "home.mesh:7:5: Via: there is no device nobody" },
        { "via-itself", MESH PHONE("Via=phone\n"),
          "home.mesh:7:5: Via: phone (line 3) is this device itself" },
        { "via-an-alias", MESH PHONE("Via=router\n") GATE("Alias=router\n"),
          "home.mesh:7:5: Via: router is an alias of device gw (line 8): name that" },
        { "via-of-who-runs-wattle", MESH NAS "Via=gw\n" GATE(""),
          "home.mesh:6:5: Via: device nas runs wattle, which finds ways of its own: Via= is for "
          "devices with Managed=no" },
        { "via-without-wattle", MESH PHONE("Via=gw\n") GATE("Managed=no\n"),
          "home.mesh:7:5: Via: gw (line 8) runs no wattle, which has the kernel pass on" },
        { "via-another-via",
          MESH PHONE("Via=b\n") GATE("")
                  DEVICE("b", KEY_C, "10.42.0.3", "PublicEndpoint=1.2.3.4:6\nManaged=no\nVia=gw"),
          "home.mesh:7:5: Via: b (line 12) has a Via= itself, and there is no second step" },
        { "via-revoked", MESH PHONE("Via=gw\n") GATE("State=revoked\n"),
          "home.mesh:7:5: Via: gw (line 8) is revoked" },
        { "via-who-cannot-be-called",
          MESH PHONE("Via=gw\n") DEVICE("gw", KEY_B, "10.42.0.2", "PrivateEndpoint=192.168.1.2:5"),
          "home.mesh:7:5: Via: gw (line 8) has no PublicEndpoint=, at which it could be called" },
        { "two-vias-are-told-of",
          MESH PHONE("Via=x\n") DEVICE("b", KEY_B, "10.42.0.3", "Managed=no\nVia=y"),
          "home.mesh:7:5: Via: there is no device x\nhome.mesh:12:5: Via: there is no device y" },
        { "exit-node-by-name", MESH NAS "ExitNode=yes\nPublicEndpoint=nas.example:5\n",
          "home.mesh:7:16: warning: PublicEndpoint: exit node nas is known by name alone, and for "
          "who uses it the look-up of nas.example goes into the tunnel that waits for it, unless "
          "systemd-resolved or wattle-lookup asks the name server of a link: give an address too" },
        { "exit-node-by-name-and-address",
          MESH NAS "ExitNode=yes\nPublicEndpoint=nas.example:5 1.2.3.4:5\n", "" },
        { "exit-node-by-name-and-lan",
          MESH NAS "ExitNode=yes\nPublicEndpoint=nas.example:5\nPrivateEndpoint=192.168.1.2:5\n",
          "home.mesh:7:16: warning: PublicEndpoint: exit node nas is known by name alone, and for "
          "who uses it the look-up of nas.example goes into the tunnel that waits for it, unless "
          "systemd-resolved or wattle-lookup asks the name server of a link: give an address too" },
        { "name-servers", MESH NAS "ExitNode=yes\nDNS=10.42.0.1 192.0.2.53 2001:db8::53\n", "" },
        { "name-servers-of-no-exit-node", MESH NAS "DNS=10.42.0.1\n",
          "home.mesh:6:5: DNS: is for who uses an exit node, and device nas has no ExitNode=yes" },
        { "name-servers-that-are-none",
          MESH NAS "ExitNode=yes\nDNS=127.0.0.53 fe80::1\nDNS=224.0.0.251\n",
          "home.mesh:7:5: DNS: 127.0.0.53 is each host itself, and no server that is reached through "
          "the exit node\n"
          "home.mesh:7:16: DNS: fe80::1 is link-local: no exit node passes it on\n"
          "home.mesh:8:5: DNS: 224.0.0.251 is multicast: the address of a group, not of a host" },
        { "exit-node-that-only-calls", MESH NAS "ExitNode=yes\n", "" },
        { "exit-node-revoked",
          MESH NAS "ExitNode=yes\nPublicEndpoint=nas.example:5\nState=revoked\n", "" },
        { "mtu-of-ipv4", MESH "MTU=1220\n" NAS VPS, "" },
        { "mtu-of-ipv6-is-enough",
          "[Mesh]\nSubnet=fd42::/64\nMTU=1280\n[Device nas]\nPublicKey=" KEY_A
          "\nAddress=fd42::1\n",
          "" },
        { "mtu-of-ipv6",
          "[Mesh]\nSubnet=10.42.0.0/16 fd42::/64\nMTU=1279\n" NAS "[Device vps]\nPublicKey=" KEY_B
          "\nAddress=10.42.0.2 fd42::2\n",
          "home.mesh:3:5: MTU: 1279 is too small: device vps has an IPv6 address (line 9), and IPv6 "
          "needs 1280 at least" },
        { "mtu-with-an-ipv6-subnet-that-nobody-is-in",
          "[Mesh]\nSubnet=10.42.0.0/16 fd42::/64\nMTU=1220\n" NAS, "" },
        { "default-route", MESH NAS "Routes=::/0\n",
          "home.mesh:6:8: Routes: a default route is written ExitNode=yes" },
        { "mesh-name-is-no-label", MESH "Name=my_mesh\n",
          "home.mesh:1:1: the mesh's name my_mesh is no DNS name: write Domain= below [Mesh]" },
        { "mesh-name-is-no-label-but-has-domain", MESH "Name=my_mesh\nDomain=mesh\n", "" },
        { "mesh-name-of-each-host", MESH "Name=localhost\n",
          "home.mesh:1:1: the mesh's name localhost is what each host calls itself, and no domain "
          "for others: write Domain= below [Mesh]" },
        { "mesh-name-of-each-host-but-has-domain", MESH "Name=localhost\nDomain=mesh\n", "" },
        { "previous-without-serial",
          MESH "Previous=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0\n",
          "home.mesh:3:10: Previous: a text that was made from another one says with Serial= how "
          "often that was done: write it below [Mesh]" },
        { "signing-key-twice",
          MESH
          "SigningKeys=RWT5gYdP3cO4P89i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKbF\nSigningKeys=RWT5gYdP3cO4P89i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKbF\n",
          "home.mesh:4:13: SigningKeys: this key is there already, in line 3" },
        { "mesh-name-of-15", MESH "Name=fifteen-letters\n", "" },
        { "mesh-name-of-16", MESH "Name=sixteen-letters1\n",
          "home.mesh:1:1: warning: the mesh's name cannot be that of the interface, for "
          "'sixteen-letters1' has 16 characters, at most 15 are possible: write another Name= "
          "below [Mesh], or Interface= on each host" },
        { "mesh-name-of-digits", MESH "Name=42\nDomain=example\n",
          "home.mesh:1:1: warning: the mesh's name cannot be that of the interface, for '42' is "
          "all digits, which no interface may be: write another Name= below [Mesh], or Interface= "
          "on each host" },
        { "subnet-of-all-addresses", "[Mesh]\nSubnet=0.0.0.0/0\n",
          "home.mesh:2:8: Subnet: a mesh cannot have all addresses there are" },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        wattle_report_init(&report);
        profile = wattle_profile_load(row->text, strlen(row->text), "home.mesh", &report);
        g_assert_cmpint(profile != NULL, ==, report.n_errors == 0);
        check_faults(&report, row->faults);
}

#define LOOKED_FOR(domain, line)                                                                   \
        "home.mesh:" line ": warning: Domain: www." domain " is looked for on the Internet, and "  \
        "here it would be a device: write a domain below one of your own, as mesh." domain         \
        ", or one that ends in .internal"
#define OF_THE_INTERNET(domain, place_and_what)                                                    \
        "home.mesh:" place_and_what ": ." domain " is of the Internet, where www." domain          \
        " can be anybody's, and here it would be a device: write Domain=" domain                   \
        ".internal, which nobody else can have"
#define MULTICAST(place)                                                                           \
        "home.mesh:" place ": warning: Domain: .local is for multicast DNS (RFC 6762): who asks "  \
        "for a name that is no device's asks all of the LAN. Write a domain that ends in .internal"

static const Row advised[] = {
        { "domain-of-nobody", MESH "Domain=wgnet\n", "" },
        { "domain-for-private-use", MESH "Domain=home.internal\n", "" },
        { "domain-for-homes", MESH "Domain=home.arpa\n", "" },
        { "domain-below-that-for-homes", MESH "Domain=attic.home.arpa\n", "" },
        { "domain-for-examples", MESH "Domain=office.example\n", "" },
        { "domain-below-ones-own", MESH "Domain=mesh.example.org\n", "" },
        { "domain-below-ones-own-of-a-country", MESH "Domain=mesh.example.co.uk\n", "" },
        { "domain-of-hosts", MESH "Domain=example.org\n", LOOKED_FOR("example.org", "3:8") },
        { "domain-of-hosts-of-a-country", MESH "Domain=example.de\n",
          LOOKED_FOR("example.de", "3:8") },
        { "domain-of-hosts-of-a-divided-country", MESH "Domain=example.co.uk\n",
          LOOKED_FOR("example.co.uk", "3:8") },
        { "domain-of-all-of-a-division", MESH "Domain=co.uk\n", LOOKED_FOR("co.uk", "3:8") },
        { "domain-of-three-labels-in-a-country", MESH "Domain=mesh.example.de\n", "" },
        { "domain-that-is-all-of-one", MESH "Domain=dev\n",
          OF_THE_INTERNET("dev", "3:8: warning: Domain") },
        { "domain-of-an-address", MESH "Domain=arpa\n",
          OF_THE_INTERNET("arpa", "3:8: warning: Domain") },
        { "domain-of-a-country", MESH "Domain=io\n",
          OF_THE_INTERNET("io", "3:8: warning: Domain") },
        { "domain-in-cyrillic", MESH "Domain=xn--p1ai\n",
          OF_THE_INTERNET("xn--p1ai", "3:8: warning: Domain") },
        { "domain-like-one", MESH "Domain=device\n", "" },
        { "mesh-name-that-is-all-of-one", MESH "Name=work\n",
          OF_THE_INTERNET("work", "1:1: warning: the mesh's name, which is its domain") },
        { "mesh-name-that-is-no-domain", MESH "Name=work\nDomain=work.internal\n", "" },
        { "domain-of-multicast", MESH "Domain=local\n", MULTICAST("3:8") },
        { "domain-below-that-of-multicast", MESH "Domain=home.local\n", MULTICAST("3:8") },
        { "domain-like-that-of-multicast", MESH "Domain=mylocal\n", "" },
        { "names-that-hosts-look-for",
          MESH NAS "Alias=wpad\n[Device isatap]\nPublicKey=" KEY_B
                   "\nAddress=10.42.0.2\nPublicEndpoint=1.2.3.4:5\n",
          "home.mesh:6:7: warning: hosts look for proxies at the name wpad, and would take this "
          "device for it\n"
          "home.mesh:7:1: warning: hosts look for tunnels for IPv6 at the name isatap, and would "
          "take this device for it" },
        { "one-without-endpoint", MESH NAS VPS "PublicEndpoint=1.2.3.4:5\n", "" },
        { "two-without-endpoint", MESH NAS VPS,
          "home.mesh:6:1: warning: devices nas (line 3) and vps cannot meet: neither has a "
          "PublicEndpoint= or PrivateEndpoint=, and the mesh has no third device with a "
          "PublicEndpoint=" },
        { "two-without-endpoint-and-a-relay",
          MESH NAS VPS DEVICE("r", KEY_C, "10.42.0.3", "PublicEndpoint=1.2.3.4:5\nRelay=yes"), "" },
        { "two-without-endpoint-and-who-introduces-them",
          MESH NAS VPS DEVICE("r", KEY_C, "10.42.0.3", "PublicEndpoint=1.2.3.4:5"), "" },
        { "who-would-runs-no-wattle",
          MESH NAS VPS DEVICE("r", KEY_C, "10.42.0.3", "PublicEndpoint=1.2.3.4:5\nManaged=no"),
          "home.mesh:6:1: warning: devices nas (line 3) and vps cannot meet: neither has a "
          "PublicEndpoint= or PrivateEndpoint=, and the mesh has no third device with a "
          "PublicEndpoint=" },
        { "a-relay-that-is-revoked",
          MESH NAS VPS DEVICE("r", KEY_C, "10.42.0.3", "Relay=yes\nState=revoked"),
          "home.mesh:6:1: warning: devices nas (line 3) and vps cannot meet: neither has a "
          "PublicEndpoint= or PrivateEndpoint=, and the mesh has no third device with a "
          "PublicEndpoint=" },
        { "one-with-a-via", MESH PHONE("Via=gw\n") VPS GATE(""), "" },
        { "one-on-a-lan", MESH NAS VPS "PrivateEndpoint=192.168.1.2:5\n", "" },
        { "one-revoked", MESH NAS VPS "State=revoked\n", "" },
        { "many-without-endpoint",
          MESH NAS VPS DEVICE("c", KEY_C, "10.42.0.3", "") DEVICE("d", KEY_D, "10.42.0.4", ""),
          "home.mesh:6:1: warning: 4 devices, as nas (line 3) and vps, cannot meet each other: none "
          "has a PublicEndpoint= or PrivateEndpoint=, and the mesh has no device with a "
          "PublicEndpoint=" },
};

static void advised_row(gconstpointer data)
{
        const Row *row = data;
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = good_profile(row->text);

        wattle_report_init(&report);
        wattle_profile_advise(profile, &report);
        check_faults(&report, row->faults);
}

static char *mesh_file(const char *name)
{
        g_autofree char *path = g_build_filename(g_getenv("WATTLE_TEST_MESHES"), name, NULL);
        g_autoptr(GError) error = NULL;
        char *text = NULL;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

static void sample_meshes(void)
{
        static const struct {
                const char *file, *faults;
        } rows[] = {
                { "wgnet.mesh", "" },
                { "office.mesh", "" },
                { "wgnet-as-published.mesh",
                  "wgnet-as-published.mesh:3:1: warning: the mesh's name cannot be that of the "
                  "interface, for 'wgnet-as-published' has 18 characters, at most 15 are possible: "
                  "write another Name= below [Mesh], or Interface= on each host\n"
                  "wgnet-as-published.mesh:27:11: PublicKey: device vps has the same key in line "
                  "22; every device needs its own" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text = mesh_file(rows[i].file);
                g_auto(WattleReport) report = { 0 };
                g_autoptr(WattleProfile) profile = NULL;

                wattle_report_init(&report);
                profile = wattle_profile_load(text, strlen(text), rows[i].file, &report);
                check_faults(&report, rows[i].faults);
        }
}

/* The first free address: not the network's, not a device's, not a revoked one's. */
static void next_address(void)
{
        static const struct {
                const char *subnet, *addresses, *next;
        } rows[] = {
                { "10.42.0.0/16", "10.42.0.1", "10.42.0.2" },
                { "10.42.0.0/16", "10.42.0.2", "10.42.0.1" },
                { "10.42.0.0/16", "10.42.0.1 10.42.0.2 10.42.0.4", "10.42.0.3" },
                { "10.42.0.0/30", "10.42.0.1", "10.42.0.2" },
                { "10.42.0.0/30", "10.42.0.1 10.42.0.2", NULL },
                { "10.42.0.0/31", "10.42.0.1", "10.42.0.0" },
                { "10.42.0.0/32", "10.42.0.0", NULL },
                { "10.42.0.252/30", "10.42.0.253 10.42.0.254", NULL },
                { "fd42::/64", "fd42::1", "fd42::2" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text =
                        g_strdup_printf("[Mesh]\nSubnet=%s\n[Device old]\nPublicKey=" KEY_A
                                        "\nAddress=%s\nState=revoked\n",
                                        rows[i].subnet, rows[i].addresses);
                g_autoptr(WattleProfile) profile = good_profile(text);
                char next[WATTLE_ADDR_TEXT_MAX] = "";
                WattleAddr addr;

                if (wattle_profile_next_address(profile, &profile->subnets[0].value, &addr))
                        wattle_addr_format(&addr, next);
                g_assert_cmpstr(next, ==, rows[i].next ? rows[i].next : "");
        }
}

/* A file of nothing but faults costs no more than reading it: the report stops asking. */
static void full_report(void)
{
        g_autoptr(GString) text = g_string_new(MESH);
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        for (guint i = 0; i < WATTLE_PROFILE_MAX_DEVICES; i++)
                g_string_append(text, NAS);
        wattle_report_init(&report);
        profile = wattle_profile_load(text->str, text->len, "home.mesh", &report);
        g_assert_null(profile);
        g_assert_cmpuint(report.faults->len, ==, WATTLE_REPORT_MAX_FAULTS);
}

/* So many devices with the same endpoint, each but the first worth a warning. */
static char *make_flood(guint n)
{
        GString *text = g_string_new("[Mesh]\nSubnet=10.64.0.0/10\n");

        for (guint i = 1; i <= n; i++) {
                guint8 key[32] = { i % 256, (guint8)(i / 256), 1 };
                g_autofree char *base64 = g_base64_encode(key, sizeof key);

                g_string_append_printf(text,
                                       "[Device d%u]\nPublicKey=%s\nAddress=10.64.%u.%u\n"
                                       "PublicEndpoint=198.51.100.7:51820\n",
                                       i, base64, i / 250, i % 250 + 1);
        }
        return g_string_free(text, FALSE);
}

static void warnings_hide_no_error(void)
{
        g_autofree char *flood = make_flood(WATTLE_REPORT_MAX_FAULTS + 10);
        g_autofree char *text = g_strconcat(flood, "Routes=0.0.0.0/0\n", NULL);
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;
        g_autofree char *first = NULL;

        wattle_report_init(&report);
        profile = wattle_profile_load(text, strlen(text), "home.mesh", &report);
        g_assert_null(profile);
        g_assert_cmpuint(report.n_warnings, >, WATTLE_REPORT_MAX_FAULTS);
        first = wattle_report_first_error(&report);
        g_assert_true(g_str_has_suffix(first, "Routes: a default route is written ExitNode=yes"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/profile-check", texts, row);
        add_rows("/profile-check/advised", advised, advised_row);
        g_test_add_func("/profile-check/sample-meshes", sample_meshes);
        g_test_add_func("/profile-check/next-address", next_address);
        g_test_add_func("/profile-check/full-report", full_report);
        g_test_add_func("/profile-check/warnings-hide-no-error", warnings_hide_no_error);
        return g_test_run();
}
