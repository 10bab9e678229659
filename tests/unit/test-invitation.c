/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/invitation.h"

#include <sodium.h>
#include <string.h>

#include "common/profile-sign.h"
#include "tests/unit/fixture.h"

#define HEAD   "[Mesh]\nName=home\nSerial=7\nSubnet=10.42.0.0/16\n"
#define LAPTOP "[Device laptop]\nPublicKey=" KEY_A "\nAddress=10.42.0.1\n"
#define NAS    "[Device nas]\nPublicKey=" KEY_B "\nAddress=10.42.0.2\n"
#define VPS    "[Device vps]\nPublicKey=" KEY_C "\nAddress=10.42.0.3\n"
#define PHONE  "[Device phone]\nPublicKey=" KEY_D "\nAddress=10.42.0.4\n"

/* What the text of the tiny mesh says; expected NULL: the error. */
static const struct row {
        const char *name, *profile, *self;
        guint max;
        const char *expected, *error;
} rows[] = {
        { "one that can be called", HEAD LAPTOP NAS "PublicEndpoint=nas.example:1\n" VPS, NULL, 3,
          "[Mesh]\nName=home\nSerial=7\nInvitation=laptop\nSubnet=10.42.0.0/16\n\n" LAPTOP "\n" NAS
          "PublicEndpoint=nas.example:1\n",
          NULL },
        { "our own first, and on the LAN last",
          HEAD NAS "PrivateEndpoint=192.168.1.2:1\n" VPS
                   "PublicEndpoint=vps.example:1\n" LAPTOP PHONE "PublicEndpoint=phone.example:1\n",
          "phone", 2,
          "[Mesh]\nName=home\nSerial=7\nInvitation=laptop\nSubnet=10.42.0.0/16\n\n" LAPTOP
          "\n" PHONE "PublicEndpoint=phone.example:1\n\n" VPS "PublicEndpoint=vps.example:1\n",
          NULL },
        { "one that calls, for the new one can be called",
          HEAD NAS LAPTOP "PublicEndpoint=l.example:1\n", "nas", 3,
          "[Mesh]\nName=home\nSerial=7\nInvitation=laptop\nSubnet=10.42.0.0/16\n\n" LAPTOP
          "PublicEndpoint=l.example:1\n\n" NAS,
          NULL },
        { "what is not needed is left out, and a site stays",
          "[Mesh]\nName=home\nSerial=7\nPrevious="
          "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0\nSubnet=10.42.0.0/16\n"
          "[Site flat]\nPublicAddress=203.0.113.1\n[Site work]\nPublicAddress=work.example\n" NAS
          "Alias=files\nPublicEndpoint=@flat:1\nRoutes=192.168.7.0/24\nExitNode=yes\nRelay=yes\n" LAPTOP
          "Alias=lap\n" VPS "PublicEndpoint=@work:1\nManaged=no\n",
          NULL, 3,
          "[Mesh]\nName=home\nSerial=7\nInvitation=laptop\nSubnet=10.42.0.0/16\n\n[Site flat]\n"
          "PublicAddress=203.0.113.1\n\n" LAPTOP "\n" NAS "PublicEndpoint=@flat:1\n",
          NULL },
        { "nobody", HEAD LAPTOP NAS VPS "PublicEndpoint=vps.example:1\nState=revoked\n", "nas", 3,
          NULL,
          "laptop could reach nobody: no other device that runs wattle has a PublicEndpoint= or "
          "PrivateEndpoint=; give one of them one" },
};

static void write_text(gconstpointer data)
{
        const struct row *row = data;
        g_autoptr(WattleProfile) profile = good_profile(row->profile);
        g_autoptr(GError) error = NULL;
        g_autofree char *text =
                wattle_invitation_write(profile, wattle_profile_find_device(profile, "laptop"),
                                        row->self, row->max, &error);

        g_assert_cmpstr(text, ==, row->expected);
        check_error(text != NULL, &error, row->error);
}

static WattleSigningSecret *secret;

static void make(WattleInvitation *invitation, const char *text)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) mesh = NULL;
        g_autofree char *comment = NULL;
        WattleTextHash hash;

        wattle_report_init(&report);
        invitation->text = g_bytes_new(text, strlen(text));
        mesh = wattle_profile_load_invitation(g_bytes_ref(invitation->text), "x", &report);
        g_assert_nonnull(mesh);
        comment = wattle_profile_make_comment(mesh);
        wattle_text_hash(text, strlen(text), &hash);
        wattle_signature_make(secret, &hash, comment, &invitation->signature);
        wattle_signing_secret_get_public(secret, &invitation->signer);
}

