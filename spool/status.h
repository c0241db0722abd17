/* What the spool says of itself on the status page and in the metrics. Main-loop thread. */
#pragma once

#include "core/base/buffer.h"
#include "spool/spool.h"

/* Adds the member "spool". */
void ht_spool_json(HtSpool *spool, HtBuffer *json);

void ht_spool_metrics(HtSpool *spool, HtBuffer *text);
