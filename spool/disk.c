/* Room, ballast and lock. Opened on the main thread, looked at by the writer thread. */
#include "spool/disk.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/private.h"
#include "spool/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BALLAST_MAX ((uint64_t)16 << 20)
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
                    "spool: \"%s\" is in use by another process (is a bus running on it?)", directory);
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

void ht_spool_disk_init(HtSpoolDisk *disk, const char *directory, uint64_t reserve_bytes)
{
    *disk = (HtSpoolDisk){.directory = g_strdup(directory),
                          .ballast = g_build_filename(directory, "ballast", NULL),
                          .reserve_bytes = reserve_bytes,
                          .ballast_bytes = MIN(reserve_bytes / 4, BALLAST_MAX)};
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

static void set_stopped(HtSpoolDisk *disk, bool stopped)
{
    if (stopped && !disk->stopped) {
        ht_log(HT_LOG_ERROR, "spool", "too little room on the disk: intake stops until there is more");
    } else if (!stopped && disk->stopped) {
        ht_log(HT_LOG_INFO, "spool", "there is room on the disk again: intake resumes");
    }
    disk->stopped = stopped;
}

bool ht_spool_disk_look(HtSpoolDisk *disk, int64_t now)
{
    uint64_t bytes;
    if (now < disk->next_look) {
        return disk->stopped;
    }
    if (measure(disk, &bytes)) {
        set_stopped(disk, bytes < disk->reserve_bytes);
        if (!disk->has_ballast && disk->ballast_bytes > 0 &&
            bytes > disk->reserve_bytes + disk->ballast_bytes) {
            make_ballast(disk);
        }
    }
    disk->next_look = now + (disk->stopped ? LOOK_STOPPED_US : LOOK_US);
    return disk->stopped;
}

void ht_spool_disk_full(HtSpoolDisk *disk, int64_t now)
{
    set_stopped(disk, true);
    disk->next_look = now + LOOK_STOPPED_US;
    if (disk->has_ballast && unlink(disk->ballast) == 0) {
        disk->has_ballast = false;
    }
}
