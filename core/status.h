/* What the running bus says of itself at the house door: for `hutong status`, monitoring and tests. Main thread. */
#pragma once

#include "core/admin/house.h"
#include "core/config/config.h"
#include "core/delivery/delivery.h"
#include "core/ingress/door.h"
#include "core/kit/gate.h"
#include "mappings/engine/reference/dictionary.h"

/* The parts of a running bus. Owned by ht_bus_run(); the pages read it. */
typedef struct {
    const HtConfig *config;
    HtDictionary *dictionary;
    HtSpool *spool;
    HtGate *gate;        /* NULL: adapters serve unchecked */
    GHashTable *sources; /* name → HtSource */
    HtDelivery *delivery;
    HtHouse *house;
    HtDoor *door;
    GMainLoop *loop;
    bool ready, stopping;
    int exit_status;
} HtBus;

/* For HtHouseView; `bus` is a HtBus. */
const char *ht_status_ready(void *bus);
void ht_status_json(void *bus, HtBuffer *json);
void ht_status_metrics(void *bus, HtBuffer *text);
