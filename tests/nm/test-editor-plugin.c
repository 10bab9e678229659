/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin as nmcli and the desktops' settings load it: import and export. */
#include <NetworkManager.h>
#include <sodium.h>
#include <string.h>

#include "common/error.h"
#include "nm-plugin/editor/mesh-file.h"
#include "nm-plugin/vpn-data.h"
#include "tests/unit/fixture.h"
#include "tests/unit/signed.h"

static NMVpnEditorPlugin *plugin;

static NMVpnEditorPlugin *load_plugin(void)
{
        g_autoptr(GError) error = NULL;
        NMVpnEditorPlugin *loaded = nm_vpn_editor_plugin_load_from_file(
                g_getenv("WATTLE_TEST_PLUGIN"), WATTLE_VPN_SERVICE, -1, NULL, NULL, &error);

        g_assert_no_error(error);
        return loaded;
}

static char *sample_path(const char *folder, const char *name, const char *suffix)
{
        g_autofree char *file = g_strconcat(name, suffix, NULL);

        return g_build_filename(g_getenv("WATTLE_TEST_MESHES"), folder, file, NULL);
}

static char *read_file(const char *path)
{
        g_autoptr(GError) error = NULL;
        char *text = NULL;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

static NMConnection *import(const char *path)
{
        g_autoptr(GError) error = NULL;
        NMConnection *connection = nm_vpn_editor_plugin_import(plugin, path, &error);

        g_assert_no_error(error);
        g_assert_nonnull(connection);
        return connection;
}

static NMSettingVpn *vpn_of(NMConnection *connection)
{
        return nm_connection_get_setting_vpn(connection);
}

static void assert_accepted(NMConnection *connection)
{
        g_autoptr(GError) error = NULL;

        nm_connection_normalize(connection, NULL, NULL, &error);
        g_assert_no_error(error);
        nm_connection_verify(connection, &error);
        g_assert_no_error(error);
        nm_connection_verify_secrets(connection, &error);
        g_assert_no_error(error);
}

/* As NetworkManager stores it and reads it again. */
static NMConnection *through_keyfile(NMConnection *connection)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GKeyFile) written =
                nm_keyfile_write(connection, NM_KEYFILE_HANDLER_FLAGS_NONE, NULL, NULL, &error);
        g_autoptr(GKeyFile) read = g_key_file_new();
        g_autofree char *text = NULL;
        NMConnection *back;

        g_assert_no_error(error);
        text = g_key_file_to_data(written, NULL, NULL);
        g_assert_true(g_key_file_load_from_data(read, text, strlen(text), G_KEY_FILE_NONE, NULL));
        back = nm_keyfile_read(read, "/etc/NetworkManager/system-connections",
                               NM_KEYFILE_HANDLER_FLAGS_NONE, NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_true(nm_connection_compare(connection, back, NM_SETTING_COMPARE_FLAG_EXACT));
        return back;
}

static void assert_exported(NMConnection *connection, const char *expected)
{
        g_auto(Root) root = { 0 };
        g_autofree char *path = NULL, *text = NULL;
        g_autoptr(GError) error = NULL;

        root_init(&root);
        path = g_build_filename(root.path, "out.mesh", NULL);
        nm_vpn_editor_plugin_export(plugin, path, connection, &error);
        g_assert_no_error(error);
        text = root_get(&root, "out.mesh");
        g_assert_cmpstr(text, ==, expected);
        g_assert_cmpint(root_stat(&root, "out.mesh").st_mode & 07777, ==, 0644);
}

static void what_it_is(void)
{
        g_autofree char *name = NULL, *description = NULL, *service = NULL;

        g_object_get(plugin, NM_VPN_EDITOR_PLUGIN_NAME, &name, NM_VPN_EDITOR_PLUGIN_DESCRIPTION,
                     &description, NM_VPN_EDITOR_PLUGIN_SERVICE, &service, NULL);
        g_assert_cmpstr(name, ==, "wattle mesh");
        g_assert_nonnull(strstr(description, "WireGuard"));
        g_assert_cmpstr(service, ==, "org.freedesktop.NetworkManager.wattle");
        g_assert_cmpint(nm_vpn_editor_plugin_get_capabilities(plugin), ==,
                        NM_VPN_EDITOR_PLUGIN_CAPABILITY_IMPORT |
                                NM_VPN_EDITOR_PLUGIN_CAPABILITY_EXPORT);
}

