/* The public door's listening socket and its accept loop. They are the bus's own and not the library's: libmicrohttpd
 * runs in circles when descriptors are exhausted at its first connection, and stays deaf until one of its own closes
 * when they are exhausted later. Main-loop thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>

typedef struct HtListener HtListener;

/* Takes over `fd` (non-blocking, close-on-exec). */
typedef void (*HtListenerAccept)(int fd, const struct sockaddr *address, socklen_t size, void *user);

/* Binds `listen` ("host:port", "[v6]:port"; port 0 lets the kernel choose) with a backlog of 1024 and accepts from the
 * default main context. G_IO_ERROR, with the address in the message. */
HtListener *ht_listener_open(const char *listen, HtListenerAccept accept, void *user, GError **error);

/* The same on a unix socket (core/base/unix-socket.h) that everybody on this machine may connect to: who does, the kernel says. G_FILE_ERROR. */
HtListener *ht_listener_open_unix(const char *path, HtListenerAccept accept, void *user, GError **error);
void ht_listener_close(HtListener *listener);

unsigned ht_listener_port(const HtListener *listener);

/* At the limit of connections nothing is accepted; peers wait in the backlog. */
void ht_listener_pause(HtListener *listener, bool paused);
