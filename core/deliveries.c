/* Deliveries of a consumer; see deliveries.h. */
#include "core/deliveries.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/page/lookup.h"
#include "core/reconcile/delivered.h"

#define LIMIT_MOST 1000
#define LIMIT_USUAL 100
#define SCAN 20000       /* events that are looked at for one page: some tens of milliseconds */
#define CHUNK 1000       /* of them at once */
#define QUESTIONS_MAX 16 /* that wait; more are told to come again */

struct HtDeliveries {
    char *state; /* the spool's folder, which no reload changes */
    HtSpool *spool;
    HtPageLookup *lookup;
    HtConfig *config; /* the lookup's thread's, as all below */
    HtDelivered *delivered;
};

typedef struct {
    HtPageQuestion question;
    HtConfig *config; /* not NULL: no question, but from here on these are the thread's */
    HtDelivered *delivered;
    HtDeliveries *deliveries;
    char *consumer;
    uint64_t after, limit, last; /* `last`: of the spool */
    HtDeliveredState state;      /* NOT_ITS: all */
    bool from_cursor;
    HtBuffer body; /* of the answer */
    GError *error;
    /* while it is looked up */
    HtSpoolLook *look;
    unsigned number; /* of the consumer */
    unsigned found;
} DeliveryQuestion;

static const char *const words[] = {[HT_DELIVERED_NOT_ITS] = "",
                                    [HT_DELIVERED_WAITING] = "waiting",
                                    [HT_DELIVERED_ACKNOWLEDGED] = "delivered",
                                    [HT_DELIVERED_DEAD] = "dead"};

static void free_question(HtPageQuestion *asked)
{
    DeliveryQuestion *question = (DeliveryQuestion *)asked;
    ht_delivered_free(question->delivered);
    g_clear_pointer(&question->config, ht_config_free);
    g_free(question->consumer);
    ht_buffer_clear(&question->body);
    g_clear_error(&question->error);
    g_free(question);
}

/* ---- The thread ---- */

static void add_sequence(HtBuffer *json, const char *name, uint64_t sequence)
{
    g_autofree char *digits = g_strdup_printf("%020" G_GUINT64_FORMAT, sequence);
    ht_json_member(json, name, ht_text_from(digits));
}

/* Why it is a dead letter, and since when. */
static void add_letter(DeliveryQuestion *question, uint64_t sequence)
{
    const HtSpoolLetterFilter filter = {.consumer = question->consumer, .sequence = sequence};
    g_autoptr(GPtrArray) letters =
        question->error ? NULL : ht_spool_look_letters(question->look, &filter, &question->error);
    if (letters && letters->len > 0) {
        const HtSpoolLooked *letter = letters->pdata[0];
        ht_json_member(&question->body, "reason", ht_text_from(letter->reason));
        ht_json_member_number(&question->body, "attempts", letter->attempts);
        ht_json_member_time(&question->body, "deadtime", letter->time_us);
    }
}

static void add_delivery(DeliveryQuestion *question, const HtStoredEvent *event, HtDeliveredState state)
{
    HtBuffer *json = &question->body;
    char id[HT_UUID_TEXT];
    ht_uuid_format(&event->id, id);
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    add_sequence(json, "sequence", event->sequence);
    ht_json_member(json, "id", ht_text_from(id));
    ht_json_member(json, "type", event->event.attr[HT_ATTR_TYPE]);
    ht_json_member_time(json, "recordedtime", event->recorded_us);
    ht_json_member(json, "causationid", event->event.attr[HT_ATTR_CAUSATIONID]);
    ht_json_member(json, "state", ht_text_from(words[state]));
    if (state == HT_DELIVERED_DEAD) {
        add_letter(question, event->sequence);
    }
    ht_buffer_add_char(json, '}');
}

/* Of what is behind the page's last event nothing is looked at. */
static void see_event(const HtStoredEvent *event, void *user)
{
    DeliveryQuestion *question = user;
    bool known = event->state == HT_STORED_WHOLE || event->event.attr[HT_ATTR_TYPE].data; /* or pruned */
    if (question->found == question->limit) {
        return;
    }
    question->after = event->sequence;
    HtDeliveredState state =
        known ? ht_delivered_state(question->deliveries->delivered, question->number, event)
              : HT_DELIVERED_NOT_ITS;
    bool wanted = question->state == HT_DELIVERED_NOT_ITS || question->state == state;
    if (state != HT_DELIVERED_NOT_ITS && wanted) {
        question->found++;
        add_delivery(question, event, state);
    }
}

static bool look_at_events(DeliveryQuestion *question)
{
    uint64_t end = MIN(question->last, question->after + SCAN);
    bool good = true;
    while (good && question->found < question->limit && question->after < end) {
        uint64_t from = question->after, to = MIN(end, from + CHUNK);
        good = ht_delivered_load(question->deliveries->delivered, question->look, from + 1, to,
                                 &question->error) &&
               ht_spool_look_events(question->look, from, to, see_event, question, &question->error) &&
               !question->error;
        if (question->found < question->limit) { /* what stands at its end may be lost */
            question->after = to;
        }
    }
    return good;
}

static uint64_t find_cursor(DeliveryQuestion *question)
{
    g_autoptr(GPtrArray) places = ht_spool_look_consumers(question->look, 1, 1, &question->error);
    const HtSpoolConsumer *place = places ? ht_spool_consumer_find(places, question->consumer) : NULL;
    return place ? place->cursor : 0;
}

