/* Asking the field policy. Main-loop thread; asked on delivery's hot path. */
#include "core/delivery/policy.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/forms.h"
#include "core/delivery/policy-rules.h"
#include "mappings/engine/values/fit.h"
#include "mappings/engine/values/mask.h"

#include <glib/gi18n.h>
#include <stdio.h>

#define HIGHEST 3
#define SENSITIVE 2  /* what stands in an element for something else may be anything */
#define HASH_SIZE 16 /* bytes of it that are shown, in hexadecimal */

struct HtPolicy {
    HtDictionary *dictionary;
    HtRules rules;
    unsigned clearance;
    char *said;       /* what the configuration says, as in ht_policy_text() */
    int64_t until_us; /* 0: no purpose */
    int64_t alarm_us; /* so long before it is said that it lapses */
    HtPurpose purpose;
    bool hashes, has_key;
    uint8_t owner[HT_SHA256]; /* of the consumer's name */
    uint8_t key[HT_SHA256];   /* of hashes */
    char *text;               /* with whether the purpose holds */
    char version[HT_POLICY_VERSION];
};

/* ---- What it says ---- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_list(GString *text, const char *key, char *const *list)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (; list && *list; list++) {
        g_ptr_array_add(sorted, *list);
    }
    g_ptr_array_sort(sorted, compare_texts);
    g_ptr_array_add(sorted, NULL);
    g_autofree char *joined = g_strjoinv(";", (char **)sorted->pdata);
    g_string_append_printf(text, "%s=%s\n", key, joined);
}

/* Another dictionary is another policy, if it says otherwise how sensitive something is. */
static void add_dictionary(GString *text, const HtDictionary *dictionary)
{
    g_autoptr(GString) all = g_string_new(NULL);
    char hex[HT_SHA256_HEX];
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const HtElement *element = ht_dictionary_element(dictionary, i);
        g_string_append_printf(all, "%s %u %s %s\n", element->name, element->sensitivity,
                               ht_mask_name(element->mask), ht_type_name(element->type));
    }
    ht_sha256_hex((HtText){all->str, all->len}, hex);
    g_string_append_printf(text, "dictionary=%s\n", hex);
}

static char *write_said(const HtConsumerConfig *consumer, const HtDictionary *dictionary)
{
    GString *text = g_string_new("hutong policy 1\n");
    g_string_append_printf(
        text, "purpose=%s\nuntil=%s\nclearance=%u\n", consumer->purpose ? consumer->purpose : "",
        consumer->purpose_until ? consumer->purpose_until : "", (unsigned)consumer->clearance);
    add_list(text, "allow", consumer->allow);
    add_list(text, "deny", consumer->deny);
    add_list(text, "hash", consumer->hash);
    add_list(text, "mask", consumer->mask);
    add_dictionary(text, dictionary);
    return g_string_free(text, FALSE);
}

static bool holds(HtPurpose purpose)
{
    return purpose == HT_PURPOSE_HOLDS || purpose == HT_PURPOSE_ENDS;
}

static void set_version(HtPolicy *policy)
{
    char hex[HT_SHA256_HEX];
    g_free(policy->text);
    policy->text = g_strconcat(policy->said, "holds=", holds(policy->purpose) ? "yes\n" : "no\n", NULL);
    ht_sha256_hex(ht_text_from(policy->text), hex);
    g_strlcpy(policy->version, hex, sizeof policy->version);
}

/* ---- The purpose ---- */

const char *ht_purpose_name(HtPurpose purpose)
{
    static const char *const names[] = {[HT_PURPOSE_HOLDS] = "holds",
                                        [HT_PURPOSE_ENDS] = "ends",
                                        [HT_PURPOSE_LAPSED] = "lapsed",
                                        [HT_PURPOSE_NONE] = "none"};
    return names[purpose];
}

/* The end of that day at +08:00; 0 when it is none. */
static int64_t end_of_day(const char *day)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(8 * 3600);
    int year, month, date;
    if (!day || strlen(day) != 10 || !ht_form_is_date(ht_text_from(day)) ||
        sscanf(day, "%4d-%2d-%2d", &year, &month, &date) != 3) {
        return 0;
    }
    g_autoptr(GDateTime) begin = g_date_time_new(zone, year, month, date, 0, 0, 0);
    g_autoptr(GDateTime) end = begin ? g_date_time_add_days(begin, 1) : NULL;
    return end ? g_date_time_to_unix(end) * HT_SECOND : 0;
}

static HtPurpose judge_purpose(const HtPolicy *policy, int64_t now_us)
{
    if (policy->until_us == 0) {
        return HT_PURPOSE_NONE;
    }
    return now_us >= policy->until_us                      ? HT_PURPOSE_LAPSED
           : now_us >= policy->until_us - policy->alarm_us ? HT_PURPOSE_ENDS
                                                           : HT_PURPOSE_HOLDS;
}

