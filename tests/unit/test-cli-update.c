/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sodium.h>
#include <string.h>

#include "cli/update/confirm.h"
#include "cli/update/state.h"
#include "cli/update/take.h"
#include "cli/update/witness.h"
#include "common/error.h"
#include "common/invitation.h"
#include "common/paths.h"
#include "common/profile-sign.h"
#include "common/revocations.h"
#include "common/sys/load.h"
#include "tests/unit/fixture.h"

#define HOUR 3600

/* What is told, and what is to follow. */
static const struct {
        const char *name;
        WattleConfirm before;
        WattleConfirmEvent event;
        WattleConfirmAction action;
        WattleConfirm after;
} steps[] = {
        { "answered",
          { WATTLE_CONFIRM_TRYING, 1, 0 },
          WATTLE_CONFIRM_ANSWER,
          WATTLE_CONFIRM_KEEP,
          { WATTLE_CONFIRM_DONE, 0, 0 } },
        { "nobody answers",
          { WATTLE_CONFIRM_TRYING, 1, 0 },
          WATTLE_CONFIRM_TIMEOUT,
          WATTLE_CONFIRM_GO_BACK,
          { WATTLE_CONFIRM_BACK, 1, 0 } },
        { "it was the profile",
          { WATTLE_CONFIRM_BACK, 1, 0 },
          WATTLE_CONFIRM_ANSWER,
          WATTLE_CONFIRM_NOTHING,
          { WATTLE_CONFIRM_HELD, 1, 1000 + HOUR } },
        { "it was the profile again",
          { WATTLE_CONFIRM_BACK, 2, 0 },
          WATTLE_CONFIRM_ANSWER,
          WATTLE_CONFIRM_NOTHING,
          { WATTLE_CONFIRM_HELD, 2, 1000 + 6 * HOUR } },
        { "and for ever",
          { WATTLE_CONFIRM_BACK, 77, 0 },
          WATTLE_CONFIRM_ANSWER,
          WATTLE_CONFIRM_NOTHING,
          { WATTLE_CONFIRM_HELD, 77, 1000 + 24 * HOUR } },
        { "it was the network",
          { WATTLE_CONFIRM_BACK, 1, 0 },
          WATTLE_CONFIRM_TIMEOUT,
          WATTLE_CONFIRM_RETURN,
          { WATTLE_CONFIRM_BLIND, 1, 0 } },
        { "the network is back",
          { WATTLE_CONFIRM_BLIND, 1, 0 },
          WATTLE_CONFIRM_ANSWER,
          WATTLE_CONFIRM_KEEP,
          { WATTLE_CONFIRM_DONE, 0, 0 } },
        { "it is not",
          { WATTLE_CONFIRM_BLIND, 1, 0 },
          WATTLE_CONFIRM_TIMEOUT,
          WATTLE_CONFIRM_NOTHING,
          { WATTLE_CONFIRM_BLIND, 1, 0 } },
        { "the hold is over",
          { WATTLE_CONFIRM_HELD, 1, 1000 },
          WATTLE_CONFIRM_TIMEOUT,
          WATTLE_CONFIRM_RETURN,
          { WATTLE_CONFIRM_TRYING, 2, 1000 } },
        { "nothing is open",
          { WATTLE_CONFIRM_DONE, 0, 0 },
          WATTLE_CONFIRM_TIMEOUT,
          WATTLE_CONFIRM_NOTHING,
          { WATTLE_CONFIRM_DONE, 0, 0 } },
};

static void confirm_steps(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
                WattleConfirm confirm = steps[i].before;

                g_test_message("%s", steps[i].name);
                g_assert_cmpint(wattle_confirm_step(&confirm, steps[i].event, 1000), ==,
                                steps[i].action);
                g_assert_cmpint(confirm.phase, ==, steps[i].after.phase);
                g_assert_cmpuint(confirm.tries, ==, steps[i].after.tries);
                g_assert_cmpint(confirm.retry_at_s, ==, steps[i].after.retry_at_s);
        }
}

/* A clock that was set back by years holds for no longer than was meant; one set forward ends it.
 */
static void confirm_waits(void)
{
        const WattleConfirm held = { WATTLE_CONFIRM_HELD, 1, 1000 + HOUR };
        const WattleConfirm trying = { WATTLE_CONFIRM_TRYING, 1, 0 };

        g_assert_cmpint(wattle_confirm_wait_s(&held, 1000), ==, HOUR);
        g_assert_cmpint(wattle_confirm_wait_s(&held, 1000 + HOUR / 2), ==, HOUR / 2);
        g_assert_cmpint(wattle_confirm_wait_s(&held, -900000000), ==, HOUR);
        g_assert_cmpint(wattle_confirm_wait_s(&held, 900000000), ==, 0);
        g_assert_cmpint(wattle_confirm_wait_s(&trying, 900000000), ==, WATTLE_CONFIRM_WAIT_S);
}

