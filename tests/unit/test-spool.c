/* The spool: taking messages, receipts, duplicates, pages, cursors, dead letters, quarantine, a full disk. */
#include "spool/delivery.h"
#include "tests/lib/spool-test.h"

#include <sys/stat.h>

#define TEST(name) static void name(Place *place, const void *unused)

/* ---- Appending ---- */

TEST(test_append_gives_receipt)
{
    (void)unused;
    HtSpoolMessage *message = message_new("hukou", "m1");
    HtUuid id = message->id;
    message_add(message, "e1");
    message_add(message, "e2");
    message->rejected = 3;
    message->reply = HT_TEXT_LITERAL("<ok/>");
    message->reply_type = HT_TEXT_LITERAL("text/xml");
    Answer answer = spool_take(place->spool, message);
    g_assert_no_error(answer.error);
    g_assert_cmpmem(&answer.receipt.id, sizeof id, &id, sizeof id);
    g_assert_cmpuint(answer.receipt.sequence, ==, 1);
    g_assert_cmpuint(answer.receipt.events, ==, 2);
    g_assert_cmpuint(answer.receipt.rejected, ==, 3);
    g_assert_false(answer.receipt.resent);
    g_assert_cmpstr(answer.reply, ==, "<ok/>");
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 2);
    answer_clear(&answer);
}

TEST(test_append_keeps_events)
{
    (void)unused;
    HtSpoolMessage *message = message_new("hukou", "m1");
    message_add(message, "e1")->data = HT_TEXT_LITERAL("packed");
    int64_t received = message->received_us;
    spool_take_well(place->spool, message);
    place_close(place);
    place_open(place);
    HtSpoolPage *page = spool_page(place->spool, 0, 10, 1 << 20);
    g_assert_cmpuint(page->events->len, ==, 1);
    const HtStoredEvent *event = page_event(page, 0);
    g_assert_cmpuint(event->sequence, ==, 1);
    g_assert_cmpint(event->recorded_us, ==, received);
    g_assert_true(ht_text_is(event->event.attr[HT_ATTR_BUSINESSID], "e1"));
    g_assert_true(ht_text_is(event->event.data, "packed"));
    g_assert_cmpint(event->id.bytes[6] >> 4, ==, 7);
    g_assert_false(event->event.key.data != NULL);
    ht_spool_page_free(page);
}

TEST(test_append_without_events)
{
    (void)unused;
    HtReceipt receipt = spool_take_well(place->spool, message_new("hukou", "empty"));
    g_assert_cmpuint(receipt.sequence, ==, 0);
    g_assert_cmpuint(receipt.events, ==, 0);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 0);
}

TEST(test_append_keeps_payload_and_faults)
{
    (void)unused;
    HtSpoolMessage *message = message_new("hukou", "m1");
    HtFault fault;
    ht_fault_set(&fault, "required-missing", "an element is missing");
    message->payload = g_bytes_new_static("<a/>", 4);
    message->faults = g_array_new(FALSE, FALSE, sizeof(HtFault));
    g_array_append_val(message->faults, fault);
    HtUuid id = message->id;
    spool_take_well(place->spool, message);
    place_close(place);
    g_autoptr(GBytes) payload = place_payload(place, &id);
    g_assert_cmpmem(g_bytes_get_data(payload, NULL), g_bytes_get_size(payload), "<a/>", 4);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM faults WHERE message = 1"), ==, 1);
}

TEST(test_resend_gives_first_receipt)
{
    (void)unused;
    HtSpoolMessage *first = message_new("hukou", "m1");
    message_add(first, "e1");
    first->reply = HT_TEXT_LITERAL("first");
    HtReceipt receipt = spool_take_well(place->spool, first);
    place_close(place);
    place_open(place);
    HtSpoolMessage *second = message_new("hukou", "m1");
    message_add(second, "e9");
    second->reply = HT_TEXT_LITERAL("second");
    memset(second->sha256, 1, sizeof second->sha256);
    Answer answer = spool_take(place->spool, second);
    g_assert_true(answer.receipt.resent);
    g_assert_cmpmem(&answer.receipt.id, sizeof receipt.id, &receipt.id, sizeof receipt.id);
    g_assert_cmpmem(answer.receipt.sha256, 32, receipt.sha256, 32);
    g_assert_cmpint(answer.receipt.received_us, ==, receipt.received_us);
    g_assert_cmpuint(answer.receipt.sequence, ==, 1);
    g_assert_cmpstr(answer.reply, ==, "first");
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 1);
    answer_clear(&answer);
}

