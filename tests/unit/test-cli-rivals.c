/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of others that are for our interface, as people write them. */
#include "cli/doctor/rivals.h"

#include "tests/unit/fixture.h"

static const struct rival_row {
        const char *name;
        gboolean (*is_rival)(const GPtrArray *texts, const char *interface);
        const char *file, *drop_in; /* NULL: none */
        gboolean rival;
} rival_rows[] = {
        { "its name", wattle_rival_makes, "[NetDev]\nName=home\nKind=wireguard\n", NULL, TRUE },
        { "blanks", wattle_rival_makes, " [NetDev] \n  Name = home  \n", NULL, TRUE },
        { "CR LF and a byte order mark", wattle_rival_makes,
          "\xef\xbb\xbf[NetDev]\r\nName=home\r\n", NULL, TRUE },
        { "another name", wattle_rival_makes, "[NetDev]\nName=home2\n", NULL, FALSE },
        { "case is not its own", wattle_rival_makes, "[NetDev]\nname=home\n", NULL, FALSE },
        { "another section", wattle_rival_makes, "[VLAN]\nName=home\n", NULL, FALSE },
        { "a section that comes later", wattle_rival_makes,
          "[VLAN]\nId=7\n[NetDev]\nKind=vlan\nName=home\n", NULL, TRUE },
        { "the last one counts", wattle_rival_makes, "[NetDev]\nName=home\nName=other\n", NULL,
          FALSE },
        { "a drop-in's name", wattle_rival_makes, "[NetDev]\nName=other\n", "[NetDev]\nName=home\n",
          TRUE },
        { "a comment", wattle_rival_makes, "[NetDev]\n#Name=home\n;Name=home\n", NULL, FALSE },
        { "bad lines are passed over", wattle_rival_makes, "x\n[NetDev]\nx\nName=home\n", NULL,
          TRUE },
        { "all", wattle_rival_matches, "[Match]\nName=*\n[Network]\nDHCP=yes\n", NULL, TRUE },
        { "a glob", wattle_rival_matches, "[Match]\nName = en* ho?e\n", NULL, TRUE },
        { "a glob of others", wattle_rival_matches, "[Match]\nName=en* wl*\n", NULL, FALSE },
        { "a list in two lines", wattle_rival_matches, "[Match]\nName=en*\nName=home\n", NULL,
          TRUE },
        { "a line that goes on", wattle_rival_matches, "[Match]\nName=en* \\\n home\n", NULL,
          TRUE },
        { "a list taken back", wattle_rival_matches, "[Match]\nName=home\nName=\nName=en*\n", NULL,
          FALSE },
        { "all but it", wattle_rival_matches, "[Match]\nName=!home\n", NULL, FALSE },
        { "all but others", wattle_rival_matches, "[Match]\nName=!lo en*\n", NULL, TRUE },
        { "its kind", wattle_rival_matches, "[Match]\nKind=wireguard\n", NULL, TRUE },
        { "its type", wattle_rival_matches, "[Match]\nType=wireguard\n", NULL, TRUE },
        { "ethernet", wattle_rival_matches, "[Match]\nType=ether\nName=*\n", NULL, FALSE },
        { "not ethernet", wattle_rival_matches, "[Match]\nType=!ether\n", NULL, TRUE },
        { "a hardware address", wattle_rival_matches,
          "[Match]\nName=*\nMACAddress=02:00:00:00:00:01\n", NULL, FALSE },
        { "a radio", wattle_rival_matches, "[Match]\nName=*\nWLANInterfaceType=station\n", NULL,
          FALSE },
        { "a condition on the host", wattle_rival_matches, "[Match]\nName=*\nHost=other\n", NULL,
          FALSE },
        { "no condition", wattle_rival_matches, "[Match]\n[Network]\nDHCP=yes\n", NULL, FALSE },
        { "no section", wattle_rival_matches, "[Network]\nName=home\n", NULL, FALSE },
        { "a drop-in that widens it", wattle_rival_matches, "[Match]\nName=en*\n",
          "[Match]\nName=h*\n", TRUE },
        { "a drop-in that narrows it", wattle_rival_matches, "[Match]\nName=*\n",
          "[Match]\nType=ether\n", FALSE },
        { "nothing", wattle_rival_matches, "", NULL, FALSE },
};

static void rival(gconstpointer data)
{
        const struct rival_row *row = data;
        g_autoptr(GPtrArray) texts = g_ptr_array_new();

        g_ptr_array_add(texts, (gpointer)row->file);
        if (row->drop_in)
                g_ptr_array_add(texts, (gpointer)row->drop_in);
        g_assert_cmpint(row->is_rival(texts, "home"), ==, row->rival);
}

