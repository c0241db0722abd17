/* Conditions, asked: the walk over a tree of tests at the end of each record; host process, the mapper's thread. */
#include "mappings/engine/match/when.h"

#include "mappings/engine/match/match.h"
#include "mappings/engine/reference/divisions.h"
#include "mappings/engine/rules/when-inside.h"
#include "mappings/engine/text/value.h"
#include "mappings/engine/values/convert.h"
#include "mappings/engine/values/dates.h"
#include "mappings/engine/values/filler.h"
#include "mappings/engine/values/number-fold.h"

#define COMPARED_MAX 256 /* bytes of a value that are compared after folding */

/* True when the value may hold what folds away: full-width signs and the ideographic blank begin so. */
static bool may_be_wide(HtText value)
{
    return memchr(value.data, 0xef, value.size) || memchr(value.data, 0xe3, value.size);
}

/* The value in ASCII's width, without blanks around it; in `folded` when that is not what was sent. */
static HtText narrow(HtText value, char folded[COMPARED_MAX])
{
    size_t size = may_be_wide(value) ? ht_value_fold(value.data, value.size, folded, COMPARED_MAX) : SIZE_MAX;
    return size == SIZE_MAX ? value : ht_text_trim(folded, size);
}

static bool is_one_of(const HtWhen *when, HtText value)
{
    for (unsigned i = 0; i < when->n_values; i++) {
        if (ht_text_equal(value, when->values[i])) {
            return true;
        }
    }
    return false;
}

static bool starts_with(const HtWhen *when, HtText value)
{
    HtText prefix = when->values[0];
    return value.size >= prefix.size && memcmp(value.data, prefix.data, prefix.size) == 0;
}

static HtWhenState say(bool holds)
{
    return holds ? HT_WHEN_YES : HT_WHEN_NO;
}

static HtWhenState note_unreadable(const HtWhen *when, HtMatch *match)
{
    match->suspect = when->path;
    return HT_WHEN_UNREADABLE;
}

/* Somewhere in a value that is no null. */
static bool ask_contains(const HtWhen *when, HtMatch *match)
{
    char folded[COMPARED_MAX];
    HtText value = ht_match_value(match, when->slot, 0);
    if (!value.data) {
        return false;
    }
    value = narrow(value, folded);
    for (unsigned i = 0; i < when->n_values; i++) {
        if (memmem(value.data, value.size, when->values[i].data, when->values[i].size)) {
            return true;
        }
    }
    return false;
}

/* How the value reads as a date; OK where it is not meant as one. */
static HtDateResult read_date(const HtWhen *when, HtText value)
{
    HtDate date;
    return when->is_dated ? ht_date_parse(value.data, value.size, when->date_flags, &date) : HT_DATE_OK;
}

/* A value that is not null; of a path that is read as a date, a day (1900-01-01) that stands for none is none. Words in place of a
 * date (未离开, 已注销) may say that it has happened as well as that it has not. */
static HtWhenState ask_value(const HtWhen *when, HtMatch *match)
{
    HtText value = ht_match_value(match, when->slot, 0);
    HtDateResult result = value.data ? read_date(when, value) : HT_DATE_NULL;
    if (result == HT_DATE_INVALID && when->is_only_dated && ht_is_without_number(value)) {
        return note_unreadable(when, match);
    }
    return say(result != HT_DATE_NULL);
}

/* Comparisons look at the value as it was sent, even one that spells null: `JTBM='null'` can be said. */
static bool compare(const HtWhen *when, HtMatch *match)
{
    HtText value = ht_match_raw(match, when->slot);
    char folded[COMPARED_MAX];
    if (value.data) {
        value = narrow(value, folded);
    }
    switch (when->test) {
    case TEST_EQUAL:
    case TEST_IN: return value.data && is_one_of(when, value);
    case TEST_UNEQUAL:
        return value.data && !is_one_of(when, value) && ht_match_value(match, when->slot, 0).data;
    case TEST_STARTS: return value.data && starts_with(when, value);
    default: return false;
    }
}

