/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-serve: hands the profile of a signed mesh and its signature to members, who ask by HTTP
 * through the tunnel. Standard input is one connection of wattle-serve@MESH.socket; which mesh it
 * is about says the interface that the socket is bound to. See doc/hacking.md, "Who is served". */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ini.h"
#include "common/profile-sign.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/load.h"
#include "common/sys/log.h"
#include "update/http.h"

/* For the request, and then for the answer. */
#define REQUEST_S 5
#define ANSWER_S  60

/* What is handed out: bytes of one profile, and the signature of just these. */
typedef struct {
        char *mesh;
        GBytes *text, *signature;
        WattleProfile *profile;
} Pair;

static void pair_clear(Pair *pair)
{
        g_clear_pointer(&pair->mesh, g_free);
        g_clear_pointer(&pair->text, g_bytes_unref);
        g_clear_pointer(&pair->signature, g_bytes_unref);
        g_clear_pointer(&pair->profile, wattle_profile_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

/* Not blocking: who does not read what he asked for holds nobody up for long. */
static gboolean send_all(int fd, const char *bytes, gsize size, gint64 end_us)
{
        while (size > 0) {
                gint64 left_ms = (end_us - g_get_monotonic_time()) / 1000;
                struct pollfd wait = { .fd = fd, .events = POLLOUT };
                gssize sent;

                if (left_ms <= 0 || poll(&wait, 1, (int)left_ms) <= 0)
                        return FALSE;
                sent = send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
                if (sent < 0 && errno != EAGAIN)
                        return FALSE;
                bytes += MAX(sent, 0);
                size -= (gsize)MAX(sent, 0);
        }
        return TRUE;
}

static gboolean answer(int fd, guint status, GBytes *body, gboolean is_head)
{
        gint64 end_us = g_get_monotonic_time() + ANSWER_S * G_USEC_PER_SEC;
        gsize size = 0;
        const char *bytes = body ? g_bytes_get_data(body, &size) : NULL;
        g_autofree char *head = wattle_http_head(status, size);

        return send_all(fd, head, strlen(head), end_us) &&
               (is_head || size == 0 || send_all(fd, bytes, size, end_us));
}

static gboolean read_request(int fd, WattleHttpRequest *ret)
{
        gint64 end_us = g_get_monotonic_time() + REQUEST_S * G_USEC_PER_SEC;
        char bytes[WATTLE_HTTP_REQUEST_MAX_BYTES];
        WattleHttpRead state = WATTLE_HTTP_MORE;
        gsize n = 0;

        while (state == WATTLE_HTTP_MORE) {
                gint64 left_ms = (end_us - g_get_monotonic_time()) / 1000;
                struct pollfd wait = { .fd = fd, .events = POLLIN };
                gssize size;

                if (left_ms <= 0 || poll(&wait, 1, (int)left_ms) <= 0)
                        return FALSE;
                size = recv(fd, bytes + n, sizeof bytes - n, MSG_DONTWAIT);
                if (size <= 0)
                        return FALSE;
                n += (gsize)size;
                state = wattle_http_read(bytes, n, ret);
        }
        return state == WATTLE_HTTP_GOOD;
}

/* Without one it would be a socket that listens everywhere. */
static gboolean get_interface(int fd, char name[WATTLE_INTERFACE_NAME_MAX + 1])
{
        socklen_t size = WATTLE_INTERFACE_NAME_MAX + 1;

        memset(name, 0, size);
        return getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size) == 0 && *name;
}

static gboolean get_source(int fd, WattleAddr *ret)
{
        struct sockaddr_storage storage = { 0 };
        socklen_t size = sizeof storage;
        const struct sockaddr_in *v4 = (gconstpointer)&storage;
        const struct sockaddr_in6 *v6 = (gconstpointer)&storage;

        *ret = (WattleAddr){ 0 };
        if (getpeername(fd, (struct sockaddr *)&storage, &size) < 0)
                return FALSE;
        if (storage.ss_family == AF_INET) {
                ret->family = AF_INET;
                memcpy(ret->bytes, &v4->sin_addr, 4);
        } else if (storage.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
                ret->family = AF_INET;
                memcpy(ret->bytes, v6->sin6_addr.s6_addr + 12, 4);
        } else if (storage.ss_family == AF_INET6) {
                ret->family = AF_INET6;
                memcpy(ret->bytes, &v6->sin6_addr, 16);
        }
        return ret->family != 0;
}

/* The tunnel lets only a device's own addresses and its Routes= in: those of Routes= are not
 * devices. */
static gboolean is_member(const WattleProfile *profile, const WattleAddr *source)
{
        for (guint i = 0; i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];

                for (guint j = 0; j < device->n_addresses; j++)
                        if (device->state == WATTLE_DEVICE_ACTIVE &&
                            wattle_addr_equal(&device->addresses[j].value, source))
                                return TRUE;
        }
        return FALSE;
}

