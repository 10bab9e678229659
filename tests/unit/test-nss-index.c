/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libnss_wattle finds in the index that we write, and that it survives any other. */
#include "nss/index.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/names-layout.h"
#include "common/render.h"
#include "tests/unit/fixture.h"

static const char mesh[] = "[Mesh]\n"
                           "Subnet=10.77.0.0/24 fd77::/64\n"
                           "[Device vps]\n"
                           "PublicKey=" KEY_A "\n"
                           "Address=10.77.0.2 fd77::2\n"
                           "[Device anna]\n"
                           "PublicKey=" KEY_B "\n"
                           "Address=10.77.0.10\n"
                           "Alias=anna-laptop al\n"
                           "[Device six]\n"
                           "PublicKey=" KEY_C "\n"
                           "Address=fd77::6\n";

/* An index in a file that has no name. */
typedef struct {
        int fd;
        GByteArray *bytes;
} Index;

static void index_write(Index *file)
{
        g_assert_cmpint(ftruncate(file->fd, (off_t)file->bytes->len), ==, 0);
        g_assert_cmpint(pwrite(file->fd, file->bytes->data, file->bytes->len, 0), ==,
                        (gssize)file->bytes->len);
}

static void index_init(Index *file)
{
        g_autoptr(WattleView) view = good_view(mesh, "vps", "");
        g_auto(WattleFileset) files = { 0 };
        const GString *content;

        wattle_fileset_init(&files);
        wattle_render_names(view, &files);
        content = wattle_fileset_find(&files, WATTLE_FILE_NAMES)->content;
        file->bytes = g_byte_array_new();
        g_byte_array_append(file->bytes, (const guint8 *)content->str, (guint)content->len);
        file->fd = memfd_create("index", MFD_CLOEXEC);
        g_assert_cmpint(file->fd, >=, 0);
        index_write(file);
}

static void index_clear(Index *file)
{
        g_byte_array_unref(file->bytes);
        close(file->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Index, index_clear)

/* The canonical name of what was found, "absent" or "broken". */
static char *describe(WattleIndex *index, WattleIndexResult result, const WattleIndexRecord *record)
{
        g_autofree guint8 *content = NULL;

        if (result != WATTLE_INDEX_FOUND)
                return g_strdup(result == WATTLE_INDEX_ABSENT ? "absent" : "broken");
        content = g_malloc(record->content_size);
        if (!wattle_index_read_content(index, record, content))
                return g_strdup("broken");
        return g_strdup((char *)content + record->n_ipv6 * 16 + record->n_ipv4 * 4);
}

static char *ask_name(const Index *file, const char *name)
{
        WattleIndexRecord record;
        WattleIndexResult result;
        WattleIndex index;

        if (!wattle_index_init(&index, file->fd, file->bytes->len))
                return g_strdup("no index");
        result = wattle_index_find_name(&index, name, strlen(name), &record);
        return describe(&index, result, &record);
}

static char *ask_address(const Index *file, const char *text)
{
        guint8 address[16] = { [10] = 0xff, [11] = 0xff };
        WattleIndexRecord record;
        WattleIndexResult result;
        WattleIndex index;

        if (inet_pton(AF_INET, text, address + 12) != 1)
                g_assert_cmpint(inet_pton(AF_INET6, text, address), ==, 1);
        if (!wattle_index_init(&index, file->fd, file->bytes->len))
                return g_strdup("no index");
        result = wattle_index_find_address(&index, address, &record);
        return describe(&index, result, &record);
}

static const char long_label[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static const struct {
        const char *name, *answer;
} names[] = {
        { "anna", "anna.home" },
        { "anna.home", "anna.home" },
        { "anna-laptop", "anna.home" },
        { "anna-laptop.home", "anna.home" },
        { "al", "anna.home" },
        { "AL.hoMe", "anna.home" },
        { "VPS", "vps.home" },
        { "six", "six.home" },
        { "", "absent" },
        { ".", "absent" },
        { "anna.", "absent" }, /* the dot is the module's */
        { "ann", "absent" },
        { "annaa", "absent" },
        { "anna.hom", "absent" },
        { "anna.home.home", "absent" },
        { "anna\xc3\xa4", "absent" },
        { "home", "absent" },
        { "an@a", "absent" },
        { long_label, "absent" },
};

static void by_name(void)
{
        g_auto(Index) file = { 0 };

        index_init(&file);
        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *answer = ask_name(&file, names[i].name);

                g_test_message("%s", names[i].name);
                g_assert_cmpstr(answer, ==, names[i].answer);
        }
}

static void too_long(void)
{
        g_autofree char *name = g_strnfill(WATTLE_NAMES_MAX_NAME + 1, 'a');
        g_autofree char *huge = g_strnfill(1000 * 1000, 'a');
        g_auto(Index) file = { 0 };
        g_autofree char *answer = NULL, *other = NULL;

        index_init(&file);
        answer = ask_name(&file, name);
        other = ask_name(&file, huge);
        g_assert_cmpstr(answer, ==, "absent");
        g_assert_cmpstr(other, ==, "absent");
}

static const struct {
        const char *address, *answer;
} addresses[] = {
        { "10.77.0.2", "vps.home" },
        { "fd77::2", "vps.home" },
        { "10.77.0.10", "anna.home" },
        { "::ffff:10.77.0.10", "anna.home" },
        { "fd77::6", "six.home" },
        { "10.77.0.3", "absent" },
        { "fd77::", "absent" },
        { "::10.77.0.10", "absent" },
        { "0.0.0.0", "absent" },
        { "::", "absent" },
        { "64:ff9b::10.77.0.2", "absent" },
        { "255.255.255.255", "absent" },
};

static void by_address(void)
{
        g_auto(Index) file = { 0 };

        index_init(&file);
        for (guint i = 0; i < G_N_ELEMENTS(addresses); i++) {
                g_autofree char *answer = ask_address(&file, addresses[i].address);

                g_test_message("%s", addresses[i].address);
                g_assert_cmpstr(answer, ==, addresses[i].answer);
        }
}

/* A broken file may lack what it should have, but it says nothing else. */
static void check_all(const Index *file)
{
        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *answer = ask_name(file, names[i].name);

                if (!g_str_equal(answer, "no index") && !g_str_equal(answer, "broken") &&
                    !g_str_equal(answer, "absent"))
                        g_assert_cmpstr(names[i].answer, !=, "absent");
        }
        for (guint i = 0; i < G_N_ELEMENTS(addresses); i++)
                g_free(ask_address(file, addresses[i].address));
}

