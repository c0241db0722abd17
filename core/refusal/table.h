/* The table of all codes, in the order of docs/errors.md. Only for this folder. */
#pragma once

#include "core/refusal/refusal.h"

typedef struct {
    const char *title, *before,
        *after; /* what stands in docs/errors.md above and below the codes; NULL: nothing */
    const HtRefusalKind *kinds;
    size_t count;
    bool at_door;
} HtRefusalSection;

extern const HtRefusalSection ht_refusal_sections[];
extern const size_t ht_refusal_n_sections;

/* The kind of a code; NULL when it is not in the table. `section` may be NULL. */
const HtRefusalKind *ht_refusal_find(const char *code, const HtRefusalSection **section);
