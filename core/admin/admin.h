/* The admin socket: libsoup on a unix socket, for the administrator's commands and for monitoring. Our own listening socket
 * and accept loop (libsoup's listener has a backlog of 10 and goes deaf for ever after one failed accept). HTTP/1.1 only, no
 * ranges. Main-loop thread.
 *
 *   GET /live     200 while the main loop runs
 *   GET /ready    200 when messages are taken; 503 with the reason otherwise (starting, spool full or failed, stopping);
 *                 below "ready" stands what has to be looked at all the same
 *   GET /status   everything as JSON (docs/admin.md)
 *   GET /recent?after=N  the last messages at the public door above that number, as JSON
 *   GET /metrics  the same as Prometheus text
 *   GET /openapi.json  what this API is (openapi.h)
 *   POST /VERB   a verb of the table that it is opened with (reply.h): a JSON object in, one out */
#pragma once

#include "core/admin/connections.h"
#include "core/admin/openapi.h"

typedef struct HtAdmin HtAdmin;

#define HT_ADMIN_ERROR (ht_admin_error_quark())
GQuark ht_admin_error_quark(void);

enum {
    HT_ADMIN_ERROR_FAILED,
    HT_ADMIN_ERROR_NOBODY,  /* nothing listens on the socket */
    HT_ADMIN_ERROR_REFUSED, /* what a verb asks for cannot be done */
};

/* What the pages show, filled by the bus when asked, and the verbs. */
typedef struct {
    const char *(*ready)(void *user); /* NULL when ready, else the reason */
    void (*status)(void *user, HtBuffer *json);
    void (*metrics)(void *user, HtBuffer *text);
    const HtAdminApi *api;
    HtAdminRecord record; /* of each verb that is asked for; NULL: none */
    void *user;
    char *(*notice)(
        void *
            user); /* when ready: what to look at all the same, NULL when nothing; the caller frees. May be NULL */
    const HtRoles *roles; /* who may do what; NULL: only root and the bus's own user come in */
    void (*recent)(void *user, uint64_t after, HtBuffer *json); /* the last messages */
} HtAdminView;

/* Listens on `path`, mode 0600; its directory is made (0700) if missing. Where roles are given to others the socket has mode 0666 and the
 * directory 0755: the kernel says who connects, and who has no role gets 403. A socket that nobody listens on any more is
 * replaced; a live one is HT_ADMIN_ERROR: another bus is running. */
HtAdmin *ht_admin_open(const char *path, const HtAdminLimits *limits, const HtAdminView *view,
                       GError **error);

/* Answers a connection of the address for monitoring, whoever it is: /live, /ready and /metrics by GET or HEAD, one request, nothing else. Takes
 * over `fd`. After `timeout_ms` it is cut off, whatever it does. `gone` runs once, when the connection is closed. */
void ht_admin_take_monitor(HtAdmin *admin, int fd, unsigned timeout_ms, void (*gone)(void *user), void *user);

/* Other limits and roles count from here on. The roles live as long as the socket, or until the next ones. */
void ht_admin_change(HtAdmin *admin, const HtAdminLimits *limits, const HtRoles *roles);
void ht_admin_close(HtAdmin *admin);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtAdmin, ht_admin_close)
