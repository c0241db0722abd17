/* Tickets alone, without a process: an outbox stands for one, and what is in it for what was sent. */
#include "plugins/strikes.h"
#include "plugins/tickets.h"

#include "plugins/frame.h"

typedef struct Fixture Fixture;

typedef struct {
    Fixture *fixture;
    const char *name;
    void (*then)(Fixture *fixture); /* in its callback */
    HtTicket *ticket;
} Sender;

struct Fixture {
    HtLimits limits;
    HtOutbox outbox;
    HtTickets *tickets;
    unsigned given;
    GString *log; /* what callbacks said, in order */
    Sender one, two;
};

static void note_given(void *user)
{
    ((Fixture *)user)->given++;
}

static void set_up(Fixture *f, const void *data)
{
    (void)data;
    *f = (Fixture){.limits = ht_limits_default(), .outbox = HT_OUTBOX_EMPTY, .log = g_string_new(NULL)};
    f->tickets = ht_tickets_new(&f->limits, note_given, f);
}

static void tear_down(Fixture *f, const void *data)
{
    (void)data;
    if (f->tickets) {
        ht_tickets_disconnect(f->tickets);
        ht_tickets_fail_all(f->tickets, HT_HOST_ERROR_STOPPED, "the end");
        ht_tickets_run_late(f->tickets);
        ht_tickets_free(f->tickets);
    }
    ht_outbox_clear(&f->outbox);
    g_string_free(f->log, TRUE);
}

static void note_done(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    Sender *sender = user;
    (void)frame;
    g_assert_true((outcome != NULL) == (error == NULL));
    g_string_append_printf(sender->fixture->log, "%s:%d ", sender->name, error ? error->code : -1);
    sender->ticket = NULL;
    if (sender->then) {
        sender->then(sender->fixture);
    }
}

static void note_drained(void *user)
{
    g_string_append_printf(((Sender *)user)->fixture->log, "%s drains ", ((Sender *)user)->name);
}

static void send_whole(Fixture *f, Sender *sender, const char *name)
{
    g_autoptr(GBytes) body = g_bytes_new_static("<a/>", 4);
    sender->fixture = f;
    sender->name = name;
    sender->ticket = ht_tickets_add(f->tickets, &(HtMessageHead){.alter = 0}, body, note_done, sender);
}

static void send_stream(Fixture *f, Sender *sender, const char *name)
{
    sender->fixture = f;
    sender->name = name;
    sender->ticket =
        ht_tickets_add_stream(f->tickets, &(HtMessageHead){.alter = 0}, note_done, note_drained, sender);
}

/* The types of the frames in the outbox, a letter each; they are taken out. */
static char *sent(Fixture *f)
{
    GString *types = g_string_new(NULL);
    HtBuffer *bytes = &f->outbox.gather;
    HtFrame frame;
    size_t done = 0;
    while (ht_frame_peek(bytes->data + done, bytes->size - done, SIZE_MAX, &frame) > 0) {
        g_string_append_c(types, "?SMBCEAWX"[frame.type]);
        done += HT_FRAME_HEAD + frame.size;
    }
    g_assert_cmpuint(done, ==, bytes->size);
    ht_outbox_clear(&f->outbox);
    return g_string_free(types, FALSE);
}

static void assert_sent(Fixture *f, const char *expected)
{
    g_autofree char *types = sent(f);
    g_assert_cmpstr(types, ==, expected);
}

static uint64_t oldest(Fixture *f)
{
    HtTicketView view = {0};
    ht_tickets_find(f->tickets, 0, &view);
    return view.number;
}

static bool die_of(Fixture *f, uint64_t culprit)
{
    return ht_tickets_settle_death(f->tickets, &(HtTicketsDeath){.culprit = culprit});
}

static void answer_oldest(Fixture *f)
{
    HtOutcome outcome;
    ht_outcome_init(&outcome);
    g_assert_true(ht_tickets_expect(f->tickets, oldest(f), false));
    ht_tickets_finish(f->tickets, &outcome, NULL);
    ht_outcome_clear(&outcome);
}

/* ---- Order ---- */

