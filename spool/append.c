/* Appending: the hot path of the writer thread. All statements are kept; a message with one event costs
 * two rows and one key. */
#include "spool/append.h"

#include "core/base/citizen.h"
#include "core/base/forms.h"
#include "spool/hooks.h"
#include "spool/keys.h"
#include "spool/mend.h"
#include "spool/quarantine.h"
#include "spool/schema.h"
#include "spool/subject.h"

/* SQLite's rows end at 1 000 000 000 bytes; columns other than the large one need little. */
#define ROW_BYTES_MAX ((size_t)900000000)

struct HtSpoolAppender {
    sqlite3 *db;
    HtSpoolHasher *hasher;
    HtSpoolKeys *keys;
    HtSpoolTies *ties;
    HtSpoolSubjects *subjects;
    HtSpoolQuarantine *quarantine;
    HtSpoolMender *mender;
    sqlite3_stmt *insert_message, *insert_event, *insert_payload, *insert_faults, *find_message;
    HtSpoolFigures now, committed;
    HtBuffer head, faults;
    HtBuffer marked[2]; /* data with marks of the spool's own, and with one more */

    const HtSpoolMessage *message;     /* being taken */
    const HtSpoolSubjectAnswer *whose; /* its events are, when no identity says it: the bus's own; else NULL */
    HtSpoolHash message_hash;          /* of its key */
    char trace[HT_SPOOL_TRACE];        /* its trace context, for its events */
};

static bool prepare(HtSpoolAppender *appender, GError **error)
{
    const struct {
        sqlite3_stmt **statement;
        const char *sql;
    } all[] = {
        {&appender->insert_message,
         "INSERT INTO messages(id, message, source, received, sha256, first_seq, events,"
         " duplicates, rejected, reply, reply_type) VALUES(?,?,?,?,?,?,?,?,?,?,?)"},
        {&appender->insert_event,
         "INSERT INTO events(seq, id, message, recorded, subject, head, data) VALUES(?,?,?,?,?,?,?)"},
        {&appender->insert_payload, "INSERT INTO payloads(message, bytes) VALUES(?,?)"},
        {&appender->insert_faults, "INSERT INTO faults(message, faults) VALUES(?,?)"},
        {&appender->find_message,
         "SELECT message, received, sha256, first_seq, events, duplicates, rejected, reply,"
         " reply_type FROM messages WHERE id = ?"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!ht_spool_database_prepare(appender->db, all[i].sql, all[i].statement, error)) {
            return false;
        }
    }
    return true;
}

static bool load_figures(HtSpoolAppender *appender, GError **error)
{
    int64_t first, last, messages;
    uint64_t pruned;
    if (!ht_spool_database_number(appender->db, "SELECT min(seq) FROM events", &first, error) ||
        !ht_spool_database_number(appender->db, "SELECT max(seq) FROM events", &last, error) ||
        !ht_spool_database_number(appender->db, "SELECT max(id) FROM messages", &messages, error) ||
        !ht_spool_meta_pruned(appender->db, &pruned, error)) {
        return false;
    }
    appender->now.first_sequence = (uint64_t)first;
    appender->now.last_sequence = MAX((uint64_t)last, pruned);
    appender->now.messages = (uint64_t)messages;
    return true;
}

HtSpoolAppender *ht_spool_appender_new(sqlite3 *db, HtSpoolHasher *hasher, GError **error)
{
    g_autoptr(HtSpoolAppender) appender = g_new0(HtSpoolAppender, 1);
    appender->db = db;
    appender->hasher = hasher;
    appender->keys = ht_spool_keys_new(db, ht_spool_hooks.keys_merge_at, error);
    if (!appender->keys) {
        return NULL;
    }
    appender->ties = ht_spool_ties_new(db, hasher, error);
    if (!appender->ties) {
        return NULL;
    }
    appender->subjects = ht_spool_subjects_new(appender->ties, hasher);
    appender->mender = ht_spool_mender_new(db, appender->ties, appender->subjects, error);
    if (!appender->mender) {
        return NULL;
    }
    appender->quarantine = ht_spool_quarantine_new(db, error);
    if (!appender->quarantine || !prepare(appender, error) || !load_figures(appender, error)) {
        return NULL;
    }
    ht_spool_appender_committed(appender);
    return g_steal_pointer(&appender);
}

