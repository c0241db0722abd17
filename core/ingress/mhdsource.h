/* libmicrohttpd inside the GLib main loop: a GSource that watches the daemon's epoll descriptor and runs it. Main-loop
 * thread. */
#pragma once

#include <glib.h>
#include <microhttpd.h>

/* A source for a daemon started with MHD_USE_EPOLL and without a thread of its own. Attached to the default context.
 * The daemon must outlive it: destroy and unref the source before MHD_stop_daemon(). */
GSource *ht_mhd_source_new(struct MHD_Daemon *daemon);

/* Runs the daemon once more soon: after MHD_resume_connection(), once for a whole batch. Safe inside the daemon's own
 * callbacks. */
void ht_mhd_source_wake(GSource *source);
