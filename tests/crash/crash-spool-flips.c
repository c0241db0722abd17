/* A spool of which one bit is flipped, anywhere in the file: no event is ever delivered that is not what was written, what is not
 * delivered is named in the status, and the check finds every flip that changed an event, its place or a receipt. FLIP_ROUNDS sets the
 * number of flips (200); each is seeded by its number.
 *
 * Kind: fault.
 * Shows: what is delivered is what was written. */
#include "tests/lib/spool-test.h"

#include "core/base/log.h"

#include <stdlib.h>

#define MESSAGES 150
#define EVENTS 300

typedef struct {
    Place place;
    GPtrArray *events; /* of GBytes: as they were written */
    char *file;
    gsize size;
    GBytes *tables;
    unsigned refused, lost, changed;
    char *reason; /* why a file was refused, the last one */
} Flips;

/* All that a consumer could see of the event. */
static GBytes *bytes_of(const HtStoredEvent *event)
{
    HtBuffer all = {0};
    ht_buffer_add(&all, &event->sequence, sizeof event->sequence);
    ht_buffer_add(&all, event->id.bytes, sizeof event->id.bytes);
    ht_buffer_add(&all, &event->recorded_us, sizeof event->recorded_us);
    ht_buffer_add_text(&all, event->subject);
    ht_event_pack_head(&event->event, &all);
    ht_buffer_add_text(&all, event->event.data);
    return g_bytes_new_take(all.data, all.size);
}

static void append_messages(Place *place)
{
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < MESSAGES; i++) {
        g_autofree char *key = g_strdup_printf("m%u", i);
        HtSpoolMessage *message = message_new("hukou", key);
        for (unsigned j = 0; j < EVENTS / MESSAGES; j++) {
            g_autofree char *event_key = g_strdup_printf("e%u-%u", i, j);
            g_autofree char *text = g_strnfill(i * 7 % 900, 'x');
            HtBuffer data = {0};
            HtItem item = {
                .kind = HT_ITEM_ELEMENT, .name = HT_TEXT_LITERAL("person.name"), .value = ht_text_from(text)};
            ht_item_pack(&data, &item);
            HtEvent *event = message_add(message, keep_text(event_key));
            event->data = (HtText){g_memdup2(data.data, data.size), data.size};
            g_ptr_array_add(kept, (void *)event->data.data);
            ht_buffer_clear(&data);
        }
        spool_take_well(place->spool, message);
    }
}

/* What the tables of the proof hold; NULL when a page of them cannot be read. */
static GBytes *read_tables(Place *place)
{
    static const char *const tables[] = {"rows", "places", "messages"};
    g_autoptr(sqlite3) db = ht_spool_database_open(place->path, NULL);
    HtBuffer all = {0};
    bool good = db != NULL;
    for (size_t i = 0; good && i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *sql = g_strdup_printf("SELECT * FROM %s ORDER BY 1", tables[i]);
        g_autoptr(sqlite3_stmt) rows = NULL;
        int result = sqlite3_prepare_v2(db, sql, -1, &rows, NULL);
        while (result == SQLITE_OK || (result = sqlite3_step(rows)) == SQLITE_ROW) {
            for (int column = 0; result == SQLITE_ROW && column < sqlite3_column_count(rows); column++) {
                ht_buffer_add_text(&all, ht_spool_column_bytes(rows, column));
                ht_buffer_add_char(&all, ';');
            }
            result = SQLITE_ROW;
        }
        good = result == SQLITE_DONE;
    }
    GBytes *bytes = good ? g_bytes_new(all.data, all.size) : NULL;
    ht_buffer_clear(&all);
    return bytes;
}

static void flips_set_up(Flips *flips, const void *unused)
{
    (void)unused;
    Place *place = &flips->place;
    place_set_up(place);
    place_open(place);
    append_messages(place);
    flips->events = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    HtSpoolPage *page = spool_page(place->spool, 0, EVENTS, 1 << 30);
    for (guint i = 0; i < EVENTS; i++) {
        g_ptr_array_add(flips->events, bytes_of(page_event(page, i)));
    }
    ht_spool_page_free(page);
    place_close(place);
    g_assert_true(g_file_get_contents(place->path, &flips->file, &flips->size, NULL));
    flips->tables = read_tables(place);
}

static void flips_tear_down(Flips *flips, const void *unused)
{
    (void)unused;
    place_remove(&flips->place);
    g_ptr_array_unref(flips->events);
    g_bytes_unref(flips->tables);
    g_free(flips->file);
    g_free(flips->reason);
}

