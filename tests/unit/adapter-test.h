/* For the tests of adapters: a host in the test that runs ADAPTER.so and its mapping with the real engine, and fixtures. A
 * fixture is NAME.xml, the payload's bytes, and NAME.expected.json, what must become of it:
 *
 *     { "verdict": "ok|reject|retry", "fault": code or null, "records": n, "repaired": true (else left out),
 *       "reply": text or null (a receipt), "events": [ { "type": …, "key": has one, "identities": kinds, "data": {…} } ] }
 *
 * An event's other members are attributes (null: absent). A difference is named by its path in the JSON, never by its
 * values. */
#pragma once

#include "core/base/paths.h"
#include "plugins/hutong-plugin.h"
#include "tests/unit/mapping-test.h"

#include <dlfcn.h>
#include <json-glib/json-glib.h>

/* ---- A host for the adapter ---- */

typedef struct AdapterTest AdapterTest;

struct hutong_out {
    AdapterTest *test;
};

struct AdapterTest {
    hutong_host table; /* first: the adapter's pointer to it is a pointer to the test */
    hutong_out out;
    HtMapping *mapping;
    HtMapper *mapper;
    HtOutcome outcome;
    HtBuffer text; /* what reply() wrote */
    GPtrArray *filters;
    void *handle, *state;
    const hutong_adapter *adapter; /* NULL: the mapping alone */
};

typedef struct {
    const hutong_filter *filter;
    void *state;
    AdapterTest *test;
} Binding;

static inline AdapterTest *test_of(const hutong_host *host)
{
    return (AdapterTest *)(void *)host;
}

static inline void serve_log(const hutong_host *host, hutong_level level, const char *text)
{
    (void)host;
    g_test_message("the adapter says (%d): %s", (int)level, text);
}

static inline const char *serve_option(const hutong_host *host, const char *key)
{
    (void)host;
    (void)key;
    return NULL;
}

static inline hutong_verdict serve_map_bytes(const hutong_host *host, const hutong_payload *payload,
                                             hutong_text bytes, hutong_out *out)
{
    (void)out;
    AdapterTest *test = test_of(host);
    HtPayload input = {.body = {bytes.data, bytes.size},
                       .soap_action = {payload->soap_action.data, payload->soap_action.size}};
    ht_mapper_run(test->mapper, &input, &test->outcome);
    return (hutong_verdict)test->outcome.verdict;
}

static inline hutong_verdict serve_map(const hutong_host *host, const hutong_payload *payload,
                                       hutong_out *out)
{
    return serve_map_bytes(host, payload, payload->body, out);
}

static inline void run_start(void *user, HtMapper *mapper, const char *name, const char *const *attributes)
{
    (void)mapper;
    Binding *binding = user;
    binding->filter->start(binding->state, &binding->test->out, name, attributes);
}

static inline void run_text(void *user, HtMapper *mapper, const char *text, size_t size)
{
    (void)mapper;
    Binding *binding = user;
    binding->filter->text(binding->state, &binding->test->out, text, size);
}

static inline void run_end(void *user, HtMapper *mapper, const char *name)
{
    (void)mapper;
    Binding *binding = user;
    binding->filter->end(binding->state, &binding->test->out, name);
}

static inline void serve_filter(const hutong_host *host, const char *root, const hutong_filter *filter,
                                void *state)
{
    static const HtFilter functions = {run_start, run_text, run_end};
    AdapterTest *test = test_of(host);
    Binding *binding = g_new(Binding, 1);
    *binding = (Binding){filter, state, test};
    g_ptr_array_add(test->filters, binding);
    ht_mapper_add_filter(test->mapper, root, &functions, binding);
}

static inline void serve_emit_start(hutong_out *out, const char *name, const char *const *attributes)
{
    ht_mapper_emit_start(out->test->mapper, name, attributes);
}

static inline void serve_emit_text(hutong_out *out, const char *text, size_t size)
{
    ht_mapper_emit_text(out->test->mapper, text, size);
}

static inline void serve_emit_end(hutong_out *out, const char *name)
{
    ht_mapper_emit_end(out->test->mapper, name);
}

static inline void serve_fault(hutong_out *out, hutong_verdict verdict, const char *code, const char *text)
{
    ht_mapper_emit_fault(out->test->mapper, (HtVerdict)verdict, code, text);
}

