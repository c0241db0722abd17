/* What is looked for by time, when the clock was set to and fro while it came: against a list of what there is. */
#include "tests/lib/spool-test.h"

#include "spool/history.h"
#include "spool/turns.h"

#define MESSAGES 600
#define AT_RANDOM 300
#define MINUTE_US (60 * HT_SECOND)
#define BEGIN_US (1000000 * MINUTE_US)

typedef struct {
    int64_t received_us;
    uint64_t first, last; /* its events; 0: it has none */
    bool seen;
} Known;

typedef struct {
    Place place;
    Known known[MESSAGES];
    unsigned count;
} Taken;

static void take(Taken *taken, int64_t received_us, unsigned events)
{
    g_autofree char *key = g_strdup_printf("m-%u", taken->count);
    HtSpoolMessage *message = message_new("hukou", key);
    message->received_us = received_us;
    for (unsigned i = 0; i < events; i++) {
        message_add(message, NULL);
    }
    HtReceipt receipt = spool_take_well(taken->place.spool, message);
    taken->known[taken->count++] =
        (Known){received_us, receipt.sequence, events > 0 ? receipt.sequence + events - 1 : 0, false};
}

static void set_up(Taken *taken, gconstpointer unused)
{
    (void)unused;
    taken->count = 0;
    place_set_up(&taken->place);
    place_open(&taken->place);
}

static void tear_down(Taken *taken, gconstpointer unused)
{
    (void)unused;
    if (taken->place.spool) {
        place_close(&taken->place);
    }
    place_remove(&taken->place);
}

/* ---- What is there ---- */

static void note_kept(const HtSpoolKept *kept, void *user)
{
    Taken *taken = user;
    for (unsigned i = 0; i < taken->count; i++) {
        Known *known = &taken->known[i];
        if (!known->seen && known->received_us == kept->receipt.received_us &&
            known->first == kept->receipt.sequence) {
            known->seen = true;
            return;
        }
    }
    g_error("a message that was never taken");
}

static bool is_in(const Known *known, const HtSpoolSpan *span)
{
    return known->received_us >= span->from_us && known->received_us < span->before_us;
}

static void expect_span(Taken *taken, HtSpoolLook *look, const HtSpoolSpan *span)
{
    uint64_t first = 0, last = 0, found_first, found_last;
    for (unsigned i = 0; i < taken->count; i++) {
        Known *known = &taken->known[i];
        known->seen = false;
        if (is_in(known, span) && known->first > 0) {
            first = first > 0 ? first : known->first;
            last = known->last;
        }
    }
    g_assert_true(ht_spool_look_sequences(look, span, &found_first, &found_last, NULL));
    g_assert_cmpuint(found_first, ==, first);
    g_assert_cmpuint(found_last, ==, last);
    g_assert_true(ht_spool_look_messages(look, span, note_kept, taken, NULL));
    for (unsigned i = 0; i < taken->count; i++) {
        g_assert_true(taken->known[i].seen == is_in(&taken->known[i], span));
    }
}

static void expect_spans(Taken *taken)
{
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(taken->place.directory, NULL);
    expect_span(taken, look, &(HtSpoolSpan){INT64_MIN, INT64_MAX});
    for (unsigned i = 0; i < 60; i++) {
        const Known *known = &taken->known[g_test_rand_int_range(0, (int)taken->count)];
        int64_t from_us = known->received_us + g_test_rand_int_range(-2, 3);
        int64_t before_us = g_test_rand_bit() ? from_us + g_test_rand_int_range(0, 1000) * MINUTE_US
                                              : from_us + g_test_rand_int_range(0, 5);
        expect_span(taken, look, &(HtSpoolSpan){from_us, before_us});
        expect_span(taken, look, &(HtSpoolSpan){INT64_MIN, before_us});
        expect_span(taken, look, &(HtSpoolSpan){from_us, INT64_MAX});
    }
}

