/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules that ufw(8) has for meshes, and should have. ufw has no running state beside its files:
 * so its rules carry a comment of ours, by which those that nobody needs any more are found. They
 * are texts as 'ufw show added' prints them and ufw takes them, "allow 51820/udp". */
#pragma once

#include "common/firewall.h"

#define WATTLE_UFW_COMMENT "wattle "

/* Adds the rules of one mesh to rules, of char *. ufw has no zones: only Firewall=auto counts, and
 * of Trust= the zone that trusts. */
void wattle_ufw_add_wanted(GPtrArray *rules, const WattleFirewall *firewall, const char *interface);

/* Whether there is anything in a file of ufw's rules that 'ufw show added' would have to be asked
 * about: a rule of ours, or one with a port or an interface of the wanted ones. Rather yes than no.
 */
gboolean wattle_ufw_may_matter(const char *file, const GPtrArray *wanted);

/* From what 'ufw show added' says to what all meshes that are up want: ret_remove are rules of ours
 * that none of them wants, ret_add those that nobody has made, the admin neither; both of char *,
 * borrowed from the others for as long as these live. */
void wattle_ufw_plan(char **shown, const GPtrArray *wanted, GPtrArray *ret_remove,
                     GPtrArray *ret_add);
