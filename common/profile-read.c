/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile from text: one table of sections and keys. A new key is a row, a test row and a line
 * of wattle.mesh(5). */
#include <stddef.h>
#include <string.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/language.h"
#include "common/profile.h"
#include "common/scalar.h"

typedef enum {
        NO_LIST,
        SUBNETS,
        ADDRESSES,
        ALIASES,
        CANDIDATES,
        ROUTES,
        SIGNING_KEYS,
        NAME_SERVERS,
        N_LISTS,
} List;

/* Elements stand here until their section ends, and are then copied to the profile's arena. There
 * is room for all that may be, and for the one too many. */
typedef struct {
        char *elements;
        guint n;
} Found;

typedef struct {
        WattleReport *report;
        WattleProfile *profile;
        Found found[N_LISTS];
        guint32 section_line;     /* of this section's header */
        guint32 given_line[16];   /* of a scalar, by row, when it was given last; before the header
                                     it is another section's */
        gboolean failed[N_LISTS]; /* a word of this section's list was bad */
        gboolean failed_scalar;   /* a scalar of this section was */
} Reader;

/* A row reads one value, or one word of a list, into a field of the mesh or device, or an element
 * of a list, of which it sets all. */
typedef struct {
        const char *name;
        WattleParseValue parse;
        List list;    /* NO_LIST: a scalar, given once at most */
        gsize offset; /* of a scalar's field */
} Key;

static WattleSpot spot_of(WattlePlace place)
{
        return (WattleSpot){ place.line, place.column };
}

static gboolean parse_format(const char *text, G_GNUC_UNUSED WattlePlace place,
                             G_GNUC_UNUSED WattleArena *arena, G_GNUC_UNUSED gpointer ret,
                             GError **error)
{
        guint64 format;

        if (!wattle_uint_parse(text, 1, G_MAXUINT16, &format, error))
                return FALSE;
        if (format > WATTLE_PROFILE_FORMAT) {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                            _("%s is newer than this wattle, which reads %d: update wattle"), text,
                            WATTLE_PROFILE_FORMAT);
                return FALSE;
        }
        return TRUE;
}

static gboolean parse_serial(const char *text, G_GNUC_UNUSED WattlePlace place,
                             G_GNUC_UNUSED WattleArena *arena, gpointer ret, GError **error)
{
        WattleProfile *profile = ret;

        profile->has_serial = wattle_uint_parse(text, 1, G_MAXINT64, &profile->serial, error);
        return profile->has_serial;
}

static gboolean parse_previous(const char *text, WattlePlace place,
                               G_GNUC_UNUSED WattleArena *arena, gpointer ret, GError **error)
{
        WattleProfile *profile = ret;

        profile->previous_place = spot_of(place);
        profile->has_previous = wattle_text_sum_parse(text, &profile->previous, error);
        return profile->has_previous;
}

static gboolean parse_signing_key(const char *text, WattlePlace place,
                                  G_GNUC_UNUSED WattleArena *arena, gpointer ret, GError **error)
{
        WattleProfileSigner *signer = ret;

        signer->place = spot_of(place);
        return wattle_signing_key_parse(text, &signer->value, error);
}

static gboolean parse_mesh_name(const char *text, G_GNUC_UNUSED WattlePlace place,
                                WattleArena *arena, gpointer ret, GError **error)
{
        WattleProfile *profile = ret;

        if (!wattle_identifier_check(text, WATTLE_MESH_NAME_MAX, error))
                return FALSE;
        profile->name = wattle_arena_strdup(arena, text);
        profile->has_name = TRUE;
        return TRUE;
}

static gboolean parse_invited(const char *text, WattlePlace place, WattleArena *arena, gpointer ret,
                              GError **error)
{
        WattleProfile *profile = ret;

        if (!wattle_label_check(text, error))
                return FALSE;
        profile->invited = wattle_arena_strdup(arena, text);
        profile->invited_place = spot_of(place);
        return TRUE;
}

