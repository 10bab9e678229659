/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can keep a mesh from working on a host though its profile is good. Facts are gathered once
 * (facts.c); a check is a pure function of them, and a row in the table of checks.c.
 * A fact that could not be had is no finding. */
#pragma once

#include "cli/doctor/mullvad.h"
#include "cli/doctor/nsswitch.h"
#include "cli/managers/foreign.h"
#include "cli/update/confirm.h"
#include "common/render.h"
#include "common/status.h"

/* A kernel setting that the mesh needs, and what it is. */
typedef struct {
        WattleSysctl wanted;
        guint actual;
} WattleSysctlFact;

/* A mesh address that packets do not reach through the interface. */
typedef struct {
        const char *device;
        WattleAddr addr;
        char *interface; /* through which they go; NULL: there is no route */
} WattleRouteFact;

/* A network of the host's own that an accepted route takes into the mesh. */
typedef struct {
        WattlePrefix network;
        char *interface;
} WattleLanFact;

/* Ports that a firewall keeps shut. */
typedef struct {
        WattlePort port;
        const char *who;       /* "firewalld" */
        gboolean can_be_asked; /* by Firewall= */
        char *where;           /* the chain that drops what comes to them */
        char *command;         /* that opens them; NULL: none does */
} WattleClosedFact;

/* Whether wattled has names looked up past the tunnel without systemd-resolved. */
typedef enum {
        WATTLE_LOOKUP_MISSING, /* wattle-lookup is not installed, or it is not known */
        WATTLE_LOOKUP_STOPPED, /* its socket is closed */
        WATTLE_LOOKUP_NO_SERVERS,
        WATTLE_LOOKUP_WORKS, /* or there is no uplink now */
} WattleLookupFact;

typedef struct {
        const WattleView *view;
        guint n_warnings;      /* of the profile and the local settings */
        gboolean has_endpoint; /* the profile says where this device can be called */
        WattleStatus status;
        GPtrArray *notes;       /* of the status, of char * */
        gboolean link_is_other; /* the interface is none of WireGuard's */
        gboolean kernel_known;  /* the status has what the kernel says */
        gboolean root;

        GArray *sysctls;        /* of WattleSysctlFact */
        GArray *routes;         /* of WattleRouteFact: wrong ones alone */
        GArray *lans;           /* of WattleLanFact */
        GPtrArray *unreachable; /* of char *: peers to whose endpoints this host has no way */

        char *port_holder; /* who has the UDP port while the interface has not; NULL: nobody */
        gint64 now_s, profile_s;       /* CLOCK_REALTIME, and when the profile was written */
        gboolean clock_unsynchronized; /* the kernel says so */

        gboolean is_signed;
        gboolean has_last_good; /* such a profile is kept */
        char *stands_in;        /* why the last good profile does for that which stands there; NULL:
                                   it does not */
        char *etc_fault;        /* why /etc/wattle cannot be written; NULL: it can */
        char *managed_path;     /* where the installed profile leads to; NULL: it is no link */

        gboolean update_installed; /* so newer profiles can come by themselves */
        WattleConfirmPhase update_phase;
        char *fork_from; /* who has a text that does not follow on ours; NULL: nobody */
        guint64 fork_serial;
        guint64 serial, floor;   /* of the profile here, and the highest that was; 0: not known */
        guint n_sources;         /* UpdateFrom= and UpdateURL= */
        gboolean sources_failed; /* none of them could be reached when they were last asked */
        guint n_witnesses;       /* peers that could confirm a newer profile now */
        char *ahead;             /* a peer that runs a higher Serial= than this host; NULL: none */
        guint64 ahead_serial;

        char *key_fault; /* why the private key cannot be used; NULL: it can, or we may not look */
        char *key_command;

        gboolean owner_known; /* the bus could be asked */
        gboolean networkd_runs, nm_runs;
        char *networkd_state; /* AdministrativeState of the link; NULL: not known */
        gboolean nm_knows, nm_manages;
        GPtrArray *rivals; /* of char *: files of others that make the interface too */
        GPtrArray *takers; /* of char *: .network files that networkd takes for it before ours */
        WattleForeign foreign; /* VPNs that networkd takes rules from */
        char *wg_quick;        /* the unit of wg-quick's that makes it too; NULL: none is enabled */

        gboolean no_wireguard;  /* nor a module of it that could be loaded */
        GPtrArray *stale;       /* of char *: files that are not as the mesh says */
        GArray *closed;         /* of WattleClosedFact */
        GPtrArray *no_zones;    /* of char *: zones of the settings that firewalld has not */
        char *drops_forward;    /* the chain that drops what this device passes on for others; NULL:
                                   none is known */
        char *forward_command;  /* that opens it there; NULL: none does */
        WattleMullvad mullvad;  /* its kill switch; ABSENT if it is not known */
        char *name_server;      /* that is reached through the exit node; NULL: none */
        gboolean resolved_runs; /* or it is not known */
        WattleLookupFact lookup;
        gboolean names_wanted;   /* libnss_wattle is installed, and the mesh is to be in it */
        WattleNsswitch nsswitch; /* whether it is asked */
        char *nsswitch_service;  /* behind which one; NULL: none, or it is not the fault */
        char *nsswitch_command;  /* that mends it; NULL: none does */
        char *silent_record;     /* a name that systemd-resolved has a record of, and does not know
                                    so; NULL: none is known */
        gboolean records_closed; /* the folder of records is not root's */
        GPtrArray *unresolved;   /* of char *: names of endpoints that nobody knows */
        gboolean wattled_wanted; /* the mesh is to migrate, and wattled is installed */
        gboolean wattled_runs;
        gboolean portmap_wanted, portmap_installed;
        gboolean relay_installed;
        gboolean filter_known; /* what follows was asked */
        gboolean filter_installed;
        gboolean filter_runs;
} WattleFacts;

typedef enum {
        WATTLE_FINDING_PROBLEM,
        WATTLE_FINDING_NOTE, /* may be meant so; does not count */
} WattleFindingKind;

typedef struct {
        const char *check; /* the row of the table */
        WattleFindingKind kind;
        char *text;    /* what is wrong, and where */
        char *command; /* that mends it; NULL: none does */
} WattleFinding;

void wattle_facts_init(WattleFacts *facts);
void wattle_facts_clear(WattleFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleFacts, wattle_facts_clear)

/* Adds what all checks find, in the order of the table, to findings (of WattleFinding). */
void wattle_doctor_check(const WattleFacts *facts, GArray *findings);

/* A new array for it, which frees what is in it. */
GArray *wattle_findings_new(void);
void wattle_findings_add(GArray *findings, const char *check, WattleFindingKind kind, char *text,
                         char *command);
