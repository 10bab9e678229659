/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/scalar.h"

#include <string.h>

#include "common/error.h"
#include "common/language.h"

/* RT_TABLE_DEFAULT, RT_TABLE_MAIN and RT_TABLE_LOCAL of linux/rtnetlink.h. */
#define KERNEL_TABLE_FIRST 253
#define KERNEL_TABLE_LAST  255

gboolean wattle_uint_parse(const char *text, guint64 min, guint64 max, guint64 *ret, GError **error)
{
        guint64 value = 0;
        const char *p = text;

        for (; g_ascii_isdigit(*p); p++) {
                guint digit = (guint)(*p - '0');

                if (value > (max - digit) / 10 || digit > max)
                        break;
                value = value * 10 + digit;
        }
        if (*p || p == text || value < min)
                return wattle_error_refuse(error, "'%s' is not a whole number from %ju to %ju",
                                           text, min, max);
        *ret = value;
        return TRUE;
}

gsize wattle_uint_format(guint64 value, char text[WATTLE_UINT_TEXT_MAX])
{
        char digits[WATTLE_UINT_TEXT_MAX];
        char *p = digits + sizeof digits;
        gsize n;

        *--p = '\0';
        do {
                *--p = (char)('0' + value % 10);
                value /= 10;
        } while (value > 0);
        n = (gsize)(digits + sizeof digits - p);
        memcpy(text, p, n);
        return n - 1;
}

gboolean wattle_port_parse(const char *text, guint16 *ret, GError **error)
{
        guint64 value;

        if (!wattle_uint_parse(text, 1, G_MAXUINT16, &value, NULL))
                return wattle_error_refuse(error, "'%s' is not a port: 1 to 65535", text);
        *ret = (guint16)value;
        return TRUE;
}

gboolean wattle_boolean_parse(const char *text, gboolean *ret, GError **error)
{
        static const char *const yes[] = { "yes", "true", "on", "1", NULL };
        static const char *const no[] = { "no", "false", "off", "0", NULL };

        if (!g_strv_contains(yes, text) && !g_strv_contains(no, text))
                return wattle_error_refuse(error, "'%s' is neither yes nor no", text);
        *ret = g_strv_contains(yes, text);
        return TRUE;
}

gboolean wattle_keepalive_parse(const char *text, guint16 *ret_s, GError **error)
{
        guint64 value = 0;

        if (strcmp(text, "off") != 0 && !wattle_uint_parse(text, 0, G_MAXUINT16, &value, NULL))
                return wattle_error_refuse(
                        error, "'%s' is not a number of seconds: 1 to 65535, or off", text);
        *ret_s = (guint16)value;
        return TRUE;
}

gboolean wattle_mark_parse(const char *text, guint32 *ret, GError **error)
{
        guint64 value = 0;

        if (g_str_has_prefix(text, "0x") && text[2]) {
                const char *p = text + 2;

                for (; g_ascii_isxdigit(*p) && value <= G_MAXUINT32; p++)
                        value = value * 16 + (guint)g_ascii_xdigit_value(*p);
                if (*p)
                        value = 0;
        } else if (!wattle_uint_parse(text, 1, G_MAXUINT32, &value, NULL)) {
                value = 0;
        }
        if (value == 0 || value > G_MAXUINT32)
                return wattle_error_refuse(
                        error,
                        "'%s' is not a mark: 1 to 4294967295, or in hexadecimal 0x1 to 0xffffffff",
                        text);
        /* An exit node's routes go to the table of that number. */
        if (value >= KERNEL_TABLE_FIRST && value <= KERNEL_TABLE_LAST)
                return wattle_error_refuse(
                        error,
                        "'%s' is one of 253 to 255, the kernel's own routing tables: take "
                        "another mark",
                        text);
        *ret = (guint32)value;
        return TRUE;
}

static gboolean label_is_valid(const char *label, gsize length)
{
        if (length == 0 || length > WATTLE_DNS_LABEL_MAX || label[0] == '-' ||
            label[length - 1] == '-')
                return FALSE;
        for (gsize i = 0; i < length; i++)
                if (!g_ascii_islower(label[i]) && !g_ascii_isdigit(label[i]) && label[i] != '-')
                        return FALSE;
        return TRUE;
}

/* The same name as it is written here: in lower case, and without the dot that may end it. */
static char *tame(const char *text)
{
        char *name = g_ascii_strdown(text, -1);

        if (g_str_has_suffix(name, "."))
                name[strlen(name) - 1] = '\0';
        return name;
}

/* For the three faults that people bring from elsewhere. */
static const char *why_wild(const char *text)
{
        for (const char *p = text; *p; p++)
                if (g_ascii_isupper(*p))
                        return _("has upper case");
        return g_str_has_suffix(text, ".") ? _("ends in a dot")
                                           : _("has an underscore, which no host name may have");
}

gboolean wattle_label_check(const char *text, GError **error)
{
        g_autofree char *name = NULL;

        if (label_is_valid(text, strlen(text)))
                return TRUE;
        name = g_strdelimit(tame(text), "_", '-');
        if (label_is_valid(name, strlen(name)))
                return wattle_error_refuse(error, "'%s' %s: write %s", text, why_wild(text), name);
        return wattle_error_refuse(
                error,
                "'%s' is not a DNS label: 1 to 63 of a-z, 0-9 and inner hyphens, in lower case",
                text);
}

/* *ret_last is its last label. */
static gboolean labels_are_valid(const char *name, const char **ret_last)
{
        const char *label = name, *dot;

        for (;; label = dot + 1) {
                dot = strchrnul(label, '.');
                if (!label_is_valid(label, (gsize)(dot - label)))
                        return FALSE;
                if (!*dot)
                        break;
        }
        *ret_last = label;
        return TRUE;
}

