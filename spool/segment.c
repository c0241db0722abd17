/* Segments: their rows, reading, and making again what is damaged. */
#include "spool/segment.h"

#include "core/base/log.h"

#include <xxhash.h>

void ht_spool_segment_free(HtSpoolSegment *segment)
{
    if (segment) {
        ht_spool_blocks_filter_freed(segment->in, ht_spool_filter_bytes(&segment->filter));
        ht_spool_filter_clear(&segment->filter);
        g_array_unref(segment->extents);
        g_clear_pointer(&segment->fences, g_array_unref);
        g_free(segment);
    }
}

/* ---- Rows of the table ---- */

/* Of what a row says: numbers, and its extents as they stand in it. */
static int64_t sum_of(const HtSpoolSegment *segment, HtText extents)
{
    uint64_t numbers[] = {segment->id,      segment->store,  segment->tier,           segment->upto,
                          segment->entries, segment->blocks, (uint64_t)segment->total};
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        numbers[i] = GUINT64_TO_LE(numbers[i]);
    }
    return (int64_t)XXH3_64bits_withSeed(extents.data, extents.size, XXH3_64bits(numbers, sizeof numbers));
}

static void pack_extents(const GArray *extents, HtBuffer *bytes)
{
    for (guint i = 0; i < extents->len; i++) {
        const HtSpoolExtent *extent = &g_array_index(extents, HtSpoolExtent, i);
        uint64_t pair[] = {GUINT64_TO_LE(extent->first), GUINT64_TO_LE(extent->count)};
        ht_buffer_add(bytes, pair, sizeof pair);
    }
}

static uint64_t unpack_extents(HtText bytes, GArray *extents)
{
    uint64_t all = 0;
    for (size_t at = 0; at + sizeof(uint64_t[2]) <= bytes.size; at += sizeof(uint64_t[2])) {
        uint64_t pair[2];
        memcpy(pair, bytes.data + at, sizeof pair);
        HtSpoolExtent extent = {GUINT64_FROM_LE(pair[0]), GUINT64_FROM_LE(pair[1])};
        all += extent.count;
        g_array_append_val(extents, extent);
    }
    return all;
}

static uint64_t parities(uint64_t blocks)
{
    return (blocks + HT_SPOOL_PARITY_BLOCKS - 1) / HT_SPOOL_PARITY_BLOCKS;
}

static HtSpoolSegment *read_row(sqlite3_stmt *row, HtSpoolBlocks *blocks, HtSpoolWidth width, GError **error)
{
    g_autoptr(HtSpoolSegment) segment = g_new0(HtSpoolSegment, 1);
    HtText extents = ht_spool_column_bytes(row, 7);
    *segment = (HtSpoolSegment){.id = (uint64_t)sqlite3_column_int64(row, 0),
                                .store = (unsigned)sqlite3_column_int64(row, 1),
                                .tier = (unsigned)sqlite3_column_int64(row, 2),
                                .upto = (uint64_t)sqlite3_column_int64(row, 3),
                                .entries = (uint64_t)sqlite3_column_int64(row, 4),
                                .blocks = (uint64_t)sqlite3_column_int64(row, 5),
                                .total = sqlite3_column_int64(row, 6),
                                .width = width,
                                .in = blocks,
                                .extents = g_array_new(FALSE, FALSE, sizeof(HtSpoolExtent))};
    uint64_t all = unpack_extents(extents, segment->extents);
    if (sqlite3_column_int64(row, 8) != sum_of(segment, extents) ||
        all != segment->blocks + parities(segment->blocks)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                    "spool: row %" G_GUINT64_FORMAT " of the table segments is not what was written:"
                    " it says where known keys stand; run `hutong spool repair`",
                    segment->id);
        return NULL;
    }
    return g_steal_pointer(&segment);
}

