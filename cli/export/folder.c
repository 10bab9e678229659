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

/* A device whose files go to the disk with those of others. */
typedef struct {
        WattleExportLine line; /* NULL: nobody remembers it */
        guint first, n;        /* of the batch */
        gboolean failed;       /* already: it is not remembered */
} Pending;

typedef struct {
        WattleExportFolder *folder;
        WattleFileBatch batch;
        WattleExportOutcome outcomes[WATTLE_FILE_BATCH_MAX];
        GArray *devices;  /* of Pending */
        WattleView *view; /* of the device before, with its files; NULL: none yet */
        WattleExportFiles files;
} Round;

static void round_clear(Round *round)
{
        wattle_file_batch_clear(&round->batch);
        g_array_unref(round->devices);
        wattle_export_files_clear(&round->files);
        wattle_view_free(round->view);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Round, round_clear)

static gboolean report_file(Round *round, guint i)
{
        static const char *const words[] = {
                [WATTLE_EXPORT_NEW] = "new", [WATTLE_EXPORT_CHANGED] = "changed"
        };
        const WattleBatchFile *file = &round->batch.files[i];

        if (file->error) {
                wattle_print_error("%s", file->error->message);
                return FALSE;
        }
        round->folder->n[round->outcomes[i]]++;
        wattle_print(stdout, "%s is %s\n", file->path, words[round->outcomes[i]]);
        return TRUE;
}

/* Waits for the disk; the round is empty again. */
static void finish_round(Round *round)
{
        WattleExportFolder *folder = round->folder;

        wattle_file_batch_finish(&round->batch);
        for (guint i = 0; i < round->devices->len; i++) {
                Pending *device = &g_array_index(round->devices, Pending, i);
                gboolean ok = !device->failed;

                for (guint j = 0; j < device->n; j++)
                        ok = report_file(round, device->first + j) && ok;
                folder->failed |= !ok;
                if (folder->memory && ok) {
                        wattle_export_memory_set(folder->memory, device->line);
                } else {
                        g_free(device->line.key);
                        g_free(device->line.rest);
                }
        }
        g_array_set_size(round->devices, 0);
        wattle_file_batch_clear(&round->batch);
}

static void update_files(Round *round, const WattleView *view, const WattleExportFiles *files,
                         Pending *device)
{
        WattleExportFolder *folder = round->folder;
        WattleFileBatch *batch = &round->batch;

        device->first = batch->n;
        for (guint i = 0; i < files->n; i++) {
                const WattleExportFile *file = &files->files[i];
                g_autofree char *name = g_strconcat(view->self.name, file->suffix, NULL);
                g_autofree char *path = g_build_filename(folder->path, name, NULL);
                WattleExportOutcome outcome;

                if (!wattle_export_update(path, &file->file, NULL, &view->public_key, batch,
                                          &outcome))
                        device->failed = TRUE;
                else if (outcome == WATTLE_EXPORT_SAME)
                        folder->n[outcome]++;
                else
                        round->outcomes[batch->n - 1] = outcome;
        }
        device->n = batch->n - device->first;
}

/* For the next device, whose files have most of it as well. */
static void keep(Round *round, WattleView **view, WattleExportFiles *files)
{
        wattle_export_files_clear(&round->files);
        wattle_view_free(round->view);
        round->view = g_steal_pointer(view);
        round->files = *files;
        *files = (WattleExportFiles){ 0 };
}

static void update_device(Round *round, int root_fd, WattleMesh *mesh, const WattleDevice *device)
{
        WattleExportFolder *folder = round->folder;
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleExportFiles) files = { 0 };
        g_autoptr(WattleView) view = NULL;
        WattleRecipe own = *folder->recipe;
        Pending pending = { 0 };

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
        wattle_export_files_make(view, own.format, round->view ? &round->files : NULL, &files);
        if (round->batch.n + files.n > WATTLE_FILE_BATCH_MAX)
                finish_round(round);
        update_files(round, view, &files, &pending);
        if (folder->memory)
                pending.line = wattle_export_line(view, mesh->profile->serial, &own, &files);
        g_array_append_val(round->devices, pending);
        keep(round, &view, &files);
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
        g_auto(Round) round = { .folder = folder };

        wattle_file_batch_init(&round.batch, AT_FDCWD);
        round.devices = g_array_new(FALSE, FALSE, sizeof(Pending));
        wattle_export_pool_init(&pool, profile, folder->recipe);
        for (guint i = 0; i < profile->n_devices; i++) {
                if (!is_wanted(&profile->devices[i], folder))
                        continue;
                mesh->profile = wattle_export_pool_take(&pool, &profile->devices[i]);
                update_device(&round, root_fd, mesh, &profile->devices[i]);
        }
        finish_round(&round);
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
