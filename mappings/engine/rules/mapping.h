/* A mapping, compiled, as those see it who only hold one: what it can make, what it knows as secret, which operations it has. Made
 * by compile/compile.h, then only read; any thread. */
#pragma once

#include <glib.h>

typedef struct HtMapping HtMapping;

void ht_mapping_free(HtMapping *mapping);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtMapping, ht_mapping_free)

/* What the compiler warned of: `file:line: warning: …` each, NULL-terminated. */
const char *const *ht_mapping_warnings(const HtMapping *mapping);

/* What the mapping names as secrets beside those that core/base/secrets.h knows; ends with NULL. */
const char *const *ht_mapping_secrets(const HtMapping *mapping);

/* HtService *: see service/service.h. */
const GPtrArray *ht_mapping_services(const HtMapping *mapping);
