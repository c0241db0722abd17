/* Reading a receipt back, and verifying it. For `hutong receipt verify`. */
#include "core/proof/verify.h"

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/proof/statement.h"

#include <json-glib/json-glib.h>
#include <libxml/parser.h>

#define PDF "%PDF-"
#define NAMESPACE "urn:hutong:receipt:1"
#define SUBMIT_NAMESPACE "urn:hutong:source:"
#define DEPTH_MAX 4
#define BRACKETS_MOST 10000

void ht_claim_clear(HtClaim *claim)
{
    g_clear_pointer(&claim->values, g_hash_table_unref);
    *claim = (HtClaim){.values = NULL};
}

static bool set_format(GError **error, const char *text)
{
    g_set_error_literal(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FORMAT, text);
    return false;
}

/* A value with a line feed in it could stand for two lines of what is signed. */
static bool is_one_line(const char *value)
{
    for (; *value; value++) {
        if ((unsigned char)*value < 0x20) {
            return false;
        }
    }
    return true;
}

static bool add_value(HtClaim *claim, const char *name, const char *value, GError **error)
{
    static const char *const proof[] = {"keyId", "signature", NULL};
    bool of_state = g_strv_contains(ht_statement_state, name);
    if (!of_state && !g_strv_contains(ht_statement_always, name) &&
        !g_strv_contains(ht_statement_signed, name) && !g_strv_contains(proof, name)) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE, "it holds \"%s\", which no receipt has",
                    name);
        return false;
    }
    if (!is_one_line(value) || !g_hash_table_insert(claim->values, g_strdup(name), g_strdup(value))) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE, "\"%s\" stands there twice, or in two lines",
                    name);
        return false;
    }
    claim->of_state = claim->of_state || of_state;
    return true;
}

/* ---- XML ---- */

static bool is_in(const xmlNode *node, const char *uri)
{
    return node->ns && strcmp((const char *)node->ns->href, uri) == 0;
}

static bool is_receipt(const xmlNode *node)
{
    const char *name = (const char *)node->name, *uri = node->ns ? (const char *)node->ns->href : "";
    return (strcmp(name, "receipt") == 0 && strcmp(uri, NAMESPACE) == 0) ||
           (strcmp(name, "SubmitResponse") == 0 && g_str_has_prefix(uri, SUBMIT_NAMESPACE));
}

/* The first element of a receipt, not deeper than in an envelope. */
static xmlNode *find_receipt(xmlNode *node, unsigned depth)
{
    xmlNode *found = NULL;
    for (; node && !found; node = node->next) {
        if (node->type == XML_ELEMENT_NODE) {
            found = is_receipt(node) ? node : NULL;
            found = found || depth == DEPTH_MAX ? found : find_receipt(node->children, depth + 1);
        }
    }
    return found;
}

static bool has_text_only(const xmlNode *element)
{
    bool good = true;
    for (const xmlNode *node = element->children; node; node = node->next) {
        good = good && node->type == XML_TEXT_NODE;
    }
    return good && !element->properties;
}

static bool read_element(xmlNode *element, HtClaim *claim, GError **error)
{
    const char *name = (const char *)element->name;
    if (is_in(element, NAMESPACE) && strcmp(name, "finding") == 0) {
        claim->findings++;
        return true;
    }
    if (!is_in(element, NAMESPACE) || !has_text_only(element)) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE,
                    "it holds \"%s\" otherwise than a receipt does", name);
        return false;
    }
    xmlChar *value = xmlNodeGetContent(element);
    bool good = add_value(claim, name, value ? (const char *)value : "", error);
    xmlFree(value);
    return good;
}

static bool read_elements(xmlNode *receipt, HtClaim *claim, GError **error)
{
    for (xmlNode *node = receipt->children; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE && !read_element(node, claim, error)) {
            return false;
        }
        if (node->type != XML_ELEMENT_NODE && !xmlIsBlankNode(node)) {
            g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE, "text stands beside its elements");
            return false;
        }
    }
    return true;
}

static bool read_xml(HtText text, HtClaim *claim, GError **error)
{
    xmlDoc *document = xmlReadMemory(text.data, (int)text.size, NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!document) {
        return set_format(error, "it is neither well-formed XML nor JSON");
    }
    xmlNode *receipt = document->intSubset ? NULL : find_receipt(document->children, 0);
    bool good = receipt ? read_elements(receipt, claim, error)
                        : set_format(error, "there is no receipt of Hutong in it (an element \"receipt\" of "
                                            "the namespace " NAMESPACE ")");
    xmlFreeDoc(document);
    return good;
}

/* ---- JSON ---- */

static void count_member(JsonParser *parser, JsonObject *object, const char *name, void *user)
{
    (void)parser;
    (void)name;
    GHashTable *counts = user;
    unsigned count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, object));
    g_hash_table_insert(counts, object, GUINT_TO_POINTER(count + 1));
}

static bool read_member(const char *name, JsonNode *node, HtClaim *claim, GError **error)
{
    GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_INVALID;
    if (JSON_NODE_HOLDS_ARRAY(node) && strcmp(name, "findings") == 0) {
        claim->findings = json_array_get_length(json_node_get_array(node));
        return true;
    }
    if (type == G_TYPE_INT64) {
        g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(node));
        return add_value(claim, name, number, error);
    }
    if (type != G_TYPE_STRING) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE,
                    "it holds \"%s\" otherwise than a receipt does", name);
        return false;
    }
    return add_value(claim, name, json_node_get_string(node), error);
}

