/* The door's connections and their time limits. libmicrohttpd only knows how long a connection may be silent: a peer that
 * sends one byte now and then would hold its place for ever. Main-loop thread. */
#pragma once

#include "core/base/users.h"
#include "core/config/config.h"
#include "core/ingress/tls.h"

#include <sys/socket.h>

typedef enum {
    HT_PEER_FRESH, /* connected, nothing of a request yet: tls_handshake, header_timeout */
    HT_PEER_HEAD,  /* the request line is there, the head not yet: header_timeout */
    HT_PEER_BODY,  /* the body comes: after body_grace at least body_bytes_per_second on average */
    HT_PEER_BUSY,  /* it waits for us: no limit here */
    HT_PEER_WAIT,  /* the same, for what may come much later: whether it has left is looked at */
    HT_PEER_IDLE,  /* kept alive between requests: idle_timeout */
    HT_PEER_CUT,   /* its socket is shut down: libmicrohttpd will find it closed */
} HtPeerPhase;

typedef struct HtPeer {
    struct HtPeer *previous, *next;
    struct HtPeerOrigin *origin; /* whom it shares its share of the places with */
    int fd;                      /* of the connection; libmicrohttpd's */
    HtCredentials *credentials;  /* of a unix socket; else NULL */
    HtTlsPeer *tls;              /* NULL: it is in the clear */
    GSource *pump;               /* its daemon's, to be woken when a request goes on */
    HtPeerPhase phase;
    int64_t since_us;    /* monotonic: when the phase began, moved on by pauses */
    int64_t paused_us;   /* when the body was paused; 0 when it is not */
    uint64_t body_bytes; /* of this request so far */
    const char
        *target; /* of the request line, as it lies in libmicrohttpd's buffer, NULL when it is not visible, */
    size_t target_size;       /* and up to its first NUL */
    bool linger;              /* refused while it was sending: read it empty before closing */
    void (*left)(void *user); /* WAIT: it has closed its side, and is cut off; forgotten in IDLE */
    void *left_user;
} HtPeer;

typedef struct HtPeers HtPeers;

/* How many connections there may be: max-connections, or as many as the file descriptors allow, which is logged. */
unsigned ht_peers_most(const HtBusConfig *bus);

/* `bus` gives the limits, but for `most` connections, and outlives the result. `looked` runs after each look at the time limits, and once when
 * one was cut off in between. */
HtPeers *ht_peers_new(const HtBusConfig *bus, unsigned most, void (*looked)(void *user), void *user);

/* Other limits count from here on. */
void ht_peers_change(HtPeers *peers, const HtBusConfig *bus);
void ht_peers_free(HtPeers *peers);

/* Before one more is taken: sees to it that there is a place, of all and of those of its address (or its user, over a unix socket). Where
 * there is none, one that has sent nothing gives way, of the address that has most of such, then one of which the head does not come on,
 * then one that is idle between requests. False when its address has as many as it may and none gives way: it is to be refused. */
bool ht_peers_make_room(HtPeers *peers, int fd, const struct sockaddr *address);

/* No more may be taken, and none would give way. */
bool ht_peers_are_full(const HtPeers *peers);

/* The address is the peer's; of a unix socket its credentials are read. */
HtPeer *ht_peers_add(HtPeers *peers, int fd, const struct sockaddr *address);
void ht_peers_remove(HtPeers *peers, HtPeer *peer);
unsigned ht_peers_count(const HtPeers *peers);
uint64_t ht_peers_gave_way(const HtPeers *peers);

/* The phase begins now. Nothing for one that is cut off. */
void ht_peer_enter(HtPeer *peer, HtPeerPhase phase);

/* The body is not read for a while (true), and again (false): the pause does not count against the peer. */
void ht_peer_pause(HtPeer *peer, bool paused);

/* Sends past libmicrohttpd what can be sent at once; as send() does. For a last word before the connection is closed. */
ssize_t ht_peer_send(HtPeer *peer, const void *bytes, size_t size);
