/* A small receiving platform: takes CloudEvents by webhook, one at a time or in batches, and remembers them. Runs in a
 * thread of its own; all functions may be called from the test's thread. */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef struct Platform Platform;

Platform *platform_new(void);
void platform_free(Platform *platform);

/* "http://127.0.0.1:PORT/events" */
const char *platform_url(Platform *platform);

/* From now on answers this status (with Retry-After: `retry_after` when above 0) instead of taking anything; 0: takes again. */
void platform_refuse(Platform *platform, unsigned status, unsigned retry_after);

/* Refuses (with `status`) every request that holds this text, and takes the others; NULL: none. */
void platform_refuse_text(Platform *platform, const char *text, unsigned status);

/* Refuses (with `status`) every request with an event whose businessid, a number, `is_wrong`; NULL: none. */
void platform_refuse_if(Platform *platform, bool (*is_wrong)(unsigned business), unsigned status);

/* Refuses (with `status`) every n-th request; 0: none. */
void platform_refuse_each(Platform *platform, unsigned nth, unsigned status);

/* From now on OPTIONS is answered 200 with this WebHook-Allowed-Origin; until then, and with NULL, 405. */
void platform_consent(Platform *platform, const char *origin);

/* The WebHook-Request-Callback of the last OPTIONS; the caller frees. NULL: there was none. */
char *platform_callback(Platform *platform);

/* How often OPTIONS came. */
unsigned platform_asked(Platform *platform);

/* Nothing listens any more; and again, at the same address. */
void platform_close(Platform *platform);
void platform_open(Platform *platform);

/* Does not answer for so long. */
void platform_delay(Platform *platform, unsigned delay_ms);

typedef struct {
    unsigned requests; /* answered 2xx */
    unsigned refused;  /* answered otherwise */
    unsigned events;   /* distinct by id */
    unsigned repeated; /* events that came again with the same id */
    unsigned doubled;  /* events under a new id whose business key was there already: must stay 0 */
    unsigned
        disordered; /* events of one partition key with a lower sequence than an earlier one, first deliveries only */
} PlatformCount;

void platform_count(Platform *platform, PlatformCount *count);

/* Waits until so many distinct events are there; false after the time. */
bool platform_wait(Platform *platform, unsigned events, unsigned timeout_ms);

/* The i-th distinct event in order of arrival; belongs to the platform. NULL when there are not so many. */
JsonObject *platform_event(Platform *platform, unsigned index);

/* The microseconds (monotonic) when it arrived. */
gint64 platform_arrival(Platform *platform, unsigned index);

/* The distinct events whose causationid is this message id; the caller unrefs (elements belong to the platform). */
GPtrArray *platform_events_of(Platform *platform, const char *message_id);
