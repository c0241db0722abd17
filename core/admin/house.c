/* The house door. Main-loop thread; ht_house_get() runs in a command's process. */
#include "core/admin/house.h"

#include "core/base/log.h"

#include <curl/curl.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128
#define ACCEPT_PAUSE_MS 100
#define ANSWER_MAX (16 << 20)
#define QUESTION_MAX 65536
#define POST_MS 30000
#define UID "hutong-uid" /* of a connection, kept at its address, plus one */

G_DEFINE_QUARK(ht_house_error, ht_house_error)

struct HtHouse {
    char *path;
    HtHouseView view;
    GHashTable *waiting; /* of HtHouseReply */
    SoupServer *server;
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

static void answer_ready(HtHouse *house, SoupServerMessage *message)
{
    const char *reason = house->view.ready(house->view.user);
    g_autofree char *text = g_strdup_printf("%s\n", reason ? reason : "ready");
    answer(message, reason ? SOUP_STATUS_SERVICE_UNAVAILABLE : SOUP_STATUS_OK, "text/plain; charset=utf-8",
           text, strlen(text));
}

static void answer_view(HtHouse *house, SoupServerMessage *message, void (*fill)(void *, HtBuffer *),
                        const char *type)
{
    HtBuffer text = {0};
    fill(house->view.user, &text);
    answer(message, SOUP_STATUS_OK, type, text.data, text.size);
    ht_buffer_clear(&text);
}

/* ---- Who is who ---- */

struct HtHouseReply {
    HtHouse *house; /* NULL when it was closed meanwhile */
    SoupServerMessage *message;
};

void ht_house_reply(HtHouseReply *reply, unsigned status, HtText json)
{
    if (reply->house) {
        g_hash_table_remove(reply->house->waiting, reply);
        answer(reply->message, status, "application/json", json.data, json.size);
        soup_server_message_unpause(reply->message);
    }
    g_object_unref(reply->message);
    g_free(reply);
}

static int64_t uid_of(SoupServerMessage *message)
{
    GSocketAddress *address = soup_server_message_get_remote_address(message);
    return address ? (int64_t)GPOINTER_TO_SIZE(g_object_get_data(G_OBJECT(address), UID)) - 1 : -1;
}

static void change_subject(HtHouse *house, SoupServerMessage *message)
{
    SoupMessageBody *body = soup_server_message_get_request_body(message);
    g_autoptr(GBytes) bytes = soup_message_body_flatten(body);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    if (size > QUESTION_MAX) {
        answer(message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "text/plain", "too large\n", 10);
        return;
    }
    HtHouseReply *reply = g_new0(HtHouseReply, 1);
    *reply = (HtHouseReply){house, g_object_ref(message)};
    g_hash_table_add(house->waiting, reply);
    soup_server_message_pause(message);
    house->view.subject(house->view.user, (HtText){data ? data : "", size}, uid_of(message), reply);
}

/* ---- Requests ---- */

static void refuse_method(SoupServerMessage *message, const char *allowed)
{
    g_autofree char *text = g_strdup_printf("%s only\n", allowed);
    soup_message_headers_append(soup_server_message_get_response_headers(message), "Allow", allowed);
    answer(message, SOUP_STATUS_METHOD_NOT_ALLOWED, "text/plain", text, strlen(text));
}

static void on_request(SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
                       void *user)
{
    HtHouse *house = user;
    const char *method = soup_server_message_get_method(message);
    (void)server;
    (void)query;
    if (g_str_equal(path, "/subject")) {
        g_str_equal(method, "POST") ? change_subject(house, message) : refuse_method(message, "POST");
    } else if (!g_str_equal(method, "GET") && !g_str_equal(method, "HEAD")) {
        refuse_method(message, "GET, HEAD");
    } else if (g_str_equal(path, "/live")) {
        answer(message, SOUP_STATUS_OK, "text/plain", "live\n", 5);
    } else if (g_str_equal(path, "/ready")) {
        answer_ready(house, message);
    } else if (g_str_equal(path, "/status")) {
        answer_view(house, message, house->view.status, "application/json");
    } else if (g_str_equal(path, "/metrics")) {
        answer_view(house, message, house->view.metrics, "text/plain; version=0.0.4; charset=utf-8");
    } else {
        answer(message, SOUP_STATUS_NOT_FOUND, "text/plain",
               "there are /live /ready /status /metrics /subject\n", 49);
    }
}

/* A range over a small page makes libsoup send it many times over: no ranges here. */
static void strip_range(SoupServerMessage *message, void *user)
{
    (void)user;
    soup_message_headers_remove(soup_server_message_get_request_headers(message), "Range");
}

static void on_started(SoupServer *server, SoupServerMessage *message, void *user)
{
    (void)server;
    g_signal_connect(message, "got-headers", G_CALLBACK(strip_range), user);
}

/* ---- Accepting ---- */

static gboolean on_connection(int fd, GIOCondition condition, void *user);

static void begin_accepting(HtHouse *house)
{
    house->accepting = g_unix_fd_source_new(house->fd, G_IO_IN);
    g_source_set_callback(house->accepting, G_SOURCE_FUNC(on_connection), house, NULL);
    g_source_attach(house->accepting, NULL);
}

static gboolean accept_again(void *user)
{
    HtHouse *house = user;
    g_source_unref(house->accepting);
    begin_accepting(house);
    return G_SOURCE_REMOVE;
}

/* Out of descriptors: look again a little later, instead of spinning or going deaf. */
static void pause_accepting(HtHouse *house)
{
    g_source_unref(house->accepting);
    house->accepting = g_timeout_source_new(ACCEPT_PAUSE_MS);
    g_source_set_callback(house->accepting, accept_again, house, NULL);
    g_source_attach(house->accepting, NULL);
}

/* Of the process at the other end; -1 when the kernel does not say. */
static int64_t find_uid(GSocket *socket)
{
    g_autoptr(GCredentials) credentials = g_socket_get_credentials(socket, NULL);
    return credentials ? (int64_t)(int32_t)g_credentials_get_unix_user(credentials, NULL) : -1;
}

static void hand_over(HtHouse *house, int fd)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocket) socket = g_socket_new_from_fd(fd, &error);
    if (!socket) {
        close(fd);
        return;
    }
    g_autoptr(GIOStream) stream = G_IO_STREAM(g_socket_connection_factory_create_connection(socket));
    /* libsoup makes a default Host from it, which it can only from an internet address. */
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string("127.0.0.1", 80);
    g_object_set_data(G_OBJECT(address), UID, GSIZE_TO_POINTER((gsize)(find_uid(socket) + 1)));
    if (!soup_server_accept_iostream(house->server, stream, address, address, &error)) {
        ht_log(HT_LOG_WARNING, "admin", "a connection could not be taken: %s", error->message);
    }
}