static void import_sample(gconstpointer data)
{
        g_autofree char *path = sample_path("", data, ".mesh");
        g_autofree char *text = read_file(path), *file_name = NULL;
        g_autoptr(NMConnection) connection = import(path), back = NULL;
        NMSettingVpn *vpn = vpn_of(connection);

        g_assert_cmpstr(nm_connection_get_id(connection), ==, data);
        g_assert_true(nm_connection_is_type(connection, NM_SETTING_VPN_SETTING_NAME));
        g_assert_cmpstr(nm_setting_vpn_get_service_type(vpn), ==, WATTLE_VPN_SERVICE);
        g_assert_cmpstr(nm_setting_vpn_get_data_item(vpn, "mesh"), ==, data);
        g_assert_cmpstr(nm_setting_vpn_get_data_item(vpn, "profile"), ==, text);
        g_assert_cmpuint(nm_setting_vpn_get_num_data_items(vpn), ==, 2);
        g_assert_cmpuint(nm_setting_vpn_get_num_secrets(vpn), ==, 0);
        g_assert_true(nm_setting_vpn_get_persistent(vpn));
        g_assert_true(nm_setting_ip_config_get_never_default(
                nm_connection_get_setting_ip4_config(connection)));
        g_assert_true(nm_setting_ip_config_get_never_default(
                nm_connection_get_setting_ip6_config(connection)));
        assert_accepted(connection);
        back = through_keyfile(connection);
        assert_exported(back, text);
        file_name = nm_vpn_editor_plugin_get_suggested_filename(plugin, back);
        g_assert_cmpstr(file_name, ==, strcmp(data, "wgnet") == 0 ? "wgnet.mesh" : "office.mesh");
}

/* A connection for each device of the samples, with its key, is stored and understood. */
typedef struct {
        const char *device;
        const char *mesh;
        const char *fault; /* NULL: it can be connected */
        const char *warning;
} Device;

static const Device devices[] = {
        { "desktop", "wgnet", NULL, NULL },
        { "laptop", "wgnet", NULL, NULL },
        { "nas", "wgnet", NULL, NULL },
        { "vps", "wgnet", NULL, NULL },
        { "anna", "office", NULL, NULL },
        { "ben", "office", NULL, NULL },
        { "gw", "office", NULL, NULL },
        { "vps", "office", NULL,
          "office.mesh:17:1: warning: device vps is an exit node, and NetworkManager masquerades "
          "nothing: install the mesh and wattle-filter, or have the firewall of this host do it" },
        { "phone", "office", "Managed=no", NULL },
        { "printer", "office", "Managed=no", NULL },
        { "old", "office", "is revoked", NULL },
};

static void choose_device(NMConnection *connection, const Device *row)
{
        g_autofree char *name = g_strconcat(row->mesh, "-", row->device, NULL);
        g_autofree char *path = sample_path("keys", name, ".key"), *key = read_file(path);

        nm_setting_vpn_add_data_item(vpn_of(connection), WATTLE_VPN_KEY_DEVICE, row->device);
        nm_setting_vpn_add_data_item(vpn_of(connection), "private-key-flags", "0");
        nm_setting_vpn_add_secret(vpn_of(connection), WATTLE_VPN_SECRET_KEY, g_strstrip(key));
}

