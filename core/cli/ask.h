/* What commands share that ask the bus, running or not (core/verbs.h). */
#pragma once

#include "core/cli/cli.h"

#include <json-glib/json-glib.h>

/* A time as people write it: 90min, 12h, 7d ago; 2026-11-21, 2026-11-21T08:00 (of China); RFC 3339 with a zone. False when it is none. */
bool ht_cli_time(const char *text, int64_t *time_us);

/* --since and --until of a verb; one that is NULL leaves its time as it is. False after a complaint: one is no time, or they are the wrong way round. */
bool ht_cli_span(const char *verb, const char *since, const char *until, int64_t *since_us,
                 int64_t *until_us);

/* Whether one of the records, whose first member is their name, is called so. False after a complaint. `kind`: "source". For a list that found
 * nothing: what was taken out of the configuration may have left something all the same. */
bool ht_cli_knows(const char *verb, const char *kind, const char *name, const GPtrArray *records);

/* Whether each of the types (`person.*;marriage.registered`, as routes write them) fits one that there is. False after a complaint. */
bool ht_cli_knows_types(const char *verb, const HtConfig *config, const char *types);

/* Has a verb done. NULL after a complaint. The caller unrefs the answer. */
JsonObject *ht_cli_ask(const HtConfig *config, const char *verb, JsonObject *question);

/* On one line of standard output. */
void ht_cli_print(JsonObject *object);
