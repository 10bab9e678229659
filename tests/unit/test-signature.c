/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and signatures that minisign 0.11 made, and what is wrong with others. */
#include "common/signature.h"

#include <sodium.h>
#include <string.h>

#include "common/words.h"
#include "tests/unit/fixture.h"

/* minisign -G -W; minisign -S -m text -t 'wattle1 mesh=home serial=1' */
#define KEY   "RWT5gYdP3cO4P89i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKbF"
#define OTHER "RWSitu8D50JqPWpsjP/KsqnxdYHERUjElUQCrbslBSp/ABVLI7D2iHVD"
#define SECRET                                                                                     \
        "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+YGHT93DuD9SJjW9" \
        "atPgi/UM31IRPyErSmE5H2HOQrdQfLZ2RO46QM9i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKbFAAAAAAAA" \
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
/* The same key under the password "open sesame", with the least of scrypt. */
#define LOCKED                                                                                     \
        "RWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AgAAAAAAAAAAAAAEAAAAAi3KZk0367vkw0/ov" \
        "NIj6jE1A/v+TswRCXxBDTkhXWWMwHSk/+WDvvnXAsYWhDmyN0hS0lTpSE/vavNcEpfLHSInisjyPywUK+LfYHIld" \
        "H8Q2kLujQI/gkhYkueNoi2t41js1Ydfnm+E="
/* And one that asks for a TiB. */
#define GREEDY                                                                                     \
        "RWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AgAAAAAAAAAAAAAAAAQAAi3KZk0367vkw0/ov" \
        "NIj6jE1A/v+TswRCXxBDTkhXWWMwHSk/+WDvvnXAsYWhDmyN0hS0lTpSE/vavNcEpfLHSInisjyPywUK+LfYHIld" \
        "H8Q2kLujQI/gkhYkueNoi2t41js1Ydfnm+E="
#define TEXT "[Mesh]\n"
#define L1   "untrusted comment: signature from minisign secret key\n"
#define L2                                                                                          \
        "RUT5gYdP3cO4P0oKyFMgxLZ41iVJlUUD6iOuiS0B3H1ovy0B3oiOD1XZlyoDWY6B+hAK9GY2fNydGyXP1IFfcLsVf" \
        "+rGenufqgE=\n"
#define L2_LEGACY                                                                                   \
        "RWT5gYdP3cO4P+/egMKVrpQfmNze1dD5y7F3hg0aJp1iHQ/hXp1ubM8m+kpTaWEJiFTL1ZVZegJLi9xpdmPtQ0zbG" \
        "q5dKoU0ag4=\n"
#define COMMENT "wattle1 mesh=home serial=1"
#define L3      "trusted comment: " COMMENT "\n"
#define L4                                                                                         \
        "1hp1TT5RbzaDq0WaN6wMSpTSegAjkDbrb/KXrRfu31hxea4maH5HiR6s0Dq9T9Z8bIJ2tik3T9YupphSDp/0BQ==\n"

#define NO_KEY "not a public key of minisign's: RW and 54 more characters of base64"

static GArray *keys_of(const char *first, const char *second)
{
        const char *texts[] = { first, second };
        GArray *keys = g_array_new(FALSE, FALSE, sizeof(WattleSigningKey));
        WattleSigningKey key;

        for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
                if (texts[i]) {
                        g_assert_true(wattle_signing_key_parse(texts[i], &key, NULL));
                        g_array_append_val(keys, key);
                }
        return keys;
}

typedef struct {
        const char *name, *text, *error;
} KeyRow;

static const KeyRow key_rows[] = {
        { "good", KEY, NULL },
        { "empty", "", NO_KEY },
        { "short", "RWT5gYdP3cO4P89i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKb", NO_KEY },
        { "blank behind", KEY " ", NO_KEY },
        { "another algorithm", "RUT5gYdP3cO4P89i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKbF", NO_KEY },
        { "a WireGuard key", "YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xc=", NO_KEY },
        { "secret", SECRET,
          "this is a secret key: the public one is meant, which begins with RW and has 56 "
          "characters" },
        { "locked secret", LOCKED,
          "this is a secret key: the public one is meant, which begins with RW and has 56 "
          "characters" },
        { "all zero", "RWT5gYdP3cO4PwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
          "no key of Ed25519: nobody can sign with it" },
};

