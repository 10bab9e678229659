/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "cli/apply/plan.h"
#include "tests/unit/fixture.h"

/* Facts are given by words: "link" sets one, "-link" takes it back. */
#define FACT(word, member)                                                                         \
        {                                                                                          \
                word, G_STRUCT_OFFSET(WattleApplyFacts, member)                                    \
        }
static const struct {
        const char *word;
        gsize offset; /* of a gboolean */
} facts_by_word[] = {
        FACT("pending", is_pending),
        FACT("overridden", is_overridden),
        FACT("link", link_exists),
        FACT("old-link", old_link_exists),
        FACT("differs", device_differs),
        FACT("networkd", networkd_runs),
        FACT("resolved", resolved_runs),
        FACT("has-lookup", has_lookup),
        FACT("has-filter", has_filter),
        FACT("device", has_device),
        FACT("writer-linked", is_linked[WATTLE_UNIT_NETWORKD_WRITER]),
        FACT("nm-writer-linked", is_linked[WATTLE_UNIT_NM_WRITER]),
        FACT("filter-linked", is_linked[WATTLE_UNIT_FILTER]),
        FACT("writer", is_active[WATTLE_UNIT_NETWORKD_WRITER]),
        FACT("nm-writer", is_active[WATTLE_UNIT_NM_WRITER]),
        FACT("filter", is_active[WATTLE_UNIT_FILTER]),
        FACT("nm", nm.is_running),
        FACT("profile", nm.has_profile),
};

static const char *const file_names[] = {
        [WATTLE_FILE_NETDEV] = "netdev",
        [WATTLE_FILE_NETWORK] = "network",
        [WATTLE_FILE_UNMANAGED] = "unmanaged",
        [WATTLE_FILE_SYSCTL] = "sysctl",
        [WATTLE_FILE_HOSTS] = "hosts",
        [WATTLE_FILE_NAMES] = "names",
        [WATTLE_FILE_RECORDS] = "records",
        [WATTLE_FILE_CARRIED_NAMES] = "carried-names",
        [WATTLE_FILE_FILTER] = "nft",
        [WATTLE_FILE_FIREWALL] = "firewall",
        [WATTLE_FILE_CARRIED_MESH] = "carried-mesh",
        [WATTLE_FILE_CARRIED_LOCAL] = "carried-local",
};

/* "up=native", "interface=home", "native=FILE", "vpn=FILE", "theirs" of NetworkManager's; and
 * "changed=", "removed=" and "wants=" with a kind of file, "systemd=257". */
static gboolean set_value(WattleApplyFacts *facts, const char *word, const char *value)
{
        WattleNmFacts *nm = &facts->nm;
        guint *const kinds = strcmp(word, "changed") == 0   ? &facts->files.changed
                             : strcmp(word, "removed") == 0 ? &facts->files.removed
                             : strcmp(word, "wants") == 0   ? &facts->wanted_files
                                                            : NULL;

        for (guint i = 0; kinds && i < G_N_ELEMENTS(file_names); i++)
                if (strcmp(value, file_names[i]) == 0) {
                        *kinds |= WATTLE_FILE_BIT(i);
                        return TRUE;
                }
        if (strcmp(word, "table") == 0)
                return g_strlcpy(facts->table_taker, value, sizeof facts->table_taker) > 0;
        if (strcmp(word, "systemd") == 0)
                return (facts->systemd_version = (guint)atoi(value)) != 0;
        if (strcmp(word, "up") == 0) {
                nm->active = g_strdup("/active");
                nm->active_kind = strcmp(value, "vpn") == 0 ? WATTLE_CONNECTION_VPN
                                                            : WATTLE_CONNECTION_NATIVE;
        } else if (strcmp(word, "interface") == 0) {
                nm->interface = g_strdup(value);
        } else if (strcmp(word, "native") == 0) {
                nm->files[WATTLE_CONNECTION_NATIVE] = g_strdup(value);
        } else if (strcmp(word, "vpn") == 0) {
                nm->files[WATTLE_CONNECTION_VPN] = g_strdup(value);
        } else if (strcmp(word, "theirs") == 0) {
                nm->theirs = g_strdup(value);
        } else {
                return FALSE;
        }
        return TRUE;
}

static void set_fact(WattleApplyFacts *facts, const char *word)
{
        gboolean value = *word != '-';
        const char *name = word + !value, *equals = strchr(word, '=');
        g_autofree char *key = g_strndup(word, equals ? (gsize)(equals - word) : 0);

        if (equals) {
                g_assert_true(set_value(facts, key, equals + 1));
                return;
        }
        for (guint i = 0; i < G_N_ELEMENTS(facts_by_word); i++)
                if (strcmp(name, facts_by_word[i].word) == 0) {
                        G_STRUCT_MEMBER(gboolean, facts, facts_by_word[i].offset) = value;
                        return;
                }
        g_error("no fact %s", word);
}

