/* libcurl multi on the GLib main loop: one source with an epoll descriptor for all sockets, and their timer. A handle is used again with
 * its options; its connection is the multi's. Main-loop thread.
 *
 * Between two requests libcurl takes its watch off a connection, and puts it on again at the next one. The kernel is told only what is
 * different before the loop sleeps: mostly nothing. So a socket of ours may stay watched that libcurl does not want to hear of;
 * what happens to it then ends the watch (on_idle()). */
#include "core/delivery/sender.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/delivery/backoff.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <unistd.h>

#define ANSWER_KEEP 1024
#define ANSWER_MAX (64 * 1024)
#define IDLE_HANDLES 16
#define LOW_SPEED_SECONDS 30L
#define BODY_KEEP (256 * 1024)
#define TURNS_AT_ONCE 16 /* then it is others' turn */
#define EVENTS_AT_ONCE 64

struct HtSender {
    CURLM *multi;
    GSource *source;
    int epoll;
    int64_t due_us;       /* when libcurl wants to be called; INT64_MAX: not before something happens */
    GHashTable *sockets;  /* descriptor: Socket; those that open_socket() made */
    GPtrArray *changed;   /* of Socket: libcurl wants something else than the kernel was told */
    GHashTable *requests; /* the set of Transfer under way */
    GPtrArray *idle;      /* of Handle, to be used again */
};

typedef struct {
    int fd;
    uint32_t wanted, told; /* EPOLLIN, EPOLLOUT; 0: not watched */
    bool changed;
} Socket;

/* With what never changes set. */
typedef struct {
    CURL *easy;
    char *url; /* of its last request, */
    const HtPostTls *tls;
    HtBuffer body; /* and that one's memory */
} Handle;

typedef struct {
    HtSender *sender;
    Handle *handle;
    struct curl_slist *headers;
    HtBuffer body, answer;
    size_t answer_size, head_size;
    bool cut;        /* the answer was longer than is read */
    bool head_whole; /* the empty line behind the last head came */
    void (*done)(const HtPosted *posted, void *user);
    void (*drop)(void *user);
    void *user;
    int64_t started_us;
    const char *wanted[HT_POST_WANTED];
} Transfer;

/* ---- libcurl asks the main loop ---- */

static void finish_requests(HtSender *sender);

static bool tell_kernel(const HtSender *sender, int fd, uint32_t told, uint32_t wanted)
{
    struct epoll_event event = {.events = wanted, .data.fd = fd};
    int operation = told == 0 ? EPOLL_CTL_ADD : wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    return told == wanted || epoll_ctl(sender->epoll, operation, fd, &event) == 0;
}

