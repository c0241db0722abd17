/* Single elements of an event: which dictionary element, from where, read how. */
#include "mappings/engine/compile/compiler.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/values/dates.h"

#include <stdlib.h>

/* ---- How a value is read ---- */

#define FITS(type) (1u << (type))
#define FITS_DATES (FITS(HT_TYPE_DATE) | FITS(HT_TYPE_DATETIME) | FITS(HT_TYPE_MONTH) | FITS(HT_TYPE_TIME))
#define FITS_TEXT \
    (FITS(HT_TYPE_STRING) | FITS(HT_TYPE_ID_NUMBER) | FITS(HT_TYPE_DIVISION) | FITS(HT_TYPE_REFERENCE))

/* The words of `as`: what they do, for which types of the dictionary. */
static const struct {
    const char *word;
    HtAs as;
    unsigned date_flags;
    HtPrecision finest;
    unsigned types;
} as_words[] = {
    {"string", HT_AS_STRING, 0, 0, FITS_TEXT | FITS(HT_TYPE_CODE)},
    {"name", HT_AS_NAME, 0, 0, FITS(HT_TYPE_STRING)},
    {"code", HT_AS_CODE, 0, 0, FITS(HT_TYPE_CODE)},
    {"code-text", HT_AS_CODE, 0, 0, FITS(HT_TYPE_CODE)},
    {"date", HT_AS_DATE, 0, HT_PRECISION_DAY, FITS_DATES},
    {"datetime", HT_AS_DATE, 0, 0, FITS_DATES},
    {"month", HT_AS_DATE, HT_DATE_MONTH_WANTED, HT_PRECISION_MONTH, FITS_DATES},
    {"time", HT_AS_DATE, HT_DATE_TIME_ONLY, 0, FITS(HT_TYPE_TIME)},
    {"epoch", HT_AS_DATE, HT_DATE_EPOCH, 0, FITS_DATES},
    {"integer", HT_AS_INTEGER, 0, 0, FITS(HT_TYPE_INTEGER) | FITS(HT_TYPE_DECIMAL) | FITS(HT_TYPE_STRING)},
    {"decimal", HT_AS_DECIMAL, 0, 0, FITS(HT_TYPE_DECIMAL) | FITS(HT_TYPE_STRING)},
    {"idNumber", HT_AS_ID_NUMBER, 0, 0, FITS(HT_TYPE_ID_NUMBER) | FITS(HT_TYPE_STRING)},
    {"division", HT_AS_DIVISION, 0, 0, FITS(HT_TYPE_DIVISION) | FITS(HT_TYPE_STRING)},
};

/* The word that an element's type stands for. */
static const char *default_as(const HtElement *element)
{
    static const char *const words[HT_TYPE_COUNT_] = {
        [HT_TYPE_STRING] = "string",     [HT_TYPE_CODE] = "code",        [HT_TYPE_DATE] = "date",
        [HT_TYPE_DATETIME] = "datetime", [HT_TYPE_TIME] = "time",        [HT_TYPE_MONTH] = "month",
        [HT_TYPE_INTEGER] = "integer",   [HT_TYPE_DECIMAL] = "decimal",  [HT_TYPE_ID_NUMBER] = "idNumber",
        [HT_TYPE_DIVISION] = "division", [HT_TYPE_REFERENCE] = "string",
    };
    return element->type == HT_TYPE_STRING && element->mask == HT_MASK_NAME ? "name" : words[element->type];
}

