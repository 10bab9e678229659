/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/code.h"

#include <sodium.h>
#include <string.h>

#include "cli/export/output.h"
#include "cli/print.h"
#include "cli/qr/qr.h"
#include "common/render.h"

/* Without a word that the apps do not need; in libsodium's memory. */
static char *make_text(const WattleView *view, const WattleKey *private_key)
{
        g_auto(WattleKeyedFile) file = { 0 };

        wattle_keyed_file_init(&file);
        file.text.is_bare = TRUE;
        wattle_render_wg_quick(view, NULL, &file);
        return wattle_keyed_file_join(&file, private_key);
}

/* The first n peers, by name. */
static gboolean fits(const WattleView *view, const WattleKey *private_key, guint n)
{
        WattleView few = *view;
        gboolean ok;
        char *text;

        few.n_peers = n;
        text = make_text(&few, private_key);
        ok = strlen(text) <= WATTLE_QR_MAX_BYTES;
        sodium_free(text);
        return ok;
}

static void refuse_length(const WattleView *view, const WattleKey *private_key)
{
        guint n = 0;

        while (n < view->n_peers && fits(view, private_key, n + 1))
                n++;
        wattle_print_error("a code has room for %u peers, and %s has %u: take fewer, by "
                           "--peers=relays or --peers=public, or a file, without --qr",
                           n, view->self.name, view->n_peers);
}

static gboolean write_svg(const WattleQr *qr, const char *picture)
{
        g_autofree char *svg = wattle_qr_svg(qr);
        g_autofree char *text = g_strconcat(WATTLE_EXPORT_SVG_ORIGIN, svg, NULL);
        gboolean ok = wattle_export_write(picture, text, strlen(text));

        sodium_memzero(svg, strlen(svg));
        sodium_memzero(text, strlen(text));
        return ok;
}

static gboolean write_png(const WattleQr *qr, const char *picture)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) png = wattle_qr_png(qr, &error);
        g_autofree guint8 *bytes = NULL;
        gsize head = WATTLE_EXPORT_PNG_ORIGIN_OFFSET, chunk = WATTLE_EXPORT_PNG_ORIGIN_SIZE;
        gboolean ok;

        if (!png) {
                wattle_print_error("%s", error->message);
                return FALSE;
        }
        bytes = g_malloc(png->len + chunk);
        memcpy(bytes, png->data, head);
        memcpy(bytes + head, WATTLE_EXPORT_PNG_ORIGIN, chunk);
        memcpy(bytes + head + chunk, png->data + head, png->len - head);
        ok = wattle_export_write(picture, bytes, png->len + chunk);
        sodium_memzero(bytes, png->len + chunk);
        sodium_memzero(png->data, png->len);
        return ok;
}

static gboolean write_picture(const WattleQr *qr, const char *picture)
{
        return g_str_has_suffix(picture, ".png") ? write_png(qr, picture) : write_svg(qr, picture);
}

static gboolean print_code(const WattleQr *qr)
{
        guint room = wattle_qr_room(), needed = wattle_qr_columns(qr);

        if (room > 0 && needed > room) {
                wattle_print_error("the code is %u columns wide, and this terminal %u: make it "
                                   "wider or its letters smaller, take fewer peers, by --peers=, "
                                   "or a picture, by --qr=FILE.png",
                                   needed, room);
                return FALSE;
        }
        wattle_qr_print(qr);
        return fflush(stdout) == 0;
}

gboolean wattle_export_code(const WattleView *view, const WattleKey *private_key,
                            const char *picture)
{
        char *text = make_text(view, private_key);
        gboolean is_too_long = strlen(text) > WATTLE_QR_MAX_BYTES;
        g_autoptr(WattleQr) qr = NULL;
        g_autoptr(GError) error = NULL;

        if (!is_too_long)
                qr = wattle_qr_encode(text, &error);
        sodium_free(text);
        if (is_too_long) {
                refuse_length(view, private_key);
                return FALSE;
        }
        if (!qr) {
                wattle_print_error("%s", error->message);
                return FALSE;
        }
        if (!(picture ? write_picture(qr, picture) : print_code(qr)))
                return FALSE;
        if (private_key)
                wattle_print(stderr,
                             "This code is a secret: it has the private key of %s. Whoever takes "
                             "a picture of it can be that device.\n",
                             view->self.name);
        else
                wattle_print_error("warning: there is no private key in this code, and the apps "
                                   "take none without: --private-key=FILE puts it in");
        return TRUE;
}
