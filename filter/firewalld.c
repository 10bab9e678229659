/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One round: ask for the zones as they are, decide what has to be open (common/firewall.h), and do
 * what is missing, call by call. News begins a round; news within one begins another behind it. */
#include "filter/firewalld.h"

#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/sys/bus-match.h"
#include "common/sys/log.h"
#include "filter/opened.h"
#include "filter/opening.h"
#include "filter/uplinks.h"

#define ANSWER_LIMIT_US (25 * (uint64_t)G_USEC_PER_SEC)
#define UNDO_LIMIT_US   (3 * (uint64_t)G_USEC_PER_SEC)

typedef struct {
        char *opening;
        gboolean closes;
} Change;

struct WattleFirewalld {
        sd_event *event;
        char *address;
        const char *mesh, *interface;
        WattleFirewall wanted;
        gboolean is_wanted;
        WattleUplinks *uplinks; /* while they count */

        sd_bus *bus;
        sd_event_source *reopen;
        sd_bus_slot *names; /* firewalld's name has another owner */
        sd_bus_slot *asked_owner;
        sd_bus_slot *news[2]; /* of that firewalld */
        WattleOpened opened;  /* with its unique name; NULL: none runs */
        GHashTable *refused;  /* of char *: not tried again by the same one */

        sd_bus_slot *call; /* of the round that is on; NULL: none is */
        gboolean again;
        char *default_zone;
        GQueue changes; /* of Change */
};

static void change_free(gpointer data)
{
        Change *change = data;

        g_free(change->opening);
        g_free(change);
}

static void begin_round(WattleFirewalld *f);

static void save(const WattleFirewalld *f)
{
        g_autoptr(GError) error = NULL;

        if (!wattle_opened_save(&f->opened, &error))
                wattle_log(WATTLE_LOG_WARNING, "mesh %s: %s", f->mesh, error->message);
}

static void end_round(WattleFirewalld *f)
{
        g_clear_pointer(&f->call, sd_bus_slot_unref);
        g_clear_pointer(&f->default_zone, g_free);
        g_queue_clear_full(&f->changes, change_free);
        if (f->again)
                begin_round(f);
}

/* For calls that failed before they were sent: a bus that has gone is told of elsewhere. */
static void give_up(WattleFirewalld *f, int result)
{
        if (result != -ENOTCONN)
                wattle_log(WATTLE_LOG_WARNING, "mesh %s: firewalld: %s", f->mesh,
                           g_strerror(-result));
        f->again = FALSE;
        end_round(f);
}

static void next_change(WattleFirewalld *f);

static void note_answer(WattleFirewalld *f, const Change *change, const sd_bus_error *error)
{
        g_autofree char *why = NULL;

        switch (wattle_opening_answer(error)) {
        case WATTLE_ANSWER_DONE:
                wattle_log(WATTLE_LOG_INFO, "mesh %s: firewalld: %s %s", f->mesh,
                           change->closes ? "closed" : "opened", change->opening);
                break;
        case WATTLE_ANSWER_LATE: /* it may be open: that is closed in the end */
                if (!change->closes)
                        return;
                break;
        case WATTLE_ANSWER_ALREADY:
                break;
        case WATTLE_ANSWER_REFUSED:
                if (change->closes)
                        break; /* it is not there any more */
                why = wattle_opening_explain(change->opening, error);
                wattle_log(WATTLE_LOG_ERROR, "mesh %s: %s", f->mesh, why);
                break;
        }
        if (change->closes || wattle_opening_answer(error) != WATTLE_ANSWER_DONE)
                g_hash_table_remove(f->opened.set, change->opening);
        else
                g_hash_table_add(f->opened.set, g_strdup(change->opening));
        if (!change->closes && wattle_opening_answer(error) != WATTLE_ANSWER_DONE)
                g_hash_table_add(f->refused, g_strdup(change->opening));
}

