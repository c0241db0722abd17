/* Files of events as lines of JSON, complete or not there: written to a .part, which gets its name when all of it is on disk, and after it
 *
 *   NAME.manifest.json   {"file", "events", "first", "last": sequences, "bytes", "sha256": of the file, "plainBytes", "plainSha256": of its lines}
 *
 * The archive's are compressed (zstd), sealed (sealed.h) unless the site wants them in clear, and named events-FIRST-LAST-TIME.jsonl.zst.sealed, or without the last word; an
 * export's are in clear, and named as their user wants. They hold
 * residents' data: mode 0600. Any thread, one at a time. Blocks. */
#pragma once

#include "core/base/buffer.h"
#include "spool/vault.h"

#include <glib.h>

#define HT_ARCHIVE_ERROR (ht_archive_error_quark())
GQuark ht_archive_error_quark(void);

typedef enum {
    HT_ARCHIVE_ERROR_IO,   /* the disk refuses, or there is no such file */
    HT_ARCHIVE_ERROR_FULL, /* no room on the disk, or none left of what is allowed */
    HT_ARCHIVE_ERROR_BAD,  /* the file is not what was written */
} HtArchiveErrorCode;

typedef struct {
    uint64_t events, first, last, plain_bytes, bytes;
    bool unopened; /* it is sealed with a key that is not here: its bytes are those of its manifest, its lines were not read */
} HtArchiveSum;

typedef struct HtArchive HtArchive;

/* Begins a file: `part` is made anew. `compressed`: with zstd; `vault`: sealed with its key for files, NULL: in clear. HT_ARCHIVE_ERROR, HT_SPOOL_ERROR. */
HtArchive *ht_archive_begin(const char *part, bool compressed, HtSpoolVault *vault, GError **error);

/* Adds one line (without its end). */
bool ht_archive_add(HtArchive *archive, uint64_t sequence, HtText line, GError **error);

/* What was added so far; `bytes` is 0 before the end. */
const HtArchiveSum *ht_archive_sum(const HtArchive *archive);

/* Ends it: after success the file is at `path` (in the folder of its part), its manifest beside it, and all is on disk. Without
 * `path` it gets a name of its own in that folder. The caller frees the path that is given back, NULL on failure. */
char *ht_archive_end(HtArchive *archive, const char *path, GError **error);

/* Also of one that was not ended, whose part is removed. */
void ht_archive_free(HtArchive *archive);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtArchive, ht_archive_free)

/* Checks the file against its manifest: its bytes, its lines, their number and their sequences. Of a sealed one of which `vault` has no key the bytes only. HT_ARCHIVE_ERROR. */
bool ht_archive_verify(const char *path, HtSpoolVault *vault, HtArchiveSum *sum, GError **error);

/* Gives each line (without its end) to `see`; of a sealed file only what is genuine, so that the lines before a bad place were given. Needs no manifest.
 * HT_ARCHIVE_ERROR, HT_SPOOL_ERROR_KEY. */
bool ht_archive_read(const char *path, HtSpoolVault *vault, void (*see)(HtText line, void *user), void *user,
                     GError **error);

/* The files of an archive's folder, in order of their names (of char *: paths); what is no such file is left out. Empty when there is no
 * folder. The caller unrefs. */
GPtrArray *ht_archive_files(const char *folder);

/* What a crash left: a file without its manifest, which was whole when it got its name, gets one. HT_ARCHIVE_ERROR, HT_SPOOL_ERROR_KEY. */
bool ht_archive_recover(const char *folder, HtSpoolVault *vault, GError **error);

/* Their bytes, manifests included. */
uint64_t ht_archive_bytes(const char *folder);
