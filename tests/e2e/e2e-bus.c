/* The whole way, with the real programs: a department posts, the platform receives. */
#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"
#include "tests/lib/post.h"

#include <string.h>

typedef struct {
    Platform *platform;
    BusProcess *bus;
} Fixture;

static const char source[] =
    "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
    "identities = authority\ntrust-address = yes\nmax-body = 256K\n";

/* Starts a bus whose consumer has these further keys; `route` replaces the route's keys when it is not NULL. */
static void start(Fixture *f, const char *consumer, const char *route)
{
    f->platform = platform_new();
    g_autofree char *sections = g_strdup_printf(
        "%s[consumer platform]\ntype = webhook\nurl = %s\nclearance = 2\npurpose = 社区人口服务\npurpose-until = 2099-12-31\nretry-first = 20ms\nretry-max = 100ms\n%s"
        "[route all]\nto = platform\n%s",
        source, platform_url(f->platform), consumer ? consumer : "", route ? route : "");
    f->bus = bus_process_new(NULL, sections);
    bus_process_start(f->bus);
}

static void stop(Fixture *f)
{
    g_assert_cmpint(bus_process_stop(f->bus), ==, 0);
    bus_process_free(f->bus);
    platform_free(f->platform);
}

static Answer *post_file(Fixture *f, const char *name)
{
    gsize size;
    g_autofree char *path = g_build_filename("adapters/hukou/fixtures", name, NULL);
    g_autofree char *payload = read_source_file(path, &size);
    return post(f->bus->port, "/in/hukou", "text/xml", NULL, payload, size);
}

/* A death of synthetic person D, reported under this business number, in this committee. */
static char *death(const char *business, const char *committee)
{
    return g_strdup_printf(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS><ROW no=\"1\"><SWZXID>%s</SWZXID><RYNBID>900000204</RYNBID>"
        "<SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB><HJYWID>%s</HJYWID><CXBZ>0</CXBZ><JCWH>%s</JCWH>"
        "<XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM><XB>1</XB><MZ>01</MZ><CSRQ>19500817</CSRQ></ROW></ROWS>",
        business, business, committee);
}

static Answer *post_death(Fixture *f, const char *business)
{
    g_autofree char *payload = death(business, "440104001003");
    return post(f->bus->port, "/in/hukou", "text/xml; charset=utf-8", NULL, payload, strlen(payload));
}

static const char *string_in(JsonObject *object, const char *name)
{
    return json_object_get_string_member_with_default(object, name, "");
}

static void test_a_birth_arrives(void)
{
    Fixture f;
    start(&f, NULL, NULL);
    g_autoptr(Answer) answer = post_file(&f, "hukou-birth-gbk.xml");
    g_assert_cmpint(answer->status, ==, 200);
    g_autofree char *id = answer_element(answer, "messageId"), *sequence = answer_element(answer, "sequence");
    g_autofree char *events = answer_element(answer, "events");
    g_assert_cmpstr(id, ==, answer->message_id);
    g_assert_cmpstr(sequence, ==, "1");
    g_assert_cmpstr(events, ==, "1");
    g_assert_true(platform_wait(f.platform, 1, 5000));
    JsonObject *event = platform_event(f.platform, 0);
    g_assert_cmpstr(string_in(event, "specversion"), ==, "1.0");
    g_assert_cmpstr(string_in(event, "type"), ==, "person.born.v1");
    g_assert_cmpstr(string_in(event, "source"), ==, "/yuexiu/hukou");
    g_assert_cmpstr(string_in(event, "department"), ==, "police");
    g_assert_cmpstr(string_in(event, "division"), ==, "440104001003");
    g_assert_cmpstr(string_in(event, "causationid"), ==, id);
    g_assert_cmpstr(string_in(event, "sequence"), ==, "00000000000000000001");
    g_assert_true(g_str_has_prefix(string_in(event, "subject"), "p-"));
    JsonObject *person =
        json_object_get_object_member(json_object_get_object_member(event, "data"), "person");
    g_assert_cmpstr(string_in(person, "name"), ==, "测试丙");
    g_assert_cmpstr(string_in(person, "birthDate"), ==, "2009-03-12");
    stop(&f);
}

