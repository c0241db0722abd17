/* mappings/engine/read/reader: what departments send comes out as the row of events that they mean. */
#include "tests/lib/reader-test.h"

#include "mappings/engine/read/jsondoc.h"
#include "mappings/engine/service/soap-action.h"

/* ---- Samples ---- */

typedef struct {
    const char *file; /* in tests/data/soap/; FILE.events beside it has the events */
    unsigned repairs; /* needed */
    HtSoapVersion soap;
    const char *operation;
    const char *fault; /* code, for one that is refused whatever is repaired */
} Sample;

static const Sample samples[] = {
    {"nciic-request.xml", 0, HT_SOAP_11, "nciicCheck", NULL},
    {"nciic-response.xml", 0, HT_SOAP_11, "nciicCheckResponse", NULL},
    {"nciic-illegal-comment.xml", HT_REPAIR_COMMENTS, HT_SOAP_NONE, "ROWS", NULL},
    {"rbsp-truncated-tag.xml", HT_REPAIR_END_TAGS, HT_SOAP_NONE, "RBSPMessage", NULL},
    {"hukou-axis1-json.xml", 0, HT_SOAP_11, "postCSDJRecrodResponse", NULL},
    {"health-hip-cdata.xml", 0, HT_SOAP_12, "HIPMessageServer", NULL},
    {"marriage-as-shipped.xml", HT_REPAIR_COMMENTS, HT_SOAP_NONE, "MARRY_RETRUNS", NULL},
    {"marriage-soap.xml", HT_REPAIR_COMMENTS, HT_SOAP_11, "getMarryLastInfoByCertResponse", NULL},
    {"asmx-string.xml", 0, HT_SOAP_NONE, "string", NULL},
    {"card-rootless.txt", HT_REPAIR_ROOT, HT_SOAP_NONE, "fragment", NULL},
    {"short-end-tags.txt", HT_REPAIR_ROOT | HT_REPAIR_SHORT_END_TAGS, HT_SOAP_NONE, "fragment", NULL},
    {"ehr-two-roots.txt", HT_REPAIR_ROOT, HT_SOAP_NONE, "fragment", NULL},
    {"fragment.txt", HT_REPAIR_ROOT, HT_SOAP_NONE, "fragment", NULL},
    {"disabled-query.xml", 0, HT_SOAP_11, "getAllDisableCitizenInfo", NULL},
    {"html-error.html", 0, HT_SOAP_NONE, NULL, "html-instead-of-xml"},
    {"axis1-fault.xml", 0, HT_SOAP_11, NULL, "soap-fault-received"},
};

static char *read_data(const char *name, size_t *size)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "tests", "data", "soap", name, NULL);
    char *bytes;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &bytes, size, &error);
    g_assert_no_error(error);
    return bytes;
}

static void check_events(const ReaderTest *test, const Sample *sample)
{
    size_t size;
    g_autofree char *name = g_strconcat(sample->file, ".events", NULL);
    g_autofree char *expected = read_data(name, &size);
    assert_same(sample->file, test->events->str, expected);
    g_assert_cmpuint(test->reading.soap, ==, sample->soap);
    g_assert_cmpstr(test->reading.operation, ==, sample->operation);
}

static void test_sample(gconstpointer data)
{
    const Sample *sample = data;
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    size_t size;
    g_autofree char *bytes = read_data(sample->file, &size);
    HtPayload payload = {.body = {bytes, size}};
    bool good = reader_test_run_payload(test, &payload, 0);
    g_assert_true(good == (sample->repairs == 0 && !sample->fault));
    g_assert_false(test->reading.repaired);
    if (good) {
        check_events(test, sample);
    }

    /* Repairs change nothing that is well-formed, and none is made that is not needed. */
    good = reader_test_run_payload(test, &payload, ALL_REPAIRS);
    if (sample->fault) {
        g_assert_false(good);
        g_assert_cmpstr(test->fault.code, ==, sample->fault);
        return;
    }
    g_assert_true(good);
    check_events(test, sample);
    g_assert_true(test->reading.repaired == (sample->repairs != 0));
    g_assert_cmphex(test->reading.repairs, ==, sample->repairs);
    g_assert_cmpuint(test->restarts, ==, sample->repairs ? 1 : 0);
}

/* ---- Plain XML ---- */

