/* Records inside of records: each event has its own values and those of the record around it, wherever they stand; numbers, places of
 * faults, what is unmapped and what is counted are each record's own. */
#include "tests/lib/mapping-test.h"

#define HOUSE(content)                                                                                      \
    "<event type='household.created.v1' for-each='/D/H'><element to='household.number' from='NO'/>" content \
    "</event>"
#define TENANT(content)                                                                        \
    "<event type='person.moved-in.v1' for-each='/D/H/T'><element to='person.name' from='XM'/>" \
    "<element to='registration.remark' from='/D/H/NO'/>" content "</event>"
#define REMARK(text) "\"remark\":\"" text "\""
#define NUMBER(text) "\"number\":\"" text "\""

static MappingTest *new_lax(const char *mapping)
{
    HtMapperOptions options = {ht_limits_default(), "440104", true, false, false};
    return mapping_test_new_with(mapping, &options);
}

/* What is around a record may stand before, behind and between. */
static void test_both(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(TENANT("") HOUSE("")));
    const char *const payloads[] = {
        "<D><H><NO>1</NO><T><XM>n1</XM></T><T><XM>n2</XM></T></H><H><NO>2</NO><T><XM>n3</XM></T></H></D>",
        "<D><H><T><XM>n1</XM></T><T><XM>n2</XM></T><NO>1</NO></H><H><T><XM>n3</XM></T><NO>2</NO></H></D>",
        "<D><H><T><XM>n1</XM></T><NO>1</NO><T><XM>n2</XM></T></H><H><NO>2</NO><T><XM>n3</XM></T></H></D>",
    };
    g_autofree char *first[5] = {NULL, NULL, NULL, NULL, NULL};
    for (unsigned i = 0; i < G_N_ELEMENTS(payloads); i++) {
        mapping_test_run(test, payloads[i]);
        assert_events(test, 5);
        g_assert_cmpuint(test->outcome.records, ==, 5);
        for (unsigned e = 0; e < 5; e++) {
            g_autofree char *json = mapping_test_json(test, e);
            first[e] = first[e] ? first[e] : g_strdup(json);
            g_assert_cmpstr(json, ==, first[e]);
        }
    }
    assert_has(test, 0, NUMBER("1"));
    assert_lacks(test, 0, "n1");
    assert_has(test, 1, "n1");
    assert_has(test, 1, REMARK("1"));
    assert_has(test, 2, "n2");
    assert_has(test, 2, REMARK("1"));
    assert_has(test, 3, NUMBER("2"));
    assert_has(test, 4, "n3");
    assert_has(test, 4, REMARK("2"));
    for (unsigned e = 0; e < 5; e++) {
        assert_lacks(test, e, "unmapped");
    }
    for (unsigned e = 0; e < 5; e++) {
        g_free(first[e]);
        first[e] = NULL;
    }
}

/* As attributes, too. */
static void test_attributes(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='household.created.v1' for-each='/D/H'><element to='household.number' from='@NO'/></event>"
        "<event type='person.moved-in.v1' for-each='/D/H/T'><element to='person.name' from='@XM'/>"
        "<element to='registration.remark' from='/D/H/@NO'/></event>"));
    mapping_test_run(test, "<D><H NO='1'><T XM='n1'/><T XM='n2'/></H><H><T XM='n3' U='u'/></H></D>");
    assert_events(test, 5);
    assert_has(test, 2, REMARK("1"));
    assert_lacks(test, 4, "remark");
    assert_has(test, 4, "{\"name\":\"@U\",\"value\":\"u\"}");
}

#define PARTS 4

/* The house's parts in an order that `number`, from 0 to 23, says. */
static void add_parts(GString *xml, unsigned number)
{
    const char *left[PARTS] = {"<NO>1</NO>", "<S><T><XM>n1</XM></T><C>c</C></S>", "<K a='k'/>",
                               "<S><U>u</U><T><XM>n1</XM></T></S>"};
    for (unsigned n = PARTS; n > 0; n--) {
        unsigned place = number % n;
        number /= n;
        g_string_append(xml, left[place]);
        left[place] = left[n - 1];
    }
}

