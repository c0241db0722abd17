/* The watchdog by a clock that the test sets, and what is kept of what a host says. */
#include "plugins/heard.h"
#include "plugins/watch.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MS 1000
#define SECOND_US INT64_C(1000000)
#define MEGABYTE (1024 * 1024)

/* ---- The clock of the program, watchdog and tickets included ---- */

static gint64 now_us;

gint64 g_get_monotonic_time(void)
{
    return now_us;
}

/* ---- A run that serves, and its messages ---- */

typedef struct {
    HtLimits limits;
    HtOutbox outbox;
    HtTickets *tickets;
    uint64_t page; /* the ticket that the host says it is working on */
    HtRun run;
} Fixture;

static void note_given(void *user)
{
    (void)user;
}

static void note_done(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    (void)outcome, (void)frame, (void)error, (void)user;
}

static void set_up(Fixture *f, const void *data)
{
    (void)data;
    now_us = 1000 * SECOND_US;
    *f = (Fixture){.limits = ht_limits_default(), .outbox = HT_OUTBOX_EMPTY};
    f->tickets = ht_tickets_new(&f->limits, note_given, f);
    ht_tickets_connect(f->tickets, &f->outbox);
    f->run = (HtRun){.state = HT_RUN_SERVING, .active_us = now_us, .process = {.fd = -1, .page = &f->page}};
}

static void tear_down(Fixture *f, const void *data)
{
    (void)data;
    ht_tickets_disconnect(f->tickets);
    ht_tickets_fail_all(f->tickets, HT_HOST_ERROR_STOPPED, "the end");
    ht_tickets_run_late(f->tickets);
    ht_tickets_free(f->tickets);
    ht_outbox_clear(&f->outbox);
}

static void begin_anew(Fixture *f, const void *data)
{
    tear_down(f, data);
    set_up(f, data);
}

/* The number of the oldest ticket; of the others, one more each. */
static uint64_t add_message(Fixture *f, size_t size)
{
    HtTicketView view;
    g_autoptr(GBytes) body = g_bytes_new_take(g_malloc0(MAX(size, 1)), size);
    ht_tickets_add(f->tickets, &(HtMessageHead){.alter = 0}, body, note_done, NULL);
    g_assert_true(ht_tickets_find(f->tickets, 0, &view));
    return view.number;
}

static void assert_works(Fixture *f)
{
    uint64_t blame = 0;
    g_assert_cmpstr(ht_watch_look(&f->run, f->tickets, MESSAGE_MS, &blame), ==, NULL);
    g_assert_cmpuint(blame, ==, 0);
}

static void assert_killed(Fixture *f, const char *part, uint64_t culprit)
{
    uint64_t blame = 0;
    const char *reason = ht_watch_look(&f->run, f->tickets, MESSAGE_MS, &blame);
    g_assert_nonnull(reason);
    g_assert_nonnull(strstr(reason, part));
    g_assert_cmpuint(blame, ==, culprit);
}

/* ---- The watchdog ---- */

/* message-timeout, and the same again for each MB; neither earlier nor later. */
static void test_time_grows_with_size(Fixture *f, const void *data)
{
    static const struct {
        size_t size;
        int64_t limit_us;
    } cases[] = {{0, SECOND_US},
                 {MEGABYTE / 2, SECOND_US * 3 / 2},
                 {MEGABYTE, 2 * SECOND_US},
                 {10 * MEGABYTE, 11 * SECOND_US}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        begin_anew(f, data);
        f->page = add_message(f, cases[i].size);
        assert_works(f);
        now_us += cases[i].limit_us;
        assert_works(f);
        now_us++;
        assert_killed(f, "longer than message-timeout", f->page);
    }
}

/* Of several messages the one that it works on is to blame, and the time is that one's. */
static void test_what_it_works_on_is_to_blame(Fixture *f, const void *data)
{
    (void)data;
    uint64_t oldest = add_message(f, 4 * MEGABYTE);
    add_message(f, 0);
    f->page = oldest + 1;
    assert_works(f);
    now_us += SECOND_US + 1;
    assert_killed(f, "longer than message-timeout", oldest + 1);
}