static void test_plain(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_expect(
        test,
        "<?xml version='1.0' encoding='gb2312'?>\n<p:A xmlns:p='u' p:x='1' y='&amp;a&#38;b&amp;#38;&lt;'>t&lt;<p:B/><![CDATA[<c>]]></p:A>",
        0, "[A<A x='1' y='&a&b&#38;<'>t<<B></><c></>]");
    g_assert_cmpuint(test->reading.soap, ==, HT_SOAP_NONE);
    g_assert_false(test->reading.message_id.data != NULL);
    reader_test_expect(test, "<Envelope><Header a='1'/><Body><x/></Body></Envelope>", 0,
                       "[Envelope<Envelope><Header a='1'></><Body><x></></></>]");
    reader_test_expect(test, "<html5/>", 0, "[html5<html5></>]");
    reader_test_refuses(test, "<HTML><body>x</body></HTML>", "html-instead-of-xml");
    reader_test_refuses(test, "<!DOCTYPE html><html/>", "html-instead-of-xml");
    reader_test_refuses(test, "", "empty");
    reader_test_refuses(test, " \r\n\t", "empty");
    reader_test_refuses(test, "hello", "not-well-formed");
    reader_test_refuses(test, "<?xml version='1.0' encoding='utf-7'?><a/>", "unsupported-encoding");
    reader_test_expect(test, "\xef\xbb\xbf<?xml version='1.0' encoding='gbk'?><a/>", 0, "[a<a></>]");
}

static void test_lines(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    g_assert_true(reader_test_run(test, "<?xml version='1.0'?>\n\n<a>\n<b/>\n</a>", 0));
    g_assert_cmpuint(test->last_line, ==, 4);
    reader_test_refuses(test, "<?xml version='1.0'?>\n<a>\n<b></a>", "not-well-formed");
    g_assert_cmpuint(test->fault.line, ==, 3);

    /* In a string: CDATA, entities, a declaration with a line of its own, a repaired outside. */
    g_assert_true(reader_test_run(
        test, IN_BODY("<o>\n<s>\n<![CDATA[\n<?xml version='1.0'?>\n<a>\n<b/></a>\n]]></s></o>"), 0));
    g_assert_cmpuint(test->last_line, ==, 6);
    g_assert_true(reader_test_run(test, IN_BODY("<o>\n<s>\n&lt;a>\n&lt;b/>&lt;/a></s></o>"), 0));
    g_assert_cmpuint(test->last_line, ==, 4);
    reader_test_refuses(test, IN_BODY("<o>\n<s><![CDATA[<a>\n<b>\n</a>]]></s>\n</o>"), "not-well-formed");
    g_assert_cmpuint(test->fault.line, ==, 4);
    g_assert_true(reader_test_run(test, "<a><!—x\n\n--><b\n/></a>", HT_REPAIR_COMMENTS));
    g_assert_cmpuint(test->last_line, ==, 4);
    g_assert_cmpuint(ht_reader_line(test->reader), ==, 0);
}

static void test_interned(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    HtName early = ht_reader_intern(test->reader, "early");
    g_assert_true(reader_test_run(test, "<root><early/><late/></root>", 0));
    HtName late = ht_reader_intern(test->reader, "late");
    g_assert_true(ht_reader_intern(test->reader, "early") == early);

    /* The sink compares pointers: in XML, in strings and in JSON. */
    test->stop_at = late;
    static const char *const payloads[] = {
        "<root><late/></root>",
        IN_BODY("<o>&lt;late/></o>"),
        IN_BODY("<o>{\"late\": 1}</o>"),
        "<late/>",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(payloads); i++) {
        g_assert_false(reader_test_run(test, payloads[i], ALL_REPAIRS));
        g_assert_cmpstr(test->fault.code, ==, "stopped-by-sink");
        g_assert_cmpuint(test->restarts, ==, 0);
    }
    test->stop_at = early;
    reader_test_refuses(test, "<root><early/></root>", "stopped-by-sink");
    reader_test_expect(test, "<root><late/></root>", 0, "[root<root><late></></>]");
}

