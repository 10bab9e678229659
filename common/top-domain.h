/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose a domain of a mesh is, as the Internet has it: the devices have names in it, and take the
 * place of other people's hosts. By a list of a year: there are new top-level domains since. */
#pragma once

#include <glib.h>

typedef enum {
        WATTLE_DOMAIN_PRIVATE,  /* "home", "home.internal"; and "mesh.example.org", which is so deep
                                   that it has an owner who knows */
        WATTLE_DOMAIN_TOP,      /* "work" */
        WATTLE_DOMAIN_OF_HOSTS, /* "example.org", "co.uk", "example.co.uk": others look for hosts */
        WATTLE_DOMAIN_OF_MULTICAST, /* "home.local" (RFC 6762) */
} WattleDomainKind;

/* Of a name in lower case. */
WattleDomainKind wattle_domain_judge(const char *domain);
