/* mappings/engine/read/multiref, and what else rpc/encoded clients send: references inside a SOAP body are resolved as if the
 * sender had written everything out; a hostile row of them costs what its elements would. */
#include "tests/lib/places.h"
#include "tests/lib/reader-test.h"

#include <time.h>

#define ENCODED(content)                                                                                   \
    "<e:Envelope xmlns:e='" SOAP_11                                                                        \
    "' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:xsd='http://www.w3.org/2001/XMLSchema'" \
    " xmlns:c='http://schemas.xmlsoap.org/soap/encoding/' e:encodingStyle='http://schemas.xmlsoap.org/"    \
    "soap/encoding/'><e:Body>" content "</e:Body></e:Envelope>"

#define ENCODED_12(content)                                                                                \
    "<e:Envelope xmlns:e='" SOAP_12 "' xmlns:c='http://www.w3.org/2003/05/soap-encoding'><e:Body>" content \
    "</e:Body></e:Envelope>"

/* ---- What is resolved ---- */

/* As Axis 1.4 writes an answer of two structures: the values after the response element, out of order, nested. */
static void test_axis(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    const char *events = "[r<r><row><name>a</><more><x>1</></></><row><name>b</></></>]";
    reader_test_expect(test,
                       ENCODED("<r><row href='#id0'/><row href='#id1'/></r>"
                               "<multiRef id='id1'><name>b</name></multiRef>"
                               "<multiRef id='id2'><x>1</x></multiRef>"
                               "<multiRef id='id0'><name>a</name><more href='#id2'/></multiRef>"),
                       0, events);
    g_assert_cmpuint(test->restarts, ==, 1);
    g_assert_cmpstr(test->reading.operation, ==, "r");
    g_assert_false(test->reading.repaired);

    /* Before the response element, and between. */
    reader_test_expect(
        test,
        ENCODED(
            "<multiRef id='id1'><name>b</name></multiRef> <r><row href='#id0'> </row>"
            "<row href='#id1'></row></r><multiRef id='id0'><name>a</name><more><x>1</x></more></multiRef>"),
        0, events);
    g_assert_cmpstr(test->reading.operation, ==, "r");
}

static void test_copies(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_expect(test, ENCODED("<r><a href='#1'/><b href='#1'/></r><m id='1'>x<y/></m>"), 0,
                       "[r<r><a>x<y></></><b>x<y></></></>]");
    /* Any element may be meant, not only the Body's children; it stays where it is. */
    reader_test_expect(test, ENCODED("<r><a id='1'>x</a><b href='#1'/></r>"), 0, "[r<r><a>x</><b>x</></>]");
    /* Chains, in any order. */
    reader_test_expect(
        test, ENCODED("<r><a href='#1'/></r><m id='2' href='#3'/><m id='1' href='#2'/><m id='3'>x</m>"), 0,
        "[r<r><a>x</></>]");
    /* A document in a string is one also there. */
    reader_test_expect(test, ENCODED("<r><a href='#1'/></r><m id='1'>&lt;doc>&lt;v>1&lt;/v>&lt;/doc></m>"), 0,
                       "[r<r><a>[doc<doc><v>1</></>]</></>]");
    /* Attributes of both, the reference and the id not among them. */
    reader_test_expect(test, ENCODED("<r><a href='#1' p='1'/></r><m id='1' p='2' q='3'>x</m>"), 0,
                       "[r<r><a p='1' q='3'>x</></>]");
    /* Several documents in one body. */
    reader_test_expect(test, ENCODED("<r href='#1'/><s/><m id='1'><x/></m>"), 0, "[r<r><x></></>][s<s></>]");
}

static void test_soap_12(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_expect(test, ENCODED_12("<r><a c:ref='1'/><b c:ref='#1'/></r><m c:id='1'><x/></m>"), 0,
                       "[r<r><a><x></></><b><x></></></>]");
    reader_test_expect(test, ENCODED_12("<r><a c:id='1'>x</a><b c:ref='1'/></r>"), 0,
                       "[r<r><a>x</><b>x</></>]");
}

static void test_operation(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    HtPayload payload = {
        .body = HT_TEXT_LITERAL(ENCODED("<t:Person xmlns:t='u' id='1'>x</t:Person><op><a href='#1'/></op>")),
        .head.soap_action = HT_TEXT_LITERAL("\"urn:op\"")};
    g_assert_true(reader_test_run_payload(test, &payload, 0));
    g_assert_cmpstr(test->reading.operation, ==, "op");
    assert_same("op", test->events->str, "[op<op><a>x</></>]");
    payload.head.soap_action = HT_TEXT_LITERAL("\"urn:other\"");
    g_assert_false(reader_test_run_payload(test, &payload, 0));
    g_assert_cmpstr(test->fault.code, ==, "soap-action-mismatch");
}