void ht_spool_appender_free(HtSpoolAppender *appender)
{
    if (!appender) {
        return;
    }
    sqlite3_finalize(appender->insert_message);
    sqlite3_finalize(appender->insert_event);
    sqlite3_finalize(appender->insert_payload);
    sqlite3_finalize(appender->insert_faults);
    sqlite3_finalize(appender->find_message);
    ht_spool_keys_free(appender->keys);
    ht_spool_mender_free(appender->mender);
    ht_spool_subjects_free(appender->subjects);
    ht_spool_ties_free(appender->ties);
    ht_spool_quarantine_free(appender->quarantine);
    ht_buffer_clear(&appender->head);
    ht_buffer_clear(&appender->faults);
    ht_buffer_clear(&appender->marked[0]);
    ht_buffer_clear(&appender->marked[1]);
    g_free(appender);
}

static void hash_key(HtSpoolAppender *appender, HtText key, HtSpoolHash halves[2])
{
    ht_spool_hash(appender->hasher, HT_TEXT_LITERAL("key"), ht_text_from(appender->message->source), key,
                  halves);
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

/* The receipt of the message that was taken under this key before. */
static bool give_old_receipt(HtSpoolAppender *appender, HtSpoolJob *job, uint64_t known, GError **error)
{
    sqlite3_stmt *row = appender->find_message;
    bool found = false;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)(known >> HT_SPOOL_KEY_SHIFT));
    bool good = ht_spool_database_row(row, &found, error);
    if (good &&
        (!found || sqlite3_column_bytes(row, 0) != HT_UUID_SIZE || sqlite3_column_bytes(row, 2) != 32)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_CORRUPT, "spool: a known key names no message");
        good = false;
    }
    if (good) {
        HtReceipt *receipt = &job->receipt;
        memcpy(receipt->id.bytes, sqlite3_column_blob(row, 0), HT_UUID_SIZE);
        receipt->received_us = sqlite3_column_int64(row, 1);
        memcpy(receipt->sha256, sqlite3_column_blob(row, 2), sizeof receipt->sha256);
        receipt->sequence = (uint64_t)sqlite3_column_int64(row, 3);
        receipt->events = (uint32_t)sqlite3_column_int64(row, 4);
        receipt->duplicates = (uint32_t)sqlite3_column_int64(row, 5);
        receipt->rejected = (uint32_t)sqlite3_column_int64(row, 6);
        receipt->reply = keep_column(row, 7, &job->kept);
        receipt->reply_type = keep_column(row, 8, &job->kept_type);
        receipt->resent = true;
        appender->now.resent++;
    }
    sqlite3_reset(row);
    return good;
}

/* Whether the event came before; if not, it is known from now on. One without a key is always new. */
static bool is_known_event(HtSpoolAppender *appender, const HtEvent *event, bool *known, GError **error)
{
    HtSpoolHash halves[2];
    uint64_t value;
    *known = false;
    if (!event->key.data) {
        return true;
    }
    if (ht_text_equal(event->key, appender->message->key)) {
        halves[0] = appender->message_hash;
    } else {
        hash_key(appender, event->key, halves);
    }
    if (!ht_spool_keys_find(appender->keys, &halves[0], &value, error)) {
        return false;
    }
    *known = (value & HT_SPOOL_KEY_EVENT) != 0;
    if (!*known) {
        ht_spool_keys_put(appender->keys, &halves[0], value | HT_SPOOL_KEY_EVENT);
    }
    return true;
}

