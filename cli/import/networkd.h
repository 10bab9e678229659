/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/import/host.h"

/* A .netdev of systemd-networkd with Kind=wireguard (systemd.netdev(5)), as one more host of
 * import. It has no addresses: these are in the .network of the interface. */
void wattle_import_netdev(WattleImport *import, char *text, const char *file, WattleReport *report);

/* The .network (systemd.network(5)) of a host whose .netdev, in the same folder, was read before.
 */
void wattle_import_network(WattleImport *import, char *text, const char *file,
                           WattleReport *report);
