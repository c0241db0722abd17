/* Names of SOAP header blocks that must be understood and are not: a list in one text, which the host makes and the bus,
 * believing nothing of it, says in its fault (SOAP 1.2 part 1, section 5.4.8). No state; any thread. */
#pragma once

#include "core/base/buffer.h"

#define HT_NOT_UNDERSTOOD_MOST 16   /* names; more say nothing new */
#define HT_NOT_UNDERSTOOD_BYTES 256 /* of a namespace, and of a local name */

/* Appends a name, unless it is too long, or there are enough. `uri` is absent or empty when it has no namespace. */
void ht_not_understood_add(HtBuffer *list, HtText uri, HtText name);

/* Takes the next name off the front of the list; false at its end. The texts point into it. */
bool ht_not_understood_next(HtText *list, HtText *uri, HtText *name);

/* Whether bytes of a stranger are such a list, with names that may stand in XML. */
bool ht_not_understood_check(HtText list);
