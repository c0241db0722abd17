/* Messages kept for a person to look at, and the packed form of faults. */
#pragma once

#include "spool/database.h"
#include "spool/job.h"
#include "spool/sealer.h"

typedef struct HtSpoolQuarantine HtSpoolQuarantine;

HtSpoolQuarantine *ht_spool_quarantine_new(sqlite3 *db, GError **error);
void ht_spool_quarantine_free(HtSpoolQuarantine *quarantine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolQuarantine, ht_spool_quarantine_free)

/* Inside a transaction: keeps the job's message and fills its receipt. A payload that the source has sent
 * before is kept once; the receipt is then that of the first one. */
bool ht_spool_quarantine_keep(HtSpoolQuarantine *quarantine, HtSpoolJob *job, GError **error);

/* Inside a transaction: it is kept no longer; `found` false when it was not. */
bool ht_spool_quarantine_drop(HtSpoolQuarantine *quarantine, const HtUuid *message, bool *found,
                              GError **error);

/* Where the payload (`table` "quarantine") or the faults ("quarantine.faults") of a message stand, for the sealer. */
HtSpoolSpot ht_spool_quarantine_spot(const HtUuid *message, const char *table);

/* Messages kept, those of an open transaction included. */
uint64_t ht_spool_quarantine_count(const HtSpoolQuarantine *quarantine);

void ht_spool_quarantine_committed(HtSpoolQuarantine *quarantine);
void ht_spool_quarantine_rolled_back(HtSpoolQuarantine *quarantine);

/* Appends the faults (of HtFault) as fields of tag 1, each with a packed fault. */
void ht_spool_pack_faults(const GArray *faults, HtBuffer *buffer);
