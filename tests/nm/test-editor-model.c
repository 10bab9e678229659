/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the editor would show, row by row: a connection, what a user does, and all that is then said
 * and written. */
#include "nm-plugin/editor/editor-model.h"

#include <sodium.h>
#include <string.h>

#include "common/nm-profile.h"
#include "common/words.h"
#include "tests/unit/fixture.h"
#include "tests/unit/signed.h"

#define OFFICE  "@office"  /* stands for the text of the sample */
#define KEY(of) "@key-" of /* for the private key of one of its devices */
#define A_KEY   "a" KEY_A  /* no private key: 45 characters */

static char *sample(const char *folder, const char *name)
{
        g_autofree char *path =
                g_build_filename(g_getenv("WATTLE_TEST_MESHES"), folder, name, NULL);
        g_autoptr(GError) error = NULL;
        char *text = NULL;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

/* "@..." for what is too long to be written in a row. */
static char *expand(const char *value)
{
        g_autofree char *name = NULL;

        if (strcmp(value, OFFICE) == 0)
                return sample("", "office.mesh");
        if (!g_str_has_prefix(value, "@key-"))
                return g_strdup(value);
        name = g_strconcat("office-", value + strlen("@key-"), ".key", NULL);
        return g_strstrip(sample("keys", name));
}

/* "key=value" a line; "secret" is the private key. */
static NMConnection *make_connection(const char *items)
{
        NMConnection *connection = nm_simple_connection_new();
        NMSettingVpn *vpn = NM_SETTING_VPN(nm_setting_vpn_new());
        g_auto(GStrv) lines = g_strsplit(items, "\n", -1);

        g_object_set(vpn, NM_SETTING_VPN_SERVICE_TYPE, WATTLE_VPN_SERVICE, NULL);
        nm_connection_add_setting(connection, NM_SETTING(vpn));
        for (guint i = 0; lines[i]; i++) {
                g_auto(GStrv) item = g_strsplit(lines[i], "=", 2);
                g_autofree char *value = item[0] ? expand(item[1]) : NULL;

                if (!value)
                        continue;
                if (strcmp(item[0], "secret") == 0)
                        nm_setting_vpn_add_secret(vpn, WATTLE_VPN_SECRET_KEY, value);
                else
                        nm_setting_vpn_add_data_item(vpn, item[0], value);
        }
        return connection;
}

static void append_item(const char *key, const char *value, gpointer data)
{
        g_autofree char *office = sample("", "office.mesh");

        g_string_append_printf(data, " %s=%s", key, strcmp(value, office) == 0 ? OFFICE : value);
}

/* What is written, keys in the order of libnm; the private key as the device that has it. */
static void append_written(GString *text, const WattleEditorModel *model, NMConnection *connection)
{
        g_autoptr(GError) error = NULL;
        NMSettingVpn *vpn;
        const char *secret;

        if (!wattle_editor_model_write(model, connection, &error)) {
                g_string_append(text, "not valid\n");
                g_assert_false(wattle_editor_model_is_valid(model));
                return;
        }
        g_assert_true(wattle_editor_model_is_valid(model));
        vpn = nm_connection_get_setting_vpn(connection);
        g_string_append(text, "written");
        nm_setting_vpn_foreach_data_item(vpn, append_item, text);
        secret = nm_setting_vpn_get_secret(vpn, WATTLE_VPN_SECRET_KEY);
        g_string_append(text, secret ? " and a key\n" : "\n");
}

static void append_notes(GString *text, const WattleEditorModel *model)
{
        static const char *const names[] = { "mesh", "device", "key", "exit", "routes" };
        static const char *const kinds[] = { "", "info", "warning", "error" };

        for (guint i = 0; i < WATTLE_N_FIELDS; i++)
                if (model->notes[i].text)
                        g_string_append_printf(text, "%s %s: %s\n", names[i],
                                               kinds[model->notes[i].kind], model->notes[i].text);
}

static char *describe(const WattleEditorModel *model, NMConnection *connection)
{
        GString *text = g_string_new(NULL);

        append_notes(text, model);
        append_written(text, model, connection);
        return g_string_free(text, FALSE);
}

static void choose_mesh(WattleEditorModel *model, const char *id)
{
        wattle_editor_model_select_mesh(model, id);
}

static void set_key(WattleEditorModel *model, const char *value)
{
        g_autofree char *text = expand(value);

        wattle_editor_model_set_key(model, text);
}

static void accept_routes(WattleEditorModel *model, const char *yes)
{
        wattle_editor_model_set_accept_routes(model, strcmp(yes, "yes") == 0);
}

#define ANNA "device info: 10.77.0.10, fd77:77:77::10\n"
#define BEN  "device info: 10.77.0.11\n"
#define NETS "routes info: 192.168.20.0/24 (gw)\n"
#define HINT                                                                                       \
        "key warning: Without its private key this device cannot connect. Paste it, load it from " \
        "a file, or make a new one.\n"
#define UNKNOWN_KEY                                                                                \
        "key warning: The mesh does not know this key yet. Send the public key to whoever looks "  \
        "after the mesh, and open the new .mesh file here when it comes.\n"
#define CHOOSE                                                                                     \
        "device warning: Choose which device of the mesh this is, or give its private key, which " \
        "tells.\n"
#define FIND_OUT                                                                                   \
        "device info: NetworkManager finds out, by the private key or the name of this computer.\n"
#define OF_ROOT                                                                                    \
        "key info: It is in " WATTLE_CONFDIR                                                       \
        "/home.key, which root alone reads, and is not shown "                                     \
        "here.\n"
#define CARRIED  "mesh=office profile=" OFFICE
#define WITH_KEY "mesh=office private-key-flags=0 profile=" OFFICE " and a key\n"
#define HOME     "[Mesh]\nSubnet=10.1.0.0/24\n"
#define DEVICES                                                                                    \
        "[Device a]\nPublicKey=" KEY_A "\nAddress=10.1.0.1\n"                                      \
        "[Device b]\nPublicKey=" KEY_B "\nAddress=10.1.0.2\nExitNode=yes\nRoutes=10.9.0.0/16\n"

typedef struct {
        const char *name;
        const char *host_name;
        const char *installed; /* home.mesh; NULL: none */
        const char *settings;  /* of [Local], for home */
        const char *items;     /* of the connection */
        void (*act)(WattleEditorModel *model, const char *value);
        const char *value;
        const char *expected;
} Row;

static const Row rows[] = {
        { .name = "nothing to choose from",
          .items = "",
          .expected = "mesh error: Choose a mesh, or open the .mesh file that you were sent.\n"
                      "not valid\n" },
        { .name = "the only mesh is taken",
          .installed = HOME,
          .settings = "Connection=vpn",
          .items = "",
          .expected = FIND_OUT OF_ROOT "routes info: No device of the mesh has any.\n"
                                       "written mesh=home\n" },
        { .name = "just imported",
          .items = "mesh=office\nprofile=" OFFICE,
          .expected = CHOOSE HINT NETS "written " CARRIED "\n" },
        { .name = "the name of the host tells",
          .host_name = "anna",
          .items = "mesh=office\nprofile=" OFFICE,
          .expected = "device info: The name of this computer says anna, 10.77.0.10, "
                      "fd77:77:77::10\n" HINT NETS "written " CARRIED "\n" },
        { .name = "the key tells",
          .items = "mesh=office\nprofile=" OFFICE "\nsecret=" KEY("ben"),
          .host_name = "anna",
          .expected = "device info: The key says ben, 10.77.0.11\n" NETS "written " WITH_KEY },
        { .name = "a typed key selects its device",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben",
          .act = set_key,
          .value = KEY("anna"),
          .expected = ANNA NETS "written device=anna " WITH_KEY },
        { .name = "another device than that of the key",
          .items = "mesh=office\nprofile=" OFFICE "\nsecret=" KEY("anna"),
          .act = wattle_editor_model_select_device,
          .value = "ben",
          .expected = "device error: The private key is that of anna, not of ben.\n" NETS
                      "not valid\n" },
        { .name = "back to automatic",
          .items = "mesh=office\nprofile=" OFFICE "\nsecret=" KEY("anna") "\ndevice=ben",
          .act = wattle_editor_model_select_device,
          .value = "",
          .expected = "device info: The key says anna, 10.77.0.10, fd77:77:77::10\n" NETS
                      "written " WITH_KEY },
        { .name = "the key of one who left",
          .items = "mesh=office\nprofile=" OFFICE,
          .act = set_key,
          .value = KEY("old"),
          .expected = "device error: old is revoked: whoever looks after the mesh has taken it "
                      "out.\n" NETS "not valid\n" },
        { .name = "the key of a phone",
          .items = "mesh=office\nprofile=" OFFICE,
          .act = set_key,
          .value = KEY("phone"),
          .expected = "device error: phone is a device that runs no wattle (Managed=no in the "
                      "mesh).\n" NETS "not valid\n" },
        { .name = "a key that the mesh does not know",
          .items = "mesh=office\nprofile=" OFFICE,
          .act = set_key,
          .value = KEY_D,
          .expected = CHOOSE UNKNOWN_KEY NETS "written " WITH_KEY },
        { .name = "blanks around a key",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben",
          .act = set_key,
          .value = " \t" KEY_D "\n",
          .expected = BEN UNKNOWN_KEY NETS "written device=ben " WITH_KEY },
        { .name = "no key at all",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben",
          .act = set_key,
          .value = A_KEY,
          .expected = BEN
          "key error: This is no private key: that has 44 characters, and = is the last.\n" NETS
          "not valid\n" },
        { .name = "a key taken away",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben\nsecret=" KEY("ben"),
          .act = set_key,
          .value = "",
          .expected = BEN HINT NETS "written device=ben " CARRIED "\n" },
        { .name = "a device that is not there",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=carl",
          .expected = "device error: The mesh has no device carl.\n" HINT NETS "not valid\n" },
        { .name = "through an exit node",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben",
          .act = wattle_editor_model_select_exit_node,
          .value = "vps",
          .expected = BEN HINT "exit info: All that leaves this computer goes through vps.\n" NETS
                               "written device=ben exit-node=vps " CARRIED "\n" },
        { .name = "no longer through it",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben\nexit-node=vps",
          .act = wattle_editor_model_select_exit_node,
          .value = "",
          .expected = BEN HINT NETS "written device=ben " CARRIED "\n" },
        { .name = "an exit node that offers none",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben\nexit-node=gw",
          .expected = BEN HINT "exit error: gw offers no way out: it has no ExitNode=yes in the "
                               "mesh.\n" NETS "not valid\n" },
        { .name = "an exit node that is gone",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben\nexit-node=carl",
          .expected = BEN HINT "exit error: The mesh has no device carl.\n" NETS "not valid\n" },
        { .name = "through itself",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=vps\nexit-node=vps",
          .expected = "device info: 10.77.0.2, fd77:77:77::2\n" HINT
                      "exit error: vps is this device itself.\n" NETS "not valid\n" },
        { .name = "routes of others",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben",
          .act = accept_routes,
          .value = "yes",
          .expected = BEN HINT NETS "written accept-routes=yes device=ben " CARRIED "\n" },
        { .name = "none after all",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben\naccept-routes=yes",
          .act = accept_routes,
          .value = "no",
          .expected = BEN HINT NETS "written device=ben " CARRIED "\n" },
        { .name = "keys of others stay",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben\nfuture=yes",
          .expected = BEN HINT NETS "written device=ben future=yes " CARRIED "\n" },
        { .name = "a mesh with faults",
          .items = "mesh=home\nprofile=[Mesh]",
          .expected = "mesh error: home.mesh:1:1: [Mesh] has no Subnet=, as in "
                      "Subnet=10.42.0.0/16\n" HINT "not valid\n" },
        { .name = "a name that is another in the mesh",
          .items = "mesh=home\nprofile=" OFFICE "\ndevice=ben",
          .act = wattle_editor_model_select_exit_node,
          .value = "",
          .expected = BEN HINT NETS "written device=ben mesh=home profile=" OFFICE "\n" },
        { .name = "installed",
          .installed = HOME DEVICES,
          .settings = "Connection=vpn",
          .items = "mesh=home\ndevice=a",
          .expected = "device info: 10.1.0.1\n" OF_ROOT "routes info: 10.9.0.0/16 (b)\n"
                      "written device=a mesh=home\n" },
        { .name = "installed, but not for us",
          .installed = HOME DEVICES,
          .items = "mesh=home\ndevice=a",
          .expected = "mesh warning: On this computer the mesh is a connection of its own already, "
                      "which needs none like this. To have it here write Connection=vpn below "
                      "[Local] in a .conf file in " WATTLE_CONFDIR "/home.mesh.d.\n"
                      "device info: 10.1.0.1\n" OF_ROOT "routes info: 10.9.0.0/16 (b)\n"
                      "written device=a mesh=home\n" },
        { .name = "installed, with a key elsewhere",
          .installed = HOME DEVICES,
          .settings = "PrivateKeyFile=/srv/key\nAcceptRoutes=yes\nDevice=b\nConnection=vpn",
          .items = "mesh=home",
          .expected = FIND_OUT "key info: It is in /srv/key, which root alone reads, and is not "
                               "shown here.\n"
                               "routes info: No device of the mesh has any.\n"
                               "written mesh=home\n" },
        { .name = "not the routes that the settings take",
          .installed = HOME DEVICES,
          .settings = "AcceptRoutes=yes\nConnection=vpn",
          .items = "mesh=home\ndevice=a",
          .act = accept_routes,
          .value = "no",
          .expected = "device info: 10.1.0.1\n" OF_ROOT "routes info: 10.9.0.0/16 (b)\n"
                      "written accept-routes=no device=a mesh=home\n" },
        { .name = "installed, with faulty settings",
          .installed = HOME DEVICES,
          .settings = "Bad=1",
          .items = "mesh=home\ndevice=a",
          .expected =
                  "mesh error: " WATTLE_CONFDIR "/home.mesh.d/local.conf:2:1: unknown key 'Bad'\n"
                  "device info: 10.1.0.1\n" OF_ROOT "routes info: 10.9.0.0/16 (b)\n"
                  "not valid\n" },
        { .name = "installed no longer",
          .items = "mesh=home\ndevice=a",
          .expected =
                  "mesh error: no mesh home: there is no " WATTLE_CONFDIR "/home.mesh, or it is "
                  "masked\n" OF_ROOT "not valid\n" },
        { .name = "from carried to installed",
          .installed = HOME DEVICES,
          .settings = "Connection=vpn",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben\nexit-node=vps\nsecret=" KEY("ben"),
          .act = choose_mesh,
          .value = "home",
          .expected = FIND_OUT OF_ROOT "routes info: 10.9.0.0/16 (b)\n"
                                       "written mesh=home\n" },
        { .name = "to the mesh that it is already",
          .items = "mesh=office\nprofile=" OFFICE "\ndevice=ben\nexit-node=vps",
          .act = choose_mesh,
          .value = WATTLE_CHOICE_CARRIED,
          .expected = BEN HINT "exit info: All that leaves this computer goes through vps.\n" NETS
                               "written device=ben exit-node=vps " CARRIED "\n" },
        { .name = "from installed to another",
          .installed = HOME DEVICES,
          .settings = "Connection=vpn",
          .items = "mesh=away\ndevice=x",
          .act = choose_mesh,
          .value = "home",
          .expected = FIND_OUT OF_ROOT "routes info: 10.9.0.0/16 (b)\n"
                                       "written mesh=home\n" },
};

static void put_mesh(const Root *root, const Row *row)
{
        g_autofree char *settings = g_strdup_printf("[Local]\n%s\n", row->settings);

        if (row->installed)
                root_put(root, WATTLE_CONFDIR "/home.mesh", row->installed, 0644);
        if (row->settings)
                root_put(root, WATTLE_CONFDIR "/home.mesh.d/local.conf", settings, 0644);
}

static void one_row(gconstpointer data)
{
        const Row *row = data;
        g_auto(Root) root = { 0 };
        g_autoptr(NMConnection) connection = make_connection(row->items);
        g_autoptr(WattleEditorModel) model = NULL;
        g_autofree char *text = NULL;

        root_init(&root);
        put_mesh(&root, row);
        model = wattle_editor_model_new(root.fd, row->host_name ? row->host_name : "elsewhere",
                                        connection);
        if (row->act)
                row->act(model, row->value);
        text = describe(model, connection);
        g_assert_cmpstr(text, ==, row->expected);
}

static char *join_choices(const WattleChoices *choices)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < choices->choices->len; i++) {
                const WattleChoice *choice = &g_array_index(choices->choices, WattleChoice, i);

                g_string_append_printf(text, "%s%s%s=%s", i == 0 ? "" : "|",
                                       g_strcmp0(choices->selected, choice->id) == 0 ? "*" : "",
                                       choice->id, choice->label);
        }
        return g_string_free(text, FALSE);
}

