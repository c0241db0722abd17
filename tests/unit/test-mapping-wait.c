/* Values around the records that come after them: the records wait for them, keep their order, and are made once. */
#include "tests/lib/mapping-test.h"

#define NAME "<element to='person.name' from='XM'/>"
#define EVENT(type, content) "<event type='" type "' for-each='/ROWS/ROW'" content NAME "</event>"
#define HEAD EVENT("person.moved-in.v1", "><element to='registration.remark' from='/ROWS/HEAD/BZ'/>")
#define REMARK(text) "\"remark\":\"" text "\""

static void test_after(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(HEAD));
    mapping_test_run(test, "<ROWS><ROW><XM>测试甲</XM></ROW><ROW><XM>测试乙</XM><OTHER>o</OTHER></ROW>"
                           "<HEAD><BZ>b</BZ><MORE>m</MORE></HEAD></ROWS>");
    assert_events(test, 2);
    g_assert_cmpuint(test->outcome.records, ==, 2);
    assert_has(test, 0, "测试甲");
    assert_has(test, 0, REMARK("b"));
    assert_has(test, 1, "测试乙");
    assert_has(test, 1, REMARK("b"));
    assert_has(test, 1,
               "{\"name\":\"OTHER\",\"value\":\"o\"},{\"name\":\"/ROWS/HEAD/MORE\",\"value\":\"m\"}");
}

/* What is made of a record is the same, whether it waited or not. */
static void test_same(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(EVENT(
        "person.moved-in.v1",
        "><id from='NO'/><element to='registration.remark' from='/ROWS/HEAD/BZ'/><element to='person.phone' from='DH'/>"
        "<each path='G' group='guardian'><element to='guardian.name' from='N'/>"
        "<element to='guardian.phone' from='@p'/></each>")));
    const char *const rows =
        "<ROW><NO>1</NO><XM>测\u200e试甲</XM><DH> 1</DH><G><N>测试乙</N></G><G p='2'><N>\u200f测试丙</N></G>"
        "<U>u</U><DH>2</DH></ROW><ROW><XM>测试丁</XM><NO>2</NO></ROW>";
    g_autofree char *before = g_strdup_printf("<ROWS><HEAD><BZ>b</BZ></HEAD>%s</ROWS>", rows);
    g_autofree char *after = g_strdup_printf("<ROWS>%s<HEAD><BZ>b</BZ></HEAD></ROWS>", rows);
    mapping_test_run(test, before);
    g_autofree char *first = mapping_test_json(test, 0), *second = mapping_test_json(test, 1);
    mapping_test_run(test, after);
    g_autofree char *first_after = mapping_test_json(test, 0), *second_after = mapping_test_json(test, 1);
    g_assert_cmpstr(first, ==, first_after);
    g_assert_cmpstr(second, ==, second_after);
    g_assert_nonnull(strstr(first, "测试丙"));
}

/* The order of events stays, also of records that want nothing. */
static void test_order(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        EVENT("person.moved-in.v1", " when='IN'><element to='registration.remark' from='/ROWS/@late'/>"
                                    "<element to='registration.handler' from='/ROWS/HEAD/BZ'/>")
            EVENT("person.moved-out.v1", " when='not(IN)'>")));
    mapping_test_run(
        test, "<ROWS late='l'><ROW><XM>n1</XM></ROW><ROW><XM>n2</XM><IN>1</IN></ROW><ROW><XM>n3</XM></ROW>"
              "<HEAD><BZ>b</BZ></HEAD><ROW><XM>n4</XM></ROW></ROWS>");
    assert_events(test, 4);
    for (unsigned i = 0; i < 4; i++) {
        g_autofree char *name = g_strdup_printf("\"n%u\"", i + 1);
        assert_has(test, i, name);
    }
    assert_has(test, 1, "\"handler\":\"b\"");
}

/* What decides which event it is may come last; what never comes is not there. */
static void test_decides(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING("<skip for-each='/ROWS/ROW' when=\"/ROWS/HEAD/K='skip'\"/>" EVENT(
            "person.moved-in.v1", " when=\"/ROWS/HEAD/K='in'\">")
                                     EVENT("person.moved-out.v1", " when=\"not(/ROWS/HEAD/K='in')\">")));
    mapping_test_run(test, "<ROWS><ROW><XM>n</XM></ROW><HEAD><K>in</K></HEAD></ROWS>");
    assert_has(test, 0, "moved-in");
    mapping_test_run(test, "<ROWS><ROW><XM>n</XM></ROW><HEAD/></ROWS>");
    assert_has(test, 0, "moved-out");
    mapping_test_run(test, "<ROWS><ROW><XM>n</XM></ROW></ROWS>");
    assert_has(test, 0, "moved-out");
    mapping_test_run(test, "<ROWS><ROW><XM>n</XM></ROW><HEAD><K>skip</K></HEAD></ROWS>");
    assert_events(test, 0);
    g_assert_cmpuint(test->outcome.records, ==, 0);
}

