/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The editor in a program of its own, for GTK 3 and for GTK 4, filled in by code. With --show FILE
 * it is that program for a user: FILE is a connection, to which Save writes. */
#include <NetworkManager.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/nm-profile.h"
#include "tests/nm/editor-host.h"
#include "tests/unit/fixture.h"

typedef struct {
        NMVpnEditorPlugin *plugin;
        NMConnection *connection;
        NMVpnEditor *editor;
        GtkWidget *page;
        GtkWidget *window;
        guint n_changes;
} Page;

static void count(Page *page)
{
        page->n_changes++;
}

static void page_open(Page *page, const char *root, NMConnection *connection, const char *title)
{
        g_autoptr(GError) error = NULL;

        page->connection = connection;
        page->plugin = nm_vpn_editor_plugin_load_from_file(
                g_getenv("WATTLE_TEST_PLUGIN"), WATTLE_VPN_SERVICE, -1, NULL, NULL, &error);
        g_assert_no_error(error);
        g_object_set(page->plugin, "root", root, NULL);
        page->editor = nm_vpn_editor_plugin_get_editor(page->plugin, connection, &error);
        g_assert_no_error(error);
        page->page = GTK_WIDGET(nm_vpn_editor_get_widget(page->editor));
        page->window = host_open(page->page, title);
        g_signal_connect_swapped(page->editor, "changed", G_CALLBACK(count), page);
        while (!gtk_widget_get_mapped(page->page))
                g_main_context_iteration(NULL, TRUE);
}

static void page_clear(Page *page)
{
        host_close(page->window);
        g_clear_object(&page->editor);
        g_clear_object(&page->plugin);
        g_clear_object(&page->connection);
        while (g_main_context_iteration(NULL, FALSE))
                ;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Page, page_clear)

static NMConnection *import(const char *name)
{
        g_autofree char *path = g_build_filename(g_getenv("WATTLE_TEST_MESHES"), name, NULL);
        g_autoptr(GError) error = NULL;
        NMVpnEditorPlugin *plugin = nm_vpn_editor_plugin_load_from_file(
                g_getenv("WATTLE_TEST_PLUGIN"), WATTLE_VPN_SERVICE, -1, NULL, NULL, &error);
        NMConnection *connection = nm_vpn_editor_plugin_import(plugin, path, &error);

        g_assert_no_error(error);
        g_object_unref(plugin);
        return connection;
}

static GtkWidget *find_below(GtkWidget *widget, const char *id)
{
        g_autoptr(GList) children = NULL;
        GtkWidget *found = NULL;

        if (g_strcmp0(host_id(widget), id) == 0)
                return widget;
        children = host_children(widget);
        for (GList *child = children; child && !found; child = child->next)
                found = find_below(child->data, id);
        return found;
}

static GtkWidget *find(const Page *page, const char *id)
{
        GtkWidget *found = find_below(page->page, id);

        if (!found)
                g_error("no widget %s", id);
        return found;
}

static void assert_text(const Page *page, const char *id, const char *expected)
{
        g_assert_cmpstr(gtk_label_get_text(GTK_LABEL(find(page, id))), ==, expected);
}

static void assert_selected(const Page *page, const char *id, const char *expected)
{
        g_assert_cmpstr(gtk_combo_box_get_active_id(GTK_COMBO_BOX(find(page, id))), ==, expected);
}

static void assert_shown(const Page *page, const char *id, gboolean shown)
{
        g_assert_cmpint(gtk_widget_get_visible(find(page, id)), ==, shown);
}

static void choose(const Page *page, const char *id, const char *choice)
{
        g_assert_true(gtk_combo_box_set_active_id(GTK_COMBO_BOX(find(page, id)), choice));
}

static int count_choices(const Page *page, const char *id)
{
        return gtk_tree_model_iter_n_children(
                gtk_combo_box_get_model(GTK_COMBO_BOX(find(page, id))), NULL);
}

