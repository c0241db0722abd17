/* What delivery says of its consumers on the status page and in the metrics. Main-loop thread. */
#pragma once

#include "core/delivery/delivery.h"

/* Adds the member "consumers". */
void ht_delivery_json(const HtDelivery *delivery, HtBuffer *json);

/* What has to be looked at of the consumers' purposes, a sentence; NULL when nothing has. The caller frees. */
char *ht_delivery_notice(const HtDelivery *delivery);

void ht_delivery_metrics(const HtDelivery *delivery, HtBuffer *text);
