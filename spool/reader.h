/* The reader thread: pages of events for delivery, over a connection of its own that can only read. */
#pragma once

#include "spool/completions.h"
#include "spool/damage.h"
#include "spool/spool.h"

typedef struct HtSpoolReader HtSpoolReader;

/* Opens the connection and starts the thread. */
HtSpoolReader *ht_spool_reader_start(const char *path, HtSpoolCompletions *completions, GError **error);

/* Reads what was asked for, closes the connection and joins the thread. */
void ht_spool_reader_stop(HtSpoolReader *reader);

typedef struct {
    uint64_t after, last; /* what is not found up to `last` is lost */
    unsigned limit;
    size_t limit_bytes;
    HtSpoolPageDone done;
    void *user;
    void (*damaged)(const HtSpoolDamage *damage,
                    HtSpool *spool); /* for each that the page has, before `done` */
    HtSpool *spool;
} HtSpoolReading;

/* Main thread. */
void ht_spool_reader_ask(HtSpoolReader *reader, const HtSpoolReading *reading);
