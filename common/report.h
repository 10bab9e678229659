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

/* Of a fault that is in no file of the admin's. */
#define WATTLE_NO_PLACE ((WattlePlace){ NULL, 0, 0 })

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

/* Faults of one kind beyond this many are counted, not kept: a hostile file may hold millions. The
 * kinds do not share their room, so a report with an error names one. */
#define WATTLE_REPORT_MAX_FAULTS 1000

typedef struct {
        GArray *faults;      /* of WattleFault, in the order found */
        GStringChunk *files; /* the names of their files, each once */
        guint max_faults;    /* of each kind, at least 1; who shows few may lower it */
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

/* Whether one more error would be kept. If not, do not look for what would make it a good one. */
gboolean wattle_report_has_room(const WattleReport *report);

/* Sorts by place: file by file in order of first mention, then by line and column. */
void wattle_report_sort(WattleReport *report);

/* "home.mesh:12:9: Address: 10.9.0.1 is outside 10.7.0.0/16"; a warning has "warning: " before its
 * text. For a terminal or a log: clean, as wattle_text_clean() has it. */
char *wattle_fault_format(const WattleFault *fault);

/* The first error by place that says something, formatted. A report without one is that of a
 * failure which nobody explained, and the text says so: whoever has to give a reason has one. */
char *wattle_report_first_error(WattleReport *report);

/* What a log takes of a report: at most max_faults lines, errors before warnings, each kind by
 * place and no line longer than WATTLE_REPORT_MAX_LINE; then, if that was not all, how many there
 * are more, as an error if one of these is one. */
#define WATTLE_REPORT_MAX_LINE 900 /* bytes; kmsg takes a record of less than 1024, or none */
typedef void (*WattleReportSay)(WattleFaultKind kind, const char *line, gpointer data);
void wattle_report_summarize(WattleReport *report, guint max_faults, WattleReportSay say,
                             gpointer data);

/* A place alone, "home.mesh:12:9", for a text that names a second line. Borrowed by
 * nobody: free it. */
char *wattle_place_format(WattlePlace place);
