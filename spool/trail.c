/* Two tables as one list, read in slices, so that no read transaction holds up a checkpoint. One thread. */
#include "spool/trail.h"

#include "spool/look-inside.h"

#include <string.h>

#define SLICE 500

static const char *const queries[] = {
    "SELECT id, time, uid, verb, what, reason FROM audit WHERE id > ? ORDER BY id LIMIT ?",
    "SELECT id, time, uid, 'subject ' || verb,"
    " trim(subject || ' ' || other || ' ' || kind || ' ' || source), reason"
    " FROM subject_audit WHERE id > ? ORDER BY id LIMIT ?",
};

/* One table: the rows that were read and not yet given away. */
typedef struct {
    sqlite3_stmt *rows;
    GPtrArray *ahead; /* of HtSpoolTrace, whose texts it owns */
    unsigned next;
    int64_t after; /* the last id that was read */
    bool ended;
} Track;

static void free_trace(void *data)
{
    HtSpoolTrace *trace = data;
    g_free((char *)trace->verb);
    g_free((char *)trace->what);
    g_free((char *)trace->reason);
    g_free(trace);
}

static char *copy_text(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return g_strdup(text ? text : "");
}

static bool read_slice(Track *track, GError **error)
{
    bool good = true, found = true;
    g_ptr_array_set_size(track->ahead, 0);
    track->next = 0;
    sqlite3_bind_int64(track->rows, 1, track->after);
    sqlite3_bind_int64(track->rows, 2, SLICE);
    while (good && found) {
        good = ht_spool_database_row(track->rows, &found, error);
        if (good && found) {
            HtSpoolTrace *trace = g_new(HtSpoolTrace, 1);
            track->after = sqlite3_column_int64(track->rows, 0);
            *trace = (HtSpoolTrace){sqlite3_column_int64(track->rows, 1),
                                    sqlite3_column_int64(track->rows, 2), copy_text(track->rows, 3),
                                    copy_text(track->rows, 4), copy_text(track->rows, 5)};
            g_ptr_array_add(track->ahead, trace);
        }
    }
    sqlite3_reset(track->rows);
    track->ended = track->ahead->len == 0;
    return good;
}

/* NULL at its end. */
static bool look_ahead(Track *track, const HtSpoolTrace **trace, GError **error)
{
    if (!track->ended && track->next == track->ahead->len && !read_slice(track, error)) {
        return false;
    }
    *trace = track->ended ? NULL : track->ahead->pdata[track->next];
    return true;
}

static bool is_verb(const char *verb, const char *wanted)
{
    size_t size = strlen(wanted);
    return strncmp(verb, wanted, size) == 0 && (verb[size] == '\0' || verb[size] == ' ');
}

static bool fits(const HtSpoolTrace *trace, const HtSpoolTrailFilter *filter)
{
    return trace->time_us >= filter->since_us &&
           (filter->until_us == 0 || trace->time_us <= filter->until_us) &&
           (!filter->has_uid || trace->uid == filter->uid) &&
           (!filter->verb || is_verb(trace->verb, filter->verb)) &&
           (!filter->what || strstr(trace->what, filter->what));
}

/* The rows of a table are in the order in which they were done, whatever the clock said; between the tables it decides. */
static bool merge(Track tracks[2], const HtSpoolTrailFilter *filter,
                  void (*seen)(const HtSpoolTrace *trace, void *user), void *user, GError **error)
{
    for (;;) {
        const HtSpoolTrace *one, *other;
        if (!look_ahead(&tracks[0], &one, error) || !look_ahead(&tracks[1], &other, error)) {
            return false;
        }
        if (!one && !other) {
            return true;
        }
        bool first = one && (!other || one->time_us <= other->time_us);
        const HtSpoolTrace *next = first ? one : other;
        if (fits(next, filter)) {
            seen(next, user);
        }
        tracks[first ? 0 : 1].next++;
    }
}

bool ht_spool_look_trail(HtSpoolLook *look, const HtSpoolTrailFilter *filter,
                         void (*seen)(const HtSpoolTrace *trace, void *user), void *user, GError **error)
{
    Track tracks[2] = {{.rows = NULL}};
    bool good = true;
    for (unsigned i = 0; i < G_N_ELEMENTS(tracks); i++) {
        tracks[i].ahead = g_ptr_array_new_with_free_func(free_trace);
        good = good && ht_spool_database_prepare(look->db, queries[i], &tracks[i].rows, error);
    }
    good = good && merge(tracks, filter, seen, user, error);
    for (unsigned i = 0; i < G_N_ELEMENTS(tracks); i++) {
        g_ptr_array_unref(tracks[i].ahead);
        sqlite3_finalize(tracks[i].rows);
    }
    return good;
}