/* A first message holds the writer up, so that the others gather into one group. */
TEST(test_resend_in_same_group)
{
    (void)unused;
    Answer answers[21] = {{0}};
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        HtSpoolMessage *message = message_new("hukou", i == 0 ? "other" : "same");
        message_add(message, NULL);
        ht_spool_append(place->spool, message, keep_answer, &answers[i]);
    }
    unsigned new_ones = 0;
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        answer_wait(&answers[i]);
        g_assert_no_error(answers[i].error);
        new_ones += !answers[i].receipt.resent;
        if (i > 0) {
            g_assert_cmpmem(&answers[i].receipt.id, 16, &answers[1].receipt.id, 16);
        }
    }
    g_assert_cmpuint(new_ones, ==, 2);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 2);
}

TEST(test_key_is_scoped_by_source)
{
    (void)unused;
    HtSpoolMessage *mine = message_new("hukou", "m1"), *other = message_new("marriage", "m1");
    message_add(mine, "e1");
    message_add(other, "e1");
    spool_take_well(place->spool, mine);
    HtReceipt receipt = spool_take_well(place->spool, other);
    g_assert_false(receipt.resent);
    g_assert_cmpuint(receipt.events, ==, 1);
}

TEST(test_duplicates_within_message)
{
    (void)unused;
    HtSpoolMessage *message = message_new("hukou", "m1");
    message_add(message, "e1");
    message_add(message, "e1");
    message_add(message, "e2");
    message_add(message, NULL);
    message_add(message, NULL);
    HtReceipt receipt = spool_take_well(place->spool, message);
    g_assert_cmpuint(receipt.events, ==, 4);
    g_assert_cmpuint(receipt.duplicates, ==, 1);
}

/* What the message itself left out as no news counts among what was known, also in the receipt that is given again. */
TEST(test_unchanged_counts_as_known)
{
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        HtSpoolMessage *message = message_new("hukou", "m1");
        message_add(message, "e1");
        message->unchanged = 3;
        HtReceipt receipt = spool_take_well(place->spool, message);
        g_assert_cmpuint(receipt.events, ==, 1);
        g_assert_cmpuint(receipt.duplicates, ==, 3);
        g_assert_cmpint(receipt.resent, ==, i == 1);
    }
}

TEST(test_duplicates_among_messages)
{
    (void)unused;
    HtSpoolMessage *first = message_new("hukou", "m1"), *second = message_new("hukou", "m2");
    message_add(first, "e1");
    message_add(second, "e1");
    message_add(second, "e2");
    spool_take_well(place->spool, first);
    HtReceipt receipt = spool_take_well(place->spool, second);
    g_assert_cmpuint(receipt.events, ==, 1);
    g_assert_cmpuint(receipt.duplicates, ==, 1);
    g_assert_cmpuint(receipt.sequence, ==, 2);
    HtSpoolStatus status;
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.duplicates, ==, 1);
}

/* A message's key and its event's may be the same bytes; each is known as what it was. */
TEST(test_one_key_for_message_and_event)
{
    (void)unused;
    HtSpoolMessage *single = message_new("hukou", "k1"), *batch = message_new("hukou", "b1");
    message_add(single, "k1");
    message_add(batch, "k1");
    message_add(batch, "k2");
    spool_take_well(place->spool, single);
    HtReceipt receipt = spool_take_well(place->spool, batch);
    g_assert_cmpuint(receipt.duplicates, ==, 1);
    HtSpoolMessage *known_as_event = message_new("hukou", "k2"), *again = message_new("hukou", "k2");
    message_add(known_as_event, "k2");
    message_add(again, "k2");
    receipt = spool_take_well(place->spool, known_as_event);
    g_assert_false(receipt.resent);
    g_assert_cmpuint(receipt.events, ==, 0);
    g_assert_cmpuint(receipt.duplicates, ==, 1);
    g_assert_true(spool_take_well(place->spool, again).resent);
    HtSpoolMessage *first_again = message_new("hukou", "k1");
    message_add(first_again, "k1");
    g_assert_true(spool_take_well(place->spool, first_again).resent);
    g_assert_false(spool_take_well(place->spool, message_new("hukou", "k3")).resent);
}

