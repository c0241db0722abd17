/* What counts as content of an event and what does not. */
#include "core/base/event-digest.h"

#include <glib.h>

typedef struct {
    HtEvent event;
    HtBuffer data;
} Sample;

static void add_item(Sample *sample, HtItem item)
{
    ht_item_pack(&sample->data, &item);
    sample->event.data = ht_buffer_text(&sample->data);
}

static HtItem element(const char *name, const char *value)
{
    return (HtItem){.kind = HT_ITEM_ELEMENT, .name = ht_text_from(name), .value = ht_text_from(value)};
}

static Sample *sample_new(void)
{
    Sample *sample = g_new0(Sample, 1);
    for (unsigned attr = 0; attr < HT_ATTR_COUNT; attr++) {
        sample->event.attr[attr] = HT_TEXT_LITERAL("x");
    }
    sample->event.identities[0] = (HtIdentity){HT_TEXT_LITERAL("local"), HT_TEXT_LITERAL("1"), false};
    sample->event.identity_count = 1;
    sample->event.key = HT_TEXT_LITERAL("k");
    add_item(sample, element("person.name", "甲"));
    return sample;
}

static void sample_free(Sample *sample)
{
    ht_buffer_clear(&sample->data);
    g_free(sample);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sample, sample_free)

static bool says_the_same(const Sample *one, const Sample *other)
{
    uint8_t first[HT_EVENT_DIGEST], second[HT_EVENT_DIGEST];
    ht_event_digest(&one->event, first);
    ht_event_digest(&other->event, second);
    return memcmp(first, second, sizeof first) == 0;
}

/* With a key the number is a part of that. Without one it is half known, and still tells records apart. */
static void test_half_a_number(void)
{
    for (unsigned known = 0; known < 2; known++) {
        g_autoptr(Sample) one = sample_new(), other = sample_new();
        one->event.key = other->event.key = known ? HT_TEXT_LITERAL("k") : HT_TEXT_NONE;
        other->event.attr[HT_ATTR_BUSINESSID] = HT_TEXT_LITERAL("y");
        g_assert_true(says_the_same(one, other) == (known == 1));
    }
}

static void test_attributes(void)
{
    static const bool said[HT_ATTR_COUNT] = {
        [HT_ATTR_TYPE] = true,          [HT_ATTR_ACTION] = true,        [HT_ATTR_TIME] = true,
        [HT_ATTR_TIMEPRECISION] = true, [HT_ATTR_REVERSES] = true,      [HT_ATTR_DIVISION] = true,
        [HT_ATTR_FROMDIVISION] = true,  [HT_ATTR_CORRELATIONID] = true, [HT_ATTR_OTHERDIVISIONS] = true,
    };
    for (unsigned attr = 0; attr < HT_ATTR_COUNT; attr++) {
        for (unsigned absent = 0; absent < 2; absent++) {
            g_autoptr(Sample) one = sample_new(), other = sample_new();
            other->event.attr[attr] = absent ? HT_TEXT_NONE : HT_TEXT_LITERAL("y");
            g_assert_cmpint(says_the_same(one, other), ==, !said[attr]);
        }
    }
}

static void test_identities(void)
{
    g_autoptr(Sample) one = sample_new(), fresh = sample_new(), kind = sample_new(), value = sample_new(),
                      more = sample_new();
    fresh->event.identities[0].fresh = true;
    kind->event.identities[0].kind = HT_TEXT_LITERAL("loca");
    value->event.identities[0].value = HT_TEXT_LITERAL("l1");
    more->event.identities[more->event.identity_count++] = more->event.identities[0];
    g_assert_false(says_the_same(one, fresh));
    g_assert_false(says_the_same(one, kind));
    g_assert_false(says_the_same(one, value));
    g_assert_false(says_the_same(one, more));
    kind->event.identities[0].value = HT_TEXT_LITERAL("l1"); /* "loca" "l1" is not "local" "1" */
    g_assert_false(says_the_same(one, kind));
}

