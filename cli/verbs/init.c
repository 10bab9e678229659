/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/cli.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "common/language.h"
#include "common/port-table.h"
#include "common/profile-sign.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/trust.h"

typedef struct {
        char **subnet_texts;
        char *port_text, *domain;
        WattleProfilePrefix subnets[WATTLE_PROFILE_MAX_SUBNETS];
        guint n_subnets;
        WattleOptionalU16 listen_port;
        gboolean sign, no_password;
        char *signing_key;
} Options;

static void options_clear(Options *options)
{
        g_strfreev(options->subnet_texts);
        g_free(options->port_text);
        g_free(options->domain);
        g_free(options->signing_key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* A /24 in the upper half of 10.0.0.0/8, away from the numbers that home routers, OpenVPN, k3s,
 * podman (10.88) and Kubernetes (10.96, 10.244) like. */
static WattlePrefix choose_subnet(void)
{
        WattleAddr addr = { .family = AF_INET, .bytes = { 10 } };

        addr.bytes[1] = (guint8)(128 + randombytes_uniform(112));
        addr.bytes[2] = (guint8)randombytes_uniform(256);
        return (WattlePrefix){ addr, 24 };
}

static gboolean parse_subnets(Options *options, GError **error)
{
        guint n = options->subnet_texts ? g_strv_length(options->subnet_texts) : 0;

        if (n > G_N_ELEMENTS(options->subnets)) {
                g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                            _("--subnet: at most %d times"), WATTLE_PROFILE_MAX_SUBNETS);
                return FALSE;
        }
        for (guint i = 0; i < n; i++)
                if (!wattle_prefix_parse(options->subnet_texts[i], &options->subnets[i].value,
                                         error)) {
                        g_prefix_error(error, "--subnet: ");
                        return FALSE;
                }
        if (n == 0)
                options->subnets[n++].value = choose_subnet();
        options->n_subnets = n;
        return TRUE;
}

static gboolean parse_values(Options *options, GError **error)
{
        if (!parse_subnets(options, error))
                return FALSE;
        options->listen_port = (WattleOptionalU16){ TRUE, WATTLE_DEFAULT_LISTEN_PORT };
        if (options->port_text &&
            !wattle_port_parse(options->port_text, &options->listen_port.value, error)) {
                g_prefix_error(error, "--port: ");
                return FALSE;
        }
        if (options->domain && !wattle_dns_name_check(options->domain, error)) {
                g_prefix_error(error, "--domain: ");
                return FALSE;
        }
        return TRUE;
}

/* operand is how the admin will name the mesh to us. */
static char *make_text(const char *name, const char *file, const char *operand,
                       const Options *options)
{
        g_autofree char *short_operand = g_path_get_basename(operand);
        /* A signed text says its name, whatever the file is called. */
        WattleProfile profile = { .file = options->sign ? NULL : file,
                                  .name = name,
                                  .has_serial = TRUE,
                                  .serial = 1,
                                  .subnets = (WattleProfilePrefix *)options->subnets,
                                  .n_subnets = options->n_subnets,
                                  .domain = options->domain,
                                  .listen_port = options->listen_port };
        g_autofree char *body = wattle_profile_write(&profile);

        return g_strdup_printf(
                "# The mesh %s: one file, the same on every device. wattle.mesh(5) has all keys.\n"
                "#\n"
                "# A device joins like this:\n"
                "#   on the device:  wattle genkey %s      makes its private key, prints the public one\n"
                "#   here:           wattle add %s DEVICE --key=PUBLICKEY\n"
                "#   then:           copy this file to %s on every device\n"
                "#\n"
                "# No private key ever belongs in here. Serial rises with every change.\n%s",
                name, name, short_operand, WATTLE_CONFDIR, body);
}

/* The files of a mesh that is signed. */
typedef struct {
        char *mesh, *signature, *trust;
} Paths;

static void paths_clear(Paths *paths)
{
        g_free(paths->mesh);
        g_free(paths->signature);
        g_free(paths->trust);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Paths, paths_clear)

static void name_paths(Paths *paths, const char *path)
{
        g_autofree char *stem = g_strndup(path, strlen(path) - strlen(WATTLE_MESH_SUFFIX));

        paths->mesh = g_strdup(path);
        paths->signature = g_strconcat(path, WATTLE_SIGNATURE_SUFFIX, NULL);
        paths->trust = g_strconcat(stem, WATTLE_TRUST_SUFFIX, NULL);
}

static gboolean are_free(int dir_fd, const Paths *paths, WattleReport *report)
{
        const char *const all[] = { paths->mesh, paths->signature, paths->trust };

        for (guint i = 0; i < G_N_ELEMENTS(all); i++)
                if (wattle_path_exists(dir_fd, all[i]))
                        wattle_report_error(report, (WattlePlace){ all[i], 0, 0 },
                                            "exists already, and is left as it is");
        return report->n_errors == 0;
}

/* The key that is there, or a new one. */
static WattleSigningSecret *get_secret(const Options *options)
{
        g_autofree char *path = wattle_signing_path(options->signing_key);

        return wattle_path_exists(AT_FDCWD, path) ? wattle_signing_open(path)
                                                  : wattle_signing_make(path, options->no_password);
}

/* The signature before its text, and last the file that asks for it: killed in between, there is a
 * mesh or none, and none that nobody may read. */
static gboolean write_signed(int dir_fd, const Paths *paths, const WattleProfile *profile,
                             const char *text, const WattleSigningSecret *secret,
                             WattleReport *report)
{
        g_autofree char *minisig = wattle_profile_sign(profile, text, strlen(text), secret);
        char key_text[WATTLE_SIGNING_KEY_TEXT_MAX + 1];
        g_autoptr(GError) error = NULL;
        WattleSigningKey key;

        wattle_signing_secret_get_public(secret, &key);
        wattle_signing_key_format(&key, key_text);
        key_text[WATTLE_SIGNING_KEY_TEXT_MAX - 1] = '\n';
        if (wattle_write_file(dir_fd, paths->signature, 0644, minisig, strlen(minisig), &error) &&
            wattle_write_file(dir_fd, paths->mesh, 0644, text, strlen(text), &error) &&
            wattle_write_file(dir_fd, paths->trust, 0644, key_text, sizeof key_text - 1, &error) &&
            wattle_sync_folder(dir_fd, paths->mesh, &error))
                return TRUE;
        wattle_report_error(report, WATTLE_NO_PLACE, "%s", error->message);
        return FALSE;
}

static gboolean init_signed(int dir_fd, const WattleProfile *profile, const char *text,
                            const Options *options, WattleReport *report)
{
        g_autoptr(WattleSigningSecret) secret = NULL;
        g_autofree char *who = NULL;
        g_auto(Paths) paths = { 0 };
        WattleSigningKey key;

        name_paths(&paths, profile->file);
        if (!are_free(dir_fd, &paths, report))
                return FALSE;
        secret = get_secret(options);
        if (!secret || !write_signed(dir_fd, &paths, profile, text, secret, report))
                return FALSE;
        wattle_signing_secret_get_public(secret, &key);
        who = wattle_signing_describe(&key);
        wattle_print(stdout,
                     "%s: made and signed by key %s; it, its .minisig and its .pub go to every "
                     "device\n",
                     profile->file, who);
        return TRUE;
}

/* The file's own error says better that there is no folder. */
static void make_folders(int dir_fd, const char *path)
{
        g_autofree char *folder = g_path_get_dirname(path);

        if (dir_fd != AT_FDCWD)
                (void)!wattle_make_folders(dir_fd, path + 1, NULL);
        else if (g_str_has_prefix(path, WATTLE_CONFDIR "/"))
                (void)g_mkdir_with_parents(folder, 0755);
}

/* file is how messages call it; one of the host's is below the root, dir_fd, others below the
 * folder we are in. */
static gboolean init(const char *operand, const char *file, int dir_fd, const Options *options,
                     WattleReport *report)
{
        g_autofree char *name = wattle_mesh_name_of_path(file);
        g_autofree char *text = make_text(name, file, operand, options);
        g_autoptr(WattleProfile) profile = wattle_profile_load(text, strlen(text), file, report);

        if (!profile)
                return FALSE;
        make_folders(dir_fd, file);
        if (options->sign)
                return init_signed(dir_fd, profile, text, options, report);
        if (!wattle_cli_write_new(dir_fd, file, text, (WattlePlace){ profile->file, 0, 0 }, report))
                return FALSE;
        wattle_print(stdout, "%s: made; the next step: wattle add %s DEVICE --key=PUBLICKEY\n",
                     file, operand);
        return TRUE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_auto(Options) options = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autofree char *file = NULL;
        g_autoptr(GError) error = NULL;
        gboolean ok, is_file;
        const GOptionEntry entries[] = {
                { "subnet", 's', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.subnet_texts,
                  N_("of the mesh, IPv4 or IPv6, may be repeated; else a random 10.x.y.0/24"),
                  "PREFIX" },
                { "port", 'p', 0, G_OPTION_ARG_FILENAME, &options.port_text,
                  N_("UDP port of every device; else 51820"), "PORT" },
                { "domain", 'd', 0, G_OPTION_ARG_FILENAME, &options.domain,
                  N_("devices are called DEVICE.DOMAIN; else DEVICE.MESH"), "DOMAIN" },
                { "sign", 0, 0, G_OPTION_ARG_NONE, &options.sign,
                  N_("sign it, and write MESH.pub: who has that takes no other signature"), NULL },
                { "signing-key", 0, 0, G_OPTION_ARG_FILENAME, &options.signing_key,
                  N_("the secret key; else ~/.config/wattle/signing.key; made if it is not there"),
                  "FILE" },
                { "no-password", 0, 0, G_OPTION_ARG_NONE, &options.no_password,
                  N_("leave a new signing key without one"), NULL },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_init, entries, argv, &operands))
                return cli->status;
        if (!parse_values(&options, &error))
                return wattle_cli_usage(&wattle_verb_init, "%s", error->message);
        is_file = strchr(operands[0], '/') || g_str_has_suffix(operands[0], WATTLE_MESH_SUFFIX);
        if (is_file)
                file = g_strdup(operands[0]);
        else
                file = g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_MESH_SUFFIX, operands[0]);
        if (options.sign && !g_str_has_suffix(file, WATTLE_MESH_SUFFIX))
                return wattle_cli_usage(&wattle_verb_init, "--sign needs a file that ends in %s",
                                        WATTLE_MESH_SUFFIX);
        if (!options.sign && (options.signing_key || options.no_password))
                return wattle_cli_usage(&wattle_verb_init,
                                        "--signing-key= and --no-password go with --sign");
        wattle_report_init(&report);
        ok = init(operands[0], file, is_file ? AT_FDCWD : cli->root_fd, &options, &report);
        wattle_print_report(&report);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_init = {
        .name = "init",
        .operands = "FILE|MESH",
        .n_min = 1,
        .n_max = 1,
        .summary = N_("begin a new mesh"),
        .description = N_(
                "Makes a new profile without devices; MESH alone makes CONFDIR/MESH.mesh. A file\n"
                "that is there is never written over."),
        .example = "wattle init --subnet=10.42.0.0/16 --subnet=fd42::/64 home.mesh",
        .run = run,
};
