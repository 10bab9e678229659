/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "tests/unit/fixture.h"

#define NO_KEY "not a WireGuard key: 44 characters of base64, ending in ="
#define OTHERS(mode)                                                                               \
        "home.key: others can read or change this private key (mode " mode                         \
        "): chmod 0640 it, and think of making a new one"

typedef struct {
        const char *name;
        const char *content;
        gsize size; /* 0: that of the text */
        guint mode;
        gint code;
        const char *error;
} Row;

#define SIZED(text) text, sizeof(text) - 1

static const Row files[] = {
        { "good", KEY_A "\n", 0, 0600, 0, NULL },
        { "group-reads", KEY_A "\n", 0, 0640, 0, NULL },
        { "no-line-end", KEY_A, 0, 0600, 0, NULL },
        { "crlf", KEY_A "\r\n", 0, 0600, 0, NULL },
        { "world-readable", KEY_A "\n", 0, 0644, WATTLE_ERROR_UNSAFE, OTHERS("0644") },
        { "others-write", KEY_A "\n", 0, 0602, WATTLE_ERROR_UNSAFE, OTHERS("0602") },
        { "group-writes", KEY_A "\n", 0, 0660, WATTLE_ERROR_UNSAFE, OTHERS("0660") },
        { "empty", "", 0, 0600, WATTLE_ERROR_INVALID, "home.key: " NO_KEY },
        { "short", "AQAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 0, 0600, WATTLE_ERROR_INVALID,
          "home.key: " NO_KEY },
        { "two-keys", KEY_A "\n" KEY_B "\n", 0, 0600, WATTLE_ERROR_INVALID, "home.key: " NO_KEY },
        { "key-behind-blanks", KEY_A "\n\n\n" KEY_B "\n", 0, 0600, WATTLE_ERROR_INVALID,
          "home.key: " NO_KEY },
        { "nul-behind", SIZED(KEY_A "\0x"), 0600, WATTLE_ERROR_INVALID, "home.key: " NO_KEY },
        { "nul-at-the-end", SIZED(KEY_A "\0"), 0600, WATTLE_ERROR_INVALID, "home.key: " NO_KEY },
        { "ini", "PrivateKey=" KEY_A "\n", 0, 0600, WATTLE_ERROR_INVALID, "home.key: " NO_KEY },
        { "all-zero", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 0, 0600,
          WATTLE_ERROR_INVALID, "home.key: an all-zero key is none" },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_auto(Root) root = { 0 };
        g_autoptr(GError) error = NULL;
        WattleKey key;

        root_init(&root);
        root_put_bytes(&root, "home.key", row->content,
                       row->size ? row->size : strlen(row->content), row->mode);
        check_error(wattle_secret_read(root.fd, "home.key", &key, &error), &error, row->error);
        if (row->error)
                g_assert_error(error, WATTLE_ERROR, row->code);
        else
                g_assert_cmpuint(key.bytes[0], ==, 1);
}

static void not_files(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(GError) missing = NULL;
        g_autoptr(GError) folder = NULL;
        g_autoptr(GError) fifo = NULL;
        WattleKey key;

        root_init(&root);
        root_put(&root, "folder/file", "", 0644);
        g_assert_cmpint(mkfifoat(root.fd, "fifo", 0600), ==, 0);
        check_error(wattle_secret_read(root.fd, "missing", &key, &missing), &missing,
                    "missing: No such file or directory");
        g_assert_error(missing, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND);
        check_error(wattle_secret_read(root.fd, "folder", &key, &folder), &folder,
                    "folder: is not a regular file");
        check_error(wattle_secret_read(root.fd, "fifo", &key, &fifo), &fifo,
                    "fifo: is not a regular file");
}

/* A pipe gives its bytes in pieces. */
static void from_a_pipe(void)
{
        g_autoptr(GError) error = NULL;
        WattleKey key;
        int fds[2];

        g_assert_cmpint(pipe(fds), ==, 0);
        g_assert_cmpint(write(fds[1], KEY_A, 20), ==, 20);
        g_assert_cmpint(write(fds[1], &KEY_A[20], 24), ==, 24);
        close(fds[1]);
        check_error(wattle_secret_read_fd(fds[0], "standard input", &key, &error), &error, NULL);
        close(fds[0]);
        check_error(wattle_secret_read_fd(fds[0], "standard input", &key, &error), &error,
                    "standard input: Bad file descriptor");
}

