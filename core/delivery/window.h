/* The events that a consumer has read and not finished, and which of them may go next. Main-loop thread.
 *
 * Events stay in the page that they came with while the window wants at least a quarter of it, so that what it keeps alive is at most
 * four times its bytes; of other pages, and of what failed, it keeps copies. The entries of one person stand in a row; only the first of a row is looked at, and nobody's events pass each
 * other. Two persons whose hashes are equal only wait for each other.
 *
 * States of an entry, and which function makes each:
 *
 *   FRESH     never failed                               ht_window_add(), ht_window_return()
 *   SPLIT     failed in company: goes in smaller         ht_window_split()
 *   AGAIN     failed alone, and goes after the others:   ht_window_try_again(), ht_window_release()
 *             the consumer was there before or since
 *   DOUBTED   failed alone; the consumer may be at       ht_window_wait()
 *             fault: goes at its time, or with the next
 *             sign of life
 *   POISON    failed alone, also when others went        ht_window_wait()
 *             through: goes at its time
 *   SENDING   in a request under way                     ht_window_pick(), ht_window_pick_probe()
 *   (freed)   delivered, a dead letter, or not wanted    ht_window_finish(); ht_window_give_up() while it waits
 *
 * An event of a type that overtakes (dictionary.h) goes before all others that never failed. When the window has no room to read up to it,
 * its consumer looks through what comes next (ht_window_scout()), and it is taken ahead of what was not read. That breaks nobody's
 * order: all events about such a subject overtake, each is looked at in the order of the log, and their rows are their own. It has no
 * number, and does not count: how many come before it is not known. Finished ahead, it is one of those that are known to be.
 *
 * Behind an entry that failed alone only the places are kept (`event` is NULL), and of a POISON one, or when many failed, its own too:
 * so any number of them leaves room for the others. When such a row may go it is absent until its events are read again.
 *
 * What may not go at present (ht_window_hold()) is held: of its row, whatever its state is, only places are kept, in a queue of its own. When it
 * may go again it is absent.
 *
 * A way from SENDING back to a waiting state is one call for each entry of the request; the others start from SENDING only.
 *
 * Invariants (ht_window_assert() checks them all; those of a row are checked at each transition):
 *   1. The entries' sequences rise, and lie above the cursor; not above `read_to`, but for those from `ahead` on, which do.
 *   2. Each entry is in the row of its person, in the same order; a row is never empty.
 *   3. The SENDING entries of a row are those at its beginning.
 *   4. A row is in the queue of its first entry's state, or absent or held when that has no event; in none while any of it is
 *      SENDING. A SENDING entry has its event. Of what is FRESH, what overtakes has a queue of its own.
 *   5. `waiting` counts the entries that are not SENDING, `loaded` those with their events, `bytes` what those take,
 *      `ready` the entries of the rows in the queue FRESH, `held_events` those of the held rows, `returning` the absent rows of which
 *      nothing failed, `ahead_count` the entries from `ahead` on.
 *   6. A DOUBTED or POISON entry has failed in a request of its own.
 * What may be trusted: of a row in a queue, that none of its events is at the consumer; of a SENDING entry, that neither
 * it nor an earlier one of its person is finished before ht_window_finish(). */
#pragma once

#include "spool/spool.h"

typedef enum {
    HT_ENTRY_FRESH,
    HT_ENTRY_SPLIT,
    HT_ENTRY_AGAIN,
    HT_ENTRY_DOUBTED,
    HT_ENTRY_POISON,
    HT_ENTRY_SENDING,
} HtEntryState;

typedef struct HtEntryRow HtEntryRow;

