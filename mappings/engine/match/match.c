/* Matching a document's events against the mapping's paths; see match.h. */
#include "mappings/engine/match/match.h"

#include "core/base/secrets.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/match/form.h"
#include "mappings/engine/text/value.h"
#include "mappings/engine/match/nest.h"
#include "mappings/engine/match/wait.h"

#define TEXT_KEEP (256 * 1024)
#define FRAMES_START 32

/* ---- Life ---- */

void ht_match_init(HtMatch *match, const HtMapping *mapping, const HtMatchHooks *hooks,
                   HtName (*intern)(void *user, const char *name), void *intern_user)
{
    *match = (HtMatch){
        .mapping = mapping, .hooks = *hooks, .frames_room = FRAMES_START, .serial = 1, .last_serial = 1};
    ht_match_tree_build(match, intern, intern_user);
    if (mapping->has_fields) {
        ht_form_learn(&match->form, intern, intern_user);
    }
    match->frames = g_new0(HtOpenElement, match->frames_room);
    match->top = match->frames;
    match->values = g_new0(HtValue, mapping->record_paths->len + 1);
    match->stored = g_new0(HtSlot, mapping->record_paths->len + 1);
    match->absolutes = g_new0(HtValue, mapping->n_absolute + 1);
    match->instances = g_new0(HtInstances, mapping->eaches->len + 1);
    for (guint i = 0; i < mapping->eaches->len; i++) {
        match->instances[i].columns = ((HtEachRule *)mapping->eaches->pdata[i])->columns->len;
    }
    match->known_whens = g_new0(HtWhenKnown, mapping->whens->len + 1);
    match->counts = g_new0(HtCount, mapping->counts->len + 1);
    match->part_counts = g_new0(HtCount, mapping->counts->len + 1);
    match->tree_memory = ht_record_tree_new();
    ht_nest_init(match);
}

void ht_match_clear(HtMatch *match)
{
    ht_nest_clear(match);
    for (guint i = 0; i < match->mapping->eaches->len; i++) {
        g_free(match->instances[i].values);
    }
    ht_match_tree_clear(match);
    g_free(match->frames);
    g_free(match->values);
    g_free(match->stored);
    g_free(match->absolutes);
    ht_buffer_clear(&match->waiting);
    g_free(match->instances);
    g_free(match->known_whens);
    g_free(match->counts);
    g_free(match->part_counts);
    ht_buffer_clear(&match->text);
    ht_buffer_clear(&match->payload_text);
    ht_buffer_clear(&match->changes);
    ht_buffer_clear(&match->payload_changes);
    ht_buffer_clear(&match->record_unmapped.items);
    ht_buffer_clear(&match->payload_unmapped.items);
    ht_record_tree_free(match->tree_memory);
}

static void reset_unmapped(HtUnmapped *unmapped)
{
    ht_buffer_reset(&unmapped->items, TEXT_KEEP);
    unmapped->count = 0;
    unmapped->surplus = false;
}

/* Serials start over long before they run out, so that an old value never looks like a new one. */
static void restart_serials(HtMatch *match)
{
    ht_nest_forget(match);
    memset(match->values, 0, sizeof(HtValue) * match->mapping->record_paths->len);
    memset(match->absolutes, 0, sizeof(HtValue) * match->mapping->n_absolute);
    for (guint i = 0; i < match->mapping->eaches->len; i++) {
        match->instances[i].serial = 0;
    }
    ht_match_tree_forget(match);
    memset(match->known_whens, 0, sizeof(HtWhenKnown) * match->mapping->whens->len);
    match->serial = match->last_serial = 1;
}

static void begin_serial(HtMatch *match)
{
    match->serial = ++match->last_serial;
}

void ht_match_begin(HtMatch *match)
{
    if (match->last_serial > UINT32_MAX / 2) {
        restart_serials(match);
    }
    begin_serial(match);
    match->payload_serial = match->serial;
    match->changed_any = false;
    match->alteration.met = 0;
    ht_counts_begin(match);
    ht_buffer_reset(&match->payload_text, TEXT_KEEP);
    ht_buffer_reset(&match->payload_changes, TEXT_KEEP);
    ht_match_begin_part(match);
}

