/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/status/load.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/managers/bus.h"
#include "cli/managers/wattled.h"
#include "cli/status/via.h"
#include "cli/units.h"
#include "cli/update/state.h"
#include "common/error.h"
#include "common/language.h"
#include "common/sys/host.h"
#include "common/sys/kernel/wireguard.h"

#define SYSFS_MAX 4096

static void note(GPtrArray *notes, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void note(GPtrArray *notes, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        g_ptr_array_add(notes, g_strdup_vprintf(format, args));
        va_end(args);
}

/* A file of /sys/class/net, which everybody may read; NULL if there is none. */
static char *read_sysfs(const char *interface, const char *file)
{
        g_autofree char *path = g_strdup_printf("/sys/class/net/%s/%s", interface, file);
        char *text = NULL;

        return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* An interface of another kind is not ours, whatever its name. */
static WattleLinkState link_state(const char *interface, gboolean *ret_is_other)
{
        g_autofree char *kind = read_sysfs(interface, "uevent");
        g_autofree char *flags = read_sysfs(interface, "flags");

        *ret_is_other = kind && !strstr(kind, "DEVTYPE=wireguard\n");
        if (!kind || !flags || *ret_is_other)
                return WATTLE_LINK_ABSENT;
        return g_ascii_strtoull(flags, NULL, 16) & IFF_UP ? WATTLE_LINK_UP : WATTLE_LINK_DOWN;
}

static void note_link(const WattleStatus *status, gboolean is_other, GPtrArray *notes)
{
        switch (status->link) {
        case WATTLE_LINK_ABSENT:
                if (is_other)
                        note(notes, _("The interface %s is there, and is none of WireGuard's."),
                             status->interface);
                else if (status->owner == WATTLE_OWNER_NETWORK_MANAGER)
                        note(notes, _("There is no interface %s: 'wattle up %s' starts it."),
                             status->interface, status->mesh);
                else
                        note(notes, _("There is no interface %s: 'wattle apply %s' makes it."),
                             status->interface, status->mesh);
                break;
        case WATTLE_LINK_DOWN:
                note(notes, _("'wattle up %s' starts it."), status->mesh);
                break;
        case WATTLE_LINK_UP:
        case WATTLE_N_LINK_STATES:
                break;
        }
}

static gboolean read_kernel(const char *interface, WattleWgDevice *device, GError **error)
{
        g_auto(WattleWireguard) wireguard = { 0 };

        return wattle_wireguard_open(&wireguard, error) &&
               wattle_wireguard_get(&wireguard, interface, device, error);
}

/* From the kernel, or what can be said without it. FALSE if it would have more to tell. */
static gboolean fill(WattleStatus *status, const WattleView *view, const WattleProfile *profile,
                     GPtrArray *notes)
{
        g_auto(WattleWgDevice) device = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean is_other, have = FALSE;

        wattle_wg_device_init(&device);
        status->link = link_state(view->interface, &is_other);
        if (status->link != WATTLE_LINK_ABSENT)
                have = read_kernel(view->interface, &device, &error);
        wattle_status_fill(status, view, profile, have ? &device : NULL);
        note_link(status, is_other, notes);
        if (status->link == WATTLE_LINK_ABSENT || have)
                return TRUE;
        if (geteuid() == 0)
                note(notes, _("The kernel does not tell of %s: %s."), view->interface,
                     error->message);
        else
                note(notes,
                     _("How the peers fare the kernel tells root alone: 'sudo wattle status "
                       "%s'. With wattled it tells everybody: 'systemctl start wattled'."),
                     view->mesh);
        return FALSE;
}

static void explain_identity(WattleReport *report)
{
        if (geteuid() != 0)
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "the private key tells which device this is, and only root "
                                    "may read it: 'sudo wattle status'");
}

static void note_open(GPtrArray *notes, const char *name, const WattleConfirm *confirm)
{
        gint64 wait_s = wattle_confirm_wait_s(confirm, g_get_real_time() / G_USEC_PER_SEC);
        g_autofree char *wait = wattle_format_age(wait_s);

        switch (confirm->phase) {
        case WATTLE_CONFIRM_DONE:
        case WATTLE_N_CONFIRM_PHASES:
                break;
        case WATTLE_CONFIRM_TRYING:
                note(notes, _("This profile is new, and is being tried: a peer has to answer under "
                              "it."));
                break;
        case WATTLE_CONFIRM_BACK:
                note(notes,
                     _("A newer profile was just taken back, for no peer answered under it."));
                break;
        case WATTLE_CONFIRM_HELD:
                note(notes,
                     _("A newer profile was taken back, for no peer answered under it or it could not "
                       "be applied; it is tried again in %s, and lies in %s/%s.next."),
                     wait, WATTLE_CONFDIR, name);
                break;
        case WATTLE_CONFIRM_BLIND:
                note(notes,
                     _("This profile is new, and no peer has answered yet, under it or under "
                       "the one before: it is the network."));
                break;
        }
}

/* What root alone may read of newer profiles. */
static void note_update(int root_fd, const char *name, GPtrArray *notes)
{
        g_auto(WattleUpdateState) state = { 0 };
        g_autoptr(GError) error = NULL;

        if (geteuid() != 0)
                return;
        if (!wattle_update_state_load(root_fd, name, &state, &error)) {
                note(notes, "%s.", error->message);
                return;
        }
        note_open(notes, name, &state.confirm);
        if (state.fork_serial > 0)
                note(notes,
                     _("Two people changed the mesh at once: serial %ju of %s does not follow on what was here. Look for the change that is lost, and "
                       "sign both with a higher Serial=."),
                     state.fork_serial, state.fork_from);
}

/* Where wattled has told the rest; the device is of its word. */
static void note_via_of(int root_fd, const char *name, const char *device, GPtrArray *notes)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        wattle_report_init(&unheard);
        if (wattle_mesh_load(&mesh, root_fd, name, WATTLE_LOAD_OR_LAST_GOOD, &unheard))
                view = wattle_host_view(root_fd, &mesh, device, WATTLE_OWNER_AUTO, &unheard);
        if (view)
                wattle_status_note_via(view, notes);
}

