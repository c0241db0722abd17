/* A large message, piece by piece.
 *
 * One message of 80 000 events in one transaction would hold up everybody else's receipts for a second. So it is taken in many, each
 * with a small piece of it beside the messages of others, and becomes visible in the last one:
 *
 *   READ    its events are digested; nothing is asked, nothing written
 *   KNOW    is its key known already?
 *   CHECK   it is, with the same payload: is all known that it says? Then it has the first receipt; else the next
 *   PIECES  its events are judged, given to their subjects, and written into rows that stand nowhere (rows.h). Keys and ties are only
 *           looked at, but for identities of the source's own that nobody knew: they are tied, and that is noted.
 *   WHOLE   one transaction: places for the rows, the keys of its events, its own row and key. Now it is there.
 *
 * Why what was found out in READ to PIECES still holds in WHOLE: keys are of its source, and nothing else of its source is taken meanwhile
 * (queue.h); what it asked about ties is remembered, and whether others have changed it since (ties.h). What cannot be done
 * so CANNOT, and is taken in one transaction by ht_spool_appender_take(): a message that says several things under one number; one that changes ties; one whose ties others
 * have changed.
 *
 * Rolled back with its group (or killed): the piece, and the progress with it. Killed between two pieces: the rows stand nowhere, and the next
 * start deletes them (ht_spool_rows_sweep()); its sender was told nothing, and sends again. No room: the message is refused, its rows are
 * deleted when there is room. Writer thread. */
#pragma once

#include "spool/append.h"

typedef struct HtSpoolPieces HtSpoolPieces;

/* The job stays the caller's, and is not to be taken otherwise meanwhile. NULL with an error: there is no memory for a statement. */
HtSpoolPieces *ht_spool_pieces_new(HtSpoolAppender *appender, HtSpoolJob *job, GError **error);

/* Its progress is forgotten. Not inside a transaction in which a piece was taken. */
void ht_spool_pieces_free(HtSpoolPieces *pieces);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolPieces, ht_spool_pieces_free)

typedef enum {
    HT_SPOOL_PIECES_MORE,  /* another transaction has to follow */
    HT_SPOOL_PIECES_WHOLE, /* it is taken with this one; its job has the receipt */
    HT_SPOOL_PIECES_CANNOT /* to be taken in one; nothing of it is left after this transaction */
} HtSpoolPiecesState;

/* Inside a transaction, after the messages of the group. On failure it must be rolled back. */
bool ht_spool_pieces_take(HtSpoolPieces *pieces, HtSpoolPiecesState *state, GError **error);

/* Inside a transaction: what is left of one that was given up. */
bool ht_spool_pieces_sweep(sqlite3 *db, HtSpoolAppender *appender, GError **error);

/* After the transaction: the piece counts, or was never taken. */
void ht_spool_pieces_committed(HtSpoolPieces *pieces);
void ht_spool_pieces_rolled_back(HtSpoolPieces *pieces);
