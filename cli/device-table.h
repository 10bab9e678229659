/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices in a table, a record each: the first line has the names of keys as wattle.mesh(5) has
 * them, and Device for the device's own name. As sections of a profile. */
#pragma once

#include "common/profile.h"

typedef struct {
        char *text; /* the sections, each behind a blank line */
        guint n_devices;
        GArray *line_of;  /* of guint32: the table's line for each line of text */
        const char *file; /* of the table, for messages; borrowed */
} WattleDeviceTable;

void wattle_device_table_clear(WattleDeviceTable *table);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleDeviceTable, wattle_device_table_clear)

/* A device without an address gets the next free ones of the profile. table must be zeroed. FALSE
 * with errors in the report: what is wrong with the table; whether the sections are good is found
 * out by reading them. */
gboolean wattle_device_table_read(WattleDeviceTable *table, const char *csv, gsize size,
                                  const char *file, const WattleProfile *profile,
                                  WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Faults of a profile that has n_before lines before the sections, told at the table's lines. */
void wattle_device_table_place(const WattleDeviceTable *table, guint32 n_before,
                               const WattleReport *from, WattleReport *to);
