/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/doctor/facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <limits.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "cli/doctor/inquiry.h"
#include "cli/doctor/nft.h"
#include "cli/doctor/rivals.h"
#include "cli/managers/bus.h"
#include "cli/managers/systemd.h"
#include "cli/managers/wattled.h"
#include "cli/status/load.h"
#include "cli/update/find-sources.h"
#include "cli/update/state.h"
#include "cli/update/witness.h"
#include "common/error.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/render.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/kernel/route.h"
#include "common/sys/kernel/wireguard.h"
#include "common/sys/secret.h"

#define FIREWALLD "org.fedoraproject.FirewallD1"

#define FILE_MAX (16 * 1024 * 1024)

#define UNREAD_S 3

/* The whole of a small file of the kernel's; NULL if there is none. */
static char *read_text(const char *path)
{
        char *text = NULL;

        return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static void gather_sysctls(WattleFacts *facts)
{
        WattleSysctl wanted[WATTLE_MAX_SYSCTLS];
        guint n = wattle_sysctls(facts->view, wanted);

        for (guint i = 0; i < n; i++) {
                WattleSysctlFact fact = { .wanted = wanted[i] };

                if (wattle_doctor_read_sysctl(&wanted[i], &fact.actual))
                        g_array_append_val(facts->sysctls, fact);
        }
}

/* The first address of each peer is looked up; all are in the same subnets. */
static void gather_routes(WattleFacts *facts)
{
        g_auto(WattleNetlink) netlink = { 0 };
        guint32 ours = if_nametoindex(facts->view->interface);

        if (facts->status.link != WATTLE_LINK_UP ||
            !wattle_netlink_open(&netlink, NETLINK_ROUTE, NULL))
                return;
        for (guint i = 0; i < facts->view->n_peers; i++) {
                const WattleViewDevice *device = &facts->view->peers[i].device;
                WattleRouteFact fact = { .device = device->name };
                WattleRoute route;
                char name[IF_NAMESIZE];

                if (device->n_addresses == 0)
                        continue;
                fact.addr = device->addresses[0].value;
                if (wattle_route_lookup(&netlink, &fact.addr, 0, 0, &route, NULL)) {
                        if (route.ifindex == ours)
                                continue;
                        fact.interface = g_strdup(if_indextoname(route.ifindex, name));
                }
                g_array_append_val(facts->routes, fact);
        }
}

/* A neighbour that an address of the host's has: the first of its network, or the second. */
static WattleAddr neighbour_of(const WattlePrefix *address)
{
        WattleAddr addr = wattle_prefix_around(&address->addr, address->length).addr;

        wattle_addr_next(&addr);
        if (wattle_addr_equal(&addr, &address->addr))
                wattle_addr_next(&addr);
        return addr;
}

static gboolean read_address(const struct ifaddrs *entry, WattlePrefix *ret)
{
        const struct sockaddr *sa = entry->ifa_addr, *mask = entry->ifa_netmask;
        const guint8 *bytes;
        gsize size;

        if (!sa || !mask || (sa->sa_family != AF_INET && sa->sa_family != AF_INET6))
                return FALSE;
        *ret = (WattlePrefix){ .addr = { .family = (guint8)sa->sa_family } };
        size = wattle_addr_bits(&ret->addr) / 8;
        bytes = sa->sa_family == AF_INET
                        ? (const guint8 *)&((const struct sockaddr_in *)(gconstpointer)mask)
                                  ->sin_addr
                        : ((const struct sockaddr_in6 *)(gconstpointer)mask)->sin6_addr.s6_addr;
        for (gsize i = 0; i < size; i++)
                ret->length += (guint8)__builtin_popcount(bytes[i]);
        bytes = sa->sa_family == AF_INET
                        ? (const guint8 *)&((const struct sockaddr_in *)(gconstpointer)sa)->sin_addr
                        : ((const struct sockaddr_in6 *)(gconstpointer)sa)->sin6_addr.s6_addr;
        memcpy(ret->addr.bytes, bytes, size);
        return TRUE;
}

static gboolean is_accepted(const WattleView *view, const WattlePrefix *address)
{
        for (guint i = 0; i < view->n_routes; i++)
                if (wattle_prefix_contains_addr(&view->routes[i], &address->addr))
                        return TRUE;
        return FALSE;
}

/* Networks of the host's own that lie in an accepted route: the way to a neighbour there is looked
 * up. */
static void gather_lans(WattleFacts *facts)
{
        g_auto(WattleNetlink) netlink = { 0 };
        const char *ours = facts->view->interface;
        struct ifaddrs *all = NULL;

        if (facts->status.link != WATTLE_LINK_UP || facts->view->n_routes == 0 ||
            getifaddrs(&all) < 0)
                return;
        if (!wattle_netlink_open(&netlink, NETLINK_ROUTE, NULL)) {
                freeifaddrs(all);
                return;
        }
        for (const struct ifaddrs *entry = all; entry; entry = entry->ifa_next) {
                WattleLanFact fact = { .interface = entry->ifa_name };
                WattlePrefix address;
                WattleAddr neighbour;
                WattleRoute route;

                if (strcmp(entry->ifa_name, ours) == 0 || !read_address(entry, &address) ||
                    address.length >= wattle_addr_bits(&address.addr) - 1 ||
                    !is_accepted(facts->view, &address))
                        continue;
                neighbour = neighbour_of(&address);
                if (!wattle_route_lookup(&netlink, &neighbour, 0, 0, &route, NULL) ||
                    route.ifindex != if_nametoindex(ours))
                        continue;
                fact.network = wattle_prefix_around(&address.addr, address.length);
                fact.interface = g_strdup(entry->ifa_name);
                g_array_append_val(facts->lans, fact);
        }
        freeifaddrs(all);
}

/* Packets of WireGuard's carry the mark, and so are looked up. */
static void gather_unreachable(WattleFacts *facts)
{
        g_auto(WattleNetlink) netlink = { 0 };
        guint32 mark = facts->view->firewall_mark.value;

        if (!wattle_netlink_open(&netlink, NETLINK_ROUTE, NULL))
                return;
        for (guint i = 0; i < facts->view->n_peers; i++) {
                const WattlePeer *peer = &facts->view->peers[i];
                gboolean is_callable = FALSE, has_way = FALSE;

                for (guint j = 0; j < peer->n_candidates && !has_way; j++) {
                        const WattleEndpoint *endpoint = &peer->candidates[j].endpoint;
                        WattleRoute route;

                        if (peer->candidates[j].kind != WATTLE_CANDIDATE_PUBLIC)
                                continue;
                        is_callable = TRUE;
                        has_way =
                                endpoint->name || wattle_route_lookup(&netlink, &endpoint->at.addr,
                                                                      0, mark, &route, NULL);
                }
                if (is_callable && !has_way)
                        g_ptr_array_add(facts->unreachable, g_strdup(peer->device.name));
        }
}

/* The inode of the socket that has the port; 0 if there is none. */
static guint64 find_socket(const char *table, guint16 port)
{
        g_autofree char *text = read_text(table);
        g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
        g_autofree char *wanted = g_strdup_printf(":%04X", port);

        for (char **line = lines; *line; line++) {
                char local[64], remote[64];
                unsigned long long inode;

                if (sscanf(*line, " %*[0-9]: %63s %63s %*s %*s %*s %*s %*s %*s %llu", local, remote,
                           &inode) == 3 &&
                    g_str_has_suffix(local, wanted))
                        return inode;
        }
        return 0;
}

static gboolean holds(const char *pid, const char *link)
{
        g_autofree char *folder = g_strdup_printf("/proc/%s/fd", pid);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(folder, name, NULL);
                g_autofree char *target = g_file_read_link(path, NULL);

                if (g_strcmp0(target, link) == 0)
                        return TRUE;
        }
        return FALSE;
}

