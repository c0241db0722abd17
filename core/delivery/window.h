/* The events that a consumer has read and not finished, in order. Pages of the spool are kept while one of their events is
 * needed. Main-loop thread. */
#pragma once

#include "spool/spool.h"

typedef enum { HT_ENTRY_WAITING, HT_ENTRY_SENDING, HT_ENTRY_DONE } HtEntryState;

typedef struct {
    const HtStoredEvent *event;
    HtSpoolPage *page; /* set on a page's last entry: freed with it */
    HtEntryState state;
    bool alone; /* to be sent without others: a batch with it was refused */
    unsigned attempts;
    uint32_t person; /* hash of the subject */
} HtEntry;

typedef struct {
    GQueue entries;   /* of HtEntry, ascending sequence */
    unsigned waiting; /* how many are WAITING */
    uint64_t read_to; /* the last sequence read into the window */
    uint64_t cursor;  /* everything up to it is finished */
} HtWindow;

void ht_window_clear(HtWindow *window);

/* Takes the page; `wanted` says which events the consumer gets, the others are finished at once. Returns how many it
 * gets. */
unsigned ht_window_add(HtWindow *window, HtSpoolPage *page,
                       bool (*wanted)(void *user, const HtStoredEvent *event), void *user);

/* Picks up to `most` waiting entries (about `most_bytes` of data) that may go now, in order, and marks them SENDING. */
GPtrArray *ht_window_pick(HtWindow *window, unsigned most, size_t most_bytes);

void ht_window_set(HtWindow *window, HtEntry *entry, HtEntryState state);

/* Drops the finished beginning; true when the cursor moved. */
bool ht_window_advance(HtWindow *window);