static gboolean load_kernel(const WattleStatusSource *source, const char *name,
                            WattleStatus *status, GPtrArray *notes, gboolean *ret_complete,
                            WattleReport *report)
{
        int root_fd = source->cli->root_fd;
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        if (!wattle_mesh_load(&mesh, root_fd, name, WATTLE_LOAD_OR_LAST_GOOD, report))
                return FALSE;
        view = wattle_host_view(root_fd, &mesh, NULL, WATTLE_OWNER_AUTO, report);
        if (!view) {
                explain_identity(report);
                return FALSE;
        }
        *ret_complete = fill(status, view, mesh.profile, notes);
        if (!mesh.local.enable)
                note(notes, _("Its local settings have Enable=no."));
        note_update(root_fd, name, notes);
        wattle_status_note_via(view, notes);
        if (mesh.is_invitation)
                note(notes,
                     _("This host has joined, and the profile is still to come from one of these "
                       "members, who are asked for it."));
        if (mesh.is_last_good)
                note(notes,
                     _("The profile that stands there does not do, and the last good one "
                       "stands in for it: 'wattle check %s' says why."),
                     name);
        return TRUE;
}

/* A bus that is not there is no reason to say nothing. */
static sd_bus *get_bus(WattleStatusSource *source)
{
        g_autoptr(GError) error = NULL;

        if (!source->asked && !wattle_bus_open(&source->bus, &error))
                source->bus = sd_bus_unref(source->bus);
        source->asked = TRUE;
        return source->bus;
}

/* wattled's own addresses are those of the interface, which everybody may read. */
static void take_addresses(WattleStatus *status)
{
        struct ifaddrs *all = NULL;
        WattleAddr found[WATTLE_DEVICE_MAX_ADDRESSES];
        guint n = 0;

        if (!status->interface || getifaddrs(&all) < 0)
                return;
        for (const struct ifaddrs *one = all; one && n < G_N_ELEMENTS(found); one = one->ifa_next) {
                const struct sockaddr_in *v4 = (gconstpointer)one->ifa_addr;
                const struct sockaddr_in6 *v6 = (gconstpointer)one->ifa_addr;
                WattleAddr addr;

                if (!v4 || strcmp(one->ifa_name, status->interface) != 0)
                        continue;
                addr = (WattleAddr){ .family = (guint8)v4->sin_family };
                if (addr.family == AF_INET)
                        memcpy(addr.bytes, &v4->sin_addr, 4);
                else if (addr.family == AF_INET6)
                        memcpy(addr.bytes, &v6->sin6_addr, 16);
                else
                        continue;
                if (!wattle_addr_has_scope(&addr))
                        found[n++] = addr;
        }
        freeifaddrs(all);
        status->addresses = wattle_arena_copy(status->arena, found, n * sizeof *found);
        status->n_addresses = n;
}

