/* Does the dictionary know what a host sent? A host runs a department's code, and consumers that may see nothing personal
 * trust the bus that an element is what its name says. Pure. Main-loop thread. */
#pragma once

#include "core/base/event.h"
#include "mappings/engine/reference/dictionary.h"

/* After ht_event_unpack(): the type is known with its version; every element is known, stands once in its instance, repeats
 * as its group does, is not empty, is written as its type is, and a date when it should be one; marks are known and speak of known elements.
 * HT_EVENT_ERROR otherwise; the message holds no value. */
bool ht_vet_event(const HtDictionary *dictionary, const HtEvent *event, GError **error);
