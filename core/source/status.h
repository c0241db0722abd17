/* What the sources say of themselves. Main-loop thread. */
#pragma once

#include "core/source/sources.h"
#include "spool/spool.h"

/* Adds the member "sources". The spool knows which are paused. */
void ht_sources_json(const HtSources *sources, HtSpool *spool, HtBuffer *json);

void ht_sources_metrics(const HtSources *sources, HtSpool *spool, HtBuffer *text);
