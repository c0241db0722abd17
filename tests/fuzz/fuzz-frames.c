/* fuzz-frames.c: whatever a host may write to the bus. No bytes make the bus's readers leave their bounds:
 * frame heads, READY, log lines, outcomes with their faults and events. */
#include "core/base/outcome.h"
#include "plugins/frame.h"
#include "plugins/scrub.h"
#include "plugins/start.h"

#define LIMIT (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim) {
        abort();
    }
}

static void read_events(const HtOutcome *outcome, HtText bytes)
{
    for (unsigned i = 0; i < outcome->events->len; i++) {
        HtText packed = g_array_index(outcome->events, HtText, i);
        HtEvent event;
        must(packed.data >= bytes.data && packed.data + packed.size <= bytes.data + bytes.size);
        if (ht_event_unpack(packed, &event, NULL)) {
            must(event.attr[HT_ATTR_TYPE].size > 0);
        }
    }
}

static void read_result(HtText bytes)
{
    g_autoptr(GError) error = NULL;
    HtOutcome outcome;
    ht_outcome_init(&outcome);
    if (ht_outcome_unpack(bytes, &outcome, &error)) {
        must(!error);
        for (unsigned i = 0; i < MIN(outcome.fault_count, HT_OUTCOME_FAULTS); i++) {
            must(memchr(outcome.faults[i].text, '\0', sizeof outcome.faults[i].text) != NULL);
        }
        read_events(&outcome, bytes);
    } else {
        must(error && g_utf8_validate(error->message, -1, NULL));
    }
    ht_outcome_clear(&outcome);
}

static void read_ready(HtText bytes)
{
    HtReady ready;
    if (ht_ready_unpack(bytes, &ready)) {
        must(ready.name && ready.options->len % 3 == 0);
    }
    ht_ready_clear(&ready);
}

static void read_text(HtText bytes)
{
    g_autofree char *clean = ht_scrub(ht_field_find(bytes, HT_FIELD_TEXT), HT_SCRUB_BYTES);
    must(strlen(clean) <= HT_SCRUB_BYTES && g_utf8_validate(clean, -1, NULL));
    unsigned digits = 0;
    for (const char *at = clean; *at; at++) {
        digits = g_ascii_isdigit(*at) ? digits + 1 : 0;
        must(digits < 15);
    }
}

/* The readers are also given the whole input: most of it would else never get behind a head that is right. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HtText all = {(const char *)data, size};
    HtFrame frame;
    while (all.size > 0 && ht_frame_peek(all.data, all.size, LIMIT, &frame) > 0) {
        must(frame.size <= all.size - HT_FRAME_HEAD);
        HtText body = {all.data + HT_FRAME_HEAD, frame.size};
        read_result(body);
        read_ready(body);
        read_text(body);
        all = (HtText){body.data + body.size, all.size - HT_FRAME_HEAD - body.size};
    }
    all = (HtText){(const char *)data, size};
    if (size > 0) {
        read_result(all);
        read_ready(all);
        read_text(all);
    }
    return 0;
}
