/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/update/offer.h"
#include "common/error.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/revocations.h"
#include "common/sys/load.h"

/* Where the profiles of the mesh are, and whom it trusts. */
typedef struct {
        const WattleUpdater *updater;
        int root_fd;
        WattleTrust trust;
        char *installed, *last_good, *candidate, *revocations;
        WattleUpdateState *state;
} Settling;

static void settling_clear(Settling *settling)
{
        wattle_trust_clear(&settling->trust);
        g_free(settling->installed);
        g_free(settling->last_good);
        g_free(settling->candidate);
        g_free(settling->revocations);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Settling, settling_clear)

void wattle_updater_say(const WattleUpdater *updater, const char *format, ...)
{
        g_autofree char *line = NULL;
        va_list args;

        va_start(args, format);
        line = g_strdup_vprintf(format, args);
        va_end(args);
        updater->say(updater, line);
}

static gint64 clock_s(void)
{
        return g_get_real_time() / G_USEC_PER_SEC;
}

/* The first error of a report as an error. Returns FALSE. */
static gboolean fail_by(WattleReport *report, GError **error)
{
        g_autofree char *text = wattle_report_first_error(report);

        return wattle_error_refuse(error, "%s", text);
}

static gboolean settling_init(Settling *settling, const WattleUpdater *updater,
                              WattleUpdateState *state, GError **error)
{
        g_auto(WattleReport) report = { 0 };
        const char *mesh = updater->mesh;

        settling->updater = updater;
        settling->root_fd = updater->root_fd;
        settling->state = state;
        settling->installed = g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_MESH_SUFFIX, mesh);
        settling->last_good = wattle_paths_last_good(mesh);
        settling->candidate = wattle_paths_candidate(mesh);
        settling->revocations = wattle_paths_revocations(mesh);
        wattle_report_init(&report);
        return wattle_mesh_read_trust(&settling->trust, settling->root_fd, mesh, &report) ||
               fail_by(&report, error);
}

static gboolean read_pair(const Settling *settling, const char *path, WattlePair *pair,
                          GError **error)
{
        return wattle_pair_read(pair, settling->root_fd, path, &settling->trust, error);
}

static gboolean save(const Settling *settling, GError **error)
{
        return wattle_update_state_save(settling->root_fd, settling->updater->mesh, settling->state,
                                        error);
}

static gboolean install_and_apply(const Settling *settling, const char *path, GError **error)
{
        const WattleUpdater *updater = settling->updater;
        g_auto(WattlePair) pair = { 0 };

        return read_pair(settling, path, &pair, error) &&
               wattle_pair_install(&pair, settling->root_fd, settling->installed, &settling->trust,
                                   error) &&
               updater->apply(updater, error);
}

/* That the host joined by: the mesh itself is there now. */
static gboolean remove_invitation(const Settling *settling, GError **error)
{
        g_autofree char *path = wattle_paths_invitation(settling->updater->mesh);

        return wattle_below_unlink(settling->root_fd, path + 1) == 0 || errno == ENOENT ||
               errno == ENOTDIR || wattle_error_set_errno(error, errno, "%s", path);
}

static gboolean remove_revocations(const Settling *settling, GError **error)
{
        return wattle_below_unlink(settling->root_fd, settling->revocations + 1) == 0 ||
               errno == ENOENT || errno == ENOTDIR ||
               wattle_error_set_errno(error, errno, "%s", settling->revocations);
}

/* Profiles that were good once. */
static WattleProfile *parse(const WattlePair *pair, const char *path)
{
        g_auto(WattleReport) unheard = { 0 };

        wattle_report_init(&unheard);
        return wattle_profile_load_take(g_bytes_ref(pair->text), path, &unheard);
}

/* The old profile is to come back without the keys that the new one took out: who signed that wants
 * them out, whatever else is wrong with it. */
