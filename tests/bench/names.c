/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks one service of nsswitch.conf(5) for hosts: names SERVICE first NAME prints how long the
 * first look-up of the process took, its loading too; names SERVICE warm N NAME... how long one of
 * N took that came behind it, each name in its turn. In nanoseconds; a name that is not found is as
 * good. names SERVICE dirty NAME prints by how many bytes the first look-up made the private memory
 * of the process larger, and names SERVICE pages NAME how many bytes of the module's file are in
 * its memory then. */
#include <netdb.h>
#include <nss.h>
#include <stdbool.h>
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

/* The sum of what /proc/self/smaps has by that name for the mappings of paths with that in them. */
static long sum_smaps(const char *name, const char *path)
{
        FILE *file = fopen("/proc/self/smaps", "re");
        char line[1024];
        long sum = 0;
        bool is_wanted = false;

        while (fgets(line, sizeof line, file))
                if (strchr("0123456789abcdef", line[0]))
                        is_wanted = strstr(line, path);
                else if (is_wanted && strncmp(line, name, strlen(name)) == 0)
                        sum += 1024 * atol(line + strlen(name));
        fclose(file);
        return sum;
}

static long measure_dirty(const char *name)
{
        long before;

        /* What reading takes itself is there before. */
        sum_smaps("Private_Dirty:", "");
        before = sum_smaps("Private_Dirty:", "");
        ask(name);
        return sum_smaps("Private_Dirty:", "") - before;
}

int main(int argc, char **argv)
{
        long long first, total = 0;
        int n;

        if (argc < 4 || __nss_configure_lookup("hosts", argv[1]) != 0)
                return 2;
        if (strcmp(argv[2], "dirty") == 0) {
                printf("%ld\n", measure_dirty(argv[argc - 1]));
                return 0;
        }
        first = ask(argv[argc - 1]);
        if (strcmp(argv[2], "pages") == 0) {
                printf("%ld\n", sum_smaps("Rss:", "libnss_"));
                return 0;
        }
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