static bool read_members(JsonObject *object, HtClaim *claim, GError **error)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;
    json_object_iter_init(&iter, object);
    while (json_object_iter_next(&iter, &name, &node)) {
        if (!read_member(name, node, claim, error)) {
            return false;
        }
    }
    return true;
}

static bool read_json(HtText text, HtClaim *claim, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GHashTable) counts = g_hash_table_new(NULL, NULL);
    g_signal_connect(parser, "object-member", G_CALLBACK(count_member), counts);
    if (!ht_json_is_flat(text, BRACKETS_MOST) ||
        !json_parser_load_from_data(parser, text.data, (gssize)text.size, NULL) ||
        !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
        return set_format(error, "it is not well-formed JSON");
    }
    JsonObject *object = json_node_get_object(json_parser_get_root(parser));
    if (GPOINTER_TO_UINT(g_hash_table_lookup(counts, object)) != json_object_get_size(object)) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE, "a member stands there twice");
        return false;
    }
    return read_members(object, claim, error);
}

/* The code of a page, in the text that was taken from it: broken into lines, with the page's words around it. It has no blanks. */
static bool read_page(HtText text, HtClaim *claim, GError **error)
{
    const char *end = text.data + text.size, *open = memchr(text.data, '{', text.size);
    const char *close = open ? memchr(open, '}', (size_t)(end - open)) : NULL;
    if (!close) {
        return set_format(error, "it is no receipt, and holds no code of one");
    }
    g_autoptr(GString) code = g_string_new(NULL);
    for (const char *at = open; at <= close; at++) {
        if (!g_ascii_isspace(*at)) {
            g_string_append_c(code, *at);
        }
    }
    return read_json((HtText){code->str, code->len}, claim, error);
}

bool ht_claim_read(HtText text, HtClaim *claim, GError **error)
{
    size_t at = 0;
    *claim = (HtClaim){g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free), 0, false};
    if (text.size >= sizeof PDF - 1 && memcmp(text.data, PDF, sizeof PDF - 1) == 0) {
        return set_format(error,
                          "it is a PDF: give the text in it (pdftotext FILE -), or what its code holds");
    }
    if (text.size > HT_CLAIM_MAX_BYTES || !g_utf8_validate(text.data, (gssize)text.size, NULL)) {
        return set_format(error, "it is no receipt: not UTF-8, or larger than 1M");
    }
    while (at < text.size && g_ascii_isspace(text.data[at])) {
        at++;
    }
    char first = at < text.size ? text.data[at] : '<';
    return first == '{'   ? read_json(text, claim, error)
           : first == '<' ? read_xml(text, claim, error)
                          : read_page(text, claim, error);
}

/* ---- Verifying ---- */

static bool add_fields(const HtClaim *claim, const char *const *names, HtStatementFields *fields,
                       GError **error)
{
    for (; *names; names++) {
        const char *value = g_hash_table_lookup(claim->values, *names);
        if (!value) {
            g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE, "\"%s\" is missing", *names);
            return false;
        }
        fields->list[fields->count++] = (HtStatementField){*names, ht_text_from(value), false};
    }
    return true;
}

static bool write_text(const HtClaim *claim, HtBuffer *text, GError **error)
{
    HtStatementFields fields = {.count = 0};
    if (!add_fields(claim, ht_statement_always, &fields, error) ||
        !add_fields(claim, ht_statement_signed, &fields, error) ||
        (claim->of_state && !add_fields(claim, ht_statement_state, &fields, error))) {
        return false;
    }
    ht_statement_text(fields.list, fields.count, claim->of_state, text);
    return true;
}

static const HtPublicKey *find_key(const GArray *keys, const char *id)
{
    for (guint i = 0; i < keys->len; i++) {
        const HtPublicKey *key = &g_array_index(keys, HtPublicKey, i);
        if (id && strcmp(key->id, id) == 0) {
            return key;
        }
    }
    return NULL;
}

bool ht_proof_verify(HtText text, const GArray *keys, const char *id, const char *signature, GError **error)
{
    const HtPublicKey *key = find_key(keys, id);
    if (!key) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_KEY,
                    "it is signed with the key \"%s\", which is none of those given", id ? id : "");
        return false;
    }
    if (!ht_public_key_verify(key, text, signature)) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FALSE, "it is not what the key \"%s\" has signed",
                    id);
        return false;
    }
    return true;
}

bool ht_claim_verify(const HtClaim *claim, const GArray *keys, GError **error)
{
    const char *signature = g_hash_table_lookup(claim->values, "signature");
    HtBuffer text = {.data = NULL};
    if (!signature) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_UNSIGNED,
                    "it is not signed: ask for it again with GET /in/SOURCE/receipt/ID");
        return false;
    }
    bool good = write_text(claim, &text, error) &&
                ht_proof_verify(ht_buffer_text(&text), keys, g_hash_table_lookup(claim->values, "keyId"),
                                signature, error);
    ht_buffer_clear(&text);
    return good;
}

bool ht_claim_is_of(const HtClaim *claim, HtText payload, GError **error)
{
    const char *sha256 = g_hash_table_lookup(claim->values, "sha256");
    char found[HT_SHA256_HEX];
    ht_sha256_hex(payload, found);
    if (g_strcmp0(sha256, found) != 0) {
        g_set_error(error, HT_PROOF_ERROR, HT_PROOF_ERROR_PAYLOAD,
                    "it is of another payload: the SHA-256 of the file is %s", found);
        return false;
    }
    return true;
}
