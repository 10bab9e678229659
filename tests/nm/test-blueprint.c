/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/blueprint.h"

#include <sodium.h>
#include <string.h>

#include "common/sys/load.h"
#include "tests/unit/fixture.h"
#include "tests/unit/signed.h"

/* A key pair of nobody's. */
#define PRIVATE  "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="
#define PUBLIC   "sNCPNbRoM4FImvsygl5ZFS1H0ZvJ4FDW1alUmEydHiw="
#define VPN_UUID "c0ffee00-0000-4000-8000-000000000001"

#define MESH                                                                                       \
        "[Mesh]\nSubnet=10.7.0.0/16\n[Device nas]\nPublicKey=" PUBLIC "\nAddress=10.7.0.1\n"       \
        "[Device vps]\nPublicKey=" KEY_B "\nAddress=10.7.0.2\nPublicEndpoint=198.51.100.7:4\n"     \
        "[Device gw]\nPublicKey=" KEY_C "\nAddress=10.7.0.3\nRoutes=192.0.2.0/24\n"

/* A VPN connection of user anna's, with vpn.data from "key=value" lines. */
static NMConnection *make_vpn(const char *const *items, const char *key)
{
        NMConnection *vpn = nm_simple_connection_new();
        NMSetting *connection = nm_setting_connection_new(), *setting = nm_setting_vpn_new();

        g_object_set(connection, NM_SETTING_CONNECTION_ID, "Home", NM_SETTING_CONNECTION_UUID,
                     VPN_UUID, NM_SETTING_CONNECTION_TYPE, "vpn", NM_SETTING_CONNECTION_ZONE,
                     "trusted", NM_SETTING_CONNECTION_METERED, NM_METERED_YES, NULL);
        nm_setting_connection_add_permission(NM_SETTING_CONNECTION(connection), "user", "anna",
                                             NULL);
        for (guint i = 0; items && items[i]; i += 2)
                nm_setting_vpn_add_data_item(NM_SETTING_VPN(setting), items[i], items[i + 1]);
        if (key)
                nm_setting_vpn_add_secret(NM_SETTING_VPN(setting), "private-key", key);
        nm_connection_add_setting(vpn, connection);
        nm_connection_add_setting(vpn, setting);
        return vpn;
}

/* What it is on a host whose files are in root; faults as said. */
static gboolean make_all(const Root *root, NMConnection *vpn, const char *faults,
                         WattleBlueprint *ret, gboolean *ret_lacks_key)
{
        g_auto(WattleReport) report = { 0 };
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_blueprint_make(vpn, root->fd, &report, ret, ret_lacks_key);
        check_faults(&report, faults);
        return ok;
}

/* Its link alone, or NULL. */
static NMConnection *plan(const Root *root, NMConnection *vpn, const char *faults,
                          gboolean *ret_lacks_key)
{
        WattleBlueprint blueprint = { 0 };
        gboolean ok = make_all(root, vpn, faults, &blueprint, ret_lacks_key);

        g_assert_cmpint(ok, ==, blueprint.link != NULL);
        wattle_fileset_clear(&blueprint.files);
        wattle_fileset_clear(&blueprint.names);
        wattle_fileset_clear(&blueprint.mesh);
        return blueprint.link;
}

static void carried(void)
{
        const char *const items[] = { "mesh", "home", "profile", MESH, NULL };
        g_autoptr(NMConnection) vpn = make_vpn(items, PRIVATE);
        g_auto(Root) root = { 0 };
        gboolean lacks_key;
        g_autoptr(NMConnection) link = NULL;
        NMSettingConnection *setting;
        NMSettingWireGuard *wireguard;
        const char *type, *user;

        root_init(&root);
        link = plan(&root, vpn, "", &lacks_key);
        g_assert_nonnull(link);
        setting = nm_connection_get_setting_connection(link);
        g_assert_cmpstr(nm_connection_get_id(link), ==, "Home (link)");
        /* The same for ever: by it a link is found again. */
        g_assert_cmpstr(nm_connection_get_uuid(link), ==, "4ba9c640-25bd-5149-b72c-badfa45970a7");
        g_assert_cmpstr(nm_connection_get_interface_name(link), ==, "home");
        g_assert_false(nm_setting_connection_get_autoconnect(setting));
        g_assert_cmpstr(nm_setting_connection_get_zone(setting), ==, "trusted");
        g_assert_cmpint(nm_setting_connection_get_metered(setting), ==, NM_METERED_YES);
        g_assert_cmpuint(nm_setting_connection_get_num_permissions(setting), ==, 1);
        g_assert_true(nm_setting_connection_get_permission(setting, 0, &type, &user, NULL));
        g_assert_cmpstr(user, ==, "anna");
        wireguard =
                NM_SETTING_WIREGUARD(nm_connection_get_setting(link, NM_TYPE_SETTING_WIREGUARD));
        g_assert_cmpstr(nm_setting_wireguard_get_private_key(wireguard), ==, PRIVATE);
        g_assert_cmpuint(nm_setting_wireguard_get_peers_len(wireguard), ==, 2);
}