/* What it cannot watch (out of memory) ends with its time limit. */
static void tell_changes(HtSender *sender)
{
    for (unsigned i = 0; i < sender->changed->len; i++) {
        Socket *watched = sender->changed->pdata[i];
        watched->changed = false;
        /* Without a request under way it stays as it was told: the next one most likely wants the same. */
        if (watched->wanted != 0 && tell_kernel(sender, watched->fd, watched->told, watched->wanted)) {
            watched->told = watched->wanted;
        }
    }
    g_ptr_array_set_size(sender->changed, 0);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    HtSender *sender = user;
    (void)easy;
    uint32_t wanted = what == CURL_POLL_REMOVE ? 0
                                               : (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                                                     (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    Socket *watched = g_hash_table_lookup(sender->sockets, GINT_TO_POINTER(fd));
    if (!watched) { /* one of libcurl's own, which it closes without a word to us: the kernel is told at once */
        tell_kernel(sender, fd, GPOINTER_TO_UINT(known), wanted);
        curl_multi_assign(sender->multi, fd, GUINT_TO_POINTER(wanted));
        return 0;
    }
    watched->wanted = wanted;
    if (!watched->changed) {
        watched->changed = true;
        g_ptr_array_add(sender->changed, watched);
    }
    return 0;
}

/* Nobody waits for anything on it: its peer has closed it, most likely. */
static bool on_idle(HtSender *sender, int fd)
{
    Socket *watched = g_hash_table_lookup(sender->sockets, GINT_TO_POINTER(fd));
    if (!watched || watched->wanted != 0) {
        return false;
    }
    tell_kernel(sender, fd, watched->told, 0);
    watched->told = 0;
    return true;
}

/* Whatever is due by then, by sockets and by time, and what follows from it: an answer mostly makes room for the next request, which
 * goes out at once, without another turn of the main loop. */
static void act(HtSender *sender)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int running, count = epoll_wait(sender->epoll, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < count; i++) {
        uint32_t found = events[i].events;
        int what = (found & EPOLLIN ? CURL_CSELECT_IN : 0) | (found & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (found & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        if (!on_idle(sender, events[i].data.fd)) {
            curl_multi_socket_action(sender->multi, events[i].data.fd, what, &running);
        }
    }
    finish_requests(sender);
    for (unsigned turn = 0; sender->due_us <= g_get_monotonic_time() && turn < TURNS_AT_ONCE; turn++) {
        sender->due_us = INT64_MAX;
        curl_multi_socket_action(sender->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        finish_requests(sender);
    }
}

static int set_timer(CURLM *multi, long timeout_ms, void *user)
{
    HtSender *sender = user;
    (void)multi;
    sender->due_us = timeout_ms < 0    ? INT64_MAX
                     : timeout_ms == 0 ? 0
                                       : g_get_monotonic_time() + timeout_ms * 1000;
    return 0;
}

typedef struct {
    GSource source;
    HtSender *sender;
    void *epoll_tag;
} SenderSource;

static gboolean prepare(GSource *source, int *timeout_ms)
{
    HtSender *sender = ((SenderSource *)source)->sender;
    tell_changes(sender);
    *timeout_ms = -1;
    if (sender->due_us == INT64_MAX) {
        return FALSE;
    }
    int64_t left_us = sender->due_us == 0 ? 0 : sender->due_us - g_get_monotonic_time();
    *timeout_ms = left_us > 0 ? (int)MIN((left_us + 999) / 1000, G_MAXINT) : 0;
    return left_us <= 0;
}

static gboolean check(GSource *source)
{
    const SenderSource *self = (const SenderSource *)source;
    return g_source_query_unix_fd(source, self->epoll_tag) != 0 ||
           self->sender->due_us <= g_source_get_time(source);
}

static gboolean dispatch(GSource *source, GSourceFunc callback, void *user)
{
    (void)callback;
    (void)user;
    act(((SenderSource *)source)->sender);
    return G_SOURCE_CONTINUE;
}

static GSource *make_source(HtSender *sender)
{
    static GSourceFuncs functions = {.prepare = prepare, .check = check, .dispatch = dispatch};
    GSource *source = g_source_new(&functions, sizeof(SenderSource));
    SenderSource *self = (SenderSource *)source;
    self->sender = sender;
    self->epoll_tag = g_source_add_unix_fd(source, sender->epoll, G_IO_IN);
    g_source_set_static_name(source, "sender");
    g_source_set_can_recurse(source, TRUE); /* it does not: see core/base/timer.h */
    g_source_attach(source, NULL);
    return source;
}

HtSender *ht_sender_new(void)
{
    HtSender *sender = g_new0(HtSender, 1);
    sender->multi = curl_multi_init();
    sender->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (sender->epoll < 0) {
        g_error("delivery: no descriptor to wait for connections with: %s", g_strerror(errno));
    }
    sender->due_us = INT64_MAX;
    sender->sockets = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    sender->changed = g_ptr_array_new();
    sender->requests = g_hash_table_new(NULL, NULL);
    sender->idle = g_ptr_array_new();
    sender->source = make_source(sender);
    curl_multi_setopt(sender->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(sender->multi, CURLMOPT_SOCKETDATA, sender);
    curl_multi_setopt(sender->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(sender->multi, CURLMOPT_TIMERDATA, sender);
    return sender;
}

/* ---- One request ---- */

static void free_handle(Handle *handle)
{
    curl_easy_cleanup(handle->easy);
    ht_buffer_clear(&handle->body);
    g_free(handle->url);
    g_free(handle);
}

static void free_request(Transfer *request)
{
    curl_multi_remove_handle(request->sender->multi, request->handle->easy);
    ht_buffer_reset(&request->body, BODY_KEEP);
    ht_buffer_clear(&request->handle->body);
    request->handle->body = request->body;
    if (request->sender->idle->len < IDLE_HANDLES) {
        g_ptr_array_add(request->sender->idle, request->handle);
    } else {
        free_handle(request->handle);
    }
    curl_slist_free_all(request->headers);
    ht_buffer_clear(&request->answer);
    g_free(request);
}

void ht_sender_free(HtSender *sender)
{
    GHashTableIter iter;
    void *request;
    g_hash_table_iter_init(&iter, sender->requests);
    while (g_hash_table_iter_next(&iter, &request, NULL)) {
        ((Transfer *)request)->drop(((Transfer *)request)->user);
        free_request(request);
    }
    for (unsigned i = 0; i < sender->idle->len; i++) {
        free_handle(sender->idle->pdata[i]);
    }
    curl_multi_cleanup(sender->multi);
    g_source_destroy(sender->source);
    g_source_unref(sender->source);
    close(sender->epoll);
    g_hash_table_unref(sender->sockets);
    g_ptr_array_unref(sender->changed);
    g_hash_table_unref(sender->requests);
    g_ptr_array_unref(sender->idle);
    g_free(sender);
}

static size_t take_answer(char *bytes, size_t one, size_t count, void *user)
{
    Transfer *request = user;
    size_t size = one * count;
    size_t room = ANSWER_KEEP - request->answer.size;
    ht_buffer_add(&request->answer, bytes, MIN(size, room));
    request->answer_size += size;
    request->cut = request->answer_size > ANSWER_MAX;
    return request->cut ? 0 : size;
}

static size_t take_head(char *bytes, size_t one, size_t count, void *user)
{
    Transfer *request = user;
    size_t size = one * count;
    request->head_size += size;
    if (size >= 5 &&
        memcmp(bytes, "HTTP/", 5) == 0) { /* trailers come here, too, without an end of their own */
        request->head_whole = false;
    } else if (size > 0 && (bytes[0] == '\r' || bytes[0] == '\n')) {
        request->head_whole = true;
    }
    return request->head_size > ANSWER_MAX ? 0 : size;
}

static bool is_forbidden_ip4(const void *bytes)
{
    uint32_t ip;
    memcpy(&ip, bytes, sizeof ip);
    ip = ntohl(ip);
    return ip >> 24 == 0 || ip >> 16 == 0xa9fe || ip >> 28 >= 0xe;
}

bool ht_sender_forbids(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        return is_forbidden_ip4(&((const struct sockaddr_in *)address)->sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *ip = &((const struct sockaddr_in6 *)address)->sin6_addr;
        return IN6_IS_ADDR_UNSPECIFIED(ip) || IN6_IS_ADDR_LINKLOCAL(ip) || IN6_IS_ADDR_MULTICAST(ip) ||
               (IN6_IS_ADDR_V4MAPPED(ip) && is_forbidden_ip4(&ip->s6_addr[12]));
    }
    return true;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    HtSender *sender = user;
    if (purpose != CURLSOCKTYPE_IPCXN || ht_sender_forbids(&address->addr)) {
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) {
        return CURL_SOCKET_BAD;
    }
    Socket *opened = g_new0(Socket, 1);
    opened->fd = fd;
    g_hash_table_insert(sender->sockets, GINT_TO_POINTER(fd), opened);
    return fd;
}

/* The kernel forgets what it watched with the descriptor. */
static int close_socket(void *user, curl_socket_t fd)
{
    HtSender *sender = user;
    Socket *closed = g_hash_table_lookup(sender->sockets, GINT_TO_POINTER(fd));
    if (closed) {
        g_ptr_array_remove_fast(sender->changed, closed);
        g_hash_table_remove(sender->sockets, GINT_TO_POINTER(fd));
    }
    return close(fd);
}

static void set_fixed_options(HtSender *sender, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_SECONDS);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, sender);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, sender);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "hutong");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static Handle *make_handle(HtSender *sender)
{
    Handle *handle = g_new0(Handle, 1);
    handle->easy = curl_easy_init();
    set_fixed_options(sender, handle->easy);
    return handle;
}

static void set_text(CURL *easy, CURLoption option, const char *text)
{
    if (text) {
        curl_easy_setopt(easy, option, text);
    }
}

/* A handle that served another consumer forgets all of it. libcurl gives no connection to a handle whose certificates are others. */
static void change_tls(HtSender *sender, Handle *handle, const HtPostTls *tls)
{
    CURL *easy = handle->easy;
    curl_easy_reset(easy);
    set_fixed_options(sender, easy);
    g_clear_pointer(&handle->url, g_free);
    handle->tls = tls;
    if (tls) {
        set_text(easy, CURLOPT_CAINFO, tls->ca);
        set_text(easy, CURLOPT_SSLCERT, tls->certificate);
        set_text(easy, CURLOPT_SSLKEY, tls->key);
        set_text(easy, CURLOPT_PINNEDPUBLICKEY, tls->pin);
    }
}

static void set_options(Transfer *request, const HtPost *post)
{
    Handle *handle = request->handle;
    CURL *easy = handle->easy;
    if (handle->tls ||
        post->tls) { /* where it was may be another's by now: a replay ends before the sender */
        change_tls(request->sender, handle, post->tls);
    }
    if (g_strcmp0(handle->url, post->url) != 0) {
        g_free(handle->url);
        handle->url = g_strdup(post->url);
        curl_easy_setopt(easy, CURLOPT_URL, handle->url);
    }
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)post->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)post->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, post->method);
    if (post->method) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.data);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
    }
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
}

