/* See mapping-test.h. */
#include "tests/lib/mapping-test.h"

#include "tests/lib/places.h"

const char *mapping_test_folder(void)
{
    const char *source = g_getenv("HUTONG_SRCDIR");
    static char *folder;
    if (!folder) {
        folder = g_build_filename(source ? source : ".", "mappings", NULL);
        g_setenv("HUTONG_DATADIR", folder, TRUE);
    }
    return folder;
}

const HtReference *mapping_test_reference(void)
{
    static HtReference reference;
    if (!reference.dictionary) {
        g_autoptr(GError) error = NULL;
        const char *folder = mapping_test_folder();
        g_autofree char *dictionary = g_build_filename(folder, "dictionary.xml", NULL);
        g_autofree char *tables = g_build_filename(folder, "tables", NULL);
        g_autofree char *divisions = g_build_filename(folder, "divisions", NULL);
        reference.dictionary = ht_dictionary_load(dictionary, NULL, NULL, &error);
        g_assert_no_error(error);
        reference.tables = ht_tables_load(tables, NULL, &error);
        g_assert_no_error(error);
        reference.divisions = ht_divisions_load(divisions, NULL, &error);
        g_assert_no_error(error);
    }
    return &reference;
}

void mapping_test_forget_reference(void)
{
    const HtReference *reference = mapping_test_reference();
    ht_dictionary_free((HtDictionary *)reference->dictionary);
    ht_tables_free((HtTables *)reference->tables);
    ht_divisions_free((HtDivisions *)reference->divisions);
}

HtMapping *mapping_test_compile(const char *text, char **errors)
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

MappingTest *mapping_test_new_with(const char *text, const HtMapperOptions *options)
{
    MappingTest *test = g_new0(MappingTest, 1);
    test->mapping = mapping_test_compile(text, NULL);
    test->mapper = ht_mapper_new(test->mapping, mapping_test_reference(), options);
    ht_outcome_init(&test->outcome);
    return test;
}

MappingTest *mapping_test_new(const char *text)
{
    HtMapperOptions options = {ht_limits_default(), "440104", false, false, false};
    options.limits.cpu_ms_per_mb *= test_is_sanitized() ? 10 : 1;
    return mapping_test_new_with(text, &options);
}

void mapping_test_free(MappingTest *test)
{
    ht_outcome_clear(&test->outcome);
    ht_mapper_free(test->mapper);
    ht_mapping_free(test->mapping);
    g_free(test);
}

void mapping_test_run_bytes(MappingTest *test, HtText body)
{
    HtPayload payload = {.body = body};
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    ht_mapper_run(test->mapper, &payload, &test->outcome);
}

HtVerdict mapping_test_run(MappingTest *test, const char *xml)
{
    mapping_test_run_bytes(test, ht_text_from(xml));
    return test->outcome.verdict;
}

HtVerdict mapping_test_run_file(MappingTest *test, const char *name)
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

HtEvent mapping_test_event(MappingTest *test, guint index)
{
    g_autoptr(GError) error = NULL;
    HtEvent event;
    g_assert_cmpuint(index, <, test->outcome.events->len);
    ht_event_unpack(g_array_index(test->outcome.events, HtText, index), &event, &error);
    g_assert_no_error(error);
    return event;
}

char *mapping_test_identities(const HtEvent *event)
{
    GString *all = g_string_new(NULL);
    for (unsigned i = 0; i < event->identity_count; i++) {
        const HtIdentity *one = &event->identities[i];
        g_string_append_printf(all, "%s%.*s=%.*s%s", i > 0 ? " " : "", (int)one->kind.size, one->kind.data,
                               (int)one->value.size, one->value.data, one->fresh ? "!" : "");
    }
    return g_string_free(all, FALSE);
}

char *mapping_test_json(MappingTest *test, guint index)
{
    HtStoredEvent stored = {.sequence = 1, .event = mapping_test_event(test, index)};
    HtBuffer json = {0};
    ht_event_render(&stored, "bus", NULL, &json);
    char *text = g_strndup(json.data, json.size);
    ht_buffer_clear(&json);
    return text;
}

void mapping_test_has_at(MappingTest *test, guint index, const char *part, int line)
{
    g_autofree char *json = mapping_test_json(test, index);
    if (!strstr(json, part)) {
        g_error("line %d: not in event %u: %s\n%s", line, index, part, json);
    }
}

void mapping_test_lacks_at(MappingTest *test, guint index, const char *part, int line)
{
    g_autofree char *json = mapping_test_json(test, index);
    if (strstr(json, part)) {
        g_error("line %d: in event %u: %s\n%s", line, index, part, json);
    }
}