/* In whatever order what is around them stands, the same comes of it. */
static void test_orders(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(HOUSE(
        "<ignore from='K S/C'/>") "<event type='person.moved-in.v1' for-each='/D/H/S/T'><id from='/D/H/NO XM'/>"
                                  "<element to='person.name' from='XM'/><element to='registration.remark' from='/D/H/NO'/>"
                                  "<element to='registration.handler' from='/D/H/K/@a'/></event>"));
    g_autofree char *house = NULL, *person = NULL;
    for (unsigned i = 0; i < 24; i++) {
        g_autoptr(GString) xml = g_string_new("<D><H>");
        add_parts(xml, i);
        g_string_append(xml, "</H><H>");
        add_parts(xml, 23 - i);
        g_string_append(xml, "</H></D>");
        mapping_test_run(test, xml->str);
        assert_events(test, 6);
        for (unsigned e = 0; e < 6; e++) {
            char **first = e % 3 == 0 ? &house : &person;
            g_autofree char *json = mapping_test_json(test, e);
            *first = *first ? *first : g_strdup(json);
            g_assert_cmpstr(json, ==, *first);
        }
    }
    g_assert_nonnull(strstr(person, "\"handler\":\"k\""));
    g_assert_nonnull(strstr(house, "{\"name\":\"S/U\",\"value\":\"u\"}"));
}

static void test_none_inside(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(TENANT("") HOUSE("")));
    mapping_test_run(test, "<D><H><NO>1</NO></H><H><NO>2</NO><T><XM>n</XM></T></H><H/></D>");
    assert_events(test, 4);
    assert_has(test, 0, NUMBER("1"));
    assert_lacks(test, 0, "unmapped");
    assert_has(test, 2, REMARK("2"));
    assert_has(test, 3, "household.created");
    assert_lacks(test, 3, "unmapped");
}

/* Fields that nobody names go with the record that they stand in. */
static void test_unmapped(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING(TENANT("<element to='registration.handler' from='/D/H/X'/>") HOUSE("")));
    mapping_test_run(test, "<D><U>d</U><H k='a'><T><XM>n1</XM><U>t</U></T><NO>1</NO><U>h</U><X>x</X></H>"
                           "<H><NO>2</NO><X>y</X></H></D>");
    assert_events(test, 3);
    assert_has(test, 0,
               "\"unmapped\":[{\"name\":\"@k\",\"value\":\"a\"},{\"name\":\"U\",\"value\":\"h\"},"
               "{\"name\":\"X\",\"value\":\"x\"},{\"name\":\"/D/U\",\"value\":\"d\"}]");
    assert_has(test, 1, "\"handler\":\"x\"");
    assert_has(test, 1,
               "\"unmapped\":[{\"name\":\"U\",\"value\":\"t\"},{\"name\":\"/D/U\",\"value\":\"d\"}]");
    assert_has(test, 2, "{\"name\":\"X\",\"value\":\"y\"}");
}

/* Each is refused alone, with its place; the others are whole. */
static void test_faults(void)
{
    g_autoptr(MappingTest) test = new_lax(MAPPING(
        "<event type='household.created.v1' for-each='/D/H'><element to='household.number' from='NO' required='yes'/></event>"
        "<event type='person.moved-in.v1' for-each='/D/H/L/T'><element to='person.name' from='XM' required='yes'/>"
        "<element to='registration.remark' from='/D/H/NO'/></event>"));
    g_assert_cmpint(mapping_test_run(test, "<D>\n<H>\n<NO>1</NO><L>\n<T><XM>n1</XM></T>\n<T/></L></H>\n"
                                           "<H><L>\n<T/>\n<T><XM>n4</XM></T></L></H></D>"),
                    ==, HT_VERDICT_OK);
    assert_events(test, 3);
    g_assert_cmpuint(test->outcome.records, ==, 6);
    g_assert_cmpuint(test->outcome.rejected, ==, 3);
    assert_has(test, 1, "n1");
    assert_has(test, 2, "n4");
    assert_lacks(test, 2, "remark");
    const char *const places[] = {"; /D/H[1]/L/T[2]", "a required element has no value", "; /D/H[2]/L/T[1]"};
    const unsigned lines[] = {5, 6, 7}, records[] = {3, 4, 5};
    g_assert_cmpuint(test->outcome.fault_count, ==, 3);
    for (unsigned i = 0; i < 3; i++) {
        const HtFault *fault = &test->outcome.faults[i];
        assert_fault(test, i, "required-missing");
        g_assert_true(g_str_has_suffix(fault->text, places[i]));
        g_assert_cmpuint(fault->line, ==, lines[i]);
        g_assert_cmpuint(fault->record, ==, records[i]);
    }
    g_autoptr(MappingTest) strict = mapping_test_new(
        MAPPING(TENANT("<element to='person.idNumber' from='ID' required='yes'/>") HOUSE("")));
    g_assert_cmpint(mapping_test_run(strict, "<D><H><NO>1</NO><T><XM>n</XM></T></H></D>"), ==,
                    HT_VERDICT_REJECT);
}

