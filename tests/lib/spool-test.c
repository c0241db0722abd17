/* See spool-test.h. */
#include "tests/lib/spool-test.h"

#include "spool/held.h"

#include "spool/delivery.h"

#include <sys/wait.h>

void place_set_up(Place *place)
{
    GError *error = NULL;
    *place = (Place){.directory = g_dir_make_tmp("test-spool-XXXXXX", &error)};
    g_assert_no_error(error);
    memset(place->site_key, 7, sizeof place->site_key);
    place->path = g_build_filename(place->directory, HT_SPOOL_FILE, NULL);
    place->options = (HtSpoolOptions){.directory = place->directory,
                                      .site_key = place->site_key,
                                      .limits = ht_spool_limits_default(),
                                      .sealing = {.cipher = HT_SPOOL_CIPHER_AES_256_GCM}};
    place->options.limits.reserve_bytes = 0;
}

void place_open(Place *place)
{
    GError *error = NULL;
    place->spool = ht_spool_open(&place->options, &error);
    g_assert_no_error(error);
    g_assert_nonnull(place->spool);
}

void place_close(Place *place)
{
    ht_spool_close(g_steal_pointer(&place->spool));
}

void place_remove(Place *place)
{
    place_close(place);
    GDir *names = g_dir_open(place->directory, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(names))) {
        g_autofree char *path = g_build_filename(place->directory, name, NULL);
        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    g_dir_close(names);
    g_assert_cmpint(g_rmdir(place->directory), ==, 0);
    g_free(place->directory);
    g_free(place->path);
}

static void set_up(Place *place, const void *data)
{
    (void)data;
    place_set_up(place);
}

static void set_up_open(Place *place, const void *data)
{
    set_up(place, data);
    place_open(place);
}

static void tear_down(Place *place, const void *data)
{
    (void)data;
    place_remove(place);
}

void place_add_test(const char *path, const void *data, PlaceTest test)
{
    g_test_add(path, Place, data, set_up, test, tear_down);
}

void place_add_open_test(const char *path, const void *data, PlaceTest test)
{
    g_test_add(path, Place, data, set_up_open, test, tear_down);
}

static struct {
    const char *prefix;
    unsigned left;
} ending;

static void exit_at_step(const char *name)
{
    if (g_str_has_prefix(name, ending.prefix) && --ending.left == 0) {
        _exit(9);
    }
}

bool place_end_at_step(Place *place, const char *prefix, unsigned step)
{
    int status;
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        ending.prefix = prefix;
        ending.left = step;
        ht_spool_hooks.step = exit_at_step;
        HtSpool *spool = ht_spool_open(&place->options, NULL);
        _exit(spool ? 0 : 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), !=, 1);
    return WEXITSTATUS(status) == 9;
}

void place_expect_refused(Place *place, HtSpoolErrorCode code)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_spool_open(&place->options, &error));
    g_assert_error(error, HT_SPOOL_ERROR, (int)code);
}

void place_change(Place *place, const char *sql)
{
    GError *error = NULL;
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, &error);
    g_assert_no_error(error);
    g_assert_true(ht_spool_database_run(db, sql, &error));
    g_assert_no_error(error);
}

static bool file_holds(const char *path, const char *text)
{
    g_autofree char *bytes = NULL;
    gsize size;
    return g_file_get_contents(path, &bytes, &size, NULL) && memmem(bytes, size, text, strlen(text));
}

bool place_holds_text(const Place *place, const char *text)
{
    g_autofree char *gbk = g_convert(text, -1, "GB18030", "UTF-8", NULL, NULL, NULL);
    g_autoptr(GDir) dir = g_dir_open(place->directory, 0, NULL);
    bool found = false;
    for (const char *name; !found && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(place->directory, name, NULL);
        found = file_holds(path, text) || file_holds(path, gbk);
    }
    return found;
}

GBytes *place_payload(Place *place, const HtUuid *message)
{
    GError *error = NULL;
    GBytes *payload = NULL;
    HtSpoolLook *look = ht_spool_look_open(place->directory, &error);
    g_assert_no_error(error);
    g_assert_true(ht_spool_look_payload(look, message, &payload, &error));
    ht_spool_look_close(look);
    return payload;
}

int64_t place_number(Place *place, const char *sql)
{
    GError *error = NULL;
    int64_t number;
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, &error);
    g_assert_true(ht_spool_database_number(db, sql, &number, &error));
    g_assert_no_error(error);
    return number;
}

/* ---- Stores of what is known ---- */

