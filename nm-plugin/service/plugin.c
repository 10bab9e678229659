/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/plugin.h"

#include <fcntl.h>
#include <string.h>

#include "common/report.h"
#include "common/sys/file.h"
#include "common/sys/log.h"
#include "nm-plugin/service/blueprint.h"
#include "nm-plugin/service/keep.h"
#include "nm-plugin/service/link.h"
#include "nm-plugin/service/newer.h"
#include "nm-plugin/service/systemd.h"
#include "nm-plugin/service/vpn-filter.h"
#include "nm-plugin/service/vpn-mesh.h"
#include "nm-plugin/service/vpn-names.h"
#include "nm-plugin/vpn-data.h"

struct _WattlePlugin {
        NMVpnServicePlugin parent;
        WattleGuard *guard;
        WattleLink *link; /* NULL: nothing is up, nor coming or going */
        char *vpn_uuid;
        char *interface;
        gboolean is_up;
        gboolean nm_is_gone;
        WattleFd root_fd;
        char *link_uuid;
        gboolean has_filter; /* wattle-filter holds something for the link */
        gboolean has_names;  /* a file of names is there for the link */
        WattleFileset mesh;  /* for wattled, once the link is up; no files before the first one */
        gboolean looks_up;   /* and then it asks wattle-lookup */
        gboolean has_mesh;   /* it has it */
        WattleSysctl sysctls[WATTLE_MAX_SYSCTLS];
        guint n_sysctls;
        /* Of a connection that came of an invitation, until its members were asked for the mesh:
         * the connection, with secrets, what they are asked, and whether they are. */
        NMConnection *invited;
        WattleNewer *newer;
        GCancellable *asking;
};

G_DEFINE_FINAL_TYPE(WattlePlugin, wattle_plugin, NM_TYPE_VPN_SERVICE_PLUGIN)

/* nmcli tells a user whose connection failed to look for NM_CONNECTION=UUID in the journal. */
static void say(const WattlePlugin *plugin, GLogLevelFlags level, const char *text)
{
        g_log_structured(G_LOG_DOMAIN, level, "NM_CONNECTION",
                         plugin->vpn_uuid ? plugin->vpn_uuid : "", "MESSAGE", "%s", text);
}

static void say_fault(G_GNUC_UNUSED WattleFaultKind kind, const char *line, gpointer plugin)
{
        say(plugin, G_LOG_LEVEL_WARNING, line);
}

/* NetworkManager takes no configuration without a gateway, which a mesh does not have, and adds a
 * route to it through the base connection. To a link-local address there is one already. */
static GVariant *make_gateway(void)
{
        static const guint8 bytes[16] = { 0xfe, 0x80, [10] = 'w', 'a', 't', 't', 'l', 'e' };

        return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes, sizeof bytes, 1);
}

/* Addresses and routes are the link's. */
static GVariant *make_config(const char *interface)
{
        GVariantDict dict;

        g_variant_dict_init(&dict, NULL);
        g_variant_dict_insert(&dict, NM_VPN_PLUGIN_CONFIG_TUNDEV, "s", interface);
        g_variant_dict_insert_value(&dict, NM_VPN_PLUGIN_CONFIG_EXT_GATEWAY, make_gateway());
        g_variant_dict_insert(&dict, NM_VPN_PLUGIN_CONFIG_HAS_IP4, "b", FALSE);
        g_variant_dict_insert(&dict, NM_VPN_PLUGIN_CONFIG_HAS_IP6, "b", FALSE);
        g_variant_dict_insert(&dict, NM_VPN_PLUGIN_CAN_PERSIST, "b", TRUE);
        return g_variant_ref_sink(g_variant_dict_end(&dict));
}

static GDBusConnection *get_bus(WattlePlugin *plugin)
{
        return nm_vpn_service_plugin_get_connection(NM_VPN_SERVICE_PLUGIN(plugin));
}

static void begin_filter(WattlePlugin *plugin, const WattleBlueprint *blueprint)
{
        g_autoptr(GDBusConnection) bus = get_bus(plugin);
        g_autoptr(GError) error = NULL;

        g_free(plugin->link_uuid);
        plugin->link_uuid = g_strdup(nm_connection_get_uuid(blueprint->link));
        plugin->n_sysctls = blueprint->n_sysctls;
        memcpy(plugin->sysctls, blueprint->sysctls, sizeof plugin->sysctls);
        if (!wattle_vpn_filter_begin(bus, plugin->root_fd, plugin->link_uuid, &blueprint->files,
                                     &plugin->has_filter, &error))
                say(plugin, G_LOG_LEVEL_WARNING, error->message);
}