/* Keys stay known while and after they are merged, and after a restart in the middle. */
TEST(test_keys_survive_merges)
{
    (void)unused;
    enum { COUNT = 3000 };
    place_close(place);
    ht_spool_hooks.keys_merge_at = 500;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            if (i % 700 == 0) {
                place_close(place);
                place_open(place);
            }
            g_autofree char *key = g_strdup_printf("key-%u", i);
            HtSpoolMessage *message = message_new("hukou", key);
            message_add(message, message->key.data);
            if (i % 7 == 0) {
                HtReceipt receipt = spool_take_well(place->spool, message);
                g_assert_cmpint(receipt.resent, ==, round > 0);
            } else {
                ht_spool_append(place->spool, message, NULL, NULL);
            }
        }
    }
    HtSpoolStatus status;
    spool_take_well(place->spool, message_new("hukou", "last"));
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.messages, ==, COUNT + 1);
    g_assert_cmpuint(status.last_sequence, ==, COUNT);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT sum(entries) FROM segments WHERE store = 1"), >, COUNT / 2);
    ht_spool_hooks.keys_merge_at = 65536;
}

TEST(test_close_commits_what_waits)
{
    (void)unused;
    Answer answers[100] = {{0}};
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autofree char *key = g_strdup_printf("closing-%u", i);
        HtSpoolMessage *message = message_new("hukou", key);
        message_add(message, NULL);
        ht_spool_append(place->spool, message, keep_answer, &answers[i]);
    }
    place_close(place);
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_assert_true(answers[i].done);
        g_assert_no_error(answers[i].error);
    }
    place_open(place);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, G_N_ELEMENTS(answers));
}

static void note_change(uint64_t last_sequence, void *user)
{
    *(uint64_t *)user = last_sequence;
}

TEST(test_watcher_hears_of_events)
{
    (void)unused;
    uint64_t last = 0;
    ht_spool_watch(place->spool, note_change, &last);
    HtSpoolMessage *message = message_new("hukou", "m1");
    message_add(message, "e1");
    message_add(message, "e2");
    spool_take_well(place->spool, message);
    g_assert_cmpuint(last, ==, 2);
    last = 0;
    spool_take_well(place->spool, message_new("hukou", "empty"));
    g_assert_cmpuint(last, ==, 0);
}

/* ---- Quarantine ---- */

TEST(test_quarantine_keeps_once)
{
    (void)unused;
    Answer first = {0}, second = {0};
    HtSpoolMessage *message = message_new("hukou", "m1");
    message->payload = g_bytes_new_static("<a/>", 4);
    ht_spool_quarantine(place->spool, message, "host killed three times", keep_answer, &first);
    ht_spool_quarantine(place->spool, message_new("hukou", "m1"), "host killed three times", keep_answer,
                        &second);
    answer_wait(&first);
    answer_wait(&second);
    g_assert_false(first.receipt.resent);
    g_assert_true(second.receipt.resent);
    g_assert_cmpmem(&second.receipt.id, 16, &first.receipt.id, 16);
    HtSpoolStatus status;
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.quarantined, ==, 1);
    g_assert_cmpuint(status.last_sequence, ==, 0);
    place_close(place);
    place_open(place);
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.quarantined, ==, 1);
}

/* ---- Pages ---- */

static void append_events(Place *place, unsigned count)
{
    HtSpoolMessage *message = message_new("hukou", "many");
    for (unsigned i = 0; i < count; i++) {
        message_add(message, NULL)->data = HT_TEXT_LITERAL("0123456789");
    }
    spool_take_well(place->spool, message);
}

TEST(test_pages_are_consecutive)
{
    (void)unused;
    append_events(place, 25);
    uint64_t after = 0;
    for (unsigned sizes[] = {10, 10, 5, 0}, i = 0; i < G_N_ELEMENTS(sizes); i++) {
        HtSpoolPage *page = spool_page(place->spool, after, 10, 1 << 20);
        g_assert_cmpuint(page->after, ==, after);
        g_assert_cmpuint(page->events->len, ==, sizes[i]);
        for (guint event = 0; event < page->events->len; event++) {
            g_assert_cmpuint(page_event(page, event)->sequence, ==, ++after);
        }
        ht_spool_page_free(page);
    }
}

