/* The admin socket. Main-loop thread. */
#include "core/admin/admin.h"

#include "core/admin/pages.h"
#include "core/base/log.h"
#include "core/base/unix-socket.h"

#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128
#define ACCEPT_PAUSE_MS 100
#define QUESTION_MAX (1 << 20)
#define MONITOR "hutong-monitor"       /* at a connection's address: it comes by the address for monitoring */
#define CONNECTION "hutong-connection" /* a user's, kept at its address */

G_DEFINE_QUARK(ht_admin_error, ht_admin_error)

struct HtAdmin {
    char *path;
    HtAdminView view;
    GHashTable *waiting; /* of VerbRequest */
    SoupServer *server;
    HtAdminConnections *connections;
    int fd;
    GSource *accepting;
};

/* ---- Pages ---- */

static void answer(SoupServerMessage *message, unsigned status, const char *type, const char *text,
                   size_t size)
{
    soup_server_message_set_status(message, status, NULL);
    soup_server_message_set_response(message, type, SOUP_MEMORY_COPY, text, size);
}

static void answer_ready(HtAdmin *admin, SoupServerMessage *message, const char *type)
{
    const char *reason = admin->view.ready(admin->view.user);
    g_autofree char *notice = !reason && admin->view.notice ? admin->view.notice(admin->view.user) : NULL;
    g_autofree char *text =
        g_strdup_printf("%s\n%s%s", reason ? reason : "ready", notice ? notice : "", notice ? "\n" : "");
    answer(message, reason ? SOUP_STATUS_SERVICE_UNAVAILABLE : SOUP_STATUS_OK, type, text, strlen(text));
}

static void answer_view(HtAdmin *admin, SoupServerMessage *message, void (*fill)(void *, HtBuffer *),
                        const char *type)
{
    HtBuffer text = {0};
    fill(admin->view.user, &text);
    answer(message, SOUP_STATUS_OK, type, text.data, text.size);
    ht_buffer_clear(&text);
}

/* ---- Who asks ---- */

/* NULL: it comes by the address for monitoring. */
static HtAdminConnection *connection_of(SoupServerMessage *message)
{
    GSocketAddress *address = soup_server_message_get_remote_address(message);
    return address ? g_object_get_data(G_OBJECT(address), CONNECTION) : NULL;
}

static void begin_time(SoupServerMessage *message)
{
    HtAdminConnection *own = connection_of(message);
    if (own) {
        ht_admin_connection_expect(own);
    }
}

static void hold_time(SoupServerMessage *message)
{
    HtAdminConnection *own = connection_of(message);
    if (own) {
        ht_admin_connection_hold(own);
    }
}

static const HtCredentials *credentials_of(SoupServerMessage *message)
{
    static const HtCredentials nobody = {.known = false};
    HtAdminConnection *own = connection_of(message);
    return own ? ht_admin_connection_credentials(own) : &nobody;
}

static int64_t uid_of(SoupServerMessage *message)
{
    const HtCredentials *own = credentials_of(message);
    return own->known ? (int64_t)own->user : -1;
}

static unsigned roles_of(const HtAdmin *admin, SoupServerMessage *message)
{
    return ht_roles_of(admin->view.roles, credentials_of(message));
}

/* ---- Verbs ---- */

/* A verb's request that waits for its answer. */
typedef struct {
    HtAdmin *admin; /* NULL when it was closed meanwhile */
    SoupServerMessage *message;
} VerbRequest;

static void answer_request(unsigned status, HtText json, void *user)
{
    VerbRequest *request = user;
    if (request->admin) {
        g_hash_table_remove(request->admin->waiting, request);
        begin_time(request->message);
        answer(request->message, status, "application/json", json.data, json.size);
        soup_server_message_unpause(request->message);
    }
    g_object_unref(request->message);
    g_free(request);
}

static void do_verb(HtAdmin *admin, const HtAdminVerb *verb, SoupServerMessage *message)
{
    SoupMessageBody *body = soup_server_message_get_request_body(message);
    if (!soup_message_body_get_accumulate(body)) { /* see limit_body() */
        answer(message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "text/plain", "too large\n", 10);
        return;
    }
    gsize size;
    g_autoptr(GBytes) bytes = soup_message_body_flatten(body);
    const char *data = g_bytes_get_data(bytes, &size);
    VerbRequest *request = g_new(VerbRequest, 1);
    *request = (VerbRequest){admin, g_object_ref(message)};
    g_hash_table_add(admin->waiting, request);
    soup_server_message_pause(message);
    hold_time(message);
    ht_admin_do(verb, admin->view.user, roles_of(admin, message), (HtText){data ? data : "", size},
                admin->view.record, ht_admin_reply_new(uid_of(message), answer_request, request));
}

