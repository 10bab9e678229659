/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portmap/router.h"

#include <arpa/inet.h>
#include <errno.h>
#include <natpmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "portmap/igd.h"

#define LIFETIME_S 3600

/* Of one answer of NAT-PMP: four questions, 250 ms to 2 s apart (RFC 6886, 3.1). */
#define TRIES 4

/* 0, or the library's error. */
static int natpmp_answer(natpmp_t *natpmp, guint type, natpmpresp_t *ret)
{
        int result = NATPMP_TRYAGAIN;

        for (guint i = 0; i < TRIES && result == NATPMP_TRYAGAIN; i++) {
                struct pollfd wait = { .fd = natpmp->s, .events = POLLIN };
                struct timeval pause;

                if (getnatpmprequesttimeout(natpmp, &pause) != 0)
                        return NATPMP_ERR_NOPENDINGREQ;
                poll(&wait, 1, (int)(MAX(pause.tv_sec, 0) * 1000 + pause.tv_usec / 1000 + 1));
                result = readnatpmpresponseorretry(natpmp, ret);
        }
        return result == 0 && ret->type != type ? NATPMP_ERR_UNSUPPORTEDOPCODE : result;
}

/* What a router says that knows the protocol: it has no address itself, or it will not. Others are
 * silent, or no routers of that kind. */
static WattlePortmapFailure natpmp_failure(int result)
{
        switch (result) {
        case NATPMP_ERR_NETWORKFAILURE:
                return WATTLE_PORTMAP_NOT_PUBLIC;
        case NATPMP_ERR_NOTAUTHORIZED:
        case NATPMP_ERR_OUTOFRESOURCES:
                return WATTLE_PORTMAP_REFUSED;
        default:
                return WATTLE_PORTMAP_NO_ROUTER;
        }
}

static gboolean natpmp_address(natpmp_t *natpmp, WattleLeaseAnswer *ret)
{
        natpmpresp_t answer;
        int result;

        if (sendpublicaddressrequest(natpmp) < 0)
                return FALSE;
        result = natpmp_answer(natpmp, NATPMP_RESPTYPE_PUBLICADDRESS, &answer);
        if (result != 0) {
                ret->failure = natpmp_failure(result);
                return FALSE;
        }
        ret->at.addr = (WattleAddr){ .family = AF_INET };
        memcpy(ret->at.addr.bytes, &answer.pnu.publicaddress.addr, 4);
        return TRUE;
}

/* The port that we have ourselves is asked for, or that which we had. */
static void natpmp_map(natpmp_t *natpmp, const WattleRouterJob *job, WattleLeaseAnswer *ret)
{
        guint16 wish = job->held.held ? job->held.at.port : job->port;
        natpmpresp_t answer;

        if (!natpmp_address(natpmp, ret))
                return;
        ret->failure = WATTLE_PORTMAP_REFUSED;
        if (sendnewportmappingrequest(natpmp, NATPMP_PROTOCOL_UDP, job->port, wish, LIFETIME_S) <
                    0 ||
            natpmp_answer(natpmp, NATPMP_RESPTYPE_UDPPORTMAPPING, &answer) != 0 ||
            answer.pnu.newportmapping.privateport != job->port ||
            answer.pnu.newportmapping.lifetime == 0)
                return;
        ret->at.port = answer.pnu.newportmapping.mappedpublicport;
        ret->lifetime_s = answer.pnu.newportmapping.lifetime;
        ret->has_epoch = TRUE;
        ret->epoch_s = answer.epoch;
        ret->mapped = TRUE;
}

static void natpmp_run(const WattleRouterJob *job, WattleLeaseAnswer *ret)
{
        natpmp_t natpmp;
        natpmpresp_t answer;

        ret->protocol = WATTLE_PORTMAP_NAT_PMP;
        if (initnatpmp(&natpmp, 0, 0) != 0)
                return;
        if (!job->give_back)
                natpmp_map(&natpmp, job, ret);
        else if (sendnewportmappingrequest(&natpmp, NATPMP_PROTOCOL_UDP, job->port, 0, 0) >= 0)
                (void)natpmp_answer(&natpmp, NATPMP_RESPTYPE_UDPPORTMAPPING, &answer);
        closenatpmp(&natpmp);
}

static void upnp_run(const WattleRouterJob *job, WattleLeaseAnswer *ret)
{
        WattleIgd igd;

        ret->protocol = WATTLE_PORTMAP_UPNP;
        if (!wattle_igd_find(&igd))
                return;
        if (job->give_back)
                wattle_igd_unmap(&igd, job->held.at.port);
        else
                wattle_igd_map(&igd, job, LIFETIME_S, ret);
        wattle_igd_clear(&igd);
}

void wattle_router_run(const WattleRouterJob *job, WattleLeaseAnswer *ret)
{
        gboolean upnp_first = job->held.held && job->held.protocol == WATTLE_PORTMAP_UPNP;

        *ret = (WattleLeaseAnswer){ .failure = WATTLE_PORTMAP_NO_ROUTER };
        (upnp_first ? upnp_run : natpmp_run)(job, ret);
        if (!ret->mapped && !job->give_back)
                (upnp_first ? natpmp_run : upnp_run)(job, ret);
}
