/* The WSDL around the types: messages, port types, bindings, service (W3C Note "WSDL 1.1", and the SOAP 1.2 binding of the
 * W3C Member Submission of 5 April 2006). The department's own operations and the generic Submit are two port types, so
 * that rpc and document style stay apart, as WS-I Basic Profile 1.1 wants it (R2705). The whole is literal throughout (R2706):
 * JAX-WS and CXF read no description that has one encoded binding. What is encoded is so in the description of its service
 * alone; the elements on the wire are the same. Called by the host; no state. */
#include "mappings/engine/wsdl/wsdl.h"

#include "core/base/xml.h"
#include "mappings/engine/rules/rules.h"

/* One port type with its bindings, and a service of its own. */
typedef struct {
    const char *name, *service;
    char *prefix;    /* of the request's and answer's elements */
    const char *uri; /* of the operations */
    bool rpc, encoded, soap_11, soap_12;
    const GPtrArray *operations;
    const HtService *own; /* NULL: the generic operation */
} Face;

/* What is described: the department's own first, which clients take when they are not told. */
typedef struct {
    GArray *faces;
    const HtWsdlQuestion *question;
    char *uri, *action, *other_name; /* of the generic operation and its service */
    HtOperation submit;
    GPtrArray *operations; /* it alone */
} Plan;

static const Face *face_of(const Plan *plan, guint i)
{
    return &g_array_index(plan->faces, Face, i);
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
        ht_xml_add(to, ht_text_from(face->uri));
        ht_buffer_add_char(to, '"');
    }
    ht_buffer_printf(to, "/></wsdl:%s>", side);
}