HtBuffer ht_sender_body(HtSender *sender)
{
    Handle *handle = sender->idle->len > 0 ? sender->idle->pdata[sender->idle->len - 1] : NULL;
    HtBuffer body = handle ? handle->body : (HtBuffer){0};
    if (handle) {
        handle->body = (HtBuffer){0};
    }
    return body;
}

void ht_sender_post(HtSender *sender, HtPost *post, void (*done)(const HtPosted *posted, void *user),
                    void *user)
{
    Transfer *request = g_new0(Transfer, 1);
    *request =
        (Transfer){.sender = sender, .body = post->body, .done = done, .drop = post->drop, .user = user};
    post->body = (HtBuffer){0};
    unsigned idle = sender->idle->len;
    request->handle = idle ? g_ptr_array_steal_index_fast(sender->idle, idle - 1) : make_handle(sender);
    request->started_us = ht_clock_monotonic();
    memcpy(request->wanted, post->wanted, sizeof request->wanted);
    request->headers = curl_slist_append(NULL, "Expect:");
    request->headers = curl_slist_append(request->headers, "Accept-Encoding: identity");
    if (post->content_type) {
        g_autofree char *type = g_strconcat("Content-Type: ", post->content_type, NULL);
        request->headers = curl_slist_append(request->headers, type);
    }
    for (const char *const *header = post->headers; header && *header; header++) {
        request->headers = curl_slist_append(request->headers, *header);
    }
    set_options(request, post);
    g_hash_table_add(sender->requests, request);
    curl_multi_add_handle(sender->multi, request->handle->easy);
}