static void test_a_resent_message_gets_the_original_receipt(void)
{
    Fixture f;
    start(&f, NULL, NULL);
    g_autoptr(Answer) first = post_death(&f, "900000501"), second = post_death(&f, "900000501");
    g_autofree char *one = answer_element(first, "messageId"), *two = answer_element(second, "messageId");
    g_assert_cmpint(second->status, ==, 200);
    g_assert_cmpstr(one, ==, two);
    bus_process_kill(f.bus);
    bus_process_start(f.bus);
    g_autoptr(Answer) third = post_death(&f, "900000501");
    g_autofree char *three = answer_element(third, "messageId");
    g_assert_cmpstr(one, ==, three);
    g_assert_true(platform_wait(f.platform, 1, 5000));
    g_assert_cmpint(bus_process_figure(f.bus, "spool.lastSequence"), ==, 1);
    stop(&f);
}

static void test_refusals_say_why(void)
{
    Fixture f;
    start(&f, NULL, NULL);
    g_autofree char *large = g_strnfill(300 * 1024, 'x');
    static const char soap[] =
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><p:x xmlns:p=\"u\"><ROWS></p:x>"
        "</s:Body></s:Envelope>";
    const struct {
        const char *path, *type, *body;
        long status;
        const char *holds;
    } cases[] = {
        {"/in/hukou", "text/xml", "<ROWS><ROW>", 400, "not-well-formed"},
        {"/in/hukou", "text/xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><ROWS>&b;</ROWS>", 400, "doctype-refused"},
        {"/in/hukou", "text/xml", "", 400, "empty"},
        {"/in/hukou", "text/xml", "<ROWS><ROW><NOTHING>1</NOTHING></ROW></ROWS>", 422, "no-event-for-record"},
        {"/in/hukou", "text/xml", soap, 500, "faultcode"},
        {"/in/hukou", "application/pdf", "{}", 415, ""},
        {"/in/hukou", "application/json", "{\"ROW\":{\"XM\":\"A\"},}", 400, "\"code\":\"json-malformed\""},
        {"/in/hukou", "text/xml", "{\"ROW\":{\"XM\":\"A\"},}", 400, "<code>json-malformed</code>"},
        {"/in/hukou", "application/json", "{\"ROW\":{\"XM\":\"A\"}}", 422, "\"code\":"},
        {"/in/hukou", "text/xml", large, 413, ""},
        {"/in/nobody", "text/xml", "<a/>", 404, ""},
        {"/elsewhere", "text/xml", "<a/>", 404, ""},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Answer) answer =
            post(f.bus->port, cases[i].path, cases[i].type, NULL, cases[i].body, strlen(cases[i].body));
        g_test_message("case %u: %ld %s", i, answer->status, answer->body->str);
        g_assert_cmpint(answer->status, ==, cases[i].status);
        g_assert_nonnull(strstr(answer->body->str, cases[i].holds));
    }
    g_assert_cmpint(bus_process_figure(f.bus, "spool.messages"), ==, 0);
    stop(&f);
}

/* SOAP 1.1 clients send a SOAPAction, also with plain XML: that makes it no SOAP 1.2. */
static void test_a_soap_action_alone_changes_nothing(void)
{
    Fixture f;
    start(&f, NULL, NULL);
    static const char *const headers[] = {"SOAPAction: \"\"", NULL};
    g_autofree char *payload = death("900000551", "440104001003");
    g_autoptr(Answer) plain = post(f.bus->port, "/in/hukou", "text/xml", headers, payload, strlen(payload));
    g_assert_cmpint(plain->status, ==, 200);
    g_autoptr(Answer) broken = post(f.bus->port, "/in/hukou", "text/xml", headers, "<ROWS>", 6);
    g_assert_cmpint(broken->status, ==, 500);
    g_assert_nonnull(strstr(broken->body->str, "http://schemas.xmlsoap.org/soap/envelope/"));
    stop(&f);
}

