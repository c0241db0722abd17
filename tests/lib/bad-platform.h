/* A platform that answers badly, in one of many ways: raw sockets, a thread for each connection, so that it can break HTTP where a
 * library would not. All functions may be called from the test's thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What the bus owes to a consumer that answers so. */
typedef enum {
    BAD_KEEPS,   /* every event, once it answers well */
    BAD_TAKES,   /* nothing more: it said 2xx */
    BAD_REFUSES, /* a dead letter for each event */
    BAD_GONE,    /* to be left alone */
} BadOutcome;

typedef struct {
    const char *name;
    BadOutcome outcome;
    void (*answer)(
        int fd,
        const bool *stopping); /* the request may be read or not; returns when the connection is over */
} BadWay;

extern const BadWay bad_ways[];
extern const unsigned bad_way_count;

typedef struct BadPlatform BadPlatform;

/* Listens on 127.0.0.1:`port`, and answers every connection in this way. */
BadPlatform *bad_platform_new(unsigned port, const BadWay *way);

/* Closes everything; its port is free then. */
void bad_platform_free(BadPlatform *platform);

/* Connections so far. */
unsigned bad_platform_connections(BadPlatform *platform);
