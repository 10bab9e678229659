/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/nm-profile.h"

#include <string.h>

/* RFC 9562, 5.5. */
static char *make_uuid(const guint8 name_space[16], const char *name)
{
        g_autoptr(GChecksum) sha1 = g_checksum_new(G_CHECKSUM_SHA1);
        guint8 u[20];
        gsize size = sizeof u;

        g_checksum_update(sha1, name_space, 16);
        g_checksum_update(sha1, (const guint8 *)name, (gssize)strlen(name));
        g_checksum_get_digest(sha1, u, &size);
        u[6] = (u[6] & 0x0f) | 0x50;
        u[8] = (u[8] & 0x3f) | 0x80;
        return g_strdup_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                               "%02x%02x%02x%02x%02x%02x",
                               u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10],
                               u[11], u[12], u[13], u[14], u[15]);
}

char *wattle_nm_profile_uuid(const char *mesh)
{
        /* Drawn once at random, for meshes at NetworkManager. */
        static const guint8 name_space[16] = { 0x4d, 0x1b, 0x6a, 0x0e, 0x93, 0x57, 0x4c, 0x2f,
                                               0xa8, 0xd0, 0x5e, 0x71, 0xc4, 0x39, 0x8b, 0x26 };

        return make_uuid(name_space, mesh);
}

char *wattle_nm_vpn_uuid(const char *mesh)
{
        /* Drawn once at random, for meshes that are a VPN at NetworkManager. */
        static const guint8 name_space[16] = { 0x2e, 0x8f, 0x1d, 0x57, 0xb0, 0x64, 0x49, 0xca,
                                               0x93, 0x1e, 0x7d, 0x08, 0xf5, 0x3a, 0xc2, 0x91 };

        return make_uuid(name_space, mesh);
}

char *wattle_nm_link_uuid(const char *vpn_uuid)
{
        /* Drawn once at random, for the links of VPN connections. */
        static const guint8 name_space[16] = { 0x9d, 0x0c, 0x54, 0xf3, 0x6a, 0x0e, 0x4d, 0x3b,
                                               0x8a, 0x55, 0x2f, 0x0a, 0x5f, 0x1f, 0x7c, 0x61 };

        return make_uuid(name_space, vpn_uuid);
}
