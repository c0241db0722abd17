/* The last messages; see recent.h. */
#include "core/ingress/recent.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#define KEPT 1024

typedef struct {
    int64_t time_us;
    HtUuid id;
    char source[65], outcome[49];
    unsigned status;
    uint64_t sequence, events, duplicates;
} RecentMessage;

struct HtRecent {
    RecentMessage messages[KEPT]; /* number N at N % KEPT */
    uint64_t last;
};

HtRecent *ht_recent_new(void)
{
    return g_new0(HtRecent, 1);
}

void ht_recent_free(HtRecent *recent)
{
    g_free(recent);
}

static RecentMessage *begin(HtRecent *recent, const HtUuid *id, const char *source, const char *outcome)
{
    RecentMessage *message = &recent->messages[++recent->last % KEPT];
    *message = (RecentMessage){.time_us = ht_clock_now(), .id = *id};
    g_strlcpy(message->source, source ? source : "-", sizeof message->source);
    g_strlcpy(message->outcome, outcome, sizeof message->outcome);
    return message;
}

void ht_recent_refused(HtRecent *recent, const HtUuid *id, const char *source, unsigned status,
                       const char *code)
{
    begin(recent, id, source, code)->status = status;
}

void ht_recent_taken(HtRecent *recent, const HtReceipt *receipt, const char *source)
{
    RecentMessage *message = begin(recent, &receipt->id, source, receipt->resent ? "resent" : "taken");
    message->status = 200;
    message->sequence = receipt->sequence;
    message->events = receipt->events;
    message->duplicates = receipt->duplicates;
}

static void add_message(const HtRecent *recent, uint64_t number, HtBuffer *json)
{
    const RecentMessage *message = &recent->messages[number % KEPT];
    char id[HT_UUID_TEXT];
    ht_uuid_format(&message->id, id);
    ht_json_comma(json);
    ht_buffer_add_char(json, '{');
    ht_json_member_number(json, "number", (int64_t)number);
    ht_json_member_time(json, "time", message->time_us);
    ht_json_member(json, "id", ht_text_from(id));
    ht_json_member(json, "source", ht_text_from(message->source));
    ht_json_member(json, "outcome", ht_text_from(message->outcome));
    ht_json_member_number(json, "status", message->status);
    ht_json_member_number(json, "sequence", (int64_t)message->sequence);
    ht_json_member_number(json, "events", (int64_t)message->events);
    ht_json_member_number(json, "known", (int64_t)message->duplicates);
    ht_buffer_add_char(json, '}');
}

void ht_recent_json(const HtRecent *recent, uint64_t after, HtBuffer *json)
{
    uint64_t first = recent->last > KEPT ? recent->last - KEPT + 1 : 1;
    first = after < recent->last ? MAX(first, after + 1) : recent->last + 1;
    ht_buffer_add_char(json, '{');
    ht_json_member_number(json, "last", (int64_t)recent->last);
    ht_json_name(json, "messages");
    ht_buffer_add_char(json, '[');
    for (uint64_t number = first; number <= recent->last; number++) {
        add_message(recent, number, json);
    }
    ht_buffer_add_literal(json, "]}\n");
}