static unsigned count_turns(Taken *taken)
{
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(taken->place.directory, NULL);
    g_autoptr(GArray) turns = ht_spool_look_turns(look, NULL);
    return turns->len;
}

static void expect_sound(Taken *taken)
{
    g_autoptr(GString) report = g_string_new(NULL);
    place_close(&taken->place);
    g_assert_cmpint(ht_spool_check(taken->place.directory, report, NULL), ==, 0);
    place_open(&taken->place);
}

/* Now and then the clock is set, by minutes to years; some messages come late by less than five minutes; some have no events. */
static void fill_at_random(Taken *taken)
{
    int64_t now_us = BEGIN_US;
    for (unsigned i = 0; i < AT_RANDOM; i++) {
        now_us += g_test_rand_int_range(0, 30) * HT_SECOND;
        if (g_test_rand_int_range(0, 25) == 0) {
            now_us += g_test_rand_int_range(-50000, 50000) * MINUTE_US;
        }
        now_us -= i == AT_RANDOM / 2 ? 50000 * MINUTE_US : 0;
        if (g_test_rand_int_range(0, 100) == 0) { /* the bus is started again */
            place_close(&taken->place);
            place_open(&taken->place);
        }
        int64_t late_us = g_test_rand_int_range(0, 5) == 0 ? g_test_rand_int_range(0, 299) * HT_SECOND : 0;
        take(taken, now_us - late_us, (unsigned)g_test_rand_int_range(0, 4));
    }
}

static void test_all_is_found(Taken *taken, gconstpointer unused)
{
    (void)unused;
    fill_at_random(taken);
    g_assert_cmpuint(count_turns(taken), >, 0);
    expect_spans(taken);
    expect_sound(taken);
}

/* Of an older version, or a salvaged one. */
static void test_a_spool_that_does_not_say_is_asked_once(Taken *taken, gconstpointer unused)
{
    (void)unused;
    fill_at_random(taken);
    unsigned turns = count_turns(taken);
    place_close(&taken->place);
    place_change(&taken->place, "DELETE FROM meta WHERE name = 'turns'");
    place_open(&taken->place);
    g_assert_cmpuint(count_turns(taken), ==, turns);
    expect_spans(taken);
}

/* A clock that goes to and fro with each message. */
static void test_more_turns_than_are_kept(Taken *taken, gconstpointer unused)
{
    (void)unused;
    for (unsigned i = 0; i < MESSAGES; i++) {
        take(taken, BEGIN_US + (int64_t)i * HT_SECOND + (i % 2 ? 100 * MINUTE_US : 0), 1);
    }
    g_assert_cmpuint(count_turns(taken), ==, HT_SPOOL_TURNS_MAX);
    expect_spans(taken);
    expect_sound(taken);
}

static void test_a_clock_that_is_never_set_back_makes_none(Taken *taken, gconstpointer unused)
{
    (void)unused;
    for (unsigned i = 0; i < 100; i++) {
        take(taken, BEGIN_US + (int64_t)i * i * MINUTE_US - (i % 5 == 0 ? 4 * MINUTE_US : 0), 1);
    }
    g_assert_cmpuint(count_turns(taken), ==, 0);
    g_assert_cmpint(place_number(&taken->place, "SELECT length(value) FROM meta WHERE name = 'turns'"), ==,
                    0);
    expect_spans(taken);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/spool/turns/all-is-found-by-time", Taken, NULL, set_up, test_all_is_found, tear_down);
    g_test_add("/spool/turns/a-spool-that-does-not-say-is-asked-once", Taken, NULL, set_up,
               test_a_spool_that_does_not_say_is_asked_once, tear_down);
    g_test_add("/spool/turns/more-than-are-kept", Taken, NULL, set_up, test_more_turns_than_are_kept,
               tear_down);
    g_test_add("/spool/turns/none-without-a-clock-that-is-set-back", Taken, NULL, set_up,
               test_a_clock_that_is_never_set_back_makes_none, tear_down);
    return g_test_run();
}
