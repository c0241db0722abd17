/* A source that tells the main loop before each poll how long it may sleep. Main-loop thread. */
#include "core/base/timer.h"

struct HtTimer {
    GSource source;
    int64_t at_us;
};

static gboolean prepare_timer(GSource *source, int *timeout_ms)
{
    const HtTimer *timer = (const HtTimer *)source;
    *timeout_ms = -1;
    if (timer->at_us == INT64_MAX) {
        return FALSE;
    }
    int64_t left_us =
        timer->at_us - g_get_monotonic_time(); /* the source's time may be that of the last poll */
    *timeout_ms = left_us > 0 ? (int)MIN((left_us + 999) / 1000, G_MAXINT) : 0;
    return left_us <= 0;
}

static gboolean check_timer(GSource *source)
{
    const HtTimer *timer = (const HtTimer *)source;
    return timer->at_us != INT64_MAX && timer->at_us <= g_source_get_time(source);
}

static gboolean dispatch_timer(GSource *source, GSourceFunc ring, void *user)
{
    ((HtTimer *)source)->at_us = INT64_MAX;
    return ring(user);
}

static GSourceFuncs functions = {.prepare = prepare_timer, .check = check_timer, .dispatch = dispatch_timer};

HtTimer *ht_timer_new(GSourceFunc ring, void *user)
{
    GSource *source = g_source_new(&functions, sizeof(HtTimer));
    HtTimer *timer = (HtTimer *)source;
    timer->at_us = INT64_MAX;
    g_source_set_callback(source, ring, user, NULL);
    g_source_attach(source, NULL);
    return timer;
}

void ht_timer_set(HtTimer *timer, int64_t at_us)
{
    timer->at_us = at_us;
}

void ht_timer_free(HtTimer *timer)
{
    g_source_destroy(&timer->source);
    g_source_unref(&timer->source);
}
