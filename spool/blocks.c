/* The table of blocks. */
#include "spool/blocks.h"

#include "spool/hooks.h"

typedef struct {
    uint64_t next, number; /* id of the next block; of the next log row */
    uint64_t swept;        /* blocks of the first of the forgotten extents that are gone */
    guint gone;            /* extents that are */
} Numbers;

struct HtSpoolBlocks {
    sqlite3 *db;
    sqlite3_stmt *read, *write, *mend, *sweep;
    uint64_t page_bytes, filter_bytes, filter_used, mended;
    GArray *forgotten, *named; /* of HtSpoolExtent */
    Numbers now, committed;
};

HtSpoolBlocks *ht_spool_blocks_new(sqlite3 *db, uint64_t filter_bytes, GError **error)
{
    g_autoptr(HtSpoolBlocks) blocks = g_new0(HtSpoolBlocks, 1);
    int64_t last = 0, number = 0, page_bytes;
    bool writes = filter_bytes > 0; /* who only looks may do so where the last ones cannot be read */
    blocks->db = db;
    blocks->filter_bytes = filter_bytes;
    blocks->forgotten = g_array_new(FALSE, FALSE, sizeof(HtSpoolExtent));
    blocks->named = g_array_new(FALSE, FALSE, sizeof(HtSpoolExtent));
    if (!ht_spool_database_prepare(db, "SELECT bytes FROM segment_blocks WHERE id = ?", &blocks->read,
                                   error) ||
        !ht_spool_database_prepare(db, "INSERT INTO segment_blocks(id, bytes) VALUES(?, ?)", &blocks->write,
                                   error) ||
        !ht_spool_database_prepare(db, "INSERT OR REPLACE INTO segment_blocks(id, bytes) VALUES(?, ?)",
                                   &blocks->mend, error) ||
        !ht_spool_database_prepare(db, "DELETE FROM segment_blocks WHERE id BETWEEN ? AND ?", &blocks->sweep,
                                   error) ||
        (writes && !ht_spool_database_number(db, "SELECT max(id) FROM segment_blocks", &last, error)) ||
        (writes && !ht_spool_database_number(db, "SELECT max(id) FROM segment_log", &number, error)) ||
        !ht_spool_database_number(db, "PRAGMA page_size", &page_bytes, error)) {
        return NULL;
    }
    blocks->page_bytes = (uint64_t)page_bytes;
    blocks->now = (Numbers){.next = (uint64_t)MAX(last, 0) + 1, .number = (uint64_t)MAX(number, 0) + 1};
    blocks->committed = blocks->now;
    return g_steal_pointer(&blocks);
}

void ht_spool_blocks_free(HtSpoolBlocks *blocks)
{
    if (blocks) {
        sqlite3_finalize(blocks->read);
        sqlite3_finalize(blocks->write);
        sqlite3_finalize(blocks->mend);
        sqlite3_finalize(blocks->sweep);
        g_array_unref(blocks->forgotten);
        g_array_unref(blocks->named);
        g_free(blocks);
    }
}

sqlite3 *ht_spool_blocks_db(const HtSpoolBlocks *blocks)
{
    return blocks->db;
}

uint64_t ht_spool_blocks_page_bytes(const HtSpoolBlocks *blocks)
{
    return blocks->page_bytes;
}

bool ht_spool_blocks_only_look(const HtSpoolBlocks *blocks)
{
    return blocks->filter_bytes == 0;
}

/* ---- Blocks ---- */

static bool put(sqlite3_stmt *row, uint64_t id, const HtBuffer *bytes, GError **error)
{
    sqlite3_bind_int64(row, 1, (sqlite3_int64)id);
    ht_spool_bind_blob(row, 2, bytes->data, bytes->size);
    return ht_spool_database_do(row, error);
}

bool ht_spool_blocks_write(HtSpoolBlocks *blocks, HtBuffer *bytes, uint64_t *id, GError **error)
{
    *id = blocks->now.next++;
    ht_spool_block_seal(bytes, *id);
    return put(blocks->write, *id, bytes, error);
}

bool ht_spool_blocks_mend(HtSpoolBlocks *blocks, uint64_t id, const HtBuffer *bytes, GError **error)
{
    GError *failure = NULL;
    blocks->mended++;
    if (ht_spool_blocks_only_look(blocks) || put(blocks->mend, id, bytes, &failure)) {
        return true;
    }
    bool bears = failure->code == HT_SPOOL_ERROR_CORRUPT;
    if (bears) {
        g_error_free(failure);
    } else {
        g_propagate_error(error, failure);
    }
    return bears;
}

uint64_t ht_spool_blocks_mended(const HtSpoolBlocks *blocks)
{
    return blocks->mended;
}

bool ht_spool_blocks_read(HtSpoolBlocks *blocks, uint64_t id, HtBuffer *bytes, bool *whole, GError **error)
{
    *whole = false;
    bytes->size = 0;
    sqlite3_bind_int64(blocks->read, 1, (sqlite3_int64)id);
    int result = sqlite3_step(blocks->read);
    bool good = result == SQLITE_ROW || result == SQLITE_DONE || (result & 0xff) == SQLITE_CORRUPT;
    if (!good) {
        ht_spool_database_set_error(blocks->db, "reading", error);
    } else if (result == SQLITE_ROW) {
        /* The blob is asked for before its size: a page of it that cannot be read shows only then. */
        const void *data = sqlite3_column_blob(blocks->read, 0);
        HtText text = {data, data ? (size_t)sqlite3_column_bytes(blocks->read, 0) : 0};
        *whole = data && ht_spool_block_is_sealed(text, id);
        if (*whole) {
            ht_buffer_add_text(bytes, text);
        }
    }
    sqlite3_reset(blocks->read);
    return good;
}

