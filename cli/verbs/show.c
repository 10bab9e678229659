/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/print.h"
#include "cli/show/graph.h"
#include "cli/show/json.h"
#include "cli/signing.h"
#include "common/language.h"
#include "common/sys/host.h"

/* Of the longest name of a fact, and two blanks; in the reader's language. */
static glong fact_width(void)
{
        static const char *const names[] = { N_("mesh"),    N_("signed by"),  N_("enabled"),
                                             N_("device"),  N_("addresses"),  N_("interface"),
                                             N_("owner"),   N_("public key"), N_("private key"),
                                             N_("routing"), N_("routes"),     N_("exit node") };
        glong width = 0;

        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
                width = MAX(width, g_utf8_strlen(_(names[i]), -1));
        return width + 2;
}

static void print_fact(const char *name, const char *value)
{
        glong width = g_utf8_strlen(name, -1);
        g_autofree char *padded =
                g_strdup_printf("%s%*s", name, (int)MAX(fact_width() - width, 1), "");

        if (!*value)
                return;
        wattle_print_styled(stdout, WATTLE_STYLE_DIM, padded);
        wattle_print(stdout, "%s\n", value);
}

/* Adds a word to a list in one text. */
static void append(GString *text, const char *separator, const char *format, ...)
        G_GNUC_PRINTF(3, 4);

static void append(GString *text, const char *separator, const char *format, ...)
{
        va_list args;

        if (text->len > 0)
                g_string_append(text, separator);
        va_start(args, format);
        g_string_append_vprintf(text, format, args);
        va_end(args);
}

static void append_prefixes(GString *text, const char *separator, const WattlePrefix *prefixes,
                            guint n)
{
        for (guint i = 0; i < n; i++) {
                char word[WATTLE_PREFIX_TEXT_MAX];

                wattle_prefix_format(&prefixes[i], word);
                append(text, separator, "%s", word);
        }
}

static void print_prefixes(const char *name, const WattlePrefix *prefixes, guint n)
{
        g_autoptr(GString) text = g_string_new(NULL);

        append_prefixes(text, ", ", prefixes, n);
        print_fact(name, text->str);
}

static void print_mesh(const WattleView *view, const WattleProfile *profile)
{
        g_autoptr(GString) text = g_string_new(view->mesh);

        if (profile->has_serial)
                append(text, ", ", _("serial %ju"), profile->serial);
        append(text, ", ", P_("%u device", "%u devices", profile->n_devices), profile->n_devices);
        print_fact(_("mesh"), text->str);
}

static void print_signer(const WattleMesh *mesh)
{
        g_autofree char *who = mesh->is_signed ? wattle_signing_describe(&mesh->signer) : NULL;

        if (who)
                print_fact(_("signed by"), who);
}

static void print_device(const WattleView *view)
{
        g_autoptr(GString) text = g_string_new(view->self.name);

        g_string_append_printf(text, ".%s", view->domain);
        for (guint i = 0; i < view->self.n_aliases; i++)
                append(text, ", ", "%s.%s", view->self.aliases[i].value, view->domain);
        print_fact(_("device"), text->str);
}

static void print_interface(const WattleView *view)
{
        g_autoptr(GString) text = g_string_new(view->interface);

        append(text, ", ", _("port %u"), view->listen_port);
        if (view->mtu.given)
                append(text, ", ", "MTU %u", view->mtu.value);
        if (view->firewall_mark.given)
                append(text, ", ", _("mark 0x%x"), view->firewall_mark.value);
        print_fact(_("interface"), text->str);
}

static void print_owner(const WattleView *view)
{
        static const char *const starts[] = {
                [WATTLE_ACTIVATION_MANUAL] = N_("started by hand"),
                [WATTLE_ACTIVATION_UP] = N_("started at boot"),
                [WATTLE_ACTIVATION_ALWAYS_UP] = N_("always up"),
        };
        g_autoptr(GString) text = g_string_new(NULL);

        if (!view->self.managed) {
                print_fact(_("owner"), _("none: runs no wattle, 'wattle export' makes its file"));
                return;
        }
        append(text, "", "%s", wattle_owner_name(view->owner));
        if (view->connection == WATTLE_CONNECTION_VPN)
                append(text, ", ", _("as a VPN, started by hand"));
        else
                append(text, ", ", "%s", _(starts[view->activation]));
        if (view->trust)
                append(text, ", ", _("in zone %s"), view->trust);
        print_fact(_("owner"), text->str);
}

static void print_keys(const WattleView *view)
{
        char key[WATTLE_KEY_TEXT_MAX];

        wattle_key_format(&view->public_key, key);
        print_fact(_("public key"), key);
        if (view->self.managed)
                print_fact(_("private key"), view->private_key_file
                                                     ? view->private_key_file
                                                     : _("a credential of systemd's"));
}

