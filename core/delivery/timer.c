/* A source with nothing but its ready time. Main-loop thread. */
#include "core/delivery/timer.h"

static gboolean dispatch_timer(GSource *timer, GSourceFunc ring, void *user)
{
    g_source_set_ready_time(timer, -1);
    return ring(user);
}

static GSourceFuncs timer_funcs = {.dispatch = dispatch_timer};

GSource *ht_timer_new(GSourceFunc ring, void *user)
{
    GSource *timer = g_source_new(&timer_funcs, sizeof(GSource));
    g_source_set_callback(timer, ring, user, NULL);
    g_source_attach(timer, NULL);
    return timer;
}

void ht_timer_free(GSource *timer)
{
    g_source_destroy(timer);
    g_source_unref(timer);
}
