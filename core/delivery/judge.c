/* Judging answers, and the pauses that follow. Main-loop thread. */
#include "core/delivery/judge.h"

#include "core/base/clock.h"
#include "core/base/log.h"

#define PROBES_AT_ONCE \
    16 /* that fail, while there is what never failed: it may have met what the consumer cannot take */
#define CHANCES 3 /* an event that failed alone so often goes again with the next sign of life */

/* Whether it failed although others went through, again and again. */
static bool is_poison(const HtEntry *entry)
{
    return entry->chances >= CHANCES;
}

/* ---- Pauses ---- */

/* Whether no pause counts: what failed until now may all be what the consumer cannot take, and there is more. */
bool ht_judge_probes_at_once(const HtConsumer *consumer)
{
    return consumer->untried_failed < PROBES_AT_ONCE && ht_window_has_untried(&consumer->window);
}

/* One more pause between probes: as long as the consumer asked for, else longer and longer. */
static void pace_probes(HtConsumer *consumer, uint64_t asked_ms)
{
    uint64_t pause_ms = ht_backoff_next(&consumer->backoff, 0);
    pause_ms = asked_ms > 0 ? asked_ms : pause_ms;
    consumer->probe_at_us = ht_clock_monotonic() + (int64_t)pause_ms * 1000;
    ht_log(consumer->backoff.failures == 1 ? HT_LOG_WARNING : HT_LOG_INFO, "delivery",
           "consumer %s: nothing goes through (%s); asked again in %" G_GUINT64_FORMAT " ms",
           consumer->config->name, consumer->last_error, pause_ms);
}

/* DELIVERING to PROBING; `doubtful`: the failures may be those of the events. */
static void begin_probing(HtConsumer *consumer, bool doubtful, uint64_t asked_ms)
{
    consumer->state = HT_CONSUMER_PROBING;
    consumer->untried_failed = doubtful ? 0 : PROBES_AT_ONCE;
    consumer->backoff.failures = 0;
    if (!ht_judge_probes_at_once(consumer)) {
        pace_probes(consumer, asked_ms);
    }
}

/* The consumer answered an event: PROBING to DELIVERING. It still rests as long as it asked. */
static void note_sign_of_life(HtConsumer *consumer)
{
    if (consumer->state == HT_CONSUMER_PAUSED || consumer->rest_until_us > ht_clock_monotonic()) {
        return;
    }
    if (consumer->state == HT_CONSUMER_PROBING && consumer->backoff.failures > 0) {
        ht_log(HT_LOG_INFO, "delivery", "consumer %s works again", consumer->config->name);
    }
    consumer->state = HT_CONSUMER_DELIVERING;
    consumer->failed_in_row = consumer->untried_failed = 0;
    ht_window_release(&consumer->window);
}

/* A request failed; `counted`: it may be the consumer's fault. */
static void note_failure(HtConsumer *consumer, const HtConsumerRequest *request, bool counted,
                         uint64_t asked_ms)
{
    counted = counted && !ht_consumer_asks(consumer);
    consumer->failed_in_row += counted && consumer->failed_in_row < UINT_MAX;
    if (consumer->state == HT_CONSUMER_PROBING && request->is_probe) {
        consumer->untried_failed += !request->is_failed;
        if (!ht_judge_probes_at_once(consumer)) {
            pace_probes(consumer, asked_ms);
        }
    } else if (consumer->state == HT_CONSUMER_DELIVERING &&
               consumer->failed_in_row >= HT_CONSUMER_FAILURES_DOWN) {
        begin_probing(consumer, true, 0);
    }
}

/* ---- Judging answers ---- */

/* In halves, so that what is good in it goes on after few requests. Others go in smaller company from now on, too: where one in ten
 * is refused, a large batch fails for certain. */
static void split(HtConsumer *consumer, GPtrArray *entries)
{
    consumer->company = MIN(consumer->company, MAX(entries->len / 2, 1));
    for (unsigned i = 0; i < entries->len; i++) {
        ht_window_split(&consumer->window, entries->pdata[i], MAX(entries->len / 2, 1));
    }
}

/* Waits for its own time. While it may be the consumer that fails, not longer than until the next probe would go. */
static void wait_alone(HtConsumer *consumer, HtEntry *entry, const HtSent *sent)
{
    const HtConsumerConfig *config = consumer->config;
    bool poison = is_poison(entry);
    uint64_t most_ms = poison ? config->retry_max_ms : MIN(config->probe_ms, config->retry_max_ms);
    HtBackoff own = {config->retry_first_ms, most_ms, entry->failures};
    uint64_t pause_ms = ht_backoff_next(&own, MIN(sent->rest_ms, config->rest_max_ms));
    if (poison && entry->failures == 0) {
        ht_log(HT_LOG_WARNING, "delivery",
               "consumer %s: event %" G_GUINT64_FORMAT " failed again (%s); it waits alone, others go on",
               config->name, entry->sequence, sent->reason);
    }
    entry->failures = own.failures;
    ht_window_wait(&consumer->window, entry, poison ? HT_ENTRY_POISON : HT_ENTRY_DOUBTED,
                   ht_clock_monotonic() + (int64_t)pause_ms * 1000);
}

