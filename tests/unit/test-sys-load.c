/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/load.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/profile-sign.h"
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
                  WATTLE_CONFDIR "/home.pub: Too many levels of symbolic links\n" WATTLE_CONFDIR
                                 "/home.mesh.d: Too many levels of symbolic links" },
                { WATTLE_CONFDIR "/home.mesh", "home", "",
                  WATTLE_CONFDIR "/home.mesh: Too many levels of symbolic links" },
                { WATTLE_CONFDIR "/home.mesh.d", "home", "",
                  WATTLE_CONFDIR "/home.mesh.d: Too many levels of symbolic links" },
                { WATTLE_CONFDIR "/home.mesh.d/a.conf", "home", "",
                  WATTLE_CONFDIR "/home.mesh.d/a.conf: Too many levels of symbolic links" },
                { "/run/wattle", "home", "/run/wattle: Too many levels of symbolic links",
                  "/run/wattle/home.pub: Too many levels of symbolic links\n"
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
                g_assert_false(wattle_mesh_load(&loaded, root.fd, "home", WATTLE_LOAD_OR_LAST_GOOD,
                                                &report));
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
        g_assert_true(
                wattle_mesh_load(&loaded, root.fd, "home", WATTLE_LOAD_OR_LAST_GOOD, &report));
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
        g_assert_false(
                wattle_mesh_load(&loaded, root.fd, "home", WATTLE_LOAD_OR_LAST_GOOD, &report));
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
        g_assert_cmpint(
                wattle_mesh_load(&loaded, root.fd, "home", WATTLE_LOAD_OR_LAST_GOOD, &report), ==,
                !*row->faults);
        check_faults(&report, row->faults);
}

/* Keys, once for all rows, and what they sign. */
static WattleSigningSecret *ours, *others;

#define SIGNED(n) "[Mesh]\nName=home\nSerial=" n "\nSubnet=10.42.0.0/16\n"
#define HOME      WATTLE_CONFDIR "/home.mesh"
#define PUB       WATTLE_CONFDIR "/home.pub"
#define LAST      WATTLE_CONFDIR "/home.last/home.mesh"

static void put_signed(const Root *root, const char *path, const char *text, const char *suffix,
                       const WattleSigningSecret *secret)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;
        g_autofree char *minisig = NULL, *name = g_strconcat(path, suffix, NULL);

        wattle_report_init(&report);
        profile = wattle_profile_load(text, strlen(text), path, &report);
        minisig = wattle_profile_sign(profile, text, strlen(text), secret);
        root_put(root, name, minisig, 0644);
}

static void put_trust(const Root *root, const char *path, guint mode)
{
        WattleSigningKey key;
        char text[WATTLE_SIGNING_KEY_TEXT_MAX];

        wattle_signing_secret_get_public(ours, &key);
        wattle_signing_key_format(&key, text);
        root_put(root, path, text, mode);
}

typedef enum {
        SIGNER_NONE,
        SIGNER_OURS,
        SIGNER_OTHERS,
} Signer;

typedef struct {
        const char *name;
        const char *text, *signed_text; /* the latter if it is another one */
        Signer signer, next_signer;     /* of .minisig, and of .minisig.new */
        const char *last;               /* NULL: none */
        Signer last_signer;
        gboolean present_ok, or_last_ok, is_last;
        const char *present; /* faults of WATTLE_LOAD_PRESENT */
} SignedRow;

#define UNSIGNED                                                                                   \
        HOME ": is not signed, and " WATTLE_CONFDIR "/home.pub asks for it: copy " HOME            \
             ".minisig "                                                                           \
             "from where the mesh was signed, or sign it with 'wattle sign'"
#define COPY                                                                                       \
        "; copy it and the profile from where they were signed, or sign anew with 'wattle sign'"

