/* A bus in small, see door-harness.h. One at a time in a program. */
#include "tests/lib/door-harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- Hosts that answer what the payload asks for ---- */

G_DEFINE_QUARK(ht_host_error, ht_host_error)

/* What a body says ends with its first slash, or with an attribute x, which says nothing. */
static unsigned find_content(const char *body)
{
    g_autofree char *content = g_strndup(body, strcspn(body, "/"));
    char *nothing = strstr(content, " x=");
    if (nothing) {
        *nothing = '\0';
    }
    return g_str_hash(g_strchomp(content));
}

static void pack_event(HtBuffer *buffer, unsigned number, const char *body, HtText key)
{
    char business[20], person[40];
    g_snprintf(person, sizeof person, "n-%u-%u", find_content(body), number);
    g_snprintf(business, sizeof business, "b-%u", number);
    HtEvent event = {.attr = {[HT_ATTR_TYPE] = HT_TEXT_LITERAL("person.moved-in.v1"),
                              [HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert"),
                              [HT_ATTR_TIME] = HT_TEXT_LITERAL("2026-11-20T00:00:00+08:00"),
                              [HT_ATTR_SOURCE] = HT_TEXT_LITERAL("forged"),
                              [HT_ATTR_BUSINESSID] = {business, strlen(business)}},
                     .key = key,
                     .identities = {{HT_TEXT_LITERAL("local"), {person, strlen(person)}, false}},
                     .identity_count = 1,
                     .data = HT_TEXT_LITERAL("")};
    ht_event_pack(&event, buffer);
}

static void add_stub_fault(HtOutcome *outcome, const char *code, uint32_t record)
{
    HtFault fault;
    ht_fault_set(&fault, code, "The text of <%s> & more.", code);
    if (record > 0) {
        ht_fault_set_element(&fault, HT_TEXT_LITERAL("person.name"));
    }
    fault.record = record;
    fault.line = 3;
    ht_outcome_add_fault(outcome, &fault);
}

static void add_stub_events(HtOutcome *outcome, const char *body, GPtrArray *kept)
{
    unsigned count = strstr(body, "<none") ? 0 : strstr(body, "<two") ? 2 : 1;
    for (unsigned i = 0; i < count; i++) {
        HtBuffer *packed = g_new0(HtBuffer, 1);
        pack_event(packed, i, body, count == 1 ? outcome->key : HT_TEXT_NONE);
        if (strstr(body, "<garbage")) {
            packed->data[0] = (char)0xff;
        }
        HtText text = ht_buffer_text(packed);
        g_array_append_val(outcome->events, text);
        g_ptr_array_add(kept, packed);
    }
}

static void free_stub_buffer(void *memory)
{
    ht_buffer_clear(memory);
    g_free(memory);
}

static GBytes *make_stub_frame(const char *body)
{
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(free_stub_buffer);
    HtOutcome outcome;
    HtBuffer frame = {.data = NULL};
    const char *key = strstr(body, "key=");
    ht_outcome_init(&outcome);
    outcome.records = 2;
    outcome.soap = strstr(body, "<soap11") ? HT_SOAP_11 : strstr(body, "<soap12") ? HT_SOAP_12 : HT_SOAP_NONE;
    outcome.message_id = strstr(body, "<wsa") ? HT_TEXT_LITERAL("urn:a&b") : HT_TEXT_NONE;
    outcome.key = key ? (HtText){key + 4, strcspn(key + 4, " ")} : HT_TEXT_NONE;
    outcome.repaired = strstr(body, "<repaired") != NULL;
    outcome.original = strstr(body, "<returned") ? ht_text_from(body)
                       : strstr(body, "<forged") ? HT_TEXT_LITERAL("<other/>")
                                                 : HT_TEXT_NONE;
    if (strstr(body, "<reply")) {
        outcome.reply = HT_TEXT_LITERAL("<ok>done</ok>");
        outcome.reply_type = HT_TEXT_LITERAL("text/xml; charset=GBK");
    }
    if (strstr(body, "<bad")) {
        outcome.verdict = HT_VERDICT_REJECT;
        add_stub_fault(&outcome, "not-well-formed", 0);
    } else if (strstr(body, "<record")) {
        outcome.verdict = HT_VERDICT_REJECT;
        add_stub_fault(&outcome, "required-missing", 2);
    } else if (strstr(body, "<retry")) {
        outcome.verdict = HT_VERDICT_RETRY;
        add_stub_fault(&outcome, "department-error", 0);
    } else {
        if (strstr(body, "<part")) {
            outcome.rejected = 1;
            add_stub_fault(&outcome, "required-missing", 2);
        }
        add_stub_events(&outcome, body, kept);
    }
    ht_outcome_pack(&outcome, &frame);
    ht_outcome_clear(&outcome);
    return g_bytes_new_take(frame.data, frame.size);
}

void free_ticket(HtTicket *ticket)
{
    g_queue_remove(&ticket->host->tickets, ticket);
    g_string_free(ticket->body, TRUE);
    g_free(ticket);
}

void answer_ticket(HtTicket *ticket)
{
    const char *error_place = strstr(ticket->body->str, "<error ");
    int error_code = error_place ? atoi(error_place + 7) : -1;
    HtHostDone done = ticket->done;
    void *user = ticket->user;
    g_autoptr(GBytes) frame = make_stub_frame(ticket->body->str);
    free_ticket(ticket);
    if (error_code >= 0) {
        g_autoptr(GError) error =
            g_error_new_literal(HT_HOST_ERROR, error_code, "the stub was asked for an error");
        done(NULL, NULL, error, user);
        return;
    }
    HtOutcome outcome;
    gsize size;
    ht_outcome_init(&outcome);
    const char *bytes = g_bytes_get_data(frame, &size);
    bool good = ht_outcome_unpack((HtText){bytes, size}, &outcome, NULL);
    g_assert_true(good);
    done(&outcome, frame, NULL, user);
    ht_outcome_clear(&outcome);
}

static HtTicket *next_ticket(HtHost *host)
{
    for (GList *link = host->backwards ? host->tickets.tail : host->tickets.head; link;
         link = host->backwards ? link->prev : link->next) {
        if (((HtTicket *)link->data)->ended) {
            return link->data;
        }
    }
    return NULL;
}

static gboolean work_on_tickets(void *user)
{
    HtHost *host = user;
    host->timer = 0;
    for (GList *link = host->tickets.head; link; link = link->next) {
        HtTicket *ticket = link->data;
        bool full = host->window > 0 && ticket->waiting > host->window;
        ticket->waiting = 0;
        if (full && ticket->drained) {
            ticket->drained(ticket->user);
        }
    }
    for (HtTicket *ticket = next_ticket(host); ticket && !host->hold; ticket = next_ticket(host)) {
        answer_ticket(ticket);
    }
    return G_SOURCE_REMOVE;
}

void wake_host(HtHost *host)
{
    if (host->timer == 0) {
        host->timer = g_idle_add(work_on_tickets, host);
    }
}

static HtTicket *make_ticket(HtHost *host, const HtMessageHead *message, HtHostDone done, void *user,
                             GError **error)
{
    if (host->refuse >= 0) {
        g_set_error_literal(error, HT_HOST_ERROR, host->refuse, "the stub refuses");
        return NULL;
    }
    HtTicket *ticket = g_new0(HtTicket, 1);
    ticket->host = host;
    ticket->done = done;
    ticket->user = user;
    ticket->body = g_string_new(NULL);
    g_snprintf(host->seen_action, sizeof host->seen_action, "%.*s", (int)message->soap_action.size,
               message->soap_action.data ? message->soap_action.data : "");
    g_snprintf(host->seen_charset, sizeof host->seen_charset, "%.*s", (int)message->charset.size,
               message->charset.data ? message->charset.data : "");
    g_queue_push_tail(&host->tickets, ticket);
    return ticket;
}

HtTicket *ht_host_submit(HtHost *host, const HtMessageHead *message, GBytes *body, HtHostDone done,
                         void *user, GError **error)
{
    HtTicket *ticket = make_ticket(host, message, done, user, error);
    if (ticket) {
        g_string_append_len(ticket->body, g_bytes_get_data(body, NULL), (gssize)g_bytes_get_size(body));
        g_string_assign(host->last, ticket->body->str);
        ticket->ended = true;
        host->submitted++;
        wake_host(host);
    }
    return ticket;
}

HtTicket *ht_host_stream(HtHost *host, const HtMessageHead *message, HtHostDone done,
                         void (*drained)(void *user), void *user, GError **error)
{
    HtTicket *ticket = make_ticket(host, message, done, user, error);
    if (ticket) {
        ticket->drained = drained;
        host->streamed++;
    }
    return ticket;
}

bool ht_ticket_write(HtTicket *ticket, const void *bytes, size_t size)
{
    g_assert_true(ticket->host->window == 0 || ticket->waiting <= ticket->host->window);
    g_string_append_len(ticket->body, bytes, (gssize)size);
    ticket->waiting += size;
    wake_host(ticket->host);
    return ticket->host->window == 0 || ticket->waiting <= ticket->host->window;
}

void ht_ticket_end(HtTicket *ticket, const uint8_t sha256[32])
{
    g_autofree char *wanted =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, ticket->body->str, (gssize)ticket->body->len);
    for (int i = 0; i < 32; i++) {
        g_assert_cmpint(g_ascii_xdigit_value(wanted[2 * i]) * 16 + g_ascii_xdigit_value(wanted[2 * i + 1]),
                        ==, sha256[i]);
    }
    g_string_assign(ticket->host->last, ticket->body->str);
    ticket->ended = true;
    wake_host(ticket->host);
}

