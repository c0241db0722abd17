/* Collecting what a payload is made of: see outline.h. */
#include "mappings/engine/outline/outline.h"

#include "core/base/json.h"
#include "mappings/engine/parts/container.h"
#include "mappings/engine/read/reader.h"

#include <string.h>

#define VALUES_MAX 8
#define SIGN_BYTES 4
#define LABEL_BYTES 60
#define DISTINCT_MAX 2000

enum {
    DIGITS = 1 << 0,
    DATE = 1 << 1,
    ID_NUMBER = 1 << 2,
    CHINESE = 1 << 3,
    SIGN = 1 << 4,
    ALL = (1 << 5) - 1
};

typedef struct Node {
    char *name;
    struct Node *above, *children, *last, *next;
    bool is_attribute, repeats_value;
    unsigned count, here, most, filled, shapes, value_count;
    char values[VALUES_MAX][SIGN_BYTES + 1];
    char *label;
    GHashTable *distinct; /* hashes of values; NULL: none yet, or too many to tell */
} Node;

/* An element that is open. */
typedef struct {
    Node *node;
    size_t text; /* where its text begins */
    bool has_elements;
} OpenNode;

typedef struct {
    Node *root;       /* of all documents */
    Node *current;    /* the element that is open */
    GArray *open;     /* of OpenNode */
    GPtrArray *outer; /* of Node: where the documents around this one stood */
    GString *text;
    GPtrArray *nodes; /* all, to be freed */
    unsigned repairs;
    char *operation; /* of the SOAP body; NULL: there is none */
    bool cut;
} Outlining;

/* ---- Values ---- */

static bool is_date(const char *text, size_t size)
{
    size_t digits = 0;
    for (size_t i = 0; i < size; i++) {
        if (g_ascii_isdigit(text[i])) {
            digits++;
        } else if (!strchr("-/.: TZ+", text[i])) {
            return false;
        }
    }
    bool century = size >= 8 && (memcmp(text, "19", 2) == 0 || memcmp(text, "20", 2) == 0 ||
                                 memcmp(text, "99991231", 8) == 0);
    return century && digits >= 6 && digits <= 20 && (digits < size || digits == 8 || digits == 14);
}

static bool is_id_number(const char *text, size_t size)
{
    size_t digits = strspn(text, "0123456789");
    return (size == 15 && digits == 15) ||
           (size == 18 && (digits == 18 || (digits == 17 && strchr("Xx", text[17]))));
}

static bool is_chinese(const char *text)
{
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);
        if (letter < 0x3400 || letter > 0x9fff) {
            return false;
        }
    }
    return true;
}

static bool is_sign(const char *text, size_t size)
{
    bool good = size <= SIGN_BYTES;
    for (size_t i = 0; i < size && good; i++) {
        good = g_ascii_isalnum(text[i]);
    }
    return good;
}

static unsigned shapes_of(const char *text, size_t size)
{
    return (strspn(text, "0123456789") == size ? DIGITS : 0) | (is_date(text, size) ? DATE : 0) |
           (is_id_number(text, size) ? ID_NUMBER : 0) | (is_chinese(text) ? CHINESE : 0) |
           (is_sign(text, size) ? SIGN : 0);
}

/* Only signs are kept, and only so many. */
static void keep_sign(Node *node, const char *text)
{
    for (unsigned i = 0; i < MIN(node->value_count, VALUES_MAX); i++) {
        if (strcmp(node->values[i], text) == 0) {
            return;
        }
    }
    if (node->value_count < VALUES_MAX) {
        g_strlcpy(node->values[node->value_count], text, SIGN_BYTES + 1);
    }
    node->value_count++;
}

static void note_distinct(Node *node, const char *text)
{
    if (!node->distinct) {
        node->distinct = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    }
    if (g_hash_table_size(node->distinct) < DISTINCT_MAX &&
        !g_hash_table_add(node->distinct, g_strdup(text))) {
        node->repeats_value = true;
    }
}

static void note_value(Node *node, char *text)
{
    g_strstrip(text);
    size_t size = strlen(text);
    if (size == 0) {
        return;
    }
    unsigned shapes = shapes_of(text, size);
    if (node->filled++ == 0 && (shapes & CHINESE) && size <= LABEL_BYTES) {
        node->label = g_strdup(text);
    }
    node->shapes &= shapes;
    if (shapes & SIGN) {
        keep_sign(node, text);
    }
    note_distinct(node, text);
}

/* ---- The reader's events ---- */

