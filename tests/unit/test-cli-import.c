/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "cli/import/format.h"
#include "cli/import/join.h"
#include "tests/unit/fixture.h"

/* Private keys, and their public halves. */
#define SECRET_A "aAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA="
#define SECRET_B "cAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA="
#define PUBLIC_A "jwp5QK8bOd3Dge+RYu5phJ9Iah/0dJbi4rQmn6Jxwhs="
#define PUBLIC_B "2h5SjibXchQvo0p/1FBxgy369fnE27z7mhJBS3O9nh0="

#define LAPTOP "[Interface]\nPrivateKey = " SECRET_A "\nAddress = 10.42.0.2/24\n"
#define SERVER                                                                                     \
        "[Interface]\nPrivateKey = " SECRET_B "\nAddress = 10.42.0.1/24\nListenPort = 53333\n"
#define PEER_A "[Peer]\nPublicKey = " PUBLIC_A "\nAllowedIPs = 10.42.0.2/32\n"
#define PEER_B "[Peer]\nPublicKey = " PUBLIC_B "\nAllowedIPs = 10.42.0.1/32\n"

#define MESH     "[Mesh]\nSerial=1\nSubnet=10.42.0.0/24\n"
#define DEVICE_A "\n[Device laptop]\nPublicKey=" PUBLIC_A "\nAddress=10.42.0.2\n"
#define DEVICE_B "\n[Device server]\nPublicKey=" PUBLIC_B "\nAddress=10.42.0.1\n"
#define ONLY_A   MESH DEVICE_A

typedef struct {
        const char *name;
        const char *laptop, *server; /* laptop.conf and server.conf; NULL: there is none */
        const char *mesh;            /* NULL: refused */
        const char *faults;
} Row;

static void read_one(WattleImport *import, const char *text, const char *file, WattleReport *report)
{
        g_autofree char *bytes = text ? g_strdup(text) : NULL;

        if (text)
                wattle_import_read(import, bytes, strlen(text), file, report);
}

static void row(gconstpointer data)
{
        const Row *row = data;
        g_auto(WattleImport) import = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autofree char *mesh = NULL;

        wattle_import_init(&import);
        wattle_report_init(&report);
        read_one(&import, row->laptop, "laptop.conf", &report);
        read_one(&import, row->server, "server.conf", &report);
        if (report.n_errors == 0)
                mesh = wattle_import_join(&import, &report);
        check_faults(&report, row->faults);
        g_assert_cmpstr(mesh, ==, row->mesh);
}

