/* The spool's file: lock, site key, format and migration, unclean ends, damage that the check finds. */
#include "spool/delivery.h"
#include "tests/lib/spool-test.h"

#include <fcntl.h>
#include <sys/stat.h>

#define TEST(name) static void name(Place *place, const void *unused)

static void append_some(Place *place, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        g_autofree char *key = g_strdup_printf("m%u", i);
        HtSpoolMessage *message = message_new("hukou", key);
        message_add(message, message->key.data);
        spool_take_well(place->spool, message);
    }
}

static int check(Place *place, GString *report)
{
    GError *error = NULL;
    int findings = ht_spool_check(place->directory, report, &error);
    g_assert_no_error(error);
    return findings;
}

static void expect_clean(Place *place)
{
    g_autoptr(GString) report = g_string_new(NULL);
    int findings = check(place, report);
    g_assert_cmpstr(report->str, ==, "");
    g_assert_cmpint(findings, ==, 0);
}

static void expect_finding(Place *place, const char *text)
{
    g_autoptr(GString) report = g_string_new(NULL);
    g_assert_cmpint(check(place, report), >, 0);
    if (!strstr(report->str, text)) {
        g_test_message("expected \"%s\" in: %s", text, report->str);
        g_test_fail();
    }
}

TEST(test_refuses_second_opening)
{
    (void)unused;
    place_open(place);
    place_expect_refused(place, HT_SPOOL_ERROR_LOCKED);
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(ht_spool_check(place->directory, report, &error), ==, -1);
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_LOCKED);
}

TEST(test_refuses_other_key)
{
    (void)unused;
    place_open(place);
    place_close(place);
    place->site_key[31] ^= 1;
    place_expect_refused(place, HT_SPOOL_ERROR_KEY);
    place->site_key[31] ^= 1;
    place_open(place);
}

TEST(test_refuses_newer_format)
{
    (void)unused;
    place_open(place);
    place_close(place);
    place_change(place, "PRAGMA user_version = 99");
    place_expect_refused(place, HT_SPOOL_ERROR_FORMAT);
    g_assert_cmpint(place_number(place, "PRAGMA user_version"), ==, 99);
}

TEST(test_refuses_other_database)
{
    (void)unused;
    g_assert_true(g_file_set_contents(place->path, "", 0, NULL));
    place_change(place, "CREATE TABLE other(a)");
    place_expect_refused(place, HT_SPOOL_ERROR_FORMAT);
    g_assert_true(g_file_set_contents(
        place->path, "this is not a database, and it is long enough to show it...", -1, NULL));
    place_expect_refused(place, HT_SPOOL_ERROR_FORMAT);
}

/* A file as version 1 had it, with a message, an event and their key. */
static void make_version_1(Place *place)
{
    GError *error = NULL;
    g_assert_true(ht_spool_disk_make_file(place->path, &error));
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, &error);
    place->options.limits.page_bytes = 8192;
    g_assert_true(ht_spool_schema_prepare(db, &place->options, &error));
    g_assert_true(ht_spool_schema_migrate(db, 1, &error));
    HtEvent event = {.attr[HT_ATTR_BUSINESSID] = HT_TEXT_LITERAL("old")};
    HtBuffer head = {0};
    ht_event_pack_head(&event, &head);
    g_autoptr(sqlite3_stmt) row = NULL;
    g_assert_true(
        ht_spool_database_run(db,
                              "INSERT INTO messages VALUES(1, x'000102030405060708090a0b0c0d0e0f', 'hukou',"
                              " 5, zeroblob(32), 1, 1, 0, 0, NULL, NULL)",
                              &error));
    g_assert_true(ht_spool_database_prepare(
        db, "INSERT INTO events VALUES(1, zeroblob(16), 1, 5, 'p-old', ?, x'')", &row, &error));
    ht_spool_bind_blob(row, 1, head.data, head.size);
    g_assert_true(ht_spool_database_do(row, &error));
    g_assert_true(ht_spool_database_run(db, "INSERT INTO cursors VALUES('platform', 1)", &error));
    g_assert_no_error(error);
    ht_buffer_clear(&head);
}