static int on_changed(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        WattleFirewalld *f = data;
        Change *change = g_queue_pop_head(&f->changes);

        note_answer(f, change, sd_bus_message_get_error(reply));
        change_free(change);
        next_change(f);
        return 0;
}

static void next_change(WattleFirewalld *f)
{
        AUTO_BUS_MESSAGE *call = NULL;
        const Change *change = g_queue_peek_head(&f->changes);
        int result;

        g_clear_pointer(&f->call, sd_bus_slot_unref);
        if (!change) {
                save(f);
                end_round(f);
                return;
        }
        result = wattle_opening_call(f->bus, f->opened.owner, change->opening, change->closes,
                                     &call);
        if (result >= 0)
                result = sd_bus_call_async(f->bus, &f->call, call, on_changed, f, ANSWER_LIMIT_US);
        if (result < 0)
                give_up(f, result);
}

static void add_change(WattleFirewalld *f, const char *opening, gboolean closes)
{
        Change *change = g_new(Change, 1);

        *change = (Change){ g_strdup(opening), closes };
        g_queue_push_tail(&f->changes, change);
}

static gboolean contains(const GPtrArray *openings, const char *opening)
{
        for (guint i = 0; i < openings->len; i++)
                if (strcmp(g_ptr_array_index(openings, i), opening) == 0)
                        return TRUE;
        return FALSE;
}

/* What opens comes first, so that nothing is shut while an uplink goes to another zone. It is on
 * the file before firewalld hears of it: what a killed program has opened is known then. */
static void change_to(WattleFirewalld *f, const GPtrArray *openings)
{
        GHashTableIter iter;
        gpointer opening;

        for (guint i = 0; i < openings->len; i++) {
                opening = g_ptr_array_index(openings, i);
                if (!g_hash_table_contains(f->opened.set, opening) &&
                    !g_hash_table_contains(f->refused, opening))
                        add_change(f, opening, FALSE);
        }
        g_hash_table_iter_init(&iter, f->opened.set);
        while (g_hash_table_iter_next(&iter, &opening, NULL))
                if (!contains(openings, opening))
                        add_change(f, opening, TRUE);
        if (g_queue_is_empty(&f->changes)) {
                end_round(f);
                return;
        }
        for (const GList *link = f->changes.head; link; link = link->next)
                g_hash_table_add(f->opened.set, g_strdup(((Change *)link->data)->opening));
        save(f);
        next_change(f);
}

/* a{sa{sas}}: of each zone that is in use "interfaces" and "sources". */
static int read_zone(sd_bus_message *reply, const char *zone, GHashTable *zones)
{
        const char *kind, *name;
        int result;

        while ((result = sd_bus_message_enter_container(reply, 'e', "sas")) > 0) {
                result = sd_bus_message_read(reply, "s", &kind);
                if (result < 0 || (result = sd_bus_message_enter_container(reply, 'a', "s")) < 0)
                        return result;
                while ((result = sd_bus_message_read(reply, "s", &name)) > 0)
                        if (strcmp(kind, "interfaces") == 0)
                                g_hash_table_insert(zones, g_strdup(name), g_strdup(zone));
                if (result < 0 || (result = sd_bus_message_exit_container(reply)) < 0 ||
                    (result = sd_bus_message_exit_container(reply)) < 0)
                        return result;
        }
        return result;
}

static int read_zones(sd_bus_message *reply, GHashTable *zones)
{
        const char *zone;
        int result = sd_bus_message_enter_container(reply, 'a', "{sa{sas}}");

        while (result >= 0 &&
               (result = sd_bus_message_enter_container(reply, 'e', "sa{sas}")) > 0) {
                if ((result = sd_bus_message_read(reply, "s", &zone)) < 0 ||
                    (result = sd_bus_message_enter_container(reply, 'a', "{sas}")) < 0 ||
                    (result = read_zone(reply, zone, zones)) < 0 ||
                    (result = sd_bus_message_exit_container(reply)) < 0)
                        return result;
                result = sd_bus_message_exit_container(reply);
        }
        return result;
}

