/* Documents inside of messages: what a set or a registration says around them, in the sender's order and spelling. The fixtures of
 * adapters/health have what each message becomes; here is what no single one shows. */
#include "tests/lib/adapter-test.h"

static AdapterTest *new_test(void)
{
    return adapter_test_new("mappings/health.xml", "health");
}

static bool attribute_is(const HtEvent *event, HtAttr attribute, const char *value)
{
    return event->attr[attribute].data && ht_text_is(event->attr[attribute], value);
}

#define SET(content) \
    "<ProvideAndRegisterDocumentSetRequest>" content "</ProvideAndRegisterDocumentSetRequest>"
#define SET_HEAD                                                                                  \
    "<SourcePatientName>测试甲</SourcePatientName><IdentityId>990104198001019915</IdentityId>" \
    "<RegistryPackage><SubmissionSet><UniqueId>1.3.9</UniqueId><Title>出院小结</Title>"       \
    "<CreateTime>2012-12-13T11:32:15Z</CreateTime></SubmissionSet></RegistryPackage>"
#define PDF "JVBERi0xLjQgdGVzdAo="

/* What a set says holds for each of its documents, in whatever order it says it. */
static void test_sets_in_any_order(void)
{
    static const char *const sets[] = {
        SET(SET_HEAD "<Document id='D.1'><Content>" PDF "</Content></Document>"),
        SET("<Document id='D.1'><Content>" PDF "</Content></Document>" SET_HEAD),
        SET("<Document id='D.1'>\n" PDF "\n</Document>" SET_HEAD),
        SET("<ID extension='1'/>" SET_HEAD "<Document id='D.1'><x>" PDF
            "</x><Content>JVBERi0x\n LjQgdGVzdAo=</Content></Document>"),
        "<p:ProvideAndRegisterDocumentSetRequest xmlns:p='urn:x'>" SET_HEAD
        "<q:Document xmlns:q='urn:y' id='D.1'><q:Content><![CDATA[" PDF "]]></q:Content></q:Document>"
        "</p:ProvideAndRegisterDocumentSetRequest>",
    };
    g_autoptr(AdapterTest) test = new_test();
    g_autofree char *key = NULL;
    for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++) {
        adapter_test_run(test, sets[i]);
        HtEvent event = adapter_test_event(test, 0);
        g_autofree char *this_key = g_strndup(event.key.data, event.key.size);
        g_assert_cmpuint(event.identity_count, ==, 1);
        g_assert_true(ht_text_is(event.identities[0].value, "990104198001019915"));
        g_assert_true(attribute_is(&event, HT_ATTR_BUSINESSID, "1.3.9"));
        key = key ? key : g_strdup(this_key);
        g_assert_cmpstr(this_key, ==, key);
    }
}

/* A document that is empty, or none, is not taken in silence; nor is a set or registration without any. */
static void test_nothing_inside(void)
{
    static const char *const messages[][2] = {
        {SET(SET_HEAD "<Document id='D.1'><Content/></Document>"), "document-unreadable"},
        {SET(SET_HEAD "<Document id='D.1'/>"), "document-unreadable"},
        {SET(SET_HEAD "<Document id='D.1'><Content> </Content></Document>"), "document-unreadable"},
        {SET(SET_HEAD "<Document id='D.1'><Content>中文</Content></Document>"), "document-unreadable"},
        {SET(SET_HEAD
             "<Document id='D.1'><Content><ClinicalDocument>AAAA</ClinicalDocument></Content></Document>"),
         "document-unreadable"},
        {SET("<ID extension='1'/>" SET_HEAD), "record-missing"},
        {"<RCMR_IN000002UV01><id extension='7'/></RCMR_IN000002UV01>", "record-missing"},
        {"<RCMR_IN000002UV01><controlActProcess><subject><clinicalDocument><code code='C0002'/>"
         "<text/></clinicalDocument></subject></controlActProcess></RCMR_IN000002UV01>",
         "no-event-for-record"},
    };
    g_autoptr(AdapterTest) test = new_test();
    for (unsigned i = 0; i < G_N_ELEMENTS(messages); i++) {
        g_assert_true(adapter_test_run(test, messages[i][0]));
        g_assert_cmpuint(test->outcome.events->len, ==, 0);
        g_assert_cmpstr(test->outcome.faults[0].code, ==, messages[i][1]);
        g_assert_nonnull(memmem(test->reply, test->reply_size, "\"AE\"", 4));
    }
}

/* Several subjects of one registration are several documents; and a word in it is no finding of the adapter's. */
static void test_registrations(void)
{
    static const char subject[] =
        "<subject><clinicalDocument><id extension='@%s'/><code code='C0002'><displayName value='T'/></code>"
        "<kind>record</kind><documentDigest>F00D</documentDigest>"
        "<recordTarget><patientRole><id root='2.16.156.10011.1.3' extension='990104198001019915'/></patientRole></recordTarget>"
        "<storageCode><originalText mediaType='application/pdf' value='" PDF
        "'/></storageCode></clinicalDocument></subject>";
    g_autoptr(AdapterTest) test = new_test();
    g_autoptr(GString) message = g_string_new("<RCMR_IN000002UV02><controlActProcess>");
    g_string_append_printf(message, subject, "E1");
    g_string_append_printf(message, subject, "E2");
    g_string_append(message, "</controlActProcess></RCMR_IN000002UV02>");
    adapter_test_run(test, message->str);
    g_assert_cmpuint(test->outcome.events->len, ==, 2);
    HtEvent first = adapter_test_event(test, 0), second = adapter_test_event(test, 1);
    g_assert_true(attribute_is(&first, HT_ATTR_BUSINESSID, "E1"));
    g_assert_true(attribute_is(&second, HT_ATTR_BUSINESSID, "E2"));
    g_assert_true(attribute_is(&first, HT_ATTR_TYPE, "health.document-shared.v1"));
    g_assert_null(memmem(first.data.data, first.data.size, "F00D", 4));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/health/sets/what-they-say-is-in-any-order", test_sets_in_any_order);
    g_test_add_func("/health/sets/nothing-inside-is-refused", test_nothing_inside);
    g_test_add_func("/health/sets/each-registered-document-is-its-own", test_registrations);
    int result = g_test_run();
    mapping_test_forget_reference();
    return result;
}