/* ---- Requests ---- */

static void refuse_stranger(SoupServerMessage *message)
{
    g_autofree char *text = g_strdup_printf("{\"error\":\"user %" G_GINT64_FORMAT
                                            " has no role here: observers, operators, auditors and "
                                            "privacy-officers are in the configuration\"}\n",
                                            uid_of(message));
    ht_log(HT_LOG_WARNING, "admin", "uid %" G_GINT64_FORMAT ": refused, has no role", uid_of(message));
    answer(message, SOUP_STATUS_FORBIDDEN, "application/json", text, strlen(text));
}

static void refuse_method(SoupServerMessage *message, const char *allowed)
{
    g_autofree char *text = g_strdup_printf("%s only\n", allowed);
    soup_message_headers_append(soup_server_message_get_response_headers(message), "Allow", allowed);
    answer(message, SOUP_STATUS_METHOD_NOT_ALLOWED, "text/plain", text, strlen(text));
}

/* Without `admin`: at the address for monitoring. */
static void answer_unknown(HtAdmin *admin, SoupServerMessage *message)
{
    bool all = admin != NULL;
    g_autoptr(GString) text = g_string_new("there are");
    for (const HtAdminPage *page = ht_admin_pages; page->path; page++) {
        if (all || page->everybody) {
            g_string_append_printf(text, " %s", page->path);
        }
    }
    for (const HtAdminVerb *verb = all ? admin->view.api->verbs : NULL; verb && verb->name; verb++) {
        g_string_append_printf(text, " /%s", verb->name);
    }
    g_string_append_c(text, '\n');
    answer(message, SOUP_STATUS_NOT_FOUND, "text/plain", text->str, text->len);
}

static void answer_recent(HtAdmin *admin, SoupServerMessage *message, GHashTable *query)
{
    static const char wrong[] = "{\"error\":\"after is a whole number from 0 on\"}\n";
    const char *after = query ? g_hash_table_lookup(query, "after") : NULL;
    guint64 number = 0;
    HtBuffer text = {0};
    if (after && !g_ascii_string_to_unsigned(after, 10, 0, INT64_MAX, &number, NULL)) {
        answer(message, SOUP_STATUS_BAD_REQUEST, "application/json", wrong, strlen(wrong));
        return;
    }
    admin->view.recent(admin->view.user, number, &text);
    answer(message, SOUP_STATUS_OK, "application/json", text.data, text.size);
    ht_buffer_clear(&text);
}

static void answer_api(HtAdmin *admin, SoupServerMessage *message)
{
    HtBuffer text = {0};
    ht_admin_openapi(admin->view.api, &text);
    answer(message, SOUP_STATUS_OK, "application/json", text.data, text.size);
    ht_buffer_clear(&text);
}

static void answer_page(HtAdmin *admin, SoupServerMessage *message, const HtAdminPage *page,
                        GHashTable *query)
{
    switch (page->kind) {
    case HT_ADMIN_PAGE_LIVE: answer(message, SOUP_STATUS_OK, page->type, "live\n", 5); break;
    case HT_ADMIN_PAGE_READY: answer_ready(admin, message, page->type); break;
    case HT_ADMIN_PAGE_METRICS: answer_view(admin, message, admin->view.metrics, page->type); break;
    case HT_ADMIN_PAGE_STATUS: answer_view(admin, message, admin->view.status, page->type); break;
    case HT_ADMIN_PAGE_RECENT: answer_recent(admin, message, query); break;
    case HT_ADMIN_PAGE_API: answer_api(admin, message); break;
    }
}

static bool is_reading(const char *method)
{
    return g_str_equal(method, "GET") || g_str_equal(method, "HEAD");
}

static bool is_monitor(SoupServerMessage *message)
{
    GSocketAddress *address = soup_server_message_get_remote_address(message);
    return address && g_object_get_data(G_OBJECT(address), MONITOR);
}

static void answer_monitor(HtAdmin *admin, SoupServerMessage *message, const HtAdminPage *page)
{
    SoupMessageHeaders *headers = soup_server_message_get_response_headers(message);
    soup_message_headers_append(headers, "Connection", "close");
    if (!is_reading(soup_server_message_get_method(message))) {
        refuse_method(message, "GET, HEAD");
    } else if (page && page->everybody) {
        answer_page(admin, message, page, NULL);
    } else {
        answer_unknown(NULL, message);
    }
}

