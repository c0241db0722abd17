/* A large result of a host, read on a thread beside the main loop, together with what its sender prepares of it: 80 000 events would
 * hold the loop for half a second. Whoever starts it pauses the run, so that the host's answers stay in order. Main-loop thread. */
#pragma once

#include "plugins/heard.h"
#include "plugins/tickets.h"

typedef struct HtResultReading HtResultReading;

typedef struct {
    const HtFrame *frame;
    GBytes *body;
    const HtLimits *limits;
    const HtTickets *tickets; /* whose oldest prepares */
} HtResultReadingOptions;

/* `done` comes from the main loop. What the options name must stay until then, but for `frame` and `body`. */
HtResultReading *ht_result_reading_start(const HtResultReadingOptions *options, void (*done)(void *user),
                                         void *user);

/* Blocks when it is not done; `done` will not come then. */
void ht_result_reading_free(HtResultReading *reading);

/* For whoever cannot wait for `done`. */
HtBeside *ht_result_reading_work(const HtResultReading *reading);

/* When it is done: why the frame is not what its type says, or NULL and what it says. */
const char *ht_result_reading_malformed(const HtResultReading *reading);
const HtHeard *ht_result_reading_heard(const HtResultReading *reading);
uint64_t ht_result_reading_ticket(const HtResultReading *reading);
