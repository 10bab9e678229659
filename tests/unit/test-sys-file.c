/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/error.h"
#include "tests/unit/fixture.h"

#define MAX_BYTES ((gsize)2 * 1024 * 1024)

static const char other[] = "[Mesh]\nSubnet=10.43.0.0/16\n";

static void not_files(void)
{
        static const struct {
                const char *path, *error;
                gsize max;
                gint code;
        } rows[] = {
                { "missing", "No such file or directory", MAX_BYTES, WATTLE_ERROR_NOT_FOUND },
                { "folder", "is a folder, not a file", MAX_BYTES, WATTLE_ERROR_UNSAFE },
                { "fifo", "is not a regular file", MAX_BYTES, WATTLE_ERROR_UNSAFE },
                { "null", "No such file or directory", MAX_BYTES, WATTLE_ERROR_NOT_FOUND },
                { "loop", "Too many levels of symbolic links", MAX_BYTES, WATTLE_ERROR_FAILED },
                { "folder/file/below", "Not a directory", MAX_BYTES, WATTLE_ERROR_FAILED },
                { "large", "is larger than 2 MiB", MAX_BYTES, WATTLE_ERROR_UNSAFE },
                { "large", "is larger than 100 bytes", 100, WATTLE_ERROR_UNSAFE },
        };
        g_auto(Root) root = { 0 };
        g_autofree char *large = g_malloc0(MAX_BYTES + 1);

        root_init(&root);
        root_put(&root, "folder/file", "", 0644);
        root_link(&root, "null", "/dev/null");
        root_link(&root, "loop", "loop");
        root_put_bytes(&root, "large", large, MAX_BYTES + 1, 0644);
        g_assert_cmpint(mkfifoat(root.fd, "fifo", 0600), ==, 0);
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(GBytes) bytes =
                        wattle_read_file(root.fd, rows[i].path, rows[i].max, &error);

                g_assert_null(bytes);
                g_assert_cmpstr(error->message, ==, rows[i].error);
                g_assert_error(error, WATTLE_ERROR, rows[i].code);
        }
}

static void read_file(void)
{
        static const gsize sizes[] = { 0, 1, MAX_BYTES };
        g_auto(Root) root = { 0 };
        g_autofree char *large = g_malloc0(MAX_BYTES);

        root_init(&root);
        memset(large, 'x', MAX_BYTES);
        for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
                g_autoptr(GBytes) bytes = NULL;

                root_put_bytes(&root, "file", large, sizes[i], 0644);
                bytes = wattle_read_file(root.fd, "file", MAX_BYTES, NULL);
                g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), large,
                                sizes[i]);
        }
}

/* Called before each read(2) of the program: what somebody else does to the file meanwhile. */
static void (*meanwhile)(void);
static const Root *meanwhile_root;
static guint n_meanwhile;

ssize_t read(int fd, void *buffer, size_t size)
{
        if (meanwhile && n_meanwhile > 0) {
                n_meanwhile--;
                meanwhile();
        }
        return syscall(SYS_read, fd, buffer, size);
}

static void write_in_place(const char *content, int flags)
{
        int fd = openat(meanwhile_root->fd, "file", O_WRONLY | O_TRUNC | flags);

        g_assert_cmpint(write(fd, content, strlen(content)), ==, (gssize)strlen(content));
        close(fd);
}

static void shorten(void)
{
        write_in_place("[Mesh]\n", 0);
}

/* As long as the old one, within the same tick of the clock that files have. */
static void write_as_long(void)
{
        struct timespec times[2] = { { 0, UTIME_NOW }, { 1000 + n_meanwhile, 0 } };

        write_in_place(other, 0);
        utimensat(meanwhile_root->fd, "file", times, 0);
}

static void replace(void)
{
        root_put(meanwhile_root, "new", other, 0644);
        renameat(meanwhile_root->fd, "new", meanwhile_root->fd, "file");
}

