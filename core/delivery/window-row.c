/* Rows in queues. Main-loop thread. */
#include "core/delivery/window-row.h"

#define ASSERT_ENTRIES 16 /* larger windows are looked at as a whole now and then only */
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
    bool kept = row->in != HT_ROW_ABSENT && row->in != HT_ROW_HELD;
    g_assert(!g_queue_is_empty((GQueue *)&row->entries)); /* 2 */
    g_assert(row->sending <= row->entries.length);        /* 3 */
    g_assert((row->sending > 0) == (ht_row_first(row)->state == HT_ENTRY_SENDING));
    g_assert(row->in == ht_row_first(row)->state || (!kept && !ht_row_first(row)->event) ||
             (row->in == HT_ROW_OVERTAKING && ht_row_first(row)->state == HT_ENTRY_FRESH)); /* 4 */
}

static void assert_all(const HtWindow *window)
{
    unsigned waiting = 0, ready = 0, rowed = 0, loaded = 0, ahead = 0, held = 0, returning = 0;
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
        held += row->in == HT_ROW_HELD ? row->entries.length : 0;
        returning += row->in == HT_ROW_ABSENT && !ht_row_has_failed(ht_row_first(row));
    }
    g_assert_cmpuint(rowed, ==, window->entries.length);
    g_assert_cmpuint(ahead, ==, window->ahead_count);
    g_assert_cmpuint(waiting, ==, window->waiting); /* 5 */
    g_assert_cmpuint(ready, ==, window->ready);
    g_assert_cmpuint(held, ==, window->held_events);
    g_assert_cmpuint(returning, ==, window->returning);
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
           : in == HT_ROW_HELD       ? &window->held
                                     : &window->queues[in];
}

bool ht_row_has_failed(const HtEntry *entry)
{
    bool waits = entry->state >= HT_ENTRY_AGAIN && entry->state <= HT_ENTRY_POISON;
    return waits || entry->failures_alone > 0 || entry->chances > 0;
}

void ht_row_drop_event(HtEntry *entry)
{
    if (entry->page) {
        g_clear_pointer(&entry->page, ht_spool_page_free);
        entry->event = NULL;
    }
    g_clear_pointer(&entry->event, g_free);
}

void ht_row_unload(HtWindow *window, GList *from)
{
    for (GList *link = from; link; link = link->next) {
        HtEntry *entry = link->data;
        if (entry->event) {
            window->bytes -= entry->bytes;
            window->loaded--;
            entry->bytes = 0;
            ht_row_drop_event(entry);
        }
    }
}

bool ht_row_is_held(const HtWindow *window, const HtEntry *entry)
{
    return window->holds && entry->event && window->holds(window->holds_user, entry->event);
}

void ht_row_hold(HtWindow *window, HtEntryRow *row)
{
    HtEntry *first = ht_row_first(row);
    first->state = is_timed(first->state) ? HT_ENTRY_AGAIN : first->state;
    ht_row_unload(window, row->entries.head);
    row->in = HT_ROW_HELD;
    assert_row(row);
    window->held_events += row->entries.length;
    g_queue_push_tail_link(&window->held, &row->link);
}

static bool is_absent_unfailed(const HtEntryRow *row)
{
    return row->in == HT_ROW_ABSENT && !ht_row_has_failed(ht_row_first(row));
}

void ht_row_enqueue(HtWindow *window, HtEntryRow *row, bool in_front)
{
    const HtEntry *first = ht_row_first(row);
    if (ht_row_is_held(window, first)) {
        ht_row_hold(window, row);
        return;
    }
    row->in = first->event || is_timed(first->state) ? first->state : HT_ROW_ABSENT;
    row->in = row->in == HT_ENTRY_FRESH && first->overtakes ? HT_ROW_OVERTAKING : row->in;
    assert_row(row);
    if (is_timed(row->in)) {
        row->place =
            g_sequence_insert_sorted(window->clock[row->in - HT_ENTRY_DOUBTED], row, compare_times, NULL);
        return;
    }
    window->ready += row->in == HT_ENTRY_FRESH ? row->entries.length : 0;
    window->returning += is_absent_unfailed(row);
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
        window->held_events -= row->in == HT_ROW_HELD ? row->entries.length : 0;
        window->returning -= is_absent_unfailed(row);
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
