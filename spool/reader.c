/* Reading pages. The thread has a read transaction only while it copies one page: a long one would keep
 * the WAL from starting over. */
#include "spool/reader.h"

#include "core/base/clock.h"
#include "spool/hooks.h"
#include "spool/page.h"
#include "spool/schema.h"

#define LIMIT_MAX 10000
#define TRIES 5 /* at least, of what the disk fails to read */
#define PLACES_MAX 1000
#define PROBE_EVENTS 1000
#define PROBE_BYTES ((size_t)1 << 20)

/* A place that the disk fails to read. */
typedef struct {
    uint64_t position; /* first: the key */
    unsigned tries;
    int64_t since_us;
} Failing;

struct HtSpoolReader {
    sqlite3 *db;
    sqlite3_stmt *begin, *end;
    HtSpoolPlaces *places;
    HtSpoolCompletions *completions;
    GThread *thread;
    GHashTable *failing; /* of Failing, by the sequence behind which the disk fails to read */
    uint64_t position;   /* behind which it was read last */
    GMutex lock;
    GCond wake;
    /* Under the lock. */
    HtSpoolTasks questions;
    bool stopping;
};

typedef struct {
    HtSpoolTask task; /* first */
    HtSpoolReading reading;
    HtSpoolPage *page;
    GError *error;
} PageQuestion;

/* What stands between the page's last event and `until` is pruned or lost. */
static bool pass_gap(HtSpoolReader *reader, HtSpoolPage *page, uint64_t until, HtSpoolPageRoom *room,
                     GError **error)
{
    uint64_t pruned;
    if (!ht_spool_meta_pruned(reader->db, &pruned, error)) {
        return false;
    }
    ht_spool_page_skip(page, MIN(pruned, until));
    if (ht_spool_page_last(page) < until) {
        ht_spool_page_add_lost(page, until, room);
    }
    return true;
}

static bool read_place(HtSpoolReader *reader, HtSpoolPage *page, const HtSpoolPlace *place,
                       HtSpoolPageRoom *room, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    if (!ht_spool_places_read(reader->places, place, &bytes, error)) {
        return false;
    }
    ht_spool_page_add(page, place, bytes, room);
    return true;
}

static bool read_places(HtSpoolReader *reader, HtSpoolPage *page, const HtSpoolReading *reading,
                        GError **error)
{
    HtSpoolPageRoom room = {CLAMP(reading->limit, 1, LIMIT_MAX), reading->limit_bytes};
    bool more = true;
    while (more && (page->events->len == 0 || (room.events > 0 && room.bytes > 0))) {
        HtSpoolPlace place;
        bool found;
        uint64_t after = reader->position = ht_spool_page_last(page);
        if (!ht_spool_places_next(reader->places, after, reading->last, &place, &found, error)) {
            return false;
        }
        uint64_t until = found ? ht_spool_place_first(&place) - 1 : reading->last;
        more = after < until ? pass_gap(reader, page, until, &room, error)
                             : found && read_place(reader, page, &place, &room, error);
        if (*error) {
            return false;
        }
    }
    return true;
}

/* In one transaction: what a place names is there as long. An error of the disk ends it by itself. */
static HtSpoolPage *read_page(HtSpoolReader *reader, const HtSpoolReading *reading, GError **error)
{
    HtSpoolPage *page = ht_spool_page_new(reading->after);
    bool good = ht_spool_database_do(reader->begin, error) && read_places(reader, page, reading, error);
    if (!sqlite3_get_autocommit(reader->db)) {
        good = ht_spool_database_do(reader->end, good ? error : NULL) && good;
    }
    if (!good) {
        g_clear_pointer(&page, ht_spool_page_free);
    }
    return page;
}

/* ---- A disk that fails to read ---- */

/* Whether it has failed at this place so often and so long that it will not do better. */
static bool is_hopeless(HtSpoolReader *reader)
{
    int64_t now = ht_clock_monotonic();
    Failing *failing = g_hash_table_lookup(reader->failing, &reader->position);
    if (!failing) {
        if (g_hash_table_size(reader->failing) >= PLACES_MAX) {
            g_hash_table_remove_all(reader->failing);
        }
        failing = g_new0(Failing, 1);
        *failing = (Failing){reader->position, 0, now};
        g_hash_table_add(reader->failing, failing);
    }
    failing->tries++;
    return failing->tries >= TRIES && now - failing->since_us >= ht_spool_hooks.patience_us;
}

static bool has_whole_event(const HtSpoolPage *page)
{
    for (guint i = 0; i < page->events->len; i++) {
        if (((const HtStoredEvent *)page->events->pdata[i])->state == HT_STORED_WHOLE) {
            return true;
        }
    }
    return false;
}