static void begin_document(HtMatch *match)
{
    ht_nest_reset(match);
    match->depth = 0;
    match->top = match->frames;
    match->record_depth = 0;
    match->record = NULL;
    match->tree = NULL;
    match->document = 0;
    match->columns = NULL;
    match->pass = NULL;
    match->pass_depth = 0;
    match->unreadable = NULL;
    match->part_serial = match->serial;
    match->n_waiting = match->n_losses = match->waited = 0;
    match->waits_no_more = false;
    ht_buffer_reset(&match->waiting, TEXT_KEEP);
    match->known = false;
    match->wants_record = false;
    match->said = false;
    match->stranger = false;
    match->strange_tree = false;
    match->answers = 0;
    ht_actions_begin(&match->actions);
    ht_buffer_reset(&match->text, TEXT_KEEP);
    ht_buffer_reset(&match->changes, TEXT_KEEP);
    reset_unmapped(&match->payload_unmapped);
    reset_unmapped(&match->record_unmapped);
}

void ht_match_begin_part(HtMatch *match)
{
    begin_serial(match);
    match->alteration.met_part = match->alteration.met;
    match->part_wrapped = match->counts_wrapped;
    memcpy(match->part_counts, match->counts, sizeof(HtCount) * match->mapping->counts->len);
    begin_document(match);
}

void ht_match_rewind_part(HtMatch *match)
{
    begin_serial(match);
    match->alteration.met = match->alteration.met_part;
    match->counts_wrapped = match->part_wrapped;
    memcpy(match->counts, match->part_counts, sizeof(HtCount) * match->mapping->counts->len);
    begin_document(match);
}

/* ---- Unmapped fields ---- */

/* The frame (from 1) of the root of the document at hand. */
static unsigned find_root(const HtMatch *match)
{
    unsigned root = match->depth;
    while (root > 1 && match->frames[root - 1].document == match->top->document) {
        root--;
    }
    return root;
}

/* The path of the element at hand, relative to the record, or absolute outside of records. What a filter makes of an element stands in
 * the record itself. */
static size_t write_path(const HtMatch *match, HtName attribute, char path[HT_ITEM_NAME_MAX])
{
    unsigned around = match->pass_depth > match->record_depth ? match->pass_depth : match->record_depth;
    unsigned first = match->record_depth ? around + 1 : find_root(match);
    HtBuffer name = {path, 0, HT_ITEM_NAME_MAX};
    for (unsigned i = first; i <= match->depth + (attribute ? 1 : 0); i++) {
        const char *step = i > match->depth ? attribute : match->frames[i].name;
        size_t size = strlen(step);
        bool slash = name.size > 0 || !match->record_depth;
        if (name.size + size + 2 > HT_ITEM_NAME_MAX) {
            break;
        }
        if (slash) {
            ht_buffer_add_char(&name, '/');
        }
        if (i > match->depth) {
            ht_buffer_add_char(&name, '@');
        }
        ht_buffer_add(&name, step, size);
    }
    if (name.size == 0) {
        ht_buffer_add_char(&name, '.');
    }
    return name.size;
}

static const char *const *further_secrets(const HtMatch *match)
{
    return (const char *const *)match->mapping->secrets->pdata;
}

static bool is_secret(const HtMatch *match, HtName name)
{
    return ht_secret_name(ht_text_from(name), further_secrets(match));
}

static void blank(void *user, size_t start, size_t size)
{
    memset((char *)user + start, '*', size);
}

/* A text may be a document that nobody knows, with a password in it. */
static void keep_unmapped(HtMatch *match, HtName attribute, HtText value)
{
    char path[HT_ITEM_NAME_MAX];
    HtText name = {path, write_path(match, attribute, path)};
    HtUnmapped *fields = match->record_depth ? &match->record_unmapped : &match->payload_unmapped;
    match->said = match->said || !ht_value_is_null(value.data, value.size, 0);
    bool secret = ht_secrets_are_in(value, further_secrets(match));
    g_autofree char *hidden = secret ? g_memdup2(value.data, value.size) : NULL;
    if (hidden) {
        ht_secrets_find(value, further_secrets(match), blank, hidden);
    }
    ht_unmapped_add(fields, match->hooks.limits, name, hidden ? (HtText){hidden, value.size} : value);
}

