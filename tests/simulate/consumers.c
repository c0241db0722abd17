/* See consumers.h. */
#include "tests/simulate/consumers.h"

#include "core/base/clock.h"
#include "core/delivery/delivery.h"
#include "core/delivery/sender.h"
#include "tests/simulate/account.h"
#include "tests/simulate/machine.h"
#include "tests/simulate/settings.h"

#include <string.h>

#define BATCH_MAX 16
#define TIMEOUT_US (30 * HT_SECOND)

typedef struct {
    unsigned consumer, number, count;
    ShownEvent events[BATCH_MAX];
    int64_t until_us;
    void (*done)(const HtPosted *posted, void *user);
    void (*drop)(void *user);
    void *user;
} Request;

/* What a consumer does with what it gets. */
typedef enum { GOOD, PICKY, FLAKY, DOWN, BUSY, LEAVING, MOODS } Mood;

static const char *const names[CONSUMERS] = {"a", "b", "c"};
static HtDelivery *delivery;
static HtSpool *delivered_from;
static GPtrArray *requests; /* of Request, under way */
static unsigned posts;

/* ---- The way out ---- */

HtSender *__wrap_ht_sender_new(void);
void __wrap_ht_sender_free(HtSender *sender);
HtBuffer __wrap_ht_sender_body(HtSender *sender);
void __wrap_ht_sender_post(HtSender *sender, HtPost *post, void (*done)(const HtPosted *posted, void *user),
                           void *user);

HtSender *__wrap_ht_sender_new(void)
{
    return (HtSender *)&requests;
}

void __wrap_ht_sender_free(HtSender *sender)
{
    (void)sender;
    for (guint i = 0; i < requests->len; i++) {
        Request *request = requests->pdata[i];
        request->drop(request->user);
    }
    g_ptr_array_set_size(requests, 0);
}

HtBuffer __wrap_ht_sender_body(HtSender *sender)
{
    (void)sender;
    return (HtBuffer){0};
}

/* The value of a member, from `at` on, up to `end`; empty when there is none. */
static void find_member(const char *at, const char *end, const char *name, char value[64])
{
    g_autofree char *head = g_strdup_printf("\"%s\":\"", name);
    const char *found = g_strstr_len(at, end - at, head);
    size_t size = 0;
    *value = '\0';
    for (found = found ? found + strlen(head) : NULL; found && found[size] != '"' && size < 63; size++) {
        value[size] = found[size];
    }
    value[size] = '\0';
}

static ShownEvent read_shown(const char *at, const char *end)
{
    char value[64];
    ShownEvent event = {0};
    find_member(at, end, "sequence", value);
    event.sequence = g_ascii_strtoull(value, NULL, 10);
    find_member(at, end, "consumersequence", value);
    event.number = g_ascii_strtoull(value, NULL, 10);
    find_member(at, end, "id", value);
    g_assert_true(ht_uuid_parse(ht_text_from(value), &event.id));
    find_member(at, end, "subject", value);
    event.person = account_person(value);
    return event;
}

/* Each event begins with its number. */
static void read_events(Request *request, HtText body)
{
    static const char beginning[] = "{\"consumersequence\"";
    const char *end = body.data + body.size;
    const char *at = g_strstr_len(body.data, (gssize)body.size, beginning);
    while (at) {
        const char *next = g_strstr_len(at + 1, end - at - 1, beginning);
        g_assert_cmpuint(request->count, <, BATCH_MAX);
        request->events[request->count++] = read_shown(at, next ? next : end);
        at = next;
    }
    g_assert_cmpuint(request->count, >, 0);
}

void __wrap_ht_sender_post(HtSender *sender, HtPost *post, void (*done)(const HtPosted *posted, void *user),
                           void *user)
{
    (void)sender;
    Request *request = g_new0(Request, 1);
    *request = (Request){.consumer = (unsigned)(post->url[strlen(post->url) - 1] - 'a'),
                         .number = ++posts,
                         .until_us = machine_monotonic() + TIMEOUT_US,
                         .done = done,
                         .drop = post->drop,
                         .user = user};
    read_events(request, ht_buffer_text(&post->body));
    ht_buffer_clear(&post->body);
    g_ptr_array_add(requests, request);
    for (unsigned i = 0; i < request->count; i++) {
        account_sent(request->consumer, &request->events[i], request->number);
    }
}

/* ---- Answers ---- */

static AnswerKind kind_of(const Request *request, const HtPosted *posted)
{
    bool rests = posted->unsent || posted->retry_after_ms > 0;
    if (posted->status >= 200 && posted->status < 300) {
        return ANSWER_TAKEN;
    }
    if (request->count > 1 || rests || posted->status == 410) {
        return ANSWER_FAILED;
    }
    return posted->status == 422 ? ANSWER_REFUSED_ALONE : ANSWER_FAILED_ALONE;
}