static void states(void)
{
        static const char text[] = "[Profiles]\nVersion=1\nFloor=41\nPhase=held\nTries=2\n"
                                   "RetryAt=1000\nAsksPerson=false\nWitnesses=nas;vps;\n"
                                   "ForkSerial=40\nForkFrom=nas\nRefused=nas 42 1000 2;\n";
        static const struct {
                const char *text, *error;
        } bad[] = {
                { "[Profiles]\nPhase=asleep\n", "Phase: 'asleep' is none that this wattle knows" },
                { "junk\n", "Key file contains line “junk” which is not a key-value pair, group, "
                            "or comment" },
        };
        g_auto(WattleUpdateState) state = { 0 }, later = { 0 };
        g_autofree char *formatted = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_true(wattle_update_state_parse(text, strlen(text), &state, &error));
        g_assert_cmpuint(state.floor, ==, 41);
        g_assert_cmpint(state.confirm.phase, ==, WATTLE_CONFIRM_HELD);
        g_assert_cmpstr(state.witnesses[1], ==, "vps");
        formatted = wattle_update_state_format(&state);
        g_assert_cmpstr(formatted, ==, text);
        g_assert_true(wattle_update_state_parse("[Profiles]\nFloor=1\nNews=yes\n[More]\n", 35,
                                                &later, &error));
        for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_auto(WattleUpdateState) none = { 0 };
                g_autoptr(GError) why = NULL;

                check_error(
                        wattle_update_state_parse(bad[i].text, strlen(bad[i].text), &none, &why),
                        &why, bad[i].error);
        }
}

/* An hour, doubled up to a day; one member, and one Serial. */
static void refusals(void)
{
        static const gint64 hours[] = { 1, 2, 4, 8, 16, 24, 24, 24 };
        g_auto(WattleUpdateState) state = { 0 };

        for (guint i = 0; i < G_N_ELEMENTS(hours); i++) {
                wattle_update_refuse(&state, "nas", 9, 1000);
                g_assert_true(
                        wattle_update_is_refused(&state, "nas", 9, 1000 + hours[i] * HOUR - 1));
                g_assert_false(wattle_update_is_refused(&state, "nas", 9, 1000 + hours[i] * HOUR));
        }
        g_assert_false(wattle_update_is_refused(&state, "nas", 10, 1000));
        g_assert_false(wattle_update_is_refused(&state, "vps", 9, 1000));
        g_assert_false(wattle_update_is_refused(&state, "nas", 9, -900000000));
        for (guint i = 0; i < 3 * WATTLE_UPDATE_MAX_REFUSALS; i++)
                wattle_update_refuse(&state, "vps", 100 + i, 1000);
        g_assert_cmpuint(state.refusals->len, ==, WATTLE_UPDATE_MAX_REFUSALS);
}

/* --- A host, whose apply and whose peers are ours --- */

#define HOME    WATTLE_CONFDIR "/home.mesh"
#define NEXT    WATTLE_CONFDIR "/home.next/home.mesh"
#define LAST    WATTLE_CONFDIR "/home.last/home.mesh"
#define REVOKED WATTLE_CONFDIR "/home.last/revoked"

static WattleSigningSecret *ours, *others;

typedef struct {
        Root root;
        WattleUpdater updater;
        GString *told;
        /* Serials under which peers answer and which can be applied, as bits. */
        guint64 heard, applicable;
        gboolean has_witness, person_says;
        gint64 deaf_s;   /* for so long nothing comes through */
        guint64 applied; /* the last one */
        guint n_applied;
} Host;

static guint64 installed_serial(const Host *host)
{
        g_autofree char *text = root_get(&host->root, &HOME[1]);
        WattleLineage lineage;

        wattle_lineage_read(text, strlen(text), &lineage);
        return lineage.serial;
}

/* applicable and heard have a bit for each Serial=; the last one stands for all that are higher. */
static gboolean has(guint64 bits, guint64 serial)
{
        return (bits & G_GUINT64_CONSTANT(1) << MIN(serial, 63)) != 0;
}

static gboolean fake_apply(const WattleUpdater *updater, GError **error)
{
        Host *host = updater->data;
        guint64 serial = installed_serial(host);

        host->n_applied++;
        if (!has(host->applicable, serial))
                return wattle_error_refuse(error, "the host says no to %d", (int)serial);
        host->applied = serial;
        return TRUE;
}

static gboolean fake_wait(const WattleUpdater *updater, const char *const *peers, gint64 limit_s,
                          char **ret_who, G_GNUC_UNUSED GError **error)
{
        Host *host = updater->data;
        gboolean is_deaf = host->deaf_s >= limit_s;

        host->deaf_s = is_deaf ? host->deaf_s - limit_s : 0;
        if (!is_deaf && has(host->heard, host->applied))
                *ret_who = g_strdup(peers[0]);
        return TRUE;
}

