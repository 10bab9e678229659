/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command makes of a NetworkManager that is on its way somewhere, was given connections by
 * others, or keeps what it should not. */
#include <string.h>

#include "cli/apply/nm.h"
#include "cli/managers/nm-settings.h"
#include "cli/managers/nm-switch.h"
#include "cli/managers/nm.h"
#include "common/nm-profile.h"
#include "common/paths.h"
#include "common/sys/bus.h"
#include "common/sys/file.h"
#include "tests/bus/fake-nm.h"

#define THEIRS "c0ffee00-0000-4000-8000-000000000001"

enum {
        ACTIVATING = 1,
        ACTIVATED,
        DEACTIVATING,
        DEACTIVATED
};

typedef struct {
        const char *name;
        guint32 state, then, reason;
        WattleNmSettled settled;
        const char *error;
        guint32 forged;
} SettleRow;

static const SettleRow settle_rows[] = {
        { "up", ACTIVATED, 0, 0, WATTLE_NM_WAS_UP, NULL, 0 },
        { "on its way up", ACTIVATING, ACTIVATED, 0, WATTLE_NM_CAME_UP, NULL, 0 },
        { "on its way down", DEACTIVATING, DEACTIVATED, 2, WATTLE_NM_IS_GONE, NULL, 0 },
        { "fails on its way up", ACTIVATING, DEACTIVATED, 5, 0, "the addresses could not be set",
          0 },
        { "key", ACTIVATING, DEACTIVATED, 10, 0, "the private key is missing or wrong", 0 },
        { "service", ACTIVATING, DEACTIVATED, 4, 0, "the VPN plugin's service ended", 0 },
        { "no reason", ACTIVATING, DEACTIVATED, 77, 0, "NetworkManager gave up", 0 },
        { "somebody says that it is up", ACTIVATING, DEACTIVATED, 5, 0,
          "the addresses could not be set", ACTIVATED },
        { "somebody says that it failed", ACTIVATING, ACTIVATED, 0, WATTLE_NM_CAME_UP, NULL,
          DEACTIVATED },
};

static void settle(gconstpointer data)
{
        const SettleRow *row = data;
        g_auto(FakeNm) nm = { .actives = { { .uuid = g_strdup(THEIRS),
                                             .state = row->state,
                                             .then = row->then,
                                             .reason = row->reason,
                                             .forged = row->forged } } };
        g_autofree char *active = NULL;
        g_autoptr(GError) error = NULL;
        WattleNmSettled settled = WATTLE_NM_IS_GONE;
        gboolean ok;

        fake_nm_start(&nm);
        g_assert_true(wattle_nm_find_active(nm.bus, THEIRS, &active, &error));
        g_assert_nonnull(active);
        ok = wattle_nm_settle(nm.bus, active, &settled, &error);
        g_assert_true(ok == !row->error);
        if (ok)
                g_assert_cmpint(settled, ==, row->settled);
        else
                g_assert_true(g_str_has_prefix(error->message, row->error));
}

typedef struct {
        const char *name;
        const char *mesh, *profile, *service;
        gboolean vpn_is_gone; /* after a restart of NetworkManager its link alone is there */
        gboolean is_ours;
} VpnRow;

static const VpnRow vpn_rows[] = {
        { "names it", "home", NULL, NULL, FALSE, TRUE },
        { "link alone", "home", NULL, NULL, TRUE, TRUE },
        { "empty profile", "home", "", NULL, FALSE, TRUE },
        { "carries one", "home", "[Mesh]\n", NULL, FALSE, FALSE },
        { "another mesh", "work", NULL, NULL, FALSE, FALSE },
        { "another's VPN", "home", NULL, "org.freedesktop.NetworkManager.openvpn", FALSE, FALSE },
};

