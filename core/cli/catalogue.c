/* `hutong catalogue`: the directory of what passes, from the configuration in force: for each source and event type that its mapping makes
 * the core metadata of GB/T 21063.3, and who gets it for what purpose. JSON, or Markdown in Chinese. It is made each time, and so cannot be
 * out of date. Command, main thread. */
#include "core/cli/cli.h"

#include "core/cli/retell.h"
#include "core/delivery/route.h"
#include "core/source/host.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const HtConfig *config;
    const HtDictionary *dictionary;
    JsonArray *entries;
} Directory;

/* ---- What a mapping makes ---- */

static void take_start(GMarkupParseContext *context, const char *name, const char **names,
                       const char **values, void *user, GError **error)
{
    GPtrArray *types = user;
    (void)context;
    (void)error;
    for (unsigned i = 0; strcmp(name, "event") == 0 && names[i]; i++) {
        bool is_new = strcmp(names[i], "type") == 0 &&
                      !g_ptr_array_find_with_equal_func(types, values[i], g_str_equal, NULL);
        if (is_new) {
            g_ptr_array_add(types, g_strdup(values[i]));
        }
    }
}

/* Types by name, in the file's order. NULL when it cannot be read. transfer full. */
static GPtrArray *list_types(const char *mapping, GError **error)
{
    static const GMarkupParser parser = {.start_element = take_start};
    g_autoptr(GPtrArray) types = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = NULL;
    gsize size;
    if (!g_file_get_contents(mapping, &text, &size, error)) {
        return NULL;
    }
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, types, NULL);
    bool good = g_markup_parse_context_parse(context, text, (gssize)size, error) &&
                g_markup_parse_context_end_parse(context, error);
    return good ? g_steal_pointer(&types) : NULL;
}

/* ---- One entry ---- */

static bool passes(const HtRouteConfig *route, const HtSourceConfig *source, const HtEventType *type)
{
    bool from = !route->from || g_strv_contains((const char *const *)route->from, source->name);
    return from && ht_route_reaches(route, type);
}

static JsonObject *describe_receiver(const HtConsumerConfig *consumer, const HtRouteConfig *route)
{
    JsonObject *object = json_object_new();
    g_autofree char *divisions = route->divisions ? g_strjoinv(" ", route->divisions) : NULL;
    json_object_set_string_member(object, "使用方", consumer->name);
    json_object_set_string_member(object, "用途", consumer->purpose ? consumer->purpose : "未说明");
    json_object_set_string_member(object, "用途截止",
                                  consumer->purpose_until ? consumer->purpose_until : "未说明");
    json_object_set_int_member(object, "可见级别", (gint64)consumer->clearance);
    json_object_set_string_member(object, "区划范围", divisions ? divisions : "全部");
    return object;
}

static JsonArray *list_receivers(const Directory *directory, const HtSourceConfig *source,
                                 const HtEventType *type)
{
    JsonArray *receivers = json_array_new();
    for (unsigned i = 0; i < directory->config->routes->len; i++) {
        const HtRouteConfig *route = directory->config->routes->pdata[i];
        for (unsigned j = 0; route->to[j] && passes(route, source, type); j++) {
            const HtConsumerConfig *consumer = ht_config_consumer(directory->config, route->to[j]);
            if (consumer) {
                json_array_add_object_element(receivers, describe_receiver(consumer, route));
            }
        }
    }
    return receivers;
}

/* The groups' names, with the greatest sensitivity of what they hold. The caller frees. */
static char *describe_groups(const Directory *directory, const HtEventType *type, unsigned *sensitivity)
{
    g_autoptr(GString) words = g_string_new(NULL);
    *sensitivity = 0;
    for (unsigned i = 0; type->groups[i]; i++) {
        const HtElement *element =
            ht_dictionary_find_group(directory->dictionary, type->groups[i], strlen(type->groups[i]));
        const char *group = element ? element->group : NULL;
        g_string_append_printf(words, "%s%s", words->len > 0 ? "、" : "", element ? element->group_zh : "");
        for (; element && element->group == group;
             element = ht_dictionary_element(directory->dictionary, element->index + 1)) {
            *sensitivity = MAX(*sensitivity, element->sensitivity);
        }
    }
    return g_string_free(g_steal_pointer(&words), FALSE);
}

static const char *name_direction(const char *direction)
{
    return strcmp(direction, "return") == 0    ? "部门数据返还基层"
           : strcmp(direction, "report") == 0  ? "基层上报"
           : strcmp(direction, "lateral") == 0 ? "部门之间共享"
                                               : "查询";
}

