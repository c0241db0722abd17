/* Compiles `<service>`: operations, their parameters and results, and the templates of answers. Part of loading a mapping;
 * not on the path of messages. */
#include "mappings/engine/compile/compiler.h"

#include <libxml/parser.h>

#define DEPTH_MAX 16

/* ---- Templates ---- */

static const struct {
    const char *name;
    HtPieceKind kind;
    bool refused; /* only where a message is refused */
} placeholders[] = {
    {"message-id", HT_PIECE_MESSAGE_ID, false},
    {"business-id", HT_PIECE_BUSINESS_ID, false},
    {"operation", HT_PIECE_OPERATION, false},
    {"records", HT_PIECE_RECORDS, false},
    {"events", HT_PIECE_EVENTS, false},
    {"code", HT_PIECE_CODE, true},
    {"text", HT_PIECE_TEXT, true},
};

static void add_piece(GArray *pieces, HtPieceKind kind, HtText literal)
{
    HtPiece piece = {kind, literal};
    if (kind != HT_PIECE_LITERAL || literal.size > 0) {
        g_array_append_val(pieces, piece);
    }
}

/* `at` is behind a brace. Gives what follows the placeholder, or NULL after an error. */
static const char *read_placeholder(HtCompiler *compiler, const xmlNode *node, const char *at, bool refused,
                                    GArray *pieces)
{
    const char *end = strchr(at, '}');
    g_autofree char *name = g_strndup(at, end ? (size_t)(end - at) : strlen(at));
    for (size_t i = 0; end && i < G_N_ELEMENTS(placeholders); i++) {
        if (strcmp(placeholders[i].name, name) == 0 && (refused || !placeholders[i].refused)) {
            add_piece(pieces, placeholders[i].kind, HT_TEXT_NONE);
            return end + 1;
        }
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(placeholders); i++) {
        if (refused || !placeholders[i].refused) {
            g_ptr_array_add(names, (gpointer)placeholders[i].name);
        }
    }
    g_autofree char *hint = ht_compile_suggest(name, names);
    ht_compile_error(compiler, node,
                     "\"{%s%s\" is nothing that can be put in %s%s (a brace itself is \"{{\")", name,
                     end ? "}" : "", refused ? "refused=\"…\"" : "value=\"…\"", hint);
    return NULL;
}

/* Elements that would not be well-formed would make every answer unreadable. */
static void check_markup(HtCompiler *compiler, const xmlNode *node, const GArray *pieces)
{
    g_autoptr(GString) sample = g_string_new("<x>");
    for (guint i = 0; i < pieces->len; i++) {
        const HtPiece *piece = &g_array_index(pieces, HtPiece, i);
        g_string_append_len(sample, piece->kind == HT_PIECE_LITERAL ? piece->literal.data : "1",
                            piece->kind == HT_PIECE_LITERAL ? (gssize)piece->literal.size : 1);
    }
    g_string_append(sample, "</x>");
    int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    xmlDoc *document = xmlReadMemory(sample->str, (int)sample->len, NULL, "UTF-8", options);
    if (!document) {
        ht_compile_error(compiler, node, "with type=\"xml\" a value must be well-formed elements");
    }
    xmlFreeDoc(document);
}

static HtTemplate *read_template(HtCompiler *compiler, const xmlNode *node, const char *attribute,
                                 HtForm form)
{
    const char *at = ht_compile_attribute(compiler, node, attribute);
    if (!at && !xmlHasProp((xmlNode *)node, (const xmlChar *)attribute)) {
        return NULL;
    }
    g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(HtPiece));
    bool refused = strcmp(attribute, "refused") == 0;
    at = at ? at : "";
    while (at && *at) {
        size_t plain = strcspn(at, "{");
        bool escaped = at[plain] == '{' && at[plain + 1] == '{';
        add_piece(pieces, HT_PIECE_LITERAL, (HtText){at, plain + (escaped ? 1 : 0)});
        at += plain + (escaped ? 2 : 0);
        if (!escaped && *at == '{') {
            at = read_placeholder(compiler, node, at + 1, refused, pieces);
        }
    }
    const char *type = ht_compile_attribute(compiler, node, "type");
    if (at && g_strcmp0(type, "xml") == 0) {
        check_markup(compiler, node, pieces);
    }
    HtTemplate *result = ht_compile_own(compiler, g_new0(HtTemplate, 1));
    result->form = form;
    result->count = pieces->len;
    result->pieces = ht_compile_own(compiler, g_memdup2(pieces->data, sizeof(HtPiece) * pieces->len));
    return result;
}

