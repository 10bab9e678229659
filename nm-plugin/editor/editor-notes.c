/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/editor/editor-notes.h"

#include <string.h>

#include "common/language.h"
#include "common/paths.h"
#include "common/sys/host.h"
#include "nm-plugin/editor/editor-summary.h"

static void say(WattleEditorModel *model, WattleField field, WattleNoteKind kind,
                const char *format, ...) G_GNUC_PRINTF(4, 5);

/* The first word on a field stands. */
static void say(WattleEditorModel *model, WattleField field, WattleNoteKind kind,
                const char *format, ...)
{
        WattleNote *note = &model->notes[field];
        va_list args;

        if (note->kind != WATTLE_NOTE_NONE)
                return;
        va_start(args, format);
        *note = (WattleNote){ kind, g_strdup_vprintf(format, args) };
        va_end(args);
}

void wattle_editor_notes_clear(WattleEditorModel *model)
{
        for (guint i = 0; i < WATTLE_N_FIELDS; i++) {
                g_free(model->notes[i].text);
                model->notes[i] = (WattleNote){ 0 };
        }
        model->self = NULL;
}

static const WattleDevice *find(const WattleEditorModel *model, const char *name)
{
        return name ? wattle_profile_find_device(model->mesh.profile, name) : NULL;
}

/* Why nobody can be that device; NULL if somebody can. */
static const char *why_not_self(const WattleDevice *device)
{
        if (device->state == WATTLE_DEVICE_REVOKED)
                return _("is revoked: whoever looks after the mesh has taken it out");
        if (!device->managed)
                return _("is a device that runs no wattle (Managed=no in the mesh)");
        return NULL;
}

static void note_self(WattleEditorModel *model, const WattleDevice *device, WattleField field)
{
        const char *why = why_not_self(device);

        model->self = device->name;
        if (why)
                say(model, field, WATTLE_NOTE_ERROR, _("%s %s."), device->name, why);
}

static void note_chosen_device(WattleEditorModel *model, const WattleDevice *of_key)
{
        const WattleDevice *device = find(model, model->data.device);
        g_autofree char *addresses = NULL;

        if (!device) {
                say(model, WATTLE_FIELD_DEVICE, WATTLE_NOTE_ERROR, _("The mesh has no device %s."),
                    model->data.device);
                return;
        }
        note_self(model, device, WATTLE_FIELD_DEVICE);
        if (of_key && of_key != device)
                say(model, WATTLE_FIELD_DEVICE, WATTLE_NOTE_ERROR,
                    _("The private key is that of %s, not of %s."), of_key->name, device->name);
        addresses = wattle_editor_format_addresses(device);
        say(model, WATTLE_FIELD_DEVICE, WATTLE_NOTE_INFO, "%s", addresses);
}

/* As the service does it: the key of a carried mesh tells, or the host's name while there is none.
 */
static void note_automatic_device(WattleEditorModel *model, const WattleDevice *of_key)
{
        const WattleDevice *device = of_key;
        const char *what = "key";
        g_autofree char *addresses = NULL;

        if (!device && !model->data.has_key) {
                device = find(model, model->host_name);
                what = _("name of this computer");
        }
        if (!device) {
                say(model, WATTLE_FIELD_DEVICE, WATTLE_NOTE_WARNING,
                    _("Choose which device of the mesh this is, or give its private key, which "
                      "tells."));
                return;
        }
        note_self(model, device, WATTLE_FIELD_DEVICE);
        addresses = wattle_editor_format_addresses(device);
        say(model, WATTLE_FIELD_DEVICE, WATTLE_NOTE_INFO, _("The %s says %s, %s"), what,
            device->name, addresses);
}

/* The key of an installed mesh is root's: what it says is seen when the mesh is switched on. */
static void note_installed_device(WattleEditorModel *model)
{
        const WattleDevice *device = find(model, model->mesh.local.device.value);

        if (!device)
                device = find(model, model->host_name);
        if (device)
                model->self = device->name;
        say(model, WATTLE_FIELD_DEVICE, WATTLE_NOTE_INFO,
            _("NetworkManager finds out, by the private key or the name of this computer."));
}

