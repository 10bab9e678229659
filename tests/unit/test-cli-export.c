/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/export/file-batch.h"
#include "cli/export/memory.h"
#include "cli/export/view.h"
#include "common/sys/file.h"
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
        wattle_export_files_make(view, how.format, NULL, &files);
        g_assert_true(wattle_export_memory_load(&memory, g_strdup(file), NULL));
        wattle_export_memory_set(&memory,
                                 wattle_export_line(view, mesh.profile->serial, &how, &files));
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
                names = wattle_export_memory_stale(&memory, root.fd, &mesh, 9);
                joined = g_strjoinv(" ", names);
                g_assert_cmpstr(joined, ==, rows[i].stale);
        }
}

static const char any_mesh[] =
        "[Mesh]\nName=home\nSerial=1\nSubnet=10.7.0.0/24 fd77::/64\n"
        "[Device both]\nPublicKey=" KEY_A "\nAddress=10.7.0.1 fd77::1\nExitNode=yes\n"
        "Routes=192.168.7.0/24\nPublicEndpoint=8.8.8.8:1 [2a00::1]:1\nRelay=yes\n"
        "[Device four]\nPublicKey=" KEY_B "\nAddress=10.7.0.2\nPublicEndpoint=9.9.9.9:1\n"
        "[Device phone]\nPublicKey=" KEY_C "\nAddress=10.7.0.3\nManaged=no\nVia=both\n"
        "[Device six]\nPublicKey=" KEY_D "\nAddress=fd77::4\nPublicEndpoint=[2a00::4]:1\n"
        "Keepalive=7\n";

/* Of any two devices: one's file is the same whether or not parts of it come from the other's. */
static void parts_of_another_file(void)
{
        static const char *const recipes[] = { "format=wg-quick",
                                               "accept-routes=yes exit-node=both",
                                               "endpoint-family=6", "peers=relays" };
        static const char *const names[] = { "both", "four", "phone", "six" };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(Root) root = { 0 };

        root_init(&root);
        load_mesh(&root, any_mesh, &mesh);
        for (guint i = 0; i < G_N_ELEMENTS(recipes) * 16; i++) {
                const char *one = names[i / 4 % 4], *other = names[i % 4];
                g_auto(WattleExportFiles) before = { 0 }, fresh = { 0 }, taken = { 0 };
                g_autoptr(WattleView) one_view = NULL, other_view = NULL;
                g_auto(WattleRecipe) how = { 0 };
                g_auto(WattleReport) report = { 0 };

                wattle_report_init(&report);
                g_assert_true(wattle_recipe_parse(&how, recipes[i / 16], NULL));
                one_view = wattle_export_view(root.fd, &mesh, one, &how, &report);
                other_view = wattle_export_view(root.fd, &mesh, other, &how, &report);
                if (!one_view || !other_view)
                        continue;
                wattle_export_files_make(one_view, how.format, NULL, &before);
                wattle_export_files_make(other_view, how.format, NULL, &fresh);
                wattle_export_files_make(other_view, how.format, &before, &taken);
                g_assert_cmpstr(taken.files[0].file.text.content->str, ==,
                                fresh.files[0].file.text.content->str);
        }
}

/* A letter that is another one in the file before tells which parts come from there. */
static void parts_are_taken(void)
{
        static const struct {
                const char *before, *device, *mark;
                gboolean taken;
        } rows[] = {
                { "four", "both", "# phone", TRUE },
                { "both", "four", "# phone", TRUE },
                { "phone", "six", "# four", FALSE },  /* another keepalive */
                { "phone", "four", "# both", FALSE }, /* by which phone reaches others */
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleExportFiles) before = { 0 }, taken = { 0 };
                g_autoptr(WattleView) one_view = NULL, other_view = NULL;
                g_auto(WattleRecipe) how = { 0 };
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleMesh) mesh = { 0 };
                g_auto(Root) root = { 0 };
                GString *text;

                root_init(&root);
                load_mesh(&root, any_mesh, &mesh);
                wattle_report_init(&report);
                one_view = wattle_export_view(root.fd, &mesh, rows[i].before, &how, &report);
                other_view = wattle_export_view(root.fd, &mesh, rows[i].device, &how, &report);
                wattle_export_files_make(one_view, how.format, NULL, &before);
                text = before.files[0].file.text.content;
                *strstr(text->str, rows[i].mark) = '%';
                wattle_export_files_make(other_view, how.format, &before, &taken);
                text = taken.files[0].file.text.content;
                g_assert_cmpint(strchr(text->str, '%') != NULL, ==, rows[i].taken);
        }
}

