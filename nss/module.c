/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nss/module.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "common/names-layout.h"
#include "nss/answer.h"
#include "nss/folder.h"

/* Fixed: a folder that the environment names would be anybody's, in programs that are setuid. */
#define FOLDER "/run/wattle"

typedef struct {
        const char *name; /* NULL: by address */
        size_t n;         /* bytes of the name, without a dot at the end */
        const void *address;
        size_t address_size;
        uint8_t mapped[16]; /* the address as the index has it */
        int family;         /* AF_UNSPEC: a list of all */
        struct hostent *host;
        struct gaih_addrtuple **list;
        char *buffer;
        size_t size;
} Question;

/* No strncasecmp(3), which goes by the locale of the program. */
static bool is_same(const char *a, const char *b, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (wattle_names_fold((uint8_t)a[i]) != wattle_names_fold((uint8_t)b[i]))
                        return false;
        return true;
}

static bool equals(const Question *question, const char *name, size_t n)
{
        return question->n == n && is_same(question->name, name, n);
}

/* RFC 6761, 6.3, and the name that /etc/hosts of many systems adds. */
static bool is_localhost(const Question *question)
{
        static const char last[] = "localhost", old[] = "localhost.localdomain";
        size_t n = strlen(last), before = question->n - n;

        if (equals(question, old, strlen(old)))
                return true;
        return question->n >= n && is_same(question->name + before, last, n) &&
               (before == 0 || question->name[before - 1] == '.');
}

/* What this host calls itself is for /etc/hosts and nss-myhostname: it has to be known while the
 * mesh is down as well. */
static bool is_own_host(const Question *question)
{
        char own[HOST_NAME_MAX + 1];

        if (gethostname(own, sizeof own) < 0)
                return false;
        own[sizeof own - 1] = '\0';
        return equals(question, own, strlen(own)) || equals(question, own, strcspn(own, "."));
}

static WattleIndexResult find(const Question *question, WattleIndex *index, WattleIndexRecord *ret)
{
        WattleIndexResult result;

        if (!question->name)
                return wattle_index_find_address(index, question->mapped, ret);
        result = wattle_index_find_name(index, question->name, question->n, ret);
        return result == WATTLE_INDEX_FOUND && (is_localhost(question) || is_own_host(question))
                       ? WATTLE_INDEX_ABSENT
                       : result;
}

static WattleAnswer answer(const Question *question, WattleIndex *index,
                           const WattleIndexRecord *record)
{
        if (!question->name)
                return wattle_answer_address(index, record, question->family, question->address,
                                             question->address_size, question->host,
                                             question->buffer, question->size);
        if (question->family == AF_UNSPEC)
                return wattle_answer_list(index, record, question->list, question->buffer,
                                          question->size);
        return wattle_answer_host(index, record, question->family, question->host, question->buffer,
                                  question->size);
}

static enum nss_status say(enum nss_status status, int error, int h_error, int *errnop,
                           int *h_errnop)
{
        *errnop = error;
        *h_errnop = h_error;
        return status;
}

/* Why there is no folder to look into, or none to look on into. */
static enum nss_status say_why_not(int error, int *errnop, int *h_errnop)
{
        if (error == 0 || error == ENOENT || error == ENOTDIR)
                return say(NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND, errnop, h_errnop);
        if (error == EMFILE || error == ENFILE || error == ENOMEM)
                return say(NSS_STATUS_TRYAGAIN, error, TRY_AGAIN, errnop, h_errnop);
        return say(NSS_STATUS_UNAVAIL, error, NO_RECOVERY, errnop, h_errnop);
}

static enum nss_status say_answer(WattleAnswer given, int *errnop, int *h_errnop)
{
        switch (given) {
        case WATTLE_ANSWER_DONE:
                *h_errnop = NETDB_SUCCESS;
                return NSS_STATUS_SUCCESS;
        case WATTLE_ANSWER_NO_ROOM:
                return say(NSS_STATUS_TRYAGAIN, ERANGE, NETDB_INTERNAL, errnop, h_errnop);
        case WATTLE_ANSWER_NO_ADDRESS:
                return say(NSS_STATUS_NOTFOUND, ENOENT, NO_DATA, errnop, h_errnop);
        case WATTLE_ANSWER_BROKEN:
                break;
        }
        return say(NSS_STATUS_NOTFOUND, ENOENT, HOST_NOT_FOUND, errnop, h_errnop);
}

/* The first mesh that knows the device answers, whatever others say: so the answers for two
 * families are about one device. */
