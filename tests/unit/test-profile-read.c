/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/profile.h"

#include <string.h>

#include "tests/unit/fixture.h"

/* Lines 1 and 2; two, three and three more. */
#define MESH "[Mesh]\nSubnet=10.42.0.0/16\n"
#define HOME "[Site home]\nPublicAddress=198.51.100.7\n"
#define NAS  "[Device nas]\nPublicKey=" KEY_A "\nAddress=10.42.0.1\n"
#define VPS  "[Device vps]\nPublicKey=" KEY_B "\nAddress=10.42.0.2\n"

#define SIGNING_KEY       "RWT5gYdP3cO4P89i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKbF"
#define OTHER_SIGNING_KEY "RWSitu8D50JqPWpsjP/KsqnxdYHERUjElUQCrbslBSp/ABVLI7D2iHVD"
#define PREVIOUS          "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"

typedef struct {
        const char *name, *text, *faults;
} Row;

/* What the reader refuses. Every text is complete, so that one fault is one message. */
static const Row texts[] = {
        { "least", MESH, "" },
        { "empty-file", "",
          "home.mesh:1:1: no [Mesh] section: 'wattle init' makes a profile to begin with" },
        { "comments-only", "# nothing\n",
          "home.mesh:1:1: no [Mesh] section: 'wattle init' makes a profile to begin with" },
        { "crlf", "[Mesh]\r\nSubnet=10.42.0.0/16\r\n",
          "home.mesh:1:7: has a carriage return: save it with LF line ends (dos2unix does)" },
        { "bom", "\xef\xbb\xbf" MESH,
          "home.mesh:1:1: begins with a byte order mark: save it as UTF-8 without one" },
        { "two-meshes", MESH "[Mesh]\nSubnet=10.43.0.0/16\n",
          "home.mesh:3:1: [Mesh] was begun already in line 1" },
        { "named-mesh", MESH "[Mesh home]\n",
          "home.mesh:3:7: [Mesh] has no name here: write Name=home below it" },
        { "no-subnet", "[Mesh]\nSerial=1\n",
          "home.mesh:1:1: [Mesh] has no Subnet=, as in Subnet=10.42.0.0/16" },
        { "unknown-section", MESH "[Peer]\nAllowedIPs=10.42.0.1/32\n",
          "home.mesh:3:1: unknown section [Peer]: a profile has [Mesh], [Site NAME] and [Device NAME]" },
        { "case-of-section", "[mesh]\n",
          "home.mesh:1:1: unknown section [mesh]: a profile has [Mesh], [Site NAME] and [Device NAME]" },
        { "before-any-section", "Subnet=10.42.0.0/16\n" MESH,
          "home.mesh:1:1: Subnet= stands before any section: begin with [Mesh]" },
        { "nameless-device", MESH "[Device]\nAddress=10.42.0.1\n",
          "home.mesh:3:1: a device needs a name: [Device laptop]" },
        { "bad-device-name", MESH "[Device My_NAS]\nAddress=10.42.0.1\n",
          "home.mesh:3:9: Device: 'My_NAS' has upper case: write my-nas" },
        { "device-localhost", MESH "[Device localhost]\nAddress=10.42.0.1\n",
          "home.mesh:3:9: Device: 'localhost' is what each host calls itself, and no name for "
          "another" },
        { "alias-localhost", MESH NAS "Alias=tower localhost\n",
          "home.mesh:6:13: Alias: 'localhost' is what each host calls itself, and no name for "
          "another" },
        { "no-key", MESH "[Device nas]\nAddress=10.42.0.1\n",
          "home.mesh:3:1: device nas has no PublicKey=: 'wattle genkey' makes a key, 'wattle "
          "pubkey' shows its public half" },
        { "no-address", MESH "[Device nas]\nPublicKey=" KEY_A "\n",
          "home.mesh:3:1: device nas has no Address=" },
        { "unknown-key", MESH NAS "PublicEndpont=1.2.3.4:5\n",
          "home.mesh:6:1: unknown key 'PublicEndpont': did you mean PublicEndpoint?" },
        { "case-of-key", MESH NAS "alias=tower\n",
          "home.mesh:6:1: unknown key 'alias': did you mean Alias?" },
        { "unknown-key-near-none", MESH NAS "Colour=blue\n",
          "home.mesh:6:1: unknown key 'Colour'" },
        { "key-of-device-in-mesh", MESH "Address=10.42.0.1\n",
          "home.mesh:3:1: Address= belongs in [Device NAME]" },
        { "key-of-mesh-in-device", MESH NAS "Domain=example\n",
          "home.mesh:6:1: Domain= belongs in [Mesh]" },
        { "private-key", MESH NAS "PrivateKey=" KEY_B "\n",
          "home.mesh:6:1: PrivateKey: a private key never belongs in a profile, which every "
          "device reads: keep it on its own device, in /etc/wattle/MESH.key, and make a new one "
          "now if it was shared" },
        { "private-key-in-lower-case", MESH "privatekey = x\n",
          "home.mesh:3:1: privatekey: a private key never belongs in a profile, which every "
          "device reads: keep it on its own device, in /etc/wattle/MESH.key, and make a new one "
          "now if it was shared" },
        { "private-key-file", MESH NAS "PrivateKeyFile=/etc/k\n",
          "home.mesh:6:1: PrivateKeyFile: belongs in this host's own settings: [Local] in "
          "MESH.mesh.d/*.conf" },
        { "pre-shared-key", MESH NAS "PresharedKey=" KEY_B "\n",
          "home.mesh:6:1: PresharedKey: a pre-shared key is a secret and never belongs in a "
          "profile" },
        { "command", MESH NAS "PostUp=reboot\n",
          "home.mesh:6:1: PostUp: a profile runs no commands; order a unit after the "
          "interface's .device instead" },
        { "dns", MESH "DNS=10.42.0.1\n", "home.mesh:3:1: DNS= belongs in [Device NAME]" },
        { "dns-in-lower-case", MESH NAS "dns=10.42.0.1\n",
          "home.mesh:6:1: unknown key 'dns': did you mean DNS?" },
        { "dns-of-a-name", MESH NAS "ExitNode=yes\nDNS=10.42.0.1 dns.example\n",
          "home.mesh:7:15: DNS: 'dns.example' is not an IP address" },
        { "dns-of-four",
          MESH NAS "ExitNode=yes\nDNS=10.42.0.1 10.42.0.2\nDNS=10.42.0.3 10.42.0.4\n",
          "home.mesh:8:15: DNS: more than 3 name servers" },
        { "table", MESH "Table=off\n",
          "home.mesh:3:1: Table: routes go where they belong: accepted ones to the main table, those "
          "of an exit node to a table of their own" },
        { "fwmark", MESH "FwMark=7\n",
          "home.mesh:3:1: FwMark: is FirewallMark= in this host's own settings: [Local] in "
          "MESH.mesh.d/*.conf" },
        { "save-config", MESH "SaveConfig=true\n",
          "home.mesh:3:1: SaveConfig: nothing is written back to a profile" },
        { "allowed-ips", MESH NAS "AllowedIPs=0.0.0.0/0\n",
          "home.mesh:6:1: AllowedIPs: is made from Address= and Routes= of the device" },
        { "endpoint", MESH NAS "Endpoint=1.2.3.4:5\n",
          "home.mesh:6:1: Endpoint: is PublicEndpoint= (reachable from anywhere) or "
          "PrivateEndpoint= (on the LAN)" },
        { "scalar-twice", MESH NAS "ListenPort=1\nListenPort=2\n",
          "home.mesh:7:1: ListenPort= was given already in line 6" },
        { "key-twice", MESH NAS "PublicKey=" KEY_B "\n",
          "home.mesh:6:1: PublicKey= was given already in line 4" },
        { "empty-value", MESH NAS "Alias=\n",
          "home.mesh:6:7: Alias= is empty: give a value or remove the line" },
        { "comment-behind-scalar", MESH NAS "ListenPort=1 # one\n",
          "home.mesh:6:12: ListenPort: a comment goes on a line of its own" },
        { "comment-behind-list", MESH NAS "Alias=tower # the big one\n",
          "home.mesh:6:13: Alias: a comment goes on a line of its own" },
        { "bad-base64", MESH "[Device nas]\nPublicKey=!\nAddress=10.42.0.1\n",
          "home.mesh:4:11: PublicKey: not a WireGuard key: 44 characters of base64, ending in =" },
        { "31-byte-key",
          MESH "[Device nas]\nPublicKey=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ==\n"
               "Address=10.42.0.1\n",
          "home.mesh:4:11: PublicKey: not a WireGuard key: 44 characters of base64, ending in =" },
        { "all-zero-key",
          MESH "[Device nas]\nPublicKey=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
               "Address=10.42.0.1\n",
          "home.mesh:4:11: PublicKey: an all-zero key is none" },
        { "two-bad-keys",
          MESH "[Device a]\nPublicKey=!\nAddress=10.42.0.1\n"
               "[Device b]\nPublicKey=?\nAddress=10.42.0.2\n",
          "home.mesh:4:11: PublicKey: not a WireGuard key: 44 characters of base64, ending in =\n"
          "home.mesh:7:11: PublicKey: not a WireGuard key: 44 characters of base64, ending in =" },
        { "port-0", MESH NAS "ListenPort=0\n",
          "home.mesh:6:12: ListenPort: '0' is not a port: 1 to 65535" },
        { "port-65536", MESH "ListenPort=65536\n",
          "home.mesh:3:12: ListenPort: '65536' is not a port: 1 to 65535" },
        { "port-with-junk", MESH "ListenPort=51820x\n",
          "home.mesh:3:12: ListenPort: '51820x' is not a port: 1 to 65535" },
        { "endpoint-without-brackets", MESH NAS "PublicEndpoint=2001:db8::1:51820\n",
          "home.mesh:6:16: PublicEndpoint: '2001:db8::1:51820' is IPv6 without brackets: "
          "[2001:db8::1]:51820" },
        { "endpoint-port-0", MESH NAS "PublicEndpoint=1.2.3.4:0\n",
          "home.mesh:6:16: PublicEndpoint: '0' is not a port: 1 to 65535" },
        { "second-endpoint-of-a-line", MESH NAS "PublicEndpoint=1.2.3.4:5 1.2.3.4\n",
          "home.mesh:6:26: PublicEndpoint: '1.2.3.4' has no port: ADDRESS:PORT" },
        { "name-where-a-literal-is-needed", MESH NAS "PrivateEndpoint=nas.lan:51820\n",
          "home.mesh:6:17: PrivateEndpoint: 'nas.lan:51820' is a DNS name: an endpoint on the LAN "
          "is an address" },
        { "address-with-length", MESH "[Device nas]\nPublicKey=" KEY_A "\nAddress=10.42.0.1/16\n",
          "home.mesh:5:9: Address: '10.42.0.1/16': without a prefix length, which Subnet= in "
          "[Mesh] gives" },
        { "host-bits-in-subnet", "[Mesh]\nSubnet=10.42.0.1/16\n",
          "home.mesh:2:8: Subnet: '10.42.0.1/16' has host bits set: write 10.42.0.0/16" },
        /* The subnet is unknown then: no word about addresses outside. */
        { "bad-subnet-and-address", "[Mesh]\nSubnet=10.42.0.0/33\n" NAS,
          "home.mesh:2:8: Subnet: '10.42.0.0/33': a prefix length is 0 to 32" },
        { "host-bits-in-route", MESH NAS "Routes=192.0.2.1/24\n",
          "home.mesh:6:8: Routes: '192.0.2.1/24' has host bits set: write 192.0.2.0/24" },
        { "site", MESH HOME NAS "PublicEndpoint=@home:54444\n", "" },
        { "site-behind", MESH NAS "PublicEndpoint=@home:54444\n" HOME, "" },
        { "site-of-a-name", MESH "[Site home]\nPublicAddress=dyn.example.org\n", "" },
        { "site-of-ipv6", MESH "[Site home]\nPublicAddress=2001:db8::7\n", "" },
        { "site-named-as-a-device", MESH NAS "[Site nas]\nPublicAddress=198.51.100.7\n", "" },
        { "unknown-site", MESH HOME NAS "PublicEndpoint=1.2.3.4:5 @hone:54444\n",
          "home.mesh:8:26: PublicEndpoint: no site hone: write [Site hone] with PublicAddress= below "
          "it" },
        { "site-without-port", MESH HOME NAS "PublicEndpoint=@home\n",
          "home.mesh:8:16: PublicEndpoint: '@home' has no port: @SITE:PORT" },
        { "site-port-0", MESH HOME NAS "PublicEndpoint=@home:0\n",
          "home.mesh:8:16: PublicEndpoint: '0' is not a port: 1 to 65535" },
        { "site-port-65536", MESH HOME NAS "PublicEndpoint=@home:65536\n",
          "home.mesh:8:16: PublicEndpoint: '65536' is not a port: 1 to 65535" },
        { "site-of-no-name", MESH HOME NAS "PublicEndpoint=@Home:1\n",
          "home.mesh:8:16: PublicEndpoint: 'Home' has upper case: write home" },
        { "site-on-the-lan", MESH HOME NAS "PrivateEndpoint=@home:1\n",
          "home.mesh:8:17: PrivateEndpoint: '@home:1': the address of a site is its public one: an "
          "endpoint on the LAN is written out" },
        { "site-twice", MESH HOME HOME, "home.mesh:5:1: [Site home] was begun already in line 3" },
        { "nameless-site", MESH "[Site]\nPublicAddress=198.51.100.7\n",
          "home.mesh:3:1: a site needs a name: [Site home]" },
        { "bad-site-name", MESH "[Site my_home]\n",
          "home.mesh:3:7: Site: 'my_home' has an underscore, which no host name may have: write my-home" },
        /* Who is at it gets no word of its own. */
        { "site-without-address", MESH "[Site home]\n" NAS "PublicEndpoint=@home:1\n",
          "home.mesh:3:1: site home has no PublicAddress=, as in PublicAddress=198.51.100.7" },
        { "site-address-twice", MESH HOME "PublicAddress=198.51.100.8\n",
          "home.mesh:5:1: PublicAddress= was given already in line 4" },
        { "site-address-with-port", MESH "[Site home]\nPublicAddress=198.51.100.7:54444\n",
          "home.mesh:4:15: PublicAddress: '198.51.100.7:54444' is neither an address nor a name; an "
          "IPv6 address has no brackets here, and the port stands in PublicEndpoint=@home:PORT of a "
          "device" },
        { "site-address-in-brackets",
          MESH "[Site home]\nPublicAddress=[2001:db8::7]\n" NAS "PublicEndpoint=@home:1\n",
          "home.mesh:4:15: PublicAddress: '[2001:db8::7]' is neither an address nor a name; an IPv6 "
          "address has no brackets here, and the port stands in PublicEndpoint=@home:PORT of a "
          "device" },
        { "site-of-all", MESH "[Site home]\nPublicAddress=0.0.0.0\n",
          "home.mesh:4:15: PublicAddress: '0.0.0.0' is not the address of one host" },
        { "site-bad-address", MESH "[Site home]\nPublicAddress=198.51.100\n",
          "home.mesh:4:15: PublicAddress: '198.51.100' is not an IPv4 address" },
        { "two-addresses", MESH "[Site home]\nPublicAddress=198.51.100.7 2001:db8::7\n",
          "home.mesh:4:15: PublicAddress: '198.51.100.7 2001:db8::7' is neither an address nor a name; "
          "an IPv6 address has no brackets here, and the port stands in PublicEndpoint=@home:PORT of "
          "a device" },
        { "key-of-site-in-device", MESH NAS "PublicAddress=198.51.100.7\n",
          "home.mesh:6:1: PublicAddress= belongs in [Site NAME]" },
        { "key-of-device-in-site", MESH HOME "Alias=tower\n",
          "home.mesh:5:1: Alias= belongs in [Device NAME]" },
        { "boolean", MESH NAS "Relay=perhaps\n",
          "home.mesh:6:7: Relay: 'perhaps' is neither yes, no nor retiring" },
        { "via-of-two", MESH NAS "Via=a b\n",
          "home.mesh:6:5: Via: 'a b' is not a DNS label: 1 to 63 of a-z, 0-9 and inner hyphens, in "
          "lower case" },
        { "relay-ports-backwards", MESH "RelayPorts=21999-21900\n",
          "home.mesh:3:12: RelayPorts: '21999-21900' ends before it begins" },
        { "relay-ports-of-words", MESH "RelayPorts=many\n",
          "home.mesh:3:12: RelayPorts: 'many' is no range of ports, as 21900-21999" },
        { "relay-ports-of-three", MESH "RelayPorts=1-2-3\n",
          "home.mesh:3:12: RelayPorts: '1-2-3' is no range of ports, as 21900-21999" },
        { "relay-ports-from-0", MESH "RelayPorts=0-5\n",
          "home.mesh:3:12: RelayPorts: '0-5' is no range of ports, as 21900-21999" },
        { "relay-ports-too-many", MESH "RelayPorts=20000-21024\n",
          "home.mesh:3:12: RelayPorts: '20000-21024' has more than 1024 ports" },
        { "state", MESH NAS "State=gone\n",
          "home.mesh:6:7: State: 'gone' is neither active nor revoked" },
        { "serial-0", MESH "Serial=0\n",
          "home.mesh:3:8: Serial: '0' is not a whole number from 1 to 9223372036854775807" },
        { "serial-2^63", MESH "Serial=9223372036854775808\n",
          "home.mesh:3:8: Serial: '9223372036854775808' is not a whole number from 1 to "
          "9223372036854775807" },
        { "serial-2^64", MESH "Serial=18446744073709551616\n",
          "home.mesh:3:8: Serial: '18446744073709551616' is not a whole number from 1 to "
          "9223372036854775807" },
        { "serial-2^64-and-1", MESH "Serial=18446744073709551617\n",
          "home.mesh:3:8: Serial: '18446744073709551617' is not a whole number from 1 to "
          "9223372036854775807" },
        { "previous-short", MESH "Serial=2\nPrevious=0f1e\n",
          "home.mesh:4:10: Previous: not the hash of a profile: 64 hexadecimal digits, as 'b2sum "
          "-l 256' prints them" },
        { "previous-in-upper-case",
          MESH "Serial=2\n"
               "Previous=0F1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0\n",
          "home.mesh:4:10: Previous: not the hash of a profile: 64 hexadecimal digits, as 'b2sum "
          "-l 256' prints them" },
        { "signing-key-of-wireguard", MESH "SigningKeys=" SIGNING_KEY " " KEY_A "\n",
          "home.mesh:3:70: SigningKeys: not a public key of minisign's: RW and 54 more characters "
          "of base64" },
        { "signing-keys-of-a-device", MESH NAS "SigningKeys=" SIGNING_KEY "\n",
          "home.mesh:6:1: SigningKeys= belongs in [Mesh]" },
        { "format-2", MESH "Format=2\n",
          "home.mesh:3:8: Format: 2 is newer than this wattle, which reads 1: update wattle" },
        { "format-0", MESH "Format=0\n",
          "home.mesh:3:8: Format: '0' is not a whole number from 1 to 65535" },
        { "mtu-575", MESH "MTU=575\n",
          "home.mesh:3:5: MTU: '575' is not a whole number from 576 to 65535" },
        { "mtu-65536", MESH "MTU=65536\n",
          "home.mesh:3:5: MTU: '65536' is not a whole number from 576 to 65535" },
        { "keepalive", MESH "Keepalive=25s\n",
          "home.mesh:3:11: Keepalive: '25s' is not a number of seconds: 1 to 65535, or off" },
        { "url-with-a-password", MESH "UpdateURL=https://me:pw@example.org/home.mesh\n",
          "home.mesh:3:11: UpdateURL: 'https://me:pw@example.org/home.mesh' has a user or a "
          "password, which everybody who has the profile would read" },
        { "domain", MESH "Domain=Example.org\n",
          "home.mesh:3:8: Domain: 'Example.org' has upper case: write example.org" },
        { "domain-localhost", MESH "Domain=home.localhost\n",
          "home.mesh:3:8: Domain: 'home.localhost' is what each host calls itself, and no name for "
          "another" },
        { "domain-like-localhost", MESH "Domain=mylocalhost\n", "" },
        { "mesh-name", MESH "Name=../../etc\n",
          "home.mesh:3:6: Name: '../../etc' has a character other than a-z, 0-9, _ and -" },
        /* One run reports them all, in the order of the file. */
        { "many-faults",
          "[Mesh]\nSubnet=10.42.0.0/16\nListenPort=0\nColour=blue\n[Device nas]\nPublicKey=!\n"
          "Address=10.43.0.1 x\n[Junk]\nk=v\n[Device vps]\n",
          "home.mesh:3:12: ListenPort: '0' is not a port: 1 to 65535\n"
          "home.mesh:4:1: unknown key 'Colour'\n"
          "home.mesh:6:11: PublicKey: not a WireGuard key: 44 characters of base64, ending in =\n"
          "home.mesh:7:9: Address: 10.43.0.1 is outside 10.42.0.0/16\n"
          "home.mesh:7:19: Address: 'x' is not an IP address\n"
          "home.mesh:8:1: unknown section [Junk]: a profile has [Mesh], [Site NAME] and [Device NAME]\n"
          "home.mesh:10:1: device vps has no PublicKey=: 'wattle genkey' makes a key, 'wattle "
          "pubkey' shows its public half\n"
          "home.mesh:10:1: device vps has no Address=" },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        wattle_report_init(&report);
        profile = wattle_profile_load(row->text, strlen(row->text), "home.mesh", &report);
        g_assert_cmpint(profile != NULL, ==, *row->faults == '\0');
        check_faults(&report, row->faults);
}

