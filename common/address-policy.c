/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/address-policy.h"

#include <arpa/inet.h>

#include "common/language.h"

typedef struct {
        WattleAddressVerdict verdict;
        const char *why;
} Judgement;

#define UNFIT(why)                                                                                 \
        {                                                                                          \
                WATTLE_ADDRESS_UNFIT, why                                                          \
        }
#define DOUBTFUL(why)                                                                              \
        {                                                                                          \
                WATTLE_ADDRESS_DOUBTFUL, why                                                       \
        }

#define SUBNET  [WATTLE_USE_SUBNET]
#define ADDRESS [WATTLE_USE_ADDRESS]
#define ROUTES  [WATTLE_USE_ROUTES]
#define PUBLIC  [WATTLE_USE_PUBLIC_ENDPOINT]
#define PRIVATE [WATTLE_USE_PRIVATE_ENDPOINT]
#define DNS     [WATTLE_USE_DNS]

/* What is not here fits: of GLOBAL all, of DOCUMENTATION all, for examples and laboratories are
 * made of it. The parser of endpoints refuses what is of no single host before it comes here. */
static const Judgement judgements[WATTLE_N_ADDR_CLASSES][WATTLE_N_USES] = {
        [WATTLE_ADDR_UNSPECIFIED] = {
                SUBNET = UNFIT(N_("has addresses of no host: take one of 10.0.0.0/8, "
                                  "172.16.0.0/12, 192.168.0.0/16 or fd00::/8")),
                ADDRESS = UNFIT(N_("is the address of no host")),
                ROUTES = UNFIT(N_("is the address of no host")),
                PUBLIC = UNFIT(N_("is the address of no host")),
                PRIVATE = UNFIT(N_("is the address of no host")),
                DNS = UNFIT(N_("is the address of no host")),
        },
        [WATTLE_ADDR_THIS_NETWORK] = {
                SUBNET = UNFIT(N_("has addresses of no host: take one of 10.0.0.0/8, "
                                  "172.16.0.0/12, 192.168.0.0/16 or fd00::/8")),
                ADDRESS = UNFIT(N_("is the address of no host")),
                ROUTES = UNFIT(N_("has addresses of no host")),
                PUBLIC = UNFIT(N_("is the address of no host")),
                PRIVATE = UNFIT(N_("is the address of no host")),
                DNS = UNFIT(N_("is the address of no host")),
        },
        [WATTLE_ADDR_LOOPBACK] = {
                SUBNET = UNFIT(N_("has each host's own addresses: take one of 10.0.0.0/8, "
                                  "172.16.0.0/12, 192.168.0.0/16 or fd00::/8")),
                ADDRESS = UNFIT(N_("is each host's own, and no address of a mesh")),
                ROUTES = UNFIT(N_("is of each host itself: the kernel sends it nowhere")),
                PUBLIC = UNFIT(N_("is each host itself: who calls it gets no further than to itself")),
                PRIVATE = UNFIT(N_("is each host itself: who calls it gets no further than to itself")),
                DNS = UNFIT(N_("is each host itself, and no server that is reached through the exit node")),
        },
        [WATTLE_ADDR_LINK_LOCAL] = {
                SUBNET = UNFIT(N_("has link-local addresses: take one of 10.0.0.0/8, "
                                  "172.16.0.0/12, 192.168.0.0/16 or fd00::/8")),
                ADDRESS = UNFIT(N_("is link-local, and no address of a mesh")),
                ROUTES = UNFIT(N_("is link-local: no router passes it on")),
                PUBLIC = UNFIT(N_("is link-local: no host of another network can call it")),
                PRIVATE = DOUBTFUL(N_("is link-local: a host gives it to itself, and may have another "
                                   "one tomorrow")),
                DNS = UNFIT(N_("is link-local: no exit node passes it on")),
        },
        [WATTLE_ADDR_PRIVATE] = {
                PUBLIC = DOUBTFUL(N_("is private: only hosts in that network can call it; on a LAN it "
                                  "is a PrivateEndpoint=")),
        },
        [WATTLE_ADDR_UNIQUE_LOCAL] = {
                PUBLIC = DOUBTFUL(N_("is private: only hosts in that network can call it; on a LAN it "
                                  "is a PrivateEndpoint=")),
        },
        [WATTLE_ADDR_SHARED] = {
                SUBNET = DOUBTFUL(N_("is of providers' NAT, and of Tailscale: a host that has either "
                                  "gets two networks of the same addresses")),
                PUBLIC = DOUBTFUL(N_("is behind a provider's NAT: nobody outside of it can call it")),
        },
        [WATTLE_ADDR_BENCHMARK] = {
                PUBLIC = DOUBTFUL(N_("is for laboratories: the Internet does not route it")),
        },
        [WATTLE_ADDR_PROTOCOL] = {
                SUBNET = UNFIT(N_("is of protocols, as DS-Lite: take one of 10.0.0.0/8, "
                                  "172.16.0.0/12, 192.168.0.0/16 or fd00::/8")),
                ADDRESS = UNFIT(N_("is of a protocol, as DS-Lite, and no address of a mesh")),
                ROUTES = UNFIT(N_("is of protocols, as DS-Lite: each link has its own")),
                PUBLIC = UNFIT(N_("is of a protocol, as DS-Lite: each home has the same one, and none "
                               "can be called")),
                PRIVATE = UNFIT(N_("is of a protocol, as DS-Lite: each home has the same one")),
                DNS = UNFIT(N_("is of a protocol, as DS-Lite, and no server")),
        },
        [WATTLE_ADDR_MAPPED] = {
                SUBNET = UNFIT(N_("has reserved addresses: take one of 10.0.0.0/8, "
                                  "172.16.0.0/12, 192.168.0.0/16 or fd00::/8")),
                ADDRESS = UNFIT(N_("is an IPv4 address as sockets show it: write that one")),
                ROUTES = UNFIT(N_("is IPv4 as sockets show it: write that")),
                PUBLIC = UNFIT(N_("is an IPv4 address as sockets show it: write that one")),
                PRIVATE = UNFIT(N_("is an IPv4 address as sockets show it: write that one")),
                DNS = UNFIT(N_("is an IPv4 address as sockets show it: write that one")),
        },
        [WATTLE_ADDR_TRANSLATED] = {
                SUBNET = UNFIT(N_("has reserved addresses: take one of 10.0.0.0/8, "
                                  "172.16.0.0/12, 192.168.0.0/16 or fd00::/8")),
                ADDRESS = UNFIT(N_("is an IPv4 address behind a NAT64, and no address of a mesh")),
                PUBLIC = DOUBTFUL(N_("is an IPv4 address behind a NAT64, which few networks have: "
                                  "write the IPv4 address too")),
                PRIVATE = DOUBTFUL(N_("is an IPv4 address behind a NAT64: on a LAN it is called "
                                   "directly")),
        },
        [WATTLE_ADDR_MULTICAST] = {
                SUBNET = UNFIT(N_("has multicast addresses: take one of 10.0.0.0/8, "
                                  "172.16.0.0/12, 192.168.0.0/16 or fd00::/8")),
                ADDRESS = UNFIT(N_("is multicast: the address of a group, not of a device")),
                ROUTES = UNFIT(N_("is multicast, which WireGuard does not carry to several")),
                PUBLIC = UNFIT(N_("is multicast: the address of a group, not of a host")),
                PRIVATE = UNFIT(N_("is multicast: the address of a group, not of a host")),
                DNS = UNFIT(N_("is multicast: the address of a group, not of a host")),
        },
        [WATTLE_ADDR_BROADCAST] = {
                SUBNET = UNFIT(N_("is of all hosts at once: take one of 10.0.0.0/8, "
                                  "172.16.0.0/12, 192.168.0.0/16 or fd00::/8")),
                ADDRESS = UNFIT(N_("is of all hosts at once")),
                ROUTES = UNFIT(N_("is of all hosts at once")),
                PUBLIC = UNFIT(N_("is of all hosts at once")),
                PRIVATE = UNFIT(N_("is of all hosts at once")),
                DNS = UNFIT(N_("is of all hosts at once")),
        },
        [WATTLE_ADDR_CLASS_E] = {
                SUBNET = DOUBTFUL(N_("is reserved, and not all systems take it")),
                ROUTES = DOUBTFUL(N_("is reserved, and not all systems take it")),
                PUBLIC = UNFIT(N_("is reserved: the Internet does not route it")),
                PRIVATE = DOUBTFUL(N_("is reserved, and not all systems take it")),
        },
        [WATTLE_ADDR_RESERVED] = {
                SUBNET = UNFIT(N_("has reserved addresses: take one of 10.0.0.0/8, "
                                  "172.16.0.0/12, 192.168.0.0/16 or fd00::/8")),
                ADDRESS = UNFIT(N_("is reserved")),
                ROUTES = UNFIT(N_("is reserved")),
                PUBLIC = UNFIT(N_("is reserved: the Internet does not route it")),
                PRIVATE = UNFIT(N_("is reserved")),
                DNS = UNFIT(N_("is reserved")),
        },
};

