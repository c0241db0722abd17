/* The spool, when a group is rolled back or the disk has no room: what memory says afterwards is what the disk says.
 *
 * Kind: fault.
 * Shows: no false receipt when the disk fails. */
#include "spool/delivery.h"
#include "tests/lib/crash-vfs.h"
#include "tests/lib/spool-test.h"

#include "core/base/log.h"

#define TEST(name) static void name(Place *place, const void *unused)

#define TOO_LARGE ((size_t)1 << 30) /* for a row: its group is rolled back, and tried again without it */

/* ---- Groups made on purpose ---- */

static GMutex gate;
static int begins;   /* groups that were begun, tries included */
static int fault_at; /* the one that finds no room, once; 0: none */

static void fill_disk(bool for_ever);

/* On the writer's thread. */
static void note_begin(const char *step)
{
    if (strcmp(step, "begin") == 0) {
        int count = g_atomic_int_add(&begins, 1) + 1;
        g_mutex_lock(&gate);
        g_mutex_unlock(&gate);
        if (count == g_atomic_int_get(&fault_at)) {
            fill_disk(false);
        }
    }
}

/* The writer is at work on a group of its own; what is appended until the gate is opened is the next group, all of it. */
static void close_gate(Place *place, Answer *own)
{
    g_mutex_lock(&gate);
    int before = g_atomic_int_get(&begins);
    ht_spool_append(place->spool, message_new("gate", "gate"), keep_answer, own);
    while (g_atomic_int_get(&begins) == before) {
        g_thread_yield();
    }
}

static void open_gate(Answer *own)
{
    g_mutex_unlock(&gate);
    answer_wait(own);
    answer_clear(own);
}

/* One event under the key `event`, that says `time`. */
static HtSpoolMessage *message_of(const char *key, const char *event, const char *time)
{
    HtSpoolMessage *message = message_new("hukou", key);
    message_add(message, event)->attr[HT_ATTR_TIME] = ht_text_from(time);
    memset(message->sha256, time[0], sizeof message->sha256);
    return message;
}

static HtSpoolStatus status_of(Place *place)
{
    HtSpoolStatus status;
    ht_spool_status(place->spool, &status);
    return status;
}

/* ---- A message that cannot be kept, beside others ---- */

static HtSpoolMessage *make_bad(const char *key)
{
    HtSpoolMessage *message = message_new("hukou", key);
    message_add(message, "bad")->data = (HtText){"", TOO_LARGE};
    return message;
}

/* What came before it in its group is taken as if it had come alone: new, once, under the next numbers. */
TEST(test_a_bad_message_takes_nobody_with_it)
{
    (void)unused;
    enum { GOOD = 5 };
    Answer good[GOOD] = {{0}}, bad = {0}, after = {0}, own = {0};
    spool_take_well(place->spool, message_new("gate", "gate"));
    HtSpoolStatus before = status_of(place);
    close_gate(place, &own);
    for (unsigned i = 0; i < GOOD; i++) {
        g_autofree char *key = g_strdup_printf("g%u", i);
        ht_spool_append(place->spool, message_of(keep_text(key), keep_text(key), "a"), keep_answer, &good[i]);
    }
    ht_spool_append(place->spool, make_bad("b"), keep_answer, &bad);
    ht_spool_append(place->spool, message_of("after", "after", "a"), keep_answer, &after);
    open_gate(&own);
    answer_wait(&after);
    g_assert_error(bad.error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_MESSAGE);
    for (unsigned i = 0; i < GOOD; i++) {
        g_assert_no_error(good[i].error);
        g_assert_false(good[i].receipt.resent);
        g_assert_cmpuint(good[i].receipt.events, ==, 1);
        g_assert_cmpuint(good[i].receipt.duplicates, ==, 0);
        g_assert_cmpuint(good[i].receipt.sequence, ==, before.last_sequence + 1 + i);
        answer_clear(&good[i]);
    }
    g_assert_cmpuint(after.receipt.sequence, ==, before.last_sequence + 1 + GOOD);
    HtSpoolStatus now = status_of(place);
    g_assert_cmpuint(now.messages, ==, before.messages + GOOD + 1);
    g_assert_cmpuint(now.resent, ==, before.resent + 1); /* the gate's */
    g_assert_cmpuint(now.duplicates, ==, before.duplicates);
    g_assert_cmpuint(now.last_sequence, ==, before.last_sequence + GOOD + 1);
    answer_clear(&bad);
    answer_clear(&after);
}

