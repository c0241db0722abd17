/* POSTs by bare libcurl: a handle a connection, used again and again, curl_multi_poll() between. Used by bench-goodput. */
#include "tests/bench/bare-curl.h"

#include <curl/curl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#define CONNECTIONS_MAX 64U
#define WAIT_MS 1000

typedef struct {
    CURL *easy;
    char *body;
} Slot;

typedef struct {
    CURLM *multi;
    char *url;
    struct curl_slist *headers;
    Slot slots[CONNECTIONS_MAX];
    uint64_t begun, done, events;
    size_t number_at;
    bool failed;
} Run;

static size_t take_nothing(char *bytes, size_t one, size_t count, void *user)
{
    (void)bytes, (void)user;
    return one * count;
}

static void begin(Run *run, Slot *slot)
{
    if (run->begun == run->events) {
        return;
    }
    char digits[11];
    g_snprintf(digits, sizeof digits, "%010" G_GUINT64_FORMAT, ++run->begun);
    memcpy(slot->body + run->number_at, digits, 10);
    curl_multi_add_handle(run->multi, slot->easy);
}

/* What the sink counts by, and then as much as an event has. */
static void make_slot(Run *run, Slot *slot, size_t size)
{
    static const char head[] = "{\"specversion\":\"1.0\",\"businessid\":\"";
    static const char next[] = "0000000000\",\"data\":\"";
    size_t fixed = sizeof head + sizeof next - 2;
    size = MAX(size, fixed + 2);
    run->number_at = sizeof head - 1;
    slot->body = g_strnfill(size, 'x');
    memcpy(slot->body, head, sizeof head - 1);
    memcpy(slot->body + sizeof head - 1, next, sizeof next - 1);
    memcpy(slot->body + size - 2, "\"}", 2);
    slot->easy = curl_easy_init();
    curl_easy_setopt(slot->easy, CURLOPT_URL, run->url);
    curl_easy_setopt(slot->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(slot->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, run->headers);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, slot->body);
    curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, take_nothing);
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
}

static void take_answers(Run *run)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(run->multi, &left))) {
        long status = 0;
        Slot *slot;
        CURL *easy = message->easy_handle;
        run->failed = run->failed || message->data.result != CURLE_OK;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&slot);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(run->multi, easy);
        run->failed = run->failed || status / 100 != 2;
        run->done++;
        begin(run, slot);
    }
}

bool bare_curl_run(unsigned port, uint64_t events, size_t size, unsigned connections)
{
    Run run = {.multi = curl_multi_init(), .events = events};
    run.url = g_strdup_printf("http://127.0.0.1:%u/events", port);
    run.headers = curl_slist_append(NULL, "Content-Type: application/cloudevents+json; charset=utf-8");
    run.headers = curl_slist_append(run.headers, "Expect:");
    connections = MIN(connections, CONNECTIONS_MAX);
    for (unsigned i = 0; i < connections; i++) {
        make_slot(&run, &run.slots[i], size);
        begin(&run, &run.slots[i]);
    }
    while (run.done < events && !run.failed) {
        int running;
        run.failed = curl_multi_perform(run.multi, &running) != CURLM_OK;
        take_answers(&run);
        if (run.done < events && !run.failed) {
            curl_multi_poll(run.multi, NULL, 0, WAIT_MS, NULL);
        }
    }
    for (unsigned i = 0; i < connections; i++) {
        curl_multi_remove_handle(run.multi, run.slots[i].easy);
        curl_easy_cleanup(run.slots[i].easy);
        g_free(run.slots[i].body);
    }
    curl_multi_cleanup(run.multi);
    curl_slist_free_all(run.headers);
    g_free(run.url);
    return !run.failed;
}
