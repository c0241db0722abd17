/* Finding and checking the places of a signed message; see parts.h. What is not on these lists is refused, never passed over: what xmlsec would do with it need not be known. */
#include "plugins/signature/parts.h"

#include "plugins/signature/tree.h"

#include <libxml/valid.h>

#define WSSE "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
#define WSU "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
#define DS "http://www.w3.org/2000/09/xmldsig#"
#define ID_MAX 256 /* bytes of a wsu:Id */

/* Ids in a message. Who writes more may have chosen them so that looking one up takes long. */
#define IDS_MAX 1024

const char ht_parts_wsu[] = WSU;

static const char *const canonical_forms[] = {"http://www.w3.org/2001/10/xml-exc-c14n#",
                                              "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", NULL};
static const char *const signature_methods[] = {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                                                "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
                                                "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
                                                "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
                                                "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
                                                "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
                                                NULL};
static const char *const old_signature_methods[] = {"http://www.w3.org/2000/09/xmldsig#rsa-sha1", NULL};
static const char *const digest_methods[] = {"http://www.w3.org/2001/04/xmlenc#sha256",
                                             "http://www.w3.org/2001/04/xmldsig-more#sha384",
                                             "http://www.w3.org/2001/04/xmlenc#sha512", NULL};
static const char *const old_digest_methods[] = {"http://www.w3.org/2000/09/xmldsig#sha1", NULL};
static const char *const next_roles[] = {"", "http://schemas.xmlsoap.org/soap/actor/next",
                                         HT_SOAP_12_URI "/role/next", HT_SOAP_12_URI "/role/ultimateReceiver",
                                         NULL};

typedef struct {
    const HtSignatureKeys *keys;
    HtParts *parts;
    HtFault *fault;
    GHashTable *ids; /* wsu:Id → element; NULL value: one that may not be named */
} PartSearch;

static bool refuse(const PartSearch *search, const char *code, const char *text)
{
    ht_fault_set(search->fault, code, "%s", text);
    return false;
}

static bool is_missing(const PartSearch *search)
{
    return refuse(search, "signature-missing",
                  "Sign the message: a SOAP Envelope whose WS-Security header has a signature of the Body.");
}

static bool is_unsupported(const PartSearch *search, const char *text)
{
    return refuse(search, "signature-unsupported", text);
}

/* ---- Steps in the tree ---- */

static xmlNodePtr find_element(xmlNodePtr node)
{
    while (node && node->type != XML_ELEMENT_NODE) {
        node = node->next;
    }
    return node;
}

xmlNodePtr ht_parts_first(const xmlNode *node)
{
    return find_element(node->children);
}

xmlNodePtr ht_parts_next(const xmlNode *node)
{
    return find_element(node->next);
}

static bool has_uri(const xmlNode *node, const char *uri)
{
    return node->ns && node->ns->href && strcmp((const char *)node->ns->href, uri) == 0;
}

bool ht_parts_is(const xmlNode *node, const char *name, const char *uri)
{
    return node && strcmp((const char *)node->name, name) == 0 && has_uri(node, uri);
}

static bool is_one_of(const xmlChar *text, const char *const *words)
{
    return text && ht_text_is_one_of(ht_text_from((const char *)text), words);
}

/* Free it (xmlFree). NULL: there is none. */
static xmlChar *get_attribute(const xmlNode *node, const char *name)
{
    return xmlGetNoNsProp(node, BAD_CAST name);
}

/* ---- Ids ---- */

/* The next node in the order of the document. */
static xmlNodePtr step(xmlNodePtr root, xmlNodePtr node)
{
    if (node->type == XML_ELEMENT_NODE && node->children) {
        return node->children;
    }
    while (node != root && !node->next) {
        node = node->parent;
    }
    return node == root ? NULL : node->next;
}