TEST(test_migrates_version_1)
{
    (void)unused;
    make_version_1(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM sqlite_schema WHERE name = 'quarantine'"), ==,
                    0);
    place_open(place);
    uint64_t cursor;
    g_assert_true(ht_spool_cursor_open(place->spool, "platform", 0, &cursor, NULL));
    g_assert_cmpuint(cursor, ==, 1);
    HtSpoolPage *page = spool_page(place->spool, 0, 10, 1000);
    g_assert_true(ht_text_is(page_event(page, 0)->event.attr[HT_ATTR_BUSINESSID], "old"));
    g_assert_true(ht_text_is(page_event(page, 0)->subject, "p-old"));
    ht_spool_page_free(page);
    append_some(place, 1);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 2);
    place_close(place);
    g_assert_cmpint(place_number(place, "PRAGMA user_version"), ==, HT_SPOOL_FORMAT);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM quarantine"), ==, 0);
    expect_clean(place);
}

#define OLD "p-aaaqeayeaudaocajbifqydiob4"
#define ALONE "p-aeaqeayeaudaocajbifqydiob4"

/* Of what version 2 had tied to each other, a citizen number may be among it; of what stood alone it cannot. */
TEST(test_migrates_version_2)
{
    (void)unused;
    make_version_1(place);
    place_change(place, "INSERT INTO aliases VALUES(x'000102030405060708090a0b0c0d0e0f', '" OLD "'),"
                        "(x'010102030405060708090a0b0c0d0e0f', '" OLD "'),"
                        "(x'020102030405060708090a0b0c0d0e0f', '" ALONE "')");
    expect_clean(place);
    place_open(place);
    HtSpoolStatus status;
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.aliases, ==, 3);
    place_close(place);
    g_assert_cmpuint(place_count_known(place, HT_SPOOL_STORE_TIES), ==, 3);
    g_assert_cmpint(place_number(place, "SELECT numbered FROM subjects WHERE subject = '" OLD "'"), ==, 1);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM subjects"), ==, 1);
    expect_clean(place);
}

TEST(test_sets_page_size_and_identity)
{
    (void)unused;
    place->options.limits.page_bytes = 16384;
    place_open(place);
    place_close(place);
    g_assert_cmpint(place_number(place, "PRAGMA page_size"), ==, 16384);
    g_assert_cmpint(place_number(place, "PRAGMA application_id"), ==, HT_SPOOL_APPLICATION_ID);
}

TEST(test_clean_end_leaves_empty_wal)
{
    (void)unused;
    struct stat file;
    g_autofree char *wal = g_strconcat(place->path, "-wal", NULL);
    place_open(place);
    append_some(place, 5);
    place_close(place);
    g_assert_true(stat(wal, &file) != 0 || file.st_size == 0);
    g_assert_cmpint(place_number(place, "SELECT value = x'31' FROM meta WHERE name = 'clean'"), ==, 1);
    expect_clean(place);
}

TEST(test_sequences_go_on_after_pruning)
{
    (void)unused;
    place_open(place);
    append_some(place, 3);
    place_close(place);
    place_change(
        place,
        "DELETE FROM places; DELETE FROM rows; INSERT INTO meta VALUES('pruned-through', x'0300000000000000')");
    place_open(place);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 3);
    HtSpoolMessage *message = message_new("hukou", "after");
    message_add(message, NULL);
    g_assert_cmpuint(spool_take_well(place->spool, message).sequence, ==, 4);
    place_close(place);
    expect_clean(place);
}

/* ---- Damage ---- */

