/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where wattled's bus object plays: a dbus-daemon of its own, a connection for wattled, one for the
 * services that it asks (polkit, systemd, NetworkManager) and one for its caller. All of them are
 * in this process and share a loop, so that every message comes in an order that the test decides.
 */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/bus/bus.h"
#include "tests/bus/fake-manager.h"

/* What polkit does with a question. */
typedef enum {
        POLKIT_ABSENT, /* nobody has its name */
        POLKIT_YES,
        POLKIT_NO,
        POLKIT_CHALLENGE, /* yes to whom it may ask for a password, else a challenge */
        POLKIT_PONDERS,   /* no answer until stage_polkit_answer() */
        POLKIT_FAILS,
        POLKIT_BABBLES, /* an answer of another shape */
} Polkit;

typedef struct {
        Polkit polkit;
        GString *questions;     /* "ACTION mesh=home peer=b interactive\n", what polkit was asked */
        GQueue pondered;        /* of sd_bus_message: calls of CheckAuthorization */
        const char *job_result; /* of systemd's jobs; NULL: they do not end by themselves */
        const char *forged;     /* what somebody tells victim of them before; NULL: nothing */
        sd_bus *victim;
        GString *started; /* "UNIT\n" of each job that did not end */
        GString *errands; /* what systemd was asked for */
        gboolean refuse;  /* it says no */
        sd_event *event;
        sd_bus *server, *others, *caller;
        WattleManager *manager;
        WattleBus *bus;
        GPid daemon;
        char *folder;
} Stage;

/* trusted_uid is nobody's unless the caller is to need no consent. */
void stage_init(Stage *stage, Polkit polkit, uid_t trusted_uid);
void stage_clear(Stage *stage);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stage, stage_clear)

#define NOBODY ((uid_t)-2)
#define HOME   "/org/wattle1/mesh/home"

/* One more connection to its bus, in its loop. */
sd_bus *stage_connect(Stage *stage);

/* Another bus at the same address, on which there is the caller alone. */
void stage_restart_bus(Stage *stage);

/* A call, sent; and its reply, waited for. types as in sd_bus_message_append(3). */
typedef struct {
        sd_bus_message *reply;
        sd_bus_slot *slot;
} Call;

void call_clear(Call *call);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Call, call_clear)

void stage_send(Stage *stage, Call *call, const char *path, const char *interface,
                const char *member, gboolean interactive, const char *types, ...);
void stage_wait(Stage *stage, const Call *call);

/* Sends and waits; the name of the error, or "" for success, goes with its message to ret. */
char *stage_call(Stage *stage, const char *path, const char *interface, const char *member,
                 const char *types, ...);

/* A signal to one connection alone: of systemd about its job for the unit, or of somebody else's
 * who says so. */
void stage_end_job(Stage *stage, const char *unit, const char *result);
void stage_forge_job(Stage *stage, sd_bus *victim, const char *unit, const char *result);

/* Until the condition holds; a test that never gets there fails. */
typedef gboolean (*StageDone)(gpointer data);
void stage_run_until(Stage *stage, StageDone is_done, gpointer data);

/* Answers the oldest question that is pondered. */
void stage_polkit_answer(Stage *stage, gboolean yes);
