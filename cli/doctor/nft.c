/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/doctor/nft.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/socket.h>

#include "common/language.h"

#define MAX_DEPTH    16 /* of jumps, as the kernel's own limit (NFT_JUMP_STACK_SIZE) */
#define ZONE_MAX     17 /* of firewalld's names */
#define ZONE_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#define MAX_RULES    20000 /* that a packet meets; beyond, nothing is said */

typedef struct {
        char *table; /* "inet filter" */
        char *name;
        gboolean is_input;   /* the kernel begins here with what is for this host */
        gboolean is_forward; /* and here with what it passes on */
        gboolean drops_rest; /* its policy */
        gboolean is_owned;   /* its table has "flags owner": no other program can write to it */
        GPtrArray *rules;    /* of char * */
} Chain;

typedef struct {
        GPtrArray *chains; /* of Chain */
} Ruleset;

static void chain_free(gpointer data)
{
        Chain *chain = data;

        g_free(chain->table);
        g_free(chain->name);
        g_ptr_array_unref(chain->rules);
        g_free(chain);
}

/* "NAME" of "chain NAME {", "inet filter" of "table inet filter {"; NULL if it is another line. */
static char *block_name(const char *line, const char *kind)
{
        gsize prefix = strlen(kind), length = strlen(line);

        if (!g_str_has_prefix(line, kind) || length < prefix + 2 || !g_str_has_suffix(line, " {"))
                return NULL;
        return g_strndup(line + prefix, length - prefix - 2);
}

static void read_base(Chain *chain, const char *line)
{
        if (strstr(line, "hook input") || strstr(line, "hook prerouting"))
                chain->is_input = g_str_has_prefix(line, "type filter");
        if (strstr(line, "hook forward") || strstr(line, "hook prerouting"))
                chain->is_forward = g_str_has_prefix(line, "type filter");
        chain->drops_rest = strstr(line, "policy drop") != NULL;
}

static Chain *chain_new(const char *table, char *name)
{
        Chain *chain = g_new0(Chain, 1);

        chain->table = g_strdup(table);
        chain->name = name;
        chain->rules = g_ptr_array_new_with_free_func(g_free);
        return chain;
}

/* Blocks that are neither tables nor chains (sets, maps, counters) are passed over. */
static void parse(Ruleset *ruleset, const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autofree char *table = NULL;
        Chain *chain = NULL;
        gboolean is_owned = FALSE;
        guint depth = 0;

        for (char **line = lines; *line; line++) {
                const char *trimmed = g_strstrip(*line);
                char *name;

                if (strcmp(trimmed, "}") == 0) {
                        depth -= depth > 0;
                        chain = NULL;
                } else if (depth == 0 && (name = block_name(trimmed, "table "))) {
                        g_free(table);
                        table = name;
                        is_owned = FALSE;
                        depth++;
                } else if (depth == 1 && g_str_has_prefix(trimmed, "flags ")) {
                        is_owned = strstr(trimmed, "owner") != NULL;
                } else if (depth == 1 && table && (name = block_name(trimmed, "chain "))) {
                        chain = chain_new(table, name);
                        chain->is_owned = is_owned;
                        g_ptr_array_add(ruleset->chains, chain);
                        depth++;
                } else if (g_str_has_suffix(trimmed, "{")) {
                        depth++;
                } else if (chain && depth == 2 && g_str_has_prefix(trimmed, "type ")) {
                        read_base(chain, trimmed);
                } else if (chain && depth == 2 && *trimmed) {
                        g_ptr_array_add(chain->rules, g_strdup(trimmed));
                }
        }
}

typedef enum {
        MATCH_NO,
        MATCH_PERHAPS,
        MATCH_YES,
} Match;

/* What is known of the packet. */
typedef struct {
        const char *protocol; /* "udp", "tcp"; NULL: it is of any kind */
        guint16 port;         /* if it has a protocol */
        const char *in, *out; /* NULL: not known, but not lo */
} Probe;

static Match in_range(const char *word, const Probe *probe)
{
        guint16 port = probe->port;
        char *end;
        guint64 low = g_ascii_strtoull(word, &end, 10), high = low;

        if (!probe->protocol || end == word)
                return MATCH_PERHAPS; /* a name, or a set of its own */
        if (*end == '-')
                high = g_ascii_strtoull(end + 1, &end, 10);
        if (*end != '\0' && *end != ',')
                return MATCH_PERHAPS;
        return low <= port && port <= high ? MATCH_YES : MATCH_NO;
}

