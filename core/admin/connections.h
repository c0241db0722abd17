/* Connections to the admin socket: how many there are, whose they are, and how long they may be without a request. Where roles are given to
 * others every user of the machine can connect; none of them takes the descriptors that the bus needs, or the administrator's place.
 * Main thread. */
#pragma once

#include "core/base/users.h"

#include <gio/gio.h>

typedef struct {
    unsigned most; /* at once; of users other than root and the bus's own a quarter each, and half in all */
    unsigned idle_ms; /* so long without a request under way, or with an answer that is not taken */
} HtAdminLimits;

typedef struct HtAdminConnections HtAdminConnections;
typedef struct HtAdminConnection HtAdminConnection;

HtAdminConnections *ht_admin_connections_new(const HtAdminLimits *limits);
/* Connections may outlive it. */
void ht_admin_connections_free(HtAdminConnections *connections);

/* Counts for connections that come, and for time that begins, from here on. */
void ht_admin_connections_change(HtAdminConnections *connections, const HtAdminLimits *limits);

/* No more are to be accepted. */
bool ht_admin_connections_are_full(const HtAdminConnections *connections);

/* Counts the connection until the stream is finalized, and gives it its time. NULL when its user has as many as they may have. The caller
 * releases it; it may outlive the stream. */
HtAdminConnection *ht_admin_connections_take(HtAdminConnections *connections, GIOStream *stream,
                                             const HtCredentials *credentials);
void ht_admin_connection_release(HtAdminConnection *connection);

const HtCredentials *ht_admin_connection_credentials(const HtAdminConnection *connection);

/* Somebody works at its answer: it has time. */
void ht_admin_connection_hold(HtAdminConnection *connection);
/* From here on it has `idle_ms` to ask, or to take its answer; then it is closed. */
void ht_admin_connection_expect(HtAdminConnection *connection);