static void assert_choices(const WattleChoices *choices, const char *expected)
{
        g_autofree char *text = join_choices(choices);

        g_assert_cmpstr(text, ==, expected);
}

/* Only who may be this device, only who offers a way out; and what is said but not offered. */
static void lists(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(NMConnection) connection =
                make_connection("mesh=office\nprofile=" OFFICE "\ndevice=ben\nexit-node=gw");
        g_autoptr(WattleEditorModel) model = NULL;

        root_init(&root);
        root_put(&root, WATTLE_CONFDIR "/home.mesh", HOME DEVICES, 0644);
        root_put(&root, WATTLE_VENDORDIR "/work.mesh", "broken", 0644);
        model = wattle_editor_model_new(root.fd, "x", connection);
        assert_choices(&model->meshes, "*:carried=office (kept in this connection)"
                                       "|home=home (installed on this computer)"
                                       "|work=work (installed on this computer)");
        assert_choices(&model->devices, "=Automatic|gw=gw|vps=vps|anna=anna|*ben=ben");
        assert_choices(&model->exit_nodes, "=None: only the mesh goes through it|vps=vps|*gw=gw");
        g_assert_true(model->has_key_field);
        wattle_editor_model_select_mesh(model, "home");
        assert_choices(&model->meshes, ":carried=office (kept in this connection)"
                                       "|*home=home (installed on this computer)"
                                       "|work=work (installed on this computer)");
        assert_choices(&model->devices, "*=Automatic|a=a|b=b");
        assert_choices(&model->exit_nodes, "*=As the settings of this computer say|b=b");
        g_assert_false(model->has_key_field);
        wattle_editor_model_select_mesh(model, "work");
        g_assert_cmpint(model->notes[WATTLE_FIELD_MESH].kind, ==, WATTLE_NOTE_ERROR);
        wattle_editor_model_select_mesh(model, WATTLE_CHOICE_CARRIED);
        g_assert_true(wattle_editor_model_is_valid(model));
}

