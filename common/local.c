/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/local.h"

#include <stddef.h>
#include <string.h>

#include "common/address-policy.h"
#include "common/error.h"
#include "common/ini.h"
#include "common/language.h"
#include "common/scalar.h"

/* firewalld's own limit, so that the names of its chains fit. */
#define ZONE_MAX 17

typedef struct {
        const char *name;
        WattleParseValue parse;
        gsize offset, size; /* of the field */
} Key;

/* The words of an enum, by its values. */
static const char *const owner_names[] = { "auto", "networkd", "NetworkManager" };
static const char *const activation_names[] = { "manual", "up", "always-up" };
static const char *const connection_names[] = { "native", "vpn" };
static const char *const coexist_names[] = { "none", "mullvad", "tailscale" };
static const char *const discovery_names[] = { "auto", "yes", "no" };
static const char *const mapping_names[] = { "no", "auto" };
static const char *const routing_names[] = { "auto", "none", "client", "server", "both" };

static gboolean parse_word(const char *text, const char *const *words, guint n_words, guint *ret,
                           GError **error)
{
        g_autofree char *list = NULL;
        g_autofree const char **strv = NULL;

        for (guint i = 0; i < n_words; i++)
                if (strcmp(text, words[i]) == 0) {
                        *ret = i;
                        return TRUE;
                }
        strv = g_new0(const char *, n_words + 1);
        memcpy(strv, words, n_words * sizeof *words);
        list = g_strjoinv(", ", (char **)strv);
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, _("'%s' is none of %s"), text, list);
        return FALSE;
}

const char *wattle_owner_name(WattleOwner owner)
{
        return owner_names[owner];
}

gboolean wattle_owner_parse(const char *text, WattleOwner *ret, GError **error)
{
        guint value;

        if (!parse_word(text, owner_names, G_N_ELEMENTS(owner_names), &value, error))
                return FALSE;
        *ret = (WattleOwner)value;
        return TRUE;
}

const char *wattle_activation_name(WattleActivation activation)
{
        return activation_names[activation];
}

const char *wattle_connection_kind_name(WattleConnectionKind kind)
{
        return connection_names[kind];
}

static gboolean parse_owner(const char *text, G_GNUC_UNUSED WattlePlace place,
                            G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        return wattle_owner_parse(text, field, error);
}

static gboolean parse_activation(const char *text, G_GNUC_UNUSED WattlePlace place,
                                 G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        guint value;

        if (!parse_word(text, activation_names, G_N_ELEMENTS(activation_names), &value, error))
                return FALSE;
        *(WattleActivation *)field = (WattleActivation)value;
        return TRUE;
}

gboolean wattle_local_parse_routing(const char *text, G_GNUC_UNUSED WattlePlace place,
                                    G_GNUC_UNUSED WattleArena *arena, gpointer field,
                                    GError **error)
{
        guint value;

        if (!parse_word(text, routing_names, G_N_ELEMENTS(routing_names), &value, error))
                return FALSE;
        *(WattleRoutingFeatures *)field = (WattleRoutingFeatures)value;
        return TRUE;
}

static gboolean parse_discovery(const char *text, G_GNUC_UNUSED WattlePlace place,
                                G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        guint value;

        if (!parse_word(text, discovery_names, G_N_ELEMENTS(discovery_names), &value, error))
                return FALSE;
        *(WattleDiscovery *)field = (WattleDiscovery)value;
        return TRUE;
}

static gboolean parse_connection(const char *text, WattlePlace place,
                                 G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        guint value;

        if (!parse_word(text, connection_names, G_N_ELEMENTS(connection_names), &value, error))
                return FALSE;
        *(WattleConnectionChoice *)field =
                (WattleConnectionChoice){ (WattleConnectionKind)value, place };
        return TRUE;
}

static gboolean parse_coexist(const char *text, WattlePlace place, G_GNUC_UNUSED WattleArena *arena,
                              gpointer field, GError **error)
{
        guint value;

        if (!parse_word(text, coexist_names, G_N_ELEMENTS(coexist_names), &value, error))
                return FALSE;
        *(WattleCoexistChoice *)field = (WattleCoexistChoice){ (WattleCoexist)value, place };
        return TRUE;
}

static gboolean parse_port_mapping(const char *text, G_GNUC_UNUSED WattlePlace place,
                                   G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        guint value;

        if (!parse_word(text, mapping_names, G_N_ELEMENTS(mapping_names), &value, error))
                return FALSE;
        *(gboolean *)field = value == 1;
        return TRUE;
}

static gboolean check_zone(const char *text, GError **error)
{
        gsize length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789_-");

        if (text[length] || length > ZONE_MAX) {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                            _("'%s' is not a zone of firewalld: 1 to %d letters, digits, _ and -"),
                            text, ZONE_MAX);
                return FALSE;
        }
        return TRUE;
}

