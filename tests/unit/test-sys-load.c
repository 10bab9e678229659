/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/load.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/ini.h"
#include "tests/unit/fixture.h"

#define ETC    (WATTLE_CONFDIR "/" + 1)
#define RUN    "run/wattle/"
#define VENDOR (WATTLE_VENDORDIR "/" + 1)

static const char mesh[] = "[Mesh]\nSubnet=10.42.0.0/16\n";
static const char other[] = "[Mesh]\nSubnet=10.43.0.0/16\n";

static void put(const Root *root, const char *folder, const char *name, const char *content)
{
        g_autofree char *path = g_strconcat(folder, name, NULL);

        if (content)
                root_put(root, path, content, 0644);
        else
                root_link(root, path, "/dev/null");
}

/* What stands in the three folders (NULL: nothing; "": a mask), and which file is found. */
static void precedence(void)
{
        static const struct {
                const char *etc, *run, *vendor;
                const char *found; /* NULL: none */
        } rows[] = {
                { NULL, NULL, NULL, NULL },
                { mesh, NULL, NULL, WATTLE_CONFDIR "/home.mesh" },
                { NULL, mesh, NULL, "/run/wattle/home.mesh" },
                { NULL, NULL, mesh, WATTLE_VENDORDIR "/home.mesh" },
                { mesh, other, other, WATTLE_CONFDIR "/home.mesh" },
                { NULL, mesh, other, "/run/wattle/home.mesh" },
                { "", mesh, mesh, NULL },
                { NULL, "", mesh, NULL },
                { NULL, NULL, "", NULL },
                { mesh, "", NULL, WATTLE_CONFDIR "/home.mesh" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                const char *const contents[] = { rows[i].etc, rows[i].run, rows[i].vendor };
                const char *const folders[] = { ETC, RUN, VENDOR };
                g_auto(Root) root = { 0 };
                g_auto(WattleReport) report = { 0 };
                g_autofree char *path = NULL;
                g_auto(GStrv) list = NULL;

                root_init(&root);
                wattle_report_init(&report);
                for (guint j = 0; j < G_N_ELEMENTS(folders); j++)
                        if (contents[j])
                                put(&root, folders[j], "home.mesh",
                                    *contents[j] ? contents[j] : NULL);
                path = wattle_mesh_find(root.fd, "home");
                g_assert_cmpstr(path, ==, rows[i].found);
                list = wattle_mesh_list(root.fd, &report);
                g_assert_cmpstr(list[0], ==, rows[i].found ? "home" : NULL);
                check_faults(&report, "");
        }
}

static void list(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) list = NULL;
        g_autofree char *text = NULL;

        root_init(&root);
        wattle_report_init(&report);
        put(&root, ETC, "office.mesh", mesh);
        put(&root, VENDOR, "home.mesh", mesh);
        put(&root, RUN, "home.mesh", mesh);
        put(&root, ETC, "masked.mesh", NULL);
        put(&root, VENDOR, "masked.mesh", mesh);
        put(&root, ETC, "home.key", "");
        put(&root, ETC, ".hidden.mesh", mesh);
        put(&root, ETC, "home.mesh~", mesh);
        put(&root, ETC, "My mesh.mesh", mesh);
        list = wattle_mesh_list(root.fd, &report);
        text = g_strjoinv(" ", list);
        g_assert_cmpstr(text, ==, "home office");
        check_faults(&report, WATTLE_CONFDIR
                     "/My mesh.mesh: warning: passed over, for it cannot be a mesh's name: 'My "
                     "mesh' has a character other than a-z, 0-9, _ and -");
}

static void local_settings(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };

        root_init(&root);
        wattle_report_init(&report);
        wattle_local_init(&local);
        /* By the names of the files, in whatever folder; an earlier folder hides a later one. */
        put(&root, VENDOR, "home.mesh.d/10-a.conf", "[Local]\nMTU=1300\nListenPort=1\n");
        put(&root, ETC, "home.mesh.d/20-b.conf", "[Local]\nMTU=1400\n");
        put(&root, RUN, "home.mesh.d/30-c.conf", "[Local]\nMTU=1500\n");
        put(&root, ETC, "home.mesh.d/30-c.conf", "[Local]\nFirewallMark=7\n");
        put(&root, VENDOR, "home.mesh.d/40-d.conf", "[Local]\nMTU=1600\n");
        put(&root, ETC, "home.mesh.d/40-d.conf", NULL);
        put(&root, ETC, "home.mesh.d/50-e.conf~", "[Local]\nMTU=1700\n");
        put(&root, ETC, "office.mesh.d/60-f.conf", "[Local]\nMTU=1800\n");
        g_assert_true(wattle_local_load(&local, root.fd, "home", &report));
        check_faults(&report, "");
        g_assert_cmpuint(local.mtu.value, ==, 1400);
        g_assert_cmpuint(local.listen_port.value, ==, 1);
        g_assert_cmpuint(local.firewall_mark.value, ==, 7);
}

/* A link in a circle stands for all that cannot be looked at: as root nothing is refused. Nothing
 * weaker is taken in its place. */
