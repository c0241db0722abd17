/* The hooks' defaults. Read on the main and the writer thread of the bus, changed by crash tests only. */
#include "spool/hooks.h"

#include "spool/keys.h"

HtSpoolHooks ht_spool_hooks = {
    NULL, statvfs, HT_SPOOL_KEYS_MERGE_AT, HT_SPOOL_MIGRATE_SLICE, HT_SPOOL_PATIENCE_US, 0};
