/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints what another program said, its argument, in the language of the terminal; with
 * --as-written in none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/said.h"
#include "common/sys/language/catalogue.h"

int main(int argc, char **argv)
{
        g_autofree char *text = NULL;

        wattle_language_begin(WATTLE_LOCALEDIR);
        if (argc > 2 && strcmp(argv[1], "--as-written") == 0)
                wattle_language_end();
        text = wattle_said_translate(argv[argc - 1]);
        return puts(text) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
