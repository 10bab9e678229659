/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/device-table.h"

#include <string.h>

#include "common/csv.h"

#define NAME    "Device"
#define ADDRESS "Address"

void wattle_device_table_clear(WattleDeviceTable *table)
{
        g_clear_pointer(&table->text, g_free);
        g_clear_pointer(&table->line_of, g_array_unref);
}

typedef struct {
        WattleDeviceTable *table;
        char **keys;
        guint name, address;   /* columns; G_MAXUINT: there is none */
        WattleProfile profile; /* that which is added to, with what was given out so far */
        GArray *devices;       /* of WattleDevice */
        WattleArena *arena;
        GString *text;
        WattleReport *report;
} Reader;

static WattlePlace place_of(const Reader *reader, guint32 line)
{
        return (WattlePlace){ reader->table->file, line, 1 };
}

static guint find_column(char *const *keys, const char *key)
{
        for (guint i = 0; keys[i]; i++)
                if (strcmp(keys[i], key) == 0)
                        return i;
        return G_MAXUINT;
}

static gboolean take_header(Reader *reader, char **keys, guint32 line)
{
        reader->keys = keys;
        if (keys)
                reader->name = find_column(keys, NAME);
        if (keys && reader->name != G_MAXUINT) {
                reader->address = find_column(keys, ADDRESS);
                return TRUE;
        }
        wattle_report_error(
                reader->report, place_of(reader, line),
                "the first line has the names of the columns: %s, PublicKey, and what else of wattle.mesh(5) they have",
                NAME);
        return FALSE;
}

static void add_line(Reader *reader, guint32 line, const char *key, const char *value)
{
        if (key)
                g_string_append_printf(reader->text, "%s=%s\n", key, value);
        else
                g_string_append_printf(reader->text, "%s\n", value);
        g_array_append_val(reader->table->line_of, line);
}

/* What later records may not get; a text that is no address is found out when it is read. */
static void note_addresses(Reader *reader, const char *words)
{
        g_auto(GStrv) list = g_strsplit(words, " ", -1);
        WattleDevice device = { .n_addresses = 0 };

        device.addresses = wattle_arena_alloc(reader->arena,
                                              (g_strv_length(list) + 1) * sizeof *device.addresses);
        for (guint i = 0; list[i]; i++)
                if (wattle_addr_parse(list[i], &device.addresses[device.n_addresses].value, NULL))
                        device.n_addresses++;
        g_array_append_val(reader->devices, device);
        reader->profile.devices = (WattleDevice *)(gpointer)reader->devices->data;
        reader->profile.n_devices = reader->devices->len;
}

/* NULL with an error in the report if a subnet is full. */
static char *choose_addresses(Reader *reader, guint32 line)
{
        g_autoptr(GString) words = g_string_new(NULL);

        for (guint i = 0; i < reader->profile.n_subnets; i++) {
                char text[MAX(WATTLE_ADDR_TEXT_MAX, WATTLE_PREFIX_TEXT_MAX)];
                const WattlePrefix *subnet = &reader->profile.subnets[i].value;
                WattleAddr addr;

                if (!wattle_profile_next_address(&reader->profile, subnet, &addr)) {
                        wattle_prefix_format(subnet, text);
                        wattle_report_error(reader->report, place_of(reader, line),
                                            "%s is full: give an %s", text, ADDRESS);
                        return NULL;
                }
                wattle_addr_format(&addr, text);
                g_string_append_printf(words, "%s%s", i > 0 ? " " : "", text);
        }
        note_addresses(reader, words->str);
        return g_string_free(g_steal_pointer(&words), FALSE);
}

static gboolean has_address(const Reader *reader, char *const *fields)
{
        return reader->address < g_strv_length((char **)fields) && *fields[reader->address];
}

static gboolean check_record(const Reader *reader, char *const *fields, guint32 line)
{
        guint n = g_strv_length((char **)fields), n_keys = g_strv_length(reader->keys);

        if (n > n_keys)
                wattle_report_error(reader->report, place_of(reader, line),
                                    "has %u fields, and the first line %u", n, n_keys);
        else if (reader->name >= n || !*fields[reader->name])
                wattle_report_error(reader->report, place_of(reader, line), "%s is missing", NAME);
        for (guint i = 0; i < n; i++)
                if (strpbrk(fields[i], "\r\n[]"))
                        wattle_report_error(reader->report, place_of(reader, line),
                                            "a field has a line end or a bracket");
        return reader->report->n_errors == 0;
}