/* A dictionary hashes in another way once it has grown; either of the two may have. */
static void test_interned_many(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    g_autoptr(GString) xml = g_string_new("<root>");
    HtName wanted = ht_reader_intern(test->reader, "wanted"), last = NULL;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 2000; i++) {
            g_string_append_printf(xml, "<other%u-%u/>", round, i);
        }
        for (unsigned i = 0; i < 2; i++) {
            g_autofree char *whole = g_strdup_printf("%s<%s/></root>", xml->str, i ? "wanted" : "name1999");
            test->stop_at = i ? wanted : last;
            g_assert_true(reader_test_run(test, whole, 0) == !test->stop_at);
        }
        for (unsigned i = 0; i < 2000; i++) {
            g_autofree char *name = g_strdup_printf("name%u", i);
            last = ht_reader_intern(test->reader, name);
        }
        g_string_assign(xml, "<root>");
    }
}

/* ---- SOAP ---- */

static void test_envelope(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_expect(test, IN_BODY(" <o:op xmlns:o='urn:x' a='1'><b>t</b></o:op> "), 0,
                       "[op<op a='1'><b>t</></>]");
    g_assert_cmpuint(test->reading.soap, ==, HT_SOAP_11);
    reader_test_expect(test,
                       "<e:Envelope xmlns:e='" SOAP_12 "'><e:Header><x:t xmlns:x='u'><y/></x:t></e:Header>"
                       "<e:Body><op><Body/></op></e:Body></e:Envelope>",
                       0, "[op<op><Body></></>]");
    g_assert_cmpuint(test->reading.soap, ==, HT_SOAP_12);

    /* Axis 1 puts the values behind the response; one that nobody refers to is not lost. */
    reader_test_expect(test,
                       IN_BODY("<r><a href='#id0'/></r><multiRef id='id0'>1</multiRef><multiRef id='id1'/>"),
                       0, "[r<r><a>1</></>][multiRef<multiRef id='id1'></>]");
    g_assert_cmpstr(test->reading.operation, ==, "r");

    reader_test_refuses(test, IN_BODY(""), "soap-body-empty");
    reader_test_refuses(test, IN_BODY("text"), "soap-malformed");
    reader_test_refuses(test, "<Envelope xmlns='" SOAP_11 "'/>", "soap-body-empty");
    reader_test_refuses(test, "<Envelope xmlns='" SOAP_11 "'><Header/></Envelope>", "soap-body-empty");
    reader_test_refuses(test, "<Envelope xmlns='" SOAP_11 "'><Body xmlns=''><op/></Body></Envelope>",
                        "soap-malformed");
}

static void test_version(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_refuses(
        test,
        "<e:Envelope xmlns:e='http://www.w3.org/2001/12/soap-envelope'><e:Body><op/></e:Body></e:Envelope>",
        "soap-version");
    reader_test_expect(test, "<Envelope xmlns='urn:post'><a><Body/></a><letter/></Envelope>", 0,
                       "[Envelope<Envelope><a><Body></></><letter></></>]");
    HtPayload payload = {.body = HT_TEXT_LITERAL("<op/>"), .head.soap_expected = true};
    g_assert_false(reader_test_run_payload(test, &payload, 0));
    g_assert_cmpstr(test->fault.code, ==, "soap-version");
    g_assert_cmpuint(test->reading.soap, ==, HT_SOAP_12);
    payload.body = HT_TEXT_LITERAL("<op");
    g_assert_false(reader_test_run_payload(test, &payload, 0));
    g_assert_cmpuint(test->reading.soap, ==, HT_SOAP_12);
}

typedef struct {
    const char *block; /* in the header */
    const char *fault; /* NULL: taken */
} Block;