/* ---- Values ---- */

void ht_match_hush(HtMatch *match)
{
    match->top->quiet = true;
}

/* True inside of what a mapping ignores: what is stored there for a condition or an answer's code is not for consumers. */
static bool is_ignored(const HtMatch *match, const HtNodeStep *step)
{
    return (match->top->quiet && !match->top->form) || step->ignore;
}

static bool is_wanted(const HtNodeStep *step)
{
    return step && (step->store.slot != HT_SLOT_NONE || step->node->n_fields > 0);
}

/* Of a record whose fields are declared an element's text is nothing but fields: an element that is called like one is not it. Values
 * for absolute paths are taken from anywhere. */
static bool is_open_to(const HtMatch *match, const HtStore *store, bool is_text)
{
    bool declared = is_text && match->top->form;
    return store->slot != HT_SLOT_NONE && (!declared || (store->slot & HT_SLOT_ABSOLUTE));
}

/* What a record around the one at hand takes is not its own. */
static bool store_one(HtMatch *match, const HtStore *store, const HtValue *value, const HtChange *change,
                      bool *own)
{
    bool taken = ht_match_store(match, store, value, change);
    *own = *own || (taken && (match->nesting == 0 || store->level == match->nesting));
    return taken;
}

/* Gives the value to all that named it; true when somebody took it, `own` when the record at hand did. */
static bool give(HtMatch *match, const HtNodeStep *step, const HtValue *value, const HtChange *change,
                 bool is_text, bool *own)
{
    const HtNode *node = step->node;
    bool taken =
        is_open_to(match, &step->store, is_text) && store_one(match, &step->store, value, change, own);
    for (unsigned i = 0; i < node->n_fields && match->top->fits >> i; i++) {
        if (match->top->fits >> i & 1) {
            ht_form_give(match, &node->fields[i], *value, change);
            taken = *own = true;
        }
    }
    for (unsigned i = 0; i < node->n_more; i++) {
        if (is_open_to(match, &node->more[i], is_text)) {
            taken = store_one(match, &node->more[i], value, change, own) || taken;
        }
    }
    return taken;
}

static bool is_among(const HtFrom *from, HtSlot slot)
{
    bool found = false;
    for (unsigned i = 0; i < from->count && !found; i++) {
        found = from->slots[i] == slot;
    }
    return found;
}

/* The mapping's rule that says that what stands there is written for something else; NULL: none. */
static const HtMarkupRule *find_markup(const HtMatch *match, const HtNodeStep *step)
{
    const GPtrArray *markups = match->mapping->markups;
    for (guint i = 0; i < markups->len; i++) {
        const HtMarkupRule *rule = markups->pdata[i];
        bool found = is_among(&rule->slots, step->store.slot);
        for (unsigned more = 0; more < step->node->n_more && !found; more++) {
            found = is_among(&rule->slots, step->node->more[more].slot);
        }
        if (found) {
            return rule;
        }
    }
    return NULL;
}

/* The same with a text of match->text from `start` on, as it was sent. Nothing to take, because nothing is left when blanks
 * and invisible characters are off, counts as taken. */
static bool store(HtMatch *match, const HtNodeStep *step, size_t start, size_t size, bool is_text)
{
    HtChange change;
    bool changed = ht_match_clean(match, start, size, find_markup(match, step), &change);
    HtText value =
        ht_text_trim(match->text.data + (changed ? change.offset : start), changed ? change.size : size);
    HtValue kept = {.offset = (uint32_t)(value.data - match->text.data),
                    .size = (uint32_t)value.size,
                    .serial = match->serial,
                    .taken = is_ignored(match, step) ? HT_EVENT_NONE : 0};
    if (value.size == 0) {
        return true;
    }
    if (match->alteration.ask != HT_ALTER_NONE && !kept.taken) {
        bool open = is_open_to(match, &step->store, is_text);
        HtStore first = open ? step->store : ht_form_first(match, step->node);
        if (first.slot != HT_SLOT_NONE) {
            ht_match_alter(match, &first, &kept);
        }
    }
    bool own = false;
    bool taken = give(match, step, &kept, changed ? &change : NULL, is_text, &own);
    if (own && changed && match->record_depth) {
        ht_buffer_add(&match->changes, &change, sizeof change);
    }
    return taken;
}

