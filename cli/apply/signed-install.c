/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/signed-install.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/paths.h"
#include "common/profile-sign.h"
#include "common/sys/file.h"

/* Names beside a profile. */
typedef struct {
        char *text, *signature, *next;
} Names;

static void names_clear(Names *names)
{
        g_free(names->text);
        g_free(names->signature);
        g_free(names->next);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Names, names_clear)

static void names_init(Names *names, const char *path)
{
        names->text = g_strdup(path);
        names->signature = g_strconcat(path, WATTLE_SIGNATURE_SUFFIX, NULL);
        names->next = g_strconcat(names->signature, WATTLE_SIGNATURE_NEXT_SUFFIX, NULL);
}

static gboolean put(int dir_fd, const char *path, GBytes *bytes, GError **error)
{
        gsize size;
        const char *data = g_bytes_get_data(bytes, &size);

        return wattle_write_file(dir_fd, path, 0644, data, size, error) &&
               wattle_sync_folder(dir_fd, path, error);
}

static gboolean settle(int dir_fd, const Names *names, GError **error)
{
        if (wattle_below_rename(dir_fd, names->next, names->signature) < 0)
                return wattle_error_set_errno(error, errno, "%s", names->signature);
        return wattle_sync_folder(dir_fd, names->signature, error);
}

/* Killed before its last step, a run has left the signature of what stands there as .minisig.new
 * alone: it must not be written over. */
static gboolean settle_leftover(const WattleTrust *trust, int dir_fd, const Names *names,
                                GError **error)
{
        g_autoptr(GBytes) text = NULL, next = NULL, found = NULL;

        if (!trust->path ||
            !(next = wattle_read_file(dir_fd, names->next, WATTLE_SIGNATURE_MAX_BYTES, NULL)))
                return TRUE;
        text = wattle_read_file(dir_fd, names->text, WATTLE_INI_MAX_BYTES, NULL);
        found = text ? wattle_trust_find_signature(trust, dir_fd, names->text, text) : NULL;
        return !found || !g_bytes_equal(found, next) || settle(dir_fd, names, error);
}

gboolean wattle_signed_begin(const WattleTrust *trust, int dir_fd, const char *path,
                             GBytes *signature, GError **error)
{
        g_auto(Names) names = { 0 };

        names_init(&names, path);
        return settle_leftover(trust, dir_fd, &names, error) &&
               put(dir_fd, names.next, signature, error);
}

gboolean wattle_signed_end(int dir_fd, const char *path, GError **error)
{
        g_auto(Names) names = { 0 };

        names_init(&names, path);
        return settle(dir_fd, &names, error);
}

gboolean wattle_signed_install(const WattleTrust *trust, int dir_fd, const char *path, GBytes *text,
                               GBytes *signature, GError **error)
{
        return wattle_signed_begin(trust, dir_fd, path, signature, error) &&
               put(dir_fd, path, text, error) && wattle_signed_end(dir_fd, path, error);
}

/* Whether the pair is there already, whole. */
static gboolean is_kept(const WattleTrust *trust, int root_fd, const char *path, GBytes *text)
{
        g_autoptr(GBytes) kept = wattle_read_file(root_fd, path, WATTLE_INI_MAX_BYTES, NULL);
        g_autoptr(GBytes) signature = NULL;

        if (!kept || !g_bytes_equal(kept, text))
                return FALSE;
        signature = wattle_trust_find_signature(trust, root_fd, path, kept);
        return signature != NULL;
}

static gboolean keep(const WattleTrust *trust, int root_fd, const char *mesh, GBytes *text,
                     GBytes *signature, GError **error)
{
        g_autofree char *last = wattle_paths_last_good(mesh);
        g_autofree char *folder = g_path_get_dirname(last);
        g_auto(Names) names = { 0 };

        names_init(&names, last + 1);
        if (is_kept(trust, root_fd, last + 1, text))
                return settle_leftover(trust, root_fd, &names, error);
        return wattle_make_folders(root_fd, last + 1, error) &&
               wattle_sync_folder(root_fd, folder + 1, error) &&
               wattle_signed_install(trust, root_fd, last + 1, text, signature, error);
}

gboolean wattle_signed_keep_last_good(int root_fd, const char *mesh, guint64 serial, GError **error)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTrust) trust = { 0 };
        g_autofree char *path = wattle_mesh_find(root_fd, mesh);
        g_autoptr(GBytes) text = NULL, signature = NULL;
        WattleLineage lineage;
        gconstpointer data;
        gsize size;

        wattle_report_init(&report);
        if (!path || !wattle_mesh_read_trust(&trust, root_fd, mesh, &report) || !trust.path)
                return TRUE;
        text = wattle_read_file(root_fd, path + 1, WATTLE_INI_MAX_BYTES, error);
        if (!text)
                return FALSE;
        data = g_bytes_get_data(text, &size);
        wattle_lineage_read(data, size, &lineage);
        signature = wattle_trust_find_signature(&trust, root_fd, path + 1, text);
        return !signature || lineage.serial != serial ||
               keep(&trust, root_fd, mesh, text, signature, error);
}