static void test_must_understand(void)
{
    static const Block blocks[] = {
        {"<x:b xmlns:x='u' e:mustUnderstand='1'/>", "soap-must-understand"},
        {"<x:b xmlns:x='u' e:mustUnderstand=' true '/>", "soap-must-understand"},
        {"<x:b xmlns:x='u' e:mustUnderstand='1' e:actor='http://schemas.xmlsoap.org/soap/actor/next'/>",
         "soap-must-understand"},
        {"<w:Security xmlns:w='http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'"
         " e:mustUnderstand='1'/>",
         "soap-must-understand"},
        {"<x:b xmlns:x='u' e:mustUnderstand='1' e:actor='urn:somebody-else'/>", NULL},
        {"<x:b xmlns:x='u' e:mustUnderstand='0'/>", NULL},
        {"<x:b xmlns:x='u' mustUnderstand='1'/>", NULL},
        {"<x:b xmlns:x='u'><x:c e:mustUnderstand='1'/></x:b>", NULL},
        {"<a:To xmlns:a='http://www.w3.org/2005/08/addressing' e:mustUnderstand='1'>x</a:To>", NULL},
        {"<a:To xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing' e:mustUnderstand='1'>x</a:To>",
         NULL},
    };
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++) {
        g_autofree char *xml = g_strdup_printf("<e:Envelope xmlns:e='" SOAP_11
                                               "'><e:Header>%s</e:Header><e:Body><op/></e:Body></e:Envelope>",
                                               blocks[i].block);
        if (blocks[i].fault) {
            reader_test_refuses(test, xml, blocks[i].fault);
        } else {
            reader_test_expect(test, xml, 0, "[op<op></>]");
        }
    }
    reader_test_refuses(test,
                        "<e:Envelope xmlns:e='" SOAP_12
                        "'><e:Header><b xmlns='u' e:mustUnderstand='true' e:role='" SOAP_12
                        "/role/ultimateReceiver'/></e:Header><e:Body><op/></e:Body></e:Envelope>",
                        "soap-must-understand");
    reader_test_expect(test,
                       "<e:Envelope xmlns:e='" SOAP_12
                       "'><e:Header><b xmlns='u' e:mustUnderstand='true' e:role='" SOAP_12
                       "/role/none'/></e:Header><e:Body><op/></e:Body></e:Envelope>",
                       0, "[op<op></>]");
}

static void check_message_id(ReaderTest *test, const char *namespace_name, const char *id,
                             const char *expected)
{
    g_autofree char *xml =
        g_strdup_printf("<e:Envelope xmlns:e='" SOAP_11 "'><e:Header><a:MessageID xmlns:a='%s'>%s"
                        "<x>no</x></a:MessageID></e:Header><e:Body><op/></e:Body></e:Envelope>",
                        namespace_name, id);
    g_assert_true(reader_test_run(test, xml, 0));
    if (expected) {
        g_assert_true(ht_text_is(test->reading.message_id, expected));
    } else {
        g_assert_null(test->reading.message_id.data);
    }
}

static void test_message_id(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    g_autofree char *just_fits = g_strnfill(256, 'a'), *too_long = g_strnfill(257, 'a');
    check_message_id(test, "http://www.w3.org/2005/08/addressing", " urn:uuid:1&amp;2 ", "urn:uuid:1&2");
    check_message_id(test, "http://schemas.xmlsoap.org/ws/2004/08/addressing", "<![CDATA[x]]>", "x");
    check_message_id(test, "urn:other", "x", NULL);
    check_message_id(test, "http://www.w3.org/2005/08/addressing", just_fits, just_fits);
    check_message_id(test, "http://www.w3.org/2005/08/addressing", too_long, NULL);
    check_message_id(test, "http://www.w3.org/2005/08/addressing", " ", NULL);
    g_assert_true(reader_test_run(test, IN_BODY("<op/>"), 0));
    g_assert_null(test->reading.message_id.data);
}

typedef struct {
    const char *action, *operation, *uri;
    bool agrees;
} Action;

