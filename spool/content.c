/* Known content. Writer thread; a message with one event costs one digest and one look at its key. */
#include "spool/content.h"

#include "core/base/event-digest.h"

#include <stdlib.h>

#define SAID_KEEP 4096

struct HtSpoolContents {
    HtSpoolHasher *hasher;
    HtSpoolIndex *keys;
    HtSpoolRows *rows;
    sqlite3_stmt *find_first;
    const HtSpoolMessage *message; /* being taken */
    GArray *said;                  /* of HtSpoolSaid: one for each of its events */
    HtSpoolSaid **ordered;         /* the same by key and place, when there are several */
    HtBuffer slot;                 /* what stands for a number */
};

HtSpoolContents *ht_spool_contents_new(sqlite3 *db, HtSpoolHasher *hasher, HtSpoolIndex *keys,
                                       HtSpoolRows *rows, GError **error)
{
    g_autoptr(HtSpoolContents) contents = g_new0(HtSpoolContents, 1);
    contents->hasher = hasher;
    contents->keys = keys;
    contents->rows = rows;
    contents->said = g_array_new(FALSE, TRUE, sizeof(HtSpoolSaid));
    if (!ht_spool_database_prepare(db, "SELECT first_seq FROM messages WHERE id = ?", &contents->find_first,
                                   error)) {
        return NULL;
    }
    return g_steal_pointer(&contents);
}

void ht_spool_contents_free(HtSpoolContents *contents)
{
    if (contents) {
        sqlite3_finalize(contents->find_first);
        g_array_unref(contents->said);
        g_free(contents->ordered);
        ht_buffer_clear(&contents->slot);
        g_free(contents);
    }
}

/* ---- What a message says ---- */

static void add_part(HtBuffer *slot, HtText text)
{
    ht_buffer_add_text(slot, text);
    ht_buffer_add_char(slot, '\0');
}

/* A time that is not the fact's own would make a slot of each sending. */
static HtText make_slot(HtBuffer *slot, const HtEvent *event, const uint8_t digest[HT_EVENT_DIGEST])
{
    slot->size = 0;
    if (event->identity_count == 0) {
        ht_buffer_add(slot, digest, HT_EVENT_DIGEST);
        return ht_buffer_text(slot);
    }
    add_part(slot, event->attr[HT_ATTR_TYPE]);
    add_part(slot, event->time_sent ? HT_TEXT_NONE : event->attr[HT_ATTR_TIME]);
    for (unsigned i = 0; i < event->identity_count; i++) {
        add_part(slot, event->identities[i].kind);
        add_part(slot, event->identities[i].value);
    }
    return ht_buffer_text(slot);
}

static void hash(HtSpoolContents *contents, HtText purpose, HtText value, HtSpoolHash *to)
{
    HtSpoolHash halves[2];
    ht_spool_hash(contents->hasher, purpose, ht_text_from(contents->message->source), value, halves);
    *to = halves[0];
}

static void read_said(HtSpoolContents *contents, const HtEvent *event, HtSpoolSaid *said)
{
    uint8_t digest[HT_EVENT_DIGEST];
    ht_event_digest(event, digest);
    *said = (HtSpoolSaid){.numbered = event->key.data != NULL, .nameless = event->identity_count == 0};
    hash(contents, HT_TEXT_LITERAL("content"), (HtText){(const char *)digest, sizeof digest}, &said->content);
    if (said->numbered) {
        hash(contents, HT_TEXT_LITERAL("key"), event->key, &said->key);
    } else {
        hash(contents, HT_TEXT_LITERAL("slot"), make_slot(&contents->slot, event, digest), &said->key);
    }
}

static int compare_said(const void *a, const void *b)
{
    const HtSpoolSaid *left = *(HtSpoolSaid *const *)a, *right = *(HtSpoolSaid *const *)b;
    int order = memcmp(&left->key, &right->key, sizeof left->key);
    return order ? order : (left > right) - (left < right);
}

