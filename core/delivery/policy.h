/* The field policy: what one consumer sees of an event. Compiled once from the consumer's section and the dictionary;
 * asked for every element that delivery writes. What is not said to be visible is not. */
#pragma once

#include "core/base/event.h"
#include "core/config/config.h"
#include "mappings/engine/reference/dictionary.h"

typedef struct HtPolicy HtPolicy;

/* Problems (unknown elements, unknown masks) are added to `errors` as `file:line: error: …`; NULL then. */
HtPolicy *ht_policy_new(const HtConsumerConfig *consumer, const HtDictionary *dictionary, GString *errors);
void ht_policy_free(HtPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPolicy, ht_policy_free)

/* Whether both see the same of every event. */
bool ht_policy_equal(const HtPolicy *a, const HtPolicy *b);

/* For ht_event_render(). In this order: denied → not; sensitivity 0 → whole; no purpose → not; to be masked → masked;
 * allowed by name → whole; within the clearance → whole; else not. In an event about a person under 14 every personal
 * element counts as sensitivity 3 (PIPL Art. 28). Unmapped fields count as sensitivity 3, and are allowed as "unmapped". An
 * element that the dictionary does not know counts as 3. Quality marks are always seen. */
HtSeen ht_policy_see(void *policy, const HtStoredEvent *event, const HtItem *item, HtBuffer *masked);

/* The same for an event's `time`: it has the value of elements (HT_ATTR_TIMEELEMENTS), and what may not be seen of one of them
 * is not seen of it. Masked with `year` it is its year, with any other mask it is not seen. A time of which no element is named
 * counts as the most sensitive thing in the event (HT_ATTR_DATACLASSIFICATION). */
HtSeen ht_policy_see_time(void *policy, const HtStoredEvent *event);

/* What is asked of an element as such, with no event at hand. */
typedef enum {
    HT_SHOWN_PLAIN,
    HT_SHOWN_MINOR,    /* in an event about a person under 14 */
    HT_SHOWN_ORIGINAL, /* a department's own code in its place */
} HtShownAs;

/* What the consumer sees of the element, for telling people; with HT_SEEN_MASKED, `mask` (which may be NULL) is how. */
HtSeen ht_policy_shows(const HtPolicy *policy, const HtElement *element, HtShownAs as, HtMask *mask);

/* The same of what no mapping names. */
HtSeen ht_policy_shows_unmapped(const HtPolicy *policy);