/* Where nothing is wanted any more since the round began, the next one closes. */
static void decide(WattleFirewalld *f, GHashTable *in_zones)
{
        g_autoptr(GPtrArray) uplinks = f->wanted.is_auto ? wattle_uplinks_list() : NULL;
        g_autoptr(GPtrArray) openings = NULL;

        if (!f->is_wanted) {
                end_round(f);
                return;
        }
        openings = wattle_firewall_openings(
                &f->wanted, f->interface,
                &(const WattleZones){ f->default_zone, in_zones, uplinks });
        change_to(f, openings);
}

static int on_active_zones(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        WattleFirewalld *f = data;
        g_autoptr(GHashTable) zones =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        int result = -sd_bus_message_get_errno(reply);

        g_clear_pointer(&f->call, sd_bus_slot_unref);
        if (result >= 0)
                result = read_zones(reply, zones);
        if (result < 0)
                give_up(f, result);
        else
                decide(f, zones);
        return 0;
}

static int on_default_zone(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        WattleFirewalld *f = data;
        const char *zone;
        int result = -sd_bus_message_get_errno(reply);

        g_clear_pointer(&f->call, sd_bus_slot_unref);
        if (result >= 0)
                result = sd_bus_message_read(reply, "s", &zone);
        if (result >= 0) {
                f->default_zone = g_strdup(zone);
                result = sd_bus_call_method_async(f->bus, &f->call, f->opened.owner,
                                                  WATTLE_FIREWALLD_PATH, WATTLE_FIREWALLD_ZONE,
                                                  "getActiveZones", on_active_zones, f, NULL);
        }
        if (result < 0)
                give_up(f, result);
        return 0;
}

static void begin_round(WattleFirewalld *f)
{
        g_autoptr(GPtrArray) nothing = g_ptr_array_new();
        int result;

        f->again = f->call != NULL;
        if (f->call || !f->opened.owner)
                return;
        if (!f->is_wanted) {
                change_to(f, nothing);
                return;
        }
        result = sd_bus_call_method_async(f->bus, &f->call, f->opened.owner, WATTLE_FIREWALLD_PATH,
                                          WATTLE_FIREWALLD, "getDefaultZone", on_default_zone, f,
                                          NULL);
        if (result < 0)
                give_up(f, result);
}

/* Another firewalld, or none. */
static void forget(WattleFirewalld *f, const char *owner)
{
        f->again = FALSE;
        end_round(f);
        wattle_opened_forget(&f->opened, owner);
        g_hash_table_remove_all(f->refused);
        save(f);
}

/* The same with its rules as its files say. It answers in turn: the call that is on its way comes
 * behind that, and what it has opened counts. */
static void forget_rules(WattleFirewalld *f)
{
        g_autofree char *owner = g_strdup(f->opened.owner);
        const Change *on_its_way = g_queue_peek_head(&f->changes);

        wattle_opened_forget(&f->opened, owner);
        g_hash_table_remove_all(f->refused);
        while (g_queue_get_length(&f->changes) > 1)
                change_free(g_queue_pop_tail(&f->changes));
        if (on_its_way)
                g_hash_table_add(f->opened.set, g_strdup(on_its_way->opening));
        save(f);
}

static int on_news(sd_bus_message *signal, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        WattleFirewalld *f = data;

        if (sd_bus_message_is_signal(signal, WATTLE_FIREWALLD, "Reloaded"))
                forget_rules(f);
        /* What was open already, by another mesh for example, may be shut now. */
        if (sd_bus_message_is_signal(signal, WATTLE_FIREWALLD_ZONE, "PortRemoved") ||
            sd_bus_message_is_signal(signal, WATTLE_FIREWALLD_ZONE, "InterfaceRemoved"))
                g_hash_table_remove_all(f->refused);
        begin_round(f);
        return 0;
}

