/* Looking at what came in: messages by id and by time, events, where consumers are, what was counted by the day. */
#include "spool/delivery.h"
#include "spool/history.h"
#include "spool/trail.h"
#include "tests/lib/spool-test.h"

#define MESSAGES 3000

typedef struct {
    Place place;
    GArray *ids; /* of HtUuid, of the messages */
} Taken;

static void wait_for(unsigned *left)
{
    while (*left > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void count_down(const HtReceipt *receipt, const GError *error, void *user)
{
    unsigned *left = user;
    g_assert_no_error(error);
    g_assert_nonnull(receipt);
    --*left;
}

/* Ids are given when a request comes, rows when it is whole: every 7th message is 40 places late. Each has two events. */
static void set_up(Taken *taken, gconstpointer data)
{
    (void)data;
    unsigned left = MESSAGES;
    place_set_up(&taken->place);
    place_open(&taken->place);
    taken->ids = g_array_new(FALSE, FALSE, sizeof(HtUuid));
    for (unsigned i = 0; i < MESSAGES; i++) {
        HtUuid id = ht_uuid_new();
        g_array_append_val(taken->ids, id);
    }
    for (unsigned i = 0; i < MESSAGES; i++) {
        g_autofree char *key = g_strdup_printf("k-%u", i);
        HtSpoolMessage *message = message_new(i % 2 ? "hukou" : "marriage", key);
        unsigned at = i % 7 == 0 && i >= 40 ? i - 40 : i % 7 == 5 && i + 40 < MESSAGES ? i + 40 : i;
        message->id = g_array_index(taken->ids, HtUuid, i);
        message->received_us = ht_clock_now() + at;
        message_add(message, NULL);
        message_add(message, NULL);
        ht_spool_append(taken->place.spool, message, count_down, &left);
        if (i % 500 == 499) {
            unsigned waited = MESSAGES - 1 - i;
            while (left > waited) {
                g_main_context_iteration(NULL, TRUE);
            }
        }
    }
    wait_for(&left);
}

static void tear_down(Taken *taken, gconstpointer data)
{
    (void)data;
    if (taken->place.spool) {
        place_close(&taken->place);
    }
    place_remove(&taken->place);
    g_array_unref(taken->ids);
}

static HtSpoolLook *open_look(const Taken *taken)
{
    g_autoptr(GError) error = NULL;
    HtSpoolLook *look = ht_spool_look_open(taken->place.directory, &error);
    g_assert_no_error(error);
    return look;
}

/* ---- Messages ---- */

static void each_message_is_found_by_its_id(Taken *taken, gconstpointer data)
{
    (void)data;
    g_autoptr(HtSpoolLook) look = open_look(taken); /* beside the running spool */
    for (unsigned i = 0; i < MESSAGES; i += 3) {
        g_autoptr(GError) error = NULL;
        HtSpoolKept kept;
        bool found = false;
        const HtUuid *id = &g_array_index(taken->ids, HtUuid, i);
        g_assert_true(ht_spool_look_message(look, id, 5000, &kept, &found, &error));
        g_assert_true(found);
        g_assert_cmpmem(kept.receipt.id.bytes, HT_UUID_SIZE, id->bytes, HT_UUID_SIZE);
        g_assert_cmpstr(kept.source, ==, i % 2 ? "hukou" : "marriage");
        g_assert_cmpuint(kept.receipt.events, ==, 2);
        ht_spool_kept_clear(&kept);
    }
}

static void an_id_that_is_not_there_is_not_found(Taken *taken, gconstpointer data)
{
    (void)data;
    g_autoptr(HtSpoolLook) look = open_look(taken);
    for (unsigned i = 0; i < 4; i++) {
        HtSpoolKept kept;
        bool found = true;
        HtUuid id = g_array_index(taken->ids, HtUuid, 10);
        memset(id.bytes, (int)(i == 0 ? 0 : 0xff), i < 2 ? 6 : 0);
        id.bytes[15] ^= i < 3 ? 0xff : 0;
        memset(id.bytes, 0xff, i == 3 ? 16 : 0);
        g_assert_true(ht_spool_look_message(look, &id, i % 2 * 100, &kept, &found, NULL));
        g_assert_false(found);
    }
}

/* What comes late is still found when it is looked for among all. */
static void a_bound_is_kept(Taken *taken, gconstpointer data)
{
    (void)data;
    HtSpoolKept kept;
    bool found = true;
    const HtUuid *id = &g_array_index(taken->ids, HtUuid, MESSAGES - 1);
    g_autoptr(HtSpoolLook) look = open_look(taken);
    g_assert_true(ht_spool_look_message(look, id, 10, &kept, &found, NULL));
    g_assert_false(found);
    g_assert_true(ht_spool_look_message(look, id, 0, &kept, &found, NULL));
    g_assert_true(found);
    ht_spool_kept_clear(&kept);
}

static void count_kept(const HtSpoolKept *kept, void *user)
{
    (void)kept;
    ++*(unsigned *)user;
}

static void messages_are_walked_by_their_time(Taken *taken, gconstpointer data)
{
    (void)data;
    unsigned all = 0, none = 0;
    HtSpoolSpan now = {ht_clock_now() - 3600 * HT_SECOND, ht_clock_now() + HT_SECOND};
    HtSpoolSpan before = {0, now.from_us};
    g_autoptr(HtSpoolLook) look = open_look(taken);
    g_assert_true(ht_spool_look_messages(look, &now, count_kept, &all, NULL));
    g_assert_true(ht_spool_look_messages(look, &before, count_kept, &none, NULL));
    g_assert_cmpuint(all, ==, MESSAGES);
    g_assert_cmpuint(none, ==, 0);
}

static void check_event(const HtStoredEvent *event, void *user)
{
    uint64_t *last = user;
    g_assert_cmpuint(event->sequence, ==, *last + 1);
    *last = event->sequence;
}

static void events_are_walked_in_order(Taken *taken, gconstpointer data)
{
    (void)data;
    uint64_t last = 17;
    g_autoptr(HtSpoolLook) look = open_look(taken);
    g_assert_true(ht_spool_look_events(look, 17, 4321, check_event, &last, NULL));
    g_assert_cmpuint(last, ==, 4321);
    g_assert_true(ht_spool_look_events(look, 4321, 1000000, check_event, &last, NULL));
    g_assert_cmpuint(last, ==, 2 * MESSAGES);
}

/* ---- Consumers ---- */

static void assert_state(const HtSpoolConsumer *consumer, uint64_t sequence, HtSpoolEventState state)
{
    g_assert_cmpint(ht_spool_consumer_state(consumer, sequence), ==, state);
}

static void a_consumer_is_where_it_was_written_to_be(Taken *taken, gconstpointer data)
{
    (void)data;
    HtSpool *spool = taken->place.spool;
    uint64_t cursor;
    HtSpoolRun run = {110, 120, 11};
    g_autoptr(GArray) runs = g_array_new(FALSE, FALSE, sizeof run);
    g_array_append_val(runs, run);
    g_assert_true(ht_spool_cursor_open(spool, "new", 50, &cursor, NULL));
    ht_spool_cursor_move(spool, "new", 100, runs);
    ht_spool_dead_letter(spool, "new", &(HtSpoolLetter){60, 1, "no", NULL, NULL, 0});
    ht_spool_dead_letter(spool, "new", &(HtSpoolLetter){115, 1, "no", NULL, NULL, 0});
    ht_spool_dead_letter(spool, "new", &(HtSpoolLetter){5000, 1, "no", NULL, NULL, 0});
    place_close(&taken->place);
    g_autoptr(HtSpoolLook) look = open_look(taken);
    g_autoptr(GPtrArray) consumers = ht_spool_look_consumers(look, 1, 4000, NULL);
    const HtSpoolConsumer *consumer = ht_spool_consumer_find(consumers, "new");
    g_assert_null(ht_spool_consumer_find(consumers, "other"));
    g_assert_cmpuint(consumer->start, ==, 50);
    g_assert_cmpuint(consumer->dead->len, ==, 2);
    assert_state(consumer, 100, HT_SPOOL_EVENT_FINISHED);
    assert_state(consumer, 60, HT_SPOOL_EVENT_DEAD);
    assert_state(consumer, 101, HT_SPOOL_EVENT_WAITING);
    assert_state(consumer, 109, HT_SPOOL_EVENT_WAITING);
    assert_state(consumer, 110, HT_SPOOL_EVENT_FINISHED);
    assert_state(consumer, 115, HT_SPOOL_EVENT_DEAD);
    assert_state(consumer, 120, HT_SPOOL_EVENT_FINISHED);
    assert_state(consumer, 121, HT_SPOOL_EVENT_WAITING);
}

/* ---- Days ---- */

static void what_is_counted_is_on_disk_at_the_end(Taken *taken, gconstpointer data)
{
    (void)data;
    HtSpool *spool = taken->place.spool;
    int today = ht_spool_day_of(ht_clock_now());
    for (unsigned round = 0; round < 2; round++) {
        ht_spool_count(spool, "hukou", HT_SPOOL_DAY_REFUSED);
        ht_spool_count(spool, "hukou", HT_SPOOL_DAY_REFUSED);
        ht_spool_count(spool, "marriage", HT_SPOOL_DAY_BUSY);
        place_close(&taken->place);
        place_open(&taken->place);
        spool = taken->place.spool;
    }
    g_autoptr(HtSpoolLook) look = open_look(taken);
    g_autoptr(GArray) days = ht_spool_look_days(look, today - 1, today + 1, NULL);
    g_assert_cmpuint(days->len, >=, 2);
    uint64_t refused = 0, busy = 0;
    for (guint i = 0; i < days->len; i++) {
        const HtSpoolDay *day = &g_array_index(days, HtSpoolDay, i);
        refused += g_str_equal(day->source, "hukou") ? day->counts[HT_SPOOL_DAY_REFUSED] : 0;
        busy += g_str_equal(day->source, "marriage") ? day->counts[HT_SPOOL_DAY_BUSY] : 0;
    }
    g_assert_cmpuint(refused, ==, 4);
    g_assert_cmpuint(busy, ==, 2);
    g_autoptr(GArray) none = ht_spool_look_days(look, today + 2, today + 9, NULL);
    g_assert_cmpuint(none->len, ==, 0);
}

/* Without any message after them they come by themselves. */
static void counts_are_written_without_a_message(Taken *taken, gconstpointer data)
{
    (void)data;
    g_autoptr(HtSpoolLook) look = open_look(taken);
    int today = ht_spool_day_of(ht_clock_now());
    int64_t deadline = ht_clock_monotonic() + 20 * HT_SECOND;
    guint found = 0;
    ht_spool_count(taken->place.spool, "hukou", HT_SPOOL_DAY_RESENT);
    while (found == 0) {
        g_autoptr(GArray) days = ht_spool_look_days(look, today, today + 1, NULL);
        found = days->len;
        g_assert_cmpint(ht_clock_monotonic(), <, deadline);
        g_thread_yield();
    }
}

/* ---- What administrators did ---- */

#define DEEDS 1203 /* more than two slices */

typedef struct {
    unsigned count, repairs;
    int64_t last_us;
} Trail;

static void walk_trail(const HtSpoolTrace *trace, void *user)
{
    Trail *trail = user;
    g_assert_cmpint(trace->time_us, >=, trail->last_us);
    trail->last_us = trace->time_us;
    trail->count++;
    trail->repairs += g_str_has_prefix(trace->verb, "subject join");
}

static Trail read_trail(const Taken *taken, const HtSpoolTrailFilter *filter)
{
    Trail trail = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSpoolLook) look = ht_spool_look_open(taken->place.directory, &error);
    g_assert_no_error(error);
    ht_spool_look_trail(look, filter, walk_trail, &trail, &error);
    g_assert_no_error(error);
    return trail;
}

static void deeds_of_both_tables_are_one_list(Taken *taken, gconstpointer data)
{
    (void)data;
    for (unsigned i = 0; i < DEEDS; i++) {
        ht_spool_audit(taken->place.spool, i % 2, i % 3 ? "dead drop" : "deadline", "platform", "");
    }
    place_close(&taken->place);
    place_change(&taken->place, "UPDATE audit SET time = 1000000 + id * 10");
    place_change(&taken->place,
                 "INSERT INTO subject_audit(time, uid, verb, subject, other, kind, source, reason)"
                 " SELECT time + 5, 7, 'join', 'p-a', 'p-b', '', '', 'ticket' FROM audit WHERE id <= 700");
    Trail all = read_trail(taken, &(HtSpoolTrailFilter){0});
    g_assert_cmpuint(all.count, ==, DEEDS + 700);
    g_assert_cmpuint(all.repairs, ==, 700);
    g_assert_cmpuint(read_trail(taken, &(HtSpoolTrailFilter){.verb = "dead"}).count, ==, DEEDS / 3 * 2);
    g_assert_cmpuint(read_trail(taken, &(HtSpoolTrailFilter){.has_uid = true}).count, ==, DEEDS / 2 + 1);
    g_assert_cmpuint(read_trail(taken, &(HtSpoolTrailFilter){.what = "p-b"}).count, ==, 700);
    HtSpoolTrailFilter some = {.since_us = 1000020, .until_us = 1000035};
    g_assert_cmpuint(read_trail(taken, &some).count, ==, 4);
    place_open(&taken->place);
}

static void days_begin_at_midnight_in_china(void)
{
    g_assert_cmpint(ht_spool_day_of(0), ==, 0); /* 08:00 */
    g_assert_cmpint(ht_spool_day_of(16 * 3600 * HT_SECOND - 1), ==, 0);
    g_assert_cmpint(ht_spool_day_of(16 * 3600 * HT_SECOND), ==, 1);
    g_assert_cmpint(ht_spool_day_of(-8 * 3600 * HT_SECOND), ==, 0);
    g_assert_cmpint(ht_spool_day_of(-8 * 3600 * HT_SECOND - 1), ==, -1);
    for (int day = -400; day < 40000; day += 37) {
        g_assert_cmpint(ht_spool_day_of(ht_spool_day_begin(day)), ==, day);
        g_assert_cmpint(ht_spool_day_of(ht_spool_day_begin(day) - 1), ==, day - 1);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*run)(Taken *, gconstpointer);
    } tests[] = {
        {"/spool/history/each-message-is-found-by-its-id", each_message_is_found_by_its_id},
        {"/spool/history/an-unknown-id-is-not-found", an_id_that_is_not_there_is_not_found},
        {"/spool/history/a-bound-is-kept", a_bound_is_kept},
        {"/spool/history/messages-by-time", messages_are_walked_by_their_time},
        {"/spool/history/events-in-order", events_are_walked_in_order},
        {"/spool/history/where-a-consumer-is", a_consumer_is_where_it_was_written_to_be},
        {"/spool/trail/is-one-list", deeds_of_both_tables_are_one_list},
        {"/spool/days/are-on-disk-at-the-end", what_is_counted_is_on_disk_at_the_end},
        {"/spool/days/are-written-without-a-message", counts_are_written_without_a_message},
    };
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_test_add(tests[i].path, Taken, NULL, set_up, tests[i].run, tear_down);
    }
    g_test_add_func("/spool/days/begin-at-midnight-in-china", days_begin_at_midnight_in_china);
    return g_test_run();
}
