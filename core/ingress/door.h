/* The public door: libmicrohttpd on its epoll descriptor inside the GLib main loop. Departments POST to /in/SOURCE; the
 * connection is suspended while the message is with its host and the spool; the answer goes out after the fsync. Other addresses are pages (core/page). Requests
 * that break HTTP's framing rules are refused here. Main-loop thread. */
#pragma once

#include "core/message/message.h"
#include "core/page/page.h"
#include "core/proof/signer.h"

typedef struct HtDoor HtDoor;

#define HT_DOOR_ERROR (ht_door_error_quark())
GQuark ht_door_error_quark(void);

typedef struct {
    const HtBusConfig *bus;
    HtSources *sources;     /* owned by the caller, lives longer than the door */
    HtIntake *intake;       /* the same */
    const HtPages *pages;   /* the same */
    const HtSigner *signer; /* the same; NULL, in tests only: no receipt is signed */
    bool asks_certificates; /* of clients, over TLS */
} HtDoorOptions;

/* Binds each place of `listen`, listens (backlog 1024), and serves from the default main context. HT_DOOR_ERROR. */
HtDoor *ht_door_open(const HtDoorOptions *options, GError **error);

/* The first port in use without TLS, and the first with it (when the configured one was 0); 0 when there is none. */
unsigned ht_door_port(const HtDoor *door);
unsigned ht_door_tls_port(const HtDoor *door);

/* Once a second: a certificate that was changed is read. */
void ht_door_tick(HtDoor *door);

/* Another configuration's keys count from here on, for what begins then. Places that are new are listened at; at those that are gone nobody new comes
 * in, and connections that are open go on. The first thing of it that counts, for it may be
 * refused: HT_DOOR_ERROR of a place, HT_TLS_ERROR, and all stays as it is. */
bool ht_door_change(HtDoor *door, const HtBusConfig *bus, bool asks_certificates, GError **error);

/* Takes no new connections and answers new requests 503; messages in flight get their answers. `quiet` runs when none is
 * left, or at once when none is. */
void ht_door_drain(HtDoor *door, void (*quiet)(void *user), void *user);

void ht_door_close(HtDoor *door);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtDoor, ht_door_close)

typedef struct {
    uint64_t connections;       /* open now */
    uint64_t requests, refused; /* since the start; refused: framing, limits, methods, unknown paths */
    uint64_t in_flight;
    uint64_t unsent;   /* answers whose sender had gone away */
    uint64_t gave_way; /* connections that had sent nothing, cut off for others */
} HtDoorStatus;

void ht_door_status(const HtDoor *door, HtDoorStatus *status);

/* Adds the member "door" to the status page. */
void ht_door_json(const HtDoor *door, HtBuffer *json);

/* When the certificate ends, in seconds since 1970; 0 without TLS. */
int64_t ht_door_certificate_ends(const HtDoor *door);

/* The last messages above this number: recent.h. */
void ht_door_recent(const HtDoor *door, uint64_t after, HtBuffer *json);

void ht_door_metrics(const HtDoor *door, HtBuffer *text);
