/* Copies of a spool, and what is saved of a damaged one: whatever byte is wrong, an event is there as it was or it is listed, and what
 * was given out is never given out again. */
#include "spool/delivery.h"
#include "tests/lib/spool-test.h"

#include "spool/backup.h"
#include "spool/salvage.h"
#include "tests/lib/tree.h"

#include <string.h>

#define TEST(name) static void name(Place *place, const void *unused)
#define MESSAGES 150
#define EACH 4

static void put_name(HtEvent *event, const char *name)
{
    static HtBuffer kept[16];
    static unsigned next;
    HtBuffer *data = &kept[next++ % G_N_ELEMENTS(kept)];
    HtItem item = {HT_ITEM_ELEMENT, HT_TEXT_LITERAL("person.name"), ht_text_from(name),
                   .form = HT_VALUE_STRING};
    ht_buffer_reset(data, 1 << 12);
    ht_item_pack(data, &item);
    event->data = ht_buffer_text(data);
}

/* The n-th message: some events about persons whom the source knows by its own numbers. */
static HtReceipt send(Place *place, unsigned n)
{
    static char name[2000];
    g_autofree char *key = g_strdup_printf("message-%u", n);
    HtSpoolMessage *message = message_new("hukou", key);
    memset(name, 'n', sizeof name - 1);
    for (unsigned i = 0; i < EACH; i++) {
        g_autofree char *number = g_strdup_printf("event-%u-%u", n, i);
        HtEvent *event = message_add(message, keep_text(number));
        event_identify(event, "registerNumber", keep_text(number), false);
        name[0] = (char)('A' + i);
        put_name(event, keep_text(name));
    }
    return spool_take_well(place->spool, message);
}

static void fill(Place *place)
{
    place_open(place);
    for (unsigned n = 0; n < MESSAGES; n++) {
        g_assert_cmpuint(send(place, n).events, ==, EACH);
    }
    ht_spool_dead_letter(place->spool, "platform", &(HtSpoolLetter){3, 2, "HTTP 422", NULL, NULL, 0});
    ht_spool_cursor_move(place->spool, "platform", 100, NULL);
    place_close(place);
}

/* What stands at each sequence, as a digest of what a consumer would get; 0: nothing. */
static void read_all(Place *place, guint *digests, uint64_t last)
{
    for (uint64_t after = 0; after < last;) {
        HtSpoolPage *page = spool_page(place->spool, after, 1000, 1 << 24);
        if (page->events->len == 0) {
            ht_spool_page_free(page);
            break;
        }
        for (guint i = 0; i < page->events->len; i++) {
            const HtStoredEvent *event = page_event(page, i);
            after = event->sequence;
            if (event->state == HT_STORED_WHOLE && event->sequence <= last) {
                g_autofree char *text = g_strndup(event->event.data.data, event->event.data.size);
                char id[HT_UUID_TEXT];
                ht_uuid_format(&event->id, id);
                digests[event->sequence] =
                    g_str_hash(text) ^ g_str_hash(id) ^ g_str_hash(event->subject.data);
            }
        }
        ht_spool_page_free(page);
    }
}

static guint *read_fresh(Place *place)
{
    guint *digests = g_new0(guint, MESSAGES * EACH + 1);
    place_open(place);
    g_assert_cmpuint(ht_spool_last_sequence(place->spool), >=, MESSAGES * EACH);
    read_all(place, digests, MESSAGES * EACH);
    place_close(place);
    return digests;
}