/* What nobody knows is left out: an empty member would look like an answer. */
static void set(JsonObject *object, const char *name, const char *value)
{
    if (value && *value) {
        json_object_set_string_member(object, name, value);
    }
}

/* ---- By which way, and since when ---- */

static void add_way(GString *ways, const HtConsumerConfig *consumer)
{
    const char *type = consumer->type;
    g_autofree char *way = strcmp(type, "pull") == 0 ? g_strdup_printf("拉取（/out/%s）", consumer->name)
                           : strcmp(type, "file") == 0 ? g_strdup("文件")
                                                       : g_strdup("推送（webhook）");
    g_auto(GStrv) known = g_strsplit(ways->str, "、", -1);
    if (!g_strv_contains((const char *const *)known, way)) {
        g_string_append_printf(ways, "%s%s", ways->len > 0 ? "、" : "", way);
    }
}

/* How those that a route leads to get it; empty when there are none. The caller frees. */
static char *describe_service(const Directory *directory, const HtSourceConfig *source,
                              const HtEventType *type)
{
    g_autoptr(GString) ways = g_string_new(NULL);
    for (unsigned i = 0; i < directory->config->routes->len; i++) {
        const HtRouteConfig *route = directory->config->routes->pdata[i];
        for (unsigned j = 0; route->to[j] && passes(route, source, type); j++) {
            const HtConsumerConfig *consumer = ht_config_consumer(directory->config, route->to[j]);
            if (consumer) {
                add_way(ways, consumer);
            }
        }
    }
    return g_string_free(g_steal_pointer(&ways), FALSE);
}

#define CHINA_OFFSET_S (8 * 3600)

/* The day on which what the entry is made of was changed last: the configuration, the source's section, the mapping. NULL: nobody knows.
 * The caller frees. */
static char *find_updated(const Directory *directory, const HtSourceConfig *source, const char *mapping)
{
    const char *const files[] = {directory->config->file, source->file, mapping};
    gint64 latest = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        GStatBuf status;
        if (files[i] && g_stat(files[i], &status) == 0) {
            latest = MAX(latest, (gint64)status.st_mtime);
        }
    }
    g_autoptr(GDateTime) day = latest > 0 ? g_date_time_new_from_unix_utc(latest + CHINA_OFFSET_S) : NULL;
    return day ? g_date_time_format(day, "%Y-%m-%d") : NULL;
}

/* The twelve core metadata in the standard's order, the six that must be there first; then what the bus knows beside them. */
static JsonObject *describe(const Directory *directory, const HtSourceConfig *source, const HtEventType *type,
                            const char *updated)
{
    const HtBusConfig *bus = &directory->config->bus;
    unsigned sensitivity;
    JsonObject *object = json_object_new();
    g_autofree char *groups = describe_groups(directory, type, &sensitivity);
    g_autofree char *event = g_strdup_printf("%s.v%u", type->name, type->version);
    g_autofree char *identifier = g_strdup_printf("%s/%s", source->name, event);
    g_autofree char *metadata = g_strdup_printf("%s/%s", bus->name, identifier);
    g_autofree char *schema = bus->schema_url ? g_strdup_printf("%s%s.json", bus->schema_url, event) : NULL;
    g_autofree char *summary =
        g_strdup_printf("来源系统 %s 的事件“%s”，内容：%s。", source->name, type->zh, groups);
    g_autofree char *service = describe_service(directory, source, type);
    set(object, "信息资源名称", type->zh);
    set(object, "信息资源摘要", summary);
    set(object, "信息资源提供方", source->department);
    set(object, "信息资源分类", name_direction(type->direction));
    set(object, "信息资源标识符", identifier);
    set(object, "元数据标识符", metadata);
    set(object, "信息资源出版日期", source->published);
    set(object, "关键字说明", groups);
    set(object, "服务信息", service);
    set(object, "在线资源链接地址", schema);
    set(object, "元数据维护方", bus->name);
    set(object, "元数据更新日期", updated);
    json_object_set_int_member(object, "敏感级别", sensitivity);
    set(object, "区划", source->division);
    json_object_set_array_member(object, "共享", list_receivers(directory, source, type));
    return object;
}

