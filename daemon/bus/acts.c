/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/acts.h"

#include <linux/netlink.h>
#include <net/if.h>
#include <string.h>

#include "common/nm-profile.h"
#include "common/sys/bus-status.h"
#include "common/sys/bus.h"
#include "common/sys/netlink.h"

#define NM            "org.freedesktop.NetworkManager"
#define NM_MANAGER    "/org/freedesktop/NetworkManager", NM
#define NM_SETTINGS   "/org/freedesktop/NetworkManager/Settings", NM ".Settings"
#define SYSTEMD       "org.freedesktop.systemd1"
#define UNITS_MANAGER "/org/freedesktop/systemd1", SYSTEMD ".Manager"

#define ANSWER_US (25 * G_USEC_PER_SEC)

/* A call of ours that another service works on. */
typedef struct {
        sd_bus_message *call; /* whom to answer */

        /* only to switch off a VPN connection */
        char *vpn;       /* its UUID */
        char *interface; /* of its link; NULL: there is none */
        char **actives;  /* NetworkManager's active connections */
        guint n_asked;   /* of them, for their UUID */
} Errand;

static Errand *errand_new(sd_bus_message *call)
{
        Errand *errand = g_new0(Errand, 1);

        errand->call = sd_bus_message_ref(call);
        return errand;
}

static void errand_free(Errand *errand)
{
        sd_bus_message_unref(errand->call);
        g_free(errand->vpn);
        g_free(errand->interface);
        g_strfreev(errand->actives);
        g_free(errand);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Errand, errand_free)

/* Ends the errand with what the other service had to say against it. */
static int errand_fail(Errand *errand, const char *who, const sd_bus_error *error, int result)
{
        sd_bus_reply_method_errorf(errand->call, WATTLE_BUS_ERROR_FAILED, "%s: %s", who,
                                   error && error->message ? error->message : g_strerror(-result));
        errand_free(errand);
        return 0;
}

static int errand_done(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        g_autoptr(Errand) errand = data;

        if (sd_bus_message_is_method_error(answer, NULL))
                return errand_fail(g_steal_pointer(&errand), "NetworkManager",
                                   sd_bus_message_get_error(answer), 0);
        sd_bus_reply_method_return(errand->call, NULL);
        return 0;
}

static int on_connection(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Errand *errand = data;
        const char *connection;
        int result = 0;

        if (!sd_bus_message_is_method_error(answer, NULL))
                result = sd_bus_message_read(answer, "o", &connection);
        if (result > 0)
                result = sd_bus_call_method_async(sd_bus_message_get_bus(answer), NULL, NM,
                                                  NM_MANAGER, "ActivateConnection", errand_done,
                                                  errand, "ooo", connection, "/", "/");
        if (result > 0)
                return 0;
        return errand_fail(errand, "NetworkManager", sd_bus_message_get_error(answer), result);
}

static int get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message_handler_t answered, Errand *errand)
{
        return sd_bus_call_method_async(bus, NULL, NM, path, "org.freedesktop.DBus.Properties",
                                        "Get", answered, errand, "ss", interface, property);
}

static int deactivate(sd_bus *bus, const char *active, Errand *errand)
{
        return sd_bus_call_method_async(bus, NULL, NM, NM_MANAGER, "DeactivateConnection",
                                        errand_done, errand, "o", active);
}

static int on_active(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Errand *errand = data;
        const char *active;
        int result = 0;

        if (!sd_bus_message_is_method_error(answer, NULL))
                result = sd_bus_message_read(answer, "v", "o", &active);
        if (result > 0)
                result = deactivate(sd_bus_message_get_bus(answer), active, errand);
        if (result > 0)
                return 0;
        return errand_fail(errand, "NetworkManager", sd_bus_message_get_error(answer), result);
}

static int on_device(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Errand *errand = data;
        const char *device;
        int result = 0;

        if (!sd_bus_message_is_method_error(answer, NULL))
                result = sd_bus_message_read(answer, "o", &device);
        if (result > 0)
                result = get_property(sd_bus_message_get_bus(answer), device, NM ".Device",
                                      "ActiveConnection", on_active, errand);
        if (result > 0)
                return 0;
        return errand_fail(errand, "NetworkManager", sd_bus_message_get_error(answer), result);
}

/* Whatever connection the interface has. */
static int switch_off_interface(sd_bus *bus, const char *interface, Errand *errand)
{
        return sd_bus_call_method_async(bus, NULL, NM, NM_MANAGER, "GetDeviceByIpIface", on_device,
                                        errand, "s", interface);
}

static int ask_next_uuid(sd_bus *bus, Errand *errand);

