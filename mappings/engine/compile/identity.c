/* Who an event is about, and under which number it is known: <id> and <identity>, and what must be known of the event's other
 * values to tell whose a number is. */
#include "mappings/engine/compile/compiler.h"

#include "mappings/engine/values/filler.h"
#include "mappings/engine/values/number-fold.h"

/* A citizen number would tie a firm to its owner, a house to whoever lives there. */
static void check_subject(HtCompiler *compiler, const xmlNode *node, const HtIdentityRule *rule,
                          const HtEventType *type)
{
    const char *what = ht_subject_class_name(rule->what);
    if (type && what && !ht_event_type_is_about(type, what)) {
        ht_compile_error(
            compiler, node,
            "identity kind=\"%.*s\" is the number of a thing of kind %s, and %s is about %s: carry it as an element",
            (int)rule->kind.size, rule->kind.data, what, type->name, type->about ? type->about : "person");
    }
}

static bool is_path_of(const char *paths, const char *path)
{
    g_auto(GStrv) words = g_strsplit_set(paths ? paths : "", " \t\r\n", -1);
    return g_strv_contains((const char *const *)words, path);
}

/* The paths of all parts, one after the other. In "A|B C" the second stands in for the first: its bit in `instead` (transfer
 * full). */
static char **split_parts(HtCompiler *compiler, const char *parts, bool **instead)
{
    g_autoptr(GArray) flags = g_array_new(FALSE, TRUE, sizeof(bool));
    g_autoptr(GString) paths = g_string_new(NULL);
    for (char **part = ht_compile_words(compiler, parts); *part; part++) {
        g_auto(GStrv) names = g_strsplit(*part, "|", -1);
        for (unsigned i = 0; names[i]; i++) {
            bool is_instead = i > 0;
            g_array_append_val(flags, is_instead);
            g_string_append_printf(paths, "%s ", names[i]);
        }
    }
    bool none = false;
    g_array_append_val(flags, none);
    *instead = ht_compile_own(compiler, g_array_free(g_steal_pointer(&flags), FALSE));
    return ht_compile_words(compiler, paths->str);
}

void ht_compile_id(HtPathScope *scope, const xmlNode *node, HtEventRule *event)
{
    HtCompiler *compiler = scope->compiler;
    const char *words = ht_compile_attribute(compiler, node, "words");
    const char *needed = ht_compile_attribute(compiler, node, "from");
    const char *also = ht_compile_attribute(compiler, node, "also");
    g_autofree char *all = g_strjoin(" ", needed ? needed : "", also, NULL);
    char **paths = split_parts(compiler, all, &event->id_instead);
    const char *flat = ht_compile_own(compiler, g_strjoinv(" ", paths));
    event->id = ht_compile_paths(scope, flat);
    event->id_needed = g_strv_length(ht_compile_words(compiler, needed));
    event->id_of = ht_text_from(ht_compile_attribute(compiler, node, "of"));
    event->id_personal = ht_compile_attribute(compiler, node, "personal") != NULL;
    event->id_words = ht_compile_own(compiler, g_new0(bool, g_strv_length(paths) + 1));
    event->id_folds = ht_compile_own(compiler, g_new0(unsigned, g_strv_length(paths) + 1));
    event->id_reads = ht_compile_own(compiler, g_new0(const HtElementRule *, g_strv_length(paths) + 1));
    for (unsigned i = 0; i < event->id.count; i++) {
        event->id_words[i] = is_path_of(words, paths[i]);
    }
    char **named = ht_compile_words(compiler, words);
    for (; *named; named++) {
        if (!g_strv_contains((const char *const *)paths, *named)) {
            ht_compile_error(compiler, node, "words=\"%s\" is none of the paths of from", *named);
        }
    }
}

void ht_compile_identity(HtPathScope *scope, const xmlNode *node, const HtEventType *type, HtEventRule *event)
{
    HtCompiler *compiler = scope->compiler;
    if (event->n_identities == HT_EVENT_IDENTITIES) {
        ht_compile_error(compiler, node, "an event has at most %d identities", HT_EVENT_IDENTITIES);
        return;
    }
    HtIdentityRule *rule = &event->identities[event->n_identities++];
    const char *separators = ht_compile_attribute(compiler, node, "separators");
    rule->kind = ht_text_from(ht_compile_attribute(compiler, node, "kind"));
    rule->id_number = ht_text_is(rule->kind, "idNumber");
    rule->separators = separators != NULL || ht_text_is(rule->kind, "birthCertificate");
    rule->credit_code = ht_text_is(rule->kind, HT_IDENTITY_CREDIT_CODE);
    rule->unit_number = ht_text_is(rule->kind, HT_IDENTITY_UNIT_NUMBER);
    rule->what = ht_identity_class(rule->kind);
    rule->from = ht_compile_from(scope, node);
    rule->within = ht_compile_paths(scope, ht_compile_attribute(compiler, node, "within"));
    rule->when = ht_compile_when(scope, node, "when");
    rule->fresh = ht_compile_when(scope, node, "fresh-when");
    rule->doubt = ht_compile_when(scope, node, "doubt-when");
    check_subject(compiler, node, rule, type);
}

