/* The room on the disk: the reserve below which intake stops, the ballast that is let go when the disk is
 * full all the same, and the directory with its lock. */
#pragma once

#include "spool/database.h"

#define HT_SPOOL_FILE "spool.db"

/* Makes the directory (mode 0700) if it is missing, and takes its lock. Returns the lock's descriptor,
 * which the caller closes to give it back; -1 with HT_SPOOL_ERROR_LOCKED or _IO, or _KEY when others may read or write the directory
 * (core/base/private.h). */
int ht_spool_disk_lock(const char *directory, GError **error);

/* Brings a file, or the names in a directory, to the disk. HT_SPOOL_ERROR_IO. */
bool ht_spool_disk_sync(const char *path, GError **error);

/* Makes the empty spool file, mode 0600, with its name on disk, if there is none. SQLite gives its WAL the
 * same mode. */
bool ht_spool_disk_make_file(const char *path, GError **error);

/* The spool's file and its WAL, to know them again: a file that was removed or replaced is still written to by who has it open. */
typedef struct {
    char *path, *wal;
    uint64_t device, file_number, wal_number;
} HtSpoolFiles;

/* Notes what is there. */
void ht_spool_files_init(HtSpoolFiles *files, const char *directory);
void ht_spool_files_clear(HtSpoolFiles *files);

/* Whether the same files are still there. */
bool ht_spool_files_are_same(const HtSpoolFiles *files);

typedef struct {
    char *directory, *ballast;
    _Atomic uint64_t reserve_bytes; /* the main thread may change these two */
    _Atomic uint64_t most_bytes;    /* of the spool; 0: no limit */
    uint64_t ballast_bytes;
    bool has_ballast;
    uint64_t used_bytes;             /* as of the last look, where there is a limit */
    unsigned size_level, disk_level; /* as in HtSpoolStatus */
    bool stopped;      /* no intake: too little room on the disk, or none left of `most_bytes` */
    int64_t next_look; /* monotonic; the room is looked at then, not before */
} HtSpoolDisk;

void ht_spool_disk_init(HtSpoolDisk *disk, const char *directory, const HtSpoolLimits *limits);
void ht_spool_disk_clear(HtSpoolDisk *disk);

/* Free bytes for us, 0 when it cannot be said. */
uint64_t ht_spool_disk_free_bytes(const HtSpoolDisk *disk);

/* Looks at the room, at most ten times a second (once when stopped), and stops or resumes; the log says so once, as it says once that the
 * room is getting short. `db`: whose pages are counted. Makes the ballast anew when there is room for it. Returns `stopped`. */
bool ht_spool_disk_look(HtSpoolDisk *disk, sqlite3 *db, int64_t now);

/* The bytes of the database's pages that are in use; 0 when it cannot be said. */
uint64_t ht_spool_disk_used_bytes(sqlite3 *db);

/* A write found no room: stops, and lets the ballast go so that marks can still be written. */
void ht_spool_disk_full(HtSpoolDisk *disk, int64_t now);
