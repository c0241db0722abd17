/* What commands share that ask the bus, running or not (core/verbs.h). */
#pragma once

#include "core/cli/cli.h"

#include <json-glib/json-glib.h>

/* A time as people write it: 30m, 12h, 7d ago; 2026-11-21, 2026-11-21T08:00:00 (of China); RFC 3339 with a zone. False when it is none. */
bool ht_cli_time(const char *text, int64_t *time_us);

/* Has a verb done. NULL after a complaint. The caller unrefs the answer. */
JsonObject *ht_cli_ask(const HtConfig *config, const char *verb, JsonObject *question);

/* On one line of standard output. */
void ht_cli_print(JsonObject *object);
