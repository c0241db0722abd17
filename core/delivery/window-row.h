/* What a window is inside: the rows of persons, the queues in which they stand, and the invariants of window.h. For window.c. Main-loop
 * thread. */
#pragma once

#include "core/delivery/window.h"

#define HT_ROW_ABSENT (HT_ENTRY_SENDING + 1) /* where a row may be, beside the queues of the states */
#define HT_ROW_OVERTAKING (HT_ENTRY_SENDING + 2)
#define HT_ROW_HELD (HT_ENTRY_SENDING + 3)

/* One person's entries. */
struct HtEntryRow {
    GList link; /* in one of the queues */
    GSequenceIter *place;
    GQueue entries;   /* of HtEntry, ascending sequence */
    uint32_t person;  /* the hash; the first bit is set where its events overtake */
    unsigned sending; /* of its entries */
    unsigned in;      /* the queue in which it is: a state, or ABSENT; SENDING: in none */
};

/* Its first entry; a row always has one. */
HtEntry *ht_row_first(const HtEntryRow *row);

/* Puts the row, none of which is SENDING, where its first entry's state says. What is as it was goes back to the front. */
void ht_row_enqueue(HtWindow *window, HtEntryRow *row, bool in_front);
void ht_row_dequeue(HtWindow *window, HtEntryRow *row);

/* Whether it failed before: then it comes back as one that failed. */
bool ht_row_has_failed(const HtEntry *entry);

/* Of these entries, and all behind them in their row, only the places are kept. */
void ht_row_unload(HtWindow *window, GList *from);
void ht_row_drop_event(HtEntry *entry);

/* Whether the entry may not go at present. False while its event is not there. */
bool ht_row_is_held(const HtWindow *window, const HtEntry *entry);

/* The row, which is in no queue, is held: only its places are kept, so that any number of such rows leaves room for the others. */
void ht_row_hold(HtWindow *window, HtEntryRow *row);

/* The first row in the queue of a state (FRESH, SPLIT, AGAIN), or in one of the above. NULL when there is none. */
HtEntryRow *ht_row_first_in(const HtWindow *window, unsigned in);

/* The first row by its time, of DOUBTED or POISON. NULL when there is none. */
HtEntryRow *ht_row_first_timed(const HtWindow *window, HtEntryState state);
