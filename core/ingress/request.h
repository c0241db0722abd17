/* One request's life: its body to the host, the outcome to the spool, the answer after the fsync. The door gives it the
 * calls that libmicrohttpd makes. Main-loop thread. */
#pragma once

#include "core/ingress/answer.h"
#include "core/ingress/framing.h"
#include "core/ingress/peers.h"
#include "core/source/sources.h"
#include "mappings/engine/reference/dictionary.h"

typedef struct HtRequest HtRequest;

/* What the requests of a door share. Owned by the door. */
typedef struct {
    const HtBusConfig *bus;
    HtSources *sources;
    HtSpool *spool;
    const HtDictionary *dictionary;
    GSource *pump; /* the daemon's source, woken when a request goes on */
    uint64_t requests, refused, unsent;
    uint64_t spool_bytes; /* in memory of messages that wait for a commit: */
    const HtSpoolLimits *spool_limits;
    unsigned in_flight; /* complete messages without an answer on its way */
    bool draining;
    void (*drained)(void *user); /* nothing is in flight any more; may run inside libmicrohttpd's callbacks */
    void *drained_user;
    HtRequest *first; /* all that have a connection */
} HtIntake;

/* What the door found out about the request. */
typedef struct {
    struct MHD_Connection *connection;
    HtPeer *peer;
    HtSource *source;
    HtHead head;
    const char *path; /* under which the source answers here; the sources' */
    HtUuid id;
    const char *
        service; /* of which the WSDL is asked for, as it stands in the URL; NULL: of all. Lives as long as the request */
} HtArrival;

/* A message that is POSTed: its head is good, its body follows. */
HtRequest *ht_request_new(HtIntake *intake, const HtArrival *arrival);

/* A message is refused as too large in the form that its sender reads. Where the head does not say whether it is SOAP, and the body
 * comes all the same, its beginning does: true then. */
bool ht_request_waits_for_form(const HtArrival *arrival, const HtRefusal *refusal);

/* Such a message: refused when its first bytes have come. */
HtRequest *ht_request_new_large(HtIntake *intake, const HtArrival *arrival);

/* A question for the source's WSDL. */
HtRequest *ht_request_new_wsdl(HtIntake *intake, const HtArrival *arrival);

/* A piece of the body; `size` becomes what is left of it: all, when the host has no room at present (libmicrohttpd comes
 * with the next chunk of its buffer also when the connection has just been suspended). MHD_NO when the connection is to
 * be closed (what there was to say has been said). */
enum MHD_Result ht_request_take(HtRequest *request, const char *bytes, size_t *size);

/* The request is complete, or it goes on after a suspension: hands it over, or queues its answer. */
enum MHD_Result ht_request_go_on(HtRequest *request);

/* libmicrohttpd has done with the request (`sent`: the answer went out). A message that is with the spool goes on without
 * its sender; the request is freed when that is done. */
void ht_request_gone(HtRequest *request, bool sent);

/* Lets go of every suspended connection, for libmicrohttpd wants none when it stops. Only before MHD_stop_daemon(). */
void ht_request_resume_all(HtIntake *intake);

/* Answers a request that is refused by its head; the connection ends. */
enum MHD_Result ht_request_refuse(HtIntake *intake, const HtArrival *arrival, const HtRefusal *refusal);
