/* Sealing and opening; see sealer.h. */
#include "spool/sealer.h"

#include "core/base/little.h"

#include <openssl/crypto.h>

#define SEALED "HtV1"
#define PLAIN "HtV0"
#define MAGIC_BYTES 4
#define HEAD (MAGIC_BYTES + 4 + HT_SPOOL_NONCE)

/* A period's key, made ready. */
typedef struct {
    uint32_t number;
    HtSpoolAead *aead;
} Ready;

struct HtSpoolSealer {
    HtSpoolVault *vault;
    bool seals;
    Ready current, other; /* the one that seals, and another that was opened with last */
    HtBuffer bound;
};

HtSpoolSealer *ht_spool_sealer_new(HtSpoolVault *vault)
{
    HtSpoolSealer *sealer = g_new0(HtSpoolSealer, 1);
    sealer->vault = vault;
    sealer->seals = ht_spool_vault_seals(vault);
    return sealer;
}

void ht_spool_sealer_free(HtSpoolSealer *sealer)
{
    if (sealer) {
        ht_spool_aead_free(sealer->current.aead);
        ht_spool_aead_free(sealer->other.aead);
        ht_buffer_clear(&sealer->bound);
        g_free(sealer);
    }
}

bool ht_spool_sealer_seals(const HtSpoolSealer *sealer)
{
    return sealer->seals;
}

static void make_ready(Ready *ready, const HtSpoolPeriod *period)
{
    if (ready->number != period->number) {
        ht_spool_aead_free(ready->aead);
        *ready = (Ready){period->number, ht_spool_aead_new(period->cipher, period->key)};
    }
}

static HtSpoolAead *sealing_key(HtSpoolSealer *sealer, uint32_t *number)
{
    HtSpoolPeriod period;
    ht_spool_vault_current(sealer->vault, &period);
    make_ready(&sealer->current, &period);
    *number = period.number;
    OPENSSL_cleanse(&period, sizeof period);
    return sealer->current.aead;
}

/* A key that was destroyed meanwhile opens nothing, though it is still ready here. */
static HtSpoolOpened opening_key(HtSpoolSealer *sealer, uint32_t number, HtSpoolAead **aead)
{
    HtSpoolPeriod period;
    HtSpoolPeriodState state = ht_spool_vault_period(sealer->vault, number, &period);
    if (state == HT_SPOOL_PERIOD_GOOD) {
        Ready *ready = sealer->current.number == number ? &sealer->current : &sealer->other;
        make_ready(ready, &period);
        *aead = ready->aead;
        OPENSSL_cleanse(&period, sizeof period);
    }
    return state == HT_SPOOL_PERIOD_GOOD        ? HT_SPOOL_OPENED
           : state == HT_SPOOL_PERIOD_DESTROYED ? HT_SPOOL_DESTROYED
                                                : HT_SPOOL_NOT_GENUINE;
}

/* ---- Values ---- */

static HtText bind_spot(HtSpoolSealer *sealer, HtSpoolSpot spot)
{
    uint64_t number = GUINT64_TO_LE(spot.number);
    sealer->bound.size = 0;
    ht_buffer_add_text(&sealer->bound, ht_text_from(spot.table));
    ht_buffer_add_char(&sealer->bound, '\0');
    ht_buffer_add(&sealer->bound, &number, sizeof number);
    return ht_buffer_text(&sealer->bound);
}

static bool begins(HtText bytes, const char *magic)
{
    return bytes.size >= MAGIC_BYTES && memcmp(bytes.data, magic, MAGIC_BYTES) == 0;
}

bool ht_spool_is_sealed(HtText bytes)
{
    return begins(bytes, SEALED);
}

HtText ht_spool_plain(HtText bytes)
{
    return begins(bytes, PLAIN) ? (HtText){bytes.data + MAGIC_BYTES, bytes.size - MAGIC_BYTES} : bytes;
}

/* A value that looks sealed gets a sign that it is not. */
static HtText mark_plain(HtText value, HtBuffer *room)
{
    if (!begins(value, SEALED) && !begins(value, PLAIN)) {
        return value;
    }
    ht_buffer_add(room, PLAIN, MAGIC_BYTES);
    ht_buffer_add_text(room, value);
    return ht_buffer_text(room);
}

static HtText seal_with(HtSpoolSealer *sealer, HtSpoolAead *aead, uint32_t number, HtSpoolSpot spot,
                        HtText value, HtBuffer *room)
{
    uint8_t head[HEAD] = SEALED;
    ht_little_put_u32(head + MAGIC_BYTES, number);
    ht_spool_random(head + HEAD - HT_SPOOL_NONCE, HT_SPOOL_NONCE);
    ht_buffer_add(room, head, sizeof head);
    ht_spool_aead_seal(aead, head + HEAD - HT_SPOOL_NONCE, bind_spot(sealer, spot), value, room);
    return ht_buffer_text(room);
}

