/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/vpn-data.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"
#include "common/identity.h"
#include "common/invitation.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/deploy.h"
#include "common/sys/host.h"

#define SECRET_FLAGS_KEY WATTLE_VPN_SECRET_KEY "-flags"

/* What is quoted of a value or key that is not ours. */
#define QUOTE_MAX 40

void wattle_vpn_data_clear(WattleVpnData *data)
{
        g_free(data->mesh);
        g_free(data->profile);
        g_free(data->invitation);
        g_free(data->device);
        g_free(data->exit_node);
        g_free(data->firewall);
        g_free(data->coexist);
        g_free(data->dns);
        wattle_key_clear(&data->private_key);
        *data = (WattleVpnData){ 0 };
}

gboolean wattle_vpn_data_is_carried(const WattleVpnData *data)
{
        return data->profile || data->invitation;
}

/* Reads a value into its field. */
typedef gboolean (*ParseValue)(const char *text, gpointer field, GError **error);

static gboolean parse_mesh(const char *text, gpointer field, GError **error)
{
        if (!wattle_identifier_check(text, WATTLE_MESH_NAME_MAX, error))
                return FALSE;
        *(char **)field = g_strdup(text);
        return TRUE;
}

static gboolean parse_profile(const char *text, gpointer field, GError **error)
{
        if (strlen(text) > WATTLE_VPN_PROFILE_MAX)
                return wattle_error_refuse(error, "is larger than 1 MiB");
        *(char **)field = g_strdup(text);
        return TRUE;
}

static gboolean parse_invitation(const char *text, gpointer field, GError **error)
{
        if (strlen(text) > WATTLE_INVITATION_MAX_BYTES)
                return wattle_error_refuse(error, "is longer than an invitation");
        *(char **)field = g_strdup(text);
        return TRUE;
}

static gboolean parse_device(const char *text, gpointer field, GError **error)
{
        if (!wattle_label_check(text, error))
                return FALSE;
        *(char **)field = g_strdup(text);
        return TRUE;
}

static gboolean parse_boolean(const char *text, gpointer field, GError **error)
{
        WattleOptionalBoolean *boolean = field;

        boolean->given = wattle_boolean_parse(text, &boolean->value, error);
        return boolean->given;
}

/* The values of local settings are judged by whoever reads those. */
static gboolean parse_setting(const char *setting, const char *text, gpointer field, GError **error)
{
        g_auto(WattleLocal) local = { 0 };

        wattle_local_init(&local);
        if (!wattle_local_set(&local, setting, text, WATTLE_NO_PLACE, error))
                return FALSE;
        *(char **)field = g_strdup(text);
        return TRUE;
}

static gboolean parse_firewall(const char *text, gpointer field, GError **error)
{
        return parse_setting("Firewall", text, field, error);
}

static gboolean parse_coexist(const char *text, gpointer field, GError **error)
{
        return parse_setting("Coexist", text, field, error);
}

static gboolean parse_dns(const char *text, gpointer field, GError **error)
{
        return parse_setting("DNS", text, field, error);
}

/* Of words with blanks between. */
#define LIST_MAX 1024

typedef struct {
        const char *name;
        ParseValue parse;
        gsize offset;
        gsize max; /* characters */
} Key;

static const Key keys[] = {
        { WATTLE_VPN_KEY_MESH, parse_mesh, offsetof(WattleVpnData, mesh), WATTLE_MESH_NAME_MAX },
        { WATTLE_VPN_KEY_PROFILE, parse_profile, offsetof(WattleVpnData, profile), G_MAXSIZE },
        { WATTLE_VPN_KEY_INVITATION, parse_invitation, offsetof(WattleVpnData, invitation),
          G_MAXSIZE },
        { WATTLE_VPN_KEY_DEVICE, parse_device, offsetof(WattleVpnData, device),
          WATTLE_DNS_LABEL_MAX },
        { WATTLE_VPN_KEY_EXIT_NODE, parse_device, offsetof(WattleVpnData, exit_node),
          WATTLE_DNS_LABEL_MAX },
        { WATTLE_VPN_KEY_ACCEPT_ROUTES, parse_boolean, offsetof(WattleVpnData, accept_routes),
          WATTLE_DNS_LABEL_MAX },
        { WATTLE_VPN_KEY_FIREWALL, parse_firewall, offsetof(WattleVpnData, firewall), LIST_MAX },
        { WATTLE_VPN_KEY_COEXIST, parse_coexist, offsetof(WattleVpnData, coexist),
          WATTLE_DNS_LABEL_MAX },
        { WATTLE_VPN_KEY_DNS, parse_dns, offsetof(WattleVpnData, dns), LIST_MAX },
};

