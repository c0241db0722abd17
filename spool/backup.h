/* Copies of a spool: taken beside a running bus, and put in the place of a lost one. A copy is a folder: spool.db, the keys without which
 * it is worth nothing (with them `periods` and `master.key` of the state directory, vault.h), and SHA256SUMS over them, written last (`sha256sum -c` checks it, too). For commands, on the main thread. Blocks. */
#pragma once

#include "spool/spool.h"

typedef struct {
    const char *directory; /* the state's */
    const char *const
        *keys; /* paths of files that belong to it, NULL-terminated; those that are not there are left out */
    const char *folder; /* of the copy */
    /* May be NULL: bytes copied, of so many. */
    void (*progress)(uint64_t done, uint64_t all, void *user);
    void *user;
} HtSpoolBackup;

typedef struct {
    uint64_t bytes, last; /* of spool.db; the last sequence in it */
    bool unchecked;       /* the copy could not be checked: its keys are not here; `report` says why */
    int findings;         /* of the check of the copy: > 0 when the spool itself is damaged */
} HtSpoolBackedUp;

/* Takes a copy, as the spool is at one moment, and checks it; `report` takes what the check finds. The folder must not exist. While it is
 * copied the WAL of a running bus grows. After success all is on disk; on failure the folder is gone. HT_SPOOL_ERROR. */
bool ht_spool_backup(const HtSpoolBackup *asked, HtSpoolBackedUp *made, GString *report, GError **error);

/* Checks a copy against its SHA256SUMS, and takes it: the state directory must hold no spool, or with `replace`, that spool (and keys that
 * differ) is moved to a folder in it, whose path goes to `kept`. Sequences go on above the highest that was given out as far as the
 * replaced spool tells, else above those of the copy by `skip`: none is given out twice. After success all is on disk.
 * HT_SPOOL_ERROR: LOCKED while a bus runs, CORRUPT when the copy is not what was copied, IO. */
bool ht_spool_restore(const HtSpoolBackup *asked, bool replace, uint64_t skip, HtSpoolBackedUp *made,
                      char **kept, GString *report, GError **error);
