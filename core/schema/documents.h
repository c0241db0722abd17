/* The documents that say what events look like, to whomever: a JSON Schema for each type, an index, an AsyncAPI document. Made when first asked for, and
 * kept. Used by the bus for its public page and by `hutong schema`. One thread. */
#pragma once

#include "core/schema/event-schema.h"
#include "mappings/engine/reference/reference.h"

typedef struct HtSchemas HtSchemas;

/* `words` says where the code tables are; `url` where the documents are, as HtSchemaSource has it. The url and the dictionary
 * live longer. NULL with an HT_TABLES_ERROR. transfer full. */
HtSchemas *ht_schemas_new(const HtDictionary *dictionary, const HtWords *words, const char *url,
                          GError **error);
void ht_schemas_free(HtSchemas *schemas);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSchemas, ht_schemas_free)

const HtSchemaSource *ht_schemas_source(const HtSchemas *schemas);

typedef struct {
    const char *type; /* media type */
    GBytes *body;     /* JSON */
    char *etag;       /* of the body, in its quotes */
} HtSchemaDocument;

/* The document of that name, or NULL: TYPE.json, index.json, or asyncapi.json, which is about no consumer. It lives as long as `schemas`. */
const HtSchemaDocument *ht_schemas_find(HtSchemas *schemas, const char *name);
