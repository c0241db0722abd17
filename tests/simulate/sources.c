/* See sources.h. */
#include "tests/simulate/sources.h"

#include "core/base/clock.h"
#include "core/message/message.h"
#include "tests/simulate/facts.h"
#include "tests/simulate/hosts.h"
#include "tests/simulate/machine.h"
#include "tests/simulate/settings.h"
#include "tests/simulate/threads.h"

#include <stdio.h>
#include <string.h>

static const char *const names[SOURCES] = {"hukou", "marriage", "health"};

static HtSource *sources[SOURCES];
static HtSpoolLimits limits;
static HtIntake intake;
static HtMessage *messages[ATTEMPTS]; /* under way */
static unsigned waiting;

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

/* By the code of the refusal: whether it may be, and whether something may be in the spool all the same. */
static const struct {
    const char *code;
    bool (*cause)(void);
    bool unknown;
} causes[] = {
    {"spool-failed", machine_has_failed, true},  {"spool-full", machine_was_full, false},
    {"adapter-failed", hosts_misbehaved, false}, {"adapter-died", hosts_misbehaved, false},
    {"adapter-down", hosts_misbehaved, false},   {"adapter-broken", hosts_misbehaved, false},
};

static AttemptState check_refusal(const Attempt *attempt, const HtRefusal *refusal)
{
    for (size_t i = 0; i < G_N_ELEMENTS(causes); i++) {
        if (g_str_equal(refusal->code, causes[i].code) && causes[i].cause()) {
            was_told_of_failure = was_told_of_failure || causes[i].unknown;
            return causes[i].unknown ? UNKNOWN : REFUSED;
        }
    }
    if (!g_str_equal(refusal->code, "busy")) {
        world_fail("k%u v%u was refused without a reason: %s", attempt->key, attempt->version, refusal->code);
    }
    return REFUSED;
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
    unsigned places = fact_places(attempt->key);
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

/* A source's messages are taken in the order in which they came. */
static void check_turn(const Attempt *attempt)
{
    for (const Attempt *other = world->attempt; other < world->attempt + world->attempts; other++) {
        bool counts = other->state == TAKEN && other->is_new && other->life == world->lives &&
                      fact_source(other->key) == fact_source(attempt->key);
        if (counts && other != attempt && (other < attempt) != (other->sequence < attempt->sequence)) {
            world_fail("k%u v%u and k%u v%u of one source were taken in another order than they came",
                       other->key, other->version, attempt->key, attempt->version);
        }
    }
}

static void note_result(const HtMessageResult *result, void *user)
{
    Attempt *attempt = user;
    HtMessage **message = &messages[attempt - world->attempt];
    world->under_way[attempt->key]--;
    waiting--;
    if (result->refusal) {
        attempt->state = check_refusal(attempt, result->refusal);
        world->latest[attempt->key].known &= attempt->alone && attempt->state == REFUSED;
    } else if (result->receipt->other_payload) {
        world_fail("k%u v%u got another message's receipt", attempt->key, attempt->version);
    } else {
        take(attempt, result->receipt);
        attempt->is_new = !result->receipt->resent && result->receipt->events > 0;
        if (attempt->is_new) {
            check_turn(attempt);
        }
    }
    g_clear_pointer(message, ht_message_free);
}

/* ---- Sending ---- */

static bool give(HtMessage *message, unsigned key, unsigned version, HtRefusal *refusal)
{
    g_autofree char *payload = fact_payload(key, version);
    return ht_message_take(message, payload, strlen(payload), refusal) != HT_TAKE_NOT &&
           ht_message_end(message, refusal);
}

static void send_message(unsigned key, unsigned version)
{
    if (world->attempts == ATTEMPTS) {
        return;
    }
    bool alone = world->under_way[key] == 0;
    for (unsigned i = 0; !alone && i < world->attempts; i++) {
        Attempt *other = &world->attempt[i];
        other->alone = other->alone && (other->key != key || other->state != SENT);
    }
    Attempt *attempt = &world->attempt[world->attempts];
    HtMessage **message = &messages[world->attempts++];
    HtMessageOwner owner = {.done = note_result, .user = attempt};
    HtMessageStart start = {.source = sources[fact_source(key)], .head = {.id = ht_uuid_new()}};
    HtRefusal refusal;
    *attempt = (Attempt){.key = (uint16_t)key,
                         .version = (uint16_t)version,
                         .alone = alone,
                         .life = world->lives,
                         .id = start.head.id};
    *message = ht_message_new(&intake, &start, &owner);
    if (!give(*message, key, version, &refusal)) {
        attempt->state = check_refusal(attempt, &refusal);
        g_clear_pointer(message, ht_message_free);
        return;
    }
    world->under_way[key]++;
    waiting++;
}

void sources_send(StepKind kind, uint64_t seed)
{
    unsigned key = (unsigned)chance_below(&seed, MAX(world->keys, 1));
    if (kind == STEP_NEW && world->keys < KEYS) {
        key = world->keys++;
        world->versions[key] = 1;
        send_message(key, 0);
    } else if (kind == STEP_NEW || world->keys == 0) {
        return;
    } else if (kind == STEP_OTHER && world->versions[key] < VERSIONS) {
        send_message(key, world->versions[key]++);
    } else if (kind == STEP_BACK) {
        send_message(key, (unsigned)chance_below(&seed, world->versions[key]));
    } else {
        send_message(key, world->versions[key] - 1U);
    }
}

unsigned sources_waiting(void)
{
    return waiting;
}

void sources_begin(HtSpool *spool)
{
    const HtConfig *config = settings_config();
    limits = ht_spool_limits_default();
    intake = (HtIntake){.spool = spool, .limits = &limits, .sources = SOURCES};
    for (unsigned i = 0; i < SOURCES; i++) {
        g_autoptr(GError) error = NULL;
        sources[i] = ht_source_new(config, config->sources->pdata[i], NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(sources[i]->config->name, ==, names[i]);
    }
}

/* As core/bus.c does: who waits at a host is told, who waits for the spool is let go. */
void sources_end(void)
{
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        g_clear_pointer(&messages[i], ht_message_free);
    }
    for (unsigned i = 0; i < SOURCES; i++) {
        g_clear_pointer(&sources[i], ht_source_free);
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
    Logged what = fact_of(event);
    if (what.key >= world->keys || what.place >= fact_places(what.key) ||
        what.version >= world->versions[what.key]) {
        world_fail("sequence %" G_GUINT64_FORMAT " is k%u.%u v%u, which nobody sent", event->sequence,
                   what.key, what.place, what.version);
    }
    if (contents->latest[what.key][what.place] == what.version) {
        world_fail("k%u.%u v%u is in the spool twice", what.key, what.place, what.version);
    }
    check_subject(fact_person(what.key), event);
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
    for (unsigned place = 1; place < fact_places(key); place++) {
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
