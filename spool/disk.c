/* Room, ballast and lock. Opened on the main thread, looked at by the writer thread. */
#include "spool/disk.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/private.h"
#include "spool/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BALLAST_MAX ((uint64_t)16 << 20)
#define NEAR_LEVEL 80
#define NEARER_LEVEL 90
#define FULL_LEVEL 100
#define LOOK_US (HT_SECOND / 10)
#define LOOK_STOPPED_US HT_SECOND

static void set_io_error(GError **error, const char *what, const char *path)
{
    g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_IO, "spool: cannot %s \"%s\": %s", what, path,
                g_strerror(errno));
}

/* Whoever writes there could put other events in the place of these, and who reads has them all. Nobody else comes to the files in it, whatever their
 * own modes. */
static bool check_is_ours(const char *directory, GError **error)
{
    g_autoptr(GError) reason = NULL;
    if (!ht_private_look(directory, HT_PRIVATE_SECRET, &reason)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY, "spool: %s", reason->message);
        return false;
    }
    return true;
}

int ht_spool_disk_lock(const char *directory, GError **error)
{
    g_autofree char *path = g_build_filename(directory, "lock", NULL);
    if (g_mkdir_with_parents(directory, 0700) != 0) {
        set_io_error(error, "make", directory);
        return -1;
    }
    if (!check_is_ours(directory, error)) {
        return -1;
    }
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        set_io_error(error, "open", path);
        return -1;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
        return lock;
    }
    if (errno == EWOULDBLOCK) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_LOCKED,
                    _("spool: \"%s\" is in use by another process (is a bus running on it?)"), directory);
    } else {
        set_io_error(error, "lock", path);
    }
    close(lock);
    return -1;
}

bool ht_spool_disk_sync(const char *path, GError **error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    bool good = descriptor >= 0 && fsync(descriptor) == 0;
    if (!good) {
        set_io_error(error, "sync", path);
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    return good;
}

static bool sync_directory_of(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    return ht_spool_disk_sync(directory, error);
}

bool ht_spool_disk_make_file(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        if (errno == EEXIST) {
            return true; /* and stays closed: closing it would drop SQLite's locks */
        }
        set_io_error(error, "make", path);
        return false;
    }
    close(file);
    return sync_directory_of(path, error) && sync_directory_of(directory, error);
}

/* ---- The files that are open ---- */

static uint64_t number_of(const char *path, uint64_t *device)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return 0;
    }
    *device = (uint64_t)status.st_dev;
    return (uint64_t)status.st_ino;
}

void ht_spool_files_init(HtSpoolFiles *files, const char *directory)
{
    *files = (HtSpoolFiles){.path = g_build_filename(directory, HT_SPOOL_FILE, NULL)};
    files->wal = g_strconcat(files->path, "-wal", NULL);
    files->file_number = number_of(files->path, &files->device);
    files->wal_number = number_of(files->wal, &files->device);
}

void ht_spool_files_clear(HtSpoolFiles *files)
{
    g_clear_pointer(&files->path, g_free);
    g_clear_pointer(&files->wal, g_free);
}

bool ht_spool_files_are_same(const HtSpoolFiles *files)
{
    uint64_t device = files->device;
    return number_of(files->path, &device) == files->file_number &&
           number_of(files->wal, &device) == files->wal_number && device == files->device;
}

/* ---- Room ---- */

static void make_ballast(HtSpoolDisk *disk)
{
    int file = open(disk->ballast, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return;
    }
    disk->has_ballast = posix_fallocate(file, 0, (off_t)disk->ballast_bytes) == 0;
    close(file);
    if (!disk->has_ballast) {
        unlink(disk->ballast);
    }
}

void ht_spool_disk_init(HtSpoolDisk *disk, const char *directory, const HtSpoolLimits *limits)
{
    *disk = (HtSpoolDisk){.directory = g_strdup(directory),
                          .ballast = g_build_filename(directory, "ballast", NULL),
                          .reserve_bytes = limits->reserve_bytes,
                          .most_bytes = limits->most_bytes,
                          .ballast_bytes = MIN(limits->reserve_bytes / 4, BALLAST_MAX)};
    struct stat status;
    disk->has_ballast = stat(disk->ballast, &status) == 0 && (uint64_t)status.st_size >= disk->ballast_bytes;
}

void ht_spool_disk_clear(HtSpoolDisk *disk)
{
    g_clear_pointer(&disk->directory, g_free);
    g_clear_pointer(&disk->ballast, g_free);
}

static bool measure(const HtSpoolDisk *disk, uint64_t *bytes)
{
    struct statvfs room;
    if (ht_spool_hooks.statvfs(disk->directory, &room) != 0) {
        return false;
    }
    *bytes = (uint64_t)room.f_bavail * room.f_frsize;
    return true;
}

