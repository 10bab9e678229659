/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/join/join.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "cli/update/joined.h"
#include "cli/update/state.h"
#include "common/error.h"
#include "common/paths.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/secret.h"

void wattle_join_clear(WattleJoin *join)
{
        wattle_invitation_clear(&join->invitation);
        g_clear_pointer(&join->mesh, wattle_profile_free);
        g_clear_pointer(&join->source, g_free);
}

static WattlePlace place_of(const WattleJoin *join)
{
        return (WattlePlace){ join->source, 0, 0 };
}

gboolean wattle_join_read(WattleJoin *join, const char *text, gsize size, const char *source,
                          WattleReport *report)
{
        g_autoptr(GError) error = NULL;

        join->source = g_strdup(source);
        if (!wattle_invitation_parse(text, size, &join->invitation, &error)) {
                wattle_report_error(report, place_of(join), "%s", error->message);
                return FALSE;
        }
        join->mesh = wattle_invitation_load(&join->invitation, NULL, join->source, NULL, report);
        if (!join->mesh)
                return FALSE;
        join->device = wattle_profile_find_device(join->mesh, join->mesh->invited);
        if (join->device->state == WATTLE_DEVICE_ACTIVE)
                return TRUE;
        wattle_report_error(report, place_of(join), "%s is revoked in it", join->device->name);
        return FALSE;
}

static gboolean check_absent(const WattleJoin *join, int root_fd, WattleReport *report)
{
        g_autofree char *path = wattle_mesh_find(root_fd, join->mesh->name);

        if (wattle_mesh_is_masked(root_fd, join->mesh->name)) {
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "the mesh %s is masked here: remove the link to /dev/null that "
                                    "has its name",
                                    join->mesh->name);
                return FALSE;
        }
        if (!path)
                return TRUE;
        wattle_report_error(report, (WattlePlace){ path, 0, 0 },
                            "the mesh %s is here already: 'wattle update %s' gets a newer profile, "
                            "and 'wattle leave %s' makes room for another one",
                            join->mesh->name, join->mesh->name, join->mesh->name);
        return FALSE;
}

static gboolean check_trust(const WattleJoin *join, int root_fd, WattleReport *report)
{
        g_auto(WattleTrust) trust = { 0 };

        if (!wattle_mesh_read_trust(&trust, root_fd, join->mesh->name, report))
                return FALSE;
        for (guint i = 0; trust.path && i < trust.keys->len; i++)
                if (wattle_signing_key_equal(&g_array_index(trust.keys, WattleSigningKey, i),
                                             &join->invitation.signer))
                        return TRUE;
        if (!trust.path)
                return TRUE;
        wattle_report_error(
                report, (WattlePlace){ trust.path, 0, 0 },
                "does not have the key that signed this invitation: if it is of another "
                "mesh of that name, 'wattle leave %s' removes it",
                join->mesh->name);
        return FALSE;
}

static gboolean check_serial(const WattleJoin *join, int root_fd, WattleReport *report)
{
        g_autofree char *path = wattle_paths_update_state(join->mesh->name);
        g_auto(WattleUpdateState) state = { 0 };
        g_autoptr(GError) error = NULL;

        if (!wattle_update_state_load(root_fd, join->mesh->name, &state, &error)) {
                wattle_report_error(report, WATTLE_NO_PLACE, "%s", error->message);
                return FALSE;
        }
        if (join->mesh->serial >= state.floor)
                return TRUE;
        wattle_report_error(
                report, place_of(join),
                "it has serial %ju, and this host had %ju of the mesh already: ask for a new one; or, if that was another mesh "
                "of the same name, remove %s",
                join->mesh->serial, state.floor, path);
        return FALSE;
}

static char *key_file(const WattleJoin *join, int root_fd, WattleReport *report)
{
        g_auto(WattleLocal) local = { 0 };

        wattle_local_init(&local);
        return wattle_local_load(&local, root_fd, join->mesh->name, report)
                       ? wattle_paths_key(local.private_key_file, join->mesh->name)
                       : NULL;
}

static void report_other_key(const WattleJoin *join, const char *file, const WattleKey *ours,
                             WattleReport *report)
{
        char here[WATTLE_KEY_TEXT_MAX], there[WATTLE_KEY_TEXT_MAX];

        wattle_key_format(ours, here);
        wattle_key_format(&join->device->public_key, there);
        wattle_report_error(report, (WattlePlace){ file, 0, 0 },
                            "this host's key is %s, and the invitation is for %s, device %s: give "
                            "the admin ours, or take the invitation to the host that it is for",
                            here, there, join->device->name);
}

/* A key that systemd keeps as a credential nobody but networkd reads. */
static gboolean check_key(const WattleJoin *join, int root_fd, WattleReport *report)
{
        g_autofree char *file = key_file(join, root_fd, report);
        g_auto(WattleKey) key = { 0 };
        g_autoptr(GError) error = NULL;
        WattleKey public_key;

        if (!file)
                return FALSE;
        if (!wattle_secret_read(root_fd, file + 1, &key, &error)) {
                gboolean is_absent = g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND);

                if (is_absent && (join->invitation.has_private_key ||
                                  wattle_host_has_key_credential(root_fd, join->mesh->name)))
                        return TRUE;
                if (is_absent)
                        wattle_report_error(report, (WattlePlace){ file, 0, 0 },
                                            "there is no key yet: 'wattle genkey %s' makes it, and "
                                            "prints what the admin needs for an invitation",
                                            join->mesh->name);
                else
                        wattle_report_error(report, (WattlePlace){ file, 0, 0 }, "%s",
                                            error->message);
                return FALSE;
        }
        wattle_key_derive_public(&key, &public_key);
        if (wattle_key_equal(&public_key, &join->device->public_key))
                return TRUE;
        report_other_key(join, file, &public_key, report);
        return FALSE;
}