static void every_device(gconstpointer data)
{
        const Device *row = data;
        g_autofree char *path = sample_path("", row->mesh, ".mesh"), *text = read_file(path);
        g_autoptr(NMConnection) connection = import(path), back = NULL;
        g_auto(WattleVpnData) read = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleView) view = NULL;
        g_autoptr(GError) error = NULL;

        choose_device(connection, row);
        assert_accepted(connection);
        back = through_keyfile(connection);
        assert_exported(back, text);
        wattle_report_init(&report);
        g_assert_true(wattle_vpn_data_read(vpn_of(back), &read, &error));
        g_assert_true(read.has_key);
        g_assert_true(wattle_vpn_data_load(&read, -1, &mesh, &report));
        view = wattle_vpn_data_view(&read, -1, &mesh, &report);
        if (row->fault) {
                g_assert_null(view);
                g_assert_nonnull(
                        strstr(g_array_index(report.faults, WattleFault, 0).text, row->fault));
        } else {
                check_faults(&report, row->warning ? row->warning : "");
                g_assert_cmpstr(view->self.name, ==, row->device);
        }
}

/* The name of the host that imports, and what device= says then. */
static const struct {
        const char *host_name;
        const char *mesh;
        const char *device;
} host_names[] = {
        { "laptop", "wgnet", "laptop" }, { "anna-laptop", "office", "anna" }, /* an alias */
        { "elsewhere", "wgnet", NULL },  { "", "wgnet", NULL },
        { "phone", "office", NULL }, /* runs no wattle */
        { "old", "office", NULL },   /* revoked */
};

static void host_name(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(host_names); i++) {
                g_autofree char *path = sample_path("", host_names[i].mesh, ".mesh");
                g_autoptr(GError) error = NULL;
                g_autoptr(NMConnection) connection =
                        wattle_mesh_file_import(path, host_names[i].host_name, &error);

                g_assert_no_error(error);
                g_assert_cmpstr(nm_setting_vpn_get_data_item(vpn_of(connection), "device"), ==,
                                host_names[i].device);
        }
}

#define HEAD "[Mesh]\nSubnet=10.1.0.0/24\n"

/* Bytes that a string of C cannot hold have their size. */
static const struct {
        const char *name;
        const char *file;
        const char *content;
        gsize size; /* 0: of the string */
        const char *error;
} refused[] = {
        { "empty", "a.mesh", "", 0, "a.mesh: is empty" },
        { "wg-quick", "wg0.conf", "[Interface]\nPrivateKey=secret\n[Peer]\n", 0,
          "wg0.conf: is no mesh of wattle's: it has no section [Mesh], nor is it an invitation" },
        { "openvpn", "work.ovpn", "client\ndev tun\n<ca>\n</ca>\n", 0,
          "work.ovpn: is no mesh of wattle's: it has no section [Mesh], nor is it an invitation" },
        { "program", "a.out", "\177ELF\2\1\1\0\0\0", 10,
          "a.out: is no mesh of wattle's: it has no section [Mesh], nor is it an invitation" },
        { "bytes", "a.mesh", HEAD "\0\xff", sizeof HEAD + 1,
          "a.mesh:3:1: has the control character 0x00" },
        { "name of the file", "my mesh.mesh", HEAD, 0,
          "my mesh.mesh: the mesh takes its name from the file, and 'my mesh' has a character "
          "other than a-z, 0-9, _ and -: rename the file, or write Name= below [Mesh]" },
        { "name too long for an interface", "a.mesh", HEAD "Name=much-too-long-name\n", 0,
          "a.mesh:1:1: the interface is called as the mesh, but 'much-too-long-name' has 18 "
          "characters, at most 15 are possible" },
        { "private key", "a.mesh",
          HEAD "[Device a]\nPublicKey=" KEY_A "\nAddress=10.1.0.1\nPrivateKey=x\n", 0,
          "a.mesh:6:1: PrivateKey: a private key never belongs in a profile, which every device "
          "reads: keep it on its own device, in /etc/wattle/MESH.key, and make a new one now if it "
          "was shared" },
        { "faults", "a.mesh",
          HEAD "Port=1\n[Device A]\n[Device b]\nPublicKey=" KEY_A "\nAddress=10.2.0.1\n", 0,
          "a.mesh:3:1: unknown key 'Port'\n"
          "a.mesh:4:9: Device: 'A' has upper case: write a\n"
          "a.mesh:7:9: Address: 10.2.0.1 is outside 10.1.0.0/24" },
        { "newer format", "a.mesh", HEAD "Format=2\n", 0,
          "a.mesh:3:8: Format: 2 is newer than this wattle, which reads 1: update wattle" },
};