/* Nothing is large here: all is left to `done`. */
void ht_ticket_prepare(HtTicket *ticket, HtHostPrepare prepare)
{
    (void)ticket;
    (void)prepare;
}

void ht_ticket_cancel(HtTicket *ticket)
{
    ticket->host->cancelled++;
    free_ticket(ticket);
}

typedef struct {
    void (*done)(GBytes *text, const GError *error, void *user);
    void *user;
    bool unknown;
} WsdlQuestion;

static gboolean answer_wsdl(void *user)
{
    WsdlQuestion *question = user;
    g_autoptr(GBytes) text = g_bytes_new_static("<definitions/>", 14);
    g_autoptr(GError) error =
        question->unknown ? g_error_new(HT_HOST_ERROR, HT_HOST_ERROR_SERVICE, "It has: Known, hukou.") : NULL;
    question->done(error ? NULL : text, error, question->user);
    g_free(question);
    return G_SOURCE_REMOVE;
}

void ht_host_wsdl(HtHost *host, const char *url, const char *service,
                  void (*done)(GBytes *text, const GError *error, void *user), void *user)
{
    WsdlQuestion *question = g_new(WsdlQuestion, 1);
    *question = (WsdlQuestion){done, user, service && strcmp(service, "Known") != 0};
    g_strlcpy(host->wsdl_url, url, sizeof host->wsdl_url);
    g_strlcpy(host->wsdl_service, service ? service : "", sizeof host->wsdl_service);
    g_idle_add(answer_wsdl, question);
}

