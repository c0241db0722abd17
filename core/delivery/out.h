/* The consumers' pages at the public door: /out/CONSUMER and what lies below it. Main-loop thread. */
#pragma once

#include "core/delivery/delivery.h"

/* Adds them. The delivery lives as long as the pages are asked for. */
void ht_delivery_add_pages(HtDelivery *delivery, HtPages *pages);
