/* Leases; see lease.h. Owned by pull.c; main-loop thread. */
#include "core/delivery/lease.h"

#include "core/base/clock.h"

typedef struct {
    char *name;
    GQueue items; /* of Item, in the order in which they went to it */
} Worker;

typedef struct {
    GList link; /* in the queue of all, by time: they all last equally long */
    uint64_t number;
    int64_t until_us;
    void (*done)(const HtSent *sent, void *user);
    void (*part)(const HtSent *sent, uint64_t sequence, GArray *ended, void *user);
    void (*drop)(void *user);
    void *user;
    const void *channel;
    GQueue items; /* of Item */
} Lease;

typedef struct {
    GList worker_link, lease_link;
    uint64_t sequence;
    Worker *worker;
    Lease *lease;
} Item;

struct HtLeases {
    int64_t lease_us;
    uint64_t last_number;
    GQueue all;          /* of Lease */
    GHashTable *items;   /* sequence (in the Item) → Item */
    GHashTable *workers; /* name → Worker */
};

/* Invariants 1 to 3, as far as they can be seen without walking through all. */
static void assert_leases(const HtLeases *leases)
{
    unsigned out = g_hash_table_size(leases->items), workers = g_hash_table_size(leases->workers);
    g_assert(leases->all.length <= out && workers <= out);
    g_assert((out > 0) == (leases->all.length > 0) && (out > 0) == (workers > 0));
    if (out > 0) {
        const Lease *first = leases->all.head->data, *last = leases->all.tail->data;
        g_assert(first->items.length > 0 && last->items.length > 0);
        g_assert(first->number <= last->number && first->until_us <= last->until_us);
    }
}

/* ---- Keeping ---- */

static void free_worker(void *data)
{
    Worker *worker = data;
    g_free(worker->name);
    g_free(worker);
}

HtLeases *ht_leases_new(uint64_t lease_ms)
{
    HtLeases *leases = g_new0(HtLeases, 1);
    leases->lease_us = (int64_t)lease_ms * 1000;
    leases->items = g_hash_table_new(g_int64_hash, g_int64_equal);
    leases->workers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_worker);
    return leases;
}

static Worker *worker_of(HtLeases *leases, const char *name)
{
    Worker *worker = g_hash_table_lookup(leases->workers, name);
    if (!worker) {
        worker = g_new0(Worker, 1);
        worker->name = g_strdup(name);
        g_hash_table_insert(leases->workers, worker->name, worker);
    }
    return worker;
}

static void add_item(HtLeases *leases, Lease *lease, Worker *worker, uint64_t sequence)
{
    Item *item = g_new0(Item, 1);
    *item = (Item){.sequence = sequence, .worker = worker, .lease = lease};
    item->worker_link.data = item->lease_link.data = item;
    g_queue_push_tail_link(&worker->items, &item->worker_link);
    g_queue_push_tail_link(&lease->items, &item->lease_link);
    bool is_new = g_hash_table_insert(leases->items, &item->sequence, item);
    g_assert(is_new);
}

uint64_t ht_leases_add(HtLeases *leases, const HtOutgoing *outgoing, const char *worker, const void *channel)
{
    Lease *lease = g_new0(Lease, 1);
    *lease = (Lease){.number = ++leases->last_number,
                     .until_us = ht_clock_monotonic() + leases->lease_us,
                     .done = outgoing->done,
                     .part = outgoing->part,
                     .drop = outgoing->drop,
                     .user = outgoing->user,
                     .channel = channel};
    lease->link.data = lease;
    g_queue_push_tail_link(&leases->all, &lease->link);
    for (unsigned i = 0; i < outgoing->events->len; i++) {
        const HtStoredEvent *event = outgoing->events->pdata[i];
        add_item(leases, lease, worker_of(leases, worker), event->sequence);
    }
    assert_leases(leases);
    return lease->number;
}

/* ---- Ending ---- */

static void forget_item(HtLeases *leases, Item *item)
{
    Worker *worker = item->worker;
    g_hash_table_remove(leases->items, &item->sequence);
    g_queue_unlink(&worker->items, &item->worker_link);
    g_queue_unlink(&item->lease->items, &item->lease_link);
    if (worker->items.length == 0) {
        g_hash_table_remove(leases->workers, worker->name);
    }
    g_free(item);
}

/* Its events are out no longer; what is to be said of them is the caller's. */
static void forget_lease(HtLeases *leases, Lease *lease)
{
    while (lease->items.head) {
        forget_item(leases, lease->items.head->data);
    }
    g_queue_unlink(&leases->all, &lease->link);
    assert_leases(leases);
}

