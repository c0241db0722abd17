/* The door itself: libmicrohttpd's daemon, its callbacks, and which request goes where. core/bus.c opens it after the
 * spool and drains and closes it before; main-loop thread. */
#include "core/ingress/door.h"

#include "core/base/clock.h"
#include "core/base/figures.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/ingress/mhdhead.h"
#include "core/ingress/linger.h"
#include "core/ingress/listener.h"
#include "core/ingress/mhdsource.h"
#include "core/ingress/peers.h"
#include "core/ingress/request.h"
#include "core/ingress/tls.h"
#include "core/config/listen.h"
#include "core/http/target.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* Connections that are cut off and not yet closed, for libmicrohttpd, which counts them. */
#define LEAVING 256

G_DEFINE_QUARK(ht_door_error, ht_door_error)

/* A daemon of libmicrohttpd speaks TLS on each of its connections, or on none. */
typedef struct {
    HtDoor *door;
    HtTls *tls; /* NULL: in the clear */
    struct MHD_Daemon *daemon;
    GSource *pump;
    unsigned connections; /* that libmicrohttpd has */
} Side;

#define LISTENERS_MAX 16

typedef struct {
    HtListener *listener;
    char *item; /* of `listen` */
    HtListenKind kind;
} DoorPlace;

struct HtDoor {
    HtRequests requests;
    DoorPlace places[2 * LISTENERS_MAX]; /* more than LISTENERS_MAX only while some are changed for others */
    unsigned place_count;
    bool paused;
    unsigned port, tls_port; /* 0: none */
    Side *clear, *secure;    /* NULL where nothing listens so */
    GPtrArray *leaving;      /* of Side: nobody comes in there any more, and some have not left yet */
    HtPeers *peers;
    HtLingering *lingering;
    unsigned max_connections;
    GSource *quiet_source; /* runs `quiet` outside of libmicrohttpd's callbacks */
    void (*quiet)(void *user);
    void *quiet_user;
};

/* ---- Which request goes where ---- */

typedef enum { METHOD_POST, METHOD_GET, METHOD_OTHER } Method;

static Method method_of(const char *method)
{
    if (strcmp(method, "POST") == 0) {
        return METHOD_POST;
    }
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ? METHOD_GET : METHOD_OTHER;
}

typedef struct {
    bool found;
    const char *service;
} Question;

/* ?wsdl of all services, ?wsdl=SERVICE of one. */
static enum MHD_Result look_for_wsdl(void *user, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    Question *question = user;
    if (g_ascii_strcasecmp(name, "wsdl") == 0 || g_ascii_strcasecmp(name, "singleWsdl") == 0) {
        question->found = true;
        question->service = value && *value ? value : NULL;
    }
    return question->service ? MHD_NO : MHD_YES;
}

static bool asks_for_wsdl(HtArrival *arrival)
{
    Question question = {.found = false};
    MHD_get_connection_values(arrival->connection, MHD_GET_ARGUMENT_KIND, look_for_wsdl, &question);
    arrival->service = question.service;
    return question.found;
}

/* The page of this path, and whose it is: a source's, a consumer's, or nobody's. */
static bool find_page(const HtDoor *door, const char *path, HtArrival *arrival, HtRefusal *refusal)
{
    const HtRequests *requests = &door->requests;
    const HtPageMatch *match = &arrival->match;
    if (!ht_pages_find(requests->pages, path, &arrival->match)) {
        return ht_refuse(refusal, g_str_has_prefix(path, "/in/") ? "unknown-source" : "unknown-path");
    }
    arrival->is_page = true;
    if (match->kind == HT_PARTY_SOURCE) {
        g_autofree char *own = g_strconcat("/in/", match->party, NULL);
        const char *source_path = own;
        arrival->source = ht_sources_find(requests->sources, &source_path);
        arrival->guard = arrival->source ? arrival->source->guard : NULL;
        return arrival->source || ht_refuse(refusal, "unknown-source");
    }
    if (match->kind == HT_PARTY_CONSUMER) {
        arrival->guard = ht_pages_consumer(requests->pages, match->party);
        return arrival->guard || ht_refuse(refusal, "unknown-consumer");
    }
    return true;
}

