/* Columns' meanings: from labels, from what other mappings call them, from the dictionary's names. See guess.h. */
#include "core/cli/guess.h"

#include "core/cli/pinyin.h"

#include <string.h>

/* Of a column that other mappings know. */
typedef struct {
    char *to;   /* an element's name */
    char *file; /* the mapping's */
} Use;

struct HtGuesser {
    const HtDictionary *dictionary;
    GHashTable *uses;      /* column in upper case → GPtrArray of Use */
    GHashTable *times;     /* column → file */
    GHashTable *divisions; /* the same */
    GHashTable *initials;  /* initials → GPtrArray of const HtElement */
};

static void free_use(void *data)
{
    Use *use = data;
    g_free(use->to);
    g_free(use->file);
    g_free(use);
}

static void free_list(void *data)
{
    g_ptr_array_unref(data);
}

static GPtrArray *list_of(GHashTable *table, const char *key, GDestroyNotify free_item)
{
    GPtrArray *list = g_hash_table_lookup(table, key);
    if (!list) {
        list = g_ptr_array_new_with_free_func(free_item);
        g_hash_table_insert(table, g_strdup(key), list);
    }
    return list;
}

/* ---- What other mappings say ---- */

typedef struct {
    HtGuesser *guesser;
    char *file;
} Mapping;

/* The last step of a path, in upper case; NULL where it is a parameter. */
static char *column_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *step = slash ? slash + 1 : path;
    step += *step == '@';
    return *step && !strpbrk(step, "{}*.") ? g_utf8_strup(step, -1) : NULL;
}

static void note_path(const Mapping *mapping, const char *what, const char *to, const char *path)
{
    HtGuesser *guesser = mapping->guesser;
    g_autofree char *column = column_of(path);
    if (!column) {
        return;
    }
    if (strcmp(what, "element") == 0 && to && !strpbrk(to, "{}")) {
        Use *use = g_new(Use, 1);
        *use = (Use){g_strdup(to), g_strdup(mapping->file)};
        g_ptr_array_add(list_of(guesser->uses, column, free_use), use);
    } else if (strcmp(what, "time") == 0) {
        g_hash_table_insert(guesser->times, g_steal_pointer(&column), g_strdup(mapping->file));
    } else if (strcmp(what, "division") == 0) {
        g_hash_table_insert(guesser->divisions, g_steal_pointer(&column), g_strdup(mapping->file));
    }
}

static void take_start(GMarkupParseContext *context, const char *name, const char **names,
                       const char **values, void *user, GError **error)
{
    const char *to = NULL, *from = NULL;
    (void)context;
    (void)error;
    for (unsigned i = 0; names[i]; i++) {
        to = strcmp(names[i], "to") == 0 ? values[i] : to;
        from = strcmp(names[i], "from") == 0 ? values[i] : from;
    }
    g_auto(GStrv) paths = g_strsplit_set(from ? from : "", " \t\r\n", -1);
    for (unsigned i = 0; paths[i]; i++) {
        if (*paths[i]) {
            note_path(user, name, to, paths[i]);
        }
    }
}

static void read_mapping(HtGuesser *guesser, const char *folder, const char *name)
{
    static const GMarkupParser parser = {.start_element = take_start};
    g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
    gsize size;
    Mapping mapping = {guesser, (char *)name};
    if (g_file_get_contents(path, &text, &size, NULL) && strstr(text, "urn:hutong:mapping:1")) {
        g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, &mapping, NULL);
        g_markup_parse_context_parse(context, text, (gssize)size, NULL); /* what is no mapping says nothing */
    }
}

static void read_folder(HtGuesser *guesser, const char *folder)
{
    g_autoptr(GDir) dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".xml")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, ht_compare_strings);
    for (unsigned i = 0; i < names->len; i++) {
        read_mapping(guesser, folder, names->pdata[i]);
    }
}

/* ---- What the dictionary says ---- */

static void note_initials(HtGuesser *guesser, const HtElement *element, bool brackets)
{
    g_autofree char *initials = ht_pinyin_initials(element->zh, brackets);
    if (!initials || strlen(initials) < 2) {
        return;
    }
    GPtrArray *list = list_of(guesser->initials, initials, NULL);
    if (!g_ptr_array_find(list, element, NULL)) {
        g_ptr_array_add(list, (gpointer)element);
    }
}

