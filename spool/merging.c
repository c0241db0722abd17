/* Merging. */
#include "spool/merging.h"

/* Where an input is read. */
typedef struct {
    uint64_t block;
    uint32_t at; /* in it */
} InputPlace;

typedef struct {
    HtSpoolSegment *segment; /* NULL: `sorted` */
    HtSpoolBlock block;
    HtBuffer room;
    bool loaded;
    HtSpoolEntry entry; /* the next one, unless `ended` */
    bool ended;
    InputPlace now, committed;
} MergeInput;

struct HtSpoolMerging {
    HtSpoolMaker *maker;
    HtSpoolSegment *segments[HT_SPOOL_MERGE_SEGMENTS];
    MergeInput inputs[HT_SPOOL_MERGE_SEGMENTS];
    unsigned count;
    bool begun; /* each input has its next entry */
    bool oldest;
    HtSpoolEntry *sorted;
    size_t sorted_count;
};

HtSpoolMerging *ht_spool_merging_of_log(HtSpoolBlocks *blocks, unsigned store, HtSpoolWidth width,
                                        HtSpoolEntry *sorted, size_t count)
{
    HtSpoolMerging *merging = g_new0(HtSpoolMerging, 1);
    merging->maker = ht_spool_maker_new(blocks, store, width, count);
    merging->sorted = sorted;
    merging->sorted_count = count;
    merging->count = 1;
    return merging;
}

HtSpoolMerging *ht_spool_merging_of_segments(HtSpoolSegment *const *segments, unsigned count, bool oldest)
{
    HtSpoolMerging *merging = g_new0(HtSpoolMerging, 1);
    uint64_t entries = 0;
    for (unsigned i = 0; i < count; i++) {
        merging->segments[i] = merging->inputs[i].segment = segments[i];
        entries += segments[i]->entries;
    }
    merging->maker = ht_spool_maker_new(segments[0]->in, segments[0]->store, segments[0]->width, entries);
    merging->count = count;
    merging->oldest = oldest;
    return merging;
}

void ht_spool_merging_free(HtSpoolMerging *merging)
{
    if (merging) {
        for (unsigned i = 0; i < merging->count; i++) {
            ht_buffer_clear(&merging->inputs[i].room);
        }
        ht_spool_maker_free(merging->maker);
        g_free(merging->sorted);
        g_free(merging);
    }
}

/* ---- Reading ---- */

static bool load(MergeInput *input, GError **error)
{
    input->ended = input->now.block == input->segment->blocks;
    if (input->ended || input->loaded) {
        return true;
    }
    input->loaded =
        ht_spool_segment_read(input->segment, input->now.block, &input->room, &input->block, error);
    return input->loaded;
}

/* Makes the entry at the place the next one. */
static bool look(HtSpoolMerging *merging, MergeInput *input, GError **error)
{
    if (!input->segment) {
        input->ended = input->now.block == merging->sorted_count;
        if (!input->ended) {
            input->entry = merging->sorted[input->now.block];
        }
        return true;
    }
    if (!load(input, error)) {
        return false;
    }
    if (!input->ended) {
        ht_spool_entry_read(ht_spool_block_at(&input->block, input->now.at), input->block.width,
                            &input->entry);
    }
    return true;
}

static bool step(HtSpoolMerging *merging, MergeInput *input, GError **error)
{
    if (!input->segment || ++input->now.at == input->block.count) {
        input->now = (InputPlace){input->now.block + 1, 0};
        input->loaded = false;
    }
    return look(merging, input, error);
}

static bool begin(HtSpoolMerging *merging, GError **error)
{
    for (unsigned i = 0; i < merging->count; i++) {
        if (!look(merging, &merging->inputs[i], error)) {
            return false;
        }
    }
    merging->begun = true;
    return true;
}

/* ---- Merging ---- */

static int compare(const MergeInput *a, const MergeInput *b)
{
    return memcmp(a->entry.hash.bytes, b->entry.hash.bytes, HT_SPOOL_HASH_SIZE);
}

/* The input with the lowest entry, of equal ones the latest; NULL at the end. */
static MergeInput *find_lowest(HtSpoolMerging *merging)
{
    MergeInput *lowest = NULL;
    for (unsigned i = 0; i < merging->count; i++) {
        MergeInput *input = &merging->inputs[i];
        if (!input->ended && (!lowest || compare(input, lowest) <= 0)) {
            lowest = input;
        }
    }
    return lowest;
}

/* All inputs go behind the entry. */
static bool pass(HtSpoolMerging *merging, const HtSpoolEntry *entry, GError **error)
{
    for (unsigned i = 0; i < merging->count; i++) {
        MergeInput *input = &merging->inputs[i];
        if (!input->ended && memcmp(&input->entry.hash, &entry->hash, sizeof entry->hash) == 0 &&
            !step(merging, input, error)) {
            return false;
        }
    }
    return true;
}

bool ht_spool_merging_slice(HtSpoolMerging *merging, bool *done, GError **error)
{
    bool even = false;
    if (!merging->begun && !begin(merging, error)) {
        return false;
    }
    for (MergeInput *lowest = find_lowest(merging); lowest && !even; lowest = find_lowest(merging)) {
        HtSpoolEntry entry = lowest->entry;
        bool drops = merging->oldest && entry.value & HT_SPOOL_ENTRY_GONE;
        if (!pass(merging, &entry, error) || (!drops && !ht_spool_maker_add(merging->maker, &entry, error))) {
            return false;
        }
        even = !drops && ht_spool_maker_is_even(merging->maker);
    }
    *done = !find_lowest(merging);
    return true;
}

HtSpoolMaker *ht_spool_merging_maker(HtSpoolMerging *merging)
{
    return merging->maker;
}

HtSpoolSegment *const *ht_spool_merging_segments(const HtSpoolMerging *merging, unsigned *count)
{
    *count = merging->sorted ? 0 : merging->count;
    return merging->sorted ? NULL : merging->segments;
}

void ht_spool_merging_committed(HtSpoolMerging *merging)
{
    for (unsigned i = 0; i < merging->count; i++) {
        merging->inputs[i].committed = merging->inputs[i].now;
    }
    ht_spool_maker_committed(merging->maker);
}

void ht_spool_merging_rolled_back(HtSpoolMerging *merging)
{
    for (unsigned i = 0; i < merging->count; i++) {
        merging->inputs[i].now = merging->inputs[i].committed;
        merging->inputs[i].loaded = false;
    }
    merging->begun = false;
    ht_spool_maker_rolled_back(merging->maker);
}
