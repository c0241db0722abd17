/* Opening what is damaged. */
#include "spool/legible.h"

#include "spool/disk.h"
#include "spool/hash.h"
#include "spool/migrate.h"
#include "spool/roots.h"
#include "spool/schema.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#define COPY "spool.legible"
#define TEMPLATE "spool.template"
#define FORMAT_MOST 1000 /* a number that is no format for a long time: it was altered */
#define PAGE_MIN 512
#define PAGE_MAX 65536

/* Places in the file's head (https://www.sqlite.org/fileformat.html), numbers in big endian. */
#define HEAD_CHANGES 24
#define HEAD_PAGES 28
#define HEAD_FREE 32 /* the list of free pages, and their number: what is not used need not be known */
#define HEAD_CHANGES_AGAIN 92
#define HEAD_BYTES 100
#define TREE_INNER \
    5 /* of a table; behind it: the cells' number at 3, the last child at 8, where cells begin */
#define TREE_CELLS 12 /* from here on */

static const char *const files[] = {COPY,     COPY "-wal",     COPY "-shm",
                                    TEMPLATE, TEMPLATE "-wal", TEMPLATE "-shm"};

void ht_spool_legible_forget(const char *directory)
{
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(directory, files[i], NULL);
        g_unlink(path);
    }
}

/* `moved` false: the last migration did not come to its end. */
static sqlite3 *open_as_it_is(const char *path, int *version, bool *moved, GError **error)
{
    g_autoptr(sqlite3) db = ht_spool_database_open(path, error);
    int64_t older;
    if (!db || !ht_spool_database_run(db, "PRAGMA query_only = 1; PRAGMA cell_size_check = 1", error) ||
        !ht_spool_schema_version(db, version, error) ||
        !ht_spool_database_number(
            db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('events_5', 'keys_9')", &older, error)) {
        return NULL;
    }
    *moved = older == 0;
    return g_steal_pointer(&db);
}

/* Of a newer program: nothing is to be found out about it. */
static bool is_newer(const char *path)
{
    g_autoptr(sqlite3) db = ht_spool_database_open(path, NULL);
    int64_t application, format;
    return db && ht_spool_database_number(db, "PRAGMA application_id", &application, NULL) &&
           ht_spool_database_number(db, "PRAGMA user_version", &format, NULL) &&
           application == HT_SPOOL_APPLICATION_ID && format > HT_SPOOL_FORMAT && format < FORMAT_MOST;
}

/* ---- Copies ---- */

static bool copy_file(const char *from_path, const char *to_path, GError **error)
{
    g_autoptr(GFile) from = g_file_new_for_path(from_path), to = g_file_new_for_path(to_path);
    g_autoptr(GError) failure = NULL;
    if (g_file_copy(from, to, G_FILE_COPY_OVERWRITE | G_FILE_COPY_TARGET_DEFAULT_PERMS, NULL, NULL, NULL,
                    &failure)) {
        return g_chmod(to_path, 0600) == 0;
    }
    g_set_error(error, HT_SPOOL_ERROR,
                g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_NO_SPACE) ? HT_SPOOL_ERROR_FULL
                                                                          : HT_SPOOL_ERROR_IO,
                "spool: \"%s\" cannot be copied to \"%s\": %s", from_path, to_path, failure->message);
    return false;
}

/* With what has not come out of its WAL yet. */
static bool copy_spool(const char *old, const char *copy, GError **error)
{
    g_autofree char *from = g_strconcat(old, "-wal", NULL), *to = g_strconcat(copy, "-wal", NULL);
    return copy_file(old, copy, error) &&
           (!g_file_test(from, G_FILE_TEST_EXISTS) || copy_file(from, to, error));
}

/* ---- Older formats ---- */

static sqlite3 *open_up_to_date(const HtSpoolSalvage *asked, const char *old, const char *copy, int version,
                                GError **error)
{
    HtSpoolOptions options = {.directory = asked->directory, .limits = asked->limits};
    g_autoptr(sqlite3) db = NULL;
    g_autoptr(GError) failure = NULL;
    if (!copy_spool(old, copy, error)) {
        return NULL;
    }
    db = ht_spool_database_open(copy, error);
    if (!db || !ht_spool_schema_prepare(db, &options, &failure) ||
        !ht_spool_schema_migrate(db, HT_SPOOL_FORMAT, &failure) || !ht_spool_migrate(db, &failure) ||
        !ht_spool_database_run(db, "PRAGMA query_only = 1; PRAGMA cell_size_check = 1", &failure)) {
        if (failure) {
            g_set_error(
                error, HT_SPOOL_ERROR, failure->code,
                "spool: the file has format %d, and is damaged where it has to be read to bring it to format %d:"
                " repair it with the Hutong that wrote it, then with this one; or put a backup in its place (%s)",
                version, HT_SPOOL_FORMAT, failure->message);
        }
        return NULL;
    }
    return g_steal_pointer(&db);
}