/* RFC 6761, 6.3: each host's own name. A mesh that gave it to a device would send to that one what
 * programs mean for themselves. */
static gboolean check_not_localhost(const char *name, GError **error)
{
        if (!g_str_equal(name, "localhost") && !g_str_has_suffix(name, ".localhost"))
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                    _("'%s' is what each host calls itself, and no name for another"), name);
        return FALSE;
}

static gboolean parse_domain(const char *text, WattlePlace place, WattleArena *arena, gpointer ret,
                             GError **error)
{
        WattleProfile *profile = ret;

        if (!wattle_dns_name_check(text, error) || !check_not_localhost(text, error))
                return FALSE;
        profile->domain = wattle_arena_strdup(arena, text);
        profile->domain_place = spot_of(place);
        return TRUE;
}

static gboolean parse_url(const char *text, G_GNUC_UNUSED WattlePlace place, WattleArena *arena,
                          gpointer ret, GError **error)
{
        if (!wattle_url_check(text, error))
                return FALSE;
        *(const char **)ret = wattle_arena_strdup(arena, text);
        return TRUE;
}

static gboolean parse_keepalive(const char *text, G_GNUC_UNUSED WattlePlace place,
                                G_GNUC_UNUSED WattleArena *arena, gpointer ret, GError **error)
{
        WattleOptionalU16 *keepalive_s = ret;

        keepalive_s->given = wattle_keepalive_parse(text, &keepalive_s->value, error);
        return keepalive_s->given;
}

static gboolean parse_state(const char *text, G_GNUC_UNUSED WattlePlace place,
                            G_GNUC_UNUSED WattleArena *arena, gpointer ret, GError **error)
{
        WattleDeviceState *state = ret;

        if (strcmp(text, "active") == 0)
                *state = WATTLE_DEVICE_ACTIVE;
        else if (strcmp(text, "revoked") == 0)
                *state = WATTLE_DEVICE_REVOKED;
        else
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                            _("'%s' is neither active nor revoked"), text);
        return strcmp(text, "active") == 0 || strcmp(text, "revoked") == 0;
}

static gboolean parse_public_key(const char *text, WattlePlace place,
                                 G_GNUC_UNUSED WattleArena *arena, gpointer ret, GError **error)
{
        WattleDevice *device = ret;

        device->key_place = spot_of(place);
        return wattle_key_parse(text, &device->public_key, error);
}

static gboolean parse_prefix(const char *text, WattlePlace place, G_GNUC_UNUSED WattleArena *arena,
                             gpointer ret, GError **error)
{
        WattleProfilePrefix *prefix = ret;

        prefix->place = spot_of(place);
        return wattle_prefix_parse(text, &prefix->value, error);
}

static gboolean parse_address(const char *text, WattlePlace place, G_GNUC_UNUSED WattleArena *arena,
                              gpointer ret, GError **error)
{
        WattleProfileAddr *addr = ret;

        addr->place = spot_of(place);
        if (strchr(text, '/')) {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                            _("'%s': without a prefix length, which Subnet= in [Mesh] gives"),
                            text);
                return FALSE;
        }
        return wattle_addr_parse(text, &addr->value, error);
}

static gboolean parse_name_server(const char *text, WattlePlace place,
                                  G_GNUC_UNUSED WattleArena *arena, gpointer ret, GError **error)
{
        WattleProfileAddr *addr = ret;

        addr->place = spot_of(place);
        return wattle_addr_parse(text, &addr->value, error);
}

static gboolean parse_alias(const char *text, WattlePlace place, WattleArena *arena, gpointer ret,
                            GError **error)
{
        WattleProfileName *name = ret;

        if (!wattle_label_check(text, error) || !check_not_localhost(text, error))
                return FALSE;
        *name = (WattleProfileName){ wattle_arena_strdup(arena, text), spot_of(place) };
        return TRUE;
}

