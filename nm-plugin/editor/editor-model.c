/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/editor/editor-model.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/invitation.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/secret.h"
#include "common/words.h"
#include "nm-plugin/editor/editor-notes.h"
#include "nm-plugin/editor/editor-summary.h"
#include "nm-plugin/editor/mesh-file.h"

static void replace(char **text, const char *with)
{
        g_autofree char *old = *text;

        *text = g_strdup(with);
}

static gboolean may_be_self(const WattleDevice *device)
{
        return device->state == WATTLE_DEVICE_ACTIVE && device->managed;
}

static gboolean is_way_out(const WattleDevice *device)
{
        return device->state == WATTLE_DEVICE_ACTIVE && device->exit_node;
}

static gboolean is_carried(const WattleEditorModel *model)
{
        return wattle_vpn_data_is_carried(&model->data);
}

static void list_devices(const WattleEditorModel *model, WattleChoices *choices, const char *none,
                         gboolean (*is_choice)(const WattleDevice *device), const char *wish)
{
        const WattleProfile *profile = model->mesh.profile;

        wattle_choices_empty(choices);
        wattle_choices_add(choices, "", none);
        for (guint i = 0; profile && i < profile->n_devices; i++)
                if (is_choice(&profile->devices[i]))
                        wattle_choices_add(choices, profile->devices[i].name,
                                           profile->devices[i].name);
        /* What the connection says is shown, and a note says what is wrong with it. */
        if (wish)
                wattle_choices_ensure(choices, wish, wish);
}

static void list_meshes(WattleEditorModel *model)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) names = NULL;

        wattle_report_init(&report);
        names = wattle_mesh_list(model->root_fd, &report);
        wattle_choices_empty(&model->meshes);
        if (model->carried || model->carried_invitation) {
                g_autofree char *label =
                        g_strdup_printf(_("%s (kept in this connection)"), model->carried_name);

                wattle_choices_add(&model->meshes, WATTLE_CHOICE_CARRIED, label);
        }
        for (guint i = 0; names[i]; i++) {
                g_autofree char *label =
                        g_strdup_printf(_("%s (installed on this computer)"), names[i]);

                wattle_choices_add(&model->meshes, names[i], label);
        }
        if (model->data.mesh && !is_carried(model))
                wattle_choices_ensure(&model->meshes, model->data.mesh, model->data.mesh);
}

static void list_all(WattleEditorModel *model)
{
        const char *no_exit_node = is_carried(model) ? _("None: only the mesh goes through it")
                                                     : _("As the settings of this computer say");

        list_meshes(model);
        list_devices(model, &model->devices, _("Automatic"), may_be_self, model->data.device);
        list_devices(model, &model->exit_nodes, no_exit_node, is_way_out, model->data.exit_node);
        model->n_lists++;
}

/* Everything that follows from what is chosen. */
static void update(WattleEditorModel *model)
{
        gboolean by_default = !is_carried(model) && model->mesh.local.accept_routes;

        if (is_carried(model))
                wattle_choices_select(&model->meshes, WATTLE_CHOICE_CARRIED);
        else
                wattle_choices_select(&model->meshes, model->data.mesh);
        wattle_choices_select(&model->devices, model->data.device ? model->data.device : "");
        wattle_choices_select(&model->exit_nodes,
                              model->data.exit_node ? model->data.exit_node : "");
        model->has_key_field = is_carried(model);
        model->accept_routes =
                model->data.accept_routes.given ? model->data.accept_routes.value : by_default;
        wattle_editor_notes_update(model);
        wattle_editor_summary_update(model);
}

static void set_mesh_note(WattleEditorModel *model, WattleNoteKind kind, const char *text)
{
        g_free(model->mesh_note.text);
        model->mesh_note = (WattleNote){ kind, g_strdup(text) };
}

/* Who swaps an invitation on its way is found out by the words and by nothing else. */
static void note_invitation(WattleEditorModel *model, const WattleSigningKey *signer)
{
        char words[WATTLE_WORDS_MAX];
        g_autofree char *text = NULL;

        wattle_words_format(signer->bytes, words);
        text = g_strdup_printf(_("An invitation; all of the mesh comes from a member at the first "
                                 "start. Before that, compare the words of the key that signed it "
                                 "with those that whoever sent it sees: %s"),
                               words);
        set_mesh_note(model, WATTLE_NOTE_INFO, text);
}

