/* The bodies of what is recorded of deliveries. For each event the log has its id, its subject and what of it was shown: 36 bytes. What
 * was shown is a set of elements, named once a segment.
 *
 *     SET        u32 number, then names with blanks between: `person.name`, masked `person.name~`, hashed `person.name#`
 *     DELIVERY   u16 size and consumer, u16 size and policy version, i64 replay (0: none), u32 count, then for each event 16 bytes of its id,
 *                16 bytes of its subject, u32 set
 *
 * Pure; any thread. */
#pragma once

#include "core/base/uuid.h"
#include "core/base/buffer.h"

#define HT_AUDIT_SUBJECT 16

typedef struct {
    HtUuid id;
    uint8_t subject[HT_AUDIT_SUBJECT];
    uint32_t set;
} HtAuditShown;

typedef struct {
    HtText consumer, version;
    int64_t replay;
    uint32_t count;
    const char *entries; /* for ht_audit_delivery_at() */
} HtAuditDelivery;

/* The 16 bytes that stand behind "p-" in base32; of any other text, the beginning of its SHA-256. */
void ht_audit_subject(HtText subject, uint8_t bytes[HT_AUDIT_SUBJECT]);

/* "p-" and 26 characters, and the end. */
#define HT_AUDIT_SUBJECT_TEXT 29
void ht_audit_subject_write(const uint8_t bytes[HT_AUDIT_SUBJECT], char text[HT_AUDIT_SUBJECT_TEXT]);

/* Begins the body of a delivery; `count` entries are to be added. */
void ht_audit_delivery_begin(const HtAuditDelivery *delivery, HtBuffer *body);
void ht_audit_delivery_add(const HtAuditShown *shown, HtBuffer *body);

/* False when the body is none. */
bool ht_audit_delivery_read(HtText body, HtAuditDelivery *delivery);
void ht_audit_delivery_at(const HtAuditDelivery *delivery, uint32_t index, HtAuditShown *shown);

/* Whether the entry is about the subject: without unpacking it. */
bool ht_audit_delivery_is_of(const HtAuditDelivery *delivery, uint32_t index,
                             const uint8_t subject[HT_AUDIT_SUBJECT]);

void ht_audit_set_write(uint32_t number, HtText names, HtBuffer *body);
bool ht_audit_set_read(HtText body, uint32_t *number, HtText *names);