/* NULL: there are too many. */
static Node *find_node(Outlining *outline, Node *above, const char *name, bool is_attribute)
{
    for (Node *node = above->children; node; node = node->next) {
        if (node->is_attribute == is_attribute && strcmp(node->name, name) == 0) {
            return node;
        }
    }
    if (outline->nodes->len >= HT_OUTLINE_NODES) {
        outline->cut = true;
        return NULL;
    }
    Node *node = g_new0(Node, 1);
    node->name = g_strdup(name);
    node->above = above;
    node->is_attribute = is_attribute;
    node->shapes = ALL;
    if (above->last) {
        above->last->next = node;
    } else {
        above->children = node;
    }
    above->last = node;
    g_ptr_array_add(outline->nodes, node);
    return node;
}

static void count_node(Node *node)
{
    node->count++;
    node->here++;
    node->most = MAX(node->most, node->here);
}

static void take_attribute(Outlining *outline, Node *node, const HtAttribute *attribute)
{
    Node *below = attribute->formal ? NULL : find_node(outline, node, attribute->name, true);
    if (below) {
        g_autofree char *text = g_strndup(attribute->value.data, attribute->value.size);
        count_node(below);
        note_value(below, text);
    }
}

static void take_document_start(void *user, HtName root)
{
    Outlining *outline = user;
    (void)root;
    g_ptr_array_add(outline->outer, outline->current);
    outline->current = outline->root;
}

static void take_document_end(void *user)
{
    Outlining *outline = user;
    outline->current = g_ptr_array_steal_index(outline->outer, outline->outer->len - 1);
}

static void take_start(void *user, HtName name, const HtAttribute *attributes, unsigned attribute_count)
{
    Outlining *outline = user;
    Node *node = outline->current ? find_node(outline, outline->current, name, false) : NULL;
    OpenNode open = {node, outline->text->len, false};
    if (outline->open->len > 0) {
        g_array_index(outline->open, OpenNode, outline->open->len - 1).has_elements = true;
    }
    g_array_append_val(outline->open, open);
    if (node) {
        count_node(node);
        for (Node *below = node->children; below; below = below->next) {
            below->here = 0;
        }
        for (unsigned i = 0; i < attribute_count; i++) {
            take_attribute(outline, node, &attributes[i]);
        }
    }
    outline->current = node;
}

static void take_text(void *user, const char *text, size_t size)
{
    Outlining *outline = user;
    g_string_append_len(outline->text, text, (gssize)size);
}

static void take_end(void *user, HtName name)
{
    Outlining *outline = user;
    const OpenNode *open = &g_array_index(outline->open, OpenNode, outline->open->len - 1);
    (void)name;
    if (open->node && !open->has_elements) {
        g_autofree char *text = g_utf8_make_valid(outline->text->str + open->text, -1);
        note_value(open->node, text);
    }
    g_string_truncate(outline->text, open->text);
    g_array_set_size(outline->open, outline->open->len - 1);
    const OpenNode *above =
        outline->open->len > 0 ? &g_array_index(outline->open, OpenNode, outline->open->len - 1) : NULL;
    outline->current = above ? above->node : outline->root;
}

static void free_node(void *data)
{
    Node *node = data;
    g_clear_pointer(&node->distinct, g_hash_table_unref);
    g_free(node->name);
    g_free(node->label);
    g_free(node);
}

static void begin(Outlining *outline)
{
    g_ptr_array_set_size(outline->nodes, 0);
    g_ptr_array_set_size(outline->outer, 0);
    g_array_set_size(outline->open, 0);
    g_string_truncate(outline->text, 0);
    *outline->root = (Node){.name = outline->root->name};
    outline->current = outline->root;
    outline->cut = false;
}

static void begin_again(void *user)
{
    begin(user);
}

/* ---- Writing ---- */

static void write_shapes(const Node *node, HtBuffer *json)
{
    static const char *const names[] = {"digits", "date", "idNumber", "chinese"};
    g_autoptr(GString) words = g_string_new(NULL);
    for (unsigned i = 0; node->filled > 0 && i < G_N_ELEMENTS(names); i++) {
        if (node->shapes & (1u << i)) {
            g_string_append_printf(words, "%s%s", words->len > 0 ? " " : "", names[i]);
        }
    }
    ht_json_member(json, "shapes", ht_text_from(words->str));
}

static void write_values(const Node *node, HtBuffer *json)
{
    ht_json_name(json, "values");
    ht_buffer_add_char(json, '[');
    bool told = node->filled > 0 && (node->shapes & SIGN) && node->value_count <= VALUES_MAX;
    for (unsigned i = 0; told && i < node->value_count; i++) {
        ht_json_comma(json);
        ht_json_string(json, ht_text_from(node->values[i]));
    }
    ht_buffer_add_char(json, ']');
}

static void write_children(const Node *node, HtBuffer *json);

