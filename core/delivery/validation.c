/* Asking endpoints whether they want deliveries. Main-loop thread.
 *
 *   UNASKED   nothing is known, or it is time to ask again   ht_validation_new(), ht_validation_ask()
 *   ASKING    OPTIONS is under way                           ask()
 *   ALLOWED   it agreed                                      take_answer(), ht_validation_confirm()
 *   REFUSED   it did not                                     take_answer() */
#include "core/delivery/validation.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/delivery/backoff.h"
#include "core/base/timer.h"

#include <curl/curl.h>
#include <string.h>
#include <sys/random.h>

#define MINUTE_US (60 * HT_SECOND)
#define RATE_MOST (MINUTE_US / 10) /* a request each 10 µs: what is above is no limit */
#define KEY_BYTES 16

typedef enum { UNASKED, ASKING, ALLOWED, REFUSED } State;

struct HtValidation {
    HtValidationOptions options;
    State state;
    char *header;       /* with the origin */
    const char *origin; /* in it */
    char key[2 * KEY_BYTES + 1];
    const char *reason; /* REFUSED: why */
    long status;        /* of the last answer */
    uint64_t rate;      /* requests a minute; 0: any number */
    int64_t next_us;    /* monotonic: the next request not before */
    int64_t again_us;   /* then it is asked again */
    int64_t since_us;   /* wall clock: of this state */
    HtBackoff backoff;
    HtTimer *timer;
    bool asking; /* also when it was confirmed meanwhile */
};

/* ---- What headers say ---- */

/* "*", or a number of requests a minute above 0: 0 for no limit. False when it is neither. */
static bool read_rate(const char *text, uint64_t *per_minute)
{
    size_t digits = strspn(text, "0123456789");
    const char *first = text + strspn(text, "0");
    *per_minute = 0;
    if (g_str_equal(text, "*")) {
        return true;
    }
    if (digits == 0 || text[digits] != '\0' || *first == '\0') {
        return false;
    }
    uint64_t rate = strlen(first) < 10 ? g_ascii_strtoull(first, NULL, 10) : RATE_MOST;
    *per_minute = rate < RATE_MOST ? rate : 0;
    return true;
}

