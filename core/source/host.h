/* A source's host, as its section of the configuration says. */
#pragma once

#include "core/config/config.h"
#include "plugins/supervisor.h"

/* The adapter's file and the mapping's, absolute: `NAME.so` in the adapters' directory, a name in the mappings' directory (or in
 * that of the data, where there is none); either may be a path instead. Free them. */
char *ht_source_adapter(const HtConfig *config, const HtSourceConfig *source);
char *ht_source_mapping(const HtConfig *config, const HtSourceConfig *source);

/* Why its `memory` may be too little for what it may send; NULL: it is enough. Free it. */
char *ht_source_doubt_memory(const HtSourceConfig *source);

/* Makes the host (it is started at need). */
HtHost *ht_source_host(const HtConfig *config, const HtSourceConfig *source);
