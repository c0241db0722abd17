/* All consumers together. Main-loop thread. */
#include "core/delivery/delivery.h"

#include "core/delivery/consumer.h"
#include "core/delivery/route.h"
#include "core/delivery/timer.h"

#define GRACE_MS 1000 /* for requests under way at the end */

struct HtDelivery {
    HtDeliveryOptions options;
    HtSender *sender;
    HtRendered *rendered;
    GPtrArray *consumers; /* of HtConsumer */
};

G_DEFINE_QUARK(ht_delivery_error, ht_delivery_error)

/* Each with the first before it that has the same policy. */
static void class_policies(const HtDelivery *delivery)
{
    for (unsigned i = 1; i < delivery->consumers->len; i++) {
        HtRenderedClass class = {delivery->rendered, i};
        for (unsigned k = 0; k < i; k++) {
            if (ht_consumer_shares(delivery->consumers->pdata[i], delivery->consumers->pdata[k], &class)) {
                break;
            }
        }
    }
}

HtDelivery *ht_delivery_new(const HtDeliveryOptions *options, GError **error)
{
    HtDelivery *delivery = g_new0(HtDelivery, 1);
    delivery->options = *options;
    delivery->sender = ht_sender_new();
    delivery->rendered = ht_rendered_new();
    delivery->consumers = g_ptr_array_new();
    g_autoptr(GString) errors = g_string_new(NULL);
    ht_routes_check(options->config, options->dictionary, errors);
    for (unsigned i = 0; i < options->config->consumers->len; i++) {
        const HtConsumerConfig *config = options->config->consumers->pdata[i];
        HtConsumer *consumer = ht_consumer_new(config, &delivery->options, delivery->sender, errors);
        if (consumer) {
            g_ptr_array_add(delivery->consumers, consumer);
        }
    }
    if (errors->len > 0) {
        g_set_error_literal(error, HT_DELIVERY_ERROR, 0, g_strchomp(errors->str));
        ht_delivery_free(delivery);
        return NULL;
    }
    class_policies(delivery);
    return delivery;
}

void ht_delivery_wake(HtDelivery *delivery, uint64_t last_sequence)
{
    (void)last_sequence;
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_consumer_wake(delivery->consumers->pdata[i]);
    }
}

static bool is_sending(const HtDelivery *delivery)
{
    bool sending = false;
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        sending = sending || ht_consumer_is_sending(delivery->consumers->pdata[i]);
    }
    return sending;
}

static gboolean end_grace(void *over)
{
    *(bool *)over = true;
    return G_SOURCE_CONTINUE;
}

void ht_delivery_drain(HtDelivery *delivery, unsigned grace_ms)
{
    bool over = false;
    GSource *timer = ht_timer_new(end_grace, &over);
    g_source_set_ready_time(timer, g_get_monotonic_time() + (int64_t)grace_ms * 1000);
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_consumer_stop(delivery->consumers->pdata[i]);
    }
    while (!over && is_sending(delivery)) {
        g_main_context_iteration(NULL, TRUE);
    }
    ht_timer_free(timer);
}

void ht_delivery_free(HtDelivery *delivery)
{
    ht_delivery_drain(delivery, GRACE_MS);
    ht_sender_free(delivery->sender);
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_consumer_free(delivery->consumers->pdata[i]);
    }
    g_ptr_array_unref(delivery->consumers);
    ht_rendered_free(delivery->rendered);
    g_free(delivery);
}

HtTransport *ht_delivery_transport(const HtDelivery *delivery, const char *consumer)
{
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        HtConsumerStatus status;
        ht_consumer_status(delivery->consumers->pdata[i], &status);
        if (g_str_equal(status.name, consumer)) {
            return ht_consumer_transport(delivery->consumers->pdata[i]);
        }
    }
    return NULL;
}

unsigned ht_delivery_consumers(const HtDelivery *delivery)
{
    return delivery->consumers->len;
}

void ht_delivery_status(const HtDelivery *delivery, unsigned index, HtConsumerStatus *status)
{
    ht_consumer_status(delivery->consumers->pdata[index], status);
}
