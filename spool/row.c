/* The bytes of rows. Whoever reads them believes nothing that they say before a checksum does. */
#include "spool/row.h"

#include "core/base/little.h"

#include <xxhash.h>

#define MAGIC "HtR1"
#define COUNT_AT 4
#define SUM_AT 8
#define FIXED (HT_UUID_SIZE + 8 + 4 + 1) /* before a record's texts */
#define HAS_CONTENT 1
#define IS_HOLLOW 2
#define INDEX_SEED 0xffffffff /* no record has this place */

typedef struct {
    uint8_t bytes[HT_SPOOL_ROW_ENTRY];
} IndexEntry;

static uint64_t sum_of(const void *bytes, size_t size, uint64_t number, uint32_t index)
{
    return XXH3_64bits_withSeed(bytes, size, number << 32 | index);
}

/* ---- Making one ---- */

void ht_spool_row_begin(HtSpoolRowMaker *maker, uint64_t number)
{
    if (!maker->index) {
        maker->index = g_array_new(FALSE, FALSE, sizeof(IndexEntry));
    }
    maker->number = number;
    g_array_set_size(maker->index, 0);
    ht_buffer_reset(&maker->records, 4 * HT_SPOOL_ROW_BYTES);
}

void ht_spool_row_clear(HtSpoolRowMaker *maker)
{
    g_clear_pointer(&maker->index, g_array_unref);
    ht_buffer_clear(&maker->records);
}

uint32_t ht_spool_row_count(const HtSpoolRowMaker *maker)
{
    return maker->index ? maker->index->len : 0;
}

static void write_record(HtBuffer *to, const HtSpoolRecord *record)
{
    uint8_t fixed[FIXED], size[4];
    memcpy(fixed, record->id.bytes, HT_UUID_SIZE);
    ht_little_put_u64(fixed + HT_UUID_SIZE, (uint64_t)record->recorded_us);
    ht_little_put_u32(fixed + HT_UUID_SIZE + 8, record->message);
    fixed[FIXED - 1] = (uint8_t)((record->content.data ? HAS_CONTENT : 0) | (record->hollow ? IS_HOLLOW : 0));
    ht_buffer_add(to, fixed, sizeof fixed);
    ht_buffer_add_text(to, record->content);
    ht_buffer_add_char(to, (char)(uint8_t)record->subject.size);
    ht_buffer_add_text(to, record->subject);
    ht_little_put_u32(size, (uint32_t)record->head.size);
    ht_buffer_add(to, size, sizeof size);
    ht_buffer_add_text(to, record->head);
    ht_buffer_add_text(to, record->data);
}

void ht_spool_row_add(HtSpoolRowMaker *maker, const HtSpoolRecord *record)
{
    IndexEntry entry;
    size_t start = maker->records.size;
    uint32_t index = maker->index->len;
    if (record) {
        write_record(&maker->records, record);
    }
    size_t size = maker->records.size - start;
    ht_little_put_u32(entry.bytes, (uint32_t)maker->records.size);
    ht_little_put_u64(entry.bytes + 4,
                      sum_of(size ? maker->records.data + start : "", size, maker->number, index));
    g_array_append_val(maker->index, entry);
}

void ht_spool_row_finish(const HtSpoolRowMaker *maker, HtBuffer *bytes)
{
    uint8_t head[HT_SPOOL_ROW_HEAD] = MAGIC;
    size_t index_bytes = maker->index->len * sizeof(IndexEntry);
    ht_little_put_u32(head + COUNT_AT, maker->index->len);
    ht_little_put_u64(head + SUM_AT, sum_of(maker->index->data, index_bytes, maker->number, INDEX_SEED));
    bytes->size = 0;
    ht_buffer_add(bytes, head, sizeof head);
    ht_buffer_add(bytes, maker->index->data, index_bytes);
    ht_buffer_add_text(bytes, ht_buffer_text(&maker->records));
}

/* ---- Reading ---- */

