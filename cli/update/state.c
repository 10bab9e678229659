/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/state.h"

#include <string.h>

#include "common/error.h"
#include "common/paths.h"
#include "common/sys/file.h"

#define GROUP     "Profiles"
#define MAX_BYTES 65536

void wattle_update_state_clear(WattleUpdateState *state)
{
        g_clear_pointer(&state->witnesses, g_strfreev);
        g_clear_pointer(&state->fork_from, g_free);
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
        gsize n_witnesses = 0;

        if (!g_key_file_load_from_data(file, text, size, G_KEY_FILE_NONE, error) ||
            !read_phase(file, &state->confirm, error))
                return FALSE;
        state->floor = g_key_file_get_uint64(file, GROUP, "Floor", NULL);
        state->confirm.tries = (guint)g_key_file_get_uint64(file, GROUP, "Tries", NULL);
        state->confirm.retry_at_s = g_key_file_get_int64(file, GROUP, "RetryAt", NULL);
        state->asks_person = g_key_file_get_boolean(file, GROUP, "AsksPerson", NULL);
        state->witnesses = g_key_file_get_string_list(file, GROUP, "Witnesses", &n_witnesses, NULL);
        state->fork_serial = g_key_file_get_uint64(file, GROUP, "ForkSerial", NULL);
        state->fork_from = g_key_file_get_string(file, GROUP, "ForkFrom", NULL);
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
