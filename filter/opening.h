/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One opening (common/firewall.h has the words) as a call of firewalld's, firewalld.dbus(5), and
 * what firewalld answers to it. All of them are of its running state alone: what it does after a
 * restart is the admin's. */
#pragma once

#include <glib.h>

#include "common/sys/bus.h"

#define WATTLE_FIREWALLD      "org.fedoraproject.FirewallD1"
#define WATTLE_FIREWALLD_PATH "/org/fedoraproject/FirewallD1"
#define WATTLE_FIREWALLD_ZONE "org.fedoraproject.FirewallD1.zone"

/* To the firewalld of that unique name, lest a call start one that does not run. Below 0 on
 * failure. */
int wattle_opening_call(sd_bus *bus, const char *owner, const char *opening, gboolean closes,
                        sd_bus_message **ret);

typedef enum {
        WATTLE_ANSWER_DONE,
        WATTLE_ANSWER_ALREADY, /* it is so, and not by us */
        WATTLE_ANSWER_LATE,    /* it has not answered, and may do it yet */
        WATTLE_ANSWER_REFUSED,
} WattleAnswer;

/* error NULL: none. */
WattleAnswer wattle_opening_answer(const sd_bus_error *error);

/* What a person is told of a refusal: which of the words of the settings it is about, and why. */
char *wattle_opening_explain(const char *opening, const sd_bus_error *error);
