/* The configuration: whatever a file holds, reading it ends in a configuration or in reasons, and what is printed is read
 * back. */
#include "core/config/config.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *folder;

static HtConfig *load(const char *text, size_t size, GString *errors)
{
    g_autofree char *file = g_build_filename(folder, "hutong.conf", NULL);
    if (!g_file_set_contents_full(file, text, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL)) {
        abort();
    }
    HtConfig *config = ht_config_load(file, errors);
    g_unlink(file);
    return config;
}

static void remove_folder(void)
{
    g_rmdir(folder);
    g_free(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!folder) {
        folder = g_dir_make_tmp("hutong-fuzz-XXXXXX", NULL);
        atexit(remove_folder);
    }
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autoptr(HtConfig) config = load((const char *)data, size, errors);
    if (!config) {
        if (errors->len == 0) {
            abort(); /* refused without a reason */
        }
        return 0;
    }
    g_autoptr(GString) printed = g_string_new(NULL);
    ht_config_print(config, printed);
    g_string_truncate(errors, 0);
    g_autoptr(HtConfig) again = load(printed->str, printed->len, errors);
    if (!again) {
        abort(); /* what is shown as in force is not accepted */
    }
    return 0;
}
