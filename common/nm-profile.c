/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/nm-profile.h"

#include <string.h>

char *wattle_nm_profile_path(const char *mesh)
{
        return g_strdup_printf("run/NetworkManager/system-connections/wattle-%s.nmconnection",
                               mesh);
}

char *wattle_nm_profile_uuid(const char *mesh)
{
        /* Drawn once at random, for meshes at NetworkManager. */
        static const guint8 name_space[16] = { 0x4d, 0x1b, 0x6a, 0x0e, 0x93, 0x57, 0x4c, 0x2f,
                                               0xa8, 0xd0, 0x5e, 0x71, 0xc4, 0x39, 0x8b, 0x26 };
        g_autoptr(GChecksum) sha1 = g_checksum_new(G_CHECKSUM_SHA1);
        guint8 u[20];
        gsize size = sizeof u;

        g_checksum_update(sha1, name_space, sizeof name_space);
        g_checksum_update(sha1, (const guint8 *)mesh, (gssize)strlen(mesh));
        g_checksum_get_digest(sha1, u, &size);
        u[6] = (u[6] & 0x0f) | 0x50;
        u[8] = (u[8] & 0x3f) | 0x80;
        return g_strdup_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                               "%02x%02x%02x%02x%02x%02x",
                               u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10],
                               u[11], u[12], u[13], u[14], u[15]);
}
