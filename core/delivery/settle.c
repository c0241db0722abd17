/* Waiter for the disk, in groups. Main-loop thread. */
#include "core/delivery/settle.h"

#include "core/base/clock.h"
#include "spool/delivery.h"

#include <gio/gio.h>

typedef struct {
    HtSettled done;
    void *user;
} Waiter;

struct HtSettling {
    HtSpool *spool;
    void (*wake)(void *user);
    void *user;
    GArray *waiting;           /* for the next commit; of Waiter */
    struct SettleGroup *group; /* of the commit under way; NULL: there is none */
    int64_t not_before_us;
};

/* Those of one commit. It outlives the settling, when that is freed first. */
typedef struct SettleGroup {
    HtSettling *settling;
    GArray *waiting;
} SettleGroup;

static void tell(GArray *waiting, const GError *error)
{
    for (unsigned i = 0; i < waiting->len; i++) {
        const Waiter *one = &g_array_index(waiting, Waiter, i);
        one->done(error, one->user);
    }
    g_array_unref(waiting);
}

static void on_settled(const GError *error, void *user)
{
    SettleGroup *group = user;
    HtSettling *settling = group->settling;
    tell(group->waiting, error);
    if (settling) {
        settling->group = NULL;
    }
    g_free(group);
    if (settling) {
        settling->wake(settling->user);
    }
}

HtSettling *ht_settling_new(HtSpool *spool, void (*wake)(void *user), void *user)
{
    HtSettling *settling = g_new0(HtSettling, 1);
    *settling = (HtSettling){
        .spool = spool, .wake = wake, .user = user, .waiting = g_array_new(FALSE, FALSE, sizeof(Waiter))};
    return settling;
}

void ht_settling_free(HtSettling *settling)
{
    g_autoptr(GError) ended = g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "the bus is ending");
    if (settling->group) {
        settling->group->settling = NULL;
    }
    tell(settling->waiting, ended);
    g_free(settling);
}

void ht_settling_add(HtSettling *settling, HtSettled done, void *user)
{
    Waiter one = {done, user};
    g_array_append_val(settling->waiting, one);
}

bool ht_settling_is_idle(const HtSettling *settling)
{
    return !settling->group && settling->waiting->len == 0;
}

int64_t ht_settling_due(const HtSettling *settling)
{
    return settling->group || settling->waiting->len == 0 ? INT64_MAX : settling->not_before_us;
}

void ht_settling_begin(HtSettling *settling, int64_t pause_us)
{
    SettleGroup *group = g_new(SettleGroup, 1);
    *group = (SettleGroup){settling, settling->waiting};
    settling->group = group;
    settling->waiting = g_array_new(FALSE, FALSE, sizeof(Waiter));
    settling->not_before_us = ht_clock_monotonic() + pause_us;
    ht_spool_settle(settling->spool, on_settled, group);
}
