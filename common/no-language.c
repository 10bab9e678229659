/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A build without catalogues (-Dnls=disabled). */
#include "common/language.h"

const char *wattle_translate(const char *text)
{
        return text;
}

const char *wattle_translate_count(const char *one, const char *many, gulong n)
{
        return n == 1 ? one : many;
}
