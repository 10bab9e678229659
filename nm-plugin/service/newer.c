/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/newer.h"

#include <string.h>

#include "cli/update/source.h"
#include "common/error.h"
#include "common/invitation.h"
#include "common/paths.h"
#include "nm-plugin/vpn-data.h"

/* A member that can be reached gives each file in less: a handshake that is lost is tried again
 * after five seconds (REKEY_TIMEOUT, drivers/net/wireguard/messages.h). */
#define FETCH_S 6

void wattle_newer_free(WattleNewer *newer)
{
        if (!newer)
                return;
        g_free(newer->mesh);
        wattle_trust_clear(&newer->trust);
        g_clear_pointer(&newer->sources, g_array_unref);
        g_free(newer);
}

/* A text may say who signs the next one; else it is who signed the invitation. */
static void take_trust(WattleNewer *newer, const WattleProfile *present,
                       const WattleInvitation *invitation)
{
        newer->trust.path = g_strdup("the invitation");
        newer->trust.keys = g_array_new(FALSE, FALSE, sizeof(WattleSigningKey));
        for (guint i = 0; i < present->n_signing_keys; i++)
                g_array_append_val(newer->trust.keys, present->signing_keys[i].value);
        if (newer->trust.keys->len == 0)
                g_array_append_val(newer->trust.keys, invitation->signer);
}

/* The members of the invitation, but for those that are no more. */
static void take_sources(WattleNewer *newer, const WattleProfile *present,
                         const WattleProfile *invited)
{
        newer->sources = g_array_new(FALSE, FALSE, sizeof(WattleUpdateSource));
        g_array_set_clear_func(newer->sources, (GDestroyNotify)wattle_update_source_clear);
        for (guint i = 0; i < invited->n_devices; i++) {
                const WattleKey *key = &invited->devices[i].public_key;
                const WattleDevice *device = wattle_profile_find_key(present, key);
                WattleUpdateSource source = { 0 };

                if (!device || device->state != WATTLE_DEVICE_ACTIVE || device->n_addresses == 0 ||
                    wattle_key_equal(key, &newer->self))
                        continue;
                wattle_update_source_of_peer(newer->mesh, device->name, &device->addresses[0].value,
                                             newer->mesh, &source);
                source.timeout_s = FETCH_S;
                g_array_append_val(newer->sources, source);
        }
}

static WattleNewer *make(const WattleVpnData *data, const WattleInvitation *invitation,
                         const WattleProfile *present, const WattleProfile *invited)
{
        WattleNewer *newer = g_new0(WattleNewer, 1);

        newer->mesh = g_strdup(data->mesh);
        newer->floor = invited->serial;
        if (data->profile)
                wattle_lineage_read(data->profile, strlen(data->profile), &newer->present);
        wattle_key_derive_public(&data->private_key, &newer->self);
        take_trust(newer, present, invitation);
        take_sources(newer, present, invited);
        return newer;
}

WattleNewer *wattle_newer_new(NMConnection *vpn)
{
        g_auto(WattleVpnData) data = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleInvitation) invitation = { 0 };
        g_autoptr(WattleProfile) invited = NULL;

        wattle_report_init(&unheard);
        if (!wattle_vpn_data_read(nm_connection_get_setting_vpn(vpn), &data, NULL) ||
            !data.invitation || !data.has_key ||
            !wattle_vpn_data_load(&data, -1, &mesh, &unheard) ||
            !wattle_invitation_parse(data.invitation, strlen(data.invitation), &invitation, NULL))
                return NULL;
        invited = wattle_invitation_load(&invitation, NULL, "the invitation", NULL, &unheard);
        return invited ? make(&data, &invitation, mesh.profile, invited) : NULL;
}

static char *refuse(GError **error, const char *why)
{
        wattle_error_refuse(error, "%s", why);
        return NULL;
}

/* What a host may be told to do about it, a connection cannot. */
static char *describe(const WattleOffer *offer, const WattleOfferHost *host,
                      WattleOfferVerdict verdict)
{
        guint64 serial = offer->lineage.serial;

        if (verdict == WATTLE_OFFER_WITHOUT_US)
                return g_strdup_printf("serial %" G_GUINT64_FORMAT
                                       " has no place for this device: it was removed or revoked, "
                                       "or got another key",
                                       serial);
        if (verdict == WATTLE_OFFER_JUMP)
                return g_strdup_printf("serial %" G_GUINT64_FORMAT
                                       " is more than %d ahead of %" G_GUINT64_FORMAT
                                       ": if that is meant, import its file",
                                       serial, WATTLE_SERIAL_MAX_STEP, host->installed.serial);
        return wattle_offer_describe(offer, host, verdict);
}

char *wattle_newer_judge(const WattleNewer *newer, WattleOffer *offer, GError **error)
{
        const WattleOfferHost host = { .mesh = newer->mesh,
                                       .trust = &newer->trust,
                                       .installed = newer->present,
                                       .floor = newer->floor,
                                       .self = &newer->self };
        g_auto(WattleReport) report = { 0 };
        g_autofree char *why = NULL;
        gconstpointer text;
        gsize size;
        WattleOfferVerdict verdict;

        wattle_report_init(&report);
        text = g_bytes_get_data(offer->text, &size);
        if (size > WATTLE_VPN_PROFILE_MAX)
                return refuse(error, "the mesh is larger than 1 MiB, and no connection carries it: "
                                     "'wattle join' installs it");
        verdict = wattle_offer_judge(offer, &host, &report);
        if (verdict == WATTLE_OFFER_TAKE)
                return g_strndup(text, size);
        why = verdict == WATTLE_OFFER_BAD ? wattle_report_first_error(&report)
                                          : describe(offer, &host, verdict);
        return refuse(error, why);
}

/* Where no mesh is installed nothing else has started it. By systemctl, which waits until the
 * socket is there: libsystemd would cost each start of a VPN more than this does once. */
static void start_fetching(void)
{
        const char *const command[] = { "systemctl", "--quiet", "start", WATTLE_UNIT_FETCH_SOCKET,
                                        NULL };
        g_autoptr(GError) error = NULL;

        if (!g_spawn_sync(NULL, (char **)command, NULL,
                          G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                                  G_SPAWN_STDERR_TO_DEV_NULL,
                          NULL, NULL, NULL, NULL, NULL, &error))
                g_debug("%s", error->message);
}

char *wattle_newer_get(const WattleNewer *newer, GError **error)
{
        g_autoptr(GError) why = NULL;

        start_fetching();
        for (guint i = 0; i < newer->sources->len; i++) {
                const WattleUpdateSource *source =
                        &g_array_index(newer->sources, WattleUpdateSource, i);
                g_auto(WattleOffer) offer = { 0 };
                char *text = NULL;

                g_clear_error(&why);
                if (wattle_update_source_get(source, &offer, NULL, NULL, &why))
                        text = wattle_newer_judge(newer, &offer, &why);
                if (text)
                        return text;
        }
        if (why)
                g_propagate_error(error, g_steal_pointer(&why));
        else
                wattle_error_refuse(error, "no member of the invitation is left to be asked");
        return NULL;
}
