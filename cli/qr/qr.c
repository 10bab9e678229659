/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/qr/qr.h"

#include <sodium.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/print.h"

void wattle_qr_free(WattleQr *qr)
{
        if (!qr)
                return;
        sodium_memzero(qr->dark, (gsize)qr->width * qr->width);
        g_free(qr->dark);
        g_free(qr);
}

gboolean wattle_qr_is_dark(const WattleQr *qr, int x, int y)
{
        int width = (int)qr->width;

        return x >= 0 && y >= 0 && x < width && y < width && qr->dark[y * width + x];
}

guint wattle_qr_columns(const WattleQr *qr)
{
        return qr->width + 2 * WATTLE_QR_QUIET;
}

guint wattle_qr_room(void)
{
        struct winsize size;

        return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col
                                                                                     : 0;
}

static void print_line(const WattleQr *qr, int y)
{
        static const char *const blocks[] = { " ", "\342\226\204", "\342\226\200", "\342\226\210" };
        g_autoptr(GString) line = g_string_new(NULL);

        for (int x = -WATTLE_QR_QUIET; x < (int)qr->width + WATTLE_QR_QUIET; x++)
                g_string_append(
                        line,
                        blocks[2 * wattle_qr_is_dark(qr, x, y) + wattle_qr_is_dark(qr, x, y + 1)]);
        wattle_print_styled(stdout, WATTLE_STYLE_PAPER, line->str);
        wattle_print(stdout, "\n");
        sodium_memzero(line->str, line->len);
}

void wattle_qr_print(const WattleQr *qr)
{
        for (int y = -WATTLE_QR_QUIET; y < (int)qr->width + WATTLE_QR_QUIET; y += 2)
                print_line(qr, y);
}

/* A rectangle for each run of dark modules in a row: a square for each would be twice as long. */
static void add_row(const WattleQr *qr, int y, GString *path)
{
        for (int x = 0; x < (int)qr->width; x++) {
                int n = 0;

                while (wattle_qr_is_dark(qr, x + n, y))
                        n++;
                if (n > 0)
                        g_string_append_printf(path, "M%d %dh%dv1h-%dz\n", x + WATTLE_QR_QUIET,
                                               y + WATTLE_QR_QUIET, n, n);
                x += n;
        }
}

char *wattle_qr_svg(const WattleQr *qr)
{
        guint side = qr->width + 2 * WATTLE_QR_QUIET;
        GString *svg = g_string_new(NULL);

        g_string_append_printf(svg,
                               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" "
                               "height=\"%u\" viewBox=\"0 0 %u %u\" "
                               "shape-rendering=\"crispEdges\">\n"
                               "<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n"
                               "<path d=\"",
                               8 * side, 8 * side, side, side, side, side);
        for (int y = 0; y < (int)qr->width; y++)
                add_row(qr, y, svg);
        g_string_append(svg, "\"/>\n</svg>\n");
        return g_string_free(svg, FALSE);
}