/* Each key once at least. */
static const char all_keys[] = "[Mesh]\n"
                               "Format=1\n"
                               "Name=office\n"
                               "Serial=42\n"
                               "Previous=" PREVIOUS "\n"
                               "SigningKeys=" SIGNING_KEY " " OTHER_SIGNING_KEY "\n"
                               "Subnet=10.77.0.0/24 fd77::/64\n"
                               "ListenPort=51821\n"
                               "UpdateURL=https://office.example/office.mesh\n"
                               "Domain=office.example\n"
                               "MTU=1420\n"
                               "Keepalive=15\n"
                               "RelayPorts=22000-22009\n"
                               "[Device gw]\n"
                               "PublicKey=" KEY_A "\n"
                               "Address=10.77.0.1\n"
                               "Address=fd77::1\n"
                               "Alias=router gateway\n"
                               "PublicEndpoint=gw.office.example:1\n"
                               "PrivateEndpoint=192.168.20.1:2\n"
                               "PublicEndpoint=[2001:db8::1]:3\n"
                               "Routes=192.168.20.0/24 2001:db8::/48\n"
                               "ListenPort=51822\n"
                               "Keepalive=off\n"
                               "ExitNode=yes\n"
                               "Relay=retiring\n"
                               "Managed=no\n"
                               "Via=nas\n"
                               "State=revoked\n"
                               "[Device nas]\n"
                               "PublicKey=" KEY_B "\n"
                               "Address=10.77.0.2\n";

