/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VPN connection that stands at NetworkManager for an installed mesh with Connection=vpn. It
 * names the mesh and no more: the VPN plugin's service reads that at each start, and has
 * NetworkManager make the interface. */
#pragma once

#include <NetworkManager.h>

#include "common/view.h"

/* An entry of its user.data: a digest of all that the interface is to be, the private key only by
 * its public one. The profile of a mesh that changes changes with it, though it only names it, so
 * that 'wattle apply' sees what has to be made anew. */
#define WATTLE_VPN_PROFILE_DIGEST "wattle.digest"

/* A full reference, normalised. */
NMConnection *wattle_vpn_profile_new(const WattleView *view);
