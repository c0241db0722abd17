/* Conditions: a small parser into a tree of tests, and the walk over it. Compiled when a mapping is loaded; evaluated at the
 * end of each record, in the host, on the mapper's thread. */
#include "mappings/engine/when.h"

#include "mappings/engine/match.h"

#define DEPTH_MAX 32

typedef enum {
    TEST_HAS,
    TEST_EQUAL,
    TEST_UNEQUAL,
    TEST_IN,
    TEST_STARTS,
    TEST_NOT,
    TEST_AND,
    TEST_OR,
    TEST_XPATH
} Test;

struct HtWhen {
    Test test;
    HtSlot slot;
    GPtrArray *values; /* char * */
    const HtXpath *xpath;
    HtWhen *left, *right;
};

static HtWhen *new_test(Test test, HtWhen *left, HtWhen *right)
{
    HtWhen *when = g_new0(HtWhen, 1);
    when->test = test;
    when->slot = HT_SLOT_NONE;
    when->left = left;
    when->right = right;
    return when;
}

void ht_when_free(HtWhen *when)
{
    if (when) {
        ht_when_free(when->left);
        ht_when_free(when->right);
        g_clear_pointer(&when->values, g_ptr_array_unref);
        g_free(when);
    }
}

HtWhen *ht_when_from_xpath(const HtXpath *xpath)
{
    HtWhen *when = new_test(TEST_XPATH, NULL, NULL);
    when->xpath = xpath;
    return when;
}

/* ---- Parsing ---- */

typedef struct {
    const char *text, *at;
    HtWhenPath path;
    void *user;
    char **problem;
    int depth;
} Parser;

static HtWhen *parse_or(Parser *parser);

static void *fail(Parser *parser, const char *expected)
{
    if (!*parser->problem) {
        *parser->problem = g_strdup_printf("in the condition \"%s\": %s expected at \"%s\"", parser->text,
                                           expected, *parser->at ? parser->at : "the end");
    }
    return NULL;
}

static void skip_blanks(Parser *parser)
{
    while (g_ascii_isspace(*parser->at)) {
        parser->at++;
    }
}

/* Takes the sign if it is next. */
static bool take(Parser *parser, const char *sign)
{
    skip_blanks(parser);
    if (!g_str_has_prefix(parser->at, sign)) {
        return false;
    }
    parser->at += strlen(sign);
    return true;
}

static bool is_path_byte(char byte)
{
    return byte != '\0' && !g_ascii_isspace(byte) && !strchr("='!(),<>\"", byte);
}

/* Takes the word if it is next and ends there. */
static bool take_word(Parser *parser, const char *word)
{
    skip_blanks(parser);
    size_t size = strlen(word);
    if (strncmp(parser->at, word, size) != 0 || is_path_byte(parser->at[size])) {
        return false;
    }
    parser->at += size;
    return true;
}

/* A text in single or double quotes; a doubled quote inside is one. */
static char *parse_text(Parser *parser)
{
    skip_blanks(parser);
    char quote = *parser->at;
    if (quote != '\'' && quote != '"') {
        return fail(parser, "a text in quotes");
    }
    g_autoptr(GString) text = g_string_new(NULL);
    for (parser->at++; *parser->at; parser->at++) {
        if (*parser->at == quote && parser->at[1] == quote) {
            parser->at++;
        } else if (*parser->at == quote) {
            parser->at++;
            return g_string_free(g_steal_pointer(&text), FALSE);
        }
        g_string_append_c(text, *parser->at);
    }
    return fail(parser, "a closing quote");
}

static HtSlot parse_path(Parser *parser)
{
    skip_blanks(parser);
    const char *start = parser->at;
    while (is_path_byte(*parser->at)) {
        parser->at++;
    }
    if (parser->at == start) {
        fail(parser, "a path");
        return HT_SLOT_NONE;
    }
    g_autofree char *path = g_strndup(start, (gsize)(parser->at - start));
    return parser->path(parser->user, path, parser->problem);
}

static bool add_value(Parser *parser, HtWhen *when)
{
    char *value = parse_text(parser);
    if (value) {
        g_ptr_array_add(when->values, value);
    }
    return value != NULL;
}

static bool add_list(Parser *parser, HtWhen *when)
{
    if (!take(parser, "(")) {
        return fail(parser, "( after in") != NULL;
    }
    do {
        if (!add_value(parser, when)) {
            return false;
        }
    } while (take(parser, ","));
    return take(parser, ")") || fail(parser, ", or )");
}

/* PATH and what it is compared with. */
static HtWhen *parse_comparison(Parser *parser)
{
    HtSlot slot = parse_path(parser);
    if (slot == HT_SLOT_NONE) {
        return NULL;
    }
    HtWhen *when = new_test(TEST_HAS, NULL, NULL);
    when->slot = slot;
    when->values = g_ptr_array_new_with_free_func(g_free);
    bool good = true;
    if (take(parser, "!=")) {
        when->test = TEST_UNEQUAL;
        good = add_value(parser, when);
    } else if (take(parser, "=")) {
        when->test = TEST_EQUAL;
        good = add_value(parser, when);
    } else if (take_word(parser, "in")) {
        when->test = TEST_IN;
        good = add_list(parser, when);
    }
    if (!good) {
        g_clear_pointer(&when, ht_when_free);
    }
    return when;
}

