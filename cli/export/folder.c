/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cli/export/files.h"
#include "cli/export/output.h"
#include "cli/export/pool.h"
#include "cli/export/view.h"
#include "cli/print.h"
#include "common/sys/file.h"

static gboolean is_wanted(const WattleDevice *device, const WattleExportFolder *folder)
{
        return device->state == WATTLE_DEVICE_ACTIVE && (folder->with_managed || !device->managed);
}

static gboolean update_file(WattleExportFolder *folder, const WattleView *view,
                            const WattleExportFile *file)
{
        static const char *const words[] = {
                [WATTLE_EXPORT_NEW] = "new", [WATTLE_EXPORT_CHANGED] = "changed"
        };
        g_autofree char *name = g_strconcat(view->self.name, file->suffix, NULL);
        g_autofree char *path = g_build_filename(folder->path, name, NULL);
        WattleExportOutcome outcome;

        if (!wattle_export_update(path, &file->file, NULL, &view->public_key, &outcome)) {
                folder->failed = TRUE;
                return FALSE;
        }
        folder->n[outcome]++;
        if (outcome != WATTLE_EXPORT_SAME)
                wattle_print(stdout, "%s is %s\n", path, words[outcome]);
        return TRUE;
}

static void update_device(WattleExportFolder *folder, int root_fd, WattleMesh *mesh,
                          const WattleDevice *device)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleExportFiles) files = { 0 };
        g_autoptr(WattleView) view = NULL;
        WattleRecipe own = *folder->recipe;
        gboolean ok = TRUE;

        /* It goes out by itself. */
        if (g_strcmp0(own.exit_node, device->name) == 0)
                own.exit_node = NULL;
        wattle_report_init(&report);
        view = wattle_export_view(root_fd, mesh, device->name, &own, &report);
        wattle_print_report(&report);
        if (!view) {
                folder->failed = TRUE;
                return;
        }
        wattle_export_files_make(view, own.format, &files);
        for (guint i = 0; i < files.n; i++)
                ok = update_file(folder, view, &files.files[i]) && ok;
        if (folder->memory && ok)
                wattle_export_memory_set(folder->memory, view, mesh->profile->serial, &own, &files);
}

/* The names of those that have a file. */
static GHashTable *list_wanted(const WattleMesh *mesh, const WattleExportFolder *folder)
{
        GHashTable *wanted = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < mesh->profile->n_devices; i++)
                if (is_wanted(&mesh->profile->devices[i], folder))
                        g_hash_table_add(wanted, (gpointer)mesh->profile->devices[i].name);
        return wanted;
}

/* Of a name that has the suffix: of a device that has such a file no more. */
static gboolean is_left_over(GHashTable *wanted, const char *name, const char *suffix)
{
        g_autofree char *device = g_strndup(name, strlen(name) - strlen(suffix));

        return !g_hash_table_contains(wanted, device);
}

gboolean wattle_export_folder_make(const WattleExportFolder *folder)
{
        if (g_mkdir_with_parents(folder->path, 0700) == 0)
                return TRUE;
        wattle_print_error("%s: %s", folder->path, g_strerror(errno));
        return FALSE;
}

void wattle_export_folder_update(WattleExportFolder *folder, int root_fd, WattleMesh *mesh)
{
        WattleProfile *profile = mesh->profile;
        g_auto(WattleExportPool) pool = { 0 };

        wattle_export_pool_init(&pool, profile, folder->recipe);
        for (guint i = 0; i < profile->n_devices; i++) {
                if (!is_wanted(&profile->devices[i], folder))
                        continue;
                mesh->profile = wattle_export_pool_take(&pool, &profile->devices[i]);
                update_device(folder, root_fd, mesh, &profile->devices[i]);
        }
        mesh->profile = profile;
}

void wattle_export_folder_sum_up(const WattleExportFolder *folder, const WattleMesh *mesh)
{
        const char *suffix = wattle_export_suffix(folder->recipe->format);
        g_auto(GStrv) names = wattle_list_folder(AT_FDCWD, folder->path, "", suffix, NULL);
        g_autoptr(GHashTable) wanted = list_wanted(mesh, folder);

        for (guint i = 0; names && names[i]; i++)
                if (is_left_over(wanted, names[i], suffix))
                        wattle_print(stdout, "%s/%s is of no device that gets a file now\n",
                                     folder->path, names[i]);
        wattle_print(stdout, "%s: %u new, %u changed, %u as they were\n", folder->path,
                     folder->n[WATTLE_EXPORT_NEW], folder->n[WATTLE_EXPORT_CHANGED],
                     folder->n[WATTLE_EXPORT_SAME]);
}