bool ht_spool_row_locate(const HtSpoolRow *row, const uint8_t *before,
                         const uint8_t entry[HT_SPOOL_ROW_ENTRY], uint64_t *offset, size_t *size)
{
    uint64_t records = HT_SPOOL_ROW_HEAD + (uint64_t)row->count * HT_SPOOL_ROW_ENTRY;
    uint64_t start = before ? ht_little_u32(before) : 0, end = ht_little_u32(entry);
    if (start > end || records + end > row->bytes.size) {
        return false;
    }
    *offset = records + start;
    *size = (size_t)(end - start);
    return true;
}

/* Takes the next bytes of a record. */
static bool take(HtText *rest, size_t size, HtText *part)
{
    if (rest->size < size) {
        return false;
    }
    *part = (HtText){rest->data, size};
    *rest = (HtText){rest->data + size, rest->size - size};
    return true;
}

bool ht_spool_row_parse(HtText rest, HtSpoolRecord *record)
{
    HtText fixed, size;
    *record = (HtSpoolRecord){.message = 0};
    if (!take(&rest, FIXED, &fixed)) {
        return false;
    }
    memcpy(record->id.bytes, fixed.data, HT_UUID_SIZE);
    record->recorded_us = (int64_t)ht_little_u64(fixed.data + HT_UUID_SIZE);
    record->message = ht_little_u32(fixed.data + HT_UUID_SIZE + 8);
    uint8_t flags = (uint8_t)fixed.data[FIXED - 1];
    record->hollow = (flags & IS_HOLLOW) != 0;
    bool good = flags <= (HAS_CONTENT | IS_HOLLOW) &&
                (!(flags & HAS_CONTENT) || take(&rest, HT_SPOOL_CONTENT_SIZE, &record->content));
    good = good && take(&rest, 1, &size) && take(&rest, (uint8_t)size.data[0], &record->subject);
    good = good && take(&rest, 4, &size) && take(&rest, ht_little_u32(size.data), &record->head);
    record->data = rest;
    return good;
}

bool ht_spool_row_is_sum(const HtSpoolRow *row, uint32_t index, const uint8_t entry[HT_SPOOL_ROW_ENTRY],
                         HtText record_bytes)
{
    return sum_of(record_bytes.data, record_bytes.size, row->number, index) == ht_little_u64(entry + 4);
}

HtSpoolRowVerdict ht_spool_row_judge(const HtSpoolRow *row, uint32_t index,
                                     const uint8_t entry[HT_SPOOL_ROW_ENTRY], HtText record_bytes,
                                     HtSpoolRecord *record)
{
    if (!ht_spool_row_is_sum(row, index, entry, record_bytes)) {
        return HT_SPOOL_ROW_DAMAGED;
    }
    if (record_bytes.size == 0) {
        return HT_SPOOL_ROW_GONE;
    }
    return ht_spool_row_parse(record_bytes, record) ? HT_SPOOL_ROW_GOOD : HT_SPOOL_ROW_DAMAGED;
}

/* Where a row's entry of the index lies, and its record's bytes; NULL when they cannot lie in the row. */
static const uint8_t *find_record(const HtSpoolRow *row, uint32_t index, HtText *bytes)
{
    uint64_t entry_at = HT_SPOOL_ROW_HEAD + (uint64_t)index * HT_SPOOL_ROW_ENTRY, offset;
    size_t size;
    if (index >= row->count || entry_at + HT_SPOOL_ROW_ENTRY > row->bytes.size) {
        return NULL;
    }
    const uint8_t *entry = (const uint8_t *)row->bytes.data + entry_at;
    if (!ht_spool_row_locate(row, index > 0 ? entry - HT_SPOOL_ROW_ENTRY : NULL, entry, &offset, &size)) {
        return NULL;
    }
    *bytes = (HtText){row->bytes.data + offset, size};
    return entry;
}