static void note_device(WattleEditorModel *model, const WattleDevice *of_key)
{
        if (!model->mesh.profile)
                return;
        if (model->data.device)
                note_chosen_device(model, of_key);
        else if (wattle_vpn_data_is_carried(&model->data))
                note_automatic_device(model, of_key);
        else
                note_installed_device(model);
}

static void note_carried_key(WattleEditorModel *model, const WattleDevice *of_key)
{
        if (model->is_key_bad)
                say(model, WATTLE_FIELD_KEY, WATTLE_NOTE_ERROR,
                    _("This is no private key: that has 44 characters, and = is the last."));
        else if (!model->data.has_key)
                say(model, WATTLE_FIELD_KEY, WATTLE_NOTE_WARNING,
                    _("Without its private key this device cannot connect. Paste it, load it from a "
                      "file, or make a new one."));
        else if (!of_key && model->mesh.profile && model->mesh.profile->invited)
                say(model, WATTLE_FIELD_KEY, WATTLE_NOTE_WARNING,
                    _("The invitation is for another key than this one."));
        else if (!of_key && model->mesh.profile)
                say(model, WATTLE_FIELD_KEY, WATTLE_NOTE_WARNING,
                    _("The mesh does not know this key yet. Send the public key to whoever looks "
                      "after the mesh, and open the new .mesh file here when it comes."));
}

static void note_key(WattleEditorModel *model, const WattleDevice *of_key)
{
        g_autofree char *file = NULL;

        if (wattle_vpn_data_is_carried(&model->data)) {
                note_carried_key(model, of_key);
                return;
        }
        if (!model->data.mesh)
                return;
        file = model->mesh.profile ? wattle_host_key_file(&model->mesh)
                                   : wattle_paths_key(NULL, model->data.mesh);
        say(model, WATTLE_FIELD_KEY, WATTLE_NOTE_INFO,
            _("It is in %s, which root alone reads, and is not shown here."), file);
}

static void note_exit_node(WattleEditorModel *model)
{
        const char *name = model->data.exit_node;
        const WattleDevice *device;

        if (!name || !model->mesh.profile)
                return;
        device = find(model, name);
        if (!device)
                say(model, WATTLE_FIELD_EXIT_NODE, WATTLE_NOTE_ERROR,
                    _("The mesh has no device %s."), name);
        else if (device->state == WATTLE_DEVICE_REVOKED)
                say(model, WATTLE_FIELD_EXIT_NODE, WATTLE_NOTE_ERROR, _("%s is revoked."), name);
        else if (!device->exit_node)
                say(model, WATTLE_FIELD_EXIT_NODE, WATTLE_NOTE_ERROR,
                    _("%s offers no way out: it has no ExitNode=yes in the mesh."), name);
        else if (model->self && strcmp(device->name, model->self) == 0)
                say(model, WATTLE_FIELD_EXIT_NODE, WATTLE_NOTE_ERROR,
                    _("%s is this device itself."), name);
        else
                say(model, WATTLE_FIELD_EXIT_NODE, WATTLE_NOTE_INFO,
                    _("All that leaves this computer goes through %s."), name);
}

static void note_routes(WattleEditorModel *model)
{
        g_autofree char *routes = wattle_editor_format_routes(model);

        if (!model->mesh.profile)
                return;
        say(model, WATTLE_FIELD_ROUTES, WATTLE_NOTE_INFO, "%s",
            *routes ? routes : _("No device of the mesh has any."));
}

void wattle_editor_notes_update(WattleEditorModel *model)
{
        const WattleDevice *of_key = NULL;

        wattle_editor_notes_clear(model);
        if (model->mesh.profile && wattle_vpn_data_is_carried(&model->data) && model->data.has_key)
                of_key = wattle_profile_find_key(model->mesh.profile, &model->public_key_value);
        if (model->mesh_note.text)
                say(model, WATTLE_FIELD_MESH, model->mesh_note.kind, "%s", model->mesh_note.text);
        note_device(model, of_key);
        note_key(model, of_key);
        note_exit_node(model);
        note_routes(model);
}
