/* core/delivery/route: which events go to which consumers, and what is wrong with a route. */
#include "core/delivery/route.h"
#include "spool/repair.h"
#include "tests/lib/data.h"

#include <glib/gstdio.h>

static HtEvent event_of(const char *source, const char *type, const char *division, const char *from)
{
    HtEvent event = {0};
    event.attr[HT_ATTR_SOURCE] = ht_text_from(source);
    event.attr[HT_ATTR_TYPE] = ht_text_from(type);
    event.attr[HT_ATTR_DIVISION] = ht_text_from(division);
    event.attr[HT_ATTR_FROMDIVISION] = ht_text_from(from);
    return event;
}

static HtConfig *config_of(const char *routes)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "hutong-routes-XXXXXX", NULL);
    int fd = g_mkstemp(path);
    g_close(fd, NULL);
    g_autofree char *text =
        g_strconcat("[bus]\nname = b\n[source hukou]\ndepartment = police\nadapter = hukou\nmapping = m\n"
                    "[consumer c]\ntype = webhook\nurl = http://127.0.0.1/\n",
                    routes, NULL);
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_autoptr(GString) errors = g_string_new(NULL);
    HtConfig *config = ht_config_load(path, errors);
    g_unlink(path);
    if (!config) {
        g_error("%s", errors->str);
    }
    return config;
}

static bool is_paused(void *user, const char *route)
{
    return g_str_equal(route, user);
}

/* Only what has no other way waits, and what has none at all does not. */
static void test_what_a_paused_route_alone_leads_to_waits(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(HtConfig) config = config_of(
        "[route deaths]\ntypes = person.died\nto = c\n[route hall]\nfrom = hukou\ntypes = person.*\n"
        "divisions = 440104*\nto = c\n");
    g_autoptr(HtRoutes) routes = ht_routes_new(config, "c", dictionary);
    HtEvent both = event_of("hukou", "person.died.v1", "440104", NULL);
    HtEvent one = event_of("hukou", "person.died.v1", "330102", NULL);
    HtEvent other = event_of("hukou", "person.born.v1", "440104", NULL);
    HtEvent none = event_of("hukou", "marriage.registered.v1", "440104", NULL);
    g_assert_false(ht_routes_wait(routes, &both, is_paused, (void *)"deaths"));
    g_assert_true(ht_routes_wait(routes, &one, is_paused, (void *)"deaths"));
    g_assert_false(ht_routes_wait(routes, &other, is_paused, (void *)"deaths"));
    g_assert_true(ht_routes_wait(routes, &other, is_paused, (void *)"hall"));
    g_assert_false(ht_routes_wait(routes, &none, is_paused, (void *)"hall"));
    g_assert_false(ht_routes_wait(routes, &one, is_paused, (void *)"nobody"));
}

static void test_routes_match_source_type_and_division(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(HtConfig) config = config_of("[route r]\nfrom = hukou\ntypes = person.*;marriage.registered\n"
                                           "divisions = 440104*;440105001\nto = c\n");
    g_autoptr(HtRoutes) routes = ht_routes_new(config, "c", dictionary);
    g_autoptr(HtRoutes) none = ht_routes_new(config, "other", dictionary);
    const struct {
        const char *source, *type, *division, *from;
        bool goes;
    } cases[] = {
        {"hukou", "person.died.v1", "440104001003", NULL, true},
        {"hukou", "person.died.v1", "440105", NULL, false},
        {"hukou", "person.died.v1", "440105001002", NULL, true},
        {"hukou", "person.moved-out.v1", "330102", "440104", true},
        {"hukou", "person.died.v1", NULL, NULL, false},
        {"hukou", "marriage.registered.v1", "440104", NULL, true},
        {"hukou", "marriage.registered-twice.v1", "440104", NULL, false},
        {"hukou", "marriage.divorced.v1", "440104", NULL, false},
        {"other", "person.died.v1", "440104", NULL, false},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtEvent event = event_of(cases[i].source, cases[i].type, cases[i].division, cases[i].from);
        g_test_message("case %u", i);
        g_assert_cmpint(ht_routes_match(routes, &event), ==, cases[i].goes);
        g_assert_false(ht_routes_match(none, &event));
    }
}

