/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/load.h"

#include "cli/tailnet/operand.h"
#include "cli/tailnet/status.h"
#include "common/language.h"

char *wattle_tailnet_explain(WattleTailnetAnswer answer, const char *name, const GError *error)
{
        switch (answer) {
        case WATTLE_TAILNET_ANSWERED:
                break;
        case WATTLE_TAILNET_NO_PROGRAM:
                return g_strdup(
                        _("wattle-tailscale is not installed, by which tailscaled is asked: "
                          "'tailscale status' does."));
        case WATTLE_TAILNET_NO_DAEMON:
                return g_strdup_printf(_("tailscaled does not answer: 'wattle up %s' starts it."),
                                       name);
        case WATTLE_TAILNET_NO_ANSWER:
                return g_strdup_printf(_("tailscaled was not understood: %s"), error->message);
        }
        return NULL;
}

gboolean wattle_tailnet_status_load(const WattleCli *cli, const char *name, WattleStatus *status,
                                    GPtrArray *notes, gboolean *ret_complete, WattleReport *report)
{
        g_auto(WattleTailnet) tailnet = { 0 };
        g_auto(WattleTailnetStatus) said = { 0 };
        g_autoptr(GError) error = NULL;
        WattleTailnetAnswer answer;

        wattle_tailnet_init(&tailnet);
        wattle_tailnet_status_init(&said);
        if (!wattle_cli_load_tailnet(cli, name, &tailnet, report))
                return FALSE;
        answer = wattle_tailnet_ask(NULL, &said, &error);
        wattle_tailnet_fill(&said, name, tailnet.interface.value, status, notes);
        *ret_complete = answer == WATTLE_TAILNET_ANSWERED || answer == WATTLE_TAILNET_NO_DAEMON;
        if (answer != WATTLE_TAILNET_ANSWERED) {
                status->link = WATTLE_LINK_ABSENT;
                g_ptr_array_add(notes, wattle_tailnet_explain(answer, name, error));
        }
        if (!tailnet.enable)
                g_ptr_array_add(notes, g_strdup(_("It has Enable=no below [Local].")));
        return TRUE;
}

const char *wattle_tailnet_load_word(const WattleCli *cli, const char *name)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleTailnet) tailnet = { 0 };
        g_auto(WattleTailnetStatus) said = { 0 };
        gboolean is_good;

        wattle_report_init(&unheard);
        wattle_tailnet_init(&tailnet);
        wattle_tailnet_status_init(&said);
        is_good = wattle_cli_load_tailnet(cli, name, &tailnet, &unheard);
        switch (wattle_tailnet_ask(NULL, &said, NULL)) {
        case WATTLE_TAILNET_ANSWERED:
                return wattle_tailnet_word(is_good, &said);
        case WATTLE_TAILNET_NO_DAEMON:
                return wattle_tailnet_word(is_good, NULL);
        case WATTLE_TAILNET_NO_PROGRAM:
        case WATTLE_TAILNET_NO_ANSWER:
                break;
        }
        return wattle_tailnet_word(FALSE, NULL);
}
