/* An event's time and its dates in a mapping: own fields and stand-ins, marks and originals once, centuries, and what a death
 * must say. */
#include "tests/lib/mapping-test.h"

#define EVENT(type, content) "<event type='" type "' for-each='/ROWS/ROW'>" content "</event>"
#define MOVED(content) MAPPING(EVENT("person.moved-in.v1", content))
#define TIMED                                                                       \
    MOVED("<time from='QRRQ QRSJ' or='SLSJ'/><element to='person.name' from='XM'/>" \
          "<element to='person.birthDate' from='CSRQ'/><element to='registration.acceptedAt' from='SLSJ'/>")

/* What the fields become: the only event, as JSON. */
static char *run(const char *mapping, const char *fields)
{
    g_autoptr(MappingTest) test = mapping_test_new(mapping);
    g_autofree char *xml = g_strdup_printf("<ROWS><ROW>%s</ROW></ROWS>", fields);
    g_assert_cmpint(mapping_test_run(test, xml), ==, HT_VERDICT_OK);
    assert_events(test, 1);
    return mapping_test_json(test, 0);
}

static unsigned count(const char *json, const char *word)
{
    unsigned found = 0;
    for (const char *at = json; (at = strstr(at, word)); at += strlen(word)) {
        found++;
    }
    return found;
}

/* ---- Own fields and stand-ins ---- */

typedef struct {
    const char *fields;
    const char *time, *precision; /* NULL: none */
    unsigned assumed, invalid;    /* marks */
} TimeCase;

