/* What the spool takes of a message: its key, its events, what may be kept of its payload. Pure. Main-loop thread. */
#pragma once

#include "core/message/message.h"

/* With its events, for ht_spool_append(). Each event is checked here, and stays packed. HT_EVENT_ERROR when the host gave something
 * that is not an event. */
HtSpoolMessage *ht_message_keep(const HtMessage *message, const HtOutcome *outcome, GError **error);

/* Without events, for ht_spool_quarantine(): the payload, if it is there, and the faults. `outcome` is NULL when the host gave none. */
HtSpoolMessage *ht_message_keep_refused(const HtMessage *message, const HtOutcome *outcome);

/* Frees one that was not given to the spool. */
void ht_message_keep_free(HtSpoolMessage *kept);

/* Is what the host gave back as the payload what was sent? */
bool ht_message_is_genuine(const HtMessage *message, const HtOutcome *outcome);
