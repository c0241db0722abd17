/* The matcher alone, fed by hand: documents in any order and shape, without a parser before it or a recorder behind it. */
#include "mappings/engine/match/match.h"
#include "tests/lib/mapping-test.h"

typedef struct {
    HtMapping *mapping;
    HtMatch match;
    GString *
        seen; /* a line for each record: values in the order of `slots`, then the number of unmapped fields */
    const char *slots;
    HtLimits limits;
} MatchTest;

static HtName intern(void *user, const char *name)
{
    (void)user;
    return g_intern_string(name);
}

/* The record's slot of that path. */
static HtSlot find_slot(const MatchTest *test, const char *path)
{
    for (guint i = 0; i < test->mapping->record_paths->len; i++) {
        if (strcmp(test->mapping->record_paths->pdata[i], path) == 0) {
            return (HtSlot)i;
        }
    }
    return HT_SLOT_NONE;
}

static void note_record(void *user, const HtRecordRule *rule)
{
    MatchTest *test = user;
    g_auto(GStrv) paths = g_strsplit(test->slots, " ", -1);
    g_string_append_printf(test->seen, "%s", rule->path);
    for (char **path = paths; *path; path++) {
        HtText value = ht_match_raw(&test->match, find_slot(test, *path));
        g_string_append_printf(test->seen, " %.*s", value.data ? (int)value.size : 1,
                               value.data ? value.data : "?");
    }
    g_string_append_printf(test->seen, " +%u\n", test->match.record_unmapped.count);
}

static MatchTest *match_test_new(const char *text, const char *slots)
{
    MatchTest *test = g_new0(MatchTest, 1);
    test->limits = ht_limits_default();
    HtMatchHooks hooks = {.record_end = note_record, .user = test, .limits = &test->limits};
    test->mapping = mapping_test_compile(text, NULL);
    test->seen = g_string_new(NULL);
    test->slots = slots;
    ht_match_init(&test->match, test->mapping, &hooks, intern, NULL);
    ht_match_begin(&test->match);
    return test;
}

static void match_test_free(MatchTest *test)
{
    ht_match_clear(&test->match);
    ht_mapping_free(test->mapping);
    g_string_free(test->seen, TRUE);
    g_free(test);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MatchTest, match_test_free)

/* A document as a text: `<name`, `>` ends the innermost, `[` and `]` begin and end a document, `@name=value` is an attribute
 * of the element just named, all else is text; separated by blanks. */
static void feed(MatchTest *test, const char *script)
{
    g_auto(GStrv) words = g_strsplit(script, " ", -1);
    for (char **word = words; *word; word++) {
        if (strcmp(*word, "[") == 0) {
            ht_match_document_start(&test->match);
        } else if (strcmp(*word, "]") == 0) {
            ht_match_document_end(&test->match);
        } else if (strcmp(*word, ">") == 0) {
            ht_match_end(&test->match);
        } else if (**word != '<') {
            ht_match_text(&test->match, *word, strlen(*word));
        } else if (word[1] && *word[1] == '@') {
            char *value = strchr(word[1], '=');
            *value++ = '\0';
            HtAttribute attribute = {g_intern_string(word[1] + 1), ht_text_from(value), false};
            ht_match_start(&test->match, g_intern_string(*word + 1), &attribute, 1);
            word++;
        } else {
            ht_match_start(&test->match, g_intern_string(*word + 1), NULL, 0);
        }
    }
}

static void expect(MatchTest *test, const char *script, const char *seen)
{
    ht_match_begin(&test->match);
    g_string_truncate(test->seen, 0);
    feed(test, script);
    g_assert_cmpstr(test->seen->str, ==, seen);
    g_assert_cmpuint(test->match.depth, ==, 0);
}

#define ELEMENT(to, from) "<element to='" to "' from='" from "'/>"
#define EIGHT                         \
    ELEMENT("person.name", "a")       \
    ELEMENT("person.formerName", "b") \
    ELEMENT("person.surname", "c")    \
    ELEMENT("person.givenName", "d")  \
    ELEMENT("person.phone", "e")      \
    ELEMENT("person.phone2", "f") ELEMENT("person.remark", "g/h") ELEMENT("person.employer", "@i")
#define RECORD(content) MAPPING("<event type='person.moved-in.v1' for-each='/r/s'>" content "</event>")