/* Skipped, of another kind, cancelled: of one record nothing is concluded for those inside of it but what they ask themselves. */
static void test_conditions(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<skip for-each='/D/H' when=\"K='label'\"/><skip for-each='/D/H/T' when=\"/D/H/K='label'\"/>" HOUSE(
            "<ignore from='K'/>") "<event type='person.moved-in.v1' for-each='/D/H/T' when=\"not(/D/H/K='out')\">"
                                  "<element to='person.name' from='XM'/></event>"
                                  "<event type='person.moved-out.v1' for-each='/D/H/T' when=\"/D/H/K='out'\">"
                                  "<element to='person.name' from='XM'/></event>"));
    mapping_test_run(test, "<D><H><T><XM>n0</XM></T><K>label</K></H><H><T><XM>n1</XM></T><K>out</K></H>"
                           "<H><T><XM>n2</XM></T></H></D>");
    assert_events(test, 4);
    assert_has(test, 1, "moved-out");
    assert_has(test, 3, "moved-in");
    assert_lacks(test, 1, "unmapped");
}

/* A number may be made of both; the same one in another house is another. */
static void test_keys(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING(TENANT("<id from='/D/H/NO BH'/>") HOUSE("<id from='NO'/>")));
    mapping_test_run(
        test, "<D><H><T><BH>7</BH></T><NO>1</NO><T><BH>8</BH></T></H><H><NO>2</NO><T><BH>7</BH></T></H></D>");
    assert_events(test, 5);
    HtText keys[5];
    for (unsigned i = 0; i < 5; i++) {
        keys[i] = mapping_test_event(test, i).key;
        g_assert_nonnull(keys[i].data);
        for (unsigned other = 0; other < i; other++) {
            g_assert_false(ht_text_equal(keys[i], keys[other]));
        }
    }
    g_autofree char *key = g_strndup(keys[1].data, keys[1].size);
    mapping_test_run(test, "<D><H><NO>1</NO><T><BH>7</BH></T></H></D>");
    g_assert_true(ht_text_is(mapping_test_event(test, 1).key, key));
    mapping_test_run(test, "<D><H><T><BH>7</BH></T></H></D>");
    g_assert_null(mapping_test_event(test, 1).key.data);
}

/* What was put right is marked where it is carried, and nowhere else. */
static void test_marks(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(TENANT("") HOUSE(
        "") "<event type='person.moved-out.v1' for-each='/D/H/V'><element to='person.name' from='XM'/></event>"));
    mapping_test_run(test, "<D><H><T><XM>n\u200e1</XM></T><NO>\u200f1</NO><V><XM>n2</XM></V></H></D>");
    assert_events(test, 3);
    assert_has(test, 0, "{\"mark\":\"invisible-removed\",\"element\":\"household.number\"}");
    assert_lacks(test, 0, "person.name");
    assert_has(test, 1, "{\"mark\":\"invisible-removed\",\"element\":\"person.name\"}");
    assert_has(test, 1, "{\"mark\":\"invisible-removed\",\"element\":\"registration.remark\"}");
    assert_has(test, 2, "n2");
    assert_lacks(test, 2, "invisible-removed");
}

