/* What a mapping says about a payload as a whole: a department's own answers (`<answer>`), and what is not taken
 * (`<refuse>`). Runs when a mapping is loaded. */
#include "mappings/engine/compile/compiler.h"

#define ANSWERS_MAX 64 /* bits of HtMatch.answers */

/* A rule for the element at `path`, and the scope for paths that are meant from there. NULL after an error. */
static HtAnswerRule *add_rule(HtPathScope *scope, const xmlNode *node, const char *path)
{
    HtCompiler *compiler = scope->compiler;
    HtMapping *mapping = compiler->mapping;
    HtTrieNode *reached = ht_compile_reach(compiler, node, mapping->trie, path);
    if (!reached || *path != '/' || strchr(path, '@') || mapping->answers->len == ANSWERS_MAX ||
        reached->answer >= 0) {
        ht_compile_error(compiler, node,
                         "for=\"%s\" must be the absolute path of an element, each in one <answer> or "
                         "<refuse>, at most %d",
                         path, ANSWERS_MAX);
        return NULL;
    }
    reached->answer = (int)mapping->answers->len;
    HtAnswerRule *rule = g_new0(HtAnswerRule, 1);
    rule->path = g_strdup(path);
    ht_compile_own(compiler, rule->path);
    g_ptr_array_add(mapping->answers, rule);
    scope->answer_path = path;
    return rule;
}

static const HtTable *find_table(HtCompiler *compiler, const xmlNode *node)
{
    const char *name = ht_compile_attribute(compiler, node, "table");
    const HtTable *table = name ? ht_tables_find(compiler->reference->tables, name) : NULL;
    if (name && !table) {
        ht_compile_error(compiler, node, "there is no code table \"%s\"", name);
    }
    return table;
}

void ht_compile_answer(HtCompiler *compiler, const xmlNode *node)
{
    g_autoptr(GPtrArray) bases = g_ptr_array_new();
    HtPathScope scope = {.compiler = compiler, .node = node, .bases = bases, .each = -1};
    HtAnswerRule *rule = add_rule(&scope, node, ht_compile_attribute(compiler, node, "for"));
    if (!rule) {
        return;
    }
    const char *ok = ht_compile_attribute(compiler, node, "ok");
    rule->fail = ht_compile_when(&scope, node, "fail-when");
    rule->retry = ht_compile_when(&scope, node, "retry-when");
    rule->code = ht_compile_paths(&scope, ht_compile_attribute(compiler, node, "code"));
    rule->ok = ok ? ht_compile_words(compiler, ok) : NULL;
    rule->table = find_table(compiler, node);
    if (ok && rule->code.count == 0) {
        ht_compile_error(compiler, node, "ok=\"…\" lists codes: code=\"…\" must say where the code is");
    }
}

void ht_compile_refuse(HtCompiler *compiler, const xmlNode *node)
{
    g_autoptr(GPtrArray) bases = g_ptr_array_new();
    char **path = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "for"));
    for (; *path; path++) {
        HtPathScope scope = {.compiler = compiler, .node = node, .bases = bases, .each = -1};
        HtAnswerRule *rule = add_rule(&scope, node, *path);
        if (rule) {
            rule->refusal = ht_compile_attribute(compiler, node, "code");
            rule->refusal_text = ht_compile_attribute(compiler, node, "text");
            rule->fail = ht_compile_when(&scope, node, "when");
        }
    }
}