#define TINY                                                                                       \
        "[Mesh]\nName=home\nSerial=7\nInvitation=laptop\nSubnet=10.42.0.0/16\n" LAPTOP NAS         \
        "PublicEndpoint=nas.example:1\n"

static char *format(gboolean with_key)
{
        g_auto(WattleInvitation) invitation = { 0 };

        make(&invitation, TINY);
        invitation.has_private_key = with_key;
        if (with_key)
                memset(&invitation.private_key, 7, sizeof invitation.private_key);
        return wattle_invitation_format(&invitation);
}

/* What mail and chats make of a text. */
static char *quote(const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autofree char *joined = g_strjoinv("\r\n> ", lines);

        return g_strconcat("Here it is:\r\n\r\n> ", joined, "\r\nRegards.\r\n", NULL);
}

static char *in_one_line(const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        return g_strjoinv("", lines);
}

static char *with_blanks(const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        return g_strjoinv(" \302\240\342\200\213\t", lines);
}

static char *in_a_fence(const char *text)
{
        return g_strconcat("```\n", text, "```", NULL);
}

static void carried(void)
{
        static char *(*const ways[])(const char *) = { g_strdup, quote, in_one_line, with_blanks,
                                                       in_a_fence };

        for (guint with_key = 0; with_key < 2; with_key++)
                for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
                        g_auto(WattleInvitation) invitation = { 0 };
                        g_auto(WattleReport) report = { 0 };
                        g_autoptr(WattleProfile) mesh = NULL;
                        g_autoptr(GError) error = NULL;
                        g_autofree char *text = format(with_key), *told = ways[i](text),
                                        *again = NULL;

                        g_assert_true(wattle_invitation_is_whole(told, strlen(told)));
                        g_assert_true(
                                wattle_invitation_parse(told, strlen(told), &invitation, &error));
                        g_assert_cmpint(invitation.has_private_key, ==, with_key);
                        again = wattle_invitation_format(&invitation);
                        g_assert_cmpstr(again, ==, text);
                        wattle_report_init(&report);
                        mesh = wattle_invitation_load(&invitation, NULL, "home.invite", NULL,
                                                      &report);
                        g_assert_cmpstr(mesh->invited, ==, "laptop");
                        g_assert_cmpuint(mesh->n_devices, ==, 2);
                }
}

/* No line is longer than a terminal, a mail and the line of a terminal that is read may be. */
static void lines(void)
{
        g_autofree char *text = format(TRUE);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        g_assert_cmpuint(g_strv_length(lines), >, 2);
        for (guint i = 0; lines[i]; i++)
                g_assert_cmpuint(strlen(lines[i]), <=, 72);
}

/* Each character that is another one, and each that is missing, is noticed; and whatever stops
 * early is not whole. */
static void changed(void)
{
        g_autofree char *text = format(FALSE);
        gsize size = strlen(text), end = size - 2;

        for (gsize i = 0; i < size; i++) {
                g_auto(WattleInvitation) other = { 0 }, shorter = { 0 }, early = { 0 };
                g_autoptr(GError) error = NULL, error_2 = NULL, error_3 = NULL;
                g_autofree char *changed = g_strdup(text), *cut = g_strndup(text, i);
                g_autofree char *without = g_strconcat(cut, text + i + 1, NULL);

                changed[i] = text[i] == 'A' ? 'B' : 'A';
                if (text[i] == '\n') {
                        if (i < end)
                                g_assert_false(
                                        wattle_invitation_parse(changed, size, &other, &error));
                        continue;
                }
                g_assert_false(wattle_invitation_parse(changed, size, &other, &error));
                g_assert_false(wattle_invitation_parse(without, size - 1, &shorter, &error_2));
                g_assert_false(wattle_invitation_parse(cut, i, &early, &error_3));
                g_assert_false(i <= end && wattle_invitation_is_whole(cut, i));
        }
}