static void begin_names(WattlePlugin *plugin, const WattleBlueprint *blueprint)
{
        g_autoptr(GError) error = NULL;

        if (!wattle_vpn_names_begin(plugin->root_fd, plugin->link_uuid, &blueprint->names,
                                    &plugin->has_names, &error))
                say(plugin, G_LOG_LEVEL_WARNING, error->message);
}

/* The interface is ours now, and no other VPN's. */
static void begin_mesh(WattlePlugin *plugin)
{
        g_autoptr(GDBusConnection) bus = get_bus(plugin);
        g_autoptr(GError) error = NULL;

        if (!wattle_vpn_mesh_begin(bus, plugin->root_fd, plugin->link_uuid, plugin->interface,
                                   &plugin->mesh, &plugin->has_mesh, &error))
                say(plugin, G_LOG_LEVEL_WARNING, error->message);
        if (plugin->has_mesh && plugin->looks_up)
                wattle_systemd_call(bus, "StartUnit", WATTLE_UNIT_LOOKUP_SOCKET,
                                    "names of endpoints");
}

/* The interface is there. */
static void ensure_filter(WattlePlugin *plugin)
{
        g_autoptr(GDBusConnection) bus = get_bus(plugin);
        g_autoptr(GError) error = NULL;

        if (plugin->has_filter)
                wattle_vpn_filter_ensure(bus, plugin->link_uuid);
        if (!wattle_vpn_filter_set_sysctls(plugin->root_fd, plugin->sysctls, plugin->n_sysctls,
                                           &error))
                say(plugin, G_LOG_LEVEL_WARNING, error->message);
}

/* At the beginning of the end: the next start of the VPN is another process, which may have its own
 * files before our link has gone. A link that outlives NetworkManager keeps its filter. */
static void end_filter(WattlePlugin *plugin)
{
        g_autoptr(GDBusConnection) bus = get_bus(plugin);

        if (plugin->has_filter && !plugin->nm_is_gone)
                wattle_vpn_filter_end(bus, plugin->root_fd, plugin->link_uuid);
        plugin->has_filter = FALSE;
}

static void end_names(WattlePlugin *plugin)
{
        if (plugin->has_names && !plugin->nm_is_gone)
                wattle_vpn_names_end(plugin->root_fd, plugin->link_uuid);
        plugin->has_names = FALSE;
}

static void end_mesh(WattlePlugin *plugin)
{
        if (plugin->has_mesh && !plugin->nm_is_gone)
                wattle_vpn_mesh_end(plugin->root_fd, plugin->link_uuid);
        plugin->has_mesh = FALSE;
}

static void tell_up(WattlePlugin *plugin)
{
        g_autoptr(GVariant) config = make_config(plugin->interface);

        plugin->is_up = TRUE;
        nm_vpn_service_plugin_set_config(NM_VPN_SERVICE_PLUGIN(plugin), config);
}

static void ask(WattlePlugin *plugin);

static void link_is_up(gpointer data)
{
        WattlePlugin *plugin = data;
        gboolean is_first = plugin->newer && plugin->newer->present.serial == 0;

        ensure_filter(plugin);
        /* Behind an invitation alone there are but a few of the mesh: all of it comes first. */
        if (!is_first)
                tell_up(plugin);
        begin_mesh(plugin);
        if (plugin->newer)
                ask(plugin);
}

/* Nothing is asked of the members any more, or no answer is waited for. */
static void forget_invitation(WattlePlugin *plugin)
{
        if (plugin->asking)
                g_cancellable_cancel(plugin->asking);
        g_clear_object(&plugin->asking);
        g_clear_pointer(&plugin->newer, wattle_newer_free);
        if (plugin->invited)
                nm_connection_clear_secrets(plugin->invited);
        g_clear_object(&plugin->invited);
}

static void link_is_gone(const char *why, gpointer data)
{
        WattlePlugin *plugin = data;
        NMVpnServicePlugin *parent = NM_VPN_SERVICE_PLUGIN(plugin);

        forget_invitation(plugin);
        end_filter(plugin);
        end_names(plugin);
        end_mesh(plugin);
        if (plugin->is_up) {
                say(plugin, G_LOG_LEVEL_MESSAGE, why);
                nm_vpn_service_plugin_disconnect(parent, NULL);
        } else {
                say(plugin, G_LOG_LEVEL_WARNING, why);
                nm_vpn_service_plugin_failure(parent, NM_VPN_PLUGIN_FAILURE_CONNECT_FAILED);
        }
}

static void link_is_stopped(gpointer data)
{
        WattlePlugin *plugin = data;

        g_clear_pointer(&plugin->link, wattle_link_free);
        g_main_context_wakeup(NULL);
}

static const WattleLinkEvents link_events = { link_is_up, link_is_gone, link_is_stopped };

