/* Finding an adapter's fixtures and mappings: see places.h. */
#include "core/kit/places.h"

#include "core/base/buffer.h"
#include "core/base/paths.h"

#include <string.h>

#define EXPECTED ".expected.json"

/* The names in a folder, in order; empty when there is none. */
static GPtrArray *list_names(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        if (name[0] != '.') {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, ht_compare_strings);
    return names;
}

static bool is_in(const char *folder, const char *name, GFileTest test)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_test(path, test);
}

/* ---- Fixtures ---- */

static void free_fixture(void *data)
{
    HtFixture *fixture = data;
    g_free(fixture->name);
    g_free(fixture->payload);
    g_free(fixture->expected);
    g_free(fixture);
}

/* "birth" of "birth.xml" and of "birth.expected.json". */
static char *find_stem(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (g_str_has_suffix(name, EXPECTED)) {
        return g_strndup(name, strlen(name) - strlen(EXPECTED));
    }
    return dot ? g_strndup(name, (size_t)(dot - name)) : g_strdup(name);
}

/* "housing.xml", with a folder "housing" beside it, is what the payloads of that folder are read with. */
static bool is_mapping_of_folder(const char *folder, const char *name)
{
    g_autofree char *stem = find_stem(name);
    return g_str_has_suffix(name, ".xml") && is_in(folder, stem, G_FILE_TEST_IS_DIR);
}

static HtFixture *make_fixture(const char *folder, const char *name)
{
    g_autofree char *stem = find_stem(name), *expected = g_strconcat(stem, EXPECTED, NULL);
    HtFixture *fixture = g_new0(HtFixture, 1);
    fixture->name = g_strdup(name);
    fixture->payload = g_build_filename(folder, name, NULL);
    if (is_in(folder, expected, G_FILE_TEST_IS_REGULAR)) {
        fixture->expected = g_build_filename(folder, expected, NULL);
    }
    return fixture;
}

static bool has_payload(const GPtrArray *fixtures, const char *expected)
{
    for (unsigned i = 0; i < fixtures->len; i++) {
        const HtFixture *fixture = fixtures->pdata[i];
        if (g_strcmp0(fixture->expected, expected) == 0) {
            return true;
        }
    }
    return false;
}

/* An expectation that nothing is sent for was meant to be tried: it is in the list, and fails. */
static void add_lonely_expectations(GPtrArray *fixtures, const char *folder, const GPtrArray *names)
{
    for (unsigned i = 0; i < names->len; i++) {
        g_autofree char *expected = g_build_filename(folder, names->pdata[i], NULL);
        if (g_str_has_suffix(names->pdata[i], EXPECTED) && !has_payload(fixtures, expected)) {
            HtFixture *fixture = g_new0(HtFixture, 1);
            fixture->name = g_strdup(names->pdata[i]);
            fixture->expected = g_steal_pointer(&expected);
            g_ptr_array_add(fixtures, fixture);
        }
    }
}

GPtrArray *ht_fixtures_list(const char *folder)
{
    GPtrArray *fixtures = g_ptr_array_new_with_free_func(free_fixture);
    g_autoptr(GPtrArray) names = list_names(folder);
    for (unsigned i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        if (!g_str_has_suffix(name, EXPECTED) && !g_str_has_suffix(name, ".md") &&
            is_in(folder, name, G_FILE_TEST_IS_REGULAR) && !is_mapping_of_folder(folder, name)) {
            g_ptr_array_add(fixtures, make_fixture(folder, name));
        }
    }
    add_lonely_expectations(fixtures, folder, names);
    return fixtures;
}

/* ---- Mappings ---- */

/* The first of the folders (NULL: left out) that has the file. */
static char *find_first(const char *const *folders, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (folders[i] && is_in(folders[i], name, G_FILE_TEST_IS_REGULAR)) {
            return g_build_filename(folders[i], name, NULL);
        }
    }
    return NULL;
}