static void write_node(const Node *node, HtBuffer *json)
{
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "name", ht_text_from(node->name));
    ht_json_name(json, "attribute");
    ht_buffer_add_string(json, node->is_attribute ? "true" : "false");
    ht_json_member_number(json, "count", node->count);
    ht_json_member_number(json, "most", node->most);
    ht_json_member_number(json, "filled", node->filled);
    ht_json_name(json, "unique");
    ht_buffer_add_string(json, node->filled > 0 && !node->repeats_value ? "true" : "false");
    write_shapes(node, json);
    write_values(node, json);
    if (node->label) {
        ht_json_member(json, "label", ht_text_from(node->label));
    }
    ht_json_name(json, "children");
    write_children(node, json);
    ht_buffer_add_char(json, '}');
}

/* As deep as documents may be: the reader bounds it. */
static void write_children(const Node *node, HtBuffer *json)
{
    ht_buffer_add_char(json, '[');
    for (const Node *below = node->children; below; below = below->next) {
        ht_json_comma(json);
        write_node(below, json);
    }
    ht_buffer_add_char(json, ']');
}

static void write_outline(const Outlining *outline, HtBuffer *json)
{
    static const char *const words[] = {"comments", "end-tags",       "ampersands",
                                        "root",     "short-end-tags", "controls"};
    ht_buffer_add_char(json, '{');
    ht_json_name(json, "repairs");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (outline->repairs & ht_repair_parse(words[i])) {
            ht_json_comma(json);
            ht_json_string(json, ht_text_from(words[i]));
        }
    }
    ht_buffer_add_char(json, ']');
    if (outline->operation) {
        ht_json_member(json, "operation", ht_text_from(outline->operation));
    }
    ht_json_name(json, "cut");
    ht_buffer_add_string(json, outline->cut ? "true" : "false");
    ht_json_name(json, "documents");
    write_children(outline->root, json);
    ht_buffer_add_char(json, '}');
}

/* ---- Running ---- */

static bool read_one(Outlining *outline, HtReader *reader, const HtPayload *payload, HtFault *fault)
{
    static const HtSink sink = {.document_start = take_document_start,
                                .document_end = take_document_end,
                                .start = take_start,
                                .text = take_text,
                                .end = take_end};
    const unsigned repairs = HT_REPAIR_COMMENTS | HT_REPAIR_END_TAGS | HT_REPAIR_BARE_AMPERSAND |
                             HT_REPAIR_ROOT | HT_REPAIR_SHORT_END_TAGS | HT_REPAIR_CONTROLS;
    HtReading reading = {0};
    bool good = ht_reader_run(reader, payload, repairs, &sink, begin_again, outline, &reading, fault);
    outline->repairs |= good ? reading.repairs : 0;
    if (good && reading.soap != HT_SOAP_NONE && reading.operation) {
        g_free(outline->operation);
        outline->operation = g_strdup(reading.operation);
    }
    return good;
}

/* Of several documents each is read; one that is read again forgets those before it, which is a loss of figures only. */
static bool read_all(Outlining *outline, HtReader *reader, const HtPayload *payload, const HtLimits *limits,
                     HtFault *fault)
{
    HtContainerKind kind = ht_container_kind(payload);
    if (kind == HT_CONTAINER_NONE) {
        return read_one(outline, reader, payload, fault);
    }
    HtContainer *container = ht_container_new(limits);
    HtPayload part;
    uint32_t number;
    HtContainerStep step = HT_CONTAINER_BAD;
    bool good = ht_container_open(container, kind, payload, fault);
    while (good && (step = ht_container_next(container, &part, &number, fault)) == HT_CONTAINER_PART) {
        good = read_one(outline, reader, &part, fault);
    }
    ht_container_close(container);
    ht_container_free(container);
    return good && step == HT_CONTAINER_END;
}

bool ht_outline_write(const HtPayload *payload, const HtLimits *limits, HtBuffer *json, HtFault *fault)
{
    g_autoptr(HtReader) reader = ht_reader_new(limits);
    Node root = {.name = (char *)""};
    Outlining outline = {.root = &root,
                         .open = g_array_new(FALSE, FALSE, sizeof(OpenNode)),
                         .outer = g_ptr_array_new(),
                         .text = g_string_new(NULL),
                         .nodes = g_ptr_array_new_with_free_func(free_node)};
    begin(&outline);
    bool good = read_all(&outline, reader, payload, limits, fault);
    if (good) {
        write_outline(&outline, json);
    }
    g_array_unref(outline.open);
    g_ptr_array_unref(outline.outer);
    g_string_free(outline.text, TRUE);
    g_free(outline.operation);
    g_ptr_array_unref(outline.nodes);
    return good;
}
