/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that has GTK and shows the editor, as the desktops' settings do: what is different in
 * GTK 3 and GTK 4. */
#pragma once

#include <gtk/gtk.h>

void host_init(void);

/* A window with the page, shown as the desktops show it. */
GtkWidget *host_open(GtkWidget *page, const char *title);
void host_close(GtkWidget *window);

/* As editor.ui calls it; NULL if it does not. */
const char *host_id(GtkWidget *widget);

/* A new list of the direct children. */
GList *host_children(GtkWidget *widget);

/* Below the page, the button that Enter presses. */
void host_add_default(GtkWidget *window, const char *label, GCallback clicked, gpointer data);

/* The window gets the keyboard, though no window manager gives it. */
void host_activate(GtkWidget *window);

void host_resize(GtkWidget *window, int width, int height);

/* The least size that it can have. */
void host_measure(GtkWidget *widget, int *width, int *height);

/* How far its left edge is from that of the other. */
double host_offset(GtkWidget *widget, GtkWidget *other);
