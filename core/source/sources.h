/* All sources of the bus, and the gate before them. Owned by the bus (core/bus.c); the public door finds a request's
 * source in them. Main-loop thread. */
#pragma once

#include "core/source/source.h"

typedef struct HtSources HtSources;

/* Makes every source, and the gate unless `adapter-check` is off. HT_GUARD_ERROR: all token files that are wrong, one a line.
 * The configuration lives longer. */
HtSources *ht_sources_new(const HtConfig *config, GError **error);

/* Ends the hosts and the checks. What was submitted is called back with an error first. */
void ht_sources_free(HtSources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSources, ht_sources_free)

/* Checks begin, end and are repeated with it. Once a second. */
void ht_sources_tick(HtSources *sources);

/* The source that answers at this path, as ht_url_path_write() has it: /in/NAME, or a further one of its configuration. `path` becomes
 * the sources' copy, which lives as they do. NULL when there is none. */
HtSource *ht_sources_find(const HtSources *sources, const char **path);

/* In the order of the configuration. */
unsigned ht_sources_count(const HtSources *sources);
HtSource *ht_sources_at(const HtSources *sources, unsigned index);

/* What the gate says of a source's adapter and mapping. False: nothing is checked. */
bool ht_sources_gate(const HtSources *sources, const HtSource *source, HtGateStatus *status);
