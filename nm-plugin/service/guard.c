/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/guard.h"

#include <NetworkManager.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/file.h"
#include "nm-plugin/service/vpn-filter.h"
#include "nm-plugin/service/vpn-mesh.h"
#include "nm-plugin/service/vpn-names.h"

/* The text of a UUID and its NUL, written at once: a pipe does not tear so little. */
#define MESSAGE_SIZE 37

/* Sets *ret to the last whole message before the other end is closed; "" if there was none. */
static void wait_for_the_end(int fd, char ret[MESSAGE_SIZE])
{
        char message[MESSAGE_SIZE];
        gssize n;

        ret[0] = '\0';
        while ((n = read(fd, message, sizeof message)) != 0) {
                if (n < 0 && errno != EINTR)
                        return;
                if (n == sizeof message)
                        memcpy(ret, message, sizeof message);
        }
        ret[MESSAGE_SIZE - 1] = '\0';
}

/* NetworkManager takes none from a service that ended before it could be asked who it was. */
static gboolean was_never_added(const GError *error)
{
        return g_error_matches(error, NM_SETTINGS_ERROR, NM_SETTINGS_ERROR_INVALID_CONNECTION);
}

static void remove_files(GDBusConnection *bus, const char *uuid)
{
        g_auto(WattleFd) root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

        wattle_vpn_filter_end(bus, root_fd, uuid);
        wattle_vpn_names_end(root_fd, uuid);
        wattle_vpn_mesh_end(root_fd, uuid);
        g_dbus_connection_flush_sync(bus, NULL, NULL);
}

/* If this fails there is nobody left to tell but the journal. */
static void remove_connection(const char *uuid)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
        g_autoptr(GVariant) reply = NULL, deleted = NULL;
        const char *path;

        if (bus)
                reply = g_dbus_connection_call_sync(
                        bus, NM_DBUS_SERVICE, NM_DBUS_PATH_SETTINGS, NM_DBUS_INTERFACE_SETTINGS,
                        "GetConnectionByUuid", g_variant_new("(s)", uuid), G_VARIANT_TYPE("(o)"),
                        G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, &error);
        if (reply) {
                g_variant_get(reply, "(&o)", &path);
                deleted = g_dbus_connection_call_sync(
                        bus, NM_DBUS_SERVICE, path, NM_DBUS_INTERFACE_SETTINGS_CONNECTION, "Delete",
                        NULL, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, &error);
        }
        if (bus && (deleted || was_never_added(error)))
                remove_files(bus, uuid);
        if (deleted)
                g_message("the service ended without a word: its connection is removed");
        else if (was_never_added(error))
                g_message("the service ended without a word, before it had a connection");
        else
                g_warning("the service ended without a word, and its connection could not be "
                          "removed: %s",
                          error->message);
}

static void G_GNUC_NORETURN run_child(int fd)
{
        char uuid[MESSAGE_SIZE];

        /* What is sent to the service's group is not for us. */
        setsid();
        wait_for_the_end(fd, uuid);
        if (uuid[0])
                remove_connection(uuid);
        _exit(EXIT_SUCCESS);
}

gboolean wattle_guard_start(WattleGuard *guard, GError **error)
{
        int fds[2];
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return wattle_error_set_errno(error, errno, "pipe");
        pid = fork();
        if (pid == 0) {
                close(fds[1]);
                run_child(fds[0]);
        }
        close(fds[0]);
        guard->fd = fds[1];
        if (pid > 0)
                return TRUE;
        close(fds[1]);
        return wattle_error_set_errno(error, errno, "fork");
}

void wattle_guard_set(WattleGuard *guard, const char *uuid)
{
        char message[MESSAGE_SIZE] = "";

        g_strlcpy(message, uuid ? uuid : "", sizeof message);
        if (write(guard->fd, message, sizeof message) != sizeof message)
                g_warning("nobody will clear up if this service is killed: %s", g_strerror(errno));
}
