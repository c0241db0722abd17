/* A list of connections, walked by a timer. Cutting one off means shutting its socket down: libmicrohttpd then finds it
 * closed and cleans up in its own time. Owned by the door; main-loop thread.
 *
 * Phases of a connection, and who makes each:
 *
 *   FRESH   accepted, nothing came yet              ht_peers_add()
 *   HEAD    its request line is there               the door, from libmicrohttpd's first word of a request
 *   BODY    a message's body comes, or a page's     the request, when its head is good
 *   BUSY    it waits for us                         the request: body whole, refused, answered
 *   WAIT    it waits for what may come much later   the request of a page
 *   IDLE    its request is over, the next may come  the door, when libmicrohttpd says so
 *   CUT     shut down                               cut_off(), close_ended()
 *   (freed)                                         ht_peers_remove(), when libmicrohttpd has closed it
 *
 *   FRESH -> HEAD -> BODY -> BUSY -> IDLE -> HEAD …;  HEAD -> BUSY (refused, or without a body);  BUSY <-> WAIT;
 *   any -> IDLE (libmicrohttpd has given the request up);  any -> CUT, and nothing after it;  any -> (freed)
 *
 * What may be trusted: `fd` until it is freed, for libmicrohttpd closes it later; `target` in HEAD only, where it lies is then used for
 * other things; nothing of what the peer says of itself.
 *
 * Invariants, checked by assert_peer() at each transition, the last by ht_peers_add() and ht_peers_remove():
 *   1. It is paused in BODY only, or it was cut off since: nobody else's time stands still.
 *   2. In WAIT there is somebody to tell when it leaves; in FRESH, HEAD and IDLE nobody is told, for there is no request.
 *   3. A phase has begun: not before the connection, not in the future.
 *   4. BODY comes after HEAD, WAIT after BUSY: no limit of an earlier phase is passed over.
 *   5. The list holds as many as are counted, each with both its neighbours. */
#include "core/ingress/peers.h"

#include "core/base/clock.h"
#include "core/base/log.h"

#include <poll.h>
#include <sys/socket.h>

#define TICK_MAX_MS 1000
#define TICK_MIN_MS 20
#define END (POLLRDHUP | POLLHUP | POLLERR)

struct HtPeers {
    const HtBusConfig *bus;
    HtPeer *first;
    unsigned count;
    GSource *timer;
    struct pollfd *ends; /* room for one a peer, kept between looks */
};

static void assert_peer(const HtPeer *peer)
{
    g_assert(peer->fd >= 0);
    g_assert(peer->paused_us == 0 || peer->phase == HT_PEER_BODY || peer->phase == HT_PEER_CUT); /* 1 */
    g_assert(peer->phase != HT_PEER_WAIT || peer->left);                                         /* 2 */
    g_assert(!peer->left ||
             (peer->phase != HT_PEER_FRESH && peer->phase != HT_PEER_HEAD && peer->phase != HT_PEER_IDLE));
    g_assert(peer->since_us > 0 && peer->since_us <= ht_clock_monotonic()); /* 3 */
}

/* A turn of the list's rings around the peer. */
static void assert_place(const HtPeers *peers, const HtPeer *peer)
{
    g_assert(peers->count > 0 && !peers->first->previous);
    g_assert(peer->previous ? peer->previous->next == peer : peers->first == peer);
    g_assert(!peer->next || peer->next->previous == peer);
}

static bool is_body_too_slow(const HtBusConfig *bus, const HtPeer *peer, uint64_t elapsed_ms)
{
    if (elapsed_ms <= bus->body_grace_ms) {
        return false;
    }
    return peer->body_bytes < bus->body_bytes_per_second * (elapsed_ms - bus->body_grace_ms) / 1000;
}

static bool is_overdue(const HtBusConfig *bus, const HtPeer *peer, int64_t now_us)
{
    uint64_t elapsed_ms = (uint64_t)MAX(now_us - peer->since_us, 0) / 1000;
    switch (peer->phase) {
    case HT_PEER_FRESH:
    case HT_PEER_HEAD: return elapsed_ms > bus->header_timeout_ms;
    case HT_PEER_BODY: return peer->paused_us == 0 && is_body_too_slow(bus, peer, elapsed_ms);
    case HT_PEER_IDLE: return elapsed_ms > bus->idle_timeout_ms;
    case HT_PEER_WAIT:
    case HT_PEER_BUSY:
    case HT_PEER_CUT: break;
    }
    return false;
}

