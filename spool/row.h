/* A row: the events of a group, or a part of them, packed into one value of the table `rows`. Bytes only: where a row stands, and
 * with it the sequence and the message of its events, is told by its place (places.h). So a row can be written before it is known
 * where it will stand.
 *
 *   "HtR1", count (4 bytes), checksum of the index (8)
 *   index: for each record where it ends, counted from the end of the index (4), and its checksum (8)
 *   records: id (16), when it was recorded (8), message, counted from the place's (4), flags (1: it has a content; 2: it is hollow), content (17, if flagged),
 *            subject (size in 1 byte, and the bytes), head (size in 4 bytes, and the bytes), data (the rest)
 *
 * All numbers are little endian. A checksum is XXH3-64 over the bytes, seeded with the row's number and the record's: a record
 * that stands in another row, or elsewhere in its own, is as wrong as one of which a bit was flipped. A record of no bytes is an
 * event that was taken out. Writer, reader and main thread; no state but the maker's. */
#pragma once

#include "core/base/event.h"

#define HT_SPOOL_ROW_BYTES ((size_t)64 << 10) /* a row that has so much takes no more */
#define HT_SPOOL_CONTENT_SIZE 17              /* content.h */

/* An event as the row has it. */
typedef struct {
    HtUuid id;
    int64_t recorded_us;
    uint32_t message; /* counted from the place's */
    HtText
        content; /* what it said (content.h): HT_SPOOL_CONTENT_SIZE bytes, or absent: a format before 4 had none */
    HtText subject; /* at most 255 bytes */
    bool hollow;    /* it is kept no longer: it has no data, and not all attributes (hollow.h) */
    HtText head, data;
} HtSpoolRecord;

/* ---- Making one ---- */

typedef struct {
    uint64_t number; /* of the row being made: rows.id */
    GArray *index;
    HtBuffer records;
} HtSpoolRowMaker;

void ht_spool_row_begin(HtSpoolRowMaker *maker, uint64_t number);
void ht_spool_row_clear(HtSpoolRowMaker *maker);

uint32_t ht_spool_row_count(const HtSpoolRowMaker *maker);

/* Copies the record; NULL: an event that was taken out. */
void ht_spool_row_add(HtSpoolRowMaker *maker, const HtSpoolRecord *record);

/* The record of an event that was added; its texts live until the next one is. */
bool ht_spool_row_look(const HtSpoolRowMaker *maker, uint32_t index, HtSpoolRecord *record);

/* The row's bytes go to `bytes`, emptied first. */
void ht_spool_row_finish(const HtSpoolRowMaker *maker, HtBuffer *bytes);

/* ---- Reading ---- */

typedef enum {
    HT_SPOOL_ROW_GOOD,
    HT_SPOOL_ROW_GONE,    /* taken out */
    HT_SPOOL_ROW_DAMAGED, /* these are not the bytes that were written */
} HtSpoolRowVerdict;

/* A row as its place names it. */
typedef struct {
    HtText bytes;    /* anything; who reads it by pieces has the size only */
    uint64_t number; /* rows.id */
    uint32_t count;  /* of its records, as the place says: what the row says may be damaged */
} HtSpoolRow;

/* One record. Texts point into the row. */
HtSpoolRowVerdict ht_spool_row_read(const HtSpoolRow *row, uint32_t index, HtSpoolRecord *record);

/* Whether the index and what stands before it are as they were written. A row of which this is false may still have good records. */
bool ht_spool_row_is_whole(const HtSpoolRow *row);

/* For who reads a single record by pieces: from its entry of the index and the one before (NULL for the first) where it lies, false
 * when it cannot lie there; then the record's bytes. */
#define HT_SPOOL_ROW_HEAD 16
#define HT_SPOOL_ROW_ENTRY 12

bool ht_spool_row_locate(const HtSpoolRow *row, const uint8_t *before,
                         const uint8_t entry[HT_SPOOL_ROW_ENTRY], uint64_t *offset, size_t *size);
HtSpoolRowVerdict ht_spool_row_judge(const HtSpoolRow *row, uint32_t index,
                                     const uint8_t entry[HT_SPOOL_ROW_ENTRY], HtText record_bytes,
                                     HtSpoolRecord *record);

/* ---- For a form that holds a row's records otherwise (sealed-row.h) ---- */

/* How many records the bytes of a row say that they have; 0 when they are too short. */
uint32_t ht_spool_row_claimed(HtText bytes);

/* A record's bytes, if they are as they were written; of none that was taken out. */
HtSpoolRowVerdict ht_spool_row_piece(const HtSpoolRow *row, uint32_t index, HtText *bytes);

/* Whether the index and the head are as they were written, with this instead of a row's own first four bytes. */
bool ht_spool_row_is_whole_as(const HtSpoolRow *row, const char *magic);

bool ht_spool_row_is_sum(const HtSpoolRow *row, uint32_t index, const uint8_t entry[HT_SPOOL_ROW_ENTRY],
                         HtText record_bytes);
bool ht_spool_row_parse(HtText record_bytes, HtSpoolRecord *record);

/* Writes a row of which the caller adds the records' bytes to `to`, one after the other. */
typedef struct {
    HtBuffer *to;
    uint64_t number;
    uint32_t count;
    size_t records, start; /* in `to`: where records begin, and the next one */
} HtSpoolRowWriter;

/* Empties `to`; number and count are those of `row`. */
void ht_spool_row_write(HtSpoolRowWriter *writer, HtBuffer *to, const char *magic, const HtSpoolRow *row);
/* What was added since is the record at `index`; not `good`: it will be found damaged. */
void ht_spool_row_wrote(HtSpoolRowWriter *writer, uint32_t index, bool good);
/* All are there; not `whole`: the row will be found to be none. */
void ht_spool_row_written(HtSpoolRowWriter *writer, bool whole);