static gboolean parse_public_endpoint(const char *text, WattlePlace place, WattleArena *arena,
                                      gpointer ret, GError **error)
{
        ((WattleCandidate *)ret)->place = spot_of(place);
        return wattle_candidate_parse(text, WATTLE_CANDIDATE_PUBLIC, arena, ret, error);
}

static gboolean parse_private_endpoint(const char *text, WattlePlace place, WattleArena *arena,
                                       gpointer ret, GError **error)
{
        ((WattleCandidate *)ret)->place = spot_of(place);
        return wattle_candidate_parse(text, WATTLE_CANDIDATE_PRIVATE, arena, ret, error);
}

static gboolean parse_public_address(const char *text, WattlePlace place, WattleArena *arena,
                                     gpointer ret, GError **error)
{
        WattleSite *site = ret;
        WattleEndpoint address = { 0 };

        if (wattle_addr_parse(text, &address.at.addr, NULL)) {
                if (wattle_addr_is_special(&address.at.addr))
                        return wattle_error_refuse(error, "'%s' is not the address of one host",
                                                   text);
        } else if (strpbrk(text, ":[]")) {
                return wattle_error_refuse(error,
                                           "'%s' is neither an address nor a name; an IPv6 address "
                                           "has no brackets here, and the port stands in "
                                           "PublicEndpoint=@%s:PORT of a device",
                                           text, site->name);
        } else if (!wattle_dns_name_check(text, error)) {
                return FALSE;
        } else {
                address.name = wattle_arena_strdup(arena, text);
        }
        site->address = address;
        site->address_place = spot_of(place);
        return TRUE;
}

static gboolean parse_relay(const char *text, G_GNUC_UNUSED WattlePlace place,
                            G_GNUC_UNUSED WattleArena *arena, gpointer ret, GError **error)
{
        WattleRelayRole *role = ret;
        gboolean is_relay;

        if (strcmp(text, "retiring") == 0) {
                *role = WATTLE_RELAY_RETIRING;
                return TRUE;
        }
        if (!wattle_boolean_parse(text, &is_relay, NULL))
                return wattle_error_refuse(error, "'%s' is neither yes, no nor retiring", text);
        *role = is_relay ? WATTLE_RELAY_YES : WATTLE_RELAY_NO;
        return TRUE;
}

static gboolean parse_via(const char *text, WattlePlace place, WattleArena *arena, gpointer ret,
                          GError **error)
{
        WattleProfileName *name;

        if (!wattle_label_check(text, error))
                return FALSE;
        name = wattle_arena_alloc(arena, sizeof *name);
        *name = (WattleProfileName){ wattle_arena_strdup(arena, text), spot_of(place) };
        *(const WattleProfileName **)ret = name;
        return TRUE;
}

static const Key mesh_keys[] = {
        { "Format", parse_format, NO_LIST, 0 },
        { "Name", parse_mesh_name, NO_LIST, 0 },
        { "Serial", parse_serial, NO_LIST, 0 },
        { "Previous", parse_previous, NO_LIST, 0 },
        { "SigningKeys", parse_signing_key, SIGNING_KEYS, 0 },
        { "Invitation", parse_invited, NO_LIST, 0 },
        { "UpdateURL", parse_url, NO_LIST, offsetof(WattleProfile, update_url) },
        { "Subnet", parse_prefix, SUBNETS, 0 },
        { "ListenPort", wattle_value_parse_port, NO_LIST, offsetof(WattleProfile, listen_port) },
        { "Domain", parse_domain, NO_LIST, 0 },
        { "MTU", wattle_value_parse_mtu, NO_LIST, offsetof(WattleProfile, mtu) },
        { "Keepalive", parse_keepalive, NO_LIST, offsetof(WattleProfile, keepalive_s) },
        { "RelayPorts", wattle_value_parse_ports, NO_LIST, offsetof(WattleProfile, relay_ports) },
};

static const Key site_keys[] = {
        { "PublicAddress", parse_public_address, NO_LIST, 0 },
};