static bool add_source(const Directory *directory, const HtSourceConfig *source)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *mapping = ht_source_mapping(directory->config, source);
    g_autoptr(GPtrArray) types = list_types(mapping, &error);
    if (!types) {
        fprintf(stderr, "%s:%u: error: [source %s] %s: %s\n", source->file, source->line, source->name,
                mapping, error->message);
        return false;
    }
    g_autofree char *updated = find_updated(directory, source, mapping);
    for (unsigned i = 0; i < types->len; i++) {
        const char *name = types->pdata[i];
        const HtEventType *type = ht_dictionary_find_event_type(directory->dictionary, name, strlen(name));
        if (type) {
            json_array_add_object_element(directory->entries, describe(directory, source, type, updated));
        } else { /* a parameter of a definition, or what `hutong check` tells */
            fprintf(stderr, _("%s: warning: event type \"%s\" is left out: it is not in the dictionary\n"),
                    mapping, name);
        }
    }
    return true;
}

/* ---- Writing ---- */

/* A cell's own bars and line breaks would be the table's. */
static void print_cell(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == '|') {
            fputs("\\|", stdout);
        } else {
            putchar(*at == '\n' ? ' ' : *at);
        }
    }
}

static void print_entry(JsonObject *entry)
{
    g_autoptr(GList) names = json_object_get_members(entry);
    printf("\n## %s（%s）\n\n| 元数据 | 值 |\n|---|---|\n",
           json_object_get_string_member(entry, "信息资源名称"),
           json_object_get_string_member(entry, "信息资源标识符"));
    for (GList *name = names; name; name = name->next) {
        JsonNode *value = json_object_get_member(entry, name->data);
        g_autofree char *text =
            JSON_NODE_HOLDS_VALUE(value) && json_node_get_value_type(value) == G_TYPE_INT64
                ? json_to_string(value, FALSE)
                : g_strdup(JSON_NODE_HOLDS_VALUE(value) ? json_node_get_string(value) : NULL);
        if (text) {
            printf("| %s | ", (const char *)name->data);
            print_cell(text);
            puts(" |");
        }
    }
    JsonArray *receivers = json_object_get_array_member(entry, "共享");
    puts(json_array_get_length(receivers) > 0
             ? "\n| 使用方 | 用途 | 用途截止 | 可见级别 | 区划范围 |\n|---|---|---|---|---|"
             : "\n没有使用方。");
    for (unsigned i = 0; i < json_array_get_length(receivers); i++) {
        JsonObject *receiver = json_array_get_object_element(receivers, i);
        printf("| ");
        print_cell(json_object_get_string_member(receiver, "使用方"));
        printf(" | ");
        print_cell(json_object_get_string_member(receiver, "用途"));
        printf(" | %s | %" G_GINT64_FORMAT " | %s |\n", json_object_get_string_member(receiver, "用途截止"),
               json_object_get_int_member(receiver, "可见级别"),
               json_object_get_string_member(receiver, "区划范围"));
    }
}

static void print_all(const Directory *directory, bool as_json)
{
    if (as_json) {
        g_autoptr(JsonNode) node = json_node_init_array(json_node_alloc(), directory->entries);
        g_autofree char *text = json_to_string(node, TRUE);
        puts(text);
        return;
    }
    printf("# 政务信息资源目录：%s\n\n由 `hutong catalogue` 按现行配置生成；元数据依据 GB/T 21063.3—2007。\n",
           directory->config->bus.name);
    for (unsigned i = 0; i < json_array_get_length(directory->entries); i++) {
        print_entry(json_array_get_object_element(directory->entries, i));
    }
}

int ht_cli_catalogue(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, N_("As JSON, not as Markdown"), NULL},
        G_OPTION_ENTRY_NULL};
    g_autofree char *file = NULL;
    if (!ht_cli_options(
            &argc, &argv,
            N_("The directory of what passes, in Chinese, from the configuration in force: each source's event types\n"
               "with the core metadata of GB/T 21063.3, and who gets them for what purpose."),
            entries, &file)) {
        return HT_EXIT_USAGE;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(HtConfig) config = ht_cli_load(file);
    g_autoptr(HtDictionary) dictionary = config ? ht_source_dictionary(config, &error) : NULL;
    g_autoptr(JsonArray) list = json_array_new();
    const Directory directory = {config, dictionary, list};
    if (!dictionary) {
        if (error) {
            ht_cli_complain(error->message);
        }
        return HT_EXIT_CONFIG;
    }
    bool good = true;
    for (unsigned i = 0; i < config->sources->len; i++) {
        good = add_source(&directory, config->sources->pdata[i]) && good;
    }
    print_all(&directory, as_json);
    return good ? HT_EXIT_OK : HT_EXIT_FAILED;
}
