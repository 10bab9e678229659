/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/export/pool.h"
#include "cli/export/view.h"
#include "common/digest.h"
#include "common/error.h"
#include "common/language.h"
#include "common/sys/file.h"

#define ROOTS_PATH    "/var/lib/wattle/exports"
#define MAX_BYTES     (4 << 20)
#define MAX_NAMES     8                                      /* in a note */
#define DIGEST_FACTOR G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) /* odd: nothing is lost */
#define FIRST_LINE    "# What 'wattle export' made, for 'wattle status'. No secret.\n"
#define LINE_FORMAT   "%" G_GUINT64_FORMAT " %016" G_GINT64_MODIFIER "x %s"

void wattle_export_memory_clear(WattleExportMemory *memory)
{
        g_clear_pointer(&memory->path, g_free);
        g_clear_pointer(&memory->lines, g_hash_table_unref);
}

char *wattle_export_memory_path(void)
{
        const char *state = g_getenv("XDG_STATE_HOME"), *home = g_getenv("HOME");

        if (state && g_path_is_absolute(state))
                return g_build_filename(state, "wattle/exports", NULL);
        if (geteuid() == 0)
                return g_strdup(ROOTS_PATH);
        return home && g_path_is_absolute(home)
                       ? g_build_filename(home, ".local/state/wattle/exports", NULL)
                       : NULL;
}

static void take_line(WattleExportMemory *memory, const char *line)
{
        g_auto(GStrv) words = g_strsplit(line, " ", 3);

        if (*line != '#' && g_strv_length(words) == 3)
                g_hash_table_insert(memory->lines, g_strconcat(words[0], " ", words[1], NULL),
                                    g_strdup(words[2]));
}

gboolean wattle_export_memory_load(WattleExportMemory *memory, char *path, GError **error)
{
        g_autoptr(GBytes) bytes = NULL;
        g_autoptr(GError) why = NULL;
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        memory->path = path;
        memory->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        bytes = wattle_read_file(AT_FDCWD, path, MAX_BYTES, &why);
        if (!bytes && g_error_matches(why, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                return TRUE;
        if (!bytes) {
                g_propagate_prefixed_error(error, g_steal_pointer(&why), "%s: ", path);
                return FALSE;
        }
        text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
        lines = g_strsplit(text, "\n", -1);
        for (guint i = 0; lines[i]; i++)
                take_line(memory, lines[i]);
        return TRUE;
}

/* Eight bytes at a time: of a large mesh's files one at a time was a third of the work. */
static guint64 digest_text(guint64 digest, const GString *text)
{
        gsize n_words = text->len / sizeof digest, n = n_words * sizeof digest;

        for (gsize i = 0; i < n; i += sizeof digest) {
                guint64 word;

                memcpy(&word, text->str + i, sizeof word);
                digest = (digest ^ word) * DIGEST_FACTOR;
                digest ^= digest >> 32;
        }
        return wattle_digest(digest, text->str + n, text->len - n);
}

static guint64 digest_of(const WattleExportFiles *files)
{
        guint64 digest = WATTLE_DIGEST_EMPTY;

        for (guint i = 0; i < files->n; i++)
                digest = digest_text(digest, files->files[i].file.text.content);
        return digest;
}

WattleExportLine wattle_export_line(const WattleView *view, guint64 serial,
                                    const WattleRecipe *recipe, const WattleExportFiles *files)
{
        g_autofree char *options = wattle_recipe_format(recipe);

        return (WattleExportLine){ g_strconcat(view->mesh, " ", view->self.name, NULL),
                                   g_strdup_printf(LINE_FORMAT, serial, digest_of(files),
                                                   options) };
}

void wattle_export_memory_set(WattleExportMemory *memory, WattleExportLine line)
{
        g_hash_table_insert(memory->lines, line.key, line.rest);
}

static gint compare_texts(gconstpointer a, gconstpointer b)
{
        return strcmp(a, b);
}

gboolean wattle_export_memory_save(const WattleExportMemory *memory, GError **error)
{
        g_autofree char *folder = g_path_get_dirname(memory->path);
        g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(memory->lines), compare_texts);
        g_autoptr(GString) text = g_string_new(FIRST_LINE);

        for (const GList *key = keys; key; key = key->next)
                g_string_append_printf(text, "%s %s\n", (const char *)key->data,
                                       (const char *)g_hash_table_lookup(memory->lines, key->data));
        if (g_mkdir_with_parents(folder, 0755) < 0)
                return wattle_error_set_errno(error, errno, "%s", folder);
        return wattle_write_file(AT_FDCWD, memory->path, 0644, text->str, text->len, error);
}

/* FALSE for a line that says nothing. *ret_options is in rest. */
static gboolean parse_rest(const char *rest, guint64 *serial, guint64 *digest,
                           const char **ret_options)
{
        g_auto(GStrv) words = g_strsplit(rest, " ", 3);

        if (g_strv_length(words) != 3)
                return FALSE;
        *ret_options = rest + strlen(words[0]) + 1 + strlen(words[1]) + 1;
        return g_ascii_string_to_unsigned(words[0], 10, 0, G_MAXUINT64, serial, NULL) &&
               g_ascii_string_to_unsigned(words[1], 16, 0, G_MAXUINT64, digest, NULL);
}

/* How files are made, and of whom: that of one line is mostly that of the next. */
typedef struct {
        const char *options; /* NULL: none yet */
        gboolean is_good;
        WattleRecipe recipe;
        WattleExportPool pool;
} Kind;

static void kind_clear(Kind *kind)
{
        wattle_export_pool_clear(&kind->pool);
        wattle_recipe_clear(&kind->recipe);
        *kind = (Kind){ 0 };
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Kind, kind_clear)

static gboolean take_kind(Kind *kind, const char *options, WattleProfile *profile)
{
        if (g_strcmp0(kind->options, options) == 0)
                return kind->is_good;
        kind_clear(kind);
        kind->options = options;
        kind->is_good = wattle_recipe_parse(&kind->recipe, options, NULL);
        if (kind->is_good)
                wattle_export_pool_init(&kind->pool, profile, &kind->recipe);
        return kind->is_good;
}

static guint64 digest_now(int root_fd, WattleMesh *mesh, const WattleDevice *device, Kind *kind,
                          guint64 otherwise)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleExportFiles) files = { 0 };
        g_autoptr(WattleView) view = NULL;
        WattleProfile *profile = mesh->profile;

        wattle_report_init(&unheard);
        mesh->profile = wattle_export_pool_take(&kind->pool, device);
        view = wattle_export_view(root_fd, mesh, device->name, &kind->recipe, &unheard);
        mesh->profile = profile;
        if (!view)
                return otherwise;
        wattle_export_files_make(view, kind->recipe.format, NULL, &files);
        return digest_of(&files);
}

