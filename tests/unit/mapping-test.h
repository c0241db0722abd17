/* For the tests of the mapping engine: compiles a mapping given as text, runs payloads through it, shows events as JSON. */
#pragma once

#include "mappings/engine/compile/compile.h"
#include "mappings/engine/run/mapper.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MAPPING(content)                                                                                  \
    "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"test\" authority=\"police\" version=\"1\">" content \
    "</mapping>"

typedef struct {
    HtMapping *mapping;
    HtMapper *mapper;
    HtOutcome outcome;
} MappingTest;

static inline const char *mapping_test_folder(void)
{
    const char *source = g_getenv("HUTONG_SRCDIR");
    static char *folder;
    if (!folder) {
        folder = g_build_filename(source ? source : ".", "mappings", NULL);
        g_setenv("HUTONG_DATADIR", folder, TRUE);
    }
    return folder;
}

/* Dictionary, tables and divisions of the source tree, read once. */
static inline const HtReference *mapping_test_reference(void)
{
    static HtReference reference;
    if (!reference.dictionary) {
        g_autoptr(GError) error = NULL;
        const char *folder = mapping_test_folder();
        g_autofree char *dictionary = g_build_filename(folder, "dictionary.xml", NULL);
        g_autofree char *tables = g_build_filename(folder, "tables", NULL);
        g_autofree char *divisions = g_build_filename(folder, "divisions", NULL);
        reference.dictionary = ht_dictionary_load(dictionary, NULL, &error);
        g_assert_no_error(error);
        reference.tables = ht_tables_load(tables, &error);
        g_assert_no_error(error);
        reference.divisions = ht_divisions_load(divisions, &error);
        g_assert_no_error(error);
    }
    return &reference;
}

static inline void mapping_test_forget_reference(void)
{
    const HtReference *reference = mapping_test_reference();
    ht_dictionary_free((HtDictionary *)reference->dictionary);
    ht_tables_free((HtTables *)reference->tables);
    ht_divisions_free((HtDivisions *)reference->divisions);
}

/* Compiles the text; NULL with the errors' text, file names cut off. */
static inline HtMapping *mapping_test_compile(const char *text, char **errors)
{
    g_autoptr(GError) error = NULL;
    const HtReference *reference = mapping_test_reference();
    g_autofree char *path = NULL;
    int file = g_file_open_tmp("mapping-XXXXXX.xml", &path, &error);
    g_assert_no_error(error);
    g_assert_cmpint(write(file, text, strlen(text)), ==, (gssize)strlen(text));
    close(file);
    HtMapping *mapping = ht_mapping_load(path, reference, &error);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_true((mapping == NULL) == (error != NULL));
    if (errors) {
        g_auto(GStrv) parts = g_strsplit(error ? error->message : "", path, -1);
        *errors = g_strjoinv("", parts);
    } else if (error) {
        g_error("the mapping of a test does not compile: %s", error->message);
    }
    return mapping;
}

static inline MappingTest *mapping_test_new_with(const char *text, const HtMapperOptions *options)
{
    MappingTest *test = g_new0(MappingTest, 1);
    test->mapping = mapping_test_compile(text, NULL);
    test->mapper = ht_mapper_new(test->mapping, mapping_test_reference(), options);
    ht_outcome_init(&test->outcome);
    return test;
}

static inline MappingTest *mapping_test_new(const char *text)
{
    HtMapperOptions options = {ht_limits_default(), "440104", false};
    return mapping_test_new_with(text, &options);
}

static inline void mapping_test_free(MappingTest *test)
{
    ht_outcome_clear(&test->outcome);
    ht_mapper_free(test->mapper);
    ht_mapping_free(test->mapping);
    g_free(test);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MappingTest, mapping_test_free)

static inline void mapping_test_run_bytes(MappingTest *test, HtText body)
{
    HtPayload payload = {.body = body};
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    ht_mapper_run(test->mapper, &payload, &test->outcome);
}

/* Runs an XML text; returns the outcome's verdict. */
static inline HtVerdict mapping_test_run(MappingTest *test, const char *xml)
{
    mapping_test_run_bytes(test, ht_text_from(xml));
    return test->outcome.verdict;
}

/* The file of the domain samples' name, from tests/data. */
static inline HtVerdict mapping_test_run_file(MappingTest *test, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(mapping_test_folder(), "..", "tests", "data", name, NULL);
    g_autofree char *bytes = NULL;
    gsize size;
    g_file_get_contents(path, &bytes, &size, &error);
    g_assert_no_error(error);
    mapping_test_run_bytes(test, (HtText){bytes, size});
    return test->outcome.verdict;
}

static inline HtEvent mapping_test_event(MappingTest *test, guint index)
{
    g_autoptr(GError) error = NULL;
    HtEvent event;
    g_assert_cmpuint(index, <, test->outcome.events->len);
    ht_event_unpack(g_array_index(test->outcome.events, HtText, index), &event, &error);
    g_assert_no_error(error);
    return event;
}

/* "kind=value kind=value"; `!` stands behind what is fresh. transfer full. */
static inline char *mapping_test_identities(const HtEvent *event)
{
    GString *all = g_string_new(NULL);
    for (unsigned i = 0; i < event->identity_count; i++) {
        const HtIdentity *one = &event->identities[i];
        g_string_append_printf(all, "%s%.*s=%.*s%s", i > 0 ? " " : "", (int)one->kind.size, one->kind.data,
                               (int)one->value.size, one->value.data, one->fresh ? "!" : "");
    }
    return g_string_free(all, FALSE);
}

/* The event as a consumer with every right would get it; checked as the bus does. transfer full. */
static inline char *mapping_test_json(MappingTest *test, guint index)
{
    HtStoredEvent stored = {.sequence = 1, .event = mapping_test_event(test, index)};
    HtBuffer json = {0};
    ht_event_render(&stored, "bus", NULL, &json);
    char *text = g_strndup(json.data, json.size);
    ht_buffer_clear(&json);
    return text;
}

static inline void mapping_test_has_at(MappingTest *test, guint index, const char *part, int line)
{
    g_autofree char *json = mapping_test_json(test, index);
    if (!strstr(json, part)) {
        g_error("line %d: not in event %u: %s\n%s", line, index, part, json);
    }
}

static inline void mapping_test_lacks_at(MappingTest *test, guint index, const char *part, int line)
{
    g_autofree char *json = mapping_test_json(test, index);
    if (strstr(json, part)) {
        g_error("line %d: in event %u: %s\n%s", line, index, part, json);
    }
}

#define assert_has(test, index, part) mapping_test_has_at((test), (index), (part), __LINE__)
#define assert_lacks(test, index, part) mapping_test_lacks_at((test), (index), (part), __LINE__)
#define assert_events(test, count) g_assert_cmpuint((test)->outcome.events->len, ==, (count))
#define assert_fault(test, index, what) g_assert_cmpstr((test)->outcome.faults[index].code, ==, (what))
