/* The index: memory, log, and what is written of them (index.h). */
#include "spool/index.h"

#include "core/base/little.h"
#include "core/base/log.h"
#include "spool/hooks.h"
#include "spool/merging.h"

#define TIERS 12 /* more than there can be entries for */
#define WORK_EACH \
    8 /* entries written for one that was put: more than one for each tier, so that merges keep up */
#define WORK_MIN 256  /* for a group that puts few */
#define SLICES_MOST 4 /* in one group */
#define CREDIT_MOST ((size_t)1 << 18)

typedef struct {
    HtSpoolEntry entry, before; /* what the group's rollback brings back */
} GroupEntry;

/* What is under way in a tier: what is being made of its segments, or (in that of the log) of what is frozen. */
typedef struct {
    HtSpoolMerging *merging;
    bool moved, finished; /* in the open transaction */
    bool given_up;        /* something of it is damaged: not until the spool is opened again */
} Work;

struct HtSpoolIndex {
    sqlite3 *db;
    HtSpoolBlocks *blocks;
    HtSpoolStore store;
    HtSpoolWidth width;
    sqlite3_stmt *log, *forget;
    size_t merge_at;
    HtSpoolKeyMap recent; /* in the log, in no segment */
    HtSpoolKeyMap frozen; /* of these, what is being written */
    GArray *group;        /* of GroupEntry: put since the last commit, also in `recent` */
    GPtrArray *segments;  /* the latest last */
    uint64_t logged, committed_logged, frozen_upto; /* numbers of log rows */
    int64_t total, committed_total, frozen_total;
    size_t credit;         /* entries that may be written */
    Work works[TIERS + 1]; /* the first is the log's, the next that of tier 0 */
    HtBuffer row, room;
    bool damage;
};

HtSpoolWidth ht_spool_store_width(HtSpoolStore store)
{
    return store == HT_SPOOL_STORE_TIES ? HT_SPOOL_WIDE : HT_SPOOL_NARROW;
}

/* ---- Opening ---- */

/* What the row is sealed with: it stands under its number, and is of its store. */
static uint64_t seed_of(uint64_t number, HtSpoolStore store)
{
    return number << 8 | (uint64_t)store;
}

bool ht_spool_index_open_log(HtText row, uint64_t number, HtSpoolStore store, int64_t *total)
{
    HtSpoolWidth width = ht_spool_store_width(store);
    if (row.size < HT_SPOOL_LOG_HEAD || (row.size - HT_SPOOL_LOG_HEAD) % width != 0 ||
        !ht_spool_block_is_sealed(row, seed_of(number, store))) {
        return false;
    }
    *total = (int64_t)ht_little_u64(row.data + HT_SPOOL_BLOCK_SUM);
    return true;
}

static bool load_row(HtSpoolIndex *index, uint64_t number, HtText row, GError **error)
{
    if (!ht_spool_index_open_log(row, number, index->store, &index->total)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                    "spool: row %" G_GUINT64_FORMAT " of the log of known keys is not what was written: run"
                    " `hutong spool repair`",
                    number);
        return false;
    }
    for (size_t at = HT_SPOOL_LOG_HEAD; at < row.size; at += index->width) {
        HtSpoolEntry entry;
        ht_spool_entry_read((const uint8_t *)row.data + at, index->width, &entry);
        ht_spool_keymap_put(&index->recent, &entry);
    }
    index->logged = number;
    return true;
}

static bool has_no_strange(HtSpoolIndex *index, GError **error)
{
    int64_t strange;
    if (!ht_spool_database_number(index->db,
                                  "SELECT (SELECT count(*) FROM segment_log WHERE " HT_SPOOL_STORE_STRANGE
                                  ") + (SELECT count(*) FROM segments WHERE " HT_SPOOL_STORE_STRANGE ")",
                                  &strange, error)) {
        return false;
    }
    if (strange > 0) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                    "spool: %" G_GINT64_FORMAT
                    " rows of the log or of segments are of no store: run `hutong spool repair`",
                    strange);
    }
    return strange == 0;
}

static bool load_log(HtSpoolIndex *index, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    if (!ht_spool_database_prepare(
            index->db, "SELECT id, entries FROM segment_log WHERE store = ? ORDER BY id", &rows, error)) {
        return false;
    }
    sqlite3_bind_int(rows, 1, (int)index->store);
    for (bool found = true; found;) {
        if (!ht_spool_database_row(rows, &found, error) ||
            (found && !load_row(index, (uint64_t)sqlite3_column_int64(rows, 0),
                                ht_spool_column_bytes(rows, 1), error))) {
            return false;
        }
    }
    return true;
}

