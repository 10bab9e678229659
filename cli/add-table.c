/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/add-table.h"

#include <fcntl.h>
#include <string.h>

#include "cli/device-table.h"
#include "cli/edit.h"
#include "cli/print.h"
#include "common/ini.h"
#include "common/language.h"
#include "common/sys/file.h"

static gboolean read_table(WattleDeviceTable *table, const char *file, const WattleProfile *profile,
                           WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = wattle_read_file(AT_FDCWD, file, WATTLE_INI_MAX_BYTES, &error);

        if (!bytes) {
                wattle_report_error(report, (WattlePlace){ file, 0, 0 }, "%s", error->message);
                return FALSE;
        }
        return wattle_device_table_read(table, g_bytes_get_data(bytes, NULL),
                                        g_bytes_get_size(bytes), file, profile, report);
}

static guint32 count_lines(const char *text)
{
        guint32 n = 0;

        for (; *text; text++)
                n += *text == '\n';
        return n;
}

/* The profile with the sections behind it; NULL with faults at the table's lines. */
static char *append(const WattleEditor *editor, const WattleDeviceTable *table,
                    WattleReport *report)
{
        gboolean whole = g_str_has_suffix(editor->text, "\n");
        g_autofree char *before = g_strconcat(editor->text, whole ? "" : "\n", NULL);
        g_autofree char *changed = g_strconcat(before, table->text, NULL);
        g_auto(WattleReport) faults = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        wattle_report_init(&faults);
        profile = wattle_profile_load(changed, strlen(changed), editor->name, &faults);
        if (profile)
                return g_steal_pointer(&changed);
        wattle_device_table_place(table, count_lines(before), &faults, report);
        return NULL;
}

gboolean wattle_add_table(const WattleCli *cli, const char *operand, const char *file,
                          const char *signing_key, gboolean dry_run)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleEditor) editor = { 0 };
        g_auto(WattleDeviceTable) table = { 0 };
        g_autoptr(GArray) edits = NULL;
        g_autofree char *changed = NULL, *done = NULL;

        wattle_report_init(&report);
        if (wattle_editor_open(&editor, cli, operand, &report) &&
            wattle_editor_check_signature(&editor, cli, operand, &report) &&
            read_table(&table, file, editor.profile, &report))
                changed = append(&editor, &table, &report);
        if (!changed || (!dry_run && !wattle_editor_open_key(&editor, signing_key, &report))) {
                wattle_print_report(&report);
                wattle_print_error("%s is as it was", operand);
                return FALSE;
        }
        edits = wattle_profile_edit_rewrite(editor.text, changed, editor.trust.path != NULL);
        done = g_strdup_printf(
                P_("%u device added, serial %ju; now every device needs the new file",
                   "%u devices added, serial %ju; now every device needs the new file",
                   table.n_devices),
                table.n_devices, wattle_editor_next_serial(&editor));
        return wattle_editor_apply(&editor, edits, dry_run, stdout, done);
}