/* A record may list those inside of it as its own instances, and read of them. */
static void test_each(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.registered.v1' for-each='/D/H'><element to='person.name' from='XM'/>"
        "<element to='registration.remark' from='L/T/BZ'/>"
        "<each path='L/T' group='guardian'><element to='guardian.name' from='XM'/><element to='guardian.phone' from='P/N'/></each></event>"
        "<event type='person.moved-in.v1' for-each='/D/H/L/T'><element to='person.name' from='XM'/>"
        "<each path='P' group='guardian'><element to='guardian.phone' from='N'/></each></event>"));
    mapping_test_run(test,
                     "<D><H><L><T><XM>n1</XM><P><N>11</N></P><P><N>12</N></P></T>"
                     "<T><BZ>b</BZ><P><N>21</N></P><XM>n\u200e2</XM><U>u</U></T></L><XM>n0</XM></H></D>");
    assert_events(test, 3);
    assert_has(test, 0, "[{\"name\":\"n1\",\"phone\":\"11\"},{\"name\":\"n2\",\"phone\":\"21\"}]");
    assert_has(test, 0, REMARK("b"));
    assert_has(test, 0, "invisible-removed");
    assert_lacks(test, 0, "unmapped");
    assert_has(test, 1, "[{\"phone\":\"11\"},{\"phone\":\"12\"}]");
    assert_lacks(test, 1, "invisible-removed");
    assert_has(test, 2, "[{\"phone\":\"21\"}]");
    assert_has(test, 2, "{\"name\":\"U\",\"value\":\"u\"}");
}

/* Sections in a record, each with a value of its own behind its rows, and one behind all houses. */
static void test_sections(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(HOUSE(
        "<ignore from='S/A/C'/>") "<event type='person.moved-in.v1' for-each='/D/H/S/T'><element to='person.name' from='XM'/>"
                                  "<element to='registration.remark' from='/D/H/S/A/C'/><element to='registration.handler' from='/D/H/NO'/>"
                                  "<element to='person.phone' from='/D/END'/></event>"));
    mapping_test_run(test, "<D><H><S><T><XM>n1</XM></T><A><C>c1</C></A></S><S><T><XM>n2</XM></T><A/></S>"
                           "<S><T><XM>n3</XM></T><A><C>c3</C></A><T><XM>n4</XM></T></S><NO>1</NO></H>"
                           "<H><S><T><XM>n5</XM></T></S><NO>2</NO></H><H><NO>3</NO></H><END>e</END></D>");
    assert_events(test, 8);
    const char *const expected[] = {NUMBER("1"),  REMARK("c1"), "n2", REMARK("c3"),
                                    REMARK("c3"), NUMBER("2"),  "n5", NUMBER("3")};
    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
        assert_has(test, i, expected[i]);
        assert_lacks(test, i, "unmapped");
    }
    assert_lacks(test, 2, "remark");
    assert_lacks(test, 6, "remark");
    for (unsigned i = 1; i < 5; i++) {
        assert_has(test, i, "\"handler\":\"1\"");
        assert_has(test, i, "\"phone\":\"e\"");
    }
    assert_has(test, 6, "\"handler\":\"2\"");
    assert_has(test, 6, "\"phone\":\"e\"");
}

#define LEVELS                                                                                        \
    HOUSE("")                                                                                         \
    "<event type='household.changed.v1' for-each='/D/H/U'><element to='household.number' from='NO'/>" \
    "<element to='household.numberBefore' from='/D/H/NO'/></event>"                                   \
    "<event type='person.moved-in.v1' for-each='/D/H/U/T'><element to='person.name' from='XM'/>"      \
    "<element to='registration.remark' from='/D/H/U/NO'/><element to='registration.handler' from='/D/H/NO'/></event>"

static void test_three_levels(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(LEVELS));
    mapping_test_run(test,
                     "<D><H><U><T><XM>n1</XM></T><NO>11</NO><T><XM>n2</XM></T></U><U><NO>12</NO></U>"
                     "<U><T><XM>n3</XM></T></U><NO>1</NO></H><H><NO>2</NO><U><T><XM>n4</XM></T></U></H></D>");
    assert_events(test, 10);
    const char *const expected[] = {
        "household.created", NUMBER("11"),        "n1", "n2", NUMBER("12"), "household.changed", "n3",
        "household.created", "household.changed", "n4"};
    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
        assert_has(test, i, expected[i]);
        assert_lacks(test, i, "unmapped");
    }
    assert_has(test, 1, "\"numberBefore\":\"1\"");
    assert_has(test, 2, REMARK("11"));
    assert_has(test, 3, REMARK("11"));
    assert_has(test, 3, "\"handler\":\"1\"");
    assert_lacks(test, 6, "remark");
    assert_has(test, 6, "\"handler\":\"1\"");
    assert_lacks(test, 9, "remark");
    assert_has(test, 9, "\"handler\":\"2\"");
}