static char *find_mapping(const HtPlaces *places, const HtPlacesGiven *given, const char *group)
{
    g_autofree char *beside = g_path_get_dirname(places->file);
    g_autofree char *own = g_build_filename(beside, places->name, NULL);
    g_autofree char *name = g_strconcat(group ? group : places->name, ".xml", NULL);
    const char *const folders[] = {beside, own, group ? places->fixtures : NULL, places->data,
                                   given->mappings};
    if (!group && given->mapping) {
        return g_canonicalize_filename(given->mapping, NULL);
    }
    return find_first(folders, G_N_ELEMENTS(folders), name);
}

/* ---- All together ---- */

static void free_group(void *data)
{
    HtFixtureGroup *group = data;
    g_free(group->name);
    g_free(group->mapping);
    g_ptr_array_unref(group->fixtures);
    g_free(group);
}

/* NULL for the adapter's own group. */
static HtFixtureGroup *make_group(const HtPlaces *places, const HtPlacesGiven *given, const char *name)
{
    HtFixtureGroup *group = g_new0(HtFixtureGroup, 1);
    group->name = g_strdup(name);
    group->mapping = find_mapping(places, given, name);
    g_autofree char *folder = places->fixtures ? g_build_filename(places->fixtures, name, NULL) : NULL;
    group->fixtures = folder ? ht_fixtures_list(folder) : g_ptr_array_new();
    for (unsigned i = 0; name && i < group->fixtures->len; i++) {
        HtFixture *fixture = group->fixtures->pdata[i];
        char *full = g_build_filename(name, fixture->name, NULL);
        g_free(fixture->name);
        fixture->name = full;
    }
    return group;
}

static void make_groups(HtPlaces *places, const HtPlacesGiven *given)
{
    g_autoptr(GPtrArray) names = places->fixtures ? list_names(places->fixtures) : g_ptr_array_new();
    places->groups = g_ptr_array_new_with_free_func(free_group);
    g_ptr_array_add(places->groups, make_group(places, given, NULL));
    for (unsigned i = 0; i < names->len; i++) {
        if (is_in(places->fixtures, names->pdata[i], G_FILE_TEST_IS_DIR)) {
            g_ptr_array_add(places->groups, make_group(places, given, names->pdata[i]));
        }
    }
}

static char *find_fixtures(const char *file, const char *name)
{
    g_autofree char *folder = g_path_get_dirname(file);
    char *own = g_build_filename(folder, name, "fixtures", NULL);
    if (g_file_test(own, G_FILE_TEST_IS_DIR)) {
        return own;
    }
    g_free(own);
    return is_in(folder, "fixtures", G_FILE_TEST_IS_DIR) ? g_build_filename(folder, "fixtures", NULL) : NULL;
}

HtPlaces *ht_places_find(const char *file, const HtPlacesGiven *given)
{
    HtPlaces *places = g_new0(HtPlaces, 1);
    g_autofree char *base = g_path_get_basename(file);
    places->file = g_canonicalize_filename(file, NULL);
    places->name = find_stem(base);
    places->data = given->data ? g_canonicalize_filename(given->data, NULL) : ht_paths_data(NULL);
    places->mappings = given->mappings ? g_canonicalize_filename(given->mappings, NULL) : NULL;
    places->fixtures = given->fixtures ? g_canonicalize_filename(given->fixtures, NULL)
                                       : find_fixtures(places->file, places->name);
    make_groups(places, given);
    return places;
}

void ht_places_free(HtPlaces *places)
{
    g_ptr_array_unref(places->groups);
    g_free(places->file);
    g_free(places->name);
    g_free(places->fixtures);
    g_free(places->data);
    g_free(places->mappings);
    g_free(places);
}

unsigned ht_places_count(const HtPlaces *places)
{
    unsigned count = 0;
    for (unsigned i = 0; i < places->groups->len; i++) {
        count += ((const HtFixtureGroup *)places->groups->pdata[i])->fixtures->len;
    }
    return count;
}
