/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-ufw: has ufw(8), by its own command, let in what the meshes need that are up, and nothing
 * else of ours. Its rules are on the disk: so each run looks at all of them, and what a host has
 * left there that lost its power goes too. It is no part of wattle-filter, which may write nowhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/error.h"
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/log.h"
#include "filter/settings.h"
#include "filter/ufw-rules.h"

#define PROGRAM    "wattle-ufw"
#define EXIT_USAGE 2

#define CONF     "etc/ufw/ufw.conf"
#define RULES    "etc/ufw/user.rules"
#define RULES6   "etc/ufw/user6.rules"
#define MAX_TEXT (8 * 1024 * 1024)

static char *read_text(int root_fd, const char *path)
{
        g_autoptr(GBytes) bytes = wattle_read_file(root_fd, path, MAX_TEXT, NULL);

        return bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;
}

static gboolean is_enabled(int root_fd)
{
        g_autofree char *text = read_text(root_fd, CONF);
        g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

        for (char **line = lines; *line; line++)
                if (strcmp(g_strstrip(*line), "ENABLED=yes") == 0)
                        return TRUE;
        return FALSE;
}

/* ufw's words, if it could be asked and did as told. argv[0] is left to us. */
static gboolean run(char **argv, char **ret_said, GError **error)
{
        g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "LC_ALL", "C.UTF-8", TRUE);
        g_autofree char *complaint = NULL, *words = NULL;
        int status;

        if (!g_spawn_sync("/", argv, environment, G_SPAWN_SEARCH_PATH, NULL, NULL, ret_said,
                          &complaint, &status, error))
                return FALSE;
        if (status == 0)
                return TRUE;
        words = g_strjoinv(" ", argv);
        return wattle_error_refuse(error, "%s: %s", words, g_strstrip(complaint));
}

static gboolean change(const char *verb, const char *rule, const char *comment, GError **error)
{
        g_autofree char *words = g_strconcat("ufw ", verb, rule, NULL), *said = NULL;
        g_auto(GStrv) argv = g_strsplit(words, " ", -1);
        guint n = g_strv_length(argv);

        if (comment) {
                argv = g_renew(char *, argv, n + 3);
                argv[n] = g_strdup("comment");
                argv[n + 1] = g_strdup(comment);
                argv[n + 2] = NULL;
        }
        return run(argv, &said, error);
}

/* One that cannot be changed is said, and no reason to leave the others. */
static gboolean change_all(const GPtrArray *rules, const char *verb, const char *comment)
{
        gboolean ok = TRUE;

        for (guint i = 0; i < rules->len; i++) {
                g_autoptr(GError) error = NULL;

                if (change(verb, g_ptr_array_index(rules, i), comment, &error))
                        continue;
                wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
                ok = FALSE;
        }
        return ok;
}

/* A mesh that is up has a mark in /run. */
static void add_mesh(int root_fd, const char *mesh, GPtrArray *wanted)
{
        g_autofree char *interface = wattle_filter_interface(root_fd, mesh);
        g_auto(WattleFirewall) firewall = { 0 };
        g_autoptr(GError) error = NULL;

        if (interface && wattle_filter_read_firewall(root_fd, mesh, &firewall, &error))
                wattle_ufw_add_wanted(wanted, &firewall, interface);
        if (error)
                wattle_log(WATTLE_LOG_ERROR, "mesh %s: %s", mesh, error->message);
}

static GPtrArray *list_wanted(int root_fd)
{
        GPtrArray *wanted = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) names =
                wattle_list_folder(root_fd, wattle_paths_folder(WATTLE_FILE_UFW), "", "", NULL);

        for (char **name = names; name && *name; name++) {
                g_autofree char *mesh = wattle_paths_mesh_of(WATTLE_FILE_UFW, *name);

                if (mesh && wattle_identifier_check(mesh, WATTLE_MESH_NAME_MAX, NULL))
                        add_mesh(root_fd, mesh, wanted);
        }
        return wanted;
}

/* ufw is slow to start: it is asked only where it could say something that counts. */
static gboolean has_rules(int root_fd, const GPtrArray *wanted)
{
        g_autofree char *text = read_text(root_fd, RULES), *text6 = read_text(root_fd, RULES6);

        return wattle_ufw_may_matter(text ? text : "", wanted) ||
               wattle_ufw_may_matter(text6 ? text6 : "", wanted);
}

