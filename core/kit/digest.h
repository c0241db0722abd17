/* What a passed check holds for: the adapter, its fixtures and mappings, the dictionary with its tables, and the program.
 * When one of them is another, the adapter is checked anew. No state; any thread. Reads files, so it blocks shortly. */
#pragma once

#include "core/kit/places.h"

/* SHA-256, as hex, of the program's version, hutong-host, and the files in a data directory, and in the site's directory of mappings (NULL:
 * none), that mappings are read with: what all adapters share. Free it. */
char *ht_kit_digest_data(const char *folder, const char *site);

/* SHA-256, as hex, of all that the outcome of a check depends on; `data_digest` is of places->data, `division` (may be NULL) the one
 * that is checked with. What is missing counts as missing. Free it. */
char *ht_kit_digest(const HtPlaces *places, const char *division, const char *data_digest);

/* Sizes and times of the same files but the data: whether it is worth while to read them again. Free it. */
char *ht_kit_fingerprint(const HtPlaces *places);

/* The same without fixtures: of what serves, the adapter and its mappings. */
char *ht_kit_fingerprint_serving(const HtPlaces *places);