static const Key device_keys[] = {
        { "PublicKey", parse_public_key, NO_LIST, 0 },
        { "Address", parse_address, ADDRESSES, 0 },
        { "Alias", parse_alias, ALIASES, 0 },
        { "PublicEndpoint", parse_public_endpoint, CANDIDATES, 0 },
        { "PrivateEndpoint", parse_private_endpoint, CANDIDATES, 0 },
        { "Routes", parse_prefix, ROUTES, 0 },
        { "ListenPort", wattle_value_parse_port, NO_LIST, offsetof(WattleDevice, listen_port) },
        { "Keepalive", parse_keepalive, NO_LIST, offsetof(WattleDevice, keepalive_s) },
        { "ExitNode", wattle_value_parse_boolean, NO_LIST, offsetof(WattleDevice, exit_node) },
        { "DNS", parse_name_server, NAME_SERVERS, 0 },
        { "Relay", parse_relay, NO_LIST, offsetof(WattleDevice, relay) },
        { "Managed", wattle_value_parse_boolean, NO_LIST, offsetof(WattleDevice, managed) },
        { "Via", parse_via, NO_LIST, offsetof(WattleDevice, via) },
        { "State", parse_state, NO_LIST, offsetof(WattleDevice, state) },
};

G_STATIC_ASSERT(G_N_ELEMENTS(mesh_keys) <= G_N_ELEMENTS(((Reader *)NULL)->given_line));
G_STATIC_ASSERT(G_N_ELEMENTS(device_keys) <= G_N_ELEMENTS(((Reader *)NULL)->given_line));

typedef struct {
        const char *name;
        const Key *keys;
        guint n_keys;
} Section;

static const Section sections[] = {
        { "Mesh", mesh_keys, G_N_ELEMENTS(mesh_keys) },
        { "Site", site_keys, G_N_ELEMENTS(site_keys) },
        { "Device", device_keys, G_N_ELEMENTS(device_keys) },
};

static const struct {
        gsize element_size;
        guint max;
        const char *what;
} list_limits[N_LISTS] = {
        [SUBNETS] = { sizeof(WattleProfilePrefix), WATTLE_PROFILE_MAX_SUBNETS, N_("subnets") },
        [ADDRESSES] = { sizeof(WattleProfileAddr), WATTLE_DEVICE_MAX_ADDRESSES, N_("addresses") },
        [ALIASES] = { sizeof(WattleProfileName), WATTLE_DEVICE_MAX_ALIASES, N_("aliases") },
        [CANDIDATES] = { sizeof(WattleCandidate), WATTLE_DEVICE_MAX_CANDIDATES, N_("endpoints") },
        [ROUTES] = { sizeof(WattleProfilePrefix), WATTLE_DEVICE_MAX_ROUTES, N_("routes") },
        [SIGNING_KEYS] = { sizeof(WattleProfileSigner), WATTLE_SIGNING_KEYS_MAX, N_("keys") },
        [NAME_SERVERS] = { sizeof(WattleProfileAddr), WATTLE_DNS_MAX, N_("name servers") },
};

/* Keys that people bring from other tools, and why they are not legal here. */
static const struct {
        const char *name, *why;
} refused_keys[] = {
        { "PrivateKey",
          N_("a private key never belongs in a profile, which every device reads: keep it on its "
             "own device, in /etc/wattle/MESH.key, and make a new one now if it was shared") },
        { "PrivateKeyFile",
          N_("belongs in this host's own settings: [Local] in MESH.mesh.d/*.conf") },
        { "PresharedKey", N_("a pre-shared key is a secret and never belongs in a profile") },
        { "PreUp",
          N_("a profile runs no commands; order a unit after the interface's .device instead") },
        { "PostUp",
          N_("a profile runs no commands; order a unit after the interface's .device instead") },
        { "PreDown", N_("a profile runs no commands") },
        { "PostDown", N_("a profile runs no commands") },
        { "AllowedIPs", N_("is made from Address= and Routes= of the device") },
        { "Endpoint",
          N_("is PublicEndpoint= (reachable from anywhere) or PrivateEndpoint= (on the LAN)") },
        { "PersistentKeepalive", N_("is called Keepalive") },
        { "FwMark",
          N_("is FirewallMark= in this host's own settings: [Local] in MESH.mesh.d/*.conf") },
        { "Table",
          N_("routes go where they belong: accepted ones to the main table, those of an exit node to "
             "a table of their own") },
        { "SaveConfig", N_("nothing is written back to a profile") },
};

