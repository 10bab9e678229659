/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/apply/signed-install.h"
#include "cli/diff.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "common/error.h"
#include "common/ini.h"
#include "common/paths.h"
#include "common/profile-sign.h"
#include "common/sys/file.h"

/* An edit takes some milliseconds; so long others may keep us waiting. */
#define LOCK_WAIT_S 10

static WattlePlace place_of(const char *name)
{
        return (WattlePlace){ name, 0, 0 };
}

static void unlock(WattleEditor *editor)
{
        if (editor->is_locked)
                close(editor->lock_fd);
        if (editor->has_folder)
                close(editor->folder_fd);
        editor->is_locked = editor->has_folder = FALSE;
}

void wattle_editor_clear(WattleEditor *editor)
{
        unlock(editor);
        g_clear_pointer(&editor->name, g_free);
        g_clear_pointer(&editor->path, g_free);
        g_clear_pointer(&editor->base, g_free);
        g_clear_pointer(&editor->text, g_free);
        g_clear_pointer(&editor->profile, wattle_profile_free);
        g_clear_pointer(&editor->secret, wattle_signing_secret_free);
        wattle_trust_clear(&editor->trust);
}

/* The name and path of an installed mesh; a vendor's file is not the admin's to change. */
static gboolean find_installed(WattleEditor *editor, const WattleCli *cli, const char *mesh,
                               WattleReport *report)
{
        editor->name = wattle_cli_find(cli, mesh, report);
        if (!editor->name)
                return FALSE;
        if (g_str_has_suffix(editor->name, WATTLE_INVITATION_SUFFIX)) {
                wattle_report_error(report, place_of(editor->name),
                                    "is an invitation, and the profile is still to come: 'wattle "
                                    "status %s' says how it stands",
                                    mesh);
                return FALSE;
        }
        if (!g_str_has_prefix(editor->name, WATTLE_CONFDIR "/")) {
                wattle_report_error(report, place_of(editor->name),
                                    "is not yours to change: copy it to %s first", WATTLE_CONFDIR);
                return FALSE;
        }
        editor->path = g_strdup(editor->name);
        editor->is_installed = TRUE;
        editor->root_fd = cli->root_fd;
        return TRUE;
}

/* The path of an open file; NULL with ENOENT if another has taken its place. */
static char *path_of(int fd)
{
        g_autofree char *unnamed = g_strdup_printf("/proc/self/fd/%d", fd);

        return realpath(unnamed, NULL);
}

/* The file itself, without a link on the way. Below a root its links lead nowhere else. */
static char *find_target(const WattleEditor *editor)
{
        if (!editor->is_installed)
                return realpath(editor->path, NULL);
        for (;;) {
                g_auto(WattleFd) fd = wattle_below_open(editor->root_fd, editor->path, O_PATH, 0);
                char *target = fd < 0 ? NULL : path_of(fd);

                if (fd < 0 || target || errno != ENOENT)
                        return target;
        }
}

/* The folder where the file is in the end. Only the folder that this opens is written to: whoever
 * may swap it for a link would else send a file of root's elsewhere, with an owner of his choice.
 */
static gboolean open_folder(WattleEditor *editor)
{
        const struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                                      .resolve = RESOLVE_NO_SYMLINKS };
        g_autofree char *target = find_target(editor);
        g_autofree char *folder = target ? g_path_get_dirname(target) : NULL;

        if (!target)
                return FALSE;
        g_free(editor->base);
        editor->base = g_path_get_basename(target);
        editor->folder_fd = (int)syscall(SYS_openat2, AT_FDCWD, folder, &how, sizeof how);
        editor->has_folder = editor->folder_fd >= 0;
        return editor->has_folder;
}

static void stop_waiting(G_GNUC_UNUSED int number)
{
}

/* Whoever can read the file can lock it, and for ever: so long, and no longer. */
static gboolean lock_in_time(int fd)
{
        const struct sigaction stop = { .sa_handler = stop_waiting };
        struct sigaction before;
        gboolean ok;

        sigaction(SIGALRM, &stop, &before);
        alarm(LOCK_WAIT_S);
        ok = flock(fd, LOCK_EX) == 0;
        alarm(0);
        sigaction(SIGALRM, &before, NULL);
        return ok;
}

