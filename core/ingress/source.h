/* A source at run time: its configuration, its host, and its figures. Made by the bus (core/bus.c), used by the intake and
 * by status. Main-loop thread. */
#pragma once

#include "core/config/config.h"
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

typedef struct {
    const HtSourceConfig *config;
    HtHost *host;
    struct HtGuard *guard; /* who may send: the door's, NULL while there is none */
    HtSourceFigures figures;
} HtSource;
