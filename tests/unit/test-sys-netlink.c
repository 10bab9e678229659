/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dumps that break off, of the addresses of a loopback interface of this test's own. */
#include "common/sys/kernel/netlink.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sched.h>

#include "common/error.h"
#include "tests/unit/fixture.h"

/* For more than two datagrams: what is left of two is not seen in time. */
#define ADDRESSES 3000

typedef struct {
        WattleNetlink *other; /* adds an address after the first; NULL: nothing changes */
        gboolean refuse;      /* the first */
        guint n;
} Dump;

static void add_address(WattleNetlink *netlink, guint32 number)
{
        char buffer[256];
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        struct ifaddrmsg *address;

        header->nlmsg_type = RTM_NEWADDR;
        header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
        address = mnl_nlmsg_put_extra_header(header, sizeof *address);
        address->ifa_family = AF_INET;
        address->ifa_prefixlen = 32;
        address->ifa_index = 1;
        mnl_attr_put_u32(header, IFA_LOCAL, htonl(0x0a000000 + number));
        g_assert_true(wattle_netlink_request(netlink, header, NULL, NULL, NULL));
}

static gboolean on_address(G_GNUC_UNUSED const struct nlmsghdr *message, gpointer data,
                           GError **error)
{
        Dump *dump = data;

        dump->n++;
        if (dump->n == 1 && dump->other)
                add_address(dump->other, ADDRESSES + 1);
        if (dump->refuse)
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, "refused");
        return !dump->refuse;
}

static gboolean request(WattleNetlink *netlink, Dump *dump, GError **error)
{
        char buffer[256];
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        struct ifaddrmsg *address;

        header->nlmsg_type = RTM_GETADDR;
        header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        address = mnl_nlmsg_put_extra_header(header, sizeof *address);
        address->ifa_family = AF_INET;
        return wattle_netlink_request(netlink, header, on_address, dump, error);
}

static void check_whole(WattleNetlink *netlink, guint n)
{
        Dump dump = { 0 };
        g_autoptr(GError) error = NULL;

        g_assert_true(request(netlink, &dump, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(dump.n, ==, n);
        g_assert_false(netlink->interrupted);
}

/* Each time the next request is answered as if nothing had been. */
static void a_dump_that_breaks_off(void)
{
        g_auto(WattleNetlink) netlink = { 0 }, other = { 0 };
        Dump changed = { .other = &other }, refused = { .refuse = TRUE };
        g_autoptr(GError) interrupted = NULL, refusal = NULL;

        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
                g_test_skip("no network namespace can be made here");
                return;
        }
        g_assert_true(wattle_netlink_open(&netlink, NETLINK_ROUTE, NULL));
        g_assert_true(wattle_netlink_open(&other, NETLINK_ROUTE, NULL));
        for (guint i = 1; i <= ADDRESSES; i++)
                add_address(&other, i);
        check_whole(&netlink, ADDRESSES);
        g_assert_false(request(&netlink, &changed, &interrupted));
        g_assert_error(interrupted, WATTLE_ERROR, WATTLE_ERROR_FAILED);
        g_assert_true(netlink.interrupted);
        check_whole(&netlink, ADDRESSES + 1);
        g_assert_false(request(&netlink, &refused, &refusal));
        g_assert_error(refusal, WATTLE_ERROR, WATTLE_ERROR_INVALID);
        g_assert_false(netlink.interrupted);
        check_whole(&netlink, ADDRESSES + 1);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/sys-netlink/a-dump-that-breaks-off", a_dump_that_breaks_off);
        return g_test_run();
}
