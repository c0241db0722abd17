/* Expectations of fixtures: what is named is compared, a difference says where and never what, and a slip in the file is
 * not taken for an expectation that holds. */
#include "core/kit/expectation.h"
#include "core/kit/item.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *folder, *file;
    HtBuffer packed, data;
    HtOutcome outcome;
} Trial;

static void pack_item(HtBuffer *data, const char *name, const char *value)
{
    HtItem item = {.kind = HT_ITEM_ELEMENT, .name = ht_text_from(name), .value = ht_text_from(value)};
    ht_item_pack(data, &item);
}

/* One death of one person, taken. */
static void begin(Trial *trial)
{
    memset(trial, 0, sizeof *trial);
    trial->folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    trial->file = g_build_filename(trial->folder, "one.expected.json", NULL);
    ht_outcome_init(&trial->outcome);
    pack_item(&trial->data, "person.idNumber", "990104198001019915");
    pack_item(&trial->data, "person.name", "测试甲");
    HtEvent event = {
        .attr = {[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1"),
                 [HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert"),
                 [HT_ATTR_BUSINESSID] = HT_TEXT_LITERAL("900000501")},
        .key = HT_TEXT_LITERAL("k"),
        .identities = {{HT_TEXT_LITERAL("idNumber"), HT_TEXT_LITERAL("990104198001019915"), true},
                       {HT_TEXT_LITERAL("local"), HT_TEXT_LITERAL("1"), false}},
        .identity_count = 2,
        .data = ht_buffer_text(&trial->data)};
    ht_event_pack(&event, &trial->packed);
    HtText text = ht_buffer_text(&trial->packed);
    g_array_append_val(trial->outcome.events, text);
    trial->outcome.records = 1;
}

static void end(Trial *trial)
{
    g_unlink(trial->file);
    g_rmdir(trial->folder);
    g_free(trial->file);
    g_free(trial->folder);
    ht_outcome_clear(&trial->outcome);
    ht_buffer_clear(&trial->packed);
    ht_buffer_clear(&trial->data);
}

static HtExpectation *load(Trial *trial, const char *json, GError **error)
{
    g_assert_true(g_file_set_contents(trial->file, json, -1, NULL));
    return ht_expectation_load(trial->file, error);
}

static char *join(const GPtrArray *differences, bool values)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < differences->len; i++) {
        g_autofree char *one = ht_mismatch_describe(differences->pdata[i], values);
        g_string_append_printf(text, "%s%s", i > 0 ? "; " : "", one);
    }
    return g_string_free(text, FALSE);
}

/* The differences in one line. transfer full. */
static char *differ_with_reply(Trial *trial, const char *json, HtText reply)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtExpectation) expectation = load(trial, json, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) differences = ht_expectation_compare(expectation, &trial->outcome, reply);
    return join(differences, false);
}

static void assert_differs(Trial *trial, const char *json, const char *expected)
{
    g_autofree char *got = differ_with_reply(trial, json, HT_TEXT_NONE);
    g_assert_cmpstr(got, ==, expected);
    g_assert_null(strstr(got, "测试"));
    g_assert_null(strstr(got, "99010419"));
}

static void test_what_is_not_named_is_not_compared(void)
{
    static const char *const met[] = {
        "[\"person.died.v1\"]",
        "[{\"type\":\"person.died.v1\"}]",
        "[{}]",
        "{}",
        "{\"records\":1}",
        "{\"events\":[{\"key\":true,\"identities\":\"idNumber* local\",\"time\":null}]}",
        "{\"verdict\":\"ok\",\"fault\":null,\"reply\":null,\"repaired\":false,\"events\":[{\"type\":\"person.died.v1\","
        "\"action\":\"assert\",\"businessid\":\"900000501\",\"data\":{\"person\":{\"name\":\"测试甲\",\"idNumber\":"
        "\"990104198001019915\"}}}]}",
    };
    Trial trial;
    begin(&trial);
    for (unsigned i = 0; i < G_N_ELEMENTS(met); i++) {
        assert_differs(&trial, met[i], "");
    }
    end(&trial);
}

