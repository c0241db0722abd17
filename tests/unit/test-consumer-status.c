/* core/delivery/status, health: what the status page, the metrics and /ready say of consumers. What they say is the test's: it
 * takes the place of delivery.c. */
#include "core/base/clock.h"
#include "core/delivery/health.h"
#include "core/delivery/status.h"
#include "tests/lib/data.h"

#include <glib.h>

static HtConsumerStatus consumers[3];
static unsigned count;

unsigned ht_delivery_consumers(const HtDelivery *none)
{
    (void)none;
    return count;
}

void ht_delivery_status(const HtDelivery *none, unsigned index, HtConsumerStatus *status)
{
    (void)none;
    *status = consumers[index];
}

static HtPolicy *policy_of(const HtDictionary *dictionary, int64_t left_us)
{
    HtConsumerConfig config = {.name = (char *)"c",
                               .file = (char *)"hutong.conf",
                               .purpose = (char *)"p",
                               .purpose_until = (char *)"2027-06-30",
                               .purpose_alarm_ms = 86400000};
    g_autoptr(GString) errors = g_string_new(NULL);
    HtPolicy *policy = ht_policy_new(&config, dictionary, errors);
    g_assert_cmpstr(errors->str, ==, "");
    ht_policy_look(policy, ht_policy_until(policy) - left_us);
    return policy;
}

typedef struct {
    HtDictionary *dictionary;
    HtPolicy *holds, *ends, *lapsed;
    HtTransport transport;
    HtHealth health;
    HtSpoolPause pause;
} Fixture;

static void set_up(Fixture *f, const void *unused)
{
    (void)unused;
    f->dictionary = test_dictionary();
    f->holds = policy_of(f->dictionary, INT64_C(100) * 86400 * 1000000);
    f->ends = policy_of(f->dictionary, 1);
    f->lapsed = policy_of(f->dictionary, 0);
    f->pause = (HtSpoolPause){.kind = HT_SPOOL_PAUSE_GONE,
                              .since_us = HT_SECOND,
                              .uid = 7,
                              .reason = (char *)"moved",
                              .notice = (char *)""};
    static const char *const states[] = {"idle", "delivering", "paused"};
    count = G_N_ELEMENTS(consumers);
    for (unsigned i = 0; i < count; i++) {
        consumers[i] = (HtConsumerStatus){.name = i == 0   ? "a"
                                                  : i == 1 ? "b"
                                                           : "c",
                                          .state = states[i],
                                          .policy = f->holds,
                                          .transport = &f->transport,
                                          .health = &f->health,
                                          .cursor = 10 + i,
                                          .backlog = 20 + i,
                                          .delivered = 30 + i,
                                          .dead = 40 + i,
                                          .letters = 50 + i,
                                          .attempts = 60 + i,
                                          .failures = 70 + i};
    }
    consumers[2].pause = &f->pause;
}

static void tear_down(Fixture *f, const void *unused)
{
    (void)unused;
    ht_policy_free(f->holds);
    ht_policy_free(f->ends);
    ht_policy_free(f->lapsed);
    ht_dictionary_free(f->dictionary);
}

static char *metrics(void)
{
    HtBuffer text = {0};
    ht_delivery_metrics(NULL, &text);
    char *copy = g_strndup(text.data, text.size);
    ht_buffer_clear(&text);
    return copy;
}

static char *json(void)
{
    HtBuffer text = {0};
    ht_delivery_json(NULL, &text);
    char *copy = g_strndup(text.data, text.size);
    ht_buffer_clear(&text);
    return copy;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        g_error("not there: %s\nin: %s", part, text);
    }
}

static void test_metrics_have_every_consumer(Fixture *f, const void *unused)
{
    (void)unused;
    f->health.timed = 2;
    f->health.sum_us = 3500000;
    consumers[0].p50_us = 1500000;
    consumers[0].p99_us = 2000000;
    consumers[1].oldest_us = ht_clock_now() - 50 * HT_SECOND;
    consumers[2].oldest_us = ht_clock_now() + 3600 * HT_SECOND; /* the clock was put back */
    g_autofree char *text = metrics();
    assert_has(text, "consumer_up{consumer=\"a\"} 1\n");
    assert_has(text, "consumer_up{consumer=\"b\"} 1\n");
    assert_has(text, "consumer_up{consumer=\"c\"} 0\n");
    assert_has(text, "consumer_paused{consumer=\"a\"} 0\n");
    assert_has(text, "consumer_paused{consumer=\"c\"} 1\n");
    assert_has(text, "consumer_oldest_waiting_seconds{consumer=\"a\"} 0.000000\n");
    assert_has(text, "consumer_oldest_waiting_seconds{consumer=\"b\"} 50.");
    assert_has(text, "consumer_oldest_waiting_seconds{consumer=\"c\"} 0.000000\n");
    assert_has(text, "consumer_backlog_events{consumer=\"a\"} 20\n");
    assert_has(text, "consumer_delivered_events_total{consumer=\"b\"} 31\n");
    assert_has(text, "consumer_dead_letters_total{consumer=\"c\"} 42\n");
    assert_has(text, "consumer_dead_letters{consumer=\"c\"} 52\n");
    assert_has(text, "consumer_requests_total{consumer=\"a\"} 60\n");
    assert_has(text, "consumer_request_failures_total{consumer=\"a\"} 70\n");
    assert_has(text, "consumer_answer_seconds{consumer=\"a\",quantile=\"0.5\"} 1.5");
    assert_has(text, "consumer_answer_seconds{consumer=\"a\",quantile=\"0.99\"} 2.0");
    assert_has(text, "consumer_answer_seconds_sum{consumer=\"a\"} 3.5");
    assert_has(text, "consumer_answer_seconds_count{consumer=\"a\"} 2\n");
}

