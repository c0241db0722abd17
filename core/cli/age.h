/* Times as people read them at a glance: how long ago. */
#pragma once

#include <json-glib/json-glib.h>

#define HT_CLI_AGE 24

/* How long ago the time is that stands in this member of a status page, as "now", "12 s", "5 min", "3 h", "12 d"; `none` when it has none. */
void ht_cli_age_of(JsonObject *object, const char *member, const char *none, char text[HT_CLI_AGE]);

/* Microseconds since that time; -1 without one. */
int64_t ht_cli_age_us(JsonObject *object, const char *member);
