/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A profile that is offered in the place of the one this host has, by a member, a web server or a
 * file, none of which is trusted: the signature is. Pure: bytes in, a verdict out. */
#pragma once

#include "common/key.h"
#include "common/lineage.h"
#include "common/profile.h"
#include "common/sys/trust.h"

typedef enum {
        WATTLE_OFFER_TAKE,
        WATTLE_OFFER_HAVE,       /* it is the text that is here */
        WATTLE_OFFER_OLDER,      /* than what this host has, or has had */
        WATTLE_OFFER_TWIN,       /* another text of the same Serial=: two people signed at once */
        WATTLE_OFFER_HELD,       /* it was taken back a while ago, and is to be tried again later */
        WATTLE_OFFER_JUMP,       /* so far ahead that it takes a person's word */
        WATTLE_OFFER_WITHOUT_US, /* this device is not in it, or revoked: likewise */
        WATTLE_OFFER_BAD,        /* it does not verify, or is no good profile of this mesh */
} WattleOfferVerdict;

/* What this host has, and is. Borrowed. */
typedef struct {
        const char *mesh;
        const WattleTrust *trust;
        WattleLineage installed; /* serial 0: nothing, or a text without one */
        guint64 floor; /* the highest Serial= that was kept here, the mesh's removal survived, or
                          that of the invitation; where nothing is installed the same may come again
                        */
        gboolean may_jump;         /* a person's word for WATTLE_OFFER_JUMP was given */
        const WattleLineage *held; /* the text that was taken back, or NULL */
        const WattleKey *self;     /* this device's public key; NULL if there is none yet */
} WattleOfferHost;

typedef struct {
        GBytes *text, *signature;
        char *name;             /* of the text, as messages call it */
        WattleProfile *profile; /* read and checked; NULL: WATTLE_OFFER_BAD */
        WattleLineage lineage;  /* of the text */
        WattleSigningKey signer;
        gboolean is_fork; /* it follows on another text than ours: the change of ours is lost */
} WattleOffer;

void wattle_offer_clear(WattleOffer *offer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleOffer, wattle_offer_clear)

/* text, signature and name must be set, the rest zeroed. Faults of WATTLE_OFFER_BAD go to the
 * report, each with its line; the other verdicts are no faults. Initialises libsodium. */
WattleOfferVerdict wattle_offer_judge(WattleOffer *offer, const WattleOfferHost *host,
                                      WattleReport *report);

/* Why it is not taken, for people, beginning with the Serial= that it has. Free it. NULL for
 * WATTLE_OFFER_TAKE, and WATTLE_OFFER_BAD, whose reasons are in the report. */
char *wattle_offer_describe(const WattleOffer *offer, const WattleOfferHost *host,
                            WattleOfferVerdict verdict);

/* The devices whose keys the old profile lets in and the new one does not: removed, revoked or with
 * another key. An array of WattleKey. */
GArray *wattle_offer_revoked(const WattleProfile *old, const WattleProfile *new);
