/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-lookup: answers one question of wattled's for the addresses of a name, at the connection
 * that systemd gives it as standard input, and ends. What name servers say is read here, in a
 * process that has nothing, and not in wattled. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sys/log.h"
#include "lookup/dns.h"

#define EXIT_USAGE 2

static int usage(FILE *stream, int status)
{
        fputs("Usage: wattle-lookup\n"
              "\n"
              "Asks name servers for the addresses of one endpoint, past the tunnel of an exit node.\n"
              "wattle-lookup.socket starts it when wattled asks; see wattle-lookup(8).\n"
              "\n"
              "  --help         show this\n"
              "  --version      show the version\n",
              stream);
        return status;
}

static int run(void)
{
        guint8 asked[WATTLE_LOOKUP_QUESTION_MAX + 1], said[WATTLE_LOOKUP_ANSWER_MAX];
        WattleLookupQuestion question;
        WattleLookupAnswer answer;
        gssize n = recv(STDIN_FILENO, asked, sizeof asked, 0);
        gsize size;

        if (n < 0) {
                wattle_log(WATTLE_LOG_ERROR, "it is started by its socket unit");
                return EXIT_FAILURE;
        }
        /* wattled has gone. */
        if (n == 0)
                return EXIT_SUCCESS;
        if (!wattle_lookup_question_read(asked, (gsize)n, &question)) {
                wattle_log(WATTLE_LOG_ERROR, "what was said is no question");
                return EXIT_FAILURE;
        }
        wattle_dns_ask(&question, &answer);
        size = wattle_lookup_answer_write(&answer, said);
        (void)!send(STDIN_FILENO, said, size, MSG_NOSIGNAL);
        return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
        if (argc == 1)
                return run();
        if (strcmp(argv[1], "--help") == 0)
                return usage(stdout, EXIT_SUCCESS);
        if (strcmp(argv[1], "--version") == 0) {
                puts("wattle-lookup " WATTLE_VERSION);
                return EXIT_SUCCESS;
        }
        fputs("wattle-lookup takes no arguments\n", stderr);
        return EXIT_USAGE;
}
