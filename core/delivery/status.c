/* The consumers on the status page and in the metrics. Figures and names only: no personal data passes here. Main-loop thread. */
#include "core/delivery/status.h"

#include "core/base/figures.h"
#include "core/base/json.h"
#include "core/delivery/health.h"
#include "core/delivery/policy.h"

#define OF(field) offsetof(HtConsumerStatus, field)

static const HtFigure figures[] = {
    {"cursor", NULL, NULL, OF(cursor)},
    {"backlog", "consumer_backlog", "Events between the cursor and the end of the spool.", OF(backlog)},
    {"failing", "consumer_failing", "Persons of whom an event failed alone and waits to go again.",
     OF(failing)},
    {"delivered", "consumer_delivered_total", "Events acknowledged.", OF(delivered)},
    {"skipped", NULL, NULL, OF(skipped)},
    {"dead", "consumer_dead_total", "Events that became dead letters.", OF(dead)},
    {"letters", "consumer_dead_letters", "Dead letters that are there now.", OF(letters)},
    {"deadMax", NULL, NULL, OF(dead_max)},
    {"attempts", "consumer_attempts_total", "Requests sent.", OF(attempts)},
    {"failures", "consumer_failures_total", "Requests that failed.", OF(failures)},
    {"purposeLeftS", "consumer_purpose_left_seconds", "Until its purpose lapses; 0: none, or lapsed.",
     OF(purpose_left_s)},
    {"answerP50Us", NULL, NULL, OF(p50_us)},
    {"answerP99Us", NULL, NULL, OF(p99_us)},
};

static void add_pause(const HtSpoolPause *pause, HtBuffer *json)
{
    ht_json_open(json, "pause");
    ht_json_member(json, "by", ht_text_from(pause->kind == HT_SPOOL_PAUSE_GONE ? "410" : "administrator"));
    ht_json_member_time(json, "since", pause->since_us);
    ht_json_member_number(json, "uid", pause->uid);
    ht_json_member(json, "reason", ht_text_from(pause->reason));
    ht_buffer_add_char(json, '}');
}

static void add_consumer(const HtConsumerStatus *consumer, HtBuffer *json)
{
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member(json, "name", ht_text_from(consumer->name));
    ht_json_member(json, "state", ht_text_from(consumer->state));
    ht_json_member_time(json, "since", consumer->since_us);
    ht_figures_json(figures, G_N_ELEMENTS(figures), consumer, json);
    ht_json_member(json, "policy", ht_text_from(ht_policy_version(consumer->policy)));
    ht_json_member(json, "purpose", ht_text_from(ht_purpose_name(ht_policy_purpose(consumer->policy))));
    ht_json_member_time(json, "oldest", consumer->oldest_us);
    ht_json_member(json, "lastError", ht_text_from(consumer->last_error));
    if (consumer->pause) {
        add_pause(consumer->pause, json);
    }
    if (consumer->transport->describe) {
        consumer->transport->describe(consumer->transport, json);
    }
    ht_health_json(consumer->health, json);
    ht_buffer_add_char(json, '}');
}

void ht_delivery_json(const HtDelivery *delivery, HtBuffer *json)
{
    ht_json_name(json, "consumers");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 0; i < ht_delivery_consumers(delivery); i++) {
        HtConsumerStatus consumer;
        ht_delivery_status(delivery, i, &consumer);
        add_consumer(&consumer, json);
    }
    ht_buffer_add_char(json, ']');
}

char *ht_delivery_notice(const HtDelivery *delivery)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < ht_delivery_consumers(delivery); i++) {
        HtConsumerStatus consumer;
        ht_delivery_status(delivery, i, &consumer);
        HtPurpose purpose = ht_policy_purpose(consumer.policy);
        if (purpose == HT_PURPOSE_ENDS || purpose == HT_PURPOSE_LAPSED) {
            g_string_append_printf(text, "%sthe purpose of consumer %s %s", text->len > 0 ? "; " : "",
                                   consumer.name, purpose == HT_PURPOSE_ENDS ? "lapses soon" : "has lapsed");
        }
    }
    return text->len > 0 ? g_strdup(text->str) : NULL;
}

/* A metric of all consumers: `value` of each, or with `seconds` a time in microseconds. */
static void add_metric(const HtDelivery *delivery, const HtFigure *figure, bool seconds, HtBuffer *text)
{
    ht_metric_begin(text, figure->metric, figure->help);
    for (unsigned i = 0; i < ht_delivery_consumers(delivery); i++) {
        HtConsumerStatus consumer;
        ht_delivery_status(delivery, i, &consumer);
        (seconds ? ht_metric_add_seconds : ht_metric_add)(text, figure->metric, "consumer", consumer.name,
                                                          ht_figure_value(figure, &consumer));
    }
}

static const HtFigure times[] = {
    {NULL, "consumer_answer_p50_seconds", "Half of the last answers came within this time.", OF(p50_us)},
    {NULL, "consumer_answer_p99_seconds", "99 of 100 of the last answers came within this time.", OF(p99_us)},
};

void ht_delivery_metrics(const HtDelivery *delivery, HtBuffer *text)
{
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
        if (figures[i].metric) {
            add_metric(delivery, &figures[i], false, text);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        add_metric(delivery, &times[i], true, text);
    }
}