/* n phones and a relay at that port. */
static char *mesh_of_phones(guint n, guint serial, guint port)
{
        GString *text = g_string_new(NULL);

        g_string_printf(text,
                        "[Mesh]\nName=home\nSerial=%u\nSubnet=10.7.0.0/24\n[Device relay]\n"
                        "PublicKey=" KEY_A "\nAddress=10.7.0.100\nPublicEndpoint=8.8.8.8:%u\n"
                        "Relay=yes\n",
                        serial, port);
        for (guint i = 1; i <= n; i++) {
                WattleKey key = { { (guint8)i, 7, 7 } };
                char key_text[WATTLE_KEY_TEXT_MAX];

                wattle_key_format(&key, key_text);
                g_string_append_printf(
                        text, "[Device phone%02u]\nPublicKey=%s\nAddress=10.7.0.%u\nManaged=no\n",
                        i, key_text, i);
        }
        return g_string_free(text, FALSE);
}

/* By ways that take turns. */
static void export_phones(const Root *root, guint n)
{
        static const char *const recipes[] = { "format=wg-quick peers=relays", "format=nm",
                                               "format=wg-quick peers=relays" };
        g_auto(WattleExportMemory) memory = { 0 };
        g_autofree char *text = mesh_of_phones(n, 1, 1);
        g_auto(WattleMesh) mesh = { 0 };

        load_mesh(root, text, &mesh);
        g_assert_true(wattle_export_memory_load(&memory, wattle_export_memory_path(), NULL));
        for (guint i = 1; i <= n; i++) {
                g_autofree char *name = g_strdup_printf("phone%02u", i);
                g_auto(WattleExportFiles) files = { 0 };
                g_auto(WattleRecipe) how = { 0 };
                g_auto(WattleReport) report = { 0 };
                g_autoptr(WattleView) view = NULL;

                wattle_report_init(&report);
                g_assert_true(wattle_recipe_parse(&how, recipes[i % 3], NULL));
                view = wattle_export_view(root->fd, &mesh, name, &how, &report);
                wattle_export_files_make(view, how.format, NULL, &files);
                wattle_export_memory_set(&memory, wattle_export_line(view, 1, &how, &files));
        }
        g_assert_true(wattle_export_memory_save(&memory, NULL));
}

static void note(void)
{
        static const struct {
                guint n, serial, port;
                const char *note; /* NULL: none */
        } rows[] = {
                { 2, 2, 1, NULL },
                { 1, 2, 2,
                  "phone01 has no wattle and needs a new file: 'wattle export' makes it." },
                { 3, 2, 2,
                  "phone01, phone02, phone03 have no wattle and need new files: 'wattle export' "
                  "makes them." },
                { 9, 2, 2,
                  "phone01, phone02, phone03, phone04, phone05, phone06, phone07, phone08 and "
                  "others have no wattle and need new files: 'wattle export --all=DIR' makes "
                  "them." },
                { 9, 2, 1, NULL },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *text = mesh_of_phones(rows[i].n, rows[i].serial, rows[i].port);
                g_autofree char *path = g_strconcat(WATTLE_CONFDIR + 1, "/home.mesh", NULL);
                g_autofree char *found = NULL;
                g_auto(Root) root = { 0 };

                root_init(&root);
                g_assert_true(g_setenv("XDG_STATE_HOME", root.path, TRUE));
                export_phones(&root, rows[i].n);
                root_put(&root, path, text, 0644);
                found = wattle_export_memory_note(root.fd, "home");
                g_assert_cmpstr(found, ==, rows[i].note);
        }
        g_unsetenv("XDG_STATE_HOME");
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
        names = wattle_export_memory_stale(&memory, root.fd, &mesh, 9);
        g_assert_null(names[0]);
}

