/* What a mapping says about a payload as a whole: numbers that must be equal to what is there (`<count>`), and documents
 * that are not taken (`<refuse>`). */
#include "tests/lib/mapping-test.h"

#define PERSONS(path, more)                                                                 \
    "<event type='person.registered.v1' for-each='" path "' when='XM'><id from='ID'/>" more \
    "<element to='person.name' from='XM' required='yes'/></event>"

static void test_stated_wrong(MappingTest *test, const char *xml, const char *text, int line)
{
    if (mapping_test_run(test, xml) != HT_VERDICT_REJECT) {
        g_error("line %d: taken", line);
    }
    assert_fault(test, 0, "count-mismatch");
    assert_events(test, 0);
    g_assert_cmpuint(test->outcome.fault_count, ==, 1);
    if (!strstr(test->outcome.faults[0].text, text)) {
        g_error("line %d: the fault says: %s", line, test->outcome.faults[0].text);
    }
}

#define assert_wrong(test, xml, text) test_stated_wrong((test), (xml), (text), __LINE__)

static void assert_taken_at(MappingTest *test, const char *xml, guint events, int line)
{
    if (mapping_test_run(test, xml) != HT_VERDICT_OK || test->outcome.events->len != events) {
        const HtFault *fault = &test->outcome.faults[0];
        g_error("line %d: %u events, %s %s", line, test->outcome.events->len, fault->code, fault->text);
    }
}

#define assert_taken(test, xml, events) assert_taken_at((test), (xml), (events), __LINE__)

/* ---- A head and its records ---- */

#define BATCH                                                                                                    \
    MAPPING(                                                                                                     \
        "<count from='/B/HEAD/PERSONS' of='/B/DATA/P'/><skip for-each='/B/DATA/P' when=\"XM='姓名'\"/>" PERSONS( \
            "/B/DATA/P", ""))
#define P(number) "<P><ID>" #number "</ID><XM>测试甲</XM></P>"
#define HEAD(number) "<HEAD><PERSONS>" number "</PERSONS></HEAD>"

static void test_head(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(BATCH);
    assert_taken(test, "<B>" HEAD("2") "<DATA>" P(1) P(2) "</DATA></B>", 2);
    assert_taken(test, "<B><DATA>" P(1) P(2) "</DATA>" HEAD("2") "</B>", 2);
    assert_taken(test, "<B>" HEAD("０００２") "<DATA>" P(1) P(2) "</DATA></B>", 2);
    assert_taken(test, "<B>" HEAD("0") "<DATA/></B>", 0);
    assert_wrong(test, "<B>" HEAD("3") "<DATA>" P(1) P(2) "</DATA></B>",
                 "/B/HEAD/PERSONS states 3 records, /B/DATA/P has 2");
    assert_wrong(test, "<B><DATA>" P(1) P(2) "</DATA>" HEAD("1") "</B>", "states 1 records, /B/DATA/P has 2");
    assert_wrong(test, "<B>" HEAD("1") "<DATA/></B>", "states 1 records, /B/DATA/P has 0");
    assert_taken(test, "<B>" HEAD("1") "<DATA>" P(1) "</DATA></B>", 1);
}

static void test_labels(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(BATCH);
    assert_taken(test, "<B>" HEAD("1") "<DATA><P><XM>姓名</XM></P>" P(1) "</DATA></B>", 1);
}

/* The number's line, not the payload's last. */
static void test_line(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(BATCH);
    assert_wrong(test, "<B>\n" HEAD("2") "\n<DATA>\n" P(1) "\n</DATA></B>", "states 2");
    g_assert_cmpuint(test->outcome.faults[0].line, ==, 2);
    g_assert_cmpuint(test->outcome.faults[0].record, ==, 0);
}

static void test_nothing_stated(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(BATCH);
    assert_taken(test, "<B><DATA>" P(1) "</DATA></B>", 1);
    assert_taken(test, "<B>" HEAD("null") "<DATA>" P(1) "</DATA></B>", 1);
    assert_taken(test, "<B><HEAD/><DATA>" P(1) "</DATA></B>", 1);
}

static void test_head_alone(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(BATCH);
    assert_taken(test, "<B>" HEAD("2") "</B>", 0);
}

static void test_no_number(void)
{
    static const char *const heads[] = {HEAD("两条"), HEAD("-1"), HEAD("1.5"), HEAD("99999999999999999999")};
    g_autoptr(MappingTest) test = mapping_test_new(BATCH);
    for (unsigned i = 0; i < G_N_ELEMENTS(heads); i++) {
        g_autofree char *xml = g_strdup_printf("<B>%s<DATA>" P(1) "</DATA></B>", heads[i]);
        assert_wrong(test, xml, "/B/HEAD/PERSONS states no number of records");
    }
}