/* The next requests may go from inside. */
static void settle(guint index, const HtPosted *posted)
{
    g_autofree Request *request = g_ptr_array_steal_index(requests, index);
    AnswerKind kind = kind_of(request, posted);
    if (posted->retry_after_ms > 0) {
        account_rest(request->consumer, posted->retry_after_ms);
    }
    for (unsigned i = 0; i < request->count; i++) {
        account_answers(request->consumer, request->events[i].sequence, kind);
    }
    request->done(posted, request->user);
    for (unsigned i = 0; i < request->count; i++) {
        account_answered(request->consumer, request->events[i].sequence);
    }
}

static const long flaky[] = {200, 200, 200, 500, 503, 403, 0, 422};

static HtPosted answer_of(const Request *request, uint64_t *seed)
{
    uint64_t first = request->events[0].sequence;
    HtPosted good = {.status = 200, .took_us = 1000}, bad = {.took_us = 1000};
    switch ((Mood)world->consumer[request->consumer].mood) {
    case PICKY:
        for (unsigned i = 0; i < request->count; i++) {
            bad.status = request->events[i].sequence % 7 == 3 ? 422 : bad.status;
        }
        return bad.status > 0 ? bad : good;
    case FLAKY:
        bad.status = flaky[chance_below(seed, G_N_ELEMENTS(flaky))];
        bad.error = bad.status > 0 ? NULL : "Timeout was reached"; /* it may have taken them */
        return bad;
    case DOWN:
        bad.error = "Couldn't connect to server";
        bad.unsent = true;
        return bad;
    case BUSY:
        bad.status = chance_in(seed, 2) ? 429 : 503;
        bad.retry_after_ms = 1000 * (1 + chance_below(seed, 20));
        return chance_in(seed, 2) ? bad : good;
    case LEAVING: bad.status = first % 5 == 0 ? 410 : 500; return bad;
    default: return good;
    }
}

void consumers_answer(uint64_t seed)
{
    if (requests->len > 0) {
        guint index = (guint)chance_below(&seed, requests->len);
        HtPosted posted = answer_of(requests->pdata[index], &seed);
        settle(index, &posted);
    }
}

void consumers_time_out(void)
{
    for (guint i = requests->len; i > 0; i--) {
        const Request *request = requests->pdata[i - 1];
        HtPosted none = {.error = "Timeout was reached"};
        if (i <= requests->len && request->until_us <= machine_monotonic()) {
            settle(i - 1, &none);
        }
    }
}

/* One that had left is brought back, as by `hutong consumer resume`. */
static void resume(unsigned consumer)
{
    HtSpoolPause none = {.kind = HT_SPOOL_PAUSE_NONE};
    if (ht_spool_paused(delivered_from, HT_SPOOL_CONSUMER, names[consumer])) {
        ht_spool_pause(delivered_from, HT_SPOOL_CONSUMER, names[consumer], &none);
        ht_delivery_wake(delivery, 0);
    }
}

void consumers_change_mood(uint64_t seed)
{
    unsigned consumer = (unsigned)chance_below(&seed, CONSUMERS);
    world->consumer[consumer].mood = (uint8_t)chance_below(&seed, MOODS);
    resume(consumer);
}

void consumers_be_good(void)
{
    for (unsigned i = 0; i < CONSUMERS; i++) {
        world->consumer[i].mood = GOOD;
        resume(i);
    }
}

/* ---- A life ---- */

static void wake(uint64_t last_sequence, void *user)
{
    (void)user;
    ht_delivery_wake(delivery, last_sequence);
}

void consumers_begin(HtSpool *spool)
{
    g_autoptr(GError) error = NULL;
    HtDeliveryOptions options = {
        .config = settings_config(), .dictionary = settings_dictionary(), .spool = spool};
    requests = g_ptr_array_new_with_free_func(g_free);
    delivered_from = spool;
    account_begin(spool);
    delivery = ht_delivery_new(&options, &error);
    if (!delivery) {
        world_fail("delivery cannot begin: %s", error->message);
    }
    ht_spool_watch(spool, wake, NULL);
}

void consumers_end(void)
{
    ht_spool_watch(delivered_from, NULL, NULL);
    ht_delivery_free(g_steal_pointer(&delivery));
}

static ConsumerFigures figures_of(unsigned consumer)
{
    HtConsumerStatus status;
    g_assert_true(ht_delivery_find(delivery, names[consumer], &status));
    return (ConsumerFigures){status.cursor, status.delivered, status.dead, status.letters};
}

void consumers_check(void)
{
    for (unsigned i = 0; i < CONSUMERS; i++) {
        ConsumerFigures figures = figures_of(i);
        account_check(i, &figures);
    }
}

bool consumers_are_done(uint64_t last)
{
    bool done = requests->len == 0;
    for (unsigned i = 0; i < CONSUMERS; i++) {
        done = done && figures_of(i).cursor == last;
    }
    return done;
}