typedef struct {
    uint64_t messages, duplicates, resent, quarantined, dead_letters, aliases, conflicts;
} Figures;

static Figures figures_of(Place *place)
{
    HtSpoolStatus status = status_of(place);
    return (Figures){status.messages,     status.duplicates, status.resent,   status.quarantined,
                     status.dead_letters, status.aliases,    status.conflicts};
}

static HtSpoolMessage *message_about(const char *key, const char *person, const char *number)
{
    HtSpoolMessage *message = message_of(key, key, "a");
    HtEvent *event = &g_array_index(message->events, HtEvent, 0);
    event_identify(event, "personNo", person, false);
    event_identify(event, "idNumber", number, false);
    return message;
}

/* A group in which every figure grows, with a message that cannot be kept behind it or not; by how much they grow. */
static Figures grow_all(Place *place, const char *prefix, bool with_bad)
{
    Answer own = {0}, bad = {0}, answers[4] = {{0}};
    g_autofree char *one = g_strconcat(prefix, "-1", NULL), *two = g_strconcat(prefix, "-2", NULL);
    g_autofree char *kept = g_strconcat(prefix, "-kept", NULL);
    const char *keys[] = {keep_text(one), keep_text(two)}, *person = keep_text(prefix);
    spool_take_well(place->spool, message_new("gate", "gate"));
    Figures before = figures_of(place);
    close_gate(place, &own);
    ht_spool_append(place->spool, message_about(keys[0], person, keys[0]), keep_answer, &answers[0]);
    ht_spool_append(place->spool, message_about(keys[1], person, keys[1]), keep_answer, &answers[1]);
    ht_spool_append(place->spool, message_about(keys[0], person, keys[0]), keep_answer, &answers[2]);
    ht_spool_quarantine(place->spool, message_of(keep_text(kept), "q", person), "killed its host",
                        keep_answer, &answers[3]);
    HtSpoolLetter letter = {with_bad ? 2 : 1, 1, "HTTP 422", NULL, NULL, 0};
    ht_spool_dead_letter(place->spool, "platform", &letter);
    if (with_bad) {
        ht_spool_append(place->spool, make_bad(prefix), keep_answer, &bad);
    }
    open_gate(&own);
    for (unsigned i = 0; i < G_N_ELEMENTS(answers); i++) {
        answer_wait(&answers[i]);
        g_assert_no_error(answers[i].error);
        answer_clear(&answers[i]);
    }
    g_assert_true(!with_bad || bad.done);
    answer_clear(&bad);
    Figures after = figures_of(place);
    return (Figures){after.messages - before.messages,
                     after.duplicates - before.duplicates,
                     after.resent - before.resent,
                     after.quarantined - before.quarantined,
                     after.dead_letters - before.dead_letters,
                     after.aliases - before.aliases,
                     after.conflicts - before.conflicts};
}

/* What a group that is tried twice counted the first time does not count. */
TEST(test_figures_count_what_is_kept)
{
    (void)unused;
    Figures plain = grow_all(place, "x", false), twice = grow_all(place, "y", true);
    g_assert_cmpuint(plain.messages, ==, 2);
    g_assert_cmpuint(plain.quarantined, ==, 1);
    g_assert_cmpuint(plain.dead_letters, ==, 1);
    g_assert_cmpuint(plain.resent, ==, 2); /* the gate's, and the third message */
    g_assert_cmpuint(plain.aliases, >, 0);
    g_assert_cmpuint(plain.conflicts, >, 0);
    g_assert_cmpuint(twice.messages, ==, plain.messages);
    g_assert_cmpuint(twice.duplicates, ==, plain.duplicates);
    g_assert_cmpuint(twice.resent, ==, plain.resent);
    g_assert_cmpuint(twice.quarantined, ==, plain.quarantined);
    g_assert_cmpuint(twice.dead_letters, ==, plain.dead_letters);
    g_assert_cmpuint(twice.aliases, ==, plain.aliases);
    g_assert_cmpuint(twice.conflicts, ==, plain.conflicts);
}

/* ---- A disk without room ---- */

static void fill_disk(bool for_ever)
{
    g_mutex_lock(&shim.lock);
    shim.fault = SHIM_ENOSPC;
    shim.for_ever = for_ever;
    shim.fault_at = shim.operations + 1;
    shim.hit = false;
    g_mutex_unlock(&shim.lock);
}

static void give_room(void)
{
    g_mutex_lock(&shim.lock);
    g_assert_true(shim.hit);
    shim.fault = SHIM_NO_FAULT;
    shim.for_ever = false;
    g_mutex_unlock(&shim.lock);
}