/* Not so if the device is gone, or cannot have such a file now: there is none to be made. */
static gboolean is_stale(int root_fd, WattleMesh *mesh, const WattleDevice *device,
                         const char *rest, Kind *kind)
{
        guint64 serial, digest;
        const char *options;

        return device && parse_rest(rest, &serial, &digest, &options) &&
               serial != mesh->profile->serial && take_kind(kind, options, mesh->profile) &&
               digest_now(root_fd, mesh, device, kind, digest) != digest;
}

static GHashTable *list_devices(const WattleProfile *profile)
{
        GHashTable *devices = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < profile->n_devices; i++)
                g_hash_table_insert(devices, (gpointer)profile->devices[i].name,
                                    &profile->devices[i]);
        return devices;
}

char **wattle_export_memory_stale(const WattleExportMemory *memory, int root_fd, WattleMesh *mesh,
                                  guint n_max)
{
        g_autofree char *prefix = g_strconcat(mesh->profile->name, " ", NULL);
        g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(memory->lines), compare_texts);
        g_autoptr(GHashTable) devices = list_devices(mesh->profile);
        g_autoptr(GPtrArray) stale = g_ptr_array_new();
        g_auto(Kind) kind = { 0 };

        for (const GList *key = keys; key && stale->len < n_max; key = key->next) {
                const char *name = (const char *)key->data + strlen(prefix);

                if (g_str_has_prefix(key->data, prefix) &&
                    is_stale(root_fd, mesh, g_hash_table_lookup(devices, name),
                             g_hash_table_lookup(memory->lines, key->data), &kind))
                        g_ptr_array_add(stale, g_strdup(name));
        }
        g_ptr_array_add(stale, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&stale), FALSE);
}

/* The last of too many names is not shown. */
static char *format_note(char **stale)
{
        gboolean are_more = g_strv_length(stale) > MAX_NAMES;
        g_autofree char *names = NULL;

        if (are_more)
                g_clear_pointer(&stale[MAX_NAMES], g_free);
        names = g_strjoinv(", ", stale);
        if (!stale[1])
                return g_strdup_printf(_("%s has no wattle and needs a new file: 'wattle export' "
                                         "makes it."),
                                       names);
        if (are_more)
                return g_strdup_printf(_("%s and others have no wattle and need new files: 'wattle "
                                         "export --all=DIR' makes them."),
                                       names);
        return g_strdup_printf(_("%s have no wattle and need new files: 'wattle export' makes "
                                 "them."),
                               names);
}

char *wattle_export_memory_note(int root_fd, const char *name)
{
        g_auto(WattleExportMemory) memory = { 0 };
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(GStrv) stale = NULL;
        char *path = wattle_export_memory_path();

        wattle_report_init(&unheard);
        if (!path || !wattle_export_memory_load(&memory, path, NULL) ||
            g_hash_table_size(memory.lines) == 0 ||
            !wattle_mesh_load(&mesh, root_fd, name, WATTLE_LOAD_OR_LAST_GOOD, &unheard))
                return NULL;
        stale = wattle_export_memory_stale(&memory, root_fd, &mesh, MAX_NAMES + 1);
        return stale[0] ? format_note(stale) : NULL;
}
