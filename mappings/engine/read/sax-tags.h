/* Measures start tags before libxml2 sees them: it compares every attribute of a tag with every other, and does so
 * before any handler is asked. Called by sax.c only; no state. */
#pragma once

#include "core/base/fault.h"
#include "core/base/limits.h"

/* False when a start tag is longer than limits->start_tag_bytes or has more attributes (namespace declarations included)
 * than limits->attributes. `fault` then says so, with the line inside the text. */
bool ht_sax_tags_check(HtText text, const HtLimits *limits, HtFault *fault);
