/* Working days; see calendar.h. No state but the calendar's own. */
#include "core/config/calendar.h"

#include <glib/gi18n.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US G_GINT64_CONSTANT(1000000)
#define DAY_US (86400 * SECOND_US)
#define ZONE_US (8 * 3600 * SECOND_US)
#define FILE_MAX (1 << 20)
#define SPAN_MAX 366 /* days in a line */
#define LONG_DAYS 3660

struct HtCalendar {
    GHashTable *days; /* number of the day since 1970 → 1 off, 2 work */
};

static int64_t day_of(int64_t time_us)
{
    int64_t local_us = time_us + ZONE_US;
    return local_us / DAY_US - (local_us % DAY_US < 0);
}

/* "2026-10-01" and nothing else; -1 when it is no day. */
static int64_t read_day(const char *text)
{
    int year, month, day, end = 0;
    if (strlen(text) != 10 || sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || end != 10 ||
        year < 1970 || !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year)) {
        return -1;
    }
    GDate date, epoch;
    g_date_clear(&date, 1);
    g_date_clear(&epoch, 1);
    g_date_set_dmy(&date, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    g_date_set_dmy(&epoch, 1, G_DATE_JANUARY, 1970);
    return g_date_days_between(&epoch, &date);
}

/* NULL, or what is wrong. */
static const char *take_line(HtCalendar *calendar, char *line)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t", 3);
    char *kind = words[0] ? words[1] : NULL;
    char *last = strstr(words[0], "..");
    if (last) {
        *last = '\0';
        last += 2;
    }
    int64_t first_day = read_day(words[0]), last_day = last ? read_day(last) : first_day;
    bool off = kind && g_str_equal(kind, "off"), work = kind && g_str_equal(kind, "work");
    if (first_day < 0 || last_day < 0) {
        return _("begins with no day such as 2026-10-01, or days such as 2026-10-01..2026-10-07");
    }
    if (last_day < first_day || last_day - first_day >= SPAN_MAX) {
        return _("the last day is before the first, or more than a year behind it");
    }
    if (!off && !work) {
        return _("behind the day must stand 'off' or 'work'");
    }
    for (int64_t day = first_day; day <= last_day; day++) {
        if (g_hash_table_contains(calendar->days, GINT_TO_POINTER((int)day))) {
            return _("names a day that an earlier line names");
        }
        g_hash_table_insert(calendar->days, GINT_TO_POINTER((int)day), GINT_TO_POINTER(off ? 1 : 2));
    }
    return NULL;
}

static bool read_lines(HtCalendar *calendar, const char *path, char *text, GString *errors)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    bool good = true;
    for (unsigned i = 0; lines[i]; i++) {
        char *line = g_strdelimit(lines[i], "\t\r", ' ');
        line[strcspn(line, "#")] = '\0';
        g_strstrip(line);
        for (char *twice; (twice = strstr(line, "  ")) != NULL;) {
            memmove(twice, twice + 1, strlen(twice));
        }
        const char *wrong = *line ? take_line(calendar, line) : NULL;
        if (wrong) {
            g_string_append_printf(errors, _("%s:%u: error: %s\n"), path, i + 1, wrong);
            good = false;
        }
    }
    return good;
}

HtCalendar *ht_calendar_load(const char *path, GString *errors)
{
    g_autoptr(HtCalendar) calendar = g_new0(HtCalendar, 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize size = 0;
    calendar->days = g_hash_table_new(NULL, NULL);
    if (!path) {
        return g_steal_pointer(&calendar);
    }
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) || !g_file_get_contents(path, &text, &size, &error) ||
        size > FILE_MAX || strlen(text) != size) {
        g_string_append_printf(errors, _("%s: error: %s\n"), path,
                               error ? error->message : _("is no text file of at most 1 MB"));
        return NULL;
    }
    bool mark = g_str_has_prefix(text, "\xef\xbb\xbf");
    return read_lines(calendar, path, text + (mark ? 3 : 0), errors) ? g_steal_pointer(&calendar) : NULL;
}

void ht_calendar_free(HtCalendar *calendar)
{
    g_hash_table_unref(calendar->days);
    g_free(calendar);
}

static bool is_working_day(const HtCalendar *calendar, int64_t day)
{
    int said = GPOINTER_TO_INT(g_hash_table_lookup(calendar->days, GINT_TO_POINTER((int)day)));
    int64_t weekday = ((day + 3) % 7 + 7) % 7; /* 0 is Monday: 1970 began on a Thursday */
    return said ? said == 2 : weekday < 5;
}

int64_t ht_calendar_working_us(const HtCalendar *calendar, int64_t from_us, int64_t to_us)
{
    int64_t sum = 0;
    if (to_us <= from_us || (to_us - from_us) / DAY_US > LONG_DAYS) {
        return MAX(to_us - from_us, 0);
    }
    for (int64_t day = day_of(from_us); day <= day_of(to_us); day++) {
        int64_t begin = MAX(day * DAY_US - ZONE_US, from_us), end = MIN((day + 1) * DAY_US - ZONE_US, to_us);
        sum += is_working_day(calendar, day) ? end - begin : 0;
    }
    return sum;
}
