/* The receiving platform of tests, demo and bench: libmicrohttpd with a thread of its own. */
#include "tests/lib/platform.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

typedef struct {
    JsonNode *node;
    gint64 arrived_us;
} Arrival;

struct Platform {
    struct MHD_Daemon *daemon;
    char *url;
    GMutex lock;
    GCond changed;
    GPtrArray *arrivals;    /* of Arrival */
    GHashTable *ids;        /* id → itself */
    GHashTable *businesses; /* "source|type|action|businessid|subject" */
    GHashTable *sequences;  /* partition key → last sequence */
    PlatformCount count;
    unsigned status, retry_after, delay_ms, text_status, wrong_status, nth, nth_status;
    char *text, *origin, *callback;
    unsigned asked; /* by OPTIONS */
    bool (*is_wrong)(unsigned business);
    unsigned seen; /* requests */
    uint16_t port;
};

static const char *string_of(JsonObject *event, const char *name)
{
    return json_object_get_string_member_with_default(event, name, "");
}

static void check_doubled(Platform *platform, JsonObject *event)
{
    if (!json_object_has_member(event, "businessid")) {
        return;
    }
    char *business =
        g_strjoin("|", string_of(event, "source"), string_of(event, "type"), string_of(event, "action"),
                  string_of(event, "businessid"), string_of(event, "subject"), NULL);
    platform->count.doubled += !g_hash_table_add(platform->businesses, business);
}

static void check_order(Platform *platform, JsonObject *event)
{
    const char *key = string_of(event, "partitionkey"), *sequence = string_of(event, "sequence");
    const char *last = g_hash_table_lookup(platform->sequences, key);
    platform->count.disordered += last && strcmp(sequence, last) <= 0;
    g_hash_table_insert(platform->sequences, g_strdup(key), g_strdup(sequence));
}

static void take_event(Platform *platform, JsonNode *node)
{
    JsonObject *event = json_node_get_object(node);
    char *id = g_strdup(string_of(event, "id"));
    if (!g_hash_table_add(platform->ids, id)) {
        platform->count.repeated++;
        return;
    }
    Arrival *arrival = g_new0(Arrival, 1);
    *arrival = (Arrival){json_node_copy(node), g_get_monotonic_time()};
    g_ptr_array_add(platform->arrivals, arrival);
    platform->count.events++;
    check_doubled(platform, event);
    check_order(platform, event);
}

/* False when the body is no CloudEvents JSON. */
static bool take_body(Platform *platform, const GString *body)
{
    g_autoptr(JsonNode) node = json_from_string(body->str, NULL);
    if (node && JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);
        for (guint i = 0; i < json_array_get_length(array); i++) {
            take_event(platform, json_array_get_element(array, i));
        }
        return true;
    }
    if (node && JSON_NODE_HOLDS_OBJECT(node)) {
        take_event(platform, node);
        return true;
    }
    return false;
}

static bool has_wrong(const Platform *platform, const GString *body)
{
    static const char key[] = "\"businessid\":\"";
    bool found = false;
    for (const char *at = body->str; platform->is_wrong && !found && (at = strstr(at, key));) {
        at += strlen(key);
        found = platform->is_wrong((unsigned)strtoul(at, NULL, 10));
    }
    return found;
}

static unsigned judge(Platform *platform, const GString *body)
{
    unsigned status = platform->status;
    platform->seen++;
    if (!status && platform->nth && platform->seen % platform->nth == 0) {
        status = platform->nth_status;
    }
    if (!status && has_wrong(platform, body)) {
        status = platform->wrong_status;
    }
    if (!status && platform->text && strstr(body->str, platform->text)) {
        status = platform->text_status;
    }
    if (!status) {
        status = take_body(platform, body) ? 204 : 400;
    }
    platform->count.requests += status < 300;
    platform->count.refused += status >= 300;
    return status;
}

static enum MHD_Result answer(Platform *platform, struct MHD_Connection *connection, const GString *body)
{
    g_mutex_lock(&platform->lock);
    unsigned delay_ms = platform->delay_ms;
    g_mutex_unlock(&platform->lock);
    g_usleep(delay_ms * 1000UL);
    g_mutex_lock(&platform->lock);
    unsigned status = judge(platform, body), retry_after = platform->retry_after;
    g_cond_broadcast(&platform->changed);
    g_mutex_unlock(&platform->lock);
    const char *late_ms = g_getenv("HUTONG_TEST_LATE_MS"); /* shows who does not wait for the bus */
    g_usleep(late_ms ? g_ascii_strtoull(late_ms, NULL, 10) * 1000UL : 0);
    const char *text = status < 300 ? "" : "the platform says no";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
    if (retry_after > 0 && status >= 300) {
        g_autofree char *seconds = g_strdup_printf("%u", retry_after);
        MHD_add_response_header(response, "Retry-After", seconds);
    }
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* To OPTIONS. */
static enum MHD_Result answer_asked(Platform *platform, struct MHD_Connection *connection)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    const char *callback =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "WebHook-Request-Callback");
    g_mutex_lock(&platform->lock);
    bool agrees = platform->origin != NULL;
    if (agrees) {
        MHD_add_response_header(response, "WebHook-Allowed-Origin", platform->origin);
    }
    g_free(platform->callback);
    platform->callback = g_strdup(callback);
    platform->asked++;
    g_cond_broadcast(&platform->changed);
    g_mutex_unlock(&platform->lock);
    enum MHD_Result result = MHD_queue_response(connection, agrees ? 200 : 405, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload, size_t *size,
                                  void **state)
{
    GString *body = *state;
    (void)url;
    (void)version;
    if (!body) {
        *state = g_string_new(NULL);
        return MHD_YES;
    }
    if (*size > 0) {
        g_string_append_len(body, upload, (gssize)*size);
        *size = 0;
        return MHD_YES;
    }
    return g_str_equal(method, "OPTIONS") ? answer_asked(user, connection) : answer(user, connection, body);
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)user;
    (void)connection;
    (void)code;
    if (*state) {
        g_string_free(*state, TRUE);
    }
}

