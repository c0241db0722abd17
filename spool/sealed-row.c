/* Rows, record by record, on their way to the disk and back. Whoever opens them believes nothing before a checksum and a tag do. */
#include "spool/sealed-row.h"

#include <string.h>

#define MAGIC "HtS1"
#define PLAIN_MAGIC "HtR1"
#define MAGIC_BYTES 4

typedef struct {
    uint64_t number; /* little endian, both */
    uint32_t index;
    char what[4];
} Bound;

static Bound bind(uint64_t number, uint32_t index)
{
    return (Bound){GUINT64_TO_LE(number), GUINT32_TO_LE(index), {'r', 'o', 'w', 's'}};
}

static HtText bound_text(const Bound *bound)
{
    return (HtText){(const char *)bound, sizeof *bound};
}

bool ht_spool_sealed_row_is(HtText bytes)
{
    return bytes.size >= MAGIC_BYTES && memcmp(bytes.data, MAGIC, MAGIC_BYTES) == 0;
}

bool ht_spool_sealed_row_is_whole(const HtSpoolRow *row)
{
    return ht_spool_row_is_whole_as(row, MAGIC);
}

static void write_head(const HtSpoolSealHead *head, uint8_t bytes[HT_SPOOL_SEALED_HEAD])
{
    uint32_t period = GUINT32_TO_LE(head->period);
    memcpy(bytes, &period, sizeof period);
    memcpy(bytes + sizeof period, head->nonce, HT_SPOOL_NONCE);
}

static void read_head(const uint8_t bytes[HT_SPOOL_SEALED_HEAD], HtSpoolSealHead *head)
{
    uint32_t period;
    memcpy(&period, bytes, sizeof period);
    head->period = GUINT32_FROM_LE(period);
    memcpy(head->nonce, bytes + sizeof period, HT_SPOOL_NONCE);
}

static void seal(HtSpoolSealer *sealer, uint64_t number, HtText row, HtBuffer *sealed)
{
    HtSpoolRow plain = {row, number, ht_spool_row_claimed(row)};
    HtSpoolRowWriter writer;
    HtSpoolSealHead head;
    uint8_t head_bytes[HT_SPOOL_SEALED_HEAD];
    ht_spool_seal_begin(sealer, &head);
    write_head(&head, head_bytes);
    ht_spool_row_write(&writer, sealed, MAGIC, &plain);
    ht_buffer_add(sealed, head_bytes, sizeof head_bytes);
    for (uint32_t i = 0; i < plain.count; i++) {
        HtText record;
        Bound bound = bind(number, i);
        HtSpoolRowVerdict verdict = ht_spool_row_piece(&plain, i, &record);
        if (verdict == HT_SPOOL_ROW_GOOD) {
            ht_spool_seal_piece(sealer, &head, i, bound_text(&bound), record, sealed);
        }
        ht_spool_row_wrote(&writer, i, verdict != HT_SPOOL_ROW_DAMAGED);
    }
    ht_spool_row_written(&writer, true);
}

HtText ht_spool_row_stored(HtSpoolSealer *sealer, uint64_t number, HtText row, HtBuffer *room)
{
    if (!ht_spool_sealer_seals(sealer)) {
        return row;
    }
    seal(sealer, number, row, room);
    return ht_buffer_text(room);
}

/* What is behind the head, which counts as the first record's. */
static HtText skip_head(uint32_t index, HtText bytes)
{
    return index == 0 && bytes.size >= HT_SPOOL_SEALED_HEAD
               ? (HtText){bytes.data + HT_SPOOL_SEALED_HEAD, bytes.size - HT_SPOOL_SEALED_HEAD}
               : bytes;
}

/* In place. Of a good record `plain` is what row.h has. */
static HtSpoolRowVerdict open_record(HtSpoolSealer *sealer, const HtSpoolRow *row, uint32_t index,
                                     const HtSpoolSealHead *head, HtText bytes, HtText *plain)
{
    Bound bound = bind(row->number, index);
    bytes = skip_head(index, bytes);
    *plain = HT_TEXT_NONE;
    if (bytes.size == 0) {
        return HT_SPOOL_ROW_GONE;
    }
    switch (ht_spool_open_piece(sealer, head, index, bound_text(&bound), bytes, plain)) {
    case HT_SPOOL_OPENED: return plain->size > 0 ? HT_SPOOL_ROW_GOOD : HT_SPOOL_ROW_DAMAGED;
    case HT_SPOOL_DESTROYED: return HT_SPOOL_ROW_GONE;
    case HT_SPOOL_NOT_GENUINE: break;
    }
    return HT_SPOOL_ROW_DAMAGED;
}

GBytes *ht_spool_sealed_row_open(HtSpoolSealer *sealer, const HtSpoolRow *row)
{
    uint64_t head_at = HT_SPOOL_ROW_HEAD + (uint64_t)row->count * HT_SPOOL_ROW_ENTRY;
    HtBuffer opened = {.data = NULL};
    HtSpoolRowWriter writer;
    HtSpoolSealHead head;
    if (head_at + HT_SPOOL_SEALED_HEAD > row->bytes.size) {
        return NULL;
    }
    read_head((const uint8_t *)row->bytes.data + head_at, &head);
    ht_buffer_grow(&opened, row->bytes.size);
    ht_spool_row_write(&writer, &opened, PLAIN_MAGIC, row);
    HtText first;
    bool head_holds =
        ht_spool_row_piece(row, 0, &first) != HT_SPOOL_ROW_DAMAGED; /* its checksum is the head's, too */
    for (uint32_t i = 0; i < row->count; i++) {
        HtText bytes, plain = HT_TEXT_NONE;
        HtSpoolRowVerdict verdict = ht_spool_row_piece(row, i, &bytes);
        if (verdict == HT_SPOOL_ROW_GOOD) {
            verdict = open_record(sealer, row, i, &head, bytes, &plain);
            verdict = verdict == HT_SPOOL_ROW_GONE && !head_holds ? HT_SPOOL_ROW_DAMAGED : verdict;
        }
        ht_buffer_add_text(&opened, plain);
        ht_spool_row_wrote(&writer, i, verdict != HT_SPOOL_ROW_DAMAGED);
    }
    ht_spool_row_written(&writer, ht_spool_row_is_whole_as(row, MAGIC));
    return g_bytes_new_take(opened.data, opened.size);
}

HtSpoolRowVerdict ht_spool_sealed_row_judge(HtSpoolSealer *sealer, const HtSpoolRow *row, uint32_t index,
                                            const uint8_t entry[HT_SPOOL_ROW_ENTRY],
                                            const uint8_t head_bytes[HT_SPOOL_SEALED_HEAD],
                                            HtText record_bytes, HtSpoolRecord *record)
{
    HtSpoolSealHead head;
    HtText plain;
    if (!ht_spool_row_is_sum(row, index, entry, record_bytes)) {
        return HT_SPOOL_ROW_DAMAGED;
    }
    read_head(head_bytes, &head);
    HtSpoolRowVerdict verdict = open_record(sealer, row, index, &head, record_bytes, &plain);
    return verdict == HT_SPOOL_ROW_GOOD && !ht_spool_row_parse(plain, record) ? HT_SPOOL_ROW_DAMAGED
                                                                              : verdict;
}
