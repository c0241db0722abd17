/* Reading the lists of a field policy. Main thread, at start. */
#include "core/delivery/policy-rules.h"

#include "core/config/suggest.h"

#include <glib/gi18n.h>
#include <stdarg.h>

#define UNMAPPED "unmapped"
#define KIND '@'

typedef enum { ALLOW, DENY, MASK, HASH } RuleKind;

typedef struct {
    HtRules *rules;
    const HtConsumerConfig *consumer;
    const HtDictionary *dictionary;
    GString *errors;
    bool failed;
} RuleReader;

/* One entry of a list. */
typedef struct {
    RuleKind kind;
    const char *name; /* element, pattern, "unmapped" or "unmapped:PATH" */
    const char *mask; /* NULL: the element's own */
} RuleEntry;

/* A whole sentence, with the entry in it. */
G_GNUC_PRINTF(3, 4)
static void report(RuleReader *reader, const RuleEntry *entry, const char *format, ...)
{
    static const char *const keys[] = {[ALLOW] = "allow", [DENY] = "deny", [MASK] = "mask", [HASH] = "hash"};
    const char *key = keys[entry->kind];
    g_autofree char *place = ht_consumer_place(reader->consumer, key);
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_string_append_printf(reader->errors, _("%s: error: [consumer %s] %s: %s\n"), place,
                           reader->consumer->name, key, text);
    reader->failed = true;
}

static const char *suggest(const HtDictionary *dictionary, const char *name)
{
    const char *best = NULL;
    unsigned best_distance = 4;
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const char *other = ht_dictionary_element(dictionary, i)->name;
        unsigned distance = ht_suggest_distance(name, other);
        if (distance < best_distance) {
            best_distance = distance;
            best = other;
        }
    }
    return best;
}

/* ---- Masks ---- */

/* A mask keeps its promise on values of its kind only: as an address, a name that ends like a place is shown whole. */
static bool fits(HtMask mask, const HtElement *element)
{
    bool text = element->type == HT_TYPE_STRING || element->type == HT_TYPE_ID_NUMBER;
    switch (mask) {
    case HT_MASK_HIDE: return true;
    case HT_MASK_ADDRESS: return element->mask == HT_MASK_ADDRESS;
    case HT_MASK_YEAR:
        return element->type == HT_TYPE_DATE || element->type == HT_TYPE_DATETIME ||
               element->type == HT_TYPE_MONTH;
    default: return text && mask != HT_MASK_NONE;
    }
}

static void set_mask(RuleReader *reader, const RuleEntry *entry, const HtElement *element, HtRule *rule)
{
    bool pattern = *entry->name == KIND || strchr(entry->name, '*');
    rule->masked = true;
    rule->mask = element->mask;
    if (entry->mask && !ht_mask_from_name(entry->mask, &rule->mask)) {
        report(reader, entry,
               _("'%s' is no mask: name, idNumber, phone, address, year, last4, card, account, hide"),
               entry->mask);
    } else if (rule->mask == HT_MASK_NONE && element->sensitivity > 0) {
        report(reader, entry, _("'%s' has no mask of its own: name one, as in person.name:name"),
               entry->name);
    } else if (!fits(rule->mask, element) && element->sensitivity > 0 && !pattern) {
        report(reader, entry, _("'%s' is no value that the mask %s is for: use hide, or its own"),
               entry->name, ht_mask_name(rule->mask));
    } else if (!fits(rule->mask, element)) {
        rule->mask = HT_MASK_HIDE;
    }
}

static void set_rule(RuleReader *reader, const RuleEntry *entry, const HtElement *element, HtRule *rule)
{
    switch (entry->kind) {
    case ALLOW: rule->allowed = true; break;
    case DENY: rule->denied = true; break;
    case HASH: rule->hashed = true; break;
    case MASK: set_mask(reader, entry, element, rule); break;
    }
}

/* ---- Entries ---- */

static HtPathRule *find_path(HtRules *rules, const char *pattern)
{
    for (unsigned i = 0; i < rules->paths->len; i++) {
        HtPathRule *path = rules->paths->pdata[i];
        if (g_str_equal(path->pattern, pattern)) {
            return path;
        }
    }
    HtPathRule *path = g_new0(HtPathRule, 1);
    path->pattern = g_strdup(pattern);
    g_ptr_array_add(rules->paths, path);
    return path;
}

static void free_path(void *data)
{
    HtPathRule *path = data;
    g_free(path->pattern);
    g_free(path);
}

