/* mappings/engine/reference/boundaries: which code the ground of a place has on which day, and what the mapping makes of it;
 * an event of several places. */
#include "mappings/engine/reference/divisions.h"
#include "tests/lib/mapping-test.h"

#define HEAD "code\tzh\tfrom\tuntil\tnow\tgrids\n"

static HtDivisions *load(const char *rows, GError **error)
{
    g_autofree char *folder = g_dir_make_tmp("ht-boundaries-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "a.tsv", NULL);
    g_autofree char *text = g_strconcat(HEAD, rows, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    HtDivisions *divisions = ht_divisions_load(folder, NULL, error);
    g_remove(path);
    g_rmdir(folder);
    return divisions;
}

/* A merger, a move to another street over two years, a parting, a code that is given out again, a withdrawal. */
static const char ROWS[] = "440104\t区\t\t\t\n"
                           "440104001004\t并入三居\t\t2024-03-01\t440104001003\n"
                           "440104002001\t划出\t\t2021-01-01\t440104003009\n"
                           "440104003009\t再划出\t2021-01-01\t2023-07-01\t440104005001\n"
                           "440104004001\t分设\t\t2022-06-15\t440104004001 440104004002\n"
                           "440104004001\t仍用原码\t2022-06-15\t\t\n"
                           "440104004002\t新设\t2022-06-15\t\t\n"
                           "440104006001\t分属两街\t\t2022-06-15\t440104006002 440104007002\n"
                           "440104008001\t撤销\t\t2020-01-01\t\n"
                           "440104009\t街道撤并\t\t2020-01-01\t440104010\n"
                           "440104011001\t原用\t\t2020-01-01\t440104011002\n"
                           "440104011001\t另行启用\t2023-01-01\t\t\n"
                           "440104012001\t先撤\t\t2020-01-01\t440104012002\n"
                           "440104012002\t后设\t2020-06-01\t2022-01-01\t440104012003\n"
                           "330103\t下城区\t\t2021-04-09\t330105\n"
                           "330104\t江干区\t\t2021-04-09\t330102 330114\n"
                           "440106\t网格三位\t\t\t\t3\n";

static const struct {
    const char *code;
    uint32_t day;
    const char *ground;
    bool ended, coarser, early;
} CASES[] = {
    {"440104001004", 20240229, "440104001004", false, false, false},
    {"440104001004", 20240301, "440104001003", true, false, false},
    {"440104001003", 20200101, "440104001003", false, false, false},
    {"440104002001", 20201231, "440104002001", false, false, false},
    {"440104002001", 20230630, "440104003009", true, false, false},
    {"440104002001", 20230701, "440104005001", true, false, false},
    {"440104003009", 20230701, "440104005001", true, false, false},
    {"440104003009", 20200101, "440104003009", false, false, true},
    {"440104004001", 20220614, "440104004001", false, false, false},
    {"440104004001", 20220615, "440104004001", false, false, false}, /* the code's own word */
    {"440104004002", 20220614, "440104004002", false, false, true},
    {"440104006001", 20220614, "440104006001", false, false, false},
    {"440104006001", 20220615, "440104", true, true, false},
    {"440104008001", 20200101, "440104008001", true, false, false},
    {"440104009003", 20191231, "440104009003", false, false, false},
    {"440104009003", 20200101, "440104010", true, true, false},
    {"44010400900307", 20200101, "440104010", true, true, false},
    {"440104009000", 20200101, "440104010", true, false, false},
    {"440104011001", 20191231, "440104011001", false, false, false},
    {"440104011001", 20221231, "440104011002", true, false, false},
    {"440104011001", 20230101, "440104011001", false, false, false},
    {"440104012001", 20200301, "440104012002", true, false, false},
    {"440104012001", 20230101, "440104012003", true, false, false},
    {"330103001002", 20210409, "330105", true, true, false},
    {"330104", 20210409, "330100", true, true, false},
};

static void test_days(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtDivisions) divisions = load(ROWS, &error);
    g_assert_no_error(error);
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        HtGround ground =
            ht_division_ground(divisions, ht_text_from(CASES[i].code), CASES[i].day, CASES[i].day);
        g_test_message("%s on %u", CASES[i].code, CASES[i].day);
        g_assert_true(ht_text_is((HtText){ground.code, ground.size}, CASES[i].ground));
        g_assert_true(ground.ended == CASES[i].ended && ground.coarser == CASES[i].coarser &&
                      ground.early == CASES[i].early);
    }
    HtDivisionInfo info;
    g_assert_true(ht_division_check(divisions, "440104001004", 12, &info) && info.exact && !info.retired);
}

