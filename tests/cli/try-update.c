/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes a newer profile on a host without managers, for a test that kills it: try-update ROOT MESH
 * HEARD [NEW], where NEW and NEW.minisig are a pair, and a peer answers while the Serial= of what
 * is installed is at least HEARD or, with a minus before it, at most that. Without NEW goes on with
 * what is open. */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/update/take.h"
#include "common/ini.h"
#include "common/sys/load.h"

static gboolean apply(G_GNUC_UNUSED const WattleUpdater *updater, G_GNUC_UNUSED GError **error)
{
        return TRUE;
}

static gboolean wait_for(const WattleUpdater *updater, const char *const *peers,
                         G_GNUC_UNUSED gint64 limit_s, char **ret_who, G_GNUC_UNUSED GError **error)
{
        g_autofree char *path = wattle_mesh_find(updater->root_fd, updater->mesh);
        g_autoptr(GBytes) text =
                wattle_read_file(updater->root_fd, path + 1, WATTLE_INI_MAX_BYTES, NULL);
        int heard = *(const int *)updater->data;
        WattleLineage lineage;

        wattle_lineage_read(g_bytes_get_data(text, NULL), g_bytes_get_size(text), &lineage);
        if (heard > 0 ? (int)lineage.serial >= heard : (int)lineage.serial <= -heard)
                *ret_who = g_strdup(peers[0]);
        return TRUE;
}

static char **find_witnesses(G_GNUC_UNUSED const WattleUpdater *updater,
                             G_GNUC_UNUSED const WattleProfile *old,
                             G_GNUC_UNUSED const WattleProfile *new, G_GNUC_UNUSED const char *peer)
{
        static const char *const names[] = { "nas", NULL };

        return g_strdupv((char **)names);
}

static void say(G_GNUC_UNUSED const WattleUpdater *updater, const char *line)
{
        printf("%s\n", line);
}

static gboolean take(const WattleUpdater *updater, const char *path, GError **error)
{
        const WattleTakeOptions options = { .find_witnesses = find_witnesses };
        g_autofree char *signature = g_strconcat(path, ".minisig", NULL);
        g_auto(WattleOffer) offer = { .name = g_strdup(path) };
        g_auto(WattleReport) report = { 0 };
        WattleTaken taken;

        wattle_report_init(&report);
        offer.text = wattle_read_file(AT_FDCWD, path, WATTLE_INI_MAX_BYTES, error);
        offer.signature = wattle_read_file(AT_FDCWD, signature, WATTLE_INI_MAX_BYTES, error);
        return offer.text && offer.signature &&
               wattle_update_take(updater, &offer, &options, &taken, &report);
}

static gboolean go_on(const WattleUpdater *updater, GError **error)
{
        g_auto(WattleUpdateState) state = { 0 };
        gboolean kept;

        return wattle_update_state_load(updater->root_fd, updater->mesh, &state, error) &&
               wattle_update_settle(updater, &state, &kept, error);
}

int main(int argc, char **argv)
{
        g_auto(WattleFd) root_fd = argc >= 4 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
        g_autoptr(GError) error = NULL;
        int heard = argc >= 4 ? atoi(argv[3]) : 0;
        const WattleUpdater updater = { .root_fd = root_fd,
                                        .mesh = argv[2],
                                        .apply = apply,
                                        .wait = wait_for,
                                        .say = say,
                                        .data = &heard };

        if (root_fd < 0 || sodium_init() < 0)
                return EXIT_FAILURE;
        if (argc > 4 ? take(&updater, argv[4], &error) : go_on(&updater, &error))
                return EXIT_SUCCESS;
        fprintf(stderr, "%s\n", error ? error->message : "it was not taken");
        return EXIT_FAILURE;
}
