/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/signing.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/password.h"
#include "cli/print.h"
#include "common/error.h"
#include "common/language.h"
#include "common/sys/secret.h"
#include "common/words.h"

#define N_TRIES 3

char *wattle_signing_path(const char *given)
{
        return given ? g_strdup(given)
                     : g_build_filename(g_get_user_config_dir(), "wattle", "signing.key", NULL);
}

char *wattle_signing_describe(const WattleSigningKey *key)
{
        char id[WATTLE_SIGNING_ID_TEXT_MAX], words[WATTLE_WORDS_MAX];

        wattle_signing_id_format(key->id, id);
        wattle_words_format(key->bytes, words);
        return g_strdup_printf("%s (%s)", id, words);
}

/* The same one twice; NULL with an error if that did not come about in three tries. */
static char *ask_new_password(const char *path, GError **error)
{
        g_autofree char *prompt = g_strdup_printf(_("New password for %s: "), path);

        for (guint i = 0; i < N_TRIES; i++) {
                char *password = wattle_password_ask(prompt, error), *again;

                if (!password)
                        return NULL;
                if (!*password) {
                        wattle_print_error("an empty password protects nothing; --no-password "
                                           "makes a key without one");
                        sodium_free(password);
                        continue;
                }
                again = wattle_password_ask(_("The same again: "), error);
                if (again && strcmp(password, again) == 0) {
                        sodium_free(again);
                        return password;
                }
                sodium_free(password);
                if (!again)
                        return NULL;
                sodium_free(again);
                wattle_print_error("these are two passwords");
        }
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                            _("three times no password: nothing was made"));
        return NULL;
}

static gboolean write_secret(const char *path, const WattleSigningSecret *secret,
                             const char *password, GError **error)
{
        g_autofree char *folder = g_path_get_dirname(path);
        char *text = wattle_signing_secret_lock(secret, password, error);
        gboolean ok;

        if (!text)
                return FALSE;
        (void)g_mkdir_with_parents(folder, 0700); /* the file's own error says it better */
        ok = wattle_secret_write_text(AT_FDCWD, path, text, error);
        sodium_free(text);
        return ok;
}

WattleSigningSecret *wattle_signing_make(const char *path, gboolean no_password)
{
        g_autoptr(WattleSigningSecret) secret = NULL;
        g_autoptr(GError) error = NULL;
        char *password = NULL;
        struct stat st;
        gboolean ok;

        if (lstat(path, &st) == 0) {
                wattle_print_error("%s exists, and a key is never written over", path);
                return NULL;
        }
        if (!no_password)
                password = ask_new_password(path, &error);
        secret = wattle_signing_secret_generate();
        ok = (no_password || password) && write_secret(path, secret, password, &error);
        sodium_free(password);
        if (ok)
                return g_steal_pointer(&secret);
        wattle_print_error("%s", error->message);
        return NULL;
}

static WattleSigningSecret *unlock(const char *path, const WattleSigningSecretFile *file,
                                   GError **error)
{
        g_autofree char *prompt = g_strdup_printf(_("Password for %s: "), path);

        for (guint i = 0;; i++) {
                g_autoptr(GError) fault = NULL;
                char *password = wattle_password_ask(prompt, error);
                WattleSigningSecret *secret;

                if (!password)
                        return NULL;
                secret = wattle_signing_secret_unlock(file, password, &fault);
                sodium_free(password);
                if (secret)
                        return secret;
                if (i + 1 == N_TRIES ||
                    !g_error_matches(fault, WATTLE_ERROR, WATTLE_ERROR_INVALID)) {
                        g_propagate_prefixed_error(error, g_steal_pointer(&fault), "%s: ", path);
                        return NULL;
                }
                wattle_print_error("%s", fault->message);
        }
}

static gboolean read_file(const char *path, WattleSigningSecretFile *ret, GError **error)
{
        char *text =
                wattle_secret_read_text(AT_FDCWD, path, WATTLE_SIGNING_SECRET_MAX_BYTES, error);
        gboolean ok;

        if (!text)
                return FALSE;
        ok = wattle_signing_secret_file_read(text, strlen(text), ret, error);
        sodium_free(text);
        if (!ok)
                g_prefix_error(error, "%s: ", path);
        return ok;
}

WattleSigningSecret *wattle_signing_open(const char *path)
{
        g_auto(WattleSigningSecretFile) file = { 0 };
        g_autoptr(GError) error = NULL;
        WattleSigningSecret *secret = NULL;

        if (read_file(path, &file, &error))
                secret = file.is_locked ? unlock(path, &file, &error)
                                        : wattle_signing_secret_unlock(&file, NULL, &error);
        if (g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                wattle_print_error("%s: there is no signing key: 'wattle genkey --signing' makes "
                                   "one, and --signing-key= says where another one is",
                                   path);
        else if (error)
                wattle_print_error("%s", error->message);
        return secret;
}

gboolean wattle_signing_check_trusted(const WattleSigningKey *key, const WattleTrust *trust,
                                      WattleReport *report)
{
        char text[WATTLE_SIGNING_KEY_TEXT_MAX];

        for (guint i = 0; trust->path && i < trust->keys->len; i++)
                if (wattle_signing_key_equal(&g_array_index(trust->keys, WattleSigningKey, i), key))
                        return TRUE;
        if (!trust->path)
                return TRUE;
        wattle_signing_key_format(key, text);
        wattle_report_error(report, (WattlePlace){ trust->path, 0, 0 },
                            "does not have the key that this is to be signed with, and so no host "
                            "would take it: sign with one that is there, or first add the line "
                            "%s there and on every host",
                            text);
        return FALSE;
}