static gboolean fake_ask(const WattleUpdater *updater, G_GNUC_UNUSED gint64 limit_s)
{
        return ((const Host *)updater->data)->person_says;
}

static void fake_say(const WattleUpdater *updater, const char *line)
{
        g_string_append_printf(((Host *)updater->data)->told, "%s\n", line);
}

static char **fake_witnesses(const WattleUpdater *updater, G_GNUC_UNUSED const WattleProfile *old,
                             G_GNUC_UNUSED const WattleProfile *new, G_GNUC_UNUSED const char *peer)
{
        static const char *const names[] = { "nas", NULL };

        return ((const Host *)updater->data)->has_witness ? g_strdupv((char **)names) : NULL;
}

static char *sign(const char *text, const WattleSigningSecret *secret)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        wattle_report_init(&report);
        profile = wattle_profile_load(text, strlen(text), "home.mesh", &report);
        check_faults(&report, "");
        return wattle_profile_sign(profile, text, strlen(text), secret);
}

static void put_pair(const Host *host, const char *path, const char *text)
{
        g_autofree char *minisig = sign(text, ours);
        g_autofree char *name = g_strconcat(path, ".minisig", NULL);

        root_put(&host->root, path + 1, text, 0644);
        root_put(&host->root, name + 1, minisig, 0644);
}

/* The devices are named by their keys' last letters: nas is we. */
#define MESH(serial) "[Mesh]\nName=home\nSerial=" serial "\nSubnet=10.42.0.0/16\n"
#define US           "[Device us]\nPublicKey=" KEY_A "\nAddress=10.42.0.1\n"
#define NAS          "[Device nas]\nPublicKey=" KEY_B "\nAddress=10.42.0.2\n"
#define VPS          "[Device vps]\nPublicKey=" KEY_C "\nAddress=10.42.0.3\n"
#define TEXT_7       MESH("7") US NAS VPS

static void host_init(Host *host, const char *text)
{
        WattleSigningKey key;
        char line[WATTLE_SIGNING_KEY_TEXT_MAX];

        root_init(&host->root);
        host->told = g_string_new(NULL);
        host->applicable = host->heard = ~G_GUINT64_CONSTANT(0);
        host->has_witness = TRUE;
        host->updater = (WattleUpdater){ .root_fd = host->root.fd,
                                         .mesh = "home",
                                         .apply = fake_apply,
                                         .wait = fake_wait,
                                         .ask = fake_ask,
                                         .say = fake_say,
                                         .data = host };
        wattle_signing_secret_get_public(ours, &key);
        wattle_signing_key_format(&key, line);
        root_put(&host->root, WATTLE_CONFDIR "/home.pub" + 1, line, 0644);
        root_put(&host->root, WATTLE_CONFDIR "/home.mesh.d/self.conf" + 1, "[Local]\nDevice=us\n",
                 0644);
        put_pair(host, HOME, text);
}

static void host_clear(Host *host)
{
        root_clear(&host->root);
        g_string_free(host->told, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Host, host_clear)

typedef struct {
        const char *text;
        const WattleSigningSecret *secret; /* NULL: ours */
        WattleTakeOptions options;
        WattleTaken taken;
        char *faults; /* the first error, or NULL */
} Offered;

static void offered_clear(Offered *offered)
{
        g_free(offered->faults);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Offered, offered_clear)

static gboolean offer(const Host *host, Offered *offered)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleOffer) what = { 0 };
        char *minisig = sign(offered->text, offered->secret ? offered->secret : ours);
        gboolean ok;

        what.text = g_bytes_new(offered->text, strlen(offered->text));
        what.signature = g_bytes_new_take(minisig, strlen(minisig));
        what.name = g_strdup("nas");
        offered->options.find_witnesses = fake_witnesses;
        wattle_report_init(&report);
        ok = wattle_update_take(&host->updater, &what, &offered->options, &offered->taken, &report);
        offered->faults = ok ? NULL : wattle_report_first_error(&report);
        return ok;
}

static WattleUpdateState load_state(const Host *host)
{
        WattleUpdateState state = { 0 };

        g_assert_true(wattle_update_state_load(host->root.fd, "home", &state, NULL));
        return state;
}

static gboolean exists(const Host *host, const char *path)
{
        return wattle_path_exists(host->root.fd, path + 1);
}

