/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/invitation.h"

#include <sodium.h>
#include <string.h>

#include "common/error.h"
#include "common/language.h"
#include "common/profile-sign.h"

#define VERSION              1
#define FLAG_HAS_PRIVATE_KEY 1

#define BEGIN "wattle:"
#define FIRST                                                                                      \
        "A" /* of all versions up to 3: it tells an invitation from a sentence with our name */
#define END         '.'
#define LINE_LENGTH 64

#define SUM_SIZE 8

void wattle_invitation_clear(WattleInvitation *invitation)
{
        wattle_signature_clear(&invitation->signature);
        g_clear_pointer(&invitation->text, g_bytes_unref);
        sodium_memzero(&invitation->private_key, sizeof invitation->private_key);
}

/* Whom the new device can speak to: who can be called, or whoever calls if it can be called itself.
 * What runs no wattle has no profile to give. */
static gboolean can_meet(const WattleDevice *member, const WattleDevice *device)
{
        return member != device && member->state == WATTLE_DEVICE_ACTIVE && member->managed &&
               (member->n_candidates > 0 || device->n_candidates > 0);
}

static gboolean is_public(const WattleDevice *device)
{
        for (guint i = 0; i < device->n_candidates; i++)
                if (device->candidates[i].kind == WATTLE_CANDIDATE_PUBLIC)
                        return TRUE;
        return FALSE;
}

/* Best first: our own, which has the new profile already; who can be called from anywhere. */
static guint rank(const WattleDevice *member, const char *self)
{
        if (g_strcmp0(member->name, self) == 0)
                return 0;
        return is_public(member) ? 1 : 2;
}

#define N_RANKS 3

static GPtrArray *choose_members(const WattleProfile *profile, const WattleDevice *device,
                                 const char *self, guint max)
{
        GPtrArray *members = g_ptr_array_new();

        for (guint want = 0; want < N_RANKS; want++)
                for (guint i = 0; i < profile->n_devices; i++) {
                        WattleDevice *member = &profile->devices[i];

                        if (members->len < max && can_meet(member, device) &&
                            rank(member, self) == want)
                                g_ptr_array_add(members, member);
                }
        return members;
}

/* Without what the way to a member does not need, for the text is to be short. */
static WattleDevice shorten(const WattleDevice *device)
{
        WattleDevice tiny = *device;

        tiny.n_aliases = tiny.n_routes = 0;
        tiny.exit_node = FALSE;
        tiny.relay = WATTLE_RELAY_NO;
        tiny.via = NULL;
        tiny.dns = NULL;
        return tiny;
}

static gboolean uses_site(const WattleDevice *device, const WattleSite *site)
{
        for (guint i = 0; i < device->n_candidates; i++)
                if (g_strcmp0(device->candidates[i].site, site->name) == 0)
                        return TRUE;
        return FALSE;
}

static GArray *find_sites(const WattleProfile *profile, const GArray *devices)
{
        GArray *sites = g_array_new(FALSE, FALSE, sizeof(WattleSite));

        for (guint i = 0; i < profile->n_sites; i++) {
                gboolean used = FALSE;

                for (guint j = 0; j < devices->len; j++)
                        used = used || uses_site(&g_array_index(devices, WattleDevice, j),
                                                 &profile->sites[i]);
                if (used)
                        g_array_append_val(sites, profile->sites[i]);
        }
        return sites;
}

