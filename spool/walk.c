/* Reading around what cannot be read. */
#include "spool/walk.h"

#define HOLES_MAX 100000 /* of one table; the rest is read from its end */

typedef enum { ROW, END, HOLE } Step;

/* Keys are compared with the last one taken. Numbers and hashes can be leapt over: of a hash the first eight bytes count. */
typedef enum { NUMBERS, HASHES, OTHERS } Keys;

typedef struct {
    sqlite3 *db;
    HtSpoolWalk *walk;
    Keys keys;
    sqlite3_stmt *after; /* ?1: rows above a key */
    uint64_t last;       /* of NUMBERS and HASHES: where the walk is */
    bool begun;
} Walker;

/* A disk that fails is an error; what is damaged, or points nowhere, is a hole. */
static bool step(Walker *walker, sqlite3_stmt *rows, Step *found, GError **error)
{
    int result = sqlite3_step(rows);
    int kind = result & 0xff;
    *found = result == SQLITE_ROW ? ROW : result == SQLITE_DONE ? END : HOLE;
    if (*found == HOLE && kind != SQLITE_CORRUPT && kind != SQLITE_NOTADB && kind != SQLITE_IOERR &&
        kind != SQLITE_FORMAT) {
        ht_spool_database_set_error(walker->db, "reading", error);
        return false;
    }
    return true;
}

static uint64_t key_of(const Walker *walker, sqlite3_stmt *row)
{
    uint64_t key = 0;
    if (walker->keys == NUMBERS) {
        int64_t number = sqlite3_column_int64(row, 0);
        return number > 0 ? (uint64_t)number : 0;
    }
    HtText bytes = ht_spool_column_bytes(row, 0);
    memcpy(&key, bytes.data, MIN(bytes.size, sizeof key));
    return GUINT64_FROM_BE(key);
}

static void bind_key(const Walker *walker, uint64_t *room, uint64_t key)
{
    if (walker->keys == NUMBERS) {
        sqlite3_bind_int64(walker->after, 1, (sqlite3_int64)MIN(key, (uint64_t)INT64_MAX));
    } else {
        *room = GUINT64_TO_BE(key);
        ht_spool_bind_blob(walker->after, 1, room, sizeof *room);
    }
}

static bool probe(Walker *walker, uint64_t key, Step *found, GError **error)
{
    uint64_t room;
    bind_key(walker, &room, key);
    bool good = step(walker, walker->after, found, error);
    sqlite3_reset(walker->after);
    return good;
}

/* From `last`, behind which there is a hole, to the first key from where on it can be read again. */
static bool leap(Walker *walker, bool *over, GError **error)
{
    uint64_t end = walker->keys == NUMBERS ? INT64_MAX : UINT64_MAX, low = walker->last, high = low;
    Step found = HOLE;
    for (uint64_t far = 1; found == HOLE && high < end; far *= 2) {
        low = high;
        high = end - high > far && far > 0 ? high + far : end;
        if (!probe(walker, high, &found, error)) {
            return false;
        }
    }
    while (found != HOLE && high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        Step there;
        if (!probe(walker, middle, &there, error)) {
            return false;
        }
        *(there == HOLE ? &low : &high) = middle;
    }
    walker->last = high;
    *over = found == HOLE;
    return true;
}

/* What a row's value does not say by the step: a page of it that cannot be read shows when it is asked for. */
static bool is_readable(Walker *walker, sqlite3_stmt *row)
{
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        int type = sqlite3_column_type(row, i);
        if ((type == SQLITE_BLOB || type == SQLITE_TEXT) && !sqlite3_column_blob(row, i) &&
            sqlite3_errcode(walker->db) != SQLITE_ROW && sqlite3_errcode(walker->db) != SQLITE_OK) {
            return false;
        }
    }
    return true;
}

/* Takes rows until their end or a hole. */
static bool take_rows(Walker *walker, sqlite3_stmt *rows, Step *found, GError **error)
{
    bool good;
    while ((good = step(walker, rows, found, error)) && *found == ROW) {
        if (!is_readable(walker, rows)) {
            walker->walk->holes++;
        } else {
            good = walker->walk->take(rows, walker->walk->user, error);
            walker->walk->rows++;
        }
        if (!good) {
            break;
        }
        walker->last = walker->keys == OTHERS ? 0 : key_of(walker, rows);
    }
    sqlite3_reset(rows);
    return good;
}

static bool walk_forward(Walker *walker, Step *found, GError **error)
{
    for (bool over = false; !over;) {
        uint64_t room;
        bind_key(walker, &room, walker->last);
        if (!take_rows(walker, walker->after, found, error)) {
            return false;
        }
        if (*found == END || ++walker->walk->holes > HOLES_MAX) {
            return true;
        }
        if (!leap(walker, &over, error)) {
            return false;
        }
    }
    return true;
}

/* Of keys that cannot be counted: from the front until a hole, then from the end until one. The caller's rows are taken twice where
 * both meet, so it must bear that. */
static bool walk_from_both_ends(Walker *walker, GError **error)
{
    static const char *const orders[] = {"ASC", "DESC"};
    HtSpoolWalk *walk = walker->walk;
    Step found = HOLE;
    for (size_t i = 0; found == HOLE && i < G_N_ELEMENTS(orders); i++) {
        g_autoptr(sqlite3_stmt) rows = NULL;
        g_autofree char *sql =
            g_strdup_printf("SELECT %s FROM %s ORDER BY 1 %s", walk->columns, walk->table, orders[i]);
        if (!ht_spool_database_prepare(walker->db, sql, &rows, error) ||
            !take_rows(walker, rows, &found, error)) {
            return false;
        }
        walk->holes += found == HOLE && i == 0;
    }
    return true;
}

