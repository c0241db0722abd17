/* What of one source waits for a commit: counted by core/message, shown by the status. A message that waits holds a reference, because
 * it may outlive its source. Main-loop thread. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct {
    uint64_t messages, bytes;
} HtShare;

HtShare *ht_share_new(void);
HtShare *ht_share_ref(HtShare *share);
void ht_share_unref(HtShare *share);
