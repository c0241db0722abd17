/* Sealing values at rest, so that they can be read with the vault's keys only, and what is not as it was written is found. A sealer belongs to one
 * thread at a time. OpenSSL's ciphers; a nonce is 96 random bits, never one that was used before, whatever is rolled back.
 *
 * A value that stands by itself (a payload, faults, a reply):
 *
 *   "HtV1", period (4), nonce (12), sealed bytes, tag (16)
 *   "HtV0", bytes: not sealed, and would look like one of these
 *   bytes: not sealed
 *
 * Each is bound to its place: the table's name and the row's number. */
#pragma once

#include "spool/aead.h"
#include "spool/vault.h"

typedef struct HtSpoolSealer HtSpoolSealer;

/* The vault stays the caller's. */
HtSpoolSealer *ht_spool_sealer_new(HtSpoolVault *vault);
void ht_spool_sealer_free(HtSpoolSealer *sealer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolSealer, ht_spool_sealer_free)

bool ht_spool_sealer_seals(const HtSpoolSealer *sealer);

/* ---- Values ---- */

/* Where a value stands. */
typedef struct {
    const char *table;
    uint64_t number; /* of its row */
} HtSpoolSpot;

/* What is to be written for `value`, in `room`, emptied first; absent for an absent one. */
HtText ht_spool_seal(HtSpoolSealer *sealer, HtSpoolSpot spot, HtText value, HtBuffer *room);

/* The same under the key of a period that may be over. Period 0, or one that is not known: the current one. An empty value, not sealed, when that key is destroyed: what
 * belongs to it is written no more. */
HtText ht_spool_seal_under(HtSpoolSealer *sealer, uint32_t period, HtSpoolSpot spot, HtText value,
                           HtBuffer *room);

typedef enum {
    HT_SPOOL_OPENED,
    HT_SPOOL_NOT_GENUINE, /* these are not the bytes that were sealed here, or nobody has the key */
    HT_SPOOL_DESTROYED,   /* its period's key was destroyed: there is no value any more */
} HtSpoolOpened;

/* `value` points into `bytes` or `room`. */
HtSpoolOpened ht_spool_unseal(HtSpoolSealer *sealer, HtSpoolSpot spot, HtText bytes, HtBuffer *room,
                              HtText *value);

/* What a stored value that is not sealed says: without the sign that it is not. */
HtText ht_spool_plain(HtText bytes);

/* Whether it is sealed; not whether it can be opened. */
bool ht_spool_is_sealed(HtText bytes);

/* ---- Pieces: what a larger form seals one by one (sealed-row.h) ---- */

typedef struct {
    uint32_t period;
    uint8_t nonce[HT_SPOOL_NONCE]; /* of the form; the last four bytes are added to the piece's index */
} HtSpoolSealHead;

/* A new head, under the current period. */
void ht_spool_seal_begin(HtSpoolSealer *sealer, HtSpoolSealHead *head);

/* Appends `plain` sealed, with its tag. `bound` is what it is bound to. */
void ht_spool_seal_piece(HtSpoolSealer *sealer, const HtSpoolSealHead *head, uint32_t index, HtText bound,
                         HtText plain, HtBuffer *to);

/* Opens a piece in place: `bytes` is overwritten, and without the tag the plain text. */
HtSpoolOpened ht_spool_open_piece(HtSpoolSealer *sealer, const HtSpoolSealHead *head, uint32_t index,
                                  HtText bound, HtText bytes, HtText *plain);
