/* Compiling and asking the field policy. Main-loop thread; asked on delivery's hot path. */
#include "core/delivery/policy.h"

#include "core/config/suggest.h"
#include "mappings/engine/values/fit.h"
#include "mappings/engine/values/mask.h"

#define HIGHEST 3
#define SENSITIVE 2 /* what stands in an element for something else may be anything */

typedef struct {
    bool allowed, denied, masked;
    HtMask mask;
} Rule;

struct HtPolicy {
    const HtDictionary *dictionary;
    Rule *rules; /* by element index */
    bool purpose, unmapped;
    unsigned clearance;
};

typedef struct {
    HtPolicy *policy;
    const HtConsumerConfig *consumer;
    GString *errors;
    bool failed;
} Compiler;

static void report(Compiler *compiler, const char *key, const char *name, const char *what)
{
    g_autofree char *place = ht_consumer_place(compiler->consumer, key);
    g_string_append_printf(compiler->errors, "%s: error: [consumer %s] %s: '%s' %s\n", place,
                           compiler->consumer->name, key, name, what);
    compiler->failed = true;
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

/* Calls `set` for the element of this name, or for every element that a pattern such as `*.idNumber` fits. */
static void each_rule(Compiler *compiler, const char *key, const char *name,
                      void (*set)(Compiler *, const HtElement *, const char *), const char *detail)
{
    const HtDictionary *dictionary = compiler->policy->dictionary;
    bool pattern = strchr(name, '*') != NULL, found = false;
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const HtElement *element = ht_dictionary_element(dictionary, i);
        if (pattern ? g_pattern_match_simple(name, element->name) : g_str_equal(name, element->name)) {
            found = true;
            set(compiler, element, detail);
        }
    }
    if (!found) {
        const char *best = pattern ? NULL : suggest(dictionary, name);
        g_autofree char *what =
            best ? g_strdup_printf("is no element of the dictionary; did you mean '%s'?", best)
                 : g_strdup("is no element of the dictionary");
        report(compiler, key, name, what);
    }
}

static void set_allowed(Compiler *compiler, const HtElement *element, const char *detail)
{
    (void)detail;
    compiler->policy->rules[element->index].allowed = true;
}

static void set_denied(Compiler *compiler, const HtElement *element, const char *detail)
{
    (void)detail;
    compiler->policy->rules[element->index].denied = true;
}

static void set_masked(Compiler *compiler, const HtElement *element, const char *detail)
{
    Rule *rule = &compiler->policy->rules[element->index];
    rule->masked = true;
    rule->mask = element->mask;
    if (detail && !ht_mask_from_name(detail, &rule->mask)) {
        report(compiler, "mask", detail, "is no mask: name, idNumber, phone, address, year, last4, hide");
    } else if (rule->mask == HT_MASK_NONE) {
        report(compiler, "mask", element->name, "has no mask of its own: name one, as in person.name:name");
    }
}

static void compile_lists(Compiler *compiler)
{
    for (char **name = compiler->consumer->allow; name && *name; name++) {
        if (g_str_equal(*name, "unmapped")) {
            compiler->policy->unmapped = true;
        } else {
            each_rule(compiler, "allow", *name, set_allowed, NULL);
        }
    }
    for (char **name = compiler->consumer->deny; name && *name; name++) {
        each_rule(compiler, "deny", *name, set_denied, NULL);
    }
    for (char **entry = compiler->consumer->mask; entry && *entry; entry++) {
        g_auto(GStrv) parts = g_strsplit(*entry, ":", 2);
        each_rule(compiler, "mask", g_strstrip(parts[0]), set_masked, parts[1] ? g_strstrip(parts[1]) : NULL);
    }
}

HtPolicy *ht_policy_new(const HtConsumerConfig *consumer, const HtDictionary *dictionary, GString *errors)
{
    HtPolicy *policy = g_new0(HtPolicy, 1);
    policy->dictionary = dictionary;
    policy->rules = g_new0(Rule, ht_dictionary_n_elements(dictionary));
    policy->purpose = consumer->purpose && *consumer->purpose;
    policy->clearance = (unsigned)consumer->clearance;
    Compiler compiler = {policy, consumer, errors, false};
    compile_lists(&compiler);
    if (compiler.failed) {
        ht_policy_free(policy);
        return NULL;
    }
    return policy;
}

void ht_policy_free(HtPolicy *policy)
{
    g_free(policy->rules);
    g_free(policy);
}

static bool are_rules_equal(const Rule *a, const Rule *b)
{
    return a->allowed == b->allowed && a->denied == b->denied && a->masked == b->masked && a->mask == b->mask;
}

bool ht_policy_equal(const HtPolicy *a, const HtPolicy *b)
{
    bool equal = a->dictionary == b->dictionary && a->purpose == b->purpose && a->unmapped == b->unmapped &&
                 a->clearance == b->clearance;
    for (uint32_t i = 0; equal && i < ht_dictionary_n_elements(a->dictionary); i++) {
        equal = are_rules_equal(&a->rules[i], &b->rules[i]);
    }
    return equal;
}

