/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/error.h"
#include "common/language.h"
#include "common/sys/file.h"

static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static volatile sig_atomic_t stopped_by;

static void note_signal(int number)
{
        stopped_by = number;
}

/* A read that waits ends with one of these, so that the echo comes back first. */
static void catch_signals(struct sigaction before[G_N_ELEMENTS(stops)])
{
        const struct sigaction note = { .sa_handler = note_signal };

        stopped_by = 0;
        for (guint i = 0; i < G_N_ELEMENTS(stops); i++)
                sigaction(stops[i], &note, &before[i]);
}

static void release_signals(const struct sigaction before[G_N_ELEMENTS(stops)])
{
        for (guint i = 0; i < G_N_ELEMENTS(stops); i++)
                sigaction(stops[i], &before[i], NULL);
        if (stopped_by != 0)
                raise(stopped_by);
}

/* Without echo, and without a key that stops us while there is none. */
static gboolean set_quiet(int fd, struct termios *before)
{
        struct termios quiet;

        if (tcgetattr(fd, before) < 0)
                return FALSE;
        quiet = *before;
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
        quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
        return tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
}

/* Its length without the line end; -1: none, with errno 0 at the end of the file. */
static gssize read_line(int fd, char *line, gsize max)
{
        gsize n = 0;
        char c;

        while (stopped_by == 0) {
                gssize got = read(fd, &c, 1);

                errno = got == 0 ? 0 : errno;
                if (got <= 0)
                        return -1;
                if (c == '\n' || c == '\r')
                        return (gssize)n;
                if (n + 1 == max)
                        return errno = EMSGSIZE, -1;
                line[n++] = c;
        }
        return errno = EINTR, -1;
}

static gboolean ask(int fd, const char *prompt, char *password)
{
        struct sigaction before[G_N_ELEMENTS(stops)];
        struct termios echo;
        gssize n = -1;
        int errsv;

        catch_signals(before);
        if (set_quiet(fd, &echo)) {
                if (wattle_write_all(fd, prompt, strlen(prompt)))
                        n = read_line(fd, password, WATTLE_PASSWORD_MAX);
                errsv = errno;
                tcsetattr(fd, TCSAFLUSH, &echo);
                if (!wattle_write_all(fd, "\n", 1))
                        n = -1;
                errno = errsv;
        }
        errsv = errno;
        release_signals(before);
        errno = errsv;
        password[MAX(n, 0)] = '\0';
        return n >= 0;
}

char *wattle_password_ask(const char *prompt, GError **error)
{
        g_auto(WattleFd) fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
        char *password;

        if (fd < 0) {
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                                    _("there is no terminal to ask for the password: run this on "
                                      "one, or sign with a key without a password"));
                return NULL;
        }
        password = sodium_malloc(WATTLE_PASSWORD_MAX);
        if (!password)
                g_error("out of memory");
        if (ask(fd, prompt, password))
                return password;
        sodium_free(password);
        if (errno == 0)
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED, _("no password"));
        else
                wattle_error_set_errno(error, errno, "the terminal");
        return NULL;
}
