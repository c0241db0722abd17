/* The gate before each source of a running bus: it serves only after the conformance kit has passed its adapter, and the site's
 * own mapping with it (item.h).
 *
 * A check that was passed is remembered in `state`/checked, under a digest of all that it depends on (digest.h), so that
 * the next start only has to read those files. What is not known to have passed is checked by a child process, `hutong
 * adapter check … --json`, at low priority and within a time limit, while the bus goes on. A failed check is not
 * remembered: the next start tries again, and so does this one as soon as a file that it depends on changes. An adapter
 * or mapping that is replaced under a running bus, or a fixture of a site's mapping, is checked before it serves.
 *
 * Owned by the sources (core/source/sources.c), each of which is told what it may. Main-loop thread. */
#pragma once

#include "core/kit/item.h"

typedef struct HtGate HtGate;

typedef enum { HT_GATE_CHECKING, HT_GATE_PASSED, HT_GATE_FAILED } HtGateState;

/* The strings are copied. */
typedef struct {
    const char *state;    /* directory; it exists */
    const char *data;     /* directory: dictionary and tables */
    const char *mappings; /* directory of the site's own mappings; may be NULL */
    const char *program;  /* hutong; NULL: the program that is running */
    /* A source's state may be another now. From the main loop, and from inside ht_gate_tick(). */
    void (*changed)(void *user);
    void *user;
} HtGateOptions;

HtGate *ht_gate_new(const HtGateOptions *options);

/* Ends the checks that are running. No callback runs any more. */
void ht_gate_free(HtGate *gate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtGate, ht_gate_free)

/* Answers for this source from now on: its state is known at once; a check that it needs begins with the next tick. What sources
 * have in common is checked once. */
void ht_gate_add(HtGate *gate, const HtGateSource *source);

/* Whether it answers for the source. */
bool ht_gate_has(const HtGate *gate, const HtGateSource *source);

/* Begins checks, ends those that take too long, and finds files that were changed. Once a second. */
void ht_gate_tick(HtGate *gate);

typedef struct {
    HtGateState state;
    int pid;             /* of the check that is running; 0: none */
    const char *mapping; /* the state is the site's mapping's; NULL: the adapter's */
    const char *reason;  /* why it failed: the first check, or that none came to its end; else NULL */
    const char *command; /* that shows all */
} HtGateStatus;

/* The adapter's while that has not passed, then the mapping's. The source was added. The strings live until the next tick. */
void ht_gate_status(const HtGate *gate, const HtGateSource *source, HtGateStatus *status);

/* Whether the item, as it is now, is remembered to have passed: for `hutong check`. Changes nothing. */
bool ht_gate_remembers(const HtGateOptions *options, const HtGateItem *item);