#define US "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="

/* As it comes by mail, with a key and without one. What the connection has of it anybody may read,
 * so the key is a secret beside it. */
static void import_invitation(void)
{
        static const char tiny[] =
                "[Mesh]\nName=home\nSerial=7\nInvitation=laptop\nSubnet=10.7.0.0/16\n"
                "[Device laptop]\nPublicKey=sNCPNbRoM4FImvsygl5ZFS1H0ZvJ4FDW1alUmEydHiw=\n"
                "Address=10.7.0.1\n[Device nas]\nPublicKey=" KEY_B
                "\nAddress=10.7.0.2\nPublicEndpoint=198.51.100.7:4\n";
        WattleSigningSecret *secret = wattle_signing_secret_generate();
        g_auto(WattleKey) key = { 0 };
        g_autofree char *public = make_invitation(secret, tiny, NULL);

        g_assert_true(wattle_key_parse(US, &key, NULL));
        for (guint i = 0; i < 2; i++) {
                g_autofree char *text = make_invitation(secret, tiny, i == 0 ? NULL : &key);
                g_autofree char *mail = g_strconcat("Hello,\n\n> ", text, "\nyours\n", NULL);
                g_autofree char *path = NULL, *name = NULL;
                g_autoptr(NMConnection) connection = NULL, back = NULL;
                g_auto(Root) root = { 0 };

                root_init(&root);
                root_put(&root, "mail.txt", mail, 0600);
                path = g_build_filename(root.path, "mail.txt", NULL);
                connection = import(path);
                assert_accepted(connection);
                back = through_keyfile(connection);
                g_assert_cmpstr(nm_connection_get_id(back), ==, "home");
                g_assert_cmpstr(nm_setting_vpn_get_data_item(vpn_of(back), "mesh"), ==, "home");
                g_assert_cmpstr(nm_setting_vpn_get_data_item(vpn_of(back), "device"), ==, "laptop");
                g_assert_null(nm_setting_vpn_get_data_item(vpn_of(back), "profile"));
                g_assert_cmpstr(nm_setting_vpn_get_data_item(vpn_of(back), "invitation"), ==,
                                public);
                g_assert_cmpstr(nm_setting_vpn_get_secret(vpn_of(back), "private-key"), ==,
                                i == 0 ? NULL : US);
                assert_exported(back, public);
                name = nm_vpn_editor_plugin_get_suggested_filename(plugin, back);
                g_assert_cmpstr(name, ==, "home.invite");
        }
        wattle_signing_secret_free(secret);
}

static void refuse_invitation(void)
{
        g_auto(Root) root = { 0 };
        g_autofree char *path = NULL;
        g_autoptr(GError) error = NULL;

        root_init(&root);
        root_put(&root, "mail.txt", "wattle:AQAA\nBBBB.\n", 0600);
        path = g_build_filename(root.path, "mail.txt", NULL);
        g_assert_null(nm_vpn_editor_plugin_import(plugin, path, &error));
        g_assert_cmpstr(error->message, ==,
                        "mail.txt: it was changed on the way, a character or more: copy all of it "
                        "again");
}

static void refuse_row(gconstpointer data)
{
        const typeof(refused[0]) *row = data;
        g_auto(Root) root = { 0 };
        g_autofree char *path = NULL;
        g_autoptr(GError) error = NULL;

        root_init(&root);
        root_put_bytes(&root, row->file, row->content, row->size ? row->size : strlen(row->content),
                       0644);
        path = g_build_filename(root.path, row->file, NULL);
        g_assert_null(nm_vpn_editor_plugin_import(plugin, path, NULL));
        g_assert_null(nm_vpn_editor_plugin_import(plugin, path, &error));
        g_assert_nonnull(error);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_cmpstr(error->message, ==, row->error);
}

