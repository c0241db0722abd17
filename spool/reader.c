/* Reading pages. The thread has a read transaction only while it copies one page: a long one would keep
 * the WAL from starting over. */
#include "spool/reader.h"

#include "spool/database.h"

#define LIMIT_MAX 10000

struct HtSpoolReader {
    sqlite3 *db;
    sqlite3_stmt *select;
    HtSpoolCompletions *completions;
    GThread *thread;
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

void ht_spool_page_free(HtSpoolPage *page)
{
    if (page) {
        g_ptr_array_unref(page->events);
        g_free(page);
    }
}

static HtText copy_text(char **at, HtText text)
{
    HtText copy = {*at, text.size};
    if (text.size > 0) {
        memcpy(*at, text.data, text.size);
    }
    *at += text.size;
    return copy;
}

/* One event and its texts in one block of memory. */
static HtStoredEvent *read_event(sqlite3_stmt *row, size_t *bytes, GError **error)
{
    HtText id = ht_spool_column_bytes(row, 1);
    HtText subject = ht_spool_column_bytes(row, 3);
    HtText head = ht_spool_column_bytes(row, 4);
    HtText data = ht_spool_column_bytes(row, 5);
    g_autofree HtStoredEvent *event = g_malloc(sizeof *event + subject.size + head.size + data.size);
    char *at = (char *)(event + 1);
    *event = (HtStoredEvent){.sequence = (uint64_t)sqlite3_column_int64(row, 0),
                             .recorded_us = sqlite3_column_int64(row, 2)};
    event->subject = copy_text(&at, subject);
    head = copy_text(&at, head);
    if (id.size != HT_UUID_SIZE || !ht_event_unpack_head(head, &event->event)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                    "spool: event %" G_GUINT64_FORMAT " cannot be read", event->sequence);
        return NULL;
    }
    memcpy(event->id.bytes, id.data, HT_UUID_SIZE);
    event->event.data = copy_text(&at, data);
    *bytes += subject.size + head.size + data.size;
    return g_steal_pointer(&event);
}

static bool read_rows(sqlite3_stmt *row, const HtSpoolReading *reading, HtSpoolPage *page, GError **error)
{
    size_t bytes = 0;
    bool found = true;
    while (found && (page->events->len == 0 || bytes < reading->limit_bytes)) {
        if (!ht_spool_database_row(row, &found, error)) {
            return false;
        }
        HtStoredEvent *event = found ? read_event(row, &bytes, error) : NULL;
        if (found && !event) {
            return false;
        }
        if (event) {
            g_ptr_array_add(page->events, event);
        }
    }
    return true;
}

static void answer(HtSpoolReader *reader, PageQuestion *question)
{
    HtSpoolPage *page = g_new0(HtSpoolPage, 1);
    page->events = g_ptr_array_new_with_free_func(g_free);
    page->after = question->reading.after;
    sqlite3_bind_int64(reader->select, 1, (sqlite3_int64)MIN(page->after, (uint64_t)INT64_MAX));
    sqlite3_bind_int64(reader->select, 2, CLAMP(question->reading.limit, 1, LIMIT_MAX));
    bool good = read_rows(reader->select, &question->reading, page, &question->error);
    sqlite3_reset(reader->select);
    if (good) {
        question->page = page;
    } else {
        ht_spool_page_free(page);
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

HtSpoolReader *ht_spool_reader_start(const char *path, HtSpoolCompletions *completions, GError **error)
{
    g_autoptr(sqlite3) db = ht_spool_database_open(path, error);
    g_autoptr(sqlite3_stmt) select = NULL;
    if (!db || !ht_spool_database_run(db, "PRAGMA query_only = 1; PRAGMA cache_size = -2048", error) ||
        !ht_spool_database_prepare(db,
                                   "SELECT seq, id, recorded, subject, head, data FROM events"
                                   " WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                                   &select, error)) {
        return NULL;
    }
    HtSpoolReader *reader = g_new0(HtSpoolReader, 1);
    reader->db = g_steal_pointer(&db);
    reader->select = g_steal_pointer(&select);
    reader->completions = completions;
    g_mutex_init(&reader->lock);
    g_cond_init(&reader->wake);
    reader->thread = g_thread_new("spool-reader", run, reader);
    return reader;
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
    sqlite3_finalize(reader->select);
    sqlite3_close(reader->db);
    g_cond_clear(&reader->wake);
    g_mutex_clear(&reader->lock);
    g_free(reader);
}

static void hand_over(HtSpoolTask *task)
{
    PageQuestion *question = (PageQuestion *)task;
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
