/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a member gives, held against the connection of who was invited. */
#include "nm-plugin/service/newer.h"

#include <sodium.h>
#include <string.h>

#include "cli/update/source.h"
#include "common/nm-profile.h"
#include "nm-plugin/vpn-data.h"
#include "tests/unit/fixture.h"
#include "tests/unit/signed.h"

/* A key pair of nobody's. */
#define PRIVATE "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="
#define PUBLIC  "sNCPNbRoM4FImvsygl5ZFS1H0ZvJ4FDW1alUmEydHiw="

#define US "[Device laptop]\nPublicKey=" PUBLIC "\nAddress=10.42.0.1\n"
#define NAS                                                                                        \
        "[Device nas]\nPublicKey=" KEY_B                                                           \
        "\nAddress=10.42.0.2 fd00::2\nPublicEndpoint=198.51.100.7:4\n"
#define VPS          "[Device vps]\nPublicKey=" KEY_C "\nAddress=10.42.0.3\nPublicEndpoint=198.51.100.8:4\n"
#define HEAD(serial) "[Mesh]\nName=home\nSerial=" serial "\nSubnet=10.42.0.0/16 fd00::/64\n"
#define TINY         HEAD("7") "Invitation=laptop\n" US NAS VPS
#define FULL(serial) HEAD(serial) US NAS VPS

static WattleSigningSecret *ours, *others;

static NMConnection *make_vpn(const char *invitation, const char *profile, const char *key)
{
        NMConnection *vpn = nm_simple_connection_new();
        NMSettingVpn *setting = NM_SETTING_VPN(nm_setting_vpn_new());

        nm_setting_vpn_add_data_item(setting, WATTLE_VPN_KEY_MESH, "home");
        if (invitation)
                nm_setting_vpn_add_data_item(setting, WATTLE_VPN_KEY_INVITATION, invitation);
        if (profile)
                nm_setting_vpn_add_data_item(setting, WATTLE_VPN_KEY_PROFILE, profile);
        if (key)
                nm_setting_vpn_add_secret(setting, WATTLE_VPN_SECRET_KEY, key);
        nm_connection_add_setting(vpn, NM_SETTING(setting));
        return vpn;
}

static WattleNewer *newer_of(const char *invitation, const char *profile, const char *key)
{
        g_autoptr(NMConnection) vpn = make_vpn(invitation, profile, key);

        return wattle_newer_new(vpn);
}

/* present NULL: the connection has nothing but the invitation. error NULL: it is taken. */
static const struct {
        const char *name, *present, *offered;
        gboolean by_others;
        const char *error;
} rows[] = {
        { "all of the mesh", NULL, FULL("7"), FALSE, NULL },
        { "a newer one than the invitation", NULL, FULL("9"), FALSE, NULL },
        { "an older one", NULL, FULL("6"), FALSE, "serial 6 is older than what this host has, 7" },
        { "signed by another", NULL, FULL("7"), TRUE,
          "nas: it is signed with key OTHERS, which is not trusted here" },
        { "another mesh", NULL, "[Mesh]\nName=office\nSerial=7\nSubnet=10.42.0.0/16 fd00::/64\n" US,
          FALSE, "nas:1:1: this is the mesh office, not home" },
        { "without this device", NULL, HEAD("7") NAS VPS, FALSE,
          "serial 7 has no place for this device: it was removed or revoked, or got another key" },
        { "too far ahead", FULL("8"), FULL("2000000"), FALSE,
          "serial 2000000 is more than 1000000 ahead of 8: if that is meant, import its file" },
        { "the one that is here", FULL("8"), FULL("8"), FALSE, "serial 8 is what this host has" },
        { "a newer one than that", FULL("8"), FULL("9"), FALSE, NULL },
        { "older than what is here", FULL("8"), FULL("7"), FALSE,
          "serial 7 is older than what this host has, 8" },
};

/* Which one it is differs in each run. */
static void hide_key(GError *error)
{
        char id[WATTLE_SIGNING_ID_TEXT_MAX];
        g_autoptr(GString) text = g_string_new(error->message);
        WattleSigningKey key;

        wattle_signing_secret_get_public(others, &key);
        wattle_signing_id_format(key.id, id);
        g_string_replace(text, id, "OTHERS", 0);
        g_free(error->message);
        error->message = g_string_free(g_steal_pointer(&text), FALSE);
}