/* The mesh whose interface that is; NULL if there is none. */
static char *find_mesh(int root_fd, const char *interface)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) meshes = NULL;

        wattle_report_init(&report);
        meshes = wattle_mesh_list(root_fd, &report);
        for (guint i = 0; meshes[i]; i++) {
                g_auto(WattleLocal) local = { 0 };

                wattle_local_init(&local);
                if (wattle_local_load(&local, root_fd, meshes[i], &report) &&
                    strcmp(wattle_local_interface(&local, meshes[i]), interface) == 0)
                        return g_strdup(meshes[i]);
        }
        return NULL;
}

/* Nothing that does not verify is handed on. */
static gboolean load_pair(int root_fd, const char *interface, Pair *pair)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTrust) trust = { 0 };
        g_autofree char *path = NULL;

        wattle_report_init(&report);
        pair->mesh = find_mesh(root_fd, interface);
        path = pair->mesh ? wattle_mesh_find(root_fd, pair->mesh) : NULL;
        if (!path || !wattle_mesh_read_trust(&trust, root_fd, pair->mesh, &report) || !trust.path)
                return FALSE;
        pair->text = wattle_read_file(root_fd, path + 1, WATTLE_INI_MAX_BYTES, NULL);
        pair->signature =
                pair->text ? wattle_trust_find_signature(&trust, root_fd, path + 1, pair->text)
                           : NULL;
        if (pair->signature)
                pair->profile = wattle_profile_load_take(g_bytes_ref(pair->text), path, &report);
        return pair->profile != NULL;
}

/* What is to be had at that path, to be unreferenced; NULL: nothing. */
static GBytes *find_body(const Pair *pair, const char *path)
{
        g_autofree char *text = g_strconcat("/", pair->mesh, WATTLE_MESH_SUFFIX, NULL);
        g_autofree char *signature = g_strconcat(text, WATTLE_SIGNATURE_SUFFIX, NULL);
        g_autofree char *joined = g_strconcat(text, WATTLE_PAIR_SUFFIX, NULL);

        if (strcmp(path, text) == 0)
                return g_bytes_ref(pair->text);
        if (strcmp(path, signature) == 0)
                return g_bytes_ref(pair->signature);
        return strcmp(path, joined) == 0 ? wattle_signature_join(pair->signature, pair->text)
                                         : NULL;
}

static int serve(int fd, int root_fd)
{
        char interface[WATTLE_INTERFACE_NAME_MAX + 1];
        g_auto(Pair) pair = { 0 };
        WattleHttpRequest request;
        g_autoptr(GBytes) body = NULL;
        WattleAddr source;

        if (!get_interface(fd, interface) || !get_source(fd, &source)) {
                wattle_log(WATTLE_LOG_ERROR,
                           "this is no connection of a socket that is bound to an "
                           "interface");
                return EXIT_FAILURE;
        }
        if (!read_request(fd, &request))
                return answer(fd, 400, NULL, TRUE) ? EXIT_SUCCESS : EXIT_FAILURE;
        if (!load_pair(root_fd, interface, &pair))
                return answer(fd, 503, NULL, TRUE) ? EXIT_SUCCESS : EXIT_FAILURE;
        if (!is_member(pair.profile, &source))
                return answer(fd, 403, NULL, TRUE) ? EXIT_SUCCESS : EXIT_FAILURE;
        body = find_body(&pair, request.path);
        return answer(fd, body ? 200 : 404, body, request.is_head) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
        g_auto(WattleFd) root_fd = -1;
        g_autoptr(GError) error = NULL;

        if (argc == 2 && strcmp(argv[1], "--version") == 0) {
                puts("wattle-serve " WATTLE_VERSION);
                return EXIT_SUCCESS;
        }
        if (argc > 1) {
                fprintf(strcmp(argv[1], "--help") == 0 ? stdout : stderr,
                        "Usage: wattle-serve\n\n"
                        "Hands the profile of a signed mesh to its members. Systemd starts it for "
                        "each connection\nto wattle-serve@MESH.socket; see wattle-serve(8).\n\n"
                        "  --version  show the version\n  --help     show this\n");
                return strcmp(argv[1], "--help") == 0 ? EXIT_SUCCESS : 2;
        }
        root_fd = wattle_root_open("/", &error);
        if (root_fd < 0 || sodium_init() < 0) {
                wattle_log(WATTLE_LOG_ERROR, "%s",
                           error ? error->message : "libsodium does not start");
                return EXIT_FAILURE;
        }
        return serve(STDIN_FILENO, root_fd);
}
