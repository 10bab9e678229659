/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tailnet as the words of Tailscale's command. */
#pragma once

#include "common/tailnet.h"

/* "up", with all that is declared; what is not goes back to its default (--reset), for this is a
 * new login. The key stands in that file and nowhere in the words. */
char **wattle_tailscale_up(const WattleTailnet *tailnet, const char *key_path);

/* "set", with all that is declared; what is not stays as it is. NULL if nothing is. */
char **wattle_tailscale_set(const WattleTailnet *tailnet);

/* What a client secret makes its key with, "?ephemeral=false&preauthorized=true"; "" for nothing.
 */
char *wattle_tailscale_key_parameters(const WattleTailnet *tailnet);
