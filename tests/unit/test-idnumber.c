/* mappings/engine/values/idnumber: every notation and conflict of numbers with a check character that departments were seen to send. */
#include "mappings/engine/values/idnumber.h"

#include <glib.h>
#include <time.h>

#define BIT(mark) HT_MARK_BIT(HT_MARK_##mark)

typedef struct {
    const char *text;
    HtIdStatus status;
    const char *canonical;
    HtMarks marks;
} IdCase;

#define TODAY 20260101

static const IdCase IDS[] = {
    {"990104198001019915", HT_ID_VALID, "990104198001019915", 0},
    {"99010419910315993X", HT_ID_VALID, "99010419910315993X", 0},
    {"99010419910315993x", HT_ID_VALID, "99010419910315993X", BIT(ID_FOLDED)},
    {"990104198001019916", HT_ID_WRONG_CHECK, "990104198001019916", BIT(ID_CHECK_FAILED)},
    {"990104198902299918", HT_ID_WRONG_DATE, "990104198902299918", BIT(ID_CHECK_FAILED)},
    {"990104190013019916", HT_ID_WRONG_DATE, "990104190013019916", BIT(ID_CHECK_FAILED)},
    {"990104209901019911", HT_ID_FUTURE, "990104209901019911", BIT(ID_CHECK_FAILED)},
    {"99010419800101991", HT_ID_WRONG_LENGTH, "99010419800101991", BIT(ID_CHECK_FAILED)},
    {" 990104198001019915 ", HT_ID_VALID, "990104198001019915", BIT(ID_FOLDED)},
    {"９９０１０４１９８００１０１９９１５", HT_ID_VALID, "990104198001019915", BIT(ID_FOLDED)},
    {"990104500817995", HT_ID_VALID, "990104195008179950", BIT(ID_15_UPGRADED)},
    {"990104990817996", HT_ID_AMBIGUOUS, "990104990817996", BIT(ID_15_AMBIGUOUS)},
    {"99010450081799X", HT_ID_WRONG_CHARACTER, "99010450081799X", BIT(ID_CHECK_FAILED)},
    {"111111111111111111", HT_ID_FILLER, "111111111111111111", BIT(ID_CHECK_FAILED)},
    {"123456789098765432", HT_ID_FILLER, "123456789098765432", BIT(ID_CHECK_FAILED)},
    {"420106201101011919", HT_ID_WRONG_CHECK, "420106201101011919", BIT(ID_CHECK_FAILED)},
    {"120109197706015516", HT_ID_WRONG_CHECK, "120109197706015516", BIT(ID_CHECK_FAILED)},
    /* beyond the standard's vectors */
    {"", HT_ID_EMPTY, "", 0},
    {"  ", HT_ID_EMPTY, "", 0},
    {"990104 19800101 9915", HT_ID_VALID, "990104198001019915", BIT(ID_FOLDED)},
    {"\u3000990104198001019915\u00a0", HT_ID_VALID, "990104198001019915", BIT(ID_FOLDED)},
    {"９９０１０４１９９１０３１５９９３ｘ", HT_ID_VALID, "99010419910315993X", BIT(ID_FOLDED)},
    {"99010419910315993Ｘ", HT_ID_VALID, "99010419910315993X", BIT(ID_FOLDED)},
    /* what a spreadsheet or a clerk puts around it */
    {"'990104198001019915", HT_ID_VALID, "990104198001019915", BIT(ID_FOLDED)},
    {"＇990104198001019915", HT_ID_VALID, "990104198001019915", BIT(ID_FOLDED)},
    {"’99010419910315993x", HT_ID_VALID, "99010419910315993X", BIT(ID_FOLDED)},
    {"\"990104198001019915\"", HT_ID_VALID, "990104198001019915", BIT(ID_FOLDED)},
    {"990104198001019915.0", HT_ID_VALID, "990104198001019915", BIT(ID_FOLDED)},
    {"990104-19800101-9915", HT_ID_VALID, "990104198001019915", BIT(ID_FOLDED)},
    {"身份证号：990104198001019915", HT_ID_VALID, "990104198001019915", BIT(ID_FOLDED)},
    {"'990104500817995", HT_ID_VALID, "990104195008179950", BIT(ID_FOLDED) | BIT(ID_15_UPGRADED)},
    {"'990104198001019916", HT_ID_WRONG_LENGTH, "'990104198001019916", BIT(ID_CHECK_FAILED)},
    {"990104198001019915/990104198205069922", HT_ID_WRONG_CHARACTER, "", BIT(ID_CHECK_FAILED)},
    {"母亲990104198205069922", HT_ID_WRONG_CHARACTER, "", BIT(ID_CHECK_FAILED)},
    {"G990104198001019915", HT_ID_WRONG_LENGTH, "G990104198001019915", BIT(ID_CHECK_FAILED)},
    {"9.90104E+17", HT_ID_WRONG_LENGTH, "9.90104E+17", BIT(ID_CHECK_FAILED)},
    {"111111111111111", HT_ID_FILLER, "111111111111111", BIT(ID_CHECK_FAILED)},
    {"990104501317995", HT_ID_WRONG_DATE, "990104501317995", BIT(ID_CHECK_FAILED)},
    {"测试", HT_ID_WRONG_CHARACTER, "", BIT(ID_CHECK_FAILED)},
    {"99010419800101991\x01", HT_ID_WRONG_CHARACTER, "", BIT(ID_CHECK_FAILED)},
    {"9901041980010199159901041980010199159901041980010199159901041980010199159", HT_ID_WRONG_CHARACTER, "",
     BIT(ID_CHECK_FAILED)},
};