/* An id stands once, or a signature could mean the one and a reader the other. libxml2 takes xml:id for one by itself, so that there is none. */
static bool note_ids(const PartSearch *search, xmlNodePtr element)
{
    for (xmlAttrPtr attribute = element->properties; attribute; attribute = attribute->next) {
        const char *uri = attribute->ns ? (const char *)attribute->ns->href : "";
        const char *name = (const char *)attribute->name;
        if (strcmp(uri, (const char *)XML_XML_NAMESPACE) == 0 && strcmp(name, "id") == 0) {
            return is_unsupported(
                search, "An xml:id stands in the signed message: leave it out, parts are named by wsu:Id.");
        }
        if (strcmp(uri, WSU) != 0 || strcmp(name, "Id") != 0) {
            continue;
        }
        xmlChar *value = xmlNodeGetContent((xmlNodePtr)attribute);
        char *id = g_strdup((const char *)value);
        xmlFree(value);
        if (!g_hash_table_insert(search->ids, id, NULL)) {
            return refuse(search, "signature-refused",
                          "A wsu:Id stands twice in the message: each names one element.");
        }
        if (g_hash_table_size(search->ids) > IDS_MAX) {
            return is_unsupported(search, "The message has more than 1024 wsu:Ids: leave out those that no "
                                          "signature names.");
        }
    }
    return true;
}

static bool gather_ids(const PartSearch *search, xmlNodePtr root)
{
    bool good = true;
    for (xmlNodePtr node = root; node && good; node = step(root, node)) {
        good = node->type != XML_ELEMENT_NODE || note_ids(search, node);
    }
    return good;
}

static bool is_plain_id(const char *id)
{
    size_t size = strlen(id);
    for (const char *at = id; *at; at++) {
        if (!g_ascii_isalnum(*at) && !strchr("_-.", *at)) {
            return false;
        }
    }
    return size > 0 && size <= ID_MAX;
}

/* From now on a signature may name it; also to libxml2, which xmlsec asks. */
static void allow_id(const PartSearch *search, xmlNodePtr element)
{
    xmlAttrPtr attribute = xmlHasNsProp(element, BAD_CAST "Id", BAD_CAST WSU);
    if (!attribute) {
        return;
    }
    xmlChar *id = xmlNodeGetContent((xmlNodePtr)attribute);
    if (is_plain_id((const char *)id)) {
        g_hash_table_insert(search->ids, g_strdup((const char *)id), element);
        xmlAddID(NULL, element->doc, id, attribute);
    }
    xmlFree(id);
}

/* ---- Envelope ---- */

/* Without actor (SOAP 1.1) or role (1.2) it is for the last receiver. */
static bool is_for_us(const HtParts *parts, const xmlNode *block)
{
    const char *uri = parts->soap == HT_SOAP_11 ? HT_SOAP_11_URI : HT_SOAP_12_URI;
    xmlChar *role = xmlGetNsProp(block, BAD_CAST(parts->soap == HT_SOAP_11 ? "actor" : "role"), BAD_CAST uri);
    char *trimmed = role ? g_strstrip((char *)role) : NULL;
    bool ours = !trimmed || is_one_of(BAD_CAST trimmed, next_roles);
    xmlFree(role);
    return ours;
}

static bool find_security(const PartSearch *search, xmlNodePtr header)
{
    HtParts *parts = search->parts;
    for (xmlNodePtr block = ht_parts_first(header); block; block = ht_parts_next(block)) {
        allow_id(search, block);
        if (!ht_parts_is(block, "Security", WSSE) || !is_for_us(parts, block)) {
            continue;
        }
        if (parts->security) {
            return is_unsupported(search, "There are two Security headers for the bus: send one.");
        }
        parts->security = block;
    }
    return parts->security || is_missing(search);
}

static bool find_envelope(const PartSearch *search, xmlNodePtr root)
{
    HtParts *parts = search->parts;
    bool soap_12 = ht_parts_is(root, "Envelope", HT_SOAP_12_URI);
    if (!soap_12 && !ht_parts_is(root, "Envelope", HT_SOAP_11_URI)) {
        return is_missing(search);
    }
    parts->soap = soap_12 ? HT_SOAP_12 : HT_SOAP_11;
    const char *uri = soap_12 ? HT_SOAP_12_URI : HT_SOAP_11_URI;
    xmlNodePtr header = ht_parts_first(root);
    if (!ht_parts_is(header, "Header", uri)) {
        return is_missing(search);
    }
    parts->body = ht_parts_next(header);
    if (!ht_parts_is(parts->body, "Body", uri) || ht_parts_next(parts->body)) {
        return is_unsupported(
            search, "A signed Envelope has one Header and one Body, in this order, and nothing else.");
    }
    allow_id(search, parts->body);
    return find_security(search, header);
}

