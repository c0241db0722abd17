/* The JSON Schema (2020-12) of an event type, made of the dictionary and the code tables. Used by `hutong schema json` and by
 * the page that the bus serves under an event's `dataschema` (core/schema/documents.h). */
#pragma once

#include "mappings/engine/reference/dictionary.h"
#include "mappings/engine/reference/tables.h"

/* What schemas are made of. */
typedef struct {
    const HtDictionary *dictionary;
    const HtTables *tables;
    const char *url; /* where they are served, ending in '/'; NULL: nowhere, their names are URNs */
} HtSchemaSource;

/* Appends the schema: of the whole event as JSON, `data` at /properties/data, which is what `dataschema` points to. It holds
 * for every event of that type that the bus sends, whatever of it a consumer may see: a value may be absent, or masked. What it
 * does not name may come with a later edition of the dictionary. Beside what a validator reads: `title` is the Chinese name,
 * x-sensitivity, x-mask, x-authority, x-standard, x-length (longer values come with the mark value-too-long) are the
 * dictionary's, x-names the names of codes. */
void ht_event_schema(const HtSchemaSource *source, const HtEventType *type, HtBuffer *json);

/* "person.moved-in.v1", the name of its schema without ".json". The caller frees. */
char *ht_event_schema_name(const HtEventType *type);
