/* See account.h. */
#include "tests/simulate/account.h"

#include "core/base/clock.h"
#include "tests/simulate/consumers.h"
#include "tests/simulate/machine.h"

#include <string.h>

#define TOLD_US (13 * HT_SECOND / 10) /* by then the spool is told (docs: within 1.2 s), */
#define WRITTEN_US (HT_SECOND / 5)    /* and has written it */
#define ATTEMPTS_OF_B 3               /* as consumers.c configures it */

/* In this life. */
typedef enum { NOT_SENT, UNDER_WAY, WAITS, FINISHED } LifeState;
typedef struct {
    uint8_t state;
    uint8_t person;
    unsigned request, failed_alone;
} LifeEvent;

static LifeEvent life[CONSUMERS][LOG_MAX];
static uint64_t most_sent[CONSUMERS], checked_to[CONSUMERS], delivered[CONSUMERS], dead[CONSUMERS],
    letters[CONSUMERS];
static bool has_letter[CONSUMERS][LOG_MAX];
static int64_t rests_until_us[CONSUMERS];
static HtSpool *account_spool;

static const char *const names[CONSUMERS] = {"a", "b", "c"};

unsigned account_person(const char *subject)
{
    for (unsigned i = 0; i < SUBJECTS; i++) {
        if (!*world->seen_subject[i]) {
            g_strlcpy(world->seen_subject[i], subject, sizeof world->seen_subject[i]);
        }
        if (g_str_equal(world->seen_subject[i], subject)) {
            return i;
        }
    }
    world_fail("more subjects than persons: %s", subject);
}

/* Consumer b gets those of one source only. Of an event that nobody knows yet: false. */
static bool is_wanted(unsigned consumer, uint64_t sequence)
{
    const Logged *event = &world->log[sequence];
    return event->known && (consumer != 1 || event->key % 3 == 0);
}

/* An event of the person that is not finished may not be passed, nor go in another request at the same time. */
static void check_order(unsigned consumer, const ShownEvent *event, unsigned request)
{
    for (uint64_t other = 1; other <= most_sent[consumer]; other++) {
        const LifeEvent *former = &life[consumer][other];
        bool open = former->state == UNDER_WAY || (former->state == WAITS && other < event->sequence);
        bool together = former->state == UNDER_WAY && former->request == request && other < event->sequence;
        if (open && !together && former->person == event->person && other != event->sequence) {
            world_fail("consumer %s gets %" G_GUINT64_FORMAT " while %" G_GUINT64_FORMAT
                       " of the same person %s",
                       names[consumer], event->sequence, other,
                       former->state == UNDER_WAY ? "is under way" : "waits");
        }
    }
}

static void check_again(unsigned consumer, uint64_t sequence)
{
    const Shown *shown = &world->consumer[consumer].shown[sequence];
    if (life[consumer][sequence].state == FINISHED) {
        world_fail("consumer %s gets %" G_GUINT64_FORMAT " again, which is finished", names[consumer],
                   sequence);
    }
    if (shown->written) {
        world_fail("consumer %s gets %" G_GUINT64_FORMAT
                   " again, which was finished in a former life, on disk",
                   names[consumer], sequence);
    }
    if (life[consumer][sequence].state == UNDER_WAY) {
        world_fail("consumer %s gets %" G_GUINT64_FORMAT " twice at once", names[consumer], sequence);
    }
}

static void check_number(unsigned consumer, const ShownEvent *event)
{
    Shown *shown = &world->consumer[consumer].shown[event->sequence];
    if (shown->number != 0 && shown->number != event->number) {
        world_fail("consumer %s got %" G_GUINT64_FORMAT " as its %u. and now as its %" G_GUINT64_FORMAT ".",
                   names[consumer], event->sequence, shown->number, event->number);
    }
    shown->number = (uint32_t)event->number;
}