static void test_citizen_numbers(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(IDS); i++) {
        HtIdNumber id;
        g_test_message("number %zu", i);
        g_assert_cmpint(ht_idnumber_parse_at(IDS[i].text, strlen(IDS[i].text), TODAY, &id), ==,
                        IDS[i].status);
        g_assert_true(strcmp(id.canonical, IDS[i].canonical) == 0);
        g_assert_cmpuint(id.size, ==, strlen(id.canonical));
        g_assert_cmpuint(id.marks, ==, IDS[i].marks);
        g_assert_true(id.valid == (id.status == HT_ID_VALID));
        g_assert_cmpuint(strlen(id.birth_date), ==, id.valid ? 10 : 0);
    }
}

/* Whatever people put around a right number, and whatever they type for its X, in any combination. */
static void test_dressed_numbers(void)
{
    static const char *const bare[] = {"990104198001019915", "99010419910315993", "990104500817995"};
    static const char *const right[] = {"990104198001019915", "99010419910315993X", "990104195008179950"};
    static const char *const around[][2] = {
        {"(", ")"},  {"（", "）"}, {"[", "]"},   {"【", "】"}, {"<", ">"},   {"《", "》"},  {"{", "}"},
        {"", ","},   {"", "，"},   {"", ";"},    {"", "。"},   {"", "、"},   {"=\"", "\""}, {"#", ""},
        {"№", ""},   {"*", "*"},   {"\t'", "'"}, {"| ", " |"}, {"「", "」"}, {"－", "－"},  {"~", "~"},
        {"[ '", ""}, {"\\", ""},   {"/", "/"},   {"「（", ""}, {"", ".0"},   {"…", "…"},    {"", "!"},
    };
    static const char *const crosses[] = {"X", "x", "Ｘ", "ｘ", "×", "Х", "х", "Χ",
                                          "χ", "Ⅹ", "ⅹ",  "✕",  "✖", "╳", "☓"};
    for (size_t i = 0; i < G_N_ELEMENTS(around) * G_N_ELEMENTS(crosses) * G_N_ELEMENTS(bare); i++) {
        size_t which = i % G_N_ELEMENTS(bare), cross = i / G_N_ELEMENTS(bare) % G_N_ELEMENTS(crosses);
        const char *const *signs = around[i / G_N_ELEMENTS(bare) / G_N_ELEMENTS(crosses)];
        g_autofree char *text =
            g_strconcat(signs[0], bare[which], which == 1 ? crosses[cross] : "", signs[1], NULL);
        HtIdNumber id;
        g_test_message("number %zu", i);
        ht_idnumber_parse_at(text, strlen(text), TODAY, &id);
        g_assert_true(id.valid && strcmp(id.canonical, right[which]) == 0 && (id.marks & BIT(ID_FOLDED)));
    }
    static const char *const wrong[] = {"(990104198001019916)", "99010419910315993*",
                                        "（母）990104198001019915", "9901041980×1019915",
                                        "×99010419910315993"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        HtIdNumber id;
        g_assert_cmpint(ht_idnumber_parse_at(wrong[i], strlen(wrong[i]), TODAY, &id), !=, HT_ID_VALID);
    }
}

