/* A file sealed on its way to the disk, piece by piece, so that it can be read from its beginning with nothing but the key, and what was changed, put elsewhere or cut off is
 * found. No bytes of a piece are given out before its tag was checked.
 *
 *   "HtA1", cipher (1), zeros (3), vault (8), file (16, random)
 *   pieces: nonce (12), size (4, little endian; the highest bit: the last one), sealed bytes, tag (16)
 *
 * Each piece is bound to the head, its place in the file, and its size with the bit. The key is that of the vault for files of its cipher (vault.h): what the head says
 * chooses among the vault's keys, and each of them is for one cipher. One thread each. */
#pragma once

#include "spool/vault.h"

#define HT_SEALED_SUFFIX ".sealed"

typedef struct HtSealedWriter HtSealedWriter;
typedef struct HtSealedReader HtSealedReader;

/* The vault's key for files is made at the first need; it has to seal. HT_SPOOL_ERROR. */
HtSealedWriter *ht_sealed_writer_new(HtSpoolVault *vault, GError **error);
void ht_sealed_writer_free(HtSealedWriter *writer);

/* Appends to `out` what is to be written; with `last` all of it. */
void ht_sealed_write(HtSealedWriter *writer, HtText bytes, bool last, HtBuffer *out);

HtSealedReader *ht_sealed_reader_new(HtSpoolVault *vault);
void ht_sealed_reader_free(HtSealedReader *reader);

/* Takes the next bytes of the file, and puts what they open into `out`, emptied first. HT_SPOOL_ERROR_KEY when its key is not here, HT_SPOOL_ERROR_CORRUPT when they are not what was
 * written. */
bool ht_sealed_read(HtSealedReader *reader, HtText bytes, HtBuffer *out, GError **error);

/* Whether the last piece was read, and nothing stands behind it. */
bool ht_sealed_is_whole(const HtSealedReader *reader);
