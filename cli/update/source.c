/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/port-table.h"
#include "common/profile-sign.h"
#include "common/scalar.h"
#include "common/signature.h"
#include "common/sys/file.h"

void wattle_update_source_clear(WattleUpdateSource *source)
{
        g_clear_pointer(&source->name, g_free);
        g_clear_pointer(&source->at, g_free);
        g_clear_pointer(&source->interface, g_free);
}

gboolean wattle_update_source_parse(const char *text, const char *mesh, WattleUpdateSource *source,
                                    GError **error)
{
        struct stat st;

        if (strstr(text, "://")) {
                if (!wattle_url_check(text, error))
                        return FALSE;
                source->kind = WATTLE_UPDATE_SOURCE_URL;
                source->at = g_strdup(text);
        } else {
                source->kind = WATTLE_UPDATE_SOURCE_FILE;
                source->at = stat(text, &st) == 0 && S_ISDIR(st.st_mode)
                                     ? g_strdup_printf("%s/%s" WATTLE_MESH_SUFFIX, text, mesh)
                                     : g_strdup(text);
        }
        source->name = g_strdup(source->at);
        return TRUE;
}

void wattle_update_source_of_peer(const char *mesh, const char *device, const WattleAddr *address,
                                  const char *interface, WattleUpdateSource *source)
{
        char text[WATTLE_ADDR_TEXT_MAX];

        wattle_addr_format(address, text);
        source->kind = WATTLE_UPDATE_SOURCE_PEER;
        source->name = g_strdup(device);
        source->at = g_strdup_printf(address->family == AF_INET6 ? "http://[%s]:%d/%s%s"
                                                                 : "http://%s:%d/%s%s",
                                     text, WATTLE_PROFILE_PORT, mesh, WATTLE_MESH_SUFFIX);
        source->interface = g_strdup(interface);
}

static GBytes *read_local(const char *path, gsize max, GError **error)
{
        GBytes *bytes = wattle_read_file(AT_FDCWD, path, max, error);

        if (!bytes)
                g_prefix_error(error, "%s: ", path);
        return bytes;
}

static GBytes *get(const WattleUpdateSource *source, const char *suffix, gsize max,
                   guint64 timeout_s, WattleFetchProgress progress, gpointer data, GError **error)
{
        g_autofree char *at = g_strconcat(source->at, suffix, NULL);

        if (source->kind == WATTLE_UPDATE_SOURCE_FILE)
                return read_local(at, max, error);
        return wattle_fetch(WATTLE_FETCH_PATH,
                            &(WattleFetchRequest){ .url = at,
                                                   .interface = source->interface,
                                                   .limit = max,
                                                   .timeout_s = timeout_s },
                            progress, data, error);
}

/* One connection and one process on both sides; and what is changed meanwhile is not torn. */
static gboolean get_joined(const WattleUpdateSource *source, WattleOffer *offer,
                           WattleFetchProgress progress, gpointer data, GError **error)
{
        g_autoptr(GBytes) joined =
                get(source, WATTLE_PAIR_SUFFIX, WATTLE_FETCH_MAX_LIMIT, 0, progress, data, error);

        if (!joined)
                return FALSE;
        wattle_signature_split(joined, &offer->signature, &offer->text);
        offer->name = g_strdup(source->name);
        return TRUE;
}

/* The signature first: it is small, and says at once that there is none. */
static gboolean get_both(const WattleUpdateSource *source, WattleOffer *offer,
                         WattleFetchProgress progress, gpointer data, GError **error)
{
        g_autoptr(GBytes) signature =
                get(source, WATTLE_SIGNATURE_SUFFIX, WATTLE_SIGNATURE_MAX_BYTES, source->timeout_s,
                    NULL, NULL, error);

        if (!signature)
                return FALSE;
        offer->text = get(source, "", WATTLE_INI_MAX_BYTES, 0, progress, data, error);
        if (!offer->text)
                return FALSE;
        offer->signature = g_steal_pointer(&signature);
        offer->name = g_strdup(source->name);
        return TRUE;
}

/* Who asks for little time wants to know soon whether anybody is there. An older wattle has but the
 * two files. */
gboolean wattle_update_source_get(const WattleUpdateSource *source, WattleOffer *offer,
                                  WattleFetchProgress progress, gpointer data, GError **error)
{
        g_autoptr(GError) why = NULL;

        if (source->kind != WATTLE_UPDATE_SOURCE_PEER || source->timeout_s > 0)
                return get_both(source, offer, progress, data, error);
        if (get_joined(source, offer, progress, data, &why))
                return TRUE;
        if (g_error_matches(why, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                return get_both(source, offer, progress, data, error);
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
}