/* One that goes away meanwhile has no UUID any more. */
static int on_uuid(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        sd_bus *bus = sd_bus_message_get_bus(answer);
        Errand *errand = data;
        const char *uuid;
        int result;

        if (!sd_bus_message_is_method_error(answer, NULL) &&
            sd_bus_message_read(answer, "v", "s", &uuid) > 0 && strcmp(uuid, errand->vpn) == 0) {
                result = deactivate(bus, errand->actives[errand->n_asked], errand);
        } else {
                errand->n_asked++;
                result = ask_next_uuid(bus, errand);
        }
        return result > 0 ? 0 : errand_fail(errand, "NetworkManager", NULL, result);
}

/* Without the VPN its link may be there still, of before a restart of NetworkManager; or the VPN
 * that a user made for the mesh, which goes with its link. */
static int ask_next_uuid(sd_bus *bus, Errand *errand)
{
        /* libsystemd makes no list of none. */
        if (errand->actives && errand->actives[errand->n_asked])
                return get_property(bus, errand->actives[errand->n_asked], NM ".Connection.Active",
                                    "Uuid", on_uuid, errand);
        if (errand->interface)
                return switch_off_interface(bus, errand->interface, errand);
        sd_bus_reply_method_return(errand->call, NULL);
        errand_free(errand);
        return 1;
}

static int on_actives(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Errand *errand = data;
        int result = 0;

        if (!sd_bus_message_is_method_error(answer, NULL))
                result = sd_bus_message_enter_container(answer, 'v', "ao");
        if (result > 0)
                result = sd_bus_message_read_strv(answer, &errand->actives);
        if (result > 0)
                result = ask_next_uuid(sd_bus_message_get_bus(answer), errand);
        if (result > 0)
                return 0;
        return errand_fail(errand, "NetworkManager", sd_bus_message_get_error(answer), result);
}

/* The VPN and not its link: without that the VPN would fail, and a desktop says so. */
static int switch_off_vpn(sd_bus *bus, const WattleManagerMesh *mesh, Errand *errand)
{
        errand->vpn = wattle_nm_vpn_uuid(mesh->name);
        errand->interface = g_strdup(mesh->exists ? mesh->interface : NULL);
        return get_property(bus, NM_MANAGER, "ActiveConnections", on_actives, errand);
}

static int switch_at_nm(sd_bus_message *call, const WattleManagerMesh *mesh, gboolean up)
{
        sd_bus *bus = sd_bus_message_get_bus(call);
        gboolean is_vpn = mesh->connection == WATTLE_CONNECTION_VPN;
        g_autofree char *uuid =
                is_vpn ? wattle_nm_vpn_uuid(mesh->name) : wattle_nm_profile_uuid(mesh->name);
        Errand *errand;
        int result;

        /* A VPN has no interface yet when it begins. */
        if (!up && !mesh->exists && !is_vpn)
                return sd_bus_reply_method_return(call, NULL);
        errand = errand_new(call);
        if (up)
                result = sd_bus_call_method_async(bus, NULL, NM, NM_SETTINGS, "GetConnectionByUuid",
                                                  on_connection, errand, "s", uuid);
        else if (is_vpn)
                result = switch_off_vpn(bus, mesh, errand);
        else
                result = switch_off_interface(bus, mesh->interface, errand);
        if (result < 0)
                errand_free(errand);
        return result;
}

/* As networkctl up and down of systemd 252 to 259: networkd sees the link change, and follows. */
static int switch_at_networkd(sd_bus_message *call, const WattleManagerMesh *mesh, gboolean up,
                              sd_bus_error *bus_error)
{
        g_auto(WattleNetlink) netlink = { 0 };
        g_autoptr(GError) error = NULL;
        guint32 ifindex = if_nametoindex(mesh->interface);

        if (ifindex == 0)
                return sd_bus_error_setf(bus_error, WATTLE_BUS_ERROR_FAILED,
                                         "There is no interface %s: 'wattle apply %s' makes it",
                                         mesh->interface, mesh->name);
        if (wattle_netlink_open(&netlink, NETLINK_ROUTE, &error) &&
            wattle_netlink_set_link_up(&netlink, ifindex, up, &error))
                return sd_bus_reply_method_return(call, NULL);
        return sd_bus_error_setf(bus_error, WATTLE_BUS_ERROR_FAILED, "%s: %s", mesh->interface,
                                 error->message);
}

int wattle_act_switch(sd_bus_message *call, const WattleManagerMesh *mesh, gboolean up,
                      sd_bus_error *error)
{
        if (!mesh->interface)
                return sd_bus_error_setf(error, WATTLE_BUS_ERROR_FAILED, "%s", mesh->problem);
        return mesh->owner == WATTLE_OWNER_NETWORK_MANAGER
                       ? switch_at_nm(call, mesh, up)
                       : switch_at_networkd(call, mesh, up, error);
}

struct WattleApplies {
        sd_bus *bus;
        sd_bus_slot *slot; /* for the ends of jobs, while one runs */
        void (*done)(gpointer data);
        gpointer data;
        GQueue running; /* of Apply */
};

