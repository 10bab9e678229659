/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/tailnet.h"

#include <stddef.h>
#include <string.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/language.h"
#include "common/scalar.h"
#include "common/tailnet-flags.h"
#include "common/value.h"

typedef enum {
        SECTION_TAILSCALE,
        SECTION_LOCAL,
} Section;

static const char *const section_names[] = { "Tailscale", "Local" };

typedef struct {
        const char *name;
        WattleParseValue parse; /* of a list: of one word, into a WattleLocalName */
        Section section;
        gboolean is_list;
        gsize offset, size; /* of the field */
} Key;

static void keep(const char *text, WattlePlace place, WattleArena *arena, gpointer field)
{
        *(WattleLocalName *)field = (WattleLocalName){ wattle_arena_strdup(arena, text), place };
}

static gboolean parse_switch(const char *text, WattlePlace place, G_GNUC_UNUSED WattleArena *arena,
                             gpointer field, GError **error)
{
        WattleTailnetSwitch value = { .given = TRUE, .place = place };

        if (!wattle_boolean_parse(text, &value.value, error))
                return FALSE;
        *(WattleTailnetSwitch *)field = value;
        return TRUE;
}

static gboolean parse_interface(const char *text, WattlePlace place, WattleArena *arena,
                                gpointer field, GError **error)
{
        if (strcmp(text, WATTLE_TAILNET_USERSPACE) == 0) {
                *(WattleLocalName *)field = (WattleLocalName){ NULL, place };
                return TRUE;
        }
        if (!wattle_interface_name_check(text, error)) {
                g_prefix_error(error, _("neither %s nor an interface: "), WATTLE_TAILNET_USERSPACE);
                return FALSE;
        }
        keep(text, place, arena, field);
        return TRUE;
}

/* 0 is good here: tailscaled takes any port. */
static gboolean parse_port(const char *text, G_GNUC_UNUSED WattlePlace place,
                           G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        guint64 port;

        if (!wattle_uint_parse(text, 0, G_MAXUINT16, &port, error))
                return FALSE;
        *(guint16 *)field = (guint16)port;
        return TRUE;
}

/* A user's name or number, as tailscaled looks it up. */
static gboolean parse_user(const char *text, G_GNUC_UNUSED WattlePlace place, WattleArena *arena,
                           gpointer field, GError **error)
{
        gsize good =
                strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

        if (text[good] || text[0] == '-' || good > 256)
                return wattle_error_refuse(error, "'%s' is no user's name or number", text);
        *(const char **)field = wattle_arena_strdup(arena, text);
        return TRUE;
}

/* A key that stands here by mistake is not repeated in the message. */
static gboolean parse_key_file(const char *text, WattlePlace place, WattleArena *arena,
                               gpointer field, GError **error)
{
        if (g_str_has_prefix(text, "tskey-") || g_str_has_prefix(text, "file:tskey-"))
                return wattle_error_refuse(error,
                                           "the key itself stays in a file of root's alone: write "
                                           "its path, and revoke this key");
        if (!g_path_is_absolute(text) || strchr(text, '\t') || strstr(text, "/../"))
                return wattle_error_refuse(error, "it is no absolute path without '..' and tabs");
        keep(text, place, arena, field);
        return TRUE;
}

static gboolean is_host_name(const char *text)
{
        g_autofree char *lower = g_ascii_strdown(text, -1);

        return wattle_dns_name_check(lower, NULL);
}

static gboolean is_addr(const char *text)
{
        WattleAddr addr;

        return wattle_addr_parse(text, &addr, NULL);
}

static gboolean parse_exit_node(const char *text, WattlePlace place, WattleArena *arena,
                                gpointer field, GError **error)
{
        if (!is_addr(text) && !is_host_name(text) && !g_str_has_prefix(text, "auto:"))
                return wattle_error_refuse(
                        error, "'%s' is no address and no name of a device, nor auto:any", text);
        keep(text, place, arena, field);
        return TRUE;
}

