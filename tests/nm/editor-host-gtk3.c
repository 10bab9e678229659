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

        gtk_window_set_title(GTK_WINDOW(window), title);
        gtk_container_add(GTK_CONTAINER(window), page);
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

void host_add_button(GtkWidget *page, const char *label, GCallback clicked, gpointer data)
{
        GtkWidget *button = gtk_button_new_with_mnemonic(label);

        gtk_container_add(GTK_CONTAINER(page), button);
        gtk_widget_show(button);
        g_signal_connect_swapped(button, "clicked", clicked, data);
}