static void summary(void)
{
        static const char *const expected[] = {
                "gw|10.77.0.1, fd77:77:77::1|relay, 192.168.20.0/24",
                "vps|10.77.0.2, fd77:77:77::2|exit node, relay",
                "anna|10.77.0.10, fd77:77:77::10|this device",
                "ben|10.77.0.11|",
                "phone|10.77.0.20|runs no wattle",
                "printer|10.77.0.21|runs no wattle",
                "old|10.77.0.99|revoked",
        };
        g_auto(Root) root = { 0 };
        g_autoptr(NMConnection) connection =
                make_connection("mesh=office\nprofile=" OFFICE "\ndevice=anna");
        g_autoptr(WattleEditorModel) model = NULL;

        root_init(&root);
        model = wattle_editor_model_new(root.fd, "x", connection);
        g_assert_cmpstr(model->summary_title, ==,
                        "office: 7 devices, serial 42, 10.77.0.0/24, fd77:77:77::/64");
        g_assert_cmpuint(model->summary->len, ==, G_N_ELEMENTS(expected));
        for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
                const WattleSummaryRow *row = &g_array_index(model->summary, WattleSummaryRow, i);
                g_autofree char *text = g_strjoin("|", row->name, row->addresses, row->about, NULL);

                g_assert_cmpstr(text, ==, expected[i]);
        }
}

