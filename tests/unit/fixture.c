/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "/endpoint/07 1.2.3.4:1": numbered, for two rows may have one text; without what a test's path or
 * a line of TAP cannot hold. */
static char *path_of_row(const char *folder, gsize number, const char *name)
{
        g_autofree char *word = g_strndup(name, 60);

        for (char *p = word; *p; p++)
                if (*p == '/' || *p == '#' || *p == '\\' || !g_ascii_isprint(*p))
                        *p = '_';
        return g_strdup_printf("%s/%02" G_GSIZE_FORMAT " %s", folder, number + 1, word);
}

void fixture_add_rows(const char *folder, gconstpointer rows, gsize size, gsize n,
                      GTestDataFunc function)
{
        for (gsize i = 0; i < n; i++) {
                const char *row = (const char *)rows + i * size;
                g_autofree char *path = path_of_row(folder, i, *(char *const *)row);

                g_test_add_data_func(path, row, function);
        }
}

void check_error(gboolean ok, GError *const *error, const char *expected)
{
        g_assert_cmpstr(*error ? (*error)->message : NULL, ==, expected);
        g_assert_cmpint(ok, ==, !expected);
}

void check_faults(WattleReport *report, const char *expected)
{
        g_autoptr(GString) text = g_string_new(NULL);

        wattle_report_sort(report);
        for (guint i = 0; i < report->faults->len; i++) {
                g_autofree char *line =
                        wattle_fault_format(&g_array_index(report->faults, WattleFault, i));

                g_string_append_printf(text, "%s%s", i == 0 ? "" : "\n", line);
        }
        g_assert_cmpstr(text->str, ==, expected);
}

WattleProfile *good_profile(const char *text)
{
        g_auto(WattleReport) report = { 0 };
        WattleProfile *profile;

        wattle_report_init(&report);
        profile = wattle_profile_load(text, strlen(text), "home.mesh", &report);
        check_faults(&report, "");
        g_assert_nonnull(profile);
        return profile;
}

void good_local(WattleLocal *local, const char *lines)
{
        g_autofree char *text = g_strconcat("[Local]\n", lines, NULL);
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        wattle_local_init(local);
        wattle_local_read(local, text, strlen(text), "local.conf", &report);
        check_faults(&report, "");
}

WattleView *good_view(const char *profile_text, const char *device, const char *lines)
{
        g_autoptr(WattleProfile) profile = good_profile(profile_text);
        g_auto(WattleLocal) local = { 0 };
        g_auto(WattleReport) report = { 0 };
        WattleHost host = { .local = &local, .owner = WATTLE_OWNER_NETWORKD };
        const WattleDevice *self = wattle_profile_find_device(profile, device);
        WattleView *view;

        good_local(&local, lines);
        wattle_report_init(&report);
        g_assert_nonnull(self);
        view = wattle_resolve(profile, self, &host, &report);
        check_faults(&report, "");
        g_assert_nonnull(view);
        return view;
}

void check_rendered(const WattleView *view, void (*render)(const WattleView *, WattleFileset *),
                    WattleFileKind kind, const char *lines)
{
        g_auto(WattleFileset) files = { 0 };
        const WattleFile *file;
        g_autofree char *text = NULL;

        wattle_fileset_init(&files);
        render(view, &files);
        file = wattle_fileset_find(&files, kind);
        g_assert_cmpint(file != NULL, ==, lines != NULL);
        if (!file)
                return;
        text = g_strdup_printf("# Made by wattle from %s.mesh for device %s. Change the mesh, not "
                               "this file.\n%s",
                               view->mesh, view->self.name, lines);
        g_assert_cmpstr(file->content->str, ==, text);
        g_assert_cmpuint(file->mode, ==, 0644);
}

void root_init(Root *root)
{
        g_autoptr(GError) error = NULL;

        root->path = g_dir_make_tmp("wattle-test-XXXXXX", &error);
        g_assert_no_error(error);
        root->fd = open(root->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        g_assert_cmpint(root->fd, >=, 0);
}

static int remove_one(const char *path, G_GNUC_UNUSED const struct stat *st, G_GNUC_UNUSED int type,
                      G_GNUC_UNUSED struct FTW *ftw)
{
        return remove(path);
}

void root_clear(Root *root)
{
        close(root->fd);
        nftw(root->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        g_clear_pointer(&root->path, g_free);
}

static char *path_below(const Root *root, const char *path)
{
        g_autofree char *full = g_build_filename(root->path, path, NULL);
        g_autofree char *folder = g_path_get_dirname(full);

        g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
        return g_steal_pointer(&full);
}

void root_put_bytes(const Root *root, const char *path, gconstpointer bytes, gsize size, guint mode)
{
        g_autofree char *full = path_below(root, path);
        g_autoptr(GError) error = NULL;

        g_file_set_contents(full, bytes, (gssize)size, &error);
        g_assert_no_error(error);
        g_assert_cmpint(chmod(full, mode), ==, 0);
}

void root_put(const Root *root, const char *path, const char *content, guint mode)
{
        root_put_bytes(root, path, content, strlen(content), mode);
}

void root_link(const Root *root, const char *path, const char *target)
{
        g_autofree char *full = path_below(root, path);

        g_assert_cmpint(symlink(target, full), ==, 0);
}

char *root_get(const Root *root, const char *path)
{
        g_autofree char *full = g_build_filename(root->path, path, NULL);
        g_autoptr(GError) error = NULL;
        char *content = NULL;

        g_file_get_contents(full, &content, NULL, &error);
        g_assert_no_error(error);
        return content;
}

struct stat root_stat(const Root *root, const char *path)
{
        struct stat st;

        g_assert_cmpint(fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW), ==, 0);
        return st;
}

static GPtrArray *listing;
static gsize listing_skip;

static int list_one(const char *path, const struct stat *st, int type,
                    G_GNUC_UNUSED struct FTW *ftw)
{
        if (type != FTW_D)
                g_ptr_array_add(listing, g_strdup_printf("%04o %s", st->st_mode & 07777u,
                                                         path + listing_skip));
        return 0;
}

static gint compare_paths(gconstpointer a, gconstpointer b)
{
        return strcmp(strchr(*(const char *const *)a, ' '), strchr(*(const char *const *)b, ' '));
}

char *root_list(const Root *root)
{
        char *text;

        listing = g_ptr_array_new_with_free_func(g_free);
        listing_skip = strlen(root->path) + 1;
        g_assert_cmpint(nftw(root->path, list_one, 16, FTW_PHYS), ==, 0);
        g_ptr_array_sort(listing, compare_paths);
        g_ptr_array_add(listing, NULL);
        text = g_strjoinv("\n", (char **)listing->pdata);
        g_ptr_array_unref(listing);
        return text;
}