bool ht_policy_look(HtPolicy *policy, int64_t now_us)
{
    HtPurpose before = policy->purpose;
    policy->purpose = judge_purpose(policy, now_us);
    if (policy->text && holds(before) == holds(policy->purpose)) {
        return false;
    }
    set_version(policy);
    return true;
}

HtPurpose ht_policy_purpose(const HtPolicy *policy)
{
    return policy->purpose;
}

int64_t ht_policy_until(const HtPolicy *policy)
{
    return policy->until_us;
}

const char *ht_policy_text(const HtPolicy *policy)
{
    return policy->text;
}

const char *ht_policy_version(const HtPolicy *policy)
{
    return policy->version;
}

/* ---- Beginning and end ---- */

HtPolicy *ht_policy_new(const HtConsumerConfig *consumer, const HtDictionary *dictionary, GString *errors)
{
    HtPolicy *policy = g_new0(HtPolicy, 1);
    bool purpose = consumer->purpose && *consumer->purpose;
    policy->dictionary = ht_dictionary_hold(dictionary);
    policy->clearance = (unsigned)consumer->clearance;
    policy->said = write_said(consumer, dictionary);
    policy->until_us = purpose ? end_of_day(consumer->purpose_until) : 0;
    policy->alarm_us = (int64_t)consumer->purpose_alarm_ms * 1000;
    policy->hashes = consumer->hash && *consumer->hash;
    if (!ht_rules_read(&policy->rules, consumer, dictionary, errors)) {
        ht_policy_free(policy);
        return NULL;
    }
    ht_sha256(ht_text_from(consumer->name), policy->owner);
    ht_policy_look(policy, ht_clock_now());
    return policy;
}

void ht_policy_free(HtPolicy *policy)
{
    ht_rules_clear(&policy->rules);
    explicit_bzero(policy->key, sizeof policy->key);
    ht_dictionary_free(policy->dictionary);
    g_free(policy->said);
    g_free(policy->text);
    g_free(policy);
}

void ht_policy_set_key(HtPolicy *policy, const uint8_t pseudonym_key[HT_POLICY_KEY])
{
    const HtText texts[] = {HT_TEXT_LITERAL("consumer"), {(const char *)policy->owner, sizeof policy->owner}};
    ht_hmac_sha256((HtText){(const char *)pseudonym_key, HT_POLICY_KEY}, texts, G_N_ELEMENTS(texts),
                   policy->key);
    policy->has_key = true;
}

bool ht_policy_equal(const HtPolicy *a, const HtPolicy *b)
{
    return a->dictionary == b->dictionary && !a->hashes && !b->hashes && strcmp(a->text, b->text) == 0;
}

/* ---- Judging ---- */

static HtPolicyAnswer answer_of(HtSeen seen, HtWhy why, unsigned sensitivity)
{
    return (HtPolicyAnswer){.seen = seen, .why = why, .sensitivity = sensitivity};
}

static HtPolicyAnswer decide(const HtPolicy *policy, const HtRule *rule, unsigned sensitivity)
{
    if (rule->denied) {
        return answer_of(HT_SEEN_NOT, HT_WHY_DENIED, sensitivity);
    }
    if (sensitivity == 0) {
        return answer_of(HT_SEEN_WHOLE, HT_WHY_OPEN, sensitivity);
    }
    if (!holds(policy->purpose)) {
        return answer_of(HT_SEEN_NOT, HT_WHY_NO_PURPOSE, sensitivity);
    }
    if (rule->hashed || rule->masked) {
        return answer_of(HT_SEEN_MASKED, rule->hashed ? HT_WHY_HASHED : HT_WHY_MASKED, sensitivity);
    }
    if (rule->allowed) {
        return answer_of(HT_SEEN_WHOLE, HT_WHY_ALLOWED, sensitivity);
    }
    return sensitivity <= policy->clearance ? answer_of(HT_SEEN_WHOLE, HT_WHY_CLEARED, sensitivity)
                                            : answer_of(HT_SEEN_NOT, HT_WHY_ABOVE, sensitivity);
}

/* HT_SEEN_MASKED: if it can be applied. */
static HtPolicyAnswer judge(const HtPolicy *policy, bool minor, const HtRule *rule, unsigned sensitivity)
{
    bool raised = minor && sensitivity > 0;
    HtPolicyAnswer answer = decide(policy, rule, raised ? HIGHEST : sensitivity);
    answer.minor = raised && sensitivity < HIGHEST;
    answer.mask = rule->mask;
    return answer;
}