/* What is offered to a host that runs Serial 7, and what becomes of it. */
static const struct {
        const char *name, *text;
        gboolean by_others;
        guint64 floor;
        WattleTakeOptions options;
        WattleOfferVerdict verdict;
        guint64 installed; /* after it */
        const char *told;  /* lines, or the error */
} offers[] = {
        { "newer", MESH("8") US NAS, .verdict = WATTLE_OFFER_TAKE, .installed = 8,
          .told = "serial 8 from nas is tried\nnas answers\n" },
        { "the same", TEXT_7, .verdict = WATTLE_OFFER_HAVE, .installed = 7,
          .told = "nas: serial 7 is what this host has\n" },
        { "older", MESH("6") US NAS, .verdict = WATTLE_OFFER_OLDER, .installed = 7,
          .told = "nas: serial 6 is older than what this host has, 7\n" },
        { "older than what was here once", MESH("8") US NAS, .floor = 9,
          .verdict = WATTLE_OFFER_OLDER, .installed = 7,
          .told = "nas: serial 8 is older than what this host has, 9\n" },
        { "a twin", MESH("7") US NAS, .verdict = WATTLE_OFFER_TWIN, .installed = 7,
          .told = "nas: serial 7 is here already with another text: two people changed the mesh at "
                  "once. Look at both, and sign one with a higher Serial=\n" },
        { "the next of a twin",
          "[Mesh]\nName=home\nSerial=8\n"
          "Previous=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0\n"
          "Subnet=10.42.0.0/16\n" US NAS,
          .verdict = WATTLE_OFFER_TAKE, .installed = 8,
          .told = "serial 8 was made from another text than the one here: the change of one of two "
                  "people is lost\nserial 8 from nas is tried\nnas answers\n" },
        { "far ahead", MESH("1000008") US NAS, .verdict = WATTLE_OFFER_JUMP, .installed = 7,
          .told = "nas: serial 1000008 is more than 1000000 ahead of 7: if that is meant, 'wattle "
                  "update --jump'\n" },
        { "far ahead, by word", MESH("1000008") US NAS, .options.may_jump = TRUE,
          .verdict = WATTLE_OFFER_TAKE, .installed = 1000008,
          .told = "serial 1000008 from nas is tried\nnas answers\n" },
        { "far ahead and without us, by the first word alone", MESH("1000008") NAS,
          .options.may_jump = TRUE, .verdict = WATTLE_OFFER_WITHOUT_US, .installed = 7,
          .told = "nas: serial 1000008 has no place for this device: it was removed or revoked, or "
                  "got another key. To follow it out of the mesh, 'wattle update --leave'\n" },
        { "without us", MESH("8") NAS, .verdict = WATTLE_OFFER_WITHOUT_US, .installed = 7,
          .told = "nas: serial 8 has no place for this device: it was removed or revoked, or got "
                  "another key. To follow it out of the mesh, 'wattle update --leave'\n" },
        { "revoked", MESH("8") US "State=revoked\n" NAS, .verdict = WATTLE_OFFER_WITHOUT_US,
          .installed = 7,
          .told = "nas: serial 8 has no place for this device: it was removed or revoked, or got "
                  "another key. To follow it out of the mesh, 'wattle update --leave'\n" },
        { "without us, by word", MESH("8") NAS, .options.may_leave = TRUE,
          .verdict = WATTLE_OFFER_WITHOUT_US, .installed = 8,
          .told = "serial 8 from nas is tried\n" },
        { "only looked at", MESH("8") US NAS, .options.only_check = TRUE,
          .verdict = WATTLE_OFFER_TAKE, .installed = 7, .told = "" },
        { "signed by others", MESH("8") US NAS, .by_others = TRUE, .verdict = WATTLE_OFFER_BAD,
          .installed = 7, .told = "nas: it is signed with key ID, which is not trusted here" },
        { "another mesh", "[Mesh]\nName=office\nSerial=8\nSubnet=10.42.0.0/16\n" US,
          .verdict = WATTLE_OFFER_BAD, .installed = 7,
          .told = "nas:1:1: this is the mesh office, not home" },
};

static char *without_id(const char *text)
{
        g_autoptr(GRegex) id = g_regex_new("key [0-9A-F]{16}", 0, 0, NULL);

        return g_regex_replace_literal(id, text, -1, 0, "key ID", 0, NULL);
}

static void taking(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(offers); i++) {
                g_auto(Host) host = { 0 };
                g_auto(Offered) offered = { .text = offers[i].text,
                                            .secret = offers[i].by_others ? others : ours,
                                            .options = offers[i].options };
                g_autofree char *floor = NULL, *told = NULL;
                gboolean ok;

                g_test_message("%s", offers[i].name);
                host_init(&host, TEXT_7);
                if (offers[i].floor > 0) {
                        floor = g_strdup_printf("[Profiles]\nFloor=%d\n", (int)offers[i].floor);
                        root_put(&host.root, "var/lib/wattle-update/home.state", floor, 0600);
                }
                ok = offer(&host, &offered);
                told = without_id(ok ? host.told->str : offered.faults);
                g_assert_cmpstr(told, ==, offers[i].told);
                g_assert_cmpint(offered.taken.verdict, ==, offers[i].verdict);
                g_assert_cmpuint(installed_serial(&host), ==, offers[i].installed);
                g_assert_false(exists(&host, NEXT));
        }
}

