/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two hosts with a cable between them: beacons go over real sockets of the kernel's, each host in a
 * network of its own. It needs root, or a kernel that lets users have networks. */
#include "daemon/talk/beacons.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/port-table.h"
#include "common/sys/clock.h"
#include "tests/unit/fixture.h"

#define LIMIT_US (60 * G_USEC_PER_SEC)

/* Foreign beacons, so many a second for so long, at a host that knows the keys of 100 members. */
#define FLOODED_KEYS   200
#define FLOOD_A_SECOND 200
#define FLOOD_S        3

static gboolean has_networks;

typedef struct {
        const char *name, *v4;
        int network; /* of /proc/PID/ns/net */
        WattleNetlink route;
        WattleLinks *links;
        WattleBeacons *beacons;
        WattleBeaconKey key;
        GString *heard; /* "of" who, and where from */
        guint n_heard;
} Host;

static void enter(const Host *host)
{
        g_assert_cmpint(setns(host->network, CLONE_NEWNET), ==, 0);
}

static void run(const Host *host, const char *command)
{
        enter(host);
        if (system(command) != 0)
                g_error("%s: %s", host->name, command);
}

static gboolean on_make(const WattleBeatPlace *place, WattleBeacon *ret, gpointer data)
{
        Host *host = data;
        char name[IF_NAMESIZE];

        enter(host);
        g_assert_cmpstr(if_indextoname(place->ifindex, name), ==, "lan");
        wattle_beacon_make(ret, &host->key, 51820, &place->from);
        return TRUE;
}

static const WattleBeaconKey *key_of_other;
static gboolean is_flooded; /* with what is nobody's */

static void on_heard(const WattleBeacon *beacon, const WattleAddr *from, guint32 ifindex,
                     gpointer data)
{
        Host *host = data;
        char text[WATTLE_ADDR_TEXT_MAX], name[IF_NAMESIZE];

        if (is_flooded) {
                WattleBeaconKey keys[FLOODED_KEYS] = { 0 };

                for (guint i = 0; i < FLOODED_KEYS; i++)
                        g_assert_false(wattle_beacon_is_of(beacon, &keys[i], from));
                host->n_heard++;
                return;
        }
        enter(host);
        g_assert_cmpstr(if_indextoname(ifindex, name), ==, "lan");
        g_assert_cmpuint(beacon->port, ==, 51820);
        g_assert_true(wattle_beacon_is_of(beacon, key_of_other, from));
        wattle_addr_format(from, text);
        g_string_append_printf(host->heard, "%s ", text);
        wattle_beacons_answer(host->beacons, ifindex);
}

static void on_links(G_GNUC_UNUSED WattleLinksChange change, gpointer data)
{
        Host *host = data;

        if (host->beacons)
                wattle_beacons_links_changed(host->beacons);
}

static void host_init(Host *host, const char *name, const char *v4, sd_event *event)
{
        WattleLinksEvents events = { on_links, host };

        *host = (Host){ .name = name, .v4 = v4, .network = host->network };
        enter(host);
        wattle_beacon_key_make(&host->key);
        host->heard = g_string_new(NULL);
        g_assert_true(wattle_netlink_open(&host->route, NETLINK_ROUTE, NULL));
        host->links = wattle_links_new(event, &events, NULL);
        g_assert_nonnull(host->links);
        host->beacons = wattle_beacons_new(event, host->links, &host->route);
}

static void join(Host *host)
{
        enter(host);
        wattle_beacons_join(host->beacons, &(WattleBeaconsUser){ on_make, on_heard, host });
}

static void host_clear(Host *host)
{
        enter(host);
        wattle_beacons_free(host->beacons);
        wattle_links_free(host->links);
        wattle_netlink_close(&host->route);
        g_string_free(host->heard, TRUE);
        close(host->network);
}

/* Both hosts are of this process, which goes from one to the other. */
static int network_of(pid_t pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/ns/net", (int)pid);
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        g_assert_cmpint(fd, >=, 0);
        return fd;
}

static void make_networks(Host hosts[2])
{
        g_autofree char *cable = NULL;
        int ready[2];
        char byte;
        pid_t pid;

        g_assert_cmpint(pipe(ready), ==, 0);
        pid = fork();
        if (pid == 0) {
                if (unshare(CLONE_NEWNET) < 0 || write(ready[1], "", 1) != 1)
                        _exit(1);
                pause();
                _exit(0);
        }
        g_assert_cmpint(read(ready[0], &byte, 1), ==, 1);
        hosts[0].network = network_of(getpid());
        hosts[1].network = network_of(pid);
        cable = g_strdup_printf("ip link add lan type veth peer name lan netns %d", (int)pid);
        g_assert_cmpint(system(cable), ==, 0);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        close(ready[0]);
        close(ready[1]);
}

typedef struct {
        const Host *host;
        const char *from;
} Wanted;

static void wait_for(sd_event *event, const Wanted *wanted)
{
        gint64 end_us = wattle_clock_now_us() + LIMIT_US;

        while (!strstr(wanted->host->heard->str, wanted->from)) {
                g_assert_cmpint(wattle_clock_now_us(), <, end_us);
                g_assert_cmpint(sd_event_run(event, G_USEC_PER_SEC), >=, 0);
        }
}

/* To the host itself, and not to the group: as it may come from anywhere. */
static void send_past_the_group(const Host *from, const Host *to)
{
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(WATTLE_BEACON_PORT) };
        WattleAddr source = { AF_INET, { 169, 254, 7, 66 } };
        guint8 bytes[WATTLE_BEACON_SIZE];
        WattleBeacon beacon;
        int fd;

        enter(from);
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(inet_pton(AF_INET, to->v4, &at.sin_addr), ==, 1);
        wattle_beacon_make(&beacon, &from->key, 51820, &source);
        wattle_beacon_write(&beacon, bytes);
        g_assert_cmpint(sendto(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&at, sizeof at), ==,
                        sizeof bytes);
        close(fd);
}

