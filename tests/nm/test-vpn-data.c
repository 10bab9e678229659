/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/vpn-data.h"

#include <sodium.h>
#include <string.h>

#include "tests/unit/fixture.h"

/* A key pair of nobody's: private 0x5a..., and what belongs to it. */
#define PRIVATE "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="
#define PUBLIC  "sNCPNbRoM4FImvsygl5ZFS1H0ZvJ4FDW1alUmEydHiw="
#define INLINE  "[Mesh]\nSubnet=10.7.0.0/16\n[Device nas]\nPublicKey=" PUBLIC "\nAddress=10.7.0.1\n"
#define TWO_OF_IT                                                                                  \
        INLINE "[Device vps]\nPublicKey=" KEY_B                                                    \
               "\nAddress=10.7.0.2\nExitNode=yes\nRoutes=192.0.2.0/24\n"
#define WITH_PHONE TWO_OF_IT "[Device phone]\nPublicKey=" KEY_C "\nAddress=10.7.0.3\nManaged=no\n"

/* "key=value" each, of vpn.data; those that begin with '*' are secrets. */
static NMSettingVpn *make_setting(const char *const *items)
{
        NMSettingVpn *setting = NM_SETTING_VPN(nm_setting_vpn_new());

        for (guint i = 0; items[i]; i++) {
                gboolean secret = items[i][0] == '*';
                const char *equals = strchr(items[i], '=');
                g_autofree char *key =
                        g_strndup(items[i] + secret, (gsize)(equals - items[i] - secret));

                if (secret)
                        nm_setting_vpn_add_secret(setting, key, equals + 1);
                else
                        nm_setting_vpn_add_data_item(setting, key, equals + 1);
        }
        return setting;
}

typedef struct {
        const char *name;
        const char *items[8];
        const char *error;
} BadRow;

