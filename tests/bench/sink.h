/* A receiving platform that costs little: takes POSTs of CloudEvents and counts them by business number, which it finds
 * without parsing the JSON. Runs in a thread of its own; all functions may be called from any other. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Sink Sink;

typedef struct {
    uint64_t requests, bytes; /* bytes: of bodies */
    uint64_t distinct;        /* business numbers seen */
    uint64_t repeated;        /* events whose business number had been seen */
    uint64_t foreign;         /* events without a business number, or with one outside 1…last */
    uint64_t refused;         /* requests that were answered so: nothing else of them is counted */
    int64_t first_us;         /* monotonic, when the first request came */
    int64_t latest_us;        /* when the latest distinct one came */
} SinkCount;

/* What is answered with `status` instead of being taken. */
typedef struct {
    unsigned status;
    unsigned each_request; /* every n-th; 0: none */
    unsigned each_number;  /* those with an event whose business number n divides; 0: none */
} SinkRefusal;

/* Listens on a free port of 127.0.0.1; business numbers are 1 to `last`. */
Sink *sink_new(uint64_t last);
void sink_free(Sink *sink);

/* From now on. */
void sink_refuse(Sink *sink, SinkRefusal refusal);

unsigned sink_port(const Sink *sink);
void sink_count(Sink *sink, SinkCount *count);

/* Waits until so many distinct business numbers have come; false after the time. */
bool sink_wait(Sink *sink, uint64_t distinct, unsigned timeout_ms);
