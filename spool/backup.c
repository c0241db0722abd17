/* Copying a spool, and putting a copy in its place. */
#include "spool/backup.h"

#include "core/base/clock.h"
#include "core/base/disk-write.h"
#include "spool/disk.h"
#include "spool/messages.h"
#include "spool/migrate.h"
#include "spool/rows.h"
#include "spool/schema.h"
#include "spool/turns.h"
#include "spool/vault-copy.h"
#include "spool/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <nettle/sha2.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUMS "SHA256SUMS"
#define SUMS_MAX ((size_t)64 << 10)
#define STEP_PAGES 1024
#define PIECE ((size_t)256 << 10)
#define RESTORING "spool.restoring"
#define KEPT "replaced-%Y%m%dT%H%M%SZ"

static bool fail(GError **error, int code, const char *what, const char *path)
{
    g_set_error(error, HT_SPOOL_ERROR, code, "spool: cannot %s \"%s\": %s", what, path, g_strerror(errno));
    return false;
}

static int code_of_errno(void)
{
    return errno == ENOSPC || errno == EDQUOT ? HT_SPOOL_ERROR_FULL : HT_SPOOL_ERROR_IO;
}

/* ---- Files ---- */

/* Reads the file, adds it to the digest, and writes it to `to`, which may be -1. */
static bool pass_file(const char *path, int to, struct sha256_ctx *sum, GError **error)
{
    g_autofree uint8_t *bytes = g_malloc(PIECE);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = from >= 0 ? 1 : -1;
    bool written = true;
    while (size > 0 && written) {
        size = read(from, bytes, PIECE);
        if (size > 0) {
            sha256_update(sum, (size_t)size, bytes);
            written = to < 0 || ht_disk_write(to, bytes, (size_t)size);
        }
    }
    bool good = written ? size == 0 || fail(error, HT_SPOOL_ERROR_IO, "read", path)
                        : fail(error, code_of_errno(), "copy", path);
    if (from >= 0) {
        close(from);
    }
    return good;
}

static char *read_sum(const char *path, GError **error)
{
    struct sha256_ctx sum;
    uint8_t digest[SHA256_DIGEST_SIZE];
    GString *hex = g_string_new(NULL);
    sha256_init(&sum);
    if (!pass_file(path, -1, &sum, error)) {
        return g_string_free(hex, TRUE);
    }
    sha256_digest(&sum, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        g_string_append_printf(hex, "%02x", digest[i]);
    }
    return g_string_free(hex, FALSE);
}

/* A new file, mode 0600, synced. */
static bool copy_file(const char *from, const char *to, GError **error)
{
    struct sha256_ctx sum;
    int file = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return fail(error, code_of_errno(), "make", to);
    }
    sha256_init(&sum);
    bool good =
        pass_file(from, file, &sum, error) && (fsync(file) == 0 || fail(error, code_of_errno(), "sync", to));
    close(file);
    return good;
}

static uint64_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static bool last_of(const char *path, uint64_t *last, GError **error)
{
    g_autoptr(sqlite3) db = ht_spool_database_open(path, error);
    int64_t places = 0;
    uint64_t pruned = 0;
    int version;
    if (!db || !ht_spool_database_run(db, "PRAGMA query_only = 1", error) ||
        !ht_spool_schema_version(db, &version, error) ||
        !ht_spool_database_number(
            db, version < 6 ? "SELECT max(seq) FROM events" : "SELECT max(last_seq) FROM places", &places,
            error) ||
        !ht_spool_meta_pruned(db, &pruned, error)) {
        return false;
    }
    *last = MAX((uint64_t)MAX(places, 0), pruned);
    return true;
}

/* ---- Taking a copy ---- */

/* The snapshot is that of the transaction, whatever others commit meanwhile. */
static bool copy_pages(const HtSpoolBackup *asked, sqlite3 *from, sqlite3 *to, GError **error)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int result = backup ? SQLITE_OK : SQLITE_ERROR;
    int64_t page = 0;
    if (!ht_spool_database_number(from, "PRAGMA page_size", &page, error)) {
        sqlite3_backup_finish(backup);
        return false;
    }
    while (result == SQLITE_OK) {
        result = sqlite3_backup_step(backup, STEP_PAGES);
        if (asked->progress) {
            uint64_t all = (uint64_t)sqlite3_backup_pagecount(backup);
            uint64_t left = (uint64_t)sqlite3_backup_remaining(backup);
            asked->progress((all - left) * (uint64_t)page, all * (uint64_t)page, asked->user);
        }
    }
    sqlite3_backup_finish(backup);
    if (result != SQLITE_DONE) {
        ht_spool_database_set_error(to, "copying", error);
    }
    return result == SQLITE_DONE;
}

