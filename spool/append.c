/* Appending: the hot path of the writer thread. All statements are kept; a message with one event costs
 * a row of `messages`, a record in the group's row and one key. */
#include "spool/append.h"

#include "core/base/citizen.h"
#include "core/base/forms.h"
#include "spool/appending.h"
#include "spool/chore.h"
#include "spool/hooks.h"
#include "spool/rise.h"
#include "spool/schema.h"

/* SQLite's rows end at 1 000 000 000 bytes; columns other than the large one need little. */
#define ROW_BYTES_MAX ((size_t)900000000)

#define SWEEP_BLOCKS 128 /* in one group: more than it writes */

static bool prepare(HtSpoolAppender *appender, GError **error)
{
    const struct {
        sqlite3_stmt **statement;
        const char *sql;
    } all[] = {
        {&appender->insert_payload, "INSERT INTO payloads(message, bytes) VALUES(?,?)"},
        {&appender->insert_faults, "INSERT INTO faults(message, faults) VALUES(?,?)"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (!ht_spool_database_prepare(appender->db, all[i].sql, all[i].statement, error)) {
            return false;
        }
    }
    return true;
}

/* A receipt that says more than the places do: their end is damaged. */
static bool find_promised(HtSpoolAppender *appender, uint64_t *promised, GError **error)
{
    g_autoptr(sqlite3_stmt) rows = NULL;
    bool found = true;
    *promised = 0;
    if (!ht_spool_database_prepare(
            appender->db, "SELECT " HT_SPOOL_MESSAGE_COLUMNS " FROM messages ORDER BY id DESC LIMIT 100",
            &rows, error)) {
        return false;
    }
    while (found) {
        if (!ht_spool_database_row(rows, &found, error)) {
            return false;
        }
        if (found && ht_spool_messages_is_whole(rows)) {
            *promised = MAX(*promised, ht_spool_messages_last_sequence(rows));
        }
    }
    return true;
}

static bool lose(HtSpoolAppender *appender, uint64_t last, uint64_t lost_to, GError **error)
{
    return ht_spool_database_run(appender->db, "BEGIN IMMEDIATE", error) &&
           ht_spool_rows_lose(appender->rows, last, lost_to, error) &&
           ht_spool_damages_lose(appender->damages, last + 1, lost_to, error) &&
           ht_spool_database_run(appender->db, "COMMIT", error);
}

static bool load_figures(HtSpoolAppender *appender, uint64_t given_out, GError **error)
{
    int64_t first, messages;
    uint64_t pruned, last, promised;
    if (!ht_spool_database_number(appender->db,
                                  "SELECT last_seq - count + 1 FROM places ORDER BY last_seq LIMIT 1", &first,
                                  error) ||
        !ht_spool_database_number(appender->db, "SELECT max(id) FROM messages", &messages, error) ||
        !ht_spool_rows_last(appender->rows, &last, error) || !find_promised(appender, &promised, error) ||
        !ht_spool_meta_pruned(appender->db, &pruned, error)) {
        return false;
    }
    if (!ht_spool_rise(appender->db, last, error)) {
        return false;
    }
    last = MAX(last, pruned);
    given_out = MAX(given_out, promised);
    if (given_out > last && !lose(appender, last, given_out, error)) {
        return false;
    }
    appender->now.first_sequence = (uint64_t)first;
    appender->now.last_sequence = MAX(last, given_out);
    appender->now.messages = (uint64_t)messages;
    return true;
}

/* For who sends again, under the key of today. */
static bool keep_answer(void *user, uint64_t number, GError **error)
{
    HtSpoolAppender *appender = user;
    return ht_spool_messages_seal(appender->messages, number, error);
}

/* What keeps what, from the bottom up. */
static bool make_parts(HtSpoolAppender *appender, GError **error)
{
    sqlite3 *db = appender->db;
    HtSpoolHasher *hasher = appender->hasher;
    return (appender->damages = ht_spool_damages_new(db, error)) != NULL &&
           (appender->rows = ht_spool_rows_new(db, appender->damages, error)) != NULL &&
           (appender->messages = ht_spool_messages_new(db, error)) != NULL &&
           (appender->turns = ht_spool_turns_new(db, error)) != NULL &&
           (appender->blocks = ht_spool_blocks_new(db, appender->filter_bytes, error)) != NULL &&
           (appender->keys = ht_spool_index_new(appender->blocks, HT_SPOOL_STORE_KEYS,
                                                ht_spool_hooks.keys_merge_at, error)) != NULL &&
           (appender->contents = ht_spool_contents_new(db, hasher, appender->keys, appender->rows, error)) !=
               NULL &&
           (appender->ties =
                ht_spool_ties_new(appender->blocks, hasher, ht_spool_hooks.keys_merge_at, error)) != NULL &&
           ht_spool_blocks_forget_unnamed(appender->blocks, error) &&
           (appender->subjects = ht_spool_subjects_new(appender->ties, hasher)) != NULL &&
           (appender->mender = ht_spool_mender_new(db, appender->ties, appender->subjects, error)) != NULL &&
           (appender->quarantine = ht_spool_quarantine_new(db, error)) != NULL &&
           (appender->hollower = ht_spool_hollower_new(db, keep_answer, appender, error)) != NULL;
}

HtSpoolAppender *ht_spool_appender_new(sqlite3 *db, HtSpoolHasher *hasher, uint64_t given_out,
                                       uint64_t filter_bytes, GError **error)
{
    g_autoptr(HtSpoolAppender) appender = g_new0(HtSpoolAppender, 1);
    appender->db = db;
    appender->hasher = hasher;
    appender->filter_bytes = filter_bytes;
    appender->sealer = ht_spool_sealer_new(ht_spool_vault_of(db));
    if (!make_parts(appender, error) || !prepare(appender, error) ||
        !load_figures(appender, given_out, error)) {
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
    sqlite3_finalize(appender->insert_payload);
    sqlite3_finalize(appender->insert_faults);
    ht_spool_contents_free(appender->contents);
    ht_spool_messages_free(appender->messages);
    ht_spool_turns_free(appender->turns);
    ht_spool_rows_free(appender->rows);
    ht_spool_damages_free(appender->damages);
    ht_spool_index_free(appender->keys);
    ht_spool_mender_free(appender->mender);
    ht_spool_subjects_free(appender->subjects);
    ht_spool_ties_free(appender->ties);
    ht_spool_blocks_free(appender->blocks);
    ht_spool_quarantine_free(appender->quarantine);
    ht_spool_hollower_free(appender->hollower);
    ht_buffer_clear(&appender->head);
    ht_buffer_clear(&appender->faults);
    ht_buffer_clear(&appender->sealed);
    ht_spool_sealer_free(appender->sealer);
    ht_buffer_clear(&appender->marked[0]);
    ht_buffer_clear(&appender->marked[1]);
    ht_buffer_clear(&appender->amendment.data[0]);
    ht_buffer_clear(&appender->amendment.data[1]);
    g_free(appender);
}

void ht_spool_appender_show(HtSpoolAppender *appender, HtSpoolTail *tail)
{
    ht_spool_rows_show(appender->rows, tail);
}

/* ---- Receipts ---- */

static bool is_same_payload(const HtSpoolJob *job)
{
    return memcmp(job->receipt.sha256, job->message->sha256, sizeof job->receipt.sha256) == 0;
}

/* A message that is one event under one number: it was sent before when that is what the number's latest event says. A receipt
 * is read into the job only then. */
static bool find_by_event(HtSpoolAppender *appender, HtSpoolJob *job, bool *found, GError **error)
{
    HtSpoolFormer former;
    HtSpoolKnown known;
    HtSpoolHash key;
    uint64_t id = 0;
    *found = false;
    if (!ht_spool_contents_judge(appender->contents, 0, &known, &former, error)) {
        return false;
    }
    uint64_t value = ht_spool_contents_said(appender->contents, 0)->value;
    if (known == HT_SPOOL_KNOWN_SAME && value & HT_SPOOL_KEY_MESSAGE) {
        id = former.message;
    } else if (known == HT_SPOOL_KNOWN_SAME) {
        ht_spool_contents_receipt_key(appender->contents, &key);
        if (!ht_spool_keys_find(appender->keys, &key, &value, error)) {
            return false;
        }
        id = value >> HT_SPOOL_KEY_SHIFT;
    } else if (known == HT_SPOOL_KNOWN_OTHER && !(value & HT_SPOOL_KEY_SEQUENCE)) {
        id = value >> HT_SPOOL_KEY_SHIFT; /* of a format that noted no contents: the payload has to tell */
    }
    if (id > 0 && !ht_spool_messages_receipt(appender->messages, id, job, found, error)) {
        return false;
    }
    *found = *found && (known == HT_SPOOL_KNOWN_SAME || is_same_payload(job));
    return true;
}

/* Whether the message's events stand in a format that noted no contents. */
static bool has_no_contents(HtSpoolAppender *appender, const HtReceipt *receipt, bool *without,
                            GError **error)
{
    HtSpoolFound found;
    bool good = ht_spool_rows_find(appender->rows, receipt->sequence, &found, error);
    *without = good && found.verdict == HT_SPOOL_ROW_GOOD && !found.record.content.data;
    return good;
}

bool ht_spool_appending_find(HtSpoolAppender *appender, HtSpoolJob *job, HtSpoolBefore *before,
                             GError **error)
{
    uint64_t value;
    bool found;
    *before = HT_SPOOL_BEFORE_NOT;
    if (!ht_spool_keys_find(appender->keys, &appender->message_hash, &value, error)) {
        return false;
    }
    if (!(value & HT_SPOOL_KEY_MESSAGE)) {
        return true;
    }
    if (!ht_spool_messages_receipt(appender->messages, value >> HT_SPOOL_KEY_SHIFT, job, &found, error)) {
        return false;
    }
    if (!found) {
        return true;
    }
    job->receipt.other_payload = !is_same_payload(job);
    if (!job->receipt.other_payload && !has_no_contents(appender, &job->receipt, &found, error)) {
        return false;
    }
    *before = found ? HT_SPOOL_BEFORE_SENT : HT_SPOOL_BEFORE_MAYBE;
    return true;
}

/* A message that is known by itself: it was sent before when its payload is the same and what it says is still so. */
static bool find_by_message(HtSpoolAppender *appender, HtSpoolJob *job, bool *found, GError **error)
{
    HtSpoolBefore before;
    if (!ht_spool_appending_find(appender, job, &before, error)) {
        return false;
    }
    *found = before == HT_SPOOL_BEFORE_SENT;
    return before != HT_SPOOL_BEFORE_MAYBE || ht_spool_contents_all_known(appender->contents, found, error);
}

void ht_spool_appending_resent(HtSpoolAppender *appender, const HtSpoolJob *job)
{
    appender->now.resent += !job->receipt.other_payload;
}

/* ---- Events ---- */

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

/* `other` is the latest event under the same number, when that says something else. */
static bool insert_event(HtSpoolAppender *appender, const HtEvent *given, uint32_t index,
                         HtSpoolFormer *other, GError **error)
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
    const HtSpoolSaid *said = ht_spool_contents_said(appender->contents, index);
    bool numbered;
    if (other && !ht_spool_ties_follow(appender->ties, other->subject, &numbered, error)) {
        return false;
    }
    ht_spool_amend(&appender->amendment, said, other, whose.subject, &event);
    uint8_t content[HT_SPOOL_CONTENT_SIZE];
    ht_spool_contents_kept(said, content);
    ht_buffer_reset(&appender->head, 1 << 16);
    ht_event_pack_head(&event, &appender->head);
    HtSpoolRecord record = {.id = ht_uuid_new(),
                            .recorded_us = message->received_us,
                            .content = {(const char *)content, sizeof content},
                            .subject = {whose.subject, HT_SPOOL_SUBJECT - 1},
                            .head = ht_buffer_text(&appender->head),
                            .data = event.data};
    return ht_spool_rows_add(appender->rows, appender->sequence, appender->number, &record, error);
}

/* Appends it as `sequence` of `number`, unless it is known. */
bool ht_spool_appending_event(HtSpoolAppender *appender, uint32_t index, bool *is_known, GError **error)
{
    HtEvent event;
    HtSpoolKnown known;
    HtSpoolFormer former;
    if (!ht_spool_contents_judge(appender->contents, index, &known, &former, error)) {
        return false;
    }
    *is_known = known == HT_SPOOL_KNOWN_SAME;
    return *is_known ||
           (ht_spool_message_event(appender->message, index, &event, error) &&
            insert_event(appender, &event, index, known == HT_SPOOL_KNOWN_OTHER ? &former : NULL, error));
}

/* Counts an event that is known, and appends one that is not. */
static bool append_event(HtSpoolAppender *appender, uint32_t index, HtReceipt *receipt, GError **error)
{
    bool is_known;
    appender->sequence = appender->now.last_sequence + 1;
    appender->number = appender->now.messages;
    if (!ht_spool_appending_event(appender, index, &is_known, error)) {
        return false;
    }
    if (is_known) {
        receipt->duplicates++;
        return true;
    }
    appender->now.last_sequence++;
    ht_spool_contents_taken(appender->contents, index, appender->now.last_sequence, appender->by_event);
    receipt->events++;
    receipt->sequence = receipt->sequence ? receipt->sequence : appender->now.last_sequence;
    ht_spool_step("event");
    return true;
}

static bool append_events(HtSpoolAppender *appender, HtReceipt *receipt, GError **error)
{
    for (uint32_t i = 0; i < ht_spool_contents_count(appender->contents); i++) {
        if (!append_event(appender, i, receipt, error)) {
            return false;
        }
    }
    ht_spool_contents_done(appender->contents, appender->now.messages);
    return true;
}

/* Of the message at hand, sealed. */
static bool insert_value(HtSpoolAppender *appender, sqlite3_stmt *row, const char *table, HtText value,
                         GError **error)
{
    uint64_t message = appender->now.messages;
    ht_buffer_reset(&appender->sealed, 1 << 16);
    HtText stored = ht_spool_seal(appender->sealer, (HtSpoolSpot){table, message}, value, &appender->sealed);
    sqlite3_bind_int64(row, 1, (sqlite3_int64)message);
    ht_spool_bind_blob(row, 2, stored.data, stored.size);
    return ht_spool_database_do(row, error);
}

static bool insert_extras(HtSpoolAppender *appender, GError **error)
{
    const HtSpoolMessage *message = appender->message;
    if (message->payload) {
        gsize size;
        const void *bytes = g_bytes_get_data(message->payload, &size);
        HtText payload = {bytes ? bytes : "", size};
        if (!insert_value(appender, appender->insert_payload, "payloads", payload, error)) {
            return false;
        }
    }
    if (message->faults && message->faults->len > 0) {
        ht_buffer_reset(&appender->faults, 1 << 16);
        ht_spool_pack_faults(message->faults, &appender->faults);
        return insert_value(appender, appender->insert_faults, "faults", ht_buffer_text(&appender->faults),
                            error);
    }
    return true;
}

bool ht_spool_appending_fits(const HtSpoolMessage *message)
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

/* A message that is one event is known by that, unless the event had come in another one. */
static void put_message_key(HtSpoolAppender *appender, const HtReceipt *receipt)
{
    HtSpoolHash key = appender->message_hash;
    if (appender->by_event && receipt->events > 0) {
        return;
    }
    if (appender->by_event) {
        ht_spool_contents_receipt_key(appender->contents, &key);
    }
    ht_spool_keys_put(appender->keys, &key,
                      appender->now.messages << HT_SPOOL_KEY_SHIFT | HT_SPOOL_KEY_MESSAGE);
}

void ht_spool_appending_begin(HtSpoolJob *job)
{
    const HtSpoolMessage *message = job->message;
    ht_spool_job_reset(job);
    job->receipt = (HtReceipt){.id = message->id,
                               .duplicates = message->unchanged,
                               .rejected = message->rejected,
                               .received_us = message->received_us,
                               .reply = message->reply,
                               .reply_type = message->reply_type};
    memcpy(job->receipt.sha256, message->sha256, sizeof message->sha256);
}

void ht_spool_appending_trace(HtSpoolAppender *appender)
{
    const HtSpoolMessage *message = appender->message;
    ht_spool_hash_trace(appender->hasher, message->attr[HT_ATTR_TRACEPARENT],
                        (HtText){(const char *)message->id.bytes, HT_UUID_SIZE}, appender->trace);
}

/* Its events are in place, and counted in the receipt. */
bool ht_spool_appending_finish(HtSpoolAppender *appender, HtSpoolJob *job, GError **error)
{
    if (!ht_spool_messages_add(appender->messages, appender->now.messages, job->message, &job->receipt,
                               error) ||
        !ht_spool_turns_note(appender->turns, appender->now.messages, job->message->received_us, error) ||
        !insert_extras(appender, error)) {
        return false;
    }
    put_message_key(appender, &job->receipt);
    appender->now.duplicates += job->receipt.duplicates;
    if (appender->now.first_sequence == 0) {
        appender->now.first_sequence = job->receipt.sequence;
    }
    ht_spool_step("message");
    return true;
}

static bool take_new(HtSpoolAppender *appender, HtSpoolJob *job, GError **error)
{
    ht_spool_appending_begin(job);
    ht_spool_appending_trace(appender);
    appender->now.messages++;
    return append_events(appender, &job->receipt, error) && ht_spool_appending_finish(appender, job, error);
}

/* By what the message is known. A key that is an event's, too, is that only for a message which is this one event; else it is
 * known by the other half of its hash. */
bool ht_spool_appending_identify(HtSpoolAppender *appender, GError **error)
{
    const HtSpoolMessage *message = appender->message;
    HtSpoolHash halves[2];
    uint64_t value;
    const HtSpoolSaid *said = ht_spool_contents_count(appender->contents) > 0
                                  ? ht_spool_contents_said(appender->contents, 0)
                                  : NULL;
    appender->by_event = said && said->of_message;
    if (appender->by_event) {
        appender->message_hash = said->key;
        return true;
    }
    ht_spool_hash(appender->hasher, HT_TEXT_LITERAL("key"), ht_text_from(message->source), message->key,
                  halves);
    if (!ht_spool_keys_find(appender->keys, &halves[0], &value, error)) {
        return false;
    }
    bool is_taken = value & HT_SPOOL_KEY_EVENT || ht_spool_contents_have_key(appender->contents, &halves[0]);
    appender->message_hash = is_taken ? halves[1] : halves[0];
    return true;
}

bool ht_spool_appender_take(HtSpoolAppender *appender, HtSpoolJob *job, GError **error)
{
    const HtSpoolMessage *message = job->message;
    bool found;
    if (job->empty) {
        return true;
    }
    if (job->chore) {
        return ht_spool_work_run(job->chore, appender, error);
    }
    if (!ht_spool_appending_fits(message)) {
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
        bool mended = ht_spool_mender_run(appender->mender, job, error);
        if (!mended || message->events->len == 0) {
            return mended;
        }
    }
    if (!ht_spool_contents_read(appender->contents, message, error) ||
        !ht_spool_appending_identify(appender, error)) {
        return false;
    }
    bool good = appender->by_event ? find_by_event(appender, job, &found, error)
                                   : find_by_message(appender, job, &found, error);
    if (!good) {
        return false;
    }
    if (!found) {
        return take_new(appender, job, error);
    }
    ht_spool_appending_resent(appender, job);
    return true;
}

bool ht_spool_appender_set_aside(HtSpoolAppender *appender, const GArray *damaged, GError **error)
{
    for (guint i = 0; i < damaged->len; i++) {
        const HtSpoolDamage *damage = &g_array_index(damaged, HtSpoolDamage, i);
        if (!ht_spool_damages_set_aside(appender->damages, damage->sequence, damage->state, error)) {
            return false;
        }
    }
    return true;
}

bool ht_spool_appender_finish(HtSpoolAppender *appender, GError **error)
{
    unsigned swept;
    return ht_spool_rows_write(appender->rows, error) && ht_spool_index_write(appender->keys, error) &&
           ht_spool_ties_write(appender->ties, error) &&
           ht_spool_blocks_sweep(appender->blocks, SWEEP_BLOCKS, &swept, error);
}

bool ht_spool_appender_met_damage(HtSpoolAppender *appender)
{
    bool keys = ht_spool_index_met_damage(appender->keys), ties = ht_spool_ties_met_damage(appender->ties);
    return keys || ties;
}

void ht_spool_appender_committed(HtSpoolAppender *appender)
{
    appender->now.conflicts = ht_spool_ties_conflicts(appender->ties);
    appender->now.aliases = ht_spool_ties_count(appender->ties);
    appender->now.quarantined = ht_spool_quarantine_count(appender->quarantine);
    appender->now.damaged = ht_spool_damages_count(appender->damages);
    appender->committed = appender->now;
    ht_spool_damages_committed(appender->damages);
    ht_spool_rows_committed(appender->rows);
    ht_spool_turns_committed(appender->turns);
    ht_spool_index_committed(appender->keys);
    ht_spool_ties_committed(appender->ties);
    ht_spool_blocks_committed(appender->blocks);
    ht_spool_quarantine_committed(appender->quarantine);
}

void ht_spool_appender_rolled_back(HtSpoolAppender *appender)
{
    appender->now = appender->committed;
    ht_spool_damages_rolled_back(appender->damages);
    ht_spool_rows_rolled_back(appender->rows);
    ht_spool_turns_rolled_back(appender->turns);
    ht_spool_index_rolled_back(appender->keys);
    ht_spool_ties_rolled_back(appender->ties);
    ht_spool_blocks_rolled_back(appender->blocks);
    ht_spool_quarantine_rolled_back(appender->quarantine);
}

const HtSpoolFigures *ht_spool_appender_figures(const HtSpoolAppender *appender)
{
    return &appender->committed;
}