/* The ground that had a code, not what has been given the code since. */
static void test_ground_of_a_day(void)
{
    static const struct {
        const char *code;
        uint32_t since, day;
        const char *ground;
    } cases[] = {
        {"440104011001", 20191231, 20191231, "440104011001"},
        {"440104011001", 20191231, 20210101, "440104011002"},
        {"440104011001", 20191231, 20240101, "440104011002"},
        {"440104011001", 20230101, 20240101, "440104011001"},
        {"440104004001", 20200101, 20240101, "440104004"},
        {"440104004001", 20220615, 20240101, "440104004001"},
        {"440104002001", 20200101, 20240101, "440104005001"},
        {"440104003009", 20220101, 20240101, "440104005001"},
        {"440104003009", 20200101, 20240101, "440104005001"}, /* before it was set up: what else could it be */
        {"440104003009", 20200101, 20220101, "440104003009"},
        {"440104004002", 20300101, 20240101, "440104004002"},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(HtDivisions) divisions = load(ROWS, &error);
    g_assert_no_error(error);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtGround ground =
            ht_division_ground(divisions, ht_text_from(cases[i].code), cases[i].since, cases[i].day);
        g_test_message("%s of %u on %u", cases[i].code, cases[i].since, cases[i].day);
        g_assert_true(ht_text_is((HtText){ground.code, ground.size}, cases[i].ground));
        g_assert_true(ground.changed == (strcmp(cases[i].code, cases[i].ground) != 0));
    }
}