static bool same_key(const HtSpoolSaid *a, const HtSpoolSaid *b)
{
    return memcmp(&a->key, &b->key, sizeof a->key) == 0;
}

static void find_several(HtSpoolContents *contents)
{
    guint count = contents->said->len;
    g_clear_pointer(&contents->ordered, g_free);
    if (count < 2) {
        return;
    }
    contents->ordered = g_new(HtSpoolSaid *, count);
    for (guint i = 0; i < count; i++) {
        contents->ordered[i] = &g_array_index(contents->said, HtSpoolSaid, i);
    }
    qsort(contents->ordered, count, sizeof *contents->ordered, compare_said);
    for (guint i = 1; i < count; i++) {
        if (same_key(contents->ordered[i - 1], contents->ordered[i])) {
            contents->ordered[i - 1]->several = contents->ordered[i]->several = true;
        }
    }
}

void ht_spool_contents_begin(HtSpoolContents *contents, const HtSpoolMessage *message)
{
    uint32_t count = ht_spool_message_count(message);
    if (count < SAID_KEEP && contents->said->len >= SAID_KEEP) {
        g_array_unref(contents->said);
        contents->said = g_array_new(FALSE, TRUE, sizeof(HtSpoolSaid));
    }
    contents->message = message;
    g_array_set_size(contents->said, count);
}

bool ht_spool_contents_read_one(HtSpoolContents *contents, uint32_t index, GError **error)
{
    HtEvent event;
    if (!ht_spool_message_event(contents->message, index, &event, error)) {
        return false;
    }
    HtSpoolSaid *said = &g_array_index(contents->said, HtSpoolSaid, index);
    read_said(contents, &event, said);
    said->of_message =
        contents->said->len == 1 && said->numbered && ht_text_equal(event.key, contents->message->key);
    return true;
}

bool ht_spool_contents_read(HtSpoolContents *contents, const HtSpoolMessage *message, GError **error)
{
    ht_spool_contents_begin(contents, message);
    for (uint32_t i = 0; i < contents->said->len; i++) {
        if (!ht_spool_contents_read_one(contents, i, error)) {
            return false;
        }
    }
    find_several(contents);
    return true;
}

uint32_t ht_spool_contents_count(const HtSpoolContents *contents)
{
    return contents->said->len;
}

const HtSpoolSaid *ht_spool_contents_said(const HtSpoolContents *contents, uint32_t index)
{
    return &g_array_index(contents->said, HtSpoolSaid, index);
}

