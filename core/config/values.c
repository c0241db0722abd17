/* Reading and writing the values of options, by type. Main thread, at start. */
#include "core/config/options.h"

#include "core/config/network.h"
#include "core/config/urlpath.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *suffix;
    uint64_t factor;
} Unit;

static const Unit size_units[] = {
    {"G", UINT64_C(1) << 30}, {"M", UINT64_C(1) << 20}, {"K", UINT64_C(1) << 10}, {"", 1}, {0}};
static const Unit time_units[] = {{"h", 3600000}, {"min", 60000}, {"ms", 1}, {"s", 1000}, {0}};
static const Unit plain_units[] = {{"", 1}, {0}};

static const Unit *units_of(HtOptionType type)
{
    return type == HT_OPTION_SIZE ? size_units : type == HT_OPTION_TIME ? time_units : plain_units;
}

static bool is_list(HtOptionType type)
{
    return type == HT_OPTION_LIST || type == HT_OPTION_NETWORKS || type == HT_OPTION_URL_PATHS;
}

static bool is_numeric(HtOptionType type)
{
    return type == HT_OPTION_NUMBER || type == HT_OPTION_SIZE || type == HT_OPTION_TIME;
}

/* "16M" → 16777216. A time without a unit is refused, except 0: a bare 30 could be anything. */
static bool parse_number(const char *text, const Unit *units, uint64_t *number)
{
    char *end;
    if (!g_ascii_isdigit(*text)) {
        return false;
    }
    uint64_t value = g_ascii_strtoull(text, &end, 10);
    if (value == 0 && *end == '\0') {
        *number = 0;
        return true;
    }
    for (; units->suffix; units++) {
        if (g_ascii_strcasecmp(end, units->suffix) == 0) {
            *number = value * units->factor;
            return value <= UINT64_MAX / units->factor && value < (UINT64_C(1) << 53);
        }
    }
    return false;
}

static char *format_number(uint64_t number, const Unit *units)
{
    for (; units[1].suffix; units++) {
        if (number >= units->factor && number % units->factor == 0 &&
            (units->factor > 1 || !units[1].suffix)) {
            break;
        }
    }
    if (number == 0) {
        return g_strdup("0");
    }
    if (number % units->factor != 0) {
        return g_strdup_printf("%" G_GUINT64_FORMAT "ms", number);
    }
    return g_strdup_printf("%" G_GUINT64_FORMAT "%s", number / units->factor, units->suffix);
}

char *ht_option_expects(const HtOption *option)
{
    static const char *const kinds[] = {
        [HT_OPTION_STRING] = "text",
        [HT_OPTION_NAME] = "a name of lower-case letters, digits and hyphens",
        [HT_OPTION_PATH] = "a path",
        [HT_OPTION_FILE] = "a file name or path",
        [HT_OPTION_ADDRESS] = "an address such as 127.0.0.1:8080",
        [HT_OPTION_URL] = "an http:// or https:// address",
        [HT_OPTION_DIVISION] = "a division code of 6, 9 or 12 digits",
        [HT_OPTION_LIST] = "a list separated by ;",
        [HT_OPTION_NETWORKS] = "a list of addresses and networks such as 10.1.0.0/16;192.0.2.7;fd00::/8",
        [HT_OPTION_URL_PATHS] = "a list of paths such as /services/CSDJService;/ws/marry.asmx",
        [HT_OPTION_NUMBER] = "a number",
        [HT_OPTION_SIZE] = "a size such as 16M",
        [HT_OPTION_TIME] = "a time such as 500ms, 10s, 5min",
    };
    if (option->type == HT_OPTION_WORD) {
        g_auto(GStrv) words = g_strsplit(option->words, "|", -1);
        g_autofree char *joined = g_strjoinv(", ", words);
        return words[1] ? g_strdup_printf("one of %s", joined) : g_strdup_printf("the word %s", joined);
    }
    if (!is_numeric(option->type)) {
        return g_strdup(kinds[option->type]);
    }
    g_autofree char *low = format_number(option->min, units_of(option->type));
    g_autofree char *high = format_number(option->max, units_of(option->type));
    return g_strdup_printf("%s, %s to %s", kinds[option->type], low, high);
}

static bool is_name(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (!g_ascii_islower(*at) && !g_ascii_isdigit(*at) && *at != '-') {
            return false;
        }
    }
    return *text != '\0' && *text != '-' && strlen(text) <= 64;
}

static bool is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    uint64_t port;
    return colon && colon > text && parse_number(colon + 1, plain_units, &port) && port <= 65535;
}

static bool is_division(const char *text)
{
    size_t size = strspn(text, "0123456789");
    return text[size] == '\0' && (size == 6 || size == 9 || size == 12);
}