static gboolean parse_zone(const char *text, WattlePlace place, WattleArena *arena, gpointer field,
                           GError **error)
{
        if (!check_zone(text, error))
                return FALSE;
        *(WattleLocalName *)field = (WattleLocalName){ wattle_arena_strdup(arena, text), place };
        return TRUE;
}

/* "yes" would do as the name of a zone, and is never meant as one. */
static gboolean check_firewall_zone(const char *text, GError **error)
{
        static const char *const words[] = { "no", "auto", "yes", "true", "on" };

        for (guint i = 0; i < G_N_ELEMENTS(words); i++)
                if (strcmp(text, words[i]) == 0)
                        return wattle_error_refuse(error,
                                                   "'%s' is not a zone of firewalld: write 'auto', "
                                                   "'no', or nothing but zones",
                                                   text);
        return check_zone(text, error);
}

gboolean wattle_local_parse_firewall(const char *text, WattlePlace place, WattleArena *arena,
                                     gpointer field, GError **error)
{
        g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
        const char **zones = wattle_arena_alloc(arena, g_strv_length(words) * sizeof *zones);
        WattleFirewallChoice choice = { WATTLE_FIREWALL_ZONES, zones, 0, place };

        if (strcmp(text, "no") == 0 || strcmp(text, "auto") == 0) {
                choice.kind = *text == 'n' ? WATTLE_FIREWALL_NO : WATTLE_FIREWALL_AUTO;
                *(WattleFirewallChoice *)field = choice;
                return TRUE;
        }
        for (guint i = 0; words[i]; i++) {
                if (!*words[i])
                        continue;
                if (!check_firewall_zone(words[i], error))
                        return FALSE;
                zones[choice.n_zones++] = wattle_arena_strdup(arena, words[i]);
        }
        *(WattleFirewallChoice *)field = choice;
        return TRUE;
}

static gboolean parse_device(const char *text, WattlePlace place, WattleArena *arena,
                             gpointer field, GError **error)
{
        if (!wattle_label_check(text, error))
                return FALSE;
        *(WattleLocalName *)field = (WattleLocalName){ wattle_arena_strdup(arena, text), place };
        return TRUE;
}

static gboolean parse_interface(const char *text, WattlePlace place, WattleArena *arena,
                                gpointer field, GError **error)
{
        if (!wattle_interface_name_check(text, error))
                return FALSE;
        *(WattleLocalName *)field = (WattleLocalName){ wattle_arena_strdup(arena, text), place };
        return TRUE;
}

/* networkd splits no words in PrivateKeyFile=, but expands % specifiers; and it must not be
 * relative. The reader lets a tab through, our own files hold none. */
static gboolean parse_key_file(const char *text, G_GNUC_UNUSED WattlePlace place,
                               WattleArena *arena, gpointer field, GError **error)
{
        if (!g_path_is_absolute(text) || strpbrk(text, "%\t") || strstr(text, "/../")) {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                            _("'%s' is not an absolute path without '..', '%%' and tabs"), text);
                return FALSE;
        }
        *(const char **)field = wattle_arena_strdup(arena, text);
        return TRUE;
}

static gboolean parse_source(const char *text, G_GNUC_UNUSED WattlePlace place, WattleArena *arena,
                             gpointer field, GError **error)
{
        if (strstr(text, "://")) {
                if (!wattle_url_check(text, error))
                        return FALSE;
        } else if (!g_path_is_absolute(text) || strchr(text, '\t')) {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                            _("'%s' is neither a URL nor an absolute path"), text);
                return FALSE;
        }
        *(const char **)field = wattle_arena_strdup(arena, text);
        return TRUE;
}

static gboolean parse_mark(const char *text, G_GNUC_UNUSED WattlePlace place,
                           G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        WattleOptionalU32 *mark = field;

        mark->given = wattle_mark_parse(text, &mark->value, error);
        return mark->given;
}

static gboolean parse_name_server(const char *text, WattleAddr *ret, GError **error)
{
        const char *why;

        if (!wattle_addr_parse(text, ret, error))
                return FALSE;
        if (wattle_address_judge(ret, WATTLE_USE_DNS, &why) == WATTLE_ADDRESS_FITS)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, "%s %s", text, why);
        return FALSE;
}

static gboolean parse_dns(const char *text, WattlePlace place, G_GNUC_UNUSED WattleArena *arena,
                          gpointer field, GError **error)
{
        g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
        WattleLocalDns dns = { .given = TRUE, .place = place };

        for (char **word = words; *word && strcmp(text, "none") != 0; word++) {
                if (!**word)
                        continue;
                if (dns.n == WATTLE_DNS_MAX) {
                        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                                    _("more than %d name servers"), WATTLE_DNS_MAX);
                        return FALSE;
                }
                if (!parse_name_server(*word, &dns.servers[dns.n++], error))
                        return FALSE;
        }
        *(WattleLocalDns *)field = dns;
        return TRUE;
}

#define FIELD(member) offsetof(WattleLocal, member), sizeof(((WattleLocal *)NULL)->member)