static char *in_root(const Root *root, const char *name)
{
        return g_build_filename(root->path, name, NULL);
}

/* From nothing: a new mesh, then a newer one of the same, which keeps what was chosen. */
static void open_mesh(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(NMConnection) connection = nm_simple_connection_new();
        g_autoptr(WattleEditorModel) model = NULL;
        g_autofree char *first = NULL, *second = NULL, *bad = NULL, *text = NULL;
        g_autoptr(GError) error = NULL;

        root_init(&root);
        root_put(&root, "first/home.mesh", HOME DEVICES, 0644);
        root_put(&root, "second/home.mesh", HOME "Serial=2\n" DEVICES, 0644);
        root_put(&root, "bad.mesh", "[Mesh]\n", 0644);
        first = in_root(&root, "first/home.mesh");
        second = in_root(&root, "second/home.mesh");
        bad = in_root(&root, "bad.mesh");
        model = wattle_editor_model_new(root.fd, "a", connection);
        g_assert_false(wattle_editor_model_is_valid(model));
        g_assert_true(wattle_editor_model_open_mesh(model, first, &error));
        wattle_editor_model_select_exit_node(model, "b");
        g_assert_true(wattle_editor_model_open_mesh(model, second, &error));
        g_assert_false(wattle_editor_model_open_mesh(model, bad, &error));
        g_assert_cmpstr(error->message, ==,
                        "bad.mesh:1:1: [Mesh] has no Subnet=, as in Subnet=10.42.0.0/16");
        g_assert_cmpstr(model->summary_title, ==, "home: 2 devices, serial 2, 10.1.0.0/24");
        assert_choices(&model->devices, "=Automatic|*a=a|b=b");
        text = describe(model, connection);
        g_assert_true(g_str_has_suffix(text, "written device=a exit-node=b mesh=home profile=" HOME
                                             "Serial=2\n" DEVICES "\n"));
        g_assert_true(nm_setting_vpn_get_persistent(nm_connection_get_setting_vpn(connection)));
}

