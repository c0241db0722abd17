/* See adapter-test.h. */
#include "tests/lib/adapter-test.h"

#include "core/base/paths.h"
#include "core/kit/kit-inside.h"
#include "core/kit/places.h"

/* ---- A worker in the test ---- */

/* As the supervisor's START says it. */
static void fill_start(HtStart *start, const char *mapping, const char *adapter, const char *const *options)
{
    g_autofree char *folder = ht_paths_adapters();
    start->owned = g_ptr_array_new_with_free_func(g_free);
    start->options = g_ptr_array_new();
    start->source = "test";
    start->adapter_file = g_strdup_printf("%s/%s.so", folder, adapter);
    start->mapping_file = g_build_filename(mapping_test_folder(), "..", mapping, NULL);
    start->data_directory = mapping_test_folder();
    start->division = "440104";
    start->limits = ht_limits_default();
    g_ptr_array_add(start->owned, (char *)start->adapter_file);
    g_ptr_array_add(start->owned, (char *)start->mapping_file);
    for (; options && *options; options++) {
        g_ptr_array_add(start->options, (char *)*options);
    }
}

AdapterTest *adapter_test_new_with(const char *mapping, const char *adapter, const char *const *options)
{
    g_autoptr(GError) error = NULL;
    AdapterTest *test = g_new0(AdapterTest, 1);
    test->worker.page = test->page;
    fill_start(&test->worker.start, mapping, adapter, options);
    ht_expectation_head(NULL, &test->head);
    ht_outcome_init(&test->outcome);
    bool good = ht_worker_prepare(&test->worker, &error) && ht_worker_load(&test->worker, &error);
    g_assert_true(good || error);
    g_assert_no_error(error);
    return test;
}

AdapterTest *adapter_test_new(const char *mapping, const char *adapter)
{
    return adapter_test_new_with(mapping, adapter, NULL);
}

void adapter_test_free(AdapterTest *test)
{
    ht_worker_clear(&test->worker);
    ht_outcome_clear(&test->outcome);
    g_free(test->reply);
    g_free(test);
}

/* What the adapter says in the log comes before the RESULT. */
static HtText find_result(const HtBuffer *frames)
{
    HtFrame frame;
    for (size_t at = 0; at < frames->size; at += HT_FRAME_HEAD + frame.size) {
        g_assert_cmpint(ht_frame_peek(frames->data + at, frames->size - at, UINT32_MAX, &frame), ==, 1);
        HtText body = {frames->data + at + HT_FRAME_HEAD, frame.size};
        if (frame.type == HT_FRAME_RESULT) {
            return body;
        }
        g_assert_cmpint(frame.type, ==, HT_FRAME_LOG);
        HtText text = ht_field_find(body, HT_FIELD_TEXT);
        g_test_message("the adapter says: %.*s", (int)text.size, text.data);
    }
    g_error("there is no RESULT");
}

bool adapter_test_run_bytes(AdapterTest *test, const char *bytes, size_t size)
{
    g_autoptr(GError) error = NULL;
    HtWorker *worker = &test->worker;
    worker->head = test->head;
    worker->head.id =
        (HtUuid){{[HT_UUID_SIZE - 1] = 1}}; /* no UUID of a time: replies are the same every day */
    worker->frames.size = 0;
    ht_worker_decode(worker, 1, (HtText){bytes, size});
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    ht_outcome_unpack(find_result(&worker->frames), &test->outcome, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(test->page[HT_PAGE_CURRENT], ==, 0);
    g_free(test->reply);
    test->reply = ht_expectation_reply(&test->outcome, &worker->head.id, &test->reply_size);
    return test->reply != NULL;
}

bool adapter_test_run(AdapterTest *test, const char *xml)
{
    return adapter_test_run_bytes(test, xml, strlen(xml));
}

char *adapter_test_kept(const AdapterTest *test, const char *bytes, size_t size)
{
    HtText concealed = test->outcome.concealed;
    char *kept = g_malloc(size + 1);
    memcpy(kept, bytes, size);
    kept[size] = '\0';
    for (size_t at = 0; at < concealed.size; at += sizeof(HtConcealed)) {
        HtConcealed part;
        memcpy(&part, concealed.data + at, sizeof part);
        g_assert_cmpuint(part.start, <=, size);
        g_assert_cmpuint(part.size, <=, size - part.start);
        memset(kept + part.start, ' ', part.size);
    }
    return kept;
}

HtEvent adapter_test_event(AdapterTest *test, guint index)
{
    g_autoptr(GError) error = NULL;
    HtEvent event;
    g_assert_cmpuint(index, <, test->outcome.events->len);
    ht_event_unpack(g_array_index(test->outcome.events, HtText, index), &event, &error);
    g_assert_no_error(error);
    return event;
}

const char *adapter_test_string(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

JsonNode *adapter_test_render(const HtEvent *event)
{
    JsonNode *node = ht_expectation_render(event);
    g_assert_nonnull(node);
    return node;
}

/* ---- Fixtures ---- */

static void fixture_free(gpointer data)
{
    Fixture *fixture = data;
    g_free(fixture->path);
    g_free(fixture);
}

static HtExpectation *read_expectation(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    const char *dot = strrchr(fixture->path, '.');
    g_autofree char *path = g_strdup_printf("%.*s.expected.json", (int)(dot - fixture->path), fixture->path);
    HtExpectation *expectation = ht_expectation_load(path, &error);
    g_assert_no_error(error);
    return expectation;
}

static void test_fixture(gconstpointer data)
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
    adapter_test_run_bytes(test, bytes, size);
    HtText reply = test->reply ? (HtText){test->reply, test->reply_size} : HT_TEXT_NONE;
    g_autoptr(GPtrArray) differences = ht_expectation_compare(expectation, &test->outcome, reply);
    for (guint i = 0; i < differences->len; i++) {
        g_autofree char *difference = ht_mismatch_describe(differences->pdata[i], false);
        g_test_message("%s: %s", fixture->path, difference);
        g_test_fail();
    }
}

static void add_fixture(const HtFixture *found, const char *prefix, const Fixture *how)
{
    const char *dot = strrchr(found->name, '.');
    g_autofree char *title =
        g_strdup_printf("%s/%.*s/becomes-what-is-expected", prefix, (int)(dot - found->name), found->name);
    Fixture *fixture = g_new(Fixture, 1);
    *fixture =
        (Fixture){g_strdup(found->payload), g_intern_string(how->mapping), g_intern_string(how->adapter)};
    g_test_add_data_func_full(title, fixture, test_fixture, fixture_free);
}

void adapter_test_add_fixtures(const char *folder, const char *prefix, const Fixture *how)
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
