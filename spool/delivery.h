/* What the spool keeps of delivery besides cursors: dead letters, pauses, replays, and the audit of what administrators did. All is in
 * memory at once and on disk with the next commit, in the order of the calls and before the cursors of that commit; ht_spool_settle() tells when.
 * Main thread, as spool.h. Texts hold no personal data. */
#pragma once

#include "spool/spool.h"

/* ---- Dead letters ---- */

typedef struct {
    uint64_t sequence;
    unsigned attempts;
    const char *reason;        /* NULL: none; may repeat what the event said: reasons.h */
    const char *source, *type; /* of the event; NULL: not known */
    int64_t replay;            /* in which it failed; 0: in none */
} HtSpoolLetter;

/* One event is a dead letter of the consumer now; when it is one already, for another reason and from now on. */
void ht_spool_dead_letter(HtSpool *spool, const char *consumer, const HtSpoolLetter *letter);

/* It is none any more: delivered since, or dropped. False when it was none. */
bool ht_spool_dead_remove(HtSpool *spool, const char *consumer, uint64_t sequence);

/* Of uint64_t, ascending; valid until the next call of these. NULL when there never was one. */
const GArray *ht_spool_dead_sequences(HtSpool *spool, const char *consumer);
bool ht_spool_dead_has(HtSpool *spool, const char *consumer, uint64_t sequence);
uint64_t ht_spool_dead_count(HtSpool *spool, const char *consumer);

/* ---- Pauses ---- */

/* What may be paused. */
typedef enum {
    HT_SPOOL_CONSUMER,
    HT_SPOOL_SOURCE,
    HT_SPOOL_ROUTE,
    HT_SPOOL_INTAKE, /* all sources: maintenance. Its name is "" */
    HT_SPOOL_PARTIES
} HtSpoolParty;

typedef enum {
    HT_SPOOL_PAUSE_NONE,
    HT_SPOOL_PAUSE_ADMIN, /* an administrator's verb */
    HT_SPOOL_PAUSE_GONE,  /* it said that it wants no more */
    HT_SPOOL_PAUSE_DRAIN, /* an administrator's, too: what is under way comes to its end first */
} HtSpoolPauseKind;

typedef struct {
    HtSpoolPauseKind kind;
    int64_t since_us, uid;
    char *reason;     /* for administrators; never NULL in what is kept, */
    char *notice;     /* nor this, for callers */
    unsigned retry_s; /* when callers may come again; 0: nothing is said */
} HtSpoolPause;

/* Copies; kind NONE ends it. */
void ht_spool_pause(HtSpool *spool, HtSpoolParty party, const char *name, const HtSpoolPause *pause);

/* NULL when it is not paused. Valid until the next call of the above. */
const HtSpoolPause *ht_spool_paused(HtSpool *spool, HtSpoolParty party, const char *name);

/* Another number after each change of these. Never 0. */
uint64_t ht_spool_pause_turn(HtSpool *spool);

/* How many of them are. */
unsigned ht_spool_pauses(HtSpool *spool, HtSpoolParty party);

/* ---- Replays ---- */

typedef enum { HT_SPOOL_REPLAY_RUNS, HT_SPOOL_REPLAY_DONE, HT_SPOOL_REPLAY_CANCELLED } HtSpoolReplayState;

/* Events from `first` to `last` go to the consumer again. How far it is, is a cursor: ht_spool_replay_cursor(). */
typedef struct {
    int64_t id;
    char *consumer;
    uint64_t first, last;
    char *types, *sources; /* separated by ;, empty: all */
    int64_t uid, begun_us, ended_us;
    HtSpoolReplayState state;
    uint64_t delivered, dead, skipped;
} HtSpoolReplay;

/* Keeps a replay and its cursor: only `wanted` (of HtSpoolRun, ascending, between first and last; NULL: all of them) go. Gives it
 * its id; what `replay` points to is copied. */
HtSpoolReplay *ht_spool_replay_begin(HtSpool *spool, const HtSpoolReplay *replay, const GArray *wanted);

/* Writes figures and state as they are now; one that has ended has no cursor any more. */
void ht_spool_replay_note(HtSpool *spool, const HtSpoolReplay *replay);

/* All that are kept, of HtSpoolReplay, in order. */
const GPtrArray *ht_spool_replays(HtSpool *spool);

/* The name of its cursor, which is no consumer's. The caller frees. */
char *ht_spool_replay_cursor(const HtSpoolReplay *replay);

/* ---- Audit ---- */

void ht_spool_audit(HtSpool *spool, int64_t uid, const char *verb, const char *what, const char *reason);

/* `done` runs when all of the above is on disk, or with the error: then it is not there yet, and is tried again. In
 * spool.c. */
void ht_spool_settle(HtSpool *spool, void (*done)(const GError *error, void *user), void *user);