/* persistent= of a connection that had a mesh already is its user's. */
static void persistent_stays(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(NMConnection) connection = make_connection("mesh=office\nprofile=" OFFICE);
        g_autoptr(WattleEditorModel) model = NULL;
        g_autoptr(GError) error = NULL;

        root_init(&root);
        model = wattle_editor_model_new(root.fd, "x", connection);
        g_assert_true(wattle_editor_model_write(model, connection, &error));
        g_assert_false(nm_setting_vpn_get_persistent(nm_connection_get_setting_vpn(connection)));
}

static void load_key(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(NMConnection) connection = make_connection("mesh=office\nprofile=" OFFICE);
        g_autoptr(WattleEditorModel) model = NULL;
        g_autofree char *good = NULL, *open = NULL, *none = NULL, *key = expand(KEY("ben"));
        g_autofree char *public = sample("keys", "office-ben.pub");
        g_autoptr(GError) error = NULL;

        root_init(&root);
        root_put(&root, "good.key", key, 0600);
        root_put(&root, "open.key", key, 0644);
        root_put(&root, "none.key", "[Interface]\n", 0600);
        good = in_root(&root, "good.key");
        open = in_root(&root, "open.key");
        none = in_root(&root, "none.key");
        model = wattle_editor_model_new(root.fd, "x", connection);
        g_assert_false(wattle_editor_model_load_key(model, open, &error));
        g_assert_nonnull(strstr(error->message, "others can read or change this private key"));
        g_clear_error(&error);
        g_assert_false(wattle_editor_model_load_key(model, none, &error));
        g_assert_nonnull(strstr(error->message, "not a WireGuard key"));
        g_assert_null(strstr(error->message, "[Interface]"));
        g_assert_cmpstr(model->key_text, ==, "");
        g_clear_error(&error);
        g_assert_true(wattle_editor_model_load_key(model, good, &error));
        g_assert_cmpstr(model->key_text, ==, key);
        g_assert_cmpstr(model->public_key, ==, g_strstrip(public));
        assert_choices(&model->devices, "=Automatic|gw=gw|vps=vps|anna=anna|*ben=ben");
}

