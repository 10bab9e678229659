/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may do what on the bus. One table maps every method to an action of polkit's; a method that
 * is not in it is denied. polkit is asked without waiting: the daemon goes on meanwhile. See
 * doc/hacking.md, "polkit is asked for every method, and never waited for". */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

typedef struct WattleAuthorizer WattleAuthorizer;

/* Whoever has this user id needs not be asked about: 0, but for tests. */
WattleAuthorizer *wattle_authorizer_new(uid_t trusted_uid);

/* Who is being asked about is denied. */
void wattle_authorizer_free(WattleAuthorizer *authorizer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleAuthorizer, wattle_authorizer_free)

/* Does what the call asks for, and replies. A negative result, or a set error, is the reply. uid is
 * the caller's, or WATTLE_ANY_USER for what is free to all. */
#define WATTLE_ANY_USER ((uid_t)-1)
typedef int (*WattleAct)(sd_bus_message *call, uid_t uid, gpointer data, sd_bus_error *error);

/* For the handler of a method to return: calls act, now or when polkit has said yes, or replies
 * that it may not. details are pairs of texts for polkit's rules and dialogs, ended by NULL. data
 * must live as long as the authorizer. */
int wattle_authorize(WattleAuthorizer *authorizer, sd_bus_message *call, const char *const *details,
                     WattleAct act, gpointer data, sd_bus_error *error);

/* The action of a method; "" for one that is free to all, NULL for one that is not in the table. */
const char *wattle_authorize_action(const char *interface, const char *member);
