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
        { MESH, "ListWays", FREE },
        { MESH, "CountRelay", FREE },
        { MESH, "Up", "org.wattle1.up-down" },
        { MESH, "Down", "org.wattle1.up-down" },
        { MESH, "Apply", "org.wattle1.apply" },
        { MESH, "Update", "org.wattle1.update" },
        { MESH, "Migrate", "org.wattle1.migrate" },
        { MESH, "Probe", "org.wattle1.probe" },
};

/* Calls that wait for polkit. Nobody can make us keep more, and one user not all of them. */
#define MAX_PONDERED           64
#define MAX_PONDERED_OF_A_USER 8

/* Calls whose user the bus is being asked for, which answers at once. They are many more, so that
 * no user's connections, 256 at most, keep root out; each is short, for its arguments were checked.
 */
#define MAX_UNKNOWN             2048
#define MAX_UNKNOWN_OF_A_SENDER 8

/* A person has to find a password; a rule has not. */
#define INTERACTIVE_US (300 * G_USEC_PER_SEC)
#define RULE_US        (25 * G_USEC_PER_SEC)

#define ALLOW_USER_INTERACTION 1 /* CheckAuthorizationFlags */

struct WattleAuthorizer {
        uid_t trusted_uid;
        GQueue unknown, pondered; /* of Question */
};

/* A call whose sender's user the bus is asked for, and then one on which polkit ponders. */
typedef struct {
        WattleAuthorizer *authorizer;
        GQueue *queue; /* that it is in */
        sd_bus_message *call;
        sd_bus_slot *slot; /* of the question that is under way */
        uid_t uid;         /* the sender's, once it is known */
        const char *action;
        char **details;
        gboolean interactive;
        WattleAct act;
        gpointer data;
} Question;

static void question_free(Question *question)
{
        g_queue_remove(question->queue, question);
        g_strfreev(question->details);
        sd_bus_slot_unref(question->slot);
        sd_bus_message_unref(question->call);
        g_free(question);
}

WattleAuthorizer *wattle_authorizer_new(uid_t trusted_uid)
{
        WattleAuthorizer *authorizer = g_new(WattleAuthorizer, 1);

        *authorizer = (WattleAuthorizer){ trusted_uid, G_QUEUE_INIT, G_QUEUE_INIT };
        return authorizer;
}

static void deny_all(GQueue *queue)
{
        Question *question;

        while ((question = g_queue_peek_head(queue))) {
                sd_bus_reply_method_errorf(question->call, SD_BUS_ERROR_ACCESS_DENIED,
                                           "wattled ends");
                question_free(question);
        }
}