static gboolean on_connection(int fd, GIOCondition condition, void *user)
{
    HtHouse *house = user;
    (void)condition;
    int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection >= 0) {
        hand_over(house, connection);
        return G_SOURCE_CONTINUE;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        pause_accepting(house);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

/* ---- Opening and closing ---- */

static bool fill_address(const char *path, struct sockaddr_un *address, GError **error)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path) {
        g_set_error(error, HT_HOUSE_ERROR, 0, "%s: the path of a unix socket must be shorter than %zu bytes",
                    path, sizeof address->sun_path);
        return false;
    }
    g_strlcpy(address->sun_path, path, sizeof address->sun_path);
    return true;
}

static bool is_live(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool live = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return live;
}

static bool fail(const char *path, const char *what, GError **error)
{
    g_set_error(error, HT_HOUSE_ERROR, 0, "%s: %s: %s", path, what, g_strerror(errno));
    return false;
}

/* Takes away the socket of a bus that has ended, and nothing else. */
static bool remove_stale(const char *path, GError **error)
{
    struct stat there;
    if (lstat(path, &there) < 0) {
        return true;
    }
    if (!S_ISSOCK(there.st_mode)) {
        errno = EEXIST;
        return fail(path, "is no socket", error);
    }
    return g_unlink(path) == 0 ? true : fail(path, "cannot be removed", error);
}

