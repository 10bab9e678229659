/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/invitation.h"
#include "common/language.h"
#include "common/lineage.h"
#include "common/paths.h"
#include "common/profile-sign.h"
#include "common/revocations.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/heap.h"

#define LOCAL_SUFFIX     ".conf"
#define LOCAL_MAX_BYTES  (1024 * 1024)
#define LOCAL_DIR_SUFFIX WATTLE_MESH_SUFFIX ".d"

/* A mesh in memory takes some times its text. */
#define HEAP_FACTOR 6

/* Strongest first. Absolute for messages; below root_fd without the first slash. */
static const char *const folders[] = { WATTLE_CONFDIR, "/" WATTLE_RUN_DIR, WATTLE_VENDORDIR };

void wattle_mesh_clear(WattleMesh *mesh)
{
        g_clear_pointer(&mesh->path, g_free);
        g_clear_pointer(&mesh->profile, wattle_profile_free);
        wattle_local_clear(&mesh->local);
}

static gboolean is_absence(int error_number)
{
        return error_number == ENOENT || error_number == ENOTDIR;
}

char *wattle_load_find(int root_fd, const char *name, const char *suffix)
{
        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *path = g_strdup_printf("%s/%s%s", folders[i], name, suffix);
                struct stat st;

                if (wattle_below_lstat(root_fd, path + 1, &st) == 0 || !is_absence(errno))
                        return wattle_path_is_masked(root_fd, path + 1) ? NULL
                                                                        : g_steal_pointer(&path);
        }
        return NULL;
}

char *wattle_mesh_find(int root_fd, const char *name)
{
        return wattle_load_find(root_fd, name, WATTLE_MESH_SUFFIX);
}

gboolean wattle_mesh_is_masked(int root_fd, const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *path =
                        g_strdup_printf("%s/%s" WATTLE_MESH_SUFFIX, folders[i], name);
                struct stat st;

                if (wattle_below_lstat(root_fd, path + 1, &st) == 0 || !is_absence(errno))
                        return wattle_path_is_masked(root_fd, path + 1);
        }
        return FALSE;
}

char *wattle_mesh_find_invitation(int root_fd, const char *name)
{
        g_autofree char *path = wattle_paths_invitation(name);
        g_autofree char *profile = wattle_mesh_find(root_fd, name);
        g_autofree char *trust = wattle_load_find(root_fd, name, WATTLE_TRUST_SUFFIX);

        return !profile && trust && !wattle_mesh_is_masked(root_fd, name) &&
                               wattle_path_exists(root_fd, path + 1)
                       ? g_steal_pointer(&path)
                       : NULL;
}

gboolean wattle_mesh_exists(int root_fd, const char *name)
{
        g_autofree char *profile = wattle_mesh_find(root_fd, name);
        g_autofree char *invitation = wattle_mesh_find_invitation(root_fd, name);

        return profile || invitation;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the files in a folder that end in suffix, each once into the set: name to folder that
 * has it first. No folder is an empty one; one that cannot be read is an error, for what it may
 * hold would count. */
static gboolean collect_names(int root_fd, const char *folder, const char *suffix,
                              GHashTable *names, WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) list = wattle_list_folder(root_fd, folder + 1, "", suffix, &error);

        if (!list) {
                wattle_report_error(report, (WattlePlace){ folder, 0, 0 }, "%s", error->message);
                return FALSE;
        }
        for (guint i = 0; list[i]; i++)
                if (!g_hash_table_contains(names, list[i]))
                        g_hash_table_insert(names, g_strdup(list[i]), g_strdup(folder));
        return TRUE;
}

static const char **sorted_names(GHashTable *names)
{
        guint n;
        const char **sorted = (const char **)g_hash_table_get_keys_as_array(names, &n);

        qsort(sorted, n, sizeof *sorted, compare_names);
        return sorted;
}

static void report_bad_name(const char *folder, const char *file_name, const char *what,
                            const GError *error, WattleReport *report)
{
        g_autofree char *path = g_build_filename(folder, file_name, NULL);

        wattle_report_warning(report, (WattlePlace){ path, 0, 0 },
                              "passed over, for it cannot be a %s's name: %s", what,
                              error->message);
}