/* A fork is remembered until a higher Serial= is in force; who only looks leaves nothing behind. */
static void forks(void)
{
        g_auto(Host) host = { 0 };
        g_auto(Offered) looked = { .text = MESH("7") US NAS, .options.only_check = TRUE };
        g_auto(Offered) twin = { .text = MESH("7") US NAS }, next = { .text = MESH("8") US NAS };
        g_auto(WattleUpdateState) state = { 0 }, settled = { 0 };

        host_init(&host, TEXT_7);
        g_assert_true(offer(&host, &looked));
        g_assert_false(wattle_path_exists(host.root.fd, "var/lib/wattle-update/home.state"));
        g_assert_true(offer(&host, &twin));
        state = load_state(&host);
        g_assert_cmpuint(state.fork_serial, ==, 7);
        g_assert_cmpstr(state.fork_from, ==, "nas");
        g_assert_true(offer(&host, &next));
        settled = load_state(&host);
        g_assert_cmpuint(settled.fork_serial, ==, 0);
        g_assert_null(settled.fork_from);
}

#define INVITE WATTLE_CONFDIR "/home.invite"

/* A host that has joined, with an invitation of Serial 7 and nothing else. */
static void put_invitation(const Host *host)
{
        static const char text[] = "[Mesh]\nName=home\nSerial=7\nInvitation=us\n"
                                   "Subnet=10.42.0.0/16\n" US NAS "PublicEndpoint=192.0.2.1:1\n";
        g_auto(WattleInvitation) invitation = { .text = g_bytes_new_static(text, strlen(text)) };
        g_autofree char *armor = NULL;
        WattleTextHash hash;

        wattle_text_hash(text, strlen(text), &hash);
        wattle_signature_make(ours, &hash, "x", &invitation.signature);
        wattle_signing_secret_get_public(ours, &invitation.signer);
        armor = wattle_invitation_format(&invitation);
        root_put(&host->root, &INVITE[1], armor, 0644);
        g_assert_cmpint(wattle_below_unlink(host->root.fd, &HOME[1]), ==, 0);
}

/* The first profile is as new as the invitation, is kept without a witness, for there is nothing to
 * go back to, and takes its place. */
static void joining(void)
{
        g_auto(Host) host = { 0 };
        g_auto(Offered) old = { .text = MESH("6") US NAS }, without = { .text = MESH("8") NAS };
        g_auto(Offered) same = { .text = TEXT_7 }, next = { .text = MESH("8") US NAS };

        host_init(&host, TEXT_7);
        put_invitation(&host);
        host.heard = 0;
        g_assert_true(offer(&host, &old));
        g_assert_cmpint(old.taken.verdict, ==, WATTLE_OFFER_OLDER);
        g_assert_true(offer(&host, &without));
        g_assert_cmpint(without.taken.verdict, ==, WATTLE_OFFER_WITHOUT_US);
        g_assert_true(exists(&host, INVITE));
        g_assert_true(offer(&host, &same));
        g_assert_true(same.taken.is_kept);
        g_assert_cmpuint(installed_serial(&host), ==, 7);
        g_assert_false(exists(&host, INVITE));
        host.heard = ~G_GUINT64_CONSTANT(0);
        g_assert_true(offer(&host, &next));
        g_assert_true(next.taken.is_kept);
}

/* By hand, too. */
static void raised(void)
{
        g_auto(WattleUpdateState) state = { .fork_serial = 8, .fork_from = g_strdup("nas") };

        wattle_update_state_raise(&state, 8);
        g_assert_cmpstr(state.fork_from, ==, "nas");
        wattle_update_state_raise(&state, 9);
        wattle_update_state_raise(&state, 4);
        g_assert_cmpuint(state.floor, ==, 9);
        g_assert_cmpuint(state.fork_serial, ==, 0);
        g_assert_null(state.fork_from);
}

static void unsigned_mesh(void)
{
        g_auto(Host) host = { 0 };
        g_auto(Offered) offered = { .text = MESH("8") US };

        host_init(&host, TEXT_7);
        g_assert_cmpint(wattle_below_unlink(host.root.fd, WATTLE_CONFDIR "/home.pub" + 1), ==, 0);
        g_assert_false(offer(&host, &offered));
        g_assert_true(g_str_has_prefix(offered.faults, "the mesh home is not signed"));
        g_assert_cmpuint(installed_serial(&host), ==, 7);
}

