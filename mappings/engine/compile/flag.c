/* `<flag>` and `<choice>`: the values that decide what a record means, declared once for all conditions. Runs when a mapping
 * is loaded. */
#include "mappings/engine/compile/compiler.h"

const HtFlagRule *ht_compile_find_flag(const HtCompiler *compiler, const char *path, bool choice)
{
    const GPtrArray *flags = compiler->mapping->flags;
    for (guint i = 0; i < flags->len; i++) {
        const HtFlagRule *rule = flags->pdata[i];
        if ((rule->table != NULL) == choice && g_strv_contains((const char *const *)rule->paths, path)) {
            return rule;
        }
    }
    return NULL;
}

static bool has_word(const HtFlagRule *rule, HtText word)
{
    for (unsigned i = 0; i < rule->n_words; i++) {
        if (ht_text_equal(rule->words[i], word)) {
            return true;
        }
    }
    return false;
}

/* Words of one meaning that fold to the same are one; with another meaning they contradict each other. */
static void add_words(HtCompiler *compiler, const xmlNode *node, HtFlagRule *rule, const char *name)
{
    const char *list = ht_compile_attribute(compiler, node, name);
    unsigned first = rule->n_words;
    for (char **word = ht_compile_words(compiler, list); *word; word++) {
        char folded[HT_WORD_MAX];
        HtText text = {folded, ht_flag_fold(ht_text_from(*word), folded)};
        HtFlagRule others = {.words = rule->words, .n_words = first};
        if (text.size == 0) {
            ht_compile_error(compiler, node, "\"%s\" is too long for a flag's word", *word);
        } else if (has_word(&others, text)) {
            ht_compile_error(compiler, node, "\"%s\" would mean both yes and no", *word);
        } else if (!has_word(rule, text)) {
            rule->words = g_renew(HtText, rule->words, rule->n_words + 1);
            rule->words[rule->n_words++] = (HtText){g_strndup(folded, text.size), text.size};
        }
    }
}

static void read_words(HtCompiler *compiler, const xmlNode *node, HtFlagRule *rule)
{
    const char *absent = ht_compile_attribute(compiler, node, "absent");
    rule->absent = g_strcmp0(absent, "yes") == 0      ? HT_FLAG_YES
                   : g_strcmp0(absent, "refuse") == 0 ? HT_FLAG_UNREADABLE
                                                      : HT_FLAG_NO;
    add_words(compiler, node, rule, "yes");
    rule->n_yes = rule->n_words;
    add_words(compiler, node, rule, "no");
}

static void read_table(HtCompiler *compiler, const xmlNode *node, HtFlagRule *rule)
{
    const char *table = ht_compile_attribute(compiler, node, "table");
    const char *translate = ht_compile_attribute(compiler, node, "translate");
    rule->lenient = g_strcmp0(ht_compile_attribute(compiler, node, "unreadable"), "none") == 0;
    rule->table = ht_compile_table(compiler, node, table);
    rule->translation = rule->table && translate ? ht_compile_translation(compiler, node, translate) : NULL;
    if (rule->translation && ht_translation_table(rule->translation) != rule->table) {
        ht_compile_error(compiler, node, "the translation \"%s\" leads to \"%s\", not to \"%s\"", translate,
                         ht_table_name(ht_translation_table(rule->translation)), table);
    }
}

/* Readings are choices that no path declares. */
static const HtFlagRule *find_reading(const HtCompiler *compiler, const HtTranslation *translation)
{
    const GPtrArray *flags = compiler->mapping->flags;
    for (guint i = 0; i < flags->len; i++) {
        const HtFlagRule *rule = flags->pdata[i];
        if (!rule->paths[0] && rule->translation == translation) {
            return rule;
        }
    }
    return NULL;
}

const HtFlagRule *ht_compile_find_reading(HtCompiler *compiler, const char *translation, char **problem)
{
    const HtTranslation *found = ht_tables_find_translation(compiler->reference->tables, translation);
    if (!found) {
        *problem = g_strdup_printf("there is no translation \"%s\"", translation);
        return NULL;
    }
    const HtFlagRule *known = find_reading(compiler, found);
    if (known) {
        return known;
    }
    HtFlagRule *rule = g_new0(HtFlagRule, 1);
    rule->paths = ht_compile_words(compiler, "");
    rule->translation = found;
    rule->table = ht_translation_table(found);
    rule->lenient = true;
    g_ptr_array_add(compiler->mapping->flags, rule);
    return rule;
}

void ht_compile_flag(HtCompiler *compiler, const xmlNode *node)
{
    bool choice = ht_compile_is(node, "choice");
    HtFlagRule *rule = g_new0(HtFlagRule, 1);
    rule->paths = ht_compile_words(compiler, ht_compile_attribute(compiler, node, "from"));
    for (char **path = rule->paths; *path; path++) {
        if (ht_compile_find_flag(compiler, *path, choice)) {
            ht_compile_error(compiler, node, "%s is declared twice", *path);
        }
    }
    if (choice) {
        read_table(compiler, node, rule);
    } else {
        read_words(compiler, node, rule);
    }
    g_ptr_array_add(compiler->mapping->flags, rule);
}