static void key(gconstpointer data)
{
        const KeyRow *row = data;
        char text[WATTLE_SIGNING_KEY_TEXT_MAX], id[WATTLE_SIGNING_ID_TEXT_MAX];
        g_autoptr(GError) error = NULL;
        WattleSigningKey key;

        check_error(wattle_signing_key_parse(row->text, &key, &error), &error, row->error);
        if (row->error)
                return;
        wattle_signing_key_format(&key, text);
        g_assert_cmpstr(text, ==, row->text);
        wattle_signing_id_format(key.id, id);
        g_assert_cmpstr(id, ==, "3FB8C3DD4F8781F9");
}

typedef struct {
        const char *name, *text;
        guint n;
        const char *faults;
} KeysRow;

static const KeysRow keys_rows[] = {
        { "two", KEY "\n" OTHER "\n", 2, "" },
        { "no end of line", KEY, 1, "" },
        { "as minisign writes it", "untrusted comment: minisign public key 3F\n" KEY "\n", 1, "" },
        { "comments, blanks, CR LF", "# whose\r\n\r\n" KEY " \r\n", 1, "" },
        { "twice", KEY "\n" KEY "\n", 1, "" },
        { "bad line", KEY "\nhello\n", 1, "home.pub:2:1: " NO_KEY },
        { "none", "# nobody\n", 0,
          "home.pub: has no key: whoever trusts nobody's signature removes the file, and the mesh "
          "is not signed" },
        { "empty", "", 0,
          "home.pub: has no key: whoever trusts nobody's signature removes the file, and the mesh "
          "is not signed" },
};

static void keys(gconstpointer data)
{
        const KeysRow *row = data;
        g_autoptr(GArray) keys = keys_of(NULL, NULL);
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        g_assert_true(wattle_signing_keys_read(row->text, strlen(row->text), "home.pub", keys,
                                               &report) == (*row->faults == '\0'));
        check_faults(&report, row->faults);
        g_assert_cmpuint(keys->len, ==, row->n);
}

typedef struct {
        const char *name, *text, *file;
        const char *first, *second;
        guint key;
        const char *error; /* of reading or of verifying */
} SignatureRow;

#define FOUR "lines, and a signature has four: is it cut off, or are there two?"

static const SignatureRow signature_rows[] = {
        { "good", TEXT, L1 L2 L3 L4, KEY, NULL, 0, NULL },
        { "the second key", TEXT, L1 L2 L3 L4, OTHER, KEY, 1, NULL },
        { "CR LF", TEXT,
          "untrusted comment: x\r\nRUT5gYdP3cO4P0oKyFMgxLZ41iVJlUUD6iOuiS0B3H1ovy0B3oiOD1XZlyoDWY6"
          "B+hAK9GY2fNydGyXP1IFfcLsVf+rGenufqgE=\r\ntrusted comment: wattle1 mesh=home serial=1\r\n"
          "1hp1TT5RbzaDq0WaN6wMSpTSegAjkDbrb/KXrRfu31hxea4maH5HiR6s0Dq9T9Z8bIJ2tik3T9YupphSDp/0BQ="
          "=\r\n",
          KEY, NULL, 0, NULL },
        { "no end of line", TEXT,
          L1 L2 L3
          "1hp1TT5RbzaDq0WaN6wMSpTSegAjkDbrb/KXrRfu31hxea4maH5HiR6s0Dq9T9Z8bIJ2tik3T9YupphSDp/0BQ"
          "==",
          KEY, NULL, 0, NULL },
        { "a changed byte", "[Mesh] \n", L1 L2 L3 L4, KEY, NULL, 0,
          "key 3FB8C3DD4F8781F9 did not sign this text: it was changed since, or is another" },
        { "empty text", "", L1 L2 L3 L4, KEY, NULL, 0,
          "key 3FB8C3DD4F8781F9 did not sign this text: it was changed since, or is another" },
        { "another key", TEXT, L1 L2 L3 L4, OTHER, NULL, 0,
          "it is signed with key 3FB8C3DD4F8781F9, which is not trusted here" },
        { "another comment", TEXT, L1 L2 "trusted comment: wattle1 mesh=home serial=2\n" L4, KEY,
          NULL, 0, "the trusted comment is not the one that was signed" },
        { "the old kind", TEXT, L1 L2_LEGACY L3 L4, KEY, NULL, 0,
          "line 2: a signature of minisign's old kind (-l): sign again without -l, or with 'wattle "
          "sign'" },
        { "nothing", TEXT, "", KEY, NULL, 0, "0 " FOUR },
        { "cut off", TEXT, L1 L2 L3, KEY, NULL, 0, "3 " FOUR },
        { "two of them", TEXT, L1 L2 L3 L4 L1 L2 L3 L4, KEY, NULL, 0, "8 " FOUR },
        { "another order", TEXT, L1 L2 L4 L3, KEY, NULL, 0,
          "line 4: not the 88 characters of the signature of the comment" },
        { "the first line last", TEXT, L2 L3 L4 L1, KEY, NULL, 0,
          "line 1: does not begin with 'untrusted comment: ': no signature of minisign's" },
        { "a key", TEXT, "untrusted comment: x\n" KEY "\n" L3 L4, KEY, NULL, 0,
          "line 2: not the 100 characters of a signature" },
        { "escapes", TEXT, L1 L2 "trusted comment: \033[2J\n" L4, KEY, NULL, 0,
          "line 3: the comment is no printable text" },
        { "no comment", TEXT, L1 L2 "comment\n" L4, KEY, NULL, 0,
          "line 3: does not begin with 'trusted comment: '" },
};