/* What no mapping names has no kind, so that there is no mask for it. */
static void read_unmapped(RuleReader *reader, const RuleEntry *entry)
{
    const char *path = entry->name + strlen(UNMAPPED);
    if (entry->kind == MASK) {
        report(reader, entry, _("'%s' is of no kind that a mask is for: use hash, deny or allow"),
               entry->name);
    } else if (*path == '\0') {
        set_rule(reader, entry, NULL, &reader->rules->unmapped);
    } else if (path[1] == '\0') {
        report(reader, entry, _("'%s' names no path: unmapped:PATH, * for any rest"), entry->name);
    } else {
        set_rule(reader, entry, NULL, &find_path(reader->rules, path + 1)->rule);
    }
}

static bool is_unmapped(const char *name)
{
    const char *rest = name + strlen(UNMAPPED);
    return g_str_has_prefix(name, UNMAPPED) && (*rest == '\0' || *rest == ':');
}

static bool is_meant(const char *name, const HtElement *element)
{
    return *name == KIND       ? g_str_equal(name + 1, ht_mask_name(element->mask))
           : strchr(name, '*') ? g_pattern_match_simple(name, element->name)
                               : g_str_equal(name, element->name);
}

/* An element, every element that a pattern such as `*.idNumber` fits, or all of a kind: `@name`, those that the dictionary masks as names. */
static void read_element(RuleReader *reader, const RuleEntry *entry)
{
    const HtDictionary *dictionary = reader->dictionary;
    bool pattern = *entry->name == KIND || strchr(entry->name, '*'), found = false;
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const HtElement *element = ht_dictionary_element(dictionary, i);
        if (is_meant(entry->name, element)) {
            found = true;
            set_rule(reader, entry, element, &reader->rules->elements[element->index]);
        }
    }
    if (!found) {
        const char *best = pattern ? NULL : suggest(dictionary, entry->name);
        if (*entry->name == KIND) {
            report(reader, entry, _("'%s' is no kind of elements: @name, @idNumber, @phone, @address, @year"),
                   entry->name);
        } else if (best) {
            report(reader, entry, _("'%s' is no element of the dictionary; did you mean '%s'?"), entry->name,
                   best);
        } else {
            report(reader, entry, _("'%s' is no element of the dictionary"), entry->name);
        }
    }
}

static void read_list(RuleReader *reader, RuleKind kind, char *const *list)
{
    for (; list && *list; list++) {
        bool unmapped = is_unmapped(*list);
        g_auto(GStrv) parts = g_strsplit(*list, kind == MASK && !unmapped ? ":" : "\n", 2);
        RuleEntry entry = {kind, g_strstrip(parts[0]), parts[1] ? g_strstrip(parts[1]) : NULL};
        unmapped ? read_unmapped(reader, &entry) : read_element(reader, &entry);
    }
}

/* One of the two, said by who knows what the consumer needs. */
static void refuse_both(RuleReader *reader)
{
    for (uint32_t i = 0; i < ht_dictionary_n_elements(reader->dictionary); i++) {
        const HtRule *rule = &reader->rules->elements[i];
        RuleEntry entry = {HASH, ht_dictionary_element(reader->dictionary, i)->name, NULL};
        if (rule->hashed && rule->masked) {
            report(reader, &entry, _("'%s' is named by mask, too: one of them"), entry.name);
        }
    }
}

bool ht_rules_read(HtRules *rules, const HtConsumerConfig *consumer, const HtDictionary *dictionary,
                   GString *errors)
{
    RuleReader reader = {rules, consumer, dictionary, errors, false};
    rules->elements = g_new0(HtRule, ht_dictionary_n_elements(dictionary));
    rules->paths = g_ptr_array_new_with_free_func(free_path);
    read_list(&reader, ALLOW, consumer->allow);
    read_list(&reader, DENY, consumer->deny);
    read_list(&reader, HASH, consumer->hash);
    read_list(&reader, MASK, consumer->mask);
    refuse_both(&reader);
    return !reader.failed;
}

void ht_rules_clear(HtRules *rules)
{
    g_clear_pointer(&rules->elements, g_free);
    g_clear_pointer(&rules->paths, g_ptr_array_unref);
}

HtRule ht_rules_unmapped(const HtRules *rules, HtText path)
{
    HtRule rule = rules->unmapped;
    if (rules->paths->len == 0) {
        return rule;
    }
    g_autofree char *text = g_strndup(path.data ? path.data : "", path.size);
    for (unsigned i = 0; i < rules->paths->len; i++) {
        const HtPathRule *at = rules->paths->pdata[i];
        if (g_pattern_match_simple(at->pattern, text)) {
            rule.allowed = rule.allowed || at->rule.allowed;
            rule.denied = rule.denied || at->rule.denied;
            rule.hashed = rule.hashed || at->rule.hashed;
        }
    }
    return rule;
}
