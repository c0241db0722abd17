/* One configuration against another: what a reload changes, and what it cannot. Main thread. */
#pragma once

#include "core/config/options.h"

/* Values that need a restart stay as they are in `now`: `next` is given them. The keys whose values the files have otherwise are added to
 * `fixed` (char *, "FILE:LINE: [bus] state"; without a line where the key is gone). */
void ht_config_keep_fixed(HtConfig *next, const HtConfig *now, GPtrArray *fixed);

/* What is another in `next`, one a line (char *, g_free): "[source hukou] max-body = 32M (was 16M)", "[route all] is new", "[consumer a] is
 * gone". Of values that may hold a secret (URLs, an adapter's own options) only the key is named. */
GPtrArray *ht_config_compare(const HtConfig *now, const HtConfig *next);

/* Every key of a section with its value, a line each, without those of `but` (ends with NULL; may be NULL) and without where it stands: the same for
 * the same settings. The caller frees. */
char *ht_config_section_text(HtSectionKind kind, const void *record, const char *const *but);
