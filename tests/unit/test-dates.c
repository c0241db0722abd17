/* mappings/engine/values/dates*: every notation that departments, databases and libraries were seen to write, moments in other zones,
 * nulls, and what must not be guessed. */
#include "mappings/engine/values/dates.h"

#include <glib.h>

#define BIT(mark) HT_MARK_BIT(HT_MARK_##mark)

typedef struct {
    const char *text;
    unsigned flags;
    HtType type;
    const char *shown; /* NULL: a null; "!": invalid */
    HtPrecision precision;
    HtMarks marks;
} DateCase;

static const DateCase DATES[] = {
    {"20090312", 0, HT_TYPE_DATE, "2009-03-12", HT_PRECISION_DAY, 0},
    {"20090320094512", 0, HT_TYPE_DATETIME, "2009-03-20T09:45:12+08:00", HT_PRECISION_SECOND, 0},
    {"200903200945", 0, HT_TYPE_DATETIME, "2009-03-20T09:45:00+08:00", HT_PRECISION_MINUTE, 0},
    {"2009032009", 0, HT_TYPE_DATETIME, "2009-03-20", HT_PRECISION_DAY, BIT(DATE_PARTIAL)},
    {"2009-03-12", 0, HT_TYPE_DATE, "2009-03-12", HT_PRECISION_DAY, 0},
    {"2009-3-5", 0, HT_TYPE_DATE, "2009-03-05", HT_PRECISION_DAY, 0},
    {"2009/03/12", 0, HT_TYPE_DATE, "2009-03-12", HT_PRECISION_DAY, 0},
    {"2009/3/12 8:05", 0, HT_TYPE_DATETIME, "2009-03-12T08:05:00+08:00", HT_PRECISION_MINUTE, 0},
    {"2009.03.12", 0, HT_TYPE_DATE, "2009-03-12", HT_PRECISION_DAY, 0},
    {"2009年3月12日", 0, HT_TYPE_DATE, "2009-03-12", HT_PRECISION_DAY, 0},
    {"2009年03月12日 08时30分", 0, HT_TYPE_DATETIME, "2009-03-12T08:30:00+08:00", HT_PRECISION_MINUTE, 0},
    {"2009年3月12日8时30分5秒", 0, HT_TYPE_DATETIME, "2009-03-12T08:30:05+08:00", HT_PRECISION_SECOND, 0},
    {"2009年3月", 0, HT_TYPE_DATE, "2009-03", HT_PRECISION_MONTH, BIT(DATE_PARTIAL)},
    {"2009年", 0, HT_TYPE_DATE, "2009", HT_PRECISION_YEAR, BIT(DATE_PARTIAL)},
    {"２００９年３月１２日", 0, HT_TYPE_DATE, "2009-03-12", HT_PRECISION_DAY, 0},
    {"２００９０３１２", 0, HT_TYPE_DATE, "2009-03-12", HT_PRECISION_DAY, 0},
    {"200903", 0, HT_TYPE_DATE, "2009-03", HT_PRECISION_MONTH, BIT(DATE_PARTIAL)},
    {"200903", HT_DATE_MONTH_WANTED, HT_TYPE_MONTH, "2009-03", HT_PRECISION_MONTH, 0},
    {"2009-03", HT_DATE_MONTH_WANTED, HT_TYPE_MONTH, "2009-03", HT_PRECISION_MONTH, 0},
    {"20090312", HT_DATE_MONTH_WANTED, HT_TYPE_MONTH, "2009-03", HT_PRECISION_DAY, 0},
    {"2009", HT_DATE_MONTH_WANTED, HT_TYPE_MONTH, "", HT_PRECISION_YEAR, BIT(DATE_PARTIAL)},
    {"2009", 0, HT_TYPE_DATE, "2009", HT_PRECISION_YEAR, BIT(DATE_PARTIAL)},
    {"19800000", 0, HT_TYPE_DATE, "1980", HT_PRECISION_YEAR, BIT(DATE_PARTIAL)},
    {"19800300", 0, HT_TYPE_DATE, "1980-03", HT_PRECISION_MONTH, BIT(DATE_PARTIAL)},
    {"1980-03-00", 0, HT_TYPE_DATE, "1980-03", HT_PRECISION_MONTH, BIT(DATE_PARTIAL)},
    {"19800015", 0, HT_TYPE_DATE, "1980", HT_PRECISION_YEAR, BIT(DATE_PARTIAL)},
    {"2008-08-08 10:20:30", 0, HT_TYPE_DATETIME, "2008-08-08T10:20:30+08:00", HT_PRECISION_SECOND, 0},
    {"2008-08-08 10:20:30", 0, HT_TYPE_DATE, "2008-08-08T10:20:30", HT_PRECISION_SECOND, 0},
    {"2008-08-08 10:20:30.0", 0, HT_TYPE_DATETIME, "2008-08-08T10:20:30+08:00", HT_PRECISION_SECOND, 0},
    {"2008-08-08 10:20:30.125", 0, HT_TYPE_DATETIME, "2008-08-08T10:20:30.125+08:00", HT_PRECISION_SECOND, 0},
    {"2008-08-08T00:00:00+08:00", 0, HT_TYPE_DATETIME, "2008-08-08T00:00:00+08:00", HT_PRECISION_SECOND, 0},
    {"2008-08-08T00:00:00.0000000+08:00", 0, HT_TYPE_DATETIME, "2008-08-08T00:00:00+08:00",
     HT_PRECISION_SECOND, 0},
    {"2008-08-08T02:03:04Z", 0, HT_TYPE_DATETIME, "2008-08-08T10:03:04+08:00", HT_PRECISION_SECOND, 0},
    {"2008-08-08T02:03:04-05:30", 0, HT_TYPE_DATETIME, "2008-08-08T15:33:04+08:00", HT_PRECISION_SECOND, 0},
    {"2008-08-08+08:00", 0, HT_TYPE_DATE, "2008-08-08", HT_PRECISION_DAY, 0},
    {"20090320094512+0800", 0, HT_TYPE_DATETIME, "2009-03-20T09:45:12+08:00", HT_PRECISION_SECOND, 0},
    {"20090320094512.500-0500", 0, HT_TYPE_DATETIME, "2009-03-20T22:45:12.500+08:00", HT_PRECISION_SECOND, 0},
    {"20090320T094512", 0, HT_TYPE_DATETIME, "2009-03-20T09:45:12+08:00", HT_PRECISION_SECOND, 0},
    {"  20090312\t", 0, HT_TYPE_DATE, "2009-03-12", HT_PRECISION_DAY, 0},
    {"\u300020090312\u00a0", 0, HT_TYPE_DATE, "2009-03-12", HT_PRECISION_DAY, 0},
    {"20000229", 0, HT_TYPE_DATE, "2000-02-29", HT_PRECISION_DAY, 0},
    {"1236736800", HT_DATE_EPOCH, HT_TYPE_DATE, "2009-03-11T10:00:00", HT_PRECISION_SECOND, 0},
    {"1236736800", HT_DATE_EPOCH, HT_TYPE_DATETIME, "2009-03-11T10:00:00+08:00", HT_PRECISION_SECOND, 0},
    {"1236736800500", HT_DATE_EPOCH, HT_TYPE_DATETIME, "2009-03-11T10:00:00.500+08:00", HT_PRECISION_SECOND,
     0},
    {"-86400", HT_DATE_EPOCH, HT_TYPE_DATETIME, "1969-12-31T08:00:00+08:00", HT_PRECISION_SECOND, 0},
    {"083000", HT_DATE_TIME_ONLY, HT_TYPE_TIME, "08:30:00", HT_PRECISION_SECOND, 0},
    {"0830", HT_DATE_TIME_ONLY, HT_TYPE_TIME, "08:30:00", HT_PRECISION_MINUTE, 0},
    {"08:30", HT_DATE_TIME_ONLY, HT_TYPE_TIME, "08:30:00", HT_PRECISION_MINUTE, 0},
    {"8:30:15", HT_DATE_TIME_ONLY, HT_TYPE_TIME, "08:30:15", HT_PRECISION_SECOND, 0},
    {"8时30分", HT_DATE_TIME_ONLY, HT_TYPE_TIME, "08:30:00", HT_PRECISION_MINUTE, 0},
    {"99991231", HT_DATE_OPEN_ENDED, HT_TYPE_DATE, "9999-12-31", HT_PRECISION_DAY, 0},
    {"长期", HT_DATE_OPEN_ENDED, HT_TYPE_DATE, "9999-12-31", HT_PRECISION_DAY, 0},
    /* nulls */
    {"", 0, HT_TYPE_DATE, NULL, 0, 0},
    {"   ", 0, HT_TYPE_DATE, NULL, 0, 0},
    {"19000101", 0, HT_TYPE_DATE, NULL, 0, 0},
    {"19010101", 0, HT_TYPE_DATE, NULL, 0, 0},
    {"1900-01-01", 0, HT_TYPE_DATE, NULL, 0, 0},
    {"1900-01-01 00:00:00", 0, HT_TYPE_DATETIME, NULL, 0, 0},
    {"1899-12-31", 0, HT_TYPE_DATE, NULL, 0, 0},
    {"1899-12-30T00:00:00", 0, HT_TYPE_DATETIME, NULL, 0, 0},
    {"0001-01-01T00:00:00", 0, HT_TYPE_DATETIME, NULL, 0, 0},
    {"00000000", 0, HT_TYPE_DATE, NULL, 0, 0},
    {"0000-00-00", 0, HT_TYPE_DATE, NULL, 0, 0},
    {"99991231", 0, HT_TYPE_DATE, NULL, 0, 0},
    {"0", HT_DATE_EPOCH, HT_TYPE_DATETIME, NULL, 0, 0},
    /* invalid */
    {"20090230", 0, HT_TYPE_DATE, "!", 0, 0},
    {"19890229", 0, HT_TYPE_DATE, "!", 0, 0},
    {"20091301", 0, HT_TYPE_DATE, "!", 0, 0},
    {"20090132", 0, HT_TYPE_DATE, "!", 0, 0},
    {"2009-03-20 24:00:01", 0, HT_TYPE_DATETIME, "!", 0, 0},
    {"2009-03-20 10:60", 0, HT_TYPE_DATETIME, "!", 0, 0},
    {"20090320094512+0800x", 0, HT_TYPE_DATETIME, "!", 0, 0},
    {"2009-03-20T10:00:00+99:00", 0, HT_TYPE_DATETIME, "!", 0, 0},
    {"2009031", 0, HT_TYPE_DATE, "!", 0, 0},
    {"2009-03/12", 0, HT_TYPE_DATE, "!", 0, 0},
    {"12/03/2009", 0, HT_TYPE_DATE, "!", 0, 0},
    {"850312", 0, HT_TYPE_DATE, "!", 0, 0},
    {"上午", 0, HT_TYPE_DATE, "!", 0, 0},
    {"2009-03-12 测试", 0, HT_TYPE_DATE, "!", 0, 0},
    {"abc", 0, HT_TYPE_DATE, "!", 0, 0},
    {"-", 0, HT_TYPE_DATE, "!", 0, 0},
    {"2530", HT_DATE_TIME_ONLY, HT_TYPE_TIME, "!", 0, 0},
    {"08-30", HT_DATE_TIME_ONLY, HT_TYPE_TIME, "!", 0, 0},
    {"12345678901234", HT_DATE_EPOCH, HT_TYPE_DATETIME, "!", 0, 0},
    {"1e9", HT_DATE_EPOCH, HT_TYPE_DATETIME, "!", 0, 0},
};