static void set_facts(WattleApplyFacts *facts, const char *words)
{
        g_auto(GStrv) list = g_strsplit(words, " ", -1);

        for (guint i = 0; list[i]; i++)
                if (*list[i])
                        set_fact(facts, list[i]);
}

static const char *const step_names[] = {
        [WATTLE_STEP_TAKE_FROM_NM] = "take-from-nm",
        [WATTLE_STEP_REMOVE_LINK] = "remove-link",
        [WATTLE_STEP_KEEP_NETDEV] = "keep-netdev",
        [WATTLE_STEP_INSTALL] = "install",
        [WATTLE_STEP_RELOAD_NM] = "reload-nm",
        [WATTLE_STEP_UPDATE_DEVICE] = "update-device",
        [WATTLE_STEP_RELOAD_SYSTEMD] = "reload-systemd",
        [WATTLE_STEP_START_UNIT] = "start",
        [WATTLE_STEP_STOP_UNIT] = "stop",
        [WATTLE_STEP_RELOAD_UNIT] = "reload",
        [WATTLE_STEP_START_NETWORKD] = "start-networkd",
        [WATTLE_STEP_RELOAD_NETWORKD] = "reload-networkd",
        [WATTLE_STEP_CHECK_DEVICE] = "check-device",
        [WATTLE_STEP_WRITE_PROFILE] = "write-profile",
        [WATTLE_STEP_LOAD_PROFILE] = "load-profile",
        [WATTLE_STEP_FOLLOW_PROFILE] = "follow-profile",
        [WATTLE_STEP_REAPPLY] = "reapply",
        [WATTLE_STEP_NM_DOWN] = "nm-down",
        [WATTLE_STEP_NM_UP] = "nm-up",
        [WATTLE_STEP_NM_UP_THEIRS] = "nm-up-theirs",
        [WATTLE_STEP_APPLY_SYSCTLS] = "apply-sysctls",
};
static const char *const unit_names[] = {
        [WATTLE_UNIT_NETWORKD_WRITER] = "writer",
        [WATTLE_UNIT_NM_WRITER] = "nm-writer",
        [WATTLE_UNIT_FILTER] = "filter",
};