TEST(test_page_ends_at_its_bytes)
{
    (void)unused;
    append_events(place, 25);
    HtSpoolPage *small = spool_page(place->spool, 3, 10, 1);
    g_assert_cmpuint(small->events->len, ==, 1);
    g_assert_cmpuint(page_event(small, 0)->sequence, ==, 4);
    ht_spool_page_free(small);
    HtSpoolPage *some = spool_page(place->spool, 0, 25, 250);
    g_assert_cmpuint(some->events->len, >, 1);
    g_assert_cmpuint(some->events->len, <, 25);
    ht_spool_page_free(some);
}

/* ---- Cursors and dead letters ---- */

TEST(test_cursor_starts_and_stays)
{
    (void)unused;
    uint64_t cursor = 99;
    GError *error = NULL;
    append_events(place, 9);
    g_assert_true(ht_spool_cursor_open(place->spool, "platform", 5, &cursor, &error));
    g_assert_cmpuint(cursor, ==, 5);
    g_assert_true(ht_spool_cursor_open(place->spool, "platform", 7, &cursor, &error));
    g_assert_cmpuint(cursor, ==, 5);
    ht_spool_cursor_move(place->spool, "platform", 8, NULL);
    ht_spool_cursor_move(place->spool, "platform", 9, NULL);
    place_close(place);
    place_open(place);
    g_assert_true(ht_spool_cursor_open(place->spool, "platform", 0, &cursor, &error));
    g_assert_cmpuint(cursor, ==, 9);
    ht_spool_cursor_move(place->spool, "platform", 2, NULL); /* replay */
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT seq FROM cursors WHERE consumer = 'platform'"), ==, 2);
}

static void assert_runs(HtSpool *spool, const HtSpoolRun *runs, unsigned count)
{
    g_autoptr(GArray) stored = ht_spool_cursor_finished(spool, "platform");
    g_assert_cmpuint(stored->len, ==, count);
    if (count > 0) {
        g_assert_cmpmem(stored->data, stored->len * sizeof *runs, runs, count * sizeof *runs);
    }
}

TEST(test_what_is_finished_above_the_cursor_stays)
{
    (void)unused;
    const HtSpoolRun runs[] = {
        {3, 3, 1}, {5, 9, 0}, {200, 100000, 70000}, {UINT64_C(1) << 40, (UINT64_C(1) << 40) + 1, 2}};
    g_autoptr(GArray) finished = g_array_new(FALSE, FALSE, sizeof *runs);
    uint64_t cursor;
    g_array_append_vals(finished, runs, G_N_ELEMENTS(runs));
    g_assert_true(ht_spool_cursor_open(place->spool, "platform", 1, &cursor, NULL));
    assert_runs(place->spool, NULL, 0);
    ht_spool_cursor_move(place->spool, "platform", 1, finished);
    assert_runs(place->spool, runs, G_N_ELEMENTS(runs));
    place_close(place);
    place_open(place);
    g_assert_true(ht_spool_cursor_open(place->spool, "platform", 0, &cursor, NULL));
    g_assert_cmpuint(cursor, ==, 1);
    assert_runs(place->spool, runs, G_N_ELEMENTS(runs));
    ht_spool_cursor_move(place->spool, "platform", 2, NULL);
    assert_runs(place->spool, NULL, 0);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM cursors WHERE finished IS NULL"), ==, 1);
}

