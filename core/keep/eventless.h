/* What is kept of messages that came to no event: payloads and faults that go with no event's data. Called by the sweep, on its thread. */
#pragma once

#include "core/config/config.h"
#include "spool/keeping.h"

/* Has the messages (messages.id, as HtSpoolRun) forgotten: `count` gets how many were. False with an error, or when no more are to follow. */
typedef bool (*HtEventlessForget)(GArray *numbers, void *user, uint64_t *count, GError **error);

/* Those of this section, one of the configuration's, that are older than its `keep`: `forget` is called for some at a time. Up to `at` nothing is left to be forgotten; it is moved
 * on. `all` grows by those that were. False with an error, or when `forget` said so. */
bool ht_eventless_sweep(HtSpoolLook *look, const HtConfig *config, const HtRetentionConfig *section,
                        int64_t now_us, uint64_t *at, HtEventlessForget forget, void *user, uint64_t *all,
                        GError **error);