static void expect_sound(Place *place)
{
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    int findings = ht_spool_check(place->directory, report, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(report->str, ==, "");
    g_assert_cmpint(findings, ==, 0);
}

static bool salvage(Place *place, HtSpoolSalvaged *salvaged, GError **error)
{
    g_autoptr(GString) report = g_string_new(NULL);
    HtSpoolSalvage asked = {.directory = place->directory, .limits = place->options.limits};
    bool good = ht_spool_salvage(&asked, salvaged, report, error);
    g_assert_cmpstr(report->str, ==, "");
    return good;
}

/* ---- Copies ---- */

static HtSpoolBackup ask_copy(Place *place, char **folder)
{
    static const char *keys[2];
    *folder = g_strconcat(place->directory, ".copy", NULL);
    g_free((char *)keys[0]);
    keys[0] = g_build_filename(place->directory, "site.key", NULL);
    g_assert_true(g_file_set_contents(keys[0], "key", 3, NULL));
    return (HtSpoolBackup){.directory = place->directory, .keys = keys, .folder = *folder};
}

TEST(test_a_copy_beside_a_running_bus_is_a_spool)
{
    g_autofree char *folder = NULL;
    g_autofree char *kept = NULL;
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    HtSpoolBackedUp made;
    (void)unused;
    fill(place);
    g_autofree guint *before = read_fresh(place);
    HtSpoolBackup asked = ask_copy(place, &folder);
    place_open(place);
    send(place, MESSAGES);
    g_assert_true(ht_spool_backup(&asked, &made, report, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(made.last, ==, (MESSAGES + 1) * EACH);
    g_assert_cmpint(made.findings, ==, 0);
    g_autofree char *wal = g_build_filename(folder, HT_SPOOL_FILE "-wal", NULL);
    g_assert_false(g_file_test(wal, G_FILE_TEST_EXISTS)); /* a copy is one file */
    send(place, MESSAGES + 1);
    send(place, MESSAGES + 2);
    place_close(place);

    g_assert_false(ht_spool_backup(&asked, &made, report, &error)); /* the folder is there */
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO);
    g_clear_error(&error);

    g_assert_false(ht_spool_restore(&asked, false, 100, &made, &kept, report, &error));
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO);
    g_clear_error(&error);
    g_assert_true(ht_spool_restore(&asked, true, 100, &made, &kept, report, &error));
    g_assert_no_error(error);
    g_assert_nonnull(kept);
    g_assert_cmpuint(made.last, ==, (MESSAGES + 3) * EACH); /* the replaced one says how far it was */
    expect_sound(place);
    g_autofree guint *after = read_fresh(place);
    g_assert_cmpmem(before, MESSAGES * EACH * sizeof *before, after, MESSAGES * EACH * sizeof *after);

    place_open(place);
    g_assert_true(send(place, 0).resent);
    HtReceipt again = send(place, MESSAGES + 2); /* came after the copy */
    g_assert_false(again.resent);
    g_assert_cmpuint(again.sequence, ==, (MESSAGES + 3) * EACH + 1);
    place_close(place);
    expect_sound(place);
    tree_remove(folder);
    tree_remove(kept);
}

TEST(test_a_restored_copy_of_a_lost_spool_skips_numbers)
{
    g_autofree char *folder = NULL;
    g_autofree char *kept = NULL;
    g_autoptr(GString) report = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    HtSpoolBackedUp made;
    (void)unused;
    fill(place);
    HtSpoolBackup asked = ask_copy(place, &folder);
    g_assert_true(ht_spool_backup(&asked, &made, report, &error));
    g_assert_cmpint(g_unlink(place->path), ==, 0);
    g_assert_cmpint(g_unlink(asked.keys[0]), ==, 0);
    g_assert_true(ht_spool_restore(&asked, false, 20000, &made, &kept, report, &error));
    g_assert_no_error(error);
    g_assert_nonnull(kept); /* a WAL without its spool does not stay beside another */
    g_assert_true(g_file_test(asked.keys[0], G_FILE_TEST_EXISTS));
    expect_sound(place);
    place_open(place);
    g_assert_cmpuint(send(place, MESSAGES).sequence, ==, MESSAGES * EACH + 20000 + 1);
    HtSpoolPage *page = spool_page(place->spool, MESSAGES * EACH, 1000, 1 << 20);
    for (guint i = 0; i < page->events->len; i++) { /* nothing lost stands between */
        HtStoredState state = page_event(page, i)->state;
        g_assert_true(state == HT_STORED_REMOVED || state == HT_STORED_WHOLE);
    }
    ht_spool_page_free(page);
    place_close(place);
    expect_sound(place);
    tree_remove(folder);
    tree_remove(kept);
}

TEST(test_a_copy_that_was_altered_is_not_put_in_place)
{
    g_autofree char *folder = NULL;
    g_autoptr(GString) report = g_string_new(NULL);
    HtSpoolBackedUp made;
    (void)unused;
    fill(place);
    HtSpoolBackup asked = ask_copy(place, &folder);
    g_assert_true(ht_spool_backup(&asked, &made, report, NULL));
    static const char *const names[] = {"spool.db", "site.key", "SHA256SUMS"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        g_autofree char *bytes = NULL;
        g_autofree char *kept = NULL;
        g_autoptr(GError) error = NULL;
        gsize size;
        g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
        bytes[size / 2] ^= 1;
        g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
        g_assert_false(ht_spool_restore(&asked, true, 0, &made, &kept, report, &error));
        g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT);
        bytes[size / 2] ^= 1;
        g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    }
    expect_sound(place);
    tree_remove(folder);
}