/* Paths are compared as they are: no dot segment is resolved, no case changed, no slash added or dropped. */
static bool find_source(const HtDoor *door, const char *target, HtArrival *arrival, HtRefusal *refusal)
{
    g_autofree char *path = NULL;
    if (!ht_target_read(target, &arrival->head, &path, refusal)) {
        return false;
    }
    const char *own = path;
    arrival->source = ht_sources_find(door->requests.sources, &own);
    if (!arrival->source) {
        return find_page(door, path, arrival, refusal);
    }
    arrival->path = own;
    arrival->guard = arrival->source->guard;
    return true;
}

static bool check_sender(const HtArrival *arrival, HtRefusal *refusal)
{
    if (!arrival->guard) {
        return true;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(arrival->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    HtTlsPeer *tls = arrival->peer->tls;
    const HtVisitor visitor = {.address = info->client_addr,
                               .credentials = arrival->peer->credentials,
                               .certificate = tls ? ht_tls_peer_certificate(tls) : NULL,
                               .authorization = arrival->head.authorization};
    return ht_guard_admits(arrival->guard, &visitor, refusal);
}

/* HEAD is answered where nothing changes by a GET. */
static bool check_page(const HtDoor *door, HtArrival *arrival, const char *method, HtRefusal *refusal)
{
    const HtHead *head = &arrival->head;
    const HtPageMatch *match = &arrival->match;
    bool is_get = strcmp(method, "GET") == 0, is_read = is_get || strcmp(method, "HEAD") == 0;
    arrival->page_method = strcmp(method, "POST") == 0             ? HT_PAGE_POST
                           : is_read && match->pages[HT_PAGE_READ] ? HT_PAGE_READ
                           : is_get                                ? HT_PAGE_TAKE
                                                                   : HT_PAGE_METHODS;
    if (arrival->page_method == HT_PAGE_METHODS || !match->pages[arrival->page_method]) {
        return ht_refuse_with(refusal, "method", "This address has other methods; Allow names them.");
    }
    if (arrival->page_method != HT_PAGE_POST && (head->chunked || head->length > 0)) {
        return ht_refuse(refusal, "unexpected-body");
    }
    if (arrival->page_method == HT_PAGE_POST && !head->chunked && !head->has_length) {
        return ht_refuse(refusal, "length-required");
    }
    if (head->length > match->pages[arrival->page_method]->body_bytes) {
        return ht_refuse_with(refusal, "body-too-large", "The body has more bytes than are taken here.");
    }
    return ht_page_exchange_check_query(arrival->connection, refusal) &&
           (!door->requests.draining || ht_refuse(refusal, "stopping"));
}

/* Everything that can be said of a request without its body, once its framing is good: address, method, message. */
static bool check_request(const HtDoor *door, HtArrival *arrival, const char *target, const char *method_name,
                          HtRefusal *refusal)
{
    Method method = method_of(method_name);
    if (!find_source(door, target, arrival, refusal) || !check_sender(arrival, refusal)) {
        return false;
    }
    if (arrival->is_page) {
        return check_page(door, arrival, method_name, refusal);
    }
    if (method == METHOD_OTHER) {
        return ht_refuse(refusal, "method");
    }
    if (method == METHOD_GET && (arrival->head.chunked || arrival->head.length > 0)) {
        return ht_refuse(refusal, "unexpected-body");
    }
    if (method == METHOD_GET && !asks_for_wsdl(arrival)) {
        return ht_refuse(refusal, "nothing-to-get");
    }
    if (method == METHOD_POST &&
        !ht_head_check_message(&arrival->head, &arrival->source->config->limits, refusal)) {
        return false;
    }
    if (door->requests.draining) {
        return ht_refuse(refusal, "stopping");
    }
    if (method == METHOD_POST && !ht_intake_admits(door->requests.intake, arrival->source, false, refusal)) {
        return false;
    }
    return ht_source_admits(arrival->source, refusal);
}

typedef struct {
    const char *method, *target, *version;
} RequestLine;

static enum MHD_Result begin_request(HtDoor *door, HtArrival *arrival, const RequestLine *line,
                                     HtRequest **request)
{
    HtRefusal refusal;
    door->requests.begun++;
    arrival->id = ht_uuid_new();
    HtText target = {arrival->peer->target, arrival->peer->target_size};
    if (!ht_head_check_line(line->method, target, line->version, &refusal) ||
        !ht_head_read(arrival->connection, line->method, line->version, &arrival->head, &refusal) ||
        !check_request(door, arrival, line->target, line->method, &refusal)) {
        if (!ht_request_waits_for_form(arrival, &refusal)) {
            return ht_request_refuse(&door->requests, arrival, &refusal);
        }
    }
    arrival->start = arrival->head.chunked ? ht_head_end(arrival->connection, line->method) : NULL;
    *request = arrival->is_page                         ? ht_request_new_page(&door->requests, arrival)
               : method_of(line->method) == METHOD_POST ? ht_request_new(&door->requests, arrival)
                                                        : ht_request_new_wsdl(&door->requests, arrival);
    return MHD_YES;
}

/* ---- libmicrohttpd's callbacks ---- */

static HtPeer *peer_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static enum MHD_Result handle_request(void *user, struct MHD_Connection *connection, const char *url,
                                      const char *method, const char *version, const char *bytes,
                                      size_t *size, void **context)
{
    HtRequest *request = *context;
    Side *side = user;
    if (!request) {
        HtArrival arrival = {.connection = connection, .peer = peer_of(connection)};
        enum MHD_Result result =
            begin_request(side->door, &arrival, &(RequestLine){method, url, version}, &request);
        ht_page_match_clear(&arrival.match);
        *context = request;
        return result;
    }
    return *size > 0 ? ht_request_take(request, bytes, size) : ht_request_go_on(request);
}

static void *note_request_line(void *user, const char *uri, struct MHD_Connection *connection)
{
    (void)user;
    HtPeer *peer = peer_of(connection);
    HtText target = ht_text_from(uri); /* not cut yet, and a `+` in the query still one */
    peer->target = ht_head_is_visible(target) ? uri : NULL;
    peer->target_size = target.size;
    ht_peer_enter(peer, HT_PEER_HEAD);
    return NULL;
}

static void note_completed(void *user, struct MHD_Connection *connection, void **context,
                           enum MHD_RequestTerminationCode code)
{
    (void)user;
    if (*context) {
        ht_request_gone(*context, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
        *context = NULL;
    }
    ht_peer_enter(peer_of(connection), HT_PEER_IDLE);
}

/* As many as may be, and none gives way: the others wait in the backlog. */
static void update_pause(void *user)
{
    HtDoor *door = user;
    bool paused = ht_peers_are_full(door->peers);
    for (unsigned i = 0; i < door->place_count && paused != door->paused; i++) {
        ht_listener_pause(door->places[i].listener, paused);
    }
    door->paused = paused;
}

static HtPeer *begin_connection(Side *side, struct MHD_Connection *connection)
{
    int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const struct sockaddr *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    HtPeer *peer = ht_peers_add(side->door->peers, fd, address);
    peer->pump = side->pump;
    peer->tls = side->tls ? ht_tls_peer_new(side->tls, connection) : NULL;
    return peer;
}

static void note_connection(void *user, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode code)
{
    Side *side = user;
    HtDoor *door = side->door;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        side->connections++;
        *context = begin_connection(side, connection);
    } else {
        HtPeer *peer = *context;
        side->connections--;
        if (peer->linger) {
            ht_lingering_add(door->lingering, peer->fd);
        }
        ht_peers_remove(door->peers, peer);
    }
    update_pause(door);
}

/* Addresses stay as they are sent: a source's name has nothing to escape, and what is not escaped is not there twice. */
static size_t keep_escaped(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user;
    (void)connection;
    return strlen(text);
}

static void log_library(void *user, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static void log_library(void *user, const char *format, va_list arguments)
{
    (void)user;
    char text[256];
    vsnprintf(text, sizeof text, format, arguments);
    ht_log(HT_LOG_DEBUG, "ingress", "libmicrohttpd: %s", text);
}

static void add_connection(int fd, const struct sockaddr *address, socklen_t size, void *user)
{
    Side *side = user;
    if (ht_peers_make_room(side->door->peers, fd, address)) {
        MHD_add_connection(side->daemon, fd, address, size); /* on failure it has closed the descriptor */
    } else {
        close(fd);
    }
}

/* ---- Opening and closing ---- */

/* Not strict: what the library would refuse then, in half or without a word, core/http/head.c refuses in full. */
static struct MHD_Daemon *start_daemon(Side *side)
{
    const HtDoor *door = side->door;
    const HtBusConfig *bus = door->requests.bus;
    const struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)HT_TLS_PRIORITIES},
        {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)(uintptr_t)ht_tls_retrieve},
        {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem *more = side->tls ? secure : &secure[G_N_ELEMENTS(secure) - 1];
    unsigned idle_s = (unsigned)((bus->idle_timeout_ms + 999) / 1000);
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG |
            (side->tls ? MHD_USE_TLS : 0),
        0, NULL, NULL, handle_request, side, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL, MHD_OPTION_ARRAY,
        more, MHD_OPTION_CONNECTION_LIMIT, door->max_connections + LEAVING, MHD_OPTION_CONNECTION_TIMEOUT,
        idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)bus->door_memory, MHD_OPTION_STRICT_FOR_CLIENT, 0,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, NULL, MHD_OPTION_URI_LOG_CALLBACK, note_request_line,
        NULL, MHD_OPTION_NOTIFY_COMPLETED, note_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
        note_connection, side, MHD_OPTION_END);
}

