/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/add-table.h"
#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/join/invite.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/signing.h"
#include "common/language.h"
#include "common/reach.h"
#include "common/scalar.h"

typedef struct {
        char *key, *signing_key, *from, *via;
        char **addresses, **public_endpoints, **private_endpoints, **routes, **aliases;
        gboolean exit_node, relay, unmanaged, no_via, dry_run;
        gboolean invite, with_key, qr, yes;
} Options;

static void options_clear(Options *options)
{
        g_free(options->key);
        g_free(options->signing_key);
        g_free(options->from);
        g_free(options->via);
        g_strfreev(options->addresses);
        g_strfreev(options->public_endpoints);
        g_strfreev(options->private_endpoints);
        g_strfreev(options->routes);
        g_strfreev(options->aliases);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* The device that is put together from the options; what it points to lies in the arena. */
typedef struct {
        WattleArena *arena;
        WattleDevice device;
        WattleProfileName via; /* of the device, if it has one */
        WattleKey private_key; /* with --with-key */
        GError **error;
} Builder;

static guint count(char **words)
{
        return words ? g_strv_length(words) : 0;
}

static gboolean blame(Builder *builder, const char *option)
{
        g_prefix_error(builder->error, "%s: ", option);
        return FALSE;
}

static gpointer alloc_list(Builder *builder, guint n, gsize size)
{
        return n == 0 ? NULL : memset(wattle_arena_alloc(builder->arena, n * size), 0, n * size);
}

static gboolean read_addresses(Builder *builder, char **words)
{
        WattleDevice *device = &builder->device;
        guint n = count(words);

        device->addresses = alloc_list(builder, n, sizeof *device->addresses);
        for (guint i = 0; i < n; i++)
                if (!wattle_addr_parse(words[i], &device->addresses[device->n_addresses++].value,
                                       builder->error))
                        return blame(builder, "--address");
        return TRUE;
}

static gboolean read_candidates(Builder *builder, char **words, WattleCandidateKind kind,
                                const char *option)
{
        WattleDevice *device = &builder->device;

        for (guint i = 0; i < count(words); i++) {
                WattleCandidate *candidate = &device->candidates[device->n_candidates++];

                if (!wattle_candidate_parse(words[i], kind, builder->arena, candidate,
                                            builder->error))
                        return blame(builder, option);
        }
        return TRUE;
}

static gboolean read_endpoints(Builder *builder, const Options *options)
{
        guint n = count(options->public_endpoints) + count(options->private_endpoints);

        builder->device.candidates = alloc_list(builder, n, sizeof *builder->device.candidates);
        return read_candidates(builder, options->public_endpoints, WATTLE_CANDIDATE_PUBLIC,
                               "--public-endpoint") &&
               read_candidates(builder, options->private_endpoints, WATTLE_CANDIDATE_PRIVATE,
                               "--private-endpoint");
}

static gboolean read_routes(Builder *builder, char **words)
{
        WattleDevice *device = &builder->device;
        guint n = count(words);

        device->routes = alloc_list(builder, n, sizeof *device->routes);
        for (guint i = 0; i < n; i++)
                if (!wattle_prefix_parse(words[i], &device->routes[device->n_routes++].value,
                                         builder->error))
                        return blame(builder, "--route");
        return TRUE;
}

static gboolean read_aliases(Builder *builder, char **words)
{
        WattleDevice *device = &builder->device;
        guint n = count(words);

        device->aliases = alloc_list(builder, n, sizeof *device->aliases);
        for (guint i = 0; i < n; i++) {
                if (!wattle_label_check(words[i], builder->error))
                        return blame(builder, "--alias");
                device->aliases[device->n_aliases++].value = words[i];
        }
        return TRUE;
}

static gboolean read_key(Builder *builder, const char *text, gboolean with_key)
{
        if (with_key) {
                wattle_key_generate(&builder->private_key);
                wattle_key_derive_public(&builder->private_key, &builder->device.public_key);
                return TRUE;
        }
        if (!text) {
                g_set_error_literal(builder->error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                                    _("--key=PUBLICKEY is missing: 'wattle genkey MESH' on the "
                                      "device prints it"));
                return FALSE;
        }
        return wattle_key_parse(text, &builder->device.public_key, builder->error) ||
               blame(builder, "--key");
}

static gboolean read_via(Builder *builder, const char *name)
{
        if (!name)
                return TRUE;
        builder->via.value = name;
        builder->device.via = &builder->via;
        return wattle_label_check(name, builder->error) || blame(builder, "--via");
}

static gboolean build(Builder *builder, const char *name, const Options *options)
{
        builder->device =
                (WattleDevice){ .name = name,
                                .exit_node = options->exit_node,
                                .relay = options->relay ? WATTLE_RELAY_YES : WATTLE_RELAY_NO,
                                .managed = !options->unmanaged };
        if (!wattle_label_check(name, builder->error))
                return blame(builder, "DEVICE");
        return read_key(builder, options->key, options->with_key) &&
               read_addresses(builder, options->addresses) && read_endpoints(builder, options) &&
               read_routes(builder, options->routes) && read_aliases(builder, options->aliases) &&
               read_via(builder, options->via);
}

/* Without --address the device gets the next free one of each subnet. */
static gboolean choose_addresses(Builder *builder, const WattleEditor *editor, WattleReport *report)
{
        const WattleProfile *profile = editor->profile;
        WattleDevice *device = &builder->device;

        if (device->n_addresses > 0)
                return TRUE;
        device->addresses = alloc_list(builder, profile->n_subnets, sizeof *device->addresses);
        for (guint i = 0; i < profile->n_subnets; i++) {
                const WattleProfilePrefix *subnet = &profile->subnets[i];
                char text[WATTLE_PREFIX_TEXT_MAX];

                if (wattle_profile_next_address(profile, &subnet->value,
                                                &device->addresses[device->n_addresses].value)) {
                        device->n_addresses++;
                        continue;
                }
                wattle_prefix_format(&subnet->value, text);
                wattle_report_error(report, wattle_profile_place(profile, subnet->place),
                                    "Subnet: %s is full: remove a device, add another Subnet=, or "
                                    "give --address",
                                    text);
        }
        return device->n_addresses == profile->n_subnets;
}

/* It stands in the profile, and does not move when another device would be a better one. */
static void choose_via(Builder *builder, const WattleProfile *profile, const Options *options)
{
        const WattleDevice *relay;

        if (options->via || options->no_via || !wattle_reach_needs_via(profile, &builder->device))
                return;
        relay = wattle_reach_choose_via(profile, &builder->device);
        if (relay) {
                builder->via.value = wattle_arena_strdup(builder->arena, relay->name);
                builder->device.via = &builder->via;
                wattle_print(
                        stderr,
                        "%s is to reach those without PublicEndpoint= through %s, which passes "
                        "it on and sees it in plaintext: Via=; --via=DEVICE takes another one, "
                        "--no-via none\n",
                        builder->device.name, relay->name);
        } else {
                wattle_print(stderr,
                             "%s will reach no device without PublicEndpoint=: it runs no wattle, "
                             "and there is none for Via=\n",
                             builder->device.name);
        }
}

/* For the answer of somebody who calls the other one. */
#define CONFIRM_S 600

/* Whoever carried the key may have put in his own: the words tell, before anything is signed. */
static gboolean agree(const char *device, const Options *options)
{
        g_autofree char *question =
                g_strdup_printf(_("Did %s show the same words? [y/N] "), device);

        return !options->invite || options->with_key || options->yes || options->dry_run ||
               !isatty(STDIN_FILENO) || wattle_prompt_confirm(question, CONFIRM_S);
}

static gboolean open_editor(const WattleCli *cli, const char *operand, Builder *builder,
                            const Options *options, WattleEditor *editor, WattleReport *report)
{
        if (!wattle_editor_open(editor, cli, operand, report) ||
            !wattle_editor_check_signature(editor, cli, operand, report) ||
            !choose_addresses(builder, editor, report) ||
            (options->invite && !wattle_invite_check_signed(editor, report)))
                return FALSE;
        choose_via(builder, editor->profile, options);
        if (editor->trust.path)
                wattle_invite_print_words(builder->device.name, &builder->device.public_key);
        if (!agree(builder->device.name, options))
                return FALSE;
        return options->dry_run || wattle_editor_open_key(editor, options->signing_key, report);
}

/* What 'wattle apply' says goes to stderr: standard output is the invitation's. */
static int apply_quietly(const WattleCli *cli, const char *mesh)
{
        int output, status;

        (void)fflush(stdout);
        output = dup(STDOUT_FILENO);
        if (output < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
                return EXIT_FAILURE;
        status = wattle_cli_run(cli, &wattle_verb_apply, mesh);
        (void)fflush(stdout);
        if (dup2(output, STDOUT_FILENO) < 0)
                status = EXIT_FAILURE;
        close(output);
        return status;
}

/* Our own host lets the new device in first, so it has to run the new profile. */
static void apply_here(const WattleCli *cli, const char *operand)
{
        if (!wattle_cli_is_mesh_name(cli, operand) || strcmp(cli->root, "/") != 0)
                return;
        if (geteuid() != 0)
                wattle_print(stderr, "%s: 'wattle apply %s' lets it in\n", operand, operand);
        else if (apply_quietly(cli, operand) != EXIT_SUCCESS)
                wattle_print_error("%s: nobody lets the new device in before a member has the new "
                                   "profile: 'wattle apply %s'",
                                   operand, operand);
}

/* The mesh with the new device; its faults are told by wattle_editor_apply(). */
static WattleProfile *load_changed(const WattleEditor *editor, const GArray *edits)
{
        g_autofree char *text = wattle_profile_edit_apply(editor->text, edits);
        g_auto(WattleReport) unheard = { 0 };

        wattle_report_init(&unheard);
        return wattle_profile_load(text, strlen(text), editor->name, &unheard);
}

static gboolean add(const WattleCli *cli, const char *operand, Builder *builder,
                    const Options *options)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleEditor) editor = { 0 };
        g_autoptr(GArray) edits = NULL;
        g_autoptr(WattleProfile) profile = NULL;
        g_autofree char *done = NULL, *self = NULL;
        WattleInvite what = { 0 };

        wattle_report_init(&report);
        if (!open_editor(cli, operand, builder, options, &editor, &report)) {
                wattle_print_report(&report);
                wattle_print_error("%s is as it was", operand);
                return FALSE;
        }
        edits = wattle_profile_edit_add(editor.text, &builder->device, editor.trust.path != NULL);
        profile = options->invite ? load_changed(&editor, edits) : NULL;
        if (profile) {
                self = wattle_invite_find_self(cli, operand);
                what = (WattleInvite){
                        .profile = profile,
                        .device = wattle_profile_find_device(profile, builder->device.name),
                        .self = self,
                        .secret = editor.secret,
                        .private_key = options->with_key ? &builder->private_key : NULL,
                        .qr = options->qr
                };
                if (!wattle_invite_check(&what)) {
                        wattle_print_error("%s is as it was", operand);
                        return FALSE;
                }
        }
        done = g_strdup_printf(_("%s added, serial %ju%s"), builder->device.name,
                               wattle_editor_next_serial(&editor),
                               options->invite ? "" : _("; now every device needs the new file"));
        if (!wattle_editor_apply(&editor, edits, options->dry_run,
                                 options->invite ? stderr : stdout, done))
                return FALSE;
        if (!profile || options->dry_run)
                return TRUE;
        apply_here(cli, operand);
        return wattle_invite_show(&what);
}