static void on_request(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
                       void *user)
{
    HtAdmin *admin = user;
    const char *method = soup_server_message_get_method(message);
    (void)server;
    const HtAdminVerb *verb = ht_admin_verb(admin->view.api->verbs, *path ? path + 1 : "");
    const HtAdminPage *page = ht_admin_page(path);
    if (is_monitor(message)) {
        answer_monitor(admin, message, page);
    } else if (roles_of(admin, message) == 0) {
        refuse_stranger(message);
    } else if (verb) {
        g_str_equal(method, "POST") ? do_verb(admin, verb, message) : refuse_method(message, "POST");
    } else if (!is_reading(method)) {
        refuse_method(message, "GET, HEAD");
    } else if (page) {
        answer_page(admin, message, page, query);
    } else {
        answer_unknown(admin, message);
    }
}

/* A range over a small page makes libsoup send it many times over: no ranges here. */
static void strip_range(SoupServerMessage *message, void *user)
{
    (void)user;
    soup_message_headers_remove(soup_server_message_get_request_headers(message), "Range");
}

/* Of who has nothing to ask, no body is kept. */
static void expect_body(SoupServerMessage *message, void *user)
{
    bool may_ask = !is_monitor(message) && roles_of(user, message) != 0;
    soup_message_body_set_accumulate(soup_server_message_get_request_body(message), may_ask);
}

/* What is too large is let go while it comes: libsoup gathers without end. */
static void limit_body(SoupServerMessage *message, GBytes *piece, void *user)
{
    (void)piece;
    (void)user;
    SoupMessageBody *body = soup_server_message_get_request_body(message);
    if (body->length > QUESTION_MAX) {
        soup_message_body_set_accumulate(body, FALSE);
        soup_message_body_truncate(body);
    }
}

static void on_read(SoupServer *server, SoupServerMessage *message, void *user)
{
    (void)server;
    (void)user;
    begin_time(message); /* to take the answer */
}

static void on_finished(SoupServer *server, SoupServerMessage *message, void *user)
{
    (void)server;
    (void)user;
    begin_time(message); /* to ask the next */
}

static void on_started(SoupServer *server, SoupServerMessage *message, void *user)
{
    (void)server;
    g_signal_connect(message, "got-headers", G_CALLBACK(strip_range), user);
    g_signal_connect(message, "got-headers", G_CALLBACK(expect_body), user);
    g_signal_connect(message, "got-chunk", G_CALLBACK(limit_body), user);
}

/* ---- Accepting ---- */

static gboolean on_connection(int fd, GIOCondition condition, void *user);

static void begin_accepting(HtAdmin *admin)
{
    admin->accepting = g_unix_fd_source_new(admin->fd, G_IO_IN);
    g_source_set_callback(admin->accepting, G_SOURCE_FUNC(on_connection), admin, NULL);
    g_source_attach(admin->accepting, NULL);
}

static gboolean accept_again(void *user)
{
    HtAdmin *admin = user;
    g_source_unref(admin->accepting);
    begin_accepting(admin);
    return G_SOURCE_REMOVE;
}

/* Out of descriptors, or of connections: look again a little later, instead of spinning or going deaf. */
static void pause_accepting(HtAdmin *admin)
{
    g_source_unref(admin->accepting);
    admin->accepting = g_timeout_source_new(ACCEPT_PAUSE_MS);
    g_source_set_callback(admin->accepting, accept_again, admin, NULL);
    g_source_attach(admin->accepting, NULL);
}

/* Takes over `fd`, also when it gives NULL. */
static GIOStream *make_stream(int fd)
{
    GSocket *socket = g_socket_new_from_fd(fd, NULL);
    if (!socket) {
        close(fd);
        return NULL;
    }
    GIOStream *stream = G_IO_STREAM(g_socket_connection_factory_create_connection(socket));
    g_object_unref(socket);
    return stream;
}

/* Has the server answer; `mark` at the connection's address says who it is. */
static void hand_over(HtAdmin *admin, GIOStream *stream, const char *mark, void *of, GDestroyNotify free_of)
{
    g_autoptr(GError) error = NULL;
    /* libsoup makes a default Host from it, which it can only from an internet address. */
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string("127.0.0.1", 80);
    g_object_set_data_full(G_OBJECT(address), mark, of, free_of);
    if (!soup_server_accept_iostream(admin->server, stream, address, address, &error)) {
        ht_log(HT_LOG_WARNING, "admin", "a connection could not be taken: %s", error->message);
    }
}

static void release_connection(void *connection)
{
    ht_admin_connection_release(connection);
}

static void take_user(HtAdmin *admin, int fd)
{
    HtCredentials credentials;
    ht_credentials_read(fd, &credentials);
    g_autoptr(GIOStream) stream = make_stream(fd);
    HtAdminConnection *connection =
        stream ? ht_admin_connections_take(admin->connections, stream, &credentials) : NULL;
    if (connection) {
        hand_over(admin, stream, CONNECTION, connection, release_connection);
    } else if (stream) {
        ht_log(HT_LOG_WARNING, "admin",
               "uid %" G_GINT64_FORMAT
               ": a connection was closed, because there are as many of other users as admin-connections "
               "allows (a quarter of it each, half of it together)",
               credentials.known ? (int64_t)credentials.user : -1);
    }
}