/* Attributes go to every consumer, whatever it may see. Of those that a source fills as it likes, what is no plain number, or
 * holds a citizen number, is replaced by a pseudonym: the same for the same text, so that `reverses` still names what it
 * reverses. A correlation always is: it is a digest, and of numbers that can be counted through. */
static const HtAttr concealed[] = {HT_ATTR_BUSINESSID, HT_ATTR_REVERSES, HT_ATTR_CORRELATIONID,
                                   HT_ATTR_DIVISIONEDITION};

typedef char Pseudonyms[G_N_ELEMENTS(concealed)][HT_SPOOL_SUBJECT];

#define OPEN_MAX_BYTES 64

static void conceal(HtSpoolAppender *appender, HtEvent *event, Pseudonyms texts)
{
    for (size_t i = 0; i < G_N_ELEMENTS(concealed); i++) {
        HtText *value = &event->attr[concealed[i]];
        HtSpoolHash halves[2];
        bool is_open = concealed[i] != HT_ATTR_CORRELATIONID &&
                       ht_form_is_word(*value, "._:/-", OPEN_MAX_BYTES) && !ht_citizen_may_be_in(*value);
        if (!value->data || is_open) {
            continue;
        }
        ht_spool_hash(appender->hasher, HT_TEXT_LITERAL("business"), HT_TEXT_LITERAL(""), *value, halves);
        ht_spool_hash_business(&halves[0], texts[i]);
        *value = (HtText){texts[i], HT_SPOOL_SUBJECT - 1};
    }
}

/* The kind of each identity in conflict, where a mark names an element: no element has a name of one word. */
static void mark_conflicts(HtSpoolAppender *appender, const HtSpoolSubjectAnswer *whose, HtEvent *event)
{
    for (unsigned i = 0; i < whose->conflict_count; i++) {
        HtBuffer *marked = &appender->marked[i % 2];
        ht_buffer_reset(marked, 1 << 16);
        ht_event_add_mark(event->data, whose->conflicts[i], HT_SPOOL_MARK_CONFLICT, marked);
        event->data = ht_buffer_text(marked);
    }
}

static bool resolve(HtSpoolAppender *appender, const HtEvent *event, uint32_t index,
                    HtSpoolSubjectAnswer *whose, GError **error)
{
    const HtSpoolMessage *message = appender->message;
    HtSpoolSubjectQuestion question = {event, message->source,      &message->id,
                                       index, message->received_us, message->authority};
    if (appender->whose) {
        *whose = *appender->whose;
        return true;
    }
    return ht_spool_subjects_resolve(appender->subjects, &question, whose, error);
}

static bool insert_event(HtSpoolAppender *appender, const HtEvent *given, uint32_t index, GError **error)
{
    const HtSpoolMessage *message = appender->message;
    HtEvent event = *given;
    HtSpoolSubjectAnswer whose;
    Pseudonyms texts;
    conceal(appender, &event, texts);
    event.attr[HT_ATTR_TRACEPARENT] = appender->trace[0] ? ht_text_from(appender->trace) : HT_TEXT_NONE;
    if (!resolve(appender, &event, index, &whose, error)) {
        return false;
    }
    event.attr[HT_ATTR_FORMERSUBJECT] = whose.former[0] != '\0' ? ht_text_from(whose.former) : HT_TEXT_NONE;
    mark_conflicts(appender, &whose, &event);
    ht_buffer_reset(&appender->head, 1 << 16);
    ht_event_pack_head(&event, &appender->head);
    HtUuid id = ht_uuid_new();
    sqlite3_stmt *row = appender->insert_event;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)++appender->now.last_sequence);
    ht_spool_bind_blob(row, 2, id.bytes, sizeof id.bytes);
    sqlite3_bind_int64(row, 3, (sqlite3_int64)appender->now.messages);
    sqlite3_bind_int64(row, 4, message->received_us);
    ht_spool_bind_text(row, 5, (HtText){whose.subject, HT_SPOOL_SUBJECT - 1});
    ht_spool_bind_blob(row, 6, appender->head.data ? appender->head.data : "", appender->head.size);
    ht_spool_bind_blob(row, 7, event.data.data ? event.data.data : "", event.data.size);
    return ht_spool_database_do(row, error);
}