static void test_action(void)
{
    static const Action cases[] = {
        {"", "op", NULL, true},
        {"\"\"", "op", NULL, true},
        {"\"http://tempuri.org/QueryXml\"", "QueryXml", "http://tempuri.org/", true},
        {"'urn:queryxml'", "QueryXml", NULL, true},
        {"urn:service#QueryXml", "QueryXml", NULL, true},
        {"\"http://tempuri.org/IService/QueryXml/\"", "QueryXml", NULL, true},
        {"urn:QueryXmlRequest", "QueryXml", NULL, true},
        {"urn:QueryXml", "QueryXmlRequest", NULL, true},
        {"urn:QueryXmlIn", "QueryXml", NULL, true},
        {"urn:QueryXmlSoapIn", "queryXml", NULL, true},
        {"\"http://api/Services/\"", "nciicCheck", "http://api/Services", true},
        {"http://tempuri.org/", "QueryXml", NULL, true},
        {"http://host/Service.asmx", "QueryXml", NULL, true},
        {"urn:example:person:v1", "QueryXml", NULL, true},
        {"urn:查询", "查询", NULL, true},
        {"urn:删除人员", "查询", NULL, false},
        {"\"http://tempuri.org/DeleteXml\"", "QueryXml", "http://tempuri.org/", false},
        {"urn:QueryXmlAndDelete", "QueryXml", NULL, false},
        {"urn:Query", "QueryXml", NULL, false},
        {"DeleteXml", "QueryXml", NULL, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool agrees = ht_soap_action_agrees(ht_text_from(cases[i].action), cases[i].operation, cases[i].uri);
        g_assert_true(agrees == cases[i].agrees || (g_test_message("%s", cases[i].action), false));
    }
    g_assert_true(ht_soap_action_agrees(HT_TEXT_NONE, "op", NULL));

    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    HtPayload payload = {.body = HT_TEXT_LITERAL(IN_BODY("<op/>")),
                         .head.soap_action = HT_TEXT_LITERAL("\"urn:other\"")};
    g_assert_false(reader_test_run_payload(test, &payload, 0));
    g_assert_cmpstr(test->fault.code, ==, "soap-action-mismatch");
    payload.head.soap_action = HT_TEXT_LITERAL("\"urn:op\"");
    g_assert_true(reader_test_run_payload(test, &payload, 0));
    payload.body = HT_TEXT_LITERAL("<plain/>"); /* without an envelope the header means nothing */
    payload.head.soap_action = HT_TEXT_LITERAL("\"urn:other\"");
    g_assert_true(reader_test_run_payload(test, &payload, 0));
    g_assert_cmpuint(test->reading.soap, ==, HT_SOAP_NONE);
}

static void test_fault_received(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_refuses(
        test, IN_BODY("<e:Fault><faultcode>e:Client</faultcode><faultstring>secret</faultstring></e:Fault>"),
        "soap-fault-received");
    g_assert_nonnull(strstr(test->fault.text, "(Client)"));
    g_assert_null(strstr(test->fault.text, "secret"));
    reader_test_refuses(test,
                        "<e:Envelope xmlns:e='" SOAP_12
                        "'><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode>"
                        "<e:Value>x:secret</e:Value></e:Subcode></e:Code></e:Fault></e:Body></e:Envelope>",
                        "soap-fault-received");
    g_assert_nonnull(strstr(test->fault.text, "(Sender)"));
    reader_test_refuses(test, IN_BODY("<e:Fault><faultcode>no. 12345</faultcode></e:Fault>"),
                        "soap-fault-received");
    g_assert_null(strstr(test->fault.text, "12345"));
    reader_test_expect(test, IN_BODY("<Fault xmlns='urn:mine'/>"), 0, "[Fault<Fault></>]");
}

/* ---- Documents in strings ---- */

typedef struct {
    const char *content; /* of the operation's element */
    const char *events;
} String;

static void test_strings(void)
{
    static const String cases[] = {
        /* documents */
        {"&lt;a>&lt;b>1&lt;/b>&lt;/a>", "[a<a><b>1</></>]"},
        {"\n  <![CDATA[ <?xml version='1.0' encoding='gbk'?>\n<a/> ]]>\n", "[a<a></>]"},
        {"&lt;![CDATA[ &lt;![CDATA[&lt;![CDATA[&lt;a/>]]&gt;]]&gt; ]]&gt;", "[a<a></>]"},
        {"<![CDATA[<a>]]>&lt;![CDATA[&amp;]]&gt;<![CDATA[</a>]]>", "[a<a>&</>]"},
        {"&lt;数量>2&lt;/数量>", "[数量<数量>2</>]"},
        {"{\"a\":[1,{\"b\":\"x\"}]}", "[json<json><a>1</><a><b>x</></></>]"},
        {" [ {\"a\":1}, 2 ] ", "[json<json><item><a>1</></><item>2</></>]"},
        /* one inside the other, three deep; the fourth is a value */
        {"{\"x\":\"&lt;a>{&amp;quot;y&amp;quot;:&amp;quot;&amp;lt;b/>&amp;quot;}&lt;/a>\"}",
         "[json<json><x>[a<a>[json<json><y><b/></></>]</>]</></>]"},
        {"&lt;a>&amp;lt;b>{\"c\":\"&amp;amp;lt;d/>\"}&amp;lt;/b>&lt;/a>",
         "[a<a>[b<b>[json<json><c><d/></></>]</>]</>]"},
        /* as in a URL, whatever the declaration says */
        {"%3C%3Fxml+version%3D%221.0%22+encoding%3D%22GBK%22%3F%3E%3ca%3E%E6%B5%8B+%2B%25%3C%2Fa%3E",
         "[a<a>测 +%</>]"},
        {" %7b%22a%22%3A%22100%25%22%7D\n", "[json<json><a>100%</></>]"},
        {"&lt;![CDATA[%3Ca%2F%3E]]&gt;", "[a<a></>]"},
        /* values */
        {"%3Ca%3E%B2%E2%3C%2Fa%3E", "%3Ca%3E%B2%E2%3C%2Fa%3E"},
        {"%3C%00a/%3E", "%3C%00a/%3E"},
        {"%3C 5%", "%3C 5%"},
        {"%", "%"},
        {"%3Zx+y", "%3Zx+y"},
        {"5%3Ca%3E", "5%3Ca%3E"},
        {"&lt;0.05", "<0.05"},
        {"&lt;正常值", "<正常值"},
        {"&lt; 5 > 3", "< 5 > 3"},
        {"{not json}", "{not json}"},
        {"[测试]", "[测试]"},
        {"{\"a\":1} and more", "{\"a\":1} and more"},
        {"<![CDATA[<![CDATA[plain]]]]>&gt;", "plain"},
        {"a &lt;b>", "a <b>"},
        {"&lt;", "<"},
        {"{", "{"},
        {"&lt;a>&lt;/a><x/>", "<a></a><x></>"},
        {"<x/>&lt;a>&lt;/a>", "<x></><a></a>"},
    };
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *xml = g_strdup_printf(IN_BODY("<op>%s</op>"), cases[i].content);
        g_autofree char *events = g_strdup_printf("[op<op>%s</>]", cases[i].events);
        reader_test_expect(test, xml, 0, events);
    }
}