static void free_arrival(void *data)
{
    Arrival *arrival = data;
    json_node_unref(arrival->node);
    g_free(arrival);
}

void platform_open(Platform *platform)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(platform->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    platform->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, platform,
                         MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                         MHD_OPTION_LISTEN_BACKLOG_SIZE, 512U, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(256 * 1024), MHD_OPTION_END);
    g_assert_nonnull(platform->daemon);
    platform->port = MHD_get_daemon_info(platform->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void platform_close(Platform *platform)
{
    MHD_stop_daemon(g_steal_pointer(&platform->daemon));
}

Platform *platform_new(void)
{
    Platform *platform = g_new0(Platform, 1);
    g_mutex_init(&platform->lock);
    g_cond_init(&platform->changed);
    platform->arrivals = g_ptr_array_new_with_free_func(free_arrival);
    platform->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    platform->businesses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    platform->sequences = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    platform_open(platform);
    platform->url = g_strdup_printf("http://127.0.0.1:%u/events", platform->port);
    return platform;
}

void platform_free(Platform *platform)
{
    if (platform->daemon) {
        platform_close(platform);
    }
    g_ptr_array_unref(platform->arrivals);
    g_hash_table_unref(platform->ids);
    g_hash_table_unref(platform->businesses);
    g_hash_table_unref(platform->sequences);
    g_mutex_clear(&platform->lock);
    g_cond_clear(&platform->changed);
    g_free(platform->text);
    g_free(platform->origin);
    g_free(platform->callback);
    g_free(platform->url);
    g_free(platform);
}

const char *platform_url(Platform *platform)
{
    return platform->url;
}

void platform_refuse(Platform *platform, unsigned status, unsigned retry_after)
{
    g_mutex_lock(&platform->lock);
    platform->status = status;
    platform->retry_after = retry_after;
    g_mutex_unlock(&platform->lock);
}

void platform_consent(Platform *platform, const char *origin)
{
    g_mutex_lock(&platform->lock);
    g_free(platform->origin);
    platform->origin = g_strdup(origin);
    g_mutex_unlock(&platform->lock);
}

char *platform_callback(Platform *platform)
{
    g_mutex_lock(&platform->lock);
    char *callback = g_strdup(platform->callback);
    g_mutex_unlock(&platform->lock);
    return callback;
}

unsigned platform_asked(Platform *platform)
{
    g_mutex_lock(&platform->lock);
    unsigned asked = platform->asked;
    g_mutex_unlock(&platform->lock);
    return asked;
}

void platform_refuse_text(Platform *platform, const char *text, unsigned status)
{
    g_mutex_lock(&platform->lock);
    g_free(platform->text);
    platform->text = g_strdup(text);
    platform->text_status = status;
    g_mutex_unlock(&platform->lock);
}

void platform_refuse_if(Platform *platform, bool (*is_wrong)(unsigned business), unsigned status)
{
    g_mutex_lock(&platform->lock);
    platform->is_wrong = is_wrong;
    platform->wrong_status = status;
    g_mutex_unlock(&platform->lock);
}

void platform_refuse_each(Platform *platform, unsigned nth, unsigned status)
{
    g_mutex_lock(&platform->lock);
    platform->nth = nth;
    platform->nth_status = status;
    g_mutex_unlock(&platform->lock);
}

void platform_delay(Platform *platform, unsigned delay_ms)
{
    g_mutex_lock(&platform->lock);
    platform->delay_ms = delay_ms;
    g_mutex_unlock(&platform->lock);
}

void platform_count(Platform *platform, PlatformCount *count)
{
    g_mutex_lock(&platform->lock);
    *count = platform->count;
    g_mutex_unlock(&platform->lock);
}

bool platform_wait(Platform *platform, unsigned events, unsigned timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    g_mutex_lock(&platform->lock);
    while (platform->count.events < events &&
           g_cond_wait_until(&platform->changed, &platform->lock, deadline)) {
    }
    bool there = platform->count.events >= events;
    g_mutex_unlock(&platform->lock);
    return there;
}

static Arrival *find_arrival(Platform *platform, unsigned index)
{
    g_mutex_lock(&platform->lock);
    Arrival *arrival = index < platform->arrivals->len ? platform->arrivals->pdata[index] : NULL;
    g_mutex_unlock(&platform->lock);
    return arrival;
}

JsonObject *platform_event(Platform *platform, unsigned index)
{
    Arrival *arrival = find_arrival(platform, index);
    return arrival ? json_node_get_object(arrival->node) : NULL;
}

gint64 platform_arrival(Platform *platform, unsigned index)
{
    Arrival *arrival = find_arrival(platform, index);
    return arrival ? arrival->arrived_us : 0;
}

GPtrArray *platform_events_of(Platform *platform, const char *message_id)
{
    GPtrArray *events = g_ptr_array_new();
    g_mutex_lock(&platform->lock);
    for (unsigned i = 0; i < platform->arrivals->len; i++) {
        JsonObject *event = json_node_get_object(((Arrival *)platform->arrivals->pdata[i])->node);
        if (g_str_equal(string_of(event, "causationid"), message_id)) {
            g_ptr_array_add(events, event);
        }
    }
    g_mutex_unlock(&platform->lock);
    return events;
}
