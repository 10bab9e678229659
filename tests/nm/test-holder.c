/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/holder.h"

#include "tests/unit/fixture.h"

#define OURS "4ba9c640-25bd-5149-b72c-badfa45970a7"

/* Objects of NetworkManager's as it shows them, cut down to what counts. */
#define ACTIVE(path, uuid, id, device, state, vpn)                                                 \
        "objectpath '/A/" path "': {'org.freedesktop.NetworkManager.Connection.Active': {"         \
        "'Uuid': <'" uuid "'>, 'Id': <'" id "'>, 'Connection': <objectpath '/S/" path "'>, "       \
        "'Devices': <[objectpath '/D/" device "']>, 'State': <uint32 " state ">, "                 \
        "'Vpn': <" vpn ">}}"
#define DEVICE(path, interface, state)                                                             \
        "objectpath '/D/" path "': {'org.freedesktop.NetworkManager.Device': {"                    \
        "'Interface': <'" interface "'>, 'State': <uint32 " state ">}}"
#define ACTIVATING   "1"
#define ACTIVATED    "2"
#define DEACTIVATING "3"
#define UNMANAGED    "10"
#define DISCONNECTED "30"
#define UP           "100"
#define GOING        "110"

typedef struct {
        const char *name;
        const char *objects;
        const char *active, *profile, *device; /* what is expected */
        gboolean is_up;
        const char *other;
} Row;

static const Row rows[] = {
        { "nobody", DEVICE("1", "eth0", UP), NULL, NULL, NULL, FALSE, NULL },
        { "ours",
          ACTIVE("7", OURS, "vpn (link)", "2", ACTIVATED, "false") ", " DEVICE("2", "home", UP),
          "/A/7", "/S/7", "/D/2", TRUE, NULL },
        { "ours on its way up",
          DEVICE("2", "home", "70") ", " ACTIVE("7", OURS, "x", "2", ACTIVATING, "false"), "/A/7",
          "/S/7", "/D/2", TRUE, NULL },
        { "ours on its way down",
          ACTIVE("7", OURS, "x", "2", DEACTIVATING, "false") ", " DEVICE("2", "home", GOING),
          "/A/7", "/S/7", "/D/2", FALSE, NULL },
        { "ours under another name",
          ACTIVE("7", OURS, "x", "2", ACTIVATED, "false") ", " DEVICE("2", "wg-7", UP), "/A/7",
          "/S/7", "/D/2", FALSE, NULL },
        { "another connection's",
          ACTIVE("8", "u", "home", "2", ACTIVATED, "false") ", " DEVICE("2", "home", UP), NULL,
          NULL, NULL, FALSE, "the connection home" },
        { "another's on its way down",
          ACTIVE("8", "u", "home", "2", DEACTIVATING, "false") ", " DEVICE("2", "home", GOING),
          NULL, NULL, NULL, FALSE, NULL },
        { "not NetworkManager's", DEVICE("2", "home", UNMANAGED), NULL, NULL, NULL, FALSE,
          "another program" },
        { "about to be removed", DEVICE("2", "home", DISCONNECTED), NULL, NULL, NULL, FALSE, NULL },
        { "a VPN that goes out through it",
          ACTIVE("9", "u", "other", "2", ACTIVATED, "true") ", " DEVICE("2", "home", UP), NULL,
          NULL, NULL, FALSE, NULL },
        { "ours and another's",
          ACTIVE("8", "u", "home", "2", ACTIVATED, "false") ", " DEVICE(
                  "2", "home", UP) ", " ACTIVE("7", OURS, "x", "2", ACTIVATED, "false"),
          "/A/7", "/S/7", "/D/2", TRUE, NULL },
        { "what is not understood",
          "objectpath '/A/1': {'org.freedesktop.NetworkManager.Connection.Active': "
          "{'Uuid': <1>, 'State': <'x'>, 'Devices': <1>}}, objectpath '/D/1': "
          "{'org.freedesktop.NetworkManager.Device': {'Interface': <1>}}, objectpath '/': {}",
          NULL, NULL, NULL, FALSE, NULL },
        { "ours without a device",
          "objectpath '/A/1': {'org.freedesktop.NetworkManager.Connection.Active': "
          "{'Uuid': <'" OURS "'>, 'State': <uint32 1>, 'Devices': <@ao []>, "
          "'Connection': <objectpath '/S/1'>}}",
          "/A/1", "/S/1", NULL, FALSE, NULL },
};

static void find(gconstpointer data)
{
        const Row *row = data;
        g_autofree char *text = g_strdup_printf("{%s}", row->objects);
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) objects =
                g_variant_parse(G_VARIANT_TYPE("a{oa{sa{sv}}}"), text, NULL, NULL, &error);
        g_auto(WattleHolder) holder = { 0 };

        g_assert_no_error(error);
        wattle_holder_find(objects, "home", OURS, &holder);
        g_assert_cmpstr(holder.active, ==, row->active);
        g_assert_cmpstr(holder.profile, ==, row->profile);
        g_assert_cmpstr(holder.device, ==, row->device);
        g_assert_cmpint(holder.is_up, ==, row->is_up);
        g_assert_cmpstr(holder.other, ==, row->other);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/holder/find", rows, find);
        return g_test_run();
}
