/* What an operation means for the records that come by it: mappings that say so, and every way in which a document can be
 * wrapped. What the ready mappings say of their departments' operations is in the adapters' tests. */
#include "tests/lib/mapping-test.h"

#define EVENT                                                                                        \
    "<event type='person.moved-in.v1' for-each='/ROWS/ROW'><id from='ID'/>"                          \
    "<action cancel-when=\"CXBZ='1'\"/><element to='person.name' from='XM' required='yes'/></event>" \
    "<event type='identity.verified.v1' for-each='/FOUND/ROW'><action is='verify'/>"                 \
    "<element to='person.name' from='XM'/></event>"
#define OPERATIONS                                                                                  \
    "<service namespace='urn:test:s' name='S'>"                                                     \
    "<operation name='putRow' action='urn:test:put'><in name='token'/><in name='xml'/></operation>" \
    "<operation name='ws_delete' also='removeRow' means='cancel'/></service>"                       \
    "<operation name='mendRow' means='correct'/><operation name='findRow' means='query'/>"          \
    "<operation name='heard' means='acknowledgement'/><operation name='order' means='not-taken'/>"
#define ROWS "<ROWS><ROW><ID>1</ID><XM>测试甲</XM></ROW></ROWS>"
#define STRING "&lt;ROWS>&lt;ROW>&lt;ID>1&lt;/ID>&lt;XM>测试甲&lt;/XM>&lt;/ROW>&lt;/ROWS>"
#define ENVELOPE(content)                                                                               \
    "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Header><ws_delete/></e:Header>" \
    "<e:Body>" content "</e:Body></e:Envelope>"
#define CALL(name) ENVELOPE("<" name "><xml>" STRING "</xml></" name ">")

static MappingTest *new_test(void)
{
    return mapping_test_new(MAPPING(EVENT OPERATIONS));
}

static void run_with_action(MappingTest *test, const char *xml, const char *action)
{
    HtPayload payload = {.body = ht_text_from(xml), .head.soap_action = ht_text_from(action)};
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    ht_mapper_run(test->mapper, &payload, &test->outcome);
}

static void assert_action(MappingTest *test, const char *action)
{
    g_assert_cmpstr(test->outcome.fault_count > 0 ? test->outcome.faults[0].text : "", ==, "");
    assert_events(test, 1);
    HtEvent event = mapping_test_event(test, 0);
    g_assert_true(ht_text_is(event.attr[HT_ATTR_ACTION], action));
}

static void assert_refused(MappingTest *test, const char *code)
{
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
    g_assert_cmpstr(test->outcome.faults[0].code, ==, code);
    assert_events(test, 0);
}

static void test_meanings(void)
{
    static const struct {
        const char *payload, *action, *fault;
    } cases[] = {
        {CALL("putRow"), "assert", NULL},
        {CALL("ws_delete"), "cancel", NULL},
        {CALL("removeRow"), "cancel", NULL},
        {CALL("mendRow"), "correct", NULL},
        {CALL("findRow"), NULL, "query-not-answered"},
        {CALL("order"), NULL, "service-not-taken"},
        {CALL("doSomething"), NULL, "operation-unknown"},
        {ENVELOPE("<findRow/>"), NULL, "query-not-answered"},
        {ENVELOPE("<doSomething/>"), NULL, "operation-unknown"},
    };
    g_autoptr(MappingTest) test = new_test();
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        mapping_test_run(test, cases[i].payload);
        if (cases[i].fault) {
            assert_refused(test, cases[i].fault);
        } else {
            assert_action(test, cases[i].action);
        }
    }
}

static void test_the_fault_lists_what_is_known(void)
{
    g_autoptr(MappingTest) test = new_test();
    mapping_test_run(test, CALL("doSomething"));
    g_assert_cmpstr(
        test->outcome.faults[0].text, ==,
        "the operation \"doSomething\" is not known to this source; known are putRow, ws_delete, mendRow, "
        "findRow, heard, order, Submit");
    mapping_test_run(test, CALL("测试甲"));
    assert_refused(test, "operation-unknown");
    g_assert_null(strstr(test->outcome.faults[0].text, "测试"));
}