/* ---- A bus in small ---- */

static HtSpool *open_test_spool(const char *directory)
{
    static const uint8_t key[32] = {1};
    g_autoptr(GError) error = NULL;
    HtSpoolOptions options = {.directory = directory, .site_key = key, .limits = ht_spool_limits_default()};
    options.limits.reserve_bytes = 1 << 20;
    HtSpool *spool = ht_spool_open(&options, &error);
    g_assert_no_error(error);
    return spool;
}

/* The bus of the test, for the functions of supervisor.h that are not given one. */
static Bus *the_bus;

HtHost *ht_host_new(const HtHostOptions *options)
{
    return &the_bus->hosts[strcmp(options->source, the_bus->source_configs[0].name) == 0 ? 0 : 1];
}

void ht_host_free(HtHost *host)
{
    (void)host;
}

void ht_host_status(const HtHost *host, HtHostStatus *status)
{
    (void)host;
    *status = (HtHostStatus){.state = "idle"};
}

static void init_source(Bus *bus, unsigned i, char *name)
{
    bus->source_configs[i] = (HtSourceConfig){.name = name,
                                              .department = (char *)"police",
                                              .adapter = (char *)"stub",
                                              .mapping = (char *)"stub.xml",
                                              .options = g_ptr_array_new(),
                                              .limits = ht_limits_default(),
                                              .on_invalid = (char *)"reject",
                                              .keep_payload = (char *)"repaired"};
    bus->source_configs[i].limits.body_bytes = 1 << 20;
    bus->hosts[i] = (HtHost){.refuse = -1, .last = g_string_new(NULL)};
    g_ptr_array_add(bus->config.sources, &bus->source_configs[i]);
}

