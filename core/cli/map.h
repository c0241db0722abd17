/* Trying a mapping: what `hutong map`, `hutong explain` and `hutong test` have in common. map-host.c: where it runs, and for whom;
 * map-known.c: what a bus knows already; map-show.c: what is written of one payload's outcome. Commands, main thread. */
#pragma once

#include "core/delivery/policy.h"
#include "core/delivery/route.h"

#include "core/base/outcome.h"
#include "core/config/config.h"
#include "core/source/host.h"
#include "spool/foretell.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

/* Somebody who would get the events. */
typedef struct {
    const char *name;
    HtPolicy *policy;
    HtRoutes *routes;
} HtMapConsumer;

/* What a mapping is tried with; all may be NULL. */
typedef struct {
    const char *adapter; /* a name, or a file; else that of the mapping's name, else the one for plain XML */
    const char *directory;  /* of adapters */
    const char *data;       /* else the configuration's, else the installed one */
    const char *division;   /* else that of the conformance kit */
    const HtConfig *config; /* what is in force */
    const char *site; /* the site's words, where neither the configuration nor the mapping's place says so */
} HtMapPlace;

/* Where dictionary and tables are; the site's: in the configuration's directory of mappings, else beside the mapping (absolute; NULL:
 * there is none). ht_words_clear() frees them. */
HtWords ht_map_words(const HtMapPlace *place, const char *mapping);

/* A host that runs the mapping (absolute). transfer full. */
HtHost *ht_map_host(const HtMapPlace *place, const char *mapping);

/* One that answers each payload with its outline (mappings/engine/outline/outline.h), and has no mapping. transfer full. */
HtHost *ht_map_outliner(const HtMapPlace *place);

/* payload.xml → payload.expected.json, as the conformance kit pairs them. Free it. */
char *ht_map_expectation_file(const char *payload);

/* The dictionary of them; NULL after what is wrong was written to standard error. transfer full. */
HtDictionary *ht_map_dictionary(const HtMapPlace *place, const char *mapping);

/* The section's consumer, with a `policy` of NULL after what is wrong with it was written. It borrows from all three. transfer full. */
HtMapConsumer *ht_map_consumer_new(const HtConfig *config, const HtConsumerConfig *section,
                                   const HtDictionary *dictionary);
void ht_map_consumer_free(void *consumer);

/* How it is shown. All but `dictionary` may be NULL or zero. */
typedef struct {
    const HtDictionary *dictionary;
    bool clear;                            /* values as they are; else personal ones are blanked */
    const HtMapConsumer *consumer;         /* as this one would get it, and nothing else */
    const GPtrArray *consumers;            /* of HtMapConsumer: each event says which of them get it */
    const char *bus, *source, *department; /* that events say they are from: routes ask for it */
    const GArray *known;                   /* of HtSpoolForetold: of each event, what is known of it */
} HtMapView;

/* What the configuration's spool says of the outcome's events (of HtSpoolForetold; the caller unrefs); NULL with an error: it cannot be
 * read, or there is none. */
GArray *ht_map_known(const HtConfig *config, const HtSourceConfig *source, const HtOutcome *outcome,
                     GError **error);

/* Of one event: { "as", "sequence" of the former, or "sameMessage", "action", "conflicts" }. transfer full. */
JsonObject *ht_map_show_known(const HtSpoolForetold *known);

/* "known already: 1 new, 1 duplicate, …": of all. transfer full. */
char *ht_map_describe_known(const GArray *known);

/* One JSON object, set out for people: payload (its name), verdict, records, faults, reply, events. An event is what consumers get, with
 * `key` (true: it has one), `identities` by kind and `known`. A reply is shown in clear only: it may repeat what was sent. */
void ht_map_show(const HtMapView *view, const char *payload, const HtOutcome *outcome, FILE *to);

/* Whether the consumer gets the event of a source; then `seen` is its data as that consumer would get it (transfer full). */
bool ht_map_sees(const HtMapView *view, const HtMapConsumer *consumer, HtEvent *event, JsonNode **seen);

/* The same as an expectation (core/kit/expectation.h), with all values: the fixture's other half. `request` is that of an expectation that
 * there is (NULL: none). With `consumers` of the view, each event says what these see. transfer full. */
char *ht_map_expected(const HtMapView *view, const HtOutcome *outcome, const HtUuid *id, JsonObject *request);

/* "2 records: 2 events, 1 mark, 3 unmapped; refused: …": one line, no values. transfer full. */
char *ht_map_describe(const HtOutcome *outcome);
