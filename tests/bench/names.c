/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks one service of nsswitch.conf(5) for hosts: names SERVICE first NAME prints how long the
 * first look-up of the process took, its loading too; names SERVICE warm N NAME... how long one of
 * N took that came behind it, each name in its turn. In nanoseconds; a name that is not found is as
 * good. */
#include <netdb.h>
#include <nss.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static long long now(void)
{
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long ask(const char *name)
{
        char buffer[1024];
        struct hostent host, *found;
        long long begin = now();
        int error;

        gethostbyname2_r(name, AF_INET, &host, buffer, sizeof buffer, &found, &error);
        return now() - begin;
}

int main(int argc, char **argv)
{
        long long first, total = 0;
        int n;

        if (argc < 4 || __nss_configure_lookup("hosts", argv[1]) != 0)
                return 2;
        first = ask(argv[argc - 1]);
        if (strcmp(argv[2], "first") == 0) {
                printf("%lld\n", first);
                return 0;
        }
        n = atoi(argv[3]);
        for (int i = 0; i < n; i++)
                total += ask(argv[4 + i % (argc - 4)]);
        printf("%lld\n", total / n);
        return 0;
}