static HtWhenState ask_flag(const HtWhen *when, HtMatch *match)
{
    HtText value = ht_match_raw(match, when->slot);
    HtFlagState state = ht_flag_read(when->flag, value);
    if (state == HT_FLAG_UNREADABLE && value.data && !ht_match_value(match, when->slot, 0).data) {
        state = when->flag->absent; /* one of the mapping's own spellings of null */
    }
    if (state == HT_FLAG_UNREADABLE) {
        return note_unreadable(when, match);
    }
    return say((state == HT_FLAG_YES) == (when->test == TEST_YES));
}

static HtWhenState ask_code(const HtWhen *when, HtMatch *match)
{
    bool unreadable;
    const HtTableEntry *entry = ht_flag_code(when->flag, ht_match_value(match, when->slot, 0), &unreadable);
    if (unreadable) {
        return note_unreadable(when, match);
    }
    bool named = entry && is_one_of(when, (HtText){entry->code, entry->code_size});
    return say(entry && (when->test == TEST_CODE || named == (when->test == TEST_CODE_IN)));
}

static HtWhenState ask_number(const HtWhen *when, HtMatch *match)
{
    char number[HT_NUMBER_MAX];
    HtText text = ht_match_value(match, when->slot, 0);
    HtText value = text.data ? ht_flag_number(text, number) : HT_TEXT_NONE;
    if (text.data && !value.data) {
        return note_unreadable(when, match);
    }
    return say(value.data &&
               (when->test == TEST_NUMBER || is_one_of(when, value) == (when->test == TEST_NUMBER_IN)));
}

/* True when both are days, or moments, and the same. */
static bool is_same_date(HtText one, HtText other)
{
    HtDate first, second;
    char written[2][HT_DATE_FORMAT_MAX];
    if (ht_date_parse(one.data, one.size, 0, &first) != HT_DATE_OK || first.precision < HT_PRECISION_DAY ||
        ht_date_parse(other.data, other.size, 0, &second) != HT_DATE_OK) {
        return false;
    }
    ht_date_format(&first, HT_TYPE_DATETIME, written[0]);
    ht_date_format(&second, HT_TYPE_DATETIME, written[1]);
    return strcmp(written[0], written[1]) == 0;
}

/* True when both are times of day, and the same. */
static bool is_same_time(HtText one, HtText other)
{
    HtDate first, second;
    char written[2][HT_DATE_FORMAT_MAX];
    return ht_date_parse(one.data, one.size, HT_DATE_TIME_ONLY, &first) == HT_DATE_OK &&
           ht_date_parse(other.data, other.size, HT_DATE_TIME_ONLY, &second) == HT_DATE_OK &&
           ht_date_format(&first, HT_TYPE_TIME, written[0]) > 0 &&
           ht_date_format(&second, HT_TYPE_TIME, written[1]) > 0 && strcmp(written[0], written[1]) == 0;
}

/* A code without a table: width, case, blanks, leading zeros. */
static bool is_same_word(HtText one, HtText other)
{
    char folded[2][HT_WORD_MAX];
    size_t size = ht_flag_fold(one, folded[0]);
    return size > 0 &&
           ht_text_equal((HtText){folded[0], size}, (HtText){folded[1], ht_flag_fold(other, folded[1])});
}

static bool is_same_number(HtText one, HtText other)
{
    char numbers[2][HT_NUMBER_MAX];
    HtText first = ht_flag_number(one, numbers[0]);
    return first.data && ht_text_equal(first, ht_flag_number(other, numbers[1]));
}

static bool is_same_division(HtText one, HtText other)
{
    char codes[2][HT_NUMBER_MAX];
    size_t first = ht_value_division(one.data, one.size, codes[0]);
    size_t second = ht_value_division(other.data, other.size, codes[1]);
    return first > 0 && second > 0 &&
           ht_text_equal((HtText){codes[0], ht_division_significant(codes[0], first)},
                         (HtText){codes[1], ht_division_significant(codes[1], second)});
}

static bool is_same_id(HtText one, HtText other)
{
    char folded[2][COMPARED_MAX];
    return MAX(one.size, other.size) <= COMPARED_MAX &&
           ht_text_equal(ht_number_fold(one, 0, folded[0]), ht_number_fold(other, 0, folded[1]));
}