static void cut_off(HtPeer *peer)
{
    static const char answer[] =
        "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    if (peer->phase == HT_PEER_HEAD || peer->phase == HT_PEER_BODY) {
        send(peer->fd, answer, sizeof answer - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    ht_log(HT_LOG_DEBUG, "ingress", "a connection was cut off: %s",
           peer->phase == HT_PEER_BODY   ? "its body comes too slowly"
           : peer->phase == HT_PEER_IDLE ? "it was idle"
                                         : "its request's head comes too slowly");
    shutdown(peer->fd, SHUT_RDWR);
    peer->phase = HT_PEER_CUT;
    assert_peer(peer);
}

/* A peer that has closed its side before its request was complete. libmicrohttpd misses that when the last bytes and the
 * end arrive together (a short read makes it wait for an edge that has passed), and would keep the connection until the
 * idle timeout. */
static void close_ended(HtPeers *peers)
{
    struct pollfd *ends = peers->ends = g_realloc_n(peers->ends, peers->count, sizeof *ends);
    nfds_t count = 0;
    for (HtPeer *peer = peers->first; peer; peer = peer->next) {
        bool waits_for_it = peer->phase != HT_PEER_BUSY && peer->phase != HT_PEER_CUT && peer->paused_us == 0;
        ends[count++] = (struct pollfd){.fd = waits_for_it ? peer->fd : -1, .events = POLLRDHUP};
    }
    if (poll(ends, count, 0) <= 0) {
        return;
    }
    const struct pollfd *end = ends;
    for (HtPeer *peer = peers->first; peer; peer = peer->next, end++) {
        char byte;
        if ((end->revents & END) && recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
            bool tell = peer->phase == HT_PEER_WAIT;
            shutdown(peer->fd, SHUT_RDWR);
            peer->phase = HT_PEER_CUT;
            assert_peer(peer);
            if (tell) {
                peer->left(peer->left_user);
            }
        }
    }
}

static gboolean look_at_all(void *user)
{
    HtPeers *peers = user;
    int64_t now_us = ht_clock_monotonic();
    for (HtPeer *peer = peers->first; peer; peer = peer->next) {
        if (is_overdue(peers->bus, peer, now_us)) {
            cut_off(peer);
        }
    }
    close_ended(peers);
    return G_SOURCE_CONTINUE;
}

HtPeers *ht_peers_new(const HtBusConfig *bus)
{
    HtPeers *peers = g_new0(HtPeers, 1);
    uint64_t shortest_ms = MIN(MIN(bus->header_timeout_ms, bus->idle_timeout_ms), bus->body_grace_ms);
    peers->bus = bus;
    peers->timer = g_timeout_source_new((unsigned)CLAMP(shortest_ms / 4, TICK_MIN_MS, TICK_MAX_MS));
    g_source_set_callback(peers->timer, look_at_all, peers, NULL);
    g_source_set_static_name(peers->timer, "public door: time limits");
    g_source_attach(peers->timer, NULL);
    return peers;
}

void ht_peers_free(HtPeers *peers)
{
    while (peers->first) {
        ht_peers_remove(peers, peers->first);
    }
    g_source_destroy(peers->timer);
    g_source_unref(peers->timer);
    g_free(peers->ends);
    g_free(peers);
}

HtPeer *ht_peers_add(HtPeers *peers, int fd)
{
    HtPeer *peer = g_new0(HtPeer, 1);
    peer->fd = fd;
    peer->next = peers->first;
    if (peer->next) {
        peer->next->previous = peer;
    }
    peers->first = peer;
    peers->count++;
    peer->since_us = ht_clock_monotonic();
    assert_place(peers, peer);
    assert_peer(peer);
    return peer;
}

void ht_peers_remove(HtPeers *peers, HtPeer *peer)
{
    assert_place(peers, peer);
    if (peer->next) {
        peer->next->previous = peer->previous;
    }
    if (peer->previous) {
        peer->previous->next = peer->next;
    } else {
        peers->first = peer->next;
    }
    peers->count--;
    g_free(peer);
}

unsigned ht_peers_count(const HtPeers *peers)
{
    return peers->count;
}

void ht_peer_enter(HtPeer *peer, HtPeerPhase phase)
{
    if (peer->phase == HT_PEER_CUT) {
        return;
    }
    g_assert(phase != HT_PEER_FRESH && phase != HT_PEER_CUT);
    g_assert(phase != HT_PEER_BODY || peer->phase == HT_PEER_HEAD); /* 4 */
    g_assert(phase != HT_PEER_WAIT || peer->phase == HT_PEER_BUSY || peer->phase == HT_PEER_WAIT);
    peer->phase = phase;
    peer->since_us = ht_clock_monotonic();
    peer->paused_us = 0;
    peer->body_bytes = 0;
    if (phase == HT_PEER_IDLE) {
        peer->left = NULL;
        peer->left_user = NULL;
    }
    assert_peer(peer);
}

void ht_peer_pause(HtPeer *peer, bool paused)
{
    int64_t now_us = ht_clock_monotonic();
    if (!paused && peer->paused_us != 0) {
        peer->since_us += now_us - peer->paused_us;
    }
    peer->paused_us = paused ? now_us : 0;
    assert_peer(peer);
}
