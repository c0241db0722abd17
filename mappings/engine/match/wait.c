/* Keeping records and giving them back; see wait.h. A record is its text, its values with their slots, its instances, what was put
 * right in them and what nobody named, one after the other in a buffer. Offsets of values are kept relative to the record's text.
 * Between the records stands what happened meanwhile in the record around them: a value that was lost because its place began
 * anew, so that those before it get that one and those behind it the next; the end of an element that states their number. */
#include "mappings/engine/match/wait.h"

#include "mappings/engine/match/tree.h"

typedef enum { KEPT_RECORD, KEPT_LOSS, KEPT_COUNT } KeptKind;

typedef struct {
    KeptKind kind;
    uint32_t size; /* with this */
} KeptHead;

/* Of an absolute value; absent when there was none. */
typedef struct {
    unsigned number;
    HtValue value;
} KeptLoss;

typedef struct {
    int scope;
    uint32_t line;
} KeptCount;

typedef struct {
    const HtRecordRule *rule;
    uint32_t numbers[HT_NESTING_MAX]; /* HtMatch.numbers of it, and of those around it */
    uint32_t line;
    unsigned context;
    uint32_t text_size, n_stored, changes_size, unmapped_size, unmapped_count, n_instances;
    bool surplus;
} Kept;

typedef struct {
    uint32_t each, count;
    bool surplus;
} KeptInstances;

/* ---- Whether to wait ---- */

static bool may_come(const HtMatch *match, const HtPlace *place)
{
    bool root_open = false, inside_other = false;
    for (unsigned i = 1; i < match->record_depth; i++) {
        const HtNode *node = ht_match_open_node(match, i);
        if (node && node == place->parent) {
            return !place->is_attribute; /* its attributes have been there */
        }
        root_open = root_open || (node && node == place->root);
        inside_other = inside_other || ht_match_is_other_document(match, i);
    }
    bool document = root_open || (inside_other && place->root->entered < match->part_serial);
    return document && place->parent->entered < match->part_serial;
}

bool ht_wait_is_wanted(const HtMatch *match, const HtFrom *absolutes)
{
    for (unsigned i = 0; i < absolutes->count; i++) {
        unsigned number = absolutes->slots[i] & HT_SLOT_NUMBER;
        const HtPlace *place = &match->places_of_absolutes[number];
        bool there = match->absolutes[number].serial >= match->payload_serial;
        if (!there && !place->in_record && may_come(match, place)) {
            return true;
        }
    }
    return false;
}

/* ---- Keeping ---- */

static void add_value(HtMatch *match, const HtValue *value)
{
    HtValue kept = *value;
    kept.offset -= (uint32_t)match->record_start;
    ht_buffer_add(&match->waiting, &kept, sizeof kept);
}

static void add_instances(HtMatch *match, unsigned each)
{
    const HtInstances *instances = &match->instances[each];
    KeptInstances kept = {each, instances->count, instances->surplus};
    ht_buffer_add(&match->waiting, &kept, sizeof kept);
    for (unsigned i = 0; i < instances->count * instances->columns; i++) {
        add_value(match, &instances->values[i]);
    }
}

static void add_changes(HtMatch *match)
{
    const HtChange *changes = (const HtChange *)(void *)match->changes.data;
    for (size_t i = 0; i < match->changes.size / sizeof *changes; i++) {
        HtChange kept = changes[i];
        kept.offset -= (uint32_t)match->record_start;
        kept.sent -= (uint32_t)match->record_start;
        ht_buffer_add(&match->waiting, &kept, sizeof kept);
    }
}

/* What is open now, and begins anew later, is not around the record any more. */
static void note_open(HtMatch *match)
{
    match->waiting_serial = match->n_waiting == 0 ? match->last_serial : match->waiting_serial;
    for (unsigned i = 1; i < match->record_depth; i++) {
        HtNode *node = ht_match_open_node(match, i);
        if (node) {
            node->entered = node->held = match->last_serial;
        }
    }
}

static void add_entry(HtMatch *match, KeptKind kind, const void *content, size_t size)
{
    KeptHead head = {kind, (uint32_t)(sizeof head + size)};
    ht_buffer_add(&match->waiting, &head, sizeof head);
    ht_buffer_add(&match->waiting, content, size);
}

/* A record goes before those inside of it. */
static void move_forward(HtMatch *match, size_t start)
{
    HtBuffer *waiting = &match->waiting;
    size_t to = match->record_waiting, size = waiting->size - start;
    if (to >= start) {
        return;
    }
    g_autofree char *record = g_memdup2(waiting->data + start, size);
    memmove(waiting->data + to + size, waiting->data + to, start - to);
    memcpy(waiting->data + to, record, size);
}