static void begin_instance(HtMatch *match, unsigned each, unsigned level)
{
    bool own = level >= match->nesting;
    HtInstances *instances = own ? &match->instances[each] : &match->levels[level].instances[each];
    uint32_t serial = own ? match->serial : match->levels[level].serial;
    if (instances->serial != serial) {
        instances->serial = serial;
        instances->count = 0;
        instances->surplus = false;
    }
    if (instances->count == match->hooks.limits->instances) {
        instances->surplus = true;
        return;
    }
    if (instances->count == instances->room) {
        instances->room = (unsigned)MIN(MAX(4, instances->room * 2), match->hooks.limits->instances);
        instances->values =
            g_renew(HtValue, instances->values, (gsize)instances->room * instances->columns + 1);
    }
    HtValue *values = &instances->values[instances->count * instances->columns];
    memset(values, 0, sizeof(HtValue) * instances->columns);
    instances->count++;
}

/* ---- The document's events ---- */

bool ht_match_knows(const HtMatch *match, HtText root)
{
    const HtTrieNode *node = match->mapping->trie->children;
    bool case_ignored = match->mapping->case_ignored;
    for (; node; node = node->next) {
        bool is_root = !node->attribute && strlen(node->name) == root.size;
        if (is_root && (case_ignored ? g_ascii_strncasecmp(node->name, root.data, root.size) == 0
                                     : memcmp(node->name, root.data, root.size) == 0)) {
            return true;
        }
    }
    return false;
}

void ht_match_document_start(HtMatch *match)
{
    match->document++;
}

void ht_match_document_end(HtMatch *match)
{
    if (match->depth > 0) {
        match->document = match->top->document;
    }
}

/* What has become a tree cannot wait; nor can anything behind it without losing its place. */
static void begin_record(HtMatch *match, const HtRecordRule *rule)
{
    if (rule->needs_tree && match->n_waiting > 0) {
        ht_wait_release(match);
    }
    if (match->record_depth) {
        ht_nest_enter(match);
    } else {
        match->kept_text = 0;
        match->waited = match->n_waiting;
    }
    begin_serial(match);
    match->wants_record = false;
    match->record = rule;
    match->record_waiting = match->waiting.size;
    match->record_depth = match->depth;
    match->record_document = match->document;
    match->record_line = match->hooks.line ? match->hooks.line(match->hooks.user) : 0;
    match->record_start = match->text.size;
    match->event = 0;
    match->changes.size = 0;
    match->n_stored = 0;
    reset_unmapped(&match->record_unmapped);
    if (match->mapping->nesting > 0) {
        ht_nest_number(match, rule);
    }
    if (rule->needs_tree) {
        match->tree = match->tree_memory;
        ht_record_tree_clear(match->tree);
    }
}

/* The record around it goes on. What is in it is held until that ends. */
static void end_inner_record(HtMatch *match)
{
    ht_nest_leave(match);
    if (match->waiting.size > match->hooks.limits->held_bytes && match->hooks.too_much) {
        match->hooks.too_much(match->hooks.user);
    }
}

static void end_record(HtMatch *match)
{
    unsigned waiting = match->n_waiting;
    match->settled = true;
    match->hooks.record_end(match->hooks.user, match->record);
    match->settled = false;
    match->unreadable = NULL;
    if (match->nesting > 0) {
        end_inner_record(match);
        return;
    }
    bool goes_on = match->n_waiting > waiting || waiting == 0 || !match->record->holds ||
                   (!match->waits_no_more && ht_wait_is_wanted(match, &match->record->inner_wants));
    match->record_depth = 0;
    match->record = NULL;
    match->tree = NULL;
    match->columns = NULL;
    match->text.size = match->record_start;
    if (!goes_on) {
        ht_wait_release(match);
    } else if (match->waiting.size > match->hooks.limits->held_bytes) {
        match->waits_no_more = true;
        ht_wait_release(match);
    }
}