/* The lock is on the file itself, and who waited for it may hold it on one that has been replaced.
 * NFS locks only what is open for writing. */
static gboolean lock_once(WattleEditor *editor, gboolean *ret_current)
{
        const int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
        struct stat st;

        if (!open_folder(editor))
                return FALSE;
        editor->lock_fd = openat(editor->folder_fd, editor->base, O_RDWR | flags);
        if (editor->lock_fd < 0)
                editor->lock_fd = openat(editor->folder_fd, editor->base, O_RDONLY | flags);
        if (editor->lock_fd < 0)
                return FALSE;
        editor->is_locked = TRUE;
        if (!lock_in_time(editor->lock_fd) || fstat(editor->lock_fd, &editor->st) < 0 ||
            fstatat(editor->folder_fd, editor->base, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return FALSE;
        *ret_current = st.st_dev == editor->st.st_dev && st.st_ino == editor->st.st_ino;
        return TRUE;
}

static gboolean lock(WattleEditor *editor)
{
        gboolean current = FALSE;

        while (!current) {
                unlock(editor);
                if (!lock_once(editor, &current))
                        return FALSE;
        }
        return TRUE;
}

static void report_not_locked(const WattleEditor *editor, WattleReport *report)
{
        if (errno == EINTR)
                wattle_report_error(report, place_of(editor->name),
                                    "another process has held a lock on it for %d s: 'fuser -v' "
                                    "shows which",
                                    LOCK_WAIT_S);
        else
                wattle_report_error(report, place_of(editor->name), "%s", g_strerror(errno));
}

static gboolean read_text(WattleEditor *editor, WattleReport *report)
{
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) error = NULL;
        gconstpointer data;
        gsize size;

        if (!lock(editor)) {
                report_not_locked(editor, report);
                return FALSE;
        }
        bytes = wattle_read_file(editor->folder_fd, editor->base, WATTLE_INI_MAX_BYTES, &error);
        if (!bytes) {
                wattle_report_error(report, place_of(editor->name), "%s", error->message);
                return FALSE;
        }
        data = g_bytes_get_data(bytes, &size);
        if (size > 0 && memchr(data, '\0', size)) {
                wattle_report_error(report, place_of(editor->name), "has a NUL in it");
                return FALSE;
        }
        editor->text = g_strndup(data, size);
        return TRUE;
}

gboolean wattle_editor_open_text(WattleEditor *editor, const WattleCli *cli, const char *operand,
                                 WattleReport *report)
{
        if (!wattle_cli_is_mesh_name(cli, operand)) {
                editor->name = g_strdup(operand);
                editor->path = g_strdup(operand);
        } else if (!find_installed(editor, cli, operand, report)) {
                return FALSE;
        }
        return read_text(editor, report);
}

gboolean wattle_editor_open(WattleEditor *editor, const WattleCli *cli, const char *operand,
                            WattleReport *report)
{
        if (!wattle_editor_open_text(editor, cli, operand, report))
                return FALSE;
        editor->profile =
                wattle_profile_load(editor->text, strlen(editor->text), editor->name, report);
        return editor->profile != NULL;
}

gboolean wattle_editor_check_signature(WattleEditor *editor, const WattleCli *cli,
                                       const char *operand, WattleReport *report)
{
        int dir_fd = wattle_cli_is_mesh_name(cli, operand) ? cli->root_fd : AT_FDCWD;
        g_autoptr(GBytes) bytes = g_bytes_new(editor->text, strlen(editor->text));
        g_auto(WattleSigner) signer = { 0 };

        return wattle_mesh_read_trust(&editor->trust, dir_fd, operand, report) &&
               (!editor->trust.path ||
                wattle_trust_verify(&editor->trust, editor->folder_fd, editor->base, editor->name,
                                    bytes, &signer, report));
}

gboolean wattle_editor_open_key(WattleEditor *editor, const char *given, WattleReport *report)
{
        g_autofree char *path = wattle_signing_path(given);
        WattleSigningKey key;

        if (!editor->trust.path)
                return TRUE;
        editor->secret = wattle_signing_open(path);
        if (!editor->secret)
                return FALSE;
        wattle_signing_secret_get_public(editor->secret, &key);
        return wattle_signing_check_trusted(&key, &editor->trust, report) &&
               (!editor->profile || wattle_profile_check_signed(editor->profile, &key, report));
}

/* Owner and mode are those of the old file before there is content. */
static gboolean fill(int fd, const struct stat *st, const char *text)
{
        if (((st->st_uid != geteuid() || st->st_gid != getegid()) &&
             fchown(fd, st->st_uid, st->st_gid) < 0) ||
            fchmod(fd, st->st_mode & 0777) < 0)
                return FALSE;
        return wattle_write_all(fd, text, strlen(text)) && fsync(fd) == 0;
}

/* Not wattle_write_file(), for two reasons: the new file belongs to whom the old one does, and its
 * temporary has a name of its own, lest one that is not ours be taken for it. */
static gboolean replace(const WattleEditor *editor, const char *text, GError **error)
{
        g_autofree char *temporary = g_strdup_printf("%s.%08x", editor->base, g_random_int());
        int fd = openat(editor->folder_fd, temporary,
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        gboolean ok;

        if (fd < 0)
                return wattle_error_set_errno(error, errno, "%s", editor->name);
        ok = fill(fd, &editor->st, text) &&
             renameat(editor->folder_fd, temporary, editor->folder_fd, editor->base) == 0;
        if (!ok) {
                wattle_error_set_errno(error, errno, "%s", editor->name);
                unlinkat(editor->folder_fd, temporary, 0);
        }
        close(fd);
        return ok;
}

/* A reader finds one of the two texts with its signature, whenever this is killed. */
static gboolean replace_signed(const WattleEditor *editor, const WattleProfile *profile,
                               const char *text, GError **error)
{
        char *minisig = wattle_profile_sign(profile, text, strlen(text), editor->secret);
        g_autoptr(GBytes) signature = g_bytes_new_take(minisig, strlen(minisig));

        return wattle_signed_begin(&editor->trust, editor->folder_fd, editor->base, signature,
                                   error) &&
               replace(editor, text, error) &&
               wattle_sync_folder(editor->folder_fd, editor->base, error) &&
               wattle_signed_end(editor->folder_fd, editor->base, error);
}

gboolean wattle_editor_write(const WattleEditor *editor, const WattleProfile *profile,
                             const char *text, const char *done)
{
        g_autoptr(GError) error = NULL;

        /* Who cannot be shown the change does not get it; main() says why. */
        if (fflush(stdout) != 0)
                return FALSE;
        if (!(editor->secret ? replace_signed(editor, profile, text, &error)
                             : replace(editor, text, &error))) {
                wattle_print_error("%s", error->message);
                return FALSE;
        }
        wattle_print(stderr, "%s: %s\n", editor->name, done);
        return TRUE;
}

gboolean wattle_editor_apply(const WattleEditor *editor, const GArray *edits, gboolean dry_run,
                             FILE *stream, const char *done)
{
        g_autofree char *text = wattle_profile_edit_apply(editor->text, edits);
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        wattle_report_init(&report);
        profile = wattle_profile_load(text, strlen(text), editor->name, &report);
        wattle_print_report(&report);
        if (!profile) {
                wattle_print_error("%s is as it was; the lines are those that it would have",
                                   editor->name);
                return FALSE;
        }
        wattle_print_diff(editor->name, editor->text, edits, stream);
        return dry_run || wattle_editor_write(editor, profile, text, done);
}

gboolean wattle_editor_is_current(const WattleEditor *editor, WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) now =
                wattle_read_file(editor->folder_fd, editor->base, WATTLE_INI_MAX_BYTES, &error);

        if (!now)
                wattle_report_error(report, place_of(editor->name), "%s", error->message);
        else if (g_bytes_get_size(now) != strlen(editor->text) ||
                 memcmp(g_bytes_get_data(now, NULL), editor->text, strlen(editor->text)) != 0)
                wattle_report_error(report, place_of(editor->name),
                                    "was changed meanwhile by a program that takes no lock");
        else
                return TRUE;
        return FALSE;
}

guint64 wattle_editor_next_serial(const WattleEditor *editor)
{
        return editor->profile->has_serial ? editor->profile->serial + 1 : 1;
}