static void assert_refused(const char *path, const char *expected)
{
        g_autoptr(GError) error = NULL;

        g_assert_null(nm_vpn_editor_plugin_import(plugin, path, &error));
        g_assert_nonnull(error);
        g_assert_cmpstr(error->message, ==, expected);
}

static void refuse_what_is_no_file(void)
{
        g_auto(Root) root = { 0 };
        g_autofree char *folder = NULL, *missing = NULL, *large = NULL;
        g_autofree char *bytes = g_malloc0(WATTLE_VPN_PROFILE_MAX + 1);

        root_init(&root);
        folder = g_build_filename(root.path, "home.mesh", NULL);
        missing = g_build_filename(root.path, "missing.mesh", NULL);
        large = g_build_filename(root.path, "large.mesh", NULL);
        root_put(&root, "home.mesh/x", "", 0644);
        root_put_bytes(&root, "large.mesh", bytes, WATTLE_VPN_PROFILE_MAX + 1, 0644);
        assert_refused(folder, "home.mesh: is a folder, not a file");
        assert_refused(missing, "missing.mesh: No such file or directory");
        assert_refused(large, "large.mesh: is larger than 1 MiB");
}

/* So many as can be read, and how many are left. */
static void many_faults(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(GString) text = g_string_new(HEAD);
        g_autofree char *path = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) lines = NULL;

        for (guint i = 0; i < 5000; i++)
                g_string_append(text, "Bad=1\n");
        root_init(&root);
        root_put(&root, "home.mesh", text->str, 0644);
        path = g_build_filename(root.path, "home.mesh", NULL);
        g_assert_null(nm_vpn_editor_plugin_import(plugin, path, &error));
        lines = g_strsplit(error->message, "\n", -1);
        g_assert_cmpuint(g_strv_length(lines), ==, WATTLE_MESH_FILE_MAX_FAULTS + 1);
        g_assert_true(g_str_has_prefix(lines[0], "home.mesh:3:1: "));
        g_assert_cmpstr(lines[WATTLE_MESH_FILE_MAX_FAULTS], ==, "and 4990 more");
}

/* The largest that is taken, and back. */
static void large_mesh(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(GString) text = g_string_new("[Mesh]\nSubnet=10.1.0.0/24\n");
        g_autofree char *path = NULL;
        g_autoptr(NMConnection) connection = NULL, back = NULL;

        while (text->len + 60 < WATTLE_VPN_PROFILE_MAX)
                g_string_append(text, "# \xc3\xbc \\ \t ; = [x] \"quoted\" %s and so on\n");
        root_init(&root);
        root_put(&root, "home.mesh", text->str, 0644);
        path = g_build_filename(root.path, "home.mesh", NULL);
        connection = import(path);
        assert_accepted(connection);
        back = through_keyfile(connection);
        assert_exported(back, text->str);
}

/* Text that a keyfile has to escape comes back as it was. */
static const char *const texts[] = {
        HEAD,
        "\n\n# blank lines and a tab\t\n" HEAD "\n\n",
        "  # begins with blanks\n" HEAD,
        HEAD "# no line end",
        HEAD "# \\n \\s \\t \\\\ and ;\n",
        HEAD "# \xe2\x82\xac\n",
};

static void same_bytes(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_auto(Root) root = { 0 };
                g_autofree char *path = NULL;
                g_autoptr(NMConnection) connection = NULL, back = NULL;

                root_init(&root);
                root_put(&root, "home.mesh", texts[i], 0644);
                path = g_build_filename(root.path, "home.mesh", NULL);
                connection = import(path);
                back = through_keyfile(connection);
                assert_exported(back, texts[i]);
        }
}

static NMConnection *named(const char *mesh, const char *service)
{
        NMConnection *connection = nm_simple_connection_new();
        NMSetting *vpn = nm_setting_vpn_new();

        g_object_set(vpn, NM_SETTING_VPN_SERVICE_TYPE, service, NULL);
        nm_setting_vpn_add_data_item(NM_SETTING_VPN(vpn), "mesh", mesh);
        nm_connection_add_setting(connection, vpn);
        return connection;
}

