/* Sending as a department's client does, and waiting for what becomes of it. */
#include "tests/demo/demo.h"
#include "tests/demo/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELIVERED_MS 5000
#define WAIT_S 1
#define PATIENCE_S 20 /* with all messages together */

/* Waits as the answer asks for; false when it does not, or when it has taken too long already. */
static bool wait_as_told(Demo *demo, const Answer *answer)
{
    if (answer->status != 503 || !answer->retry_after || demo->waited_s >= PATIENCE_S) {
        return false;
    }
    unsigned wait_s = (unsigned)CLAMP(atoi(answer->retry_after), 1, WAIT_S);
    demo->waited_s += wait_s;
    g_usleep(wait_s * G_USEC_PER_SEC);
    return true;
}

Answer *demo_send(Demo *demo, const Message *message)
{
    g_autofree char *path = g_strconcat("/in/", message->source, NULL);
    g_autofree char *action =
        message->soap_action ? g_strconcat("SOAPAction: ", message->soap_action, NULL) : NULL;
    const char *headers[] = {action, NULL};
    for (;;) {
        Answer *answer =
            post(demo->bus->port, path, message->content_type, headers, message->bytes, message->size);
        if (!wait_as_told(demo, answer)) {
            return answer;
        }
        answer_free(answer);
    }
}

char *demo_message_id(const Answer *answer)
{
    if (answer->status != 200) {
        return NULL;
    }
    char *id = answer_element(answer, "messageId");
    return id ? id : g_strdup(answer->message_id);
}

bool demo_remember(Demo *demo, const char *message_id, unsigned expected)
{
    for (unsigned i = 0; i < demo->sent->len; i++) {
        if (g_str_equal(g_array_index(demo->sent, Sent, i).message_id, message_id)) {
            return false;
        }
    }
    Sent sent = {g_strdup(message_id), expected};
    g_array_append_val(demo->sent, sent);
    return true;
}

static int compare_sequences(const void *a, const void *b)
{
    JsonObject *left = *(JsonObject *const *)a, *right = *(JsonObject *const *)b;
    return strcmp(json_object_get_string_member_with_default(left, "sequence", ""),
                  json_object_get_string_member_with_default(right, "sequence", ""));
}

GPtrArray *demo_wait_events(Demo *demo, const char *message_id, unsigned expected)
{
    gint64 deadline = g_get_monotonic_time() + DELIVERED_MS * 1000;
    for (;;) {
        GPtrArray *events = platform_events_of(demo->platform, message_id);
        if (events->len >= expected || g_get_monotonic_time() > deadline) {
            g_ptr_array_sort(events, compare_sequences);
            return events;
        }
        g_ptr_array_unref(events);
        g_usleep(200);
    }
}

void demo_surprise(Demo *demo, const char *what)
{
    table_cell("     ! ", 0, RED);
    table_cell(what, 0, RED);
    putchar('\n');
    demo->surprises++;
}
