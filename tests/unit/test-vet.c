/* core/message/vet.c: what a host sent is held against the dictionary. */
#include "core/message/vet.h"

#include <string.h>

static HtDictionary *load_dictionary(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_test_build_filename(G_TEST_DIST, "mappings", "dictionary.xml", NULL);
    HtDictionary *dictionary = ht_dictionary_load(file, NULL, NULL, &error);
    g_assert_no_error(error);
    return dictionary;
}

/* Packs, unpacks as from a host, and vets. */
static bool passes(const HtDictionary *dictionary, const char *type, const HtItem *items, size_t count)
{
    HtBuffer data = {0}, packed = {0};
    for (size_t i = 0; i < count && items[i].kind; i++) {
        ht_item_pack(&data, &items[i]);
    }
    HtEvent event = {
        .attr = {[HT_ATTR_TYPE] = ht_text_from(type), [HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert")},
        .data = ht_buffer_text(&data)};
    HtEvent again;
    ht_event_pack(&event, &packed);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_event_unpack(ht_buffer_text(&packed), &again, &error));
    bool good = ht_vet_event(dictionary, &again, &error);
    g_assert_true(good == !error);
    if (error) {
        g_assert_error(error, HT_EVENT_ERROR, 0);
        g_test_message("refused: %s", error->message);
    }
    ht_buffer_clear(&data);
    ht_buffer_clear(&packed);
    return good;
}

#define ELEMENT(text, content) \
    .kind = HT_ITEM_ELEMENT, .name = HT_TEXT_LITERAL(text), .value = HT_TEXT_LITERAL(content)
#define QUALITY(text, mark) \
    .kind = HT_ITEM_QUALITY, .name = HT_TEXT_LITERAL(text), .value = HT_TEXT_LITERAL(mark)

static void test_what_the_mapper_makes_passes(void)
{
    static const HtItem items[] = {
        {ELEMENT("guardian.name", "测试甲"), .repeats = true},
        {ELEMENT("guardian.relation", "51"), .repeats = true},
        {ELEMENT("guardian.name", "测试乙"), .repeats = true, .instance = 1},
        {ELEMENT("household.createdOn", "2009-03-12")},
        {ELEMENT("household.status", "a word of the department's")}, /* withheld in delivery */
        {ELEMENT("person.name", "测试丙")},
        {ELEMENT("person.birthDate", "1980-01")},
        {ELEMENT("person.birthTime", "08:30:00.123")},
        {ELEMENT("person.height", "170"), .form = HT_VALUE_NUMBER},
        {ELEMENT("person.sex", "1\0x\0y"), .form = HT_VALUE_ORIGINAL},
        {ELEMENT("person.name", "测试丙"), .reported = true},
        {QUALITY("person.birthDate", "date-partial")},
        {QUALITY("", "repaired-xml")},
        {.kind = HT_ITEM_UNMAPPED, .name = HT_TEXT_LITERAL("PXH"), .value = HT_TEXT_LITERAL("3")},
    };
    g_autoptr(HtDictionary) dictionary = load_dictionary();
    g_assert_true(passes(dictionary, "person.died.v1", items, G_N_ELEMENTS(items)));
    g_assert_true(passes(dictionary, "person.died.v1", items, 0));
}

static void test_unknown_types_are_refused(void)
{
    static const char *const types[] = {"person.robbed.v1", "person.died.v2", "person.died.v9999",
                                        "subject.merged.v1"}; /* the bus's own */
    g_autoptr(HtDictionary) dictionary = load_dictionary();
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        g_assert_false(passes(dictionary, types[i], NULL, 0));
    }
}

