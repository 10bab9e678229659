/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of one section of a profile's text, set, added to, taken from and taken out, by the names
 * that wattle.mesh(5) has for them. Text in, text out, as profile-edit.h: what the admin wrote
 * stays as it is, but for the lines of these keys. Whether the values are good is for who reads the
 * result. */
#pragma once

#include <glib.h>

typedef enum {
        WATTLE_ASSIGN_SET,  /* KEY=VALUE: in place of all that it had; KEY= takes the key out */
        WATTLE_ASSIGN_ADD,  /* KEY+=VALUE: one more line */
        WATTLE_ASSIGN_TAKE, /* KEY-=VALUE: these words of its lists */
} WattleAssignKind;

typedef struct {
        WattleAssignKind kind;
        char *key;
        char *value; /* "" for none */
} WattleAssignment;

void wattle_assignment_clear(WattleAssignment *assignment);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleAssignment, wattle_assignment_clear)

/* assignment must be zeroed. */
gboolean wattle_assignment_parse(const char *text, WattleAssignment *assignment,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text with the assignment made in [SECTION NAME], or in [SECTION] with NULL. NULL with
 * NOT_FOUND if there is no such section, and with INVALID if a word that is to be taken is not
 * there: the error has those that are. */
char *wattle_profile_set(const char *text, const char *section, const char *name,
                         const WattleAssignment *assignment, GError **error);