static void test_they_wait_for_a_process(Fixture *f, const void *data)
{
    (void)data;
    send_whole(f, &f->one, "one");
    send_whole(f, &f->two, "two");
    g_assert_false(ht_tickets_expect(f->tickets, oldest(f), false));
    assert_sent(f, "");
    ht_tickets_connect(f->tickets, &f->outbox);
    assert_sent(f, "MM");
    g_assert_cmpuint(f->given, ==, 2);
    g_assert_false(ht_tickets_expect(f->tickets, oldest(f) + 1, false));
    g_assert_false(ht_tickets_expect(f->tickets, oldest(f), true));
    answer_oldest(f);
    answer_oldest(f);
    g_assert_cmpstr(f->log->str, ==, "one:-1 two:-1 ");
    g_assert_cmpuint(ht_tickets_waiting(f->tickets), ==, 0);
}

static void test_the_limits_count_all(Fixture *f, const void *data)
{
    (void)data;
    g_autoptr(GError) many = NULL, large = NULL;
    f->limits.waiting = 2;
    f->limits.waiting_bytes = 10;
    g_assert_true(ht_tickets_admit(f->tickets, 100, NULL)); /* one is always let in */
    send_whole(f, &f->one, "one");
    g_assert_true(ht_tickets_admit(f->tickets, 6, NULL));
    g_assert_false(ht_tickets_admit(f->tickets, 7, &large));
    g_assert_error(large, HT_HOST_ERROR, HT_HOST_ERROR_BUSY);
    g_assert_nonnull(strstr(large->message, "10 bytes (waiting-bytes = 10)"));
    send_stream(f, &f->two, "two");
    g_assert_false(ht_tickets_admit(f->tickets, 0, &many));
    g_assert_nonnull(strstr(many->message, "2 messages (waiting = 2)"));
    ht_ticket_cancel(f->one.ticket);
    g_assert_true(ht_tickets_admit(f->tickets, 10, NULL));
}

static void test_the_limits_reach_to_their_border(Fixture *f, const void *data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    f->limits.waiting = 1;
    g_assert_true(ht_tickets_admit(f->tickets, UINT32_MAX / 2, NULL));
    g_assert_false(
        ht_tickets_admit(f->tickets, (size_t)UINT32_MAX / 2 + 1, &error)); /* no frame is so large */
    g_assert_error(error, HT_HOST_ERROR, HT_HOST_ERROR_BUSY);
    send_stream(f, &f->one, "one");
    g_assert_false(ht_tickets_admit(f->tickets, 0, NULL));
    f->limits.waiting = 2;
    g_assert_true(ht_tickets_admit(f->tickets, 0, NULL));
}

/* Of each ticket: its number, its size, and whether the present process has it. */
static void test_a_ticket_can_be_looked_at(Fixture *f, const void *data)
{
    (void)data;
    HtTicketView view = {0}, second = {0};
    g_assert_false(ht_tickets_find(f->tickets, 0, &view));
    send_whole(f, &f->one, "one");
    send_whole(f, &f->two, "two");
    g_assert_true(ht_tickets_find(f->tickets, 0, &view));
    g_assert_true(view.size_bytes == 4 && !view.sent);
    g_assert_true(ht_tickets_find(f->tickets, view.number + 1, &second));
    g_assert_cmpuint(second.number, ==, view.number + 1);
    g_assert_false(ht_tickets_find(f->tickets, view.number + 2, NULL));
    ht_tickets_connect(f->tickets, &f->outbox);
    g_assert_true(ht_tickets_find(f->tickets, second.number, &second) && second.sent);
    g_assert_cmpint(second.sent_us, >, 0);
    ht_outbox_clear(&f->outbox);
    ht_tickets_disconnect(f->tickets);
    die_of(f, 0);
    g_assert_true(ht_tickets_find(f->tickets, second.number, &second) && !second.sent);
    g_assert_false(ht_tickets_streams(f->tickets, 0));
    g_assert_false(ht_tickets_streams(f->tickets, second.number));
}

/* ---- WSDLs ---- */

static void note_wsdl(GBytes *text, const GError *error, void *user)
{
    g_string_append_printf(((Fixture *)user)->log, "wsdl:%d:%d ", text ? (int)g_bytes_get_size(text) : -1,
                           error ? error->code : -1);
}

