/* Refusals in Chinese, beside the English text, for sources with `language = both`. No state; any thread. */
#pragma once

#include "core/refusal/refusal.h"

/* What it is, and what to do: static. Of an adapter's own code it says only that, and where to read on. NULL: none; a test sees that each
 * code of the table has one. */
const char *ht_refusal_chinese(const HtRefusal *refusal);