static bool copy_spool(const HtSpoolBackup *asked, const char *to_path, GError **error)
{
    g_autofree char *from_path = g_build_filename(asked->directory, HT_SPOOL_FILE, NULL);
    if (!g_file_test(from_path, G_FILE_TEST_EXISTS)) {
        errno = ENOENT;
        return fail(error, HT_SPOOL_ERROR_IO, "open", from_path);
    }
    g_autoptr(sqlite3) from = ht_spool_database_open(from_path, error);
    g_autoptr(sqlite3) to = NULL;
    int version;
    return from && ht_spool_schema_version(from, &version, error) &&
           ht_spool_disk_make_file(to_path, error) && (to = ht_spool_database_open(to_path, error)) != NULL &&
           ht_spool_database_run(from, "PRAGMA query_only = 1; BEGIN; SELECT count(*) FROM sqlite_schema",
                                 error) &&
           copy_pages(asked, from, to, error) && ht_spool_database_run(from, "COMMIT", error);
}

static bool write_sums(const HtSpoolBackup *asked, GPtrArray *names, GError **error)
{
    g_autoptr(GString) sums = g_string_new(NULL);
    g_autofree char *path = g_build_filename(asked->folder, SUMS, NULL);
    g_autofree char *draft = g_strconcat(path, ".new", NULL);
    for (unsigned i = 0; i < names->len; i++) {
        g_autofree char *file = g_build_filename(asked->folder, names->pdata[i], NULL);
        g_autofree char *sum = read_sum(file, error);
        if (!sum) {
            return false;
        }
        g_string_append_printf(sums, "%s  %s\n", sum, (char *)names->pdata[i]);
    }
    int file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = file >= 0 && ht_disk_write(file, (uint8_t *)sums->str, sums->len) && fsync(file) == 0;
    good = (file < 0 || close(file) == 0) && good;
    return ((good && g_rename(draft, path) == 0) || fail(error, code_of_errno(), "write", path)) &&
           ht_spool_disk_sync(asked->folder, error);
}

/* What belongs to the spool beside its file: the caller's, and what its values are sealed with. */
static GStrv all_keys(const HtSpoolBackup *asked)
{
    g_autoptr(GStrvBuilder) keys = g_strv_builder_new();
    g_autofree char *periods = g_build_filename(asked->directory, HT_SPOOL_PERIODS_FILE, NULL);
    g_autofree char *master = g_build_filename(asked->directory, HT_SPOOL_MASTER_FILE, NULL);
    g_strv_builder_addv(keys, (const char **)(uintptr_t)asked->keys);
    g_strv_builder_add(keys, periods);
    g_strv_builder_add(keys, master);
    return g_strv_builder_end(keys);
}

static bool copy_keys(const HtSpoolBackup *asked, GPtrArray *names, GError **error)
{
    g_auto(GStrv) keys = all_keys(asked);
    for (char **key = keys; *key; key++) {
        g_autofree char *name = g_path_get_basename(*key);
        g_autofree char *to = g_build_filename(asked->folder, name, NULL);
        if (!g_file_test(*key, G_FILE_TEST_EXISTS)) {
            continue;
        }
        if (!copy_file(*key, to, error)) {
            return false;
        }
        g_ptr_array_add(names, g_steal_pointer(&name));
    }
    return true;
}

static void remove_folder(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_unlink(file);
    }
    g_rmdir(path);
}

static bool check_copy(const char *folder, HtSpoolBackedUp *made, GString *report, GError **error)
{
    static const char *const rests[] = {"lock", HT_SPOOL_FILE "-wal", HT_SPOOL_FILE "-shm"};
    g_autofree char *path = g_build_filename(folder, HT_SPOOL_FILE, NULL);
    g_autoptr(GError) reason = NULL;
    made->findings = ht_spool_check(folder, report, &reason);
    made->unchecked =
        g_error_matches(reason, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY); /* the copy is good all the same */
    if (made->unchecked) {
        made->findings = 0;
        g_string_append_printf(report, "%s\n", reason->message);
    } else if (reason) {
        g_propagate_error(error, g_steal_pointer(&reason));
    }
    made->bytes = size_of(path);
    bool good = made->findings >= 0 && last_of(path, &made->last, error);
    for (size_t i = 0; i < G_N_ELEMENTS(rests); i++) { /* of reading: nothing was written */
        g_autofree char *rest = g_build_filename(folder, rests[i], NULL);
        g_unlink(rest);
    }
    return good;
}

