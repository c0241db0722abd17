/* Messages and their receipts. */
#include "spool/messages.h"

#include "spool/sealer.h"

#include <xxhash.h>

struct HtSpoolMessages {
    sqlite3_stmt *insert, *find, *update;
    HtSpoolSealer *sealer;
    HtBuffer room;
};

enum { ID, MESSAGE, SOURCE, RECEIVED, SHA256, FIRST, EVENTS, DUPLICATES, REJECTED, REPLY, REPLY_TYPE, SUM };

typedef struct {
    int64_t numbers[SUM]; /* by column; of texts their size, -1 for none */
    HtText texts[SUM];
} MessageRow;

HtSpoolMessages *ht_spool_messages_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolMessages) messages = g_new0(HtSpoolMessages, 1);
    messages->sealer = ht_spool_sealer_new(ht_spool_vault_of(db));
    if (!ht_spool_database_prepare(
            db, "INSERT INTO messages(" HT_SPOOL_MESSAGE_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
            &messages->insert, error) ||
        !ht_spool_database_prepare(db, "SELECT " HT_SPOOL_MESSAGE_COLUMNS " FROM messages WHERE id = ?",
                                   &messages->find, error) ||
        !ht_spool_database_prepare(db, "UPDATE messages SET reply = ?2, sum = ?3 WHERE id = ?1",
                                   &messages->update, error)) {
        return NULL;
    }
    return g_steal_pointer(&messages);
}

void ht_spool_messages_free(HtSpoolMessages *messages)
{
    if (messages) {
        sqlite3_finalize(messages->insert);
        sqlite3_finalize(messages->find);
        sqlite3_finalize(messages->update);
        ht_spool_sealer_free(messages->sealer);
        ht_buffer_clear(&messages->room);
        g_free(messages);
    }
}

static void set_text(MessageRow *row, int column, HtText text)
{
    row->texts[column] = text;
    row->numbers[column] = text.data ? (int64_t)text.size : -1;
}

static int64_t sum_of(const MessageRow *row)
{
    int64_t numbers[SUM];
    for (int i = 0; i < SUM; i++) {
        numbers[i] = GINT64_TO_LE(row->numbers[i]);
    }
    uint64_t sum = XXH3_64bits(numbers, sizeof numbers);
    for (int i = 0; i < SUM; i++) {
        if (row->texts[i].size > 0) {
            sum = XXH3_64bits_withSeed(row->texts[i].data, row->texts[i].size, sum);
        }
    }
    return (int64_t)sum;
}

static bool is_text(int column)
{
    return column == MESSAGE || column == SOURCE || column == SHA256 || column >= REPLY;
}

static HtSpoolSpot reply_of(uint64_t number)
{
    return (HtSpoolSpot){"messages.reply", number};
}

bool ht_spool_messages_add(HtSpoolMessages *messages, uint64_t number, const HtSpoolMessage *message,
                           const HtReceipt *receipt, GError **error)
{
    MessageRow row = {.numbers = {[ID] = (int64_t)number,
                                  [RECEIVED] = message->received_us,
                                  [FIRST] = (int64_t)receipt->sequence,
                                  [EVENTS] = receipt->events,
                                  [DUPLICATES] = receipt->duplicates,
                                  [REJECTED] = receipt->rejected}};
    set_text(&row, MESSAGE, (HtText){(const char *)message->id.bytes, sizeof message->id.bytes});
    set_text(&row, SOURCE, ht_text_from(message->source));
    set_text(&row, SHA256, (HtText){(const char *)message->sha256, sizeof message->sha256});
    set_text(&row, REPLY, ht_spool_seal(messages->sealer, reply_of(number), message->reply, &messages->room));
    set_text(&row, REPLY_TYPE, message->reply_type);
    for (int i = 0; i < SUM; i++) {
        if (i == SOURCE || i == REPLY_TYPE) {
            ht_spool_bind_text(messages->insert, i + 1, row.texts[i]);
        } else if (is_text(i)) {
            ht_spool_bind_blob(messages->insert, i + 1, row.texts[i].data, row.texts[i].size);
        } else {
            sqlite3_bind_int64(messages->insert, i + 1, row.numbers[i]);
        }
    }
    sqlite3_bind_int64(messages->insert, SUM + 1, sum_of(&row));
    return ht_spool_database_do(messages->insert, error);
}

bool ht_spool_messages_add_stand_in(HtSpoolMessages *messages, uint64_t number, uint64_t first,
                                    uint64_t events, int64_t received_us, GError **error)
{
    HtSpoolMessage message = {.id = ht_uuid_new(), .source = "", .received_us = received_us};
    HtReceipt receipt = {.sequence = events > 0 ? first : 0, .events = (uint32_t)MIN(events, UINT32_MAX)};
    return ht_spool_messages_add(messages, number, &message, &receipt, error);
}