static gboolean write_revocations(const Settling *settling, GError **error)
{
        g_auto(WattlePair) old = { 0 }, new = { 0 };
        g_autoptr(WattleProfile) old_profile = NULL, new_profile = NULL;
        g_autoptr(GArray) keys = NULL;
        g_autofree char *text = NULL;

        if (!settling->trust.path)
                return TRUE;
        if (!read_pair(settling, settling->last_good, &old, error) ||
            !read_pair(settling, settling->candidate, &new, error))
                return FALSE;
        old_profile = parse(&old, settling->last_good);
        new_profile = parse(&new, settling->candidate);
        if (!old_profile || !new_profile)
                return wattle_error_refuse(error, "%s: is no good profile any more",
                                           old_profile ? settling->candidate : settling->last_good);
        keys = wattle_offer_revoked(old_profile, new_profile);
        text = wattle_revocations_format(keys);
        return wattle_write_file(settling->root_fd, settling->revocations + 1, 0644, text,
                                 strlen(text), error) &&
               wattle_sync_folder(settling->root_fd, settling->revocations + 1, error);
}

/* Brings files and host to the phase. */
static gboolean enter(const Settling *settling, GError **error)
{
        if (wattle_confirm_runs_new(&settling->state->confirm))
                return install_and_apply(settling, settling->candidate, error) &&
                       remove_revocations(settling, error);
        return write_revocations(settling, error) &&
               install_and_apply(settling, settling->last_good, error);
}

/* From now on this host trusts those that the profile names. Never back to a key that was dropped:
 * what was signed by one of these follows on this text alone. */
static gboolean rotate_trust(const Settling *settling, const WattleProfile *profile, GError **error)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *path =
                g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_TRUST_SUFFIX, settling->updater->mesh);

        if (profile->n_signing_keys == 0)
                return TRUE;
        for (guint i = 0; i < profile->n_signing_keys; i++) {
                char key[WATTLE_SIGNING_KEY_TEXT_MAX];

                wattle_signing_key_format(&profile->signing_keys[i].value, key);
                g_string_append_printf(text, "%s\n", key);
        }
        return wattle_write_file(settling->root_fd, path + 1, 0644, text->str, text->len, error) &&
               wattle_sync_folder(settling->root_fd, path + 1, error);
}

/* The pair at path, which is installed, is the last good one from now on. */
static gboolean keep_pair(const Settling *settling, const WattlePair *pair, const char *path,
                          GError **error)
{
        g_autoptr(WattleProfile) profile = parse(pair, path);

        return wattle_pair_install(pair, settling->root_fd, settling->last_good, &settling->trust,
                                   error) &&
               remove_revocations(settling, error) && remove_invitation(settling, error) &&
               (!profile || !settling->trust.path || rotate_trust(settling, profile, error));
}

/* The candidate proved good. State and candidate go last: killed before, all of it is done again.
 */
static gboolean keep(const Settling *settling, GError **error)
{
        WattleUpdateState *state = settling->state;
        g_auto(WattlePair) pair = { 0 };

        if (!read_pair(settling, settling->candidate, &pair, error) ||
            !keep_pair(settling, &pair, settling->candidate, error))
                return FALSE;
        wattle_update_state_raise(state, pair.lineage.serial);
        g_clear_pointer(&state->witnesses, g_strfreev);
        return save(settling, error) &&
               wattle_pair_remove(settling->root_fd, settling->candidate, error);
}

gboolean wattle_update_keep_installed(int root_fd, const char *mesh, guint64 serial, GError **error)
{
        const WattleUpdater updater = { .root_fd = root_fd, .mesh = mesh };
        g_auto(WattleUpdateState) state = { 0 };
        g_auto(Settling) settling = { 0 };
        g_auto(WattlePair) pair = { 0 };
        g_autofree char *path = wattle_mesh_find(root_fd, mesh);

        if (!path || !settling_init(&settling, &updater, &state, error) ||
            !wattle_update_state_load(root_fd, mesh, &state, error))
                return !path;
        if (wattle_confirm_runs_new(&state.confirm) || !read_pair(&settling, path, &pair, NULL) ||
            pair.lineage.serial != serial)
                return TRUE;
        if (!keep_pair(&settling, &pair, path, error))
                return FALSE;
        if (!settling.trust.path || serial <= state.floor)
                return TRUE;
        wattle_update_state_raise(&state, serial);
        return save(&settling, error);
}

/* Somebody has installed and applied another profile by hand meanwhile: that one is in force, and
 * nothing is open any more. */
static gboolean is_overtaken(const Settling *settling)
{
        g_auto(WattlePair) installed = { 0 }, last_good = { 0 }, candidate = { 0 };

        if (!read_pair(settling, settling->installed, &installed, NULL) ||
            !read_pair(settling, settling->candidate, &candidate, NULL) ||
            wattle_pair_equal(&installed, &candidate))
                return FALSE;
        return !read_pair(settling, settling->last_good, &last_good, NULL) ||
               !wattle_pair_equal(&installed, &last_good) ||
               (settling->trust.path && last_good.lineage.serial > candidate.lineage.serial);
}

