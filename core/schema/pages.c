/* The pages: see pages.h. */
#include "core/schema/pages.h"

#include "core/schema/asyncapi.h"
#include "core/schema/catalogue.h"
#include "core/schema/documents.h"

struct HtSchemaPages {
    HtConfig *config; /* held; so is the dictionary, which the schemas read */
    HtDictionary *dictionary;
    HtSchemas *schemas;
};

/* ---- To anyone ---- */

/* If-None-Match: whether one of its tags is ours; weak ones are as good (RFC 9110, 13.1.2). */
static bool has_tag(const char *tags, const char *etag)
{
    g_auto(GStrv) list = g_strsplit(tags ? tags : "", ",", -1);
    for (char **tag = list; *tag; tag++) {
        const char *strong = g_str_has_prefix(g_strstrip(*tag), "W/") ? *tag + 2 : *tag;
        if (g_str_equal(strong, etag) || g_str_equal(strong, "*")) {
            return true;
        }
    }
    return false;
}

static void serve_document(HtPageCall *call, void *user)
{
    const HtSchemaPages *pages = user;
    const HtSchemaDocument *document =
        ht_schemas_find(pages->schemas, call->name ? call->name : "index.json");
    HtRefusal refusal;
    if (!document) {
        ht_refuse(&refusal, "unknown-schema");
        ht_page_refuse(call, &refusal);
        return;
    }
    gsize size;
    const char *bytes = g_bytes_get_data(document->body, &size);
    bool known = has_tag(ht_page_header(call, "If-None-Match"), document->etag);
    HtPageAnswer answer = {.status = known ? 304 : 200,
                           .type = document->type,
                           .headers = {{"ETag", document->etag}, {"Cache-Control", "public, max-age=3600"}}};
    ht_buffer_add(&answer.body, bytes, size); /* of 304 only the length is sent */
    ht_page_answer(call, &answer);
}

/* ---- To the consumer ---- */

static void answer_privately(HtPageCall *call, const HtBuffer *json)
{
    HtPageAnswer answer = {.status = 200,
                           .type = "application/json",
                           .body = *json,
                           .headers = {{"Cache-Control", "private, no-cache"}}};
    ht_page_answer(call, &answer);
}

static void serve_catalogue(HtPageCall *call, void *user)
{
    const HtSchemaPages *pages = user;
    g_autoptr(GString) errors = g_string_new(NULL);
    HtBuffer json = {0};
    /* Delivery would not have begun with a policy that is wrong. */
    g_return_if_fail(ht_catalogue(ht_schemas_source(pages->schemas), pages->config,
                                  ht_config_consumer(pages->config, call->party), &json, errors));
    answer_privately(call, &json);
}

static void serve_asyncapi(HtPageCall *call, void *user)
{
    const HtSchemaPages *pages = user;
    HtBuffer json = {0};
    ht_asyncapi(ht_schemas_source(pages->schemas), pages->config,
                ht_config_consumer(pages->config, call->party), &json);
    answer_privately(call, &json);
}

static const HtPage rows[] = {
    {HT_PAGE_READ, "/schema", HT_PARTY_ANYONE, 0, serve_document},
    {HT_PAGE_READ, "/schema/*", HT_PARTY_ANYONE, 0, serve_document},
    {HT_PAGE_READ, "/out/*/catalogue", HT_PARTY_CONSUMER, 0, serve_catalogue},
    {HT_PAGE_READ, "/out/*/asyncapi.json", HT_PARTY_CONSUMER, 0, serve_asyncapi},
};

HtSchemas *ht_schema_pages_prepare(const HtConfig *config, const HtDictionary *dictionary,
                                   const HtWords *words, GError **error)
{
    return ht_schemas_new(dictionary, words, config->bus.schema_url, error);
}

void ht_schema_pages_change(HtSchemaPages *pages, const HtConfig *config, const HtDictionary *dictionary,
                            HtSchemas *schemas)
{
    HtSchemaPages former = *pages;
    *pages = (HtSchemaPages){ht_config_hold(config), ht_dictionary_hold(dictionary), schemas};
    ht_schemas_free(former.schemas);
    ht_config_free(former.config);
    ht_dictionary_free(former.dictionary);
}

void ht_schema_pages_follow(HtSchemaPages *pages, const HtConfig *config)
{
    HtConfig *former = pages->config;
    pages->config = ht_config_hold(config);
    ht_config_free(former);
}

HtSchemaPages *ht_schema_pages_new(const HtConfig *config, const HtDictionary *dictionary,
                                   const HtWords *words, HtPages *door, GError **error)
{
    HtSchemas *schemas = ht_schema_pages_prepare(config, dictionary, words, error);
    if (!schemas) {
        return NULL;
    }
    HtSchemaPages *pages = g_new0(HtSchemaPages, 1);
    *pages = (HtSchemaPages){ht_config_hold(config), ht_dictionary_hold(dictionary), schemas};
    ht_pages_add(door, rows, G_N_ELEMENTS(rows), pages);
    return pages;
}

void ht_schema_pages_free(HtSchemaPages *pages)
{
    ht_schemas_free(pages->schemas);
    ht_config_free(pages->config);
    ht_dictionary_free(pages->dictionary);
    g_free(pages);
}
