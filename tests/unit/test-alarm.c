/* Alarms begin once and end once; working days are those of the file. */
#include "core/alarm-book.h"
#include "core/config/calendar.h"

#include <glib/gstdio.h>
#include <string.h>

#define SECOND G_GINT64_CONSTANT(1000000)
#define HOUR (3600 * SECOND)

static void note(const HtAlarm *alarm, int64_t now_us, void *user)
{
    g_string_append_printf(user, "%s %s %s %d;", alarm->ended ? "ends" : "begins", alarm->kind, alarm->about,
                           (int)(now_us / SECOND));
}

static void test_one_that_flickers_is_told_once(void)
{
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(HtAlarmBook) book = ht_alarm_book_new(60 * SECOND, note, told);
    for (int second = 1; second < 300; second++) {
        ht_alarm_book_look(book, "oldest", "consumer a", second % 40 < 20 && second < 200 ? "waits" : NULL,
                           second * SECOND);
    }
    g_assert_cmpstr(told->str, ==, "begins oldest consumer a 1;ends oldest consumer a 240;");
    g_assert_cmpuint(ht_alarm_book_count(book), ==, 0);
}

static void test_each_has_its_own(void)
{
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(HtAlarmBook) book = ht_alarm_book_new(0, note, told);
    ht_alarm_book_look(book, "oldest", "consumer a", "5 min", SECOND);
    ht_alarm_book_look(book, "oldest", "consumer b", NULL, SECOND);
    ht_alarm_book_look(book, "dead", "consumer a", "one", 2 * SECOND);
    ht_alarm_book_look(book, "oldest", "consumer a", "6 min", 3 * SECOND);
    g_assert_cmpuint(ht_alarm_book_count(book), ==, 2);
    g_assert_cmpstr(ht_alarm_book_at(book, 0)->text, ==, "6 min");
    g_assert_cmpint(ht_alarm_book_at(book, 0)->since_us, ==, SECOND);
    ht_alarm_book_look(book, "oldest", "consumer a", NULL, 4 * SECOND);
    ht_alarm_book_look(book, "oldest", "consumer a", "again", 5 * SECOND);
    g_assert_cmpstr(told->str, ==,
                    "begins oldest consumer a 1;begins dead consumer a 2;ends oldest consumer a 4;"
                    "begins oldest consumer a 5;");
}

static void test_what_nobody_looks_at_any_more_ends(void)
{
    g_autoptr(GString) told = g_string_new(NULL);
    g_autoptr(HtAlarmBook) book = ht_alarm_book_new(HOUR, note, told);
    ht_alarm_book_look(book, "silence", "source gone", "silent", SECOND);
    ht_alarm_book_look(book, "silence", "source kept", "silent", SECOND);
    ht_alarm_book_sweep(book, SECOND);
    ht_alarm_book_set_calm(book, 0);
    ht_alarm_book_look(book, "silence", "source kept", "silent", 2 * SECOND);
    ht_alarm_book_sweep(book, 2 * SECOND);
    g_assert_cmpstr(told->str, ==,
                    "begins silence source gone 1;begins silence source kept 1;ends silence source gone 2;");
}

/* ---- Working days ---- */

static HtCalendar *load(const char *text, GString *errors)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("calendar-XXXXXX", &path, NULL);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    HtCalendar *calendar = ht_calendar_load(path, errors);
    g_unlink(path);
    return calendar;
}

static int64_t at(const char *text)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
    g_assert_nonnull(time);
    return g_date_time_to_unix(time) * SECOND;
}

static bool works(const HtCalendar *calendar, int64_t time_us)
{
    return ht_calendar_working_us(calendar, time_us, time_us + 1) > 0;
}