static void type(const Page *page, const char *id, const char *text)
{
        g_object_set(find(page, id), "text", text, NULL);
}

static void click(const Page *page, const char *id)
{
        g_signal_emit_by_name(find(page, id), "clicked");
}

static char *text_of(const Page *page, const char *id)
{
        char *text = NULL;

        g_object_get(find(page, id), "text", &text, NULL);
        return text;
}

static char *read_key(const char *file)
{
        g_autofree char *path =
                g_build_filename(g_getenv("WATTLE_TEST_MESHES"), "keys", file, NULL);
        char *text = NULL;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        return g_strstrip(text);
}

static const char *item(const Page *page, const char *key)
{
        return nm_setting_vpn_get_data_item(nm_connection_get_setting_vpn(page->connection), key);
}

static void save(const Page *page)
{
        g_autoptr(GError) error = NULL;

        nm_vpn_editor_update_connection(page->editor, page->connection, &error);
        g_assert_no_error(error);
}

/* As a person does who was sent a mesh: top to bottom. */
static void fill_in(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        g_auto(Page) page = { 0 };
        g_autofree char *key = read_key("office-anna.key"), *public = read_key("office-anna.pub");

        page_open(&page, root->path, import("office.mesh"), "fill in");
        assert_selected(&page, "mesh", ":carried");
        assert_selected(&page, "device", "");
        assert_shown(&page, "device_note", TRUE);
        assert_shown(&page, "public_key_box", FALSE);
        assert_text(&page, "summary_title",
                    "office: 7 devices, serial 42, 10.77.0.0/24, fd77:77:77::/64");
        g_assert_cmpuint(page.n_changes, ==, 0);
        type(&page, "key", key);
        assert_selected(&page, "device", "anna");
        assert_text(&page, "public_key", public);
        assert_shown(&page, "public_key_box", TRUE);
        assert_shown(&page, "key_note", FALSE);
        g_assert_cmpuint(page.n_changes, ==, 1);
        choose(&page, "exit_node", "vps");
        g_object_set(find(&page, "accept_routes"), "active", TRUE, NULL);
        g_assert_cmpuint(page.n_changes, ==, 3);
        save(&page);
        g_assert_cmpstr(item(&page, "device"), ==, "anna");
        g_assert_cmpstr(item(&page, "exit-node"), ==, "vps");
        g_assert_cmpstr(item(&page, "accept-routes"), ==, "yes");
        g_assert_cmpstr(nm_setting_vpn_get_secret(nm_connection_get_setting_vpn(page.connection),
                                                  "private-key"),
                        ==, key);
}

/* What is wrong is said at its field, and not saved. */
static void errors_at_the_field(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        g_auto(Page) page = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *key = read_key("office-ben.key");

        page_open(&page, root->path, import("office.mesh"), "errors");
        type(&page, "key", "no key");
        assert_shown(&page, "key_note", TRUE);
        assert_text(&page, "key_note_text",
                    "This is no private key: that has 44 characters, and = is the last.");
        assert_shown(&page, "key_note_icon", TRUE);
        g_assert_true(gtk_style_context_has_class(gtk_widget_get_style_context(find(&page, "key")),
                                                  "error"));
        g_assert_false(nm_vpn_editor_update_connection(page.editor, page.connection, &error));
        g_assert_nonnull(strstr(error->message, "This is no private key"));
        g_assert_null(strstr(error->message, "no key:"));
        type(&page, "key", key);
        g_assert_false(gtk_style_context_has_class(gtk_widget_get_style_context(find(&page, "key")),
                                                   "error"));
        choose(&page, "device", "anna");
        assert_text(&page, "device_note_text", "The private key is that of ben, not of anna.");
        choose(&page, "device", "");
        assert_text(&page, "device_note_text", "The key says ben, 10.77.0.11");
        save(&page);
        g_assert_null(item(&page, "device"));
}