/* Words of one value, or of "{ a, b }"; *at is moved behind them. Tells by test whether one of them
 * is ours. */
static Match match_set(char **words, guint *at, Match (*test)(const char *word, const Probe *probe),
                       const Probe *probe)
{
        Match match = MATCH_NO;

        if (!words[*at])
                return MATCH_PERHAPS;
        if (strcmp(words[*at], "!=") == 0) {
                (*at)++;
                match = match_set(words, at, test, probe);
                return match == MATCH_PERHAPS ? match : MATCH_YES - match;
        }
        if (strcmp(words[*at], "{") != 0)
                return test(words[(*at)++], probe);
        for ((*at)++; words[*at] && strcmp(words[*at], "}") != 0; (*at)++) {
                Match one = test(words[*at], probe);

                match = MAX(match, one);
        }
        *at += words[*at] != NULL;
        return match;
}

static Match is_protocol(const char *word, const Probe *probe)
{
        const char *number;

        if (!probe->protocol)
                return MATCH_PERHAPS;
        number = strcmp(probe->protocol, "udp") == 0 ? "17" : "6";
        return g_str_has_prefix(word, probe->protocol) || strcmp(word, number) == 0 ? MATCH_YES
                                                                                    : MATCH_NO;
}

/* "established,related" is not for the first packet. */
static Match is_new(const char *word, G_GNUC_UNUSED const Probe *probe)
{
        return strstr(word, "new") ? MATCH_YES : MATCH_NO;
}

/* One that was translated was sent to somebody else; firewalld lets these in before all others. */
static Match is_translated(const char *word, G_GNUC_UNUSED const Probe *probe)
{
        return strcmp(word, "dnat") == 0 ? MATCH_NO : MATCH_PERHAPS;
}

/* "eth0" or "wg*", in quotes, and in a set with a comma behind it. */
static Match is_interface(const char *word, const char *name)
{
        g_autofree char *glob = g_strdup(word);

        g_strdelimit(glob, "\",", ' ');
        g_strstrip(glob);
        if (!name)
                return strcmp(glob, "lo") == 0 ? MATCH_NO : MATCH_PERHAPS;
        return fnmatch(glob, name, 0) == 0 ? MATCH_YES : MATCH_NO;
}

static Match is_in(const char *word, const Probe *probe)
{
        return is_interface(word, probe->in);
}

static Match is_out(const char *word, const Probe *probe)
{
        return is_interface(word, probe->out);
}

/* Conditions by how they begin; their values follow. */
static const struct {
        const char *first, *second;
        Match (*test)(const char *word, const Probe *probe);
} conditions[] = {
        { "udp", "dport", in_range },
        { "tcp", "dport", in_range },
        { "th", "dport", in_range },
        { "meta", "l4proto", is_protocol },
        { "ip", "protocol", is_protocol },
        { "ip6", "nexthdr", is_protocol },
        { "ct", "state", is_new },
        { "ct", "status", is_translated },
        { "iif", NULL, is_in },
        { "iifname", NULL, is_in },
        { "oif", NULL, is_out },
        { "oifname", NULL, is_out },
};

static gboolean is_other_protocol(const char *word, const Probe *probe)
{
        static const char *const all[] = { "udp", "tcp", "icmp", "icmpv6", "sctp", "dccp", "igmp" };

        for (guint i = 0; i < G_N_ELEMENTS(all); i++)
                if (strcmp(word, all[i]) == 0)
                        return g_strcmp0(word, probe->protocol) != 0;
        return FALSE;
}

/* One condition at *at, which is moved behind it. */
static Match match_condition(char **words, guint *at, const Probe *probe)
{
        if (is_other_protocol(words[*at], probe)) {
                (*at)++;
                return probe->protocol ? MATCH_NO : MATCH_PERHAPS;
        }
        for (guint i = 0; i < G_N_ELEMENTS(conditions); i++) {
                if (strcmp(words[*at], conditions[i].first) != 0 ||
                    (conditions[i].second && g_strcmp0(words[*at + 1], conditions[i].second) != 0))
                        continue;
                *at += conditions[i].second ? 2 : 1;
                return match_set(words, at, conditions[i].test, probe);
        }
        (*at)++;
        return MATCH_PERHAPS;
}

static gboolean is_verdict(const char *word)
{
        static const char *const verdicts[] = { "accept", "drop",   "reject", "jump",
                                                "goto",   "return", "queue",  "continue" };

        for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++)
                if (strcmp(word, verdicts[i]) == 0)
                        return TRUE;
        return FALSE;
}

