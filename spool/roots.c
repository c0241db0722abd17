/* Where tables begin: see roots.h. A line each: the name, a blank, the page. */
#include "spool/roots.h"

#include "spool/schema.h"

bool ht_spool_roots_note(sqlite3 *db, GError **error)
{
    return ht_spool_database_run(
        db,
        "INSERT OR REPLACE INTO meta SELECT '" HT_SPOOL_META_ROOTS
        "', CAST(group_concat(name || ' ' || rootpage, char(10)) AS BLOB)"
        " FROM (SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0 ORDER BY name)",
        error);
}

char *ht_spool_roots_read(sqlite3 *from)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = false;
    if (!ht_spool_database_prepare(from, "SELECT value FROM meta WHERE name = '" HT_SPOOL_META_ROOTS "'",
                                   &row, NULL) ||
        !ht_spool_database_row(row, &found, NULL) || !found) {
        return NULL;
    }
    HtText text = ht_spool_column_bytes(row, 0);
    return g_strndup(text.data, text.size);
}

bool ht_spool_roots_put(sqlite3 *db, const char *roots, GError **error)
{
    g_autoptr(sqlite3_stmt) put = NULL;
    g_auto(GStrv) lines = g_strsplit(roots, "\n", -1);
    bool good =
        ht_spool_database_run(db, "PRAGMA writable_schema = 1", error) &&
        ht_spool_database_prepare(db, "UPDATE sqlite_schema SET rootpage = ?1 WHERE name = ?2", &put, error);
    for (char **line = lines; good && *line; line++) {
        const char *blank = strchr(*line, ' ');
        guint64 page = 0;
        if (blank && g_ascii_string_to_unsigned(blank + 1, 10, 1, UINT32_MAX, &page, NULL)) {
            sqlite3_bind_int64(put, 1, (sqlite3_int64)page);
            ht_spool_bind_text(put, 2, (HtText){*line, (size_t)(blank - *line)});
            good = ht_spool_database_do(put, error);
        }
    }
    return good;
}
