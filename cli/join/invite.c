/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/join/invite.h"

#include <sodium.h>
#include <string.h>

#include "cli/keyfile.h"
#include "cli/print.h"
#include "cli/qr/qr.h"
#include "cli/signing.h"
#include "common/invitation.h"
#include "common/language.h"
#include "common/profile-sign.h"
#include "common/sys/host.h"
#include "common/words.h"

static void wipe(char *text)
{
        if (text)
                sodium_memzero(text, strlen(text));
        g_free(text);
}

/* The text of an invitation with at most so many members; NULL after an error on stderr. */
static char *make(const WattleInvite *invite, guint max_members)
{
        g_autofree char *text = NULL, *comment = NULL;
        g_autoptr(WattleProfile) mesh = NULL;
        g_auto(WattleInvitation) invitation = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GError) error = NULL;
        WattleTextHash hash;

        text = wattle_invitation_write(invite->profile, invite->device, invite->self, max_members,
                                       &error);
        if (!text) {
                wattle_print_error("%s", error->message);
                return NULL;
        }
        wattle_report_init(&report);
        invitation.text = g_bytes_new(text, strlen(text));
        mesh = wattle_profile_load_invitation(g_bytes_ref(invitation.text), _("the invitation"),
                                              &report);
        if (!mesh) {
                wattle_print_report(&report);
                return NULL;
        }
        comment = wattle_profile_make_comment(mesh);
        wattle_text_hash(text, strlen(text), &hash);
        wattle_signature_make(invite->secret, &hash, comment, &invitation.signature);
        wattle_signing_secret_get_public(invite->secret, &invitation.signer);
        invitation.has_private_key = invite->private_key != NULL;
        if (invite->private_key)
                invitation.private_key = *invite->private_key;
        return wattle_invitation_format(&invitation);
}

/* Without the line ends, which a code need not carry. */
static char *join_lines(const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        char *joined = g_strjoinv("", lines);

        for (guint i = 0; lines[i]; i++)
                sodium_memzero(lines[i], strlen(lines[i]));
        return joined;
}

/* Fewer members make a smaller code: as many as there is room for. NULL after an error on stderr.
 */
static WattleQr *draw_code(const WattleInvite *invite)
{
        guint room = wattle_qr_room(), needed = 0;
        g_autoptr(GError) error = NULL;

        for (guint max = WATTLE_INVITATION_MAX_MEMBERS; max > 0; max--) {
                char *text = make(invite, max), *joined = text ? join_lines(text) : NULL;
                g_autoptr(WattleQr) qr = NULL;

                g_clear_error(&error);
                qr = joined ? wattle_qr_encode(joined, &error) : NULL;
                wipe(text);
                wipe(joined);
                if (!qr && !error)
                        return NULL;
                needed = qr ? wattle_qr_columns(qr) : 0;
                if (qr && (room == 0 || needed <= room))
                        return g_steal_pointer(&qr);
        }
        if (error)
                wattle_print_error("%s; fewer Subnet= and SigningKeys= make it shorter, and the "
                                   "text, without --qr, may have any length",
                                   error->message);
        else
                wattle_print_error("the code is %u columns wide, and this terminal %u: make it "
                                   "wider or its letters smaller, or take the text, without --qr",
                                   needed, room);
        return NULL;
}

static gboolean show_code(const WattleInvite *invite)
{
        g_autoptr(WattleQr) qr = draw_code(invite);

        if (!qr)
                return FALSE;
        if (invite->private_key)
                wattle_warn_of_readers();
        wattle_qr_print(qr);
        return TRUE;
}

static gboolean show_text(const WattleInvite *invite)
{
        char *text = make(invite, WATTLE_INVITATION_MAX_MEMBERS);
        gboolean ok = text != NULL;

        if (ok && invite->private_key)
                ok = wattle_print_secret(text);
        else if (ok)
                wattle_print(stdout, "%s", text);
        wipe(text);
        return ok && fflush(stdout) == 0;
}

gboolean wattle_invite_check(const WattleInvite *invite)
{
        g_autoptr(GError) error = NULL;
        g_autofree char *text =
                wattle_invitation_write(invite->profile, invite->device, invite->self,
                                        WATTLE_INVITATION_MAX_MEMBERS, &error);
        g_autoptr(WattleQr) qr = NULL;

        if (!text) {
                wattle_print_error("%s", error->message);
                return FALSE;
        }
        qr = invite->qr && invite->secret ? draw_code(invite) : NULL;
        return qr || !invite->qr || !invite->secret;
}

gboolean wattle_invite_show(const WattleInvite *invite)
{
        g_autofree char *who = NULL;
        WattleSigningKey key;

        wattle_signing_secret_get_public(invite->secret, &key);
        who = wattle_signing_describe(&key);
        wattle_print(
                stderr,
                "On %s, 'wattle join' takes this%s. It has to show the same key there:\n%s\n\n",
                invite->device->name, invite->qr ? _(", as text") : _(", to the dot"), who);
        (void)fflush(stderr);
        if (!(invite->qr ? show_code(invite) : show_text(invite)))
                return FALSE;
        if (invite->private_key)
                wattle_print(
                        stderr,
                        "\nThis is a secret: it has the private key of %s. Whoever reads it can "
                        "be that device.\n",
                        invite->device->name);
        return TRUE;
}

gboolean wattle_invite_check_signed(const WattleEditor *editor, WattleReport *report)
{
        if (editor->trust.path)
                return TRUE;
        wattle_report_error(
                report, (WattlePlace){ editor->name, 0, 0 },
                "an invitation is for a signed mesh: 'wattle genkey --signing' makes a "
                "key, its public half goes into %s/%s.pub on every host, and 'wattle sign' signs",
                WATTLE_CONFDIR, editor->profile->name);
        return FALSE;
}

char *wattle_invite_find_self(const WattleCli *cli, const char *mesh)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleMesh) loaded = { 0 };
        g_autoptr(WattleView) view = NULL;

        wattle_report_init(&unheard);
        if (wattle_cli_is_mesh_name(cli, mesh) &&
            wattle_mesh_load(&loaded, cli->root_fd, mesh, WATTLE_LOAD_OR_LAST_GOOD, &unheard))
                view = wattle_host_view(cli->root_fd, &loaded, NULL, WATTLE_OWNER_AUTO, &unheard);
        return view ? g_strdup(view->self.name) : NULL;
}

void wattle_invite_print_words(const char *device, const WattleKey *public_key)
{
        char words[WATTLE_WORDS_MAX];

        wattle_words_format(public_key->bytes, words);
        wattle_print(stderr, "%s's key: %s\n", device, words);
}
