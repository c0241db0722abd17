/* The row of bytes to a host. Bus, main-loop thread. */
#include "plugins/outbox.h"

#include "core/base/message-head.h"
#include "core/base/pack.h"
#include "plugins/frame.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define PIECES_MAX 32
#define KEEP_BYTES (1024 * 1024)
#define COPY_BYTES (16 * 1024) /* bodies up to this size are better copied than sent by reference */

void ht_outbox_clear(HtOutbox *outbox)
{
    g_queue_clear_full(&outbox->whole, (GDestroyNotify)g_bytes_unref);
    ht_buffer_clear(&outbox->gather);
    *outbox = HT_OUTBOX_EMPTY;
}

static void push(HtOutbox *outbox, GBytes *bytes)
{
    outbox->bytes += g_bytes_get_size(bytes);
    g_queue_push_tail(&outbox->whole, bytes);
}

void ht_outbox_add(HtOutbox *outbox, GBytes *bytes)
{
    HtBuffer *gather = &outbox->gather;
    if (gather->size > 0) {
        push(outbox, g_bytes_new_take(gather->data, gather->size));
        *gather = (HtBuffer){0};
    }
    if (g_bytes_get_size(bytes) > 0) {
        push(outbox, g_bytes_ref(bytes));
    }
}

/* A body that is not copied: its field's head is written here, the bytes follow by reference. */
static void add_large(HtOutbox *outbox, uint64_t ticket, HtText head, GBytes *body)
{
    HtBuffer *out = &outbox->gather;
    uint32_t size = (uint32_t)g_bytes_get_size(body);
    size_t place = ht_frame_begin(out, HT_FRAME_MESSAGE, ticket);
    ht_buffer_add_text(out, head);
    size_t field = ht_pack_begin(out, HT_MESSAGE_BODY);
    for (unsigned i = 0; i < 4; i++) {
        out->data[field - 4 + i] = (char)(uint8_t)(size >> (8 * i));
    }
    HtFrame frame = {HT_FRAME_MESSAGE, (uint32_t)(out->size - place - HT_FRAME_HEAD) + size, ticket};
    ht_frame_write_head((uint8_t *)out->data + place, &frame);
    ht_outbox_add(outbox, body);
}

void ht_outbox_add_message(HtOutbox *outbox, uint64_t ticket, HtText head, GBytes *body)
{
    HtBuffer *out = &outbox->gather;
    size_t size;
    const void *data = g_bytes_get_data(body, &size);
    if (size > COPY_BYTES) {
        add_large(outbox, ticket, head, body);
        return;
    }
    size_t place = ht_frame_begin(out, HT_FRAME_MESSAGE, ticket);
    ht_buffer_add_text(out, head);
    ht_pack_bytes(out, HT_MESSAGE_BODY, data, size);
    ht_frame_end(out, place);
}

size_t ht_outbox_waiting(const HtOutbox *outbox)
{
    return outbox->bytes + outbox->gather.size - outbox->sent;
}

static size_t list_pieces(HtOutbox *outbox, struct iovec *pieces)
{
    size_t count = 0;
    for (GList *link = outbox->whole.head; link && count < PIECES_MAX; link = link->next) {
        size_t size;
        const void *data = g_bytes_get_data(link->data, &size);
        pieces[count++] = (struct iovec){(void *)(uintptr_t)data, size};
    }
    if (outbox->gather.size > 0 && count < PIECES_MAX && count == outbox->whole.length) {
        pieces[count++] = (struct iovec){outbox->gather.data, outbox->gather.size};
    }
    pieces[0].iov_base = (char *)pieces[0].iov_base + outbox->sent;
    pieces[0].iov_len -= outbox->sent;
    return count;
}

static void take_off(HtOutbox *outbox, size_t size)
{
    outbox->sent += size;
    GBytes *first;
    while ((first = g_queue_peek_head(&outbox->whole)) && outbox->sent >= g_bytes_get_size(first)) {
        outbox->sent -= g_bytes_get_size(first);
        outbox->bytes -= g_bytes_get_size(first);
        g_bytes_unref(g_queue_pop_head(&outbox->whole));
    }
    if (!first && outbox->sent == outbox->gather.size) {
        ht_buffer_reset(&outbox->gather, KEEP_BYTES);
        outbox->sent = 0;
    }
}

HtOutboxState ht_outbox_send(HtOutbox *outbox, int fd)
{
    while (ht_outbox_waiting(outbox) > 0) {
        struct iovec pieces[PIECES_MAX];
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = list_pieces(outbox, pieces)};
        ssize_t size = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size >= 0) {
            take_off(outbox, (size_t)size);
        } else if (errno == EAGAIN) {
            return HT_OUTBOX_FULL;
        } else if (errno != EINTR) {
            return HT_OUTBOX_GONE;
        }
    }
    return HT_OUTBOX_SENT;
}
