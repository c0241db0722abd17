/* What the spool says of itself on the status page and in the metrics. Main-loop thread. */
#pragma once

#include "core/base/buffer.h"
#include "spool/delivery.h"

/* Adds the member "spool". */
void ht_spool_json(HtSpool *spool, HtBuffer *json);

/* What state a pause makes, with so much still under way: "paused", "draining", "drained"; without one "open". */
const char *ht_spool_pause_state(const HtSpoolPause *pause, uint64_t under_way);

/* Adds the member of this name: by whom, since when, why, and what callers are told. Nothing for NULL. */
void ht_spool_pause_json(const char *name, const HtSpoolPause *pause, HtBuffer *json);

void ht_spool_metrics(HtSpool *spool, HtBuffer *text);
