/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is written of local settings on a host that joins by an invitation. */
#pragma once

#include "common/profile.h"

/* Behind the mesh's name. */
#define WATTLE_JOINED_SUFFIX ".mesh.d/50-joined.conf"

/* Of a mesh that has no place for this device any more: Enable=no. */
#define WATTLE_LEFT_SUFFIX ".mesh.d/90-left.conf"

/* That the mesh is to be up; and which device this host is, where its key does not say so
 * (is_key_hidden) or its name is that of another device of the profile: identity would be in doubt
 * (common/identity.h). */
gboolean wattle_joined_write_settings(int root_fd, const char *mesh, const WattleProfile *profile,
                                      const WattleDevice *device, gboolean is_key_hidden,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