/* ---- When all of the event is read ---- */

/* True for what is read as a number of somebody or something, not as a date, a name or a code. */
static bool is_number(const HtElementRule *rule)
{
    return rule->as == HT_AS_STRING || rule->as == HT_AS_ID_NUMBER;
}

/* What an element reads as something else than a number is none; a date or a citizen number has one form in the key. */
static void learn_of_part(HtEventRule *event, unsigned part, HtElementRule *rule)
{
    event->id_words[part] |= !is_number(rule);
    rule->number |= rule->as == HT_AS_STRING;
    if (rule->as == HT_AS_DATE || rule->as == HT_AS_ID_NUMBER) {
        event->id_reads[part] = rule;
    }
}

/* Case and separators do not count in a part that an identity reads without them. */
static unsigned find_fold(const HtEventRule *event, HtSlot slot)
{
    for (unsigned i = 0; i < event->n_identities; i++) {
        const HtIdentityRule *identity = &event->identities[i];
        for (unsigned s = 0; s < identity->from.count; s++) {
            if (identity->from.slots[s] == slot && !identity->id_number) {
                return identity->separators ? HT_FOLD_SEPARATORS : 0;
            }
        }
    }
    return HT_FOLD_KEEP_CASE;
}

static void find_parts(HtEventRule *event)
{
    for (unsigned i = 0; i < event->id.count; i++) {
        event->id_folds[i] = find_fold(event, event->id.slots[i]);
        for (unsigned b = 0; b < event->n_blocks; b++) {
            const HtBlock *block = &event->blocks[b];
            for (unsigned r = 0; r < block->n_rules; r++) {
                if (ht_from_has(&block->rules[r].from, event->id.slots[i])) {
                    learn_of_part(event, i, &block->rules[r]);
                }
            }
        }
    }
}

static void find_others(HtCompiler *compiler, HtEventRule *event)
{
    GArray *others = g_array_new(FALSE, FALSE, sizeof(HtOtherRule));
    GPtrArray *births = g_ptr_array_new();
    GPtrArray *names = g_ptr_array_new();
    for (unsigned b = 0; b < event->n_blocks; b++) {
        for (unsigned i = 0; i < event->blocks[b].n_rules; i++) {
            const HtElementRule *rule = &event->blocks[b].rules[i];
            HtOtherRule other = {&event->blocks[b], rule};
            if (rule->element->names != HT_NAMES_NOBODY && is_number(rule)) {
                g_array_append_val(others, other);
            } else if (rule->is_birth_date) {
                g_ptr_array_add(births, (gpointer)rule);
            } else if (strcmp(rule->element->name, "person.name") == 0) {
                g_ptr_array_add(names, (gpointer)rule);
            }
        }
    }
    g_ptr_array_add(births, NULL);
    g_ptr_array_add(names, NULL);
    event->n_others = others->len;
    event->others = ht_compile_own(compiler, g_array_free(others, FALSE));
    event->births = ht_compile_own(compiler, g_ptr_array_free(births, FALSE));
    event->names = ht_compile_own(compiler, g_ptr_array_free(names, FALSE));
}

void ht_compile_persons(HtCompiler *compiler, HtEventRule *event, const HtEventType *type)
{
    event->newborn = type->newborn;
    find_parts(event);
    find_others(compiler, event);
}

/* ---- <filler> ---- */

void ht_compile_filler(HtCompiler *compiler, const xmlNode *node)
{
    HtFillerRule *rule = g_new0(HtFillerRule, 1);
    const char *paths = ht_compile_attribute(compiler, node, "in");
    const char *value = ht_compile_attribute(compiler, node, "value");
    const char *shorter = ht_compile_attribute(compiler, node, "shorter-than");
    rule->paths = paths ? ht_compile_words(compiler, paths) : NULL;
    g_ptr_array_add(compiler->mapping->fillers, rule);
    if (shorter) {
        rule->shorter = (unsigned)g_ascii_strtoull(shorter, NULL, 10);
        return;
    }
    char *folded = ht_compile_own(compiler, g_malloc0(HT_FILLER_MAX + 1));
    size_t size = value ? ht_filler_fold(ht_text_from(value), folded) : 0;
    if (size == 0 || size == SIZE_MAX) {
        ht_compile_error(compiler, node, "<filler value=\"%s\"> needs letters, digits or words",
                         value ? value : "");
        return;
    }
    rule->folded = (HtText){folded, size};
}
