/* The data dictionary's loader and its indexes. Loaded at start by the bus, the host and the tools (the file is trusted: it
 * comes with the program); lookups run on delivery's hot path. Loaded data never changes; any thread may read. */
#include "mappings/engine/reference/dictionary.h"

#include "mappings/engine/reference/document.h"
#include "mappings/engine/reference/lookup.h"

#include <libxml/tree.h>

#define NAMESPACE "urn:hutong:dictionary:1"

G_DEFINE_QUARK(ht_dictionary_error, ht_dictionary_error)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

struct HtDictionary {
    GString *files;         /* "A, B" */
    GStringChunk *texts;    /* every text below lives here */
    GArray *elements;       /* HtElement */
    GArray *event_types;    /* HtEventType */
    GArray *marks;          /* HtMarkInfo */
    GPtrArray *group_lists; /* const char **, freed with g_free */
    HtLookup by_name;
    HtLookup by_group; /* group → its first element */
    HtLookup by_event_type, by_mark;
};

/* ---- Names of enumerations ---- */
static const char *const MARK_NAMES[] = {
    [HT_MARK_ID_CHECK_FAILED] = "id-check-failed",
    [HT_MARK_ID_15_UPGRADED] = "id-15-upgraded",
    [HT_MARK_ID_15_AMBIGUOUS] = "id-15-ambiguous",
    [HT_MARK_ID_FOLDED] = "id-folded",
    [HT_MARK_CODE_CHECK_FAILED] = "code-check-failed",
    [HT_MARK_NAME_PRIVATE_USE] = "name-private-use",
    [HT_MARK_NAME_REPLACEMENT_CHARACTER] = "name-replacement-character",
    [HT_MARK_NAME_DOT_NORMALISED] = "name-dot-normalised",
    [HT_MARK_DATE_PARTIAL] = "date-partial",
    [HT_MARK_DATE_INVALID] = "date-invalid",
    [HT_MARK_CODE_UNMAPPED] = "code-unmapped",
    [HT_MARK_CODE_FROM_TEXT] = "code-from-text",
    [HT_MARK_CODE_APPROXIMATE] = "code-approximate",
    [HT_MARK_CODE_TEXT_DIFFERS] = "code-text-differs",
    [HT_MARK_CODE_COMPOUND] = "code-compound",
    [HT_MARK_CODE_DEPRECATED] = "code-deprecated",
    [HT_MARK_DIVISION_RETIRED] = "division-retired",
    [HT_MARK_DIVISION_COARSER] = "division-coarser",
    [HT_MARK_DIVISION_EARLY] = "division-early",
    [HT_MARK_DIVISION_UNKNOWN] = "division-unknown",
    [HT_MARK_DIVISION_ASSUMED] = "division-assumed",
    [HT_MARK_NUMBER_INVALID] = "number-invalid",
    [HT_MARK_ENCODING_MISMATCH] = "encoding-mismatch",
    [HT_MARK_ENCODING_ASSUMED] = "encoding-assumed",
    [HT_MARK_HALF_CHARACTER] = "half-character",
    [HT_MARK_REPAIRED_XML] = "repaired-xml",
    [HT_MARK_DUPLICATE_ID] = "duplicate-id",
    [HT_MARK_VALUE_TRUNCATED] = "value-truncated",
    [HT_MARK_VALUE_TOO_LONG] = "value-too-long",
    [HT_MARK_COUNT_MISMATCH] = "count-mismatch",
    [HT_MARK_ZONE_ASSUMED] = "zone-assumed",
    [HT_MARK_SAME_NUMBER_OTHER_CONTENT] = "same-number-other-content",
    [HT_MARK_NUMBER_REUSED] = "number-reused",
    [HT_MARK_NUMBER_FILLER] = "number-filler",
    [HT_MARK_IDENTITY_CONFLICT] = "identity-conflict",
    [HT_MARK_REVERSAL_UNNAMED] = "reversal-unnamed",
    [HT_MARK_TIME_ASSUMED] = "time-assumed",
    [HT_MARK_ZONE_CONVERTED] = "zone-converted",
    [HT_MARK_INVISIBLE_REMOVED] = "invisible-removed",
    [HT_MARK_CHARACTER_LOST] = "character-lost",
    [HT_MARK_TEXT_RECODED] = "text-recoded",
    [HT_MARK_SURROGATES_JOINED] = "surrogates-joined",
    [HT_MARK_PARAMETERS_BY_PLACE] = "parameters-by-place",
    [HT_MARK_MARKUP_REMOVED] = "markup-removed",
    [HT_MARK_URL_DECODED] = "url-decoded",
    [HT_MARK_NAME_FOLDED] = "name-folded",
};
G_STATIC_ASSERT(G_N_ELEMENTS(MARK_NAMES) == HT_MARK_COUNT_);
static const char *const TYPE_NAMES[] = {
    [HT_TYPE_STRING] = "string",     [HT_TYPE_CODE] = "code",           [HT_TYPE_DATE] = "date",
    [HT_TYPE_DATETIME] = "datetime", [HT_TYPE_TIME] = "time",           [HT_TYPE_MONTH] = "month",
    [HT_TYPE_INTEGER] = "integer",   [HT_TYPE_DECIMAL] = "decimal",     [HT_TYPE_ID_NUMBER] = "idNumber",
    [HT_TYPE_DIVISION] = "division", [HT_TYPE_REFERENCE] = "reference",
};
G_STATIC_ASSERT(G_N_ELEMENTS(TYPE_NAMES) == HT_TYPE_COUNT_);

