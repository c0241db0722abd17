/* Taking a large message piece by piece, see pieces.h. Writer thread. */
#include "spool/pieces.h"

#include "core/base/clock.h"
#include "spool/appending.h"
#include "spool/hooks.h"
#include "spool/keymap.h"

#define PIECE_US 4000
#define PIECE_ROWS 16                      /* of 64 KB */
#define LOOSE_SEQUENCE ((uint64_t)1 << 60) /* no event has it: those that have none yet */

/* How far it has come; goes back with its transaction. */
typedef struct {
    enum { KNOW, CHECK, PIECES } stage; /* behind READ, which asks nobody: pieces.h */
    uint32_t judged, events, duplicates;
    guint rows;
} Progress;

struct HtSpoolPieces {
    HtSpoolAppender *appender;
    HtSpoolJob *job;
    HtSpoolContents *contents;
    uint32_t count, read; /* events; that were digested */
    HtSpoolKeyMap seen;   /* their keys, while they are */
    bool several;         /* one came twice */
    HtSpoolHash hash;     /* of the message's key */
    GArray *places;       /* of HtSpoolPlace: rows that stand nowhere yet */
    uint32_t *nth;        /* of each event: which of the new ones it is, from 1; 0: it was known */
    Progress now, committed;
};

HtSpoolPieces *ht_spool_pieces_new(HtSpoolAppender *appender, HtSpoolJob *job, GError **error)
{
    HtSpoolContents *contents =
        ht_spool_contents_new(appender->db, appender->hasher, appender->keys, appender->rows, error);
    if (!contents) {
        return NULL;
    }
    HtSpoolPieces *pieces = g_new0(HtSpoolPieces, 1);
    pieces->appender = appender;
    pieces->job = job;
    pieces->contents = contents;
    pieces->count = ht_spool_message_count(job->message);
    pieces->places = g_array_new(FALSE, FALSE, sizeof(HtSpoolPlace));
    pieces->nth = g_new0(uint32_t, pieces->count);
    ht_spool_contents_begin(contents, job->message);
    return pieces;
}

void ht_spool_pieces_free(HtSpoolPieces *pieces)
{
    if (pieces) {
        ht_spool_ties_forget_looks(pieces->appender->ties);
        ht_spool_contents_free(pieces->contents);
        ht_spool_keymap_clear(&pieces->seen);
        g_array_unref(pieces->places);
        g_free(pieces->nth);
        g_free(pieces);
    }
}

static bool has_time(int64_t until_us, uint32_t done)
{
    return ht_spool_hooks.piece_events > 0 ? done < ht_spool_hooks.piece_events
                                           : done % 16 > 0 || ht_clock_monotonic() < until_us;
}

static bool read_piece(HtSpoolPieces *pieces, int64_t until_us, GError **error)
{
    for (uint32_t done = 0; pieces->read < pieces->count && has_time(until_us, done); done++) {
        if (!ht_spool_contents_read_one(pieces->contents, pieces->read, error)) {
            return false;
        }
        const HtSpoolSaid *said = ht_spool_contents_said(pieces->contents, pieces->read++);
        pieces->several = pieces->several || ht_spool_keymap_get(&pieces->seen, &said->key) != 0;
        ht_spool_keymap_set(&pieces->seen, &said->key, 1);
    }
    if (pieces->read == pieces->count) {
        ht_spool_keymap_clear(&pieces->seen);
    }
    return true;
}

static bool begin_pieces(HtSpoolAppender *appender, HtSpoolPieces *pieces, GError **error)
{
    pieces->now.stage = PIECES;
    pieces->now.judged = 0;
    return ht_spool_rows_mark(appender->rows, appender->db, appender->committed.last_sequence, error);
}

/* It was sent before. */
static void take_resent(HtSpoolAppender *appender, HtSpoolPieces *pieces, HtSpoolPiecesState *state)
{
    ht_spool_appending_resent(appender, pieces->job);
    *state = HT_SPOOL_PIECES_WHOLE;
}

static bool find_out(HtSpoolAppender *appender, HtSpoolPieces *pieces, HtSpoolPiecesState *state,
                     GError **error)
{
    HtSpoolBefore before;
    if (!ht_spool_appending_fits(pieces->job->message)) {
        *state = HT_SPOOL_PIECES_CANNOT;
        return true;
    }
    if (!ht_spool_appending_identify(appender, error)) {
        return false;
    }
    pieces->hash = appender->message_hash;
    if (appender->by_event) {
        *state = HT_SPOOL_PIECES_CANNOT;
        return true;
    }
    if (!ht_spool_appending_find(appender, pieces->job, &before, error)) {
        return false;
    }
    switch (before) {
    case HT_SPOOL_BEFORE_NOT: return begin_pieces(appender, pieces, error);
    case HT_SPOOL_BEFORE_SENT: take_resent(appender, pieces, state); break;
    case HT_SPOOL_BEFORE_MAYBE: pieces->now.stage = CHECK; break;
    }
    return true;
}

/* The same payload under the same key: sent before, unless something that it says under a number is not so any more. */
static bool check_piece(HtSpoolAppender *appender, HtSpoolPieces *pieces, int64_t until_us,
                        HtSpoolPiecesState *state, GError **error)
{
    HtSpoolKnown known;
    for (uint32_t done = 0; pieces->now.judged < pieces->count && has_time(until_us, done); done++) {
        uint32_t index = pieces->now.judged++;
        if (!ht_spool_contents_said(pieces->contents, index)->numbered) {
            continue;
        }
        if (!ht_spool_contents_judge(pieces->contents, index, &known, NULL, error)) {
            return false;
        }
        if (known != HT_SPOOL_KNOWN_SAME) {
            return begin_pieces(appender, pieces, error);
        }
    }
    if (pieces->now.judged == pieces->count) {
        take_resent(appender, pieces, state);
    }
    return true;
}

