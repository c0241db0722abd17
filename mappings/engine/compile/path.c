/* Paths of a mapping: into the tree that the matcher walks, and into slots for their values. */
#include "mappings/engine/compile/compiler.h"

#include "mappings/engine/rules/xpathrec.h"

/* ---- The tree ---- */

/* Where case is ignored, two spellings of a name are one node. */
static bool is_name(const HtMapping *mapping, const char *one, const char *other)
{
    return mapping->case_ignored ? g_ascii_strcasecmp(one, other) == 0 : strcmp(one, other) == 0;
}

static HtTrieNode *reach_child(const HtMapping *mapping, HtTrieNode *parent, const char *name, bool attribute)
{
    HtTrieNode **place = &parent->children;
    for (; *place; place = &(*place)->next) {
        if ((*place)->attribute == attribute && is_name(mapping, (*place)->name, name)) {
            return *place;
        }
    }
    HtTrieNode *node = ht_trie_new();
    node->name = g_strdup(name);
    node->attribute = attribute;
    node->parent = parent;
    *place = node;
    return node;
}

/* What is wrong with a path, or NULL. */
static const char *find_flaw(const char *path)
{
    if (strcmp(path, ".") == 0) {
        return NULL;
    }
    const char *step = *path == '/' ? path + 1 : path;
    for (;;) {
        size_t size = strcspn(step, "/");
        bool last = step[size] == '\0';
        const char *name = *step == '@' ? step + 1 : step;
        if (size == 0 || (*step == '@' && size == 1)) {
            return "a step is empty";
        }
        if (*step == '@' && !last) {
            return "an attribute can only be the last step";
        }
        if (strcspn(name, "[](){}*@:|'\"=<>!,$ ") < size - (size_t)(name - step) || *name == '.') {
            return "only names, / and a last @name are possible here; for more there is xpath=\"…\"";
        }
        if (last) {
            return NULL;
        }
        step += size + 1;
    }
}

/* The path is known to be without flaw. */
static HtTrieNode *reach(const HtMapping *mapping, HtTrieNode *from, const char *path)
{
    if (strcmp(path, ".") == 0) {
        return from;
    }
    g_auto(GStrv) steps = g_strsplit(*path == '/' ? path + 1 : path, "/", -1);
    for (char **step = steps; *step; step++) {
        bool attribute = **step == '@';
        from = reach_child(mapping, from, attribute ? *step + 1 : *step, attribute);
    }
    return from;
}

HtTrieNode *ht_compile_reach(HtCompiler *compiler, const xmlNode *node, HtTrieNode *from, const char *path)
{
    const char *flaw = find_flaw(path);
    if (flaw) {
        ht_compile_error(compiler, node, "the path \"%s\" cannot be read: %s", path, flaw);
        return NULL;
    }
    return reach(compiler->mapping, *path == '/' ? compiler->mapping->trie : from, path);
}

static void add_store(HtTrieNode *node, HtStore store)
{
    for (guint i = 0; i < node->stores->len; i++) {
        HtStore other = g_array_index(node->stores, HtStore, i);
        if (other.slot == store.slot && other.each == store.each) {
            return;
        }
    }
    g_array_append_val(node->stores, store);
}

/* ---- Slots ---- */

char *ht_compile_key(const HtCompiler *compiler, const char *path)
{
    return compiler->mapping->case_ignored ? g_ascii_strdown(path, -1) : g_strdup(path);
}

static unsigned find_number(const HtCompiler *compiler, GHashTable *numbers, const char *path, bool *is_new)
{
    g_autofree char *key = ht_compile_key(compiler, path);
    gpointer found = g_hash_table_lookup(numbers, key);
    *is_new = !found;
    if (!found) {
        found = GUINT_TO_POINTER(g_hash_table_size(numbers) + 1);
        g_hash_table_insert(numbers, g_steal_pointer(&key), found);
    }
    return GPOINTER_TO_UINT(found) - 1;
}