static void test_a_wsdl_is_answered_in_turn(Fixture *f, const void *data)
{
    (void)data;
    g_autoptr(GBytes) text = g_bytes_new_static("<w/>", 4);
    ht_tickets_connect(f->tickets, &f->outbox);
    ht_tickets_add_wsdl(f->tickets, HT_TEXT_LITERAL("url"), note_wsdl, f, NULL);
    send_whole(f, &f->one, "one");
    g_assert_false(ht_tickets_expect(f->tickets, oldest(f), false));
    g_assert_true(ht_tickets_expect(f->tickets, oldest(f), true));
    assert_sent(f, "WM");
    ht_tickets_finish_wsdl(f->tickets, text, NULL);
    answer_oldest(f);
    ht_tickets_add_wsdl(f->tickets, HT_TEXT_LITERAL("url"), note_wsdl, f,
                        g_error_new_literal(HT_HOST_ERROR, HT_HOST_ERROR_DOWN, "down"));
    g_assert_cmpuint(ht_tickets_waiting(f->tickets), ==, 0); /* it is over, and told from the loop */
    g_assert_cmpstr(f->log->str, ==, "wsdl:4:-1 one:-1 ");
    assert_sent(f, "");
    g_assert_true(g_main_context_iteration(NULL, FALSE));
    g_autofree char *expected = g_strdup_printf("wsdl:4:-1 one:-1 wsdl:-1:%d ", HT_HOST_ERROR_DOWN);
    g_assert_cmpstr(f->log->str, ==, expected);
}

/* It is asked for by people, who ask again: it is charged with nothing, and not tried again. */
static void test_a_wsdl_is_lost_with_its_process(Fixture *f, const void *data)
{
    (void)data;
    ht_tickets_connect(f->tickets, &f->outbox);
    ht_tickets_add_wsdl(f->tickets, HT_TEXT_LITERAL("url"), note_wsdl, f, NULL);
    ht_tickets_disconnect(f->tickets);
    g_assert_false(die_of(f, oldest(f)));
    ht_tickets_run_late(f->tickets);
    g_autofree char *expected = g_strdup_printf("wsdl:-1:%d ", HT_HOST_ERROR_LOST);
    g_assert_cmpstr(f->log->str, ==, expected);
    g_assert_cmpuint(ht_tickets_quarantined(f->tickets), ==, 0);
}

/* ---- Preparing ---- */

static void note_prepared(const HtOutcome *outcome, GBytes *frame, void *user)
{
    Sender *sender = user;
    g_assert_true(outcome && !frame);
    g_string_append_printf(sender->fixture->log, "%s prepares ", sender->name);
}

static void test_who_went_away_prepares_nothing(Fixture *f, const void *data)
{
    (void)data;
    HtOutcome outcome;
    ht_outcome_init(&outcome);
    ht_tickets_connect(f->tickets, &f->outbox);
    send_whole(f, &f->one, "one");
    ht_tickets_prepare(f->tickets, &outcome, NULL); /* it wants nothing prepared */
    ht_ticket_prepare(f->one.ticket, note_prepared);
    ht_tickets_prepare(f->tickets, &outcome, NULL);
    ht_ticket_cancel(f->one.ticket);
    ht_tickets_prepare(f->tickets, &outcome, NULL);
    answer_oldest(f);
    g_assert_cmpstr(f->log->str, ==, "one prepares ");
    ht_outcome_clear(&outcome);
}

/* ---- Death ---- */

static void test_a_death_charges_the_culprit_alone(Fixture *f, const void *data)
{
    (void)data;
    send_whole(f, &f->one, "one");
    send_whole(f, &f->two, "two");
    uint64_t culprit = oldest(f);
    for (unsigned death = 1; death <= f->limits.strikes; death++) {
        ht_tickets_connect(f->tickets, &f->outbox);
        assert_sent(f, "MM");
        ht_tickets_disconnect(f->tickets);
        bool last = death == f->limits.strikes;
        g_assert_true(die_of(f, culprit) == last);
    }
    g_assert_cmpuint(ht_tickets_quarantined(f->tickets), ==, 1);
    g_assert_cmpstr(f->log->str, ==, "");
    ht_tickets_run_late(f->tickets);
    g_autofree char *expected = g_strdup_printf("one:%d ", HT_HOST_ERROR_QUARANTINE);
    g_assert_cmpstr(f->log->str, ==, expected);
    ht_tickets_connect(f->tickets, &f->outbox);
    assert_sent(f, "M");
}

