/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As much of NetworkManager on a bus as the VPN service calls, for its tests. It remembers what it
 * was asked for, and answers as it is told to. */
#pragma once

#include <NetworkManager.h>

#define FAKE_ACTIVE  "/org/freedesktop/NetworkManager/ActiveConnection/7"
#define FAKE_PROFILE "/org/freedesktop/NetworkManager/Settings/7"
#define FAKE_DEVICE  "/org/freedesktop/NetworkManager/Devices/7"

typedef struct {
        const char *method; /* "Method", or "Method@1" for its first call alone */
        const char *error;  /* the D-Bus name */
} FakeFailure;

#define FAKE_N_OBJECTS 6

typedef struct {
        GDBusConnection *bus;
        guint objects_on_bus[FAKE_N_OBJECTS]; /* as GDBus registered them */
        GString *calls;     /* "Method" a line, with its flags if it has some: "Update2 0x18" */
        GVariant *added;    /* the settings of the last AddConnection2() or Update2() with some */
        GVariant *objects;  /* what GetManagedObjects() says */
        GVariant *settings; /* what GetSettings() says */
        guint32 state;      /* of the active connection, when asked */
        const FakeFailure *failures; /* up to one without a method; NULL: none */
        const char *holds;           /* a method that is not answered before fake_nm_release() */
        GDBusMethodInvocation *held;
} FakeNm;

/* Owns NetworkManager's name on the bus of that address. */
void fake_nm_init(FakeNm *nm, const char *address);
/* Leaves the bus. */
void fake_nm_clear(FakeNm *nm);

guint fake_nm_count(const FakeNm *nm, const char *method);
void fake_nm_release(FakeNm *nm);
void fake_nm_tell_state(FakeNm *nm, NMActiveConnectionState state,
                        NMActiveConnectionStateReason reason);