static void test_stand_ins(void)
{
    static const TimeCase cases[] = {
        {"<QRRQ>20090313083005</QRRQ>", "2009-03-13T08:30:05+08:00", "second", 0, 0},
        {"<QRSJ>20090313083005</QRSJ>", "2009-03-13T08:30:05+08:00", "second", 0, 0},
        {"<QRRQ>1900-01-01</QRRQ><QRSJ>20090313</QRSJ>", "2009-03-13T00:00:00+08:00", "day", 0, 0},
        {"<QRRQ>1980</QRRQ><SLSJ>20090320094512</SLSJ>", "1980-01-01T00:00:00+08:00", "year", 0, 0},
        {"<SLSJ>20090320094512</SLSJ>", "2009-03-20T00:00:00+08:00", "day", 1, 0},
        {"<SLSJ>2009-03-20T09:45:12.500Z</SLSJ>", "2009-03-20T00:00:00+08:00", "day", 1, 0},
        {"<SLSJ>1988-05-31T15:00:00Z</SLSJ>", "1988-06-01T00:00:00+08:00", "day", 1, 0},
        {"<SLSJ>200903</SLSJ>", "2009-03-01T00:00:00+08:00", "month", 1, 0},
        {"<QRRQ>{}</QRRQ><SLSJ>20090320094512</SLSJ>", "2009-03-20T00:00:00+08:00", "day", 1, 0},
        {"<QRRQ>不详</QRRQ><SLSJ>20090320094512</SLSJ>", "2009-03-20T00:00:00+08:00", "day", 1, 1},
        {"<QRRQ>20090230</QRRQ><QRSJ>20090313</QRSJ>", "2009-03-13T00:00:00+08:00", "day", 0, 1},
        {"<QRRQ>不详</QRRQ>", NULL, NULL, 0, 1},
        {"<XM>测试甲</XM>", NULL, NULL, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const TimeCase *one = &cases[i];
        g_autofree char *json = run(TIMED, one->fields);
        g_autofree char *time =
            g_strdup_printf("\"time\":\"%s\",\"timeprecision\":\"%s\"", one->time ? one->time : "",
                            one->precision ? one->precision : "");
        g_test_message("%s", json);
        g_assert_true(one->time ? strstr(json, time) != NULL : strstr(json, "\"time\":") == NULL);
        g_assert_cmpuint(count(json, "time-assumed"), ==, one->assumed);
        g_assert_cmpuint(count(json, "date-invalid"), ==, one->invalid);
        g_assert_cmpuint(count(json, "\"name\":\"QRRQ\""), ==, one->invalid);
    }
}

/* ---- One value, one mark, one original ---- */

static void test_unreadable_once(void)
{
    static const char mapping[] =
        MAPPING(EVENT("person.died.v1",
                      "<time from='SWRQ' or='SLSJ'/><identity kind='person' from='ID'/>"
                      "<element to='death.date' from='SWRQ'/><element to='person.birthDate' from='SWRQ'/>"));
    g_autofree char *twice = run(mapping, "<ID>7</ID><SWRQ>长期</SWRQ>");
    g_assert_cmpuint(count(twice, "长期"), ==, 1);
    g_assert_cmpuint(count(twice, "\"name\":\"SWRQ\""), ==, 1);
    g_assert_cmpuint(count(twice, "{\"mark\":\"date-invalid\",\"element\":\"death.date\"}"), ==, 1);
    static const char one[] = MAPPING(EVENT(
        "person.died.v1",
        "<time from='SWRQ'/><identity kind='person' from='ID'/><element to='death.date' from='SWRQ'/>"));
    g_autofree char *json = run(one, "<ID>7</ID><SWRQ>03/05/2009</SWRQ>");
    g_assert_cmpuint(count(json, "date-invalid"), ==, 1);
    g_assert_cmpuint(count(json, "03/05/2009"), ==, 1);
    g_autofree char *converted = run(one, "<ID>7</ID><SWRQ>1979-12-31T16:00:00Z</SWRQ>");
    g_assert_cmpuint(count(converted, "zone-converted"), ==, 1);
    g_assert_nonnull(strstr(converted, "{\"mark\":\"zone-converted\",\"element\":\"death.date\"}"));
    g_assert_nonnull(strstr(converted, "\"date\":\"1980-01-01\""));
    /* without an element it is the event's */
    g_autofree char *bare = run(TIMED, "<QRRQ>1979-12-31T16:00:00Z</QRRQ>");
    g_assert_nonnull(strstr(bare, "{\"mark\":\"zone-converted\"}"));
}

/* A null date is no value: the next path is asked. */
static void test_null_dates_in_elements(void)
{
    static const char mapping[] = MOVED("<element to='person.birthDate' from='CSRQ' or='CSSJ'/>");
    g_autofree char *json = run(mapping, "<CSRQ>Jan  1 1900 12:00AM</CSRQ><CSSJ>19800101</CSSJ>");
    g_assert_nonnull(strstr(json, "\"birthDate\":\"1980-01-01\""));
    g_autofree char *none = run(mapping, "<CSRQ>1899-12-30 00:00:00</CSRQ><CSSJ>9999-12-31T23:59:59</CSSJ>");
    g_assert_null(strstr(none, "birthDate"));
    g_assert_null(strstr(none, "unmapped"));
}

/* ---- Dates that decide ---- */

typedef struct {
    const char *end; /* the column's value */
    int moved;       /* 1: the end makes the event; 0: it makes the other; -1: refused, for nobody can tell */
} EndCase;

/* Whether something has ended is often said by its day alone: what stands for no day has ended nothing, in any notation and by any
 * condition; a word there tells neither. */
static void test_dates_that_decide(void)
{
    static const char *const conditions[] = {"QRRQ", "filled(QRRQ)"};
    static const EndCase cases[] = {
        {"20200105", 1},   {"2020年1月5日", 1},
        {"20200230", 1},   {"", 0},
        {"0", 0},          {"00", 0},
        {"0.0", 0},        {"00000000", 0},
        {"1900-01-01", 0}, {"1900/1/1 0:00:00", 0},
        {"9999-12-31", 0}, {"2999-12-31 00:00:00", 0},
        {"3000/1/1", 0},   {"2099-12-31", 0},
        {"无", 0},         {"未离开", -1},
        {"已离开", -1},    {"长期", -1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases) * G_N_ELEMENTS(conditions); i++) {
        const EndCase *one = &cases[i / G_N_ELEMENTS(conditions)];
        const char *condition = conditions[i % G_N_ELEMENTS(conditions)];
        g_autofree char *mapping = g_strdup_printf(
            MAPPING(
                "<event type='person.moved-in.v1' for-each='/ROWS/ROW' when='%s'><time from='QRRQ'/></event>"
                "<event type='person.moved-out.v1' for-each='/ROWS/ROW' when='not(%s)'>"
                "<element to='person.name' from='XM'/><element to='move.date' from='QRRQ'/></event>"),
            condition, condition);
        g_autofree char *xml =
            g_strdup_printf("<ROWS><ROW><XM>测试甲</XM><QRRQ>%s</QRRQ></ROW></ROWS>", one->end);
        g_autoptr(MappingTest) test = mapping_test_new(mapping);
        HtVerdict verdict = mapping_test_run(test, xml);
        g_test_message("%s: %s", condition, one->end);
        if (one->moved < 0 && strcmp(condition, "QRRQ") == 0) {
            g_assert_cmpint(verdict, ==, HT_VERDICT_REJECT);
            assert_fault(test, 0, "flag-unreadable");
            g_assert_cmpstr(test->outcome.faults[0].element, ==, "QRRQ");
            continue; /* filled() asks for a number, and there is none */
        }
        g_assert_cmpint(verdict, ==, HT_VERDICT_OK);
        g_autofree char *json = mapping_test_json(test, 0);
        g_assert_nonnull(strstr(json, one->moved > 0 ? "person.moved-in.v1" : "person.moved-out.v1"));
    }
}

/* A 0 that a mapping calls null may have as many digits as it likes. */
static void test_zeros_as_null(void)
{
    static const char mapping[] = MAPPING("<null value='0' in='ZXYY'/>" EVENT(
        "person.moved-in.v1", "<element to='registration.remark' from='ZXYY'/><ignore from='XM'/>"));
    static const char *const zeros[] = {"0", "00", "000", "0.0", "０"};
    for (size_t i = 0; i < G_N_ELEMENTS(zeros); i++) {
        g_autofree char *fields = g_strdup_printf("<XM>测试甲</XM><ZXYY>%s</ZXYY>", zeros[i]);
        g_autofree char *json = run(mapping, fields);
        g_assert_null(strstr(json, "remark"));
    }
    g_autofree char *ten = run(mapping, "<ZXYY>010</ZXYY>");
    g_assert_nonnull(strstr(ten, "\"remark\":\"010\""));
}

/* ---- Centuries ---- */

static void test_centuries(void)
{
    static const char mapping[] =
        MOVED("<time from='QRRQ' century='20'/><recorded from='SLSJ' century='1950-2049'/>"
              "<element to='person.birthDate' from='CSRQ' century='19'/>"
              "<element to='person.idValidFrom' from='YXQ'/>");
    g_autofree char *json =
        run(mapping, "<QRRQ>1-9月-26</QRRQ><SLSJ>13-MAR-09 08.30.00.000000 AM</SLSJ><CSRQ>13-3月 -85</CSRQ>"
                     "<YXQ>13-MAR-09</YXQ>");
    g_assert_nonnull(strstr(json, "\"time\":\"2026-09-01T00:00:00+08:00\""));
    g_assert_nonnull(strstr(json, "\"acceptedAt\":\"2009-03-13T08:30:00+08:00\""));
    g_assert_nonnull(strstr(json, "\"birthDate\":\"1985-03-13\""));
    g_assert_cmpuint(count(json, "{\"mark\":\"date-invalid\",\"element\":\"person.idValidFrom\"}"), ==, 1);
    g_assert_nonnull(strstr(json, "{\"name\":\"YXQ\",\"value\":\"13-MAR-09\"}"));
}

static void expect_error(const char *mapping, const char *error)
{
    g_autofree char *errors = NULL;
    g_assert_null(mapping_test_compile(mapping, &errors));
    g_assert_cmpstr(errors, ==, error);
}

static void test_wrong_centuries(void)
{
    expect_error(MOVED("\n<element to='person.birthDate' from='A' century='1930-2030'/>"),
                 ":2: error: century=\"1930-2030\" is not a hundred years");
    expect_error(MOVED("\n<element to='person.name' from='A' century='19'/>"),
                 ":2: error: \"person.name\" is read as no date: it can have no century");
}

/* ---- Whom a death is of ---- */

#define DEATH                                                                                            \
    MAPPING(EVENT(                                                                                       \
        "person.died.v1",                                                                                \
        "<id from='YW'/><time from='SWRQ' or='SLSJ'/><action cancel-when=\"CXBZ='1'\" reverses='CXYW'/>" \
        "<identity kind='idNumber' from='GMSFHM'/><identity kind='person' from='RYNBID'/>"               \
        "<element to='person.name' from='XM'/><element to='person.idNumber' from='GMSFHM'/>"             \
        "<element to='person.birthDate' from='CSRQ'/><element to='death.date' from='SWRQ'/>"             \
        "<element to='death.certificateNumber' from='SWZMBH'/>"))

static void test_nobody(void)
{
    static const struct {
        const char *fields;
        bool taken;
    } cases[] = {
        {"<XM>测试丁</XM><GMSFHM>990104195008179950</GMSFHM><SWRQ>20090318</SWRQ>", true},
        {"<GMSFHM>990104195008179950</GMSFHM>", true},
        {"<RYNBID>7</RYNBID>", true},
        {"<XM>测试丁</XM><SWRQ>20090318</SWRQ>", true},
        {"<XM>测试丁</XM><CSRQ>19500817</CSRQ>", true},
        {"<XM>测试丁</XM><SWZMBH>Z1</SWZMBH>", true},
        {"<XM>测试丁</XM><YW>8</YW>", true},
        {"<XM>测试丁</XM><CXBZ>1</CXBZ><CXYW>8</CXYW>", true},
        {"<XM>测试丁</XM>", false},
        {"<XM>测试丁</XM><SLSJ>20090320094512</SLSJ>", false},
        {"<XM>测试丁</XM><SWRQ>不详</SWRQ><SLSJ>20090320094512</SLSJ>", false},
        {"<XM>不详</XM><SWRQ>20090318</SWRQ>", false},
        {"<XM>测试丁</XM><SWZMBH>0</SWZMBH>", false},
        {"<XM>测试丁</XM><YW>0</YW>", false},
        {"<XM>{}</XM><SWRQ>20090318</SWRQ>", false},
        {"<SWRQ>20090318</SWRQ><YW>8</YW>", false},
        {"<SWZMBH>Z1</SWZMBH>", false},
        {"<GMSFHM>000000000000000000</GMSFHM><SWRQ>20090318</SWRQ>", false},
        {"<YW>8</YW>", false},
        {"<CXBZ>1</CXBZ><CXYW>8</CXYW>", false},
        {"<SLSJ>20090320094512</SLSJ>", false},
    };
    g_autoptr(MappingTest) test = mapping_test_new(DEATH);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *xml = g_strdup_printf("<ROWS><ROW>%s</ROW></ROWS>", cases[i].fields);
        g_test_message("case %zu", i);
        HtVerdict verdict = mapping_test_run(test, xml);
        g_assert_cmpint(verdict, ==, cases[i].taken ? HT_VERDICT_OK : HT_VERDICT_REJECT);
        if (!cases[i].taken) {
            assert_fault(test, 0, "required-missing");
        }
    }
}