static const char *const MASK_NAMES[] = {
    [HT_MASK_NONE] = "none",   [HT_MASK_NAME] = "name",       [HT_MASK_ID_NUMBER] = "idNumber",
    [HT_MASK_PHONE] = "phone", [HT_MASK_ADDRESS] = "address", [HT_MASK_YEAR] = "year",
    [HT_MASK_LAST4] = "last4", [HT_MASK_HIDE] = "hide",
};
G_STATIC_ASSERT(G_N_ELEMENTS(MASK_NAMES) == HT_MASK_COUNT_);

const char *ht_mark_name(HtMark mark)
{
    return (unsigned)mark < HT_MARK_COUNT_ ? MARK_NAMES[mark] : NULL;
}

const char *ht_type_name(HtType type)
{
    return (unsigned)type < HT_TYPE_COUNT_ ? TYPE_NAMES[type] : NULL;
}

const char *ht_mask_name(HtMask mask)
{
    return (unsigned)mask < HT_MASK_COUNT_ ? MASK_NAMES[mask] : NULL;
}

/* The place of `name` in `names`, or -1. */
static int find_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (name && strcmp(names[i], name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

bool ht_mask_from_name(const char *name, HtMask *mask)
{
    bool card = g_str_equal(name, "card") || g_str_equal(name, "account");
    int index = find_name(MASK_NAMES, G_N_ELEMENTS(MASK_NAMES), card ? "last4" : name);
    if (index < 0) {
        return false;
    }
    *mask = (HtMask)index;
    return true;
}

/* ---- Reading ---- */

typedef struct {
    HtDictionary *dictionary;
    const char *path;
    GString *errors;
    bool is_site; /* the file is one of the site's own, beside the shipped one */
} Loading;

G_GNUC_PRINTF(4, 5)
static void report_in(const Loading *loader, const char *file, long line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append_printf(loader->errors, "%s:%ld: error: ", file, line);
    g_string_append_vprintf(loader->errors, format, arguments);
    g_string_append_c(loader->errors, '\n');
    va_end(arguments);
}

#define report(loader, line, ...) report_in(loader, (loader)->path, line, __VA_ARGS__)

/* The attribute's value, kept with the dictionary; NULL when absent. */
static const char *attribute(const Loading *loader, xmlNode *node, const char *name)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    if (!value) {
        return NULL;
    }
    const char *kept = g_string_chunk_insert_const(loader->dictionary->texts, (const char *)value);
    xmlFree(value);
    return kept;
}

/* The same, but "" is said to be an error when it must be there (a file without its schema may lack
 * anything). */
static const char *required(const Loading *loader, xmlNode *node, const char *name)
{
    const char *value = attribute(loader, node, name);
    if (!value || !value[0]) {
        report(loader, xmlGetLineNo(node), "missing attribute \"%s\"", name);
    }
    return value ? value : "";
}

static uint32_t number_attribute(const Loading *loader, xmlNode *node, const char *name, uint32_t otherwise)
{
    const char *text = attribute(loader, node, name);
    guint64 number = 0;
    if (!text) {
        return otherwise;
    }
    if (!g_ascii_string_to_unsigned(text, 10, 0, 1000000, &number, NULL)) {
        report(loader, xmlGetLineNo(node), "not a number: \"%s\"", name);
    }
    return (uint32_t)number;
}

static int choice_attribute(const Loading *loader, xmlNode *node, const char *name, const char *const *names,
                            size_t count)
{
    const char *text = required(loader, node, name);
    int index = find_name(names, count, text);
    if (index < 0 && text[0]) {
        report(loader, xmlGetLineNo(node), "unknown value \"%s\"", text);
    }
    return MAX(index, 0);
}

static bool is_yes(const Loading *loader, xmlNode *node, const char *name)
{
    const char *text = attribute(loader, node, name);
    return text && strcmp(text, "yes") == 0;
}

static bool is_element(xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 && node->ns &&
           strcmp((const char *)node->ns->href, NAMESPACE) == 0;
}

static HtNames take_names(const Loading *loader, xmlNode *node)
{
    static const char *const words[] = {"nobody", "elder", "spouse", "anybody"}; /* in the order of HtNames */
    const char *text = attribute(loader, node, "names");
    return text ? (HtNames)choice_attribute(loader, node, "names", words, G_N_ELEMENTS(words))
                : HT_NAMES_NOBODY;
}

static HtCheck take_check(const Loading *loader, xmlNode *node)
{
    static const char *const words[HT_CHECK_COUNT_] = {
        [HT_CHECK_NONE] = "none", [HT_CHECK_USCC] = "uscc", [HT_CHECK_ORG_CODE] = "orgCode"};
    const char *text = attribute(loader, node, "check");
    return text ? (HtCheck)choice_attribute(loader, node, "check", words, G_N_ELEMENTS(words))
                : HT_CHECK_NONE;
}

/* `standard` and `authority` say where it is from, and may differ. */
static bool means_the_same(const HtElement *a, const HtElement *b)
{
    return strcmp(a->zh, b->zh) == 0 && g_strcmp0(a->table, b->table) == 0 && a->type == b->type &&
           a->mask == b->mask && a->max_length == b->max_length && a->sensitivity == b->sensitivity &&
           a->names == b->names && a->check == b->check && a->open_ended == b->open_ended &&
           a->recording == b->recording && a->sending == b->sending;
}

/* NULL: the name is new. */
static const HtElement *find_taken(const Loading *loader, const char *name)
{
    for (guint i = 0; loader->is_site && i < loader->dictionary->elements->len; i++) {
        const HtElement *one = &g_array_index(loader->dictionary->elements, HtElement, i);
        if (strcmp(one->name, name) == 0) {
            return one;
        }
    }
    return NULL;
}

static void take_element(const Loading *loader, xmlNode *node, const char *group, const char *zh,
                         bool repeats)
{
    HtDictionary *dictionary = loader->dictionary;
    const char *name = required(loader, node, "name");
    g_autofree char *full = g_strconcat(group, ".", name, NULL);
    HtElement one = {
        .name = g_string_chunk_insert_const(dictionary->texts, full),
        .group = group,
        .group_zh = zh,
        .element = name,
        .zh = required(loader, node, "zh"),
        .standard = attribute(loader, node, "standard"),
        .table = attribute(loader, node, "table"),
        .authority = attribute(loader, node, "authority"),
        .type = (HtType)choice_attribute(loader, node, "type", TYPE_NAMES, G_N_ELEMENTS(TYPE_NAMES)),
        .mask = (HtMask)choice_attribute(loader, node, "mask", MASK_NAMES, G_N_ELEMENTS(MASK_NAMES)),
        .max_length = number_attribute(loader, node, "length", 0),
        .index = dictionary->elements->len,
        .name_size = (uint16_t)strlen(full),
        .group_size = (uint16_t)strlen(group),
        .sensitivity = (uint8_t)MIN(number_attribute(loader, node, "sensitivity", 3), 3),
        .repeats = repeats,
        .names = take_names(loader, node),
        .check = take_check(loader, node),
        .open_ended = is_yes(loader, node, "openEnded"),
        .recording = is_yes(loader, node, "recording"),
        .sending = is_yes(loader, node, "sending"),
        .file = g_string_chunk_insert_const(dictionary->texts, loader->path),
        .line = (uint32_t)xmlGetLineNo(node),
    };
    const HtElement *taken = find_taken(loader, full);
    if (taken) {
        if (!means_the_same(taken, &one)) {
            report(loader, one.line,
                   "element \"%s\" means something else in %s:%u: say the same, or take another name", full,
                   taken->file, taken->line);
        }
        return;
    }
    if (one.table && one.type != HT_TYPE_CODE) {
        report(loader, one.line, "a table, but not of type code: \"%s\"", full);
    }
    if (one.check != HT_CHECK_NONE && one.type != HT_TYPE_STRING) {
        report(loader, one.line, "a check, but not of type string: \"%s\"", full);
    }
    g_array_append_val(dictionary->elements, one);
}

/* The first element of a group of that name, whose texts are interned; NULL: there is none yet. */
static const HtElement *find_taken_group(const Loading *loader, const char *group)
{
    for (guint i = 0; i < loader->dictionary->elements->len; i++) {
        const HtElement *one = &g_array_index(loader->dictionary->elements, HtElement, i);
        if (one->group == group) {
            return one;
        }
    }
    return NULL;
}

/* A site may give a group further elements, and cannot make it another. */
static void check_group(const Loading *loader, xmlNode *node, const char *group, const char *zh, bool repeats)
{
    const HtElement *first = find_taken_group(loader, group);
    if (!first) {
        return;
    }
    if (!loader->is_site) {
        report(loader, xmlGetLineNo(node), "group stands twice: \"%s\"", group);
    } else if (first->repeats != repeats || strcmp(first->group_zh, zh) != 0) {
        report(loader, xmlGetLineNo(node),
               "group \"%s\" means something else in %s:%u: say the same, or take another name", group,
               first->file, first->line);
    }
}

static void take_group(const Loading *loader, xmlNode *node)
{
    const char *group = required(loader, node, "name"), *zh = required(loader, node, "zh");
    bool repeats = is_yes(loader, node, "repeats"), any = false;
    check_group(loader, node, group, zh, repeats);
    for (xmlNode *child = node->children; child; child = child->next) {
        if (is_element(child, "element")) {
            take_element(loader, child, group, zh, repeats);
            any = true;
        }
    }
    if (!any) {
        report(loader, xmlGetLineNo(node), "group without elements \"%s\"", group);
    }
}

/* "person move" as a NULL-terminated list. The dictionary owns it. */
static const char *const *take_group_list(const Loading *loader, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", " \t\r\n", -1);
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    for (char **word = words; *word; word++) {
        if (**word) {
            g_ptr_array_add(list, g_string_chunk_insert_const(loader->dictionary->texts, *word));
        }
    }
    g_ptr_array_add(list, NULL);
    gpointer *kept = g_ptr_array_free(g_steal_pointer(&list), FALSE);
    g_ptr_array_add(loader->dictionary->group_lists, kept);
    return (const char *const *)kept;
}

static bool is_same_type(const HtEventType *a, const HtEventType *b)
{
    return strcmp(a->zh, b->zh) == 0 && strcmp(a->direction, b->direction) == 0 &&
           g_strcmp0(a->also, b->also) == 0 && g_strcmp0(a->department, b->department) == 0 &&
           g_strcmp0(a->about, b->about) == 0 && a->version == b->version && a->newborn == b->newborn &&
           a->needs_person == b->needs_person && a->restricted == b->restricted &&
           a->overtakes == b->overtakes && g_strv_equal(a->groups, b->groups);
}

/* Whether the site's type stands already; if it means something else there, that is an error. */
static bool is_taken_type(const Loading *loader, const HtEventType *type)
{
    for (guint i = 0; loader->is_site && i < loader->dictionary->event_types->len; i++) {
        const HtEventType *one = &g_array_index(loader->dictionary->event_types, HtEventType, i);
        if (strcmp(one->name, type->name) == 0) {
            if (!is_same_type(one, type)) {
                report(loader, type->line,
                       "event type \"%s\" means something else in %s:%u: say the same, or take another name",
                       type->name, one->file, one->line);
            }
            return true;
        }
    }
    return false;
}

static void take_event_type(const Loading *loader, xmlNode *node)
{
    HtDictionary *dictionary = loader->dictionary;
    HtEventType one = {
        .name = required(loader, node, "name"),
        .zh = required(loader, node, "zh"),
        .direction = required(loader, node, "direction"),
        .also = attribute(loader, node, "also"),
        .department = attribute(loader, node, "department"),
        .groups = take_group_list(loader, attribute(loader, node, "groups")),
        .version = number_attribute(loader, node, "version", 1),
        .index = dictionary->event_types->len,
        .about = attribute(loader, node, "about"),
        .newborn = is_yes(loader, node, "newborn"),
        .needs_person = is_yes(loader, node, "needsPerson"),
        .restricted = is_yes(loader, node, "restricted"),
        .overtakes = is_yes(loader, node, "overtakes"),
        .file = g_string_chunk_insert_const(dictionary->texts, loader->path),
        .line = (uint32_t)xmlGetLineNo(node),
    };
    if (!is_taken_type(loader, &one)) {
        g_array_append_val(dictionary->event_types, one);
    }
}

static void take_mark(const Loading *loader, xmlNode *node)
{
    if (loader->is_site) {
        report(loader, xmlGetLineNo(node),
               "quality marks are set by the program: a site has none of its own");
        return;
    }
    HtMarkInfo one = {
        .name = required(loader, node, "name"),
        .zh = required(loader, node, "zh"),
        .text = required(loader, node, "text"),
    };
    g_array_append_val(loader->dictionary->marks, one);
}

static void take_root(const Loading *loader, xmlNode *root)
{
    if (!root || !is_element(root, "dictionary")) {
        report(loader, root ? xmlGetLineNo(root) : 1, "the root is not dictionary in \"%s\"", NAMESPACE);
        return;
    }
    required(loader, root, "edition");
    for (xmlNode *node = root->children; node; node = node->next) {
        if (is_element(node, "group")) {
            take_group(loader, node);
        } else if (is_element(node, "eventType")) {
            take_event_type(loader, node);
        } else if (is_element(node, "mark")) {
            take_mark(loader, node);
        }
    }
}

/* ---- Indexes, and what a grammar cannot say ---- */

static int compare_groups(const void *a, const void *b, void *user)
{
    GHashTable *first = user;
    const HtElement *one = a, *other = b;
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(first, one->group));
    guint other_place = GPOINTER_TO_UINT(g_hash_table_lookup(first, other->group));
    return place != other_place ? (place < other_place ? -1 : 1)
                                : (one->index > other->index) - (one->index < other->index);
}