#define MESH   (&sections[0])
#define SITE   (&sections[1])
#define DEVICE (&sections[2])

static const char *why_refused(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(refused_keys); i++)
                if (g_ascii_strcasecmp(name, refused_keys[i].name) == 0)
                        return _(refused_keys[i].why);
        return NULL;
}

static const Key *find_key(const Section *section, const char *name)
{
        for (guint i = 0; i < section->n_keys; i++)
                if (wattle_word_equal(name, section->keys[i].name))
                        return &section->keys[i];
        return NULL;
}

static const Section *find_section(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(sections); i++)
                if (wattle_word_equal(name, sections[i].name))
                        return &sections[i];
        return NULL;
}

static void report_unknown_key(Reader *reader, const Section *section, const WattleIniLine *line)
{
        const char *words[MAX(G_N_ELEMENTS(mesh_keys), G_N_ELEMENTS(device_keys))];
        const char *why = why_refused(line->key);

        for (guint i = 0; i < G_N_ELEMENTS(sections) && !why; i++)
                if (&sections[i] != section && find_key(&sections[i], line->key)) {
                        wattle_report_error(reader->report, line->place, "%s= belongs in [%s%s]",
                                            line->key, sections[i].name, i == 0 ? "" : " NAME");
                        return;
                }
        if (why) {
                wattle_report_error(reader->report, line->place, "%s: %s", line->key, why);
                return;
        }
        for (guint i = 0; i < section->n_keys; i++)
                words[i] = section->keys[i].name;
        wattle_value_report_unknown_key(reader->report, line->place, line->key, words,
                                        section->n_keys);
}

static void report_value(Reader *reader, const WattleIniLine *line, WattlePlace place,
                         const GError *error)
{
        wattle_report_error(reader->report, place, "%s: %s", line->key, error->message);
}

static void read_scalar(Reader *reader, const Key *key, guint32 *given_line, gpointer base,
                        const WattleIniLine *line)
{
        g_autoptr(GError) error = NULL;

        if (*given_line > reader->section_line) {
                wattle_report_error(reader->report, line->place, "%s= was given already in line %u",
                                    key->name, *given_line);
                return;
        }
        *given_line = line->place.line;
        if (key->parse(line->value, line->value_place, reader->profile->arena,
                       (char *)base + key->offset, &error))
                return;
        reader->failed_scalar = TRUE;
        if (wattle_ini_has_comment(line->value))
                wattle_report_error(reader->report, line->value_place,
                                    "%s: a comment goes on a line of its own", key->name);
        else
                report_value(reader, line, line->value_place, error);
}

static void read_list(Reader *reader, const Key *key, const WattleIniLine *line)
{
        Found *found = &reader->found[key->list];
        gsize size = list_limits[key->list].element_size;
        WattlePlace place;
        char *word, *rest = NULL;

        while ((word = wattle_ini_next_word(line, &rest, &place))) {
                gpointer element = found->elements + found->n * size;
                g_autoptr(GError) error = NULL;

                if (word[0] == '#' || word[0] == ';') {
                        wattle_report_error(reader->report, place,
                                            "%s: a comment goes on a line of its own", key->name);
                        break;
                }
                if (!key->parse(word, place, reader->profile->arena, element, &error)) {
                        report_value(reader, line, place, error);
                        reader->failed[key->list] = TRUE;
                } else if (found->n == list_limits[key->list].max) {
                        wattle_report_error(reader->report, place, "%s: more than %u %s", key->name,
                                            list_limits[key->list].max,
                                            _(list_limits[key->list].what));
                        break;
                } else {
                        found->n++;
                }
        }
}

