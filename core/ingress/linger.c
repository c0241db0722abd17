/* Reading refused senders empty. Used by the door; main-loop thread. */
#include "core/ingress/linger.h"

#include "core/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_US (2 * HT_SECOND)
#define LINGERING_MAX 32 /* at once: each costs a descriptor */
#define READ_BYTES 65536
#define READS_AT_ONCE 4

struct HtLingering {
    GQueue open; /* of LingerSource */
};

typedef struct {
    GSource source;
    HtLingering *all;
    int fd;
    int64_t until_us;
} LingerSource;

static void finish(LingerSource *self)
{
    g_queue_remove(&self->all->open, self);
    close(self->fd);
    g_source_destroy(&self->source);
    g_source_unref(&self->source);
}

/* False at the end of what the sender sends. */
static bool read_away(int fd)
{
    static char away[READ_BYTES]; /* nobody reads what is in it */
    for (int i = 0; i < READS_AT_ONCE; i++) {
        ssize_t got = recv(fd, away, sizeof away, MSG_DONTWAIT);
        if (got <= 0) {
            return got < 0 && (errno == EAGAIN || errno == EINTR);
        }
    }
    return true;
}

static gboolean read_source(GSource *source, GSourceFunc callback, void *user)
{
    (void)callback;
    (void)user;
    LingerSource *self = (LingerSource *)source;
    if (g_source_get_time(source) >= self->until_us || !read_away(self->fd)) {
        finish(self);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = {.dispatch = read_source};

HtLingering *ht_lingering_new(void)
{
    HtLingering *lingering = g_new0(HtLingering, 1);
    g_queue_init(&lingering->open);
    return lingering;
}

void ht_lingering_free(HtLingering *lingering)
{
    while (lingering && !g_queue_is_empty(&lingering->open)) {
        finish(g_queue_peek_head(&lingering->open));
    }
    g_free(lingering);
}

void ht_lingering_add(HtLingering *lingering, int fd)
{
    int copy = lingering->open.length < LINGERING_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy < 0) {
        return;
    }
    shutdown(copy, SHUT_WR);
    LingerSource *self = (LingerSource *)g_source_new(&functions, sizeof(LingerSource));
    self->all = lingering;
    self->fd = copy;
    self->until_us = g_get_monotonic_time() + LINGER_US;
    g_source_add_unix_fd(&self->source, copy, G_IO_IN);
    g_source_set_ready_time(&self->source, self->until_us);
    g_source_set_static_name(&self->source, "public door: refused sender");
    g_queue_push_tail(&lingering->open, self);
    g_source_attach(&self->source, NULL);
}
