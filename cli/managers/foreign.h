/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VPNs of other programs beside systemd-networkd. When networkd starts, or sets up a link anew, it
 * removes the policy rules, routes and next hops that are not of its own making, and those of
 * tailscaled or wg-quick are none: networkd.conf(5) has the keys that keep it from that. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

/* What networkd.conf says is not networkd's to remove. */
typedef struct {
        gboolean rules, routes, next_hops;
} WattleForeignKept;

typedef struct {
        guint systemd_version;
        char **vpns; /* that run: "tailscaled", "wg-quick@work"; ends with NULL. NULL: none */
        WattleForeignKept kept;
} WattleForeign;

/* What a text of networkd.conf or of a drop-in changes in it. */
void wattle_foreign_read_conf(const char *text, WattleForeignKept *kept);

/* networkd.conf and its drop-ins below the root, in the order in which networkd reads them. */
void wattle_foreign_find_conf(int root_fd, WattleForeignKept *ret);

/* Asks systemd which VPNs run. foreign must be zeroed, with the version. */
gboolean wattle_foreign_look(int root_fd, sd_bus *bus, WattleForeign *foreign,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_foreign_clear(WattleForeign *foreign);

/* Whether networkd takes something away from somebody. */
gboolean wattle_foreign_is_lost(const WattleForeign *foreign);

/* "tailscaled and wg-quick@work" */
char *wattle_foreign_names(const WattleForeign *foreign);

/* The command that writes a drop-in against it, with the keys that this version knows. */
char *wattle_foreign_command(const WattleForeign *foreign);