static bool take_signature(const PartSearch *search, xmlNodePtr child)
{
    if (search->parts->signature) {
        return is_unsupported(search, "The Security header has more than one signature: send one.");
    }
    search->parts->signature = child;
    return true;
}

/* What else stands there the reader of the header refuses. */
static bool find_in_security(const PartSearch *search)
{
    HtParts *parts = search->parts;
    bool good = true;
    for (xmlNodePtr child = ht_parts_first(parts->security); child && good; child = ht_parts_next(child)) {
        allow_id(search, child);
        if (ht_parts_is(child, "Signature", DS)) {
            good = take_signature(search, child);
        } else if (ht_parts_is(child, "Timestamp", WSU)) {
            good = !parts->timestamp ||
                   is_unsupported(search, "The Security header has more than one Timestamp: send one.");
            parts->timestamp = child;
        }
    }
    return good && (parts->signature || is_missing(search));
}

/* ---- The signature's form ---- */

static bool check_algorithm(const PartSearch *search, const xmlNode *node, const char *const *taken,
                            const char *const *old)
{
    xmlChar *algorithm = get_attribute(node, "Algorithm");
    bool good =
        is_one_of(algorithm, taken) || (old && search->keys->allows_sha1 && is_one_of(algorithm, old));
    xmlFree(algorithm);
    return good ||
           is_unsupported(
               search,
               "The signature uses an algorithm that is not taken: RSA or ECDSA with SHA-256, -384 or -512 over "
               "exclusive or inclusive canonical XML without comments.");
}

/* HMAC's length would stand there, too. */
static bool check_plain(const PartSearch *search, const xmlNode *node, const char *name,
                        const char *const *taken, const char *const *old)
{
    if (!ht_parts_is(node, name, DS) || ht_parts_first(node)) { /* NULL, too */
        return is_unsupported(search, "The signature's SignedInfo is not of the form that is taken.");
    }
    return check_algorithm(search, node, taken, old);
}

/* Prefixes that exclusive canonical form takes as inclusive: what is signed only grows. Each is looked for at each element, so they are not more than can be in scope. */
static bool is_prefix_list(const xmlNode *node)
{
    xmlChar *list = get_attribute(node, "PrefixList");
    unsigned prefixes = 0;
    for (const xmlChar *at = list; at && *at; at++) {
        prefixes += !g_ascii_isspace(*at) && (at == list || g_ascii_isspace(at[-1]));
    }
    xmlFree(list);
    return prefixes <= HT_TREE_NAMESPACES && ht_parts_is(node, "InclusiveNamespaces", canonical_forms[0]) &&
           !ht_parts_first(node);
}

static bool check_form(const PartSearch *search, const xmlNode *node, const char *name)
{
    xmlNodePtr child = node ? ht_parts_first(node) : NULL;
    bool known = !child || (is_prefix_list(child) && !ht_parts_next(child));
    if (!ht_parts_is(node, name, DS) || !known) {
        return is_unsupported(
            search, "The signature's canonical form or transforms are not of the form that is taken.");
    }
    return check_algorithm(search, node, canonical_forms, NULL);
}

static bool check_transforms(const PartSearch *search, const xmlNode *transforms)
{
    xmlNodePtr only = ht_parts_first(transforms);
    if (!only || ht_parts_next(only)) {
        return is_unsupported(
            search,
            "A reference of the signature has more than one transform: canonical form alone is taken.");
    }
    return check_form(search, only, "Transform");
}

/* Whether a reference of the signature names it. */
static bool is_signed(const HtParts *parts, const xmlNode *node)
{
    for (unsigned i = 0; i < parts->references; i++) {
        if (parts->signed_nodes[i] == node) {
            return true;
        }
    }
    return false;
}

