/* Known keys (see keys.h). Writer thread. */
#include "spool/keys.h"

bool ht_spool_keys_find(HtSpoolIndex *keys, const HtSpoolHash *hash, uint64_t *value, GError **error)
{
    HtSpoolEntry entry;
    bool found;
    bool good = ht_spool_index_find(keys, hash, &found, &entry, error);
    *value = good && found ? entry.value : 0;
    return good;
}

void ht_spool_keys_put(HtSpoolIndex *keys, const HtSpoolHash *hash, uint64_t value)
{
    HtSpoolEntry entry = {.hash = *hash, .value = value};
    ht_spool_index_put(keys, &entry);
}