static void test_differences_name_places_and_no_values(void)
{
    static const struct {
        const char *json, *difference;
    } cases[] = {
        {"[]", "events has 1 items, not 0"},
        {"[{},\"person.born.v1\"]", "events has 1 items, not 2"},
        {"[\"person.born.v1\"]", "events[0].type has another value"},
        {"[{\"type\":\"person.born.v1\",\"key\":false}]",
         "events[0].type has another value; events[0].key is there"},
        {"[{\"businessid\":null}]", "events[0].businessid is not expected"},
        {"[{\"division\":\"440104\"}]", "events[0].division is missing"},
        {"[{\"identities\":\"idNumber local\"}]", "events[0].identities has another value"},
        {"[{\"data\":{}}]", "events[0].data.person is not expected"},
        {"[{\"data\":{\"person\":{\"name\":\"测试甲\"}}}]", "events[0].data.person.idNumber is not expected"},
        {"[{\"data\":{\"person\":{\"name\":\"测试乙\",\"idNumber\":\"990104198001019915\"}}}]",
         "events[0].data.person.name has another value"},
        {"[{\"data\":{\"person\":{\"name\":\"测试甲\",\"idNumber\":\"990104198001019915\",\"sex\":\"1\"}}}]",
         "events[0].data.person.sex is missing"},
        {"[{\"data\":{\"person\":[]}}]", "events[0].data.person is of another type"},
        {"{\"records\":2}", "records is 1, not 2"},
        {"{\"repaired\":true}", "repaired is false"},
        {"{\"verdict\":\"reject\"}", "verdict is ok (no fault), not reject"},
        {"{\"fault\":\"required-missing\"}", "fault is no fault, not required-missing"},
        {"{\"reply\":\"x\"}", "reply is missing"},
    };
    Trial trial;
    begin(&trial);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_differs(&trial, cases[i].json, cases[i].difference);
    }
    end(&trial);
}

static void test_a_refusal_is_never_what_nobody_expected(void)
{
    Trial trial;
    HtFault fault;
    begin(&trial);
    g_array_set_size(trial.outcome.events, 0);
    trial.outcome.verdict = HT_VERDICT_REJECT;
    ht_fault_set(&fault, "required-missing", "x");
    ht_outcome_add_fault(&trial.outcome, &fault);
    assert_differs(&trial, "[]", "verdict is reject (required-missing), not ok");
    assert_differs(&trial, "{\"events\":[]}", "verdict is reject (required-missing), not ok");
    assert_differs(&trial, "{\"fault\":\"required-missing\"}", "");
    assert_differs(&trial, "{\"verdict\":\"reject\"}", "");
    assert_differs(&trial, "{\"verdict\":\"retry\"}", "verdict is reject (required-missing), not retry");
    assert_differs(&trial, "{\"fault\":\"value-invalid\"}", "fault is required-missing, not value-invalid");
    g_strlcpy(trial.outcome.faults[0].code, "990104198001019915", HT_FAULT_CODE); /* an adapter's own code */
    assert_differs(&trial, "[]", "verdict is reject (a fault), not ok");
    end(&trial);
}

static void test_replies_differ_by_place(void)
{
    static const struct {
        const char *json, *reply, *difference;
    } cases[] = {
        {"{\"reply\":\"<a>1</a>\"}", "<a>1</a>", ""},
        {"{\"reply\":\"<a>1</a>\"}", "<a>2</a>", "reply is another from byte 4 on"},
        {"{\"reply\":\"<a>1</a>\"}", "<a>1</a> ", "reply is another from byte 9 on"},
        {"{\"reply\":\"<a>1</a>\"}", "<a>1", "reply is another from byte 5 on"},
        {"{\"reply\":null}", "<a/>", "reply is not expected"},
        {"{}", "<a/>", ""},
    };
    Trial trial;
    begin(&trial);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *got = differ_with_reply(&trial, cases[i].json, ht_text_from(cases[i].reply));
        g_assert_cmpstr(got, ==, cases[i].difference);
    }
    g_autofree char *got = differ_with_reply(&trial, cases[0].json, HT_TEXT_LITERAL("<a>1</a>\0\0"));
    g_assert_cmpstr(got, ==, "reply is another from byte 9 on");
    end(&trial);
}

static void test_slips_are_errors(void)
{
    static const struct {
        const char *json, *reason;
    } cases[] = {
        {"1", "neither an object nor a list"},
        {"{\"fualt\":null}", "fualt is no member of an expectation"},
        {"{\"records\":\"1\"}", "records is of the wrong type"},
        {"{\"verdict\":\"fine\"}", "verdict is none of ok, reject and retry"},
        {"[1]", "events[0] is neither an object nor the name of a type"},
        {"[{\"divison\":\"440104\"}]", "events[0].divison is no member of an event"},
        {"[{},{\"data\":null}]", "events[1].data is of the wrong type"},
        {"{\"request\":{\"contenttype\":\"x\"}}", "contenttype is no member of an expectation"},
        {"{\"events\":[", "one.expected.json"},
    };
    Trial trial;
    begin(&trial);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(load(&trial, cases[i].json, &error));
        g_assert_nonnull(strstr(error->message, cases[i].reason));
        g_assert_nonnull(strstr(error->message, trial.file));
        g_clear_error(&error);
    }
    end(&trial);
}