/* ---- Repair ---- */

TEST(test_a_sound_spool_is_repaired_to_the_same)
{
    HtSpoolSalvaged salvaged;
    g_autoptr(GError) error = NULL;
    (void)unused;
    fill(place);
    g_autofree guint *before = read_fresh(place);
    g_assert_cmpuint(place_count_known(place, HT_SPOOL_STORE_TIES), ==, MESSAGES * EACH);
    g_assert_true(salvage(place, &salvaged, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(salvaged.events, ==, MESSAGES * EACH);
    g_assert_cmpuint(salvaged.messages, ==, MESSAGES);
    g_assert_cmpuint(salvaged.last, ==, MESSAGES * EACH);
    g_assert_cmpuint(salvaged.lost + salvaged.missing->len + salvaged.holes->len, ==, 0);
    g_autofree guint *after = read_fresh(place);
    g_assert_cmpmem(before, MESSAGES * EACH * sizeof *before, after, MESSAGES * EACH * sizeof *after);
    g_assert_cmpint(place_number(place, "SELECT count(*) FROM dead_letters"), ==, 1);
    g_assert_cmpint(place_number(place, "SELECT seq FROM cursors"), ==, 100);
    g_assert_cmpuint(place_count_known(place, HT_SPOOL_STORE_TIES), ==, MESSAGES * EACH);
    place_open(place);
    HtSpoolStatus status;
    ht_spool_status(place->spool, &status);
    g_assert_cmpuint(status.aliases, ==, MESSAGES * EACH);
    for (unsigned n = 0; n < MESSAGES; n++) {
        g_assert_true(send(place, n).resent);
    }
    g_assert_cmpuint(send(place, MESSAGES).sequence, ==, MESSAGES * EACH + 1);
    place_close(place);
    tree_remove(salvaged.kept);
    ht_spool_salvaged_clear(&salvaged);
}

/* ---- State ---- */

/* A row and more of everything that is kept beside messages and events. */
static const char state_rows[] =
    "INSERT INTO payloads VALUES(1, x'01'), (7, x'0203');"
    "INSERT INTO faults VALUES(2, x'04');"
    "INSERT INTO quarantine VALUES(1, zeroblob(16), 'hukou', 5, zeroblob(32), 1, 'crashed', x'05', NULL);"
    "INSERT INTO subjects VALUES('p-1', 1, NULL), ('p-2', 0, 'p-1');"
    "INSERT INTO conflicts VALUES(randomblob(16), 'hukou', 'registerNumber', 'p-1', 'p-2', 0, 2, 5, 9);"
    "INSERT INTO claims VALUES(randomblob(16), 'p-1');"
    "INSERT INTO subject_audit VALUES(1, 5, 7, 'join', 'p-1', 'p-2', '', '', 'known');"
    "INSERT INTO damaged VALUES(590, 'checksum', 5, NULL, NULL);"
    "INSERT INTO days VALUES(20000, 'hukou', 1, 2, 3, 4), (20001, 'hukou', 1, 2, 3, 4);"
    "INSERT INTO cursors VALUES('batch', 30, NULL, 3, 27), ('*replay-1', 12, NULL, 0, 0);"
    "INSERT INTO dead_letters VALUES(3, 'batch', 29, 4, x'06', 6, 'hukou', 'person.born.v1', 0);"
    "INSERT INTO pauses VALUES('consumer', 'batch', 1, 5, 7, 'ticket', '', 0), ('consumer', 'platform', 2, 6, -1, '', '', 0),"
    " ('intake', '', 3, 7, 7, 'a new disk', 'from 18:00 on', 600), ('route', 'all', 1, 8, 7, '', '', 0),"
    " ('source', 'hukou', 3, 9, 7, '', 'moves', 60), ('source', 'marriage', 1, 9, 7, '', '', 0);"
    "INSERT INTO replays VALUES(1, 'batch', 1, 100, 'person.*', '', 7, 5, 0, 0, 11, 1, 0);"
    "INSERT INTO audit VALUES(1, 5, 7, 'source pause', 'hukou', 'ticket'), (2, 6, 7, 'spool prune', '', '');"
    "INSERT OR REPLACE INTO meta VALUES('pruned-through', x'0000000000000000');";

/* What a repair makes anew, or has its own tests. */
static const char *const made_anew[] = {"messages", "rows",           "places",      "meta",
                                        "segments", "segment_blocks", "segment_log", NULL};

static void add_table(sqlite3 *db, const char *table, GString *text)
{
    g_autofree char *sql = g_strdup_printf("SELECT * FROM %s ORDER BY 1, 2", table);
    sqlite3_stmt *rows = NULL;
    unsigned count = 0;
    g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), ==, SQLITE_OK);
    for (; sqlite3_step(rows) == SQLITE_ROW; count++) {
        g_string_append(text, table);
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            int size = sqlite3_column_bytes(rows, i);
            g_autofree char *base64 = g_base64_encode(sqlite3_column_blob(rows, i), (gsize)size);
            g_string_append_printf(text, " %s", base64);
        }
        g_string_append_c(text, '\n');
    }
    sqlite3_finalize(rows);
    g_test_message("%s: %u rows", table, count);
    g_assert_cmpuint(count, >, 0); /* a table that is new: give it rows above, and see what becomes of them */
}

