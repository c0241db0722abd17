/* What becomes of an event by what is known under its number. */
#pragma once

#include "spool/content.h"

/* Room for what an event gets; it has to last as long as the event. */
typedef struct {
    char id[HT_UUID_TEXT];
    HtBuffer data[2];
    unsigned marks;
} HtSpoolAmendment;

/* What an event is beside the one that has its number. */
typedef enum {
    HT_SPOOL_AMENDED_NOT,        /* as it was said */
    HT_SPOOL_AMENDED_CORRECTION, /* an assertion that has become a correction */
    HT_SPOOL_AMENDED_REUSED,     /* of somebody else, or the former is not there any more */
} HtSpoolAmended;

/* `former` is the latest event under the number when that says something else; NULL: the number is not known.
 *
 * About the same person (`subject`, or the event's formersubject; or nobody in both) an assertion becomes a correction that names
 * the former business, with the mark same-number-other-content. What the source itself calls a correction, a cancel or a
 * verification stays so, and so does what is asserted after a cancel: these say something else under their number by nature. A
 * correction or a cancel of its own that names nothing is given the former business, too.
 * Where the number is a thing's and not an event's (HtEvent.is_state), another type or another time is the thing's next state, and
 * nothing is changed.
 * About another person, or when the former event is not there any more, it is a fact of its own, with the mark
 * number-reused. One without a number is no more than a new event.
 * A cancel that has neither a former business to name nor a number of its own that consumers see, or that is one of a thing which is
 * not in that state, gets the mark reversal-unnamed. */
HtSpoolAmended ht_spool_amend(HtSpoolAmendment *room, const HtSpoolSaid *said, const HtSpoolFormer *former,
                              const char *subject, HtEvent *event);
