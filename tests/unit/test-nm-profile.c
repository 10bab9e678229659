/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/nm-profile.h"

#include "tests/unit/fixture.h"

/* The UUIDs must never change: connections on hosts have them. Python's uuid.uuid5() says the same
 * with the namespaces 4d1b6a0e-9357-4c2f-a8d0-5e71c4398b26 and, of the VPN,
 * 2e8f1d57-b064-49ca-931e-7d08f53ac291. */
static void names(void)
{
        static const struct {
                const char *mesh, *uuid, *vpn_uuid;
        } rows[] = {
                { "home", "4377ea0f-045a-594a-a857-1c1f35de0a51",
                  "e547290a-5d6a-5479-a93c-9aff30abc797" },
                { "a-b_9", "5b352b8b-1e15-5dbb-8098-e003e97212ba",
                  "1ac636d2-3e80-5e4c-80c5-09d24af99e8b" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *uuid = wattle_nm_profile_uuid(rows[i].mesh);
                g_autofree char *vpn_uuid = wattle_nm_vpn_uuid(rows[i].mesh);

                g_assert_cmpstr(uuid, ==, rows[i].uuid);
                g_assert_cmpstr(vpn_uuid, ==, rows[i].vpn_uuid);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/nm-profile/names", names);
        return g_test_run();
}