/* Statements that decide nothing: "counter packets 1 bytes 2", "log prefix ...". */
static gboolean skip_statement(char **words, guint *at)
{
        if (strcmp(words[*at], "counter") == 0) {
                (*at)++;
                while (words[*at] &&
                       (strcmp(words[*at], "packets") == 0 || strcmp(words[*at], "bytes") == 0) &&
                       words[*at + 1])
                        *at += 2;
                return TRUE;
        }
        if (strcmp(words[*at], "log") == 0 || strcmp(words[*at], "comment") == 0) {
                while (words[*at] && !is_verdict(words[*at]))
                        (*at)++;
                return TRUE;
        }
        return FALSE;
}

/* Whether a rule is for our packet; its verdict's words are left at *at, NULL if it has none. */
static Match match_rule(char **words, guint *at, const Probe *probe)
{
        Match all = MATCH_YES;

        while (words[*at] && !is_verdict(words[*at])) {
                Match one;

                if (skip_statement(words, at))
                        continue;
                one = match_condition(words, at, probe);
                all = MIN(all, one);
        }
        return all;
}

typedef struct {
        const Ruleset *ruleset;
        Probe probe;
        guint n_rules;             /* met so far */
        gboolean perhaps_accepted; /* a rule that we cannot read to its end may have let it in */
        const Chain *dropped_by;
} Packet;

typedef enum {
        GOES_ON, /* the chain has nothing to say */
        ACCEPTED,
        DROPPED,
} Fate;

static Fate walk(Packet *packet, const Chain *chain, guint depth);

static const Chain *find_chain(const Packet *packet, const char *table, const char *name)
{
        for (guint i = 0; i < packet->ruleset->chains->len; i++) {
                const Chain *chain = g_ptr_array_index(packet->ruleset->chains, i);

                if (strcmp(chain->table, table) == 0 && g_strcmp0(chain->name, name) == 0)
                        return chain;
        }
        return NULL;
}

static Fate jump(Packet *packet, const Chain *from, const char *name, Match match, guint depth)
{
        const Chain *to = find_chain(packet, from->table, name);
        Fate fate = to && depth < MAX_DEPTH ? walk(packet, to, depth + 1) : GOES_ON;

        if (!to || depth >= MAX_DEPTH || (match == MATCH_PERHAPS && fate == ACCEPTED)) {
                packet->perhaps_accepted = TRUE;
                return GOES_ON;
        }
        return match == MATCH_YES ? fate : GOES_ON;
}

/* *ret_ends says that the chain has nothing more to say. */
static Fate follow_rule(Packet *packet, const Chain *chain, const char *rule, guint depth,
                        gboolean *ret_ends)
{
        g_auto(GStrv) words = g_strsplit(rule, " ", -1);
        guint at = 0;
        Match match = match_rule(words, &at, &packet->probe);
        const char *verdict = words[at];
        Fate fate;

        *ret_ends = FALSE;
        if (match == MATCH_NO)
                return GOES_ON;
        /* A vmap has its verdicts in a table. */
        if (!verdict) {
                packet->perhaps_accepted |= strstr(rule, "vmap") != NULL;
                return GOES_ON;
        }
        if (strcmp(verdict, "jump") == 0 || strcmp(verdict, "goto") == 0) {
                fate = jump(packet, chain, words[at + 1], match, depth);
                *ret_ends = match == MATCH_YES && strcmp(verdict, "goto") == 0;
                return fate;
        }
        if (match == MATCH_PERHAPS) {
                packet->perhaps_accepted |= strcmp(verdict, "drop") != 0 &&
                                            strcmp(verdict, "reject") != 0 &&
                                            strcmp(verdict, "continue") != 0;
                return GOES_ON;
        }
        if (strcmp(verdict, "accept") == 0 || strcmp(verdict, "queue") == 0)
                return ACCEPTED;
        *ret_ends = strcmp(verdict, "return") == 0;
        if (strcmp(verdict, "drop") != 0 && strcmp(verdict, "reject") != 0)
                return GOES_ON;
        packet->dropped_by = chain;
        return DROPPED;
}

static Fate walk(Packet *packet, const Chain *chain, guint depth)
{
        for (guint i = 0; i < chain->rules->len; i++) {
                gboolean ends;
                Fate fate;

                if (packet->n_rules++ >= MAX_RULES) {
                        packet->perhaps_accepted = TRUE;
                        return GOES_ON;
                }
                fate = follow_rule(packet, chain, g_ptr_array_index(chain->rules, i), depth, &ends);

                if (fate != GOES_ON || ends)
                        return fate;
        }
        return GOES_ON;
}