static void every_key_of_the_mesh(void)
{
        g_autoptr(WattleProfile) profile = good_profile(all_keys);
        char previous[WATTLE_TEXT_SUM_TEXT_MAX];

        g_assert_cmpstr(profile->name, ==, "office");
        g_assert_true(profile->has_serial);
        g_assert_cmpuint(profile->serial, ==, 42);
        g_assert_true(profile->has_name);
        g_assert_true(profile->has_previous);
        wattle_text_sum_format(&profile->previous, previous);
        g_assert_cmpstr(previous, ==, PREVIOUS);
        g_assert_cmpuint(profile->n_signing_keys, ==, 2);
        g_assert_cmpuint(profile->signing_keys[1].place.column, ==, 70);
        g_assert_cmpuint(profile->n_subnets, ==, 2);
        g_assert_cmpuint(profile->subnets[1].value.length, ==, 64);
        g_assert_true(profile->listen_port.given);
        g_assert_cmpuint(profile->listen_port.value, ==, 51821);
        g_assert_cmpstr(profile->update_url, ==, "https://office.example/office.mesh");
        g_assert_cmpstr(profile->domain, ==, "office.example");
        g_assert_cmpuint(profile->mtu.value, ==, 1420);
        g_assert_cmpuint(profile->keepalive_s.value, ==, 15);
        g_assert_cmpuint(profile->relay_ports.first, ==, 22000);
        g_assert_cmpuint(profile->relay_ports.last, ==, 22009);
        g_assert_cmpuint(profile->n_devices, ==, 2);
}

