/* The conformance kit's parts, shared by adapter-check.c (the kit) and adapter-fixtures.c (payloads with an
 * expectation). Command, main thread. */
#pragma once

#include "core/cli/adapter.h"
#include "plugins/supervisor.h"

typedef struct {
    const char *file;
    char *mapping, *fixtures, *data;
    HtHost *host;
    HtReady ready;
    unsigned failures;
} HtAdapterKit;

/* What came of one payload. */
typedef struct {
    bool done;
    char *error; /* the host died, or could not start; else NULL */
    HtVerdict verdict;
    HtFault fault;
    char *types; /* of the events, one a line */
    char *reply;
} HtAdapterTrial;

void ht_adapter_trial_clear(HtAdapterTrial *trial);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtAdapterTrial, ht_adapter_trial_clear)

/* Prints a claim's line, and counts it when it does not hold. */
void ht_adapter_report(HtAdapterKit *kit, bool good, const char *claim, const char *detail);

/* Has the host decode one payload, and waits for what comes of it. */
void ht_adapter_try(HtAdapterKit *kit, GBytes *body, HtAdapterTrial *trial);

/* Whether a text for clients is well-formed, as far as GLib's simple parser can tell. True for what is no
 * XML. */
bool ht_adapter_check_text(const char *text, GError **error);

/* Decodes the payload in `file` and holds what comes of it against the expectation beside it, if there is
 * one. */
void ht_adapter_check_fixture(HtAdapterKit *kit, const char *file, GBytes *body);
