/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Edits of a profile's text, as the CLI makes them: what the admin wrote, comments, order and blank
 * lines, stays as it is, and only the lines of the change differ. Text in, text out; the text must
 * be that of a good profile, and whoever writes the new one reads and checks it before. */
#pragma once

#include "common/line-diff.h"
#include "common/profile.h"

/* Each gives an array of WattleEdit, in the order of the text and apart from one another. Both
 * raise Serial by one, or begin with Serial=1 below [Mesh]; and Previous= says which text they were
 * made from, if it is there already or with_previous, as a mesh that is signed has it. */

/* The device as the last section, behind a blank line. */
GArray *wattle_profile_edit_add(const char *text, const WattleDevice *device,
                                gboolean with_previous);

/* Takes the device's section out, up to its last line, with the comments in it and those that stand
 * right above its header, but not the comment at the head of the file. No edits if there is no
 * device of this name; an alias is none. */
GArray *wattle_profile_edit_remove(const char *text, const char *name, gboolean with_previous);

/* From the text to another one that somebody made of it by hand; a Serial= that he raised himself
 * stays. A change of [Mesh] and one of the devices are two edits at least. */
GArray *wattle_profile_edit_rewrite(const char *text, const char *changed, gboolean with_previous);

/* The new text. */
char *wattle_profile_edit_apply(const char *text, const GArray *edits);