HtText ht_spool_seal_under(HtSpoolSealer *sealer, uint32_t period, HtSpoolSpot spot, HtText value,
                           HtBuffer *room)
{
    HtSpoolAead *aead = NULL;
    room->size = 0;
    if (!value.data) {
        return HT_TEXT_NONE;
    }
    if (!sealer->seals) {
        return mark_plain(value, room);
    }
    HtSpoolOpened opened = period > 0 ? opening_key(sealer, period, &aead) : HT_SPOOL_NOT_GENUINE;
    if (opened == HT_SPOOL_DESTROYED) {
        return HT_TEXT_LITERAL("");
    }
    if (opened != HT_SPOOL_OPENED) {
        aead = sealing_key(sealer, &period);
    }
    return seal_with(sealer, aead, period, spot, value, room);
}

HtText ht_spool_seal(HtSpoolSealer *sealer, HtSpoolSpot spot, HtText value, HtBuffer *room)
{
    return ht_spool_seal_under(sealer, 0, spot, value, room);
}

HtSpoolOpened ht_spool_unseal(HtSpoolSealer *sealer, HtSpoolSpot spot, HtText bytes, HtBuffer *room,
                              HtText *value)
{
    HtSpoolAead *aead = NULL;
    *value = ht_spool_plain(bytes);
    if (!begins(bytes, SEALED)) {
        return HT_SPOOL_OPENED;
    }
    *value = HT_TEXT_NONE;
    if (bytes.size < HEAD + HT_SPOOL_TAG) {
        return HT_SPOOL_NOT_GENUINE;
    }
    HtSpoolOpened opened = opening_key(sealer, ht_little_u32(bytes.data + MAGIC_BYTES), &aead);
    if (opened != HT_SPOOL_OPENED) {
        return opened;
    }
    const uint8_t *nonce = (const uint8_t *)bytes.data + HEAD - HT_SPOOL_NONCE;
    room->size = 0;
    ht_buffer_add(room, bytes.data + HEAD, bytes.size - HEAD);
    if (!ht_spool_aead_open(aead, nonce, bind_spot(sealer, spot), (uint8_t *)room->data, room->size)) {
        return HT_SPOOL_NOT_GENUINE;
    }
    room->size -= HT_SPOOL_TAG;
    *value = ht_buffer_text(room);
    return HT_SPOOL_OPENED;
}

/* ---- Pieces ---- */

static void nonce_of(const HtSpoolSealHead *head, uint32_t index, uint8_t nonce[HT_SPOOL_NONCE])
{
    memcpy(nonce, head->nonce, HT_SPOOL_NONCE);
    ht_little_put_u32(nonce + HT_SPOOL_NONCE - 4, ht_little_u32(nonce + HT_SPOOL_NONCE - 4) + index);
}

void ht_spool_seal_begin(HtSpoolSealer *sealer, HtSpoolSealHead *head)
{
    sealing_key(sealer, &head->period);
    ht_spool_random(head->nonce, sizeof head->nonce);
}

void ht_spool_seal_piece(HtSpoolSealer *sealer, const HtSpoolSealHead *head, uint32_t index, HtText bound,
                         HtText plain, HtBuffer *to)
{
    uint8_t nonce[HT_SPOOL_NONCE];
    g_assert(sealer->current.number == head->period);
    nonce_of(head, index, nonce);
    ht_spool_aead_seal(sealer->current.aead, nonce, bound, plain, to);
}

HtSpoolOpened ht_spool_open_piece(HtSpoolSealer *sealer, const HtSpoolSealHead *head, uint32_t index,
                                  HtText bound, HtText bytes, HtText *plain)
{
    uint8_t nonce[HT_SPOOL_NONCE];
    HtSpoolAead *aead = NULL;
    *plain = HT_TEXT_NONE;
    HtSpoolOpened opened = opening_key(sealer, head->period, &aead);
    if (opened != HT_SPOOL_OPENED) {
        return opened;
    }
    nonce_of(head, index, nonce);
    if (!ht_spool_aead_open(aead, nonce, bound, (uint8_t *)(uintptr_t)bytes.data, bytes.size)) {
        return HT_SPOOL_NOT_GENUINE;
    }
    *plain = (HtText){bytes.data, bytes.size - HT_SPOOL_TAG};
    return HT_SPOOL_OPENED;
}
