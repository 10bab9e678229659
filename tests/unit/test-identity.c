/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/identity.h"

#include "tests/unit/fixture.h"

static const char mesh[] = "[Mesh]\n"
                           "Subnet=10.42.0.0/16\n"
                           "[Device desktop]\n"
                           "PublicKey=" KEY_A "\n"
                           "Address=10.42.1.1\n"
                           "Alias=tower\n"
                           "[Device laptop]\n"
                           "PublicKey=" KEY_B "\n"
                           "Address=10.42.1.2\n"
                           "[Device old]\n"
                           "PublicKey=" KEY_C "\n"
                           "Address=10.42.1.3\n"
                           "State=revoked\n"
                           "[Device phone]\n"
                           "PublicKey=" KEY_D "\n"
                           "Address=10.42.1.4\n"
                           "Managed=no\n";

#define KEY_OF_NOBODY "//////////////////////////////////////////8="

typedef struct {
        const char *name;
        const char *setting, *key, *host_name; /* NULL: no such evidence */
        const char *device;                    /* NULL: refused */
        const char *faults;
} Row;

static const Row rows[] = {
        { "setting", "desktop", NULL, NULL, "desktop", "" },
        { "key", NULL, KEY_A, NULL, "desktop", "" },
        { "host-name", NULL, NULL, "desktop", "desktop", "" },
        { "setting-is-alias", "tower", NULL, NULL, "desktop", "" },
        { "host-name-is-alias", NULL, NULL, "tower", "desktop", "" },
        { "all-agree", "desktop", KEY_A, "desktop", "desktop", "" },
        { "setting-beats-host-name", "desktop", NULL, "laptop", "desktop", "" },
        { "setting-and-key-beat-host-name", "desktop", KEY_A, "laptop", "desktop", "" },
        { "key-and-unknown-host-name", NULL, KEY_A, "debian", "desktop", "" },
        { "unmanaged", "phone", NULL, NULL, "phone", "" },
        { "setting-unknown", "nas", KEY_A, "desktop", NULL,
          "local.conf:2:8: mesh home has no device nas: it has desktop, laptop, phone" },
        { "setting-misspelt", "labtop", NULL, NULL, NULL,
          "local.conf:2:8: mesh home has no device labtop: did you mean laptop?" },
        { "key-unknown", NULL, KEY_OF_NOBODY, "desktop", NULL,
          "home.mesh: the key in /etc/wattle/home.key belongs to no device of the mesh; give the "
          "admin its public half, for PublicKey=: " KEY_OF_NOBODY },
        { "setting-and-key-disagree", "desktop", KEY_B, NULL, NULL,
          "local.conf:2:8: Device= says desktop, but the key in /etc/wattle/home.key is that of "
          "laptop" },
        { "host-name-and-key-disagree", NULL, KEY_B, "desktop", NULL,
          "home.mesh: the host name says device desktop, but the key in /etc/wattle/home.key is "
          "that of laptop: take the right key, or settle it with Device=laptop below [Local]" },
        { "host-name-unknown", NULL, NULL, "debian", NULL,
          "home.mesh: the mesh has no device with this host's name, debian, and there is no "
          "private key to tell by: write Device= below [Local] (it has "
          "desktop, laptop, phone)" },
        { "nothing", NULL, NULL, NULL, NULL,
          "home.mesh: the mesh has no device with this host's name, (none), and there is no "
          "private key to tell by: write Device= below [Local] (it has "
          "desktop, laptop, phone)" },
        { "revoked-setting", "old", NULL, NULL, NULL,
          "home.mesh:10:1: device old is revoked: State=active would let it in again" },
        { "revoked-key", NULL, KEY_C, NULL, NULL,
          "home.mesh:10:1: device old is revoked: State=active would let it in again" },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleProfile) profile = good_profile(mesh);
        g_auto(WattleReport) report = { 0 };
        WattleKey key;
        WattleEvidence evidence = {
                .device = row->setting,
                .device_place = { g_intern_string("local.conf"), 2, 8 },
                .public_key = row->key ? &key : NULL,
                .key_file = "/etc/wattle/home.key",
                .host_name = row->host_name,
        };
        const WattleDevice *device;

        wattle_report_init(&report);
        if (row->key)
                g_assert_true(wattle_key_parse(row->key, &key, NULL));
        device = wattle_identify(profile, &evidence, &report);
        g_assert_cmpstr(device ? device->name : NULL, ==, row->device);
        check_faults(&report, row->faults);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/identity", rows, row);
        return g_test_run();
}
