/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict scalars from text: nothing is guessed, no blank or junk is passed over. Each returns FALSE
 * with a WATTLE_ERROR_INVALID that quotes the text and says what would be right; the result is then
 * untouched. And numbers to text. */
#pragma once

#include <glib.h>

#define WATTLE_MESH_NAME_MAX      63 /* as a DNS label */
#define WATTLE_INTERFACE_NAME_MAX 15 /* IFNAMSIZ - 1, linux/if.h */
#define WATTLE_DNS_LABEL_MAX      63 /* RFC 1035, 2.3.4 */
#define WATTLE_DNS_NAME_MAX       253

gboolean wattle_uint_parse(const char *text, guint64 min, guint64 max, guint64 *ret,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define WATTLE_UINT_TEXT_MAX 21 /* 2^64 - 1, NUL included */

/* Writes decimal digits and a NUL; returns the length without it. */
gsize wattle_uint_format(guint64 value, char text[WATTLE_UINT_TEXT_MAX]);

/* 1 to 65535. */
gboolean wattle_port_parse(const char *text, guint16 *ret,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* yes, no, true, false, on, off, 1, 0: as systemd writes them. */
gboolean wattle_boolean_parse(const char *text, gboolean *ret,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Seconds between keepalives, 1 to 65535, or "off" or 0, which give 0 (wg(8), PersistentKeepalive).
 */
gboolean wattle_keepalive_parse(const char *text, guint16 *ret_s,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A mark for packets and a routing table of that number, decimal or 0x..., 1 to 2^32 - 1, without
 * the kernel's own tables 253 to 255 (linux/rtnetlink.h). */
gboolean wattle_mark_parse(const char *text, guint32 *ret,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One DNS label in lower case, letters, digits and inner hyphens (RFC 1123, 2.1): a device's name
 * or alias. */
gboolean wattle_label_check(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Labels joined by dots, the last one not all digits (that would be a mistyped IPv4 address). */
gboolean wattle_dns_name_check(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define WATTLE_URL_MAX 1024

/* Where a profile may be had: http:// or https://, a host, an absolute path that names a file. No
 * user or password, for whoever reads a profile would read them, and no query, for the signature's
 * address is this one and ".minisig". Characters as RFC 3986, 2 has them; others are written as
 * %XX. */
gboolean wattle_url_check(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* [a-z0-9_-], not beginning with a hyphen, 1 to max characters. It becomes a file, unit and
 * interface name. */
gboolean wattle_identifier_check(const char *text, gsize max,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An identifier of at most WATTLE_INTERFACE_NAME_MAX characters that networkd takes for an
 * interface (ifname_valid() in systemd's basic/socket-util.c): not all digits, nor "all", "default"
 * or "lo". */
gboolean wattle_interface_name_check(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether two words are the same. Letter by letter, for most differ in the first one; and strcmp(),
 * which reads many at a time, has to wait for a NUL that was written behind a word just now. */
static inline gboolean wattle_word_equal(const char *a, const char *b)
{
        for (; *a == *b; a++, b++)
                if (!*a)
                        return TRUE;
        return FALSE;
}

/* The word of a closed list that is closest to text by edit distance, for "did you mean"; NULL if
 * none is close. */
const char *wattle_nearest_word(const char *text, const char *const *words, gsize n_words);
