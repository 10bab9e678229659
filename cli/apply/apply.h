/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings a running host to what its mesh says now, and disturbs nothing that stays as it is: files
 * that changed are replaced, the kernel's peers get the least change, networkd reads its files
 * again only for routes, addresses and interfaces. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "common/report.h"
#include "common/sys/install.h"

/* What there is to work with on this host. */
typedef struct {
        int root_fd;
        sd_bus *bus;        /* the system bus */
        gid_t networkd_gid; /* of systemd-network */
} WattleApplier;

/* What was done, for the caller to tell. */
typedef struct {
        gboolean known;          /* the mesh is installed, or had left files here */
        gboolean overridden;     /* the admin's .netdev rules: the kernel was left alone */
        gboolean device_changed; /* its key, port or mark */
        guint n_changed_files, n_removed_files;
        guint n_new_peers, n_changed_peers, n_removed_peers;
        gboolean networkd_reloaded;
        gboolean networkd_started;
        gboolean nm_reapplied;   /* addresses or routes of the interface that is up */
        gboolean nm_zone;        /* the interface is in another zone of firewalld */
        gboolean nm_restarted;   /* the interface was made anew by NetworkManager */
        char *removed_interface; /* NULL: none */
} WattleApplied;

void wattle_applied_clear(WattleApplied *applied);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleApplied, wattle_applied_clear)

/* Applies one mesh; one that is gone or disabled loses its files and its interface. FALSE with
 * errors in the report if the mesh is bad, and then nothing has changed; or with error set if the
 * system failed half way. Needs root. applied must be zeroed. */
gboolean wattle_apply(const WattleApplier *applier, const char *mesh, WattleApplied *applied,
                      WattleReport *report, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Names of meshes that have files here and are installed no more; with those of wattle_mesh_list()
 * they are all there is to apply. */
char **wattle_apply_list_leftovers(int root_fd);