static int listen_to(WattleFirewalld *f)
{
        static const char *const interfaces[] = { WATTLE_FIREWALLD, WATTLE_FIREWALLD_ZONE };
        int result = 0;

        G_STATIC_ASSERT(G_N_ELEMENTS(interfaces) == G_N_ELEMENTS(f->news));
        for (guint i = 0; i < G_N_ELEMENTS(interfaces); i++) {
                g_clear_pointer(&f->news[i], sd_bus_slot_unref);
                if (f->opened.owner && result >= 0)
                        result = wattle_bus_match(f->bus, &f->news[i], f->opened.owner,
                                                  WATTLE_FIREWALLD_PATH, interfaces[i], NULL,
                                                  on_news, f);
        }
        return result;
}

static int on_owner(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        WattleFirewalld *f = data;
        const char *owner = NULL;
        int result;

        g_clear_pointer(&f->asked_owner, sd_bus_slot_unref);
        if (!sd_bus_message_is_method_error(reply, NULL) &&
            sd_bus_message_read(reply, "s", &owner) < 0)
                owner = NULL;
        if (g_strcmp0(owner, f->opened.owner) == 0)
                return 0;
        forget(f, owner);
        result = listen_to(f);
        if (result < 0)
                give_up(f, result);
        else
                begin_round(f);
        return 0;
}

static int ask_owner(WattleFirewalld *f)
{
        g_clear_pointer(&f->asked_owner, sd_bus_slot_unref);
        return wattle_bus_ask_owner(f->bus, &f->asked_owner, WATTLE_FIREWALLD, on_owner, f);
}

static int on_new_owner(G_GNUC_UNUSED sd_bus_message *signal, void *data,
                        G_GNUC_UNUSED sd_bus_error *error)
{
        int result = ask_owner(data);

        return result < 0 ? result : 0;
}

static void close_bus(WattleFirewalld *f)
{
        f->again = FALSE;
        end_round(f);
        for (guint i = 0; i < G_N_ELEMENTS(f->news); i++)
                g_clear_pointer(&f->news[i], sd_bus_slot_unref);
        g_clear_pointer(&f->names, sd_bus_slot_unref);
        g_clear_pointer(&f->asked_owner, sd_bus_slot_unref);
        f->bus = sd_bus_close_unref(f->bus);
}

static void open_bus(WattleFirewalld *f);

static int on_reopen(G_GNUC_UNUSED sd_event_source *source, void *data)
{
        WattleFirewalld *f = data;

        close_bus(f);
        forget(f, NULL);
        open_bus(f);
        return 0;
}

/* The bus may not be freed while it calls us. */
static int on_disconnected(G_GNUC_UNUSED sd_bus_message *signal, void *data,
                           G_GNUC_UNUSED sd_bus_error *error)
{
        WattleFirewalld *f = data;

        f->reopen = sd_event_source_unref(f->reopen);
        return sd_event_add_defer(f->event, &f->reopen, on_reopen, f);
}

static void open_bus(WattleFirewalld *f)
{
        int result = wattle_bus_start(&f->bus, f->event, f->address, on_disconnected, f);

        if (result >= 0)
                result = wattle_bus_match_owner(f->bus, &f->names, WATTLE_FIREWALLD, on_new_owner,
                                                f);
        if (result >= 0)
                result = ask_owner(f);
        if (result < 0)
                wattle_log(WATTLE_LOG_WARNING, "mesh %s: the system bus: %s", f->mesh,
                           g_strerror(-result));
}

WattleFirewalld *wattle_firewalld_new(sd_event *event, const char *address, int root_fd,
                                      const char *mesh, const char *interface)
{
        WattleFirewalld *f = g_new0(WattleFirewalld, 1);

        f->event = sd_event_ref(event);
        f->address = g_strdup(address);
        f->mesh = mesh;
        f->interface = interface;
        f->refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_queue_init(&f->changes);
        wattle_opened_init(&f->opened, root_fd, mesh);
        open_bus(f);
        return f;
}

