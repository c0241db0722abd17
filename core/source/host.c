/* From a source's section to the options of its host. Used by the bus and by `hutong check`. Main thread. */
#include "core/source/host.h"

#include "core/base/paths.h"

#include <glib/gi18n.h>
#include <string.h>

static char *resolve(const char *folder, const char *name, const char *suffix)
{
    if (strchr(name, '/')) {
        return g_strdup(name);
    }
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    return g_build_filename(folder, file, NULL);
}

typedef struct {
    char *program, *adapter, *mapping;
    HtWords words;
} Paths;

char *ht_source_adapter(const HtConfig *config, const HtSourceConfig *source)
{
    g_autofree char *folder = config->bus.adapters ? g_strdup(config->bus.adapters) : ht_paths_adapters();
    g_autofree char *path = resolve(folder, source->adapter, ".so");
    return g_canonicalize_filename(path, NULL);
}

HtWords ht_source_words(const HtConfig *config)
{
    return (HtWords){config->bus.data ? g_strdup(config->bus.data) : ht_paths_data(NULL),
                     g_strdup(config->bus.mappings)};
}

HtDictionary *ht_source_dictionary(const HtConfig *config, GError **error)
{
    g_auto(HtWords) words = ht_source_words(config);
    return ht_words_dictionary(&words, error);
}

char *ht_source_mapping(const HtConfig *config, const HtSourceConfig *source)
{
    g_auto(HtWords) words = ht_source_words(config);
    g_autofree char *own = words.site ? resolve(words.site, source->mapping, "") : NULL;
    g_autofree char *shipped = resolve(words.data, source->mapping, "");
    bool is_shipped =
        !own || (!g_file_test(own, G_FILE_TEST_EXISTS) && g_file_test(shipped, G_FILE_TEST_EXISTS));
    return g_canonicalize_filename(is_shipped ? shipped : own, NULL);
}

static void find_paths(const HtConfig *config, const HtSourceConfig *source, Paths *owned)
{
    owned->words = ht_source_words(config);
    owned->program = ht_paths_libexec("hutong-host");
    owned->adapter = ht_source_adapter(config, source);
    owned->mapping = ht_source_mapping(config, source);
}

static void clear_paths(Paths *owned)
{
    g_free(owned->program);
    g_free(owned->adapter);
    g_free(owned->mapping);
    ht_words_clear(&owned->words);
}

char *ht_source_doubt_memory(const HtSourceConfig *source)
{
    const HtLimits *limits = &source->limits;
    char memory[HT_LIMIT_TEXT], largest[HT_LIMIT_TEXT], needed[HT_LIMIT_NUMBER];
    bool by_body = limits->body_bytes > limits->document_bytes;
    const uint64_t *payload = by_body ? &limits->body_bytes : &limits->document_bytes;
    uint64_t bytes = ht_limits_memory_for(*payload);
    if (limits->memory_bytes == 0 || bytes <= limits->memory_bytes) {
        return NULL;
    }
    ht_limit_name(ht_limit_of(limits, &limits->memory_bytes), memory);
    ht_limit_name(ht_limit_of(limits, payload), largest);
    return g_strdup_printf(
        _("%s may be too little for a payload of %s, for which an adapter needs about %s: raise "
          "the one, or lower the other"),
        memory, largest, ht_limit_write(bytes, HT_LIMIT_BYTES, needed));
}

static HtBoxNeed read_need(const char *word)
{
    return g_str_equal(word, "whole") ? HT_BOX_WHOLE : g_str_equal(word, "any") ? HT_BOX_ANY : HT_BOX_CALLS;
}

HtHost *ht_source_host(const HtConfig *config, const HtSourceConfig *source)
{
    Paths paths;
    find_paths(config, source, &paths);
    g_autoptr(GPtrArray) options = g_ptr_array_new();
    for (unsigned i = 0; i < source->options->len; i++) {
        g_ptr_array_add(options, source->options->pdata[i]);
    }
    g_ptr_array_add(options, NULL);
    HtHostOptions host = {
        .source = source->name,
        .program = paths.program,
        .adapter_file = paths.adapter,
        .mapping_file = paths.mapping,
        .data_directory = paths.words.data,
        .site_directory = paths.words.site,
        .division = source->division,
        .quarantine_invalid = g_str_equal(source->on_invalid, "quarantine"),
        .usernames = source->username_file != NULL,
        .options = (const char *const *)options->pdata,
        .need = read_need(config->bus.require_box),
        .limits = source->limits,
        .frame_bytes = source->limits.document_bytes * 2 + (1 << 20),
    };
    HtHost *made = ht_host_new(&host);
    clear_paths(&paths);
    return made;
}