/* Whether the disk reads another part of the file: of one that reads nothing at all no event is given up. */
static bool reads_others(HtSpoolReader *reader, const HtSpoolReading *reading)
{
    const HtSpoolReading probes[] = {
        {.after = 0, .last = reading->last, .limit = LIMIT_MAX, .limit_bytes = PROBE_BYTES},
        {.after = reading->last - MIN(reading->last, PROBE_EVENTS),
         .last = reading->last,
         .limit = LIMIT_MAX,
         .limit_bytes = PROBE_BYTES}};
    bool found = false;
    for (size_t i = 0; !found && i < G_N_ELEMENTS(probes); i++) {
        g_autoptr(GError) error = NULL;
        HtSpoolPage *page = read_page(reader, &probes[i], &error);
        found = page && has_whole_event(page);
        g_clear_pointer(&page, ht_spool_page_free);
    }
    return found;
}

/* What it fails to read is set aside as lost, and the rest goes on. */
static void bear(HtSpoolReader *reader, PageQuestion *question)
{
    ht_spool_places_bear(reader->places, true);
    if (reads_others(reader, &question->reading)) {
        g_clear_error(&question->error);
        question->page = read_page(reader, &question->reading, &question->error);
    }
    ht_spool_places_bear(reader->places, false);
}

static void answer(HtSpoolReader *reader, PageQuestion *question)
{
    question->page = read_page(reader, &question->reading, &question->error);
    if (g_error_matches(question->error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO) && is_hopeless(reader)) {
        bear(reader, question);
    }
}

static gpointer run(gpointer data)
{
    HtSpoolReader *reader = data;
    g_mutex_lock(&reader->lock);
    while (reader->questions.first || !reader->stopping) {
        HtSpoolTask *task = ht_spool_tasks_take(&reader->questions);
        if (!task) {
            g_cond_wait(&reader->wake, &reader->lock);
            continue;
        }
        g_mutex_unlock(&reader->lock);
        HtSpoolTasks answers = {NULL, NULL};
        answer(reader, (PageQuestion *)task);
        ht_spool_tasks_add(&answers, task);
        ht_spool_completions_post(reader->completions, &answers);
        g_mutex_lock(&reader->lock);
    }
    g_mutex_unlock(&reader->lock);
    return NULL;
}

static void free_reader(HtSpoolReader *reader)
{
    if (reader) {
        ht_spool_places_free(reader->places);
        sqlite3_finalize(reader->begin);
        sqlite3_finalize(reader->end);
        g_clear_pointer(&reader->failing, g_hash_table_unref);
        sqlite3_close(reader->db);
        g_free(reader);
    }
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolReader, free_reader)

HtSpoolReader *ht_spool_reader_start(const char *path, HtSpoolCompletions *completions, GError **error)
{
    g_autoptr(HtSpoolReader) reader = g_new0(HtSpoolReader, 1);
    reader->db = ht_spool_database_open(path, error);
    if (!reader->db ||
        !ht_spool_database_run(reader->db, "PRAGMA query_only = 1; PRAGMA cache_size = -512", error) ||
        !ht_spool_database_prepare(reader->db, "BEGIN", &reader->begin, error) ||
        !ht_spool_database_prepare(reader->db, "COMMIT", &reader->end, error)) {
        return NULL;
    }
    reader->places = ht_spool_places_new(reader->db, error);
    if (!reader->places) {
        return NULL;
    }
    reader->failing = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    reader->completions = completions;
    g_mutex_init(&reader->lock);
    g_cond_init(&reader->wake);
    reader->thread = g_thread_new("spool-reader", run, reader);
    return g_steal_pointer(&reader);
}

void ht_spool_reader_stop(HtSpoolReader *reader)
{
    if (!reader) {
        return;
    }
    g_mutex_lock(&reader->lock);
    reader->stopping = true;
    g_cond_signal(&reader->wake);
    g_mutex_unlock(&reader->lock);
    g_thread_join(reader->thread);
    g_cond_clear(&reader->wake);
    g_mutex_clear(&reader->lock);
    free_reader(reader);
}

static void tell_damages(const PageQuestion *question)
{
    for (guint i = 0; i < question->page->events->len; i++) {
        const HtStoredEvent *event = question->page->events->pdata[i];
        HtSpoolDamage damage = {event->sequence, event->state};
        if (event->state >= HT_STORED_DAMAGED) {
            question->reading.damaged(&damage, question->reading.spool);
        }
    }
}

static void hand_over(HtSpoolTask *task)
{
    PageQuestion *question = (PageQuestion *)task;
    if (question->page && ht_spool_page_is_damaged(question->page)) {
        tell_damages(question);
    }
    question->reading.done(question->page, question->error, question->reading.user);
    g_clear_error(&question->error);
    g_free(question);
}

void ht_spool_reader_ask(HtSpoolReader *reader, const HtSpoolReading *reading)
{
    PageQuestion *question = g_new0(PageQuestion, 1);
    question->task.done = hand_over;
    question->reading = *reading;
    g_mutex_lock(&reader->lock);
    ht_spool_tasks_add(&reader->questions, &question->task);
    g_cond_signal(&reader->wake);
    g_mutex_unlock(&reader->lock);
}
