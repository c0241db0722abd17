/* Writing XML: answers, WSDL, what adapters and mappings answer. No state; any thread. */
#pragma once

#include "core/base/buffer.h"

/* Appends `text` (UTF-8) as XML's character data, also good in attributes with quotes of either kind; what XML 1.0 cannot hold becomes
 * '?'. A tab or a line end in an attribute comes back as a blank. */
void ht_xml_add(HtBuffer *to, HtText text);
