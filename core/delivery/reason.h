/* What an answer means, and words for one that was no acknowledgement. No state; any thread. */
#pragma once

#include "core/delivery/sender.h"
#include "core/delivery/transport.h"

/* REST only for what says so for the whole: 429 and 503 with a Retry-After, and when no byte of the request could be sent. Single
 * answers without it (a node that is overloaded, an event that the consumer chokes on) are RETRY, and so is what points at
 * the endpoint rather than the event (moved, its key or path wrong): somebody will put that right. */
HtSentKind ht_reason_kind(const HtPosted *posted);

/* "HTTP 422", or why no answer came: for the log and the status, where nothing may stand that a consumer wrote. The caller
 * frees. */
char *ht_reason_short(const HtPosted *posted);

/* The same with the beginning of what the consumer answered: for the dead letter only. Without control characters; runs of
 * seven digits and more, which may be somebody's number, are replaced, blanks and hyphens inside them or not. The caller
 * frees. */
char *ht_reason_full(const HtPosted *posted);

/* "REASON: TEXT", of a text that a consumer wrote, cleaned in the same way; the reason alone when nothing is left of it. The caller
 * frees. */
char *ht_reason_clean(const char *reason, HtText text);