/* What only looks like a reference. */
static void test_data(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_expect(test,
                       IN_BODY("<r id='7'><a id='8'/><b href='#9'>text</b><c href='http://x/'><d/></c></r>"),
                       0, "[r<r id='7'><a id='8'></><b href='#9'>text</><c href='http://x/'><d></></></>]");
    reader_test_expect(test, "<r><a href='#1'/><b href='http://x/'/></r>", 0,
                       "[r<r><a href='#1'></><b href='http://x/'></></>]");
    reader_test_expect(test, IN_BODY("<r><![CDATA[<in><a href='#1'/></in>]]></r>"), 0,
                       "[r<r>[in<in><a href='#1'></></>]</>]");
    reader_test_expect(test, IN_BODY("<r><a href=''/><b ref='1'/></r>"), 0,
                       "[r<r><a href=''></><b ref='1'></></>]");
}

static void test_lines(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    g_assert_true(reader_test_run(test, ENCODED("<r>\n<a href='#1'/></r>\n\n<m id='1'>\n<x/></m>"), 0));
    g_assert_cmpuint(test->last_line, ==, 5);
    g_assert_true(reader_test_run(
        test, ENCODED("<r>\n<a href='#1'/></r>\n\n<m id='1'>\n&lt;x>\n&lt;y/>&lt;/x></m>"), 0));
    g_assert_cmpuint(test->last_line, ==, 6);
    reader_test_refuses(test, ENCODED("<r>\n<a href='#2'/></r>\n\n<m id='1'/>\n"), "href-missing");
    g_assert_cmpuint(test->fault.line, ==, 2);
}

/* ---- Nil and types ---- */

#define XSI "xmlns:i='http://www.w3.org/2001/XMLSchema-instance'"

static void test_nil(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_expect(test,
                       "<r " XSI "><a i:nil='true'/><b i:nil='0'>x</b><c i:nil=' 1 '><d>y</d>z</c><e/></r>",
                       0, "[r<r><b nil='0'>x</><e></></>]");
    reader_test_expect(test, "<r xmlns:i='http://www.w3.org/1999/XMLSchema-instance'><a i:null='1'/><b/></r>",
                       0, "[r<r><b></></>]");
    reader_test_expect(test, "<r " XSI " i:nil='true'/>", 0, "[r<r nil='true'></>]");
    reader_test_expect(test, "<r xmlns:o='urn:other'><a o:nil='true' nil='true'/></r>", 0,
                       "[r<r><a nil='true' nil='true'></></>]");
    reader_test_expect(test, ENCODED("<r><a href='#1'/><b/></r><m id='1' xsi:nil='true'/>"), 0,
                       "[r<r><b></></>]");
    reader_test_expect(test, ENCODED("<r><a xsi:nil='1'><![CDATA[<x/>]]></a><b/></r>"), 0, "[r<r><b></></>]");
}

static unsigned formal, plain;

static void count_attributes(void *user, HtName name, const HtAttribute *attributes, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        formal += attributes[i].formal;
        plain += !attributes[i].formal;
    }
    reader_test_start(user, name, attributes, count);
}

static void test_formal(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    HtSink sink = reader_test_sink;
    HtPayload payload = {
        .body = HT_TEXT_LITERAL(ENCODED(
            "<r e:encodingStyle='http://schemas.xmlsoap.org/soap/encoding/' c:root='1' xsi:type='c:Array'"
            " c:arrayType='xsd:string[2]' own='1' type='2'><item xsi:type='xsd:string'>x</item><item href='#1'/></r>"
            "<m id='1' c:root='0' xsi:type='xsd:string'>y</m>"))};
    sink.start = count_attributes;
    formal = plain = 0;
    reader_test_forget(test);
    g_assert_true(ht_reader_run(test->reader, &payload, 0, &sink, reader_test_restart, test, &test->reading,
                                &test->fault));
    g_assert_cmpuint(plain, ==, 2); /* own, type */
    g_assert_cmpuint(formal, ==, 7);
}

/* ---- What is refused ---- */

