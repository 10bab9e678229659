/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a command and prints its wall time in nanoseconds, its peak memory in KiB and its exit
 * status. Not done in Python: a child's ru_maxrss begins with that of the process it came from. */
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv, char **environment)
{
        struct timespec start, end;
        struct rusage usage;
        posix_spawn_file_actions_t actions;
        int status;
        pid_t pid;

        /* Where we may, ahead of all else that this machine does: a long run would lose more to it
         * than a short one. */
        sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        clock_gettime(CLOCK_MONOTONIC, &start);
        if (argc < 2 || posix_spawn(&pid, argv[1], &actions, NULL, argv + 1, environment) != 0 ||
            wait4(pid, &status, 0, &usage) != pid)
                return 1;
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%lld %ld %d\n",
               (end.tv_sec - start.tv_sec) * 1000000000LL + (end.tv_nsec - start.tv_nsec),
               usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
        return 0;
}