/* The slot that is known by `key`; a new one is of the value at `path`, until the element `scope` or one around it begins anew. */
static HtSlot find_absolute(HtCompiler *compiler, const char *key, const char *path, HtTrieNode *scope,
                            bool *is_new)
{
    unsigned number = find_number(compiler, compiler->absolute_slots, key, is_new);
    HtSlot slot = (HtSlot)(number | HT_SLOT_ABSOLUTE);
    if (*is_new) {
        for (HtTrieNode *above = scope; above->parent; above = above->parent) {
            g_array_append_val(above->clears, slot);
        }
        compiler->mapping->n_absolute = number + 1;
        g_ptr_array_add(compiler->mapping->absolute_paths, g_strdup(path));
        g_array_set_size(compiler->mapping->absolute_carried, number + 1);
    }
    return slot;
}

static HtSlot absolute_slot(HtCompiler *compiler, const char *path)
{
    bool is_new;
    HtTrieNode *node = reach(compiler->mapping, compiler->mapping->trie, path);
    HtSlot slot = find_absolute(compiler, path, path, node, &is_new);
    if (is_new) {
        add_store(node, (HtStore){slot, 0, 0});
    }
    return slot;
}

HtSlot ht_compile_around(HtCompiler *compiler, const xmlNode *node, const char *path, bool *is_new)
{
    g_autofree char *key = g_strdup_printf("%s %p", path, (const void *)node);
    if (compiler->mapping->n_absolute >= HT_SLOTS_MAX) {
        ht_compile_error(compiler, node, "the mapping has too many paths");
        return HT_SLOT_NONE;
    }
    HtTrieNode *around = reach(compiler->mapping, compiler->mapping->trie, path)->parent;
    HtSlot slot = find_absolute(compiler, key, path, around, is_new);
    g_array_index(compiler->mapping->absolute_carried, bool, slot &HT_SLOT_NUMBER) = true;
    return slot;
}

/* An absolute value that records want; others are an answer's or a count's. */
static HtSlot wanted_slot(HtPathScope *scope, const char *path)
{
    HtSlot slot = absolute_slot(scope->compiler, path);
    if (scope->absolutes) {
        g_array_append_val(scope->absolutes, slot);
        g_array_index(scope->compiler->mapping->absolute_carried, bool, slot &HT_SLOT_NUMBER) = true;
    }
    return slot;
}

static HtSlot column_slot(HtPathScope *scope, const char *path)
{
    HtMapping *mapping = scope->compiler->mapping;
    HtEachRule *each = mapping->eaches->pdata[scope->each];
    g_autofree char *full =
        strcmp(path, ".") == 0 ? g_strdup(each->path) : g_strdup_printf("%s/%s", each->path, path);
    guint column = 0;
    while (column < each->columns->len && !is_name(mapping, each->columns->pdata[column], full)) {
        column++;
    }
    HtStore store = {(HtSlot)(column | HT_SLOT_COLUMN), (uint16_t)scope->each, 0};
    for (guint i = 0; i < scope->bases->len; i++) {
        add_store(reach(mapping, reach(mapping, scope->bases->pdata[i], each->path), path), store);
    }
    if (column == each->columns->len) {
        g_ptr_array_add(each->columns, g_steal_pointer(&full));
    }
    return store.slot;
}

/* True when a field's own place is the element of its name. */
static bool is_field(const HtTrieNode *node, HtSlot slot)
{
    for (guint i = 0; node->fields && i < node->fields->len; i++) {
        if (g_array_index(node->fields, HtField, i).slot == slot) {
            return true;
        }
    }
    return false;
}