static const Row wg_quick[] = {
        { "one-host", LAPTOP, NULL, ONLY_A, "" },
        { "two-hosts", LAPTOP PEER_B "Endpoint = 198.51.100.7:53333\n", SERVER PEER_A,
          MESH DEVICE_A DEVICE_B "PublicEndpoint=198.51.100.7:53333\nListenPort=53333\n", "" },
        { "unknown-to-each-other", LAPTOP, SERVER, MESH DEVICE_A DEVICE_B "ListenPort=53333\n",
          "" },
        { "any-case-blanks-comments-crlf",
          "; \r\n"
          "[INTERFACE]\r\nprivatekey=" SECRET_A
          " # mine\r\n\r\n\taddress= 10.42.0.2/24,fd42::2/64\r\n",
          NULL, NULL, "laptop.conf:1:1: is neither Key = value nor [Section]" },
        { "any-case",
          "[INTERFACE]\r\nprivatekey=" SECRET_A
          " # mine\r\n\r\n\taddress= 10.42.0.2/24,fd42::2/64\r\n",
          NULL,
          "[Mesh]\nSerial=1\nSubnet=10.42.0.0/24 fd42::/64\n\n[Device laptop]\nPublicKey=" PUBLIC_A
          "\nAddress=10.42.0.2 fd42::2\n",
          "" },
        { "name-above", LAPTOP "# vps\n" PEER_B, NULL,
          MESH DEVICE_A "\n[Device vps]\nPublicKey=" PUBLIC_B "\nAddress=10.42.0.1\n", "" },
        { "name-behind",
          LAPTOP "[Peer] # Client My VPS\nPublicKey=" PUBLIC_B "\nAllowedIPs=10.42.0.1\n", NULL,
          MESH DEVICE_A "\n[Device my-vps]\nPublicKey=" PUBLIC_B "\nAddress=10.42.0.1\n", "" },
        { "name-below",
          LAPTOP "[Peer]\n# Name = vps\nPublicKey=" PUBLIC_B "\nAllowedIPs=10.42.0.1\n", NULL,
          MESH DEVICE_A "\n[Device vps]\nPublicKey=" PUBLIC_B "\nAddress=10.42.0.1\n", "" },
        { "remark-is-no-name", LAPTOP "# this is the one in the cellar\n" PEER_B, NULL,
          MESH DEVICE_A "\n[Device device-2]\nPublicKey=" PUBLIC_B "\nAddress=10.42.0.1\n",
          "laptop.conf:5:1: warning: device device-2 is called so for want of a name: change it in the "
          "mesh, or write '# Name = laptop' here and import again" },
        { "own-file-names-a-peer", LAPTOP "# vps\n" PEER_B, SERVER,
          MESH DEVICE_A DEVICE_B "ListenPort=53333\n", "" },
        { "network-behind-a-peer",
          LAPTOP "# vps\n[Peer]\nPublicKey=" PUBLIC_B
                 "\nAllowedIPs = 10.42.0.1/32, 192.168.7.0/24, 192.168.9.9/32\n",
          NULL,
          MESH DEVICE_A "\n[Device vps]\nPublicKey=" PUBLIC_B
                        "\nAddress=10.42.0.1\nRoutes=192.168.7.0/24 192.168.9.9/32\n",
          "" },
        { "exit-node",
          LAPTOP "[Peer]\nPublicKey=" PUBLIC_B
                 "\nAllowedIPs=0.0.0.0/0, ::/0\nEndpoint=VPS.example:1\n",
          SERVER,
          MESH DEVICE_A DEVICE_B "PublicEndpoint=vps.example:1\nListenPort=53333\nExitNode=yes\n",
          "" },
        { "hub", LAPTOP "[Peer]\nPublicKey=" PUBLIC_B "\nAllowedIPs=10.42.0.0/24\n", SERVER PEER_A,
          MESH DEVICE_A DEVICE_B "ListenPort=53333\n",
          "laptop.conf:6:12: warning: AllowedIPs: 10.42.0.0/24, addresses of other devices, is left out: "
          "in a mesh they call each other directly, and one of two needs a PublicEndpoint=" },
        { "address-of-another",
          LAPTOP "[Peer]\nPublicKey=" PUBLIC_B "\nAllowedIPs=10.42.0.1/32,10.42.0.2/32\n", SERVER,
          MESH DEVICE_A DEVICE_B "ListenPort=53333\n",
          "laptop.conf:6:25: warning: AllowedIPs: 10.42.0.2/32, addresses of other devices, is left "
          "out: in a mesh they call each other directly, and one of two needs a PublicEndpoint=" },
        { "bits-of-a-host", LAPTOP "# vps\n" PEER_B "AllowedIPs=192.168.7.1/24\n", NULL,
          MESH DEVICE_A "\n[Device vps]\nPublicKey=" PUBLIC_B
                        "\nAddress=10.42.0.1\nRoutes=192.168.7.0/24\n",
          "laptop.conf:8:12: warning: AllowedIPs: bits behind the length /24 are set, and wg takes them "
          "for zero" },
        { "guessed-subnet",
          "[Interface]\nPrivateKey=" SECRET_A "\nAddress=10.42.0.2/32\n# vps\n" PEER_B, NULL,
          MESH DEVICE_A "\n[Device vps]\nPublicKey=" PUBLIC_B "\nAddress=10.42.0.1\n",
          "warning: Subnet=10.42.0.0/24 is a guess around addresses that no file gives a length" },
        { "guessed-wider", "[Interface]\nPrivateKey=" SECRET_A "\nAddress=10.42.0.2\n",
          "[Interface]\nPrivateKey=" SECRET_B "\nAddress=10.42.7.1\n",
          "[Mesh]\nSerial=1\nSubnet=10.42.0.0/21\n" DEVICE_A
          "\n[Device server]\nPublicKey=" PUBLIC_B "\nAddress=10.42.7.1\n",
          "warning: Subnet=10.42.0.0/21 is a guess around addresses that no file gives a length" },
        { "endpoint-on-the-lan", LAPTOP PEER_B "Endpoint=192.168.1.7:53333\n",
          SERVER PEER_A "Endpoint=[fd00::2]:51820\n",
          MESH DEVICE_A "PrivateEndpoint=[fd00::2]:51820\n" DEVICE_B
                        "PrivateEndpoint=192.168.1.7:53333\nListenPort=53333\n",
          "" },
        { "keepalive", LAPTOP PEER_B "PersistentKeepalive=15\n",
          SERVER PEER_A "PersistentKeepalive=25\n",
          MESH DEVICE_A "Keepalive=15\n" DEVICE_B "ListenPort=53333\n", "" },
        { "mtu-of-all", LAPTOP "MTU=1380\n", SERVER "MTU=1380\n",
          MESH "MTU=1380\n" DEVICE_A DEVICE_B "ListenPort=53333\n", "" },
        { "mtu-of-one", LAPTOP "MTU=1380\n", SERVER, MESH DEVICE_A DEVICE_B "ListenPort=53333\n",
          "laptop.conf:4:5: warning: MTU is left out, for the others have another: it is MTU=1380 in "
          "[Local] of this host" },
        { "dropped",
          LAPTOP
          "PostUp = iptables -A FORWARD -i %i -j ACCEPT\nDNS=1.1.1.1\nTable=off\nSaveConfig=true\n"
          "FwMark=7\n",
          NULL, ONLY_A,
          "laptop.conf:4:1: warning: PostUp is left out: a mesh runs no commands: a unit ordered after "
          "the interface's .device does. For forwarding and masquerading Routes= and ExitNode=yes are "
          "enough\n"
          "laptop.conf:5:1: warning: DNS is left out: a mesh sets no name server: each host keeps its "
          "own\n"
          "laptop.conf:6:1: warning: Table is left out: routes go to the main table, on hosts with "
          "AcceptRoutes=yes in [Local]\n"
          "laptop.conf:7:1: warning: SaveConfig is left out: nothing is written back to a profile\n"
          "laptop.conf:8:1: warning: FwMark is left out: it is FirewallMark= in [Local] of this host" },
        { "left-out-but-empty", LAPTOP "PostUp =\nTable = auto\nDNS=\n", NULL, ONLY_A, "" },
        { "name-among-other-fields", LAPTOP "# ID: 7\n# Name: My VPS\n# Email:\n# enabled\n" PEER_B,
          NULL, MESH DEVICE_A "\n[Device my-vps]\nPublicKey=" PUBLIC_B "\nAddress=10.42.0.1\n",
          "" },
        { "halves-are-an-exit-node", LAPTOP "# vps\n" PEER_B "AllowedIPs=128.0.0.0/1, 0.0.0.0/1\n",
          NULL,
          MESH DEVICE_A "\n[Device vps]\nPublicKey=" PUBLIC_B "\nAddress=10.42.0.1\nExitNode=yes\n",
          "" },
        { "one-half-is-a-route", LAPTOP "# vps\n" PEER_B "AllowedIPs=128.0.0.0/1\n", NULL,
          MESH DEVICE_A "\n[Device vps]\nPublicKey=" PUBLIC_B
                        "\nAddress=10.42.0.1\nRoutes=128.0.0.0/1\n",
          "" },
        { "amneziawg", LAPTOP "jc=4\nJmin=1\nS1=0\n", NULL, NULL,
          "laptop.conf:4:1: jc is AmneziaWG's: with its disguise on neither side understands the "
          "WireGuard of the other. Leave such peers out" },
        { "pre-shared-key", LAPTOP "# vps\n" PEER_B "PresharedKey=" SECRET_A "\n", NULL,
          MESH DEVICE_A "\n[Device vps]\nPublicKey=" PUBLIC_B "\nAddress=10.42.0.1\n",
          "laptop.conf:8:1: warning: PresharedKey is left out: wattle has no pre-shared keys: take it "
          "out on both sides at once" },
        { "port-65536", LAPTOP "ListenPort=65536\n", NULL, NULL,
          "laptop.conf:4:12: ListenPort: '65536' is not a port: 1 to 65535" },
        { "endpoint-port-70000", LAPTOP PEER_B "Endpoint = 1.2.3.4:70000\n", NULL, NULL,
          "laptop.conf:7:12: Endpoint: '70000' is not a port: 1 to 65535" },
        { "bad-key", "[Interface]\nPrivateKey=x\n", NULL, NULL,
          "laptop.conf:2:12: PrivateKey: not a WireGuard key: 44 characters of base64, ending in =" },
        { "no-private-key", "[Interface]\nAddress=10.42.0.2/24\n", NULL, NULL,
          "laptop.conf:1:1: no PrivateKey=: whose file is it? Write the line back, as wg genkey made it; "
          "only its public half goes into the mesh" },
        { "peer-without-key", LAPTOP "[Peer]\nAllowedIPs=10.42.0.1\n", NULL, NULL,
          "laptop.conf:4:1: this [Peer] has no PublicKey=" },
        { "same-host-twice", LAPTOP, LAPTOP, NULL,
          "server.conf:1:1: has the same private key as laptop.conf:1:1: give one of them, and if they "
          "are two hosts, each needs a key of its own" },
        { "second-of-a-list",
          "[Interface]\nPrivateKey=" SECRET_A "\nAddress=10.42.0.2/24, 10.42.0/33\n", NULL, NULL,
          "laptop.conf:3:23: Address: '10.42.0' is not an IP address" },
        { "comma-at-the-end", "[Interface]\nPrivateKey=" SECRET_A "\nAddress=10.42.0.2/24,\n", NULL,
          NULL, "laptop.conf:3:22: Address: is empty" },
        { "length-33", "[Interface]\nPrivateKey=" SECRET_A "\nAddress=10.42.0.2/33\n", NULL, NULL,
          "laptop.conf:3:9: Address: '10.42.0.2/33': a prefix length is 0 to 32" },
        { "unknown-section", LAPTOP "[NetDev]\nName=wg0\n", NULL, NULL,
          "laptop.conf:4:1: unknown section [NetDev]: a wg-quick file has [Interface] and [Peer]" },
        { "unknown-key", LAPTOP "Colour=blue\n", NULL, NULL,
          "laptop.conf:4:1: unknown key 'Colour'" },
        { "private-key-alone", SECRET_A "\n" LAPTOP, NULL, NULL,
          "laptop.conf:1:1: is neither Key = value nor [Section]" },
        { "key-of-peer", LAPTOP "AllowedIPs=10.42.0.1\n", NULL, NULL,
          "laptop.conf:4:1: AllowedIPs: belongs in [Peer]" },
        { "key-of-interface", LAPTOP PEER_B "Address=10.42.0.1\n", NULL, NULL,
          "laptop.conf:7:1: Address: belongs in [Interface]" },
        { "twice", LAPTOP "ListenPort=1\nListenPort=2\n", NULL, NULL,
          "laptop.conf:5:1: ListenPort: was given already" },
        { "before-any-section", "MTU=1400\n" LAPTOP, NULL, NULL,
          "laptop.conf:1:1: MTU: stands before any section" },
        { "empty-file", "", NULL, NULL, "laptop.conf: is empty" },
        { "not-text", "\xff\xfe", NULL, NULL, "laptop.conf: is not text" },
};

