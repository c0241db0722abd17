/* What is checked before a source serves: see item.h. */
#include "core/kit/item.h"

#include "core/base/paths.h"

#include <string.h>

/* "/DIR/NAME" of "/DIR/NAME.xml". transfer full. */
static char *cut_extension(const char *file)
{
    const char *slash = strrchr(file, '/'), *dot = strrchr(file, '.');
    bool has = dot && (!slash || dot > slash + 1);
    return has ? g_strndup(file, (size_t)(dot - file)) : g_strdup(file);
}

/* The folder beside the mapping. Beside an adapter of that name it is the adapter's, and the fixtures are in there.
 * transfer full. */
static char *find_fixtures(const char *mapping)
{
    char *folder = cut_extension(mapping);
    g_autofree char *adapter = g_strconcat(folder, ".so", NULL);
    if (g_file_test(adapter, G_FILE_TEST_EXISTS)) {
        g_autofree char *owned = folder;
        return g_build_filename(owned, "fixtures", NULL);
    }
    return folder;
}

char *ht_gate_mapping_key(const HtGateSource *source)
{
    return g_strdup_printf("%s\n%s\n%s", source->adapter, source->mapping ? source->mapping : "",
                           source->division ? source->division : "");
}

static void free_item(void *data)
{
    HtGateItem *item = data;
    g_free(item->adapter);
    g_free(item->mapping);
    g_free(item->fixtures);
    g_free(item->division);
    g_free(item->key);
    g_free(item->name);
    g_free(item);
}

static HtGateItem *make_adapter_item(const HtGateSource *source)
{
    HtGateItem *item = g_new0(HtGateItem, 1);
    item->adapter = g_strdup(source->adapter);
    item->key = g_strdup(source->adapter);
    item->name = g_strdup(source->adapter);
    return item;
}

static HtGateItem *make_mapping_item(const HtGateSource *source)
{
    HtGateItem *item = g_new0(HtGateItem, 1);
    g_autofree char *base = g_path_get_basename(source->adapter), *adapter = cut_extension(base);
    item->adapter = g_strdup(source->adapter);
    item->mapping = g_strdup(source->mapping);
    item->fixtures = find_fixtures(source->mapping);
    item->division = g_strdup(source->division);
    item->key = ht_gate_mapping_key(source);
    item->name = g_strdup_printf("mapping %s with adapter %s%s%s", item->mapping, adapter,
                                 item->division ? ", division " : "", item->division ? item->division : "");
    return item;
}

/* ---- What the adapter's own check tries ---- */

static bool is_same_file(const char *one, const char *other)
{
    g_autofree char *bytes = NULL, *others = NULL;
    size_t size = 0, others_size = 0;
    return g_file_get_contents(one, &bytes, &size, NULL) &&
           g_file_get_contents(other, &others, &others_size, NULL) && size == others_size &&
           memcmp(bytes, others, size) == 0;
}

/* Has it fixtures that are not the adapter's own? */
static bool has_fixtures(const HtPlaces *places, const char *mapping)
{
    g_autofree char *fixtures = find_fixtures(mapping);
    size_t size = places->fixtures ? strlen(places->fixtures) : 0;
    bool is_adapters = size > 0 && strncmp(fixtures, places->fixtures, size) == 0 &&
                       (fixtures[size] == '/' || fixtures[size] == '\0');
    return !is_adapters && g_file_test(fixtures, G_FILE_TEST_IS_DIR);
}

/* What is shipped lies beside the adapter and in the data directory. Anywhere else an equal file is the site's copy, which
 * may become another. */
static bool is_tried_with_adapter(const HtGateSource *source, const HtPlacesGiven *folders)
{
    g_autoptr(HtPlaces) places = ht_places_find(source->adapter, folders);
    g_autofree char *folder = g_path_get_dirname(source->mapping);
    for (unsigned i = 0; i < places->groups->len && !has_fixtures(places, source->mapping); i++) {
        const HtFixtureGroup *group = places->groups->pdata[i];
        if (group->mapping &&
            (strcmp(group->mapping, source->mapping) == 0 ||
             (strcmp(folder, places->data) == 0 && is_same_file(group->mapping, source->mapping)))) {
            return true;
        }
    }
    return false;
}

GPtrArray *ht_gate_items(const HtGateSource *source, const HtPlacesGiven *folders)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(free_item);
    g_ptr_array_add(items, make_adapter_item(source));
    if (source->mapping && !is_tried_with_adapter(source, folders)) {
        g_ptr_array_add(items, make_mapping_item(source));
    }
    return items;
}

/* ---- One item ---- */

HtPlaces *ht_gate_item_places(const HtGateItem *item, const HtPlacesGiven *folders)
{
    const HtPlacesGiven given = {.mapping = item->mapping,
                                 .fixtures = item->fixtures,
                                 .data = folders->data,
                                 .mappings = folders->mappings};
    return ht_places_find(item->adapter, &given);
}

static void add_option(GString *command, const char *option, const char *value)
{
    if (value) {
        g_string_append_printf(command, " %s %s", option, value);
    }
}

/* The directories only where they are not what the command finds by itself. */
char *ht_gate_item_command(const HtGateItem *item, const HtPlacesGiven *folders)
{
    GString *command = g_string_new("hutong adapter check ");
    g_autofree char *installed = ht_paths_data(NULL);
    g_string_append(command, item->adapter);
    add_option(command, "--mapping", item->mapping);
    add_option(command, "--fixtures", item->fixtures);
    add_option(command, "--division", item->division);
    if (g_strcmp0(folders->data, installed) != 0) {
        add_option(command, "--data", folders->data);
    }
    add_option(command, "--mappings", folders->mappings);
    return g_string_free(command, FALSE);
}

bool ht_gate_item_is_untried(const HtGateItem *item, const HtPlaces *places)
{
    return item->mapping && ht_places_count(places) == 0;
}
