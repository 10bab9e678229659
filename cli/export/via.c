/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/via.h"

#include <string.h>

#include "cli/edit.h"
#include "cli/print.h"
#include "common/language.h"
#include "common/profile-set.h"
#include "common/reach.h"

/* NULL with an error in the report. */
static char *change(const WattleEditor *editor, const char *device, const char *relay,
                    WattleReport *report)
{
        const WattleDevice *found = wattle_profile_find_device(editor->profile, device);
        const WattleAssignment assignment = { WATTLE_ASSIGN_SET, (char *)"Via", (char *)relay };
        g_autoptr(GError) error = NULL;
        char *changed;

        changed = wattle_profile_set(editor->text, "Device", found ? found->name : device,
                                     &assignment, &error);
        if (!changed)
                wattle_report_error(report, (WattlePlace){ editor->name, 0, 0 }, "%s",
                                    error->message);
        return changed;
}

gboolean wattle_export_via_write(const WattleCli *cli, const char *operand, const char *device,
                                 const char *relay, const char *signing_key)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleEditor) editor = { 0 };
        g_autoptr(GArray) edits = NULL;
        g_autofree char *changed = NULL, *done = NULL;

        wattle_report_init(&report);
        if (wattle_editor_open(&editor, cli, operand, &report) &&
            wattle_editor_check_signature(&editor, cli, operand, &report))
                changed = change(&editor, device, relay, &report);
        if (changed && strcmp(changed, editor.text) == 0)
                return TRUE;
        if (!changed || !wattle_editor_open_key(&editor, signing_key, &report)) {
                wattle_print_report(&report);
                wattle_print_error("%s is as it was", operand);
                return FALSE;
        }
        edits = wattle_profile_edit_rewrite(editor.text, changed, editor.trust.path != NULL);
        done = g_strdup_printf(_("%s changed, serial %ju; now every device needs the new file"),
                               device, wattle_editor_next_serial(&editor));
        return wattle_editor_apply(&editor, edits, FALSE, stderr, done);
}

void wattle_export_via_advise(const WattleProfile *profile, const char *name)
{
        const WattleDevice *device = wattle_profile_find_device(profile, name), *relay;

        if (!device || !wattle_reach_needs_via(profile, device))
                return;
        relay = wattle_reach_choose_via(profile, device);
        if (relay)
                wattle_print(stderr,
                             "%s will not reach those without PublicEndpoint=: --via=%s writes "
                             "Via= into the mesh, and %s passes on, and sees it in plaintext\n",
                             device->name, relay->name, relay->name);
}
