/* What a simulated run is, in memory that its lives share: the plan, the clocks, and what is known of the bus from outside. A life is a
 * process from the opening of the spool to its death; what it had in memory is gone with it, as it is with a real one. */
#pragma once

#include "core/base/uuid.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define STEPS_MAX 512
#define KEYS 96      /* numbers that messages have */
#define PLACES 24    /* events of one message at most */
#define VERSIONS 40  /* contents under one number */
#define ATTEMPTS 768 /* sendings */
#define LOG_MAX 4096
#define PERSONS 7
#define SUBJECTS (PERSONS + 1)
#define CONSUMERS 3
#define SOURCES 3
#define TEXT_MAX 512

/* ---- The plan ---- */

typedef enum {
    STEP_NEW,     /* a source sends what it never sent */
    STEP_AGAIN,   /* the same bytes once more */
    STEP_OTHER,   /* other bytes under a known number: a correction */
    STEP_BACK,    /* bytes that were sent under the number before others */
    STEP_RUN,     /* everything that can run does, until nothing is left to do at this time */
    STEP_TURN,    /* a few turns of the threads and of the main loop */
    STEP_WAIT,    /* time passes */
    STEP_CLOCK,   /* the wall clock is set */
    STEP_EIO,     /* the disk fails: once, or from then on */
    STEP_ENOSPC,  /* it is full: once, or from then on */
    STEP_MEND,    /* it works again */
    STEP_KILL,    /* kill -9 */
    STEP_CUT,     /* the power is cut */
    STEP_END,     /* the bus ends as it should */
    STEP_ANSWER,  /* a consumer answers what was sent to it */
    STEP_MOOD,    /* a consumer answers otherwise from now on */
    STEP_HOST,    /* a host does a piece of its work */
    STEP_TROUBLE, /* a host works well or badly from now on */
    STEP_KINDS
} StepKind;

typedef struct {
    uint8_t kind;
    uint32_t argument;
    uint64_t seed; /* of all that is left to chance within it: so it is the same when others are left out */
} Step;

/* ---- What is known of the bus ---- */

typedef enum { SENT, TAKEN, REFUSED, UNKNOWN } AttemptState;

typedef struct {
    uint16_t key, version;
    uint8_t state;
    bool alone;  /* no other of its key was under way */
    bool is_new; /* TAKEN, and nothing of it was known */
    unsigned life;
    HtUuid id, receipt_id;
    uint64_t sequence;
    uint32_t events;
} Attempt;

/* An event that somebody was told of: it is so for ever. */
typedef struct {
    bool known;
    uint8_t place;
    uint16_t key, version;
    HtUuid id; /* all zero: not known */
} Logged;

/* What a consumer knows of an event. */
typedef struct {
    bool finished, dead; /* it took it, and the bus knows; or it is a dead letter */
    bool lingers;        /* it was taken, and is a dead letter on disk, perhaps */
    bool told, written;  /* the spool knows that; the disk does, for certain */
    int64_t finished_us, told_us;
    uint32_t number;                     /* which one it was of its events; 0: it never got it */
    uint64_t first_sent, first_finished; /* moments */
} Shown;

typedef struct {
    uint8_t mood;
    Shown shown[LOG_MAX];
} ConsumerView;

typedef struct {
    Step plan[STEPS_MAX];
    unsigned steps, at, lives;
    char directory[256];
    char failure[TEXT_MAX]; /* empty: none */

    int64_t monotonic_us, wall_offset_us;
    uint64_t random;       /* of the scheduler and of everything that has no own */
    unsigned yield_chance; /* in 256, at each call to the disk */
    unsigned cipher;

    unsigned attempts, keys;
    Attempt attempt[ATTEMPTS];
    uint16_t versions[KEYS], under_way[KEYS];
    struct {
        bool known;
        uint16_t version;
    } latest[KEYS]; /* what was taken last under a number, when that is certain */
    uint64_t last;  /* the greatest sequence that anybody was told of */
    Logged log[LOG_MAX];
    char subject[PERSONS][64];
    uint8_t mark[64]; /* the file of this name as it was synced last: machine.c */
    unsigned mark_bytes;
    uint64_t done_steps; /* of all lives */
    uint64_t moment;     /* counts */
    char seen_subject[SUBJECTS][64];
    ConsumerView consumer[CONSUMERS];
    uint8_t host_mood[SOURCES];
} World;

extern World *world;

/* Notes what was found and ends the life. */
void world_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

/* Ends the life, with what its lives are told by. */
typedef enum { LIFE_DONE = 0, LIFE_FAILED = 1, LIFE_OVER = 7 } LifeEnd;
void world_end_life(LifeEnd end) G_GNUC_NORETURN;

/* Chance, from a state of its own (splitmix64). */
uint64_t chance_next(uint64_t *state);
uint64_t chance_below(uint64_t *state, uint64_t end);
bool chance_in(uint64_t *state, unsigned of);