static void written_and_read_again(void)
{
        static const struct {
                const char *path;
                gboolean with_group;
                guint mode;
        } rows[] = { { "own.key", FALSE, 0600 }, { "group.key", TRUE, 0640 } };
        gid_t gid = getegid();
        WattleKey key, again;

        wattle_key_generate(&key);
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Root) root = { 0 };
                g_autoptr(GError) error = NULL;
                mode_t mask = umask(0);

                root_init(&root);
                check_error(wattle_secret_write(root.fd, rows[i].path, &key,
                                                rows[i].with_group ? &gid : NULL, &error),
                            &error, NULL);
                umask(mask);
                g_assert_cmpuint(root_stat(&root, rows[i].path).st_mode & 07777, ==, rows[i].mode);
                g_assert_cmpint(root_stat(&root, rows[i].path).st_size, ==, WATTLE_KEY_TEXT_MAX);
                g_assert_true(wattle_secret_read(root.fd, rows[i].path, &again, NULL));
                g_assert_true(wattle_key_equal(&key, &again));
        }
}

/* A key that is there is never written over, nor is a link followed. */
static void never_over_an_old_one(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(GError) there = NULL;
        g_autoptr(GError) linked = NULL;
        g_autofree char *content = NULL;
        g_autofree char *list = NULL;
        WattleKey key;

        wattle_key_generate(&key);
        root_init(&root);
        root_put(&root, "home.key", "old", 0600);
        root_link(&root, "link.key", "target");
        check_error(wattle_secret_write(root.fd, "home.key", &key, NULL, &there), &there,
                    "home.key: File exists");
        check_error(wattle_secret_write(root.fd, "link.key", &key, NULL, &linked), &linked,
                    "link.key: File exists");
        content = root_get(&root, "home.key");
        g_assert_cmpstr(content, ==, "old");
        list = root_list(&root);
        g_assert_cmpstr(list, ==, "0600 home.key\n0777 link.key");
}

static void group_of_networkd(void)
{
        static const struct {
                guint mode;
                gint gid; /* added to ours */
                const char *error;
        } rows[] = {
                { 0640, 0, NULL },
                { 0440, 0, NULL },
                { 0600, 0,
                  "home.key: systemd-networkd cannot read this private key: chgrp systemd-network "
                  "and chmod 0640 it" },
                { 0640, 1,
                  "home.key: systemd-networkd cannot read this private key: chgrp systemd-network "
                  "and chmod 0640 it" },
        };

        if (geteuid() != 0) {
                g_test_skip("needs root: a file of another user may be networkd's own");
                return;
        }
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Root) root = { 0 };
                g_autoptr(GError) error = NULL;

                root_init(&root);
                root_put(&root, "home.key", KEY_A "\n", rows[i].mode);
                check_error(wattle_secret_check_group(root.fd, "home.key",
                                                      getegid() + (gid_t)rows[i].gid, &error),
                            &error, rows[i].error);
        }
}

/* networkd has to pass each folder above the key. */
static void folders_of_the_key(void)
{
        static const struct {
                guint mode;
                const char *error;
        } rows[] = {
                { 0755, NULL },
                { 0711, NULL },
                { 0710, NULL }, /* by its group */
                { 0700,
                  "keys: systemd-networkd cannot look into this folder of the private key: chmod "
                  "o+x it, or move the key" },
                { 0744,
                  "keys: systemd-networkd cannot look into this folder of the private key: chmod "
                  "o+x it, or move the key" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Root) root = { 0 };
                g_autoptr(GError) error = NULL;

                root_init(&root);
                root_put(&root, "keys/home", KEY_A "\n", 0640);
                g_assert_cmpint(fchmodat(root.fd, "keys", rows[i].mode, 0), ==, 0);
                check_error(wattle_secret_check_group(root.fd, "keys/home", getegid(), &error),
                            &error, rows[i].error);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/sys-secret/read", files, row);
        g_test_add_func("/sys-secret/not-files", not_files);
        g_test_add_func("/sys-secret/from-a-pipe", from_a_pipe);
        g_test_add_func("/sys-secret/written-and-read-again", written_and_read_again);
        g_test_add_func("/sys-secret/never-over-an-old-one", never_over_an_old_one);
        g_test_add_func("/sys-secret/group-of-networkd", group_of_networkd);
        g_test_add_func("/sys-secret/folders-of-the-key", folders_of_the_key);
        return g_test_run();
}