/* No faults with SOAP 1.2: Axis 1.4 stops at <soap12:fault>, and the port type has said them. */
static void write_binding(const Face *face, const char *soap, const char *suffix, HtBuffer *to)
{
    ht_buffer_printf(to, "<wsdl:binding name=\"%s%s\" type=\"tns:%s\">\n", face->name, suffix, face->name);
    ht_buffer_printf(to, "<%s:binding style=\"%s\" transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n",
                     soap, face->rpc ? "rpc" : "document");
    for (guint i = 0; i < face->operations->len; i++) {
        const HtOperation *operation = face->operations->pdata[i];
        ht_buffer_printf(to, "<wsdl:operation name=\"%s\"><%s:operation soapAction=\"", operation->name,
                         soap);
        ht_xml_add(to, ht_text_from(operation->action));
        ht_buffer_add_literal(to, "\"/>");
        write_soap_body(face, soap, "input", to);
        write_soap_body(face, soap, "output", to);
        if (strcmp(soap, "soap") == 0) {
            ht_buffer_add_literal(to,
                                  "<wsdl:fault name=\"fault\"><soap:fault name=\"fault\" use=\"literal\"/>"
                                  "</wsdl:fault>");
        }
        ht_buffer_add_literal(to, "</wsdl:operation>\n");
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
    ht_xml_add(to, ht_text_from(plan->question->address));
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
    ht_xml_add(to, ht_text_from(uri));
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

/* For the person who reads it; each service can be had alone. */
static void write_documentation(const Plan *plan, HtBuffer *to)
{
    if (plan->faces->len < 2) {
        return;
    }
    ht_buffer_add_literal(to, "<wsdl:documentation>");
    for (guint i = 0; i < plan->faces->len; i++) {
        const Face *face = face_of(plan, i);
        bool encoded = face->own && face->own->encoded;
        ht_buffer_printf(to, "%s%s%s", i > 0 ? ", " : "", face->service,
                         encoded ? " (rpc/encoded when described alone)" : "");
    }
    ht_buffer_add_literal(
        to, ": ?wsdl=NAME describes one of these services alone, in a target namespace of its own."
            "</wsdl:documentation>\n");
}

static void write_types(const HtMapping *mapping, const Plan *plan, HtBuffer *to)
{
    ht_buffer_add_literal(to, "<wsdl:types>\n");
    ht_wsdl_receipt_types(to);
    for (guint i = 0; i < plan->faces->len; i++) {
        const Face *face = face_of(plan, i);
        if (face->own) {
            ht_wsdl_service_types(face->own, to);
        } else {
            ht_wsdl_submit_types(mapping, face->uri, to);
        }
    }
    ht_buffer_add_literal(to, "</wsdl:types>\n");
}

static void write_plan(const HtMapping *mapping, const Plan *plan, HtBuffer *to)
{
    open_definitions(plan, to);
    write_documentation(plan, to);
    write_types(mapping, plan, to);
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

/* ---- Which services ---- */

static void free_face(gpointer data)
{
    g_free(((Face *)data)->prefix);
}

static void add_service(Plan *plan, const HtService *service)
{
    Face face = {.name = service->name,
                 .service = service->name,
                 .prefix = ht_wsdl_prefix(plan->faces->len),
                 .uri = service->uri,
                 .rpc = service->rpc,
                 .soap_11 = service->soap_11,
                 .soap_12 = service->soap_12,
                 .operations = service->operations,
                 .own = service};
    g_array_append_val(plan->faces, face);
}

static void add_submit(Plan *plan, bool taken)
{
    Face face = {.name = HT_SUBMIT,
                 .service = taken ? plan->other_name : plan->question->source,
                 .prefix = g_strdup("s"),
                 .uri = plan->uri,
                 .soap_11 = true,
                 .soap_12 = true,
                 .operations = plan->operations};
    g_array_append_val(plan->faces, face);
}

/* The plan is cleared by clear_plan(). */
static void make_plan(const HtMapping *mapping, const HtWsdlQuestion *question, Plan *plan)
{
    const GPtrArray *services = mapping->services;
    bool taken = false;
    plan->question = question;
    plan->faces = g_array_new(FALSE, FALSE, sizeof(Face));
    g_array_set_clear_func(plan->faces, free_face);
    plan->uri = g_strconcat(HT_SUBMIT_URI, question->source, NULL);
    plan->action = g_strconcat(plan->uri, ":" HT_SUBMIT, NULL);
    plan->other_name = g_strconcat(question->source, "-submit", NULL);
    plan->submit = (HtOperation){.name = HT_SUBMIT, .response = HT_SUBMIT "Response", .action = plan->action};
    plan->operations = g_ptr_array_new();
    g_ptr_array_add(plan->operations, &plan->submit);
    for (guint i = 0; i < services->len; i++) {
        const HtService *service = services->pdata[i];
        add_service(plan, service);
        taken = taken || g_ascii_strcasecmp(service->name, question->source) == 0;
    }
    if (ht_services_have_submit(services)) {
        add_submit(plan, taken);
    }
}

static void clear_plan(Plan *plan)
{
    g_array_unref(plan->faces);
    g_ptr_array_unref(plan->operations);
    g_free(plan->uri);
    g_free(plan->action);
    g_free(plan->other_name);
}

static bool is_called(const Face *face, const char *name)
{
    return g_ascii_strcasecmp(face->service, name) == 0 || g_ascii_strcasecmp(face->name, name) == 0;
}

/* Leaves the service of this name alone in the plan. False when there is none. */
static bool choose_service(Plan *plan, const char *name)
{
    for (guint i = 0; i < plan->faces->len; i++) {
        if (is_called(face_of(plan, i), name)) {
            g_array_remove_range(plan->faces, i + 1, plan->faces->len - i - 1);
            g_array_remove_range(plan->faces, 0, i);
            Face *face = &g_array_index(plan->faces, Face, 0);
            face->encoded = face->own && face->own->encoded;
            return true;
        }
    }
    return false;
}

bool ht_wsdl_write(const HtMapping *mapping, const HtWsdlQuestion *question, HtBuffer *to)
{
    Plan plan = {.faces = NULL};
    make_plan(mapping, question, &plan);
    bool found = !question->service || !*question->service || choose_service(&plan, question->service);
    if (found) {
        write_plan(mapping, &plan, to);
    }
    clear_plan(&plan);
    return found;
}

char *ht_wsdl_services(const HtMapping *mapping, const char *source)
{
    HtWsdlQuestion question = {.source = source};
    Plan plan = {.faces = NULL};
    make_plan(mapping, &question, &plan);
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < plan.faces->len; i++) {
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", face_of(&plan, i)->service);
    }
    clear_plan(&plan);
    return g_string_free(names, FALSE);
}
