/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/join/qr.h"

#include <dlfcn.h>
#include <errno.h>
#include <qrencode.h>
#include <string.h>

#include "common/error.h"

#define LIBRARY "libqrencode.so.4"

/* Around the code; ISO/IEC 18004 asks for so many modules. */
#define QUIET 4

typedef struct {
        void *library;
        typeof(&QRcode_encodeData) encode;
        typeof(&QRcode_free) free;
} Encoder;

static void encoder_clear(Encoder *encoder)
{
        if (encoder->library)
                dlclose(encoder->library);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Encoder, encoder_clear)

static gboolean open_encoder(Encoder *encoder, GError **error)
{
        encoder->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
        if (encoder->library) {
                *(void **)&encoder->encode = dlsym(encoder->library, "QRcode_encodeData");
                *(void **)&encoder->free = dlsym(encoder->library, "QRcode_free");
        }
        if (encoder->encode && encoder->free)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                    LIBRARY " is not there to draw the code: install libqrencode (on Debian "
                            "libqrencode4), or take the text");
        return FALSE;
}

/* Dark or not; what is around the code is light. */
static gboolean is_dark(const QRcode *code, int x, int y)
{
        return x >= 0 && y >= 0 && x < code->width && y < code->width &&
               (code->data[y * code->width + x] & 1) != 0;
}

static char *draw_line(const QRcode *code, int y)
{
        static const char *const blocks[] = { " ", "\342\226\204", "\342\226\200", "\342\226\210" };
        GString *line = g_string_new(NULL);

        for (int x = -QUIET; x < code->width + QUIET; x++)
                g_string_append(line, blocks[2 * is_dark(code, x, y) + is_dark(code, x, y + 1)]);
        return g_string_free(line, FALSE);
}

static char **draw(const QRcode *code)
{
        g_autoptr(GPtrArray) lines = g_ptr_array_new();

        for (int y = -QUIET; y < code->width + QUIET; y += 2)
                g_ptr_array_add(lines, draw_line(code, y));
        g_ptr_array_add(lines, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&lines), FALSE);
}

char **wattle_qr_draw(const char *text, GError **error)
{
        g_auto(Encoder) encoder = { 0 };
        QRcode *code;
        char **lines;

        if (!open_encoder(&encoder, error))
                return NULL;
        code = encoder.encode((int)strlen(text), (const unsigned char *)text, 0, QR_ECLEVEL_L);
        if (!code) {
                if (errno == ERANGE)
                        wattle_error_refuse(error, "it is too long for a code: %zu characters",
                                            strlen(text));
                else
                        wattle_error_set_errno(error, errno, "libqrencode");
                return NULL;
        }
        lines = draw(code);
        encoder.free(code);
        return lines;
}

guint wattle_qr_width(char *const *lines)
{
        return (guint)g_utf8_strlen(lines[0], -1);
}