static bool is_url(const char *text)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
    return uri && g_uri_get_host(uri) && *g_uri_get_host(uri) && !g_uri_get_userinfo(uri) &&
           (g_str_equal(g_uri_get_scheme(uri), "http") || g_str_equal(g_uri_get_scheme(uri), "https"));
}

static bool is_word(const char *words, const char *text)
{
    g_auto(GStrv) all = g_strsplit(words, "|", -1);
    return g_strv_contains((const char *const *)all, text);
}

/* "a ; b;" → {"a", "b"}, as GLib's key files write lists. */
static char **split_list(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ";", -1);
    GPtrArray *list = g_ptr_array_new();
    for (char **part = parts; *part; part++) {
        char *item = g_strstrip(*part);
        if (*item) {
            g_ptr_array_add(list, g_strdup(item));
        }
    }
    g_ptr_array_add(list, NULL);
    return (char **)g_ptr_array_free(list, FALSE);
}

static bool are_networks(const char *text)
{
    g_auto(GStrv) list = split_list(text);
    HtNetwork network;
    bool good = list[0] != NULL;
    for (char **item = list; *item; item++) {
        good = good && ht_network_parse(*item, &network);
    }
    return good;
}

/* NULL when it is no path. */
static char *write_path(const char *text)
{
    size_t size = strlen(text);
    g_autofree char *path = g_malloc(3 * size + 1);
    return size <= HT_URL_PATH_MAX && ht_url_path_write((HtText){text, size}, path) ? g_steal_pointer(&path)
                                                                                    : NULL;
}

static bool are_paths(const char *text)
{
    g_auto(GStrv) list = split_list(text);
    bool good = list[0] != NULL;
    for (char **item = list; *item; item++) {
        g_autofree char *path = write_path(*item);
        good = good && path;
    }
    return good;
}

static char **read_list(const HtOption *option, const char *text)
{
    char **list = split_list(text);
    for (char **item = list; option->type == HT_OPTION_URL_PATHS && *item; item++) {
        char *path = write_path(*item);
        g_free(*item);
        *item = path;
    }
    return list;
}

static bool is_valid(const HtOption *option, const char *text)
{
    switch (option->type) {
    case HT_OPTION_NAME: return is_name(text);
    case HT_OPTION_ADDRESS: return is_address(text);
    case HT_OPTION_URL: return is_url(text);
    case HT_OPTION_DIVISION: return is_division(text);
    case HT_OPTION_WORD: return is_word(option->words, text);
    case HT_OPTION_NETWORKS: return are_networks(text);
    case HT_OPTION_URL_PATHS: return are_paths(text);
    default: return *text != '\0';
    }
}

static bool set_number(const HtOption *option, uint64_t *field, const char *text)
{
    uint64_t number;
    if (!parse_number(text, units_of(option->type), &number) || number < option->min ||
        number > option->max) {
        return false;
    }
    *field = number;
    return true;
}

bool ht_option_set(const HtOption *option, void *record, const char *text, const char *folder, char **reason)
{
    void *field = (char *)record + option->offset;
    bool good;
    if (is_numeric(option->type)) {
        good = set_number(option, field, text);
    } else if ((good = is_valid(option, text))) {
        if (is_list(option->type)) {
            g_strfreev(*(char ***)field);
            *(char ***)field = read_list(option, text);
        } else {
            g_free(*(char **)field);
            bool is_path =
                option->type == HT_OPTION_PATH || (option->type == HT_OPTION_FILE && strchr(text, '/'));
            *(char **)field = is_path ? g_canonicalize_filename(text, folder) : g_strdup(text);
        }
    }
    if (!good) {
        g_autofree char *expected = ht_option_expects(option);
        *reason = g_strdup_printf("'%s' is not %s", text, expected);
    }
    return good;
}

char *ht_option_format(const HtOption *option, const void *record)
{
    const void *field = (const char *)record + option->offset;
    if (is_numeric(option->type)) {
        return format_number(*(const uint64_t *)field, units_of(option->type));
    }
    if (is_list(option->type)) {
        char *const *list = *(char *const *const *)field;
        return list ? g_strjoinv(";", (char **)list) : NULL;
    }
    return g_strdup(*(char *const *)field);
}

void ht_option_clear(const HtSectionTable *table, void *record)
{
    for (const HtOption *option = table->options; option->key; option++) {
        void *field = (char *)record + option->offset;
        if (is_list(option->type)) {
            g_strfreev(*(char ***)field);
        } else if (!is_numeric(option->type)) {
            g_free(*(char **)field);
        }
    }
}