/* A group's elements stand together, a site's behind the shipped ones. */
static void gather_groups(HtDictionary *dictionary)
{
    g_autoptr(GHashTable) first = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < dictionary->elements->len; i++) {
        const HtElement *one = &g_array_index(dictionary->elements, HtElement, i);
        if (!g_hash_table_contains(first, one->group)) {
            g_hash_table_insert(first, (gpointer)one->group, GUINT_TO_POINTER(i + 1));
        }
    }
    g_array_sort_with_data(dictionary->elements, compare_groups, first);
    for (guint i = 0; i < dictionary->elements->len; i++) {
        g_array_index(dictionary->elements, HtElement, i).index = i;
    }
}

static void index_elements(const Loading *loader)
{
    HtDictionary *dictionary = loader->dictionary;
    ht_lookup_init(&dictionary->by_name, dictionary->elements->len);
    ht_lookup_init(&dictionary->by_group, dictionary->elements->len);
    const char *group = NULL;
    for (guint i = 0; i < dictionary->elements->len; i++) {
        const HtElement *one = &g_array_index(dictionary->elements, HtElement, i);
        if (!ht_lookup_add(&dictionary->by_name, one->name, one->name_size, i)) {
            report_in(loader, one->file, one->line, "element stands twice: \"%s\"", one->name);
        }
        if (one->group != group) {
            ht_lookup_add(&dictionary->by_group, one->group, one->group_size, i);
        }
        group = one->group;
    }
}

