/* What a spool holds and how much room that takes. By the connection of look.h, beside a running bus or without one; nothing is changed.
 * Blocks. */
#pragma once

#include "spool/look.h"

typedef struct {
    uint64_t file_bytes, wal_bytes; /* of spool.db, and of its write-ahead log */
    uint64_t used_bytes;            /* of spool.db: but for its free pages, which what comes next uses */
    bool gives_back;                /* free pages can be given back to the disk while it is open */
    uint64_t first, last;           /* sequences of its places; 0 without events */
    uint64_t messages;
    int64_t first_us, last_us; /* when its first and its last message were received; 0 without messages */
    uint64_t payloads, payload_bytes;
    uint64_t held, held_bytes; /* in quarantine, and their payloads */
    uint64_t dead_letters, damaged;
} HtSpoolStock;

/* HT_SPOOL_ERROR. */
bool ht_spool_look_stock(HtSpoolLook *look, HtSpoolStock *stock, GError **error);