static void end_lease(HtLeases *leases, Lease *lease, const HtSent *sent)
{
    forget_lease(leases, lease);
    lease->done(sent, lease->user);
    g_free(lease);
}

static void judge_item(HtLeases *leases, Item *item, const HtSent *sent)
{
    g_autoptr(GArray) ended = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    Lease *lease = item->lease;
    lease->part(sent, item->sequence, ended, lease->user);
    for (unsigned i = 0; i < ended->len; i++) {
        Item *one = g_hash_table_lookup(leases->items, &g_array_index(ended, uint64_t, i));
        g_assert(one && one->lease == lease);
        forget_item(leases, one);
    }
    if (lease->items.length == 0) {
        g_queue_unlink(&leases->all, &lease->link);
        g_free(lease);
    }
    assert_leases(leases);
}

/* Whether the event is out to the worker of this name. */
static Item *item_of(const HtLeases *leases, const char *worker, uint64_t sequence)
{
    Item *item = g_hash_table_lookup(leases->items, &sequence);
    return item && g_str_equal(item->worker->name, worker) ? item : NULL;
}

bool ht_leases_judge(HtLeases *leases, const char *worker, uint64_t sequence, const HtSent *sent)
{
    Item *item = worker ? item_of(leases, worker, sequence) : g_hash_table_lookup(leases->items, &sequence);
    if (item) {
        judge_item(leases, item, sent);
    }
    return item != NULL;
}

bool ht_leases_take_through(HtLeases *leases, const char *worker, uint64_t sequence, unsigned *count)
{
    static const HtSent taken = {.kind = HT_SENT_TAKEN};
    const Item *last = item_of(leases, worker, sequence);
    *count = 0;
    for (bool more = last != NULL; more; ++*count) {
        Item *item = last->worker->items.head->data;
        more = item != last;
        judge_item(leases, item, &taken);
    }
    return *count > 0;
}

void ht_leases_return_after(HtLeases *leases, const char *worker, uint64_t sequence)
{
    static const HtSent back = {.kind = HT_SENT_BACK};
    const Item *last = item_of(leases, worker, sequence);
    const Worker *one = last ? last->worker : g_hash_table_lookup(leases->workers, worker);
    const Item *item = one ? one->items.tail->data : NULL;
    while (item && item != last) {
        judge_item(leases, one->items.tail->data, &back);
        one = g_hash_table_lookup(leases->workers, worker); /* it goes with its last event */
        item = one ? one->items.tail->data : NULL;
    }
}

void ht_leases_return(HtLeases *leases, uint64_t number)
{
    static const HtSent back = {.kind = HT_SENT_BACK};
    for (GList *link = leases->all.head; link; link = link->next) {
        Lease *lease = link->data;
        if (lease->number == number) {
            end_lease(leases, lease, &back);
            return;
        }
    }
}

static Lease *first_of(const HtLeases *leases, const void *channel)
{
    for (GList *link = leases->all.head; link; link = link->next) {
        if (((Lease *)link->data)->channel == channel) {
            return link->data;
        }
    }
    return NULL;
}

void ht_leases_return_of(HtLeases *leases, const void *channel)
{
    static const HtSent back = {.kind = HT_SENT_BACK};
    for (Lease *lease; (lease = first_of(leases, channel));) {
        end_lease(leases, lease, &back);
    }
}

void ht_leases_drop(HtLeases *leases, const void *channel)
{
    for (Lease *lease; (lease = first_of(leases, channel));) {
        forget_lease(leases, lease);
        lease->drop(lease->user);
        g_free(lease);
    }
}

void ht_leases_expire(HtLeases *leases, int64_t now_us)
{
    static const char reason[] = "not acknowledged before its lease ended";
    static const HtSent late = {.kind = HT_SENT_RETRY, .reason = reason, .detail = reason};
    while (ht_leases_due(leases) <= now_us) {
        end_lease(leases, leases->all.head->data, &late);
    }
}

int64_t ht_leases_due(const HtLeases *leases)
{
    return leases->all.head ? ((const Lease *)leases->all.head->data)->until_us : INT64_MAX;
}

unsigned ht_leases_out(const HtLeases *leases, const char *worker)
{
    const Worker *one = g_hash_table_lookup(leases->workers, worker);
    return one ? one->items.length : 0;
}

void ht_leases_free(HtLeases *leases)
{
    g_assert(leases->all.length == 0);
    g_hash_table_unref(leases->items);
    g_hash_table_unref(leases->workers);
    g_free(leases);
}
