/* What a window holds back: rows whose first event may not go at present. Main-loop thread. */
#include "core/delivery/window-row.h"

static void sift_queue(HtWindow *window, GQueue *queue)
{
    for (GList *link = queue->head, *next; link; link = next) {
        HtEntryRow *row = link->data;
        next = link->next;
        if (ht_row_is_held(window, ht_row_first(row))) {
            ht_row_dequeue(window, row);
            ht_row_hold(window, row);
        }
    }
}

static void sift_clock(HtWindow *window, GSequence *clock)
{
    for (GSequenceIter *at = g_sequence_get_begin_iter(clock), *next; !g_sequence_iter_is_end(at);
         at = next) {
        HtEntryRow *row = g_sequence_get(at);
        next = g_sequence_iter_next(at);
        if (ht_row_is_held(window, ht_row_first(row))) {
            ht_row_dequeue(window, row);
            ht_row_hold(window, row);
        }
    }
}

void ht_window_hold(HtWindow *window, HtWindowHolds holds, void *user)
{
    unsigned former = window->held.length;
    window->holds = holds;
    window->holds_user = user;
    for (HtEntryState state = HT_ENTRY_FRESH; state <= HT_ENTRY_AGAIN; state++) {
        sift_queue(window, &window->queues[state]);
    }
    sift_queue(window, &window->overtaking);
    for (unsigned i = 0; i < G_N_ELEMENTS(window->clock); i++) {
        sift_clock(window, window->clock[i]);
    }
    for (unsigned i = 0; i < former; i++) { /* whether they still are is seen when they are read */
        HtEntryRow *row = g_queue_peek_head(&window->held);
        ht_row_dequeue(window, row);
        ht_row_enqueue(window, row, false);
    }
}

unsigned ht_window_held(const HtWindow *window)
{
    return window->held_events;
}

unsigned ht_window_held_sending(const HtWindow *window)
{
    unsigned sending = window->entries.length - window->waiting, held = 0;
    for (const GList *link = window->entries.head; link && sending > 0; link = link->next) {
        const HtEntry *entry = link->data;
        if (entry->state == HT_ENTRY_SENDING) {
            sending--;
            held += ht_row_is_held(window, entry);
        }
    }
    return held;
}