static void look_up(DeliveryQuestion *question)
{
    HtBuffer *json = &question->body;
    uint64_t cursor = find_cursor(question);
    if (question->error) {
        return;
    }
    question->after = question->from_cursor ? MAX(question->after, cursor) : question->after;
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "consumer", ht_text_from(question->consumer));
    add_sequence(json, "cursor", cursor);
    ht_json_name(json, "deliveries");
    ht_buffer_add_char(json, '[');
    if (look_at_events(question)) {
        ht_buffer_add_char(json, ']');
        if (question->after < question->last) {
            add_sequence(json, "next", question->after);
        }
        ht_buffer_add_literal(json, "}\n");
    }
}

static bool find_number(DeliveryQuestion *question)
{
    const GPtrArray *consumers = question->deliveries->config->consumers;
    while (question->number < consumers->len &&
           !g_str_equal(((const HtConsumerConfig *)consumers->pdata[question->number])->name,
                        question->consumer)) {
        question->number++;
    }
    return question->number < consumers->len;
}

static void change(HtDeliveries *deliveries, DeliveryQuestion *question)
{
    HtConfig *config = deliveries->config;
    HtDelivered *delivered = deliveries->delivered;
    deliveries->config = question->config;
    deliveries->delivered = question->delivered;
    question->config = config;
    question->delivered = delivered;
}

static void look(HtPageQuestion *asked, void *user)
{
    DeliveryQuestion *question = (DeliveryQuestion *)asked;
    HtDeliveries *deliveries = user;
    if (question->config) {
        change(deliveries, question);
        return;
    }
    question->look = find_number(question) ? ht_spool_look_open(deliveries->state, &question->error) : NULL;
    if (question->look) {
        look_up(question);
        ht_spool_look_close(question->look);
    }
}

/* ---- The main loop ---- */

static void answer(HtPageCall *call, HtPageQuestion *asked)
{
    DeliveryQuestion *question = (DeliveryQuestion *)asked;
    HtRefusal refusal;
    if (question->error) {
        ht_log(HT_LOG_ERROR, "deliveries", "cannot be looked up: %s", question->error->message);
        ht_refuse_error(&refusal, question->error);
        ht_page_refuse(call, &refusal);
        return;
    }
    if (question->body.size == 0) { /* a reload took it away meanwhile */
        ht_refuse(&refusal, "unknown-consumer");
        ht_page_refuse(call, &refusal);
        return;
    }
    HtPageAnswer answer = {.status = 200,
                           .type = "application/json",
                           .body = question->body,
                           .headers = {{"Cache-Control", "no-store"}}};
    question->body = (HtBuffer){.data = NULL};
    ht_page_answer(call, &answer);
}

static const HtPageLookupWays ways = {.most = QUESTIONS_MAX,
                                      .busy = "Too many deliveries are asked for at once. Ask again.",
                                      .look = look,
                                      .answer = answer,
                                      .free = free_question};

static bool read_state(const HtPageCall *call, DeliveryQuestion *question, HtRefusal *refusal)
{
    const char *state = ht_page_query(call, "state");
    question->state = HT_DELIVERED_NOT_ITS;
    if (!state) {
        return true;
    }
    for (HtDeliveredState known = HT_DELIVERED_WAITING; known <= HT_DELIVERED_DEAD; known++) {
        if (g_str_equal(state, words[known])) {
            question->state = known;
            return true;
        }
    }
    return ht_refuse_with(refusal, "bad-query", "state= is one of waiting, delivered, dead.");
}

static bool read_question(const HtPageCall *call, DeliveryQuestion *question, HtRefusal *refusal)
{
    return ht_page_accepts(call, "application/json", refusal) &&
           ht_page_number(call, "after", 0, INT64_MAX, 0, &question->after, refusal) &&
           ht_page_number(call, "limit", 1, LIMIT_MOST, LIMIT_USUAL, &question->limit, refusal) &&
           read_state(call, question, refusal);
}

static void serve(HtPageCall *call, void *user)
{
    HtDeliveries *deliveries = user;
    HtRefusal refusal;
    DeliveryQuestion asked = {.deliveries = deliveries, .last = ht_spool_last_sequence(deliveries->spool)};
    if (!read_question(call, &asked, &refusal)) {
        ht_page_refuse(call, &refusal);
        return;
    }
    asked.consumer = g_strdup(call->party);
    asked.from_cursor = asked.state == HT_DELIVERED_WAITING;
    DeliveryQuestion *question = g_memdup2(&asked, sizeof asked);
    ht_page_lookup_ask(deliveries->lookup, call, &question->question);
}

static const HtPage rows[] = {{HT_PAGE_READ, "/out/*/deliveries", HT_PARTY_CONSUMER, 0, serve}};

/* ---- Opening and closing ---- */

HtDeliveries *ht_deliveries_new(const HtConfig *config, const HtDictionary *dictionary, HtSpool *spool,
                                HtPages *pages)
{
    HtDeliveries *deliveries = g_new0(HtDeliveries, 1);
    deliveries->state = g_strdup(config->bus.state);
    deliveries->spool = spool;
    deliveries->config = ht_config_hold(config);
    deliveries->delivered = ht_delivered_new(config, dictionary);
    deliveries->lookup = ht_page_lookup_new(&ways, deliveries);
    ht_pages_add(pages, rows, G_N_ELEMENTS(rows), deliveries);
    return deliveries;
}

void ht_deliveries_change(HtDeliveries *deliveries, const HtConfig *config, const HtDictionary *dictionary)
{
    DeliveryQuestion *next = g_new0(DeliveryQuestion, 1);
    next->config = ht_config_hold(config);
    next->delivered = ht_delivered_new(config, dictionary);
    ht_page_lookup_change(deliveries->lookup, &next->question);
}

void ht_deliveries_free(HtDeliveries *deliveries)
{
    if (!deliveries) {
        return;
    }
    ht_page_lookup_free(deliveries->lookup);
    ht_delivered_free(deliveries->delivered);
    ht_config_free(deliveries->config);
    g_free(deliveries->state);
    g_free(deliveries);
}
