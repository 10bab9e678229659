/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/import/host.h"

#include <string.h>

#include "common/error.h"
#include "common/scalar.h"

/* More words than that are a remark, and no name. */
#define MAX_WORDS 3

static void peer_clear(gpointer data)
{
        g_array_unref(((WattleImportPeer *)data)->allowed);
}

static void host_free(gpointer data)
{
        WattleImportHost *host = data;

        g_array_unref(host->addresses);
        g_array_unref(host->peers);
        g_free(host);
}

void wattle_import_init(WattleImport *import)
{
        *import = (WattleImport){ .arena = wattle_arena_new(),
                                  .hosts = g_ptr_array_new_with_free_func(host_free) };
}

void wattle_import_clear(WattleImport *import)
{
        g_clear_pointer(&import->hosts, g_ptr_array_unref);
        g_clear_pointer(&import->arena, wattle_arena_unref);
}

WattleImportHost *wattle_import_add_host(WattleImport *import, WattlePlace place)
{
        WattleImportHost *host = g_new0(WattleImportHost, 1);

        host->place = place;
        host->addresses = g_array_new(FALSE, FALSE, sizeof(WattleImportRange));
        host->peers = g_array_new(FALSE, FALSE, sizeof(WattleImportPeer));
        g_array_set_clear_func(host->peers, peer_clear);
        g_ptr_array_add(import->hosts, host);
        return host;
}

WattleImportPeer *wattle_import_add_peer(WattleImportHost *host, WattlePlace place)
{
        WattleImportPeer peer = { .place = place };

        peer.allowed = g_array_new(FALSE, FALSE, sizeof(WattleImportRange));
        g_array_append_val(host->peers, peer);
        return &g_array_index(host->peers, WattleImportPeer, host->peers->len - 1);
}

gboolean wattle_import_range_parse(const char *text, WattlePlace place, WattleImportRange *ret,
                                   GError **error)
{
        const char *slash = strchr(text, '/');
        g_autofree char *addr = slash ? g_strndup(text, (gsize)(slash - text)) : g_strdup(text);
        WattleImportRange range = { .place = place };
        guint64 length;

        if (!wattle_addr_parse(addr, &range.addr, error))
                return FALSE;
        length = wattle_addr_bits(&range.addr);
        if (slash && !wattle_uint_parse(slash + 1, 0, length, &length, NULL))
                return wattle_error_refuse(error, "'%s': a prefix length is 0 to %u", text,
                                           wattle_addr_bits(&range.addr));
        range.length = (guint8)length;
        *ret = range;
        return TRUE;
}

WattlePrefix wattle_import_range_prefix(const WattleImportRange *range)
{
        return wattle_prefix_around(&range->addr, range->length);
}

static gboolean is_label_character(char c)
{
        return g_ascii_isalnum(c) || c == '-';
}

char *wattle_import_label(const char *words)
{
        g_autoptr(GString) label = g_string_new(NULL);
        guint n_words = 0;

        for (const char *p = words; *p; p++) {
                if (g_ascii_isspace(*p) && !g_ascii_isspace(p[1]) && p[1])
                        n_words++;
                if (is_label_character(*p))
                        g_string_append_c(label, g_ascii_tolower(*p));
                else if (label->len > 0 && label->str[label->len - 1] != '-')
                        g_string_append_c(label, '-');
        }
        while (label->len > 0 && label->str[label->len - 1] == '-')
                g_string_truncate(label, label->len - 1);
        if (n_words >= MAX_WORDS || strchr(words, '=') || !wattle_label_check(label->str, NULL))
                return NULL;
        return g_string_free(g_steal_pointer(&label), FALSE);
}

static gboolean is_interface(const char *stem)
{
        return g_str_has_prefix(stem, "wg") && strspn(stem + 2, "0123456789") == strlen(stem + 2);
}

/* Behind "Name: " and its like; NULL: the comment does not begin so. */
static const char *skip_opening(const char *text)
{
        static const char *const openings[] = { "Name", "Client", "Peer", "Host", "Device" };

        for (guint i = 0; i < G_N_ELEMENTS(openings); i++) {
                gsize n = strlen(openings[i]);
                gsize blanks = g_ascii_strncasecmp(text, openings[i], n) == 0
                                       ? strspn(text + n, " \t=:")
                                       : 0;

                if (blanks > 0 && text[n + blanks])
                        return text + n + blanks;
        }
        return NULL;
}

/* As "Created at: 2025-03-02". */
static gboolean is_other_field(const char *text)
{
        const char *colon = strchr(text, ':');

        return colon && (!colon[1] || g_ascii_isspace(colon[1]));
}

void wattle_import_comment_read(WattleImportComment *comment, const char *text)
{
        const char *words = text + strspn(text, "#; \t");
        const char *said = skip_opening(words);
        char *label =
                said || !is_other_field(words) ? wattle_import_label(said ? said : words) : NULL;

        if (!label || (comment->is_said && !said)) {
                g_free(label);
                return;
        }
        wattle_import_comment_clear(comment);
        *comment = (WattleImportComment){ label, said != NULL };
}

void wattle_import_comment_clear(WattleImportComment *comment)
{
        g_clear_pointer(&comment->name, g_free);
        comment->is_said = FALSE;
}

/* From "25-wg0" and "10-netplan-wg0": wg0. */
static const char *without_order(const char *stem)
{
        gsize digits = strspn(stem, "0123456789");

        if (digits > 0 && stem[digits] == '-' && stem[digits + 1])
                stem += digits + 1;
        return g_str_has_prefix(stem, "netplan-") ? stem + strlen("netplan-") : stem;
}

char *wattle_import_label_of_path(const char *path)
{
        /* Where they are on the host itself */
        static const char *const folders[] = { ".", "wireguard", "network", "system-connections",
                                               "netplan" };
        g_autofree char *stem = g_path_get_basename(path), *folder = NULL, *name = NULL;
        char *dot = strrchr(stem, '.');

        if (dot && dot != stem)
                *dot = '\0';
        if (!is_interface(without_order(stem)))
                return wattle_import_label(without_order(stem));
        folder = g_path_get_dirname(path);
        if (g_str_has_suffix(folder, ".yaml") || g_str_has_suffix(folder, ".yml"))
                return wattle_import_label_of_path(folder);
        name = g_path_get_basename(folder);
        for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
                if (strcmp(name, folders[i]) == 0)
                        return NULL;
        return wattle_import_label(name);
}