static char *copy_attribute(const HtEntry *entry, HtAttr attr)
{
    HtText text = entry->event->event.attr[attr];
    return g_strndup(text.data ? text.data : "", text.size);
}

/* There are as many dead letters as the administrator wants to be told of: rather than forgetting one, it stops. */
static void stop_full(HtConsumer *consumer, HtEntry *entry, const HtSent *sent)
{
    if (!consumer->full) {
        ht_log(HT_LOG_ERROR, "delivery",
               "consumer %s has %" G_GUINT64_FORMAT
               " dead letters (dead-max): nothing more is sent until some "
               "are replayed or dropped (hutong dead)",
               consumer->config->name, consumer->config->dead_max);
    }
    consumer->full = true;
    entry->chances = MAX(entry->chances, CHANCES);
    wait_alone(consumer, entry, sent);
}

static void dead_letter(HtConsumer *consumer, HtEntry *entry, const HtSent *sent)
{
    HtSpool *spool = consumer->options->spool;
    const char *name = consumer->config->name;
    if (ht_spool_dead_count(spool, name) >= consumer->config->dead_max &&
        !ht_spool_dead_has(spool, name, entry->sequence)) {
        stop_full(consumer, entry, sent);
        return;
    }
    g_autofree char *source = copy_attribute(entry, HT_ATTR_SOURCE),
                    *type = copy_attribute(entry, HT_ATTR_TYPE);
    HtSpoolLetter letter = {entry->sequence,
                            entry->attempts,
                            sent->detail,
                            source,
                            type,
                            consumer->replay ? consumer->replay->id : 0};
    ht_spool_dead_letter(spool, name, &letter);
    ht_log(HT_LOG_WARNING, "delivery", "consumer %s: event %" G_GUINT64_FORMAT " is a dead letter: %s", name,
           entry->sequence, sent->reason);
    ht_window_finish(&consumer->window, entry);
    consumer->dead++;
}

/* Nothing is given up unless a number of attempts is set; only what failed in a request of its own is counted for it. */
static void retry(HtConsumer *consumer, const HtConsumerRequest *request, const HtSent *sent)
{
    HtEntry *entry = request->entries->pdata[0];
    bool was_well = consumer->state == HT_CONSUMER_DELIVERING && consumer->failed_in_row == 0;
    bool counted = request->entries->len > 1 || !is_poison(entry);
    if (request->entries->len > 1) {
        split(consumer, request->entries);
    } else if (++entry->failures_alone == consumer->config->attempts) {
        dead_letter(consumer, entry, sent);
    } else if (was_well && counted && sent->rest_ms == 0) {
        ht_window_try_again(&consumer->window, entry);
    } else {
        wait_alone(consumer, entry, sent);
    }
    note_failure(consumer, request, counted, 0);
}

/* Nothing happened to them. The last one first: they come to stand before what waits. */
static void give_back(HtConsumer *consumer, const GPtrArray *entries)
{
    for (unsigned i = entries->len; i > 0; i--) {
        ht_window_return(&consumer->window, entries->pdata[i - 1]);
    }
}

/* It cannot be reached: nothing happened to the events. Or it asked for a pause, which an event may cause that it cannot
 * take: they go again in other company. */
static void rest(HtConsumer *consumer, const HtConsumerRequest *request, const HtSent *sent)
{
    GPtrArray *entries = request->entries;
    HtEntry *entry = entries->pdata[0];
    uint64_t asked_ms = MIN(sent->rest_ms, consumer->config->rest_max_ms);
    if (asked_ms > 0) {
        int64_t until_us = ht_clock_monotonic() + (int64_t)asked_ms * 1000;
        consumer->rest_until_us = MAX(consumer->rest_until_us, until_us);
    }
    if (asked_ms > 0 && entries->len > 1) {
        split(consumer, entries);
    } else if (asked_ms > 0) {
        entry->chances = MAX(entry->chances, CHANCES - 1);
        wait_alone(consumer, entry, sent);
    }
    if (asked_ms == 0) {
        give_back(consumer, entries);
    }
    if (consumer->state == HT_CONSUMER_DELIVERING) {
        begin_probing(consumer, false, asked_ms);
    } else {
        note_failure(consumer, request, false, asked_ms);
    }
}

/* The consumer says that what it got is wrong. Of several events nobody knows which is meant. */
static void refuse(HtConsumer *consumer, const HtConsumerRequest *request, const HtSent *sent)
{
    if (request->entries->len > 1) {
        split(consumer, request->entries);
        return;
    }
    HtEntry *entry = request->entries->pdata[0];
    if (consumer->strict) {
        entry->chances = MAX(entry->chances, CHANCES);
        entry->failures_alone++;
        wait_alone(consumer, entry, sent);
    } else {
        dead_letter(consumer, entry, sent);
    }
    note_sign_of_life(consumer);
}

