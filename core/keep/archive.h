/* Files of events as lines of JSON, complete or not there: written to a .part, which gets its name when all of it is on disk, and after it
 *
 *   NAME.manifest.json   {"file", "events", "first", "last": sequences, "bytes", "sha256": of the file, "plainBytes", "plainSha256": of its lines}
 *
 * The archive's are compressed (zstd) and named events-FIRST-LAST-TIME.jsonl.zst; an export's as its user names them. They hold
 * residents' data: mode 0600. Any thread, one at a time. Blocks. */
#pragma once

#include "core/base/buffer.h"

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
} HtArchiveSum;

typedef struct HtArchive HtArchive;

/* Begins a file: `part` is made anew. `compressed`: with zstd. */
HtArchive *ht_archive_begin(const char *part, bool compressed, GError **error);

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

/* Checks the file against its manifest: its bytes, its lines, their number and their sequences. HT_ARCHIVE_ERROR. */
bool ht_archive_verify(const char *path, HtArchiveSum *sum, GError **error);

/* The files of an archive's folder, in order of their names (of char *: paths); what is no such file is left out. Empty when there is no
 * folder. The caller unrefs. */
GPtrArray *ht_archive_files(const char *folder);

/* What a crash left: a file without its manifest, which was whole when it got its name, gets one. HT_ARCHIVE_ERROR. */
bool ht_archive_recover(const char *folder, GError **error);

/* Their bytes, manifests included. */
uint64_t ht_archive_bytes(const char *folder);
