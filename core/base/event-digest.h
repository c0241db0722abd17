/* What an event says, in 32 bytes: two events of one source that say the same have the same digest, and others have not. By it
 * the spool tells a number that is known from content that is known, and the conformance kit finds keys that swallow. */
#pragma once

#include "core/base/event.h"

#define HT_EVENT_DIGEST 32

/* SHA-256 over type, action, time with its precision, divisions, what is reversed, correlation, identities and elements (name,
 * form, value, instance, and whether it is only repeated; ＡＢ１２ and AB12 are one value). Not over quality marks, unmapped fields, editions, the class of the
 * data and the business number (but for an event without a key), nor over what says how or when the record was sent: elements that are so marked, and a time
 * that is (`time_sent`). Each part stands with its size, so that no two rows of parts make the same bytes. Any thread. */
void ht_event_digest(const HtEvent *event, uint8_t digest[HT_EVENT_DIGEST]);
