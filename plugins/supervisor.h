/* The bus's side of an adapter host: starts it at need, gives it messages, takes outcomes, watches it, and survives it.
 * One HtHost per source; it may run several processes of a busy source later, today one. Main-loop thread only; all
 * callbacks run there, never from inside the call that asks.
 *
 * A host that dies or hangs is killed and started again (at once after good work; with growing pauses when it dies before
 * its first answer). The message that it was working on (a page shared with the host says which) is charged with it: tried
 * again up to `strikes` times, then quarantined. The other messages in flight are given to the new host, in order.
 * Payloads that came in pieces are not kept by the bus: their sender is told to send again, and strikes are counted by
 * the payload's SHA-256. */
#pragma once

#include "plugins/layer.h"
#include "plugins/start.h"
#include "plugins/tickets.h"

typedef struct HtHost HtHost;

/* All strings are copied. */
typedef struct {
    const char *source;       /* the source's name: in logs, and as the host's process title */
    const char *program;      /* hutong-host */
    const char *adapter_file; /* the shared object */
    const char *mapping_file;
    const char *data_directory; /* dictionary, tables, divisions */
    const char *site_directory; /* the site's own, beside those; may be NULL */
    const char *division;       /* may be NULL */
    bool quarantine_invalid;
    bool usernames;             /* WS-Security headers are understood, and the outcome says what they say */
    HtSignatureKeys signature;  /* who must have signed: then `program` is hutong-host-signed */
    const char *const *options; /* key, value, …, NULL: for the adapter; may be NULL */
    HtLimits limits;            /* of memory_bytes, 0: none */
    uint64_t frame_bytes;       /* of the largest frame taken from the host */
    HtBoxNeed need;             /* which layers of its box must stand, or it does not start */
    bool outline;               /* each payload is answered with its outline: HtStart */
    bool keeps_warnings; /* the mapping's warnings are not logged: whoever made the host asks for its status */
} HtHostOptions;

HtHost *ht_host_new(const HtHostOptions *options);

/* Every ticket still open gets STOPPED first, from inside this call; then the host is told to stop, and killed when it has
 * not ended after HT_HOST_GRACE_MS. Blocks so long at most; no process is left behind. May be called from a callback. */
#define HT_HOST_GRACE_MS 500
void ht_host_free(HtHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtHost, ht_host_free)

/* Gives one payload to the host; the head's texts are copied. `done` runs exactly once, unless the ticket is cancelled. NULL with an
 * HT_HOST_ERROR: BUSY, DOWN, ADAPTER or STOPPED. */
HtTicket *ht_host_submit(HtHost *host, const HtMessageHead *head, GBytes *body, HtHostDone done, void *user,
                         GError **error);

/* The same in pieces: ht_ticket_write(), then ht_ticket_end(). `drained` runs when there is room again. */
HtTicket *ht_host_stream(HtHost *host, const HtMessageHead *head, HtHostDone done,
                         void (*drained)(void *user), void *user, GError **error);

/* Asks the adapter for its WSDL: of this service alone, or NULL for all. */
void ht_host_wsdl(HtHost *host, const char *url, const char *service, HtWsdlDone done, void *user);

typedef struct {
    const char *state; /* "stopped", "starting", "running", "throttled", "broken" */
    int pid;           /* 0 when none */
    uint64_t messages, restarts, kills, quarantined;
    unsigned waiting;
    const char *adapter_version; /* NULL until it was ready once */
    const char *reason;          /* why it is broken or throttled; NULL when fine */
    const GPtrArray
        *warnings;    /* char *: what the mapping's compiler warned of; NULL until it was ready once */
    const HtBox *box; /* which layers stand around its adapter, as it says; NULL until it started once */
} HtHostStatus;

void ht_host_status(const HtHost *host, HtHostStatus *status);
