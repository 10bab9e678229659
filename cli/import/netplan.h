/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netplan's YAML, by netplan itself: what it makes of it for networkd or NetworkManager, as it
 * would at boot, is read in its place. */
#pragma once

#include <glib.h>

/* FILE.yaml, FILE.yml */
gboolean wattle_netplan_has(const char *file);

/* The files that it makes of one of its own, below a folder of ours with mode 0700, which the
 * caller removes by wattle_netplan_remove(): they have private keys. NULL with an error: NOT_FOUND
 * if netplan is not installed, INVALID with what it says. */
char *wattle_netplan_generate(const char *file, GStrv *ret_files,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_netplan_remove(char *folder);
