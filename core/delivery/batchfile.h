/* Files of events on disk: lines of JSON are added to NAME.part, which becomes, when it is rotated,
 *
 *   NAME-FIRST-LAST-TIME.jsonl                 FIRST and LAST: the least and the greatest sequence in it; TIME: UTC, when it was closed
 *   NAME-FIRST-LAST-TIME.jsonl.manifest.json   the number of its events, its bytes, their SHA-256
 *
 * Those of a replay have NAME.replay-ID instead of NAME, and `replay` in the manifest.
 *
 * Whole files only have these names: both come by a rename, the manifest last, and both are on disk then. Mode 0640. What a crash
 * leaves is put right when they are opened: a line that is not whole is cut off, the rest of a .part becomes a file, a manifest that is
 * missing is made.
 *
 * Everything blocks: one thread at a time. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

typedef struct HtBatchFiles HtBatchFiles;

typedef struct {
    const char *directory; /* made if it is missing */
    const char *name;
    int64_t
        replay; /* 0: none. Its files are called NAME.replay-ID-…, and those of NAME, too, but for what is written next */
    uint64_t rotate_bytes; /* a file is closed when it has that many, */
    uint64_t most_bytes;   /* and nothing is added when all of NAME have so many; 0: no limit */
    uint64_t keep_ms;      /* older files are removed; 0: none */
} HtBatchOptions;

/* Puts right what is there; unless it is a replay, also what ended replays left. The sequences above `cursor` that are in files go to `written` (of uint64_t). G_FILE_ERROR. */
HtBatchFiles *ht_batch_files_open(const HtBatchOptions *options, uint64_t cursor, GHashTable *written,
                                  GError **error);
void ht_batch_files_free(HtBatchFiles *files);

/* Adds whole lines. With success they are on disk; without, nothing of them is there. */
bool ht_batch_files_append(HtBatchFiles *files, HtText lines, GError **error);

/* Whether what was added has enough bytes. */
bool ht_batch_files_is_full(const HtBatchFiles *files);

/* Whether something was added that is in no file yet. */
bool ht_batch_files_has_part(const HtBatchFiles *files);

/* Closes what was added as a file of its own, with its manifest; nothing without. Removes what is too old. Without success it is to be tried
 * again; nothing is lost. */
bool ht_batch_files_rotate(HtBatchFiles *files, GError **error);