/* An element around absolute values that begins anew since records wait is another group: they belong to the one before. */
static void enter_place(HtMatch *match, HtNode *node)
{
    if (match->n_waiting > 0 && node->nested) {
        ht_wait_lose(match, node);
    } else if (match->n_waiting > 0 && node->entered >= match->waiting_serial && !match->record_depth) {
        ht_wait_release(match);
    }
    node->entered = match->last_serial;
    for (unsigned i = 0; i < node->n_clears; i++) {
        ht_match_drop_absolute(match, node->clears[i] & HT_SLOT_NUMBER);
    }
}

/* What a node stands for besides its value. */
static void enter_node(HtMatch *match, HtNode *node, const HtAttribute *attributes, unsigned count)
{
    if (node->n_clears > 0) {
        enter_place(match, node);
    }
    if (node->record && ht_nest_begins(match, node->record)) {
        begin_record(match, node->record);
    }
    if (node->each >= 0 && match->record_depth && match->document == match->record_document) {
        begin_instance(match, (unsigned)node->each, node->each_level);
    }
    if (node->answer >= 0) {
        match->answers |= (uint64_t)1 << node->answer;
    }
    match->counts_wrapped = match->counts_wrapped || node->wraps;
    match->top->counts = node->count >= 0;
    if (node->declared) {
        ht_form_enter_record(match, node);
    }
    if (node->n_fields > 0) {
        ht_form_begin(match, node, attributes, count);
    }
    if (node->pass && match->top->form) {
        ht_form_enter_passed(match, node);
    }
}

/* Of the element that has begun and is `around` in the tree; NULL: nobody knows it. */
static void take_attribute(HtMatch *match, const HtNodeStep *around, const HtAttribute *attribute)
{
    const HtOpenElement *frame = match->top;
    HtText value = ht_text_trim(attribute->value.data, attribute->value.size);
    if (value.size == 0) {
        return;
    }
    const HtNodeStep *step = around ? ht_match_tree_attribute(match, around->node, attribute->name) : NULL;
    if (is_wanted(step)) {
        size_t start = match->text.size;
        ht_buffer_add_text(&match->text, attribute->value);
        if (store(match, step, start, attribute->value.size, false)) {
            return;
        }
        match->text.size = start;
    }
    if (!frame->quiet && !match->pass && !attribute->formal && !(step && step->ignore) &&
        !is_secret(match, attribute->name)) {
        keep_unmapped(match, attribute->name, value);
    }
}

/* The lowest frame stands for what is around the root: there is always one above another. */
static HtOpenElement *push_frame(HtMatch *match)
{
    if (++match->depth == match->frames_room) {
        match->frames_room *= 2;
        match->frames = g_renew(HtOpenElement, match->frames, match->frames_room);
    }
    match->top = &match->frames[match->depth];
    return match->top;
}

/* The step from the element that is open to its child; from the root of the tree when a document begins. */
static const HtNodeStep *find_step(HtMatch *match, HtName name)
{
    HtOpenElement *parent = match->top;
    uint16_t anywhere = 0;
    if (match->depth == 0 || parent->document != match->document) {
        return ht_match_tree_child(match, match->root, name, &anywhere);
    }
    return parent->step ? ht_match_tree_child(match, parent->step->node, name, &parent->next) : NULL;
}