void ht_wait_lose(HtMatch *match, HtNode *node)
{
    bool was_around = node->held >= match->waiting_serial;
    node->held = 0;
    for (unsigned i = 0; i < node->n_clears; i++) {
        KeptLoss loss = {node->clears[i] & HT_SLOT_NUMBER, {.serial = 0}};
        const HtValue *value = &match->absolutes[loss.number];
        bool is_there = value->serial >= match->payload_serial;
        loss.value = is_there ? *value : loss.value;
        if (is_there || was_around) {
            add_entry(match, KEPT_LOSS, &loss, sizeof loss);
            match->n_losses++;
        }
    }
}

void ht_wait_count(HtMatch *match, int scope, uint32_t line)
{
    KeptCount count = {scope, line};
    add_entry(match, KEPT_COUNT, &count, sizeof count);
}

static void note_numbers(const HtMatch *match, Kept *kept)
{
    unsigned place = 0;
    for (const HtRecordRule *rule = kept->rule; rule; rule = rule->outer) {
        kept->numbers[place++] = match->numbers[rule->number];
    }
}

void ht_wait_keep(HtMatch *match, unsigned context)
{
    HtBuffer *waiting = &match->waiting;
    size_t start = waiting->size;
    KeptHead head = {KEPT_RECORD, 0};
    note_open(match);
    Kept kept = {.rule = match->record,
                 .line = match->record_line,
                 .context = context,
                 .text_size = (uint32_t)(match->text.size - match->record_start),
                 .n_stored = match->n_stored,
                 .changes_size = (uint32_t)match->changes.size,
                 .unmapped_size = (uint32_t)match->record_unmapped.items.size,
                 .unmapped_count = match->record_unmapped.count,
                 .surplus = match->record_unmapped.surplus};
    guint eaches = match->mapping->eaches->len;
    for (guint each = 0; each < eaches; each++) {
        kept.n_instances += match->instances[each].serial == match->serial;
    }
    note_numbers(match, &kept);
    ht_buffer_add(waiting, &head, sizeof head);
    ht_buffer_add(waiting, &kept, sizeof kept);
    ht_buffer_add(waiting, match->text.data + match->record_start, kept.text_size);
    for (unsigned i = 0; i < match->n_stored; i++) {
        ht_buffer_add(waiting, &match->stored[i], sizeof match->stored[i]);
        add_value(match, &match->values[match->stored[i]]);
    }
    add_changes(match);
    ht_buffer_add_text(waiting, ht_buffer_text(&match->record_unmapped.items));
    for (guint each = 0; each < eaches; each++) {
        if (match->instances[each].serial == match->serial) {
            add_instances(match, each);
        }
    }
    head.size = (uint32_t)(waiting->size - start);
    memcpy(waiting->data + start, &head, sizeof head);
    move_forward(match, start);
    match->n_waiting++;
}

/* ---- Giving back ---- */

static void take(const char **at, void *to, size_t size)
{
    memcpy(to, *at, size);
    *at += size;
}

static HtValue take_value(HtMatch *match, const char **at)
{
    HtValue value;
    take(at, &value, sizeof value);
    value.offset += (uint32_t)match->record_start;
    value.serial = value.serial > 0 ? match->serial : 0;
    return value;
}

static void take_instances(HtMatch *match, const char **at)
{
    KeptInstances kept;
    take(at, &kept, sizeof kept);
    HtInstances *instances = &match->instances[kept.each];
    instances->serial = match->serial;
    instances->count = kept.count;
    if (instances->room < kept.count) { /* it was read inside of another, with other memory */
        instances->room = kept.count;
        instances->values = g_renew(HtValue, instances->values, (gsize)kept.count * instances->columns + 1);
    }
    instances->surplus = kept.surplus;
    for (unsigned i = 0; i < kept.count * instances->columns; i++) {
        instances->values[i] = take_value(match, at);
    }
}

static void take_changes(HtMatch *match, const char **at, size_t size)
{
    match->changes.size = 0;
    ht_buffer_add(&match->changes, *at, size);
    *at += size;
    HtChange *changes = (HtChange *)(void *)match->changes.data;
    for (size_t i = 0; i < size / sizeof *changes; i++) {
        changes[i].offset += (uint32_t)match->record_start;
        changes[i].sent += (uint32_t)match->record_start;
    }
}

/* No event of the record at hand has taken what stands in records around it: those that do have its marks. */
static void forget_taken(HtMatch *match)
{
    bool matters = match->mapping->nesting > 0 && match->payload_changes.size > 0;
    for (unsigned i = 0; matters && i < match->mapping->n_absolute; i++) {
        if (match->places_of_absolutes[i].in_record) {
            match->absolutes[i].taken = HT_EVENT_NONE;
        }
    }
}