/* A ufw that is not enabled gets no rules, and keeps none of ours. comment is that of new ones. */
static gboolean reconcile(int root_fd, const char *comment, GError **error)
{
        char *show[] = { (char *)"ufw", (char *)"show", (char *)"added", NULL };
        g_autoptr(GPtrArray) wanted = list_wanted(root_fd);
        g_autoptr(GPtrArray) add = g_ptr_array_new(), remove = g_ptr_array_new();
        g_autofree char *shown = NULL;
        g_auto(GStrv) lines = NULL;
        gboolean ok;

        if (!is_enabled(root_fd))
                g_ptr_array_set_size(wanted, 0);
        if (has_rules(root_fd, wanted) && !run(show, &shown, error))
                return FALSE;
        lines = g_strsplit(shown ? shown : "", "\n", -1);
        wattle_ufw_plan(lines, wanted, remove, add);
        ok = change_all(remove, "delete ", NULL);
        ok = change_all(add, "", comment) && ok;
        return ok || wattle_error_refuse(error, "ufw did not do all that it was asked for");
}

/* Two meshes at once would each see what the other has not done yet. */
static int lock(int root_fd)
{
        static const char path[] = "run/wattle-filter/ufw.lock";
        int fd;

        if (!wattle_make_folders(root_fd, path, NULL))
                return -1;
        fd = wattle_below_open(root_fd, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0 && flock(fd, LOCK_EX) < 0) {
                close(fd);
                fd = -1;
        }
        return fd;
}

typedef enum {
        MODE_UP,
        MODE_DOWN,
        MODE_CLEAN,
} Mode;

static gboolean mark(int root_fd, const char *mesh, Mode mode, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_UFW, mesh);

        if (mode == MODE_UP)
                return wattle_make_folders(root_fd, path, error) &&
                       wattle_write_file(root_fd, path, 0600, "", 0, error);
        if (wattle_below_unlink(root_fd, path) == 0 || errno == ENOENT)
                return TRUE;
        return wattle_error_set_errno(error, errno, "/%s", path);
}

static gboolean act(int root_fd, const char *mesh, Mode mode, GError **error)
{
        g_autofree char *comment = g_strconcat(WATTLE_UFW_COMMENT, mesh, NULL);
        g_auto(WattleFd) lock_fd = lock(root_fd);

        if (lock_fd < 0)
                return wattle_error_set_errno(error, errno, "/run/wattle-filter");
        if (mode != MODE_CLEAN && !mark(root_fd, mesh, mode, error))
                return FALSE;
        return reconcile(root_fd, comment, error);
}

static int usage(FILE *stream, int status)
{
        fputs("Usage: " PROGRAM " [--root=DIR] up|down MESH\n"
              "       " PROGRAM " [--root=DIR] clean\n"
              "\n"
              "Has ufw let in what the meshes need that are up, and takes away what is left of others.\n"
              "wattle-ufw@MESH.service runs it; see wattle-filter(8).\n"
              "\n"
              "  --root=DIR  look for meshes and for what ufw has below DIR\n"
              "  --help      show this\n"
              "  --version   show the version\n",
              stream);
        return status;
}

static int run_mode(const char *root, const char *mesh, Mode mode)
{
        g_autoptr(GError) error = NULL;
        g_auto(WattleFd) root_fd = wattle_root_open(root, &error);

        if (root_fd >= 0 && act(root_fd, mesh, mode, &error))
                return EXIT_SUCCESS;
        wattle_log(WATTLE_LOG_ERROR, "%s", error->message);
        return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
        const char *root = "/";
        g_autoptr(GError) error = NULL;

        if (argc > 1 && strcmp(argv[1], "--help") == 0)
                return usage(stdout, EXIT_SUCCESS);
        if (argc > 1 && strcmp(argv[1], "--version") == 0) {
                puts(PROGRAM " " WATTLE_VERSION);
                return EXIT_SUCCESS;
        }
        if (argc > 1 && g_str_has_prefix(argv[1], "--root=")) {
                root = argv[1] + strlen("--root=");
                argv++;
                argc--;
        }
        if (argc == 2 && strcmp(argv[1], "clean") == 0)
                return run_mode(root, "", MODE_CLEAN);
        if (argc != 3 || (strcmp(argv[1], "up") != 0 && strcmp(argv[1], "down") != 0))
                return usage(stderr, EXIT_USAGE);
        if (!wattle_identifier_check(argv[2], WATTLE_MESH_NAME_MAX, &error)) {
                wattle_log(WATTLE_LOG_ERROR, "MESH: %s", error->message);
                return EXIT_USAGE;
        }
        return run_mode(root, argv[2], strcmp(argv[1], "up") == 0 ? MODE_UP : MODE_DOWN);
}
