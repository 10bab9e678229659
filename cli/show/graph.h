/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who can reach whom in a mesh, and how, as a graph for graphviz (dot(1)): what its profile says,
 * the same on every host. wattle(1) says what lines and colours mean. */
#pragma once

#include <stdio.h>

#include "common/profile.h"

void wattle_show_graph(const WattleProfile *profile, FILE *stream);