/* Each bit of it, and the cursor that it belongs to: what is finished is not believed, so that it comes again. */
TEST(test_a_changed_set_of_finished_events_is_not_believed)
{
    (void)unused;
    static const char *const changes[] = {
        "UPDATE cursors SET seq = 2",
        "UPDATE cursors SET finished = x'00'",
        "UPDATE cursors SET finished = CAST(x'05' || substr(finished, 2) AS BLOB)",
        "UPDATE cursors SET finished = CAST(substr(finished, 1, 2) || x'06' || substr(finished, 4) AS BLOB)",
        "UPDATE cursors SET finished = substr(finished, 1, length(finished) - 1)",
    };
    const HtSpoolRun run = {3, 9, 5};
    g_autoptr(GArray) finished = g_array_new(FALSE, FALSE, sizeof run);
    g_array_append_val(finished, run);
    for (unsigned i = 0; i < G_N_ELEMENTS(changes); i++) {
        uint64_t cursor;
        g_assert_true(ht_spool_cursor_open(place->spool, "platform", 1, &cursor, NULL));
        ht_spool_cursor_move(place->spool, "platform", 1, finished);
        place_close(place);
        g_autoptr(GString) report = g_string_new(NULL);
        place_change(place, changes[i]);
        g_assert_cmpint(ht_spool_check(place->options.directory, report, NULL), >, 0);
        g_assert_nonnull(
            strstr(report->str, "what \"platform\" has finished above its cursor cannot be read"));
        place_open(place);
        assert_runs(place->spool, NULL, 0);
    }
}

TEST(test_dead_letters_go_with_the_cursor)
{
    (void)unused;
    append_events(place, 3);
    ht_spool_dead_letter(place->spool, "platform", &(HtSpoolLetter){1, 3, "answered 400", "s", "t", 0});
    ht_spool_cursor_move(place->spool, "platform", 1, NULL);
    ht_spool_dead_letter(place->spool, "platform", &(HtSpoolLetter){1, 4, "answered 404", NULL, NULL, 0});
    uint64_t cursor;
    g_assert_true(ht_spool_cursor_open(place->spool, "other", 0, &cursor, NULL)); /* waits for the commit */
    HtSpoolStatus status;
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.dead_letters, ==, 1);
    g_assert_cmpuint(status.commits, ==, 2);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT attempts FROM dead_letters WHERE seq = 1"), ==, 4);
    g_assert_cmpint(place_number(place, "SELECT seq FROM cursors WHERE consumer = 'platform'"), ==, 1);
}

TEST(test_marks_alone_are_committed)
{
    (void)unused;
    HtSpoolStatus status;
    ht_spool_cursor_move(place->spool, "platform", 0, NULL);
    int64_t start = ht_clock_monotonic();
    do {
        g_main_context_iteration(NULL, FALSE);
        g_thread_yield();
        ht_spool_status(place->spool, &status);
    } while (status.commits == 0 && ht_clock_monotonic() < start + 10 * HT_SECOND);
    g_assert_cmpuint(status.commits, ==, 1);
}

/* ---- Room ---- */

static uint64_t pretended_room;

static int pretend_room(const char *path, struct statvfs *room)
{
    (void)path;
    *room = (struct statvfs){.f_frsize = 1, .f_bavail = __atomic_load_n(&pretended_room, __ATOMIC_RELAXED)};
    return 0;
}

TEST(test_refuses_when_disk_full)
{
    (void)unused;
    HtSpoolStatus status;
    place_close(place);
    ht_spool_hooks.statvfs = pretend_room;
    pretended_room = 999;
    place->options.limits.reserve_bytes = 1000;
    place_open(place);
    spool_expect_error(place->spool, message_new("hukou", "m1"), HT_SPOOL_ERROR_FULL);
    ht_spool_status(place->spool, &status);
    g_assert_true(status.intake_stopped);
    g_assert_cmpuint(status.free_bytes, ==, 999);
    uint64_t cursor;
    g_assert_true(ht_spool_cursor_open(place->spool, "platform", 3, &cursor, NULL)); /* delivery goes on, */
    ht_spool_cursor_move(place->spool, "platform", 5, NULL);
    g_assert_true(spool_settles(place->spool)); /* and what it says is written */
    __atomic_store_n(&pretended_room, 1000, __ATOMIC_RELAXED);
    int64_t start = ht_clock_monotonic();
    do {
        g_thread_yield();
        ht_spool_status(place->spool, &status);
    } while (status.intake_stopped && ht_clock_monotonic() < start + 10 * HT_SECOND);
    g_assert_false(status.intake_stopped);
    g_assert_false(spool_take_well(place->spool, message_new("hukou", "m1")).resent);
    place_close(place);
    ht_spool_hooks.statvfs = statvfs;
}