/* Unlike a line of a file, a value may have any length and any character, and errors quote it. */
static gboolean check_shape(const char *text, gsize max, GError **error)
{
        if (strlen(text) > max)
                return wattle_error_refuse(error, "is longer than %zu characters", max);
        for (const char *p = text; *p; p++)
                if (max != G_MAXSIZE && !g_ascii_isgraph(*p) && !(max == LIST_MAX && *p == ' '))
                        return wattle_error_refuse(
                                error, "has a character that is no letter, digit or sign");
        return TRUE;
}

static gboolean read_key(NMSettingVpn *setting, const Key *key, WattleVpnData *ret, GError **error)
{
        const char *text = nm_setting_vpn_get_data_item(setting, key->name);

        if (!text || !*text)
                return TRUE;
        if (check_shape(text, key->max, error) &&
            key->parse(text, G_STRUCT_MEMBER_P(ret, key->offset), error))
                return TRUE;
        g_prefix_error(error, _("vpn.data %s: "), key->name);
        return FALSE;
}

/* Only NetworkManager's own store is of use: the service asks nobody. */
static gboolean read_secret(NMSettingVpn *setting, WattleVpnData *ret, GError **error)
{
        const char *text = nm_setting_vpn_get_secret(setting, WATTLE_VPN_SECRET_KEY);
        const char *flags = nm_setting_vpn_get_data_item(setting, SECRET_FLAGS_KEY);

        if (flags && strcmp(flags, "0") != 0 && *flags)
                return wattle_error_refuse(
                        error,
                        "vpn.data %s: the private key can only be stored by NetworkManager, for all "
                        "users: write 0",
                        SECRET_FLAGS_KEY);
        if (!text || !*text)
                return TRUE;
        if (!wattle_vpn_data_is_carried(ret))
                return wattle_error_refuse(
                        error,
                        "vpn.secrets %s: an installed mesh has its key in %s/%s.key: remove it from the connection",
                        WATTLE_VPN_SECRET_KEY, WATTLE_CONFDIR, ret->mesh);
        ret->has_key = wattle_key_parse(text, &ret->private_key, error);
        if (!ret->has_key)
                g_prefix_error(error, _("vpn.secrets %s: "), WATTLE_VPN_SECRET_KEY);
        return ret->has_key;
}

/* An admin's mesh has them where the admin wrote them. */
static gboolean refuse_settings(const WattleVpnData *data, GError **error)
{
        const char *name = data->firewall  ? WATTLE_VPN_KEY_FIREWALL
                           : data->coexist ? WATTLE_VPN_KEY_COEXIST
                           : data->dns     ? WATTLE_VPN_KEY_DNS
                                           : NULL;

        return !name || wattle_vpn_data_is_carried(data) ||
               wattle_error_refuse(error,
                                   "vpn.data %s: an installed mesh has it below [Local] in "
                                   "%s/%s.mesh.d/local.conf: remove it from the connection",
                                   name, WATTLE_CONFDIR, data->mesh);
}

static gboolean read_all(NMSettingVpn *setting, WattleVpnData *ret, GError **error)
{
        for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
                if (!read_key(setting, &keys[i], ret, error))
                        return FALSE;
        if (!ret->mesh)
                return wattle_error_refuse(error, "vpn.data %s: is missing: the name of the mesh",
                                           WATTLE_VPN_KEY_MESH);
        return refuse_settings(ret, error) && read_secret(setting, ret, error);
}

gboolean wattle_vpn_data_read(NMSettingVpn *setting, WattleVpnData *ret, GError **error)
{
        if (read_all(setting, ret, error))
                return TRUE;
        wattle_vpn_data_clear(ret);
        return FALSE;
}

/* The names that vpn.data may have. */
static gboolean is_known(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
                if (strcmp(name, keys[i].name) == 0)
                        return TRUE;
        return strcmp(name, SECRET_FLAGS_KEY) == 0;
}