#define INTERFACE "wg0\t" SECRET_A "\t" PUBLIC_A "\t53333\toff\n"

static const Row wg_dump[] = {
        { "dump",
          INTERFACE "wg0\t" PUBLIC_B
                    "\t(none)\t198.51.100.7:53333\t10.42.0.1/32,192.168.7.0/24\t1\t2\t3\t15\n",
          SERVER PEER_A,
          MESH DEVICE_A
          "ListenPort=53333\nKeepalive=15\n" DEVICE_B
          "PublicEndpoint=198.51.100.7:53333\nRoutes=192.168.7.0/24\nListenPort=53333\n",
          "laptop.conf:2:57: warning: the endpoint is where the kernel heard the peer last: keep it only "
          "if it stays the same" },
        { "nothing-known", INTERFACE "wg0\t" PUBLIC_B "\t(none)\t(none)\t(none)\t0\t0\t0\toff\n",
          SERVER,
          MESH "\n[Device laptop]\nPublicKey=" PUBLIC_A "\nListenPort=53333\n" DEVICE_B
               "ListenPort=53333\n",
          "" },
        { "what-is-left-out",
          "wg0\t(hidden)\t" PUBLIC_A "\t0\t0x7\n"
          "wg0\t" PUBLIC_B "\t" SECRET_A "\t(none)\t10.42.0.1/32\t0\t0\t0\toff\n",
          SERVER, MESH "\n[Device laptop]\nPublicKey=" PUBLIC_A "\n" DEVICE_B "ListenPort=53333\n",
          "laptop.conf:1:61: warning: the mark is left out: it is FirewallMark= in [Local] of this host\n"
          "laptop.conf:2:50: warning: the pre-shared key is left out: wattle has none, so take it out on "
          "both sides at once" },
        { "of-one-interface", SECRET_A "\t" PUBLIC_A "\t53333\toff\n", NULL, NULL,
          "laptop.conf:1:1: 4 fields, where 'wg show all dump' has 5 for an interface and 9 for a peer: "
          "'all' may not be left out" },
        { "peer-of-no-interface", "wg0\t" PUBLIC_B "\t(none)\t(none)\t(none)\t0\t0\t0\toff\n", NULL,
          NULL,
          "laptop.conf:1:1: a peer of interface wg0, whose own line is not above: it takes all that 'wg "
          "show all dump' prints" },
        { "interface-without-key", "wg0\t(none)\t(none)\t0\toff\n", NULL, NULL,
          "laptop.conf:1:12: public key: not a WireGuard key: 44 characters of base64, ending in =" },
        { "bad-values",
          "wg0\t" SECRET_A "\t" PUBLIC_A "\t65536\toff\n"
          "wg0\t" PUBLIC_B "\t(none)\t1.2.3.4:70000\t10.42.0.1/32,x\t0\t0\t0\t70000\n",
          NULL, NULL,
          "laptop.conf:1:95: listening port: '65536' is not a port: 1 to 65535\n"
          "laptop.conf:2:57: endpoint: '70000' is not a port: 1 to 65535\n"
          "laptop.conf:2:84: allowed IPs: 'x' is not an IP address\n"
          "laptop.conf:2:92: keepalive: '70000' is not a number of seconds: 1 to 65535, or off" },
};

