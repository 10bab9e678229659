/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <qrencode.h>
#include <sodium.h>
#include <string.h>

#include "cli/qr/qr.h"
#include "common/error.h"
#include "common/language.h"

#define LIBRARY "libqrencode.so.4"

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
                    _("%s is not there to draw the code: install libqrencode (on Debian "
                      "libqrencode4), or take the text"),
                    LIBRARY);
        return FALSE;
}

/* The lowest bit of each byte is the module; the others say what it is for. */
static WattleQr *take_modules(const QRcode *code)
{
        gsize size = (gsize)code->width * (gsize)code->width;
        WattleQr *qr = g_new(WattleQr, 1);

        *qr = (WattleQr){ .width = (guint)code->width, .dark = g_malloc(size) };
        for (gsize i = 0; i < size; i++)
                qr->dark[i] = code->data[i] & 1;
        sodium_memzero(code->data, size);
        return qr;
}

WattleQr *wattle_qr_encode(const char *text, GError **error)
{
        g_auto(Encoder) encoder = { 0 };
        QRcode *code;
        WattleQr *qr;

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
        qr = take_modules(code);
        encoder.free(code);
        return qr;
}
