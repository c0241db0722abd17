/* `<service>`: what the compiler says of wrong ones, what operations are answered; and the WSDL that is made of a mapping:
 * its form, that every name in it leads somewhere, that its schemas are schemas and take what the mapping takes. */
#include "mappings/engine/rules/rules.h"
#include "mappings/engine/wsdl/wsdl.h"
#include "tests/lib/mapping-test.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlschemas.h>
#include <libxml/xmlschemastypes.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#define EVENT                                                                 \
    "<event type='person.moved-in.v1' for-each='/ROWS/ROW'>"                  \
    "<id from='HJYWID'/><element to='person.name' from='XM' required='yes'/>" \
    "<element to='person.idNumber' from='证件/@号码'/><ignore from='CXBZ'/></event>"
#define SERVICE(operations) "<service namespace='urn:test:s' name='S'>" operations "</service>"
#define RPC(operations) \
    "<service namespace='urn:test:s' name='S' style='rpc' use='encoded'>" operations "</service>"
#define ADDRESS "http://bus.example:8080/in/test?a=1&b=\"2\""

/* ---- Compiling ---- */

static void expect(const char *content, const char *errors)
{
    g_autofree char *text = g_strdup_printf(MAPPING("\n%s"), content);
    g_autofree char *found = NULL;
    g_autoptr(HtMapping) mapping = mapping_test_compile(text, &found);
    g_assert_cmpstr(found, ==, errors);
    g_assert_null(mapping);
}

static void test_placeholders(void)
{
    expect(
        EVENT SERVICE("<operation name='Op'><out name='o' value='{mesage-id}'/></operation>"),
        ":2: error: \"{mesage-id}\" is nothing that can be put in value=\"…\"; did you mean \"message-id\"? (a brace "
        "itself is \"{{\")");
    expect(EVENT SERVICE("<operation name='Op'><out name='o' value='{text}'/></operation>"),
           ":2: error: \"{text}\" is nothing that can be put in value=\"…\" (a brace itself is \"{{\")");
    expect(
        EVENT SERVICE("<operation name='Op'><out name='o' refused='{code'/></operation>"),
        ":2: error: \"{code\" is nothing that can be put in refused=\"…\"; did you mean \"code\"? (a brace itself is "
        "\"{{\")");
    expect(EVENT SERVICE("<operation name='Op'><out name='o' type='xml' value='&lt;a>'/></operation>"),
           ":2: error: with type=\"xml\" a value must be well-formed elements");
}

static void test_names(void)
{
    expect(EVENT SERVICE("<operation name='1st'/>"),
           ":2: error: \"1st\" and \"1stResponse\" must be names of elements");
    expect(EVENT SERVICE("<operation name='Op' response='Op'/>"),
           ":2: error: the answer's element cannot have the request's name \"Op\" in one WSDL");
    expect(EVENT SERVICE("<operation name='Op'/><operation name='Op'/>"),
           ":2: error: \"Op\" or its answer is declared twice");
    expect(EVENT SERVICE("<operation name='Submit'/>"),
           ":2: error: \"Submit\" is the generic operation: <service submit=\"no\"> leaves that out");
    expect(EVENT SERVICE("<operation name='Op'><in name='a'/><in name='a'/></operation>"),
           ":2: error: \"a\" stands twice");
    expect(EVENT SERVICE("<operation name='Op'><in name='@a'/></operation>"),
           ":2: error: an attribute can only stand inside of another <in>, and holds text");
    expect(EVENT SERVICE("<operation name='A'/>") SERVICE("<operation name='B'/>"),
           ":2: error: name and namespace must differ from those of the other <service>");
    expect(EVENT "<service namespace='urn:hutong:x' name='S'><operation name='Op'/></service>",
           ":2: error: namespaces that begin with \"urn:hutong:\" are the bus's own");
}

static void test_styles(void)
{
    expect(EVENT "<service namespace='urn:x' name='S' use='encoded'><operation name='Op'/></service>",
           ":2: error: use=\"encoded\" is possible with style=\"rpc\" only");
    expect(EVENT RPC("<operation name='Op'><in name='a' many='yes'/></operation>"),
           ":2: error: \"a\" cannot repeat with style=\"rpc\": put it into another");
    expect(EVENT SERVICE("<operation name='Op'><out name='a' many='yes' value='1'/></operation>"),
           ":2: error: what repeats or has parts has no value=\"…\" of its own: give elements, type=\"xml\"");
}

