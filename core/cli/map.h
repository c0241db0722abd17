/* What `hutong map` and `hutong explain` write of one payload's outcome: map-show.c. Commands, main thread. */
#pragma once

#include "core/delivery/policy.h"
#include "core/delivery/route.h"

#include "core/base/outcome.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

/* Somebody who would get the events. */
typedef struct {
    const char *name;
    HtPolicy *policy;
    HtRoutes *routes;
} HtMapConsumer;

/* How it is shown. All but `dictionary` may be NULL or zero. */
typedef struct {
    const HtDictionary *dictionary;
    bool clear;                            /* values as they are; else personal ones are blanked */
    const HtMapConsumer *consumer;         /* as this one would get it, and nothing else */
    const GPtrArray *consumers;            /* of HtMapConsumer: each event says which of them get it */
    const char *bus, *source, *department; /* that events say they are from: routes ask for it */
} HtMapView;

/* One JSON object, set out for people: payload (its name), verdict, records, faults, reply, events. An event is what consumers get, with
 * `key` (true: it has one) and `identities` by kind. A reply is shown in clear only: it may repeat what was sent. */
void ht_map_show(const HtMapView *view, const char *payload, const HtOutcome *outcome, FILE *to);

/* The same as an expectation (core/kit/expectation.h), with all values: the fixture's other half. `request` is that of an expectation that
 * there is (NULL: none). transfer full. */
char *ht_map_expected(const HtOutcome *outcome, const HtUuid *id, JsonObject *request);

/* "2 records: 2 events, 1 mark, 3 unmapped; refused: …": one line, no values. transfer full. */
char *ht_map_describe(const HtOutcome *outcome);
