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

gboolean wattle_signed_settle(const WattleTrust *trust, int dir_fd, const char *path,
                              GError **error)
{
        g_auto(Names) names = { 0 };

        names_init(&names, path);
        return settle_leftover(trust, dir_fd, &names, error);
}
