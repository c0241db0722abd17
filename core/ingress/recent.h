/* The last messages at the public door and what became of each, for who watches: ids, names, codes and counts, nothing of what they hold. Kept in
 * memory, round and round. Main-loop thread. */
#pragma once

#include "core/base/buffer.h"
#include "core/base/uuid.h"
#include "spool/spool.h"

typedef struct HtRecent HtRecent;

HtRecent *ht_recent_new(void);
void ht_recent_free(HtRecent *recent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtRecent, ht_recent_free)

/* `source` may be NULL. */
void ht_recent_refused(HtRecent *recent, const HtUuid *id, const char *source, unsigned status,
                       const char *code);
void ht_recent_taken(HtRecent *recent, const HtReceipt *receipt, const char *source);

/* {"last": N, "messages": […]}: those with a number above `after`, the oldest first; what is gone from memory is not there. */
void ht_recent_json(const HtRecent *recent, uint64_t after, HtBuffer *json);