void wattle_load_list(int root_fd, const char *suffix, GPtrArray *list, WattleReport *report)
{
        g_autoptr(GHashTable) names =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autofree const char **sorted = NULL;

        for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
                (void)collect_names(root_fd, folders[i], suffix, names, report);
        sorted = sorted_names(names);
        for (guint i = 0; sorted[i]; i++) {
                const char *folder = g_hash_table_lookup(names, sorted[i]);
                g_autofree char *path = g_build_filename(folder, sorted[i], NULL);
                g_autofree char *name = g_strndup(sorted[i], strlen(sorted[i]) - strlen(suffix));
                g_autoptr(GError) error = NULL;

                if (wattle_path_is_masked(root_fd, path + 1))
                        continue;
                if (wattle_identifier_check(name, WATTLE_MESH_NAME_MAX, &error))
                        g_ptr_array_add(list, g_steal_pointer(&name));
                else
                        report_bad_name(folder, sorted[i], suffix + 1, error, report);
        }
}

char **wattle_invitation_list(int root_fd)
{
        g_auto(GStrv) files =
                wattle_list_folder(root_fd, &WATTLE_CONFDIR[1], "", WATTLE_INVITATION_SUFFIX, NULL);
        g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; files && files[i]; i++) {
                g_autofree char *name =
                        g_strndup(files[i], strlen(files[i]) - strlen(WATTLE_INVITATION_SUFFIX));
                g_autofree char *profile = NULL;

                if (!wattle_identifier_check(name, WATTLE_MESH_NAME_MAX, NULL))
                        continue;
                profile = wattle_mesh_find(root_fd, name);
                if (!profile && !wattle_mesh_is_masked(root_fd, name))
                        g_ptr_array_add(list, g_steal_pointer(&name));
        }
        g_ptr_array_add(list, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

/* Those that were joined and have no profile yet; others nobody has agreed to. */
static void list_joined(int root_fd, GPtrArray *list)
{
        g_auto(GStrv) names = wattle_invitation_list(root_fd);

        for (guint i = 0; names[i]; i++)
                if (wattle_mesh_must_be_signed(root_fd, names[i]))
                        g_ptr_array_add(list, g_strdup(names[i]));
}

char **wattle_mesh_list(int root_fd, WattleReport *report)
{
        g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
        guint n_profiles;

        wattle_load_list(root_fd, WATTLE_MESH_SUFFIX, list, report);
        n_profiles = list->len;
        list_joined(root_fd, list);
        if (list->len > n_profiles)
                g_ptr_array_sort(list, compare_names);
        g_ptr_array_add(list, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

/* Reads a file for a reader that reports faults itself; name is how messages call it. */
static GBytes *read_reported(int dir_fd, const char *path, const char *name, gsize max,
                             WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        GBytes *bytes = wattle_read_file(dir_fd, path, max, &error);

        if (!bytes)
                wattle_report_error(report, (WattlePlace){ name, 0, 0 }, "%s", error->message);
        return bytes;
}

static GBytes *read_profile(const WattleMesh *mesh, int dir_fd, const char *path,
                            WattleReport *report)
{
        struct stat st;

        if (wattle_below_stat(dir_fd, path, &st) == 0 && st.st_size <= WATTLE_INI_MAX_BYTES)
                wattle_heap_expect(HEAP_FACTOR * (gsize)st.st_size);
        return read_reported(dir_fd, path, mesh->path, WATTLE_INI_MAX_BYTES, report);
}

/* Whether the bytes are signed by who is trusted, and say of themselves what they must; without
 * trust they need not. Takes the bytes. */
static gboolean load_bytes(WattleMesh *mesh, int dir_fd, const char *path, GBytes *bytes,
                           const WattleTrust *trust, WattleReport *report)
{
        g_auto(WattleSigner) signer = { 0 };
        g_autoptr(GError) error = NULL;

        mesh->is_signed = trust->path && wattle_trust_verify(trust, dir_fd, path, mesh->path, bytes,
                                                             &signer, report);
        /* Faults of a text that is not signed yet are of use to who is going to sign it. */
        mesh->profile = wattle_profile_load_take(bytes, mesh->path, report);
        if (!mesh->profile || !mesh->is_signed)
                return mesh->profile != NULL && !trust->path;
        mesh->signer = signer.key;
        if (!wattle_profile_check_comment(mesh->profile, signer.comment, &error))
                wattle_report_error(report,
                                    wattle_profile_place(mesh->profile, mesh->profile->place), "%s",
                                    error->message);
        return !error && wattle_profile_check_signed(mesh->profile, &signer.key, report);
}

/* *unread is set if there is no telling what the file says. */
static gboolean read_local(WattleLocal *local, int dir_fd, const char *path, const char *name,
                           gboolean *unread, WattleReport *report)
{
        g_autoptr(GBytes) bytes = read_reported(dir_fd, path, name, LOCAL_MAX_BYTES, report);
        guint n_errors = report->n_errors;
        gconstpointer data;
        gsize size;

        if (!bytes) {
                *unread = TRUE;
                return FALSE;
        }
        data = g_bytes_get_data(bytes, &size);
        wattle_local_read(local, data, size, name, report);
        return report->n_errors == n_errors;
}

gboolean wattle_local_load_file(WattleLocal *local, const char *path, WattleReport *report)
{
        gboolean unread;

        return read_local(local, AT_FDCWD, path, path, &unread, report);
}

gboolean wattle_local_load(WattleLocal *local, int root_fd, const char *name, WattleReport *report)
{
        g_autoptr(GHashTable) names =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autofree const char **sorted = NULL;
        gboolean ok = TRUE, unread = FALSE;

        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *folder =
                        g_strdup_printf("%s/%s" LOCAL_DIR_SUFFIX, folders[i], name);

                if (!collect_names(root_fd, folder, LOCAL_SUFFIX, names, report))
                        unread = TRUE;
        }
        sorted = sorted_names(names);
        for (guint i = 0; sorted[i]; i++) {
                g_autofree char *path =
                        g_build_filename(g_hash_table_lookup(names, sorted[i]), sorted[i], NULL);

                if (!wattle_path_is_masked(root_fd, path + 1))
                        ok = read_local(local, root_fd, path + 1, path, &unread, report) && ok;
        }
        if (unread)
                local->enable = TRUE;
        return ok && !unread;
}

/* Units, files and keys go by the file's name; a mesh that calls itself otherwise would have two.
 */
static gboolean check_installed_name(const WattleMesh *mesh, const char *name, WattleReport *report)
{
        if (strcmp(mesh->profile->name, name) == 0)
                return TRUE;
        wattle_report_error(report, wattle_profile_place(mesh->profile, mesh->profile->place),
                            "the mesh calls itself %s: rename the file to %s%s",
                            mesh->profile->name, mesh->profile->name, WATTLE_MESH_SUFFIX);
        return FALSE;
}

static const char *describe(WattleSuccession succession)
{
        switch (succession) {
        case WATTLE_SUCCESSION_OLDER:
                return _("is older than the one that this host ran well with last");
        case WATTLE_SUCCESSION_TWIN:
                return _("is another text than the one of the same Serial= that this host ran well "
                         "with last");
        case WATTLE_SUCCESSION_FORK:
                return _(
                        "was made from another text than the one that this host ran well with last");
        case WATTLE_SUCCESSION_SAME:
        case WATTLE_SUCCESSION_NEWER:
        case WATTLE_SUCCESSION_JUMP:
                return NULL;
        }
        g_return_val_if_reached(NULL);
}

/* Whether the text may follow on the last good one. One that a person put there may be far ahead.
 */
static gboolean check_succession(const WattleMesh *mesh, const WattleLineage *last,
                                 const WattleTextSum *sum, WattleReport *report)
{
        const WattleProfile *profile = mesh->profile;
        const WattleLineage own = { profile->serial, *sum, profile->has_previous,
                                    profile->previous };
        WattleSuccession succession = wattle_lineage_judge(last, &own);
        const char *what = describe(succession);

        if (!what)
                return TRUE;
        if (succession == WATTLE_SUCCESSION_FORK) {
                wattle_report_warning(report,
                                      wattle_profile_place(profile, profile->previous_place),
                                      "Previous: this text %s, so two people changed the mesh at "
                                      "once, and the change of one is lost: look for it",
                                      what);
                return TRUE;
        }
        wattle_report_error(report, wattle_profile_place(profile, profile->place),
                            "Serial=%ju %s, which has %ju: let Serial= rise, and sign it again",
                            profile->serial, what, last->serial);
        return FALSE;
}

/* NULL if there is none, or it cannot be read: then it stands in for nothing either. */
static GBytes *read_last_good(int root_fd, const char *name)
{
        g_autofree char *path = wattle_paths_last_good(name);

        return wattle_read_file(root_fd, path + 1, WATTLE_INI_MAX_BYTES, NULL);
}

/* A last good one that does not verify is none, whatever Serial= it says. */
static gboolean read_last_lineage(int root_fd, const char *name, const WattleTrust *trust,
                                  GBytes *bytes, WattleLineage *ret)
{
        g_autofree char *path = wattle_paths_last_good(name);
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleSigner) signer = { 0 };
        gsize size;
        gconstpointer data = g_bytes_get_data(bytes, &size);

        wattle_report_init(&unheard);
        if (!wattle_trust_verify(trust, root_fd, path + 1, path, bytes, &signer, &unheard))
                return FALSE;
        wattle_lineage_read(data, size, ret);
        return TRUE;
}

/* What stands there. It is compared with the last good one as bytes first: nearly always these are
 * the same. */
static gboolean load_present(WattleMesh *mesh, int root_fd, const char *name,
                             const WattleTrust *trust, GBytes *last_good, WattleReport *report)
{
        GBytes *bytes = read_profile(mesh, root_fd, mesh->path + 1, report);
        gboolean is_other = bytes && last_good && !g_bytes_equal(bytes, last_good);
        WattleTextSum sum = { 0 };
        WattleLineage last;
        gconstpointer data;
        gsize size;

        if (!bytes)
                return FALSE;
        if (is_other) {
                data = g_bytes_get_data(bytes, &size);
                wattle_text_sum(data, size, &sum);
        }
        if (!load_bytes(mesh, root_fd, mesh->path + 1, bytes, trust, report) ||
            !check_installed_name(mesh, name, report))
                return FALSE;
        return !is_other || !read_last_lineage(root_fd, name, trust, last_good, &last) ||
               check_succession(mesh, &last, &sum, report);
}

static void forget_profile(WattleMesh *mesh)
{
        g_clear_pointer(&mesh->path, g_free);
        g_clear_pointer(&mesh->profile, wattle_profile_free);
        mesh->is_signed = FALSE;
}

static gboolean load_last_good(WattleMesh *mesh, int root_fd, const char *name,
                               const WattleTrust *trust, GBytes *bytes, WattleReport *report)
{
        mesh->path = wattle_paths_last_good(name);
        mesh->is_last_good =
                load_bytes(mesh, root_fd, mesh->path + 1, g_bytes_ref(bytes), trust, report) &&
                check_installed_name(mesh, name, report);
        return mesh->is_last_good;
}

static void copy_faults(const WattleReport *from, WattleReport *to)
{
        for (guint i = 0; i < from->faults->len; i++) {
                const WattleFault *fault = &g_array_index(from->faults, WattleFault, i);

                if (fault->kind == WATTLE_FAULT_ERROR)
                        wattle_report_error(to, fault->place, "%s", fault->text);
                else
                        wattle_report_warning(to, fault->place, "%s", fault->text);
        }
}

/* Keys that a newer profile took out, while it is taken back. */
static gboolean revoke_keys(WattleMesh *mesh, int root_fd, const char *name, WattleReport *report)
{
        g_autofree char *path = wattle_paths_revocations(name);
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GArray) keys = NULL;
        gconstpointer data;
        gsize size;

        if (!wattle_path_exists(root_fd, path + 1))
                return TRUE;
        bytes = read_reported(root_fd, path + 1, path, WATTLE_REVOCATIONS_MAX_BYTES, report);
        if (!bytes)
                return FALSE;
        data = g_bytes_get_data(bytes, &size);
        keys = wattle_revocations_read(data, size, path, report);
        if (keys)
                wattle_revocations_apply(keys, mesh->profile);
        return keys != NULL;
}

