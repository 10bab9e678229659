/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page itself: editor.ui, filled from the model and changing it. One source for GTK 3 and GTK
 * 4, which makes two libraries; what these do in different ways is in editor-gtk.h. */
#include "nm-plugin/editor/editor.h"

#include <fcntl.h>
#include <gtk/gtk.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "common/language.h"
#include "common/paths.h"
#include "common/sys/host.h"
#include "nm-plugin/editor/editor-gtk.h"
#include "nm-plugin/editor/editor-model.h"

#define UI_RESOURCE "/org/freedesktop/NetworkManager/wattle/editor.ui"

typedef struct {
        GObject parent;
        GtkBuilder *builder;
        WattleEditorModel *model;
        int root_fd;
        gboolean filling; /* it is us who change the widgets */
        guint n_lists;    /* those that are shown */
} WattleEditor;

typedef struct {
        GObjectClass parent;
} WattleEditorClass;

static void init_interface(NMVpnEditorInterface *interface);
static GType wattle_editor_get_type(void);

G_DEFINE_TYPE_WITH_CODE(WattleEditor, wattle_editor, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(NM_TYPE_VPN_EDITOR, init_interface))

/* Names of widgets in editor.ui, by field: what the note is about, and the beginning of its own. */
static const struct {
        const char *widget;
        const char *note;
} fields[] = {
        [WATTLE_FIELD_MESH] = { "mesh", "mesh_note" },
        [WATTLE_FIELD_DEVICE] = { "device", "device_note" },
        [WATTLE_FIELD_KEY] = { "key", "key_note" },
        [WATTLE_FIELD_EXIT_NODE] = { "exit_node", "exit_node_note" },
        [WATTLE_FIELD_ROUTES] = { "accept_routes", "routes_note" },
};

static const struct {
        const char *icon;  /* NULL: none */
        const char *name;  /* of the icon, for who cannot see it */
        const char *class; /* of GTK's themes */
} looks[] = {
        [WATTLE_NOTE_NONE] = { NULL, "", NULL },
        [WATTLE_NOTE_INFO] = { NULL, "", "dim-label" },
        [WATTLE_NOTE_WARNING] = { "dialog-warning-symbolic", "Warning", NULL },
        [WATTLE_NOTE_ERROR] = { "dialog-error-symbolic", "Error", "error" },
};

static GtkWidget *get(const WattleEditor *editor, const char *name)
{
        return GTK_WIDGET(gtk_builder_get_object(editor->builder, name));
}

static GtkWidget *get_part(const WattleEditor *editor, const char *name, const char *part)
{
        g_autofree char *full = g_strconcat(name, part, NULL);

        return get(editor, full);
}

static void set_class(GtkWidget *widget, const char *class, gboolean on)
{
        GtkStyleContext *context = gtk_widget_get_style_context(widget);

        if (on)
                gtk_style_context_add_class(context, class);
        else
                gtk_style_context_remove_class(context, class);
}

static void show_note(WattleEditor *editor, WattleField field, const WattleNote *note)
{
        const char *name = fields[field].note;
        GtkWidget *text = get_part(editor, name, "_text"), *icon = get_part(editor, name, "_icon");

        gtk_widget_set_visible(get(editor, name), note->text != NULL);
        gtk_widget_set_visible(icon, looks[note->kind].icon != NULL);
        g_object_set(icon, "icon-name", looks[note->kind].icon, NULL);
        wattle_gtk_name(icon, looks[note->kind].name);
        gtk_label_set_text(GTK_LABEL(text), note->text ? note->text : "");
        set_class(text, "dim-label", note->kind == WATTLE_NOTE_INFO);
        set_class(text, "error", note->kind == WATTLE_NOTE_ERROR);
        set_class(icon, "error", note->kind == WATTLE_NOTE_ERROR);
        set_class(icon, "warning", note->kind == WATTLE_NOTE_WARNING);
        set_class(get(editor, fields[field].widget), "error", note->kind == WATTLE_NOTE_ERROR);
        wattle_gtk_set_invalid(get(editor, fields[field].widget), note->kind == WATTLE_NOTE_ERROR);
        wattle_gtk_describe(get(editor, fields[field].widget), text, note->text != NULL);
}