Bus *bus_new(void)
{
    Bus *bus = g_new0(Bus, 1);
    bus->directory = g_dir_make_tmp("hutong-door-XXXXXX", NULL);
    static char *listen[] = {(char *)"127.0.0.1:0", NULL};
    bus->config.bus = (HtBusConfig){.name = (char *)"test",
                                    .listen = listen,
                                    .max_connections_per_address = 1024,
                                    .tls_handshake_ms = 5000,
                                    .require_box = (char *)"calls",
                                    .adapter_check = (char *)"off",
                                    .max_connections = 512,
                                    .header_timeout_ms = 10000,
                                    .idle_timeout_ms = 60000,
                                    .body_grace_ms = 10000,
                                    .body_bytes_per_second = 1024,
                                    .door_memory = 16384};
    bus->config.sources = g_ptr_array_new();
    bus->config.consumers = g_ptr_array_new();
    the_bus = bus;
    init_source(bus, 0, (char *)"hukou");
    init_source(bus, 1, (char *)"marriage");
    bus->spool_limits = ht_spool_limits_default();
    bus->spool = open_test_spool(bus->directory);
    bus->intake = (HtIntake){.spool = bus->spool, .limits = &bus->spool_limits, .sources = 2};
    return bus;
}

void bus_open_door(Bus *bus)
{
    g_autoptr(GError) error = NULL;
    bus->all_sources = ht_sources_new(&bus->config, &error);
    g_assert_no_error(error);
    for (unsigned i = 0; i < 2; i++) {
        bus->sources[i] = ht_sources_at(bus->all_sources, i);
    }
    if (bus->consumer.name) {
        g_ptr_array_add(bus->config.consumers, &bus->consumer);
    }
    bus->pages = ht_pages_new(&bus->config, &error);
    g_assert_no_error(error);
    ht_pages_add(bus->pages, bus->page_rows, bus->page_count, bus->page_user);
    HtDoorOptions options = {
        .bus = &bus->config.bus, .sources = bus->all_sources, .intake = &bus->intake, .pages = bus->pages};
    bus->door = ht_door_open(&options, &error);
    g_assert_no_error(error);
}

Bus *bus_start(void)
{
    Bus *bus = bus_new();
    bus_open_door(bus);
    return bus;
}

static void remove_directory(const char *directory)
{
    g_autoptr(GDir) listing = g_dir_open(directory, 0, NULL);
    const char *name;
    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_unlink(path);
    }
    g_rmdir(directory);
}

void bus_stop(Bus *bus)
{
    g_clear_pointer(&bus->door, ht_door_close);
    ht_spool_close(bus->spool);
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    for (int i = 0; i < 2; i++) {
        g_assert_cmpuint(bus->hosts[i].tickets.length, ==, 0);
        g_string_free(bus->hosts[i].last, TRUE);
        g_ptr_array_unref(bus->source_configs[i].options);
    }
    g_clear_pointer(&bus->all_sources, ht_sources_free);
    g_clear_pointer(&bus->pages, ht_pages_free);
    g_ptr_array_unref(bus->config.sources);
    g_ptr_array_unref(bus->config.consumers);
    remove_directory(bus->directory);
    g_free(bus->directory);
    g_free(bus);
}

