/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mesh of this host, as wattled shows it. */
#pragma once

#include "common/endpoint.h"
#include "common/local.h"
#include "common/relay-message.h"

/* What it points to is the manager's, and good until the event loop goes on. */
typedef struct {
        const char *name;
        const char *device;    /* which of its devices we are; NULL: not known, see problem */
        const char *interface; /* NULL: not known, see problem */
        WattleOwner owner;     /* never WATTLE_OWNER_AUTO */
        gboolean exists;       /* the interface is there */
        gboolean up;           /* and up */
        gboolean migrate;      /* Migrate= of the local settings */
        guint16 listen_port;   /* the kernel's; 0 while there is no interface */
        guint64 serial;        /* of the signed text that is read; 0: there is none */
        gboolean relays;       /* this device is a relay for pairs of the mesh */
        guint n_peers;
        WattleSocketAddr mapped;     /* where the router passes on what comes for us; or none */
        const char *mapping_problem; /* in words, why not, though that is wanted; NULL: it is */
        const char *problem; /* in words, why its peers are not looked after; NULL: they are */
} WattleManagerMesh;

/* What wattle-relay has passed on for a mesh; NULL: it does not say. */
typedef void (*WattleRelayCounted)(const WattleRelayCounters *counters, gpointer data);