static char *read_state(Place *place)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *tables = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_assert_cmpint(sqlite3_open(place->path, &db), ==, SQLITE_OK);
    g_assert_cmpint(
        sqlite3_prepare_v2(
            db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY 1",
            -1, &tables, NULL),
        ==, SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(tables, 0);
        if (!g_strv_contains(made_anew, table)) {
            add_table(db, table, text);
        }
    }
    sqlite3_finalize(tables);
    g_assert_cmpint(sqlite3_close(db), ==, SQLITE_OK);
    return g_strdup(text->str);
}

static void expect_state_saved(Place *place, const char *before)
{
    HtSpoolSalvaged salvaged;
    g_autoptr(GError) error = NULL;
    bool good = salvage(place, &salvaged, &error);
    g_assert_no_error(error);
    g_assert_true(good);
    g_assert_cmpuint(salvaged.holes->len, ==, 0);
    g_autofree char *after = read_state(place);
    g_assert_cmpstr(after, ==, before);
    tree_remove(salvaged.kept);
    ht_spool_salvaged_clear(&salvaged);
}

TEST(test_all_that_administrators_and_delivery_keep_is_kept)
{
    g_autofree char *bytes = NULL;
    gsize size;
    (void)unused;
    fill(place);
    place_change(place, state_rows);
    g_autofree char *before = read_state(place);
    g_assert_true(g_file_get_contents(place->path, &bytes, &size, NULL));
    expect_state_saved(place, before);
    place_open(place);
    const HtSpoolPause *pause = ht_spool_paused(place->spool, HT_SPOOL_INTAKE, "");
    g_assert_nonnull(pause);
    g_assert_cmpstr(pause->notice, ==, "from 18:00 on");
    g_assert_nonnull(ht_spool_paused(place->spool, HT_SPOOL_SOURCE, "marriage"));
    g_assert_nonnull(ht_spool_paused(place->spool, HT_SPOOL_ROUTE, "all"));
    g_assert_nonnull(ht_spool_paused(place->spool, HT_SPOOL_CONSUMER, "platform"));
    place_close(place);
    memset(bytes, 0, 4096); /* the page that says where all of it is */
    g_assert_true(g_file_set_contents(place->path, bytes, (gssize)size, NULL));
    expect_state_saved(place, before);
}

