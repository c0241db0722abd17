/* Building the matcher's tree from the compiled one, when a mapper is made, and looking for steps that the matcher's guess
 * did not find. Host process, the mapper's thread. */
#include "mappings/engine/match/tree.h"

#define LINEAR_MAX 6
#define LESSONS \
    4096 /* changes of order that a mapper learns; a source without any order is not followed for ever */

/* ---- Building ---- */

/* What is needed while the tree is built. Counts first, then arrays of the right size: their addresses must not change. */
typedef struct {
    HtMatch *match;
    HtName (*intern)(void *user, const char *name);
    void *intern_user;
    const HtNode *root, *parent; /* of the document, and of the node at hand */
    bool in_record;
    HtNode *next_node;
    HtNodeStep *next_step;
    uint16_t *next_place;
} Builder;

static uint32_t count_children(const HtTrieNode *from, bool attributes)
{
    uint32_t count = 0;
    for (const HtTrieNode *child = from->children; child; child = child->next) {
        count += child->attribute == attributes;
    }
    return count;
}

/* Size of the hash table over so many children: at most half full. */
static uint32_t count_places(uint32_t children)
{
    uint32_t places = 1;
    while (places < children * 2) {
        places *= 2;
    }
    return children <= LINEAR_MAX ? 0 : places;
}

static void count_tree(const HtTrieNode *from, size_t *nodes, size_t *steps, size_t *places)
{
    uint32_t children = count_children(from, false);
    (*nodes)++;
    *steps += children + count_children(from, true);
    *places += count_places(children);
    for (const HtTrieNode *child = from->children; child; child = child->next) {
        count_tree(child, nodes, steps, places);
    }
}

static uint32_t hash_name(HtName name)
{
    uintptr_t address = (uintptr_t)name;
    return (uint32_t)(address ^ address >> 7 ^ address >> 15);
}

static void place_child(HtNode *node, uint16_t index)
{
    uint32_t at = hash_name(node->children[index].name) & node->mask;
    while (node->places[at] != UINT16_MAX) {
        at = (at + 1) & node->mask;
    }
    node->places[at] = index;
}

static void place_children(HtNode *node)
{
    for (uint32_t place = 0; node->mask && place <= node->mask; place++) {
        node->places[place] = UINT16_MAX;
    }
    for (uint16_t i = 0; node->mask && i < node->n_children; i++) {
        place_child(node, i);
    }
}

static HtNode *build(Builder *builder, const HtTrieNode *from);

static HtNodeStep build_step(Builder *builder, const HtTrieNode *from)
{
    HtNode *node = build(builder, from);
    bool wanted = from->stores->len > 0, has_fields = from->declared || from->pass || from->fields;
    return (HtNodeStep){
        .name = builder->intern(builder->intern_user, from->name),
        .node = node,
        .store = wanted ? g_array_index(from->stores, HtStore, 0) : (HtStore){HT_SLOT_NONE, 0, 0},
        .ignore = from->ignore,
        .special = node->n_clears > 0 || node->record || node->each >= 0 || node->answer >= 0 ||
                   node->count >= 0 || node->wraps || has_fields,
    };
}

static void take_room(Builder *builder, HtNode *node)
{
    uint32_t places = count_places(node->n_children);
    node->children = builder->next_step;
    node->attributes = node->children + node->n_children;
    builder->next_step += node->n_children + node->n_attributes;
    node->places = builder->next_place;
    node->mask = (uint16_t)(places > 0 ? places - 1 : 0);
    builder->next_place += places;
}

static void place_absolute(Builder *builder, const HtTrieNode *from, HtSlot slot)
{
    if (slot & HT_SLOT_ABSOLUTE) {
        builder->match->places_of_absolutes[slot & HT_SLOT_NUMBER] =
            (HtPlace){builder->parent, builder->root, from->attribute, builder->in_record};
    }
}

/* Remembers where the absolute values stand that this node is. */
static void place_absolutes(Builder *builder, const HtTrieNode *from)
{
    for (guint i = 0; i < from->stores->len; i++) {
        place_absolute(builder, from, g_array_index(from->stores, HtStore, i).slot);
    }
    for (guint i = 0; from->fields && i < from->fields->len; i++) {
        place_absolute(builder, from, g_array_index(from->fields, HtField, i).slot);
    }
}

/* The children, each knowing what is around it. */
static void build_children(Builder *builder, const HtTrieNode *from, HtNode *node)
{
    HtNodeStep *child_step = node->children, *attribute_step = (HtNodeStep *)node->attributes;
    Builder around = *builder;
    for (const HtTrieNode *child = from->children; child; child = child->next) {
        builder->parent = node;
        builder->in_record = around.in_record;
        HtNodeStep step = build_step(builder, child);
        *(child->attribute ? attribute_step++ : child_step++) = step;
    }
    builder->parent = around.parent;
    builder->in_record = around.in_record;
}

