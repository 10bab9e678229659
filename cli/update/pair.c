/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/pair.h"

#include <errno.h>

#include "cli/apply/signed-install.h"
#include "common/error.h"
#include "common/ini.h"
#include "common/language.h"
#include "common/profile-sign.h"
#include "common/sys/file.h"

void wattle_pair_clear(WattlePair *pair)
{
        g_clear_pointer(&pair->text, g_bytes_unref);
        g_clear_pointer(&pair->signature, g_bytes_unref);
}

gboolean wattle_pair_read(WattlePair *pair, int root_fd, const char *path, const WattleTrust *trust,
                          GError **error)
{
        gconstpointer data;
        gsize size;

        pair->text = wattle_read_file(root_fd, path + 1, WATTLE_INI_MAX_BYTES, error);
        if (!pair->text) {
                g_prefix_error(error, "%s: ", path);
                return FALSE;
        }
        if (trust->path) {
                pair->signature = wattle_trust_find_signature(trust, root_fd, path + 1, pair->text);
                if (!pair->signature) {
                        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                                    _("%s: is not signed by a key of %s"), path, trust->path);
                        return FALSE;
                }
        }
        data = g_bytes_get_data(pair->text, &size);
        wattle_lineage_read(data, size, &pair->lineage);
        return TRUE;
}

gboolean wattle_pair_equal(const WattlePair *a, const WattlePair *b)
{
        return g_bytes_equal(a->text, b->text);
}

static gboolean write_pair(const WattlePair *pair, int root_fd, const char *path,
                           const WattleTrust *trust, GError **error)
{
        gsize size;
        const char *text = g_bytes_get_data(pair->text, &size);

        if (pair->signature)
                return wattle_signed_install(trust, root_fd, path + 1, pair->text, pair->signature,
                                             error);
        return wattle_write_file(root_fd, path + 1, 0644, text, size, error);
}

gboolean wattle_pair_install(const WattlePair *pair, int root_fd, const char *path,
                             const WattleTrust *trust, GError **error)
{
        g_autofree char *folder = g_path_get_dirname(path);
        g_auto(WattlePair) there = { 0 };

        if (wattle_pair_read(&there, root_fd, path, trust, NULL) && wattle_pair_equal(&there, pair))
                return wattle_signed_settle(trust, root_fd, path + 1, error);
        return wattle_make_folders(root_fd, path + 1, error) &&
               write_pair(pair, root_fd, path, trust, error) &&
               wattle_sync_folder(root_fd, path + 1, error) &&
               wattle_sync_folder(root_fd, folder + 1, error);
}

static gboolean remove_file(int root_fd, const char *path, const char *suffix, GError **error)
{
        g_autofree char *file = g_strconcat(path, suffix, NULL);

        return wattle_below_unlink(root_fd, file + 1) == 0 || errno == ENOENT ||
               wattle_error_set_errno(error, errno, "%s", file);
}

gboolean wattle_pair_remove(int root_fd, const char *path, GError **error)
{
        return remove_file(root_fd, path, "", error) &&
               remove_file(root_fd, path, WATTLE_SIGNATURE_SUFFIX, error) &&
               remove_file(root_fd, path, WATTLE_SIGNATURE_SUFFIX WATTLE_SIGNATURE_NEXT_SUFFIX,
                           error);
}
