/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/nm/editor-host.h"

void host_init(void)
{
        g_assert_true(gtk_init_check());
}

GtkWidget *host_open(GtkWidget *page, const char *title)
{
        GtkWidget *window = gtk_window_new(), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

        gtk_window_set_title(GTK_WINDOW(window), title);
        gtk_box_append(GTK_BOX(box), page);
        gtk_window_set_child(GTK_WINDOW(window), box);
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

void host_add_default(GtkWidget *window, const char *label, GCallback clicked, gpointer data)
{
        GtkWidget *button = gtk_button_new_with_mnemonic(label);

        gtk_box_append(GTK_BOX(gtk_window_get_child(GTK_WINDOW(window))), button);
        gtk_window_set_default_widget(GTK_WINDOW(window), button);
        g_signal_connect_swapped(button, "clicked", clicked, data);
}

void host_activate(G_GNUC_UNUSED GtkWidget *window)
{
}

void host_resize(GtkWidget *window, int width, int height)
{
        gtk_window_set_default_size(GTK_WINDOW(window), width, height);
}

void host_measure(GtkWidget *widget, int *width, int *height)
{
        gtk_widget_measure(widget, GTK_ORIENTATION_HORIZONTAL, -1, width, NULL, NULL, NULL);
        gtk_widget_measure(widget, GTK_ORIENTATION_VERTICAL, -1, height, NULL, NULL, NULL);
}

double host_offset(GtkWidget *widget, GtkWidget *other)
{
        double x, y;

        g_assert_true(gtk_widget_translate_coordinates(widget, other, 0, 0, &x, &y));
        return x;
}
