/* Where a mapping is tried, and for whom: see map.h. */
#include "core/cli/map.h"

#include "core/base/paths.h"
#include "core/cli/adapter.h"
#include "core/cli/retell.h"
#include "core/kit/kit.h"
#include "core/source/host.h"

#include <string.h>

/* A mapping of an adapter's name is that adapter's; others are read as they are, by the adapter for plain XML. */
static char *find_adapter(const HtMapPlace *place, const char *mapping)
{
    const HtAdapterOptions options = {.directory = (char *)place->directory};
    if (place->adapter) {
        return ht_adapter_find(place->adapter, &options);
    }
    g_autofree char *name = g_path_get_basename(mapping);
    if (g_str_has_suffix(name, ".xml")) {
        name[strlen(name) - strlen(".xml")] = '\0';
    }
    char *own = ht_adapter_find(name, &options);
    if (g_file_test(own, G_FILE_TEST_EXISTS)) {
        return own;
    }
    g_free(own);
    return ht_adapter_find("xml", &options);
}

HtWords ht_map_words(const HtMapPlace *place, const char *mapping)
{
    HtWords words =
        place->config ? ht_source_words(place->config) : (HtWords){.data = ht_paths_data(NULL), .site = NULL};
    if (place->data) {
        g_free(words.data);
        words.data = g_canonicalize_filename(place->data, NULL);
    }
    if (!words.site && mapping) {
        words.site = ht_words_beside(mapping, words.data);
    }
    if (!words.site) {
        words.site = g_strdup(place->site);
    }
    return words;
}

static HtHost *make_host(const HtMapPlace *place, const char *mapping, bool outline)
{
    HtLimits limits = ht_limits_default();
    g_autofree char *program = ht_paths_libexec("hutong-host");
    g_autofree char *adapter = find_adapter(place, mapping ? mapping : "");
    g_auto(HtWords) words = ht_map_words(place, mapping);
    HtHostOptions options = {
        .source = "map",
        .program = program,
        .adapter_file = adapter,
        .mapping_file = mapping,
        .data_directory = words.data,
        .site_directory = words.site,
        .division = place->division ? place->division : HT_KIT_DIVISION,
        .limits = limits,
        .frame_bytes = limits.document_bytes * 2 + (1 << 20),
        .outline = outline,
        .keeps_warnings = true,
    };
    return ht_host_new(&options);
}

HtHost *ht_map_host(const HtMapPlace *place, const char *mapping)
{
    return make_host(place, mapping, false);
}

HtHost *ht_map_outliner(const HtMapPlace *place)
{
    return make_host(place, NULL, true);
}

char *ht_map_expectation_file(const char *payload)
{
    const char *slash = strrchr(payload, '/'), *dot = strrchr(payload, '.');
    size_t stem = dot && dot > (slash ? slash : payload) ? (size_t)(dot - payload) : strlen(payload);
    return g_strdup_printf("%.*s.expected.json", (int)stem, payload);
}

HtDictionary *ht_map_dictionary(const HtMapPlace *place, const char *mapping)
{
    g_autoptr(GError) error = NULL;
    g_auto(HtWords) words = ht_map_words(place, mapping);
    HtDictionary *dictionary = ht_words_dictionary(&words, &error);
    if (!dictionary) {
        ht_cli_complain(error->message);
    }
    return dictionary;
}

HtMapConsumer *ht_map_consumer_new(const HtConfig *config, const HtConsumerConfig *section,
                                   const HtDictionary *dictionary)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    HtMapConsumer *consumer = g_new0(HtMapConsumer, 1);
    consumer->name = section->name;
    consumer->policy = ht_policy_new(section, dictionary, errors);
    consumer->routes = ht_routes_new(config, section->name, dictionary);
    fputs(errors->str, stderr);
    return consumer;
}

void ht_map_consumer_free(void *data)
{
    HtMapConsumer *consumer = data;
    g_clear_pointer(&consumer->policy, ht_policy_free);
    g_clear_pointer(&consumer->routes, ht_routes_free);
    g_free(consumer);
}
