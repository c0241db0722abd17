/* From a source's section to the options of its host. Used by the bus and by `hutong check`. Main thread. */
#include "core/source/host.h"

#include "core/base/paths.h"
#include "core/base/private.h"
#include "core/guard/guard.h"

#include <glib/gi18n.h>
#include <string.h>

#define CERTIFICATES_MAX_BYTES (256 * 1024) /* of a file of them */

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

static void find_paths(const HtConfig *config, const HtSourceConfig *source, const char *program,
                       Paths *owned)
{
    owned->words = ht_source_words(config);
    owned->program = ht_paths_libexec(program);
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

bool ht_source_is_signed(const HtSourceConfig *source)
{
    return source->signature_ca || source->signature_certificate;
}

/* Whether the certificates can be read the host says, which has the library for it. */
static bool read_certificates(const HtSourceConfig *source, const char *key, const char *file, char **text,
                              GError **error)
{
    g_autoptr(GError) reason = NULL;
    size_t size = 0;
    *text = file ? ht_private_read(file, HT_PRIVATE_OBEYED, CERTIFICATES_MAX_BYTES, &size, &reason) : NULL;
    if (file && !reason && !strstr(*text, "-----BEGIN CERTIFICATE-----")) {
        g_set_error(&reason, HT_GUARD_ERROR, 0, "\"%s\": there is no certificate in PEM in it", file);
    }
    if (reason) {
        g_autofree char *place = ht_source_place(source, key);
        g_set_error(error, HT_GUARD_ERROR, 0, "%s: error: [source %s] %s: %s", place, source->name, key,
                    reason->message);
    }
    return !reason;
}

bool ht_source_signers(const HtSourceConfig *source, HtSourceSigners *signers, GError **error)
{
    *signers = (HtSourceSigners){NULL, NULL};
    bool good =
        read_certificates(source, "signature-ca", source->signature_ca, &signers->authorities, error) &&
        read_certificates(source, "signature-certificate", source->signature_certificate,
                          &signers->certificates, error);
    if (!good) {
        ht_source_signers_clear(signers);
    }
    return good;
}

void ht_source_signers_clear(HtSourceSigners *signers)
{
    g_clear_pointer(&signers->authorities, g_free);
    g_clear_pointer(&signers->certificates, g_free);
}

static HtSignatureKeys describe_signature(const HtSourceConfig *source, const HtSourceSigners *signers)
{
    return (HtSignatureKeys){.authorities = ht_text_from(signers->authorities),
                             .certificates = ht_text_from(signers->certificates),
                             .subjects = (const char *const *)source->signature_subjects,
                             .age_us = (int64_t)source->signature_age_ms * 1000,
                             .needs_timestamp = g_str_equal(source->signature_timestamp, "required"),
                             .allows_sha1 = g_str_equal(source->signature_sha1, "yes")};
}

HtHost *ht_source_host(const HtConfig *config, const HtSourceConfig *source, const HtSourceSigners *signers)
{
    Paths paths;
    bool is_signed = signers && ht_source_is_signed(source);
    find_paths(config, source, is_signed ? "hutong-host-signed" : "hutong-host", &paths);
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
    if (is_signed) {
        host.signature = describe_signature(source, signers);
    }
    HtHost *made = ht_host_new(&host);
    clear_paths(&paths);
    return made;
}