static enum nss_status ask_folder(const Question *question, int *errnop, int *h_errnop)
{
        WattleFolder folder;
        WattleIndexRecord record;
        WattleIndex index;
        enum nss_status status;
        bool found = false;

        if (!wattle_folder_open(&folder, FOLDER))
                return say_why_not(errno, errnop, h_errnop);
        while (!found && wattle_folder_next(&folder, &index))
                found = find(question, &index, &record) == WATTLE_INDEX_FOUND;
        status = found ? say_answer(answer(question, &index, &record), errnop, h_errnop)
                       : say_why_not(errno, errnop, h_errnop);
        wattle_folder_close(&folder);
        return status;
}

/* errno stays as it was, but for what is said in it: errnop may be its address. */
static enum nss_status ask(const Question *question, int *errnop, int *h_errnop)
{
        int before = errno, error = before;
        enum nss_status status = ask_folder(question, &error, h_errnop);

        errno = before;
        *errnop = error;
        return status;
}

static enum nss_status ask_name(const char *name, int family, struct hostent *ret,
                                struct gaih_addrtuple **list, char *buffer, size_t size,
                                int *errnop, int *h_errnop)
{
        Question question = { .name = name,
                              .n = strlen(name),
                              .family = family,
                              .host = ret,
                              .list = list,
                              .buffer = buffer,
                              .size = size };

        if (question.n > 0 && name[question.n - 1] == '.')
                question.n--;
        if (!list && family != AF_INET && family != AF_INET6)
                return say(NSS_STATUS_UNAVAIL, EAFNOSUPPORT, NO_DATA, errnop, h_errnop);
        return ask(&question, errnop, h_errnop);
}

enum nss_status _nss_wattle_gethostbyname_r(const char *name, struct hostent *ret, char *buffer,
                                            size_t size, int *errnop, int *h_errnop)
{
        return ask_name(name, AF_INET, ret, NULL, buffer, size, errnop, h_errnop);
}

enum nss_status _nss_wattle_gethostbyname2_r(const char *name, int family, struct hostent *ret,
                                             char *buffer, size_t size, int *errnop, int *h_errnop)
{
        return ask_name(name, family, ret, NULL, buffer, size, errnop, h_errnop);
}

enum nss_status _nss_wattle_gethostbyname3_r(const char *name, int family, struct hostent *ret,
                                             char *buffer, size_t size, int *errnop, int *h_errnop,
                                             int32_t *ttl, char **canonical)
{
        enum nss_status status = ask_name(name, family, ret, NULL, buffer, size, errnop, h_errnop);

        if (status != NSS_STATUS_SUCCESS)
                return status;
        if (ttl)
                *ttl = 0;
        if (canonical)
                *canonical = ret->h_name;
        return status;
}

enum nss_status _nss_wattle_gethostbyname4_r(const char *name, struct gaih_addrtuple **ret,
                                             char *buffer, size_t size, int *errnop, int *h_errnop,
                                             int32_t *ttl)
{
        enum nss_status status =
                ask_name(name, AF_UNSPEC, NULL, ret, buffer, size, errnop, h_errnop);

        if (status == NSS_STATUS_SUCCESS && ttl)
                *ttl = 0;
        return status;
}

enum nss_status _nss_wattle_gethostbyaddr_r(const void *address, socklen_t length, int family,
                                            struct hostent *ret, char *buffer, size_t size,
                                            int *errnop, int *h_errnop)
{
        Question question = { .address = address,
                              .address_size = length,
                              .mapped = { [10] = 0xff, [11] = 0xff },
                              .family = family,
                              .host = ret,
                              .buffer = buffer,
                              .size = size };

        if (family == AF_INET && length == sizeof(struct in_addr))
                memcpy(question.mapped + 12, address, length);
        else if (family == AF_INET6 && length == sizeof(struct in6_addr))
                memcpy(question.mapped, address, length);
        else
                return say(NSS_STATUS_UNAVAIL, EAFNOSUPPORT, NO_DATA, errnop, h_errnop);
        return ask(&question, errnop, h_errnop);
}

enum nss_status _nss_wattle_gethostbyaddr2_r(const void *address, socklen_t length, int family,
                                             struct hostent *ret, char *buffer, size_t size,
                                             int *errnop, int *h_errnop, int32_t *ttl)
{
        enum nss_status status = _nss_wattle_gethostbyaddr_r(address, length, family, ret, buffer,
                                                             size, errnop, h_errnop);

        if (status == NSS_STATUS_SUCCESS && ttl)
                *ttl = 0;
        return status;
}
