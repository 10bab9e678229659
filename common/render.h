/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A view as the files of one host. Renderers decide nothing and cannot fail: what cannot be written
 * is refused before, by the check or by resolve. The same view gives the same bytes, and no serial
 * or time stands in them: a file that need not change must not, for networkd 257 drops all sessions
 * over a new one. */
#pragma once

#include "common/fileset.h"
#include "common/keyed-file.h"
#include "common/paths.h"
#include "common/view.h"

/* The oldest systemd whose networkd reads what we write. */
#define WATTLE_SYSTEMD_MIN 252

/* What every file of ours begins with, and behind it the name of the profile. */
#define WATTLE_RENDER_ORIGIN_WORDS "Made by wattle from "

/* All files of the host, for either owner. systemd_version is the host's, WATTLE_SYSTEMD_MIN or
 * newer. */
void wattle_render_host(const WattleView *view, guint systemd_version, WattleFileset *files);

/* systemd.netdev(5) and systemd.network(5), or just the word to networkd to keep its hands off what
 * NetworkManager owns. */
void wattle_render_networkd(const WattleView *view, guint systemd_version, WattleFileset *files);

/* Whether networkd of that version finds a private key among systemd's credentials; if not, the key
 * must be in a file. */
gboolean wattle_networkd_takes_credentials(guint systemd_version);

/* NetworkManager.conf(5): on networkd's hosts, the word to NetworkManager to keep its hands off. */
void wattle_render_nm(const WattleView *view, WattleFileset *files);

/* That word of an interface; name is of this file's section alone. */
void wattle_render_nm_hands_off(const char *name, const char *interface, WattleFile *file);

/* nm-settings-keyfile(5): what NetworkManager gets of the mesh if it is the owner, without the key.
 * To be looked at, and no part of wattle_render_host(): the one that is installed has the key in
 * it. */
void wattle_render_nm_connection(const WattleView *view, WattleFileset *files);

/* A setting of the kernel's that the mesh needs. */
typedef enum {
        WATTLE_SYSCTL_RP_FILTER,
        WATTLE_SYSCTL_FORWARDING,
        WATTLE_SYSCTL_SRC_VALID_MARK,
        WATTLE_SYSCTL_FORCE_FORWARDING,
        WATTLE_SYSCTL_SEND_REDIRECTS,
} WattleSysctlKind;

typedef struct {
        WattleSysctlKind kind;
        char name[64]; /* "net.ipv4.conf.home.forwarding" */
        guint value;
        gboolean of_interface; /* without the interface there is none */
} WattleSysctl;

#define WATTLE_MAX_SYSCTLS 7

/* How many there are. */
guint wattle_sysctls(const WattleView *view, WattleSysctl ret[static WATTLE_MAX_SYSCTLS]);

/* Lines of sysctl.d(5) that set them. */
void wattle_render_sysctl_lines(const WattleSysctl *sysctls, guint n, WattleFile *file);

/* sysctl.d(5): these settings. udev applies them when the interface appears, whoever makes it. No
 * file if there is none. */
void wattle_render_sysctl(const WattleView *view, WattleFileset *files);

/* nft(8): the table that wattle-filter holds while the interface is up. No file if there is nothing
 * to filter. */
void wattle_render_filter(const WattleView *view, WattleFileset *files);

/* What wattle-filter asks of the host's own firewall: common/firewall.h reads it. No file if it is
 * to ask nothing. */
void wattle_render_firewall(const WattleView *view, WattleFileset *files);

/* The line "Zones=" of that file, also of a tailnet's. */
void wattle_render_zones(const WattleFirewallChoice *firewall, WattleFile *file);

/* The two files above of a mesh that a VPN connection carries, with the name of the interface in
 * the second; instance is what wattle-filter@ is to be called with. What has a host forward for
 * others is not in them. No file if there is nothing to hold or to ask. */
void wattle_render_carried(const WattleView *view, const char *instance, WattleFileset *files);

/* What the name of the table, of the family inet, begins with: no word of it may be one of nft's
 * own language, and a mesh may be called "count". */
#define WATTLE_FILTER_TABLE_PREFIX "wattle-"

/* hosts(5): every device of the mesh, ourselves included. */
void wattle_render_hosts(const WattleView *view, WattleFileset *files);

/* The same as an index for libnss_wattle: common/names-layout.h. No file if this host does not want
 * the names. */
void wattle_render_names(const WattleView *view, WattleFileset *files);

/* The same for a mesh that a VPN connection carries, by that instance: names with their domain
 * alone, for nothing else in them is the mesh's own. No file where the domain is other people's. */
void wattle_render_carried_names(const WattleView *view, const char *instance,
                                 WattleFileset *files);

/* The same for systemd-resolved, with the records that lead from an address to a name: it has a
 * place for them from systemd 261 on. */
void wattle_render_records(const WattleView *view, guint systemd_version, WattleFileset *files);

/* Four ways to say the same to a device that runs no wattle, of a view that is_exported. The files
 * must be new, and are whole but for the private key. */

/* wg-quick(8), and the WireGuard apps. before may be NULL, or another device's view of the same
 * profile and the file that was made of it here: the sections of peers of whom both files say the
 * same are taken from that, which makes no difference but to the time. */
typedef struct {
        const WattleView *view;
        const WattleKeyedFile *file;
} WattleRendered;
void wattle_render_wg_quick(const WattleView *view, const WattleRendered *before,
                            WattleKeyedFile *file);

/* systemd.netdev(5) and systemd.network(5); the second has no key. */
void wattle_render_plain_networkd(const WattleView *view, WattleKeyedFile *netdev,
                                  WattleKeyedFile *network);

/* nm-settings-keyfile(5). */
void wattle_render_plain_nm(const WattleView *view, WattleKeyedFile *file);

/* Lines for 'uci batch' of OpenWrt, whose proto is wireguard. The interface's name must be good as
 * the name of a section: letters, digits and underscores. */
void wattle_render_openwrt(const WattleView *view, WattleKeyedFile *file);

/* Where a peer is called; nothing if that is not known. A name only for who looks it up: in a file
 * of a host with wattled it would make networkd reset every peer when it resolves. */
void wattle_render_endpoint(const WattleView *view, const WattlePeer *peer, const char *key,
                            WattleFile *file);

/* All devices, ourselves among them, sorted by name: the array is the caller's, the devices are the
 * view's. There are wattle_render_n_devices(). */
const WattleViewDevice **wattle_render_devices(const WattleView *view);
guint wattle_render_n_devices(const WattleView *view);

/* The first line of each file that is text. */
void wattle_render_origin(const WattleView *view, WattleFile *file);
