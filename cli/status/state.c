/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/status/state.h"

static gboolean has_heard(const WattleStatus *status)
{
        for (guint i = 0; i < status->peers->len; i++)
                if (g_array_index(status->peers, WattlePeerStatus, i).last_handshake_s > 0)
                        return TRUE;
        return status->peers->len == 0;
}

const char *wattle_state_word(const WattleStateFacts *facts)
{
        if (!facts->exists)
                return "no-profile";
        if (!facts->has_key)
                return "need-key";
        if (!facts->is_good)
                return "degraded";
        if (!facts->is_member)
                return "not-a-member";
        if (facts->status->link != WATTLE_LINK_UP)
                return "down";
        if (facts->is_invited || !has_heard(facts->status))
                return "starting";
        return facts->is_troubled ? "degraded" : "running";
}