/* "remove-link(home) install start(filter)" */
static char *format(const WattlePlan *plan)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < plan->n; i++) {
                const WattleStep *step = &plan->steps[i];
                gboolean has_unit = step->kind == WATTLE_STEP_START_UNIT ||
                                    step->kind == WATTLE_STEP_STOP_UNIT ||
                                    step->kind == WATTLE_STEP_RELOAD_UNIT;

                g_string_append_printf(text, "%s%s", i > 0 ? " " : "", step_names[step->kind]);
                if (has_unit)
                        g_string_append_printf(text, "(%s)", unit_names[step->unit]);
                if (step->interface)
                        g_string_append_printf(text, "(%s)", step->interface);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Whose the mesh is to be, as what. */
typedef enum {
        GONE,
        NETWORKD, /* "home", of networkd's */
        NATIVE,   /* of NetworkManager's, as its own kind of connection */
        VPN,
        NETWORKD_DNS, /* with DNS= of an exit node */
        NATIVE_DNS,
        NAMED_DNS, /* and that is known by name alone */
} Wanted;

typedef struct {
        const char *name;
        const char *before; /* the interface that the .netdev in place made */
        Wanted wanted;
        const char *facts;
        const char *steps;
        const char *error;
} Row;

static const WattleAddr dns = { AF_INET, { 10, 77, 0, 1 } };
static const WattleSocketAddr at = { .port = 1 };
static const WattleEndpoint by_name = { .name = "vps.example" };
static WattlePeer peer_at = { .device = { .name = "vps" },
                              .endpoint = &at,
                              .named_endpoint = &by_name };
static WattlePeer peer_by_name = { .device = { .name = "vps" }, .named_endpoint = &by_name };

#define WITH_DNS(which)                                                                            \
        .exit_node = "vps", .exit_table = 7, .dns = &dns, .n_dns = 1, .peers = &(which),           \
        .n_peers = 1

static const WattleView views[] = {
        [NETWORKD] = { .mesh = "home", .interface = "home", .owner = WATTLE_OWNER_NETWORKD },
        [NATIVE] = { .mesh = "home",
                     .interface = "home",
                     .owner = WATTLE_OWNER_NETWORK_MANAGER,
                     .connection = WATTLE_CONNECTION_NATIVE },
        [VPN] = { .mesh = "home",
                  .interface = "home",
                  .owner = WATTLE_OWNER_NETWORK_MANAGER,
                  .connection = WATTLE_CONNECTION_VPN },
        [NETWORKD_DNS] = { .mesh = "home",
                           .interface = "home",
                           .owner = WATTLE_OWNER_NETWORKD,
                           WITH_DNS(peer_at) },
        [NATIVE_DNS] = { .mesh = "home",
                         .interface = "home",
                         .owner = WATTLE_OWNER_NETWORK_MANAGER,
                         WITH_DNS(peer_at) },
        [NAMED_DNS] = { .mesh = "home",
                        .interface = "home",
                        .owner = WATTLE_OWNER_NETWORK_MANAGER,
                        WITH_DNS(peer_by_name) },
};

#define NEEDS_RESOLVED(why, what)                                                                  \
        "DNS= of the exit node vps needs systemd-resolved, which does not run, for " why           \
        ": install the package " what ", or write DNS=none below [Local]"

/* A mesh of networkd's that runs, as it is to be. */
#define RUNS "systemd=257 link old-link device networkd writer-linked writer "
/* It, the first time: networkd runs for something else. */
#define FIRST "systemd=257 networkd changed=netdev changed=network changed=hosts changed=unmanaged "
/* A mesh of NetworkManager's that runs, as it is to be. */
#define PROFILE    "run/NetworkManager/system-connections/wattle-home.nmconnection"
#define NM         "systemd=257 link device writer-linked writer nm-writer-linked nm-writer nm profile "
#define NM_RUNS    NM "interface=home up=native native=/" PROFILE " "
#define NM_VPN     NM "interface=home up=vpn vpn=/" PROFILE " "
#define NM_IS_DOWN "write-profile load-profile"

static const Row rows[] = {
        { "as-it-is", "home", NETWORKD, RUNS, "", NULL },
        { "as-it-is-nm", NULL, NATIVE, NM_RUNS, "write-profile load-profile follow-profile", NULL },
        { "as-it-is-gone", NULL, GONE, "systemd=257 networkd nm", "", NULL },

        /* Files and what reads them. */
        { "hosts", "home", NETWORKD, RUNS "changed=hosts", "install", NULL },
        { "hosts-go", "home", NETWORKD, RUNS "removed=hosts", "install", NULL },
        { "network", "home", NETWORKD, RUNS "changed=network",
          "install reload-networkd check-device", NULL },
        { "network-goes", "home", NETWORKD, RUNS "removed=network",
          "install reload-networkd check-device", NULL },
        { "netdev-goes", "home", NETWORKD, RUNS "removed=netdev",
          "install reload-networkd check-device", NULL },
        { "network-without-networkd", "home", NETWORKD, RUNS "-networkd changed=network",
          "install start-networkd", NULL },
        { "sysctl", "home", NETWORKD, RUNS "changed=sysctl", "install apply-sysctls", NULL },
        { "sysctl-goes", "home", NETWORKD, RUNS "removed=sysctl", "install", NULL },
        { "unmanaged", "home", NETWORKD, RUNS "nm changed=unmanaged", "install reload-nm", NULL },
        { "unmanaged-goes", "home", NETWORKD, RUNS "nm removed=unmanaged", "install reload-nm",
          NULL },
        { "unmanaged-without-nm", "home", NETWORKD, RUNS "changed=unmanaged", "install", NULL },
        { "nm-has-nothing-to-read", "home", NETWORKD, RUNS "nm changed=hosts", "install", NULL },

        /* Peers. */
        { "peers", "home", NETWORKD, RUNS "changed=netdev differs",
          "keep-netdev install update-device", NULL },
        { "peers-252", "home", NETWORKD, RUNS "systemd=252 changed=netdev differs",
          "install update-device", NULL },
        { "peers-256", "home", NETWORKD, RUNS "systemd=256 changed=netdev differs",
          "install update-device", NULL },
        { "peers-of-the-kernel-alone", "home", NETWORKD, RUNS "differs", "update-device", NULL },
        { "peers-and-routes", "home", NETWORKD, RUNS "changed=netdev changed=network differs",
          "keep-netdev install update-device reload-networkd check-device", NULL },
        { "peers-without-networkd", "home", NETWORKD, RUNS "-networkd changed=netdev differs",
          "install update-device start-networkd", NULL },
        { "overridden", "home", NETWORKD, RUNS "overridden changed=netdev changed=network differs",
          "keep-netdev install reload-networkd", NULL },

        /* Comes. */
        { "first", NULL, NETWORKD, FIRST, "install reload-systemd start(writer) reload-networkd",
          NULL },
        { "first-beside-nm", NULL, NETWORKD, FIRST "nm",
          "install reload-nm reload-systemd start(writer) reload-networkd", NULL },
        { "first-networkd-stopped", NULL, NETWORKD, FIRST "-networkd",
          "install reload-systemd start(writer) start-networkd", NULL },
        { "linked-but-failed", "home", NETWORKD, RUNS "-writer", "start(writer)", NULL },
        { "not-linked", "home", NETWORKD, RUNS "-writer-linked", "reload-systemd", NULL },
        { "linked-to-nms-too", "home", NETWORKD, RUNS "nm-writer-linked nm-writer",
          "reload-systemd stop(nm-writer)", NULL },
        { "interface-was-deleted", "home", NETWORKD, RUNS "-link -old-link -device",
          "reload-networkd", NULL },

        /* Goes. */
        { "gone", "home", GONE, RUNS "-link removed=netdev removed=network",
          "remove-link(home) install reload-systemd stop(writer) reload-networkd", NULL },
        { "gone-interface-deleted-before", "home", GONE,
          RUNS "-link -old-link removed=netdev removed=network",
          "install reload-systemd stop(writer) reload-networkd", NULL },
        { "gone-overridden", "home", GONE, RUNS "-link overridden removed=netdev removed=network",
          "install reload-systemd stop(writer) reload-networkd", NULL },
        { "gone-networkd-stopped", "home", GONE, RUNS "-link -networkd removed=netdev",
          "remove-link(home) install reload-systemd stop(writer)", NULL },
        { "gone-with-sysctls", "home", GONE, RUNS "-link pending removed=sysctl",
          "remove-link(home) install reload-systemd stop(writer) reload-networkd", NULL },
        { "gone-with-the-filter", "home", GONE, RUNS "-link filter removed=nft",
          "remove-link(home) install reload-systemd stop(writer) stop(filter)", NULL },

        /* Is renamed: what is wanted is "home". */
        { "renamed", "mesh0", NETWORKD, RUNS "-link -device changed=netdev changed=network differs",
          "remove-link(mesh0) install reload-networkd", NULL },
        { "renamed-overridden", "mesh0", NETWORKD, RUNS "-link overridden changed=netdev",
          "install reload-networkd", NULL },

        /* What a run that was killed has left. */
        { "pending", "home", NETWORKD, RUNS "pending",
          "install reload-networkd check-device apply-sysctls", NULL },
        { "pending-beside-nm", "home", NETWORKD, RUNS "pending nm",
          "take-from-nm install reload-nm reload-networkd check-device apply-sysctls", NULL },
        { "pending-without-networkd", "home", NETWORKD, RUNS "pending -networkd",
          "install start-networkd apply-sysctls", NULL },
        { "pending-gone", NULL, GONE, "pending networkd", "install reload-networkd", NULL },
        { "pending-filter", "home", NETWORKD, RUNS "pending wants=nft filter",
          "install reload(filter) reload-networkd check-device apply-sysctls", NULL },

        /* The filter. */
        { "filter-comes", "home", NETWORKD, RUNS "wants=nft changed=nft", "install start(filter)",
          NULL },
        { "filter-comes-before-routes", "home", NETWORKD,
          RUNS "wants=nft changed=nft changed=network",
          "install start(filter) reload-networkd check-device", NULL },
        { "filter-and-no-interface", "home", NETWORKD, RUNS "-link -device wants=nft changed=nft",
          "install reload-networkd", NULL },
        { "filter-that-cannot-start", "home", NETWORKD, RUNS "-device wants=nft changed=nft",
          "install", NULL },
        { "filter-runs", "home", NETWORKD, RUNS "wants=nft filter", "", NULL },
        { "filter-changes", "home", NETWORKD, RUNS "wants=nft filter changed=nft",
          "install reload(filter)", NULL },
        { "filter-changes-unlinked", "home", NETWORKD, RUNS "-device wants=nft filter changed=nft",
          "install reload(filter)", NULL },
        { "firewall-comes", "home", NETWORKD, RUNS "wants=firewall changed=firewall",
          "install start(filter)", NULL },
        { "firewall-changes", "home", NETWORKD, RUNS "wants=firewall filter changed=firewall",
          "install reload(filter)", NULL },
        { "firewall-goes-and-the-table-stays", "home", NETWORKD,
          RUNS "wants=nft filter removed=firewall", "install reload(filter)", NULL },
        { "firewall-goes", "home", NETWORKD, RUNS "filter removed=firewall", "install stop(filter)",
          NULL },
        { "filter-goes-after-routes", "home", NETWORKD, RUNS "filter removed=nft changed=network",
          "install reload-networkd check-device stop(filter)", NULL },
        { "filter-of-an-interface-renamed", "mesh0", NETWORKD,
          RUNS "-link -device wants=nft filter changed=nft",
          "remove-link(mesh0) install reload-networkd", NULL },
        { "filter-not-linked", "home", NETWORKD, RUNS "has-filter", "reload-systemd", NULL },
        { "filter-linked", "home", NETWORKD, RUNS "has-filter filter-linked", "", NULL },
        { "filter-installed-and-no-mesh", NULL, GONE, "has-filter", "", NULL },

        /* NetworkManager. */
        { "nm-first", NULL, NATIVE, "nm changed=network changed=hosts",
          "install reload-systemd start(writer) write-profile load-profile", NULL },
        { "nm-first-stopped", NULL, NATIVE, "changed=network changed=hosts",
          "install reload-systemd start(writer) write-profile", NULL },
        { "nm-down", NULL, NATIVE, NM "-link -device native=/" PROFILE, NM_IS_DOWN, NULL },
        { "nm-vpn-down", NULL, VPN, NM "-link -device vpn=/" PROFILE, NM_IS_DOWN, NULL },
        { "nm-stopped-but-up", NULL, NATIVE, NM "-nm interface=home", "write-profile", NULL },
        { "nm-vpn", NULL, VPN, NM_VPN, "write-profile load-profile follow-profile", NULL },
        { "nm-vpn-of-a-user", NULL, VPN, NM "interface=home up=vpn theirs=/theirs vpn=/" PROFILE,
          "write-profile load-profile follow-profile", NULL },
        { "nm-becomes-vpn", NULL, VPN, NM_RUNS, "nm-down write-profile load-profile nm-up", NULL },
        { "nm-becomes-native", NULL, NATIVE, NM_VPN, "nm-down write-profile load-profile nm-up",
          NULL },
        { "nm-with-networkd", NULL, NATIVE, NM_RUNS "networkd changed=network",
          "install write-profile load-profile follow-profile reload-networkd", NULL },
        { "nm-beside-networkd-that-reads-nothing", NULL, NATIVE,
          NM "-link -device networkd native=/" PROFILE, NM_IS_DOWN, NULL },
        { "nm-pending", NULL, NATIVE, NM_RUNS "pending",
          "install reload-nm write-profile load-profile follow-profile apply-sysctls", NULL },
        { "nm-peers-are-not-set-before", NULL, NATIVE, NM_RUNS "differs",
          "write-profile load-profile follow-profile", NULL },
        { "nm-writer-is-no-more-linked", NULL, NATIVE, NM_RUNS "-nm-writer-linked",
          "reload-systemd write-profile load-profile follow-profile", NULL },
        { "nm-filter-comes", NULL, NATIVE, NM_RUNS "wants=nft changed=nft",
          "install start(filter) write-profile load-profile follow-profile", NULL },

        /* From one to the other. */
        { "to-nm", "home", NATIVE, RUNS "nm removed=netdev changed=network removed=unmanaged",
          "remove-link(home) install reload-nm reload-systemd write-profile load-profile "
          "reload-networkd",
          NULL },
        { "to-nm-of-a-mesh-renamed", "mesh0", NATIVE, RUNS "-link nm removed=netdev",
          "remove-link(mesh0) install reload-systemd write-profile load-profile reload-networkd",
          NULL },
        { "to-nm-filter", "home", NATIVE, RUNS "nm removed=netdev wants=nft changed=nft",
          "remove-link(home) install reload-systemd write-profile load-profile reload-networkd",
          NULL },
        { "to-networkd", NULL, NETWORKD, NM_RUNS "networkd changed=netdev changed=unmanaged",
          "take-from-nm remove-link(home) install reload-nm reload-systemd stop(nm-writer) "
          "reload-networkd",
          NULL },
        { "to-networkd-differs", NULL, NETWORKD, NM_RUNS "networkd changed=netdev differs",
          "take-from-nm remove-link(home) install reload-systemd stop(nm-writer) reload-networkd",
          NULL },
        { "to-networkd-of-a-vpn", NULL, NETWORKD, NM_VPN "networkd changed=netdev",
          "take-from-nm remove-link(home) install reload-systemd stop(nm-writer) reload-networkd",
          NULL },
        { "to-networkd-other-interface", NULL, NETWORKD,
          NM "-link interface=mesh0 up=native networkd changed=netdev",
          "take-from-nm remove-link(mesh0) install reload-systemd stop(nm-writer) reload-networkd",
          NULL },
        { "to-networkd-nm-stopped", NULL, NETWORKD, NM "-nm interface=home networkd changed=netdev",
          "take-from-nm remove-link(home) install reload-systemd stop(nm-writer) reload-networkd",
          NULL },
        { "to-networkd-half-done", "home", NETWORKD,
          RUNS "nm profile pending interface=home up=native",
          "take-from-nm install reload-nm reload-networkd check-device apply-sysctls", NULL },
        { "to-networkd-while-nm-has-another-up", "home", NETWORKD,
          RUNS "nm interface=mesh1 up=native differs",
          "take-from-nm remove-link(mesh1) update-device", NULL },
        { "nm-gone", NULL, GONE, NM_RUNS "-link removed=network removed=hosts",
          "take-from-nm remove-link(home) install reload-systemd stop(writer) stop(nm-writer)",
          NULL },
        { "nm-gone-while-down", NULL, GONE, NM "-link native=/" PROFILE,
          "take-from-nm reload-systemd stop(writer) stop(nm-writer)", NULL },
        { "nm-gone-with-a-user's-vpn-up", NULL, GONE, "nm up=vpn", "take-from-nm", NULL },
        { "nm-gone-file-alone", NULL, GONE, "profile", "take-from-nm", NULL },
        { "nm-gone-native-copy-alone", NULL, GONE, "nm native=/etc/copy", "take-from-nm", NULL },
        { "nm-gone-vpn-copy-alone", NULL, GONE, "nm vpn=/etc/copy", "take-from-nm", NULL },
        { "nm-gone-pending", NULL, GONE, "nm pending", "take-from-nm install reload-nm", NULL },

        /* The exit node's table and name servers. */
        { "table-taken", "home", NETWORKD_DNS, RUNS "resolved table=wg0", NULL,
          "the routing table 7, which is to lead to the exit node vps, has routes by wg0: take them "
          "out of it" },
        { "table-taken-nm", NULL, NATIVE_DNS, NM_RUNS "table=wg0", NULL,
          "the routing table 7, which is to lead to the exit node vps, has routes by wg0: write "
          "another FirewallMark= below [Local]" },
        { "dns", "home", NETWORKD_DNS, RUNS "resolved", "", NULL },
        { "dns-without-resolved", "home", NETWORKD_DNS, RUNS, NULL,
          NEEDS_RESOLVED("systemd-networkd sets name servers by it", "systemd-resolved") },
        { "dns-without-resolved-lookup", "home", NETWORKD_DNS, RUNS "has-lookup", NULL,
          NEEDS_RESOLVED("systemd-networkd sets name servers by it", "systemd-resolved") },
        { "dns-without-resolved-nm", NULL, NATIVE_DNS, NM_RUNS,
          "write-profile load-profile follow-profile", NULL },
        { "dns-without-resolved-nm-by-name", NULL, NAMED_DNS, NM_RUNS, NULL,
          NEEDS_RESOLVED(
                  "without it the name of the exit node is looked up through the tunnel that "
                  "waits for it",
                  "systemd-resolved or wattle-lookup") },
        { "dns-without-resolved-nm-by-name-lookup", NULL, NAMED_DNS, NM_RUNS "has-lookup",
          "write-profile load-profile follow-profile", NULL },
        { "dns-nm-by-name", NULL, NAMED_DNS, NM_RUNS "resolved",
          "write-profile load-profile follow-profile", NULL },

        /* Somebody else's. */
        { "others-interface", NULL, NETWORKD, RUNS, NULL,
          "there is an interface home already, and wattle did not make it: remove it, or write "
          "Interface= below [Local]" },
        { "others-interface-nm", NULL, NATIVE, NM "native=/" PROFILE, NULL,
          "there is an interface home already, and wattle did not make it: remove it, or write "
          "Interface= below [Local]" },
        { "others-interface-after-a-rename", "mesh0", NETWORKD, RUNS "interface=mesh1", NULL,
          "there is an interface home already, and wattle did not make it: remove it, or write "
          "Interface= below [Local]" },
        { "interface-of-the-admin's-netdev", NULL, NETWORKD, RUNS "overridden", "", NULL },
        { "edited-copy", NULL, NATIVE, NM "interface=home up=native native=/etc/copy", NULL,
          "NetworkManager has an edited copy in /etc/copy, which hides the mesh: remove it with "
          "'nmcli connection delete home', and apply again" },
        { "edited-copy-of-a-vpn", NULL, VPN, NM "interface=home up=vpn vpn=/etc/copy", NULL,
          "NetworkManager has an edited copy in /etc/copy, which hides the mesh: remove it with "
          "'nmcli connection delete home', and apply again" },
        { "edited-copy-that-has-no-file", NULL, VPN, NM "interface=home up=vpn vpn=", NULL,
          "NetworkManager has an edited copy in , which hides the mesh: remove it with 'nmcli "
          "connection delete home', and apply again" },
        { "edited-copy-at-a-path-like-ours", NULL, VPN, NM "interface=home up=vpn vpn=x" PROFILE,
          NULL,
          "NetworkManager has an edited copy in x" PROFILE
          ", which hides the mesh: remove it with 'nmcli connection delete home', and apply "
          "again" },
        { "edited-copy-of-the-other-kind", NULL, NATIVE, NM_RUNS "vpn=/etc/copy",
          "write-profile load-profile follow-profile", NULL },
        { "edited-copy-of-a-mesh-that-is-networkd's-now", "home", NETWORKD,
          RUNS "nm native=/etc/copy", "take-from-nm", NULL },
};

static void plan(gconstpointer data)
{
        const Row *row = data;
        const WattleView *wanted = row->wanted == GONE ? NULL : &views[row->wanted];
        g_autofree char *interface = g_strdup(row->before), *text = NULL;
        WattleBefore before = { .interface = interface };
        WattleApplyFacts facts = { 0 };
        WattlePlan steps = { 0 };
        g_autoptr(GError) error = NULL;

        set_facts(&facts, row->facts);
        check_error(wattle_plan(&before, wanted, &facts, &steps, &error), &error, row->error);
        text = format(&steps);
        if (!row->error)
                g_assert_cmpstr(text, ==, row->steps);
        wattle_nm_facts_clear(&facts.nm);
}

typedef struct {
        const char *name;
        Wanted wanted;
        const char *facts;
        gboolean written;
        WattleNmDifference difference;
        const char *steps;
} FollowRow;

static const FollowRow follow_rows[] = {
        { "same", NATIVE, "", FALSE, { 0 }, "check-device" },
        { "peers", NATIVE, "", TRUE, { 0 }, "check-device" },
        { "pending", NATIVE, "pending", FALSE, { 0 }, "check-device" },
        { "addresses", NATIVE, "", TRUE, { .addresses = TRUE }, "reapply check-device" },
        { "routing", NATIVE, "", TRUE, { .routing = TRUE }, "reapply check-device" },
        { "zone", NATIVE, "", TRUE, { .zone = TRUE }, "reapply check-device" },
        { "link", NATIVE, "", TRUE, { .addresses = TRUE, .link = TRUE }, "nm-down nm-up" },
        { "vpn-same", VPN, "", FALSE, { 0 }, "" },
        { "vpn-written", VPN, "", TRUE, { 0 }, "nm-down nm-up" },
        { "vpn-pending", VPN, "pending", FALSE, { 0 }, "nm-down nm-up" },
        { "vpn-of-a-user", VPN, "theirs=/theirs", TRUE, { 0 }, "nm-down nm-up-theirs" },
        { "vpn-of-a-user-same", VPN, "theirs=/theirs", FALSE, { 0 }, "" },
};

static void follow(gconstpointer data)
{
        const FollowRow *row = data;
        WattleApplyFacts facts = { 0 };
        WattlePlan steps = { 0 };
        g_autofree char *text = NULL;

        set_facts(&facts, row->facts);
        wattle_plan_follow(&views[row->wanted], &facts, row->written, &row->difference, &steps);
        text = format(&steps);
        g_assert_cmpstr(text, ==, row->steps);
        wattle_nm_facts_clear(&facts.nm);
}

#define DROP_IN                                                                                    \
        "mkdir -p /etc/systemd/networkd.conf.d; printf '%s\\n' '[Network]' "                       \
        "ManageForeignRoutingPolicyRules=no ManageForeignRoutes=no"
#define TO " >/etc/systemd/networkd.conf.d/50-foreign.conf"
#define LOSES(vpns)                                                                                \
        "systemd-networkd starts, and takes away the routing rules of " vpns                       \
        " (restart it then), unless this is done before: "

static const struct warning_row {
        const char *name;
        const char *facts; /* of a mesh of networkd's */
        const char *vpns;  /* with blanks between */
        const char *conf;  /* of networkd */
        const char *warning;
} warning_rows[] = {
        { "tailscaled", RUNS "-networkd", "tailscaled", "",
          LOSES("tailscaled") DROP_IN " ManageForeignNextHops=no" TO },
        { "two", RUNS "-networkd systemd=256", "tailscaled wg-quick@work", "",
          LOSES("tailscaled and wg-quick@work") DROP_IN " ManageForeignNextHops=no" TO },
        { "before next hops", RUNS "-networkd systemd=255", "tailscaled", "",
          LOSES("tailscaled") DROP_IN TO },
        { "networkd runs", RUNS, "tailscaled", "", NULL },
        { "networkd runs, and is reloaded", RUNS "changed=network", "tailscaled", "", NULL },
        { "no VPN", RUNS "-networkd", "", "", NULL },
        { "kept", RUNS "-networkd", "tailscaled",
          "[Network]\nManageForeignRoutingPolicyRules=No\nManageForeignRoutes = off\n"
          "ManageForeignNextHops=0\n",
          NULL },
        { "kept before next hops", RUNS "-networkd systemd=252", "tailscaled",
          "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n", NULL },
        { "next hops lost", RUNS "-networkd", "tailscaled",
          "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n",
          LOSES("tailscaled") DROP_IN " ManageForeignNextHops=no" TO },
        { "taken back", RUNS "-networkd systemd=252", "tailscaled",
          "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n"
          "ManageForeignRoutes=yes\n",
          LOSES("tailscaled") DROP_IN TO },
        { "no boolean", RUNS "-networkd systemd=252", "tailscaled",
          "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n"
          "ManageForeignRoutes=perhaps\nManageForeignRoutes=\n",
          NULL },
        { "another section", RUNS "-networkd systemd=252", "tailscaled",
          "[DHCPv4]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n",
          LOSES("tailscaled") DROP_IN TO },
        { "commented out", RUNS "-networkd systemd=252", "tailscaled",
          "[Network]\n#ManageForeignRoutingPolicyRules=no\n#ManageForeignRoutes=no\n",
          LOSES("tailscaled") DROP_IN TO },
};

static void warning(gconstpointer data)
{
        const struct warning_row *row = data;
        const WattleBefore before = { .interface = (char *)"home" };
        WattleApplyFacts facts = { 0 };
        WattlePlan steps = { 0 };
        g_autofree char *text = NULL;

        set_facts(&facts, row->facts);
        facts.foreign.systemd_version = facts.systemd_version;
        facts.foreign.vpns = g_strsplit(row->vpns, " ", -1);
        wattle_foreign_read_conf(row->conf, &facts.foreign.kept);
        g_assert_true(wattle_plan(&before, &views[NETWORKD], &facts, &steps, NULL));
        text = wattle_plan_warning(&steps, &facts);
        g_assert_cmpstr(text, ==, row->warning);
        wattle_foreign_clear(&facts.foreign);
        wattle_nm_facts_clear(&facts.nm);
}

/* Files of the root, in the order of networkd's own. */
static void conf_is_found(void)
{
        WattleForeignKept kept = { .next_hops = TRUE };
        g_auto(Root) root = { 0 };

        root_init(&root);
        wattle_foreign_find_conf(root.fd, &kept);
        g_assert_false(kept.rules || kept.routes || kept.next_hops);
        root_put(&root, "usr/lib/systemd/networkd.conf", "[Network]\nManageForeignNextHops=no\n",
                 0644);
        root_put(&root, "etc/systemd/networkd.conf", "[Network]\nManageForeignRoutes=no\n", 0644);
        root_put(&root, "usr/lib/systemd/networkd.conf.d/20-a.conf",
                 "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n", 0644);
        root_put(&root, "etc/systemd/networkd.conf.d/10-b.conf",
                 "[Network]\nManageForeignRoutingPolicyRules=yes\n", 0644);
        wattle_foreign_find_conf(root.fd, &kept);
        g_assert_true(kept.rules && kept.routes && !kept.next_hops);
        root_put(&root, "etc/systemd/networkd.conf.d/20-a.conf", "", 0644);
        wattle_foreign_find_conf(root.fd, &kept);
        g_assert_true(!kept.rules && kept.routes);
}

static void found_by_kind(void)
{
        WattlePlan steps = { .n = 3,
                             .steps = { { .kind = WATTLE_STEP_INSTALL },
                                        { .kind = WATTLE_STEP_REMOVE_LINK, .interface = "a" },
                                        { .kind = WATTLE_STEP_REMOVE_LINK, .interface = "b" } } };

        g_assert_cmpstr(wattle_plan_find(&steps, WATTLE_STEP_REMOVE_LINK)->interface, ==, "a");
        g_assert_null(wattle_plan_find(&steps, WATTLE_STEP_RELOAD_NETWORKD));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/cli-plan", rows, plan);
        add_rows("/cli-plan/follow", follow_rows, follow);
        add_rows("/cli-plan/warning", warning_rows, warning);
        g_test_add_func("/cli-plan/conf-is-found", conf_is_found);
        g_test_add_func("/cli-plan/found-by-kind", found_by_kind);
        return g_test_run();
}