static bool count_entry(const HtSpoolEntry *entry, void *user, GError **error)
{
    (void)entry;
    (void)error;
    ++*(uint64_t *)user;
    return true;
}

uint64_t place_count_known(Place *place, HtSpoolStore store)
{
    uint64_t count = 0;
    HtSpoolIndexWalk walk = {.store = store, .take = count_entry, .user = &count};
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, NULL);
    g_assert_true(ht_spool_index_walk(db, &walk, NULL));
    return count;
}

void place_put_known(Place *place, HtSpoolStore store, const HtSpoolEntry *entries, size_t count)
{
    GError *error = NULL;
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, NULL);
    g_autoptr(HtSpoolBlocks) blocks = ht_spool_blocks_new(db, 1 << 20, &error);
    g_autoptr(HtSpoolIndex) index = ht_spool_index_new(blocks, store, SIZE_MAX, &error);
    g_assert_no_error(error);
    for (size_t i = 0; i < count; i++) {
        ht_spool_index_put(index, &entries[i]);
        ht_spool_index_add_total(index, 1);
    }
    g_assert_true(ht_spool_index_write(index, &error));
    ht_spool_index_committed(index);
}

static void insert_event(sqlite3_stmt *row, uint64_t sequence, uint64_t message, const HtSpoolRecord *record)
{
    GError *error = NULL;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)sequence);
    ht_spool_bind_blob(row, 2, record->id.bytes, sizeof record->id.bytes);
    sqlite3_bind_int64(row, 3, (sqlite3_int64)message);
    sqlite3_bind_int64(row, 4, record->recorded_us);
    ht_spool_bind_text(row, 5, record->subject);
    ht_spool_bind_blob(row, 6, record->head.data, record->head.size);
    ht_spool_bind_blob(row, 7, record->data.data, record->data.size);
    ht_spool_bind_blob(row, 8, record->content.data, record->content.size);
    g_assert_true(ht_spool_database_do(row, &error));
    g_assert_no_error(error);
}

static void insert_events(sqlite3 *db)
{
    g_autoptr(HtSpoolPlaces) places = ht_spool_places_new(db, NULL);
    g_autoptr(sqlite3_stmt) insert = NULL;
    HtSpoolPlace place = {0};
    bool found = true;
    g_assert_true(
        ht_spool_database_prepare(db, "INSERT INTO events VALUES(?, ?, ?, ?, ?, ?, ?, ?)", &insert, NULL));
    while (found) {
        g_autoptr(GBytes) bytes = NULL;
        HtSpoolRecord record;
        g_assert_true(ht_spool_places_next(places, place.last, UINT32_MAX, &place, &found, NULL));
        g_assert_true(!found || ht_spool_places_read(places, &place, &bytes, NULL));
        HtSpoolRow row = ht_spool_place_row(&place, bytes);
        for (uint32_t i = 0; found && i < place.count; i++) {
            g_assert_cmpint(ht_spool_row_read(&row, i, &record), ==, HT_SPOOL_ROW_GOOD);
            insert_event(insert, ht_spool_place_first(&place) + i, place.message + record.message, &record);
        }
    }
}

/* ---- Older formats ---- */

/* Rows of the older tables. */
typedef struct {
    sqlite3_stmt *put, *take_out;
    HtSpoolWords *words;
} Trees;

static bool put_entry(const HtSpoolEntry *entry, void *user, GError **error)
{
    Trees *trees = user;
    char subject[HT_SPOOL_SUBJECT];
    const char *kind = "", *source = "";
    bool gone = entry->value & HT_SPOOL_ENTRY_GONE;
    sqlite3_stmt *row = gone ? trees->take_out : trees->put;
    ht_spool_bind_blob(row, 1, entry->hash.bytes, HT_SPOOL_HASH_SIZE);
    if (!gone && trees->words) {
        ht_spool_hash_subject(&entry->whose, subject);
        ht_spool_words_find(trees->words, ht_spool_tie_word(entry), &kind, &source);
        ht_spool_bind_text(row, 2, ht_text_from(subject));
        ht_spool_bind_text(row, 3, ht_text_from(kind));
        ht_spool_bind_text(row, 4, ht_text_from(source));
        sqlite3_bind_int(row, 5, (int)ht_spool_tie_state(entry));
    } else if (!gone) {
        sqlite3_bind_int64(row, 2, (sqlite3_int64)entry->value);
    }
    return ht_spool_database_do(row, error);
}