/* The disk looks again after a while, and intake goes on. */
static void wait_for_intake(Place *place)
{
    int64_t start = ht_clock_monotonic();
    while (status_of(place).intake_stopped) {
        g_assert_cmpint(ht_clock_monotonic(), <, start + 20 * HT_SECOND);
        g_thread_yield();
    }
}

/* What was known before the group is known after it, and by what it said then; what the group alone said is not. */
TEST(test_a_rolled_back_group_is_forgotten)
{
    (void)unused;
    const HtSpoolErrorCode full = HT_SPOOL_ERROR_FULL;
    HtReceipt first = spool_take_well(place->spool, message_of("old", "old", "a"));
    HtSpoolStatus before = status_of(place);
    fill_disk(true);
    spool_expect_error(place->spool, message_of("old-2", "old", "b"), full); /* the same event says more */
    give_room();
    wait_for_intake(place);
    fill_disk(true);
    spool_expect_error(place->spool, message_of("new", "new", "a"), full);
    give_room();
    wait_for_intake(place);
    HtSpoolStatus after = status_of(place);
    g_assert_cmpuint(after.messages, ==, before.messages);
    g_assert_cmpuint(after.last_sequence, ==, before.last_sequence);
    g_assert_cmpuint(after.first_sequence, ==, before.first_sequence);
    g_assert_cmpuint(after.duplicates, ==, before.duplicates);
    g_assert_cmpuint(after.resent, ==, before.resent);

    HtReceipt again = spool_take_well(place->spool, message_of("old", "old", "a"));
    g_assert_true(again.resent);
    g_assert_cmpuint(again.sequence, ==, first.sequence);
    HtReceipt fresh = spool_take_well(place->spool, message_of("new", "new", "a"));
    g_assert_false(fresh.resent);
    g_assert_cmpuint(fresh.events, ==, 1);
    g_assert_cmpuint(fresh.sequence, ==, before.last_sequence + 1);
    HtReceipt more = spool_take_well(place->spool, message_of("old-2", "old", "b"));
    g_assert_false(more.resent);
    g_assert_cmpuint(more.events, ==, 1);
    g_assert_cmpuint(status_of(place).messages, ==, before.messages + 2);
}

static void note_settled(const GError *error, void *user)
{
    *(int *)user = error ? -1 : 1;
}

/* The cursors of a group that found no room are written alone, at once: they are smaller. */
TEST(test_cursors_alone_may_still_find_room)
{
    (void)unused;
    Answer answer = {0}, own = {0};
    int settled = 0;
    uint64_t cursor;
    spool_take_well(place->spool, message_of("one", "one", "a"));
    g_assert_true(ht_spool_cursor_open(place->spool, "platform", 0, &cursor, NULL));
    uint64_t commits = status_of(place).commits;
    close_gate(place, &own);
    ht_spool_append(place->spool, message_of("two", "two", "a"), keep_answer, &answer);
    ht_spool_cursor_move(place->spool, "platform", 1, NULL);
    g_atomic_int_set(&fault_at, g_atomic_int_get(&begins) + 1);
    ht_spool_settle(place->spool, note_settled, &settled); /* it waits in that group, and brings nothing */
    open_gate(&own);
    answer_wait(&answer);
    g_assert_cmpint(settled, ==, 1);
    g_assert_error(answer.error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_FULL);
    g_assert_cmpuint(status_of(place).commits, ==, commits + 2); /* the gate's, and the cursors alone */
    g_assert_true(status_of(place).intake_stopped);
    give_room();
    answer_clear(&answer);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT seq FROM cursors WHERE consumer = 'platform'"), ==, 1);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM messages"), ==, 2); /* one, and the gate's */
}

static void keep_error(const GError *error, void *user)
{
    *(GError **)user = error ? g_error_copy(error) : g_error_new_literal(HT_SPOOL_ERROR, -1, "none");
}

/* Who waits for them is told that the disk is full, and not that it has failed; they are written when there is room. */
TEST(test_cursors_without_room_wait_for_it)
{
    (void)unused;
    g_autoptr(GError) error = NULL;
    uint64_t cursor;
    spool_take_well(place->spool, message_of("one", "one", "a"));
    g_assert_true(ht_spool_cursor_open(place->spool, "platform", 0, &cursor, NULL));
    fill_disk(true);
    ht_spool_cursor_move(place->spool, "platform", 1, NULL);
    ht_spool_settle(place->spool, keep_error, &error);
    while (!error) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_FULL);
    g_assert_true(status_of(place).intake_stopped);
    g_assert_false(status_of(place).failed);
    give_room();
    wait_for_intake(place);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT seq FROM cursors WHERE consumer = 'platform'"), ==, 1);
}

