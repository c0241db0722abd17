/* Marks of delivery: where each consumer's cursor is, what else is kept of delivery (deed.h), which events were found damaged, and figures of the day. They are gathered
 * on the main thread and written all together with the next commit, so that a cursor never gets ahead of
 * the dead letters behind it. */
#pragma once

#include "spool/damage.h"
#include "spool/days.h"
#include "spool/deed.h"

/* ---- Where consumers are ---- */

typedef struct {
    uint64_t sequence;
    GBytes *finished; /* above it, as finished.h packs it; NULL: nothing */
    uint64_t wanted;  /* how many up to it were the consumer's */
    bool gone;        /* there is to be none any more */
} HtSpoolCursor;

/* Puts a copy into a table of ht_spool_cursors_load(), instead of the former one. */
void ht_spool_cursor_table_put(GHashTable *table, const char *consumer, const HtSpoolCursor *cursor);

/* The spool's table, by the names of consumers and replays; for reading. In spool.c, as the next two. */
GHashTable *ht_spool_cursor_table(HtSpool *spool);

/* There it is from here on, whatever was known of it. */
void ht_spool_cursor_place(HtSpool *spool, const char *consumer, const HtSpoolCursor *place);

/* What was gathered is on disk. Blocks; false when it cannot be written. */
bool ht_spool_flush(HtSpool *spool);

/* ---- Gathered, not yet written ---- */

typedef struct HtSpoolMarks HtSpoolMarks;

HtSpoolMarks *ht_spool_marks_new(void);
void ht_spool_marks_free(HtSpoolMarks *marks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolMarks, ht_spool_marks_free)

bool ht_spool_marks_are_empty(const HtSpoolMarks *marks);
void ht_spool_marks_move(HtSpoolMarks *marks, const char *consumer, const HtSpoolCursor *cursor);

/* Figures of a day, added to what there is. */
void ht_spool_marks_count(HtSpoolMarks *marks, const HtSpoolDay *more);

/* Whether there is nothing but figures, which need not be written soon. */
bool ht_spool_marks_can_wait(const HtSpoolMarks *marks);

/* Takes it over. */
void ht_spool_marks_add_deed(HtSpoolMarks *marks, HtSpoolDeed *deed);

/* An event was found damaged. */
void ht_spool_marks_add_damage(HtSpoolMarks *marks, const HtSpoolDamage *damage);

/* Of HtSpoolDamage. */
const GArray *ht_spool_marks_damages(const HtSpoolMarks *marks);

/* Puts marks that could not be written (transfer full) before those that came since. */
void ht_spool_marks_put_back(HtSpoolMarks *marks, HtSpoolMarks *older);

/* ---- Written ---- */

typedef struct HtSpoolCursors HtSpoolCursors;

HtSpoolCursors *ht_spool_cursors_new(sqlite3 *db, GError **error);
void ht_spool_cursors_free(HtSpoolCursors *cursors);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolCursors, ht_spool_cursors_free)

/* Inside a transaction. */
bool ht_spool_cursors_write(HtSpoolCursors *cursors, const HtSpoolMarks *marks, GError **error);

/* All cursors of the file: of HtSpoolCursor, by the name of the consumer; owns both. */
GHashTable *ht_spool_cursors_load(sqlite3 *db, GError **error);