static void describe(const HtTransport *transport, HtBuffer *out)
{
    (void)transport;
    ht_buffer_add_literal(out, ",\"way\":\"out\"");
}

static void test_the_page_tells_pauses_and_the_way_out(Fixture *f, const void *unused)
{
    (void)unused;
    g_autofree char *plain = json();
    g_assert_null(strstr(plain, "\"way\""));
    assert_has(plain, "\"name\":\"a\",\"state\":\"idle\"");
    assert_has(plain, "\"pause\":{\"by\":\"410\",\"since\":\"1970-01-01T");
    assert_has(plain, "\"uid\":7,\"reason\":\"moved\"}");
    f->transport.describe = describe;
    f->pause.kind = HT_SPOOL_PAUSE_ADMIN;
    g_autofree char *text = json();
    assert_has(text, "\"pause\":{\"by\":\"administrator\"");
    assert_has(text, "\"way\":\"out\"");
    assert_has(text, "\"purpose\":\"holds\"");
}

/* One sentence of all, and none when all hold. */
static void test_the_notice_names_purposes_that_lapse(Fixture *f, const void *unused)
{
    (void)unused;
    g_assert_null(ht_delivery_notice(NULL));
    consumers[0].policy = f->ends;
    consumers[2].policy = f->lapsed;
    g_autofree char *text = ht_delivery_notice(NULL);
    g_assert_cmpstr(text, ==, "the purpose of consumer a lapses soon; the purpose of consumer c has lapsed");
}

/* ---- Answers ---- */

static void note(HtHealth *health, long status, const char *reason, uint64_t took_us)
{
    ht_health_note(health, &(HtSent){.status = status, .reason = reason, .took_us = took_us});
}

static void test_answers_alike_are_one(Fixture *f, const void *unused)
{
    (void)unused;
    HtHealth *health = &f->health;
    g_assert_cmpuint(ht_health_percentile(health, 99), ==, 0);
    for (unsigned i = 1; i <= 100; i++) {
        note(health, 200, NULL, 1000 * i);
    }
    note(health, 0, "Couldn't connect to server", 77);
    note(health, 0, "Couldn't connect to server", 77);
    note(health, 200, NULL, 1000);
    g_assert_cmpuint(health->runs, ==, 3);
    g_assert_cmpuint(health->timed, ==, 101); /* what was not answered took no time */
    g_assert_cmpuint(health->sum_us, ==, 5050000 + 1000);
    g_assert_cmpuint(ht_health_percentile(health, 50), ==, 50000);
    g_assert_cmpuint(ht_health_percentile(health, 99), ==, 99000);
    g_assert_cmpuint(ht_health_percentile(health, 100), ==, 100000);
    HtBuffer text = {0};
    ht_health_json(health, &text);
    g_autofree char *all = g_strndup(text.data, text.size);
    ht_buffer_clear(&text);
    g_assert_true(g_str_has_prefix(all, "\"answers\":[{\"answer\":\"HTTP 200\",\"count\":1,"));
    assert_has(all, "},{\"answer\":\"Couldn't connect to server\",\"count\":2,");
    assert_has(all, "},{\"answer\":\"HTTP 200\",\"count\":100,");
}

/* Only the last ones are kept, the latest first. */
static void test_older_answers_are_forgotten(Fixture *f, const void *unused)
{
    (void)unused;
    HtBuffer text = {0};
    for (long status = 200; status < 200 + 2 * HT_HEALTH_ANSWERS; status++) {
        note(&f->health, status, NULL, 1);
    }
    for (unsigned i = 0; i < HT_HEALTH_TIMES; i++) {
        note(&f->health, 200, NULL, 5);
    }
    g_assert_cmpuint(ht_health_percentile(&f->health, 1), ==, 5);
    ht_health_json(&f->health, &text);
    g_autofree char *all = g_strndup(text.data, text.size);
    ht_buffer_clear(&text);
    assert_has(all, "HTTP 200");
    assert_has(all, "HTTP 209");
    g_assert_null(strstr(all, "HTTP 208"));
}

#define TEST(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST("/status/metrics-have-every-consumer", test_metrics_have_every_consumer);
    TEST("/status/the-page-tells-pauses-and-the-way-out", test_the_page_tells_pauses_and_the_way_out);
    TEST("/status/the-notice-names-purposes-that-lapse", test_the_notice_names_purposes_that_lapse);
    TEST("/health/answers-alike-are-one", test_answers_alike_are_one);
    TEST("/health/older-answers-are-forgotten", test_older_answers_are_forgotten);
    return g_test_run();
}