static void make_key(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        g_auto(Page) page = { 0 };
        g_autofree char *made = NULL, *shown = NULL;

        page_open(&page, root->path, import("wgnet.mesh"), "make a key");
        g_assert_true(gtk_widget_get_sensitive(find(&page, "key_make")));
        click(&page, "key_make");
        made = text_of(&page, "key");
        g_assert_cmpuint(strlen(made), ==, 44);
        assert_shown(&page, "public_key_box", TRUE);
        g_assert_cmpuint(strlen(gtk_label_get_text(GTK_LABEL(find(&page, "public_key")))), ==, 44);
        g_assert_false(gtk_widget_get_sensitive(find(&page, "key_make")));
        g_assert_false(gtk_entry_get_visibility(GTK_ENTRY(find(&page, "key"))));
        g_object_set(find(&page, "key_show"), "active", TRUE, NULL);
        g_assert_true(gtk_entry_get_visibility(GTK_ENTRY(find(&page, "key"))));
        click(&page, "public_key_copy");
        save(&page);
        type(&page, "key", "");
        g_assert_true(gtk_widget_get_sensitive(find(&page, "key_make")));
        assert_shown(&page, "public_key_box", FALSE);
}

/* A new connection has no mesh, and one of a mesh that is not there says so. */
static void without_mesh(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        g_auto(Page) new = { 0 }, gone = { 0 };
        NMConnection *connection = nm_simple_connection_new();
        NMSettingVpn *vpn = NM_SETTING_VPN(nm_setting_vpn_new());
        g_autoptr(GError) error = NULL;

        page_open(&new, root->path, nm_simple_connection_new(), "new");
        assert_text(&new, "mesh_note_text",
                    "Choose a mesh, or open the .mesh file that you were sent.");
        g_assert_false(nm_vpn_editor_update_connection(new.editor, new.connection, &error));
        nm_connection_add_setting(connection, NM_SETTING(vpn));
        nm_setting_vpn_add_data_item(vpn, "mesh", "none-of-that-name");
        page_open(&gone, root->path, connection, "gone");
        assert_selected(&gone, "mesh", "none-of-that-name");
        assert_shown(&gone, "key_row", FALSE);
        assert_shown(&gone, "key_note", TRUE);
        g_assert_true(g_str_has_prefix(gtk_label_get_text(GTK_LABEL(find(&gone, "mesh_note_text"))),
                                       "no mesh none-of-that-name: "));
}

/* What is installed is there to be chosen by name, and its key is not to be entered. */
static void installed(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        g_auto(Page) page = { 0 };

        root_put(root, WATTLE_CONFDIR "/home.mesh",
                 "[Mesh]\nSubnet=10.7.0.0/16\n[Device nas]\nPublicKey=" KEY_A
                 "\nAddress=10.7.0.1\n",
                 0644);
        root_put(root, WATTLE_CONFDIR "/home.mesh.d/local.conf", "[Local]\nConnection=vpn\n", 0644);
        page_open(&page, root->path, nm_simple_connection_new(), "installed");
        g_assert_cmpint(count_choices(&page, "mesh"), ==, 1);
        choose(&page, "mesh", "home");
        assert_text(&page, "summary_title", "home: 1 device, 10.7.0.0/16");
        assert_shown(&page, "key_row", FALSE);
        save(&page);
        g_assert_cmpstr(item(&page, "mesh"), ==, "home");
}

/* The page with all of its fields, laid out. */
static void open_whole(Page *page, const Root *root, const char *title)
{
        page_open(page, root->path, import("office.mesh"), title);
        click(page, "key_make");
        while (gtk_widget_get_allocated_width(find(page, "public_key_copy")) <= 1)
                g_main_context_iteration(NULL, TRUE);
}

static const char *const tab_stops[] = { "mesh",          "mesh_open",       "device",
                                         "key",           "key_load",        "key_show",
                                         "public_key",    "public_key_copy", "exit_node",
                                         "accept_routes", "summary" };

