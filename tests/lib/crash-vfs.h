/* A SQLite VFS between the spool and the disk, for the crash tests: it makes the n-th write, sync or
 * truncate fail, and it keeps what a disk would hold after a power cut: all that was synced, and of the
 * rest nothing, some, or torn pieces. It syncs nothing itself. Registered as the default VFS of the
 * process. */
#pragma once

#include <stdint.h>
#include <errno.h>
#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>

typedef enum { SHIM_NO_FAULT, SHIM_EIO, SHIM_ENOSPC } ShimFault;
typedef enum { SHIM_LOSE_ALL, SHIM_LOSE_SOME, SHIM_TEAR } ShimLoss;

#define SHIM_SECTOR 512

/* One write or truncate that was not synced yet. */
typedef struct {
    sqlite3_int64 offset;
    GBytes *bytes; /* NULL for a truncate */
} ShimChange;

/* What the disk holds of one file for sure, and what has changed since. */
typedef struct {
    GByteArray *durable;
    GArray *changes; /* of ShimChange */
} ShimImage;

typedef struct {
    GMutex lock;
    sqlite3_vfs vfs, *real;
    unsigned operations; /* writes, syncs and truncates since shim_reset() */

    ShimFault fault;
    unsigned fault_at; /* the operation that fails */
    bool for_ever, hit;

    bool recording, cut;
    unsigned cut_at;
    GHashTable *images;             /* path to ShimImage */
    sqlite3_int64 bad_from, bad_to; /* bytes of the database file that cannot be read; both 0: none */
    void (*main_write)(void);       /* before each write to the database file */
    void (*before)(void);           /* before each call to the disk, reading too, and instead of sleeping */
    int64_t slept_us;               /* that was asked for, with `before` */
    void (*at_cut)(void);           /* at the moment of the cut; need not return */
} Shim;

extern Shim shim;

typedef struct {
    sqlite3_file base;
    const char *path; /* SQLite's */
    bool is_main;
    sqlite3_file *real;
} ShimFile;

void shim_write_file(const char *path, const void *bytes, gsize size);

/* Writes what the disk holds after a cut into this directory, which may be the files' own. */
void shim_write_images(const char *directory, ShimLoss loss);

/* What is not synced when the process ends, kept for the next one, in which the files have it all the same. Nothing is loaded when there is no
 * such file. */
void shim_save(const char *path);
void shim_load(const char *path);

/* From now on, or no longer, the disk of every connection that is opened. */
void shim_install(bool installed);

/* A good disk, empty as far as images go. */
void shim_reset(void);
