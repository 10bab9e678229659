/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/editor/editor-summary.h"

#include <string.h>

#include "common/language.h"

static void row_clear(gpointer data)
{
        WattleSummaryRow *row = data;

        g_free(row->name);
        g_free(row->addresses);
        g_free(row->about);
}

void wattle_editor_summary_clear(WattleEditorModel *model)
{
        g_clear_pointer(&model->summary_title, g_free);
        g_clear_pointer(&model->summary, g_array_unref);
}

static void append(GString *list, const char *text)
{
        g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", text);
}

static void append_prefix(GString *list, const WattlePrefix *prefix)
{
        char text[WATTLE_PREFIX_TEXT_MAX];

        wattle_prefix_format(prefix, text);
        append(list, text);
}

char *wattle_editor_format_addresses(const WattleDevice *device)
{
        GString *list = g_string_new(NULL);
        char text[WATTLE_ADDR_TEXT_MAX];

        for (guint i = 0; i < device->n_addresses; i++) {
                wattle_addr_format(&device->addresses[i].value, text);
                append(list, text);
        }
        return g_string_free(list, FALSE);
}

static gboolean is_self(const WattleEditorModel *model, const WattleDevice *device)
{
        return model->self && strcmp(model->self, device->name) == 0;
}

char *wattle_editor_format_routes(const WattleEditorModel *model)
{
        const WattleProfile *profile = model->mesh.profile;
        GString *list = g_string_new(NULL);

        for (guint i = 0; profile && i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];

                if (device->state != WATTLE_DEVICE_ACTIVE || is_self(model, device))
                        continue;
                for (guint j = 0; j < device->n_routes; j++) {
                        append_prefix(list, &device->routes[j].value);
                        g_string_append_printf(list, " (%s)", device->name);
                }
        }
        return g_string_free(list, FALSE);
}

static char *describe(const WattleEditorModel *model, const WattleDevice *device)
{
        GString *list = g_string_new(NULL);

        if (is_self(model, device))
                append(list, _("this device"));
        if (device->state == WATTLE_DEVICE_REVOKED)
                append(list, _("revoked"));
        if (device->exit_node)
                append(list, _("exit node"));
        if (device->relay)
                append(list, _("relay"));
        for (guint i = 0; i < device->n_routes; i++)
                append_prefix(list, &device->routes[i].value);
        if (!device->managed)
                append(list, _("runs no wattle"));
        if (device->via) {
                g_autofree char *via = g_strdup_printf(_("via %s"), device->via->value);

                append(list, via);
        }
        return g_string_free(list, FALSE);
}

static char *describe_mesh(const WattleProfile *profile)
{
        GString *list = g_string_new(NULL);

        g_string_append_printf(list, P_("%s: %u device", "%s: %u devices", profile->n_devices),
                               profile->name, profile->n_devices);
        if (profile->has_serial)
                g_string_append_printf(list, _(", serial %ju"), profile->serial);
        for (guint i = 0; i < profile->n_subnets; i++)
                append_prefix(list, &profile->subnets[i].value);
        return g_string_free(list, FALSE);
}

void wattle_editor_summary_update(WattleEditorModel *model)
{
        const WattleProfile *profile = model->mesh.profile;

        wattle_editor_summary_clear(model);
        model->summary = g_array_new(FALSE, FALSE, sizeof(WattleSummaryRow));
        g_array_set_clear_func(model->summary, row_clear);
        model->summary_title = profile ? describe_mesh(profile) : g_strdup("");
        for (guint i = 0; profile && i < profile->n_devices; i++) {
                const WattleDevice *device = &profile->devices[i];
                WattleSummaryRow row = { g_strdup(device->name),
                                         wattle_editor_format_addresses(device),
                                         describe(model, device) };

                g_array_append_val(model->summary, row);
        }
}