static void test_a_platform_that_is_down_gets_everything_later(void)
{
    Fixture f;
    start(&f, "batch = 7\n", NULL);
    platform_refuse(f.platform, 503, 0);
    for (unsigned i = 0; i < 40; i++) {
        g_autofree char *business = g_strdup_printf("9000010%02u", i);
        g_autoptr(Answer) answer = post_death(&f, business);
        g_assert_cmpint(answer->status, ==, 200);
    }
    bus_process_wait_figure(f.bus, "consumers.0.failures", 3, 10000);
    PlatformCount count;
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.events, ==, 0);
    platform_refuse(f.platform, 0, 0);
    g_assert_true(platform_wait(f.platform, 40, 10000));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 40, 5000);
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.repeated + count.doubled + count.disordered, ==, 0);
    stop(&f);
}

static void test_retry_after_is_honoured(void)
{
    Fixture f;
    start(&f, NULL, NULL);
    platform_refuse(f.platform, 429, 2);
    g_autoptr(Answer) answer = post_death(&f, "900000601");
    bus_process_wait_figure(f.bus, "consumers.0.failures", 1, 5000);
    platform_refuse(f.platform, 0, 0);
    gint64 asked = g_get_monotonic_time();
    g_assert_true(platform_wait(f.platform, 1, 10000));
    g_assert_cmpint(platform_arrival(f.platform, 0) - asked, >, 1500000);
    stop(&f);
}

static void test_an_event_that_is_refused_is_a_dead_letter_and_others_go_on(void)
{
    Fixture f;
    start(&f, "batch = 10\n", NULL);
    platform_delay(f.platform, 50);
    platform_refuse_text(f.platform, "900000705", 422);
    for (unsigned i = 0; i < 10; i++) {
        g_autofree char *business = g_strdup_printf("90000070%u", i);
        g_autoptr(Answer) answer = post_death(&f, business);
        g_assert_cmpint(answer->status, ==, 200);
    }
    g_assert_true(platform_wait(f.platform, 9, 10000));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 10, 5000);
    bus_process_expect_figure(f.bus, "consumers.0.dead", 1, 5000);
    bus_process_wait_figure(f.bus, "spool.deadLetters", 1, 5000);
    stop(&f);
}

static void test_gone_pauses_the_consumer(void)
{
    Fixture f;
    start(&f, NULL, NULL);
    platform_refuse(f.platform, 410, 0);
    g_autoptr(Answer) answer = post_death(&f, "900000801");
    bus_process_wait_figure(f.bus, "consumers.0.failures", 1, 5000);
    g_autoptr(JsonNode) status = bus_process_status(f.bus);
    JsonArray *consumers = json_object_get_array_member(json_node_get_object(status), "consumers");
    g_assert_cmpstr(string_in(json_array_get_object_element(consumers, 0), "state"), ==, "paused");
    platform_refuse(f.platform, 0, 0);
    bus_process_kill(f.bus);
    bus_process_start(f.bus);
    g_assert_true(platform_wait(f.platform, 1, 5000));
    stop(&f);
}

static void test_one_event_a_request_when_asked(void)
{
    Fixture f;
    start(&f, "mode = structured\n", NULL);
    for (unsigned i = 0; i < 5; i++) {
        g_autofree char *business = g_strdup_printf("90000090%u", i);
        g_autoptr(Answer) answer = post_death(&f, business);
    }
    g_assert_true(platform_wait(f.platform, 5, 5000));
    PlatformCount count;
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.requests, ==, 5);
    stop(&f);
}

static void test_only_the_routed_divisions_go(void)
{
    Fixture f;
    start(&f, NULL, "divisions = 440104002*\n");
    g_autofree char *here = death("900001001", "440104002001"), *there = death("900001002", "440104001003");
    g_autoptr(Answer) one = post(f.bus->port, "/in/hukou", "text/xml", NULL, there, strlen(there));
    g_autoptr(Answer) two = post(f.bus->port, "/in/hukou", "text/xml", NULL, here, strlen(here));
    g_assert_true(platform_wait(f.platform, 1, 5000));
    bus_process_wait_figure(f.bus, "consumers.0.cursor", 2, 5000);
    PlatformCount count;
    platform_count(f.platform, &count);
    g_assert_cmpuint(count.events, ==, 1);
    g_assert_cmpstr(string_in(platform_event(f.platform, 0), "division"), ==, "440104002001");
    stop(&f);
}

