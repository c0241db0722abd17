/* Filters: documents that an adapter's own code turns into others before the matcher sees them. Called by mapper.c with the
 * reader's events and by adapters through ht_mapper_emit_*(); host process, the mapper's thread. */
#include "mappings/engine/run/mapper-inside.h"

#include "mappings/engine/match/form.h"
#include "mappings/engine/text/scan.h"

#define SCRATCH_KEEP (64 * 1024)

/* ---- Life ---- */

static void clear_entry(gpointer data)
{
    g_free(((HtFilterEntry *)data)->root);
}

void ht_filters_init(HtFilters *filters, HtMapper *mapper)
{
    filters->mapper = mapper;
    filters->entries = g_array_new(FALSE, FALSE, sizeof(HtFilterEntry));
    g_array_set_clear_func(filters->entries, clear_entry);
    filters->documents = g_ptr_array_new();
    filters->names = g_hash_table_new(g_str_hash, g_str_equal);
    filters->other_names = g_string_chunk_new(1024);
    filters->attribute_texts = g_ptr_array_new();
    filters->emit_attributes = g_array_new(FALSE, FALSE, sizeof(HtAttribute));
    ht_aside_init(&filters->aside);
}

void ht_filters_clear(HtFilters *filters)
{
    g_array_unref(filters->entries);
    g_ptr_array_unref(filters->documents);
    g_hash_table_unref(filters->names);
    g_string_chunk_free(filters->other_names);
    g_ptr_array_unref(filters->attribute_texts);
    g_array_unref(filters->emit_attributes);
    ht_aside_clear(&filters->aside);
    ht_buffer_clear(&filters->scratch);
}

void ht_filters_begin(HtFilters *filters)
{
    if (filters->entries->len > 0) {
        g_string_chunk_clear(filters->other_names);
        ht_buffer_reset(&filters->scratch, SCRATCH_KEEP);
    }
    g_ptr_array_set_size(filters->documents, 0);
    filters->active = NULL;
    filters->emitted = 0;
    filters->passed = 0;
    filters->emitted_root = false;
    filters->failed = false;
    filters->given = NULL;
    ht_aside_begin(&filters->aside);
}

static HtName learn_name(void *user, const char *text)
{
    HtFilters *filters = user;
    HtName name = ht_reader_intern(filters->mapper->reader, text);
    g_hash_table_insert(filters->names, (gpointer)name, (gpointer)name);
    return name;
}

/* The names that the mapping asks for, as the matcher compares them: pointers of the reader. */
static void learn_names(HtFilters *filters, const HtTrieNode *node)
{
    for (; node; node = node->next) {
        if (node->name) {
            learn_name(filters, node->name);
        }
        learn_names(filters, node->children);
    }
}

void ht_mapper_add_filter(HtMapper *mapper, const char *root, const HtFilter *filter, void *user)
{
    HtFilters *filters = &mapper->filters;
    HtFilterEntry entry = {g_strdup(root), *filter, user};
    g_array_append_val(filters->entries, entry);
    learn_names(filters, mapper->mapping->trie);
    if (mapper->mapping->has_fields) {
        HtFormNames names;
        ht_form_learn(&names, learn_name, filters);
    }
}

/* ---- From the reader to the filter ---- */

static const HtFilterEntry *find_entry(const HtFilters *filters, const char *root)
{
    for (guint i = 0; i < filters->entries->len; i++) {
        const HtFilterEntry *entry = &g_array_index(filters->entries, HtFilterEntry, i);
        if (strcmp(entry->root, root) == 0) {
            return entry;
        }
    }
    return NULL;
}

bool ht_filters_know(const HtFilters *filters, HtText root)
{
    for (guint i = 0; i < filters->entries->len; i++) {
        if (ht_text_is(root, g_array_index(filters->entries, HtFilterEntry, i).root)) {
            return true;
        }
    }
    return false;
}

static void fail_unbalanced(HtFilters *filters)
{
    ht_mapper_emit_fault(filters->mapper, HT_VERDICT_REJECT, "filter-unbalanced",
                         "the adapter's filter did not give a document with one root");
}

/* A document inside of a filter's own is the filter's business only if it has its root; else the matcher's. */
bool ht_filters_document_start(HtFilters *filters, HtName root)
{
    if (filters->entries->len == 0) {
        return false;
    }
    const HtFilterEntry *entry = find_entry(filters, root);
    if (entry && (filters->emitted > 0 || filters->active)) {
        entry = NULL;
    }
    g_ptr_array_add(filters->documents, (gpointer)entry);
    ht_aside_document(&filters->aside);
    filters->active = entry;
    filters->emitted_root = entry ? false : filters->emitted_root;
    return entry != NULL;
}

bool ht_filters_document_end(HtFilters *filters)
{
    if (filters->documents->len == 0) {
        return false;
    }
    const HtFilterEntry *ended = g_ptr_array_steal_index(filters->documents, filters->documents->len - 1);
    guint left = filters->documents->len;
    filters->active = left > 0 ? filters->documents->pdata[left - 1] : NULL;
    if (ended && filters->emitted > 0) {
        fail_unbalanced(filters);
    }
    return ended != NULL;
}

