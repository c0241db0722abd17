/* What waits to be written to a host: small frames gathered in one buffer, large bodies by reference, sent
 * with one system call as far as the socket takes it. Main-loop thread; each outbox belongs to one host
 * process. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

typedef struct {
    GQueue whole;    /* of GBytes, before `gather` */
    HtBuffer gather; /* frames appended since */
    size_t sent;     /* of the first of these */
    size_t bytes;    /* in `whole` */
} HtOutbox;

#define HT_OUTBOX_EMPTY ((HtOutbox){.whole = G_QUEUE_INIT})

void ht_outbox_clear(HtOutbox *outbox);

/* Appends bytes that are kept alive until sent. Small pieces are appended to `gather` directly. */
void ht_outbox_add(HtOutbox *outbox, GBytes *bytes);

/* A MESSAGE frame: head's fields, and the body, which is kept alive when it is large. */
void ht_outbox_add_message(HtOutbox *outbox, uint64_t ticket, HtText head, GBytes *body);

/* Bytes not yet sent. */
size_t ht_outbox_waiting(const HtOutbox *outbox);

typedef enum { HT_OUTBOX_SENT, HT_OUTBOX_FULL, HT_OUTBOX_GONE } HtOutboxState;

/* Sends what the socket takes now: everything (SENT), a part (FULL: try again when it is writable), or the
 * other side has gone (GONE). */
HtOutboxState ht_outbox_send(HtOutbox *outbox, int fd);
