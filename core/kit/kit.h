/* The conformance kit: what an adapter must stand before a bus gives it departments' messages. It is tried as a bus
 * would run it, in a hutong-host under the supervisor. `hutong adapter check` prints what comes of it; the bus has that
 * done by a child process before it lets an adapter serve (core/kit/gate.c); `hutong check` runs it too. Runs the default
 * main context until it is through; main thread of a command. */
#pragma once

#include "core/kit/places.h"

typedef enum { HT_KIT_OK, HT_KIT_FAILED, HT_KIT_NOTE } HtKitResult;

/* One check, or a note. `detail` may be NULL. Both say paths, counts and codes; of a payload no values, unless
 * `values` asks for those of the fixtures' differences. */
typedef void (*HtKitReport)(void *user, HtKitResult result, const char *claim, const char *detail);

typedef struct {
    const HtPlaces *places;
    const char *division; /* of the source that the payloads come from; NULL: HT_KIT_DIVISION */
    bool values; /* a difference says what was expected and what came, and all of them are told, each on a line of its own */
    HtKitReport report;
    void *user;
} HtKitOptions;

#define HT_KIT_DIVISION "440104"

typedef struct {
    char *version; /* the adapter's own; NULL when it could not be loaded */
    char *failed;  /* the first check that failed, with its detail; NULL when none did */
    unsigned checks, failures;
    unsigned fixtures;
    unsigned payloads; /* all that were decoded, damaged and repeated ones included */
    bool late;         /* a time limit was met: on a busy machine that may be the machine's fault */
    double seconds;
} HtKitSummary;

/* True when nothing failed. ht_kit_summary_clear() frees what is in the summary. */
bool ht_kit_run(const HtKitOptions *options, HtKitSummary *summary);
void ht_kit_summary_clear(HtKitSummary *summary);