static void test_faults(void)
{
    static const struct {
        const char *xml, *code;
    } cases[] = {
        {ENCODED("<r><a href='#nobody'/></r>"), "href-missing"},
        {ENCODED("<r><a href='#1'/></r><m id='1'><b href='#2'/></m>"), "href-missing"},
        {ENCODED("<r><a href='#1'/></r><m id='1'/><m id='1'/>"), "href-ambiguous"},
        {ENCODED("<r><a href='#1'/><b id='1'/><c id='1'/></r>"), "href-ambiguous"},
        {ENCODED("<r><a href='#1'/></r><m id='1'><b href='#1'/></m>"), "href-cycle"},
        {ENCODED("<r><a href='#1'/></r><m id='1'><b href='#2'/></m><m id='2'><c href='#1'/></m>"),
         "href-cycle"},
        {ENCODED("<r><a href='#1'/></r><m id='1' href='#2'/><m id='2' href='#1'/>"), "href-cycle"},
        {ENCODED("<r><a id='1' href='#1'/></r>"), "href-cycle"},
        {ENCODED("<r id='1'><a href='#1'/></r>"), "href-cycle"},
        {ENCODED("<r><a href='http://127.0.0.1:1/x'/></r>"), "href-not-local"},
        {ENCODED("<r><a href='file:///etc/passwd'/></r>"), "href-not-local"},
        {ENCODED("<r><a href='cid:photo'/></r>"), "attachment-missing"},
        {ENCODED(
             "<r><a><x:Include xmlns:x='http://www.w3.org/2004/08/xop/include' href='cid:photo'/></a></r>"),
         "attachment-missing"},
        {ENCODED_12("<r><a c:ref='2'/></r><m c:id='1'/>"), "href-missing"},
        {ENCODED("<r><a href='#1'/></r><m id='1'>"), "not-well-formed"},
    };
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (reader_test_run(test, cases[i].xml, 0) || strcmp(test->fault.code, cases[i].code) != 0) {
            g_test_message("case %zu: %s instead of %s", i, test->fault.code, cases[i].code);
            g_test_fail();
        }
        g_assert_cmpuint(test->fault.line, >, 0);
        /* The reader is as good as new. */
        reader_test_expect(test, ENCODED("<r><a href='#1'/></r><m id='1'>x</m>"), 0, "[r<r><a>x</></>]");
    }
}

/* Of equal ids the Body's child is meant: a department's own ids elsewhere do no harm. */
static void test_body_first(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_expect(test, ENCODED("<r><a href='#1'/><b id='1'/></r><m id='1'>x</m>"), 0,
                       "[r<r><a>x</><b id='1'></></>]");
}

/* `levels` elements, each of which has the next one ten times. */
static char *make_bomb(unsigned levels, const char *payload)
{
    GString *xml = g_string_new("<r><a href='#0'/></r>");
    for (unsigned i = 0; i < levels; i++) {
        g_string_append_printf(xml, "<m id='%u'>", i);
        for (unsigned j = 0; j < 10; j++) {
            g_string_append_printf(xml, "<a href='#%u'/>", i + 1);
        }
        g_string_append(xml, "</m>");
    }
    g_string_append_printf(xml, "<m id='%u'>%s</m>", levels, payload);
    char *body =
        g_strdup_printf("<e:Envelope xmlns:e='" SOAP_11 "'><e:Body>%s</e:Body></e:Envelope>", xml->str);
    g_string_free(xml, TRUE);
    return body;
}

static void test_bombs(void)
{
    HtLimits limits = ht_limits_default();
    limits.elements = 20000;
    limits.document_bytes = 4 << 20;
    g_autoptr(ReaderTest) test = reader_test_new(&limits);
    g_autofree char *elements = make_bomb(20, "x");
    reader_test_refuses(test, elements, "too-many-elements");
    g_autofree char *text = g_strnfill(100000, 'x');
    g_autofree char *bytes = make_bomb(3, text);
    reader_test_refuses(test, bytes, "document-too-long");
    g_autofree char *fine = make_bomb(2, "x");
    g_assert_true(reader_test_run(test, fine, 0));

    /* As deep as the cap allows, and no deeper, whichever way. */
    GString *deep = g_string_new("<r><a href='#0'/></r>");
    for (unsigned i = 0; i < 300; i++) {
        g_string_append_printf(deep, "<m id='%u'><a href='#%u'/></m>", i, i + 1);
    }
    g_string_append(deep, "<m id='300'/>");
    g_autofree char *depth =
        g_strdup_printf("<e:Envelope xmlns:e='" SOAP_11 "'><e:Body>%s</e:Body></e:Envelope>", deep->str);
    reader_test_refuses(test, depth, "too-deep");
    g_string_free(deep, TRUE);
}

