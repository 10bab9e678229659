/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A candidate is tried on the running host, and kept or taken back: confirm.h decides, this
 * installs, applies and asks. Each step can be killed and is done again by the next run. See
 * doc/hacking.md, "A way back". */
#pragma once

#include "cli/update/pair.h"
#include "cli/update/state.h"
#include "common/sys/file.h"

typedef struct WattleUpdater WattleUpdater;

/* One mesh of a host, and what is done with the host: hands.h has the real ones. */
struct WattleUpdater {
        int root_fd;
        const char *mesh;
        /* Brings the running host to what the installed profile says. */
        gboolean (*apply)(const WattleUpdater *updater, GError **error);
        /* Waits for limit_s until one of the peers answers; *ret_who is NULL if none did. */
        gboolean (*wait)(const WattleUpdater *updater, const char *const *peers, gint64 limit_s,
                         char **ret_who, GError **error);
        /* Asks the person at the terminal whether all is well, and waits so long; NULL: nobody is
         * there. */
        gboolean (*ask)(const WattleUpdater *updater, gint64 limit_s);
        /* What happens, a line each without an end, for a terminal or the journal. */
        void (*say)(const WattleUpdater *updater, const char *line);
        /* Has another process go on should this one die, which waits for the lock; NULL: nobody. */
        void (*guard)(const WattleUpdater *updater);
        gpointer data; /* of these functions */
};

void wattle_updater_say(const WattleUpdater *updater, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Keeps others from settling this mesh until *ret is closed; waits for who does. */
gboolean wattle_update_lock(const WattleUpdater *updater, WattleFd *ret,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Puts the candidate in its place, with which state says that it is to be tried. Whatever was open
 * before is so no more. Needs the lock. */
gboolean wattle_update_begin(const WattleUpdater *updater, WattleUpdateState *state,
                             const WattlePair *candidate, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Goes on from where the state is until the candidate is kept, held or blind, which takes up to
 * about a minute; does nothing if nothing is open. *ret_kept: the candidate is the last good one
 * now. FALSE with an error if neither profile could be brought to run. Needs the lock. */
gboolean wattle_update_settle(const WattleUpdater *updater, WattleUpdateState *state,
                              gboolean *ret_kept, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The installed profile was applied by hand and runs: it is the last good one from now on, and whom
 * it names as its signers are those that this host trusts. serial is that of the text which was
 * applied: another one that came since is not taken, nor one that is being tried. */
gboolean wattle_update_keep_installed(int root_fd, const char *mesh, guint64 serial,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Has a candidate that is held tried again, if its time has come. */
void wattle_update_retry(WattleUpdateState *state, gint64 now_s);
