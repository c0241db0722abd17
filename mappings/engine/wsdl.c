/* The WSDL around the types: messages, port types, bindings, service (W3C Note "WSDL 1.1", and the SOAP 1.2 binding of the
 * W3C Member Submission of 5 April 2006). The department's own operations and the generic Submit are two port types, so
 * that rpc and document style stay apart, as WS-I Basic Profile 1.1 wants it (R2705). Called by the host; no state. */
#include "mappings/engine/wsdl.h"

#include "mappings/engine/compile.h"

/* One port type with its bindings, and a service of its own. */
typedef struct {
    const char *name, *service;
    char *prefix;    /* of the request's and answer's elements */
    const char *uri; /* of the operations */
    bool rpc, encoded, soap_11, soap_12;
    const GPtrArray *operations;
} Face;

/* All of them, the department's own first: what clients take when they are not told. */
typedef struct {
    GArray *faces;
    const char *source, *address;
} Plan;

static const Face *face_of(const Plan *plan, guint i)
{
    return &g_array_index(plan->faces, Face, i);
}

static void add_escaped(HtBuffer *to, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    ht_buffer_add_string(to, escaped);
}

/* ---- Messages ---- */

static void write_rpc_parts(const Face *face, const HtOperation *operation, const GPtrArray *parts,
                            HtBuffer *to)
{
    for (guint i = 0; i < parts->len; i++) {
        const HtPart *part = parts->pdata[i];
        g_autofree char *structure = part->parts ? ht_wsdl_structure(operation, part) : NULL;
        ht_buffer_printf(to, "<wsdl:part name=\"%s\" type=\"%s:%s\"/>", part->name,
                         structure ? face->prefix : "xs", structure ? structure : part->type);
    }
}

static void write_message(const Face *face, const HtOperation *operation, bool request, HtBuffer *to)
{
    const char *element = request ? operation->name : operation->response;
    ht_buffer_printf(to, "<wsdl:message name=\"%s%s\">", operation->name, request ? "In" : "Out");
    if (face->rpc) {
        write_rpc_parts(face, operation, request ? operation->in : operation->out, to);
    } else {
        ht_buffer_printf(to, "<wsdl:part name=\"parameters\" element=\"%s:%s\"/>", face->prefix, element);
    }
    ht_buffer_add_literal(to, "</wsdl:message>\n");
}

static void write_messages(const Plan *plan, HtBuffer *to)
{
    for (guint f = 0; f < plan->faces->len; f++) {
        const Face *face = face_of(plan, f);
        for (guint i = 0; i < face->operations->len; i++) {
            write_message(face, face->operations->pdata[i], true, to);
            write_message(face, face->operations->pdata[i], false, to);
        }
    }
    ht_buffer_add_literal(to, "<wsdl:message name=\"Fault\"><wsdl:part name=\"fault\" element=\"r:fault\"/>"
                              "</wsdl:message>\n");
}

/* ---- Port types and bindings ---- */

static void write_port_type(const Face *face, HtBuffer *to)
{
    ht_buffer_printf(to, "<wsdl:portType name=\"%s\">\n", face->name);
    for (guint i = 0; i < face->operations->len; i++) {
        const char *name = ((const HtOperation *)face->operations->pdata[i])->name;
        ht_buffer_printf(to,
                         "<wsdl:operation name=\"%s\"><wsdl:input message=\"tns:%sIn\"/>"
                         "<wsdl:output message=\"tns:%sOut\"/>"
                         "<wsdl:fault name=\"fault\" message=\"tns:Fault\"/></wsdl:operation>\n",
                         name, name, name);
    }
    ht_buffer_add_literal(to, "</wsdl:portType>\n");
}

static void write_soap_body(const Face *face, const char *soap, const char *side, HtBuffer *to)
{
    ht_buffer_printf(to, "<wsdl:%s><%s:body use=\"%s\"", side, soap, face->encoded ? "encoded" : "literal");
    if (face->encoded) {
        ht_buffer_printf(to, " encodingStyle=\"%s\"",
                         strcmp(soap, "soap12") == 0 ? HT_ENCODING_12 : HT_ENCODING_11);
    }
    if (face->rpc) {
        ht_buffer_add_literal(to, " namespace=\"");
        add_escaped(to, face->uri);
        ht_buffer_add_char(to, '"');
    }
    ht_buffer_printf(to, "/></wsdl:%s>", side);
}

static void write_binding(const Face *face, const char *soap, const char *suffix, HtBuffer *to)
{
    ht_buffer_printf(to, "<wsdl:binding name=\"%s%s\" type=\"tns:%s\">\n", face->name, suffix, face->name);
    ht_buffer_printf(to, "<%s:binding style=\"%s\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n",
                     soap, face->rpc ? "rpc" : "document");
    for (guint i = 0; i < face->operations->len; i++) {
        const HtOperation *operation = face->operations->pdata[i];
        ht_buffer_printf(to, "<wsdl:operation name=\"%s\"><%s:operation soapAction=\"", operation->name,
                         soap);
        add_escaped(to, operation->action);
        ht_buffer_add_literal(to, "\"/>");
        write_soap_body(face, soap, "input", to);
        write_soap_body(face, soap, "output", to);
        ht_buffer_printf(to,
                         "<wsdl:fault name=\"fault\"><%s:fault name=\"fault\" use=\"literal\"/></wsdl:fault>"
                         "</wsdl:operation>\n",
                         soap);
    }
    ht_buffer_add_literal(to, "</wsdl:binding>\n");
}

