/* Frame heads, written and read. Used by the bus (supervisor, main thread) and by the host. No state.
 *
 * A head is: 'H' 'T' version type, size (4 bytes), ticket (8 bytes), little endian. The two sides are
 * always of one build; the version byte catches a hutong-host that was left behind by an upgrade. */
#include "plugins/frame.h"

#define FRAME_VERSION 1

static void put_number(uint8_t *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t get_number(const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

static bool is_type(uint8_t type)
{
    return (type >= HT_FRAME_START && type <= HT_FRAME_STOP) ||
           (type >= HT_FRAME_READY && type <= HT_FRAME_BOX);
}

void ht_frame_write_head(uint8_t head[HT_FRAME_HEAD], const HtFrame *frame)
{
    head[0] = 'H';
    head[1] = 'T';
    head[2] = FRAME_VERSION;
    head[3] = (uint8_t)frame->type;
    put_number(head + 4, frame->size, 4);
    put_number(head + 8, frame->ticket, 8);
}

size_t ht_frame_begin(HtBuffer *buffer, HtFrameType type, uint64_t ticket)
{
    size_t place = buffer->size;
    uint8_t *head = (uint8_t *)ht_buffer_reserve(buffer, HT_FRAME_HEAD);
    ht_frame_write_head(head, &(HtFrame){.type = type, .ticket = ticket});
    buffer->size += HT_FRAME_HEAD;
    return place;
}

void ht_frame_end(HtBuffer *buffer, size_t place)
{
    put_number((uint8_t *)buffer->data + place + 4, buffer->size - place - HT_FRAME_HEAD, 4);
}

void ht_frame_add(HtBuffer *buffer, HtFrameType type, uint64_t ticket, HtText body)
{
    size_t place = ht_frame_begin(buffer, type, ticket);
    ht_buffer_add_text(buffer, body);
    ht_frame_end(buffer, place);
}

int ht_frame_peek(const char *bytes, size_t size, size_t max_bytes, HtFrame *frame)
{
    const uint8_t *head = (const uint8_t *)bytes;
    if (size < HT_FRAME_HEAD) {
        return 0;
    }
    if (head[0] != 'H' || head[1] != 'T' || head[2] != FRAME_VERSION || !is_type(head[3])) {
        return -1;
    }
    frame->type = (HtFrameType)head[3];
    frame->size = (uint32_t)get_number(head + 4, 4);
    frame->ticket = get_number(head + 8, 8);
    if (frame->size > max_bytes) {
        return -1;
    }
    return size - HT_FRAME_HEAD >= frame->size;
}
