/* The WSDL's schemas (XML Schema 1.0). All of a department's values are strings: their notations are the departments' own,
 * and what they mean is for the mapping to say, record by record. Called by wsdl.c; no state. */
#include "mappings/engine/wsdl/wsdl.h"

#include "core/base/xml.h"
#include "mappings/engine/rules/rules.h"

#include <libxml/tree.h>

/* ---- Receipt and fault: what core/ingress answers ---- */

static const char receipt_schema[] =
    "<xs:schema targetNamespace=\"urn:hutong:receipt:1\" elementFormDefault=\"qualified\">\n"
    "<xs:complexType name=\"Finding\"><xs:sequence>"
    "<xs:element name=\"code\" type=\"xs:string\"/>"
    "<xs:element name=\"part\" type=\"xs:long\" minOccurs=\"0\"/>"
    "<xs:element name=\"record\" type=\"xs:long\" minOccurs=\"0\"/>"
    "<xs:element name=\"element\" type=\"xs:string\" minOccurs=\"0\"/>"
    "<xs:element name=\"line\" type=\"xs:long\" minOccurs=\"0\"/>"
    "<xs:element name=\"text\" type=\"xs:string\"/>"
    "</xs:sequence></xs:complexType>\n"
    "<xs:complexType name=\"Receipt\"><xs:sequence>"
    "<xs:element name=\"messageId\" type=\"xs:string\"/>"
    "<xs:element name=\"sequence\" type=\"xs:long\"/>"
    "<xs:element name=\"events\" type=\"xs:long\"/>"
    "<xs:element name=\"duplicates\" type=\"xs:long\"/>"
    "<xs:element name=\"rejected\" type=\"xs:long\"/>"
    "<xs:element name=\"sha256\" type=\"xs:string\"/>"
    "<xs:element name=\"receivedAt\" type=\"xs:dateTime\"/>"
    "<xs:element name=\"lastSequence\" type=\"xs:long\" minOccurs=\"0\"/>"
    "<xs:element name=\"bus\" type=\"xs:string\" minOccurs=\"0\"/>"
    "<xs:element name=\"source\" type=\"xs:string\" minOccurs=\"0\"/>"
    "<xs:element name=\"keyId\" type=\"xs:string\" minOccurs=\"0\"/>"
    "<xs:element name=\"signature\" type=\"xs:string\" minOccurs=\"0\"/>"
    "<xs:element name=\"finding\" type=\"r:Finding\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>"
    "</xs:sequence></xs:complexType>\n"
    "<xs:complexType name=\"Fault\"><xs:sequence>"
    "<xs:element name=\"messageId\" type=\"xs:string\"/>"
    "<xs:element name=\"code\" type=\"xs:string\"/>"
    "<xs:element name=\"text\" type=\"xs:string\"/>"
    "<xs:element name=\"count\" type=\"xs:long\" minOccurs=\"0\"/>"
    "<xs:element name=\"finding\" type=\"r:Finding\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>"
    "<xs:element name=\"notice\" type=\"xs:string\" minOccurs=\"0\"/>"
    "<xs:element name=\"textZh\" type=\"xs:string\" minOccurs=\"0\"/>"
    "</xs:sequence></xs:complexType>\n"
    "<xs:element name=\"receipt\" type=\"r:Receipt\"/>\n"
    "<xs:element name=\"fault\" type=\"r:Fault\"/>\n"
    "</xs:schema>\n";

void ht_wsdl_receipt_types(HtBuffer *to)
{
    ht_buffer_add_string(to, receipt_schema);
}

static void open_schema(const char *uri, bool qualified, HtBuffer *to)
{
    ht_buffer_add_literal(to, "<xs:schema targetNamespace=\"");
    ht_xml_add(to, ht_text_from(uri));
    ht_buffer_printf(to, "\"%s>\n", qualified ? " elementFormDefault=\"qualified\"" : "");
}

/* Clients of the generated kind have trouble with three things, which are avoided:
 * - a type of which nothing is known but one child that repeats: .NET's asmx takes it for an array, and of an array in an
 *   array makes code that does not compile (CS0030). A wildcard for attributes makes it a class;
 * - the same with Axis 1.4, which writes wrong names in an array of arrays: a sequence in the sequence, which says nothing else,
 *   makes it a class there;
 * - an attribute with the name of an element beside it: JAXB has one property for both. The attribute is left out. */
static const char any_attribute[] = "<xs:anyAttribute namespace=\"##other\" processContents=\"lax\"/>";

/* ---- The department's own operations ---- */

