/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/editor/editor-gtk.h"

GtkWindow *wattle_gtk_window(GtkWidget *widget)
{
        GtkWidget *top = gtk_widget_get_toplevel(widget);

        return GTK_IS_WINDOW(top) ? GTK_WINDOW(top) : NULL;
}

void wattle_gtk_copy(GtkWidget *widget, const char *text)
{
        gtk_clipboard_set_text(gtk_widget_get_clipboard(widget, GDK_SELECTION_CLIPBOARD), text, -1);
}

void wattle_gtk_show_by_hand(GtkWidget *widget)
{
        gtk_widget_set_no_show_all(widget, TRUE);
}

void wattle_gtk_draw_frame(GtkWidget *scrolled_window)
{
        gtk_scrolled_window_set_shadow_type(GTK_SCROLLED_WINDOW(scrolled_window), GTK_SHADOW_IN);
}

void wattle_gtk_describe(GtkWidget *widget, GtkWidget *by, gboolean counts)
{
        AtkObject *object = gtk_widget_get_accessible(widget),
                  *text = gtk_widget_get_accessible(by);

        if (counts)
                atk_object_add_relationship(object, ATK_RELATION_DESCRIBED_BY, text);
        else
                atk_object_remove_relationship(object, ATK_RELATION_DESCRIBED_BY, text);
}

void wattle_gtk_name(GtkWidget *widget, const char *name)
{
        atk_object_set_name(gtk_widget_get_accessible(widget), name);
}

void wattle_gtk_set_invalid(GtkWidget *widget, gboolean invalid)
{
        atk_object_notify_state_change(gtk_widget_get_accessible(widget), ATK_STATE_INVALID_ENTRY,
                                       invalid);
}

void wattle_gtk_say_check(G_GNUC_UNUSED GtkWidget *check)
{
}

void wattle_gtk_say_choice(G_GNUC_UNUSED GtkWidget *list, G_GNUC_UNUSED GtkWidget *label)
{
}

void wattle_gtk_say_rows(G_GNUC_UNUSED GtkWidget *table, G_GNUC_UNUSED const char *text)
{
}
