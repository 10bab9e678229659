/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tailscale/key.h"

#include <fcntl.h>
#include <string.h>

#include "common/error.h"
#include "common/sys/file.h"
#include "common/text.h"

#define MAX_BYTES 4096

/* Of secrets of an OAuth client, which alone take parameters. */
#define CLIENT_PREFIX "tskey-client-"

void wattle_tailscale_key_clear(WattleTailscaleKey *key)
{
        if (key->text)
                explicit_bzero(key->text, strlen(key->text));
        g_clear_pointer(&key->text, g_free);
}

/* One word, blanks and line ends around it left out. */
static gboolean take(WattleTailscaleKey *key, GBytes *bytes, GError **error)
{
        gsize size;
        char *text = g_bytes_unref_to_data(bytes, &size);
        gsize length = 0, start = 0;

        while (start < size && g_ascii_isspace(text[start]))
                start++;
        while (start + length < size && g_ascii_isgraph(text[start + length]))
                length++;
        if (length > 0)
                key->text = g_strndup(text + start, length);
        for (start += length; start < size && g_ascii_isspace(text[start]);)
                start++;
        explicit_bzero(text, size);
        g_free(text);
        return (key->text && start == size) ||
               wattle_error_refuse(error, "it has to hold one key, and nothing else");
}

static gboolean read_key(WattleTailscaleKey *key, int dir_fd, const char *path, GError **error)
{
        GBytes *bytes = wattle_read_file(dir_fd, path, MAX_BYTES, error);

        return bytes && take(key, bytes, error);
}

static gboolean read_credential(WattleTailscaleKey *key, const char *name, const char *credentials,
                                GError **error)
{
        g_autofree char *file = g_strdup_printf("wattle.%s.auth-key", name);
        g_autofree char *path = credentials ? g_build_filename(credentials, file, NULL) : NULL;

        if (!path || !wattle_path_exists(AT_FDCWD, path))
                return TRUE;
        if (read_key(key, AT_FDCWD, path, error))
                return TRUE;
        g_prefix_error(error, "credential %s: ", file);
        return FALSE;
}

static gboolean read_named(WattleTailscaleKey *key, int root_fd, const WattleLocalName *file,
                           GError **error)
{
        g_autofree char *place = wattle_place_format(file->place);

        if (read_key(key, root_fd, file->value + 1, error))
                return TRUE;
        g_prefix_error(error, "%s: AuthKeyFile: %s: ", place, file->value);
        return FALSE;
}

static gboolean check_parameters(const WattleTailscaleKey *key, const WattleTailnet *tailnet,
                                 GError **error)
{
        const WattlePlace *place = tailnet->ephemeral.given       ? &tailnet->ephemeral.place
                                   : tailnet->preauthorized.given ? &tailnet->preauthorized.place
                                   : tailnet->base_url.value      ? &tailnet->base_url.place
                                                                  : NULL;
        g_autofree char *text = place ? wattle_place_format(*place) : NULL;

        return !key->text || !place || g_str_has_prefix(key->text, CLIENT_PREFIX) ||
               wattle_error_refuse(error,
                                   "%s: Ephemeral=, Preauthorized= and BaseURL= are for a client "
                                   "secret, which begins with " CLIENT_PREFIX
                                   "; the key is another",
                                   text);
}

gboolean wattle_tailscale_key_read(WattleTailscaleKey *key, int root_fd,
                                   const WattleTailnet *tailnet, const char *name,
                                   const char *credentials, GError **error)
{
        gboolean ok = tailnet->auth_key_file.value
                              ? read_named(key, root_fd, &tailnet->auth_key_file, error)
                              : read_credential(key, name, credentials, error);

        return ok && check_parameters(key, tailnet, error);
}

gboolean wattle_tailscale_key_write(const WattleTailscaleKey *key, const char *parameters,
                                    const char *path, GError **error)
{
        g_autofree char *text = g_strconcat(key->text, parameters, NULL);
        gboolean ok = wattle_write_new_file(AT_FDCWD, path, 0600, NULL, text, strlen(text), error);

        explicit_bzero(text, strlen(text));
        return ok;
}

char *wattle_tailscale_key_hide(const WattleTailscaleKey *key, const char *text)
{
        g_auto(GStrv) parts = key->text ? g_strsplit(text, key->text, -1) : NULL;
        g_autofree char *hidden = parts ? g_strjoinv("[key]", parts) : NULL;

        return wattle_text_clean(hidden ? hidden : text);
}
