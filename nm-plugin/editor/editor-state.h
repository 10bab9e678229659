/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the editor shows and holds, as a value: editor-model.h changes it, and notes and summary are
 * brought up to date after each change. */
#pragma once

#include "common/profile.h"
#include "nm-plugin/editor/editor-choices.h"
#include "nm-plugin/vpn-data.h"

/* The id of a mesh that the connection carries; no mesh that is installed can be called so. */
#define WATTLE_CHOICE_CARRIED ":carried"

typedef enum {
        WATTLE_FIELD_MESH,
        WATTLE_FIELD_DEVICE,
        WATTLE_FIELD_KEY,
        WATTLE_FIELD_EXIT_NODE,
        WATTLE_FIELD_ROUTES,
        WATTLE_N_FIELDS,
} WattleField;

typedef enum {
        WATTLE_NOTE_NONE,
        WATTLE_NOTE_INFO,
        WATTLE_NOTE_WARNING, /* there will be no connection like this, but it may be saved */
        WATTLE_NOTE_ERROR,   /* it cannot be saved */
} WattleNoteKind;

typedef struct {
        WattleNoteKind kind;
        char *text; /* NULL if there is none */
} WattleNote;

/* A device of the mesh, for the summary. */
typedef struct {
        char *name;
        char *addresses;
        char *about; /* "this device, exit node"; "" if there is nothing to say */
} WattleSummaryRow;

typedef struct {
        /* For reading. */
        WattleChoices meshes;
        WattleChoices devices;
        WattleChoices exit_nodes;
        guint n_lists;          /* rises when what may be chosen changes */
        gboolean has_key_field; /* the mesh is carried; the key of an installed one is root's */
        char *key_text;         /* what stands in the key's field; may be bad */
        char *public_key;       /* of the key; NULL if there is no good one */
        gboolean accept_routes;
        WattleNote notes[WATTLE_N_FIELDS];
        char *summary_title; /* "" if there is no mesh to speak of */
        GArray *summary;     /* of WattleSummaryRow */
        const char *self;    /* the device that this is; NULL if it cannot be told */

        /* Of its own. */
        int root_fd;
        char *host_name;
        WattleVpnData data; /* what would be written */
        /* What was carried or opened, chosen or not: the text of the mesh, the invitation, or both,
         * as in data. */
        char *carried, *carried_invitation;
        char *carried_name;
        WattleMesh mesh; /* what data.mesh or data.profile is; .profile NULL if it is bad */
        WattleNote mesh_note;
        gboolean is_key_bad; /* what was typed is no key */
        WattleKey public_key_value;
} WattleEditorModel;
