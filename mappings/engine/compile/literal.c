/* Texts that conditions compare values with as they are written. Where an event, an action or whose a number is hangs on one, another
 * spelling of the same (01, １, 是) would mean something else, so values should be declared: what is not is warned of. Runs when a
 * mapping is loaded. */
#include "mappings/engine/compile/compiler.h"

typedef struct {
    const xmlNode *node; /* whose condition it is */
    const char *attribute, *path, *text;
} Literal;

/* What hangs on the condition; NULL: nothing that matters here. */
static const char *find_decided(const xmlNode *node, const char *attribute)
{
    bool is_when = strcmp(attribute, "when") == 0 || strcmp(attribute, "xpath-when") == 0;
    if (ht_compile_is(node, "event") && is_when) {
        return "which event is made";
    }
    if (ht_compile_is(node, "action")) {
        return "what the action is";
    }
    return ht_compile_is(node, "identity") ? "whose the number is" : NULL;
}

bool ht_compile_decides(const xmlNode *node, const char *attribute)
{
    return find_decided(node, attribute) != NULL;
}

/* ---- Noting ---- */

static bool is_one_condition(const Literal *a, const Literal *b)
{
    return a->node == b->node && strcmp(a->attribute, b->attribute) == 0;
}

void ht_compile_literal(HtPathScope *scope, const char *path, HtText text)
{
    HtCompiler *compiler = scope->compiler;
    if (!scope->decides) {
        return;
    }
    Literal *literal = g_new0(Literal, 1);
    literal->node = scope->decides;
    literal->attribute = scope->attribute;
    literal->path = ht_compile_own(compiler, g_strdup(path));
    literal->text = ht_compile_own(compiler, g_strndup(text.data, text.size));
    g_ptr_array_add(compiler->literals, literal);
}

/* True when a text stands beside `=` or `!=`. What is in brackets only says where to look. */
static bool compares_text(const char *expression)
{
    int depth = 0;
    bool after_sign = false;
    for (const char *at = expression; *at; at++) {
        if (*at == '\'' || *at == '"') {
            const char *end = strchr(at + 1, *at);
            const char *next = end ? end + 1 + strspn(end + 1, " \t\r\n") : "";
            bool before_sign = *next == '=' || g_str_has_prefix(next, "!=");
            if (!end || (depth == 0 && (after_sign || before_sign))) {
                return end != NULL;
            }
            at = end;
        }
        depth += (*at == '[') - (*at == ']');
        after_sign = *at == '=' || (after_sign && g_ascii_isspace(*at));
    }
    return false;
}

void ht_compile_literal_xpath(HtCompiler *compiler, const xmlNode *node, const char *expression)
{
    const char *decided = find_decided(node, "xpath-when");
    if (decided && compares_text(expression)) {
        ht_compile_warning(
            compiler, node,
            "xpath-when=\"…\" compares with a text as it is written, and decides %s; declare the values in a "
            "<flag> or <choice>, and ask for them in a when=\"…\"",
            decided);
    }
}

/* ---- What is declared ---- */

/* Values that say what is to be done: others are refused before any condition is asked. */
static bool is_action_value(const HtCompiler *compiler, const Literal *literal)
{
    const GPtrArray *actions = compiler->mapping->actions;
    for (guint i = 0; i < actions->len; i++) {
        const HtActionRule *rule = actions->pdata[i];
        for (guint n = 0; strcmp(rule->path, literal->path) == 0 && n < rule->values->len; n++) {
            if (ht_text_is(g_array_index(rule->values, HtActionValue, n).value, literal->text)) {
                return true;
            }
        }
    }
    return false;
}

/* The name of a record's own element, which `<fields named="…">` gives as a value: the mapping itself lists those. */
static bool is_record_name(const Literal *literal)
{
    const xmlNode *root = literal->node->parent;
    for (const xmlNode *node = root->children; node; node = node->next) {
        xmlChar *named =
            ht_compile_is(node, "fields") ? xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)"named") : NULL;
        bool is_named = named && strcmp((const char *)named, literal->path) == 0;
        xmlChar *records = is_named ? xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)"for") : NULL;
        g_auto(GStrv) words = g_strsplit_set(records ? (const char *)records : "", " \t\r\n", -1);
        bool found = false;
        for (char **word = words; *word; word++) {
            const char *name = strrchr(*word, '/');
            found = found || (name && strcmp(name + 1, literal->text) == 0);
        }
        xmlFree(records);
        xmlFree(named);
        if (found) {
            return true;
        }
    }
    return false;
}

static bool is_declared(const HtCompiler *compiler, const Literal *literal)
{
    bool operation = strcmp(literal->path, HT_OPERATION_PATH) == 0 &&
                     ht_operations_find(compiler->mapping->operations, literal->text);
    return operation || is_action_value(compiler, literal) || is_record_name(literal);
}

/* One line for each path of a condition, however many texts it is compared with. */
void ht_compile_literals_check(HtCompiler *compiler)
{
    const Literal *warned = NULL;
    for (guint i = 0; i < compiler->literals->len; i++) {
        const Literal *literal = compiler->literals->pdata[i];
        bool again = warned && is_one_condition(warned, literal) && strcmp(warned->path, literal->path) == 0;
        if (again || is_declared(compiler, literal)) {
            continue;
        }
        ht_compile_warning(
            compiler, literal->node,
            "%s=\"…\" compares %s with \"%s\" as it is written, and decides %s; declare the values in a <flag> or "
            "<choice>, and ask for yes(), no() or code()",
            literal->attribute, literal->path, literal->text,
            find_decided(literal->node, literal->attribute));
        warned = literal;
    }
}