static gboolean refuse_key(const char *name, GError **error)
{
        const char *names[G_N_ELEMENTS(keys)], *nearest;
        g_autofree char *start = g_strndup(name, QUOTE_MAX);
        g_autofree char *quoted = g_strescape(start, NULL);

        for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
                names[i] = keys[i].name;
        nearest = wattle_nearest_word(name, names, G_N_ELEMENTS(names));
        if (nearest)
                return wattle_error_refuse(error,
                                           "vpn.data has an unknown key '%s': did you mean %s?",
                                           quoted, nearest);
        return wattle_error_refuse(error, "vpn.data has an unknown key '%s'", quoted);
}

gboolean wattle_vpn_data_check_keys(NMSettingVpn *setting, GError **error)
{
        g_autofree const char **data = nm_setting_vpn_get_data_keys(setting, NULL);
        g_autofree const char **secrets = nm_setting_vpn_get_secret_keys(setting, NULL);

        for (guint i = 0; data && data[i]; i++)
                if (!is_known(data[i]))
                        return refuse_key(data[i], error);
        for (guint i = 0; secrets && secrets[i]; i++)
                if (strcmp(secrets[i], WATTLE_VPN_SECRET_KEY) != 0)
                        return wattle_error_refuse(error,
                                                   "vpn.secrets has another key than "
                                                   "'%s"
                                                   "'",
                                                   WATTLE_VPN_SECRET_KEY);
        return TRUE;
}

static void write_item(NMSettingVpn *setting, const char *name, const char *value)
{
        if (value)
                nm_setting_vpn_add_data_item(setting, name, value);
        else
                nm_setting_vpn_remove_data_item(setting, name);
}

static void write_secret(const WattleVpnData *data, NMSettingVpn *setting)
{
        char text[WATTLE_KEY_TEXT_MAX];

        nm_setting_vpn_remove_secret(setting, WATTLE_VPN_SECRET_KEY);
        write_item(setting, SECRET_FLAGS_KEY, data->has_key ? "0" : NULL);
        if (!data->has_key)
                return;
        wattle_key_format(&data->private_key, text);
        nm_setting_vpn_add_secret(setting, WATTLE_VPN_SECRET_KEY, text);
        sodium_memzero(text, sizeof text);
}

void wattle_vpn_data_write(const WattleVpnData *data, NMSettingVpn *setting)
{
        const char *accept = data->accept_routes.value ? "yes" : "no";

        g_object_set(setting, NM_SETTING_VPN_SERVICE_TYPE, WATTLE_VPN_SERVICE, NULL);
        write_item(setting, WATTLE_VPN_KEY_MESH, data->mesh);
        write_item(setting, WATTLE_VPN_KEY_PROFILE, data->profile);
        write_item(setting, WATTLE_VPN_KEY_INVITATION, data->invitation);
        write_item(setting, WATTLE_VPN_KEY_DEVICE, data->device);
        write_item(setting, WATTLE_VPN_KEY_EXIT_NODE, data->exit_node);
        write_item(setting, WATTLE_VPN_KEY_ACCEPT_ROUTES,
                   data->accept_routes.given ? accept : NULL);
        write_item(setting, WATTLE_VPN_KEY_FIREWALL, data->firewall);
        write_item(setting, WATTLE_VPN_KEY_COEXIST, data->coexist);
        write_item(setting, WATTLE_VPN_KEY_DNS, data->dns);
        write_secret(data, setting);
}

/* The connection's own choices: where they stand has no line. */
static gboolean apply_choices(const WattleVpnData *data, WattleLocal *local, WattleReport *report)
{
        gboolean ok = TRUE;
        const WattlePlace place = { g_intern_static_string("vpn.data"), 0, 0 };
        const struct {
                const char *setting, *text;
        } settings[] = { { "Firewall", data->firewall },
                         { "Coexist", data->coexist },
                         { "DNS", data->dns } };

        if (data->device)
                local->device = (WattleLocalName){ data->device, place };
        if (data->exit_node)
                local->exit_node = (WattleLocalName){ data->exit_node, place };
        if (data->accept_routes.given)
                local->accept_routes = data->accept_routes.value;
        for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
                g_autoptr(GError) error = NULL;

                if (!settings[i].text ||
                    wattle_local_set(local, settings[i].setting, settings[i].text, place, &error))
                        continue;
                wattle_report_error(report, place, "%s: %s", settings[i].setting, error->message);
                ok = FALSE;
        }
        return ok;
}