static void truncated(void)
{
        g_auto(Index) whole = { 0 };

        index_init(&whole);
        for (guint n = 0; n < whole.bytes->len; n++) {
                g_auto(Index) file = { 0 };
                g_autofree char *answer = NULL;

                index_init(&file);
                g_byte_array_set_size(file.bytes, n);
                index_write(&file);
                answer = ask_name(&file, "anna");
                g_assert_cmpstr(answer, ==, "no index");
                if (n < WATTLE_NAMES_AT_SIZE + 4)
                        continue;
                /* One that says so itself. */
                wattle_names_put_u32(file.bytes->data + WATTLE_NAMES_AT_SIZE, n);
                index_write(&file);
                check_all(&file);
        }
}

/* Whoever writes in place: the size was another when it was asked for. */
static void truncated_meanwhile(void)
{
        g_auto(Index) file = { 0 };

        index_init(&file);
        for (guint n = 0; n < file.bytes->len; n++) {
                WattleIndexRecord record;
                WattleIndex index;

                index_write(&file);
                g_assert_true(wattle_index_init(&index, file.fd, file.bytes->len));
                index.window_size = 0;
                g_assert_cmpint(ftruncate(file.fd, n), ==, 0);
                g_assert_cmpint(wattle_index_find_name(&index, "anna", 4, &record), ==,
                                WATTLE_INDEX_BROKEN);
        }
}

static const guint32 evil[] = {
        0, 1, 3, 0x7f, 0x100, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff, 0x08000000, 0x10000,
};

/* Each number of the file takes each of these values. */
static void huge_offsets(void)
{
        g_auto(Index) file = { 0 };

        index_init(&file);
        for (guint at = WATTLE_NAMES_AT_VERSION; at + 4 <= file.bytes->len; at += 4)
                for (guint i = 0; i < G_N_ELEMENTS(evil); i++) {
                        guint32 before = wattle_names_u32(file.bytes->data + at);

                        wattle_names_put_u32(file.bytes->data + at, evil[i]);
                        index_write(&file);
                        check_all(&file);
                        wattle_names_put_u32(file.bytes->data + at, before);
                }
}

