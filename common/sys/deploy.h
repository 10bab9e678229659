/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the name of a mesh to the files that this host is to have of it: what wattle-networkd does
 * at boot and 'wattle apply' on a running host. */
#pragma once

#include "common/fileset.h"
#include "common/sys/load.h"
#include "common/view.h"

typedef struct {
        WattleMesh mesh;
        WattleView *view; /* NULL: the mesh is not to be here, for it is gone, masked or disabled */
        WattleFileset files; /* then empty */
        guint systemd_version;
} WattleDeployment;

void wattle_deployment_clear(WattleDeployment *deployment);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleDeployment, wattle_deployment_clear)

/* Loads, resolves and renders, and looks at the host's other meshes. networkd_gid is the group that
 * systemd-networkd runs as: the private key must be readable for it, or there would be an interface
 * without one; NULL not to look at the key. FALSE with errors in the report: then the previous
 * files are to stay. deployment must be zeroed. */
gboolean wattle_deployment_load(WattleDeployment *deployment, int root_fd, const char *name,
                                const gid_t *networkd_gid, WattleLoad how,
                                WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The private key that the view names, for NetworkManager, which has to be given it: networkd reads
 * the file itself. The error says what to do; error must not be NULL. */
gboolean wattle_private_key_read(int root_fd, const WattleView *view, WattleKey *ret,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What wattle-nm@MESH.service would fail over, for a mesh of NetworkManager's; FALSE with errors in
 * the report. */
gboolean wattle_deployment_check_nm(const WattleDeployment *deployment, int root_fd,
                                    WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Names of meshes that have files or a mark here and are installed no more; with those of
 * wattle_mesh_list() they are all there is to apply. */
char **wattle_deployment_list_leftovers(int root_fd);

/* A mark below /run that files of a mesh are newer than what runs: an apply has begun and not
 * ended, or the writer ran on a host whose networkd has read other files. The next apply then
 * leaves nothing out. See doc/hacking.md, "A mark for what is not done". */
gboolean wattle_pending_set(int root_fd, const char *mesh,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean wattle_pending_get(int root_fd, const char *mesh);
void wattle_pending_clear(int root_fd, const char *mesh);
