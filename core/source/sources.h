/* All sources of the bus, and the gate before them. Owned by the bus (core/bus.c); the public door finds a request's
 * source in them. Main-loop thread. */
#pragma once

#include "core/source/source.h"

typedef struct HtSources HtSources;

/* Makes every source, and the gate unless `adapter-check` is off. HT_GUARD_ERROR: all token files that are wrong, one a line. */
HtSources *ht_sources_new(const HtConfig *config, GError **error);

/* Ends the hosts and the checks. What was submitted is called back with an error first. */
void ht_sources_free(HtSources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSources, ht_sources_free)

/* Checks begin, end and are repeated with it; sources that were replaced are let go when nothing of theirs is under way. Once a second. */
void ht_sources_tick(HtSources *sources);

/* The source that answers at this path, as ht_url_path_write() has it: /in/NAME, or a further one of its configuration. `path` becomes
 * the sources' copy, which lives until they are changed. NULL when there is none. */
HtSource *ht_sources_find(const HtSources *sources, const char **path);

/* In the order of the configuration. */
unsigned ht_sources_count(const HtSources *sources);
HtSource *ht_sources_at(const HtSources *sources, unsigned index);

/* What the gate says of a source's adapter and mapping. False: nothing is checked. */
bool ht_sources_gate(const HtSources *sources, const HtSource *source, HtGateStatus *status);

/* ---- Another configuration ---- */

/* The sources as another configuration has them, made beside those that serve. */
typedef struct HtSourcesChange HtSourcesChange;

/* Sources whose settings are the same stay as they are, but for who may send. HT_GUARD_ERROR, as ht_sources_new(). */
HtSourcesChange *ht_sources_prepare(HtSources *sources, const HtConfig *config, GError **error);

/* Whether the dictionary, the tables or the divisions are others. */
bool ht_sources_change_has_other_data(const HtSourcesChange *change);

/* Whether all that it needs has passed its check: until then the sources that there are go on. Once a second. HT_GATE_FAILED with a
 * reason, which the caller frees. */
HtGateState ht_sources_change_look(HtSourcesChange *change, char **reason);

/* From here on it counts. Who is replaced ends with what it has in hand, by the configuration's `reload-drain` at the latest. */
void ht_sources_commit(HtSources *sources, HtSourcesChange *change /* transfer full */);
void ht_sources_change_free(HtSourcesChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSourcesChange, ht_sources_change_free)
