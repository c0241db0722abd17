/* The admin socket: libsoup on a unix socket, for the administrator's commands and for monitoring. Our own listening socket
 * and accept loop (libsoup's listener has a backlog of 10 and goes deaf for ever after one failed accept). HTTP/1.1 only, no
 * ranges. Main-loop thread.
 *
 *   GET /live     200 while the main loop turns
 *   GET /ready    200 when messages are taken; 503 with the reason otherwise (starting, spool full or failed, stopping)
 *   GET /status   everything as JSON (docs/admin.md)
 *   GET /metrics  the same as Prometheus text
 *   POST /subject who is who, changed by an administrator (core/repair.h): JSON, answered as JSON when it is on disk */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

typedef struct HtAdmin HtAdmin;

#define HT_ADMIN_ERROR (ht_admin_error_quark())
GQuark ht_admin_error_quark(void);

enum {
    HT_ADMIN_ERROR_FAILED,
    HT_ADMIN_ERROR_NOBODY, /* nothing listens on the socket */
};

/* A request that waits for its answer. */
typedef struct HtAdminReply HtAdminReply;

/* Answers it, once; also after the server was closed. */
void ht_admin_reply(HtAdminReply *reply, unsigned status, HtText json);

/* What the pages show; filled by the bus when asked. */
typedef struct {
    const char *(*ready)(void *user); /* NULL when ready, else the reason */
    void (*status)(void *user, HtBuffer *json);
    void (*metrics)(void *user, HtBuffer *text);
    /* `body` lives for the call; `uid` is that of the process that asks, -1 when it is not known. */
    void (*subject)(void *user, HtText body, int64_t uid, HtAdminReply *reply);
    void *user;
} HtAdminView;

/* Listens on `path`, mode 0600; its directory is made (0700) if missing. A socket that nobody listens on any more is
 * replaced; a live one is HT_ADMIN_ERROR: another bus is running. */
HtAdmin *ht_admin_open(const char *path, const HtAdminView *view, GError **error);
void ht_admin_close(HtAdmin *admin);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtAdmin, ht_admin_close)

/* For the commands: GETs `page` from the bus behind `path` and gives the body, which the caller frees; `status` is the
 * HTTP status. Blocks for at most `timeout_ms`. HT_ADMIN_ERROR when no bus answers: HT_ADMIN_ERROR_NOBODY when none is there. */
char *ht_admin_get(const char *path, const char *page, unsigned timeout_ms, unsigned *status, GError **error);

/* The same, and POSTs `body` as JSON. */
char *ht_admin_post(const char *path, const char *page, const char *body, unsigned *status, GError **error);
