/* Finding the program's own files. Read at start, in bus, host and commands. */
#include "core/base/paths.h"

#include "generated/version.h"

#include <glib.h>

/* The prefix of the running program when it was installed somewhere else than configured, else NULL. */
static char *find_moved_prefix(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    if (!program) {
        return NULL;
    }
    g_autofree char *folder = g_path_get_dirname(program);
    for (int levels = 0; levels < 3; levels++) {
        g_autofree char *data = g_build_filename(folder, "share", "hutong", "dictionary.xml", NULL);
        if (g_file_test(data, G_FILE_TEST_EXISTS)) {
            return g_steal_pointer(&folder);
        }
        char *parent = g_path_get_dirname(folder);
        g_free(folder);
        folder = parent;
    }
    return NULL;
}

static char *find(const char *variable, const char *inside_prefix, const char *compiled_in, const char *file)
{
    const char *told = g_getenv(variable);
    if (told && *told) {
        return g_build_filename(told, file, NULL);
    }
    g_autofree char *prefix = g_file_test(compiled_in, G_FILE_TEST_IS_DIR) ? NULL : find_moved_prefix();
    if (prefix) {
        return g_build_filename(prefix, inside_prefix, file, NULL);
    }
    return g_build_filename(compiled_in, file, NULL);
}

char *ht_paths_libexec(const char *file)
{
    return find("HUTONG_LIBEXECDIR", "libexec/hutong", HT_LIBEXECDIR, file);
}

char *ht_paths_adapters(void)
{
    return find("HUTONG_ADAPTERDIR", "lib/hutong/adapters", HT_ADAPTERDIR, NULL);
}

char *ht_paths_data(const char *file)
{
    return find("HUTONG_DATADIR", "share/hutong", HT_DATADIR, file);
}

char *ht_paths_config(void)
{
    return g_build_filename(HT_SYSCONFDIR, "hutong", "hutong.conf", NULL);
}
