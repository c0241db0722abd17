/* Cursors, and the marks. Marks are filled on the main thread under the writer's lock; the writer thread
 * takes and writes them. */
#include "spool/cursor.h"

struct HtSpoolMarks {
    GHashTable *cursors; /* of HtSpoolCursor */
    GPtrArray *deeds;    /* of HtSpoolDeed */
    GArray *damages;     /* of HtSpoolDamage */
    GArray *days;        /* of HtSpoolDay */
};

static void free_cursor(void *item)
{
    HtSpoolCursor *cursor = item;
    g_clear_pointer(&cursor->finished, g_bytes_unref);
    g_free(cursor);
}

static GHashTable *table_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_cursor);
}

void ht_spool_cursor_table_put(GHashTable *table, const char *consumer, const HtSpoolCursor *cursor)
{
    HtSpoolCursor *place = g_hash_table_lookup(table, consumer);
    if (!place) {
        place = g_new0(HtSpoolCursor, 1);
        g_hash_table_insert(table, g_strdup(consumer), place);
    }
    g_clear_pointer(&place->finished, g_bytes_unref);
    place->sequence = cursor->sequence;
    place->wanted = cursor->wanted;
    place->gone = cursor->gone;
    place->finished = cursor->finished ? g_bytes_ref(cursor->finished) : NULL;
}

HtSpoolMarks *ht_spool_marks_new(void)
{
    HtSpoolMarks *marks = g_new0(HtSpoolMarks, 1);
    marks->cursors = table_new();
    marks->deeds = g_ptr_array_new_with_free_func((GDestroyNotify)ht_spool_deed_free);
    marks->damages = g_array_new(FALSE, FALSE, sizeof(HtSpoolDamage));
    marks->days = ht_spool_days_new();
    return marks;
}

void ht_spool_marks_free(HtSpoolMarks *marks)
{
    if (marks) {
        g_hash_table_unref(marks->cursors);
        g_ptr_array_unref(marks->deeds);
        g_array_unref(marks->damages);
        g_array_unref(marks->days);
        g_free(marks);
    }
}

bool ht_spool_marks_are_empty(const HtSpoolMarks *marks)
{
    return ht_spool_marks_can_wait(marks) && marks->days->len == 0;
}

bool ht_spool_marks_can_wait(const HtSpoolMarks *marks)
{
    return marks->deeds->len == 0 && marks->damages->len == 0 && g_hash_table_size(marks->cursors) == 0;
}

void ht_spool_marks_count(HtSpoolMarks *marks, const HtSpoolDay *more)
{
    ht_spool_days_add(marks->days, more);
}

void ht_spool_marks_move(HtSpoolMarks *marks, const char *consumer, const HtSpoolCursor *cursor)
{
    ht_spool_cursor_table_put(marks->cursors, consumer, cursor);
}

void ht_spool_marks_add_deed(HtSpoolMarks *marks, HtSpoolDeed *deed)
{
    g_ptr_array_add(marks->deeds, deed);
}

void ht_spool_marks_add_damage(HtSpoolMarks *marks, const HtSpoolDamage *damage)
{
    g_array_append_val(marks->damages, *damage);
}

const GArray *ht_spool_marks_damages(const HtSpoolMarks *marks)
{
    return marks->damages;
}

void ht_spool_marks_put_back(HtSpoolMarks *marks, HtSpoolMarks *older)
{
    GHashTableIter iter;
    gpointer consumer, cursor;
    g_hash_table_iter_init(&iter, older->cursors);
    while (g_hash_table_iter_next(&iter, &consumer, &cursor)) {
        if (!g_hash_table_contains(marks->cursors, consumer)) {
            ht_spool_marks_move(marks, consumer, cursor);
        }
    }
    g_ptr_array_extend_and_steal(older->deeds, g_steal_pointer(&marks->deeds));
    marks->deeds = g_ptr_array_ref(older->deeds);
    g_array_append_vals(marks->damages, older->damages->data, older->damages->len);
    for (guint i = 0; i < older->days->len; i++) {
        ht_spool_days_add(marks->days, &g_array_index(older->days, HtSpoolDay, i));
    }
    ht_spool_marks_free(older);
}

