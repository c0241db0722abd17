/* "Did you mean": how far apart two words are. */
#pragma once

#include <glib.h>

/* Edits (insert, delete, change, swap of neighbours) that turn `a` into `b`; words longer than 63 bytes count as far. */
unsigned ht_suggest_distance(const char *a, const char *b);

/* Of records whose first member is their name: the name that a mistyped one may mean; NULL: none is near. */
const char *ht_suggest_record(const char *name, const GPtrArray *known);
