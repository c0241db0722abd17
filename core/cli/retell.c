/* Sentences of the bus, recognised by their English form; see retell.h. What is marked for translation where it is said is known by that; any other
 * sentence of the bus has its row here, each value as %s. One that is missing is shown in English. */
#include "core/cli/retell.h"

#include "core/cli/language.h"
#include "core/cli/states.h"

#include <glib/gi18n.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 8     /* sentences within sentences */
#define CERTAIN 7       /* bytes of a sentence outside of its values */
#define CERTAIN_LEAST 6 /* "%s, %s to %s"; less is in many a line by chance */
#define MAGIC 0x950412deU

/* The first that fits counts. */
static const char *const sentences[] = {
    /* notices of the status page: core/status.c, core/pauses.c, core/reload.c, core/left.c, core/delivery/status.c */
    N_("%s events of the spool are damaged and set aside: see the log, and `hutong spool check` when the bus is stopped"),
    N_("the spool's room is getting short (%s): at %s intake stops"),
    N_("maintenance since %s, no source takes anything: %s"),
    N_("maintenance since %s, no source takes anything"),
    N_("source %s is %s since %s"),
    N_("route %s is %s since %s"),
    N_("consumer %s is %s since %s"),
    N_("events that are due are not pruned: %s"),
    N_("the purpose of consumer %s lapses soon"),
    N_("the purpose of consumer %s has lapsed"),
    N_("the last reload was refused, and the configuration in force is not that of its files: see the log, `hutong status` and `hutong check`"),
    N_("%s was changed and needs a restart"),
    N_("consumer %s is configured no more and has left its place (event %s) and %s dead letters: `hutong consumer rename %s NEW` gives them to another, `hutong consumer forget %s` drops them"),
    N_("the audit log cannot be written: %s"),
    N_("the audit log cannot be written"),
    /* alarms: core/alarms.c */
    N_("source %s: %s"),
    N_("consumer %s: %s"),
    N_("bus: %s"),
    N_("its oldest event has waited for %s; it is %s"),
    N_("%s events are behind its cursor"),
    N_("it has %s dead letters: hutong dead list %s"),
    N_("its purpose lapses soon: renew purpose-until"),
    N_("its purpose has lapsed: it gets no personal data"),
    N_("it has sent nothing for %s of working days"),
    N_("it has sent nothing for %s"),
    N_("%s of its last %s messages were refused or failed"),
    N_("its adapter or mapping failed the check and may not serve: hutong status"),
    N_("its host is %s: %s"),
    N_("the spool is near max-size (%s percent): at 100 intake stops"),
    N_("the spool's disk is full: intake is stopped"),
    N_("the spool's disk is getting full: at its reserve intake stops"),
    N_("the public door's certificate ends in %s: renew it"),
    N_("the public door's certificate has ended: clients refuse it"),
    N_("%s events of the spool are damaged: hutong spool check"),
    /* refusals of the admin socket */
    N_("there is no source of this name"),
    N_("there is no route of this name"),
    N_("there is no consumer of this name"),
    N_("%s; did you mean '%s'?"),
    N_("a reason is 1 to 200 bytes of plain text, without long numbers"),
    N_("a notice is 1 to 500 bytes of plain text, without long numbers"),
    N_("it is paused already"),
    N_("it is not paused"),
    N_("this consumer is configured: take its section out, and reload, first"),
    N_("requests to this consumer are still under way: try again in a moment"),
    N_("nothing is kept of a consumer of this name"),
    N_("a consumer's name is of letters, digits and hyphens"),
    N_("the other consumer has a place of its own: forget that first"),
    N_("the other consumer is configured, and delivered to already: rename first, then add its section, and reload"),
    N_("the spool cannot be written"),
    N_("none of these events is a dead letter of this consumer"),
    N_("this event is not kept, or is damaged"),
    N_("the consumer's settings were changed, or the bus ends: try again"),
    N_("message is the id of a message"),
    N_("no payload of this message is kept: keep-payload says of which one is"),
    N_("no message with this id is in quarantine"),
    N_("the message's source is not configured any more"),
    N_("the bus is ending"),
    N_("the bus is starting"),
    N_("the bus has another configuration: %s"),
    N_("a reload is under way: ask again when it is over"),
    N_("the bus has ended; the reload was not taken"),
    N_("it has ended"),
    N_("there is no such replay"),
    N_("there is no [retention] section: everything is kept"),
    N_("a sweep runs already"),
    N_("there is no such period: `hutong spool keys` lists them"),
    N_("it is the current period: what comes is sealed under its key"),
    N_("its key was destroyed before"),
    /* of a question itself: core/admin/form.c */
    N_("the question has a member that is unknown here; there are:%s"),
    N_("the question has no member '%s'; there are:%s"),
    N_("%s is of at most %s bytes"),
    N_("%s is one of: %s"),
    N_("%s is a number from %s to %s: %s"),
    N_("%s is a whole number"),
    N_("%s is true or false"),
    N_("%s is a text"),
    N_("%s is missing: %s"),
    /* of a mapping, around what is wrong and within it: mappings/engine/compile/ */
    N_("%s (used in line %s)"),
    N_("%s, that in line %s"),
    N_("; did you mean \"%s\"?"),
    N_(" in %s"),
    N_("which event is made"),
    N_("what the action is"),
    N_("whose the number is"),
    N_("a step is empty"),
    N_("an attribute can only be the last step"),
    N_("only names, / and a last @name are possible here; for more there is xpath=\"…\""),
    N_("elements below the record are meant"),
    N_("\"%s\" is not XPath 1.0"),
    N_("the end"),
    N_("a <flag>: yes() or no()"),
    N_("a <choice>: code()"),
};

