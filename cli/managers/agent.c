/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/managers/agent.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "pkttyagent"

/* It ends with us, however we end. */
static void on_child(G_GNUC_UNUSED gpointer data)
{
        prctl(PR_SET_PDEATHSIG, SIGTERM);
}

void wattle_agent_start(WattleAgent *agent)
{
        char process[32], notify[32], byte;
        /* With --fallback an agent of the desktop goes first; but polkit passes over such a one
         * where there is no session to have a desktop. */
        const char *fallback = g_getenv("XDG_SESSION_ID") ? "--fallback" : NULL;
        const char *argv[] = {
                PROGRAM, "--process", process, "--notify-fd", notify, fallback, NULL
        };
        int fds[2], target;

        agent->pid = 0;
        if (geteuid() == 0 || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) ||
            pipe2(fds, O_CLOEXEC) < 0)
                return;
        target = fds[1];
        g_snprintf(process, sizeof process, "%d", getpid());
        g_snprintf(notify, sizeof notify, "%d", target);
        (void)g_spawn_async_with_pipes_and_fds(NULL, argv, NULL,
                                               G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                                                       G_SPAWN_CHILD_INHERITS_STDIN,
                                               on_child, NULL, -1, -1, -1, &fds[1], &target, 1,
                                               &agent->pid, NULL, NULL, NULL, NULL);
        close(fds[1]);
        /* It closes its end when it is registered; or it has ended, or was never there. */
        while (read(fds[0], &byte, 1) > 0)
                ;
        close(fds[0]);
}

void wattle_agent_stop(WattleAgent *agent)
{
        if (agent->pid == 0)
                return;
        /* It puts the terminal back as it was. */
        kill(agent->pid, SIGTERM);
        kill(agent->pid, SIGCONT);
        waitpid(agent->pid, NULL, 0);
        agent->pid = 0;
}
