/* For the tests of adapters: a host in the test that runs ADAPTER.so and its mapping with the real engine, and fixtures. A
 * fixture is a payload, NAME.xml or of another extension, and NAME.expected.json, what must become of it: its form and its
 * comparison are core/kit/expectation.h's, as in the conformance kit. A difference is named by its path in the JSON, never
 * by its values. */
#pragma once

#include "core/base/paths.h"
#include "core/kit/expectation.h"
#include "core/kit/places.h"
#include "mappings/engine/service/service.h"
#include "plugins/hutong-plugin.h"
#include "tests/lib/mapping-test.h"

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
    HtMessageHead head; /* what the request's head says; text/xml unless it is set */
    HtBuffer text;      /* what reply() wrote */
    GPtrArray *filters;
    void *handle, *state;
    const hutong_adapter *adapter; /* NULL: the mapping alone */
    const char *const *options;    /* key, value, …, NULL; or NULL: what the adapter falls back to */
    bool mapping_now;
    GArray *concealed; /* of HtConcealed */
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
    const AdapterTest *test = test_of(host);
    for (const char *const *at = test->options; at && *at; at += 2) {
        if (strcmp(*at, key) == 0) {
            return at[1];
        }
    }
    for (const hutong_option *option = test->adapter->options; option && option->key; option++) {
        if (strcmp(option->key, key) == 0) {
            return option->fallback;
        }
    }
    return NULL;
}

static inline hutong_verdict serve_map_bytes(const hutong_host *host, const hutong_payload *payload,
                                             hutong_text bytes, hutong_out *out)
{
    (void)out;
    AdapterTest *test = test_of(host);
    bool as_received = bytes.data == payload->body.data;
    HtPayload input = {.body = {bytes.data, bytes.size},
                       .head = {.charset = {payload->charset.data, payload->charset.size},
                                .soap_action = {payload->soap_action.data, payload->soap_action.size},
                                .soap_expected = as_received && test->head.soap_expected,
                                .content_type = as_received ? test->head.content_type : HT_TEXT_NONE}};
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    test->mapping_now = true;
    ht_mapper_run(test->mapper, &input, &test->outcome);
    test->mapping_now = false;
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
    if (out->test->mapping_now) {
        ht_mapper_emit_fault(out->test->mapper, (HtVerdict)verdict, code, text);
        return;
    }
    HtFault fault;
    ht_fault_set(&fault, code, "%s", text);
    ht_outcome_add_fault(&out->test->outcome, &fault);
    out->test->outcome.verdict = (HtVerdict)verdict;
    g_array_set_size(out->test->outcome.events, 0);
}

static inline void serve_sha256(const hutong_host *host, hutong_text bytes, char hex[65])
{
    (void)host;
    g_autofree char *digest =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes.data, bytes.size);
    g_strlcpy(hex, digest, 65);
}

static inline void serve_conceal(hutong_out *out, size_t start, size_t size)
{
    HtConcealed part = {start, size};
    g_array_append_val(out->test->concealed, part);
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

/* `mapping` is a path in the source tree; without `adapter` it runs alone. `settings`: see AdapterTest.options. transfer full. */
static inline AdapterTest *adapter_test_new_with(const char *mapping, const char *adapter,
                                                 const char *const *settings)
{
    g_autoptr(GError) error = NULL;
    const HtReference *reference = mapping_test_reference();
    g_autofree char *path = g_build_filename(mapping_test_folder(), "..", mapping, NULL);
    HtMapperOptions options = {ht_limits_default(), "440104", false};
    AdapterTest *test = g_new0(AdapterTest, 1);
    test->mapping = ht_mapping_load(path, reference, &error);
    g_assert_no_error(error);
    test->mapper = ht_mapper_new(test->mapping, reference, &options);
    test->filters = g_ptr_array_new_with_free_func(g_free);
    test->out.test = test;
    test->options = settings;
    test->concealed = g_array_new(FALSE, FALSE, sizeof(HtConcealed));
    ht_outcome_init(&test->outcome);
    ht_expectation_head(NULL, &test->head);
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
        .conceal = serve_conceal,
        .sha256 = serve_sha256,
    };
    if (adapter) {
        open_adapter(test, adapter);
        if (g_strcmp0(serve_option(&test->table, "answer-queries"), "empty") == 0) {
            ht_mapper_answer_queries(test->mapper);
        }
    }
    return test;
}