static gpointer take_list(Reader *reader, List list, guint16 *ret_n)
{
        Found *found = &reader->found[list];
        gsize size = found->n * list_limits[list].element_size;

        *ret_n = (guint16)found->n;
        found->n = 0;
        return wattle_arena_copy(reader->profile->arena, found->elements, size);
}

static const WattleNameServers *take_name_servers(Reader *reader)
{
        WattleNameServers *dns;

        if (reader->found[NAME_SERVERS].n == 0)
                return NULL;
        dns = wattle_arena_alloc(reader->profile->arena, sizeof *dns);
        dns->servers = take_list(reader, NAME_SERVERS, &dns->n);
        return dns;
}

static WattleSite *last_site(Reader *reader)
{
        return &reader->profile->sites[reader->profile->n_sites - 1];
}

static WattleDevice *last_device(Reader *reader)
{
        return &reader->profile->devices[reader->profile->n_devices - 1];
}

static void end_site(Reader *reader, const WattleSite *site)
{
        if (site->address_place.line == 0 && !reader->failed_scalar)
                wattle_report_error(reader->report,
                                    wattle_profile_place(reader->profile, site->place),
                                    "site %s has no PublicAddress=, as in "
                                    "PublicAddress=198.51.100.7",
                                    site->name);
}

/* The lists of the section that ends go to the value, and what it must have is looked for. */
static void end_section(Reader *reader, const Section *section)
{
        if (section == MESH) {
                reader->profile->subnets = take_list(reader, SUBNETS, &reader->profile->n_subnets);
                reader->profile->signing_keys =
                        take_list(reader, SIGNING_KEYS, &reader->profile->n_signing_keys);
                if (reader->profile->n_subnets == 0 && !reader->failed[SUBNETS])
                        wattle_report_error(
                                reader->report,
                                wattle_profile_place(reader->profile, reader->profile->place),
                                "[Mesh] has no Subnet=, as in Subnet=10.42.0.0/16");
                /* Half of the subnets would make the check call good addresses wrong. */
                if (reader->failed[SUBNETS])
                        reader->profile->n_subnets = 0;
        } else if (section == SITE) {
                end_site(reader, last_site(reader));
        } else if (section == DEVICE) {
                WattleDevice *device = last_device(reader);

                device->addresses = take_list(reader, ADDRESSES, &device->n_addresses);
                device->aliases = take_list(reader, ALIASES, &device->n_aliases);
                device->candidates = take_list(reader, CANDIDATES, &device->n_candidates);
                device->routes = take_list(reader, ROUTES, &device->n_routes);
                device->dns = take_name_servers(reader);
                if (device->key_place.line == 0)
                        wattle_report_error(
                                reader->report,
                                wattle_profile_place(reader->profile, device->place),
                                "device %s has no PublicKey=: 'wattle genkey' makes a key, "
                                "'wattle pubkey' shows its public half",
                                device->name);
                if (device->n_addresses == 0 && !reader->failed[ADDRESSES])
                        wattle_report_error(reader->report,
                                            wattle_profile_place(reader->profile, device->place),
                                            "device %s has no Address=", device->name);
        }
        memset(reader->failed, 0, sizeof reader->failed);
        reader->failed_scalar = FALSE;
}

static gboolean begin_mesh(Reader *reader, const WattleIniLine *line)
{
        if (line->name) {
                wattle_report_error(reader->report, line->value_place,
                                    "[Mesh] has no name here: write Name=%s below it", line->name);
                return FALSE;
        }
        if (reader->profile->place.line > 0) {
                wattle_report_error(reader->report, line->place,
                                    "[Mesh] was begun already in line %u",
                                    reader->profile->place.line);
                return FALSE;
        }
        reader->profile->place = spot_of(line->place);
        return TRUE;
}

