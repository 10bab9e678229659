/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether nsswitch.conf(5) has programs ask libnss_wattle, and soon enough: behind /etc/hosts, and
 * before what asks others for names of the mesh or ends the question. See nss-wattle(8). */
#pragma once

#include <glib.h>

typedef enum {
        WATTLE_NSSWITCH_RIGHT,
        WATTLE_NSSWITCH_MISSING,
        WATTLE_NSSWITCH_BEFORE_FILES,
        WATTLE_NSSWITCH_BEHIND, /* another service */
} WattleNsswitch;

/* Of the whole file, "" if there is none. *ret_service is that other service, untouched in any
 * other case. */
WattleNsswitch wattle_nsswitch_judge(const char *text, char **ret_service);

/* The command by which the line becomes as it has to be, with all that is in it already, but for
 * comments; NULL if it has what a shell might take for something else. Only if it is not right. */
char *wattle_nsswitch_mend(const char *text);