/* "dnsmasq (process 12)"; a socket of the kernel's own has no process. */
static char *socket_holder(guint64 inode)
{
        g_autofree char *link = g_strdup_printf("socket:[%" G_GUINT64_FORMAT "]", inode);
        g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
        const char *pid;

        while (proc && (pid = g_dir_read_name(proc))) {
                g_autofree char *path = g_strdup_printf("/proc/%s/comm", pid);
                g_autofree char *name = NULL;

                if (!g_ascii_isdigit(*pid) || !holds(pid, link))
                        continue;
                name = read_text(path);
                return g_strdup_printf(_("%s (process %s)"), g_strstrip(name), pid);
        }
        return g_strdup(geteuid() == 0 ? _("another interface of WireGuard's, or the kernel's")
                                       : _("by whom, only root is told"));
}

/* One that is up has its port. */
static void gather_port(WattleFacts *facts)
{
        guint64 inode = 0;

        if (facts->status.link != WATTLE_LINK_UP)
                inode = find_socket("/proc/net/udp", facts->view->listen_port);
        if (facts->status.link != WATTLE_LINK_UP && inode == 0)
                inode = find_socket("/proc/net/udp6", facts->view->listen_port);
        if (inode != 0)
                facts->port_holder = socket_holder(inode);
}

