/* Keeping the documents: see documents.h. */
#include "core/schema/documents.h"

#include "core/base/json.h"
#include "core/schema/asyncapi.h"

#define SUFFIX ".json"
#define ETAG_HEX 32

struct HtSchemas {
    HtSchemaSource source;
    HtTables *tables;
    GHashTable *documents; /* name → HtSchemaDocument */
};

static void free_document(void *data)
{
    HtSchemaDocument *document = data;
    g_bytes_unref(document->body);
    g_free(document->etag);
    g_free(document);
}

HtSchemas *ht_schemas_new(const HtDictionary *dictionary, const HtWords *words, const char *url,
                          GError **error)
{
    HtTables *tables = ht_words_tables(words, error);
    if (!tables) {
        return NULL;
    }
    HtSchemas *schemas = g_new0(HtSchemas, 1);
    schemas->tables = tables;
    schemas->source = (HtSchemaSource){dictionary, tables, url};
    schemas->documents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_document);
    return schemas;
}

void ht_schemas_free(HtSchemas *schemas)
{
    g_hash_table_unref(schemas->documents);
    ht_tables_free(schemas->tables);
    g_free(schemas);
}

const HtSchemaSource *ht_schemas_source(const HtSchemas *schemas)
{
    return &schemas->source;
}

static void write_index(const HtSchemaSource *source, HtBuffer *json)
{
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "title", HT_TEXT_LITERAL("Event types, each with its JSON Schema"));
    ht_json_name(json, "types");
    ht_buffer_add_char(json, '[');
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(source->dictionary); i++) {
        const HtEventType *type = ht_dictionary_event_type(source->dictionary, i);
        g_autofree char *name = ht_event_schema_name(type);
        g_autofree char *schema = g_strconcat(source->url ? source->url : "", name, SUFFIX, NULL);
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        ht_json_member(json, "type", ht_text_from(name));
        ht_json_member(json, "title", ht_text_from(type->zh));
        ht_json_member(json, "department", ht_text_from(type->department));
        ht_json_member(json, "schema", ht_text_from(schema));
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_literal(json, "]}");
}

static bool write_schema(const HtSchemaSource *source, const char *name, HtBuffer *json)
{
    if (!g_str_has_suffix(name, SUFFIX)) {
        return false;
    }
    size_t size = strlen(name) - strlen(SUFFIX);
    const HtEventType *type = ht_dictionary_find_event_type(source->dictionary, name, size);
    g_autofree char *full = type ? ht_event_schema_name(type) : NULL;
    if (!type || strlen(full) != size) {
        return false;
    }
    ht_event_schema(source, type, json);
    return true;
}

/* Gives the media type; NULL when there is no such document. */
static const char *write_document(const HtSchemaSource *source, const char *name, HtBuffer *json)
{
    if (g_str_equal(name, "index.json")) {
        write_index(source, json);
        return "application/json";
    }
    if (g_str_equal(name, "asyncapi.json")) {
        ht_asyncapi(source, NULL, NULL, json);
        return "application/vnd.aai.asyncapi+json;version=3.0.0";
    }
    return write_schema(source, name, json) ? "application/schema+json" : NULL;
}

const HtSchemaDocument *ht_schemas_find(HtSchemas *schemas, const char *name)
{
    HtSchemaDocument *document = g_hash_table_lookup(schemas->documents, name);
    HtBuffer json = {0};
    const char *type = document ? NULL : write_document(&schemas->source, name, &json);
    if (type) {
        document = g_new0(HtSchemaDocument, 1);
        document->type = type;
        document->body = g_bytes_new(json.data, json.size);
        g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, document->body);
        document->etag = g_strdup_printf("\"%.*s\"", ETAG_HEX, digest);
        g_hash_table_insert(schemas->documents, g_strdup(name), document);
    }
    ht_buffer_clear(&json);
    return document;
}
