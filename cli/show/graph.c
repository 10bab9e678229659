/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/show/graph.h"

#include "cli/print.h"
#include "common/reach.h"

typedef struct {
        gboolean near;          /* they may meet on a LAN */
        gboolean there, back;   /* the first may call the second; the second the first */
        const char *via;        /* what goes between them goes inside the tunnel of this one */
        const char *relay;      /* or, encrypted, over this one, */
        gboolean is_one_of_few; /* which is one of several */
} Way;

static gboolean is_active(const WattleDevice *device)
{
        return device->state == WATTLE_DEVICE_ACTIVE;
}

static gboolean is_relay(const WattleDevice *device)
{
        return is_active(device) && device->relay == WATTLE_RELAY_YES && device->managed &&
               wattle_reach_is_callable(device);
}

/* Both have to be able to ask, and to be told. */
static void find_relay(const WattleProfile *profile, const WattleDevice *a, const WattleDevice *b,
                       Way *way)
{
        for (guint i = 0; a->managed && b->managed && i < profile->n_devices; i++) {
                const WattleDevice *relay = &profile->devices[i];

                if (relay == a || relay == b || !is_relay(relay))
                        continue;
                way->is_one_of_few = way->relay != NULL;
                if (!way->relay)
                        way->relay = relay->name;
        }
}

static Way find_way(const WattleProfile *profile, const WattleDevice *a, const WattleDevice *b)
{
        Way way = { .near = (a->managed || b->managed) && wattle_reach_is_near(a, b),
                    .there = wattle_reach_may_call(a, b),
                    .back = wattle_reach_may_call(b, a),
                    .via = wattle_reach_via(a, b) };

        if (!way.there && !way.back && !way.via)
                find_relay(profile, a, b, &way);
        return way;
}

/* What they have in the distance; what they have on a LAN stands before it. */
static char *label(const Way *way)
{
        const char *near = way->near ? "LAN, " : "";

        if (way->there || way->back)
                return g_strconcat(near, "public", NULL);
        if (way->via)
                return g_strconcat(near, "via ", way->via, NULL);
        if (way->is_one_of_few)
                return g_strconcat(near, "relayed", NULL);
        if (way->relay)
                return g_strconcat(near, "relayed by ", way->relay, NULL);
        return g_strdup(way->near ? "LAN" : "no way");
}

static const char *style(const Way *way)
{
        if (way->near)
                return "color=darkgreen";
        if (way->there || way->back)
                return "color=royalblue";
        return way->via || way->relay ? "color=darkorange, style=dashed"
                                      : "color=red, style=dotted, constraint=false";
}

static const char *direction(const Way *way)
{
        if (way->there && way->back)
                return "both";
        if (way->there || way->back)
                return way->there ? "forward" : "back";
        return "none";
}

static void print_edge(const WattleProfile *profile, const WattleDevice *a, const WattleDevice *b,
                       FILE *stream)
{
        const Way way = find_way(profile, a, b);
        g_autofree char *text = label(&way);

        wattle_print(stream, "        \"%s\" -> \"%s\" [label=\"%s\", dir=%s, %s];\n", a->name,
                     b->name, text, direction(&way), style(&way));
}

/* A relay has two lines around it, what runs no wattle a dashed one. */
static void print_node(const WattleDevice *device, FILE *stream)
{
        g_autoptr(GString) text = g_string_new(device->name);

        for (guint i = 0; i < device->n_addresses; i++) {
                char address[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&device->addresses[i].value, address);
                g_string_append_printf(text, "\\n%s", address);
        }
        wattle_print(stream, "        \"%s\" [label=\"%s\"%s%s];\n", device->name, text->str,
                     is_relay(device) ? ", peripheries=2" : "",
                     device->managed ? "" : ", style=dashed");
}

/* Names are DNS labels, and that of a mesh has no quotes either: nothing needs to be escaped. */
void wattle_show_graph(const WattleProfile *profile, FILE *stream)
{
        wattle_print(stream,
                     "digraph \"%s\" {\n"
                     "        label=\"%s\"; fontname=\"sans-serif\";\n"
                     "        node [shape=box, fontname=\"sans-serif\"];\n"
                     "        edge [fontname=\"sans-serif\", fontsize=10];\n",
                     profile->name, profile->name);
        for (guint i = 0; i < profile->n_devices; i++)
                if (is_active(&profile->devices[i]))
                        print_node(&profile->devices[i], stream);
        for (guint i = 0; i < profile->n_devices; i++)
                for (guint j = i + 1; j < profile->n_devices; j++)
                        if (is_active(&profile->devices[i]) && is_active(&profile->devices[j]))
                                print_edge(profile, &profile->devices[i], &profile->devices[j],
                                           stream);
        wattle_print(stream, "}\n");
}
