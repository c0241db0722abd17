/* Matching routes. Main-loop thread. */
#include "core/delivery/route.h"

#include "core/base/forms.h"
#include "core/config/suggest.h"
#include "spool/repair.h"

#include <glib/gi18n.h>

#define FAR 6 /* edits that make another word */

struct HtRoutes {
    GPtrArray *routes; /* of const HtRouteConfig */
    HtConfig *config;
    HtDictionary *dictionary;
};

HtRoutes *ht_routes_new(const HtConfig *config, const char *consumer, const HtDictionary *dictionary)
{
    HtRoutes *routes = g_new0(HtRoutes, 1);
    routes->routes = g_ptr_array_new();
    routes->config = ht_config_hold(config);
    routes->dictionary = ht_dictionary_hold(dictionary);
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
    ht_config_free(routes->config);
    ht_dictionary_free(routes->dictionary);
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

/* "person.died.v1" without its version. */
static HtText cut_version(HtText type)
{
    size_t size = type.size;
    while (size > 0 && g_ascii_isdigit(type.data[size - 1])) {
        size--;
    }
    bool versioned = size < type.size && size > 2 && memcmp(type.data + size - 2, ".v", 2) == 0;
    return versioned ? (HtText){type.data, size - 2} : type;
}

/* "person.*" fits what begins with "person."; "person.died" fits every version of it. */
static bool fits_pattern(const char *pattern, HtText type, bool restricted)
{
    size_t size = strlen(pattern);
    if (size > 0 && pattern[size - 1] == '*') {
        return !restricted && type.size >= size - 1 && memcmp(type.data, pattern, size - 1) == 0;
    }
    return ht_text_is(type, pattern) || ht_text_is(cut_version(type), pattern);
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

bool ht_route_fits(const char *pattern, HtText type)
{
    return fits_pattern(pattern, type, false);
}

bool ht_route_names(char **from, char **types, const HtEvent *event)
{
    return fits_source(from, event->attr[HT_ATTR_SOURCE]) &&
           fits_type(types, event->attr[HT_ATTR_TYPE], false);
}

static bool is_in(const char *prefix, HtText code)
{
    size_t size = strspn(prefix, "0123456789");
    return size > 0 && code.size >= size && memcmp(code.data, prefix, size) == 0;
}

static bool is_any_in(const char *prefix, HtText codes)
{
    bool is = false;
    for (HtText code = ht_form_next_division(&codes); code.data && !is;
         code = ht_form_next_division(&codes)) {
        is = is_in(prefix, code);
    }
    return is;
}

static bool fits_division(char **divisions, const HtEvent *event)
{
    for (char **prefix = divisions; prefix && *prefix; prefix++) {
        if (is_in(*prefix, event->attr[HT_ATTR_DIVISION]) ||
            is_in(*prefix, event->attr[HT_ATTR_FROMDIVISION]) ||
            is_any_in(*prefix, event->attr[HT_ATTR_OTHERDIVISIONS]) ||
            is_any_in(*prefix, event->attr[HT_ATTR_PRESENTDIVISIONS]) || g_str_equal(*prefix, "*")) {
            return true;
        }
    }
    return !divisions;
}

/* Of those that fit the event: whether there is one that is not paused, or with `paused` NULL, whether there is one; `waits` says whether there is
 * one that is. */
static bool find_way(const HtRoutes *routes, const HtEvent *event, HtRoutePaused paused, void *user,
                     bool *waits)
{
    HtText type = event->attr[HT_ATTR_TYPE], name = cut_version(type);
    /* What the bus itself says of persons is of no department and no division: who gets events of theirs has to know it. */
    bool own = ht_text_is(event->attr[HT_ATTR_SOURCE], HT_SPOOL_OWN_SOURCE);
    const HtEventType *known = ht_dictionary_find_event_type(routes->dictionary, name.data, name.size);
    for (unsigned i = 0; i < routes->routes->len; i++) {
        const HtRouteConfig *route = routes->routes->pdata[i];
        if (fits_type(route->types, type, !known || known->restricted) &&
            (own || (fits_source(route->from, event->attr[HT_ATTR_SOURCE]) &&
                     fits_division(route->divisions, event)))) {
            if (!paused || !paused(user, route->name)) {
                return true;
            }
            *waits = true;
        }
    }
    return false;
}

bool ht_routes_match(const HtRoutes *routes, const HtEvent *event)
{
    return find_way(routes, event, NULL, NULL, NULL);
}

bool ht_routes_wait(const HtRoutes *routes, const HtEvent *event, HtRoutePaused paused, void *user)
{
    bool waits = false;
    return !find_way(routes, event, paused, user, &waits) && waits;
}

bool ht_route_reaches(const HtRouteConfig *route, const HtEventType *type)
{
    g_autofree char *name = g_strdup_printf("%s.v%u", type->name, type->version);
    return fits_type(route->types, ht_text_from(name), type->restricted);
}

/* ---- Checking what the routes say ---- */

/* `at` is where the key stands and what it is: "FILE:LINE: error: [route NAME] types". */
G_GNUC_PRINTF(3, 4)
static void complain(const char *at, GString *errors, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append_printf(errors, "%s: ", at);
    g_string_append_vprintf(errors, format, arguments);
    g_string_append_c(errors, '\n');
    va_end(arguments);
}

/* The nearest of what could have been meant: a type, or with a wildcard all types of one group; NULL: none is near. The caller frees. */
static char *suggest(const HtDictionary *dictionary, const char *pattern)
{
    bool wild = strchr(pattern, '*') != NULL;
    bool versioned = cut_version(ht_text_from(pattern)).size < strlen(pattern);
    g_autofree char *best = NULL;
    unsigned best_distance = FAR;
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *type = ht_dictionary_event_type(dictionary, i);
        g_autofree char *other = wild ? g_strdup_printf("%.*s.*", (int)strcspn(type->name, "."), type->name)
                                 : versioned ? g_strdup_printf("%s.v%u", type->name, type->version)
                                             : g_strdup(type->name);
        unsigned distance = ht_suggest_distance(pattern, other);
        if (distance < best_distance) {
            best_distance = distance;
            g_free(best);
            best = g_steal_pointer(&other);
        }
    }
    return g_steal_pointer(&best);
}

/* Whether the pattern fits a type, and whether it reaches one. */
static void try_pattern(const HtDictionary *dictionary, const char *pattern, bool *fits, bool *reaches)
{
    *fits = *reaches = false;
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *type = ht_dictionary_event_type(dictionary, i);
        g_autofree char *name = g_strdup_printf("%s.v%u", type->name, type->version);
        *fits = *fits || fits_pattern(pattern, ht_text_from(name), false);
        *reaches = *reaches || fits_pattern(pattern, ht_text_from(name), type->restricted);
    }
}