static void unreadable(void)
{
        static const struct {
                const char *link, *list, *faults_of_list, *faults;
        } rows[] = {
                { WATTLE_CONFDIR, "home", WATTLE_CONFDIR ": Too many levels of symbolic links",
                  WATTLE_CONFDIR "/home.mesh: Too many levels of symbolic links\n" WATTLE_CONFDIR
                                 "/home.mesh.d: Too many levels of symbolic links" },
                { WATTLE_CONFDIR "/home.mesh", "home", "",
                  WATTLE_CONFDIR "/home.mesh: Too many levels of symbolic links" },
                { WATTLE_CONFDIR "/home.mesh.d", "home", "",
                  WATTLE_CONFDIR "/home.mesh.d: Too many levels of symbolic links" },
                { WATTLE_CONFDIR "/home.mesh.d/a.conf", "home", "",
                  WATTLE_CONFDIR "/home.mesh.d/a.conf: Too many levels of symbolic links" },
                { "/run/wattle", "home", "/run/wattle: Too many levels of symbolic links",
                  "/run/wattle/home.mesh: Too many levels of symbolic links\n"
                  "/run/wattle/home.mesh.d: Too many levels of symbolic links" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Root) root = { 0 };
                g_auto(WattleReport) report = { 0 }, report_of_list = { 0 };
                g_auto(WattleMesh) loaded = { 0 };
                g_auto(GStrv) list = NULL;
                g_autofree char *names = NULL;

                root_init(&root);
                wattle_report_init(&report);
                wattle_report_init(&report_of_list);
                put(&root, VENDOR, "home.mesh", mesh);
                root_link(&root, rows[i].link + 1, strrchr(rows[i].link, '/') + 1);
                list = wattle_mesh_list(root.fd, &report_of_list);
                names = g_strjoinv(" ", list);
                g_assert_cmpstr(names, ==, rows[i].list);
                check_faults(&report_of_list, rows[i].faults_of_list);
                g_assert_false(wattle_mesh_load(&loaded, root.fd, "home", &report));
                check_faults(&report, rows[i].faults);
        }
}

/* A file where a folder would be has nothing in it. */
static void not_a_folder(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) loaded = { 0 };

        root_init(&root);
        wattle_report_init(&report);
        put(&root, ETC, "home.mesh", mesh);
        put(&root, ETC, "home.mesh.d", "");
        root_put(&root, "run/wattle", "", 0644);
        g_assert_true(wattle_mesh_load(&loaded, root.fd, "home", &report));
        check_faults(&report, "");
}

/* Faults of the profile and of its settings come in one run. */
static void faults_of_both(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) loaded = { 0 };

        root_init(&root);
        wattle_report_init(&report);
        put(&root, ETC, "home.mesh", "[Mesh]\nSubnet=x\n");
        put(&root, ETC, "home.mesh.d/a.conf", "[Local]\nMTU=1\n");
        g_assert_false(wattle_mesh_load(&loaded, root.fd, "home", &report));
        check_faults(&report, WATTLE_CONFDIR
                     "/home.mesh:2:8: Subnet: 'x' is not a prefix: ADDRESS/LENGTH, as in "
                     "10.42.0.0/16\n" WATTLE_CONFDIR
                     "/home.mesh.d/a.conf:2:5: MTU: '1' is not a whole number from 576 to 65535");
}

typedef struct {
        const char *name, *content, *faults;
} Row;

static const Row meshes[] = {
        { "good", mesh, "" },
        { "its-own-name", "[Mesh]\nName=home\nSubnet=10.42.0.0/16\n", "" },
        { "another-name", "[Mesh]\nName=office\nSubnet=10.42.0.0/16\n",
          WATTLE_CONFDIR
          "/home.mesh:1:1: the mesh calls itself office: rename the file to office.mesh" },
        { "missing", NULL,
          "no mesh home: there is no " WATTLE_CONFDIR "/home.mesh, or it is masked" },
};

static void mesh_row(gconstpointer data)
{
        const Row *row = data;
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) loaded = { 0 };

        root_init(&root);
        wattle_report_init(&report);
        if (row->content)
                put(&root, ETC, "home.mesh", row->content);
        g_assert_cmpint(wattle_mesh_load(&loaded, root.fd, "home", &report), ==, !*row->faults);
        check_faults(&report, row->faults);
}

static void by_path(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) good = { 0 };
        g_auto(WattleMesh) missing = { 0 };
        g_auto(WattleMesh) folder = { 0 };
        g_autofree char *path = NULL, *expected = NULL;

        root_init(&root);
        wattle_report_init(&report);
        root_put(&root, "home.mesh", mesh, 0644);
        path = g_build_filename(root.path, "home.mesh", NULL);
        g_assert_true(wattle_mesh_load_file(&good, path, &report));
        g_assert_cmpstr(good.profile->name, ==, "home");
        g_assert_false(wattle_mesh_load_file(&missing, "no-such.mesh", &report));
        g_assert_false(wattle_mesh_load_file(&folder, root.path, &report));
        expected = g_strdup_printf("no-such.mesh: No such file or directory\n"
                                   "%s: is a folder, not a file",
                                   root.path);
        check_faults(&report, expected);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/sys-load/precedence", precedence);
        g_test_add_func("/sys-load/list", list);
        g_test_add_func("/sys-load/local-settings", local_settings);
        g_test_add_func("/sys-load/unreadable", unreadable);
        g_test_add_func("/sys-load/not-a-folder", not_a_folder);
        g_test_add_func("/sys-load/faults-of-both", faults_of_both);
        add_rows("/sys-load/mesh", meshes, mesh_row);
        g_test_add_func("/sys-load/by-path", by_path);
        return g_test_run();
}
