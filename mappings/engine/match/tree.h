/* The mapping's tree of paths as the matcher walks it: names as the reader interns them, so that a step is a comparison of
 * pointers. Departments send fields in the same order every time, so a node's children are put into the order in which
 * they were seen, and mostly the first guess is right. Built once for each mapper; used only by match.c. */
#pragma once

#include "mappings/engine/match/match.h"

/* What a step leads to. A leaf is never looked at beyond this: it stays in the cache line of the guess. */
typedef struct {
    HtName name;
    HtNode *node;
    HtStore store; /* slot HT_SLOT_NONE: its value is not asked for */
    bool ignore;
    bool special; /* the node has clears, record, each, answer or count: more to do than to take its value */
} HtNodeStep;

struct HtNode {
    HtNodeStep *children; /* in the order in which they come */
    uint16_t *
        places; /* beyond LINEAR_MAX children: hash table by name of indexes into children, UINT16_MAX: free */
    const HtNodeStep *attributes;
    const HtRecordRule *record;
    const HtSlot *clears;
    const HtStore *more; /* stores beyond the step's */
    const HtField *fields;
    const char *pass;
    uint16_t n_children, mask, n_attributes, n_clears, n_more, n_fields;
    int16_t each, answer, count;
    HtSlot named;
    uint16_t each_level;
    bool wraps, declared, nested;
    uint32_t entered; /* HtMatch.last_serial when it was met last; only of elements around absolute values */
    uint32_t held;    /* and when it was around a record that waits */
};

/* An element that is open. */
struct HtOpenElement {
    const HtNodeStep *step; /* NULL: nothing from here on is named */
    HtName name;
    uint32_t start, size; /* its own text */
    uint32_t document;
    uint32_t fits;   /* bits of its node's fields that its value is of, */
    uint32_t inside; /* and where in match->text what is in it begins */
    uint16_t next;   /* where its next child is expected */
    bool quiet;      /* inside something that is ignored: what is not named need not be kept */
    bool counts;     /* its end is a count's: what it states is known then */
    uint8_t form;    /* HL7's form (match/form.h) */
};

/* Fills match->root; ht_match_tree_clear() frees it. */
void ht_match_tree_build(HtMatch *match, HtName (*intern)(void *user, const char *name), void *intern_user);
void ht_match_tree_clear(HtMatch *match);

/* When serials start over: no node was met yet. */
void ht_match_tree_forget(HtMatch *match);

/* When the guess was wrong: looks everywhere, and learns the order. */
const HtNodeStep *ht_match_tree_find(HtMatch *match, HtNode *node, HtName name, uint16_t *next);

/* The child of that name, or NULL. `next` is where the parent's next child is expected. */
static inline const HtNodeStep *ht_match_tree_child(HtMatch *match, HtNode *node, HtName name, uint16_t *next)
{
    if (*next < node->n_children && node->children[*next].name == name) {
        return &node->children[(*next)++];
    }
    return ht_match_tree_find(match, node, name, next);
}

const HtNodeStep *ht_match_tree_attribute(const HtMatch *match, const HtNode *node, HtName name);

/* The node of the element that is open at this depth, NULL when nothing of it is named; whether it is of another document than the
 * record at hand. */
HtNode *ht_match_open_node(const HtMatch *match, unsigned depth);
bool ht_match_is_other_document(const HtMatch *match, unsigned depth);