/* Numbers that a record states of those inside of it, each its own, also in an element of it. */
static void test_counts(void)
{
#define COUNTED                                                                                  \
    HOUSE("")                                                                                    \
    "<event type='person.moved-in.v1' for-each='/D/H/L/T'><element to='person.name' from='XM'/>" \
    "<element to='registration.remark' from='/D/H/NO'/></event>"
    const char *const mappings[] = {MAPPING("<count from='/D/H/@n' of='/D/H/L/T'/>" COUNTED),
                                    MAPPING("<count from='/D/H/L/@n' of='/D/H/L/T'/>" COUNTED)};
    const char *const good[] = {
        "<D><H n='2'><L><T/><T/></L><NO>1</NO></H><H n='0'/><H n='1'><L><T/></L></H></D>",
        "<D><H><L n='2'><T/><T/></L><L n='1'><T/></L><NO>1</NO></H><H/><H><L n='0'/></H></D>"};
    const char *const bad[] = {"<D><H n='2'><L><T/></L></H><H n='1'><L><T/><T/></L></H></D>",
                               "<D><H><L n='2'><T/></L><L n='1'><T/><T/></L></H></D>"};
    for (unsigned i = 0; i < 2; i++) {
        g_autoptr(MappingTest) test = mapping_test_new(mappings[i]);
        g_assert_cmpint(mapping_test_run(test, good[i]), ==, HT_VERDICT_OK);
        assert_events(test, 6);
        assert_lacks(test, 0, "unmapped");
        assert_has(test, 0, NUMBER("1")); /* counting does not end the waiting for what stands behind */
        assert_has(test, 1, REMARK("1"));
        g_assert_cmpint(mapping_test_run(test, bad[i]), ==, HT_VERDICT_REJECT);
        assert_fault(test, 0, "count-mismatch");
    }
}

/* More than may be held is refused, not cut; and a payload behind it is as if nothing had been. */
static void test_limits(void)
{
    g_autoptr(GString) xml = g_string_new("<D><H>");
    for (unsigned i = 0; i < 200; i++) {
        g_string_append_printf(xml, "<T><XM>n%u</XM></T>", i);
    }
    g_string_append(xml, "<NO>1</NO></H></D>");
    HtMapperOptions options = {ht_limits_default(), "440104", true, false, false};
    options.limits.held_bytes = 8192;
    g_autoptr(MappingTest) test = mapping_test_new_with(MAPPING(TENANT("") HOUSE("")), &options);
    g_assert_cmpint(mapping_test_run(test, xml->str), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "record-too-large");
    g_assert_nonnull(strstr(test->outcome.faults[0].text, "max-held"));
    mapping_test_run(test, "<D><H><T><XM>n1</XM></T><NO>2</NO></H></D>");
    assert_events(test, 2);
    assert_has(test, 1, REMARK("2"));

    options.limits = ht_limits_default();
    options.limits.records = 200;
    g_autoptr(MappingTest) many = mapping_test_new_with(MAPPING(TENANT("") HOUSE("")), &options);
    mapping_test_run(many, xml->str);
    assert_fault(many, 0, "too-many-records");
    options.limits.records = 201;
    g_autoptr(MappingTest) enough = mapping_test_new_with(MAPPING(TENANT("") HOUSE("")), &options);
    mapping_test_run(enough, xml->str);
    assert_events(enough, 201);
    assert_has(enough, 200, "n199");
    assert_has(enough, 200, REMARK("1"));
}