static bool load_segments(HtSpoolIndex *index, GError **error)
{
    index->segments = ht_spool_segments_load(index->blocks, index->store, index->width, NULL, error);
    if (!index->segments) {
        return false;
    }
    for (guint i = 0; i < index->segments->len; i++) {
        HtSpoolSegment *segment = index->segments->pdata[i];
        if (!ht_spool_blocks_only_look(index->blocks) && !ht_spool_segment_warm(segment, error)) {
            return false;
        }
        ht_spool_segment_name(segment);
        index->logged = segment->upto;
        index->total = segment->total;
        ht_spool_blocks_number_used(index->blocks, segment->upto);
    }
    return true;
}

HtSpoolIndex *ht_spool_index_new(HtSpoolBlocks *blocks, HtSpoolStore store, size_t merge_at, GError **error)
{
    g_autoptr(HtSpoolIndex) index = g_new0(HtSpoolIndex, 1);
    size_t entry_bytes = store == HT_SPOOL_STORE_TIES ? HT_SPOOL_ENTRY_WIDE : HT_SPOOL_ENTRY_NARROW;
    index->db = ht_spool_blocks_db(blocks);
    index->blocks = blocks;
    index->store = store;
    index->width = ht_spool_store_width(store);
    index->merge_at = merge_at;
    index->recent.entry_bytes = index->frozen.entry_bytes = entry_bytes;
    index->group = g_array_new(FALSE, FALSE, sizeof(GroupEntry));
    if (!ht_spool_database_prepare(index->db, "INSERT INTO segment_log(id, store, entries) VALUES(?, ?, ?)",
                                   &index->log, error) ||
        !ht_spool_database_prepare(index->db, "DELETE FROM segment_log WHERE id <= ? AND store = ?",
                                   &index->forget, error) ||
        !has_no_strange(index, error) || !load_segments(index, error) || !load_log(index, error)) {
        return NULL;
    }
    index->committed_logged = index->logged;
    index->committed_total = index->total;
    return g_steal_pointer(&index);
}

void ht_spool_index_free(HtSpoolIndex *index)
{
    if (!index) {
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(index->works); i++) {
        ht_spool_merging_free(index->works[i].merging);
    }
    sqlite3_finalize(index->log);
    sqlite3_finalize(index->forget);
    ht_spool_keymap_clear(&index->recent);
    ht_spool_keymap_clear(&index->frozen);
    ht_buffer_clear(&index->row);
    ht_buffer_clear(&index->room);
    g_array_unref(index->group);
    g_clear_pointer(&index->segments, g_ptr_array_unref);
    g_free(index);
}

/* ---- Looking up and putting ---- */

bool ht_spool_index_find(HtSpoolIndex *index, const HtSpoolHash *hash, bool *found, HtSpoolEntry *entry,
                         GError **error)
{
    g_autoptr(GError) failure = NULL;
    bool good = true;
    *found = ht_spool_keymap_find(&index->recent, hash, entry) ||
             ht_spool_keymap_find(&index->frozen, hash, entry);
    for (guint i = index->segments->len; good && !*found && i > 0; i--) {
        good =
            ht_spool_segment_find(index->segments->pdata[i - 1], hash, &index->room, found, entry, &failure);
    }
    *found = *found && !(entry->value & HT_SPOOL_ENTRY_GONE);
    if (!good) {
        index->damage = index->damage || failure->code == HT_SPOOL_ERROR_CORRUPT;
        g_propagate_error(error, g_steal_pointer(&failure));
    }
    return good;
}

bool ht_spool_index_met_damage(HtSpoolIndex *index)
{
    bool damage = index->damage;
    index->damage = false;
    return damage;
}

void ht_spool_index_put(HtSpoolIndex *index, const HtSpoolEntry *entry)
{
    guint count = index->group->len;
    GroupEntry *last = count > 0 ? &g_array_index(index->group, GroupEntry, count - 1) : NULL;
    if (last && memcmp(&last->entry.hash, &entry->hash, sizeof entry->hash) == 0) {
        last->entry = *entry; /* a message and its only event under one key */
    } else {
        GroupEntry put = {.entry = *entry, .before = {.hash = entry->hash}};
        ht_spool_keymap_find(&index->recent, &entry->hash, &put.before);
        g_array_append_val(index->group, put);
    }
    ht_spool_keymap_put(&index->recent, entry);
}

