/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the kill switch of Mullvad's app is in 'nft list ruleset', and lets pass what has its
 * mark: the app makes that rule only where the control group net_cls can be mounted
 * (mullvadvpn-app, talpid-core/src/firewall/linux.rs). */
#pragma once

#include <glib.h>

typedef enum {
        WATTLE_MULLVAD_ABSENT,
        WATTLE_MULLVAD_ACCEPTS,
        WATTLE_MULLVAD_DROPS, /* in one direction at least */
} WattleMullvad;

WattleMullvad wattle_mullvad_judge(const char *ruleset);

/* Whether a chain, "inet mullvad input", is the app's. */
gboolean wattle_mullvad_owns(const char *chain);

/* The command that puts the rule there until the app makes its table anew, as it does with each
 * connection. */
#define WATTLE_MULLVAD_COMMAND                                                                     \
        "nft insert rule inet mullvad output ct mark 0xf41 accept; "                               \
        "nft insert rule inet mullvad input ct mark 0xf41 accept"
