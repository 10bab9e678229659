/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers in buffers of any size and place, which glibc chooses and doubles. */
#include "nss/answer.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/render.h"
#include "tests/unit/fixture.h"

static const char mesh[] = "[Mesh]\n"
                           "Subnet=10.77.0.0/24 fd77::/64\n"
                           "[Device vps]\n"
                           "PublicKey=" KEY_A "\n"
                           "Address=10.77.0.2 fd77::2 10.77.0.3 fd77::3\n"
                           "Alias=gate\n"
                           "[Device anna]\n"
                           "PublicKey=" KEY_B "\n"
                           "Address=10.77.0.10\n";

typedef struct {
        int fd;
        WattleIndex index;
        WattleIndexRecord record;
} Found;

static void found_init(Found *found, const char *name)
{
        g_autoptr(WattleView) view = good_view(mesh, "vps", "");
        g_auto(WattleFileset) files = { 0 };
        const GString *content;

        wattle_fileset_init(&files);
        wattle_render_names(view, &files);
        content = wattle_fileset_find(&files, WATTLE_FILE_NAMES)->content;
        found->fd = memfd_create("index", MFD_CLOEXEC);
        g_assert_cmpint(pwrite(found->fd, content->str, content->len, 0), ==, (gssize)content->len);
        g_assert_true(wattle_index_init(&found->index, found->fd, content->len));
        g_assert_cmpint(wattle_index_find_name(&found->index, name, strlen(name), &found->record),
                        ==, WATTLE_INDEX_FOUND);
}

static void found_clear(Found *found)
{
        close(found->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Found, found_clear)

typedef WattleAnswer (*Ask)(Found *found, char *buffer, size_t size, GString *ret);

static void print_address(GString *ret, int family, const void *address)
{
        char text[INET6_ADDRSTRLEN];

        g_string_append_printf(ret, "%s ", inet_ntop(family, address, text, sizeof text));
}

static void print_host(GString *ret, const struct hostent *host)
{
        for (char **at = host->h_addr_list; *at; at++) {
                g_assert_cmpint((gintptr)*at % 4, ==, 0);
                print_address(ret, host->h_addrtype, *at);
        }
        g_string_append(ret, host->h_name);
        for (char **at = host->h_aliases; *at; at++)
                g_string_append_printf(ret, " %s", *at);
}

static WattleAnswer ask_ipv4(Found *found, char *buffer, size_t size, GString *ret)
{
        struct hostent host;
        WattleAnswer answer =
                wattle_answer_host(&found->index, &found->record, AF_INET, &host, buffer, size);

        if (answer == WATTLE_ANSWER_DONE)
                print_host(ret, &host);
        return answer;
}

static WattleAnswer ask_ipv6(Found *found, char *buffer, size_t size, GString *ret)
{
        struct hostent host;
        WattleAnswer answer =
                wattle_answer_host(&found->index, &found->record, AF_INET6, &host, buffer, size);

        if (answer == WATTLE_ANSWER_DONE)
                print_host(ret, &host);
        return answer;
}

static WattleAnswer ask_reverse(Found *found, char *buffer, size_t size, GString *ret)
{
        static const guint8 address[] = { 10, 77, 0, 2 };
        struct hostent host;
        WattleAnswer answer = wattle_answer_address(&found->index, &found->record, AF_INET, address,
                                                    sizeof address, &host, buffer, size);

        if (answer == WATTLE_ANSWER_DONE)
                print_host(ret, &host);
        return answer;
}

static void print_list(GString *ret, const struct gaih_addrtuple *list)
{
        for (; list; list = list->next) {
                print_address(ret, list->family, list->addr);
                g_assert_cmpuint(list->scopeid, ==, 0);
                if (!list->next)
                        g_string_append(ret, list->name);
        }
}

static WattleAnswer ask_list(Found *found, char *buffer, size_t size, GString *ret)
{
        struct gaih_addrtuple *list = NULL;
        WattleAnswer answer =
                wattle_answer_list(&found->index, &found->record, &list, buffer, size);

        if (answer == WATTLE_ANSWER_DONE)
                print_list(ret, list);
        return answer;
}

/* The first item is the caller's own: nscd does so. */
static WattleAnswer ask_list_into(Found *found, char *buffer, size_t size, GString *ret)
{
        struct gaih_addrtuple first, *list = &first;
        WattleAnswer answer =
                wattle_answer_list(&found->index, &found->record, &list, buffer, size);

        g_assert_true(list == &first);
        if (answer == WATTLE_ANSWER_DONE)
                print_list(ret, list);
        return answer;
}

static const struct {
        const char *name;
        Ask ask;
        const char *answer; /* NULL: it has no such address */
} rows[] = {
        { "gate", ask_ipv4, "10.77.0.2 10.77.0.3 vps.home vps gate.home gate" },
        { "gate", ask_ipv6, "fd77::2 fd77::3 vps.home vps gate.home gate" },
        { "gate", ask_reverse, "10.77.0.2 vps.home vps gate.home gate" },
        { "gate", ask_list, "fd77::2 fd77::3 10.77.0.2 10.77.0.3 vps.home" },
        { "gate", ask_list_into, "fd77::2 fd77::3 10.77.0.2 10.77.0.3 vps.home" },
        { "anna", ask_ipv4, "10.77.0.10 anna.home anna" },
        { "anna", ask_ipv6, NULL },
        { "anna", ask_list, "10.77.0.10 anna.home" },
};

/* The buffer is as large as it says, and a sanitizer watches its ends. */
static void check_buffer(Found *found, guint row, gsize gap, gsize size, gboolean *ret_fits)
{
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *memory = g_malloc(gap + size);
        WattleAnswer answer = rows[row].ask(found, memory + gap, size, text);

        *ret_fits = answer != WATTLE_ANSWER_NO_ROOM;
        if (!rows[row].answer)
                g_assert_cmpint(answer, ==, WATTLE_ANSWER_NO_ADDRESS);
        else if (*ret_fits)
                g_assert_cmpstr(text->str, ==, rows[row].answer);
}

static void any_buffer(void)
{
        for (guint row = 0; row < G_N_ELEMENTS(rows); row++) {
                g_auto(Found) found = { 0 };

                found_init(&found, rows[row].name);
                for (gsize gap = 0; gap < 16; gap += 5) {
                        gboolean fits = FALSE, before;

                        for (gsize size = 0; size < 512; size++) {
                                before = fits;
                                check_buffer(&found, row, gap, size, &fits);
                                g_assert_true(fits || !before);
                        }
                        g_assert_true(fits);
                }
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/nss-answer/any-buffer", any_buffer);
        return g_test_run();
}
