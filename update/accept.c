/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-update MESH, the service of a signed mesh: takes newer profiles from members that wattled
 * heard of, confirms them, and goes on with what a run that was killed has left open. With
 * --sources it asks UpdateFrom= and UpdateURL= once, for the timer. It ends when nothing is open
 * and nobody tells anything: the socket starts it again. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "cli/managers/bus.h"
#include "cli/update/find-sources.h"
#include "cli/update/hands.h"
#include "cli/update/take.h"
#include "common/ini.h"
#include "common/paths.h"
#include "common/sys/host.h"
#include "common/sys/log.h"
#include "update/news.h"

/* Nothing was told for so long. */
#define IDLE_S 10

/* Between two tries of who hears nobody. */
#define BLIND_S 60

/* Members that are asked before what is open is looked at again. */
#define MAX_ASKED 32

/* Datagrams that are read before one of them is asked. */
#define MAX_READ 256

typedef struct {
        WattleApplier applier;
        WattleHands hands;
        WattleUpdater updater;
        WattleUpdateState state;
        int socket_fd; /* -1: none was given */
        WattleNewsQueue news;
} Service;

static void say(const WattleUpdater *updater, const char *line)
{
        wattle_log(WATTLE_LOG_INFO, "%s: %s", updater->mesh, line);
}

static gboolean complain(const char *mesh, const GError *error)
{
        wattle_log(WATTLE_LOG_ERROR, "%s: %s", mesh, error->message);
        return FALSE;
}

static gint64 now_s(void)
{
        return g_get_real_time() / G_USEC_PER_SEC;
}

static gboolean load_state(Service *service)
{
        g_autoptr(GError) error = NULL;

        wattle_update_state_clear(&service->state);
        service->state = (WattleUpdateState){ 0 };
        return wattle_update_state_load(service->applier.root_fd, service->updater.mesh,
                                        &service->state, &error) ||
               complain(service->updater.mesh, error);
}

/* What is open. */
static gboolean settle(Service *service)
{
        const char *mesh = service->updater.mesh;
        g_auto(WattleFd) lock = -1;
        g_autoptr(GError) error = NULL;
        gboolean kept;

        if (!wattle_update_lock(&service->updater, &lock, &error))
                return complain(mesh, error);
        if (!load_state(service))
                return FALSE;
        wattle_update_retry(&service->state, now_s());
        if (!wattle_update_settle(&service->updater, &service->state, &kept, &error))
                return complain(mesh, error);
        if (kept)
                say(&service->updater, "the new profile is in force");
        return TRUE;
}

typedef enum {
        TAKE_DONE,   /* it is in force, or waits, or was nothing for us */
        TAKE_FAILED, /* there is none to be had, or it could not be applied */
        TAKE_BAD,    /* it does not verify, is no good profile, or not what was announced */
} Take;

/* What was announced as that Serial=, 0 if nothing was, and has been looked at. */
static Take judge(const WattleTaken *taken, const WattleOffer *offer, guint64 announced)
{
        switch (taken->verdict) {
        case WATTLE_OFFER_BAD:
                return TAKE_BAD;
        case WATTLE_OFFER_JUMP:
        case WATTLE_OFFER_WITHOUT_US:
                return announced > 0 ? TAKE_BAD : TAKE_DONE;
        case WATTLE_OFFER_HAVE:
        case WATTLE_OFFER_OLDER:
                return offer->lineage.serial < announced ? TAKE_BAD : TAKE_DONE;
        case WATTLE_OFFER_TAKE:
        case WATTLE_OFFER_TWIN:
        case WATTLE_OFFER_HELD:
                return TAKE_DONE;
        }
        g_return_val_if_reached(TAKE_FAILED);
}

static Take take(Service *service, const WattleUpdateSource *source, guint64 announced)
{
        const WattleTakeOptions options = {
                .peer = source->kind == WATTLE_UPDATE_SOURCE_PEER ? source->name : NULL,
                .find_witnesses = wattle_hands_find_witnesses,
        };
        const WattleUpdater *updater = &service->updater;
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleOffer) offer = { 0 };
        g_auto(WattleFd) lock = -1;
        g_autoptr(GError) error = NULL;
        WattleTaken taken;
        gboolean ok;

        wattle_report_init(&report);
        if (!wattle_update_source_get(source, &offer, NULL, NULL, &error) ||
            !wattle_update_lock(updater, &lock, &error)) {
                (void)complain(source->name, error);
                return TAKE_FAILED;
        }
        ok = wattle_update_take(updater, &offer, &options, &taken, &report);
        wattle_log_report(&report);
        if (ok && taken.is_kept)
                wattle_updater_say(updater, "serial %" G_GUINT64_FORMAT " is in force",
                                   offer.lineage.serial);
        return ok || taken.verdict == WATTLE_OFFER_BAD ? judge(&taken, &offer, announced)
                                                       : TAKE_FAILED;
}

