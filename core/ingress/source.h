/* A source at run time: its configuration, its host, and its figures. Made by the bus (core/bus.c), used by the intake and
 * by status. Main-loop thread. */
#pragma once

#include "core/config/config.h"
#include "core/ingress/framing.h"
#include "plugins/supervisor.h"

typedef struct {
    uint64_t messages; /* requests that were POSTed */
    uint64_t accepted, resent, rejected, failed, busy;
    uint64_t events, duplicates, quarantined;
    uint64_t bytes;
    int64_t last_us; /* when the last message was accepted; 0 never */
    uint64_t answers, latency_us_sum,
        latency_us_max; /* request complete to answer, of all that reached the host */
} HtSourceFigures;

/* Whether its adapter may serve: what the gate (core/kit/gate.h) says of it. Otherwise nothing is given to the host. */
typedef enum { HT_SOURCE_OPEN, HT_SOURCE_CHECKING, HT_SOURCE_FAILED } HtSourceGate;

typedef struct {
    const HtSourceConfig *config;
    HtHost *host;
    HtSourceGate gate;
    struct HtGuard *guard; /* who may send: the door's, NULL while there is none */
    HtSourceFigures figures;
} HtSource;

/* Whether the gate is open. Asked at the head, and again when the body goes to the host. False with a refusal. */
bool ht_source_admits(const HtSource *source, HtRefusal *refusal);
