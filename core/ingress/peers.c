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
 *   5. The list holds as many as are counted, each with both its neighbours.
 *   6. An origin counts those of its peers that are not cut off, and of them those that are early, without a whole head; the sum over all origins is `live`. */
#include "core/ingress/peers.h"

#include "core/base/clock.h"
#include "core/base/log.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sys/resource.h>

/* Descriptors that the rest of the bus needs when the door has as many connections as it may. */
#define DESCRIPTORS_KEPT 64

#define TICK_MAX_MS 1000
#define TICK_MIN_MS 20
#define END (POLLRDHUP | POLLHUP | POLLERR)
#define FRESH_US (HT_SECOND / 5) /* one that has sent nothing for so long gives way, */
#define HEAD_US (2 * HT_SECOND)  /* or of which the head has been coming for so long, */
#define EARLY_MANY 8             /* or either at once when its origin has so many of them; */
#define IDLE_US HT_SECOND        /* and one that has been idle for so long */
#define SHARE_AT_ONCE 8          /* of the early ones of an origin this part goes at once */

/* Who has connections: an address, or a user of this machine. */
typedef struct {
    int family;
    uint8_t bytes[16];
} OriginKey;

typedef struct HtPeerOrigin {
    OriginKey key;
    HtPeers *peers;
    unsigned count, live, early;
} Origin;

struct HtPeers {
    const HtBusConfig *bus;
    unsigned most;
    void (*looked)(void *user);
    void *user;
    HtPeer *first, *last; /* the newest, and the oldest */
    unsigned count, live;
    uint64_t gave_way;
    GHashTable *origins; /* OriginKey → Origin */
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
    g_assert(peers->count > 0 && !peers->first->previous && !peers->last->next);
    g_assert(peer->previous ? peer->previous->next == peer : peers->first == peer);
    g_assert(peer->next ? peer->next->previous == peer : peers->last == peer);
    g_assert(peers->live <= peers->count && peer->origin->live <= peer->origin->count); /* 6 */
    g_assert(peer->origin->early <= peer->origin->live && peer->origin->live <= peers->live);
}

/* No whole head has come of its request. */
static bool is_early(HtPeerPhase phase)
{
    return phase == HT_PEER_FRESH || phase == HT_PEER_HEAD;
}

static void set_phase(HtPeer *peer, HtPeerPhase phase)
{
    peer->origin->early += is_early(phase);
    peer->origin->early -= is_early(peer->phase);
    if (peer->phase != HT_PEER_CUT && phase == HT_PEER_CUT) {
        peer->origin->live--;
        peer->origin->peers->live--;
    }
    peer->phase = phase;
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
        return elapsed_ms > bus->header_timeout_ms ||
               (peer->tls && !peer->tls->shaken && elapsed_ms > bus->tls_handshake_ms);
    case HT_PEER_HEAD: return elapsed_ms > bus->header_timeout_ms;
    case HT_PEER_BODY: return peer->paused_us == 0 && is_body_too_slow(bus, peer, elapsed_ms);
    case HT_PEER_IDLE: return elapsed_ms > bus->idle_timeout_ms;
    case HT_PEER_WAIT:
    case HT_PEER_BUSY:
    case HT_PEER_CUT: break;
    }
    return false;
}

ssize_t ht_peer_send(HtPeer *peer, const void *bytes, size_t size)
{
    return peer->tls ? ht_tls_peer_send(peer->tls, bytes, size)
                     : send(peer->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void cut_off(HtPeer *peer)
{
    static const char answer[] =
        "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    if (peer->phase == HT_PEER_HEAD || peer->phase == HT_PEER_BODY) {
        ht_peer_send(peer, answer, sizeof answer - 1);
    }
    ht_log(HT_LOG_DEBUG, "ingress", "a connection was cut off: %s",
           peer->phase == HT_PEER_BODY   ? "its body comes too slowly"
           : peer->phase == HT_PEER_IDLE ? "it was idle"
                                         : "its request's head comes too slowly");
    shutdown(peer->fd, SHUT_RDWR);
    set_phase(peer, HT_PEER_CUT);
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
            set_phase(peer, HT_PEER_CUT);
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
    peers->looked(peers->user);
    return G_SOURCE_CONTINUE;
}

/* ---- Who gives way ---- */

static bool gives_way(const HtPeer *peer, HtPeerPhase phase, int64_t now_us)
{
    int64_t elapsed_us = now_us - peer->since_us;
    if (peer->phase != phase) {
        return false;
    }
    if (is_early(phase)) {
        return elapsed_us >= (phase == HT_PEER_FRESH ? FRESH_US : HEAD_US) ||
               peer->origin->early >= EARLY_MANY;
    }
    return phase == HT_PEER_IDLE && elapsed_us >= IDLE_US;
}

static const HtPeerPhase yielding[] = {HT_PEER_FRESH, HT_PEER_HEAD, HT_PEER_IDLE};

/* The oldest in this phase that gives way; `origin` NULL: of any. */
static HtPeer *find_yielding(const HtPeers *peers, const Origin *origin, HtPeerPhase phase)
{
    int64_t now_us = ht_clock_monotonic();
    for (HtPeer *peer = peers->last; peer; peer = peer->previous) {
        if ((!origin || peer->origin == origin) && gives_way(peer, phase, now_us)) {
            return peer;
        }
    }
    return NULL;
}

static const Origin *find_crowded(const HtPeers *peers)
{
    const Origin *crowded = NULL;
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, peers->origins);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Origin *origin = value;
        crowded = !crowded || origin->early > crowded->early ? origin : crowded;
    }
    return crowded;
}

