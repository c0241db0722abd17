/* All that an event carries, gathered into blocks in the order that an event's data must have: what is the department's
 * own before what it only repeats, by group, and the instances of a repeated group one after the other. */
#include "mappings/engine/compile/compiler.h"

typedef struct {
    HtPathScope *scope;
    const HtEventType *type;
    GArray *blocks;   /* HtBlock, rules in `rules` until they are complete */
    GPtrArray *rules; /* GArray * of HtElementRule, one for each block */
} Gatherer;

/* An element of which another department is the authority is only repeated here (一数一源). */
static bool is_foreign(const Gatherer *gatherer, const HtElement *element)
{
    return element->authority &&
           strcmp(element->authority, gatherer->scope->compiler->mapping->authority) != 0;
}

static bool check_group(Gatherer *gatherer, const xmlNode *node, const HtElement *element)
{
    for (const char *const *group = gatherer->type->groups; group && *group; group++) {
        if (strcmp(*group, element->group) == 0) {
            return true;
        }
    }
    g_autofree char *groups = g_strjoinv(", ", (char **)(void *)gatherer->type->groups);
    ht_compile_error(gatherer->scope->compiler, node, "%s does not carry \"%s\", only %s",
                     gatherer->type->name, element->group, groups);
    return false;
}

static guint add_block(Gatherer *gatherer, const HtBlock *block)
{
    g_array_append_vals(gatherer->blocks, block, 1);
    g_ptr_array_add(gatherer->rules, g_array_new(FALSE, TRUE, sizeof(HtElementRule)));
    return gatherer->blocks->len - 1;
}

/* The block of a group that does not repeat. */
static guint find_block(Gatherer *gatherer, const char *group, bool reported)
{
    for (guint i = 0; i < gatherer->blocks->len; i++) {
        const HtBlock *block = &g_array_index(gatherer->blocks, HtBlock, i);
        if (!block->repeats && block->reported == reported && strcmp(block->group, group) == 0) {
            return i;
        }
    }
    return add_block(gatherer, &(HtBlock){.group = group, .reported = reported, .each = -1});
}

/* Adds the rule behind those of the same target; twice the same target needs a `when` on each. */
static void add_rule(Gatherer *gatherer, const xmlNode *node, guint block, HtElementRule *rule)
{
    GArray *rules = gatherer->rules->pdata[block];
    guint place = rules->len;
    for (guint i = 0; i < rules->len; i++) {
        const HtElementRule *other = &g_array_index(rules, HtElementRule, i);
        if (other->element != rule->element) {
            continue;
        }
        if (!rule->when || !other->when) {
            ht_compile_error(gatherer->scope->compiler, node, "\"%s\" is given twice; each needs a when",
                             rule->element->name);
            return;
        }
        rule->alternative = true;
        place = i + 1;
    }
    g_array_insert_vals(rules, place, rule, 1);
}

static bool is_said(Gatherer *gatherer, const xmlNode *node)
{
    return ht_compile_attribute(gatherer->scope->compiler, node, "reported") != NULL;
}

static void gather_single(Gatherer *gatherer, const xmlNode *node, bool is_reference)
{
    HtElementRule rule;
    bool good = is_reference ? ht_compile_reference(gatherer->scope, node, &rule)
                             : ht_compile_element(gatherer->scope, node, &rule);
    if (!good || !check_group(gatherer, node, rule.element)) {
        return;
    }
    if (rule.element->repeats) {
        ht_compile_error(gatherer->scope->compiler, node,
                         "the group \"%s\" repeats: \"%s\" belongs into an <each group=\"%s\">",
                         rule.element->group, rule.element->name, rule.element->group);
        return;
    }
    bool reported = is_said(gatherer, node) || is_foreign(gatherer, rule.element);
    add_rule(gatherer, node, find_block(gatherer, rule.element->group, reported), &rule);
}