static void test_what_was_cancelled_is_gone_with_the_process(Fixture *f, const void *data)
{
    (void)data;
    ht_tickets_connect(f->tickets, &f->outbox);
    send_whole(f, &f->one, "one");
    send_whole(f, &f->two, "two");
    ht_ticket_cancel(f->one.ticket);
    g_assert_cmpuint(ht_tickets_waiting(f->tickets), ==, 2); /* its answer is still owed */
    ht_tickets_disconnect(f->tickets);
    g_assert_false(die_of(f, oldest(f)));
    g_assert_cmpuint(ht_tickets_waiting(f->tickets), ==, 1);
    ht_ticket_cancel(f->two.ticket);
    g_assert_cmpuint(ht_tickets_waiting(f->tickets), ==, 0);
    ht_tickets_run_late(f->tickets);
    g_assert_cmpstr(f->log->str, ==, "");
}

/* ---- Streams ---- */

static void test_a_stream_lives_with_its_process(Fixture *f, const void *data)
{
    (void)data;
    static const uint8_t digest[32] = {7};
    send_stream(f, &f->one, "early");
    ht_ticket_write(f->one.ticket, "ab", 2);
    ht_ticket_end(f->one.ticket, digest);
    ht_tickets_connect(f->tickets, &f->outbox);
    assert_sent(f, "BCE");
    send_stream(f, &f->two, "late");
    ht_ticket_write(f->two.ticket, "ab", 2);
    assert_sent(f, "BC");
    ht_tickets_disconnect(f->tickets);
    ht_ticket_write(f->two.ticket, "cd", 2); /* it does not know yet */
    g_assert_false(die_of(f, oldest(f)));
    ht_ticket_write(f->two.ticket, "ef", 2);
    ht_ticket_end(f->two.ticket, digest);
    ht_tickets_run_late(f->tickets);
    g_autofree char *expected = g_strdup_printf("early:%d late:%d ", HT_HOST_ERROR_LOST, HT_HOST_ERROR_LOST);
    g_assert_cmpstr(f->log->str, ==, expected);
}

/* Whether its process has served others, or it is so large that no process has room, says whether it is tried again. */
static void test_what_needs_too_much_memory_is_not_tried_again(Fixture *f, const void *data)
{
    (void)data;
    static const uint8_t digest[32] = {7};
    HtTicketsDeath death = {.no_memory = true};
    ht_tickets_connect(f->tickets, &f->outbox);
    send_stream(f, &f->one, "first");
    ht_ticket_end(f->one.ticket, digest);
    ht_tickets_disconnect(f->tickets);
    death.culprit = oldest(f);
    g_assert_true(ht_tickets_settle_death(f->tickets, &death));
    ht_tickets_run_late(f->tickets);
    ht_outbox_clear(&f->outbox);
    ht_tickets_connect(f->tickets, &f->outbox);
    send_stream(f, &f->two, "again");
    ht_ticket_end(f->two.ticket, digest);
    assert_sent(f, "BA");
    ht_tickets_run_late(f->tickets);
    g_autofree char *expected =
        g_strdup_printf("first:%d again:%d ", HT_HOST_ERROR_MEMORY, HT_HOST_ERROR_MEMORY);
    g_assert_cmpstr(f->log->str, ==, expected);
}

static void test_memory_that_others_spent_is_tried_again(Fixture *f, const void *data)
{
    (void)data;
    static const uint8_t digest[32] = {7};
    HtTicketsDeath death = {.no_memory = true, .served = true};
    static const int ends[] = {HT_HOST_ERROR_LOST, HT_HOST_ERROR_MEMORY};
    for (unsigned i = 0; i < 2; i++) {
        ht_tickets_connect(f->tickets, &f->outbox);
        send_stream(f, &f->one, "one");
        ht_ticket_end(f->one.ticket, digest);
        ht_tickets_disconnect(f->tickets);
        death.culprit = oldest(f);
        g_assert_true(ht_tickets_settle_death(f->tickets, &death) == (i == 1));
        ht_tickets_run_late(f->tickets);
        ht_outbox_clear(&f->outbox);
    }
    g_autofree char *expected = g_strdup_printf("one:%d one:%d ", ends[0], ends[1]);
    g_assert_cmpstr(f->log->str, ==, expected);
}