static void fill_list(WattleEditor *editor, const char *name, const WattleChoices *choices)
{
        GtkComboBoxText *list = GTK_COMBO_BOX_TEXT(get(editor, name));

        gtk_combo_box_text_remove_all(list);
        for (guint i = 0; i < choices->choices->len; i++) {
                const WattleChoice *choice = &g_array_index(choices->choices, WattleChoice, i);

                gtk_combo_box_text_append(list, choice->id, choice->label);
        }
}

static void fill_lists(WattleEditor *editor)
{
        if (editor->n_lists == editor->model->n_lists)
                return;
        editor->n_lists = editor->model->n_lists;
        fill_list(editor, "mesh", &editor->model->meshes);
        fill_list(editor, "device", &editor->model->devices);
        fill_list(editor, "exit_node", &editor->model->exit_nodes);
}

static void select_in_list(WattleEditor *editor, const char *name, const WattleChoices *choices)
{
        GtkWidget *list = get(editor, name);

        gtk_combo_box_set_active_id(GTK_COMBO_BOX(list), choices->selected);
        wattle_gtk_say_choice(list, get_part(editor, name, "_label"));
}

static void wipe(char *text)
{
        if (text)
                sodium_memzero(text, strlen(text));
        g_free(text);
}

/* A text that is there already is not set again: that would move the cursor of who is typing. */
static void fill_key(WattleEditor *editor)
{
        const WattleEditorModel *model = editor->model;
        GtkWidget *entry = get(editor, "key");
        char *text = NULL;

        g_object_get(entry, "text", &text, NULL);
        if (g_strcmp0(text, model->key_text) != 0)
                g_object_set(entry, "text", model->key_text, NULL);
        wipe(text);
        gtk_widget_set_visible(get(editor, "key_row"), model->has_key_field);
        gtk_widget_set_visible(get(editor, "key_show"), model->has_key_field);
        gtk_widget_set_sensitive(get(editor, "key_make"), !*model->key_text);
        gtk_widget_set_visible(get(editor, "public_key_box"),
                               model->has_key_field && model->public_key);
        gtk_label_set_text(GTK_LABEL(get(editor, "public_key")),
                           model->public_key ? model->public_key : "");
}

/* As many rows as anybody listens to. */
#define MAX_SAID_ROWS 100

static void say_summary(WattleEditor *editor)
{
        const GArray *summary = editor->model->summary;
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < MIN(summary->len, MAX_SAID_ROWS); i++) {
                const WattleSummaryRow *row = &g_array_index(summary, WattleSummaryRow, i);

                g_string_append_printf(text, "%s, %s%s%s\n", row->name, row->addresses,
                                       *row->about ? ", " : "", row->about);
        }
        wattle_gtk_say_rows(get(editor, "summary"), text->str);
}

static void fill_summary(WattleEditor *editor)
{
        GtkListStore *rows =
                GTK_LIST_STORE(gtk_builder_get_object(editor->builder, "summary_rows"));
        GtkTreeIter iter;

        gtk_label_set_text(GTK_LABEL(get(editor, "summary_title")), editor->model->summary_title);
        gtk_list_store_clear(rows);
        for (guint i = 0; i < editor->model->summary->len; i++) {
                const WattleSummaryRow *row =
                        &g_array_index(editor->model->summary, WattleSummaryRow, i);

                gtk_list_store_insert_with_values(rows, &iter, -1, 0, row->name, 1, row->addresses,
                                                  2, row->about, -1);
        }
        say_summary(editor);
}

static void fill(WattleEditor *editor)
{
        const WattleEditorModel *model = editor->model;

        editor->filling = TRUE;
        fill_lists(editor);
        select_in_list(editor, "mesh", &model->meshes);
        select_in_list(editor, "device", &model->devices);
        select_in_list(editor, "exit_node", &model->exit_nodes);
        g_object_set(get(editor, "accept_routes"), "active", model->accept_routes, NULL);
        fill_key(editor);
        for (guint i = 0; i < WATTLE_N_FIELDS; i++)
                show_note(editor, i, &model->notes[i]);
        fill_summary(editor);
        editor->filling = FALSE;
}

static void has_changed(WattleEditor *editor)
{
        fill(editor);
        g_signal_emit_by_name(editor, "changed");
}