static const BadRow bad_rows[] = {
        { "nothing", { NULL }, "vpn.data mesh: is missing: the name of the mesh" },
        { "empty mesh", { "mesh=" }, "vpn.data mesh: is missing: the name of the mesh" },
        { "mesh is a path",
          { "mesh=../home" },
          "vpn.data mesh: '../home' has a character other than a-z, 0-9, _ and -" },
        { "mesh with a line",
          { "mesh=home\nx" },
          "vpn.data mesh: has a character that is no letter, digit or sign" },
        { "long mesh",
          { "mesh=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
          "vpn.data mesh: is longer than 63 characters" },
        { "device",
          { "mesh=home", "device=Nas" },
          "vpn.data device: 'Nas' has upper case: write nas" },
        { "exit node",
          { "mesh=home", "exit-node=a b" },
          "vpn.data exit-node: has a character that is no letter, digit or sign" },
        { "accept routes",
          { "mesh=home", "accept-routes=maybe" },
          "vpn.data accept-routes: 'maybe' is neither yes nor no" },
        { "firewall",
          { "mesh=home", "profile=x", "firewall=yes" },
          "vpn.data firewall: 'yes' is not a zone of firewalld: write 'auto', 'no', or nothing but "
          "zones" },
        { "firewall with a line",
          { "mesh=home", "profile=x", "firewall=public\nauto" },
          "vpn.data firewall: has a character that is no letter, digit or sign" },
        { "coexist",
          { "mesh=home", "profile=x", "coexist=nordvpn" },
          "vpn.data coexist: 'nordvpn' is none of none, mullvad, tailscale" },
        { "name server",
          { "mesh=home", "profile=x", "dns=10.0.0.1 one" },
          "vpn.data dns: 'one' is not an IP address" },
        { "setting of an installed mesh",
          { "mesh=home", "firewall=auto" },
          "vpn.data firewall: an installed mesh has it below [Local] in "
          "/etc/wattle/home.mesh.d/local.conf: remove it from the connection" },
        { "key of an installed mesh",
          { "mesh=home", "*private-key=" PRIVATE },
          "vpn.secrets private-key: an installed mesh has its key in /etc/wattle/home.key: remove it "
          "from the connection" },
        { "key that is none",
          { "mesh=home", "profile=x", "*private-key=" PRIVATE "x" },
          "vpn.secrets private-key: not a WireGuard key: 44 characters of base64, ending in =" },
        { "agent's key",
          { "mesh=home", "profile=x", "private-key-flags=1", "*private-key=" PRIVATE },
          "vpn.data private-key-flags: the private key can only be stored by NetworkManager, for all "
          "users: write 0" },
};

static void bad(gconstpointer data)
{
        const BadRow *row = data;
        g_autoptr(NMSettingVpn) setting = make_setting(row->items);
        g_auto(WattleVpnData) got = { 0 };
        const WattleVpnData empty = { 0 };
        g_autoptr(GError) error = NULL;

        check_error(wattle_vpn_data_read(setting, &got, &error), &error, row->error);
        g_assert_cmpmem(&got, sizeof got, &empty, sizeof empty);
        g_assert_null(strstr(error->message, PRIVATE));
}

static void all_of_it(void)
{
        const char *const items[] = { "mesh=home",           "profile=" INLINE,
                                      "device=nas",          "exit-node=vps",
                                      "accept-routes=on",    "firewall=public work",
                                      "coexist=none",        "dns=10.7.0.2 10.7.0.3",
                                      "private-key-flags=0", "*private-key=" PRIVATE,
                                      "other=stays",         NULL };
        g_autoptr(NMSettingVpn) setting = make_setting(items);
        g_autoptr(NMSettingVpn) back = NM_SETTING_VPN(nm_setting_vpn_new());
        g_auto(WattleVpnData) got = { 0 };
        g_autoptr(GError) error = NULL;

        g_assert_true(wattle_vpn_data_read(setting, &got, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(got.mesh, ==, "home");
        g_assert_cmpstr(got.profile, ==, INLINE);
        g_assert_cmpstr(got.device, ==, "nas");
        g_assert_cmpstr(got.exit_node, ==, "vps");
        g_assert_true(got.accept_routes.given && got.accept_routes.value);
        g_assert_cmpstr(got.firewall, ==, "public work");
        g_assert_cmpstr(got.coexist, ==, "none");
        g_assert_cmpstr(got.dns, ==, "10.7.0.2 10.7.0.3");
        g_assert_true(got.has_key && got.private_key.bytes[0] == 0x5a);

        nm_setting_vpn_add_data_item(back, "other", "stays");
        wattle_vpn_data_write(&got, back);
        nm_setting_vpn_add_data_item(setting, "accept-routes", "yes");
        g_object_set(setting, NM_SETTING_VPN_SERVICE_TYPE, WATTLE_VPN_SERVICE, NULL);
        g_assert_true(nm_setting_compare(NM_SETTING(setting), NM_SETTING(back),
                                         NM_SETTING_COMPARE_FLAG_EXACT));
}

/* What is not given is not written; what is no longer given goes. */
static void least_of_it(void)
{
        const char *const items[] = { "mesh=home",
                                      "device=", "exit-node=", "private-key-flags=", NULL };
        const char *const before[] = { "profile=old", "device=old",       "accept-routes=no",
                                       "other=stays", "*private-key=old", NULL };
        g_autoptr(NMSettingVpn) setting = make_setting(items), back = make_setting(before);
        g_auto(WattleVpnData) got = { 0 };

        g_assert_true(wattle_vpn_data_read(setting, &got, NULL));
        g_assert_true(!got.profile && !got.device && !got.exit_node && !got.accept_routes.given &&
                      !got.has_key);
        wattle_vpn_data_write(&got, back);
        g_assert_cmpuint(nm_setting_vpn_get_num_data_items(back), ==, 2);
        g_assert_cmpstr(nm_setting_vpn_get_data_item(back, "mesh"), ==, "home");
        g_assert_cmpuint(nm_setting_vpn_get_num_secrets(back), ==, 0);
        g_assert_cmpstr(nm_setting_vpn_get_service_type(back), ==,
                        "org.freedesktop.NetworkManager.wattle");
}

static const BadRow key_rows[] = {
        { "ours", { "mesh=a", "profile=", "private-key-flags=0", "*private-key=x" }, NULL },
        { "near",
          { "mesh=a", "acept-routes=x" },
          "vpn.data has an unknown key 'acept-routes': did you mean accept-routes?" },
        { "path", { "mesh=a", "file=/etc/x" }, "vpn.data has an unknown key 'file'" },
        { "control characters", { "a\n\033b=x" }, "vpn.data has an unknown key 'a\\n\\033b'" },
        { "secret", { "*password=x" }, "vpn.secrets has another key than 'private-key'" },
};

static void keys(gconstpointer data)
{
        const BadRow *row = data;
        g_autoptr(NMSettingVpn) setting = make_setting(row->items);
        g_autoptr(GError) error = NULL;

        check_error(wattle_vpn_data_check_keys(setting, &error), &error, row->error);
}

static void large_profile(void)
{
        g_autoptr(NMSettingVpn) setting = NM_SETTING_VPN(nm_setting_vpn_new());
        g_autofree char *text = g_strnfill(WATTLE_VPN_PROFILE_MAX + 1, '#');
        g_auto(WattleVpnData) got = { 0 };
        g_autoptr(GError) error = NULL;

        nm_setting_vpn_add_data_item(setting, "mesh", "home");
        nm_setting_vpn_add_data_item(setting, "profile", text);
        check_error(wattle_vpn_data_read(setting, &got, &error), &error,
                    "vpn.data profile: is larger than 1 MiB");
        g_clear_error(&error);
        text[WATTLE_VPN_PROFILE_MAX] = '\0';
        nm_setting_vpn_add_data_item(setting, "profile", text);
        g_assert_true(wattle_vpn_data_read(setting, &got, &error));
}

typedef struct {
        const char *name;
        const char *items[8];
        const char *device; /* that it is; NULL: none */
        const char *faults;
} ViewRow;

/* The host has an installed mesh "office" with a key, and one of a mesh "home". */
static const ViewRow view_rows[] = {
        { "by key", { "mesh=home", "profile=" TWO_OF_IT, "*private-key=" PRIVATE }, "nas", "" },
        { "by device",
          { "mesh=home", "profile=" TWO_OF_IT, "device=vps" },
          "vps",
          "home.mesh:6:1: warning: device vps is an exit node, and NetworkManager masquerades "
          "nothing: install the mesh and wattle-filter, or have the firewall of this host do it" },
        { "exit node and routes",
          { "mesh=home", "profile=" TWO_OF_IT, "*private-key=" PRIVATE, "exit-node=vps",
            "accept-routes=yes" },
          "nas",
          "" },
        { "another device's key",
          { "mesh=home", "profile=" TWO_OF_IT, "*private-key=" PRIVATE, "device=vps" },
          NULL,
          "vpn.data: Device= says vps, but the key in the connection is that of nas" },
        { "nobody's key",
          { "mesh=home",
            "profile=[Mesh]\nSubnet=10.7.0.0/16\n[Device vps]\nPublicKey=" KEY_B
            "\nAddress=10.7.0.2\n",
            "*private-key=" PRIVATE },
          NULL,
          "home.mesh: the key in the connection belongs to no device of the mesh; give the admin its "
          "public half, for PublicKey=: " PUBLIC },
        { "no such exit node",
          { "mesh=home", "profile=" TWO_OF_IT, "*private-key=" PRIVATE, "exit-node=nsa" },
          NULL,
          "vpn.data: ExitNode: nsa is no device of the mesh" },
        { "revoked",
          { "mesh=home",
            "profile=" INLINE "State=revoked\n[Device vps]\nPublicKey=" KEY_B
            "\nAddress=10.7.0.2\n",
            "*private-key=" PRIVATE },
          NULL,
          "home.mesh:3:1: device nas is revoked: State=active would let it in again" },
        { "not managed",
          { "mesh=home", "profile=" WITH_PHONE, "device=phone" },
          NULL,
          "home.mesh:11:1: device phone has Managed=no, but here wattle runs: remove that line" },
        { "bad profile",
          { "mesh=home", "profile=[Mesh]\nSubnet=10.7.0.0/33\n" },
          NULL,
          "home.mesh:2:8: Subnet: '10.7.0.0/33': a prefix length is 0 to 32" },
        { "empty profile is none", { "mesh=office", "profile=" }, "nas", "" },
        { "another name",
          { "mesh=home",
            "profile=[Mesh]\nName=work\nSubnet=10.7.0.0/16\n[Device nas]\nPublicKey=" PUBLIC
            "\nAddress=10.7.0.1\n" },
          NULL,
          "home.mesh:1:1: the mesh calls itself work, and vpn.data mesh calls it home" },
        { "installed", { "mesh=office" }, "nas", "" },
        { "not installed",
          { "mesh=nowhere" },
          NULL,
          "no mesh nowhere: there is no /etc/wattle/nowhere.mesh, or it is masked" },
        { "installed, another device",
          { "mesh=office", "device=vps" },
          NULL,
          "vpn.data: Device= says vps, but the key in /etc/wattle/office.key is that of nas" },
};

static void make_root(Root *root)
{
        root_init(root);
        root_put(root, "etc/wattle/office.mesh", TWO_OF_IT, 0644);
        root_put(root, "etc/wattle/office.key", PRIVATE "\n", 0600);
        root_put(root, "etc/wattle/home.key", PRIVATE "\n", 0600);
}

static void view(gconstpointer data)
{
        const ViewRow *row = data;
        g_autoptr(NMSettingVpn) setting = make_setting(row->items);
        g_auto(WattleVpnData) got = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(Root) root = { 0 };
        g_autoptr(WattleView) made = NULL;
        g_autoptr(GError) error = NULL;

        make_root(&root);
        wattle_report_init(&report);
        g_assert_true(wattle_vpn_data_read(setting, &got, &error));
        if (wattle_vpn_data_load(&got, root.fd, &mesh, &report))
                made = wattle_vpn_data_view(&got, root.fd, &mesh, &report);
        check_faults(&report, row->faults);
        g_assert_cmpstr(made ? made->self.name : NULL, ==, row->device);
        if (!made)
                return;
        g_assert_cmpstr(made->exit_node, ==, got.exit_node);
        g_assert_cmpuint(made->n_routes, ==, got.accept_routes.value ? 1 : 0);
        /* Whoever carries a mesh may not use a key of root's for it. */
        g_assert_true((made->private_key_file == NULL) == (got.profile != NULL));
}

typedef struct {
        const char *name;
        const char *settings; /* of the host */
        const char *items[4]; /* besides mesh=office */
        const char *exit_node;
        guint n_routes;
} ChoiceRow;

/* The connection goes before the host, whose settings hold for the rest. What would be refused if
 * it were looked at shows that it is not. */
static const ChoiceRow choice_rows[] = {
        { "neither", "", { NULL }, NULL, 0 },
        { "exit node of the host", "ExitNode=vps\n", { NULL }, "vps", 0 },
        { "exit node of the connection", "ExitNode=nas\n", { "exit-node=vps" }, "vps", 0 },
        { "no exit node is no choice", "ExitNode=vps\n", { "exit-node=" }, "vps", 0 },
        { "routes of the host", "AcceptRoutes=yes\n", { NULL }, NULL, 1 },
        { "routes of the connection", "AcceptRoutes=no\n", { "accept-routes=yes" }, NULL, 1 },
        { "no routes", "AcceptRoutes=yes\n", { "accept-routes=no" }, NULL, 0 },
        { "device", "Device=vps\n", { "device=nas" }, NULL, 0 },
};

static void choices(gconstpointer data)
{
        const ChoiceRow *row = data;
        g_autoptr(NMSettingVpn) setting = make_setting(row->items);
        g_autofree char *settings = g_strconcat("[Local]\n", row->settings, NULL);
        g_auto(WattleVpnData) got = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(Root) root = { 0 };
        g_autoptr(WattleView) made = NULL;
        g_autoptr(GError) error = NULL;

        make_root(&root);
        root_put(&root, "etc/wattle/office.mesh.d/local.conf", settings, 0644);
        nm_setting_vpn_add_data_item(setting, "mesh", "office");
        wattle_report_init(&report);
        g_assert_true(wattle_vpn_data_read(setting, &got, &error));
        g_assert_true(wattle_vpn_data_load(&got, root.fd, &mesh, &report));
        made = wattle_vpn_data_view(&got, root.fd, &mesh, &report);
        check_faults(&report, "");
        g_assert_cmpstr(made->self.name, ==, "nas");
        g_assert_cmpstr(made->exit_node, ==, row->exit_node);
        g_assert_cmpuint(made->n_routes, ==, row->n_routes);
}

static const BadRow secret_rows[] = {
        { "carried", { "mesh=home", "profile=" TWO_OF_IT, "*private-key=" PRIVATE }, NULL },
        { "installed", { "mesh=office" }, NULL },
        { "carried without",
          { "mesh=home", "profile=" TWO_OF_IT, "device=nas" },
          "the connection has no private key: 'wg genkey' makes one, it is vpn.secrets private-key, "
          "and the admin gets its public half" },
};

static void secret(gconstpointer data)
{
        const BadRow *row = data;
        g_autoptr(NMSettingVpn) setting = make_setting(row->items);
        g_auto(WattleVpnData) got = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(Root) root = { 0 };
        g_auto(WattleKey) key = { 0 };
        g_autoptr(WattleView) made = NULL;
        g_autoptr(GError) error = NULL;

        make_root(&root);
        wattle_report_init(&report);
        g_assert_true(wattle_vpn_data_read(setting, &got, &error));
        g_assert_true(wattle_vpn_data_load(&got, root.fd, &mesh, &report));
        made = wattle_vpn_data_view(&got, root.fd, &mesh, &report);
        g_assert_nonnull(made);
        check_error(wattle_vpn_data_read_key(&got, root.fd, made, &key, &error), &error,
                    row->error);
        g_assert_cmpuint(key.bytes[31], ==, row->error ? 0 : 0x5a);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        if (sodium_init() < 0)
                return 1;
        add_rows("/vpn-data/bad", bad_rows, bad);
        g_test_add_func("/vpn-data/all-of-it", all_of_it);
        g_test_add_func("/vpn-data/least-of-it", least_of_it);
        add_rows("/vpn-data/keys", key_rows, keys);
        g_test_add_func("/vpn-data/large-profile", large_profile);
        add_rows("/vpn-data/view", view_rows, view);
        add_rows("/vpn-data/choices", choice_rows, choices);
        add_rows("/vpn-data/secret", secret_rows, secret);
        return g_test_run();
}
