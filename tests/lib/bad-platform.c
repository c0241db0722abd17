/* The ways of answering badly, and the server that does it. One listening thread, one more for each connection. */
#include "tests/lib/bad-platform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_MS 50
#define REQUEST_MAX (8 << 20)

struct BadPlatform {
    const BadWay *way;
    int fd;
    GThread *thread;
    GPtrArray *connections; /* of GThread; the listening thread's until it ends */
    bool stopping;          /* atomic */
    unsigned count;         /* atomic */
};

/* ---- Pieces of ways ---- */

static bool is_over(const bool *stopping)
{
    return __atomic_load_n(stopping, __ATOMIC_ACQUIRE);
}

static bool wait_for(int fd, short what, const bool *stopping)
{
    struct pollfd poll_fd = {fd, what, 0};
    while (!is_over(stopping)) {
        int ready = poll(&poll_fd, 1, LOOK_MS);
        if (ready != 0) {
            return ready > 0 && (poll_fd.revents & (what | POLLHUP | POLLERR));
        }
    }
    return false;
}

static bool say_bytes(int fd, const char *bytes, size_t size, const bool *stopping)
{
    while (size > 0) {
        if (!wait_for(fd, POLLOUT, stopping)) {
            return false;
        }
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) {
            return false;
        }
        bytes += MAX(sent, 0);
        size -= (size_t)MAX(sent, 0);
    }
    return true;
}

static bool say(int fd, const char *text, const bool *stopping)
{
    return say_bytes(fd, text, strlen(text), stopping);
}

/* Reads one request to its end (Content-Length); false when the connection ended before. */
static bool read_request(int fd, const bool *stopping)
{
    g_autoptr(GString) request = g_string_new(NULL);
    char bytes[16384];
    for (gsize wanted = REQUEST_MAX; request->len < wanted && wait_for(fd, POLLIN, stopping);) {
        ssize_t size = recv(fd, bytes, sizeof bytes, 0);
        if (size <= 0) {
            return false;
        }
        g_string_append_len(request, bytes, size);
        const char *end = strstr(request->str, "\r\n\r\n");
        const char *length = end ? strstr(request->str, "Content-Length: ") : NULL;
        if (length && length < end) {
            wanted = (gsize)(end + 4 - request->str) + g_ascii_strtoull(length + 16, NULL, 10);
        }
        if (request->len >= wanted) {
            return true;
        }
    }
    return false;
}

