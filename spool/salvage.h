/* Repairing a damaged spool: what can be read goes into a new file beside it, which then takes its place; the old one is kept. Nothing
 * is given out twice: sequences go on above the highest of which there is a trace, events that are lost keep theirs, empty and set
 * aside (damage.h), and lost receipts are kept as empty ones. For a command, on the main thread; no bus may run. Blocks. */
#pragma once

#include "spool/spool.h"

/* A message of which events are lost, or whose receipt is. */
typedef struct {
    char message[HT_UUID_TEXT]; /* "" when it is not known */
    char *source;               /* "" when it is not known */
    int64_t received_us;        /* 0 when it is not known */
    uint64_t first,
        events; /* sequence of the first event that is lost, and how many of the message are; 0: none */
    bool receipt_lost;
} HtSpoolMissing;

/* A table of which rows are lost. */
typedef struct {
    char *table;
    uint64_t rows;  /* that could not be taken over */
    uint64_t holes; /* places that could not be read: how many rows were there is not known */
} HtSpoolHole;

typedef struct {
    uint64_t events, lost; /* saved, and not */
    uint64_t messages;     /* saved */
    uint64_t last;         /* sequences go on above it */
    GPtrArray *missing;    /* of HtSpoolMissing, in order */
    GPtrArray *holes;      /* of HtSpoolHole */
    char *kept;            /* where the old file is */
    int findings;          /* of the check of the new one: 0 unless there is a fault in this */
} HtSpoolSalvaged;

void ht_spool_salvaged_clear(HtSpoolSalvaged *salvaged);

typedef struct {
    const char *directory;
    HtSpoolLimits limits;
    HtSpoolSealing sealing;
    /* May be NULL: events looked at, and about how many there are. */
    void (*progress)(uint64_t done, uint64_t all, void *user);
    void *user;
} HtSpoolSalvage;

/* After success the directory holds the new spool, the old files are in `kept`, and everything is on disk. `report` takes what the
 * check of the new file finds. On failure the directory is as it was: HT_SPOOL_ERROR (LOCKED, FULL, FORMAT: of a newer version, IO: there is
 * no spool, CORRUPT: nothing is found in it, or it is of an older version and cannot be brought up to date; legible.h). After a crash it is begun again. */
bool ht_spool_salvage(const HtSpoolSalvage *asked, HtSpoolSalvaged *salvaged, GString *report,
                      GError **error);
