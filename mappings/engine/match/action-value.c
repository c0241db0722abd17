/* Values that say what is to be done; see action-value.h. */
#include "mappings/engine/match/action-value.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/match/match.h"
#include "mappings/engine/text/value.h"

#define FOLDED_MAX 64

void ht_actions_begin(HtActions *actions)
{
    *actions = (HtActions){.worst = HT_MEANS_ASSERT};
}

void ht_actions_forget(HtMatch *match)
{
    const GPtrArray *rules = match->mapping->actions;
    match->actions.since = match->serial;
    match->actions.is_late = false;
    for (guint i = 0; i < rules->len; i++) {
        const HtActionRule *rule = rules->pdata[i];
        match->absolutes[rule->slot & HT_SLOT_NUMBER].serial = 0;
        match->actions.values[i] = NULL;
    }
}

/* In capitals and without width, blanks left out. 0 when it is too long to be such a value. */
static size_t fold(HtText text, char folded[FOLDED_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < text.size;) {
        HtText rest = {text.data + i, text.size - i};
        unsigned char lead = (unsigned char)rest.data[0];
        bool is_wide = rest.size >= 3 && lead == 0xef && (rest.data[1] == '\xbc' || rest.data[1] == '\xbd');
        char sign = rest.data[0];
        if (is_wide) {
            unsigned low = (unsigned char)rest.data[2] & 0x3f;
            sign = (char)((rest.data[1] == '\xbc' ? 0x20 : 0x60) + low);
        }
        i += is_wide ? 3 : 1;
        if (sign == ' ' || sign == '\t') {
            continue;
        }
        if (size == FOLDED_MAX) {
            return 0;
        }
        folded[size++] = g_ascii_toupper(sign);
    }
    return size;
}

static const HtActionValue *find_value(const HtActionRule *rule, HtText text)
{
    char wanted[FOLDED_MAX], folded[FOLDED_MAX];
    size_t size = fold(text, wanted);
    for (guint i = 0; size > 0 && i < rule->values->len; i++) {
        const HtActionValue *value = &g_array_index(rule->values, HtActionValue, i);
        if (fold(value->value, folded) == size && memcmp(folded, wanted, size) == 0) {
            return value;
        }
    }
    return NULL;
}

static HtText take(HtMatch *match, unsigned index, HtText text)
{
    const HtActionRule *rule = match->mapping->actions->pdata[index];
    HtActions *actions = &match->actions;
    if (ht_value_is_null(text.data, text.size, 0)) {
        return text;
    }
    const HtActionValue *value = find_value(rule, text);
    if (!value) {
        actions->unknown = rule;
        return text;
    }
    if (actions->values[index] && actions->values[index] != value) {
        actions->twice = rule;
    }
    actions->is_late =
        actions->is_late || (match->serial != actions->since && actions->values[index] != value);
    actions->values[index] = value;
    if (!actions->said || value->means > actions->worst) {
        actions->worst = value->means;
        actions->said = rule;
    }
    return value->value;
}

HtText ht_actions_take(HtMatch *match, HtSlot slot, HtText value)
{
    const GPtrArray *rules = match->mapping->actions;
    for (guint i = 0; i < rules->len; i++) {
        if (((const HtActionRule *)rules->pdata[i])->slot == slot) {
            return take(match, i, value);
        }
    }
    return value;
}

HtMeans ht_actions_means(const HtMatch *match)
{
    HtMeans means = HT_MEANS_ASSERT;
    for (guint i = 0; i < match->mapping->actions->len; i++) {
        const HtActionValue *value = match->actions.values[i];
        means = value ? MAX(means, value->means) : means;
    }
    return means;
}
