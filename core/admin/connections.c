/* Connections to the admin socket; see connections.h. Main thread. */
#include "core/admin/connections.h"

#define CONNECTION "hutong-connection" /* at its stream */
#define SHARE_OF_ONE 4                 /* of `most`: what another user may have */
#define SHARE_OF_OTHERS 2              /* … and all of them together */

/* Held by itself and by each connection, which may go later. */
struct HtAdminConnections {
    HtAdminLimits limits;
    unsigned open, others;
    GHashTable *users; /* uid to how many; of other users only */
};

/* States: WAITS (`deadline` runs) <-> HELD (none); GONE (`stream` NULL, no deadline), final. */
struct HtAdminConnection {
    HtAdminConnections *of;
    HtCredentials credentials;
    bool ours;
    GIOStream *stream; /* not held: NULL when it is gone */
    GSource *deadline;
};

static void clear(void *data)
{
    g_hash_table_unref(((HtAdminConnections *)data)->users);
}

HtAdminConnections *ht_admin_connections_new(const HtAdminLimits *limits)
{
    HtAdminConnections *connections = g_rc_box_new0(HtAdminConnections);
    *connections = (HtAdminConnections){.limits = *limits, .users = g_hash_table_new(NULL, NULL)};
    return connections;
}

void ht_admin_connections_free(HtAdminConnections *connections)
{
    g_rc_box_release_full(connections, clear);
}

void ht_admin_connections_change(HtAdminConnections *connections, const HtAdminLimits *limits)
{
    connections->limits = *limits;
}

bool ht_admin_connections_are_full(const HtAdminConnections *connections)
{
    return connections->open >= connections->limits.most;
}

/* ---- Whose they are ---- */

static void *key_of(const HtCredentials *credentials)
{
    return credentials->known ? GUINT_TO_POINTER(credentials->user) : GINT_TO_POINTER(-1);
}

static unsigned count_of(HtAdminConnections *connections, const HtCredentials *credentials)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(connections->users, key_of(credentials)));
}

static void count(HtAdminConnection *connection, int step)
{
    HtAdminConnections *of = connection->of;
    of->open += (unsigned)step;
    if (!connection->ours) {
        unsigned left = count_of(of, &connection->credentials) + (unsigned)step;
        of->others += (unsigned)step;
        if (left > 0) {
            g_hash_table_insert(of->users, key_of(&connection->credentials), GUINT_TO_POINTER(left));
        } else {
            g_hash_table_remove(of->users, key_of(&connection->credentials));
        }
    }
}

static bool has_room(HtAdminConnections *connections, const HtCredentials *credentials)
{
    unsigned most = connections->limits.most;
    return connections->others < MAX(most / SHARE_OF_OTHERS, 1) &&
           count_of(connections, credentials) < MAX(most / SHARE_OF_ONE, 1);
}

/* ---- A connection ---- */

static void end_deadline(HtAdminConnection *connection)
{
    if (connection->deadline) {
        g_source_destroy(connection->deadline);
        g_clear_pointer(&connection->deadline, g_source_unref);
    }
}

static void on_gone(void *user)
{
    HtAdminConnection *connection = user;
    end_deadline(connection);
    connection->stream = NULL;
    count(connection, -1);
    ht_admin_connection_release(connection);
}

HtAdminConnection *ht_admin_connections_take(HtAdminConnections *connections, GIOStream *stream,
                                             const HtCredentials *credentials)
{
    bool ours = ht_credentials_are_ours(credentials);
    if (!ours && !has_room(connections, credentials)) {
        return NULL;
    }
    HtAdminConnection *connection = g_rc_box_new0(HtAdminConnection);
    *connection = (HtAdminConnection){
        .of = g_rc_box_acquire(connections), .credentials = *credentials, .ours = ours, .stream = stream};
    count(connection, 1);
    g_object_set_data_full(G_OBJECT(stream), CONNECTION, g_rc_box_acquire(connection), on_gone);
    ht_admin_connection_expect(connection);
    return connection;
}

static void drop(void *data)
{
    ht_admin_connections_free(((HtAdminConnection *)data)->of);
}

void ht_admin_connection_release(HtAdminConnection *connection)
{
    g_rc_box_release_full(connection, drop);
}

const HtCredentials *ht_admin_connection_credentials(const HtAdminConnection *connection)
{
    return &connection->credentials;
}

void ht_admin_connection_hold(HtAdminConnection *connection)
{
    end_deadline(connection);
}

static gboolean cut_off(void *user)
{
    HtAdminConnection *connection = user;
    end_deadline(connection);
    g_io_stream_close(connection->stream, NULL, NULL);
    return G_SOURCE_REMOVE;
}

void ht_admin_connection_expect(HtAdminConnection *connection)
{
    end_deadline(connection);
    if (connection->stream) {
        connection->deadline = g_timeout_source_new(connection->of->limits.idle_ms);
        g_source_set_callback(connection->deadline, cut_off, connection, NULL);
        g_source_attach(connection->deadline, NULL);
    }
}