/* The disk, in turn: the first file has come there, the second cannot. */
static const Root *synced_root;
static guint n_synced;

int fsync(int fd)
{
        if (synced_root && n_synced++ == 1) {
                errno = EIO;
                return -1;
        }
        if (synced_root) /* No name before it is on the disk. */
                g_assert_cmpint(faccessat(synced_root->fd, n_synced == 1 ? "a" : "c", F_OK, 0), ==,
                                -1);
        return (int)syscall(SYS_fsync, fd);
}

static void batch(void)
{
        g_auto(WattleFileBatch) files = { 0 };
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) names = NULL;
        g_auto(Root) root = { 0 };
        g_autofree char *a = NULL, *b = NULL, *c = NULL;
        struct stat st;

        root_init(&root);
        root_put(&root, "b", "old", 0644);
        root_put(&root, "a.wattle-new", "half of one that was killed", 0644);
        wattle_file_batch_init(&files, root.fd);
        g_assert_true(wattle_file_batch_add(&files, "a", 0600, "new a", 5, &error));
        g_assert_true(wattle_file_batch_add(&files, "b", 0600, "new b", 5, &error));
        check_error(wattle_file_batch_add(&files, "no/d", 0600, "d", 1, &error), &error,
                    "no/d.wattle-new: No such file or directory");
        g_assert_true(wattle_file_batch_add(&files, "c", 0600, "new c", 5, NULL));
        synced_root = &root;
        wattle_file_batch_finish(&files);
        synced_root = NULL;
        g_assert_cmpuint(files.n, ==, 3);
        g_assert_no_error(files.files[0].error);
        g_assert_cmpstr(files.files[1].error->message, ==, "b: Input/output error");
        g_assert_no_error(files.files[2].error);
        a = root_get(&root, "a");
        b = root_get(&root, "b");
        c = root_get(&root, "c");
        g_assert_cmpstr(a, ==, "new a");
        g_assert_cmpstr(b, ==, "old");
        g_assert_cmpstr(c, ==, "new c");
        g_assert_cmpint(fstatat(root.fd, "a", &st, 0), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, 0600);
        names = wattle_list_folder(root.fd, ".", "", WATTLE_NEW_SUFFIX, NULL);
        g_assert_cmpuint(g_strv_length(names), ==, 0);
}

static void batch_that_is_not_finished(void)
{
        g_auto(GStrv) names = NULL;
        g_auto(Root) root = { 0 };
        WattleFileBatch files;

        root_init(&root);
        wattle_file_batch_init(&files, root.fd);
        g_assert_true(wattle_file_batch_add(&files, "a", 0600, "a", 1, NULL));
        wattle_file_batch_clear(&files);
        names = wattle_list_folder(root.fd, ".", "", "", NULL);
        g_assert_cmpuint(g_strv_length(names), ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        g_test_add_func("/cli-export/recipe", recipe);
        g_test_add_func("/cli-export/bad-recipe", bad_recipe);
        g_test_add_func("/cli-export/stale", stale);
        g_test_add_func("/cli-export/parts-of-another-file", parts_of_another_file);
        g_test_add_func("/cli-export/parts-are-taken", parts_are_taken);
        g_test_add_func("/cli-export/batch", batch);
        g_test_add_func("/cli-export/batch-that-is-not-finished", batch_that_is_not_finished);
        g_test_add_func("/cli-export/note", note);
        g_test_add_func("/cli-export/bad-lines", bad_lines);
        return g_test_run();
}