/* One place of several is enough; whoever has the ground of one today gets it, too. */
static void test_one_place_of_several_is_enough(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(HtConfig) config = config_of("[route r]\ndivisions = 440104001*;440105\nto = c\n");
    g_autoptr(HtRoutes) routes = ht_routes_new(config, "c", dictionary);
    const struct {
        const char *others, *present;
        bool goes;
    } cases[] = {
        {NULL, NULL, false},
        {"440104001003", NULL, true},
        {"330102 440104001003", NULL, true},
        {"330102 440104002001 440105", NULL, true},
        {"330102 440104002001", NULL, false},
        {"330102 440104", NULL, false},
        {NULL, "440104001003", true},
        {"330102", "330103 440104001", true},
        {"330102", "330103 440104002", false},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtEvent event = event_of("hukou", "person.died.v1", "330102001001", NULL);
        event.attr[HT_ATTR_OTHERDIVISIONS] = ht_text_from(cases[i].others);
        event.attr[HT_ATTR_PRESENTDIVISIONS] = ht_text_from(cases[i].present);
        g_test_message("case %u", i);
        g_assert_cmpint(ht_routes_match(routes, &event), ==, cases[i].goes);
    }
}

static void test_no_wildcard_reaches_a_restricted_type(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(HtConfig) wild = config_of("[route r]\nto = c\n[route s]\ntypes = justice.*\nto = c\n");
    g_autoptr(HtConfig) named = config_of("[route r]\ntypes = justice.correction-started\nto = c\n");
    g_autoptr(HtRoutes) wild_routes = ht_routes_new(wild, "c", dictionary);
    g_autoptr(HtRoutes) named_routes = ht_routes_new(named, "c", dictionary);
    HtEvent event = event_of("justice", "justice.correction-started.v1", "440104", NULL);
    g_assert_false(ht_routes_match(wild_routes, &event));
    g_assert_true(ht_routes_match(named_routes, &event));
}

/* Each restricted type of the dictionary: by its name, and by nothing shorter. */
static void test_each_restricted_type_is_named_or_not_sent(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    unsigned restricted = 0;
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *type = ht_dictionary_event_type(dictionary, i);
        if (!type->restricted) {
            continue;
        }
        const char *point = strchr(type->name, '.');
        g_autofree char *wide =
            g_strdup_printf("[route r]\ntypes = *;%.*s.*\nto = c\n", (int)(point - type->name), type->name);
        g_autofree char *exact = g_strdup_printf("[route r]\ntypes = %s\nto = c\n", type->name);
        g_autofree char *name = g_strdup_printf("%s.v%u", type->name, type->version);
        g_autoptr(HtConfig) wild = config_of(wide);
        g_autoptr(HtConfig) named = config_of(exact);
        g_autoptr(HtRoutes) wild_routes = ht_routes_new(wild, "c", dictionary);
        g_autoptr(HtRoutes) named_routes = ht_routes_new(named, "c", dictionary);
        HtEvent event = event_of("source", name, "440104", NULL);
        g_assert_false(ht_routes_match(wild_routes, &event));
        g_assert_true(ht_routes_match(named_routes, &event));
        restricted++;
    }
    g_assert_cmpuint(restricted, >=, 20);
}

static void test_an_unknown_type_or_version_counts_as_restricted(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(HtConfig) wild = config_of("[route r]\nto = c\n[route s]\ntypes = *\nto = c\n");
    g_autoptr(HtConfig) named = config_of("[route r]\ntypes = justice.correction-started\nto = c\n");
    g_autoptr(HtRoutes) wild_routes = ht_routes_new(wild, "c", dictionary);
    g_autoptr(HtRoutes) named_routes = ht_routes_new(named, "c", dictionary);
    HtEvent next = event_of("justice", "justice.correction-started.v2", NULL, NULL),
            unknown = event_of("justice", "justice.unheard-of.v1", NULL, NULL),
            known = event_of("hukou", "person.died.v2", NULL, NULL);
    g_assert_false(ht_routes_match(wild_routes, &next));
    g_assert_false(ht_routes_match(wild_routes, &unknown));
    g_assert_true(ht_routes_match(wild_routes, &known));
    g_assert_true(ht_routes_match(named_routes, &next));
    g_assert_false(ht_routes_match(named_routes, &unknown));
}

static void test_route_types_that_fit_nothing_are_errors(void)
{
    static const struct {
        const char *keys, *error;
    } cases[] = {
        {"types = person.*;marriage.registered;person.died.v1;*", NULL},
        {"from = hukou", NULL},
        {"types = persn.*", "[route r] types: 'persn.*' fits no event type; did you mean 'person.*'?"},
        {"types = person.dyed", "'person.dyed' fits no event type; did you mean 'person.died'?"},
        {"types = person.died.v9", "fits no event type; did you mean 'person.died.v1'?"},
        {"types = *.died.v1", "'*.died.v1': a * may only stand at the end"},
        {"types = person.*;justice.*", "'justice.*' fits restricted event types only: name each in full"},
    };
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *route = g_strdup_printf("[route r]\n%s\nto = c\n", cases[i].keys);
        g_autoptr(HtConfig) config = config_of(route);
        g_autoptr(GString) errors = g_string_new(NULL);
        g_test_message("case %u", i);
        g_assert_cmpint(ht_routes_check(config, dictionary, errors), ==, cases[i].error == NULL);
        g_assert_cmpint(errors->len == 0, ==, cases[i].error == NULL);
        g_assert_true(!cases[i].error || strstr(errors->str, cases[i].error));
        g_assert_true(!cases[i].error || strstr(errors->str, ":11: error: [route r] "));
    }
}