static void index_event_types(const Loading *loader)
{
    HtDictionary *dictionary = loader->dictionary;
    const HtEventType *types = (const HtEventType *)(void *)dictionary->event_types->data;
    ht_lookup_init(&dictionary->by_event_type, dictionary->event_types->len);
    for (guint i = 0; i < dictionary->event_types->len; i++) {
        const HtEventType *one = &types[i];
        if (!ht_lookup_add(&dictionary->by_event_type, one->name, strlen(one->name), i)) {
            report_in(loader, one->file, one->line, "event type stands twice: \"%s\"", one->name);
        }
        const HtEventType *slower = ht_event_type_slower(one, types, dictionary->event_types->len);
        if (slower) {
            report_in(loader, one->file, one->line,
                      "event type overtakes, and another about the same subject does not: \"%s\"",
                      slower->name);
        }
        for (const char *const *group = one->groups; *group; group++) {
            if (ht_lookup_find(&dictionary->by_group, *group, strlen(*group)) == HT_LOOKUP_NONE) {
                report_in(loader, one->file, one->line, "event type carries an unknown group \"%s\"", *group);
            }
        }
    }
}

static void index_marks(const Loading *loader)
{
    HtDictionary *dictionary = loader->dictionary;
    ht_lookup_init(&dictionary->by_mark, dictionary->marks->len);
    for (guint i = 0; i < dictionary->marks->len; i++) {
        const HtMarkInfo *one = &g_array_index(dictionary->marks, HtMarkInfo, i);
        if (!ht_lookup_add(&dictionary->by_mark, one->name, strlen(one->name), i)) {
            report(loader, 1, "mark stands twice: \"%s\"", one->name);
        }
    }
    for (int i = 0; i < HT_MARK_COUNT_; i++) {
        if (!ht_dictionary_find_mark(dictionary, MARK_NAMES[i], strlen(MARK_NAMES[i]))) {
            report(loader, 1, "a mark that the program sets is missing: \"%s\"", MARK_NAMES[i]);
        }
    }
}