char *wattle_invitation_write(const WattleProfile *profile, const WattleDevice *device,
                              const char *self, guint max_members, GError **error)
{
        g_autoptr(GPtrArray) members = choose_members(profile, device, self, max_members);
        g_autoptr(GArray) devices = g_array_new(FALSE, FALSE, sizeof(WattleDevice));
        g_autoptr(GArray) sites = NULL;
        WattleDevice tiny = shorten(device);
        WattleProfile mesh = *profile;

        if (members->len == 0) {
                wattle_error_refuse(error,
                                    "%s could reach nobody: no other device that runs wattle has a "
                                    "PublicEndpoint= or PrivateEndpoint=; give one of them one",
                                    device->name);
                return NULL;
        }
        g_array_append_val(devices, tiny);
        for (guint i = 0; i < members->len; i++) {
                tiny = shorten(members->pdata[i]);
                g_array_append_val(devices, tiny);
        }
        sites = find_sites(profile, devices);
        /* Name= is to be in the text, whatever file it comes from. */
        mesh.file = NULL;
        mesh.has_previous = FALSE;
        mesh.relay_ports.given = FALSE;
        mesh.invited = device->name;
        mesh.sites = (WattleSite *)(gpointer)sites->data;
        mesh.n_sites = sites->len;
        mesh.devices = (WattleDevice *)(gpointer)devices->data;
        mesh.n_devices = devices->len;
        return wattle_profile_write(&mesh);
}

static void sum(gconstpointer bytes, gsize size, guint8 ret[SUM_SIZE])
{
        guint8 hash[crypto_generichash_BYTES_MIN];

        G_STATIC_ASSERT(sizeof hash >= SUM_SIZE);
        crypto_generichash(hash, sizeof hash, bytes, size, NULL, 0);
        memcpy(ret, hash, SUM_SIZE);
}

static GByteArray *pack(const WattleInvitation *invitation)
{
        const WattleSignature *signature = &invitation->signature;
        gsize n_comment = strlen(signature->comment), size;
        gconstpointer text = g_bytes_get_data(invitation->text, &size);
        const guint8 head[] = { VERSION, invitation->has_private_key ? FLAG_HAS_PRIVATE_KEY : 0 };
        const guint8 length[] = { (guint8)(n_comment >> 8), (guint8)n_comment };
        GByteArray *bytes = g_byte_array_new();
        guint8 hash[SUM_SIZE];

        g_byte_array_append(bytes, head, sizeof head);
        g_byte_array_append(bytes, invitation->signer.id, sizeof invitation->signer.id);
        g_byte_array_append(bytes, invitation->signer.bytes, sizeof invitation->signer.bytes);
        if (invitation->has_private_key)
                g_byte_array_append(bytes, invitation->private_key.bytes,
                                    sizeof invitation->private_key.bytes);
        g_byte_array_append(bytes, signature->bytes, sizeof signature->bytes);
        g_byte_array_append(bytes, signature->global, sizeof signature->global);
        g_byte_array_append(bytes, length, sizeof length);
        g_byte_array_append(bytes, (const guint8 *)signature->comment, (guint)n_comment);
        g_byte_array_append(bytes, text, (guint)size);
        sum(bytes->data, bytes->len, hash);
        g_byte_array_append(bytes, hash, sizeof hash);
        return bytes;
}

