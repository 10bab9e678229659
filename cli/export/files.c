/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/files.h"

#include <string.h>

#include "common/render.h"

static const char *const suffixes[] = {
        [WATTLE_EXPORT_WG_QUICK] = ".conf",
        [WATTLE_EXPORT_NETWORKD] = ".netdev",
        [WATTLE_EXPORT_NM] = ".nmconnection",
        [WATTLE_EXPORT_OPENWRT] = ".uci",
};

const char *wattle_export_suffix(WattleExportFormat format)
{
        return suffixes[format];
}

static WattleKeyedFile *add(WattleExportFiles *files, const char *suffix)
{
        WattleExportFile *file = &files->files[files->n++];

        file->suffix = suffix;
        wattle_keyed_file_init(&file->file);
        return &file->file;
}

void wattle_export_files_make(const WattleView *view, WattleExportFormat format,
                              const WattleExportFiles *before, WattleExportFiles *ret)
{
        const WattleRendered rendered = { before ? before->view : NULL,
                                          before ? &before->files[0].file : NULL };
        WattleKeyedFile *first;

        *ret = (WattleExportFiles){ .view = view };
        first = add(ret, suffixes[format]);
        switch (format) {
        case WATTLE_EXPORT_WG_QUICK:
                wattle_render_wg_quick(view, before ? &rendered : NULL, first);
                break;
        case WATTLE_EXPORT_NETWORKD:
                wattle_render_plain_networkd(view, first, add(ret, ".network"));
                break;
        case WATTLE_EXPORT_NM:
                wattle_render_plain_nm(view, first);
                break;
        case WATTLE_EXPORT_OPENWRT:
                wattle_render_openwrt(view, first);
                break;
        }
}

void wattle_export_files_clear(WattleExportFiles *files)
{
        for (guint i = 0; i < files->n; i++)
                wattle_keyed_file_clear(&files->files[i].file);
        files->n = 0;
}

char *wattle_export_files_name(const WattleExportFiles *files, guint i, const char *first)
{
        const char *suffix = files->files[0].suffix;

        if (files->n == 1)
                return g_strdup(first);
        if (!g_str_has_suffix(first, suffix))
                return NULL;
        return g_strdup_printf("%.*s%s", (int)(strlen(first) - strlen(suffix)), first,
                               files->files[i].suffix);
}