static WattleProfile *load_invitation(WattleEditorModel *model, WattleReport *report)
{
        const char *text = model->data.invitation;
        g_auto(WattleInvitation) invitation = { 0 };
        g_autoptr(GError) error = NULL;
        WattleProfile *mesh;

        if (!wattle_invitation_parse(text, strlen(text), &invitation, &error)) {
                wattle_report_error(report, (WattlePlace){ model->mesh.path, 0, 0 }, "%s",
                                    error->message);
                return NULL;
        }
        mesh = wattle_invitation_load(&invitation, NULL, model->mesh.path, NULL, report);
        if (mesh)
                note_invitation(model, &invitation.signer);
        return mesh;
}

static void load_carried(WattleEditorModel *model, WattleReport *report)
{
        const char *text = model->data.profile;

        wattle_local_init(&model->mesh.local);
        model->mesh.path = g_strconcat(model->data.mesh,
                                       text ? WATTLE_MESH_SUFFIX : WATTLE_INVITATION_SUFFIX, NULL);
        model->mesh.profile =
                text ? wattle_profile_load(text, strlen(text), model->mesh.path, report)
                     : load_invitation(model, report);
        if (model->mesh.profile)
                replace(&model->data.mesh, model->mesh.profile->name);
}

/* An installed mesh that is root's alone is as good as any: NetworkManager reads it. */
static gboolean is_hidden(const WattleEditorModel *model)
{
        g_autofree char *path = wattle_mesh_find(model->root_fd, model->data.mesh);
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) error = NULL;

        if (!path)
                return FALSE;
        bytes = wattle_read_file(model->root_fd, path + 1, WATTLE_INI_MAX_BYTES, &error);
        return g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_FAILED);
}

/* The service refuses a mesh that NetworkManager has without it. */
static void note_kind(WattleEditorModel *model)
{
        g_autofree char *text = g_strdup_printf(
                _("On this computer the mesh is a connection of its own already, which needs none "
                  "like this. To have it here write Connection=vpn below [Local] in a .conf file in %s/%s%s"
                  ".d."),
                WATTLE_CONFDIR, model->data.mesh, WATTLE_MESH_SUFFIX);

        set_mesh_note(model, WATTLE_NOTE_WARNING, text);
}

static void load_mesh(WattleEditorModel *model)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *faults = NULL;

        wattle_mesh_clear(&model->mesh);
        model->mesh = (WattleMesh){ 0 };
        set_mesh_note(model, WATTLE_NOTE_NONE, NULL);
        if (!model->data.mesh) {
                set_mesh_note(model, WATTLE_NOTE_ERROR,
                              _("Choose a mesh, or open the .mesh file that you were sent."));
                return;
        }
        wattle_report_init(&report);
        if (is_carried(model))
                load_carried(model, &report);
        else if (!wattle_mesh_load(&model->mesh, model->root_fd, model->data.mesh,
                                   WATTLE_LOAD_OR_LAST_GOOD, &report) &&
                 is_hidden(model)) {
                set_mesh_note(model, WATTLE_NOTE_INFO,
                              _("Only root reads this mesh, so its devices are not listed here."));
                return;
        }
        faults = wattle_mesh_file_explain(&report);
        if (faults)
                set_mesh_note(model, WATTLE_NOTE_ERROR, faults);
        else if (!is_carried(model) && model->mesh.local.connection.value != WATTLE_CONNECTION_VPN)
                note_kind(model);
}

static void set_key_text(WattleEditorModel *model, const char *text)
{
        g_autofree char *stripped = g_strstrip(g_strdup(text ? text : ""));

        g_clear_pointer(&model->public_key, g_free);
        if (model->key_text)
                sodium_memzero(model->key_text, strlen(model->key_text));
        replace(&model->key_text, text ? text : "");
        wattle_key_clear(&model->data.private_key);
        model->data.has_key = wattle_key_parse(stripped, &model->data.private_key, NULL);
        model->is_key_bad = *stripped && !model->data.has_key;
        sodium_memzero(stripped, strlen(stripped));
        if (!model->data.has_key)
                return;
        model->public_key = g_malloc(WATTLE_KEY_TEXT_MAX);
        wattle_key_derive_public(&model->data.private_key, &model->public_key_value);
        wattle_key_format(&model->public_key_value, model->public_key);
}

static const WattleDevice *device_of_key(const WattleEditorModel *model)
{
        if (!model->mesh.profile || !is_carried(model) || !model->data.has_key)
                return NULL;
        return wattle_profile_find_key(model->mesh.profile, &model->public_key_value);
}

