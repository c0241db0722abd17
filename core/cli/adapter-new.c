/* `hutong adapter new NAME`: copies the template (plugins/template/ in the sources, template/ in the data
 * directory), with its name `skeleton` replaced by the new one, in the texts and in the files' names.
 * Command, main thread. */
#include "core/cli/adapter.h"
#include "core/cli/cli.h"

#include "core/base/paths.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define TEMPLATE_NAME "skeleton"
#define TEMPLATE_PKGCONFIG "/usr/local/lib/pkgconfig" /* in its Makefile */
#define NAME_MAX_BYTES 64

static bool is_name(const char *name)
{
    size_t size = strlen(name);
    return size > 0 && size <= NAME_MAX_BYTES && g_ascii_islower(name[0]) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

static char *rename_text(const char *text, const char *name)
{
    GString *changed = g_string_new(text);
    g_autofree char *adapters = ht_paths_adapters();
    g_autofree char *pkgconfig = g_build_filename(adapters, "..", "..", "pkgconfig", NULL);
    g_autofree char *found = g_canonicalize_filename(pkgconfig, NULL);
    g_string_replace(changed, TEMPLATE_NAME, name, 0);
    g_string_replace(changed, TEMPLATE_PKGCONFIG, found, 0);
    return g_string_free(changed, FALSE);
}

/* What is shipped under that name, which the new one's `make install` would write over; NULL: nothing. Free it. */
static char *find_shipped(const char *name)
{
    const HtAdapterOptions options = {0};
    g_autofree char *adapter = ht_adapter_find(name, &options), *file = g_strconcat(name, ".xml", NULL);
    g_autofree char *mapping = ht_paths_data(file);
    return g_file_test(adapter, G_FILE_TEST_EXISTS)   ? g_steal_pointer(&adapter)
           : g_file_test(mapping, G_FILE_TEST_EXISTS) ? g_steal_pointer(&mapping)
                                                      : NULL;
}

static bool make_folder(const char *folder, GError **error)
{
    if (g_mkdir(folder, 0777) == 0) {
        return true;
    }
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", folder,
                g_strerror(errno));
    return false;
}

static bool copy_file(const char *from, const char *to, const char *name, GError **error)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(from, &text, NULL, error)) {
        return false;
    }
    g_autofree char *changed = rename_text(text, name);
    return g_file_set_contents_full(to, changed, -1, G_FILE_SET_CONTENTS_NONE, 0666, error);
}

/* `levels` bounds how deep a template may be. */
static bool copy_folder(const char *from, const char *to, const char *name, unsigned levels, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(from, 0, error);
    const char *entry;
    bool good = dir && make_folder(to, error);
    while (good && (entry = g_dir_read_name(dir))) {
        g_autofree char *source = g_build_filename(from, entry, NULL);
        g_autofree char *renamed = rename_text(entry, name);
        g_autofree char *target = g_build_filename(to, renamed, NULL);
        if (!g_file_test(source, G_FILE_TEST_IS_DIR)) {
            good = copy_file(source, target, name, error);
        } else if (levels > 0) {
            good = copy_folder(source, target, name, levels - 1, error);
        }
    }
    return good;
}

int ht_adapter_new(const char *name)
{
    g_autofree char *template = ht_paths_data("template");
    g_autoptr(GError) error = NULL;
    if (!is_name(name)) {
        fprintf(
            stderr,
            _("hutong adapter: '%s' cannot be a name: lower-case letters, digits and hyphens, a letter first\n"),
            name);
        return HT_EXIT_USAGE;
    }
    g_autofree char *shipped = find_shipped(name);
    if (shipped) {
        fprintf(stderr, _("hutong adapter: %s is there already: take another name than '%s'\n"), shipped,
                name);
        return HT_EXIT_USAGE;
    }
    if (!copy_folder(template, name, name, 2, &error)) {
        fprintf(stderr, "hutong adapter: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    printf(_("written: %s/\nnext:    cd %s && make test\n"), name, name);
    return HT_EXIT_OK;
}
