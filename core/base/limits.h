/* What bounds a source, and the spool: each limit with its key, default and range once, in the tables of limits.c. The configuration's
 * options are made from them, START carries the source's to the host, refusals name a limit by them. To add one: a field here, a row
 * there. No state; any thread. */
#pragma once

#include "core/base/buffer.h"

/* Of one source. Every field is a uint64_t and has its row, in the same order: limits.c asserts it. */
typedef struct {
    /* at the door */
    uint64_t body_bytes;

    /* of its host process */
    uint64_t memory_bytes; /* address space */
    uint64_t start_ms;
    uint64_t message_ms; /* of one message in the host, and the same again for each megabyte */
    uint64_t idle_ms;    /* 0: never ended for want of work */
    uint64_t idle_cpu_ms;
    uint64_t strikes;
    uint64_t waiting;
    uint64_t waiting_bytes;

    /* of one payload */
    uint64_t document_bytes;
    uint64_t depth;
    uint64_t elements;
    uint64_t attributes;
    uint64_t start_tag_bytes;
    uint64_t value_bytes;
    uint64_t names;
    uint64_t name_bytes;
    uint64_t cpu_ms_per_mb;
    uint64_t parts;
    uint64_t zip_ratio;
    uint64_t records;
    uint64_t held_bytes;
    uint64_t instances;
    uint64_t unmapped;
    uint64_t unmapped_bytes;
} HtLimits;

/* Of the spool: the same. */
typedef struct {
    uint64_t group;
    uint64_t queue;
    uint64_t queue_bytes;
    uint64_t queue_share; /* these three are held by whoever appends, who counts what waits */
    uint64_t large_bytes;
    uint64_t wal_bytes;
    uint64_t reserve_bytes;
    uint64_t most_bytes;   /* 0: no limit but the disk's */
    uint64_t page_bytes;   /* of a new file */
    uint64_t recent_bytes; /* in memory, for delivery */
    uint64_t filter_bytes; /* in memory, before known keys */
} HtSpoolLimits;

typedef enum { HT_LIMIT_COUNT, HT_LIMIT_BYTES, HT_LIMIT_MS } HtLimitUnit;

typedef struct {
    const char *key;
    size_t offset; /* of the field, a uint64_t, in its struct */
    HtLimitUnit unit;
    uint64_t fallback, min, max;
    const char *of; /* what is counted, "levels"; not used for bytes and ms */
    const char *help;
} HtLimitRow;

/* The rows of each struct, in the order of its fields; the last has no key. */
extern const HtLimitRow ht_limit_rows[], ht_spool_limit_rows[];

/* About how much memory a host needs for a payload of so many bytes, as UTF-8 and as large as they come: see docs/admin.md. */
uint64_t ht_limits_memory_for(uint64_t payload_bytes);

HtLimits ht_limits_default(void);
HtSpoolLimits ht_spool_limits_default(void);

/* ---- On their way to the host ---- */

/* As one field of this tag, and back; false when the bytes are broken. */
void ht_limits_pack(const HtLimits *limits, uint8_t tag, HtBuffer *buffer);
bool ht_limits_unpack(HtText bytes, HtLimits *limits);

/* ---- Naming them ---- */

/* A limit as whoever met it is told: with value and key, "67108864 bytes (max-document = 64M)", so that the administrator knows what to
 * raise. What no key changes stands as a key would write it: "4 layers (fixed)". */
typedef struct {
    const char *key; /* NULL: no key changes it */
    uint64_t value;
    HtLimitUnit unit;
    const char *of;
} HtLimit;

/* The limit of which this is the field in `limits`. */
HtLimit ht_limit_of(const HtLimits *limits, const uint64_t *field);
HtLimit ht_spool_limit_of(const HtSpoolLimits *limits, const uint64_t *field);

/* Writes the limit's name, cut to its room; returns `text`. */
#define HT_LIMIT_TEXT 120
const char *ht_limit_name(HtLimit limit, char text[HT_LIMIT_TEXT]);

/* ---- Numbers as the configuration writes them ---- */

/* The largest unit that divides it: "64K", "1500ms", "2h", "17". Returns `text`. */
#define HT_LIMIT_NUMBER 32
const char *ht_limit_write(uint64_t value, HtLimitUnit unit, char text[HT_LIMIT_NUMBER]);

/* "16M" → 16777216. A time without a unit is refused, except 0: a bare 30 could be anything. */
bool ht_limit_read(const char *text, HtLimitUnit unit, uint64_t *value);
