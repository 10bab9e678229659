/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'wattle import tailnet': what tailscaled or a file tells, as the text of a profile. */
#pragma once

#include <glib.h>

typedef struct {
        char *const *subnets; /* PREFIX...; NULL: one is chosen */
        gboolean keeps_addresses;
} WattleTailnetImport;

/* file as wattle_tailnet_ask() has it. NULL with an error. */
char *wattle_tailnet_import(const char *file, const WattleTailnetImport *how, GError **error);
