/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the unit tests share: a test for each row of a table, faults as text, a profile from lines
 * that must be good, and a temporary folder that stands for "/". */
#pragma once

#include <sys/stat.h>

#include "common/fileset.h"
#include "common/local.h"
#include "common/profile.h"
#include "common/report.h"
#include "common/view.h"

/* One test for each row; the first member of a row is its name. */
#define add_rows(folder, rows, function)                                                           \
        fixture_add_rows(folder, rows, sizeof *(rows), G_N_ELEMENTS(rows), function)
void fixture_add_rows(const char *folder, gconstpointer rows, gsize size, gsize n,
                      GTestDataFunc function);

/* What a function with a GError promises: expected NULL means success and no error, else failure
 * with just that message. */
void check_error(gboolean ok, GError *const *error, const char *expected);

/* All faults in the order of their places, one a line; "" for none. */
void check_faults(WattleReport *report, const char *expected);

/* Reads and checks "home.mesh", which must be without fault. */
WattleProfile *good_profile(const char *text);

/* Lines of [Local], without the header; must be without fault. */
void good_local(WattleLocal *local, const char *lines);

/* The view of a device of a profile; both texts must be good, and nothing be reported. */
WattleView *good_view(const char *profile, const char *device, const char *lines);

/* What a renderer makes: the file of that kind, with the line that all begin with and then these;
 * with NULL there is none. */
void check_rendered(const WattleView *view, void (*render)(const WattleView *, WattleFileset *),
                    WattleFileKind kind, const char *lines);

/* Public keys for tests, of no private key. */
#define KEY_A "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_B "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_C "AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_D "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* A folder of its own for one test, removed with all that is in it. */
typedef struct {
        char *path;
        int fd;
} Root;

void root_init(Root *root);
void root_clear(Root *root);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Root, root_clear)

/* A file with its folders; path is relative. */
void root_put(const Root *root, const char *path, const char *content, guint mode);
void root_put_bytes(const Root *root, const char *path, gconstpointer bytes, gsize size,
                    guint mode);
void root_link(const Root *root, const char *path, const char *target);

/* All files, sorted: "MODE PATH" a line. */
char *root_list(const Root *root);
char *root_get(const Root *root, const char *path);
struct stat root_stat(const Root *root, const char *path);