static const struct {
        const char *what;
        guint at;
        guint32 value;
} headers[] = {
        { "magic", 0, 0x4e544156 },
        { "an older version", WATTLE_NAMES_AT_VERSION, 0 },
        { "a newer version", WATTLE_NAMES_AT_VERSION, WATTLE_NAMES_VERSION + 1 },
        { "another size", WATTLE_NAMES_AT_SIZE, 4096 },
        { "no buckets", WATTLE_NAMES_AT_N_NAME_BUCKETS, 0 },
        { "no power of two", WATTLE_NAMES_AT_N_NAME_BUCKETS, 7 },
        { "more buckets than bytes", WATTLE_NAMES_AT_N_ADDRESS_BUCKETS, 1U << 31 },
        { "more names than bytes", WATTLE_NAMES_AT_N_NAMES, 1000 },
        { "many more", WATTLE_NAMES_AT_N_NAMES, G_MAXUINT32 },
        { "more addresses than bytes", WATTLE_NAMES_AT_N_ADDRESSES, 0x0ccccccd },
};

static void bad_headers(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
                g_auto(Index) file = { 0 };
                g_autofree char *answer = NULL;

                g_test_message("%s", headers[i].what);
                index_init(&file);
                wattle_names_put_u32(file.bytes->data + headers[i].at, headers[i].value);
                index_write(&file);
                answer = ask_name(&file, "anna");
                g_assert_cmpstr(answer, ==, "no index");
        }
}

/* 2000 devices: the window has to go about in the file. */
static void many(void)
{
        g_autoptr(GString) text = g_string_new("[Mesh]\nSubnet=10.0.0.0/8\n");
        g_autoptr(WattleView) view = NULL;
        g_auto(WattleFileset) files = { 0 };
        g_auto(Index) file = { 0 };
        const GString *content;

        for (guint i = 0; i < 2000; i++) {
                guint8 key[32] = { (guint8)i, (guint8)(i >> 8), 1 };
                g_autofree char *base64 = g_base64_encode(key, sizeof key);

                g_string_append_printf(text,
                                       "[Device d%u]\nPublicKey=%s\nAddress=10.1.%u.%u\n"
                                       "Alias=a%u\n",
                                       i, base64, i / 200, i % 200 + 1, i);
        }
        view = good_view(text->str, "d7", "");
        wattle_fileset_init(&files);
        wattle_render_names(view, &files);
        content = wattle_fileset_find(&files, WATTLE_FILE_NAMES)->content;
        index_init(&file);
        g_byte_array_set_size(file.bytes, 0);
        g_byte_array_append(file.bytes, (const guint8 *)content->str, (guint)content->len);
        index_write(&file);
        for (guint i = 0; i < 2000; i++) {
                g_autofree char *wanted = g_strdup_printf("d%u.home", i);
                g_autofree char *alias = g_strdup_printf("A%u.Home", i);
                g_autofree char *address = g_strdup_printf("10.1.%u.%u", i / 200, i % 200 + 1);
                g_autofree char *by_alias = ask_name(&file, alias);
                g_autofree char *reverse = ask_address(&file, address);

                g_assert_cmpstr(by_alias, ==, wanted);
                g_assert_cmpstr(reverse, ==, wanted);
        }
}

/* Of a mesh that a VPN connection carries no short name is found. */
static void carried(void)
{
        g_autoptr(WattleView) view = good_view(mesh, "vps", "");
        g_auto(WattleFileset) files = { 0 };
        g_auto(Index) file = { 0 };
        g_autofree char *by_fd77_6 = NULL;
        const GString *content;

        wattle_fileset_init_carried_names(&files);
        wattle_render_carried_names(view, "UUID", &files);
        content = wattle_fileset_find(&files, WATTLE_FILE_CARRIED_NAMES)->content;
        index_init(&file);
        g_byte_array_set_size(file.bytes, 0);
        g_byte_array_append(file.bytes, (const guint8 *)content->str, (guint)content->len);
        index_write(&file);
        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
                g_autofree char *answer = ask_name(&file, names[i].name);

                g_assert_cmpstr(answer, ==,
                                strchr(names[i].name, '.') ? names[i].answer : "absent");
        }
        by_fd77_6 = ask_address(&file, "fd77::6");
        g_assert_cmpstr(by_fd77_6, ==, "six.home");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/nss-index/by-name", by_name);
        g_test_add_func("/nss-index/too-long", too_long);
        g_test_add_func("/nss-index/by-address", by_address);
        g_test_add_func("/nss-index/truncated", truncated);
        g_test_add_func("/nss-index/truncated-meanwhile", truncated_meanwhile);
        g_test_add_func("/nss-index/huge-offsets", huge_offsets);
        g_test_add_func("/nss-index/bad-headers", bad_headers);
        g_test_add_func("/nss-index/many", many);
        g_test_add_func("/nss-index/carried", carried);
        return g_test_run();
}