static void test_number_tells_sex_and_birth(void)
{
    HtIdNumber id;
    ht_idnumber_parse_at("990104198205069922", 18, TODAY, &id);
    g_assert_true(id.sex == '2' && strcmp(id.birth_date, "1982-05-06") == 0);
    ht_idnumber_parse_at("990104500817995", 15, TODAY, &id);
    g_assert_true(id.sex == '1' && id.upgraded && strcmp(id.birth_date, "1950-08-17") == 0);
    ht_idnumber_parse_at("990104990817996", 15, TODAY, &id);
    g_assert_true(id.sex == '2' && !id.upgraded && id.birth_date[0] == '\0');
    ht_idnumber_parse_at("990104990817997", 15, TODAY, &id);
    g_assert_true(id.sex == '1' && !id.upgraded);
    ht_idnumber_parse_at("990104800110001", 15, TODAY,
                         &id); /* of the three zeros only two are the sequence's */
    g_assert_true(id.valid && id.upgraded && strcmp(id.birth_date, "1980-01-10") == 0);
    ht_idnumber_parse_at("990104198001011122", 18, TODAY, &id); /* two pairs are no row */
    g_assert_cmpint(id.status, ==, HT_ID_WRONG_CHECK);
    ht_idnumber_parse_at("990104209901019911", 18, 0, &id); /* no today: no future */
    g_assert_true(id.valid);
    ht_idnumber_parse("990104198001019915", 18, &id);
    g_assert_true(id.valid);
    ht_idnumber_parse("990104209901019911", 18, &id);
    g_assert_cmpint(id.status, ==, HT_ID_FUTURE);
}

/* Who is born today has a number today, and who was born long ago still has one. */
static void test_newborns_and_the_very_old(void)
{
    static const struct {
        const char *number;
        uint32_t today;
        HtIdStatus status;
    } cases[] = {
        {"990104202601010016", 20260101, HT_ID_VALID},   {"990104202601010016", 20251231, HT_ID_FUTURE},
        {"990104202601020011", 20260101, HT_ID_FUTURE},  {"990104202601020011", 20260102, HT_ID_VALID},
        {"990104202501020014", 20250102, HT_ID_VALID},   {"990104202501020014", 20250101, HT_ID_FUTURE},
        {"990104180001010018", TODAY, HT_ID_VALID},      {"990104185006150012", TODAY, HT_ID_VALID},
        {"990104189912310012", TODAY, HT_ID_VALID},      {"990104190002280019", TODAY, HT_ID_VALID},
        {"990104179912310013", TODAY, HT_ID_WRONG_DATE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtIdNumber id;
        g_test_message("case %zu", i);
        g_assert_cmpint(ht_idnumber_parse_at(cases[i].number, 18, cases[i].today, &id), ==, cases[i].status);
        g_assert_cmpint(id.valid, ==, cases[i].status == HT_ID_VALID);
    }
}

/* The clock that the numbers are read by, when a test says so. */
static time_t clock_s;

time_t time(time_t *out)
{
    time_t now = clock_s != 0 ? clock_s : (time_t)(g_get_real_time() / G_USEC_PER_SEC);
    if (out) {
        *out = now;
    }
    return now;
}

/* In China it is tomorrow eight hours before it is in UTC. */
static void test_today_is_chinas(void)
{
    const time_t midnight = 1767196800; /* 2025-12-31T16:00:00Z */
    const char *number = "990104202601010016";
    HtIdNumber id;
    clock_s = midnight - 1;
    g_assert_cmpint(ht_idnumber_parse(number, 18, &id), ==, HT_ID_FUTURE);
    clock_s = midnight;
    g_assert_cmpint(ht_idnumber_parse(number, 18, &id), ==, HT_ID_VALID);
    clock_s = 0;
}

/* One digit changed is always noticed: MOD 11-2 promises it. */
static void test_each_wrong_digit_is_noticed(void)
{
    const char right[] = "990104198001019915";
    for (size_t place = 0; place < 18; place++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            char wrong[sizeof right];
            HtIdNumber id;
            memcpy(wrong, right, sizeof right);
            wrong[place] = digit;
            ht_idnumber_parse_at(wrong, 18, TODAY, &id);
            g_assert_true(id.valid == (digit == right[place]));
        }
    }
}

