/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A profile that is being changed in place: locked, opened and checked, changed as text, checked
 * again, shown, and only then written. */
#pragma once

#include <stdio.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "common/profile-edit.h"
#include "common/signing-secret.h"
#include "common/sys/trust.h"

typedef struct {
        char *name; /* as messages call it */
        char *path; /* as it was given; below root_fd if it is an installed one */
        gboolean is_installed;
        int root_fd; /* borrowed */
        gboolean has_folder;
        int folder_fd; /* where the file is, links followed, if has_folder */
        char *base;    /* its name there */
        gboolean is_locked;
        int lock_fd; /* of the file, if is_locked */
        struct stat st;
        char *text;
        WattleProfile *profile;      /* the text as it was, read; NULL after open_text() */
        WattleTrust trust;           /* without a path: the mesh is not signed */
        WattleSigningSecret *secret; /* with which the new text is signed, or NULL */
} WattleEditor;

void wattle_editor_clear(WattleEditor *editor);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleEditor, wattle_editor_clear)

/* editor must be zeroed. Waits for other editors of the file, for ten seconds, and keeps them
 * out until it is cleared. FALSE with errors in the report: not there, no regular file, locked by
 * somebody, not a good profile. */
gboolean wattle_editor_open(WattleEditor *editor, const WattleCli *cli, const char *operand,
                            WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The same of a text that may have faults, which is what an editor is for; it has no NUL in it. */
gboolean wattle_editor_open_text(WattleEditor *editor, const WattleCli *cli, const char *operand,
                                 WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Whom this host trusts for the mesh, into editor->trust; a mesh that must be signed has to be so
 * as it stands, for the next text says which one it was made from. FALSE with errors in the report.
 */
gboolean wattle_editor_check_signature(WattleEditor *editor, const WattleCli *cli,
                                       const char *operand,
                                       WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* If the mesh must be signed, opens the key for it, and asks for its password; given: as in
 * wattle_signing_path(). FALSE after an error on stderr or in the report. */
gboolean wattle_editor_open_key(WattleEditor *editor, const char *given,
                                WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The changed profile as a diff on stream and, unless dry_run, into the file, which keeps
 * its mode and owner, and signed if there is a key; done is then said on stderr. A text that is not
 * a good profile is not written: its faults are printed, at the lines that it would have. */
gboolean wattle_editor_apply(const WattleEditor *editor, const GArray *edits, gboolean dry_run,
                             FILE *stream, const char *done) G_GNUC_WARN_UNUSED_RESULT;

/* The second half of it: text, which profile was read from, into the file. */
gboolean wattle_editor_write(const WattleEditor *editor, const WattleProfile *profile,
                             const char *text, const char *done) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the file still has the text that was read. A lock keeps out who takes one. FALSE with an
 * error in the report. */
gboolean wattle_editor_is_current(const WattleEditor *editor,
                                  WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The serial that applying leaves behind; after wattle_editor_open(). */
guint64 wattle_editor_next_serial(const WattleEditor *editor);
