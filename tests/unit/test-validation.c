/* Endpoints that are asked whether they want deliveries: what counts as yes, and that nothing is sent without it. */
#include "core/base/log.h"
#include "core/delivery/transport.h"
#include "tests/lib/consumer-harness.h"

static const Request *first_request(void)
{
    await(1);
    return requests->pdata[0];
}

/* To the request that is under way longest. */
static void answer_options(long status, const char *origin, const char *rate, bool repeated)
{
    HtPosted posted = {.status = status, .wanted = {{origin, repeated}, {rate, false}}};
    g_assert_cmpstr(first_request()->method, ==, "OPTIONS");
    answer_with(&posted);
}

static void test_the_endpoint_is_asked_first(void)
{
    Fixture f;
    start(&f, "validate = yes\nvalidate-rate = 120\n", "ab");
    const Request *asked = first_request();
    g_assert_cmpstr(asked->method, ==, "OPTIONS");
    g_assert_cmpstr(asked->headers, ==, "WebHook-Request-Origin: b\nWebHook-Request-Rate: 120");
    g_assert_cmpstr(asked->events, ==, "");
    run_until_idle();
    g_assert_cmpuint(posts, ==, 1);
    answer_options(204, "B", "*", false);
    const Request *sent = first_request();
    g_assert_cmpstr(sent->method, ==, "POST");
    g_assert_cmpstr(sent->headers, ==, "WebHook-Request-Origin: b");
    g_assert_cmpstr(sent->events, ==, "1 2 ");
    answer(204, 0);
    g_assert_cmpuint(status_of(&f).delivered, ==, 2);
    stop(&f);
}

static const struct {
    const char *origin, *rate;
    long status;
    bool repeated;
} refusals[] = {
    {NULL, NULL, 200, false},        /* it does not know of it */
    {NULL, "*", 200, false},         /* half an answer */
    {"*", NULL, 405, false},         /* no method of its */
    {"b", "10", 302, false},         /* somewhere else */
    {"b", "10", 500, false},         /* it is ill */
    {"a.example", "10", 200, false}, /* meant for somebody else */
    {"b, *", "10", 200, false},      /* a list */
    {"", "10", 200, false},          /* nothing */
    {"b", "0", 200, false},          /* never */
    {"b", "-1", 200, false},         {"b", "00", 200, false},     {"b", "", 200, false},
    {"b", "1e3", 200, false},        {"b", "10/min", 200, false}, {"b", "10", 200, true}, /* twice */
    {NULL, NULL, 0, false},                                                               /* no answer */
};

static void test_nothing_is_sent_without_consent(void)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(refusals); i++) {
        Fixture f;
        g_test_message("refusal %u", i);
        start(&f, "validate = yes\n", "ab");
        for (unsigned times = 0; times < 3; times++) { /* it is asked again, and again */
            answer_options(refusals[i].status, refusals[i].origin, refusals[i].rate, refusals[i].repeated);
            run_until_idle();
            g_assert_cmpuint(posts - requests->len, ==, times + 1);
            g_assert_true(g_str_has_prefix(status_of(&f).last_error, "OPTIONS: "));
            g_assert_cmpstr(status_of(&f).state, ==, "retrying");
        }
        answer_options(200, "*", NULL, false);
        while (status_of(&f).delivered < 2) {
            g_assert_cmpstr(first_request()->method, ==, "POST");
            answer(204, 0);
        }
        g_assert_cmpstr(spool.dead->str, ==, "");
        stop(&f);
    }
}

static void test_its_rate_is_kept(void)
{
    Fixture f;
    start(&f, "validate = yes\nmode = structured\nconnections = 8\n", "abcdefgh");
    answer_options(200, "*", "1", false);
    await(1);
    run_until_idle();
    g_assert_cmpuint(posts, ==, 1 + 1); /* the others wait for the next minutes */
    answer(204, 0);
    run_until_idle();
    g_assert_cmpuint(requests->len, ==, 0);
    stop(&f);
    start(&f, "validate = yes\nmode = structured\nconnections = 8\n", "abcdefgh");
    answer_options(200, "*", "60000", false); /* one a millisecond */
    for (unsigned i = 0; i < 8; i++) {
        await(1);
        answer(204, 0);
    }
    g_assert_cmpuint(status_of(&f).delivered, ==, 8);
    stop(&f);
}

static void test_it_is_asked_again_after_its_time(void)
{
    Fixture f;
    start(&f, "validate = yes\nvalidate-every = 100ms\n", "a");
    answer_options(200, "*", "*", false);
    await(1);
    answer(204, 0);
    g_usleep(100000);
    spool.persons = "ab";
    ht_consumer_wake(f.consumer);
    answer_options(200, NULL, NULL, false);
    run_until_idle();
    g_assert_cmpuint(status_of(&f).delivered, ==, 1);
    stop(&f);
}

/* ---- Its callback ---- */

