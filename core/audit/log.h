/* The audit log's writer: who received what, who looked at what, what was in force. Append-only segments in `audit/` of the state directory,
 * each record chained to the one before (record.h), sealed with the site's signing key every `sync_ms` in which something was
 * added, and at the end; the last seal is also in `audit.head` beside them (read.h), so that a log that was cut is found.
 *
 * A record is in the file when a call that adds it returns true: a kill loses nothing of it. The disk has it with the next seal; a power cut
 * may lose what was added since. What cannot be written leaves no part of itself, the log says so, and the next call tries
 * again; the first record that goes through says how long nothing did.
 *
 * One process at a time: whoever has the spool. Main-loop thread; a thread of its own syncs. */
#pragma once

#include "core/audit/read.h"
#include "core/proof/signer.h"

typedef struct HtAudit HtAudit;

typedef struct {
    const char *state;      /* directory */
    const char *bus;        /* its name */
    const HtSigner *signer; /* lives longer */
    uint64_t segment_bytes; /* a segment that is larger is followed by the next */
    uint64_t keep_ms;       /* segments whose last record is older are removed; 0: none is */
    uint64_t sync_ms;
} HtAuditOptions;

/* Opens the log, and makes it at first. A last record that a crash left torn is cut off. A log that ends before its head, or is altered at
 * its end, is left as it is, goes on in a new segment that says so, and is logged as an error. One that cannot be opened is so with each record that
 * is added: it is tried again. */
HtAudit *ht_audit_open(const HtAuditOptions *options);

/* Of other options the sizes and times count from here on: segment_bytes, keep_ms, sync_ms. */
void ht_audit_change(HtAudit *audit, const HtAuditOptions *options);

/* Seals, syncs and closes. */
void ht_audit_close(HtAudit *audit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtAudit, ht_audit_close)

/* Adds a record whose body is this JSON object (or what delivery.h makes). False when it could not be written. Policies, sets and
 * deliveries, which refer to each other, stay in the segment at hand: ht_audit_turn() is their caller's to call. */
bool ht_audit_add(HtAudit *audit, HtAuditKind kind, HtText body);

/* Whether the last record could be written and the last seal synced. With `again`, when not, it is tried now. */
bool ht_audit_works(HtAudit *audit, bool again);

/* Of the segment at hand, 1 for the first: what a record refers to has to be said again in each. */
uint64_t ht_audit_segment(const HtAudit *audit);

/* Makes room for records of this size in the segment at hand, or begins the next one. To be called before what a record refers to is looked up. */
void ht_audit_turn(HtAudit *audit, size_t size);

/* Seals now what is not sealed yet, and waits until the disk has it. False when that fails. */
bool ht_audit_seal(HtAudit *audit);

typedef struct {
    bool works;
    const char *problem;              /* why it does not; NULL */
    uint64_t records, segment, bytes; /* the last record's number; the segment at hand, and its size */
    uint64_t failures;                /* records that could not be written */
    uint64_t missing;                 /* records that were found missing at the start */
    int64_t sealed_us;                /* when the last seal was on the disk; 0: not yet */
} HtAuditStatus;

void ht_audit_status(const HtAudit *audit, HtAuditStatus *status);