static HtPolicyAnswer hide(HtPolicyAnswer answer)
{
    answer.seen = HT_SEEN_NOT;
    answer.why = HT_WHY_HIDDEN;
    return answer;
}

/* Equal for equal values, in every element: so that who may not see a number can still join by it. */
static bool write_hash(const HtPolicy *policy, HtText value, HtBuffer *out)
{
    uint8_t digest[HT_SHA256];
    char hex[2 * HASH_SIZE];
    if (!policy->has_key) {
        return false;
    }
    ht_hmac_sha256((HtText){(const char *)policy->key, sizeof policy->key}, &value, 1, digest);
    ht_hex_write(digest, HASH_SIZE, hex);
    ht_buffer_add_literal(out, "h-");
    ht_buffer_add(out, hex, sizeof hex);
    return true;
}

static HtPolicyAnswer apply(const HtPolicy *policy, HtPolicyAnswer answer, const HtItem *item,
                            HtBuffer *masked)
{
    if (answer.seen != HT_SEEN_MASKED) {
        return answer;
    }
    bool plain = masked && (item->kind == HT_ITEM_UNMAPPED || item->form != HT_VALUE_ORIGINAL);
    bool done = plain && (answer.why == HT_WHY_HASHED
                              ? write_hash(policy, item->value, masked)
                              : ht_mask_apply(answer.mask, item->value.data, item->value.size, masked));
    return done ? answer : hide(answer);
}

static bool is_minors(const HtStoredEvent *event)
{
    return event->event.attr[HT_ATTR_MINOR].data != NULL;
}

static const HtRule *find_rule(const HtPolicy *policy, const HtElement *element)
{
    static const HtRule none;
    return element ? &policy->rules.elements[element->index] : &none;
}

static const HtElement *find_element(const HtPolicy *policy, const HtItem *item)
{
    return ht_dictionary_find(policy->dictionary, item->name.data, item->name.size);
}

/* That there is a mark tells of the element that there was something. */
static HtPolicyAnswer judge_mark(const HtPolicy *policy, bool minor, const HtItem *item)
{
    if (item->name.size == 0 || !memchr(item->name.data, '.', item->name.size)) {
        return answer_of(HT_SEEN_WHOLE, HT_WHY_MARK, 0);
    }
    const HtElement *element = find_element(policy, item);
    const HtRule *rule = find_rule(policy, element);
    HtPolicyAnswer answer = judge(policy, minor, rule, element ? element->sensitivity : HIGHEST);
    bool hidden = answer.why == HT_WHY_MASKED && answer.mask == HT_MASK_HIDE;
    answer.seen = answer.seen == HT_SEEN_MASKED ? HT_SEEN_WHOLE : answer.seen;
    return hidden ? hide(answer) : answer;
}

/* An element's sensitivity is that of what it is meant for. */
static HtPolicyAnswer judge_element(const HtPolicy *policy, bool minor, const HtElement *element,
                                    const HtItem *item)
{
    unsigned sensitivity = element ? element->sensitivity : HIGHEST;
    bool meant = item->form != HT_VALUE_ORIGINAL &&
                 (sensitivity > 0 || !element || ht_element_fits(element, item->value));
    const HtRule *rule = find_rule(policy, element);
    HtPolicyAnswer answer = judge(policy, minor, rule, meant ? sensitivity : MAX(sensitivity, SENSITIVE));
    answer.odd = !meant && !answer.minor && sensitivity < SENSITIVE;
    return answer;
}

static HtPolicyAnswer judge_unmapped(const HtPolicy *policy, bool minor, const HtItem *item)
{
    HtRule rule = ht_rules_unmapped(&policy->rules, item->name);
    return judge(policy, minor, &rule, HIGHEST);
}

HtPolicyAnswer ht_policy_judge(const HtPolicy *policy, const HtStoredEvent *event, const HtItem *item,
                               HtBuffer *masked)
{
    bool minor = is_minors(event);
    if (item->kind == HT_ITEM_QUALITY) {
        return judge_mark(policy, minor, item);
    }
    if (item->kind == HT_ITEM_UNMAPPED) {
        return apply(policy, judge_unmapped(policy, minor, item), item, masked);
    }
    return apply(policy, judge_element(policy, minor, find_element(policy, item), item), item, masked);
}

HtSeen ht_policy_see(void *policy, const HtStoredEvent *event, const HtItem *item, HtBuffer *masked)
{
    return ht_policy_judge(policy, event, item, masked).seen;
}

/* ---- All that is shown ---- */

static uint8_t code_of(const HtPolicyAnswer *answer)
{
    return answer->seen == HT_SEEN_NOT     ? 0
           : answer->seen == HT_SEEN_WHOLE ? 1
           : answer->why == HT_WHY_HASHED  ? 3
                                           : 2;
}