static inline AdapterTest *adapter_test_new(const char *mapping, const char *adapter)
{
    return adapter_test_new_with(mapping, adapter, NULL);
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
    g_array_unref(test->concealed);
    g_free(test);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AdapterTest, adapter_test_free)

/* As the host does: the worse of what decode() returned and what the mapping found counts. */
static inline void settle_verdict(HtOutcome *outcome, hutong_verdict returned)
{
    if (returned == HUTONG_OK || outcome->verdict != HT_VERDICT_OK) {
        return;
    }
    HtFault fault;
    bool rejected = returned != HUTONG_RETRY;
    outcome->verdict = rejected ? HT_VERDICT_REJECT : HT_VERDICT_RETRY;
    g_array_set_size(outcome->events, 0);
    ht_fault_set(&fault, rejected ? "adapter-rejected" : "adapter-retry", "the adapter did not say why");
    ht_outcome_add_fault(outcome, &fault);
}

static inline HtText find_business_id(const HtOutcome *outcome)
{
    HtEvent event;
    bool good =
        outcome->events->len > 0 && ht_event_unpack(g_array_index(outcome->events, HtText, 0), &event, NULL);
    return good ? event.attr[HT_ATTR_BUSINESSID] : HT_TEXT_NONE;
}

static inline bool ask_adapter(AdapterTest *test)
{
    const HtOutcome *outcome = &test->outcome;
    const HtFault *fault = outcome->verdict != HT_VERDICT_OK ? &outcome->faults[0] : NULL;
    if (!test->adapter->reply || (fault && test->adapter->abi_minor < 1)) {
        return false;
    }
    HtText number = find_business_id(outcome);
    hutong_outcome shown = {.struct_size = sizeof shown,
                            .verdict = (hutong_verdict)outcome->verdict,
                            .soap_version = outcome->soap,
                            .operation = {outcome->operation.data, outcome->operation.size},
                            .records = outcome->records,
                            .events = outcome->events->len,
                            .business_id = {number.data, number.size},
                            .message_id = {HT_EXPECTATION_MESSAGE_ID, strlen(HT_EXPECTATION_MESSAGE_ID)}};
    if (fault) {
        shown.fault_code = (hutong_text){fault->code, strlen(fault->code)};
        shown.fault_text = (hutong_text){fault->text, strlen(fault->text)};
        shown.fault_part = fault->part;
        shown.fault_record = fault->record;
        shown.fault_line = fault->line;
    }
    return test->adapter->reply(test->state, &shown, &test->out) == HUTONG_OK;
}

/* The answer that the mapping's <service> declares. */
static inline bool ask_service(AdapterTest *test)
{
    const HtOutcome *outcome = &test->outcome;
    if (outcome->verdict == HT_VERDICT_RETRY) {
        return false;
    }
    const HtFault *fault = outcome->verdict != HT_VERDICT_OK ? &outcome->faults[0] : NULL;
    HtServiceFacts facts = {.refused = fault != NULL,
                            .soap_12 = outcome->soap == HT_SOAP_12,
                            .operation = outcome->operation,
                            .message_id = HT_TEXT_LITERAL(HT_EXPECTATION_MESSAGE_ID),
                            .business_id = find_business_id(outcome),
                            .code = fault ? ht_text_from(fault->code) : HT_TEXT_NONE,
                            .text = fault ? ht_text_from(fault->text) : HT_TEXT_NONE,
                            .records = outcome->records,
                            .events = outcome->events->len};
    ht_buffer_reset(&test->text, 4096);
    return outcome->soap != HT_SOAP_NONE &&
           ht_services_answer(ht_mapping_services(test->mapping), &facts, &test->text);
}

static inline bool ask_reply(AdapterTest *test)
{
    const HtOutcome *outcome = &test->outcome;
    bool about_envelope =
        outcome->verdict != HT_VERDICT_OK && g_str_has_prefix(outcome->faults[0].code, "soap-");
    if (outcome->submit || about_envelope) {
        return false;
    }
    return (test->adapter && ask_adapter(test)) || ask_service(test);
}

/* Adapters are shown the media type alone. */
static inline hutong_text drop_parameters(HtText content_type)
{
    const char *end = content_type.size > 0 ? memchr(content_type.data, ';', content_type.size) : NULL;
    return (hutong_text){content_type.data, end ? (size_t)(end - content_type.data) : content_type.size};
}

