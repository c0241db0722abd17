/* Frames of a host, read; see heard.h. Bus. */
#include "plugins/heard.h"

#include "plugins/scrub.h"
#include "plugins/tickets.h"

#define REASON_BYTES 8000
#define SERVICES_BYTES 1000

static char *read_result(HtText body, GBytes *owned, const HtLimits *limits, HtHeard *heard)
{
    g_autoptr(GError) error = NULL;
    heard->bytes = owned ? g_bytes_ref(owned) : g_bytes_new(body.data, body.size);
    HtText bytes = {g_bytes_get_data(heard->bytes, NULL), body.size};
    ht_outcome_init(&heard->outcome);
    if (!ht_outcome_unpack(bytes, &heard->outcome, &error)) {
        return g_strdup(error->message);
    }
    ht_scrub_outcome(&heard->outcome, limits);
    return NULL;
}

/* Without a text, the names of services say that the one asked for is none of them. */
static char *read_wsdl(HtText body, HtHeard *heard)
{
    HtText text = ht_field_find(body, HT_FIELD_TEXT), names = ht_field_find(body, HT_FIELD_SERVICE);
    if (text.data && !g_utf8_validate_len(text.data, text.size, NULL)) {
        return g_strdup("its WSDL is not UTF-8");
    }
    if (text.data) {
        heard->bytes = g_bytes_new(text.data, text.size);
    } else if (names.data) {
        g_autofree char *clean = ht_scrub(names, SERVICES_BYTES);
        heard->error = g_error_new(HT_HOST_ERROR, HT_HOST_ERROR_SERVICE,
                                   "This source has no service of this name. It has: %s.", clean);
    }
    return NULL;
}

static char *read_log(HtText body, HtHeard *heard)
{
    uint32_t level;
    HtText text = ht_field_find(body, HT_FIELD_TEXT);
    if (!text.data || !ht_unpack_u32(ht_field_find(body, HT_FIELD_LEVEL), &level) || level > HT_LOG_DEBUG) {
        return g_strdup("its log line is malformed");
    }
    heard->level = (HtLogLevel)level;
    heard->text = ht_scrub_words(text, HT_SCRUB_BYTES);
    return NULL;
}

char *ht_heard_read(const HtFrame *frame, HtText body, GBytes *owned, const HtLimits *limits, HtHeard *heard)
{
    HtText text;
    switch (frame->type) {
    case HT_FRAME_BOX:
        return ht_box_unpack(body, &heard->box) ? NULL : g_strdup("what it says of its box is malformed");
    case HT_FRAME_READY:
        return ht_ready_unpack(body, &heard->ready)
                   ? NULL
                   : g_strdup("its READY is malformed or came at the wrong time");
    case HT_FRAME_RESULT: return read_result(body, owned, limits, heard);
    case HT_FRAME_TEXT: return read_wsdl(body, heard);
    case HT_FRAME_LOG: return read_log(body, heard);
    case HT_FRAME_FAILED:
        text = ht_field_find(body, HT_FIELD_TEXT);
        heard->text = ht_scrub(text.data ? text : HT_TEXT_LITERAL("no reason given"), REASON_BYTES);
        return NULL;
    default: return g_strdup("it sent a frame that only the bus sends");
    }
}

void ht_heard_clear(HtHeard *heard)
{
    ht_ready_clear(&heard->ready);
    ht_outcome_clear(&heard->outcome);
    g_clear_pointer(&heard->bytes, g_bytes_unref);
    g_clear_error(&heard->error);
    g_clear_pointer(&heard->text, g_free);
}
