/* Comparing configurations by the option tables. Main thread. */
#include "core/config/compare.h"

#include "core/config/places.h"

#include <string.h>

#define VALUE_MAX 200 /* of a value that is shown */

/* ---- One key ---- */

static char *show(const HtOption *option, const char *value)
{
    if (!value) {
        return g_strdup("not set");
    }
    return ht_option_may_be_shown(option, value) ? g_strdup_printf("%.*s", VALUE_MAX, value)
                                                 : g_strdup("not shown");
}

static char *name_section(HtSectionKind kind, const void *record)
{
    const HtSectionTable *table = &ht_section_tables[kind];
    return table->named ? g_strdup_printf("%s %s", table->name, *(char *const *)record)
                        : g_strdup(table->name);
}

/* ---- What needs a restart ---- */

static bool is_written(const HtConfig *config, const char *section, const char *key)
{
    g_autofree char *origin = ht_origin_key(section, key);
    return g_hash_table_contains(config->origins->places, origin);
}

static char *find_place(const HtConfig *config, const char *section, const char *key)
{
    g_autofree char *origin = ht_origin_key(section, key);
    const char *place = g_hash_table_lookup(config->origins->places, origin);
    return g_strdup(place ? place : config->file);
}

/* What only follows from another key is not told. */
static void keep_fixed(HtSectionKind kind, HtConfig *next, void *to, const HtConfig *now, const void *from,
                       GPtrArray *fixed)
{
    const HtSectionTable *table = &ht_section_tables[kind];
    for (const HtOption *option = ht_section_options(table); option->key; option++) {
        g_autofree char *before = ht_option_format(option, from), *after = ht_option_format(option, to);
        if (!ht_option_is_fixed(table, option) || g_strcmp0(before, after) == 0) {
            continue;
        }
        if (is_written(next, table->name, option->key) || is_written(now, table->name, option->key)) {
            g_autofree char *place = find_place(next, table->name, option->key);
            g_ptr_array_add(fixed, g_strdup_printf("%s: [%s] %s", place, table->name, option->key));
        }
        ht_option_copy(option, to, from);
    }
}

void ht_config_keep_fixed(HtConfig *next, const HtConfig *now, GPtrArray *fixed)
{
    keep_fixed(HT_SECTION_BUS, next, &next->bus, now, &now->bus, fixed);
    keep_fixed(HT_SECTION_SPOOL, next, &next->spool, now, &now->spool, fixed);
}

/* ---- What is another ---- */

static void compare_own_options(const HtSourceConfig *before, const HtSourceConfig *after,
                                const char *section, GPtrArray *lines)
{
    g_autoptr(GHashTable) former = g_hash_table_new(g_str_hash, g_str_equal);
    for (unsigned i = 0; i + 1 < before->options->len; i += 2) {
        g_hash_table_insert(former, before->options->pdata[i], before->options->pdata[i + 1]);
    }
    for (unsigned i = 0; i + 1 < after->options->len; i += 2) {
        const char *key = after->options->pdata[i];
        const char *value = g_hash_table_lookup(former, key);
        if (g_strcmp0(value, after->options->pdata[i + 1]) != 0) {
            g_ptr_array_add(lines, g_strdup_printf("[%s] option.%s %s", section, key,
                                                   value ? "has another value" : "is new"));
        }
        g_hash_table_remove(former, key);
    }
    GHashTableIter gone;
    void *key;
    g_hash_table_iter_init(&gone, former);
    while (g_hash_table_iter_next(&gone, &key, NULL)) {
        g_ptr_array_add(lines, g_strdup_printf("[%s] option.%s is gone", section, (char *)key));
    }
}

static void compare_records(HtSectionKind kind, const void *before, const void *after, GPtrArray *lines)
{
    g_autofree char *section = name_section(kind, after);
    for (const HtOption *option = ht_section_options(&ht_section_tables[kind]); option->key; option++) {
        g_autofree char *was = ht_option_format(option, before), *is = ht_option_format(option, after);
        if (g_strcmp0(was, is) != 0) {
            g_autofree char *old = show(option, was), *new = show(option, is);
            g_ptr_array_add(lines, g_strdup_printf("[%s] %s = %s (was: %s)", section, option->key, new, old));
        }
    }
    if (kind == HT_SECTION_SOURCE) {
        compare_own_options(before, after, section, lines);
    }
}

static void *find_record(const GPtrArray *list, const char *name)
{
    for (unsigned i = 0; i < list->len; i++) {
        if (g_str_equal(*(char *const *)list->pdata[i], name)) {
            return list->pdata[i];
        }
    }
    return NULL;
}

static void add_missing(HtSectionKind kind, const GPtrArray *of, const GPtrArray *in, const char *word,
                        GPtrArray *lines)
{
    for (unsigned i = 0; i < of->len; i++) {
        if (!find_record(in, *(char *const *)of->pdata[i])) {
            g_autofree char *section = name_section(kind, of->pdata[i]);
            g_ptr_array_add(lines, g_strdup_printf("[%s] %s", section, word));
        }
    }
}

static void compare_lists(HtSectionKind kind, const GPtrArray *before, const GPtrArray *after,
                          GPtrArray *lines)
{
    add_missing(kind, before, after, "is gone", lines);
    add_missing(kind, after, before, "is new", lines);
    for (unsigned i = 0; i < after->len; i++) {
        const void *former = find_record(before, *(char *const *)after->pdata[i]);
        if (former) {
            compare_records(kind, former, after->pdata[i], lines);
        }
    }
}

GPtrArray *ht_config_compare(const HtConfig *now, const HtConfig *next)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    compare_records(HT_SECTION_BUS, &now->bus, &next->bus, lines);
    compare_records(HT_SECTION_SPOOL, &now->spool, &next->spool, lines);
    compare_lists(HT_SECTION_SOURCE, now->sources, next->sources, lines);
    compare_lists(HT_SECTION_CONSUMER, now->consumers, next->consumers, lines);
    compare_lists(HT_SECTION_ROUTE, now->routes, next->routes, lines);
    compare_lists(HT_SECTION_RETENTION, now->retentions, next->retentions, lines);
    return lines;
}

/* ---- As text ---- */

char *ht_config_section_text(HtSectionKind kind, const void *record, const char *const *but)
{
    GString *text = g_string_new(NULL);
    for (const HtOption *option = ht_section_options(&ht_section_tables[kind]); option->key; option++) {
        g_autofree char *value = ht_option_format(option, record);
        if (value && !(but && g_strv_contains(but, option->key))) {
            g_string_append_printf(text, "%s = %s\n", option->key, value);
        }
    }
    const GPtrArray *own = kind == HT_SECTION_SOURCE ? ((const HtSourceConfig *)record)->options : NULL;
    for (unsigned i = 0; own && i + 1 < own->len; i += 2) {
        g_string_append_printf(text, "option.%s = %s\n", (char *)own->pdata[i], (char *)own->pdata[i + 1]);
    }
    return g_string_free(text, FALSE);
}
