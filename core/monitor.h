/* The address for monitoring: metrics and health over TCP, for Prometheus and for whoever asks whether the bus lives, beside the admin socket,
 * which is for users of this machine. Nobody is asked who they are, so only what has no names of persons and no contents is there, and
 * the configuration lets it be reached from other machines only where it says so. Main thread. */
#pragma once

#include "core/admin/admin.h"
#include "core/config/config.h"

typedef struct HtMonitor HtMonitor;

/* Listens on every address of `metrics`; without any there is a monitor that does nothing. `admin` answers, and is closed first. G_IO_ERROR,
 * with the address. */
HtMonitor *ht_monitor_open(const HtBusConfig *config, HtAdmin *admin, GError **error);
void ht_monitor_close(HtMonitor *monitor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtMonitor, ht_monitor_close)

/* Adds the member "monitoring": its ports, and how many are connected. */
void ht_monitor_json(const HtMonitor *monitor, HtBuffer *json);