static char *read_link(int root_fd, const char *path)
{
        char target[PATH_MAX];
        gssize n = wattle_below_readlink(root_fd, path, target, sizeof target);

        return n > 0 ? g_strndup(target, (gsize)n) : NULL;
}

static void gather_signature(WattleFacts *facts, int root_fd, const WattleMesh *mesh)
{
        const char *name = facts->view->mesh;
        g_autofree char *last_good = wattle_paths_last_good(name);
        g_autofree char *path = wattle_mesh_find(root_fd, name);
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) present = { 0 };

        wattle_report_init(&report);
        facts->is_signed = mesh->is_signed;
        facts->has_last_good = wattle_path_exists(root_fd, last_good + 1);
        if (mesh->is_last_good &&
            !wattle_mesh_load(&present, root_fd, name, WATTLE_LOAD_PRESENT, &report))
                facts->stands_in = wattle_report_first_error(&report);
        if (faccessat(root_fd, &WATTLE_CONFDIR[1], W_OK, 0) < 0 && errno == EROFS)
                facts->etc_fault = g_strdup(g_strerror(errno));
        if (path)
                facts->managed_path = read_link(root_fd, path + 1);
}

/* What root alone may read, and what wattled has heard. */
static void gather_update(WattleFacts *facts, int root_fd)
{
        g_auto(WattleUpdateState) state = { 0 };
        const GArray *peers = facts->status.peers;

        facts->update_installed = wattle_host_has_update(root_fd);
        if (facts->root && wattle_update_state_load(root_fd, facts->view->mesh, &state, NULL)) {
                facts->update_phase = state.confirm.phase;
                facts->floor = state.floor;
                facts->fork_serial = state.fork_serial;
                facts->fork_from = state.fork_serial > 0 ? g_strdup(state.fork_from) : NULL;
        }
        for (guint i = 0; i < peers->len; i++) {
                const WattlePeerStatus *peer = &g_array_index(peers, WattlePeerStatus, i);

                facts->n_witnesses += wattle_witness_is_heard(peer, facts->now_s);
                if (peer->device && peer->serial > facts->status.serial &&
                    peer->serial > facts->ahead_serial) {
                        g_free(facts->ahead);
                        facts->ahead = g_strdup(peer->device);
                        facts->ahead_serial = peer->serial;
                }
        }
}

static void gather_clock(WattleFacts *facts, const WattleMesh *mesh)
{
        struct timex clock = { 0 };
        struct stat st;

        facts->now_s = g_get_real_time() / G_USEC_PER_SEC;
        if (stat(mesh->path, &st) == 0)
                facts->profile_s = st.st_mtim.tv_sec;
        facts->clock_unsynchronized = adjtimex(&clock) == TIME_ERROR;
}

/* The key is good for us; is it for networkd too? */
static gboolean check_networkd(int root_fd, const char *path, GError **error)
{
        const struct group *group = getgrnam("systemd-network");

        return !group || wattle_secret_check_group(root_fd, path, group->gr_gid, error);
}

