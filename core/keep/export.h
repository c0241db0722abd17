/* Events and what became of them, as lines (lines.h): to a file with a manifest (archive.h), or to standard output. By a connection of its own,
 * beside a running bus or without one. It shows residents' data: who asks for it sees to the audit. Blocks. For a command. */
#pragma once

#include "core/keep/archive.h"
#include "core/keep/lines.h"

typedef struct {
    const HtConfig *config;
    const HtDictionary *dictionary;
    char **sources, **types;     /* as routes write them, NULL-terminated; NULL: all */
    int64_t since_us, before_us; /* when the bus took them: from then on, and before then */
    const char *path;            /* NULL: standard output. With ".zst" at its end it is compressed */
    void (*progress)(uint64_t done, uint64_t all, void *user); /* may be NULL: sequences looked at */
    void *user;
} HtExport;

typedef struct {
    HtArchiveSum sum;
    uint64_t pruned,
        damaged; /* events of that time that are not in it, whatever their source: kept no longer, or damaged */
} HtExported;

/* After success the file and its manifest are on disk; a file of that name is replaced. HT_ARCHIVE_ERROR, HT_SPOOL_ERROR. */
bool ht_export(const HtExport *asked, HtExported *made, GError **error);
