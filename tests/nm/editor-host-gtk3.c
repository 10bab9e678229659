/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/nm/editor-host.h"

void host_init(void)
{
        g_assert_true(gtk_init_check(NULL, NULL));
}

/* nm-connection-editor shows all, whatever the page would hide. */
GtkWidget *host_open(GtkWidget *page, const char *title)
{
        GtkWidget *window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
        GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

        gtk_window_set_title(GTK_WINDOW(window), title);
        gtk_container_add(GTK_CONTAINER(box), page);
        gtk_container_add(GTK_CONTAINER(window), box);
        gtk_widget_show_all(window);
        return window;
}

void host_close(GtkWidget *window)
{
        gtk_widget_destroy(window);
}

const char *host_id(GtkWidget *widget)
{
        return gtk_buildable_get_name(GTK_BUILDABLE(widget));
}

GList *host_children(GtkWidget *widget)
{
        return GTK_IS_CONTAINER(widget) ? gtk_container_get_children(GTK_CONTAINER(widget)) : NULL;
}

void host_add_default(GtkWidget *window, const char *label, GCallback clicked, gpointer data)
{
        GtkWidget *button = gtk_button_new_with_mnemonic(label);

        gtk_container_add(GTK_CONTAINER(gtk_bin_get_child(GTK_BIN(window))), button);
        gtk_widget_set_can_default(button, TRUE);
        gtk_widget_grab_default(button);
        gtk_widget_show(button);
        g_signal_connect_swapped(button, "clicked", clicked, data);
}

/* In a window that is not active the focus does not move. */
void host_activate(GtkWidget *window)
{
        gdk_window_focus(gtk_widget_get_window(window), GDK_CURRENT_TIME);
        while (!gtk_window_is_active(GTK_WINDOW(window)))
                g_main_context_iteration(NULL, TRUE);
}

void host_resize(GtkWidget *window, int width, int height)
{
        gtk_window_resize(GTK_WINDOW(window), width, height);
}

void host_measure(GtkWidget *widget, int *width, int *height)
{
        gtk_widget_get_preferred_width(widget, width, NULL);
        gtk_widget_get_preferred_height(widget, height, NULL);
}

double host_offset(GtkWidget *widget, GtkWidget *other)
{
        int x, y;

        g_assert_true(gtk_widget_translate_coordinates(widget, other, 0, 0, &x, &y));
        return x;
}