/* ---- Answers ---- */

static char *answer(const char *content, const HtServiceFacts *facts)
{
    g_autofree char *text = g_strdup_printf(MAPPING("%s"), content);
    g_autoptr(HtMapping) mapping = mapping_test_compile(text, NULL);
    HtBuffer buffer = {.data = NULL};
    bool given = ht_services_answer(ht_mapping_services(mapping), facts, &buffer);
    char *result = given ? g_strndup(buffer.data, buffer.size) : NULL;
    g_assert_true(given || buffer.size == 0);
    ht_buffer_clear(&buffer);
    return result;
}

static void expect_answer(const char *content, const HtServiceFacts *facts, const char *wanted)
{
    g_autofree char *got = answer(content, facts);
    g_assert_cmpstr(got, ==, wanted);
}

static const HtServiceFacts taken = {
    .operation = {"Op", 2}, .message_id = {"m-1", 3}, .business_id = {"9\"<0", 4}, .records = 3, .events = 2};
static const HtServiceFacts refused = {.refused = true,
                                       .operation = {"Op", 2},
                                       .message_id = {"m-1", 3},
                                       .code = {"bad", 3},
                                       .text = {"a \"b\" & c", 9}};

static void test_values(void)
{
    expect_answer(
        EVENT SERVICE("<operation name='Op'><out name='o' value='{{{message-id}} {records}/{events}'/>"
                      "<out name='p' value='{operation} {business-id}'/></operation>"),
        &taken,
        "<ns1:OpResponse xmlns:ns1=\"urn:test:s\"><ns1:o>{m-1} 3/2</ns1:o>"
        "<ns1:p>Op 9&quot;&lt;0</ns1:p></ns1:OpResponse>");
    expect_answer(EVENT SERVICE("<operation name='Op' response='Done'/>"), &taken,
                  "<ns1:Done xmlns:ns1=\"urn:test:s\"></ns1:Done>");
    expect_answer(EVENT SERVICE("<operation name='Other'/>"), &taken, NULL);
    expect_answer(EVENT SERVICE("<operation name='Op'><out name='o'/></operation>"), &taken, NULL);
    expect_answer(EVENT, &taken, NULL);
}

static void test_forms(void)
{
    expect_answer(
        EVENT SERVICE("<operation name='Op'><out name='o' as='json' value='{{\"id\":\"{business-id}\"}'/>"
                      "<out name='p' as='xml' value='&lt;a>{business-id}&lt;/a>'/>"
                      "<out name='q' type='xml' value='&lt;a>{business-id}&lt;/a>'/></operation>"),
        &taken,
        "<ns1:OpResponse xmlns:ns1=\"urn:test:s\"><ns1:o>{&quot;id&quot;:&quot;9\\&quot;&lt;0&quot;}</ns1:o>"
        "<ns1:p>&lt;a&gt;9&amp;quot;&amp;lt;0&lt;/a&gt;</ns1:p>"
        "<ns1:q><a>9&quot;&lt;0</a></ns1:q></ns1:OpResponse>");
}

static void test_refused(void)
{
    expect_answer(EVENT SERVICE("<operation name='Op'><out name='o' value='ok' refused='{code}: {text}'/>"
                                "<out name='p' value='1'/></operation>"),
                  &refused,
                  "<ns1:OpResponse xmlns:ns1=\"urn:test:s\"><ns1:o>bad: a &quot;b&quot; &amp; c</ns1:o>"
                  "</ns1:OpResponse>");
    expect_answer(EVENT SERVICE("<operation name='Op'><out name='o' value='ok'/></operation>"), &refused,
                  NULL);
}

static void test_encoded(void)
{
    expect_answer(EVENT RPC("<operation name='Op'><out name='o' type='int' value='{events}'/></operation>"),
                  &taken,
                  "<ns1:OpResponse xmlns:ns1=\"urn:test:s\""
                  " soap:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\""
                  " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
                  " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
                  "<o xsi:type=\"xsd:int\">2</o></ns1:OpResponse>");
}

/* ---- The generic operation ---- */

#define ENVELOPE(content) \
    "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body>" content "</e:Body></e:Envelope>"
#define SUBMIT(content) ENVELOPE("<s:Submit xmlns:s='urn:hutong:source:test'>" content "</s:Submit>")
#define ROWS "<ROWS><ROW><XM>测试甲</XM></ROW></ROWS>"

