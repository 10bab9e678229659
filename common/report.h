/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with a text, all of it, each fault with its place. Readers and checks go on after a
 * fault, so that the admin mends a profile in one round; a report with an error in it means that
 * nothing may be done. */
#pragma once

#include <glib.h>

typedef struct {
        const char *file; /* borrowed: a report copies it; NULL if the fault has no file */
        guint32 line;     /* from 1; 0 if unknown */
        guint32 column;   /* from 1, in bytes */
} WattlePlace;

/* A place in a file that is known otherwise: a mesh has tens of thousands of them. */
typedef struct {
        guint32 line;   /* from 1; 0 if unknown */
        guint32 column; /* from 1, in bytes */
} WattleSpot;

typedef enum {
        WATTLE_FAULT_ERROR,
        WATTLE_FAULT_WARNING,
} WattleFaultKind;

typedef struct {
        WattleFaultKind kind;
        WattlePlace place;
        char *text;
} WattleFault;

/* Faults beyond this many are counted, not kept: a hostile file may hold millions. */
#define WATTLE_REPORT_MAX_FAULTS 1000

typedef struct {
        GArray *faults;      /* of WattleFault, in the order found */
        GStringChunk *files; /* the names of their files, each once */
        guint n_errors;      /* all of them, kept or not */
        guint n_warnings;
} WattleReport;

void wattle_report_init(WattleReport *report);
void wattle_report_clear(WattleReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleReport, wattle_report_clear)

void wattle_report_error(WattleReport *report, WattlePlace place, const char *format, ...)
        G_GNUC_PRINTF(3, 4);
void wattle_report_warning(WattleReport *report, WattlePlace place, const char *format, ...)
        G_GNUC_PRINTF(3, 4);

/* Sorts by place: file by file in order of first mention, then by line and column. */
void wattle_report_sort(WattleReport *report);

/* "home.mesh:12:9: Address: 10.9.0.1 is outside 10.7.0.0/16"; a warning has "warning: " before its
 * text. */
char *wattle_fault_format(const WattleFault *fault);

/* The same for a place alone, "home.mesh:12:9", for a text that names a second line. Borrowed by
 * nobody: free it. */
char *wattle_place_format(WattlePlace place);
