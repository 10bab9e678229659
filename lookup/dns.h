/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One name at name servers that are given, and at no others: by c-ares, whose sockets are marked
 * and bound to a link before they send anything. Neither resolv.conf(5) nor a search list counts;
 * /etc/hosts does, as for the host's own resolver. */
#pragma once

#include "common/lookup-message.h"

/* Waits, for 8 seconds at most. answer->failure says what could not be done, as to set the mark; no
 * addresses without it: there are none, or no server answered. */
void wattle_dns_ask(const WattleLookupQuestion *question, WattleLookupAnswer *ret);
