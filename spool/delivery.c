/* Dead letters, pauses, replays and the audit: each call changes the table in memory and hands the writer the statement that
 * writes it. Main thread. */
#include "spool/delivery.h"

#include "core/base/clock.h"
#include "spool/deed.h"
#include "spool/standing.h"

#define REPLAYS_KEPT 1000

/* ---- Dead letters ---- */

void ht_spool_dead_letter(HtSpool *spool, const char *consumer, const HtSpoolLetter *letter)
{
    ht_spool_standing_add_letter(ht_spool_standing(spool), consumer, letter->sequence);
    ht_spool_do(spool,
                ht_spool_deed_new(
                    "INSERT INTO dead_letters(consumer, seq, attempts, reason, time, source, type, replay)"
                    " VALUES(?1, ?4, ?2, ?5, ?3, ?6, ?7, ?8) ON CONFLICT(consumer, seq) DO UPDATE SET"
                    " attempts = ?2, reason = ?5, time = ?3, source = ?6, type = ?7, replay = ?8",
                    "tiiirtti", consumer, (int64_t)letter->attempts, ht_clock_now(),
                    (int64_t)letter->sequence, letter->reason, letter->source, letter->type, letter->replay));
}

bool ht_spool_dead_remove(HtSpool *spool, const char *consumer, uint64_t sequence)
{
    bool was = ht_spool_standing_remove_letter(ht_spool_standing(spool), consumer, sequence);
    if (was) {
        ht_spool_do(spool, ht_spool_deed_new("DELETE FROM dead_letters WHERE consumer = ?1 AND seq = ?2",
                                             "ti", consumer, (int64_t)sequence));
    }
    return was;
}

const GArray *ht_spool_dead_sequences(HtSpool *spool, const char *consumer)
{
    return g_hash_table_lookup(ht_spool_standing(spool)->letters, consumer);
}

bool ht_spool_dead_has(HtSpool *spool, const char *consumer, uint64_t sequence)
{
    return ht_spool_standing_has_letter(ht_spool_standing(spool), consumer, sequence);
}

uint64_t ht_spool_dead_count(HtSpool *spool, const char *consumer)
{
    const GArray *letters = ht_spool_dead_sequences(spool, consumer);
    return letters ? letters->len : 0;
}

/* ---- Pauses ---- */

void ht_spool_pause(HtSpool *spool, HtSpoolParty party, const char *name, const HtSpoolPause *pause)
{
    const char *what = ht_spool_party_name(party);
    if (pause->kind == HT_SPOOL_PAUSE_NONE) {
        ht_spool_do(spool,
                    ht_spool_deed_new("DELETE FROM pauses WHERE what = ?1 AND name = ?2", "tt", what, name));
    } else {
        ht_spool_do(spool,
                    ht_spool_deed_new("INSERT OR REPLACE INTO pauses VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                                      "ttiiitti", what, name, (int64_t)pause->kind, pause->since_us,
                                      pause->uid, pause->reason, pause->notice, (int64_t)pause->retry_s));
    }
    ht_spool_standing_pause(ht_spool_standing(spool), party, name,
                            pause); /* last: the words may be its own */
}

const HtSpoolPause *ht_spool_paused(HtSpool *spool, HtSpoolParty party, const char *name)
{
    return g_hash_table_lookup(ht_spool_standing(spool)->pauses[party], name);
}

uint64_t ht_spool_pause_turn(HtSpool *spool)
{
    return ht_spool_standing(spool)->pause_turn;
}

unsigned ht_spool_pauses(HtSpool *spool, HtSpoolParty party)
{
    return g_hash_table_size(ht_spool_standing(spool)->pauses[party]);
}

/* ---- Replays ---- */

char *ht_spool_replay_cursor(const HtSpoolReplay *replay)
{
    return g_strdup_printf("%s/%" G_GINT64_FORMAT, replay->consumer, replay->id);
}

/* What lies between the wanted runs counts as finished. */
static GArray *others_of(const GArray *wanted, uint64_t *cursor)
{
    GArray *others = g_array_new(FALSE, FALSE, sizeof(HtSpoolRun));
    *cursor = g_array_index(wanted, HtSpoolRun, 0).first - 1;
    for (unsigned i = 1; i < wanted->len; i++) {
        HtSpoolRun run = {g_array_index(wanted, HtSpoolRun, i - 1).last + 1,
                          g_array_index(wanted, HtSpoolRun, i).first - 1, 0};
        if (run.first <= run.last) {
            g_array_append_val(others, run);
        }
    }
    return others;
}

/* So that the list stays short. */
static void forget_oldest(HtSpool *spool, GPtrArray *all)
{
    const HtSpoolReplay *oldest = all->len >= REPLAYS_KEPT ? all->pdata[0] : NULL;
    if (oldest && oldest->state != HT_SPOOL_REPLAY_RUNS) {
        ht_spool_do(spool, ht_spool_deed_new("DELETE FROM replays WHERE id = ?1", "i", oldest->id));
        g_ptr_array_remove_index(all, 0);
    }
}

HtSpoolReplay *ht_spool_replay_begin(HtSpool *spool, const HtSpoolReplay *replay, const GArray *wanted)
{
    GPtrArray *all = ht_spool_standing(spool)->replays;
    const HtSpoolReplay *last = all->len > 0 ? all->pdata[all->len - 1] : NULL;
    HtSpoolReplay *kept = g_memdup2(replay, sizeof *replay);
    kept->id = last ? last->id + 1 : 1;
    kept->consumer = g_strdup(replay->consumer);
    kept->types = g_strdup(replay->types ? replay->types : "");
    kept->sources = g_strdup(replay->sources ? replay->sources : "");
    g_ptr_array_add(all, kept);
    forget_oldest(spool, all);
    uint64_t cursor = replay->first - 1;
    g_autofree char *name = ht_spool_replay_cursor(kept);
    g_autoptr(GArray) finished = wanted ? others_of(wanted, &cursor) : NULL;
    ht_spool_do(spool, ht_spool_deed_new("INSERT INTO replays VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, 0,"
                                         " 0, 0)",
                                         "itiittii", kept->id, kept->consumer, (int64_t)kept->first,
                                         (int64_t)kept->last, kept->types, kept->sources, kept->uid,
                                         kept->begun_us));
    ht_spool_cursor_move(spool, name, cursor, finished);
    return kept;
}

void ht_spool_replay_note(HtSpool *spool, const HtSpoolReplay *replay)
{
    ht_spool_do(spool, ht_spool_deed_new(
                           "UPDATE replays SET state = ?2, ended = ?3, delivered = ?4, dead = ?5,"
                           " skipped = ?6 WHERE id = ?1",
                           "iiiiii", replay->id, (int64_t)replay->state, replay->ended_us,
                           (int64_t)replay->delivered, (int64_t)replay->dead, (int64_t)replay->skipped));
    if (replay->state != HT_SPOOL_REPLAY_RUNS) {
        g_autofree char *name = ht_spool_replay_cursor(replay);
        ht_spool_cursor_forget(spool, name);
    }
}

const GPtrArray *ht_spool_replays(HtSpool *spool)
{
    return ht_spool_standing(spool)->replays;
}

/* ---- Audit ---- */

void ht_spool_audit(HtSpool *spool, int64_t uid, const char *verb, const char *what, const char *reason)
{
    ht_spool_do(spool, ht_spool_deed_new(
                           "INSERT INTO audit(time, uid, verb, what, reason) VALUES(?1, ?2, ?3, ?4, ?5)",
                           "iittt", ht_clock_now(), uid, verb, what, reason));
}