void ht_match_start(HtMatch *match, HtName name, const HtAttribute *attributes, unsigned attribute_count)
{
    if (match->alteration.ask == HT_ALTER_COUNT) {
        ht_match_see_start(match, name, attributes, attribute_count);
    }
    const HtNodeStep *step = find_step(match, name);
    bool quiet = match->depth > 0 && match->top->quiet, joins = false;
    uint8_t form = match->top->form & HT_FORM_INSIDE;
    if (form && !step && match->top->document == match->document) {
        step = ht_form_step(match, name, attributes, attribute_count, &joins);
    } else if (form && step && step->node->declared && match->record_depth > 0) {
        step = NULL; /* it is called like a part that a filter gives */
    }
    HtOpenElement *frame = push_frame(match);
    frame->step = step;
    frame->name = name;
    frame->start = frame->size = 0;
    frame->document = match->document;
    frame->next = 0;
    frame->counts = false;
    frame->form = joins ? form | HT_FORM_JOINS : form;
    frame->quiet = quiet || (step && step->ignore);
    if (step) {
        match->known = true;
        if (step->special) {
            enter_node(match, step->node, attributes, attribute_count);
        }
    } else if (!quiet && is_secret(match, name)) {
        frame->quiet = true;
    } else if (match->depth > 1 && !quiet && match->top[-1].step) {
        match->stranger = true;
    } else if (match->depth > 2 && !quiet && match->record_depth == 0) {
        match->strange_tree = match->stranger;
    }
    if (match->tree) {
        ht_record_tree_start(match->tree, name, attributes, attribute_count);
    }
    for (unsigned i = 0; i < attribute_count; i++) {
        take_attribute(match, step, &attributes[i]);
    }
}

void ht_match_text(HtMatch *match, const char *text, size_t size)
{
    HtOpenElement *frame = match->top;
    if (match->depth == 0) {
        return;
    }
    if (match->alteration.ask == HT_ALTER_COUNT) {
        ht_alteration_see(&match->alteration, text, size);
    }
    if (match->tree) {
        ht_record_tree_text(match->tree, text, size);
    }
    if (frame->quiet && !is_wanted(frame->step)) {
        return;
    }
    if (frame->form & HT_FORM_GAP) {
        frame->form &= (uint8_t)~HT_FORM_GAP;
        if (ht_text_trim(text, size).size == 0) {
            return;
        }
    }
    if (frame->size == 0) {
        while (size > 0 && ht_is_blank(*text)) {
            text++;
            size--;
        }
        if (size == 0) {
            return;
        }
        frame->start = (uint32_t)match->text.size;
    } else if (frame->start + frame->size != match->text.size) {
        size_t start = match->text.size;
        ht_buffer_reserve(&match->text, frame->size + size);
        ht_buffer_add(&match->text, match->text.data + frame->start, frame->size);
        frame->start = (uint32_t)start;
    }
    ht_buffer_add(&match->text, text, size);
    frame->size += (uint32_t)size;
}

/* The element's own text is complete. Text that nobody keeps is taken off the buffer's end again. */
static void take_text(HtMatch *match, const HtOpenElement *frame)
{
    size_t end = match->text.size;
    bool taken = false;
    if (is_wanted(frame->step)) {
        taken = store(match, frame->step, frame->start, frame->size, true);
        if (taken && match->record_depth) {
            return;
        }
    }
    HtText value = ht_text_trim(match->text.data + frame->start, frame->size);
    if (!taken && !frame->quiet && value.size > 0) {
        keep_unmapped(match, NULL, value);
    }
    match->text.size = end;
    if (frame->start + frame->size == end) {
        match->text.size = frame->start;
    }
}

static void end_counted(HtMatch *match)
{
    uint32_t line = match->hooks.line ? match->hooks.line(match->hooks.user) : 0;
    int scope = match->top->step->node->count;
    if (match->n_waiting > 0 && match->record_depth && match->top->step->node->nested) {
        ht_wait_count(match, scope, line);
        return;
    }
    if (match->n_waiting > 0) {
        ht_wait_release(match);
    }
    ht_counts_scope_end(match, scope, line);
}

void ht_match_end(HtMatch *match)
{
    if (match->depth == 0) {
        return;
    }
    if (match->alteration.ask == HT_ALTER_COUNT) {
        ht_alteration_see(&match->alteration, ">", 1);
    }
    if (match->top->form & HT_FORM_JOINS) {
        ht_form_hand_up(match);
    } else {
        if (match->top->size > 0) {
            take_text(match, match->top);
        }
        if (match->top->form && match->top->step && match->record_depth) {
            ht_form_end(match, match->top->step->node);
        }
    }
    if (match->tree) {
        ht_record_tree_end(match->tree);
    }
    if (match->record_depth == match->depth) {
        end_record(match);
    }
    if (match->top->counts) {
        end_counted(match);
    }
    if (match->pass_depth == match->depth) {
        match->pass_depth = 0;
    }
    match->depth--;
    match->top--;
}