static void bad(void)
{
        static const struct {
                const char *text, *error;
        } faults[] = {
                { "", "it is no invitation, which begins with wattle:" },
                { "[Mesh]\n", "it is no invitation, which begins with wattle:" },
                { "wattle:AAAA", "it is cut off: an invitation ends with a dot" },
                { "Of wattle: a note. wattle:A.",
                  "it was changed on the way, a character or more: copy all of it again" },
                { "wattle:AAAAAAAAAAAAAAAA.",
                  "it was changed on the way, a character or more: copy all of it again" },
                { "wattle:AA?A.",
                  "it was changed on the way, a character or more: copy all of it again" },
                { "wattle:AA.\nwattle:AA.\n", "there is more than one invitation: one at a time" },
        };
        g_autofree char *large = g_strnfill(WATTLE_INVITATION_MAX_BYTES + 1, 'x');
        g_auto(WattleInvitation) invitation = { 0 };
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
                g_auto(WattleInvitation) none = { 0 };
                g_autoptr(GError) fault = NULL;
                gboolean ok = wattle_invitation_parse(faults[i].text, strlen(faults[i].text), &none,
                                                      &fault);

                check_error(ok, &fault, faults[i].error);
        }
        g_assert_false(wattle_invitation_parse(large, strlen(large), &invitation, &error));
        g_assert_cmpstr(error->message, ==, "it is longer than an invitation, 65536 bytes");
}

/* What is verified: the key, the text, and that it is an invitation. */
static void trusted(void)
{
        g_autoptr(GArray) ours = g_array_new(FALSE, FALSE, sizeof(WattleSigningKey));
        g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(WattleSigningKey));
        WattleSigningSecret *other = wattle_signing_secret_generate();
        g_auto(WattleInvitation) invitation = { 0 };
        g_auto(WattleReport) good = { 0 }, strange = { 0 }, forged = { 0 };
        g_autoptr(WattleProfile) mesh = NULL, none = NULL;
        WattleSigningKey key;

        wattle_report_init(&good);
        wattle_report_init(&strange);
        wattle_report_init(&forged);
        make(&invitation, TINY);
        g_array_append_val(ours, invitation.signer);
        wattle_signing_secret_get_public(other, &key);
        g_array_append_val(others, key);
        mesh = wattle_invitation_load(&invitation, ours, "home.invite", NULL, &good);
        g_assert_nonnull(mesh);
        none = wattle_invitation_load(&invitation, others, "home.invite", NULL, &strange);
        g_assert_null(none);
        g_assert_cmpuint(strange.n_errors, ==, 1);
        g_bytes_unref(invitation.text);
        invitation.text = g_bytes_new_static(TINY VPS, strlen(TINY VPS));
        none = wattle_invitation_load(&invitation, NULL, "home.invite", NULL, &forged);
        g_assert_null(none);
        g_assert_cmpuint(forged.n_errors, ==, 1);
        wattle_signing_secret_free(other);
}

/* The two are never taken for one another. */
static void kinds(void)
{
        g_auto(WattleReport) as_profile = { 0 }, as_invitation = { 0 }, nobody = { 0 };
        g_autoptr(WattleProfile) none = NULL;

        wattle_report_init(&as_profile);
        wattle_report_init(&as_invitation);
        wattle_report_init(&nobody);
        none = wattle_profile_load(TINY, strlen(TINY), "home.mesh", &as_profile);
        g_assert_null(none);
        check_faults(&as_profile,
                     "home.mesh:4:12: Invitation: this is an invitation for laptop, and no "
                     "profile: 'wattle join' takes it");
        none = wattle_profile_load_invitation(g_bytes_new_static(HEAD NAS, strlen(HEAD NAS)),
                                              "home.invite", &as_invitation);
        g_assert_null(none);
        check_faults(&as_invitation, "home.invite:1:1: this is a profile, and no invitation: "
                                     "Invitation= is missing");
        none = wattle_profile_load_invitation(
                g_bytes_new_static(
                        "[Mesh]\nInvitation=x\nName=home\nSubnet=10.42.0.0/16\n" NAS,
                        strlen("[Mesh]\nInvitation=x\nName=home\nSubnet=10.42.0.0/16\n" NAS)),
                "home.invite", &nobody);
        g_assert_null(none);
        check_faults(&nobody, "home.invite:2:12: Invitation: there is no device x here");
}

int main(int argc, char **argv)
{
        int result;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        secret = wattle_signing_secret_generate();
        add_rows("/invitation/write", rows, write_text);
        g_test_add_func("/invitation/carried", carried);
        g_test_add_func("/invitation/lines", lines);
        g_test_add_func("/invitation/changed", changed);
        g_test_add_func("/invitation/bad", bad);
        g_test_add_func("/invitation/trusted", trusted);
        g_test_add_func("/invitation/kinds", kinds);
        result = g_test_run();
        wattle_signing_secret_free(secret);
        return result;
}