/* A deletion stays one, whatever is around it and however it is written. */
static void test_wrappings(void)
{
    static const char *const payloads[] = {
        CALL("WS_Delete"),
        ENVELOPE("<p:ws_delete xmlns:p='urn:other'><p:x>" STRING "</p:x></p:ws_delete>"),
        ENVELOPE("<ws_delete><x><![CDATA[" ROWS "]]></x></ws_delete>"),
        ENVELOPE("<ws_delete>" STRING "</ws_delete>"),
        ENVELOPE("<s:Submit xmlns:s='urn:hutong:source:t'><ws_delete><x>" STRING
                 "</x></ws_delete></s:Submit>"),
        ENVELOPE("<putRow><xml>" STRING "</xml></putRow><ws_delete/>"),
        "<ws_delete>" STRING "</ws_delete>",
        "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body><ws_delete><x>" STRING
        "</x></ws_delete></e:Body></e:Envelope>",
        ENVELOPE("<ws_delete><a href='#1'/></ws_delete><multiRef id='1'>" STRING "</multiRef>"),
    };
    g_autoptr(MappingTest) test = new_test();
    for (size_t i = 0; i < G_N_ELEMENTS(payloads); i++) {
        mapping_test_run(test, payloads[i]);
        assert_action(test, i == 5 ? "assert" : "cancel");
    }
}

static void test_unknown_wrappings(void)
{
    static const char *const payloads[] = {
        ENVELOPE("<putRows><xml>" STRING "</xml></putRows>"),
        ENVELOPE("<s:Submit xmlns:s='urn:hutong:source:t'><deleteIt><x>" STRING "</x></deleteIt></s:Submit>"),
        ENVELOPE(
            "<putRow><xml>&lt;deleteIt>&lt;x>&amp;lt;ROWS>&amp;lt;/ROWS>&lt;/x>&lt;/deleteIt></xml></putRow>"),
        ENVELOPE(
            "<putRow><xml>&lt;ws_delete>&lt;x>&amp;lt;ROWS>&amp;lt;/ROWS>&lt;/x>&lt;/ws_delete></xml></putRow>"),
        ENVELOPE("<putRow><xml>" STRING "</xml></putRow><deleteIt><xml>" STRING "</xml></deleteIt>"),
        ENVELOPE(ROWS "<deleteIt/>"),
        "<deleteIt>" STRING "</deleteIt>",
    };
    g_autoptr(MappingTest) test = new_test();
    for (size_t i = 0; i < G_N_ELEMENTS(payloads); i++) {
        mapping_test_run(test, payloads[i]);
        assert_refused(test,
                       i == 2 ? "unknown-document" : "operation-unknown"); /* a string that is no document */
    }
}

/* Each of several operations means what it means; one that is refused refuses all. */
static void test_two_operations(void)
{
    g_autoptr(MappingTest) test = new_test();
    mapping_test_run(test, ENVELOPE("<putRow><xml>" STRING "</xml></putRow><ws_delete><xml>" STRING
                                    "</xml></ws_delete>"
                                    "<heard><xml>" STRING "</xml></heard>"));
    assert_events(test, 2);
    HtEvent event = mapping_test_event(test, 0);
    g_assert_true(ht_text_is(event.attr[HT_ATTR_ACTION], "assert"));
    event = mapping_test_event(test, 1);
    g_assert_true(ht_text_is(event.attr[HT_ATTR_ACTION], "cancel"));
    mapping_test_run(test, ENVELOPE("<putRow><xml>" STRING "</xml></putRow><findRow/>"));
    assert_refused(test, "query-not-answered");
}

