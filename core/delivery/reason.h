/* What an answer means, and words for one that was no acknowledgement. No state; any thread. */
#pragma once

#include "core/delivery/sender.h"

typedef enum {
    HT_POSTED_TAKEN,       /* 2xx */
    HT_POSTED_UNAVAILABLE, /* no verdict on any event: no answer, or "not now" */
    HT_POSTED_FAILED, /* says nothing about the event either: trouble inside, or at the endpoint (moved, its key or path
                            * wrong), which somebody will put right; or it is this very event that breaks it */
    HT_POSTED_REFUSED, /* what was sent is wrong */
    HT_POSTED_GONE,
} HtPostedKind;

HtPostedKind ht_posted_kind(long status);

/* "HTTP 422", or why no answer came: for the log and the status, where nothing may stand that a consumer wrote. The caller
 * frees. */
char *ht_reason_short(const HtPosted *posted);

/* The same with the beginning of what the consumer answered: for the dead letter only. Without control characters; runs of
 * seven digits and more, which may be somebody's number, are replaced, blanks and hyphens inside them or not. The caller
 * frees. */
char *ht_reason_full(const HtPosted *posted);