static bool is_listed(const HtSpoolSalvaged *salvaged, uint64_t sequence)
{
    for (guint i = 0; i < salvaged->missing->len; i++) {
        const HtSpoolMissing *missing = salvaged->missing->pdata[i];
        /* a message's events follow each other, and some of them may be whole */
        if (missing->events > 0 && sequence >= missing->first &&
            sequence < missing->first + MESSAGES * EACH) {
            return true;
        }
    }
    return false;
}

/* The state as it was before the damage, for each of many damages. */
typedef struct {
    char *bytes;
    gsize size;
    guint *digests;
} Whole;

static void check_saved(Place *place, const Whole *whole)
{
    HtSpoolSalvaged salvaged;
    g_autoptr(GError) error = NULL;
    bool good = salvage(place, &salvaged, &error);
    g_assert_no_error(error);
    g_assert_true(good);
    expect_sound(place);
    g_autofree guint *after = read_fresh(place);
    uint64_t gone = 0;
    for (uint64_t sequence = 1; sequence <= MESSAGES * EACH; sequence++) {
        if (after[sequence] != whole->digests[sequence]) {
            g_assert_cmpuint(after[sequence], ==, 0);
            g_assert_true(is_listed(&salvaged, sequence));
            gone++;
        }
    }
    g_assert_cmpuint(gone, ==, salvaged.lost);
    place_open(place);
    g_assert_cmpuint(send(place, MESSAGES).sequence, >, MESSAGES * EACH);
    place_close(place);
    expect_sound(place);
    tree_remove(salvaged.kept);
    ht_spool_salvaged_clear(&salvaged);
}

static void put_damaged(Place *place, const Whole *whole, gsize at, gsize size, int value)
{
    g_autofree char *bytes = g_memdup2(whole->bytes, whole->size);
    for (gsize i = at; i < MIN(at + size, whole->size); i++) {
        bytes[i] = value < 0 ? (char)(bytes[i] ^ (1 << (i % 8))) : (char)value;
    }
    g_assert_true(g_file_set_contents(place->path, bytes, (gssize)whole->size, NULL));
}

static Whole make_whole(Place *place)
{
    Whole whole;
    fill(place);
    whole.digests = read_fresh(place);
    g_assert_true(g_file_get_contents(place->path, &whole.bytes, &whole.size, NULL));
    return whole;
}

TEST(test_a_flipped_bit_loses_what_it_is_in_only)
{
    Whole whole = make_whole(place);
    (void)unused;
    for (unsigned i = 0; i < (g_test_slow() ? 1000 : 40); i++) {
        put_damaged(place, &whole, (gsize)g_test_rand_int_range(4096, (int)whole.size), 1, -1);
        check_saved(place, &whole);
    }
    g_free(whole.bytes);
    g_free(whole.digests);
}