/* Of one host, as its folder has them. */
typedef struct {
        const char *name;
        const char *file, *text; /* below laptop/ */
        const char *network;     /* laptop/wg0.network; NULL: there is none */
        const char *mesh, *faults;
} FolderRow;

#define KEY_FILE "laptop/wg0.key"

static GBytes *open_key_file(const char *path)
{
        return strcmp(path, KEY_FILE) == 0 ? g_bytes_new(SECRET_A "\n", strlen(SECRET_A "\n"))
                                           : NULL;
}

static void folder_row(gconstpointer data)
{
        const FolderRow *row = data;
        g_auto(WattleImport) import = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autofree char *mesh = NULL;

        wattle_import_init(&import);
        import.open = open_key_file;
        wattle_report_init(&report);
        read_one(&import, row->text, row->file, &report);
        read_one(&import, row->network, "laptop/wg0.network", &report);
        if (report.n_errors == 0)
                mesh = wattle_import_join(&import, &report);
        check_faults(&report, row->faults);
        g_assert_cmpstr(mesh, ==, row->mesh);
}

#define NETDEV      "[NetDev]\nName=wg0\nKind=wireguard\n[WireGuard]\n"
#define NETDEV_A    NETDEV "PrivateKey=" SECRET_A "\n"
#define NETDEV_PEER "[WireGuardPeer]\nPublicKey=" PUBLIC_B "\nAllowedIPs=10.42.0.1/32\n"
#define NETWORK     "[Match]\nName=wg0\n[Network]\nAddress=10.42.0.2/24\n"
#define KEYFILE     "[connection]\nid=x\ntype=wireguard\n[wireguard]\nprivate-key=" SECRET_A "\n"
#define KEYFILE_A   KEYFILE "[ipv4]\naddress1=10.42.0.2/24\nmethod=manual\n"
#define WITH_B      ONLY_A "\n[Device device-2]\nPublicKey=" PUBLIC_B "\nAddress=10.42.0.1\n"