static void test_masked_and_hidden_elements_never_leave(void)
{
    Fixture f;
    start(&f, "mask = person.name:name\ndeny = person.birthDate;person.idNumber\n", NULL);
    g_autoptr(Answer) answer = post_death(&f, "900001101");
    g_assert_true(platform_wait(f.platform, 1, 5000));
    g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), platform_event(f.platform, 0));
    g_autofree char *text = json_to_string(node, FALSE);
    g_assert_nonnull(strstr(text, "测**"));
    g_assert_null(strstr(text, "测试丁"));
    g_assert_null(strstr(text, "1950"));
    stop(&f);
}

/* The date of a death stands in the event's time too. */
static void test_a_time_that_may_not_be_seen_does_not_leave(void)
{
    static const struct {
        const char *keys, *time, *precision;
    } cases[] = {
        {"", "2009-03-18T00:00:00+08:00", "day"},
        {"mask = death.date:year\n", "2009-01-01T00:00:00+08:00", "year"},
        {"deny = death.date\n", "", ""},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;
        start(&f, cases[i].keys, NULL);
        g_autoptr(Answer) answer = post_death(&f, "900001102");
        g_assert_true(platform_wait(f.platform, 1, 5000));
        JsonObject *event = platform_event(f.platform, 0);
        g_assert_cmpstr(string_in(event, "time"), ==, cases[i].time);
        g_assert_cmpstr(string_in(event, "timeprecision"), ==, cases[i].precision);
        g_assert_cmpint(json_object_has_member(event, "time"), ==, i < 2);
        stop(&f);
    }
}

static void test_a_cancellation_names_what_it_undoes(void)
{
    Fixture f;
    start(&f, NULL, NULL);
    g_autoptr(Answer) in = post_file(&f, "hukou-move-in-gbk.xml"),
                      undone = post_file(&f, "hukou-move-in-reversal-gbk.xml");
    g_assert_true(platform_wait(f.platform, 2, 5000));
    JsonObject *first = platform_event(f.platform, 0), *second = platform_event(f.platform, 1);
    g_assert_cmpstr(string_in(second, "action"), ==, "cancel");
    g_assert_cmpstr(string_in(second, "reverses"), ==, string_in(first, "businessid"));
    g_assert_cmpstr(string_in(second, "subject"), ==, string_in(first, "subject"));
    stop(&f);
}

static void test_a_corrected_number_stays_the_same_person(void)
{
    Fixture f;
    start(&f, NULL, NULL);
    g_autoptr(Answer) death_15 = post_file(&f, "hukou-death-gb2312.xml"); /* the 15-digit number */
    g_autoptr(Answer) correction = post_file(&f, "hukou-correction-gbk.xml");
    g_autoptr(Answer) death_18 = post_death(&f, "900001201");
    g_assert_true(platform_wait(f.platform, 4, 5000));
    const char *subject = string_in(platform_event(f.platform, 0), "subject");
    g_assert_cmpstr(string_in(platform_event(f.platform, 1), "subject"), ==, subject);
    g_assert_cmpstr(string_in(platform_event(f.platform, 3), "subject"), ==, subject);
    g_assert_cmpstr(string_in(platform_event(f.platform, 2), "subject"), !=, subject);
    stop(&f);
}

/* A time that is none of microseconds or milliseconds by mistake; on a loaded machine one message may take a second or two. */
static void assert_seconds(const char *metrics, const char *name)
{
    const char *at = strstr(metrics, name);
    g_assert_nonnull(at);
    double seconds = g_ascii_strtod(at + strlen(name), NULL);
    g_assert_cmpfloat(seconds, >, 0);
    g_assert_cmpfloat(seconds, <, 10);
}

