/* See room.h. Main-loop thread. */
#include "core/message/room.h"

/* What a source may hold of the limit when all have room, and what in any case. */
static uint64_t share_of(const HtIntake *intake, uint64_t limit)
{
    return MAX(limit / 100 * intake->limits->queue_share + limit % 100 * intake->limits->queue_share / 100,
               1);
}

static uint64_t part_of(const HtIntake *intake, uint64_t limit)
{
    return MAX(limit / MAX(intake->sources, 1), 1);
}

/* The limit that is in the way, NULL: there is room. */
static const uint64_t *find_bound(const HtIntake *intake, const uint64_t *limit, uint64_t own, uint64_t all)
{
    if (own < part_of(intake, *limit)) {
        return NULL;
    }
    if (own >= share_of(intake, *limit)) {
        return &intake->limits->queue_share;
    }
    return all >= *limit ? limit : NULL;
}

static bool refuse(const HtIntake *intake, const uint64_t *limit, const uint64_t *bound, GError **error)
{
    const HtSpoolLimits *limits = intake->limits;
    char name[HT_LIMIT_TEXT], share[HT_LIMIT_TEXT];
    ht_limit_name(ht_spool_limit_of(limits, limit), name);
    ht_limit_name(ht_spool_limit_of(limits, &limits->queue_share), share);
    if (bound == limit) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_BUSY, "no more than %s may wait for a commit",
                    name);
    } else {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_BUSY,
                    "of one source no more than %s of %s may wait for a commit", share, name);
    }
    return false;
}

bool ht_room_admits(const HtIntake *intake, const HtShare *share, GError **error)
{
    const HtSpoolLimits *limits = intake->limits;
    const uint64_t *bound = find_bound(intake, &limits->queue, share->messages, intake->counted.messages);
    if (bound) {
        return refuse(intake, &limits->queue, bound, error);
    }
    bound = find_bound(intake, &limits->queue_bytes, share->bytes, intake->counted.bytes);
    return !bound || refuse(intake, &limits->queue_bytes, bound, error);
}

/* What of it counts against the others. */
static HtShare counted_of(const HtIntake *intake, const HtShare *share)
{
    return (HtShare){MIN(share->messages, share_of(intake, intake->limits->queue)),
                     MIN(share->bytes, share_of(intake, intake->limits->queue_bytes))};
}

static void change(HtIntake *intake, HtShare *share, uint64_t messages, uint64_t bytes)
{
    HtShare before = counted_of(intake, share);
    share->messages += messages;
    share->bytes += bytes;
    HtShare after = counted_of(intake, share);
    intake->counted.messages += after.messages - before.messages;
    intake->counted.bytes += after.bytes - before.bytes;
    intake->spool_bytes += bytes;
}

void ht_room_enter(HtIntake *intake, HtShare *share, uint64_t bytes)
{
    change(intake, share, 1, bytes);
}

/* Unsigned numbers go round. */
void ht_room_leave(HtIntake *intake, HtShare *share, uint64_t bytes)
{
    g_assert(share->messages > 0 && share->bytes >= bytes && intake->spool_bytes >= bytes);
    change(intake, share, UINT64_MAX, 0 - bytes);
}