static unsigned page_status;
static const char *page_key, *page_rate;

static void take_answer(HtPageCall *call, HtPageAnswer *answer)
{
    (void)call;
    page_status = answer->status;
    ht_buffer_clear(&answer->body);
}

static void take_refusal(HtPageCall *call, const HtRefusal *refusal)
{
    (void)call;
    page_status = refusal->status;
}

static const char *find_header(const HtPageCall *call, const char *name)
{
    (void)call;
    return g_str_equal(name, "WebHook-Allowed-Rate") ? page_rate : NULL;
}

static const char *find_query(const HtPageCall *call, const char *name)
{
    (void)call;
    return g_str_equal(name, "key") ? page_key : NULL;
}

static unsigned confirm(Fixture *f, const char *key, const char *rate)
{
    static const HtPageWays ways = {take_answer, take_refusal, find_header, find_query, NULL, NULL, NULL};
    HtTransport *transport = ht_consumer_transport(f->consumer);
    HtPageCall call = {.ways = &ways, .name = "c"};
    page_key = key;
    page_rate = rate;
    transport->confirm(transport, &call);
    return page_status;
}

static void test_it_may_agree_later_by_its_callback(void)
{
    static const char head[] = "WebHook-Request-Callback: https://bus.example/out/c/confirm?key=";
    Fixture f;
    start(
        &f,
        "validate = yes\nretry-first = 1h\nretry-max = 1h\nprobe = 10ms\n[bus]\npublic-url = https://bus.example\n",
        "ab");
    const Request *asked = first_request();
    g_assert_true(g_str_has_prefix(asked->headers, "WebHook-Request-Origin: bus.example\n"));
    const char *at = strstr(asked->headers, head);
    g_assert_nonnull(at);
    g_autofree char *key = g_strdup(at + strlen(head));
    g_assert_cmpuint(strlen(key), ==, 32);
    answer_options(202, NULL, NULL, false);
    run_until_idle();
    g_assert_cmpuint(confirm(&f, NULL, NULL), ==, 404);
    g_assert_cmpuint(confirm(&f, "", NULL), ==, 404);
    g_assert_cmpuint(confirm(&f, "00000000000000000000000000000000", NULL), ==, 404);
    g_assert_cmpuint(confirm(&f, key, "0"), ==, 400);
    run_until_idle();
    g_assert_cmpuint(requests->len, ==, 0);
    g_assert_cmpuint(confirm(&f, key, NULL), ==, 200);
    g_assert_cmpstr(first_request()->method, ==, "POST");
    answer(204, 0);
    stop(&f);
}

/* It agreed by its callback, and its answer to OPTIONS is still to come when it is time to ask again. */
static void test_it_is_asked_once_at_a_time(void)
{
    Fixture f;
    start(
        &f,
        "validate = yes\nvalidate-every = 100ms\nmode = structured\nconnections = 8\n[bus]\npublic-url = https://bus.example\n",
        "a");
    const char *at = strstr(first_request()->headers, "?key=");
    g_assert_nonnull(at);
    g_autofree char *key = g_strndup(at + strlen("?key="), 32);
    g_assert_cmpuint(confirm(&f, key, NULL), ==, 200);
    await(2);
    g_usleep(110000);
    spool.persons = "ab";
    ht_consumer_wake(f.consumer);
    await(3);
    for (unsigned i = 0; i < requests->len; i++) {
        const Request *request = requests->pdata[i];
        g_assert_cmpstr(request->method, ==, i == 0 ? "OPTIONS" : "POST");
    }
    answer_options(204, "b", NULL, false);
    stop(&f);
}

static void test_a_rate_without_end_is_no_limit(void)
{
    Fixture f;
    g_autofree char *digits = g_strnfill(1000000, '9');
    start(&f, "validate = yes\nmode = structured\nconnections = 8\n", "abcdefgh");
    answer_options(200, "*", digits, false);
    await(8);
    while (requests->len > 0) {
        answer(204, 0);
    }
    g_assert_cmpuint(status_of(&f).delivered, ==, 8);
    stop(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level(HT_LOG_ERROR);
    g_test_add_func("/validation/the-endpoint-is-asked-first", test_the_endpoint_is_asked_first);
    g_test_add_func("/validation/nothing-is-sent-without-consent", test_nothing_is_sent_without_consent);
    g_test_add_func("/validation/its-rate-is-kept", test_its_rate_is_kept);
    g_test_add_func("/validation/it-is-asked-again-after-its-time", test_it_is_asked_again_after_its_time);
    g_test_add_func("/validation/it-may-agree-later-by-its-callback",
                    test_it_may_agree_later_by_its_callback);
    g_test_add_func("/validation/it-is-asked-once-at-a-time", test_it_is_asked_once_at_a_time);
    g_test_add_func("/validation/a-rate-without-end-is-no-limit", test_a_rate_without_end_is_no_limit);
    return g_test_run();
}