/* Reads the elements of an <each>; false when one of them is not of its group. */
static bool gather_instance(Gatherer *gatherer, const xmlNode *node, guint block, bool *own)
{
    const char *group = g_array_index(gatherer->blocks, HtBlock, block).group;
    for (const xmlNode *child = node->children; child; child = child->next) {
        HtElementRule rule;
        if (!ht_compile_is(child, "element") || !ht_compile_element(gatherer->scope, child, &rule)) {
            continue;
        }
        if (strcmp(rule.element->group, group) != 0) {
            ht_compile_error(gatherer->scope->compiler, child, "\"%s\" is not of the group \"%s\"",
                             rule.element->name, group);
            return false;
        }
        *own = *own || !is_foreign(gatherer, rule.element);
        add_rule(gatherer, child, block, &rule);
    }
    return true;
}

static const HtElement *find_group(Gatherer *gatherer, const xmlNode *node)
{
    HtCompiler *compiler = gatherer->scope->compiler;
    const char *group = ht_compile_attribute(compiler, node, "group");
    const HtElement *first = ht_dictionary_find_group(compiler->reference->dictionary, group, strlen(group));
    if (!first) {
        ht_compile_error(compiler, node, "the dictionary has no group \"%s\"", group);
        return NULL;
    }
    if (!first->repeats) {
        ht_compile_error(compiler, node, "the group \"%s\" does not repeat", group);
        return NULL;
    }
    return check_group(gatherer, node, first) ? first : NULL;
}

static void gather_each(Gatherer *gatherer, const xmlNode *node)
{
    HtPathScope *scope = gatherer->scope;
    const char *path = ht_compile_attribute(scope->compiler, node, "path");
    const HtElement *first = find_group(gatherer, node);
    scope->node = node;
    int each = first && path ? ht_compile_each_path(scope, path) : -1;
    if (!first || (path && each < 0)) {
        return;
    }
    HtPathScope inside = *scope;
    inside.each = each;
    inside.needs_tree = each < 0 ? scope->needs_tree : NULL;
    HtBlock block = {
        .group = first->group, .repeats = true, .each = each, .when = ht_compile_when(&inside, node, "when")};
    guint index = add_block(gatherer, &block);
    bool own = false;
    gatherer->scope = &inside;
    bool good = gather_instance(gatherer, node, index, &own);
    gatherer->scope = scope;
    if (good) {
        g_array_index(gatherer->blocks, HtBlock, index).reported = is_said(gatherer, node) || !own;
    }
}

/* Sorted as an event's data: by reported, then group; the order of the file within. `line` holds that order meanwhile. */
static int compare_blocks(const void *a, const void *b)
{
    const HtBlock *left = a, *right = b;
    if (left->reported != right->reported) {
        return left->reported ? 1 : -1;
    }
    int order = strcmp(left->group, right->group);
    return order ? order : left->line - right->line;
}

static void finish(Gatherer *gatherer, HtEventRule *event)
{
    HtCompiler *compiler = gatherer->scope->compiler;
    for (guint i = 0; i < gatherer->blocks->len; i++) {
        HtBlock *block = &g_array_index(gatherer->blocks, HtBlock, i);
        GArray *rules = gatherer->rules->pdata[i];
        block->line = (int)i;
        block->n_rules = rules->len;
        block->rules = ht_compile_own(compiler, g_array_free(rules, FALSE));
    }
    g_array_sort(gatherer->blocks, compare_blocks);
    for (guint i = 1; i < gatherer->blocks->len; i++) {
        HtBlock *block = &g_array_index(gatherer->blocks, HtBlock, i), *before = block - 1;
        block->goes_on = before->reported == block->reported && strcmp(before->group, block->group) == 0;
    }
    event->n_blocks = gatherer->blocks->len;
    event->blocks = ht_compile_own(compiler, g_array_free(gatherer->blocks, FALSE));
}

void ht_compile_blocks(HtPathScope *scope, const xmlNode *node, HtEventRule *event, const HtEventType *type)
{
    Gatherer gatherer = {scope, type, g_array_new(FALSE, TRUE, sizeof(HtBlock)), g_ptr_array_new()};
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (ht_compile_is(child, "element") || ht_compile_is(child, "recorded")) {
            gather_single(&gatherer, child, false);
        } else if (ht_compile_is(child, "reference")) {
            gather_single(&gatherer, child, true);
        } else if (ht_compile_is(child, "each")) {
            gather_each(&gatherer, child);
        }
    }
    finish(&gatherer, event);
    g_ptr_array_unref(gatherer.rules);
}
