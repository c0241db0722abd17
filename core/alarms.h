/* Alarms: the bus looks at itself every few seconds, and says once when something begins to be wrong, once when it is over: to the log, on the
 * status page, in the metrics, and as an event of the bus's own (bus.alarm), which a route that names it takes to a consumer. Main thread. */
#pragma once

#include "core/base/buffer.h"
#include "core/bus.h"

/* HT_GUARD_ERROR when the calendar cannot be read: every wrong line, one a line. The bus lives longer. */
HtAlarms *ht_alarms_new(const HtBus *bus, GError **error);
void ht_alarms_free(HtAlarms *alarms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtAlarms, ht_alarms_free)

/* Every second or so; it looks when it is time. */
void ht_alarms_tick(HtAlarms *alarms);

/* Adds the member "alarms". */
void ht_alarms_json(const HtAlarms *alarms, HtBuffer *json);
void ht_alarms_metrics(const HtAlarms *alarms, HtBuffer *text);

/* Those that the parts do not tell themselves in /ready, a line each; NULL: none. The caller frees. */
char *ht_alarms_notice(const HtAlarms *alarms);
