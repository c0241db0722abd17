/* Reading ahead. Main-loop thread. */
#include "core/delivery/reading.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/delivery/replay.h"

#define WINDOW_LEAST 1000
#define WINDOW_MOST 4000
#define PAGE_EVENTS 500
#define ABSENT_EVENTS 100 /* looked at for what has to be sent again */
#define PAGE_BYTES (4 << 20)
#define READ_AGAIN_MS 1000

/* After a pause; waking it sets its timer. */
static void read_again(HtConsumer *consumer)
{
    consumer->read_at_us = ht_clock_monotonic() + READ_AGAIN_MS * 1000;
    consumer->wake(consumer);
}

bool ht_reading_overtakes(void *user, const HtStoredEvent *event)
{
    const HtConsumer *consumer = user;
    HtText type = event->event.attr[HT_ATTR_TYPE];
    const HtEventType *known =
        type.data ? ht_dictionary_find_event_type(consumer->dictionary, type.data, type.size) : NULL;
    return known && known->overtakes;
}

/* What the live delivery has not finished comes by that, and is nowhere out twice. */
static bool is_to_be_replayed(HtConsumer *consumer, const HtStoredEvent *event)
{
    return ht_replay_wants(consumer->replay, event) &&
           !(consumer->live &&
             ht_replay_is_open(&consumer->live->window, event->sequence, &consumer->open_from));
}

static bool is_wanted(void *user, const HtStoredEvent *event)
{
    HtConsumer *consumer = user;
    bool wanted = event->state == HT_STORED_WHOLE && ht_routes_match(consumer->routes, &event->event) &&
                  (!consumer->replay || is_to_be_replayed(consumer, event));
    bool beyond = consumer->replay && event->sequence > consumer->replay->last;
    consumer->skipped += !wanted && !beyond;
    return wanted;
}

/* Of what overtakes. Whoever comes to it by reading counts what was skipped. */
static bool is_wanted_ahead(void *user, const HtStoredEvent *event)
{
    const HtConsumer *consumer = user;
    return event->state == HT_STORED_WHOLE && ht_routes_match(consumer->routes, &event->event);
}

void ht_reading_free_when_idle(HtConsumer *consumer)
{
    if (consumer->freed && !consumer->reading) {
        g_free(consumer->last_error);
        g_free(consumer->cursor);
        g_free(consumer);
    }
}

/* False when there is no page to be used. */
static bool has_read(HtConsumer *consumer, HtSpoolPage *page, const GError *error)
{
    consumer->reading = false;
    if (!consumer->freed && !error) {
        return true;
    }
    if (page) {
        ht_spool_page_free(page);
    }
    if (error && !consumer->freed) {
        ht_log(HT_LOG_ERROR, "delivery", "consumer %s cannot read the spool: %s", consumer->config->name,
               error->message);
        read_again(consumer);
    }
    ht_reading_free_when_idle(consumer);
    return false;
}

static void take_page(HtSpoolPage *page, const GError *error, void *user)
{
    HtConsumer *consumer = user;
    if (has_read(consumer, page, error)) {
        consumer->open_from = NULL;
        ht_window_add(&consumer->window, page, is_wanted, consumer);
        consumer->wake(consumer);
    }
}

static void take_scouted(HtSpoolPage *page, const GError *error, void *user)
{
    HtConsumer *consumer = user;
    if (has_read(consumer, page, error)) {
        ht_window_scout(&consumer->window, page, is_wanted_ahead, consumer);
        consumer->wake(consumer);
    }
}

/* The events that were only places take turns with what comes next. */
static void take_absent(HtSpoolPage *page, const GError *error, void *user)
{
    HtConsumer *consumer = user;
    consumer->reading = false;
    if (consumer->freed) {
        g_clear_pointer(&page, ht_spool_page_free);
        ht_reading_free_when_idle(consumer);
    } else if (error || !ht_window_fill(&consumer->window, page)) {
        ht_log(HT_LOG_ERROR, "delivery", "consumer %s cannot read events that it has to send again: %s",
               consumer->config->name, error ? error->message : "they are not there");
        read_again(consumer);
    } else {
        consumer->absent_read = true;
        consumer->wake(consumer);
    }
}

