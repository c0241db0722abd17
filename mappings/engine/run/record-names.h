/* Which elements may be records, or be around some, by their local names: those on the ways to a mapping's records, and its
 * operations, which all carry records. Without regard to case. Made with a mapper; read-only, any thread. */
#pragma once

#include "mappings/engine/rules/rules.h"
#include "mappings/engine/read/reader.h"

typedef struct HtRecordNames HtRecordNames;

HtRecordNames *ht_record_names_new(const HtMapping *mapping);
void ht_record_names_free(HtRecordNames *names);

HtNameRole ht_record_names_find(const HtRecordNames *names, HtText name);