static void test_string_faults(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_refuses(test, IN_BODY("<op>&lt;a>&lt;b>&lt;/a></op>"), "not-well-formed");
    reader_test_refuses(test, IN_BODY("<op>&lt;a/>&lt;b/></op>"), "not-well-formed");
    reader_test_refuses(test, IN_BODY("<op><![CDATA[<!DOCTYPE a><a/>]]></op>"), "doctype-refused");
    reader_test_refuses(test, IN_BODY("<op><![CDATA[<x:a/>]]></op>"), "namespace-not-well-formed");

    /* Repairs reach into strings, also where only the string is broken. */
    reader_test_expect(test, IN_BODY("<op><![CDATA[<a>R&D</a>]]></op>"), HT_REPAIR_BARE_AMPERSAND,
                       "[op<op>[a<a>R&D</>]</>]");
    g_assert_true(test->reading.repaired);
    g_assert_cmphex(test->reading.repairs, ==, HT_REPAIR_BARE_AMPERSAND);
    reader_test_expect(test, IN_BODY("<op><![CDATA[<a/><b/>]]></op>"), HT_REPAIR_ROOT,
                       "[op<op>[fragment<fragment><a></><b></></>]</>]");
    g_assert_false(reader_test_run(test, IN_BODY("<op>\n<![CDATA[<a/><b/>]]></op>"), HT_REPAIR_COMMENTS));
    g_assert_cmpstr(test->fault.code, ==, "not-well-formed");
    g_assert_nonnull(strstr(test->fault.text, "Also after repair"));
    g_assert_cmpuint(test->fault.line, ==, 2);
}

static void test_strings_in_plain(void)
{
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    reader_test_expect(test, "<string>&lt;a>1&lt;/a></string>", 0, "[string<string>[a<a>1</>]</>]");
    reader_test_expect(test, "<string>{\"a\":\"&lt;b/>\"}</string>", 0,
                       "[string<string>[json<json><a><b/></></>]</>]");
    reader_test_expect(test, "<r><v>&lt;a>1&lt;/a></v>{}</r>", 0, "[r<r><v><a>1</a></>{}</>]");
    reader_test_expect(test, " {\"a\": \"&lt;\", \"b\": \"<c/>\"}", 0,
                       "[json<json><a>&lt;</><b>[c<c></>]</></>]");
    g_assert_cmpstr(test->reading.operation, ==, "json");
}

/* ---- JSON ---- */

