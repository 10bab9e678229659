/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/said.h"

#include <string.h>

#include "common/language.h"

/* As they stand in daemon/ and in update/fetch.c; tests/languages holds the two against each
 * other. */
static const char *const texts[] = {
        /* wattled, of a mesh */
        N_("interface %s has no key yet"),
        N_("interface %s is down"),
        N_("interface %s is not WireGuard's"),
        N_("interface %s: %s"),
        N_("it is not up"),
        N_("there is no interface %s"),
        /* why what goes to a peer is relayed, or why there is no way */
        N_("no direct try was answered: a firewall of one of the two may drop UDP that it has not "
           "asked for"),
        N_("no direct way was tried yet"),
        N_("the NAT here changes the port, as those do that take another for each destination, and "
           "no direct try was answered"),
        N_("the NAT of the peer changes the port, as those do that take another for each "
           "destination, and no direct try was answered"),
        N_("the NATs of both change the port, as those do that take another for each destination, "
           "and no direct try was answered"),
        N_("the relay has not told where the peer is"),
        N_("the relay sees the peer at an address to which there is no way from here"),
        /* of what it was asked to do */
        N_("%s ended with '%s': 'journalctl -u %s' tells why"),
        N_("%s has not ended, as far as systemd tells: 'systemctl status %s' shows how it stands"),
        N_("Not allowed: %s"),
        N_("Not without a password, which nobody was asked for"),
        N_("The endpoint is missing"),
        N_("The mesh %s has no peer %s here"),
        N_("The name is missing"),
        N_("The peer's name is missing"),
        N_("There is no interface %s: 'wattle apply %s' makes it"),
        N_("There is no mesh %s"),
        N_("Too many calls are under way"),
        N_("Too many calls of yours are under way"),
        N_("Too many calls wait for an answer of polkit's"),
        N_("a link-local address comes with the number of its interface, and no other does: "
           "[fe80::1%%3]:51820"),
        N_("it takes a password, and no agent of polkit's is there to ask for it"),
        N_("its local settings have Migrate=no"),
        N_("polkit gives no answer"),
        N_("polkit is not there to ask, so only root may"),
        N_("polkit says no"),
        N_("polkit's answer makes no sense"),
        N_("systemd's answer makes no sense"),
        N_("that is no endpoint of the peer which can be reached from here"),
        N_("the bus does not know who calls"),
        N_("the endpoint is this host itself"),
        N_("the kernel does not have the peer"),
        N_("the method is unknown"),
        N_("the text is too long"),
        N_("there is no socket to send a probe by"),
        N_("too many probes are under way"),
        N_("wattle-relay does not answer"),
        N_("wattled ends"),
        /* wattle-fetch */
        N_("it is larger than %ju bytes"),
        N_("libcurl cannot do that: %s"),
        N_("libcurl does not start"),
        N_("no request came"),
        N_("the server is busy (503): try again"),
        N_("the server says %ld, and not 200"),
        N_("the server sends it compressed, which was not asked for"),
        /* a unit, an interface, or a service, and one of those above */
        "%s: %s",
};

/* The directive of printf's that begins at p, by what is behind it, and the number of its argument
 * if it has one, else 0. */
static const char *skip_directive(const char *p, guint *ret_number)
{
        gsize n = strspn(p + 1, "0123456789");

        *ret_number = n > 0 && p[1 + n] == '$' ? (guint)g_ascii_strtoull(p + 1, NULL, 10) : 0;
        p += 1 + strspn(p + 1, "0123456789$-.jlz");
        return *p ? p + 1 : p;
}

/* Whether format makes text, and of which arguments. */
static gboolean match(const char *format, const char *text, GPtrArray *arguments)
{
        gsize n = strcspn(format, "%");
        guint number;

        if (strncmp(format, text, n) != 0)
                return FALSE;
        format += n;
        text += n;
        if (!*format)
                return !*text;
        if (format[1] == '%')
                return *text == '%' && match(format + 2, text + 1, arguments);
        format = skip_directive(format, &number);
        for (n = 1; n <= strlen(text); n++) {
                g_ptr_array_add(arguments, g_strndup(text, n));
                if (match(format, text + n, arguments))
                        return TRUE;
                g_ptr_array_set_size(arguments, (gint)arguments->len - 1);
        }
        return FALSE;
}

static void append(GString *text, const char *argument)
{
        g_autofree char *translated = wattle_said_translate(argument);

        g_string_append(text, translated);
}

static char *fill(const char *format, const GPtrArray *arguments)
{
        GString *text = g_string_new(NULL);
        guint next = 0, number;

        while (*format) {
                gsize n = strcspn(format, "%");

                g_string_append_len(text, format, (gssize)n);
                format += n;
                if (format[0] == '%' && format[1] == '%') {
                        g_string_append_c(text, '%');
                        format += 2;
                } else if (*format) {
                        format = skip_directive(format, &number);
                        number = number > 0 ? number - 1 : next++;
                        if (number < arguments->len)
                                append(text, g_ptr_array_index(arguments, number));
                }
        }
        return g_string_free(text, FALSE);
}

char *wattle_said_fill(const char *format, const char *other, const char *text)
{
        g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);

        return match(format, text, arguments) ? fill(other, arguments) : NULL;
}

char *wattle_said_translate(const char *text)
{
        for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
                char *translated = wattle_said_fill(texts[i], _(texts[i]), text);

                if (translated)
                        return translated;
        }
        return g_strdup(text);
}