static gboolean load_signed(WattleMesh *mesh, int root_fd, const char *name, WattleLoad how,
                            const WattleTrust *trust, WattleReport *report)
{
        g_autoptr(GBytes) last_good = read_last_good(root_fd, name);
        g_auto(WattleReport) faults = { 0 }, faults_of_last = { 0 };
        g_autofree char *first = NULL;
        gboolean ok;

        wattle_report_init(&faults);
        wattle_report_init(&faults_of_last);
        ok = load_present(mesh, root_fd, name, trust, last_good, &faults);
        if (ok || how == WATTLE_LOAD_PRESENT || !last_good) {
                copy_faults(&faults, report);
                return ok;
        }
        forget_profile(mesh);
        if (!load_last_good(mesh, root_fd, name, trust, last_good, &faults_of_last)) {
                copy_faults(&faults, report);
                copy_faults(&faults_of_last, report);
                return FALSE;
        }
        first = wattle_report_first_error(&faults);
        wattle_report_warning(report, WATTLE_NO_PLACE,
                              "%s; until that is mended the last good one, %s, stands in for it",
                              first, mesh->path);
        copy_faults(&faults_of_last, report);
        return TRUE;
}

/* "home.pub" beside "home.mesh"; NULL for a file that is not called so, or if there is none. */
static char *trust_beside(const char *path)
{
        g_autofree char *stem = NULL, *trust = NULL;

        if (!g_str_has_suffix(path, WATTLE_MESH_SUFFIX))
                return NULL;
        stem = g_strndup(path, strlen(path) - strlen(WATTLE_MESH_SUFFIX));
        trust = g_strconcat(stem, WATTLE_TRUST_SUFFIX, NULL);
        return wattle_path_exists(AT_FDCWD, trust) ? g_steal_pointer(&trust) : NULL;
}

