/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/import.h"

#include <sodium.h>
#include <sys/socket.h>

#include "cli/tailnet/ask.h"
#include "cli/tailnet/to-mesh.h"
#include "common/error.h"
#include "common/port-table.h"
#include "common/profile.h"

/* Far from what home routers like, and with room for a tailnet. */
static WattlePrefix choose_subnet(void)
{
        WattleAddr addr = { .family = AF_INET, .bytes = { 10 } };

        addr.bytes[1] = (guint8)(128 + randombytes_uniform(112));
        return (WattlePrefix){ addr, 16 };
}

static gboolean parse_subnets(char *const *texts, WattlePrefix *ret, guint *ret_n, GError **error)
{
        guint n = 0;

        for (; texts && texts[n]; n++) {
                if (n == WATTLE_PROFILE_MAX_SUBNETS)
                        return wattle_error_refuse(error, "--subnet: more than %u", n);
                if (!wattle_prefix_parse(texts[n], &ret[n], error)) {
                        g_prefix_error(error, "--subnet: ");
                        return FALSE;
                }
        }
        *ret_n = n;
        return TRUE;
}

static gboolean ask(const char *file, WattleTailnetStatus *said, GError **error)
{
        switch (wattle_tailnet_ask(file, said, error)) {
        case WATTLE_TAILNET_ANSWERED:
                return TRUE;
        case WATTLE_TAILNET_NO_PROGRAM:
                return wattle_error_refuse(error, "wattle-tailscale is not installed, which reads "
                                                  "what Tailscale says");
        case WATTLE_TAILNET_NO_DAEMON:
                return wattle_error_refuse(
                        error, "tailscaled does not answer here: give what 'tailscale status "
                               "--json' prints elsewhere, as a file or - for standard input");
        case WATTLE_TAILNET_NO_ANSWER:
                break;
        }
        return FALSE;
}

char *wattle_tailnet_import(const char *file, const WattleTailnetImport *how, GError **error)
{
        g_auto(WattleTailnetStatus) said = { 0 };
        WattlePrefix subnets[WATTLE_PROFILE_MAX_SUBNETS];
        WattleTailnetToMesh made = { .subnets = subnets, .port = WATTLE_DEFAULT_LISTEN_PORT };

        wattle_tailnet_status_init(&said);
        if (!parse_subnets(how->subnets, subnets, &made.n_subnets, error))
                return NULL;
        if (made.n_subnets == 0 && !how->keeps_addresses)
                subnets[made.n_subnets++] = choose_subnet();
        return ask(file, &said, error) ? wattle_tailnet_to_mesh(&said, &made, error) : NULL;
}
