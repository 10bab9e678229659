/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/take.h"

#include <string.h>

#include "cli/update/joined.h"
#include "common/paths.h"
#include "common/sys/host.h"
#include "common/sys/load.h"

/* What there is here before. */
typedef struct {
        WattleMesh mesh; /* profile NULL: none that is good */
        WattleTrust trust;
        WattleUpdateState state;
        WattlePair held;
        WattleKey self;
        WattleOfferHost host;
} Before;

static void before_clear(Before *before)
{
        wattle_mesh_clear(&before->mesh);
        wattle_trust_clear(&before->trust);
        wattle_update_state_clear(&before->state);
        wattle_pair_clear(&before->held);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Before, before_clear)

static gboolean report_error(WattleReport *report, const GError *error)
{
        wattle_report_error(report, WATTLE_NO_PLACE, "%s", error->message);
        return FALSE;
}

/* The key and the text of what is in force. A host whose mesh is not there yet, or bad, has
 * neither.
 */
static void look_at_installed(Before *before, const WattleUpdater *updater)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattlePair) pair = { 0 };
        g_autoptr(WattleView) view = NULL;

        wattle_report_init(&unheard);
        if (!wattle_mesh_load(&before->mesh, updater->root_fd, updater->mesh,
                              WATTLE_LOAD_OR_LAST_GOOD, &unheard))
                return;
        /* An invitation is nothing to go back to; but what comes is at least as new. */
        if (before->mesh.is_invitation)
                before->host.floor = MAX(before->host.floor, before->mesh.profile->serial);
        else if (wattle_pair_read(&pair, updater->root_fd, before->mesh.path, &before->trust, NULL))
                before->host.installed = pair.lineage;
        view = wattle_host_view(updater->root_fd, &before->mesh, NULL, WATTLE_OWNER_AUTO, &unheard);
        if (view) {
                before->self = view->public_key;
                before->host.self = &before->self;
        }
}

static gboolean before_init(Before *before, const WattleUpdater *updater, WattleReport *report)
{
        g_autofree char *candidate = wattle_paths_candidate(updater->mesh);
        g_autoptr(GError) error = NULL;

        before->host.mesh = updater->mesh;
        before->host.trust = &before->trust;
        if (!wattle_mesh_read_trust(&before->trust, updater->root_fd, updater->mesh, report))
                return FALSE;
        if (!before->trust.path) {
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "the mesh %s is not signed, so nobody can tell a good newer "
                                    "profile from a bad one: 'wattle genkey --signing' and 'wattle "
                                    "sign %s' make it so, and %s/%s.pub says whom "
                                    "this host trusts",
                                    updater->mesh, updater->mesh, WATTLE_CONFDIR, updater->mesh);
                return FALSE;
        }
        if (!wattle_update_state_load(updater->root_fd, updater->mesh, &before->state, &error))
                return report_error(report, error);
        before->host.floor = before->state.floor;
        if (before->state.confirm.phase == WATTLE_CONFIRM_HELD &&
            wattle_pair_read(&before->held, updater->root_fd, candidate, &before->trust, NULL))
                before->host.held = &before->held.lineage;
        look_at_installed(before, updater);
        return TRUE;
}

/* With this host's settings and key: better to find out before it is installed. */
static gboolean resolves(const Before *before, const WattleUpdater *updater, WattleOffer *offer,
                         WattleReport *report)
{
        WattleMesh mesh = before->mesh;
        g_autoptr(WattleView) view = NULL;

        if (!before->mesh.profile)
                return TRUE;
        mesh.path = offer->name;
        mesh.profile = offer->profile;
        view = wattle_host_view(updater->root_fd, &mesh, NULL, WATTLE_OWNER_AUTO, report);
        return view != NULL;
}

/* A host that joined: the profile may have a device of its name that the invitation had not. */
static gboolean write_settings(Before *before, const WattleUpdater *updater,
                               const WattleOffer *offer, WattleReport *report)
{
        const WattleDevice *device =
                before->host.self ? wattle_profile_find_key(offer->profile, before->host.self)
                                  : NULL;
        WattleLocal *local = &before->mesh.local;
        g_autoptr(GError) error = NULL;

        if (!before->mesh.is_invitation || !device)
                return TRUE;
        if (!wattle_joined_write_settings(
                    updater->root_fd, updater->mesh, offer->profile, device,
                    wattle_host_has_key_credential(updater->root_fd, updater->mesh), &error))
                return report_error(report, error);
        wattle_local_clear(local);
        wattle_local_init(local);
        return wattle_local_load(local, updater->root_fd, updater->mesh, report);
}

