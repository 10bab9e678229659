/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libnm loads into nmcli and into the desktops' settings: import, export, and the door to the
 * editor, which is a library for each version of GTK. Here is no GTK. */
#include <NetworkManager.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "common/error.h"
#include "common/language.h"
#include "common/nm-profile.h"
#include "common/sys/host.h"
#include "common/sys/language/catalogue.h"
#include "nm-plugin/editor/editor.h"
#include "nm-plugin/editor/mesh-file.h"

#define PLUGIN_NAME N_("wattle mesh")
#define DESCRIPTION N_("A private WireGuard network of your devices, described by one text file.")

/* Below it is what the host has installed. Programs leave it as it is; tests have one of their own.
 */
#define PLUGIN_ROOT "root"

typedef struct {
        GObject parent;
        char *root;
} WattleEditorPlugin;

typedef struct {
        GObjectClass parent;
} WattleEditorPluginClass;

enum {
        PROPERTY_0,
        PROPERTY_NAME,
        PROPERTY_DESCRIPTION,
        PROPERTY_SERVICE,
        PROPERTY_ROOT,
};

static void init_interface(NMVpnEditorPluginInterface *interface);
static GType wattle_editor_plugin_get_type(void);

G_DEFINE_TYPE_WITH_CODE(WattleEditorPlugin, wattle_editor_plugin, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(NM_TYPE_VPN_EDITOR_PLUGIN, init_interface))

/* A process has one GTK or the other: both at a time end it. */
static const char *choose_library(GError **error)
{
        if (dlsym(RTLD_DEFAULT, "gtk_container_add"))
                return "libnm-vpn-plugin-wattle-editor.so";
        if (dlsym(RTLD_DEFAULT, "gtk_widget_get_type"))
                return "libnm-gtk4-vpn-plugin-wattle-editor.so";
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                            _("this program has no GTK, which the editor needs"));
        return NULL;
}

/* Editors lie beside this library. */
static char *find_library(const char *name)
{
        g_autofree char *folder = NULL;
        Dl_info info;

        if (dladdr((gpointer)nm_vpn_editor_plugin_factory, &info) == 0)
                return g_strdup(name);
        folder = g_path_get_dirname(info.dli_fname);
        return g_build_filename(folder, name, NULL);
}

/* Never closed: the types that it registers stay. */
static WattleEditorFactory load_editor(GError **error)
{
        const char *name = choose_library(error);
        g_autofree char *path = NULL;
        gpointer library, factory;

        if (!name)
                return NULL;
        path = find_library(name);
        library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
        factory = library ? dlsym(library, WATTLE_EDITOR_FACTORY) : NULL;
        if (!factory)
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                            _("the editor is not installed: %s"), dlerror());
        return (WattleEditorFactory)factory;
}

static int open_root(NMVpnEditorPlugin *plugin)
{
        return open(((WattleEditorPlugin *)plugin)->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static NMVpnEditor *get_editor(NMVpnEditorPlugin *plugin, NMConnection *connection, GError **error)
{
        WattleEditorFactory factory = load_editor(error);
        int root_fd = open_root(plugin);
        NMVpnEditor *editor = factory ? factory(connection, root_fd, error) : NULL;

        close(root_fd);
        return editor;
}

static NMVpnEditorPluginCapability get_capabilities(G_GNUC_UNUSED NMVpnEditorPlugin *plugin)
{
        return NM_VPN_EDITOR_PLUGIN_CAPABILITY_IMPORT | NM_VPN_EDITOR_PLUGIN_CAPABILITY_EXPORT;
}

static NMConnection *import_from_file(G_GNUC_UNUSED NMVpnEditorPlugin *plugin, const char *path,
                                      GError **error)
{
        g_autofree char *host_name = wattle_host_name();

        return wattle_mesh_file_import(path, host_name, error);
}

static gboolean export_to_file(NMVpnEditorPlugin *plugin, const char *path,
                               NMConnection *connection, GError **error)
{
        int root_fd = open_root(plugin);
        gboolean ok = wattle_mesh_file_export(connection, root_fd, path, error);

        close(root_fd);
        return ok;
}

static char *get_suggested_filename(G_GNUC_UNUSED NMVpnEditorPlugin *plugin,
                                    NMConnection *connection)
{
        return wattle_mesh_file_name(connection);
}

static void init_interface(NMVpnEditorPluginInterface *interface)
{
        interface->get_editor = get_editor;
        interface->get_capabilities = get_capabilities;
        interface->import_from_file = import_from_file;
        interface->export_to_file = export_to_file;
        interface->get_suggested_filename = get_suggested_filename;
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
        switch (id) {
        case PROPERTY_NAME:
                g_value_set_static_string(value, _(PLUGIN_NAME));
                break;
        case PROPERTY_DESCRIPTION:
                g_value_set_static_string(value, _(DESCRIPTION));
                break;
        case PROPERTY_SERVICE:
                g_value_set_static_string(value, WATTLE_VPN_SERVICE);
                break;
        default:
                G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
        }
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
        WattleEditorPlugin *plugin = (WattleEditorPlugin *)object;

        if (id == PROPERTY_ROOT) {
                g_free(plugin->root);
                plugin->root = g_value_dup_string(value);
        } else {
                G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
        }
}

static void finalize(GObject *object)
{
        g_free(((WattleEditorPlugin *)object)->root);
        G_OBJECT_CLASS(wattle_editor_plugin_parent_class)->finalize(object);
}

static void wattle_editor_plugin_init(G_GNUC_UNUSED WattleEditorPlugin *plugin)
{
}

static void wattle_editor_plugin_class_init(WattleEditorPluginClass *class)
{
        GObjectClass *object_class = G_OBJECT_CLASS(class);

        object_class->get_property = get_property;
        object_class->set_property = set_property;
        object_class->finalize = finalize;
        g_object_class_override_property(object_class, PROPERTY_NAME, NM_VPN_EDITOR_PLUGIN_NAME);
        g_object_class_override_property(object_class, PROPERTY_DESCRIPTION,
                                         NM_VPN_EDITOR_PLUGIN_DESCRIPTION);
        g_object_class_override_property(object_class, PROPERTY_SERVICE,
                                         NM_VPN_EDITOR_PLUGIN_SERVICE);
        g_object_class_install_property(
                object_class, PROPERTY_ROOT,
                g_param_spec_string(PLUGIN_ROOT, NULL, NULL, "/",
                                    G_PARAM_WRITABLE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS));
}

G_MODULE_EXPORT NMVpnEditorPlugin *nm_vpn_editor_plugin_factory(GError **error)
{
        wattle_language_bind(WATTLE_LOCALEDIR);
        if (sodium_init() < 0) {
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                                    _("libsodium cannot be initialised"));
                return NULL;
        }
        return g_object_new(wattle_editor_plugin_get_type(), NULL);
}
