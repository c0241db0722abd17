/* Private to the supervisor's own files: what a host and its tickets are made of, and who calls whom.
 *
 *   supervisor.c  the verbs of supervisor.h
 *   ticket.c      messages: their frames, queues, strikes and end
 *   lifecycle.c   states: start, death, pause, idle end; what a death means for each ticket
 *   receive.c     frames from the host; the event source on its socket
 *   watch.c       the one timer: watchdog, time to get ready, pauses, idleness
 *
 * A ticket is in exactly one queue. `flight`: complete messages in the order in which their results must
 * come. `streams`: pieces are still coming. `late`: over, `done` not yet called. Callbacks are called from
 * one place only, ht_host_run_late() and the taking of a result, so that a caller who submits, cancels or
 * frees from inside one finds everything in order. */
#pragma once

#include "plugins/frame.h"
#include "plugins/outbox.h"
#include "plugins/process.h"
#include "plugins/start.h"
#include "plugins/supervisor.h"

typedef enum {
    HT_STATE_STOPPED,  /* no process and nothing to do */
    HT_STATE_STARTING, /* a process that has not said READY */
    HT_STATE_RUNNING,
    HT_STATE_ENDING,    /* told to stop for want of work */
    HT_STATE_DYING,     /* killed, or gone and not yet reaped */
    HT_STATE_THROTTLED, /* no process; the next start is at wake_us */
    HT_STATE_BROKEN     /* no process; adapter or mapping is bad; tried again at wake_us */
} HtHostState;

typedef enum { HT_TICKET_WHOLE, HT_TICKET_STREAM, HT_TICKET_WSDL } HtTicketKind;

typedef void (*HtWsdlDone)(GBytes *text, const GError *error, void *user);

struct HtTicket {
    HtHost *host;
    HtTicketKind kind;
    uint64_t number; /* unique in this bus process; the same when it is tried again */
    GQueue *queue;   /* in which `link` is */
    GList link;
    HtHostDone done;
    HtWsdlDone wsdl_done;
    void (*drained)(void *user);
    void *user;
    GBytes *body;     /* WHOLE: kept for another try */
    HtBuffer pending; /* STREAM: pieces that came while there was no process */
    uint64_t size_bytes;
    unsigned strikes;
    bool sent;   /* all of it is with the present process, or in its outbox */
    bool begun;  /* STREAM: BEGIN was sent to the present process */
    bool ended;  /* STREAM: complete */
    bool orphan; /* cancelled: its result is thrown away */
    bool wants_drain;
    uint8_t digest[32]; /* STREAM, when ended */
    int64_t sent_us;
    HtHostErrorCode late_code; /* in `late`: why */
    size_t head_size;
    char head[]; /* packed fields */
};

/* Which payloads, by digest, have killed a host: for those that the bus does not keep. */
#define HT_STRIKES_KEPT 64
typedef struct {
    uint8_t digest[32];
    unsigned strikes;
} HtStrikes;

struct HtHost {
    unsigned references; /* the owner, and whoever is inside a callback */
    bool freed;
    char *name;            /* "host SOURCE", for the log */
    HtHostOptions options; /* its strings are in `start` or owned here */
    HtStart start;
    HtHostState state;

    HtProcess process;
    GSource *io;    /* on the socket */
    GSource *child; /* on the pid */
    GSource *timer;
    GSource *idle; /* runs `late` soon */
    void *socket_tag;
    bool socket_full;
    HtOutbox outbox;
    HtBuffer input;
    HtBuffer scratch;

    GQueue flight, streams, late;
    uint64_t waiting_bytes;
    unsigned drain_wanted;
    HtStrikes strikes[HT_STRIKES_KEPT];
    unsigned strikes_next;

    uint64_t last_hands; /* the watchdog's: what was in hands, and since when */
    int64_t hands_us, active_us, started_us;
    int64_t wake_us;  /* when `timer` fires */
    uint64_t answers; /* of the present process */
    uint64_t blamed;  /* the ticket for whose sake it was killed; 0: none */
    bool blames;      /* `blamed` counts, not what is in hands */
    bool was_ready;   /* the present process said READY */
    bool failed;      /* it said FAILED */
    bool told_to_stop;
    bool restarting;           /* the next start follows a death */
    unsigned early_deaths;     /* in a row, before an answer: makes the pauses longer */
    unsigned blameless_deaths; /* of these, with nothing in hands */
    unsigned failures;         /* in a row of FAILED */

