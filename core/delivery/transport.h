/* A way out: how events reach a consumer. It knows only how to send and what an answer means; what follows from that
 * (window, order, pauses, dead letters, cursor) is consumer.h's, once for all ways. The first is webhook.h. Main-loop
 * thread. */
#pragma once

#include "core/delivery/rendered.h"
#include "core/delivery/settle.h"
#include "core/page/page.h"
#include "spool/spool.h"

typedef enum {
    HT_SENT_TAKEN,   /* the consumer has the events */
    HT_SENT_RETRY,   /* not now, and it may be these events' fault, or not */
    HT_SENT_REFUSED, /* what was sent is wrong: sending it again will not help */
    HT_SENT_REST,    /* it cannot be reached, or asks to be left alone: says nothing of these events */
    HT_SENT_GONE,    /* it wants no more, for good */
    HT_SENT_BACK, /* it did not get them: they are as they were. With a reason it counts as a failure of the way */
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
    bool more;                   /* further events wait for it */
    void (*done)(const HtSent *sent, void *user);
    /* For a way on which an answer is about single events: judges the event with this sequence, before `done`. The sequences that the
     * request has no longer go to `ended`: this one, and unless it was taken also the later ones of its person, which go back
     * uncounted. With the last of them the request has ended, and `done` does not run. Nothing is sent until `wake`. */
    void (*part)(const HtSent *sent, uint64_t sequence, GArray *ended /* of uint64_t */, void *user);
    void (*drop)(void *user); /* instead of `done`, when the transport ends first */
    void *user;
    HtRenderedClass class; /* all zero: nobody shares it */
} HtOutgoing;

typedef struct HtTransport HtTransport;

/* What may be asked for at /out/CONSUMER, and what may be said of events that are out. */
typedef enum { HT_OUT_GET, HT_OUT_STREAM, HT_OUT_ACK, HT_OUT_RETRY, HT_OUT_REFUSE } HtOutPage;

/* Whose way it is. */
typedef struct {
    void (*wake)(void *user); /* there is room */
    bool (*more)(void *user); /* whether events wait that can be sent, or are being read */
    /* `done` runs, later, when what was judged until now is on disk; see settle.h. */
    void (*settle)(void *user, HtSettled done, void *done_user);
    bool (*paused)(void *user); /* an administrator holds it */
    void *user;
} HtTransportOwner;

struct HtTransport {
    unsigned most; /* events in one request */
    /* A way on which the consumer asks: how many events the next request may have at present; 0: none is asked for, until the transport
     * wakes its owner. It is never probed, and `connections` are not counted. NULL: events are sent when they are there. */
    unsigned (*room)(HtTransport *transport);
    /* Begins a request; what `outgoing` points to is not kept. `done` or `drop` runs once, later. */
    void (*send)(HtTransport *transport, const HtOutgoing *outgoing);
    /* No more events go this way: brings to its end what was begun. True when there is nothing (more); else it wakes its owner when there
     * may be. NULL: there never is. */
    bool (*finish)(HtTransport *transport);
    /* Another takes its place soon: nobody asks here for events any more; what is out is still judged. finish() is true when nobody is there any
     * more. NULL: there is nothing to do. */
    void (*retire)(HtTransport *transport);
    /* Who waits or reads here is let go, and comes again: he may be one who may not come in any more. NULL: nobody ever does. */
    void (*send_away)(HtTransport *transport);
    /* A call for one of the consumer's pages at the public door. NULL: it has none. */
    void (*serve)(HtTransport *transport, HtOutPage page, HtPageCall *call);
    /* The call by which an endpoint agrees to deliveries (validation.h). NULL: it is not asked. */
    void (*confirm)(HtTransport *transport, HtPageCall *call);
    /* Writes members of the consumer's object in the status. NULL: it has none. */
    void (*describe)(const HtTransport *transport, HtBuffer *json);
    void (*free)(HtTransport *transport);
};