/* Records beside those that hold others are as they always were. */
static void test_beside(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(TENANT("") HOUSE(
        "") "<event type='person.moved-out.v1' for-each='/D/V'><element to='person.name' from='XM'/>"
            "<element to='registration.remark' from='/D/HEAD'/></event>"));
    mapping_test_run(
        test, "<D><V><XM>n1</XM></V><H><T><XM>n2</XM></T><NO>1</NO></H><V><XM>n3</XM></V><HEAD>h</HEAD></D>");
    assert_events(test, 4);
    const char *const expected[] = {"n1", NUMBER("1"), "n2", "n3"};
    for (unsigned i = 0; i < 4; i++) {
        assert_has(test, i, expected[i]);
    }
    assert_has(test, 0, REMARK("h"));
    assert_has(test, 2, REMARK("1"));
    assert_has(test, 3, REMARK("h"));
}

/* A value's text that comes in pieces around a record inside is one. */
static void test_mixed_text(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='household.created.v1' for-each='/D/H'><element to='household.number' from='.'/></event>"
        "<event type='person.moved-in.v1' for-each='/D/H/T'><element to='person.name' from='XM'/></event>"));
    mapping_test_run(test, "<D><H>a<T><XM>n1</XM></T>b<T><XM>n2</XM></T>c</H></D>");
    assert_has(test, 0, NUMBER("abc"));
    assert_has(test, 2, "n2");
}

/* ---- What cannot be said ---- */

static void expect(const char *content, const char *errors)
{
    g_autofree char *told = NULL, *text = g_strdup_printf(MAPPING("\n%s"), content);
    g_autoptr(HtMapping) mapping = mapping_test_compile(text, &told);
    g_assert_null(mapping);
    g_assert_cmpstr(told, ==, errors);
}

static void test_errors(void)
{
    expect(
        TENANT("") HOUSE("<element to='household.kind' xpath='K'/>"),
        ":2: error: for-each=\"/D/H/T\" lies inside of for-each=\"/D/H\" (line 2): no XPath is possible in either; paths, "
        "also absolute ones, reach what is inside and around");
    expect("<fields for='/D/H' form='hl7'><field name='NO' from='a/b'/></fields>" TENANT("") HOUSE(""),
           ":2: error: for-each=\"/D/H\" has records inside: it is no place for <fields>, nor in one");
    expect(
        "<event type='household.created.v1' for-each='/D/H'><ignore from='L'/></event>"
        "<event type='person.moved-in.v1' for-each='/D/H/L/T'><element to='person.name' from='XM'/></event>",
        ":2: error: for-each=\"/D/H\": its \"L\" is ignored, and records lie in it");
    expect(
        "<event type='person.registered.v1' for-each='/D/H'><each path='T/P' group='guardian'><element to='guardian.name' from='XM'/></each></event>\n"
        "<event type='person.moved-in.v1' for-each='/D/H/T'><each path='P' group='guardian'><element to='guardian.name' from='XM'/></each></event>",
        ":3: error: <each path=\"P\">: the same element is an <each path=\"T/P\"> already, of another record");
    expect(
        LEVELS
        "<event type='person.moved-in.v1' for-each='/D/H/U/T/A'/>\n<event type='person.moved-in.v1' for-each='/D/H/U/T/A/B'/>",
        ":3: error: for-each=\"/D/H/U/T/A/B\": more than 4 records lie inside of each other");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nested/each-has-its-own-and-what-is-around", test_both);
    g_test_add_func("/nested/attributes", test_attributes);
    g_test_add_func("/nested/any-order", test_orders);
    g_test_add_func("/nested/none-inside", test_none_inside);
    g_test_add_func("/nested/unmapped-stays-with-its-record", test_unmapped);
    g_test_add_func("/nested/a-bad-one-refuses-itself-only", test_faults);
    g_test_add_func("/nested/conditions-on-what-is-around", test_conditions);
    g_test_add_func("/nested/keys", test_keys);
    g_test_add_func("/nested/marks-stand-where-the-value-does", test_marks);
    g_test_add_func("/nested/instances-that-are-records-too", test_each);
    g_test_add_func("/nested/sections-keep-their-own", test_sections);
    g_test_add_func("/nested/three-levels", test_three_levels);
    g_test_add_func("/nested/counts", test_counts);
    g_test_add_func("/nested/is-bounded", test_limits);
    g_test_add_func("/nested/records-beside", test_beside);
    g_test_add_func("/nested/mixed-text", test_mixed_text);
    g_test_add_func("/nested/what-cannot-be-said", test_errors);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