static void expect_submit(MappingTest *test, const char *xml)
{
    mapping_test_run(test, xml);
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    g_assert_cmpuint(test->outcome.events->len, ==, 1);
    g_assert_true(test->outcome.submit);
    g_assert_true(ht_text_is(test->outcome.operation, "Submit"));
    HtEvent event;
    g_assert_true(ht_event_unpack(g_array_index(test->outcome.events, HtText, 0), &event, NULL));
    g_assert_null(memmem(event.data.data, event.data.size, "document", 8));
}

static void test_submit(void)
{
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(EVENT));
    expect_submit(test, SUBMIT("<s:ROWS><s:ROW><s:XM>测试甲</s:XM></s:ROW></s:ROWS>"));
    expect_submit(
        test, SUBMIT("<s:document>&lt;?xml version='1.0' encoding='GBK'?&gt;&lt;ROWS>&lt;ROW>&lt;XM>测试甲"
                     "&lt;/XM>&lt;/ROW>&lt;/ROWS></s:document>"));
    expect_submit(test, SUBMIT("\n<document><![CDATA[" ROWS "]]></document>\n"));
    mapping_test_run(test, SUBMIT(""));
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "soap-body-empty");
    mapping_test_run(test, SUBMIT("<document>nothing</document>"));
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "unknown-document");
    mapping_test_run(test, ENVELOPE("<Submit>" ROWS "</Submit>"));
    g_assert_false(test->outcome.submit);
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_REJECT);
    mapping_test_run(test, ENVELOPE(ROWS));
    g_assert_false(test->outcome.submit);
    g_assert_cmpuint(test->outcome.events->len, ==, 1);
}

static void run_with_action(MappingTest *test, const char *xml, const char *action)
{
    HtPayload payload = {.body = ht_text_from(xml), .head.soap_action = ht_text_from(action)};
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    ht_mapper_run(test->mapper, &payload, &test->outcome);
}

static void test_actions(void)
{
    g_autoptr(MappingTest) test =
        mapping_test_new(MAPPING(EVENT SERVICE("<operation name='Op' action='http://x.example/Another'/>")));
    run_with_action(test, SUBMIT(ROWS), "\"urn:hutong:source:test:Submit\"");
    g_assert_cmpint(test->outcome.verdict, ==, HT_VERDICT_OK);
    run_with_action(test, ENVELOPE("<Op><in>&lt;ROWS/></in></Op>"), "\"http://x.example/Another\"");
    g_assert_cmpint(test->outcome.fault_count, ==, 0);
    run_with_action(test, ENVELOPE("<Op><in>&lt;ROWS/></in></Op>"), "\"http://x.example/Different\"");
    g_assert_cmpstr(test->outcome.faults[0].code, ==, "soap-action-mismatch");
}

/* ---- The WSDL ---- */

/* NULL when there is no such service. */
static xmlDoc *write_wsdl_of(const HtMapping *mapping, const char *service)
{
    HtBuffer buffer = {.data = NULL};
    HtWsdlQuestion question = {.source = "test", .address = ADDRESS, .service = service};
    if (!ht_wsdl_write(mapping, &question, &buffer)) {
        g_assert_cmpuint(buffer.size, ==, 0);
        return NULL;
    }
    xmlDoc *document = xmlReadMemory(buffer.data, (int)buffer.size, NULL, NULL, XML_PARSE_NONET);
    ht_buffer_clear(&buffer);
    g_assert_nonnull(document);
    return document;
}

static xmlDoc *write_wsdl(const HtMapping *mapping)
{
    return write_wsdl_of(mapping, NULL);
}

static xmlXPathContext *open_xpath(xmlDoc *document)
{
    static const char *const names[][2] = {{"w", "http://schemas.xmlsoap.org/wsdl/"},
                                           {"x", "http://www.w3.org/2001/XMLSchema"},
                                           {"s11", "http://schemas.xmlsoap.org/wsdl/soap/"},
                                           {"s12", "http://schemas.xmlsoap.org/wsdl/soap12/"}};
    xmlXPathContext *context = xmlXPathNewContext(document);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        xmlXPathRegisterNs(context, (const xmlChar *)names[i][0], (const xmlChar *)names[i][1]);
    }
    return context;
}

