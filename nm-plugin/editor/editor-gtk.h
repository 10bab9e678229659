/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What GTK 3 and GTK 4 do in different ways: editor-gtk3.c or editor-gtk4.c, by the library that is
 * built. */
#pragma once

#include <gtk/gtk.h>

/* The window that a dialog belongs to; NULL while there is none. */
GtkWindow *wattle_gtk_window(GtkWidget *widget);

void wattle_gtk_copy(GtkWidget *widget, const char *text);

/* Shown and hidden by us alone, whatever the program does with the page as a whole. */
void wattle_gtk_show_by_hand(GtkWidget *widget);

void wattle_gtk_draw_frame(GtkWidget *scrolled_window);

/* For those who cannot see it: by is a text about the widget. */
void wattle_gtk_describe(GtkWidget *widget, GtkWidget *by);
