/* Rows in queues. Main-loop thread. */
#include "core/delivery/window-row.h"

#define ASSERT_ENTRIES 64 /* larger windows are looked at as a whole now and then only */
#define ASSERT_TURN 512

HtEntry *ht_row_first(const HtEntryRow *row)
{
    return g_queue_peek_head((GQueue *)&row->entries);
}

/* ---- Invariants, by the numbers of the header ---- */

static void assert_entry(const HtWindow *window, const HtEntry *entry, bool is_ahead)
{
    const HtEntry *next = entry->link.next ? entry->link.next->data : NULL;
    g_assert(entry->sequence > window->cursor && (entry->sequence > window->read_to) == is_ahead); /* 1 */
    g_assert(!is_ahead || entry->overtakes);
    g_assert(!next || entry->sequence < next->sequence);
    next = entry->row_link.next ? entry->row_link.next->data : NULL;
    g_assert(!next || entry->sequence < next->sequence);                                    /* 2 */
    g_assert(!next || entry->state == HT_ENTRY_SENDING || next->state != HT_ENTRY_SENDING); /* 3 */
    g_assert(entry->state != HT_ENTRY_DOUBTED || entry->together == 1);                     /* 6 */
    g_assert(entry->state != HT_ENTRY_POISON || entry->together == 1);
}

static void assert_row(const HtEntryRow *row)
{
    g_assert(!g_queue_is_empty((GQueue *)&row->entries)); /* 2 */
    g_assert(row->sending <= row->entries.length);        /* 3 */
    g_assert((row->sending > 0) == (ht_row_first(row)->state == HT_ENTRY_SENDING));
    g_assert(row->in == ht_row_first(row)->state || (row->in == HT_ROW_ABSENT && !ht_row_first(row)->event) ||
             (row->in == HT_ROW_OVERTAKING && ht_row_first(row)->state == HT_ENTRY_FRESH)); /* 4 */
}

static void assert_all(const HtWindow *window)
{
    unsigned waiting = 0, ready = 0, rowed = 0, loaded = 0, ahead = 0;
    size_t bytes = 0;
    GHashTableIter iter;
    void *value;
    for (const GList *link = window->entries.head; link; link = link->next) {
        const HtEntry *entry = link->data;
        ahead += ahead > 0 || link == window->ahead;
        assert_entry(window, entry, ahead > 0);
        waiting += entry->state != HT_ENTRY_SENDING;
        loaded += entry->event != NULL;
        g_assert(entry->event || entry->state != HT_ENTRY_SENDING); /* 4 */
        bytes += entry->bytes;
    }
    g_hash_table_iter_init(&iter, window->rows);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const HtEntryRow *row = value;
        assert_row(row);
        rowed += row->entries.length;
        ready += row->in == HT_ENTRY_FRESH ? row->entries.length : 0;
    }
    g_assert_cmpuint(rowed, ==, window->entries.length);
    g_assert_cmpuint(ahead, ==, window->ahead_count);
    g_assert_cmpuint(waiting, ==, window->waiting); /* 5 */
    g_assert_cmpuint(ready, ==, window->ready);
    g_assert_cmpuint(loaded, ==, window->loaded);
    g_assert_cmpuint(bytes, ==, window->bytes);
}

void ht_window_assert(const HtWindow *window)
{
#ifndef G_DISABLE_ASSERT
    static unsigned turn;
    if (window->entries.length <= ASSERT_ENTRIES || ++turn % ASSERT_TURN == 0) {
        assert_all(window);
    }
#endif
}

/* ---- Rows in queues ---- */

static int compare_times(const void *a, const void *b, void *unused)
{
    (void)unused;
    int64_t left = ht_row_first(a)->not_before_us, right = ht_row_first(b)->not_before_us;
    return left < right ? -1 : left > right;
}

static bool is_timed(unsigned in)
{
    return in == HT_ENTRY_DOUBTED || in == HT_ENTRY_POISON;
}

static GQueue *queue_of(HtWindow *window, unsigned in)
{
    return in == HT_ROW_ABSENT       ? &window->absent
           : in == HT_ROW_OVERTAKING ? &window->overtaking
                                     : &window->queues[in];
}

void ht_row_enqueue(HtWindow *window, HtEntryRow *row, bool in_front)
{
    const HtEntry *first = ht_row_first(row);
    row->in = first->event || is_timed(first->state) ? first->state : HT_ROW_ABSENT;
    row->in = row->in == HT_ENTRY_FRESH && first->overtakes ? HT_ROW_OVERTAKING : row->in;
    assert_row(row);
    if (is_timed(row->in)) {
        row->place =
            g_sequence_insert_sorted(window->clock[row->in - HT_ENTRY_DOUBTED], row, compare_times, NULL);
        return;
    }
    window->ready += row->in == HT_ENTRY_FRESH ? row->entries.length : 0;
    if (in_front) {
        g_queue_push_head_link(queue_of(window, row->in), &row->link);
    } else {
        g_queue_push_tail_link(queue_of(window, row->in), &row->link);
    }
}

void ht_row_dequeue(HtWindow *window, HtEntryRow *row)
{
    if (is_timed(row->in)) {
        g_sequence_remove(row->place);
    } else {
        window->ready -= row->in == HT_ENTRY_FRESH ? row->entries.length : 0;
        g_queue_unlink(queue_of(window, row->in), &row->link);
    }
    row->in = HT_ENTRY_SENDING;
}

HtEntryRow *ht_row_first_in(const HtWindow *window, unsigned in)
{
    return g_queue_peek_head(queue_of((HtWindow *)window, in));
}

HtEntryRow *ht_row_first_timed(const HtWindow *window, HtEntryState state)
{
    GSequence *clock = window->clock[state - HT_ENTRY_DOUBTED];
    return g_sequence_is_empty(clock) ? NULL : g_sequence_get(g_sequence_get_begin_iter(clock));
}
