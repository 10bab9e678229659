/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled hears of wattle-relay's counters, with a relay that the test plays. */
#include "daemon/talk/broker.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/fixture.h"

typedef struct {
        char *folder;
        int listener, relay; /* -1: none */
        WattleSurroundings around;
        WattleRoster roster;
        WattleBroker *broker;
        guint n_counted;
        gboolean known;
        WattleRelayCounters counters;
} World;

static void on_counted(const WattleRelayCounters *counters, gpointer data)
{
        World *world = data;

        world->n_counted++;
        world->known = counters != NULL;
        if (counters)
                world->counters = *counters;
}

static char *socket_path(const World *world)
{
        return g_build_filename(world->folder, "run/wattle/relay/home", NULL);
}

static void world_listen(World *world)
{
        g_autofree char *path = socket_path(world), *parent = g_path_get_dirname(path);
        struct sockaddr_un at = { .sun_family = AF_UNIX };

        g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
        g_strlcpy(at.sun_path, path, sizeof at.sun_path);
        world->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        g_assert_cmpint(bind(world->listener, (const struct sockaddr *)&at, sizeof at), ==, 0);
        g_assert_cmpint(listen(world->listener, 4), ==, 0);
}

static void world_init(World *world, WattleRelayRole role, gboolean listens)
{
        *world = (World){ .listener = -1, .relay = -1 };
        world->folder = g_dir_make_tmp("wattle-broker-XXXXXX", NULL);
        if (listens)
                world_listen(world);
        g_assert_cmpint(sd_event_new(&world->around.event), >=, 0);
        world->around.root_fd = open(world->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        wattle_roster_init(&world->roster);
        world->roster.relay = role;
        world->roster.relay_ports = (WattlePorts){ TRUE, 21900, 21999 };
        world->broker = wattle_broker_new(&world->around, &world->roster, "home");
        /* It is only asked whether there is one. */
        wattle_broker_use(world->broker, (WattleProber *)world);
        if (listens && role != WATTLE_RELAY_NO)
                world->relay = accept4(world->listener, NULL, NULL, SOCK_CLOEXEC);
}

static void world_clear(World *world)
{
        g_autofree char *path = socket_path(world);

        wattle_broker_free(world->broker);
        wattle_roster_clear(&world->roster);
        close(world->around.root_fd);
        sd_event_unref(world->around.event);
        if (world->listener >= 0)
                close(world->listener);
        if (world->relay >= 0)
                close(world->relay);
        g_unlink(path);
        for (char *slash = path;
             (slash = strrchr(path, '/')) && g_str_has_prefix(path, world->folder);) {
                *slash = '\0';
                g_rmdir(path);
        }
        g_free(world->folder);
}

static void check_counters(const World *world, guint32 pairs, guint32 ports, guint64 packets)
{
        g_assert_cmpuint(world->n_counted, ==, 1);
        g_assert_true(world->known);
        g_assert_cmpuint(world->counters.pairs, ==, pairs);
        g_assert_cmpuint(world->counters.ports, ==, ports);
        g_assert_cmpuint(world->counters.packets, ==, packets);
}

static void no_relay(void)
{
        World world;

        world_init(&world, WATTLE_RELAY_NO, TRUE);
        wattle_broker_count(world.broker, on_counted, &world);
        check_counters(&world, 0, 0, 0);
        world_clear(&world);
}

/* wattle-relay is not installed, or nothing has been relayed yet: asking starts nothing. */
static void it_does_not_run(void)
{
        World world;

        world_init(&world, WATTLE_RELAY_YES, FALSE);
        world_listen(&world);
        wattle_broker_count(world.broker, on_counted, &world);
        check_counters(&world, 0, 100, 0);
        g_assert_cmpint(accept4(world.listener, NULL, NULL, SOCK_NONBLOCK), ==, -1);
        world_clear(&world);
}

static guint32 heard_id(const World *world)
{
        guint8 bytes[WATTLE_RELAY_MESSAGE_MAX];
        WattleRelayMessage message;
        gssize n = recv(world->relay, bytes, sizeof bytes, 0);

        g_assert_cmpint(n, >, 0);
        g_assert_true(wattle_relay_message_read(bytes, (gsize)n, &message));
        g_assert_cmpint(message.kind, ==, WATTLE_RELAY_COUNT);
        return message.id;
}

static void answer(World *world, guint32 id, guint64 packets)
{
        const WattleRelayMessage message = { .kind = WATTLE_RELAY_COUNTERS,
                                             .id = id,
                                             .counters = { 2, 7, packets, 0, 0 } };
        guint8 bytes[WATTLE_RELAY_MESSAGE_MAX];
        gsize size = wattle_relay_message_write(&message, bytes);

        g_assert_cmpint(send(world->relay, bytes, size, 0), ==, (gssize)size);
        g_assert_cmpint(sd_event_run(world->around.event, G_MAXUINT64), >=, 0);
}

/* Its connection is there from the start, for a relay may have pairs of before. */
static void it_answers(void)
{
        World world, other = { 0 };
        guint32 first, second;

        world_init(&world, WATTLE_RELAY_RETIRING, TRUE);
        wattle_broker_count(world.broker, on_counted, &world);
        wattle_broker_count(world.broker, on_counted, &other);
        first = heard_id(&world);
        second = heard_id(&world);
        answer(&world, second, 22);
        g_assert_cmpuint(world.n_counted, ==, 0);
        check_counters(&other, 2, 7, 22);
        answer(&world, second + 1, 33);
        answer(&world, first, 11);
        check_counters(&world, 2, 7, 11);
        answer(&world, first, 44);
        check_counters(&world, 2, 7, 11);
        world_clear(&world);
}

static void it_ends(void)
{
        World world;

        world_init(&world, WATTLE_RELAY_YES, TRUE);
        wattle_broker_count(world.broker, on_counted, &world);
        close(world.relay);
        world.relay = -1;
        g_assert_cmpint(sd_event_run(world.around.event, G_MAXUINT64), >=, 0);
        g_assert_cmpuint(world.n_counted, ==, 1);
        g_assert_false(world.known);
        world_clear(&world);
}

/* One that hangs does not have callers pile up, and none is forgotten. */
static void it_hangs(void)
{
        World world;

        world_init(&world, WATTLE_RELAY_YES, TRUE);
        for (guint i = 0; i < 40; i++)
                wattle_broker_count(world.broker, on_counted, &world);
        g_assert_cmpuint(world.n_counted, ==, 40 - 32);
        g_assert_false(world.known);
        world_clear(&world);
        g_assert_cmpuint(world.n_counted, ==, 40);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/broker/no-relay", no_relay);
        g_test_add_func("/broker/it-does-not-run", it_does_not_run);
        g_test_add_func("/broker/it-answers", it_answers);
        g_test_add_func("/broker/it-ends", it_ends);
        g_test_add_func("/broker/it-hangs", it_hangs);
        return g_test_run();
}