static gboolean drop(const Settling *settling, GError **error)
{
        wattle_updater_say(settling->updater,
                           "another profile was applied meanwhile: that one stays");
        settling->state->confirm = (WattleConfirm){ .phase = WATTLE_CONFIRM_DONE };
        g_clear_pointer(&settling->state->witnesses, g_strfreev);
        return remove_revocations(settling, error) && save(settling, error) &&
               wattle_pair_remove(settling->root_fd, settling->candidate, error);
}

/* A host's first profile has none before it. */
static gboolean has_way_back(const Settling *settling)
{
        g_auto(WattlePair) last_good = { 0 };

        return read_pair(settling, settling->last_good, &last_good, NULL);
}

static gboolean hear_person(const Settling *settling, gint64 limit_s)
{
        const WattleUpdater *updater = settling->updater;

        return !wattle_confirm_runs_new(&settling->state->confirm) ||
               (updater->ask && updater->ask(updater, limit_s));
}

static gboolean hear_peers(const Settling *settling, gint64 limit_s, gboolean *ret_heard,
                           GError **error)
{
        const WattleUpdater *updater = settling->updater;
        char **witnesses = settling->state->witnesses;
        g_autofree char *who = NULL;

        *ret_heard = !witnesses || !has_way_back(settling);
        if (*ret_heard)
                return TRUE;
        if (!updater->wait(updater, (const char *const *)witnesses, limit_s, &who, error))
                return FALSE;
        if (who)
                wattle_updater_say(updater, "%s answers", who);
        *ret_heard = who != NULL;
        return TRUE;
}

/* Whether somebody says that all is well. */
static gboolean hear(const Settling *settling, WattleConfirmEvent *ret, GError **error)
{
        gint64 limit_s = wattle_confirm_wait_s(&settling->state->confirm, clock_s());
        gboolean heard;

        if (settling->state->asks_person)
                heard = hear_person(settling, limit_s);
        else if (!hear_peers(settling, limit_s, &heard, error))
                return FALSE;
        *ret = heard ? WATTLE_CONFIRM_ANSWER : WATTLE_CONFIRM_TIMEOUT;
        return TRUE;
}

static void tell(const Settling *settling, WattleConfirmAction action, const char *why)
{
        const WattleUpdater *updater = settling->updater;

        switch (action) {
        case WATTLE_CONFIRM_GO_BACK:
                wattle_updater_say(updater, "%s: the profile before comes back",
                                   why ? why
                                   : settling->state->asks_person
                                           ? _("nobody said that all is well")
                                           : _("no peer answers under the new profile"));
                break;
        case WATTLE_CONFIRM_RETURN:
                wattle_updater_say(updater, "nobody answers under the profile before either, so it "
                                            "is the network: the new one returns, and waits");
                break;
        case WATTLE_CONFIRM_NOTHING:
        case WATTLE_CONFIRM_KEEP:
                break;
        }
}

/* One phase: the host is brought to it, and left by an answer or without one. A new profile that
 * cannot even be applied has no answer to wait for. */
static gboolean pass_phase(const Settling *settling, WattleConfirmAction *action, GError **error)
{
        WattleConfirm *confirm = &settling->state->confirm;
        g_autoptr(GError) why = NULL;
        WattleConfirmEvent event = WATTLE_CONFIRM_TIMEOUT;

        if (!enter(settling, &why)) {
                if (!wattle_confirm_runs_new(confirm) || !has_way_back(settling)) {
                        g_propagate_error(error, g_steal_pointer(&why));
                        return FALSE;
                }
        } else if (!hear(settling, &event, error)) {
                return FALSE;
        }
        *action = wattle_confirm_step(confirm, event, clock_s());
        tell(settling, *action, why ? why->message : NULL);
        return *action == WATTLE_CONFIRM_KEEP ? keep(settling, error) : save(settling, error);
}

static gboolean is_open(const WattleConfirm *confirm)
{
        return confirm->phase == WATTLE_CONFIRM_TRYING || confirm->phase == WATTLE_CONFIRM_BACK ||
               confirm->phase == WATTLE_CONFIRM_BLIND;
}

