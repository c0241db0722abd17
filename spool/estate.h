/* What the spool keeps for a consumer: its cursor, dead letters, a pause, replays that run. It stays when the consumer is configured no more, and
 * can go to another name, or be dropped. Main thread, as delivery.h; on disk when ht_spool_settle() says so. */
#pragma once

#include "spool/delivery.h"

typedef struct {
    char *consumer;
    bool has_cursor;
    uint64_t cursor, letters;
    unsigned replays; /* that run */
    bool paused;
} HtSpoolEstate;

/* Of all consumers, by name: of HtSpoolEstate; the caller unrefs. */
GPtrArray *ht_spool_estates(HtSpool *spool);

/* Whether there is any of this name. */
bool ht_spool_has_estate(HtSpool *spool, const char *consumer);

/* All of it is the other's, who has none, and goes on from there. Neither may be delivered to. False when what is to be written before cannot
 * be: nothing was changed. */
bool ht_spool_estate_rename(HtSpool *spool, const char *consumer, const char *other);

/* All of it is dropped; replays of it are cancelled. The same. */
bool ht_spool_estate_drop(HtSpool *spool, const char *consumer);