/* Of an installed mesh the text is that of the host. */
static void export_installed(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(NMConnection) connection = named("home", WATTLE_VPN_SERVICE);
        g_autofree char *path = NULL, *text = NULL;
        g_autoptr(GError) error = NULL;

        root_init(&root);
        path = g_build_filename(root.path, "out.mesh", NULL);
        g_assert_false(wattle_mesh_file_export(connection, root.fd, path, &error));
        g_assert_cmpstr(error->message, ==,
                        "there is no mesh home on this host: " WATTLE_CONFDIR
                        "/home.mesh is missing");
        root_put(&root, WATTLE_CONFDIR "/home.mesh", HEAD "# installed\n", 0644);
        g_clear_error(&error);
        g_assert_true(wattle_mesh_file_export(connection, root.fd, path, &error));
        g_assert_no_error(error);
        text = root_get(&root, "out.mesh");
        g_assert_cmpstr(text, ==, HEAD "# installed\n");
}

static void export_refused(void)
{
        g_autofree char *path = sample_path("", "wgnet", ".mesh");
        g_autoptr(NMConnection) good = import(path);
        g_autoptr(NMConnection) foreign = named("home", "org.freedesktop.NetworkManager.openvpn");
        g_autoptr(NMConnection) bad = named("../home", WATTLE_VPN_SERVICE);
        g_autoptr(NMConnection) empty = nm_simple_connection_new();
        g_autoptr(GError) error = NULL;

        g_assert_false(nm_vpn_editor_plugin_export(plugin, "/nowhere/out.mesh", good, &error));
        g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
        g_clear_error(&error);
        g_assert_false(nm_vpn_editor_plugin_export(plugin, "/nowhere/out.mesh", foreign, &error));
        g_assert_cmpstr(error->message, ==, "the connection is not of type wattle");
        g_clear_error(&error);
        g_assert_false(nm_vpn_editor_plugin_export(plugin, "/nowhere/out.mesh", empty, &error));
        g_assert_cmpstr(error->message, ==, "the connection is not of type wattle");
        g_clear_error(&error);
        g_assert_false(nm_vpn_editor_plugin_export(plugin, "/nowhere/out.mesh", bad, &error));
        g_assert_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID);
}

static void no_gtk_here(void)
{
        g_autoptr(NMConnection) connection = named("home", WATTLE_VPN_SERVICE);
        g_autoptr(GError) error = NULL;

        g_assert_null(nm_vpn_editor_plugin_get_editor(plugin, connection, &error));
        g_assert_cmpstr(error->message, ==, "this program has no GTK, which the editor needs");
}

int main(int argc, char **argv)
{
        int status;

        g_test_init(&argc, &argv, NULL);
        if (sodium_init() < 0)
                return 1;
        plugin = load_plugin();
        g_test_add_func("/editor-plugin/import-invitation", import_invitation);
        g_test_add_func("/editor-plugin/refuse-invitation", refuse_invitation);
        g_test_add_func("/editor-plugin/what-it-is", what_it_is);
        g_test_add_data_func("/editor-plugin/import/wgnet", "wgnet", import_sample);
        g_test_add_data_func("/editor-plugin/import/office", "office", import_sample);
        add_rows("/editor-plugin/every-device", devices, every_device);
        g_test_add_func("/editor-plugin/host-name", host_name);
        add_rows("/editor-plugin/refused", refused, refuse_row);
        g_test_add_func("/editor-plugin/refused/what-is-no-file", refuse_what_is_no_file);
        g_test_add_func("/editor-plugin/many-faults", many_faults);
        g_test_add_func("/editor-plugin/large-mesh", large_mesh);
        g_test_add_func("/editor-plugin/same-bytes", same_bytes);
        g_test_add_func("/editor-plugin/export-installed", export_installed);
        g_test_add_func("/editor-plugin/export-refused", export_refused);
        g_test_add_func("/editor-plugin/no-gtk-here", no_gtk_here);
        status = g_test_run();
        g_object_unref(plugin);
        return status;
}
