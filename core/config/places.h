/* Where keys stand: "FILE:LINE" of each, noted as the files are read. What others ask is in core/config/config.h. */
#pragma once

#include "core/config/config.h"

struct HtOrigins {
    GHashTable *places; /* "source hukou\nmapping" → "file:line" */
};

/* "source hukou\nmapping"; the caller frees. */
char *ht_origin_key(const char *group, const char *key);