static void plug_in(const Host *host)
{
        g_autofree char *command = g_strdup_printf(
                "ip link set lo up; ip link add other type bridge; ip link set other up; "
                "ip addr add 10.9.9.1/24 dev other; ip addr add %s/16 dev lan; "
                "ip link set lan up",
                host->v4);

        run(host, command);
}

static int flood_socket(const Host *host)
{
        struct ip_mreqn by = { .imr_ifindex = 0 };
        int fd;

        enter(host);
        by.imr_ifindex = (int)if_nametoindex("lan");
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof by), ==, 0);
        g_assert_cmpint(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &(int){ 0 }, sizeof(int)), ==,
                        0);
        return fd;
}

static int on_tick(sd_event_source *source, guint64 due_us, void *data)
{
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(WATTLE_BEACON_PORT) };
        guint8 bytes[WATTLE_BEACON_SIZE] = { [17] = 1 };

        g_assert_cmpint(inet_pton(AF_INET, WATTLE_BEACON_GROUP_4, &at.sin_addr), ==, 1);
        g_assert_cmpint(
                sendto(*(int *)data, bytes, sizeof bytes, 0, (struct sockaddr *)&at, sizeof at), ==,
                sizeof bytes);
        (void)sd_event_source_set_time(source, due_us + G_USEC_PER_SEC / FLOOD_A_SECOND);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static gdouble processor_ms(void)
{
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        return (gdouble)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
               (gdouble)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

/* Returns what it costs of the processor, in ms a second, who sends included. */
static gdouble flood(sd_event *event, const Host *from, Host *to)
{
        gint64 begin_us = wattle_clock_now_us();
        gdouble before_ms = processor_ms();
        sd_event_source *timer = NULL;
        int fd = flood_socket(from);

        is_flooded = TRUE;
        to->n_heard = 0;
        g_assert_cmpint(sd_event_add_time(event, &timer, CLOCK_BOOTTIME, (guint64)begin_us, 1000,
                                          on_tick, &fd),
                        >=, 0);
        while (wattle_clock_now_us() - begin_us < FLOOD_S * G_USEC_PER_SEC)
                g_assert_cmpint(sd_event_run(event, G_USEC_PER_SEC), >=, 0);
        g_assert_cmpint(to->n_heard, <=,
                        WATTLE_BEAT_HEARD_A_SECOND *
                                (2 + (wattle_clock_now_us() - begin_us) / G_USEC_PER_SEC));
        sd_event_source_disable_unref(timer);
        close(fd);
        return (processor_ms() - before_ms) / FLOOD_S;
}

/* Most of what is nobody's is not looked at. What it costs is told, and is no test. */
static void be_flooded(sd_event *event, Host *from, Host *to)
{
        gdouble all_ms = flood(event, from, to), sending_ms;
        guint n_heard = to->n_heard;

        g_assert_cmpuint(n_heard, >, 0);
        enter(to);
        wattle_beacons_leave(to->beacons, to);
        sending_ms = flood(event, from, to);
        g_assert_cmpuint(to->n_heard, ==, 0);
        g_test_message("%u of %u were looked at, which took %.1f ms of the processor a second",
                       n_heard, FLOOD_S * FLOOD_A_SECOND, all_ms - sending_ms);
}

static void a_cable_between_two(void)
{
        __attribute__((cleanup(sd_event_unrefp))) sd_event *event = NULL;
        Host hosts[2] = { 0 };

        if (!has_networks) {
                g_test_skip("no ip(8), or neither root nor a kernel that lets users have networks");
                return;
        }
        g_assert_cmpint(sd_event_new(&event), >=, 0);
        make_networks(hosts);
        host_init(&hosts[0], "one", "169.254.7.1", event);
        host_init(&hosts[1], "two", "169.254.7.2", event);
        hosts[1].key = hosts[0].key;
        key_of_other = &hosts[0].key;
        join(&hosts[0]);
        join(&hosts[1]);
        g_assert_cmpint(wattle_beat_due_us(wattle_beacons_beat(hosts[0].beacons)), ==, G_MAXINT64);

        /* Each sends by both families, and of a bridge of nothing, nothing. Who was there first is
         * heard by his answer, if the other was not ready before. */
        plug_in(&hosts[0]);
        plug_in(&hosts[1]);
        wait_for(event, &(Wanted){ &hosts[1], "169.254.7.1" });
        wait_for(event, &(Wanted){ &hosts[1], "fe80::" });

        /* What was sent to the host alone is not looked at: by then the next one has come. */
        g_string_truncate(hosts[1].heard, 0);
        send_past_the_group(&hosts[0], &hosts[1]);
        enter(&hosts[0]);
        wattle_beacons_leave(hosts[0].beacons, &hosts[0]);
        join(&hosts[0]);
        wait_for(event, &(Wanted){ &hosts[1], "169.254.7.1" });
        g_assert_null(strstr(hosts[1].heard->str, "169.254.7.66"));

        /* And then nobody is left who wants any. */
        be_flooded(event, &hosts[0], &hosts[1]);
        run(&hosts[1], "! ss -Huln 'sport = 21821' | grep -q .");
        host_clear(&hosts[0]);
        host_clear(&hosts[1]);
}

int main(int argc, char **argv)
{
        g_autofree char *ip = g_find_program_in_path("ip");

        has_networks =
                ip && (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0);
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/beacons/a cable between two", a_cable_between_two);
        return g_test_run();
}