static bool append_loose(HtSpoolAppender *appender, HtSpoolPieces *pieces, GError **error)
{
    bool is_known;
    Progress *now = &pieces->now;
    appender->sequence = LOOSE_SEQUENCE + now->events;
    appender->number = 0;
    if (!ht_spool_appending_event(appender, now->judged, &is_known, error)) {
        return false;
    }
    now->duplicates += is_known;
    now->events += !is_known;
    pieces->nth[now->judged++] = is_known ? 0 : now->events;
    return true;
}

/* `can`: it did not have to change a tie. */
static bool append_piece(HtSpoolAppender *appender, HtSpoolPieces *pieces, int64_t until_us, bool *can,
                         GError **error)
{
    g_autoptr(GError) failure = NULL;
    guint most = pieces->places->len + PIECE_ROWS;
    bool good = ht_spool_rows_loosen(appender->rows, pieces->places, error);
    if (!good) {
        return false;
    }
    ht_spool_appending_trace(appender);
    ht_spool_ties_look_only(appender->ties, true);
    for (uint32_t done = 0;
         good && pieces->now.judged < pieces->count && pieces->places->len < most && has_time(until_us, done);
         done++) {
        good = append_loose(appender, pieces, &failure);
    }
    *can = !ht_spool_ties_refused(appender->ties);
    ht_spool_ties_look_only(appender->ties, false);
    if (!good && *can) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    good = ht_spool_rows_loosen(appender->rows, NULL, error) &&
           ht_spool_ties_tell_added(appender->ties, appender->db, error);
    pieces->now.rows = pieces->places->len;
    ht_spool_step("piece");
    return good;
}

static bool make_whole(HtSpoolAppender *appender, HtSpoolPieces *pieces, GError **error)
{
    HtReceipt *receipt = &pieces->job->receipt;
    uint64_t first = appender->now.last_sequence + 1;
    ht_spool_appending_begin(pieces->job);
    appender->now.messages++;
    if (!ht_spool_rows_place(appender->rows, pieces->places, first, appender->now.messages, error)) {
        return false;
    }
    for (uint32_t i = 0; i < pieces->count; i++) {
        if (pieces->nth[i] > 0) {
            ht_spool_contents_taken(pieces->contents, i, first + pieces->nth[i] - 1, false);
        }
    }
    appender->now.last_sequence += pieces->now.events;
    receipt->events = pieces->now.events;
    receipt->duplicates += pieces->now.duplicates;
    receipt->sequence = receipt->events > 0 ? first : 0;
    appender->message_hash = pieces->hash;
    appender->by_event = false;
    ht_spool_step("whole");
    return ht_spool_appending_finish(appender, pieces->job, error) &&
           ht_spool_rows_unmark(appender->db, error) && ht_spool_ties_keep_added(appender->db, error);
}

static bool take_new_piece(HtSpoolAppender *appender, HtSpoolPieces *pieces, int64_t until_us,
                           HtSpoolPiecesState *state, GError **error)
{
    bool can = true;
    if (pieces->now.judged == pieces->count) {
        *state = HT_SPOOL_PIECES_WHOLE;
        return make_whole(appender, pieces, error);
    }
    bool good = append_piece(appender, pieces, until_us, &can, error);
    *state = can ? HT_SPOOL_PIECES_MORE : HT_SPOOL_PIECES_CANNOT;
    return good;
}

static bool take_step(HtSpoolAppender *appender, HtSpoolPieces *pieces, HtSpoolPiecesState *state,
                      GError **error)
{
    int64_t until_us = ht_clock_monotonic() + PIECE_US;
    *state = HT_SPOOL_PIECES_MORE;
    if (pieces->several || ht_spool_ties_are_disturbed(appender->ties)) {
        *state = HT_SPOOL_PIECES_CANNOT;
        return true;
    }
    if (pieces->read < pieces->count) {
        return read_piece(pieces, until_us, error);
    }
    switch (pieces->now.stage) {
    case KNOW: return find_out(appender, pieces, state, error);
    case CHECK: return check_piece(appender, pieces, until_us, state, error);
    case PIECES: break;
    }
    return take_new_piece(appender, pieces, until_us, state, error);
}

bool ht_spool_pieces_take(HtSpoolPieces *pieces, HtSpoolPiecesState *state, GError **error)
{
    HtSpoolAppender *appender = pieces->appender;
    HtSpoolContents *contents = appender->contents;
    appender->contents = pieces->contents;
    appender->message = pieces->job->message;
    appender->whose = NULL;
    bool good = take_step(appender, pieces, state, error);
    appender->contents = contents;
    return good && (*state != HT_SPOOL_PIECES_CANNOT || ht_spool_pieces_sweep(appender->db, appender, error));
}

bool ht_spool_pieces_sweep(sqlite3 *db, HtSpoolAppender *appender, GError **error)
{
    return ht_spool_rows_sweep(db, error) && ht_spool_ties_take_added_back(appender->ties, db, error);
}

void ht_spool_pieces_committed(HtSpoolPieces *pieces)
{
    pieces->committed = pieces->now;
}

void ht_spool_pieces_rolled_back(HtSpoolPieces *pieces)
{
    pieces->now = pieces->committed;
    g_array_set_size(pieces->places, pieces->now.rows);
}