/* Once: the new file is read. Always: none is. */
static void changes_while_read(void)
{
        static const struct {
                void (*change)(void);
                guint times;
                const char *expected; /* NULL: refused */
        } rows[] = {
                { shorten, 1, "[Mesh]\n" },  { write_as_long, 1, other }, { replace, 1, other },
                { write_as_long, 99, NULL }, { replace, 99, NULL },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Root) root = { 0 };
                g_autoptr(GBytes) bytes = NULL;
                g_autoptr(GError) error = NULL;

                root_init(&root);
                root_put(&root, "file", "[Mesh]\nSubnet=10.42.0.0/16\n", 0644);
                meanwhile_root = &root;
                n_meanwhile = rows[i].times;
                meanwhile = rows[i].change;
                bytes = wattle_read_file(root.fd, "file", MAX_BYTES, &error);
                meanwhile = NULL;
                if (rows[i].expected)
                        g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes),
                                        rows[i].expected, strlen(rows[i].expected));
                else
                        check_error(
                                bytes != NULL, &error,
                                "is being written while it is read: try again when that is done");
        }
}

static void write_file(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(GError) error = NULL, no_folder = NULL;
        g_autofree char *list = NULL;
        mode_t before = umask(0077);

        root_init(&root);
        root_put(&root, "home.mesh", "old", 0600);
        check_error(wattle_write_file(root.fd, "home.mesh", 0644, "new\0x", 5, &error), &error,
                    NULL);
        umask(before);
        g_assert_cmpint(root_stat(&root, "home.mesh").st_size, ==, 5);
        check_error(wattle_write_file(root.fd, "no/home.mesh", 0644, "", 0, &no_folder), &no_folder,
                    "no/home.mesh" WATTLE_NEW_SUFFIX ": No such file or directory");
        list = root_list(&root);
        g_assert_cmpstr(list, ==, "0644 home.mesh");
}

/* Neither the file nor what stands in the place of the temporary one leads elsewhere. */
static void links_are_not_followed(void)
{
        g_auto(Root) root = { 0 };
        g_autofree char *list = NULL;

        root_init(&root);
        root_put(&root, "target", "precious", 0600);
        root_link(&root, "a", "target");
        root_link(&root, "a" WATTLE_NEW_SUFFIX, "target");
        g_assert_true(wattle_write_file(root.fd, "a", 0644, "a", 1, NULL));
        root_link(&root, "b", "target");
        g_assert_true(wattle_write_new_file(root.fd, "b", 0640, NULL, "b", 1, NULL));
        g_assert_cmpint(root_stat(&root, "target").st_size, ==, 8);
        list = root_list(&root);
        g_assert_cmpstr(list, ==, "0644 a\n0640 b\n0600 target");
}

/* What cannot be renamed leaves nothing behind. */
static void a_folder_in_the_way(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *list = NULL;

        root_init(&root);
        root_put(&root, "a/file", "", 0644);
        check_error(wattle_write_file(root.fd, "a", 0644, "a", 1, &error), &error,
                    "a: Is a directory");
        list = root_list(&root);
        g_assert_cmpstr(list, ==, "0644 a/file");
}

static void make_folders(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(GError) error = NULL, in_the_way = NULL;
        mode_t before = umask(0077);

        root_init(&root);
        g_assert_cmpint(mkdirat(root.fd, "a", 0700), ==, 0);
        check_error(wattle_make_folders(root.fd, "a/b/c/file", &error), &error, NULL);
        umask(before);
        g_assert_cmpint(root_stat(&root, "a").st_mode & 07777, ==, 0700);
        g_assert_cmpint(root_stat(&root, "a/b").st_mode & 07777, ==, 0755);
        g_assert_cmpint(root_stat(&root, "a/b/c").st_mode & 07777, ==, 0755);
        g_assert_false(wattle_path_exists(root.fd, "a/b/c/file"));
        check_error(wattle_make_folders(root.fd, "file", &error), &error, NULL);
        root_put(&root, "file", "", 0644);
        check_error(wattle_make_folders(root.fd, "file/b/c", &in_the_way), &in_the_way,
                    "file: Not a directory");
}

static const struct list_row {
        const char *folder, *prefix, *suffix, *names;
        const char *error; /* NULL: names are found */
} list_rows[] = {
        { "folder", "", "", "a.conf b.conf c.conf~ sub.conf", NULL },
        { "folder", "", ".conf", "a.conf b.conf sub.conf", NULL },
        { "folder", "b", ".conf", "b.conf", NULL },
        { "folder", "x", "", "", NULL },
        { "missing", "", "", "", NULL },
        { "folder/a.conf", "", "", "", NULL },
        { "link", "b", "", "b.conf", NULL },
        { "loop", "", "", NULL, "Too many levels of symbolic links" },
};