/* ---- Files ---- */

static HtDictionary *new_dictionary(void)
{
    HtDictionary *dictionary = g_atomic_rc_box_new0(HtDictionary);
    dictionary->files = g_string_new(NULL);
    dictionary->texts = g_string_chunk_new(16 * 1024);
    dictionary->elements = g_array_new(FALSE, FALSE, sizeof(HtElement));
    dictionary->event_types = g_array_new(FALSE, FALSE, sizeof(HtEventType));
    dictionary->marks = g_array_new(FALSE, FALSE, sizeof(HtMarkInfo));
    dictionary->group_lists = g_ptr_array_new_with_free_func(g_free);
    return dictionary;
}

void ht_dictionary_clear(void *item)
{
    HtDictionary *dictionary = item;
    ht_lookup_clear(&dictionary->by_name);
    ht_lookup_clear(&dictionary->by_group);
    ht_lookup_clear(&dictionary->by_event_type);
    ht_lookup_clear(&dictionary->by_mark);
    g_ptr_array_unref(dictionary->group_lists);
    g_array_unref(dictionary->elements);
    g_array_unref(dictionary->event_types);
    g_array_unref(dictionary->marks);
    g_string_chunk_free(dictionary->texts);
    g_string_free(dictionary->files, TRUE);
}

