/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/profile-sign.h"

#include <sodium.h>
#include <string.h>

#include "common/signature.h"
#include "tests/unit/fixture.h"

#define KEY      "RWT5gYdP3cO4P89i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKbF"
#define OTHER    "RWSitu8D50JqPWpsjP/KsqnxdYHERUjElUQCrbslBSp/ABVLI7D2iHVD"
#define PREVIOUS "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"

#define MESH(lines) "[Mesh]\n" lines "Subnet=10.42.0.0/16\n"

typedef struct {
        const char *name, *text;
        const char *comment; /* that the signature gets */
        const char *faults;
} Row;

static const Row rows[] = {
        { "least", MESH("Name=home\nSerial=1\n"), "wattle1 mesh=home serial=1", "" },
        { "previous", MESH("Name=home\nSerial=2\nPrevious=" PREVIOUS "\n"),
          "wattle1 mesh=home serial=2 prev=0f1e2d3c4b5a6978", "" },
        { "its key alone", MESH("Name=home\nSerial=2\nSigningKeys=" KEY "\n"),
          "wattle1 mesh=home serial=2", "" },
        { "its key and the next", MESH("Name=home\nSerial=2\nSigningKeys=" OTHER " " KEY "\n"),
          "wattle1 mesh=home serial=2", "" },
        { "another key", MESH("Name=home\nSerial=2\nSigningKeys=" OTHER "\n"),
          "wattle1 mesh=home serial=2",
          "home.mesh:4:13: SigningKeys: " KEY ", which signs this text, is not among them: add it, "
          "or sign with one that is" },
        { "no name", MESH("Serial=1\n"), "wattle1 mesh=home serial=1",
          "home.mesh:1:1: a signed mesh says its name, lest another one's file passes for it: "
          "write Name=home below [Mesh]" },
        { "no serial", MESH("Name=home\n"), "wattle1 mesh=home serial=0",
          "home.mesh:1:1: a signed mesh has a Serial=, lest an older one passes for it: write "
          "Serial=1 below [Mesh], and let it rise with every change" },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleProfile) profile = good_profile(row->text);
        g_autofree char *comment = wattle_profile_make_comment(profile);
        g_auto(WattleReport) report = { 0 };
        WattleSigningKey key;

        wattle_report_init(&report);
        g_assert_true(wattle_signing_key_parse(KEY, &key, NULL));
        g_assert_cmpint(wattle_profile_check_signed(profile, &key, &report), ==, !*row->faults);
        check_faults(&report, row->faults);
        g_assert_cmpstr(comment, ==, row->comment);
}

static void agreement(void)
{
        static const struct {
                const char *comment;
                gboolean ok;
        } comments[] = {
                { "wattle1 mesh=home serial=2 prev=0f1e2d3c4b5a6978", TRUE },
                { "timestamp:1\tfile:home.mesh\thashed", TRUE },
                { "", TRUE },
                { "wattle2 what comes later", TRUE },
                { "wattle1 mesh=home serial=3 prev=0f1e2d3c4b5a6978", FALSE },
                { "wattle1 mesh=home serial=2", FALSE },
                { "wattle1 mesh=office serial=2 prev=0f1e2d3c4b5a6978", FALSE },
                { "wattle1 ", FALSE },
        };
        g_autoptr(WattleProfile) profile =
                good_profile(MESH("Name=home\nSerial=2\nPrevious=" PREVIOUS "\n"));

        for (guint i = 0; i < G_N_ELEMENTS(comments); i++) {
                g_autoptr(GError) error = NULL;

                g_assert_cmpint(wattle_profile_check_comment(profile, comments[i].comment, &error),
                                ==, comments[i].ok);
                g_assert_cmpint(error == NULL, ==, comments[i].ok);
        }
}

static void what_is_signed_verifies(void)
{
        static const char text[] = MESH("Name=home\nSerial=1\n");
        g_autoptr(WattleProfile) profile = good_profile(text);
        g_autoptr(WattleSigningSecret) secret = wattle_signing_secret_generate();
        g_autofree char *minisig = wattle_profile_sign(profile, text, strlen(text), secret);
        g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(WattleSigningKey));
        g_auto(WattleSignature) signature = { 0 };
        WattleSigningKey key;
        WattleTextHash hash;
        guint i;

        wattle_signing_secret_get_public(secret, &key);
        g_array_append_val(keys, key);
        wattle_text_hash(text, strlen(text), &hash);
        g_assert_true(wattle_signature_read(minisig, strlen(minisig), &signature, NULL));
        g_assert_true(wattle_signature_verify(&signature, &hash, keys, &i, NULL));
        g_assert_cmpstr(signature.comment, ==, "wattle1 mesh=home serial=1");
        wattle_text_hash("", 0, &hash);
        g_assert_false(wattle_signature_verify(&signature, &hash, keys, &i, NULL));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        add_rows("/profile-sign", rows, row);
        g_test_add_func("/profile-sign/agreement", agreement);
        g_test_add_func("/profile-sign/verifies", what_is_signed_verifies);
        return g_test_run();
}