void account_sent(unsigned consumer, const ShownEvent *event, unsigned request)
{
    if (event->sequence == 0 || event->sequence >= LOG_MAX) {
        world_fail("sequence %" G_GUINT64_FORMAT " cannot be", event->sequence);
    }
    Logged *logged = &world->log[event->sequence];
    static const HtUuid none;
    if (memcmp(&logged->id, &none, sizeof none) != 0 && memcmp(&logged->id, &event->id, sizeof none) != 0) {
        world_fail("sequence %" G_GUINT64_FORMAT " has another id than before", event->sequence);
    }
    if (machine_monotonic() < rests_until_us[consumer]) {
        world_fail("consumer %s asked to be left alone and gets %" G_GUINT64_FORMAT, names[consumer],
                   event->sequence);
    }
    logged->id = event->id;
    world->last = MAX(world->last, event->sequence); /* what was shown is there for ever */
    check_again(consumer, event->sequence);
    check_order(consumer, event, request);
    check_number(consumer, event);
    LifeEvent *now = &life[consumer][event->sequence];
    now->state = UNDER_WAY;
    now->person = (uint8_t)event->person;
    now->request = request;
    most_sent[consumer] = MAX(most_sent[consumer], event->sequence);
    Shown *shown = &world->consumer[consumer].shown[event->sequence];
    shown->first_sent = shown->first_sent ? shown->first_sent : ++world->moment;
}

static void finish(unsigned consumer, uint64_t sequence, bool is_dead)
{
    Shown *shown = &world->consumer[consumer].shown[sequence];
    life[consumer][sequence].state = FINISHED;
    shown->finished = true;
    shown->dead = is_dead;
    shown->lingers = !is_dead && has_letter[consumer][sequence];
    shown->told = shown->written = false;
    shown->finished_us = machine_monotonic();
    shown->first_finished = shown->first_finished ? shown->first_finished : ++world->moment;
    delivered[consumer] += !is_dead;
    dead[consumer] += is_dead;
    letters[consumer] += (uint64_t)is_dead - has_letter[consumer][sequence];
    has_letter[consumer][sequence] = is_dead;
}

void account_answers(unsigned consumer, uint64_t sequence, AnswerKind kind)
{
    LifeEvent *now = &life[consumer][sequence];
    now->failed_alone += kind == ANSWER_FAILED_ALONE;
    bool is_dead = kind == ANSWER_REFUSED_ALONE ||
                   (kind == ANSWER_FAILED_ALONE && consumer == 1 && now->failed_alone == ATTEMPTS_OF_B);
    if (kind == ANSWER_TAKEN || is_dead) {
        finish(consumer, sequence, is_dead);
    } else {
        now->state = WAITS;
    }
}

void account_answered(unsigned consumer, uint64_t sequence)
{
    bool is_dead = ht_spool_dead_has(account_spool, names[consumer], sequence);
    bool expected = has_letter[consumer][sequence];
    if (is_dead != expected) {
        world_fail("consumer %s: %" G_GUINT64_FORMAT " is %s dead letter, after %u failures alone",
                   names[consumer], sequence, is_dead ? "a" : "no", life[consumer][sequence].failed_alone);
    }
}

void account_rest(unsigned consumer, uint64_t ms)
{
    int64_t until_us = machine_monotonic() + (int64_t)ms * 1000;
    rests_until_us[consumer] = MAX(rests_until_us[consumer], until_us);
}

/* ---- What is on disk ---- */