static const SignedRow signed_rows[] = {
        { "good", SIGNED("7"), NULL, SIGNER_OURS, SIGNER_NONE, NULL, SIGNER_NONE, TRUE, TRUE, FALSE,
          "" },
        { "unsigned", SIGNED("7"), NULL, SIGNER_NONE, SIGNER_NONE, NULL, SIGNER_NONE, FALSE, FALSE,
          FALSE, UNSIGNED },
        { "of another key", SIGNED("7"), NULL, SIGNER_OTHERS, SIGNER_NONE, NULL, SIGNER_NONE, FALSE,
          FALSE, FALSE, HOME ".minisig: it is signed with key ID, which is not trusted here" COPY },
        { "changed since", SIGNED("8"), SIGNED("7"), SIGNER_OURS, SIGNER_NONE, NULL, SIGNER_NONE,
          FALSE, FALSE, FALSE,
          HOME ".minisig: key ID did not sign this text: it was changed since, or is "
               "another" COPY },
        /* Between the steps of an installation. */
        { "the new signature", SIGNED("7"), NULL, SIGNER_NONE, SIGNER_OURS, NULL, SIGNER_NONE, TRUE,
          TRUE, FALSE, "" },
        { "the old one and the new one", SIGNED("7"), NULL, SIGNER_OTHERS, SIGNER_OURS, NULL,
          SIGNER_NONE, TRUE, TRUE, FALSE, "" },
        { "the new one before its text", SIGNED("7"), NULL, SIGNER_OURS, SIGNER_OTHERS, NULL,
          SIGNER_NONE, TRUE, TRUE, FALSE, "" },
        { "no name", "[Mesh]\nSerial=7\nSubnet=10.42.0.0/16\n", NULL, SIGNER_OURS, SIGNER_NONE,
          NULL, SIGNER_NONE, FALSE, FALSE, FALSE,
          HOME ":1:1: a signed mesh says its name, lest another one's file passes for it: write "
               "Name=home below [Mesh]" },
        { "another mesh's", "[Mesh]\nName=office\nSerial=7\nSubnet=10.42.0.0/16\n", NULL,
          SIGNER_OURS, SIGNER_NONE, NULL, SIGNER_NONE, FALSE, FALSE, FALSE,
          HOME ":1:1: the mesh calls itself office: rename the file to office.mesh" },
        /* The last good one. */
        { "the same", SIGNED("7"), NULL, SIGNER_OURS, SIGNER_NONE, SIGNED("7"), SIGNER_OURS, TRUE,
          TRUE, FALSE, "" },
        { "newer", SIGNED("8"), NULL, SIGNER_OURS, SIGNER_NONE, SIGNED("7"), SIGNER_OURS, TRUE,
          TRUE, FALSE, "" },
        { "far ahead", SIGNED("9000000"), NULL, SIGNER_OURS, SIGNER_NONE, SIGNED("7"), SIGNER_OURS,
          TRUE, TRUE, FALSE, "" },
        { "unsigned with a last one", SIGNED("8"), NULL, SIGNER_NONE, SIGNER_NONE, SIGNED("7"),
          SIGNER_OURS, FALSE, TRUE, TRUE, UNSIGNED },
        { "bad with a last one", "[Mesh\n", NULL, SIGNER_NONE, SIGNER_NONE, SIGNED("7"),
          SIGNER_OURS, FALSE, TRUE, TRUE,
          UNSIGNED "\n" HOME ":1:1: a section is [Mesh] or [Device NAME], and nothing behind it" },
        { "older", SIGNED("6"), NULL, SIGNER_OURS, SIGNER_NONE, SIGNED("7"), SIGNER_OURS, FALSE,
          TRUE, TRUE,
          HOME ":1:1: Serial=6 is older than the one that this host ran well with last, which has "
               "7: let Serial= rise, and sign it again" },
        { "equal", SIGNED("7") "# x\n", NULL, SIGNER_OURS, SIGNER_NONE, SIGNED("7"), SIGNER_OURS,
          FALSE, TRUE, TRUE,
          HOME ":1:1: Serial=7 is another text than the one of the same Serial= that this host ran "
               "well with last, which has 7: let Serial= rise, and sign it again" },
        { "older than one that does not verify", SIGNED("6"), NULL, SIGNER_OURS, SIGNER_NONE,
          SIGNED("7"), SIGNER_OTHERS, TRUE, TRUE, FALSE, "" },
        { "a last one that does not verify", SIGNED("8"), NULL, SIGNER_NONE, SIGNER_NONE,
          SIGNED("7"), SIGNER_OTHERS, FALSE, FALSE, FALSE, UNSIGNED },
        { "another previous",
          SIGNED("8") "Previous=0000000000000000000000000000000000000000000000000000000000000000\n",
          NULL, SIGNER_OURS, SIGNER_NONE, SIGNED("7"), SIGNER_OURS, TRUE, TRUE, FALSE,
          HOME ":5:10: warning: Previous: this text was made from another text than the one that "
               "this host ran well with last, so two people changed the mesh at once, and the "
               "change of one is lost: look for it" },
};