static void test_documents_are_no_operations(void)
{
    g_autoptr(MappingTest) test = new_test();
    mapping_test_run(test, ENVELOPE(ROWS));
    assert_action(test, "assert");
    mapping_test_run(test, ROWS);
    assert_action(test, "assert");
    mapping_test_run(test, "<string xmlns='http://tempuri.org/'>" STRING "</string>");
    assert_action(test, "assert");
    mapping_test_run(test, ENVELOPE("<s:Submit xmlns:s='urn:hutong:source:t'><s:document>" STRING
                                    "</s:document></s:Submit>"));
    assert_action(test, "assert");
}

static void test_the_header_alone(void)
{
    static const char *const actions[] = {"\"urn:test:s/ws_delete\"", "ws_delete", "urn:x#ws_deleteRequest",
                                          "http://x.example/A.B.ws_delete", "'WS_DELETE'"};
    g_autoptr(MappingTest) test = new_test();
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
        run_with_action(test, ENVELOPE(ROWS), actions[i]);
        assert_action(test, "cancel");
        run_with_action(test, ROWS, actions[i]);
        assert_action(test, "cancel");
        run_with_action(test, CALL("putRow"), actions[i]);
        assert_refused(test, "soap-action-mismatch");
    }
    run_with_action(test, ROWS, "\"urn:test:s/findRow\"");
    assert_refused(test, "query-not-answered");
    run_with_action(test, ROWS, "\"urn:test:s/doSomething\"");
    assert_refused(test, "operation-unknown");
    run_with_action(test, ENVELOPE(ROWS), "\"urn:test:s/doSomething\"");
    assert_refused(test, "soap-action-mismatch");
    run_with_action(test, CALL("putRow"), "urn:test:put");
    assert_action(test, "assert");
    run_with_action(test, ROWS, "\"\"");
    assert_action(test, "assert");
    mapping_test_run(test,
                     "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Header>"
                     "<a:Action xmlns:a='http://www.w3.org/2005/08/addressing'>urn:x/ws_delete</a:Action>"
                     "</e:Header><e:Body>" ROWS "</e:Body></e:Envelope>");
    assert_action(test, "cancel");
}

/* A record that says itself that it is undone is that; and what confirms nothing else does not correct. */
static void test_the_record_goes_first(void)
{
    g_autoptr(MappingTest) test = new_test();
    mapping_test_run(
        test,
        ENVELOPE("<mendRow><x><![CDATA[<ROWS><ROW><ID>1</ID><XM>测试甲</XM><CXBZ>1</CXBZ></ROW></ROWS>]]>"
                 "</x></mendRow>"));
    assert_action(test, "cancel");
    mapping_test_run(
        test, ENVELOPE("<mendRow><x><![CDATA[<FOUND><ROW><XM>测试甲</XM></ROW></FOUND>]]></x></mendRow>"));
    assert_action(test, "verify");
}

static void test_acknowledgements(void)
{
    static const char *const payloads[] = {CALL("heard"), ENVELOPE("<heard/>"), "<heard/>",
                                           CALL("putRowResponse"), CALL("PUTROWRESPONSE")};
    g_autoptr(MappingTest) test = new_test();
    for (size_t i = 0; i < G_N_ELEMENTS(payloads); i++) {
        mapping_test_run(test, payloads[i]);
        g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
        assert_events(test, 0);
    }
    mapping_test_run(test, CALL("findRowResponse")); /* what was found is data */
    assert_action(test, "assert");
    mapping_test_run(test, CALL("doSomethingResponse"));
    assert_refused(test, "operation-unknown");
}

static void test_queries_can_be_answered(void)
{
    g_autoptr(MappingTest) test = new_test();
    ht_mapper_answer_queries(test->mapper);
    mapping_test_run(test, CALL("findRow"));
    assert_action(test, "assert");
    mapping_test_run(test, CALL("order"));
    assert_refused(test, "service-not-taken");
}

