/* The cheap receiving platform: one thread, epoll, a bit for each business number. Used by bench-bus and bench-goodput. */
#include "tests/bench/sink.h"

#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024
#define EVENTS 64
#define READ_MIN 65536
#define STATUS_TAKEN 204

static const char event_mark[] = "\"specversion\"";
static const char number_mark[] = "\"businessid\":\"";
static const char accepted[] = "HTTP/1.1 204 No Content\r\n\r\n";
static const char lengthless[] = "HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\n\r\n";

typedef struct {
    int fd;
    char *bytes; /* of the request that is coming in */
    size_t size, room;
} Peer;

struct Sink {
    GThread *thread;
    int listener, epoll, stop; /* stop: an eventfd */
    unsigned port;
    uint64_t last;
    uint8_t *seen;     /* a bit for each business number */
    GHashTable *peers; /* owned; of the thread */
    GMutex lock;       /* count, seen, refusal */
    GCond changed;
    SinkCount count;
    SinkRefusal refusal;
};

/* ---- Counting ---- */

static bool count_number(Sink *sink, uint64_t number)
{
    if (number == 0 || number > sink->last) {
        sink->count.foreign++;
    } else if (sink->seen[number / 8] & 1U << number % 8) {
        sink->count.repeated++;
    } else {
        sink->seen[number / 8] |= (uint8_t)(1U << number % 8);
        sink->count.distinct++;
        sink->count.latest_us = g_get_monotonic_time();
    }
    return true;
}

/* Calls `take` with the business number of each event, 0 where there is none, until it is false; gives the last. An event is from
 * one "specversion" to the next; that and "businessid" are attributes, and no text in an event can hold them with their quotation
 * marks. */
static bool each_number(Sink *sink, const char *body, size_t size, bool (*take)(Sink *sink, uint64_t number))
{
    const char *end = body + size;
    const char *event = memmem(body, size, event_mark, sizeof event_mark - 1);
    bool goes_on = true;
    while (event && goes_on) {
        const char *rest = event + sizeof event_mark - 1;
        const char *next = memmem(rest, (size_t)(end - rest), event_mark, sizeof event_mark - 1);
        size_t room = (size_t)((next ? next : end) - rest);
        const char *number = memmem(rest, room, number_mark, sizeof number_mark - 1);
        goes_on = take(sink, number ? strtoull(number + sizeof number_mark - 1, NULL, 10) : 0);
        event = next;
    }
    return goes_on;
}

static bool is_right(Sink *sink, uint64_t number)
{
    return number % sink->refusal.each_number != 0;
}

static bool refuses(Sink *sink, const char *body, size_t size)
{
    const SinkRefusal *refusal = &sink->refusal;
    uint64_t seen = sink->count.requests + sink->count.refused + 1;
    return (refusal->each_request > 0 && seen % refusal->each_request == 0) ||
           (refusal->each_number > 0 && !each_number(sink, body, size, is_right));
}

/* The status to answer with. */
static unsigned take_body(Sink *sink, const char *body, size_t size)
{
    unsigned status = STATUS_TAKEN;
    g_mutex_lock(&sink->lock);
    if (sink->count.first_us == 0) {
        sink->count.first_us = g_get_monotonic_time();
    }
    if (refuses(sink, body, size)) {
        sink->count.refused++;
        status = sink->refusal.status;
    } else {
        sink->count.requests++;
        sink->count.bytes += size;
        each_number(sink, body, size, count_number);
    }
    g_cond_broadcast(&sink->changed);
    g_mutex_unlock(&sink->lock);
    return status;
}

/* ---- HTTP ---- */

static void drop_peer(Sink *sink, Peer *peer)
{
    g_hash_table_remove(sink->peers, peer);
}

static void free_peer(void *data)
{
    Peer *peer = data;
    close(peer->fd);
    g_free(peer->bytes);
    g_free(peer);
}

/* The bytes of the request at the beginning of the buffer if it is there whole, else 0. False: it has no length. */
static bool measure_request(const Peer *peer, size_t *head, size_t *body)
{
    const char *end = memmem(peer->bytes, peer->size, "\r\n\r\n", 4);
    *head = end ? (size_t)(end - peer->bytes) + 4 : 0;
    const char *line = peer->bytes;
    while (end && (line = memchr(line, '\n', (size_t)(end - line))) && line++ < end) {
        if (g_ascii_strncasecmp(line, "content-length:", 15) == 0) {
            *body = strtoul(line + 15, NULL, 10);
            return true;
        }
    }
    return !end;
}