void ht_spool_index_take_out(HtSpoolIndex *index, const HtSpoolHash *hash)
{
    HtSpoolEntry entry = {.hash = *hash, .value = HT_SPOOL_ENTRY_GONE};
    ht_spool_index_put(index, &entry);
}

int64_t ht_spool_index_total(const HtSpoolIndex *index)
{
    return index->total;
}

void ht_spool_index_add_total(HtSpoolIndex *index, int64_t more)
{
    index->total += more;
}

/* ---- Writing ---- */

static bool write_log(HtSpoolIndex *index, GError **error)
{
    uint64_t total = GUINT64_TO_LE((uint64_t)index->total), sum = 0;
    ht_buffer_reset(&index->row, 1 << 20);
    ht_buffer_add(&index->row, &sum, sizeof sum);
    ht_buffer_add(&index->row, &total, sizeof total);
    for (guint i = 0; i < index->group->len; i++) {
        ht_spool_entry_write(&index->row, &g_array_index(index->group, GroupEntry, i).entry, index->width);
    }
    index->logged = ht_spool_blocks_number(index->blocks);
    ht_spool_block_seal(&index->row, seed_of(index->logged, index->store));
    sqlite3_bind_int64(index->log, 1, (sqlite3_int64)index->logged);
    sqlite3_bind_int(index->log, 2, (int)index->store);
    ht_spool_bind_blob(index->log, 3, index->row.data, index->row.size);
    return ht_spool_database_do(index->log, error);
}

static bool forget_log(HtSpoolIndex *index, GError **error)
{
    sqlite3_bind_int64(index->forget, 1, (sqlite3_int64)index->frozen_upto);
    sqlite3_bind_int(index->forget, 2, (int)index->store);
    return ht_spool_blocks_spare(index->blocks, true, error) && ht_spool_database_do(index->forget, error) &&
           ht_spool_blocks_spare(index->blocks, false, error);
}

static void freeze(HtSpoolIndex *index)
{
    HtSpoolEntry *sorted = ht_spool_keymap_sorted(&index->recent);
    index->frozen = index->recent;
    index->recent = (HtSpoolKeyMap){.entry_bytes = index->frozen.entry_bytes};
    index->frozen_upto = index->logged;
    index->frozen_total = index->total;
    index->works[0].merging =
        ht_spool_merging_of_log(index->blocks, index->store, index->width, sorted, index->frozen.count);
}

/* The first segment of a tier, and how many there are: the older ones are of higher tiers. */
static unsigned find_tier(const HtSpoolIndex *index, unsigned tier, guint *first)
{
    unsigned count = 0;
    for (guint i = index->segments->len; i > 0; i--) {
        const HtSpoolSegment *segment = index->segments->pdata[i - 1];
        if (segment->tier == tier) {
            *first = i - 1;
            count++;
        }
    }
    return count;
}

/* What is to be worked on next: the lower, the sooner. NULL: nothing. */
static Work *find_work(HtSpoolIndex *index)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(index->works); i++) {
        Work *work = &index->works[i];
        guint first = 0;
        if (!work->merging && !work->given_up && i > 0 &&
            find_tier(index, i - 1, &first) >= HT_SPOOL_MERGE_SEGMENTS) {
            work->merging = ht_spool_merging_of_segments(
                (HtSpoolSegment *const *)&index->segments->pdata[first], HT_SPOOL_MERGE_SEGMENTS, first == 0);
        }
        if (work->merging && !work->finished && !work->given_up) {
            return work;
        }
    }
    return NULL;
}

/* The segment is there, and what it was made of is not, from this transaction on. */
static bool finish(HtSpoolIndex *index, Work *work, GError **error)
{
    unsigned count;
    HtSpoolSegment *const *segments = ht_spool_merging_segments(work->merging, &count);
    const HtSpoolSegment *latest = count > 0 ? segments[count - 1] : NULL;
    bool good = latest || forget_log(index, error);
    for (unsigned i = 0; good && i < count; i++) {
        good = ht_spool_segment_remove(segments[i], error);
    }
    work->finished = true;
    return good && ht_spool_maker_finish(ht_spool_merging_maker(work->merging), latest ? latest->tier + 1 : 0,
                                         latest ? latest->upto : index->frozen_upto,
                                         latest ? latest->total : index->frozen_total, error);
}

/* What a damaged segment has is not merged with others; it goes on being asked. */
static bool give_up(Work *work, GError *failure, GError **error)
{
    work->given_up = failure->code == HT_SPOOL_ERROR_CORRUPT;
    if (!work->given_up) {
        g_propagate_error(error, failure);
        return false;
    }
    ht_log(HT_LOG_ERROR, "spool", "%s; until then look-ups become slower", failure->message);
    g_error_free(failure);
    return true;
}

