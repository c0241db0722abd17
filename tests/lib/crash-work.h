/* What the crash tests of the spool share: eight slots that feed it, what was acknowledged, and the proof
 * afterwards that all of that is there, once, in a file without a fault. */
#pragma once

#include "core/base/clock.h"
#include "core/base/log.h"
#include "spool/disk.h"
#include "spool/hooks.h"
#include "spool/spool.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define SLOTS 8

typedef struct {
    uint64_t number, sequence;
    HtUuid id;
} Ack;

typedef struct Work Work;

typedef struct {
    Work *work;
    uint64_t number; /* of the message in flight */
    bool resending;
} Slot;

struct Work {
    HtSpool *spool;
    uint64_t next, end; /* numbers to be sent */
    unsigned in_flight, io_errors, full_errors;
    Slot slots[SLOTS];
    GArray *acks;                         /* of Ack */
    GHashTable *refused;                  /* numbers refused for want of room */
    void (*acknowledged)(const Ack *ack); /* may be NULL */
    bool (*counts)(void);                 /* false: the answer comes too late to count; may be NULL */
};

HtSpool *crash_open(const char *directory, GError **error);

void work_init(Work *work, HtSpool *spool, uint64_t first, uint64_t count);

void work_clear(Work *work);

/* Message `number`: one event, or two for every fifth; identities that need aliases for every third. Every eleventh is a large one, which is
 * taken piece by piece. Three sources. */
HtSpoolMessage *make_message(uint64_t number);

void work_run(Work *work);

/* ---- Proof ---- */

typedef struct {
    bool done;
    HtSpoolPage *page;
} PageAnswer;

void expect_clean(const char *directory);

typedef struct {
    bool done;
    HtUuid id;
} Resend;

/* Opens the spool again and proves that every ack (with a sequence above `after`) is there once, under its
 * id and sequence. Returns the last sequence. */
uint64_t prove(const char *directory, const GArray *acks, uint64_t after, GHashTable *refused);

void remove_directory(const char *directory);

unsigned rounds_from(const char *variable, unsigned otherwise);