uint64_t ht_spool_disk_free_bytes(const HtSpoolDisk *disk)
{
    uint64_t bytes;
    return measure(disk, &bytes) ? bytes : 0;
}

/* What is said of a limit, once at each change of its level. */
typedef struct {
    const char *key, *near, *nearer, *reached;
} LimitTexts;

static const LimitTexts size_texts = {"max-size", "the spool uses 80 percent of max-size",
                                      "the spool uses 90 percent of max-size",
                                      "the spool has reached its size"};
static const LimitTexts disk_texts = {"reserve", "the disk has less room than twice its reserve",
                                      "the disk has less room than one and a half times its reserve",
                                      "too little room on the disk"};

static void set_level(unsigned *level, unsigned found, const LimitTexts *texts)
{
    unsigned former = *level;
    *level = found;
    if (found == former) {
        return;
    }
    if (found == FULL_LEVEL) {
        ht_log(HT_LOG_ERROR, "spool", "%s: intake stops until there is more (%s)", texts->reached,
               texts->key);
    } else if (former == FULL_LEVEL) {
        ht_log(HT_LOG_INFO, "spool", "there is room again: intake resumes (%s)", texts->key);
    } else if (found > former) {
        ht_log(HT_LOG_WARNING, "spool", "%s: at its end intake stops (%s)",
               found == NEAR_LEVEL ? texts->near : texts->nearer, texts->key);
    } else if (found == 0) {
        ht_log(HT_LOG_INFO, "spool", "there is enough room again (%s)", texts->key);
    }
}

static void set_disk_level(HtSpoolDisk *disk, unsigned level)
{
    set_level(&disk->disk_level, level, &disk_texts);
    disk->stopped = disk->disk_level == FULL_LEVEL || disk->size_level == FULL_LEVEL;
}

/* A level that was reached is left a hundredth lower, so that it does not come and go. */
static unsigned level_of(uint64_t used_bytes, uint64_t most_bytes, unsigned former)
{
    static const unsigned levels[] = {FULL_LEVEL, NEARER_LEVEL, NEAR_LEVEL};
    for (size_t i = 0; i < G_N_ELEMENTS(levels); i++) {
        unsigned percent = levels[i] - (former >= levels[i] ? 1 : 0);
        if (used_bytes * 100 >= most_bytes * percent) {
            return levels[i];
        }
    }
    return 0;
}

uint64_t ht_spool_disk_used_bytes(sqlite3 *db)
{
    int64_t pages, free_pages, page_bytes;
    bool good = ht_spool_database_number(db, "PRAGMA page_count", &pages, NULL) &&
                ht_spool_database_number(db, "PRAGMA freelist_count", &free_pages, NULL) &&
                ht_spool_database_number(db, "PRAGMA page_size", &page_bytes, NULL);
    return good && pages > free_pages ? (uint64_t)(pages - free_pages) * (uint64_t)page_bytes : 0;
}

static void look_at_size(HtSpoolDisk *disk, sqlite3 *db)
{
    uint64_t most_bytes = disk->most_bytes;
    if (most_bytes > 0) {
        disk->used_bytes = ht_spool_disk_used_bytes(db);
        set_level(&disk->size_level, level_of(disk->used_bytes, most_bytes, disk->size_level), &size_texts);
    } else {
        set_level(&disk->size_level, 0, &size_texts); /* there may have been one */
    }
}

/* How near it is to the reserve. */
static void look_at_disk(HtSpoolDisk *disk)
{
    uint64_t bytes, reserve = disk->reserve_bytes;
    if (!measure(disk, &bytes)) {
        return;
    }
    set_disk_level(disk, bytes < reserve                 ? FULL_LEVEL
                         : bytes < reserve + reserve / 2 ? NEARER_LEVEL
                         : bytes < 2 * reserve           ? NEAR_LEVEL
                                                         : 0);
    if (!disk->has_ballast && disk->ballast_bytes > 0 && bytes > reserve + disk->ballast_bytes) {
        make_ballast(disk);
    }
}

bool ht_spool_disk_look(HtSpoolDisk *disk, sqlite3 *db, int64_t now)
{
    if (now >= disk->next_look) {
        look_at_size(disk, db);
        look_at_disk(disk);
        disk->stopped = disk->disk_level == FULL_LEVEL || disk->size_level == FULL_LEVEL;
        disk->next_look = now + (disk->stopped ? LOOK_STOPPED_US : LOOK_US);
    }
    return disk->stopped;
}

void ht_spool_disk_full(HtSpoolDisk *disk, int64_t now)
{
    set_disk_level(disk, FULL_LEVEL);
    disk->next_look = now + LOOK_STOPPED_US;
    if (disk->has_ballast && unlink(disk->ballast) == 0) {
        disk->has_ballast = false;
    }
}