static bool fill(const HtSpoolBackup *asked, HtSpoolBackedUp *made, GString *report, GError **error)
{
    g_autofree char *path = g_build_filename(asked->folder, HT_SPOOL_FILE, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(names, g_strdup(HT_SPOOL_FILE));
    return copy_spool(asked, path, error) && copy_keys(asked, names, error) &&
           check_copy(asked->folder, made, report, error) && ht_spool_disk_sync(path, error) &&
           write_sums(asked, names, error);
}

bool ht_spool_backup(const HtSpoolBackup *asked, HtSpoolBackedUp *made, GString *report, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(asked->folder);
    *made = (HtSpoolBackedUp){0};
    if (g_mkdir(asked->folder, 0700) != 0) {
        return fail(error, code_of_errno(), "make the folder", asked->folder);
    }
    if (fill(asked, made, report, error) && ht_spool_disk_sync(parent, error)) {
        return true;
    }
    remove_folder(asked->folder);
    return false;
}

/* ---- Putting one in place ---- */

static bool is_name(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/');
}

/* The names of the copy's files, when each is what was copied. */
static GPtrArray *verify(const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, SUMS, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    if (size_of(path) > SUMS_MAX || !g_file_get_contents(path, &text, NULL, NULL)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                    "spool: \"%s\" cannot be read: this is no finished copy", path);
        return NULL;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line && **line; line++) {
        const char *name = strlen(*line) > 66 ? *line + 66 : "";
        g_autofree char *file = g_build_filename(folder, name, NULL);
        g_autofree char *sum = is_name(name) ? read_sum(file, NULL) : NULL;
        if (!sum || strncmp(sum, *line, 64) != 0) {
            g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT,
                        "spool: \"%s\" is not what was copied (%s)", file, path);
            return NULL;
        }
        g_ptr_array_add(names, g_strdup(name));
    }
    if (!g_ptr_array_find_with_equal_func(names, HT_SPOOL_FILE, g_str_equal, NULL)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT, "spool: \"%s\" names no %s", path,
                    HT_SPOOL_FILE);
        return NULL;
    }
    return g_steal_pointer(&names);
}

static bool move_away(const char *path, const char *folder, GError **error)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *to = g_build_filename(folder, name, NULL);
    return g_rename(path, to) == 0 || errno == ENOENT || fail(error, HT_SPOOL_ERROR_IO, "move away", path);
}

static bool make_kept(const char *directory, char **kept, GError **error)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *name = g_date_time_format(now, KEPT);
    if (!*kept) {
        *kept = g_build_filename(directory, name, NULL);
        if (g_mkdir(*kept, 0700) != 0) {
            return fail(error, code_of_errno(), "make the folder", *kept);
        }
    }
    return true;
}

static bool same_files(const char *a, const char *b)
{
    g_autofree char *sum = read_sum(a, NULL), *other = read_sum(b, NULL);
    return g_strcmp0(sum, other) == 0;
}

/* A key that was destroyed does not come back with an older copy. */
static bool keep_destroyed(const char *kept, const char *key, const char *name, GError **error)
{
    g_autofree char *former = g_build_filename(kept, name, NULL);
    return !g_str_equal(name, HT_SPOOL_PERIODS_FILE) || ht_spool_vault_keep_destroyed(former, key, error);
}

/* A key that is there and another goes with the replaced spool. */
static bool place_keys(const HtSpoolBackup *asked, const GPtrArray *names, char **kept, GError **error)
{
    g_auto(GStrv) keys = all_keys(asked);
    for (char **key = keys; *key; key++) {
        g_autofree char *name = g_path_get_basename(*key);
        g_autofree char *from = g_build_filename(asked->folder, name, NULL);
        bool is_there = g_file_test(*key, G_FILE_TEST_EXISTS);
        bool has = g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL);
        if (!has || (is_there && same_files(from, *key))) {
            continue;
        }
        if (is_there && (!make_kept(asked->directory, kept, error) || !move_away(*key, *kept, error))) {
            return false;
        }
        if (!copy_file(from, *key, error) || (is_there && !keep_destroyed(*kept, *key, name, error))) {
            return false;
        }
    }
    return true;
}

