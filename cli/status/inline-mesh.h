/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Meshes that are no files of this host: NetworkManager has them inside VPN connections. Such a
 * connection may be one user's, and NetworkManager shows it to nobody else; so wattled, which looks
 * after it, does not show it either. Whoever asks for one by the command is to hear it. */
#pragma once

#include <glib.h>

/* Those that are on, of WattleNmInlineMesh: all, or that of one name. Whatever cannot be had is
 * left out. */
GPtrArray *wattle_inline_mesh_find(const char *mesh);

/* "it is carried in the VPN connection ..." */
char *wattle_inline_mesh_text(const char *connection);

/* A line about each of them on stderr. */
void wattle_inline_mesh_print(const char *mesh);
