/* The page GET /out/CONSUMER/deliveries: what became of that consumer's events, page by page, and of nobody else's. By routes and cursors, as the books
 * have it (core/reconcile/delivered.h). Looking goes to the disk: a thread of its own does it, so that questions hold up neither messages nor
 * deliveries. Main-loop thread.
 *
 *   ?after=SEQUENCE   events above it; without it, from the beginning, or with state=waiting from the cursor on
 *   ?limit=N          at most so many, up to 1000 (100)
 *   ?state=…          only those that are waiting, delivered, or dead
 *
 * The answer: {"consumer":…,"cursor":…,"deliveries":[{"sequence":…,"id":…,"type":…,"recordedtime":…,"causationid":…,"state":…,"reason":…,
 * "attempts":…,"deadtime":…}],"next":…}. With `next` there may be more: it is the next page's `after`. At most SCAN events are looked at for one
 * page, so one may be empty and have a `next` all the same. Nothing of what events say is there. */
#pragma once

#include "core/page/page.h"
#include "mappings/engine/reference/dictionary.h"
#include "spool/spool.h"

typedef struct HtDeliveries HtDeliveries;

/* Spool and pages live longer. Adds its page to `pages`. */
HtDeliveries *ht_deliveries_new(const HtConfig *config, const HtDictionary *dictionary, HtSpool *spool,
                                HtPages *pages);

/* Questions from here on are answered by another configuration. */
void ht_deliveries_change(HtDeliveries *deliveries, const HtConfig *config, const HtDictionary *dictionary);

/* Waits for a question that is being looked up. After the door is closed: no call is open any more. */
void ht_deliveries_free(HtDeliveries *deliveries);