void wattle_firewalld_free(WattleFirewalld *f)
{
        if (!f)
                return;
        close_bus(f);
        f->reopen = sd_event_source_unref(f->reopen);
        g_clear_pointer(&f->uplinks, wattle_uplinks_free);
        wattle_firewall_clear(&f->wanted);
        wattle_opened_clear(&f->opened);
        g_hash_table_unref(f->refused);
        sd_event_unref(f->event);
        g_free(f->address);
        g_free(f);
}

static void on_uplinks(gpointer data)
{
        begin_round(data);
}

static void follow_uplinks(WattleFirewalld *f)
{
        gboolean wanted = f->is_wanted && f->wanted.is_auto;
        g_autoptr(GError) error = NULL;

        if (!wanted)
                g_clear_pointer(&f->uplinks, wattle_uplinks_free);
        else if (!f->uplinks)
                f->uplinks = wattle_uplinks_new(f->event, on_uplinks, f, &error);
        if (error)
                wattle_log(WATTLE_LOG_WARNING, "mesh %s: %s", f->mesh, error->message);
}

void wattle_firewalld_want(WattleFirewalld *f, WattleFirewall *firewall)
{
        wattle_firewall_clear(&f->wanted);
        f->is_wanted = firewall != NULL;
        if (firewall) {
                f->wanted = *firewall;
                *firewall = (WattleFirewall){ 0 };
        }
        follow_uplinks(f);
        begin_round(f);
}

/* The one that has it open still, or nobody: another has never heard of it. */
static gboolean is_still_there(sd_bus *bus, const char *owner)
{
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *now;

        return sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                  "org.freedesktop.DBus", "GetNameOwner", NULL, &reply, "s",
                                  WATTLE_FIREWALLD) >= 0 &&
               sd_bus_message_read(reply, "s", &now) > 0 && g_strcmp0(now, owner) == 0;
}

/* What it says against it is that it is closed; only silence counts. */
static int close_all(sd_bus *bus, const WattleOpened *opened)
{
        GHashTableIter iter;
        gpointer opening;

        g_hash_table_iter_init(&iter, opened->set);
        while (g_hash_table_iter_next(&iter, &opening, NULL)) {
                AUTO_BUS_MESSAGE *call = NULL;
                AUTO_BUS_ERROR error = SD_BUS_ERROR_NULL;
                int result = wattle_opening_call(bus, opened->owner, opening, TRUE, &call);

                if (result >= 0)
                        result = sd_bus_call(bus, call, UNDO_LIMIT_US, &error, NULL);
                if (result < 0 && !sd_bus_error_is_set(&error))
                        return result;
                if (wattle_opening_answer(&error) == WATTLE_ANSWER_LATE)
                        return -ETIMEDOUT;
        }
        return 0;
}

gboolean wattle_firewalld_undo(const char *address, int root_fd, const char *mesh, GError **error)
{
        g_auto(WattleOpened) opened = { 0 };
        g_autoptr(GError) own = NULL;
        sd_bus *bus = NULL;
        int result;

        wattle_opened_init(&opened, root_fd, mesh);
        if (!wattle_opened_load(&opened, &own)) {
                if (!own)
                        return TRUE;
                g_propagate_error(error, g_steal_pointer(&own));
                return FALSE;
        }
        result = wattle_bus_start(&bus, NULL, address, NULL, NULL);
        if (result >= 0)
                result = sd_bus_set_method_call_timeout(bus, UNDO_LIMIT_US);
        if (result >= 0 && is_still_there(bus, opened.owner))
                result = close_all(bus, &opened);
        sd_bus_close_unref(bus);
        if (result < 0)
                return wattle_error_set_errno(error, -result,
                                              "firewalld keeps open what it was asked to");
        wattle_opened_forget(&opened, NULL);
        return wattle_opened_save(&opened, error);
}