static bool listen_on(HtHouse *house, GError **error)
{
    struct sockaddr_un address;
    g_autofree char *folder = g_path_get_dirname(house->path);
    if (!fill_address(house->path, &address, error)) {
        return false;
    }
    if (g_mkdir_with_parents(folder, 0700) < 0) {
        return fail(folder, "cannot be made", error);
    }
    if (is_live(&address)) {
        g_set_error(error, HT_HOUSE_ERROR, 0, "%s: another bus is listening there", house->path);
        return false;
    }
    if (!remove_stale(house->path, error)) {
        return false;
    }
    house->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0077);
    bool bound = house->fd >= 0 && bind(house->fd, (struct sockaddr *)&address, sizeof address) == 0;
    umask(mask);
    return bound && listen(house->fd, BACKLOG) == 0 ? true
                                                    : fail(house->path, "cannot be listened on", error);
}

HtHouse *ht_house_open(const char *path, const HtHouseView *view, GError **error)
{
    HtHouse *house = g_new0(HtHouse, 1);
    *house = (HtHouse){.path = g_strdup(path), .view = *view, .fd = -1};
    if (!listen_on(house, error)) {
        g_free(house->path);
        if (house->fd >= 0) {
            close(house->fd);
        }
        g_free(house);
        return NULL;
    }
    house->waiting = g_hash_table_new(NULL, NULL);
    house->server = soup_server_new("server-header", "hutong", NULL);
    soup_server_add_handler(house->server, NULL, on_request, house, NULL);
    g_signal_connect(house->server, "request-started", G_CALLBACK(on_started), NULL);
    begin_accepting(house);
    return house;
}

/* Answers that come later find nobody. */
static void let_go_waiting(HtHouse *house)
{
    GHashTableIter replies;
    void *reply;
    g_hash_table_iter_init(&replies, house->waiting);
    while (g_hash_table_iter_next(&replies, &reply, NULL)) {
        ((HtHouseReply *)reply)->house = NULL;
    }
    g_hash_table_unref(house->waiting);
}

void ht_house_close(HtHouse *house)
{
    let_go_waiting(house);
    g_source_destroy(house->accepting);
    g_source_unref(house->accepting);
    close(house->fd);
    g_unlink(house->path);
    soup_server_disconnect(house->server);
    g_object_unref(house->server);
    g_free(house->path);
    g_free(house);
}

/* ---- The commands' side ---- */

static size_t take(char *bytes, size_t one, size_t count, void *user)
{
    HtBuffer *buffer = user;
    ht_buffer_add(buffer, bytes, one * count);
    return buffer->size > ANSWER_MAX ? 0 : one * count;
}

/* `body` is NULL for a GET. */
static char *ask(const char *path, const char *page, const char *body, unsigned timeout_ms, unsigned *status,
                 GError **error)
{
    HtBuffer text = {0};
    long code = 0;
    g_autofree char *url = g_strconcat("http://hutong", page, NULL);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &text);
    if (body) {
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    }
    CURLcode result = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    if (result != CURLE_OK) {
        bool nobody = result == CURLE_COULDNT_CONNECT;
        g_set_error(error, HT_HOUSE_ERROR, nobody ? HT_HOUSE_ERROR_NOBODY : HT_HOUSE_ERROR_FAILED,
                    "no bus answers at %s: %s", path, curl_easy_strerror(result));
        ht_buffer_clear(&text);
        return NULL;
    }
    *status = (unsigned)code;
    ht_buffer_add_char(&text, '\0');
    return text.data;
}

char *ht_house_get(const char *path, const char *page, unsigned timeout_ms, unsigned *status, GError **error)
{
    return ask(path, page, NULL, timeout_ms, status, error);
}

char *ht_house_post(const char *path, const char *page, const char *body, unsigned *status, GError **error)
{
    return ask(path, page, body, POST_MS, status, error);
}
