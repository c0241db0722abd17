/* The messages that were taken, and their receipts: the table `messages`. Each row has its own checksum: a receipt that is not what was
 * written is given to nobody. Writer thread; also the check. */
#pragma once

#include "spool/database.h"
#include "spool/job.h"

typedef struct HtSpoolMessages HtSpoolMessages;

/* `db` stays the caller's. */
HtSpoolMessages *ht_spool_messages_new(sqlite3 *db, GError **error);
void ht_spool_messages_free(HtSpoolMessages *messages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolMessages, ht_spool_messages_free)

/* Inside a transaction. `number` is messages.id. */
bool ht_spool_messages_add(HtSpoolMessages *messages, uint64_t number, const HtSpoolMessage *message,
                           const HtReceipt *receipt, GError **error);

/* The same for a message of which only the number and its events are known: source and digest are empty, its id is new. */
bool ht_spool_messages_add_stand_in(HtSpoolMessages *messages, uint64_t number, uint64_t first,
                                    uint64_t events, int64_t received_us, GError **error);

/* The receipt of a message that was taken, as a resend gets it. `found` false: there is none, or it is damaged. */
bool ht_spool_messages_receipt(HtSpoolMessages *messages, uint64_t number, HtSpoolJob *job, bool *found,
                               GError **error);

/* Inside a transaction: seals the message's reply, if it has one, under the current key, and makes the row's checksum anew. A damaged row, and a reply that
 * cannot be opened, stay as they are. */
bool ht_spool_messages_seal(HtSpoolMessages *messages, uint64_t number, GError **error);

/* What a query selects for ht_spool_messages_is_whole(). */
#define HT_SPOOL_MESSAGE_COLUMNS \
    "id, message, source, received, sha256, first_seq, events, duplicates, rejected, reply, reply_type, sum"

/* Whether the row is as it was written. Those of a format before 6 have no checksum. */
bool ht_spool_messages_is_whole(sqlite3_stmt *row);

/* The sequence of the message's last event; 0 when it has none. Of a whole row. */
uint64_t ht_spool_messages_last_sequence(sqlite3_stmt *row);
