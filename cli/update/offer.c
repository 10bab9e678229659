/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/offer.h"

#include <string.h>

#include "common/language.h"
#include "common/profile-sign.h"
#include "common/signature.h"

void wattle_offer_clear(WattleOffer *offer)
{
        g_clear_pointer(&offer->text, g_bytes_unref);
        g_clear_pointer(&offer->signature, g_bytes_unref);
        g_clear_pointer(&offer->name, g_free);
        g_clear_pointer(&offer->profile, wattle_profile_free);
}

/* The trusted comment is the signature's, and verified. */
static gboolean verify(WattleOffer *offer, const WattleOfferHost *host, char **ret_comment,
                       GError **error)
{
        g_auto(WattleSignature) signature = { 0 };
        WattleTextHash hash;
        gsize size;
        gconstpointer data = g_bytes_get_data(offer->signature, &size);
        guint key;

        if (!wattle_signature_read(data, size, &signature, error))
                return FALSE;
        data = g_bytes_get_data(offer->text, &size);
        wattle_text_hash(data, size, &hash);
        if (!wattle_signature_verify(&signature, &hash, host->trust->keys, &key, error))
                return FALSE;
        offer->signer = g_array_index(host->trust->keys, WattleSigningKey, key);
        *ret_comment = g_steal_pointer(&signature.comment);
        return TRUE;
}

/* Read only what is signed by somebody we trust: a reader has no business with the rest. */
static gboolean read_offer(WattleOffer *offer, const WattleOfferHost *host, WattleReport *report)
{
        WattlePlace place = { offer->name, 0, 0 };
        g_autofree char *comment = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(WattleProfile) profile = NULL;
        gsize size;
        gconstpointer data = g_bytes_get_data(offer->text, &size);

        if (!verify(offer, host, &comment, &error)) {
                wattle_report_error(report, place, "%s", error->message);
                return FALSE;
        }
        profile = wattle_profile_load(data, size, offer->name, report);
        if (!profile || !wattle_profile_check_signed(profile, &offer->signer, report))
                return FALSE;
        place = wattle_profile_place(profile, profile->place);
        if (!wattle_profile_check_comment(profile, comment, &error))
                wattle_report_error(report, place, "%s", error->message);
        else if (strcmp(profile->name, host->mesh) != 0)
                wattle_report_error(report, place, "this is the mesh %s, not %s", profile->name,
                                    host->mesh);
        else
                offer->profile = g_steal_pointer(&profile);
        return offer->profile != NULL;
}

static gboolean has_us(const WattleProfile *profile, const WattleKey *self)
{
        const WattleDevice *device = self ? wattle_profile_find_key(profile, self) : NULL;

        return !self || (device && device->state == WATTLE_DEVICE_ACTIVE);
}

static WattleOfferVerdict judge_content(const WattleOffer *offer, const WattleOfferHost *host)
{
        if (host->held && wattle_text_sum_equal(&host->held->sum, &offer->lineage.sum))
                return WATTLE_OFFER_HELD;
        return has_us(offer->profile, host->self) ? WATTLE_OFFER_TAKE : WATTLE_OFFER_WITHOUT_US;
}

/* A host that left the mesh and is back may get the same text again. */
static gboolean is_below_floor(const WattleOffer *offer, const WattleOfferHost *host)
{
        guint64 serial = offer->lineage.serial;

        return host->installed.serial > 0 ? serial <= host->floor : serial < host->floor;
}

WattleOfferVerdict wattle_offer_judge(WattleOffer *offer, const WattleOfferHost *host,
                                      WattleReport *report)
{
        WattleSuccession succession;
        gsize size;
        gconstpointer data;

        if (!read_offer(offer, host, report))
                return WATTLE_OFFER_BAD;
        data = g_bytes_get_data(offer->text, &size);
        wattle_lineage_read(data, size, &offer->lineage);
        succession = wattle_lineage_judge(&host->installed, &offer->lineage);
        offer->is_fork = succession == WATTLE_SUCCESSION_FORK && host->installed.serial > 0;
        switch (succession) {
        case WATTLE_SUCCESSION_SAME:
                return WATTLE_OFFER_HAVE;
        case WATTLE_SUCCESSION_OLDER:
                return WATTLE_OFFER_OLDER;
        case WATTLE_SUCCESSION_TWIN:
                return WATTLE_OFFER_TWIN;
        case WATTLE_SUCCESSION_JUMP:
                /* The first text of a host, or of one that was unsigned, is ahead of nothing. */
                if (host->installed.serial > 0 && !host->may_jump)
                        return WATTLE_OFFER_JUMP;
                break;
        case WATTLE_SUCCESSION_FORK:
        case WATTLE_SUCCESSION_NEWER:
                break;
        }
        return is_below_floor(offer, host) ? WATTLE_OFFER_OLDER : judge_content(offer, host);
}

char *wattle_offer_describe(const WattleOffer *offer, const WattleOfferHost *host,
                            WattleOfferVerdict verdict)
{
        guint64 serial = offer->lineage.serial;

        switch (verdict) {
        case WATTLE_OFFER_TAKE:
        case WATTLE_OFFER_BAD:
                return NULL;
        case WATTLE_OFFER_HAVE:
                return g_strdup_printf(_("serial %ju is what this host has"), serial);
        case WATTLE_OFFER_OLDER:
                return g_strdup_printf(_("serial %ju is older than what this host has, %ju"),
                                       serial, MAX(host->installed.serial, host->floor));
        case WATTLE_OFFER_TWIN:
                return g_strdup_printf(
                        _("serial %ju is here already with another text: two people changed the "
                          "mesh at once. Look at both, and sign one with a higher "
                          "Serial="),
                        serial);
        case WATTLE_OFFER_HELD:
                return g_strdup_printf(
                        _("serial %ju was taken back, for no peer answered under it, and is "
                          "tried again later"),
                        serial);
        case WATTLE_OFFER_JUMP:
                return g_strdup_printf(
                        _("serial %ju is more than %d ahead of %ju: if that is meant, 'wattle update --jump'"),
                        serial, WATTLE_SERIAL_MAX_STEP, host->installed.serial);
        case WATTLE_OFFER_WITHOUT_US:
                return g_strdup_printf(
                        _("serial %ju has no place for this device: it was removed or revoked, "
                          "or got another key. To follow it out of the mesh, "
                          "'wattle update --leave'"),
                        serial);
        }
        g_return_val_if_reached(NULL);
}

GArray *wattle_offer_revoked(const WattleProfile *old, const WattleProfile *new)
{
        GArray *keys = g_array_new(FALSE, FALSE, sizeof(WattleKey));

        for (guint i = 0; i < old->n_devices; i++) {
                const WattleDevice *device = &old->devices[i];

                if (device->state == WATTLE_DEVICE_ACTIVE && !has_us(new, &device->public_key))
                        g_array_append_val(keys, device->public_key);
        }
        return keys;
}