/* The name of the sending system, as DNS has it: the host of public-url, else the bus's name. The caller frees. */
static char *read_origin(const HtBusConfig *bus)
{
    char *host = NULL, *origin = NULL;
    CURLU *url = curl_url();
    if (bus->public_url && curl_url_set(url, CURLUPART_URL, bus->public_url, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        origin = g_strdup(host);
    } else {
        origin = g_strdup(bus->name);
    }
    curl_free(host);
    curl_url_cleanup(url);
    return origin;
}

/* ---- Asking ---- */

static void set_timer(HtValidation *validation, int64_t at_us)
{
    ht_timer_set(validation->timer, at_us);
}

void ht_validation_ring(HtValidation *validation)
{
    set_timer(validation, 0);
}

static gboolean on_timer(void *user)
{
    HtValidation *validation = user;
    validation->options.changed(validation->options.user);
    return G_SOURCE_CONTINUE;
}

static void enter(HtValidation *validation, State state)
{
    if (validation->state != state) {
        validation->since_us = ht_clock_now();
    }
    validation->state = state;
}

static void allow(HtValidation *validation, uint64_t rate)
{
    const HtConsumerConfig *consumer = validation->options.consumer;
    if (validation->reason) {
        ht_log(HT_LOG_INFO, "delivery", "consumer %s allows deliveries", consumer->name);
    }
    validation->rate = rate;
    validation->reason = NULL;
    validation->backoff.failures = 0;
    validation->again_us = ht_clock_monotonic() + (int64_t)consumer->validate_every_ms * 1000;
    enter(validation, ALLOWED);
}

static void refuse(HtValidation *validation, const char *reason)
{
    uint64_t pause_ms = ht_backoff_next(&validation->backoff, 0);
    ht_log(validation->reason ? HT_LOG_INFO : HT_LOG_WARNING, "delivery",
           "consumer %s: nothing is sent: %s (OPTIONS); asked again in %" G_GUINT64_FORMAT " ms",
           validation->options.consumer->name, reason, pause_ms);
    validation->reason = reason;
    validation->again_us = ht_clock_monotonic() + (int64_t)pause_ms * 1000;
    enter(validation, REFUSED);
}

/* Why the answer is no consent; NULL when it is. */
static const char *judge(const HtValidation *validation, const HtPosted *posted, uint64_t *rate)
{
    const char *origin = posted->wanted[0].value, *text = posted->wanted[1].value;
    *rate = validation->options.consumer->validate_rate;
    if (posted->status == 0) {
        return "it cannot be asked";
    }
    if (posted->status / 100 != 2) {
        return "it answers no 2xx to OPTIONS";
    }
    if (!origin) {
        return "it answers no WebHook-Allowed-Origin";
    }
    if (posted->wanted[0].repeated || posted->wanted[1].repeated) {
        return "it answers WebHook-Allowed-Origin or -Rate more than once";
    }
    if (!g_str_equal(origin, "*") && g_ascii_strcasecmp(origin, validation->origin) != 0) {
        return "its WebHook-Allowed-Origin names somebody else";
    }
    return text && !read_rate(text, rate) ? "its WebHook-Allowed-Rate is neither * nor a number above 0"
                                          : NULL;
}

static void take_answer(const HtPosted *posted, void *user)
{
    HtValidation *validation = user;
    uint64_t rate;
    const char *reason = judge(validation, posted, &rate);
    validation->status = posted->status;
    validation->asking = false;
    if (validation->state == ASKING) { /* else it was confirmed meanwhile */
        if (reason) {
            refuse(validation, reason);
        } else {
            allow(validation, rate);
        }
    }
    set_timer(validation, 0);
}

static void forget_answer(void *validation)
{
    (void)validation;
}

static void ask(HtValidation *validation)
{
    const HtConsumerConfig *consumer = validation->options.consumer;
    const HtBusConfig *bus = validation->options.bus;
    g_autofree char *callback = NULL, *rate = NULL;
    const char *headers[4] = {validation->header};
    unsigned count = 1;
    if (bus->public_url) {
        const char *slash = g_str_has_suffix(bus->public_url, "/") ? "" : "/";
        callback = g_strdup_printf("WebHook-Request-Callback: %s%sout/%s/confirm?key=%s", bus->public_url,
                                   slash, consumer->name, validation->key);
        headers[count++] = callback;
    }
    if (consumer->validate_rate > 0) {
        rate = g_strdup_printf("WebHook-Request-Rate: %" G_GUINT64_FORMAT, consumer->validate_rate);
        headers[count++] = rate;
    }
    HtPost post = {.url = consumer->url,
                   .tls = validation->options.tls,
                   .method = "OPTIONS",
                   .headers = headers,
                   .wanted = {"WebHook-Allowed-Origin", "WebHook-Allowed-Rate"},
                   .timeout_ms = consumer->timeout_ms,
                   .connect_timeout_ms = consumer->connect_timeout_ms,
                   .drop = forget_answer};
    enter(validation, ASKING);
    validation->asking = true;
    ht_sender_post(validation->options.sender, &post, take_answer, validation);
}

/* With a rate, requests keep their distance. */
static HtPermission take_turn(HtValidation *validation, int64_t now_us)
{
    if (validation->rate > 0 && validation->next_us > now_us) {
        set_timer(validation, validation->next_us);
        return HT_VALIDATION_WAIT;
    }
    validation->next_us = now_us + (validation->rate > 0 ? MINUTE_US / (int64_t)validation->rate : 0);
    return HT_VALIDATION_GO;
}

HtPermission ht_validation_ask(HtValidation *validation)
{
    int64_t now_us = ht_clock_monotonic();
    bool is_due = validation->state == UNASKED || validation->again_us <= now_us;
    if (is_due && !validation->asking) { /* one at a time, also when it was confirmed meanwhile */
        ask(validation);
    }
    return validation->state == ASKING    ? HT_VALIDATION_WAIT
           : validation->state == ALLOWED ? take_turn(validation, now_us)
                                          : HT_VALIDATION_NO;
}

/* ---- Its callback ---- */

static bool is_key(const char *key, const char *given)
{
    uint8_t right[HT_SHA256], said[HT_SHA256];
    ht_sha256(ht_text_from(key), right);
    ht_sha256(ht_text_from(given), said);
    return ht_sha256_equal(right, said);
}

void ht_validation_confirm(HtValidation *validation, HtPageCall *call)
{
    const char *key = ht_page_query(call, "key");
    const char *text = ht_page_header(call, "WebHook-Allowed-Rate");
    uint64_t rate = validation->options.consumer->validate_rate;
    HtRefusal refusal;
    if (!key || !is_key(validation->key, key)) {
        ht_refuse(&refusal, "not-validated");
        ht_page_refuse(call, &refusal);
        return;
    }
    if (text && !read_rate(text, &rate)) {
        ht_refuse_with(&refusal, "bad-query", "WebHook-Allowed-Rate is * or a number above 0.");
        ht_page_refuse(call, &refusal);
        return;
    }
    HtPageAnswer answer = {.status = 200, .type = "text/plain", .headers = {{"Cache-Control", "no-store"}}};
    ht_buffer_add_literal(&answer.body, "Deliveries are allowed.\n");
    allow(validation, rate);
    ht_page_answer(call, &answer);
    set_timer(validation, 0);
}

/* ---- Beginning, end, status ---- */

bool ht_validation_is_asking(const HtValidation *validation)
{
    return validation->asking;
}

const char *ht_validation_header(const HtValidation *validation)
{
    return validation->header;
}

const char *ht_validation_reason(const HtValidation *validation)
{
    return validation->reason;
}

void ht_validation_json(const HtValidation *validation, HtBuffer *json)
{
    static const char *const states[] = {
        [UNASKED] = "unasked", [ASKING] = "asking", [ALLOWED] = "allowed", [REFUSED] = "refused"};
    ht_json_open(json, "validation");
    ht_json_member(json, "state", ht_text_from(states[validation->state]));
    ht_json_member_time(json, "since", validation->since_us);
    ht_json_member_number(json, "status", validation->status);
    ht_json_member_number(json, "perMinute", (int64_t)validation->rate);
    ht_json_member(json, "reason", ht_text_from(validation->reason));
    ht_buffer_add_char(json, '}');
}

static void make_key(char key[2 * KEY_BYTES + 1])
{
    uint8_t bytes[KEY_BYTES];
    while (getrandom(bytes, sizeof bytes, 0) !=
           (ssize_t)sizeof bytes) { /* until the kernel has enough, at its start */
    }
    ht_hex_write(bytes, KEY_BYTES, key);
}

HtValidation *ht_validation_new(const HtValidationOptions *options)
{
    HtValidation *validation = g_new0(HtValidation, 1);
    g_autofree char *origin = read_origin(options->bus);
    validation->options = *options;
    validation->header = g_strconcat("WebHook-Request-Origin: ", origin, NULL);
    validation->origin = strchr(validation->header, ' ') + 1;
    validation->backoff = (HtBackoff){options->consumer->retry_first_ms, options->consumer->retry_max_ms, 0};
    validation->timer = ht_timer_new(on_timer, validation);
    validation->since_us = ht_clock_now();
    make_key(validation->key);
    return validation;
}

void ht_validation_free(HtValidation *validation)
{
    ht_timer_free(validation->timer);
    explicit_bzero(validation->key, sizeof validation->key);
    g_free(validation->header);
    g_free(validation);
}