/* The pieces alone were too much: nobody waits for an end that cannot be read. */
static void test_pieces_that_find_no_memory_are_refused_midway(Fixture *f, const void *data)
{
    (void)data;
    static char piece[1 << 16];
    HtTicketsDeath death = {.no_memory = true, .served = true};
    f->limits.memory_bytes = 1 << 20;
    ht_tickets_connect(f->tickets, &f->outbox);
    send_whole(f, &f->two, "two");
    send_stream(f, &f->one, "one");
    ht_ticket_write(f->one.ticket, piece, sizeof piece);
    death.culprit = oldest(f) + 1;
    g_assert_true(ht_tickets_streams(f->tickets, death.culprit));
    ht_tickets_disconnect(f->tickets);
    g_assert_true(ht_tickets_settle_death(f->tickets, &death));
    ht_tickets_run_late(f->tickets);
    g_autofree char *expected = g_strdup_printf("one:%d ", HT_HOST_ERROR_MEMORY);
    g_assert_cmpstr(f->log->str, ==, expected);
}

static void test_a_payload_in_pieces_is_known_again(Fixture *f, const void *data)
{
    (void)data;
    static const uint8_t digest[32] = {7};
    f->limits.strikes = 1;
    ht_tickets_connect(f->tickets, &f->outbox);
    send_stream(f, &f->one, "first");
    ht_ticket_end(f->one.ticket, digest);
    ht_tickets_disconnect(f->tickets);
    g_assert_true(die_of(f, oldest(f)));
    ht_tickets_run_late(f->tickets);
    ht_outbox_clear(&f->outbox);
    ht_tickets_connect(f->tickets, &f->outbox);
    send_stream(f, &f->two, "again");
    ht_ticket_end(f->two.ticket, digest);
    assert_sent(f, "BA");
    g_assert_true(g_main_context_iteration(NULL, FALSE)); /* told soon, without anybody asking */
    g_autofree char *expected =
        g_strdup_printf("first:%d again:%d ", HT_HOST_ERROR_QUARANTINE, HT_HOST_ERROR_QUARANTINE);
    g_assert_cmpstr(f->log->str, ==, expected);
}

static void test_who_paused_goes_on(Fixture *f, const void *data)
{
    (void)data;
    g_autofree char *piece = g_malloc0(2 << 20);
    ht_tickets_connect(f->tickets, &f->outbox);
    send_stream(f, &f->one, "one");
    send_stream(f, &f->two, "two");
    g_assert_false(ht_ticket_write(f->one.ticket, piece, 2 << 20));
    g_assert_false(ht_ticket_write(f->two.ticket, piece, 1));
    g_assert_false(ht_tickets_can_drain(f->tickets));
    ht_ticket_cancel(f->two.ticket);
    ht_outbox_clear(&f->outbox);
    g_assert_true(ht_tickets_can_drain(f->tickets));
    ht_tickets_drain(f->tickets);
    g_assert_cmpstr(f->log->str, ==, "one drains ");
    g_assert_false(ht_tickets_can_drain(f->tickets));
}

/* In pieces that a host's buffer has room for; nothing of it is lost between them. */
static void test_a_large_piece_is_cut(Fixture *f, const void *data)
{
    (void)data;
    size_t size = 2 * HT_FRAME_CHUNK_BYTES + 1, found = 0;
    g_autofree char *piece = g_strnfill(size, 'x');
    HtFrame frame;
    send_stream(f, &f->one, "one");
    g_assert_true(ht_ticket_write(f->one.ticket, piece, size)); /* kept: there is no process */
    ht_tickets_connect(f->tickets, &f->outbox);
    const HtBuffer *bytes = &f->outbox.gather;
    for (size_t at = 0; ht_frame_peek(bytes->data + at, bytes->size - at, SIZE_MAX, &frame) > 0;
         at += HT_FRAME_HEAD + frame.size) {
        g_assert_cmpuint(frame.size, <=, HT_FRAME_CHUNK_BYTES);
        found += frame.type == HT_FRAME_CHUNK ? frame.size : 0;
    }
    g_assert_cmpuint(found, ==, size);
    assert_sent(f, "BCCC");
}

/* A process is told of it only if it has begun with it. */
static void test_a_stream_may_be_given_up(Fixture *f, const void *data)
{
    (void)data;
    send_stream(f, &f->one, "one");
    ht_ticket_write(f->one.ticket, "ab", 2);
    ht_ticket_cancel(f->one.ticket);
    ht_tickets_connect(f->tickets, &f->outbox);
    assert_sent(f, "");
    send_stream(f, &f->one, "one");
    ht_ticket_cancel(f->one.ticket);
    assert_sent(f, "BA");
    g_assert_cmpuint(ht_tickets_waiting(f->tickets), ==, 0);
    send_stream(f, &f->two, "two");
    ht_tickets_disconnect(f->tickets);
    ht_outbox_clear(&f->outbox);
    ht_ticket_cancel(f->two.ticket); /* its process is dying */
    ht_tickets_run_late(f->tickets);
    g_assert_cmpstr(f->log->str, ==, "");
}

