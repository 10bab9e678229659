/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much of something each user has under way, so that no user has it all. */
#pragma once

#include <glib.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

typedef struct WattleQuota WattleQuota;

/* At most max for each user and max_all for all, but for one user, who has no bound. */
WattleQuota *wattle_quota_new(guint max, guint max_all, uid_t free_uid);

/* What is taken may be given back after its maker has gone: whoever has taken something holds it,
 * too. */
WattleQuota *wattle_quota_ref(WattleQuota *quota);
void wattle_quota_unref(WattleQuota *quota);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleQuota, wattle_quota_unref)

/* FALSE with the error for the caller if the user has as many as he may; else give it back once. */
gboolean wattle_quota_take(WattleQuota *quota, uid_t uid,
                           sd_bus_error *error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_quota_give_back(WattleQuota *quota, uid_t uid);