static bool work_on(Work *work, HtSpoolIndex *index, GError **error)
{
    GError *failure = NULL;
    bool done;
    work->moved = true;
    if (!ht_spool_merging_slice(work->merging, &done, &failure)) {
        return give_up(work, failure, error);
    }
    ht_spool_step("merge");
    if (done && !finish(index, work, error)) {
        return false;
    }
    if (done) {
        ht_spool_step("merged");
    }
    return true;
}

static bool write_slices(HtSpoolIndex *index, GError **error)
{
    size_t slice = (size_t)HT_SPOOL_PARITY_BLOCKS *
                   ht_spool_block_room(ht_spool_blocks_page_bytes(index->blocks), index->width);
    Work *work = find_work(index);
    slice = MIN(slice, MAX(index->merge_at, 1));
    index->credit = MIN(index->credit + MAX((size_t)index->group->len * WORK_EACH, WORK_MIN), CREDIT_MOST);
    for (unsigned i = 0; work && i < SLICES_MOST && index->credit >= slice; i++, work = find_work(index)) {
        index->credit -= slice;
        if (!work_on(work, index, error)) {
            return false;
        }
    }
    if (!work) {
        index->credit = 0;
    }
    return true;
}

bool ht_spool_index_write(HtSpoolIndex *index, GError **error)
{
    return (index->group->len == 0 || write_log(index, error)) && write_slices(index, error);
}

bool ht_spool_index_write_all(HtSpoolIndex *index, GError **error)
{
    Work *work = &index->works[0];
    bool good = true;
    g_assert(!work->merging);
    if (index->recent.count == 0) {
        return true;
    }
    index->logged = ht_spool_blocks_number(index->blocks);
    freeze(index);
    while (good && !work->finished) {
        good = work_on(work, index, error);
    }
    return good;
}

/* ---- After the transaction ---- */

static void clear(Work *work)
{
    g_clear_pointer(&work->merging, ht_spool_merging_free);
    work->moved = work->finished = false;
}

/* In place of what it was made of. */
static void take_segment(HtSpoolIndex *index, Work *work)
{
    unsigned count;
    guint place = index->segments->len;
    HtSpoolSegment *const *segments = ht_spool_merging_segments(work->merging, &count);
    HtSpoolSegment *segment = ht_spool_maker_take(ht_spool_merging_maker(work->merging));
    for (unsigned i = 0; i < count; i++) {
        ht_spool_segment_forget(segments[i]);
    }
    if (count > 0 && g_ptr_array_find(index->segments, segments[0], &place)) {
        g_ptr_array_remove_range(index->segments, place, count);
    } else {
        ht_spool_keymap_clear(&index->frozen);
    }
    if (segment) {
        g_ptr_array_insert(index->segments, (gint)place, segment);
    }
    clear(work);
}

/* What was written of it is named by nobody. */
static void leave(Work *work)
{
    g_autoptr(HtSpoolSegment) segment = ht_spool_maker_take(ht_spool_merging_maker(work->merging));
    if (segment) {
        ht_spool_segment_forget(segment);
    }
    clear(work);
}

void ht_spool_index_committed(HtSpoolIndex *index)
{
    for (size_t i = 0; i < G_N_ELEMENTS(index->works); i++) {
        Work *work = &index->works[i];
        if (work->merging && work->given_up) {
            leave(work);
        } else if (work->finished) {
            take_segment(index, work);
        } else if (work->moved) {
            ht_spool_merging_committed(work->merging);
            work->moved = false;
        }
    }
    g_array_set_size(index->group, 0);
    index->committed_logged = index->logged;
    index->committed_total = index->total;
    if (!index->works[0].merging && index->recent.count >= index->merge_at) {
        freeze(index);
    }
}

void ht_spool_index_rolled_back(HtSpoolIndex *index)
{
    for (size_t i = 0; i < G_N_ELEMENTS(index->works); i++) {
        Work *work = &index->works[i];
        if (work->moved) {
            ht_spool_merging_rolled_back(work->merging);
            work->moved = work->finished = false;
        }
        if (work->merging && work->given_up) {
            leave(work);
        }
    }
    for (guint i = index->group->len; i > 0; i--) {
        ht_spool_keymap_put(&index->recent, &g_array_index(index->group, GroupEntry, i - 1).before);
    }
    g_array_set_size(index->group, 0);
    index->logged = index->committed_logged;
    index->total = index->committed_total;
}