/* Puts the value with a NUL behind it into the scratch memory, which has room for it. */
static const char *add_text(HtFilters *filters, HtText text)
{
    HtBuffer *scratch = &filters->scratch;
    char *at = scratch->data + scratch->size;
    if (text.size > 0) {
        memcpy(at, text.data, text.size);
    }
    at[text.size] = '\0';
    scratch->size += text.size + 1;
    return at;
}

/* Name, value, …, NULL, as filters want it; most elements have none. */
static const char *const *list_attributes(HtFilters *filters, const HtAttribute *attributes, unsigned count)
{
    static const char *const none[] = {NULL};
    GPtrArray *texts = filters->attribute_texts;
    size_t size = 0;
    if (count == 0) {
        return none;
    }
    for (unsigned i = 0; i < count; i++) {
        size += attributes[i].value.size + 1;
    }
    filters->scratch.size = 0;
    ht_buffer_reserve(&filters->scratch, size);
    g_ptr_array_set_size(texts, 2 * (gint)count + 1);
    for (unsigned i = 0; i < count; i++) {
        texts->pdata[2 * i] = (gpointer)attributes[i].name;
        texts->pdata[2 * i + 1] = (gpointer)add_text(filters, attributes[i].value);
    }
    texts->pdata[2 * count] = NULL;
    return (const char *const *)texts->pdata;
}

/* The conformance kit wants to know what came. */
static bool is_asked(const HtFilters *filters)
{
    return filters->mapper->match.alteration.ask == HT_ALTER_COUNT;
}

static void give_start(HtFilters *filters, HtName name, const HtAttribute *attributes,
                       unsigned attribute_count)
{
    filters->given = name;
    filters->given_attributes = attributes;
    filters->after_tag = true;
    if (is_asked(filters)) {
        ht_aside_start(&filters->aside, &filters->mapper->match, name, attributes, attribute_count);
    }
    if (filters->active->calls.start) {
        filters->active->calls.start(filters->active->user, filters->mapper, name,
                                     list_attributes(filters, attributes, attribute_count));
    }
    filters->given = NULL;
}

void ht_filters_start(HtFilters *filters, HtName name, const HtAttribute *attributes,
                      unsigned attribute_count)
{
    filters->passed += filters->passed > 0;
    if (!filters->failed) {
        give_start(filters, name, attributes, attribute_count);
    }
}

void ht_filters_pass_start(HtFilters *filters, HtName name, const HtAttribute *attributes,
                           unsigned attribute_count)
{
    filters->active = find_entry(filters, filters->mapper->match.pass);
    filters->mapper->match.pass = NULL;
    filters->passed = filters->active != NULL;
    if (filters->active) {
        give_start(filters, name, attributes, attribute_count);
    } else {
        ht_mapper_emit_fault(filters->mapper, HT_VERDICT_REJECT, "filter-missing",
                             "the mapping passes elements to a filter that the adapter does not have");
    }
}

bool ht_filters_pass_end(HtFilters *filters)
{
    if (filters->passed == 0 || --filters->passed > 0) {
        return false;
    }
    if (filters->emitted > 0) {
        fail_unbalanced(filters);
    }
    filters->active = NULL;
    return true;
}

/* Indentation: between two tags, or before a value; neither means anything. */
static bool is_indentation(const HtFilters *filters, const char *text, size_t size)
{
    size_t blanks = 0;
    while (blanks < size &&
           (text[blanks] == ' ' || text[blanks] == '\n' || text[blanks] == '\r' || text[blanks] == '\t')) {
        blanks++;
    }
    return filters->after_tag && blanks == size;
}

void ht_filters_text(HtFilters *filters, const char *text, size_t size)
{
    if (is_indentation(filters, text, size)) {
        return;
    }
    filters->after_tag = false;
    if (is_asked(filters)) {
        ht_aside_text(&filters->aside, &filters->mapper->match, text, size);
    }
    if (!filters->failed && filters->active->calls.text) {
        filters->passing = (HtText){text, size};
        filters->active->calls.text(filters->active->user, filters->mapper, text, size);
        filters->passing = HT_TEXT_NONE;
    }
}

void ht_filters_end(HtFilters *filters, HtName name)
{
    filters->after_tag = true;
    if (is_asked(filters)) {
        ht_aside_end(&filters->aside);
    }
    if (!filters->failed && filters->active->calls.end) {
        filters->active->calls.end(filters->active->user, filters->mapper, name);
    }
}

/* ---- From the filter to the matcher ---- */

/* Where the name is kept that looks like this one in three places. */
static HtName *guess_name(HtFilters *filters, const char *name)
{
    const unsigned char *bytes = (const unsigned char *)name;
    size_t size = strlen(name);
    unsigned sum = size > 0 ? bytes[size / 3] + 5u * bytes[size / 2] + 11u * bytes[size - 1] : 0;
    return &filters->guesses[(sum + size) % HT_FILTER_GUESSES];
}