char *ht_route_flaw(const HtDictionary *dictionary, const char *pattern)
{
    bool fits, reaches;
    const char *star = strchr(pattern, '*');
    try_pattern(dictionary, pattern, &fits, &reaches);
    if (star && star[1]) {
        return g_strdup_printf(_("'%s': a * may only stand at the end"), pattern);
    }
    g_autofree char *near = fits ? NULL : suggest(dictionary, pattern);
    return fits   ? NULL
           : near ? g_strdup_printf(_("'%s' fits no event type; did you mean '%s'?"), pattern, near)
                  : g_strdup_printf(_("'%s' fits no event type"), pattern);
}

static void check_pattern(const char *at, const HtDictionary *dictionary, const char *pattern,
                          bool to_consumers, GString *errors)
{
    bool fits, reaches, own = !to_consumers && g_str_has_prefix(pattern, HT_EVENT_OWN_TYPES);
    g_autofree char *flaw = own ? NULL : ht_route_flaw(dictionary, pattern);
    try_pattern(dictionary, pattern, &fits, &reaches);
    if (flaw) {
        complain(at, errors, "%s", flaw);
    } else if (!reaches && to_consumers) {
        complain(at, errors, _("'%s' fits restricted event types only: name each in full"), pattern);
    }
}

static void check_types(const char *at, const HtDictionary *dictionary, char **types, bool to_consumers,
                        GString *errors)
{
    for (char **pattern = types; pattern && *pattern; pattern++) {
        check_pattern(at, dictionary, *pattern, to_consumers, errors);
    }
}

static char *types_of_route(const HtRouteConfig *route)
{
    g_autofree char *place = ht_route_place(route, "types");
    return g_strdup_printf(_("%s: error: [route %s] %s"), place, route->name, "types");
}

static char *types_of_retention(const HtRetentionConfig *retention)
{
    g_autofree char *place = ht_retention_place(retention, "types");
    return g_strdup_printf(_("%s: error: [retention %s] %s"), place, retention->name, "types");
}

bool ht_routes_check(const HtConfig *config, const HtDictionary *dictionary, GString *errors)
{
    gsize before = errors->len;
    for (unsigned i = 0; i < config->routes->len; i++) {
        const HtRouteConfig *route = config->routes->pdata[i];
        g_autofree char *types = types_of_route(route);
        check_types(types, dictionary, route->types, true, errors);
    }
    for (unsigned i = 0; i < config->retentions->len; i++) {
        const HtRetentionConfig *retention = config->retentions->pdata[i];
        g_autofree char *types = types_of_retention(retention);
        check_types(types, dictionary, retention->types, false, errors);
    }
    return errors->len == before;
}