static const char *expected_date(const DateCase *one, HtDateResult *result)
{
    *result = !one->shown ? HT_DATE_NULL : one->shown[0] == '!' ? HT_DATE_INVALID : HT_DATE_OK;
    return *result == HT_DATE_OK ? one->shown : "";
}

static void test_date_notations(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(DATES); i++) {
        const DateCase *one = &DATES[i];
        HtDate date;
        HtDateResult expected;
        char shown[HT_DATE_FORMAT_MAX];
        const char *text = expected_date(one, &expected);
        g_test_message("%s", one->text);
        g_assert_cmpint(ht_date_parse(one->text, strlen(one->text), one->flags, &date), ==, expected);
        size_t size = ht_date_format(&date, one->type, shown);
        /* an element of type date has no time, whatever was sent */
        size_t wanted = one->type == HT_TYPE_DATE ? MIN(strlen(text), 10) : strlen(text);
        g_assert_cmpuint(size, ==, wanted);
        g_assert_true(memcmp(shown, text, wanted) == 0 && shown[size] == '\0');
        if (expected == HT_DATE_OK) {
            g_assert_cmpint(date.precision, ==, one->precision);
            g_assert_cmpuint(date.marks, ==, one->marks);
        } else {
            g_assert_cmpint(date.precision, ==, HT_PRECISION_NONE);
            g_assert_cmpuint(date.marks, ==, expected == HT_DATE_INVALID ? BIT(DATE_INVALID) : 0);
        }
    }
}