static const WattleSite *find_site(const WattleProfile *profile, const char *name)
{
        for (guint i = 0; i < profile->n_sites; i++)
                if (strcmp(profile->sites[i].name, name) == 0)
                        return &profile->sites[i];
        return NULL;
}

static gboolean begin_site(Reader *reader, const WattleIniLine *line)
{
        WattleProfile *profile = reader->profile;
        g_autoptr(GError) error = NULL;
        const WattleSite *first;

        if (!line->name) {
                wattle_report_error(reader->report, line->place,
                                    "a site needs a name: [Site home]");
                return FALSE;
        }
        if (!wattle_label_check(line->name, &error)) {
                wattle_report_error(reader->report, line->value_place, "Site: %s", error->message);
                return FALSE;
        }
        first = find_site(profile, line->name);
        if (first) {
                wattle_report_error(reader->report, line->place,
                                    "[Site %s] was begun already in line %u", line->name,
                                    first->place.line);
                return FALSE;
        }
        if (profile->n_sites == WATTLE_PROFILE_MAX_SITES) {
                wattle_report_error(reader->report, line->place, "more than %d sites",
                                    WATTLE_PROFILE_MAX_SITES);
                return FALSE;
        }
        profile->sites[profile->n_sites++] =
                (WattleSite){ .name = wattle_arena_strdup(profile->arena, line->name),
                              .place = spot_of(line->place) };
        return TRUE;
}

static gboolean begin_device(Reader *reader, const WattleIniLine *line)
{
        g_autoptr(GError) error = NULL;
        static const WattleDevice defaults = { .managed = TRUE };
        WattleDevice *device;

        if (!line->name) {
                wattle_report_error(reader->report, line->place,
                                    "a device needs a name: [Device laptop]");
                return FALSE;
        }
        if (!wattle_label_check(line->name, &error) || !check_not_localhost(line->name, &error)) {
                wattle_report_error(reader->report, line->value_place, "Device: %s",
                                    error->message);
                return FALSE;
        }
        if (reader->profile->n_devices == WATTLE_PROFILE_MAX_DEVICES) {
                wattle_report_error(reader->report, line->place, "more than %d devices",
                                    WATTLE_PROFILE_MAX_DEVICES);
                return FALSE;
        }
        device = &reader->profile->devices[reader->profile->n_devices++];
        *device = defaults;
        device->name = wattle_arena_strdup(reader->profile->arena, line->name);
        device->place = spot_of(line->place);
        return TRUE;
}

/* The section that begins, or NULL if it is none: its keys are then passed over. */
static const Section *begin_section(Reader *reader, const WattleIniLine *line)
{
        const Section *section = find_section(line->section);

        if (!section) {
                wattle_report_error(reader->report, line->place,
                                    "unknown section [%s]: a profile has [Mesh], [Site NAME] and "
                                    "[Device NAME]",
                                    line->section);
                return NULL;
        }
        if (section == MESH)
                return begin_mesh(reader, line) ? section : NULL;
        if (section == SITE)
                return begin_site(reader, line) ? section : NULL;
        return begin_device(reader, line) ? section : NULL;
}

static gpointer value_of(Reader *reader, const Section *section)
{
        if (section == MESH)
                return reader->profile;
        return section == SITE ? (gpointer)last_site(reader) : last_device(reader);
}

static void read_key(Reader *reader, const Section *section, const WattleIniLine *line)
{
        const Key *key = find_key(section, line->key);
        gpointer base = value_of(reader, section);

        if (!key)
                report_unknown_key(reader, section, line);
        else if (!*line->value)
                wattle_report_error(reader->report, line->value_place,
                                    "%s= is empty: give a value or remove the line", key->name);
        else if (key->list != NO_LIST)
                read_list(reader, key, line);
        else
                read_scalar(reader, key, &reader->given_line[key - section->keys], base, line);
}

