/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An invitation, held against what a host is, and what joining leaves there. */
#include "cli/join/join.h"

#include <sodium.h>
#include <string.h>

#include "cli/join/leave.h"
#include "common/paths.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "tests/unit/fixture.h"
#include "tests/unit/signed.h"

#define ETC (WATTLE_CONFDIR "/" + 1)

static WattleSigningSecret *ours, *others;
static WattleKey private_key; /* of the device that is invited */

/* A text to be carried, of a mesh whose invited device has our key, unless it is another. */
static char *invite(const char *serial, const char *extra, const WattleKey *key, gboolean with_key)
{
        char public_text[WATTLE_KEY_TEXT_MAX];
        g_autofree char *text = NULL;
        WattleKey public_key;

        wattle_key_derive_public(key, &public_key);
        wattle_key_format(&public_key, public_text);
        text = g_strdup_printf(
                "[Mesh]\nName=home\nSerial=%s\nInvitation=laptop\nSubnet=10.42.0.0/16\n"
                "[Device laptop]\nPublicKey=%s\nAddress=10.42.0.1\n"
                "[Device nas]\nPublicKey=" KEY_B
                "\nAddress=10.42.0.2\nPublicEndpoint=192.0.2.1:1\n%s",
                serial, public_text, extra);
        return make_invitation(ours, text, with_key ? key : NULL);
}

static void put(const Root *root, const char *name, const char *content, guint mode)
{
        g_autofree char *path = g_strconcat(ETC, name, NULL);

        root_put(root, path, content, mode);
}

static void put_key(const Root *root, const WattleKey *key)
{
        char text[WATTLE_KEY_TEXT_MAX];
        g_autofree char *line = NULL;

        wattle_key_format(key, text);
        line = g_strconcat(text, "\n", NULL);
        put(root, "home.key", line, 0600);
}

static void put_trust(const Root *root, const WattleSigningSecret *secret)
{
        char text[WATTLE_SIGNING_KEY_TEXT_MAX];
        WattleSigningKey key;

        wattle_signing_secret_get_public(secret, &key);
        wattle_signing_key_format(&key, text);
        put(root, "home.pub", text, 0644);
}

/* What stands there before, and what is said; error NULL: it may be joined. */
typedef struct {
        const char *name;
        gboolean has_key, has_other_key, with_key, trusts, trusts_others, has_mesh, is_waiting;
        gboolean is_masked;
        const char *settings; /* a file of them, with Enable=no */
        guint floor;
        const char *error;
} Row;

static const Row rows[] = {
        { "a new host", .has_key = TRUE },
        { "one whose key comes with it", .with_key = TRUE },
        { "one that has the key that comes", .with_key = TRUE, .has_key = TRUE },
        { "one that was here", .has_key = TRUE, .floor = 7 },
        { "one that trusts the signer", .has_key = TRUE, .trusts = TRUE },
        { "one that waits already", .has_key = TRUE, .trusts = TRUE, .is_waiting = TRUE },
        { "no key", .error = WATTLE_CONFDIR
                    "/home.key: there is no key yet: 'wattle genkey home' makes it, "
                    "and prints what the admin needs for an invitation" },
        { "another key", .has_other_key = TRUE,
          .error = WATTLE_CONFDIR
          "/home.key: this host's key is OTHER, and the invitation is for OURS, "
          "device laptop: give the admin ours, or take the invitation to the "
          "host that it is for" },
        { "another key than the one that comes", .with_key = TRUE, .has_other_key = TRUE,
          .error = WATTLE_CONFDIR
          "/home.key: this host's key is OTHER, and the invitation is for OURS, "
          "device laptop: give the admin ours, or take the invitation to the "
          "host that it is for" },
        { "other signers", .has_key = TRUE, .trusts_others = TRUE,
          .error = WATTLE_CONFDIR
          "/home.pub: does not have the key that signed this invitation: if it "
          "is of another mesh of that name, 'wattle leave home' removes it" },
        { "an older one", .has_key = TRUE, .floor = 8,
          .error =
                  "mail: it has serial 7, and this host had 8 of the mesh already: ask for a new one; "
                  "or, if that was another mesh of the same name, remove "
                  "/var/lib/wattle-update/home.state" },
        { "settings that say no", .has_key = TRUE, .settings = "20-local.conf",
          .error =
                  "the local settings of home have Enable=no: see " WATTLE_CONFDIR "/home.mesh.d" },
        { "one that was told to leave", .has_key = TRUE, .settings = "90-left.conf" },
        { "a mask", .has_key = TRUE, .is_masked = TRUE,
          .error = "the mesh home is masked here: remove the link to /dev/null that has its name" },
        { "a mesh that is here", .has_key = TRUE, .has_mesh = TRUE,
          .error = WATTLE_CONFDIR
          "/home.mesh: the mesh home is here already: 'wattle update home' gets a "
          "newer profile, and 'wattle leave home' makes room for another one" },
};

