/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A build without catalogues (-Dnls=disabled). */
#include "common/sys/language/catalogue.h"

void wattle_language_begin(const char *folder)
{
        (void)folder;
}

void wattle_language_bind(const char *folder)
{
        (void)folder;
}

void wattle_language_end(void)
{
}

GStrv wattle_language_environ(void)
{
        return g_get_environ();
}
