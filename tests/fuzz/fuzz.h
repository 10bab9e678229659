/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the fuzz targets share. A target is libFuzzer's LLVMFuzzerTestOneInput(): any bytes in,
 * and an abort if a promise is broken. Without libFuzzer run-corpus.c runs it over its corpus. */
#pragma once

#include <stdint.h>

#include "common/fileset.h"
#include "common/report.h"
#include "common/view.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A report with an error names one, however small it is, and says no more to a log than it may. */
void fuzz_check_report(WattleReport *report);

/* Whole lines of UTF-8 without control characters. */
void fuzz_check_text(const char *text, gsize size);

/* What a renderer made: below /run, and text. */
void fuzz_check_files(const WattleFileset *files);

/* Renders the view for both owners and every version of systemd, and as wg-quick's file, and checks
 * all that comes out. */
void fuzz_check_view(WattleView *view);