static void test_event_times_are_whole(void)
{
    static const char *const pairs[][2] = {
        {"1980", "1980-01-01T00:00:00+08:00"},
        {"198003", "1980-03-01T00:00:00+08:00"},
        {"19800312", "1980-03-12T00:00:00+08:00"},
        {"198003120830", "1980-03-12T08:30:00+08:00"},
        {"1980-03-12T08:30:01.25Z", "1980-03-12T16:30:01.250+08:00"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        HtDate date;
        char shown[HT_DATE_FORMAT_MAX];
        g_assert_cmpint(ht_date_parse(pairs[i][0], strlen(pairs[i][0]), 0, &date), ==, HT_DATE_OK);
        g_assert_cmpuint(ht_date_format_rfc3339(&date, shown), ==, strlen(shown));
        g_assert_cmpstr(shown, ==, pairs[i][1]);
    }
    g_assert_cmpstr(ht_precision_name(HT_PRECISION_MONTH), ==, "month");
    g_assert_cmpstr(ht_precision_name(HT_PRECISION_NONE), ==, "");
}

static void test_zone_is_told(void)
{
    HtDate date;
    ht_date_parse("20090320094512", 14, 0, &date);
    g_assert_true(!date.had_zone && date.offset_minutes == 480);
    ht_date_parse("20090320094512Z", 15, 0, &date);
    g_assert_true(date.had_zone && date.offset_minutes == 480 && date.hour == 17);
}

/* Day by day through four centuries: the text is read as that day, and its number of seconds gives the text again. */
static void test_days_go_round(void)
{
    int64_t seconds = -5364662400; /* 1800-01-01T00:00:00Z */
    unsigned days = 0, nulls = 0;
    for (int year = 1800; year < 2200; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; ht_date_exists(year, month, day); day++, days++) {
                char text[24], shown[HT_DATE_FORMAT_MAX];
                HtDate date, back;
                g_snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
                HtDateResult result = ht_date_parse(text, strlen(text), 0, &date);
                nulls += result == HT_DATE_NULL;
                if (result != HT_DATE_NULL) {
                    g_assert_cmpint(result, ==, HT_DATE_OK);
                    g_assert_true(date.year == year && date.month == month && date.day == day);
                    ht_date_from_epoch((seconds + (int64_t)days * 86400 - 8 * 3600) * 1000, &back);
                    ht_date_format(&back, HT_TYPE_DATE, shown);
                    g_assert_true(memcmp(shown, text, 10) == 0);
                }
            }
        }
    }
    g_assert_cmpuint(days, ==, 146097);
    g_assert_cmpuint(nulls, ==,
                     5); /* the first days of OLE, Excel and SQL Server, 1901-01-01, and 2099-12-31 */
}

/* ---- What databases and libraries write ---- */

typedef struct {
    const char *text;
    unsigned flags;
    const char *day;    /* as an element of type date; "": none, "!": invalid */
    const char *moment; /* as one of type dateTime; NULL: the same */
} Notation;

