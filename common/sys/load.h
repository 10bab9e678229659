/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one door through which meshes come in: find, read, verify, parse, check. A mesh is NAME.mesh
 * and the .conf files of NAME.mesh.d, in /etc/wattle, /run/wattle and /usr/lib/wattle, with
 * systemd's precedence: a file of the same name in an earlier folder hides the later ones, and a
 * link to /dev/null hides all. So it is with MESH.pub: where that is found, the mesh must be signed
 * by one of the keys in it (common/sys/trust.h), may not be older than the last good one, and that
 * one stands in for it if it does not verify; and devices with a key of its revocations are
 * revoked, whatever it says. While a host that joined has no profile yet, NAME.invite in
 * /etc/wattle is the mesh, if there is a MESH.pub. */
#pragma once

#include "common/local.h"
#include "common/profile.h"
#include "common/sys/trust.h"

typedef struct {
        char *path; /* of the profile, as messages call it; of one that is carried no path */
        gboolean is_signed; /* and verified */
        WattleSigningKey signer;
        gboolean is_invitation; /* it is the tiny mesh of an invitation: the profile is still to
                                   come */
        gboolean is_last_good;  /* it is not the one that stands there, which does not verify */
        WattleProfile *profile; /* read and checked */
        WattleLocal local;
} WattleMesh;

void wattle_mesh_clear(WattleMesh *mesh);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleMesh, wattle_mesh_clear)

/* root_fd is a folder that stands for "/", open with O_PATH or O_RDONLY. */

/* NAME and suffix in the first of the folders that has it, absolute; NULL if there is none or it is
 * masked. What cannot be looked at may hide the later ones: it is found, and reading it gives the
 * error. */
char *wattle_load_find(int root_fd, const char *name, const char *suffix);

/* Adds the names of the files that end in ".mesh" or another such suffix to the list of char *,
 * sorted: what wattle_mesh_list() says of those that have a profile. */
void wattle_load_list(int root_fd, const char *suffix, GPtrArray *list, WattleReport *report);

/* Names of the installed meshes, sorted, masked ones left out. Files that cannot be a mesh's name
 * are reported, and folders that cannot be read: an error, for then the list may lack some. */
char **wattle_mesh_list(int root_fd, WattleReport *report);

/* What is to be done where an installed mesh must be signed, and does not verify or is bad. */
typedef enum {
        WATTLE_LOAD_PRESENT, /* fail: for who changes what this host runs, or looks for faults */
        WATTLE_LOAD_OR_LAST_GOOD, /* take the last good one, and warn: a stray edit takes no host
                                     off */
} WattleLoad;

/* An installed mesh by name, with its local settings. FALSE with errors in the report: not found,
 * masked, bad. mesh must be zeroed. */
gboolean wattle_mesh_load(WattleMesh *mesh, int root_fd, const char *name, WattleLoad how,
                          WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* A profile by path, with all local settings at their defaults. It must be signed if there is a
 * MESH.pub beside it. */
gboolean wattle_mesh_load_file(WattleMesh *mesh, const char *path,
                               WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The same, which must be signed by one of these keys; path is below dir_fd, but for a first slash.
 */
gboolean wattle_mesh_load_trusting(WattleMesh *mesh, int dir_fd, const char *path,
                                   const WattleTrust *trust,
                                   WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Whether an installed mesh must be signed, without a look at by whom. */
gboolean wattle_mesh_must_be_signed(int root_fd, const char *name);

/* Whom a mesh must be signed by: an installed one by name, or with AT_FDCWD a profile by path, as
 * above. trust must be zeroed. FALSE with errors in the report. */
gboolean wattle_mesh_read_trust(WattleTrust *trust, int dir_fd, const char *mesh,
                                WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The local settings alone, of an installed mesh: local must be initialised. FALSE with errors in
 * the report: a file is bad, or a file or folder cannot be read. */
gboolean wattle_local_load(WattleLocal *local, int root_fd, const char *name,
                           WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Meshes that VPN connections carry and nm-wattle-service has handed on while they are up: the
 * UUIDs of their links, sorted. Of a folder that cannot be read nothing. */
char **wattle_carried_list(int root_fd);

/* One of them by UUID, with its local settings; mesh must be zeroed. And these alone; local must be
 * initialised. Interface= is always given. FALSE with errors in the report. */
gboolean wattle_carried_load(WattleMesh *mesh, int root_fd, const char *uuid,
                             WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
gboolean wattle_carried_load_local(WattleLocal *local, int root_fd, const char *uuid,
                                   WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* One file of local settings by path, over what is there. */
gboolean wattle_local_load_file(WattleLocal *local, const char *path,
                                WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Path of an installed mesh's profile, as in "/etc/wattle/home.mesh"; NULL if there is none or it
 * is masked. A path that cannot be looked at counts as there, and loading it says why. */
char *wattle_mesh_find(int root_fd, const char *name);

/* Whether the first of its files is a link to /dev/null. */
gboolean wattle_mesh_is_masked(int root_fd, const char *name);

/* Path of the invitation that stands for the mesh, or NULL. */
char *wattle_mesh_find_invitation(int root_fd, const char *name);

/* Whether there is one or the other. */
gboolean wattle_mesh_exists(int root_fd, const char *name);

/* Names of the meshes for which there is an invitation and no profile, whether they were joined or
 * not. */
char **wattle_invitation_list(int root_fd);