/* A kilobyte of references to references costs milliseconds, whatever the caps are; one thing that much refers to is no bomb. */
static void test_small_bombs_are_cheap(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    GString *bomb = g_string_new("<r><a href='#0'/></r>");
    for (unsigned i = 0; i < 20; i++) {
        g_string_append_printf(bomb, "<m id='%u'><a href='#%u'/><a href='#%u'/></m>", i, i + 1, i + 1);
    }
    g_string_append(bomb, "<m id='20'/>");
    g_autofree char *body =
        g_strdup_printf("<e:Envelope xmlns:e='" SOAP_11 "'><e:Body>%s</e:Body></e:Envelope>", bomb->str);
    g_string_free(bomb, TRUE);
    g_assert_cmpuint(strlen(body), <, 1200);
    clock_t best = G_MAXLONG;
    for (unsigned i = 0; i < 5; i++) {
        clock_t before = clock();
        reader_test_refuses(test, body, "too-many-elements");
        best = MIN(best, clock() - before);
    }
    g_assert_cmpint(best, <, test_is_sanitized() ? CLOCKS_PER_SEC : CLOCKS_PER_SEC / 20);

    GString *shared = g_string_new("<r>");
    for (unsigned i = 0; i < 3000; i++) {
        g_string_append(shared, "<a href='#0'/>");
    }
    g_string_append(shared, "</r><m id='0'>");
    for (unsigned i = 0; i < 40; i++) {
        g_string_append_printf(shared, "<f%u>x</f%u>", i, i);
    }
    g_autofree char *honest = g_strdup_printf(
        "<e:Envelope xmlns:e='" SOAP_11 "'><e:Body>%s</m></e:Body></e:Envelope>", shared->str);
    g_string_free(shared, TRUE);
    g_assert_true(reader_test_run(test, honest, 0));
}

/* A chain of references is gone once, however long and however often it is asked for. */
static void test_chains(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    GString *body = g_string_new("<e:Envelope xmlns:e='" SOAP_11 "'><e:Body><r>");
    for (unsigned i = 0; i < 30000; i++) {
        g_string_append(body, "<a href='#0'/>");
    }
    g_string_append(body, "</r>");
    for (unsigned i = 0; i < 30000; i++) {
        g_string_append_printf(body, "<m id='%u' href='#%u'/>", i, i + 1);
    }
    g_string_append(body, "<m id='30000'>x</m></e:Body></e:Envelope>");
    gint64 start = g_get_monotonic_time();
    g_assert_true(reader_test_run(test, body->str, 0));
    g_test_message("%.0f ms", (double)(g_get_monotonic_time() - start) / 1000);
    g_assert_cmpint(g_get_monotonic_time() - start, <, 20 * G_USEC_PER_SEC);
    g_string_free(body, TRUE);
}

/* The sink may stop in the middle of what is given again. */
static void test_stopped(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    test->stop_at = ht_reader_intern(test->reader, "stop");
    g_assert_false(reader_test_run(test, ENCODED("<r><a href='#1'/><b/></r><m id='1'><stop/><x/></m>"), 0));
    g_assert_cmpstr(test->fault.code, ==, "stopped-by-sink");
    test->stop_at = NULL;
    reader_test_expect(test, ENCODED("<r><a href='#1'/></r><m id='1'>x</m>"), 0, "[r<r><a>x</></>]");
}

/* References in bytes that had to be repaired. */
static void test_repaired(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    g_assert_true(
        reader_test_run(test, ENCODED("<!-- a --- b --><r><a href='#1'/></r><m id='1'>x</m>"), ALL_REPAIRS));
    assert_same("repaired", test->events->str, "[r<r><a>x</></>]");
    g_assert_true(test->reading.repaired);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/multiref/axis-values-go-where-they-are-referred-to", test_axis);
    g_test_add_func("/multiref/each-reference-gets-a-copy", test_copies);
    g_test_add_func("/multiref/soap-1.2-ref-and-id", test_soap_12);
    g_test_add_func("/multiref/the-operation-is-what-nobody-refers-to", test_operation);
    g_test_add_func("/multiref/data-that-looks-like-a-reference-stays-data", test_data);
    g_test_add_func("/multiref/lines-are-those-of-the-message", test_lines);
    g_test_add_func("/multiref/nil-is-absence", test_nil);
    g_test_add_func("/multiref/what-says-how-data-is-written-is-marked", test_formal);
    g_test_add_func("/multiref/refuses-what-has-no-meaning", test_faults);
    g_test_add_func("/multiref/of-equal-ids-the-bodys-child-is-meant", test_body_first);
    g_test_add_func("/multiref/bombs-meet-the-caps", test_bombs);
    g_test_add_func("/multiref/small-bombs-are-cheap", test_small_bombs_are_cheap);
    g_test_add_func("/multiref/long-chains-are-cheap", test_chains);
    g_test_add_func("/multiref/a-sink-can-stop", test_stopped);
    g_test_add_func("/multiref/also-in-repaired-text", test_repaired);
    return g_test_run();
}