/* What a person did not confirm is not tried again: the text stays where it is, for that person. */
static gboolean close_for_person(const Settling *settling, GError **error)
{
        WattleUpdateState *state = settling->state;

        if (!state->asks_person || state->confirm.phase != WATTLE_CONFIRM_HELD)
                return TRUE;
        state->asks_person = FALSE;
        state->confirm = (WattleConfirm){ .phase = WATTLE_CONFIRM_DONE };
        return remove_revocations(settling, error) && save(settling, error);
}

static gboolean has_kept_candidate(const Settling *settling)
{
        g_auto(WattlePair) candidate = { 0 }, last_good = { 0 };

        return read_pair(settling, settling->candidate, &candidate, NULL) &&
               read_pair(settling, settling->last_good, &last_good, NULL) &&
               wattle_pair_equal(&candidate, &last_good);
}

/* Killed as its very last step, "keep" has left a candidate that is the last good one, or the
 * signature of it alone. */
static gboolean tidy(const Settling *settling, GError **error)
{
        gboolean has_text = wattle_path_exists(settling->root_fd, settling->candidate + 1);

        return settling->state->confirm.phase != WATTLE_CONFIRM_DONE ||
               (has_text && !has_kept_candidate(settling)) ||
               wattle_pair_remove(settling->root_fd, settling->candidate, error);
}

gboolean wattle_update_settle(const WattleUpdater *updater, WattleUpdateState *state,
                              gboolean *ret_kept, GError **error)
{
        g_auto(Settling) settling = { 0 };
        WattleConfirmAction action = WATTLE_CONFIRM_NOTHING;
        gboolean was_blind = FALSE;

        *ret_kept = FALSE;
        if (!settling_init(&settling, updater, state, error) || !tidy(&settling, error))
                return FALSE;
        while (is_open(&state->confirm) && !was_blind) {
                was_blind = state->confirm.phase == WATTLE_CONFIRM_BLIND;
                if (is_overtaken(&settling))
                        return drop(&settling, error);
                if (!pass_phase(&settling, &action, error))
                        return FALSE;
        }
        *ret_kept = action == WATTLE_CONFIRM_KEEP;
        return close_for_person(&settling, error);
}

gboolean wattle_update_begin(const WattleUpdater *updater, WattleUpdateState *state,
                             const WattlePair *candidate, GError **error)
{
        g_auto(Settling) settling = { 0 };
        g_auto(WattlePair) installed = { 0 };

        if (!settling_init(&settling, updater, state, error))
                return FALSE;
        /* What a host booted with and never applied is what there is to go back to. */
        if (!has_way_back(&settling) && !state->asks_person &&
            read_pair(&settling, settling.installed, &installed, NULL) &&
            !wattle_pair_install(&installed, settling.root_fd, settling.last_good, &settling.trust,
                                 error))
                return FALSE;
        if (!wattle_pair_install(candidate, settling.root_fd, settling.candidate, &settling.trust,
                                 error))
                return FALSE;
        wattle_confirm_begin(&state->confirm);
        if (!save(&settling, error))
                return FALSE;
        if (updater->guard)
                updater->guard(updater);
        return TRUE;
}

gboolean wattle_update_lock(const WattleUpdater *updater, WattleFd *ret, GError **error)
{
        g_autofree char *path = g_strdup_printf(WATTLE_RUN_DIR "/%s.update-lock", updater->mesh);
        WattleFd fd = -1;

        if (!wattle_make_folders(updater->root_fd, path, error))
                return FALSE;
        fd = wattle_below_open(updater->root_fd, path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW,
                               0600);
        if (fd < 0)
                return wattle_error_set_errno(error, errno, "/%s", path);
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                wattle_updater_say(updater, "waiting for another update of this mesh");
                if (flock(fd, LOCK_EX) < 0) {
                        int errsv = errno;

                        close(fd);
                        return wattle_error_set_errno(error, errsv, "/%s", path);
                }
        }
        *ret = fd;
        return TRUE;
}

void wattle_update_retry(WattleUpdateState *state, gint64 now_s)
{
        if (state->confirm.phase == WATTLE_CONFIRM_HELD &&
            wattle_confirm_wait_s(&state->confirm, now_s) == 0)
                (void)wattle_confirm_step(&state->confirm, WATTLE_CONFIRM_TIMEOUT, now_s);
}