/* Who does not heed that we asked for none: it is not unpacked, so there is nothing to read. */
static bool is_encoded(CURL *easy)
{
    struct curl_header *header;
    return curl_easy_header(easy, "Content-Encoding", 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
           g_ascii_strcasecmp(header->value, "identity") != 0;
}

static void finish(Transfer *request, CURLcode code)
{
    HtPosted posted = {.took_us = (uint64_t)(ht_clock_monotonic() - request->started_us)};
    curl_easy_getinfo(request->handle->easy, CURLINFO_RESPONSE_CODE, &posted.status);
    bool answered = code == CURLE_OK || (code == CURLE_WRITE_ERROR && request->cut);
    if (!answered ||
        !request->head_whole) { /* libcurl takes a head that ends with the connection for a whole one */
        long sent_bytes = 0;
        curl_easy_getinfo(request->handle->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
        posted.status = 0;
        posted.error = answered ? "the answer ended in its head" : curl_easy_strerror(code);
        posted.unsent = sent_bytes == 0;
    }
    struct curl_header *header;
    if (curl_easy_header(request->handle->easy, "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
        posted.retry_after_ms = ht_backoff_retry_after(header->value, ht_clock_now());
    }
    for (unsigned i = 0; i < HT_POST_WANTED && request->wanted[i]; i++) {
        if (curl_easy_header(request->handle->easy, request->wanted[i], 0, CURLH_HEADER, -1, &header) ==
            CURLHE_OK) {
            posted.wanted[i].repeated = header->amount > 1;
            /* libcurl's struct is used again with the next question, its text is not */
            posted.wanted[i].value = header->value;
        }
    }
    posted.body = is_encoded(request->handle->easy) ? HT_TEXT_NONE : ht_buffer_text(&request->answer);
    request->done(&posted, request->user);
}

static void finish_requests(HtSender *sender)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(sender->multi, &left))) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        Transfer *request;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&request);
        g_hash_table_remove(sender->requests, request);
        finish(request, code);
        free_request(request);
    }
}