static void test_json(void)
{
    static const String cases[] = {
        {"{}", "<json></>"},
        {"{\"a\":null,\"b\":\"\",\"c\":true,\"d\":false}", "<json><c>true</><d>false</></>"},
        {"{\"a\": {} ,\"b\":[],\"c\":{\"d\":null,\"e\":{ }}}", "<json><c></></>"}, /* not there */
        {"[null,\"\",{},[]]", "<json><item></><item></><item></><item></></>"}, /* came, without anything */
        {"{\"n\":[0,-1.50,1e5,12345678901234567890123]}",
         "<json><n>0</><n>-1.50</><n>1e5</><n>12345678901234567890123</></>"},
        {"{\"a\":1,\"a\":2}", "<json><a>1</><a>2</></>"},
        {"{\"m\":[[1,2],[]],\"e\":[]}", "<json><m><item>1</><item>2</></><m></></>"},
        {"{\"s\":\"q\\\"\\\\\\/\\u4e2d\\ud842\\udfb7\\t!\"}", "<json><s>q\"\\/中𠮷\t!</></>"},
        {"{\"s\":\"\\u0000\\ud800x\\b\\uffff\"}", "<json><s>\uFFFD\uFFFDx\uFFFD\uFFFD</></>"},
        {"{\"a b/c\":1,\"1\":2,\"\":3,\"姓名\":4}", "<json><a_b_c>1</><_1>2</><_>3</><姓名>4</></>"},
    };
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *events = g_strdup_printf("[json%s]", cases[i].events);
        g_assert_true(ht_jsondoc_check(ht_text_from(cases[i].content), NULL));
        reader_test_expect(test, cases[i].content, 0, events);
    }
}

static void test_not_json(void)
{
    static const char *const cases[] = {
        "",          "1",        "\"a\"",        "{",         "[",
        "{\"a\"}",   "{\"a\":}", "{\"a\":1,}",   "[1,]",      "{a:1}",
        "{'a':1}",   "[01]",     "[1.]",         "[.5]",      "[+1]",
        "[1e]",      "[tru]",    "[NaN]",        "[\"\\x\"]", "[\"\\u12\"]",
        "[\"\n\"]",  "[1] 2",    "[1}",          "[\"a]",     "[1 2]",
        "{\"a\" 1}", "[\"\\",    "[\"\\ud800\\", "// c\n{}",  "{\"a\":1 /**/}",
        "[-]",       "nul",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_true(!ht_jsondoc_check(ht_text_from(cases[i]), NULL) ||
                      (g_test_message("%s", cases[i]), false));
    }
    g_autofree char *deep = g_strnfill(2000000, '[');
    g_assert_false(ht_jsondoc_check(ht_text_from(deep), NULL));
}

static bool run_as_json(ReaderTest *test, const char *body, gssize size)
{
    HtPayload payload = {
        .body = {body, size < 0 ? strlen(body) : (size_t)size},
        .head = {.content_type = HT_TEXT_LITERAL("Application/JSON; x=y"), .charset = HT_TEXT_LITERAL("")}};
    return reader_test_run_payload(test, &payload, 0);
}

/* What is wrong has a place that an editor finds, and nothing of what was sent is told. */
static void test_json_flaws(void)
{
    static const struct {
        const char *body, *place, *why;
        unsigned line;
    } cases[] = {
        {"{\"a\":1,}", "character 8 ", "comma stands before", 1},
        {"[\n  {\"姓名\":\"测试甲\",\n  }]", "character 3 ", "comma stands before", 3},
        {"{\"姓名\":'测试甲'}", "character 7 ", "single quotes", 1},
        {"{\"a\":1 // 注\n}", "character 8 ", "comment", 1},
        {"{\"a\":NaN}", "character 6 ", "NaN", 1},
        {"{a:1}", "character 2 ", "without quotes", 1},
        {"{\"a\":01}", "character 6 ", "zero", 1},
        {"{\"a\":1 \"b\":2}", "character 8 ", "missing", 1},
        {"{\"a\":\"x\ny\"}", "character 8 ", "line end", 1},
        {"{\"a\":\"测试", "character 9 ", "before it is complete", 1},
        {"{\"a\":1}\n{\"a\":2}", "character 1 ", "behind the end", 2},
        {"测试", "character 1 ", "no JSON object", 1},
        {"call({\"a\":1})", "character 1 ", "no JSON object", 1},
        {"\"测试\"", "character 1 ", "no JSON object", 1},
        {"12", "character 1 ", "no JSON object", 1},
    };
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool good = run_as_json(test, cases[i].body, -1);
        g_test_message("%s: %s", cases[i].body, test->fault.text);
        g_assert_false(good);
        g_assert_cmpstr(test->fault.code, ==, "json-malformed");
        g_assert_nonnull(strstr(test->fault.text, cases[i].place));
        g_assert_nonnull(strstr(test->fault.text, cases[i].why));
        g_assert_cmpuint(test->fault.line, ==, cases[i].line);
        g_assert_null(strstr(test->fault.text, "测试"));
    }
    g_autofree char *deep = g_strnfill(600, '[');
    g_assert_false(run_as_json(test, deep, -1));
    g_assert_cmpstr(test->fault.code, ==, "too-deep");
    g_assert_false(run_as_json(test, " \n ", -1));
    g_assert_cmpstr(test->fault.code, ==, "empty");
    g_assert_false(run_as_json(test, "<html><body>502</body></html>", -1));
    g_assert_cmpstr(test->fault.code, ==, "html-instead-of-xml");
}

