/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/nm-profile.h"

#include "tests/unit/fixture.h"

/* The UUIDs must never change: connections on hosts have them. Python's uuid.uuid5() says the same
 * with namespace 4d1b6a0e-9357-4c2f-a8d0-5e71c4398b26. */
static void names(void)
{
        static const struct {
                const char *mesh, *path, *uuid;
        } rows[] = {
                { "home", "run/NetworkManager/system-connections/wattle-home.nmconnection",
                  "4377ea0f-045a-594a-a857-1c1f35de0a51" },
                { "a-b_9", "run/NetworkManager/system-connections/wattle-a-b_9.nmconnection",
                  "5b352b8b-1e15-5dbb-8098-e003e97212ba" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *path = wattle_nm_profile_path(rows[i].mesh);
                g_autofree char *uuid = wattle_nm_profile_uuid(rows[i].mesh);

                g_assert_cmpstr(path, ==, rows[i].path);
                g_assert_cmpstr(uuid, ==, rows[i].uuid);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/nm-profile/names", names);
        return g_test_run();
}