struct HtSpoolCursors {
    sqlite3_stmt *move, *forget;
    HtSpoolReasons *reasons;
};

HtSpoolCursors *ht_spool_cursors_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolCursors) cursors = g_new0(HtSpoolCursors, 1);
    cursors->reasons = ht_spool_reasons_new(db, error);
    if (!cursors->reasons ||
        !ht_spool_database_prepare(
            db,
            "INSERT INTO cursors(consumer, seq, finished, wanted, start) VALUES(?1, ?2, ?3, ?4, ?2)"
            " ON CONFLICT DO UPDATE SET seq = ?2, finished = ?3, wanted = ?4",
            &cursors->move, error) ||
        !ht_spool_database_prepare(db, "DELETE FROM cursors WHERE consumer = ?1", &cursors->forget, error)) {
        return NULL;
    }
    return g_steal_pointer(&cursors);
}

void ht_spool_cursors_free(HtSpoolCursors *cursors)
{
    if (cursors) {
        sqlite3_finalize(cursors->move);
        sqlite3_finalize(cursors->forget);
        ht_spool_reasons_free(cursors->reasons);
        g_free(cursors);
    }
}

static bool forget_cursor(sqlite3_stmt *row, const char *consumer, GError **error)
{
    ht_spool_bind_text(row, 1, ht_text_from(consumer));
    return ht_spool_database_do(row, error);
}

static bool write_cursor(sqlite3_stmt *row, const char *consumer, const HtSpoolCursor *cursor, GError **error)
{
    gsize size = 0;
    const void *finished = cursor->finished ? g_bytes_get_data(cursor->finished, &size) : NULL;
    ht_spool_bind_text(row, 1, ht_text_from(consumer));
    sqlite3_bind_int64(row, 2, (sqlite3_int64)cursor->sequence);
    if (finished) {
        ht_spool_bind_blob(row, 3, finished, size);
    } else {
        sqlite3_bind_null(row, 3);
    }
    sqlite3_bind_int64(row, 4, (sqlite3_int64)cursor->wanted);
    return ht_spool_database_do(row, error);
}

bool ht_spool_cursors_write(HtSpoolCursors *cursors, const HtSpoolMarks *marks, GError **error)
{
    bool good = true;
    for (guint i = 0; good && i < marks->deeds->len; i++) {
        good = ht_spool_deed_do(marks->deeds->pdata[i], sqlite3_db_handle(cursors->move), cursors->reasons,
                                error);
    }
    GHashTableIter iter;
    gpointer consumer, cursor;
    g_hash_table_iter_init(&iter, marks->cursors);
    while (good && g_hash_table_iter_next(&iter, &consumer, &cursor)) {
        good = ((HtSpoolCursor *)cursor)->gone ? forget_cursor(cursors->forget, consumer, error)
                                               : write_cursor(cursors->move, consumer, cursor, error);
    }
    return good && ht_spool_days_write(sqlite3_db_handle(cursors->move), marks->days, error);
}

GHashTable *ht_spool_cursors_load(sqlite3 *db, GError **error)
{
    g_autoptr(GHashTable) table = table_new();
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(db, "SELECT consumer, seq, finished, wanted FROM cursors", &rows, error)) {
        return NULL;
    }
    while (found) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return NULL;
        }
        if (found) {
            HtText finished = ht_spool_column_bytes(rows, 2);
            g_autoptr(GBytes) bytes = finished.size > 0 ? g_bytes_new(finished.data, finished.size) : NULL;
            HtSpoolCursor cursor = {(uint64_t)sqlite3_column_int64(rows, 1), bytes,
                                    (uint64_t)sqlite3_column_int64(rows, 3), false};
            ht_spool_cursor_table_put(table, (const char *)sqlite3_column_text(rows, 0), &cursor);
        }
    }
    return g_steal_pointer(&table);
}