static HtDictionary *fail(const Loading *loader, HtDictionaryError code, GError **error)
{
    g_string_truncate(loader->errors, loader->errors->len - 1); /* the last line break */
    g_set_error_literal(error, HT_DICTIONARY_ERROR, code, loader->errors->str);
    return NULL;
}

/* Of one file. */
static bool take_file(const Loading *loader, const char *schema)
{
    g_autoptr(xmlDoc) document = ht_document_read(loader->path, schema, loader->errors);
    if (!document) {
        return false;
    }
    take_root(loader, xmlDocGetRootElement(document));
    g_string_append_printf(loader->dictionary->files, "%s%s", loader->dictionary->files->len > 0 ? ", " : "",
                           loader->path);
    return true;
}

/* The site's own files, by name. */
static void take_site(const Loading *shipped, const char *folder, const char *schema)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    if (!dir && !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        report_in(shipped, folder, 1, "%s", error->message);
    }
    while (dir && (name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".xml") && name[0] != '.') {
            g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
        }
    }
    g_ptr_array_sort(paths, ht_compare_strings);
    for (guint i = 0; i < paths->len; i++) {
        const Loading loader = {shipped->dictionary, paths->pdata[i], shipped->errors, true};
        take_file(&loader, schema);
    }
}

HtDictionary *ht_dictionary_load(const char *path, const char *schema, const char *site, GError **error)
{
    g_autoptr(HtDictionary) dictionary = new_dictionary();
    g_autoptr(GString) errors = g_string_new(NULL);
    const Loading loader = {dictionary, path, errors, false};
    if (!take_file(&loader, schema)) {
        return fail(&loader, HT_DICTIONARY_ERROR_READ, error);
    }
    if (site) {
        take_site(&loader, site, schema);
        gather_groups(dictionary);
    }
    index_elements(&loader);
    index_event_types(&loader);
    index_marks(&loader);
    if (errors->len > 0) {
        return fail(&loader, HT_DICTIONARY_ERROR_CONTENT, error);
    }
    return g_steal_pointer(&dictionary);
}