static const WattleSigningSecret *secret_of(Signer signer)
{
        return signer == SIGNER_OURS ? ours : others;
}

static void put_row(const Root *root, const SignedRow *row)
{
        const char *signed_text = row->signed_text ? row->signed_text : row->text;

        root_put(root, &HOME[1], row->text, 0644);
        put_trust(root, &PUB[1], 0644);
        if (row->signer != SIGNER_NONE)
                put_signed(root, &HOME[1], signed_text, ".minisig", secret_of(row->signer));
        if (row->next_signer != SIGNER_NONE)
                put_signed(root, &HOME[1], row->text, ".minisig.new", secret_of(row->next_signer));
        if (row->last) {
                root_put(root, &LAST[1], row->last, 0644);
                put_signed(root, &LAST[1], row->last, ".minisig", secret_of(row->last_signer));
        }
}

/* The ids of keys are random. */
static void check_faults_but_ids(WattleReport *report, const char *expected)
{
        g_autoptr(GRegex) id = g_regex_new("key [0-9A-F]{16}", 0, 0, NULL);

        for (guint i = 0; i < report->faults->len; i++) {
                WattleFault *fault = &g_array_index(report->faults, WattleFault, i);
                char *text = g_regex_replace_literal(id, fault->text, -1, 0, "key ID", 0, NULL);

                g_free(fault->text);
                fault->text = text;
        }
        check_faults(report, expected);
}

static void signed_row(gconstpointer data)
{
        const SignedRow *row = data;
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) present_report = { 0 }, report = { 0 };
        g_auto(WattleMesh) present = { 0 }, or_last = { 0 };

        root_init(&root);
        wattle_report_init(&present_report);
        wattle_report_init(&report);
        put_row(&root, row);
        g_assert_cmpint(
                wattle_mesh_load(&present, root.fd, "home", WATTLE_LOAD_PRESENT, &present_report),
                ==, row->present_ok);
        check_faults_but_ids(&present_report, row->present);
        g_assert_cmpint(
                wattle_mesh_load(&or_last, root.fd, "home", WATTLE_LOAD_OR_LAST_GOOD, &report), ==,
                row->or_last_ok);
        g_assert_cmpint(report.n_errors == 0, ==, row->or_last_ok);
        g_assert_cmpint(or_last.is_last_good, ==, row->is_last);
        g_assert_true(or_last.is_signed || !row->or_last_ok);
        if (row->is_last) {
                g_assert_cmpuint(report.n_warnings, ==, 1);
                g_assert_cmpuint(or_last.profile->serial, ==, 7);
                g_assert_cmpstr(or_last.path, ==, LAST);
        }
}

typedef struct {
        const char *name, *content;
        guint mode;
        const char *faults;
} TrustRow;