static void close_side(Side *side)
{
    if (!side) {
        return;
    }
    if (side->pump) {
        g_source_destroy(side->pump);
    }
    if (side->daemon) {
        MHD_stop_daemon(side->daemon);
    }
    g_clear_pointer(&side->pump, g_source_unref);
    ht_tls_free(side->tls);
    g_free(side);
}

static Side *open_side(HtDoor *door, const HtBusConfig *bus, bool secure, bool asks_certificates,
                       GError **error)
{
    HtTls *tls = secure ? ht_tls_new(bus, asks_certificates, error) : NULL;
    if (secure && !tls) {
        return NULL;
    }
    Side *side = g_new0(Side, 1);
    *side = (Side){.door = door, .tls = tls};
    side->daemon = start_daemon(side);
    if (!side->daemon) {
        g_set_error(error, HT_DOOR_ERROR, 0, "the public door cannot start: %s", g_strerror(errno));
        close_side(side);
        return NULL;
    }
    side->pump = ht_mhd_source_new(side->daemon);
    return side;
}

static bool open_place(HtDoor *door, const HtBusConfig *bus, const char *item, bool asks_certificates,
                       GError **error)
{
    const char *address;
    HtListenKind kind = ht_listen_read(item, &address);
    bool secure = kind == HT_LISTEN_TLS;
    Side **side = secure ? &door->secure : &door->clear;
    if (!*side && !(*side = open_side(door, bus, secure, asks_certificates, error))) {
        return false;
    }
    HtListener *listener = kind == HT_LISTEN_UNIX
                               ? ht_listener_open_unix(address, add_connection, *side, error)
                               : ht_listener_open(address, add_connection, *side, error);
    if (!listener) {
        return false;
    }
    ht_listener_pause(listener, door->paused);
    door->places[door->place_count++] = (DoorPlace){listener, g_strdup(item), kind};
    return true;
}