/* The last piece is what an answer is owed for. */
static void test_a_stream_is_given_with_its_end(Fixture *f, const void *data)
{
    (void)data;
    static const uint8_t digest[32] = {9};
    ht_tickets_connect(f->tickets, &f->outbox);
    send_stream(f, &f->one, "one");
    g_assert_cmpuint(ht_tickets_waiting(f->tickets), ==, 1);
    g_assert_false(ht_tickets_find(f->tickets, 0, NULL));
    unsigned given = f->given;
    ht_ticket_write(f->one.ticket, "ab", 2);
    ht_ticket_end(f->one.ticket, digest);
    g_assert_cmpuint(f->given, ==, given + 1);
    HtTicketView view = {0};
    g_assert_true(ht_tickets_find(f->tickets, 0, &view));
    g_assert_true(view.sent && view.size_bytes == 2 && view.sent_us > 0);
    answer_oldest(f);
    g_assert_cmpstr(f->log->str, ==, "one:-1 ");
}

/* A writer pauses above a megabyte and goes on below a quarter of one. */
static void test_pauses_have_their_borders(Fixture *f, const void *data)
{
    (void)data;
    enum { HIGH = 1 << 20, LOW = 1 << 18 };
    g_autofree char *piece = g_malloc0(HIGH);
    send_stream(f, &f->one, "one");
    g_assert_true(ht_ticket_write(f->one.ticket, piece, HIGH));
    g_assert_false(ht_ticket_write(f->one.ticket, piece, 1));
    g_assert_false(ht_ticket_write(f->one.ticket, piece, 1));
    g_assert_false(ht_tickets_can_drain(f->tickets)); /* there is no process */
    ht_tickets_drain(f->tickets);
    ht_tickets_connect(f->tickets, &f->outbox);
    f->outbox.gather.size = LOW + 1;
    g_assert_false(ht_tickets_can_drain(f->tickets));
    f->outbox.gather.size = LOW;
    g_assert_true(ht_tickets_can_drain(f->tickets));
    ht_tickets_drain(f->tickets);
    g_assert_cmpstr(f->log->str, ==, "one drains ");
    f->outbox.gather.size = 0;
    ht_ticket_cancel(f->one.ticket);
    g_assert_false(ht_tickets_can_drain(f->tickets));
}

/* ---- From inside of a callback ---- */

static void end_all(Fixture *f)
{
    ht_tickets_disconnect(f->tickets);
    ht_tickets_fail_all(f->tickets, HT_HOST_ERROR_STOPPED, "the end");
    ht_tickets_run_late(f->tickets);
    g_clear_pointer(&f->tickets, ht_tickets_free);
}

static void test_a_callback_may_end_all(Fixture *f, const void *data)
{
    (void)data;
    f->one.then = end_all;
    ht_tickets_connect(f->tickets, &f->outbox);
    send_whole(f, &f->one, "one");
    send_whole(f, &f->two, "two");
    answer_oldest(f);
    g_assert_null(f->tickets);
    g_autofree char *expected = g_strdup_printf("one:-1 two:%d ", HT_HOST_ERROR_STOPPED);
    g_assert_cmpstr(f->log->str, ==, expected);
}

static void test_also_one_that_tells_of_a_failure(Fixture *f, const void *data)
{
    (void)data;
    f->one.then = end_all;
    send_whole(f, &f->one, "one");
    send_whole(f, &f->two, "two");
    ht_tickets_fail_all(f->tickets, HT_HOST_ERROR_DOWN, "down");
    ht_tickets_run_late(f->tickets);
    g_assert_null(f->tickets);
    g_autofree char *expected = g_strdup_printf("one:%d two:%d ", HT_HOST_ERROR_DOWN, HT_HOST_ERROR_DOWN);
    g_assert_cmpstr(f->log->str, ==, expected);
}

/* ---- What must never be ---- */

