/* What a test leaves behind. */
#include "tests/lib/tree.h"

#include <glib.h>
#include <glib/gstdio.h>

void tree_remove(const char *path)
{
    if (!g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
            g_autofree char *below = g_build_filename(path, name, NULL);
            tree_remove(below);
        }
    }
    g_remove(path);
}
