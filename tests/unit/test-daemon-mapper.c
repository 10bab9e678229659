/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled makes of wattle-portmap, which the test plays. */
#include "daemon/talk/mapper.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/fixture.h"

typedef struct {
        char *folder;
        int listener, portmap; /* -1: none */
        WattleSurroundings around;
        WattleMapper *mapper;
        guint n_changed;
} World;

static void on_changed(gpointer data)
{
        ((World *)data)->n_changed++;
}

static void world_listen(World *world)
{
        g_autofree char *parent = g_build_filename(world->folder, "run/wattle/portmap", NULL);
        struct sockaddr_un at = { .sun_family = AF_UNIX };

        g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
        (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/home", parent);
        world->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        g_assert_cmpint(bind(world->listener, (const struct sockaddr *)&at, sizeof at), ==, 0);
        g_assert_cmpint(listen(world->listener, 4), ==, 0);
}

static void world_init(World *world, gboolean listens)
{
        *world = (World){ .listener = -1, .portmap = -1 };
        world->folder = g_dir_make_tmp("wattle-mapper-XXXXXX", NULL);
        if (listens)
                world_listen(world);
        g_assert_cmpint(sd_event_new(&world->around.event), >=, 0);
        world->around.root_fd = open(world->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        world->mapper = wattle_mapper_new(&world->around, "home", on_changed, world);
}

static void world_clear(World *world)
{
        static const char *const paths[] = { "run/wattle/portmap/home", "run/wattle/portmap",
                                             "run/wattle", "run", "" };

        wattle_mapper_free(world->mapper);
        sd_event_unref(world->around.event);
        close(world->around.root_fd);
        if (world->listener >= 0)
                close(world->listener);
        if (world->portmap >= 0)
                close(world->portmap);
        for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
                g_autofree char *path = g_build_filename(world->folder, paths[i], NULL);

                (void)g_remove(path);
        }
        g_free(world->folder);
}

/* The port that is wanted. */
static guint16 hear(World *world)
{
        guint8 bytes[WATTLE_PORTMAP_MESSAGE_SIZE];
        WattlePortmapMessage message;

        if (world->portmap < 0)
                world->portmap = accept4(world->listener, NULL, NULL, SOCK_CLOEXEC);
        g_assert_cmpint(recv(world->portmap, bytes, sizeof bytes, 0), ==, sizeof bytes);
        g_assert_true(wattle_portmap_message_read(bytes, sizeof bytes, &message));
        g_assert_cmpint(message.kind, ==, WATTLE_PORTMAP_WANTED);
        return message.at.port;
}

static void say(World *world, const char *at, WattlePortmapFailure failure)
{
        WattlePortmapMessage message = { .kind = at ? WATTLE_PORTMAP_MAPPED : WATTLE_PORTMAP_FAILED,
                                         .failure = failure };
        guint8 bytes[WATTLE_PORTMAP_MESSAGE_SIZE];

        if (at)
                g_assert_true(wattle_socket_addr_parse(at, &message.at, NULL));
        wattle_portmap_message_write(&message, bytes);
        g_assert_cmpint(send(world->portmap, bytes, sizeof bytes, 0), ==, sizeof bytes);
        g_assert_cmpint(sd_event_run(world->around.event, G_MAXUINT64), >=, 0);
}

static void check(const World *world, const char *at, const char *problem, guint n_changed)
{
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_socket_addr_format(wattle_mapper_at(world->mapper), text);
        g_assert_cmpstr(text, ==, at);
        g_assert_cmpstr(wattle_mapper_problem(world->mapper), ==, problem);
        g_assert_cmpuint(world->n_changed, ==, n_changed);
}

static void a_port(void)
{
        World world;

        world_init(&world, TRUE);
        check(&world, "", NULL, 0);
        wattle_mapper_links_changed(world.mapper); /* nothing is wanted */
        wattle_mapper_want(world.mapper, 51820);
        g_assert_cmpuint(hear(&world), ==, 51820);
        check(&world, "", NULL, 0);
        say(&world, "198.51.100.7:4000", 0);
        check(&world, "198.51.100.7:4000", NULL, 1);
        say(&world, "198.51.100.7:4000", 0);
        check(&world, "198.51.100.7:4000", NULL, 1);
        wattle_mapper_links_changed(world.mapper);
        g_assert_cmpuint(hear(&world), ==, 51820);
        say(&world, NULL, WATTLE_PORTMAP_REFUSED);
        check(&world, "", "the router gives no port", 2);
        say(&world, "198.51.100.8:4000", 0);
        check(&world, "198.51.100.8:4000", NULL, 3);
        wattle_mapper_want(world.mapper, 0);
        check(&world, "", NULL, 4);
        g_assert_cmpint(recv(world.portmap, &(char){ 0 }, 1, 0), ==, 0);
        world_clear(&world);
}

static void it_does_not_run(void)
{
        World world;

        world_init(&world, FALSE);
        wattle_mapper_want(world.mapper, 51820);
        check(&world, "", "wattle-portmap does not run", 0);
        world_listen(&world);
        wattle_mapper_links_changed(world.mapper);
        g_assert_cmpuint(hear(&world), ==, 51820);
        world_clear(&world);
}

static void it_ends(void)
{
        World world;

        world_init(&world, TRUE);
        wattle_mapper_want(world.mapper, 51820);
        g_assert_cmpuint(hear(&world), ==, 51820);
        say(&world, "198.51.100.7:4000", 0);
        close(world.portmap);
        world.portmap = -1;
        g_assert_cmpint(sd_event_run(world.around.event, G_MAXUINT64), >=, 0);
        check(&world, "", "wattle-portmap does not run", 2);
        wattle_mapper_links_changed(world.mapper);
        g_assert_cmpuint(hear(&world), ==, 51820);
        world_clear(&world);
}

static void what_is_no_message(void)
{
        World world;

        world_init(&world, TRUE);
        wattle_mapper_want(world.mapper, 51820);
        g_assert_cmpuint(hear(&world), ==, 51820);
        g_assert_cmpint(send(world.portmap, "x", 1, 0), ==, 1);
        g_assert_cmpint(sd_event_run(world.around.event, G_MAXUINT64), >=, 0);
        say(&world, "198.51.100.7:4000", 0);
        check(&world, "198.51.100.7:4000", NULL, 1);
        world_clear(&world);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/mapper/a-port", a_port);
        g_test_add_func("/mapper/it-does-not-run", it_does_not_run);
        g_test_add_func("/mapper/it-ends", it_ends);
        g_test_add_func("/mapper/what-is-no-message", what_is_no_message);
        return g_test_run();
}
