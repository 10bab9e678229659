/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sodium.h>

#include "cli/export/memory.h"
#include "cli/export/view.h"
#include "tests/unit/fixture.h"

static void recipe(void)
{
        static const char *const texts[] = {
                "format=wg-quick",
                "format=networkd accept-routes=yes exit-node=vps",
                "format=openwrt peers=relays endpoint-family=4 dns=10.7.0.1,fd77::1",
                "format=nm peers=public endpoint-family=6",
        };

        for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_auto(WattleRecipe) parsed = { 0 };
                g_autofree char *again = NULL;

                g_assert_true(wattle_recipe_parse(&parsed, texts[i], NULL));
                again = wattle_recipe_format(&parsed);
                g_assert_cmpstr(again, ==, texts[i]);
        }
}

static void bad_recipe(void)
{
        static const char *const rows[][2] = {
                { "format", "'format' has no =" },
                { "frob=1", "--frob: there is no such option" },
                { "format=nm peers=9", "--peers: '9' is none of all, relays, public" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleRecipe) parsed = { 0 };
                g_autoptr(GError) error = NULL;

                check_error(wattle_recipe_parse(&parsed, rows[i][0], &error), &error, rows[i][1]);
        }
}

#define MESH(serial, phone, nas)                                                                   \
        "[Mesh]\nName=home\nSerial=" serial "\nSubnet=10.7.0.0/24\n"                               \
        "[Device phone]\nPublicKey=" KEY_A "\nAddress=" phone "\nManaged=no\n"                     \
        "[Device nas]\nPublicKey=" KEY_B "\nAddress=" nas "\nAlias=" serial "x\n"

static void load_mesh(const Root *root, const char *text, WattleMesh *mesh)
{
        g_autofree char *path = g_build_filename(root->path, "home.mesh", NULL);
        g_auto(WattleReport) report = { 0 };

        root_put(root, "home.mesh", text, 0644);
        wattle_report_init(&report);
        g_assert_true(wattle_mesh_load_file(mesh, path, &report));
}

static void export_phone(const Root *root, const char *file, const char *text)
{
        g_auto(WattleExportMemory) memory = { 0 };
        g_auto(WattleExportFiles) files = { 0 };
        g_auto(WattleRecipe) how = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        load_mesh(root, text, &mesh);
        wattle_report_init(&report);
        view = wattle_export_view(root->fd, &mesh, "phone", &how, &report);
        g_assert_nonnull(view);
        wattle_export_files_make(view, how.format, &files);
        g_assert_true(wattle_export_memory_load(&memory, g_strdup(file), NULL));
        wattle_export_memory_set(&memory, view, mesh.profile->serial, &how, &files);
        g_assert_true(wattle_export_memory_save(&memory, NULL));
}

/* Another Serial= alone makes no file stale. */
static void stale(void)
{
        static const struct {
                const char *mesh;
                const char *stale;
        } rows[] = {
                { MESH("7", "10.7.0.1", "10.7.0.2"), "" },
                { MESH("8", "10.7.0.1", "10.7.0.2"), "" },
                { MESH("8", "10.7.0.1", "10.7.0.3"), "phone" },
                { MESH("8", "10.7.0.4", "10.7.0.2"), "phone" },
                { "[Mesh]\nName=home\nSerial=9\nSubnet=10.7.0.0/24\n[Device nas]\nPublicKey=" KEY_B
                  "\nAddress=10.7.0.2\n",
                  "" },
                { "[Mesh]\nName=office\nSerial=9\nSubnet=10.7.0.0/24\n[Device phone]\n"
                  "PublicKey=" KEY_B "\nAddress=10.7.0.2\n",
                  "" },
        };
        g_auto(Root) root = { 0 };
        g_autofree char *file = NULL;

        root_init(&root);
        file = g_build_filename(root.path, "state/wattle/exports", NULL);
        export_phone(&root, file, rows[0].mesh);
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleExportMemory) memory = { 0 };
                g_auto(WattleMesh) mesh = { 0 };
                g_auto(GStrv) names = NULL;
                g_autofree char *joined = NULL;

                load_mesh(&root, rows[i].mesh, &mesh);
                g_assert_true(wattle_export_memory_load(&memory, g_strdup(file), NULL));
                names = wattle_export_memory_stale(&memory, root.fd, &mesh);
                joined = g_strjoinv(" ", names);
                g_assert_cmpstr(joined, ==, rows[i].stale);
        }
}

/* A file that somebody else wrote says nothing. */
static void bad_lines(void)
{
        g_auto(WattleExportMemory) memory = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(GStrv) names = NULL;
        g_auto(Root) root = { 0 };

        root_init(&root);
        load_mesh(&root, MESH("7", "10.7.0.1", "10.7.0.2"), &mesh);
        root_put(&root, "exports",
                 "\nhome\nhome phone\nhome phone x\nhome nas 1 0\nhome phone 1 z format=nm\n"
                 "home phone 1 0 format=x\n",
                 0644);
        g_assert_true(wattle_export_memory_load(
                &memory, g_build_filename(root.path, "exports", NULL), NULL));
        names = wattle_export_memory_stale(&memory, root.fd, &mesh);
        g_assert_null(names[0]);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        g_test_add_func("/cli-export/recipe", recipe);
        g_test_add_func("/cli-export/bad-recipe", bad_recipe);
        g_test_add_func("/cli-export/stale", stale);
        g_test_add_func("/cli-export/bad-lines", bad_lines);
        return g_test_run();
}
