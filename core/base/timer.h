/* A timer that is set again and again, on the main loop. Main-loop thread only: so setting it costs nothing but a number, whereas
 * g_source_set_ready_time() writes to the loop's own eventfd, for which it then wakes once more. So does each dispatch of a source with a
 * descriptor, when GLib puts back the descriptor that it had taken out of the poll meanwhile: unless the source may recurse. Those that run
 * for every message are marked so; none of them runs the loop. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct HtTimer HtTimer;

/* Not set. `ring` returns G_SOURCE_CONTINUE; by then the timer is not set any more. */
HtTimer *ht_timer_new(GSourceFunc ring, void *user);

/* Rings once, at this time (monotonic microseconds) or soon after it; INT64_MAX: not at all. Replaces what was set. */
void ht_timer_set(HtTimer *timer, int64_t at_us);

void ht_timer_free(HtTimer *timer);
