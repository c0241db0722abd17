/* A row (row.h) as it lies on disk when values are sealed: each record by itself, so that one can be read without the others.
 *
 *   "HtS1", count (4 bytes), checksum of the index (8)
 *   index: for each record where it ends, counted from the end of the index (4), and its checksum (8)
 *   period (4), nonce (12); they count as the first record's
 *   records: each sealed, with its tag (16); of no bytes when the event was taken out
 *
 * Checksums are those of row.h, over the sealed bytes; a record is bound to its row's number and its place in it. Who reads rows gets them
 * opened, as row.h has them. */
#pragma once

#include "spool/row.h"
#include "spool/sealer.h"

bool ht_spool_sealed_row_is(HtText bytes);

/* What goes to the disk for a whole row as ht_spool_row_finish() makes it: sealed in `room`, emptied first; or, with a sealer that does not seal, the row. */
HtText ht_spool_row_stored(HtSpoolSealer *sealer, uint64_t number, HtText row, HtBuffer *room);

/* The row as row.h has it, of which each record that cannot be opened is damaged, and each of a destroyed period taken out. NULL when it has not even
 * its index. The row's bytes are overwritten. */
GBytes *ht_spool_sealed_row_open(HtSpoolSealer *sealer, const HtSpoolRow *row);

bool ht_spool_sealed_row_is_whole(const HtSpoolRow *row);

/* For who reads a single record by pieces, after ht_spool_row_locate(): where the head stands, and how many bytes it has. */
#define HT_SPOOL_SEALED_HEAD (4 + HT_SPOOL_NONCE)

/* Judges the record's bytes and opens it in place. */
HtSpoolRowVerdict ht_spool_sealed_row_judge(HtSpoolSealer *sealer, const HtSpoolRow *row, uint32_t index,
                                            const uint8_t entry[HT_SPOOL_ROW_ENTRY],
                                            const uint8_t head[HT_SPOOL_SEALED_HEAD], HtText record_bytes,
                                            HtSpoolRecord *record);