static void every_key_of_a_device(void)
{
        g_autoptr(WattleProfile) profile = good_profile(all_keys);
        const WattleDevice *gw = wattle_profile_find_device(profile, "gateway");
        char text[WATTLE_ENDPOINT_TEXT_MAX];

        g_assert_cmpstr(gw->name, ==, "gw");
        g_assert_cmpuint(gw->key_place.line, ==, 15);
        g_assert_cmpuint(gw->n_addresses, ==, 2);
        g_assert_cmpuint(gw->addresses[1].place.line, ==, 17);
        g_assert_cmpuint(gw->n_aliases, ==, 2);
        g_assert_cmpuint(gw->aliases[1].place.column, ==, 14);
        g_assert_cmpuint(gw->n_candidates, ==, 3);
        g_assert_cmpstr(gw->candidates[0].endpoint.name, ==, "gw.office.example");
        g_assert_cmpint(gw->candidates[1].kind, ==, WATTLE_CANDIDATE_PRIVATE);
        g_assert_cmpint(gw->candidates[2].kind, ==, WATTLE_CANDIDATE_PUBLIC);
        wattle_endpoint_format(&gw->candidates[2].endpoint, text);
        g_assert_cmpstr(text, ==, "[2001:db8::1]:3");
        g_assert_cmpuint(gw->n_routes, ==, 2);
        g_assert_cmpuint(gw->listen_port.value, ==, 51822);
        g_assert_true(gw->keepalive_s.given);
        g_assert_cmpuint(gw->keepalive_s.value, ==, 0);
        g_assert_true(gw->exit_node);
        g_assert_cmpint(gw->relay, ==, WATTLE_RELAY_RETIRING);
        g_assert_false(gw->managed);
        g_assert_cmpstr(gw->via->value, ==, "nas");
        g_assert_cmpuint(gw->via->place.column, ==, 5);
        g_assert_cmpint(gw->state, ==, WATTLE_DEVICE_REVOKED);
}