/* The time of each message begins when it is begun, and anew when an answer has come. */
static void test_time_begins_anew(Fixture *f, const void *data)
{
    (void)data;
    uint64_t oldest = add_message(f, 0);
    add_message(f, 0);
    f->page = oldest;
    assert_works(f);
    now_us += SECOND_US;
    assert_works(f);
    f->page = oldest + 1;
    assert_works(f);
    now_us += SECOND_US;
    assert_works(f);
    f->run.active_us = now_us;
    assert_works(f);
    now_us += SECOND_US;
    assert_works(f);
    now_us++;
    assert_killed(f, "longer than message-timeout", oldest + 1);
}

/* When it works on nothing it owes an answer to the oldest, in that one's time. */
static void test_silence_is_charged_to_the_oldest(Fixture *f, const void *data)
{
    static const uint64_t pages[] = {0, UINT64_MAX}; /* UINT64_MAX: nobody's */
    for (unsigned i = 0; i < G_N_ELEMENTS(pages); i++) {
        begin_anew(f, data);
        uint64_t oldest = add_message(f, MEGABYTE);
        add_message(f, 0);
        f->page = pages[i];
        assert_works(f);
        now_us += 2 * SECOND_US;
        assert_works(f);
        now_us++;
        assert_killed(f, "gives no answers", oldest);
    }
}

/* A page that changes all the time puts its end off to twice the time, and no further. */
static void test_a_page_that_plays_gains_little(Fixture *f, const void *data)
{
    (void)data;
    uint64_t oldest = add_message(f, 0);
    add_message(f, 0);
    for (unsigned i = 0; i < 20; i++) {
        f->page = oldest + i % 2;
        assert_works(f);
        now_us += SECOND_US / 10;
    }
    f->page = oldest;
    assert_works(f);
    now_us++;
    f->page = oldest + 1;
    assert_killed(f, "gives no answers", oldest);
}

static void test_an_idle_host_is_left_alone(Fixture *f, const void *data)
{
    (void)data;
    now_us += 1000 * SECOND_US;
    f->page = 77;
    assert_works(f);
    add_message(f, 0); /* its time begins now */
    f->page = 0;
    assert_works(f);
    now_us += SECOND_US;
    assert_works(f);
}

/* ---- What a host says ---- */

#define NUMBER "990104198001019915"

static HtHeard hear(HtFrameType type, const HtBuffer *body)
{
    HtHeard heard = {.bytes = NULL};
    HtLimits limits = ht_limits_default();
    HtFrame frame = {.type = type, .size = (uint32_t)body->size, .ticket = 1};
    g_autofree char *malformed = ht_heard_read(&frame, ht_buffer_text(body), NULL, &limits, &heard);
    g_assert_cmpstr(malformed, ==, NULL);
    return heard;
}

static void assert_text(HtFrameType type, const char *text, const char *expected)
{
    HtBuffer body = {.data = NULL};
    if (type == HT_FRAME_LOG) {
        ht_pack_u32(&body, HT_FIELD_LEVEL, HT_LOG_WARNING);
    }
    if (text) {
        ht_pack_text(&body, HT_FIELD_TEXT, ht_text_from(text));
    }
    g_auto(HtHeard) heard = hear(type, &body);
    g_assert_cmpstr(heard.text, ==, expected);
    ht_buffer_clear(&body);
}

static void test_reasons_and_lines_hold_no_numbers(void)
{
    assert_text(HT_FRAME_FAILED, "no row of " NUMBER " in\nthe table", "no row of [number] in; the table");
    assert_text(HT_FRAME_FAILED, "９９０１０４１９８００１０１９９１５", "[number]");
    assert_text(HT_FRAME_FAILED, "mapping: line 12", "mapping: line 12");
    assert_text(HT_FRAME_FAILED, NULL, "no reason given");
    assert_text(HT_FRAME_LOG, "seen " NUMBER, "seen [number]");
}

/* Of every fault that came: its code, its element and its text. */
static void test_faults_hold_no_numbers(void)
{
    HtBuffer body = {.data = NULL};
    HtOutcome outcome;
    ht_outcome_init(&outcome);
    outcome.verdict = HT_VERDICT_REJECT;
    for (unsigned i = 0; i < HT_OUTCOME_FAULTS + 2; i++) {
        HtFault fault;
        ht_fault_set(&fault, "no-" NUMBER, "The person " NUMBER " is not there.");
        ht_fault_set_element(&fault, HT_TEXT_LITERAL("person[" NUMBER "].name"));
        ht_outcome_add_fault(&outcome, &fault);
    }
    ht_outcome_pack(&outcome, &body);
    g_auto(HtHeard) heard = hear(HT_FRAME_RESULT, &body);
    g_assert_cmpuint(heard.outcome.fault_count, ==, HT_OUTCOME_FAULTS + 2);
    for (unsigned i = 0; i < HT_OUTCOME_FAULTS; i++) {
        g_assert_cmpstr(heard.outcome.faults[i].code, ==, "adapter-rejected");
        g_assert_cmpstr(heard.outcome.faults[i].element, ==, "person[[number]].name");
        g_assert_cmpstr(heard.outcome.faults[i].text, ==, "The person [number] is not there.");
    }
    ht_outcome_clear(&outcome);
    ht_buffer_clear(&body);
}