static void make_key(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(NMConnection) connection =
                make_connection("mesh=office\nprofile=" OFFICE "\ndevice=ben");
        g_autoptr(WattleEditorModel) model = NULL;
        g_autofree char *first = NULL, *text = NULL;
        WattleKey public;

        root_init(&root);
        model = wattle_editor_model_new(root.fd, "x", connection);
        wattle_editor_model_make_key(model);
        first = g_strdup(model->public_key);
        g_assert_true(wattle_key_parse(first, &public, NULL));
        text = describe(model, connection);
        g_assert_cmpstr(text, ==, BEN UNKNOWN_KEY NETS "written device=ben " WITH_KEY);
        wattle_editor_model_make_key(model);
        g_assert_cmpstr(model->public_key, !=, first);
}

#define OURS   "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="
#define INVITE "[Mesh]\nName=home\nSerial=7\nInvitation=laptop\nSubnet=10.7.0.0/16\n"
#define LAPTOP                                                                                     \
        "[Device laptop]\nPublicKey=sNCPNbRoM4FImvsygl5ZFS1H0ZvJ4FDW1alUmEydHiw=\n"                \
        "Address=10.7.0.1\n"
#define NAS "[Device nas]\nPublicKey=" KEY_B "\nAddress=10.7.0.2\nPublicEndpoint=198.51.100.7:4\n"

