/* `<define>` and `<use>`: what a mapping would say several times is said once. Purely textual, on the document that was read and
 * before its grammar is checked, so that the rest of the compiler sees a mapping in which everything is spelt out. Part of
 * loading a mapping; not on the path of messages.
 *
 * A <define> knows only those before it. So none can come to use itself, and what is left to bound is size. */
#include "mappings/engine/compile/compiler.h"

#define DEPTH_MAX 16                /* of uses in what is used */
#define ELEMENTS_MAX 20000          /* that all uses together stand for */
#define BYTES_MAX (4 * 1024 * 1024) /* the same, of their attributes and comments */

typedef struct {
    const char *name;
    xmlNode *node;       /* the <define>; its content stays as the author wrote it */
    char *value;         /* NULL: it has content */
    char **parameters;   /* of the content; NULL-terminated */
    uint64_t mentioned;  /* bits: which of them the content names */
    bool used, expanded; /* used, but perhaps wrongly; with success */
} Define;

#define PARAMETERS_MAX 64 /* bits of Define.mentioned */

typedef struct {
    HtCompiler *compiler;
    GPtrArray *defines; /* Define *, as in the file */
    size_t elements, bytes;
    bool stopped; /* too much */
} Expansion;

/* Where something stands, and so what braces mean there. */
typedef struct {
    Define *define;             /* whose content it is; NULL: nobody's */
    guint known;                /* so many of the defines */
    const GPtrArray *arguments; /* char *, one for each parameter of the define */
    const HtUse *use;           /* that brought it here */
    unsigned depth;
} Scope;

/* ---- Bounds ---- */

static void charge(Expansion *expansion, const xmlNode *node, size_t elements, size_t bytes)
{
    if (expansion->stopped) {
        return;
    }
    expansion->elements += elements;
    expansion->bytes += bytes;
    if (expansion->elements > ELEMENTS_MAX || expansion->bytes > BYTES_MAX) {
        expansion->stopped = true;
        ht_compile_error(expansion->compiler, node,
                         "what is used here, with all the rest, is more than %d elements or %d bytes",
                         ELEMENTS_MAX, BYTES_MAX);
    }
}

/* What stands outside of every <define> is as the author wrote it, and costs nothing. */
static void spend(Expansion *expansion, const Scope *scope, const xmlNode *node, size_t elements,
                  size_t bytes)
{
    if (scope->define) {
        charge(expansion, node, elements, bytes);
    }
}

/* ---- Names ---- */

static Define *find_define(const Expansion *expansion, const Scope *scope, const char *name)
{
    for (guint i = 0; i < scope->known; i++) {
        Define *define = expansion->defines->pdata[i];
        if (strcmp(define->name, name) == 0) {
            return define;
        }
    }
    return NULL;
}

/* What `{name}` stands for, NULL when it is nothing. */
static const char *find_value(Expansion *expansion, const Scope *scope, const char *name)
{
    char **parameters = scope->define ? scope->define->parameters : NULL;
    for (unsigned i = 0; parameters && parameters[i]; i++) {
        if (strcmp(parameters[i], name) == 0) {
            scope->define->mentioned |= (uint64_t)1 << i;
            return scope->arguments->pdata[i];
        }
    }
    Define *define = find_define(expansion, scope, name);
    if (define && define->value) {
        define->used = true;
    }
    return define ? define->value : NULL;
}

static void report_unknown(Expansion *expansion, const Scope *scope, const xmlNode *node, const char *name,
                           bool is_closed)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    char **parameters = scope->define ? scope->define->parameters : NULL;
    for (; parameters && *parameters; parameters++) {
        g_ptr_array_add(names, *parameters);
    }
    for (guint i = 0; i < scope->known; i++) {
        const Define *define = expansion->defines->pdata[i];
        if (define->value) {
            g_ptr_array_add(names, (gpointer)define->name);
        }
    }
    g_autofree char *hint = ht_compile_suggest(name, names);
    ht_compile_error(expansion->compiler, node,
                     "\"{%s%s\" is neither a parameter nor a text defined above%s (a brace itself is \"{{\")",
                     name, is_closed ? "}" : "", hint);
}