/* Two people changed the mesh at once: whoever looks at the status is to see it. */
static gboolean note_fork(Before *before, const WattleUpdater *updater, const WattleOffer *offer,
                          WattleReport *report)
{
        WattleUpdateState *state = &before->state;
        g_autoptr(GError) error = NULL;

        if (state->fork_serial == offer->lineage.serial)
                return TRUE;
        g_free(state->fork_from);
        state->fork_from = g_strdup(offer->name);
        state->fork_serial = offer->lineage.serial;
        return wattle_update_state_save(updater->root_fd, updater->mesh, state, &error) ||
               report_error(report, error);
}

/* Out of the mesh: the interface goes, and the files stay. */
static gboolean switch_off(const WattleUpdater *updater, GError **error)
{
        g_autofree char *path =
                g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_LEFT_SUFFIX, updater->mesh);
        static const char text[] =
                "# Written by 'wattle update --leave': the mesh has no place for "
                "this device any more.\n[Local]\nEnable=no\n";

        return wattle_make_folders(updater->root_fd, path + 1, error) &&
               wattle_write_file(updater->root_fd, path + 1, 0644, text, strlen(text), error);
}

static gboolean install(Before *before, const WattleUpdater *updater, const WattleOffer *offer,
                        const WattleTakeOptions *options, WattleTaken *ret, GError **error)
{
        WattleUpdateState *state = &before->state;
        WattlePair pair = { offer->text, offer->signature, offer->lineage };
        gboolean leaves = ret->verdict == WATTLE_OFFER_WITHOUT_US;

        g_clear_pointer(&state->witnesses, g_strfreev);
        state->asks_person = FALSE;
        if (before->mesh.profile && !before->mesh.is_invitation && options->find_witnesses &&
            !leaves)
                state->witnesses = options->find_witnesses(updater, before->mesh.profile,
                                                           offer->profile, options->peer);
        if (leaves && !switch_off(updater, error))
                return FALSE;
        wattle_updater_say(updater, "serial %ju from %s is tried", offer->lineage.serial,
                           offer->name);
        return wattle_update_begin(updater, state, &pair, error) &&
               wattle_update_settle(updater, state, &ret->is_kept, error);
}

static gboolean may_take(const WattleTaken *taken, const WattleTakeOptions *options)
{
        return taken->verdict == WATTLE_OFFER_TAKE ||
               (taken->verdict == WATTLE_OFFER_WITHOUT_US && options->may_leave);
}

gboolean wattle_update_take(const WattleUpdater *updater, WattleOffer *offer,
                            const WattleTakeOptions *options, WattleTaken *ret,
                            WattleReport *report)
{
        g_auto(Before) before = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *why = NULL;

        *ret = (WattleTaken){ .verdict = WATTLE_OFFER_HAVE };
        if (!before_init(&before, updater, report))
                return FALSE;
        before.host.may_jump = options->may_jump;
        ret->verdict = wattle_offer_judge(offer, &before.host, report);
        if (ret->verdict == WATTLE_OFFER_BAD)
                return FALSE;
        if ((ret->verdict == WATTLE_OFFER_TWIN || offer->is_fork) && !options->only_check &&
            !note_fork(&before, updater, offer, report))
                return FALSE;
        if (offer->is_fork)
                wattle_updater_say(updater,
                                   "serial %ju was made from another text than "
                                   "the one here: the change of one of two people is lost",
                                   offer->lineage.serial);
        if (!may_take(ret, options)) {
                why = wattle_offer_describe(offer, &before.host, ret->verdict);
                wattle_updater_say(updater, "%s: %s", offer->name, why);
                return TRUE;
        }
        if (!options->only_check && !write_settings(&before, updater, offer, report))
                return FALSE;
        if (options->only_check ||
            (ret->verdict == WATTLE_OFFER_TAKE && !resolves(&before, updater, offer, report)))
                return options->only_check;
        return install(&before, updater, offer, options, ret, &error) ||
               report_error(report, error);
}