static const struct {
    const char *name, *sql, *finding;
} damages[] = {
    {"gap", "DELETE FROM places WHERE last_seq = 3", "events 3 to 3: no place names them"},
    {"place", "UPDATE places SET row = 2 WHERE last_seq = 3", "events 3 to 3: no place names them"},
    {"last-place", "UPDATE places SET count = 2 WHERE last_seq = 5", "events 5 to 5: no place names them"},
    {"row", "DELETE FROM rows WHERE id = 4", "events 4 to 4: their row cannot be read"},
    {"row-of-another", "UPDATE rows SET bytes = (SELECT bytes FROM rows WHERE id = 1) WHERE id = 4",
     "event 4: its bytes are not"},
    {"record",
     "UPDATE rows SET bytes = CAST(substr(bytes, 1, 60) || x'ff' || substr(bytes, 62) AS BLOB) WHERE id = 3",
     "event 3: its bytes are not"},
    {"index", "UPDATE rows SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE id = 3",
     "events 3 to 3: the index"},
    {"cursor", "INSERT INTO cursors(consumer, seq, finished) VALUES('platform', 99, NULL)",
     "cursors point behind"},
    {"finished",
     "INSERT INTO cursors(consumer, seq, finished) VALUES('platform', 1, x'01010000000000000000')",
     "what \"platform\" has finished above its cursor"},
    {"dead-letter", "INSERT INTO dead_letters VALUES(1, 'platform', 99, 1, x'', 0, '', '', 0)",
     "dead letters name"},
    {"receipt", "UPDATE messages SET first_seq = 99 WHERE id = 2", "receipts name events that never were"},
    {"receipt-of-another", "UPDATE messages SET first_seq = 1 WHERE id = 2",
     "event 2: the receipt of its message does not name it"},
    {"receipt-bytes", "UPDATE messages SET reply = x'00' WHERE id = 2", "message 2: its receipt is not what"},
    {"receipt-count", "UPDATE messages SET events = 2 WHERE id = 2", "not as many as"},
    {"message", "DELETE FROM messages WHERE id = 2", "messages are not numbered"},
    {"key-log", "UPDATE segment_log SET entries = zeroblob(40) WHERE id = 1",
     "row 1 of the log of known keys"},
    {"log-of-no-store", "UPDATE segment_log SET store = 0 WHERE id = 2",
     "1 rows of the table segment_log are of no"},
    {"log-of-another-store", "UPDATE segment_log SET store = 2 WHERE id = 2",
     "row 2 of the log of known keys"},
    {"segment", "INSERT INTO segments VALUES(1, 1, 0, 1, 1, 1, 0, x'00', 0)", "1 rows of the table segments"},
    {"forward", "INSERT INTO subjects VALUES('p-a', 0, 'p-a')", "subjects go on"},
    {"conflict", "INSERT INTO conflicts VALUES(x'01', 'hukou', 'personNo', 'p-a', 'p-b', 0, 1, 5, 5)",
     "conflicts of identities"},
    {"first", "DELETE FROM places WHERE last_seq = 1", "the first is 2"},
};

static void test_check_finds(Place *place, const void *data)
{
    const char *const *damage = data; /* name, sql, finding */
    place_open(place);
    append_some(place, 5);
    place_close(place);
    expect_clean(place);
    place_change(place, damage[1]);
    expect_finding(place, damage[2]);
}

static const struct {
    const char *name;
    HtSpoolStore store;
    uint64_t value;
    const char *finding;
} wrongs[] = {
    {"a-key-of-no-message", HT_SPOOL_STORE_KEYS, 999 << 2 | 1, "known keys name messages"},
    {"a-key-of-no-event", HT_SPOOL_STORE_KEYS, (uint64_t)1 << 62 | 999 << 2 | 3, "known keys name events"},
    {"a-key-of-nothing", HT_SPOOL_STORE_KEYS, 4, "known keys cannot be read"},
    {"a-tie-of-no-kind", HT_SPOOL_STORE_TIES, HT_SPOOL_TIE_ALONE, "ties of identities"},
    {"a-tie-without-a-conflict", HT_SPOOL_STORE_TIES, 1 << 8 | HT_SPOOL_TIE_PARTED, "no conflict says why"},
};

static void test_check_finds_wrong_entries(Place *place, const void *data)
{
    const char *const *wrong = data; /* name */
    size_t i = 0;
    while (strcmp(wrongs[i].name, *wrong) != 0) {
        i++;
    }
    HtSpoolEntry entry = {.value = wrongs[i].value};
    place_open(place);
    append_some(place, 5);
    place_close(place);
    place_put_known(place, wrongs[i].store, &entry, 1);
    expect_finding(place, wrongs[i].finding);
}

static void overwrite_page(const char *path, off_t page)
{
    char junk[4096];
    memset(junk, 0xa5, sizeof junk);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(pwrite(file, junk, sizeof junk, page * (off_t)sizeof junk), ==, sizeof junk);
    close(file);
}

TEST(test_check_finds_broken_page)
{
    (void)unused;
    place_open(place);
    append_some(place, 200);
    place_close(place);
    off_t page = place_number(place, "SELECT rootpage FROM sqlite_schema WHERE name = 'places'") - 1;
    overwrite_page(place->path, page);
    expect_finding(place, "malformed");
}

/* ---- Damage that the running spool meets ---- */

