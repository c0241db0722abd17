/* What is kept for consumers, as a whole. What was gathered before is written first, so that no older place of the cursor comes behind what is
 * changed here. Main thread. */
#include "spool/estate.h"

#include "core/base/clock.h"
#include "spool/cursor.h"
#include "spool/deed.h"
#include "spool/standing.h"

#include <string.h>

/* A replay's cursor has a name that is no consumer's. */
static bool is_consumer(const char *name)
{
    return !strchr(name, '/');
}

static unsigned count_replays(HtSpool *spool, const char *consumer)
{
    const GPtrArray *all = ht_spool_replays(spool);
    unsigned count = 0;
    for (unsigned i = 0; i < all->len; i++) {
        const HtSpoolReplay *replay = all->pdata[i];
        count += replay->state == HT_SPOOL_REPLAY_RUNS && g_str_equal(replay->consumer, consumer);
    }
    return count;
}

static HtSpoolEstate look_at(HtSpool *spool, const char *consumer)
{
    const HtSpoolCursor *cursor = g_hash_table_lookup(ht_spool_cursor_table(spool), consumer);
    return (HtSpoolEstate){.consumer = (char *)consumer,
                           .has_cursor = cursor != NULL,
                           .cursor = cursor ? cursor->sequence : 0,
                           .letters = ht_spool_dead_count(spool, consumer),
                           .replays = count_replays(spool, consumer),
                           .paused = ht_spool_paused(spool, HT_SPOOL_CONSUMER, consumer) != NULL};
}

static bool is_empty(const HtSpoolEstate *estate)
{
    return !estate->has_cursor && estate->letters == 0 && estate->replays == 0 && !estate->paused;
}

bool ht_spool_has_estate(HtSpool *spool, const char *consumer)
{
    HtSpoolEstate estate = look_at(spool, consumer);
    return !is_empty(&estate);
}

/* ---- All of them ---- */

static void add_names(GHashTable *names, GHashTable *of)
{
    GHashTableIter iter;
    void *name;
    g_hash_table_iter_init(&iter, of);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (is_consumer(name)) {
            g_hash_table_add(names, name);
        }
    }
}

static void free_estate(void *item)
{
    g_free(((HtSpoolEstate *)item)->consumer);
    g_free(item);
}

static gint compare_estates(gconstpointer a, gconstpointer b)
{
    return strcmp((*(HtSpoolEstate *const *)a)->consumer, (*(HtSpoolEstate *const *)b)->consumer);
}

GPtrArray *ht_spool_estates(HtSpool *spool)
{
    const HtSpoolStanding *standing = ht_spool_standing(spool);
    GPtrArray *estates = g_ptr_array_new_with_free_func(free_estate);
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    add_names(names, ht_spool_cursor_table(spool));
    add_names(names, standing->letters);
    add_names(names, standing->pauses[HT_SPOOL_CONSUMER]);
    GHashTableIter iter;
    void *name;
    g_hash_table_iter_init(&iter, names);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        HtSpoolEstate estate = look_at(spool, name);
        if (!is_empty(&estate)) {
            estate.consumer = g_strdup(name);
            g_ptr_array_add(estates, g_memdup2(&estate, sizeof estate));
        }
    }
    g_ptr_array_sort(estates, compare_estates);
    return estates;
}

/* ---- To another name ---- */

static void rename_cursor(HtSpool *spool, const char *from, const char *to)
{
    const HtSpoolCursor *known = g_hash_table_lookup(ht_spool_cursor_table(spool), from);
    if (known) {
        HtSpoolCursor place = {known->sequence, known->finished ? g_bytes_ref(known->finished) : NULL,
                               known->wanted, false};
        ht_spool_do(spool,
                    ht_spool_deed_new("UPDATE OR REPLACE cursors SET consumer = ?2 WHERE consumer = ?1", "tt",
                                      from, to));
        ht_spool_cursor_forget(spool, from);
        ht_spool_cursor_place(spool, to, &place);
        g_clear_pointer(&place.finished, g_bytes_unref);
    }
}

static void rename_replays(HtSpool *spool, const char *from, const char *to)
{
    const GPtrArray *all = ht_spool_replays(spool);
    for (unsigned i = 0; i < all->len; i++) {
        HtSpoolReplay *replay = all->pdata[i];
        if (g_str_equal(replay->consumer, from)) {
            g_autofree char *before = ht_spool_replay_cursor(replay);
            g_free(replay->consumer);
            replay->consumer = g_strdup(to);
            g_autofree char *after = ht_spool_replay_cursor(replay);
            rename_cursor(spool, before, after);
        }
    }
    ht_spool_do(spool,
                ht_spool_deed_new("UPDATE replays SET consumer = ?2 WHERE consumer = ?1", "tt", from, to));
}

static void move_entry(GHashTable *table, const char *from, const char *to)
{
    void *name, *value;
    if (g_hash_table_steal_extended(table, from, &name, &value)) {
        g_free(name);
        g_hash_table_replace(table, g_strdup(to), value);
    }
}

bool ht_spool_estate_rename(HtSpool *spool, const char *consumer, const char *other)
{
    HtSpoolStanding *standing = ht_spool_standing(spool);
    g_assert(!ht_spool_has_estate(spool, other));
    if (!ht_spool_flush(spool)) {
        return false;
    }
    rename_cursor(spool, consumer, other);
    rename_replays(spool, consumer, other);
    move_entry(standing->letters, consumer, other);
    move_entry(standing->pauses[HT_SPOOL_CONSUMER], consumer, other);
    ht_spool_do(spool, ht_spool_deed_new("UPDATE dead_letters SET consumer = ?2 WHERE consumer = ?1", "tt",
                                         consumer, other));
    ht_spool_do(spool, ht_spool_deed_new(
                           "UPDATE OR REPLACE pauses SET name = ?2 WHERE what = 'consumer' AND name = ?1",
                           "tt", consumer, other));
    return true;
}

/* ---- Dropping it ---- */

static void cancel_replays(HtSpool *spool, const char *consumer)
{
    const GPtrArray *all = ht_spool_replays(spool);
    for (unsigned i = 0; i < all->len; i++) {
        HtSpoolReplay *replay = all->pdata[i];
        if (replay->state == HT_SPOOL_REPLAY_RUNS && g_str_equal(replay->consumer, consumer)) {
            replay->state = HT_SPOOL_REPLAY_CANCELLED;
            replay->ended_us = ht_clock_now();
            ht_spool_replay_note(spool, replay);
        }
    }
}

bool ht_spool_estate_drop(HtSpool *spool, const char *consumer)
{
    HtSpoolStanding *standing = ht_spool_standing(spool);
    if (!ht_spool_flush(spool)) {
        return false;
    }
    cancel_replays(spool, consumer);
    g_hash_table_remove(standing->letters, consumer);
    g_hash_table_remove(standing->pauses[HT_SPOOL_CONSUMER], consumer);
    ht_spool_do(spool, ht_spool_deed_new("DELETE FROM dead_letters WHERE consumer = ?1", "t", consumer));
    ht_spool_do(spool,
                ht_spool_deed_new("DELETE FROM pauses WHERE what = 'consumer' AND name = ?1", "t", consumer));
    ht_spool_cursor_forget(spool, consumer);
    return true;
}
