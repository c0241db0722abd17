/* Looking at messages in quarantine, and at payloads that are kept. By the connection of look.h, beside a running bus or without one;
 * nothing is changed. Blocks. */
#pragma once

#include "spool/history.h"

/* A message that a person is to look at. */
typedef struct {
    HtUuid id;
    char *source;
    char *reason; /* the code of what it was refused with */
    int64_t received_us;
    uint32_t rejected; /* records */
    uint64_t bytes;    /* that its payload takes; 0 when that was not kept */
    uint8_t sha256[32];
} HtSpoolHeld;

void ht_spool_held_clear(HtSpoolHeld *held);

/* Each message in quarantine that was received in the span, in the order in which they came. `held` is the caller's until the callee returns. */
bool ht_spool_look_held(HtSpoolLook *look, const HtSpoolSpan *span,
                        void (*seen)(const HtSpoolHeld *held, void *user), void *user, GError **error);

/* One of them; `found` false when no message with this id is in quarantine. */
bool ht_spool_look_held_one(HtSpoolLook *look, const HtUuid *id, HtSpoolHeld *held, bool *found,
                            GError **error);

/* The payload of a message, in quarantine or taken, as the spool keeps it: without the secrets that its source names. NULL when it is not
 * kept. The caller unrefs. */
bool ht_spool_look_payload(HtSpoolLook *look, const HtUuid *id, GBytes **payload, GError **error);

/* What was found wrong with a message, in quarantine or taken (of HtFault). The caller unrefs. */
bool ht_spool_look_faults(HtSpoolLook *look, const HtUuid *id, GArray **faults, GError **error);