typedef struct {
    GList link;     /* in the window */
    GList row_link; /* in its person's row */
    HtEntryRow *row;
    HtStoredEvent *event; /* NULL while only its place is kept; never changed: */
    HtSpoolPage *page;    /* it is this page's, which others may use as well; NULL: the window's copy */
    uint64_t sequence;
    uint64_t number; /* which one it is of those that the consumer gets */
    bool overtakes;  /* its number is that of the last before it, and it has none of its own */
    int64_t recorded_us;
    size_t bytes; /* of memory, while it has its event */
    HtEntryState state;
    unsigned together; /* at most so many in the request that takes it; 0: any number */
    unsigned attempts; /* requests that took it */
    unsigned failures; /* that its own pauses count */
    unsigned
        failures_alone; /* in a request of its own; what did not reach the consumer, or made it rest, is not counted */
    unsigned chances;      /* how often it went again at once */
    int64_t not_before_us; /* monotonic; when DOUBTED or POISON */
} HtEntry;

/* Whether the event may not go at present. */
typedef bool (*HtWindowHolds)(void *user, const HtStoredEvent *event);

typedef struct {
    GQueue entries;       /* of HtEntry, ascending sequence */
    GHashTable *rows;     /* by the hash of the person */
    GQueue queues[3];     /* of HtEntryRow: FRESH, SPLIT, AGAIN, in the order in which they came */
    GSequence *clock[2];  /* of HtEntryRow: DOUBTED, POISON, by the time of their first */
    GQueue absent;        /* of HtEntryRow: wait for their events */
    GQueue held;          /* of HtEntryRow: their first may not go */
    unsigned held_events; /* the entries of those rows */
    unsigned returning;   /* absent rows of which nothing failed */
    HtWindowHolds holds;  /* NULL: all may go */
    void *holds_user;
    GQueue overtaking; /* of HtEntryRow: FRESH, and before all that is */
    GList *ahead;      /* in `entries`: the first that was taken ahead; NULL: none */
    unsigned ahead_count;
    uint64_t
        scouted_to; /* everything up to it was looked through for what overtakes, when it is above `read_to` */
    bool (*overtakes)(void *user, const HtStoredEvent *event); /* NULL: nothing does */
    void *overtakes_user;
    unsigned picks; /* for the share of what failed */
    unsigned waiting, ready, loaded;
    size_t bytes;
    uint64_t read_to; /* the last sequence read into the window */
    uint64_t cursor;  /* everything up to it is finished */
    uint64_t wanted;  /* how many events up to `read_to` were the consumer's */
    bool finished;    /* something was, since ht_window_finished() was asked */
    GArray *known;    /* of HtSpoolRun: finished before the start, and from `next_known` on not read yet */
    unsigned next_known;
} HtWindow;

/* What is not in window.c is in window-known.c (what is finished) and window-row.c (the invariants).
 *
 * `known` (of HtSpoolRun, above the cursor; transfer full, may be NULL) is what a former run finished: it is passed over. */
void ht_window_init(HtWindow *window, uint64_t cursor, GArray *known);

/* How many events up to the cursor were the consumer's in former runs. Before the first page. */
void ht_window_count_from(HtWindow *window, uint64_t wanted);

/* How many events up to the cursor were the consumer's. The numbers of events follow from the log and the routes alone: what comes again has
 * the number that it had. */
uint64_t ht_window_wanted(const HtWindow *window);
void ht_window_clear(HtWindow *window);

/* Which events overtake; asked of those that the consumer gets, before the first page. */
void ht_window_set_overtakes(HtWindow *window, bool (*overtakes)(void *user, const HtStoredEvent *event),
                             void *user);

/* From where on the next page is wanted: what is known to be finished is not read again. Not while a page is on its way. */
uint64_t ht_window_read_from(HtWindow *window);

/* Takes the page; `wanted` says which events the consumer gets, the others are finished at once. Returns how many it
 * gets. */
unsigned ht_window_add(HtWindow *window, HtSpoolPage *page,
                       bool (*wanted)(void *user, const HtStoredEvent *event), void *user);

/* From where on the next page is to be looked through for what overtakes. Below `last`, or there is nothing to look for now. */
uint64_t ht_window_scout_from(const HtWindow *window, uint64_t last);

/* Looks through a page that was read from there; what overtakes and is wanted is taken ahead of all that was not read, the rest is left
 * where it is. Takes the page. Returns how many were taken. */
