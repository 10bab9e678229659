/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which device of a profile this host is. Gathering the evidence is common/sys/host.h's; here it is
 * weighed. */
#pragma once

#include "common/profile.h"

/* What speaks for one device or another; each may be missing. Borrowed. */
typedef struct {
        const char *device;          /* Device= of the local settings, or --as */
        WattlePlace device_place;    /* where it was said; line 0 if not in a file */
        const WattleKey *public_key; /* of our private key */
        const char *key_file;        /* where the private key came from, for messages */
        const char *host_name;       /* short, lower case */
} WattleEvidence;

/* The strongest evidence decides: Device=, then the key, then the host name. NULL with an error in
 * the report if none names a device, if a device was named that is not there, if Device= or the
 * host name and the key disagree, or if the device is revoked. */
const WattleDevice *wattle_identify(const WattleProfile *profile, const WattleEvidence *evidence,
                                    WattleReport *report);