void wattle_authorizer_free(WattleAuthorizer *authorizer)
{
        if (!authorizer)
                return;
        deny_all(&authorizer->unknown);
        deny_all(&authorizer->pondered);
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

/* What became of a question: the error is the caller's, or result is, below 0. Ends it. */
static int settle(Question *question, sd_bus_error *error, int result)
{
        if (sd_bus_error_is_set(error))
                sd_bus_reply_method_error(question->call, error);
        else if (result < 0)
                sd_bus_reply_method_errno(question->call, result, NULL);
        sd_bus_error_free(error);
        question_free(question);
        return 0; /* the question is answered, whatever became of the reply */
}

static int on_answer(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *unused)
{
        Question *question = data;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int result = 0;

        if (read_answer(answer, question->interactive, &error))
                result = question->act(question->call, question->uid, question->data, &error);
        return settle(question, &error, result);
}

static int append_details(sd_bus_message *message, char *const *details)
{
        int result = sd_bus_message_open_container(message, 'a', "{ss}");

        for (; result >= 0 && *details; details += 2)
                result = sd_bus_message_append(message, "{ss}", details[0], details[1]);
        return result < 0 ? result : sd_bus_message_close_container(message);
}

/* polkit finds out by itself who the sender is: a process id could by now be another's. */
static int ask_polkit(Question *question)
{
        sd_bus *bus = sd_bus_message_get_bus(question->call);
        sd_bus_message *message = NULL;
        int result = sd_bus_message_new_method_call(bus, &message, POLKIT, POLKIT_AUTHORITY,
                                                    "CheckAuthorization");

        if (result >= 0)
                result = sd_bus_message_append(message, "(sa{sv})s", "system-bus-name", 1, "name",
                                               "s", sd_bus_message_get_sender(question->call),
                                               question->action);
        if (result >= 0)
                result = append_details(message, question->details);
        if (result >= 0)
                result = sd_bus_message_append(
                        message, "us", question->interactive ? ALLOW_USER_INTERACTION : 0, "");
        if (result >= 0)
                result = sd_bus_call_async(bus, &question->slot, message, on_answer, question,
                                           question->interactive ? INTERACTIVE_US : RULE_US);
        sd_bus_message_unref(message);
        return result;
}

static guint count_of_user(GQueue *queue, uid_t uid)
{
        guint n = 0;

        for (const GList *link = queue->head; link; link = link->next)
                n += ((const Question *)link->data)->uid == uid;
        return n;
}

static guint count_of_sender(GQueue *queue, const char *sender)
{
        guint n = 0;

        for (const GList *link = queue->head; link; link = link->next) {
                const Question *question = link->data;

                n += g_strcmp0(sd_bus_message_get_sender(question->call), sender) == 0;
        }
        return n;
}

static int refuse(sd_bus_error *error)
{
        return sd_bus_error_setf(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                 "Too many calls wait for an answer of polkit's");
}

/* The next stage of a question whose user is known; a full queue refuses it. */
static int ponder(Question *question, sd_bus_error *error)
{
        GQueue *pondered = &question->authorizer->pondered;

        if (pondered->length >= MAX_PONDERED ||
            count_of_user(pondered, question->uid) >= MAX_PONDERED_OF_A_USER)
                return refuse(error);
        g_queue_remove(question->queue, question);
        question->queue = pondered;
        g_queue_push_tail(pondered, question);
        return ask_polkit(question);
}

/* A sender that has gone meanwhile has no user, and waits for nothing. */
static int on_user(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *unused)
{
        Question *question = data;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        guint32 uid;
        int result = 0;

        question->slot = sd_bus_slot_unref(question->slot);
        if (sd_bus_message_is_method_error(answer, NULL) ||
            sd_bus_message_read(answer, "u", &uid) <= 0) {
                deny(&error, "the bus does not know who calls");
                return settle(question, &error, 0);
        }
        question->uid = uid;
        if (question->uid == question->authorizer->trusted_uid)
                return settle(question, &error,
                              question->act(question->call, question->uid, question->data, &error));
        result = ponder(question, &error);
        return result < 0 || sd_bus_error_is_set(&error) ? settle(question, &error, result) : 0;
}

/* A message has no user in it, and to ask for him and wait would let callers fill our memory: the
 * bus library reads on meanwhile. */
static int ask_user(Question *question)
{
        return sd_bus_call_method_async(sd_bus_message_get_bus(question->call), &question->slot,
                                        "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "GetConnectionUnixUser", on_user,
                                        question, "s", sd_bus_message_get_sender(question->call));
}

int wattle_authorize(WattleAuthorizer *authorizer, sd_bus_message *call, const char *const *details,
                     WattleAct act, gpointer data, sd_bus_error *error)
{
        const char *action = wattle_authorize_action(sd_bus_message_get_interface(call),
                                                     sd_bus_message_get_member(call));
        GQueue *unknown = &authorizer->unknown;
        Question *question;
        int result;

        if (!action)
                return deny(error, "the method is unknown");
        if (!*action) {
                result = act(call, WATTLE_ANY_USER, data, error);
                return result < 0 ? result : 1;
        }
        if (unknown->length >= MAX_UNKNOWN ||
            count_of_sender(unknown, sd_bus_message_get_sender(call)) >= MAX_UNKNOWN_OF_A_SENDER)
                return refuse(error);
        question = g_new(Question, 1);
        *question = (Question){
                .authorizer = authorizer,
                .queue = unknown,
                .call = sd_bus_message_ref(call),
                .uid = WATTLE_ANY_USER,
                .action = action,
                .details = g_strdupv((char **)details),
                .interactive = sd_bus_message_get_allow_interactive_authorization(call) > 0,
                .act = act,
                .data = data,
        };
        g_queue_push_tail(unknown, question);
        result = ask_user(question);
        if (result < 0) {
                question_free(question);
                return result;
        }
        return 1;
}
