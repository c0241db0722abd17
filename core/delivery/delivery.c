/* All consumers together. Main-loop thread. */
#include "core/delivery/delivery.h"

#include "core/delivery/consumer.h"

struct HtDelivery {
    HtDeliveryOptions options;
    HtSender *sender;
    GPtrArray *consumers; /* of HtConsumer */
};

G_DEFINE_QUARK(ht_delivery_error, ht_delivery_error)

HtDelivery *ht_delivery_new(const HtDeliveryOptions *options, GError **error)
{
    HtDelivery *delivery = g_new0(HtDelivery, 1);
    delivery->options = *options;
    delivery->sender = ht_sender_new();
    delivery->consumers = g_ptr_array_new();
    g_autoptr(GString) errors = g_string_new(NULL);
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
    return delivery;
}

void ht_delivery_wake(HtDelivery *delivery, uint64_t last_sequence)
{
    (void)last_sequence;
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_consumer_wake(delivery->consumers->pdata[i]);
    }
}

void ht_delivery_free(HtDelivery *delivery)
{
    ht_sender_free(delivery->sender);
    for (unsigned i = 0; i < delivery->consumers->len; i++) {
        ht_consumer_free(delivery->consumers->pdata[i]);
    }
    g_ptr_array_unref(delivery->consumers);
    g_free(delivery);
}

unsigned ht_delivery_consumers(const HtDelivery *delivery)
{
    return delivery->consumers->len;
}

void ht_delivery_status(const HtDelivery *delivery, unsigned index, HtConsumerStatus *status)
{
    ht_consumer_status(delivery->consumers->pdata[index], status);
}