/* Where a value begins, "%s", "%2$s", "%.16s", and how long that is. NULL: there is none behind `at`. */
static const char *find_place(const char *at, size_t *size, unsigned *number)
{
    while ((at = strchr(at, '%'))) {
        const char *end = at + 1;
        size_t digits = strspn(end, "0123456789");
        bool numbered = digits > 0 && end[digits] == '$';
        *number = numbered ? (unsigned)(g_ascii_strtoull(end, NULL, 10)) : 0;
        end += numbered ? digits + 1 : 0;
        end += strspn(end, "-+ #0123456789.*hlzjt");
        if (*end && strchr("diuxXfgcs", *end)) {
            *size = (size_t)(end + 1 - at);
            return at;
        }
        at += 1 + (*end == '%');
    }
    return NULL;
}

/* What stands between the places of values, before the first and behind the last of them. */
static GPtrArray *split_sentence(const char *sentence)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    size_t size = 0;
    unsigned number;
    for (const char *place; (place = find_place(sentence, &size, &number)); sentence = place + size) {
        g_ptr_array_add(parts, g_strndup(sentence, (gsize)(place - sentence)));
    }
    g_ptr_array_add(parts, g_strdup(sentence));
    return parts;
}

/* A value that stands close to a word, a quote or another value may be nothing: a hint, a name that was left empty. */
static bool may_lack(const GPtrArray *parts, unsigned i)
{
    const char *before = parts->pdata[i - 1], *part = parts->pdata[i];
    size_t size = strlen(before);
    bool beside = (!*part && i + 1 < parts->len) || (size == 0 && i > 1);
    return beside || (size > 0 && (g_ascii_isalnum(before[size - 1]) || before[size - 1] == '"'));
}

/* Where the value before this part ends; NULL: it is not there. */
static const char *find_end(const char *at, const GPtrArray *parts, unsigned i)
{
    const char *part = parts->pdata[i];
    bool last = i + 1 == parts->len;
    const char *end = !last                        ? strstr(at, part)
                      : g_str_has_suffix(at, part) ? at + strlen(at) - strlen(part)
                                                   : NULL;
    return end == at && !may_lack(parts, i) ? NULL : end;
}

