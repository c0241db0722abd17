/* Records of access: what each consumer was sent, and what of it was shown, into the audit log before it goes. One record for each request.
 * All consumers of a delivery share one. Main-loop thread. */
#pragma once

#include "core/audit/log.h"
#include "core/delivery/recorder.h"

typedef struct HtAccess HtAccess;

/* `audit` lives longer. With `required` nothing personal goes that cannot be recorded. */
HtAccess *ht_access_new(HtAudit *audit, const HtDictionary *dictionary, bool required);

/* The same for another dictionary; what was said by the former one is said anew, in a segment of its own. */
void ht_access_change(HtAccess *access, const HtDictionary *dictionary, bool required);
void ht_access_free(HtAccess *access);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtAccess, ht_access_free)

/* For delivery. What cannot be recorded must not go where the consumer may see what is personal and the audit is required; while it is
 * so, the log is tried again, at most every second. */
HtAccessRecorder ht_access_recorder(HtAccess *access);
