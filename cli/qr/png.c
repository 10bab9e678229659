/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <png.h>
#include <sodium.h>

#include "cli/qr/qr.h"
#include "common/error.h"
#include "common/language.h"

#define LIBRARY "libpng16.so.16"

/* Dots of a module, either way. */
#define SCALE 8

typedef struct {
        void *library;
        typeof(&png_image_write_to_memory) write;
} Writer;

static void writer_clear(Writer *writer)
{
        if (writer->library)
                dlclose(writer->library);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Writer, writer_clear)

static gboolean open_writer(Writer *writer, GError **error)
{
        writer->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
        if (writer->library)
                *(void **)&writer->write = dlsym(writer->library, "png_image_write_to_memory");
        if (writer->write)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                    _("%s is not there to draw a PNG: install libpng (on Debian libpng16-16), "
                      "or name the picture .svg"),
                    LIBRARY);
        return FALSE;
}

/* A byte for each dot, 0 is black. */
static guint8 *make_dots(const WattleQr *qr, gsize side)
{
        guint8 *dots = g_malloc(side * side);

        for (gsize y = 0; y < side; y++)
                for (gsize x = 0; x < side; x++)
                        dots[y * side + x] =
                                wattle_qr_is_dark(qr, (int)(x / SCALE) - WATTLE_QR_QUIET,
                                                  (int)(y / SCALE) - WATTLE_QR_QUIET)
                                        ? 0
                                        : 255;
        return dots;
}

GByteArray *wattle_qr_png(const WattleQr *qr, GError **error)
{
        g_auto(Writer) writer = { 0 };
        png_image image = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_GRAY };
        gsize side = (gsize)wattle_qr_columns(qr) * SCALE;
        png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(
                ((png_image){ .width = (guint)side, .height = (guint)side }));
        GByteArray *png = NULL;
        guint8 *dots;

        if (!open_writer(&writer, error))
                return NULL;
        image.width = image.height = (guint)side;
        png = g_byte_array_sized_new((guint)size);
        dots = make_dots(qr, side);
        if (!writer.write(&image, png->data, &size, FALSE, dots, (gint)side, NULL)) {
                wattle_error_refuse(error, "libpng: %s", image.message);
                g_clear_pointer(&png, g_byte_array_unref);
        } else {
                g_byte_array_set_size(png, (guint)size);
        }
        sodium_memzero(dots, side * side);
        g_free(dots);
        return png;
}