static gboolean load_wattled(WattleStatusSource *source, const char *name, WattleStatus *status)
{
        sd_bus *bus = get_bus(source);
        g_autoptr(GError) error = NULL;

        /* One that has no device knows less than the kernel does. */
        if (!bus || !wattle_wattled_is_running(bus) ||
            !wattle_wattled_load(bus, name, status, &error) || !status->device)
                return FALSE;
        take_addresses(status);
        return TRUE;
}

/* What the kernel says and the profile has stays; what wattled alone knows comes to it. */
static void overlay(WattleStatus *status, const WattleStatus *told)
{
        status->wattled = TRUE;
        status->problem = wattle_arena_strdup(status->arena, told->problem);
        status->mapped = told->mapped;
        status->mapping_problem = wattle_arena_strdup(status->arena, told->mapping_problem);
        status->has_relayed = told->has_relayed;
        status->relayed = told->relayed;
        for (guint i = 0, j = 0; i < status->peers->len; i++) {
                WattlePeerStatus *peer = &g_array_index(status->peers, WattlePeerStatus, i);
                const WattlePeerStatus *known = NULL;

                /* Both are sorted by device, those of no device last. */
                while (j < told->peers->len && peer->device && !known) {
                        const WattlePeerStatus *next =
                                &g_array_index(told->peers, WattlePeerStatus, j);
                        int order = strcmp(next->device, peer->device);

                        if (order > 0)
                                break;
                        known = order == 0 ? next : NULL;
                        j++;
                }
                if (!known || !wattle_key_equal(&known->public_key, &peer->public_key))
                        continue;
                peer->path = known->path;
                peer->relay = wattle_arena_strdup(status->arena, known->relay);
                peer->why_relayed = wattle_arena_strdup(status->arena, known->why_relayed);
                peer->introduced_by = wattle_arena_strdup(status->arena, known->introduced_by);
                peer->has_since = known->has_since;
                peer->since_us = known->since_us;
                peer->has_rtt = known->has_rtt;
                peer->rtt_us = known->rtt_us;
                peer->heard_s = known->heard_s;
                peer->serial = known->serial;
                peer->sum = known->sum;
                peer->reason = wattle_arena_strdup(status->arena, known->reason);
        }
}

gboolean wattle_status_load(WattleStatusSource *source, const char *name, WattleStatus *status,
                            GPtrArray *notes, gboolean *ret_complete, WattleReport *report)
{
        g_auto(WattleStatus) told = { 0 };
        gboolean have;

        wattle_status_init(&told);
        have = load_wattled(source, name, &told);
        /* Root sees what the mesh would have and the kernel has not. */
        if (have && geteuid() != 0) {
                note_link(&told, FALSE, notes);
                *ret_complete = TRUE;
                wattle_status_clear(status);
                *status = told;
                told = (WattleStatus){ 0 };
                note_via_of(source->cli->root_fd, name, status->device, notes);
        } else {
                if (!load_kernel(source, name, status, notes, ret_complete, report))
                        return FALSE;
                if (have)
                        overlay(status, &told);
        }
        if (status->mapping_problem)
                note(notes, _("The router is asked for a port, and there is none: %s."),
                     status->mapping_problem);
        if (status->problem && status->link == WATTLE_LINK_UP)
                note(notes, _("wattled does not look after its peers: %s."), status->problem);
        return TRUE;
}

static int on_change(G_GNUC_UNUSED sd_bus_message *signal, G_GNUC_UNUSED void *data,
                     G_GNUC_UNUSED sd_bus_error *error)
{
        return 0; /* that it came wakes us up */
}

/* Takes in what has come; TRUE if something had. */
static gboolean drain(sd_bus *bus)
{
        gboolean any = FALSE;

        while (sd_bus_process(bus, NULL) > 0)
                any = TRUE;
        return any;
}

void wattle_status_wait(WattleStatusSource *source, guint seconds, const sigset_t *mask)
{
        struct pollfd wait = { .fd = -1, .events = POLLIN };

        if (source->bus && !source->watching)
                source->watching = wattle_wattled_watch(source->bus, on_change, NULL, NULL);
        if (source->bus) {
                if (drain(source->bus))
                        return;
                wait.fd = sd_bus_get_fd(source->bus);
        }
        ppoll(&wait, 1, &(struct timespec){ .tv_sec = seconds }, mask);
}

void wattle_status_source_clear(WattleStatusSource *source)
{
        sd_bus_flush_close_unref(source->bus);
        *source = (WattleStatusSource){ 0 };
}
