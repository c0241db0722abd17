/* The documents of `hutong schema`: schema-reference.c, schema-json.c, schema-catalogue.c. They give exit statuses. */
#pragma once

#include "core/cli/cli.h"
#include "mappings/engine/reference/reference.h"

typedef struct {
    const HtConfig *config; /* NULL: there is none */
    const HtDictionary *dictionary;
    const HtWords *words; /* where the code tables are */
    const char *url;      /* where the schemas are; NULL: nowhere */
    const char *folder;   /* where files go; NULL: to standard output */
    const char *consumer; /* whose view is wanted; NULL: nobody's */
    bool json;            /* the catalogue as JSON */
} HtSchemaRequest;

/* The schema of `type`; NULL: an index, or into `folder` all. */
int ht_cli_schema_json(const HtSchemaRequest *request, const char *type);

/* docs/events.md, to standard output. */
void ht_cli_schema_reference(const HtDictionary *dictionary);

/* The AsyncAPI document, of one consumer or of all. */
int ht_cli_schema_asyncapi(const HtSchemaRequest *request);

/* The catalogue, as a table or as JSON: of all events, or of what one consumer gets and sees. */
int ht_cli_schema_catalogue(const HtSchemaRequest *request);

/* Writes the document, with line breaks, into the folder under that name, or to standard output. */
int ht_cli_schema_put(GBytes *body, const char *name, const char *folder);