static void read_lines(Reader *reader, WattleIni *ini)
{
        const Section *section = NULL;
        WattleIniLine line;

        while (wattle_ini_next(ini, &line)) {
                if (line.kind == WATTLE_INI_SECTION) {
                        end_section(reader, section);
                        reader->section_line = line.place.line;
                        section = begin_section(reader, &line);
                } else if (line.kind == WATTLE_INI_KEY && !line.section) {
                        wattle_report_error(reader->report, line.place,
                                            "%s= stands before any section: begin with [Mesh]",
                                            line.key);
                } else if (line.kind == WATTLE_INI_KEY && section) {
                        read_key(reader, section, &line);
                }
        }
        end_section(reader, section);
}

/* The address of a site to one endpoint at it; FALSE if there is none to take, which is said. */
static gboolean take_site(Reader *reader, WattleCandidate *candidate)
{
        const WattleProfile *profile = reader->profile;
        const WattleSite *site = find_site(profile, candidate->site);

        if (!site) {
                wattle_report_error(reader->report, wattle_profile_place(profile, candidate->place),
                                    "PublicEndpoint: no site %s: write [Site %s] with "
                                    "PublicAddress= below it",
                                    candidate->site, candidate->site);
                return FALSE;
        }
        if (site->address_place.line == 0)
                return FALSE;
        candidate->endpoint.name = site->address.name;
        candidate->endpoint.at.addr = site->address.at.addr;
        return TRUE;
}

/* A site may stand behind those that are at it. */
static void take_sites(Reader *reader)
{
        for (guint i = 0; i < reader->profile->n_devices; i++) {
                WattleDevice *device = &reader->profile->devices[i];
                guint16 n = 0;

                for (guint j = 0; j < device->n_candidates; j++)
                        if (!device->candidates[j].site ||
                            take_site(reader, &device->candidates[j]))
                                device->candidates[n++] = device->candidates[j];
                device->n_candidates = n;
        }
}

/* Without Name= the mesh is called as its file. */
static void name_after_file(Reader *reader, const char *file)
{
        g_autofree char *name = file ? wattle_mesh_name_of_path(file) : g_strdup("");
        g_autoptr(GError) error = NULL;

        if (wattle_identifier_check(name, WATTLE_MESH_NAME_MAX, &error))
                reader->profile->name = wattle_arena_strdup(reader->profile->arena, name);
        else
                wattle_report_error(
                        reader->report, (WattlePlace){ reader->profile->file, 0, 0 },
                        "the mesh takes its name from the file, and %s: rename the file, or "
                        "write Name= below [Mesh]",
                        error->message);
}

WattleProfile *wattle_profile_read(GBytes *bytes, const char *file, WattleReport *report)
{
        g_auto(WattleIni) ini = { 0 };
        WattleProfile *profile = g_new0(WattleProfile, 1);
        Reader reader = { .report = report, .profile = profile };
        guint n_errors = report->n_errors;

        profile->arena = wattle_arena_new();
        profile->file = wattle_arena_strdup(profile->arena, file);
        for (List list = SUBNETS; list < N_LISTS; list++)
                reader.found[list].elements =
                        g_malloc_n(list_limits[list].max + 1, list_limits[list].element_size);
        wattle_ini_init_take(&ini, bytes, profile->file, report);
        profile->devices =
                wattle_arena_alloc(profile->arena, MIN(ini.n_brackets, WATTLE_PROFILE_MAX_DEVICES) *
                                                           sizeof *profile->devices);
        profile->sites =
                wattle_arena_alloc(profile->arena, MIN(ini.n_brackets, WATTLE_PROFILE_MAX_SITES) *
                                                           sizeof *profile->sites);
        read_lines(&reader, &ini);
        take_sites(&reader);
        if (profile->place.line == 0 && report->n_errors == n_errors)
                wattle_report_error(
                        report, (WattlePlace){ profile->file, 1, 1 },
                        "no [Mesh] section: 'wattle init' makes a profile to begin with");
        if (!profile->name && profile->place.line > 0)
                name_after_file(&reader, file);
        for (List list = SUBNETS; list < N_LISTS; list++)
                g_free(reader.found[list].elements);
        return profile;
}
