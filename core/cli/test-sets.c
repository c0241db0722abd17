/* Finding fixtures and what they run with: see test.h. */
#include "core/cli/test.h"

#include "core/base/buffer.h"
#include "core/source/host.h"

#include <glib/gi18n.h>
#include <string.h>

static void free_set(void *data)
{
    HtTestSet *set = data;
    g_free(set->name);
    g_free(set->mapping);
    g_free(set->adapter);
    g_free(set->wrong);
    g_ptr_array_unref(set->fixtures);
    g_free(set);
}

GPtrArray *ht_test_sets_new(void)
{
    return g_ptr_array_new_with_free_func(free_set);
}

static char *stem_of(const char *path)
{
    char *name = g_path_get_basename(path);
    if (g_str_has_suffix(name, ".xml")) {
        name[strlen(name) - strlen(".xml")] = '\0';
    }
    return name;
}

static char *folder_beside(const char *mapping)
{
    size_t size = strlen(mapping) - (g_str_has_suffix(mapping, ".xml") ? strlen(".xml") : 0);
    return g_strndup(mapping, size);
}

/* The set, without a name, of a folder's fixtures. */
static HtTestSet *add_folder(GPtrArray *sets, const char *mapping, const char *given, GError **error)
{
    g_autofree char *folder = given ? g_strdup(given) : folder_beside(mapping);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) fixtures = ht_fixtures_list(folder);
    if (!dir || fixtures->len == 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    dir ? _("%s: no fixtures: %s has no payload")
                        : _("%s: no fixtures: %s is no folder that can be read"),
                    mapping, folder);
        return NULL;
    }
    HtTestSet *set = g_new0(HtTestSet, 1);
    set->mapping = g_canonicalize_filename(mapping, NULL);
    set->fixtures = g_steal_pointer(&fixtures);
    g_ptr_array_add(sets, set);
    return set;
}

bool ht_test_sets_add_mapping(GPtrArray *sets, const char *mapping, const char *folder, GError **error)
{
    HtTestSet *set = add_folder(sets, mapping, folder, error);
    if (set) {
        set->name = stem_of(mapping);
    }
    return set != NULL;
}

bool ht_test_sets_add_source(GPtrArray *sets, const HtConfig *config, const HtSourceConfig *source,
                             const char *folder, GError **error)
{
    g_autofree char *mapping = ht_source_mapping(config, source);
    HtTestSet *set = add_folder(sets, mapping, folder, error);
    if (set) {
        set->name = g_strdup(source->name);
        set->source = source;
    }
    return set != NULL;
}

/* ---- Folders ---- */

static GPtrArray *list_mappings(const char *folder, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
    const char *name;
    if (!dir) {
        return NULL;
    }
    GPtrArray *mappings = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *beside = folder_beside(path);
        if (g_str_has_suffix(name, ".xml") && g_file_test(beside, G_FILE_TEST_IS_DIR)) {
            g_ptr_array_add(mappings, g_steal_pointer(&path));
        }
    }
    g_ptr_array_sort(mappings, ht_compare_strings);
    return mappings;
}

static void add_group(GPtrArray *sets, const HtPlaces *places, const HtFixtureGroup *group)
{
    bool built = g_file_test(places->file, G_FILE_TEST_EXISTS);
    const char *name = group->name ? group->name : places->name;
    if (group->fixtures->len == 0) {
        return;
    }
    HtTestSet *set = g_new0(HtTestSet, 1);
    set->name = g_strdup(places->name);
    set->mapping = g_strdup(group->mapping);
    set->adapter = g_strdup(built ? places->file : places->name);
    set->wrong =
        group->mapping
            ? NULL
            : g_strdup_printf(_("there is no mapping %s.xml beside its fixtures or among the shipped ones"),
                              name);
    set->fixtures = g_ptr_array_ref(group->fixtures);
    g_ptr_array_add(sets, set);
}

/* The folder of an adapter that is called as the folder is; one that is nothing but a mapping has the adapter for plain XML. */
static void add_adapter(GPtrArray *sets, const char *folder, const char *data)
{
    g_autofree char *full = g_canonicalize_filename(folder, NULL);
    g_autofree char *name = g_path_get_basename(full);
    g_autofree char *file = g_strconcat(name, ".so", NULL);
    g_autofree char *path = g_build_filename(full, file, NULL);
    const HtPlacesGiven given = {.data = data};
    g_autoptr(HtPlaces) places = ht_places_find(path, &given);
    for (unsigned i = 0; i < places->groups->len; i++) {
        add_group(sets, places, places->groups->pdata[i]);
    }
}

static bool add_folder_of_mappings(GPtrArray *sets, const char *folder, const char *data, GError **error)
{
    unsigned before = sets->len;
    g_autofree char *fixtures = g_build_filename(folder, "fixtures", NULL);
    g_autoptr(GPtrArray) mappings = list_mappings(folder, error);
    if (!mappings) {
        return false;
    }
    for (unsigned i = 0; i < mappings->len; i++) {
        ht_test_sets_add_mapping(sets, mappings->pdata[i], NULL, NULL);
    }
    if (g_file_test(fixtures, G_FILE_TEST_IS_DIR)) {
        add_adapter(sets, folder, data);
    }
    if (sets->len == before) {
        g_set_error(
            error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
            _("%s: nothing to test: no NAME.xml with its payloads in a folder NAME beside it, and no folder fixtures"),
            folder);
    }
    return sets->len > before;
}

bool ht_test_sets_add_path(GPtrArray *sets, const char *path, const char *data, GError **error)
{
    return g_file_test(path, G_FILE_TEST_IS_REGULAR) ? ht_test_sets_add_mapping(sets, path, NULL, error)
                                                     : add_folder_of_mappings(sets, path, data, error);
}
