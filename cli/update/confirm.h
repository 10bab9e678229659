/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a new profile stays. It runs, and a witness, a peer that was heard under the old one, has
 * to answer through the tunnel; if none does the old one comes back, and if that hears nobody
 * either, it was the network and not the profile. Pure: who asks and installs is settle.h. See
 * doc/hacking.md, "A way back". */
#pragma once

#include <glib.h>

#define WATTLE_CONFIRM_WAIT_S 30

typedef enum {
        WATTLE_CONFIRM_DONE,   /* nothing is open */
        WATTLE_CONFIRM_TRYING, /* the new profile runs, and nobody has answered yet */
        WATTLE_CONFIRM_BACK,   /* the old one runs again, and nobody has answered yet */
        WATTLE_CONFIRM_HELD,   /* the old one runs and hears somebody; the new one waits for its
                                  next try */
        WATTLE_CONFIRM_BLIND,  /* the new one runs, for neither heard anybody: it waits */
        WATTLE_N_CONFIRM_PHASES,
} WattleConfirmPhase;

typedef enum {
        WATTLE_CONFIRM_ANSWER,  /* of a witness, or of the person who was asked */
        WATTLE_CONFIRM_TIMEOUT, /* of wattle_confirm_wait_s() */
} WattleConfirmEvent;

typedef enum {
        WATTLE_CONFIRM_NOTHING,
        WATTLE_CONFIRM_KEEP,    /* the new one is the last good one from now on */
        WATTLE_CONFIRM_GO_BACK, /* install the last good one */
        WATTLE_CONFIRM_RETURN,  /* install the new one again */
} WattleConfirmAction;

typedef struct {
        WattleConfirmPhase phase;
        guint tries;       /* how often the new one was installed */
        gint64 retry_at_s; /* CLOCK_REALTIME, if it is held */
} WattleConfirm;

/* The new profile is to be installed for the first time. */
void wattle_confirm_begin(WattleConfirm *confirm);

WattleConfirmAction wattle_confirm_step(WattleConfirm *confirm, WattleConfirmEvent event,
                                        gint64 now_s);

/* How long to wait for an answer or, if held, for the next try: 0 if the time is over. A clock that
 * was set by years does not make a hold longer than it was. Who is blind waits so long again and
 * again. */
gint64 wattle_confirm_wait_s(const WattleConfirm *confirm, gint64 now_s);

/* Whether the new profile is the one that runs. */
gboolean wattle_confirm_runs_new(const WattleConfirm *confirm);

/* "trying", "back"; as the state file has it. */
const char *wattle_confirm_phase_name(WattleConfirmPhase phase);
gboolean wattle_confirm_phase_parse(const char *text,
                                    WattleConfirmPhase *ret) G_GNUC_WARN_UNUSED_RESULT;