/* ---- The first page ---- */

/* With `roots`, its page says that tables begin there. */
static bool make_template(const HtSpoolSalvage *asked, const char *path, uint64_t page_bytes,
                          const char *roots, GError **error)
{
    HtSpoolOptions options = {.directory = asked->directory, .limits = asked->limits};
    g_autofree char *wal = g_strconcat(path, "-wal", NULL);
    options.limits.page_bytes = page_bytes;
    g_unlink(path);
    g_unlink(wal);
    if (!ht_spool_disk_make_file(path, error)) {
        return false;
    }
    g_autoptr(sqlite3) db = ht_spool_database_open(path, error);
    return db && ht_spool_schema_prepare(db, &options, error) &&
           ht_spool_schema_migrate(db, HT_SPOOL_FORMAT, error) && ht_spool_migrate(db, error) &&
           (!roots || ht_spool_roots_put(db, roots, error)) &&
           ht_spool_database_run(db, "PRAGMA wal_checkpoint(TRUNCATE)", error);
}

static void put_u32(char *at, uint32_t number)
{
    uint32_t big = GUINT32_TO_BE(number);
    memcpy(at, &big, sizeof big);
}

static uint32_t get_u32(const char *at)
{
    uint32_t big;
    memcpy(&big, at, sizeof big);
    return GUINT32_FROM_BE(big);
}

/* From a page of one to a page of the other. */
static bool copy_page(FILE *from, uint32_t number, FILE *to, uint32_t as, char *page, size_t page_bytes)
{
    off_t at = (off_t)(number - 1) * (off_t)page_bytes, there = (off_t)(as - 1) * (off_t)page_bytes;
    return fseeko(from, at, SEEK_SET) == 0 && fread(page, page_bytes, 1, from) == 1 &&
           fseeko(to, there, SEEK_SET) == 0 && fwrite(page, page_bytes, 1, to) == 1;
}

/* The pages below the first one, which say the same of more tables: when it is an inner page of its tree, its cells name them. They go behind the
 * copy's `pages`, which grow by them: where they were in the other, this one may have something else. */
static bool copy_leaves(FILE *from, FILE *to, char *first, size_t page_bytes, uint32_t *pages)
{
    g_autofree char *page = g_malloc(page_bytes);
    char *tree = first + HEAD_BYTES;
    if (*tree != TREE_INNER) {
        return true;
    }
    unsigned count = (unsigned)((uint8_t)tree[3] << 8 | (uint8_t)tree[4]);
    for (unsigned i = 0; i <= count; i++) {
        const char *at = tree + TREE_CELLS + 2 * (size_t)i;
        size_t cell = (size_t)((uint8_t)at[0] << 8 | (uint8_t)at[1]);
        char *child = i < count ? first + cell : tree + 8;
        if ((i < count && cell + 4 > page_bytes) ||
            !copy_page(from, get_u32(child), to, ++*pages, page, page_bytes)) {
            return false;
        }
        put_u32(child, *pages);
    }
    return true;
}

static bool copy_first(FILE *from, FILE *to, size_t page_bytes)
{
    g_autofree char *page = g_malloc(page_bytes);
    if (fseeko(to, 0, SEEK_END) != 0) {
        return false;
    }
    uint32_t pages = (uint32_t)((uint64_t)ftello(to) / page_bytes);
    if (!copy_page(from, 1, to, 1, page, page_bytes) || !copy_leaves(from, to, page, page_bytes, &pages)) {
        return false;
    }
    put_u32(page + HEAD_PAGES, pages);
    put_u32(page + HEAD_FREE, 0);
    put_u32(page + HEAD_FREE + 4, 0);
    memcpy(page + HEAD_CHANGES_AGAIN, page + HEAD_CHANGES, 4);
    return fseeko(to, 0, SEEK_SET) == 0 && fwrite(page, page_bytes, 1, to) == 1;
}