/* ---- Monitoring ---- */

static gboolean cut_off(void *stream)
{
    g_io_stream_close(stream, NULL, NULL);
    return G_SOURCE_REMOVE;
}

static void end_deadline(void *source)
{
    g_source_destroy(source);
    g_source_unref(source);
}

static void set_deadline(GIOStream *stream, unsigned timeout_ms)
{
    GSource *deadline = g_timeout_source_new(timeout_ms);
    g_source_set_callback(deadline, cut_off, stream, NULL);
    g_source_attach(deadline, NULL);
    g_object_set_data_full(G_OBJECT(stream), "hutong-deadline", deadline, end_deadline);
}

void ht_admin_take_monitor(HtAdmin *admin, int fd, unsigned timeout_ms, void (*gone)(void *user), void *user)
{
    g_autoptr(GIOStream) stream = make_stream(fd);
    if (!stream) {
        gone(user);
        return;
    }
    g_object_set_data_full(G_OBJECT(stream), "hutong-gone", user, gone);
    set_deadline(stream, timeout_ms);
    hand_over(admin, stream, MONITOR, GINT_TO_POINTER(1), NULL);
}

static gboolean on_connection(int fd, GIOCondition condition, void *user)
{
    HtAdmin *admin = user;
    (void)condition;
    if (ht_admin_connections_are_full(admin->connections)) {
        pause_accepting(admin);
        return G_SOURCE_REMOVE;
    }
    int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection >= 0) {
        take_user(admin, connection);
        return G_SOURCE_CONTINUE;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        pause_accepting(admin);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

/* ---- Opening and closing ---- */

static bool listen_on(HtAdmin *admin, GError **error)
{
    g_autoptr(GError) reason = NULL;
    bool given = ht_roles_are_given(admin->view.roles);
    admin->fd = ht_unix_listen(admin->path, given ? 0666 : 0600, given ? 0755 : 0700, BACKLOG, &reason);
    if (admin->fd < 0) {
        g_set_error_literal(error, HT_ADMIN_ERROR, 0, reason->message);
    }
    return admin->fd >= 0;
}

HtAdmin *ht_admin_open(const char *path, const HtAdminLimits *limits, const HtAdminView *view, GError **error)
{
    HtAdmin *admin = g_new0(HtAdmin, 1);
    *admin = (HtAdmin){.path = g_strdup(path), .view = *view, .fd = -1};
    if (!listen_on(admin, error)) {
        g_free(admin->path);
        g_free(admin);
        return NULL;
    }
    admin->waiting = g_hash_table_new(NULL, NULL);
    admin->connections = ht_admin_connections_new(limits);
    admin->server = soup_server_new("server-header", "hutong", NULL);
    soup_server_add_handler(admin->server, NULL, on_request, admin, NULL);
    g_signal_connect(admin->server, "request-started", G_CALLBACK(on_started), admin);
    g_signal_connect(admin->server, "request-read", G_CALLBACK(on_read), admin);
    g_signal_connect(admin->server, "request-finished", G_CALLBACK(on_finished), admin);
    begin_accepting(admin);
    return admin;
}

void ht_admin_change(HtAdmin *admin, const HtAdminLimits *limits, const HtRoles *roles)
{
    ht_admin_connections_change(admin->connections, limits);
    bool given = ht_roles_are_given(roles);
    g_autofree char *folder = g_path_get_dirname(admin->path);
    admin->view.roles = roles;
    if (g_chmod(admin->path, given ? 0666 : 0600) != 0 || (given && g_chmod(folder, 0755) != 0)) {
        ht_log(HT_LOG_WARNING, "admin", "%s: who may connect cannot be changed: %s", admin->path,
               g_strerror(errno));
    }
}

/* Answers that come later find nobody. */
static void let_go_waiting(HtAdmin *admin)
{
    GHashTableIter requests;
    void *request;
    g_hash_table_iter_init(&requests, admin->waiting);
    while (g_hash_table_iter_next(&requests, &request, NULL)) {
        ((VerbRequest *)request)->admin = NULL;
    }
    g_hash_table_unref(admin->waiting);
}

void ht_admin_close(HtAdmin *admin)
{
    let_go_waiting(admin);
    g_source_destroy(admin->accepting);
    g_source_unref(admin->accepting);
    close(admin->fd);
    g_unlink(admin->path);
    soup_server_disconnect(admin->server);
    g_object_unref(admin->server);
    ht_admin_connections_free(admin->connections);
    g_free(admin->path);
    g_free(admin);
}