gboolean wattle_mesh_read_trust(WattleTrust *trust, int dir_fd, const char *mesh,
                                WattleReport *report)
{
        g_autofree char *path = dir_fd == AT_FDCWD
                                        ? trust_beside(mesh)
                                        : wattle_load_find(dir_fd, mesh, WATTLE_TRUST_SUFFIX);

        return !path ||
               wattle_trust_read(trust, dir_fd, dir_fd == AT_FDCWD ? path : path + 1, path, report);
}

gboolean wattle_mesh_must_be_signed(int root_fd, const char *name)
{
        g_autofree char *path = wattle_load_find(root_fd, name, WATTLE_TRUST_SUFFIX);

        return path != NULL;
}

/* The tiny mesh, while there is no profile. */
static gboolean load_invitation(WattleMesh *mesh, int root_fd, const char *name,
                                WattleReport *report)
{
        g_autoptr(GBytes) bytes = read_reported(root_fd, mesh->path + 1, mesh->path,
                                                WATTLE_INVITATION_MAX_BYTES, report);
        g_auto(WattleInvitation) invitation = { 0 };
        g_auto(WattleTrust) trust = { 0 };
        g_autoptr(GError) error = NULL;
        gconstpointer data;
        gsize size;

        if (!bytes || !wattle_mesh_read_trust(&trust, root_fd, name, report))
                return FALSE;
        data = g_bytes_get_data(bytes, &size);
        if (!wattle_invitation_parse(data, size, &invitation, &error)) {
                wattle_report_error(report, (WattlePlace){ mesh->path, 0, 0 }, "%s",
                                    error->message);
                return FALSE;
        }
        mesh->profile =
                wattle_invitation_load(&invitation, trust.keys, mesh->path, &mesh->signer, report);
        mesh->is_invitation = mesh->is_signed = mesh->profile != NULL;
        return mesh->profile && check_installed_name(mesh, name, report);
}