const char *ht_dictionary_files(const HtDictionary *dictionary)
{
    return dictionary->files->str;
}

/* ---- Asking ---- */

const HtElement *ht_dictionary_element(const HtDictionary *dictionary, uint32_t index)
{
    return index < dictionary->elements->len ? &g_array_index(dictionary->elements, HtElement, index) : NULL;
}

uint32_t ht_dictionary_n_elements(const HtDictionary *dictionary)
{
    return dictionary->elements->len;
}

const HtElement *ht_dictionary_find(const HtDictionary *dictionary, const char *name, size_t size)
{
    return ht_dictionary_element(dictionary, ht_lookup_find(&dictionary->by_name, name, size));
}

const HtElement *ht_dictionary_find_group(const HtDictionary *dictionary, const char *group, size_t size)
{
    return ht_dictionary_element(dictionary, ht_lookup_find(&dictionary->by_group, group, size));
}

/* The number after ".v" at the end of the name, and the size before it; 0 when there is none. */
static uint32_t split_version(const char *name, size_t *size)
{
    size_t at = *size;
    uint32_t version = 0, scale = 1;
    for (; at > 0 && g_ascii_isdigit(name[at - 1]) && scale <= 1000; at--, scale *= 10) {
        version += (uint32_t)(name[at - 1] - '0') * scale;
    }
    if (at == *size || at < 3 || name[at - 1] != 'v' || name[at - 2] != '.') {
        return 0;
    }
    *size = at - 2;
    return version;
}

const HtEventType *ht_dictionary_event_type(const HtDictionary *dictionary, uint32_t index)
{
    const GArray *types = dictionary->event_types;
    return index < types->len ? &g_array_index(types, HtEventType, index) : NULL;
}

const HtEventType *ht_dictionary_find_event_type(const HtDictionary *dictionary, const char *name,
                                                 size_t size)
{
    uint32_t version = split_version(name, &size);
    const HtEventType *type =
        ht_dictionary_event_type(dictionary, ht_lookup_find(&dictionary->by_event_type, name, size));
    return type && (version == 0 || version == type->version) ? type : NULL;
}

uint32_t ht_dictionary_n_event_types(const HtDictionary *dictionary)
{
    return dictionary->event_types->len;
}

const HtMarkInfo *ht_dictionary_mark(const HtDictionary *dictionary, uint32_t index)
{
    return index < dictionary->marks->len ? &g_array_index(dictionary->marks, HtMarkInfo, index) : NULL;
}

const HtMarkInfo *ht_dictionary_find_mark(const HtDictionary *dictionary, const char *name, size_t size)
{
    return ht_dictionary_mark(dictionary, ht_lookup_find(&dictionary->by_mark, name, size));
}

uint32_t ht_dictionary_n_marks(const HtDictionary *dictionary)
{
    return dictionary->marks->len;
}
