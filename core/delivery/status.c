/* The consumers on the status page and in the metrics. Figures and names only: no personal data passes here. Main-loop thread. */
#include "core/delivery/status.h"

#include "core/base/clock.h"
#include "core/base/figures.h"
#include "core/base/json.h"
#include "core/delivery/health.h"
#include "core/delivery/policy.h"
#include "spool/status.h"

#define OF(field) offsetof(HtConsumerStatus, field)

static const HtFigure figures[] = {
    {"cursor", NULL, OF(cursor)},
    {"backlog", "consumer_backlog_events", OF(backlog)},
    {"failing", "consumer_failing_subjects", OF(failing)},
    {"held", "consumer_held_events", OF(held)},
    {"underWay", "consumer_under_way_events", OF(under_way)},
    {"delivered", "consumer_delivered_events_total", OF(delivered)},
    {"skipped", NULL, OF(skipped)},
    {"dead", "consumer_dead_letters_total", OF(dead)},
    {"letters", "consumer_dead_letters", OF(letters)},
    {"deadMax", NULL, OF(dead_max)},
    {"attempts", "consumer_requests_total", OF(attempts)},
    {"failures", "consumer_request_failures_total", OF(failures)},
    {"purposeLeftS", "consumer_purpose_remaining_seconds", OF(purpose_left_s)},
    {"answerP50Us", NULL, OF(p50_us)},
    {"answerP99Us", NULL, OF(p99_us)},
};

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
    ht_spool_pause_json("pause", consumer->pause, json);
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

static void add_oldest(HtBuffer *text, const HtMetric *metric, const HtConsumerStatus *consumer)
{
    int64_t age_us = consumer->oldest_us > 0 ? ht_clock_now() - consumer->oldest_us : 0;
    ht_metric_add(text, metric, consumer->name, (uint64_t)MAX(age_us, 0));
}

static void add_up(HtBuffer *text, const HtMetric *metric, const HtConsumerStatus *consumer)
{
    bool up = g_str_equal(consumer->state, "idle") || g_str_equal(consumer->state, "delivering");
    ht_metric_add(text, metric, consumer->name, up);
}

static void add_paused(HtBuffer *text, const HtMetric *metric, const HtConsumerStatus *consumer)
{
    ht_metric_add(text, metric, consumer->name, consumer->pause != NULL);
}

static void add_answers(HtBuffer *text, const HtMetric *metric, const HtConsumerStatus *consumer)
{
    ht_metric_add_part(text, metric, "0.5", consumer->name, consumer->p50_us);
    ht_metric_add_part(text, metric, "0.99", consumer->name, consumer->p99_us);
    ht_metric_add_part(text, metric, "_sum", consumer->name, consumer->health->sum_us);
    ht_metric_add_part(text, metric, "_count", consumer->name, consumer->health->timed);
}

static const struct {
    const char *name;
    void (*add)(HtBuffer *text, const HtMetric *metric, const HtConsumerStatus *consumer);
} others[] = {
    {"consumer_oldest_waiting_seconds", add_oldest},
    {"consumer_up", add_up},
    {"consumer_paused", add_paused},
    {"consumer_answer_seconds", add_answers},
};

static void add_figure(GArray *consumers, const HtFigure *figure, HtBuffer *text)
{
    const HtMetric *metric = ht_metric_begin(text, figure->metric);
    for (unsigned i = 0; i < consumers->len; i++) {
        const HtConsumerStatus *consumer = &g_array_index(consumers, HtConsumerStatus, i);
        ht_metric_add(text, metric, consumer->name, ht_figure_value(figure, consumer));
    }
}

void ht_delivery_metrics(const HtDelivery *delivery, HtBuffer *text)
{
    g_autoptr(GArray) consumers = g_array_new(FALSE, TRUE, sizeof(HtConsumerStatus));
    g_array_set_size(consumers, ht_delivery_consumers(delivery));
    for (unsigned i = 0; i < consumers->len; i++) {
        ht_delivery_status(delivery, i, &g_array_index(consumers, HtConsumerStatus, i));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
        if (figures[i].metric) {
            add_figure(consumers, &figures[i], text);
        }
    }
    for (size_t o = 0; o < G_N_ELEMENTS(others); o++) {
        const HtMetric *metric = ht_metric_begin(text, others[o].name);
        for (unsigned i = 0; i < consumers->len; i++) {
            others[o].add(text, metric, &g_array_index(consumers, HtConsumerStatus, i));
        }
    }
}