static void list_folder(gconstpointer data)
{
        const struct list_row *row = data;
        g_auto(Root) root = { 0 };
        g_auto(GStrv) names = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        root_init(&root);
        root_put(&root, "folder/b.conf", "", 0644);
        root_put(&root, "folder/a.conf", "", 0644);
        root_put(&root, "folder/c.conf~", "", 0644);
        root_put(&root, "folder/.hidden.conf", "", 0644);
        root_put(&root, "folder/sub.conf/x.conf", "", 0644);
        root_link(&root, "link", "folder");
        root_link(&root, "loop", "loop");
        names = wattle_list_folder(root.fd, row->folder, row->prefix, row->suffix, &error);
        check_error(names != NULL, &error, row->error);
        text = names ? g_strjoinv(" ", names) : NULL;
        g_assert_cmpstr(text, ==, row->names);
}

static void looks(void)
{
        static const struct {
                const char *path;
                gboolean exists, is_masked;
        } rows[] = {
                { "file", TRUE, FALSE },     { "folder", TRUE, FALSE }, { "masked", TRUE, TRUE },
                { "nowhere", TRUE, FALSE },  { "longer", TRUE, FALSE }, { "missing", FALSE, FALSE },
                { "file/no", FALSE, FALSE },
        };
        g_auto(Root) root = { 0 };

        root_init(&root);
        root_put(&root, "file", "", 0644);
        root_put(&root, "folder/file", "", 0644);
        root_link(&root, "masked", "/dev/null");
        root_link(&root, "nowhere", "no-such-file");
        root_link(&root, "longer", "/dev/null2");
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_test_message("%s", rows[i].path);
                g_assert_cmpint(wattle_path_exists(root.fd, rows[i].path), ==, rows[i].exists);
                g_assert_cmpint(wattle_path_is_masked(root.fd, rows[i].path), ==,
                                rows[i].is_masked);
        }
}

static void fd_closes(void)
{
        int fd;

        {
                g_auto(WattleFd) own = open("/dev/null", O_RDONLY | O_CLOEXEC);

                fd = own;
                g_assert_cmpint(fcntl(fd, F_GETFD), >=, 0);
        }
        g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1);
        g_assert_cmpint(errno, ==, EBADF);
}

/* What a full or closed output says is in errno. */
static void write_all(void)
{
        g_auto(WattleFd) full = open("/dev/full", O_WRONLY | O_CLOEXEC);

        g_assert_false(wattle_write_all(full, "x", 1));
        g_assert_cmpint(errno, ==, ENOSPC);
        g_assert_true(wattle_write_all(-1, "", 0));
}

/* Two folders side by side; no link leads from the one that stands for "/" into the other. */
static const struct {
        const char *name, *target, *path, *found; /* NULL: nothing is found */
} below_rows[] = {
        { "absolute", "/real/file", "etc/a", "inside" },
        { "relative", "../real/file", "etc/a", "inside" },
        { "as-a-folder", "/real", "etc/a/file", "inside" },
        { "too-many-dots", "../../../../real/file", "etc/a", "inside" },
        { "dots-in-the-path", "/real", "../../real/file", "inside" },
        { "slash-in-front", "/real", "/real/file", "inside" },
        { "out-by-dots", "../../outside/file", "etc/a", NULL },
        { "out-by-a-folder", "../../outside", "etc/a/file", NULL },
        { "out-by-a-root", "/etc/passwd", "etc/a", NULL },
        { "out-by-proc", "/proc/self/cwd", "etc/a/file", NULL },
};

static void below(gconstpointer data)
{
        const typeof(*below_rows) *row = data;
        g_auto(Root) root = { 0 };
        g_auto(WattleFd) fd = -1;
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) error = NULL;
        struct stat st;

        root_init(&root);
        root_put(&root, "outside/file", "outside", 0644);
        root_put(&root, "root/real/file", "inside", 0644);
        root_put(&root, "root/etc/other", "", 0644);
        g_assert_cmpint(symlinkat(row->target, root.fd, "root/etc/a"), ==, 0);
        fd = openat(root.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
        bytes = wattle_read_file(fd, row->path, MAX_BYTES, &error);
        g_assert_cmpint(bytes != NULL, ==, row->found != NULL);
        g_assert_cmpint(wattle_below_stat(fd, row->path, &st) == 0, ==, row->found != NULL);
        if (row->found)
                g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), row->found,
                                strlen(row->found));
        else
                g_assert_error(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND);
}