unsigned ht_window_scout(HtWindow *window, HtSpoolPage *page,
                         bool (*wanted)(void *user, const HtStoredEvent *event), void *user);

/* The sequence of an entry whose turn it is and whose event has to be read again; 0: there is none. */
uint64_t ht_window_absent(HtWindow *window, int64_t now_us);

/* Takes the page that was read for it: an event that is not as it was written is finished, one that may not go is held again. False when what
 * was absent first is not there. */
bool ht_window_fill(HtWindow *window, HtSpoolPage *page);

/* What may go into one request. */
typedef struct {
    unsigned most;     /* entries */
    unsigned company;  /* the same of what never failed; 0: `most` */
    size_t most_bytes; /* about; of data */
    int64_t now_us;    /* monotonic */
    bool failed_too;   /* also what failed alone */
} HtPick;

/* Picks entries that may go now, and marks them SENDING: what overtakes alone, before all; what failed in company before what never failed, that before
 * what failed alone, which has one turn in eight of its own and goes alone. In order of sequence. The caller unrefs the
 * array; entries stay the window's. Empty when there are none. */
GPtrArray *ht_window_pick(HtWindow *window, const HtPick *pick);

/* Picks one entry to ask with whether the consumer works: one that never failed if there is one, from anywhere (what
 * stands at the front may be what it cannot take); else that which would go first, its time come or not. */
GPtrArray *ht_window_pick_probe(HtWindow *window);

/* The entry did not reach the consumer: it is as it was. */
void ht_window_return(HtWindow *window, HtEntry *entry);

/* It failed in company, and goes in company of at most `together`. */
void ht_window_split(HtWindow *window, HtEntry *entry, unsigned together);

/* It failed alone. At once, after the others; or at that time, as DOUBTED or POISON. */
void ht_window_try_again(HtWindow *window, HtEntry *entry);
void ht_window_wait(HtWindow *window, HtEntry *entry, HtEntryState state, int64_t not_before_us);

/* The consumer gave a sign of life: what is DOUBTED goes again, each with one chance less and pauses from the first on. */
void ht_window_release(HtWindow *window);

/* The entry is delivered or a dead letter: it is freed, and its person goes on. */
void ht_window_finish(HtWindow *window, HtEntry *entry);

/* Whether it is the first of its person, and nothing of that is SENDING. */
bool ht_window_holds_up(const HtEntry *entry);

/* Such an entry is given up, and freed; its person goes on. */
void ht_window_give_up(HtWindow *window, HtEntry *entry);

/* What may not go is another from here on; NULL: all may. Later events of the same persons wait with it. What was held is read again, and held
 * again if need be. In window-hold.c. */
void ht_window_hold(HtWindow *window, HtWindowHolds holds, void *user);

/* How many events are held, with those of the same persons behind them; how many are SENDING that would be. In window-hold.c. */
unsigned ht_window_held(const HtWindow *window);
unsigned ht_window_held_sending(const HtWindow *window);

/* How many persons wait because an event of theirs failed alone. */
unsigned ht_window_failing(const HtWindow *window);

/* When the next DOUBTED or POISON entry's time comes; INT64_MAX when there is none. */
int64_t ht_window_due(const HtWindow *window);

/* Whether nothing may go now but what never failed, and less of it than `most`. */
bool ht_window_is_short(const HtWindow *window, unsigned most, int64_t now_us);

/* Whether there is something that did not fail alone yet. */
bool ht_window_has_untried(const HtWindow *window);

/* What is finished above the cursor: of HtSpoolRun, in order; the caller unrefs. */
GArray *ht_window_finished(HtWindow *window);

/* Brings the cursor up to the first entry left; true when it moved. */
bool ht_window_advance(HtWindow *window);

/* Ends the program when an invariant does not hold; in builds with assertions. Of a large window the whole is looked at now and
 * then only. Not between the entries of one request. */
void ht_window_assert(const HtWindow *window);