/* With an underscore it is another name, which may not even exist: that one is not proposed. */
static gboolean refuse_dns_name(const char *text, GError **error)
{
        g_autofree char *name = tame(text);
        const char *last;

        if (labels_are_valid(name, &last))
                return wattle_error_refuse(error, "'%s' %s: write %s", text, why_wild(text), name);
        g_strdelimit(name, "_", '-');
        if (labels_are_valid(name, &last))
                return wattle_error_refuse(
                        error, "'%s' has an underscore, which no host name may have", text);
        return wattle_error_refuse(error, "'%s' is neither an address nor a DNS name in lower case",
                                   text);
}

gboolean wattle_dns_name_check(const char *text, GError **error)
{
        const char *last;

        if (strlen(text) > WATTLE_DNS_NAME_MAX)
                return wattle_error_refuse(error, "a DNS name has at most %d characters",
                                           WATTLE_DNS_NAME_MAX);
        if (!labels_are_valid(text, &last))
                return refuse_dns_name(text, error);
        if (strspn(last, "0123456789") == strlen(last))
                return wattle_error_refuse(error, "'%s' is not an IPv4 address", text);
        return TRUE;
}

/* The characters of RFC 3986, 2.2 and 2.3, and '%', but for those that begin a query or a fragment.
 */
#define URL_CHARACTERS                                                                             \
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/[]@!$&'()*+,;=%"

/* What follows "https://"; NULL for another scheme. */
static const char *url_host(const char *text)
{
        static const char *const schemes[] = { "https://", "http://" };

        for (guint i = 0; i < G_N_ELEMENTS(schemes); i++)
                if (g_str_has_prefix(text, schemes[i]))
                        return text + strlen(schemes[i]);
        return NULL;
}

gboolean wattle_url_check(const char *text, GError **error)
{
        const char *host = url_host(text);
        gsize host_length;

        if (!host)
                return wattle_error_refuse(error, "'%s' begins with neither https:// nor http://",
                                           text);
        host_length = strcspn(host, "/");
        if (strlen(text) > WATTLE_URL_MAX)
                return wattle_error_refuse(error, "a URL has at most %d characters",
                                           WATTLE_URL_MAX);
        if (text[strspn(text, URL_CHARACTERS)])
                return wattle_error_refuse(error,
                                           "'%s' has a character that no such URL may have: "
                                           "write %%XX for it, and leave out ? and #",
                                           text);
        if (memchr(host, '@', host_length))
                return wattle_error_refuse(error,
                                           "'%s' has a user or a password, which everybody who "
                                           "has the profile would read",
                                           text);
        if (host_length == 0 || !host[host_length] || g_str_has_suffix(text, "/"))
                return wattle_error_refuse(error, "'%s' names no file: https://HOST/PATH/MESH.mesh",
                                           text);
        return TRUE;
}

static gboolean is_identifier(const char *text)
{
        gsize n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");

        return n > 0 && !text[n] && text[0] != '-';
}

gboolean wattle_identifier_check(const char *text, gsize max, GError **error)
{
        g_autofree char *lower = NULL;
        gsize n = strlen(text);

        if (!is_identifier(text)) {
                lower = g_ascii_strdown(text, -1);
                if (is_identifier(lower))
                        return wattle_error_refuse(error, "'%s' has upper case: write %s", text,
                                                   lower);
                return wattle_error_refuse(
                        error, "'%s' has a character other than a-z, 0-9, _ and -", text);
        }
        if (n > max)
                return wattle_error_refuse(
                        error, "'%s' has %zu characters, at most %zu are possible", text, n, max);
        return TRUE;
}

gboolean wattle_interface_name_check(const char *text, GError **error)
{
        static const char *const taken[] = { "all", "default", "lo", NULL };

        if (!wattle_identifier_check(text, WATTLE_INTERFACE_NAME_MAX, error))
                return FALSE;
        if (strspn(text, "0123456789") == strlen(text))
                return wattle_error_refuse(error, "'%s' is all digits, which no interface may be",
                                           text);
        if (g_strv_contains(taken, text))
                return wattle_error_refuse(error, "'%s' means something else to the kernel", text);
        return TRUE;
}

/* Edit distance with the cost of a wrong case at zero: "publickey" is nearest to "PublicKey". */
static guint edit_distance(const char *a, const char *b)
{
        gsize n = strlen(b);
        g_autofree guint *row = g_new(guint, n + 1);

        for (gsize j = 0; j <= n; j++)
                row[j] = (guint)j;
        for (gsize i = 0; a[i]; i++) {
                guint diagonal = row[0];

                row[0] = (guint)i + 1;
                for (gsize j = 0; j < n; j++) {
                        guint same = g_ascii_tolower(a[i]) == g_ascii_tolower(b[j]) ? 0 : 1;
                        guint best = MIN(MIN(row[j], row[j + 1]) + 1, diagonal + same);

                        diagonal = row[j + 1];
                        row[j + 1] = best;
                }
        }
        return row[n];
}

const char *wattle_nearest_word(const char *text, const char *const *words, gsize n_words)
{
        const char *nearest = NULL;
        gsize length = strlen(text);
        guint best = (guint)MIN(length, 24) / 2 + 1; /* half of the letters may be wrong */

        if (length > WATTLE_DNS_LABEL_MAX)
                return NULL;
        for (gsize i = 0; i < n_words; i++) {
                guint distance = edit_distance(text, words[i]);

                if (distance < best) {
                        best = distance;
                        nearest = words[i];
                }
        }
        return nearest;
}