static bool find_keys(Walker *walker, GError **error)
{
    g_autoptr(sqlite3_stmt) column = NULL;
    g_autofree char *sql =
        g_strdup_printf("SELECT type, (SELECT count(*) FROM pragma_table_info('%s') WHERE pk > 0)"
                        " FROM pragma_table_info('%s') WHERE pk = 1",
                        walker->walk->table, walker->walk->table);
    bool found;
    if (!ht_spool_database_prepare(walker->db, sql, &column, error) ||
        !ht_spool_database_row(column, &found, error)) {
        return false;
    }
    HtText type = found ? ht_spool_column_bytes(column, 0) : HT_TEXT_NONE;
    bool single = found && sqlite3_column_int64(column, 1) == 1;
    walker->keys = single && ht_text_equal(type, HT_TEXT_LITERAL("INTEGER")) ? NUMBERS
                   : single && ht_text_equal(type, HT_TEXT_LITERAL("BLOB"))  ? HASHES
                                                                             : OTHERS;
    return true;
}

bool ht_spool_walk(sqlite3 *db, HtSpoolWalk *walk, GError **error)
{
    Walker walker = {.db = db, .walk = walk};
    Step found;
    walk->rows = walk->holes = 0;
    if (!find_keys(&walker, error)) {
        return false;
    }
    if (walker.keys == OTHERS) {
        return walk_from_both_ends(&walker, error);
    }
    g_autofree char *key = g_strndup(walk->columns, strcspn(walk->columns, ","));
    g_autofree char *sql =
        g_strdup_printf("SELECT %s FROM %s WHERE %s > ? ORDER BY 1", walk->columns, walk->table, key);
    bool good =
        ht_spool_database_prepare(db, sql, &walker.after, error) && walk_forward(&walker, &found, error);
    sqlite3_finalize(walker.after);
    return good;
}

/* ---- Copying ---- */

typedef struct {
    sqlite3_stmt *insert;
    uint64_t refused;
} Copy;

/* A row that the new table does not take (another type, a key that is there) is lost. */
static bool copy_row(sqlite3_stmt *row, void *user, GError **error)
{
    Copy *copy = user;
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        sqlite3_bind_value(copy->insert, i + 1, sqlite3_column_value(row, i));
    }
    int result = sqlite3_step(copy->insert);
    sqlite3_reset(copy->insert);
    if (result != SQLITE_DONE && result != SQLITE_CONSTRAINT) {
        ht_spool_database_set_error(sqlite3_db_handle(copy->insert), "writing", error);
        return false;
    }
    copy->refused += result == SQLITE_CONSTRAINT;
    return true;
}

/* The columns that both have, the key's first, with commas; NULL when the table is not in `from`. */
static char *find_columns(sqlite3 *from, sqlite3 *to, const char *table, unsigned *count, GError **error)
{
    g_autoptr(sqlite3_stmt) wanted = NULL, there = NULL;
    g_autoptr(GString) columns = g_string_new(NULL);
    bool found = true, has;
    if (!ht_spool_database_prepare(to, "SELECT name FROM pragma_table_info(?1) ORDER BY pk = 0, pk, cid",
                                   &wanted, error) ||
        !ht_spool_database_prepare(from, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2", &there,
                                   error)) {
        return NULL;
    }
    ht_spool_bind_text(wanted, 1, ht_text_from(table));
    for (*count = 0; ht_spool_database_row(wanted, &found, error) && found;) {
        ht_spool_bind_text(there, 1, ht_text_from(table));
        ht_spool_bind_text(there, 2, ht_spool_column_bytes(wanted, 0));
        if (!ht_spool_database_row(there, &has, error)) {
            return NULL;
        }
        sqlite3_reset(there);
        if (has) {
            g_string_append_printf(columns, "%s%s", columns->len ? "," : "",
                                   (const char *)sqlite3_column_text(wanted, 0));
            ++*count;
        }
    }
    return found ? NULL : g_strdup(columns->str);
}

static bool copy_table(sqlite3 *from, sqlite3 *to, HtSpoolWalk *walk, uint64_t *refused, GError **error)
{
    unsigned count = 0;
    g_autofree char *columns = find_columns(from, to, walk->table, &count, error);
    if (!columns || count == 0) {
        return columns != NULL;
    }
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_printf(sql, "INSERT OR IGNORE INTO %s(%s) VALUES(?", walk->table, columns);
    for (unsigned i = 1; i < count; i++) {
        g_string_append(sql, ",?");
    }
    g_string_append_c(sql, ')');
    Copy copy = {NULL, 0};
    walk->columns = columns;
    walk->take = copy_row;
    walk->user = &copy;
    bool good =
        ht_spool_database_prepare(to, sql->str, &copy.insert, error) && ht_spool_walk(from, walk, error);
    sqlite3_finalize(copy.insert);
    *refused = copy.refused;
    return good;
}

bool ht_spool_walk_copy(sqlite3 *from, sqlite3 *to, const char *const *without,
                        void (*lost)(const char *table, uint64_t rows, uint64_t holes, void *user),
                        void *user, GError **error)
{
    g_autoptr(sqlite3_stmt) tables = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(
            to, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'", &tables,
            error)) {
        return false;
    }
    while (ht_spool_database_row(tables, &found, error) && found) {
        g_autofree char *name = g_strdup((const char *)sqlite3_column_text(tables, 0));
        HtSpoolWalk walk = {.table = name};
        uint64_t refused = 0;
        if (g_strv_contains(without, name)) {
            continue;
        }
        if (!copy_table(from, to, &walk, &refused, error)) {
            return false;
        }
        if (walk.holes + refused > 0) {
            lost(name, refused, walk.holes, user);
        }
    }
    return !found;
}
