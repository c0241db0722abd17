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
    unsigned number;    /* its place in the pool */
    bool is_shared;     /* asked for more than once */
    bool is_of_columns; /* of a repeated group's instance: another value for each */
    HtText *values;
    unsigned n_values;
    const HtXpath *xpath;
    const HtWhen *left, *right;
};

/* ---- The pool ---- */

static void free_when(gpointer data)
{
    HtWhen *when = data;
    for (unsigned i = 0; i < when->n_values; i++) {
        g_free((char *)when->values[i].data);
    }
    g_free(when->values);
    g_free(when);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtWhen, free_when)

GPtrArray *ht_when_pool_new(void)
{
    return g_ptr_array_new_with_free_func(free_when);
}

static HtWhen *new_test(Test test, const HtWhen *left, const HtWhen *right)
{
    HtWhen *when = g_new0(HtWhen, 1);
    when->test = test;
    when->slot = HT_SLOT_NONE;
    when->left = left;
    when->right = right;
    when->is_of_columns = (left && left->is_of_columns) || (right && right->is_of_columns);
    return when;
}

static HtWhen *new_comparison(Test test, HtSlot slot)
{
    HtWhen *when = new_test(test, NULL, NULL);
    when->slot = slot;
    when->is_of_columns = (slot & HT_SLOT_COLUMN) != 0;
    return when;
}

static bool is_equal(const HtWhen *a, const HtWhen *b)
{
    if (a->test != b->test || a->slot != b->slot || a->xpath != b->xpath || a->left != b->left ||
        a->right != b->right || a->n_values != b->n_values) {
        return false;
    }
    for (unsigned i = 0; i < a->n_values; i++) {
        if (!ht_text_equal(a->values[i], b->values[i])) {
            return false;
        }
    }
    return true;
}

/* The one of the pool that is equal, or this one, which the pool has from now on. Parts come before what they are part of:
 * equal ones are the same already. */
static const HtWhen *share(GPtrArray *pool, HtWhen *made)
{
    for (guint i = 0; i < pool->len; i++) {
        HtWhen *other = pool->pdata[i];
        if (is_equal(made, other)) {
            free_when(made);
            other->is_shared = true;
            return other;
        }
    }
    made->number = pool->len;
    g_ptr_array_add(pool, made);
    return made;
}

const HtWhen *ht_when_from_xpath(GPtrArray *pool, const HtXpath *xpath)
{
    HtWhen *when = new_test(TEST_XPATH, NULL, NULL);
    when->xpath = xpath;
    return share(pool, when);
}

/* ---- Parsing ---- */

typedef struct {
    GPtrArray *pool;
    const char *text, *at;
    HtWhenPath path;
    void *user;
    char **problem;
    int depth;
} Parser;

static const HtWhen *parse_or(Parser *parser);

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
        when->values = g_renew(HtText, when->values, when->n_values + 1);
        when->values[when->n_values++] = ht_text_from(value);
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
static const HtWhen *parse_comparison(Parser *parser)
{
    HtSlot slot = parse_path(parser);
    if (slot == HT_SLOT_NONE) {
        return NULL;
    }
    g_autoptr(HtWhen) when = new_comparison(TEST_HAS, slot);
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
    return good ? share(parser->pool, g_steal_pointer(&when)) : NULL;
}

static const HtWhen *parse_starts(Parser *parser)
{
    HtSlot slot = parse_path(parser);
    if (slot == HT_SLOT_NONE) {
        return NULL;
    }
    g_autoptr(HtWhen) when = new_comparison(TEST_STARTS, slot);
    bool good = (take(parser, ",") || fail(parser, ",")) && add_value(parser, when);
    good = good && (take(parser, ")") || fail(parser, ")"));
    return good ? share(parser->pool, g_steal_pointer(&when)) : NULL;
}

/* What follows an opening parenthesis, with the closing one. */
static const HtWhen *parse_inside(Parser *parser)
{
    const HtWhen *when = parse_or(parser);
    return !when || take(parser, ")") ? when : fail(parser, "and, or, or )");
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

/* NULL when one of the parts could not be read. */
static const HtWhen *join(Parser *parser, Test test, const HtWhen *left, const HtWhen *right)
{
    return left && right ? share(parser->pool, new_test(test, left, right)) : NULL;
}

static const HtWhen *parse_one(Parser *parser)
{
    if (++parser->depth > DEPTH_MAX) {
        return fail(parser, "fewer parentheses");
    }
    const HtWhen *when;
    if (take_function(parser, "not")) {
        when = parse_inside(parser);
        when = when ? share(parser->pool, new_test(TEST_NOT, when, NULL)) : NULL;
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

static const HtWhen *parse_and(Parser *parser)
{
    const HtWhen *when = parse_one(parser);
    while (when && take_word(parser, "and")) {
        when = join(parser, TEST_AND, when, parse_one(parser));
    }
    return when;
}

static const HtWhen *parse_or(Parser *parser)
{
    const HtWhen *when = parse_and(parser);
    while (when && take_word(parser, "or")) {
        when = join(parser, TEST_OR, when, parse_and(parser));
    }
    return when;
}

const HtWhen *ht_when_parse(GPtrArray *pool, const char *text, HtWhenPath path, void *user, char **problem)
{
    Parser parser = {.pool = pool, .text = text, .at = text, .path = path, .user = user, .problem = problem};
    const HtWhen *when = parse_or(&parser);
    skip_blanks(&parser);
    return when && *parser.at ? fail(&parser, "and, or, =, != or in") : when;
}

/* ---- Evaluation ---- */

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

static bool evaluate(const HtWhen *when, HtMatch *match)
{
    switch (when->test) {
    case TEST_NOT: return !ht_when_test(when->left, match);
    case TEST_AND: return ht_when_test(when->left, match) && ht_when_test(when->right, match);
    case TEST_OR: return ht_when_test(when->left, match) || ht_when_test(when->right, match);
    case TEST_XPATH: return match->tree && ht_xpath_test(when->xpath, match->tree);
    default: return compare(when, match);
    }
}

bool ht_when_test(const HtWhen *when, HtMatch *match)
{
    if (!when->is_shared || when->is_of_columns || !match->settled) {
        return evaluate(when, match);
    }
    HtWhenKnown *known = &match->known_whens[when->number];
    if (known->serial != match->serial) {
        known->holds = evaluate(when, match);
        known->serial = match->serial;
    }
    return known->holds;
}
