/* Pages of events for delivery, made of rows as they were read or written: the events point into the rows' own bytes, which the page
 * keeps alive. Any thread, one at a time. */
#pragma once

#include "spool/places.h"

HtSpoolPage *ht_spool_page_new(uint64_t after);

typedef struct {
    unsigned events;
    size_t bytes;
} HtSpoolPageRoom; /* what the page still takes; its first event always */

/* Adds the place's events above the page's last one. `bytes` is the row (the page takes a reference), or NULL when it could not be
 * read: each of its events is then there as a lost one. */
void ht_spool_page_add(HtSpoolPage *page, const HtSpoolPlace *place, GBytes *bytes, HtSpoolPageRoom *room);

/* Adds lost events up to `last`: those of which not even a place can be read. */
void ht_spool_page_add_lost(HtSpoolPage *page, uint64_t last, HtSpoolPageRoom *room);

/* Passes over what was pruned. */
void ht_spool_page_skip(HtSpoolPage *page, uint64_t last);

/* The sequence of the last event that was added, lost or passed over; at first what the page was read after. */
uint64_t ht_spool_page_last(const HtSpoolPage *page);

/* Whether it has damaged or lost events. */
bool ht_spool_page_is_damaged(const HtSpoolPage *page);