/* Some at once, so that a flood does not cost a walk through the list for each. */
static void cut_early(HtPeers *peers, const Origin *origin)
{
    int64_t now_us = ht_clock_monotonic();
    unsigned most = MAX(origin->early / SHARE_AT_ONCE, 1);
    for (HtPeer *peer = peers->last; peer && most > 0; peer = peer->previous) {
        if (peer->origin == origin && is_early(peer->phase) && gives_way(peer, peer->phase, now_us)) {
            cut_off(peer);
            peers->gave_way++;
            most--;
        }
    }
}

/* False when none gives way. */
static bool make_place(HtPeers *peers, const Origin *own)
{
    const Origin *origin = own ? own : find_crowded(peers);
    if (origin &&
        (find_yielding(peers, origin, HT_PEER_FRESH) || find_yielding(peers, origin, HT_PEER_HEAD))) {
        cut_early(peers, origin);
        return true;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(yielding); i++) {
        HtPeer *peer = find_yielding(peers, own, yielding[i]);
        if (peer) {
            cut_off(peer);
            peers->gave_way++;
            return true;
        }
    }
    return false;
}

static OriginKey key_of(int fd, const struct sockaddr *address)
{
    OriginKey key = {.family = address->sa_family};
    if (address->sa_family == AF_INET) {
        memcpy(key.bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        memcpy(key.bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    } else if (address->sa_family == AF_UNIX) {
        HtCredentials credentials;
        ht_credentials_read(fd, &credentials);
        memcpy(key.bytes, &credentials.user, sizeof credentials.user);
    }
    return key;
}

/* FNV-1a; the families are few and the addresses the peers': a collision costs a comparison. */
static guint hash_key(gconstpointer key)
{
    const OriginKey *origin = key;
    guint hash = 2166136261u ^ (guint)origin->family;
    for (unsigned i = 0; i < sizeof origin->bytes; i++) {
        hash = (hash ^ origin->bytes[i]) * 16777619u;
    }
    return hash;
}

static gboolean have_same_key(gconstpointer a, gconstpointer b)
{
    const OriginKey *one = a, *other = b;
    return one->family == other->family && memcmp(one->bytes, other->bytes, sizeof one->bytes) == 0;
}

bool ht_peers_make_room(HtPeers *peers, int fd, const struct sockaddr *address)
{
    OriginKey key = key_of(fd, address);
    const Origin *own = g_hash_table_lookup(peers->origins, &key);
    bool own_full = own && own->live >= peers->bus->max_connections_per_address;
    if (own_full && !make_place(peers, own)) {
        return false;
    }
    return peers->live < peers->most || make_place(peers, NULL);
}

bool ht_peers_are_full(const HtPeers *peers)
{
    bool yields = peers->live < peers->most;
    for (unsigned i = 0; i < G_N_ELEMENTS(yielding) && !yields; i++) {
        yields = find_yielding(peers, NULL, yielding[i]) != NULL;
    }
    return !yields;
}

/* ---- The list ---- */

static void begin_looking(HtPeers *peers)
{
    const HtBusConfig *bus = peers->bus;
    uint64_t shortest_ms = MIN(MIN(bus->header_timeout_ms, bus->idle_timeout_ms), bus->body_grace_ms);
    peers->timer = g_timeout_source_new((unsigned)CLAMP(shortest_ms / 4, TICK_MIN_MS, TICK_MAX_MS));
    g_source_set_callback(peers->timer, look_at_all, peers, NULL);
    g_source_set_static_name(peers->timer, "public door: time limits");
    g_source_attach(peers->timer, NULL);
}

unsigned ht_peers_most(const HtBusConfig *bus)
{
    struct rlimit limit;
    uint64_t wanted = MAX(bus->max_connections, 1);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return (unsigned)wanted;
    }
    uint64_t room =
        limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? limit.rlim_cur - DESCRIPTORS_KEPT : limit.rlim_cur / 2;
    if (room < wanted) {
        ht_log(HT_LOG_WARNING, "ingress",
               "max-connections is %" G_GUINT64_FORMAT ", but with %" G_GUINT64_FORMAT
               " file descriptors at most %" G_GUINT64_FORMAT " are taken (ulimit -n, LimitNOFILE=)",
               wanted, (uint64_t)limit.rlim_cur, room);
    }
    return (unsigned)MIN(wanted, room);
}

HtPeers *ht_peers_new(const HtBusConfig *bus, unsigned most, void (*looked)(void *user), void *user)
{
    HtPeers *peers = g_new0(HtPeers, 1);
    peers->bus = bus;
    peers->most = most;
    peers->looked = looked;
    peers->user = user;
    peers->origins = g_hash_table_new_full(hash_key, have_same_key, NULL, g_free);
    begin_looking(peers);
    return peers;
}

void ht_peers_change(HtPeers *peers, const HtBusConfig *bus)
{
    peers->bus = bus;
    g_source_destroy(peers->timer);
    g_source_unref(peers->timer);
    begin_looking(peers);
}

void ht_peers_free(HtPeers *peers)
{
    while (peers->first) {
        ht_peers_remove(peers, peers->first);
    }
    g_source_destroy(peers->timer);
    g_source_unref(peers->timer);
    g_hash_table_unref(peers->origins);
    g_free(peers->ends);
    g_free(peers);
}

static Origin *find_origin(HtPeers *peers, const OriginKey *key)
{
    Origin *origin = g_hash_table_lookup(peers->origins, key);
    if (!origin) {
        origin = g_new0(Origin, 1);
        origin->key = *key;
        origin->peers = peers;
        g_hash_table_insert(peers->origins, &origin->key, origin);
    }
    return origin;
}

HtPeer *ht_peers_add(HtPeers *peers, int fd, const struct sockaddr *address)
{
    HtPeer *peer = g_new0(HtPeer, 1);
    OriginKey key = key_of(fd, address);
    peer->origin = find_origin(peers, &key);
    peer->origin->count++;
    peer->origin->live++;
    peer->origin->early++;
    peer->fd = fd;
    if (address->sa_family == AF_UNIX) {
        peer->credentials = g_new(HtCredentials, 1);
        ht_credentials_read(fd, peer->credentials);
    }
    peer->next = peers->first;
    if (peer->next) {
        peer->next->previous = peer;
    } else {
        peers->last = peer;
    }
    peers->first = peer;
    peers->count++;
    peers->live++;
    peer->since_us = ht_clock_monotonic();
    assert_place(peers, peer);
    assert_peer(peer);
    return peer;
}

void ht_peers_remove(HtPeers *peers, HtPeer *peer)
{
    assert_place(peers, peer);
    set_phase(peer, HT_PEER_CUT);
    if (--peer->origin->count == 0) {
        g_hash_table_remove(peers->origins, &peer->origin->key);
    }
    if (peer->next) {
        peer->next->previous = peer->previous;
    } else {
        peers->last = peer->previous;
    }
    if (peer->previous) {
        peer->previous->next = peer->next;
    } else {
        peers->first = peer->next;
    }
    peers->count--;
    ht_tls_peer_free(peer->tls);
    g_free(peer->credentials);
    g_free(peer);
}

unsigned ht_peers_count(const HtPeers *peers)
{
    return peers->count;
}

uint64_t ht_peers_gave_way(const HtPeers *peers)
{
    return peers->gave_way;
}

void ht_peer_enter(HtPeer *peer, HtPeerPhase phase)
{
    if (peer->phase == HT_PEER_CUT) {
        return;
    }
    g_assert(phase != HT_PEER_FRESH && phase != HT_PEER_CUT);
    g_assert(phase != HT_PEER_BODY || peer->phase == HT_PEER_HEAD); /* 4 */
    g_assert(phase != HT_PEER_WAIT || peer->phase == HT_PEER_BUSY || peer->phase == HT_PEER_WAIT);
    set_phase(peer, phase);
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
