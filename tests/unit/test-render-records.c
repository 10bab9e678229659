/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/render.h"
#include "tests/unit/fixture.h"

static const char mesh[] = "[Mesh]\n"
                           "Subnet=10.77.0.0/24 fd77::/64\n"
                           "Domain=a.example\n"
                           "[Device vps]\n"
                           "PublicKey=" KEY_A "\n"
                           "Address=10.77.0.2 fd77::2a\n"
                           "[Device anna]\n"
                           "PublicKey=" KEY_B "\n"
                           "Address=10.77.0.10\n"
                           "Alias=al\n"
                           "[Device old]\n"
                           "PublicKey=" KEY_C "\n"
                           "Address=10.77.0.99\n"
                           "State=revoked\n";

static const char wanted[] =
        "[{\"key\":{\"type\":1,\"name\":\"anna.a.example\"},\"address\":\"10.77.0.10\"},\n"
        "{\"key\":{\"type\":1,\"name\":\"al.a.example\"},\"address\":\"10.77.0.10\"},\n"
        "{\"key\":{\"type\":12,\"name\":\"10.0.77.10.in-addr.arpa\"},\"name\":\"anna.a.example\"},\n"
        "{\"key\":{\"type\":1,\"name\":\"vps.a.example\"},\"address\":\"10.77.0.2\"},\n"
        "{\"key\":{\"type\":12,\"name\":\"2.0.77.10.in-addr.arpa\"},\"name\":\"vps.a.example\"},\n"
        "{\"key\":{\"type\":28,\"name\":\"vps.a.example\"},\"address\":\"fd77::2a\"},\n"
        "{\"key\":{\"type\":12,\"name\":"
        "\"a.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.7.d.f.ip6.arpa\"},"
        "\"name\":\"vps.a.example\"}]\n";

static const struct {
        const char *name, *local;
        guint systemd_version;
        const char *wanted; /* NULL: no file */
} rows[] = {
        { "since-261", "", 261, wanted },
        { "newer", "", 262, wanted },
        { "older", "", 260, NULL },
        { "without-names", "Names=no\n", 262, NULL },
};

static void row(gconstpointer data)
{
        const typeof(rows[0]) *row = data;
        g_autoptr(WattleView) view = good_view(mesh, "vps", row->local);
        g_auto(WattleFileset) files = { 0 };
        const WattleFile *file;

        wattle_fileset_init(&files);
        wattle_render_records(view, row->systemd_version, &files);
        file = wattle_fileset_find(&files, WATTLE_FILE_RECORDS);
        g_assert_cmpstr(file ? file->content->str : NULL, ==, row->wanted);
        g_assert_true(!file || file->mode == 0644);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *path = g_strconcat("/render-records/", rows[i].name, NULL);

                g_test_add_data_func(path, &rows[i], row);
        }
        return g_test_run();
}
