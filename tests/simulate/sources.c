/* See sources.h. */
#include "tests/simulate/sources.h"

#include "core/base/clock.h"
#include "tests/simulate/machine.h"
#include "tests/simulate/threads.h"

#include <stdio.h>
#include <string.h>

#define LARGE_BYTES 4096
#define TEXT_BYTES 32
#define DATA_BYTES 64

static const char *const names[] = {"hukou", "marriage", "health"};

/* One in three has several events, one in eleven is taken piece by piece. */
unsigned sources_places(unsigned key)
{
    return key % 11 == 0 ? 14 : key % 3 == 0 ? 2 + key % 2 : 1;
}

unsigned sources_person(unsigned key)
{
    return key * 5 % PERSONS;
}

/* ---- What is sent ---- */

/* "k7.2": a prefix and one or two numbers. */
static HtText print(char **at, const char *prefix, unsigned a, int b)
{
    char *text = *at;
    int size = b < 0 ? g_snprintf(text, TEXT_BYTES, "%s%05u", prefix, a)
                     : g_snprintf(text, TEXT_BYTES, "%s%05u.%d", prefix, a, b);
    *at += TEXT_BYTES;
    return (HtText){text, (size_t)size};
}

static HtText pack_version(char **at, unsigned version)
{
    char value[TEXT_BYTES];
    HtBuffer data = {0};
    HtItem item = {.kind = HT_ITEM_ELEMENT, .name = HT_TEXT_LITERAL("person.name"), .value = {value, 0}};
    item.value.size = (size_t)g_snprintf(value, sizeof value, "v%u", version);
    ht_item_pack(&data, &item);
    g_assert(data.size <= DATA_BYTES);
    memcpy(*at, data.data, data.size);
    HtText text = {*at, data.size};
    *at += DATA_BYTES;
    ht_buffer_clear(&data);
    return text;
}