GPtrArray *ht_spool_segments_load(HtSpoolBlocks *blocks, unsigned store, HtSpoolWidth width,
                                  unsigned *damaged, GError **error)
{
    unsigned passed = 0;
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)ht_spool_segment_free);
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(ht_spool_blocks_db(blocks),
                                   "SELECT id, store, tier, upto, entries, blocks, total, extents, sum"
                                   " FROM segments WHERE store = ? ORDER BY upto",
                                   &rows, error)) {
        return NULL;
    }
    sqlite3_bind_int64(rows, 1, store);
    while (found) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return NULL;
        }
        HtSpoolSegment *segment = found ? read_row(rows, blocks, width, damaged ? NULL : error) : NULL;
        if (segment) {
            g_ptr_array_add(all, segment);
        } else if (found && !damaged) {
            return NULL;
        }
        passed += found && !segment;
    }
    if (damaged) {
        *damaged = passed;
    }
    return g_steal_pointer(&all);
}

bool ht_spool_segment_insert(HtSpoolSegment *segment, GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    sqlite3 *db = ht_spool_blocks_db(segment->in);
    HtBuffer extents = {0};
    int64_t last;
    if (!ht_spool_database_number(db, "SELECT max(id) FROM segments", &last, error) ||
        !ht_spool_database_prepare(db, "INSERT INTO segments VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", &row,
                                   error)) {
        return false;
    }
    segment->id = (uint64_t)last + 1;
    pack_extents(segment->extents, &extents);
    uint64_t numbers[] = {segment->id,      segment->store,  segment->tier,           segment->upto,
                          segment->entries, segment->blocks, (uint64_t)segment->total};
    for (int i = 0; i < (int)G_N_ELEMENTS(numbers); i++) {
        sqlite3_bind_int64(row, i + 1, (sqlite3_int64)numbers[i]);
    }
    ht_spool_bind_blob(row, 8, extents.data, extents.size);
    sqlite3_bind_int64(row, 9, sum_of(segment, ht_buffer_text(&extents)));
    bool good = ht_spool_database_do(row, error);
    ht_buffer_clear(&extents);
    return good;
}

bool ht_spool_segment_remove(const HtSpoolSegment *segment, GError **error)
{
    g_autofree char *sql = g_strdup_printf("DELETE FROM segments WHERE id = %" G_GUINT64_FORMAT, segment->id);
    return ht_spool_database_run(ht_spool_blocks_db(segment->in), sql, error);
}

void ht_spool_segment_forget(const HtSpoolSegment *segment)
{
    for (guint i = 0; i < segment->extents->len; i++) {
        ht_spool_blocks_forget(segment->in, &g_array_index(segment->extents, HtSpoolExtent, i));
    }
}

void ht_spool_segment_name(const HtSpoolSegment *segment)
{
    for (guint i = 0; i < segment->extents->len; i++) {
        ht_spool_blocks_name(segment->in, &g_array_index(segment->extents, HtSpoolExtent, i));
    }
}

/* ---- Reading ---- */

/* The id of what stands at a place, blocks and parity counted. */
static uint64_t id_at(const HtSpoolSegment *segment, uint64_t place)
{
    for (guint i = 0; i < segment->extents->len; i++) {
        const HtSpoolExtent *extent = &g_array_index(segment->extents, HtSpoolExtent, i);
        if (place < extent->count) {
            return extent->first + place;
        }
        place -= extent->count;
    }
    return 0;
}

static uint64_t place_of_block(uint64_t index)
{
    return index + index / HT_SPOOL_PARITY_BLOCKS;
}

static uint64_t place_of_parity(const HtSpoolSegment *segment, uint64_t group)
{
    return MIN((group + 1) * HT_SPOOL_PARITY_BLOCKS, segment->blocks) + group;
}

static void add_into(HtBuffer *sum, const HtBuffer *bytes)
{
    for (size_t i = 0; i < MIN(bytes->size, sum->size); i++) {
        sum->data[i] ^= bytes->data[i];
    }
}

