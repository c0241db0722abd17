/* Are events as their JSON Schemas say? Held by tests/lib/check-events.py, by means of python3-jsonschema. */
#pragma once

#include "tests/lib/platform.h"

/* Fails the test when an event of the platforms is not what `hutong schema json` says of its type, with places and never values.
 * Skips it where python3-jsonschema is not installed, unless CI is set: then it fails. */
void platforms_check_schemas(Platform *const *platforms, unsigned count);

/* The same for lines of JSON: what is wrong, a line each, which begins with the number of the event's; the caller frees. NULL
 * where it was skipped. */
char *find_schema_errors(const char *lines);
