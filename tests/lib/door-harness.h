/* For the tests of the public door: a bus in small (a real spool, a door on a port of its own, sources whose hosts are
 * stubs), and clients that write bytes as they please. Everything runs in one thread: waiting for an answer runs the main
 * loop. The stubs take the place of plugins/supervisor.h: lib/door-harness.a is linked before what calls it. */
#pragma once

#include "core/base/clock.h"
#include "core/ingress/door.h"

#define DEADLINE_US (20 * HT_SECOND)

/* ---- Hosts that answer what the payload asks for ---- */

struct HtHost {
    GQueue tickets; /* of HtTicket, oldest first */
    bool hold;      /* answers nothing until released */
    bool backwards; /* answers the newest first */
    size_t window;  /* of streams: more waiting bytes than this make write() return false; 0: never */
    int refuse;     /* HtHostErrorCode of every submit; -1: none */
    unsigned submitted, streamed, cancelled;
    GString *last; /* the last payload that was given to it whole */
    HtMessageHead seen;
    char seen_action[80], seen_charset[20], wsdl_url[200], wsdl_service[80];
    unsigned timer;
};

struct HtTicket {
    HtHost *host;
    HtHostDone done;
    void (*drained)(void *user);
    void *user;
    GString *body;
    size_t waiting;
    bool ended;
};

void free_ticket(HtTicket *ticket);

/* "<error N" in the payload asks for HtHostErrorCode N. */
void answer_ticket(HtTicket *ticket);
void wake_host(HtHost *host);

/* ---- A bus in small ---- */

typedef struct {
    char *directory;
    HtConfig config;
    HtSourceConfig source_configs[2];
    HtSources *all_sources;
    HtSource *sources[2]; /* once the door is open */
    HtHost hosts[2];
    HtSpool *spool;
    HtPages *pages;
    HtConsumerConfig consumer; /* a name makes it one */
    const HtPage *page_rows;
    size_t page_count;
    void *page_user;
    HtDoor *door;
    HtSpoolLimits spool_limits;
    HtIntake intake;
} Bus;

/* Everything but the door, so that a test can change the configuration first. */
Bus *bus_new(void);
void bus_open_door(Bus *bus);
Bus *bus_start(void);
void bus_stop(Bus *bus);
uint64_t bus_events(Bus *bus);

/* ---- The main loop, for a while ---- */

/* One iteration of the main loop, of a millisecond at most when nothing happens. */
void iterate_loop(void);

#define WAIT_FOR(condition)                                         \
    do {                                                            \
        int64_t deadline_us_ = ht_clock_monotonic() + DEADLINE_US;  \
        while (!(condition)) {                                      \
            g_assert_cmpint(ht_clock_monotonic(), <, deadline_us_); \
            iterate_loop();                                         \
        }                                                           \
    } while (0)

/* ---- Clients ---- */

typedef struct {
    int fd;
    GString *got;
    bool closed; /* by the door */
} Client;

Client *client_open(Bus *bus);
void client_free(Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_free)

/* Stops without complaint when the door has closed the connection. */
void client_send(Client *client, const char *bytes, size_t size);
void client_say(Client *client, const char *text);
void client_post(Client *client, const char *source, const char *headers, const char *body);
void client_look(Client *client);

typedef struct {
    unsigned status;
    char *head, *body;
} Answer;

void answer_free(Answer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Answer, answer_free)

/* Cuts the first whole answer off what the client got; NULL when it is not there yet. */
Answer *cut_answer(Client *client, bool no_body);

/* The next answer; NULL when the door closed the connection without one. */
Answer *client_answer(Client *client);
void client_wait_closed(Client *client);

/* One request on a connection of its own, as it is; the status, 0 for a connection closed without an answer. */
unsigned status_of(Bus *bus, const char *request, size_t size);

/* One message; its answer. */
Answer *post(Bus *bus, const char *source, const char *headers, const char *body);