/* ---- Parameters and results ---- */

static const char *const types[] = {"string", "int",   "long", "integer",  "decimal", "boolean",
                                    "double", "float", "date", "dateTime", "time",    NULL};

static const char *choose_type(const char *type)
{
    if (!type) {
        return "string";
    }
    if (strcmp(type, "base64") == 0) {
        return "base64Binary";
    }
    return strcmp(type, "xml") == 0 ? "anyType" : g_strv_contains(types, type) ? type : NULL;
}

static HtForm choose_form(HtCompiler *compiler, const xmlNode *node, bool is_xml)
{
    const char *as = ht_compile_attribute(compiler, node, "as");
    if (is_xml || g_strcmp0(as, "xml") == 0) {
        return HT_FORM_XML;
    }
    return g_strcmp0(as, "json") == 0 ? HT_FORM_JSON : HT_FORM_TEXT;
}

static GPtrArray *read_parts(HtCompiler *compiler, const xmlNode *above, const char *kind, unsigned depth);

static HtPart *read_part(HtCompiler *compiler, const xmlNode *node, const char *kind, unsigned depth)
{
    HtPart *part = ht_compile_own(compiler, g_new0(HtPart, 1));
    const char *name = ht_compile_attribute(compiler, node, "name");
    const char *type = ht_compile_attribute(compiler, node, "type");
    part->attribute = name && *name == '@';
    part->name = name && part->attribute ? name + 1 : name;
    part->many = ht_compile_attribute(compiler, node, "many") != NULL;
    part->parts = read_parts(compiler, node, kind, depth + 1);
    part->type = part->parts ? NULL : choose_type(type);
    part->is_xml = g_strcmp0(type, "xml") == 0;
    HtForm form = choose_form(compiler, node, part->is_xml);
    part->value = read_template(compiler, node, "value", form);
    part->refused = read_template(compiler, node, "refused", form);
    bool holds = part->parts || part->many;
    if (!part->name || !ht_compile_is_name(part->name)) {
        ht_compile_error(compiler, node, "name=\"%s\" is no name of an element or @attribute", name);
    } else if (part->attribute && (depth == 0 || part->parts || part->is_xml)) {
        ht_compile_error(compiler, node, "an attribute can only stand inside of another <%s>, and holds text",
                         kind);
    } else if (holds && (part->value || part->refused)) {
        ht_compile_error(
            compiler, node,
            "what repeats or has parts has no value=\"…\" of its own: give elements, type=\"xml\"");
    } else if (depth > 0 && (part->value || part->refused)) {
        ht_compile_error(compiler, node, "only what stands directly in an operation has a value=\"…\"");
    }
    return part;
}

/* NULL when there are none. */
static GPtrArray *read_parts(HtCompiler *compiler, const xmlNode *above, const char *kind, unsigned depth)
{
    GPtrArray *parts = NULL;
    for (const xmlNode *node = above->children; node && depth < DEPTH_MAX; node = node->next) {
        if (!ht_compile_is(node, kind)) {
            continue;
        }
        if (!parts) {
            parts = g_ptr_array_new();
            g_ptr_array_add(compiler->mapping->arrays, parts);
        }
        HtPart *part = read_part(compiler, node, kind, depth);
        for (guint i = 0; i < parts->len; i++) {
            const HtPart *other = parts->pdata[i];
            if (other->attribute == part->attribute && g_strcmp0(other->name, part->name) == 0) {
                ht_compile_error(compiler, node, "\"%s\" stands twice", part->name);
            }
        }
        g_ptr_array_add(parts, part);
    }
    return parts;
}

/* ---- Operations ---- */

GPtrArray *ht_compile_parts(HtCompiler *compiler, const xmlNode *node, const char *kind)
{
    GPtrArray *parts = read_parts(compiler, node, kind, 0);
    if (!parts) {
        parts = g_ptr_array_new();
        g_ptr_array_add(compiler->mapping->arrays, parts);
    }
    return parts;
}

static void settle_answers(HtOperation *operation)
{
    operation->answers = operation->out->len == 0;
    for (guint i = 0; i < operation->out->len; i++) {
        const HtPart *part = operation->out->pdata[i];
        operation->answers = operation->answers || part->value;
        operation->refuses = operation->refuses || part->refused;
    }
}