HtSpoolRowVerdict ht_spool_row_read(const HtSpoolRow *row, uint32_t index, HtSpoolRecord *record)
{
    HtText bytes;
    const uint8_t *entry = find_record(row, index, &bytes);
    return entry ? ht_spool_row_judge(row, index, entry, bytes, record) : HT_SPOOL_ROW_DAMAGED;
}

HtSpoolRowVerdict ht_spool_row_piece(const HtSpoolRow *row, uint32_t index, HtText *bytes)
{
    const uint8_t *entry = find_record(row, index, bytes);
    return !entry || !ht_spool_row_is_sum(row, index, entry, *bytes) ? HT_SPOOL_ROW_DAMAGED
           : bytes->size == 0                                        ? HT_SPOOL_ROW_GONE
                                                                     : HT_SPOOL_ROW_GOOD;
}

bool ht_spool_row_look(const HtSpoolRowMaker *maker, uint32_t index, HtSpoolRecord *record)
{
    const IndexEntry *entries = (const IndexEntry *)maker->index->data;
    size_t start = index > 0 ? ht_little_u32(entries[index - 1].bytes) : 0,
           end = ht_little_u32(entries[index].bytes);
    return end > start && ht_spool_row_parse((HtText){maker->records.data + start, end - start}, record);
}

uint32_t ht_spool_row_claimed(HtText bytes)
{
    return bytes.size >= HT_SPOOL_ROW_HEAD ? ht_little_u32(bytes.data + COUNT_AT) : 0;
}

bool ht_spool_row_is_whole_as(const HtSpoolRow *row, const char *magic)
{
    const uint8_t *head = (const uint8_t *)row->bytes.data;
    uint64_t index_bytes = (uint64_t)row->count * HT_SPOOL_ROW_ENTRY;
    return row->bytes.size >= HT_SPOOL_ROW_HEAD + index_bytes && memcmp(head, magic, COUNT_AT) == 0 &&
           ht_little_u32(head + COUNT_AT) == row->count &&
           sum_of(head + HT_SPOOL_ROW_HEAD, index_bytes, row->number, INDEX_SEED) ==
               ht_little_u64(head + SUM_AT);
}

bool ht_spool_row_is_whole(const HtSpoolRow *row)
{
    return ht_spool_row_is_whole_as(row, MAGIC);
}

/* ---- Another form ---- */

void ht_spool_row_write(HtSpoolRowWriter *writer, HtBuffer *to, const char *magic, const HtSpoolRow *row)
{
    size_t index_bytes = (size_t)row->count * HT_SPOOL_ROW_ENTRY;
    to->size = 0;
    *writer = (HtSpoolRowWriter){.to = to, .number = row->number, .count = row->count};
    char *head = ht_buffer_reserve(to, HT_SPOOL_ROW_HEAD + index_bytes);
    memcpy(head, magic, COUNT_AT);
    ht_little_put_u32((uint8_t *)head + COUNT_AT, row->count);
    to->size = writer->records = writer->start = HT_SPOOL_ROW_HEAD + index_bytes;
}

void ht_spool_row_wrote(HtSpoolRowWriter *writer, uint32_t index, bool good)
{
    uint8_t *bytes = (uint8_t *)writer->to->data;
    uint8_t *entry = bytes + HT_SPOOL_ROW_HEAD + (size_t)index * HT_SPOOL_ROW_ENTRY;
    size_t end = writer->to->size;
    uint64_t sum = sum_of(bytes + writer->start, end - writer->start, writer->number, index);
    ht_little_put_u32(entry, (uint32_t)(end - writer->records));
    ht_little_put_u64(entry + 4, good ? sum : ~sum);
    writer->start = end;
}

void ht_spool_row_written(HtSpoolRowWriter *writer, bool whole)
{
    uint8_t *head = (uint8_t *)writer->to->data;
    size_t index_bytes = (size_t)writer->count * HT_SPOOL_ROW_ENTRY;
    uint64_t sum = sum_of(head + HT_SPOOL_ROW_HEAD, index_bytes, writer->number, INDEX_SEED);
    ht_little_put_u64(head + SUM_AT, whole ? sum : ~sum);
}
