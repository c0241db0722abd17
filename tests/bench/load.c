/* The load generator: a closed loop on epoll. For each message one write and one read, so that what is measured is the
 * server, not this. In the thread of its caller, bench-bus. */
#include "tests/bench/load.h"

#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX 512
#define ANSWER_MAX 8192
#define EVENTS 64
#define TICK_MS 100
#define BUSY_PAUSE_US 1000

typedef struct {
    int fd;
    char *request; /* head and body; the body is filled anew for each message */
    size_t sent;
    char answer[ANSWER_MAX];
    size_t received;
    int64_t start_us; /* of the message under way; 0: none */
} Connection;

typedef struct {
    const LoadPlan *plan;
    LoadResult *result;
    Connection *connections;
    uint32_t *latencies;
    size_t head_size, request_size;
    unsigned begun, answered;
    int epoll;
} Load;

/* ---- Connections ---- */

static bool fail_errno(GError **error, const char *what)
{
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", what, g_strerror(errno));
    return false;
}

static bool watch(Load *load, Connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    return epoll_ctl(load->epoll, operation, connection->fd, &event) == 0;
}

static bool open_connection(Load *load, Connection *connection, GError **error)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)load->plan->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        return fail_errno(error, "connect");
    }
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return watch(load, connection, EPOLL_CTL_ADD, EPOLLIN) || fail_errno(error, "epoll_ctl");
}

static bool open_connections(Load *load, GError **error)
{
    const LoadPlan *plan = load->plan;
    char head[HEAD_MAX];
    load->head_size = (size_t)g_snprintf(
        head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: text/xml; charset=utf-8\r\n"
        "Content-Length: %zu\r\n\r\n",
        plan->path, plan->port, plan->size);
    load->request_size = load->head_size + plan->size;
    for (unsigned i = 0; i < plan->connections; i++) {
        Connection *connection = &load->connections[i];
        connection->request = g_malloc(load->request_size);
        memcpy(connection->request, head, load->head_size);
        memcpy(connection->request + load->head_size, plan->body, plan->size);
        if (!open_connection(load, connection, error)) {
            return false;
        }
    }
    return true;
}

/* ---- Messages ---- */

/* Writes on; waits for room only if the kernel takes less than the whole request. */
static bool write_on(Load *load, Connection *connection, GError **error)
{
    ssize_t written = send(connection->fd, connection->request + connection->sent,
                           load->request_size - connection->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN) {
        return fail_errno(error, "send");
    }
    bool waited = connection->sent > 0 || written <= 0;
    connection->sent += written > 0 ? (size_t)written : 0;
    bool whole = connection->sent == load->request_size;
    if (whole && !waited) {
        return true;
    }
    return watch(load, connection, EPOLL_CTL_MOD, whole ? EPOLLIN : EPOLLIN | EPOLLOUT) ||
           fail_errno(error, "epoll_ctl");
}

static bool begin_message(Load *load, Connection *connection, GError **error)
{
    if (load->begun == load->plan->messages) {
        return true;
    }
    load->plan->fill(connection->request + load->head_size, load->plan->first + load->begun++);
    connection->sent = 0;
    connection->start_us = g_get_monotonic_time();
    return write_on(load, connection, error);
}

/* The size of the answer when it is there whole, else 0; -1: no answer that this can read. */
static ssize_t measure_answer(const Connection *connection)
{
    const char *end = memmem(connection->answer, connection->received, "\r\n\r\n", 4);
    if (!end) {
        return connection->received == ANSWER_MAX ? -1 : 0;
    }
    size_t head = (size_t)(end - connection->answer) + 4, body = 0;
    const char *line = connection->answer;
    while ((line = memchr(line, '\n', (size_t)(end - line))) && line++ < end) {
        if (g_ascii_strncasecmp(line, "content-length:", 15) == 0) {
            body = strtoul(line + 15, NULL, 10);
        } else if (g_ascii_strncasecmp(line, "transfer-encoding:", 18) == 0) {
            return -1;
        }
    }
    if (body > ANSWER_MAX - head) {
        return -1;
    }
    return connection->received >= head + body ? (ssize_t)(head + body) : 0;
}

