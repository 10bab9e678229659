/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tailscale/machine.h"
#include "tailscale/notify.h"
#include "tests/fuzz/fuzz.h"

typedef struct {
        WattleTailscaleMachine machine;
        guint n_logins;
} Seen;

static void on_line(const char *line, gsize size, gpointer data)
{
        WattleTailscaleEvent event = { .kind = WATTLE_TAILSCALE_EVENT_STATE };
        Seen *seen = data;

        g_assert_cmpuint(size, <=, WATTLE_TAILSCALE_LINE_MAX);
        if (!wattle_tailscale_notify_state(line, size, &event.state))
                return;
        g_assert_cmpuint(event.state, <, WATTLE_TAILNET_N_STATES);
        seen->n_logins += wattle_tailscale_step(&seen->machine, event) == WATTLE_TAILSCALE_LOG_IN;
}

/* Whatever tailscaled says, and however it comes, there is one login at most. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_auto(WattleTailscaleLines) lines = { 0 };
        Seen seen = { .machine = { .has_key = TRUE, .has_settings = TRUE } };

        wattle_tailscale_lines_init(&lines);
        wattle_tailscale_lines_feed(&lines, (const char *)bytes, size / 2, on_line, &seen);
        wattle_tailscale_lines_feed(&lines, (const char *)bytes + size / 2, size - size / 2,
                                    on_line, &seen);
        g_assert_cmpuint(seen.n_logins, <=, 1);
        return 0;
}
