/* One request of the public door: a connection that brings a message in, or asks for a WSDL, and gets the answer. The door gives it the
 * calls that libmicrohttpd makes. Main-loop thread. */
#pragma once

#include "core/ingress/answer.h"
#include "core/http/head.h"
#include "core/ingress/pagecall.h"
#include "core/ingress/peers.h"
#include "core/ingress/recent.h"
#include "core/message/message.h"

typedef struct HtRequest HtRequest;

/* What the requests of a door share. Owned by the door. */
typedef struct {
    const HtBusConfig *bus;
    HtSources *sources;
    HtIntake *intake;
    const HtPages *pages;
    const HtSigner *signer; /* of receipts */
    HtRecent *recent;
    uint64_t begun, refused, unsent;
    unsigned in_flight; /* whole messages whose answer has not gone out */
    bool draining;
    void (*drained)(void *user); /* nothing is in flight any more; may run inside libmicrohttpd's callbacks */
    void *drained_user;
    HtRequest *first; /* all that have a connection */
} HtRequests;

/* What the door found out about the request. */
typedef struct {
    struct MHD_Connection *connection;
    HtPeer *peer;
    HtSource *source;     /* NULL for a page that is no source's */
    const HtGuard *guard; /* who may come in; NULL: anybody */
    bool is_page;
    HtPageMatch match; /* then; cleared by the door */
    HtPageMethod page_method;
    HtHead head;
    const char *start; /* of a body in chunks, in libmicrohttpd's buffer: ht_head_end(); else NULL */
    const char *path;  /* under which the source answers here; the sources' */
    HtUuid id;
    const char *
        service; /* of which the WSDL is asked for, as it stands in the URL; NULL: of all. Lives as long as the request */
} HtArrival;

/* A message that is POSTed: its head is good, its body follows. */
HtRequest *ht_request_new(HtRequests *requests, const HtArrival *arrival);

/* A message is refused as too large in the form that its sender reads. Where the head does not say whether it is SOAP, and the body
 * comes all the same, its beginning does: true then, and it becomes a request all the same. */
bool ht_request_waits_for_form(const HtArrival *arrival, const HtRefusal *refusal);

/* A page: its head is good, its body may follow. */
HtRequest *ht_request_new_page(HtRequests *requests, HtArrival *arrival);

/* The door drains: pages that wait are answered now, streams end. */
void ht_request_hurry_all(HtRequests *requests);

/* A question for the source's WSDL. */
HtRequest *ht_request_new_wsdl(HtRequests *requests, const HtArrival *arrival);

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
void ht_request_resume_all(HtRequests *requests);

/* Answers a request that is refused by its head; the connection ends. */
enum MHD_Result ht_request_refuse(HtRequests *requests, const HtArrival *arrival, const HtRefusal *refusal);