static double number_of(xmlXPathContext *context, const char *expression)
{
    xmlXPathObject *object = xmlXPathEval((const xmlChar *)expression, context);
    g_assert_nonnull(object);
    double number = xmlXPathCastToNumber(object);
    xmlXPathFreeObject(object);
    return number;
}

/* Each attribute that refers, and what must have the name. Prefixes are told apart where it matters: of schemas. */
static void check_names(xmlDoc *document)
{
    static const char *const dangling[] = {
        "count(//w:part[@element][not(substring-after(@element,':') = //x:schema/x:element/@name)])",
        ("count(//w:part[@type][not(starts-with(@type,'xs:')) and"
         " not(substring-after(@type,':') = //x:complexType/@name)])"),
        "count(//w:portType//*[@message][not(substring-after(@message,':') = //w:message/@name)])",
        "count(//w:binding[not(substring-after(@type,':') = //w:portType/@name)])",
        "count(//w:port[not(substring-after(@binding,':') = //w:binding/@name)])",
        "count(//w:binding/w:operation[not(@name = //w:portType/w:operation/@name)])",
        "count(//w:message[@name = preceding-sibling::w:message/@name])",
        "count(//w:binding[@name = preceding-sibling::w:binding/@name])",
        "count(//w:service[@name = preceding-sibling::w:service/@name])",
    };
    xmlXPathContext *context = open_xpath(document);
    for (size_t i = 0; i < G_N_ELEMENTS(dangling); i++) {
        g_test_message("%s", dangling[i]);
        g_assert_cmpfloat(number_of(context, dangling[i]), ==, 0);
    }
    xmlXPathFreeContext(context);
}

static void check_form(xmlDoc *document)
{
    g_autofree char *path = g_build_filename(mapping_test_folder(), "..", "tests", "data", "wsdl.rng", NULL);
    xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt(path);
    xmlRelaxNG *grammar = xmlRelaxNGParse(parser);
    g_assert_nonnull(grammar);
    xmlRelaxNGFreeParserCtxt(parser);
    xmlRelaxNGValidCtxt *validator = xmlRelaxNGNewValidCtxt(grammar);
    g_assert_cmpint(xmlRelaxNGValidateDoc(validator, document), ==, 0);
    xmlRelaxNGFreeValidCtxt(validator);
    xmlRelaxNGFree(grammar);
}

/* The schema as a document of its own, with the namespaces in force; imports get the other schema's file. */
static char *cut_schema(xmlDoc *document, xmlNode *schema, const char *imported)
{
    xmlDoc *own = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *copy = xmlDocCopyNode(schema, own, 1);
    xmlDocSetRootElement(own, copy);
    xmlReconciliateNs(own, copy);
    xmlNs **scope = xmlGetNsList(document, schema);
    for (xmlNs **ns = scope; ns && *ns; ns++) {
        if (!xmlSearchNs(own, copy, (*ns)->prefix)) {
            xmlNewNs(copy, (*ns)->href, (*ns)->prefix);
        }
    }
    xmlFree(scope);
    for (xmlNode *child = copy->children; child; child = child->next) {
        if (imported && child->type == XML_ELEMENT_NODE && strcmp((const char *)child->name, "import") == 0) {
            xmlNewProp(child, (const xmlChar *)"schemaLocation", (const xmlChar *)imported);
        }
    }
    xmlChar *text = NULL;
    int size = 0;
    xmlDocDumpMemory(own, &text, &size);
    char *result = g_strndup((const char *)text, (gsize)size);
    xmlFree(text);
    xmlFreeDoc(own);
    return result;
}

/* Compiles every schema; gives the last, Submit's. */
static xmlSchema *check_schemas(xmlDoc *document, const char *folder)
{
    g_autofree char *receipt = g_build_filename(folder, "receipt.xsd", NULL);
    xmlNode *types = xmlDocGetRootElement(document)->children;
    while (xmlStrcmp(types->name, (const xmlChar *)"types") != 0) {
        types = types->next;
    }
    xmlSchema *last = NULL;
    bool first = true;
    for (xmlNode *schema = types->children; schema; schema = schema->next) {
        if (schema->type != XML_ELEMENT_NODE) {
            continue;
        }
        g_autofree char *text = cut_schema(document, schema, receipt);
        if (first) {
            g_assert_true(g_file_set_contents(receipt, text, -1, NULL));
            first = false;
        }
        xmlSchemaFree(last);
        xmlSchemaParserCtxt *parser = xmlSchemaNewMemParserCtxt(text, (int)strlen(text));
        last = xmlSchemaParse(parser);
        xmlSchemaFreeParserCtxt(parser);
        g_assert_nonnull(last);
    }
    g_assert_cmpint(g_unlink(receipt), ==, 0);
    return last;
}

