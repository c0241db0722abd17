/* What holds between `[retention]` sections. Called by config.c once all are read; main thread. No state. */
#pragma once

#include "core/config/config.h"

/* Where a key or section stands, and what is to be said of it. */
typedef void (*HtRetentionsTell)(const char *place, const char *text, void *user);

/* Tells what is wrong with the sections to `report`, and to `warn` which of them no event reaches, because one before it fits all that it
 * names. */
void ht_retentions_check(const HtConfig *config, HtRetentionsTell report, HtRetentionsTell warn, void *user);