/* ---- What is forgotten ---- */

void ht_spool_blocks_forget(HtSpoolBlocks *blocks, const HtSpoolExtent *extent)
{
    g_array_append_val(blocks->forgotten, *extent);
}

void ht_spool_blocks_name(HtSpoolBlocks *blocks, const HtSpoolExtent *extent)
{
    g_array_append_val(blocks->named, *extent);
}

static int compare_extents(const void *a, const void *b)
{
    uint64_t left = ((const HtSpoolExtent *)a)->first, right = ((const HtSpoolExtent *)b)->first;
    return (left > right) - (left < right);
}

/* Of the ids from `first` to before `end`, those between the first and the last that are there. */
static bool forget_between(HtSpoolBlocks *blocks, uint64_t first, uint64_t end, GError **error)
{
    int64_t from, last;
    g_autofree char *low = g_strdup_printf("SELECT min(id) FROM segment_blocks WHERE id >= %" G_GUINT64_FORMAT
                                           " AND id < %" G_GUINT64_FORMAT,
                                           first, end);
    g_autofree char *high = g_strdup_printf(
        "SELECT max(id) FROM segment_blocks WHERE id >= %" G_GUINT64_FORMAT " AND id < %" G_GUINT64_FORMAT,
        first, end);
    if (first >= end) {
        return true;
    }
    if (!ht_spool_database_number(blocks->db, low, &from, error) ||
        !ht_spool_database_number(blocks->db, high, &last, error)) {
        return false;
    }
    if (from > 0) {
        HtSpoolExtent extent = {(uint64_t)from, (uint64_t)(last - from + 1)};
        ht_spool_blocks_forget(blocks, &extent);
    }
    return true;
}

bool ht_spool_blocks_forget_unnamed(HtSpoolBlocks *blocks, GError **error)
{
    uint64_t first = 1;
    bool good = true;
    g_array_sort(blocks->named, compare_extents);
    for (guint i = 0; good && i < blocks->named->len; i++) {
        const HtSpoolExtent *extent = &g_array_index(blocks->named, HtSpoolExtent, i);
        good = forget_between(blocks, first, extent->first, error);
        first = extent->first + extent->count;
    }
    g_array_set_size(blocks->named, 0);
    return good && forget_between(blocks, first, blocks->now.next, error);
}

bool ht_spool_blocks_spare(HtSpoolBlocks *blocks, bool on, GError **error)
{
    return ht_spool_database_run(blocks->db, on ? "PRAGMA secure_delete = fast" : "PRAGMA secure_delete = on",
                                 error);
}

static bool delete_some(HtSpoolBlocks *blocks, unsigned most, unsigned *swept, GError **error)
{
    Numbers *now = &blocks->now;
    while (*swept < most && now->gone < blocks->forgotten->len) {
        const HtSpoolExtent *extent = &g_array_index(blocks->forgotten, HtSpoolExtent, now->gone);
        uint64_t count = MIN(extent->count - now->swept, most - *swept);
        sqlite3_bind_int64(blocks->sweep, 1, (sqlite3_int64)(extent->first + now->swept));
        sqlite3_bind_int64(blocks->sweep, 2, (sqlite3_int64)(extent->first + now->swept + count - 1));
        if (!ht_spool_database_do(blocks->sweep, error)) {
            return false;
        }
        *swept += (unsigned)count;
        now->swept += count;
        if (now->swept == extent->count) {
            now->gone++;
            now->swept = 0;
        }
    }
    ht_spool_step("sweep");
    return true;
}

bool ht_spool_blocks_sweep(HtSpoolBlocks *blocks, unsigned most, unsigned *swept, GError **error)
{
    *swept = 0;
    return blocks->now.gone == blocks->forgotten->len ||
           (ht_spool_blocks_spare(blocks, true, error) && delete_some(blocks, most, swept, error) &&
            ht_spool_blocks_spare(blocks, false, error));
}

/* ---- What is shared ---- */

uint64_t ht_spool_blocks_number(HtSpoolBlocks *blocks)
{
    return blocks->now.number++;
}

void ht_spool_blocks_number_used(HtSpoolBlocks *blocks, uint64_t number)
{
    blocks->now.number = MAX(blocks->now.number, number + 1);
    blocks->committed.number = blocks->now.number;
}

uint64_t ht_spool_blocks_filter_left(const HtSpoolBlocks *blocks)
{
    return blocks->filter_bytes - MIN(blocks->filter_bytes, blocks->filter_used);
}

void ht_spool_blocks_filter_taken(HtSpoolBlocks *blocks, uint64_t bytes)
{
    blocks->filter_used += bytes;
}

void ht_spool_blocks_filter_freed(HtSpoolBlocks *blocks, uint64_t bytes)
{
    blocks->filter_used -= bytes;
}

void ht_spool_blocks_committed(HtSpoolBlocks *blocks)
{
    g_array_remove_range(blocks->forgotten, 0, blocks->now.gone);
    blocks->now.gone = 0;
    blocks->committed = blocks->now;
}

/* A failed transaction may have left the setting as it was within. */
void ht_spool_blocks_rolled_back(HtSpoolBlocks *blocks)
{
    blocks->now = blocks->committed;
    ht_spool_blocks_spare(blocks, false, NULL);
}
