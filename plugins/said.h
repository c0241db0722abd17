/* What a host's adapter and its mapping say, on its way to the log: bounded and clean. Bus, main-loop thread. */
#pragma once

#include "core/base/log.h"
#include "plugins/layer.h"

#include <glib.h>
#include <stdbool.h>

/* Begins as zeros. */
typedef struct {
    int64_t log_second; /* LOG frames of this second */
    unsigned log_lines;
    GPtrArray *warnings; /* char *: of the mapping, as it compiled the last time; NULL before */
    bool knows_box;
    HtBox box;     /* which layers the last host told of, */
    char *missing; /* and which of them miss; NULL: none */
} HtSaid;

void ht_said_clear(HtSaid *said);

/* A line of the adapter, fit for the log already; those above some in a second are left out. */
void ht_said_log(HtSaid *said, const char *host, HtLogLevel level, const char *text);

/* What the mapping's compiler warned of: char *. Each is logged once, unless `silent`, however often the host starts with the same mapping. */
void ht_said_warnings(HtSaid *said, const char *host, const GPtrArray *warnings, bool silent);

/* Which layers of its box miss is logged once, unless `silent`, and again when it changes. */
void ht_said_box(HtSaid *said, const char *host, const HtBox *box, bool silent);
