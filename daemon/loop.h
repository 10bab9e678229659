/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loop around the engines of one mesh's peers, while its interface is there: time, counters and
 * candidates go in, and what an engine says is done. It asks the kernel and sends the probes. */
#pragma once

#include "common/local.h"
#include "daemon/mesh.h"
#include "daemon/probe-request.h"
#include "daemon/roster.h"
#include "daemon/surroundings.h"

typedef struct WattleLoop WattleLoop;

/* For the members of the roster, which is the caller's; mesh is borrowed, too. keep: its last good
 * endpoints stay on this host. */
WattleLoop *wattle_loop_new(WattleSurroundings *around, WattleRoster *roster, const char *mesh,
                            gboolean keep);
void wattle_loop_free(WattleLoop *loop);

/* What the local settings say. */
typedef struct {
        gboolean migrate; /* FALSE: it only looks */
        WattleDiscovery discovery;
} WattleLoopWishes;

/* Begins for all members that the kernel has, and ends. */
void wattle_loop_start(WattleLoop *loop, const char *interface, const WattleWgDevice *device,
                       const WattleLoopWishes *wishes);
void wattle_loop_stop(WattleLoop *loop);

/* The text that the members were read of; serial 0: it is not signed. */
void wattle_loop_set_text(WattleLoop *loop, const WattleHello *text);

/* Of the interface; 0: it is stopped. */
guint32 wattle_loop_ifindex(const WattleLoop *loop);
guint16 wattle_loop_listen_port(const WattleLoop *loop);

/* Before members are read anew of the profile, and after. */
void wattle_loop_members_change(WattleLoop *loop);
void wattle_loop_members_changed(WattleLoop *loop);

/* Whether the kernel sends to some member, or would, another way than when its engine was told of
 * links last: by another link, gateway or address of ours. See doc/hacking.md, "News of a route is
 * compared before it is believed". */
gboolean wattle_loop_has_other_ways(WattleLoop *loop);

/* WATTLE_LINKS_LOST is for those whose way is gone, WATTLE_LINKS_PATHS for those with other ways.
 */
void wattle_loop_links_changed(WattleLoop *loop, WattleLinksChange change);

/* This host has slept. */
void wattle_loop_woke(WattleLoop *loop);

/* What the kernel says goes to the members; _read() asks it, and has the engines know. */
void wattle_loop_take(WattleLoop *loop, const WattleWgDevice *device);
gboolean wattle_loop_read(WattleLoop *loop, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The counters go to the engines that want them. */
void wattle_loop_counters(WattleLoop *loop);

/* The member has an engine: it takes a user's wish; to as in WATTLE_ON_MOVE. */
void wattle_loop_move(WattleLoop *loop, WattleMember *member, const WattleSocketAddr *to);

/* As wattle_probe_request_add(). */
gboolean wattle_loop_probe(WattleLoop *loop, const WattleMember *member, WattleProbed probed,
                           gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As wattle_manager_count_relay(). */
void wattle_loop_count_relay(WattleLoop *loop, WattleRelayCounted counted, gpointer data);

/* Why the way to a member, which is followed and relayed, is, or there is none though both were
 * introduced; in words. NULL: nothing is known of that. */
const char *wattle_loop_why_relayed(const WattleLoop *loop, const WattleMember *member);

/* PortMapping=auto: a port of the router's is wanted while the interface is there. */
void wattle_loop_set_mapping(WattleLoop *loop, gboolean wanted);

/* That port, or none; and in words why there is none, though it is wanted, or NULL. */
const WattleSocketAddr *wattle_loop_mapped(const WattleLoop *loop, const char **ret_problem);