static HtSlot record_slot(HtPathScope *scope, const char *path)
{
    HtMapping *mapping = scope->compiler->mapping;
    bool is_new;
    HtSlot slot = (HtSlot)find_number(scope->compiler, scope->compiler->record_slots, path, &is_new);
    if (is_new) {
        g_ptr_array_add(mapping->record_paths, g_strdup(path));
    }
    for (guint i = 0; i < scope->bases->len; i++) {
        HtTrieNode *node = reach(scope->compiler->mapping, scope->bases->pdata[i], path);
        if (!scope->declares) {
            node->asked = true;
        }
        if (!scope->declares && !is_field(node, slot)) {
            add_store(node, (HtStore){slot, 0, 0});
        }
    }
    return slot;
}

/* Remembers that the event names this value. */
static void note_cover(HtPathScope *scope, HtSlot slot)
{
    if (scope->covers && !scope->asks) {
        HtStore named = {slot, (uint16_t)MAX(scope->each, 0), 0};
        g_array_append_val(scope->covers->named, named);
    }
}

HtSlot ht_compile_path(HtPathScope *scope, const char *path, char **problem)
{
    HtMapping *mapping = scope->compiler->mapping;
    const char *flaw = find_flaw(path);
    bool full = mapping->record_paths->len >= HT_SLOTS_MAX || mapping->n_absolute >= HT_SLOTS_MAX;
    if (!flaw && full) {
        flaw = "the mapping has too many paths";
    }
    if (flaw) {
        *problem = g_strdup_printf("the path \"%s\" cannot be read: %s", path, flaw);
        return HT_SLOT_NONE;
    }
    if (*path == '/') {
        return wanted_slot(scope, path);
    }
    if (scope->answer_path) {
        bool self = strcmp(path, ".") == 0;
        g_autofree char *absolute = g_strconcat(scope->answer_path, self ? "" : "/", self ? "" : path, NULL);
        return absolute_slot(scope->compiler, absolute);
    }
    HtSlot slot = scope->each >= 0 ? column_slot(scope, path) : record_slot(scope, path);
    note_cover(scope, slot);
    return slot;
}

int ht_compile_each_path(HtPathScope *scope, const char *path)
{
    HtMapping *mapping = scope->compiler->mapping;
    bool below = *path != '/' && !strchr(path, '@') && strcmp(path, ".") != 0;
    const char *flaw = below ? find_flaw(path) : "elements below the record are meant";
    if (flaw) {
        ht_compile_error(scope->compiler, scope->node, "the path \"%s\" cannot be read: %s", path, flaw);
        return -1;
    }
    bool is_new;
    int index = (int)find_number(scope->compiler, scope->compiler->eaches, path, &is_new);
    if (is_new) {
        HtEachRule *rule = g_new0(HtEachRule, 1);
        rule->path = g_strdup(path);
        rule->columns = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(mapping->eaches, rule);
    }
    for (guint i = 0; i < scope->bases->len; i++) {
        HtTrieNode *node = reach(scope->compiler->mapping, scope->bases->pdata[i], path);
        if (node->each >= 0 && node->each != index) {
            ht_compile_error(
                scope->compiler, scope->node,
                "<each path=\"%s\">: the same element is an <each path=\"%s\"> already, of another record",
                path, ((HtEachRule *)mapping->eaches->pdata[node->each])->path);
        }
        node->each = index;
    }
    return index;
}

/* ---- What stands in attributes ---- */

static void add_slot(HtPathScope *scope, HtFrom *from, const char *path)
{
    char *problem = NULL;
    HtSlot slot = ht_compile_path(scope, path, &problem);
    if (slot == HT_SLOT_NONE) {
        ht_compile_error(scope->compiler, scope->node, "%s", problem);
        g_free(problem);
        return;
    }
    HtSlot *slots = g_new(HtSlot, from->count + 1);
    if (from->count > 0) {
        memcpy(slots, from->slots, sizeof(HtSlot) * from->count);
    }
    slots[from->count++] = slot;
    from->slots = ht_compile_own(scope->compiler, slots);
}

HtFrom ht_compile_paths(HtPathScope *scope, const char *paths)
{
    HtFrom from = {NULL, 0};
    for (char **path = ht_compile_words(scope->compiler, paths); *path; path++) {
        add_slot(scope, &from, *path);
    }
    return from;
}