/* The parity of the block's group without the others of it is the block, and bytes of 0 where it was shorter. */
static bool take_apart(HtSpoolSegment *segment, uint64_t index, HtBuffer *made, bool *can, GError **error)
{
    HtBuffer bytes = {0};
    uint64_t group = index / HT_SPOOL_PARITY_BLOCKS, first = group * HT_SPOOL_PARITY_BLOCKS;
    uint64_t end = MIN(first + HT_SPOOL_PARITY_BLOCKS, segment->blocks);
    bool good = ht_spool_blocks_read(segment->in, id_at(segment, place_of_parity(segment, group)), &bytes,
                                     can, error);
    made->size = 0;
    if (good && *can) {
        ht_buffer_add(made, bytes.data + HT_SPOOL_BLOCK_SUM, bytes.size - HT_SPOOL_BLOCK_SUM);
    }
    for (uint64_t i = first; good && *can && i < end; i++) {
        good = i == index ||
               ht_spool_blocks_read(segment->in, id_at(segment, place_of_block(i)), &bytes, can, error);
        if (good && *can && i != index) {
            add_into(made, &bytes);
        }
    }
    ht_buffer_clear(&bytes);
    return good;
}

/* Cuts the bytes to the size that they say. */
static bool cut(HtBuffer *made, HtSpoolWidth width, uint64_t id)
{
    uint32_t count = 0;
    if (made->size >= HT_SPOOL_BLOCK_HEAD) {
        memcpy(&count, made->data + HT_SPOOL_BLOCK_SUM, sizeof count);
    }
    size_t size = HT_SPOOL_BLOCK_HEAD + (size_t)GUINT32_FROM_LE(count) * (size_t)width;
    if (count == 0 || size > made->size) {
        return false;
    }
    made->size = size;
    return ht_spool_block_is_sealed(ht_buffer_text(made), id);
}

/* `room` has the block as it was written. */
static bool make_again(HtSpoolSegment *segment, uint64_t index, HtBuffer *room, GError **error)
{
    bool can;
    uint64_t id = id_at(segment, place_of_block(index));
    if (!take_apart(segment, index, room, &can, error)) {
        return false;
    }
    if (!can || !cut(room, segment->width, id)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                    "spool: block %" G_GUINT64_FORMAT
                    " of known keys is not what was written, and cannot be made "
                    "again: run `hutong spool repair`",
                    id);
        return false;
    }
    uint64_t count = ht_spool_blocks_mended(segment->in) + 1;
    if (!ht_spool_blocks_only_look(segment->in) && (count & (count - 1)) == 0) {
        ht_log(HT_LOG_ERROR, "spool",
               "block %" G_GUINT64_FORMAT
               " of known keys was not what was written, and was made again of the others: the "
               "disk changes bytes; %" G_GUINT64_FORMAT " since the start",
               id, count);
    }
    return ht_spool_blocks_mend(segment->in, id, room, error);
}

bool ht_spool_segment_is_paired(HtSpoolSegment *segment, uint64_t index, HtBuffer *room, bool *whole,
                                GError **error)
{
    uint64_t place = place_of_parity(segment, index / HT_SPOOL_PARITY_BLOCKS);
    return ht_spool_blocks_read(segment->in, id_at(segment, place), room, whole, error);
}

bool ht_spool_segment_read(HtSpoolSegment *segment, uint64_t index, HtBuffer *room, HtSpoolBlock *block,
                           GError **error)
{
    bool whole;
    uint64_t id = id_at(segment, place_of_block(index));
    if (!ht_spool_blocks_read(segment->in, id, room, &whole, error) ||
        (!whole && !make_again(segment, index, room, error))) {
        return false;
    }
    if (!ht_spool_block_open(ht_buffer_text(room), segment->width, block)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                    "spool: block %" G_GUINT64_FORMAT " of known keys is none: run `hutong spool repair`",
                    id);
        return false;
    }
    return true;
}

