/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/install.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/fixture.h"

#define NETDEV  "run/systemd/network/60-wattle-home.netdev"
#define NETWORK "run/systemd/network/60-wattle-home.network"
#define SYSCTL  "run/sysctl.d/60-wattle-home.conf"
#define HOSTS   "run/wattle/home.hosts"

static void add(WattleFileset *files, WattleFileKind kind, guint mode, const char *comment)
{
        wattle_file_comment(wattle_fileset_add(files, kind, "home", mode), comment);
}

static void set_of_two(WattleFileset *files, const char *netdev, const char *network)
{
        wattle_fileset_init(files);
        add(files, WATTLE_FILE_NETDEV, 0640, netdev);
        add(files, WATTLE_FILE_NETWORK, 0644, network);
}

static char *joined(guint kinds)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (WattleFileKind kind = 0; kind < WATTLE_N_FILES; kind++) {
                g_autofree char *path = wattle_paths_file(kind, "home");

                if (kinds & WATTLE_FILE_BIT(kind))
                        g_string_append_printf(text, "%s%s", text->len == 0 ? "" : " ", path);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static void check_changes(const WattleChanges *changes, const char *changed, const char *removed)
{
        g_autofree char *changed_text = joined(changes->changed);
        g_autofree char *removed_text = joined(changes->removed);

        g_assert_cmpstr(changed_text, ==, changed);
        g_assert_cmpstr(removed_text, ==, removed);
}

static void check_list(const Root *root, const char *expected)
{
        g_autofree char *list = root_list(root);

        g_assert_cmpstr(list, ==, expected);
}

/* What is found out before is what is done. */
static void check_install(const Root *root, const WattleFileset *files, const char *changed,
                          const char *removed)
{
        WattleChanges changes;
        g_autoptr(GError) error = NULL;
        g_autofree char *before = root_list(root);

        wattle_install_compare(root->fd, "home", files, NULL, &changes);
        check_changes(&changes, changed, removed);
        check_list(root, before);
        check_error(wattle_install(root->fd, "home", files, NULL, &changes, &error), &error, NULL);
        check_changes(&changes, changed, removed);
}

static void check_content(const Root *root, const char *path, const char *expected)
{
        g_autofree char *content = root_get(root, path);

        g_assert_cmpstr(content, ==, expected);
}

/* Into an empty root, whatever the umask. */
static void new_files(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleFileset) files = { 0 };
        mode_t mask = umask(0077);

        root_init(&root);
        set_of_two(&files, "a", "b");
        check_install(&root, &files, NETDEV " " NETWORK, "");
        umask(mask);
        check_list(&root, "0640 " NETDEV "\n0644 " NETWORK);
        check_content(&root, NETDEV, "# a\n");
        check_content(&root, NETWORK, "# b\n");
}

/* networkd 257 compares inode and time: a file that need not change keeps both. */
static void equal_content_is_not_touched(void)
{
        static const struct timespec old[2] = { { 1000, 1 }, { 1000, 1 } };
        g_auto(Root) root = { 0 };
        g_auto(WattleFileset) first = { 0 };
        g_auto(WattleFileset) second = { 0 };
        struct stat before, after;

        root_init(&root);
        set_of_two(&first, "a", "b");
        check_install(&root, &first, NETDEV " " NETWORK, "");
        g_assert_cmpint(utimensat(root.fd, NETDEV, old, 0), ==, 0);
        before = root_stat(&root, NETDEV);
        set_of_two(&second, "a", "b2");
        check_install(&root, &second, NETWORK, "");
        after = root_stat(&root, NETDEV);
        g_assert_cmpuint(before.st_ino, ==, after.st_ino);
        g_assert_cmpint(after.st_mtim.tv_sec, ==, 1000);
        g_assert_cmpint(before.st_ctim.tv_nsec, ==, after.st_ctim.tv_nsec);
        check_content(&root, NETWORK, "# b2\n");
        check_install(&root, &second, "", "");
}

/* The same bytes count for nothing if the mode or the kind of file is not right. */
static void mode_and_kind_are_put_right(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleFileset) files = { 0 };

        root_init(&root);
        set_of_two(&files, "a", "b");
        root_put(&root, NETDEV, "# a\n", 0644);
        root_put(&root, "target", "# b\n", 0644);
        root_link(&root, NETWORK, "../../../target");
        check_install(&root, &files, NETDEV " " NETWORK, "");
        check_list(&root, "0640 " NETDEV "\n0644 " NETWORK "\n0644 target");
        g_assert_true(S_ISREG(root_stat(&root, NETWORK).st_mode));
}

static void stale_files_are_removed(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleFileset) files = { 0 };

        root_init(&root);
        wattle_fileset_init(&files);
        root_put(&root, NETDEV, "x", 0640);
        root_put(&root, NETWORK, "x", 0644);
        root_put(&root, SYSCTL, "x", 0644);
        root_put(&root, HOSTS, "x", 0644);
        add(&files, WATTLE_FILE_NETWORK, 0644, "b");
        check_install(&root, &files, NETWORK, NETDEV " " SYSCTL " " HOSTS);
        check_list(&root, "0644 " NETWORK);
}