static void not_a_vpn(void)
{
        g_autoptr(NMConnection) vpn = nm_simple_connection_new();
        g_auto(Root) root = { 0 };
        gboolean lacks_key;

        root_init(&root);
        g_assert_null(plan(&root, vpn, "this is no VPN connection", &lacks_key));
        g_assert_false(lacks_key);
}

static void no_key(void)
{
        const char *const items[] = { "mesh", "home", "profile", MESH, "device", "nas", NULL };
        g_autoptr(NMConnection) vpn = make_vpn(items, NULL);
        g_auto(Root) root = { 0 };
        gboolean lacks_key;

        root_init(&root);
        /* A carried mesh does not use it. */
        root_put(&root, "etc/wattle/home.key", PRIVATE "\n", 0600);
        g_assert_null(plan(&root, vpn,
                           "the connection has no private key: 'wg genkey' makes one, it is "
                           "vpn.secrets private-key, and the admin gets its public half",
                           &lacks_key));
        g_assert_true(lacks_key);
}

/* Forwarding for others takes more of a host than a connection sets up. */
static void carried_router(void)
{
        const char *const items[] = { "mesh", "home", "profile",
                                      "[Mesh]\nSubnet=10.7.0.0/16\n[Device nas]\nPublicKey=" PUBLIC
                                      "\nAddress=10.7.0.1\nRoutes=192.0.2.0/24\n",
                                      NULL };
        g_autoptr(NMConnection) vpn = make_vpn(items, PRIVATE);
        g_auto(Root) root = { 0 };
        g_autoptr(NMConnection) link = NULL;
        gboolean lacks_key;

        root_init(&root);
        link = plan(&root, vpn,
                    "warning: device nas is to forward for others, which a mesh inside a "
                    "connection does not set up: install the mesh for that",
                    &lacks_key);
        g_assert_nonnull(link);
}

#define UUID     "4ba9c640-25bd-5149-b72c-badfa45970a7"
#define EXIT     MESH "[Device exit]\nPublicKey=" KEY_D "\nAddress=10.7.0.4\nExitNode=yes\n"
#define ORIGIN   "# Made by wattle from home.mesh for device nas. Change the mesh, not this file.\n"
#define FIREWALL ORIGIN "\n[Firewall]\nInterface=home\n"
#define SOURCES  "Source=10.7.0.0/16\n"
#define MARKED   "net.ipv4.conf.home.rp_filter=2 net.ipv4.conf.all.src_valid_mark=1"

typedef struct {
        const char *name;
        const char *items[5]; /* of vpn.data, behind the mesh */
        const char *faults;
        gboolean lacks_filter;
        const char *table;    /* a line of it; NULL: there is none */
        const char *firewall; /* the file; NULL: there is none */
        const char *sysctls;
} FilterRow;

static const FilterRow filter_rows[] = {
        { "nothing", { NULL }, "", FALSE, NULL, NULL, "" },
        { "ports",
          { "firewall", "auto" },
          "",
          FALSE,
          NULL,
          FIREWALL "Zones=auto\nPort=51820/udp\nMeshPort=21822/udp\n" SOURCES,
          "" },
        { "zones",
          { "firewall", "public work" },
          "",
          FALSE,
          NULL,
          FIREWALL "Zones=public work\nPort=51820/udp\nMeshPort=21822/udp\n" SOURCES,
          "" },
        { "an exit node",
          { "exit-node", "exit" },
          "",
          FALSE,
          "ct mark 51820 meta mark set 51820",
          FIREWALL,
          MARKED },
        { "an exit node, and ports",
          { "exit-node", "exit", "firewall", "auto" },
          "",
          FALSE,
          "oifname \"home\" meta nfproto ipv6 reject",
          FIREWALL "Zones=auto\nPort=51820/udp\nMeshPort=21822/udp\n" SOURCES,
          MARKED },
        { "beside Mullvad",
          { "coexist", "mullvad" },
          "",
          FALSE,
          "ct mark set 0xf41",
          FIREWALL,
          "net.ipv4.conf.all.src_valid_mark=1" },
        { "no wattle-filter",
          { "exit-node", "exit", "firewall", "auto" },
          "vpn.data: warning: Firewall: of no effect without wattle-filter: install it",
          TRUE,
          NULL,
          NULL,
          MARKED },
};

