/* plugins/host: what hutong-host offers an adapter, with the real engine: mapping, filters, faults, code
 * tables, replies. */
#include "core/base/paths.h"
#include "tests/lib/trial.h"

#include <glib/gstdio.h>
#include <string.h>

static const char mapping_text[] =
    "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"test\" authority=\"police\" version=\"1\">"
    "<service namespace=\"urn:test\" name=\"Test\"><operation name=\"Declined\">"
    "<in name=\"in0\"/><out name=\"out\" value=\"{events} {business-id}\" refused=\"{code}\"/></operation></service>"
    "<answer for=\"/busy\" fail-when=\"now\" retry-when=\"now\"/>"
    "<event type=\"person.moved-in.v1\" for-each=\"/person\">"
    "<id from=\"number\"/><division from=\"place\"/>"
    "<element to=\"person.name\" from=\"name\" required=\"yes\"/>"
    "</event></mapping>";

static char *mapping_file, *data_folder;

static void give_mapping(HtHostOptions *options)
{
    options->mapping_file = mapping_file;
    options->data_directory = data_folder;
}

static void decode_by(const char *adapter, const char *text, TestMessage *message)
{
    HtHost *host = test_host(adapter, give_mapping);
    test_submit(host, message, text);
    test_run_until(message->done);
    if (message->failed) {
        g_error("failed: %s", message->text);
    }
    test_host_end(host);
}

static void decode(const char *text, TestMessage *message)
{
    decode_by("mapped", text, message);
}

#define PERSON "<number>N&amp;1</number><place>440104001003</place><name>测试甲</name>"

static void assert_taken(const char *text, const char *reply)
{
    TestMessage message = {0};
    decode(text, &message);
    if (message.verdict != HT_VERDICT_OK) {
        g_error("refused: %s: %s", message.code, message.text);
    }
    g_assert_cmpuint(message.events, ==, 1);
    test_assert_reply(&message, reply);
}

static void test_maps_and_replies(void)
{
    assert_taken("<person>" PERSON "</person>", "<done business=\"N&amp;1\"/>");
}

static void test_maps_other_bytes(void)
{
    assert_taken("!<person>" PERSON "</person>", "<done business=\"N&amp;1\"/>");
}

static void test_filters(void)
{
    assert_taken("<card kind=\"1\">" PERSON "</card>", "<done business=\"N&amp;1\"/>");
}

static void test_reply_is_wrapped_as_the_request(void)
{
    assert_taken("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><person>" PERSON
                 "</person></s:Body></s:Envelope>",
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>"
                 "<done business=\"N&amp;1\"/></soap:Body></soap:Envelope>\n");
    assert_taken(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header>"
        "<a:MessageID xmlns:a=\"http://www.w3.org/2005/08/addressing\">urn:x:1</a:MessageID></s:Header>"
        "<s:Body><person>" PERSON "</person></s:Body></s:Envelope>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\">"
        "<soap:Body><done business=\"N&amp;1\"/></soap:Body></soap:Envelope>\n");
}

static void assert_refused(const char *text, const char *code)
{
    TestMessage message = {0};
    decode(text, &message);
    g_assert_cmpint(message.verdict, ==, HT_VERDICT_REJECT);
    g_assert_cmpstr(message.code, ==, code);
    g_assert_cmpuint(message.events, ==, 0);
    g_assert_null(message.reply);
}

static void test_faults_of_filter_and_mapping_refuse(void)
{
    assert_refused("<card kind=\"77\">" PERSON "</card>", "unknown-kind");
    assert_refused("<person><number>1</number></person>", "required-missing");
    assert_refused("<person>", "not-well-formed");
    assert_refused("<!DOCTYPE person><person/>", "doctype-refused");
}

/* ---- Answers to what is refused ---- */

#define SOAP(content)                                                                    \
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>" content \
    "</s:Body></s:Envelope>"
#define ANSWER(content)                                                                                        \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/" \
    "envelope/\"><soap:Body>" content "</soap:Body></soap:Envelope>\n"
#define NAMELESS "<person>\n<number>1</number></person>"

/* `reply` NULL: none. */
static void assert_answer(const char *adapter, const char *text, HtVerdict verdict, const char *reply)
{
    TestMessage message = {0};
    decode_by(adapter, text, &message);
    g_assert_cmpint(message.verdict, ==, verdict);
    g_assert_cmpstr(message.reply, ==, reply);
    g_free(message.reply);
}

static void test_refusals_are_replied_to(void)
{
    assert_answer("polite", NAMELESS, HT_VERDICT_REJECT,
                  "<said>1|required-missing|person.name (name)|0|1|1</said>");
    assert_answer("polite", "<person>" PERSON "</person>", HT_VERDICT_OK, "<said>0|-|-|0|0|0</said>");
    assert_answer("polite", "<person", HT_VERDICT_REJECT, "<said>1|not-well-formed|-|0|0|1</said>");
}