static HtWhen *parse_starts(Parser *parser)
{
    HtSlot slot = parse_path(parser);
    if (slot == HT_SLOT_NONE) {
        return NULL;
    }
    HtWhen *when = new_test(TEST_STARTS, NULL, NULL);
    when->slot = slot;
    when->values = g_ptr_array_new_with_free_func(g_free);
    bool good = (take(parser, ",") || fail(parser, ",")) && add_value(parser, when);
    if (!good || !(take(parser, ")") || fail(parser, ")"))) {
        g_clear_pointer(&when, ht_when_free);
    }
    return when;
}

/* What follows an opening parenthesis, with the closing one. */
static HtWhen *parse_inside(Parser *parser)
{
    HtWhen *when = parse_or(parser);
    if (when && !take(parser, ")")) {
        fail(parser, "and, or, or )");
        g_clear_pointer(&when, ht_when_free);
    }
    return when;
}

/* The word before a parenthesis is a function's name; paths have no parentheses. */
static bool take_function(Parser *parser, const char *name)
{
    const char *start = parser->at;
    if (take_word(parser, name) && take(parser, "(")) {
        return true;
    }
    parser->at = start;
    return false;
}

static HtWhen *parse_one(Parser *parser)
{
    if (++parser->depth > DEPTH_MAX) {
        return fail(parser, "fewer parentheses");
    }
    HtWhen *when;
    if (take_function(parser, "not")) {
        when = parse_inside(parser);
        when = when ? new_test(TEST_NOT, when, NULL) : NULL;
    } else if (take_function(parser, "starts-with")) {
        when = parse_starts(parser);
    } else if (take(parser, "(")) {
        when = parse_inside(parser);
    } else {
        when = parse_comparison(parser);
    }
    parser->depth--;
    return when;
}

static HtWhen *join(Test test, HtWhen *left, HtWhen *right)
{
    if (!right) {
        ht_when_free(left);
        return NULL;
    }
    return new_test(test, left, right);
}

static HtWhen *parse_and(Parser *parser)
{
    HtWhen *when = parse_one(parser);
    while (when && take_word(parser, "and")) {
        when = join(TEST_AND, when, parse_one(parser));
    }
    return when;
}

static HtWhen *parse_or(Parser *parser)
{
    HtWhen *when = parse_and(parser);
    while (when && take_word(parser, "or")) {
        when = join(TEST_OR, when, parse_and(parser));
    }
    return when;
}

HtWhen *ht_when_parse(const char *text, HtWhenPath path, void *user, char **problem)
{
    Parser parser = {.text = text, .at = text, .path = path, .user = user, .problem = problem};
    HtWhen *when = parse_or(&parser);
    skip_blanks(&parser);
    if (when && *parser.at) {
        fail(&parser, "and, or, =, != or in");
        g_clear_pointer(&when, ht_when_free);
    }
    return when;
}

/* ---- Evaluation ---- */

static bool is_one_of(const HtWhen *when, HtText value)
{
    for (guint i = 0; i < when->values->len; i++) {
        if (ht_text_is(value, when->values->pdata[i])) {
            return true;
        }
    }
    return false;
}

static bool starts_with(const HtWhen *when, HtText value)
{
    const char *prefix = when->values->pdata[0];
    size_t size = strlen(prefix);
    return value.size >= size && memcmp(value.data, prefix, size) == 0;
}

/* Comparisons look at the value as it was sent, even one that spells null: `JTBM='null'` can be said. */
static bool compare(const HtWhen *when, HtMatch *match)
{
    HtText value = ht_match_raw(match, when->slot);
    switch (when->test) {
    case TEST_EQUAL:
    case TEST_IN: return value.data && is_one_of(when, value);
    case TEST_UNEQUAL:
        return value.data && !is_one_of(when, value) && ht_match_value(match, when->slot, 0).data;
    case TEST_STARTS: return value.data && starts_with(when, value);
    default: return ht_match_value(match, when->slot, 0).data != NULL;
    }
}

bool ht_when_holds(const HtWhen *when, HtMatch *match)
{
    if (!when) {
        return true;
    }
    switch (when->test) {
    case TEST_NOT: return !ht_when_holds(when->left, match);
    case TEST_AND: return ht_when_holds(when->left, match) && ht_when_holds(when->right, match);
    case TEST_OR: return ht_when_holds(when->left, match) || ht_when_holds(when->right, match);
    case TEST_XPATH: return match->tree && ht_xpath_test(when->xpath, match->tree);
    default: return compare(when, match);
    }
}