static bool answer(const Peer *peer, const char *text, size_t size)
{
    return send(peer->fd, text, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool answer_status(const Peer *peer, unsigned status)
{
    if (status == STATUS_TAKEN) {
        return answer(peer, accepted, sizeof accepted - 1);
    }
    char text[64];
    int size = g_snprintf(text, sizeof text, "HTTP/1.1 %u No\r\nContent-Length: 0\r\n\r\n", status);
    return answer(peer, text, (size_t)size);
}

static bool take_requests(Sink *sink, Peer *peer)
{
    size_t head = 0, body = 0;
    while (peer->size > 0) {
        if (!measure_request(peer, &head, &body)) {
            return answer(peer, lengthless, sizeof lengthless - 1) && false;
        }
        if (head == 0 || peer->size < head + body) {
            break;
        }
        unsigned status = take_body(sink, peer->bytes + head, body);
        peer->size -= head + body;
        memmove(peer->bytes, peer->bytes + head + body, peer->size);
        if (!answer_status(peer, status)) {
            return false;
        }
    }
    return true;
}

static bool read_peer(Sink *sink, Peer *peer)
{
    if (peer->room - peer->size < READ_MIN + 1) {
        peer->room = peer->room * 2 + READ_MIN + 1;
        peer->bytes = g_realloc(peer->bytes, peer->room);
    }
    ssize_t size = recv(peer->fd, peer->bytes + peer->size, peer->room - peer->size - 1, 0);
    if (size <= 0) {
        return false;
    }
    peer->size += (size_t)size;
    peer->bytes[peer->size] = '\0';
    return take_requests(sink, peer);
}

static void take_peer(Sink *sink)
{
    int on = 1, fd = accept4(sink->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Peer *peer = g_new0(Peer, 1);
    peer->fd = fd;
    g_hash_table_add(sink->peers, peer);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    epoll_ctl(sink->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* ---- The thread ---- */

static void *serve(void *user)
{
    Sink *sink = user;
    for (;;) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(sink->epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            void *what = events[i].data.ptr;
            if (what == &sink->stop) {
                return NULL;
            }
            if (what == &sink->listener) {
                take_peer(sink);
            } else if (!read_peer(sink, what)) {
                drop_peer(sink, what);
            }
        }
    }
}

static void listen_on_loopback(Sink *sink)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    sink->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(sink->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(sink->listener, BACKLOG) != 0 ||
        getsockname(sink->listener, (struct sockaddr *)&address, &size) != 0) {
        g_error("the sink cannot listen on 127.0.0.1");
    }
    sink->port = ntohs(address.sin_port);
}

Sink *sink_new(uint64_t last)
{
    Sink *sink = g_new0(Sink, 1);
    sink->last = last;
    sink->seen = g_malloc0(last / 8 + 1);
    sink->peers = g_hash_table_new_full(NULL, NULL, free_peer, NULL);
    g_mutex_init(&sink->lock);
    g_cond_init(&sink->changed);
    listen_on_loopback(sink);
    sink->epoll = epoll_create1(EPOLL_CLOEXEC);
    sink->stop = eventfd(0, EFD_CLOEXEC);
    struct epoll_event stop = {.events = EPOLLIN, .data.ptr = &sink->stop};
    struct epoll_event peer = {.events = EPOLLIN, .data.ptr = &sink->listener};
    epoll_ctl(sink->epoll, EPOLL_CTL_ADD, sink->stop, &stop);
    epoll_ctl(sink->epoll, EPOLL_CTL_ADD, sink->listener, &peer);
    sink->thread = g_thread_new("sink", serve, sink);
    return sink;
}

void sink_free(Sink *sink)
{
    eventfd_write(sink->stop, 1);
    g_thread_join(sink->thread);
    g_hash_table_unref(sink->peers);
    close(sink->listener);
    close(sink->epoll);
    close(sink->stop);
    g_mutex_clear(&sink->lock);
    g_cond_clear(&sink->changed);
    g_free(sink->seen);
    g_free(sink);
}

unsigned sink_port(const Sink *sink)
{
    return sink->port;
}

void sink_refuse(Sink *sink, SinkRefusal refusal)
{
    g_mutex_lock(&sink->lock);
    sink->refusal = refusal;
    g_mutex_unlock(&sink->lock);
}

void sink_count(Sink *sink, SinkCount *count)
{
    g_mutex_lock(&sink->lock);
    *count = sink->count;
    g_mutex_unlock(&sink->lock);
}

bool sink_wait(Sink *sink, uint64_t distinct, unsigned timeout_ms)
{
    int64_t deadline = g_get_monotonic_time() + (int64_t)timeout_ms * 1000;
    g_mutex_lock(&sink->lock);
    while (sink->count.distinct < distinct && g_cond_wait_until(&sink->changed, &sink->lock, deadline)) {
    }
    bool reached = sink->count.distinct >= distinct;
    g_mutex_unlock(&sink->lock);
    return reached;
}