static void add_record(Reader *reader, char *const *fields, guint32 line)
{
        g_autofree char *header = g_strdup_printf("[Device %s]", fields[reader->name]);

        add_line(reader, line, NULL, "");
        add_line(reader, line, NULL, header);
        for (guint i = 0; fields[i]; i++)
                if (i != reader->name && *fields[i])
                        add_line(reader, line, reader->keys[i], fields[i]);
        if (!has_address(reader, fields)) {
                g_autofree char *addresses = choose_addresses(reader, line);

                if (addresses)
                        add_line(reader, line, ADDRESS, addresses);
        }
        reader->table->n_devices++;
}

typedef struct {
        char **fields;
        guint32 line;
} Record;

static void record_clear(gpointer record)
{
        g_strfreev(((Record *)record)->fields);
}

/* Those that have addresses are looked at first: nobody else gets them. */
static void add_records(Reader *reader, const GArray *records)
{
        for (guint i = 0; i < records->len; i++) {
                const Record *record = &g_array_index(records, Record, i);

                if (check_record(reader, record->fields, record->line) &&
                    has_address(reader, record->fields))
                        note_addresses(reader, record->fields[reader->address]);
        }
        for (guint i = 0; i < records->len && reader->report->n_errors == 0; i++) {
                const Record *record = &g_array_index(records, Record, i);

                add_record(reader, record->fields, record->line);
        }
}

static gboolean read_records(WattleCsv *csv, GArray *records, GError **error)
{
        Record record;

        while ((record.fields = wattle_csv_next(csv, &record.line, error)))
                g_array_append_val(records, record);
        return !*error;
}

gboolean wattle_device_table_read(WattleDeviceTable *table, const char *csv, gsize size,
                                  const char *file, const WattleProfile *profile,
                                  WattleReport *report)
{
        g_autoptr(GArray) records = g_array_new(FALSE, FALSE, sizeof(Record));
        g_autoptr(GArray) devices = g_array_new(FALSE, FALSE, sizeof(WattleDevice));
        g_autoptr(WattleArena) arena = wattle_arena_new();
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) keys = NULL;
        WattleCsv reading;
        guint32 line = 1;
        Reader reader = { .table = table,
                          .profile = *profile,
                          .devices = devices,
                          .arena = arena,
                          .text = g_string_new(NULL),
                          .report = report };

        g_array_set_clear_func(records, record_clear);
        g_array_append_vals(devices, profile->devices, profile->n_devices);
        table->file = file;
        table->line_of = g_array_new(FALSE, FALSE, sizeof(guint32));
        wattle_csv_init(&reading, csv, size);
        keys = wattle_csv_next(&reading, &line, &error);
        if (!error && take_header(&reader, keys, line) && read_records(&reading, records, &error))
                add_records(&reader, records);
        if (error)
                wattle_report_error(report, (WattlePlace){ file, 0, 0 }, "%s", error->message);
        else if (report->n_errors == 0 && table->n_devices == 0)
                wattle_report_error(report, (WattlePlace){ file, 0, 0 }, "has no device");
        table->text = g_string_free(reader.text, FALSE);
        return report->n_errors == 0;
}

void wattle_device_table_place(const WattleDeviceTable *table, guint32 n_before,
                               const WattleReport *from, WattleReport *to)
{
        for (guint i = 0; i < from->faults->len; i++) {
                const WattleFault *fault = &g_array_index(from->faults, WattleFault, i);
                WattlePlace place = fault->place;

                if (place.line > n_before && place.line - n_before <= table->line_of->len)
                        place = (WattlePlace){
                                table->file,
                                g_array_index(table->line_of, guint32, place.line - n_before - 1), 1
                        };
                if (fault->kind == WATTLE_FAULT_ERROR)
                        wattle_report_error(to, place, "%s", fault->text);
                else
                        wattle_report_warning(to, place, "%s", fault->text);
        }
}