/* Rows that SQLite can read and that are none of ours, as a flipped bit makes it. */
TEST(test_what_is_no_row_of_ours_is_left_out)
{
    HtSpoolSalvaged salvaged;
    g_autoptr(GError) error = NULL;
    sqlite3 *db = NULL;
    (void)unused;
    fill(place);
    g_assert_cmpint(sqlite3_open(place->path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db,
                                 "INSERT INTO subjects(subject, numbered, forward)"
                                 " VALUES('p-1', 0, 'q-1'), ('p-2', 0, 'p-2')",
                                 NULL, NULL, NULL),
                    ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_close(db), ==, SQLITE_OK);
    g_assert_true(salvage(place, &salvaged, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(salvaged.events, ==, MESSAGES * EACH);
    g_assert_cmpuint(salvaged.holes->len, ==, 1);
    tree_remove(salvaged.kept);
    ht_spool_salvaged_clear(&salvaged);
}

/* The page that says where all tables begin: gone, of something else, or with a flipped bit. */
TEST(test_a_lost_first_page_loses_nothing)
{
    Whole whole = make_whole(place);
    (void)unused;
    static const int values[] = {0, 0x5a, 0xff};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        put_damaged(place, &whole, 0, 4096, values[i]);
        check_saved(place, &whole);
    }
    for (unsigned i = 0; i < (g_test_slow() ? 400 : 20); i++) {
        gsize at = (gsize)g_test_rand_int_range(0, i % 2 ? 100 : 4096);
        at += at == 62 || at == 63 ? 2
                                   : 0; /* of a small number nobody can say that it is not a newer format's */
        put_damaged(place, &whole, at, 1, -1);
        check_saved(place, &whole);
    }
    g_free(whole.bytes);
    g_free(whole.digests);
}

TEST(test_what_is_no_spool_at_all_stays_as_it_is)
{
    HtSpoolSalvaged salvaged;
    g_autoptr(GError) error = NULL;
    g_autofree char *junk = g_strnfill(100000, 'x'), *after = NULL;
    gsize size;
    (void)unused;
    fill(place);
    g_assert_true(g_file_set_contents(place->path, junk, 100000, NULL));
    g_assert_false(salvage(place, &salvaged, &error));
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT);
    g_assert_nonnull(strstr(error->message, "hutong spool restore"));
    g_assert_true(g_file_get_contents(place->path, &after, &size, NULL));
    g_assert_cmpmem(after, size, junk, 100000);
    g_autofree char *copy = g_build_filename(place->directory, "spool.legible", NULL);
    g_assert_false(g_file_test(copy, G_FILE_TEST_EXISTS));
    ht_spool_salvaged_clear(&salvaged);
}

TEST(test_a_lost_first_page_of_what_an_older_version_made)
{
    g_autofree char *bytes = NULL;
    gsize size;
    (void)unused;
    fill(place);
    place_make_9(place);
    place_open(place);
    place_close(place);
    place_change(place, state_rows);
    g_autofree char *before = read_state(place);
    g_assert_true(g_file_get_contents(place->path, &bytes, &size, NULL));
    expect_state_saved(place, before);
    memset(bytes, 0, 4096);
    g_assert_true(g_file_set_contents(place->path, bytes, (gssize)size, NULL));
    expect_state_saved(place, before);
}