static void select_device_of_key(WattleEditorModel *model)
{
        const WattleDevice *device = device_of_key(model);

        if (device && may_be_self(device))
                replace(&model->data.device, device->name);
}

/* For a mesh that has just come: choices of another one that it does not offer are forgotten, and
 * an invitation is for one device. */
static void suit_choices(WattleEditorModel *model)
{
        const WattleProfile *profile = model->mesh.profile;
        const WattleDevice *device;

        if (!profile)
                return;
        if (profile->invited)
                replace(&model->data.device, profile->invited);
        if (model->data.device &&
            (!(device = wattle_profile_find_device(profile, model->data.device)) ||
             !may_be_self(device)))
                replace(&model->data.device, NULL);
        if (model->data.exit_node &&
            (!(device = wattle_profile_find_device(profile, model->data.exit_node)) ||
             !is_way_out(device)))
                replace(&model->data.exit_node, NULL);
        select_device_of_key(model);
        device = wattle_profile_find_device(profile, model->host_name);
        if (is_carried(model) && !model->data.device && !model->data.has_key && device &&
            may_be_self(device))
                replace(&model->data.device, device->name);
}

/* As much as can be understood; what cannot, the notes speak of. */
static void read_connection(WattleEditorModel *model, NMConnection *connection)
{
        NMSettingVpn *vpn = connection ? nm_connection_get_setting_vpn(connection) : NULL;
        const char *accept;

        if (!vpn) {
                set_key_text(model, NULL);
                return;
        }
        model->data.mesh = g_strdup(nm_setting_vpn_get_data_item(vpn, WATTLE_VPN_KEY_MESH));
        model->data.profile = g_strdup(nm_setting_vpn_get_data_item(vpn, WATTLE_VPN_KEY_PROFILE));
        model->data.invitation =
                g_strdup(nm_setting_vpn_get_data_item(vpn, WATTLE_VPN_KEY_INVITATION));
        model->data.device = g_strdup(nm_setting_vpn_get_data_item(vpn, WATTLE_VPN_KEY_DEVICE));
        model->data.exit_node =
                g_strdup(nm_setting_vpn_get_data_item(vpn, WATTLE_VPN_KEY_EXIT_NODE));
        accept = nm_setting_vpn_get_data_item(vpn, WATTLE_VPN_KEY_ACCEPT_ROUTES);
        model->data.accept_routes.given =
                accept && wattle_boolean_parse(accept, &model->data.accept_routes.value, NULL);
        set_key_text(model, nm_setting_vpn_get_secret(vpn, WATTLE_VPN_SECRET_KEY));
}

/* Of a mesh that is carried, its name counts, and of a new connection the only mesh there is. */
static void complete_mesh(WattleEditorModel *model)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) names = NULL;

        if (is_carried(model) && !model->data.mesh)
                model->data.mesh = g_strdup("mesh");
        if (model->data.mesh)
                return;
        wattle_report_init(&report);
        names = wattle_mesh_list(model->root_fd, &report);
        if (g_strv_length(names) == 1)
                model->data.mesh = g_strdup(names[0]);
}

WattleEditorModel *wattle_editor_model_new(int root_fd, const char *host_name,
                                           NMConnection *connection)
{
        WattleEditorModel *model = g_new0(WattleEditorModel, 1);

        model->root_fd = root_fd;
        model->host_name = g_strdup(host_name);
        wattle_choices_init(&model->meshes);
        wattle_choices_init(&model->devices);
        wattle_choices_init(&model->exit_nodes);
        read_connection(model, connection);
        complete_mesh(model);
        load_mesh(model);
        model->carried = g_strdup(model->data.profile);
        model->carried_invitation = g_strdup(model->data.invitation);
        model->carried_name = g_strdup(model->data.mesh);
        list_all(model);
        update(model);
        return model;
}

void wattle_editor_model_free(WattleEditorModel *model)
{
        if (!model)
                return;
        wattle_choices_clear(&model->meshes);
        wattle_choices_clear(&model->devices);
        wattle_choices_clear(&model->exit_nodes);
        set_key_text(model, NULL);
        g_free(model->key_text);
        wattle_editor_notes_clear(model);
        wattle_editor_summary_clear(model);
        g_free(model->mesh_note.text);
        g_free(model->host_name);
        g_free(model->carried);
        g_free(model->carried_invitation);
        g_free(model->carried_name);
        wattle_mesh_clear(&model->mesh);
        wattle_vpn_data_clear(&model->data);
        g_free(model);
}

