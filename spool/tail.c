/* Rows on their way from the writer to the windows. */
#include "spool/tail.h"

typedef struct {
    HtSpoolPlace place;
    GBytes *bytes;
    HtSpoolPage *page; /* the main thread's, once somebody has asked */
} TailRow;

struct HtSpoolTail {
    size_t room_bytes;
    GQueue pending; /* of TailRow: the writer's, of the transaction at hand */
    GMutex lock;
    GQueue fresh; /* under the lock: committed, and not seen by the main thread yet */
    size_t fresh_bytes;
    GQueue rows; /* the main thread's, ascending */
    size_t bytes;
};

HtSpoolTail *ht_spool_tail_new(size_t room_bytes)
{
    HtSpoolTail *tail = g_new0(HtSpoolTail, 1);
    tail->room_bytes = room_bytes;
    g_mutex_init(&tail->lock);
    return tail;
}

static void free_row(gpointer data)
{
    TailRow *row = data;
    g_clear_pointer(&row->page, ht_spool_page_free);
    g_bytes_unref(row->bytes);
    g_free(row);
}

void ht_spool_tail_free(HtSpoolTail *tail)
{
    if (tail) {
        g_queue_clear_full(&tail->pending, free_row);
        g_queue_clear_full(&tail->fresh, free_row);
        g_queue_clear_full(&tail->rows, free_row);
        g_mutex_clear(&tail->lock);
        g_free(tail);
    }
}

/* Takes the oldest rows off until the others have room. */
static void make_room(GQueue *rows, size_t *bytes, size_t room_bytes)
{
    while (*bytes > room_bytes) {
        TailRow *row = g_queue_pop_head(rows);
        *bytes -= g_bytes_get_size(row->bytes);
        free_row(row);
    }
}

/* ---- The writer ---- */

void ht_spool_tail_add(HtSpoolTail *tail, const HtSpoolPlace *place, HtText bytes)
{
    if (bytes.size <= tail->room_bytes) {
        TailRow *row = g_new0(TailRow, 1);
        *row = (TailRow){*place, g_bytes_new(bytes.data, bytes.size), NULL};
        g_queue_push_tail(&tail->pending, row);
    }
}

void ht_spool_tail_committed(HtSpoolTail *tail)
{
    if (g_queue_is_empty(&tail->pending)) {
        return;
    }
    g_mutex_lock(&tail->lock);
    for (TailRow *row; (row = g_queue_pop_head(&tail->pending));) {
        tail->fresh_bytes += g_bytes_get_size(row->bytes);
        g_queue_push_tail(&tail->fresh, row);
    }
    make_room(&tail->fresh, &tail->fresh_bytes, tail->room_bytes); /* while nobody asks */
    g_mutex_unlock(&tail->lock);
}

void ht_spool_tail_rolled_back(HtSpoolTail *tail)
{
    g_queue_clear_full(&tail->pending, free_row);
}

/* ---- The main thread ---- */

static void take_fresh(HtSpoolTail *tail)
{
    g_mutex_lock(&tail->lock);
    for (TailRow *row; (row = g_queue_pop_head(&tail->fresh));) {
        tail->bytes += g_bytes_get_size(row->bytes);
        g_queue_push_tail(&tail->rows, row);
    }
    tail->fresh_bytes = 0;
    g_mutex_unlock(&tail->lock);
    make_room(&tail->rows, &tail->bytes, tail->room_bytes);
}

/* Consumers that ask are mostly at the end. */
static TailRow *find_row(const HtSpoolTail *tail, uint64_t sequence)
{
    const GList *link = tail->rows.tail;
    while (link && ht_spool_place_first(&((const TailRow *)link->data)->place) > sequence) {
        link = link->prev;
    }
    TailRow *row = link ? link->data : NULL;
    return row && sequence <= row->place.last ? row : NULL;
}

HtSpoolPage *ht_spool_tail_page(HtSpoolTail *tail, uint64_t after)
{
    take_fresh(tail);
    TailRow *row = find_row(tail, after + 1);
    if (!row) {
        return NULL;
    }
    if (!row->page) {
        HtSpoolPageRoom room = {row->place.count, SIZE_MAX};
        row->page = ht_spool_page_new(ht_spool_place_first(&row->place) - 1);
        ht_spool_page_add(row->page, &row->place, row->bytes, &room);
    }
    return ht_spool_page_ref(row->page);
}
