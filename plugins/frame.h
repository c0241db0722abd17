/* Frames between the bus and a host, over one stream socket: a head of 16 bytes, then `size` bytes of packed fields.
 * Both sides bound a frame before they read it; a bad frame ends that host, never the bus.
 *
 *   bus → host   START     once: how to set up (source, adapter file, mapping file, options, limits)
 *                MESSAGE   one payload, whole
 *                BEGIN, CHUNK…, END   one payload in pieces (a large body is not gathered in the bus)
 *                ABORT     forget the pieces of this ticket: the sender went away
 *                WSDL      make the WSDL for a URL, of all services or one
 *                STOP      finish what came before, then exit 0
 *   host → bus   BOX       first, before the adapter is loaded: which layers of its box stand
 *                READY     answer to START: name, version, operations
 *                RESULT    one for each MESSAGE or END, in their order
 *                TEXT      answer to WSDL
 *                LOG       a line for the log
 *                FAILED    it cannot start: a text; then it exits */
#pragma once

#include "core/base/buffer.h"

typedef enum {
    HT_FRAME_START = 1,
    HT_FRAME_MESSAGE,
    HT_FRAME_BEGIN,
    HT_FRAME_CHUNK,
    HT_FRAME_END,
    HT_FRAME_ABORT,
    HT_FRAME_WSDL,
    HT_FRAME_STOP,
    HT_FRAME_READY = 64,
    HT_FRAME_RESULT,
    HT_FRAME_TEXT,
    HT_FRAME_LOG,
    HT_FRAME_FAILED,
    HT_FRAME_BOX,
} HtFrameType;

/* The words of the page that they share, written by the host: the ticket in hand, 0 when none; not 0 when an allocation has failed. */
enum { HT_PAGE_CURRENT, HT_PAGE_NO_MEMORY, HT_PAGE_WORDS };

#define HT_FRAME_HEAD 16
#define HT_FRAME_CHUNK_BYTES (256 * 1024)

typedef struct {
    HtFrameType type;
    uint32_t size;   /* of the body */
    uint64_t ticket; /* which message; 0 for frames that concern none */
} HtFrame;

/* Starts a frame in `buffer`; fields are then packed into it; ht_frame_end() writes the size. Returns its place. */
size_t ht_frame_begin(HtBuffer *buffer, HtFrameType type, uint64_t ticket);
void ht_frame_end(HtBuffer *buffer, size_t place);

/* A whole frame, with these bytes (may be absent) as its body. */
void ht_frame_add(HtBuffer *buffer, HtFrameType type, uint64_t ticket, HtText body);

/* Writes a head whose size is known: for a body that follows from elsewhere. */
void ht_frame_write_head(uint8_t head[HT_FRAME_HEAD], const HtFrame *frame);

/* Looks at the bytes gathered so far: 1 and the frame when a whole one is there (body = bytes + HT_FRAME_HEAD), 0 when more
 * bytes are needed, -1 when the head is bad (magic, unknown type, larger than `max_bytes`). */
int ht_frame_peek(const char *bytes, size_t size, size_t max_bytes, HtFrame *frame);