static inline int serve_code(const hutong_host *host, const char *table_name, hutong_text code,
                             hutong_text *name)
{
    (void)host;
    const HtTable *table = ht_tables_find(mapping_test_reference()->tables, table_name);
    const HtTableEntry *entry = table ? ht_table_find(table, code.data, code.size) : NULL;
    if (entry && name) {
        *name = (hutong_text){entry->zh, entry->zh_size};
    }
    return entry != NULL;
}

static inline void serve_write(hutong_out *out, const char *text, size_t size)
{
    ht_buffer_add(&out->test->text, text, size);
}

static inline void serve_write_escaped(hutong_out *out, const char *text, size_t size)
{
    g_autofree char *escaped = g_markup_escape_text(text, (gssize)size);
    ht_buffer_add_string(&out->test->text, escaped);
}

static inline void open_adapter(AdapterTest *test, const char *name)
{
    g_autofree char *folder = ht_paths_adapters();
    g_autofree char *path = g_strdup_printf("%s/%s.so", folder, name);
    test->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!test->handle) {
        g_error("%s", dlerror());
    }
    test->adapter = dlsym(test->handle, HUTONG_SYMBOL);
    g_assert_nonnull(test->adapter);
    test->state = test->adapter->open(&test->table);
    g_assert_nonnull(test->state);
}

/* `mapping` is a path in the source tree; without `adapter` it runs alone. transfer full. */
static inline AdapterTest *adapter_test_new(const char *mapping, const char *adapter)
{
    g_autoptr(GError) error = NULL;
    const HtReference *reference = mapping_test_reference();
    g_autofree char *path = g_build_filename(mapping_test_folder(), "..", mapping, NULL);
    HtMapperOptions options = {HT_MAPPER_LIMITS_DEFAULT, "440104", false};
    AdapterTest *test = g_new0(AdapterTest, 1);
    test->mapping = ht_mapping_load(path, reference, &error);
    g_assert_no_error(error);
    test->mapper = ht_mapper_new(test->mapping, reference, &options);
    test->filters = g_ptr_array_new_with_free_func(g_free);
    test->out.test = test;
    ht_outcome_init(&test->outcome);
    test->table = (hutong_host){
        .struct_size = sizeof(hutong_host),
        .abi_major = HUTONG_ABI_MAJOR,
        .abi_minor = HUTONG_ABI_MINOR,
        .log = serve_log,
        .option = serve_option,
        .map = serve_map,
        .map_bytes = serve_map_bytes,
        .filter = serve_filter,
        .emit_start = serve_emit_start,
        .emit_text = serve_emit_text,
        .emit_end = serve_emit_end,
        .fault = serve_fault,
        .code = serve_code,
        .write = serve_write,
        .write_escaped = serve_write_escaped,
    };
    if (adapter) {
        open_adapter(test, adapter);
    }
    return test;
}

static inline void adapter_test_free(AdapterTest *test)
{
    if (test->adapter) {
        test->adapter->close(test->state);
        dlclose(test->handle);
    }
    ht_outcome_clear(&test->outcome);
    ht_buffer_clear(&test->text);
    ht_mapper_free(test->mapper);
    ht_mapping_free(test->mapping);
    g_ptr_array_unref(test->filters);
    g_free(test);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AdapterTest, adapter_test_free)

/* Runs the payload; true when the adapter has an answer of its own, which is then in test->text. */
static inline bool run_bytes(AdapterTest *test, const char *bytes, size_t size)
{
    hutong_payload payload = {.struct_size = sizeof payload, .body = {bytes, size}};
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    ht_buffer_reset(&test->text, 4096);
    if (!test->adapter) {
        serve_map(&test->table, &payload, &test->out);
        return false;
    }
    test->adapter->decode(test->state, &payload, &test->out);
    HtOutcome *outcome = &test->outcome;
    if (outcome->verdict != HT_VERDICT_OK) {
        return false;
    }
    hutong_outcome shown = {.struct_size = sizeof shown,
                            .soap_version = outcome->soap,
                            .operation = {outcome->operation.data, outcome->operation.size},
                            .records = outcome->records,
                            .events = outcome->events->len,
                            .message_id = {"m-1", 3}};
    HtEvent event;
    if (outcome->events->len > 0 &&
        ht_event_unpack(g_array_index(outcome->events, HtText, 0), &event, NULL)) {
        HtText number = event.attr[HT_ATTR_BUSINESSID];
        shown.business_id = (hutong_text){number.data, number.size};
    }
    return test->adapter->reply(test->state, &shown, &test->out) == HUTONG_OK;
}

static inline bool run(AdapterTest *test, const char *xml)
{
    return run_bytes(test, xml, strlen(xml));
}

