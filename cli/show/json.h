/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A view for programs, `wattle show --json`. Stable: keys are added, never renamed or dropped
 * without a new "format". null is "not given" or "none"; lists are there even if empty.
 *
 *   format             1
 *   mesh, domain       names
 *   source             file name of the profile, without its folder
 *   serial             number or null
 *   device             who we are:
 *     name, public_key
 *     aliases            list of names
 *     addresses          list of addresses, without length
 *     managed            boolean; false: runs no wattle
 *   interface          what the host configures:
 *     name
 *     owner              "networkd" or "NetworkManager"
 *     activation_policy  "manual", "up" or "always-up"
 *     private_key_file   path, or null if the key is a credential
 *     addresses          list of address/length
 *     listen_port        number
 *     mtu, firewall_mark number or null
 *   routing
 *     client, server, masquerade, via  booleans; via: it passes on for somebody's Via=
 *     subnets            the mesh's subnets that need a route of their own: list of prefixes
 *     routes             accepted from peers: list of prefixes
 *     exit_node          name or null
 *   peers              list, sorted by name:
 *     name, public_key, aliases, addresses, managed   as in device
 *     allowed_ips        list of prefixes
 *     endpoint           ADDRESS:PORT that files get, or null
 *     candidates         list of { "kind": "public" or "private", "endpoint": ADDRESS|NAME:PORT }
 *     keepalive_s        number or null
 *   indirect           list, sorted by name: devices that are no peers
 *     name, public_key, aliases, addresses, managed   as in device
 *     via                name of the peer that what is for them goes to
 */
#pragma once

#include <stdio.h>

#include "common/view.h"

void wattle_show_json(const WattleView *view, const WattleProfile *profile, FILE *stream);