static int find_as(const char *word)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(as_words); i++) {
        if (strcmp(as_words[i].word, word) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* century="20", or any hundred years: century="1930-2029". The grammar has seen to the form. 0 without one. */
static unsigned read_century(HtCompiler *compiler, const xmlNode *node)
{
    const char *text = ht_compile_attribute(compiler, node, "century");
    if (!text) {
        return 0;
    }
    char *rest = NULL;
    long first = strtol(text, &rest, 10);
    if (*rest == '-' && strtol(rest + 1, NULL, 10) != first + 99) {
        ht_compile_error(compiler, node, "century=\"%s\" is not a hundred years", text);
        return 0;
    }
    return HT_DATE_CENTURY(*rest == '-' ? first : first * 100);
}

int ht_compile_date(HtCompiler *compiler, const xmlNode *node, HtType type, unsigned *flags)
{
    const char *as = ht_compile_attribute(compiler, node, "as");
    int index = find_as(as ? as : "datetime");
    if (index < 0 || as_words[index].as != HT_AS_DATE || !(as_words[index].types & FITS(type))) {
        return -1;
    }
    *flags = as_words[index].date_flags | read_century(compiler, node);
    return (int)as_words[index].finest;
}

static bool set_as(HtCompiler *compiler, const xmlNode *node, HtElementRule *rule)
{
    const HtElement *element = rule->element;
    const char *word = ht_compile_attribute(compiler, node, "as");
    int index = find_as(word ? word : default_as(element));
    if (index < 0 || !(as_words[index].types & FITS(element->type))) {
        ht_compile_error(compiler, node, "as=\"%s\" does not fit \"%s\", which is a %s", word, element->name,
                         ht_type_name(element->type));
        return false;
    }
    rule->as = as_words[index].as;
    unsigned century = read_century(compiler, node);
    if (century && rule->as != HT_AS_DATE) {
        ht_compile_error(compiler, node, "\"%s\" is read as no date: it can have no century", element->name);
        return false;
    }
    rule->date_flags = as_words[index].date_flags | century | (element->open_ended ? HT_DATE_OPEN_ENDED : 0);
    rule->finest = (int)as_words[index].finest;
    bool number = element->type == HT_TYPE_INTEGER || element->type == HT_TYPE_DECIMAL;
    rule->form = number ? HT_VALUE_NUMBER : HT_VALUE_STRING;
    return true;
}

static bool set_translation(HtCompiler *compiler, const xmlNode *node, HtElementRule *rule)
{
    const char *name = ht_compile_attribute(compiler, node, "translate");
    rule->translation = name ? ht_compile_translation(compiler, node, name) : NULL;
    if (!rule->translation) {
        return !name;
    }
    const HtTable *table = ht_translation_table(rule->translation);
    if (rule->table && rule->table != table) {
        ht_compile_error(compiler, node,
                         "the translation \"%s\" leads to \"%s\", but \"%s\" has codes of \"%s\"", name,
                         ht_table_name(table), rule->element->name, ht_table_name(rule->table));
        return false;
    }
    rule->table = table;
    rule->system = name;
    return true;
}

static bool set_table(HtCompiler *compiler, const xmlNode *node, HtElementRule *rule)
{
    const HtElement *element = rule->element;
    const char *name = ht_compile_attribute(compiler, node, "table");
    if (rule->as != HT_AS_CODE && element->table) {
        ht_compile_error(compiler, node,
                         "\"%s\" has codes of \"%s\": a text that is none cannot stand for one",
                         element->name, element->table);
        return false;
    }
    if (rule->as != HT_AS_CODE) {
        bool given = name || ht_compile_attribute(compiler, node, "translate");
        if (given) {
            ht_compile_error(compiler, node, "\"%s\" is read as no code: it can have no table",
                             element->name);
        }
        return !given;
    }
    if (name && element->table && strcmp(name, element->table) != 0) {
        ht_compile_error(
            compiler, node,
            "\"%s\" has codes of \"%s\" by the dictionary; use translate=\"…\" to come from others",
            element->name, element->table);
        return false;
    }
    name = name ? name : element->table;
    rule->system = compiler->mapping->source;
    rule->table = name ? ht_compile_table(compiler, node, name) : NULL;
    return (!name || rule->table) && set_translation(compiler, node, rule);
}

/* What decides as a code is carried as the same code. */
static void set_choice(HtCompiler *compiler, const xmlNode *node, HtElementRule *rule)
{
    const char *from = ht_compile_attribute(compiler, node, "from");
    const HtFlagRule *choice = rule->table && from ? ht_compile_find_flag(compiler, from, true) : NULL;
    bool same = choice && choice->table == rule->table && choice->translation == rule->translation;
    rule->choice = same ? choice : NULL;
}

/* ---- Constants and cases ---- */

/* A constant must be what the element can hold: it is not looked at again. */
static bool check_constant(HtCompiler *compiler, const xmlNode *node, const HtElementRule *rule,
                           const char *value)
{
    char number[HT_NUMBER_MAX];
    HtDate date;
    bool good = true;
    if (rule->as == HT_AS_CODE) {
        good = !rule->table || ht_table_find(rule->table, value, strlen(value));
    } else if (rule->form == HT_VALUE_NUMBER) {
        size_t size = ht_value_decimal(value, strlen(value), number);
        good = ht_text_equal(ht_text_from(value), (HtText){number, size});
    } else if (rule->as == HT_AS_DATE) {
        char text[HT_DATE_FORMAT_MAX];
        good = ht_date_parse(value, strlen(value), rule->date_flags, &date) == HT_DATE_OK &&
               ht_date_format(&date, rule->element->type, text) > 0 && strcmp(text, value) == 0;
    }
    if (!good) {
        ht_compile_error(compiler, node, "\"%s\" is no value for \"%s\"", value, rule->element->name);
    }
    return good;
}

static void add_cases(HtPathScope *scope, const xmlNode *node, HtElementRule *rule)
{
    g_autoptr(GArray) cases = g_array_new(FALSE, TRUE, sizeof(HtCaseRule));
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (!ht_compile_is(child, "case")) {
            continue;
        }
        const char *value = ht_compile_attribute(scope->compiler, child, "value");
        HtCaseRule one = {ht_compile_when(scope, child, "when"), ht_text_from(value)};
        if (value && one.when && check_constant(scope->compiler, child, rule, value)) {
            g_array_append_val(cases, one);
        }
    }
    rule->n_cases = cases->len;
    rule->cases = ht_compile_own(scope->compiler, g_array_free(g_steal_pointer(&cases), FALSE));
}

/* The path as seen from the record, for unmapped originals and faults. */
static HtText find_source_path(HtPathScope *scope, const char *path)
{
    if (scope->each < 0 || !*path || *path == '/') {
        return ht_text_from(path);
    }
    const HtEachRule *each = scope->compiler->mapping->eaches->pdata[scope->each];
    bool self = strcmp(path, ".") == 0;
    char *full = self ? g_strdup(each->path) : g_strdup_printf("%s/%s", each->path, path);
    return ht_text_from(ht_compile_own(scope->compiler, full));
}

static bool set_origin(HtPathScope *scope, const xmlNode *node, HtElementRule *rule)
{
    HtCompiler *compiler = scope->compiler;
    const char *expression = ht_compile_attribute(compiler, node, "xpath");
    const char *constant = ht_compile_attribute(compiler, node, "value");
    const char *from = ht_compile_attribute(compiler, node, "from");
    rule->from = ht_compile_from(scope, node);
    rule->source_path = find_source_path(scope, from ? from : expression ? expression : "");
    rule->xpath = expression ? ht_compile_xpath(scope, node, expression) : NULL;
    rule->constant = ht_text_from(constant);
    add_cases(scope, node, rule);
    if (constant && !check_constant(compiler, node, rule, constant)) {
        return false;
    }
    if (!from && !expression && !constant && rule->n_cases == 0) {
        ht_compile_error(compiler, node, "\"%s\" comes from nowhere: from, xpath, value or <case> is needed",
                         rule->element->name);
        return false;
    }
    return true;
}

/* ---- Elements ---- */

static GPtrArray *list_elements(const HtDictionary *dictionary)
{
    GPtrArray *names = g_ptr_array_new();
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        g_ptr_array_add(names, (gpointer)ht_dictionary_element(dictionary, i)->name);
    }
    return names;
}

