/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/lineage.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/scalar.h"

void wattle_text_sum(gconstpointer bytes, gsize size, WattleTextSum *ret)
{
        crypto_generichash(ret->bytes, sizeof ret->bytes, bytes, size, NULL, 0);
}

gboolean wattle_text_sum_equal(const WattleTextSum *a, const WattleTextSum *b)
{
        return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void wattle_text_sum_format(const WattleTextSum *sum, char text[WATTLE_TEXT_SUM_TEXT_MAX])
{
        sodium_bin2hex(text, WATTLE_TEXT_SUM_TEXT_MAX, sum->bytes, sizeof sum->bytes);
}

/* One form alone: lower case. */
gboolean wattle_text_sum_parse(const char *text, WattleTextSum *ret, GError **error)
{
        WattleTextSum sum;
        gsize n = 0;

        if (strlen(text) != WATTLE_TEXT_SUM_TEXT_MAX - 1 ||
            strspn(text, "0123456789abcdef") != WATTLE_TEXT_SUM_TEXT_MAX - 1 ||
            sodium_hex2bin(sum.bytes, sizeof sum.bytes, text, strlen(text), NULL, &n, NULL) != 0)
                return wattle_error_refuse(error, "not the hash of a profile: 64 hexadecimal "
                                                  "digits, as 'b2sum -l 256' prints them");
        *ret = sum;
        return TRUE;
}

static void read_key(const WattleIniLine *line, WattleLineage *ret)
{
        if (strcmp(line->key, "Serial") == 0 &&
            !wattle_uint_parse(line->value, 1, G_MAXINT64, &ret->serial, NULL))
                ret->serial = 0;
        else if (strcmp(line->key, "Previous") == 0)
                ret->has_previous = wattle_text_sum_parse(line->value, &ret->previous, NULL);
}

void wattle_lineage_read(gconstpointer bytes, gsize size, WattleLineage *ret)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleIni) ini = { 0 };
        WattleIniLine line;

        *ret = (WattleLineage){ 0 };
        wattle_text_sum(bytes, size, &ret->sum);
        wattle_report_init(&unheard);
        wattle_ini_init(&ini, bytes, size, NULL, &unheard);
        while (wattle_ini_next(&ini, &line))
                if (line.kind == WATTLE_INI_KEY && g_strcmp0(line.section, "Mesh") == 0)
                        read_key(&line, ret);
}

WattleSuccession wattle_lineage_judge(const WattleLineage *present, const WattleLineage *candidate)
{
        if (wattle_text_sum_equal(&present->sum, &candidate->sum))
                return WATTLE_SUCCESSION_SAME;
        if (candidate->serial < present->serial || candidate->serial == 0)
                return WATTLE_SUCCESSION_OLDER;
        if (candidate->serial == present->serial)
                return WATTLE_SUCCESSION_TWIN;
        if (candidate->serial - present->serial > WATTLE_SERIAL_MAX_STEP)
                return WATTLE_SUCCESSION_JUMP;
        if (candidate->serial == present->serial + 1 && candidate->has_previous &&
            !wattle_text_sum_equal(&present->sum, &candidate->previous))
                return WATTLE_SUCCESSION_FORK;
        return WATTLE_SUCCESSION_NEWER;
}
