/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/witness.h"

#include <string.h>

#include "cli/managers/bus.h"
#include "cli/managers/wattled.h"
#include "cli/update/state.h"

/* Between two questions to one peer, when the first was answered at once with a no: wattled is just
 * reading the new profile. */
#define AGAIN_US (1 * G_USEC_PER_SEC)

/* Whether both profiles let the key in under that name. */
static gboolean is_in(const WattleProfile *profile, const WattlePeerStatus *peer)
{
        const WattleDevice *device = wattle_profile_find_device(profile, peer->device);

        return device && device->state == WATTLE_DEVICE_ACTIVE &&
               wattle_key_equal(&device->public_key, &peer->public_key);
}

gboolean wattle_witness_is_heard(const WattlePeerStatus *peer, gint64 now_s)
{
        gint64 heard_s = MAX(peer->last_handshake_s, peer->heard_s);

        return heard_s > 0 && now_s - heard_s < WATTLE_WITNESS_HEARD_S;
}

static int compare_heard(gconstpointer a, gconstpointer b, gpointer source)
{
        const WattlePeerStatus *one = *(const WattlePeerStatus *const *)a;
        const WattlePeerStatus *other = *(const WattlePeerStatus *const *)b;
        int is_source =
                (g_strcmp0(other->device, source) == 0) - (g_strcmp0(one->device, source) == 0);

        if (is_source != 0)
                return is_source;
        return (other->last_handshake_s > one->last_handshake_s) -
               (other->last_handshake_s < one->last_handshake_s);
}

char **wattle_witness_choose(const WattleStatus *status, const WattleProfile *old,
                             const WattleProfile *new, const char *source, gint64 now_s)
{
        g_autoptr(GPtrArray) peers = g_ptr_array_new();
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        for (guint i = 0; i < status->peers->len; i++) {
                WattlePeerStatus *peer = &g_array_index(status->peers, WattlePeerStatus, i);

                if (peer->device && is_in(old, peer) && is_in(new, peer) &&
                    (wattle_witness_is_heard(peer, now_s) || g_strcmp0(peer->device, source) == 0))
                        g_ptr_array_add(peers, peer);
        }
        g_ptr_array_sort_with_data(peers, compare_heard, (gpointer)source);
        for (guint i = 0; i < MIN(peers->len, WATTLE_UPDATE_MAX_WITNESSES); i++)
                g_ptr_array_add(names, g_strdup(((WattlePeerStatus *)peers->pdata[i])->device));
        if (names->len == 0)
                return NULL;
        g_ptr_array_add(names, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

typedef struct Wait Wait;

/* The question to one of them. */
typedef struct {
        Wait *wait;
        const char *name;
        sd_bus_slot *slot; /* it is under way; NULL: it is asked at again_us */
        gint64 again_us;
} Question;

struct Wait {
        sd_bus *bus;
        const char *mesh;
        Question *questions;
        guint n;
        const char *who; /* the first that answered */
};

static int on_answer(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Question *question = data;

        question->slot = sd_bus_slot_unref(question->slot);
        question->again_us = g_get_monotonic_time() + AGAIN_US;
        if (!sd_bus_message_is_method_error(reply, NULL) && !question->wait->who)
                question->wait->who = question->name;
        return 0;
}

/* Asks those whose time it is; *next_us becomes when the next one's is. */
static int ask(Wait *wait, gint64 *next_us)
{
        gint64 now_us = g_get_monotonic_time();

        for (guint i = 0; i < wait->n; i++) {
                Question *question = &wait->questions[i];
                int result;

                if (question->slot)
                        continue;
                if (question->again_us > now_us) {
                        *next_us = MIN(*next_us, question->again_us);
                        continue;
                }
                result = wattle_wattled_probe(wait->bus, &question->slot, wait->mesh,
                                              question->name, on_answer, question);
                if (result < 0)
                        return result;
        }
        return 0;
}

/* Below 0 if the bus is gone. */
static int wait_until(Wait *wait, gint64 end_us)
{
        while (!wait->who) {
                gint64 now_us = g_get_monotonic_time(), next_us = end_us;
                int result;

                if (now_us >= end_us)
                        return 0;
                result = ask(wait, &next_us);
                if (result >= 0)
                        result = sd_bus_process(wait->bus, NULL);
                if (result == 0)
                        result = sd_bus_wait(wait->bus, (guint64)MAX(next_us - now_us, 1));
                if (result < 0)
                        return result;
        }
        return 0;
}

gboolean wattle_witness_wait(sd_bus *bus, const char *mesh, const char *const *names,
                             gint64 limit_s, char **ret_who, GError **error)
{
        guint n = g_strv_length((char **)names);
        g_autofree Question *questions = g_new0(Question, n);
        Wait wait = { .bus = bus, .mesh = mesh, .questions = questions, .n = n };
        int result;

        for (guint i = 0; i < n; i++)
                questions[i] = (Question){ .wait = &wait, .name = names[i] };
        result = wait_until(&wait, g_get_monotonic_time() + limit_s * G_USEC_PER_SEC);
        for (guint i = 0; i < n; i++)
                sd_bus_slot_unref(questions[i].slot);
        if (result < 0)
                return wattle_bus_fail(error, "wattled", NULL, result);
        *ret_who = g_strdup(wait.who);
        return TRUE;
}
