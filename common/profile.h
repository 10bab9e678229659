/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shared mesh as a value: what NAME.mesh says, the same on every host. Read it, check it, and
 * resolve it for one host (common/view.h); text in, text out, nothing else. wattle.mesh(5)
 * describes the format. */
#pragma once

#include "common/arena.h"
#include "common/ip.h"
#include "common/key.h"
#include "common/lineage.h"
#include "common/report.h"
#include "common/signing-key.h"
#include "common/value.h"

#define WATTLE_MESH_SUFFIX ".mesh"

/* Limits on what comes from outside; the reader and the check refuse more. */
#define WATTLE_PROFILE_MAX_DEVICES 16384
#define WATTLE_PROFILE_MAX_SUBNETS 16
#define WATTLE_PROFILE_MAX_SITES   256

#define WATTLE_PROFILE_FORMAT 1

/* An address that several devices are called at, each by a port of its own: a home with one router.
 */
typedef struct {
        const char *name; /* a DNS label */
        WattleSpot place;
        WattleEndpoint address;   /* without a port */
        WattleSpot address_place; /* line 0: PublicAddress= is missing or was not read */
} WattleSite;

typedef enum {
        WATTLE_DEVICE_ACTIVE,
        WATTLE_DEVICE_REVOKED, /* nobody's peer; its name and address stay taken */
} WattleDeviceState;

/* DNS= of an exit node. Of its own, for few devices have any. */
typedef struct {
        const WattleProfileAddr *servers;
        guint16 n;
} WattleNameServers;

/* Hardly more than two cache lines: a check reads all devices some times over. */
typedef struct WattleDevice {
        const char *name; /* a DNS label */
        WattleSpot place;
        WattleKey public_key;
        WattleSpot key_place; /* line 0: PublicKey= is missing */
        WattleProfileAddr *addresses;
        WattleProfileName *aliases;
        WattleCandidate *candidates;
        WattleProfilePrefix *routes;
        guint16 n_addresses, n_aliases, n_candidates, n_routes;
        WattleOptionalU16 listen_port;
        WattleOptionalU16 keepalive_s; /* 0: off */
        WattleDeviceState state;
        gboolean exit_node;
        WattleRelayRole relay;
        gboolean managed;             /* runs wattle; yes unless Managed=no */
        const WattleNameServers *dns; /* NULL: none */
        const WattleProfileName *via; /* Via=, a device by its name; NULL: none */
} WattleDevice;

/* Whose signatures are good for the mesh from this profile on. */
typedef struct {
        WattleSigningKey value;
        WattleSpot place;
} WattleProfileSigner;

typedef struct WattleProfile {
        const char *file;   /* for messages; may be NULL */
        WattleArena *arena; /* of all that is pointed to, the devices too */
        const char *name;   /* Name=, or that of the file */
        gboolean has_name;  /* it is Name= */
        WattleSpot place;   /* of [Mesh] */
        gboolean has_serial;
        guint64 serial; /* rises with every change, from 1 */
        gboolean has_previous;
        WattleTextSum previous; /* of the text that this one was made from */
        WattleSpot previous_place;
        WattleProfileSigner *signing_keys;
        guint16 n_signing_keys;
        WattleProfilePrefix *subnets;
        guint16 n_subnets;
        const char *invited; /* Invitation=, the device that this text is an invitation for; NULL:
                                it is a profile */
        WattleSpot invited_place;
        const char *update_url; /* UpdateURL=, where a newer text may be had; or NULL */
        const char *domain;     /* Domain=, or NULL */
        WattleSpot domain_place;
        WattleOptionalU16 listen_port;
        WattleMtu mtu;
        WattleOptionalU16 keepalive_s;
        WattlePorts relay_ports; /* RelayPorts= */
        WattleSite *sites; /* in the order of the file; endpoints of devices have their addresses
                              in them */
        guint n_sites;
        WattleDevice *devices; /* in the order of the file */
        guint n_devices;
} WattleProfile;

/* Bytes, taken over, to a value. It never fails: it gives what could be read, and the report says
 * what could not (syntax, a bad value, a key that is missing); a profile read with an error is good
 * for wattle_profile_check() alone. file is for messages and, without its folder and suffix, the
 * mesh's name unless Name= says so. */
WattleProfile *wattle_profile_read(GBytes *bytes, const char *file,
                                   WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
void wattle_profile_free(WattleProfile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleProfile, wattle_profile_free)

/* Where something of the profile stands, for a report. */
WattlePlace wattle_profile_place(const WattleProfile *profile, WattleSpot spot);

/* The rules of the whole mesh, to the report: what is unique, what is inside what. Passes over what
 * was not read. */
void wattle_profile_check(const WattleProfile *profile, WattleReport *report);

/* What is legal and perhaps meant so, and is told to who asks for a check alone: devices that
 * cannot meet, and names by which hosts look for others. */
void wattle_profile_advise(const WattleProfile *profile, WattleReport *report);

/* Read and check in one step, so that one run reports all faults: a good profile, or NULL with at
 * least one error in the report. Bytes that are taken over need not be copied. */
WattleProfile *wattle_profile_load_take(GBytes *bytes, const char *file,
                                        WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
WattleProfile *wattle_profile_load(gconstpointer bytes, gsize size, const char *file,
                                   WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The same for the text of an invitation (common/invitation.h), which is no profile, and refused by
 * those above. */
WattleProfile *wattle_profile_load_invitation(GBytes *bytes, const char *file,
                                              WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Canonical text: keys in the order of wattle.mesh(5), one device after the other. read(write(p))
 * equals p; but Name= is left out if profile->file gives the same name. */
char *wattle_profile_write(const WattleProfile *profile);

/* The section of one device alone, appended to text. */
void wattle_device_write(const WattleDevice *device, GString *text);

/* By name or alias, by public key; NULL if there is none. */
const WattleDevice *wattle_profile_find_device(const WattleProfile *profile, const char *name);
const WattleDevice *wattle_profile_find_key(const WattleProfile *profile, const WattleKey *key);

/* The lowest address of a subnet that no device has, revoked ones included; FALSE if it is full. */
gboolean wattle_profile_next_address(const WattleProfile *profile, const WattlePrefix *subnet,
                                     WattleAddr *ret);

/* "home" for "/etc/wattle/home.mesh"; any other suffix stays. */
char *wattle_mesh_name_of_path(const char *path);