static void write_inner_structure(const GPtrArray *parts, HtBuffer *to);

static void write_part(const HtPart *part, HtBuffer *to)
{
    ht_buffer_printf(to, "<xs:element name=\"%s\"", part->name);
    if (!part->parts) {
        ht_buffer_printf(to, " type=\"xs:%s\"", part->type);
    }
    ht_buffer_printf(to, " minOccurs=\"0\"%s", part->many ? " maxOccurs=\"unbounded\"" : "");
    if (!part->parts) {
        ht_buffer_add_literal(to, "/>");
        return;
    }
    ht_buffer_add_literal(to, "><xs:complexType>");
    write_inner_structure(part->parts, to);
    ht_buffer_add_literal(to, "</xs:complexType></xs:element>");
}

static bool has_element(const GPtrArray *parts, const char *name)
{
    for (guint i = 0; i < parts->len; i++) {
        const HtPart *part = parts->pdata[i];
        if (!part->attribute && strcmp(part->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The inside of a complex type. */
static void write_structure(const GPtrArray *parts, HtBuffer *to)
{
    ht_buffer_add_literal(to, "<xs:sequence>");
    for (guint i = 0; i < parts->len; i++) {
        const HtPart *part = parts->pdata[i];
        if (!part->attribute) {
            write_part(part, to);
        }
    }
    ht_buffer_add_literal(to, "</xs:sequence>");
    for (guint i = 0; i < parts->len; i++) {
        const HtPart *part = parts->pdata[i];
        if (part->attribute && !has_element(parts, part->name)) {
            ht_buffer_printf(to, "<xs:attribute name=\"%s\" type=\"xs:%s\"/>", part->name, part->type);
        }
    }
}

/* The same inside of another type. Not of an operation's element: wrappers have no wildcards (JAX-WS 2.2, 2.3.1.2). */
static void write_inner_structure(const GPtrArray *parts, HtBuffer *to)
{
    bool alone = parts->len == 1 && ((const HtPart *)parts->pdata[0])->many;
    write_structure(parts, to);
    ht_buffer_add_string(to, alone ? any_attribute : "");
}

static void write_wrapper(const char *name, const GPtrArray *parts, HtBuffer *to)
{
    ht_buffer_printf(to, "<xs:element name=\"%s\"><xs:complexType>", name);
    write_structure(parts, to);
    ht_buffer_add_literal(to, "</xs:complexType></xs:element>\n");
}

char *ht_wsdl_prefix(unsigned n)
{
    return g_strdup_printf("d%u", n + 1);
}

char *ht_wsdl_structure(const HtOperation *operation, const HtPart *part)
{
    return g_strdup_printf("%s.%s", operation->name, part->name);
}

/* In rpc style a part has a type, and a structure needs one with a name. */
static void write_structures(const HtOperation *operation, const GPtrArray *parts, HtBuffer *to)
{
    for (guint i = 0; i < parts->len; i++) {
        const HtPart *part = parts->pdata[i];
        if (part->parts) {
            g_autofree char *name = ht_wsdl_structure(operation, part);
            ht_buffer_printf(to, "<xs:complexType name=\"%s\">", name);
            write_inner_structure(part->parts, to);
            ht_buffer_add_literal(to, "</xs:complexType>\n");
        }
    }
}

void ht_wsdl_service_types(const HtService *service, HtBuffer *to)
{
    open_schema(service->uri, service->qualified, to);
    for (guint i = 0; i < service->operations->len; i++) {
        const HtOperation *operation = service->operations->pdata[i];
        if (service->rpc) {
            write_structures(operation, operation->in, to);
            write_structures(operation, operation->out, to);
        } else {
            write_wrapper(operation->name, operation->in, to);
            write_wrapper(operation->response, operation->out, to);
        }
    }
    ht_buffer_add_literal(to, "</xs:schema>\n");
}

/* ---- Submit: content as the mapping's paths have it ---- */

static bool has_children(const HtTrieNode *node, bool attributes)
{
    for (const HtTrieNode *child = node->children; child; child = child->next) {
        if (child->attribute == attributes) {
            return true;
        }
    }
    return false;
}

static bool has_record(const HtTrieNode *node)
{
    bool found = node->record >= 0;
    for (const HtTrieNode *child = node->children; child && !found; child = child->next) {
        found = has_record(child);
    }
    return found;
}

static bool is_name(const HtTrieNode *node)
{
    return xmlValidateNCName((const xmlChar *)node->name, 0) == 0;
}

static bool has_child(const HtTrieNode *node, const char *name)
{
    for (const HtTrieNode *child = node->children; child; child = child->next) {
        if (!child->attribute && strcmp(child->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void write_attributes(const HtTrieNode *node, HtBuffer *to)
{
    for (const HtTrieNode *child = node->children; child; child = child->next) {
        if (child->attribute && is_name(child) && !has_child(node, child->name)) {
            ht_buffer_printf(to, "<xs:attribute name=\"%s\" type=\"xs:string\"/>", child->name);
        }
    }
}

static void write_element(const HtTrieNode *node, HtBuffer *to);

static bool repeats(const HtTrieNode *node)
{
    return node->children || node->record >= 0 || node->each >= 0;
}

/* One child that can be said in a schema, and that repeats. */
static bool is_list(const HtTrieNode *node)
{
    unsigned count = 0;
    bool many = false;
    for (const HtTrieNode *child = node->children; child; child = child->next) {
        count += is_name(child);
        many = many || (is_name(child) && !child->attribute && repeats(child));
    }
    return count == 1 && many;
}

/* What stands around the records must come before them: a record is complete at its end. */
static void write_children(const HtTrieNode *node, HtBuffer *to)
{
    bool is_alone = is_list(node);
    ht_buffer_add_string(to, is_alone ? "<xs:sequence><xs:sequence>" : "<xs:sequence>");
    for (unsigned records = 0; records < 2; records++) {
        for (const HtTrieNode *child = node->children; child; child = child->next) {
            if (!child->attribute && is_name(child) && has_record(child) == (records == 1)) {
                write_element(child, to);
            }
        }
    }
    ht_buffer_add_string(to, is_alone ? "</xs:sequence></xs:sequence>" : "</xs:sequence>");
}

static void write_content(const HtTrieNode *node, HtBuffer *to)
{
    if (has_children(node, false)) {
        ht_buffer_printf(to, "<xs:complexType%s>", node->stores->len > 0 ? " mixed=\"true\"" : "");
        write_children(node, to);
        write_attributes(node, to);
        ht_buffer_add_string(to, is_list(node) ? any_attribute : "");
    } else {
        ht_buffer_add_literal(to, "<xs:complexType><xs:simpleContent><xs:extension base=\"xs:string\">");
        write_attributes(node, to);
        ht_buffer_add_literal(to, "</xs:extension></xs:simpleContent>");
    }
    ht_buffer_add_literal(to, "</xs:complexType>");
}

/* Everything is optional, and what holds more than a text may repeat: required and repeated is what the mapping says for
 * each kind of record, and it says it with a better text than a schema can. */
static void write_element(const HtTrieNode *node, HtBuffer *to)
{
    if (!node->children) {
        ht_buffer_printf(to, "<xs:element name=\"%s\" type=\"xs:string\" minOccurs=\"0\"%s/>", node->name,
                         repeats(node) ? " maxOccurs=\"unbounded\"" : "");
        return;
    }
    ht_buffer_printf(to, "<xs:element name=\"%s\" minOccurs=\"0\" maxOccurs=\"unbounded\">", node->name);
    write_content(node, to);
    ht_buffer_add_literal(to, "</xs:element>");
}

/* Roots that hold records. Not those that stand for what XML does not have (JSON, a fragment) or have a form of their own, and none whose name is that
 * of the element for strings. */
static bool is_typed(const HtTrieNode *root)
{
    static const char *const others[] = {"json", "fragment", "document", NULL};
    return !root->attribute && !root->declared && is_name(root) && has_record(root) &&
           !g_strv_contains(others, root->name);
}

void ht_wsdl_submit_types(const HtMapping *mapping, const char *uri, HtBuffer *to)
{
    open_schema(uri, true, to);
    ht_buffer_add_literal(to, "<xs:import namespace=\"urn:hutong:receipt:1\"/>\n"
                              "<xs:element name=\"" HT_SUBMIT "\"><xs:complexType><xs:choice>\n"
                              "<xs:element name=\"document\" type=\"xs:string\"/>\n");
    for (const HtTrieNode *root = mapping->trie->children; root; root = root->next) {
        if (is_typed(root)) {
            ht_buffer_printf(to, "<xs:element name=\"%s\">", root->name);
            write_content(root, to);
            ht_buffer_add_literal(to, "</xs:element>\n");
        }
    }
    ht_buffer_add_literal(to,
                          "</xs:choice></xs:complexType></xs:element>\n"
                          "<xs:element name=\"" HT_SUBMIT "Response\" type=\"r:Receipt\"/>\n</xs:schema>\n");
}
