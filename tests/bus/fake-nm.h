/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As much of NetworkManager as the command asks, in a thread at the other end of a socket. What is
 * on its way arrives when its state has been asked for: no clock decides. */
#pragma once

#include <systemd/sd-bus.h>

#include "tests/unit/fixture.h"

#define FAKE_MAX 4

typedef struct {
        char *uuid; /* NULL: there is none */
        const char *mesh, *profile, *file, *zone;
        gboolean is_hidden;        /* another user's: its settings are not shown */
        const char *other_service; /* it is another's VPN */
        gboolean is_kept;          /* it cannot be deleted */
} FakeConnection;

typedef struct {
        char *uuid;    /* NULL: there is none */
        guint32 state; /* NMActiveConnectionState */
        guint32 then;  /* where it goes; 0: nowhere */
        guint32 reason;
        guint32 forged; /* a state that somebody else tells just before; 0: nobody does */
        const char *interface, *zone;
} FakeActive;

/* Objects are called by their index: /Settings/1 and so on. */
typedef struct {
        FakeConnection connections[FAKE_MAX];
        FakeActive actives[FAKE_MAX];
        guint32 fails_for; /* the reason why an activation fails; 0: it does not */
        GString *calls;    /* what changed something, a line each */
        sd_bus *bus;       /* the command's */
        sd_bus *server;
        GThread *thread;
} FakeNm;

/* After the rows are filled in. */
void fake_nm_start(FakeNm *nm);
/* Its calls are for the test to read then. */
void fake_nm_stop(FakeNm *nm);
void fake_nm_clear(FakeNm *nm);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FakeNm, fake_nm_clear)
