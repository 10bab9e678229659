/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Edits of a profile as a unified diff, which patch(1) takes. */
#pragma once

#include <stdio.h>

#include "common/profile-edit.h"

void wattle_print_diff(const char *file, const char *text, const GArray *edits, FILE *stream);