TEST(test_keeps_a_ballast)
{
    (void)unused;
    struct stat file;
    g_autofree char *ballast = g_build_filename(place->directory, "ballast", NULL);
    place_close(place);
    place->options.limits.reserve_bytes = 1 << 20;
    place_open(place);
    g_assert_cmpint(stat(ballast, &file), ==, 0);
    g_assert_cmpint(file.st_size, ==, 1 << 18);
}

TEST(test_files_are_private)
{
    (void)unused;
    static const char *const names[] = {"spool.db", "spool.db-wal", "spool.db-shm", "lock"};
    spool_take_well(place->spool, message_new("hukou", "m1"));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct stat file;
        g_autofree char *path = g_build_filename(place->directory, names[i], NULL);
        g_assert_cmpint(stat(path, &file), ==, 0);
        g_assert_cmpint(file.st_mode & 077, ==, 0);
    }
}

TEST(test_wal_is_checkpointed)
{
    (void)unused;
    HtSpoolStatus status;
    place_close(place);
    place->options.limits.wal_bytes = 1 << 18;
    place_open(place);
    for (unsigned i = 0; i < 200; i++) {
        g_autofree char *key = g_strdup_printf("wal-%u", i);
        spool_take_well(place->spool, message_new("hukou", key));
    }
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.checkpoints, >, 2);
    g_assert_cmpuint(status.wal_bytes, <, 1 << 19);
    g_assert_cmpuint(status.commit_p99_us, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_add_open_test("/spool/append/gives-a-receipt", NULL, test_append_gives_receipt);
    place_add_open_test("/spool/append/keeps-events-over-a-restart", NULL, test_append_keeps_events);
    place_add_open_test("/spool/append/takes-a-message-without-events", NULL, test_append_without_events);
    place_add_open_test("/spool/append/keeps-payload-and-faults", NULL, test_append_keeps_payload_and_faults);
    place_add_open_test("/spool/append/refuses-when-disk-full", NULL, test_refuses_when_disk_full);
    place_add_open_test("/spool/append/close-commits-what-waits", NULL, test_close_commits_what_waits);
    place_add_open_test("/spool/append/watcher-hears-of-events", NULL, test_watcher_hears_of_events);
    place_add_open_test("/spool/resend/gives-the-first-receipt", NULL, test_resend_gives_first_receipt);
    place_add_open_test("/spool/resend/is-known-in-the-same-group", NULL, test_resend_in_same_group);
    place_add_open_test("/spool/resend/key-is-scoped-by-source", NULL, test_key_is_scoped_by_source);
    place_add_open_test("/spool/resend/keys-survive-merges-and-restarts", NULL, test_keys_survive_merges);
    place_add_open_test("/spool/duplicates/within-a-message", NULL, test_duplicates_within_message);
    place_add_open_test("/spool/duplicates/what-the-message-left-out", NULL, test_unchanged_counts_as_known);
    place_add_open_test("/spool/duplicates/among-messages", NULL, test_duplicates_among_messages);
    place_add_open_test("/spool/duplicates/one-key-for-message-and-event", NULL,
                        test_one_key_for_message_and_event);
    place_add_open_test("/spool/quarantine/keeps-a-payload-once", NULL, test_quarantine_keeps_once);
    place_add_open_test("/spool/read/pages-are-consecutive", NULL, test_pages_are_consecutive);
    place_add_open_test("/spool/read/page-ends-at-its-bytes", NULL, test_page_ends_at_its_bytes);
    place_add_open_test("/spool/cursor/starts-and-stays", NULL, test_cursor_starts_and_stays);
    place_add_open_test("/spool/cursor/what-is-finished-above-it-stays", NULL,
                        test_what_is_finished_above_the_cursor_stays);
    place_add_open_test("/spool/cursor/changed-finished-set-is-not-believed", NULL,
                        test_a_changed_set_of_finished_events_is_not_believed);
    place_add_open_test("/spool/cursor/dead-letters-go-with-it", NULL, test_dead_letters_go_with_the_cursor);
    place_add_open_test("/spool/cursor/is-committed-without-messages", NULL, test_marks_alone_are_committed);
    place_add_open_test("/spool/disk/keeps-a-ballast", NULL, test_keeps_a_ballast);
    place_add_open_test("/spool/disk/files-are-private", NULL, test_files_are_private);
    place_add_open_test("/spool/disk/wal-is-checkpointed", NULL, test_wal_is_checkpointed);
    return g_test_run();
}