static const DoorPlace *find_place(const HtDoor *door, const char *item)
{
    for (unsigned i = 0; i < door->place_count; i++) {
        if (g_str_equal(door->places[i].item, item)) {
            return &door->places[i];
        }
    }
    return NULL;
}

/* The first of each kind. */
static void note_ports(HtDoor *door, const HtBusConfig *bus)
{
    door->port = door->tls_port = 0;
    for (char **item = bus->listen; *item; item++) {
        const DoorPlace *place = find_place(door, *item);
        unsigned *port = place->kind == HT_LISTEN_TLS ? &door->tls_port : &door->port;
        *port = *port != 0 ? *port : ht_listener_port(place->listener);
    }
}

static void close_place(HtDoor *door, unsigned index)
{
    ht_listener_close(door->places[index].listener);
    g_free(door->places[index].item);
    door->places[index] = door->places[--door->place_count];
}

static void close_places(HtDoor *door, unsigned from)
{
    while (door->place_count > from) {
        close_place(door, door->place_count - 1);
    }
}

/* Those that are not there yet. False: all is as it was. */
static bool open_places(HtDoor *door, const HtBusConfig *bus, bool asks_certificates, GError **error)
{
    unsigned former = door->place_count;
    bool good = g_strv_length(bus->listen) <= LISTENERS_MAX;
    if (!good) {
        g_set_error(error, HT_DOOR_ERROR, 0, "[bus] listen: more than %u places", LISTENERS_MAX);
    }
    for (char **item = bus->listen; good && *item; item++) {
        good = find_place(door, *item) || open_place(door, bus, *item, asks_certificates, error);
    }
    if (!good) {
        close_places(door, former);
    }
    return good;
}

