/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/authorize.h"

#include <errno.h>
#include <string.h>

#define POLKIT           "org.freedesktop.PolicyKit1"
#define POLKIT_AUTHORITY "/org/freedesktop/PolicyKit1/Authority", POLKIT ".Authority"

#define FREE "" /* reading harms nobody, and asking polkit would cost more than the answer */

#define MANAGER "org.wattle1.Manager"
#define MESH    "org.wattle1.Mesh"

static const struct {
        const char *interface, *member;
        const char *action; /* as in polkit/org.wattle1.policy */
} methods[] = {
        { MANAGER, "GetMesh", FREE },
        { MESH, "ListPeers", FREE },
        { MESH, "GetPeer", FREE },
        { MESH, "Up", "org.wattle1.up-down" },
        { MESH, "Down", "org.wattle1.up-down" },
        { MESH, "Apply", "org.wattle1.apply" },
        { MESH, "Migrate", "org.wattle1.migrate" },
        { MESH, "Probe", "org.wattle1.probe" },
};

/* Calls that wait for polkit. Nobody can make us keep more, and one user not all of them. */
#define MAX_PENDING           64
#define MAX_PENDING_OF_A_USER 8

/* A person has to find a password; a rule has not. */
#define INTERACTIVE_US (300 * G_USEC_PER_SEC)
#define RULE_US        (25 * G_USEC_PER_SEC)

#define ALLOW_USER_INTERACTION 1 /* CheckAuthorizationFlags */

struct WattleAuthorizer {
        uid_t trusted_uid;
        GQueue pending; /* of Question */
};

/* A call on which polkit ponders. */
typedef struct {
        WattleAuthorizer *authorizer;
        sd_bus_message *call;
        sd_bus_slot *slot;
        uid_t uid; /* the sender's */
        gboolean interactive;
        WattleAct act;
        gpointer data;
} Question;

static void question_free(Question *question)
{
        g_queue_remove(&question->authorizer->pending, question);
        sd_bus_slot_unref(question->slot);
        sd_bus_message_unref(question->call);
        g_free(question);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Question, question_free)

WattleAuthorizer *wattle_authorizer_new(uid_t trusted_uid)
{
        WattleAuthorizer *authorizer = g_new(WattleAuthorizer, 1);

        *authorizer = (WattleAuthorizer){ trusted_uid, G_QUEUE_INIT };
        return authorizer;
}

void wattle_authorizer_free(WattleAuthorizer *authorizer)
{
        Question *question;

        if (!authorizer)
                return;
        while ((question = g_queue_peek_head(&authorizer->pending))) {
                sd_bus_reply_method_errorf(question->call, SD_BUS_ERROR_ACCESS_DENIED,
                                           "wattled ends");
                question_free(question);
        }
        g_free(authorizer);
}

const char *wattle_authorize_action(const char *interface, const char *member)
{
        for (gsize i = 0; i < G_N_ELEMENTS(methods); i++)
                if (g_strcmp0(interface, methods[i].interface) == 0 &&
                    g_strcmp0(member, methods[i].member) == 0)
                        return methods[i].action;
        return NULL;
}

static int deny(sd_bus_error *error, const char *why)
{
        return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED, "Not allowed: %s", why);
}