#define VALUES                                                                                 \
    "<operation name='server'><in name='action'/><in name='message'/></operation>"             \
    "<action-value at='/server/action' is='S1 S2' means='assert'/>"                            \
    "<action-value at='/server/action' is='S3' means='cancel'/>"                               \
    "<action-value at='/server/action' is='S4' means='query'/>"                                \
    "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when=\"not(/server/action='S2')\">" \
    "<ignore from='ID'/><element to='person.name' from='XM'/></event>"                         \
    "<event type='person.moved-out.v1' for-each='/ROWS/ROW' when=\"/server/action='S2'\">"     \
    "<ignore from='ID'/><element to='person.name' from='XM'/></event>"
#define SERVER(action) ENVELOPE("<server>" action "<message>" STRING "</message></server>")

static void test_values(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(VALUES));
    mapping_test_run(test, SERVER("<action>S1</action>"));
    assert_action(test, "assert");
    mapping_test_run(test, SERVER("<action> ｓ２ </action>"));
    assert_action(test, "assert");
    assert_has(test, 0, "person.moved-out.v1");
    mapping_test_run(test, SERVER("<action>s3</action>"));
    assert_action(test, "cancel");
    mapping_test_run(test, SERVER(""));
    assert_action(test, "assert");
    mapping_test_run(test, SERVER("<action>S4</action>"));
    assert_refused(test, "query-not-answered");
    mapping_test_run(test, SERVER("<action>S9</action>"));
    assert_refused(test, "operation-unknown");
    g_assert_nonnull(strstr(test->outcome.faults[0].text, "S1, S2, S3, S4"));
    mapping_test_run(test, SERVER("<action>S1</action><action>S3</action>"));
    assert_refused(test, "operation-unknown");
    mapping_test_run(test,
                     ENVELOPE("<server><action>S3</action><message>" STRING "</message></server>" ROWS));
    assert_events(test, 2);
    HtEvent event = mapping_test_event(test, 1);
    g_assert_true(ht_text_is(event.attr[HT_ATTR_ACTION], "assert"));
}

/* ---- Parameters by place ---- */

#define LONG "<message>" STRING "</message>"
#define TWO(a, b) ENVELOPE("<server><" a ">S3</" a "><" b ">" STRING "</" b "></server>")

static void test_places(void)
{
    static const char *const calls[] = {
        TWO("arg0", "arg1"),
        TWO("arg1", "arg2"),
        TWO("in0", "in1"),
        TWO("in1", "in2"),
        TWO("input1", "input2"),
        TWO("input0", "input1"),
        TWO("param0", "param1"),
        TWO("PARAM1", "PARAM2"),
        TWO("parameters", "parameters"),
        TWO("p1", "p2"),
        TWO("string", "string"),
        TWO("_arg0", "_arg1"),
        TWO("parameter0", "parameter1"),
        TWO("parameter_1", "parameter_2"),
        TWO("args0", "args1"),
        TWO("arg", "arg"),
        TWO("action", "arg1"),
        TWO("action", "input2"),
        TWO("action", "arg0"),
        TWO("arg0", "message"),
        TWO("input1", "message"),
        TWO("ACTION", "in1"),
        ENVELOPE("<server><arg1>" STRING "</arg1><arg0>S3</arg0></server>"),
        ENVELOPE("<server><input2>" STRING "</input2><input1>S3</input1></server>"),
        ENVELOPE("<server><arg0>" STRING "</arg0><action>S3</action></server>"),
        ENVELOPE("<server><parameters><arg0>S3</arg0><arg1>" STRING "</arg1></parameters></server>"),
        ENVELOPE("<server><arg0 href='#a'/><arg1 href='#b'/></server><multiRef id='a'>S3</multiRef>"
                 "<multiRef id='b'>" STRING "</multiRef>"),
    };
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(VALUES));
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_test_message("%zu", i);
        mapping_test_run(test, calls[i]);
        assert_action(test, "cancel");
        assert_has(test, 0, "parameters-by-place");
        assert_lacks(test, 0, "unmapped");
    }
}