/* The interface of a VPN that a user made for the mesh is the mesh's. */
static void their_vpn(gconstpointer data)
{
        const VpnRow *row = data;
        g_auto(Root) root = { 0 };
        g_auto(WattleNmFacts) facts = { 0 };
        g_auto(FakeNm) nm = {
                .connections = { { .uuid = g_strdup("eth"), .file = "/eth" },
                                 { .uuid = g_strdup(THEIRS),
                                   .mesh = row->mesh,
                                   .profile = row->profile,
                                   .other_service = row->service } },
                .actives = { { .uuid = row->vpn_is_gone ? NULL : g_strdup(THEIRS),
                               .state = ACTIVATED },
                             { .uuid = wattle_nm_link_uuid(THEIRS),
                               .state = ACTIVATED,
                               .interface = "home" } },
        };
        g_autoptr(GError) error = NULL;
        gboolean removed;

        root_init(&root);
        fake_nm_start(&nm);
        g_assert_true(
                wattle_nm_apply_look(&(WattleNmMesh){ root.fd, nm.bus, "home" }, &facts, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(facts.interface, ==, row->is_ours ? "home" : NULL);
        g_assert_true((facts.theirs != NULL) == row->is_ours);
        g_assert_true(!row->is_ours || g_str_has_suffix(facts.theirs, "/1"));
        /* A mesh that goes takes it down, and leaves the user's connection. */
        g_assert_true(wattle_nm_apply_remove(&(WattleNmMesh){ root.fd, nm.bus, "home" }, &facts,
                                             FALSE, &removed, &error));
        g_assert_false(removed);
        fake_nm_stop(&nm);
        g_assert_cmpstr(nm.calls->str, ==,
                        !row->is_ours      ? ""
                        : row->vpn_is_gone ? "deactivate 1\n"
                                           : "deactivate 0\n");
}

typedef struct {
        const char *name;
        const char *profile, *service;
        gboolean vpn_is_on, link_is_on, is_hidden;
        gboolean is_told;
} CarriedRow;

static const CarriedRow carried_rows[] = {
        { "up", "[Mesh]\n", NULL, TRUE, TRUE, FALSE, TRUE },
        { "link alone", "[Mesh]\n", NULL, FALSE, TRUE, FALSE, TRUE },
        { "off", "[Mesh]\n", NULL, FALSE, FALSE, FALSE, FALSE },
        { "names an installed one", NULL, NULL, TRUE, TRUE, FALSE, FALSE },
        { "another's VPN", "[Mesh]\n", "org.freedesktop.NetworkManager.openvpn", TRUE, TRUE, FALSE,
          FALSE },
        { "another user's", "[Mesh]\n", NULL, TRUE, TRUE, TRUE, FALSE },
};

/* Who asks for a mesh is told of one that a VPN connection has inside. */
static void carried(gconstpointer data)
{
        const CarriedRow *row = data;
        g_auto(FakeNm) nm = {
                .connections = { { .uuid = g_strdup("eth"), .file = "/eth" },
                                 { .uuid = g_strdup(THEIRS),
                                   .mesh = "work",
                                   .profile = row->profile,
                                   .other_service = row->service,
                                   .is_hidden = row->is_hidden } },
                .actives = { { .uuid = row->vpn_is_on ? g_strdup(THEIRS) : NULL,
                               .state = ACTIVATED },
                             { .uuid = row->link_is_on ? wattle_nm_link_uuid(THEIRS) : NULL,
                               .state = ACTIVATED,
                               .interface = "work" } },
        };
        g_autoptr(GPtrArray) found = NULL;
        g_autoptr(GError) error = NULL;

        fake_nm_start(&nm);
        g_assert_true(wattle_nm_list_inline_meshes(nm.bus, &found, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(found->len, ==, row->is_told);
        if (row->is_told) {
                const WattleNmInlineMesh *one = g_ptr_array_index(found, 0);

                g_assert_cmpstr(one->mesh, ==, "work");
                g_assert_cmpstr(one->connection, ==, "home"); /* what the fake calls each */
        }
        fake_nm_stop(&nm);
}

enum {
        IS_DOWN,
        IS_UP,
        IS_COMING,
        IS_GOING,
        LINK_ALONE
};

/* Connection 0 is wattle's own, 1 that of a user. */
typedef struct {
        const char *name;
        WattleConnectionKind kind;
        gboolean has_ours, up;
        int ours, theirs;
        const char *calls, *error;
        gboolean changed;
} SwitchRow;

#define VPN     WATTLE_CONNECTION_VPN
#define NATIVE  WATTLE_CONNECTION_NATIVE
#define NO_OURS "NetworkManager does not have it yet: 'wattle apply home' as root"

static const SwitchRow switch_rows[] = {
        { "up", VPN, TRUE, TRUE, IS_DOWN, IS_DOWN, "activate 0\n", NULL, TRUE },
        { "up already", VPN, TRUE, TRUE, IS_UP, IS_DOWN, "", NULL, FALSE },
        { "up, its link is there", VPN, TRUE, TRUE, LINK_ALONE, IS_DOWN, "activate 0\n", NULL,
          TRUE },
        { "up, theirs is", VPN, TRUE, TRUE, IS_DOWN, IS_UP, "", NULL, FALSE },
        { "up, theirs is coming", VPN, TRUE, TRUE, IS_DOWN, IS_COMING, "", NULL, TRUE },
        { "up, theirs is going", VPN, TRUE, TRUE, IS_DOWN, IS_GOING, "activate 0\n", NULL, TRUE },
        { "up, their link is there", VPN, TRUE, TRUE, IS_DOWN, LINK_ALONE, "activate 1\n", NULL,
          TRUE },
        { "up, not applied", VPN, FALSE, TRUE, IS_DOWN, IS_DOWN, "", NO_OURS, FALSE },
        { "up, native", NATIVE, TRUE, TRUE, IS_DOWN, IS_DOWN, "activate 0\n", NULL, TRUE },
        { "up, native, theirs is", NATIVE, TRUE, TRUE, IS_DOWN, IS_UP, "", NULL, FALSE },
        { "down", VPN, TRUE, FALSE, IS_UP, IS_DOWN, "deactivate 0\n", NULL, TRUE },
        { "down already", VPN, TRUE, FALSE, IS_DOWN, IS_DOWN, "", NULL, FALSE },
        { "down, its link", VPN, TRUE, FALSE, LINK_ALONE, IS_DOWN, "deactivate 0\n", NULL, TRUE },
        { "down, theirs", VPN, TRUE, FALSE, IS_DOWN, IS_UP, "deactivate 1\n", NULL, TRUE },
        { "down, theirs alone", VPN, FALSE, FALSE, IS_DOWN, IS_UP, "deactivate 1\n", NULL, TRUE },
        { "down, their link", VPN, TRUE, FALSE, IS_DOWN, LINK_ALONE, "deactivate 1\n", NULL, TRUE },
        { "down, not applied", VPN, FALSE, FALSE, IS_DOWN, IS_DOWN, "", NO_OURS, FALSE },
        { "down, native", NATIVE, TRUE, FALSE, IS_UP, IS_DOWN, "deactivate 0\n", NULL, TRUE },
        { "down, native, theirs", NATIVE, TRUE, FALSE, IS_DOWN, IS_UP, "deactivate 1\n", NULL,
          TRUE },
};

static FakeActive make_active(int state, const char *uuid)
{
        FakeActive active = { .state = ACTIVATED, .interface = "home" };

        if (state == IS_DOWN)
                return (FakeActive){ 0 };
        if (state == IS_COMING) {
                active.state = ACTIVATING;
                active.then = ACTIVATED;
        } else if (state == IS_GOING) {
                active.state = DEACTIVATING;
                active.then = DEACTIVATED;
        }
        active.uuid = state == LINK_ALONE ? wattle_nm_link_uuid(uuid) : g_strdup(uuid);
        return active;
}

/* A VPN that a user made for the mesh is the mesh's, while it has the interface. */
static void switch_it(gconstpointer data)
{
        const SwitchRow *row = data;
        g_autofree char *uuid =
                row->kind == VPN ? wattle_nm_vpn_uuid("home") : wattle_nm_profile_uuid("home");
        g_auto(FakeNm) nm = {
                .connections = { { .uuid = row->has_ours ? g_strdup(uuid) : NULL,
                                   .mesh = row->kind == VPN ? "home" : NULL },
                                 { .uuid = g_strdup(THEIRS), .mesh = "home" } },
                .actives = { make_active(row->ours, uuid), make_active(row->theirs, THEIRS) },
        };
        WattleSwitch what = { .mesh = "home", .connection = row->kind, .up = row->up };
        g_autoptr(GError) error = NULL;
        gboolean ok;

        fake_nm_start(&nm);
        what.bus = nm.bus;
        ok = wattle_switch_at_nm(&what, &error);
        check_error(ok, &error, row->error);
        g_assert_true(what.changed == row->changed);
        fake_nm_stop(&nm);
        g_assert_cmpstr(nm.calls->str, ==, row->calls);
}

typedef struct {
        const char *name;
        char *(*uuid)(const char *mesh);
        gboolean has_file, is_kept;
        const char *calls;
} CopyRow;

static const CopyRow copy_rows[] = {
        { "native", wattle_nm_profile_uuid, FALSE, FALSE, "delete 0\n" },
        { "VPN", wattle_nm_vpn_uuid, FALSE, FALSE, "delete 0\n" },
        { "beside the file", wattle_nm_profile_uuid, TRUE, FALSE, "reload\ndelete 0\n" },
        { "stays", wattle_nm_profile_uuid, FALSE, TRUE, "" },
};

/* What NetworkManager made of an edited connection has the private key, and goes with the mesh. */
static void copy(gconstpointer data)
{
        const CopyRow *row = data;
        g_auto(Root) root = { 0 };
        g_auto(WattleNmFacts) facts = { 0 };
        g_auto(FakeNm) nm = { .connections = { { .uuid = row->uuid("home"),
                                                 .file = "/etc/copy.nmconnection",
                                                 .is_kept = row->is_kept } } };
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, "home");
        g_autoptr(GError) error = NULL;
        gboolean removed = FALSE, ok;

        root_init(&root);
        if (row->has_file)
                root_put(&root, path, "", 0600);
        fake_nm_start(&nm);
        g_assert_true(
                wattle_nm_apply_look(&(WattleNmMesh){ root.fd, nm.bus, "home" }, &facts, &error));
        ok = wattle_nm_apply_remove(&(WattleNmMesh){ root.fd, nm.bus, "home" }, &facts, FALSE,
                                    &removed, &error);
        g_assert_true(ok == !row->is_kept && removed == ok);
        g_assert_true(ok || strstr(error->message, "in /etc/copy.nmconnection (") != NULL);
        fake_nm_stop(&nm);
        g_assert_cmpstr(nm.calls->str, ==, row->calls);
}

/* A writer that was killed may have left a file beside the profile, and in it the private key: that
 * alone is reason enough to take the mesh from NetworkManager. */
static void left_by_a_writer(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleNmFacts) facts = { 0 };
        g_auto(FakeNm) nm = { 0 };
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, "home");
        g_autofree char *left = g_strconcat(path, WATTLE_NEW_SUFFIX, NULL), *list = NULL;
        g_autoptr(GError) error = NULL;
        gboolean removed = TRUE;

        root_init(&root);
        root_put(&root, left, "key", 0600);
        fake_nm_start(&nm);
        g_assert_true(
                wattle_nm_apply_look(&(WattleNmMesh){ root.fd, nm.bus, "home" }, &facts, &error));
        g_assert_true(facts.has_profile);
        g_assert_true(wattle_nm_apply_remove(&(WattleNmMesh){ root.fd, nm.bus, "home" }, &facts,
                                             FALSE, &removed, &error));
        g_assert_false(removed);
        list = root_list(&root);
        g_assert_cmpstr(list, ==, "");
        fake_nm_stop(&nm);
}

typedef struct {
        const char *name, *profile, *running;
        gboolean differs;
        const char *calls;
} ZoneRow;

static const ZoneRow zone_rows[] = {
        { "same", "home", "home", FALSE, "reapply, zone home\n" },
        { "other", "home", "public", TRUE, "reapply, zone home\n" },
        { "new", "home", NULL, TRUE, "reapply, zone home\n" },
        { "none now", NULL, "home", TRUE, "reapply, zone none\n" },
        { "never any", NULL, NULL, FALSE, "reapply, zone none\n" },
};

static void zone(gconstpointer data)
{
        const ZoneRow *row = data;
        g_autofree char *uuid = wattle_nm_profile_uuid("home");
        g_auto(FakeNm) nm = {
                .connections = { { .uuid = g_strdup(uuid), .zone = row->profile } },
                .actives = { { .uuid = g_strdup(uuid),
                               .state = ACTIVATED,
                               .interface = "home",
                               .zone = row->running } },
        };
        g_autoptr(GHashTable) endpoints = g_hash_table_new(g_str_hash, g_str_equal);
        g_autofree char *connection = NULL, *active = NULL;
        g_autoptr(GError) error = NULL;
        WattleNmDifference difference;

        fake_nm_start(&nm);
        g_assert_true(wattle_nm_find(nm.bus, uuid, &connection, &error));
        g_assert_true(wattle_nm_find_active(nm.bus, uuid, &active, &error));
        g_assert_true(wattle_nm_compare(nm.bus, connection, active, &difference, &error));
        g_assert_true(difference.zone == row->differs && !difference.link &&
                      !difference.addresses && !difference.routing);
        g_assert_true(wattle_nm_reapply(nm.bus, connection, active, endpoints, &error));
        fake_nm_stop(&nm);
        g_assert_cmpstr(nm.calls->str, ==, row->calls);
}

typedef struct {
        const char *name;
        const char *method, *address;
        guint32 metric;
        gboolean is_address_last, has_mtu;
        gboolean is_wide; /* the metric is of another type */
        gboolean is_equal, is_method_equal;
} EqualRow;

static const EqualRow equal_rows[] = {
        { "same", "manual", "10.0.0.1", 50, FALSE, FALSE, FALSE, TRUE, TRUE },
        { "another order", "manual", "10.0.0.1", 50, TRUE, FALSE, FALSE, TRUE, TRUE },
        { "another text", "auto", "10.0.0.1", 50, FALSE, FALSE, FALSE, FALSE, FALSE },
        { "another number", "manual", "10.0.0.1", 51, FALSE, FALSE, FALSE, FALSE, TRUE },
        { "another type", "manual", "10.0.0.1", 50, FALSE, FALSE, TRUE, FALSE, TRUE },
        { "another address within", "manual", "10.0.0.2", 50, FALSE, FALSE, FALSE, FALSE, TRUE },
        { "one address less", "manual", NULL, 50, FALSE, FALSE, FALSE, FALSE, TRUE },
        { "one key more", "manual", "10.0.0.1", 50, FALSE, TRUE, FALSE, FALSE, TRUE },
};

static void append_addresses(sd_bus_message *settings, const char *address)
{
        sd_bus_message_open_container(settings, 'e', "sv");
        sd_bus_message_append(settings, "s", "address-data");
        sd_bus_message_open_container(settings, 'v', "aa{sv}");
        sd_bus_message_open_container(settings, 'a', "a{sv}");
        if (address)
                sd_bus_message_append(settings, "a{sv}", 2, "address", "s", address, "prefix", "u",
                                      24);
        sd_bus_message_close_container(settings);
        sd_bus_message_close_container(settings);
        sd_bus_message_close_container(settings);
}

static sd_bus_message *make_settings(sd_bus *bus, const EqualRow *row)
{
        sd_bus_message *settings = NULL;

        g_assert_cmpint(sd_bus_message_new_signal(bus, &settings, "/a", "a.b", "C"), >=, 0);
        sd_bus_message_open_container(settings, 'a', "{sa{sv}}");
        sd_bus_message_append(settings, "{sa{sv}}", "connection", 1, "id", "s", row->name);
        sd_bus_message_open_container(settings, 'e', "sa{sv}");
        sd_bus_message_append(settings, "s", "ipv4");
        sd_bus_message_open_container(settings, 'a', "{sv}");
        if (!row->is_address_last)
                append_addresses(settings, row->address);
        sd_bus_message_append(settings, "{sv}", "method", "s", row->method);
        if (row->is_wide)
                sd_bus_message_append(settings, "{sv}", "metric", "t", (guint64)row->metric);
        else
                sd_bus_message_append(settings, "{sv}", "metric", "u", row->metric);
        if (row->has_mtu)
                sd_bus_message_append(settings, "{sv}", "mtu", "u", 1420);
        if (row->is_address_last)
                append_addresses(settings, row->address);
        sd_bus_message_close_container(settings);
        sd_bus_message_close_container(settings);
        sd_bus_message_close_container(settings);
        g_assert_cmpint(sd_bus_message_seal(settings, 1, 0), >=, 0);
        return settings;
}

static void equal(gconstpointer data)
{
        static const char *const method[] = { "method", NULL }, *const none[] = { "zone", NULL };
        const EqualRow *row = data;
        g_auto(FakeNm) nm = { 0 };
        AUTO_BUS_MESSAGE *a = NULL, *b = NULL;

        fake_nm_start(&nm);
        a = make_settings(nm.bus, &equal_rows[0]);
        b = make_settings(nm.bus, row);
        g_assert_true(wattle_nm_settings_equal(a, b, "ipv4", NULL) == row->is_equal);
        g_assert_true(wattle_nm_settings_equal(b, a, "ipv4", NULL) == row->is_equal);
        g_assert_true(wattle_nm_settings_equal(a, b, "ipv4", method) == row->is_method_equal);
        g_assert_true(wattle_nm_settings_equal(a, b, "ipv4", none));
        g_assert_true(wattle_nm_settings_equal(a, b, "ipv6", NULL));
        a = sd_bus_message_unref(a);
        b = sd_bus_message_unref(b);
        fake_nm_stop(&nm);
}

static void add(const char *group, const char *name, gconstpointer row, GTestDataFunc test)
{
        g_autofree char *path = g_strconcat("/nm/", group, "/", name, NULL);

        g_test_add_data_func(path, row, test);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(settle_rows); i++)
                add("settle", settle_rows[i].name, &settle_rows[i], settle);
        for (guint i = 0; i < G_N_ELEMENTS(vpn_rows); i++)
                add("their-vpn", vpn_rows[i].name, &vpn_rows[i], their_vpn);
        for (guint i = 0; i < G_N_ELEMENTS(carried_rows); i++)
                add("carried", carried_rows[i].name, &carried_rows[i], carried);
        for (guint i = 0; i < G_N_ELEMENTS(switch_rows); i++)
                add("switch", switch_rows[i].name, &switch_rows[i], switch_it);
        for (guint i = 0; i < G_N_ELEMENTS(copy_rows); i++)
                add("copy", copy_rows[i].name, &copy_rows[i], copy);
        g_test_add_func("/nm/left-by-a-writer", left_by_a_writer);
        for (guint i = 0; i < G_N_ELEMENTS(zone_rows); i++)
                add("zone", zone_rows[i].name, &zone_rows[i], zone);
        for (guint i = 0; i < G_N_ELEMENTS(equal_rows); i++)
                add("equal", equal_rows[i].name, &equal_rows[i], equal);
        return g_test_run();
}