uint64_t bus_events(Bus *bus)
{
    return ht_spool_last_sequence(bus->spool);
}

/* ---- The main loop, for a while ---- */

static gboolean tick(void *user)
{
    (void)user;
    return G_SOURCE_CONTINUE;
}

void iterate_loop(void)
{
    static unsigned ticker;
    if (ticker == 0) {
        ticker = g_timeout_add(1, tick, NULL);
    }
    g_main_context_iteration(NULL, TRUE);
}

/* ---- Clients ---- */

Client *client_open(Bus *bus)
{
    Client *client = g_new0(Client, 1);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)ht_door_port(bus->door)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(client->fd, >=, 0);
    g_assert_cmpint(connect(client->fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    client->got = g_string_new(NULL);
    return client;
}

void client_free(Client *client)
{
    close(client->fd);
    g_string_free(client->got, TRUE);
    g_free(client);
}

void client_send(Client *client, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(client->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            return;
        }
        bytes += MAX(sent, 0);
        size -= (size_t)MAX(sent, 0);
        if (sent <= 0) {
            iterate_loop();
        }
    }
}

void client_say(Client *client, const char *text)
{
    client_send(client, text, strlen(text));
}

void client_post(Client *client, const char *source, const char *headers, const char *body)
{
    g_autofree char *request =
        g_strdup_printf("POST /in/%s HTTP/1.1\r\nHost: bus\r\n%sContent-Length: %zu\r\n\r\n%s", source,
                        headers, strlen(body), body);
    client_say(client, request);
}

void client_look(Client *client)
{
    char bytes[4096];
    ssize_t size = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size > 0) {
        g_string_append_len(client->got, bytes, size);
    } else if (size == 0 || errno != EAGAIN) {
        client->closed = true;
    }
}

void answer_free(Answer *answer)
{
    if (answer) {
        g_free(answer->head);
        g_free(answer->body);
        g_free(answer);
    }
}

Answer *cut_answer(Client *client, bool no_body)
{
    const char *end = strstr(client->got->str, "\r\n\r\n");
    if (!end) {
        return NULL;
    }
    size_t head_size = (size_t)(end + 4 - client->got->str), body_size = 0;
    g_autofree char *head = g_strndup(client->got->str, head_size);
    const char *length = strstr(head, "Content-Length: ");
    if (length && !no_body && !g_str_has_prefix(head, "HTTP/1.1 100")) {
        body_size = (size_t)strtoul(length + 16, NULL, 10);
    }
    if (client->got->len < head_size + body_size) {
        return NULL;
    }
    Answer *answer = g_new0(Answer, 1);
    answer->status = (unsigned)strtoul(head + 9, NULL, 10);
    answer->body = g_strndup(client->got->str + head_size, body_size);
    answer->head = g_steal_pointer(&head);
    g_string_erase(client->got, 0, (gssize)(head_size + body_size));
    return answer;
}

Answer *client_answer(Client *client)
{
    Answer *answer = NULL;
    int64_t until_us = ht_clock_monotonic() + DEADLINE_US;
    while (!(answer = cut_answer(client, false)) && !client->closed) {
        g_assert_cmpint(ht_clock_monotonic(), <, until_us);
        iterate_loop();
        client_look(client);
    }
    return answer;
}

void client_wait_closed(Client *client)
{
    int64_t until_us = ht_clock_monotonic() + DEADLINE_US;
    while (!client->closed) {
        g_assert_cmpint(ht_clock_monotonic(), <, until_us);
        iterate_loop();
        client_look(client);
    }
}

unsigned status_of(Bus *bus, const char *request, size_t size)
{
    g_autoptr(Client) client = client_open(bus);
    client_send(client, request, size);
    g_autoptr(Answer) answer = client_answer(client);
    return answer ? answer->status : 0;
}

Answer *post(Bus *bus, const char *source, const char *headers, const char *body)
{
    g_autoptr(Client) client = client_open(bus);
    client_post(client, source, headers, body);
    Answer *answer = client_answer(client);
    g_assert_nonnull(answer);
    return answer;
}