/* Takes the mesh out of the blueprint. */
static void start_link(WattlePlugin *plugin, WattleBlueprint *blueprint)
{
        g_autoptr(GDBusConnection) bus = get_bus(plugin);

        g_free(plugin->interface);
        plugin->interface = g_strdup(nm_connection_get_interface_name(blueprint->link));
        plugin->is_up = FALSE;
        begin_filter(plugin, blueprint);
        begin_names(plugin, blueprint);
        wattle_fileset_clear(&plugin->mesh);
        plugin->mesh = blueprint->mesh;
        blueprint->mesh = (WattleFileset){ 0 };
        plugin->looks_up = blueprint->looks_up;
        plugin->link = wattle_link_new(bus, plugin->guard, &link_events, plugin);
        wattle_link_start(plugin->link, blueprint->link);
}

/* The faults go to the journal, and the first error to NetworkManager, which logs it too. */
static gboolean plan(WattlePlugin *plugin, NMConnection *vpn, WattleBlueprint *ret,
                     gboolean *ret_lacks_key, GError **error)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *why = NULL;
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_blueprint_make(vpn, plugin->root_fd, &report, ret, ret_lacks_key);
        wattle_report_summarize(&report, WATTLE_LOG_MAX_FAULTS, say_fault, plugin);
        if (ok)
                return TRUE;
        why = wattle_report_first_error(&report);
        g_set_error_literal(error, NM_VPN_PLUGIN_ERROR, NM_VPN_PLUGIN_ERROR_INVALID_CONNECTION,
                            why);
        return FALSE;
}

static void on_kept(const GError *error, gpointer data)
{
        g_autoptr(WattlePlugin) plugin = data;
        g_autofree char *why = NULL;

        if (!error)
                return;
        why = g_strdup_printf("NetworkManager does not keep the profile in the connection, and it "
                              "is asked for again at the next start: %s",
                              error->message);
        say(plugin, G_LOG_LEVEL_WARNING, why);
}

/* The link that is up becomes that of the whole mesh: the new object takes it over, as after a
 * restart. FALSE if there can be none, which the journal says: the invitation's stays. */
static gboolean widen(WattlePlugin *plugin, const char *profile)
{
        g_autoptr(NMConnection) vpn = g_steal_pointer(&plugin->invited);
        g_auto(WattleBlueprint) blueprint = { 0 };
        gboolean lacks_key, ok;

        nm_setting_vpn_add_data_item(nm_connection_get_setting_vpn(vpn), WATTLE_VPN_KEY_PROFILE,
                                     profile);
        ok = plan(plugin, vpn, &blueprint, &lacks_key, NULL);
        nm_connection_clear_secrets(vpn);
        if (!ok)
                return FALSE;
        g_clear_pointer(&plugin->link, wattle_link_free);
        start_link(plugin, &blueprint);
        return TRUE;
}

static void keep(WattlePlugin *plugin, const char *profile)
{
        g_autoptr(GDBusConnection) bus = get_bus(plugin);

        wattle_keep_profile(bus, plugin->vpn_uuid, profile, on_kept, g_object_ref(plugin));
}

static void take_answer(WattlePlugin *plugin, const char *profile, const GError *error)
{
        if (!profile) {
                g_autofree char *why = g_strdup_printf(
                        "no member has given a newer profile, and the next start asks again: %s",
                        error->message);

                say(plugin, plugin->is_up ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_MESSAGE, why);
        } else if (plugin->is_up) {
                say(plugin, G_LOG_LEVEL_MESSAGE,
                    "a newer profile has come, and is used from the next start");
                keep(plugin, profile);
        } else if (widen(plugin, profile)) {
                say(plugin, G_LOG_LEVEL_MESSAGE, "a member has given all of the mesh");
                keep(plugin, profile);
                return;
        }
        if (!plugin->is_up)
                tell_up(plugin);
}

static void on_answer(GObject *object, GAsyncResult *result, G_GNUC_UNUSED gpointer data)
{
        WattlePlugin *plugin = WATTLE_PLUGIN(object);
        g_autoptr(GError) error = NULL;
        g_autofree char *profile = g_task_propagate_pointer(G_TASK(result), &error);

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        g_clear_object(&plugin->asking);
        take_answer(plugin, profile, error);
        forget_invitation(plugin);
}

static void ask_in_thread(GTask *task, G_GNUC_UNUSED gpointer object, gpointer newer,
                          G_GNUC_UNUSED GCancellable *cancellable)
{
        GError *error = NULL;
        char *profile = wattle_newer_get(newer, &error);

        if (profile)
                g_task_return_pointer(task, profile, g_free);
        else
                g_task_return_error(task, error);
}

static void free_newer(gpointer newer)
{
        wattle_newer_free(newer);
}