/* What was taken is no dead letter any more: a replay's, or one that was on disk before the cursor was when the bus died, and came again. */
static void acknowledge(HtConsumer *consumer, const HtConsumerRequest *request)
{
    if (request->entries->len >= consumer->company) {
        consumer->company = MIN(2 * consumer->company, consumer->transport->most);
    }
    for (unsigned i = 0; i < request->entries->len; i++) {
        HtEntry *entry = request->entries->pdata[i];
        ht_spool_dead_remove(consumer->options->spool, consumer->config->name, entry->sequence);
        ht_window_finish(&consumer->window, entry);
    }
    consumer->delivered += request->entries->len;
    g_clear_pointer(&consumer->last_error, g_free);
    note_sign_of_life(consumer);
}

static HtEntry *find_entry(const HtWindow *window, uint64_t sequence)
{
    GList *link = window->entries.head;
    while (link && ((HtEntry *)link->data)->sequence < sequence) {
        link = link->next;
    }
    return link && ((HtEntry *)link->data)->sequence == sequence ? link->data : NULL;
}

const char *ht_judge_skip(HtConsumer *consumer, const HtStoredEvent *event, const char *reason)
{
    HtSpool *spool = consumer->options->spool;
    const char *name = consumer->config->name;
    HtEntry *entry = find_entry(&consumer->window, event->sequence);
    if (!entry || entry->attempts == 0) {
        return "this event has not failed, or does not wait any more: so nothing has to be given up";
    }
    if (!ht_window_holds_up(entry)) {
        return "an earlier event of its person waits, or it is under way to the consumer at this moment: try again";
    }
    if (ht_spool_dead_count(spool, name) >= consumer->config->dead_max) {
        return "there are as many dead letters as dead-max allows";
    }
    g_autofree char *detail = g_strdup_printf("skipped by an administrator: %s", reason);
    HtText texts[] = {event->event.attr[HT_ATTR_SOURCE], event->event.attr[HT_ATTR_TYPE]};
    g_autofree char *source = g_strndup(texts[0].data ? texts[0].data : "", texts[0].size);
    g_autofree char *type = g_strndup(texts[1].data ? texts[1].data : "", texts[1].size);
    HtSpoolLetter letter = {entry->sequence, entry->attempts, detail, source, type, 0};
    ht_spool_dead_letter(spool, name, &letter);
    ht_window_give_up(&consumer->window, entry);
    consumer->dead++;
    return NULL;
}

/* Also after the next start: until an administrator resumes it. */
static void pause_for_good(HtConsumer *consumer, const HtConsumerRequest *request)
{
    HtSpoolPause pause = {.kind = HT_SPOOL_PAUSE_GONE,
                          .since_us = ht_clock_now(),
                          .uid = -1,
                          .reason = (char *)"it answered 410 Gone"};
    give_back(consumer, request->entries);
    ht_spool_pause(consumer->options->spool, HT_SPOOL_CONSUMER, consumer->config->name, &pause);
    ht_judge_pause(consumer);
    ht_log(HT_LOG_WARNING, "delivery",
           "consumer %s answered 410 Gone: it is paused until `hutong consumer resume %s`",
           consumer->config->name, consumer->config->name);
}

void ht_judge_pause(HtConsumer *consumer)
{
    bool paused =
        ht_spool_paused(consumer->options->spool, HT_SPOOL_CONSUMER, consumer->config->name) != NULL;
    if (paused == (consumer->state == HT_CONSUMER_PAUSED)) {
        return;
    }
    bool rests = consumer->rest_until_us > ht_clock_monotonic(); /* as it asked: that ends with no pause */
    consumer->state = paused ? HT_CONSUMER_PAUSED : rests ? HT_CONSUMER_PROBING : HT_CONSUMER_DELIVERING;
    consumer->failed_in_row = 0;
    consumer->untried_failed = consumer->state == HT_CONSUMER_PROBING ? PROBES_AT_ONCE : 0;
    consumer->backoff.failures = 0;
    if (!paused) {
        ht_window_release(&consumer->window);
    }
}

void ht_judge(HtConsumer *consumer, const HtConsumerRequest *request, const HtSent *sent)
{
    consumer->attempts++;
    if (sent->kind != HT_SENT_BACK || sent->reason) {
        ht_health_note(&consumer->health, sent);
    }
    if (sent->reason) {
        consumer->failures++;
        g_free(consumer->last_error);
        consumer->last_error = g_strdup(sent->reason);
    }
    switch (sent->kind) {
    case HT_SENT_TAKEN: acknowledge(consumer, request); break;
    case HT_SENT_RETRY: retry(consumer, request, sent); break;
    case HT_SENT_REFUSED: refuse(consumer, request, sent); break;
    case HT_SENT_REST: rest(consumer, request, sent); break;
    case HT_SENT_GONE: pause_for_good(consumer, request); break;
    case HT_SENT_BACK: give_back(consumer, request->entries); break;
    }
}
