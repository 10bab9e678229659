/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/editor/editor-gtk.h"

#include "common/language.h"

GtkWindow *wattle_gtk_window(GtkWidget *widget)
{
        GtkRoot *root = gtk_widget_get_root(widget);

        return GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL;
}

void wattle_gtk_copy(GtkWidget *widget, const char *text)
{
        gdk_clipboard_set_text(gtk_widget_get_clipboard(widget), text);
}

void wattle_gtk_show_by_hand(G_GNUC_UNUSED GtkWidget *widget)
{
}

void wattle_gtk_draw_frame(GtkWidget *scrolled_window)
{
        gtk_scrolled_window_set_has_frame(GTK_SCROLLED_WINDOW(scrolled_window), TRUE);
}

/* What has the keyboard of a list is a button in it. */
static GtkWidget *focus_of(GtkWidget *widget)
{
        GtkWidget *part = GTK_IS_COMBO_BOX(widget) ? gtk_widget_get_first_child(widget) : NULL;

        while (part && !GTK_IS_TOGGLE_BUTTON(part))
                part = gtk_widget_get_first_child(part);
        return part ? part : widget;
}

/* An empty text would be read as the name of its class. */
void wattle_gtk_describe(GtkWidget *widget, GtkWidget *by, gboolean counts)
{
        GtkAccessible *accessible = GTK_ACCESSIBLE(focus_of(widget));

        if (counts)
                gtk_accessible_update_relation(accessible, GTK_ACCESSIBLE_RELATION_DESCRIBED_BY, by,
                                               NULL, -1);
        else
                gtk_accessible_reset_relation(accessible, GTK_ACCESSIBLE_RELATION_DESCRIBED_BY);
}

void wattle_gtk_name(GtkWidget *widget, const char *name)
{
        gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                       -1);
}

void wattle_gtk_set_invalid(GtkWidget *widget, gboolean invalid)
{
        gtk_accessible_update_state(
                GTK_ACCESSIBLE(focus_of(widget)), GTK_ACCESSIBLE_STATE_INVALID,
                invalid ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

/* GTK 4.8 takes the mark of the mnemonic for a part of the name. */
void wattle_gtk_say_check(GtkWidget *check)
{
        const char *label = gtk_check_button_get_label(GTK_CHECK_BUTTON(check));
        g_auto(GStrv) parts = g_strsplit(label, "_", 2);
        g_autofree char *name = g_strjoinv("", parts);

        wattle_gtk_name(check, name);
}

/* That button has no name, and what is drawn on it is no text. */
void wattle_gtk_say_choice(GtkWidget *list, GtkWidget *label)
{
        g_autofree char *choice = gtk_combo_box_text_get_active_text(GTK_COMBO_BOX_TEXT(list));
        g_autofree char *name = g_strdup_printf("%s: %s", gtk_label_get_text(GTK_LABEL(label)),
                                                choice ? choice : _("nothing chosen"));

        wattle_gtk_name(focus_of(list), name);
}

/* GTK 4 says nothing of the rows of a tree view. */
void wattle_gtk_say_rows(GtkWidget *table, const char *text)
{
        gtk_accessible_update_property(GTK_ACCESSIBLE(table), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                       text, -1);
}