/* Under which of two profiles a peer answers, and what the host runs then. */
static void way_back(void)
{
        static const struct {
                const char *name;
                guint64 heard, applicable;
                gboolean has_witness, is_kept;
                guint64 runs;
                WattleConfirmPhase phase;
        } rows[] = {
                { "both", 1 << 7 | 1 << 8, 1 << 7 | 1 << 8, TRUE, TRUE, 8, WATTLE_CONFIRM_DONE },
                { "the old alone", 1 << 7, 1 << 7 | 1 << 8, TRUE, FALSE, 7, WATTLE_CONFIRM_HELD },
                { "neither", 0, 1 << 7 | 1 << 8, TRUE, FALSE, 8, WATTLE_CONFIRM_BLIND },
                { "nobody to ask", 0, 1 << 7 | 1 << 8, FALSE, TRUE, 8, WATTLE_CONFIRM_DONE },
                { "it cannot be applied", 1 << 7 | 1 << 8, 1 << 7, TRUE, FALSE, 7,
                  WATTLE_CONFIRM_HELD },
                { "nor that, and nobody to ask", 0, 1 << 7, FALSE, FALSE, 7, WATTLE_CONFIRM_HELD },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Host) host = { 0 };
                g_auto(Offered) offered = { .text = MESH("8") US NAS };
                g_auto(WattleUpdateState) state = { 0 };
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleMesh) mesh = { 0 };
                gboolean is_back = rows[i].runs == 7;

                g_test_message("%s", rows[i].name);
                host_init(&host, TEXT_7);
                host.heard = rows[i].heard;
                host.applicable = rows[i].applicable;
                host.has_witness = rows[i].has_witness;
                g_assert_true(offer(&host, &offered));
                g_assert_cmpint(offered.taken.is_kept, ==, rows[i].is_kept);
                g_assert_cmpuint(installed_serial(&host), ==, rows[i].runs);
                g_assert_cmpuint(host.applied, ==, rows[i].runs);
                state = load_state(&host);
                g_assert_cmpint(state.confirm.phase, ==, rows[i].phase);
                g_assert_cmpuint(state.floor, ==, rows[i].is_kept ? 8 : 0);
                g_assert_cmpint(exists(&host, NEXT), ==, !rows[i].is_kept);
                /* vps was taken out by the profile that was taken back. */
                g_assert_cmpint(exists(&host, REVOKED), ==, is_back);
                wattle_report_init(&report);
                g_assert_true(wattle_mesh_load(&mesh, host.root.fd, "home", WATTLE_LOAD_PRESENT,
                                               &report));
                if (is_back)
                        g_assert_cmpint(wattle_profile_find_device(mesh.profile, "vps")->state, ==,
                                        WATTLE_DEVICE_REVOKED);
        }
}

/* A firewall drops all for a while as a revocation comes: at no moment from then on is the revoked
 * device let in, and in the end the new profile is in force. */
static void dropped(void)
{
        static const struct {
                gint64 deaf_s;
                WattleConfirmPhase phase; /* after the first run */
                guint64 runs;
                gint64 later_s; /* when the next one is */
        } rows[] = {
                { 20, WATTLE_CONFIRM_DONE, 8, 0 },
                { 40, WATTLE_CONFIRM_HELD, 7, HOUR },
                { 70, WATTLE_CONFIRM_DONE, 8, 0 },
                { 100, WATTLE_CONFIRM_BLIND, 8, 0 },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Host) host = { 0 };
                g_auto(Offered) offered = { .text = MESH("8") US NAS };
                gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;

                g_test_message("for %d s", (int)rows[i].deaf_s);
                host_init(&host, TEXT_7);
                host.deaf_s = rows[i].deaf_s;
                g_assert_true(offer(&host, &offered));
                g_assert_cmpuint(installed_serial(&host), ==, rows[i].runs);
                for (guint run = 0; run < 2; run++) {
                        g_auto(WattleUpdateState) state = load_state(&host);
                        g_auto(WattleReport) report = { 0 };
                        g_auto(WattleMesh) mesh = { 0 };
                        const WattleDevice *vps;
                        gboolean kept;

                        if (run == 0)
                                g_assert_cmpint(state.confirm.phase, ==, rows[i].phase);
                        wattle_report_init(&report);
                        g_assert_true(wattle_mesh_load(&mesh, host.root.fd, "home",
                                                       WATTLE_LOAD_PRESENT, &report));
                        vps = wattle_profile_find_device(mesh.profile, "vps");
                        g_assert_true(!vps || vps->state == WATTLE_DEVICE_REVOKED);
                        wattle_update_retry(&state, now_s + 60 + rows[i].later_s);
                        g_assert_true(wattle_update_settle(&host.updater, &state, &kept, NULL));
                }
                g_assert_cmpuint(installed_serial(&host), ==, 8);
                g_assert_cmpuint(host.applied, ==, 8);
                g_assert_false(exists(&host, REVOKED));
        }
}

