/* Test events; see test-event.h. Main-loop thread, and a thread beside it that writes the file. */
#include "core/delivery/test-event.h"

#include "core/base/beside.h"
#include "core/base/clock.h"
#include "core/delivery/judge.h"
#include "spool/repair.h"

#define FILE_MODE 0640

typedef struct {
    HtTestDone done;
    void *user;
    HtUuid id;
    /* of a file */
    HtBeside *beside;
    char *path;
    HtBuffer line;
    int64_t began_us;
    GError *error;
} TestEvent;

static void finish(const HtSent *sent, void *user)
{
    TestEvent *test = user;
    test->done(&test->id, sent, test->user);
    ht_buffer_clear(&test->line);
    g_clear_error(&test->error);
    g_free(test->path);
    g_free(test);
}

static void drop(void *user)
{
    finish(NULL, user);
}

/* ---- A file ---- */

static void write_file(void *user)
{
    TestEvent *test = user;
    g_file_set_contents_full(test->path, test->line.data, (gssize)test->line.size,
                             G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, FILE_MODE,
                             &test->error);
}

static void on_written(void *user)
{
    TestEvent *test = user;
    HtSent sent = {.kind = test->error ? HT_SENT_REST : HT_SENT_TAKEN,
                   .reason = test->error ? test->error->message : NULL,
                   .took_us = (uint64_t)(ht_clock_monotonic() - test->began_us)};
    ht_beside_free(test->beside);
    finish(&sent, test);
}

static void begin_file(const HtConsumer *consumer, const HtStoredEvent *event, const HtEventPolicy *policy,
                       TestEvent *test)
{
    char id[HT_UUID_TEXT];
    ht_uuid_format(&test->id, id);
    test->path =
        g_strdup_printf("%s/%s.test-%s.jsonl", consumer->config->directory, consumer->config->name, id);
    ht_event_render(event, consumer->options->config->bus.name, policy, &test->line);
    ht_buffer_add_char(&test->line, '\n');
    test->began_us = ht_clock_monotonic();
    test->beside = ht_beside_start(write_file, on_written, test, test);
}

/* ---- Sending ---- */

static void fill(HtStoredEvent *event, const HtUuid *id, char time[HT_CLOCK_TEXT])
{
    int64_t now_us = ht_clock_now();
    ht_clock_format(now_us, time);
    *event = (HtStoredEvent){.id = *id, .recorded_us = now_us, .state = HT_STORED_WHOLE};
    event->event = (HtEvent){.attr = {[HT_ATTR_TYPE] = HT_TEXT_LITERAL("bus.test.v1"),
                                      [HT_ATTR_ACTION] = HT_TEXT_LITERAL("assert"),
                                      [HT_ATTR_TIME] = ht_text_from(time),
                                      [HT_ATTR_TIMEPRECISION] = HT_TEXT_LITERAL("second"),
                                      [HT_ATTR_DIRECTION] = HT_TEXT_LITERAL("lateral"),
                                      [HT_ATTR_DATACLASSIFICATION] = HT_TEXT_LITERAL("0"),
                                      [HT_ATTR_SOURCE] = HT_TEXT_LITERAL(HT_SPOOL_OWN_SOURCE)},
                             .data = HT_TEXT_LITERAL("")};
}

const char *ht_consumer_test(HtConsumer *consumer, HtTestDone done, void *user)
{
    HtTransport *transport = consumer->transport;
    HtEventPolicy policy = {ht_policy_see_time, ht_policy_see, consumer->policy,
                            consumer->options->config->bus.schema_url};
    char time[HT_CLOCK_TEXT];
    HtStoredEvent event;
    if (transport->serve) {
        return "it fetches its events itself, so nothing can be sent to it: let it ask at /out/NAME, and see "
               "`hutong tap --all`";
    }
    TestEvent *test = g_new0(TestEvent, 1);
    *test = (TestEvent){.done = done, .user = user, .id = ht_uuid_new()};
    fill(&event, &test->id, time);
    if (transport->room) {
        begin_file(consumer, &event, &policy, test);
        return NULL;
    }
    g_autoptr(GPtrArray) events = g_ptr_array_new();
    g_ptr_array_add(events, &event);
    HtOutgoing outgoing = {.events = events,
                           .bus = consumer->options->config->bus.name,
                           .policy = &policy,
                           .done = finish,
                           .drop = drop,
                           .user = test};
    transport->send(transport, &outgoing);
    return NULL;
}