/* Of this service alone, or NULL: the whole. Gives the last schema. */
static xmlSchema *check_wsdl_of(const HtMapping *mapping, const char *service)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("wsdl-XXXXXX", &error);
    g_assert_no_error(error);
    xmlDoc *document = write_wsdl_of(mapping, service);
    check_form(document);
    check_names(document);
    xmlSchema *schema = check_schemas(document, folder);
    xmlFreeDoc(document);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    return schema;
}

static xmlSchema *check_wsdl(const HtMapping *mapping)
{
    return check_wsdl_of(mapping, NULL);
}

static bool accepts(xmlSchema *schema, const char *xml)
{
    xmlDoc *document = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET);
    g_assert_nonnull(document);
    xmlSchemaValidCtxt *validator = xmlSchemaNewValidCtxt(schema);
    xmlSchemaSetValidErrors(validator, NULL, NULL, NULL);
    int result = xmlSchemaValidateDoc(validator, document);
    xmlSchemaFreeValidCtxt(validator);
    xmlFreeDoc(document);
    return result == 0;
}

#define TYPED(content) "<Submit xmlns='urn:hutong:source:test'>" content "</Submit>"

static void test_types(void)
{
    g_autoptr(HtMapping) mapping = mapping_test_compile(MAPPING(EVENT), NULL);
    xmlSchema *schema = check_wsdl(mapping);
    g_assert_true(accepts(schema, TYPED("<document>x</document>")));
    g_assert_true(accepts(schema, TYPED("<ROWS><ROW><HJYWID>1</HJYWID><XM>测试甲</XM></ROW><ROW/></ROWS>")));
    g_assert_true(accepts(schema, TYPED("<ROWS><ROW><CXBZ>0</CXBZ><XM/><证件 号码='1'/></ROW></ROWS>")));
    g_assert_false(accepts(schema, TYPED("<ROWS><ROW><XN/></ROW></ROWS>")));
    g_assert_false(accepts(schema, TYPED("<document/><ROWS/>")));
    g_assert_true(accepts(
        schema,
        "<s:SubmitResponse xmlns:s='urn:hutong:source:test' xmlns:r='urn:hutong:receipt:1'><r:messageId>1</r:messageId>"
        "<r:sequence>1</r:sequence><r:events>1</r:events><r:duplicates>0</r:duplicates><r:rejected>0</r:rejected>"
        "<r:sha256>0</r:sha256><r:receivedAt>2026-11-21T08:00:00.123+08:00</r:receivedAt></s:SubmitResponse>"));
    xmlSchemaFree(schema);
}

static void expect_number(xmlDoc *document, const char *expression, double wanted)
{
    xmlXPathContext *context = open_xpath(document);
    g_test_message("%s", expression);
    g_assert_cmpfloat(number_of(context, expression), ==, wanted);
    xmlXPathFreeContext(context);
}

static void test_bindings(void)
{
    g_autoptr(HtMapping) mapping = mapping_test_compile(
        MAPPING(
            EVENT SERVICE("<operation name='Op' action='urn:a'><in name='p'><in name='@id'/><in name='q' "
                          "many='yes'/></in><out name='o'/></operation>") //
            "<service namespace='urn:test:r' name='R' style='rpc' use='encoded' soap='1.1'>"
            "<operation name='misspelld'><in name='in0'/><in name='in1'><in name='a'/></in></operation></service>"),
        NULL);
    xmlSchemaFree(check_wsdl(mapping));
    xmlDoc *document = write_wsdl(mapping);
    expect_number(document, "count(//w:service)", 3);
    expect_number(document, "count(//w:port)", 5);
    expect_number(document, "count(//w:binding/s11:binding)", 3);
    expect_number(document, "count(//w:binding/s12:binding)", 2);
    expect_number(document, "count(//s11:body[@use='literal'][@namespace='urn:test:r'])", 2);
    expect_number(document, "count(//s11:body[@use='encoded'])", 0);
    expect_number(document, "count(//s11:fault)", 3);
    expect_number(document, "count(//w:binding[s12:binding]//w:fault)", 0);
    expect_number(document, "count(//s11:operation[@soapAction='urn:a'])", 1);
    expect_number(document, "count(//s12:operation[@soapAction='urn:hutong:source:test:Submit'])", 1);
    expect_number(document, "count(//@location[. = 'http://bus.example:8080/in/test?a=1&b=\"2\"'])", 5);
    expect_number(document, "count(//x:complexType[@name='misspelld.in1'])", 1);
    xmlFreeDoc(document);
}