static char *without_keys(const char *text, const WattleKey *other)
{
        const WattleKey *const keys[] = { &private_key, other };
        static const char *const names[] = { "OURS", "OTHER" };
        g_autoptr(GString) result = g_string_new(text);

        for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
                char public_text[WATTLE_KEY_TEXT_MAX];
                WattleKey public_key;

                wattle_key_derive_public(keys[i], &public_key);
                wattle_key_format(&public_key, public_text);
                g_string_replace(result, public_text, names[i], 0);
        }
        return g_string_free(g_steal_pointer(&result), FALSE);
}

static void check(gconstpointer data)
{
        const Row *row = data;
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleJoin) join = { 0 };
        g_autofree char *text = invite("7", "", &private_key, row->with_key);
        g_autofree char *first = NULL, *said = NULL, *state = NULL;
        WattleKey other;
        gboolean ok;

        root_init(&root);
        wattle_report_init(&report);
        wattle_key_generate(&other);
        if (row->has_key || row->has_other_key)
                put_key(&root, row->has_key ? &private_key : &other);
        if (row->trusts || row->trusts_others)
                put_trust(&root, row->trusts ? ours : others);
        if (row->has_mesh)
                put(&root, "home.mesh", "[Mesh]\nSubnet=10.42.0.0/16\n", 0644);
        if (row->is_waiting)
                put(&root, "home.invite", text, 0644);
        if (row->settings) {
                g_autofree char *name = g_strconcat("home.mesh.d/", row->settings, NULL);

                put(&root, name, "[Local]\nEnable=no\n", 0644);
        }
        if (row->is_masked)
                root_link(&root, &(WATTLE_CONFDIR "/home.mesh")[1], "/dev/null");
        state = g_strdup_printf("[Profiles]\nFloor=%u\n", row->floor);
        root_put(&root, "var/lib/wattle-update/home.state", state, 0600);
        g_assert_true(wattle_join_read(&join, text, strlen(text), "mail", &report));
        ok = wattle_join_check(&join, root.fd, &report);
        first = ok ? NULL : wattle_report_first_error(&report);
        said = first ? without_keys(first, &other) : NULL;
        g_assert_cmpstr(said, ==, row->error);
}