TEST(test_an_older_format_is_repaired)
{
    HtSpoolSalvaged salvaged;
    g_autoptr(GError) error = NULL;
    (void)unused;
    fill(place);
    g_autofree guint *before = read_fresh(place);
    place_make_9(place);
    g_assert_true(salvage(place, &salvaged, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(salvaged.events, ==, MESSAGES * EACH);
    g_assert_cmpuint(salvaged.lost + salvaged.missing->len + salvaged.holes->len, ==, 0);
    expect_sound(place);
    g_autofree guint *after = read_fresh(place);
    g_assert_cmpmem(before, MESSAGES * EACH * sizeof *before, after, MESSAGES * EACH * sizeof *after);
    place_open(place);
    g_assert_true(send(place, 7).resent);
    place_close(place);
    tree_remove(salvaged.kept);
    ht_spool_salvaged_clear(&salvaged);
}

TEST(test_pages_that_are_gone_lose_what_they_held_only)
{
    Whole whole = make_whole(place);
    (void)unused;
    gsize pages = whole.size / 4096;
    for (unsigned i = 0; i < (g_test_slow() ? 400 : 30); i++) {
        gsize page = i < 20 ? i + 1 : (gsize)g_test_rand_int_range(1, (int)pages);
        put_damaged(place, &whole, page * 4096, 4096 * (gsize)g_test_rand_int_range(1, 4), i % 2 ? 0 : 0x5a);
        check_saved(place, &whole);
    }
    put_damaged(place, &whole, whole.size / 2, whole.size, 0);
    check_saved(place, &whole);
    g_free(whole.bytes);
    g_free(whole.digests);
}

TEST(test_a_file_that_was_cut_keeps_what_is_left)
{
    Whole whole = make_whole(place);
    (void)unused;
    for (unsigned i = 1; i < 8; i++) {
        gsize size = whole.size / 8 * i;
        g_assert_true(g_file_set_contents(place->path, whole.bytes, (gssize)size, NULL));
        check_saved(place, &whole);
    }
    g_free(whole.bytes);
    g_free(whole.digests);
}

/* After a kill between two steps of the swap, the old file stands under two names, its WAL under the second. */
TEST(test_an_interrupted_swap_is_taken_back)
{
    HtSpoolSalvaged salvaged;
    g_autoptr(GError) error = NULL;
    (void)unused;
    fill(place);
    g_autofree char *folder = g_build_filename(place->directory, "damaged-20260101T000000Z", NULL);
    g_autofree char *kept = g_build_filename(folder, HT_SPOOL_FILE, NULL);
    g_autofree char *wal = g_strconcat(kept, "-wal", NULL);
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    g_assert_cmpint(link(place->path, kept), ==, 0);
    g_assert_true(g_file_set_contents(wal, "not a wal", -1, NULL));
    g_assert_true(salvage(place, &salvaged, &error));
    g_assert_no_error(error);
    g_assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
    g_assert_cmpuint(salvaged.events, ==, MESSAGES * EACH);
    tree_remove(salvaged.kept);
    ht_spool_salvaged_clear(&salvaged);
}

static void set_up(Place *place, const void *unused)
{
    (void)unused;
    place_set_up(place);
    g_log_set_always_fatal(G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
}

static void tear_down(Place *place, const void *unused)
{
    (void)unused;
    place_remove(place);
}

#define ADD(path, function) g_test_add(path, Place, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/spool/backup/a-copy-beside-a-running-bus-is-a-spool", test_a_copy_beside_a_running_bus_is_a_spool);
    ADD("/spool/backup/a-restored-copy-of-a-lost-spool-skips-numbers",
        test_a_restored_copy_of_a_lost_spool_skips_numbers);
    ADD("/spool/backup/a-copy-that-was-altered-is-not-put-in-place",
        test_a_copy_that_was_altered_is_not_put_in_place);
    ADD("/spool/salvage/a-sound-spool-is-repaired-to-the-same", test_a_sound_spool_is_repaired_to_the_same);
    ADD("/spool/salvage/all-that-administrators-and-delivery-keep-is-kept",
        test_all_that_administrators_and_delivery_keep_is_kept);
    ADD("/spool/salvage/what-is-no-row-of-ours-is-left-out", test_what_is_no_row_of_ours_is_left_out);
    ADD("/spool/salvage/a-flipped-bit-loses-what-it-is-in-only", test_a_flipped_bit_loses_what_it_is_in_only);
    ADD("/spool/salvage/a-lost-first-page-loses-nothing", test_a_lost_first_page_loses_nothing);
    ADD("/spool/salvage/what-is-no-spool-at-all-stays-as-it-is", test_what_is_no_spool_at_all_stays_as_it_is);
    ADD("/spool/salvage/a-lost-first-page-of-what-an-older-version-made",
        test_a_lost_first_page_of_what_an_older_version_made);
    ADD("/spool/salvage/an-older-format-is-repaired", test_an_older_format_is_repaired);
    ADD("/spool/salvage/pages-that-are-gone-lose-what-they-held-only",
        test_pages_that_are_gone_lose_what_they_held_only);
    ADD("/spool/salvage/a-file-that-was-cut-keeps-what-is-left", test_a_file_that_was_cut_keeps_what_is_left);
    ADD("/spool/salvage/an-interrupted-swap-is-taken-back", test_an_interrupted_swap_is_taken_back);
    return g_test_run();
}
