/* plugins/host: what hutong-host offers an adapter, with the real engine: mapping, filters, faults, code
 * tables, replies. */
#include "core/base/paths.h"
#include "tests/lib/trial.h"

#include <glib/gstdio.h>
#include <string.h>

static const char mapping_text[] =
    "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"test\" authority=\"police\" version=\"1\">"
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

static void decode(const char *text, TestMessage *message)
{
    HtHost *host = test_host("mapped", give_mapping);
    test_submit(host, message, text);
    test_run_until(message->done);
    if (message->failed) {
        g_error("failed: %s", message->text);
    }
    test_host_end(host);
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
        "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\"><soap:Header>"
        "<wsa:RelatesTo xmlns:wsa=\"http://www.w3.org/2005/08/addressing\">urn:x:1</wsa:RelatesTo></soap:Header>"
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
    options->idle_ms = 10;
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
    g_test_add_func("/host/bad-mapping-is-told", test_bad_mapping_is_told);
    g_test_add_func("/host/ends-clean", test_ends_clean);
    int status = g_test_run();
    g_unlink(mapping_file);
    g_free(mapping_file);
    g_free(data_folder);
    return status;
}
