/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says of a device, in up to two messages, and the change from it to a view. */
#include <string.h>

#include "common/profile.h"
#include "common/wg-message.h"
#include "tests/fuzz/fuzz.h"

static const char mesh[] = "[Mesh]\n"
                           "Subnet=10.77.0.0/24 fd77::/64\n"
                           "[Device nas]\n"
                           "PublicKey=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                           "Address=10.77.0.1\n"
                           "[Device vps]\n"
                           "PublicKey=AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                           "Address=10.77.0.2 fd77::2\n"
                           "PublicEndpoint=198.51.100.7:51820\n";

static WattleView *view_of_nas(void)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        WattleHost host = { .local = &local, .owner = WATTLE_OWNER_NETWORKD };
        g_autoptr(WattleProfile) profile = NULL;

        wattle_report_init(&report);
        wattle_local_init(&local);
        profile = wattle_profile_load(mesh, strlen(mesh), "home.mesh", &report);
        return wattle_resolve(profile, &profile->devices[0], &host, &report);
}

/* libmnl reads attributes where they lie, so they must lie as in a socket's buffer; and of just
 * this length. */
static gboolean add_message(WattleWgDevice *device, const uint8_t *bytes, size_t size)
{
        g_autofree uint8_t *copy = g_malloc(size > 0 ? size : 1);
        g_autoptr(GError) error = NULL;
        gboolean ok;

        if (size > 0)
                memcpy(copy, bytes, size);
        ok = wattle_wg_device_add_message(device, copy, size, &error);
        g_assert_cmpint(ok, ==, error == NULL);
        return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autoptr(WattleView) view = view_of_nas();
        g_auto(WattleWgDevice) device = { 0 };
        g_auto(WattleWgChange) change = { 0 };
        g_autoptr(GPtrArray) messages = NULL;
        WattleKey key = { { 1 } };

        wattle_wg_device_init(&device);
        if (!add_message(&device, bytes, size / 2) || !add_message(&device, bytes, size))
                return 0;
        wattle_wg_diff(&device, view, NULL, NULL, &change);
        messages = wattle_wg_encode_change(21, 7, &change, &key);
        g_assert_cmpuint(messages->len, >, 0);
        return 0;
}