/* Which of the sentence's places are of numbers, a bit for each of the first 32. */
static uint32_t find_numbers(const char *sentence)
{
    size_t size = 0;
    unsigned number, index = 0;
    uint32_t numbers = 0;
    for (const char *place; index < 32 && (place = find_place(sentence, &size, &number)); index++) {
        numbers |= (uint32_t)(strchr("diu", place[size - 1]) != NULL) << index;
        sentence = place + size;
    }
    return numbers;
}

/* What stands in the sentence's places, of char *; NULL: the line is another one. transfer full. */
static GPtrArray *find_values(const GPtrArray *parts, uint32_t numbers, const char *line)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    const char *at = line;
    if (!g_str_has_prefix(line, parts->pdata[0])) {
        return NULL;
    }
    at += strlen(parts->pdata[0]);
    for (unsigned i = 1; i < parts->len; i++) {
        const char *end = find_end(at, parts, i);
        if (!end) {
            return NULL;
        }
        bool is_number = i <= 32 && (numbers >> (i - 1) & 1);
        if (is_number && strspn(at, " -+0123456789") < (size_t)(end - at)) {
            return NULL;
        }
        g_ptr_array_add(values, g_strndup(at, (gsize)(end - at)));
        at = end + strlen(parts->pdata[i]);
    }
    return *at == '\0' ? g_steal_pointer(&values) : NULL;
}

/* The translation, with the values in its places: %s is the next one, %2$s the second. */
static char *fill(const char *translation, const GPtrArray *values)
{
    GString *text = g_string_new(NULL);
    size_t size = 0;
    unsigned next = 0, number;
    for (const char *place; (place = find_place(translation, &size, &number)); translation = place + size) {
        unsigned index = number > 0 ? number - 1 : next++;
        g_string_append_len(text, translation, place - translation);
        g_string_append(text, index < values->len ? values->pdata[index] : "");
    }
    g_string_append(text, translation);
    return g_string_free(text, FALSE);
}

static GPtrArray *find_sentence(const char *line, const char **translation)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(sentences); i++) {
        g_autoptr(GPtrArray) parts = split_sentence(sentences[i]);
        GPtrArray *values = find_values(parts, 0, line);
        if (values) {
            *translation = _(sentences[i]);
            return values;
        }
    }
    return NULL;
}

/* ---- Everything that was translated ---- */

/* What is marked in the sources and was translated is said by the bus with the same words, in English. The most certain first. */
typedef struct {
    GPtrArray *parts;
    const char *translation;
    size_t certain;   /* bytes outside of values */
    uint32_t numbers; /* see find_numbers() */
} RetoldSentence;

static void clear_known(void *data)
{
    g_ptr_array_unref(((RetoldSentence *)data)->parts);
}

static int compare_known(const void *one, const void *other)
{
    size_t a = ((const RetoldSentence *)one)->certain, b = ((const RetoldSentence *)other)->certain;
    return (a < b) - (a > b);
}

static void add_known(GArray *known, const char *english, const char *translation)
{
    g_autofree char *line = g_strchomp(g_strdup(english));
    RetoldSentence one = {
        .parts = split_sentence(line), .translation = translation, .numbers = find_numbers(line)};
    for (unsigned i = 0; i < one.parts->len; i++) {
        one.certain += strlen(one.parts->pdata[i]);
    }
    if (one.certain < CERTAIN_LEAST || !strchr(line, ' ') || strchr(line, '\n')) {
        g_ptr_array_unref(one.parts);
        return;
    }
    g_array_append_val(known, one);
}

/* A text of a table in the file, which ends with a NUL; NULL when the file is damaged. */
static const char *text_at(const char *file, size_t size, uint32_t table, uint32_t index, uint32_t *length)
{
    uint32_t entry[2];
    size_t at = table + (size_t)index * sizeof entry;
    if (at + sizeof entry > size) {
        return NULL;
    }
    memcpy(entry, file + at, sizeof entry);
    *length = entry[0];
    return (size_t)entry[1] + entry[0] < size && file[entry[1] + entry[0]] == '\0' ? file + entry[1] : NULL;
}