/* Reads all events; returns how many are whole. */
static unsigned count_whole(Place *place, unsigned events)
{
    unsigned whole = 0;
    HtSpoolPage *page = spool_page(place->spool, 0, 1000, 1 << 20);
    g_assert_cmpuint(page->events->len, ==, events);
    for (guint i = 0; i < events; i++) {
        const HtStoredEvent *event = page_event(page, i);
        g_assert_cmpuint(event->sequence, ==, i + 1);
        whole += event->state == HT_STORED_WHOLE;
    }
    ht_spool_page_free(page);
    return whole;
}

static uint64_t count_damaged(Place *place)
{
    HtSpoolStatus status;
    ht_spool_cursor_move(place->spool, "flush", 0,
                         NULL); /* what was read is set aside with the next commit */
    append_some(place, 1);
    ht_spool_status(place->spool, &status);
    return status.damaged;
}

static const struct {
    const char *name, *sql;
    unsigned lost;
} losses[] = {
    {"a-flipped-byte",
     "UPDATE rows SET bytes = CAST(substr(bytes, 1, 60) || x'ff' || substr(bytes, 62) AS BLOB) WHERE id = 3",
     1},
    {"a-lost-row", "DELETE FROM rows WHERE id = 4", 1},
    {"lost-places", "DELETE FROM places WHERE last_seq BETWEEN 2 AND 4", 3},
    {"the-last-place", "UPDATE places SET count = 7 WHERE last_seq = 10", 1},
    {"a-place-with-another-row", "UPDATE places SET row = 2 WHERE last_seq = 7", 1},
};

static void test_sets_aside(Place *place, const void *data)
{
    const char *const *loss = data; /* name, sql */
    unsigned lost = *(const unsigned *)(loss + 2);
    place_open(place);
    append_some(place, 10);
    place_close(place);
    place_change(place, loss[1]);
    place_open(place);
    g_assert_cmpuint(count_whole(place, 10), ==, 10 - lost);
    g_assert_cmpuint(count_damaged(place), ==, lost);
    g_assert_cmpuint(count_whole(place, 10), ==, 10 - lost);
    g_assert_cmpuint(count_damaged(place), ==, lost); /* each once */
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM damaged WHERE source = 'hukou'"), ==, lost);
}

/* What is damaged is not known any more: the department sends again, and consumers get it. */
TEST(test_damaged_event_comes_again)
{
    (void)unused;
    place_open(place);
    append_some(place, 3);
    place_close(place);
    place_change(place, "DELETE FROM rows WHERE id = 2");
    place_open(place);
    HtSpoolMessage *message = message_new("hukou", "m1");
    message_add(message, "m1");
    HtReceipt receipt = spool_take_well(place->spool, message);
    g_assert_false(receipt.resent);
    g_assert_cmpuint(receipt.sequence, ==, 4);
    HtSpoolPage *page = spool_page(place->spool, 3, 1, 1000);
    g_assert_cmpint(page_event(page, 0)->event.data.size, ==, 0); /* no mark */
    ht_spool_page_free(page);
    g_assert_cmpuint(count_damaged(place), ==, 1);
}

/* A receipt that is not what was written is given to nobody: the message gets another one, its events are known. */
TEST(test_damaged_receipt_is_not_given)
{
    (void)unused;
    place_open(place);
    append_some(place, 3);
    place_close(place);
    place_change(place, "UPDATE messages SET received = received + 1 WHERE id = 2");
    place_open(place);
    HtSpoolMessage *message = message_new("hukou", "m1");
    message_add(message, "m1");
    HtReceipt receipt = spool_take_well(place->spool, message);
    g_assert_false(receipt.resent);
    g_assert_cmpuint(receipt.events, ==, 0);
    g_assert_cmpuint(receipt.duplicates, ==, 1);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), ==, 3);
}

/* Damage that a start finds does not keep the rest from going on. */
TEST(test_unclean_start_goes_on_with_damage)
{
    (void)unused;
    place_open(place);
    append_some(place, 200);
    place_close(place);
    place_change(place, "UPDATE meta SET value = x'30' WHERE name = 'clean'");
    place_open(place);
    place_close(place);
    place_change(place,
                 "UPDATE meta SET value = x'30' WHERE name = 'clean'; DELETE FROM rows WHERE id = 199");
    place_open(place);
    g_assert_cmpuint(count_whole(place, 200), ==, 199);
}