/* What came with the invitation must be the device's own. */
static gboolean check_own_key(const WattleJoin *join, WattleReport *report)
{
        WattleKey public_key;

        if (!join->invitation.has_private_key)
                return TRUE;
        wattle_key_derive_public(&join->invitation.private_key, &public_key);
        if (wattle_key_equal(&public_key, &join->device->public_key))
                return TRUE;
        wattle_report_error(report, place_of(join), "the private key in it is not that of %s",
                            join->device->name);
        return FALSE;
}

/* Settings of the admin's own; what 'wattle update --leave' wrote goes. */
static gboolean check_enabled(const WattleJoin *join, int root_fd, WattleReport *report)
{
        g_autofree char *left =
                g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_LEFT_SUFFIX, join->mesh->name);
        g_auto(WattleLocal) local = { 0 };

        wattle_local_init(&local);
        if (!wattle_local_load(&local, root_fd, join->mesh->name, report))
                return FALSE;
        if (local.enable || wattle_path_exists(root_fd, left + 1))
                return TRUE;
        wattle_report_error(report, WATTLE_NO_PLACE,
                            "the local settings of %s have Enable=no: see %s/%s.mesh.d",
                            join->mesh->name, WATTLE_CONFDIR, join->mesh->name);
        return FALSE;
}

gboolean wattle_join_check(const WattleJoin *join, int root_fd, WattleReport *report)
{
        return check_absent(join, root_fd, report) && check_enabled(join, root_fd, report) &&
               check_trust(join, root_fd, report) && check_serial(join, root_fd, report) &&
               check_own_key(join, report) && check_key(join, root_fd, report);
}

static gboolean write_text(int root_fd, const char *path, const char *text, GError **error)
{
        if (wattle_make_folders(root_fd, path + 1, error) &&
            wattle_write_file(root_fd, path + 1, 0644, text, strlen(text), error) &&
            wattle_sync_folder(root_fd, path + 1, error))
                return TRUE;
        g_prefix_error(error, "%s: ", path);
        return FALSE;
}

static gboolean install_key(const WattleJoin *join, int root_fd, const gid_t *group, GError **error)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *file = NULL;

        wattle_report_init(&report);
        file = key_file(join, root_fd, &report);
        if (!file || !join->invitation.has_private_key || wattle_path_exists(root_fd, file + 1))
                return TRUE;
        return wattle_make_folders(root_fd, file + 1, error) &&
               wattle_secret_write(root_fd, file + 1, &join->invitation.private_key, group, error);
}

/* Without the private key, which is in its file now: everybody may read this one. */
static gboolean install_invitation(const WattleJoin *join, int root_fd, GError **error)
{
        WattleInvitation public = join->invitation;
        g_autofree char *path = wattle_paths_invitation(join->mesh->name), *text = NULL;

        public.has_private_key = FALSE;
        sodium_memzero(&public.private_key, sizeof public.private_key);
        text = wattle_invitation_format(&public);
        return write_text(root_fd, path, text, error);
}

/* Whom the invitation says that its mesh is signed by: the one who signed it, or all that may. */
static char *format_trust(const WattleJoin *join)
{
        g_autoptr(GString) text = g_string_new(NULL);
        char key[WATTLE_SIGNING_KEY_TEXT_MAX];

        for (guint i = 0; i < join->mesh->n_signing_keys; i++) {
                wattle_signing_key_format(&join->mesh->signing_keys[i].value, key);
                g_string_append_printf(text, "%s\n", key);
        }
        if (text->len == 0) {
                wattle_signing_key_format(&join->invitation.signer, key);
                g_string_append_printf(text, "%s\n", key);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

/* What 'wattle update --leave' wrote when this host was here before. */
static gboolean remove_leave(const char *mesh, int root_fd, GError **error)
{
        g_autofree char *path = g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_LEFT_SUFFIX, mesh);

        return wattle_below_unlink(root_fd, path + 1) == 0 || errno == ENOENT || errno == ENOTDIR ||
               wattle_error_set_errno(error, errno, "%s", path);
}

gboolean wattle_join_install(const WattleJoin *join, int root_fd, const gid_t *group,
                             GError **error)
{
        const char *mesh = join->mesh->name;
        g_autofree char *path = g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_TRUST_SUFFIX, mesh);
        g_autofree char *keys = format_trust(join);

        return install_key(join, root_fd, group, error) && remove_leave(mesh, root_fd, error) &&
               wattle_joined_write_settings(root_fd, mesh, join->mesh, join->device,
                                            wattle_host_has_key_credential(root_fd, mesh), error) &&
               install_invitation(join, root_fd, error) &&
               (wattle_mesh_must_be_signed(root_fd, mesh) ||
                write_text(root_fd, path, keys, error));
}