static void print_routing(const WattleView *view)
{
        g_autoptr(GString) text = g_string_new(NULL);

        if (view->routing_server)
                append(text, ", ", _("forwards for others"));
        if (view->routing_via)
                append(text, ", ", _("passes on for others' Via=, and sees it in plaintext"));
        if (view->masquerade)
                append(text, ", ", _("masquerades as an exit node"));
        if (view->routing_client)
                append(text, ", ", _("uses routes of others"));
        print_fact(_("routing"), text->len > 0 ? text->str : _("none"));
        print_prefixes(_("routes"), view->routes, view->n_routes);
        print_fact(_("exit node"), view->exit_node ? view->exit_node : _("none"));
}

static char *device_addresses(const WattleViewDevice *device)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < device->n_addresses; i++) {
                char word[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&device->addresses[i].value, word);
                append(text, "\n", "%s", word);
        }
        return g_string_free(text, FALSE);
}

/* The one that files name comes first. */
static char *peer_endpoints(const WattlePeer *peer)
{
        GString *text = g_string_new(NULL);
        char word[WATTLE_ENDPOINT_TEXT_MAX];

        if (peer->endpoint) {
                wattle_socket_addr_format(peer->endpoint, word);
                g_string_append(text, word);
        }
        for (guint i = 0; i < peer->n_candidates; i++) {
                const WattleCandidate *candidate = &peer->candidates[i];

                if (&candidate->endpoint.at == peer->endpoint)
                        continue;
                wattle_endpoint_format(&candidate->endpoint, word);
                append(text, "\n", "%s%s", word,
                       candidate->kind == WATTLE_CANDIDATE_PRIVATE ? " (LAN)" : "");
        }
        return g_string_free(text, FALSE);
}

static gboolean is_allowed(const WattlePeer *peer, const WattlePrefix *prefix)
{
        for (guint i = 0; i < peer->n_allowed_ips; i++)
                if (wattle_prefix_compare(&peer->allowed_ips[i], prefix) == 0)
                        return TRUE;
        return FALSE;
}

/* How many addresses of other devices are the last that go to this peer. */
static guint count_behind(const WattleView *view, const WattlePeer *peer)
{
        guint n = 0;

        for (guint i = 0; i < view->n_indirects; i++)
                if (strcmp(view->indirects[i].via, peer->device.name) == 0)
                        n += view->indirects[i].device.n_addresses;
        return n;
}

/* What goes to this peer beside devices' addresses, and what it offers in vain. */
static char *peer_routes(const WattleView *view, const WattlePeer *peer, const WattleDevice *device)
{
        GString *text = g_string_new(NULL);
        guint n = peer->n_allowed_ips - peer->device.n_addresses - count_behind(view, peer);

        append_prefixes(text, "\n", peer->allowed_ips + peer->device.n_addresses, n);
        for (guint i = 0; i < device->n_routes; i++) {
                char word[WATTLE_PREFIX_TEXT_MAX];

                if (is_allowed(peer, &device->routes[i].value))
                        continue;
                wattle_prefix_format(&device->routes[i].value, word);
                append(text, "\n", _("%s unused"), word);
        }
        return g_string_free(text, FALSE);
}

static char *peer_notes(const WattleView *view, const WattlePeer *peer, const WattleDevice *device)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < peer->device.n_aliases; i++)
                append(text, ", ", _("alias %s"), peer->device.aliases[i].value);
        if (device->exit_node)
                append(text, ", ", "%s",
                       g_strcmp0(view->exit_node, peer->device.name) == 0 ? _("our exit node")
                                                                          : _("exit node"));
        if (device->relay)
                append(text, ", ", "%s", _("relay"));
        if (!peer->device.managed)
                append(text, ", ", _("runs no wattle"));
        return g_string_free(text, FALSE);
}

static GHashTable *devices_by_name(const WattleProfile *profile)
{
        GHashTable *devices = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < profile->n_devices; i++)
                g_hash_table_insert(devices, (gpointer)profile->devices[i].name,
                                    &profile->devices[i]);
        return devices;
}

/* Behind the peers, for they are none. */
static void add_indirect(WattleTable *table, const WattleIndirect *indirect)
{
        wattle_table_add(table, g_strdup(indirect->device.name));
        wattle_table_add(table, device_addresses(&indirect->device));
        wattle_table_add(table, g_strdup_printf(_("via %s"), indirect->via));
        wattle_table_add(table, g_strdup(""));
        wattle_table_add(table, g_strdup(""));
        wattle_table_add(table,
                         g_strdup_printf(_("%s%s sees what is said"),
                                         indirect->device.managed ? "" : _("runs no wattle, "),
                                         indirect->via));
}