static void test_days_of_exchange_count(void)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autoptr(HtCalendar) calendar = load(
        "\xef\xbb\xbf# 2026\r\n2026-10-01..2026-10-07\t off 国庆节\r\n\r\n2026-10-10   work # Saturday\n",
        errors);
    g_assert_cmpstr(errors->str, ==, "");
    g_assert_false(works(calendar, at("2026-10-01T12:00:00+08:00")));
    g_assert_true(works(calendar, at("2026-10-08T00:00:00+08:00")));
    g_assert_true(works(calendar, at("2026-10-07T16:00:00Z")));
    g_assert_false(works(calendar, at("2026-10-07T15:59:59Z")));
    g_assert_true(works(calendar, at("2026-10-10T23:59:59+08:00")));
    g_assert_false(works(calendar, at("2026-10-11T12:00:00+08:00")));
    /* Wednesday noon before the holidays to Thursday noon behind them: two halves of a day. */
    g_assert_cmpint(
        ht_calendar_working_us(calendar, at("2026-09-30T12:00:00+08:00"), at("2026-10-08T12:00:00+08:00")),
        ==, 24 * HOUR);
    g_assert_cmpint(
        ht_calendar_working_us(calendar, at("2026-10-08T12:00:00+08:00"), at("2026-10-08T11:00:00+08:00")),
        ==, 0);
    g_assert_cmpint(ht_calendar_working_us(calendar, 0, INT64_MAX / 2), >, 0);
}

static void test_without_a_file_weekends_rest(void)
{
    g_autoptr(HtCalendar) calendar = ht_calendar_load(NULL, NULL);
    g_assert_false(works(calendar, at("2026-11-29T12:00:00+08:00")));
    g_assert_true(works(calendar, at("2026-11-30T12:00:00+08:00")));
    g_assert_cmpint(
        ht_calendar_working_us(calendar, at("2026-11-27T00:00:00+08:00"), at("2026-11-30T00:00:00+08:00")),
        ==, 24 * HOUR);
}

static void test_wrong_lines_are_told_at_their_place(void)
{
    static const char *const lines[][2] = {{"2026-02-30 off", "begins with no day"},
                                           {"2026-2-3 off", "begins with no day"},
                                           {"10-01 off", "begins with no day"},
                                           {"2026-10-01", "must stand 'off' or 'work'"},
                                           {"2026-10-01 holiday", "must stand"},
                                           {"2026-10-07..2026-10-01 off", "the last day is before"},
                                           {"2026-01-01..2030-01-01 off", "a year"},
                                           {"2026-10-01..  off", "begins with no day"},
                                           {"..2026-10-01 off", "begins with no day"},
                                           {"2026-12-24 off\n2026-12-24 work", "an earlier line names"},
                                           {"2026-10-01x off", "begins with no day"},
                                           {"<html>", "begins with no day"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GString) errors = g_string_new(NULL);
        g_autofree char *text = g_strconcat("# first\n", lines[i][0], "\n", NULL);
        g_test_message("%s", lines[i][0]);
        g_assert_null(load(text, errors));
        g_assert_nonnull(strstr(errors->str, i == 9 ? ":3: error: " : ":2: error: "));
        g_assert_nonnull(strstr(errors->str, lines[i][1]));
    }
    g_autoptr(GString) errors = g_string_new(NULL);
    g_assert_null(ht_calendar_load("/nowhere/at/all", errors));
    g_assert_null(ht_calendar_load("/", errors));
}

static void test_the_example_is_good(void)
{
    g_autoptr(GString) errors = g_string_new(NULL);
    g_autofree char *path =
        g_build_filename(g_getenv("HUTONG_SRCDIR"), "docs/examples/calendar-2026.txt", NULL);
    g_autoptr(HtCalendar) calendar = ht_calendar_load(path, errors);
    g_assert_cmpstr(errors->str, ==, "");
    g_assert_nonnull(calendar);
    g_assert_true(works(calendar, at("2026-02-28T12:00:00+08:00")));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/alarm/one-that-flickers-is-told-once", test_one_that_flickers_is_told_once);
    g_test_add_func("/alarm/each-has-its-own", test_each_has_its_own);
    g_test_add_func("/alarm/what-nobody-looks-at-any-more-ends", test_what_nobody_looks_at_any_more_ends);
    g_test_add_func("/alarm/days-of-exchange-count", test_days_of_exchange_count);
    g_test_add_func("/alarm/without-a-file-weekends-rest", test_without_a_file_weekends_rest);
    g_test_add_func("/alarm/wrong-lines-are-told-at-their-place", test_wrong_lines_are_told_at_their_place);
    g_test_add_func("/alarm/the-example-is-good", test_the_example_is_good);
    return g_test_run();
}