bool ht_spool_contents_have_key(const HtSpoolContents *contents, const HtSpoolHash *key)
{
    for (guint i = 0; i < contents->said->len; i++) {
        if (memcmp(&ht_spool_contents_said(contents, i)->key, key, sizeof *key) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- What was said before ---- */

/* The sequence of the latest event under a key of this value; 0 when none is noted. */
static bool find_sequence(HtSpoolContents *contents, uint64_t value, uint64_t *sequence, GError **error)
{
    *sequence = 0;
    if (value & HT_SPOOL_KEY_SEQUENCE) {
        *sequence = (value & ~HT_SPOOL_KEY_SEQUENCE) >> HT_SPOOL_KEY_SHIFT;
        return true;
    }
    if (!(value & HT_SPOOL_KEY_MESSAGE)) {
        return true;
    }
    bool found;
    sqlite3_bind_int64(contents->find_first, 1, (sqlite3_int64)(value >> HT_SPOOL_KEY_SHIFT));
    bool good = ht_spool_database_row(contents->find_first, &found, error);
    if (good && found) {
        *sequence = (uint64_t)sqlite3_column_int64(contents->find_first, 0);
    }
    sqlite3_reset(contents->find_first);
    return good;
}

static bool read_former(const HtSpoolFound *found, HtSpoolFormer *former)
{
    const HtSpoolRecord *record = &found->record;
    if (found->verdict != HT_SPOOL_ROW_GOOD || record->subject.size >= sizeof former->subject ||
        !ht_event_unpack_head(record->head, &former->event)) {
        return false;
    }
    former->message = found->message;
    former->id = record->id;
    memcpy(former->subject, record->subject.data, record->subject.size);
    former->has_content = record->content.size == HT_SPOOL_CONTENT_SIZE;
    if (former->has_content) {
        memcpy(former->content, record->content.data, HT_SPOOL_CONTENT_SIZE);
    }
    return true;
}

static bool find_former(HtSpoolContents *contents, uint64_t value, HtSpoolFormer *former, GError **error)
{
    uint64_t sequence;
    HtSpoolFound found;
    *former = (HtSpoolFormer){0};
    if (!find_sequence(contents, value, &sequence, error) ||
        !ht_spool_rows_find(contents->rows, sequence, &found, error)) {
        return false;
    }
    former->damaged = found.verdict == HT_SPOOL_ROW_DAMAGED ||
                      (found.verdict == HT_SPOOL_ROW_GOOD && !read_former(&found, former));
    former->sequence = sequence;
    if (former->damaged || found.verdict == HT_SPOOL_ROW_GONE) {
        *former = (HtSpoolFormer){.damaged = former->damaged};
    }
    return true;
}

static bool says_the_same(const HtSpoolFormer *former, const HtSpoolSaid *said)
{
    return former->has_content && memcmp(former->content, &said->content, sizeof said->content) == 0;
}

/* ---- Several contents under one number ---- */

static void hash_said(HtSpoolContents *contents, HtText purpose, const HtSpoolSaid *said, HtSpoolHash *to)
{
    char both[2 * HT_SPOOL_HASH_SIZE];
    memcpy(both, &said->key, HT_SPOOL_HASH_SIZE);
    memcpy(both + HT_SPOOL_HASH_SIZE, &said->content, HT_SPOOL_HASH_SIZE);
    hash(contents, purpose, (HtText){both, sizeof both}, to);
}

/* Whether the former event's message said this, too. */
static bool was_said_with(HtSpoolContents *contents, const HtSpoolFormer *former, const HtSpoolSaid *said,
                          bool *was_said, GError **error)
{
    HtSpoolHash key;
    uint64_t value = 0;
    *was_said = says_the_same(former, said);
    if (*was_said) {
        return true;
    }
    hash_said(contents, HT_TEXT_LITERAL("said"), said, &key);
    bool good = ht_spool_keys_find(contents->keys, &key, &value, error);
    *was_said = good && value != 0 && value >> HT_SPOOL_KEY_SHIFT == former->message;
    return good;
}

/* The place of the key's first event in `ordered`. */
static guint find_group(const HtSpoolContents *contents, const HtSpoolSaid *said)
{
    guint low = 0, high = contents->said->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (memcmp(&contents->ordered[middle]->key, &said->key, sizeof said->key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Whether all that the message says under this key was said by the latest event's message, that one's content last. */
static bool judge_group(HtSpoolContents *contents, const HtSpoolFormer *former, const HtSpoolSaid *said,
                        GError **error)
{
    guint first = find_group(contents, said), end = first;
    bool repeats = true;
    for (; end < contents->said->len && same_key(contents->ordered[end], said); end++) {
        if (repeats && !was_said_with(contents, former, contents->ordered[end], &repeats, error)) {
            return false;
        }
    }
    repeats = repeats && says_the_same(former, contents->ordered[end - 1]);
    for (guint i = first; i < end; i++) {
        contents->ordered[i]->judged = true;
        contents->ordered[i]->repeats = repeats;
    }
    return true;
}

/* ---- Judging ---- */

/* One that no other event of the message changes is looked up once. */
static bool find_value(HtSpoolContents *contents, HtSpoolSaid *said, GError **error)
{
    if (!said->looked_up && !ht_spool_keys_find(contents->keys, &said->key, &said->value, error)) {
        return false;
    }
    said->looked_up = !said->several;
    return true;
}

bool ht_spool_contents_judge(HtSpoolContents *contents, uint32_t index, HtSpoolKnown *known,
                             HtSpoolFormer *former, GError **error)
{
    HtSpoolSaid *said = &g_array_index(contents->said, HtSpoolSaid, index);
    HtSpoolFormer found;
    *known = HT_SPOOL_KNOWN_NOT;
    if (!find_value(contents, said, error)) {
        return false;
    }
    if (!(said->value & HT_SPOOL_KEY_EVENT)) {
        return true;
    }
    if (!find_former(contents, said->value, &found, error) || found.damaged) {
        return found.damaged; /* what it said is not known any more: sent again, it is new */
    }
    bool same = says_the_same(&found, said);
    if (!same && said->several && !said->judged && !judge_group(contents, &found, said, error)) {
        return false;
    }
    *known = same || said->repeats ? HT_SPOOL_KNOWN_SAME : HT_SPOOL_KNOWN_OTHER;
    if (former) {
        *former = found;
    }
    return true;
}

bool ht_spool_contents_all_known(HtSpoolContents *contents, bool *known, GError **error)
{
    *known = true;
    for (guint i = 0; *known && i < contents->said->len; i++) {
        HtSpoolKnown verdict = HT_SPOOL_KNOWN_SAME;
        if (ht_spool_contents_said(contents, i)->numbered &&
            !ht_spool_contents_judge(contents, i, &verdict, NULL, error)) {
            return false;
        }
        *known = verdict == HT_SPOOL_KNOWN_SAME;
    }
    return true;
}

void ht_spool_contents_taken(HtSpoolContents *contents, uint32_t index, uint64_t sequence, bool alone)
{
    HtSpoolSaid *said = &g_array_index(contents->said, HtSpoolSaid, index);
    said->taken = true;
    ht_spool_keys_put(contents->keys, &said->key,
                      HT_SPOOL_KEY_SEQUENCE | sequence << HT_SPOOL_KEY_SHIFT | HT_SPOOL_KEY_EVENT |
                          (alone ? HT_SPOOL_KEY_MESSAGE : 0));
}

static void note_group(HtSpoolContents *contents, guint first, guint end, uint64_t message)
{
    bool taken = false, differ = false;
    for (guint i = first; i < end; i++) {
        taken = taken || contents->ordered[i]->taken;
        differ = differ || memcmp(&contents->ordered[i]->content, &contents->ordered[first]->content,
                                  sizeof(HtSpoolHash)) != 0;
    }
    for (guint i = first; taken && differ && i < end; i++) {
        HtSpoolHash key;
        hash_said(contents, HT_TEXT_LITERAL("said"), contents->ordered[i], &key);
        ht_spool_keys_put(contents->keys, &key, message << HT_SPOOL_KEY_SHIFT | HT_SPOOL_KEY_MESSAGE);
    }
}

void ht_spool_contents_done(HtSpoolContents *contents, uint64_t message)
{
    guint count = contents->ordered ? contents->said->len : 0;
    for (guint first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && same_key(contents->ordered[end], contents->ordered[first])) {
            end++;
        }
        if (end - first > 1) {
            note_group(contents, first, end, message);
        }
    }
}

void ht_spool_contents_receipt_key(HtSpoolContents *contents, HtSpoolHash *key)
{
    hash_said(contents, HT_TEXT_LITERAL("receipt"), ht_spool_contents_said(contents, 0), key);
}

void ht_spool_contents_kept(const HtSpoolSaid *said, uint8_t kept[HT_SPOOL_CONTENT_SIZE])
{
    memcpy(kept, &said->content, HT_SPOOL_HASH_SIZE);
    kept[HT_SPOOL_HASH_SIZE] = said->nameless ? HT_SPOOL_CONTENT_NAMELESS : 0;
}
