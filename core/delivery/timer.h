/* A timer that is set again and again, on the main loop. Set it with g_source_set_ready_time(), in monotonic microseconds;
 * -1: not set, as at first and after it rang. */
#pragma once

#include <glib.h>

/* `ring` returns G_SOURCE_CONTINUE. */
GSource *ht_timer_new(GSourceFunc ring, void *user);
void ht_timer_free(GSource *timer);
