/* A source's host, as its section of the configuration says. */
#pragma once

#include "core/config/config.h"
#include "plugins/supervisor.h"

/* The adapter's file, absolute. Free it. */
char *ht_source_adapter(const HtConfig *config, const HtSourceConfig *source);

/* Makes the host (it is started at need). The adapter is `NAME.so` in the adapters' directory, the mapping a name in the
 * mappings' directory; either may be a path instead. */
HtHost *ht_source_host(const HtConfig *config, const HtSourceConfig *source);