static uint32_t count_events(const HtSpoolMessage *message)
{
    const GArray *events = message->packed ? message->packed : message->events;
    return events ? events->len : 0;
}

/* The event with what the message adds to each. */
static bool read_event(const HtSpoolMessage *message, uint32_t index, HtEvent *event, GError **error)
{
    if (!message->packed) {
        *event = g_array_index(message->events, HtEvent, index);
    } else if (!ht_event_unpack_again(g_array_index(message->packed, HtText, index), event)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_MESSAGE, "spool: an event cannot be read");
        return false;
    }
    for (unsigned attr = 0; attr < HT_ATTR_COUNT; attr++) {
        if (message->attr[attr].data) {
            event->attr[attr] = message->attr[attr];
        }
    }
    return true;
}

static bool append_events(HtSpoolAppender *appender, HtReceipt *receipt, GError **error)
{
    uint32_t count = count_events(appender->message);
    for (uint32_t i = 0; i < count; i++) {
        HtEvent event;
        bool known;
        if (!read_event(appender->message, i, &event, error) ||
            !is_known_event(appender, &event, &known, error)) {
            return false;
        }
        if (known) {
            receipt->duplicates++;
            continue;
        }
        if (!insert_event(appender, &event, i, error)) {
            return false;
        }
        receipt->events++;
        receipt->sequence = receipt->sequence ? receipt->sequence : appender->now.last_sequence;
        ht_spool_step("event");
    }
    return true;
}

static bool insert_message(HtSpoolAppender *appender, const HtReceipt *receipt, GError **error)
{
    const HtSpoolMessage *message = appender->message;
    sqlite3_stmt *row = appender->insert_message;
    sqlite3_bind_int64(row, 1, (sqlite3_int64)appender->now.messages);
    ht_spool_bind_blob(row, 2, message->id.bytes, sizeof message->id.bytes);
    ht_spool_bind_text(row, 3, ht_text_from(message->source));
    sqlite3_bind_int64(row, 4, message->received_us);
    ht_spool_bind_blob(row, 5, message->sha256, sizeof message->sha256);
    sqlite3_bind_int64(row, 6, (sqlite3_int64)receipt->sequence);
    sqlite3_bind_int64(row, 7, receipt->events);
    sqlite3_bind_int64(row, 8, receipt->duplicates);
    sqlite3_bind_int64(row, 9, receipt->rejected);
    ht_spool_bind_blob(row, 10, message->reply.data, message->reply.size);
    ht_spool_bind_text(row, 11, message->reply_type);
    return ht_spool_database_do(row, error);
}

static bool insert_blob(sqlite3_stmt *row, uint64_t message, const void *bytes, size_t size, GError **error)
{
    sqlite3_bind_int64(row, 1, (sqlite3_int64)message);
    ht_spool_bind_blob(row, 2, bytes ? bytes : "", size);
    return ht_spool_database_do(row, error);
}

static bool insert_extras(HtSpoolAppender *appender, GError **error)
{
    const HtSpoolMessage *message = appender->message;
    if (message->payload) {
        gsize size;
        const void *bytes = g_bytes_get_data(message->payload, &size);
        if (!insert_blob(appender->insert_payload, appender->now.messages, bytes, size, error)) {
            return false;
        }
    }
    if (message->faults && message->faults->len > 0) {
        ht_buffer_reset(&appender->faults, 1 << 16);
        ht_spool_pack_faults(message->faults, &appender->faults);
        return insert_blob(appender->insert_faults, appender->now.messages, appender->faults.data,
                           appender->faults.size, error);
    }
    return true;
}

