/* The address for monitoring. Connections are counted here and answered by the admin's server. Main thread. */
#include "core/monitor.h"

#include "core/base/json.h"
#include "core/ingress/listener.h"

#include <unistd.h>

/* Outlives the monitor when the server lets a connection go later. */
typedef struct {
    HtMonitor *monitor; /* NULL when it was closed */
    unsigned open;
} MonitorCount;

struct HtMonitor {
    HtAdmin *admin;
    GPtrArray *listeners; /* of HtListener */
    MonitorCount *count;
    unsigned most, timeout_ms;
};

static void pause_all(HtMonitor *monitor)
{
    for (unsigned i = 0; i < monitor->listeners->len; i++) {
        ht_listener_pause(monitor->listeners->pdata[i], monitor->count->open >= monitor->most);
    }
}

static void on_gone(void *user)
{
    MonitorCount *count = user;
    count->open--;
    if (count->monitor) {
        pause_all(count->monitor);
    }
    g_rc_box_release(count);
}

static void on_connection(int fd, const struct sockaddr *address, socklen_t size, void *user)
{
    HtMonitor *monitor = user;
    (void)address;
    (void)size;
    if (monitor->count->open >= monitor->most) { /* two listeners may have accepted at once */
        close(fd);
        return;
    }
    monitor->count->open++;
    pause_all(monitor);
    ht_admin_take_monitor(monitor->admin, fd, monitor->timeout_ms, on_gone, g_rc_box_acquire(monitor->count));
}

HtMonitor *ht_monitor_open(const HtBusConfig *config, HtAdmin *admin, GError **error)
{
    g_autoptr(HtMonitor) monitor = g_new0(HtMonitor, 1);
    *monitor = (HtMonitor){.admin = admin,
                           .listeners = g_ptr_array_new_with_free_func((GDestroyNotify)ht_listener_close),
                           .count = g_rc_box_new0(MonitorCount),
                           .most = (unsigned)config->metrics_connections,
                           .timeout_ms = (unsigned)config->metrics_timeout_ms};
    monitor->count->monitor = monitor;
    for (char **item = config->metrics; item && *item; item++) {
        HtListener *listener = ht_listener_open(*item, on_connection, monitor, error);
        if (!listener) {
            return NULL;
        }
        g_ptr_array_add(monitor->listeners, listener);
    }
    return g_steal_pointer(&monitor);
}

void ht_monitor_close(HtMonitor *monitor)
{
    monitor->count->monitor = NULL;
    g_ptr_array_unref(monitor->listeners);
    g_rc_box_release(monitor->count);
    g_free(monitor);
}

void ht_monitor_json(const HtMonitor *monitor, HtBuffer *json)
{
    ht_json_open(json, "monitoring");
    ht_json_member_number(json, "connections", monitor->count->open);
    ht_json_name(json, "ports");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < monitor->listeners->len; i++) {
        ht_json_comma(json);
        ht_buffer_printf(json, "%u", ht_listener_port(monitor->listeners->pdata[i]));
    }
    ht_buffer_add_literal(json, "]}");
}
