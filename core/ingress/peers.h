/* The door's connections and their time limits. libmicrohttpd only knows how long a connection may be silent: a peer that
 * sends one byte now and then would hold its place for ever. Main-loop thread. */
#pragma once

#include "core/config/config.h"

typedef enum {
    HT_PEER_FRESH, /* connected, nothing of a request yet: header_timeout */
    HT_PEER_HEAD,  /* the request line is there, the head not yet: header_timeout */
    HT_PEER_BODY,  /* the body comes: after body_grace at least body_bytes_per_second on average */
    HT_PEER_BUSY,  /* it waits for us: no limit here */
    HT_PEER_WAIT,  /* the same, for what may come much later: whether it has left is looked at */
    HT_PEER_IDLE,  /* kept alive between requests: idle_timeout */
    HT_PEER_CUT,   /* its socket is shut down: libmicrohttpd will find it closed */
} HtPeerPhase;

typedef struct HtPeer {
    struct HtPeer *previous, *next;
    int fd; /* of the connection; libmicrohttpd's */
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

/* `bus` gives the limits and outlives the result. */
HtPeers *ht_peers_new(const HtBusConfig *bus);
void ht_peers_free(HtPeers *peers);

HtPeer *ht_peers_add(HtPeers *peers, int fd);
void ht_peers_remove(HtPeers *peers, HtPeer *peer);
unsigned ht_peers_count(const HtPeers *peers);

/* The phase begins now. Nothing for one that is cut off. */
void ht_peer_enter(HtPeer *peer, HtPeerPhase phase);

/* The body is not read for a while (true), and again (false): the pause does not count against the peer. */
void ht_peer_pause(HtPeer *peer, bool paused);