/* The candidate is tried again when its time has come, and a higher Serial at once. */
static void held(void)
{
        g_auto(Host) host = { 0 };
        g_auto(Offered) again = { .text = MESH("8") US NAS }, same = { .text = MESH("8") US NAS };
        g_auto(Offered) higher = { .text = MESH("9") US NAS VPS };
        g_auto(WattleUpdateState) state = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean kept;

        host_init(&host, TEXT_7);
        host.heard = 1 << 7;
        g_assert_true(offer(&host, &again));
        g_assert_true(offer(&host, &same));
        g_assert_cmpint(same.taken.verdict, ==, WATTLE_OFFER_HELD);

        state = load_state(&host);
        wattle_update_retry(&state, state.confirm.retry_at_s - 1);
        g_assert_cmpint(state.confirm.phase, ==, WATTLE_CONFIRM_HELD);
        wattle_update_retry(&state, state.confirm.retry_at_s);
        g_assert_cmpint(state.confirm.phase, ==, WATTLE_CONFIRM_TRYING);
        g_assert_true(wattle_update_settle(&host.updater, &state, &kept, &error));
        g_assert_false(kept);
        g_assert_cmpuint(state.confirm.tries, ==, 2);

        host.heard = ~G_GUINT64_CONSTANT(0);
        g_assert_true(offer(&host, &higher));
        g_assert_true(higher.taken.is_kept);
        g_assert_cmpuint(installed_serial(&host), ==, 9);
        g_assert_false(exists(&host, REVOKED));
}

/* The state as a run that was killed left it: the next one goes on, and asks nobody twice what is
 * settled. */
static void resumed(void)
{
        static const struct {
                const char *name, *phase;
                const char *installed;
                guint64 heard, runs;
        } rows[] = {
                { "before it was installed", "trying", TEXT_7, 1 << 8, 8 },
                { "while it was tried", "trying", MESH("8") US NAS, 1 << 8, 8 },
                { "before the old one came back", "back", MESH("8") US NAS, 1 << 7, 7 },
                { "after", "back", TEXT_7, 1 << 7, 7 },
                { "blind", "blind", MESH("8") US NAS, 1 << 8, 8 },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Host) host = { 0 };
                g_auto(WattleUpdateState) state = { 0 };
                g_autoptr(GError) error = NULL;
                g_autofree char *text = g_strdup_printf(
                        "[Profiles]\nPhase=%s\nTries=1\nWitnesses=nas;\n", rows[i].phase);
                gboolean kept;

                g_test_message("%s", rows[i].name);
                host_init(&host, rows[i].installed);
                put_pair(&host, LAST, TEXT_7);
                put_pair(&host, NEXT, MESH("8") US NAS);
                root_put(&host.root, "var/lib/wattle-update/home.state", text, 0600);
                host.heard = rows[i].heard;
                state = load_state(&host);
                g_assert_true(wattle_update_settle(&host.updater, &state, &kept, &error));
                g_assert_cmpuint(installed_serial(&host), ==, rows[i].runs);
                g_assert_cmpuint(host.applied, ==, rows[i].runs);
                g_assert_cmpint(kept, ==, rows[i].runs == 8);
                g_assert_true(exists(&host, LAST));
        }
}

/* Somebody who copies a third profile there and applies it has decided. */
static void overtaken(void)
{
        g_auto(Host) host = { 0 };
        g_auto(WattleUpdateState) state = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean kept;

        host_init(&host, MESH("9") US NAS);
        put_pair(&host, LAST, MESH("9") US NAS);
        put_pair(&host, NEXT, MESH("8") US NAS);
        root_put(&host.root, "var/lib/wattle-update/home.state",
                 "[Profiles]\nPhase=back\nTries=1\nWitnesses=nas;\n", 0600);
        state = load_state(&host);
        g_assert_true(wattle_update_settle(&host.updater, &state, &kept, &error));
        g_assert_cmpuint(installed_serial(&host), ==, 9);
        g_assert_cmpuint(host.n_applied, ==, 0);
        g_assert_false(exists(&host, NEXT));
        g_assert_cmpstr(host.told->str, ==,
                        "another profile was applied meanwhile: that one stays\n");
}

/* home.pub follows SigningKeys= once the profile is confirmed, and not before. */
static void rotation(void)
{
        WattleSigningKey keys[2];
        char text[2][WATTLE_SIGNING_KEY_TEXT_MAX];

        wattle_signing_secret_get_public(ours, &keys[0]);
        wattle_signing_secret_get_public(others, &keys[1]);
        for (guint i = 0; i < 2; i++)
                wattle_signing_key_format(&keys[i], text[i]);
        for (guint confirmed = 0; confirmed < 2; confirmed++) {
                g_autofree char *profile = g_strdup_printf(
                        "[Mesh]\nName=home\nSerial=8\nSubnet=10.42.0.0/16\nSigningKeys=%s\n"
                        "SigningKeys=%s\n" US NAS,
                        text[0], text[1]);
                g_autofree char *both = g_strdup_printf("%s\n%s\n", text[0], text[1]);
                g_auto(Host) host = { 0 };
                g_auto(Offered) offered = { .text = profile };
                g_autofree char *pub = NULL;

                host_init(&host, TEXT_7);
                host.heard = confirmed ? 1 << 8 : 1 << 7;
                g_assert_true(offer(&host, &offered));
                pub = root_get(&host.root, WATTLE_CONFDIR "/home.pub" + 1);
                g_assert_cmpstr(pub, ==, confirmed ? both : text[0]);
        }
}

