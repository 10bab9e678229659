/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"
#include "tests/unit/fixture.h"

#define MESH "[Mesh]\nSubnet=10.77.0.0/24\n[Device anna]\nPublicKey=" KEY_A "\nAddress=10.77.0.10\n"

typedef struct {
        const char *name, *local;
        const char *lines; /* NULL: no file */
} Row;

static const Row owners[] = {
        { "networkd", "", "\n[device-wattle-home]\nmatch-device=interface-name:home\nmanaged=0\n" },
        { "other-interface", "Interface=wg-0\n",
          "\n[device-wattle-home]\nmatch-device=interface-name:wg-0\nmanaged=0\n" },
        { "network-manager", "Owner=NetworkManager\n", NULL },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleView) view = good_view(MESH, "anna", row->local);

        check_rendered(view, wattle_render_nm, WATTLE_FILE_UNMANAGED, row->lines);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/render-nm", owners, row);
        return g_test_run();
}
