/* A source at run time: its configuration, its host, who may send for it, whether its adapter may serve, and its figures.
 * Main-loop thread. */
#pragma once

#include "core/config/config.h"
#include "core/kit/gate.h"
#include "core/guard/guard.h"
#include "core/source/share.h"
#include "plugins/supervisor.h"

typedef struct {
    uint64_t messages; /* requests that were POSTed */
    uint64_t accepted, resent, rejected, failed, busy;
    uint64_t events, duplicates, quarantined;
    uint64_t bytes;
    int64_t last_us; /* when the last message was accepted; 0 never */
    uint64_t answers, latency_us_sum,
        latency_us_max; /* request complete to answer, of all that reached the host */
} HtSourceFigures;

typedef struct {
    const HtSourceConfig *config;
    char *adapter_file, *mapping_file; /* absolute */
    HtHost *host;
    HtGateState gate; /* what the gate says of it; passed when nothing is checked */
    HtGuard *guard;
    HtSourceFigures figures;
    HtShare *share; /* of it waits for a commit */
} HtSource;

/* Reads its token file, and makes its host (which starts at need). HT_GUARD_ERROR. The configuration lives longer. */
HtSource *ht_source_new(const HtConfig *config, const HtSourceConfig *source, GError **error);
void ht_source_free(HtSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSource, ht_source_free)

/* Who may send for it. HT_GUARD_ERROR. */
HtGuard *ht_source_guard(const HtSourceConfig *source, GError **error);

/* Its adapter's file or its mapping is another now, and has passed: a process with an older one in it is not left to run beside it. Nothing was
 * given to it since the file changed; what it still has in hand is sent again by its sender. */
void ht_source_renew_host(HtSource *source, const HtConfig *config);

/* Whether its adapter and its mapping may serve. Asked at the head, and again when the body goes to the host. False with a refusal. */
bool ht_source_admits(const HtSource *source, HtRefusal *refusal);
