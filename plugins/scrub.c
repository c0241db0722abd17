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

/* Only the beginning of a long text is looked at; a run of digits at that cut may go on behind it, so it
 * goes. */
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

/* ---- What is a word ---- */

#define WORD_LETTERS 24
#define WORD_DIGITS 3
#define LINE_DIGITS 12
#define RUN_DIGITS 6 /* between two words */
#define VERSION_BYTES 24
#define BLANKED "[text]"

typedef struct {
    GString *clean;
    unsigned line_digits, run_digits;
    size_t run_at; /* where the first number behind a word stands */
    bool blanked;  /* what was added last was */
} Words;

/* "record", "Record", "AAC003": so, and no longer, that nothing can be written in it but a word. */
static bool is_word(const char *at, size_t size)
{
    size_t lower = 0, upper = 0, digits = 0;
    while (digits < size && g_ascii_isdigit(at[size - 1 - digits])) {
        digits++;
    }
    for (size_t i = 0; i < size - digits; i++) {
        lower += g_ascii_islower(at[i]);
        upper += g_ascii_isupper(at[i]);
    }
    bool one_case = upper == 0 || lower == 0 || (upper == 1 && g_ascii_isupper(at[0]));
    return lower + upper == size - digits && lower + upper > 0 && lower + upper <= WORD_LETTERS &&
           digits <= WORD_DIGITS && one_case;
}

static bool is_number(const char *at, size_t size)
{
    size_t digits = 0;
    while (digits < size && g_ascii_isdigit(at[digits])) {
        digits++;
    }
    return digits == size && size > 0;
}

/* Counts its digits in; of a word only those of the line. */
static bool is_allowed_part(Words *words, const char *at, size_t size)
{
    if (is_number(at, size)) {
        words->run_at = words->run_digits == 0 ? words->clean->len : words->run_at;
        words->line_digits += (unsigned)size;
        words->run_digits += (unsigned)size;
        return words->line_digits <= LINE_DIGITS && words->run_digits <= RUN_DIGITS;
    }
    for (size_t i = 0; i < size; i++) {
        words->line_digits += g_ascii_isdigit(at[i]) != 0;
    }
    words->run_digits = 0;
    return is_word(at, size) && words->line_digits <= LINE_DIGITS;
}

/* What base64, escapes and paths are made of belongs together: one part that is no word betrays them all. */
static bool is_joint(char character)
{
    return character != '\0' && strchr("+/=%_", character);
}

static bool is_allowed(Words *words, const char *at, size_t size)
{
    bool good = true;
    for (size_t i = 0; i < size && good;) {
        size_t end = i;
        while (end < size && !is_joint(at[end])) {
            end++;
        }
        good = end == i || is_allowed_part(words, at + i, end - i);
        i = end + 1;
    }
    return good;
}

static void add_token(Words *words, const char *at, size_t size)
{
    bool allowed = is_allowed(words, at, size);
    if (words->run_digits > RUN_DIGITS) { /* a long number in pieces */
        g_string_truncate(words->clean, words->run_at);
        g_string_append(words->clean, REPLACEMENT);
    } else if (allowed) {
        g_string_append_len(words->clean, at, (gssize)size);
    } else if (!words->blanked) {
        g_string_append(words->clean, BLANKED);
    }
    words->blanked = !allowed;
}

static size_t token_size(const char *at)
{
    size_t size = 0;
    while (g_ascii_isalnum(at[size]) || is_joint(at[size])) {
        size++;
    }
    return size;
}

static size_t foreign_size(const char *at)
{
    size_t size = 0;
    while ((guchar)at[size] >= 0x7f) {
        size++;
    }
    return size;
}

char *ht_scrub_words(HtText text, size_t most)
{
    g_autofree char *numberless = ht_scrub(text, most);
    Words words = {.clean = g_string_sized_new(most + 1)};
    for (const char *at = numberless; *at;) {
        size_t token = token_size(at), foreign = foreign_size(at);
        if (token > 0) {
            add_token(&words, at, token);
        } else if (foreign > 0) {
            add_token(&words, "?", 1);
        } else {
            g_string_append_c(words.clean, *at);
            words.blanked = false;
        }
        at += MAX(token + foreign, 1);
    }
    cut(words.clean, most);
    return g_string_free(words.clean, FALSE);
}

char *ht_scrub_version(HtText text)
{
    g_autofree char *numberless = ht_scrub(text, VERSION_BYTES);
    unsigned digits = 0;
    GString *clean = g_string_new(NULL);
    for (const char *at = numberless; *at; at++) {
        digits += g_ascii_isdigit(*at) != 0;
        bool good = (g_ascii_isalnum(*at) || strchr(".+~_-", *at)) && digits <= LINE_DIGITS;
        g_string_append_c(clean, good ? *at : '?');
    }
    return g_string_free(clean, FALSE);
}

/* ---- Outcomes ---- */

/* It stands in the log and before observers. */
static bool is_code(const char *code)
{
    unsigned digits = 0;
    size_t size = 0;
    for (;
         g_ascii_islower(code[size]) || g_ascii_isdigit(code[size]) || code[size] == '-' || code[size] == '.';
         size++) {
        digits += g_ascii_isdigit(code[size]) != 0;
    }
    return size > 0 && code[size] == '\0' && digits <= WORD_DIGITS;
}

void ht_scrub_outcome(HtOutcome *outcome, const HtLimits *limits)
{
    uint64_t own[sizeof *limits / sizeof(uint64_t) + 2] = {outcome->records, outcome->rejected};
    memcpy(own + 2, limits, sizeof *limits);
    for (unsigned i = 0; i < MIN(outcome->fault_count, HT_OUTCOME_FAULTS); i++) {
        HtFault *fault = &outcome->faults[i];
        g_autofree char *element = ht_scrub(ht_text_from(fault->element), sizeof fault->element - 1);
        g_autofree char *text =
            ht_scrub_but(ht_text_from(fault->text), sizeof fault->text - 1, own, G_N_ELEMENTS(own));
        if (!is_code(fault->code)) {
            g_strlcpy(fault->code, "adapter-rejected", sizeof fault->code);
        }
        g_strlcpy(fault->element, element, sizeof fault->element);
        g_strlcpy(fault->text, text, sizeof fault->text);
    }
}