/* On a LAN that of IPv6 is as good as any: wattled asks on which link it is, and it stays. */
static const Judgement fits = { WATTLE_ADDRESS_FITS, NULL };

static const Judgement *find(WattleAddrClass class, WattleAddressUse use, int family)
{
        if (class == WATTLE_ADDR_LINK_LOCAL && use == WATTLE_USE_PRIVATE_ENDPOINT &&
            family == AF_INET6)
                return &fits;
        return &judgements[class][use];
}

WattleAddressVerdict wattle_address_judge(const WattleAddr *addr, WattleAddressUse use,
                                          const char **ret_why)
{
        const Judgement *judgement = find(wattle_addr_class(addr), use, addr->family);

        *ret_why = judgement->why ? _(judgement->why) : NULL;
        return judgement->verdict;
}

WattleAddressVerdict wattle_address_judge_prefix(const WattlePrefix *prefix, WattleAddressUse use,
                                                 const char **ret_why)
{
        guint classes = wattle_prefix_classes(prefix);
        const Judgement *worst = find(WATTLE_ADDR_GLOBAL, use, prefix->addr.family);

        if (use == WATTLE_USE_ROUTES && classes & 1u << WATTLE_ADDR_GLOBAL)
                classes = 1u << WATTLE_ADDR_GLOBAL;
        /* Of equals the last: what is left of a block says more than its first address. */
        for (guint i = WATTLE_N_ADDR_CLASSES; i-- > 0;) {
                const Judgement *one = find((WattleAddrClass)i, use, prefix->addr.family);

                if (classes & 1u << i && one->verdict > worst->verdict)
                        worst = one;
        }
        *ret_why = worst->why ? _(worst->why) : NULL;
        return worst->verdict;
}
