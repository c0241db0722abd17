/* Deliveries, by routes and cursors. Called by the receipt's page and by commands. */
#include "core/reconcile/delivered.h"

#include "core/delivery/route.h"

typedef struct {
    const char *name;
    HtRoutes *routes;
    const HtSpoolConsumer *place; /* NULL: the spool does not know it yet */
} View;

struct HtDelivered {
    HtConfig *config;
    GArray *views; /* of View */
    GPtrArray *places;
};

static void clear_view(void *item)
{
    ht_routes_free(((View *)item)->routes);
}

HtDelivered *ht_delivered_new(const HtConfig *config, const HtDictionary *dictionary)
{
    HtDelivered *delivered = g_new0(HtDelivered, 1);
    delivered->config = ht_config_hold(config);
    delivered->views = g_array_new(FALSE, FALSE, sizeof(View));
    g_array_set_clear_func(delivered->views, clear_view);
    for (guint i = 0; i < config->consumers->len; i++) {
        const HtConsumerConfig *consumer = config->consumers->pdata[i];
        View view = {consumer->name, ht_routes_new(config, consumer->name, dictionary), NULL};
        g_array_append_val(delivered->views, view);
    }
    return delivered;
}

void ht_delivered_free(HtDelivered *delivered)
{
    if (delivered) {
        g_array_unref(delivered->views);
        ht_config_free(delivered->config);
        g_clear_pointer(&delivered->places, g_ptr_array_unref);
        g_free(delivered);
    }
}

bool ht_delivered_load(HtDelivered *delivered, HtSpoolLook *look, uint64_t first, uint64_t last,
                       GError **error)
{
    g_clear_pointer(&delivered->places, g_ptr_array_unref);
    delivered->places = ht_spool_look_consumers(look, first, last, error);
    for (guint i = 0; delivered->places && i < delivered->views->len; i++) {
        View *view = &g_array_index(delivered->views, View, i);
        view->place = ht_spool_consumer_find(delivered->places, view->name);
    }
    return delivered->places != NULL;
}

unsigned ht_delivered_count(const HtDelivered *delivered)
{
    return delivered->views->len;
}

HtDeliveredState ht_delivered_state(const HtDelivered *delivered, unsigned consumer,
                                    const HtStoredEvent *event)
{
    static const HtDeliveredState states[] = {[HT_SPOOL_EVENT_WAITING] = HT_DELIVERED_WAITING,
                                              [HT_SPOOL_EVENT_FINISHED] = HT_DELIVERED_ACKNOWLEDGED,
                                              [HT_SPOOL_EVENT_DEAD] = HT_DELIVERED_DEAD};
    const View *view = &g_array_index(delivered->views, View, consumer);
    bool began_later = view->place && event->sequence <= view->place->start;
    if (began_later || !ht_routes_match(view->routes, &event->event)) {
        return HT_DELIVERED_NOT_ITS;
    }
    return view->place ? states[ht_spool_consumer_state(view->place, event->sequence)] : HT_DELIVERED_WAITING;
}

typedef struct {
    const HtDelivered *delivered;
    HtDeliveryState *state;
} Count;

static void count_event(const HtStoredEvent *event, void *user)
{
    Count *count = user;
    bool known = event->state == HT_STORED_WHOLE || event->event.attr[HT_ATTR_TYPE].data; /* or pruned */
    for (unsigned i = 0; known && i < ht_delivered_count(count->delivered); i++) {
        HtDeliveredState state = ht_delivered_state(count->delivered, i, event);
        count->state->deliveries += state != HT_DELIVERED_NOT_ITS;
        count->state->waiting += state == HT_DELIVERED_WAITING;
        count->state->acknowledged += state == HT_DELIVERED_ACKNOWLEDGED;
        count->state->dead += state == HT_DELIVERED_DEAD;
    }
}

bool ht_delivered_message(HtDelivered *delivered, HtSpoolLook *look, const HtReceipt *receipt,
                          HtDeliveryState *state, GError **error)
{
    uint64_t first = receipt->sequence, last = first + receipt->events - 1;
    Count count = {delivered, state};
    *state = (HtDeliveryState){.at_us = ht_clock_now()};
    return receipt->events == 0 || (ht_delivered_load(delivered, look, first, last, error) &&
                                    ht_spool_look_events(look, first - 1, last, count_event, &count, error));
}