/* The field that has the focus, or a part of which has. */
static const char *focused(const Page *page)
{
        GtkWidget *focus = gtk_window_get_focus(GTK_WINDOW(page->window));

        for (guint i = 0; focus && i < G_N_ELEMENTS(tab_stops); i++) {
                GtkWidget *field = find(page, tab_stops[i]);

                if (focus == field || gtk_widget_is_ancestor(focus, field))
                        return tab_stops[i];
        }
        return "";
}

/* With the Tab key alone, from the first field to the last, once each. */
static void tab_order(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        g_auto(Page) page = { 0 };
        g_autoptr(GString) seen = g_string_new(NULL), wanted = g_string_new(NULL);
        const char *last = "";

        open_whole(&page, root, "tab order");
        host_activate(page.window);
        gtk_widget_child_focus(find(&page, "mesh"), GTK_DIR_TAB_FORWARD);
        for (guint i = 0; i < 2 * G_N_ELEMENTS(tab_stops); i++) {
                const char *now = focused(&page);

                if (i > 0 && strcmp(now, tab_stops[0]) == 0 && strcmp(now, last) != 0)
                        break;
                if (strcmp(now, last) != 0)
                        g_string_append_printf(seen, "%s ", now);
                last = now;
                if (!gtk_widget_child_focus(page.window, GTK_DIR_TAB_FORWARD))
                        break;
        }
        for (guint i = 0; i < G_N_ELEMENTS(tab_stops); i++)
                g_string_append_printf(wanted, "%s ", tab_stops[i]);
        g_assert_cmpstr(seen->str, ==, wanted->str);
}

static void collect_mnemonics(GtkWidget *widget, GString *found)
{
        g_autoptr(GList) children = host_children(widget);
        gboolean underline = FALSE;

        if (g_object_class_find_property(G_OBJECT_GET_CLASS(widget), "use-underline"))
                g_object_get(widget, "use-underline", &underline, NULL);
        if (underline && g_object_class_find_property(G_OBJECT_GET_CLASS(widget), "label")) {
                g_autofree char *label = NULL;
                const char *mark;

                g_object_get(widget, "label", &label, NULL);
                mark = strchr(label ? label : "", '_');
                /* The label inside of a button has the button's. */
                if (mark && host_id(widget))
                        g_string_append_c(found, g_ascii_tolower(mark[1]));
        }
        for (GList *child = children; child; child = child->next)
                collect_mnemonics(child->data, found);
}

/* One for each field, none twice, and none that a desktop's window has: Cancel, Export, the name,
 * Save. */
static void mnemonics(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        g_auto(Page) page = { 0 };
        g_autoptr(GString) found = g_string_new("cens");

        open_whole(&page, root, "mnemonics");
        collect_mnemonics(page.page, found);
        g_assert_cmpstr(found->str, ==, "censmodklgwupxr");
        for (gsize i = 0; i < found->len; i++)
                g_assert_true(strrchr(found->str, found->str[i]) == found->str + i);
}

static double offset_in_page(const Page *page, const char *id)
{
        return host_offset(find(page, id), page->page);
}

/* A window smaller than the page: it scrolls, and goes to the field that has the focus. */
static void small(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        g_auto(Page) page = { 0 };
        GtkAdjustment *at;
        int width, height;

        open_whole(&page, root, "small");
        host_activate(page.window);
        host_measure(page.page, &width, &height);
        g_assert_cmpint(width, <=, 300);
        g_assert_cmpint(height, <=, 200);
        host_measure(find(&page, "fields"), &width, &height);
        g_assert_cmpint(width, <=, 560);
        host_resize(page.window, 360, 240);
        at = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(page.page));
        while (gtk_adjustment_get_page_size(at) > 240 || gtk_adjustment_get_upper(at) <= 0)
                g_main_context_iteration(NULL, TRUE);
        g_assert_cmpfloat(gtk_adjustment_get_upper(at), >=, height);
        g_assert_cmpfloat(gtk_adjustment_get_value(at), ==, 0);
        gtk_widget_grab_focus(find(&page, "accept_routes"));
        while (gtk_adjustment_get_value(at) <= 0)
                g_main_context_iteration(NULL, TRUE);
}