/* The words are shown until the mesh has come, which the service writes. */
static void check_invited(WattleEditorModel *model, const WattleSigningSecret *secret,
                          const char *rest)
{
        g_autoptr(NMConnection) connection = make_connection("");
        g_autofree char *said = describe(model, connection);
        char words[WATTLE_WORDS_MAX];
        WattleSigningKey key;

        wattle_signing_secret_get_public(secret, &key);
        wattle_words_format(key.bytes, words);
        g_assert_true(g_str_has_prefix(said, "mesh info: An invitation; all of the mesh comes "));
        g_assert_nonnull(strstr(said, words));
        g_assert_cmpstr(strstr(said, "\n") + 1, ==, rest);
}

/* A key is made, the admin is told its public half, and the answer is opened in the same
 * connection; or all comes at once, with the key. */
static void invitation(void)
{
        WattleSigningSecret *secret = wattle_signing_secret_generate();
        g_auto(WattleKey) key = { 0 };

        g_assert_true(wattle_key_parse(OURS, &key, NULL));
        for (guint i = 0; i < 3; i++) {
                g_autofree char *text =
                        make_invitation(secret, INVITE LAPTOP NAS, i == 1 ? &key : NULL);
                g_autofree char *public = make_invitation(secret, INVITE LAPTOP NAS, NULL);
                g_autofree char *path = NULL, *written = NULL;
                g_autoptr(NMConnection) connection = make_connection("");
                g_autoptr(WattleEditorModel) model = NULL;
                g_autoptr(GError) error = NULL;
                g_auto(Root) root = { 0 };

                root_init(&root);
                root_put(&root, "mail.txt", text, 0600);
                path = g_build_filename(root.path, "mail.txt", NULL);
                model = wattle_editor_model_new(root.fd, "elsewhere", connection);
                if (i != 1)
                        wattle_editor_model_set_key(model, i == 0 ? OURS : KEY_C);
                g_assert_true(wattle_editor_model_open_mesh(model, path, &error));
                g_assert_cmpstr(model->meshes.selected, ==, WATTLE_CHOICE_CARRIED);
                written = g_strdup_printf(
                        "device info: 10.7.0.1\n%sroutes info: No device of the mesh has any.\n"
                        "written device=laptop invitation=%s mesh=home private-key-flags=0 and a "
                        "key\n",
                        i == 2 ? "key warning: The invitation is for another key than this one.\n"
                               : "",
                        public);
                check_invited(model, secret, written);
        }
        wattle_signing_secret_free(secret);
}

/* The mesh has come: it is what is shown, and the invitation stays, by which newer ones are known.
 */
static void invited_long_ago(void)
{
        WattleSigningSecret *secret = wattle_signing_secret_generate();
        g_autofree char *text = make_invitation(secret, INVITE LAPTOP NAS, NULL);
        g_autoptr(NMConnection) connection = make_connection("mesh=home\nsecret=" OURS);
        NMSettingVpn *vpn = nm_connection_get_setting_vpn(connection);
        g_autoptr(WattleEditorModel) model = NULL;
        g_auto(Root) root = { 0 };
        g_autoptr(GError) error = NULL;

        root_init(&root);
        nm_setting_vpn_add_data_item(vpn, "invitation", text);
        nm_setting_vpn_add_data_item(vpn, "profile",
                                     "[Mesh]\nName=home\nSubnet=10.7.0.0/16\n" LAPTOP);
        model = wattle_editor_model_new(root.fd, "elsewhere", connection);
        g_assert_null(model->notes[WATTLE_FIELD_MESH].text);
        g_assert_cmpuint(model->summary->len, ==, 1);
        g_assert_true(wattle_editor_model_write(model, connection, &error));
        g_assert_cmpstr(nm_setting_vpn_get_data_item(vpn, "invitation"), ==, text);
        g_assert_nonnull(nm_setting_vpn_get_data_item(vpn, "profile"));
        wattle_signing_secret_free(secret);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        if (sodium_init() < 0)
                return 1;
        g_test_add_func("/editor-model/invitation", invitation);
        g_test_add_func("/editor-model/invited-long-ago", invited_long_ago);
        add_rows("/editor-model/row", rows, one_row);
        g_test_add_func("/editor-model/lists", lists);
        g_test_add_func("/editor-model/summary", summary);
        g_test_add_func("/editor-model/open-mesh", open_mesh);
        g_test_add_func("/editor-model/persistent-stays", persistent_stays);
        g_test_add_func("/editor-model/load-key", load_key);
        g_test_add_func("/editor-model/make-key", make_key);
        return g_test_run();
}