    uint64_t messages, restarts, kills, quarantined;
    char *adapter_version;
    char *reason;
    int64_t log_second; /* LOG frames of this second */
    unsigned log_lines;
};

/* So many deaths in a row without an answer and with nothing in hands: new messages are refused until the
 * next try. */
#define HT_DEATHS_DOWN 5

/* Waiting for the host, a stream's writer is asked to pause above HIGH and to go on below LOW. */
#define HT_DRAIN_HIGH (1024 * 1024)
#define HT_DRAIN_LOW (256 * 1024)

/* ---- supervisor.c ---- */

HtHost *ht_host_ref(HtHost *host);
void ht_host_unref(HtHost *host);

/* ---- ticket.c ---- */

/* A ticket of a new number, in no queue yet. `head` is copied: packed fields. */
HtTicket *ht_ticket_new(HtHost *host, HtTicketKind kind, HtText head, void *user);

void ht_ticket_attach(HtTicket *ticket, GQueue *queue);

/* Puts its frames into the outbox: all of them, or a stream's pieces so far. */
void ht_ticket_send(HtTicket *ticket);
void ht_ticket_send_chunks(HtTicket *ticket, const char *bytes, size_t size);
void ht_ticket_send_empty(HtTicket *ticket, HtFrameType type); /* END, ABORT */

/* Its end: into `late`, or away with it when nobody waits for it. */
void ht_ticket_make_late(HtTicket *ticket, HtHostErrorCode code);

/* Whether so much waits for the host that its writer should pause; remembers to tell it when to go on. */
bool ht_ticket_wants_drain(HtTicket *ticket);

/* How many times a payload of this digest, that came in pieces, has killed a host. */
unsigned ht_strikes_of(HtHost *host, const uint8_t digest[32]);

/* Whether frames may be put into the outbox: a process is there and was not told to stop. */
bool ht_host_is_up(const HtHost *host);

/* Hands everything that waits to a process that was just started. */
void ht_tickets_send_all(HtHost *host);

/* The complete ticket of that number, or NULL. */
HtTicket *ht_tickets_find(HtHost *host, uint64_t number);

/* The process died. `culprit` (or NULL) is charged; what cannot or must not be tried again goes to `late`. */
void ht_tickets_settle_death(HtHost *host, HtTicket *culprit);

/* Everything that waits goes to `late`, with this error. */
void ht_tickets_fail_all(HtHost *host, HtHostErrorCode code);

/* Takes a ticket out of its queue. Then ht_ticket_free(), or a callback and then that. */
void ht_ticket_detach(HtTicket *ticket);
void ht_ticket_free(HtTicket *ticket);

/* Calls the callbacks of `late`. Never from inside a verb of supervisor.h, except ht_host_free(). */
void ht_host_run_late(HtHost *host);

/* Has it called from the main loop. */
void ht_host_run_late_soon(HtHost *host);

/* Tells streams that wait for it to go on, when there is room again. */
void ht_tickets_drain(HtHost *host);
bool ht_tickets_can_drain(const HtHost *host);

/* ---- lifecycle.c ---- */

/* Starts a process. On failure the host is throttled and `reason` set; no callback runs. */
bool ht_host_start(HtHost *host);

/* Kills it, for `reason` (log and status). The ticket of number `blame` is charged with it; 0: none is. */
void ht_host_kill(HtHost *host, uint64_t blame, const char *reason);

/* The socket is at its end: whatever is in hands is charged. */
void ht_host_lost(HtHost *host);

/* It said READY; it gave an answer. */
void ht_host_ready(HtHost *host, const HtReady *ready);
void ht_host_answered(HtHost *host);

/* It said FAILED: adapter or mapping is bad. */
void ht_host_failed(HtHost *host, HtText text);

/* The pause is over. */
void ht_host_wake(HtHost *host);

/* Asks it to stop for want of work. */
void ht_host_end_idle(HtHost *host);

/* ---- receive.c ---- */

/* Watches the socket of host->process. */
void ht_host_attach(HtHost *host);
void ht_host_detach(HtHost *host);

/* Takes what is in the socket; callbacks run. True when there may be more. */
bool ht_host_receive(HtHost *host);

/* ---- watch.c ---- */

void ht_host_make_timer(HtHost *host);
void ht_host_wake_at(HtHost *host, int64_t time_us);

/* Something was given to an idle host: the watchdog looks again soon. */
void ht_host_watch(HtHost *host);
