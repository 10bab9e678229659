/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/state.h"

#include <string.h>

#include "common/error.h"
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/file.h"

#define GROUP     "Profiles"
#define MAX_BYTES 65536
#define HOUR_S    3600

void wattle_update_state_clear(WattleUpdateState *state)
{
        g_clear_pointer(&state->witnesses, g_strfreev);
        g_clear_pointer(&state->fork_from, g_free);
        g_clear_pointer(&state->refusals, g_array_unref);
}

static void clear_refusal(gpointer refusal)
{
        g_free(((WattleRefusal *)refusal)->device);
}

static GArray *get_refusals(WattleUpdateState *state)
{
        if (!state->refusals) {
                state->refusals = g_array_new(FALSE, FALSE, sizeof(WattleRefusal));
                g_array_set_clear_func(state->refusals, clear_refusal);
        }
        return state->refusals;
}

/* "nas 9 1700000000 2"; one that is not so is none. */
static void read_refusal(WattleUpdateState *state, const char *text)
{
        g_auto(GStrv) words = g_strsplit(text, " ", 5);
        guint64 until_s, times;
        WattleRefusal refusal = { 0 };

        if (g_strv_length(words) != 4 || !wattle_label_check(words[0], NULL) ||
            !wattle_uint_parse(words[1], 1, G_MAXINT64, &refusal.serial, NULL) ||
            !wattle_uint_parse(words[2], 0, G_MAXINT64, &until_s, NULL) ||
            !wattle_uint_parse(words[3], 1, G_MAXUINT16, &times, NULL) ||
            get_refusals(state)->len >= WATTLE_UPDATE_MAX_REFUSALS)
                return;
        refusal.device = g_strdup(words[0]);
        refusal.until_s = (gint64)until_s;
        refusal.times = (guint)times;
        g_array_append_val(state->refusals, refusal);
}

static void write_refusals(const WattleUpdateState *state, GKeyFile *file)
{
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; state->refusals && i < state->refusals->len; i++) {
                const WattleRefusal *refusal = &g_array_index(state->refusals, WattleRefusal, i);

                g_ptr_array_add(texts,
                                g_strdup_printf("%s %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %u",
                                                refusal->device, refusal->serial, refusal->until_s,
                                                refusal->times));
        }
        if (texts->len > 0)
                g_key_file_set_string_list(file, GROUP, "Refused",
                                           (const char *const *)texts->pdata, texts->len);
}

static WattleRefusal *find_refusal(const WattleUpdateState *state, const char *device,
                                   guint64 serial)
{
        for (guint i = 0; state->refusals && i < state->refusals->len; i++) {
                WattleRefusal *refusal = &g_array_index(state->refusals, WattleRefusal, i);

                if (refusal->serial == serial && strcmp(refusal->device, device) == 0)
                        return refusal;
        }
        return NULL;
}

void wattle_update_refuse(WattleUpdateState *state, const char *device, guint64 serial,
                          gint64 now_s)
{
        WattleRefusal *refusal = find_refusal(state, device, serial);

        if (!refusal) {
                GArray *refusals = get_refusals(state);

                if (refusals->len == WATTLE_UPDATE_MAX_REFUSALS)
                        g_array_remove_index(refusals, 0);
                g_array_append_val(refusals, ((WattleRefusal){ .device = g_strdup(device),
                                                               .serial = serial }));
                refusal = &g_array_index(refusals, WattleRefusal, refusals->len - 1);
        }
        refusal->times++;
        refusal->until_s = now_s + MIN(HOUR_S << MIN(refusal->times - 1, 5), 24 * HOUR_S);
}

void wattle_update_state_raise(WattleUpdateState *state, guint64 serial)
{
        state->floor = MAX(state->floor, serial);
        if (state->fork_serial < state->floor) {
                state->fork_serial = 0;
                g_clear_pointer(&state->fork_from, g_free);
        }
}

gboolean wattle_update_is_refused(const WattleUpdateState *state, const char *device,
                                  guint64 serial, gint64 now_s)
{
        const WattleRefusal *refusal = find_refusal(state, device, serial);

        /* Not for longer than a day by a clock that was set back, either. */
        return refusal && now_s < refusal->until_s && refusal->until_s - now_s <= 24 * HOUR_S;
}

