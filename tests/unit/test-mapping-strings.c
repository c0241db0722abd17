/* Strings that are documents, and strings that only look like one: what is opened, what is carried as it came, and what is
 * refused because nothing in it is known. */
#include "tests/lib/mapping-test.h"

#define FIELDS "<element to='person.name' from='XM'/><element to='registered.text' from='DZ'/>"
#define ROWS_MAPPING                                                                                         \
    MAPPING("<service namespace='urn:s' name='S'><operation name='put'><in name='x'/></operation></service>" \
            "<event type='person.moved-in.v1' for-each='/ROWS/ROW'>" FIELDS "</event>")
#define ENVELOPE(content)                                                              \
    "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body>" content \
    "</e:Body></e:Envelope>"

/* With a layer of entities more. transfer full. */
static char *escape(const char *text)
{
    return g_markup_escape_text(text, -1);
}

static void expect_person(MappingTest *test, const char *xml)
{
    mapping_test_run(test, xml);
    if (test->outcome.verdict != HT_VERDICT_OK || test->outcome.events->len != 1) {
        g_error("no person in: %s", xml);
    }
    assert_has(test, 0, "\"name\":\"测试丙\"");
}

/* ---- Documents ---- */

static const char *const fronts[] = {"",    "\uFEFF", "\uFEFF\uFEFF", "\n\n",     "\r\n \uFEFF\n",
                                     "ï»¿", "锘?",    "锘\uFFFD",     "\uFEFF\n", "\n\uFEFFï»¿ \uFEFF\n\n"};
static const char *const documents[] = {
    "<?xml version='1.0' encoding='GBK'?><ROWS><ROW><XM>测试丙</XM></ROW></ROWS>",
    "<ROWS><ROW><XM>测试丙</XM></ROW></ROWS>",
    "<?xml version='1.0'?>\n<!-- x -->\n<p:ROWS xmlns:p='urn:p'><p:ROW><XM>测试丙</XM></p:ROW></p:ROWS>\n\n",
};

static void check_wrappings(MappingTest *test, const char *document)
{
    g_autofree char *once = escape(document);
    g_autofree char *twice = escape(once);
    g_autofree char *thrice = escape(twice);
    g_autofree char *cdata = g_strdup_printf("<![CDATA[%s]]>", document);
    g_autofree char *cdata_escaped = escape(cdata);
    g_autofree char *escaped_cdata = g_strdup_printf("<![CDATA[%s]]>", once);
    const char *const strings[] = {once, twice, thrice, cdata, cdata_escaped, escaped_cdata};
    for (unsigned i = 0; i < G_N_ELEMENTS(strings); i++) {
        g_autofree char *soap = g_strdup_printf(ENVELOPE("<put><x> %s</x></put>"), strings[i]);
        g_autofree char *plain = g_strdup_printf("<string>%s</string>", strings[i]);
        expect_person(test, soap);
        expect_person(test, plain);
    }
}

static void test_wrappings(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ROWS_MAPPING);
    for (unsigned f = 0; f < G_N_ELEMENTS(fronts); f++) {
        for (unsigned d = 0; d < G_N_ELEMENTS(documents); d++) {
            g_autofree char *document = g_strconcat(fronts[f], documents[d], NULL);
            check_wrappings(test, document);
        }
    }
}

static void test_payload_fronts(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ROWS_MAPPING);
    for (unsigned f = 0; f < G_N_ELEMENTS(fronts); f++) {
        for (unsigned d = 1; d < G_N_ELEMENTS(documents); d++) {
            g_autofree char *document = g_strconcat(fronts[f], documents[d], NULL);
            expect_person(test, document);
        }
    }
    expect_person(
        test,
        "\xEF\xBB?<?xml version='1.0' encoding='GBK'?><ROWS><ROW><XM>\xB2\xE2\xCA\xD4\xB1\xFB</XM></ROW></ROWS>");
}

static void test_in_json(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ROWS_MAPPING);
    expect_person(test, "{\"x\":\"\\uFEFF\\n<ROWS><ROW><XM>测试丙</XM></ROW></ROWS>\"}");
    expect_person(
        test,
        ENVELOPE(
            "<put><x>{\"x\":\"\\n\\n&lt;ROWS&gt;&lt;ROW&gt;&lt;XM&gt;测试丙&lt;/XM&gt;&lt;/ROW&gt;&lt;/ROWS&gt;\"}</x></put>"));
}

/* ---- Text ---- */

static const char *const texts[] = {
    "<br>测试路",
    "测试路<br>1号",
    "<br/>",
    "<b>测试路</b>",
    "{\"a\":1}",
    "[1,2]",
    "{}x",
    "<!DOCTYPE html>",
    "<!DOCTYPE html><html/>",
    "<!--x-->",
    "<?x y?>测试",
    "<a href=x>",
    "<html><body>测试</body></html>",
    "&lt;br&gt;",
    "&amp;lt;",
    "< 0.05>",
    "<ROWS/>",
    "<ROWS><ROW><XM>别人</XM></ROW></ROWS>",
    "<?xml version='1.0'?><ROWS/>",
    "<string>x</string>",
    "&",
    "<",
};

