/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/profile.h"
#include "tests/unit/fixture.h"

#define MESH  "[Mesh]\nSubnet=10.42.0.0/16\n"
#define PHONE "\n[Device phone]\nPublicKey=" KEY_A "\nAddress=10.42.0.1\n"

typedef struct {
        const char *name;
        const char *text, *written; /* NULL: the same text again */
} Row;

static const Row rows[] = {
        { "least", MESH, NULL },
        { "whole-mesh",
          "[Mesh]\nName=away\nSerial=9223372036854775807\n"
          "Previous=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0\n"
          "SigningKeys=RWT5gYdP3cO4P89i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKbF\n"
          "SigningKeys=RWSitu8D50JqPWpsjP/KsqnxdYHERUjElUQCrbslBSp/ABVLI7D2iHVD\nUpdateURL=https://home.example/away.mesh\n"
          "Subnet=10.42.0.0/16 fd42::/64\n"
          "ListenPort=53333\nDomain=home.example\nMTU=1380\nKeepalive=20\n",
          NULL },
        { "whole-device",
          MESH
          "\n[Device nas]\nPublicKey=" KEY_A "\nAddress=10.42.0.1 10.42.0.2\n"
          "Alias=files backup\nPublicEndpoint=nas.example:1\nPrivateEndpoint=192.168.1.2:2\n"
          "PublicEndpoint=[2001:db8::1]:3\nRoutes=192.0.2.0/24 2001:db8:1::/48\n"
          "ListenPort=4\nKeepalive=off\nExitNode=yes\nDNS=10.42.0.1 fd42::1\nRelay=yes\nManaged=no\n"
          "Via=gw\nState=revoked\n",
          NULL },
        { "sites",
          MESH "\n[Site home]\nPublicAddress=198.51.100.7\n\n[Site office]\n"
               "PublicAddress=2001:db8::7\n\n[Site dyn]\nPublicAddress=dyn.example.org\n" PHONE
               "PublicEndpoint=@home:1\nPrivateEndpoint=192.168.1.2:2\nPublicEndpoint=@dyn:3\n"
               "PublicEndpoint=@office:4\n",
          NULL },
        { "site-behind",
          MESH PHONE "PublicEndpoint=@home:1\n[Site home]\nPublicAddress=2001:DB8:0::7\n",
          MESH "\n[Site home]\nPublicAddress=2001:db8::7\n" PHONE "PublicEndpoint=@home:1\n" },
        { "two-devices", MESH PHONE "\n[Device nas]\nPublicKey=" KEY_B "\nAddress=10.42.0.9\n",
          NULL },
        { "name-of-the-file", "[Mesh]\nName=home\nSubnet=10.42.0.0/16\n", MESH },
        { "format", "[Mesh]\nFormat=1\nSubnet=10.42.0.0/16\n", MESH },
        { "defaults", MESH PHONE "ExitNode=no\nRelay=no\nManaged=yes\nState=active\n", MESH PHONE },
        { "keepalive-0", "[Mesh]\nKeepalive=0\nSubnet=10.42.0.0/16\n", MESH "Keepalive=off\n" },
        { "order-blanks-comments",
          "# head\n[Device phone]\n Address = 10.42.0.1\n\n# its key\nPublicKey=" KEY_A "\n"
          "[Mesh]\nSubnet=10.42.0.0/16\n",
          MESH PHONE },
        { "repeated-list", "[Mesh]\nSubnet=10.42.0.0/16\nSubnet=FD42:0:0::/64\n",
          "[Mesh]\nSubnet=10.42.0.0/16 fd42::/64\n" },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleProfile) profile = good_profile(row->text);
        g_autofree char *written = wattle_profile_write(profile);

        g_assert_cmpstr(written, ==, row->written ? row->written : row->text);
}

/* What was written reads as the same value: it is written the same way. */
static void sample(gconstpointer data)
{
        g_autofree char *path =
                g_build_filename(g_getenv("WATTLE_TEST_MESHES"), (const char *)data, NULL);
        g_autofree char *text = NULL, *first = NULL, *second = NULL;
        g_autoptr(WattleProfile) profile = NULL, again = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        profile = good_profile(text);
        first = wattle_profile_write(profile);
        again = good_profile(first);
        second = wattle_profile_write(again);
        g_assert_cmpstr(first, ==, second);
        g_assert_cmpuint(profile->n_devices, ==, again->n_devices);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/profile-write", rows, row);
        g_test_add_data_func("/profile-write/wgnet", "wgnet.mesh", sample);
        g_test_add_data_func("/profile-write/office", "office.mesh", sample);
        return g_test_run();
}
