/* What the public door shows of events: their schemas at /schema/TYPE.json, to anyone, and for each consumer what comes to it and what it
 * sees, at /out/CONSUMER/catalogue and /out/CONSUMER/asyncapi.json. Main-loop thread. */
#pragma once

#include "core/page/page.h"
#include "mappings/engine/reference/reference.h"

typedef struct HtSchemaPages HtSchemaPages;

/* Adds the pages; all that is given but `words` lives longer. HT_TABLES_ERROR when the code tables of `words` cannot be read. */
HtSchemaPages *ht_schema_pages_new(const HtConfig *config, const HtDictionary *dictionary,
                                   const HtWords *words, HtPages *pages, GError **error);
void ht_schema_pages_free(HtSchemaPages *pages);