static const char *content(const WattleBlueprint *blueprint, WattleFileKind kind, const char *path)
{
        const WattleFile *file = wattle_fileset_find(&blueprint->files, kind);

        if (file)
                g_assert_cmpstr(file->path, ==, path);
        return file ? file->content->str : NULL;
}

/* By the name of the link, which is no mesh's. */
static void check_filter(const WattleBlueprint *blueprint, const FilterRow *row)
{
        const char *table = content(blueprint, WATTLE_FILE_FILTER, "run/wattle/" UUID ".nft");
        const char *firewall =
                content(blueprint, WATTLE_FILE_FIREWALL, "run/wattle/" UUID ".firewall");
        g_autoptr(GString) sysctls = g_string_new(NULL);

        g_assert_cmpint(table != NULL, ==, row->table != NULL);
        if (table) {
                g_assert_nonnull(strstr(table, "table inet wattle-" UUID " {\n"));
                g_assert_nonnull(strstr(table, row->table));
        }
        g_assert_cmpstr(firewall, ==, row->firewall);
        for (guint i = 0; i < blueprint->n_sysctls; i++)
                g_string_append_printf(sysctls, "%s%s=%u", i > 0 ? " " : "",
                                       blueprint->sysctls[i].name, blueprint->sysctls[i].value);
        g_assert_cmpstr(sysctls->str, ==, row->sysctls);
}

static void filtered(gconstpointer data)
{
        const FilterRow *row = data;
        const char *items[10] = { "mesh", "home", "profile", EXIT };
        g_autoptr(NMConnection) vpn = NULL;
        g_auto(WattleBlueprint) blueprint = { 0 };
        g_auto(Root) root = { 0 };
        gboolean lacks_key;

        memcpy(items + 4, row->items, sizeof row->items);
        vpn = make_vpn(items, PRIVATE);
        root_init(&root);
        if (!row->lacks_filter)
                root_put(&root, WATTLE_UNITDIR "/wattle-filter@.service" + 1, "", 0644);
        g_assert_true(make_all(&root, vpn, row->faults, &blueprint, &lacks_key));
        check_filter(&blueprint, row);
}

/* An installed mesh has files of its own; they do not know of another exit node. */
static void installed_filter(void)
{
        static const FilterRow nothing = { .sysctls = "" };
        static const FilterRow chosen = { .table = "ct mark 51820 meta mark set 51820",
                                          .firewall = FIREWALL,
                                          .sysctls = MARKED };
        const char *const as_installed[] = { "mesh", "home", NULL };
        const char *const by_choice[] = { "mesh", "home", "exit-node", "exit", NULL };
        const struct {
                const char *const *items;
                const FilterRow *row;
                const char *there;
        } cases[] = { { as_installed, &nothing, NULL },
                      { by_choice, &chosen, NULL },
                      { by_choice, &nothing, "run/wattle/home.nft" } };
        g_auto(Root) root = { 0 };

        root_init(&root);
        root_put(&root, WATTLE_UNITDIR "/wattle-filter@.service" + 1, "", 0644);
        root_put(&root, "etc/wattle/home.mesh", EXIT, 0644);
        root_put(&root, "etc/wattle/home.key", PRIVATE "\n", 0600);
        root_put(&root, "etc/wattle/home.mesh.d/local.conf",
                 "[Local]\nConnection=vpn\nOwner=NetworkManager\nFirewall=auto\n", 0644);
        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(NMConnection) vpn = make_vpn(cases[i].items, NULL);
                g_auto(WattleBlueprint) blueprint = { 0 };
                gboolean lacks_key;

                if (cases[i].there)
                        root_put(&root, cases[i].there, "", 0644);
                g_assert_true(make_all(&root, vpn, "", &blueprint, &lacks_key));
                check_filter(&blueprint, cases[i].row);
        }
}