static gboolean read_phase(GKeyFile *file, WattleConfirm *confirm, GError **error)
{
        g_autofree char *name = g_key_file_get_string(file, GROUP, "Phase", NULL);

        if (!name || wattle_confirm_phase_parse(name, &confirm->phase))
                return TRUE;
        return wattle_error_refuse(error, "Phase: '%s' is none that this wattle knows", name);
}

gboolean wattle_update_state_parse(const char *text, gsize size, WattleUpdateState *state,
                                   GError **error)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_auto(GStrv) refused = NULL;
        gsize n_witnesses = 0;

        if (!g_key_file_load_from_data(file, size > 0 ? text : "", size, G_KEY_FILE_NONE, error) ||
            !read_phase(file, &state->confirm, error))
                return FALSE;
        state->floor = g_key_file_get_uint64(file, GROUP, "Floor", NULL);
        state->confirm.tries = (guint)g_key_file_get_uint64(file, GROUP, "Tries", NULL);
        state->confirm.retry_at_s = g_key_file_get_int64(file, GROUP, "RetryAt", NULL);
        state->asks_person = g_key_file_get_boolean(file, GROUP, "AsksPerson", NULL);
        state->witnesses = g_key_file_get_string_list(file, GROUP, "Witnesses", &n_witnesses, NULL);
        state->fork_serial = g_key_file_get_uint64(file, GROUP, "ForkSerial", NULL);
        state->fork_from = g_key_file_get_string(file, GROUP, "ForkFrom", NULL);
        if (!state->fork_from)
                state->fork_serial = 0;
        refused = g_key_file_get_string_list(file, GROUP, "Refused", NULL, NULL);
        for (guint i = 0; refused && refused[i]; i++)
                read_refusal(state, refused[i]);
        for (gsize i = WATTLE_UPDATE_MAX_WITNESSES; i < n_witnesses; i++)
                g_clear_pointer(&state->witnesses[i], g_free);
        return TRUE;
}

char *wattle_update_state_format(const WattleUpdateState *state)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        const char *phase = wattle_confirm_phase_name(state->confirm.phase);

        g_key_file_set_uint64(file, GROUP, "Version", 1);
        g_key_file_set_uint64(file, GROUP, "Floor", state->floor);
        g_key_file_set_string(file, GROUP, "Phase", phase);
        if (state->confirm.phase != WATTLE_CONFIRM_DONE) {
                g_key_file_set_uint64(file, GROUP, "Tries", state->confirm.tries);
                g_key_file_set_int64(file, GROUP, "RetryAt", state->confirm.retry_at_s);
                g_key_file_set_boolean(file, GROUP, "AsksPerson", state->asks_person);
        }
        if (state->witnesses)
                g_key_file_set_string_list(file, GROUP, "Witnesses",
                                           (const char *const *)state->witnesses,
                                           g_strv_length(state->witnesses));
        if (state->fork_serial > 0) {
                g_key_file_set_uint64(file, GROUP, "ForkSerial", state->fork_serial);
                g_key_file_set_string(file, GROUP, "ForkFrom", state->fork_from);
        }
        write_refusals(state, file);
        return g_key_file_to_data(file, NULL, NULL);
}

gboolean wattle_update_state_load(int root_fd, const char *mesh, WattleUpdateState *state,
                                  GError **error)
{
        g_autofree char *path = wattle_paths_update_state(mesh);
        g_autoptr(GBytes) bytes = NULL;
        gsize size;
        const char *text;

        if (!wattle_path_exists(root_fd, path + 1))
                return TRUE;
        bytes = wattle_read_file(root_fd, path + 1, MAX_BYTES, error);
        if (bytes) {
                text = g_bytes_get_data(bytes, &size);
                if (wattle_update_state_parse(text, size, state, error))
                        return TRUE;
        }
        g_prefix_error(error, "%s: ", path);
        return FALSE;
}

gboolean wattle_update_state_save(int root_fd, const char *mesh, const WattleUpdateState *state,
                                  GError **error)
{
        g_autofree char *path = wattle_paths_update_state(mesh);
        g_autofree char *text = wattle_update_state_format(state);

        return wattle_make_folders(root_fd, path + 1, error) &&
               wattle_write_file(root_fd, path + 1, 0600, text, strlen(text), error) &&
               wattle_sync_folder(root_fd, path + 1, error);
}