static const FolderRow folders[] = {
        { "networkd", "laptop/wg0.netdev", NETDEV_A, NETWORK, ONLY_A, "" },
        { "networkd-in-order", "laptop/25-wg0.netdev", NETDEV_A, NETWORK, ONLY_A, "" },
        { "networkd-key-file", "laptop/wg0.netdev",
          NETDEV "PrivateKeyFile=/etc/systemd/network/wg0.key\nListenPort=auto\n", NETWORK, ONLY_A,
          "" },
        { "networkd-key-file-not-here", "laptop/wg0.netdev",
          NETDEV "PrivateKeyFile=/etc/other.key\n", NETWORK, NULL,
          "laptop/wg0.netdev:5:16: PrivateKeyFile=: '/etc/other.key' is not to be had here: put a "
          "copy beside this file; only its public half goes into the mesh" },
        { "networkd-peer", "laptop/wg0.netdev",
          NETDEV_A "ListenPort=53333\n" NETDEV_PEER
                   "AllowedIPs=10.42.0.9/32, 10.42.0.10/32\nEndpoint=198.51.100.7:53333\n"
                   "PersistentKeepalive=25\nPresharedKeyFile=/x\nRouteTable=7\n",
          "[Match]\nName=eth* wg*\n[Link]\nMTUBytes=1400\n[Address]\nAddress=10.42.0.2/24\n"
          "[Address]\nAddress=fd42::2/64\n[Network]\nDNS=10.42.0.1\nDomains=~.\n"
          "[Route]\nDestination=10.0.0.0/8\n",
          "[Mesh]\nSerial=1\nSubnet=10.42.0.0/24 fd42::/64\nMTU=1400\n\n[Device laptop]\nPublicKey=" PUBLIC_A
          "\nAddress=10.42.0.2 fd42::2\nListenPort=53333\n\n[Device device-2]\nPublicKey=" PUBLIC_B
          "\nAddress=10.42.0.1 10.42.0.9 10.42.0.10\nPublicEndpoint=198.51.100.7:53333\n",
          "laptop/wg0.netdev:7:1: warning: device device-2 is called so for want of a name: change it in the mesh, or write '# Name = laptop' here and import again\n"
          "laptop/wg0.netdev:13:1: warning: PresharedKeyFile= is left out: wattle has no pre-shared keys: take it out on both sides at once\n"
          "laptop/wg0.netdev:14:1: warning: RouteTable= is left out: routes go to the main table, on hosts with AcceptRoutes=yes in [Local]\n"
          "laptop/wg0.network:10:1: warning: DNS= is left out: a mesh sets no name server: each host keeps its own\n"
          "laptop/wg0.network:11:1: warning: Domains= is left out: a mesh has no place for it\n"
          "laptop/wg0.network:13:1: warning: Destination= is left out: routes come from Routes= and ExitNode= of the device that they lead to" },
        { "networkd-faults", "laptop/wg0.netdev",
          "Name=wg0\n[NetDev]\nName=wg0\nName=wg1\nKind=vlan\n[WireGuard]\nPrivateKey=x\n"
          "ListenPort=65536\n" NETDEV_PEER "Endpoint=198.51.100.7:70000\nAllowedIPs=\n"
          "PersistentKeepalive=65536\n",
          NULL, NULL,
          "laptop/wg0.netdev:1:1: Name= stands before any section\n"
          "laptop/wg0.netdev:4:1: Name= was given already\n"
          "laptop/wg0.netdev:5:6: Kind=: 'vlan' is no WireGuard\n"
          "laptop/wg0.netdev:7:12: PrivateKey=: not a WireGuard key: 44 characters of base64, ending in =\n"
          "laptop/wg0.netdev:8:12: ListenPort=: '65536' is not a port: 1 to 65535\n"
          "laptop/wg0.netdev:12:10: Endpoint=: '70000' is not a port: 1 to 65535\n"
          "laptop/wg0.netdev:13:12: AllowedIPs= is empty\n"
          "laptop/wg0.netdev:14:21: PersistentKeepalive=: '65536' is not a number of seconds: 1 to 65535, or off" },
        { "networkd-no-key", "laptop/wg0.netdev", "[NetDev]\nName=wg0\nKind=wireguard\n", NULL,
          NULL,
          "laptop/wg0.netdev:1:1: neither PrivateKey= nor PrivateKeyFile=: whose file is it? Write one of them; only its public half goes into the mesh" },
        { "networkd-no-netdev", "other/wg0.netdev", NETDEV_A, NETWORK, NULL,
          "laptop/wg0.network:1:1: no .netdev beside it has an interface of its [Match] Name=: give that of the same host, too" },
        { "nm", "laptop/wg0.nmconnection", KEYFILE_A, NULL, ONLY_A, "" },
        { "nm-netplan", "laptop/netplan-wg0.nmconnection", KEYFILE_A, NULL, ONLY_A, "" },
        { "nm-peer", "laptop/wg0.nmconnection",
          KEYFILE_A "dns=1.1.1.1;\nroute1=10.0.0.0/8\nnever-default=true\n[wireguard-peer." PUBLIC_B
                    "]\nallowed-ips=10.42.0.1/32;\npersistent-keepalive=0\npreshared-key=x\n"
                    "preshared-key-flags=0\n[proxy]\n",
          NULL, WITH_B,
          "laptop/wg0.nmconnection:9:1: warning: dns= is left out: a mesh sets no name server: each host keeps its own\n"
          "laptop/wg0.nmconnection:10:1: warning: route1= is left out: routes come from Routes= and ExitNode= of the device that they lead to\n"
          "laptop/wg0.nmconnection:11:1: warning: never-default= is left out: a mesh has no place for it\n"
          "laptop/wg0.nmconnection:12:1: warning: device device-2 is called so for want of a name: change it in the mesh, or write '# Name = laptop' here and import again\n"
          "laptop/wg0.nmconnection:15:1: warning: preshared-key= is left out: wattle has no pre-shared keys: take it out on both sides at once" },
        { "nm-faults", "laptop/wg0.nmconnection",
          "[connection]\ntype=vpn\n[wireguard]\nprivate-key=x\nlisten-port=-1\n[ipv4]\n"
          "address1=10.42.0.2/33\n[wireguard-peer.x]\nendpoint=x\n[wireguard-peer." PUBLIC_B
          "]\nallowed-ips=10.42.0.1/32,10.42.0.9/32;\n",
          NULL, NULL,
          "laptop/wg0.nmconnection:2:6: type=: 'vpn' is no wireguard\n"
          "laptop/wg0.nmconnection:4:13: private-key=: not a WireGuard key: 44 characters of base64, ending in =\n"
          "laptop/wg0.nmconnection:5:13: listen-port=: '-1' is not a port: 1 to 65535\n"
          "laptop/wg0.nmconnection:7:10: address=: '10.42.0.2/33': a prefix length is 0 to 32\n"
          "laptop/wg0.nmconnection:8:1: [wireguard-peer....]: not a WireGuard key: 44 characters of base64, ending in =\n"
          "laptop/wg0.nmconnection:11:13: allowed-ips=: '10.42.0.1/32,10.42.0.9/32': a keyfile has ; between two, and NetworkManager lets none of these in" },
        { "nm-no-key", "laptop/wg0.nmconnection",
          "[connection]\ntype=wireguard\n[wireguard]\nprivate-key-flags=1\n", NULL, NULL,
          "laptop/wg0.nmconnection:1:1: no private-key=: is it in a keyring, or asked for (private-key-flags=)? Write it into this copy; only its public half goes into the mesh" },
};