static void signature(gconstpointer data)
{
        const SignatureRow *row = data;
        g_autoptr(GArray) keys = keys_of(row->first, row->second);
        g_auto(WattleSignature) signature = { 0 };
        g_autoptr(GError) error = NULL;
        WattleTextHash hash;
        guint key = 0;
        gboolean ok;

        wattle_text_hash(row->text, strlen(row->text), &hash);
        ok = wattle_signature_read(row->file, strlen(row->file), &signature, &error) &&
             wattle_signature_verify(&signature, &hash, keys, &key, &error);
        check_error(ok, &error, row->error);
        if (ok) {
                g_assert_cmpuint(key, ==, row->key);
                g_assert_cmpstr(signature.comment, ==, COMMENT);
        }
}

typedef struct {
        const char *name, *line, *password;
        const char *error;
} SecretRow;

#define NO_SECRET "not a secret key of minisign's: a line of comment and one of 212 characters"

static const SecretRow secret_rows[] = {
        { "open", SECRET, NULL, NULL },
        { "locked", LOCKED, "open sesame", NULL },
        { "wrong password", LOCKED, "open barley", "wrong password" },
        { "no password", LOCKED, NULL, "wrong password" },
        { "public", KEY, NULL, NO_SECRET },
        { "empty", "", NULL, NO_SECRET },
        { "greedy", GREEDY, "open sesame",
          "to unlock it would take more memory than minisign ever asks for" },
};

/* Ed25519 is deterministic, so the key that makes minisign's signature is minisign's. */
static void secret(gconstpointer data)
{
        const SecretRow *row = data;
        g_autofree char *text = g_strconcat("untrusted comment: x\n", row->line, "\n", NULL);
        g_auto(WattleSigningSecretFile) file = { 0 };
        g_autoptr(WattleSigningSecret) secret = NULL;
        g_auto(WattleSignature) signature = { 0 };
        g_autofree char *made = NULL;
        g_autoptr(GError) error = NULL;
        WattleTextHash hash;

        if (wattle_signing_secret_file_read(text, strlen(text), &file, &error))
                secret = wattle_signing_secret_unlock(&file, row->password, &error);
        check_error(secret != NULL, &error, row->error);
        if (!secret)
                return;
        wattle_text_hash(TEXT, strlen(TEXT), &hash);
        wattle_signature_make(secret, &hash, COMMENT, &signature);
        made = wattle_signature_format(&signature);
        g_assert_cmpstr(strchr(made, '\n'), ==, "\n" L2 L3 L4);
}

