/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/opening.h"

#include <errno.h>
#include <string.h>

#include "common/text.h"

#define MAX_WORDS 4

static const struct {
        const char *kind, *add, *remove;
        guint n_words; /* the last one may have blanks */
        gboolean has_timeout;
} kinds[] = {
        { "interface", "addInterface", "removeInterface", 3, FALSE },
        { "port", "addPort", "removePort", 4, TRUE },
        { "rule", "addRichRule", "removeRichRule", 3, TRUE },
};

int wattle_opening_call(sd_bus *bus, const char *owner, const char *opening, gboolean closes,
                        sd_bus_message **ret)
{
        AUTO_BUS_MESSAGE *call = NULL;
        g_auto(GStrv) words = NULL;
        guint i = 0;
        int result;

        while (i < G_N_ELEMENTS(kinds) &&
               !(g_str_has_prefix(opening, kinds[i].kind) && opening[strlen(kinds[i].kind)] == ' '))
                i++;
        if (i == G_N_ELEMENTS(kinds))
                return -EINVAL;
        words = g_strsplit(opening, " ", (int)kinds[i].n_words);
        if (g_strv_length(words) != kinds[i].n_words)
                return -EINVAL;
        result = sd_bus_message_new_method_call(bus, &call, owner, WATTLE_FIREWALLD_PATH,
                                                WATTLE_FIREWALLD_ZONE,
                                                closes ? kinds[i].remove : kinds[i].add);
        for (char **word = words + 1; *word && result >= 0; word++)
                result = sd_bus_message_append(call, "s", *word);
        if (result >= 0 && !closes && kinds[i].has_timeout)
                result = sd_bus_message_append(call, "i", 0);
        if (result >= 0)
                *ret = g_steal_pointer(&call);
        return result;
}

/* Its messages begin with a code, "INVALID_ZONE: work". */
static gboolean has_code(const sd_bus_error *error, const char *code)
{
        return error->message && g_str_has_prefix(error->message, code);
}

WattleAnswer wattle_opening_answer(const sd_bus_error *error)
{
        static const char *const late[] = { SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT,
                                            "System.Error.ETIMEDOUT" };

        if (!error || !sd_bus_error_is_set(error))
                return WATTLE_ANSWER_DONE;
        for (guint i = 0; i < G_N_ELEMENTS(late); i++)
                if (sd_bus_error_has_name(error, late[i]))
                        return WATTLE_ANSWER_LATE;
        if (has_code(error, "ALREADY_ENABLED") || has_code(error, "ZONE_ALREADY_SET"))
                return WATTLE_ANSWER_ALREADY;
        return WATTLE_ANSWER_REFUSED;
}

char *wattle_opening_explain(const char *opening, const sd_bus_error *error)
{
        g_auto(GStrv) words = g_strsplit(opening, " ", MAX_WORDS);
        const char *zone = words[0] && words[1] ? words[1] : "";
        gboolean is_trust = g_strcmp0(words[0], "interface") == 0;
        g_autofree char *said = wattle_text_clean(error->message ? error->message : error->name);

        if (has_code(error, "INVALID_ZONE"))
                return g_strdup_printf("%s: firewalld has no zone '%s': 'firewall-cmd --get-zones' "
                                       "tells which it has",
                                       is_trust ? "Trust" : "Firewall", zone);
        if (has_code(error, "ZONE_CONFLICT"))
                return g_strdup_printf(
                        "Trust: firewalld has the interface in another zone already, "
                        "by somebody's word: it stays there, and not in '%s'",
                        zone);
        return g_strdup_printf("firewalld refuses '%s': %s", opening, said);
}
