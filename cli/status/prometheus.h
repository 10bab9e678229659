/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status of meshes as Prometheus reads it: its text format 0.0.4, which node_exporter takes
 * from files (prometheus.io/docs/instrumenting/exposition_formats). wattle(1) lists the metrics. */
#pragma once

#include <stdio.h>

#include "common/status.h"

/* Each metric once, with the samples of all meshes. now_us is CLOCK_REALTIME. The peers' state has
 * to be known of all of them: zeros that are none would look like counters that began anew. */
void wattle_status_prometheus(const WattleStatus *const *statuses, guint n, gint64 now_us,
                              FILE *stream);