static void test_any_order(void)
{
    g_autoptr(MatchTest) test = match_test_new(RECORD(EIGHT), "a b c d e f g/h @i");
    const char *in_order = "[ <r <s @i=9 <a 1 > <b 2 > <c 3 > <d 4 > <e 5 > <f 6 > <g <h 7 > > > > ]";
    const char *backwards = "[ <r <s @i=9 <g <h 7 > > <f 6 > <e 5 > <d 4 > <c 3 > <b 2 > <a 1 > > > ]";
    for (unsigned i = 0; i < 50; i++) {
        expect(test, in_order, "/r/s 1 2 3 4 5 6 7 9 +0\n");
        expect(test, backwards, "/r/s 1 2 3 4 5 6 7 9 +0\n");
        expect(test, "[ <r <s <x 1 > <c 3 > > > ]", "/r/s ? ? 3 ? ? ? ? ? +1\n");
    }
}

static void test_first_counts(void)
{
    g_autoptr(MatchTest) test = match_test_new(RECORD(EIGHT), "a b");
    expect(test, "[ <r <s <a > <a 1 > <a 2 > <b 3 > <b 4 > > <s > > ]", "/r/s 1 3 +2\n/r/s ? ? +0\n");
}

static void test_deep(void)
{
    g_autoptr(MatchTest) test = match_test_new(RECORD(EIGHT), "a");
    g_autoptr(GString) script = g_string_new("[ <r <s <a 1 > ");
    for (unsigned i = 0; i < 200; i++) {
        g_string_append(script, "<deep ");
    }
    g_string_append(script, "text ");
    for (unsigned i = 0; i < 202; i++) {
        g_string_append(script, "> ");
    }
    g_string_append(script, "]");
    expect(test, script->str, "/r/s 1 +1\n");
}

/* A document inside of a record's string: its fields are the record's unmapped ones, its records none of their own. */
static void test_documents_nest(void)
{
    g_autoptr(MatchTest) test = match_test_new(RECORD(EIGHT), "a");
    expect(test, "[ <r <s <z [ <r <s <a 1 > > > ] > <a 2 > > > ]", "/r/s 2 +1\n");
    expect(test, "[ <op <arg [ <r <s <a 1 > > > ] > <b [ <r <s <a 2 > > > ] > > ]", "/r/s 1 +0\n/r/s 2 +0\n");
    g_assert_true(test->match.known);
    expect(test, "[ <op <s > > ]", "");
    g_assert_false(test->match.known);
}

static void test_instances_are_capped(void)
{
    g_autoptr(MatchTest) test = match_test_new(
        RECORD(ELEMENT("person.name",
                       "a") "<each path='p' group='guardian'><element to='guardian.name' from='n'/></each>"),
        "a");
    g_autoptr(GString) script = g_string_new("[ <r <s ");
    for (unsigned i = 0; i < test->limits.instances + 10; i++) {
        g_string_append(script, "<p <n 1 > > ");
    }
    g_string_append(script, "> > ]");
    ht_match_begin(&test->match);
    feed(test, script->str);
    g_assert_cmpuint(test->match.instances[0].count, ==, test->limits.instances);
    g_assert_true(test->match.instances[0].surplus);
}

static void test_serials_start_over(void)
{
    g_autoptr(MatchTest) test = match_test_new(RECORD(EIGHT), "a b");
    expect(test, "[ <r <s <a 1 > <b 2 > > > ]", "/r/s 1 2 +0\n");
    test->match.serial = UINT32_MAX - 5;
    expect(test, "[ <r <s <a 1 > > > ]", "/r/s 1 ? +0\n");
    g_assert_cmpuint(test->match.serial, <, 10);
}

static void test_broken_off(void)
{
    g_autoptr(MatchTest) test = match_test_new(RECORD(EIGHT), "a");
    ht_match_begin(&test->match);
    feed(test, "[ <r <s <a 1");
    expect(test, "[ <r <s <a 2 > > > ]", "/r/s 2 +0\n");
    ht_match_end(&test->match);
    ht_match_text(&test->match, "x", 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping-match/fields-in-any-order", test_any_order);
    g_test_add_func("/mapping-match/the-first-value-counts", test_first_counts);
    g_test_add_func("/mapping-match/deeper-than-its-first-memory", test_deep);
    g_test_add_func("/mapping-match/documents-nest", test_documents_nest);
    g_test_add_func("/mapping-match/instances-are-capped", test_instances_are_capped);
    g_test_add_func("/mapping-match/serials-start-over", test_serials_start_over);
    g_test_add_func("/mapping-match/a-payload-broken-off-leaves-nothing", test_broken_off);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