/* What a sender loses on the way it must send again: quarantine is for bad records, not for lost ones. */
static void test_quarantine(void)
{
    HtMapperOptions options = {ht_limits_default(), "440104", true, false, false};
    g_autoptr(MappingTest) test = mapping_test_new_with(BATCH, &options);
    assert_wrong(test, "<B>" HEAD("2") "<DATA>" P(1) "</DATA></B>", "states 2 records");
    assert_taken(test, "<B>" HEAD("2") "<DATA>" P(1) "<P><ID>2</ID></P></DATA></B>", 1);
    assert_fault(test, 0, "no-event-for-record");
}

/* ---- Several documents in one payload ---- */

#define FILES                                                                                                \
    MAPPING(                                                                                                 \
        "<repair use='root'/><ignore from='/fragment/head/@zone'/>"                                          \
        "<count for='/fragment/head/file' for-when=\"@name='p.xml'\" from='@records' of='/fragment/Data/R' " \
        "of-when='XM'/>"                                                                                     \
        "<count for='/fragment/head/file' for-when=\"@name='h.xml'\" from='@records' of='/fragment/Data/R' " \
        "of-when='HH'/>"                                                                                     \
        "<event type='household.created.v1' for-each='/fragment/Data/R' when='HH'>"                          \
        "<element to='household.number' from='HH'/></event>" PERSONS("/fragment/Data/R", ""))
#define LIST(persons, households) \
    "<head><file name='p.xml' records='" persons "'/><file name='h.xml' records='" households "'/></head>"
#define PERSON "<Data><R><XM>测试甲</XM></R></Data>"
#define HOUSEHOLDS "<Data><R><HH>1</HH></R><R><HH>2</HH></R></Data>"

static void test_documents(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(FILES);
    assert_taken(test, LIST("1", "2") PERSON HOUSEHOLDS, 3);
    assert_taken(test, PERSON HOUSEHOLDS LIST("1", "2"), 3);
    assert_taken(test, PERSON LIST("2", "2") PERSON HOUSEHOLDS, 4);
    assert_wrong(
        test, LIST("2", "1") PERSON HOUSEHOLDS,
        "/fragment/head/file/@records (@name='p.xml') states 2 records, /fragment/Data/R (XM) has 1");
    assert_wrong(test, PERSON HOUSEHOLDS LIST("1", "3"), "states 3 records, /fragment/Data/R (HH) has 2");
    assert_wrong(test, LIST("1", "2") PERSON, "states 2 records, /fragment/Data/R (HH) has 0");
    assert_taken(test, PERSON HOUSEHOLDS, 3);
}

/* ---- A number on what wraps the records ---- */

static void test_wrapper(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<count from='/all/rows/@total' of='/all/rows/row'/>" PERSONS("/all/rows/row", "")));
    assert_taken(test, "<all><rows total='1'><row><XM>测试甲</XM></row></rows></all>", 1);
    assert_taken(test, "<all><rows total='0'/></all>", 0);
    assert_wrong(test, "<all><rows total='2'><row><XM>测试甲</XM></row></rows></all>",
                 "/all/rows/@total states 2 records, /all/rows/row has 1");
    assert_wrong(test, "<all>\n<rows total='1'/>\n</all>", "states 1 records, /all/rows/row has 0");
    g_assert_cmpuint(test->outcome.faults[0].line, ==, 2);
}

/* Each is held against its own: too many in one does not make up for too few in the other. */
static void test_wrappers(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<count from='/all/rows/@total' of='/all/rows/row'/>" PERSONS("/all/rows/row", "")));
    assert_taken(test,
                 "<all><rows><row><XM>测试甲</XM></row></rows>"
                 "<rows total='1'><row><XM>测试乙</XM></row></rows></all>",
                 2);
    assert_wrong(test,
                 "<all><rows total='2'><row><XM>测试甲</XM></row></rows>"
                 "<rows total='0'><row><XM>测试乙</XM></row></rows></all>",
                 "states 2 records, /all/rows/row has 1");
}

static void test_inside_root(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(
        MAPPING("<count for='/root' from='head/total' of='/root/body/row /root/body/item'/>" PERSONS(
            "/root/body/row /root/body/item", "")));
    assert_taken(test,
                 "<root><head><total>2</total></head><body><row><XM>测试甲</XM></row>"
                 "<item><XM>测试乙</XM></item></body></root>",
                 2);
    assert_wrong(test, "<root><body><row><XM>测试甲</XM></row></body><head><total>2</total></head></root>",
                 "/root/head/total states 2 records, /root/body/row /root/body/item has 1");
}

/* ---- Mistakes in the mapping ---- */