static void test_older_adapters_see_successes_only(void)
{
    assert_answer("elder", NAMELESS, HT_VERDICT_REJECT, NULL);
    assert_answer("elder", "<person>" PERSON "</person>", HT_VERDICT_OK, "<taken/>");
}

static void test_service_answers_what_the_adapter_declines(void)
{
    assert_answer("polite", SOAP("<Declined><in0>nothing</in0></Declined>"), HT_VERDICT_REJECT,
                  ANSWER("<ns1:DeclinedResponse xmlns:ns1=\"urn:test\"><ns1:out>unknown-document</ns1:out>"
                         "</ns1:DeclinedResponse>"));
    assert_answer("polite", SOAP("<Declined><in0><![CDATA[<person>" PERSON "</person>]]></in0></Declined>"),
                  HT_VERDICT_OK,
                  ANSWER("<ns1:DeclinedResponse xmlns:ns1=\"urn:test\"><ns1:out>1 N&amp;1</ns1:out>"
                         "</ns1:DeclinedResponse>"));
    assert_answer("elder", SOAP("<Declined><in0><![CDATA[" NAMELESS "]]></in0></Declined>"),
                  HT_VERDICT_REJECT,
                  ANSWER("<ns1:DeclinedResponse xmlns:ns1=\"urn:test\"><ns1:out>required-missing</ns1:out>"
                         "</ns1:DeclinedResponse>"));
}

static void test_service_does_not_say_not_now(void)
{
    assert_answer("elder", SOAP("<Declined><in0><![CDATA[<busy><now>1</now></busy>]]></in0></Declined>"),
                  HT_VERDICT_RETRY, NULL);
}

/* The generic operation's answer is the bus's, and what is wrong with the envelope is a fault. */
static void test_nobody_is_asked(void)
{
    assert_answer("polite",
                  SOAP("<x:Submit xmlns:x=\"urn:hutong:source:test\"><person>" PERSON "</person></x:Submit>"),
                  HT_VERDICT_OK, NULL);
    assert_answer("polite", SOAP("<x:Submit xmlns:x=\"urn:hutong:source:test\">" NAMELESS "</x:Submit>"),
                  HT_VERDICT_REJECT, NULL);
    assert_answer("polite", SOAP(""), HT_VERDICT_REJECT, NULL);
}

typedef struct {
    bool done;
    char *text;
} Wsdl;

/* The text, or that of the error. */
static void take_wsdl(GBytes *text, const GError *error, void *user)
{
    Wsdl *wsdl = user;
    if (error) {
        g_assert_error(error, HT_HOST_ERROR, HT_HOST_ERROR_SERVICE);
        wsdl->text = g_strdup(error->message);
        wsdl->done = true;
        return;
    }
    wsdl->text = text ? g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text)) : NULL;
    wsdl->done = true;
}

static char *ask_for_wsdl(const char *adapter, const char *service, void (*change)(HtHostOptions *options))
{
    HtHost *host = test_host(adapter, change);
    Wsdl wsdl = {0};
    ht_host_wsdl(host, "http://b/in/x", service, take_wsdl, &wsdl);
    test_run_until(wsdl.done);
    test_host_end(host);
    return wsdl.text;
}

static void test_wsdl_is_made_of_the_mapping(void)
{
    g_autofree char *made = ask_for_wsdl("polite", NULL, give_mapping),
                    *none = ask_for_wsdl("polite", NULL, NULL);
    g_assert_nonnull(strstr(made, "<xs:element name=\"DeclinedResponse\">"));
    g_assert_nonnull(strstr(made, "<xs:element name=\"Submit\">"));
    g_assert_nonnull(strstr(made, "location=\"http://b/in/x\""));
    g_assert_null(none);
}

static void test_wsdl_of_one_service(void)
{
    g_autofree char *submit = ask_for_wsdl("polite", "SUBMIT", give_mapping);
    g_autofree char *unknown = ask_for_wsdl("polite", "<none>", give_mapping);
    g_autofree char *none = ask_for_wsdl("polite", "Submit", NULL);
    g_assert_nonnull(strstr(submit, "<xs:element name=\"Submit\">"));
    g_assert_null(strstr(submit, "DeclinedResponse"));
    g_assert_cmpstr(unknown, ==, "This source has no service of this name. It has: Test, test-submit.");
    g_assert_null(none);
}

