/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/probe-request.h"

#include "common/error.h"
#include "common/sys/clock.h"
#include "daemon/member.h"

/* Long enough for a handshake that the probe is the reason for, once sent again (WireGuard's
 * REKEY_TIMEOUT is 5 s). */
#define WAIT_US      (6 * G_USEC_PER_SEC)
#define MAX_PROBINGS 64

typedef struct {
        GPtrArray *list; /* that it is in */
        const WattleMember *member;
        guint64 id;
        gint64 sent_us;
        sd_event_source *timer;
        WattleProbed probed;
        gpointer data;
} Probing;

static void probing_free(gpointer data)
{
        Probing *probing = data;

        sd_event_source_disable_unref(probing->timer);
        g_free(probing);
}

/* The probe leaves the list before the one who asked is told, for he may ask again at once. */
static void finish(Probing *probing, gboolean answered, guint32 rtt_us, const char *why)
{
        WattleProbed probed = probing->probed;
        gpointer data = probing->data;

        g_ptr_array_remove_fast(probing->list, probing);
        probed(answered, rtt_us, why, data);
}

static int on_timer(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t due_us,
                    void *data)
{
        finish(data, FALSE, 0, "no answer");
        return 0;
}

GPtrArray *wattle_probe_request_list(void)
{
        return g_ptr_array_new_with_free_func(probing_free);
}

gboolean wattle_probe_request_add(GPtrArray *list, sd_event *event, WattleProber *prober,
                                  const WattleMember *member, WattleProbed probed, gpointer data,
                                  GError **error)
{
        Probing *probing;
        int result;

        if (list->len == MAX_PROBINGS) {
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                                    "too many probes are under way");
                return FALSE;
        }
        probing = g_new0(Probing, 1);
        *probing = (Probing){ .list = list,
                              .member = member,
                              .id = (guint64)g_random_int() << 32 | g_random_int(),
                              .sent_us = wattle_clock_now_us(),
                              .probed = probed,
                              .data = data };
        g_ptr_array_add(list, probing);
        result = sd_event_add_time_relative(event, &probing->timer, CLOCK_BOOTTIME, WAIT_US, 0,
                                            on_timer, probing);
        if (result >= 0 && wattle_member_probe(member, prober, probing->id))
                return TRUE;
        g_ptr_array_remove_fast(list, probing);
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                            "there is no socket to send a probe by");
        return FALSE;
}

gboolean wattle_probe_request_answered(GPtrArray *list, const WattleMember *member, guint64 id)
{
        for (guint i = 0; i < list->len; i++) {
                Probing *probing = g_ptr_array_index(list, i);
                gint64 rtt_us = wattle_clock_now_us() - probing->sent_us;

                if (probing->id != id || probing->member != member)
                        continue;
                finish(probing, TRUE, (guint32)CLAMP(rtt_us, 0, G_MAXUINT32), NULL);
                return TRUE;
        }
        return FALSE;
}

void wattle_probe_request_cancel_all(GPtrArray *list, const char *why)
{
        while (list->len > 0)
                finish(g_ptr_array_index(list, list->len - 1), FALSE, 0, why);
}
