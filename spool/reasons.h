/* Reasons of dead letters as they lie on disk: the beginning of what a consumer answered, which may repeat what the event said. So each is sealed under the key of the
 * period of its event, and destroyed with it, however much later it was written. Bound to the event's sequence, not to the consumer, whose name may change. A
 * reason destroyed, or damaged, is no loss: it holds nobody's key back, and the dead letter stays. One thread. */
#pragma once

#include "spool/places.h"
#include "spool/sealer.h"

typedef struct HtSpoolReasons HtSpoolReasons;

HtSpoolReasons *ht_spool_reasons_new(sqlite3 *db, GError **error);
void ht_spool_reasons_free(HtSpoolReasons *reasons);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolReasons, ht_spool_reasons_free)

/* What is to be written for `text`; valid until the next call. Where the event is not sealed, or is not there: under the current period. Of an event of which the key
 * is destroyed there is no reason any more: an empty one. HT_SPOOL_ERROR of the disk. */
bool ht_spool_reasons_seal(HtSpoolReasons *reasons, uint64_t sequence, HtText text, HtText *stored,
                           GError **error);

/* What it says; for one that cannot be told, why, in brackets. The caller frees. */
char *ht_spool_reason_read(HtSpoolSealer *sealer, uint64_t sequence, HtText stored);