/* Whether this base chain lets it pass. */
static WattleNftVerdict judge_chain(Packet *packet, const Chain *chain)
{
        Fate fate;

        packet->perhaps_accepted = FALSE;
        packet->dropped_by = NULL;
        packet->n_rules = 0;
        fate = walk(packet, chain, 0);
        if (fate == GOES_ON && chain->drops_rest) {
                packet->dropped_by = chain;
                fate = DROPPED;
        }
        if (fate != DROPPED)
                return WATTLE_NFT_PASSES;
        return packet->perhaps_accepted ? WATTLE_NFT_UNSURE : WATTLE_NFT_DROPS;
}

static gboolean has_family(const Chain *chain, int family)
{
        return (family != AF_INET && g_str_has_prefix(chain->table, "ip6 ")) ||
               (family != AF_INET6 && g_str_has_prefix(chain->table, "ip ")) ||
               g_str_has_prefix(chain->table, "inet ");
}

/* family AF_UNSPEC: either. */
static WattleNftVerdict judge(const char *text, const Probe *probe, gboolean forward, int family,
                              char **ret_where)
{
        Ruleset ruleset = { g_ptr_array_new_with_free_func(chain_free) };
        Packet packet = { .ruleset = &ruleset, .probe = *probe };
        WattleNftVerdict worst = WATTLE_NFT_PASSES;

        parse(&ruleset, text);
        for (guint i = 0; i < ruleset.chains->len && worst != WATTLE_NFT_DROPS; i++) {
                const Chain *chain = g_ptr_array_index(ruleset.chains, i);
                WattleNftVerdict verdict;

                if (!(forward ? chain->is_forward : chain->is_input) || !has_family(chain, family))
                        continue;
                verdict = judge_chain(&packet, chain);
                worst = MAX(worst, verdict);
                if (worst == WATTLE_NFT_DROPS)
                        *ret_where = g_strdup_printf("%s %s", packet.dropped_by->table,
                                                     packet.dropped_by->name);
        }
        g_ptr_array_unref(ruleset.chains);
        return worst;
}

WattleNftVerdict wattle_nft_judge(const char *text, const WattlePort *port, const char *mesh,
                                  char **ret_where)
{
        Probe probe = { .protocol = wattle_port_protocol_name(port->protocol),
                        .port = port->first,
                        .in = port->side == WATTLE_PORT_BY_MESH ? mesh : NULL };
        WattleNftVerdict first = judge(text, &probe, FALSE, AF_UNSPEC, ret_where), last;

        if (port->last == port->first || first == WATTLE_NFT_DROPS)
                return first;
        probe.port = port->last;
        last = judge(text, &probe, FALSE, AF_UNSPEC, ret_where);
        return MAX(first, last);
}

WattleNftVerdict wattle_nft_judge_forward(const char *text, int family, const char *in,
                                          const char *out, char **ret_where)
{
        return judge(text, &(Probe){ .in = in, .out = out }, TRUE, family, ret_where);
}

/* Whether a chain of that name stands in the table that "ip filter FORWARD" is in; any if name is
 * NULL. */
static const Chain *find_beside(const Ruleset *ruleset, const char *where, const char *name)
{
        for (guint i = 0; i < ruleset->chains->len; i++) {
                const Chain *chain = g_ptr_array_index(ruleset->chains, i);

                if (g_str_has_prefix(where, chain->table) && where[strlen(chain->table)] == ' ' &&
                    (!name || g_strcmp0(chain->name, name) == 0))
                        return chain;
        }
        return NULL;
}

/* Whose rules the chain is of: the others keep theirs, and load them again over what is inserted.
 */
typedef enum {
        OWNER_NOBODY,
        OWNER_FIREWALLD, /* from 2.0 on nobody else can write to its table */
        OWNER_UFW,
        OWNER_DOCKER,
        OWNER_PROCESS, /* some program that holds the table */
} Owner;

/* Chains by which the tables of a program are known, in the order in which they are looked for. */
static const struct {
        const char *chain;
        Owner owner;
} marks[] = {
        { "filter_INPUT_ZONES", OWNER_FIREWALLD }, { "INPUT_ZONES", OWNER_FIREWALLD },
        { "ufw-user-forward", OWNER_UFW },         { "ufw6-user-forward", OWNER_UFW },
        { "DOCKER-USER", OWNER_DOCKER },
};