/* Makes the record that begins at `at` the one at hand. */
static const HtRecordRule *restore(HtMatch *match, const char **at)
{
    Kept kept;
    take(at, &kept, sizeof kept);
    match->serial = ++match->last_serial;
    match->event = 0;
    unsigned place = 0;
    for (const HtRecordRule *rule = kept.rule; rule; rule = rule->outer) {
        match->numbers[rule->number] = kept.numbers[place++];
    }
    match->record_line = kept.line;
    match->context = kept.context;
    match->record_start = match->text.size;
    ht_buffer_add(&match->text, *at, kept.text_size);
    *at += kept.text_size;
    match->n_stored = kept.n_stored;
    for (unsigned i = 0; i < kept.n_stored; i++) {
        take(at, &match->stored[i], sizeof match->stored[i]);
        match->values[match->stored[i]] = take_value(match, at);
    }
    take_changes(match, at, kept.changes_size);
    match->record_unmapped.items.size = 0;
    ht_buffer_add(&match->record_unmapped.items, *at, kept.unmapped_size);
    *at += kept.unmapped_size;
    match->record_unmapped.count = kept.unmapped_count;
    match->record_unmapped.surplus = kept.surplus;
    for (unsigned i = 0; i < kept.n_instances; i++) {
        take_instances(match, at);
    }
    return kept.rule;
}

/* ---- What was lost meanwhile ---- */

typedef struct {
    KeptLoss kept;
    unsigned next; /* number, from 1, of the next loss of that value; 0: there is none */
} Loss;

/* All losses in their order, while the records are made; and the values as they are now. */
typedef struct {
    GArray *losses; /* Loss; NULL: there were none */
    guint passed;
    HtValue *now;
} Losses;

static void read_losses(const HtMatch *match, GArray *losses)
{
    const char *at = match->waiting.data, *end = at + match->waiting.size;
    while (at < end) {
        const char *entry = at;
        KeptHead head;
        take(&entry, &head, sizeof head);
        if (head.kind == KEPT_LOSS) {
            Loss loss = {.next = 0};
            take(&entry, &loss.kept, sizeof loss.kept);
            g_array_append_val(losses, loss);
        }
        at += head.size;
    }
}

/* Every value becomes what it was first. */
static void go_back(HtMatch *match, Losses *losses)
{
    losses->losses = g_array_new(FALSE, FALSE, sizeof(Loss));
    read_losses(match, losses->losses);
    losses->now = g_memdup2(match->absolutes, sizeof(HtValue) * match->mapping->n_absolute);
    g_autofree unsigned *first = g_new0(unsigned, match->mapping->n_absolute);
    for (guint i = losses->losses->len; i > 0; i--) {
        Loss *loss = &g_array_index(losses->losses, Loss, i - 1);
        loss->next = first[loss->kept.number];
        first[loss->kept.number] = i;
        match->absolutes[loss->kept.number] = loss->kept.value;
    }
}

static void pass_loss(HtMatch *match, Losses *losses)
{
    const Loss *loss = &g_array_index(losses->losses, Loss, losses->passed++);
    unsigned number = loss->kept.number;
    match->absolutes[number] =
        loss->next > 0 ? g_array_index(losses->losses, Loss, loss->next - 1).kept.value : losses->now[number];
}

static void end_losses(Losses *losses)
{
    if (losses->losses) {
        g_array_unref(losses->losses);
        g_free(losses->now);
    }
}

/* ---- Release ---- */

static void make_record(HtMatch *match, const char *at)
{
    const HtRecordRule *rule = restore(match, &at);
    forget_taken(match);
    match->settled = true;
    match->hooks.record_end(match->hooks.user, rule);
    match->settled = false;
    match->unreadable = NULL;
    match->text.size = match->record_start;
}

static void release_entry(HtMatch *match, KeptKind kind, const char *at, Losses *losses)
{
    KeptCount count;
    switch (kind) {
    case KEPT_RECORD: make_record(match, at); break;
    case KEPT_LOSS: pass_loss(match, losses); break;
    case KEPT_COUNT: take(&at, &count, sizeof count); ht_counts_scope_end(match, count.scope, count.line);
    }
}

void ht_wait_release(HtMatch *match)
{
    size_t at = 0, end = match->waiting.size;
    g_autofree uint32_t *numbers = g_memdup2(match->numbers, sizeof *numbers * match->mapping->records->len);
    Losses losses = {NULL, 0, NULL};
    if (match->n_losses > 0) {
        go_back(match, &losses);
    }
    match->n_waiting = match->n_losses = match->waited = 0;
    match->is_releasing = true;
    while (at < end) {
        const char *entry = match->waiting.data + at;
        KeptHead head;
        take(&entry, &head, sizeof head);
        release_entry(match, head.kind, entry, &losses);
        at += head.size;
    }
    match->is_releasing = false;
    match->waiting.size = match->record_waiting = 0;
    end_losses(&losses);
    if (numbers) { /* NULL: the mapping has no records */
        memcpy(match->numbers, numbers, sizeof *numbers * match->mapping->records->len);
    }
}