/* What polkit's answer comes to: FALSE with the error for the caller. */
static gboolean read_answer(sd_bus_message *answer, gboolean interactive, sd_bus_error *error)
{
        const sd_bus_error *failure = sd_bus_message_get_error(answer);
        int authorized = 0, challenge = 0, result;

        if (failure && (sd_bus_error_has_name(failure, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
                        sd_bus_error_has_name(failure, SD_BUS_ERROR_NAME_HAS_NO_OWNER))) {
                deny(error, "polkit is not there to ask, so only root may");
                return FALSE;
        }
        if (failure) {
                deny(error, failure->message ? failure->message : "polkit gives no answer");
                return FALSE;
        }
        /* In front of the (bba{ss}) stands what we need. */
        result = sd_bus_message_enter_container(answer, 'r', "bba{ss}");
        if (result > 0)
                result = sd_bus_message_read(answer, "bb", &authorized, &challenge);
        if (result > 0 && authorized)
                return TRUE;
        if (result <= 0)
                deny(error, "polkit's answer makes no sense");
        else if (challenge && !interactive)
                sd_bus_error_setf(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                                  "Not without a password, which nobody was asked for");
        else
                deny(error, challenge ? "it takes a password, and no agent of polkit's is there to "
                                        "ask for it"
                                      : "polkit says no");
        return FALSE;
}

static int on_answer(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *unused)
{
        g_autoptr(Question) question = data;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int result = 0;

        if (read_answer(answer, question->interactive, &error))
                result = question->act(question->call, question->data, &error);
        if (sd_bus_error_is_set(&error))
                sd_bus_reply_method_error(question->call, &error);
        else if (result < 0)
                sd_bus_reply_method_errno(question->call, result, NULL);
        sd_bus_error_free(&error);
        return 0; /* the question is answered, whatever became of the reply */
}

static int append_details(sd_bus_message *message, const char *const *details)
{
        int result = sd_bus_message_open_container(message, 'a', "{ss}");

        for (; result >= 0 && *details; details += 2)
                result = sd_bus_message_append(message, "{ss}", details[0], details[1]);
        return result < 0 ? result : sd_bus_message_close_container(message);
}

/* polkit finds out by itself who the sender is: a process id could by now be another's. */
static int ask(Question *question, const char *action, const char *const *details)
{
        sd_bus *bus = sd_bus_message_get_bus(question->call);
        sd_bus_message *message = NULL;
        int result = sd_bus_message_new_method_call(bus, &message, POLKIT, POLKIT_AUTHORITY,
                                                    "CheckAuthorization");

        if (result >= 0)
                result = sd_bus_message_append(message, "(sa{sv})s", "system-bus-name", 1, "name",
                                               "s", sd_bus_message_get_sender(question->call),
                                               action);
        if (result >= 0)
                result = append_details(message, details);
        if (result >= 0)
                result = sd_bus_message_append(
                        message, "us", question->interactive ? ALLOW_USER_INTERACTION : 0, "");
        if (result >= 0)
                result = sd_bus_call_async(bus, &question->slot, message, on_answer, question,
                                           question->interactive ? INTERACTIVE_US : RULE_US);
        sd_bus_message_unref(message);
        return result;
}

#define NOBODY ((uid_t)-1)

/* NOBODY for one that cannot be told, as he has gone. */
static uid_t uid_of_sender(sd_bus_message *call)
{
        sd_bus_creds *creds = NULL;
        uid_t uid = NOBODY;

        if (sd_bus_query_sender_creds(call, SD_BUS_CREDS_EUID, &creds) >= 0 &&
            sd_bus_creds_get_euid(creds, &uid) < 0)
                uid = NOBODY;
        sd_bus_creds_unref(creds);
        return uid;
}

static gboolean is_full(const WattleAuthorizer *authorizer, uid_t uid)
{
        guint of_user = 0;

        for (const GList *link = authorizer->pending.head; link; link = link->next)
                of_user += ((const Question *)link->data)->uid == uid;
        return authorizer->pending.length >= MAX_PENDING || of_user >= MAX_PENDING_OF_A_USER;
}

int wattle_authorize(WattleAuthorizer *authorizer, sd_bus_message *call, const char *const *details,
                     WattleAct act, gpointer data, sd_bus_error *error)
{
        const char *action = wattle_authorize_action(sd_bus_message_get_interface(call),
                                                     sd_bus_message_get_member(call));
        Question *question;
        uid_t uid;
        int result;

        if (!action)
                return deny(error, "the method is unknown");
        uid = *action ? uid_of_sender(call) : NOBODY;
        if (!*action || (uid != NOBODY && uid == authorizer->trusted_uid)) {
                result = act(call, data, error);
                return result < 0 ? result : 1;
        }
        if (is_full(authorizer, uid))
                return sd_bus_error_setf(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                         "Too many calls wait for an answer of polkit's");
        question = g_new(Question, 1);
        *question = (Question){
                .authorizer = authorizer,
                .call = sd_bus_message_ref(call),
                .uid = uid,
                .interactive = sd_bus_message_get_allow_interactive_authorization(call) > 0,
                .act = act,
                .data = data,
        };
        g_queue_push_tail(&authorizer->pending, question);
        result = ask(question, action, details);
        if (result < 0) {
                question_free(question);
                return result;
        }
        return 1;
}
