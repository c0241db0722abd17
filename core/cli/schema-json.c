/* `hutong schema json`: JSON Schemas of events, to standard output or as files. */
#include "core/cli/schema.h"

#include "core/base/paths.h"
#include "core/cli/retell.h"
#include "core/schema/documents.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdio.h>

/* As people read it. transfer full. */
static char *indent(GBytes *body)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    gsize size;
    const char *data = g_bytes_get_data(body, &size);
    if (!json_parser_load_from_data(parser, data, (gssize)size, &error)) {
        g_error("a document is not JSON: %s", error->message);
    }
    g_autofree char *text = json_to_string(json_parser_get_root(parser), TRUE);
    return g_strconcat(text, "\n", NULL);
}

int ht_cli_schema_put(GBytes *body, const char *name, const char *folder)
{
    g_autofree char *text = indent(body);
    g_autoptr(GError) error = NULL;
    if (!folder) {
        fputs(text, stdout);
        return HT_EXIT_OK;
    }
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (g_mkdir_with_parents(folder, 0755) < 0) {
        fprintf(stderr, "hutong schema: %s: cannot be made: %s\n", folder, g_strerror(errno));
        return HT_EXIT_FAILED;
    }
    if (!g_file_set_contents(path, text, -1, &error)) {
        fprintf(stderr, "hutong schema: %s\n", error->message);
        return HT_EXIT_FAILED;
    }
    return HT_EXIT_OK;
}

static int put_document(HtSchemas *schemas, const char *name, const char *folder)
{
    const HtSchemaDocument *document = ht_schemas_find(schemas, name);
    if (!document) {
        g_autofree char *type = g_strndup(name, strlen(name) - strlen(".json"));
        fprintf(stderr, _("hutong schema: there is no event type '%s'; `hutong schema json` lists them\n"),
                type);
        return HT_EXIT_USAGE;
    }
    return ht_cli_schema_put(document->body, name, folder);
}

static int put_all(HtSchemas *schemas, const char *folder)
{
    const HtDictionary *dictionary = ht_schemas_source(schemas)->dictionary;
    int status = put_document(schemas, "index.json", folder);
    for (uint32_t i = 0; status == HT_EXIT_OK && i < ht_dictionary_n_event_types(dictionary); i++) {
        g_autofree char *type = ht_event_schema_name(ht_dictionary_event_type(dictionary, i));
        g_autofree char *name = g_strconcat(type, ".json", NULL);
        status = put_document(schemas, name, folder);
    }
    return status;
}

int ht_cli_schema_json(const HtSchemaRequest *request, const char *type)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtSchemas) schemas = ht_schemas_new(request->dictionary, request->words, request->url, &error);
    if (!schemas) {
        ht_cli_complain(error->message);
        return HT_EXIT_FAILED;
    }
    if (!type) {
        return request->folder ? put_all(schemas, request->folder)
                               : put_document(schemas, "index.json", NULL);
    }
    g_autofree char *name = g_strconcat(type, ".json", NULL);
    return put_document(schemas, name, request->folder);
}