/* The block that begins last of those that do not begin behind the hash; 0 also when none does. Without fences each look costs a block. */
static bool find_block(HtSpoolSegment *segment, const HtSpoolHash *hash, HtBuffer *room, uint64_t *index,
                       GError **error)
{
    uint64_t low = 0, high = segment->blocks;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        HtSpoolBlock block;
        if (!segment->fences && !ht_spool_segment_read(segment, middle, room, &block, error)) {
            return false;
        }
        const void *begin = segment->fences ? g_array_index(segment->fences, HtSpoolHash, middle).bytes
                                            : ht_spool_block_at(&block, 0);
        *(memcmp(begin, hash->bytes, HT_SPOOL_HASH_SIZE) <= 0 ? &low : &high) = middle;
    }
    *index = low;
    return true;
}

bool ht_spool_segment_find(HtSpoolSegment *segment, const HtSpoolHash *hash, HtBuffer *room, bool *found,
                           HtSpoolEntry *entry, GError **error)
{
    uint64_t index;
    HtSpoolBlock block;
    *found = false;
    if (!ht_spool_filter_may_have(&segment->filter, hash)) {
        return true;
    }
    if (!find_block(segment, hash, room, &index, error) ||
        !ht_spool_segment_read(segment, index, room, &block, error)) {
        return false;
    }
    *found = ht_spool_block_find(&block, hash, entry);
    return true;
}

/* ---- Into memory ---- */

/* Puts the hash behind this one in its place. */
static void step_hash(HtSpoolHash *hash)
{
    for (size_t i = sizeof hash->bytes; i > 0 && ++hash->bytes[i - 1] == 0; i--) {
    }
}

/* `next`: the lowest hash that the block may begin with. */
static bool warm_block(HtSpoolSegment *segment, uint64_t index, HtBuffer *room, HtSpoolHash *next,
                       GError **error)
{
    HtSpoolBlock block;
    if (!ht_spool_segment_read(segment, index, room, &block, error)) {
        return false;
    }
    for (uint32_t i = 0; i < block.count; i++) {
        memcpy(next->bytes, ht_spool_block_at(&block, i), sizeof next->bytes);
        ht_spool_filter_add(&segment->filter, next);
        if (i == 0) {
            g_array_append_val(segment->fences, *next);
        }
    }
    step_hash(next);
    return true;
}

/* What cannot be read is asked for wherever something might stand in it. */
static bool note_unreadable(HtSpoolSegment *segment, const HtSpoolHash *next, GError *damage,
                            uint64_t *unreadable, GError **error)
{
    if (damage->code != HT_SPOOL_ERROR_CORRUPT) {
        g_propagate_error(error, damage);
        return false;
    }
    if (++*unreadable == 1) {
        ht_log(HT_LOG_ERROR, "spool",
               "%s; until then messages that what stood there might concern are refused", damage->message);
    }
    g_error_free(damage);
    g_array_append_val(segment->fences, *next);
    return true;
}

bool ht_spool_segment_warm(HtSpoolSegment *segment, GError **error)
{
    HtBuffer room = {0};
    HtSpoolHash next = {{0}};
    uint64_t unreadable = 0;
    bool good = true;
    ht_spool_filter_init(&segment->filter, segment->entries, ht_spool_blocks_filter_left(segment->in));
    ht_spool_blocks_filter_taken(segment->in, ht_spool_filter_bytes(&segment->filter));
    segment->fences = g_array_sized_new(FALSE, FALSE, sizeof(HtSpoolHash), (guint)segment->blocks);
    for (uint64_t i = 0; good && i < segment->blocks; i++) {
        GError *damage = NULL;
        good = warm_block(segment, i, &room, &next, &damage) ||
               note_unreadable(segment, &next, damage, &unreadable, error);
    }
    ht_buffer_clear(&room);
    if (unreadable > 0) {
        ht_spool_blocks_filter_freed(segment->in, ht_spool_filter_bytes(&segment->filter));
        ht_spool_filter_clear(&segment->filter);
    }
    return good;
}
