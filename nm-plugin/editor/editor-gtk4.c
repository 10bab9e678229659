/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/editor/editor-gtk.h"

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

void wattle_gtk_describe(GtkWidget *widget, GtkWidget *by)
{
        gtk_accessible_update_relation(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_RELATION_DESCRIBED_BY,
                                       by, NULL, -1);
}
