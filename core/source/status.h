/* What the sources say of themselves. Main-loop thread. */
#pragma once

#include "core/source/sources.h"

/* Adds the member "sources". */
void ht_sources_json(const HtSources *sources, HtBuffer *json);

void ht_sources_metrics(const HtSources *sources, HtBuffer *text);