static void a_new_key(void)
{
        g_autoptr(WattleSigningSecret) secret = wattle_signing_secret_generate(), again = NULL;
        g_auto(WattleSigningSecretFile) file = { 0 };
        g_autoptr(GError) error = NULL;
        char *text = wattle_signing_secret_lock(secret, NULL, &error);
        WattleSigningKey key, key_again;

        g_assert_nonnull(text);
        g_assert_true(wattle_signing_secret_file_read(text, strlen(text), &file, &error));
        sodium_free(text);
        g_assert_false(file.is_locked);
        again = wattle_signing_secret_unlock(&file, NULL, &error);
        g_assert_no_error(error);
        wattle_signing_secret_get_public(secret, &key);
        wattle_signing_secret_get_public(again, &key_again);
        g_assert_cmpmem(&key, sizeof key, &key_again, sizeof key_again);
}

/* BLAKE2b-256 of 32 zeros is 89eb0d6a8a691dae..., of which each word takes 11 bits. */
static void six_words(void)
{
        static const guint8 zeros[32];
        guint8 other[32] = { 1 };
        char text[WATTLE_WORDS_MAX], other_text[WATTLE_WORDS_MAX];

        wattle_words_format(zeros, text);
        g_assert_cmpstr(text, ==, "measure flash follow below mushroom strike");
        wattle_words_format(other, other_text);
        g_assert_cmpstr(text, !=, other_text);
}

static void the_list_is_sorted(void)
{
        for (guint i = 1; i < WATTLE_BIP39_N_WORDS; i++)
                g_assert_cmpstr(wattle_bip39_english[i - 1], <, wattle_bip39_english[i]);
}

static void add(const char *group, const char *name, gconstpointer row, GTestDataFunc test)
{
        g_autofree char *path = g_strconcat("/signature/", group, "/", name, NULL);

        g_test_add_data_func(path, row, test);
}

/* As a member gives them. */
static void joined(void)
{
        static const struct {
                const char *signature, *text, *joined; /* NULL: the two as they are */
        } rows[] = {
                { "1\n2\n3\n4\n", "[Mesh]\n", NULL },
                { "1\n2\n3\n4\n", "", NULL },
                { "1\n2\n3\n4", "[Mesh]\n", "1\n2\n3\n4\n[Mesh]\n" },
                { "1\r\n2\r\n3\r\n4\r\n", "\n\n", NULL },
        };
        static const char *const others[] = { "", "<html>", "1\n2\n3\n" };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GBytes) signature =
                        g_bytes_new(rows[i].signature, strlen(rows[i].signature));
                g_autoptr(GBytes) text = g_bytes_new(rows[i].text, strlen(rows[i].text));
                g_autoptr(GBytes) both = wattle_signature_join(signature, text);
                g_autoptr(GBytes) first = NULL, second = NULL;
                g_autofree char *expected =
                        rows[i].joined ? g_strdup(rows[i].joined)
                                       : g_strconcat(rows[i].signature, rows[i].text, NULL);

                g_assert_cmpmem(g_bytes_get_data(both, NULL), g_bytes_get_size(both), expected,
                                strlen(expected));
                wattle_signature_split(both, &first, &second);
                g_assert_true(g_bytes_equal(second, text));
                g_assert_cmpuint(g_bytes_get_size(first) + g_bytes_get_size(second), ==,
                                 strlen(expected));
        }
        for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
                g_autoptr(GBytes) both = g_bytes_new(others[i], strlen(others[i]));
                g_autoptr(GBytes) first = NULL, second = NULL;

                wattle_signature_split(both, &first, &second);
                g_assert_true(g_bytes_equal(first, both));
                g_assert_cmpuint(g_bytes_get_size(second), ==, 0);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        for (guint i = 0; i < G_N_ELEMENTS(key_rows); i++)
                add("key", key_rows[i].name, &key_rows[i], key);
        for (guint i = 0; i < G_N_ELEMENTS(keys_rows); i++)
                add("keys", keys_rows[i].name, &keys_rows[i], keys);
        for (guint i = 0; i < G_N_ELEMENTS(signature_rows); i++)
                add("verify", signature_rows[i].name, &signature_rows[i], signature);
        for (guint i = 0; i < G_N_ELEMENTS(secret_rows); i++)
                add("secret", secret_rows[i].name, &secret_rows[i], secret);
        g_test_add_func("/signature/a new key", a_new_key);
        g_test_add_func("/signature/joined", joined);
        g_test_add_func("/signature/six words", six_words);
        g_test_add_func("/signature/the list", the_list_is_sorted);
        return g_test_run();
}