/* The text stands where the payload says @. */
static void check_text(MappingTest *test, const char *payload, const char *text)
{
    g_autofree char *escaped = escape(text);
    g_auto(GStrv) parts = g_strsplit(payload, "@", 2);
    g_autofree char *xml = g_strconcat(parts[0], escaped, parts[1], NULL);
    expect_person(test, xml);
    HtEvent event = mapping_test_event(test, 0);
    if (!memmem(event.data.data, event.data.size, text, strlen(text))) {
        g_error("not carried as it came: %s", xml);
    }
}

/* A value of a record is text, whatever it looks like: mapped or not, in plain XML, in SOAP and in a document in a string. */
/* Without SOAP a string deep in a document is one where the mapping says so, and never in a record. */
static void test_in_plain_xml(void)
{
    static const char document[] =
        "<ROOT><HEAD>1</HEAD><BODY><OUT>&lt;ROWS>&lt;ROW>&lt;XM>测试丙&lt;/XM>&lt;/ROW>&lt;/ROWS></OUT></BODY></ROOT>";
    static const char value[] = "<ROWS><ROW><XM>测试丙</XM><DZ>&lt;ROWS>1&lt;/ROWS></DZ></ROW></ROWS>";
    static const char opening[] =
        "<mapping xmlns='urn:hutong:mapping:1' source='test' authority='police' version='1' strings='%s'>"
        "<ignore from='/ROOT/HEAD'/><event type='person.moved-in.v1' for-each='/ROWS/ROW'>" FIELDS
        "</event></mapping>";
    g_autofree char *documents_are = g_strdup_printf(opening, "documents");
    g_autofree char *values_are = g_strdup_printf(opening, "values");
    g_autoptr(MappingTest) opens = mapping_test_new(documents_are);
    g_autoptr(MappingTest) keeps = mapping_test_new(values_are);
    expect_person(opens, document);
    expect_person(opens, value);
    assert_has(opens, 0, "\"text\":\"<ROWS>1</ROWS>\"");
    mapping_test_run(keeps, document);
    g_assert_cmpint(keeps->outcome.verdict, ==, HT_VERDICT_REJECT);
    g_assert_cmpstr(keeps->outcome.faults[0].code, ==, "unknown-document");
}

static void test_values(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(ROWS_MAPPING);
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        check_text(test, "<ROWS><ROW><XM>测试丙</XM><DZ>@</DZ></ROW></ROWS>", texts[i]);
        check_text(test, ENVELOPE("<ROWS><ROW><XM>测试丙</XM><DZ>@</DZ></ROW></ROWS>"), texts[i]);
        check_text(test, ENVELOPE("<ROWS><ROW><XM>测试丙</XM><BZ>@</BZ></ROW></ROWS>"), texts[i]);
        check_text(
            test, ENVELOPE("<put><x><![CDATA[<ROWS><ROW><XM>测试丙</XM><DZ>@</DZ></ROW></ROWS>]]></x></put>"),
            texts[i]);
    }
}

/* Beside a document that is known, another that nobody knows is carried as the text that it is. */
static void test_parameters(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<service namespace='urn:s' name='S'><operation name='put'><in name='x'/></operation></service>"
        "<event type='person.moved-in.v1' for-each='/ROWS/ROW'>" FIELDS "</event><ignore from='/put/u'/>"));
    check_text(
        test,
        ENVELOPE(
            "<put><y>@</y><x>&lt;ROWS&gt;&lt;ROW&gt;&lt;XM&gt;测试丙&lt;/XM&gt;&lt;/ROW&gt;&lt;/ROWS&gt;</x></put>"),
        "<other>x</other>");
    mapping_test_run(test,
                     ENVELOPE("<put><x>&lt;OTHER&gt;&lt;XM&gt;测试丙&lt;/XM&gt;&lt;/OTHER&gt;</x></put>"));
    assert_fault(test, 0, "unknown-document");
    mapping_test_run(test, ENVELOPE("<put><x>&lt;!DOCTYPE ROWS&gt;&lt;ROWS/&gt;</x></put>"));
    assert_fault(test, 0, "doctype-refused");
}

/* What has the name of a secret is in no event: as an element, an attribute, a member, in a text that nobody opens. */
static void test_secrets(void)
{
    static const char *const secrets[] = {
        "<token>S3CRET</token>",
        "<x:Password xmlns:x='urn:x'>S3CRET</x:Password>",
        "<u user_key='S3CRET'/>",
        "<token><a>S3CRET</a></token>",
        "<u>&lt;inLicense&gt;S3CRET&lt;/inLicense&gt;</u>",
        "<u>{\"pwd\":\"S3CRET\"}</u>",
        "<u>a=1&amp;password=S3CRET</u>",
        "<kl_1>S3CRET</kl_1>",
        "<密码>S3CRET</密码>",
    };
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<secret name='kl*'/><event type='person.moved-in.v1' for-each='/ROWS/ROW'>" FIELDS "</event>"));
    for (unsigned i = 0; i < G_N_ELEMENTS(secrets); i++) {
        for (unsigned inside = 0; inside < 2; inside++) {
            g_autofree char *xml = g_strdup_printf("<ROWS>%s<ROW><XM>测试丙</XM>%s</ROW></ROWS>",
                                                   inside ? "" : secrets[i], inside ? secrets[i] : "");
            expect_person(test, xml);
            HtEvent event = mapping_test_event(test, 0);
            if (memmem(event.data.data, event.data.size, "S3CRET", 6)) {
                g_error("in the event: %s", xml);
            }
        }
    }
}