static gboolean parse_hostname(const char *text, WattlePlace place, WattleArena *arena,
                               gpointer field, GError **error)
{
        g_autofree char *lower = g_ascii_strdown(text, -1);

        if (!wattle_label_check(lower, error))
                return FALSE;
        keep(text, place, arena, field);
        return TRUE;
}

/* A server, and no secret: user and password would be read by all who read the file. */
static gboolean parse_server(const char *text, WattlePlace place, WattleArena *arena,
                             gpointer field, GError **error)
{
        gsize scheme = g_str_has_prefix(text, "https://")  ? 8
                       : g_str_has_prefix(text, "http://") ? 7
                                                           : 0;
        const char *host = scheme > 0 ? text + scheme : "";
        gsize good = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-:[]/_~");

        if (!*host || host[good] || *host == '/' || strlen(text) > WATTLE_URL_MAX)
                return wattle_error_refuse(
                        error, "'%s' is not https://HOST, without user, query and blanks", text);
        keep(text, place, arena, field);
        return TRUE;
}

static gboolean parse_tag(const char *text, WattlePlace place, WattleArena *arena, gpointer field,
                          GError **error)
{
        const char *name = g_str_has_prefix(text, "tag:") ? text + 4 : text;
        gsize good =
                strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

        if (name[good] || !g_ascii_isalpha(name[0]))
                return wattle_error_refuse(error,
                                           "'%s' is no tag: tag: and letters, digits and hyphens, "
                                           "a letter first",
                                           text);
        *(WattleLocalName *)field =
                (WattleLocalName){ wattle_arena_printf(arena, "tag:%s", name), place };
        return TRUE;
}

static gboolean parse_route(const char *text, WattlePlace place, WattleArena *arena, gpointer field,
                            GError **error)
{
        char canonical[WATTLE_PREFIX_TEXT_MAX];
        WattlePrefix prefix;

        if (!wattle_prefix_parse(text, &prefix, error))
                return FALSE;
        if (prefix.length == 0)
                return wattle_error_refuse(
                        error, "'%s' is all of the Internet: write AdvertiseExitNode=yes", text);
        wattle_prefix_format(&prefix, canonical);
        keep(canonical, place, arena, field);
        return TRUE;
}

static gboolean parse_flag(const char *text, WattlePlace place, WattleTailnetFlags of,
                           WattleArena *arena, gpointer field, GError **error)
{
        if (!wattle_tailnet_flag_check(text, of, error))
                return FALSE;
        keep(text, place, arena, field);
        return TRUE;
}

static gboolean parse_daemon_flag(const char *text, WattlePlace place, WattleArena *arena,
                                  gpointer field, GError **error)
{
        return parse_flag(text, place, WATTLE_TAILNET_FLAGS_DAEMON, arena, field, error);
}

static gboolean parse_up_flag(const char *text, WattlePlace place, WattleArena *arena,
                              gpointer field, GError **error)
{
        return parse_flag(text, place, WATTLE_TAILNET_FLAGS_UP, arena, field, error);
}

static gboolean parse_set_flag(const char *text, WattlePlace place, WattleArena *arena,
                               gpointer field, GError **error)
{
        return parse_flag(text, place, WATTLE_TAILNET_FLAGS_SET, arena, field, error);
}

#define FIELD(member) offsetof(WattleTailnet, member), sizeof(((WattleTailnet *)NULL)->member)