HtSeen ht_policy_shows_unmapped(const HtPolicy *policy)
{
    bool seen = policy->purpose && (policy->unmapped || policy->clearance >= HIGHEST);
    return seen ? HT_SEEN_WHOLE : HT_SEEN_NOT;
}

static HtSeen apply_mask(const Rule *rule, const HtItem *item, HtBuffer *masked)
{
    bool can = item->form != HT_VALUE_ORIGINAL &&
               ht_mask_apply(rule->mask, item->value.data, item->value.size, masked);
    return can ? HT_SEEN_MASKED : HT_SEEN_NOT;
}

/* An element's sensitivity is that of what it is meant for. */
static unsigned get_sensitivity(const HtElement *element, const HtItem *item)
{
    unsigned sensitivity = element ? element->sensitivity : HIGHEST;
    bool meant = item->form != HT_VALUE_ORIGINAL &&
                 (sensitivity > 0 || !element || ht_element_fits(element, item->value));
    return meant ? sensitivity : MAX(sensitivity, SENSITIVE);
}

/* HT_SEEN_MASKED: if the mask can be applied. */
static HtSeen judge(const HtPolicy *policy, bool minor, const Rule *rule, unsigned sensitivity)
{
    if (rule->denied) {
        return HT_SEEN_NOT;
    }
    if (sensitivity == 0) {
        return HT_SEEN_WHOLE;
    }
    if (!policy->purpose) {
        return HT_SEEN_NOT;
    }
    if (rule->masked) {
        return HT_SEEN_MASKED;
    }
    if (minor) {
        sensitivity = HIGHEST;
    }
    return rule->allowed || sensitivity <= policy->clearance ? HT_SEEN_WHOLE : HT_SEEN_NOT;
}

static bool is_minors(const HtStoredEvent *event)
{
    return event->event.attr[HT_ATTR_MINOR].data != NULL;
}

static const Rule *find_rule(const HtPolicy *policy, const HtElement *element)
{
    static const Rule none;
    return element ? &policy->rules[element->index] : &none;
}

HtSeen ht_policy_see(void *user, const HtStoredEvent *event, const HtItem *item, HtBuffer *masked)
{
    const HtPolicy *policy = user;
    if (item->kind == HT_ITEM_QUALITY) {
        return HT_SEEN_WHOLE;
    }
    if (item->kind == HT_ITEM_UNMAPPED) {
        return ht_policy_shows_unmapped(policy);
    }
    const HtElement *element = ht_dictionary_find(policy->dictionary, item->name.data, item->name.size);
    const Rule *rule = find_rule(policy, element);
    HtSeen seen = judge(policy, is_minors(event), rule, get_sensitivity(element, item));
    return seen == HT_SEEN_MASKED ? apply_mask(rule, item, masked) : seen;
}

static HtSeen see_time_of(const HtPolicy *policy, const HtStoredEvent *event, HtText name)
{
    const HtElement *element = ht_dictionary_find(policy->dictionary, name.data, name.size);
    const Rule *rule = find_rule(policy, element);
    HtSeen seen = judge(policy, is_minors(event), rule, element ? element->sensitivity : HIGHEST);
    return seen == HT_SEEN_MASKED && rule->mask != HT_MASK_YEAR ? HT_SEEN_NOT : seen;
}

static HtSeen see_time_of_nothing(const HtPolicy *policy, const HtStoredEvent *event)
{
    HtText class = event->event.attr[HT_ATTR_DATACLASSIFICATION];
    bool known = class.size == 1 && class.data[0] >= '0' && class.data[0] <= '0' + HIGHEST;
    return judge(policy, is_minors(event), find_rule(policy, NULL),
                 known ? (unsigned)(class.data[0] - '0') : HIGHEST);
}

HtSeen ht_policy_see_time(void *user, const HtStoredEvent *event)
{
    const HtPolicy *policy = user;
    HtText names = event->event.attr[HT_ATTR_TIMEELEMENTS];
    HtSeen worst = names.size > 0 ? HT_SEEN_WHOLE : see_time_of_nothing(policy, event);
    while (names.size > 0) {
        const char *blank = memchr(names.data, ' ', names.size);
        size_t size = blank ? (size_t)(blank - names.data) : names.size;
        HtSeen seen = see_time_of(policy, event, (HtText){names.data, size});
        worst = MAX(worst, seen);
        size += blank != NULL;
        names = (HtText){names.data + size, names.size - size};
    }
    return worst;
}

HtSeen ht_policy_shows(const HtPolicy *policy, const HtElement *element, HtShownAs as, HtMask *mask)
{
    const Rule *rule = find_rule(policy, element);
    bool original = as == HT_SHOWN_ORIGINAL;
    unsigned sensitivity = original ? MAX(element->sensitivity, SENSITIVE) : element->sensitivity;
    HtSeen seen = judge(policy, as == HT_SHOWN_MINOR, rule, sensitivity);
    if (mask) {
        *mask = rule->mask;
    }
    return seen == HT_SEEN_MASKED && (original || rule->mask == HT_MASK_HIDE) ? HT_SEEN_NOT : seen;
}
