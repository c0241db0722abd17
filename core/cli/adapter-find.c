/* Where adapters are, for the commands that take a name or take all. */
#include "core/cli/adapter.h"

#include "core/base/buffer.h"
#include "core/base/paths.h"

char *ht_adapter_find(const char *name, const HtAdapterOptions *options)
{
    if (strchr(name, '/') || g_str_has_suffix(name, ".so")) {
        return g_canonicalize_filename(name, NULL);
    }
    g_autofree char *folder = options->directory ? g_strdup(options->directory) : ht_paths_adapters();
    g_autofree char *file = g_strconcat(name, ".so", NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    return g_canonicalize_filename(path, NULL);
}

GPtrArray *ht_adapter_list_files(const HtAdapterOptions *options, GError **error)
{
    g_autofree char *given = options->directory ? g_strdup(options->directory) : ht_paths_adapters();
    g_autofree char *folder = g_canonicalize_filename(given, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
    if (!dir) {
        return NULL;
    }
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".so")) {
            g_ptr_array_add(files, g_build_filename(folder, name, NULL));
        }
    }
    g_ptr_array_sort(files, ht_compare_strings);
    return files;
}
