/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/port-table.h"

#include "tests/unit/fixture.h"

static const struct row {
        const char *name;
        WattlePortUse use;
        const char *expected;
} rows[] = {
        { "a device", { .listen_port = 51820 }, "51820/udp by uplink\n" },
        { "a port of its own, and wattled",
          { .listen_port = 4000, .probes = TRUE },
          "4000/udp by uplink\n21822/udp by mesh\n" },
        { "all of it",
          { .listen_port = 51820,
            .relay_ports = { TRUE, 21900, 21999 },
            .beacons = TRUE,
            .probes = TRUE,
            .serves = TRUE },
          "51820/udp by uplink\n21900-21999/udp by uplink\n21821/udp by uplink\n21822/udp by "
          "mesh\n21823/tcp by mesh\n" },
        { "a relay of one port, and the longest text",
          { .listen_port = 65535, .relay_ports = { TRUE, 7, 7 } },
          "65535/udp by uplink\n7/udp by uplink\n" },
        { "a relay of large numbers",
          { .listen_port = 1, .relay_ports = { TRUE, 64512, 65535 } },
          "1/udp by uplink\n64512-65535/udp by uplink\n" },
};

static void table(gconstpointer data)
{
        const struct row *row = data;
        g_autoptr(GString) said = g_string_new(NULL);
        WattlePort ports[WATTLE_N_PORTS];
        guint n = wattle_port_table(&row->use, ports);

        for (guint i = 0; i < n; i++) {
                char text[WATTLE_PORT_TEXT_MAX];

                wattle_port_format(&ports[i], "-", text);
                g_string_append_printf(said, "%s/%s by %s\n", text,
                                       wattle_port_protocol_name(ports[i].protocol),
                                       ports[i].side == WATTLE_PORT_BY_MESH ? "mesh" : "uplink");
        }
        g_assert_cmpstr(said->str, ==, row->expected);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/port-table", rows, table);
        return g_test_run();
}