static const Notation NOTATIONS[] = {
    /* SQL Server */
    {"Mar 13 2009 12:00AM", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Mar  3 2009  1:05PM", 0, "2009-03-03", "2009-03-03T13:05:00+08:00"},
    {"Mar 13 2009 12:00:00:000AM", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"13 Mar 2009 08:30:05:125", 0, "2009-03-13", "2009-03-13T08:30:05.125+08:00"},
    {"03 13 2009 12:00AM", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"03  5 2009 12:30PM", 0, "2009-03-05", "2009-03-05T12:30:00+08:00"},
    {"2009-03-13 00:00:00.000", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"2009-03-13 00:00:00.0000000 +08:00", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"20090313 00:00:00", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"13 Mar 2009", 0, "2009-03-13", NULL},
    {"Mar 13, 2009", 0, "2009-03-13", NULL},
    /* Java, C, mail, JavaScript */
    {"Fri Mar 13 00:00:00 CST 2009", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Fri Mar 13 00:00:00 GMT+08:00 2009", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Thu Mar 12 16:00:00 UTC 2009", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Wed Jun 01 00:00:00 CDT 1988", 0, "1988-06-01", "1988-06-01T00:00:00+09:00"},
    {"Fri Mar 13 08:30:05 2009", 0, "2009-03-13", "2009-03-13T08:30:05+08:00"},
    {"Fri, 13 Mar 2009 00:00:00 +0800", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Thu, 12 Mar 2009 16:00:00 GMT", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Fri Mar 13 2009 00:00:00 GMT+0800 (中国标准时间)", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Fri Mar 13 2009 00:00:00 GMT+0800 (China Standard Time)", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Fri Mar 13 2009 00:00:00 GMT+0800 (CST)", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"2009-03-13T00:00+08:00[Asia/Shanghai]", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Fri Mar 13 00:00:00 +0800 2009", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Mar 13, 2009 8:30:05 AM", 0, "2009-03-13", "2009-03-13T08:30:05+08:00"},
    {"Friday, March 13, 2009 8:30:05 PM", 0, "2009-03-13", "2009-03-13T20:30:05+08:00"},
    {"1900-06-01T00:00:00+08:05:43", 0, "1900-06-01", "1900-06-01T00:00:00+08:00"},
    /* .NET in Chinese */
    {"2009/3/13 0:00:00", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"2009/3/13 星期五 上午 12:00:00", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"2009-03-13 下午 03:20:01", 0, "2009-03-13", "2009-03-13T15:20:01+08:00"},
    {"2009-03-13 15:20:01 下午", 0, "2009-03-13", "2009-03-13T15:20:01+08:00"},
    {"2009。3、13", 0, "2009-03-13", "2009-03-13"},
    {"2009。03。13", 0, "2009-03-13", "2009-03-13"},
    {"2009年3月13日星期五", 0, "2009-03-13", NULL},
    {"2009年3月13日(周五) 8:30", 0, "2009-03-13", "2009-03-13T08:30:00+08:00"},
    {"3/13/2009 12:00:00 AM", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"13/03/2009", 0, "2009-03-13", NULL},
    {"13.03.2009 08:30", 0, "2009-03-13", "2009-03-13T08:30:00+08:00"},
    {"05/05/2009", 0, "2009-05-05", NULL},
    /* Oracle */
    {"13-3月 -09", HT_DATE_CENTURY(2000), "2009-03-13", NULL},
    {"1-9月-26", HT_DATE_CENTURY(2000), "2026-09-01", NULL},
    {"13-MAR-09", HT_DATE_CENTURY(2000), "2009-03-13", NULL},
    {"13-MAR-2009", 0, "2009-03-13", NULL},
    {"13-三月-2009", 0, "2009-03-13", NULL},
    {"13-十二月-2009", 0, "2009-12-13", NULL},
    {"01-9月 -26 08.30.00.000000 上午", HT_DATE_CENTURY(2000), "2026-09-01", "2026-09-01T08:30:00+08:00"},
    {"01-SEP-26 08.30.05.250000 PM +08:00", HT_DATE_CENTURY(2000), "2026-09-01",
     "2026-09-01T20:30:05.250+08:00"},
    {"13-3月 -58", HT_DATE_CENTURY(1930), "1958-03-13", NULL},
    {"13-3月 -29", HT_DATE_CENTURY(1930), "2029-03-13", NULL},
    {"850312", HT_DATE_CENTURY(1900), "1985-03-12", NULL},
    {"85-3-12", HT_DATE_CENTURY(1900), "1985-03-12", NULL},
    {"09年3月13日", HT_DATE_CENTURY(2000), "2009-03-13", NULL},
    /* counts */
    {"20090313.0", 0, "2009-03-13", NULL}, /* a column of floating point */
    {"20090313.00", 0, "2009-03-13", NULL},
    {"2.0090313E7", 0, "2009-03-13", NULL},
    {"200903.0", 0, "2009-03", NULL},
    {"1236873600.0", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"1.2368736E12", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"1236873600", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"1236873600000", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"315504000000", 0, "1980-01-01", "1980-01-01T00:00:00+08:00"},
    {"315504000", 0, "1980-01-01", "1980-01-01T00:00:00+08:00"},
    {"581094000000", 0, "1988-06-01", "1988-06-01T00:00:00+09:00"},
    {"194457600000", 0, "1976-03-01", "1976-03-01T00:00:00+08:00"},
    {"-157795200", 0, "1965-01-01", "1965-01-01T00:00:00+08:00"},
    {"-157795200000", 0, "1965-01-01", "1965-01-01T00:00:00+08:00"},
    {"-28800", 0, "1970-01-01", "1970-01-01T00:00:00+08:00"},
    {"/Date(1236873600000)/", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"/Date(1236873600000+0800)/", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"\\/Date(-157795200000)\\/", 0, "1965-01-01", "1965-01-01T00:00:00+08:00"},
    /* people */
    {"二〇〇九年三月十三日", 0, "2009-03-13", NULL},
    {"二零零九年十二月三十一日", 0, "2009-12-31", NULL},
    {"二00九年三月十三日", 0, "2009-03-13", NULL},
    {"二００九年三月十三日", 0, "2009-03-13", NULL},
    {"二OO九年一0月一0日", 0, "2009-10-10", NULL},
    {"二ｏｏ九年三月十三日", 0, "2009-03-13", NULL},
    {"二◯◯九年三月十三日", 0, "2009-03-13", NULL},
    {"贰零零玖年叁月拾叁日", 0, "2009-03-13", NULL},
    {"貳零壹陸年壹拾貳月貳拾捌日", 0, "2016-12-28", NULL},
    {"二○○九年十月二十日", 0, "2009-10-20", NULL},
    {"一九八〇年元月廿一日上午八时三十分", 0, "1980-01-21", "1980-01-21T08:30:00+08:00"},
    {"民国98年3月13日", 0, "2009-03-13", NULL},
    {"民國九十八年三月十三日", 0, "2009-03-13", NULL},
    {"民国元年1月2日", 0, "1912-01-02", NULL},
    {"公元2009年3月13日", 0, "2009-03-13", NULL},
    {"2009年3月13日 8时30分", 0, "2009-03-13", "2009-03-13T08:30:00+08:00"},
    {"2009年3月13日下午3点", 0, "2009-03-13", "2009-03-13T15:00:00+08:00"},
    {"2009年3月13日中午12时", 0, "2009-03-13", "2009-03-13T12:00:00+08:00"},
    {"20090313 上午 8:30", 0, "2009-03-13", "2009-03-13T08:30:00+08:00"},
    {"２００９－０３－１３　００：００：００", 0, "2009-03-13", "2009-03-13T00:00:00+08:00"},
    {"Ｍａｒ　１３　２００９", 0, "2009-03-13", NULL},
    /* XML Schema */
    {"1980-01-01Z", 0, "1980-01-01", NULL},
    {"1980-01-01+08:00", 0, "1980-01-01", NULL},
    {"1980-01-01-05:00", 0, "1980-01-01", NULL},
    {"2009-03+08:00", 0, "2009-03", NULL},
    {"2009-03-20T24:00:00", 0, "2009-03-21", "2009-03-21T00:00:00+08:00"},
    {"20091231240000", 0, "2010-01-01", "2010-01-01T00:00:00+08:00"},
    {"2009-03-12T24:00:00Z", 0, "2009-03-13", "2009-03-13T08:00:00+08:00"},
    {"2009-01-01T07:59:60+08:00", 0, "2009-01-01", "2009-01-01T07:59:59+08:00"},
    /* nulls, in any notation */
    {"1753-01-01 00:00:00.000", 0, "", NULL},
    {"Jan  1 1753 12:00AM", 0, "", NULL},
    {"Jan  1 1900 12:00AM", 0, "", NULL},
    {"Dec 30 1899 12:00AM", 0, "", NULL},
    {"1899/12/30 0:00:00", 0, "", NULL},
    {"30-12月-1899", 0, "", NULL},
    {"1899年12月30日", 0, "", NULL},
    {"1899-12-31T16:00:00Z", 0, "", NULL},
    {"1899-12-31T15:54:17Z", 0, "", NULL},
    {"1900-01-00", 0, "", NULL},
    {"0001-01-01T00:00:00+08:00", 0, "", NULL},
    {"0000-00-00 00:00:00", 0, "", NULL},
    {"-0001-11-30 00:00:00", 0, "", NULL},
    {"0002-11-30", 0, "", NULL},
    {"1601-01-01T00:00:00Z", 0, "", NULL},
    {"9999-12-31 23:59:59.997", 0, "", NULL},
    {"9999-12-31T23:59:59.9999999+08:00", 0, "", NULL},
    {"9999-12-30T16:00:00Z", 0, "", NULL},
    {"99999999", 0, "", NULL},
    {"Dec 31 9999 11:59PM", 0, "", NULL},
    {"31-12月-9999", 0, "", NULL},
    {"/Date(-62135596800000)/", 0, "", NULL},
    {"/Date(0)/", 0, "", NULL},
    {"9999-12-31T23:59:59Z", HT_DATE_OPEN_ENDED, "9999-12-31", NULL},
    {"9999-12-30T16:00:00Z", HT_DATE_OPEN_ENDED, "9999-12-31", NULL},
    {"永久", HT_DATE_OPEN_ENDED, "9999-12-31", NULL},
    {"长期有效", HT_DATE_OPEN_ENDED, "9999-12-31", NULL},
    {"1970-01-01", 0, "1970-01-01", NULL},
    {"1970-01-01T00:00:00Z", 0, "1970-01-01", "1970-01-01T08:00:00+08:00"},
    /* no end, as programs write it: nothing has happened on such a day */
    {"2999-12-31", 0, "", NULL},
    {"29991231", 0, "", NULL},
    {"3000-01-01 00:00:00", 0, "", NULL},
    {"3000/1/1", 0, "", NULL},
    {"30000101000000", 0, "", NULL},
    {"2999-12-30T16:00:00Z", 0, "", NULL},
    {"2222年12月31日", 0, "", NULL},
    {"2099-12-31", 0, "", NULL},
    {"20991231", 0, "", NULL},
    {"2099-12-30T16:00:00Z", 0, "", NULL},
    {"2099-12-31", HT_DATE_OPEN_ENDED, "2099-12-31", NULL},
    {"2999-12-31", HT_DATE_OPEN_ENDED, "9999-12-31", NULL},
    {"3000-01-01", HT_DATE_OPEN_ENDED, "9999-12-31", NULL},
    {"2099-12-30", 0, "2099-12-30", NULL},
    {"2209-03-13", 0, "!", NULL},
    {"2999", 0, "!", NULL},
    /* a number's column without a date */
    {"0", 0, "", NULL},
    {"00", 0, "", NULL},
    {"0.0", 0, "", NULL},
    {"０", 0, "", NULL},
    /* not guessed, and not dropped */
    {"长期", 0, "!", NULL},
    {"永久", 0, "!", NULL},
    {"至今", 0, "!", NULL},
    {"至今", HT_DATE_OPEN_ENDED, "!", NULL},
    {"不详", 0, "!", NULL},
    {"13-MAR-09", 0, "!", NULL},
    {"1-9月-26", 0, "!", NULL},
    {"85-3-12", 0, "!", NULL},
    {"03/05/2009", 0, "!", NULL},
    {"3/5/2009 12:00:00 AM", 0, "!", NULL},
    {"05-03-2009", 0, "!", NULL},
    {"Feb 30 2009 12:00AM", 0, "!", NULL},
    {"Mar 13 2009 13:00AM", 0, "!", NULL},
    {"2009年3月13日晚上12点", 0, "!", NULL},
    {"一九八〇年正月初五", 0, "!", NULL},
    {"农历1980年1月5日", 0, "!", NULL},
    {"1980-01-01(农历)", 0, "!", NULL},
    {"Mar 13 2009 EST", 0, "!", NULL},
    {"-2009-03-13", 0, "!", NULL},
    {"2009-03-13-", 0, "!", NULL},
    {"20090313-20090314", 0, "!", NULL},
    {"2009-03-13 至 2009-04-13", 0, "!", NULL},
    {"13 2009", 0, "!", NULL},
    {"0203-01-01", 0, "!", NULL},
    {"2009139912", 0, "!", NULL},
    {"200913990000", 0, "!", NULL},
    {"930000001", 0, "!", NULL},
    {"-1", 0, "!", NULL},
    {"-20090313", 0, "!", NULL},
    {"99010419800101", 0, "!", NULL},
    {"2009-03-20T24:00:00.5", 0, "!", NULL},
    {"0020090313", 0, "!", NULL}, /* zeros that fill a column, no seconds since 1970 */
    {"0001236873600", 0, "!", NULL},
    {"012345600", 0, "!", NULL},
    {"20090313.5", 0, "!", NULL},
    {"20090230.0", 0, "!", NULL},
    {"2.0090313E", 0, "!", NULL},
    {"43832.0", 0, "!", NULL},
    {"/Date(1236873600000", 0, "!", NULL},
    {"Date", 0, "!", NULL},
    {"8:30", 0, "!", NULL},
    {"三", 0, "!", NULL},
    {"十", 0, "!", NULL},
};

static void check_notation(const Notation *one)
{
    HtDate date;
    char day[HT_DATE_FORMAT_MAX], moment[HT_DATE_FORMAT_MAX];
    HtDateResult result = ht_date_parse(one->text, strlen(one->text), one->flags, &date);
    HtDateResult wanted = one->day[0] == '!' ? HT_DATE_INVALID : one->day[0] ? HT_DATE_OK : HT_DATE_NULL;
    g_test_message("%s", one->text);
    g_assert_cmpint(result, ==, wanted);
    if (result == HT_DATE_OK) {
        ht_date_format(&date, HT_TYPE_DATETIME, moment);
        g_assert_cmpstr(moment, ==, one->moment ? one->moment : one->day);
        date.precision = MIN(date.precision, HT_PRECISION_DAY);
        ht_date_format(&date, HT_TYPE_DATE, day);
        g_assert_cmpstr(day, ==, one->day);
    }
}

/* What a register may hold, to the day, in every way to write it. */
static void test_first_and_last_year(void)
{
    static const Notation cases[] = {
        {"1800-01-01", 0, "1800-01-01", NULL},
        {"18000101", 0, "1800-01-01", NULL},
        {"1800年1月1日", 0, "1800-01-01", NULL},
        {"1800", 0, "1800", NULL},
        {"1899-12-29", 0, "1899-12-29", NULL},
        {"18991229", 0, "1899-12-29", NULL},
        {"1850-06-15T08:30:00+08:00", 0, "1850-06-15", "1850-06-15T08:30:00+08:00"},
        {"2199-12-31", 0, "2199-12-31", NULL},
        {"21991231", 0, "2199-12-31", NULL},
        {"2199", 0, "2199", NULL},
        {"2199-12-31T23:59:59+08:00", 0, "2199-12-31", "2199-12-31T23:59:59+08:00"},
        {"1799-12-31", 0, "!", NULL},
        {"17991231", 0, "!", NULL},
        {"1799", 0, "!", NULL},
        {"2200-01-02", 0, "!", NULL},
        {"22000102", 0, "!", NULL},
        {"2200", 0, "!", NULL},
        /* by China's day, not by the sender's */
        {"1799-12-31T20:00:00Z", 0, "!", NULL},
        {"2199-12-31T15:59:59Z", 0, "2199-12-31", "2199-12-31T23:59:59+08:00"},
        {"2199-12-31T16:00:00Z", 0, "!", NULL},
        {"2199-12-31T24:00:00", 0, "!", NULL},
        {"7258089599", HT_DATE_EPOCH, "2199-12-31", "2199-12-31T23:59:59+08:00"},
        {"7258089600", HT_DATE_EPOCH, "!", NULL},
        {"-5364691200", HT_DATE_EPOCH, "1800-01-01", "1800-01-01T00:00:00+08:00"},
        {"-5364691561", HT_DATE_EPOCH, "!", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        check_notation(&cases[i]);
    }
}

static void test_other_notations(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(NOTATIONS); i++) {
        check_notation(&NOTATIONS[i]);
    }
}

/* Every notation for a day of every month, and for days of one and of two digits, is read as that day. */
static void test_every_month_in_every_notation(void)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static const char *const numerals[] = {"一", "二", "三", "四", "五",   "六",
                                           "七", "八", "九", "十", "十一", "十二"};
    static const int days[] = {1, 9, 10, 13, 28};
    for (int month = 1; month <= 12; month++) {
        for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
            int day = days[i];
            const char *name = names[month - 1];
            char texts[16][80], wanted[16];
            g_snprintf(wanted, sizeof wanted, "2009-%02d-%02d", month, day);
            g_snprintf(texts[0], 80, "%s %2d 2009 12:00AM", name, day);
            g_snprintf(texts[1], 80, "%02d %2d 2009 11:59PM", month, day);
            g_snprintf(texts[2], 80, "%d %s 2009", day, name);
            g_snprintf(texts[3], 80, "Mon %s %02d 23:59:59 CST 2009", name, day);
            g_snprintf(texts[4], 80, "Mon, %02d %s 2009 00:00:00 +0800", day, name);
            g_snprintf(texts[5], 80, "Mon %s %02d 2009 00:00:00 GMT+0800 (中国标准时间)", name, day);
            g_snprintf(texts[6], 80, "%02d-%d月 -09", day, month);
            g_snprintf(texts[7], 80, "%d-%d月-2009", day, month);
            g_snprintf(texts[8], 80, "%02d-%s月-09", day, numerals[month - 1]);
            g_snprintf(texts[9], 80, "%02d-%s-09 12.00.00.000000 AM", day, name);
            g_snprintf(texts[10], 80, "二〇〇九年%s月%d日", numerals[month - 1], day);
            g_snprintf(texts[11], 80, "民国98年%d月%d日", month, day);
            g_snprintf(texts[12], 80, "2009/%d/%d 星期一 下午 11:59:59", month, day);
            g_snprintf(texts[13], 80, "2009-%d-%d 0:00:00", month, day);
            g_snprintf(texts[14], 80, "09%02d%02d", month, day);
            g_snprintf(texts[15], 80, "2009.%d.%d", month, day);
            for (size_t n = 0; n < G_N_ELEMENTS(texts); n++) {
                HtDate date;
                char shown[HT_DATE_FORMAT_MAX];
                g_test_message("%s", texts[n]);
                g_assert_cmpint(ht_date_parse(texts[n], strlen(texts[n]), HT_DATE_CENTURY(2000), &date), ==,
                                HT_DATE_OK);
                date.precision = HT_PRECISION_DAY;
                ht_date_format(&date, HT_TYPE_DATE, shown);
                g_assert_cmpstr(shown, ==, wanted);
            }
        }
    }
}