/* ---- Attributes ---- */

/* `at` is behind a brace. Gives what follows the other one, NULL after an error. */
static const char *append_named(Expansion *expansion, const Scope *scope, const xmlNode *node, const char *at,
                                GString *text)
{
    const char *end = strchr(at, '}');
    g_autofree char *name = end ? g_strndup(at, (size_t)(end - at)) : g_strdup(at);
    const char *value = end ? find_value(expansion, scope, name) : NULL;
    if (!value) {
        report_unknown(expansion, scope, node, name, end != NULL);
        return NULL;
    }
    g_string_append(text, value);
    return end + 1;
}

/* The text with everything in braces replaced, once. transfer full; NULL after an error. */
static char *expand_text(Expansion *expansion, const Scope *scope, const xmlNode *node, const char *at)
{
    g_autoptr(GString) text = g_string_new(NULL);
    while (at && *at && text->len <= BYTES_MAX) {
        size_t plain = strcspn(at, "{");
        bool escaped = at[plain] == '{' && at[plain + 1] == '{';
        g_string_append_len(text, at, (gssize)(plain + escaped));
        at += plain + (escaped ? 2 : 0);
        if (!escaped && *at == '{') {
            at = append_named(expansion, scope, node, at + 1, text);
        }
    }
    if (text->len > BYTES_MAX) {
        expansion->stopped = true;
        ht_compile_error(expansion->compiler, node, "a text here becomes longer than %d bytes", BYTES_MAX);
        return NULL;
    }
    charge(expansion, node, 0, text->len);
    return at ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static void expand_attributes(Expansion *expansion, const Scope *scope, xmlNode *node)
{
    for (xmlAttr *attribute = node->properties; attribute && !expansion->stopped;
         attribute = attribute->next) {
        xmlChar *value = xmlNodeListGetString(node->doc, attribute->children, 1);
        const char *text = value ? (const char *)value : "";
        g_autofree char *expanded = strchr(text, '{') ? expand_text(expansion, scope, node, text) : NULL;
        if (expanded) {
            xmlSetNsProp(node, attribute->ns, attribute->name, (const xmlChar *)expanded);
        }
        spend(expansion, scope, node, 0, expanded ? 0 : strlen(text));
        xmlFree(value);
    }
}

/* ---- <use> ---- */

static const char *get(const xmlNode *node, const char *name, Expansion *expansion)
{
    return ht_compile_attribute(expansion->compiler, node, name);
}

static Define *find_used(Expansion *expansion, const Scope *scope, const xmlNode *node)
{
    const char *name = get(node, "define", expansion);
    Define *define = name ? find_define(expansion, scope, name) : NULL;
    if (define && !define->value) {
        define->used = true;
        return define;
    }
    if (define) {
        ht_compile_error(expansion->compiler, node, "\"%s\" is a text: write \"{%s}\" in an attribute", name,
                         name);
        return NULL;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < scope->known; i++) {
        g_ptr_array_add(names, (gpointer)((Define *)expansion->defines->pdata[i])->name);
    }
    g_autofree char *hint = ht_compile_suggest(name ? name : "", names);
    ht_compile_error(expansion->compiler, node, "no <define name=\"%s\"> stands above%s", name ? name : "",
                     hint);
    return NULL;
}

/* False, with an error, when the element says something that is no parameter. */
static bool check_arguments(Expansion *expansion, const xmlNode *node, const Define *define)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (char **parameter = define->parameters; *parameter; parameter++) {
        g_ptr_array_add(names, *parameter);
    }
    bool right = true;
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        const char *name = (const char *)attribute->name;
        if (strcmp(name, "define") == 0 || g_strv_contains((const char *const *)define->parameters, name)) {
            continue;
        }
        g_autofree char *hint = ht_compile_suggest(name, names);
        ht_compile_error(expansion->compiler, node, "\"%s\" has no parameter \"%s\"%s", define->name, name,
                         hint);
        right = false;
    }
    if (xmlFirstElementChild((xmlNode *)node)) {
        ht_compile_error(expansion->compiler, node, "a <use> has no content");
        right = false;
    }
    return right;
}