static void gather_key(WattleFacts *facts, int root_fd)
{
        const char *path = facts->view->private_key_file;
        g_auto(WattleKey) key = { 0 };
        g_autoptr(GError) error = NULL;

        if (!facts->root || !path)
                return;
        if (wattle_secret_read(root_fd, path + 1, &key, &error) &&
            (facts->view->owner != WATTLE_OWNER_NETWORKD ||
             check_networkd(root_fd, path + 1, &error)))
                return;
        facts->key_fault = g_strdup_printf(_("the private key: %s"), error->message);
        if (g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                facts->key_command = g_strdup_printf("wattle genkey %s", facts->view->mesh);
        else if (facts->view->owner == WATTLE_OWNER_NETWORKD)
                facts->key_command =
                        g_strdup_printf("chown root:systemd-network %s; chmod 0640 %s", path, path);
        else
                facts->key_command =
                        g_strdup_printf("chown root:root %s; chmod 0600 %s", path, path);
}

static void gather_owners(WattleFacts *facts, int root_fd, sd_bus *bus)
{
        facts->owner_known =
                wattle_systemd_is_active(bus, WATTLE_UNIT_NETWORKD, &facts->networkd_runs, NULL) &&
                wattle_systemd_is_active(bus, WATTLE_UNIT_NM, &facts->nm_runs, NULL);
        if (!wattle_systemd_is_active(bus, WATTLE_UNIT_RESOLVED, &facts->resolved_runs, NULL))
                facts->resolved_runs = TRUE;
        facts->foreign.systemd_version = wattle_host_systemd_version(root_fd);
        if (!wattle_foreign_look(root_fd, bus, &facts->foreign, NULL))
                wattle_foreign_clear(&facts->foreign);
        if (facts->status.link == WATTLE_LINK_ABSENT)
                return;
        /* Neither is to be started by being asked. */
        if (facts->nm_runs)
                facts->nm_knows =
                        wattle_doctor_ask_nm(bus, facts->view->interface, &facts->nm_manages);
        if (facts->networkd_runs)
                facts->networkd_state = wattle_doctor_ask_networkd(bus, facts->view->interface);
}

/* A file that we may not read is not known to be stale. */
static void gather_stale(WattleFacts *facts, int root_fd)
{
        g_auto(WattleFileset) files = { 0 };

        wattle_fileset_init(&files);
        wattle_render_host(facts->view, wattle_host_systemd_version(root_fd), &files);
        for (guint i = 0; i < files.files->len; i++) {
                const WattleFile *file = g_ptr_array_index(files.files, i);
                g_autoptr(GError) error = NULL;
                g_autoptr(GBytes) bytes = wattle_read_file(root_fd, file->path, FILE_MAX, &error);
                g_autoptr(GBytes) wanted =
                        g_bytes_new_static(file->content->str, file->content->len);

                if (bytes ? !g_bytes_equal(bytes, wanted)
                          : g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                        g_ptr_array_add(facts->stale, g_strconcat("/", file->path, NULL));
        }
}

/* By which interface a packet to that address leaves that has come from the mesh; it carries no
 * mark. */
static void judge_forward(WattleFacts *facts, const char *ruleset, WattleNetlink *netlink,
                          const WattleAddr *to)
{
        g_autofree char *where = NULL;
        const char *ours = facts->view->interface;
        WattleRoute route;
        char out[IF_NAMESIZE];

        if (facts->drops_forward || !wattle_route_lookup(netlink, to, 0, 0, &route, NULL) ||
            !if_indextoname(route.ifindex, out) ||
            wattle_nft_judge_forward(ruleset, to->family, ours, out, &where) != WATTLE_NFT_DROPS)
                return;
        facts->forward_command = wattle_nft_open_forward(ruleset, where, ours);
        facts->drops_forward = g_steal_pointer(&where);
}

/* An exit node passes on to anywhere, for which an address of documentation stands; a subnet router
 * to its networks; who is in somebody's Via= to the mesh. */
static void gather_forward(WattleFacts *facts, const WattleDevice *self, const char *ruleset)
{
        static const WattleAddr anywhere[] = {
                { AF_INET, { 192, 0, 2, 1 } },
                { AF_INET6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
        };
        g_auto(WattleNetlink) netlink = { 0 };

        if (!(facts->view->routing_server || facts->view->routing_via) || !self ||
            !wattle_netlink_open(&netlink, NETLINK_ROUTE, NULL))
                return;
        for (guint i = 0; i < G_N_ELEMENTS(anywhere) && self->exit_node; i++)
                judge_forward(facts, ruleset, &netlink, &anywhere[i]);
        for (guint i = 0; i < self->n_routes; i++) {
                WattleAddr host = self->routes[i].value.addr;

                wattle_addr_next(&host);
                judge_forward(facts, ruleset, &netlink, &host);
        }
        for (guint i = 0; i < facts->view->n_peers && i < 1 && facts->view->routing_via; i++)
                judge_forward(facts, ruleset, &netlink,
                              &facts->view->peers[i].device.addresses[0].value);
}

/* By the interface of a mesh that is down nothing comes. The port of WireGuard is the one that the
 * kernel has. */
static void gather_closed(WattleFacts *facts, const char *ruleset)
{
        const WattleView *view = facts->view;

        for (guint i = 0; i < view->n_ports && facts->status.listen_port > 0; i++) {
                WattleClosedFact fact = { .port = view->ports[i] };

                if (fact.port.kind == WATTLE_PORT_WIREGUARD)
                        fact.port.first = fact.port.last = facts->status.listen_port;
                if (wattle_nft_judge(ruleset, &fact.port, view->interface, &fact.where) !=
                    WATTLE_NFT_DROPS)
                        continue;
                fact.who = wattle_nft_owner(ruleset, fact.where);
                fact.can_be_asked =
                        strcmp(fact.who, "firewalld") == 0 || strcmp(fact.who, "ufw") == 0;
                fact.command =
                        wattle_nft_open_port(ruleset, fact.where, &fact.port, view->interface);
                g_array_append_val(facts->closed, fact);
        }
}

static void gather_firewall(WattleFacts *facts, const WattleDevice *self)
{
        g_autofree char *ruleset = wattle_doctor_list_ruleset();

        if (!ruleset)
                return;
        facts->mullvad = wattle_mullvad_judge(ruleset);
        gather_closed(facts, ruleset);
        gather_forward(facts, self, ruleset);
}

/* The first of resolv.conf(5) to which packets go by the interface; they carry no mark. */
static void gather_name_server(WattleFacts *facts)
{
        g_autofree char *text = read_text("/etc/resolv.conf");
        g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
        g_auto(WattleNetlink) netlink = { 0 };

        if (!facts->view->exit_node || !wattle_netlink_open(&netlink, NETLINK_ROUTE, NULL))
                return;
        for (char **line = lines; *line && !facts->name_server; line++) {
                WattleRoute route;
                WattleAddr addr;
                char server[64];

                if (sscanf(*line, "nameserver %63s", server) == 1 &&
                    wattle_addr_parse(server, &addr, NULL) &&
                    wattle_route_lookup(&netlink, &addr, 0, 0, &route, NULL) &&
                    route.ifindex == if_nametoindex(facts->view->interface))
                        facts->name_server = g_strdup(server);
        }
}

static void gather_lookup(WattleFacts *facts, int root_fd, sd_bus *bus)
{
        const WattleView *view = facts->view;
        g_auto(WattleNetlink) netlink = { 0 };
        char uplink[IF_NAMESIZE];
        gboolean runs = FALSE;
        guint32 ifindex;

        if (!view->exit_node || !wattle_host_has_lookup(root_fd) ||
            !wattle_systemd_is_active(bus, WATTLE_UNIT_LOOKUP_SOCKET, &runs, NULL) ||
            !wattle_netlink_open(&netlink, NETLINK_ROUTE, NULL))
                return;
        ifindex = wattle_route_uplink(&netlink, if_nametoindex(view->interface),
                                      view->firewall_mark.value);
        if (!runs)
                facts->lookup = WATTLE_LOOKUP_STOPPED;
        else if (ifindex == 0 || !if_indextoname(ifindex, uplink) ||
                 wattle_doctor_has_servers(bus, uplink))
                facts->lookup = WATTLE_LOOKUP_WORKS;
        else
                facts->lookup = WATTLE_LOOKUP_NO_SERVERS;
}

static void gather_names(WattleFacts *facts)
{
        for (guint i = 0; i < facts->view->n_peers; i++) {
                const WattlePeer *peer = &facts->view->peers[i];

                for (guint j = 0; j < peer->n_candidates; j++) {
                        const char *name = peer->candidates[j].endpoint.name;
                        struct addrinfo *found = NULL;

                        if (!name)
                                continue;
                        if (getaddrinfo(name, NULL, &(struct addrinfo){ .ai_socktype = SOCK_DGRAM },
                                        &found) != 0)
                                g_ptr_array_add(facts->unresolved, g_strdup(name));
                        else
                                freeaddrinfo(found);
                }
        }
}

/* Who edits that file finds it made anew. */
static gboolean is_made_by_authselect(int root_fd)
{
        char target[PATH_MAX];
        gssize n = wattle_below_readlink(root_fd, "etc/nsswitch.conf", target, sizeof target);

        return n > 0 && g_strstr_len(target, n, "authselect") != NULL;
}

static void gather_nsswitch(WattleFacts *facts, int root_fd)
{
        g_autoptr(GBytes) bytes = NULL;
        g_autofree char *text = NULL;

        facts->names_wanted = facts->view->names && wattle_host_has_nss_module(root_fd);
        bytes = wattle_read_file(root_fd, "etc/nsswitch.conf", FILE_MAX, NULL);
        if (bytes)
                text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        facts->nsswitch = wattle_nsswitch_judge(text ? text : "", &facts->nsswitch_service);
        if (!is_made_by_authselect(root_fd))
                facts->nsswitch_command = wattle_nsswitch_mend(text ? text : "");
        else
                facts->nsswitch_command = g_strdup("man nss-wattle");
}

/* Unless they were written a moment ago: systemd-resolved looks for them every 2 s at most. */
static void gather_records(WattleFacts *facts, int root_fd, sd_bus *bus)
{
        const WattleView *view = facts->view;
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_RECORDS, view->mesh);
        g_autofree char *name = NULL;
        gboolean runs, has_it;
        struct stat folder, file;

        if (view->n_peers == 0 || facts->stale->len > 0 ||
            wattle_below_stat(root_fd, path, &file) != 0 ||
            wattle_below_stat(root_fd, wattle_paths_folder(WATTLE_FILE_RECORDS), &folder) != 0 ||
            !wattle_systemd_is_active(bus, WATTLE_UNIT_RESOLVED, &runs, NULL) || !runs)
                return;
        facts->records_closed = folder.st_uid != 0;
        name = g_strdup_printf("%s.%s", view->peers[0].device.name, view->domain);
        if (facts->now_s - file.st_mtim.tv_sec >= UNREAD_S &&
            wattle_doctor_ask_resolved(bus, name, &view->peers[0].device.addresses[0].value,
                                       &has_it) &&
            !has_it)
                facts->silent_record = g_steal_pointer(&name);
}

static void find_zone(WattleFacts *facts, char **zones, const char *zone)
{
        if (zone && !g_strv_contains((const char *const *)zones, zone))
                g_ptr_array_add(facts->no_zones, g_strdup(zone));
}

/* One that does not run is not to be started by being asked, so its unique name is. */
static void gather_zones(WattleFacts *facts, sd_bus *bus)
{
        const WattleView *view = facts->view;
        AUTO_BUS_MESSAGE *owner = NULL, *reply = NULL;
        const char *name;
        char **zones = NULL;

        if (view->firewall.n_zones == 0 && !view->trust)
                return;
        if (sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                               "org.freedesktop.DBus", "GetNameOwner", NULL, &owner, "s",
                               FIREWALLD) < 0 ||
            sd_bus_message_read(owner, "s", &name) <= 0 ||
            sd_bus_call_method(bus, name, "/org/fedoraproject/FirewallD1", FIREWALLD ".zone",
                               "getZones", NULL, &reply, NULL) < 0 ||
            sd_bus_message_read_strv(reply, &zones) < 0 || !zones)
                return;
        for (guint i = 0; i < view->firewall.n_zones; i++)
                find_zone(facts, zones, view->firewall.zones[i]);
        find_zone(facts, zones, view->trust);
        for (char **zone = zones; *zone; zone++)
                free(*zone);
        free(zones);
}

static void gather_filter(WattleFacts *facts, int root_fd, sd_bus *bus)
{
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_FILTER, facts->view->mesh);
        g_autoptr(GError) error = NULL;

        facts->portmap_installed = wattle_host_has_portmap(root_fd);
        facts->relay_installed = wattle_host_has_relay(root_fd);
        facts->filter_installed = wattle_host_has_filter(root_fd);
        facts->filter_known = wattle_systemd_is_active(bus, unit, &facts->filter_runs, &error);
}