#define MODULE WATTLE_NSS_MODULEDIR "/libnss_wattle.so.2" + 1

static const struct names_row {
        const char *name, *domain;
        gboolean is_private; /* a connection of one user's */
        gboolean lacks_module;
        gboolean has_names;
} names_rows[] = {
        { "for all users", "", FALSE, FALSE, TRUE },
        { "for one user", "", TRUE, FALSE, FALSE },
        { "without libnss_wattle", "", FALSE, TRUE, FALSE },
        { "domain below one of ones own", "Domain=mesh.example.org\n", FALSE, FALSE, TRUE },
        { "domain of others", "Domain=example.org\n", FALSE, FALSE, FALSE },
        { "domain of all", "Domain=org\n", FALSE, FALSE, FALSE },
};

/* Whoever may make a connection for all users may say whom the host asks for names. */
static void named(gconstpointer data)
{
        const struct names_row *row = data;
        g_autofree char *mesh =
                g_strconcat("[Mesh]\n", row->domain, MESH + strlen("[Mesh]\n"), NULL);
        const char *const items[] = { "mesh", "home", "profile", mesh, NULL };
        g_autoptr(NMConnection) vpn = make_vpn(items, PRIVATE);
        NMSettingConnection *setting = nm_connection_get_setting_connection(vpn);
        g_auto(WattleBlueprint) blueprint = { 0 };
        g_auto(Root) root = { 0 };
        const WattleFile *file;
        gboolean lacks_key;

        if (!row->is_private)
                nm_setting_connection_remove_permission(setting, 0);
        root_init(&root);
        if (!row->lacks_module)
                root_put(&root, MODULE, "", 0644);
        g_assert_true(make_all(&root, vpn, "", &blueprint, &lacks_key));
        file = wattle_fileset_find(&blueprint.names, WATTLE_FILE_CARRIED_NAMES);
        g_assert_true((file != NULL) == row->has_names);
        if (file)
                g_assert_cmpstr(file->path, ==, "run/wattle/~" UUID ".names");
}

/* An installed mesh has its own. */
static void installed_names(void)
{
        const char *const items[] = { "mesh", "home", NULL };
        g_autoptr(NMConnection) vpn = make_vpn(items, NULL);
        g_auto(WattleBlueprint) blueprint = { 0 };
        g_auto(Root) root = { 0 };
        gboolean lacks_key;

        nm_setting_connection_remove_permission(nm_connection_get_setting_connection(vpn), 0);
        root_init(&root);
        root_put(&root, MODULE, "", 0644);
        root_put(&root, "etc/wattle/home.mesh", MESH, 0644);
        root_put(&root, "etc/wattle/home.key", PRIVATE "\n", 0600);
        root_put(&root, "etc/wattle/home.mesh.d/local.conf",
                 "[Local]\nConnection=vpn\nOwner=NetworkManager\n", 0644);
        g_assert_true(make_all(&root, vpn, "", &blueprint, &lacks_key));
        g_assert_cmpuint(blueprint.names.files->len, ==, 0);
        g_assert_cmpuint(blueprint.mesh.files->len, ==, 0);
}

static void check_file(const WattleFileset *files, WattleFileKind kind, const char *path,
                       const char *content)
{
        const WattleFile *file = wattle_fileset_find(files, kind);

        g_assert_nonnull(file);
        g_assert_cmpstr(file->path, ==, path);
        g_assert_cmpuint(file->mode, ==, 0640);
        g_assert_cmpstr(file->content->str, ==, content);
}

/* wattled is one for all users. */
static void too_large_to_hand_on(void)
{
        g_autoptr(GString) text = g_string_new(MESH);
        const char *items[] = { "mesh", "home", "profile", NULL, NULL };
        g_autoptr(NMConnection) vpn = NULL;
        g_auto(WattleBlueprint) blueprint = { 0 };
        g_auto(Root) root = { 0 };
        gboolean lacks_key;

        for (guint i = 0; i < 998; i++) {
                WattleKey key = { { 9, (guint8)(i / 256), (guint8)i } };
                char public[WATTLE_KEY_TEXT_MAX];

                wattle_key_format(&key, public);
                g_string_append_printf(text, "[Device d%u]\nPublicKey=%s\nAddress=10.7.%u.%u\n", i,
                                       public, 1 + i / 200, 1 + i % 200);
        }
        items[3] = text->str;
        vpn = make_vpn(items, PRIVATE);
        root_init(&root);
        g_assert_true(make_all(&root, vpn,
                               "warning: the endpoints of its devices do not move, for there are "
                               "more than 1000: install the mesh for that",
                               &blueprint, &lacks_key));
        g_assert_cmpuint(blueprint.mesh.files->len, ==, 0);
}