static bool note_reference(const PartSearch *search, const char *uri)
{
    HtParts *parts = search->parts;
    if (!uri || uri[0] != '#' || !is_plain_id(uri + 1)) {
        return is_unsupported(
            search,
            "The signature refers to something that is not named by the wsu:Id of an element in this message.");
    }
    xmlNodePtr element = g_hash_table_lookup(search->ids, uri + 1);
    if (!element) {
        return refuse(
            search, "signature-refused",
            "The signature refers to what is not the Body, a header, or a part of the Security header in this message.");
    }
    if (is_signed(parts, element)) {
        return is_unsupported(search, "The signature refers to one element twice.");
    }
    if (parts->references == HT_PARTS_REFERENCES) {
        return is_unsupported(search, "The signature has more than 16 references.");
    }
    parts->signed_nodes[parts->references++] = element;
    return true;
}

static bool check_reference(const PartSearch *search, const xmlNode *reference)
{
    xmlNodePtr child = ht_parts_first(reference);
    if (ht_parts_is(child, "Transforms", DS)) {
        if (!check_transforms(search, child)) {
            return false;
        }
        child = ht_parts_next(child);
    }
    if (!check_plain(search, child, "DigestMethod", digest_methods, old_digest_methods)) {
        return false;
    }
    child = ht_parts_next(child);
    if (!ht_parts_is(child, "DigestValue", DS) || ht_parts_next(child) ||
        !ht_parts_is(reference, "Reference", DS)) {
        return is_unsupported(search, "A reference of the signature is not of the form that is taken.");
    }
    xmlChar *uri = get_attribute(reference, "URI");
    bool good = note_reference(search, (const char *)uri);
    xmlFree(uri);
    return good;
}

static bool check_signed_info(const PartSearch *search, const xmlNode *info)
{
    xmlNodePtr child = ht_parts_first(info);
    if (!check_form(search, child, "CanonicalizationMethod")) {
        return false;
    }
    child = ht_parts_next(child);
    if (!check_plain(search, child, "SignatureMethod", signature_methods, old_signature_methods)) {
        return false;
    }
    bool good = true;
    while (good && (child = ht_parts_next(child))) {
        good = check_reference(search, child);
    }
    return good;
}

/* ---- Who signed ---- */

static bool ends_with(const xmlChar *text, const char *end)
{
    return text && g_str_has_suffix((const char *)text, end);
}

static bool take_value(const PartSearch *search, const xmlNode *node, HtNamed named)
{
    search->parts->named = named;
    search->parts->value = xmlNodeGetContent(node);
    return search->parts->value && !ht_parts_first(node);
}

/* A token in the Security header. */
static bool take_token(const PartSearch *search, const xmlNode *reference)
{
    xmlChar *uri = get_attribute(reference, "URI");
    xmlNodePtr token = uri && uri[0] == '#' ? g_hash_table_lookup(search->ids, (const char *)uri + 1) : NULL;
    xmlFree(uri);
    if (!token || token->parent != search->parts->security ||
        !ht_parts_is(token, "BinarySecurityToken", WSSE)) {
        return false;
    }
    xmlChar *type = get_attribute(token, "ValueType"), *coding = get_attribute(token, "EncodingType");
    bool good = (!type || ends_with(type, "#X509v3") || ends_with(type, "#X509")) &&
                (!coding || ends_with(coding, "#Base64Binary")) &&
                take_value(search, token, HT_NAMED_CARRIED);
    xmlFree(type);
    xmlFree(coding);
    return good;
}

static bool take_key_identifier(const PartSearch *search, const xmlNode *identifier)
{
    xmlChar *type = get_attribute(identifier, "ValueType");
    HtNamed named = ends_with(type, "#X509SubjectKeyIdentifier") ? HT_NAMED_KEY_ID
                    : ends_with(type, "#ThumbprintSHA1")         ? HT_NAMED_THUMBPRINT
                                                                 : HT_NAMED_CARRIED;
    bool good =
        (named != HT_NAMED_CARRIED || ends_with(type, "#X509v3")) && take_value(search, identifier, named);
    xmlFree(type);
    return good;
}