/* Whichever is read first: a list of committees and one of changes are files of one folder, in no order. */
static void test_listed_with_and_without_days(void)
{
    static const char *const lists[] = {
        "440104001004\tx\n440104001004\tx\t\t2024-03-01\t440104001003\t3\n",
        "440104001004\tx\t\t2024-03-01\t440104001003\n440104001004\tx\t\t\t\t3\n",
        "440104001004\tx\t\t2024-03-01\t440104001003\n440104001004\tx\t2025-01-01\t\t\t3\n440104001004\tx\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HtDivisions) divisions = load(lists[i], &error);
        g_assert_no_error(error);
        char code[HT_DIVISION_MAX];
        bool coarser = false;
        HtDivisionInfo info;
        g_assert_true(ht_division_check(divisions, "440104001004", 12, &info) && info.exact);
        g_assert_cmpuint(ht_division_grid(divisions, HT_TEXT_LITERAL("440104001004017"), code, &coarser), ==,
                         14);
        HtGround ground = ht_division_ground(divisions, HT_TEXT_LITERAL("440104001004"), 20240301, 20240301);
        g_assert_true(ht_text_is((HtText){ground.code, ground.size}, "440104001003"));
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(
        load("440104001004\tx\t\t2024-03-01\t440104001003\n440104001004\tx\n440104001004\tx\n", &error));
    g_assert_nonnull(strstr(error->message, "a.tsv:4: error: code stands twice"));
}

/* Grids as cities number them: the committee's code and more. */
static void test_grids(void)
{
    static const struct {
        const char *text, *code;
        bool coarser;
    } cases[] = {
        {"440104050003017", "44010405000317", false},
        {"440104050003100", "440104050003", true},
        {"440104050003A01", "440104050003", true},
        {"44010405000301", NULL, false},
        {"4401040500031", NULL, false},
        {"440104050003-17", NULL, false},
        {"440104070003000007", "44010407000307", false},
        {"4401040700031", "44010407000301", false},
        {"44010407000301", "44010407000301", false},
        {"440104070003000000017", NULL, false},
        {"330102001002017", NULL, false},
        {"44010405000x017", NULL, false},
        {"440104001003017", NULL, false},             /* may be somebody's, of 3 October 1900 */
        {"440104001004017", "44010400100417", false}, /* so may this; but there is such a committee */
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(HtDivisions) divisions =
        load("440104\tx\t\t\t\t3\n440104070\tx\t\t\t\t1-8\n440104001004\tx\n", &error);
    g_assert_no_error(error);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char code[HT_DIVISION_MAX];
        bool coarser = false;
        size_t size = ht_division_grid(divisions, ht_text_from(cases[i].text), code, &coarser);
        g_test_message("case %zu", i);
        g_assert_cmpuint(size, ==, cases[i].code ? strlen(cases[i].code) : 0);
        g_assert_true(!size || ht_text_is((HtText){code, size}, cases[i].code));
        g_assert_cmpint(coarser, ==, cases[i].coarser);
    }
}

static void test_errors(void)
{
    static const struct {
        const char *rows, *wanted;
    } cases[] = {
        {"440104\tx\t\t\t\t9\n", "a.tsv:2: error: grids is no number"},
        {"440104\tx\t\t\t\t6-3\n", "a.tsv:2: error: grids is no number"},
        {"440104001004\tx\t\t2024-3-1\t\n", "a.tsv:2: error: until is no day"},
        {"440104001004\tx\t\t2024-02-30\t\n", "a.tsv:2: error: until is no day"},
        {"440104001004\tx\t20240301\t\t\n", "a.tsv:2: error: from is no day"},
        {"440104001004\tx\t2024-03-01\t2024-03-01\t\n", "a.tsv:2: error: until is not after from"},
        {"440104001004\tx\t2024-03-01\t\t440104001003\n", "a.tsv:2: error: now needs until"},
        {"440104001004\tx\t\t2024-03-01\t4401\n", "a.tsv:2: error: now is not a code"},
        {"440104001004\tx\t\t\t440104001003 440104001005\n", "several need until"},
        {"PQ-017\tx\t\t2024-03-01\t440104001003\n", "only a division's may have days"},
        {"440104001004\tx\t\t2024-03-01\t\n440104001004\tx\t2024-02-01\t\t\n",
         "a.tsv:3: error: code is in force twice"},
        {"440104001004\tx\t\t2024-03-01\t440104001004 440104001005\n",
         "a.tsv:2: error: now leads to 440104001004"},
        {"440104001\tx\t\t2020-01-01\t440104002\n440104002\tx\t\t2022-01-01\t440104003\n"
         "440104003\tx\t\t2024-01-01\t440104001\n",
         "a.tsv:4: error: now leads to 440104001, which is no more on that day by"},
        {"440104001\tx\t\t2020-01-01\t440104002\n440104001004\tx\t\t2021-01-01\t440104001003\n",
         "a.tsv:3: error: now leads to 440104001003, which is no more"},
        {"440104001000\tx\t\t\t440104002\n440104001\tx\t\t2021-01-01\t440104003\n",
         "\"440104001000\" has rows with days, and one without"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(load(cases[i].rows, &error));
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, cases[i].wanted));
    }
}

/* ---- Chains that are made up, against a slow model: the set of codes that the ground has, year by year ---- */

#define YEARS 12
#define COMMITTEES 40

typedef struct {
    char code[16], now[2][16]; /* the second may be empty */
    unsigned year;             /* in which the code ends; 0: never */
} Place;