static void test_names_are_no_places(void)
{
    static const char *const calls[] = {
        ENVELOPE("<server><action>S3</action>" LONG "</server>"),
        ENVELOPE("<server>" LONG "<action>S3</action></server>"),
        ENVELOPE("<server><Action>S3</Action><MESSAGE>" STRING "</MESSAGE></server>"),
        ENVELOPE("<server><parameters><action>S3</action>" LONG "</parameters></server>"),
    };
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(VALUES));
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_test_message("%zu", i);
        mapping_test_run(test, calls[i]);
        assert_action(test, "cancel");
        assert_lacks(test, 0, "parameters-by-place");
    }
}

/* What comes too much is nobody's field; what is missing is missing. */
static void test_too_many_and_too_few(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(VALUES));
    mapping_test_run(test,
                     ENVELOPE("<server><arg0>S3</arg0><arg1>" STRING "</arg1><arg2>LICENCE</arg2></server>"));
    assert_action(test, "cancel");
    assert_lacks(test, 0, "LICENCE");
    mapping_test_run(test, ENVELOPE("<server><arg1>" STRING "</arg1></server>"));
    assert_action(test, "assert");
    mapping_test_run(test, ENVELOPE("<server><arg0>S4</arg0></server>"));
    assert_refused(test, "query-not-answered");
    mapping_test_run(test, ENVELOPE("<server>" LONG "<arg0>S4</arg0></server>"));
    assert_refused(test, "query-not-answered");
    mapping_test_run(test, ENVELOPE("<server>" LONG "<action>S1</action></server><server>" LONG
                                    "<action>S3</action></server>"));
    assert_events(test, 2);
    HtEvent event = mapping_test_event(test, 0);
    g_assert_true(ht_text_is(event.attr[HT_ATTR_ACTION], "assert"));
    event = mapping_test_event(test, 1);
    g_assert_true(ht_text_is(event.attr[HT_ATTR_ACTION], "cancel"));
}

/* ---- Documents as elements ---- */

/* What belongs into a string is read when it stands there as elements, or in place of the parameter, with what the call means. */
static void test_elements(void)
{
    static const char *const calls[] = {
        ENVELOPE("<ws_delete><xml>" ROWS "</xml></ws_delete>"),
        ENVELOPE("<ws_delete>" ROWS "</ws_delete>"),
        ENVELOPE(
            "<ws_delete><any><p:ROWS xmlns:p='urn:p'><ROW><ID>1</ID><XM>测试甲</XM></ROW></p:ROWS></any></ws_delete>"),
        ENVELOPE("<ws_delete><parameters><xml>" ROWS "</xml></parameters></ws_delete>"),
        ENVELOPE("<ws_delete href='#1'/><multiRef id='1'><xml>" ROWS "</xml></multiRef>"),
        "<ws_delete><xml>" ROWS "</xml></ws_delete>",
        "<removeRow>" ROWS "</removeRow>",
    };
    static const char *const taken[] = {
        ENVELOPE("<putRow><token>x</token><xml>" ROWS "</xml></putRow>"),
        ENVELOPE("<putRow><arg0>x</arg0><arg1>" ROWS "</arg1></putRow>"),
        ENVELOPE("<findRowResponse><return>" ROWS "</return></findRowResponse>"),
        ENVELOPE("<s:Submit xmlns:s='urn:hutong:source:t'><s:document>" ROWS "</s:document></s:Submit>"),
        "<string xmlns='http://tempuri.org/'>" ROWS "</string>",
    };
    g_autoptr(MappingTest) test = new_test();
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        g_test_message("%zu", i);
        mapping_test_run(test, calls[i]);
        if (i == 3) { /* ws_delete has declared no parameters for one element to be around of */
            assert_refused(test, "unknown-document");
        } else {
            assert_action(test, "cancel");
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(taken); i++) {
        g_test_message("%zu", i);
        mapping_test_run(test, taken[i]);
        assert_action(test, "assert");
        assert_lacks(test, 0, "unmapped");
    }
    mapping_test_run(test, ENVELOPE("<putRow><xml>" ROWS ROWS "</xml><xml>" STRING "</xml></putRow>"));
    assert_events(test, 3);
    mapping_test_run(test, ENVELOPE("<doSomething><xml>" ROWS "</xml></doSomething>"));
    assert_refused(test, "operation-unknown");
    mapping_test_run(test, ENVELOPE("<findRow><xml>" ROWS "</xml></findRow>"));
    assert_refused(test, "query-not-answered");
    mapping_test_run(test, "<other><xml>" ROWS "</xml></other>");
    assert_refused(test, "unknown-document");
}