static bool take_issuer_serial(const PartSearch *search, const xmlNode *data)
{
    xmlNodePtr both = ht_parts_first(data), serial = both ? ht_parts_first(both) : NULL;
    serial = ht_parts_is(serial, "X509IssuerName", DS) ? ht_parts_next(serial) : NULL;
    return ht_parts_is(both, "X509IssuerSerial", DS) && !ht_parts_next(both) &&
           ht_parts_is(serial, "X509SerialNumber", DS) && take_value(search, serial, HT_NAMED_SERIAL);
}

static bool find_signer(const PartSearch *search, const xmlNode *info)
{
    xmlNodePtr reference = ht_parts_first(info), named = NULL;
    if (ht_parts_is(reference, "SecurityTokenReference", WSSE) && !ht_parts_next(reference)) {
        named = ht_parts_first(reference);
    }
    bool good = named && !ht_parts_next(named) &&
                (ht_parts_is(named, "Reference", WSSE)       ? take_token(search, named)
                 : ht_parts_is(named, "KeyIdentifier", WSSE) ? take_key_identifier(search, named)
                 : ht_parts_is(named, "X509Data", DS)        ? take_issuer_serial(search, named)
                                                             : false);
    return good ||
           is_unsupported(
               search,
               "The signature's KeyInfo names no certificate in a way that is taken: a SecurityTokenReference to a "
               "BinarySecurityToken, a KeyIdentifier, or X509IssuerSerial.");
}

static bool check_signature(const PartSearch *search)
{
    xmlNodePtr info = ht_parts_first(search->parts->signature);
    xmlNodePtr value = ht_parts_is(info, "SignedInfo", DS) ? ht_parts_next(info) : NULL;
    xmlNodePtr key = ht_parts_is(value, "SignatureValue", DS) ? ht_parts_next(value) : NULL;
    if (!ht_parts_is(key, "KeyInfo", DS) || ht_parts_next(key)) {
        return is_unsupported(
            search, "The signature holds other than SignedInfo, SignatureValue and KeyInfo, each once.");
    }
    return check_signed_info(search, info) && find_signer(search, key);
}

/* ---- What it must name ---- */

bool ht_parts_addressing_is_signed(const HtParts *parts, const char *name)
{
    bool found = false, all = true;
    for (xmlNodePtr block = ht_parts_first(parts->security->parent); block; block = ht_parts_next(block)) {
        if (strcmp((const char *)block->name, name) == 0 && block->ns &&
            g_str_has_suffix((const char *)block->ns->href, "/addressing")) {
            found = true;
            all = all && is_signed(parts, block);
        }
    }
    return found && all;
}

/* Moved out of the Security header it would still be signed, and no longer be looked at. */
static bool is_stamp_moved(const HtParts *parts)
{
    for (unsigned i = 0; i < parts->references; i++) {
        const xmlNode *node = parts->signed_nodes[i];
        if (ht_parts_is(node, "Timestamp", WSU) && node != parts->timestamp) {
            return true;
        }
    }
    return false;
}

static bool check_signed(const PartSearch *search)
{
    const HtParts *parts = search->parts;
    if (!is_signed(parts, parts->body)) {
        return refuse(search, "signature-refused",
                      "The signature does not name the Body of the message: sign it.");
    }
    if (parts->timestamp && !is_signed(parts, parts->timestamp)) {
        return refuse(search, "signature-refused", "The Timestamp is not signed: sign it, too.");
    }
    if (is_stamp_moved(parts)) {
        return refuse(search, "signature-refused",
                      "A signed Timestamp stands outside of the Security header, where it says nothing.");
    }
    if (!parts->timestamp && search->keys->needs_timestamp) {
        return refuse(search, "signature-refused",
                      "There is no Timestamp, which this source asks for: send one, signed.");
    }
    return true;
}

bool ht_parts_find(xmlDocPtr tree, const HtSignatureKeys *keys, HtParts *parts, HtFault *fault)
{
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    PartSearch search = {keys, parts, fault, ids};
    *parts = (HtParts){.soap = HT_SOAP_NONE};
    xmlNodePtr root = xmlDocGetRootElement(tree);
    return gather_ids(&search, root) && find_envelope(&search, root) && find_in_security(&search) &&
           check_signature(&search) && check_signed(&search);
}

void ht_parts_clear(HtParts *parts)
{
    xmlFree(parts->value);
    parts->value = NULL;
}