/* ---- Zones ---- */

static bool is_summer(int year, int month, int day)
{
    static const int spells[][2] = {{504, 914}, {412, 913}, {417, 911}, {416, 917}, {415, 916}, {414, 915}};
    int at = month * 100 + day;
    return year >= 1986 && year <= 1991 && at > spells[year - 1986][0] && at <= spells[year - 1986][1];
}

/* The moment, so many hours before the day's UTC midnight, is that day's. */
static void check_midnight(int year, int month, int day, int hours)
{
    GDate *utc = g_date_new_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
    char text[32], shown[HT_DATE_FORMAT_MAX], wanted[16];
    HtDate date;
    g_snprintf(wanted, sizeof wanted, "%04d-%02d-%02d", year, month, day);
    g_date_subtract_days(utc, 1);
    g_snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:00:00Z", g_date_get_year(utc), g_date_get_month(utc),
               g_date_get_day(utc), 24 - hours);
    g_date_free(utc);
    g_assert_cmpint(ht_date_parse(text, strlen(text), 0, &date), ==, HT_DATE_OK);
    g_assert_cmpuint(date.marks, ==, BIT(ZONE_CONVERTED));
    date.precision = HT_PRECISION_DAY;
    ht_date_format(&date, HT_TYPE_DATE, shown);
    g_assert_cmpstr(shown, ==, wanted);
}

