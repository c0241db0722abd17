/* Taking numbers out of adapters' texts: a rule for the worst, on top of the rule that adapters log no
 * personal data. Bus, any thread; no state. */
#include "plugins/scrub.h"

#include "core/base/citizen.h"

#include <glib.h>

#define DIGITS_MIN 7 /* a telephone number without its area code */
#define REPLACEMENT "[number]"

/* Numbers that stay. */
typedef struct {
    const uint64_t *numbers;
    size_t count;
} Own;

static bool is_digit(gunichar character)
{
    return ht_citizen_digit(character) >= 0;
}

/* Numbers are written 138-0013-8000 and 9901 0419 too. */
static bool is_separator_before_digit(const char *at)
{
    return ht_citizen_is_separator(g_utf8_get_char(at)) && is_digit(g_utf8_get_char(g_utf8_next_char(at)));
}

/* The end of the run of digits that begins at `at`, single separators inside it included; `count` gets how many digits. */
static const char *skip_digits(const char *at, unsigned *count)
{
    *count = 0;
    while (is_digit(g_utf8_get_char(at)) || (*count > 0 && is_separator_before_digit(at))) {
        *count += is_digit(g_utf8_get_char(at));
        at = g_utf8_next_char(at);
    }
    return *count >= DIGITS_MIN && ht_citizen_is_x(g_utf8_get_char(at)) ? g_utf8_next_char(at) : at;
}

static void add_character(GString *to, const char *at)
{
    gunichar character = g_utf8_get_char(at);
    if (character == '\n') {
        g_string_append(to, "; ");
    } else if (character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 ||
               character == 0x2029) {
        g_string_append_c(to, ' ');
    } else {
        g_string_append_unichar(to, character);
    }
}

static void cut(GString *text, size_t most)
{
    if (text->len > most) {
        const char *end = g_utf8_find_prev_char(text->str, text->str + most + 1);
        g_string_truncate(text, end ? (gsize)(end - text->str) : 0);
    }
}

/* Only the beginning of a long text is looked at; a run of digits at that cut may go on behind it, so it
 * goes. */
static bool is_own(const Own *own, const char *at, const char *end)
{
    char digits[24];
    for (size_t i = 0; i < own->count; i++) {
        g_snprintf(digits, sizeof digits, "%" G_GUINT64_FORMAT, own->numbers[i]);
        if (strlen(digits) == (size_t)(end - at) && memcmp(digits, at, (size_t)(end - at)) == 0) {
            return true;
        }
    }
    return false;
}

static char *scrub(HtText text, size_t most, const Own *own)
{
    size_t looked_at = MIN(text.size, 4 * most);
    g_autofree char *valid = g_utf8_make_valid(text.data ? text.data : "", (gssize)looked_at);
    GString *clean = g_string_sized_new(most + 1);
    for (const char *at = valid; *at;) {
        unsigned digits;
        const char *end = skip_digits(at, &digits);
        bool at_cut = *end == '\0' && looked_at < text.size;
        if ((digits >= DIGITS_MIN || (digits > 0 && at_cut)) && !is_own(own, at, end)) {
            g_string_append(clean, REPLACEMENT);
            at = end;
        } else if (digits > 0) {
            g_string_append_len(clean, at, end - at);
            at = end;
        } else {
            add_character(clean, at);
            at = g_utf8_next_char(at);
        }
    }
    cut(clean, most);
    return g_string_free(clean, FALSE);
}

char *ht_scrub(HtText text, size_t most)
{
    static const Own none = {NULL, 0};
    return scrub(text, most, &none);
}

char *ht_scrub_but(HtText text, size_t most, const uint64_t *own, size_t count)
{
    Own numbers = {own, count};
    return scrub(text, most, &numbers);
}

void ht_scrub_outcome(HtOutcome *outcome, const HtLimits *limits)
{
    uint64_t own[sizeof *limits / sizeof(uint64_t) + 2] = {outcome->records, outcome->rejected};
    memcpy(own + 2, limits, sizeof *limits);
    for (unsigned i = 0; i < MIN(outcome->fault_count, HT_OUTCOME_FAULTS); i++) {
        HtFault *fault = &outcome->faults[i];
        g_autofree char *code = ht_scrub(ht_text_from(fault->code), sizeof fault->code - 1);
        g_autofree char *element = ht_scrub(ht_text_from(fault->element), sizeof fault->element - 1);
        g_autofree char *text =
            ht_scrub_but(ht_text_from(fault->text), sizeof fault->text - 1, own, G_N_ELEMENTS(own));
        g_strlcpy(fault->code, code, sizeof fault->code);
        g_strlcpy(fault->element, element, sizeof fault->element);
        g_strlcpy(fault->text, text, sizeof fault->text);
    }
}