typedef struct {
        WattleApplies *applies;
        sd_bus_message *call;
        sd_bus_slot *slot; /* until systemd has taken it on */
        char *unit, *job;
} Apply;

/* Jobs are told to those who subscribe, and then all of them: not longer than needed. */
static void subscribe(WattleApplies *applies, gboolean wanted)
{
        sd_bus_call_method_async(applies->bus, NULL, SYSTEMD, UNITS_MANAGER,
                                 wanted ? "Subscribe" : "Unsubscribe", NULL, NULL, NULL);
        if (!wanted)
                applies->slot = sd_bus_slot_unref(applies->slot);
}

static void apply_free(Apply *apply)
{
        g_queue_remove(&apply->applies->running, apply);
        if (g_queue_is_empty(&apply->applies->running))
                subscribe(apply->applies, FALSE);
        sd_bus_slot_unref(apply->slot);
        sd_bus_message_unref(apply->call);
        g_free(apply->unit);
        g_free(apply->job);
        g_free(apply);
}

WattleApplies *wattle_applies_new(sd_bus *bus, void (*done)(gpointer data), gpointer data)
{
        WattleApplies *applies = g_new(WattleApplies, 1);

        *applies = (WattleApplies){ bus, NULL, done, data, G_QUEUE_INIT };
        return applies;
}

void wattle_applies_free(WattleApplies *applies)
{
        Apply *apply;

        if (!applies)
                return;
        while ((apply = g_queue_peek_head(&applies->running))) {
                sd_bus_reply_method_errorf(apply->call, WATTLE_BUS_ERROR_FAILED, "wattled ends");
                apply_free(apply);
        }
        g_free(applies);
}

static void finish_apply(Apply *apply, const char *outcome)
{
        if (strcmp(outcome, "done") == 0) {
                apply->applies->done(apply->applies->data);
                sd_bus_reply_method_return(apply->call, NULL);
        } else {
                sd_bus_reply_method_errorf(apply->call, WATTLE_BUS_ERROR_FAILED,
                                           "%s ended with '%s': 'journalctl -u %s' tells why",
                                           apply->unit, outcome, apply->unit);
        }
        apply_free(apply);
}

static int on_job_removed(sd_bus_message *signal, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        WattleApplies *applies = data;
        const char *job, *unit, *outcome;
        guint32 id;

        if (sd_bus_message_read(signal, "uoss", &id, &job, &unit, &outcome) < 0)
                return 0;
        for (GList *link = applies->running.head; link;) {
                Apply *apply = link->data;

                link = link->next;
                if (g_strcmp0(apply->job, job) == 0)
                        finish_apply(apply, outcome);
        }
        return 0;
}

static int on_started(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Apply *apply = data;
        const sd_bus_error *failure = sd_bus_message_get_error(answer);
        const char *job;

        apply->slot = sd_bus_slot_unref(apply->slot);
        if (!failure && sd_bus_message_read(answer, "o", &job) > 0) {
                apply->job = g_strdup(job);
                return 0;
        }
        sd_bus_reply_method_errorf(apply->call, WATTLE_BUS_ERROR_FAILED, "%s: %s", apply->unit,
                                   failure && failure->message ? failure->message
                                                               : "systemd's answer makes no sense");
        apply_free(apply);
        return 0;
}

static int watch_jobs(WattleApplies *applies)
{
        int result;

        if (applies->slot)
                return 0;
        result = sd_bus_match_signal_async(applies->bus, &applies->slot, SYSTEMD, UNITS_MANAGER,
                                           "JobRemoved", on_job_removed, NULL, applies);
        if (result >= 0)
                subscribe(applies, TRUE);
        return result;
}

int wattle_applies_start(WattleApplies *applies, sd_bus_message *call, const char *mesh,
                         G_GNUC_UNUSED sd_bus_error *error)
{
        AUTO_BUS_MESSAGE *message = NULL;
        Apply *apply = g_new(Apply, 1);
        int result = watch_jobs(applies);

        *apply = (Apply){ .applies = applies,
                          .call = sd_bus_message_ref(call),
                          .unit = g_strdup_printf("wattle-apply@%s.service", mesh) };
        g_queue_push_tail(&applies->running, apply);
        if (result >= 0)
                result = sd_bus_message_new_method_call(applies->bus, &message, SYSTEMD,
                                                        UNITS_MANAGER, "StartUnit");
        if (result >= 0)
                result = sd_bus_message_append(message, "ss", apply->unit, "replace");
        if (result >= 0)
                result = sd_bus_call_async(applies->bus, &apply->slot, message, on_started, apply,
                                           ANSWER_US);
        if (result < 0)
                apply_free(apply);
        return result < 0 ? result : 1;
}