HtDoor *ht_door_open(const HtDoorOptions *options, GError **error)
{
    g_autoptr(GError) reason = NULL;
    HtDoor *door = g_new0(HtDoor, 1);
    door->requests = (HtRequests){.recent = ht_recent_new(),
                                  .bus = options->bus,
                                  .sources = options->sources,
                                  .intake = options->intake,
                                  .pages = options->pages,
                                  .signer = options->signer};
    door->max_connections = ht_peers_most(options->bus);
    door->peers = ht_peers_new(options->bus, door->max_connections, update_pause, door);
    door->lingering = ht_lingering_new();
    door->leaving = g_ptr_array_new_with_free_func((GDestroyNotify)close_side);
    if (!open_places(door, options->bus, options->asks_certificates, &reason)) {
        g_set_error_literal(error, HT_DOOR_ERROR, 0, reason->message);
        ht_door_close(door);
        return NULL;
    }
    note_ports(door, options->bus);
    return door;
}

unsigned ht_door_port(const HtDoor *door)
{
    return door->port;
}

unsigned ht_door_tls_port(const HtDoor *door)
{
    return door->tls_port;
}

static HtTls *tls_of(const HtDoor *door)
{
    return door->secure ? door->secure->tls : NULL;
}

void ht_door_tick(HtDoor *door)
{
    for (unsigned i = door->leaving->len; i-- > 0;) {
        const Side *side = door->leaving->pdata[i];
        if (side->connections == 0) {
            g_ptr_array_remove_index_fast(door->leaving, i);
        }
    }
    if (tls_of(door)) {
        ht_tls_tick(tls_of(door));
    }
}

/* Certificates of the places that were there before: what is new has them already. */
static bool change_tls(HtDoor *door, const HtBusConfig *bus, bool asks_certificates, GError **error)
{
    return !tls_of(door) || !bus->tls_certificate ||
           ht_tls_change(tls_of(door), bus, asks_certificates, error);
}

static void close_gone(HtDoor *door, const HtBusConfig *bus)
{
    for (unsigned i = door->place_count; i-- > 0;) {
        if (!g_strv_contains((const char *const *)bus->listen, door->places[i].item)) {
            ht_log(HT_LOG_INFO, "ingress", "nobody comes in at %s any more; connections that are open go on",
                   door->places[i].item);
            close_place(door, i);
        }
    }
}

bool ht_door_change(HtDoor *door, const HtBusConfig *bus, bool asks_certificates, GError **error)
{
    g_autoptr(GError) reason = NULL;
    unsigned former = door->place_count;
    bool had_tls = tls_of(door) != NULL;
    bool opened = open_places(door, bus, asks_certificates, &reason);
    if (!opened) {
        g_set_error(
            error, HT_DOOR_ERROR, 0,
            "[bus] listen: %s. A place that overlaps with one that is given up can be taken when that is "
            "gone: by another reload, or a restart",
            reason->message);
    }
    if (!opened || (had_tls && !change_tls(door, bus, asks_certificates, error))) {
        close_places(door, former);
        if (!had_tls) { /* it reads a configuration that does not come */
            g_clear_pointer(&door->secure, close_side);
        }
        return false;
    }
    for (unsigned i = former; i < door->place_count; i++) {
        ht_log(HT_LOG_INFO, "ingress", "the public door is open at %s, too", door->places[i].item);
    }
    close_gone(door, bus);
    if (tls_of(door) && !bus->tls_certificate) { /* who is connected stays so, under what was read last */
        ht_tls_retire(door->secure->tls, bus);
        g_ptr_array_add(door->leaving, g_steal_pointer(&door->secure));
    }
    note_ports(door, bus);
    door->requests.bus = bus;
    ht_peers_change(door->peers, bus);
    return true;
}

