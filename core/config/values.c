/* Reading and writing the values of options, by type. Main thread, at start. */
#include "core/config/options.h"

#include "core/base/forms.h"
#include "core/config/listen.h"
#include "core/config/network.h"
#include "core/config/urlpath.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

static HtLimitUnit unit_of(HtOptionType type)
{
    return type == HT_OPTION_SIZE ? HT_LIMIT_BYTES : type == HT_OPTION_TIME ? HT_LIMIT_MS : HT_LIMIT_COUNT;
}

static bool is_list(HtOptionType type)
{
    return type == HT_OPTION_LIST || type == HT_OPTION_PATHS || type == HT_OPTION_NETWORKS ||
           type == HT_OPTION_URL_PATHS || type == HT_OPTION_LISTEN || type == HT_OPTION_DIGESTS;
}

static bool is_numeric(HtOptionType type)
{
    return type == HT_OPTION_NUMBER || type == HT_OPTION_SIZE || type == HT_OPTION_TIME;
}

char *ht_option_expects(const HtOption *option)
{
    static const char *const kinds[] = {
        [HT_OPTION_STRING] = N_("text"),
        [HT_OPTION_NAME] = N_("a name of lower-case letters, digits and hyphens"),
        [HT_OPTION_PATH] = N_("a path"),
        [HT_OPTION_PATHS] = N_("a path, or several separated by ;"),
        [HT_OPTION_FILE] = N_("a file name or path"),
        [HT_OPTION_LISTEN] =
            N_("an address such as 127.0.0.1:8080, tls:0.0.0.0:8443 or unix:PATH, or several separated by ;"),
        [HT_OPTION_DIGESTS] =
            N_("a SHA-256 of 64 hexadecimal digits, with or without colons, or several separated by ;"),
        [HT_OPTION_URL] = N_("an http:// or https:// address"),
        [HT_OPTION_DIVISION] = N_("a division code of 6, 9 or 12 digits"),
        [HT_OPTION_DATE] = N_("a day such as 2027-06-30"),
        [HT_OPTION_LIST] = N_("a list of one or more, separated by ;"),
        [HT_OPTION_NETWORKS] = N_("a list of addresses and networks such as 10.1.0.0/16;192.0.2.7;fd00::/8"),
        [HT_OPTION_URL_PATHS] = N_("a list of paths such as /services/CSDJService;/ws/marry.asmx"),
        [HT_OPTION_NUMBER] = N_("a number"),
        [HT_OPTION_SIZE] = N_("a size such as 16M"),
        [HT_OPTION_TIME] = N_("a time such as 500ms, 10s, 5min"),
    };
    if (option->type == HT_OPTION_WORD) {
        g_auto(GStrv) words = g_strsplit(option->words, "|", -1);
        g_autofree char *joined = g_strjoinv(", ", words);
        return words[1] ? g_strdup_printf(_("one of %s"), joined) : g_strdup_printf(_("the word %s"), joined);
    }
    if (!is_numeric(option->type)) {
        return g_strdup(_(kinds[option->type]));
    }
    char low[HT_LIMIT_NUMBER], high[HT_LIMIT_NUMBER];
    HtLimitUnit unit = unit_of(option->type);
    return g_strdup_printf(_("%s, %s to %s"), _(kinds[option->type]), ht_limit_write(option->min, unit, low),
                           ht_limit_write(option->max, unit, high));
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
    return colon && colon > text && ht_limit_read(colon + 1, HT_LIMIT_COUNT, &port) && port <= 65535;
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

static bool are_places(const char *text)
{
    g_auto(GStrv) list = split_list(text);
    bool good = list[0] != NULL;
    for (char **item = list; *item; item++) {
        const char *place;
        good = good && (ht_listen_read(*item, &place) == HT_LISTEN_UNIX ? *place != '\0' : is_address(place));
    }
    return good;
}

static bool are_digests(const char *text)
{
    g_auto(GStrv) list = split_list(text);
    bool good = list[0] != NULL;
    for (char **item = list; *item; item++) {
        size_t digits = 0;
        for (const char *at = *item; *at; at++) {
            digits += g_ascii_isxdigit(*at) ? 1 : *at == ':' ? 0 : 65;
        }
        good = good && digits == 64;
    }
    return good;
}

static bool is_division(const char *text)
{
    size_t size = strspn(text, "0123456789");
    return text[size] == '\0' && (size == 6 || size == 9 || size == 12);
}

/* What is written behind an address as if it were a comment (`http://… # old`) is part of it: a `#` and blanks belong in none. */
static bool is_url(const char *text)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
    return uri && !strpbrk(text, " \t\r\n") && !g_uri_get_fragment(uri) && g_uri_get_port(uri) != 0 &&
           g_uri_get_host(uri) && *g_uri_get_host(uri) && !g_uri_get_userinfo(uri) &&
           (g_str_equal(g_uri_get_scheme(uri), "http") || g_str_equal(g_uri_get_scheme(uri), "https"));
}