/* The file with the bit flipped, the mark as it was, and nothing else. */
static void flip(Flips *flips, gsize bit)
{
    static const char *const others[] = {"-wal", "-shm"};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *path = g_strconcat(flips->place.path, others[i], NULL);
        g_unlink(path);
    }
    flips->file[bit / 8] ^= (char)(1 << bit % 8);
    g_assert_true(g_file_set_contents_full(flips->place.path, flips->file, (gssize)flips->size,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    flips->file[bit / 8] ^= (char)(1 << bit % 8);
}

/* Returns how many events are not delivered. */
static unsigned read_events(Flips *flips, HtSpoolPage *page)
{
    unsigned missing = EVENTS;
    for (guint i = 0; i < page->events->len; i++) {
        const HtStoredEvent *event = page_event(page, i);
        g_autoptr(GBytes) bytes = bytes_of(event);
        if (event->state == HT_STORED_WHOLE) {
            g_assert_cmpuint(event->sequence, <=, EVENTS);
            g_assert_true(g_bytes_equal(bytes, flips->events->pdata[event->sequence - 1]));
            missing--;
        }
    }
    return missing;
}

/* NULL when not even the tables can be read. */
static void keep_page(HtSpoolPage *page, const GError *error, void *user)
{
    g_assert_true((page != NULL) != (error != NULL));
    *(PageAnswer *)user = (PageAnswer){true, page};
}

/* What the bus would do with the file. Returns whether something is missing, and then that was said. */
static bool meet(Flips *flips)
{
    g_autoptr(GError) error = NULL;
    Place *place = &flips->place;
    HtSpoolStatus status;
    PageAnswer answer = {false, NULL};
    place->spool = ht_spool_open(&place->options, &error);
    flips->refused += place->spool == NULL;
    if (!place->spool) {
        g_free(flips->reason);
        flips->reason = g_strdup(error->message);
        return true;
    }
    ht_spool_read(place->spool, 0, EVENTS, 1 << 30, keep_page, &answer);
    while (!answer.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    unsigned missing = answer.page ? read_events(flips, answer.page) : EVENTS;
    ht_spool_page_free(answer.page);
    HtSpoolMessage *message = message_new("hukou", "after"); /* what was found is set aside with it */
    message_add(message, "after");
    Answer taken = spool_take(place->spool, message);
    g_assert_true(taken.error || taken.receipt.sequence > EVENTS); /* no number twice */
    ht_spool_status(place->spool, &status);
    g_assert_true(missing == 0 || status.damaged > 0 || status.failed);
    answer_clear(&taken);
    place_close(place);
    flips->lost += missing;
    return missing > 0;
}

static void test_flips(Flips *flips, const void *unused)
{
    (void)unused;
    const char *text = g_getenv("FLIP_ROUNDS");
    unsigned rounds = text ? (unsigned)strtoul(text, NULL, 10) : 200, found = 0;
    for (unsigned round = 0; round < rounds; round++) {
        g_autoptr(GString) report = g_string_new(NULL);
        g_autoptr(GRand) random = g_rand_new_with_seed(round);
        gsize bit = (gsize)g_rand_int_range(random, 0, (gint32)(flips->size * 8));
        flip(flips, bit);
        g_autoptr(GBytes) tables = read_tables(&flips->place);
        bool changed = !tables || !g_bytes_equal(tables, flips->tables);
        int findings = ht_spool_check(flips->place.directory, report, NULL);
        bool missing = meet(flips);
        flips->changed += changed;
        found += findings != 0;
        if ((changed || missing) && findings == 0) {
            g_test_message("flip %u, at %" G_GSIZE_FORMAT
                           ", is not found by the check; refused was: %s; missing %d",
                           round, bit / 8, flips->reason ? flips->reason : "none", missing);
            g_test_fail();
        }
    }
    g_test_message(
        "%u flips: %u changed events, places or receipts, %u found by the check, %u files refused, %u events set"
        " aside",
        rounds, flips->changed, found, flips->refused, flips->lost);
    g_assert_cmpuint(flips->changed, >, rounds / 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_log_set_level((HtLogLevel)-1); /* each round says what is damaged */
    g_test_add("/spool/flips/none-is-delivered-all-are-found", Flips, NULL, flips_set_up, test_flips,
               flips_tear_down);
    return g_test_run();
}
