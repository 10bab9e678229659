/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The key that a tailnet logs in with: read from its file or credential, handed to Tailscale's
 * command in a file of root's alone, kept out of what is told, and wiped. */
#pragma once

#include "common/tailnet.h"

typedef struct {
        char *text; /* NULL: there is none */
} WattleTailscaleKey;

void wattle_tailscale_key_clear(WattleTailscaleKey *key);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleTailscaleKey, wattle_tailscale_key_clear)

/* AuthKeyFile=, or the credential wattle.NAME.auth-key in that folder (NULL: none). There may be no
 * key if no file is named; else FALSE with an error that has the place in it, and never the key. */
gboolean wattle_tailscale_key_read(WattleTailscaleKey *key, int root_fd,
                                   const WattleTailnet *tailnet, const char *name,
                                   const char *credentials,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Into a new file, 0600, with the parameters behind it. */
gboolean wattle_tailscale_key_write(const WattleTailscaleKey *key, const char *parameters,
                                    const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A text of another program for the journal: clean, and "[key]" in the place of the key. */
char *wattle_tailscale_key_hide(const WattleTailscaleKey *key, const char *text);