static bool fail_answer(const Connection *connection, const char *what, GError **error)
{
    g_autofree char *text = g_utf8_make_valid(connection->answer, (gssize)MIN(connection->received, 700));
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s:\n%s", what, text);
    return false;
}

static bool take_answer(Load *load, Connection *connection, GError **error)
{
    unsigned status = connection->received > 12 ? (unsigned)strtoul(connection->answer + 9, NULL, 10) : 0;
    connection->received = 0;
    if (status == 503) {
        load->result->busy++;
        g_usleep(BUSY_PAUSE_US);
        connection->sent = 0;
        return write_on(load, connection, error);
    }
    int64_t now_us = g_get_monotonic_time();
    load->latencies[load->answered++] = (uint32_t)MIN(now_us - connection->start_us, G_MAXUINT32);
    load->result->end_us = now_us;
    connection->start_us = 0;
    return begin_message(load, connection, error);
}

static bool read_on(Load *load, Connection *connection, GError **error)
{
    ssize_t received = recv(connection->fd, connection->answer + connection->received,
                            ANSWER_MAX - connection->received, MSG_DONTWAIT);
    if (received < 0) {
        return errno == EAGAIN || fail_errno(error, "recv");
    }
    if (received == 0) {
        return fail_answer(connection, "the server closed a connection", error);
    }
    connection->received += (size_t)received;
    ssize_t size = measure_answer(connection);
    if (size == 0) {
        return true;
    }
    bool whole = size > 0 && (size_t)size == connection->received && connection->start_us != 0;
    bool good = whole && (connection->answer[9] == '2' || strncmp(connection->answer + 9, "503", 3) == 0);
    return good ? take_answer(load, connection, error)
                : fail_answer(connection, "not the answer that was expected", error);
}

/* ---- The run ---- */

static bool serve_once(Load *load, GError **error)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(load->epoll, events, EVENTS, TICK_MS);
    for (int i = 0; i < count; i++) {
        Connection *connection = events[i].data.ptr;
        if ((events[i].events & EPOLLOUT) && !write_on(load, connection, error)) {
            return false;
        }
        if ((events[i].events & ~(uint32_t)EPOLLOUT) && !read_on(load, connection, error)) {
            return false;
        }
    }
    return true;
}

static bool run(Load *load, GError **error)
{
    if (!open_connections(load, error)) {
        return false;
    }
    int64_t start_us = load->result->start_us = g_get_monotonic_time();
    for (unsigned i = 0; i < load->plan->connections; i++) {
        if (!begin_message(load, &load->connections[i], error)) {
            return false;
        }
    }
    while (load->answered < load->plan->messages) {
        if (!serve_once(load, error)) {
            return false;
        }
        if (g_get_monotonic_time() - start_us > load->plan->limit_s * G_USEC_PER_SEC) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%u of %u messages answered in %u s",
                        load->answered, load->plan->messages, load->plan->limit_s);
            return false;
        }
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static void sum_up(Load *load)
{
    LoadResult *result = load->result;
    unsigned count = load->answered;
    qsort(load->latencies, count, sizeof *load->latencies, compare);
    result->rate = count * 1e6 / (double)(result->end_us - result->start_us);
    result->p50_us = load->latencies[count / 2];
    result->p99_us = load->latencies[(unsigned)((uint64_t)count * 99 / 100)];
    result->max_us = load->latencies[count - 1];
}

bool load_run(const LoadPlan *plan, LoadResult *result, GError **error)
{
    Load load = {.plan = plan, .result = result, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    *result = (LoadResult){0};
    load.connections = g_new0(Connection, plan->connections);
    load.latencies = g_new(uint32_t, plan->messages);
    for (unsigned i = 0; i < plan->connections; i++) {
        load.connections[i].fd = -1;
    }
    bool good = run(&load, error);
    if (good) {
        sum_up(&load);
    }
    for (unsigned i = 0; i < plan->connections; i++) {
        if (load.connections[i].fd >= 0) {
            close(load.connections[i].fd);
        }
        g_free(load.connections[i].request);
    }
    close(load.epoll);
    g_free(load.connections);
    g_free(load.latencies);
    return good;
}