static const Key keys[] = {
        { "Enable", wattle_value_parse_boolean, SECTION_LOCAL, FALSE, FIELD(enable) },
        { "Interface", parse_interface, SECTION_LOCAL, FALSE, FIELD(interface) },
        { "RoutingFeatures", wattle_local_parse_routing, SECTION_LOCAL, FALSE,
          FIELD(routing_features) },
        { "AcceptRoutes", parse_switch, SECTION_LOCAL, FALSE, FIELD(accept_routes) },
        { "ExitNode", parse_exit_node, SECTION_LOCAL, FALSE, FIELD(exit_node) },
        { "Firewall", wattle_local_parse_firewall, SECTION_LOCAL, FALSE, FIELD(firewall) },
        { "Port", parse_port, SECTION_TAILSCALE, FALSE, FIELD(port) },
        { "PermitCertUser", parse_user, SECTION_TAILSCALE, FALSE, FIELD(permit_cert_user) },
        { "DaemonFlags", parse_daemon_flag, SECTION_TAILSCALE, TRUE, FIELD(daemon_flags) },
        { "DisableTaildrop", wattle_value_parse_boolean, SECTION_TAILSCALE, FALSE,
          FIELD(disable_taildrop) },
        { "DisableUpstreamLogging", wattle_value_parse_boolean, SECTION_TAILSCALE, FALSE,
          FIELD(disable_upstream_logging) },
        { "AuthKeyFile", parse_key_file, SECTION_TAILSCALE, FALSE, FIELD(auth_key_file) },
        { "Ephemeral", parse_switch, SECTION_TAILSCALE, FALSE, FIELD(ephemeral) },
        { "Preauthorized", parse_switch, SECTION_TAILSCALE, FALSE, FIELD(preauthorized) },
        { "BaseURL", parse_server, SECTION_TAILSCALE, FALSE, FIELD(base_url) },
        { "LoginServer", parse_server, SECTION_TAILSCALE, FALSE, FIELD(login_server) },
        { "AdvertiseTags", parse_tag, SECTION_TAILSCALE, TRUE, FIELD(advertise_tags) },
        { "UpFlags", parse_up_flag, SECTION_TAILSCALE, TRUE, FIELD(up_flags) },
        { "AdvertiseRoutes", parse_route, SECTION_TAILSCALE, TRUE, FIELD(advertise_routes) },
        { "SetFlags", parse_set_flag, SECTION_TAILSCALE, TRUE, FIELD(set_flags) },
        { "AdvertiseExitNode", parse_switch, SECTION_TAILSCALE, FALSE, FIELD(advertise_exit_node) },
        { "SSH", parse_switch, SECTION_TAILSCALE, FALSE, FIELD(ssh) },
        { "Hostname", parse_hostname, SECTION_TAILSCALE, FALSE, FIELD(hostname) },
};

static const WattleTailnet defaults = {
        .enable = TRUE,
        .interface = { .value = WATTLE_TAILNET_INTERFACE },
        .port = WATTLE_TAILNET_PORT,
};

/* Keys that people try, and why they are none. */
static const struct {
        const char *name, *why;
} refused_keys[] = {
        { "AuthKey", N_("a key stays in a file of root's alone: write AuthKeyFile=/path") },
        { "Device",
          N_("which device this host is, the tailnet decides; Hostname= is how it is called") },
        { "ListenPort", N_("is called Port, below [Tailscale]") },
};

void wattle_tailnet_init(WattleTailnet *tailnet)
{
        *tailnet = defaults;
        tailnet->arena = wattle_arena_new();
}

void wattle_tailnet_clear(WattleTailnet *tailnet)
{
        g_clear_pointer(&tailnet->arena, wattle_arena_unref);
}

static const Key *find_key(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
                if (strcmp(keys[i].name, name) == 0)
                        return &keys[i];
        return NULL;
}

static void report_unknown_key(const WattleIniLine *line, WattleReport *report)
{
        const char *words[G_N_ELEMENTS(keys)];

        for (guint i = 0; i < G_N_ELEMENTS(refused_keys); i++)
                if (g_ascii_strcasecmp(line->key, refused_keys[i].name) == 0) {
                        wattle_report_error(report, line->place, "%s: %s", line->key,
                                            _(refused_keys[i].why));
                        return;
                }
        for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
                words[i] = keys[i].name;
        wattle_value_report_unknown_key(report, line->place, line->key, words, G_N_ELEMENTS(keys));
}