static gboolean load_installed(WattleMesh *mesh, int root_fd, const char *name, WattleLoad how,
                               WattleReport *report)
{
        g_auto(WattleTrust) trust = { 0 };

        if (!wattle_mesh_read_trust(&trust, root_fd, name, report))
                return FALSE;
        return trust.path ? load_signed(mesh, root_fd, name, how, &trust, report) &&
                                    revoke_keys(mesh, root_fd, name, report)
                          : load_present(mesh, root_fd, name, &trust, NULL, report);
}

gboolean wattle_mesh_load(WattleMesh *mesh, int root_fd, const char *name, WattleLoad how,
                          WattleReport *report)
{
        gboolean ok;

        wattle_local_init(&mesh->local);
        mesh->path = wattle_mesh_find_invitation(root_fd, name);
        if (mesh->path) {
                ok = load_invitation(mesh, root_fd, name, report);
                return wattle_local_load(&mesh->local, root_fd, name, report) && ok;
        }
        mesh->path = wattle_mesh_find(root_fd, name);
        if (!mesh->path) {
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "no mesh %s: there is no %s/%s%s"
                                    ", or it is masked",
                                    name, WATTLE_CONFDIR, name, WATTLE_MESH_SUFFIX);
                return FALSE;
        }
        ok = load_installed(mesh, root_fd, name, how, report);
        return wattle_local_load(&mesh->local, root_fd, name, report) && ok;
}

