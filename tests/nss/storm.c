/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads ask the module while its index is replaced, and children that are forked meanwhile ask as
 * well. The module is linked to the program, so that a sanitizer of ours sees all of it:
 *
 *     storm N ONE OTHER
 *
 * puts the indexes ONE, which knows nas by 10.42.1.4, and OTHER, where that is 10.42.9.4, into each
 * other's place N times. It prints how many answers were right, and how many were not. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nss/module.h"
#include "tests/nss/replace.h"

#define N_THREADS 4
/* Behind one of so many replacements a child asks. */
#define FORK_EACH 99

#define TICK_NS 4000000

#define NAME      "nas"
#define CANONICAL "nas.home"
static const char *const addresses[] = { "10.42.1.4", "10.42.9.4" };

typedef struct {
        char room[1024];
        enum nss_status status;
        int error, h_error;
        int32_t ttl;
        char *canonical;
        struct hostent host;
        struct gaih_addrtuple *list;
} Asked;

static atomic_bool is_over;
static atomic_ulong n_right, n_wrong;

static void count(bool is_right)
{
        atomic_fetch_add(is_right ? &n_right : &n_wrong, 1);
}

/* Which of the addresses it is; -1: none of them. */
static int number_of(const void *address)
{
        char text[INET6_ADDRSTRLEN];

        inet_ntop(AF_INET, address, text, sizeof text);
        for (int i = 0; i < 2; i++)
                if (strcmp(text, addresses[i]) == 0)
                        return i;
        return -1;
}

/* The one address of a host that has this one. */
static int number_of_host(const Asked *asked)
{
        if (asked->status != NSS_STATUS_SUCCESS || strcmp(asked->host.h_name, CANONICAL) != 0 ||
            !asked->host.h_addr_list[0] || asked->host.h_addr_list[1])
                return -1;
        return number_of(asked->host.h_addr_list[0]);
}

static int ask_family(void)
{
        Asked asked;

        asked.status =
                _nss_wattle_gethostbyname2_r(NAME, AF_INET, &asked.host, asked.room,
                                             sizeof asked.room, &asked.error, &asked.h_error);
        return number_of_host(&asked);
}

static bool is_right_by_canonical_name(void)
{
        Asked asked;

        asked.status = _nss_wattle_gethostbyname3_r(NAME, AF_INET, &asked.host, asked.room,
                                                    sizeof asked.room, &asked.error, &asked.h_error,
                                                    &asked.ttl, &asked.canonical);
        return number_of_host(&asked) >= 0 && strcmp(asked.canonical, CANONICAL) == 0;
}

static bool is_right_as_list(void)
{
        Asked asked = { .list = NULL };

        asked.status =
                _nss_wattle_gethostbyname4_r(NAME, &asked.list, asked.room, sizeof asked.room,
                                             &asked.error, &asked.h_error, &asked.ttl);
        return asked.status == NSS_STATUS_SUCCESS && !asked.list->next &&
               number_of(asked.list->addr) >= 0;
}

/* Each of them is in one of the indexes alone. */
static bool is_right_by_address(int number)
{
        unsigned char address[4];
        Asked asked;

        inet_pton(AF_INET, addresses[number], address);
        asked.status = _nss_wattle_gethostbyaddr2_r(address, sizeof address, AF_INET, &asked.host,
                                                    asked.room, sizeof asked.room, &asked.error,
                                                    &asked.h_error, &asked.ttl);
        return asked.status == NSS_STATUS_NOTFOUND || number_of_host(&asked) == number;
}

static bool is_right_without_room(void)
{
        Asked asked;

        asked.status = _nss_wattle_gethostbyname_r(NAME, &asked.host, asked.room, 16, &asked.error,
                                                   &asked.h_error);
        return asked.status == NSS_STATUS_TRYAGAIN && asked.error == ERANGE &&
               asked.h_error == NETDB_INTERNAL;
}

static void *ask_on(void *unused)
{
        (void)unused;
        while (!is_over) {
                count(ask_family() >= 0);
                count(is_right_by_canonical_name());
                count(is_right_as_list());
                count(is_right_by_address(0));
                count(is_right_by_address(1));
                count(is_right_without_room());
        }
        return NULL;
}

/* Descriptors are closed as daemons do it. */
static bool child_is_right(int wanted)
{
        pid_t child = fork();
        int status;

        if (child == 0) {
                closefrom(STDERR_FILENO + 1);
                _exit(ask_family() == wanted ? 0 : 1);
        }
        return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
               WEXITSTATUS(status) == 0;
}

/* Folder and file have the time of the last tick, as from kernels before Linux 6.13. */
static bool set_times(void)
{
        struct timespec times[2];

        clock_gettime(CLOCK_REALTIME, &times[0]);
        times[0].tv_nsec -= times[0].tv_nsec % TICK_NS;
        times[1] = times[0];
        return utimensat(AT_FDCWD, "/run/wattle/home.names", times, 0) == 0 &&
               utimensat(AT_FDCWD, "/run/wattle", times, 0) == 0;
}

static void replace(const Replacement replacements[static 2], int number)
{
        if (!replacement_put(&replacements[number]) || !set_times()) {
                perror("storm");
                exit(2);
        }
        count(ask_family() == number);
}

int main(int argc, char **argv)
{
        static Replacement replacements[2];
        pthread_t threads[N_THREADS];

        if (argc != 4 || !replacement_read(&replacements[0], argv[2]) ||
            !replacement_read(&replacements[1], argv[3]) || !replacement_put(&replacements[0]))
                return 2;
        for (int i = 0; i < N_THREADS; i++)
                if (pthread_create(&threads[i], NULL, ask_on, NULL) != 0)
                        return 2;
        for (int i = 0; i < atoi(argv[1]); i++) {
                replace(replacements, i % 2);
                if (i % FORK_EACH == 0)
                        count(child_is_right(i % 2));
        }
        is_over = true;
        for (int i = 0; i < N_THREADS; i++)
                pthread_join(threads[i], NULL);
        printf("%lu right, %lu wrong\n", atomic_load(&n_right), atomic_load(&n_wrong));
        return 0;
}