static void add_event(HtSpoolMessage *message, char **at, unsigned key, unsigned place, unsigned version)
{
    HtEvent event = {.data = pack_version(at, version)};
    event.attr[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1");
    event.attr[HT_ATTR_TIME] = HT_TEXT_LITERAL("2026-11-01T00:00:00+08:00");
    event.attr[HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert");
    event.attr[HT_ATTR_DIVISION] = print(at, "", key * 100 + place, -1);
    event.key = print(at, "k", key, (int)place);
    event.identities[event.identity_count++] =
        (HtIdentity){HT_TEXT_LITERAL("idNumber"), print(at, "n", sources_person(key), -1), false};
    g_array_append_val(message->events, event);
}

/* A message of one event goes by the event's number, one of several by its payload's, as in core/message/keep.c. */
static HtText message_key(HtSpoolMessage *message, char **at, unsigned key, unsigned version)
{
    return message->events->len == 1 ? g_array_index(message->events, HtEvent, 0).key
                                     : print(at, "\002k", key, (int)version);
}

static HtSpoolMessage *make_message(unsigned key, unsigned version)
{
    unsigned places = sources_places(key);
    size_t size = (places + 1) * (3 * TEXT_BYTES + DATA_BYTES) + (key % 11 == 0 ? LARGE_BYTES : 0);
    char *texts = g_malloc0(size), *at = texts;
    HtSpoolMessage *message = g_new0(HtSpoolMessage, 1);
    message->backing = g_bytes_new_take(texts, size);
    message->id = ht_uuid_new();
    message->source = names[key % G_N_ELEMENTS(names)];
    message->attr[HT_ATTR_SOURCE] = ht_text_from(message->source);
    message->received_us = ht_clock_now();
    message->events = g_array_new(FALSE, FALSE, sizeof(HtEvent));
    for (unsigned place = 0; place < places; place++) {
        add_event(message, &at, key, place, version);
    }
    message->key = message_key(message, &at, key, version);
    memcpy(message->sha256, &key, sizeof key);
    memcpy(message->sha256 + sizeof key, &version, sizeof version);
    return message;
}

/* ---- What comes back ---- */

static bool was_told_of_failure; /* in this life */

void sources_note(uint64_t sequence, const Logged *what)
{
    if (sequence == 0 || sequence >= LOG_MAX) {
        world_fail("sequence %" G_GUINT64_FORMAT " cannot be", sequence);
    }
    static const HtUuid none;
    Logged *known = &world->log[sequence];
    bool has_id = memcmp(&what->id, &none, sizeof none) != 0;
    if (!known->known) {
        HtUuid id = known->id; /* a consumer was shown it */
        *known = *what;
        known->known = true;
        known->id = memcmp(&id, &none, sizeof none) != 0 ? id : what->id;
    }
    if (known->key != what->key || known->place != what->place || known->version != what->version ||
        (has_id && memcmp(&known->id, &none, sizeof none) != 0 &&
         memcmp(&known->id, &what->id, sizeof none) != 0)) {
        world_fail("sequence %" G_GUINT64_FORMAT " was k%u.%u v%u and is k%u.%u v%u now, or has another id",
                   sequence, known->key, known->place, known->version, what->key, what->place, what->version);
    }
    known->id = has_id ? what->id : known->id;
    world->last = MAX(world->last, sequence);
}

static void check_error(const Attempt *attempt, const GError *error)
{
    bool may_be =
        error->domain == HT_SPOOL_ERROR &&
        ((error->code == HT_SPOOL_ERROR_IO && machine_has_failed()) ||
         (error->code == HT_SPOOL_ERROR_FULL && machine_was_full()) || error->code == HT_SPOOL_ERROR_BUSY);
    if (!may_be) {
        world_fail("k%u v%u was refused without a reason: %s", attempt->key, attempt->version,
                   error->message);
    }
}

/* The receipt of a former sending: of which one, and what did that say. */
static void check_resent(Attempt *attempt, const HtReceipt *receipt)
{
    for (unsigned i = 0; i < world->attempts; i++) {
        const Attempt *first = &world->attempt[i];
        if (first == attempt || memcmp(&first->id, &receipt->id, sizeof receipt->id) != 0) {
            continue;
        }
        if (first->key != attempt->key || first->version != attempt->version) {
            world_fail("k%u v%u got the receipt of k%u v%u", attempt->key, attempt->version, first->key,
                       first->version);
        }
        if (first->state == REFUSED) {
            world_fail("k%u v%u was refused, and is known all the same", first->key, first->version);
        }
        if (first->state == TAKEN &&
            (first->sequence != receipt->sequence || first->events != receipt->events)) {
            world_fail("the receipt of k%u v%u is another now", first->key, first->version);
        }
        return;
    }
    world_fail("k%u v%u got a receipt of a message that was never sent", attempt->key, attempt->version);
}

static void check_new(const Attempt *attempt, const HtReceipt *receipt)
{
    unsigned places = sources_places(attempt->key);
    if (memcmp(&receipt->id, &attempt->id, sizeof receipt->id) != 0) {
        world_fail("k%u v%u got a new receipt with another id", attempt->key, attempt->version);
    }
    if (receipt->events + receipt->duplicates != places) {
        world_fail("k%u v%u: %u new and %u known events are not %u", attempt->key, attempt->version,
                   receipt->events, receipt->duplicates, places);
    }
    bool known = attempt->alone && world->latest[attempt->key].known;
    if (known && receipt->events > 0 && world->latest[attempt->key].version == attempt->version) {
        world_fail("k%u v%u was taken before, and is new", attempt->key, attempt->version);
    }
    if (known && receipt->events == 0 && world->latest[attempt->key].version != attempt->version) {
        world_fail("k%u v%u is other content than before, and is not new", attempt->key, attempt->version);
    }
    for (unsigned i = 0; i < receipt->events && receipt->duplicates == 0; i++) {
        Logged what = {.place = (uint8_t)i, .key = attempt->key, .version = attempt->version};
        if (world->log[receipt->sequence + i].known &&
            world->log[receipt->sequence + i].key != attempt->key) {
            world_fail("sequence %" G_GUINT64_FORMAT " was given out twice", receipt->sequence + i);
        }
        sources_note(receipt->sequence + i, &what);
    }
}

static void take(Attempt *attempt, const HtReceipt *receipt)
{
    if (was_told_of_failure) {
        world_fail("k%u v%u is acknowledged after the disk has failed", attempt->key, attempt->version);
    }
    if (receipt->resent && attempt->alone && world->latest[attempt->key].known &&
        world->latest[attempt->key].version != attempt->version) {
        world_fail("k%u v%u is other content than before, and got an older receipt", attempt->key,
                   attempt->version);
    }
    if (receipt->resent) {
        check_resent(attempt, receipt);
    } else {
        check_new(attempt, receipt);
    }
    attempt->state = TAKEN;
    attempt->sequence = receipt->sequence;
    attempt->events = receipt->events;
    attempt->receipt_id = receipt->id;
    world->latest[attempt->key].known = attempt->alone;
    world->latest[attempt->key].version = attempt->version;
}

static void note_answer(const HtReceipt *receipt, const GError *error, void *user)
{
    Attempt *attempt = user;
    world->under_way[attempt->key]--;
    if (error) {
        check_error(attempt, error);
        was_told_of_failure = was_told_of_failure || error->code == HT_SPOOL_ERROR_IO;
        attempt->state = error->code == HT_SPOOL_ERROR_IO ? UNKNOWN : REFUSED;
        world->latest[attempt->key].known &= attempt->alone && attempt->state == REFUSED;
    } else if (receipt->other_payload) {
        world_fail("k%u v%u: a number of its own is known of another payload", attempt->key,
                   attempt->version);
    } else {
        take(attempt, receipt);
    }
}

/* ---- Sending ---- */

static void send(HtSpool *spool, unsigned key, unsigned version)
{
    if (world->attempts == ATTEMPTS) {
        return;
    }
    bool alone = world->under_way[key] == 0;
    for (unsigned i = 0; !alone && i < world->attempts; i++) {
        Attempt *other = &world->attempt[i];
        other->alone = other->alone && (other->key != key || other->state != SENT);
    }
    HtSpoolMessage *message = make_message(key, version);
    Attempt *attempt = &world->attempt[world->attempts++];
    *attempt =
        (Attempt){.key = (uint16_t)key, .version = (uint16_t)version, .alone = alone, .id = message->id};
    world->under_way[key]++;
    ht_spool_append(spool, message, note_answer, attempt);
}

void sources_send(HtSpool *spool, StepKind kind, uint64_t seed)
{
    unsigned key = (unsigned)chance_below(&seed, MAX(world->keys, 1));
    if (kind == STEP_NEW && world->keys < KEYS) {
        key = world->keys++;
        world->versions[key] = 1;
        send(spool, key, 0);
    } else if (kind == STEP_NEW || world->keys == 0) {
        return;
    } else if (kind == STEP_OTHER && world->versions[key] < VERSIONS) {
        send(spool, key, world->versions[key]++);
    } else if (kind == STEP_BACK) {
        send(spool, key, (unsigned)chance_below(&seed, world->versions[key]));
    } else {
        send(spool, key, world->versions[key] - 1U);
    }
}

/* ---- The whole of it ---- */

typedef struct {
    bool done;
    HtSpoolPage *page;
} PageAnswer;

static void keep_page(HtSpoolPage *page, const GError *error, void *user)
{
    PageAnswer *answer = user;
    if (error) {
        world_fail("the spool cannot be read: %s", error->message);
    }
    *answer = (PageAnswer){true, page};
}

static unsigned number_in(HtText text, char before)
{
    char copy[TEXT_BYTES] = "";
    memcpy(copy, text.data ? text.data : "", MIN(text.size, sizeof copy - 1));
    return (unsigned)g_ascii_strtoull(before && copy[0] == before ? copy + 1 : copy, NULL, 10);
}

static Logged read_event(const HtStoredEvent *event)
{
    HtItem item = {0};
    HtUnpack unpack = ht_unpack(event->event.data.data, event->event.data.size);
    if (event->state != HT_STORED_WHOLE || !ht_item_next(&unpack, &item)) {
        world_fail("sequence %" G_GUINT64_FORMAT " is %s", event->sequence,
                   event->state == HT_STORED_LOST ? "lost" : "damaged");
    }
    unsigned division = number_in(event->event.attr[HT_ATTR_DIVISION], 0);
    return (Logged){.known = true,
                    .place = (uint8_t)(division % 100),
                    .key = (uint16_t)(division / 100),
                    .version = (uint16_t)number_in(item.value, 'v'),
                    .id = event->id};
}

static void check_subject(unsigned person, const HtStoredEvent *event)
{
    char *known = world->subject[person];
    if (!*known) {
        memcpy(known, event->subject.data, MIN(event->subject.size, sizeof world->subject[0] - 1));
    } else if (strlen(known) != event->subject.size ||
               memcmp(known, event->subject.data, event->subject.size) != 0) {
        world_fail("person %u has another subject at sequence %" G_GUINT64_FORMAT, person, event->sequence);
    }
}

typedef struct {
    int32_t latest[KEYS][PLACES]; /* version, -1: none */
    bool has[KEYS][VERSIONS];
} Contents;

static void check_event(Contents *contents, const HtStoredEvent *event)
{
    Logged what = read_event(event);
    if (what.key >= world->keys || what.place >= sources_places(what.key) ||
        what.version >= world->versions[what.key]) {
        world_fail("sequence %" G_GUINT64_FORMAT " is k%u.%u v%u, which nobody sent", event->sequence,
                   what.key, what.place, what.version);
    }
    if (contents->latest[what.key][what.place] == what.version) {
        world_fail("k%u.%u v%u is in the spool twice", what.key, what.place, what.version);
    }
    check_subject(sources_person(what.key), event);
    contents->latest[what.key][what.place] = what.version;
    contents->has[what.key][what.version] = true;
    sources_note(event->sequence, &what);
}

static void read_all(HtSpool *spool, Contents *contents)
{
    memset(contents->latest, 0xff, sizeof contents->latest);
    memset(contents->has, 0, sizeof contents->has);
    uint64_t after = 0, last = ht_spool_last_sequence(spool);
    while (after < last) {
        PageAnswer answer = {false, NULL};
        ht_spool_read(spool, after, 500, 1 << 20, keep_page, &answer);
        while (!answer.done) {
            threads_rest();
            g_main_context_iteration(NULL, FALSE);
        }
        for (guint i = 0; i < answer.page->events->len; i++) {
            const HtStoredEvent *event = answer.page->events->pdata[i];
            if (event->sequence != ++after) {
                world_fail("sequence %" G_GUINT64_FORMAT " comes where %" G_GUINT64_FORMAT " should",
                           event->sequence, after);
            }
            check_event(contents, event);
        }
        if (answer.page->events->len == 0) {
            break;
        }
        ht_spool_page_free(answer.page);
    }
    if (after < world->last || after != last) {
        world_fail("the spool ends at %" G_GUINT64_FORMAT ", says %" G_GUINT64_FORMAT
                   ", and somebody was told of %" G_GUINT64_FORMAT,
                   after, last, world->last);
    }
}

/* Of a number of which it is not certain what came last, the spool decides. */
static void settle_latest(const Contents *contents, unsigned key)
{
    int32_t version = contents->latest[key][0];
    bool same = version >= 0;
    for (unsigned place = 1; place < sources_places(key); place++) {
        same = same && contents->latest[key][place] == version;
    }
    if (world->under_way[key] > 0) {
        return;
    }
    if (world->latest[key].known && (!same || version != world->latest[key].version)) {
        world_fail("k%u v%u was acknowledged last, and v%d is in the spool", key, world->latest[key].version,
                   version);
    }
    world->latest[key].known = same;
    world->latest[key].version = (uint16_t)MAX(version, 0);
}

void sources_compare(HtSpool *spool)
{
    static Contents contents;
    read_all(spool, &contents);
    for (unsigned i = 0; i < world->attempts; i++) {
        const Attempt *attempt = &world->attempt[i];
        if (attempt->state == TAKEN && !contents.has[attempt->key][attempt->version]) {
            world_fail("k%u v%u was acknowledged and is not in the spool", attempt->key, attempt->version);
        }
    }
    for (unsigned key = 0; key < world->keys; key++) {
        settle_latest(&contents, key);
    }
}