/* With a settings file of the host's name, which is that of whoever runs the test. */
static void install(void)
{
        g_autofree char *host = wattle_host_name();
        g_autofree char *namesake =
                g_strdup_printf("[Device %s]\nPublicKey=" KEY_C "\nAddress=10.42.0.9\n", host);
        g_autofree char *text = invite("7", namesake, &private_key, TRUE);
        g_autofree char *list = NULL, *settings = NULL, *waiting = NULL;
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleJoin) join = { 0 };
        g_auto(WattleInvitation) public = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(GStrv) meshes = NULL;
        g_autoptr(WattleView) view = NULL;
        g_autoptr(GError) error = NULL;

        root_init(&root);
        wattle_report_init(&report);
        g_assert_true(wattle_join_read(&join, text, strlen(text), "mail", &report));
        g_assert_true(wattle_join_check(&join, root.fd, &report));
        for (guint i = 0; i < 2; i++)
                g_assert_true(wattle_join_install(&join, root.fd, NULL, &error));
        list = root_list(&root);
        g_assert_cmpstr(list, ==,
                        "0644 etc/wattle/home.invite\n0600 etc/wattle/home.key\n"
                        "0644 etc/wattle/home.mesh.d/50-joined.conf\n0644 etc/wattle/home.pub");
        settings = root_get(&root, "etc/wattle/home.mesh.d/50-joined.conf");
        g_assert_nonnull(strstr(settings, "ActivationPolicy=up\n"));
        g_assert_nonnull(strstr(settings, "Device=laptop\n"));
        /* Everybody may read it, so the key is not in it any more. */
        waiting = root_get(&root, "etc/wattle/home.invite");
        g_assert_true(wattle_invitation_parse(waiting, strlen(waiting), &public, &error));
        g_assert_false(public.has_private_key);

        /* It is the mesh until the profile is there. */
        meshes = wattle_mesh_list(root.fd, &report);
        g_assert_cmpstr(meshes[0], ==, "home");
        g_assert_true(wattle_mesh_load(&mesh, root.fd, "home", WATTLE_LOAD_PRESENT, &report));
        g_assert_true(mesh.is_invitation);
        view = wattle_host_view(root.fd, &mesh, NULL, WATTLE_OWNER_NETWORKD, &report);
        g_assert_cmpstr(view->self.name, ==, "laptop");
        g_assert_cmpuint(view->n_peers, ==, 2);
        check_faults(&report, "");
}

/* Whom the mesh may be signed by from now on, and which device this is where no file says so. */
static void several_signers(void)
{
        char keys[2][WATTLE_SIGNING_KEY_TEXT_MAX];
        g_autofree char *extra = NULL, *text = NULL, *pub = NULL, *expected = NULL,
                        *settings = NULL;
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleJoin) join = { 0 };
        g_autoptr(GError) error = NULL;
        WattleSigningKey key;

        wattle_signing_secret_get_public(ours, &key);
        wattle_signing_key_format(&key, keys[0]);
        wattle_signing_secret_get_public(others, &key);
        wattle_signing_key_format(&key, keys[1]);
        extra = g_strdup_printf("7\nSigningKeys=%s %s", keys[1], keys[0]);
        text = invite(extra, "", &private_key, FALSE);
        root_init(&root);
        wattle_report_init(&report);
        root_put(&root, "etc/credstore/network.wireguard.private.60-wattle-home", "x", 0600);
        put(&root, "home.mesh.d/90-left.conf", "[Local]\nEnable=no\n", 0644);
        g_assert_true(wattle_join_read(&join, text, strlen(text), "mail", &report));
        g_assert_true(wattle_join_check(&join, root.fd, &report));
        g_assert_true(wattle_join_install(&join, root.fd, NULL, &error));
        pub = root_get(&root, "etc/wattle/home.pub");
        expected = g_strdup_printf("%s\n%s\n", keys[1], keys[0]);
        g_assert_cmpstr(pub, ==, expected);
        settings = root_get(&root, "etc/wattle/home.mesh.d/50-joined.conf");
        g_assert_nonnull(strstr(settings, "Device=laptop\n"));
        g_assert_false(wattle_path_exists(root.fd, "etc/wattle/home.mesh.d/90-left.conf"));
}