/* ---- Checkpoints ---- */

static ShimFault checkpoint_fault;

/* Before a write into the file itself, which only checkpoints do: the first fails, and the disk is good again. */
static void fail_checkpoint(void)
{
    g_mutex_lock(&shim.lock);
    shim.main_write = NULL;
    shim.fault = checkpoint_fault;
    shim.fault_at = shim.operations + 1;
    g_mutex_unlock(&shim.lock);
}

static bool has_failed(void)
{
    g_mutex_lock(&shim.lock);
    bool hit = shim.hit;
    g_mutex_unlock(&shim.lock);
    return hit;
}

/* Takes as many messages as a checkpoint comes after, and no more: nothing else tells the writer that the disk has failed. */
static void reach_checkpoint(Place *place, ShimFault fault)
{
    place_close(place);
    place->options.limits.wal_bytes = 1 << 18;
    place_open(place);
    checkpoint_fault = fault;
    shim.main_write = fail_checkpoint;
    for (unsigned i = 0; status_of(place).wal_bytes < place->options.limits.wal_bytes / 4; i++) {
        g_autofree char *key = g_strdup_printf("m-%u", i);
        spool_take_well(place->spool, message_of(keep_text(key), keep_text(key), "a"));
    }
    int64_t start = ht_clock_monotonic();
    while (!has_failed()) {
        g_assert_cmpint(ht_clock_monotonic(), <, start + 20 * HT_SECOND);
        g_thread_yield();
    }
}

/* The WAL keeps what the file could not take: intake stops, and goes on when there is room; nothing is lost. */
TEST(test_a_checkpoint_without_room_stops_intake_only)
{
    (void)unused;
    reach_checkpoint(place, SHIM_ENOSPC);
    int64_t start = ht_clock_monotonic();
    while (!status_of(place).intake_stopped) {
        g_assert_cmpint(ht_clock_monotonic(), <, start + 20 * HT_SECOND);
        g_assert_false(status_of(place).failed);
        g_thread_yield();
    }
    give_room();
    wait_for_intake(place);
    g_assert_false(status_of(place).failed);
    uint64_t messages = status_of(place).messages;
    spool_take_well(place->spool, message_of("later", "later", "a"));
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM messages"), ==, (int64_t)messages + 1);
}

/* Nobody knows what the file holds now: nothing is acknowledged any more. */
TEST(test_a_checkpoint_that_fails_is_final)
{
    (void)unused;
    reach_checkpoint(place, SHIM_EIO);
    int64_t start = ht_clock_monotonic();
    while (!status_of(place).failed) {
        g_assert_cmpint(ht_clock_monotonic(), <, start + 20 * HT_SECOND);
        g_thread_yield();
    }
    give_room();
    spool_expect_error(place->spool, message_of("later", "later", "a"), HT_SPOOL_ERROR_IO);
    g_assert_true(status_of(place).failed);
}

static void set_up(Place *place, const void *unused)
{
    (void)unused;
    ht_log_set_level((HtLogLevel)-1);
    shim_install(true);
    shim_reset();
    g_atomic_int_set(&fault_at, 0);
    ht_spool_hooks.step = note_begin;
    place_set_up(place);
    place_open(place);
}

static void tear_down(Place *place, const void *unused)
{
    (void)unused;
    place_remove(place);
    ht_spool_hooks.step = NULL;
    shim_reset();
    shim_install(false);
}

static void add(const char *path, void (*test)(Place *place, const void *unused))
{
    g_test_add(path, Place, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/spool/rollback/a-bad-message-takes-nobody-with-it", test_a_bad_message_takes_nobody_with_it);
    add("/spool/rollback/figures-count-what-is-kept", test_figures_count_what_is_kept);
    add("/spool/rollback/a-rolled-back-group-is-forgotten", test_a_rolled_back_group_is_forgotten);
    add("/spool/rollback/cursors-alone-may-still-find-room", test_cursors_alone_may_still_find_room);
    add("/spool/rollback/cursors-without-room-wait-for-it", test_cursors_without_room_wait_for_it);
    add("/spool/checkpoint/without-room-stops-intake-only", test_a_checkpoint_without_room_stops_intake_only);
    add("/spool/checkpoint/that-fails-is-final", test_a_checkpoint_that_fails_is_final);
    return g_test_run();
}