static void test_bad_mapping_is_told(void)
{
    g_autofree char *file = g_build_filename(g_get_tmp_dir(), "bad.xml", NULL);
    g_assert_true(
        g_file_set_contents(file, "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"x\"/>", -1, NULL));
    g_autofree char *kept = mapping_file;
    mapping_file = file;
    HtHost *host = test_host("mapped", give_mapping);
    mapping_file = g_steal_pointer(&kept);
    TestMessage message = {0};
    test_submit(host, &message, "<a/>");
    test_run_until(message.done);
    test_assert_error(&message, HT_HOST_ERROR_ADAPTER);
    g_assert_nonnull(strstr(message.text, "bad.xml:1: error:"));
    test_host_end(host);
    g_unlink(file);
}

/* A host that has a mapping and was used ends with nothing to complain about: memory given back, status 0. */
static void rest_soon(HtHostOptions *options)
{
    give_mapping(options);
    options->limits.idle_ms = 10;
}

static void test_ends_clean(void)
{
    HtHost *host = test_host("mapped", rest_soon);
    TestMessage message = {0};
    test_submit(host, &message, "<person>" PERSON "</person>");
    test_run_until(message.done);
    g_free(message.reply);
    test_run_until(test_host_status(host).pid == 0);
    g_assert_cmpstr(test_host_status(host).state, ==, "stopped");
    test_host_end(host);
}

static void note_concealed(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    GString *said = user;
    (void)frame;
    g_assert_no_error(error);
    for (size_t at = 0; at < outcome->concealed.size; at += sizeof(HtConcealed)) {
        HtConcealed part;
        memcpy(&part, outcome->concealed.data + at, sizeof part);
        g_string_append_printf(said, "%u+%u ", (unsigned)part.start, (unsigned)part.size);
    }
    g_string_append_c(said, '.');
}

/* In order and without overlaps, in whatever order the adapter names them: else the bus would refuse the outcome. */
static void test_concealed_parts_are_put_in_order(void)
{
    static const struct {
        const char *parts, *told;
    } cases[] = {
        {"", "."},
        {"3 2", "3+2 ."},
        {"10 5 0 4", "0+4 10+5 ."},
        {"0 4 5 2 8 1", "0+4 5+2 8+1 ."},
        {"0 4 4 4", "0+8 ."},
        {"0 10 2 3", "0+10 ."},
        {"3 5 0 5", "0+8 ."},
        {"5 2 5 4 5 1", "5+4 ."},
        {"20 3 0 2 1 4 21 9", "0+5 20+10 ."},
    };
    HtHost *host = test_host("secretive", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) said = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        g_autofree char *text =
            g_strdup_printf("%s\n<a>0123456789012345678901234567890123456789</a>", cases[i].parts);
        g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
        HtMessageHead head = {.id = ht_uuid_new()};
        g_assert_nonnull(ht_host_submit(host, &head, body, note_concealed, said, &error));
        test_run_until(strchr(said->str, '.') != NULL);
        g_assert_cmpstr(said->str, ==, cases[i].told);
    }
    test_host_end(host);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    data_folder = ht_paths_data(NULL);
    mapping_file = g_build_filename(g_get_tmp_dir(), "mapping.xml", NULL);
    g_assert_true(g_file_set_contents(mapping_file, mapping_text, -1, NULL));
    g_test_add_func("/host/maps-and-replies", test_maps_and_replies);
    g_test_add_func("/host/maps-other-bytes", test_maps_other_bytes);
    g_test_add_func("/host/filters", test_filters);
    g_test_add_func("/host/reply-is-wrapped-as-the-request", test_reply_is_wrapped_as_the_request);
    g_test_add_func("/host/faults-of-filter-and-mapping-refuse", test_faults_of_filter_and_mapping_refuse);
    g_test_add_func("/host/answer/refusals-are-replied-to", test_refusals_are_replied_to);
    g_test_add_func("/host/answer/not-now-is-said-by-http", test_service_does_not_say_not_now);
    g_test_add_func("/host/answer/older-adapters-see-successes-only", test_older_adapters_see_successes_only);
    g_test_add_func("/host/answer/service-answers-what-the-adapter-declines",
                    test_service_answers_what_the_adapter_declines);
    g_test_add_func("/host/answer/nobody-is-asked-for-submit-and-envelopes", test_nobody_is_asked);
    g_test_add_func("/host/wsdl-is-made-of-the-mapping", test_wsdl_is_made_of_the_mapping);
    g_test_add_func("/host/wsdl-of-one-service", test_wsdl_of_one_service);
    g_test_add_func("/host/bad-mapping-is-told", test_bad_mapping_is_told);
    g_test_add_func("/host/concealed-parts-are-put-in-order", test_concealed_parts_are_put_in_order);
    g_test_add_func("/host/ends-clean", test_ends_clean);
    int status = g_test_run();
    g_unlink(mapping_file);
    g_free(mapping_file);
    g_free(data_folder);
    return status;
}
