/* Pruning, by the [retention] sections: a sweep looks for events that are to go, writes them to the archive, and has the spool keep nothing of
 * them but what it needs to know them again (spool/hollow.h); then free room is given back to the disk.
 *
 * A sweep reads on a thread of its own, and asks the spool's writer for one small chore after the other, so that nobody waits for it. What
 * is to go is pruned only when its archive file, with its manifest, is on disk; killed between the two, the events stand in two files of the archive,
 * under the same ids, and nowhere less than once. An event stays while a configured consumer has still to get it, or has it as a dead letter,
 * unless its section has a `max-wait`. What is kept of a message that came to no event (its payload, its faults) goes at the age of the first section
 * that its source fits and that names no types. Main thread, but for the thread inside. */
#pragma once

#include "core/config/config.h"
#include "mappings/engine/reference/dictionary.h"
#include "spool/spool.h"

typedef struct HtSweeper HtSweeper;

/* The spool lives longer. Nothing begins by itself. */
HtSweeper *ht_sweeper_new(const HtConfig *config, const HtDictionary *dictionary, HtSpool *spool);

/* A sweep that runs ends early, and what it has not pruned stays. Before the spool is closed. */
void ht_sweeper_free(HtSweeper *sweeper);

/* From the next sweep on this counts; one that runs goes on as it began. */
void ht_sweeper_change(HtSweeper *sweeper, const HtConfig *config, const HtDictionary *dictionary);

typedef struct {
    uint64_t events, bytes;   /* pruned, and about what their data took */
    uint64_t undelivered;     /* of them those that a consumer had still to get (max-wait) */
    uint64_t payloads;        /* of messages that came to no event, which went */
    uint64_t files, archived; /* of the archive, and events in them */
    uint64_t given_back;      /* bytes, to the disk */
} HtSweepFigures;

typedef struct {
    bool running;
    int64_t ended_us;    /* the last one; 0: none */
    HtSweepFigures last; /* of the one that runs, or of the last one */
    HtSweepFigures all;  /* of all that have ended */
    char problem[200];   /* why the last one could not do all; "" when it could */
} HtSweepStatus;

/* `done` (may be NULL) runs when it has ended. False when one runs already. `dry_run`: only counts. */
bool ht_sweeper_start(HtSweeper *sweeper, bool dry_run, void (*done)(const HtSweepStatus *status, void *user),
                      void *user);

void ht_sweeper_status(HtSweeper *sweeper, HtSweepStatus *status);
