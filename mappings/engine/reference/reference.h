/* What all mappings share: the dictionary, the code tables, the divisions. Read once at start, never changed; any thread. */
#pragma once

#include "mappings/engine/reference/dictionary.h"
#include "mappings/engine/reference/divisions.h"
#include "mappings/engine/reference/tables.h"

typedef struct {
    const HtDictionary *dictionary;
    const HtTables *tables;
    const HtDivisions *divisions;
} HtReference;
