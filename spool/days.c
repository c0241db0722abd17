/* Figures by the day. Filled on the main thread, written by the writer's. */
#include "spool/days.h"

#include "core/base/clock.h"

#define CHINA_US (8 * 3600 * HT_SECOND)
#define DAY_US (24 * 3600 * HT_SECOND)

int ht_spool_day_of(int64_t time_us)
{
    int64_t local_us = time_us + CHINA_US;
    return (int)((local_us - (local_us % DAY_US + DAY_US) % DAY_US) / DAY_US);
}

int64_t ht_spool_day_begin(int day)
{
    return day * DAY_US - CHINA_US;
}

static void clear_day(void *item)
{
    g_free(((HtSpoolDay *)item)->source);
}

GArray *ht_spool_days_new(void)
{
    GArray *days = g_array_new(FALSE, FALSE, sizeof(HtSpoolDay));
    g_array_set_clear_func(days, clear_day);
    return days;
}

/* A few sources in a second: they are looked through. */
void ht_spool_days_add(GArray *days, const HtSpoolDay *more)
{
    HtSpoolDay *day = NULL;
    for (guint i = 0; i < days->len && !day; i++) {
        HtSpoolDay *one = &g_array_index(days, HtSpoolDay, i);
        day = one->day == more->day && strcmp(one->source, more->source) == 0 ? one : NULL;
    }
    if (!day) {
        HtSpoolDay new = {.day = more->day, .source = g_strdup(more->source)};
        g_array_append_val(days, new);
        day = &g_array_index(days, HtSpoolDay, days->len - 1);
    }
    for (unsigned i = 0; i < HT_SPOOL_DAY_COUNTS; i++) {
        day->counts[i] += more->counts[i];
    }
}

bool ht_spool_days_write(sqlite3 *db, const GArray *days, GError **error)
{
    g_autoptr(sqlite3_stmt) row = NULL;
    bool good = days->len == 0 ||
                ht_spool_database_prepare(
                    db,
                    "INSERT INTO days(day, source, resent, refused, busy, failed) VALUES(?,?,?,?,?,?)"
                    " ON CONFLICT DO UPDATE SET resent = resent + excluded.resent,"
                    " refused = refused + excluded.refused, busy = busy + excluded.busy,"
                    " failed = failed + excluded.failed",
                    &row, error);
    for (guint i = 0; good && i < days->len; i++) {
        const HtSpoolDay *day = &g_array_index(days, HtSpoolDay, i);
        sqlite3_bind_int(row, 1, day->day);
        ht_spool_bind_text(row, 2, ht_text_from(day->source));
        for (int k = 0; k < HT_SPOOL_DAY_COUNTS; k++) {
            sqlite3_bind_int64(row, 3 + k, (sqlite3_int64)day->counts[k]);
        }
        good = ht_spool_database_do(row, error);
    }
    return good;
}

GArray *ht_spool_days_read(sqlite3 *db, int first, int last, GError **error)
{
    g_autoptr(GArray) days = ht_spool_days_new();
    g_autoptr(sqlite3_stmt) row = NULL;
    bool found = true;
    if (!ht_spool_database_prepare(db,
                                   "SELECT day, source, resent, refused, busy, failed FROM days"
                                   " WHERE day BETWEEN ? AND ? ORDER BY day, source",
                                   &row, error)) {
        return NULL;
    }
    sqlite3_bind_int(row, 1, first);
    sqlite3_bind_int(row, 2, last);
    while (found) {
        if (!ht_spool_database_row(row, &found, error)) {
            return NULL;
        }
        if (found) {
            HtSpoolDay day = {.day = sqlite3_column_int(row, 0),
                              .source = (char *)sqlite3_column_text(row, 1)};
            for (int k = 0; k < HT_SPOOL_DAY_COUNTS; k++) {
                day.counts[k] = (uint64_t)sqlite3_column_int64(row, 2 + k);
            }
            ht_spool_days_add(days, &day);
        }
    }
    return g_steal_pointer(&days);
}
