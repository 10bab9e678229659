/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/refusal.h"

#include <errno.h>
#include <string.h>

/* A rule that is well written is refused with these where the kernel cannot do what it says: it
 * looks for a module, and has none. */
static const int of_kernel[] = { ENOENT, EOPNOTSUPP, EAFNOSUPPORT, EPROTONOSUPPORT };

static gboolean lacks_module(const char *line)
{
        for (guint i = 0; i < G_N_ELEMENTS(of_kernel); i++)
                if (g_str_has_suffix(line, g_strerror(of_kernel[i])))
                        return TRUE;
        return FALSE;
}

/* The first line says all; nft then shows the rule and points to the place. */
char *wattle_refusal_explain(const char *said)
{
        g_auto(GStrv) lines = g_strsplit(said ? said : "", "\n", 2);
        const char *line = lines[0] && *lines[0] ? lines[0] : "refused without a word";

        return g_strconcat(line,
                           lacks_module(line)
                                   ? " (this kernel may lack a module: nf_conntrack, nft_ct, "
                                     "nft_fib_inet, nft_masq or nft_reject_inet)"
                                   : "",
                           NULL);
}