static void gather_sources(WattleFacts *facts, const WattleMesh *mesh, sd_bus *bus)
{
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_UPDATE_SOURCES, facts->view->mesh);
        g_autoptr(GArray) sources =
                wattle_update_find_sources(mesh, facts->view->mesh, NULL, facts->now_s);
        g_autoptr(GError) error = NULL;

        facts->serial = mesh->profile->serial;
        facts->n_sources = sources->len;
        if (!bus || !wattle_systemd_has_failed(bus, unit, &facts->sources_failed, &error))
                facts->sources_failed = FALSE;
}

/* To ask for it loads its module. */
static gboolean lacks_wireguard(void)
{
        g_auto(WattleWireguard) wireguard = { 0 };
        g_autoptr(GError) error = NULL;

        return !wattle_wireguard_open(&wireguard, &error) &&
               g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND);
}

void wattle_facts_gather(WattleFacts *facts, const WattleCli *cli, const WattleMesh *mesh,
                         const WattleView *view)
{
        WattleStatusSource source = { .cli = cli };
        g_auto(WattleReport) report = { 0 };
        const WattleDevice *self = wattle_profile_find_device(mesh->profile, view->self.name);
        gboolean complete = FALSE;

        wattle_report_init(&report);
        facts->view = view;
        facts->root = geteuid() == 0;
        facts->has_endpoint = self && self->n_candidates > 0;
        if (wattle_status_load(&source, view->mesh, &facts->status, facts->notes, &complete,
                               &report))
                facts->kernel_known =
                        facts->root && complete && facts->status.link != WATTLE_LINK_ABSENT;
        facts->link_is_other =
                facts->status.link == WATTLE_LINK_ABSENT && if_nametoindex(view->interface) != 0;
        facts->no_wireguard = facts->status.link == WATTLE_LINK_ABSENT && lacks_wireguard();
        gather_sysctls(facts);
        gather_routes(facts);
        gather_lans(facts);
        gather_unreachable(facts);
        gather_port(facts);
        gather_clock(facts, mesh);
        gather_signature(facts, cli->root_fd, mesh);
        gather_update(facts, cli->root_fd);
        gather_sources(facts, mesh, source.bus);
        gather_key(facts, cli->root_fd);
        wattle_rivals_find(cli->root_fd, view->mesh, view->interface, facts->rivals, facts->takers,
                           &facts->wg_quick);
        gather_stale(facts, cli->root_fd);
        gather_firewall(facts, self);
        gather_name_server(facts);
        gather_names(facts);
        gather_nsswitch(facts, cli->root_fd);
        facts->portmap_wanted = mesh->local.port_mapping;
        facts->wattled_wanted =
                mesh->local.migrate && access(WATTLE_UNITDIR "/" WATTLE_UNIT_WATTLED, F_OK) == 0;
        if (source.bus) {
                gather_owners(facts, cli->root_fd, source.bus);
                gather_lookup(facts, cli->root_fd, source.bus);
                gather_records(facts, cli->root_fd, source.bus);
                facts->wattled_runs = wattle_wattled_is_running(source.bus);
                gather_filter(facts, cli->root_fd, source.bus);
                gather_zones(facts, source.bus);
        } else {
                facts->wattled_wanted = FALSE; /* or nobody knows */
        }
        wattle_status_source_clear(&source);
}