static void write_bindings(const Face *face, HtBuffer *to)
{
    if (face->soap_11) {
        write_binding(face, "soap", "Soap11", to);
    }
    if (face->soap_12) {
        write_binding(face, "soap12", "Soap12", to);
    }
}

/* ---- The service ---- */

static void write_port(const Plan *plan, const Face *face, const char *soap, const char *suffix, HtBuffer *to)
{
    ht_buffer_printf(to, "<wsdl:port name=\"%s%s\" binding=\"tns:%s%s\"><%s:address location=\"", face->name,
                     suffix, face->name, suffix, soap);
    add_escaped(to, plan->address);
    ht_buffer_add_literal(to, "\"/></wsdl:port>\n");
}

static void write_service(const Plan *plan, const Face *face, HtBuffer *to)
{
    ht_buffer_printf(to, "<wsdl:service name=\"%s\">\n", face->service);
    if (face->soap_11) {
        write_port(plan, face, "soap", "Soap11", to);
    }
    if (face->soap_12) {
        write_port(plan, face, "soap12", "Soap12", to);
    }
    ht_buffer_add_literal(to, "</wsdl:service>\n");
}

/* ---- The whole ---- */

static void declare(const char *name, const char *uri, HtBuffer *to)
{
    ht_buffer_printf(to, " %s=\"", name);
    add_escaped(to, uri);
    ht_buffer_add_char(to, '"');
}

static void open_definitions(const Plan *plan, HtBuffer *to)
{
    ht_buffer_add_literal(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                              "<wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\""
                              " xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\""
                              " xmlns:soap12=\"http://schemas.xmlsoap.org/wsdl/soap12/\""
                              " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\""
                              " xmlns:r=\"urn:hutong:receipt:1\"");
    for (guint i = 0; i < plan->faces->len; i++) {
        const Face *face = face_of(plan, i);
        g_autofree char *name = g_strconcat("xmlns:", face->prefix, NULL);
        declare(name, face->uri, to);
    }
    declare("xmlns:tns", face_of(plan, 0)->uri, to);
    declare("targetNamespace", face_of(plan, 0)->uri, to);
    ht_buffer_printf(to, " name=\"%s\">\n", face_of(plan, 0)->service);
}

static void write_plan(const HtMapping *mapping, const Plan *plan, HtBuffer *to)
{
    open_definitions(plan, to);
    ht_wsdl_types(mapping, plan->source, to);
    write_messages(plan, to);
    for (guint i = 0; i < plan->faces->len; i++) {
        write_port_type(face_of(plan, i), to);
    }
    for (guint i = 0; i < plan->faces->len; i++) {
        write_bindings(face_of(plan, i), to);
    }
    for (guint i = 0; i < plan->faces->len; i++) {
        write_service(plan, face_of(plan, i), to);
    }
    ht_buffer_add_literal(to, "</wsdl:definitions>\n");
}

static void add_service(Plan *plan, const HtService *service)
{
    Face face = {.name = service->name,
                 .service = service->name,
                 .prefix = ht_wsdl_prefix(plan->faces->len),
                 .uri = service->uri,
                 .rpc = service->rpc,
                 .encoded = service->encoded,
                 .soap_11 = service->soap_11,
                 .soap_12 = service->soap_12,
                 .operations = service->operations};
    g_array_append_val(plan->faces, face);
}

static void free_face(gpointer data)
{
    g_free(((Face *)data)->prefix);
}

void ht_wsdl_write(const HtMapping *mapping, const char *source, const char *address, HtBuffer *to)
{
    const GPtrArray *services = mapping->services;
    g_autofree char *uri = g_strconcat(HT_SUBMIT_URI, source, NULL);
    g_autofree char *action = g_strconcat(uri, ":" HT_SUBMIT, NULL);
    g_autofree char *other_name = g_strconcat(source, "-submit", NULL);
    HtOperation submit = {.name = HT_SUBMIT, .response = HT_SUBMIT "Response", .action = action};
    g_autoptr(GPtrArray) operations = g_ptr_array_new();
    g_autoptr(GArray) faces = g_array_new(FALSE, FALSE, sizeof(Face));
    Plan plan = {.faces = faces, .source = source, .address = address};
    bool taken = false;
    g_array_set_clear_func(faces, free_face);
    g_ptr_array_add(operations, &submit);
    for (guint i = 0; i < services->len; i++) {
        const HtService *service = services->pdata[i];
        add_service(&plan, service);
        taken = taken || strcmp(service->name, source) == 0;
    }
    if (ht_services_have_submit(services)) {
        Face face = {.name = HT_SUBMIT,
                     .service = taken ? other_name : source,
                     .prefix = g_strdup("s"),
                     .uri = uri,
                     .soap_11 = true,
                     .soap_12 = true,
                     .operations = operations};
        g_array_append_val(faces, face);
    }
    write_plan(mapping, &plan, to);
}
