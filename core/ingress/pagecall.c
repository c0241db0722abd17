/* Calls for pages; see pagecall.h and core/page/page.h. Made and freed by request.c; main-loop thread.
 *
 * States: SERVING (made, and until its handler answered), STREAMING, DONE (answered, refused, or the stream is to end). From each
 * the peer may go. What a handler does after DONE is its mistake, and ends the program. */
#include "core/ingress/pagecall.h"

#define STREAM_KEPT (64 << 10) /* of an emptied buffer */

typedef enum { SERVING, STREAMING, DONE } State;

struct HtPageExchange {
    HtPageCall call; /* the first: the handler has a pointer to it */
    const HtPage *page;
    void *page_user;
    char *party, *name;
    GPtrArray *texts; /* headers and values of the query that the handler asked for */
    struct MHD_Connection *connection;
    HtPageOwner owner;
    State state;
    HtBuffer body;   /* of the request */
    HtBuffer stream; /* written and not read yet: from `read` on */
    size_t read;
};

static HtPageExchange *exchange_of(HtPageCall *call)
{
    return (HtPageExchange *)call;
}

/* ---- What the handler does ---- */

static void answer(HtPageCall *call, HtPageAnswer *page_answer)
{
    HtPageExchange *exchange = exchange_of(call);
    g_assert(exchange->state == SERVING);
    exchange->state = DONE;
    exchange->owner.answer(page_answer, exchange->owner.user);
}

static void refuse(HtPageCall *call, const HtRefusal *refusal)
{
    HtPageExchange *exchange = exchange_of(call);
    g_assert(exchange->state == SERVING);
    exchange->state = DONE;
    exchange->owner.refuse(refusal, exchange->owner.user);
}

typedef struct {
    const char *name;
    GString *value; /* NULL: not found */
} Sought;

/* Lines of one name are one list (RFC 9110, section 5.3); the blanks around a value, which libmicrohttpd leaves behind it, are none of it
 * (RFC 9112, section 5.1). */
static enum MHD_Result look_for_header(void *user, enum MHD_ValueKind kind, const char *name,
                                       const char *value)
{
    (void)kind;
    Sought *sought = user;
    if (g_ascii_strcasecmp(name, sought->name) == 0) {
        HtText text = ht_text_strip(ht_text_from(value ? value : ""));
        sought->value = sought->value ? g_string_append(sought->value, ", ") : g_string_new(NULL);
        g_string_append_len(sought->value, text.data, (gssize)text.size);
    }
    return MHD_YES;
}

/* What was found lives as long as the exchange. */
static const char *keep_text(const HtPageCall *call, GString *text)
{
    if (!text) {
        return NULL;
    }
    char *kept = g_string_free(text, FALSE);
    g_ptr_array_add(((const HtPageExchange *)call)->texts, kept);
    return kept;
}

static const char *header(const HtPageCall *call, const char *name)
{
    Sought sought = {name, NULL};
    MHD_get_connection_values(((const HtPageExchange *)call)->connection, MHD_HEADER_KIND, look_for_header,
                              &sought);
    return keep_text(call, sought.value);
}

/* Escapes mean the byte (RFC 3986, section 2.1): %6Cimit=%31 is limit=1. Malformed ones did not come so far. */
static enum MHD_Result look_for_query(void *user, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    (void)kind;
    Sought *sought = user;
    g_autofree char *plain_name = g_uri_unescape_string(name, NULL);
    if (g_strcmp0(plain_name, sought->name) == 0) {
        g_autofree char *plain = g_uri_unescape_string(value ? value : "", NULL);
        sought->value = g_string_new(plain);
    }
    return sought->value ? MHD_NO : MHD_YES;
}

static const char *query(const HtPageCall *call, const char *name)
{
    Sought sought = {name, NULL};
    MHD_get_connection_values(((const HtPageExchange *)call)->connection, MHD_GET_ARGUMENT_KIND,
                              look_for_query, &sought);
    return keep_text(call, sought.value);
}

static void stream(HtPageCall *call, HtPageAnswer *head)
{
    HtPageExchange *exchange = exchange_of(call);
    g_assert(exchange->state == SERVING);
    exchange->state = STREAMING;
    exchange->owner.stream(head, exchange->owner.user);
}

static void write_stream(HtPageCall *call, HtText text)
{
    HtPageExchange *exchange = exchange_of(call);
    g_assert(exchange->state == STREAMING);
    ht_buffer_add_text(&exchange->stream, text);
    exchange->owner.flow(exchange->owner.user);
}