static const HtElement *find_element(HtCompiler *compiler, const xmlNode *node, const char *name)
{
    const HtDictionary *dictionary = compiler->reference->dictionary;
    const HtElement *element = ht_dictionary_find(dictionary, name, strlen(name));
    if (!element) {
        g_autoptr(GPtrArray) names = list_elements(dictionary);
        g_autofree char *hint = ht_compile_suggest_in(name, names, ht_dictionary_files(dictionary));
        ht_compile_error(compiler, node, "element \"%s\" is not in the dictionary%s", name, hint);
    }
    return element;
}

static unsigned find_tells(const char *name)
{
    static const struct {
        const char *name;
        unsigned tells;
    } known[] = {
        {"person.idNumber", HT_TELLS_NUMBER},
        {"person.otherIdNumber", HT_TELLS_NUMBER},
        {"person.name", HT_TELLS_NAME},
        {"mother.name", HT_TELLS_NAME},
        {"mother.idNumber", HT_TELLS_NAME},
        {"person.birthDate", HT_TELLS_FACT},
        {"death.date", HT_TELLS_FACT},
        {"marriage.date", HT_TELLS_FACT},
        {"birth.certificateNumber", HT_TELLS_FACT},
        {"death.certificateNumber", HT_TELLS_FACT},
        {"marriage.certificateNumber", HT_TELLS_FACT},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(known[i].name, name) == 0) {
            return known[i].tells;
        }
    }
    return 0;
}

