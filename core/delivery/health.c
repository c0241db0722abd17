/* The last answers of an endpoint. Main-loop thread. */
#include "core/delivery/health.h"

#include "core/base/clock.h"
#include "core/base/json.h"

#include <glib.h>
#include <stdlib.h>

void ht_health_note(HtHealth *health, const HtSent *sent)
{
    int64_t now_us = ht_clock_now();
    HtHealthAnswer answer = {.count = 1, .first_us = now_us, .last_us = now_us};
    if (sent->status > 0) {
        g_snprintf(answer.answer, sizeof answer.answer, "HTTP %ld", sent->status);
    } else {
        g_strlcpy(answer.answer, sent->reason ? sent->reason : "taken", sizeof answer.answer);
    }
    HtHealthAnswer *last = &health->answers[(health->runs + HT_HEALTH_ANSWERS - 1) % HT_HEALTH_ANSWERS];
    if (health->runs > 0 && g_str_equal(last->answer, answer.answer)) {
        last->count++;
        last->last_us = now_us;
    } else {
        health->answers[health->runs++ % HT_HEALTH_ANSWERS] = answer;
    }
    if (sent->status > 0) {
        uint32_t took_us = (uint32_t)MIN(sent->took_us, UINT32_MAX);
        health->times_us[health->timed++ % HT_HEALTH_TIMES] = took_us;
        health->sum_us += took_us;
    }
}

static int compare_times(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

uint64_t ht_health_percentile(const HtHealth *health, unsigned percent)
{
    uint32_t sorted[HT_HEALTH_TIMES];
    size_t count = MIN(health->timed, HT_HEALTH_TIMES);
    if (count == 0) {
        return 0;
    }
    memcpy(sorted, health->times_us, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_times);
    return sorted[(count * percent + 99) / 100 - 1];
}

void ht_health_json(const HtHealth *health, HtBuffer *json)
{
    ht_json_name(json, "answers");
    ht_buffer_add_char(json, '[');
    for (unsigned i = 1; i <= MIN(health->runs, HT_HEALTH_ANSWERS); i++) {
        const HtHealthAnswer *answer = &health->answers[(health->runs - i) % HT_HEALTH_ANSWERS];
        ht_json_comma(json);
        ht_buffer_add_char(json, '{');
        ht_json_member(json, "answer", ht_text_from(answer->answer));
        ht_json_member_number(json, "count", (int64_t)answer->count);
        ht_json_member_time(json, "first", answer->first_us);
        ht_json_member_time(json, "last", answer->last_us);
        ht_buffer_add_char(json, '}');
    }
    ht_buffer_add_char(json, ']');
}