static void test_names_of_services_hold_no_numbers(void)
{
    HtBuffer body = {.data = NULL};
    ht_pack_text(&body, HT_FIELD_SERVICE, HT_TEXT_LITERAL("Known, S" NUMBER));
    g_auto(HtHeard) heard = hear(HT_FRAME_TEXT, &body);
    g_assert_nonnull(heard.error);
    g_assert_nonnull(strstr(heard.error->message, "Known, S[number]"));
    ht_buffer_clear(&body);
}

/* ---- What is no frame of its type ---- */

static void assert_malformed(HtFrameType type, HtBuffer *body, const char *reason)
{
    g_auto(HtHeard) heard = {.bytes = NULL};
    HtLimits limits = ht_limits_default();
    HtFrame frame = {.type = type, .size = (uint32_t)body->size, .ticket = 1};
    g_autofree char *malformed = ht_heard_read(&frame, ht_buffer_text(body), NULL, &limits, &heard);
    g_assert_nonnull(malformed);
    g_assert_nonnull(strstr(malformed, reason));
    g_assert_null(heard.text);
    ht_buffer_clear(body);
}

static HtBuffer make_log(uint32_t level, const char *text)
{
    HtBuffer body = {.data = NULL};
    if (level != UINT32_MAX) {
        ht_pack_u32(&body, HT_FIELD_LEVEL, level);
    }
    if (text) {
        ht_pack_text(&body, HT_FIELD_TEXT, ht_text_from(text));
    }
    return body;
}

static void test_what_is_not_of_its_type_is_told(void)
{
    static const HtFrameType of_the_bus[] = {HT_FRAME_START, HT_FRAME_MESSAGE, HT_FRAME_BEGIN, HT_FRAME_CHUNK,
                                             HT_FRAME_END,   HT_FRAME_ABORT,   HT_FRAME_WSDL,  HT_FRAME_STOP};
    static const HtFrameType never_empty[] = {HT_FRAME_BOX, HT_FRAME_READY, HT_FRAME_LOG};
    HtBuffer body = {.data = NULL};
    for (unsigned i = 0; i < G_N_ELEMENTS(of_the_bus); i++) {
        assert_malformed(of_the_bus[i], &body, "only the bus sends");
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(never_empty); i++) {
        assert_malformed(never_empty[i], &body, "");
    }
    ht_pack_text(&body, HT_FIELD_TEXT, HT_TEXT_LITERAL("<wsdl \xff/>"));
    assert_malformed(HT_FRAME_TEXT, &body, "not UTF-8");
    ht_buffer_add_literal(&body, "?");
    assert_malformed(HT_FRAME_RESULT, &body, "malformed field");
    body = make_log(UINT32_MAX, "no level");
    assert_malformed(HT_FRAME_LOG, &body, "log line");
    body = make_log(HT_LOG_DEBUG + 1, "no such level");
    assert_malformed(HT_FRAME_LOG, &body, "log line");
    body = make_log(HT_LOG_INFO, NULL);
    assert_malformed(HT_FRAME_LOG, &body, "log line");
}

static void test_lines_keep_their_level(void)
{
    for (uint32_t level = 0; level <= HT_LOG_DEBUG; level++) {
        HtBuffer body = make_log(level, "line");
        g_auto(HtHeard) heard = hear(HT_FRAME_LOG, &body);
        g_assert_cmpuint(heard.level, ==, level);
        ht_buffer_clear(&body);
    }
}

/* A text; none, because there is no such service; or none at all. */
static void test_a_wsdl_is_a_text_or_none(void)
{
    HtBuffer text = {.data = NULL}, none = {.data = NULL};
    ht_pack_text(&text, HT_FIELD_TEXT, HT_TEXT_LITERAL("<wsdl>三</wsdl>"));
    ht_pack_text(&text, HT_FIELD_SERVICE, HT_TEXT_LITERAL("Known"));
    g_auto(HtHeard) heard = hear(HT_FRAME_TEXT, &text);
    size_t size;
    const void *data = g_bytes_get_data(heard.bytes, &size);
    g_assert_cmpmem(data, size, "<wsdl>三</wsdl>", 16);
    g_assert_null(heard.error);
    g_auto(HtHeard) nothing = hear(HT_FRAME_TEXT, &none);
    g_assert_true(!nothing.bytes && !nothing.error);
    ht_buffer_clear(&text);
}