/* Encodings and marks are those of every payload; markup under JSON's type is read as markup, JSON under markup's as JSON. */
static void test_json_bodies(void)
{
    static const char gbk[] =
        "{\"a\":\"\xb2\xe2\xca\xd4\x81\x5c\"}"; /* a GBK character whose second byte is a backslash */
    g_autoptr(ReaderTest) test = reader_test_new(NULL);
    g_assert_true(run_as_json(test, "\xef\xbb\xbf\n{\"a\":[{\"b\":null},{\"b\":\"测试\"}]}", -1));
    assert_same("mark", test->events->str, "[json<json><a></><a><b>测试</></></>]");
    HtPayload payload = {.body = {gbk, sizeof gbk - 1},
                         .head = {.content_type = HT_TEXT_LITERAL("application/json; charset=gbk"),
                                  .charset = HT_TEXT_LITERAL("gbk")}};
    g_assert_true(reader_test_run_payload(test, &payload, 0));
    assert_same("GBK", test->events->str, "[json<json><a>测试乗</></>]");
    g_assert_cmpuint(test->reading.text_marks, ==, 0);
    g_assert_true(run_as_json(test, "<a>1</a>", -1));
    assert_same("markup", test->events->str, "[a<a>1</>]");
    static const char utf16[] = "\xff\xfe{\0\"\0a\0\"\0:\0001\0}\0";
    g_assert_true(run_as_json(test, utf16, sizeof utf16 - 1));
    assert_same("UTF-16", test->events->str, "[json<json><a>1</></>]");
    g_assert_true(run_as_json(test, utf16 + 2, sizeof utf16 - 3)); /* and without a mark, */
    assert_same("UTF-16LE", test->events->str, "[json<json><a>1</></>]");
    static const char turned[] = "\0[\0{\0\"\0a\0\"\0:\0001\0}\0]"; /* in either order of bytes */
    g_assert_true(run_as_json(test, turned, sizeof turned - 1));
    assert_same("UTF-16BE", test->events->str, "[json<json><item><a>1</></></>]");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *path = g_strconcat("/reader/sample/", samples[i].file, NULL);
        g_test_add_data_func(path, &samples[i], test_sample);
    }
    g_test_add_func("/reader/plain-xml-passes-through", test_plain);
    g_test_add_func("/reader/lines-are-those-of-the-payload", test_lines);
    g_test_add_func("/reader/equal-names-are-equal-pointers", test_interned);
    g_test_add_func("/reader/equal-names-however-many", test_interned_many);
    g_test_add_func("/soap/envelope-is-taken-off", test_envelope);
    g_test_add_func("/soap/other-versions-are-refused", test_version);
    g_test_add_func("/soap/must-understand-is-honoured", test_must_understand);
    g_test_add_func("/soap/message-id-is-found", test_message_id);
    g_test_add_func("/soap/action-agrees-with-body", test_action);
    g_test_add_func("/soap/fault-is-refused-without-its-text", test_fault_received);
    g_test_add_func("/strings/documents-are-told-from-values", test_strings);
    g_test_add_func("/strings/broken-documents-are-refused-or-repaired", test_string_faults);
    g_test_add_func("/strings/plain-xml-only-at-the-root", test_strings_in_plain);
    g_test_add_func("/jsondoc/becomes-elements", test_json);
    g_test_add_func("/jsondoc/refuses-what-is-not-json", test_not_json);
    g_test_add_func("/jsondoc/what-is-wrong-has-a-place", test_json_flaws);
    g_test_add_func("/jsondoc/bodies-in-every-encoding", test_json_bodies);
    return g_test_run();
}
