/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who holds an interface at NetworkManager: we, after a restart of one of us, or somebody else. */
#pragma once

#include <NetworkManager.h>

typedef struct {
        /* The active connection with our UUID; NULL: there is none. */
        char *active;
        char *profile;
        char *device;
        gboolean is_up; /* and not on its way down, nor on another interface */
        /* Who else has the interface, in words; NULL: nobody. */
        char *other;
} WattleHolder;

void wattle_holder_clear(WattleHolder *holder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleHolder, wattle_holder_clear)

/* objects is what GetManagedObjects() of NetworkManager says: a{oa{sa{sv}}}. ret must be zeroed. */
void wattle_holder_find(GVariant *objects, const char *interface, const char *uuid,
                        WattleHolder *ret);
