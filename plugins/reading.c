/* See reading.h. work() runs on a thread of beside.c, the rest on the main-loop thread. */
#include "plugins/reading.h"

struct HtResultReading {
    HtFrame frame;
    GBytes *body;
    const HtLimits *limits;
    const HtTickets *tickets;
    HtBeside *beside;
    HtHeard heard;
    char *malformed;
};

static void work(void *user)
{
    HtResultReading *reading = user;
    HtText body = {.data = NULL};
    body.data = g_bytes_get_data(reading->body, &body.size);
    reading->malformed =
        ht_heard_read(&reading->frame, body, reading->body, reading->limits, &reading->heard);
    if (!reading->malformed) {
        ht_tickets_prepare(reading->tickets, &reading->heard.outcome, reading->heard.bytes);
    }
}

HtResultReading *ht_result_reading_start(const HtResultReadingOptions *options, void (*done)(void *user),
                                         void *user)
{
    HtResultReading *reading = g_new0(HtResultReading, 1);
    reading->frame = *options->frame;
    reading->body = g_bytes_ref(options->body);
    reading->limits = options->limits;
    reading->tickets = options->tickets;
    reading->beside = ht_beside_start(work, done, reading, user);
    return reading;
}

void ht_result_reading_free(HtResultReading *reading)
{
    ht_beside_free(reading->beside);
    ht_heard_clear(&reading->heard);
    g_bytes_unref(reading->body);
    g_free(reading->malformed);
    g_free(reading);
}

HtBeside *ht_result_reading_work(const HtResultReading *reading)
{
    return reading->beside;
}

const char *ht_result_reading_malformed(const HtResultReading *reading)
{
    return reading->malformed;
}

const HtHeard *ht_result_reading_heard(const HtResultReading *reading)
{
    return &reading->heard;
}

uint64_t ht_result_reading_ticket(const HtResultReading *reading)
{
    return reading->frame.ticket;
}