static void test_the_admin_socket_tells(void)
{
    Fixture f;
    unsigned status;
    start(&f, NULL, NULL);
    g_autoptr(Answer) answer = post_death(&f, "900001301");
    g_assert_true(platform_wait(f.platform, 1, 5000));
    g_autofree char *live = bus_process_page(f.bus, "/live", &status);
    g_assert_cmpuint(status, ==, 200);
    g_autofree char *metrics = bus_process_page(f.bus, "/metrics", &status);
    g_assert_nonnull(strstr(metrics, "hutong_source_accepted_total{source=\"hukou\"} 1\n"));
    g_assert_nonnull(strstr(metrics, "hutong_ready 1\n"));
    assert_seconds(metrics, "hutong_source_answer_seconds_sum{source=\"hukou\"} ");
    assert_seconds(metrics, "hutong_spool_commit_seconds{quantile=\"0.99\"} ");
    g_assert_null(strstr(metrics, "microseconds"));
    g_autofree char *none = bus_process_page(f.bus, "/secret", &status);
    g_assert_cmpuint(status, ==, 404);
    g_autofree char *output = NULL;
    g_assert_cmpint(run_hutong(&output, "status", "-c", f.bus->config, NULL), ==, 0);
    g_assert_nonnull(strstr(output, "hukou"));
    stop(&f);
}

static void test_two_buses_never_share_a_spool(void)
{
    Fixture f;
    g_autofree char *output = NULL;
    start(&f, NULL, NULL);
    g_assert_cmpint(run_hutong(&output, "run", "-c", f.bus->config, NULL), ==, 1);
    g_assert_cmpint(bus_process_figure(f.bus, "spool.lastSequence"), ==, 0);
    stop(&f);
}

static void test_nothing_personal_is_in_the_log(void)
{
    Fixture f;
    start(&f, NULL, NULL);
    static const char *const files[] = {"hukou-birth-gbk.xml", "nciic-result.xml", "nciic-error.xml",
                                        "rbsp-query-request.xml"};
    for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(Answer) answer = post_file(&f, files[i]);
        g_assert_null(strstr(answer->body->str, "9901041"));
    }
    g_autofree char *log = bus_process_log(f.bus);
    g_assert_null(strstr(log, "9901041"));
    g_assert_null(strstr(log, "测试"));
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bus/a-birth-arrives", test_a_birth_arrives);
    g_test_add_func("/bus/a-resent-message-gets-the-original-receipt",
                    test_a_resent_message_gets_the_original_receipt);
    g_test_add_func("/bus/refusals-say-why", test_refusals_say_why);
    g_test_add_func("/bus/a-soap-action-alone-changes-nothing", test_a_soap_action_alone_changes_nothing);
    g_test_add_func("/bus/a-platform-that-is-down-gets-everything-later",
                    test_a_platform_that_is_down_gets_everything_later);
    g_test_add_func("/bus/retry-after-is-honoured", test_retry_after_is_honoured);
    g_test_add_func("/bus/a-refused-event-is-a-dead-letter-and-others-go-on",
                    test_an_event_that_is_refused_is_a_dead_letter_and_others_go_on);
    g_test_add_func("/bus/gone-pauses-the-consumer", test_gone_pauses_the_consumer);
    g_test_add_func("/bus/one-event-a-request-when-asked", test_one_event_a_request_when_asked);
    g_test_add_func("/bus/only-the-routed-divisions-go", test_only_the_routed_divisions_go);
    g_test_add_func("/bus/masked-and-hidden-elements-never-leave",
                    test_masked_and_hidden_elements_never_leave);
    g_test_add_func("/bus/a-time-that-may-not-be-seen-does-not-leave",
                    test_a_time_that_may_not_be_seen_does_not_leave);
    g_test_add_func("/bus/a-cancellation-names-what-it-undoes", test_a_cancellation_names_what_it_undoes);
    g_test_add_func("/bus/a-corrected-number-stays-the-same-person",
                    test_a_corrected_number_stays_the_same_person);
    g_test_add_func("/bus/the-admin-socket-tells", test_the_admin_socket_tells);
    g_test_add_func("/bus/two-buses-never-share-a-spool", test_two_buses_never_share_a_spool);
    g_test_add_func("/bus/nothing-personal-is-in-the-log", test_nothing_personal_is_in_the_log);
    return g_test_run();
}
