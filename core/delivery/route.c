/* Matching routes. Main-loop thread. */
#include "core/delivery/route.h"

struct HtRoutes {
    GPtrArray *routes; /* of const HtRouteConfig */
    const HtDictionary *dictionary;
};

HtRoutes *ht_routes_new(const HtConfig *config, const char *consumer, const HtDictionary *dictionary)
{
    HtRoutes *routes = g_new0(HtRoutes, 1);
    routes->routes = g_ptr_array_new();
    routes->dictionary = dictionary;
    for (unsigned i = 0; i < config->routes->len; i++) {
        HtRouteConfig *route = config->routes->pdata[i];
        if (g_strv_contains((const char *const *)route->to, consumer)) {
            g_ptr_array_add(routes->routes, route);
        }
    }
    return routes;
}

void ht_routes_free(HtRoutes *routes)
{
    g_ptr_array_unref(routes->routes);
    g_free(routes);
}

static bool fits_source(char **from, HtText source)
{
    for (char **name = from; name && *name; name++) {
        if (ht_text_is(source, *name)) {
            return true;
        }
    }
    return !from;
}

/* "person.*" fits what begins with "person."; "person.died" fits every version of it. */
static bool fits_pattern(const char *pattern, HtText type, bool restricted)
{
    size_t size = strlen(pattern);
    bool wild = size > 0 && pattern[size - 1] == '*';
    size -= wild;
    if (type.size < size || memcmp(type.data, pattern, size) != 0) {
        return false;
    }
    if (wild) {
        return !restricted;
    }
    return type.size == size || (type.data[size] == '.' && type.data[size + 1] == 'v');
}

static bool fits_type(char **types, HtText type, bool restricted)
{
    for (char **pattern = types; pattern && *pattern; pattern++) {
        if (fits_pattern(*pattern, type, restricted)) {
            return true;
        }
    }
    return !types && !restricted;
}

static bool fits_division(char **divisions, const HtEvent *event)
{
    HtText here = event->attr[HT_ATTR_DIVISION], from = event->attr[HT_ATTR_FROMDIVISION];
    for (char **prefix = divisions; prefix && *prefix; prefix++) {
        size_t size = strspn(*prefix, "0123456789");
        if ((here.size >= size && size > 0 && memcmp(here.data, *prefix, size) == 0) ||
            (from.size >= size && size > 0 && memcmp(from.data, *prefix, size) == 0) ||
            g_str_equal(*prefix, "*")) {
            return true;
        }
    }
    return !divisions;
}

bool ht_routes_match(const HtRoutes *routes, const HtEvent *event)
{
    HtText type = event->attr[HT_ATTR_TYPE];
    const HtEventType *known = ht_dictionary_find_event_type(routes->dictionary, type.data, type.size);
    for (unsigned i = 0; i < routes->routes->len; i++) {
        const HtRouteConfig *route = routes->routes->pdata[i];
        if (fits_source(route->from, event->attr[HT_ATTR_SOURCE]) &&
            fits_type(route->types, type, known && known->restricted) &&
            fits_division(route->divisions, event)) {
            return true;
        }
    }
    return false;
}