/* Where `<recorded>` goes when it does not say: of what every event type carries, the register's own first. */
static const char *find_recorded(const HtPathScope *scope)
{
    for (const char *const *group = scope->type ? scope->type->groups : NULL; group && *group; group++) {
        if (strcmp(*group, "registration") == 0) {
            return "registration.acceptedAt";
        }
    }
    return "record.changedAt";
}

bool ht_compile_element(HtPathScope *scope, const xmlNode *node, HtElementRule *rule)
{
    HtCompiler *compiler = scope->compiler;
    const char *to = ht_compile_attribute(compiler, node, "to");
    *rule = (HtElementRule){.element = find_element(compiler, node, to ? to : find_recorded(scope))};
    if (rule->element && !rule->element->recording && ht_compile_is(node, "recorded")) {
        ht_compile_error(compiler, node, "<recorded>: \"%s\" is no time of recording", rule->element->name);
        return false;
    }
    if (!rule->element || !set_as(compiler, node, rule) || !set_table(compiler, node, rule)) {
        return false;
    }
    set_choice(compiler, node, rule);
    bool keep = ht_compile_says(compiler, node, "null", "none");
    rule->null_flags = keep ? HT_NULL_KEEP_WORDS | HT_NULL_KEEP_SIGNS : 0;
    rule->required = ht_compile_says(compiler, node, "required", "yes");
    rule->sending = rule->element->sending || ht_compile_says(compiler, node, "sending", "yes");
    rule->ten_thousands = ht_compile_attribute(compiler, node, "unit") != NULL;
    if (rule->ten_thousands && rule->as != HT_AS_DECIMAL) {
        ht_compile_error(compiler, node, "\"%s\" is read as no decimal: it can have no unit",
                         rule->element->name);
    }
    rule->when = ht_compile_when(scope, node, "when");
    bool good = set_origin(scope, node, rule);
    const char *path = rule->source_path.data;
    char *label =
        *path ? g_strdup_printf("%s (%s)", rule->element->name, path) : g_strdup(rule->element->name);
    rule->label = ht_compile_own(compiler, label);
    rule->is_birth_date = strcmp(rule->element->name, "person.birthDate") == 0;
    rule->is_id_number = strcmp(rule->element->name, "person.idNumber") == 0;
    rule->tells = find_tells(rule->element->name);
    return good;
}

static const HtElement *find_part(HtCompiler *compiler, const char *group, const char *part)
{
    g_autofree char *name = g_strconcat(group, ".", part, NULL);
    return ht_dictionary_find(compiler->reference->dictionary, name, strlen(name));
}

bool ht_compile_reference(HtPathScope *scope, const xmlNode *node, HtElementRule *rule)
{
    HtCompiler *compiler = scope->compiler;
    const char *group = ht_compile_attribute(compiler, node, "to");
    *rule = (HtElementRule){.element = find_part(compiler, group, "digest"), .as = HT_AS_REFERENCE};
    if (!rule->element) {
        ht_compile_error(compiler, node,
                         "the dictionary has no \"%s.digest\": no reference can be made to \"%s\"", group,
                         group);
        return false;
    }
    rule->size_element = find_part(compiler, group, "size");
    rule->media_element = find_part(compiler, group, "mediaType");
    rule->from = ht_compile_from(scope, node);
    rule->source_path = ht_text_from(ht_compile_attribute(compiler, node, "from"));
    rule->media = ht_text_from(ht_compile_attribute(compiler, node, "media"));
    rule->when = ht_compile_when(scope, node, "when");
    rule->label =
        ht_compile_own(compiler, g_strdup_printf("%s (%s)", rule->element->name, rule->source_path.data));
    return true;
}