static void read_list(WattleTailnet *tailnet, const Key *key, const WattleIniLine *line,
                      WattleReport *report)
{
        WattleTailnetList *list = (WattleTailnetList *)((char *)tailnet + key->offset);
        char *rest = NULL, *word;
        WattlePlace place;

        while ((word = wattle_ini_next_word(line, &rest, &place))) {
                g_autoptr(GError) error = NULL;

                if (list->n == WATTLE_TAILNET_MAX_WORDS) {
                        wattle_report_error(report, place, "%s: more than %d", key->name,
                                            WATTLE_TAILNET_MAX_WORDS);
                        return;
                }
                if (key->parse(word, place, tailnet->arena, &list->words[list->n], &error))
                        list->n++;
                else
                        wattle_report_error(report, place, "%s: %s", key->name, error->message);
        }
}

static void read_scalar(WattleTailnet *tailnet, const Key *key, const WattleIniLine *line,
                        WattleReport *report)
{
        g_autoptr(GError) error = NULL;

        if (!key->parse(line->value, line->value_place, tailnet->arena,
                        (char *)tailnet + key->offset, &error))
                wattle_report_error(report, line->value_place, "%s: %s", key->name, error->message);
}

static void read_key(WattleTailnet *tailnet, guint32 *seen_lines, Section section,
                     const WattleIniLine *line, WattleReport *report)
{
        const Key *key = find_key(line->key);
        guint32 *seen_line;

        if (!key) {
                report_unknown_key(line, report);
                return;
        }
        if (key->section != section) {
                wattle_report_error(report, line->place, "%s= belongs below [%s]", key->name,
                                    section_names[key->section]);
                return;
        }
        seen_line = &seen_lines[key - keys];
        if (!key->is_list && *seen_line > 0)
                wattle_report_error(report, line->place, "%s= was given already in line %u",
                                    key->name, *seen_line);
        else if (wattle_ini_has_comment(line->value))
                wattle_report_error(report, line->value_place,
                                    "%s: a comment goes on a line of its own", key->name);
        else if (key->is_list)
                read_list(tailnet, key, line, report);
        else if (*line->value)
                read_scalar(tailnet, key, line, report);
        if (*seen_line == 0)
                *seen_line = line->place.line;
}

/* What a client secret makes an auth key of, which Tailscale does for tagged devices alone. */
static void check_parameters(const WattleTailnet *tailnet, WattleReport *report)
{
        const struct {
                const char *name;
                gboolean given;
                WattlePlace place;
        } parameters[] = {
                { "Ephemeral", tailnet->ephemeral.given, tailnet->ephemeral.place },
                { "Preauthorized", tailnet->preauthorized.given, tailnet->preauthorized.place },
                { "BaseURL", tailnet->base_url.value != NULL, tailnet->base_url.place },
        };

        for (guint i = 0; i < G_N_ELEMENTS(parameters); i++)
                if (parameters[i].given && tailnet->advertise_tags.n == 0)
                        wattle_report_error(report, parameters[i].place,
                                            "%s: is for a client secret, which makes keys for "
                                            "tagged devices alone: write AdvertiseTags= too",
                                            parameters[i].name);
}

static void check_exit(const WattleTailnet *tailnet, WattleReport *report)
{
        if (tailnet->exit_node.value && tailnet->advertise_exit_node.value)
                wattle_report_error(report, tailnet->exit_node.place,
                                    "ExitNode: a host cannot use an exit node and be one; "
                                    "AdvertiseExitNode= stands in line %u",
                                    tailnet->advertise_exit_node.place.line);
}

/* wattle-filter is bound to the interface, and tells the firewall of a number. */
static void check_firewall(const WattleTailnet *tailnet, WattleReport *report)
{
        const char *why = !tailnet->interface.value
                                  ? _("there is no interface with "
                                      "Interface=userspace-networking, with which the port would "
                                      "be opened and closed")
                          : tailnet->port == 0
                                  ? _("with Port=0 tailscaled takes any port: write a number")
                                  : NULL;

        if (tailnet->firewall.kind != WATTLE_FIREWALL_NO && why)
                wattle_report_error(report, tailnet->firewall.place, "Firewall: %s", why);
}

