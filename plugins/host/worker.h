/* hutong-host's one object: an adapter, its mapping, and the payload that it works on. One thread,
 * one worker a process. Everything here may be damaged by the adapter, which shares the process: the bus
 * believes none of it. */
#pragma once

#include "core/base/message-head.h"
#include "core/base/outcome.h"
#include "mappings/engine/run/mapper.h"
#include "plugins/host/verifier.h"
#include "plugins/box/libraries.h"
#include "plugins/frame.h"
#include "plugins/start.h"

/* Which call of the adapter is running: says what its services may do. */
typedef enum {
    HT_PHASE_NONE,
    HT_PHASE_OPEN,   /* filter() */
    HT_PHASE_DECODE, /* map(), map_bytes(), fault() */
    HT_PHASE_FILTER, /* emit_…(), fault(): the mapper runs */
    HT_PHASE_WRITE   /* write(), write_escaped(): reply or wsdl */
} HtPhase;

typedef struct HtWorker HtWorker;

/* What adapters know as an opaque pointer. */
struct hutong_out {
    HtWorker *worker;
    HtPhase phase;
    HtVerdict verdict; /* the worst that fault() said in decode() */
    bool has_fault;
    HtFault fault; /* the first */
};

struct HtWorker {
    hutong_host table; /* first: the adapter's pointer to it is a pointer to the worker */
    HtStart start;
    uint64_t *page;  /* shared with the bus: frame.h */
    HtBuffer frames; /* to the bus, not yet sent */

    HtLibraries libraries; /* the adapter's files, open from prepare to load */
    HtBox box;
    void *handle;
    const hutong_adapter *adapter;
    void *state;
    bool opened;

    HtReference reference;
    HtMapping *mapping;
    HtMapper *mapper;   /* NULL without a mapping */
    GPtrArray *filters; /* see services.c */
    GHashTable *pieces; /* see pieces.c */

    const HtVerifier *verifier; /* NULL: this program knows no signatures */
    HtSignature *signature;     /* NULL: none is asked for */
    HtSigned found;             /* of the payload in hand */

    hutong_out out;
    HtOutcome outcome;
    HtMessageHead head; /* of the payload in hand */
    char id[HT_UUID_TEXT];
    size_t body_size;
    bool in_pieces; /* the bus has no copy of it */
    bool served;    /* it is not the first of this process */
    HtBuffer text, reply;
    HtBuffer concealed; /* of HtConcealed */
    unsigned log_lines; /* since the last payload */
};

/* ---- setup.c: from START to READY ---- */

/* First everything that is not the adapter's: its files are opened, and the mapping with all that it refers to is loaded. On failure `error` says why, for
 * FAILED. */
bool ht_worker_prepare(HtWorker *worker, GError **error);

/* Then, in the box, what START asks for of the adapter: loads it, and opens it. */
bool ht_worker_load(HtWorker *worker, GError **error);
void ht_worker_clear(HtWorker *worker);

#define HT_WORKER_ERROR (ht_worker_error_quark())
GQuark ht_worker_error_quark(void);

/* ---- services.c ---- */

/* Fills the table that adapters call. */
void ht_services_init(HtWorker *worker);

/* Appends a LOG frame, at most HT_WORKER_LOG_LINES for a payload. */
#define HT_WORKER_LOG_LINES 100
void ht_worker_log(HtWorker *worker, hutong_level level, const char *text);

/* These bytes of the payload at hand are kept nowhere. `start` and `size` may be anything: what runs over is cut. */
void ht_worker_conceal(HtWorker *worker, size_t start, size_t size);

/* ---- outcome.c ---- */

/* Runs the adapter over one payload, whose head is worker->head, and appends its RESULT. */
void ht_worker_decode(HtWorker *worker, uint64_t ticket, HtText body);

/* Appends a RESULT that refuses a payload without decoding it. */
void ht_worker_refuse(HtWorker *worker, uint64_t ticket, const HtFault *fault);

/* Appends the TEXT that answers a WSDL frame. `service` may be absent: all. */
void ht_worker_wsdl(HtWorker *worker, uint64_t ticket, HtText url, HtText service);

/* Says on the shared page what is in hand; 0: nothing. */
void ht_worker_take(HtWorker *worker, uint64_t ticket);

/* ---- pieces.c: payloads that come in several frames ---- */

bool ht_pieces_begin(HtWorker *worker, uint64_t ticket, HtText head);
bool ht_pieces_add(HtWorker *worker, uint64_t ticket, HtText bytes);
bool ht_pieces_end(HtWorker *worker, uint64_t ticket);
void ht_pieces_abort(HtWorker *worker, uint64_t ticket);