static HtNode *build(Builder *builder, const HtTrieNode *from)
{
    const HtMapping *mapping = builder->match->mapping;
    HtNode *node = builder->next_node++;
    const HtStore *stores = (const HtStore *)(void *)from->stores->data;
    *node = (HtNode){
        .n_children = (uint16_t)count_children(from, false),
        .n_attributes = (uint16_t)count_children(from, true),
        .more = stores ? stores + 1 : NULL,
        .n_more = (uint16_t)(from->stores->len > 0 ? from->stores->len - 1 : 0),
        .clears = (const HtSlot *)(void *)from->clears->data,
        .n_clears = (uint16_t)from->clears->len,
        .record = from->record >= 0 ? mapping->records->pdata[from->record] : NULL,
        .each = (int16_t)from->each,
        .each_level = from->each_level,
        .nested = from->nested,
        .answer = (int16_t)from->answer,
        .count = (int16_t)from->count,
        .wraps = from->wraps,
        .fields = from->fields ? (const HtField *)(void *)from->fields->data : NULL,
        .n_fields = (uint16_t)(from->fields ? from->fields->len : 0),
        .pass = from->pass,
        .named = from->named,
        .declared = from->declared,
    };
    take_room(builder, node);
    builder->root = builder->parent == builder->match->root ? node : builder->root;
    builder->in_record = builder->in_record || from->record >= 0;
    place_absolutes(builder, from);
    build_children(builder, from, node);
    place_children(node);
    return node;
}

void ht_match_tree_build(HtMatch *match, HtName (*intern)(void *user, const char *name), void *intern_user)
{
    size_t nodes = 0, steps = 0, places = 0;
    count_tree(match->mapping->trie, &nodes, &steps, &places);
    match->root = g_new0(HtNode, nodes);
    match->steps = g_new0(HtNodeStep, steps + 1);
    match->places = g_new0(uint16_t, places + 1);
    match->n_nodes = nodes;
    match->lessons = LESSONS;
    match->places_of_absolutes = g_new0(HtPlace, match->mapping->n_absolute + 1);
    Builder builder = {.match = match,
                       .intern = intern,
                       .intern_user = intern_user,
                       .next_node = match->root,
                       .next_step = match->steps,
                       .next_place = match->places};
    build(&builder, match->mapping->trie);
}

void ht_match_tree_clear(HtMatch *match)
{
    g_free(match->places_of_absolutes);
    g_free(match->root);
    g_free(match->steps);
    g_free(match->places);
}

void ht_match_tree_forget(HtMatch *match)
{
    for (size_t i = 0; i < match->n_nodes; i++) {
        match->root[i].entered = match->root[i].held = 0;
    }
}

/* ---- Looking ---- */

/* For mappings that compare names without regard to case. */
static uint16_t search_folded(const HtNodeStep *steps, uint16_t count, HtName name)
{
    for (uint16_t i = 0; i < count; i++) {
        if (g_ascii_strcasecmp(steps[i].name, name) == 0) {
            return i;
        }
    }
    return UINT16_MAX;
}

/* The child's index, or UINT16_MAX. */
static uint16_t find_index(const HtMatch *match, const HtNode *node, HtName name)
{
    if (node->mask) {
        uint32_t at = hash_name(name) & node->mask;
        for (; node->places[at] != UINT16_MAX; at = (at + 1) & node->mask) {
            if (node->children[node->places[at]].name == name) {
                return node->places[at];
            }
        }
    }
    for (uint16_t i = 0; !node->mask && i < node->n_children; i++) {
        if (node->children[i].name == name) {
            return i;
        }
    }
    return match->mapping->case_ignored ? search_folded(node->children, node->n_children, name) : UINT16_MAX;
}

static uint16_t *find_place(const HtNode *node, uint16_t index)
{
    uint32_t at = hash_name(node->children[index].name) & node->mask;
    while (node->places[at] != index) {
        at = (at + 1) & node->mask;
    }
    return &node->places[at];
}

static void swap_children(HtNode *node, uint16_t a, uint16_t b)
{
    if (node->mask) {
        uint16_t *place_a = find_place(node, a), *place_b = find_place(node, b);
        *place_a = b;
        *place_b = a;
    }
    HtNodeStep kept = node->children[a];
    node->children[a] = node->children[b];
    node->children[b] = kept;
}

/* The children of the root are not moved: one of them may be open while a document inside of it begins. All others are
 * closed when the next one of theirs begins. */
const HtNodeStep *ht_match_tree_find(HtMatch *match, HtNode *node, HtName name, uint16_t *next)
{
    uint16_t expected = *next, index = find_index(match, node, name);
    if (index == UINT16_MAX) {
        return NULL;
    }
    bool again = index + 1 == expected; /* an element that repeats teaches nothing */
    if (!again && node != match->root && expected < node->n_children && match->lessons > 0) {
        match->lessons--;
        swap_children(node, index, expected);
        index = expected;
    }
    *next = (uint16_t)(index + 1);
    return &node->children[index];
}

const HtNodeStep *ht_match_tree_attribute(const HtMatch *match, const HtNode *node, HtName name)
{
    for (uint16_t i = 0; i < node->n_attributes; i++) {
        if (node->attributes[i].name == name) {
            return &node->attributes[i];
        }
    }
    uint16_t index =
        match->mapping->case_ignored ? search_folded(node->attributes, node->n_attributes, name) : UINT16_MAX;
    return index == UINT16_MAX ? NULL : &node->attributes[index];
}

bool ht_match_is_other_document(const HtMatch *match, unsigned depth)
{
    return match->frames[depth].document != match->record_document;
}

HtNode *ht_match_open_node(const HtMatch *match, unsigned depth)
{
    const HtNodeStep *step = match->frames[depth].step;
    return step ? step->node : NULL;
}
