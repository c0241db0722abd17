/* The kit's state, and what its parts ask of each other. kit.c the order of the checks; try.c one payload and what comes
 * of it; swallow.c and dropped.c changed ones; damage.c payloads that no department should send; endure.c many of them. Main thread of a command. */
#pragma once

#include "core/kit/expectation.h"
#include "core/kit/kit.h"
#include "plugins/start.h"
#include "plugins/supervisor.h"

/* So many payloads may end their host before the kit stops: each costs a start, and at worst a whole time limit. */
#define HT_KIT_DEATHS 3

/* A payload's time in the adapter, and the same again for each megabyte. */
#define HT_KIT_MESSAGE_MS 5000

/* A fixture at work. */
typedef struct {
    const HtFixture *fixture;
    HtExpectation *expectation; /* NULL: none */
    GBytes *body;
    HtUuid id;    /* of its message, the same each time: so that nothing else need be different */
    char *digest; /* of what came of it the first time; NULL: nothing did */
} HtKitPayload;

typedef struct {
    const HtKitOptions *options;
    HtKitSummary *summary;
    HtReady ready;
    bool sealed; /* the host has its sandbox: no build with sanitizers */
    unsigned deaths;
    bool given_up;

    const HtFixtureGroup *group; /* the one at work, */
    HtHost *host;                /* its host, */
    GPtrArray *payloads;         /* of HtKitPayload: its fixtures */
} HtKit;

/* ---- report.c ---- */

void ht_kit_report(HtKit *kit, bool good, const char *claim, const char *detail);
void ht_kit_note(HtKit *kit, const char *text);

/* ---- try.c ---- */

/* What came of one payload. */
typedef struct {
    uint32_t alter; /* what of the payload is to be altered (mappings/engine/values/alter.h); 0: nothing */
    bool done;
    bool died;     /* the host, while it worked on this payload */
    char *error;   /* it died, or could not start; else NULL */
    GBytes *frame; /* the outcome as it came, for ht_kit_read() */
} HtKitTrial;

void ht_kit_trial_clear(HtKitTrial *trial);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtKitTrial, ht_kit_trial_clear)

/* Has the host decode a body with this fixture's head and id (NULL: text/xml, a new one), and waits for what comes of
 * it. */
void ht_kit_try(HtKit *kit, const HtKitPayload *like, GBytes *body, HtKitTrial *trial);

/* The outcome, whose texts live as long as the trial; ht_outcome_clear() frees it. */
void ht_kit_read(const HtKitTrial *trial, HtOutcome *outcome);

/* Whether a text for clients is well-formed, as far as GLib's simple parser can tell. True for what is no XML. */
bool ht_kit_is_well_formed(HtText text, GError **error);

/* The adapter's WSDL, when it has one. */
void ht_kit_check_wsdl(HtKit *kit);

/* ---- swallow.c ---- */

/* The fixtures with one value changed, or with another person: the spool would not take them for what it knows. */
void ht_kit_check_swallowed(HtKit *kit);

/* ---- dropped.c ---- */

/* The fixtures with one value changed in their bytes: it comes to the mapping. */
void ht_kit_check_dropped(HtKit *kit);

/* ---- damage.c ---- */

/* What no department sends: it must be answered somehow, and the host go on. */
void ht_kit_check_garbage(HtKit *kit);

/* The payload cut short and changed in places. */
void ht_kit_check_damaged(HtKit *kit, const HtKitPayload *payload);

/* ---- endure.c ---- */

/* All payloads, whole and cut, in turn: neither memory nor descriptors grow. */
void ht_kit_check_endurance(HtKit *kit);