static GArray *make_places(GRand *random)
{
    GArray *places = g_array_new(FALSE, TRUE, sizeof(Place));
    g_array_set_size(places, COMMITTEES);
    for (unsigned i = 0; i < COMMITTEES; i++) {
        Place *place = &g_array_index(places, Place, i);
        g_snprintf(place->code, sizeof place->code, "440104%03u%03u", 1 + i % 3, 1 + i);
        place->year = g_rand_boolean(random) ? 0 : (unsigned)g_rand_int_range(random, 1, YEARS);
    }
    for (unsigned i = 0; i < COMMITTEES; i++) {
        Place *place = &g_array_index(places, Place, i);
        for (unsigned n = 0, wanted = 1 + g_rand_boolean(random); place->year && n < wanted; n++) {
            const Place *next;
            do {
                next = &g_array_index(places, Place, g_rand_int_range(random, 0, COMMITTEES));
            } while (next->year && next->year <= place->year);
            g_strlcpy(place->now[n], next->code, sizeof place->now[n]);
        }
    }
    return places;
}

static char *write_rows(const GArray *places)
{
    GString *rows = g_string_new(NULL);
    for (unsigned i = 0; i < COMMITTEES; i++) {
        const Place *place = &g_array_index(places, Place, i);
        if (place->year) {
            g_string_append_printf(rows, "%s\tx\t\t%u-01-01\t%s %s\n", place->code, 2010 + place->year,
                                   place->now[0], place->now[1]);
        }
    }
    return g_string_free(rows, FALSE);
}

static void step(const GArray *places, unsigned year, GHashTable *codes)
{
    for (unsigned i = 0; i < COMMITTEES; i++) {
        const Place *place = &g_array_index(places, Place, i);
        if (year && place->year == year && g_hash_table_remove(codes, place->code)) {
            g_hash_table_add(codes, (void *)place->now[0]);
            if (*place->now[1]) {
                g_hash_table_add(codes, (void *)place->now[1]);
            }
        }
    }
}

static void check_ground(const HtGround *ground, GHashTable *codes)
{
    GHashTableIter iter;
    void *code;
    char street[16] = "";
    bool one_street = true;
    g_hash_table_iter_init(&iter, codes);
    while (g_hash_table_iter_next(&iter, &code, NULL)) {
        one_street = one_street && (!*street || memcmp(street, code, 9) == 0);
        memcpy(street, code, 9);
    }
    bool one = g_hash_table_size(codes) == 1;
    g_assert_cmpuint(ground->size, ==, one ? 12 : one_street ? 9 : 6);
    g_assert_cmpint(memcmp(ground->code, one ? (char *)code : street, ground->size), ==, 0);
    g_assert_true(ground->coarser == !one);
}

static void test_generated(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)g_test_rand_int());
    for (unsigned round = 0; round < 30; round++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) places = make_places(random);
        g_autofree char *rows = write_rows(places);
        g_autoptr(HtDivisions) divisions = load(rows, &error);
        g_assert_no_error(error);
        for (unsigned i = 0; i < COMMITTEES; i++) {
            const Place *place = &g_array_index(places, Place, i);
            g_autoptr(GHashTable) codes = g_hash_table_new(g_str_hash, g_str_equal);
            g_hash_table_add(codes, (void *)place->code);
            for (unsigned year = 0; year <= YEARS; year++) {
                step(places, year, codes);
                uint32_t day = (2010 + year) * 10000 + 101;
                HtGround ground = ht_division_ground(divisions, ht_text_from(place->code), day, day);
                check_ground(&ground, codes);
            }
        }
    }
}

/* Twice as many places in each year: the way through them would never end. */
static void test_too_many_steps(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) rows = g_string_new(NULL);
    for (unsigned year = 0; year < 20; year++) {
        for (unsigned side = 1; side <= 2; side++) {
            g_string_append_printf(rows, "440104%03u%03u\tx\t\t%u-01-01\t440104%03u001 440104%03u002\n",
                                   year + 1, side, 2000 + year, year + 2, year + 2);
        }
    }
    g_assert_null(load(rows->str, &error));
    g_assert_nonnull(strstr(error->message, "more than 256 steps"));
}

/* ---- In events ---- */

typedef struct {
    HtReference reference;
    HtDivisions *divisions;
    MappingTest test;
} Bench;