/* Numbers up to `last` may have been given out: they are taken by an empty message. */
static bool skip_numbers(sqlite3 *db, uint64_t from, uint64_t last, GError **error)
{
    g_autoptr(HtSpoolDamages) damages = ht_spool_damages_new(db, error);
    g_autoptr(HtSpoolRows) rows = damages ? ht_spool_rows_new(db, damages, error) : NULL;
    g_autoptr(HtSpoolMessages) messages = rows ? ht_spool_messages_new(db, error) : NULL;
    int64_t number;
    if (!messages || !ht_spool_database_number(db, "SELECT max(id) FROM messages", &number, error) ||
        !ht_spool_database_run(db, "BEGIN IMMEDIATE", error) ||
        !ht_spool_messages_add_stand_in(messages, (uint64_t)number + 1, from + 1, last - from, ht_clock_now(),
                                        error)) {
        return false;
    }
    for (uint64_t sequence = from + 1; sequence <= last; sequence++) {
        if (!ht_spool_rows_add(rows, sequence, (uint64_t)number + 1, NULL, error)) {
            return false;
        }
    }
    return ht_spool_rows_write(rows, error) && ht_spool_turns_forget(db, error) &&
           ht_spool_database_run(db, "COMMIT", error);
}

static bool prepare_copy(const char *path, uint64_t highest, uint64_t skip, HtSpoolBackedUp *made,
                         GError **error)
{
    g_autoptr(sqlite3) db = ht_spool_database_open(path, error);
    if (!db || !ht_spool_database_run(db, "PRAGMA journal_mode = delete; PRAGMA synchronous = full", error) ||
        !ht_spool_schema_migrate(db, HT_SPOOL_FORMAT, error) || !ht_spool_migrate(db, error)) {
        return false;
    }
    uint64_t last = MAX(made->last, highest > 0 ? highest : made->last + skip);
    if (last > made->last && !skip_numbers(db, made->last, last, error)) {
        return false;
    }
    made->last = last;
    return ht_spool_database_run(db, "PRAGMA journal_mode = wal", error);
}

/* Whether there may be a spool, and its last sequence: 0 when it does not tell. */
static bool look_at_place(const HtSpoolBackup *asked, bool replace, uint64_t *highest, GError **error)
{
    g_autofree char *path = g_build_filename(asked->directory, HT_SPOOL_FILE, NULL);
    *highest = 0;
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        return true;
    }
    if (!replace) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO,
                    "spool: there is a spool in \"%s\"; with --replace it is moved to a folder beside it",
                    asked->directory);
        return false;
    }
    if (!last_of(path, highest, NULL)) {
        *highest = 0;
    }
    return true;
}

static bool clear_place(const HtSpoolBackup *asked, char **kept, GError **error)
{
    static const char *const names[] = {HT_SPOOL_FILE "-wal", HT_SPOOL_FILE "-shm", HT_SPOOL_FILE};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *file = g_build_filename(asked->directory, names[i], NULL);
        if (g_file_test(file, G_FILE_TEST_EXISTS) &&
            (!make_kept(asked->directory, kept, error) || !move_away(file, *kept, error))) {
            return false;
        }
    }
    return true;
}

static bool put_in_place(const HtSpoolBackup *asked, bool replace, uint64_t skip, const GPtrArray *names,
                         HtSpoolBackedUp *made, char **kept, GError **error)
{
    g_autofree char *from = g_build_filename(asked->folder, HT_SPOOL_FILE, NULL);
    g_autofree char *path = g_build_filename(asked->directory, HT_SPOOL_FILE, NULL);
    g_autofree char *draft = g_build_filename(asked->directory, RESTORING, NULL);
    uint64_t highest;
    g_unlink(draft);
    return look_at_place(asked, replace, &highest, error) && last_of(from, &made->last, error) &&
           copy_file(from, draft, error) && prepare_copy(draft, highest, skip, made, error) &&
           ht_spool_disk_sync(draft, error) && clear_place(asked, kept, error) &&
           place_keys(asked, names, kept, error) &&
           (g_rename(draft, path) == 0 || fail(error, HT_SPOOL_ERROR_IO, "put in place", path)) &&
           ht_spool_disk_sync(asked->directory, error);
}

bool ht_spool_restore(const HtSpoolBackup *asked, bool replace, uint64_t skip, HtSpoolBackedUp *made,
                      char **kept, GString *report, GError **error)
{
    *kept = NULL;
    *made = (HtSpoolBackedUp){0};
    g_autoptr(GPtrArray) names = verify(asked->folder, error);
    int lock = names ? ht_spool_disk_lock(asked->directory, error) : -1;
    if (lock < 0) {
        return false;
    }
    bool good = put_in_place(asked, replace, skip, names, made, kept, error);
    close(lock);
    if (!good) {
        return false;
    }
    g_autofree char *path = g_build_filename(asked->directory, HT_SPOOL_FILE, NULL);
    made->bytes = size_of(path);
    made->findings = ht_spool_check(asked->directory, report, error);
    return made->findings >= 0;
}