void ht_policy_shown(const HtPolicy *policy, const HtStoredEvent *event, uint8_t *shown)
{
    uint32_t count = ht_dictionary_n_elements(policy->dictionary);
    HtUnpack unpack = ht_unpack(event->event.data.data, event->event.data.size);
    bool minor = is_minors(event);
    HtItem item;
    memset(shown, 0, count + 1);
    while (ht_item_next(&unpack, &item)) {
        const HtElement *element = item.kind == HT_ITEM_ELEMENT ? find_element(policy, &item) : NULL;
        if (item.kind == HT_ITEM_QUALITY || (item.kind == HT_ITEM_ELEMENT && !element)) {
            continue;
        }
        HtPolicyAnswer answer =
            element ? judge_element(policy, minor, element, &item) : judge_unmapped(policy, minor, &item);
        uint8_t code = code_of(&answer), *at = &shown[element ? element->index : count];
        *at = code == 1 || *at == 0 ? code : *at;
    }
}

/* ---- The time ---- */

static HtSeen see_time_of(const HtPolicy *policy, const HtStoredEvent *event, HtText name)
{
    const HtElement *element = ht_dictionary_find(policy->dictionary, name.data, name.size);
    const HtRule *rule = find_rule(policy, element);
    HtPolicyAnswer answer = judge(policy, is_minors(event), rule, element ? element->sensitivity : HIGHEST);
    bool year = answer.why == HT_WHY_MASKED && answer.mask == HT_MASK_YEAR;
    return answer.seen == HT_SEEN_MASKED && !year ? HT_SEEN_NOT : answer.seen;
}

static HtSeen see_time_of_nothing(const HtPolicy *policy, const HtStoredEvent *event)
{
    HtText class = event->event.attr[HT_ATTR_DATACLASSIFICATION];
    bool known = class.size == 1 && class.data[0] >= '0' && class.data[0] <= '0' + HIGHEST;
    return judge(policy, is_minors(event), find_rule(policy, NULL),
                 known ? (unsigned)(class.data[0] - '0') : HIGHEST)
        .seen;
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

/* ---- For people ---- */

HtPolicyAnswer ht_policy_shows(const HtPolicy *policy, const HtElement *element, HtShownAs as)
{
    bool original = as == HT_SHOWN_ORIGINAL;
    unsigned sensitivity = original ? MAX(element->sensitivity, SENSITIVE) : element->sensitivity;
    HtPolicyAnswer answer = judge(policy, as == HT_SHOWN_MINOR, find_rule(policy, element), sensitivity);
    bool hidden = original || (answer.why == HT_WHY_MASKED && answer.mask == HT_MASK_HIDE);
    return answer.seen == HT_SEEN_MASKED && hidden ? hide(answer) : answer;
}

HtPolicyAnswer ht_policy_shows_unmapped(const HtPolicy *policy)
{
    return judge(policy, false, &policy->rules.unmapped, HIGHEST);
}

static const char *describe_raise(const HtPolicyAnswer *answer)
{
    return answer->minor ? _(" (of a person under 14)")
           : answer->odd ? _(" (not what the element is for)")
                         : "";
}

char *ht_policy_reason(const HtPolicy *policy, const HtPolicyAnswer *answer)
{
    static const char *const words[] = {[HT_WHY_MARK] = N_("a mark of the whole event"),
                                        [HT_WHY_DENIED] = N_("deny names it"),
                                        [HT_WHY_OPEN] = N_("not personal"),
                                        [HT_WHY_HASHED] = N_("hash names it"),
                                        [HT_WHY_MASKED] = N_("mask names it"),
                                        [HT_WHY_ALLOWED] = N_("allow names it"),
                                        [HT_WHY_HIDDEN] =
                                            N_("named by mask or hash, and not to be shown so")};
    if (answer->why == HT_WHY_NO_PURPOSE) {
        return g_strdup(policy->purpose == HT_PURPOSE_LAPSED ? _("personal, and the purpose has lapsed")
                                                             : _("personal, and there is no purpose"));
    }
    if (answer->why == HT_WHY_CLEARED || answer->why == HT_WHY_ABOVE) {
        return g_strdup_printf(_("sensitivity %u%s, clearance %u"), answer->sensitivity,
                               describe_raise(answer), policy->clearance);
    }
    return g_strdup(_(words[answer->why]));
}

char *ht_policy_word(const HtPolicyAnswer *answer)
{
    if (answer->seen != HT_SEEN_MASKED) {
        return g_strdup(answer->seen == HT_SEEN_WHOLE ? _("whole") : _("not"));
    }
    return answer->why == HT_WHY_HASHED ? g_strdup(_("hashed"))
                                        : g_strdup_printf(_("masked %s"), ht_mask_name(answer->mask));
}