/* Width is notation in a text of nothing else; beside other characters it may be as somebody typed it. */
static void test_width(void)
{
    static const struct {
        const char *one, *other;
        bool same;
    } pairs[] = {
        {"AB12", "ＡＢ１２", true},  {"ab_~!`", "ａｂ＿～！｀", true},
        {"A-1", "A－１", true},      {"AB12", "ＡＢ１３", false},
        {"AB12", "ａｂ１２", false}, {"1号", "１号", false},
        {"甲", "乙", false},         {"1", "１１", false},
        {"1", "１\xef\xbc", false},  {"ﾎ", "N", false},
        {"", "　", false},           {"A 1", "Ａ　１", true},
        {"A 1", "A1", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autoptr(Sample) one = sample_new(), other = sample_new();
        add_item(one, element("person.otherIdNumber", pairs[i].one));
        add_item(other, element("person.otherIdNumber", pairs[i].other));
        if (says_the_same(one, other) != pairs[i].same) {
            g_error("\"%s\" and \"%s\"", pairs[i].one, pairs[i].other);
        }
    }
}

/* The groups of a number that is known by its letters and digits are notation; of anything else they may be what was meant. */
static void test_groups(void)
{
    static const char *const same[] = {"AB1234", "AB 12 34", "ＡＢ　１２３４", "AB 1234 "};
    HtItem first = element("person.otherIdNumber", same[0]),
           other = element("person.otherIdNumber", "AB1235");
    first.number = other.number = true;
    for (size_t i = 0; i < G_N_ELEMENTS(same); i++) {
        g_autoptr(Sample) one = sample_new(), two = sample_new(), three = sample_new();
        HtItem item = element("person.otherIdNumber", same[i]);
        item.number = true;
        add_item(one, first);
        add_item(two, item);
        add_item(three, other);
        g_assert_true(says_the_same(one, two));
        g_assert_false(says_the_same(one, three));
    }
}

static void test_elements(void)
{
    HtItem base = element("person.sex", "1"), items[] = {base, base, base, base, base, base};
    items[0].value = HT_TEXT_LITERAL("2");
    items[1].name = HT_TEXT_LITERAL("person.sey");
    items[2].form = HT_VALUE_NUMBER;
    items[3].reported = true;
    items[4].instance = 1;
    items[5].value = HT_TEXT_LITERAL("");
    for (size_t i = 0; i < G_N_ELEMENTS(items); i++) {
        g_autoptr(Sample) one = sample_new(), other = sample_new(), without = sample_new();
        add_item(one, base);
        add_item(other, items[i]);
        g_assert_false(says_the_same(one, other));
        g_assert_false(says_the_same(one, without));
    }
}

/* What came with the sending, and what was thought of it, is not what is said. */
static void test_what_is_not_said(void)
{
    g_autoptr(Sample) one = sample_new(), other = sample_new();
    HtItem sending = element("record.packageNumber", "7");
    sending.sending = true;
    add_item(other, sending);
    add_item(other, (HtItem){.kind = HT_ITEM_QUALITY, .value = HT_TEXT_LITERAL("repaired-xml")});
    add_item(other,
             (HtItem){.kind = HT_ITEM_UNMAPPED, .name = HT_TEXT_LITERAL("A"), .value = HT_TEXT_LITERAL("1")});
    g_assert_true(says_the_same(one, other));
    one->event.time_sent = other->event.time_sent = true;
    other->event.attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("y");
    other->event.attr[HT_ATTR_TIMEPRECISION] = HT_TEXT_LITERAL("y");
    g_assert_true(says_the_same(one, other));
}

/* What there is of a number that lacks a part tells two records apart; beside a whole number it is not there. */
static void test_half_a_key(void)
{
    g_autoptr(Sample) one = sample_new(), other = sample_new();
    one->event.key = other->event.key = HT_TEXT_NONE;
    one->event.half_key = HT_TEXT_LITERAL("t|assert||7");
    g_assert_false(says_the_same(one, other));
    other->event.half_key = HT_TEXT_LITERAL("t|assert||8");
    g_assert_false(says_the_same(one, other));
    other->event.half_key = HT_TEXT_LITERAL("t|assert||7");
    g_assert_true(says_the_same(one, other));
}

/* The host packs, the bus unpacks: all flags arrive. */
static void test_flags_are_packed(void)
{
    g_autoptr(Sample) sample = sample_new();
    HtEvent read;
    HtBuffer packed = {0};
    HtItem sending = element("record.serial", "7"), item;
    sending.sending = true;
    add_item(sample, sending);
    sample->event.time_sent = true;
    sample->event.is_state = true;
    sample->event.half_key = HT_TEXT_LITERAL("t|assert||7");
    ht_event_pack(&sample->event, &packed);
    g_assert_true(ht_event_unpack_again(ht_buffer_text(&packed), &read));
    g_assert_true(read.time_sent);
    g_assert_true(read.is_state);
    g_assert_true(ht_text_is(read.half_key, "t|assert||7"));
    HtUnpack unpack = ht_unpack(read.data.data, read.data.size);
    g_assert_true(ht_item_next(&unpack, &item));
    g_assert_false(item.sending);
    g_assert_true(ht_item_next(&unpack, &item));
    g_assert_true(item.sending);
    ht_buffer_clear(&packed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/event-digest/half-a-number", test_half_a_number);
    g_test_add_func("/event-digest/attributes", test_attributes);
    g_test_add_func("/event-digest/identities", test_identities);
    g_test_add_func("/event-digest/groups-of-a-number-are-notation", test_groups);
    g_test_add_func("/event-digest/width-is-notation", test_width);
    g_test_add_func("/event-digest/elements", test_elements);
    g_test_add_func("/event-digest/what-is-not-said", test_what_is_not_said);
    g_test_add_func("/event-digest/half-a-key", test_half_a_key);
    g_test_add_func("/event-digest/flags-are-packed", test_flags_are_packed);
    return g_test_run();
}