static void rival_connections(void)
{
        static const struct {
                const char *text;
                gboolean rival;
        } rows_of_nm[] = {
                { "[connection]\nid=x\ninterface-name=home\n", TRUE },
                { "[connection]\nid=x\ninterface-name = home\n", TRUE },
                { "[connection]\ninterface-name=home2\n", FALSE },
                { "[ethernet]\ninterface-name=home\n", FALSE },
                { "[connection]\ninterface-name=home\n[.nmmeta]\nvolatile=true\n", FALSE },
                { "[wireguard-peer.x+/=]\nendpoint=a:1\n[connection]\ninterface-name=home\n",
                  TRUE },
                { "", FALSE },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows_of_nm); i++)
                g_assert_cmpint(wattle_rival_connects(rows_of_nm[i].text, "home"), ==,
                                rows_of_nm[i].rival);
}

#define ALL "[Match]\nName=*\n"
#define ETC "etc/systemd/network/"
#define USR "usr/lib/systemd/network/"

/* Up to four files of a host; content NULL is a link to /dev/null. */
static const struct find_row {
        const char *name;
        struct {
                const char *path, *content;
        } files[4];
        const char *found; /* makers, takers and the unit, a line each */
} find_rows[] = {
        { "nothing", { { 0 } }, "" },
        { "ours",
          { { "run/systemd/network/60-wattle-home.netdev", "[NetDev]\nName=home\n" },
            { "run/systemd/network/60-wattle-home.network", "[Match]\nName=home\n" },
            { "run/NetworkManager/system-connections/wattle-home.nmconnection",
              "[connection]\ninterface-name=home\n" } },
          "" },
        { "a .netdev with blanks",
          { { ETC "wg.netdev", "[NetDev]\nName = home\n" } },
          "makes /" ETC "wg.netdev\n" },
        { "a connection",
          { { "etc/NetworkManager/system-connections/x.nmconnection",
              "[connection]\ninterface-name=home\n" } },
          "makes /etc/NetworkManager/system-connections/x.nmconnection\n" },
        { "before ours", { { ETC "10-all.network", ALL } }, "takes /" ETC "10-all.network\n" },
        { "behind ours", { { ETC "99-all.network", ALL } }, "" },
        { "just behind ours", { { ETC "60-wattle-home2.network", ALL } }, "" },
        { "of a package", { { USR "20-x.network", ALL } }, "takes /" USR "20-x.network\n" },
        { "masked", { { USR "20-x.network", ALL }, { ETC "20-x.network", NULL } }, "" },
        { "emptied", { { USR "20-x.network", ALL }, { ETC "20-x.network", "" } }, "" },
        { "replaced",
          { { USR "20-x.network", ALL }, { ETC "20-x.network", "[Match]\nName=en*\n" } },
          "" },
        { "a drop-in of a file of a package",
          { { USR "20-x.network", "[Match]\nName=en*\n" },
            { ETC "20-x.network.d/a.conf", "[Match]\nName=home\n" } },
          "takes /" USR "20-x.network\n" },
        { "a drop-in that is masked",
          { { USR "20-x.network", "[Match]\nName=en*\n" },
            { USR "20-x.network.d/a.conf", "[Match]\nName=home\n" },
            { ETC "20-x.network.d/a.conf", NULL } },
          "" },
        { "sorted by name and not by folder",
          { { ETC "20-b.network", ALL }, { USR "10-a.network", ALL } },
          "takes /" USR "10-a.network\ntakes /" ETC "20-b.network\n" },
        { "wg-quick enabled",
          { { "etc/systemd/system/multi-user.target.wants/wg-quick@home.service", NULL } },
          "unit wg-quick@home.service\n" },
        { "wg-quick of another",
          { { "etc/systemd/system/multi-user.target.wants/wg-quick@wg0.service", NULL } },
          "" },
        { "wg-quick installed alone", { { "etc/wireguard/home.conf", "[Interface]\n" } }, "" },
};

static void find(gconstpointer data)
{
        const struct find_row *row = data;
        g_auto(Root) root = { 0 };
        g_autoptr(GPtrArray) makers = g_ptr_array_new_with_free_func(g_free),
                             takers = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *unit = NULL;
        g_autoptr(GString) found = g_string_new(NULL);

        root_init(&root);
        for (guint i = 0; i < G_N_ELEMENTS(row->files) && row->files[i].path; i++)
                if (row->files[i].content)
                        root_put(&root, row->files[i].path, row->files[i].content, 0644);
                else
                        root_link(&root, row->files[i].path, "/dev/null");
        wattle_rivals_find(root.fd, "home", "home", makers, takers, &unit);
        for (guint i = 0; i < makers->len; i++)
                g_string_append_printf(found, "makes %s\n",
                                       (const char *)g_ptr_array_index(makers, i));
        for (guint i = 0; i < takers->len; i++)
                g_string_append_printf(found, "takes %s\n",
                                       (const char *)g_ptr_array_index(takers, i));
        if (unit)
                g_string_append_printf(found, "unit %s\n", unit);
        g_assert_cmpstr(found->str, ==, row->found);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/cli-rivals/text", rival_rows, rival);
        g_test_add_func("/cli-rivals/connections", rival_connections);
        add_rows("/cli-rivals/find", find_rows, find);
        return g_test_run();
}