static void assert_head(Trial *trial, const char *json, const HtMessageHead *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtExpectation) expectation = load(trial, json, &error);
    HtMessageHead head;
    g_assert_no_error(error);
    ht_expectation_head(expectation, &head);
    g_assert_true(ht_text_equal(head.content_type, expected->content_type));
    g_assert_true(ht_text_equal(head.charset, expected->charset));
    g_assert_true(ht_text_equal(head.soap_action, expected->soap_action));
    g_assert_cmpint(head.soap_expected, ==, expected->soap_expected);
}

static void test_the_head_is_read_as_at_the_door(void)
{
    Trial trial;
    begin(&trial);
    assert_head(&trial, "[]", &(HtMessageHead){.content_type = HT_TEXT_LITERAL("text/xml")});
    assert_head(
        &trial,
        "{\"request\":{\"contentType\":\"text/xml; charset=gb2312\",\"soapAction\":\"\\\"urn:a\\\"\"}}",
        &(HtMessageHead){.content_type = HT_TEXT_LITERAL("text/xml; charset=gb2312"),
                         .charset = HT_TEXT_LITERAL("gb2312"),
                         .soap_action = HT_TEXT_LITERAL("urn:a")});
    assert_head(&trial, "{\"request\":{\"contentType\":\"application/soap+xml; action=\\\"urn:b\\\"\"}}",
                &(HtMessageHead){.content_type = HT_TEXT_LITERAL("application/soap+xml; action=\"urn:b\""),
                                 .soap_action = HT_TEXT_LITERAL("urn:b"),
                                 .soap_expected = true});
    assert_head(&trial, "{\"request\":{\"contentType\":\"multipart/related; boundary=x\"}}",
                &(HtMessageHead){.content_type = HT_TEXT_LITERAL("multipart/related; boundary=x")});
    end(&trial);
}

/* ---- Where fixtures are ---- */

static void put(const char *folder, const char *name)
{
    g_autofree char *file = g_build_filename(folder, name, NULL);
    g_autofree char *parent = g_path_get_dirname(file);
    g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
    g_assert_true(g_file_set_contents(file, "", -1, NULL));
}

/* "own: a.xml b.zip! / pets(pets.xml): c.xml": `!` has an expectation. */
static char *describe(const HtPlaces *places)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < places->groups->len; i++) {
        const HtFixtureGroup *group = places->groups->pdata[i];
        g_autofree char *mapping = group->mapping ? g_path_get_basename(group->mapping) : g_strdup("none");
        g_string_append_printf(text, "%s%s(%s):", i > 0 ? " / " : "", group->name ? group->name : "own",
                               mapping);
        for (unsigned k = 0; k < group->fixtures->len; k++) {
            const HtFixture *fixture = group->fixtures->pdata[k];
            g_string_append_printf(text, " %s%s", fixture->name, fixture->expected ? "!" : "");
        }
    }
    return g_string_free(text, FALSE);
}

static void assert_places(const char *folder, const char *adapter, const char *expected)
{
    g_autofree char *file = g_build_filename(folder, adapter, NULL);
    HtPlacesGiven given = {.data = folder};
    g_autoptr(HtPlaces) places = ht_places_find(file, &given);
    g_autofree char *got = describe(places);
    g_assert_cmpstr(got, ==, expected);
}