static inline HtEvent get_event(AdapterTest *test, guint index)
{
    g_autoptr(GError) error = NULL;
    HtEvent event;
    g_assert_cmpuint(index, <, test->outcome.events->len);
    ht_event_unpack(g_array_index(test->outcome.events, HtText, index), &event, &error);
    g_assert_no_error(error);
    return event;
}

/* ---- Comparing ---- */

static inline char *find_difference(JsonNode *wanted, JsonNode *got, const char *path);

static inline char *compare_objects(JsonObject *wanted, JsonObject *got, const char *path)
{
    g_autoptr(GList) names = json_object_get_members(got);
    for (GList *name = names; name; name = name->next) {
        if (!json_object_has_member(wanted, name->data)) {
            return g_strdup_printf("%s.%s is not expected", path, (char *)name->data);
        }
    }
    g_autoptr(GList) wanted_names = json_object_get_members(wanted);
    for (GList *name = wanted_names; name; name = name->next) {
        g_autofree char *below = g_strdup_printf("%s.%s", path, (char *)name->data);
        JsonNode *other = json_object_get_member(got, name->data);
        char *difference = other ? find_difference(json_object_get_member(wanted, name->data), other, below)
                                 : g_strdup_printf("%s is missing", below);
        if (difference) {
            return difference;
        }
    }
    return NULL;
}

static inline char *compare_arrays(JsonArray *wanted, JsonArray *got, const char *path)
{
    guint length = json_array_get_length(wanted), got_length = json_array_get_length(got);
    for (guint i = 0; i < MIN(length, got_length); i++) {
        g_autofree char *below = g_strdup_printf("%s[%u]", path, i);
        char *difference =
            find_difference(json_array_get_element(wanted, i), json_array_get_element(got, i), below);
        if (difference) {
            return difference;
        }
    }
    return length == got_length ? NULL : g_strdup_printf("%s has %u items, not %u", path, got_length, length);
}

/* Where the two differ first, or NULL. transfer full. */
static inline char *find_difference(JsonNode *wanted, JsonNode *got, const char *path)
{
    if (JSON_NODE_TYPE(wanted) != JSON_NODE_TYPE(got)) {
        return g_strdup_printf("%s is of another type", path);
    }
    if (JSON_NODE_HOLDS_OBJECT(wanted)) {
        return compare_objects(json_node_get_object(wanted), json_node_get_object(got), path);
    }
    if (JSON_NODE_HOLDS_ARRAY(wanted)) {
        return compare_arrays(json_node_get_array(wanted), json_node_get_array(got), path);
    }
    return json_node_equal(wanted, got) ? NULL : g_strdup_printf("%s has another value", path);
}