typedef struct {
    const char *text;
    HtIdStatus status;
    const char *canonical;
} OrgCase;

static void test_credit_codes(void)
{
    static const OrgCase cases[] = {
        {"91990104000000TA15", HT_ID_VALID, "91990104000000TA15"},
        {"12990104000000TB2E", HT_ID_VALID, "12990104000000TB2E"},
        {"51990104000000TC3H", HT_ID_VALID, "51990104000000TC3H"},
        {"52990104000000TD4J", HT_ID_VALID, "52990104000000TD4J"},
        {"92990104000000TE5J", HT_ID_VALID, "92990104000000TE5J"},
        {"91990104000000T220", HT_ID_VALID, "91990104000000T220"}, /* a remainder of nothing */
        {"91990104000000T510", HT_ID_VALID, "91990104000000T510"},
        {"91990104000000T22Y", HT_ID_WRONG_CHECK, "91990104000000T22Y"},
        {"91990104000000T221", HT_ID_WRONG_CHECK, "91990104000000T221"},
        {"91990104000000TA10", HT_ID_WRONG_CHECK, "91990104000000TA10"},
        {"9199010400000OTA10", HT_ID_WRONG_CHARACTER, "9199010400000OTA10"},
        {"91990104000000ta15", HT_ID_VALID, "91990104000000TA15"},
        {" 91990104000000ＴＡ15", HT_ID_VALID, "91990104000000TA15"},
        {"91990104000000TA1", HT_ID_WRONG_LENGTH, "91990104000000TA1"},
        {"91990104000000TA155", HT_ID_WRONG_LENGTH, ""},
        {"000000000000000000", HT_ID_FILLER, "000000000000000000"}, /* its check character is right */
        {"111111111111111111", HT_ID_FILLER, "111111111111111111"},
        {"", HT_ID_EMPTY, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtOrgNumber number;
        g_assert_cmpint(ht_uscc_parse(cases[i].text, strlen(cases[i].text), &number), ==, cases[i].status);
        g_assert_cmpstr(number.canonical, ==, cases[i].canonical);
        bool marked = number.status != HT_ID_VALID && number.status != HT_ID_EMPTY;
        g_assert_cmpuint(number.marks, ==, marked ? BIT(CODE_CHECK_FAILED) : 0);
    }
}

static void test_organisation_codes(void)
{
    static const OrgCase cases[] = {
        {"0000TA10-2", HT_ID_VALID, "0000TA102"},          {"12345678-8", HT_ID_VALID, "123456788"},
        {"123456788", HT_ID_VALID, "123456788"},           {"12345678-7", HT_ID_WRONG_CHECK, "123456787"},
        {"0000ta102", HT_ID_VALID, "0000TA102"},           {"1234567-88", HT_ID_WRONG_LENGTH, "1234567-88"},
        {"1234*6788", HT_ID_WRONG_CHARACTER, "1234*6788"}, {"", HT_ID_EMPTY, ""},
        {"00000000-0", HT_ID_FILLER, "000000000"},         {"123456789", HT_ID_FILLER, "123456789"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtOrgNumber number;
        g_assert_cmpint(ht_orgcode_parse(cases[i].text, strlen(cases[i].text), &number), ==, cases[i].status);
        g_assert_cmpstr(number.canonical, ==, cases[i].canonical);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/idnumber/vectors", test_citizen_numbers);
    g_test_add_func("/idnumber/dressed-numbers-are-read", test_dressed_numbers);
    g_test_add_func("/idnumber/tells-sex-and-birth", test_number_tells_sex_and_birth);
    g_test_add_func("/idnumber/each-wrong-digit-is-noticed", test_each_wrong_digit_is_noticed);
    g_test_add_func("/idnumber/newborns-and-the-very-old", test_newborns_and_the_very_old);
    g_test_add_func("/idnumber/today-is-chinas", test_today_is_chinas);
    g_test_add_func("/idnumber/credit-codes", test_credit_codes);
    g_test_add_func("/idnumber/organisation-codes", test_organisation_codes);
    return g_test_run();
}