static Bench *bench_new(const char *content)
{
    g_autoptr(GError) error = NULL;
    Bench *bench = g_new0(Bench, 1);
    g_autofree char *text =
        g_strconcat("<mapping xmlns=\"urn:hutong:mapping:1\" source=\"test\" "
                    "authority=\"police\" version=\"1\"><event type=\"person.moved-in.v1\" "
                    "for-each=\"/R/ROW\"><time from=\"T\"/>",
                    content, "</event></mapping>", NULL);
    g_autofree char *path = NULL;
    g_close(g_file_open_tmp("mapping-XXXXXX.xml", &path, NULL), NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    bench->reference = *mapping_test_reference();
    bench->reference.divisions = bench->divisions = load(ROWS, &error);
    g_assert_no_error(error);
    bench->test.mapping = ht_mapping_load(path, &bench->reference, &error);
    g_assert_no_error(error);
    g_unlink(path);
    HtMapperOptions options = {ht_limits_default(), "440104", false, false, false};
    bench->test.mapper = ht_mapper_new(bench->test.mapping, &bench->reference, &options);
    ht_outcome_init(&bench->test.outcome);
    return bench;
}

static void bench_free(Bench *bench)
{
    ht_outcome_clear(&bench->test.outcome);
    ht_mapper_free(bench->test.mapper);
    ht_mapping_free(bench->test.mapping);
    ht_divisions_free(bench->divisions);
    g_free(bench);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bench, bench_free)

static void run(Bench *bench, const char *fields)
{
    g_autofree char *xml = g_strconcat("<R><ROW>", fields, "</ROW></R>", NULL);
    mapping_test_run(&bench->test, xml);
    assert_events(&bench->test, 1);
}

/* The day of the event says whose it is; whoever has the ground now gets it, too. */
static void test_event_before_and_after(void)
{
    g_autoptr(Bench) bench = bench_new("<division from='D'/>");
    run(bench, "<T>2024-02-29</T><D>440104001004</D>");
    assert_has(&bench->test, 0, "\"division\":\"440104001004\"");
    assert_has(&bench->test, 0, "\"presentdivisions\":\"440104001003\"");
    assert_lacks(&bench->test, 0, "division-retired");
    run(bench, "<T>2024-03-01</T><D>440104001004</D>");
    assert_has(&bench->test, 0, "\"division\":\"440104001003\"");
    assert_lacks(&bench->test, 0, "presentdivisions");
    assert_has(&bench->test, 0, "division-retired");
    assert_has(&bench->test, 0, "440104001004"); /* unmapped: as it was sent */
    run(bench, "<D>440104001004</D>");
    assert_has(&bench->test, 0, "\"division\":\"440104001003\"");
    run(bench, "<T>2022-06-15</T><D>440104006001</D>");
    assert_has(&bench->test, 0, "\"division\":\"440104\"");
    assert_has(&bench->test, 0, "division-coarser");
    run(bench, "<D>440106050003017</D>");
    assert_has(&bench->test, 0, "\"division\":\"44010605000317\"");
    assert_has(&bench->test, 0, "440106050003017"); /* unmapped */
    run(bench, "<D>440106050003117</D>");
    assert_has(&bench->test, 0, "\"division\":\"440106050003\"");
    assert_has(&bench->test, 0, "division-coarser");
    run(bench, "<T>2019-06-15</T><D>440104011001</D>"); /* another place has the code now */
    assert_has(&bench->test, 0, "\"division\":\"440104011001\"");
    assert_has(&bench->test, 0, "\"presentdivisions\":\"440104011002\"");
    run(bench, "<T>2020-06-15</T><D>440104004002</D>");
    assert_has(&bench->test, 0, "\"division\":\"440104004002\"");
    assert_has(&bench->test, 0, "division-early");
}

static void test_event_of_several_places(void)
{
    g_autoptr(Bench) bench =
        bench_new("<division from='D'/><other-division from='J' or='JQ'/><other-division from='H'/>");
    run(bench, "<T>2024-02-29</T><D>440104001003</D><J>440104005001</J><H>330102</H>");
    assert_has(&bench->test, 0, "\"division\":\"440104001003\"");
    assert_has(&bench->test, 0, "\"otherdivisions\":\"440104005001 330102\"");
    run(bench, "<T>2020-02-29</T><D>440104001003</D><J>440104001004</J><H>440104001004</H>");
    assert_has(&bench->test, 0, "\"otherdivisions\":\"440104001004\"");
    assert_lacks(&bench->test, 0, "presentdivisions"); /* it is `division` */
    run(bench, "<T>2020-02-29</T><D>440104001003</D><J>440104002001</J><H>440104</H>");
    assert_has(&bench->test, 0, "\"otherdivisions\":\"440104002001\"");
    assert_has(&bench->test, 0, "\"presentdivisions\":\"440104005001\"");
    run(bench, "<D>440104001003</D><J>990104195008179950</J>"); /* somebody's number is no place */
    assert_lacks(&bench->test, 0, "otherdivisions");
    assert_has(&bench->test, 0, "division-unknown");
    run(bench, "<D>440104001003</D><H>440104001003</H>");
    assert_lacks(&bench->test, 0, "otherdivisions");
}

/* Routes reach an event by the place that somebody left, too: so does whoever has that ground now. */
static void test_event_of_a_place_left(void)
{
    g_autoptr(Bench) bench =
        bench_new("<division from='D'/><from-division from='F'/><other-division from='H'/>");
    run(bench, "<T>2020-02-29</T><D>330102</D><F>440104001004</F><H>440104002001</H>");
    assert_has(&bench->test, 0, "\"fromdivision\":\"440104001004\"");
    assert_has(&bench->test, 0, "\"presentdivisions\":\"440104001003 440104005001\"");
    run(bench, "<T>2024-03-01</T><D>330102</D><F>440104001004</F>");
    assert_has(&bench->test, 0, "\"fromdivision\":\"440104001003\"");
    assert_lacks(&bench->test, 0, "presentdivisions");
}

static void test_what_a_host_may_say(void)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{"440104", true},
                 {"440104 440105001", true},
                 {"440104  440105", false},
                 {"440104 ", false},
                 {" 440104", false},
                 {"440104 990104195008179950", false},
                 {"440104 440104 440104 440104 440104 440104 440104 440104", true},
                 {"440104 440104 440104 440104 440104 440104 440104 440104 440104", false}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (HtAttr attr = HT_ATTR_OTHERDIVISIONS; attr <= HT_ATTR_PRESENTDIVISIONS; attr++) {
            HtBuffer bytes = {0};
            HtEvent event = {.attr = {[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.died.v1"),
                                      [HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert"),
                                      [HT_ATTR_DIRECTION] = HT_TEXT_LITERAL("return"),
                                      [HT_ATTR_DATACLASSIFICATION] = HT_TEXT_LITERAL("0")}};
            event.attr[attr] = ht_text_from(cases[i].text);
            ht_event_pack(&event, &bytes);
            HtEvent read;
            g_test_message("case %zu", i);
            g_assert_cmpint(ht_event_unpack(ht_buffer_text(&bytes), &read, NULL), ==, cases[i].good);
            ht_buffer_clear(&bytes);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/boundaries/the-day-says-which-code", test_days);
    g_test_add_func("/boundaries/the-ground-that-had-the-code-is-meant", test_ground_of_a_day);
    g_test_add_func("/boundaries/listed-with-and-without-days", test_listed_with_and_without_days);
    g_test_add_func("/boundaries/grids-as-cities-number-them", test_grids);
    g_test_add_func("/boundaries/errors-have-lines", test_errors);
    g_test_add_func("/boundaries/generated-chains-are-as-a-slow-model-says", test_generated);
    g_test_add_func("/boundaries/too-many-steps-are-refused", test_too_many_steps);
    g_test_add_func("/boundaries/event/is-of-the-code-of-its-day", test_event_before_and_after);
    g_test_add_func("/boundaries/event/of-several-places", test_event_of_several_places);
    g_test_add_func("/boundaries/event/of-a-place-left", test_event_of_a_place_left);
    g_test_add_func("/boundaries/event/no-host-says-what-is-no-place", test_what_a_host_may_say);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