static void judge(gconstpointer data)
{
        const typeof(rows[0]) *row = data;
        g_autofree char *invitation = make_invitation(ours, TINY, NULL), *taken = NULL;
        g_autofree char *signature = make_signature(row->by_others ? others : ours, row->offered);
        g_autoptr(WattleNewer) newer = newer_of(invitation, row->present, PRIVATE);
        g_auto(WattleOffer) offer = { .name = g_strdup("nas") };
        g_autoptr(GError) error = NULL;

        g_assert_nonnull(newer);
        offer.text = g_bytes_new(row->offered, strlen(row->offered));
        offer.signature = g_bytes_new(signature, strlen(signature));
        taken = wattle_newer_judge(newer, &offer, &error);
        g_assert_cmpstr(taken, ==, row->error ? NULL : row->offered);
        if (error)
                hide_key(error);
        check_error(taken != NULL, &error, row->error);
}

/* Who is asked, and whom it trusts. */
static void members(void)
{
        g_autofree char *invitation = make_invitation(ours, TINY, NULL);
        g_autoptr(WattleNewer) newer = newer_of(invitation, NULL, PRIVATE);
        g_autoptr(WattleNewer) later =
                newer_of(invitation, HEAD("8") US NAS "State=revoked\n" VPS, PRIVATE);
        const WattleUpdateSource *source;

        g_assert_cmpuint(newer->sources->len, ==, 2);
        source = &g_array_index(newer->sources, WattleUpdateSource, 0);
        g_assert_cmpstr(source->name, ==, "nas");
        g_assert_cmpstr(source->at, ==, "http://10.42.0.2:21823/home.mesh");
        g_assert_cmpstr(source->interface, ==, "home");
        g_assert_cmpuint(newer->trust.keys->len, ==, 1);
        g_assert_cmpuint(newer->present.serial, ==, 0);
        g_assert_cmpuint(later->sources->len, ==, 1);
        g_assert_cmpstr(g_array_index(later->sources, WattleUpdateSource, 0).name, ==, "vps");
        g_assert_cmpuint(later->present.serial, ==, 8);
}

/* Once the mesh has named its signers, these count. */
static void rotation(void)
{
        char keys[2][WATTLE_SIGNING_KEY_TEXT_MAX];
        g_autofree char *invitation = make_invitation(ours, TINY, NULL), *present = NULL,
                        *signature = NULL, *taken = NULL;
        g_auto(WattleOffer) offer = { .name = g_strdup("nas") };
        g_autoptr(WattleNewer) newer = NULL;
        g_autoptr(GError) error = NULL;
        WattleSigningKey key;

        wattle_signing_secret_get_public(ours, &key);
        wattle_signing_key_format(&key, keys[0]);
        wattle_signing_secret_get_public(others, &key);
        wattle_signing_key_format(&key, keys[1]);
        present = g_strdup_printf(HEAD("8") "SigningKeys=%s %s\n" US NAS VPS, keys[0], keys[1]);
        newer = newer_of(invitation, present, PRIVATE);
        signature = make_signature(others, FULL("9"));
        offer.text = g_bytes_new(FULL("9"), strlen(FULL("9")));
        offer.signature = g_bytes_new(signature, strlen(signature));
        taken = wattle_newer_judge(newer, &offer, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(taken, ==, FULL("9"));
}

/* A mesh that somebody carries otherwise follows nobody. */
static void not_invited(void)
{
        g_autofree char *invitation = make_invitation(ours, TINY, NULL);
        g_autofree char *cut = g_strndup(invitation, strlen(invitation) / 2);

        g_assert_null(newer_of(NULL, FULL("8"), PRIVATE));
        g_assert_null(newer_of(NULL, NULL, NULL));
        g_assert_null(newer_of(invitation, NULL, NULL));
        g_assert_null(newer_of(cut, FULL("8"), PRIVATE));
        g_assert_null(newer_of(invitation, "[Mesh]\n", PRIVATE));
}

int main(int argc, char **argv)
{
        int result;

        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        ours = wattle_signing_secret_generate();
        others = wattle_signing_secret_generate();
        add_rows("/newer/judge", rows, judge);
        g_test_add_func("/newer/members", members);
        g_test_add_func("/newer/rotation", rotation);
        g_test_add_func("/newer/not-invited", not_invited);
        result = g_test_run();
        wattle_signing_secret_free(ours);
        wattle_signing_secret_free(others);
        return result;
}
