/* What delivery says of its consumers on the status page and in the metrics. Main-loop thread. */
#pragma once

#include "core/delivery/delivery.h"

/* Adds the member "consumers". */
void ht_delivery_json(const HtDelivery *delivery, HtBuffer *json);

void ht_delivery_metrics(const HtDelivery *delivery, HtBuffer *text);
