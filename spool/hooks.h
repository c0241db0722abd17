/* Where the tests take hold: a function that runs at each named step of a commit, the question of how much
 * room the disk has, when keys are merged, and how much of an older file moves at once. In the bus all keep their defaults. Set before the spool is
 * opened, never while it is. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/statvfs.h>

#define HT_SPOOL_MIGRATE_SLICE 5000
#define HT_SPOOL_PATIENCE_US 10000000

typedef struct {
    /* While the spool is opened at "migrate", "migrated", "seal" and "sealed"; on the writer thread at "begin", "event", "message", "piece", "whole", "merge", "merged", "sweep", "commit", "hollow", "give-back", "committed", "checkpoint",
     * "checkpointed". NULL: nothing happens. */
    void (*step)(const char *name);
    int (*statvfs)(const char *path, struct statvfs *room);
    size_t keys_merge_at;   /* HT_SPOOL_KEYS_MERGE_AT */
    unsigned migrate_slice; /* events of an older format that move in one transaction */
    int64_t patience_us; /* how long a row that the disk fails to read is tried again before it is set aside */
    unsigned piece_events; /* of a large message in one transaction at most; 0: as many as time allows */
} HtSpoolHooks;

extern HtSpoolHooks ht_spool_hooks;

static inline void ht_spool_step(const char *name)
{
    if (ht_spool_hooks.step) {
        ht_spool_hooks.step(name);
    }
}
