/* Binding and accepting. When accept fails for want of descriptors or memory, accepting stops for a moment and is tried
 * again by itself: no spinning, and no deafness after descriptors are free again. Made and closed by the door;
 * main-loop thread.
 *
 * Two things keep it from accepting, each by itself: PAUSED, the door's (ht_listener_pause(): as many connections as may be), and RESTING, its
 * own (rest(), until accept_waiting() tries again). Peers wait in the backlog meanwhile.
 *
 * Invariants, checked by assert_watch() whenever one of the two changes:
 *   1. The socket is watched exactly when it is neither paused nor resting: no spinning, no deafness.
 *   2. A rest ends by itself: there is a time at which it is tried again. */
#include "core/ingress/listener.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/unix-socket.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#define BACKLOG 1024
#define ACCEPTS_AT_ONCE 32 /* then others have their turn */
#define REST_US (HT_SECOND / 10)

struct HtListener {
    char *path; /* of a unix socket; else NULL */
    int fd;
    unsigned port;
    GSource *source;
    void *tag;
    bool paused, resting, watched, complained;
    HtListenerAccept accept;
    void *user;
};

typedef struct {
    GSource source;
    HtListener *listener;
} ListenerSource;

static void assert_watch(const HtListener *listener)
{
    g_assert(listener->watched == (!listener->paused && !listener->resting));      /* 1 */
    g_assert(!listener->resting || g_source_get_ready_time(listener->source) > 0); /* 2 */
}

static void watch(HtListener *listener)
{
    listener->watched = !listener->paused && !listener->resting;
    g_source_modify_unix_fd(listener->source, listener->tag, listener->watched ? G_IO_IN : 0);
    assert_watch(listener);
}

static void rest(HtListener *listener, int reason)
{
    if (!listener->complained) {
        ht_log(HT_LOG_WARNING, "ingress", "cannot accept connections, trying again until it works: %s",
               g_strerror(reason));
        listener->complained = true;
    }
    listener->resting = true;
    g_source_set_ready_time(listener->source, g_get_monotonic_time() + REST_US);
    watch(listener);
}

static bool is_exhaustion(int reason)
{
    return reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM;
}

/* False when there is nothing more to accept at present. */
static bool accept_one(HtListener *listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int fd = accept4(listener->fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        listener->complained = false;
        listener->accept(fd, (struct sockaddr *)&address, size, listener->user);
        return true;
    }
    if (is_exhaustion(errno)) {
        rest(listener, errno);
        return false;
    }
    return errno != EAGAIN && errno != EWOULDBLOCK; /* others are the peer's: it went away while it waited */
}

static gboolean accept_waiting(GSource *source, GSourceFunc callback, void *user)
{
    (void)callback;
    (void)user;
    HtListener *listener = ((ListenerSource *)source)->listener;
    g_source_set_ready_time(source, -1);
    listener->resting = false;
    watch(listener);
    for (int i = 0; i < ACCEPTS_AT_ONCE && !listener->paused && accept_one(listener); i++) {
    }
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = {.dispatch = accept_waiting};

/* Splits "host:port" and "[v6]:port"; false when it is neither. */
static bool split_address(const char *listen, char **host, char **port)
{
    const char *colon = strrchr(listen, ':');
    if (!colon || colon[1] == '\0') {
        return false;
    }
    bool bracketed = listen[0] == '[' && colon > listen + 1 && colon[-1] == ']';
    *host = bracketed ? g_strndup(listen + 1, (size_t)(colon - listen - 2))
                      : g_strndup(listen, (size_t)(colon - listen));
    *port = g_strdup(colon + 1);
    return true;
}

static int bind_address(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static int bind_listen(const char *listen, GError **error)
{
    g_autofree char *host = NULL;
    g_autofree char *port = NULL;
    if (!split_address(listen, &host, &port)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "listen address \"%s\" is not host:port",
                    listen);
        return -1;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failure = getaddrinfo(host[0] && strcmp(host, "*") != 0 ? host : NULL, port, &hints, &found);
    if (failure != 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND, "cannot listen on \"%s\": %s", listen,
                    gai_strerror(failure));
        return -1;
    }
    int fd = bind_address(found);
    int reason = errno;
    freeaddrinfo(found);
    if (fd < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(reason), "cannot listen on \"%s\": %s", listen,
                    g_strerror(reason));
    }
    return fd;
}

static unsigned read_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        return 0;
    }
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

static HtListener *make_listener(int fd, unsigned port, HtListenerAccept accept, void *user)
{
    HtListener *listener = g_new0(HtListener, 1);
    listener->fd = fd;
    listener->port = port;
    listener->accept = accept;
    listener->user = user;
    listener->source = g_source_new(&functions, sizeof(ListenerSource));
    ((ListenerSource *)listener->source)->listener = listener;
    listener->tag = g_source_add_unix_fd(listener->source, fd, G_IO_IN);
    listener->watched = true;
    g_source_set_static_name(listener->source, "public door: accept");
    g_source_attach(listener->source, NULL);
    return listener;
}

HtListener *ht_listener_open(const char *listen, HtListenerAccept accept, void *user, GError **error)
{
    int fd = bind_listen(listen, error);
    return fd < 0 ? NULL : make_listener(fd, read_port(fd), accept, user);
}

HtListener *ht_listener_open_unix(const char *path, HtListenerAccept accept, void *user, GError **error)
{
    int fd = ht_unix_listen(path, 0666, 0755, BACKLOG, error);
    HtListener *listener = fd < 0 ? NULL : make_listener(fd, 0, accept, user);
    if (listener) {
        listener->path = g_strdup(path);
    }
    return listener;
}

void ht_listener_close(HtListener *listener)
{
    if (listener) {
        if (listener->path) {
            unlink(listener->path);
            g_free(listener->path);
        }
        g_source_destroy(listener->source);
        g_source_unref(listener->source);
        close(listener->fd);
        g_free(listener);
    }
}

unsigned ht_listener_port(const HtListener *listener)
{
    return listener->port;
}

void ht_listener_pause(HtListener *listener, bool paused)
{
    if (listener->paused != paused) {
        listener->paused = paused;
        watch(listener);
    }
}