static gboolean say_quiet(void *user)
{
    HtDoor *door = user;
    g_clear_pointer(&door->quiet_source, g_source_unref);
    door->quiet(door->quiet_user);
    return G_SOURCE_REMOVE;
}

static void schedule_quiet(void *user)
{
    HtDoor *door = user;
    door->requests.drained = NULL;
    door->quiet_source = g_idle_source_new();
    g_source_set_callback(door->quiet_source, say_quiet, door, NULL);
    g_source_attach(door->quiet_source, NULL);
}

void ht_door_drain(HtDoor *door, void (*quiet)(void *user), void *user)
{
    close_places(door, 0);
    door->requests.draining = true;
    door->quiet = quiet;
    door->quiet_user = user;
    ht_request_hurry_all(&door->requests);
    if (door->requests.in_flight > 0) {
        door->requests.drained = schedule_quiet;
        door->requests.drained_user = door;
    } else {
        quiet(user);
    }
}

void ht_door_close(HtDoor *door)
{
    if (!door) {
        return;
    }
    door->requests.drained = NULL;
    close_places(door, 0);
    if (door->quiet_source) {
        g_source_destroy(door->quiet_source);
        g_clear_pointer(&door->quiet_source, g_source_unref);
    }
    ht_request_resume_all(&door->requests);
    close_side(door->clear);
    close_side(door->secure);
    g_ptr_array_unref(door->leaving);
    ht_lingering_free(door->lingering);
    ht_peers_free(door->peers);
    ht_recent_free(door->requests.recent);
    g_free(door);
}

/* ---- What it says of itself ---- */

void ht_door_status(const HtDoor *door, HtDoorStatus *status)
{
    *status = (HtDoorStatus){.connections = ht_peers_count(door->peers),
                             .requests = door->requests.begun,
                             .refused = door->requests.refused,
                             .in_flight = door->requests.in_flight,
                             .gave_way = ht_peers_gave_way(door->peers),
                             .unsent = door->requests.unsent};
}

#define OF(field) offsetof(HtDoorStatus, field)

static const HtFigure figures[] = {
    {"connections", "door_connections", OF(connections)},
    {"requests", "door_requests_total", OF(requests)},
    {"refused", "door_refused_total", OF(refused)},
    {"inFlight", "door_in_flight_messages", OF(in_flight)},
    {"gaveWay", "door_gave_way_total", OF(gave_way)},
};

void ht_door_json(const HtDoor *door, HtBuffer *json)
{
    HtDoorStatus status;
    ht_door_status(door, &status);
    ht_json_open(json, "door");
    ht_json_member_number(json, "port", door->port);
    ht_figures_json(figures, G_N_ELEMENTS(figures), &status, json);
    if (tls_of(door)) {
        char ends[HT_CLOCK_TEXT];
        ht_clock_format(ht_tls_expires(tls_of(door)) * HT_SECOND, ends);
        ht_json_member_number(json, "tlsPort", door->tls_port);
        ht_json_member(json, "certificateEnds", ht_text_from(ends));
        ht_json_member_number(json, "certificateReloads", ht_tls_reloads(tls_of(door)));
        ht_json_member_number(json, "certificateFailures", ht_tls_failures(tls_of(door)));
    }
    ht_buffer_add_char(json, '}');
}

int64_t ht_door_certificate_ends(const HtDoor *door)
{
    return tls_of(door) ? ht_tls_expires(tls_of(door)) : 0;
}

void ht_door_recent(const HtDoor *door, uint64_t after, HtBuffer *json)
{
    ht_recent_json(door->requests.recent, after, json);
}

void ht_door_metrics(const HtDoor *door, HtBuffer *text)
{
    HtDoorStatus status;
    ht_door_status(door, &status);
    ht_figures_metrics(figures, G_N_ELEMENTS(figures), &status, text);
    if (tls_of(door)) {
        ht_metric_one(text, "door_certificate_expiry_timestamp_seconds",
                      (uint64_t)MAX(ht_tls_expires(tls_of(door)), 0));
    }
}