static void put_entries(sqlite3 *db, HtSpoolStore store, const char *put, const char *take_out)
{
    GError *error = NULL;
    bool ties = store == HT_SPOOL_STORE_TIES;
    Trees trees = {.words = ties ? ht_spool_words_new(db, &error) : NULL};
    HtSpoolIndexWalk walk = {.store = store, .take = put_entry, .user = &trees};
    g_assert_true(ht_spool_database_prepare(db, put, &trees.put, &error) &&
                  ht_spool_database_prepare(db, take_out, &trees.take_out, &error) &&
                  ht_spool_index_walk(db, &walk, &error));
    g_assert_no_error(error);
    sqlite3_finalize(trees.put);
    sqlite3_finalize(trees.take_out);
    ht_spool_words_free(trees.words);
}

void place_make_11(Place *place)
{
    place_change(
        place,
        "ALTER TABLE dead_letters RENAME TO newer;"
        "CREATE TABLE dead_letters(consumer TEXT NOT NULL, seq INTEGER NOT NULL, attempts INTEGER NOT NULL,"
        " reason TEXT NOT NULL, time INTEGER NOT NULL, source TEXT NOT NULL DEFAULT '', type TEXT NOT NULL DEFAULT '',"
        " replay INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(consumer, seq)) STRICT, WITHOUT ROWID;"
        "INSERT INTO dead_letters SELECT consumer, seq, attempts, iif(substr(reason, 1, 4) = x'48745631', 'answered',"
        " CAST(reason AS TEXT)), time, source, type, replay FROM newer;"
        "DROP TABLE newer; UPDATE meta SET value = CAST('1' AS BLOB) WHERE name = 'sealed';"
        "PRAGMA user_version = 11");
}

void place_make_9(Place *place)
{
    place_make_11(place);
    place_change(
        place,
        "CREATE TABLE keys(hash BLOB PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE TABLE key_log(id INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;"
        "CREATE TABLE aliases(hash BLOB PRIMARY KEY, subject TEXT NOT NULL, kind TEXT NOT NULL DEFAULT '',"
        " source TEXT NOT NULL DEFAULT '', state INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID");
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, NULL);
    put_entries(db, HT_SPOOL_STORE_KEYS, "INSERT OR REPLACE INTO keys VALUES(?, ?)",
                "DELETE FROM keys WHERE hash = ?");
    put_entries(db, HT_SPOOL_STORE_TIES, "INSERT OR REPLACE INTO aliases VALUES(?, ?, ?, ?, ?)",
                "DELETE FROM aliases WHERE hash = ?");
    g_clear_pointer(&db, sqlite3_close);
    place_change(
        place, "DROP TABLE segments; DROP TABLE segment_blocks; DROP TABLE segment_log;"
               "DROP TABLE tie_words; DROP TABLE pauses;"
               "CREATE TABLE pauses(consumer TEXT PRIMARY KEY, kind INTEGER NOT NULL, since INTEGER NOT NULL,"
               " uid INTEGER NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;"
               "PRAGMA user_version = 9");
}

void place_make_older(Place *place)
{
    place_make_9(place);
    place_change(place,
                 "CREATE TABLE events(seq INTEGER PRIMARY KEY, id BLOB NOT NULL, message INTEGER NOT NULL,"
                 " recorded INTEGER NOT NULL, subject TEXT NOT NULL, head BLOB NOT NULL, data BLOB NOT NULL,"
                 " content BLOB) STRICT");
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, NULL);
    insert_events(db);
    g_clear_pointer(&db, sqlite3_close);
    place_change(
        place,
        "DROP TABLE rows; DROP TABLE places; DROP TABLE damaged;"
        "ALTER TABLE messages DROP COLUMN sum; ALTER TABLE cursors DROP COLUMN start; ALTER TABLE cursors DROP COLUMN wanted; DROP TABLE days;"
        "DROP TABLE pauses; DROP TABLE replays; DROP TABLE audit;"
        "ALTER TABLE dead_letters DROP COLUMN source; ALTER TABLE dead_letters DROP COLUMN type;"
        "ALTER TABLE dead_letters DROP COLUMN replay; PRAGMA user_version = 5");
}

HtSpoolMessage *message_new(const char *source, const char *key)
{
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    message->id = ht_uuid_new();
    message->source = source;
    message->received_us = ht_clock_now();
    message->backing = g_bytes_new(key, strlen(key) + 1);
    message->key = ht_text_from(g_bytes_get_data(message->backing, NULL));
    memset(message->sha256, key[0], sizeof message->sha256);
    message->events = g_array_new(FALSE, FALSE, sizeof(HtEvent));
    return message;
}