static void ask(WattlePlugin *plugin)
{
        g_autoptr(GTask) task = NULL;

        plugin->asking = g_cancellable_new();
        task = g_task_new(plugin, plugin->asking, on_answer, NULL);
        g_task_set_task_data(task, g_steal_pointer(&plugin->newer), free_newer);
        g_task_run_in_thread(task, ask_in_thread);
}

/* What is asked when the link is up; only a profile that is new needs the connection once more. */
static void remember_invitation(WattlePlugin *plugin, NMConnection *vpn)
{
        forget_invitation(plugin);
        plugin->newer = wattle_newer_new(vpn);
        if (plugin->newer && plugin->newer->present.serial == 0)
                plugin->invited = nm_simple_connection_new_clone(vpn);
}

static void take_uuid(WattlePlugin *plugin, NMConnection *vpn)
{
        g_free(plugin->vpn_uuid);
        plugin->vpn_uuid = g_strdup(nm_connection_get_uuid(vpn));
}

/* Must return before 10 s are over: it only begins. */
static gboolean plugin_connect(NMVpnServicePlugin *parent, NMConnection *vpn, GError **error)
{
        WattlePlugin *plugin = WATTLE_PLUGIN(parent);
        g_auto(WattleBlueprint) blueprint = { 0 };
        g_autoptr(GError) refusal = NULL;
        gboolean lacks_key;

        if (plugin->link) {
                g_set_error_literal(error, NM_VPN_PLUGIN_ERROR,
                                    NM_VPN_PLUGIN_ERROR_STOPPING_IN_PROGRESS,
                                    "the previous link is on its way down");
                return FALSE;
        }
        take_uuid(plugin, vpn);
        if (plan(plugin, vpn, &blueprint, &lacks_key, &refusal)) {
                remember_invitation(plugin, vpn);
                start_link(plugin, &blueprint);
                return TRUE;
        }
        /* "no valid VPN secrets" is what users read then. Now, and not once libnm takes us for
         * starting: there it adds a reason of its own, and the last one counts. */
        if (lacks_key)
                nm_vpn_service_plugin_failure(parent, NM_VPN_PLUGIN_FAILURE_LOGIN_FAILED);
        g_propagate_error(error, g_steal_pointer(&refusal));
        return FALSE;
}

/* What NetworkManager calls first, on behalf of a user who could be asked for secrets: refused, it
 * would hand over the connection once more. */
static gboolean plugin_connect_interactive(NMVpnServicePlugin *parent, NMConnection *vpn,
                                           G_GNUC_UNUSED GVariant *details, GError **error)
{
        return plugin_connect(parent, vpn, error);
}

static gboolean plugin_disconnect(NMVpnServicePlugin *parent, G_GNUC_UNUSED GError **error)
{
        WattlePlugin *plugin = WATTLE_PLUGIN(parent);

        forget_invitation(plugin);
        end_filter(plugin);
        end_names(plugin);
        end_mesh(plugin);
        if (plugin->link)
                wattle_link_stop(plugin->link);
        return TRUE;
}

void wattle_plugin_tell_nm_is_gone(WattlePlugin *plugin)
{
        plugin->nm_is_gone = TRUE;
}

gboolean wattle_plugin_is_busy(const WattlePlugin *plugin)
{
        return plugin->link != NULL;
}

static void wattle_plugin_finalize(GObject *object)
{
        WattlePlugin *plugin = WATTLE_PLUGIN(object);

        forget_invitation(plugin);
        wattle_link_free(plugin->link);
        g_free(plugin->vpn_uuid);
        g_free(plugin->interface);
        g_free(plugin->link_uuid);
        wattle_fileset_clear(&plugin->mesh);
        wattle_fd_clear(&plugin->root_fd);
        G_OBJECT_CLASS(wattle_plugin_parent_class)->finalize(object);
}

static void wattle_plugin_init(WattlePlugin *plugin)
{
        plugin->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* No need_secrets(): none is ever asked for, which libnm says for us. */
static void wattle_plugin_class_init(WattlePluginClass *class)
{
        NMVpnServicePluginClass *parent = NM_VPN_SERVICE_PLUGIN_CLASS(class);

        G_OBJECT_CLASS(class)->finalize = wattle_plugin_finalize;
        parent->connect = plugin_connect;
        parent->connect_interactive = plugin_connect_interactive;
        parent->disconnect = plugin_disconnect;
}

WattlePlugin *wattle_plugin_new(const char *bus_name, gboolean watch_peer, WattleGuard *guard,
                                GError **error)
{
        WattlePlugin *plugin = g_initable_new(
                WATTLE_TYPE_PLUGIN, NULL, error, NM_VPN_SERVICE_PLUGIN_DBUS_SERVICE_NAME, bus_name,
                NM_VPN_SERVICE_PLUGIN_DBUS_WATCH_PEER, watch_peer, NULL);

        if (plugin)
                plugin->guard = guard;
        return plugin;
}