static void assert_error(const char *content, const char *wanted)
{
    g_autofree char *text = g_strdup_printf(MAPPING("\n%s"), content);
    g_autofree char *errors = NULL;
    g_assert_null(mapping_test_compile(text, &errors));
    g_assert_cmpstr(errors, ==, wanted);
}

static void test_errors(void)
{
    assert_error("<count from='TOTAL' of='/B/P'/>" PERSONS("/B/P", ""),
                 ":2: error: from=\"TOTAL\" must be absolute, or there must be a for=\"…\"");
    assert_error(
        "<count for='H' from='TOTAL' of='/B/P'/>" PERSONS("/B/P", ""),
        ":2: error: for=\"H\" must be the absolute path of an element, and from=\"TOTAL\" relative to it");
    assert_error("<count from='/H/TOTAL' of='P'/>" PERSONS("/B/P", ""),
                 ":2: error: of=\"P\" must be the absolute path of an element");
    assert_error("<count from='/H/TOTAL' of='/B/Q'/>" PERSONS("/B/P", ""),
                 ":2: error: of=\"/B/Q\" is not the for-each of any <event>");
    assert_error(
        "<count from='/B/@n' of='/B/P /C/P'/>" PERSONS("/B/P /C/P", ""),
        ":2: error: of=\"/B/P /C/P\": either all or none of these records must be inside of the element "
        "that states their number");
    assert_error("<count from='/H/a//b' of='/B/P'/>" PERSONS("/B/P", ""),
                 ":2: error: the path \"/H/a/\" cannot be read: a step is empty");
}

/* ---- What is not taken ---- */

#define REFUSING                                                                                   \
    MAPPING("<refuse for='/getInfo' code='query-not-answered' text='the bus answers no queries'/>" \
            "<refuse for='/message' code='not-ours' when=\"action in ('S5','S6')\"/>" PERSONS(     \
                "/message/P /getInfo/P", ""))

static void test_refuse(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(REFUSING);
    g_assert_cmpint(mapping_test_run(test, "<getInfo><ip>192.0.2.10</ip>" P(1) "</getInfo>"), ==,
                    HT_VERDICT_REJECT);
    assert_fault(test, 0, "query-not-answered");
    g_assert_cmpstr(test->outcome.faults[0].text, ==, "/getInfo: the bus answers no queries");
    assert_events(test, 0);
}

static void test_refuse_when(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(REFUSING);
    assert_taken(test, "<message><action>S1</action>" P(1) "</message>", 1);
    assert_taken(test, "<message>" P(1) "</message>", 1);
    g_assert_cmpint(mapping_test_run(test, "<message>" P(1) "<action>S6</action></message>"), ==,
                    HT_VERDICT_REJECT);
    assert_fault(test, 0, "not-ours");
    g_assert_cmpstr(test->outcome.faults[0].text, ==, "/message: not taken by this source");
    assert_events(test, 0);
}

/* A mapping of nothing else is a mapping, and one place has one rule. */
static void test_refuse_rules(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING("<refuse for='/a' code='query-not-answered'/>"));
    g_assert_cmpint(mapping_test_run(test, "<a/>"), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "query-not-answered");
    g_assert_cmpint(mapping_test_run(test, "<b/>"), ==, HT_VERDICT_REJECT);
    assert_fault(test, 0, "unknown-document");
    assert_error(
        "<answer for='/a' code='x'/><refuse for='/a' code='y'/>",
        ":2: error: for=\"/a\" must be the absolute path of an element, each in one <answer> or <refuse>, at "
        "most 64");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping/count/head-and-records-must-agree", test_head);
    g_test_add_func("/mapping/count/label-rows-are-not-counted", test_labels);
    g_test_add_func("/mapping/count/fault-names-the-line-of-the-number", test_line);
    g_test_add_func("/mapping/count/without-a-number-nothing-is-checked", test_nothing_stated);
    g_test_add_func("/mapping/count/head-alone-is-taken", test_head_alone);
    g_test_add_func("/mapping/count/what-is-no-number-is-refused", test_no_number);
    g_test_add_func("/mapping/count/quarantine-does-not-help", test_quarantine);
    g_test_add_func("/mapping/count/works-over-all-documents", test_documents);
    g_test_add_func("/mapping/count/total-on-the-wrapper", test_wrapper);
    g_test_add_func("/mapping/count/each-wrapper-has-its-own-total", test_wrappers);
    g_test_add_func("/mapping/count/for-may-be-around-both", test_inside_root);
    g_test_add_func("/mapping/count/mistakes-are-errors", test_errors);
    g_test_add_func("/mapping/refuse/takes-nothing", test_refuse);
    g_test_add_func("/mapping/refuse/only-when", test_refuse_when);
    g_test_add_func("/mapping/refuse/is-a-rule-of-its-own", test_refuse_rules);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
