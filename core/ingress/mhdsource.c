/* The GSource around libmicrohttpd. The daemon keeps connections that have work left in a list of its own, which its
 * epoll descriptor does not show: before each poll it is asked (MHD_get_timeout) whether it wants to run at once. A
 * resumed connection is picked up only by the next MHD_run. With either left out the door stalls after a few dozen
 * requests. Made and closed by the door; main-loop thread. */
#include "core/ingress/mhdsource.h"

#include <stdbool.h>

typedef struct {
    GSource source;
    struct MHD_Daemon *daemon;
    void *epoll_tag;
    int64_t due_us; /* when the daemon wants to run by itself; -1: not before something happens */
    bool woken; /* a connection was resumed; asked for on the main loop only, so nothing has to be written to wake it */
} MhdSource;

static gboolean prepare_daemon(GSource *source, int *timeout_ms)
{
    MhdSource *self = (MhdSource *)source;
    MHD_UNSIGNED_LONG_LONG wait_ms;
    if (self->woken) {
        *timeout_ms = 0;
        return TRUE;
    }
    if (MHD_get_timeout(self->daemon, &wait_ms) != MHD_YES) {
        self->due_us = -1;
        *timeout_ms = -1;
        return FALSE;
    }
    self->due_us = g_source_get_time(source) + (int64_t)MIN(wait_ms, 3600000) * 1000;
    *timeout_ms = (int)MIN(wait_ms, 3600000);
    return wait_ms == 0;
}

static gboolean check_daemon(GSource *source)
{
    MhdSource *self = (MhdSource *)source;
    return self->woken || g_source_query_unix_fd(source, self->epoll_tag) != 0 ||
           (self->due_us >= 0 && g_source_get_time(source) >= self->due_us);
}

static gboolean run_daemon(GSource *source, GSourceFunc callback, void *user)
{
    (void)callback;
    (void)user;
    ((MhdSource *)source)->woken = false;
    MHD_run(((MhdSource *)source)->daemon);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = {.prepare = prepare_daemon, .check = check_daemon, .dispatch = run_daemon};

GSource *ht_mhd_source_new(struct MHD_Daemon *daemon)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    GSource *source = g_source_new(&functions, sizeof(MhdSource));
    MhdSource *self = (MhdSource *)source;
    self->daemon = daemon;
    self->due_us = -1;
    self->epoll_tag = g_source_add_unix_fd(source, info->epoll_fd, G_IO_IN);
    g_source_set_static_name(source, "public door");
    g_source_set_can_recurse(source, TRUE); /* it does not: see core/base/timer.h */
    g_source_attach(source, NULL);
    return source;
}

void ht_mhd_source_wake(GSource *source)
{
    ((MhdSource *)source)->woken = true;
}
