/* The numbers that a payload states against the records that it holds; see count.h. */
#include "mappings/engine/match/count.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/match/match.h"

#define DIGITS_MAX 18

void ht_counts_begin(HtMatch *match)
{
    memset(match->counts, 0, sizeof *match->counts * match->mapping->counts->len);
    match->counts_wrapped = false;
}

/* False when the text is no number of records. */
static bool read_number(HtText text, uint64_t *number)
{
    char digits[HT_NUMBER_MAX];
    size_t size = ht_value_integer(text.data, text.size, digits);
    if (size == 0 || size > DIGITS_MAX || !g_ascii_isdigit(digits[0])) {
        return false;
    }
    *number = 0;
    for (size_t i = 0; i < size; i++) {
        *number = *number * 10 + (uint64_t)(digits[i] - '0');
    }
    return true;
}

/* Keeps the first mistake. */
static void note_wrong(HtCount *count, uint64_t stated, bool unreadable, uint32_t line)
{
    if (!count->wrong) {
        count->wrong = true;
        count->unreadable = unreadable;
        count->wrong_stated = stated;
        count->wrong_counted = count->counted;
        count->wrong_line = line;
    }
}

static void take_stated(HtMatch *match, const HtCountRule *rule, HtCount *count, uint32_t line)
{
    HtText value = ht_match_value(match, rule->from, 0);
    uint64_t number = 0;
    bool meant = value.data && ht_when_holds(rule->for_when, match);
    bool unreadable = match->unreadable != NULL;
    match->unreadable = NULL;
    if (!meant && !unreadable) {
        return;
    }
    if (unreadable || !read_number(value, &number)) {
        note_wrong(count, 0, true, line);
    } else if (rule->inside && number != count->counted) {
        note_wrong(count, number, false, line);
    }
    count->stated += number;
    count->is_stated = true;
    count->line = line;
}

void ht_counts_scope_end(HtMatch *match, int scope, uint32_t line)
{
    const GPtrArray *rules = match->mapping->counts;
    for (guint i = 0; i < rules->len; i++) {
        const HtCountRule *rule = rules->pdata[i];
        if (rule->scope == scope) {
            take_stated(match, rule, &match->counts[i], line);
        }
        if (rule->scope == scope && rule->inside) {
            match->counts[i].counted = 0;
        }
    }
}

void ht_counts_record(HtMatch *match, const HtRecordRule *rule)
{
    for (unsigned i = 0; i < rule->n_counts; i++) {
        unsigned index = rule->counts[i];
        const HtCountRule *count = match->mapping->counts->pdata[index];
        match->counts[index].counted += ht_when_holds(count->when, match);
    }
}

bool ht_counts_judge(HtMatch *match, HtFault *fault)
{
    const GPtrArray *rules = match->mapping->counts;
    for (guint i = 0; i < rules->len; i++) {
        const HtCountRule *rule = rules->pdata[i];
        HtCount *count = &match->counts[i];
        bool apart = !rule->inside && match->counts_wrapped && count->is_stated;
        if (apart && count->stated != count->counted) {
            note_wrong(count, count->stated, false, count->line);
        }
        if (!count->wrong) {
            continue;
        }
        if (count->unreadable) {
            ht_fault_set(fault, "count-mismatch", "%s states no number of records", rule->path);
        } else {
            ht_fault_set(fault, "count-mismatch",
                         "%s states %" G_GUINT64_FORMAT " records, %s has %" G_GUINT64_FORMAT
                         "; nothing was taken: send the whole again",
                         rule->path, count->wrong_stated, rule->of, count->wrong_counted);
        }
        fault->line = count->wrong_line;
        return false;
    }
    return true;
}