HtFrom ht_compile_from(HtPathScope *scope, const xmlNode *node)
{
    HtFrom from = {NULL, 0};
    const char *first = ht_compile_attribute(scope->compiler, node, "from");
    const char *others = ht_compile_attribute(scope->compiler, node, "or");
    scope->node = node;
    if (first) {
        add_slot(scope, &from, first);
    }
    for (char **path = ht_compile_words(scope->compiler, others); *path; path++) {
        add_slot(scope, &from, *path);
    }
    return from;
}

static HtSlot resolve(void *user, const char *path, char **problem)
{
    return ht_compile_path(user, path, problem);
}

static const HtFlagRule *find_flag(void *user, const char *path, bool choice)
{
    const HtPathScope *scope = user;
    return ht_compile_find_flag(scope->compiler, path, choice);
}

static const HtFlagRule *find_reading(void *user, const char *translation, char **problem)
{
    const HtPathScope *scope = user;
    return ht_compile_find_reading(scope->compiler, translation, problem);
}

static void note_literal(void *user, const char *path, HtText text)
{
    ht_compile_literal(user, path, text);
}

HtXpath *ht_compile_xpath(HtPathScope *scope, const xmlNode *node, const char *expression)
{
    char *problem = NULL;
    if (!scope->needs_tree) {
        ht_compile_error(scope->compiler, node,
                         "an XPath is not possible inside of <each path=…> and <answer>");
        return NULL;
    }
    HtXpath *xpath = ht_xpath_compile(expression, &problem);
    if (!xpath) {
        ht_compile_error(scope->compiler, node, "%s", problem);
        g_free(problem);
        return NULL;
    }
    *scope->needs_tree = true;
    g_ptr_array_add(scope->compiler->mapping->xpaths, xpath);
    return xpath;
}

const HtWhen *ht_compile_when(HtPathScope *scope, const xmlNode *node, const char *name)
{
    HtCompiler *compiler = scope->compiler;
    const char *text = ht_compile_attribute(compiler, node, name);
    const char *expression =
        strcmp(name, "when") == 0 ? ht_compile_attribute(compiler, node, "xpath-when") : NULL;
    const HtWhen *when = NULL;
    if (text) {
        char *problem = NULL;
        const HtWhenNames names = {resolve, find_flag, find_reading, note_literal, scope};
        scope->asks = true;
        scope->decides = ht_compile_decides(node, name) ? node : NULL;
        scope->attribute = name;
        when = ht_when_parse(compiler->mapping->whens, text, &names, &problem);
        scope->asks = false;
        scope->decides = NULL;
        if (!when) {
            ht_compile_error(compiler, node, "%s", problem);
            g_free(problem);
        }
    } else if (expression) {
        HtXpath *xpath = ht_compile_xpath(scope, node, expression);
        when = xpath ? ht_when_from_xpath(compiler->mapping->whens, xpath) : NULL;
        ht_compile_literal_xpath(compiler, node, expression);
    }
    return when;
}

void ht_compile_ignore(HtPathScope *scope, const xmlNode *node)
{
    HtCompiler *compiler = scope->compiler;
    for (char **path = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "from")); *path;
         path++) {
        bool absolute = **path == '/';
        guint count = absolute ? 1 : scope->bases->len;
        if (count == 0) {
            ht_compile_error(compiler, node, "the path \"%s\" must be absolute here", *path);
        }
        for (guint i = 0; i < count; i++) {
            HtTrieNode *base = absolute ? compiler->mapping->trie : scope->bases->pdata[i];
            HtTrieNode *reached = ht_compile_reach(compiler, node, base, *path);
            if (!reached) {
                break;
            }
            reached->ignore = true;
        }
        if (absolute) {
            g_ptr_array_add(compiler->ignored, *path);
        } else if (scope->covers) {
            g_ptr_array_add(scope->covers->ignored, *path);
        }
    }
}
