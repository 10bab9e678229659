/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tailscale/command.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"

void wattle_tailscale_command_init(WattleTailscaleCommand *command)
{
        *command = (WattleTailscaleCommand){ .fd = -1, .said = g_string_new(NULL) };
}

void wattle_tailscale_command_clear(WattleTailscaleCommand *command)
{
        wattle_fd_clear(&command->fd);
        g_string_free(command->said, TRUE);
        command->said = NULL;
}

static int spawn(char *const *argv, int out, pid_t *ret)
{
        posix_spawn_file_actions_t actions;
        int r;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
        r = posix_spawnp(ret, argv[0], &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        return r;
}

gboolean wattle_tailscale_command_start(WattleTailscaleCommand *command, const char *program,
                                        const char *socket_path, char *const *words, GError **error)
{
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_autofree char *socket = g_strconcat("--socket=", socket_path, NULL);
        int ends[2], r;

        g_ptr_array_add(argv, (char *)program);
        g_ptr_array_add(argv, socket);
        for (; *words; words++)
                g_ptr_array_add(argv, *words);
        g_ptr_array_add(argv, NULL);
        if (pipe2(ends, O_CLOEXEC) < 0)
                return wattle_error_set_errno(error, errno, "pipe");
        r = spawn((char *const *)argv->pdata, ends[1], &command->pid);
        close(ends[1]);
        if (r != 0) {
                close(ends[0]);
                command->pid = 0;
                return wattle_error_set_errno(error, r, "%s", program);
        }
        (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
        command->fd = ends[0];
        return TRUE;
}

gboolean wattle_tailscale_command_read(WattleTailscaleCommand *command, gboolean *ret_succeeded)
{
        char chunk[4096];
        int status = -1;
        gssize n;

        while ((n = read(command->fd, chunk, sizeof chunk)) > 0)
                if (command->said->len + (gsize)n <= WATTLE_TAILSCALE_SAID_MAX)
                        g_string_append_len(command->said, chunk, n);
        if (n < 0)
                return FALSE;
        wattle_fd_clear(&command->fd);
        *ret_succeeded = TEMP_FAILURE_RETRY(waitpid(command->pid, &status, 0)) == command->pid &&
                         WIFEXITED(status) && WEXITSTATUS(status) == 0;
        command->pid = 0;
        return TRUE;
}

char *wattle_tailscale_command_next_line(WattleTailscaleCommand *command, gboolean is_last)
{
        GString *said = command->said;
        const char *end = memchr(said->str, '\n', said->len);
        gsize length = end ? (gsize)(end - said->str) : said->len;
        char *line;

        if (!end && (!is_last || length == 0))
                return NULL;
        line = g_strndup(said->str, length);
        g_string_erase(said, 0, (gssize)(length + (end ? 1 : 0)));
        return line;
}