static void test_fixtures_are_found_beside_the_adapter(void)
{
    static const char *const files[] = {
        "one/fixtures/b.zip",
        "one/fixtures/b.expected.json",
        "one/fixtures/a.xml",
        "one/fixtures/README.md",
        "one/fixtures/.gitattributes",
        "one/fixtures/pets.xml",
        "one/fixtures/pets/c.xml",
        "one/fixtures/pets/c.expected.json",
        "one/fixtures/cars/d.txt",
        "one/fixtures/lost.expected.json",
        "cars.xml",
        "one.xml",
        "two/two.xml",
        "fixtures/e.xml",
    };
    g_autofree char *folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        put(folder, files[i]);
    }
    assert_places(folder, "one.so",
                  "own(one.xml): a.xml b.zip! lost.expected.json! / cars(cars.xml): cars/d.txt / "
                  "pets(pets.xml): pets/c.xml!");
    assert_places(folder, "two.so", "own(two.xml): e.xml");
    assert_places(folder, "one/three.so",
                  "own(none): a.xml b.zip! lost.expected.json! / cars(cars.xml): cars/d.txt / "
                  "pets(pets.xml): pets/c.xml!");
    const char *const remove[] = {"rm", "-rf", folder, NULL};
    g_assert_true(
        g_spawn_sync(NULL, (char **)remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
}

/* "adapter" or "adapter + FOLDER". */
static char *describe_items(const char *folder, const char *mapping, const HtPlacesGiven *folders)
{
    g_autofree char *adapter = g_build_filename(folder, "one.so", NULL);
    g_autofree char *file = g_build_filename(folder, mapping, NULL);
    const HtGateSource source = {adapter, file, "440304"};
    g_autoptr(GPtrArray) items = ht_gate_items(&source, folders);
    const HtGateItem *first = items->pdata[0];
    g_assert_null(first->mapping);
    g_assert_null(first->division);
    if (items->len == 1) {
        return g_strdup("adapter");
    }
    const HtGateItem *second = items->pdata[1];
    g_autofree char *key = ht_gate_mapping_key(&source);
    g_assert_cmpuint(items->len, ==, 2);
    g_assert_cmpstr(second->mapping, ==, file);
    g_assert_cmpstr(second->division, ==, "440304");
    g_assert_cmpstr(second->key, ==, key);
    return g_strdup_printf("adapter + %s", second->fixtures + strlen(folder) + 1);
}

static void assert_items(const char *folder, const char *mapping, const char *expected)
{
    g_autofree char *data = g_build_filename(folder, "data", NULL);
    g_autofree char *site = g_build_filename(folder, "site.d", NULL);
    const HtPlacesGiven folders = {.data = data, .mappings = site};
    g_autofree char *got = describe_items(folder, mapping, &folders);
    g_assert_cmpstr(got, ==, expected);
}

/* What the adapter's own fixtures try is not tried twice; what the site wrote, or copied, is tried with what lies beside it. */
static void test_a_source_has_its_adapters_and_its_mappings(void)
{
    static const char *const files[] = {"one/fixtures/a.xml",
                                        "one/fixtures/pets/b.xml",
                                        "one.xml",
                                        "pets.xml",
                                        "data/one.xml",
                                        "data/pets.xml",
                                        "data/kept/c.xml",
                                        "data/kept.xml",
                                        "site.d/one.xml",
                                        "site.d/cars.v2.xml",
                                        "site.d/cars.v2/d.xml",
                                        "site.d/bare",
                                        "one.so",
                                        "one/fixtures/dogs.xml",
                                        "one/fixtures/dogs/e.xml",
                                        "site.d/boats.xml",
                                        "site.d/boats/f.xml",
                                        "one/fixtures/boats/g.xml"};
    g_autofree char *folder = g_dir_make_tmp("hutong-XXXXXX", NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        put(folder, files[i]);
    }
    assert_items(folder, "one.xml", "adapter");
    assert_items(folder, "one/fixtures/dogs.xml", "adapter");
    assert_items(folder, "data/one.xml", "adapter");
    assert_items(folder, "data/pets.xml", "adapter");
    assert_items(folder, "data/kept.xml", "adapter + data/kept");
    assert_items(folder, "site.d/one.xml", "adapter + site.d/one");
    assert_items(folder, "site.d/cars.v2.xml", "adapter + site.d/cars.v2");
    assert_items(folder, "site.d/boats.xml", "adapter + site.d/boats"); /* of both */
    assert_items(folder, "site.d/bare", "adapter + site.d/bare");
    assert_items(folder, "site.d/missing.xml", "adapter + site.d/missing");
    g_autofree char *altered = g_build_filename(folder, "data", "one.xml", NULL);
    g_assert_true(g_file_set_contents(altered, "<other/>", -1, NULL));
    assert_items(folder, "data/one.xml", "adapter + data/one");
    const char *const remove[] = {"rm", "-rf", folder, NULL};
    g_assert_true(
        g_spawn_sync(NULL, (char **)remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/expectation/what-is-not-named-is-not-compared", test_what_is_not_named_is_not_compared);
    g_test_add_func("/expectation/differences-name-places-and-no-values",
                    test_differences_name_places_and_no_values);
    g_test_add_func("/expectation/a-refusal-is-never-what-nobody-expected",
                    test_a_refusal_is_never_what_nobody_expected);
    g_test_add_func("/expectation/replies-differ-by-place", test_replies_differ_by_place);
    g_test_add_func("/expectation/slips-are-errors", test_slips_are_errors);
    g_test_add_func("/expectation/the-head-is-read-as-at-the-door", test_the_head_is_read_as_at_the_door);
    g_test_add_func("/fixtures/are-found-beside-the-adapter", test_fixtures_are_found_beside_the_adapter);
    g_test_add_func("/fixtures/a-source-has-its-adapters-and-its-mappings",
                    test_a_source_has_its_adapters_and_its_mappings);
    return g_test_run();
}