static void begin_consumer(unsigned consumer)
{
    letters[consumer] = ht_spool_dead_count(account_spool, names[consumer]);
    uint64_t found = 0;
    for (uint64_t i = 1; i <= world->last; i++) {
        Shown *shown = &world->consumer[consumer].shown[i];
        bool is_dead = ht_spool_dead_has(account_spool, names[consumer], i);
        if (is_dead && shown->lingers && !shown->written) {
            shown->dead = true; /* that it was taken since was not on disk yet */
        }
        if (is_dead && !shown->dead) {
            world_fail("consumer %s has the dead letter %" G_GUINT64_FORMAT ", which was none",
                       names[consumer], i);
        }
        if (!is_dead && shown->dead && shown->written) {
            world_fail("consumer %s has lost the dead letter %" G_GUINT64_FORMAT, names[consumer], i);
        }
        if (shown->dead && !is_dead) { /* it was not on disk yet: it comes again */
            shown->dead = shown->finished = false;
        }
        has_letter[consumer][i] = is_dead;
        found += is_dead;
    }
    if (found != letters[consumer]) {
        world_fail("consumer %s has %" G_GUINT64_FORMAT " dead letters and says %" G_GUINT64_FORMAT,
                   names[consumer], found, letters[consumer]);
    }
}

void account_begin(HtSpool *spool)
{
    account_spool = spool;
    for (unsigned i = 0; i < CONSUMERS; i++) {
        begin_consumer(i);
    }
}

void account_rested(bool all)
{
    int64_t now_us = machine_monotonic();
    for (unsigned consumer = 0; consumer < CONSUMERS; consumer++) {
        for (uint64_t i = 1; i <= most_sent[consumer]; i++) {
            Shown *shown = &world->consumer[consumer].shown[i];
            if (life[consumer][i].state != FINISHED) {
                continue;
            }
            shown->written = shown->written || all || (shown->told && shown->told_us <= now_us - WRITTEN_US);
            if (!shown->told && shown->finished_us <= now_us - TOLD_US) {
                shown->told = true;
                shown->told_us = now_us;
            }
        }
    }
}

/* ---- While it runs ---- */

void account_check(unsigned consumer, const ConsumerFigures *figures)
{
    for (; checked_to[consumer] < figures->cursor; checked_to[consumer]++) {
        uint64_t sequence = checked_to[consumer] + 1;
        if (is_wanted(consumer, sequence) && !world->consumer[consumer].shown[sequence].finished) {
            world_fail("consumer %s: its cursor is at %" G_GUINT64_FORMAT ", and %" G_GUINT64_FORMAT
                       " is not finished",
                       names[consumer], figures->cursor, sequence);
        }
    }
    if (figures->delivered != delivered[consumer] || figures->dead != dead[consumer] ||
        figures->letters != letters[consumer]) {
        world_fail("consumer %s says %" G_GUINT64_FORMAT " delivered, %" G_GUINT64_FORMAT
                   " dead, %" G_GUINT64_FORMAT " letters; they are %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
                   ", %" G_GUINT64_FORMAT,
                   names[consumer], figures->delivered, figures->dead, figures->letters, delivered[consumer],
                   dead[consumer], letters[consumer]);
    }
}

/* The former event of each person, by whether it was finished before this one was shown for the first time. */
void account_finish(unsigned consumer)
{
    uint64_t former[PERSONS] = {0};
    uint32_t number = 0;
    for (uint64_t i = 1; i <= world->last; i++) {
        const Shown *shown = &world->consumer[consumer].shown[i];
        if (!is_wanted(consumer, i)) {
            continue;
        }
        unsigned person = world->log[i].key * 5 % PERSONS;
        const Shown *before = &world->consumer[consumer].shown[former[person]];
        if (!shown->finished) {
            world_fail("consumer %s never got %" G_GUINT64_FORMAT, names[consumer], i);
        }
        if (shown->number != ++number) {
            world_fail("consumer %s got %" G_GUINT64_FORMAT " as its %u., and it is its %u.", names[consumer],
                       i, shown->number, number);
        }
        if (former[person] > 0 && before->first_sent > shown->first_sent) {
            world_fail("consumer %s got %" G_GUINT64_FORMAT " before %" G_GUINT64_FORMAT
                       " of the same person",
                       names[consumer], i, former[person]);
        }
        former[person] = i;
    }
}
