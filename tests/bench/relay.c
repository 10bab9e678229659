/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests/bench/relay: a plain forwarder, which sends on to the other of two addresses what comes
 * from one of them; and the two ends, of which one sends as fast as it is let, and the other
 * counts.
 *
 *   relay forward PORT A_PORT B_PORT
 *   relay load PORT A_PORT B_PORT SECONDS INITIATION...    prints datagrams received, and sent
 *
 * The ends are 127.0.0.1:A_PORT and 127.0.0.2:B_PORT. INITIATION is a file that each end sends
 * first, A and then B. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE   1440
#define WINDOW 64 /* datagrams on their way, so that the receiver and not a queue sets the pace */

static struct sockaddr_in address(const char *host, const char *port)
{
        struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };

        at.sin_addr.s_addr = inet_addr(host);
        return at;
}

static int open_at(const struct sockaddr_in *at)
{
        int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        if (bind(fd, (const struct sockaddr *)at, sizeof *at) < 0) {
                perror("bind");
                exit(EXIT_FAILURE);
        }
        return fd;
}

static int forward(char **argv)
{
        struct sockaddr_in here = address("127.0.0.1", argv[2]);
        struct sockaddr_in a = address("127.0.0.1", argv[3]), b = address("127.0.0.2", argv[4]);
        int fd = open_at(&here);
        char bytes[9216];

        for (;;) {
                struct sockaddr_in from;
                socklen_t length = sizeof from;
                ssize_t n = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
                const struct sockaddr_in *to = from.sin_addr.s_addr == a.sin_addr.s_addr ? &b : &a;

                if (n > 0)
                        (void)!sendto(fd, bytes, (size_t)n, 0, (const struct sockaddr *)to,
                                      sizeof *to);
        }
}

static atomic_ullong received;

static void *receive(void *data)
{
        int fd = *(int *)data;
        char bytes[9216];

        for (;;)
                if (recv(fd, bytes, sizeof bytes, 0) == SIZE)
                        atomic_fetch_add(&received, 1);
}

static void send_file(int fd, const char *path)
{
        char bytes[256];
        FILE *file = fopen(path, "rb");
        size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;

        if (file)
                (void)fclose(file);
        (void)!send(fd, bytes, n, 0);
        usleep(200 * 1000);
}

static double now(void)
{
        struct timespec time;

        (void)clock_gettime(CLOCK_MONOTONIC, &time);
        return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int load(int argc, char **argv)
{
        struct sockaddr_in relay = address("127.0.0.1", argv[2]);
        struct sockaddr_in at_a = address("127.0.0.1", argv[3]),
                           at_b = address("127.0.0.2", argv[4]);
        int a = open_at(&at_a), b = open_at(&at_b);
        char bytes[SIZE] = { 4 };
        unsigned long long sent = 0, lost = 0;
        double end;
        pthread_t thread;

        if (connect(a, (const struct sockaddr *)&relay, sizeof relay) < 0 ||
            connect(b, (const struct sockaddr *)&relay, sizeof relay) < 0)
                return EXIT_FAILURE;
        for (int i = 6; i < argc; i++)
                send_file(i == 6 ? a : b, argv[i]);
        (void)pthread_create(&thread, NULL, receive, &b);
        for (end = now() + atof(argv[5]); now() < end;) {
                double waited = now();

                while (sent - lost - atomic_load(&received) >= WINDOW)
                        if (now() - waited > 0.05)
                                lost = sent - atomic_load(&received);
                for (int i = 0; i < 16; i++)
                        sent += send(a, bytes, sizeof bytes, 0) == SIZE;
        }
        usleep(100 * 1000);
        printf("%llu %llu\n", (unsigned long long)atomic_load(&received), sent);
        return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
        if (argc == 5 && strcmp(argv[1], "forward") == 0)
                return forward(argv);
        if (argc >= 6 && strcmp(argv[1], "load") == 0)
                return load(argc, argv);
        fprintf(stderr, "usage: see the first lines of relay.c\n");
        return 2;
}
