/* A load generator: POSTs numbered messages over keep-alive connections on loopback, one under way on each, and times every
 * answer from the first byte sent to the last one received. Runs in the caller's thread; cheap, because it shares the
 * machine with what it loads. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Makes `body`, which holds a copy of the plan's body or an earlier message, message `number`, without changing its size. */
typedef void (*LoadFill)(char *body, uint64_t number);

typedef struct {
    unsigned port; /* on 127.0.0.1 */
    const char *path;
    const char *body; /* the message to begin with */
    size_t size;
    LoadFill fill;
    unsigned connections; /* 1 to 1024 */
    uint64_t first;       /* number of the first message; the others follow */
    unsigned messages;    /* at least 1 */
    unsigned limit_s;     /* gives up after so long */
} LoadPlan;

typedef struct {
    int64_t start_us, end_us; /* monotonic: first message sent, last answer there */
    unsigned busy;            /* answers 503; those messages were sent again */
    double rate;              /* messages answered 2xx, a second */
    unsigned p50_us, p99_us, max_us;
} LoadResult;

/* Sends all messages. True when each was answered 2xx. False (G_IO_ERROR) when a connection failed or was closed, at an
 * answer that is neither 2xx nor 503 (the error has its beginning), or at the time limit. */
bool load_run(const LoadPlan *plan, LoadResult *result, GError **error);