/* What wattled is handed, and reads. */
static void handed_on(void)
{
        static const char local_text[] = "[Local]\nInterface=home\nOwner=NetworkManager\n"
                                         "ExitNode=exit\nAcceptRoutes=no\nDiscovery=no\n"
                                         "PortMapping=no\n";
        const char *const items[] = { "mesh", "home",          "profile", EXIT, "exit-node",
                                      "exit", "accept-routes", "no",      NULL };
        g_autoptr(NMConnection) vpn = make_vpn(items, PRIVATE);
        g_auto(WattleBlueprint) blueprint = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(Root) root = { 0 };
        g_auto(GStrv) uuids = NULL;
        gboolean lacks_key, is_read;

        root_init(&root);
        g_assert_true(make_all(&root, vpn, "", &blueprint, &lacks_key));
        check_file(&blueprint.mesh, WATTLE_FILE_CARRIED_MESH, "run/wattle/~" UUID ".carried", EXIT);
        check_file(&blueprint.mesh, WATTLE_FILE_CARRIED_LOCAL, "run/wattle/~" UUID ".local",
                   local_text);

        root_put(&root, "run/wattle/~" UUID ".carried", EXIT, 0640);
        root_put(&root, "run/wattle/~" UUID ".local", local_text, 0640);
        uuids = wattle_carried_list(root.fd);
        g_assert_cmpuint(g_strv_length(uuids), ==, 1);
        g_assert_cmpstr(uuids[0], ==, UUID);
        wattle_report_init(&report);
        is_read = wattle_carried_load(&mesh, root.fd, UUID, &report);
        check_faults(&report, "");
        g_assert_true(is_read);
        g_assert_cmpstr(mesh.local.interface.value, ==, "home");
        g_assert_cmpstr(mesh.local.exit_node.value, ==, "exit");
        g_assert_false(mesh.local.port_mapping);
        g_assert_false(mesh.is_signed);
}

typedef struct {
        const char *name;
        const char *local; /* settings of the installed mesh */
        const char *key;   /* what is wrong in vpn.data; NULL: nothing */
        const char *faults;
        gboolean is_made;
} Row;

static const Row rows[] = {
        { "allowed", "Connection=vpn\nOwner=NetworkManager\n", NULL, "", TRUE },
        { "native", "Owner=NetworkManager\n", NULL,
          "mesh home has a connection of its own here, 'home': take that one up, or write "
          "Connection=vpn below [Local] in /etc/wattle/home.mesh.d/local.conf to have it by VPN "
          "connections instead",
          FALSE },
        { "networkd's", "Owner=networkd\n", NULL,
          "mesh home is networkd's on this host: 'wattle up home' takes it up, Owner=NetworkManager "
          "below [Local] would move it",
          FALSE },
        { "disabled", "Connection=vpn\nOwner=NetworkManager\nEnable=no\n", NULL,
          "mesh home has Enable=no below [Local]", FALSE },
        { "unknown key", "Connection=vpn\nOwner=NetworkManager\n", "exitnode",
          "warning: vpn.data has an unknown key 'exitnode': did you mean exit-node?", TRUE },
};

static void installed(gconstpointer data)
{
        const Row *row = data;
        const char *const items[] = { "mesh", "home", row->key, "x", NULL };
        g_autoptr(NMConnection) vpn = make_vpn(items, NULL);
        g_autofree char *local = g_strconcat("[Local]\n", row->local, NULL);
        g_auto(Root) root = { 0 };
        g_autoptr(NMConnection) link = NULL;
        gboolean lacks_key;

        root_init(&root);
        root_put(&root, "etc/wattle/home.mesh", MESH, 0644);
        root_put(&root, "etc/wattle/home.key", PRIVATE "\n", 0600);
        root_put(&root, "etc/wattle/home.mesh.d/local.conf", local, 0644);
        link = plan(&root, vpn, row->faults, &lacks_key);
        g_assert_true((link != NULL) == row->is_made);
        /* Root's key is in it: it must not be anna's, who could read it then. */
        if (link)
                g_assert_cmpuint(nm_setting_connection_get_num_permissions(
                                         nm_connection_get_setting_connection(link)),
                                 ==, 0);
}

