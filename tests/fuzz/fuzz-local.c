/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/profile.h"
#include "tests/fuzz/fuzz.h"

static const char mesh[] = "[Mesh]\n"
                           "Subnet=10.77.0.0/24 fd77::/64\n"
                           "[Device nas]\n"
                           "PublicKey=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                           "Address=10.77.0.1\n"
                           "[Device vps]\n"
                           "PublicKey=AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                           "Address=10.77.0.2 fd77::2\n"
                           "PublicEndpoint=198.51.100.7:51820\n"
                           "Routes=192.0.2.0/24\n"
                           "ExitNode=yes\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        WattleHost host = { .local = &local, .owner = WATTLE_OWNER_NETWORKD };
        g_autoptr(WattleProfile) profile = NULL;

        wattle_report_init(&report);
        wattle_local_init(&local);
        profile = wattle_profile_load(mesh, strlen(mesh), "home.mesh", &report);
        g_assert_nonnull(profile);
        /* Twice, as two drop-ins: the second reads over the first. */
        wattle_local_read(&local, bytes, size / 2, "a.conf", &report);
        wattle_local_read(&local, bytes, size, "b.conf", &report);
        fuzz_check_report(&report);
        if (report.n_errors > 0)
                return 0;
        for (guint i = 0; i < profile->n_devices; i++) {
                g_autoptr(WattleView) view =
                        wattle_resolve(profile, &profile->devices[i], &host, &report);

                if (view)
                        fuzz_check_view(view);
        }
        return 0;
}