static void no_key_of_a_device(void)
{
        g_autoptr(WattleProfile) profile = good_profile(all_keys);
        const WattleDevice *nas = wattle_profile_find_device(profile, "nas");

        g_assert_false(nas->listen_port.given);
        g_assert_false(nas->keepalive_s.given);
        g_assert_false(nas->exit_node);
        g_assert_cmpint(nas->relay, ==, WATTLE_RELAY_NO);
        g_assert_true(nas->managed);
        g_assert_null(nas->via);
        g_assert_cmpint(nas->state, ==, WATTLE_DEVICE_ACTIVE);
        g_assert_true(wattle_profile_find_key(profile, &nas->public_key) == nas);
        g_assert_null(wattle_profile_find_device(profile, "nothing"));
}

/* The address of the site, with the port of the device. */
static void endpoint_at_a_site(void)
{
        static const struct {
                const char *address, *endpoint;
        } rows[] = {
                { "198.51.100.7", "198.51.100.7:54444" },
                { "2001:DB8:0::7", "[2001:db8::7]:54444" },
                { "dyn.example.org", "dyn.example.org:54444" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text =
                        g_strdup_printf(MESH NAS "PublicEndpoint=1.2.3.4:5 @home:54444\n"
                                                 "[Site home]\nPublicAddress=%s\n",
                                        rows[i].address);
                g_autoptr(WattleProfile) profile = good_profile(text);
                const WattleDevice *nas = wattle_profile_find_device(profile, "nas");
                char endpoint[WATTLE_ENDPOINT_TEXT_MAX], written[WATTLE_ENDPOINT_TEXT_MAX];

                g_assert_cmpuint(nas->n_candidates, ==, 2);
                g_assert_cmpint(nas->candidates[1].kind, ==, WATTLE_CANDIDATE_PUBLIC);
                wattle_endpoint_format(&nas->candidates[1].endpoint, endpoint);
                g_assert_cmpstr(endpoint, ==, rows[i].endpoint);
                g_assert_cmpuint(wattle_candidate_format(&nas->candidates[1], written), ==, 11);
                g_assert_cmpstr(written, ==, "@home:54444");
        }
}

static void sites_limit(void)
{
        g_autoptr(GString) text = g_string_new(MESH);
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        for (guint i = 0; i <= WATTLE_PROFILE_MAX_SITES; i++)
                g_string_append_printf(text, "[Site s%u]\nPublicAddress=198.51.100.7\n", i);
        wattle_report_init(&report);
        profile = wattle_profile_load(text->str, text->len, "home.mesh", &report);
        g_assert_null(profile);
        check_faults(&report, "home.mesh:515:1: more than 256 sites");
}

/* Name= wins; else the file's name without folder and suffix. */
static void name_of_mesh(void)
{
        static const struct {
                const char *file, *text, *name, *faults;
        } rows[] = {
                { "/etc/wattle/home.mesh", MESH, "home", "" },
                { "home.mesh", MESH "Name=office\n", "office", "" },
                { "home", MESH, "home", "" },
                { NULL, MESH "Name=office\n", "office", "" },
                { NULL, MESH, NULL,
                  "the mesh takes its name from the file, and '' has a character other than a-z, "
                  "0-9, _ and -: rename the file, or write Name= below [Mesh]" },
                { "My mesh.mesh", MESH, NULL,
                  "My mesh.mesh: the mesh takes its name from the file, and 'My mesh' has a "
                  "character other than a-z, 0-9, _ and -: rename the file, or write Name= below "
                  "[Mesh]" },
                { ".mesh", MESH, NULL,
                  ".mesh: the mesh takes its name from the file, and '.mesh' has a character other "
                  "than a-z, 0-9, _ and -: rename the file, or write Name= below [Mesh]" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleReport) report = { 0 };
                g_autoptr(WattleProfile) profile = NULL;

                wattle_report_init(&report);
                profile = wattle_profile_load(rows[i].text, strlen(rows[i].text), rows[i].file,
                                              &report);
                g_assert_cmpstr(profile ? profile->name : NULL, ==, rows[i].name);
                check_faults(&report, rows[i].faults);
        }
}

/* A key that takes a list, as often as it may be, and once more. */
static void list_limits(void)
{
        static const struct {
                const char *key, *what;
                guint max;
                const char *value; /* with the number in it */
        } rows[] = {
                { "Address", "addresses", WATTLE_DEVICE_MAX_ADDRESSES, "10.42.1.%u" },
                { "Alias", "aliases", WATTLE_DEVICE_MAX_ALIASES, "alias-%u" },
                { "PublicEndpoint", "endpoints", WATTLE_DEVICE_MAX_CANDIDATES, "192.0.2.1:%u" },
                { "PrivateEndpoint", "endpoints", WATTLE_DEVICE_MAX_CANDIDATES, "192.0.2.1:%u" },
                { "Routes", "routes", WATTLE_DEVICE_MAX_ROUTES, "fd00:%x::/32" },
                { "Subnet", "subnets", WATTLE_PROFILE_MAX_SUBNETS, "fd00:%x::/32" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
                for (guint more = 0; more < 2; more++) {
                        gboolean of_mesh = strcmp(rows[i].key, "Subnet") == 0;
                        g_autoptr(GString) text = g_string_new(
                                of_mesh ? "[Mesh]\n" : MESH "[Device nas]\nPublicKey=" KEY_A "\n");
                        g_auto(WattleReport) report = { 0 };
                        g_autoptr(WattleProfile) profile = NULL;
                        g_autofree char *faults = g_strdup_printf(
                                "home.mesh:%u:%u: %s: more than %u %s",
                                rows[i].max + (of_mesh ? 2 : 5), (guint)strlen(rows[i].key) + 2,
                                rows[i].key, rows[i].max, rows[i].what);

                        for (guint j = 1; j <= rows[i].max + more; j++) {
                                g_string_append_printf(text, "%s=", rows[i].key);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
                                g_string_append_printf(text, rows[i].value, j);
#pragma GCC diagnostic pop
                                g_string_append_c(text, '\n');
                        }
                        if (!of_mesh && strcmp(rows[i].key, "Address") != 0)
                                g_string_append(text, "Address=10.42.0.1\n");
                        wattle_report_init(&report);
                        profile = wattle_profile_load(text->str, text->len, "home.mesh", &report);
                        check_faults(&report, more ? faults : "");
                }
}

static void device_limit(void)
{
        g_autoptr(GString) text = g_string_new("[Mesh]\nSubnet=10.0.0.0/8\n");
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        for (guint i = 1; i <= WATTLE_PROFILE_MAX_DEVICES + 1; i++) {
                WattleKey key = { { (guint8)i, (guint8)(i >> 8), 1 } };
                char key_text[WATTLE_KEY_TEXT_MAX];

                if (i == WATTLE_PROFILE_MAX_DEVICES + 1) {
                        wattle_report_init(&report);
                        profile = wattle_profile_load(text->str, text->len, "home.mesh", &report);
                        check_faults(&report, "");
                        g_assert_cmpuint(profile->n_devices, ==, WATTLE_PROFILE_MAX_DEVICES);
                        g_clear_pointer(&profile, wattle_profile_free);
                }
                wattle_key_format(&key, key_text);
                g_string_append_printf(text, "[Device d%u]\nPublicKey=%s\nAddress=10.1.%u.%u\n", i,
                                       key_text, i >> 8, i & 255);
        }
        profile = wattle_profile_load(text->str, text->len, "home.mesh", &report);
        check_faults(&report, "home.mesh:49155:1: more than 16384 devices");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/profile-read", texts, row);
        g_test_add_func("/profile-read/every-key-of-the-mesh", every_key_of_the_mesh);
        g_test_add_func("/profile-read/every-key-of-a-device", every_key_of_a_device);
        g_test_add_func("/profile-read/no-key-of-a-device", no_key_of_a_device);
        g_test_add_func("/profile-read/name-of-mesh", name_of_mesh);
        g_test_add_func("/profile-read/list-limits", list_limits);
        g_test_add_func("/profile-read/endpoint-at-a-site", endpoint_at_a_site);
        g_test_add_func("/profile-read/sites-limit", sites_limit);
        g_test_add_func("/profile-read/device-limit", device_limit);
        return g_test_run();
}