/* Every day from 1986 to 1992, as its midnight in China written in UTC, by clocks that know the summer time and by others. */
static void test_midnights_in_utc(void)
{
    for (int year = 1986; year <= 1992; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; ht_date_exists(year, month, day); day++) {
                check_midnight(year, month, day, is_summer(year, month, day) ? 9 : 8);
                check_midnight(year, month, day, 8);
            }
        }
    }
}

typedef struct {
    const char *text, *day, *moment;
    HtMarks marks;
} Zoned;

static void test_zones(void)
{
    static const Zoned cases[] = {
        {"1979-12-31T16:00:00Z", "1980-01-01", "1980-01-01T00:00:00+08:00", BIT(ZONE_CONVERTED)},
        {"1979-12-31T16:00:00.000Z", "1980-01-01", "1980-01-01T00:00:00+08:00", BIT(ZONE_CONVERTED)},
        {"1979-12-31 16:00:00+00:00", "1980-01-01", "1980-01-01T00:00:00+08:00", BIT(ZONE_CONVERTED)},
        {"19791231160000Z", "1980-01-01", "1980-01-01T00:00:00+08:00", BIT(ZONE_CONVERTED)},
        {"1979-12-31T11:00:00-05:00", "1980-01-01", "1980-01-01T00:00:00+08:00", BIT(ZONE_CONVERTED)},
        {"1988-05-31T15:00:00Z", "1988-06-01", "1988-06-01T00:00:00+09:00", BIT(ZONE_CONVERTED)},
        {"1988-05-31T16:00:00Z", "1988-06-01", "1988-06-01T01:00:00+09:00", BIT(ZONE_CONVERTED)},
        {"1988-05-31T23:00:00+08:00", "1988-06-01", "1988-06-01T00:00:00+09:00", BIT(ZONE_CONVERTED)},
        /* midnight by its own zone is that day */
        {"1980-01-01T00:00:00Z", "1980-01-01", "1980-01-01T08:00:00+08:00", 0},
        {"1980-01-01T00:00:00+08:00", "1980-01-01", "1980-01-01T00:00:00+08:00", 0},
        {"1988-06-01T00:00:00+08:00", "1988-06-01", "1988-06-01T01:00:00+09:00", 0},
        {"1988-06-01T00:00:00+09:00", "1988-06-01", "1988-06-01T00:00:00+09:00", 0},
        {"1980-01-01T00:00:00+09:00", "1980-01-01", "1980-01-01T00:00:00+09:00", 0},
        {"1980-01-01T00:00:00-05:00", "1980-01-01", "1980-01-01T13:00:00+08:00", 0},
        /* a moment is none */
        {"1980-01-01T00:00:01+09:00", "1979-12-31", "1979-12-31T23:00:01+08:00", BIT(ZONE_CONVERTED)},
        {"2008-08-08T15:59:59Z", "2008-08-08", "2008-08-08T23:59:59+08:00", 0},
        {"2008-02-28T16:00:00Z", "2008-02-29", "2008-02-29T00:00:00+08:00", BIT(ZONE_CONVERTED)},
        {"2008-12-31T16:00Z", "2009-01-01", "2009-01-01T00:00:00+08:00", BIT(ZONE_CONVERTED)},
        /* the forties, and local mean time in its three editions */
        {"1944-01-09T15:00:00Z", "1944-01-10", "1944-01-10T00:00:00+09:00", BIT(ZONE_CONVERTED)},
        {"1948-06-30T15:00:00Z", "1948-07-01", "1948-07-01T00:00:00+09:00", BIT(ZONE_CONVERTED)},
        {"1899-06-30T15:54:17Z", "1899-07-01", "1899-07-01T00:00:00+08:00", BIT(ZONE_CONVERTED)},
        {"1927-06-30T15:54:08Z", "1927-07-01", "1927-07-01T00:00:00+08:00", BIT(ZONE_CONVERTED)},
        {"1927-06-30T15:54:03Z", "1927-07-01", "1927-07-01T00:00:00+08:00", BIT(ZONE_CONVERTED)},
        {"1928-06-30T15:54:08Z", "1928-06-30", "1928-06-30T23:54:08+08:00", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtDate date;
        const Notation one = {cases[i].text, 0, cases[i].day, cases[i].moment};
        check_notation(&one);
        ht_date_parse(one.text, strlen(one.text), 0, &date);
        g_assert_cmpuint(date.marks, ==, cases[i].marks);
    }
}

/* From the Line Islands to the other side of the date line: no zone is further from UTC than 14 hours. */
static void test_widest_zones(void)
{
    static const Notation cases[] = {
        {"2009-03-13T00:00:01+14:00", 0, "2009-03-12", "2009-03-12T18:00:01+08:00"},
        {"2009-03-13T00:00:01+1400", 0, "2009-03-12", "2009-03-12T18:00:01+08:00"},
        {"2009-03-13T12:00:00-14:00", 0, "2009-03-14", "2009-03-14T10:00:00+08:00"},
        {"2009-03-13T12:00:00-12:00", 0, "2009-03-14", "2009-03-14T08:00:00+08:00"},
        {"2009-03-13T12:00:00+12:45", 0, "2009-03-13", "2009-03-13T07:15:00+08:00"},
        {"Fri Mar 13 2009 12:00:00 GMT+1400", 0, "2009-03-13", "2009-03-13T06:00:00+08:00"},
        {"2009-03-13T12:00:00+14:01", 0, "!", NULL},
        {"2009-03-13T12:00:00-14:01", 0, "!", NULL},
        {"2009-03-13T12:00:00+15:00", 0, "!", NULL},
        {"2009-03-13T12:00:00-15:00", 0, "!", NULL},
        {"2009-03-13T12:00:00+13:60", 0, "!", NULL},
        {"Fri Mar 13 2009 12:00:00 GMT+1401", 0, "!", NULL},
        {"Fri Mar 13 2009 12:00:00 GMT+1500", 0, "!", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        check_notation(&cases[i]);
    }
}

/* A time of day alone. */
static void test_times_of_day(void)
{
    static const char *const pairs[][2] = {
        {"24:00:00", "00:00:00"},     {"上午8时30分", "08:30:00"}, {"8:30 PM", "20:30:00"},
        {"08:30:00Z", "16:30:00"},    {"20:00:00Z", "04:00:00"},   {"08:30:00+08:00", "08:30:00"},
        {"08:30:00.000", "08:30:00"}, {"八时三十分", "08:30:00"},  {"８：３０", "08:30:00"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        HtDate date;
        char shown[HT_DATE_FORMAT_MAX];
        g_test_message("%s", pairs[i][0]);
        g_assert_cmpint(ht_date_parse(pairs[i][0], strlen(pairs[i][0]), HT_DATE_TIME_ONLY, &date), ==,
                        HT_DATE_OK);
        ht_date_format(&date, HT_TYPE_TIME, shown);
        g_assert_cmpstr(shown, ==, pairs[i][1]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dates/every-notation-is-read", test_date_notations);
    g_test_add_func("/dates/event-times-are-whole", test_event_times_are_whole);
    g_test_add_func("/dates/zone-is-told", test_zone_is_told);
    g_test_add_func("/dates/days-go-round", test_days_go_round);
    g_test_add_func("/dates/what-databases-and-libraries-write", test_other_notations);
    g_test_add_func("/dates/every-month-in-every-notation", test_every_month_in_every_notation);
    g_test_add_func("/dates/midnights-written-in-utc-are-that-day", test_midnights_in_utc);
    g_test_add_func("/dates/moments-are-brought-to-chinas-time", test_zones);
    g_test_add_func("/dates/times-of-day", test_times_of_day);
    g_test_add_func("/dates/first-and-last-year", test_first_and_last_year);
    g_test_add_func("/dates/zones-of-fourteen-hours", test_widest_zones);
    return g_test_run();
}
