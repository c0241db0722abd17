/* What the public door shows of events: their schemas at /schema/TYPE.json, to anyone, and for each consumer what comes to it and what it
 * sees, at /out/CONSUMER/catalogue and /out/CONSUMER/asyncapi.json. Main-loop thread. */
#pragma once

#include "core/page/page.h"
#include "core/schema/documents.h"
#include "mappings/engine/reference/reference.h"

typedef struct HtSchemaPages HtSchemaPages;

/* Adds the pages; the door's live longer. HT_TABLES_ERROR when the code tables of `words` cannot be read. */
HtSchemaPages *ht_schema_pages_new(const HtConfig *config, const HtDictionary *dictionary,
                                   const HtWords *words, HtPages *pages, GError **error);

/* What is shown of another configuration, made beside it; NULL with HT_TABLES_ERROR. Then it is taken. */
HtSchemas *ht_schema_pages_prepare(const HtConfig *config, const HtDictionary *dictionary,
                                   const HtWords *words, GError **error);
void ht_schema_pages_change(HtSchemaPages *pages, const HtConfig *config, const HtDictionary *dictionary,
                            HtSchemas *schemas /* transfer full */);

/* Another configuration with the same schemas. */
void ht_schema_pages_follow(HtSchemaPages *pages, const HtConfig *config);
void ht_schema_pages_free(HtSchemaPages *pages);
