/* Making segments. */
#include "spool/maker.h"

/* What goes back with a transaction. Bits in the filter may stay: the same entries come again. */
typedef struct {
    guint extents;
    uint64_t last_count; /* of the last extent */
    uint64_t blocks, entries;
} Stand;

struct HtSpoolMaker {
    HtSpoolBlocks *blocks;
    HtSpoolSegment *segment;
    uint32_t room;     /* entries of a block */
    HtBuffer bytes;    /* the block that is being filled */
    uint32_t filled;   /* its entries */
    HtBuffer parity;   /* of the blocks since the last one */
    unsigned unpaired; /* how many these are */
    Stand committed;
};

HtSpoolMaker *ht_spool_maker_new(HtSpoolBlocks *blocks, unsigned store, HtSpoolWidth width, uint64_t expected)
{
    HtSpoolMaker *maker = g_new0(HtSpoolMaker, 1);
    HtSpoolSegment *segment = g_new0(HtSpoolSegment, 1);
    maker->blocks = blocks;
    maker->segment = segment;
    maker->room = ht_spool_block_room(ht_spool_blocks_page_bytes(blocks), width);
    segment->store = store;
    segment->width = width;
    segment->in = blocks;
    segment->extents = g_array_new(FALSE, FALSE, sizeof(HtSpoolExtent));
    segment->fences = g_array_new(FALSE, FALSE, sizeof(HtSpoolHash));
    ht_spool_filter_init(&segment->filter, expected, ht_spool_blocks_filter_left(blocks));
    ht_spool_blocks_filter_taken(blocks, ht_spool_filter_bytes(&segment->filter));
    return maker;
}

void ht_spool_maker_free(HtSpoolMaker *maker)
{
    if (maker) {
        ht_spool_segment_free(maker->segment);
        ht_buffer_clear(&maker->bytes);
        ht_buffer_clear(&maker->parity);
        g_free(maker);
    }
}

static bool write_bytes(HtSpoolMaker *maker, HtBuffer *bytes, GError **error)
{
    GArray *extents = maker->segment->extents;
    uint64_t id;
    if (!ht_spool_blocks_write(maker->blocks, bytes, &id, error)) {
        return false;
    }
    HtSpoolExtent *last = extents->len > 0 ? &g_array_index(extents, HtSpoolExtent, extents->len - 1) : NULL;
    if (last && id == last->first + last->count) {
        last->count++;
    } else {
        HtSpoolExtent extent = {id, 1};
        g_array_append_val(extents, extent);
    }
    return true;
}

static bool write_parity(HtSpoolMaker *maker, GError **error)
{
    bool good = maker->unpaired == 0 || write_bytes(maker, &maker->parity, error);
    maker->unpaired = 0;
    maker->parity.size = 0;
    return good;
}

/* The parity's own checksum stands before it. */
static void add_to_parity(HtSpoolMaker *maker)
{
    size_t size = HT_SPOOL_BLOCK_SUM + maker->bytes.size, has = maker->parity.size;
    if (has < size) {
        memset(ht_buffer_reserve(&maker->parity, size - has), 0, size - has);
        maker->parity.size = size;
    }
    for (size_t i = 0; i < maker->bytes.size; i++) {
        maker->parity.data[HT_SPOOL_BLOCK_SUM + i] ^= maker->bytes.data[i];
    }
    maker->unpaired++;
}

static bool write_block(HtSpoolMaker *maker, GError **error)
{
    uint32_t count = GUINT32_TO_LE(maker->filled);
    if (maker->filled == 0) {
        return true;
    }
    memcpy(maker->bytes.data + HT_SPOOL_BLOCK_SUM, &count, sizeof count);
    if (!write_bytes(maker, &maker->bytes, error)) {
        return false;
    }
    add_to_parity(maker);
    maker->segment->blocks++;
    maker->filled = 0;
    return maker->unpaired < HT_SPOOL_PARITY_BLOCKS || write_parity(maker, error);
}

bool ht_spool_maker_add(HtSpoolMaker *maker, const HtSpoolEntry *entry, GError **error)
{
    HtSpoolSegment *segment = maker->segment;
    if (maker->filled == 0) {
        maker->bytes.size = 0;
        memset(ht_buffer_reserve(&maker->bytes, HT_SPOOL_BLOCK_HEAD), 0, HT_SPOOL_BLOCK_HEAD);
        maker->bytes.size = HT_SPOOL_BLOCK_HEAD;
        g_array_append_val(segment->fences, entry->hash);
    }
    ht_spool_entry_write(&maker->bytes, entry, segment->width);
    ht_spool_filter_add(&segment->filter, &entry->hash);
    maker->filled++;
    segment->entries++;
    return maker->filled < maker->room || write_block(maker, error);
}

bool ht_spool_maker_is_even(const HtSpoolMaker *maker)
{
    return maker->filled == 0 && maker->unpaired == 0;
}

bool ht_spool_maker_finish(HtSpoolMaker *maker, unsigned tier, uint64_t upto, int64_t total, GError **error)
{
    HtSpoolSegment *segment = maker->segment;
    segment->tier = tier;
    segment->upto = upto;
    segment->total = total;
    return write_block(maker, error) && write_parity(maker, error) &&
           (segment->entries == 0 || ht_spool_segment_insert(segment, error));
}

HtSpoolSegment *ht_spool_maker_take(HtSpoolMaker *maker)
{
    HtSpoolSegment *segment = g_steal_pointer(&maker->segment);
    if (segment->entries == 0) {
        g_clear_pointer(&segment, ht_spool_segment_free);
    }
    return segment;
}

void ht_spool_maker_committed(HtSpoolMaker *maker)
{
    const HtSpoolSegment *segment = maker->segment;
    guint extents = segment->extents->len;
    maker->committed =
        (Stand){extents, extents > 0 ? g_array_index(segment->extents, HtSpoolExtent, extents - 1).count : 0,
                segment->blocks, segment->entries};
}

void ht_spool_maker_rolled_back(HtSpoolMaker *maker)
{
    HtSpoolSegment *segment = maker->segment;
    const Stand *stand = &maker->committed;
    g_array_set_size(segment->extents, stand->extents);
    if (stand->extents > 0) {
        g_array_index(segment->extents, HtSpoolExtent, stand->extents - 1).count = stand->last_count;
    }
    g_array_set_size(segment->fences, (guint)stand->blocks);
    segment->id = 0;
    segment->blocks = stand->blocks;
    segment->entries = stand->entries;
    maker->filled = 0;
    maker->unpaired = 0;
    maker->parity.size = 0;
}
