/* What is said beside the mapping of how a source's payloads are mapped: by its configuration. */
#pragma once

#include <stdbool.h>

#include "core/base/limits.h"

typedef struct {
    HtLimits limits;
    const char *division;    /* jurisdiction assumed where a record names none; may be NULL */
    bool quarantine_invalid; /* take the good records although others are bad; else one bad record refuses all */
    bool usernames;          /* who sends says so in a WS-Security header */
    bool signatures; /* who sends has signed, which was verified (plugins/signature): read as it is, or not at all */
} HtMapperOptions;
