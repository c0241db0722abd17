/* Reading the audit log: its segments in order, each record held against the one before it. Of a running bus's log too: it is only
 * appended to. Reads the segments by mmap. Blocks; no state beside the reader's; any thread. */
#pragma once

#include "core/audit/record.h"
#include "core/proof/keys.h"

#include <gio/gio.h>

#define HT_AUDIT_ERROR (ht_audit_error_quark())
GQuark ht_audit_error_quark(void);

enum {
    HT_AUDIT_ERROR_IO,   /* a file cannot be read or written */
    HT_AUDIT_ERROR_NONE, /* there is no log */
};

/* Where it is in a state directory, and its head. */
#define HT_AUDIT_FOLDER "audit"
#define HT_AUDIT_HEAD "audit.head"

/* The numbers of a directory's segments, ascending (of uint64_t); NULL with HT_AUDIT_ERROR when it cannot be read. A directory that is
 * not there has none. */
GArray *ht_audit_segments(const char *directory, GError **error);
char *ht_audit_segment_path(const char *directory, uint64_t segment);

/* Where reading stands. */
typedef struct {
    uint64_t segment, number; /* of the last record that was read; 0: none yet */
    uint8_t hash[HT_SHA256];
} HtAuditPlace;

/* Called for each record; false ends the reading. */
typedef bool (*HtAuditSee)(const HtAuditRecord *record, const HtAuditPlace *place, void *user);

/* What is wrong with the log: a sentence with segment and record, and no personal data. */
typedef void (*HtAuditComplain)(const char *text, void *user);

/* Reads one segment from its first record on, as far as it is whole. `place->number` and `hash` are those before it, or all zero when that is not
 * known: then its first record is believed. `good_bytes` is how far it is whole, of `all_bytes`; what follows is TORN or FALSE. HT_AUDIT_ERROR_IO. */
bool ht_audit_read_segment(const char *path, HtAuditPlace *place, HtAuditSee see, void *user,
                           HtAuditRead *end, uint64_t *good_bytes, uint64_t *all_bytes, GError **error);

/* The head: the last sealed record, kept beside the segments and wherever the administrator puts a copy. */
typedef struct {
    uint64_t number;
    uint8_t hash[HT_SHA256];
    char key[HT_KEY_ID], signature[89];
} HtAuditHead;

#define HT_AUDIT_HEAD_TEXT 256

/* One line: number, hash, key id, signature. */
void ht_audit_head_write(const HtAuditHead *head, char text[HT_AUDIT_HEAD_TEXT]);
bool ht_audit_head_parse(const char *text, HtAuditHead *head);

/* False when there is no such file, or it is no head. */
bool ht_audit_head_load(const char *file, HtAuditHead *head);

/* The text that is signed. transfer full. */
char *ht_audit_head_signed(const HtAuditHead *head);

/* ---- All of it ---- */

typedef struct {
    const char *directory; /* of the segments */
    const HtAuditHead
        *head;          /* which it must hold; to be loaded before, for a running bus goes on. NULL: none */
    const GArray *keys; /* of HtPublicKey; NULL: signatures are not looked at */
    HtAuditSee see;     /* NULL: nobody */
    HtAuditComplain complain;
    void *user;
} HtAuditReading;

typedef struct {
    uint64_t segments, records, first, last, deliveries, events, seals, unsealed, pruned, problems;
    uint64_t
        torn; /* bytes behind the last record that are none: what a crash left, or what is being written */
    int64_t first_us, last_us;
    uint8_t hash[HT_SHA256];
} HtAuditSum;

/* Reads all of it, and verifies: the chain, numbers without a gap, seals (when there are keys), that it begins at 1 or where a sealed
 * record says that older ones were pruned, and that it goes as far as its head. Each problem is told, and counted in the sum; reading goes on
 * with the next segment. False with HT_AUDIT_ERROR when there is nothing to read. */
bool ht_audit_read(const HtAuditReading *reading, HtAuditSum *sum, GError **error);