/* One that nobody agreed to is no mesh, and a profile comes before an invitation. */
static void not_joined(void)
{
        g_autofree char *text = invite("7", "", &private_key, FALSE);
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(GStrv) meshes = NULL, waiting = NULL, none = NULL;
        g_autofree char *path = NULL;

        root_init(&root);
        wattle_report_init(&report);
        put(&root, "home.invite", text, 0644);
        meshes = wattle_mesh_list(root.fd, &report);
        g_assert_null(meshes[0]);
        waiting = wattle_invitation_list(root.fd);
        g_assert_cmpstr(waiting[0], ==, "home");
        g_assert_false(wattle_mesh_load(&mesh, root.fd, "home", WATTLE_LOAD_PRESENT, &report));
        put_trust(&root, ours);
        path = wattle_mesh_find_invitation(root.fd, "home");
        g_assert_cmpstr(path, ==, WATTLE_CONFDIR "/home.invite");
        root_link(&root, &(WATTLE_CONFDIR "/home.mesh")[1], "/dev/null");
        g_assert_null(wattle_mesh_find_invitation(root.fd, "home"));
        g_assert_cmpint(wattle_below_unlink(root.fd, &(WATTLE_CONFDIR "/home.mesh")[1]), ==, 0);
        put(&root, "home.mesh", "[Mesh]\nSubnet=10.42.0.0/16\n", 0644);
        none = wattle_invitation_list(root.fd);
        g_assert_null(none[0]);
        g_assert_null(wattle_mesh_find_invitation(root.fd, "home"));
}

/* What stands there, and whether 'wattle leave' has something to do though there is no profile. */
static void due(void)
{
        static const char *const paths[] = { "etc/wattle/home.pub", "etc/wattle/home.invite",
                                             "run/wattle/home.pending" };
        g_auto(Root) none = { 0 };

        for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
                g_auto(Root) root = { 0 };

                root_init(&root);
                root_put(&root, paths[i], "", 0644);
                g_assert_true(wattle_leave_is_due(root.fd, "home"));
                g_assert_false(wattle_leave_is_due(root.fd, "office"));
        }
        root_init(&none);
        root_put(&none, "etc/wattle/home.key", "", 0600);
        g_assert_false(wattle_leave_is_due(none.fd, "home"));
}

/* All that joining and updates made of it goes; what was written by hand, the key, and the Serial=
 * that it had got to stay. */
static void leave(void)
{
        static const char *const removed[] = {
                "home.invite",
                "home.mesh",
                "home.mesh.minisig",
                "home.mesh.minisig.new",
                "home.pub",
                "home.last/home.mesh",
                "home.next/home.mesh",
                "home.mesh.d/50-joined.conf",
                "home.mesh.d/90-left.conf",
        };
        g_auto(Root) root = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *list = NULL;

        root_init(&root);
        for (guint i = 0; i < G_N_ELEMENTS(removed); i++)
                put(&root, removed[i], "", 0644);
        put(&root, "home.key", "", 0600);
        put(&root, "home.mesh.d/local.conf", "", 0644);
        root_put(&root, "var/lib/wattle-update/home.state", "[Profiles]\nFloor=8\n", 0600);
        for (guint i = 0; i < 2; i++)
                g_assert_true(wattle_leave_remove(root.fd, "home", &error));
        list = root_list(&root);
        g_assert_cmpstr(list, ==,
                        "0600 etc/wattle/home.key\n0644 etc/wattle/home.mesh.d/local.conf\n"
                        "0644 run/wattle/home.pending\n0600 var/lib/wattle-update/home.state");
}

int main(int argc, char **argv)
{
        int result;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        ours = wattle_signing_secret_generate();
        others = wattle_signing_secret_generate();
        wattle_key_generate(&private_key);
        add_rows("/join/check", rows, check);
        g_test_add_func("/join/install", install);
        g_test_add_func("/join/several-signers", several_signers);
        g_test_add_func("/join/not-joined", not_joined);
        g_test_add_func("/leave/due", due);
        g_test_add_func("/leave/remove", leave);
        result = g_test_run();
        wattle_signing_secret_free(ours);
        wattle_signing_secret_free(others);
        return result;
}
