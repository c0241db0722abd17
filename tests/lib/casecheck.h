/* Whether what came of a case is right: events held against what the table expects of them. */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* True when all that `expected` names (path → value, {"re": …}, {"absent": true}; "quality" and "unmapped" → {"has": […],
 * "lacks": […], "has-on": element}) holds of the event. Else what does not is added to `report`, a line each. */
bool case_event_is(JsonObject *event, JsonObject *expected, GString *report);
