/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/endpoint.h"
#include "common/error.h"

/* getaddrinfo() waits for its servers in turn, up to half a minute; so some names are asked for at
 * a time. systemd-resolved has an interface that does not wait, but not every host has it. */
#define MAX_THREADS  4
#define THREAD_STACK (256 * 1024)

/* Owned by the resolver, except while its thread runs: that writes the addresses, and then the
 * pointer into the pipe. */
struct WattleResolving {
        WattleResolver *resolver;
        WattleResolved resolved; /* NULL: cancelled */
        gpointer data;
        WattleAddr addresses[WATTLE_RESOLVER_MAX_ADDRESSES];
        guint n_addresses;
        int pipe; /* the thread's own writing end */
        char name[];
};

struct WattleResolver {
        int pipe[2];
        sd_event_source *source;
        GQueue waiting; /* of WattleResolving */
        GHashTable *running;
        WattleLookup lookup; /* NULL: there is none */
        gpointer lookup_data;
};

/* A name server may say anything, a multicast address or 0.0.0.0 as well: nobody is sent to there.
 */
static void add_address(WattleResolving *resolving, const WattleAddr *addr)
{
        if (resolving->n_addresses < G_N_ELEMENTS(resolving->addresses) &&
            !wattle_addr_is_special(addr))
                resolving->addresses[resolving->n_addresses++] = *addr;
}

static void *run_thread(void *data)
{
        WattleResolving *resolving = data;
        struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
        struct addrinfo *list = NULL;
        int fd = resolving->pipe;

        if (getaddrinfo(resolving->name, NULL, &hints, &list) == 0) {
                for (const struct addrinfo *info = list; info; info = info->ai_next) {
                        WattleSocketAddr at;

                        if (wattle_socket_addr_read(info->ai_addr, info->ai_addrlen, &at))
                                add_address(resolving, &at.addr);
                }
                freeaddrinfo(list);
        }
        /* The last use of the question here: who reads the pipe frees it. If nobody does, this
         * thread does. */
        if (write(fd, &resolving, sizeof resolving) != sizeof resolving)
                g_free(resolving);
        close(fd);
        return NULL;
}

static gboolean start_thread(WattleResolving *resolving)
{
        pthread_attr_t attributes;
        pthread_t thread;
        int result;

        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attributes, THREAD_STACK);
        result = pthread_create(&thread, &attributes, run_thread, resolving);
        pthread_attr_destroy(&attributes);
        return result == 0;
}

static void finish(WattleResolving *resolving)
{
        if (resolving->resolved)
                resolving->resolved(resolving->addresses, resolving->n_addresses, resolving->data);
        g_free(resolving);
}

static void start_next(WattleResolver *resolver)
{
        while (g_hash_table_size(resolver->running) < MAX_THREADS) {
                WattleResolving *resolving = g_queue_pop_head(&resolver->waiting);

                if (!resolving)
                        return;
                if (!resolving->resolved) {
                        g_free(resolving);
                        continue;
                }
                g_hash_table_add(resolver->running, resolving);
                resolving->pipe = fcntl(resolver->pipe[1], F_DUPFD_CLOEXEC, 0);
                if (resolving->pipe >= 0 && start_thread(resolving))
                        continue;
                if (resolving->pipe >= 0)
                        close(resolving->pipe);
                /* There is no thread to be had: the question comes back by the pipe with no
                 * address. */
                (void)!write(resolver->pipe[1], &resolving, sizeof resolving);
        }
}

static int on_readable(G_GNUC_UNUSED sd_event_source *source, int fd,
                       G_GNUC_UNUSED uint32_t revents, void *data)
{
        WattleResolver *resolver = data;
        WattleResolving *resolving;

        /* A pointer is less than PIPE_BUF: it is read whole. */
        while (read(fd, &resolving, sizeof resolving) == sizeof resolving) {
                g_hash_table_remove(resolver->running, resolving);
                finish(resolving);
        }
        start_next(resolver);
        return 0;
}

WattleResolver *wattle_resolver_new(sd_event *event, GError **error)
{
        g_autoptr(WattleResolver) resolver = g_new0(WattleResolver, 1);
        int result;

        resolver->pipe[0] = resolver->pipe[1] = -1;
        resolver->running = g_hash_table_new(NULL, NULL);
        if (pipe2(resolver->pipe, O_CLOEXEC) < 0 ||
            fcntl(resolver->pipe[0], F_SETFL, O_NONBLOCK) < 0) {
                wattle_error_set_errno(error, errno, "a pipe");
                return NULL;
        }
        result = sd_event_add_io(event, &resolver->source, resolver->pipe[0], EPOLLIN, on_readable,
                                 resolver);
        if (result < 0) {
                wattle_error_set_errno(error, -result, "the event loop");
                return NULL;
        }
        return g_steal_pointer(&resolver);
}

void wattle_resolver_free(WattleResolver *resolver)
{
        WattleResolving *resolving;

        if (!resolver)
                return;
        /* What threads write from now on finds a pipe that nobody reads; main() ignores SIGPIPE. */
        sd_event_source_disable_unref(resolver->source);
        while (resolver->pipe[0] >= 0 &&
               read(resolver->pipe[0], &resolving, sizeof resolving) == sizeof resolving)
                g_free(resolving);
        for (guint i = 0; i < G_N_ELEMENTS(resolver->pipe); i++)
                if (resolver->pipe[i] >= 0)
                        close(resolver->pipe[i]);
        g_queue_clear_full(&resolver->waiting, g_free);
        g_hash_table_unref(resolver->running);
        g_free(resolver);
}

void wattle_resolver_set_lookup(WattleResolver *resolver, WattleLookup lookup, gpointer data)
{
        resolver->lookup = lookup;
        resolver->lookup_data = data;
}

static void ask_all(WattleResolving *resolving)
{
        g_queue_push_tail(&resolving->resolver->waiting, resolving);
        start_next(resolving->resolver);
}

void wattle_resolving_answer(WattleResolving *resolving, const WattleAddr *addresses,
                             guint n_addresses)
{
        for (guint i = 0; i < n_addresses; i++)
                add_address(resolving, &addresses[i]);
        if (resolving->n_addresses > 0)
                finish(resolving);
        else
                ask_all(resolving);
}

WattleResolving *wattle_resolver_ask(WattleResolver *resolver, const char *name,
                                     const WattleUplink *uplink, WattleResolved resolved,
                                     gpointer data)
{
        WattleResolving *resolving = g_malloc0(sizeof *resolving + strlen(name) + 1);

        resolving->resolver = resolver;
        resolving->resolved = resolved;
        resolving->data = data;
        memcpy(resolving->name, name, strlen(name) + 1);
        if (uplink->ifindex == 0 || !resolver->lookup ||
            !resolver->lookup(resolving->name, uplink, resolving, resolver->lookup_data))
                ask_all(resolving);
        return resolving;
}

void wattle_resolving_cancel(WattleResolving *resolving)
{
        resolving->resolved = NULL;
}