/* GNU's format of translations: magic number, revision, how many, and where the tables of both languages are. */
static GArray *read_known(const char *file, size_t size)
{
    uint32_t head[5] = {0};
    GArray *known = g_array_new(FALSE, FALSE, sizeof(RetoldSentence));
    g_array_set_clear_func(known, clear_known);
    memcpy(head, file, MIN(size, sizeof head));
    for (uint32_t i = 0; head[0] == MAGIC && i < head[2]; i++) {
        uint32_t length = 0, other = 0;
        const char *english = text_at(file, size, head[3], i, &length);
        const char *translation = text_at(file, size, head[4], i, &other);
        if (!english || !translation) {
            break;
        }
        add_known(known, english, translation);
        if (strlen(english) < length) { /* of several */
            add_known(known, english + strlen(english) + 1, translation);
        }
    }
    g_array_sort(known, compare_known);
    return known;
}

/* Read once, and kept. Main thread. */
static const GArray *known_sentences(void)
{
    static GMappedFile *mapped;
    static GArray *known;
    if (!known) {
        g_autofree char *file = ht_language_file();
        mapped = file ? g_mapped_file_new(file, FALSE, NULL) : NULL;
        known = read_known(mapped ? g_mapped_file_get_contents(mapped) : "",
                           mapped ? g_mapped_file_get_length(mapped) : 0);
    }
    return known;
}

static GPtrArray *find_known(const char *line, size_t least, const char **translation)
{
    const GArray *known = known_sentences();
    for (unsigned i = 0; i < known->len; i++) {
        const RetoldSentence *one = &g_array_index(known, RetoldSentence, i);
        GPtrArray *values = one->certain >= least ? find_values(one->parts, one->numbers, line) : NULL;
        if (values) {
            *translation = one->translation;
            return values;
        }
    }
    return NULL;
}

/* A word of the status page, or what the system says of an error. */
static char *retell_word(const char *word)
{
    const char *told = ht_cli_state(word);
    return g_strdup(*word && told == word ? dgettext("libc", word) : told);
}

static char *retell(const char *line, unsigned depth);

/* A host says everything that is wrong with its mapping in one line. NULL: this is one thing. */
static char *retell_each(const char *line, unsigned depth)
{
    static GRegex *next;
    if (!strstr(line, "; ")) {
        return NULL;
    }
    next = next ? next : g_regex_new("; (?=[^;]*:[0-9]+: (?:error|warning): )", 0, 0, NULL);
    g_auto(GStrv) each = g_regex_split(next, line, 0);
    for (char **one = each; each[1] && *one; one++) {
        char *told = retell(*one, depth + 1);
        g_free(*one);
        *one = told;
    }
    return each[1] ? g_strjoinv("; ", each) : NULL;
}

static char *retell(const char *line, unsigned depth)
{
    const char *translation = NULL, *colon = strstr(line, ": ");
    if (depth == DEPTH_MAX) {
        return g_strdup(line);
    }
    char *several = retell_each(line, depth);
    if (several) {
        return several;
    }
    g_autoptr(GPtrArray) values = find_sentence(line, &translation);
    if (!values) {
        values = find_known(line, CERTAIN, &translation);
    }
    if (!values && colon) { /* where something is, and what is wrong with it */
        g_autofree char *told = retell(colon + 2, depth + 1);
        return g_strdup_printf("%.*s: %s", (int)(colon - line), line, told);
    }
    if (!values && !(values = find_known(line, CERTAIN_LEAST, &translation))) {
        return retell_word(line);
    }
    for (unsigned i = 0; i < values->len; i++) {
        char *own = values->pdata[i];
        values->pdata[i] = retell(own, depth + 1);
        g_free(own);
    }
    return g_strchomp(fill(translation, values));
}

char *ht_cli_retell_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        char *told = ht_cli_retell(*line);
        g_free(*line);
        *line = told;
    }
    return g_strjoinv("\n", lines);
}

void ht_cli_complain(const char *text)
{
    g_autofree char *told = ht_cli_retell_lines(text);
    fprintf(stderr, "%s\n", told);
}

char *ht_cli_retell(const char *line)
{
    return ht_language_is_other() ? retell(line, 0) : g_strdup(line);
}