/* As systemd's RestrictSUIDSGID= does it, for this process and what comes of it. */
static void forbid_openat2(void)
{
        struct sock_filter filter[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = { G_N_ELEMENTS(filter), filter };

        g_assert_cmpint(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
        g_assert_cmpint(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), ==, 0);
}

/* In a sandbox without openat2() the host's own root is read and written as ever, and so is a file
 * right in a folder; below any other root nothing is. */
static void without_openat2(void)
{
        if (g_test_subprocess()) {
                g_auto(Root) root = { 0 };
                g_auto(WattleFd) own = -1;
                g_autofree char *path = NULL;
                g_autoptr(GError) error = NULL;
                struct stat st;

                root_init(&root);
                root_put(&root, "etc/file", "inside", 0644);
                root_link(&root, "link", "etc/file");
                path = g_build_filename(root.path, "etc/file", NULL);
                forbid_openat2();
                own = wattle_root_open("/", &error);
                g_assert_cmpint(own, >=, 0);
                g_assert_true(wattle_path_exists(own, path + 1));
                g_assert_true(wattle_write_file(own, path + 1, 0600, "new", 3, &error));
                g_assert_true(wattle_write_file(root.fd, "state", 0600, "x", 1, &error));
                g_assert_cmpint(wattle_below_stat(root.fd, "state", &st), ==, 0);
                g_assert_cmpint(wattle_below_open(root.fd, "link", O_RDONLY, 0), ==, -1);
                g_assert_cmpint(errno, ==, ELOOP);
                g_assert_cmpint(wattle_below_stat(root.fd, "etc/file", &st), ==, -1);
                g_assert_cmpint(errno, ==, ENOSYS);
                g_assert_cmpint(wattle_root_open(root.path, &error), ==, -1);
                g_assert_nonnull(strstr(error->message, "no sandbox that forbids it"));
                return;
        }
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
        g_test_trap_assert_passed();
}

/* What is written, made, renamed or removed below a link stays in the folder too. */
static void writes_stay_below(void)
{
        static const char *const links[] = { "../outside", "../../../outside", "/outside" };

        for (guint i = 0; i < G_N_ELEMENTS(links); i++) {
                g_auto(Root) root = { 0 };
                g_auto(WattleFd) fd = -1;
                g_autoptr(GError) error = NULL;
                g_autofree char *list = NULL;

                root_init(&root);
                root_put(&root, "outside/file", "outside", 0644);
                root_put(&root, "root/file", "", 0644);
                g_assert_cmpint(symlinkat(links[i], root.fd, "root/run"), ==, 0);
                fd = openat(root.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
                g_assert_false(wattle_make_folders(fd, "run/below/file", &error));
                g_assert_cmpstr(error->message, ==,
                                "run: this link leads to no folder below the root: remove it, or "
                                "make the folder there");
                g_assert_false(wattle_write_file(fd, "run/file", 0644, "x", 1, NULL));
                g_assert_cmpint(wattle_below_unlink(fd, "run/file"), ==, -1);
                g_assert_cmpint(wattle_below_rename(fd, "file", "run/file"), ==, -1);
                g_assert_cmpint(wattle_below_link(fd, "file", "run/other"), ==, -1);
                g_assert_cmpint(wattle_below_mkdir(fd, "run/folder"), ==, -1);
                list = root_get(&root, "outside/file");
                g_assert_cmpstr(list, ==, "outside");
                g_assert_cmpint(faccessat(root.fd, "outside/other", F_OK, 0), ==, -1);
                g_assert_cmpint(faccessat(root.fd, "outside/folder", F_OK, 0), ==, -1);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/sys-file/not-files", not_files);
        g_test_add_func("/sys-file/read-file", read_file);
        g_test_add_func("/sys-file/changes-while-read", changes_while_read);
        g_test_add_func("/sys-file/write-file", write_file);
        g_test_add_func("/sys-file/links-are-not-followed", links_are_not_followed);
        g_test_add_func("/sys-file/a-folder-in-the-way", a_folder_in_the_way);
        g_test_add_func("/sys-file/make-folders", make_folders);
        add_rows("/sys-file/list-folder", list_rows, list_folder);
        g_test_add_func("/sys-file/looks", looks);
        g_test_add_func("/sys-file/fd-closes", fd_closes);
        g_test_add_func("/sys-file/write-all", write_all);
        add_rows("/sys-file/below", below_rows, below);
        g_test_add_func("/sys-file/writes-stay-below", writes_stay_below);
        g_test_add_func("/sys-file/without-openat2", without_openat2);
        return g_test_run();
}