static void on_list(WattleEditor *editor, GtkComboBox *list,
                    void (*select)(WattleEditorModel *model, const char *id))
{
        const char *id = gtk_combo_box_get_active_id(list);

        if (editor->filling || !id)
                return;
        select(editor->model, id);
        has_changed(editor);
}

static void on_mesh(WattleEditor *editor, GtkComboBox *list)
{
        on_list(editor, list, wattle_editor_model_select_mesh);
}

static void on_device(WattleEditor *editor, GtkComboBox *list)
{
        on_list(editor, list, wattle_editor_model_select_device);
}

static void on_exit_node(WattleEditor *editor, GtkComboBox *list)
{
        on_list(editor, list, wattle_editor_model_select_exit_node);
}

static void on_accept_routes(WattleEditor *editor, GtkWidget *button)
{
        gboolean active;

        if (editor->filling)
                return;
        g_object_get(button, "active", &active, NULL);
        wattle_editor_model_set_accept_routes(editor->model, active);
        has_changed(editor);
}

static void on_key(WattleEditor *editor, GtkWidget *entry)
{
        char *text = NULL;

        if (editor->filling)
                return;
        g_object_get(entry, "text", &text, NULL);
        wattle_editor_model_set_key(editor->model, text);
        wipe(text);
        has_changed(editor);
}

static void on_key_make(WattleEditor *editor)
{
        wattle_editor_model_make_key(editor->model);
        has_changed(editor);
}

static void on_public_key_copy(WattleEditor *editor, GtkWidget *button)
{
        if (editor->model->public_key)
                wattle_gtk_copy(button, editor->model->public_key);
}

typedef gboolean (*TakeFile)(WattleEditorModel *model, const char *path, GError **error);

/* A file that is refused changes nothing, and its field says why. */
static void take_file(WattleEditor *editor, GtkFileChooser *chooser, WattleField field,
                      TakeFile take)
{
        g_autoptr(GFile) file = gtk_file_chooser_get_file(chooser);
        g_autofree char *path = file ? g_file_get_path(file) : NULL;
        g_autoptr(GError) error = NULL;

        if (!path)
                return;
        if (take(editor->model, path, &error))
                has_changed(editor);
        else
                show_note(editor, field, &(WattleNote){ WATTLE_NOTE_ERROR, error->message });
}

static void on_mesh_file(WattleEditor *editor, int response, GtkNativeDialog *dialog)
{
        if (response == GTK_RESPONSE_ACCEPT)
                take_file(editor, GTK_FILE_CHOOSER(dialog), WATTLE_FIELD_MESH,
                          wattle_editor_model_open_mesh);
        g_object_unref(dialog);
}

static void on_key_file(WattleEditor *editor, int response, GtkNativeDialog *dialog)
{
        if (response == GTK_RESPONSE_ACCEPT)
                take_file(editor, GTK_FILE_CHOOSER(dialog), WATTLE_FIELD_KEY,
                          wattle_editor_model_load_key);
        g_object_unref(dialog);
}

static GtkFileChooserNative *ask_file(WattleEditor *editor, const char *title, GCallback answer)
{
        GtkFileChooserNative *dialog =
                gtk_file_chooser_native_new(title, wattle_gtk_window(get(editor, "page")),
                                            GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);

        g_signal_connect_object(dialog, "response", answer, editor, G_CONNECT_SWAPPED);
        gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(dialog), TRUE);
        return dialog;
}

static void on_mesh_open(WattleEditor *editor)
{
        GtkFileChooserNative *dialog = ask_file(editor, _("Open a Mesh"), G_CALLBACK(on_mesh_file));
        GtkFileFilter *filter = gtk_file_filter_new();
        g_autofree char *name = g_strdup_printf(_("Meshes and invitations (*%s, *%s, *.txt)"),
                                                WATTLE_MESH_SUFFIX, WATTLE_INVITATION_SUFFIX);

        gtk_file_filter_set_name(filter, name);
        gtk_file_filter_add_pattern(filter, "*" WATTLE_MESH_SUFFIX);
        gtk_file_filter_add_pattern(filter, "*" WATTLE_INVITATION_SUFFIX);
        gtk_file_filter_add_pattern(filter, "*.txt");
        gtk_file_chooser_add_filter(GTK_FILE_CHOOSER(dialog), filter);
        gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}

