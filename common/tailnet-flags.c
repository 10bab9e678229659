/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/tailnet-flags.h"

#include <string.h>

#include "common/error.h"
#include "common/language.h"

/* What systemd would take apart or leave out where $FLAGS stands in ExecStart=. */
#define SPECIAL "\"'\\$`"

#define DAEMON (1U << WATTLE_TAILNET_FLAGS_DAEMON)
#define CLIENT (1U << WATTLE_TAILNET_FLAGS_UP | 1U << WATTLE_TAILNET_FLAGS_SET)

#define SECRET                                                                                     \
        N_("would stand where everybody may read it: AuthKeyFile= names the file of a secret")
#define OF_UNIT    N_("is what tailscaled's unit decides")
#define OF_SERVICE N_("is what wattle's service decides: it logs in once, and waits for nobody")
#define RISK       N_("may cut off who is logged in over the tailnet: run it by hand")

/* Flags with a better place, and flags with none. */
static const struct {
        guint of;
        const char *name, *way_out;
} known[] = {
        { DAEMON, "port", N_("is written Port=") },
        { DAEMON, "tun", N_("is written Interface=") },
        { DAEMON, "no-logs-no-support", N_("is written DisableUpstreamLogging=yes") },
        { DAEMON, "state", OF_UNIT },
        { DAEMON, "statedir", OF_UNIT },
        { DAEMON, "socket", OF_UNIT },
        { DAEMON, "cleanup", OF_UNIT },
        { CLIENT, "auth-key", SECRET },
        { CLIENT, "authkey", SECRET },
        { CLIENT, "client-secret", SECRET },
        { CLIENT, "id-token", SECRET },
        { CLIENT, "login-server", N_("is written LoginServer=") },
        { CLIENT, "accept-routes", N_("is written AcceptRoutes= below [Local]") },
        { CLIENT, "exit-node", N_("is written ExitNode= below [Local]") },
        { CLIENT, "advertise-routes", N_("is written AdvertiseRoutes=") },
        { CLIENT, "advertise-exit-node", N_("is written AdvertiseExitNode=") },
        { CLIENT, "advertise-tags", N_("is written AdvertiseTags=") },
        { CLIENT, "hostname", N_("is written Hostname=") },
        { CLIENT, "ssh", N_("is written SSH=") },
        { CLIENT, "timeout", OF_SERVICE },
        { CLIENT, "json", OF_SERVICE },
        { CLIENT, "qr", OF_SERVICE },
        { CLIENT, "qr-format", OF_SERVICE },
        { CLIENT, "reset", OF_SERVICE },
        { CLIENT, "force-reauth", RISK },
};

gboolean wattle_tailnet_flag_check(const char *flag, WattleTailnetFlags of, GError **error)
{
        gsize dashes = strspn(flag, "-"), length = strcspn(flag + dashes, "=");
        const char *name = flag + dashes;

        /* Go's flags take one hyphen or two. */
        if (dashes < 1 || dashes > 2 || length == 0)
                return wattle_error_refuse(
                        error, "'%s' is no flag: --name or --name=value, without blanks", flag);
        if (of == WATTLE_TAILNET_FLAGS_DAEMON && strpbrk(flag, SPECIAL))
                return wattle_error_refuse(
                        error, "'%s' has one of %s, which systemd would take apart", flag, SPECIAL);
        for (guint i = 0; i < G_N_ELEMENTS(known); i++)
                if (known[i].of & (1U << of) && strlen(known[i].name) == length &&
                    strncmp(name, known[i].name, length) == 0)
                        return wattle_error_refuse(error, "--%s %s", known[i].name,
                                                   _(known[i].way_out));
        return TRUE;
}
