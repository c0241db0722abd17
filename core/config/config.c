/* Loading the configuration: files in order, keys by the option tables, then what holds between sections. Every problem is
 * reported, with file and line. Main thread. */
#include "core/config/config.h"

#include "core/base/event.h"
#include "core/base/private.h"
#include "core/config/calendar.h"
#include "core/config/doors.h"
#include "core/config/ini.h"
#include "spool/repair.h"
#include "core/config/options.h"
#include "core/config/places.h"
#include "core/config/retentions.h"
#include "core/config/suggest.h"
#include "core/config/urlpath.h"

#include <glib/gi18n.h>
#include <string.h>

G_DEFINE_QUARK(ht_config_error, ht_config_error)

typedef struct {
    HtConfig *config;
    GString *errors;
    bool failed;
    bool bus_seen;
} Loader;

static void report(Loader *loader, const char *place, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void report(Loader *loader, const char *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append_printf(loader->errors, _("%s: error: "), place);
    g_string_append_vprintf(loader->errors, format, arguments);
    g_string_append_c(loader->errors, '\n');
    va_end(arguments);
    loader->failed = true;
}

static void warn(const char *place, const char *text, void *loader)
{
    g_string_append_printf(((Loader *)loader)->errors, _("%s: warning: %s\n"), place, text);
}

/* ---- Sections ---- */

static GPtrArray *list_of(HtConfig *config, HtSectionKind kind)
{
    return kind == HT_SECTION_SOURCE     ? config->sources
           : kind == HT_SECTION_CONSUMER ? config->consumers
           : kind == HT_SECTION_ROUTE    ? config->routes
                                         : config->retentions;
}

static void set_defaults(const HtSectionTable *table, void *record)
{
    for (const HtOption *option = ht_section_options(table); option->key; option++) {
        g_autofree char *reason = NULL;
        if (option->fallback && !ht_option_set(option, record, option->fallback, "/", &reason)) {
            g_error("the default of [%s] %s is bad: %s", table->name, option->key, reason);
        }
    }
}

/* Every named record begins with its name. */
static const char *record_name(const void *record)
{
    return *(char *const *)record;
}

static void *find_named(GPtrArray *list, const char *name)
{
    for (unsigned i = 0; i < list->len; i++) {
        if (g_str_equal(record_name(list->pdata[i]), name)) {
            return list->pdata[i];
        }
    }
    return NULL;
}

static void set_place(const HtConfig *config, HtSectionKind kind, void *record, const char *file,
                      unsigned line)
{
    if (kind == HT_SECTION_SOURCE) {
        HtSourceConfig *source = record;
        source->file = g_strdup(file);
        source->line = line;
        source->origins = config->origins;
        source->options = g_ptr_array_new_with_free_func(g_free);
    } else if (kind == HT_SECTION_CONSUMER) {
        HtConsumerConfig *consumer = record;
        consumer->file = g_strdup(file);
        consumer->line = line;
        consumer->origins = config->origins;
    } else if (kind == HT_SECTION_ROUTE) {
        HtRouteConfig *route = record;
        route->file = g_strdup(file);
        route->line = line;
        route->origins = config->origins;
    } else {
        HtRetentionConfig *retention = record;
        retention->file = g_strdup(file);
        retention->line = line;
        retention->origins = config->origins;
    }
}

static void *make_named(HtConfig *config, HtSectionKind kind, const char *name, const char *file,
                        unsigned line)
{
    const HtSectionTable *table = &ht_section_tables[kind];
    void *record = g_malloc0(table->size);
    *(char **)record = g_strdup(name);
    set_defaults(table, record);
    set_place(config, kind, record, file, line);
    g_ptr_array_add(list_of(config, kind), record);
    return record;
}

static bool find_kind(const char *group, HtSectionKind *kind, const char **name)
{
    for (unsigned i = 0; i < HT_SECTIONS; i++) {
        const HtSectionTable *table = &ht_section_tables[i];
        size_t size = strlen(table->name);
        if (g_str_has_prefix(group, table->name) && (group[size] == '\0' || group[size] == ' ')) {
            *kind = (HtSectionKind)i;
            *name = group + size + strspn(group + size, " ");
            return true;
        }
    }
    return false;
}

static void *open_named(Loader *loader, HtSectionKind kind, const char *name, const char *place,
                        const HtIniEntry *entry)
{
    static const HtOption name_option = {.key = "name", .type = HT_OPTION_NAME};
    g_autofree char *reason = NULL, *copy = NULL;
    if (!ht_option_set(&name_option, &copy, name, "/", &reason)) {
        report(loader, place, _("[%s]: the section's name %s"), entry->group, reason);
        return NULL;
    }
    void *record = find_named(list_of(loader->config, kind), name);
    if (record && !entry->key) {
        report(loader, place, _("[%s] is there twice"), entry->group);
        return NULL;
    }
    g_auto(GStrv) at = g_strsplit(place, ":", 2);
    return record ? record : make_named(loader->config, kind, name, at[0], entry->line);
}

/* The record that the entry's section belongs to, made when it is new; NULL after a report. */
static void *open_section(Loader *loader, const HtIniEntry *entry, const char *place, HtSectionKind *kind)
{
    const char *name;
    if (!find_kind(entry->group, kind, &name)) {
        if (!entry->key) {
            report(
                loader, place,
                _("unknown section [%s]; there are [bus], [spool], [source NAME], [consumer NAME], [route NAME], [retention NAME]"),
                entry->group);
        }
        return NULL;
    }
    if (ht_section_tables[*kind].named) {
        return open_named(loader, *kind, name, place, entry);
    }
    if (*name && !entry->key) {
        report(loader, place, _("[%s] takes no name"), ht_section_tables[*kind].name);
    }
    loader->bus_seen |= *kind == HT_SECTION_BUS;
    return *name                     ? NULL
           : *kind == HT_SECTION_BUS ? (void *)&loader->config->bus
                                     : (void *)&loader->config->spool;
}

/* ---- Keys ---- */

static bool note_origin(Loader *loader, const HtIniEntry *entry, const char *place)
{
    GHashTable *places = loader->config->origins->places;
    g_autofree char *key = ht_origin_key(entry->group, entry->key);
    const char *before = g_hash_table_lookup(places, key);
    if (before) {
        report(loader, place, _("[%s] %s is already set at %s"), entry->group, entry->key, before);
        return false;
    }
    g_hash_table_insert(places, g_steal_pointer(&key), g_strdup(place));
    return true;
}

/* The section whose key `key` is; NULL where no section has it. */
static const HtSectionTable *find_owner(const char *key)
{
    for (unsigned i = 0; i < HT_SECTIONS; i++) {
        if (ht_option_find(&ht_section_tables[i], key)) {
            return &ht_section_tables[i];
        }
    }
    return NULL;
}

static void report_unknown(Loader *loader, const HtSectionTable *table, const HtIniEntry *entry,
                           const char *place)
{
    const HtSectionTable *owner = find_owner(entry->key);
    const HtOption *near = ht_option_near(table, entry->key);
    if (owner) {
        g_autofree char *section = g_strconcat(owner->name, owner->named ? " NAME" : "", NULL);
        report(loader, place, _("unknown key '%s' in [%s]; it is a key of [%s]"), entry->key, entry->group,
               section);
    } else if (near) {
        report(loader, place, _("unknown key '%s' in [%s]; did you mean '%s'?"), entry->key, entry->group,
               near->key);
    } else {
        report(loader, place, _("unknown key '%s' in [%s]"), entry->key, entry->group);
    }
}

static void add_adapter_option(HtSourceConfig *source, const HtIniEntry *entry)
{
    g_ptr_array_add(source->options, g_strdup(entry->key + strlen("option.")));
    g_ptr_array_add(source->options, g_strdup(entry->value));
}

static void set_key(Loader *loader, HtSectionKind kind, void *record, const HtIniEntry *entry,
                    const char *place)
{
    const HtSectionTable *table = &ht_section_tables[kind];
    const HtOption *option = ht_option_find(table, entry->key);
    if (!option && kind == HT_SECTION_SOURCE && g_str_has_prefix(entry->key, "option.")) {
        add_adapter_option(record, entry);
        return;
    }
    if (!option) {
        report_unknown(loader, table, entry, place);
        return;
    }
    g_autofree char *file = g_strndup(place, (gsize)(strrchr(place, ':') - place));
    g_autofree char *folder = g_path_get_dirname(file);
    g_autofree char *reason = NULL;
    if (note_origin(loader, entry, place) && !ht_option_set(option, record, entry->value, folder, &reason)) {
        report(loader, place, _("[%s] %s: %s"), entry->group, entry->key, reason);
    }
}

/* Who writes it decides who sends, who reads and what runs. */
static void check_is_ours(Loader *loader, const char *path)
{
    g_autoptr(GError) error = NULL;
    if (!ht_private_look(path, HT_PRIVATE_OBEYED, &error)) {
        report(loader, path, "%s", error->message);
    }
}

/* False when the file cannot be read at all. */
static bool load_file(Loader *loader, const char *path)
{
    gsize before = loader->errors->len;
    g_autoptr(HtIniFile) file = ht_ini_read(path, loader->errors);
    loader->failed |= loader->errors->len > before;
    if (file) {
        check_is_ours(loader, path);
    }
    for (unsigned i = 0; file && i < file->entries->len; i++) {
        const HtIniEntry *entry = file->entries->pdata[i];
        g_autofree char *place = g_strdup_printf("%s:%u", path, entry->line);
        HtSectionKind kind;
        void *record = open_section(loader, entry, place, &kind);
        if (record && entry->key) {
            set_key(loader, kind, record, entry, place);
        }
    }
    return file != NULL;
}

static void load_folder(Loader *loader, const char *main_file)
{
    g_autofree char *folder = g_path_get_dirname(main_file);
    g_autofree char *path = g_build_filename(folder, "conf.d", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(path, 0, &error);
    if (!dir && !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        report(loader, path, "%s", error->message);
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        if (g_str_has_suffix(name, ".conf") && name[0] != '.') {
            g_ptr_array_add(names, g_build_filename(path, name, NULL));
        }
    }
    g_ptr_array_sort(names, ht_compare_strings);
    for (unsigned i = 0; i < names->len; i++) {
        load_file(loader, names->pdata[i]);
    }
}

/* ---- What holds between keys and sections ---- */

/* A key that is there with a bad value was told at its own line. */
static void check_required(Loader *loader, HtSectionKind kind, const void *record, const char *place)
{
    const HtSectionTable *table = &ht_section_tables[kind];
    g_autofree char *group =
        table->named ? g_strdup_printf("%s %s", table->name, record_name(record)) : g_strdup(table->name);
    for (const HtOption *option = ht_section_options(table); option->key; option++) {
        g_autofree char *key = ht_origin_key(group, option->key);
        g_autofree char *value = ht_option_format(option, record);
        if (option->required && !value && !g_hash_table_contains(loader->config->origins->places, key)) {
            g_autofree char *expected = ht_option_expects(option);
            report(loader, place, _("[%s] lacks '%s' (%s)"), group, option->key, expected);
        }
    }
}

/* `key` is "[route all] to". */
static void check_names(Loader *loader, const char *place, const char *key, char **names, GPtrArray *known)
{
    const char *kind = known == loader->config->sources ? "source" : "consumer";
    for (char **name = names; name && *name; name++) {
        const char *near = ht_suggest_record(*name, known);
        if (g_str_equal(*name, "*")) {
            report(loader, place,
                   _("%s: '*' is no name: leave `from` out for all sources; `to` names each consumer"), key);
        } else if (!find_named(known, *name) && near) {
            report(loader, place, _("%s: there is no %s '%s'; did you mean '%s'?"), key, kind, *name, near);
        } else if (!find_named(known, *name)) {
            report(loader, place, _("%s: there is no %s '%s'"), key, kind, *name);
        }
    }
}

static void check_divisions(Loader *loader, const HtRouteConfig *route)
{
    g_autofree char *place = ht_route_place(route, "divisions");
    for (char **division = route->divisions; division && *division; division++) {
        size_t digits = strspn(*division, "0123456789");
        bool star = (*division)[digits] == '*' && (*division)[digits + 1] == '\0';
        if (digits > 14 || !((*division)[digits] == '\0' || star)) {
            report(loader, place,
                   _("[route %s] divisions: '%s' is not a prefix of a division code, such as 440104*"),
                   route->name, *division);
        }
    }
}

static bool is_routed(const HtConfig *config, const char *consumer)
{
    for (unsigned i = 0; i < config->routes->len; i++) {
        const HtRouteConfig *route = config->routes->pdata[i];
        if (route->to && g_strv_contains((const char *const *)route->to, consumer)) {
            return true;
        }
    }
    return false;
}

/* What one way out cannot do without, and the others have no use for. */
static void check_way(Loader *loader, const HtConsumerConfig *consumer, const char *place)
{
    static const char *const needs[][2] = {{"url", "webhook"}, {"directory", "file"}};
    g_autofree char *group = g_strconcat("consumer ", consumer->name, NULL);
    for (unsigned i = 0; consumer->type && i < G_N_ELEMENTS(needs); i++) {
        g_autofree char *key = ht_origin_key(group, needs[i][0]);
        const char *there = g_hash_table_lookup(loader->config->origins->places, key);
        bool needed = g_str_equal(consumer->type, needs[i][1]);
        if (needed && !there) {
            const HtOption *option = ht_option_find(&ht_section_tables[HT_SECTION_CONSUMER], needs[i][0]);
            g_autofree char *expected = ht_option_expects(option);
            report(loader, place, _("[%s] lacks '%s' (%s), which type = %s needs"), group, needs[i][0],
                   expected, consumer->type);
        } else if (!needed && there) {
            report(loader, there, _("[%s] %s: only type = %s has it, and this is type = %s"), group,
                   needs[i][0], needs[i][1], consumer->type);
        }
    }
}

static void check_consumer(Loader *loader, const HtConsumerConfig *consumer, const char *place)
{
    check_way(loader, consumer, place);
    if (consumer->retry_first_ms > consumer->retry_max_ms) {
        g_autofree char *key = ht_consumer_place(consumer, "retry-first");
        report(loader, key, _("[consumer %s]: retry-first is longer than retry-max"), consumer->name);
    }
    if (g_str_equal(consumer->order, "strict") && consumer->attempts > 0) {
        report(
            loader, place,
            _("[consumer %s]: attempts makes dead letters of what fails, order = strict waits for it: one of them"),
            consumer->name);
    }
    if (!consumer->purpose && (consumer->clearance > 0 || consumer->allow)) {
        warn(
            place,
            _("this consumer has no purpose, so it sees no personal data whatever its clearance and allow say"),
            loader);
    }
    if (consumer->purpose && !consumer->purpose_until) {
        g_autofree char *key = ht_consumer_place(consumer, "purpose");
        report(
            loader, key,
            _("[consumer %s]: a purpose holds until a day that is known: write purpose-until = YYYY-MM-DD"),
            consumer->name);
    }
    if (!is_routed(loader->config, consumer->name)) {
        warn(place, _("no route leads to this consumer"), loader);
    }
}

/* `owners` has each path and the source that it leads to. */
static void check_paths(Loader *loader, const HtSourceConfig *source, GHashTable *owners)
{
    g_autofree char *place = ht_source_place(source, "paths");
    for (char **path = source->paths; path && *path; path++) {
        const char *reason;
        const char *owner = g_hash_table_lookup(owners, *path);
        if (!ht_url_path_may_serve(*path, &reason)) {
            report(loader, place, _("[source %s] paths: '%s' %s"), source->name, *path, reason);
        } else if (owner) {
            report(loader, place, _("[source %s] paths: '%s' already leads to source '%s'"), source->name,
                   *path, owner);
        } else {
            g_hash_table_insert(owners, *path, source->name);
        }
    }
}

static void check_retention(Loader *loader, const HtRetentionConfig *retention)
{
    g_autofree char *from = ht_retention_place(retention, "from");
    g_autofree char *key = g_strdup_printf("[retention %s] from", retention->name);
    check_names(loader, from, key, retention->from, loader->config->sources);
}

static void report_text(const char *place, const char *text, void *loader)
{
    report(loader, place, "%s", text);
}

/* Its lines are told at their own places. */
static void check_calendar(Loader *loader, const char *path)
{
    gsize before = loader->errors->len;
    g_autoptr(HtCalendar) calendar = ht_calendar_load(path, loader->errors);
    loader->failed |= loader->errors->len > before;
}

static void check_sections(Loader *loader)
{
    HtConfig *config = loader->config;
    const HtConfigReport report_doors = {report_text, loader};
    g_autofree char *listen = ht_bus_place(config, "listen");
    ht_config_check_doors(config, listen, &report_doors);
    check_calendar(loader, config->bus.calendar);
    check_required(loader, HT_SECTION_BUS, &config->bus, config->file);
    if (config->spool.limits.page_bytes & (config->spool.limits.page_bytes - 1)) {
        report(loader, config->file, _("[spool] page is not a power of two"));
    }
    g_autoptr(GHashTable) paths = g_hash_table_new(g_str_hash, g_str_equal);
    for (unsigned i = 0; i < config->sources->len; i++) {
        const HtSourceConfig *source = config->sources->pdata[i];
        g_autofree char *place = g_strdup_printf("%s:%u", source->file, source->line);
        check_paths(loader, source, paths);
        check_required(loader, HT_SECTION_SOURCE, source, place);
        if (g_str_equal(source->name, HT_SPOOL_OWN_SOURCE)) {
            report(loader, place, _("[source %s]: the bus's own events have that name"), source->name);
        }
    }
    for (unsigned i = 0; i < config->consumers->len; i++) {
        const HtConsumerConfig *consumer = config->consumers->pdata[i];
        g_autofree char *place = g_strdup_printf("%s:%u", consumer->file, consumer->line);
        check_required(loader, HT_SECTION_CONSUMER, consumer, place);
        check_consumer(loader, consumer, place);
    }
    for (unsigned i = 0; i < config->routes->len; i++) {
        const HtRouteConfig *route = config->routes->pdata[i];
        g_autofree char *place = g_strdup_printf("%s:%u", route->file, route->line);
        check_required(loader, HT_SECTION_ROUTE, route, place);
        g_autofree char *from = ht_route_place(route, "from"), *to = ht_route_place(route, "to");
        g_autofree char *from_key = g_strdup_printf("[route %s] from", route->name);
        g_autofree char *to_key = g_strdup_printf("[route %s] to", route->name);
        check_names(loader, from, from_key, route->from, config->sources);
        check_names(loader, to, to_key, route->to, config->consumers);
        check_divisions(loader, route);
    }
    for (unsigned i = 0; i < config->retentions->len; i++) {
        check_retention(loader, config->retentions->pdata[i]);
    }
    ht_retentions_check(config, report_text, warn, loader);
}

/* ---- The whole ---- */

static HtConfig *make_config(const char *file)
{
    HtConfig *config = g_new0(HtConfig, 1);
    config->file = g_canonicalize_filename(file, NULL);
    config->sources = g_ptr_array_new();
    config->consumers = g_ptr_array_new();
    config->routes = g_ptr_array_new();
    config->retentions = g_ptr_array_new();
    config->origins = g_new0(struct HtOrigins, 1);
    config->origins->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    set_defaults(&ht_section_tables[HT_SECTION_BUS], &config->bus);
    set_defaults(&ht_section_tables[HT_SECTION_SPOOL], &config->spool);
    return config;
}

/* Defaults that are paths mean the folder of the configuration, and the key file lies in the state directory. */
static void settle_paths(HtConfig *config)
{
    g_autofree char *folder = g_path_get_dirname(config->file);
    char **const fields[] = {&config->bus.admin, &config->bus.state};
    static const char *const keys[] = {"bus\nadmin", "bus\nstate"};
    static const char *const defaults[] = {"run/admin.sock", "state"};
    for (unsigned i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (!g_hash_table_contains(config->origins->places, keys[i])) {
            g_free(*fields[i]);
            *fields[i] = g_build_filename(folder, defaults[i], NULL);
        }
    }
    if (!config->spool.archive) {
        config->spool.archive = g_build_filename(config->bus.state, "archive", NULL);
    }
    if (!config->bus.site_key_file) {
        config->bus.site_key_file = g_build_filename(config->bus.state, "site.key", NULL);
    }
}

#define URL_MAX (HT_EVENT_SCHEMA_URL_MAX - (int)sizeof "/schema/")

/* What goes into events as it stands, with a name behind it. */
static bool is_folder_url(const char *url)
{
    for (const char *at = url; *at; at++) {
        if (at - url >= URL_MAX || !g_ascii_isgraph(*at) || strchr("\"\\<>?#", *at)) {
            return false;
        }
    }
    return true;
}

static void settle_schema_url(Loader *loader)
{
    HtBusConfig *bus = &loader->config->bus;
    const char *key = bus->schema_url ? "bus\nschema-url" : "bus\npublic-url";
    const char *given = bus->schema_url ? bus->schema_url : bus->public_url;
    if (!given) {
        return;
    }
    if (!is_folder_url(given)) {
        report(
            loader, g_hash_table_lookup(loader->config->origins->places, key),
            "[bus] %s: an address of at most %d bytes without query, fragment and characters outside of ASCII is needed",
            strchr(key, '\n') + 1, URL_MAX);
        return;
    }
    const char *slash = g_str_has_suffix(given, "/") ? "" : "/";
    char *url = g_strconcat(given, slash, bus->schema_url ? "" : "schema/", NULL);
    g_free(bus->schema_url);
    bus->schema_url = url;
}

HtConfig *ht_config_read(const char *file, GString *errors, bool *sound)
{
    Loader loader = {.config = make_config(file), .errors = errors};
    if (load_file(&loader, loader.config->file)) {
        load_folder(&loader, loader.config->file);
        settle_paths(loader.config);
        settle_schema_url(&loader);
        check_sections(&loader);
        *sound = !loader.failed;
        return loader.config;
    }
    *sound = false;
    ht_config_free(loader.config);
    return NULL;
}

HtConfig *ht_config_load(const char *file, GString *errors)
{
    bool sound;
    HtConfig *config = ht_config_read(file, errors, &sound);
    if (config && !sound) {
        ht_config_free(config);
        return NULL;
    }
    return config;
}

static void free_records(HtSectionKind kind, GPtrArray *records)
{
    for (unsigned i = 0; i < records->len; i++) {
        void *record = records->pdata[i];
        if (kind == HT_SECTION_SOURCE) {
            g_ptr_array_unref(((HtSourceConfig *)record)->options);
            g_free(((HtSourceConfig *)record)->file);
        } else {
            g_free(kind == HT_SECTION_CONSUMER ? ((HtConsumerConfig *)record)->file
                   : kind == HT_SECTION_ROUTE  ? ((HtRouteConfig *)record)->file
                                               : ((HtRetentionConfig *)record)->file);
        }
        ht_option_clear(&ht_section_tables[kind], record);
        g_free(*(char **)record);
        g_free(record);
    }
    g_ptr_array_unref(records);
}

HtConfig *ht_config_hold(const HtConfig *config)
{
    HtConfig *held = (HtConfig *)config;
    g_atomic_int_inc(&held->holders);
    return held;
}

void ht_config_free(HtConfig *config)
{
    if (g_atomic_int_add(&config->holders, -1) > 0) {
        return;
    }
    ht_option_clear(&ht_section_tables[HT_SECTION_BUS], &config->bus);
    ht_option_clear(&ht_section_tables[HT_SECTION_SPOOL], &config->spool);
    free_records(HT_SECTION_SOURCE, config->sources);
    free_records(HT_SECTION_CONSUMER, config->consumers);
    free_records(HT_SECTION_ROUTE, config->routes);
    free_records(HT_SECTION_RETENTION, config->retentions);
    g_hash_table_unref(config->origins->places);
    g_free(config->origins);
    g_free(config->file);
    g_free(config);
}

const HtSourceConfig *ht_config_source(const HtConfig *config, const char *name)
{
    return find_named(config->sources, name);
}

const HtConsumerConfig *ht_config_consumer(const HtConfig *config, const char *name)
{
    return find_named(config->consumers, name);
}

/* ---- Showing it ---- */

static void print_record(const HtConfig *config, HtSectionKind kind, const void *record, GString *text)
{
    const HtSectionTable *table = &ht_section_tables[kind];
    g_autofree char *group =
        table->named ? g_strdup_printf("%s %s", table->name, record_name(record)) : g_strdup(table->name);
    g_string_append_printf(text, "[%s]\n", group);
    for (const HtOption *option = ht_section_options(table); option->key; option++) {
        g_autofree char *value = ht_option_format(option, record);
        g_autofree char *key = ht_origin_key(group, option->key);
        const char *place = g_hash_table_lookup(config->origins->places, key);
        if (value) {
            g_string_append_printf(text, "# %s\n%s = %s\n", place ? place : "default", option->key, value);
        }
    }
    const HtSourceConfig *source = kind == HT_SECTION_SOURCE ? record : NULL;
    for (unsigned i = 0; source && i + 1 < source->options->len; i += 2) {
        g_string_append_printf(text, "option.%s = %s\n", (char *)source->options->pdata[i],
                               (char *)source->options->pdata[i + 1]);
    }
    g_string_append_c(text, '\n');
}

void ht_config_print(const HtConfig *config, GString *text)
{
    print_record(config, HT_SECTION_BUS, &config->bus, text);
    print_record(config, HT_SECTION_SPOOL, &config->spool, text);
    GPtrArray *const lists[] = {config->sources, config->consumers, config->routes, config->retentions};
    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (unsigned j = 0; j < lists[i]->len; j++) {
            print_record(config, (HtSectionKind)(HT_SECTION_SOURCE + i), lists[i]->pdata[j], text);
        }
    }
}

HtSpoolSealing ht_config_sealing(const HtConfig *config)
{
    static const struct {
        const char *word;
        HtSpoolCipher cipher;
    } ciphers[] = {{"aes-256-gcm", HT_SPOOL_CIPHER_AES_256_GCM},
                   {"sm4-ctr-hmac-sm3", HT_SPOOL_CIPHER_SM4_SM3}};
    const HtSpoolConfig *spool = &config->spool;
    HtSpoolSealing sealing = {.master_files = spool->master_files, .period_ms = spool->key_period_ms};
    for (unsigned i = 0; i < G_N_ELEMENTS(ciphers); i++) {
        if (g_str_equal(spool->encryption, ciphers[i].word)) {
            sealing.cipher = ciphers[i].cipher;
        }
    }
    return sealing;
}
