/* The running bus: puts the parts together, keeps the main loop, and ends in order. */
#pragma once

#include "core/access.h"
#include "core/admin/admin.h"
#include "core/deliveries.h"
#include "core/delivery/delivery.h"
#include "core/delivery/policy.h"
#include "core/ingress/door.h"
#include "core/monitor.h"
#include "core/proof/signer.h"
#include "core/receipts.h"
#include "core/reload.h"
#include "core/retention.h"
#include "core/schema/pages.h"
#include "core/source/sources.h"

/* How it ended. */
typedef enum {
    HT_BUS_STOPPED, /* it was told to */
    HT_BUS_FAILED,  /* it could not begin, or its disk failed */
    HT_BUS_MISCONFIGURED
} HtBusEnd;

typedef struct HtAlarms HtAlarms; /* core/alarms.h */

/* The parts of a running bus. Owned by ht_bus_run(); the pages of the admin socket read it. */
typedef struct {
    HtConfig *config; /* held */
    HtDictionary *dictionary;
    HtSpool *spool;
    uint8_t pseudonym_key[HT_POLICY_KEY]; /* made of the site key */
    HtSigner *signer;
    HtAudit *audit;
    HtAccess *access;
    HtAccessRecorder recorder;
    HtReceipts *receipts;
    HtDeliveries *deliveries;
    HtSources *sources;
    HtIntake intake;
    HtDelivery *delivery;
    HtRetention *retention;
    HtRoles *roles;
    HtAdmin *admin;
    HtMonitor *monitor;
    HtPages *pages;
    HtSchemaPages *schemas;
    HtDoor *door;
    HtReload *reload;
    HtAlarms *alarms; /* NULL before the bus is open, and while it closes */
    GMainLoop *loop;
    int64_t started_us; /* clock.h */
    bool ready, stopping;
    HtBusEnd end;
} HtBus;

/* Runs until SIGTERM or SIGINT (the messages in flight get their answers first; a second signal does not wait), or until
 * the disk fails; SIGHUP reloads. `config` stays the caller's. */
HtBusEnd ht_bus_run(const HtConfig *config);
