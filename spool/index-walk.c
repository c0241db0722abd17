/* Walking an index. */
#include "spool/index-walk.h"

#include "spool/segment.h"

typedef struct {
    const HtSpoolIndexWalk *asked;
    sqlite3 *db;
    HtSpoolBlocks *blocks;
    HtSpoolWidth width;
    HtBuffer room;
} StoreWalk;

G_GNUC_PRINTF(4, 5)
static void tell(const StoreWalk *walk, bool lost, uint64_t entries, const char *format, ...)
{
    va_list arguments;
    if (walk->asked->damaged) {
        va_start(arguments, format);
        g_autofree char *what = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        walk->asked->damaged(what, lost, entries, walk->asked->user);
    }
}

/* What cannot be read of a table is told. */
static bool pass_over(const StoreWalk *walk, const char *what, GError *failure, GError **error)
{
    bool passes = failure->code == HT_SPOOL_ERROR_CORRUPT;
    if (passes) {
        tell(walk, true, 0, "%s cannot be read to its end: %s", what, failure->message);
        g_error_free(failure);
    } else {
        g_propagate_error(error, failure);
    }
    return passes;
}

static bool take_bytes(const StoreWalk *walk, const uint8_t *bytes, uint64_t count, GError **error)
{
    for (uint64_t i = 0; i < count; i++) {
        HtSpoolEntry entry;
        ht_spool_entry_read(bytes + i * walk->width, walk->width, &entry);
        if (!walk->asked->take(&entry, walk->asked->user, error)) {
            return false;
        }
    }
    return true;
}

static bool walk_block(StoreWalk *walk, HtSpoolSegment *segment, uint64_t index, GError **error)
{
    GError *failure = NULL;
    HtSpoolBlock block;
    bool paired = true;
    uint64_t room = ht_spool_block_room(ht_spool_blocks_page_bytes(walk->blocks), walk->width);
    if (index % HT_SPOOL_PARITY_BLOCKS == 0 &&
        !ht_spool_segment_is_paired(segment, index, &walk->room, &paired, error)) {
        return false;
    }
    if (!paired) {
        tell(walk, false, 0,
             "parity of block %" G_GUINT64_FORMAT " of segment %" G_GUINT64_FORMAT " is not what was written",
             index, segment->id);
    }
    if (ht_spool_segment_read(segment, index, &walk->room, &block, &failure)) {
        return take_bytes(walk, block.entries, block.count, error);
    }
    if (failure->code != HT_SPOOL_ERROR_CORRUPT) {
        g_propagate_error(error, failure);
        return false;
    }
    tell(walk, true, MIN(room, segment->entries), "%s", failure->message);
    g_error_free(failure);
    return true;
}

static bool walk_segment(StoreWalk *walk, HtSpoolSegment *segment, GError **error)
{
    uint64_t mended = ht_spool_blocks_mended(walk->blocks);
    bool good = true;
    for (uint64_t i = 0; good && i < segment->blocks; i++) {
        good = walk_block(walk, segment, i, error);
    }
    mended = ht_spool_blocks_mended(walk->blocks) - mended;
    if (good && mended > 0) {
        tell(walk, false, 0,
             "%" G_GUINT64_FORMAT " blocks of segment %" G_GUINT64_FORMAT
             " are not what was written; the next start makes them again",
             mended, segment->id);
    }
    return good;
}

static bool walk_segments(StoreWalk *walk, GError **error)
{
    unsigned damaged;
    GError *failure = NULL;
    bool good = true;
    g_autoptr(GPtrArray) segments =
        ht_spool_segments_load(walk->blocks, walk->asked->store, walk->width, &damaged, &failure);
    if (!segments) {
        return pass_over(walk, "the table segments", failure, error);
    }
    if (damaged > 0) {
        tell(walk, true, 0, "%u rows of the table segments are not what was written", damaged);
    }
    for (guint i = 0; good && i < segments->len; i++) {
        good = walk_segment(walk, segments->pdata[i], error);
    }
    return good;
}

static bool walk_log(StoreWalk *walk, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    if (!ht_spool_database_prepare(
            walk->db, "SELECT id, entries FROM segment_log WHERE store = ? ORDER BY id", &rows, error)) {
        return false;
    }
    sqlite3_bind_int(rows, 1, (int)walk->asked->store);
    for (bool found = true; found;) {
        g_autoptr(GError) failure = NULL;
        int64_t total;
        if (!ht_spool_database_row(rows, &found, &failure)) {
            return pass_over(walk, "the log of known keys", g_steal_pointer(&failure), error);
        }
        HtText row = found ? ht_spool_column_bytes(rows, 1) : HT_TEXT_NONE;
        uint64_t number = found ? (uint64_t)sqlite3_column_int64(rows, 0) : 0;
        bool whole = found && ht_spool_index_open_log(row, number, walk->asked->store, &total);
        if (found && !whole) {
            tell(walk, true, row.size / walk->width,
                 "row %" G_GUINT64_FORMAT " of the log of known keys is not what was written", number);
        }
        if (whole && !take_bytes(walk, (const uint8_t *)row.data + HT_SPOOL_LOG_HEAD,
                                 (row.size - HT_SPOOL_LOG_HEAD) / walk->width, error)) {
            return false;
        }
    }
    return true;
}

static bool tell_strange(const StoreWalk *walk, GError **error)
{
    static const char *const tables[] = {"segment_log", "segments"};
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        GError *failure = NULL;
        int64_t strange = 0;
        g_autofree char *sql =
            g_strdup_printf("SELECT count(*) FROM %s WHERE " HT_SPOOL_STORE_STRANGE, tables[i]);
        if (!ht_spool_database_number(walk->db, sql, &strange, &failure) &&
            !pass_over(walk, tables[i], failure, error)) {
            return false;
        }
        if (strange > 0) {
            tell(walk, true, 0, "%" G_GINT64_FORMAT " rows of the table %s are of no store", strange,
                 tables[i]);
        }
    }
    return true;
}

bool ht_spool_index_walk(sqlite3 *db, const HtSpoolIndexWalk *asked, GError **error)
{
    StoreWalk walk = {.asked = asked, .db = db, .width = ht_spool_store_width(asked->store)};
    walk.blocks = ht_spool_blocks_new(db, 0, error);
    bool good =
        walk.blocks && tell_strange(&walk, error) && walk_segments(&walk, error) && walk_log(&walk, error);
    ht_buffer_clear(&walk.room);
    ht_spool_blocks_free(walk.blocks);
    return good;
}