/* A tree that is broken itself is no place to write into. */
TEST(test_unclean_start_refuses_broken_tree)
{
    (void)unused;
    place_open(place);
    append_some(place, 1000);
    place_close(place);
    off_t page = place_number(place, "SELECT rootpage FROM sqlite_schema WHERE name = 'places'") - 1;
    place_change(place, "UPDATE meta SET value = x'30' WHERE name = 'clean'");
    overwrite_page(place->path, page);
    place_expect_refused(place, HT_SPOOL_ERROR_CORRUPT);
}

/* ---- Migration ---- */

/* Of events of several sizes and messages, all comes out as it was. */
TEST(test_migrates_format_5)
{
    (void)unused;
    place_open(place);
    append_some(place, 300);
    HtSpoolMessage *many = message_new("hukou", "many");
    for (unsigned i = 0; i < 200; i++) {
        g_autofree char *key = g_strdup_printf("of-many-%u", i);
        HtEvent *event = message_add(many, keep_text(key));
        g_autofree char *text = g_strnfill(i * 50, 'x');
        HtBuffer data = {0};
        HtItem item = {
            .kind = HT_ITEM_ELEMENT, .name = HT_TEXT_LITERAL("person.name"), .value = ht_text_from(text)};
        ht_item_pack(&data, &item);
        event->data = (HtText){g_memdup2(data.data, data.size), data.size};
        ht_buffer_clear(&data);
    }
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < many->events->len; i++) {
        g_ptr_array_add(texts, (void *)g_array_index(many->events, HtEvent, i).data.data);
    }
    spool_take_well(place->spool, many);
    g_autoptr(GBytes) before = place_read_all(place, 500);
    place_close(place);
    place_make_older(place);
    expect_clean(place);
    place_open(place);
    g_autoptr(GBytes) after = place_read_all(place, 500);
    g_assert_true(g_bytes_equal(before, after));
    HtSpoolMessage *message = message_new("hukou", "m7");
    message_add(message, "m7");
    g_assert_true(spool_take_well(place->spool, message).resent);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'events%'"), ==,
                    0);
    expect_clean(place);
}

/* What stood there of consumers, and since format 11 of others. */
TEST(test_pauses_are_kept)
{
    (void)unused;
    place_open(place);
    place_close(place);
    place_make_9(place);
    place_change(place, "INSERT INTO pauses VALUES('platform', 2, 5, -1, 'it answered 410 Gone')");
    expect_clean(place);
    for (unsigned starts = 0; starts < 2; starts++) {
        place_open(place);
        const HtSpoolPause *kept = ht_spool_paused(place->spool, HT_SPOOL_CONSUMER, "platform");
        g_assert_nonnull(kept);
        g_assert_cmpint(kept->kind, ==, HT_SPOOL_PAUSE_GONE);
        g_assert_cmpint(kept->since_us, ==, 5);
        g_assert_cmpint(kept->uid, ==, -1);
        g_assert_cmpstr(kept->reason, ==, "it answered 410 Gone");
        g_assert_cmpstr(kept->notice, ==, "");
        g_assert_null(ht_spool_paused(place->spool, HT_SPOOL_SOURCE, "platform"));
        const HtSpoolPause drain = {HT_SPOOL_PAUSE_DRAIN, 7, 1000, (char *)"ticket", (char *)"升级", 600};
        ht_spool_pause(place->spool, HT_SPOOL_SOURCE, "hukou", &drain);
        place_close(place);
        expect_clean(place);
    }
    place_open(place);
    const HtSpoolPause *own = ht_spool_paused(place->spool, HT_SPOOL_SOURCE, "hukou");
    g_assert_cmpint(own->kind, ==, HT_SPOOL_PAUSE_DRAIN);
    g_assert_cmpstr(own->reason, ==, "ticket");
    g_assert_cmpstr(own->notice, ==, "升级");
    g_assert_cmpuint(own->retry_s, ==, 600);
    ht_spool_pause(place->spool, HT_SPOOL_SOURCE, "hukou", &(HtSpoolPause){.kind = HT_SPOOL_PAUSE_NONE});
    g_assert_cmpuint(ht_spool_pauses(place->spool, HT_SPOOL_SOURCE), ==, 0);
    place_close(place);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM pauses"), ==, 1);
    expect_clean(place);
}

