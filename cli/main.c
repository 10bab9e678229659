/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle(1): a verb, its options, its operands. The table of verbs is the program; each is a file
 * of its own. Exit status: 0 done, 1 the input is bad or the system said no, 2 wrong usage. */
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/print.h"
#include "common/language.h"
#include "common/scalar.h"
#include "common/sys/heap.h"
#include "common/sys/language/catalogue.h"

static const struct {
        const char *title; /* of the group that begins here, or NULL */
        const WattleVerb *verb;
} verbs[] = {
        { N_("Make and change a mesh"), &wattle_verb_init },
        { NULL, &wattle_verb_import },
        { NULL, &wattle_verb_add },
        { NULL, &wattle_verb_invite },
        { NULL, &wattle_verb_remove },
        { NULL, &wattle_verb_set },
        { NULL, &wattle_verb_edit },
        { NULL, &wattle_verb_sign },
        { N_("Look at it"), &wattle_verb_check },
        { NULL, &wattle_verb_show },
        { NULL, &wattle_verb_verify },
        { N_("Keys"), &wattle_verb_genkey },
        { NULL, &wattle_verb_pubkey },
        { N_("Run it on this host"), &wattle_verb_join },
        { NULL, &wattle_verb_apply },
        { NULL, &wattle_verb_update },
        { NULL, &wattle_verb_up },
        { NULL, &wattle_verb_down },
        { NULL, &wattle_verb_status },
        { NULL, &wattle_verb_doctor },
        { NULL, &wattle_verb_probe },
        { NULL, &wattle_verb_migrate },
        { NULL, &wattle_verb_leave },
        { N_("Files for its devices"), &wattle_verb_render },
        { NULL, &wattle_verb_export },
};

static int print_overview(FILE *stream, int status)
{
        wattle_print(
                stream,
                "Usage: wattle [--root=DIR] VERB [OPTIONS] ...\n"
                "\n"
                "One file describes a private WireGuard mesh, and every device gets it unchanged.\n");
        for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
                if (verbs[i].title) {
                        wattle_print(stream, "\n");
                        wattle_print_styled(stream, WATTLE_STYLE_BOLD, _(verbs[i].title));
                        wattle_print(stream, ":\n");
                }
                wattle_print(stream, "  %-8s%s\n", verbs[i].verb->name, _(verbs[i].verb->summary));
        }
        wattle_print(
                stream,
                "\n"
                "  --root=DIR  look for installed meshes below DIR\n"
                "  --version   show the version\n"
                "  --help      show this; 'wattle help VERB' and 'wattle VERB --help' tell more\n"
                "\n"
                "FILE|MESH is a path, or the name of a mesh in %s.\n"
                "Exit status: 0 done, 1 bad input or failure, 2 wrong usage.\n",
                WATTLE_CONFDIR);
        return status;
}

static const WattleVerb *find_verb(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
                if (strcmp(verbs[i].verb->name, name) == 0)
                        return verbs[i].verb;
        return NULL;
}

static int refuse_verb(const char *name)
{
        const char *words[G_N_ELEMENTS(verbs)], *nearest;

        for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
                words[i] = verbs[i].verb->name;
        nearest = wattle_nearest_word(name, words, G_N_ELEMENTS(verbs));
        if (nearest)
                wattle_print_error("unknown verb '%s': did you mean %s? See 'wattle --help'", name,
                                   nearest);
        else
                wattle_print_error("unknown verb '%s'; see 'wattle --help'", name);
        return WATTLE_EXIT_USAGE;
}

static int run_verb(WattleCli *cli, char **argv)
{
        const WattleVerb *verb;

        if (strcmp(argv[0], "help") == 0) {
                if (!argv[1])
                        return print_overview(stdout, EXIT_SUCCESS);
                verb = find_verb(argv[1]);
                return verb ? verb->run(cli, (char *[]){ argv[1], (char *)"--help", NULL })
                            : refuse_verb(argv[1]);
        }
        verb = find_verb(argv[0]);
        return verb ? verb->run(cli, argv) : refuse_verb(argv[0]);
}

static int run(WattleCli *cli, char **argv)
{
        for (; *argv && **argv == '-'; argv++) {
                if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0)
                        return print_overview(stdout, EXIT_SUCCESS);
                if (strcmp(*argv, "--version") == 0) {
                        wattle_print(stdout, "wattle %s\n", WATTLE_VERSION);
                        return EXIT_SUCCESS;
                }
                if (g_str_has_prefix(*argv, "--root=")) {
                        cli->root = *argv + strlen("--root=");
                } else if (strcmp(*argv, "--root") == 0 && argv[1]) {
                        cli->root = *++argv;
                } else {
                        wattle_print_error("unknown option '%s'; see 'wattle --help'", *argv);
                        return WATTLE_EXIT_USAGE;
                }
        }
        return *argv ? run_verb(cli, argv) : print_overview(stderr, WATTLE_EXIT_USAGE);
}

int main(int argc, char **argv)
{
        WattleCli cli = { .root = "/", .root_fd = -1 };
        int status;

        wattle_heap_init();
        wattle_language_begin(WATTLE_LOCALEDIR);
        if (sodium_init() < 0)
                g_error("libsodium failed to initialise");
        /* A reader that has gone is a write error like a full disk. */
        signal(SIGPIPE, SIG_IGN);
        status = run(&cli, argc > 0 ? argv + 1 : argv);
        if (cli.root_fd >= 0)
                close(cli.root_fd);
        if (ferror(stdout) || fflush(stdout) != 0 || fclose(stdout) != 0) {
                wattle_print_error("standard output: %s", g_strerror(errno));
                return status == WATTLE_EXIT_USAGE ? status : EXIT_FAILURE;
        }
        return status;
}
