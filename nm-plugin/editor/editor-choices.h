/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list that a user chooses one line of. */
#pragma once

#include <glib.h>

typedef struct {
        char *id; /* never NULL; "" for "not said" */
        char *label;
} WattleChoice;

typedef struct {
        GArray *choices; /* of WattleChoice */
        char *selected;  /* the id of one of them; NULL: none */
} WattleChoices;

void wattle_choices_init(WattleChoices *choices);
void wattle_choices_clear(WattleChoices *choices);
void wattle_choices_empty(WattleChoices *choices);
void wattle_choices_add(WattleChoices *choices, const char *id, const char *label);

/* Unless there is one of that id. */
void wattle_choices_ensure(WattleChoices *choices, const char *id, const char *label);

/* id may be NULL: none. */
void wattle_choices_select(WattleChoices *choices, const char *id);
