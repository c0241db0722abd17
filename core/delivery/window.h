/* The events that a consumer has read and not finished, in order. The window keeps copies of what is wanted, so that a
 * page of the spool is freed at once and the window's bytes are what it holds. Main-loop thread. */
#pragma once

#include "spool/spool.h"

typedef struct {
    GList link;                 /* in the window */
    const HtStoredEvent *event; /* the window's copy */
    size_t bytes;               /* of memory */
    uint32_t person;            /* hash of the subject */
    bool sending;
    unsigned together;       /* at most so many in the request that takes it; 0: any number */
    unsigned attempts;       /* requests that took it */
    unsigned failures;       /* that its own pauses count */
    unsigned failures_alone; /* in a request of its own */
    unsigned streak;         /* the consumer's row of failures that it was last counted in */
    int64_t not_before_us;   /* monotonic; it and its person wait until then */
} HtEntry;

typedef struct {
    GQueue entries;   /* of HtEntry, ascending sequence */
    unsigned waiting; /* how many are not being sent */
    size_t bytes;     /* of all entries */
    uint64_t read_to; /* the last sequence read into the window */
    uint64_t cursor;  /* everything up to it is finished */
} HtWindow;

void ht_window_clear(HtWindow *window);

/* Takes the page; `wanted` says which events the consumer gets, the others are finished at once. Returns how many it
 * gets. */
unsigned ht_window_add(HtWindow *window, HtSpoolPage *page,
                       bool (*wanted)(void *user, const HtStoredEvent *event), void *user);

/* Picks up to `most` entries (about `most_bytes` of data) that may go now, in order, and marks them as being sent. Those
 * whose time has not come hold back their person, and nobody else. The caller unrefs the array; entries stay the window's. */
GPtrArray *ht_window_pick(HtWindow *window, unsigned most, size_t most_bytes, int64_t now_us);

/* The entry was sent in vain: it may go again, not before that time (0: at once). */
void ht_window_return(HtWindow *window, HtEntry *entry, int64_t not_before_us);

/* The entry is delivered or a dead letter: it is freed, and its person goes on. */
void ht_window_finish(HtWindow *window, HtEntry *entry);

/* When the next entry's time comes, after `now_us`; 0 when none waits for its time. */
int64_t ht_window_due(const HtWindow *window, int64_t now_us);

/* Brings the cursor up to the first entry left; true when it moved. */
bool ht_window_advance(HtWindow *window);

/* A name for a request with these entries, the same whenever the same events go together: the id of a single event, else
 * made from all their ids. The caller frees. */
char *ht_window_name(const GPtrArray *entries);