static void close_stream(HtPageCall *call)
{
    HtPageExchange *exchange = exchange_of(call);
    g_assert(exchange->state == STREAMING);
    exchange->state = DONE;
    exchange->owner.flow(exchange->owner.user);
}

static const HtPageWays ways = {answer, refuse, header, query, stream, write_stream, close_stream};

/* ---- What the request does ---- */

typedef struct {
    GHashTable *names; /* those that were there, without escapes */
    HtRefusal *refusal;
    bool good;
} QueryCheck;

static enum MHD_Result check_argument(void *user, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    (void)kind;
    QueryCheck *check = user;
    char *plain = g_uri_unescape_string(name, NULL);
    g_autofree char *plain_value = g_uri_unescape_string(value ? value : "", NULL);
    if (!plain || !plain_value) {
        g_free(plain);
        check->good = ht_refuse_with(check->refusal, "bad-query", "An escape (%) behind the ? is malformed.");
    } else if (!g_hash_table_add(check->names, plain)) {
        check->good =
            ht_refuse_with(check->refusal, "bad-query", "A name stands twice behind the ?. Name each once.");
    }
    return check->good ? MHD_YES : MHD_NO;
}

bool ht_page_exchange_check_query(struct MHD_Connection *connection, HtRefusal *refusal)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    QueryCheck check = {names, refusal, true};
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, check_argument, &check);
    return check.good;
}

HtPageExchange *ht_page_exchange_new(struct MHD_Connection *connection, const HtPage *page, void *page_user,
                                     HtPageMatch *match, const HtPageOwner *owner)
{
    HtPageExchange *exchange = g_new0(HtPageExchange, 1);
    exchange->page = page;
    exchange->page_user = page_user;
    exchange->party = g_steal_pointer(&match->party);
    exchange->name = g_steal_pointer(&match->name);
    exchange->texts = g_ptr_array_new_with_free_func(g_free);
    exchange->connection = connection;
    exchange->owner = *owner;
    exchange->call =
        (HtPageCall){.ways = &ways, .party = exchange->party, .name = exchange->name, .body = {"", 0}};
    return exchange;
}

bool ht_page_exchange_take(HtPageExchange *exchange, const char *bytes, size_t size, HtRefusal *refusal)
{
    if (size > exchange->page->body_bytes - exchange->body.size) {
        return ht_refuse_with(refusal, "body-too-large", "The body has more bytes than are taken here.");
    }
    ht_buffer_add(&exchange->body, bytes, size);
    return true;
}

void ht_page_exchange_serve(HtPageExchange *exchange)
{
    exchange->call.body = ht_buffer_text(&exchange->body);
    exchange->page->serve(&exchange->call, exchange->page_user);
}

void ht_page_exchange_hurry(HtPageExchange *exchange)
{
    HtRefusal refusal;
    if (exchange->state != DONE && exchange->call.hurry) {
        exchange->call.hurry(&exchange->call);
    } else if (exchange->state == STREAMING) {
        close_stream(&exchange->call);
    } else if (exchange->state == SERVING) {
        ht_refuse(&refusal, "stopping");
        refuse(&exchange->call, &refusal);
    }
}

ssize_t ht_page_exchange_read(HtPageExchange *exchange, char *bytes, size_t most)
{
    if (exchange->stream.size == 0 && exchange->state == STREAMING && exchange->call.room) {
        exchange->call.room(&exchange->call);
    }
    size_t size = MIN(exchange->stream.size - exchange->read, most);
    if (size == 0) {
        return exchange->state == DONE ? -1 : 0;
    }
    memcpy(bytes, exchange->stream.data + exchange->read, size);
    exchange->read += size;
    if (exchange->read == exchange->stream.size) {
        ht_buffer_reset(&exchange->stream, STREAM_KEPT);
        exchange->read = 0;
    }
    return (ssize_t)size;
}

void ht_page_exchange_free(HtPageExchange *exchange, bool sent)
{
    if (exchange->call.ended) {
        exchange->call.ended(&exchange->call, sent && exchange->state == DONE);
    }
    ht_buffer_clear(&exchange->body);
    ht_buffer_clear(&exchange->stream);
    g_ptr_array_unref(exchange->texts);
    g_free(exchange->party);
    g_free(exchange->name);
    g_free(exchange);
}
