/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks names up as any program does, by libc alone, and prints what comes: test_lookup.py has it
 * loaded with our module. Its first argument is the call; see the table at the end. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/nss/replace.h"

#define N_ELEMENTS(array) (sizeof(array) / sizeof *(array))

static const struct {
        const char *word;
        int value;
} words[] = {
        { "unspec", AF_UNSPEC },
        { "inet", AF_INET },
        { "inet6", AF_INET6 },
        { "canonname", AI_CANONNAME },
        { "addrconfig", AI_ADDRCONFIG },
        { "v4mapped", AI_V4MAPPED },
        { "all", AI_ALL },
        { "none", 0 },
};

/* "canonname+addrconfig" as its number. */
static int read_words(const char *text)
{
        char *copy = strdup(text), *rest = copy, *word;
        int value = 0;

        while ((word = strsep(&rest, "+")))
                for (size_t i = 0; i < N_ELEMENTS(words); i++)
                        if (strcmp(word, words[i].word) == 0)
                                value |= words[i].value;
        free(copy);
        return value;
}

static void print_address(int family, const void *address)
{
        char text[INET6_ADDRSTRLEN];

        printf("%s\n", inet_ntop(family, address, text, sizeof text));
}

/* The addresses, a line each, and the canonical name behind them; or the error's number. */
static int print_addresses(char **arguments)
{
        struct addrinfo hints = { .ai_family = read_words(arguments[0]),
                                  .ai_flags = read_words(arguments[1]),
                                  .ai_socktype = SOCK_STREAM };
        struct addrinfo *list;
        int error = getaddrinfo(arguments[2], NULL, &hints, &list);

        if (error != 0) {
                printf("error %d\n", error);
                return 0;
        }
        for (const struct addrinfo *at = list; at; at = at->ai_next)
                if (at->ai_family == AF_INET)
                        print_address(AF_INET, &((struct sockaddr_in *)at->ai_addr)->sin_addr);
                else
                        print_address(AF_INET6, &((struct sockaddr_in6 *)at->ai_addr)->sin6_addr);
        if (list->ai_canonname)
                printf("%s\n", list->ai_canonname);
        freeaddrinfo(list);
        return 0;
}

static int print_host(const struct hostent *host)
{
        if (!host) {
                printf("error %d\n", h_errno);
                return 0;
        }
        for (char **at = host->h_addr_list; *at; at++)
                print_address(host->h_addrtype, *at);
        printf("%s", host->h_name);
        for (char **at = host->h_aliases; *at; at++)
                printf(" %s", *at);
        printf("\n");
        return 0;
}

static int print_by_name(char **arguments)
{
        return print_host(gethostbyname(arguments[0]));
}

static int print_by_name2(char **arguments)
{
        return print_host(gethostbyname2(arguments[1], read_words(arguments[0])));
}

static int print_by_address(char **arguments)
{
        unsigned char address[16];

        if (inet_pton(AF_INET, arguments[0], address) == 1)
                return print_host(gethostbyaddr(address, 4, AF_INET));
        if (inet_pton(AF_INET6, arguments[0], address) == 1)
                return print_host(gethostbyaddr(address, 16, AF_INET6));
        return 2;
}

static int print_name(char **arguments)
{
        struct addrinfo hints = { .ai_flags = AI_NUMERICHOST }, *list;
        char name[NI_MAXHOST];
        int error;

        if (getaddrinfo(arguments[0], NULL, &hints, &list) != 0)
                return 2;
        error = getnameinfo(list->ai_addr, list->ai_addrlen, name, sizeof name, NULL, 0,
                            NI_NAMEREQD);
        if (error == 0)
                printf("%s\n", name);
        else
                printf("error %d\n", error);
        freeaddrinfo(list);
        return 0;
}

static int count_descriptors(void)
{
        DIR *dir = opendir("/proc/self/fd");
        int n = 0;

        while (readdir(dir))
                n++;
        closedir(dir);
        return n;
}

/* One look-up; then one without a descriptor to be had, and one when there are some again. Last,
 * how many are left open. */
