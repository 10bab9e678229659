/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host has of a mesh that it leaves: the files go here, the interface by 'wattle apply'
 * behind that. */
#pragma once

#include <glib.h>

/* Whether there is something for 'wattle leave' though there is no profile: signers that are
 * trusted, an invitation, or the mark of a run that was killed before the end of its apply. */
gboolean wattle_leave_is_due(int root_fd, const char *mesh);

/* Sets the mark for what is not done (wattle_pending_set()), which the apply that follows clears,
 * and removes the profile, its signature, the last good one and the one that was tried, an
 * invitation, what join and update wrote of settings, and the signers. The Serial= that the mesh
 * had got to stays, so that nobody gives this host an older one if it comes back. May be done again
 * after it was interrupted. The update lock must be held. */
gboolean wattle_leave_remove(int root_fd, const char *mesh,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