static void read_row(sqlite3_stmt *statement, MessageRow *row)
{
    *row = (MessageRow){.numbers = {0}};
    for (int i = 0; i < SUM; i++) {
        if (is_text(i)) {
            set_text(row, i, ht_spool_column_bytes(statement, i));
        } else {
            row->numbers[i] = sqlite3_column_int64(statement, i);
        }
    }
}

bool ht_spool_messages_is_whole(sqlite3_stmt *statement)
{
    MessageRow row;
    read_row(statement, &row);
    bool sizes = row.texts[MESSAGE].size == HT_UUID_SIZE && row.texts[SHA256].size == 32;
    return sizes && (sqlite3_column_type(statement, SUM) == SQLITE_NULL ||
                     sqlite3_column_int64(statement, SUM) == sum_of(&row));
}

uint64_t ht_spool_messages_last_sequence(sqlite3_stmt *row)
{
    uint64_t events = (uint64_t)sqlite3_column_int64(row, EVENTS);
    return events > 0 ? (uint64_t)sqlite3_column_int64(row, FIRST) + events - 1 : 0;
}

static HtText keep(HtText bytes, GBytes **kept)
{
    if (!bytes.data) {
        return HT_TEXT_NONE;
    }
    *kept = g_bytes_new(bytes.data, bytes.size);
    const char *data = g_bytes_get_data(*kept, NULL);
    return (HtText){data ? data : "", bytes.size};
}

/* False when its reply is not what was written; one of which the key was destroyed is none. */
static bool read_receipt(HtSpoolMessages *messages, sqlite3_stmt *row, HtSpoolJob *job)
{
    HtReceipt *receipt = &job->receipt;
    HtText reply;
    ht_spool_job_reset(job);
    memcpy(receipt->id.bytes, sqlite3_column_blob(row, MESSAGE), HT_UUID_SIZE);
    receipt->received_us = sqlite3_column_int64(row, RECEIVED);
    memcpy(receipt->sha256, sqlite3_column_blob(row, SHA256), sizeof receipt->sha256);
    receipt->sequence = (uint64_t)sqlite3_column_int64(row, FIRST);
    receipt->events = (uint32_t)sqlite3_column_int64(row, EVENTS);
    receipt->duplicates = (uint32_t)sqlite3_column_int64(row, DUPLICATES);
    receipt->rejected = (uint32_t)sqlite3_column_int64(row, REJECTED);
    HtSpoolSpot spot = reply_of((uint64_t)sqlite3_column_int64(row, ID));
    HtSpoolOpened opened =
        ht_spool_unseal(messages->sealer, spot, ht_spool_column_bytes(row, REPLY), &messages->room, &reply);
    receipt->reply = keep(reply, &job->kept);
    receipt->reply_type = keep(ht_spool_column_bytes(row, REPLY_TYPE), &job->kept_type);
    receipt->resent = true;
    return opened != HT_SPOOL_NOT_GENUINE;
}

bool ht_spool_messages_receipt(HtSpoolMessages *messages, uint64_t number, HtSpoolJob *job, bool *found,
                               GError **error)
{
    sqlite3_stmt *row = messages->find;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)number);
    bool good = ht_spool_database_row(row, found, error);
    *found = good && *found && ht_spool_messages_is_whole(row);
    *found = *found && read_receipt(messages, row, job);
    sqlite3_reset(row);
    return good;
}

static bool seal_reply(HtSpoolMessages *messages, uint64_t number, HtText plain, GError **error)
{
    MessageRow row;
    HtBuffer sealed = {.data = NULL};
    sqlite3_stmt *update = messages->update;
    read_row(messages->find, &row);
    HtText reply = ht_spool_seal(messages->sealer, reply_of(number), plain, &sealed);
    set_text(&row, REPLY, reply);
    sqlite3_bind_int64(update, 1, (sqlite3_int64)number);
    ht_spool_bind_blob(update, 2, reply.data, reply.size);
    sqlite3_bind_int64(update, 3, sum_of(&row));
    bool good = ht_spool_database_do(update, error);
    ht_buffer_clear(&sealed);
    return good;
}

bool ht_spool_messages_seal(HtSpoolMessages *messages, uint64_t number, GError **error)
{
    bool found;
    HtText plain;
    sqlite3_bind_int64(messages->find, 1, (sqlite3_int64)number);
    bool good = ht_spool_database_row(messages->find, &found, error);
    HtText reply = good && found ? ht_spool_column_bytes(messages->find, REPLY) : HT_TEXT_NONE;
    if (reply.data && ht_spool_messages_is_whole(messages->find) &&
        ht_spool_unseal(messages->sealer, reply_of(number), reply, &messages->room, &plain) ==
            HT_SPOOL_OPENED) {
        good = seal_reply(messages, number, plain, error);
    }
    sqlite3_reset(messages->find);
    return good;
}