/* What decides by whether a day is there must not be decided by a day that stands for none. */
static void test_null_days_are_no_values(void)
{
    static const char *const days[][2] = {
        {"2026-03-01", "household.closed.v1"},
        {"20260301100000", "household.closed.v1"},
        {"1900-01-01", "household.created.v1"},
        {"1900-01-01 00:00:00.0", "household.created.v1"},
        {"19000101", "household.created.v1"},
        {"0000-00-00", "household.created.v1"},
        {"0001-01-01T00:00:00", "household.created.v1"},
        {"１９００／１／１", "household.created.v1"},
        {"9999-12-31", "household.created.v1"},
        {"无", "household.created.v1"},
        {"", "household.created.v1"},
        {"20260230", "household.closed.v1"}, /* something, and unreadable */
    };
    g_autoptr(MappingTest) test = mapping_test_new(MAPPING(
        "<event type='household.closed.v1' for-each='/R' when='CHSJ'><element to='household.number' from='HH'/>"
        "<element to='household.closedOn' from='CHSJ'/></event>"
        "<event type='household.created.v1' for-each='/R' when='not(CHSJ)'><time from='JHSJ'/>"
        "<element to='household.number' from='HH'/></event>"));
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        g_autofree char *xml = g_strdup_printf("<R><HH>1</HH><CHSJ>%s</CHSJ></R>", days[i][0]);
        mapping_test_run(test, xml);
        HtText type = mapping_test_event(test, 0).attr[HT_ATTR_TYPE];
        g_test_message("%s", days[i][0]);
        g_assert_true(ht_text_is(type, days[i][1]));
    }
    /* An open end is a value, and so is a text that looks like a day where it is read as a text. */
    g_autoptr(MappingTest) open = mapping_test_new(MAPPING(
        "<event type='person.moved-in.v1' for-each='/R' when='YXQ and XH'><element to='person.name' from='XM'/>"
        "<element to='person.idValidTo' from='YXQ'/><element to='household.number' from='XH'/></event>"));
    mapping_test_run(open, "<R><XM>测试甲</XM><YXQ>9999-12-31</YXQ><XH>19000101</XH></R>");
    g_assert_cmpuint(open->outcome.events->len, ==, 1);
    g_assert_cmpint(mapping_test_run(open, "<R><XM>测试甲</XM><YXQ>1900-01-01</YXQ><XH>1</XH></R>"), ==,
                    HT_VERDICT_REJECT);
}

int main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mapping-time/stand-ins-are-marked-and-no-finer-than-a-day", test_stand_ins);
    g_test_add_func("/mapping-time/what-cannot-be-read-is-marked-and-kept-once", test_unreadable_once);
    g_test_add_func("/mapping-time/null-dates-are-no-value", test_null_dates_in_elements);
    g_test_add_func("/mapping-time/days-that-decide", test_dates_that_decide);
    g_test_add_func("/mapping-time/zeros-as-null", test_zeros_as_null);
    g_test_add_func("/mapping-time/two-digit-years-by-the-century-that-is-named", test_centuries);
    g_test_add_func("/mapping-time/wrong-centuries-are-errors", test_wrong_centuries);
    g_test_add_func("/mapping-time/a-death-is-of-somebody", test_nobody);
    g_test_add_func("/mapping/time/null-days-are-no-values", test_null_days_are_no_values);
    int status = g_test_run();
    mapping_test_forget_reference();
    return status;
}