/* ---- Nothing known ---- */

/* A code that says success acknowledges what was sent; rows under a name that nobody knows are no message beside it. */
static void test_answers(void)
{
    static const char *const acknowledged[] = {"{\"code\":0}",
                                               "{\"code\":0,\"message\":\"ok\",\"id\":7}",
                                               "{\"code\":0,\"data\":[]}",
                                               "{\"code\":0,\"result\":[]}",
                                               "{\"code\":0,\"result\":null}",
                                               "{\"code\":0,\"data\":null}", /* no records: */
                                               "{\"code\":0,\"data\":\"\"}",
                                               "{\"code\":0,\"data\":{}}"};
    static const char *const lost[] = {"{\"code\":0,\"result\":[{\"XM\":\"x\"}]}",
                                       "{\"code\":0,\"data\":[],\"result\":{\"rows\":[{\"XM\":\"x\"}]}}",
                                       "{\"code\":0,\"list\":{\"XM\":\"x\"}}"};
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<answer for='/json' code='code' ok='0'/><ignore from='/json/msg'/>"
        "<event type='person.moved-in.v1' for-each='/json/data'><element to='person.name' from='XM' required='yes'/></event>"));
    for (unsigned i = 0; i < G_N_ELEMENTS(acknowledged); i++) {
        mapping_test_run(test, acknowledged[i]);
        g_test_message("%s", acknowledged[i]);
        g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
        assert_events(test, 0);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(lost); i++) {
        mapping_test_run(test, lost[i]);
        g_test_message("%s", lost[i]);
        g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
        assert_fault(test, 0, "unknown-document");
    }
}

static void test_nothing_known(void)
{
    static const char *const refused[] = {
        "<ROWS>text</ROWS>",     "<ROWS><!-- x -->text</ROWS>", "<ROWS><![CDATA[x]]></ROWS>",
        "<ROWS a='1'/>",         "<ROWS>&lt;x/&gt;</ROWS>",     "<ROWS>{\"a\":1}</ROWS>",
        "<ROWS><X/></ROWS>",     "<ROWS><X>1</X></ROWS>",       "<X/>",
        "<X>text</X>",           "<X><ROWS/>text</X>",          "<ROWS>0</ROWS>",
        "<string>text</string>",
    };
    static const char *const empty[] = {"<ROWS/>",
                                        "<ROWS></ROWS>",
                                        "<ROWS> \n\t</ROWS>",
                                        "<ROWS><!-- x --></ROWS>",
                                        "<ROWS><?x y?></ROWS>",
                                        "<?x y?><ROWS/><!-- x -->",
                                        "<ROWS>null</ROWS>",
                                        "<ROWS a=''/>"};
    g_autoptr(MappingTest) test = mapping_test_new(ROWS_MAPPING);
    for (unsigned i = 0; i < G_N_ELEMENTS(refused); i++) {
        mapping_test_run(test, refused[i]);
        if (test->outcome.verdict == HT_VERDICT_OK) {
            g_error("taken, and lost: %s", refused[i]);
        }
        assert_fault(test, 0, "unknown-document");
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(empty); i++) {
        mapping_test_run(test, empty[i]);
        if (test->outcome.verdict != HT_VERDICT_OK) {
            g_error("refused although it is empty: %s", empty[i]);
        }
        assert_events(test, 0);
    }
    expect_person(test, "<ROWS a='1'>text<ROW><XM>测试丙</XM></ROW></ROWS>");
    assert_has(test, 0, "\"value\":\"text\"");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping-strings/documents/are-found-in-any-wrapping", test_wrappings);
    g_test_add_func("/mapping-strings/documents/behind-marks-and-empty-lines", test_payload_fronts);
    g_test_add_func("/mapping-strings/documents/in-json", test_in_json);
    g_test_add_func("/mapping-strings/documents/in-plain-xml-where-the-mapping-says-so", test_in_plain_xml);
    g_test_add_func("/mapping-strings/values/text-with-markup-is-text", test_values);
    g_test_add_func("/mapping-strings/values/what-nobody-knows-is-carried-as-text", test_parameters);
    g_test_add_func("/mapping-strings/values/secrets-are-in-no-event", test_secrets);
    g_test_add_func("/mapping-strings/nothing-known/is-refused-but-empty-is-fine", test_nothing_known);
    g_test_add_func("/mapping-strings/nothing-known/beside-a-code-is-refused-when-it-is-content",
                    test_answers);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
