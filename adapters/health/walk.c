/* The walk over a document's elements. Every event costs the same, however deep the document is: an element that its
 * parent does not know is a subtree to skip, and of that only the depth is counted. */
#include "health.h"

#include <string.h>

void health_walk_begin(HealthState *state, const HealthNode *root)
{
    HealthWalk *walk = &state->walk;
    walk->stack[0] = root;
    walk->depth = 1;
    walk->skipped = 0;
    walk->head_only = false;
    walk->is_open = false;
    walk->held_size = 0;
    walk->held[0] = '\0';
}

const HealthNode *health_find_child(const HealthNode *child, const char *name)
{
    for (; child && child->name; child++) {
        if (child->name[0] == name[0] && strcmp(child->name, name) == 0) {
            return child;
        }
    }
    return NULL;
}

static bool is_wrapping(const char *name)
{
    switch (name[0]) {
    case 'a': return strcmp(name, "any") == 0;
    case 'f': return strcmp(name, "family") == 0;
    case 'g': return strcmp(name, "given") == 0;
    case 'i': return strcmp(name, "item") == 0;
    case 'p': return strcmp(name, "part") == 0;
    default: return false;
    }
}

/* The node of the element that begins, or NULL: nobody knows it. */
static const HealthNode *choose_node(HealthState *state, const char *name)
{
    const HealthWalk *walk = &state->walk;
    const HealthNode *parent = walk->stack[walk->depth - 1];
    const HealthNode *node = health_find_child(parent->children, name);
    if (!node && (parent->flags & HEALTH_WRAPS) && is_wrapping(name)) {
        state->reply.has_items = state->reply.has_items || name[0] == 'i';
        return parent;
    }
    return node || !(parent->flags & (HEALTH_DEEP | HEALTH_RAW)) ? node : parent;
}

void health_walk_start(HealthState *state, hutong_out *out, const char *name, const char *const *attributes)
{
    HealthWalk *walk = &state->walk;
    if (walk->skipped > 0) {
        walk->skipped++;
        return;
    }
    const HealthNode *node = walk->depth > 0 ? choose_node(state, name) : NULL;
    if (!node || walk->depth == HEALTH_DEPTH || (walk->head_only && !(node->flags & HEALTH_HEAD))) {
        walk->skipped = 1;
        return;
    }
    walk->stack[walk->depth++] = node;
    if (node->take) {
        node->take(state, out, node, attributes);
    }
    if (node->flags & HEALTH_RAW) {
        state->host->emit_start(out, name, attributes);
    }
}

static void hold(HealthWalk *walk, const char *text, size_t size)
{
    hutong_append(walk->held, sizeof walk->held, &walk->held_size, text, size);
}

void health_walk_text(HealthState *state, hutong_out *out, const char *text, size_t size)
{
    HealthWalk *walk = &state->walk;
    if (walk->skipped > 0 || walk->depth == 0) {
        return;
    }
    const HealthNode *node = walk->stack[walk->depth - 1];
    if (node->flags & HEALTH_HELD) {
        hold(walk, text, size);
    } else if ((node->flags & HEALTH_RAW) || ((node->flags & HEALTH_TEXT) && walk->is_open)) {
        state->host->emit_text(out, text, size);
    }
}

void health_walk_end(HealthState *state, hutong_out *out)
{
    HealthWalk *walk = &state->walk;
    if (walk->skipped > 0) {
        walk->skipped--;
        return;
    }
    if (walk->depth == 0) {
        return;
    }
    const HealthNode *node = walk->stack[--walk->depth];
    if (node->flags & HEALTH_RAW) {
        state->host->emit_end(out, node->name);
    }
    if (walk->depth > 0 && walk->stack[walk->depth - 1] == node) {
        return; /* it stood for the element around it */
    }
    if ((node->flags & HEALTH_TEXT) && walk->is_open) {
        state->host->emit_end(out, node->to);
        walk->is_open = false;
    }
    if (node->leave) {
        node->leave(state, out, node, NULL);
    }
}

/* ---- What most elements are ---- */

void health_take_id(HealthState *state, hutong_out *out, const HealthNode *node,
                    const char *const *attributes)
{
    health_give(state, out, node->to, health_identifier(attributes, "extension"));
}

void health_take_held(HealthState *state, hutong_out *out, const HealthNode *node,
                      const char *const *attributes)
{
    (void)out;
    (void)node;
    HealthWalk *walk = &state->walk;
    const char *value = hutong_attribute(attributes, "value");
    bool inner = walk->depth > 1 && walk->stack[walk->depth - 2] == node;
    if (!inner) {
        walk->held_size = 0;
        walk->held[0] = '\0';
    }
    if (value) {
        hold(walk, value, strlen(value));
    }
}