static bool fits(const HtSpoolMessage *message)
{
    size_t largest = message->payload ? g_bytes_get_size(message->payload) : 0;
    largest = MAX(largest, message->reply.size);
    for (guint i = 0; message->packed && i < message->packed->len; i++) {
        largest = MAX(largest, g_array_index(message->packed, HtText, i).size);
    }
    for (guint i = 0; message->events && i < message->events->len; i++) {
        largest = MAX(largest, g_array_index(message->events, HtEvent, i).data.size);
    }
    return largest <= ROW_BYTES_MAX;
}

static bool take_new(HtSpoolAppender *appender, HtSpoolJob *job, uint64_t known, GError **error)
{
    const HtSpoolMessage *message = job->message;
    job->receipt = (HtReceipt){.id = message->id,
                               .rejected = message->rejected,
                               .received_us = message->received_us,
                               .reply = message->reply,
                               .reply_type = message->reply_type};
    memcpy(job->receipt.sha256, message->sha256, sizeof message->sha256);
    ht_spool_hash_trace(appender->hasher, message->attr[HT_ATTR_TRACEPARENT],
                        (HtText){(const char *)message->id.bytes, HT_UUID_SIZE}, appender->trace);
    appender->now.messages++;
    uint64_t value =
        appender->now.messages << HT_SPOOL_KEY_SHIFT | HT_SPOOL_KEY_MESSAGE | (known & HT_SPOOL_KEY_EVENT);
    ht_spool_keys_put(appender->keys, &appender->message_hash, value);
    if (!append_events(appender, &job->receipt, error) || !insert_message(appender, &job->receipt, error) ||
        !insert_extras(appender, error)) {
        return false;
    }
    appender->now.duplicates += job->receipt.duplicates;
    if (appender->now.first_sequence == 0) {
        appender->now.first_sequence = job->receipt.sequence;
    }
    ht_spool_step("message");
    return true;
}

bool ht_spool_appender_take(HtSpoolAppender *appender, HtSpoolJob *job, GError **error)
{
    const HtSpoolMessage *message = job->message;
    HtSpoolHash halves[2];
    uint64_t known;
    if (!fits(message)) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_MESSAGE,
                    "spool: the message is larger than can be kept");
        return false;
    }
    if (job->reason) {
        return ht_spool_quarantine_keep(appender->quarantine, job, error);
    }
    appender->message = message;
    appender->whose = job->mending ? &job->mending->whose : NULL;
    if (job->mending) {
        bool good = ht_spool_mender_run(appender->mender, job, error);
        if (!good || message->events->len == 0) {
            return good;
        }
    }
    hash_key(appender, message->key, halves);
    appender->message_hash = halves[0];
    if (!ht_spool_keys_find(appender->keys, &halves[0], &known, error)) {
        return false;
    }
    if (known & HT_SPOOL_KEY_MESSAGE) {
        return give_old_receipt(appender, job, known, error);
    }
    return take_new(appender, job, known, error);
}

bool ht_spool_appender_finish(HtSpoolAppender *appender, GError **error)
{
    return ht_spool_keys_write(appender->keys, error);
}

void ht_spool_appender_committed(HtSpoolAppender *appender)
{
    appender->now.conflicts = ht_spool_ties_conflicts(appender->ties);
    appender->now.aliases = ht_spool_ties_count(appender->ties);
    appender->now.quarantined = ht_spool_quarantine_count(appender->quarantine);
    appender->committed = appender->now;
    ht_spool_keys_committed(appender->keys);
    ht_spool_ties_committed(appender->ties);
    ht_spool_quarantine_committed(appender->quarantine);
}

void ht_spool_appender_rolled_back(HtSpoolAppender *appender)
{
    appender->now = appender->committed;
    ht_spool_keys_rolled_back(appender->keys);
    ht_spool_ties_rolled_back(appender->ties);
    ht_spool_quarantine_rolled_back(appender->quarantine);
}

const HtSpoolFigures *ht_spool_appender_figures(const HtSpoolAppender *appender)
{
    return &appender->committed;
}
