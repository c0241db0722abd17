/* Windows for tests: pages that are letters, and what a restart finds of one. Takes the place of the spool's ht_spool_page_free(). */
#pragma once

#include "core/delivery/window.h"

#define LOG_EVENTS 500

/* What a restart finds. */
typedef struct {
    uint64_t cursor, wanted;
    GArray *finished;
} Written;

/* A page of events from `first` on, one for each letter, which names whom it is about. */
HtSpoolPage *page_of(uint64_t first, const char *persons);

/* What the consumer gets. */
bool all_but_x(void *user, const HtStoredEvent *event);

/* The sequences of what was picked: "1 2". */
void assert_picked(GPtrArray *picked, const char *sequences);

/* All that was picked is delivered. */
void finish(HtWindow *window, GPtrArray *picked);

/* Picks up to `most` entries; the caller unrefs. */
GPtrArray *pick_at(HtWindow *window, unsigned most, int64_t now_us);
GPtrArray *pick(HtWindow *window, unsigned most);

/* Of "12-15 18-18". */
GArray *runs_of(const char *text);

/* Moves the cursor, and compares it and what is finished above it. */
void assert_finished(HtWindow *window, uint64_t cursor, const char *wanted);

/* What a restart would find from now on. */
void write_down(HtWindow *window, Written *written);

/* Reads up to 30 events of the log. */
void read_some(HtWindow *window, const char *log, GRand *random);
