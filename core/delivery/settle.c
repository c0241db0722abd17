/* Waiting for the disk, in groups. Main-loop thread. */
#include "core/delivery/settle.h"

#include "core/base/clock.h"
#include "spool/delivery.h"

#include <gio/gio.h>

typedef struct {
    HtSettled done;
    void *user;
} Waiting;

struct HtSettling {
    HtSpool *spool;
    void (*wake)(void *user);
    void *user;
    GArray *waiting;     /* for the next commit; of Waiting */
    struct Group *group; /* of the commit under way; NULL: there is none */
    int64_t not_before_us;
};

/* Those of one commit. It outlives the settling, when that is freed first. */
typedef struct Group {
    HtSettling *settling;
    GArray *waiting;
} Group;

static void tell(GArray *waiting, const GError *error)
{
    for (unsigned i = 0; i < waiting->len; i++) {
        const Waiting *one = &g_array_index(waiting, Waiting, i);
        one->done(error, one->user);
    }
    g_array_unref(waiting);
}

static void on_settled(const GError *error, void *user)
{
    Group *group = user;
    HtSettling *settling = group->settling;
    tell(group->waiting, error);
    if (settling) {
        settling->group = NULL;
    }
    g_free(group);
    if (settling && settling->waiting->len > 0) {
        settling->wake(settling->user);
    }
}

HtSettling *ht_settling_new(HtSpool *spool, void (*wake)(void *user), void *user)
{
    HtSettling *settling = g_new0(HtSettling, 1);
    *settling = (HtSettling){
        .spool = spool, .wake = wake, .user = user, .waiting = g_array_new(FALSE, FALSE, sizeof(Waiting))};
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
    Waiting one = {done, user};
    g_array_append_val(settling->waiting, one);
}

int64_t ht_settling_due(const HtSettling *settling)
{
    return settling->group || settling->waiting->len == 0 ? INT64_MAX : settling->not_before_us;
}

void ht_settling_begin(HtSettling *settling, int64_t pause_us)
{
    Group *group = g_new(Group, 1);
    *group = (Group){settling, settling->waiting};
    settling->group = group;
    settling->waiting = g_array_new(FALSE, FALSE, sizeof(Waiting));
    settling->not_before_us = ht_clock_monotonic() + pause_us;
    ht_spool_settle(settling->spool, on_settled, group);
}