/* The template's first page, and what belongs to it, with the number of pages that the copy has. */
static bool put_page(const char *template, const char *copy, size_t page_bytes, GError **error)
{
    FILE *from = fopen(template, "re"), *to = fopen(copy, "r+e");
    bool good = from && to && copy_first(from, to, page_bytes);
    if (from) {
        fclose(from);
    }
    good = (!to || fclose(to) == 0) && good;
    if (!good) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "spool: \"%s\" cannot be written: %s", copy,
                    g_strerror(errno));
    }
    return good;
}

/* Whether tables begin where the page says: the first that can be read tells. */
static bool fits(sqlite3 *db)
{
    static const char *const signs[] = {
        "SELECT count(*) FROM (SELECT 1 FROM messages WHERE length(message) = 16 AND length(sha256) = 32 LIMIT 1)",
        "SELECT count(*) FROM (SELECT 1 FROM places WHERE count > 0 AND last_seq >= count LIMIT 1)"};
    HtSpoolHash check;
    bool found = false;
    if (ht_spool_meta_get(db, HT_SPOOL_META_KEY_CHECK, &check, sizeof check, &found, NULL)) {
        return found;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
        int64_t count;
        if (ht_spool_database_number(db, signs[i], &count, NULL)) {
            return count > 0;
        }
    }
    return false;
}

/* With a page of this size; NULL without an error: it is not that. */
static sqlite3 *try_roots(const HtSpoolSalvage *asked, const char *copy, uint64_t page_bytes,
                          const char *roots, GError **error)
{
    g_autofree char *old = g_build_filename(asked->directory, HT_SPOOL_FILE, NULL);
    g_autofree char *template = g_build_filename(asked->directory, TEMPLATE, NULL);
    int version;
    bool moved;
    if (!copy_spool(old, copy, error) || !make_template(asked, template, page_bytes, roots, error) ||
        !put_page(template, copy, (size_t)page_bytes, error)) {
        return NULL;
    }
    g_autoptr(sqlite3) db = open_as_it_is(copy, &version, &moved, NULL);
    return db && moved && fits(db) ? g_steal_pointer(&db) : NULL;
}

/* `meta` is where it is in a new one, and says where the others are. */
static sqlite3 *try_page(const HtSpoolSalvage *asked, const char *copy, uint64_t page_bytes, GError **error)
{
    sqlite3 *db = try_roots(asked, copy, page_bytes, NULL, error);
    g_autofree char *roots = db ? ht_spool_roots_read(db) : NULL;
    if (roots) {
        sqlite3_close(db);
        db = try_roots(asked, copy, page_bytes, roots, error);
    }
    return db;
}

static sqlite3 *open_with_new_page(const HtSpoolSalvage *asked, const char *old, const char *copy,
                                   const GError *why, GError **error)
{
    GError *failure = NULL;
    sqlite3 *db = try_page(asked, copy, asked->limits.page_bytes, &failure);
    for (uint64_t size = PAGE_MIN; !db && !failure && size <= PAGE_MAX; size *= 2) {
        db = size != asked->limits.page_bytes ? try_page(asked, copy, size, &failure) : NULL;
    }
    if (failure) {
        g_propagate_error(error, failure);
    } else if (!db) {
        g_set_error(
            error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
            "spool: \"%s\" cannot be read, and with the first page of another spool nothing is found in it: put a"
            " backup in its place (hutong spool restore) (%s)",
            old, why->message);
    }
    return db;
}

sqlite3 *ht_spool_legible_open(const HtSpoolSalvage *asked, GError **error)
{
    g_autofree char *old = g_build_filename(asked->directory, HT_SPOOL_FILE, NULL);
    g_autofree char *copy = g_build_filename(asked->directory, COPY, NULL);
    g_autoptr(GError) why = NULL;
    int version = 0;
    bool moved = false;
    ht_spool_legible_forget(asked->directory);
    g_autoptr(sqlite3) db = open_as_it_is(old, &version, &moved, &why);
    if (db && version == HT_SPOOL_FORMAT && moved) {
        return g_steal_pointer(&db);
    }
    bool unreadable =
        why && why->code != HT_SPOOL_ERROR_BUSY; /* a disk that fails does so at the copy, too */
    if (unreadable && !is_newer(old)) {
        return open_with_new_page(asked, old, copy, why, error);
    }
    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return NULL;
    }
    g_clear_pointer(&db, sqlite3_close);
    return open_up_to_date(asked, old, copy, version, error);
}
