/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can keep a tailnet from working on a host though its file is good, as cli/doctor/doctor.h
 * has it of a mesh: facts that are gathered once, and pure checks of them. */
#pragma once

#include "cli/doctor/doctor.h"
#include "common/render-tailnet.h"
#include "common/tailnet-status.h"

/* Something that a mesh and the tailnet both take. */
typedef struct {
        char *mesh;
        WattlePrefix prefix; /* of the mesh */
        WattlePrefix other;  /* of the tailnet */
        const char
                *device; /* whose route that is, borrowed of the status; NULL: the tailnet's own */
} WattleOverlap;

typedef struct {
        const WattleTailnet *tailnet;
        const char *name;
        gboolean has_daemon, daemon_runs; /* tailscaled */
        char *unanswered;                 /* why it is not known what it says; NULL: it is */
        WattleTailnetStatus said;

        guint stale;     /* bits of the files that are not as the tailnet says */
        GArray *sysctls; /* of WattleSysctlFact */

        gboolean networkd_runs, nm_runs;
        gboolean networkd_is_older; /* it was started before it was told to let rules be */
        char *networkd_state;       /* AdministrativeState of the interface; NULL: not known */
        gboolean nm_manages;
        gboolean dhcpcd_takes; /* it runs, and its file does not deny it the interface */

        /* wattle-filter: for ExitNode=, for Firewall= */
        gboolean filter_wanted, firewall_wanted, filter_installed, filter_runs;

        char *drops; /* the chain that drops what comes to Port=; NULL: none is known */
        char *drops_command;
        GPtrArray *missing;   /* of char *: programs that tailscaled calls, and are not here */
        GArray *overlaps;     /* of WattleOverlap */
        char *mesh_exit_node; /* a mesh that leaves by an exit node, too; NULL: none */
} WattleTailnetDoctorFacts;

void wattle_tailnet_doctor_init(WattleTailnetDoctorFacts *facts);
void wattle_tailnet_doctor_clear(WattleTailnetDoctorFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleTailnetDoctorFacts, wattle_tailnet_doctor_clear)

/* Where a prefix of a mesh meets one of the tailnet, or of a device whose routes are accepted. */
void wattle_tailnet_doctor_add_prefix(WattleTailnetDoctorFacts *facts, const char *mesh,
                                      const WattlePrefix *prefix);

/* Adds what all checks find to findings. */
void wattle_tailnet_doctor_check(const WattleTailnetDoctorFacts *facts, GArray *findings);

/* Whether dhcpcd.conf(5) keeps dhcpcd off the interface: denyinterfaces or allowinterfaces. */
gboolean wattle_tailnet_doctor_dhcpcd_denies(const char *text, const char *interface);
