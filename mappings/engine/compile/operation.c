/* What a mapping says of operations: their names and what they mean (`<operation>`), and the values in messages that say what
 * is to be done (`<action-value>`). Part of loading a mapping; not on the path of messages. */
#include "mappings/engine/compile/compiler.h"

static const struct {
    const char *word;
    HtMeans means;
} meanings[] = {
    {"assert", HT_MEANS_ASSERT},
    {"correct", HT_MEANS_CORRECT},
    {"cancel", HT_MEANS_CANCEL},
    {"query", HT_MEANS_QUERY},
    {"acknowledgement", HT_MEANS_ACKNOWLEDGEMENT},
    {"not-taken", HT_MEANS_NOT_TAKEN},
};

/* The grammar lets no other word pass. */
static HtMeans read_means(HtCompiler *compiler, const xmlNode *node)
{
    const char *word = ht_compile_attribute(compiler, node, "means");
    for (size_t i = 0; word && i < G_N_ELEMENTS(meanings); i++) {
        if (strcmp(meanings[i].word, word) == 0) {
            return meanings[i].means;
        }
    }
    return HT_MEANS_ASSERT;
}

/* ---- Operations ---- */

static void check_name(HtCompiler *compiler, const xmlNode *node, const char *name)
{
    if (ht_operations_find(compiler->mapping->operations, name)) {
        ht_compile_error(compiler, node, "\"%s\" or its answer is declared twice", name);
    }
}

void ht_compile_meaning(HtCompiler *compiler, const xmlNode *node, HtOperation *operation)
{
    const char *action = ht_compile_attribute(compiler, node, "action");
    const char *response = ht_compile_attribute(compiler, node, "response");
    const char *also = ht_compile_attribute(compiler, node, "also");
    operation->name = ht_compile_attribute(compiler, node, "name");
    operation->also = also ? ht_compile_words(compiler, also) : NULL;
    operation->action = action ? action : "";
    operation->response =
        response ? response : ht_compile_own(compiler, g_strconcat(operation->name, "Response", NULL));
    operation->means = read_means(compiler, node);
    operation->in = ht_compile_parts(compiler, node, "in");
    check_name(compiler, node, operation->name);
    for (char **name = operation->also; name && *name; name++) {
        check_name(compiler, node, *name);
    }
    g_ptr_array_add(compiler->mapping->operations, operation);
}

void ht_compile_operation(HtCompiler *compiler, const xmlNode *node)
{
    HtOperation *operation = ht_compile_own(compiler, g_new0(HtOperation, 1));
    ht_compile_meaning(compiler, node, operation);
    operation->out = ht_compile_parts(compiler, node, "out");
}

/* ---- Values ---- */

static HtActionRule *find_rule(HtCompiler *compiler, const xmlNode *node, const char *path)
{
    GPtrArray *actions = compiler->mapping->actions;
    for (guint i = 0; i < actions->len; i++) {
        HtActionRule *rule = actions->pdata[i];
        if (strcmp(rule->path, path) == 0) {
            return rule;
        }
    }
    g_autoptr(GPtrArray) bases = g_ptr_array_new();
    HtPathScope scope = {.compiler = compiler, .node = node, .bases = bases, .each = -1};
    g_autofree char *problem = NULL;
    HtSlot slot = *path == '/' ? ht_compile_path(&scope, path, &problem) : HT_SLOT_NONE;
    if (slot == HT_SLOT_NONE || actions->len == HT_ACTIONS_MAX) {
        ht_compile_error(compiler, node, "at=\"%s\" must be an absolute path, at most %d different ones",
                         path, HT_ACTIONS_MAX);
        return NULL;
    }
    HtActionRule *rule = g_new0(HtActionRule, 1);
    rule->path = path;
    rule->slot = slot;
    rule->values = g_array_new(FALSE, FALSE, sizeof(HtActionValue));
    g_ptr_array_add(actions, rule);
    return rule;
}

void ht_compile_action_value(HtCompiler *compiler, const xmlNode *node)
{
    HtActionRule *rule = find_rule(compiler, node, ht_compile_attribute(compiler, node, "at"));
    HtMeans means = read_means(compiler, node);
    char **words = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "is"));
    for (char **word = words; rule && *word; word++) {
        HtActionValue value = {ht_text_from(*word), means};
        for (guint i = 0; i < rule->values->len; i++) {
            if (ht_text_equal(g_array_index(rule->values, HtActionValue, i).value, value.value)) {
                ht_compile_error(compiler, node, "\"%s\" stands twice", *word);
            }
        }
        g_array_append_val(rule->values, value);
    }
}