static void others_files_are_not_touched(void)
{
        static const char *const others[] = {
                "run/systemd/network/60-wattle-home2.netdev",
                "run/systemd/network/60-wattle-office.netdev",
                "run/systemd/network/60-wattle-home.netdev.d/a.conf",
                "run/systemd/network/home.netdev",
                "run/sysctl.d/60-wattle-office.conf",
                "run/wattle/office.hosts",
                "run/wattle/home.mesh",
                "etc/systemd/network/60-wattle-home.netdev",
        };
        g_auto(Root) root = { 0 };
        g_auto(WattleFileset) empty = { 0 };

        root_init(&root);
        wattle_fileset_init(&empty);
        for (guint i = 0; i < G_N_ELEMENTS(others); i++)
                root_put(&root, others[i], "theirs", 0600);
        root_put(&root, NETDEV, "ours", 0640);
        check_install(&root, &empty, "", NETDEV);
        for (guint i = 0; i < G_N_ELEMENTS(others); i++)
                check_content(&root, others[i], "theirs");
}

/* The second file cannot be written, for a file stands where its folder should be: the first keeps
 * what it had, nothing new is there, and nothing stale is gone. */
static void failure_half_way_leaves_all_as_it_was(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleFileset) files = { 0 };
        WattleChanges changes = { 0 };
        g_autoptr(GError) error = NULL;

        root_init(&root);
        set_of_two(&files, "new", "new");
        add(&files, WATTLE_FILE_SYSCTL, 0644, "new");
        root_put(&root, NETDEV, "old", 0640);
        root_put(&root, HOSTS, "stale", 0644);
        root_put(&root, "run/sysctl.d", "in the way", 0644);
        check_error(wattle_install(root.fd, "home", &files, NULL, &changes, &error), &error,
                    "run/sysctl.d: Not a directory");
        check_list(&root, "0644 run/sysctl.d\n0640 " NETDEV "\n0644 " HOSTS);
        check_content(&root, NETDEV, "old");
        g_assert_cmpuint(changes.changed | changes.removed, ==, 0);
}

/* What a run that was killed left behind is in nobody's way. */
static void old_temporaries_are_replaced(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleFileset) files = { 0 };

        root_init(&root);
        set_of_two(&files, "a", "b");
        root_put(&root, NETDEV ".wattle-new", "half", 0600);
        root_put(&root, "target", "precious", 0644);
        root_link(&root, NETWORK ".wattle-new", "../../../target");
        check_install(&root, &files, NETDEV " " NETWORK, "");
        check_list(&root, "0640 " NETDEV "\n0644 " NETWORK "\n0644 target");
        check_content(&root, "target", "precious");
}

/* networkd's alone is for its group, whoever runs us; who is not root may give a file to no other
 * group, and that is an error. */
static void group_of_what_not_all_may_read(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleFileset) files = { 0 };
        g_autoptr(GError) error = NULL;
        gid_t group = 4321;
        WattleChanges changes;
        gboolean ok;

        root_init(&root);
        set_of_two(&files, "a", "b");
        check_install(&root, &files, NETDEV " " NETWORK, "");
        wattle_install_compare(root.fd, "home", &files, &group, &changes);
        check_changes(&changes, NETDEV, "");
        ok = wattle_install(root.fd, "home", &files, &group, &changes, &error);
        if (geteuid() != 0) {
                check_error(ok, &error, NETDEV ".wattle-new: Operation not permitted");
                check_list(&root, "0640 " NETDEV "\n0644 " NETWORK);
                return;
        }
        check_error(ok, &error, NULL);
        g_assert_cmpuint(root_stat(&root, NETDEV).st_gid, ==, group);
        g_assert_cmpuint(root_stat(&root, NETWORK).st_gid, ==, getegid());
        wattle_install_compare(root.fd, "home", &files, &group, &changes);
        check_changes(&changes, "", "");
}

static void meshes_by_their_files(void)
{
        g_auto(Root) root = { 0 };
        g_auto(GStrv) none = NULL, meshes = NULL;
        g_autofree char *text = NULL;

        root_init(&root);
        none = wattle_install_list_meshes(root.fd, WATTLE_FILE_NETWORK);
        g_assert_null(none[0]);
        root_put(&root, NETWORK, "x", 0644);
        root_put(&root, "run/systemd/network/60-wattle-b.c.network", "x", 0644);
        root_put(&root, "run/systemd/network/60-wattle-x.netdev", "x", 0644);
        root_put(&root, "run/systemd/network/theirs.network", "x", 0644);
        meshes = wattle_install_list_meshes(root.fd, WATTLE_FILE_NETWORK);
        text = g_strjoinv(" ", meshes);
        g_assert_cmpstr(text, ==, "b.c home");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/sys-install/new-files", new_files);
        g_test_add_func("/sys-install/equal-content-is-not-touched", equal_content_is_not_touched);
        g_test_add_func("/sys-install/mode-and-kind-are-put-right", mode_and_kind_are_put_right);
        g_test_add_func("/sys-install/group-of-what-not-all-may-read",
                        group_of_what_not_all_may_read);
        g_test_add_func("/sys-install/stale-files-are-removed", stale_files_are_removed);
        g_test_add_func("/sys-install/others-files-are-not-touched", others_files_are_not_touched);
        g_test_add_func("/sys-install/failure-half-way-leaves-all-as-it-was",
                        failure_half_way_leaves_all_as_it_was);
        g_test_add_func("/sys-install/old-temporaries-are-replaced", old_temporaries_are_replaced);
        g_test_add_func("/sys-install/meshes-by-their-files", meshes_by_their_files);
        return g_test_run();
}