static void check_operation(HtCompiler *compiler, const xmlNode *node, const HtService *service,
                            const HtOperation *operation)
{
    if (!ht_compile_is_name(operation->name) || !ht_compile_is_name(operation->response)) {
        ht_compile_error(compiler, node, "\"%s\" and \"%s\" must be names of elements", operation->name,
                         operation->response);
    } else if (strcmp(operation->name, operation->response) == 0 && !service->rpc) {
        ht_compile_error(compiler, node,
                         "the answer's element cannot have the request's name \"%s\" in one WSDL",
                         operation->name);
    }
    if (strcmp(operation->name, HT_SUBMIT) == 0 && service->submit) {
        ht_compile_error(compiler, node,
                         "\"%s\" is the generic operation: <service submit=\"no\"> leaves that out",
                         HT_SUBMIT);
    }
    bool twice = false;
    for (guint i = 0; i < service->operations->len; i++) {
        const HtOperation *other = service->operations->pdata[i];
        bool is_noted = g_ascii_strcasecmp(other->name, operation->name) == 0;
        twice = twice || (!is_noted && strcmp(other->response, operation->response) == 0) ||
                (!service->rpc && strcmp(other->response, operation->name) == 0);
    }
    if (twice) {
        ht_compile_error(compiler, node, "\"%s\" or its answer is declared twice", operation->name);
    }
}

/* In rpc style each parameter is a part of the message, and a part stands once. */
static void check_rpc(HtCompiler *compiler, const xmlNode *node, const HtService *service,
                      const HtOperation *operation)
{
    const GPtrArray *sides[] = {operation->in, operation->out};
    for (unsigned side = 0; service->rpc && side < G_N_ELEMENTS(sides); side++) {
        for (guint i = 0; i < sides[side]->len; i++) {
            const HtPart *part = sides[side]->pdata[i];
            if (part->many) {
                ht_compile_error(compiler, node,
                                 "\"%s\" cannot repeat with style=\"rpc\": put it into another", part->name);
            }
        }
    }
}

static void read_operation(HtCompiler *compiler, const xmlNode *node, HtService *service)
{
    HtOperation *operation = ht_compile_own(compiler, g_new0(HtOperation, 1));
    ht_compile_meaning(compiler, node, operation);
    operation->out = ht_compile_parts(compiler, node, "out");
    check_rpc(compiler, node, service, operation);
    settle_answers(operation);
    check_operation(compiler, node, service, operation);
    g_ptr_array_add(service->operations, operation);
}

static bool binds(HtCompiler *compiler, const xmlNode *node, const char *version)
{
    const char *versions = ht_compile_attribute(compiler, node, "soap");
    return !versions || strstr(versions, version) != NULL;
}

static void check_service(HtCompiler *compiler, const xmlNode *node, const HtService *service)
{
    if (!ht_compile_is_name(service->name) || strcmp(service->name, HT_SUBMIT) == 0) {
        ht_compile_error(compiler, node, "name=\"%s\" is no name for a service", service->name);
    }
    if (g_str_has_prefix(service->uri, "urn:hutong:")) {
        ht_compile_error(compiler, node, "namespaces that begin with \"urn:hutong:\" are the bus's own");
    }
    if (service->encoded && !service->rpc) {
        ht_compile_error(compiler, node, "use=\"encoded\" is possible with style=\"rpc\" only");
    }
    for (guint i = 0; i < compiler->mapping->services->len; i++) {
        const HtService *other = compiler->mapping->services->pdata[i];
        if (g_ascii_strcasecmp(other->name, service->name) == 0 || strcmp(other->uri, service->uri) == 0) {
            ht_compile_error(compiler, node,
                             "name and namespace must differ from those of the other <service>");
        }
    }
}

void ht_compile_service(HtCompiler *compiler, const xmlNode *node)
{
    HtMapping *mapping = compiler->mapping;
    HtService *service = ht_compile_own(compiler, g_new0(HtService, 1));
    service->name = ht_compile_attribute(compiler, node, "name");
    service->uri = ht_compile_attribute(compiler, node, "namespace");
    service->rpc = ht_compile_says(compiler, node, "style", "rpc");
    service->encoded = ht_compile_says(compiler, node, "use", "encoded");
    service->qualified = !service->rpc && !ht_compile_says(compiler, node, "form", "unqualified");
    service->submit = !ht_compile_says(compiler, node, "submit", "no");
    service->soap_11 = binds(compiler, node, "1.1");
    service->soap_12 = binds(compiler, node, "1.2");
    service->operations = g_ptr_array_new();
    g_ptr_array_add(mapping->arrays, service->operations);
    check_service(compiler, node, service);
    g_ptr_array_add(mapping->services, service);
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (ht_compile_is(child, "operation")) {
            read_operation(compiler, child, service);
        }
    }
}