static inline const char *get_string(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static inline JsonNode *render(const HtEvent *event)
{
    g_autoptr(GError) error = NULL;
    HtStoredEvent stored = {.sequence = 1, .event = *event};
    HtBuffer json = {0};
    ht_event_render(&stored, "bus", NULL, &json);
    g_autoptr(JsonParser) parser = json_parser_new();
    json_parser_load_from_data(parser, json.data, (gssize)json.size, &error);
    ht_buffer_clear(&json);
    g_assert_no_error(error);
    return json_parser_steal_root(parser);
}

/* "idNumber* person": the kinds of the event's identities; * for one that begins afresh. */
static inline char *describe_identities(const HtEvent *event)
{
    GString *kinds = g_string_new(NULL);
    for (unsigned i = 0; i < event->identity_count; i++) {
        const HtIdentity *identity = &event->identities[i];
        g_string_append_printf(kinds, "%s%.*s%s", i > 0 ? " " : "", (int)identity->kind.size,
                               identity->kind.data, identity->fresh ? "*" : "");
    }
    return g_string_free(kinds, FALSE);
}

/* One member of an expected event: its data, something that is not rendered, or an attribute (null: absent). */
static inline char *compare_member(JsonObject *wanted, const char *name, const HtEvent *event,
                                   JsonObject *got)
{
    if (strcmp(name, "data") == 0) {
        return find_difference(json_object_get_member(wanted, name), json_object_get_member(got, name),
                               "data");
    }
    if (strcmp(name, "key") == 0) {
        bool same = json_object_get_boolean_member(wanted, name) == (event->key.data != NULL);
        return same ? NULL : g_strdup("key");
    }
    g_autofree char *identities = strcmp(name, "identities") == 0 ? describe_identities(event) : NULL;
    const char *value = identities ? identities : get_string(got, name);
    return g_strcmp0(get_string(wanted, name), value) == 0 ? NULL : g_strdup(name);
}

static inline void check_event(JsonObject *wanted, const HtEvent *event, const char *fixture, guint index)
{
    g_autoptr(JsonNode) node = render(event);
    g_autoptr(GList) names = json_object_get_members(wanted);
    for (GList *name = names; name; name = name->next) {
        g_autofree char *difference = compare_member(wanted, name->data, event, json_node_get_object(node));
        if (difference) {
            g_test_message("%s: event %u differs at %s", fixture, index + 1, difference);
            g_test_fail();
        }
    }
}

static inline const char *name_verdict(HtVerdict verdict)
{
    return verdict == HT_VERDICT_OK ? "ok" : verdict == HT_VERDICT_RETRY ? "retry" : "reject";
}

static inline void check_reply(AdapterTest *test, JsonObject *wanted, bool replied)
{
    if (!json_object_has_member(wanted, "reply")) {
        return;
    }
    g_autofree char *text = replied ? g_strndup(test->text.data, test->text.size) : NULL;
    g_assert_cmpstr(text, ==, get_string(wanted, "reply"));
}

static inline void check_outcome(AdapterTest *test, JsonObject *wanted, const char *fixture)
{
    const HtOutcome *outcome = &test->outcome;
    JsonArray *events = json_object_get_array_member(wanted, "events");
    g_assert_cmpstr(name_verdict(outcome->verdict), ==, get_string(wanted, "verdict"));
    g_assert_cmpstr(outcome->fault_count > 0 ? outcome->faults[0].code : NULL, ==,
                    get_string(wanted, "fault"));
    g_assert_cmpint(outcome->records, ==, json_object_get_int_member(wanted, "records"));
    g_assert_cmpint(outcome->repaired, ==,
                    json_object_get_boolean_member_with_default(wanted, "repaired", FALSE));
    g_assert_cmpuint(outcome->events->len, ==, json_array_get_length(events));
    for (guint i = 0; i < outcome->events->len; i++) {
        HtEvent event = get_event(test, i);
        check_event(json_array_get_object_element(events, i), &event, fixture, i);
    }
}

/* ---- Fixtures ---- */

typedef struct {
    char *path; /* without .xml and .expected.json */
    const char *mapping, *adapter;
} Fixture;

static inline void fixture_free(gpointer data)
{
    Fixture *fixture = data;
    g_free(fixture->path);
    g_free(fixture);
}

static inline void read_fixture(const Fixture *fixture, const char *suffix, char **bytes, gsize *size)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_strconcat(fixture->path, suffix, NULL);
    g_file_get_contents(path, bytes, size, &error);
    g_assert_no_error(error);
}

static inline void test_fixture(gconstpointer data)
{
    const Fixture *fixture = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL, *json = NULL;
    gsize size, json_size;
    read_fixture(fixture, ".xml", &bytes, &size);
    read_fixture(fixture, ".expected.json", &json, &json_size);
    g_autoptr(JsonParser) parser = json_parser_new();
    json_parser_load_from_data(parser, json, (gssize)json_size, &error);
    g_assert_no_error(error);
    g_autoptr(AdapterTest) test = adapter_test_new(fixture->mapping, fixture->adapter);
    bool replied = run_bytes(test, bytes, size);
    JsonObject *wanted = json_node_get_object(json_parser_get_root(parser));
    g_autofree char *name = g_path_get_basename(fixture->path);
    check_outcome(test, wanted, name);
    check_reply(test, wanted, replied);
}

static inline void add_fixture(const char *folder, const char *name, const char *prefix, const Fixture *how)
{
    g_autofree char *stem = g_strndup(name, strlen(name) - strlen(".expected.json"));
    g_autofree char *title = g_strdup_printf("%s/%s/becomes-what-is-expected", prefix, stem);
    Fixture *fixture = g_new(Fixture, 1);
    *fixture = (Fixture){g_build_filename(folder, stem, NULL), how->mapping, how->adapter};
    g_test_add_data_func_full(title, fixture, test_fixture, fixture_free);
}

static inline int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One test PREFIX/NAME/… for each fixture of the folder; `how` says with which mapping and adapter. */
static inline void add_fixtures(const char *folder, const char *prefix, const Fixture *how)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(mapping_test_folder(), "..", folder, NULL);
    g_autoptr(GDir) directory = g_dir_open(path, 0, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(directory))) {
        if (g_str_has_suffix(name, ".expected.json")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_assert_cmpuint(names->len, >, 0);
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        add_fixture(path, names->pdata[i], prefix, how);
    }
}
