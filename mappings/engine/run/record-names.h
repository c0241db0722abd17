/* Which elements may be records, or be around some, by their local names: those on the ways to a mapping's records, and its
 * operations, which all carry records. Without regard to case. Made with a mapper; read-only, any thread. */
#pragma once

#include "mappings/engine/rules/rules.h"
#include "mappings/engine/read/reader.h"

/* The caller frees with g_hash_table_unref(). */
GHashTable *ht_record_names_new(const HtMapping *mapping);

HtNameRole ht_record_names_find(GHashTable *names, HtText name);
