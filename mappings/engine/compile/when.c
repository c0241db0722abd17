/* Conditions, read: a small parser into a tree of tests, equal ones of which are one. Runs when a mapping is loaded. */
#include "mappings/engine/compile/when.h"

#include "mappings/engine/rules/when-inside.h"
#include "mappings/engine/values/convert.h"

#define DEPTH_MAX 32

/* ---- The pool ---- */

static HtWhen *new_test(Test test, const HtWhen *left, const HtWhen *right)
{
    HtWhen *when = g_new0(HtWhen, 1);
    when->test = test;
    when->slot = when->other = HT_SLOT_NONE;
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
    if (a->test != b->test || a->slot != b->slot || a->other != b->other || a->xpath != b->xpath ||
        a->flag != b->flag || a->as != b->as || a->left != b->left || a->right != b->right ||
        a->n_values != b->n_values) {
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
            ht_when_free(made);
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
    const HtWhenNames *names;
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

/* A path, and its slot. NULL after a problem. */
static char *parse_path(Parser *parser, HtSlot *slot)
{
    skip_blanks(parser);
    const char *start = parser->at;
    while (is_path_byte(*parser->at)) {
        parser->at++;
    }
    if (parser->at == start) {
        return fail(parser, "a path");
    }
    g_autofree char *path = g_strndup(start, (gsize)(parser->at - start));
    *slot = parser->names->path(parser->names->user, path, parser->problem);
    return *slot == HT_SLOT_NONE ? NULL : g_steal_pointer(&path);
}

/* A constant in ASCII's width, as the values are that it is compared with. */
static char *fold_width(const char *text)
{
    size_t size = strlen(text);
    char *folded = g_malloc0(size + 1);
    ht_value_fold(text, size, folded, size);
    return folded;
}

/* Says that the choice's table has no such code, or returns true. */
static bool check_code(Parser *parser, const HtWhen *when, const char *code)
{
    bool known = !when->flag || ht_table_find(when->flag->table, code, strlen(code));
    if (!known && !*parser->problem) {
        *parser->problem = g_strdup_printf("in the condition \"%s\": \"%s\" is no code of the table \"%s\"",
                                           parser->text, code, ht_table_name(when->flag->table));
    }
    return known;
}

static bool add_value(Parser *parser, HtWhen *when)
{
    g_autofree char *value = parse_text(parser);
    if (!value || !check_code(parser, when, value)) {
        return false;
    }
    when->values = g_renew(HtText, when->values, when->n_values + 1);
    when->values[when->n_values++] = ht_text_from(when->flag ? g_steal_pointer(&value) : fold_width(value));
    return true;
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

/* What stands behind a path or code(): the test for one value, for several and for another one. True also when there is
 * nothing. */
static bool parse_operator(Parser *parser, HtWhen *when, Test equal, Test in, Test unequal)
{
    if (take(parser, "!=")) {
        when->test = unequal;
        return add_value(parser, when);
    }
    if (take(parser, "=")) {
        when->test = equal;
        return add_value(parser, when);
    }
    if (take_word(parser, "in")) {
        when->test = in;
        return add_list(parser, when);
    }
    return true;
}

/* True for a text that the declaration knows: as a flag's word, or as one of the table's codes. */
static bool is_declared(const HtFlagRule *flag, HtText text)
{
    bool unreadable = false;
    if (flag->table) {
        return ht_flag_code(flag, text, &unreadable) != NULL;
    }
    return ht_flag_read(flag, text) != HT_FLAG_UNREADABLE;
}

/* A declared path that is compared literally would mean something else in other words. Other texts, such as a label row's, may be
 * looked for, where nothing is decided by them. */
static bool check_undeclared(Parser *parser, const HtWhen *when, const char *path)
{
    const HtWhenNames *names = parser->names;
    const HtFlagRule *flag = names->flag(names->user, path, false);
    const HtFlagRule *choice = names->flag(names->user, path, true);
    for (unsigned i = 0; i < when->n_values; i++) {
        bool of_flag = flag && is_declared(flag, when->values[i]);
        if ((of_flag || (choice && is_declared(choice, when->values[i]))) && !*parser->problem) {
            *parser->problem =
                g_strdup_printf("in the condition \"%s\": %s is declared as %s must ask for it", parser->text,
                                path, of_flag ? "a <flag>: yes() or no()" : "a <choice>: code()");
        }
        names->literal(names->user, path, when->values[i]);
    }
    return !*parser->problem;
}

/* PATH and what it is compared with. */
static const HtWhen *parse_comparison(Parser *parser)
{
    HtSlot slot;
    g_autofree char *path = parse_path(parser, &slot);
    if (!path) {
        return NULL;
    }
    g_autoptr(HtWhen) when = new_comparison(TEST_HAS, slot);
    bool good = parse_operator(parser, when, TEST_EQUAL, TEST_IN, TEST_UNEQUAL) &&
                check_undeclared(parser, when, path);
    when->path = g_steal_pointer(&path);
    return good ? share(parser->pool, g_steal_pointer(&when)) : NULL;
}

static const HtWhen *parse_starts(Parser *parser)
{
    HtSlot slot;
    g_autofree char *path = parse_path(parser, &slot);
    if (!path) {
        return NULL;
    }
    g_autoptr(HtWhen) when = new_comparison(TEST_STARTS, slot);
    bool good = (take(parser, ",") || fail(parser, ",")) && add_value(parser, when);
    good = good && (take(parser, ")") || fail(parser, ")")) && check_undeclared(parser, when, path);
    return good ? share(parser->pool, g_steal_pointer(&when)) : NULL;
}

/* contains(PATH,'v',…): for what clerks write, where no list of values can be declared; so nobody is warned of it. */
static const HtWhen *parse_contains(Parser *parser)
{
    HtSlot slot;
    g_autofree char *path = parse_path(parser, &slot);
    if (!path) {
        return NULL;
    }
    g_autoptr(HtWhen) when = new_comparison(TEST_CONTAINS, slot);
    bool good = take(parser, ",") || fail(parser, ",");
    do {
        good = good && add_value(parser, when);
    } while (good && take(parser, ","));
    good = good && (take(parser, ")") || fail(parser, ", or )"));
    return good ? share(parser->pool, g_steal_pointer(&when)) : NULL;
}

/* The declared path inside of yes(…), no(…) or code(…), with the closing parenthesis. NULL after a problem. */
static HtWhen *parse_declared(Parser *parser, Test test)
{
    const HtWhenNames *names = parser->names;
    HtSlot slot;
    g_autofree char *path = parse_path(parser, &slot);
    if (!path || !(take(parser, ")") || fail(parser, ")"))) {
        return NULL;
    }
    const HtFlagRule *flag = names->flag(names->user, path, test == TEST_CODE);
    if (!flag) {
        *parser->problem = g_strdup_printf("in the condition \"%s\": no <%s> declares %s", parser->text,
                                           test == TEST_CODE ? "choice" : "flag", path);
        return NULL;
    }
    HtWhen *when = new_comparison(test, slot);
    when->flag = flag;
    when->path = g_steal_pointer(&path);
    return when;
}

/* The constant as a number in its plain form; false after a problem. */
static bool make_number(Parser *parser, HtText *value)
{
    char number[HT_NUMBER_MAX];
    HtText plain = ht_flag_number(*value, number);
    if (!plain.data) {
        return fail(parser, "a number in quotes") != NULL;
    }
    g_free((char *)value->data);
    *value = (HtText){g_strndup(plain.data, plain.size), plain.size};
    return true;
}

/* number(PATH) and what it is compared with. */
static const HtWhen *parse_number(Parser *parser)
{
    HtSlot slot;
    g_autofree char *path = parse_path(parser, &slot);
    if (!path || !(take(parser, ")") || fail(parser, ")"))) {
        return NULL;
    }
    g_autoptr(HtWhen) when = new_comparison(TEST_NUMBER, slot);
    bool good = parse_operator(parser, when, TEST_NUMBER_IN, TEST_NUMBER_IN, TEST_NUMBER_OTHER);
    for (unsigned i = 0; good && i < when->n_values; i++) {
        good = make_number(parser, &when->values[i]);
    }
    when->path = g_steal_pointer(&path);
    return good ? share(parser->pool, g_steal_pointer(&when)) : NULL;
}

static const HtWhen *parse_flag(Parser *parser, Test test)
{
    HtWhen *when = parse_declared(parser, test);
    return when ? share(parser->pool, when) : NULL;
}

static const HtWhen *parse_choice(Parser *parser)
{
    g_autoptr(HtWhen) when = parse_declared(parser, TEST_CODE);
    bool good = when && parse_operator(parser, when, TEST_CODE_IN, TEST_CODE_IN, TEST_CODE_OTHER);
    return good ? share(parser->pool, g_steal_pointer(&when)) : NULL;
}

/* written(PATH) or filled(PATH). */
static const HtWhen *parse_presence(Parser *parser, Test test)
{
    HtSlot slot;
    g_autofree char *path = parse_path(parser, &slot);
    if (!path || !(take(parser, ")") || fail(parser, ")"))) {
        return NULL;
    }
    return share(parser->pool, new_comparison(test, slot));
}

/* How same() reads both values, when it is said: as what elements can be, or through a translation. False after a problem. */
static bool parse_reading(Parser *parser, HtWhen *when)
{
    static const struct {
        const char *word;
        HtAs as;
    } words[] = {{"code", HT_AS_CODE},
                 {"decimal", HT_AS_DECIMAL},
                 {"division", HT_AS_DIVISION},
                 {"idNumber", HT_AS_ID_NUMBER},
                 {"time", HT_AS_DATE}};
    if (!take(parser, ",")) {
        return true;
    }
    g_autofree char *name = parse_text(parser);
    for (size_t i = 0; name && i < G_N_ELEMENTS(words); i++) {
        if (strcmp(name, words[i].word) == 0) {
            when->as = words[i].as;
            return true;
        }
    }
    when->flag = name ? parser->names->reading(parser->names->user, name, parser->problem) : NULL;
    return when->flag != NULL;
}

/* Two paths, perhaps how they are read, with the closing parenthesis. */
static const HtWhen *parse_same(Parser *parser)
{
    HtSlot slot, other;
    g_autofree char *path = parse_path(parser, &slot);
    if (!path || !(take(parser, ",") || fail(parser, ","))) {
        return NULL;
    }
    g_autofree char *with = parse_path(parser, &other);
    if (!with) {
        return NULL;
    }
    g_autoptr(HtWhen) when = new_comparison(TEST_SAME, slot);
    when->other = other;
    when->is_of_columns = when->is_of_columns || (other & HT_SLOT_COLUMN) != 0;
    bool good = parse_reading(parser, when) && (take(parser, ")") || fail(parser, ")"));
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
    } else if (take_function(parser, "contains")) {
        when = parse_contains(parser);
    } else if (take_function(parser, "same")) {
        when = parse_same(parser);
    } else if (take_function(parser, "written")) {
        when = parse_presence(parser, TEST_WRITTEN);
    } else if (take_function(parser, "filled")) {
        when = parse_presence(parser, TEST_FILLED);
    } else if (take_function(parser, "yes")) {
        when = parse_flag(parser, TEST_YES);
    } else if (take_function(parser, "no")) {
        when = parse_flag(parser, TEST_NO);
    } else if (take_function(parser, "code")) {
        when = parse_choice(parser);
    } else if (take_function(parser, "number")) {
        when = parse_number(parser);
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

const HtWhen *ht_when_parse(GPtrArray *pool, const char *text, const HtWhenNames *names, char **problem)
{
    Parser parser = {.pool = pool, .text = text, .at = text, .names = names, .problem = problem};
    const HtWhen *when = parse_or(&parser);
    skip_blanks(&parser);
    return when && *parser.at ? fail(&parser, "and, or, =, != or in") : when;
}
