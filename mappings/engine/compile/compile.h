/* From a mapping file to its compiled form. Used when a host starts, and by `hutong check` in one. */
#pragma once

#include "mappings/engine/reference/reference.h"
#include "mappings/engine/rules/mapping.h"

/* Reads and compiles `path` (docs/mapping.md), validated against the RELAX NG schema beside the dictionary. All errors
 * at once, each `file:line: error: …`, in the GError's message, one a line. HT_MAPPING_ERROR. What it only warns of:
 * ht_mapping_warnings(). transfer full. */
HtMapping *ht_mapping_load(const char *path, const HtReference *reference, GError **error);

#define HT_MAPPING_ERROR (ht_mapping_error_quark())
GQuark ht_mapping_error_quark(void);
