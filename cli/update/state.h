/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host remembers of the profiles of a mesh, beside the files themselves: which Serial= it
 * has got to, and whether a new one is still to be confirmed. It is on the disk before each step
 * that it speaks of, so that a killed or rebooted host goes on where it was. */
#pragma once

#include <glib.h>

#include "cli/update/confirm.h"
#include "common/lineage.h"

#define WATTLE_UPDATE_MAX_WITNESSES 16

/* A member whose text of that Serial= did not verify: it is not asked for it again until then. */
typedef struct {
        char *device;
        guint64 serial;
        gint64 until_s; /* CLOCK_REALTIME */
        guint times;    /* how often that was so */
} WattleRefusal;

#define WATTLE_UPDATE_MAX_REFUSALS 64

typedef struct {
        guint64 floor;         /* no Serial= below or at this is taken again; 0: none yet */
        WattleConfirm confirm; /* of the candidate (wattle_paths_candidate()) */
        gboolean asks_person;  /* who has to say that all is well, and no peer */
        char **witnesses;      /* names of peers; NULL-terminated, or NULL */
        guint64 fork_serial; /* of a text that did not follow on what was here; 0: none was seen */
        char *fork_from;     /* where it was */
        GArray *refusals;    /* of WattleRefusal, the latest last; NULL: none */
} WattleUpdateState;

void wattle_update_state_clear(WattleUpdateState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleUpdateState, wattle_update_state_clear)

/* A text to a state, and back. state must be zeroed. What a later version has more is passed over,
 * so that an older wattle can read it. */
gboolean wattle_update_state_parse(const char *text, gsize size, WattleUpdateState *state,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *wattle_update_state_format(const WattleUpdateState *state);

/* That Serial= is in force here. A fork of an older one is settled by it. */
void wattle_update_state_raise(WattleUpdateState *state, guint64 serial);

/* For an hour, doubled each time up to a day. */
void wattle_update_refuse(WattleUpdateState *state, const char *device, guint64 serial,
                          gint64 now_s);
gboolean wattle_update_is_refused(const WattleUpdateState *state, const char *device,
                                  guint64 serial, gint64 now_s);

/* That of a mesh; without a file the empty one. FALSE with an error that names the file. */
gboolean wattle_update_state_load(int root_fd, const char *mesh, WattleUpdateState *state,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean wattle_update_state_save(int root_fd, const char *mesh, const WattleUpdateState *state,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