#define SERVICES                                                                                         \
    "<service namespace='urn:test:s' name='S'><operation name='Op'><in name='p'/></operation></service>" \
    "<service namespace='urn:test:r' name='R' style='rpc' use='encoded' soap='1.1'>"                     \
    "<operation name='Say'><in name='in0'/></operation></service>"

/* One service, its own namespace, and nothing of the others. */
static void expect_alone(const HtMapping *mapping, const char *asked, const char *name, const char *uri)
{
    g_autofree char *service =
        g_strdup_printf("count(/*[@targetNamespace='%s']/w:service[@name='%s'])", uri, name);
    g_test_message("%s", asked);
    xmlSchemaFree(check_wsdl_of(mapping, asked));
    xmlDoc *document = write_wsdl_of(mapping, asked);
    expect_number(document, service, 1);
    expect_number(document, "count(//w:service)", 1);
    expect_number(document, "count(//w:portType)", 1);
    expect_number(document, "count(//x:schema)", 2);
    xmlFreeDoc(document);
}

static void test_alone(void)
{
    g_autoptr(HtMapping) mapping = mapping_test_compile(MAPPING(EVENT SERVICES), NULL);
    g_autofree char *names = ht_wsdl_services(mapping, "test");
    g_assert_cmpstr(names, ==, "S, R, test");
    expect_alone(mapping, "S", "S", "urn:test:s");
    expect_alone(mapping, "s", "S", "urn:test:s");
    expect_alone(mapping, "R", "R", "urn:test:r");
    expect_alone(mapping, "test", "test", "urn:hutong:source:test");
    expect_alone(mapping, "submit", "test", "urn:hutong:source:test");
    g_assert_null(write_wsdl_of(mapping, "T"));
    g_assert_null(write_wsdl_of(mapping, "S "));
    xmlDoc *document = write_wsdl_of(mapping, "");
    expect_number(document, "count(//w:service)", 3);
    expect_number(document,
                  "count(/*/w:documentation[contains(.,'S, R (rpc/encoded when described alone), test')])",
                  1);
    xmlFreeDoc(document);
}

/* JAX-WS and CXF read no description with an encoded binding in it; whose clients are encoded has it alone. */
static void test_encoded_alone(void)
{
    g_autoptr(HtMapping) mapping = mapping_test_compile(MAPPING(EVENT SERVICES), NULL);
    xmlDoc *document = write_wsdl_of(mapping, "R");
    expect_number(document, "count(//s11:body[@use='encoded'][@encodingStyle][@namespace='urn:test:r'])", 2);
    expect_number(document, "count(//s11:fault[@use='literal'])", 1);
    xmlFreeDoc(document);
}

/* A source whose name is a service's own, in whatever case, has the generic operation under another. */
static void test_source_name_taken(void)
{
    g_autoptr(HtMapping) mapping = mapping_test_compile(
        MAPPING(EVENT "<service namespace='urn:t' name='Test'><operation name='Op'/></service>"), NULL);
    g_autofree char *names = ht_wsdl_services(mapping, "test");
    g_assert_cmpstr(names, ==, "Test, test-submit");
    expect_alone(mapping, "test", "Test", "urn:t");
    expect_alone(mapping, "test-submit", "test-submit", "urn:hutong:source:test");
}