/* Labels stand to the right of their fields, and what is right of a field stands left of it. */
static void right_to_left(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        static const char *const left_of[][2] = { { "mesh", "mesh_label" },
                                                  { "mesh_open", "mesh" },
                                                  { "device", "device_label" },
                                                  { "key_make", "key_load" },
                                                  { "key_load", "key" },
                                                  { "public_key_copy", "public_key" },
                                                  { "exit_node", "exit_node_label" },
                                                  { "accept_routes", "routes_label" } };
        g_auto(Page) page = { 0 };

        gtk_widget_set_default_direction(GTK_TEXT_DIR_RTL);
        open_whole(&page, root, "right to left");
        while (offset_in_page(&page, "mesh_label") <= 0)
                g_main_context_iteration(NULL, TRUE);
        for (guint i = 0; i < G_N_ELEMENTS(left_of); i++)
                g_assert_cmpfloat(offset_in_page(&page, left_of[i][0]), <,
                                  offset_in_page(&page, left_of[i][1]));
        gtk_widget_set_default_direction(GTK_TEXT_DIR_LTR);
}

static NMConnection *read_connection(const char *path)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GError) error = NULL;
        NMConnection *connection;

        g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error);
        g_assert_no_error(error);
        connection = nm_keyfile_read(file, "/", NM_KEYFILE_HANDLER_FLAGS_NONE, NULL, NULL, &error);
        g_assert_no_error(error);
        return connection;
}

typedef struct {
        Page page;
        const char *path;
        gboolean saved;
} Show;

static void save_file(Show *show)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GKeyFile) file = NULL;

        if (!nm_vpn_editor_update_connection(show->page.editor, show->page.connection, &error)) {
                fprintf(stderr, "not saved: %s\n", error->message);
                return;
        }
        file = nm_keyfile_write(show->page.connection, NM_KEYFILE_HANDLER_FLAGS_NONE, NULL, NULL,
                                &error);
        g_assert_no_error(error);
        show->saved = g_key_file_save_to_file(file, show->path, &error);
        g_assert_no_error(error);
}

static int show_file(const char *path)
{
        Show show = { .path = path };

        /* NetworkManager reads no connection that others can. */
        umask(0077);
        page_open(&show.page, "/", read_connection(path), "wattle editor");
        host_add_default(show.page.window, "_Save", G_CALLBACK(save_file), &show);
        while (!show.saved)
                g_main_context_iteration(NULL, TRUE);
        page_clear(&show.page);
        return 0;
}

/* Each has a host of its own, with nothing installed. */
static const struct {
        const char *name;
        void (*run)(Root *root, gconstpointer data);
} scenes[] = {
        { "fill-in", fill_in },
        { "errors-at-the-field", errors_at_the_field },
        { "make-key", make_key },
        { "without-mesh", without_mesh },
        { "installed", installed },
        { "tab-order", tab_order },
        { "mnemonics", mnemonics },
        { "small", small },
        { "right-to-left", right_to_left },
};

static void set_up(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        root_init(root);
}

static void tear_down(Root *root, G_GNUC_UNUSED gconstpointer data)
{
        root_clear(root);
}

int main(int argc, char **argv)
{
        host_init();
        if (argc == 3 && strcmp(argv[1], "--show") == 0)
                return show_file(argv[2]);
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(scenes); i++) {
                g_autofree char *path = g_strconcat("/editor/", scenes[i].name, NULL);

                g_test_add(path, Root, NULL, set_up, scenes[i].run, tear_down);
        }
        return g_test_run();
}
