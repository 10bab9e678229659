/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every verb of wattle needs: its row in the table, its options and --help, and the mesh that
 * an operand names. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "cli/apply/applier.h"
#include "common/sys/load.h"
#include "common/view.h"

#define WATTLE_EXIT_USAGE 2

typedef struct {
        const char *root; /* what --root= said, or "/" */
        int root_fd;      /* -1 until the options are read */
        int status;       /* of the program, if wattle_cli_parse() said FALSE */
} WattleCli;

typedef struct {
        const char *name;
        const char *operands; /* as in "FILE|MESH..." */
        guint n_min, n_max;   /* how many operands */
        const char *summary;  /* one line for the list of verbs */
        const char *description;
        const char *example;
        int (*run)(WattleCli *cli, char **argv); /* argv[0] is the verb; the exit status */
} WattleVerb;

extern const WattleVerb wattle_verb_add;
extern const WattleVerb wattle_verb_apply;
extern const WattleVerb wattle_verb_check;
extern const WattleVerb wattle_verb_down;
extern const WattleVerb wattle_verb_doctor;
extern const WattleVerb wattle_verb_edit;
extern const WattleVerb wattle_verb_export;
extern const WattleVerb wattle_verb_genkey;
extern const WattleVerb wattle_verb_import;
extern const WattleVerb wattle_verb_init;
extern const WattleVerb wattle_verb_invite;
extern const WattleVerb wattle_verb_join;
extern const WattleVerb wattle_verb_leave;
extern const WattleVerb wattle_verb_migrate;
extern const WattleVerb wattle_verb_probe;
extern const WattleVerb wattle_verb_pubkey;
extern const WattleVerb wattle_verb_remove;
extern const WattleVerb wattle_verb_render;
extern const WattleVerb wattle_verb_set;
extern const WattleVerb wattle_verb_show;
extern const WattleVerb wattle_verb_up;
extern const WattleVerb wattle_verb_update;
extern const WattleVerb wattle_verb_sign;
extern const WattleVerb wattle_verb_status;
extern const WattleVerb wattle_verb_verify;

/* Reads the options of a verb, wherever they stand, and opens the root. Text options are of type
 * G_OPTION_ARG_FILENAME: bytes as they were given. FALSE if there is nothing left to do: --help was
 * answered, or the usage is wrong and that was said. */
gboolean wattle_cli_parse(WattleCli *cli, const WattleVerb *verb, const GOptionEntry *options,
                          char **argv, char ***ret_operands) G_GNUC_WARN_UNUSED_RESULT;

/* Another verb, as if it had been called with that operand alone; its exit status. */
int wattle_cli_run(const WattleCli *cli, const WattleVerb *verb, const char *operand);

/* One line about wrong usage and the way to --help; returns WATTLE_EXIT_USAGE. */
int wattle_cli_usage(const WattleVerb *verb, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether an operand FILE|MESH names an installed mesh: it has no slash, does not end in .mesh, and
 * is installed or at least no file here; a folder, as /home is in /, is none. */
gboolean wattle_cli_is_mesh_name(const WattleCli *cli, const char *operand);

/* The profile of an installed mesh, as messages call it; NULL with an error in the report. */
char *wattle_cli_find(const WattleCli *cli, const char *mesh, WattleReport *report);

/* The installed mesh of that name, or all of them with NULL. NULL if there is none, which is said.
 */
char **wattle_cli_meshes(const WattleCli *cli, const char *mesh);

/* The mesh of an operand FILE|MESH: installed ones come with this host's settings. mesh must be
 * zeroed. */
gboolean wattle_cli_load(const WattleCli *cli, const char *operand, WattleMesh *mesh,
                         WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The same as another device than this host, if as is given: then this host's settings, which are
 * none of its business, are at their defaults. */
gboolean wattle_cli_load_as(const WattleCli *cli, const char *operand, const char *as,
                            WattleMesh *mesh, WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* wattle_host_view() for a verb that has --as, which it names to a host that is in no mesh of that
 * file. */
WattleView *wattle_cli_view(const WattleCli *cli, const char *operand, const WattleMesh *mesh,
                            const char *as, WattleOwner owner,
                            WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* A new file, never over what is there, a dangling or a masking link included; place is how
 * messages call it. FALSE with an error in the report. */
gboolean wattle_cli_write_new(int dir_fd, const char *path, const char *text, WattlePlace place,
                              WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* What a verb that changes this host works with: it has to be root. The caller flushes and unrefs
 * the bus. FALSE after an error on stderr, which has the verb's name. */
gboolean wattle_cli_open_applier(const WattleCli *cli, const WattleVerb *verb,
                                 WattleApplier *ret) G_GNUC_WARN_UNUSED_RESULT;

/* The group that systemd-networkd runs as on the host below the root; FALSE if there is none. */
gboolean wattle_cli_networkd_gid(const WattleCli *cli, gid_t *ret) G_GNUC_WARN_UNUSED_RESULT;