/* Events are read while others are sent: twice what may be under way. How many a puller takes is its workers' affair. */
static unsigned most_loaded(const HtConsumer *consumer)
{
    unsigned under_way =
        ht_consumer_asks(consumer) ? WINDOW_MOST : consumer->connections * consumer->transport->most;
    return CLAMP(2 * under_way, WINDOW_LEAST, WINDOW_MOST);
}

/* What was held may be much: it comes back as there is room, as what is read ahead does. */
static bool has_room_for_absent(const HtConsumer *consumer)
{
    const HtWindow *window = &consumer->window;
    bool full = window->loaded >= most_loaded(consumer) || window->bytes >= consumer->config->window_bytes;
    return !full || window->returning == 0 || !ht_window_has_untried(window);
}

static bool read_absent(HtConsumer *consumer)
{
    if (!has_room_for_absent(consumer)) {
        return false;
    }
    uint64_t sequence = ht_window_absent(&consumer->window, ht_clock_monotonic());
    if (sequence > 0) {
        consumer->reading = true;
        ht_spool_read(consumer->options->spool, sequence - 1, ABSENT_EVENTS,
                      MIN(PAGE_BYTES, consumer->config->window_bytes), take_absent, consumer);
    }
    return sequence > 0;
}

static bool has_room(const HtConsumer *consumer)
{
    const HtWindow *window = &consumer->window;
    return window->loaded < most_loaded(consumer) && window->bytes < consumer->config->window_bytes &&
           window->entries.length < consumer->config->held;
}

/* While there is no room to read on, what overtakes is looked for in all that came since. */
static bool read_scouting(HtConsumer *consumer, uint64_t last)
{
    uint64_t from = ht_window_scout_from(&consumer->window, last);
    if (from < last) {
        consumer->reading = true;
        ht_spool_read(consumer->options->spool, from, PAGE_EVENTS, PAGE_BYTES, take_scouted, consumer);
    }
    return from < last;
}

/* What was just committed needs no reading. */
void ht_reading_take_recent(HtConsumer *consumer)
{
    HtSpool *spool = consumer->options->spool;
    uint64_t last = ht_spool_last_sequence(spool);
    while (!consumer->reading && has_room(consumer) && ht_window_read_from(&consumer->window) < last) {
        HtSpoolPage *page = ht_spool_recent(spool, consumer->window.read_to);
        if (!page) {
            return;
        }
        ht_window_add(&consumer->window, page, is_wanted, consumer);
    }
    HtSpoolPage *page;
    for (uint64_t from; !consumer->reading && !has_room(consumer) &&
                        (from = ht_window_scout_from(&consumer->window, last)) < last &&
                        (page = ht_spool_recent(spool, from));) {
        ht_window_scout(&consumer->window, page, is_wanted_ahead, consumer);
    }
}

void ht_reading_go_on(HtConsumer *consumer)
{
    HtWindow *window = &consumer->window;
    uint64_t last =
        consumer->replay ? consumer->replay->last : ht_spool_last_sequence(consumer->options->spool);
    bool due = consumer->read_at_us <= ht_clock_monotonic();
    bool room = has_room(consumer);
    if (consumer->reading || !due || (!consumer->absent_read && read_absent(consumer))) {
        return;
    }
    if (room && ht_window_read_from(window) < last) {
        consumer->reading = true;
        ht_spool_read(consumer->options->spool, window->read_to, PAGE_EVENTS,
                      MIN(PAGE_BYTES, consumer->config->window_bytes), take_page, consumer);
    } else if (!read_absent(consumer) && !room && !consumer->replay) {
        read_scouting(consumer, last);
    }
    consumer->absent_read = false;
}