char *wattle_invitation_format(const WattleInvitation *invitation)
{
        g_autoptr(GByteArray) bytes = pack(invitation);
        gsize size =
                sodium_base64_encoded_len(bytes->len, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
        g_autofree char *base64 = g_malloc(size);
        GString *text = g_string_sized_new(size + size / LINE_LENGTH + sizeof BEGIN + 2);

        sodium_bin2base64(base64, size, bytes->data, bytes->len,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
        g_string_append(text, BEGIN);
        for (const char *rest = base64; *rest; rest += MIN(strlen(rest), LINE_LENGTH)) {
                if (rest != base64)
                        g_string_append_c(text, '\n');
                g_string_append_len(text, rest, (gssize)MIN(strlen(rest), LINE_LENGTH));
        }
        g_string_append_c(text, END);
        g_string_append_c(text, '\n');
        sodium_memzero(bytes->data, bytes->len);
        sodium_memzero(base64, size);
        return g_string_free(text, FALSE);
}

/* What mail, chats and word processors put between characters of a text that they wrap, quote or
 * adorn; what is no character of base64 and stands for nothing else. */
static const char *const noise[] = {
        " ",        "\t",       "\r",           "\n",           ">", "|", "*", "`",
        "\302\240", "\302\255", "\342\200\213", "\357\273\277",
};

static gsize noise_at(const char *text, gsize size)
{
        for (guint i = 0; i < G_N_ELEMENTS(noise); i++) {
                gsize n = strlen(noise[i]);

                if (n <= size && memcmp(text, noise[i], n) == 0)
                        return n;
        }
        return 0;
}

/* Behind "wattle:"; NULL if that is not there. */
static const char *find_begin(const char *text, gsize size)
{
        const char *found = size > 0 ? g_strstr_len(text, (gssize)size, BEGIN FIRST) : NULL;

        return found ? found + strlen(BEGIN) : NULL;
}

gboolean wattle_invitation_is_whole(const char *text, gsize size)
{
        const char *begin = find_begin(text, size);

        return begin && memchr(begin, END, (gsize)(text + size - begin)) != NULL;
}

/* The base64 of it alone, or NULL. */
static char *extract(const char *text, gsize size, GError **error)
{
        const char *begin = find_begin(text, size);
        const char *end = begin ? memchr(begin, END, (gsize)(text + size - begin)) : NULL;
        g_autoptr(GString) base64 = NULL;

        if (!begin || !end) {
                wattle_error_refuse(error,
                                    begin ? N_("it is cut off: an invitation ends with a dot")
                                          : N_("it is no invitation, which begins with wattle:"));
                return NULL;
        }
        if (find_begin(end, (gsize)(text + size - end))) {
                wattle_error_refuse(error, "there is more than one invitation: one at a time");
                return NULL;
        }
        base64 = g_string_sized_new((gsize)(end - begin));
        while (begin < end) {
                gsize n = noise_at(begin, (gsize)(end - begin));

                if (n == 0)
                        g_string_append_c(base64, *begin);
                begin += MAX(n, 1);
        }
        return g_string_free(g_steal_pointer(&base64), FALSE);
}

static gboolean refuse_changed(GError **error)
{
        return wattle_error_refuse(error,
                                   "it was changed on the way, a character or more: copy all "
                                   "of it again");
}

/* NULL with an error. */
static GByteArray *decode(const char *base64, GError **error)
{
        gsize n = strlen(base64), size = 0;
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        guint8 expected[SUM_SIZE];

        g_byte_array_set_size(bytes, (guint)n + 1); /* libsodium takes no NULL */
        if (sodium_base642bin(bytes->data, n, base64, n, NULL, &size, NULL,
                              sodium_base64_VARIANT_ORIGINAL_NO_PADDING) < 0 ||
            size < SUM_SIZE) {
                refuse_changed(error);
                return NULL;
        }
        g_byte_array_set_size(bytes, (guint)(size - SUM_SIZE));
        sum(bytes->data, bytes->len, expected);
        if (memcmp(expected, bytes->data + bytes->len, SUM_SIZE) != 0) {
                refuse_changed(error);
                return NULL;
        }
        return g_steal_pointer(&bytes);
}

typedef struct {
        const guint8 *at, *end;
} Cursor;

static gboolean take(Cursor *cursor, gpointer ret, gsize size)
{
        if ((gsize)(cursor->end - cursor->at) < size)
                return FALSE;
        memcpy(ret, cursor->at, size);
        cursor->at += size;
        return TRUE;
}

static gboolean take_comment(Cursor *cursor, WattleSignature *signature)
{
        guint8 length[2];
        gsize size;

        if (!take(cursor, length, sizeof length))
                return FALSE;
        size = (gsize)length[0] << 8 | length[1];
        if (size > WATTLE_SIGNATURE_MAX_COMMENT || (gsize)(cursor->end - cursor->at) < size)
                return FALSE;
        signature->comment = g_strndup((const char *)cursor->at, size);
        cursor->at += size;
        return strlen(signature->comment) == size;
}

static gboolean unpack(Cursor *cursor, WattleInvitation *ret)
{
        guint8 flags;

        if (!take(cursor, &flags, sizeof flags) || (flags & ~FLAG_HAS_PRIVATE_KEY))
                return FALSE;
        ret->has_private_key = flags & FLAG_HAS_PRIVATE_KEY;
        if (!take(cursor, ret->signer.id, sizeof ret->signer.id) ||
            !take(cursor, ret->signer.bytes, sizeof ret->signer.bytes) ||
            (ret->has_private_key &&
             !take(cursor, ret->private_key.bytes, sizeof ret->private_key.bytes)) ||
            !take(cursor, ret->signature.bytes, sizeof ret->signature.bytes) ||
            !take(cursor, ret->signature.global, sizeof ret->signature.global) ||
            !take_comment(cursor, &ret->signature))
                return FALSE;
        memcpy(ret->signature.id, ret->signer.id, sizeof ret->signature.id);
        ret->text = g_bytes_new(cursor->at, (gsize)(cursor->end - cursor->at));
        return TRUE;
}

gboolean wattle_invitation_parse(const char *text, gsize size, WattleInvitation *invitation,
                                 GError **error)
{
        g_autofree char *base64 = NULL;
        g_autoptr(GByteArray) bytes = NULL;
        Cursor cursor;
        guint8 version;
        gboolean ok;

        if (size > WATTLE_INVITATION_MAX_BYTES)
                return wattle_error_refuse(error, "it is longer than an invitation, %d bytes",
                                           WATTLE_INVITATION_MAX_BYTES);
        base64 = extract(text, size, error);
        bytes = base64 ? decode(base64, error) : NULL;
        if (base64)
                sodium_memzero(base64, strlen(base64));
        if (!bytes)
                return FALSE;
        cursor = (Cursor){ bytes->data, bytes->data + bytes->len };
        if (!take(&cursor, &version, sizeof version))
                return refuse_changed(error);
        if (version != VERSION)
                return wattle_error_refuse(error, "it is of a newer wattle: install that here");
        ok = unpack(&cursor, invitation);
        sodium_memzero(bytes->data, bytes->len);
        return ok || wattle_error_refuse(error, "its bytes are none of an invitation");
}

static gboolean verify(const WattleInvitation *invitation, const GArray *keys,
                       WattleSigningKey *ret, GError **error)
{
        g_autoptr(GArray) own = g_array_new(FALSE, FALSE, sizeof(WattleSigningKey));
        WattleTextHash hash;
        gsize size;
        gconstpointer text = g_bytes_get_data(invitation->text, &size);
        guint which;

        if (!keys) {
                g_array_append_val(own, invitation->signer);
                keys = own;
        }
        wattle_text_hash(text, size, &hash);
        if (!wattle_signature_verify(&invitation->signature, &hash, keys, &which, error))
                return FALSE;
        *ret = g_array_index(keys, WattleSigningKey, which);
        return TRUE;
}

WattleProfile *wattle_invitation_load(const WattleInvitation *invitation, const GArray *keys,
                                      const char *file, WattleSigningKey *ret_signer,
                                      WattleReport *report)
{
        g_autoptr(WattleProfile) profile = NULL;
        g_autoptr(GError) error = NULL;
        WattleSigningKey signer;

        if (!verify(invitation, keys, &signer, &error)) {
                wattle_report_error(report, (WattlePlace){ file, 0, 0 }, "%s", error->message);
                return NULL;
        }
        profile = wattle_profile_load_invitation(g_bytes_ref(invitation->text), file, report);
        if (!profile || !wattle_profile_check_signed(profile, &signer, report))
                return NULL;
        if (!wattle_profile_check_comment(profile, invitation->signature.comment, &error)) {
                wattle_report_error(report, wattle_profile_place(profile, profile->place), "%s",
                                    error->message);
                return NULL;
        }
        if (ret_signer)
                *ret_signer = signer;
        return g_steal_pointer(&profile);
}
