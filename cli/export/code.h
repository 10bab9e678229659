/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wg-quick file of a device as a code for a camera: the WireGuard apps read that. */
#pragma once

#include "common/key.h"
#include "common/view.h"

/* On the terminal, or with picture into that file, whose name ends in .svg. private_key may be
 * NULL. FALSE after an error on stderr, which says how many peers have room if they have not all.
 */
gboolean wattle_export_code(const WattleView *view, const WattleKey *private_key,
                            const char *picture) G_GNUC_WARN_UNUSED_RESULT;
