/* Messages and their receipts. */
#include "spool/messages.h"

#include <xxhash.h>

struct HtSpoolMessages {
    sqlite3_stmt *insert, *find;
};

enum { ID, MESSAGE, SOURCE, RECEIVED, SHA256, FIRST, EVENTS, DUPLICATES, REJECTED, REPLY, REPLY_TYPE, SUM };

typedef struct {
    int64_t numbers[SUM]; /* by column; of texts their size, -1 for none */
    HtText texts[SUM];
} MessageRow;

HtSpoolMessages *ht_spool_messages_new(sqlite3 *db, GError **error)
{
    g_autoptr(HtSpoolMessages) messages = g_new0(HtSpoolMessages, 1);
    if (!ht_spool_database_prepare(
            db, "INSERT INTO messages(" HT_SPOOL_MESSAGE_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
            &messages->insert, error) ||
        !ht_spool_database_prepare(db, "SELECT " HT_SPOOL_MESSAGE_COLUMNS " FROM messages WHERE id = ?",
                                   &messages->find, error)) {
        return NULL;
    }
    return g_steal_pointer(&messages);
}

void ht_spool_messages_free(HtSpoolMessages *messages)
{
    if (messages) {
        sqlite3_finalize(messages->insert);
        sqlite3_finalize(messages->find);
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
    set_text(&row, REPLY, message->reply);
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

bool ht_spool_messages_is_whole(sqlite3_stmt *statement)
{
    MessageRow row = {.numbers = {0}};
    for (int i = 0; i < SUM; i++) {
        if (is_text(i)) {
            set_text(&row, i, ht_spool_column_bytes(statement, i));
        } else {
            row.numbers[i] = sqlite3_column_int64(statement, i);
        }
    }
    bool sizes = row.texts[MESSAGE].size == HT_UUID_SIZE && row.texts[SHA256].size == 32;
    return sizes && (sqlite3_column_type(statement, SUM) == SQLITE_NULL ||
                     sqlite3_column_int64(statement, SUM) == sum_of(&row));
}

uint64_t ht_spool_messages_last_sequence(sqlite3_stmt *row)
{
    uint64_t events = (uint64_t)sqlite3_column_int64(row, EVENTS);
    return events > 0 ? (uint64_t)sqlite3_column_int64(row, FIRST) + events - 1 : 0;
}

static HtText keep_column(sqlite3_stmt *row, int column, GBytes **kept)
{
    HtText bytes = ht_spool_column_bytes(row, column);
    if (!bytes.data) {
        return HT_TEXT_NONE;
    }
    *kept = g_bytes_new(bytes.data, bytes.size);
    const char *data = g_bytes_get_data(*kept, NULL);
    return (HtText){data ? data : "", bytes.size};
}

static void read_receipt(sqlite3_stmt *row, HtSpoolJob *job)
{
    HtReceipt *receipt = &job->receipt;
    ht_spool_job_reset(job);
    memcpy(receipt->id.bytes, sqlite3_column_blob(row, MESSAGE), HT_UUID_SIZE);
    receipt->received_us = sqlite3_column_int64(row, RECEIVED);
    memcpy(receipt->sha256, sqlite3_column_blob(row, SHA256), sizeof receipt->sha256);
    receipt->sequence = (uint64_t)sqlite3_column_int64(row, FIRST);
    receipt->events = (uint32_t)sqlite3_column_int64(row, EVENTS);
    receipt->duplicates = (uint32_t)sqlite3_column_int64(row, DUPLICATES);
    receipt->rejected = (uint32_t)sqlite3_column_int64(row, REJECTED);
    receipt->reply = keep_column(row, REPLY, &job->kept);
    receipt->reply_type = keep_column(row, REPLY_TYPE, &job->kept_type);
    receipt->resent = true;
}

bool ht_spool_messages_receipt(HtSpoolMessages *messages, uint64_t number, HtSpoolJob *job, bool *found,
                               GError **error)
{
    sqlite3_stmt *row = messages->find;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)number);
    bool good = ht_spool_database_row(row, found, error);
    *found = good && *found && ht_spool_messages_is_whole(row);
    if (*found) {
        read_receipt(row, job);
    }
    sqlite3_reset(row);
    return good;
}