/* Runs the payload; true when there is an answer of the adapter's own, or of its mapping's, which is then in test->text. */
static inline bool run_bytes(AdapterTest *test, const char *bytes, size_t size)
{
    const HtMessageHead *head = &test->head;
    hutong_payload payload = {.struct_size = sizeof payload,
                              .body = {bytes, size},
                              .content_type = drop_parameters(head->content_type),
                              .charset = {head->charset.data, head->charset.size},
                              .soap_action = {head->soap_action.data, head->soap_action.size},
                              .message_id = {HT_EXPECTATION_MESSAGE_ID, strlen(HT_EXPECTATION_MESSAGE_ID)}};
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    ht_buffer_reset(&test->text, 4096);
    g_array_set_size(test->concealed, 0);
    if (test->adapter) {
        settle_verdict(&test->outcome, test->adapter->decode(test->state, &payload, &test->out));
    } else {
        serve_map(&test->table, &payload, &test->out);
    }
    return ask_reply(test);
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

/* A member of a JSON object, or NULL. */
static inline const char *get_string(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

/* The event as consumers would get it. transfer full. */
static inline JsonNode *render(const HtEvent *event)
{
    JsonNode *node = ht_expectation_render(event);
    g_assert_nonnull(node);
    return node;
}

/* ---- Fixtures ---- */

/* How fixtures are run. */
typedef struct {
    char *path; /* of the payload, in a test; else NULL */
    const char *mapping, *adapter;
} Fixture;

static inline void fixture_free(gpointer data)
{
    Fixture *fixture = data;
    g_free(fixture->path);
    g_free(fixture);
}

static inline HtExpectation *read_expectation(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    const char *dot = strrchr(fixture->path, '.');
    g_autofree char *path = g_strdup_printf("%.*s.expected.json", (int)(dot - fixture->path), fixture->path);
    HtExpectation *expectation = ht_expectation_load(path, &error);
    g_assert_no_error(error);
    return expectation;
}

static inline void test_fixture(gconstpointer data)
{
    const Fixture *fixture = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize size;
    g_autoptr(HtExpectation) expectation = read_expectation(fixture);
    g_file_get_contents(fixture->path, &bytes, &size, &error);
    g_assert_no_error(error);
    g_autoptr(AdapterTest) test = adapter_test_new(fixture->mapping, fixture->adapter);
    ht_expectation_head(expectation, &test->head);
    bool replied = run_bytes(test, bytes, size);
    HtText reply = replied ? ht_buffer_text(&test->text) : HT_TEXT_NONE;
    g_autoptr(GPtrArray) differences = ht_expectation_compare(expectation, &test->outcome, reply);
    for (guint i = 0; i < differences->len; i++) {
        g_test_message("%s: %s", fixture->path, (const char *)differences->pdata[i]);
        g_test_fail();
    }
}

static inline void add_fixture(const HtFixture *found, const char *prefix, const Fixture *how)
{
    const char *dot = strrchr(found->name, '.');
    g_autofree char *title =
        g_strdup_printf("%s/%.*s/becomes-what-is-expected", prefix, (int)(dot - found->name), found->name);
    Fixture *fixture = g_new(Fixture, 1);
    *fixture = (Fixture){g_strdup(found->payload), how->mapping, how->adapter};
    g_test_add_data_func_full(title, fixture, test_fixture, fixture_free);
}

/* One test PREFIX/NAME/… for each fixture of the folder; `how` says with which mapping and adapter. */
static inline void add_fixtures(const char *folder, const char *prefix, const Fixture *how)
{
    g_autofree char *path = g_build_filename(mapping_test_folder(), "..", folder, NULL);
    g_autoptr(GPtrArray) fixtures = ht_fixtures_list(path);
    guint added = 0;
    for (guint i = 0; i < fixtures->len; i++) {
        const HtFixture *fixture = fixtures->pdata[i];
        if (fixture->expected && !fixture->payload) {
            g_error("%s/%s: there is no payload beside it", folder, fixture->name);
        }
        if (fixture->expected) {
            add_fixture(fixture, prefix, how);
            added++;
        }
    }
    g_assert_cmpuint(added, >, 0);
}