TEST(test_check_of_nothing)
{
    (void)unused;
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(ht_spool_check(place->directory, report, &error), ==, -1);
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO);
}

/* ---- Key file ---- */

TEST(test_key_file_is_made_once)
{
    (void)unused;
    uint8_t first[32], second[32];
    GError *error = NULL;
    struct stat file;
    g_autofree char *path = g_build_filename(place->directory, "site.key", NULL);
    g_assert_false(ht_spool_load_key(path, false, first, &error));
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY);
    g_clear_error(&error);
    g_assert_true(ht_spool_load_key(path, true, first, &error));
    g_assert_true(ht_spool_load_key(path, true, second, &error));
    g_assert_no_error(error);
    g_assert_cmpmem(first, 32, second, 32);
    g_assert_cmpint(stat(path, &file), ==, 0);
    g_assert_cmpint(file.st_mode & 0777, ==, 0600);
    g_assert_cmpint(file.st_size, ==, 65);
}

TEST(test_key_file_must_be_good)
{
    (void)unused;
    static const char *const bad[] = {"", "00",
                                      "zz00000000000000000000000000000000000000000000000000000000000000",
                                      "000000000000000000000000000000000000000000000000000000000000000000"};
    uint8_t key[32];
    g_autofree char *path = g_build_filename(place->directory, "site.key", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_true(g_file_set_contents_full(path, bad[i], -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        g_assert_false(ht_spool_load_key(path, true, key, &error));
        g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY);
    }
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_true(ht_spool_load_key(path, true, key, NULL));
    g_assert_cmpint(g_chmod(path, 0644), ==, 0);
    g_assert_false(ht_spool_load_key(path, true, key, &error));
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_add_test("/spool/open/refuses-a-second-process", NULL, test_refuses_second_opening);
    place_add_test("/spool/open/refuses-another-site-key", NULL, test_refuses_other_key);
    place_add_test("/spool/open/refuses-a-newer-format", NULL, test_refuses_newer_format);
    place_add_test("/spool/open/refuses-another-database", NULL, test_refuses_other_database);
    place_add_test("/spool/open/migrates-version-1", NULL, test_migrates_version_1);
    place_add_test("/spool/open/migrates-version-2", NULL, test_migrates_version_2);
    place_add_test("/spool/open/sets-page-size-and-identity", NULL, test_sets_page_size_and_identity);
    place_add_test("/spool/open/migrates-format-5", NULL, test_migrates_format_5);
    place_add_test("/spool/open/keeps-pauses", NULL, test_pauses_are_kept);
    place_add_test("/spool/open/goes-on-with-damage-after-an-unclean-end", NULL,
                   test_unclean_start_goes_on_with_damage);
    place_add_test("/spool/open/refuses-a-broken-tree-after-an-unclean-end", NULL,
                   test_unclean_start_refuses_broken_tree);
    place_add_test("/spool/open/sequences-go-on-after-pruning", NULL, test_sequences_go_on_after_pruning);
    place_add_test("/spool/close/leaves-an-empty-wal", NULL, test_clean_end_leaves_empty_wal);
    for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autofree char *path = g_strconcat("/spool/check/finds-", damages[i].name, NULL);
        place_add_test(path, &damages[i], test_check_finds);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(wrongs); i++) {
        g_autofree char *path = g_strconcat("/spool/check/finds-", wrongs[i].name, NULL);
        place_add_test(path, &wrongs[i].name, test_check_finds_wrong_entries);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(losses); i++) {
        g_autofree char *path = g_strconcat("/spool/damage/sets-aside-", losses[i].name, NULL);
        place_add_test(path, &losses[i], test_sets_aside);
    }
    place_add_test("/spool/damage/event-comes-again", NULL, test_damaged_event_comes_again);
    place_add_test("/spool/damage/receipt-is-not-given", NULL, test_damaged_receipt_is_not_given);
    place_add_test("/spool/check/finds-a-broken-page", NULL, test_check_finds_broken_page);
    place_add_test("/spool/check/refuses-where-there-is-none", NULL, test_check_of_nothing);
    place_add_test("/spool/key/file-is-made-once", NULL, test_key_file_is_made_once);
    place_add_test("/spool/key/file-must-be-good", NULL, test_key_file_must_be_good);
    return g_test_run();
}
