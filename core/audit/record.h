/* One record of the audit log, as it stands in a segment. All numbers are little endian:
 *
 *     u32 size of the whole record     u16 version, 1     u16 kind     u64 number, from 1 without gaps
 *     i64 microseconds since 1970      body               32 bytes: SHA-256 of the hash before and of all that stands before this one
 *
 * The hash before the very first record is 32 zeros. So who changes a record has to change all that follow, and the seals among them
 * are signed. The body of a delivery and of a set is binary (delivery.h), every other one is a JSON object. Pure; any thread. */
#pragma once

#include "core/base/buffer.h"
#include "core/base/digest.h"

#define HT_AUDIT_RECORD_MAX (8 << 20)

/* Their numbers are on disk: never change one. */
typedef enum {
    HT_AUDIT_OPEN =
        1, /* first of a segment: segment, bus, the hash and the number before it; `missing` when the log had lost some */
    HT_AUDIT_SET = 2,      /* which elements an event showed, under a number of the segment */
    HT_AUDIT_DELIVERY = 3, /* events that went to a consumer */
    HT_AUDIT_POLICY = 4,   /* what a policy says that was in force */
    HT_AUDIT_CONFIG = 5,   /* the configuration in force */
    HT_AUDIT_ADMIN = 6,    /* what an administrator did, looked at, or was refused */
    HT_AUDIT_SEAL = 7,     /* a signature over number and hash of the record before */
    HT_AUDIT_PRUNED = 8,   /* segments that were removed as old as `audit-keep` says */
    HT_AUDIT_STATE = 9,    /* the bus began or ended; the audit could not be written for a time */
} HtAuditKind;

/* "delivery"; NULL for a number that is none. */
const char *ht_audit_kind_name(HtAuditKind kind);

typedef struct {
    HtAuditKind kind;
    uint64_t number;
    int64_t time_us;
    HtText body;
    uint8_t hash[HT_SHA256];
} HtAuditRecord;

/* Appends the record to `out`, and puts its hash into `record->hash`. */
void ht_audit_record_write(HtAuditRecord *record, const uint8_t before[HT_SHA256], HtBuffer *out);

typedef enum {
    HT_AUDIT_READ,
    HT_AUDIT_END,   /* nothing stands there */
    HT_AUDIT_TORN,  /* the bytes end within it, or are none */
    HT_AUDIT_FALSE, /* the hash is another */
} HtAuditRead;

/* Reads the record at the beginning of `bytes`; its body points into them. `size` is how far it goes. */
HtAuditRead ht_audit_record_read(HtText bytes, const uint8_t before[HT_SHA256], HtAuditRecord *record,
                                 size_t *size);