/* One text for each parameter; NULL after errors. transfer full. */
static GPtrArray *read_arguments(Expansion *expansion, const Scope *scope, xmlNode *node,
                                 const Define *define)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    bool right = check_arguments(expansion, node, define);
    for (char **parameter = define->parameters; *parameter; parameter++) {
        xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)*parameter);
        char *text = value ? expand_text(expansion, scope, node, (const char *)value) : NULL;
        if (!value) {
            ht_compile_error(expansion->compiler, node, "the parameter \"%s\" of \"%s\" is missing",
                             *parameter, define->name);
        }
        right = right && text;
        g_ptr_array_add(arguments, text);
        xmlFree(value);
    }
    return right ? g_steal_pointer(&arguments) : NULL;
}

static void expand_node(Expansion *expansion, const Scope *scope, xmlNode *node);

/* Puts copies of the define's content before the <use>. */
static void insert_content(Expansion *expansion, const Scope *outer, xmlNode *node, Define *define,
                           const GPtrArray *arguments)
{
    HtUse *use = g_new0(HtUse, 1);
    guint number = 0;
    g_ptr_array_find(expansion->defines, define, &number);
    use->above = outer->use;
    use->line = xmlGetLineNo(node);
    g_ptr_array_add(expansion->compiler->uses, use);
    Scope inner = {define, number, arguments, use, outer->depth + 1};
    define->expanded = true;
    for (xmlNode *child = define->node->children; child && !expansion->stopped; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) {
            xmlNode *copy = xmlDocCopyNode(child, node->doc, 1);
            copy->_private = use;
            xmlAddPrevSibling(node, copy);
            expand_node(expansion, &inner, copy);
        }
    }
}

static void expand_use(Expansion *expansion, const Scope *scope, xmlNode *node)
{
    Define *define = find_used(expansion, scope, node);
    g_autoptr(GPtrArray) arguments = define ? read_arguments(expansion, scope, node, define) : NULL;
    if (arguments && scope->depth == DEPTH_MAX) {
        ht_compile_error(expansion->compiler, node, "uses in what is used: more than %d deep", DEPTH_MAX);
    } else if (arguments) {
        insert_content(expansion, scope, node, define, arguments);
    }
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

/* ---- Elements ---- */

static void expand_content(Expansion *expansion, const Scope *scope, xmlNode *parent)
{
    xmlNode *next = NULL;
    for (xmlNode *node = parent->children; node && !expansion->stopped; node = next) {
        next = node->next;
        if (node->type == XML_ELEMENT_NODE) {
            expand_node(expansion, scope, node);
        } else {
            spend(expansion, scope, parent, 0, node->content ? strlen((char *)node->content) : 0);
        }
    }
}

/* A <service> has braces of its own, for every answer anew: they are left alone. */
static void expand_node(Expansion *expansion, const Scope *scope, xmlNode *node)
{
    bool is_service = ht_compile_is(node, "service");
    spend(expansion, scope, node, 1, 0);
    if (ht_compile_is(node, "define") || (is_service && scope->define)) {
        ht_compile_error(expansion->compiler, node, "a <%s> stands directly in <mapping>", node->name);
    } else if (ht_compile_is(node, "use")) {
        expand_use(expansion, scope, node);
    } else if (!is_service) {
        expand_attributes(expansion, scope, node);
        expand_content(expansion, scope, node);
    }
}

/* ---- <define> ---- */

static void free_define(gpointer data)
{
    Define *define = data;
    xmlUnlinkNode(define->node);
    xmlFreeNode(define->node);
    g_free(define->value);
    g_free(define);
}

static void check_parameters(Expansion *expansion, const Scope *scope, const Define *define)
{
    for (char **parameter = define->parameters; *parameter; parameter++) {
        const Define *other = find_define(expansion, scope, *parameter);
        bool twice = false;
        for (char **earlier = define->parameters; earlier < parameter; earlier++) {
            twice = twice || strcmp(*earlier, *parameter) == 0;
        }
        if (!ht_compile_is_name(*parameter) || strcmp(*parameter, "define") == 0 || twice ||
            (other && other->value)) {
            ht_compile_error(expansion->compiler, define->node,
                             "\"%s\" can be no parameter: each is a name of its own, not \"define\" and "
                             "no text's",
                             *parameter);
        }
    }
    if (g_strv_length(define->parameters) > PARAMETERS_MAX) {
        ht_compile_error(expansion->compiler, define->node, "at most %d parameters", PARAMETERS_MAX);
        define->parameters[PARAMETERS_MAX] = NULL;
    }
}

static void check_define(Expansion *expansion, const Scope *scope, const Define *define)
{
    static const char *const attributes[] = {"name", "value", "parameters", NULL};
    HtCompiler *compiler = expansion->compiler;
    xmlNode *node = define->node;
    bool has_value = xmlHasProp(node, (const xmlChar *)"value") != NULL;
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        if (!g_strv_contains(attributes, (const char *)attribute->name)) {
            ht_compile_error(compiler, node, "a <define> has no attribute \"%s\"", attribute->name);
        }
    }
    if (!ht_compile_is_name(define->name)) {
        ht_compile_error(compiler, node, "a <define> needs a name=\"…\", without blanks and signs");
    } else if (find_define(expansion, scope, define->name)) {
        ht_compile_error(compiler, node, "\"%s\" is defined twice", define->name);
    }
    if (has_value == (xmlFirstElementChild(node) != NULL)) {
        ht_compile_error(compiler, node, "a <define> has either a value=\"…\" or elements inside");
    }
    if (has_value && *define->parameters) {
        ht_compile_error(compiler, node, "a text has no parameters");
    }
    check_parameters(expansion, scope, define);
}