static void take_mesh(WattleEditorModel *model, const char *name, const char *profile,
                      const char *invitation)
{
        replace(&model->data.mesh, name);
        replace(&model->data.profile, profile);
        replace(&model->data.invitation, invitation);
        load_mesh(model);
        suit_choices(model);
        list_all(model);
        update(model);
}

static void take_carried(WattleEditorModel *model)
{
        take_mesh(model, model->carried_name, model->carried, model->carried_invitation);
}

void wattle_editor_model_select_mesh(WattleEditorModel *model, const char *id)
{
        g_autofree char *name = g_strdup(id);

        if (strcmp(id, WATTLE_CHOICE_CARRIED) == 0)
                take_carried(model);
        else
                take_mesh(model, name, NULL, NULL);
}

static void take_key(WattleEditorModel *model, const WattleKey *key)
{
        char text[WATTLE_KEY_TEXT_MAX];

        wattle_key_format(key, text);
        wattle_editor_model_set_key(model, text);
        sodium_memzero(text, sizeof text);
}

gboolean wattle_editor_model_open_mesh(WattleEditorModel *model, const char *path, GError **error)
{
        g_auto(WattleMeshFile) file = { 0 };

        if (!wattle_mesh_file_read(path, &file, error))
                return FALSE;
        replace(&model->carried, file.profile);
        replace(&model->carried_invitation, file.invitation);
        replace(&model->carried_name, file.mesh->name);
        take_carried(model);
        if (file.has_key)
                take_key(model, &file.private_key);
        return TRUE;
}

void wattle_editor_model_select_device(WattleEditorModel *model, const char *id)
{
        replace(&model->data.device, *id ? id : NULL);
        update(model);
}

void wattle_editor_model_select_exit_node(WattleEditorModel *model, const char *id)
{
        replace(&model->data.exit_node, *id ? id : NULL);
        update(model);
}

void wattle_editor_model_set_accept_routes(WattleEditorModel *model, gboolean accept)
{
        gboolean by_default = !is_carried(model) && model->mesh.local.accept_routes;

        model->data.accept_routes = (WattleOptionalBoolean){ accept != by_default, accept };
        update(model);
}

void wattle_editor_model_set_key(WattleEditorModel *model, const char *text)
{
        set_key_text(model, text);
        select_device_of_key(model);
        update(model);
}

gboolean wattle_editor_model_load_key(WattleEditorModel *model, const char *path, GError **error)
{
        g_auto(WattleKey) key = { 0 };

        if (!wattle_secret_read(AT_FDCWD, path, &key, error))
                return FALSE;
        take_key(model, &key);
        return TRUE;
}

void wattle_editor_model_make_key(WattleEditorModel *model)
{
        g_auto(WattleKey) key = { 0 };

        wattle_key_generate(&key);
        take_key(model, &key);
}

static const WattleNote *first_error(const WattleEditorModel *model)
{
        for (guint i = 0; i < WATTLE_N_FIELDS; i++)
                if (model->notes[i].kind == WATTLE_NOTE_ERROR)
                        return &model->notes[i];
        return NULL;
}

gboolean wattle_editor_model_is_valid(const WattleEditorModel *model)
{
        return !first_error(model);
}

static NMSettingVpn *ensure_setting(NMConnection *connection)
{
        NMSettingVpn *vpn = nm_connection_get_setting_vpn(connection);

        if (vpn)
                return vpn;
        vpn = NM_SETTING_VPN(nm_setting_vpn_new());
        nm_connection_add_setting(connection, NM_SETTING(vpn));
        return vpn;
}

/* A connection that had no mesh yet is to outlive changes of the network, as an imported one does;
 * later that is its user's to decide. */
gboolean wattle_editor_model_write(const WattleEditorModel *model, NMConnection *connection,
                                   GError **error)
{
        const WattleNote *note = first_error(model);
        WattleVpnData data;
        NMSettingVpn *vpn;

        if (note) {
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_INVALID, note->text);
                return FALSE;
        }
        vpn = ensure_setting(connection);
        if (!nm_setting_vpn_get_data_item(vpn, WATTLE_VPN_KEY_MESH))
                g_object_set(vpn, NM_SETTING_VPN_PERSISTENT, TRUE, NULL);
        data = model->data;
        data.has_key = data.has_key && is_carried(model);
        if (!is_carried(model))
                data.firewall = data.coexist = data.dns = NULL;
        wattle_vpn_data_write(&data, vpn);
        wattle_key_clear(&data.private_key);
        return TRUE;
}