static bool is_word(const char *words, const char *text)
{
    g_auto(GStrv) all = g_strsplit(words, "|", -1);
    return g_strv_contains((const char *const *)all, text);
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

static bool has_item(const char *text)
{
    g_auto(GStrv) list = split_list(text);
    return list[0] != NULL;
}

static char **read_list(const HtOption *option, const char *text, const char *folder)
{
    char **list = split_list(text);
    bool urls = option->type == HT_OPTION_URL_PATHS, paths = option->type == HT_OPTION_PATHS;
    for (char **item = list; (urls || paths) && *item; item++) {
        char *path = urls ? write_path(*item) : g_canonicalize_filename(*item, folder);
        g_free(*item);
        *item = path;
    }
    for (char **item = list; option->type == HT_OPTION_LISTEN && *item; item++) {
        const char *place;
        if (ht_listen_read(*item, &place) == HT_LISTEN_UNIX) {
            g_autofree char *path = g_canonicalize_filename(place, folder);
            g_free(*item);
            *item = g_strconcat("unix:", path, NULL);
        }
    }
    return list;
}

static bool is_valid(const HtOption *option, const char *text)
{
    switch (option->type) {
    case HT_OPTION_NAME: return is_name(text);
    case HT_OPTION_LISTEN: return are_places(text);
    case HT_OPTION_DIGESTS: return are_digests(text);
    case HT_OPTION_URL: return is_url(text);
    case HT_OPTION_DIVISION: return is_division(text);
    case HT_OPTION_DATE: return strlen(text) == 10 && ht_form_is_date(ht_text_from(text));
    case HT_OPTION_WORD: return is_word(option->words, text);
    case HT_OPTION_NETWORKS: return are_networks(text);
    case HT_OPTION_LIST:
    case HT_OPTION_PATHS: return has_item(text);
    case HT_OPTION_URL_PATHS: return are_paths(text);
    default: return *text != '\0';
    }
}

static bool set_number(const HtOption *option, uint64_t *field, const char *text)
{
    uint64_t number;
    if (!ht_limit_read(text, unit_of(option->type), &number) || number < option->min ||
        number > option->max) {
        return false;
    }
    *field = number;
    return true;
}

bool ht_option_may_be_shown(const HtOption *option, const char *text)
{
    return option->type != HT_OPTION_URL || !strpbrk(text, "@?");
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
            *(char ***)field = read_list(option, text, folder);
        } else {
            g_free(*(char **)field);
            bool is_path =
                option->type == HT_OPTION_PATH || (option->type == HT_OPTION_FILE && strchr(text, '/'));
            *(char **)field = is_path ? g_canonicalize_filename(text, folder) : g_strdup(text);
        }
    }
    if (!good) {
        g_autofree char *expected = ht_option_expects(option);
        *reason = ht_option_may_be_shown(option, text)
                      ? g_strdup_printf(_("'%s' is not %s"), text, expected)
                      : g_strdup_printf(_("what is set (not shown) is not %s"), expected);
    }
    return good;
}

char *ht_option_format(const HtOption *option, const void *record)
{
    const void *field = (const char *)record + option->offset;
    if (is_numeric(option->type)) {
        char number[HT_LIMIT_NUMBER];
        return g_strdup(ht_limit_write(*(const uint64_t *)field, unit_of(option->type), number));
    }
    if (is_list(option->type)) {
        char *const *list = *(char *const *const *)field;
        return list ? g_strjoinv(";", (char **)list) : NULL;
    }
    return g_strdup(*(char *const *)field);
}

static void free_field(const HtOption *option, void *field)
{
    if (is_list(option->type)) {
        g_strfreev(*(char ***)field);
    } else if (!is_numeric(option->type)) {
        g_free(*(char **)field);
    }
}

void ht_option_copy(const HtOption *option, void *to, const void *from)
{
    void *field = (char *)to + option->offset;
    const void *value = (const char *)from + option->offset;
    free_field(option, field);
    if (is_list(option->type)) {
        *(char ***)field = g_strdupv(*(char **const *)value);
    } else if (is_numeric(option->type)) {
        *(uint64_t *)field = *(const uint64_t *)value;
    } else {
        *(char **)field = g_strdup(*(char *const *)value);
    }
}

void ht_option_clear(const HtSectionTable *table, void *record)
{
    for (const HtOption *option = ht_section_options(table); option->key; option++) {
        free_field(option, (char *)record + option->offset);
    }
}