static void installed_without_key(void)
{
        const char *const items[] = { "mesh", "home", "device", "nas", NULL };
        g_autoptr(NMConnection) vpn = make_vpn(items, NULL);
        g_auto(Root) root = { 0 };
        gboolean lacks_key;

        root_init(&root);
        root_put(&root, "etc/wattle/home.mesh", MESH, 0644);
        root_put(&root, "etc/wattle/home.mesh.d/local.conf",
                 "[Local]\nConnection=vpn\nOwner=NetworkManager\n", 0644);
        g_assert_null(plan(&root, vpn,
                           "no private key, 'wattle genkey home' makes one: "
                           "/etc/wattle/home.key: No such file or directory",
                           &lacks_key));
        g_assert_true(lacks_key);
}

/* Until the mesh has come, the link is that of the few whom the invitation has. */
static void invited(void)
{
        static const char tiny[] =
                "[Mesh]\nName=home\nSerial=7\nInvitation=nas\nSubnet=10.7.0.0/16\n"
                "[Device nas]\nPublicKey=" PUBLIC "\nAddress=10.7.0.1\n"
                "[Device vps]\nPublicKey=" KEY_B
                "\nAddress=10.7.0.2\nPublicEndpoint=198.51.100.7:4\n";
        WattleSigningSecret *secret = wattle_signing_secret_generate();
        g_autofree char *text = make_invitation(secret, tiny, NULL);
        const char *const alone[] = { "mesh", "home", "invitation", text, NULL };
        const char *const followed[] = {
                "mesh", "home", "invitation", text, "profile", MESH, NULL
        };
        const char *const renamed[] = { "mesh", "office", "invitation", text, NULL };
        const struct {
                const char *const *items;
                const char *key;
                guint n_peers; /* 0: no link */
                const char *faults;
        } cases[] = {
                { alone, PRIVATE, 1, "" },
                { followed, PRIVATE, 2, "" },
                { alone, NULL, 0,
                  "the connection has no private key: 'wg genkey' makes one, it is "
                  "vpn.secrets private-key, and the admin gets its public half" },
                { renamed, PRIVATE, 0,
                  "office.invite:1:1: the mesh calls itself home, and vpn.data mesh calls it "
                  "office" },
        };
        g_auto(Root) root = { 0 };

        root_init(&root);
        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(NMConnection) vpn = make_vpn(cases[i].items, cases[i].key), link = NULL;
                NMSetting *wireguard;
                gboolean lacks_key;

                link = plan(&root, vpn, cases[i].faults, &lacks_key);
                g_assert_cmpint(link != NULL, ==, cases[i].n_peers > 0);
                if (!link)
                        continue;
                wireguard = nm_connection_get_setting(link, NM_TYPE_SETTING_WIREGUARD);
                g_assert_cmpuint(
                        nm_setting_wireguard_get_peers_len(NM_SETTING_WIREGUARD(wireguard)), ==,
                        cases[i].n_peers);
        }
        wattle_signing_secret_free(secret);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        if (sodium_init() < 0)
                return 1;
        g_test_add_func("/blueprint/carried", carried);
        add_rows("/blueprint/filtered", filter_rows, filtered);
        g_test_add_func("/blueprint/installed-filter", installed_filter);
        add_rows("/blueprint/named", names_rows, named);
        g_test_add_func("/blueprint/installed-names", installed_names);
        g_test_add_func("/blueprint/handed-on", handed_on);
        g_test_add_func("/blueprint/too-large-to-hand-on", too_large_to_hand_on);
        g_test_add_func("/blueprint/invited", invited);
        g_test_add_func("/blueprint/not-a-vpn", not_a_vpn);
        g_test_add_func("/blueprint/no-key", no_key);
        g_test_add_func("/blueprint/carried-router", carried_router);
        add_rows("/blueprint/installed", rows, installed);
        g_test_add_func("/blueprint/installed-without-key", installed_without_key);
        return g_test_run();
}