static void wait_for_end(int fd, const bool *stopping)
{
    char bytes[4096];
    while (wait_for(fd, POLLIN, stopping) && recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
}

/* Answers each request of the connection with this text. */
static void answer_each(int fd, const char *text, const bool *stopping)
{
    while (read_request(fd, stopping) && say(fd, text, stopping)) {
    }
}

/* After the request, this text; then nothing until the bus goes away. */
static void answer_and_hang(int fd, const char *text, const bool *stopping)
{
    if (read_request(fd, stopping) && say(fd, text, stopping)) {
        wait_for_end(fd, stopping);
    }
}

/* After the request, `first`, and then `more` for ever. */
static void answer_endlessly(int fd, const char *first, const char *more, const bool *stopping)
{
    if (read_request(fd, stopping) && say(fd, first, stopping)) {
        while (say(fd, more, stopping)) {
        }
    }
}

static void reset(int fd)
{
    struct linger hard = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

/* ---- The ways ---- */

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static void hang_up(int fd, const bool *stopping)
{
    (void)fd;
    (void)stopping;
}

static void reset_at_once(int fd, const bool *stopping)
{
    (void)stopping;
    reset(fd);
}

static void reset_after_the_request(int fd, const bool *stopping)
{
    if (read_request(fd, stopping)) {
        reset(fd);
    }
}

static void never_read(int fd, const bool *stopping)
{
    struct pollfd none = {fd, 0, 0};
    while (!is_over(stopping) && poll(&none, 1, LOOK_MS) == 0) {
    }
}

static void never_answer(int fd, const bool *stopping)
{
    answer_and_hang(fd, "", stopping);
}

static void stop_in_the_head(int fd, const bool *stopping)
{
    answer_and_hang(fd, "HTTP/1.1 200 OK\r\nContent-", stopping);
}

static void end_in_the_head(int fd, const bool *stopping)
{
    if (read_request(fd, stopping)) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-", stopping);
    }
}

static void end_in_the_status(int fd, const bool *stopping)
{
    if (read_request(fd, stopping)) {
        say(fd, "HTTP/1.1 200 OK", stopping);
    }
}

static void end_after_an_interim(int fd, const bool *stopping)
{
    if (read_request(fd, stopping)) {
        say(fd, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", stopping);
    }
}

static void stop_in_the_body(int fd, const bool *stopping)
{
    answer_and_hang(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", stopping);
}

static void end_in_the_body(int fd, const bool *stopping)
{
    if (read_request(fd, stopping)) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", stopping);
    }
}

static void end_in_a_chunk(int fd, const bool *stopping)
{
    if (read_request(fd, stopping)) {
        say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf", stopping);
    }
}

static void bad_chunk(int fd, const bool *stopping)
{
    answer_each(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n", stopping);
}

static void drip(int fd, const bool *stopping)
{
    if (!read_request(fd, stopping)) {
        return;
    }
    const char *text = "HTTP/1.1 200 OK\r\nX-Slow: ";
    while (*text && say_bytes(fd, text++, 1, stopping)) {
        g_usleep(20000);
    }
    while (say(fd, "z", stopping)) {
        g_usleep(20000);
    }
}

static void not_http(int fd, const bool *stopping)
{
    answer_each(fd, "220 mail.example ESMTP\r\n", stopping);
}

static void tls(int fd, const bool *stopping)
{
    static const char alert[] = {0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28};
    if (read_request(fd, stopping)) {
        say_bytes(fd, alert, sizeof alert, stopping);
    }
}

static void zero_bytes(int fd, const bool *stopping)
{
    static const char zeros[4096] = {0};
    if (read_request(fd, stopping)) {
        say_bytes(fd, zeros, sizeof zeros, stopping);
    }
}

static void endless_interim(int fd, const bool *stopping)
{
    answer_endlessly(fd, "", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", stopping);
}

static void endless_head(int fd, const bool *stopping)
{
    answer_endlessly(fd, "HTTP/1.1 200 OK\r\n", "X-Again: 0123456789012345678901234567890123456789\r\n",
                     stopping);
}

static void endless_line(int fd, const bool *stopping)
{
    answer_endlessly(fd, "HTTP/1.1 200 OK\r\nX-Long: ", "0123456789012345678901234567890123456789", stopping);
}

static void endless_error(int fd, const bool *stopping)
{
    answer_endlessly(fd, "HTTP/1.1 500 Oh\r\n\r\n", "<p>0123456789012345678901234567890123456789", stopping);
}

static void endless_ok(int fd, const bool *stopping)
{
    answer_endlessly(fd, "HTTP/1.1 200 OK\r\n\r\n", "<p>0123456789012345678901234567890123456789", stopping);
}

static void answer_before_reading(int fd, const bool *stopping)
{
    if (say(fd, "HTTP/1.1 503 Later\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", stopping)) {
        shutdown(fd, SHUT_WR);
        wait_for_end(fd, stopping);
    }
}

static void two_answers(int fd, const bool *stopping)
{
    answer_each(fd, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n" OK, stopping);
}

#define STATUS(name, text)                         \
    static void name(int fd, const bool *stopping) \
    {                                              \
        answer_each(fd, text, stopping);           \
    }

STATUS(redirect, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
STATUS(endless_redirect, "HTTP/1.1 307 Again\r\nLocation: /events\r\nContent-Length: 0\r\n\r\n")
STATUS(unauthorized, "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
STATUS(forbidden, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
STATUS(not_found, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
STATUS(unprocessable, "HTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\nno")
STATUS(gone, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")
STATUS(broken, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
STATUS(busy, "HTTP/1.1 503 Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
STATUS(busy_for_a_century, "HTTP/1.1 503 Later\r\nRetry-After: 3153600000\r\nContent-Length: 0\r\n\r\n")
STATUS(busy_since_yesterday,
       "HTTP/1.1 429 Later\r\nRetry-After: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n")
STATUS(busy_without_sense, "HTTP/1.1 429 Later\r\nRetry-After: -1e9\r\nContent-Length: 0\r\n\r\n")
STATUS(no_such_status, "HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n")
STATUS(status_zero, "HTTP/1.1 000 What\r\nContent-Length: 0\r\n\r\n")
STATUS(switching, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
STATUS(no_content, "HTTP/1.1 204 Fine\r\n\r\n")
STATUS(
    trailers,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n")
STATUS(accepted, "HTTP/1.1 202 Fine\r\nContent-Length: 4\r\n\r\nfine")

const BadWay bad_ways[] = {
    {"hang-up", BAD_KEEPS, hang_up},
    {"reset", BAD_KEEPS, reset_at_once},
    {"reset-after-the-request", BAD_KEEPS, reset_after_the_request},
    {"never-read", BAD_KEEPS, never_read},
    {"never-answer", BAD_KEEPS, never_answer},
    {"stop-in-the-head", BAD_KEEPS, stop_in_the_head},
    {"end-in-the-head", BAD_KEEPS, end_in_the_head},
    {"end-in-the-status", BAD_KEEPS, end_in_the_status},
    {"end-after-an-interim", BAD_KEEPS, end_after_an_interim},
    {"stop-in-the-body", BAD_KEEPS, stop_in_the_body},
    {"end-in-the-body", BAD_KEEPS, end_in_the_body},
    {"end-in-a-chunk", BAD_KEEPS, end_in_a_chunk},
    {"bad-chunk", BAD_KEEPS, bad_chunk},
    {"drip", BAD_KEEPS, drip},
    {"not-http", BAD_KEEPS, not_http},
    {"tls", BAD_KEEPS, tls},
    {"zero-bytes", BAD_KEEPS, zero_bytes},
    {"endless-interim", BAD_KEEPS, endless_interim},
    {"endless-head", BAD_KEEPS, endless_head},
    {"endless-line", BAD_KEEPS, endless_line},
    {"endless-error", BAD_KEEPS, endless_error},
    {"endless-ok", BAD_TAKES, endless_ok},
    {"answer-before-reading", BAD_KEEPS, answer_before_reading},
    {"two-answers", BAD_KEEPS, two_answers},
    {"redirect", BAD_KEEPS, redirect},
    {"endless-redirect", BAD_KEEPS, endless_redirect},
    {"unauthorized", BAD_KEEPS, unauthorized},
    {"forbidden", BAD_KEEPS, forbidden},
    {"not-found", BAD_KEEPS, not_found},
    {"unprocessable", BAD_REFUSES, unprocessable},
    {"gone", BAD_GONE, gone},
    {"broken", BAD_KEEPS, broken},
    {"busy", BAD_KEEPS, busy},
    {"busy-for-a-century", BAD_KEEPS, busy_for_a_century},
    {"busy-since-yesterday", BAD_KEEPS, busy_since_yesterday},
    {"busy-without-sense", BAD_KEEPS, busy_without_sense},
    {"no-such-status", BAD_KEEPS, no_such_status},
    {"status-zero", BAD_KEEPS, status_zero},
    {"switching", BAD_KEEPS, switching},
    {"no-content", BAD_TAKES, no_content},
    {"trailers", BAD_TAKES, trailers},
    {"accepted", BAD_TAKES, accepted},
};
const unsigned bad_way_count = G_N_ELEMENTS(bad_ways);

/* ---- The server ---- */

typedef struct {
    BadPlatform *platform;
    int fd;
} Connection;

static gpointer serve(gpointer data)
{
    Connection *connection = data;
    connection->platform->way->answer(connection->fd, &connection->platform->stopping);
    close(connection->fd);
    g_free(connection);
    return NULL;
}

static gpointer listen_on(gpointer data)
{
    BadPlatform *platform = data;
    while (wait_for(platform->fd, POLLIN, &platform->stopping)) {
        int fd = accept4(platform->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            Connection *connection = g_new(Connection, 1);
            *connection = (Connection){platform, fd};
            __atomic_add_fetch(&platform->count, 1, __ATOMIC_RELAXED);
            g_ptr_array_add(platform->connections, g_thread_new("bad", serve, connection));
        }
    }
    return NULL;
}

BadPlatform *bad_platform_new(unsigned port, const BadWay *way)
{
    BadPlatform *platform = g_new0(BadPlatform, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int yes = 1;
    platform->way = way;
    platform->connections = g_ptr_array_new();
    platform->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(platform->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    g_assert_no_errno(bind(platform->fd, (struct sockaddr *)&address, sizeof address));
    g_assert_no_errno(listen(platform->fd, 128));
    platform->thread = g_thread_new("bad-listen", listen_on, platform);
    return platform;
}

unsigned bad_platform_connections(BadPlatform *platform)
{
    return __atomic_load_n(&platform->count, __ATOMIC_RELAXED);
}

void bad_platform_free(BadPlatform *platform)
{
    __atomic_store_n(&platform->stopping, true, __ATOMIC_RELEASE);
    g_thread_join(platform->thread);
    for (unsigned i = 0; i < platform->connections->len; i++) {
        g_thread_join(platform->connections->pdata[i]);
    }
    g_ptr_array_unref(platform->connections);
    close(platform->fd);
    g_free(platform);
}