const char *keep_text(const char *text)
{
    static GStringChunk *kept;
    kept = kept ? kept : g_string_chunk_new(65536);
    return g_string_chunk_insert_const(kept, text);
}

HtEvent *message_add(HtSpoolMessage *message, const char *key)
{
    HtEvent event = {.key = ht_text_from(key), .data = HT_TEXT_LITERAL("")};
    event.attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.moved-in.v1");
    event.attr[HT_ATTR_BUSINESSID] = ht_text_from(key);
    if (!key) {
        static unsigned others;
        g_autofree char *text = g_strdup_printf("other-%u", ++others);
        event.attr[HT_ATTR_TIME] = ht_text_from(keep_text(text));
    }
    g_array_append_val(message->events, event);
    return &g_array_index(message->events, HtEvent, message->events->len - 1);
}

void event_identify(HtEvent *event, const char *kind, const char *value, bool fresh)
{
    event->identities[event->identity_count++] = (HtIdentity){ht_text_from(kind), ht_text_from(value), fresh};
}

void keep_answer(const HtReceipt *receipt, const GError *error, void *user)
{
    Answer *answer = user;
    g_assert_false(answer->done);
    g_assert_true((receipt != NULL) != (error != NULL));
    answer->done = true;
    if (error) {
        answer->error = g_error_copy(error);
        return;
    }
    answer->receipt = *receipt;
    answer->reply = receipt->reply.data ? g_strndup(receipt->reply.data, receipt->reply.size) : NULL;
    answer->receipt.reply = answer->receipt.reply_type = HT_TEXT_NONE;
}

void answer_clear(Answer *answer)
{
    g_clear_error(&answer->error);
    g_clear_pointer(&answer->reply, g_free);
    *answer = (Answer){0};
}

void answer_wait(Answer *answer)
{
    while (!answer->done) {
        g_main_context_iteration(NULL, TRUE);
    }
}

Answer spool_take(HtSpool *spool, HtSpoolMessage *message)
{
    Answer answer = {0};
    ht_spool_append(spool, message, keep_answer, &answer);
    answer_wait(&answer);
    return answer;
}

HtReceipt spool_take_well(HtSpool *spool, HtSpoolMessage *message)
{
    Answer answer = spool_take(spool, message);
    g_assert_no_error(answer.error);
    HtReceipt receipt = answer.receipt;
    answer_clear(&answer);
    return receipt;
}

void spool_expect_error(HtSpool *spool, HtSpoolMessage *message, HtSpoolErrorCode code)
{
    Answer answer = spool_take(spool, message);
    g_assert_error(answer.error, HT_SPOOL_ERROR, (int)code);
    answer_clear(&answer);
}

static void keep_settled(const GError *error, void *user)
{
    int *settled = user;
    *settled = error ? -1 : 1;
}

bool spool_settles(HtSpool *spool)
{
    int settled = 0;
    ht_spool_settle(spool, keep_settled, &settled);
    while (settled == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    return settled > 0;
}

static void keep_page(HtSpoolPage *page, const GError *error, void *user)
{
    PageAnswer *answer = user;
    g_assert_no_error(error);
    answer->page = page;
    answer->done = true;
}

HtSpoolPage *spool_page(HtSpool *spool, uint64_t after, unsigned limit, size_t limit_bytes)
{
    PageAnswer answer = {false, NULL};
    ht_spool_read(spool, after, limit, limit_bytes, keep_page, &answer);
    while (!answer.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    return answer.page;
}

const HtStoredEvent *page_event(const HtSpoolPage *page, guint index)
{
    g_assert_cmpuint(index, <, page->events->len);
    return g_ptr_array_index(page->events, index);
}

GBytes *place_read_all(Place *place, unsigned events)
{
    HtBuffer all = {0};
    HtSpoolPage *page = spool_page(place->spool, 0, 10000, 1 << 30);
    g_assert_cmpuint(page->events->len, ==, events);
    for (guint i = 0; i < events; i++) {
        const HtStoredEvent *event = page_event(page, i);
        ht_buffer_add(&all, &event->sequence, sizeof event->sequence);
        ht_buffer_add(&all, event->id.bytes, sizeof event->id.bytes);
        ht_buffer_add(&all, &event->recorded_us, sizeof event->recorded_us);
        ht_buffer_add_text(&all, event->subject);
        ht_event_pack_head(&event->event, &all);
        ht_buffer_add_text(&all, event->event.data);
    }
    ht_spool_page_free(page);
    return g_bytes_new_take(all.data, all.size);
}
