/* Events as they were lately written for a consumer, for the others of the same policy: what they are sent is the same. Main-loop
 * thread. */
#pragma once

#include "core/base/event.h"

typedef struct HtRendered HtRendered;

HtRendered *ht_rendered_new(void);
void ht_rendered_free(HtRendered *rendered);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtRendered, ht_rendered_free)

/* Forgets all: policies are numbered anew. */
void ht_rendered_clear(HtRendered *rendered);

/* Which policy an event is written with. */
typedef struct {
    HtRendered *rendered;
    unsigned number; /* equal for equal policies; 0: nobody else has it, and nothing is kept */
} HtRenderedClass;

/* Appends the event as ht_event_render() does. */
void ht_rendered_add(const HtRenderedClass *class, const HtStoredEvent *event, const char *bus,
                     const HtEventPolicy *policy, HtBuffer *body);