static void labels(void)
{
        static const struct {
                const char *words, *label;
        } rows[] = {
                { "laptop", "laptop" },
                { "Anna's laptop", "anna-s-laptop" },
                { "a b c", "a-b-c" },
                { "a b c d", NULL },
                { "AllowedIPs = 10.0.0.0/8", NULL },
                { "", NULL },
                { "---", NULL },
                { "\xc3\xbc", NULL },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *label = wattle_import_label(rows[i].words);

                g_assert_cmpstr(label, ==, rows[i].label);
        }
}

static void labels_of_paths(void)
{
        static const struct {
                const char *path, *label;
        } rows[] = {
                { "laptop.conf", "laptop" },
                { "clients/Phone_2.conf", "phone-2" },
                { "laptop/wg0.conf", "laptop" },
                { "hosts/nas/wg.conf", "nas" },
                { "wg0.conf", NULL },
                { "/etc/wireguard/wg0.conf", NULL },
                { "wgnet.dump", "wgnet" },
                { ".conf", "conf" },
                { "laptop/25-wg0.netdev", "laptop" },
                { "50-laptop.netdev", "laptop" },
                { "/etc/systemd/network/wg0.netdev", NULL },
                { "hosts/nas/60-wg.yaml/10-netplan-wg0.netdev", "nas" },
                { "nas.yaml/10-netplan-wg0.netdev", "nas" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *label = wattle_import_label_of_path(rows[i].path);

                g_assert_cmpstr(label, ==, rows[i].label);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/cli-import/wg-quick", wg_quick, row);
        add_rows("/cli-import/wg-dump", wg_dump, row);
        add_rows("/cli-import/folders", folders, folder_row);
        g_test_add_func("/cli-import/labels", labels);
        g_test_add_func("/cli-import/labels-of-paths", labels_of_paths);
        return g_test_run();
}