/* What says of one device what a table says of each. */
static gboolean describes_device(const Options *options)
{
        return options->key || options->with_key || options->addresses ||
               options->public_endpoints || options->private_endpoints || options->routes ||
               options->aliases || options->exit_node || options->relay || options->unmanaged ||
               options->via || options->no_via || options->invite;
}

static int run_table(const WattleCli *cli, char *const *operands, const Options *options)
{
        if (operands[1] || describes_device(options))
                return wattle_cli_usage(
                        &wattle_verb_add,
                        "--from= has the devices and what belongs to them: FILE|MESH "
                        "alone goes with it");
        return wattle_add_table(cli, operands[0], options->from, options->signing_key,
                                options->dry_run)
                       ? EXIT_SUCCESS
                       : EXIT_FAILURE;
}

static int run_device(const WattleCli *cli, char *const *operands, const Options *options)
{
        g_autoptr(WattleArena) arena = wattle_arena_new();
        g_autoptr(GError) error = NULL;
        Builder builder = { .arena = arena, .error = &error };
        gboolean ok;

        if (!operands[1])
                return wattle_cli_usage(&wattle_verb_add,
                                        "it takes FILE|MESH DEVICE, or --from=FILE");
        if (options->key && options->with_key)
                return wattle_cli_usage(&wattle_verb_add,
                                        "--key= is a key that is there, and --with-key makes one");
        if (options->via && options->no_via)
                return wattle_cli_usage(&wattle_verb_add, "--via= goes not with --no-via");
        if (options->invite && options->unmanaged)
                return wattle_cli_usage(&wattle_verb_add,
                                        "a device that runs no wattle cannot join: "
                                        "'wattle export' makes a file for it");
        if (!build(&builder, operands[1], options))
                return wattle_cli_usage(&wattle_verb_add, "%s", error->message);
        ok = add(cli, operands[0], &builder, options);
        sodium_memzero(&builder.private_key, sizeof builder.private_key);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_auto(Options) options = { 0 };
        const GOptionEntry entries[] = {
                { "key", 'k', 0, G_OPTION_ARG_FILENAME, &options.key, N_("its public key"),
                  "PUBLICKEY" },
                { "address", 'a', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.addresses,
                  N_("its address; else the next free one of each subnet"), "ADDRESS" },
                { "public-endpoint", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.public_endpoints,
                  N_("where anyone reaches it; a site of the profile is @SITE:PORT"), "HOST:PORT" },
                { "private-endpoint", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.private_endpoints,
                  N_("where its own network reaches it"), "ADDRESS:PORT" },
                { "route", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.routes,
                  N_("a network behind it"), "PREFIX" },
                { "alias", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.aliases, N_("another name"),
                  "NAME" },
                { "exit-node", 0, 0, G_OPTION_ARG_NONE, &options.exit_node,
                  N_("it may carry the others to the Internet"), NULL },
                { "relay", 0, 0, G_OPTION_ARG_NONE, &options.relay,
                  N_("it may forward between devices that do not reach each other"), NULL },
                { "unmanaged", 0, 0, G_OPTION_ARG_NONE, &options.unmanaged,
                  N_("it runs no wattle and gets a file of 'wattle export'"), NULL },
                { "via", 0, 0, G_OPTION_ARG_FILENAME, &options.via,
                  N_("who passes on to those without PublicEndpoint="), "DEVICE" },
                { "no-via", 0, 0, G_OPTION_ARG_NONE, &options.no_via,
                  N_("nobody does, though it runs no wattle"), NULL },
                { "from", 'f', 0, G_OPTION_ARG_FILENAME, &options.from,
                  N_("many devices, of a table (CSV) whose first line names keys"), "FILE" },
                { "invite", 'i', 0, G_OPTION_ARG_NONE, &options.invite,
                  N_("apply it here, and print an invitation for 'wattle join'"), NULL },
                { "with-key", 0, 0, G_OPTION_ARG_NONE, &options.with_key,
                  N_("make its key here; the invitation is a secret then"), NULL },
                { "qr", 0, 0, G_OPTION_ARG_NONE, &options.qr,
                  N_("the invitation as a code for a camera, and not text"), NULL },
                { "yes", 'y', 0, G_OPTION_ARG_NONE, &options.yes,
                  N_("do not ask whether the words are the same"), NULL },
                { "signing-key", 0, 0, G_OPTION_ARG_FILENAME, &options.signing_key,
                  WATTLE_SIGNING_OPTION_TEXT, "FILE" },
                { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &options.dry_run,
                  N_("show the change and write nothing"), NULL },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_add, entries, argv, &operands))
                return cli->status;
        options.invite = options.invite || options.with_key || options.qr;
        if (options.from)
                return run_table(cli, operands, &options);
        return run_device(cli, operands, &options);
}

const WattleVerb wattle_verb_add = {
        .name = "add",
        .operands = "FILE|MESH [DEVICE]",
        .n_min = 1,
        .n_max = 2,
        .summary = N_("add a device to a mesh"),
        .description = N_(
                "Adds a device at the end of the profile, raises Serial and shows the change. Comments and\n"
                "order stay as they are, and a signed mesh is signed anew. A profile that would not pass\n"
                "'wattle check' is not written.\n"
                "Options that name an address, endpoint, route or alias may be repeated. With --invite it\n"
                "prints what 'wattle join' on the device takes, and --from adds all that a table has."),
        .example = "wattle add home.mesh tablet --key=0Eb7P46JoJg0prcRFhbrMUnqY8zYpGhWAWkyUYiPHRg=",
        .run = run,
};