/* A path that leads there goes first, and so does the name of a parameter. */
static void test_elements_that_are_named(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='person.moved-in.v1' for-each='/ROWS/ROW'><element to='person.name' from='XM'/></event>"
        "<event type='person.moved-out.v1' for-each='/put/x/ROWS/ROW'><element to='person.name' from='XM'/></event>"
        "<event type='person.moved-out.v1' for-each='/y/ROW'><element to='person.name' from='XM'/></event>"
        "<operation name='put'><in name='x'/><in name='y'/></operation>"));
    mapping_test_run(test, ENVELOPE("<put><x><ROWS><ROW><XM>测试甲</XM></ROW></ROWS></x></put>"));
    assert_events(test, 1);
    assert_has(test, 0, "person.moved-out.v1");
    mapping_test_run(test, ENVELOPE("<put><y><ROWS><ROW><XM>测试甲</XM></ROW></ROWS></y></put>"));
    assert_events(test, 1);
    assert_has(test, 0, "person.moved-in.v1");
}

static void test_errors(void)
{
    static const char *const contents[][2] = {
        {EVENT "<operation name='A'/><operation name='a'/>",
         ":1: error: \"a\" or its answer is declared twice"},
        {EVENT "<operation name='A' also='B C'/><operation name='c'/>",
         ":1: error: \"c\" or its answer is declared twice"},
        {EVENT "<action-value at='a' is='1' means='query'/>",
         ":1: error: at=\"a\" must be an absolute path, at most 8 different ones"},
        {EVENT "<action-value at='/a/b' is='1 1' means='query'/>", ":1: error: \"1\" stands twice"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(contents); i++) {
        g_autofree char *text = g_strdup_printf(MAPPING("%s"), contents[i][0]), *errors = NULL;
        g_autoptr(HtMapping) mapping = mapping_test_compile(text, &errors);
        g_assert_null(mapping);
        g_assert_cmpstr(errors, ==, contents[i][1]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/operation/means/what-the-mapping-says", test_meanings);
    g_test_add_func("/operation/means/an-unknown-one-is-told-the-known-ones",
                    test_the_fault_lists_what_is_known);
    g_test_add_func("/operation/means/the-same-under-any-wrapping", test_wrappings);
    g_test_add_func("/operation/means/nothing-known-inside-of-the-unknown", test_unknown_wrappings);
    g_test_add_func("/operation/means/each-of-two-its-own", test_two_operations);
    g_test_add_func("/operation/means/a-document-is-none", test_documents_are_no_operations);
    g_test_add_func("/operation/means/the-header-alone-says-so-too", test_the_header_alone);
    g_test_add_func("/operation/means/what-the-record-says-goes-first", test_the_record_goes_first);
    g_test_add_func("/operation/means/acknowledgements-make-no-events", test_acknowledgements);
    g_test_add_func("/operation/means/queries-only-where-they-are-answered", test_queries_can_be_answered);
    g_test_add_func("/operation/value/says-what-is-to-be-done", test_values);
    g_test_add_func("/operation/parameters/by-place-where-names-are-lost", test_places);
    g_test_add_func("/operation/parameters/their-own-names-win", test_names_are_no_places);
    g_test_add_func("/operation/parameters/too-many-and-too-few", test_too_many_and_too_few);
    g_test_add_func("/operation/elements/stand-for-a-document-in-a-string", test_elements);
    g_test_add_func("/operation/elements/that-have-a-name-are-none", test_elements_that_are_named);
    g_test_add_func("/operation/compile/errors-have-lines", test_errors);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