static const TrustRow trust_rows[] = {
        { "empty", "", 0644,
          PUB ": has no key: whoever trusts nobody's signature removes the file, and the mesh is "
              "not signed" },
        { "no key", "home\n", 0644,
          PUB ":1:1: not a public key of minisign's: RW and 54 more characters of base64" },
        { "group writes", NULL, 0664,
          PUB ": others can write this file (mode 0664), and so say whom this host trusts: chmod "
              "0644 it, and look whether its keys are the right ones" },
        { "all write", NULL, 0646,
          PUB ": others can write this file (mode 0646), and so say whom this host trusts: chmod "
              "0644 it, and look whether its keys are the right ones" },
};

/* Nothing stands in for a mesh whose keys are not known. */
static void trust_row(gconstpointer data)
{
        const TrustRow *row = data;
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) loaded = { 0 };

        root_init(&root);
        wattle_report_init(&report);
        put_row(&root, &(SignedRow){ .text = SIGNED("7"),
                                     .signer = SIGNER_OURS,
                                     .last = SIGNED("7"),
                                     .last_signer = SIGNER_OURS });
        if (row->content)
                root_put(&root, &PUB[1], row->content, row->mode);
        else
                put_trust(&root, &PUB[1], row->mode);
        g_assert_false(
                wattle_mesh_load(&loaded, root.fd, "home", WATTLE_LOAD_OR_LAST_GOOD, &report));
        check_faults(&report, row->faults);
}

/* Wherever the keys stand, and wherever the mesh does. */
static void trust_of_a_vendor(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) loaded = { 0 };

        root_init(&root);
        wattle_report_init(&report);
        put_trust(&root, &(WATTLE_VENDORDIR "/home.pub")[1], 0644);
        put(&root, ETC, "home.mesh", SIGNED("7"));
        g_assert_false(wattle_mesh_load(&loaded, root.fd, "home", WATTLE_LOAD_PRESENT, &report));
        g_assert_cmpuint(report.n_errors, ==, 1);
}

static void signed_by_path(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 }, unsigned_report = { 0 };
        g_auto(WattleMesh) good = { 0 }, unsigned_mesh = { 0 };
        g_autofree char *path = NULL;

        root_init(&root);
        wattle_report_init(&report);
        wattle_report_init(&unsigned_report);
        root_put(&root, "home.mesh", SIGNED("7"), 0644);
        put_trust(&root, "home.pub", 0644);
        path = g_build_filename(root.path, "home.mesh", NULL);
        g_assert_false(wattle_mesh_load_file(&unsigned_mesh, path, &unsigned_report));
        put_signed(&root, "home.mesh", SIGNED("7"), ".minisig", ours);
        g_assert_true(wattle_mesh_load_file(&good, path, &report));
        g_assert_true(good.is_signed);
        check_faults(&report, "");
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
        int status;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        ours = wattle_signing_secret_generate();
        others = wattle_signing_secret_generate();
        g_test_add_func("/sys-load/precedence", precedence);
        g_test_add_func("/sys-load/list", list);
        g_test_add_func("/sys-load/local-settings", local_settings);
        g_test_add_func("/sys-load/unreadable", unreadable);
        g_test_add_func("/sys-load/not-a-folder", not_a_folder);
        g_test_add_func("/sys-load/faults-of-both", faults_of_both);
        add_rows("/sys-load/mesh", meshes, mesh_row);
        g_test_add_func("/sys-load/by-path", by_path);
        add_rows("/sys-load/signed", signed_rows, signed_row);
        add_rows("/sys-load/trust", trust_rows, trust_row);
        g_test_add_func("/sys-load/trust-of-a-vendor", trust_of_a_vendor);
        g_test_add_func("/sys-load/signed-by-path", signed_by_path);
        status = g_test_run();
        wattle_signing_secret_free(ours);
        wattle_signing_secret_free(others);
        return status;
}
