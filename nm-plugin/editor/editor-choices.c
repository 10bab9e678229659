/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/editor/editor-choices.h"

#include <string.h>

static void choice_clear(gpointer data)
{
        WattleChoice *choice = data;

        g_free(choice->id);
        g_free(choice->label);
}

void wattle_choices_init(WattleChoices *choices)
{
        *choices = (WattleChoices){ .choices = g_array_new(FALSE, FALSE, sizeof(WattleChoice)) };
        g_array_set_clear_func(choices->choices, choice_clear);
}

void wattle_choices_clear(WattleChoices *choices)
{
        g_clear_pointer(&choices->choices, g_array_unref);
        g_clear_pointer(&choices->selected, g_free);
}

void wattle_choices_empty(WattleChoices *choices)
{
        g_array_set_size(choices->choices, 0);
}

void wattle_choices_add(WattleChoices *choices, const char *id, const char *label)
{
        WattleChoice choice = { g_strdup(id), g_strdup(label) };

        g_array_append_val(choices->choices, choice);
}

void wattle_choices_ensure(WattleChoices *choices, const char *id, const char *label)
{
        for (guint i = 0; i < choices->choices->len; i++)
                if (strcmp(g_array_index(choices->choices, WattleChoice, i).id, id) == 0)
                        return;
        wattle_choices_add(choices, id, label);
}

void wattle_choices_select(WattleChoices *choices, const char *id)
{
        g_autofree char *old = choices->selected;

        choices->selected = g_strdup(id);
}
