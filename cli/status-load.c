/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/status-load.h"

#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/host.h"
#include "common/sys/wireguard.h"

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
                        note(notes, "The interface %s is there, and is none of WireGuard's.",
                             status->interface);
                else if (status->owner == WATTLE_OWNER_NETWORK_MANAGER)
                        note(notes, "There is no interface %s: 'wattle up %s' starts it.",
                             status->interface, status->mesh);
                else
                        note(notes, "There is no interface %s: 'wattle apply %s' makes it.",
                             status->interface, status->mesh);
                break;
        case WATTLE_LINK_DOWN:
                note(notes, "'wattle up %s' starts it.", status->mesh);
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
                note(notes, "The kernel does not tell of %s: %s.", view->interface, error->message);
        else
                note(notes,
                     "How the peers fare the kernel tells root alone: 'sudo wattle status "
                     "%s'. With wattled it tells everybody: 'systemctl start wattled'.",
                     view->mesh);
        return FALSE;
}

static void explain_identity(WattleReport *report)
{
        if (geteuid() != 0)
                wattle_report_error(report, (WattlePlace){ NULL, 0, 0 },
                                    "the private key tells which device this is, and only root "
                                    "may read it: 'sudo wattle status'");
}

gboolean wattle_status_load(WattleStatusSource *source, const char *name, WattleStatus *status,
                            GPtrArray *notes, gboolean *ret_complete, WattleReport *report)
{
        int root_fd = source->cli->root_fd;
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        if (!wattle_mesh_load(&mesh, root_fd, name, report))
                return FALSE;
        view = wattle_host_view(root_fd, &mesh, NULL, WATTLE_OWNER_AUTO, report);
        if (!view) {
                explain_identity(report);
                return FALSE;
        }
        *ret_complete = fill(status, view, mesh.profile, notes);
        if (!mesh.local.enable)
                note(notes, "Its local settings have Enable=no.");
        return TRUE;
}

void wattle_status_wait(G_GNUC_UNUSED WattleStatusSource *source, guint seconds,
                        const sigset_t *mask)
{
        ppoll(NULL, 0, &(struct timespec){ .tv_sec = seconds }, mask);
}

void wattle_status_source_clear(WattleStatusSource *source)
{
        *source = (WattleStatusSource){ 0 };
}
