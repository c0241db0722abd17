/* Whether a SOAPAction header agrees with the body. Called by envelope.c; no state, any thread. */
#pragma once

#include "core/base/buffer.h"

/* `action` is the header's value as received, quotes on, or absent; `operation` and `uri` (may be NULL) are the local
 * name and the namespace of the body's first element.
 *
 * The body decides what is done. An action that plainly names another operation is a mistake or an attempt to get past a
 * filter that looks at headers, and is refused by the caller. It agrees when it is empty, names the operation (after the
 * last `/`, `#` or `:`; in any case; with what toolkits add: OpRequest, OpIn, OpSoapIn, …), is the operation's namespace,
 * or its end is nothing that an operation could be called. */
bool ht_soap_action_agrees(HtText action, const char *operation, const char *uri);

/* The action without quotes, blanks and slashes around it. */
HtText ht_soap_action_trim(HtText action);

/* True when the action's last word, after `/`, `#`, `:` or else after a `.`, is the operation's name, in any case and with what
 * toolkits add to it. */
bool ht_soap_action_names(HtText action, const char *operation);

/* True when the action's end is something that an operation could be called. */
bool ht_soap_action_is_plausible(HtText action);
