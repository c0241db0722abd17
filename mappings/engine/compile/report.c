/* Errors and warnings of a mapping file, each with its line, and small helpers for reading its XML. */
#include "mappings/engine/compile/compiler.h"

static const HtUse *find_use(const xmlNode *node)
{
    while (node && !node->_private) {
        node = node->parent;
    }
    return node ? node->_private : NULL;
}

/* The same content is compiled once for each use, and says the same each time. */
static bool is_noted(const GString *notes, const char *text)
{
    size_t size = strlen(text);
    for (const char *at = strstr(notes->str, text); at; at = strstr(at + 1, text)) {
        if (g_str_has_prefix(at + size, " (used in line ")) {
            return true;
        }
    }
    return false;
}

static void note(const HtCompiler *compiler, GString *notes, const char *kind, const xmlNode *node,
                 const char *what)
{
    g_autofree char *text = g_strdup_printf("%s:%ld: %s: %s", compiler->mapping->path,
                                            node ? xmlGetLineNo((xmlNode *)node) : 1, kind, what);
    const HtUse *use = find_use(node);
    if (use && is_noted(notes, text)) {
        return;
    }
    g_string_append(notes, text);
    for (const char *before = " (used in line"; use; use = use->above, before = ", that in line") {
        g_string_append_printf(notes, "%s %ld%s", before, use->line, use->above ? "" : ")");
    }
    g_string_append_c(notes, '\n');
}

void ht_compile_error(HtCompiler *compiler, const xmlNode *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    note(compiler, compiler->errors, "error", node, what);
}

void ht_compile_warning(HtCompiler *compiler, const xmlNode *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    note(compiler, compiler->warnings, "warning", node, what);
}

#define WORD_MAX 64

/* Number of letters to change, add or take away to make one of the other. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t a_size = strlen(a), b_size = strlen(b);
    if (a_size > WORD_MAX || b_size > WORD_MAX) {
        return WORD_MAX;
    }
    for (unsigned i = 0; i <= b_size; i++) {
        row[i] = i;
    }
    for (unsigned i = 1; i <= a_size; i++) {
        unsigned corner = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b_size; j++) {
            unsigned change = corner + (g_ascii_tolower(a[i - 1]) != g_ascii_tolower(b[j - 1]));
            corner = row[j];
            row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_size];
}

char *ht_compile_suggest(const char *word, const GPtrArray *candidates)
{
    unsigned nearest = (unsigned)MAX(2, strlen(word) / 4) + 1;
    const char *best = NULL;
    for (guint i = 0; i < candidates->len; i++) {
        unsigned far = distance(word, candidates->pdata[i]);
        if (far < nearest) {
            nearest = far;
            best = candidates->pdata[i];
        }
    }
    return best ? g_strdup_printf("; did you mean \"%s\"?", best) : g_strdup("");
}

char *ht_compile_suggest_in(const char *word, const GPtrArray *candidates, const char *where)
{
    g_autofree char *hint = ht_compile_suggest(word, candidates);
    return *hint ? g_steal_pointer(&hint) : g_strdup_printf(" in %s", where);
}

void *ht_compile_own(HtCompiler *compiler, void *memory)
{
    g_ptr_array_add(compiler->mapping->owned, memory);
    return memory;
}

const char *ht_compile_attribute(HtCompiler *compiler, const xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp((xmlNode *)node, (const xmlChar *)name);
    char *stripped = value ? g_strstrip(g_strdup((const char *)value)) : NULL;
    xmlFree(value);
    if (stripped && !*stripped) {
        g_clear_pointer(&stripped, g_free);
    }
    return stripped ? ht_compile_own(compiler, stripped) : NULL;
}

bool ht_compile_says(HtCompiler *compiler, const xmlNode *node, const char *name, const char *word)
{
    return g_strcmp0(ht_compile_attribute(compiler, node, name), word) == 0;
}

bool ht_compile_is_name(const char *name)
{
    return xmlValidateNCName((const xmlChar *)name, 0) == 0;
}

char **ht_compile_words(HtCompiler *compiler, const char *text)
{
    g_auto(GStrv) parts = g_strsplit_set(text ? text : "", " \t\r\n", -1);
    char **words = g_new0(char *, g_strv_length(parts) + 1);
    unsigned count = 0;
    for (char **part = parts; *part; part++) {
        if (**part) {
            words[count++] = ht_compile_own(compiler, g_strdup(*part));
        }
    }
    return ht_compile_own(compiler, words);
}

bool ht_compile_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}