static int print_starved(char **arguments)
{
        struct rlimit limit, none;
        char inet[] = "inet", flags[] = "none", *in_words[] = { inet, flags, arguments[0] };
        int before = count_descriptors();

        print_addresses(in_words);
        getrlimit(RLIMIT_NOFILE, &limit);
        none = limit;
        none.rlim_cur = 3;
        setrlimit(RLIMIT_NOFILE, &none);
        print_addresses(in_words);
        setrlimit(RLIMIT_NOFILE, &limit);
        print_addresses(in_words);
        printf("%d left\n", count_descriptors() - before);
        return 0;
}

/* The same behind a fork(2), in the child and then in its parent, all of whose descriptors have
 * been closed. */
static int print_forked(char **arguments)
{
        char inet[] = "inet", flags[] = "none", *in_words[] = { inet, flags, arguments[0] };
        pid_t child;
        int status;

        print_addresses(in_words);
        fflush(stdout);
        closefrom(STDERR_FILENO + 1);
        child = fork();
        if (child == 0) {
                print_addresses(in_words);
                fflush(stdout);
                _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
                return 2;
        return print_addresses(in_words);
}

/* Whether the kernel runs the program with more than its caller has, and then an address. */
static int print_secure(char **arguments)
{
        printf("%s\n", getauxval(AT_SECURE) ? "secure" : "not secure");
        return print_addresses(arguments);
}

typedef struct {
        const char *name;
        const char *answers[2];
} Asked;

static atomic_bool is_over;
static atomic_ulong n_right, n_wrong;

static bool is_right(const Asked *asked, const struct addrinfo *list)
{
        char text[INET6_ADDRSTRLEN];

        inet_ntop(AF_INET, &((struct sockaddr_in *)list->ai_addr)->sin_addr, text, sizeof text);
        for (size_t i = 0; i < N_ELEMENTS(asked->answers); i++)
                if (strcmp(text, asked->answers[i]) == 0)
                        return !list->ai_next;
        return false;
}

static void *ask_on(void *data)
{
        const Asked *asked = data;
        const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };

        while (!is_over) {
                struct addrinfo *list = NULL;
                bool right =
                        getaddrinfo(asked->name, NULL, &hints, &list) == 0 && is_right(asked, list);

                atomic_fetch_add(right ? &n_right : &n_wrong, 1);
                if (list)
                        freeaddrinfo(list);
        }
        return NULL;
}

/* Four threads ask for one name, while the two files take each other's place so many times. Either
 * of two answers is right. */
static int print_threads(char **arguments)
{
        Asked asked = { arguments[0], { arguments[1], arguments[2] } };
        static Replacement replacements[2];
        pthread_t threads[4];

        if (!replacement_read(&replacements[0], arguments[4]) ||
            !replacement_read(&replacements[1], arguments[5]))
                return 2;
        for (size_t i = 0; i < N_ELEMENTS(threads); i++)
                if (pthread_create(&threads[i], NULL, ask_on, &asked) != 0)
                        return 2;
        for (int i = 0; i < atoi(arguments[3]); i++)
                if (!replacement_put(&replacements[i % 2]))
                        return 2;
        is_over = true;
        for (size_t i = 0; i < N_ELEMENTS(threads); i++)
                pthread_join(threads[i], NULL);
        printf("%lu right, %lu wrong\n", atomic_load(&n_right), atomic_load(&n_wrong));
        return 0;
}

static const struct {
        const char *call;
        int n_arguments;
        int (*print)(char **arguments);
} calls[] = {
        { "getaddrinfo", 3, print_addresses }, /* FAMILY FLAGS NAME */
        { "gethostbyname", 1, print_by_name },
        { "gethostbyname2", 2, print_by_name2 }, /* FAMILY NAME */
        { "gethostbyaddr", 1, print_by_address },
        { "getnameinfo", 1, print_name },
        { "starved", 1, print_starved }, /* NAME */
        { "forked", 1, print_forked },   /* NAME */
        { "secure", 3, print_secure },   /* FAMILY FLAGS NAME */
        { "threads", 6, print_threads }, /* NAME ADDRESS ADDRESS N FILE FILE */
};

int main(int argc, char **argv)
{
        for (size_t i = 0; i < N_ELEMENTS(calls); i++)
                if (argc == calls[i].n_arguments + 2 && strcmp(argv[1], calls[i].call) == 0)
                        return calls[i].print(argv + 2);
        return 2;
}
