/* Reading an XML file of our own data: see document.h. */
#include "mappings/engine/reference/document.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNG, xmlRelaxNGFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGParserCtxt, xmlRelaxNGFreeParserCtxt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlRelaxNGValidCtxt, xmlRelaxNGFreeValidCtxt)

typedef struct {
    const char *path;
    GString *errors;
} DataFile;

static void report(const DataFile *reading, long line, const char *text)
{
    g_string_append_printf(reading->errors, "%s:%ld: error: %s\n", reading->path, line, text);
}

static void take_xml_error(void *user, xmlError *error)
{
    g_autofree char *text = g_strchomp(g_strdup(error->message ? error->message : "not readable"));
    report(user, error->line, text);
}

static void check_grammar(DataFile *reading, xmlDoc *document, const char *schema)
{
    DataFile of_schema = {schema, reading->errors};
    g_autoptr(xmlRelaxNGParserCtxt) parser = xmlRelaxNGNewParserCtxt(schema);
    if (!parser) {
        report(&of_schema, 1, "cannot read the schema");
        return;
    }
    xmlRelaxNGSetParserStructuredErrors(parser, take_xml_error, &of_schema);
    g_autoptr(xmlRelaxNG) grammar = xmlRelaxNGParse(parser);
    if (!grammar) {
        report(&of_schema, 1, "cannot use the schema");
        return;
    }
    g_autoptr(xmlRelaxNGValidCtxt) validator = xmlRelaxNGNewValidCtxt(grammar);
    xmlRelaxNGSetValidStructuredErrors(validator, take_xml_error, reading);
    xmlRelaxNGValidateDoc(validator, document);
}

static xmlDoc *parse(const DataFile *reading)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize size = 0;
    if (!g_file_get_contents(reading->path, &bytes, &size, &error) || size > INT_MAX) {
        report(reading, 1, error ? error->message : "file is too large");
        return NULL;
    }
    xmlParserCtxt *parser = xmlNewParserCtxt();
    xmlDoc *document = xmlCtxtReadMemory(parser, bytes, (int)size, reading->path, "UTF-8",
                                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    const xmlError *problem = document ? NULL : xmlCtxtGetLastError(parser);
    if (!document) {
        g_autofree char *text =
            g_strchomp(g_strdup(problem && problem->message ? problem->message : "not XML"));
        report(reading, problem && problem->line > 0 ? problem->line : 1, text);
    }
    xmlFreeParserCtxt(parser);
    return document;
}

xmlDoc *ht_document_read(const char *path, const char *schema, GString *errors)
{
    DataFile reading = {path, errors};
    xmlDoc *document = parse(&reading);
    if (document && schema) {
        check_grammar(&reading, document, schema);
    }
    return document;
}