static void read_define(Expansion *expansion, const Scope *scope, xmlNode *node)
{
    const char *name = get(node, "name", expansion), *parameters = get(node, "parameters", expansion);
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)"value");
    Define *define = g_new0(Define, 1);
    define->name = name ? name : "";
    define->node = node;
    define->parameters = ht_compile_words(expansion->compiler, parameters);
    if (value) {
        char *text = expand_text(expansion, scope, node, (const char *)value);
        define->value = text ? text : g_strdup("");
        xmlFree(value);
    }
    check_define(expansion, scope, define);
    g_ptr_array_add(expansion->defines, define);
}

/* What nobody uses is a mistake, in its name or in what was forgotten. */
static void check_used(Expansion *expansion)
{
    for (guint i = 0; i < expansion->defines->len; i++) {
        const Define *define = expansion->defines->pdata[i];
        if (!define->used) {
            ht_compile_error(expansion->compiler, define->node, "\"%s\" is defined and never used",
                             define->name);
        }
        for (unsigned n = 0; define->expanded && define->parameters[n]; n++) {
            if (!(define->mentioned >> n & 1)) {
                ht_compile_error(expansion->compiler, define->node,
                                 "the parameter \"%s\" of \"%s\" is never used", define->parameters[n],
                                 define->name);
            }
        }
    }
}

bool ht_compile_defines(HtCompiler *compiler, xmlDoc *document)
{
    g_autoptr(GPtrArray) defines = g_ptr_array_new_with_free_func(free_define);
    Expansion expansion = {.compiler = compiler, .defines = defines};
    xmlNode *next = NULL;
    for (xmlNode *node = xmlDocGetRootElement(document)->children; node && !expansion.stopped; node = next) {
        Scope scope = {.known = defines->len};
        next = node->next;
        if (ht_compile_is(node, "define")) {
            read_define(&expansion, &scope, node);
        } else if (node->type == XML_ELEMENT_NODE) {
            expand_node(&expansion, &scope, node);
        }
    }
    if (compiler->errors->len == 0) {
        check_used(&expansion);
    }
    return compiler->errors->len == 0;
}