/* 'wattle apply --confirm': a person says yes, or the text before comes back; signed or not. */
static void asked_person(void)
{
        for (guint says = 0; says < 2; says++) {
                g_auto(Host) host = { 0 };
                g_auto(WattleUpdateState) state = { .asks_person = TRUE };
                g_auto(WattlePair) candidate = { 0 };
                g_autoptr(GError) error = NULL;
                WattleTrust nobody = { 0 };
                gboolean kept;

                host_init(&host, MESH("8") US NAS);
                g_assert_cmpint(wattle_below_unlink(host.root.fd, WATTLE_CONFDIR "/home.pub" + 1),
                                ==, 0);
                root_put(&host.root, &LAST[1], TEXT_7, 0644);
                host.person_says = says == 1;
                g_assert_true(wattle_pair_read(&candidate, host.root.fd, HOME, &nobody, &error));
                g_assert_true(wattle_update_begin(&host.updater, &state, &candidate, &error));
                g_assert_true(wattle_update_settle(&host.updater, &state, &kept, &error));
                g_assert_cmpint(kept, ==, says);
                g_assert_cmpuint(host.applied, ==, says ? 8 : 7);
                g_assert_cmpint(state.confirm.phase, ==, WATTLE_CONFIRM_DONE);
                g_assert_cmpint(exists(&host, NEXT), ==, !says);
        }
}

static void add_peer(WattleStatus *status, const char *device, const char *key, gint64 handshake_s)
{
        WattlePeerStatus peer = { .device = device,
                                  .managed = TRUE,
                                  .last_handshake_s = handshake_s };

        g_assert_true(wattle_key_parse(key, &peer.public_key, NULL));
        g_array_append_val(status->peers, peer);
}

static void witnesses(void)
{
        g_autoptr(WattleProfile) old = good_profile(TEXT_7);
        g_autoptr(WattleProfile) new = good_profile(MESH("8") US "[Device nas]\nPublicKey=" KEY_D
                                                                 "\nAddress=10.42.0.2\n" VPS);
        g_auto(WattleStatus) status = { 0 };
        g_auto(GStrv) names = NULL, with_source = NULL, none = NULL;

        wattle_status_init(&status);
        add_peer(&status, "nas", KEY_B, 1000); /* its key changes */
        add_peer(&status, "vps", KEY_C, 900);
        names = wattle_witness_choose(&status, old, new, NULL, 1000);
        g_assert_cmpstr(names[0], ==, "vps");
        g_assert_null(names[1]);
        none = wattle_witness_choose(&status, old, new, NULL, 900 + WATTLE_WITNESS_HEARD_S);
        g_assert_null(none);
        with_source = wattle_witness_choose(&status, old, old, "vps", 1000);
        g_assert_cmpstr(with_source[0], ==, "vps");
        g_assert_cmpstr(with_source[1], ==, "nas");
}

static void revocations(void)
{
        static const char text[] = KEY_A "\n\n" KEY_B "\n";
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GArray) keys = NULL, none = NULL, bad = NULL;
        g_autofree char *again = NULL;

        wattle_report_init(&report);
        keys = wattle_revocations_read(text, strlen(text), "revoked", &report);
        again = wattle_revocations_format(keys);
        g_assert_cmpstr(again, ==, KEY_A "\n" KEY_B "\n");
        /* As a file is read that has nothing in it. */
        none = wattle_revocations_read(NULL, 0, "revoked", &report);
        g_assert_cmpuint(none->len, ==, 0);
        bad = wattle_revocations_read("x\n", 2, "revoked", &report);
        g_assert_null(bad);
        check_faults(&report,
                     "revoked:1:1: not a WireGuard key: 44 characters of base64, ending in "
                     "=");
}

int main(int argc, char **argv)
{
        int result;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        ours = wattle_signing_secret_generate();
        others = wattle_signing_secret_generate();
        g_test_add_func("/update/confirm/steps", confirm_steps);
        g_test_add_func("/update/confirm/waits", confirm_waits);
        g_test_add_func("/update/state", states);
        g_test_add_func("/update/refusals", refusals);
        g_test_add_func("/update/take", taking);
        g_test_add_func("/update/forks", forks);
        g_test_add_func("/update/joining", joining);
        g_test_add_func("/update/raised", raised);
        g_test_add_func("/update/unsigned", unsigned_mesh);
        g_test_add_func("/update/way-back", way_back);
        g_test_add_func("/update/dropped", dropped);
        g_test_add_func("/update/held", held);
        g_test_add_func("/update/resumed", resumed);
        g_test_add_func("/update/overtaken", overtaken);
        g_test_add_func("/update/rotation", rotation);
        g_test_add_func("/update/person", asked_person);
        g_test_add_func("/update/witnesses", witnesses);
        g_test_add_func("/update/revocations", revocations);
        result = g_test_run();
        wattle_signing_secret_free(ours);
        wattle_signing_secret_free(others);
        return result;
}