static void test_retention_types_are_checked_as_routes_are(void)
{
    static const struct {
        const char *keys, *error;
    } cases[] = {
        {"types = person.*;justice.*;bus.*", NULL}, /* what is restricted is kept as long as it is told */
        {"types = persn.*",
         ":11: error: [retention k] types: 'persn.*' fits no event type; did you mean 'person.*'?"},
        {"types = x", "[retention k] types: 'x' fits no event type\n"},
        {"types = .v1", "[retention k] types: '.v1' fits no event type\n"},
    };
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *sections =
            g_strdup_printf("[retention k]\n%s\nkeep = 10d\n[route r]\nto = c\n", cases[i].keys);
        g_autoptr(HtConfig) config = config_of(sections);
        g_autoptr(GString) errors = g_string_new(NULL);
        g_test_message("case %u", i);
        g_assert_cmpint(ht_routes_check(config, dictionary, errors), ==, cases[i].error == NULL);
        g_assert_true(cases[i].error ? strstr(errors->str, cases[i].error) != NULL : errors->len == 0);
    }
}

/* What the bus itself says is of no department: a route from one takes it all the same, if it names the type. */
static void test_what_the_bus_says_goes_to_who_knows_the_person(void)
{
    g_autoptr(HtDictionary) dictionary = test_dictionary();
    g_autoptr(HtConfig) config =
        config_of("[route r]\nfrom = hukou\ndivisions = 440104\ntypes = *\nto = c\n");
    g_autoptr(HtConfig) others = config_of("[route r]\ntypes = person.died\nto = c\n");
    g_autoptr(HtRoutes) routes = ht_routes_new(config, "c", dictionary),
                        other = ht_routes_new(others, "c", dictionary);
    HtEvent event = event_of(HT_SPOOL_OWN_SOURCE, "person.died.v1", NULL, NULL);
    HtEvent foreign = event_of("justice", "person.died.v1", "440104", NULL);
    HtEvent elsewhere = event_of(HT_SPOOL_OWN_SOURCE, "person.born.v1", NULL, NULL);
    g_assert_true(ht_routes_match(routes, &event));
    g_assert_false(ht_routes_match(routes, &foreign));
    g_assert_true(ht_routes_match(other, &event));
    g_assert_false(ht_routes_match(other, &elsewhere));
}

static void test_a_route_reaches_types(void)
{
    static const struct {
        const char *types, *type;
        bool restricted, reached;
    } cases[] = {
        {NULL, "person.died", false, true},
        {NULL, "person.died", true, false},
        {"person.*", "person.died", false, true},
        {"person.*", "person.died", true, false},
        {"person.died", "person.died", true, true},
        {"person.died.v3", "person.died", true, true},
        {"person.died.v2", "person.died", true, false},
        {"persons.*", "person.died", false, false},
        {"", "person.died", false, false},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *types[] = {(char *)cases[i].types, NULL};
        HtRouteConfig route = {.types = cases[i].types ? types : NULL};
        HtEventType type = {.name = (char *)cases[i].type, .version = 3, .restricted = cases[i].restricted};
        g_test_message("case %u", i);
        g_assert_cmpint(ht_route_reaches(&route, &type), ==, cases[i].reached);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/routes/what-a-paused-one-alone-leads-to-waits",
                    test_what_a_paused_route_alone_leads_to_waits);
    g_test_add_func("/route/matches-source-type-and-division", test_routes_match_source_type_and_division);
    g_test_add_func("/routes/one-place-of-several-is-enough", test_one_place_of_several_is_enough);
    g_test_add_func("/route/no-wildcard-reaches-a-restricted-type",
                    test_no_wildcard_reaches_a_restricted_type);
    g_test_add_func("/route/each-restricted-type-is-named-or-not-sent",
                    test_each_restricted_type_is_named_or_not_sent);
    g_test_add_func("/route/an-unknown-type-or-version-counts-as-restricted",
                    test_an_unknown_type_or_version_counts_as_restricted);
    g_test_add_func("/route/types-that-fit-nothing-are-errors", test_route_types_that_fit_nothing_are_errors);
    g_test_add_func("/route/retention-types-are-checked-as-routes-are",
                    test_retention_types_are_checked_as_routes_are);
    g_test_add_func("/route/what-the-bus-says-goes-to-who-knows-the-person",
                    test_what_the_bus_says_goes_to_who_knows_the_person);
    g_test_add_func("/route/reaches-types", test_a_route_reaches_types);
    return g_test_run();
}