HtGuesser *ht_guesser_new(const HtWords *words, const HtDictionary *dictionary)
{
    HtGuesser *guesser = g_new0(HtGuesser, 1);
    guesser->dictionary = dictionary;
    guesser->uses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_list);
    guesser->times = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    guesser->divisions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    guesser->initials = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_list);
    read_folder(guesser, words->data);
    read_folder(guesser, words->site);
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        note_initials(guesser, ht_dictionary_element(dictionary, i), false);
        note_initials(guesser, ht_dictionary_element(dictionary, i), true);
    }
    return guesser;
}

void ht_guesser_free(HtGuesser *guesser)
{
    g_hash_table_unref(guesser->uses);
    g_hash_table_unref(guesser->times);
    g_hash_table_unref(guesser->divisions);
    g_hash_table_unref(guesser->initials);
    g_free(guesser);
}

/* ---- Asking ---- */

static void free_guess(void *data)
{
    HtGuess *guess = data;
    g_free(guess->reason);
    g_free(guess);
}

/* Each element once: what was said first counts. */
static void add(GPtrArray *guesses, const HtElement *element, char *reason /* transfer full */)
{
    for (unsigned i = 0; i < guesses->len; i++) {
        if (((const HtGuess *)guesses->pdata[i])->element == element) {
            g_free(reason);
            return;
        }
    }
    HtGuess *guess = g_new(HtGuess, 1);
    *guess = (HtGuess){element, reason};
    g_ptr_array_add(guesses, guess);
}

static void add_named(const HtGuesser *guesser, const char *zh, const char *what, GPtrArray *guesses)
{
    for (uint32_t i = 0; zh && i < ht_dictionary_n_elements(guesser->dictionary); i++) {
        const HtElement *element = ht_dictionary_element(guesser->dictionary, i);
        if (strcmp(element->zh, zh) == 0) {
            add(guesses, element, g_strdup_printf("%s %s", what, zh));
        }
    }
}

static void add_used(const HtGuesser *guesser, const char *column, GPtrArray *guesses)
{
    const GPtrArray *uses = g_hash_table_lookup(guesser->uses, column);
    for (unsigned i = 0; uses && i < uses->len; i++) {
        const Use *use = uses->pdata[i];
        const HtElement *element = ht_dictionary_find(guesser->dictionary, use->to, strlen(use->to));
        if (element) {
            add(guesses, element, g_strdup_printf("so called in %s", use->file));
        }
    }
}

static void add_initials(const HtGuesser *guesser, const char *column, GPtrArray *guesses)
{
    const GPtrArray *elements = g_hash_table_lookup(guesser->initials, column);
    for (unsigned i = 0; elements && i < elements->len; i++) {
        const HtElement *element = elements->pdata[i];
        add(guesses, element, g_strdup_printf("initials of %s", element->zh));
    }
}

static void add_english(const HtGuesser *guesser, const char *column, GPtrArray *guesses)
{
    for (uint32_t i = 0; i < ht_dictionary_n_elements(guesser->dictionary); i++) {
        const HtElement *element = ht_dictionary_element(guesser->dictionary, i);
        if (g_ascii_strcasecmp(element->element, column) == 0) {
            add(guesses, element, g_strdup("the dictionary's name"));
        }
    }
}

GPtrArray *ht_guesser_find(const HtGuesser *guesser, const char *column, const char *label)
{
    GPtrArray *guesses = g_ptr_array_new_with_free_func(free_guess);
    g_autofree char *upper = g_utf8_strup(column, -1);
    add_named(guesser, label, "labelled", guesses);
    add_named(guesser, column, "called", guesses);
    add_used(guesser, upper, guesses);
    add_initials(guesser, upper, guesses);
    add_english(guesser, column, guesses);
    return guesses;
}

const char *ht_guesser_time(const HtGuesser *guesser, const char *column)
{
    g_autofree char *upper = g_utf8_strup(column, -1);
    return g_hash_table_lookup(guesser->times, upper);
}

const char *ht_guesser_division(const HtGuesser *guesser, const char *column)
{
    g_autofree char *upper = g_utf8_strup(column, -1);
    return g_hash_table_lookup(guesser->divisions, upper);
}
