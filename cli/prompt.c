/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/sys/file.h"

static const int ends[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT };

static void on_end(G_GNUC_UNUSED int number)
{
        /* That poll() returns is all there is to do. */
}

/* Without SA_RESTART: a signal wakes whoever waits. They stay caught, for what follows on a no is
 * not to be cut short either. */
static void handle_ends(void (*handler)(int))
{
        const struct sigaction action = { .sa_handler = handler };

        for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
                (void)sigaction(ends[i], &action, NULL);
}

gboolean wattle_prompt_is_possible(void)
{
        g_auto(WattleFd) fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

        return fd >= 0;
}

static gboolean read_answer(int fd, gint64 limit_s)
{
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        char answer[64];

        return poll(&wait, 1, (int)MIN(limit_s, G_MAXINT / 1000) * 1000) > 0 &&
               read(fd, answer, sizeof answer) > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

gboolean wattle_prompt_confirm(const char *question, gint64 limit_s)
{
        WattleFd fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
        gboolean yes;

        handle_ends(on_end);
        /* What was typed or pasted before the question is no answer to it. */
        if (fd >= 0)
                (void)tcflush(fd, TCIFLUSH);
        if (fd < 0 || !wattle_write_all(fd, question, strlen(question))) {
                wattle_fd_clear(&fd);
                return FALSE;
        }
        yes = read_answer(fd, limit_s);
        wattle_fd_clear(&fd);
        if (yes)
                handle_ends(SIG_DFL);
        return yes;
}