/* What it gave is not what we look for: it is left alone with that Serial for a while. */
static void refuse(Service *service, const WattleNews *news)
{
        g_auto(WattleFd) lock = -1;
        g_autoptr(GError) error = NULL;

        if (!wattle_update_lock(&service->updater, &lock, &error) || !load_state(service))
                return;
        wattle_update_refuse(&service->state, news->device, news->serial, now_s());
        if (!wattle_update_state_save(service->applier.root_fd, service->updater.mesh,
                                      &service->state, &error))
                (void)complain(service->updater.mesh, error);
}

static WattleView *load_view(const Service *service, WattleMesh *mesh)
{
        g_auto(WattleReport) report = { 0 };
        WattleView *view = NULL;

        wattle_report_init(&report);
        if (wattle_mesh_load(mesh, service->applier.root_fd, service->updater.mesh,
                             WATTLE_LOAD_OR_LAST_GOOD, &report))
                view = wattle_host_view(service->applier.root_fd, mesh, NULL, WATTLE_OWNER_AUTO,
                                        &report);
        if (!view)
                wattle_log_report(&report);
        return view;
}

/* Whether the text of that file is the one that we were told of. */
static gboolean is_told_of(const Service *service, const char *path, const WattleNews *news)
{
        g_autoptr(GBytes) text =
                wattle_read_file(service->applier.root_fd, path + 1, WATTLE_INI_MAX_BYTES, NULL);
        char sum[WATTLE_TEXT_SUM_TEXT_MAX];
        WattleLineage lineage;

        if (!text)
                return FALSE;
        wattle_lineage_read(g_bytes_get_data(text, NULL), g_bytes_get_size(text), &lineage);
        wattle_text_sum_format(&lineage.sum, sum);
        return lineage.serial == news->serial &&
               strncmp(sum, news->hash, WATTLE_NEWS_HASH_DIGITS) == 0;
}

/* Whether that is still news: another member may have had the same, and it was taken, or waits to
 * be tried again. A text that only has our Serial= is, for it shows a fork. */
static gboolean is_news(const Service *service, const WattleMesh *mesh, const WattleNews *news)
{
        g_autofree char *candidate = wattle_paths_candidate(service->updater.mesh);

        if (wattle_update_is_refused(&service->state, news->device, news->serial, now_s()) ||
            is_told_of(service, candidate, news))
                return FALSE;
        if (mesh->is_invitation || news->serial != mesh->profile->serial)
                return news->serial > mesh->profile->serial - (mesh->is_invitation ? 1 : 0);
        return !is_told_of(service, mesh->path, news);
}

static void ask_source(Service *service, const WattleUpdateSource *source, const WattleNews *news)
{
        Take result = take(service, source, news->serial);

        if (result == TAKE_BAD)
                refuse(service, news);
        wattle_news_note(&service->news, news->device, result != TAKE_DONE);
}

static void ask_member(Service *service, const WattleNews *news)
{
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = load_view(service, &mesh);
        g_auto(WattleUpdateSource) source = { 0 };

        if (!view || !is_news(service, &mesh, news))
                return;
        for (guint i = 0; i < view->n_peers; i++) {
                const WattleViewDevice *device = &view->peers[i].device;

                if (strcmp(device->name, news->device) != 0 || device->n_addresses == 0)
                        continue;
                wattle_update_source_of_peer(view->mesh, device->name, &device->addresses[0].value,
                                             view->interface, &source);
                ask_source(service, &source, news);
                return;
        }
        wattle_log(WATTLE_LOG_WARNING, "%s: was told of %s, which is no member", view->mesh,
                   news->device);
}

/* All that has come. */
static void receive(Service *service)
{
        char bytes[WATTLE_NEWS_MAX_BYTES + 1];
        gssize size;

        for (guint i = 0; i < MAX_READ &&
                          (size = recv(service->socket_fd, bytes, sizeof bytes, MSG_DONTWAIT)) >= 0;
             i++) {
                g_autoptr(GError) error = NULL;
                WattleNews news;

                if (wattle_news_parse(bytes, (gsize)size, &news, &error))
                        wattle_news_add(&service->news, &news);
                else
                        wattle_log(WATTLE_LOG_WARNING, "%s: a datagram was passed over: %s",
                                   service->updater.mesh, error->message);
        }
}

/* While one is asked, who may be slow, others say that they have it. */
static void ask_members(Service *service)
{
        WattleNews news;

        for (guint i = 0; i < MAX_ASKED; i++) {
                receive(service);
                if (!wattle_news_take(&service->news, &news))
                        return;
                ask_member(service, &news);
        }
}