static void print_peers(const WattleView *view, const WattleProfile *profile)
{
        static const char *const headings[] = { N_("PEER"),   N_("ADDRESS"),   N_("ENDPOINT"),
                                                N_("ROUTES"), N_("KEEPALIVE"), N_("NOTES"),
                                                NULL };
        g_autoptr(WattleTable) table = wattle_table_new(headings);
        g_autoptr(GHashTable) devices = devices_by_name(profile);

        for (guint i = 0; i < view->n_peers; i++) {
                const WattlePeer *peer = &view->peers[i];
                const WattleDevice *device = g_hash_table_lookup(devices, peer->device.name);

                wattle_table_add(table, g_strdup(peer->device.name));
                wattle_table_add(table, device_addresses(&peer->device));
                wattle_table_add(table, peer_endpoints(peer));
                wattle_table_add(table, peer_routes(view, peer, device));
                wattle_table_add(table, peer->keepalive_s > 0
                                                ? g_strdup_printf("%u s", peer->keepalive_s)
                                                : g_strdup(""));
                wattle_table_add(table, peer_notes(view, peer, device));
        }
        for (guint i = 0; i < view->n_indirects; i++)
                add_indirect(table, &view->indirects[i]);
        wattle_table_print(table, stdout);
}

static void print_revoked(const WattleProfile *profile)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < profile->n_devices; i++)
                if (profile->devices[i].state == WATTLE_DEVICE_REVOKED)
                        append(text, ", ", "%s", profile->devices[i].name);
        if (text->len > 0)
                wattle_print(stdout, "\nrevoked: %s\n", text->str);
}

static void print_view(const WattleView *view, const WattleMesh *mesh)
{
        const WattleProfile *profile = mesh->profile;

        print_mesh(view, profile);
        print_signer(mesh);
        if (!mesh->local.enable)
                print_fact(_("enabled"), _("no: this host's settings have Enable=no"));
        print_device(view);
        print_prefixes(_("addresses"), view->addresses, view->n_addresses);
        print_interface(view);
        print_owner(view);
        print_keys(view);
        print_routing(view);
        wattle_print(stdout, "\n");
        if (view->n_peers > 0)
                print_peers(view, profile);
        else
                wattle_print(stdout, "no peers\n");
        print_revoked(profile);
}

static gboolean show(const WattleCli *cli, const char *operand, const char *as, gboolean json,
                     WattleReport *report)
{
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        if (!wattle_cli_load_as(cli, operand, as, &mesh, report))
                return FALSE;
        view = wattle_cli_view(cli, operand, &mesh, as, WATTLE_OWNER_AUTO, report);
        if (!view)
                return FALSE;
        if (json)
                wattle_show_json(view, mesh.profile, stdout);
        else
                print_view(view, &mesh);
        return TRUE;
}

/* Of the whole mesh: who shows it does not matter. */
static gboolean show_graph(const WattleCli *cli, const char *operand, WattleReport *report)
{
        g_auto(WattleMesh) mesh = { 0 };

        if (!wattle_cli_load(cli, operand, &mesh, report))
                return FALSE;
        wattle_show_graph(mesh.profile, stdout);
        return TRUE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_auto(WattleReport) report = { 0 };
        g_autofree char *as = NULL;
        gboolean json = FALSE, graph = FALSE, ok;
        const GOptionEntry options[] = {
                { "as", 0, 0, G_OPTION_ARG_FILENAME, &as,
                  N_("as this device would have it, with all settings at their defaults"),
                  "DEVICE" },
                { "graph", 0, 0, G_OPTION_ARG_NONE, &graph,
                  N_("who can reach whom and how, as a graph for dot(1)"), NULL },
                { "json", 0, 0, G_OPTION_ARG_NONE, &json,
                  N_("for programs; wattle(1) has the schema"), NULL },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_show, options, argv, &operands))
                return cli->status;
        if (graph && (as || json))
                return wattle_cli_usage(&wattle_verb_show,
                                        "--graph is of the whole mesh, and has no other form");
        wattle_report_init(&report);
        ok = graph ? show_graph(cli, operands[0], &report)
                   : show(cli, operands[0], as, json, &report);
        wattle_print_report(&report);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_show = {
        .name = "show",
        .operands = "FILE|MESH",
        .n_min = 1,
        .n_max = 1,
        .summary = N_("show what a mesh comes to on this host, or on any of its devices"),
        .description = N_(
                "Shows what this host configures, resolved from the mesh, the host's settings and its\n"
                "identity. Files get the first endpoint of a peer, unless that is a DNS name or marked\n"
                "(LAN), which is for the same network only."),
        .example = "wattle show --as laptop home.mesh",
        .run = run,
};