static Owner find_owner(const char *text, const char *where)
{
        Ruleset ruleset = { g_ptr_array_new_with_free_func(chain_free) };
        Owner owner = OWNER_NOBODY;
        const Chain *any;

        parse(&ruleset, text);
        any = find_beside(&ruleset, where, NULL);
        if (g_str_has_prefix(where, "inet firewalld "))
                owner = OWNER_FIREWALLD;
        for (guint i = 0; i < G_N_ELEMENTS(marks) && owner == OWNER_NOBODY; i++)
                if (find_beside(&ruleset, where, marks[i].chain))
                        owner = marks[i].owner;
        if (owner == OWNER_NOBODY && any && any->is_owned)
                owner = OWNER_PROCESS;
        g_ptr_array_unref(ruleset.chains);
        return owner;
}

const char *wattle_nft_owner(const char *text, const char *where)
{
        switch (find_owner(text, where)) {
        case OWNER_FIREWALLD:
                return "firewalld";
        case OWNER_UFW:
                return "ufw";
        case OWNER_PROCESS:
                return _("a program that holds its own table");
        case OWNER_DOCKER: /* has nothing to say of what comes in to the host itself */
        case OWNER_NOBODY:
                break;
        }
        return _("the firewall");
}

/* "public" of "inet firewalld filter_IN_public", the chain of a zone; else the command is about the
 * default one. */
static char *open_firewalld(const char *where, const char *port, const char *protocol)
{
        static const char prefix[] = "filter_IN_";
        const char *chain = strrchr(where, ' ');
        const char *zone =
                chain && g_str_has_prefix(chain + 1, prefix) ? chain + sizeof prefix : "";

        if (strlen(zone) > ZONE_MAX || strspn(zone, ZONE_LETTERS) < strlen(zone))
                zone = "";
        return g_strdup_printf("firewall-cmd --permanent %s%s%s--add-port=%s/%s; firewall-cmd "
                               "--reload",
                               *zone ? "--zone=" : "", zone, *zone ? " " : "", port, protocol);
}

char *wattle_nft_open_port(const char *text, const char *where, const WattlePort *port,
                           const char *mesh)
{
        const char *protocol = wattle_port_protocol_name(port->protocol);
        gboolean by_mesh = port->side == WATTLE_PORT_BY_MESH;
        char dashed[WATTLE_PORT_TEXT_MAX], parted[WATTLE_PORT_TEXT_MAX];

        wattle_port_format(port, "-", dashed);
        wattle_port_format(port, ":", parted);
        switch (find_owner(text, where)) {
        case OWNER_FIREWALLD:
                return open_firewalld(where, dashed, protocol);
        case OWNER_UFW:
                return by_mesh ? g_strdup_printf("ufw allow in on %s to any port %s proto %s", mesh,
                                                 parted, protocol)
                               : g_strdup_printf("ufw allow %s/%s", parted, protocol);
        case OWNER_PROCESS:
                return NULL;
        case OWNER_DOCKER: /* has nothing to say of what comes in to the host itself */
        case OWNER_NOBODY:
                break;
        }
        return g_strdup_printf("nft insert rule %s %s%s%s%s dport %s accept", where,
                               by_mesh ? "iifname " : "", by_mesh ? mesh : "", by_mesh ? " " : "",
                               protocol, dashed);
}

char *wattle_nft_open_forward(const char *text, const char *where, const char *interface)
{
        const char *iptables = g_str_has_prefix(where, "ip6 ") ? "ip6tables" : "iptables";

        switch (find_owner(text, where)) {
        case OWNER_FIREWALLD:
                return g_strdup_printf("firewall-cmd --permanent --zone=trusted "
                                       "--add-interface=%s; firewall-cmd --reload",
                                       interface);
        case OWNER_UFW:
                return g_strdup_printf("ufw route allow in on %s; ufw route allow out on %s",
                                       interface, interface);
        case OWNER_DOCKER:
                return g_strdup_printf("%s -I DOCKER-USER -i %s -j ACCEPT; %s -I DOCKER-USER "
                                       "-o %s -j ACCEPT",
                                       iptables, interface, iptables, interface);
        case OWNER_PROCESS:
                return NULL;
        case OWNER_NOBODY:
                break;
        }
        return g_strdup_printf("nft insert rule %s iifname %s accept; nft insert rule %s oifname "
                               "%s accept",
                               where, interface, where, interface);
}