/* How long there is nothing to do unless somebody tells something; -1 to end. */
static gint64 idle_s(const Service *service)
{
        const WattleConfirm *confirm = &service->state.confirm;

        switch (confirm->phase) {
        case WATTLE_CONFIRM_HELD:
                return MAX(wattle_confirm_wait_s(confirm, now_s()), 1);
        case WATTLE_CONFIRM_BLIND:
                return BLIND_S;
        case WATTLE_CONFIRM_TRYING:
        case WATTLE_CONFIRM_BACK:
                return 1; /* an error was told; not in a busy loop */
        case WATTLE_CONFIRM_DONE:
        case WATTLE_N_CONFIRM_PHASES:
                return service->socket_fd < 0 ? -1 : IDLE_S;
        }
        g_return_val_if_reached(-1);
}

static int serve(Service *service)
{
        for (;;) {
                struct pollfd wait = { .fd = service->socket_fd, .events = POLLIN };
                gint64 limit_s;
                int ready;

                if (!settle(service))
                        return EXIT_FAILURE;
                limit_s = idle_s(service);
                if (limit_s < 0)
                        return EXIT_SUCCESS;
                ready = poll(&wait, 1, service->news.n > 0 ? 0 : (int)limit_s * 1000);
                if (ready < 0 && errno != EINTR) {
                        wattle_log(WATTLE_LOG_ERROR, "poll: %s", g_strerror(errno));
                        return EXIT_FAILURE;
                }
                if (ready == 0 && service->news.n == 0 &&
                    service->state.confirm.phase == WATTLE_CONFIRM_DONE)
                        return EXIT_SUCCESS;
                if (ready > 0 || service->news.n > 0)
                        ask_members(service);
        }
}

/* Once a day: the first source that answers is enough. */
static int ask_sources(Service *service)
{
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = load_view(service, &mesh);
        g_autoptr(GArray) sources = NULL;

        if (!mesh.profile)
                return EXIT_FAILURE;
        sources = wattle_update_find_sources(&mesh, service->updater.mesh, NULL, now_s());
        for (guint i = 0; i < sources->len; i++)
                if (take(service, &g_array_index(sources, WattleUpdateSource, i), 0) == TAKE_DONE)
                        return EXIT_SUCCESS;
        return sources->len == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static gboolean open_host(Service *service)
{
        const struct group *group = getgrnam("systemd-network");
        g_autoptr(GError) error = NULL;

        if (!group) {
                wattle_log(WATTLE_LOG_ERROR,
                           "there is no group systemd-network: is systemd-networkd installed?");
                return FALSE;
        }
        service->applier.networkd_gid = group->gr_gid;
        service->applier.root_fd = wattle_root_open("/", &error);
        return (service->applier.root_fd >= 0 && wattle_bus_open(&service->applier.bus, &error)) ||
               complain(service->updater.mesh, error);
}

static int usage(int status)
{
        fprintf(status == EXIT_SUCCESS ? stdout : stderr,
                "Usage: wattle-update [--sources] MESH\n"
                "\n"
                "Takes newer profiles of a signed mesh, told by wattled through the socket that systemd "
                "hands\n"
                "down, and confirms them. 'wattle update' is for people. See wattle-update(8).\n"
                "\n"
                "  --sources  ask UpdateFrom= and UpdateURL= once, and end\n"
                "  --version  show the version\n"
                "  --help     show this\n");
        return status;
}

static int run(const char *mesh, gboolean sources)
{
        Service service = { .socket_fd = -1 };
        int result;

        service.hands.applier = &service.applier;
        service.updater = (WattleUpdater){ .mesh = mesh,
                                           .apply = wattle_hands_apply,
                                           .wait = wattle_hands_wait,
                                           .say = say,
                                           .data = &service.hands };
        if (!open_host(&service))
                return EXIT_FAILURE;
        service.updater.root_fd = service.applier.root_fd;
        if (sd_listen_fds(TRUE) > 0)
                service.socket_fd = SD_LISTEN_FDS_START;
        result = sources ? ask_sources(&service) : serve(&service);
        wattle_update_state_clear(&service.state);
        sd_bus_flush_close_unref(service.applier.bus);
        close(service.applier.root_fd);
        return result;
}

int main(int argc, char **argv)
{
        gboolean sources = argc > 1 && strcmp(argv[1], "--sources") == 0;
        const char *mesh = argc > 1 + sources ? argv[1 + sources] : NULL;

        if (argc == 2 && strcmp(argv[1], "--help") == 0)
                return usage(EXIT_SUCCESS);
        if (argc == 2 && strcmp(argv[1], "--version") == 0) {
                puts("wattle-update " WATTLE_VERSION);
                return EXIT_SUCCESS;
        }
        if (argc != 2 + sources || *mesh == '-' ||
            !wattle_identifier_check(mesh, WATTLE_MESH_NAME_MAX, NULL))
                return usage(2);
        if (sodium_init() < 0) {
                wattle_log(WATTLE_LOG_ERROR, "libsodium does not start");
                return EXIT_FAILURE;
        }
        return run(mesh, sources);
}