static void on_key_load(WattleEditor *editor)
{
        gtk_native_dialog_show(GTK_NATIVE_DIALOG(
                ask_file(editor, _("Load a Private Key"), G_CALLBACK(on_key_file))));
}

static void on_key_show(WattleEditor *editor, GtkWidget *button)
{
        gboolean active;

        g_object_get(button, "active", &active, NULL);
        gtk_entry_set_visibility(GTK_ENTRY(get(editor, "key")), active);
}

static void connect_signals(WattleEditor *editor)
{
        static const struct {
                const char *widget;
                const char *signal;
                GCallback callback;
        } signals[] = {
                { "mesh", "changed", G_CALLBACK(on_mesh) },
                { "mesh_open", "clicked", G_CALLBACK(on_mesh_open) },
                { "device", "changed", G_CALLBACK(on_device) },
                { "key", "changed", G_CALLBACK(on_key) },
                { "key_load", "clicked", G_CALLBACK(on_key_load) },
                { "key_make", "clicked", G_CALLBACK(on_key_make) },
                { "key_show", "toggled", G_CALLBACK(on_key_show) },
                { "public_key_copy", "clicked", G_CALLBACK(on_public_key_copy) },
                { "exit_node", "changed", G_CALLBACK(on_exit_node) },
                { "accept_routes", "toggled", G_CALLBACK(on_accept_routes) },
        };

        for (guint i = 0; i < G_N_ELEMENTS(signals); i++)
                g_signal_connect_object(get(editor, signals[i].widget), signals[i].signal,
                                        signals[i].callback, editor, G_CONNECT_SWAPPED);
}

static void prepare_widgets(WattleEditor *editor)
{
        static const char *const hidden[] = { "key_row", "key_show", "public_key_box" };

        for (guint i = 0; i < G_N_ELEMENTS(hidden); i++)
                wattle_gtk_show_by_hand(get(editor, hidden[i]));
        for (guint i = 0; i < WATTLE_N_FIELDS; i++) {
                wattle_gtk_show_by_hand(get(editor, fields[i].note));
                wattle_gtk_show_by_hand(get_part(editor, fields[i].note, "_icon"));
        }
        wattle_gtk_say_check(get(editor, "key_show"));
        wattle_gtk_say_check(get(editor, "accept_routes"));
        wattle_gtk_draw_frame(get(editor, "summary_box"));
}

static GObject *get_widget(NMVpnEditor *editor)
{
        return G_OBJECT(get((WattleEditor *)editor, "page"));
}

static gboolean update_connection(NMVpnEditor *editor, NMConnection *connection, GError **error)
{
        return wattle_editor_model_write(((WattleEditor *)editor)->model, connection, error);
}

static void init_interface(NMVpnEditorInterface *interface)
{
        interface->get_widget = get_widget;
        interface->update_connection = update_connection;
}

static void dispose(GObject *object)
{
        WattleEditor *editor = (WattleEditor *)object;

        g_clear_object(&editor->builder);
        g_clear_pointer(&editor->model, wattle_editor_model_free);
        if (editor->root_fd >= 0)
                close(editor->root_fd);
        editor->root_fd = -1;
        G_OBJECT_CLASS(wattle_editor_parent_class)->dispose(object);
}

static void wattle_editor_class_init(WattleEditorClass *class)
{
        G_OBJECT_CLASS(class)->dispose = dispose;
}

static void wattle_editor_init(WattleEditor *editor)
{
        editor->root_fd = -1;
}

G_MODULE_EXPORT NMVpnEditor *wattle_editor_new(NMConnection *connection, int root_fd,
                                               GError **error)
{
        g_autoptr(GObject) object = g_object_new(wattle_editor_get_type(), NULL);
        WattleEditor *editor = (WattleEditor *)object;
        g_autofree char *host_name = wattle_host_name();

        editor->root_fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 0);
        editor->builder = gtk_builder_new();
        gtk_builder_set_translation_domain(editor->builder, WATTLE_LANGUAGE_DOMAIN);
        if (!gtk_builder_add_from_resource(editor->builder, UI_RESOURCE, error))
                return NULL;
        editor->model = wattle_editor_model_new(editor->root_fd, host_name, connection);
        prepare_widgets(editor);
        fill(editor);
        connect_signals(editor);
        return NM_VPN_EDITOR(g_steal_pointer(&object));
}
