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

/* What follows is for those who cannot see it. by is a text about the widget, which counts or does
 * not. */
void wattle_gtk_describe(GtkWidget *widget, GtkWidget *by, gboolean counts);

/* What a picture says, in a word. */
void wattle_gtk_name(GtkWidget *widget, const char *name);

/* What is in the widget will not do, or does again. */
void wattle_gtk_set_invalid(GtkWidget *widget, gboolean invalid);

/* Where GTK itself says it of a check button, of what is chosen in a list with a label, and of the
 * rows of a table, there is nothing to do. text has a row of the table a line. */
void wattle_gtk_say_check(GtkWidget *check);
void wattle_gtk_say_choice(GtkWidget *list, GtkWidget *label);
void wattle_gtk_say_rows(GtkWidget *table, const char *text);
