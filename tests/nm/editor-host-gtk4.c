/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/nm/editor-host.h"

void host_init(void)
{
        g_assert_true(gtk_init_check());
}

GtkWidget *host_open(GtkWidget *page, const char *title)
{
        GtkWidget *window = gtk_window_new();

        gtk_window_set_title(GTK_WINDOW(window), title);
        gtk_window_set_child(GTK_WINDOW(window), page);
        gtk_window_present(GTK_WINDOW(window));
        return window;
}

void host_close(GtkWidget *window)
{
        gtk_window_destroy(GTK_WINDOW(window));
}

const char *host_id(GtkWidget *widget)
{
        return gtk_buildable_get_buildable_id(GTK_BUILDABLE(widget));
}

GList *host_children(GtkWidget *widget)
{
        GList *list = NULL;

        for (GtkWidget *child = gtk_widget_get_last_child(widget); child;
             child = gtk_widget_get_prev_sibling(child))
                list = g_list_prepend(list, child);
        return list;
}

void host_add_button(GtkWidget *page, const char *label, GCallback clicked, gpointer data)
{
        GtkWidget *button = gtk_button_new_with_mnemonic(label);

        gtk_box_append(GTK_BOX(page), button);
        g_signal_connect_swapped(button, "clicked", clicked, data);
}