static WattleProfile *load_invitation(const WattleVpnData *data, const char *file,
                                      WattleReport *report)
{
        g_auto(WattleInvitation) invitation = { 0 };
        g_autoptr(GError) error = NULL;

        if (wattle_invitation_parse(data->invitation, strlen(data->invitation), &invitation,
                                    &error))
                return wattle_invitation_load(&invitation, NULL, file, NULL, report);
        wattle_report_error(report, (WattlePlace){ file, 0, 0 }, "%s", error->message);
        return NULL;
}

static gboolean load_carried(const WattleVpnData *data, WattleMesh *ret, WattleReport *report)
{
        wattle_local_init(&ret->local);
        ret->is_invitation = !data->profile;
        ret->path = g_strconcat(data->mesh,
                                ret->is_invitation ? WATTLE_INVITATION_SUFFIX : WATTLE_MESH_SUFFIX,
                                NULL);
        ret->profile = ret->is_invitation
                               ? load_invitation(data, ret->path, report)
                               : wattle_profile_load(data->profile, strlen(data->profile),
                                                     ret->path, report);
        if (!ret->profile)
                return FALSE;
        if (strcmp(ret->profile->name, data->mesh) == 0)
                return TRUE;
        wattle_report_error(report, wattle_profile_place(ret->profile, ret->profile->place),
                            "the mesh calls itself %s, and vpn.data %s calls it %s",
                            ret->profile->name, WATTLE_VPN_KEY_MESH, data->mesh);
        return FALSE;
}

gboolean wattle_vpn_data_load(const WattleVpnData *data, int root_fd, WattleMesh *ret,
                              WattleReport *report)
{
        gboolean ok = wattle_vpn_data_is_carried(data)
                              ? load_carried(data, ret, report)
                              : wattle_mesh_load(ret, root_fd, data->mesh, WATTLE_LOAD_OR_LAST_GOOD,
                                                 report);

        return ok && apply_choices(data, &ret->local, report);
}

/* The key, which must be here, tells; the host name is for a connection that has none yet. */
static WattleView *view_carried(const WattleVpnData *data, int root_fd, const WattleMesh *mesh,
                                WattleReport *report)
{
        WattleHost host = { .local = &mesh->local,
                            .owner = WATTLE_OWNER_NETWORK_MANAGER,
                            .key_credential = TRUE,
                            .no_filter = !wattle_host_has_filter(root_fd),
                            .has_lookup = wattle_host_has_lookup(root_fd) };
        /* Whom it invites is a choice as good as the connection's. */
        WattleEvidence evidence = { .device = data->device ? data->device : mesh->profile->invited,
                                    .device_place = mesh->local.device.place,
                                    .key_file = _("the connection") };
        g_autofree char *host_name = NULL;
        const WattleDevice *self;
        WattleKey public_key;

        if (data->has_key) {
                wattle_key_derive_public(&data->private_key, &public_key);
                evidence.public_key = &public_key;
        } else {
                evidence.host_name = host_name = wattle_host_name();
        }
        self = wattle_identify(mesh->profile, &evidence, report);
        return self ? wattle_resolve(mesh->profile, self, &host, report) : NULL;
}

WattleView *wattle_vpn_data_view(const WattleVpnData *data, int root_fd, const WattleMesh *mesh,
                                 WattleReport *report)
{
        g_autoptr(WattleView) view =
                wattle_vpn_data_is_carried(data)
                        ? view_carried(data, root_fd, mesh, report)
                        : wattle_host_view(root_fd, mesh, NULL, WATTLE_OWNER_AUTO, report);

        if (!view || !wattle_host_check_managed(mesh, view, report))
                return NULL;
        return g_steal_pointer(&view);
}

gboolean wattle_vpn_data_read_key(const WattleVpnData *data, int root_fd, const WattleView *view,
                                  WattleKey *ret, GError **error)
{
        if (!wattle_vpn_data_is_carried(data))
                return wattle_private_key_read(root_fd, view, ret, error);
        if (!data->has_key)
                return wattle_error_refuse(
                        error,
                        "the connection has no private key: 'wg genkey' makes one, it is "
                        "vpn.secrets %s, and the admin gets its public half",
                        WATTLE_VPN_SECRET_KEY);
        *ret = data->private_key;
        return TRUE;
}