/* What nothing is known of but one child that repeats is no array to asmx (CS0030) and Axis, and JAXB finds no property twice. */
static void test_shapes(void)
{
    g_autoptr(HtMapping) mapping = mapping_test_compile(
        MAPPING(
            "<event type='person.moved-in.v1' for-each='/A/B/C'><id from='D'/>"
            "<element to='person.name' from='@E'/><ignore from='E @F'/></event><ignore from='/A/B/@G'/>" SERVICE(
                "<operation name='Op'><in name='p'><in name='q' many='yes'><in name='x'/><in name='@x'/>"
                "<in name='@y'/></in></in><in name='r' many='yes'/></operation>"
                "<operation name='One'><in name='t' many='yes'/></operation>")),
        NULL);
    xmlSchemaFree(check_wsdl(mapping));
    xmlDoc *document = write_wsdl(mapping);
    expect_number(document,
                  "count(//x:element[@name='A']/x:complexType/x:anyAttribute[@namespace='##other'])", 1);
    expect_number(document, "count(//x:element[@name='A']/x:complexType/x:sequence/x:sequence/x:element)", 1);
    expect_number(document, "count(//x:element[@name='B']/x:complexType/x:sequence/x:element)", 1);
    expect_number(document, "count(//x:element[@name='p']/x:complexType/x:anyAttribute)", 1);
    expect_number(document, "count(//x:anyAttribute)", 2);
    expect_number(document, "count(//x:element[@name='B']/x:complexType/x:attribute[@name='G'])", 1);
    expect_number(document, "count(//x:element[@name='C']/x:complexType/x:attribute[@name='E'])", 0);
    expect_number(document, "count(//x:element[@name='C']/x:complexType/x:attribute[@name='F'])", 1);
    expect_number(document, "count(//x:element[@name='q']/x:complexType/x:attribute[@name='x'])", 0);
    expect_number(document, "count(//x:element[@name='q']/x:complexType/x:attribute[@name='y'])", 1);
    xmlFreeDoc(document);
}

static void test_without_submit(void)
{
    g_autoptr(HtMapping) mapping = mapping_test_compile(
        MAPPING(EVENT "<service namespace='urn:t' name='S' submit='no'><operation name='Submit'/></service>"),
        NULL);
    xmlSchemaFree(check_wsdl(mapping));
    xmlDoc *document = write_wsdl(mapping);
    expect_number(document, "count(//w:service)", 1);
    expect_number(document, "count(//w:operation[@name='Submit'])", 3);
    xmlFreeDoc(document);
}

/* Every mapping of the project. */
static void test_mappings(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) folder = g_dir_open(mapping_test_folder(), 0, &error);
    g_assert_no_error(error);
    const char *name;
    unsigned count = 0;
    while ((name = g_dir_read_name(folder))) {
        if (!g_str_has_suffix(name, ".xml") || strcmp(name, "dictionary.xml") == 0) {
            continue;
        }
        g_autofree char *path = g_build_filename(mapping_test_folder(), name, NULL);
        g_autoptr(HtMapping) mapping = ht_mapping_load(path, mapping_test_reference(), &error);
        g_assert_no_error(error);
        g_test_message("%s", name);
        xmlSchemaFree(check_wsdl(mapping));
        g_autofree char *names = ht_wsdl_services(mapping, "test");
        g_auto(GStrv) services = g_strsplit(names, ", ", -1);
        for (char **service = services; *service; service++) {
            xmlSchemaFree(check_wsdl_of(mapping, *service));
        }
        count++;
    }
    g_assert_cmpuint(count, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wsdl/service/unknown-placeholders-are-refused", test_placeholders);
    g_test_add_func("/wsdl/service/names-are-checked", test_names);
    g_test_add_func("/wsdl/service/styles-are-checked", test_styles);
    g_test_add_func("/wsdl/answer/values", test_values);
    g_test_add_func("/wsdl/answer/nothing-put-in-breaks-its-form", test_forms);
    g_test_add_func("/wsdl/answer/refused", test_refused);
    g_test_add_func("/wsdl/answer/encoded", test_encoded);
    g_test_add_func("/wsdl/submit/takes-elements-and-strings", test_submit);
    g_test_add_func("/wsdl/submit/declared-actions-are-taken", test_actions);
    g_test_add_func("/wsdl/types/take-what-the-mapping-names", test_types);
    g_test_add_func("/wsdl/bindings/of-several-services", test_bindings);
    g_test_add_func("/wsdl/bindings/without-the-generic-operation", test_without_submit);
    g_test_add_func("/wsdl/service/alone-has-its-own-namespace", test_alone);
    g_test_add_func("/wsdl/service/encoded-only-when-alone", test_encoded_alone);
    g_test_add_func("/wsdl/service/with-the-name-of-the-source", test_source_name_taken);
    g_test_add_func("/wsdl/types/have-shapes-that-clients-can-make-classes-of", test_shapes);
    g_test_add_func("/wsdl/valid/for-every-mapping", test_mappings);
    int result = g_test_run();
    mapping_test_forget_reference();
    xmlSchemaCleanupTypes();
    xmlCleanupParser();
    return result;
}