/* However much it says, so much of it is kept. */
static void test_reasons_and_lines_have_an_end(void)
{
    g_autofree char *text = g_strnfill(20000, '-');
    HtBuffer reason = {.data = NULL}, line = make_log(HT_LOG_INFO, text);
    ht_pack_text(&reason, HT_FIELD_TEXT, ht_text_from(text));
    g_auto(HtHeard) failed = hear(HT_FRAME_FAILED, &reason);
    g_auto(HtHeard) logged = hear(HT_FRAME_LOG, &line);
    g_assert_cmpuint(strlen(failed.text), ==, 8000);
    g_assert_cmpuint(strlen(logged.text), ==, 300);
    ht_buffer_clear(&reason);
    ht_buffer_clear(&line);
}

/* ---- Its rest ---- */

#define CPU_MS 20

/* Of this process, which stands for the host. */
static void compute(void)
{
    HtProcess process = {.pid = getpid()};
    int64_t until_us = ht_process_cpu(&process) + (CPU_MS + 1) * INT64_C(1000);
    g_assert_cmpint(until_us, >, 0);
    while (ht_process_cpu(&process) < until_us) {
    }
}

static const char *look_at_rest(Fixture *f)
{
    int64_t again_us = 0;
    const char *reason = ht_watch_rest(&f->run, CPU_MS, &again_us);
    g_assert_cmpint(again_us, >, now_us);
    g_assert_cmpint(again_us, <=, now_us + 10 * CPU_MS * INT64_C(1000));
    return reason;
}

/* Judged over ten times the time, neither earlier nor of what came before; what a message took is not charged. */
static void test_rest_is_rest(Fixture *f, const void *data)
{
    (void)data;
    int64_t span_us = 10 * CPU_MS * INT64_C(1000);
    f->run.process.pid = getpid();
    now_us++;
    compute();
    g_assert_null(look_at_rest(f)); /* the first look knows nothing of before */
    now_us += span_us;
    g_assert_null(look_at_rest(f)); /* it rested */
    compute();
    now_us += span_us - 1;
    g_assert_null(look_at_rest(f)); /* too early to say */
    now_us++;
    g_assert_nonnull(strstr(look_at_rest(f), "idle-cpu"));
    compute();
    f->run.active_us = now_us += span_us; /* it had a message */
    now_us++;
    g_assert_null(look_at_rest(f));
    f->run.process.pid = 0; /* it is reaped */
    now_us += span_us;
    g_assert_null(look_at_rest(f));
}

#define ADD(path, test) g_test_add(path, Fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/watch/time-grows-with-size", test_time_grows_with_size);
    ADD("/watch/what-it-works-on-is-to-blame", test_what_it_works_on_is_to_blame);
    ADD("/watch/time-begins-anew", test_time_begins_anew);
    ADD("/watch/silence-is-charged-to-the-oldest", test_silence_is_charged_to_the_oldest);
    ADD("/watch/a-page-that-plays-gains-little", test_a_page_that_plays_gains_little);
    ADD("/watch/an-idle-host-is-left-alone", test_an_idle_host_is_left_alone);
    ADD("/watch/rest-is-rest", test_rest_is_rest);
    g_test_add_func("/heard/reasons-and-lines-hold-no-numbers", test_reasons_and_lines_hold_no_numbers);
    g_test_add_func("/heard/faults-hold-no-numbers", test_faults_hold_no_numbers);
    g_test_add_func("/heard/what-is-not-of-its-type-is-told", test_what_is_not_of_its_type_is_told);
    g_test_add_func("/heard/lines-keep-their-level", test_lines_keep_their_level);
    g_test_add_func("/heard/a-wsdl-is-a-text-or-none", test_a_wsdl_is_a_text_or_none);
    g_test_add_func("/heard/reasons-and-lines-have-an-end", test_reasons_and_lines_have_an_end);
    g_test_add_func("/heard/names-of-services-hold-no-numbers", test_names_of_services_hold_no_numbers);
    return g_test_run();
}
