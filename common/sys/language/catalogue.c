/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/language/catalogue.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>

#include "common/language.h"

void wattle_language_begin(const char *folder)
{
        if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
                (void)setlocale(LC_CTYPE, "C");
                return;
        }
        (void)setlocale(LC_MESSAGES, "");
        wattle_language_bind(folder);
}

void wattle_language_bind(const char *folder)
{
        (void)bindtextdomain(WATTLE_LANGUAGE_DOMAIN, folder);
        (void)bind_textdomain_codeset(WATTLE_LANGUAGE_DOMAIN, "UTF-8");
}

void wattle_language_end(void)
{
        (void)setlocale(LC_MESSAGES, "C");
}

GStrv wattle_language_environ(void)
{
        GStrv environment = g_get_environ();

        return strcmp(setlocale(LC_MESSAGES, NULL), "C") == 0
                       ? g_environ_setenv(environment, "LC_ALL", "C", TRUE)
                       : environment;
}
