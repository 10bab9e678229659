/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The shared mesh as a value: what NAME.mesh says, the same on every host. Read it, check it, and
 * resolve it for one host (common/view.h); text in, text out, nothing else. wattle.mesh(5)
 * describes the format. */
#pragma once

#include "common/arena.h"
#include "common/endpoint.h"
#include "common/ip.h"
#include "common/key.h"
#include "common/report.h"

#define WATTLE_MESH_SUFFIX ".mesh"

/* Limits on what comes from outside; the reader and the check refuse more. */
#define WATTLE_PROFILE_MAX_DEVICES   16384
#define WATTLE_PROFILE_MAX_SUBNETS   16
#define WATTLE_DEVICE_MAX_ADDRESSES  16
#define WATTLE_DEVICE_MAX_CANDIDATES 16 /* public and private endpoints together */
#define WATTLE_DEVICE_MAX_ROUTES     256
#define WATTLE_DEVICE_MAX_ALIASES    16

#define WATTLE_PROFILE_FORMAT      1
#define WATTLE_DEFAULT_LISTEN_PORT 51820
#define WATTLE_MTU_MIN             1280 /* the least that IPv6 works with, RFC 8200, 5 */
#define WATTLE_MTU_MAX             65535

typedef struct {
        WattleAddr value;
        WattlePlace place;
} WattleProfileAddr;

typedef struct {
        WattlePrefix value;
        WattlePlace place;
} WattleProfilePrefix;

typedef struct {
        const char *value;
        WattlePlace place;
} WattleProfileName;

typedef enum {
        WATTLE_CANDIDATE_PUBLIC,
        WATTLE_CANDIDATE_PRIVATE, /* on the device's LAN; always literal */
} WattleCandidateKind;

/* One address where a device may be reached, in the order of the profile. */
typedef struct {
        WattleCandidateKind kind;
        WattleEndpoint endpoint;
        WattlePlace place;
} WattleCandidate;

typedef enum {
        WATTLE_DEVICE_ACTIVE,
        WATTLE_DEVICE_REVOKED, /* nobody's peer; its name and address stay taken */
} WattleDeviceState;

/* Optional scalars say whether they were given; their defaults are decided in resolve.c. */
typedef struct {
        gboolean given;
        guint16 value;
} WattleOptionalU16;

typedef struct {
        gboolean given;
        guint32 value;
} WattleOptionalU32;

typedef struct {
        const char *name; /* a DNS label */
        WattlePlace place;
        WattleKey public_key;
        WattlePlace key_place; /* line 0: PublicKey= is missing */
        WattleProfileAddr *addresses;
        guint n_addresses;
        WattleProfileName *aliases;
        guint n_aliases;
        WattleCandidate *candidates;
        guint n_candidates;
        WattleProfilePrefix *routes;
        guint n_routes;
        WattleOptionalU16 listen_port;
        WattleOptionalU16 keepalive_s; /* 0: off */
        WattleDeviceState state;
        gboolean exit_node;
        gboolean relay;
        gboolean managed; /* runs wattle; yes unless Managed=no */
} WattleDevice;

typedef struct {
        const char *file;   /* for messages; interned, may be NULL */
        WattleArena *arena; /* of all that is pointed to, the devices too */
        const char *name;   /* Name=, or that of the file */
        WattlePlace place;  /* of [Mesh] */
        gboolean has_serial;
        guint64 serial; /* rises with every change, from 1 */
        WattleProfilePrefix *subnets;
        guint n_subnets;
        const char *domain; /* Domain=, or NULL */
        WattleOptionalU16 listen_port;
        WattleOptionalU16 mtu;
        WattleOptionalU16 keepalive_s;
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

/* The rules of the whole mesh, to the report: what is unique, what is inside what. Passes over what
 * was not read. */
void wattle_profile_check(const WattleProfile *profile, WattleReport *report);

/* Read and check in one step, so that one run reports all faults: a good profile, or NULL with at
 * least one error in the report. Bytes that are taken over need not be copied. */
WattleProfile *wattle_profile_load_take(GBytes *bytes, const char *file,
                                        WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
WattleProfile *wattle_profile_load(gconstpointer bytes, gsize size, const char *file,
                                   WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Canonical text: keys in the order of wattle.mesh(5), one device after the other. read(write(p))
 * equals p; Name= is left out if profile->file gives the same name. */
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
