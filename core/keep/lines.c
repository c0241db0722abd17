/* Lines. */
#include "core/keep/lines.h"

#include "core/base/json.h"

#define LINE_KEEP (1 << 20)

void ht_keep_line(const HtConfig *config, const HtDelivered *delivered, const HtStoredEvent *event,
                  HtBuffer *line)
{
    static const char *const states[] = {[HT_DELIVERED_WAITING] = "waiting",
                                         [HT_DELIVERED_ACKNOWLEDGED] = "finished",
                                         [HT_DELIVERED_DEAD] = "dead letter"};
    ht_buffer_reset(line, LINE_KEEP);
    ht_buffer_add_char(line, '{');
    ht_json_open(line, "state");
    for (unsigned i = 0; i < ht_delivered_count(delivered); i++) {
        HtDeliveredState state = ht_delivered_state(delivered, i, event);
        const HtConsumerConfig *consumer = config->consumers->pdata[i];
        if (state != HT_DELIVERED_NOT_ITS) {
            ht_json_member(line, consumer->name, ht_text_from(states[state]));
        }
    }
    ht_buffer_add_char(line, '}');
    ht_json_name(line, "event");
    ht_event_render(event, config->bus.name, NULL, line);
    ht_buffer_add_char(line, '}');
}
