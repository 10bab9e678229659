/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/keyfile.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "common/language.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/secret.h"
#include "common/words.h"

static gboolean print_new_key(void)
{
        char text[WATTLE_KEY_TEXT_MAX + 1];
        g_auto(WattleKey) key = { 0 };
        gboolean ok;

        wattle_key_generate(&key);
        wattle_key_format(&key, text);
        text[WATTLE_KEY_TEXT_MAX - 1] = '\n';
        text[WATTLE_KEY_TEXT_MAX] = '\0';
        ok = wattle_print_secret(text);
        sodium_memzero(text, sizeof text);
        return ok;
}

/* networkd reads keys after it has dropped its privileges. */
static gboolean write_key(const WattleCli *cli, const char *file, const WattleKey *key,
                          GError **error)
{
        gid_t gid;
        gboolean has_gid = geteuid() == 0 && wattle_cli_networkd_gid(cli, &gid);

        if (wattle_make_folders(cli->root_fd, file + 1, error) &&
            wattle_secret_write(cli->root_fd, file + 1, key, has_gid ? &gid : NULL, error))
                return TRUE;
        g_prefix_error(error, "/");
        return FALSE;
}

static void print_public_key(const WattleKey *private_key)
{
        char text[WATTLE_KEY_TEXT_MAX];
        WattleKey public_key;

        wattle_key_derive_public(private_key, &public_key);
        wattle_key_format(&public_key, text);
        wattle_print(stdout, "%s\n", text);
}

/* The admin sees the same when he lets it in. */
static void print_words(const WattleKey *private_key)
{
        char words[WATTLE_WORDS_MAX];
        WattleKey public_key;

        wattle_key_derive_public(private_key, &public_key);
        wattle_words_format(public_key.bytes, words);
        wattle_print(stderr, "its six words, which the admin sees too: %s\n", words);
}

static gboolean make_key_file(const WattleCli *cli, const char *mesh, const char *file)
{
        g_auto(WattleKey) key = { 0 };
        g_autoptr(GError) error = NULL;
        struct stat st;

        if (wattle_below_lstat(cli->root_fd, file + 1, &st) == 0 && S_ISREG(st.st_mode) &&
            st.st_size == 0) {
                wattle_print_error("%s is empty and no key: remove it, and run this again", file);
                return FALSE;
        }
        if (wattle_below_lstat(cli->root_fd, file + 1, &st) == 0) {
                wattle_print_error("%s exists, and a key is never written over: 'wattle pubkey %s' "
                                   "shows its public half",
                                   file, mesh);
                return FALSE;
        }
        wattle_key_generate(&key);
        if (!write_key(cli, file, &key, &error)) {
                wattle_print_error("%s", error->message);
                return FALSE;
        }
        wattle_print(stderr, "%s: made\n", file);
        print_words(&key);
        wattle_print(stderr, "its public half, for the admin of the mesh:\n");
        print_public_key(&key);
        return TRUE;
}

static gboolean make_signing_key(const char *given, gboolean no_password)
{
        g_autofree char *path = wattle_signing_path(given), *who = NULL;
        g_autoptr(WattleSigningSecret) secret = wattle_signing_make(path, no_password);
        char text[WATTLE_SIGNING_KEY_TEXT_MAX];
        WattleSigningKey key;

        if (!secret)
                return FALSE;
        wattle_signing_secret_get_public(secret, &key);
        wattle_signing_key_format(&key, text);
        who = wattle_signing_describe(&key);
        wattle_print(stderr,
                     "%s: made, key %s; its public half, for %s/MESH.pub on every "
                     "host:\n",
                     path, who, WATTLE_CONFDIR);
        wattle_print(stdout, "%s\n", text);
        return TRUE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_auto(WattleReport) report = { 0 };
        gboolean signing = FALSE, no_password = FALSE;
        g_autofree char *file = NULL;
        g_autoptr(GError) error = NULL;
        const GOptionEntry options[] = {
                { "signing", 0, 0, G_OPTION_ARG_NONE, &signing,
                  N_("make a key that signs meshes; FILE, else ~/.config/wattle/signing.key"),
                  NULL },
                { "no-password", 0, 0, G_OPTION_ARG_NONE, &no_password,
                  N_("leave the signing key without one: who has the file can sign"), NULL },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_genkey, options, argv, &operands))
                return cli->status;
        if (signing)
                return make_signing_key(operands[0], no_password) ? EXIT_SUCCESS : EXIT_FAILURE;
        if (no_password)
                return wattle_cli_usage(&wattle_verb_genkey, "--no-password goes with --signing");
        if (!operands[0])
                return print_new_key() ? EXIT_SUCCESS : EXIT_FAILURE;
        if (!wattle_identifier_check(operands[0], WATTLE_MESH_NAME_MAX, &error))
                return wattle_cli_usage(&wattle_verb_genkey, "MESH: %s", error->message);
        wattle_report_init(&report);
        file = wattle_key_file_of_mesh(cli, operands[0], &report);
        wattle_print_report(&report);
        return file && make_key_file(cli, operands[0], file) ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_genkey = {
        .name = "genkey",
        .operands = "[MESH|FILE]",
        .n_min = 0,
        .n_max = 1,
        .summary = N_("make this host's private key"),
        .description = N_(
                "With MESH, makes the private key of this host for it, CONFDIR/MESH.key or what\n"
                "PrivateKeyFile= says, and prints the public half for the admin of the mesh. A key\n"
                "that is there is never written over. Without MESH, prints a private key as\n"
                "'wg genkey' does. With --signing, makes the admin's key in minisign's format."),
        .example = "wattle genkey home",
        .run = run,
};