static bool is_same_as(HtAs as, HtText one, HtText other)
{
    switch (as) {
    case HT_AS_CODE: return is_same_word(one, other);
    case HT_AS_DECIMAL: return is_same_number(one, other);
    case HT_AS_DIVISION: return is_same_division(one, other);
    case HT_AS_ID_NUMBER: return is_same_id(one, other);
    case HT_AS_DATE: return is_same_time(one, other);
    default: return is_same_date(one, other);
    }
}

/* True when both values name the same entry of a table. */
static bool is_same_code(const HtFlagRule *reading, HtText one, HtText other)
{
    bool unreadable;
    const HtTableEntry *entry = ht_flag_code(reading, one, &unreadable);
    return entry && entry == ht_flag_code(reading, other, &unreadable);
}

/* Two values that are there, but for width and for how what they are can be written. What is null is no value, and says the same as
 * nothing. */
static bool ask_same(const HtWhen *when, HtMatch *match)
{
    char folded[2][COMPARED_MAX];
    HtText one = ht_match_value(match, when->slot, 0), other = ht_match_value(match, when->other, 0);
    if (!one.data || !other.data) {
        return false;
    }
    return ht_text_equal(narrow(one, folded[0]), narrow(other, folded[1])) ||
           (when->flag ? is_same_code(when->flag, one, other) : is_same_as(when->as, one, other));
}

static bool ask_filled(const HtWhen *when, HtMatch *match)
{
    HtText value = ht_match_value(match, when->slot, 0);
    return value.data && ht_match_is_number(match, when->slot, value) &&
           read_date(when, value) != HT_DATE_NULL;
}

static HtWhenState ask(const HtWhen *when, HtMatch *match);

static HtWhenState negate(HtWhenState state)
{
    return state == HT_WHEN_UNREADABLE ? state : say(state == HT_WHEN_NO);
}

/* `decisive` decides alone: no for `and`, yes for `or`. */
static HtWhenState combine(const HtWhen *when, HtMatch *match, HtWhenState decisive)
{
    HtWhenState left = ask(when->left, match);
    if (left == decisive) {
        return left;
    }
    HtWhenState right = ask(when->right, match);
    return right == decisive || left != HT_WHEN_UNREADABLE ? right : left;
}

static HtWhenState evaluate(const HtWhen *when, HtMatch *match)
{
    switch (when->test) {
    case TEST_NOT: return negate(ask(when->left, match));
    case TEST_AND: return combine(when, match, HT_WHEN_NO);
    case TEST_OR: return combine(when, match, HT_WHEN_YES);
    case TEST_XPATH: return say(match->tree && ht_xpath_test(when->xpath, match->tree));
    case TEST_CONTAINS: return say(ask_contains(when, match));
    case TEST_SAME: return say(ask_same(when, match));
    case TEST_HAS: return ask_value(when, match);
    case TEST_WRITTEN: return say(ht_match_value(match, when->slot, HT_NULL_KEEP_WORDS).data != NULL);
    case TEST_FILLED: return say(ask_filled(when, match));
    case TEST_YES:
    case TEST_NO: return ask_flag(when, match);
    case TEST_CODE:
    case TEST_CODE_IN:
    case TEST_CODE_OTHER: return ask_code(when, match);
    case TEST_NUMBER:
    case TEST_NUMBER_IN:
    case TEST_NUMBER_OTHER: return ask_number(when, match);
    default: return say(compare(when, match));
    }
}

static HtWhenState ask(const HtWhen *when, HtMatch *match)
{
    if (!when->is_shared || when->is_of_columns || !match->settled) {
        return evaluate(when, match);
    }
    HtWhenKnown *known = &match->known_whens[when->number];
    if (known->serial != match->serial) {
        known->state = evaluate(when, match);
        known->serial = match->serial;
    }
    return known->state;
}

bool ht_when_test(const HtWhen *when, HtMatch *match)
{
    HtWhenState state = ask(when, match);
    if (state == HT_WHEN_UNREADABLE) {
        match->unreadable = match->suspect;
    }
    return state == HT_WHEN_YES;
}