/* Groups with heads of their own: no record gets another group's. */
static void test_groups(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.moved-in.v1' for-each='/D/G/ROW'>" NAME
        "<element to='registration.remark' from='/D/G/H'/><element to='registration.handler' from='/D/T'/></event>"));
    mapping_test_run(test, "<D><G><ROW><XM>n1</XM></ROW><H>h1</H></G><G><ROW><XM>n2</XM></ROW></G>"
                           "<G><ROW><XM>n3</XM></ROW><H>h3</H></G><T>t</T></D>");
    assert_events(test, 3);
    assert_has(test, 0, REMARK("h1"));
    assert_lacks(test, 1, "remark");
    assert_has(test, 2, REMARK("h3"));
    assert_has(test, 2, "\"handler\":\"t\"");
}

#define SOAP(content)                                                                        \
    "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><call>" content \
    "</call></s:Body>"                                                                       \
    "</s:Envelope>"
#define STRING "<data>&lt;ROWS&gt;&lt;ROW&gt;&lt;XM&gt;n&lt;/XM&gt;&lt;/ROW&gt;&lt;/ROWS&gt;</data>"

/* A string with the records before the parameter that says what they are. */
static void test_parameters(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<ignore from='/call/kind'/><service namespace='urn:x' name='S'><operation name='call'>"
                "<in name='kind'/><in name='data'/></operation></service>" EVENT("person.moved-in.v1",
                                                                                 " when=\"/call/kind='1'\">")
                    EVENT("person.moved-out.v1", " when=\"not(/call/kind='1')\">")));
    mapping_test_run(test, SOAP("<kind>1</kind>" STRING));
    assert_has(test, 0, "moved-in");
    mapping_test_run(test, SOAP(STRING "<kind>1</kind>"));
    assert_has(test, 0, "moved-in");
    assert_lacks(test, 0, "unmapped");
    mapping_test_run(test, SOAP(STRING "<kind>2</kind>"));
    assert_has(test, 0, "moved-out");
    mapping_test_run(test, SOAP(STRING));
    assert_has(test, 0, "moved-out");
}

/* Numbers of records are checked where they are stated, and places of faults are those of the records. */
static void test_counts_and_faults(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", true, false, false};
    options.limits.records = 4;
    g_autoptr(MappingTest) test = mapping_test_new_with(
        MAPPING(
            "<count from='/D/G/@n' of='/D/G/ROW'/><event type='person.moved-in.v1' for-each='/D/G/ROW'>"
            "<element to='person.name' from='XM' required='yes'/><element to='registration.remark' from='/D/T'/></event>"),
        &options);
    g_assert_cmpint(mapping_test_run(test, "<D>\n<G n='2'>\n<ROW><XM>n1</XM></ROW>\n<ROW/></G><T>t</T></D>"),
                    ==, HT_VERDICT_OK);
    assert_events(test, 1);
    g_assert_cmpuint(test->outcome.faults[0].record, ==, 2);
    g_assert_cmpuint(test->outcome.faults[0].line, ==, 4);
    g_assert_cmpint(mapping_test_run(test, "<D><G n='3'><ROW><XM>n1</XM></ROW><ROW/></G><T>t</T></D>"), ==,
                    HT_VERDICT_REJECT);
    assert_fault(test, 0, "count-mismatch");
    g_autoptr(MappingTest) many = mapping_test_new_with(MAPPING(HEAD), &options);
    mapping_test_run(many, "<ROWS><ROW/><ROW/><ROW/><ROW/><ROW/><HEAD><BZ>b</BZ></HEAD></ROWS>");
    assert_fault(many, 0, "too-many-records");
}

/* More than may wait: nothing is lost, what comes too late is unmapped. */
static void test_too_much(void)
{
    g_autofree char *long_name = g_strnfill(100000, 'x');
    g_autoptr(GString) xml = g_string_new("<ROWS>");
    for (unsigned i = 0; i < 100; i++) {
        g_string_append_printf(xml, "<ROW><XM>%s</XM><NO>%u</NO></ROW>", long_name, i);
    }
    g_string_append(xml, "<HEAD><BZ>late</BZ></HEAD></ROWS>");
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(HEAD));
    mapping_test_run(test, xml->str);
    assert_events(test, 100);
    assert_has(test, 99, "{\"name\":\"/ROWS/HEAD/BZ\",\"value\":\"late\"}");
    mapping_test_run(test, "<ROWS><ROW><XM>n</XM></ROW><HEAD><BZ>b</BZ></HEAD></ROWS>");
    assert_has(test, 0, REMARK("b"));

    HtMapperOptions options = {ht_limits_default(), "440104", false, false, false};
    options.limits.held_bytes = 20 << 20;
    g_autoptr(MappingTest) lax = mapping_test_new_with(MAPPING(HEAD), &options);
    mapping_test_run(lax, xml->str);
    assert_has(lax, 0, REMARK("late"));
    assert_has(lax, 99, REMARK("late"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wait/values-that-come-after", test_after);
    g_test_add_func("/wait/changes-nothing-else", test_same);
    g_test_add_func("/wait/order-stays", test_order);
    g_test_add_func("/wait/what-decides-may-come-last", test_decides);
    g_test_add_func("/wait/groups-keep-their-own", test_groups);
    g_test_add_func("/wait/parameters-in-any-order", test_parameters);
    g_test_add_func("/wait/counts-and-faults", test_counts_and_faults);
    g_test_add_func("/wait/is-bounded", test_too_much);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
