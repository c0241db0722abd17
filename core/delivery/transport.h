/* A way out: how events reach a consumer. It knows only how to send and what an answer means; what follows from that
 * (window, order, pauses, dead letters, cursor) is consumer.h's, once for all ways. The first is webhook.h. Main-loop
 * thread. */
#pragma once

#include "core/delivery/rendered.h"
#include "spool/spool.h"

typedef enum {
    HT_SENT_TAKEN,   /* the consumer has the events */
    HT_SENT_RETRY,   /* not now, and it may be these events' fault, or not */
    HT_SENT_REFUSED, /* what was sent is wrong: sending it again will not help */
    HT_SENT_REST,    /* it cannot be reached, or asks to be left alone: says nothing of these events */
    HT_SENT_GONE,    /* it wants no more, for good */
} HtSentKind;

typedef struct {
    HtSentKind kind;
    uint64_t rest_ms;   /* how long it asked for; 0: it did not (with REST: it cannot be reached) */
    const char *reason; /* "HTTP 422", "Couldn't connect to server": for log and status; NULL when taken */
    const char
        *detail; /* the same with what the consumer wrote, cleaned: for the dead letter; NULL when taken */
    long status; /* of HTTP; 0 when there was no answer, or it is another way out */
    uint64_t took_us; /* until it came */
} HtSent;

typedef struct {
    const GPtrArray *events; /* of const HtStoredEvent, in order */
    const char *bus;
    const HtEventPolicy *policy; /* what of them the consumer may see */
    void (*done)(const HtSent *sent, void *user);
    void (*drop)(void *user); /* instead of `done`, when the transport ends first */
    void *user;
    HtRenderedClass class; /* all zero: nobody shares it */
} HtOutgoing;

typedef struct HtTransport HtTransport;

struct HtTransport {
    unsigned most; /* events in one request */
    /* Begins a request; what `outgoing` points to is not kept. `done` or `drop` runs once, later. */
    void (*send)(HtTransport *transport, const HtOutgoing *outgoing);
    void (*free)(HtTransport *transport);
};