static const Key keys[] = {
        { "Enable", wattle_value_parse_boolean, FIELD(enable) },
        { "Device", parse_device, FIELD(device) },
        { "Owner", parse_owner, FIELD(owner) },
        { "Interface", parse_interface, FIELD(interface) },
        { "PrivateKeyFile", parse_key_file, FIELD(private_key_file) },
        { "ListenPort", wattle_value_parse_port, FIELD(listen_port) },
        { "MTU", wattle_value_parse_mtu, FIELD(mtu) },
        { "ActivationPolicy", parse_activation, FIELD(activation) },
        { "RoutingFeatures", wattle_local_parse_routing, FIELD(routing_features) },
        { "AcceptRoutes", wattle_value_parse_boolean, FIELD(accept_routes) },
        { "ExitNode", parse_device, FIELD(exit_node) },
        { "DNS", parse_dns, FIELD(dns) },
        { "FirewallMark", parse_mark, FIELD(firewall_mark) },
        { "Coexist", parse_coexist, FIELD(coexist) },
        { "Connection", parse_connection, FIELD(connection) },
        { "Trust", parse_zone, FIELD(trust) },
        { "Firewall", wattle_local_parse_firewall, FIELD(firewall) },
        { "UpdateFrom", parse_source, FIELD(update_from) },
        { "Names", wattle_value_parse_boolean, FIELD(names) },
        { "Migrate", wattle_value_parse_boolean, FIELD(migrate) },
        { "Discovery", parse_discovery, FIELD(discovery) },
        { "PortMapping", parse_port_mapping, FIELD(port_mapping) },
        { "Via", wattle_value_parse_boolean, FIELD(via) },
};

static const WattleLocal defaults = { .enable = TRUE, .names = TRUE, .migrate = TRUE, .via = TRUE };

void wattle_local_init(WattleLocal *local)
{
        *local = defaults;
        local->arena = wattle_arena_new();
}

void wattle_local_clear(WattleLocal *local)
{
        g_clear_pointer(&local->arena, wattle_arena_unref);
}

const char *wattle_local_interface(const WattleLocal *local, const char *mesh)
{
        return local->interface.value ? local->interface.value : mesh;
}

static const Key *find_key(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
                if (strcmp(name, keys[i].name) == 0)
                        return &keys[i];
        return NULL;
}

gboolean wattle_local_set(WattleLocal *local, const char *key, const char *text, WattlePlace place,
                          GError **error)
{
        const Key *found = find_key(key);

        return found->parse(text, place, local->arena, (char *)local + found->offset, error);
}

/* Keys that people bring from other tools. */
static const struct {
        const char *name, *why;
} refused_keys[] = {
        { "PrivateKey", N_("a key stays in a file of its own: write PrivateKeyFile=/path") },
        { "Table", N_("accepted routes go to the main table, those of an exit node to a table of "
                      "their own; without AcceptRoutes= and ExitNode= there are none") },
        { "FwMark", N_("is called FirewallMark") },
};

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

static void read_key(WattleLocal *local, guint32 *seen_lines, const WattleIniLine *line,
                     WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        const Key *key = find_key(line->key);
        guint32 *seen_line;

        if (!key) {
                report_unknown_key(line, report);
                return;
        }
        seen_line = &seen_lines[key - keys];
        if (*seen_line > 0) {
                wattle_report_error(report, line->place, "%s= was given already in line %u",
                                    key->name, *seen_line);
                return;
        }
        *seen_line = line->place.line;
        if (!*line->value)
                memcpy((char *)local + key->offset, (const char *)&defaults + key->offset,
                       key->size);
        else if (wattle_ini_has_comment(line->value))
                wattle_report_error(report, line->value_place,
                                    "%s: a comment goes on a line of its own", key->name);
        else if (!key->parse(line->value, line->value_place, local->arena,
                             (char *)local + key->offset, &error))
                wattle_report_error(report, line->value_place, "%s: %s", key->name, error->message);
}

void wattle_local_read(WattleLocal *local, gconstpointer bytes, gsize size, const char *file,
                       WattleReport *report)
{
        g_auto(WattleIni) ini = { 0 };
        guint32 seen_lines[G_N_ELEMENTS(keys)] = { 0 };
        gboolean in_local = FALSE;
        WattleIniLine line;

        /* Its places stay in the settings. */
        wattle_ini_init(&ini, bytes, size, wattle_arena_strdup(local->arena, file), report);
        while (wattle_ini_next(&ini, &line)) {
                if (line.kind == WATTLE_INI_SECTION) {
                        in_local = strcmp(line.section, "Local") == 0 && !line.name;
                        if (!in_local)
                                wattle_report_error(
                                        report, line.place,
                                        "unknown section [%s]: a host's settings have [Local]",
                                        line.section);
                } else if (line.kind == WATTLE_INI_KEY && !line.section) {
                        wattle_report_error(report, line.place,
                                            "%s= stands before any section: begin with [Local]",
                                            line.key);
                } else if (line.kind == WATTLE_INI_KEY && in_local) {
                        read_key(local, seen_lines, &line, report);
                }
        }
}