/* As the matcher compares it. A name that passes as it came, while its element is given, is so already. */
static HtName find_name(HtFilters *filters, const char *name)
{
    if (name == filters->given) {
        return name;
    }
    HtName *guess = guess_name(filters, name);
    if (*guess && strcmp(*guess, name) == 0) {
        return *guess;
    }
    HtName known = g_hash_table_lookup(filters->names, name);
    if (known) {
        *guess = known;
        return known;
    }
    return g_string_chunk_insert_const(filters->other_names, name);
}

/* False when the call came from outside of a filter, or after a fault. */
static bool can_emit(HtFilters *filters)
{
    return filters->active && !filters->failed;
}

static bool is_within(HtText text, HtText whole)
{
    return whole.data && text.data >= whole.data && text.data + text.size <= whole.data + whole.size;
}

/* What a filter gives may hold what the payload does not show: a document that it has unpacked. */
static void learn_traits(HtMapper *mapper, HtText text)
{
    HtTextScan scan = {0, false};
    bool known =
        is_within(text, mapper->filters.passing) || is_within(text, ht_buffer_text(&mapper->filters.scratch));
    if (!known && mapper->reading.text_traits != HT_TRAIT_ALL) {
        bool sound = ht_text_scan((const uint8_t *)text.data, text.size, &scan);
        mapper->reading.text_traits |= sound ? scan.traits : HT_TRAIT_ALL;
    }
}

/* Name, value, …, NULL, as the matcher wants it. What passes as it came was so already. */
static const HtAttribute *take_attributes(HtFilters *filters, const char *const *attributes, unsigned *count)
{
    bool passes = filters->given && attributes == (const char *const *)filters->attribute_texts->pdata;
    g_array_set_size(filters->emit_attributes, 0);
    if (passes) {
        *count = (filters->attribute_texts->len - 1) / 2;
        return filters->given_attributes;
    }
    for (; attributes[0] && attributes[1]; attributes += 2) {
        HtAttribute attribute = {find_name(filters, attributes[0]), ht_text_from(attributes[1]), false};
        learn_traits(filters->mapper, attribute.value);
        g_array_append_val(filters->emit_attributes, attribute);
    }
    *count = filters->emit_attributes->len;
    return (const HtAttribute *)(void *)filters->emit_attributes->data;
}

void ht_mapper_emit_start(HtMapper *mapper, const char *name, const char *const *attributes)
{
    HtFilters *filters = &mapper->filters;
    if (!can_emit(filters)) {
        return;
    }
    bool begins = filters->emitted == 0 && filters->passed == 0;
    if (begins && filters->emitted_root) {
        fail_unbalanced(filters);
        return;
    }
    if (filters->emitted == mapper->options.limits.depth) {
        char room[HT_LIMIT_TEXT];
        const HtLimits *limits = &mapper->options.limits;
        g_autofree char *text = g_strdup_printf("the adapter's filter nests more than %s deep",
                                                ht_limit_name(ht_limit_of(limits, &limits->depth), room));
        ht_mapper_emit_fault(mapper, HT_VERDICT_REJECT, "too-deep", text);
        return;
    }
    filters->emitted++;
    if (begins) {
        filters->emitted_root = true;
        ht_match_document_start(&mapper->match);
    }
    unsigned count = 0;
    const HtAttribute *taken =
        attributes && attributes[0] ? take_attributes(filters, attributes, &count) : NULL;
    ht_match_start(&mapper->match, find_name(filters, name), taken, count);
    mapper->match.pass = NULL; /* what a filter gives goes to none */
}

void ht_mapper_emit_text(HtMapper *mapper, const char *text, size_t size)
{
    HtFilters *filters = &mapper->filters;
    if (can_emit(filters) && filters->emitted > 0 && size > 0) {
        learn_traits(mapper, (HtText){text, size});
        ht_match_text(&mapper->match, text, size);
    }
}

void ht_mapper_emit_end(HtMapper *mapper, const char *name)
{
    HtFilters *filters = &mapper->filters;
    (void)name;
    if (!can_emit(filters)) {
        return;
    }
    if (filters->emitted == 0) {
        fail_unbalanced(filters);
        return;
    }
    ht_match_end(&mapper->match);
    if (--filters->emitted == 0 && filters->passed == 0) {
        ht_match_document_end(&mapper->match);
    }
}

void ht_mapper_emit_fault(HtMapper *mapper, HtVerdict verdict, const char *code, const char *text)
{
    HtFilters *filters = &mapper->filters;
    if (filters->failed) {
        return;
    }
    filters->failed = true;
    filters->verdict = verdict == HT_VERDICT_RETRY ? HT_VERDICT_RETRY : HT_VERDICT_REJECT;
    ht_fault_set(&filters->fault, code, "%s", text);
    filters->fault.line = ht_mapper_line(mapper);
    ht_reader_stop(mapper->reader, &filters->fault);
}

uint32_t ht_mapper_line(const HtMapper *mapper)
{
    return ht_reader_line(mapper->reader);
}