static void check_routing(const WattleTailnet *tailnet, WattleReport *report)
{
        const WattleTailnetList *routes = &tailnet->advertise_routes;
        gboolean offers = routes->n > 0 || tailnet->advertise_exit_node.value;
        WattlePlace place =
                routes->n > 0 ? routes->words[0].place : tailnet->advertise_exit_node.place;

        if (offers && tailnet->interface.value && !wattle_tailnet_is_server(tailnet))
                wattle_report_warning(report, place,
                                      "others may send packets for elsewhere here, and "
                                      "RoutingFeatures= keeps this host from forwarding them");
}

void wattle_tailnet_read(WattleTailnet *tailnet, gconstpointer bytes, gsize size, const char *file,
                         WattleReport *report)
{
        g_auto(WattleIni) ini = { 0 };
        guint32 seen_lines[G_N_ELEMENTS(keys)] = { 0 };
        Section section = SECTION_TAILSCALE;
        gboolean is_known = FALSE;
        WattleIniLine line;

        tailnet->file = wattle_arena_strdup(tailnet->arena, file);
        wattle_ini_init(&ini, bytes, size, tailnet->file, report);
        while (wattle_ini_next(&ini, &line)) {
                if (line.kind == WATTLE_INI_SECTION) {
                        section = strcmp(line.section, "Local") == 0 ? SECTION_LOCAL
                                                                     : SECTION_TAILSCALE;
                        is_known = !line.name && strcmp(line.section, section_names[section]) == 0;
                        if (!is_known)
                                wattle_report_error(report, line.place,
                                                    "unknown section [%s]: a tailnet has "
                                                    "[Tailscale] and [Local]",
                                                    line.section);
                } else if (line.kind == WATTLE_INI_KEY && !line.section) {
                        wattle_report_error(report, line.place,
                                            "%s= stands before any section: begin with [Tailscale]",
                                            line.key);
                } else if (line.kind == WATTLE_INI_KEY && is_known) {
                        read_key(tailnet, seen_lines, section, &line, report);
                }
        }
        check_parameters(tailnet, report);
        check_exit(tailnet, report);
        check_firewall(tailnet, report);
        check_routing(tailnet, report);
}

gboolean wattle_tailnet_is_client(const WattleTailnet *tailnet)
{
        if (!tailnet->interface.value)
                return FALSE;
        switch (tailnet->routing_features) {
        case WATTLE_ROUTING_CLIENT:
        case WATTLE_ROUTING_BOTH:
                return TRUE;
        case WATTLE_ROUTING_AUTO:
                return tailnet->accept_routes.value || tailnet->exit_node.value;
        case WATTLE_ROUTING_NONE:
        case WATTLE_ROUTING_SERVER:
                break;
        }
        return FALSE;
}

gboolean wattle_tailnet_is_server(const WattleTailnet *tailnet)
{
        if (!tailnet->interface.value)
                return FALSE;
        switch (tailnet->routing_features) {
        case WATTLE_ROUTING_SERVER:
        case WATTLE_ROUTING_BOTH:
                return TRUE;
        case WATTLE_ROUTING_AUTO:
                return tailnet->advertise_routes.n > 0 || tailnet->advertise_exit_node.value;
        case WATTLE_ROUTING_NONE:
        case WATTLE_ROUTING_CLIENT:
                break;
        }
        return FALSE;
}

char *wattle_tailnet_name_of_path(const char *path)
{
        char *name = g_path_get_basename(path);

        if (g_str_has_suffix(name, WATTLE_TAILNET_SUFFIX))
                name[strlen(name) - strlen(WATTLE_TAILNET_SUFFIX)] = '\0';
        return name;
}