gboolean wattle_mesh_load_trusting(WattleMesh *mesh, int dir_fd, const char *path,
                                   const WattleTrust *trust, WattleReport *report)
{
        const char *below = dir_fd == AT_FDCWD ? path : path + 1;
        GBytes *bytes;

        wattle_local_init(&mesh->local);
        mesh->path = g_strdup(path);
        bytes = read_profile(mesh, dir_fd, below, report);
        return bytes && load_bytes(mesh, dir_fd, below, bytes, trust, report);
}

gboolean wattle_mesh_load_file(WattleMesh *mesh, const char *path, WattleReport *report)
{
        g_auto(WattleTrust) trust = { 0 };

        if (wattle_mesh_read_trust(&trust, AT_FDCWD, path, report))
                return wattle_mesh_load_trusting(mesh, AT_FDCWD, path, &trust, report);
        wattle_local_init(&mesh->local);
        return FALSE;
}

static const char carried_folder[] = WATTLE_RUN_DIR;

/* The local settings are written last. */
char **wattle_carried_list(int root_fd)
{
        g_auto(GStrv) files = wattle_list_folder(root_fd, carried_folder, "~", "", NULL);
        g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; files && files[i]; i++) {
                char *uuid = wattle_paths_mesh_of(WATTLE_FILE_CARRIED_LOCAL, files[i]);

                if (uuid)
                        g_ptr_array_add(list, uuid);
        }
        g_ptr_array_sort(list, compare_names);
        g_ptr_array_add(list, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

gboolean wattle_carried_load_local(WattleLocal *local, int root_fd, const char *uuid,
                                   WattleReport *report)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_CARRIED_LOCAL, uuid);
        g_autofree char *name = g_strconcat("/", path, NULL);
        gboolean unread;

        if (!read_local(local, root_fd, path, name, &unread, report))
                return FALSE;
        if (local->interface.value)
                return TRUE;
        wattle_report_error(report, (WattlePlace){ name, 0, 0 }, _("%s is missing"), "Interface=");
        return FALSE;
}

/* What gives no name of its own is called as the connection calls it. */
gboolean wattle_carried_load(WattleMesh *mesh, int root_fd, const char *uuid, WattleReport *report)
{
        g_autofree char *below = wattle_paths_file(WATTLE_FILE_CARRIED_MESH, uuid);
        const WattleTrust nobody = { 0 };
        GBytes *bytes;

        wattle_local_init(&mesh->local);
        if (!wattle_carried_load_local(&mesh->local, root_fd, uuid, report))
                return FALSE;
        mesh->path = g_strconcat(mesh->local.interface.value, WATTLE_MESH_SUFFIX, NULL);
        bytes = read_profile(mesh, root_fd, below, report);
        return bytes && load_bytes(mesh, root_fd, below, bytes, &nobody, report);
}