static void test_what_the_dictionary_does_not_know_is_refused(void)
{
    static const HtItem bad[][3] = {
        {{ELEMENT("person.secret", "x")}},
        {{ELEMENT("secret.name", "x")}},
        {{QUALITY("person.name", "990104198001019915")}},
        {{QUALITY("", "测试甲")}},
        {{QUALITY("person.secret", "repaired-xml")}},
        {{QUALITY("测试甲", "repaired-xml")}},
        {{ELEMENT("household.createdOn", "测试甲")}},
        {{ELEMENT("record.changedAt", "990104198001019915")}},
        {{ELEMENT("person.birthDate", "测试甲")}},
        {{ELEMENT("person.birthTime", "08:30:00.")}},
        {{ELEMENT("person.birthTime", "08:30")}},
        {{ELEMENT("person.birthTime", "25:30:00")}},
        {{ELEMENT("person.name", "")}},
        {{ELEMENT("person.name", "1"), .form = HT_VALUE_NUMBER}},
        {{ELEMENT("person.height", "170")}},
        {{ELEMENT("person.name", "1\0x\0y"), .form = HT_VALUE_ORIGINAL}},
        {{ELEMENT("guardian.name", "x")}},
        {{ELEMENT("person.name", "x"), .repeats = true}},
        {{ELEMENT("person.name", "x"), .instance = 1}},
        {{ELEMENT("person.name", "x")}, {ELEMENT("person.sex", "1")}, {ELEMENT("person.name", "y")}},
        {{ELEMENT("guardian.name", "x"), .repeats = true},
         {ELEMENT("guardian.relation", "51"), .repeats = true},
         {ELEMENT("guardian.name", "y"), .repeats = true}},
    };
    g_autoptr(HtDictionary) dictionary = load_dictionary();
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_test_message("case %zu", i);
        g_assert_false(passes(dictionary, "person.died.v1", bad[i], G_N_ELEMENTS(bad[i])));
    }
}

/* A group that comes again, reported, begins anew. */
static bool passes_with_time_of(const HtDictionary *dictionary, const char *names)
{
    HtEvent event = {
        .attr = {
            [HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1"), [HT_ATTR_TIMEELEMENTS] = ht_text_from(names)}};
    return ht_vet_event(dictionary, &event, NULL);
}

static void test_times_are_of_known_elements(void)
{
    g_autoptr(HtDictionary) dictionary = load_dictionary();
    g_assert_true(passes_with_time_of(dictionary, NULL));
    g_assert_true(passes_with_time_of(dictionary, "death.date"));
    g_assert_true(passes_with_time_of(dictionary, "death.date person.birthDate"));
    g_assert_false(passes_with_time_of(dictionary, "death.dat"));
    g_assert_false(passes_with_time_of(dictionary, "death.date  person.birthDate"));
    g_assert_false(passes_with_time_of(dictionary, "death.date x"));
}

static void test_elements_may_come_again_elsewhere(void)
{
    static const HtItem items[] = {
        {ELEMENT("mother.name", "测试甲")},
        {ELEMENT("person.name", "测试乙")},
        {ELEMENT("mother.name", "测试甲"), .reported = true},
        {ELEMENT("person.name", "测试乙"), .reported = true},
    };
    g_autoptr(HtDictionary) dictionary = load_dictionary();
    g_assert_true(passes(dictionary, "person.died.v1", items, G_N_ELEMENTS(items)));
}

/* Every event passes here: 25 elements must cost next to nothing. */
static void test_vetting_is_cheap(void)
{
    g_autoptr(HtDictionary) dictionary = load_dictionary();
    const HtElement *first = ht_dictionary_find_group(dictionary, "person", 6);
    HtBuffer data = {0};
    for (uint32_t i = 0; i < 25; i++) {
        const HtElement *element = ht_dictionary_element(dictionary, first->index + i);
        bool date = element->type == HT_TYPE_DATE, time = element->type == HT_TYPE_TIME;
        HtItem item = {.kind = HT_ITEM_ELEMENT,
                       .name = {element->name, element->name_size},
                       .value = ht_text_from(date   ? "1980-01-01"
                                             : time ? "08:30:00"
                                                    : "some value")};
        ht_item_pack(&data, &item);
    }
    HtEvent event = {.attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1"), .data = ht_buffer_text(&data)};
    const unsigned rounds = 20000;
    int64_t start = g_get_monotonic_time();
    for (unsigned i = 0; i < rounds; i++) {
        g_assert_true(ht_vet_event(dictionary, &event, NULL));
    }
    double each_ns = (double)(g_get_monotonic_time() - start) * 1000 / rounds;
    g_test_message("%.0f ns an event", each_ns);
    g_assert_cmpfloat(each_ns, <, 50000); /* a bound that also holds with sanitizers on a busy machine */
    ht_buffer_clear(&data);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vet/what-the-mapper-makes-passes", test_what_the_mapper_makes_passes);
    g_test_add_func("/vet/unknown-types-are-refused", test_unknown_types_are_refused);
    g_test_add_func("/vet/what-the-dictionary-does-not-know-is-refused",
                    test_what_the_dictionary_does_not_know_is_refused);
    g_test_add_func("/vet/times-are-of-known-elements", test_times_are_of_known_elements);
    g_test_add_func("/vet/elements-may-come-again-elsewhere", test_elements_may_come_again_elsewhere);
    g_test_add_func("/vet/is-cheap", test_vetting_is_cheap);
    return g_test_run();
}
