/* Working days: Monday to Friday, but for what a file says. Each of its lines is a day or a span of days and what they are, `2026-10-01..2026-10-07 off`,
 * `2026-10-10 work` (the State Council's days of exchange), with a note behind it if wanted; # begins a comment. Days are those of +08:00. Read at
 * the start, then only asked. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct HtCalendar HtCalendar;

/* `path` NULL: without a file. On failure NULL, and every wrong line is in `errors`: `PATH:LINE: error: …`. */
HtCalendar *ht_calendar_load(const char *path, GString *errors);
void ht_calendar_free(HtCalendar *calendar);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtCalendar, ht_calendar_free)

/* How much of the time from one moment to another (microseconds since 1970) lies on working days; all of it when it is more than ten years. */
int64_t ht_calendar_working_us(const HtCalendar *calendar, int64_t from_us, int64_t to_us);