static void test_two_processes_at_once_end_the_bus(Fixture *f, const void *data)
{
    (void)data;
    if (g_test_subprocess()) {
        ht_tickets_connect(f->tickets, &f->outbox);
        ht_tickets_connect(f->tickets, &f->outbox);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*assertion failed*");
}

static void test_a_death_that_was_not_settled_ends_the_bus(Fixture *f, const void *data)
{
    (void)data;
    if (g_test_subprocess()) {
        ht_tickets_connect(f->tickets, &f->outbox);
        send_whole(f, &f->one, "one");
        ht_tickets_disconnect(f->tickets);
        ht_tickets_connect(f->tickets, &f->outbox);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*assertion failed*");
}

/* ---- Strikes ---- */

static void test_the_oldest_strikes_are_forgotten(Fixture *f, const void *data)
{
    (void)data;
    g_assert_nonnull(f->tickets);
    HtStrikes strikes = {.next = 0};
    uint8_t first[32] = {1, 1};
    g_assert_cmpuint(ht_strikes_add(&strikes, first), ==, 1);
    g_assert_cmpuint(ht_strikes_add(&strikes, first), ==, 2);
    for (unsigned i = 0; i < HT_STRIKES_KEPT; i++) {
        uint8_t other[32] = {0, 0, (uint8_t)i};
        g_assert_cmpuint(ht_strikes_of(&strikes, first), ==, 2);
        g_assert_cmpuint(ht_strikes_add(&strikes, other), ==, 1);
    }
    g_assert_cmpuint(ht_strikes_of(&strikes, first), ==, 0);
    ht_strikes_end(&strikes, first);
    g_assert_cmpuint(ht_strikes_of(&strikes, first), ==, HT_STRIKES_NO_MEMORY);
    static const uint8_t zeros[32]; /* as an empty place has them */
    g_assert_cmpuint(ht_strikes_of(&(HtStrikes){.next = 0}, zeros), ==, 0);
}

static void add(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/tickets/order/they-wait-for-a-process", test_they_wait_for_a_process);
    add("/tickets/order/the-limits-count-all", test_the_limits_count_all);
    add("/tickets/order/the-limits-reach-to-their-border", test_the_limits_reach_to_their_border);
    add("/tickets/order/a-ticket-can-be-looked-at", test_a_ticket_can_be_looked_at);
    add("/tickets/wsdl/is-answered-in-turn", test_a_wsdl_is_answered_in_turn);
    add("/tickets/wsdl/is-lost-with-its-process", test_a_wsdl_is_lost_with_its_process);
    add("/tickets/prepare/who-went-away-prepares-nothing", test_who_went_away_prepares_nothing);
    add("/tickets/streams/a-large-piece-is-cut", test_a_large_piece_is_cut);
    add("/tickets/streams/may-be-given-up", test_a_stream_may_be_given_up);
    add("/tickets/streams/are-given-with-their-end", test_a_stream_is_given_with_its_end);
    add("/tickets/streams/pauses-have-their-borders", test_pauses_have_their_borders);
    add("/tickets/death/charges-the-culprit-alone", test_a_death_charges_the_culprit_alone);
    add("/tickets/death/takes-what-was-cancelled", test_what_was_cancelled_is_gone_with_the_process);
    add("/tickets/streams/live-with-their-process", test_a_stream_lives_with_its_process);
    add("/tickets/streams/are-known-again", test_a_payload_in_pieces_is_known_again);
    add("/tickets/memory/what-needs-too-much-is-not-tried-again",
        test_what_needs_too_much_memory_is_not_tried_again);
    add("/tickets/memory/what-others-spent-is-tried-again", test_memory_that_others_spent_is_tried_again);
    add("/tickets/memory/pieces-that-find-none-are-refused-midway",
        test_pieces_that_find_no_memory_are_refused_midway);
    add("/tickets/streams/who-paused-goes-on", test_who_paused_goes_on);
    add("/tickets/callbacks/an-answer-may-end-all", test_a_callback_may_end_all);
    add("/tickets/callbacks/a-failure-may-end-all", test_also_one_that_tells_of_a_failure);
    add("/tickets/never/two-processes-at-once", test_two_processes_at_once_end_the_bus);
    add("/tickets/never/a-death-not-settled", test_a_death_that_was_not_settled_ends_the_bus);
    add("/tickets/strikes/the-oldest-are-forgotten", test_the_oldest_strikes_are_forgotten);
    return g_test_run();
}
